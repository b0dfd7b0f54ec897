"""Near misses of identifiers, and ends of phones: possible, and for questions with two independent selectors only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from icmgraph.errors import InvalidInput, Quota
from icmgraph.model.checks import BulkCheckInput, CheckInput
from icmgraph.model.records import SubjectInput
from icmgraph.queries.deconfliction import Deconfliction
from icmgraph.queries.writer import Writer
from tests.integration.bureau import DESK, KEY, question
from tests.integration.registering import Register
from tests.worlds.fixtures import graph as graph
from tests.worlds.loader import Graph
from tests.worlds.world import Key

ANN, ED, EVE = (f"{name}, +1 202 555 0100" for name in ("Ann", "Ed", "Eve"))
HELD = {"kind": "phone", "value": "+1 202 555 0143"}
NEAR = {"kind": "phone", "value": "+1 202 555 0144"}
OTHER = {"kind": "email", "value": "nobody@example.test"}
ENDS = {"kind": "phone", "value": "555-0143", "partial": True}


@pytest.fixture
def office(graph: Graph, tmp_path: Path) -> Register:
    return Register(graph, tmp_path)


def ask(*selectors: dict[str, Any], **more: Any) -> CheckInput:
    return question(selectors=selectors, **more)


def brief(office: Register, asked: CheckInput, user: str | None = None) -> list[tuple[int, str, str]]:
    return [(p.selector, p.tier, p.contact) for p in office.check(user, asked).pointers]


@pytest.mark.parametrize(
    ("key", "asked", "found"),
    [
        (Key("phone", "+12025550143"), (NEAR,), []),
        (Key("phone", "+12025550143"), (NEAR, HELD), [(1, "exact", ED)]),
        (Key("phone", "+12025550143"), (NEAR, OTHER), [(0, "possible", ED)]),
        (Key("phone", "+12025550143"), (HELD, OTHER), [(0, "exact", ED)]),
        (Key("phone", "+12025550143"), ({**HELD, "value": "+1 202 555 0154"}, OTHER), []),
        (Key("plate", "AB1O0"), ({"kind": "plate", "value": "AB 1 00"}, OTHER), [(0, "possible", ED)]),
        (Key("account", "GB29NWBK60161331926819"), (
            {"kind": "account", "value": "GB28 NWBK 6016 1331 9268 19"}, OTHER), [(0, "possible", ED)]),
        (Key("phone", "+12025550143"), (ENDS, OTHER), [(0, "possible", ED)]),
        (Key("phone", "local:5550143"), (ENDS, OTHER), [(0, "possible", ED)]),
        (Key("phone", "+12025550144"), (ENDS, OTHER), []),
    ],
)  # fmt: skip
def test_what_a_check_finds(
    office: Register, key: Key, asked: tuple[dict[str, Any], ...], found: list[tuple[int, str, str]]
) -> None:
    office.phone(office.case(), key=key)
    office.load()
    assert brief(office, ask(*asked)) == found
    office.tell()
    tiers = [match["tier"] for body in office.bodies(office.ed) for match in body["matches"]]
    assert tiers == [tier for _, tier, _ in found], "its holder is told the same"


def test_what_was_exact_first_stays_so_whatever_is_asked_between(office: Register) -> None:
    office.phone(office.case())
    office.load()
    assert brief(office, ask(HELD)) == [(0, "exact", ED)]
    assert brief(office, ask(NEAR, OTHER)) == [(0, "possible", ED)], "and it is told as it fits"
    assert brief(office, ask(HELD)) == [(0, "exact", ED)]


def test_a_notice_too_tells_what_fits_less_as_it_fits_to_whom_the_identifier_was_exact(office: Register) -> None:
    office.phone(office.case())
    office.load()
    assert brief(office, ask(HELD)) == [(0, "exact", ED)]
    office.register(office.ann, ask(NEAR, OTHER))
    office.tell()
    office.register(office.ed, ask(HELD))
    office.tell()
    assert told(office, office.ann) == [("possible", ED)]


def test_what_was_possible_first_stays_so(office: Register) -> None:
    office.phone(office.case())
    office.load()
    assert brief(office, ask(NEAR, OTHER)) == [(0, "possible", ED)]
    assert brief(office, ask(HELD)) == [(0, "possible", ED)]


def test_the_rows_of_a_bulk_stand_alone(office: Register) -> None:
    office.phone(office.case())
    office.load()
    rows = ({"selectors": (NEAR,)}, {"selectors": (OTHER,)}, {"selectors": (NEAR, OTHER)})
    asked = BulkCheckInput.model_validate({"rows": rows, "reason": "a raid"})
    answer = office.deconfliction().check_rows(asked, 100.0)
    assert [(p.selector, p.tier) for p in answer.pointers] == [(2, "possible")]


@pytest.mark.parametrize("asked", [(NEAR, OTHER), (ENDS, OTHER)])
def test_silence_is_byte_for_byte_no_match(graph: Graph, tmp_path: Path, asked: tuple[dict[str, Any], ...]) -> None:
    answers = []
    for holds in (True, False):
        office = Register(graph, tmp_path)
        if holds:
            office.phone(office.case(disclosure="silent"))
        answers.append(office.load().check(question=ask(*asked)).model_dump_json())
    assert answers[0] == answers[1]


def test_a_near_miss_does_not_become_exact(office: Register) -> None:
    """Whoever was given *possible* for a number could else find it out by asking for each one near it."""
    office.phone(office.case())
    office.load()
    assert brief(office, ask(NEAR, OTHER)) == [(0, "possible", ED)]
    assert brief(office, ask(HELD)) == [(0, "possible", ED)]
    assert brief(office, ask(HELD), office.eve) == [(0, "exact", ED)]


def told(office: Register, user: str) -> list[tuple[str, str]]:
    return [(p["tier"], p["contact"]) for body in office.bodies(user) for p in body.get("pointers", ())]


@pytest.mark.parametrize("sought", [(NEAR, OTHER), (ENDS, OTHER)])
@pytest.mark.parametrize("act", ["check", "register", "enter"])
def test_who_registers_with_two_selectors_is_told_of_near_misses_that_come_later(
    office: Register, sought: tuple[dict[str, Any], ...], act: str
) -> None:
    """And who asks with one selector, or enters, is not: neither is there a conflict of which they would know."""
    eds = office.case()
    office.load()
    office.register(office.ann, ask(*sought))
    office.tell()
    if act == "check":
        assert brief(office, ask(HELD), office.ed) == []
    elif act == "register":
        assert office.register(office.ed, ask(HELD)).pointers == []
    else:
        said = {"kind": "Person", "identifiers": (HELD,)}
        Writer(office.session(office.ed)).add_subject(eds, SubjectInput.model_validate(said))
    office.tell()
    assert told(office, office.ann) == [("possible", ED)]
    assert office.notices(office.ed) == []
    assert office.graph.run("MATCH (c:Conflict) RETURN c") == []


@pytest.mark.parametrize("sought", [(HELD,), (ENDS, OTHER)])
def test_who_asks_with_two_selectors_meets_registrations_nearby(
    office: Register, sought: tuple[dict[str, Any], ...]
) -> None:
    office.load()
    office.register(office.ann, ask(*sought))
    asked = NEAR if sought == (HELD,) else HELD
    plate = {"kind": "plate", "value": "ZZ 999"}
    assert brief(office, ask(asked, plate), office.ed) == [(0, "possible", ANN)]
    assert office.register(office.ed, ask(asked, plate)).pointers[0].tier == "possible"
    office.tell()
    assert set(told(office, office.ann)) == {("possible", ED)}
    assert office.graph.run("MATCH (c:Conflict) RETURN count(c) AS n") == [{"n": 1}]


def test_an_end_meets_a_registered_phone_and_a_registered_end(office: Register) -> None:
    office.load()
    office.register(office.ann, ask(HELD))
    office.register(office.eve, ask(ENDS, OTHER))
    plate = {"kind": "plate", "value": "ZZ 999"}
    assert brief(office, ask(ENDS, plate), office.ed) == [(0, "possible", ANN), (0, "possible", EVE)]


def test_an_end_costs_five_of_the_day(office: Register) -> None:
    office.load()
    limited = Deconfliction(office.session(), key=KEY, answer_ms=0, receipt_days=30, desk_contact=DESK, daily=6)
    limited.check(ask(ENDS, OTHER), 1)
    limited.check(ask(ENDS, OTHER), 1)
    with pytest.raises(Quota):
        limited.check(ask(NEAR), 1)


def test_an_end_alone_is_refused(office: Register) -> None:
    office.load()
    with pytest.raises(InvalidInput):
        office.check(question=ask(ENDS))
