"""The outermost layer: what holds for every answer, whatever made it."""

from __future__ import annotations

from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from icmgraph.api import problems

LARGEST_BODY = 1024 * 1024
"""Bytes: a case with hundreds of subjects; bulk goes through imports."""

HEADERS = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}
"""On every answer: what one person may see is kept by nobody between."""


class Edge:
    """Notes when a request arrived, bounds its body, sets headers, and turns a fault into the constant answer.

    Args:
        clock: seconds that only go forward; the arrival is in ``request.state.arrived``.
    """

    def __init__(self, app: ASGIApp, clock: Callable[[], float]) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})["arrived"] = self._clock()
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        try:
            await self._app(scope, _bounded(scope, receive), send_with_headers)
        except Exception as error:
            if started:
                raise
            where = getattr(scope.get("route"), "path", "-")
            await problems.internal(error, f"{scope['method']} {where}")(scope, receive, send_with_headers)


def _bounded(scope: Scope, receive: Receive) -> Receive:
    """``receive``, refusing a body over the bound by what it says of its length, or once it is longer."""
    said = Headers(scope=scope).get("content-length", "0")
    read = int(said) if said.isdecimal() and len(said) < 16 and int(said) > LARGEST_BODY else 0

    async def bounded() -> Message:
        nonlocal read
        if read <= LARGEST_BODY:
            message = await receive()
            read += len(message.get("body", b""))
        if read > LARGEST_BODY:
            raise HTTPException(413, f"the body is over {LARGEST_BODY} bytes; bulk goes through imports")
        return message

    return bounded
