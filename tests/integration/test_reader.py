"""The simple reads: what each of several people gets of the example world, page by page."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest

from icmgraph.errors import FunctionRefused, InvalidInput, NotFound
from icmgraph.model.answers import WITHIN, Evidence, Page
from icmgraph.model.identifiers import IdentifierKind, NormalisedIdentifier
from icmgraph.model.identity import public_id
from icmgraph.queries.cursors import Cursors
from icmgraph.queries.reader import Reader
from tests.integration.readers import KEY, Readers
from tests.worlds.example import HUB_PHONE, PHONE, VALUES, WORLD
from tests.worlds.fixtures import graph as graph
from tests.worlds.loader import Graph
from tests.worlds.world import Build, Key

T = TypeVar("T")

ABSENT = "12345678-0000-4000-8000-000000000000"
AGENT, ANALYST, BOB = VALUES["agent"], VALUES["analyst"], VALUES["user"]
DOCKS, RUNWAY, SEALED = VALUES["cases"]
ROSA, VEGA, CARL = VALUES["subjects"]
REPORT, WIRETAP, MANIFEST = VALUES["documents"]


@pytest.fixture
def readers(graph: Graph, tmp_path: Path) -> Iterator[Readers]:
    made = Readers.on(graph, tmp_path)
    made.load(WORLD)
    yield made
    made.audit.close()


def selector(key: Key) -> NormalisedIdentifier:
    return NormalisedIdentifier(IdentifierKind(key.kind), key.value, key.key)


def all_of(ask: Callable[[str | None, int], Page[T]], size: int) -> list[T]:
    """Every item, read in pages of ``size``."""
    items: list[T] = []
    cursor: str | None = None
    while True:
        page = ask(cursor, size)
        assert len(page.items) == size or page.next is None
        assert page.truncated is (page.next is not None)
        items += page.items
        cursor = page.next
        if cursor is None:
            return items


@pytest.mark.parametrize(
    ("who", "numbers"),
    [(AGENT, "N-001 N-004"), (BOB, "N-002 N-003 N-004"), (ANALYST, "N-001 N-002 N-004")],
)
def test_the_cases_one_sees(readers: Readers, who: str, numbers: str) -> None:
    reader = readers.of(who)
    for size in (1, 2, 50):
        found = all_of(reader.cases, size)
        assert " ".join(card.number for card in found) == numbers
        cards = [{**card.model_dump(), "scope": WITHIN} for card in found]
        assert [reader.case(card.id).model_dump() for card in found] == cards


def test_a_case_card(readers: Readers) -> None:
    card = readers.of(BOB).case(SEALED)
    assert card.model_dump() == {
        "id": SEALED,
        "number": "N-003",
        "title": "Sealed inquiry",
        "kind": "criminal",
        "category": None,
        "status": "open",
        "opened": date(2024, 1, 2).isoformat(),
        "closed": None,
        "disclosure": "brokered",
        "disclosure_until": None,
        "scope": WITHIN,
    }


@pytest.mark.parametrize(
    ("who", "lines"),
    [
        (
            AGENT,
            "Clerk A, Clerk B, Clerk C, Clerk D, None, Rosa Vega | First report, Intercept 12 | Meeting at the pier",
        ),
        (ANALYST, "Clerk A, Clerk B, Clerk C, Clerk D, None, Rosa Vega | First report | Meeting at the pier"),
    ],
)
def test_a_case_file(readers: Readers, who: str, lines: str) -> None:
    reader = readers.of(who)
    for size in (2, 500):
        found = all_of(partial(reader.case_file, DOCKS), size)
        assert [(item.label, item.id) for item in found] == sorted(
            ((item.label, item.id) for item in found),
            key=lambda line: (["Subject", "Document", "Event"].index(line[0]), line[1]),
        )
        parts = [
            ", ".join(sorted(str(item.name) for item in found if item.label == label))
            for label in ("Subject", "Document", "Event")
        ]
        assert " | ".join(parts) == lines
    roles = {item.role for item in found if item.label == "Subject"}
    assert roles == {"suspect", "witness", "associate"}


def test_a_subject_as_each_sees_it(readers: Readers) -> None:
    """A name under a caveat, a record shared with a case, a file that stands in two."""
    agent, analyst = readers.of(AGENT).subject(ROSA), readers.of(ANALYST).subject(ROSA)
    assert {value.value for value in agent.attributes} == {"Rosa Vega", "1980-05-17", "La Vega"}
    assert {value.value for value in analyst.attributes} == {"Rosa Vega", "1980-05-17"}
    assert {value.value for value in agent.identifiers} == {"+12025550143", "r.vega@example.com"}
    assert [(value.value, value.as_written, value.identifier) for value in analyst.identifiers] == [
        ("+12025550143", "(202) 555-0143", public_id(KEY, PHONE.key))
    ]
    assert (agent.name, analyst.name) == ("Rosa Vega", "Rosa Vega")
    assert [(case.number, case.role) for case in agent.cases] == [("N-001", "suspect")]
    carl = readers.of(AGENT).subject(CARL)
    assert ([case.number for case in carl.cases], [value.kind for value in carl.attributes]) == (["N-004"], ["name"])
    carl = readers.of(BOB).subject(CARL)
    assert [case.number for case in carl.cases] == ["N-002", "N-004"]
    assert [value.kind for value in carl.attributes] == ["name", "nationality"]


def test_the_name_is_the_smallest_visible_name_then_alias_then_none(readers: Readers) -> None:
    b = Build()
    one, two = b.unit("One"), b.unit("Two")
    al, ana = b.user("Al"), b.user("Ana")
    b.member(al, one)
    b.member(ana, one)
    b.member(ana, two)
    here, there = b.case("A", one, (one,)), b.case("B", two, (two,))
    both = b.own((here,))
    subjects = [b.subject(both) for _ in range(3)]
    b.attribute(both, subjects[0], "alias", "Aardvark")
    b.attribute(both, subjects[0], "name", "\U00010400 Deseret")
    b.attribute(both, subjects[0], "name", "\ufb01 ligature")
    b.attribute(b.own((here, there)), subjects[0], "name", "Abe")
    b.attribute(both, subjects[1], "alias", "Zed")
    b.attribute(b.own((here, there)), subjects[1], "name", "Zoe")
    b.attribute(both, subjects[2], "make", "Invented Motors")
    readers.load(b.world())
    # The order is that of code points, as Python's.
    for who, names in ((al, ["\ufb01 ligature", "Zed", None]), (ana, ["Abe", "Zoe", None])):
        reader = readers.of(who)
        assert [reader.subject(id).name for id in subjects] == names
        listed = {item.id: item.name for item in reader.case_file(here).items}
        assert [listed[id] for id in subjects] == names
        nodes = {node.id: node.name for node in reader.expand(here).nodes}
        assert [nodes[id] for id in subjects] == [*names[:2], "Person"]


def test_evidence_stays_within_what_is_held(readers: Readers) -> None:
    b = Build()
    one, two = b.unit("One"), b.unit("Two")
    al, bo, ana = b.user("Al"), b.user("Bo"), b.user("Ana")
    for user, unit in ((al, one), (bo, two), (ana, one), (ana, two)):
        b.member(user, unit)
    here, there = b.case("A", one, (one,)), b.case("B", two, (two,))
    paper = b.document(b.own((here,)), "Statement", originator="county", hold="H-7")
    shared = b.own((here,), shared=(there,))
    said = {
        "source": paper,
        "confidence": "high",
        "asserted_by": al,
        "originator": "tip line",
        "hold": "H-1",
        "retention_class": "10y",
    }
    subject = b.subject(shared)
    b.attribute(shared, subject, "name", "Jo Doe", **said)
    b.identifier(shared, subject, PHONE, **said)
    leaflet = b.document(shared, "Leaflet", **said)
    event = b.event(shared, **said)
    b.link("INVOLVED_IN", shared, subject, event, role="there", said=said)
    readers.load(b.world())
    whole = Evidence(asserted_at="2001-02-03T04:05:06.000Z", **said)
    part = Evidence(confidence="high", asserted_at=whole.asserted_at)
    for who, expected in ((al, whole), (ana, whole), (bo, part)):
        reader = readers.of(who)
        card = reader.subject(subject)
        found = [
            *(value.evidence for value in card.attributes),
            *(value.evidence for value in card.identifiers),
            reader.document(leaflet).evidence,
            reader.event(event).evidence,
        ]
        assert found == [expected] * 4
        sources = {item.link.source for item in reader.neighbours(event).items}
        assert sources == {expected.source}


def test_a_document_and_an_event(readers: Readers) -> None:
    report = readers.of(ANALYST).document(REPORT)
    assert (report.title, report.written, [case.number for case in report.cases]) == (
        "First report",
        "2024-01-03",
        ["N-001"],
    )
    event = readers.of(AGENT).event(VALUES["event"])
    assert (event.starts, event.ends) == ("2024-02-01T20:00:00.000Z", "2024-02-01T21:00:00.000Z")
    assert (event.latitude, event.longitude, event.addresses) == (12.5, -40.25, ["12 HARBOR ROAD SPRINGFIELD"])
    transfer = readers.of(BOB).event(VALUES["events"][1])
    assert (transfer.amount, transfer.duration, transfer.addresses) == ("1200.00 USD", 3, [])


@pytest.mark.parametrize(
    ("who", "keys", "names"),
    [
        (AGENT, (PHONE,), ["Rosa Vega"]),
        (ANALYST, (PHONE,), ["R. Vega", "Rosa Vega"]),
        (BOB, (PHONE,), ["R. Vega", "Rosa Vega"]),
        (AGENT, (HUB_PHONE, PHONE), ["Clerk A", "Clerk B", "Clerk C", "Clerk D", "Rosa Vega"]),
        (AGENT, (Key("phone", "+12025550100"),), []),
    ],
)
def test_search_by_identifier(readers: Readers, who: str, keys: tuple[Key, ...], names: list[str]) -> None:
    reader = readers.of(who)
    asked = [selector(key) for key in keys]
    for size in (1, 50):
        hits = all_of(partial(reader.search_identifier, asked), size)
        assert sorted(str(hit.name) for hit in hits) == names
        assert {(hit.identifier, hit.value) for hit in hits} <= {(public_id(KEY, k.key), k.value) for k in keys}
        places = {key.value: at for at, key in enumerate(sorted(keys))}
        assert hits == sorted(hits, key=lambda hit: (places[hit.value], hit.id))


def test_a_search_is_audited_without_its_selectors(readers: Readers) -> None:
    readers.of(AGENT).search_identifier([selector(PHONE)])
    told = b"".join(path.read_bytes() for path in Path(readers.audit_folder).iterdir() if path.is_file())
    assert b"search.identifiers" in told
    assert PHONE.value.encode() not in told
    assert PHONE.value.lstrip("+").encode() not in told


def test_neighbours(readers: Readers) -> None:
    for who, count in ((AGENT, 6), (ANALYST, 6)):
        reader = readers.of(who)
        found = all_of(partial(reader.neighbours, ROSA), 2)
        assert len(found) == count
        assert found == sorted(found, key=lambda item: item.link.id)
        assert all(item.node.id in (item.link.start, item.link.end) and item.node.id != ROSA for item in found)
    assert {(item.link.type, item.node.name) for item in found} == {
        ("SUBJECT_OF", "N-001 Docks theft"),
        ("HAS_IDENTIFIER", "+12025550143"),
        ("SAME_AS", "R. Vega"),
        ("LINKED_TO", "Clerk A"),
        ("LINKED_TO", "Vehicle"),
        ("INVOLVED_IN", "Meeting at the pier"),
    }
    only = reader.neighbours(ROSA, types=("SAME_AS",)).items
    assert [(item.link.start, item.link.end, item.link.detail) for item in only] == [(ROSA, VEGA, "same phone")]


def test_assignments_are_shown_to_who_sees_the_case(readers: Readers) -> None:
    reader = readers.of(ANALYST)
    for size in (1, 50):
        found = all_of(partial(reader.assignments, DOCKS), size)
        assert [(card.name, card.functions, card.agent, card.starts) for card in found] == [
            ("Alice Agent", ["read", "write"], True, None),
            ("Tom Taskforce", ["read"], False, None),
        ]
        assert found[1].ends == "2098-07-08T09:10:11.000Z"
    with pytest.raises(NotFound):
        reader.assignments(SEALED)


def questions(reader: Reader, id: str) -> list[Callable[[], object]]:
    """Every question that names one record."""
    return [
        lambda: reader.case(id),
        lambda: reader.case_file(id),
        lambda: reader.assignments(id),
        lambda: reader.subject(id),
        lambda: reader.document(id),
        lambda: reader.event(id),
        lambda: reader.neighbours(id),
        lambda: reader.expand(id),
        lambda: reader.paths(id, id),
    ]


def test_hidden_absent_and_of_another_kind_are_one_answer(readers: Readers) -> None:
    reader = readers.of(AGENT)
    for id in (ABSENT, SEALED, VEGA, MANIFEST, VALUES["events"][1], VALUES["attribute"], AGENT, VALUES["unit"]):
        for ask in questions(reader, id):
            with pytest.raises(NotFound) as refused:
                ask()
            assert (str(refused.value), refused.value.args) == (str(NotFound()), NotFound().args)
    for ask in questions(reader, REPORT)[:4]:
        with pytest.raises(NotFound):
            ask()


@pytest.mark.parametrize("id", ["", "7", ABSENT.upper().replace("0", "A"), ABSENT + "\n", f" {ABSENT}", PHONE.key])
def test_ids_are_checked_first(readers: Readers, id: str) -> None:
    for ask in questions(readers.of(AGENT), id):
        with pytest.raises(InvalidInput) as refused:
            ask()
        assert refused.value.field in ("id", "start")
        assert not id or id not in str(refused.value)


@pytest.mark.parametrize("limit", [-1, 0, 501])
def test_limits_are_checked_first(readers: Readers, limit: int) -> None:
    reader = readers.of(AGENT)
    asked: list[Callable[[], object]] = [
        lambda: reader.cases(limit=limit),
        lambda: reader.case_file(ABSENT, limit=limit),
        lambda: reader.assignments(ABSENT, limit=limit),
        lambda: reader.neighbours(ABSENT, limit=limit),
        lambda: reader.search_identifier([selector(PHONE)], limit=limit),
    ]
    for ask in asked:
        with pytest.raises(InvalidInput) as refused:
            ask()
        assert refused.value.field == "limit"


@pytest.mark.parametrize("count", [0, 101])
def test_a_search_has_1_to_100_selectors(readers: Readers, count: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        readers.of(AGENT).search_identifier([selector(PHONE)] * count)
    assert refused.value.field == "selectors"


def test_a_cursor_is_good_for_its_person_and_question_alone(readers: Readers) -> None:
    mine, other = readers.of(ANALYST), readers.of(BOB)
    cursor = mine.cases(limit=1).next
    assert cursor is not None
    assert cursor == mine.cases(limit=1).next
    assert mine.cases(cursor, 1).items == mine.cases(limit=2).items[1:]
    foreign = other.cases(limit=1).next
    file = mine.case_file(DOCKS, limit=1).next
    assert foreign
    assert file
    flipped = ("B" if cursor[0] == "A" else "A") + cursor[1:]
    elsewhere = Cursors(b"another deployment's invented key").seal(ANALYST, "case.list", {}, ("N-001", ABSENT))
    padded, plain = cursor + "=", base64.urlsafe_b64encode(b'["N-001","x"]').decode()
    refusals = set()
    bad = ["", "x", "%", "é", "\ud800", "A" * 9000, foreign, file, flipped, elsewhere, padded + "=", plain, cursor[:-2]]
    for text in bad:
        with pytest.raises(InvalidInput) as refused:
            mine.cases(text)
        refusals.add((str(refused.value), refused.value.field))
    assert len(refusals) == 1
    # Also for the same question about something else.
    for other_cursor in (mine.case_file(RUNWAY, limit=1).next, cursor):
        with pytest.raises(InvalidInput):
            mine.case_file(DOCKS, other_cursor)
    assert mine.neighbours(ROSA, mine.neighbours(ROSA, limit=1).next, 1).items
    with pytest.raises(InvalidInput):
        mine.neighbours(ROSA, mine.neighbours(ROSA, limit=1).next, types=("SAME_AS",))


def test_a_cursor_continues_under_the_sight_of_now(readers: Readers) -> None:
    cursor = readers.of(ANALYST).cases(limit=1).next
    readers.graph.run("MATCH (:User {id: $id})-[m:MEMBER_OF]->(:Unit {name: 'Airport office'}) DELETE m", id=ANALYST)
    readers.graph.run("MATCH (e:Epoch) SET e.value = e.value + 1")
    assert [card.number for card in readers.of(ANALYST).cases(cursor).items] == ["N-004"]


def test_who_may_not_read_is_told_so(readers: Readers) -> None:
    administrator = next(user.id for user in WORLD.users if user.user_class == "administrator")
    for ask in questions(readers.of(administrator), DOCKS):
        with pytest.raises(FunctionRefused):
            ask()


def test_the_audit_keeps_the_ids_that_left(readers: Readers) -> None:
    def kept() -> set[str]:
        return set(list(readers.audit.export())[-1]["body"]["records"])

    card = readers.of(AGENT).subject(ROSA)
    values = {value.id for value in card.attributes} | {value.id for value in card.identifiers}
    assert kept() == {ROSA, DOCKS} | values
    found = readers.of(AGENT).expand(ROSA, 2)
    nodes = {node.id for node in found.nodes if node.label != "Identifier"}
    assert kept() == {link.id for link in found.links} | nodes
