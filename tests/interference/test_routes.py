"""Every route answers the same bytes on the whole world and on what the person sees of it, headers and status too.

The sweep is over the application's routes: a new one is asked as soon as it is mounted, and fails here if
``requests.py`` does not know how.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icmgraph.api.app import create_app
from icmgraph.api.routing import Route
from tests.interference.asking import Asking, told
from tests.interference.laws import law
from tests.interference.requests import REQUESTS, Request, conditioned
from tests.interference.sight import restrict
from tests.interference.system import Streams, audit_folder, same
from tests.platform import Caller, TestClient, opened
from tests.worlds.loader import Graph
from tests.worlds.strategies import worlds
from tests.worlds.world import World

READS = ("scoped", "personal", "public")
WRITES = ("write", "release")
MOST_PAGES = 6
ASKS = ("check", "register")
"""Routes that give pointers."""

Ask = tuple[Route, Request]


@dataclass(frozen=True, repr=False)
class Served:
    graph: Graph
    client: TestClient
    home: Path
    streams: Streams
    routes: tuple[Route, ...]

    def answers(self, world: World, me: str, asked: Sequence[Ask], seed: int) -> list[Any]:
        self.graph.load(world, seed=seed)
        self.streams.reset()
        caller = Caller(self.client, self.home, me)
        return [answer(caller, route, request) for route, request in asked]


def answer(caller: Caller, route: Route, request: Request) -> list[Any]:
    """All pages of what the route answers: status, headers, body."""
    path = route.path.format(**request.path)
    query = dict(request.query)
    pages: list[Any] = []
    method = min(route.methods or "?")
    headers_ = {"Idempotency-Key": request.key} if request.key else {}
    if request.match:
        headers_["If-Match"] = caller("GET", request.match).headers.get("etag", '"none"')
    sent: dict[str, Any] = {"headers": headers_}
    if request.lines:
        sent |= {"content": b"\n".join(json.dumps(line).encode() for line in request.lines)}
        headers_["Content-Type"] = "application/x-ndjson"
    if request.key:
        caller(method, path, request.body, params=query, **sent)
    while True:
        response = caller(method, path, request.body, params=query, **sent)
        assert response.status_code < 500, response.text
        body = response.text
        if route.name in ASKS and response.is_success:
            # The declared release to the asker: what may differ, and only that.
            body = {k: v for k, v in response.json().items() if k not in ("pointers", "result")}
        headers = sorted((k, v) for k, v in response.headers.items() if route.name not in ASKS or k != "content-length")
        pages.append({"status": response.status_code, "headers": headers, "body": body})
        more = response.json().get("next") if "limit" in query and response.is_success else None
        if more is None or len(pages) == MOST_PAGES:
            return pages
        query["cursor"] = more


@pytest.fixture(scope="module")
def served(graph: Graph) -> Iterator[Served]:
    streams = Streams()
    with (
        audit_folder() as folder,
        opened(graph.gateway, Path(folder), streams, hub_degree=3, expand_nodes=8, chart_nodes=6) as platform,
    ):
        app = create_app(platform, streams)
        # Not entered: its worker would write notices while answers are compared.
        client = TestClient(app)
        yield Served(graph, client, Path(folder), streams, tuple(r for r in app.routes if isinstance(r, Route)))


def test_every_route_is_asked(served: Served) -> None:
    assert {route.name for route in served.routes} == set(REQUESTS)
    assert {route.access for route in served.routes} == {*READS, *WRITES}


def compare(served: Served, world: World, asked: Sequence[Ask], seed: int) -> None:
    me = world.users[0].id
    names = [told(route.name, vars(request)) for route, request in asked]
    full = served.answers(world, me, asked, seed)
    less = served.answers(restrict(world, me), me, asked, seed + 1)
    same(world, me, names, full, less, "on what is visible of it")


@law(40)
@given(worlds, st.integers(0, 999))
def test_every_read_route_answers_from_what_is_visible(served: Served, world: World, seed: int) -> None:
    asking = Asking(world, random.Random(seed), world.users[0].id)
    reads = [route for route in served.routes if route.access in READS]
    compare(served, world, [(route, REQUESTS[route.name](asking)) for route in reads], seed)


@law(40)
@given(worlds, st.integers(0, 999))
def test_writes_too_and_what_is_read_after_them(served: Served, world: World, seed: int) -> None:
    asking = Asking(world, random.Random(seed), world.users[0].id)
    writes = [route for route in served.routes if route.access in WRITES]
    reads = [route for route in served.routes if route.access in READS]
    chosen = [asking.one(writes) for _ in range(8)] + asking.some(reads, 8)
    asked = [(route, REQUESTS[route.name](asking)) for route in chosen]
    asked = [(r, conditioned(r.name, request, asking) if r.access in WRITES else request) for r, request in asked]
    compare(served, world, asked, seed)
