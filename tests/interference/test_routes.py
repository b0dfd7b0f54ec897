"""Every route answers the same bytes on the whole world and on what the person sees of it, headers and status too.

The sweep is over the application's routes: a new one is asked as soon as it is mounted, and fails here if
``requests.py`` does not know how.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from tests.interference.asking import Asking, told
from tests.interference.laws import law
from tests.interference.requests import REQUESTS, Request, conditioned
from tests.interference.served import AUDIT, READS, WRITES, Ask, Served
from tests.interference.sight import restrict
from tests.interference.system import same
from tests.platform import Caller
from tests.worlds.example import VALUES, WORLD
from tests.worlds.strategies import worlds
from tests.worlds.world import World


def test_every_route_is_asked(served: Served) -> None:
    assert {route.name for route in served.routes} == set(REQUESTS)
    assert {route.access for route in served.routes} == {*READS, *WRITES}


def compare(served: Served, world: World, asked: Sequence[Ask], seed: int) -> None:
    me = world.users[0].id
    names = [told(route.name, vars(request)) for route, request in asked]
    full = served.answers(world, me, asked, seed)
    less = served.answers(restrict(world, me), me, asked, seed + 1)
    same(world, me, names, full, less, "on what is visible of it")


@law(10)
@given(worlds, st.integers(0, 999))
def test_every_read_route_answers_from_what_is_visible(served: Served, world: World, seed: int) -> None:
    asking = Asking(world, random.Random(seed), world.users[0].id)
    reads = served.open_to(world.users[0], READS)
    compare(served, world, [(route, REQUESTS[route.name](asking)) for route in reads], seed)


@law(10)
@given(worlds, st.integers(0, 999))
def test_writes_too_and_what_is_read_after_them(served: Served, world: World, seed: int) -> None:
    asking = Asking(world, random.Random(seed), world.users[0].id)
    writes = [route for route in served.routes if route.access in WRITES]
    reads = served.open_to(world.users[0], READS)
    chosen = [asking.one(writes) for _ in range(8)] + asking.some(reads, 8)
    asked = [(route, REQUESTS[route.name](asking)) for route in chosen]
    asked = [(r, conditioned(r.name, request, asking) if r.access in WRITES else request) for r, request in asked]
    compare(served, world, asked, seed)


def test_what_an_auditor_reads_of_acts_hangs_on_no_graph(served: Served) -> None:
    """And others get one refusal. The acts asked for were done before, in the first of the worlds."""
    auditor = next(user.id for user in WORLD.users if user.user_class == "auditor")
    served.load(WORLD, 0)
    for user in WORLD.users:
        Caller(served.client, served.home, user.id)("GET", f"/v1/cases/{VALUES['case']}")
    page = {"limit": "50"}
    requests = {
        "search_audit": Request(body={"action": "case.show"}, query=page),
        "find_patterns": Request(body={"action": "case.show", "by": "record", "at_least": 1}, query=page),
        "list_reports": Request(query=page),
        "run_report": Request({"id": VALUES["report"]}, query=page),
        "list_checkpoints": Request(query=page),
        "save_report": Request(body={"name": "Who looked", "search": {"record": VALUES["case"]}}),
        "delete_report": Request({"id": VALUES["report"]}),
    }
    routes = {route.name: route for route in served.routes if route.access in AUDIT}
    routes.pop("list_silences")  # it is there to tell of all silence, seen or not
    asked: list[Ask] = [(routes.pop(name), request) for name, request in requests.items()]
    assert not routes
    for user in WORLD.users:
        sides = [served.answers(side, user.id, asked, 1) for side in (WORLD, restrict(WORLD, user.id))]
        assert sides[0] == sides[1]
        refused = {page["status"] for pages in sides[0] for page in pages} == {403}
        assert refused == (user.id != auditor)
        if not refused:
            found, counted, kept, run = (json.loads(pages[0]["body"]) for pages in sides[0][:4])
            assert len(found["items"]) >= len(WORLD.users)
            assert (VALUES["case"], len(WORLD.users)) in {(one["value"], one["count"]) for one in counted["items"]}
            assert [one["id"] for one in kept["items"]] == [VALUES["report"]]
            assert run["acts"] == found["items"]
