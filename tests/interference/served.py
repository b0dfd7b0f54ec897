"""The application over the test database, asked as one person after another: what it answers, to the byte."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from icmgraph.api.app import create_app
from icmgraph.api.deps import deconfliction
from icmgraph.api.routing import Route
from icmgraph.bootstrap import Platform
from icmgraph.queries.daily import DailyWorker
from icmgraph.queries.memory import Memory
from icmgraph.queries.notices import NoticeWorker
from icmgraph.queries.session import Sessions
from tests.integration.remembering import LONG_S
from tests.interference.requests import Request
from tests.interference.system import NOW, SeededSource, Streams, audit_folder, from_memory
from tests.platform import Caller, TestClient, opened
from tests.worlds.loader import Graph
from tests.worlds.world import User, World

READS = ("scoped", "personal", "public", "audit")
WRITES = ("write", "release")
AUDIT = ("audit",)
ACTS = ("search_audit", "find_patterns", "run_report", "list_checkpoints", "list_silences")
"""Of these an auditor's answers tell of everybody's acts: what they hang on is a test of its own."""
MOST_PAGES = 6
ASKS = ("check", "check_rows", "check_case", "register", "register_case", "edit_registration")
"""Routes that give pointers."""

Ask = tuple[Route, Request]


class Later(SeededSource):
    """When the worker looks, the answers have left."""

    def now(self) -> datetime:
        return NOW + timedelta(minutes=1)


class Daily(Streams):
    """What one turn of the worker draws for its reports: all that are due are made in the first one."""

    def __call__(self, person: str, action: str) -> SeededSource:
        return super().__call__(f"{person}, each day", action)


@dataclass(frozen=True, repr=False)
class Served:
    graph: Graph
    client: TestClient
    home: Path
    streams: Streams
    routes: tuple[Route, ...]
    platform: Platform
    memory: Memory

    def open_to(self, user: User, kinds: Sequence[str]) -> list[Route]:
        """The routes of these kinds whose answers to that person hang on the graph alone."""
        acts = ACTS if user.user_class == "auditor" else ()
        return [route for route in self.routes if route.access in kinds and route.name not in acts]

    def load(self, world: World, seed: int) -> None:
        self.graph.load(world, seed=seed)
        self.streams.reset()
        memory = self.memory if from_memory(self.memory, seed) else None
        state = self.client.app.state  # type: ignore[attr-defined]
        state.api = replace(state.api, options=replace(state.api.options, memory=memory))

    def answers(self, world: World, me: str, asked: Sequence[Ask], seed: int, *, pointers: bool = False) -> list[Any]:
        self.load(world, seed)
        caller = Caller(self.client, self.home, me)
        return [answer(caller, route, request, pointers=pointers) for route, request in asked]

    def tell(self, moment: int) -> None:
        """The reports and notices that are due; the notices' ids depend on the moment only."""
        gateway, audit, settings = self.platform.gateway, self.platform.audit, self.platform.settings
        sessions = Sessions(gateway, self.platform.policy, audit, Daily())
        DailyWorker(sessions, partial(deconfliction, settings, self.platform.keys, leave=lambda *_: None)).run_once()

        def source(person: str, action: str) -> SeededSource:
            return Later(f"{person} {action} {moment}")

        NoticeWorker(
            gateway, audit, source, key=self.platform.keys.identifiers, desk_contact=settings.desk_contact
        ).run_once()


def answer(caller: Caller, route: Route, request: Request, *, pointers: bool = False) -> list[Any]:
    """All pages of what the route answers: status, headers, body.

    Args:
        pointers: with those of a check, the declared release to the asker; else without what only they decide.
    """
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
        cut = route.name in ASKS and not pointers
        body = response.text
        if cut and response.is_success:
            body = {k: v for k, v in response.json().items() if k not in ("pointers", "result", "signed")}
        headers = sorted((k, v) for k, v in response.headers.items() if not cut or k != "content-length")
        pages.append({"status": response.status_code, "headers": headers, "body": body})
        more = response.json().get("next") if "limit" in query and response.is_success else None
        if more is None or len(pages) == MOST_PAGES:
            return pages
        query["cursor"] = more


@contextmanager
def serving_on(graph: Graph) -> Iterator[Served]:
    streams = Streams()
    with (
        audit_folder() as folder,
        opened(
            graph.gateway,
            Path(folder),
            streams,
            hub_degree=3,
            expand_nodes=8,
            chart_nodes=6,
            memory=True,
            api_rate=10_000,  # so many are asked one after the other that a person's share would end
        ) as platform,
    ):
        app = create_app(platform, streams)
        # Not entered: its workers would write while answers are compared.
        client = TestClient(app)
        routes = tuple(route for route in app.routes if isinstance(route, Route))
        memory = app.state.api.options.memory
        memory.patience_s = LONG_S
        memory.start()
        try:
            yield Served(graph, client, Path(folder), streams, routes, platform, memory)
        finally:
            memory.stop()
