"""Names that are other spellings, scripts or short forms of those asked for: weak, by birth possible at most."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from icmgraph.model.checks import RegistrationInput
from icmgraph.model.disclosure import CONTACTS
from icmgraph.model.records import SubjectInput
from icmgraph.queries.writer import Writer
from tests.integration.bureau import DESK, name, question
from tests.integration.registering import Register
from tests.worlds.fixtures import graph as graph
from tests.worlds.loader import Graph

BORN = "1980-05-17"
ANN, ED, EVE = (f"{name}, +1 202 555 0100" for name in ("Ann", "Ed", "Eve"))


@pytest.fixture
def office(graph: Graph, tmp_path: Path) -> Register:
    return Register(graph, tmp_path)


@pytest.mark.parametrize(
    ("held", "asked", "known", "tiers"),
    [
        ("John Smith", "Jon Smyth", {}, ["weak"]),
        ("William Turner", "Bill Turner", {}, ["weak"]),
        ("Bill Turner", "William Turner", {"year": 1980}, ["possible"]),
        ("Евгений Орлов", "Yevgeny Orlov", {"birth_date": BORN}, ["possible"]),
        ("王小明", "Wang Xiaoming", {"year": 1979}, ["weak"]),
        ("Vega, Rosa", "Rosa Vega", {"birth_date": BORN}, ["strong"]),
        ("Rosa Lopez", "Rosa Vega", {"birth_date": BORN}, []),
        ("Otto Weiss", "Rosa Vega", {}, []),
        ("Rosa Montgomery", "Monkgomery, Rosa", {}, ["weak"]),
        ("Rosa Monkgomery", "Rosa Montgomery", {"birth_date": BORN}, ["possible"]),
        ("Rosa Montgomery", "Rosa Monkgobery", {}, []),
        ("Smiley", "Smily", {}, []),
        ("Smiley", "smiley", {}, ["weak"]),
    ],
)
def test_what_a_check_finds(office: Register, held: str, asked: str, known: dict[str, Any], tiers: list[str]) -> None:
    office.named(office.case(), held, BORN)
    office.load()
    assert [one.tier for one in office.check(question=name(asked, **known)).pointers] == tiers
    office.tell()
    assert [match["tier"] for body in office.bodies(office.ed) for match in body["matches"]] == tiers


@pytest.mark.parametrize(
    ("held", "also"),
    [
        (("John Smith",), ()),
        (("John Smith", "Johann Smith"), ()),  # no name alone has too many
        (("John Smith",), ({"name": "Juan Smith"},)),
        (("John Smith",), ({"name": "Joan Smyth", "birth_date": BORN},)),
    ],
)
@pytest.mark.parametrize(
    "other", ["nobody's", "open", "brokered", "silent", "under a caveat", "in sight", "without a contact"]
)
def test_beside_a_name_that_many_have_the_others_are_as_if_they_were_read_to_their_end(
    office: Register, other: str, held: tuple[str, ...], also: tuple[dict[str, Any], ...]
) -> None:
    """A registration reads them whole. What is kept lowers tiers that are given later."""
    for number in range(CONTACTS + 1):
        holder = office.person(f"Holder {number}", office.west, contact=f"Holder {number}")
        office.named(office.case(holder), held[number % len(held)])
    if other == "under a caveat":
        office.named(office.case(), "Joan Smyth", BORN, office.b.caveat("Wire", "wiretap"))
    elif other == "in sight":
        office.named(office.case(office.ann, unit=office.west), "Joan Smyth", BORN)
    elif other == "without a contact":
        office.named(office.case(office.person("Nameless", office.west, contact=" ")), "Joan Smyth", BORN)
    elif other != "nobody's":
        office.named(office.case(**({} if other == "open" else {"disclosure": other})), "Joan Smyth", BORN)
    office.load()
    asked = question(names=({"name": "John Smith"}, *also))
    kept = "MATCH (c:Check) WITH c, c.given AS given DETACH DELETE c RETURN given"
    checked, given = office.check(office.ann, asked).pointers, office.graph.run(kept)
    registering = RegistrationInput(**asked.model_dump())
    assert office.deconfliction(office.ann).register(registering, 100.0).pointers == checked
    assert office.graph.run(kept) == given
    assert [(one.tier, one.contact) for one in checked if one.selector == 0] == [("weak", DESK)]
    assert given[0]["given"]
    # Both are like it, and not like each other.
    if also == ({"name": "Juan Smith"},) and other == "open":
        assert [(one.tier, one.contact) for one in checked if one.selector == 1] == [("weak", ED)]


def test_a_birth_date_under_a_caveat_raises_nothing(office: Register) -> None:
    wire = office.b.caveat("Wire", "wiretap")
    office.named(office.case(), "John Smith", BORN, wire)
    answer = office.load().check(question=name("Jon Smyth", birth_date=BORN))
    assert [(one.tier, one.contact) for one in answer.pointers] == [("weak", ED)]


def test_silence_is_byte_for_byte_no_match(graph: Graph, tmp_path: Path) -> None:
    answers = []
    for holds in (True, False):
        office = Register(graph, tmp_path)
        office.named(office.case(office.eve), "John Smithe")
        if holds:
            silent = office.case(disclosure="silent")
            for held in ("John Smith", "Jon Smith", "John Smyth", "Johnny Smith"):
                office.named(silent, held)
        answers.append(office.load().check(question=name("Jon Smyth")).model_dump_json())
    assert answers[0] == answers[1]


def told(office: Register, user: str) -> list[tuple[str, str]]:
    return [(p["tier"], p["contact"]) for body in office.bodies(user) for p in body.get("pointers", ())]


SOUGHT = [
    ("Bill Turner", "William Turner"),
    ("Евгений Орлов", "Yevgeny Orlov"),
    ("Rosa Montgomery", "Rosa Monkgomery"),
    ("Rosa Monkgomery", "Montgomery, Rosa"),
]


@pytest.mark.parametrize(("sought", "later"), SOUGHT)
@pytest.mark.parametrize("act", ["check", "register", "enter"])
def test_registrations_are_met_by_names_like_theirs(office: Register, sought: str, later: str, act: str) -> None:
    eds = office.case()
    office.load()
    office.register(office.ann, name(sought, birth_date=BORN))
    office.tell()
    asked = name(later, birth_date=BORN)
    if act == "enter":
        born = {"kind": "birth_date", "value": BORN}
        said = {"kind": "Person", "attributes": ({"kind": "name", "value": later}, born)}
        Writer(office.session(office.ed)).add_subject(eds, SubjectInput.model_validate(said))
        office.tell()
        assert told(office, office.ed) == [("possible", ANN)]
    else:
        given = office.check(office.ed, asked) if act == "check" else office.register(office.ed, asked)
        assert [(one.tier, one.contact) for one in given.pointers] == [("possible", ANN)]
        office.tell()
    assert told(office, office.ann) == [("possible", ED)]
    conflicts = office.graph.run("MATCH (c:Conflict) RETURN count(c) AS n")
    assert conflicts == [{"n": 0 if act == "check" else 1}]


def test_a_registration_of_the_same_name_is_one_meeting(office: Register) -> None:
    office.load()
    office.register(office.ann, name("Rosa Vega"))
    office.register(office.ed, name("Vega, Rosa"))
    office.tell()
    assert told(office, office.ann) == [("weak", ED)]
    assert len(office.notices(office.ann)) == 1


def test_a_name_stays_out_of_what_is_kept_of_a_check(office: Register) -> None:
    office.load().check(question=name("Rosa Vega"))
    office.tell()
    kept = office.graph.run("MATCH (c:Check) RETURN properties(c) AS p")
    assert "osa" not in str(kept)
