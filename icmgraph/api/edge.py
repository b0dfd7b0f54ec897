"""The outermost layer: what holds for every answer, whatever made it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from types import MappingProxyType

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from icmgraph.api import problems

LARGEST_BODY = 1024 * 1024
"""Bytes: a case with hundreds of subjects; bulk goes through uploads."""

PAUSE_S = 30.0
"""Longest pause in a body; after it the connection is somebody else's."""

HEADERS = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}
"""On every answer: what one person may see is kept by nobody between."""


class Edge:
    """Notes when a request arrived, bounds its body, sets headers, and turns a fault into the constant answer.

    Args:
        clock: seconds that only go forward; the arrival is in ``request.state.arrived``.
        behind_proxy: believe the proxy's word on how a request came. Undeclared, nobody's word is believed.
        largest: bytes of a body, by path, where it is not ``LARGEST_BODY``.
    """

    def __init__(
        self,
        app: ASGIApp,
        clock: Callable[[], float],
        behind_proxy: bool = False,
        largest: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        self._largest = largest
        self._app = app
        self._clock = clock
        self._behind_proxy = behind_proxy

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

        if self._behind_proxy and Headers(scope=scope).get("x-forwarded-proto", "https") != "https":
            await problems.plain()(scope, receive, send_with_headers)
            return
        try:
            bound = self._largest.get(scope["path"], LARGEST_BODY)
            await self._app(scope, _bounded(scope, receive, bound), send_with_headers)
        except Exception as error:
            if started:
                raise
            where = getattr(scope.get("route"), "path", "-")
            await problems.internal(error, f"{scope['method']} {where}")(scope, receive, send_with_headers)


def _bounded(scope: Scope, receive: Receive, bound: int) -> Receive:
    """``receive``, refusing a body over the bound by what it says of its length, or once it is longer."""
    said = Headers(scope=scope).get("content-length", "0")
    read = int(said) if said.isdecimal() and len(said) < 16 and int(said) > bound else 0

    whole = False

    async def bounded() -> Message:
        nonlocal read, whole
        if read <= bound:
            try:
                message = await asyncio.wait_for(receive(), None if whole else PAUSE_S)
            except TimeoutError:
                raise HTTPException(408, "the body did not come") from None
            read += len(message.get("body", b""))
            whole = not message.get("more_body", False)
        if read > bound:
            raise HTTPException(413, f"the body is over {bound} bytes; bulk goes through uploads")
        return message

    return bounded
