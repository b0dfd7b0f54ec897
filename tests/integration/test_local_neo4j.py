"""The managed server in what can go wrong. Each start takes some 7 seconds, so each serves several ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import neo4j
import psutil
import pytest

from icmgraph.errors import AlreadyRunning, LockMismatch, OperatorError
from icmgraph.local_neo4j import Connection, LocalNeo4j, connection
from icmgraph.local_neo4j.bolt import Answer
from icmgraph.local_neo4j.files import alone
from icmgraph.settings import Settings

Server = Callable[..., LocalNeo4j]


def count(where: Connection) -> int:
    with neo4j.GraphDatabase.driver(where.uri, auth=(where.user, where.password)) as driver:
        found = driver.execute_query("MATCH (n) RETURN count(n) AS n", database_=where.database)
    return int(found.records[0]["n"])


def add_one(where: Connection) -> None:
    with neo4j.GraphDatabase.driver(where.uri, auth=(where.user, where.password)) as driver:
        driver.execute_query("CREATE ()", database_=where.database)


def process_of(server: LocalNeo4j) -> psutil.Process:
    pid = server.status().pid
    assert pid is not None
    return psutil.Process(pid)


@contextmanager
def taken(port: int) -> Iterator[None]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        yield


@contextmanager
def taken_late(server: LocalNeo4j) -> Iterator[None]:
    """The first port looks free until the server's process is there."""

    def listen() -> None:
        while not server.status().running:
            time.sleep(0.05)
        other.listen()

    with socket.socket() as other, ThreadPoolExecutor() as pool:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", server.port))
        listening = pool.submit(listen)
        yield
        listening.result()


@pytest.mark.long
def test_life_of_a_server(guarded_home: Path, small_server: Server) -> None:
    server = small_server(guarded_home)
    with taken(server.port):
        where = server.start()
    assert where.uri == f"bolt://127.0.0.1:{server.port + 1}", "a taken port: the next free one"
    assert count(where) == 0
    add_one(where)

    process = process_of(server)
    listening = {c.laddr.ip for c in process.net_connections("tcp") if c.status == psutil.CONN_LISTEN}
    assert listening <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}
    assert len([c for c in process.net_connections("inet") if c.status != psutil.CONN_ESTABLISHED]) == 1
    assert os.getsid(process.pid) == process.pid, "it outlives its starter's terminal"
    assert where.password not in " ".join(process.cmdline()) + server.log_path.read_text()
    for path in (server.password_path, server.log_path):
        assert path.stat().st_mode & 0o077 == 0
    assert guarded_home.stat().st_mode & 0o077 == 0

    with pytest.raises(AlreadyRunning, match=f"process {process.pid}"):
        small_server(guarded_home).start()
    assert connection(Settings(home=guarded_home)) == where, "any process finds it"

    server.password_path.write_text("another")
    assert server.status().answer is Answer.REFUSED
    server.password_path.write_text(where.password)
    assert server.status().is_ready

    process.kill()  # nobody tidies up after it
    process.wait()
    assert not server.status().running
    with pytest.raises(OperatorError, match="icmgraph neo4j start"):
        server.connection()
    assert server.stop() == "not running"

    with taken_late(server):
        again = server.start()
    assert again.uri == where.uri, "taken between the look and the server's own try: the next one"
    assert count(again) == 1
    assert server.stop() == "stopped"
    assert again.password == where.password

    server.password_path.write_text("another")
    with pytest.raises(OperatorError, match="refuses the password"):
        server.start()
    assert not server.status().running
    server.password_path.unlink()
    with pytest.raises(OperatorError, match="put the file back"):
        server.start()


STARTER = """
import sys
from pathlib import Path
from icmgraph.local_neo4j import LocalNeo4j
home, jars, port = sys.argv[1:]
LocalNeo4j(home=Path(home), jars=Path(jars), port=int(port), heap="512m", page_cache="64m").start()
"""


def kill_a_start(server: LocalNeo4j, reached: Callable[[], bool]) -> None:
    """Starts ``server`` from another process, which is killed as soon as it has ``reached`` a point."""
    assert server.jars is not None
    command = [sys.executable, "-c", STARTER, str(server.home), str(server.jars), str(server.port)]
    with subprocess.Popen(command) as starter:
        until = time.monotonic() + 90
        while not reached():
            assert starter.poll() is None
            assert time.monotonic() < until
            time.sleep(0.01)
        starter.send_signal(signal.SIGKILL)
        starter.wait()


@pytest.mark.long
def test_a_killed_start_is_made_good(guarded_home: Path, small_server: Server) -> None:
    server = small_server(guarded_home)
    kill_a_start(server, server.password_path.exists)
    assert not server.status().running

    kill_a_start(server, lambda: server.status().running)
    with pytest.raises(AlreadyRunning, match="icmgraph neo4j stop"):
        server.start()
    orphan = process_of(server)
    orphan.kill()  # in the middle of its very first start
    orphan.wait()

    assert count(server.start()) == 0
    assert server.stop() == "stopped"


def test_a_server_that_does_not_come_up_shows_its_log(guarded_home: Path, small_server: Server) -> None:
    server = small_server(guarded_home)
    server.folder.mkdir(mode=0o700)
    (server.folder / "local.conf").write_text("# the operator's own\nno.such.setting=1\n")
    with pytest.raises(OperatorError, match=r"(?s)did not come up.*no\.such\.setting"):
        server.start()
    assert not server.status().running


def test_two_starts_at_once(guarded_home: Path, small_server: Server) -> None:
    server = small_server(guarded_home)
    server.folder.mkdir()
    with alone(server.folder, wait=False) as ours:
        assert ours
        with pytest.raises(AlreadyRunning, match="another start"):
            server.start()


def test_a_changed_jar_stops_a_start(guarded_home: Path, small_server: Server, tmp_path: Path) -> None:
    clean = small_server(guarded_home)
    clean.ensure_jars()
    for jar in clean.jar_folder.path.glob("*.jar"):
        (tmp_path / jar.name).symlink_to(jar)
    victim = tmp_path / "neo4j-2026.09.0.jar"
    data = bytearray(victim.read_bytes())
    data[-1] ^= 1
    victim.unlink()
    victim.write_bytes(data)
    with pytest.raises(LockMismatch, match=victim.name):
        small_server(guarded_home, jars=tmp_path).start()
    assert not clean.password_path.exists(), "nothing was run"


def test_another_installation_is_not_taken_for_this_one(
    guarded_home: Path, small_server: Server, neo4j_connection: Connection
) -> None:
    assert not small_server(guarded_home).status().running
    assert small_server(guarded_home).stop() == "not running"
    assert count(neo4j_connection) >= 0


def test_a_given_server_needs_a_password_file(tmp_path: Path) -> None:
    uri = "bolt://127.0.0.1:7687"
    with pytest.raises(OperatorError, match="ICM_NEO4J_PASSWORD_FILE"):
        connection(Settings(neo4j_uri=uri))
    with pytest.raises(OperatorError, match="cannot read"):
        connection(Settings(neo4j_uri=uri, neo4j_password_file=tmp_path / "none"))
    (tmp_path / "password").write_text("not-a-secret\n")
    given = connection(Settings(neo4j_uri=uri, neo4j_password_file=tmp_path / "password", neo4j_user="who"))
    assert given == Connection(uri, "who", "not-a-secret", "neo4j")
    assert "not-a-secret" not in repr(given)
