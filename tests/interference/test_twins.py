"""Worlds that differ in what is hidden only: the same bytes, for every query, every route and whole sessions.

And the two releases of deconfliction: hidden holders change pointers and nothing else, hidden askers notices and
nothing else; silent ones change nothing, then and later.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.api.test_access import ALICE, DOCKS
from tests.interference.asking import Asking, parameters, told
from tests.interference.laws import law
from tests.interference.requests import REQUESTS, Json, Request, conditioned
from tests.interference.served import ASKS, READS, WRITES, Ask, Served, answer
from tests.interference.sight import Sight
from tests.interference.system import same
from tests.interference.test_queries import SWEPT, answers
from tests.interference.twins import HIDDEN_CASES, OTHER, seen_alike, twin, with_other
from tests.platform import Caller
from tests.worlds.example import WORLD
from tests.worlds.loader import Graph
from tests.worlds.strategies import worlds
from tests.worlds.world import World, match_report, uid

seeds = st.integers(0, 9999)
Step = tuple[str, Ask]
"""Who asks what."""
ADDRESSED = ("list_inbox", "list_conflicts", "list_matters", "map_registrations")
"""What the worker makes for somebody, with ids that it draws for all."""
ENTERS = ("add_subject", "change_subject")
"""Routes whose values are looked for as a check's are, by the worker."""


def pair(world: World, seed: int, *, silent: bool = False, me: str | None = None) -> tuple[str, World, World]:
    me = me or world.users[0].id
    one = with_other(world, me, silent=silent)
    other = twin(one, me, seed, silent=silent)
    assert seen_alike(one, other, me)
    return me, one, other


def draw(served: Served, asking: Asking, kinds: Sequence[str], but: Sequence[str] = ()) -> list[Ask]:
    """A request to each route of these kinds of access."""
    routes = [route for route in served.open_to(asking.world.user(asking.me), kinds) if route.name not in but]
    return [(route, REQUESTS[route.name](asking)) for route in routes]


def alike(served: Served, world: World, seed: int, drawn: Callable[[Asking], list[Ask]]) -> None:
    """What is drawn is answered the same on both of a pair."""
    me, one, other = pair(world, seed)
    asked = drawn(Asking(other, random.Random(seed), me))
    full, less = (served.answers(side, me, asked, seed + n) for n, side in enumerate((one, other)))
    same(one, me, _told(asked), full, less, "on its twin", other)


@law(3)
@given(worlds, seeds)
def test_every_query_answers_the_same_on_twins(graph: Graph, world: World, seed: int) -> None:
    me, one, other = pair(world, seed)
    asking = Asking(other, random.Random(seed), me)
    questions = [(query, parameters(query, asking)) for query in SWEPT for _ in range(2)]
    both = []
    for n, side in enumerate((one, other)):
        graph.load(side, seed=seed + n)
        both.append(answers(graph, me, questions))
    same(one, me, [told(query.name, given_) for query, given_ in questions], both[0], both[1], "on its twin", other)


@law(3)
@given(worlds, seeds)
def test_every_read_route_answers_the_same_on_twins(served: Served, world: World, seed: int) -> None:
    """Checks too, but for their pointers: what hidden holders may change."""
    alike(
        served, world, seed, lambda asking: [*draw(served, asking, READS), *_some(draw(served, asking, WRITES), ASKS)]
    )


@law(3)
@given(worlds, seeds)
def test_writes_do_the_same_on_twins(served: Served, world: World, seed: int) -> None:
    """What exists hidden does not stand in the way of creating it."""
    alike(served, world, seed, lambda asking: _session(served, asking))


@law(3)
@given(worlds, seeds)
def test_a_session_is_the_same_without_what_another_did_out_of_sight(served: Served, world: World, seed: int) -> None:
    me, one, _ = pair(world, seed)
    rng = random.Random(seed)
    steps = _steps(served, one, me, rng)
    both = [_played(served, one, steps, me, seed, others) for others in (True, False)]
    asked = [ask for who, ask in steps if who == me]
    same(one, me, _told(asked), both[0], both[1], "without what another did")


@law(3)
@given(worlds, seeds)
def test_a_silent_holder_is_none(served: Served, world: World, seed: int) -> None:
    """Pointers too, and the inbox after the worker came."""
    me, one, other = pair(world, seed, silent=True)
    asking = Asking(other, random.Random(seed), me)
    asks = _some(draw(served, asking, WRITES), (*ASKS, *ENTERS))
    reads = _reads(served, asking, inbox=not one.user(me).desk)
    steps = [(me, ask) for ask in (*asks, *reads)]
    both = [_played(served, side, steps, me, seed + n, True, tell=True) for n, side in enumerate((one, other))]
    same(one, me, _told([ask for _, ask in steps]), both[0], both[1], "on its twin", other)


@law(3)
@given(worlds, seeds)
def test_hidden_askers_change_notices_only_and_silent_ones_nothing(served: Served, world: World, seed: int) -> None:
    me, _, other = pair(world, seed, silent=seed % 2 == 0)
    silent, rng = seed % 2 == 0, random.Random(seed)
    # A case's silence is in force for what is entered in it; of a check, a leader approves it.
    routes = [route for route in served.routes if route.name in (ENTERS if silent else (*ENTERS, *ASKS))]
    chosen = [rng.choice(routes) for _ in range(4)]
    theirs = Asking(other, rng, OTHER)
    # The desk is told of what both sides keep silent.
    reads = _reads(served, Asking(other, rng, me), inbox=silent and not other.user(me).desk)
    steps = [*((OTHER, (route, REQUESTS[route.name](theirs))) for route in chosen), *((me, ask) for ask in reads)]
    both = [_played(served, other, steps, me, seed, others, tell=True) for others in (True, False)]
    same(other, me, _told([ask for who, ask in steps if who == me]), both[0], both[1], "without what another asked")


@law(3)
@given(worlds, seeds)
def test_a_standing_report_says_of_what_is_hidden_its_pointers_only(served: Served, world: World, seed: int) -> None:
    me = world.users[0].id
    _reported_alike(served, world, me, Asking(world, random.Random(seed), me).worked(), seed)


def test_a_standing_report_does_say_them(served: Served) -> None:
    """Else the test before would show nothing."""
    pointers = [_reported_alike(served, WORLD, ALICE, DOCKS, seed) for seed in range(3)]
    assert any(pointers)


def _reported_alike(served: Served, world: World, me: str, case: str, seed: int) -> list[Json]:
    """What is asked, when, and of which records is by what its owner sees. The pointers of both of a pair."""
    mine = match_report(uid("my report"), me, case)
    others = tuple(item for item in world.addressed if item.properties.get("case") != case or item.user != me)
    _, one, other = pair(replace(world, addressed=(*others, mine)), seed, me=me)
    told_, pointers = [], []
    for number, side in enumerate((one, other)):
        served.load(side, seed + number)
        served.tell(0)
        caller = Caller(served.client, served.home, me)
        inbox = [item["body"] for item in caller("GET", "/v1/inbox").json()["items"]]
        (body,) = [one for one in inbox if one.get("registration") == mine.id and "receipt" in one] or [{}]
        pointers += body.pop("pointers", [])
        assert {one["record"] for one in pointers} <= Sight(side, me).seen
        cards = caller("GET", "/v1/registrations").json()["items"]
        asked = served.graph.run("MATCH (c:Check {registration: $id}) RETURN c.receipt, c.digests", id=mine.id)
        told_.append((cards, asked, body))
    assert told_[0][:2] == told_[1][:2]
    bodies = [body for *_, body in told_ if body]
    assert bodies[:1] == bodies[1:] or len(bodies) < len(told_), "there is a notice or none; it says the same"
    return pointers


# -- sessions


def _some(asked: Sequence[Ask], names: Sequence[str]) -> list[Ask]:
    return [ask for ask in asked if ask[0].name in names]


def _reads(served: Served, asking: Asking, *, inbox: bool) -> list[Ask]:
    """A request to each route that reads. ``inbox``: that too, whole."""
    asked = draw(served, asking, READS, () if inbox else ADDRESSED)
    return [(route, Request(query={"limit": "50"}) if route.name in ADDRESSED else request) for route, request in asked]


def _without_ids(pages: list[Any]) -> list[Any]:
    """Notices and conflicts without their ids, drawn for all sides together, and so without their order."""
    found = [json.loads(page["body"]) for page in pages]
    for feature in (feature for page in found for feature in page.get("features", ())):
        properties = feature["properties"]
        properties["conflicts"] = sorted(
            json.dumps({**one, "id": ""}, sort_keys=True) for one in properties["conflicts"]
        )
    notices = [{**item, "id": ""} for page in found for item in page.get("items", page.get("features"))]
    return sorted(json.dumps(notice, sort_keys=True) for notice in notices)


def _told(asked: Sequence[Ask]) -> list[str]:
    return [told(route.name, vars(request)) for route, request in asked]


def _session(served: Served, asking: Asking, length: int = 6) -> list[Ask]:
    """Writes, and reads of what they did."""
    writes, reads = draw(served, asking, WRITES), draw(served, asking, READS)
    some = asking.some(writes, length)
    chosen = [(route, conditioned(route.name, request, asking)) for route, request in some]
    return [ask for one, other in zip(chosen, asking.some(reads, length), strict=True) for ask in (one, other)]


def _steps(served: Served, world: World, me: str, rng: random.Random) -> list[Step]:
    """A session of ``me``, and another's in cases that ``me`` sees nothing of, shuffled together."""
    mine = [(me, ask) for ask in _session(served, Asking(world, rng, me))]
    theirs = [(OTHER, ask) for ask in _session(served, Asking(world, rng, OTHER), 8)]
    steps: list[Step] = []
    while mine or theirs:
        of = mine if not theirs or (mine and rng.random() < 0.5) else theirs
        steps.append(of.pop(0))
    return steps


def _played(
    served: Served, world: World, steps: Sequence[Step], me: str, seed: int, others: bool, *, tell: bool = False
) -> list[Any]:
    """What ``me`` is answered in these steps.

    Args:
        others: do the steps of others too.
        tell: the worker comes after each step.
    """
    served.load(world, seed)
    found: list[Any] = []
    for moment, (who, (route, request)) in enumerate(steps):
        if who == me or others:
            given_ = answer(Caller(served.client, served.home, who), route, request, pointers=tell and who == me)
            if who == me:
                found.append(_without_ids(given_) if tell and route.name in ADDRESSED else given_)
            if tell:
                served.tell(moment)
    return found


def test_the_other_sees_their_cases_and_nobody_else_does() -> None:
    """Else these tests would show nothing."""
    for user in WORLD.users:
        world = with_other(WORLD, user.id)
        assert set(HIDDEN_CASES) <= Sight(world, OTHER).seen
        assert not set(HIDDEN_CASES) & Sight(world, user.id).seen
        twins = [twin(world, user.id, seed) for seed in range(20)]
        assert all(seen_alike(world, one, user.id) for one in twins)
        assert len({len(one.records) for one in twins}) > 5
