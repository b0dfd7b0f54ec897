"""A folder whose servers end with the test session, however that ends.

``python -m tests.watchdog FOLDER`` outlives the session, then stops what runs in FOLDER and removes FOLDER.
The session holds the other end of its standard input, which is closed on leaving and by any kill.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from icmgraph.local_neo4j import LocalNeo4j

ROOT = Path(__file__).parents[1]
_MEMORY = Path("/dev/shm")
MEMORY = _MEMORY if os.access(_MEMORY, os.W_OK) else None
"""Where files are kept in memory, if there is such a place: a suite of tests waits for the disk at each commit. What a
killed process has written is there as well."""


@contextmanager
def guarded_folder(place: Path | None = MEMORY) -> Iterator[Path]:
    """A temporary folder; it and the servers and containers of it are gone when this process is through."""
    with tempfile.TemporaryDirectory(prefix="icmgraph-test-", dir=place, ignore_cleanup_errors=True) as folder:
        command = [sys.executable, "-m", "tests.watchdog", folder]
        watchdog = subprocess.Popen(command, stdin=subprocess.PIPE, cwd=ROOT, start_new_session=True)
        try:
            yield Path(folder)
        finally:
            watchdog.communicate()


def _stop_neo4j(folder: Path) -> None:
    for home in (folder, *filter(Path.is_dir, folder.glob("*"))):  # a test may have several homes in it
        LocalNeo4j(home=home).stop(timeout=0)


def _stop_postgres(folder: Path) -> None:
    for file in folder.glob("*/postmaster.pid"):
        with suppress(psutil.Error):
            server = psutil.Process(int(file.read_text().split()[0]))
            if str(file.parent) in server.cmdline():
                server.send_signal(signal.SIGQUIT)  # SIGKILL would leave its shared memory behind
                server.wait(10)


def _stop_containers(folder: Path) -> None:
    if (engine := folder / "engine").exists():
        from tests.container import remove_leftovers  # few need it, and it is slow to import

        with suppress(Exception):  # what follows is to be done all the same, and the next session tries again
            remove_leftovers(engine.read_text())
    for process in psutil.process_iter(["cmdline"]):
        if f"unix://{folder}/podman.sock" in (process.info["cmdline"] or ()):
            process.terminate()


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    sys.stdin.read()
    # Nothing in it is wanted any more, so there is nothing to wait for.
    _stop_neo4j(folder)
    _stop_postgres(folder)
    _stop_containers(folder)
    shutil.rmtree(folder, ignore_errors=True)
