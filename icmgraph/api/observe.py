"""One line of log and one count for every request, with nothing in them of what was asked or by whom.

That is in the audit. A line holds the route's template (``/v1/cases/{id}``), never the path.
"""

from __future__ import annotations

import json
import logging
import secrets
import time
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from icmgraph.local_neo4j.files import private_folder
from icmgraph.metrics import REQUESTS

log = logging.getLogger(__name__)

FILE_BYTES = 10 * 1024 * 1024
"""Of one log file: some 60,000 requests, which an editor opens."""
FILES = 10
"""The newest and nine before it: 100 MB at most, some weeks of an office."""
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
"""Anything else was made up by whoever sent it."""
CLOSED = 499
"""Status in the log of a request whose client went away; no answer left."""


class Observed:
    """The application, watched. Each answer gets an ``X-Request-Id``, by which the operator finds its line."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        id, began, status = secrets.token_hex(8), time.perf_counter(), CLOSED

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = id
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            seconds = time.perf_counter() - began
            method = scope["method"] if scope["method"] in METHODS else "-"
            route = getattr(scope.get("route"), "path", "-")
            REQUESTS.labels(method, route, str(status)).observe(seconds)
            said = {"method": method, "route": route, "status": status, "ms": round(seconds * 1000, 1), "request": id}
            log.info("request", extra={"said": said})


class Lines(logging.Formatter):
    """One JSON document a line. Of an exception its kind and where in the code, never its text."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "said", {}),
        }
        if record.exc_info and record.exc_info[0]:
            line["exception"] = record.exc_info[0].__name__
        return json.dumps(line)


class _Private(RotatingFileHandler):
    def _open(self) -> Any:
        Path(self.baseFilename).touch(0o600)
        return super()._open()


def log_to(home: Path, number: int = 1) -> logging.Handler:
    """Send requests, warnings and errors of this process to ``home``/log/api.jsonl from now on.

    Args:
        number: the worker's; from the second on the file is api-<number>.jsonl, since each turns over its own.

    Returns:
        the handler, to be taken off again.
    """
    file = private_folder(home / "log") / ("api.jsonl" if number == 1 else f"api-{number}.jsonl")
    handler = _Private(file, maxBytes=FILE_BYTES, backupCount=FILES - 1, encoding="utf-8", delay=True)
    handler.setFormatter(Lines())
    handler.addFilter(lambda record: record.levelno >= logging.WARNING or record.name == __name__)
    logging.getLogger().addHandler(handler)
    log.setLevel(logging.INFO)
    return handler
