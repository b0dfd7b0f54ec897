"""The demo's API: a process of its own that outlives its starter, ``python -m icmgraph.demo.api HOME PORT``.

Once it listens it says itself who it is, in a file: whoever started it may have been killed meanwhile.
The log gets what it prints.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil

from icmgraph.errors import AlreadyRunning, IcmError, OperatorError
from icmgraph.local_neo4j.bolt import port_is_free
from icmgraph.local_neo4j.files import alone, private_folder, write
from icmgraph.settings import Settings

PORTS_TRIED = 50
STARTS_TRIED = 3
"""A port can be taken between the look and the API's own try."""
WAIT_S = 60.0
"""An API on a slow and busy machine comes up within half of this."""
STOP_S = 40.0
"""Longer than the API gives requests under way to end."""
POLL_S = 0.1


class DemoApi:
    """The API of one demo home."""

    def __init__(self, home: Path) -> None:
        self._home = home.resolve()

    @property
    def log_path(self) -> Path:
        return self._home / "log" / "api.log"

    @property
    def _file(self) -> Path:
        return self._home / "demo" / "api.json"

    def address(self) -> str | None:
        """Where it answers; None if it does not run."""
        return self._running()[1]

    def start(self, first_port: int, say: Callable[[str], None]) -> str:
        """Start it if it does not run, and wait until it is ready. Its address.

        Raises:
            AlreadyRunning: somebody else serves this home.
            OperatorError: it does not come up; see its log.
        """
        address = self._settled()
        if address and self._ready(address, time.monotonic() + 5):
            return address
        if address:
            self.stop()  # its graph has moved
        say("starting the API ...")
        port = first_port
        for tries_left in reversed(range(STARTS_TRIED)):
            port = next((p for p in range(port, port + PORTS_TRIED) if p < 65536 and port_is_free(p)), 0)
            if not port:
                raise OperatorError(f"no free port from {first_port} on: end what listens there, or set ICM_API_PORT")
            child = self._launch(port)
            end = time.monotonic() + WAIT_S
            while child.poll() is None and time.monotonic() < end:
                address = self.address()
                if address and self._ready(address, end):
                    child.returncode = 0  # let go: no longer this process's to wait for
                    return address
                time.sleep(POLL_S)
            if child.poll() is None:
                child.terminate()
            if not tries_left or port_is_free(port):
                break
            port += 1
        raise OperatorError(f"the API did not come up; see the end of {self.log_path}")

    def stop(self) -> bool:
        """End it if it is the demo's, and wait until it is gone. False if it does not run."""
        process, _ = self._running()
        if process is None:
            return False
        try:
            process.terminate()
            if not _is_gone(process):
                process.kill()
                if not _is_gone(process):
                    raise OperatorError(f"process {process.pid}, the demo's API, does not end: end it by hand")
        except psutil.NoSuchProcess:
            pass
        self._file.unlink(missing_ok=True)
        return True

    # -- small things

    def _running(self) -> tuple[psutil.Process | None, str | None]:
        """The process that the file names, if it is still the same one, and its address."""
        try:
            said = json.loads(self._file.read_text())
            process = psutil.Process(said["pid"])
            # The number may have gone to another process since.
            if process.create_time() == said["started"] and process.status() != psutil.STATUS_ZOMBIE:
                return process, str(said["address"])
        except (FileNotFoundError, ValueError, KeyError, TypeError, psutil.NoSuchProcess):
            pass
        return None, None

    def _settled(self) -> str | None:
        """The address, after waiting for one that a killed starter left half started."""
        end = time.monotonic() + WAIT_S
        while True:
            with alone(private_folder(self._home / "api"), wait=False) as free:
                if free:
                    return None
            if address := self.address():
                return address
            if time.monotonic() > end or not self._launched():
                raise AlreadyRunning(f"the API of {self._home} runs, and not from the demo: stop it first")
            time.sleep(POLL_S)

    def _launched(self) -> bool:
        """Some process was started as this demo's API."""
        wanted = {"icmgraph.demo.api", str(self._home)}
        return any(wanted <= set(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"]))

    def _launch(self, port: int) -> subprocess.Popen[bytes]:
        private_folder(self.log_path.parent)
        descriptor = os.open(self.log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            # A session of its own: it outlives its starter and the terminal.
            return subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", "icmgraph.demo.api", str(self._home), str(port)],
                stdin=subprocess.DEVNULL,
                stdout=descriptor,
                stderr=descriptor,
                start_new_session=True,
            )
        finally:
            os.close(descriptor)

    def _ready(self, address: str, end: float) -> bool:
        """It answers that graph and audit are there, before ``end`` on the monotonic clock."""
        # Loopback: no proxy of the environment has a say.
        with httpx.Client(trust_env=False, timeout=5) as client:
            while True:
                try:
                    if client.get(f"{address}/readyz").is_success:
                        return True
                except httpx.TransportError:
                    pass
                if time.monotonic() >= end or self.address() != address:
                    return False
                time.sleep(POLL_S)


def _is_gone(process: psutil.Process) -> bool:
    """It ended in time. One that nobody buries, as in a container without an init, counts as ended."""
    end = time.monotonic() + STOP_S
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > end:
            return False
        time.sleep(POLL_S)
    return True


def main(home: str, port: str) -> None:
    """The process itself."""
    from icmgraph.operator import serve

    file = private_folder(Path(home) / "demo") / "api.json"
    settings = Settings().model_copy(
        update={
            "home": Path(home),
            "api_host": "127.0.0.1",
            "api_port": int(port),
            "tls_cert": None,
            "tls_key": None,
            "local_issuer": True,
        }
    )

    def ready(address: str) -> None:
        me = psutil.Process()
        write(file, json.dumps({"pid": me.pid, "started": me.create_time(), "address": address}) + "\n")

    try:
        serve(settings, ready)
    except IcmError as error:
        print(f"icmgraph: {error}", file=sys.stderr)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main(*sys.argv[1:])
