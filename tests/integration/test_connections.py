"""Compare and connected on small worlds: what is a reason, for whom, in which order; hubs and bounds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from icmgraph.errors import InvalidInput, NotFound
from icmgraph.model.access import Own
from icmgraph.model.answers import Comparison, Connected, Reason
from icmgraph.queries import connections
from tests.integration.readers import Readers
from tests.worlds.fixtures import graph as graph
from tests.worlds.loader import Graph
from tests.worlds.world import Build, Key

ABSENT = "12345678-0000-4000-8000-000000000000"
PHONE = Key("phone", "+12025550143")
PLATE = Key("plate", "XK4410")


@pytest.fixture
def readers(graph: Graph, tmp_path: Path) -> Iterator[Readers]:
    made = Readers.on(graph, tmp_path)
    yield made
    made.audit.close()


class Offices:
    """Cases A, B, C and D, numbered N-001 and so on; D is Dee's alone, Ana sees the others, Al only A.

    ``facts`` are parted by ``;``: ``a1 phone``, ``a1 name Jo Doe``, ``a1 same b1``, ``A related B``, ``e1 at``: an
    event is ``<case>e..``, a document ``<case>d..``, anything else a subject; ``a1/bc`` is shared with B and C.
    """

    def __init__(self, facts: str) -> None:
        self.b = b = Build()
        one, two = b.unit("One"), b.unit("Two")
        self.al, self.ana, self.dee = b.user("Al"), b.user("Ana", "analyst"), b.user("Dee")
        for user, unit in ((self.al, one), (self.ana, one), (self.ana, two)):
            b.member(user, unit)
        opened = {"a": (one,), "b": (two,), "c": (two,), "d": ()}
        self.cases = {letter: b.case(f"Case {letter.upper()}", one, units) for letter, units in opened.items()}
        b.assign(self.dee, self.cases["d"])
        self.ids: dict[str, str] = {}
        for fact in filter(None, map(str.strip, facts.split(";"))):
            self._fact(*fact.split(" ", 2))
        self.names = {id: name for name, id in (self.ids | self.cases).items()}
        self.world = b.world()

    def _record(self, told: str) -> str:
        name, _, shared = told.partition("/")
        if name not in self.ids:
            own = self.b.own((self.cases[name[0]],), [self.cases[letter] for letter in shared])
            makes: dict[str, Callable[[Own], str]] = {"e": self.b.event, "d": partial(self.b.document, title="Report")}
            self.ids[name] = makes.get(name[1:2], self.b.subject)(own)
        return self.ids[name]

    def _fact(self, told: str, what: str = "", more: str = "") -> None:
        b = self.b
        if what == "related":
            pair = [self.cases[told.lower()], self.cases[more.lower()]]
            b.link("RELATED_TO", b.own(pair), pair[0], pair[1], kind="follow-up", reason="seen")
            return
        record, own = self._record(told), b.own((self.cases[told[0]],))
        if what in ("phone", "plate"):
            type = {"e": "AT", "d": "MENTIONS"}.get(told[1:2], "HAS_IDENTIFIER")
            b.identifier(own, record, PHONE if what == "phone" else PLATE, type=type)
        elif what in ("name", "alias"):
            b.attribute(own, record, what, more)
        elif what:
            type = {"same": "SAME_AS", "in": "INVOLVED_IN", "mentions": "MENTIONS", "linked": "LINKED_TO"}[what]
            other = self._record(more)
            cases = sorted({self.cases[told[0]], self.cases[more[0]]})
            b.link(type, b.own(cases), record, other, basis="seen")

    def told(self, reason: Reason) -> str:
        """``kind what: case=records case=records``."""
        node = reason.node
        what = "" if node is None else f" {self.names.get(node.id, node.name)}"
        sides = (
            f"{self.names[side.case]}={','.join(sorted(self.names[one.id] for one in side.records))}"
            for side in reason.sides
        )
        return f"{reason.kind}{what}: {' '.join(sorted(sides))}"

    def compared(self, answer: Comparison) -> list[str]:
        hubs = [f"hub {hub.name}" for hub in answer.hubs]
        return [*map(self.told, answer.reasons), *hubs, *(["..."] if answer.truncated else [])]

    def connected(self, answer: Connected) -> list[str]:
        found = [f"{self.names[one.id]} {one.count} {one.reasons[0].kind}" for one in answer.items]
        return [*found, *(f"hub {hub.name}" for hub in answer.hubs)]

    def person(self, who: str) -> str:
        return {"al": self.al, "ana": self.ana, "dee": self.dee}[who]


@pytest.mark.parametrize(
    ("facts", "reasons"),
    [
        ("a1; b1", []),
        ("a1 phone; b1 phone", ["identifier +12025550143: a=a1 b=b1"]),
        # Subjects, documents and events alike; all of each side.
        ("a1 phone; a2 phone; bd phone; be phone", ["identifier +12025550143: a=a1,a2 b=bd,be"]),
        # Two in one file are no reason.
        ("a1 phone; a2 phone; b1 plate", []),
        ("a1 same b1", ["same_as: a=a1 b=b1"]),
        ("b1 same a1; a1 same a2", ["same_as: a=a1 b=b1"]),
        ("A related B; B related A", ["related_to: a= b="]),
        ("A related C", []),
        ("a1 in be", ["involved_in: a=a1 b=be"]),
        ("ad mentions b1", ["mentions: a=ad b=b1"]),
        ("a1/b", ["record a1: a=a1 b=a1"]),
        ("ad/b; ae/b", ["record ad: a=ad b=ad", "record ae: a=ae b=ae"]),
        # What a shared record has of its own is no further reason; what another of B has, is.
        ("a1/b phone; a2 phone", ["record a1: a=a1 b=a1"]),
        ("a1/b phone; a2 phone; b1 phone", ["record a1: a=a1 b=a1", "identifier +12025550143: a=a1,a2 b=a1,b1"]),
        # A name is one whatever its order and case; the first in text order is told.
        ("a1 name Jo Doe; b1 alias DOE jo; b2 name Jo Dole", ["name DOE jo: a=a1 b=b1"]),
        # The order: asserted, then identifiers by key, then names.
        (
            "a1 phone; b1 phone; a1 plate; b2 plate; a1 name Jo; b1 name Jo; a1 same b2; A related B; a3/b",
            [
                "record a3: a=a3 b=a3",
                "same_as: a=a1 b=b2",
                "related_to: a= b=",
                "identifier +12025550143: a=a1 b=b1",
                "identifier XK4410: a=a1 b=b2",
                "name Jo: a=a1 b=b1",
            ],
        ),
    ],
)
def test_reasons(readers: Readers, facts: str, reasons: list[str]) -> None:
    world = Offices(facts)
    readers.load(world.world)
    ana = readers.of(world.ana)
    a, b = world.cases["a"], world.cases["b"]
    told = world.compared(ana.compare([a, b]))
    assert sorted(told) == sorted(reasons)  # shared records come by their ids
    assert [one.partition(" ")[0] for one in told] == [one.partition(" ")[0] for one in reasons]
    assert ana.compare([b, a]) == ana.compare([a, b])
    # Connected says the same, from both ends.
    for one, other in ((a, b), (b, a)):
        found = ana.connected(one).items
        reasons_of = [card.reasons for card in found if card.id == other]
        assert (reasons_of[0] if reasons_of else []) == ana.compare([a, b]).reasons[: connections.REASONS_SHOWN]
        assert [card.count for card in found if card.id == other] == ([len(reasons)] if reasons else [])


def test_every_reason_has_its_evidence(readers: Readers) -> None:
    world = Offices("a1 phone; a1 phone; b1 phone; bd phone; a1 name Jo; b1 name Jo; a2/b; a1 same b1; A related B")
    readers.load(world.world)
    answer = readers.of(world.ana).compare([world.cases["a"], world.cases["b"]])
    types = {reason.kind: sorted(link.type for link in reason.evidence) for reason in answer.reasons}
    assert types == {
        "record": ["SUBJECT_OF", "SUBJECT_OF"],
        "same_as": ["SAME_AS"],
        "related_to": ["RELATED_TO"],
        "identifier": ["HAS_IDENTIFIER", "HAS_IDENTIFIER", "HAS_IDENTIFIER", "MENTIONS"],
        "name": ["HAS_ATTRIBUTE", "HAS_ATTRIBUTE"],
    }
    assert [reason.possible for reason in answer.reasons] == [False, False, False, False, True]
    assert [link.detail for reason in answer.reasons if reason.kind == "name" for link in reason.evidence] == ["Jo"] * 2


def test_of_three_cases_each_reason_says_between_which(readers: Readers) -> None:
    world = Offices("a1 phone; b1 phone; c1 phone; a2 plate; c2 plate; b1 name Jo; c2 name Jo")
    readers.load(world.world)
    answer = readers.of(world.ana).compare([world.cases[letter] for letter in "cab"])
    assert world.compared(answer) == [
        "identifier +12025550143: a=a1 b=b1 c=c1",
        "identifier XK4410: a=a2 c=c2",
        "name Jo: b=b1 c=c2",
    ]
    assert [case.number for case in answer.cases] == ["N-001", "N-002", "N-003"]
    few = readers.of(world.ana).compare([world.cases[letter] for letter in "abc"], 2)
    assert (few.reasons, few.truncated) == (answer.reasons[:2], True)


@pytest.mark.parametrize(
    ("facts", "connected"),
    [
        ("a1 phone; b1 phone; c1 plate", ["b 1 identifier"]),
        # The strongest kind first, then how many, then the number.
        ("a1 name Jo; b1 name Jo; a1 phone; c1 phone", ["c 1 identifier", "b 1 name"]),
        ("a1 phone; b1 phone; c1 phone; a1 plate; c2 plate", ["c 2 identifier", "b 1 identifier"]),
        ("a1 phone; c1 phone; b1 phone", ["b 1 identifier", "c 1 identifier"]),
        ("a1 same c1; a1 phone; b1 phone; a1 plate; b1 plate", ["c 1 same_as", "b 2 identifier"]),
        ("A related C; a1/b", ["b 1 record", "c 1 related_to"]),
        # What joins two other cases is not about this one.
        ("a1; b1 phone; c1 phone", []),
        # D is not there for Ana, nor does what D has make a hub.
        ("a1 phone; d1 phone; A related D; a1 same d1", []),
        ("a1 phone; b1 phone; d1 phone; d2 phone; d3 phone", ["b 1 identifier"]),
        # More than three visible holders: named, not followed.
        ("a1 phone; a2 phone; b1 phone; c1 phone", ["hub +12025550143"]),
        ("a1 name Jo; a2 name Jo; b1 name Jo; c1 name Jo; a1 plate; c2 plate", ["c 1 identifier", "hub Jo"]),
    ],
)
def test_connected(readers: Readers, facts: str, connected: list[str]) -> None:
    world = Offices(facts)
    readers.load(world.world)
    reader = readers.of(world.ana, hub_degree=3)
    whole = reader.connected(world.cases["a"])
    assert world.connected(whole) == connected
    assert not whole.partial
    # In pages of one the same, and the hubs on each.
    items, cursor = [], None
    for number in range(max(1, len(whole.items))):
        page = reader.connected(world.cases["a"], cursor, 1)
        items += page.items
        cursor = page.next
        assert page.hubs == whole.hubs
        assert page.truncated is (number < len(whole.items) - 1)
    assert items == whole.items


def test_a_hub_that_both_have_is_named_and_no_reason(readers: Readers) -> None:
    world = Offices("a1 phone; a2 phone; b1 phone; b2 phone; a1 plate; b1 plate; a3 name Jo; b3 name Jo; c1 name Jo")
    readers.load(world.world)
    pair = [world.cases["a"], world.cases["b"]]
    assert world.compared(readers.of(world.ana, hub_degree=2).compare(pair)) == [
        "identifier XK4410: a=a1 b=b1", "hub +12025550143", "hub Jo",
    ]  # fmt: skip
    assert len(readers.of(world.ana, hub_degree=4).compare(pair).hubs) == 0


def test_what_is_hidden_and_what_is_absent(readers: Readers) -> None:
    world = Offices("a1 phone; b1 phone; d1 phone")
    readers.load(world.world)
    a, b, d = (world.cases[letter] for letter in "abd")
    for reader, unseen in ((readers.of(world.ana), d), (readers.of(world.al), b), (readers.of(world.ana), ABSENT)):
        for ask in (partial(reader.compare, [a, unseen]), partial(reader.connected, unseen)):
            with pytest.raises(NotFound) as raised:
                ask()
            assert str(raised.value) == str(NotFound())
    assert readers.of(world.al).connected(a).items == []


@pytest.mark.parametrize("cases", [[], ["a"], ["a", "a"], list("abcdefghijk")])
def test_two_to_ten_different_cases(readers: Readers, cases: list[str]) -> None:
    readers.load(Offices("a1").world)
    ids = [f"{ord(letter):08x}{ABSENT[8:]}" for letter in cases]
    with pytest.raises(InvalidInput, match="cases"):
        readers.of(ABSENT).compare(ids)


def test_more_than_is_looked_at_is_said(readers: Readers, monkeypatch: pytest.MonkeyPatch) -> None:
    world = Offices("a1 phone; a2 plate; b1 phone; c1 plate; a3; a3 phone")
    readers.load(world.world)
    a, b = world.cases["a"], world.cases["b"]
    monkeypatch.setattr(connections, "FILE_MOST", 3)
    assert not readers.of(world.ana).connected(a).partial
    monkeypatch.setattr(connections, "FILE_MOST", 2)
    assert readers.of(world.ana).connected(a).partial
    assert readers.of(world.ana).compare([a, b]).truncated
    monkeypatch.setattr(connections, "FILE_MOST", 3)
    monkeypatch.setattr(connections, "MET_MOST", 1)
    monkeypatch.setattr(connections, "BATCH", 1)
    followed = readers.of(world.ana).connected(a)
    assert (world.connected(followed), followed.partial) == (["b 1 identifier"], True)
