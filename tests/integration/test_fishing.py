"""Guards against fishing: what was given first stays, what is entered counts, requests at once know of each other."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from icmgraph.errors import Quota
from icmgraph.model.checks import CheckInput
from icmgraph.model.disclosure import CONTACTS
from icmgraph.model.records import SubjectInput
from icmgraph.queries.asking import Asking
from icmgraph.queries.bulk import add_rows
from icmgraph.queries.deconfliction import Deconfliction
from icmgraph.queries.policy import Policy
from icmgraph.queries.session import Sessions
from icmgraph.queries.writer import Writer
from tests.integration.bureau import DESK, KEY, name, phone
from tests.integration.registering import Register
from tests.worlds.fixtures import graph as graph
from tests.worlds.loader import Graph

BORN = "1980-05-17"
ED = "Ed, +1 202 555 0100"


class Fishing(Register):
    """``mine``: a case of Ann's. ``counted``: what she asks and enters is."""

    def __init__(self, graph: Graph, folder: Path) -> None:
        super().__init__(graph, folder)
        self.mine = self.case(self.ann, unit=self.west)

    def tiers(self, asked: CheckInput, user: str | None = None) -> list[str]:
        return [pointer.tier for pointer in self.check(user, asked).pointers]

    def enter(self, *phones: str, names: tuple[str, ...] = (), born: str | None = None) -> str:
        attributes = [{"kind": "name", "value": one} for one in names]
        attributes += [{"kind": "birth_date", "value": born}] if born else []
        said = {
            "kind": "Person",
            "identifiers": tuple({"kind": "phone", "value": one} for one in phones),
            "attributes": tuple(attributes),
        }
        return Writer(self.session(self.ann)).add_subject(self.mine, SubjectInput.model_validate(said)).id

    def counted(self, daily: int) -> None:
        self.sessions = Sessions(
            self.graph.gateway, Policy(self.graph.gateway), self.audit, self.source, Asking(KEY, daily)
        )

    def limited(self, daily: int) -> Deconfliction:
        return Deconfliction(
            self.session(), key=KEY, answer_ms=1000, receipt_days=30, desk_contact=DESK, daily=daily
        )  # fmt: skip


@pytest.fixture
def office(graph: Graph, tmp_path: Path) -> Fishing:
    return Fishing(graph, tmp_path)


# -- the first tier


@pytest.mark.parametrize(
    ("first", "then", "given"),
    [
        ({}, {"birth_date": BORN}, "weak"),
        ({"year": 1980}, {"birth_date": BORN}, "possible"),
        ({"year": 1979}, {"year": 1980}, "weak"),
        ({"birth_date": BORN}, {}, "strong"),
    ],
)
def test_what_was_given_first_stays_whatever_is_added(
    office: Fishing, first: dict[str, Any], then: dict[str, Any], given: str
) -> None:
    office.named(office.case(), "Ana Díaz", BORN)
    office.load()
    assert office.tiers(name("Ana Diaz", **first)) == [given]
    assert office.tiers(name("Diaz, Ana", **then)) == [given]
    another = office.tiers(name("Ana Diaz", birth_date=BORN), office.eve)
    assert another == ["strong"], "what another was given is another's"


def test_the_desk_in_place_of_too_many_contacts_has_one_too(office: Fishing) -> None:
    for number in range(CONTACTS + 1):
        holder = office.person(f"Holder {number}", office.west, contact=f"Holder {number}")
        office.named(office.case(holder), "Ana Díaz", BORN if number == 0 else None)
    office.load()
    for asked, given in (({}, "weak"), ({"birth_date": BORN}, "weak")):
        answer = office.check(None, name("Ana Diaz", **asked))
        assert [(one.contact, one.tier) for one in answer.pointers] == [(DESK, given)]
    assert office.tiers(name("Ana Diaz", birth_date=BORN), office.eve) == ["strong"]


def test_it_stays_for_ninety_days_from_the_first(office: Fishing) -> None:
    office.named(office.case(), "Ana Díaz", BORN)
    office.load()
    assert office.tiers(name("Ana Diaz")) == ["weak"]
    for days, given in ((60, "weak"), (89, "weak"), (91, "strong")):
        moved = office.graph.run(
            """MATCH ()-[m:MADE]->(c:Check) WHERE size(c.given) > 0
               SET c.at = $now - duration({days: $days}), m.at = c.at RETURN count(c) AS n""",
            now=office.source("", "").now(), days=days,
        )  # fmt: skip
        assert moved == [{"n": 1}], "what was asked again is kept once"
        assert office.tiers(name("Ana Diaz", birth_date=BORN)) == [given]


def test_nothing_given_is_not_a_tier(office: Fishing) -> None:
    """None does not count, and neither does what silence keeps."""
    case = office.case(disclosure="silent")
    office.named(case, "Ana Díaz", BORN)
    office.load()
    assert office.tiers(name("Ana Diaz")) == []
    office.graph.run("MATCH (c:Case {id: $case}) REMOVE c.disclosure", case=case)
    assert office.tiers(name("Ana Diaz", birth_date=BORN)) == ["strong"]


def test_each_contact_and_each_name_has_its_own(office: Fishing) -> None:
    office.named(office.case(), "Ana Díaz", BORN)
    office.load()
    assert office.tiers(name("Ana Diaz")) == ["weak"]
    eves = office.case(office.eve)
    office.named(eves, "Ana Díaz", BORN)
    office.named(office.case(), "Otto Weiss", BORN)
    office.graph.run("MATCH (c:Check) SET c.keep = true")
    kept = office.graph.run("MATCH (c:Check) RETURN properties(c) AS p")
    office.load()
    for row in kept:
        office.graph.run(
            "MATCH (u:User {id: $ann}) CREATE (u)-[:MADE {by: u.id, at: $p.at}]->(c:Check) SET c = $p",
            ann=office.ann, p=row["p"],
        )  # fmt: skip
    assert office.tiers(name("Ana Diaz", birth_date=BORN)) == ["strong", "weak"]
    assert office.tiers(name("Otto Weiss", birth_date=BORN)) == ["strong"]


def entering(office: Fishing, born: str | None) -> list[str]:
    seen = len(office.bodies(office.ann))
    office.enter(names=("Ana Diaz",), born=born)
    office.tell()
    return [pointer["tier"] for body in office.bodies(office.ann)[: -seen or None] for pointer in body["pointers"]]


def checking(office: Fishing, born: str | None) -> list[str]:
    return office.tiers(name("Ana Diaz", **({"birth_date": born} if born else {})))


def registering(office: Fishing, born: str | None) -> list[str]:
    asked = name("Ana Diaz", **({"birth_date": born} if born else {}))
    return [pointer.tier for pointer in office.register(office.ann, asked).pointers]


ACTS = (entering, checking, registering)


@pytest.mark.parametrize("first", ACTS)
@pytest.mark.parametrize("then", ACTS)
def test_by_whatever_act_it_was_given(
    office: Fishing, first: Callable[..., list[str]], then: Callable[..., list[str]]
) -> None:
    office.named(office.case(), "Ana Díaz", BORN)
    office.load()
    assert first(office, None) == ["weak"]
    office.tell()
    assert then(office, BORN) == ["weak"]
    assert office.graph.run("MATCH (x) WHERE any(g IN x.given WHERE g CONTAINS 'ana') RETURN x") == []


def test_a_registration_and_what_comes_later(office: Fishing) -> None:
    """What a notice of a registration gave first is given by another registration too."""
    office.load()
    office.register(office.ann, name("Ana Diaz"))
    office.register(office.ed, name("Ana Diaz", birth_date=BORN))
    office.tell()
    assert [p["tier"] for body in office.bodies(office.ann) for p in body["pointers"]] == ["weak"]
    assert registering(office, BORN) == ["weak"]


def test_requests_at_once_do_not_each_have_a_first(office: Fishing) -> None:
    office.named(office.case(), "Ana Díaz", BORN)
    office.load()
    asked = [name("Ana Diaz"), name("Ana Diaz", year=1980), name("Ana Diaz", birth_date=BORN)] * 2
    with ThreadPoolExecutor(len(asked)) as pool:
        found = list(pool.map(office.tiers, asked))
    assert len({tuple(tiers) for tiers in found}) == 1, found


# -- how much in a day


def test_what_is_entered_counts_as_what_is_asked(office: Fishing) -> None:
    office.load()
    office.counted(2)
    office.enter("+1 202 555 0143")
    office.enter("+1 202 555 0143", names=("Ana Diaz",))
    for refused in (
        lambda: office.enter("+1 202 555 0144"),
        lambda: office.limited(2).check(phone("+1 202 555 0145"), 1),
    ):
        with pytest.raises(Quota):
            refused()
    written = office.graph.run("MATCH (s:Subject)-[:HAS_IDENTIFIER]->(i) RETURN count(*) AS n")
    assert written == [{"n": 2}], "a refused write leaves nothing"
    office.graph.run("MATCH ()-[m:MADE]->(c:Check) SET c.at = c.at - duration('P2D'), m.at = c.at")
    office.enter("+1 202 555 0144")


def test_a_bulk_that_checks_nothing_is_not_counted(office: Fishing) -> None:
    office.load()
    office.counted(1)
    rows = [
        SubjectInput.model_validate(
            {"kind": "Person", "identifiers": ({"kind": "phone", "value": f"+1 202 555 01{n}"},)}
        )
        for n in (43, 44, 45)
    ]
    session = office.session()
    session.write("subject.bulk", {}, lambda view: add_rows(view, office.mine, rows, entered=False))
    with pytest.raises(Quota):
        session.write("subject.bulk", {}, lambda view: add_rows(view, office.mine, rows))


def test_requests_at_once_do_not_pass_the_limit_together(office: Fishing) -> None:
    office.load()

    def ask(number: int) -> bool:
        try:
            office.limited(3).check(phone(f"+1 202 555 01{number}"), 100.0)
        except Quota:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        allowed = list(pool.map(ask, range(50, 56)))
    # Each asks for the one of ``phone`` too.
    assert sum(allowed) == 2
