"""Running the API: one command for each ICM_HOME, with one process or several."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
import ssl
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from icmgraph import metrics
from icmgraph.api import workers as several
from icmgraph.api.app import create_app
from icmgraph.api.deps import Platform
from icmgraph.api.observe import Observed, log_to
from icmgraph.errors import AlreadyRunning, OperatorError
from icmgraph.local_neo4j.files import alone, private_folder
from icmgraph.queries.gateway import Transaction
from icmgraph.queries.jobs import place_of
from icmgraph.settings import Settings

GRACE_S = 30
"""Seconds that requests under way have to end: longer than a read's time-out."""

LARGEST_HEAD = 32 * 1024
"""Bytes of a request's line and headers, beyond which one that is not complete is refused: a token of 16 KiB, a cursor
of 8, and room."""
HEAD_S = 10.0
"""Seconds for them to come."""
CONNECTIONS = 1000
"""At once; more are answered 503 by the server itself."""


class _Protocol(H11Protocol):
    """Closes a connection whose request's head does not come in time: the server itself would wait for ever."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._unwatch()
        super().connection_lost(exc)

    def _watch(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self._unwatch()
        elif self._late is None:
            self._late = self.loop.call_later(HEAD_S, self.transport.close)

    def _unwatch(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


def serve(
    settings: Settings,
    open_platform: Callable[[Settings], AbstractContextManager[Platform]],
    ready: Callable[[str], None] = lambda address: None,
    workers: int = 1,
) -> None:
    """Serve until SIGTERM or SIGINT, then let requests under way end.

    Args:
        open_platform: ``bootstrap.platform``.
        ready: called with the address once the port is ours and the platform is open.
        workers: processes that answer; limits of requests and the log are each one's own.

    Raises:
        AlreadyRunning: another command serves this ICM_HOME: a backup must know that nobody writes.
        OperatorError: the port is taken, a TLS file cannot be read, the graph is not there ...
    """
    with _terminable(), alone(private_folder(settings.home / "api"), wait=False) as ours:
        if not ours:
            raise AlreadyRunning(f"the API of {settings.home} runs already: stop it, or set ICM_HOME to another folder")
        with _listening(settings) as listener:
            address = _address(settings, listener)

            def work(number: int, ready: Callable[[], None]) -> None:
                _work(settings, open_platform, listener, number, ready)

            if workers == 1:
                work(1, lambda: ready(address))
                return
            place_of(private_folder(settings.home / "uploads"))  # before there are several to make it
            several.run(workers, work, lambda: ready(address), GRACE_S + 10)


def _work(
    settings: Settings,
    open_platform: Callable[[Settings], AbstractContextManager[Platform]],
    listener: socket.socket,
    number: int,
    ready: Callable[[], None],
) -> None:
    """One process's part. Each worker has a log file of its own, and a port for its counts beside the first's."""
    port = settings.metrics_port and settings.metrics_port + number - 1
    with open_platform(settings) as platform, _logged(settings, number):
        gateway = platform.sessions.gateway
        with metrics.served(port, lambda: gateway.read(_pending)):
            server = uvicorn.Server(_config(settings, platform))
            # What is there now stays. A whole collection, in which no request goes on, would look through all of it.
            gc.collect()
            gc.freeze()
            ready()
            server.run(sockets=[listener])


def _pending(tx: Transaction) -> dict[str, int]:
    return tx.control("count_pending")[0]


@contextmanager
def _logged(settings: Settings, number: int) -> Iterator[None]:
    """Warnings to stderr, and with every request to the log file."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for handler in logging.getLogger().handlers:
        handler.setLevel(logging.WARNING)
    # The driver's and the client's own lines quote texts of the server and addresses.
    for name in ("neo4j", "httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.ERROR)
    handler = log_to(settings.home, number)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
        handler.close()


def _config(settings: Settings, platform: Platform) -> uvicorn.Config:
    if settings.tls_key is not None:
        _require_private(settings.tls_key)
    config = uvicorn.Config(
        Observed(create_app(platform)),
        log_config=None,
        # Addresses hold ids, cursors and receipts; who asked what is in the audit.
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=False,
        lifespan="on",
        ws="none",
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
        timeout_graceful_shutdown=GRACE_S,
        http=_Protocol,
        h11_max_incomplete_event_size=LARGEST_HEAD,
        limit_concurrency=CONNECTIONS,
    )
    try:
        config.load()
    except OSError as error:
        raise OperatorError(
            f"ICM_TLS_CERT ({settings.tls_cert}) and ICM_TLS_KEY ({settings.tls_key}) are not a certificate and its key"
        ) from error
    if config.ssl is not None:
        config.ssl.minimum_version = ssl.TLSVersion.TLSv1_2
    return config


def _require_private(key: Path) -> None:
    """
    Raises:
        OperatorError: others may read the key file, or it cannot be read.
    """
    try:
        shared = key.stat().st_mode & 0o077
    except OSError:
        raise OperatorError(f"ICM_TLS_KEY ({key}) cannot be read") from None
    if shared:
        raise OperatorError(f"ICM_TLS_KEY ({key}) may be read by others; run: chmod 600 {key}")


def _address(settings: Settings, listener: socket.socket) -> str:
    scheme = "https" if settings.tls_cert else "http"
    host = f"[{settings.api_host}]" if ":" in settings.api_host else settings.api_host
    return f"{scheme}://{host}:{listener.getsockname()[1]}"


@contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    """A socket that listens, taken before anything else is opened. Port 0 is any free one."""
    family = socket.AF_INET6 if ":" in settings.api_host else socket.AF_INET
    # Named TCP: only then asyncio sends the parts of an answer at once. Else one waits 40 ms for the client's word that
    # it has the part before.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.api_host, settings.api_port))
            listener.listen(1024)
        except OSError as error:
            raise OperatorError(
                f"port {settings.api_port} of {settings.api_host} cannot be had: end what listens there, "
                "or set ICM_API_PORT to another (ICM_API_HOST for another address)"
            ) from error
        yield listener


@contextmanager
def _terminable() -> Iterator[None]:
    """SIGTERM ends the process through its clean-up; the server raises it again after its own."""
    former = signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, former)
