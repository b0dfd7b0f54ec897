"""A real PostgreSQL for the tests of the audit store: a cluster of its own on 127.0.0.1, from Debian's package."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from sqlalchemy import create_engine, text

from tests.watchdog import guarded_folder

PASSWORD = "not-" + secrets.token_hex(8)
"""Must turn up in no log and no error."""


@dataclass(frozen=True)
class Postgres:
    """A running server; ``bin`` is the folder of its programs."""

    bin: Path
    data: Path
    port: int

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://icm:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def database(self) -> str:
        """The address of a new, empty database."""
        name = f"audit_{secrets.token_hex(8)}"
        engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        return self.url(name)

    def start(self) -> None:
        options = f"-c listen_addresses=127.0.0.1 -p {self.port} -k {self.data.parent} -c max_connections=50"
        self._control("-w", "-o", options, "-l", str(self.data.parent / "log"), "start")

    def stop(self, how: str = "fast") -> None:
        """``immediate`` is as a crash."""
        self._control("-w", "-m", how, "stop")

    def kill(self) -> None:
        """By SIGKILL; its own processes end when they notice, and a start before that is refused."""
        postmaster = psutil.Process(int((self.data / "postmaster.pid").read_text().split()[0]))
        everybody = [postmaster, *postmaster.children(recursive=True)]
        postmaster.kill()
        _, left = psutil.wait_procs(everybody, timeout=30)
        assert not left

    def _control(self, *words: str) -> None:
        run(str(self.bin / "pg_ctl"), "-D", str(self.data), *words)


def run(*command: str) -> None:
    """As a user who is not root: the server refuses to be."""
    user = group = None
    if os.geteuid() == 0:
        found = pwd.getpwnam("postgres")
        user, group = found.pw_uid, found.pw_gid
    said = Path(tempfile.mkstemp(prefix="icmgraph-pg-")[1])
    try:
        with said.open("wb") as out:  # no pipe: the server that it starts would keep it open
            done = subprocess.run(command, stdout=out, stderr=out, cwd="/", user=user, group=group)
        assert done.returncode == 0, f"{Path(command[0]).name}: {said.read_text()[-2000:]}"
    finally:
        said.unlink()


@contextmanager
def cluster() -> Iterator[Postgres]:
    """A new server, with its data in a temporary folder; both are gone at the end, and if the session is killed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    on_path = shutil.which("initdb")
    if not found and not on_path:
        pytest.fail("no PostgreSQL: install it (Debian, Ubuntu: apt install postgresql)")
    programs = found[-1].parent if found else Path(on_path or "").parent
    with guarded_folder() as folder:
        secret = folder / "password"
        secret.write_text(PASSWORD)
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
            shutil.chown(secret, "postgres", "postgres")
        run(
            str(programs / "initdb"), "-D", str(folder / "data"), "-U", "icm", "-A", "scram-sha-256",
            f"--pwfile={secret}", "-E", "UTF8", "--no-locale",
        )  # fmt: skip
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        server = Postgres(programs, folder / "data", port)
        server.start()
        yield server
