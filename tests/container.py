"""Neo4j in a container, by testcontainers.

The engine is DOCKER_HOST, or Docker if it answers, or a podman (with runc) started for the time. The image is the
official one if it is there or can be pulled, else one made of the managed server's jars. Whoever has neither
skips what needs it, with the reason; ``ICM_TEST_REQUIRE_CONTAINER=true`` turns that into a failure.
"""

from __future__ import annotations

import os
import resource
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import docker
import psutil
import pytest
from docker.errors import DockerException
from docker.types import Ulimit

from icmgraph.local_neo4j import Connection, LocalNeo4j
from tests.neo4j_image import environment, image
from tests.watchdog import guarded_folder

if TYPE_CHECKING:
    from testcontainers.community.neo4j import Neo4jContainer

LABEL = "icmgraph.tests"
"""On every container of ours; its value is the machine's name and the session's guarded folder."""
_ENVIRONMENT = {
    "TESTCONTAINERS_RYUK_DISABLED": "true",  # another image to pull; the watchdog does its work
    "TESTCONTAINERS_CONNECTION_MODE": "docker_host",
    "TESTCONTAINERS_HOST_OVERRIDE": "127.0.0.1",
}


def _unavailable(reason: str) -> NoReturn:
    if os.environ.get("ICM_TEST_REQUIRE_CONTAINER", "").lower() in ("", "0", "false", "no"):
        pytest.skip(reason)
    pytest.fail(f"ICM_TEST_REQUIRE_CONTAINER is set: {reason}")


@contextmanager
def neo4j_container(wanted: LocalNeo4j) -> Iterator[Connection]:
    """A Neo4j of ``wanted``'s version, sizes and settings in a container of its own, empty."""
    with guarded_folder(None) as folder, _engine(folder) as address:
        (folder / "engine").write_text(address)  # for the watchdog
        try:
            remove_leftovers(address)
            container = _start(wanted, folder, address)
        except DockerException as error:
            _unavailable(f"no Neo4j in a container: {error}")
        try:
            yield Connection(container.get_connection_url(), container.username, container.password, "neo4j")
        finally:
            container.stop()


def _start(wanted: LocalNeo4j, folder: Path, address: str) -> Neo4jContainer:
    with pytest.MonkeyPatch.context() as patch, _client(address) as client:
        for name, value in {**_ENVIRONMENT, "DOCKER_HOST": address}.items():
            patch.setenv(name, value)
        from testcontainers.community.neo4j import Neo4jContainer  # reads its environment now

        container = Neo4jContainer(
            image(client, wanted),
            username="neo4j",
            password=secrets.token_hex(16),
            env=environment(wanted),
            labels={LABEL: f"{socket.gethostname()} {folder}"},
            ulimits=list(_ulimits()),
        )
        container.ports = {"7687/tcp": ("127.0.0.1",)}  # type: ignore[dict-item]  # it thinks of ports alone
        return container.__enter__()  # removes it if it does not come up


def remove_leftovers(address: str) -> None:
    """Removes containers of sessions of this machine that are gone."""
    watched = {
        word for p in psutil.process_iter(["cmdline"]) if p.pid != os.getpid() for word in p.info["cmdline"] or ()
    }
    with _client(address) as client:
        for container in client.containers.list(all=True, filters={"label": LABEL}):
            machine, _, folder = container.labels[LABEL].partition(" ")
            if machine == socket.gethostname() and folder not in watched:
                with suppress(DockerException):  # another session is about it
                    container.remove(force=True, v=True)


@contextmanager
def _engine(folder: Path) -> Iterator[str]:
    """The address of an engine that answers."""
    given = os.environ.get("DOCKER_HOST")
    address = given or "unix:///var/run/docker.sock"
    if _answers(address):
        yield address
        return
    if given or not shutil.which("podman"):
        _unavailable(
            f"no container engine: nothing answers at {address}{'' if given else ', and no podman is installed'}"
        )
    address = f"unix://{folder}/podman.sock"
    with (folder / "podman.log").open("wb") as log:
        service = subprocess.Popen(
            ["podman", "--runtime", "runc", "system", "service", "--time=0", address],
            env={**os.environ, "TMPDIR": str(folder)},  # it leaves the files of imported images
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C would end it before its containers
        )
    try:
        end = time.monotonic() + 30
        while not _answers(address):
            if service.poll() is not None or time.monotonic() > end:
                _unavailable(f"podman does not start: {(folder / 'podman.log').read_text()[-500:]}")
            time.sleep(0.1)
        yield address
    finally:
        service.terminate()
        service.wait()


def _client(address: str) -> closing[docker.DockerClient]:
    return closing(docker.from_env(environment={**os.environ, "DOCKER_HOST": address}))


def _answers(address: str) -> bool:
    """Something listens there. The library's own try would leave a socket open."""
    if not address.startswith("unix://"):
        return True
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(address.removeprefix("unix://")) == 0


def _ulimits() -> Iterator[Ulimit]:
    """Enough for Neo4j, and no more than this process has: what is not given to podman, podman cannot give."""
    for name, of in (("nofile", resource.RLIMIT_NOFILE), ("nproc", resource.RLIMIT_NPROC)):
        hard = resource.getrlimit(of)[1]
        most = 10_000 if hard == resource.RLIM_INFINITY else min(hard, 10_000)
        yield Ulimit(name=name, soft=most, hard=most)
