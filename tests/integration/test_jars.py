"""Jars arrive whole and as locked, or not at all."""

from __future__ import annotations

import hashlib
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from icmgraph.errors import LockMismatch, OperatorError
from icmgraph.local_neo4j.jars import JarFolder, locked_versions, parse_lock, read_lock

JARS = {f"part-{i}": bytes([i]) * (20_000 + i) for i in range(6)}
SPOILT = "part-3"


@dataclass
class Mirror:
    """A Maven repository on the loopback with one fault, on ``SPOILT``."""

    fault: str = ""
    asked: list[str] = field(default_factory=list)
    address: str = ""

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        name = handler.path.split("/")[-3]
        self.asked.append(name)
        data = JARS[name]
        fault = self.fault if name == SPOILT else ""
        if fault == "absent":
            handler.send_error(404)
            return
        if fault == "fails once" and self.asked.count(name) > 1:
            fault = ""
        body = {"changed": data[:-1] + b"!", "longer": data + b"!", "shorter": data[:-1]}.get(fault, data)
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        if fault in ("cut", "fails once", "slow"):
            body = body[: len(body) // 2]
        handler.wfile.write(body)
        handler.wfile.flush()
        if fault == "slow":
            time.sleep(30)


@contextmanager
def serving(mirror: Mirror) -> Iterator[Mirror]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            mirror.answer(self)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        mirror.address = f"http://127.0.0.1:{server.server_address[1]}/maven2/"
        try:
            yield mirror
        finally:
            server.shutdown()
            thread.join()


def lock_text() -> str:
    return "# for tests\n" + "".join(
        f"{hashlib.sha256(data).hexdigest()} {len(data)} pkg:maven/com.example/{name}@1.0\n"
        for name, data in JARS.items()
    )


def folder_at(path: Path, mirror: Mirror | None = None) -> JarFolder:
    return JarFolder(path, parse_lock(lock_text()), mirror.address if mirror else None)


def files(path: Path) -> set[str]:
    return {entry.name for entry in path.iterdir()} - {".lock"}


ALL = {f"{name}-1.0.jar" for name in JARS}


def test_fetches_what_is_missing_and_only_that(tmp_path: Path) -> None:
    with serving(Mirror()) as mirror:
        folder = folder_at(tmp_path / "jars", mirror)
        assert folder.fetch() == len(JARS)
        folder.verify()
        (folder.path / "part-2-1.0.jar").unlink()
        mirror.asked.clear()
        assert folder.fetch() == 1
        assert mirror.asked == ["part-2"]
        assert folder.fetch() == 0
    assert files(folder.path) == ALL
    assert (tmp_path / "jars").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("fault", "error", "says"),
    [
        ("changed", LockMismatch, "not the locked one"),
        ("longer", LockMismatch, "not the locked one"),
        ("shorter", LockMismatch, "not the locked one"),
        ("cut", OperatorError, "ICM_MAVEN_MIRROR"),
        ("absent", OperatorError, "HTTP 404"),
    ],
)
def test_a_bad_delivery_leaves_nothing_and_the_next_run_goes_on(
    tmp_path: Path, fault: str, error: type[OperatorError], says: str
) -> None:
    with serving(Mirror(fault)) as mirror:
        folder = folder_at(tmp_path, mirror)
        with pytest.raises(error, match=says):
            folder.fetch()
        assert files(tmp_path) <= ALL - {f"{SPOILT}-1.0.jar"}
        mirror.fault = ""
        folder.fetch()
        folder.verify()


def test_a_connection_that_breaks_once_is_tried_again(tmp_path: Path) -> None:
    with serving(Mirror("fails once")) as mirror:
        folder_at(tmp_path, mirror).fetch()
        assert mirror.asked.count(SPOILT) == 2
    assert files(tmp_path) == ALL


def test_no_mirror_there(tmp_path: Path) -> None:
    with serving(Mirror()) as mirror:
        pass
    with pytest.raises(OperatorError, match="check the network"):
        folder_at(tmp_path, mirror).fetch()
    assert files(tmp_path) == set()


@pytest.mark.parametrize("change", [b"!", None], ids=["changed", "gone"])
def test_a_jar_that_is_not_as_locked_stops_verification(tmp_path: Path, change: bytes | None) -> None:
    for name, data in JARS.items():
        (tmp_path / f"{name}-1.0.jar").write_bytes(data)
    folder = folder_at(tmp_path)
    folder.verify()
    victim = tmp_path / f"{SPOILT}-1.0.jar"
    if change is None:
        victim.unlink()
    else:
        victim.write_bytes(JARS[SPOILT][:-1] + change)
    with pytest.raises(LockMismatch, match=victim.name):
        folder.verify()


def test_what_merely_lies_there_is_not_loaded(tmp_path: Path) -> None:
    (tmp_path / "stowaway.jar").write_bytes(b"")
    assert "stowaway" not in folder_at(tmp_path).class_path


CHILD = """
import resource, sys
from pathlib import Path
from icmgraph.errors import OperatorError
from icmgraph.local_neo4j.jars import JarFolder, parse_lock
path, mirror, limit = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), resource.RLIM_INFINITY))
try:
    JarFolder(Path(path), parse_lock(sys.stdin.read()), mirror).fetch()
except OperatorError as error:
    sys.exit(f"told: {error}")
"""


def fetching_child(path: Path, mirror: Mirror, limit: int = resource.RLIM_INFINITY) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(path), mirror.address, str(limit)],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdin is not None
    child.stdin.write(lock_text())
    child.stdin.close()
    child.stdin = None
    return child


def test_killed_while_fetching(tmp_path: Path) -> None:
    with serving(Mirror("slow")) as mirror:
        with fetching_child(tmp_path, mirror) as child:
            until = time.monotonic() + 60
            while not (list(tmp_path.glob("*.part")) and len(list(tmp_path.glob("*.jar"))) == len(JARS) - 1):
                assert time.monotonic() < until
                time.sleep(0.02)
            child.send_signal(signal.SIGKILL)
        assert files(tmp_path) > ALL - {f"{SPOILT}-1.0.jar"}
        mirror.fault = ""
        mirror.asked.clear()
        folder_at(tmp_path, mirror).fetch()
    assert mirror.asked == [SPOILT]
    assert files(tmp_path) == ALL
    folder_at(tmp_path).verify()


def test_a_full_disk_is_told_and_nothing_half_written_stays(tmp_path: Path) -> None:
    # A limit on file size fails the writes as a full disk does; with a disk of its own a test would need root.
    with serving(Mirror()) as mirror:
        with fetching_child(tmp_path, mirror, limit=10_000) as child:
            _, told = child.communicate(timeout=90)
        assert child.returncode == 1
        assert "told: the disk is full" in told
        assert "Traceback" not in told
        assert files(tmp_path) == set()


def test_the_locked_versions_are_whole() -> None:
    assert "2026.09.0" in locked_versions()
    for version in locked_versions():
        jars = read_lock(version)
        assert any(jar.file_name == f"neo4j-{version}.jar" for jar in jars)
        assert all(len(jar.sha256) == 64 and jar.size > 0 for jar in jars)


@pytest.mark.parametrize("version", ["9.9", "", "../x"])
def test_a_version_without_lock_is_refused(version: str) -> None:
    with pytest.raises(OperatorError, match="no lock file"):
        read_lock(version)


def test_two_jars_in_one_file_are_refused() -> None:
    line = f"{'0' * 64} 1 pkg:maven/com.example/a@1\n"
    with pytest.raises(LockMismatch):
        parse_lock(line + line.replace("com", "org"))
