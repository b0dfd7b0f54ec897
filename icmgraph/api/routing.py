"""Routes that declare their access, and are signed in to before anything of the request is read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterable
from functools import wraps
from inspect import isclass, iscoroutinefunction
from typing import Annotated, Any, Literal, TypeVar, get_args, get_type_hints

from fastapi import APIRouter, Depends, FastAPI, Header, Request, Response
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from pydantic import TypeAdapter
from pydantic.json_schema import SkipJsonSchema
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute

from icmgraph.api import problems
from icmgraph.api.admission import Lane
from icmgraph.api.spool import spool
from icmgraph.queries import once
from icmgraph.queries.bulk import tuples
from icmgraph.queries.jobs import Spooled
from icmgraph.queries.once import Once
from icmgraph.queries.session import Conditions
from icmgraph.queries.tags import Precondition, entity_tag, strong_tags

Access = Literal["public", "personal", "scoped", "release", "write", "audit"]
"""What a route reaches.

``public``: nothing of anybody's, without signing in. ``personal``: what is addressed to the person.
``scoped``: the graph within what they may see. ``release``: a deconfliction check. ``write``: changes the graph.
``audit``: what everybody did, for auditors alone; nothing of the graph.
"""

_LANES: dict[Access, Lane] = {
    "public": "read", "personal": "read", "scoped": "read", "write": "write", "release": "check",
    "audit": "read",
}  # fmt: skip

F = TypeVar("F", bound=Callable[..., Any])

_bearer = HTTPBearer(bearerFormat="JWT", description="A token of the issuer.", auto_error=False)
_PROBLEM = {
    "description": "A problem (RFC 9457)",
    "content": {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


_Said = str | SkipJsonSchema[None]
"""A header that may be left out, and is never null."""

_TAGGED: dict[int | str, dict[str, Any]] = {
    200: {
        "headers": {
            "ETag": {
                "description": "The digest of what this person gets; for If-Match and If-None-Match.",
                "schema": {"type": "string"},
            }
        }
    },
    304: {"description": "Unchanged since the ETag that If-None-Match names"},
}


async def _if_none_match(
    given: Annotated[_Said, Header(alias="If-None-Match", description="An ETag that one has already.")] = None,
) -> None:
    """For the description; the route reads the header itself."""


async def _if_match(
    given: Annotated[_Said, Header(alias="If-Match", description="Write only if this ETag still holds.")] = None,
) -> None:
    """For the description; the session holds the write to it."""


async def _idempotency_key(
    given: Annotated[
        _Said,
        Header(
            alias=once.HEADER,
            description="Chosen by the client: the same request with the same key is done once, for a day.",
        ),
    ] = None,
) -> None:
    """For the description; the session does the write once."""


class _JsonRequest(Request):
    """Reads a body as JSON: arrays as tuples, since the models are strict, and no numbers that JSON does not have."""

    async def json(self) -> Any:
        try:
            return tuples(json.loads(await self.body(), parse_constant=_no_number))
        except (RecursionError, UnicodeDecodeError):
            raise HTTPException(400) from None


def _no_number(name: str) -> None:
    raise HTTPException(400)


class Route(APIRoute):
    """A route that signs the person in first: who is not signed in learns nothing about their input."""

    @property
    def access(self) -> str | None:
        return (self.openapi_extra or {}).get("x-access")

    @property
    def tagged(self) -> bool:
        """It answers one record, with an ETag."""
        return "GET" in (self.methods or ()) and 304 in self.responses

    @property
    def spooled(self) -> bool:
        """Its body goes into a file."""
        return self.body_field is None and "requestBody" in (self.openapi_extra or {})

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()
        has_body = self.body_field is not None
        lane: Lane = (self.openapi_extra or {}).get("x-lane", "read")

        async def handler(request: Request) -> Response:
            api, asked = request.app.state.api, _JsonRequest(request.scope, request.receive)
            if self.access == "public":
                return await answer(asked)
            token = request.headers.get("authorization")
            who = api.verifier.known(token)
            if who is None:
                async with api.admission.lane("sign-in"):
                    # In a thread: it may have to fetch the issuer's keys.
                    who = await run_in_threadpool(api.verifier.user, token)
            request.state.user = who
            with api.admission.person(who):
                try:
                    # The body before a thread is taken: it may come slowly.
                    if has_body:
                        _require_json(request)
                        await asked.body()
                    elif self.spooled:
                        request.state.spooled = await spool(asked, api.uploads)
                    if "GET" not in (self.methods or ()) and self.access != "scoped":
                        request.state.conditions = await _conditions(asked, self.access != "personal")
                    async with api.admission.lane(lane):
                        response = await answer(asked)
                finally:
                    _unspool(request)
                    await _leave(request)
            return _with_tag(request, response) if self.tagged else response

        return handler


def _require_json(request: Request) -> None:
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise HTTPException(415, "send application/json")


def _unspool(request: Request) -> None:
    spooled: Spooled | None = getattr(request.state, "spooled", None)
    if spooled is not None and not spooled.taken:
        spooled.path.unlink(missing_ok=True)


async def _leave(request: Request) -> None:
    """Wait for the moment at which a check's answer, a refusal too, may leave; without a thread."""
    source, moment = getattr(request.state, "leaves", (None, 0.0))
    if source is not None:
        await asyncio.sleep(max(0.0, moment - source.monotonic()))
        source.wait_until(moment)  # what a timer's resolution left over


async def _conditions(request: Request, repeatable: bool) -> Conditions:
    """
    Args:
        repeatable: it takes an ``Idempotency-Key``.

    Raises:
        InvalidInput: a header is not well formed.
    """
    secret: bytes = request.app.state.api.keys.identifiers
    match, key = ", ".join(request.headers.getlist("if-match")), request.headers.get(once.HEADER)
    said = None
    if key is not None and repeatable:
        spooled: Spooled | None = getattr(request.state, "spooled", None)
        body = spooled.digest if spooled else (await request.body()).hex()
        parts = (request.method, request.url.path, request.url.query, match, body)
        said = Once.of(secret, request.state.user, key, json.dumps(parts))
    return Conditions(Precondition.parse(secret, match) if "if-match" in request.headers else None, said)


def _with_tag(request: Request, response: Response) -> Response:
    """The answer with its entity tag; without a body if the client has it already."""
    if response.status_code != 200:
        return response
    tag = entity_tag(request.app.state.api.keys.identifiers, bytes(response.body).decode())
    known = ", ".join(request.headers.getlist("if-none-match"))
    if known and (known.strip() == "*" or tag in strong_tags(known.replace("W/", ""), "If-None-Match")):
        return Response(status_code=304, headers={"ETag": tag})
    response.headers["ETag"] = tag
    return response


class Router(APIRouter):
    """A group of routes; each declares its access."""

    def __init__(self, tag: str) -> None:
        super().__init__(
            tags=[tag], route_class=Route, generate_unique_id_function=lambda route: route.name,
            responses={"default": _PROBLEM}, redirect_slashes=False,
        )  # fmt: skip

    def on(
        self,
        method: str,
        path: str,
        access: Access,
        *,
        tagged: bool = False,
        lane: Lane | None = None,
        spooled: dict[str, Any] | None = None,
        **options: Any,
    ) -> Callable[[F], F]:
        """Register a route.

        Args:
            lane: where it waits for a thread (``admission.WORKING``); unset: by its access. ``walk``: may take seconds.
            spooled: its body, as OpenAPI describes it, goes into a file: ``request.state.spooled``.
            tagged: it reads one record, and gives its ETag; or it writes to one, and takes ``If-Match``.
            options: FastAPI's (``status_code``, ``response_class``).
        """
        extra: dict[str, Any] = {"x-access": access, "x-lane": lane or _LANES[access]}
        if spooled:
            extra["requestBody"] = spooled
        taken = [] if access == "public" else [Depends(_bearer)]
        if access in ("write", "release") or lane == "write":
            taken.append(Depends(_idempotency_key))
        if tagged:
            taken.append(Depends(_if_none_match if method == "GET" else _if_match))
            if method == "GET":
                options["responses"] = {**_TAGGED, **options.get("responses", {})}

        def register(endpoint: F) -> F:
            answer = endpoint if iscoroutinefunction(endpoint) else _in_one_thread(endpoint, options.get("status_code"))
            self.add_api_route(path, answer, methods=[method], dependencies=taken, openapi_extra=extra, **options)
            return endpoint

        return register


def _in_one_thread(endpoint: Callable[..., Any], status: int | None) -> Callable[..., Coroutine[Any, Any, Response]]:
    """What works and writes its answer as JSON in one thread: the framework takes another to look at what it returns.

    Args:
        status: of the answer, if not 200.
    """
    returned = get_type_hints(endpoint, include_extras=True)["return"]
    if isclass(returned) and issubclass(returned, Response):
        work = endpoint
    else:
        written = TypeAdapter(returned).dump_json

        def work(**given: Any) -> Response:
            answer = endpoint(**given)
            if answer is None:
                return Response(status_code=status or 200)
            return Response(written(answer), status or 200, media_type="application/json")

    @wraps(endpoint)
    async def answered(**given: Any) -> Response:
        return await run_in_threadpool(work, **given)

    return answered


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
