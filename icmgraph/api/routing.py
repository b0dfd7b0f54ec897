"""Routes that declare their access, and are signed in to before anything of the request is read."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Literal, TypeVar, get_args

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute

from icmgraph.api import problems

Access = Literal["public", "personal", "scoped", "release", "write"]
"""What a route reaches.

``public``: nothing of anybody's, without signing in. ``personal``: what is addressed to the person.
``scoped``: the graph within what they may see. ``release``: a deconfliction check. ``write``: changes the graph.
"""

F = TypeVar("F", bound=Callable[..., Any])

_bearer = HTTPBearer(bearerFormat="JWT", description="A token of the issuer.", auto_error=False)
_PROBLEM = {
    "description": "A problem (RFC 9457)",
    "content": {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


class _JsonRequest(Request):
    """Reads a body as JSON: arrays as tuples, since the models are strict, and no numbers that JSON does not have."""

    async def json(self) -> Any:
        try:
            return _tuples(json.loads(await self.body(), parse_constant=_no_number))
        except (RecursionError, UnicodeDecodeError):
            raise HTTPException(400) from None


def _tuples(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_tuples(item) for item in value)
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in value.items()}
    return value


def _no_number(name: str) -> None:
    raise HTTPException(400)


class Route(APIRoute):
    """A route that signs the person in first: who is not signed in learns nothing about their input."""

    @property
    def access(self) -> str | None:
        return (self.openapi_extra or {}).get("x-access")

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()
        public, has_body = self.access == "public", self.body_field is not None

        async def handler(request: Request) -> Response:
            if not public:
                verifier, authorization = request.app.state.api.verifier, request.headers.get("authorization")
                # In a thread: it may have to fetch the issuer's keys.
                request.state.user = await run_in_threadpool(verifier.user, authorization)
            if has_body and request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
                raise HTTPException(415, "send application/json")
            return await answer(_JsonRequest(request.scope, request.receive))

        return handler


class Router(APIRouter):
    """A group of routes; each declares its access."""

    def __init__(self, tag: str) -> None:
        super().__init__(
            tags=[tag], route_class=Route, generate_unique_id_function=lambda route: route.name,
            responses={"default": _PROBLEM}, redirect_slashes=False,
        )  # fmt: skip

    def on(self, method: str, path: str, access: Access, **options: Any) -> Callable[[F], F]:
        """Register a route. ``options`` are FastAPI's (``status_code``, ``response_class``)."""
        signed_in = [] if access == "public" else [Depends(_bearer)]

        def register(endpoint: F) -> F:
            self.add_api_route(
                path, endpoint, methods=[method], dependencies=signed_in, openapi_extra={"x-access": access}, **options
            )
            return endpoint

        return register


def require_access(routes: Iterable[BaseRoute]) -> None:
    """
    Raises:
        RuntimeError: a route declares no access; the application must not start.
    """
    for route in routes:
        if not isinstance(route, Route) or route.access not in get_args(Access):
            raise RuntimeError(f"{getattr(route, 'path', route)} declares no access: register it with Router.on")


def mount(app: FastAPI, routers: Iterable[APIRouter]) -> None:
    """Add the routers' routes as they are, so that ``app.routes`` lists each with its access."""
    for router in routers:
        app.router.routes.extend(router.routes)
    require_access(app.routes)
