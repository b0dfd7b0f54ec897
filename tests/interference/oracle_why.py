"""Why a person sees something, by trying: each smallest set of what they hold that would show it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, combinations

from icmgraph.model.access import Own
from icmgraph.model.records import utc_text
from tests.interference.oracle import WITHIN, Json, Oracle
from tests.interference.sight import Sight
from tests.worlds.world import Assertion, Dated, Key, Link, Record


def explained(oracle: Oracle, id: str) -> Json | None:
    """Of the world's first user, who sees all of it."""
    world = oracle.world
    sight = Sight(world, world.users[0].id)
    card = oracle.assertion(id) or (oracle.case(id) and {"what": "Case"})
    if card is None:
        return None
    said = list(_said(oracle, next(item for item in (*world.records, *world.links) if item.id == id)))
    cases = {case for own in said for case in (*own.cases, *own.shared)} & sight.held
    caveats = {caveat for own in said for caveat in own.caveats} & sight.caveats
    atoms = sorted(cases | caveats)
    found: list[frozenset[str]] = []
    for some in chain.from_iterable(combinations(atoms, size) for size in range(1, len(atoms) + 1)):
        held = frozenset(some)
        if all(_shows(own, held) for own in said) and not any(less <= held for less in found):
            found.append(held)
    ways = sorted((sorted(held & cases), sorted(held & caveats)) for held in found)
    told = [
        {"cases": [_case(oracle, sight, case) for case in cases_], "caveats": [_caveat(sight, one) for one in caveats_]}
        for cases_, caveats_ in ways
    ]
    return {"id": id, "what": card["what"], "ways": told, "scope": WITHIN}


def _said(oracle: Oracle, item: Assertion) -> Iterator[Own]:
    """What must all be satisfied."""
    yield item.own
    ends: list[str | Key | None] = []
    if isinstance(item, Link):
        ends = [item.start, item.end]
    elif isinstance(item, Record):
        ends = [item.under]
    for end in ends:
        if isinstance(end, str):
            yield from _said(oracle, oracle.world.record(end))


def _shows(own: Own, held: frozenset[str]) -> bool:
    return (set(own.cases) <= held or bool(set(own.shared) & held)) and set(own.caveats) <= held


def _dates(given: Dated) -> Json:
    return {"starts": given.starts and utc_text(given.starts), "ends": given.ends and utc_text(given.ends)}


def _ground(by: str, **said: object) -> Json:
    nothing: Json = {"unit": None, "unit_name": None, "functions": [], "agent": False, "starts": None, "ends": None}
    return {"by": by, **nothing, **said}


def _case(oracle: Oracle, sight: Sight, case: str) -> Json:
    card = oracle.case(case) or {"number": None, "title": None}
    return {
        "id": case,
        "number": card["number"],
        "title": card["title"],
        "grounds": sorted(_grounds(sight, case), key=lambda one: [str(one[name] or "") for name in _ORDER]),
    }


_ORDER = ("by", "unit", "functions", "starts", "ends", "agent")


def _grounds(sight: Sight, case: str) -> Iterator[Json]:
    user = sight.world.user(sight.me)
    facts = next(one for one in sight.world.cases if one.id == case)
    names = {unit.id: unit.name for unit in sight.world.units}
    for given in user.assigned:
        if given.case == case and given.in_force():
            said = {"functions": sorted(given.functions), "agent": given.agent}
            yield _ground("assignment", **said, **_dates(given))
    for lead in user.leads:
        below = facts.unit in sight.led_units and lead.unit in sight.above(facts.unit)
        if lead.in_force() and below and not facts.closed_to_leaders:
            yield _ground("leading", unit=lead.unit, unit_name=names[lead.unit], **_dates(lead))
    for unit in sight.sight_units & set(facts.open_to):
        yield _ground("openness", unit=unit, unit_name=names[unit])


def _caveat(sight: Sight, caveat: str) -> Json:
    name = next(one.name for one in sight.world.caveats if one.id == caveat)
    given = next(one for one in sight.world.user(sight.me).cleared if one.caveat == caveat and one.in_force())
    return {"id": caveat, "name": name, **_dates(given)}
