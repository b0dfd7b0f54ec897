"""Links in arrays against plain sets: who is next to whom, before and after changes, and when those are merged."""

from __future__ import annotations

import random
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from icmgraph.model.access import Scope
from icmgraph.model.adjacency import NOWHERE, TYPE_BITS, allowed, build, raw_ids, types_of
from icmgraph.model.identity import public_id
from icmgraph.model.records import WALKABLE
from icmgraph.queries.explore import Around, Walk, _around
from icmgraph.queries.memory import Expressions, Held

KEY = b"an invented deployment key"
EXPRESSIONS = 5
TYPES = WALKABLE[:3]
MOSTS = (0, 1, 2, 200, 2**62)

Link = tuple[str, str, int]


def public(node: str) -> str:
    """Of some it begins as records' ids may."""
    id = public_id(KEY, node) if ":" in node else node
    return 8 * "0" + id[8:] if node.startswith("alike:") else id


@dataclass
class Plain:
    """The same, told simply: nodes, and links as (start, end, label)."""

    rng: random.Random
    nodes: list[str] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    numbered: list[Link] = field(default_factory=list)
    """As they were when they were put into arrays."""

    def grow(self, nodes: int, links: int) -> None:
        for _ in range(nodes):
            # Some differ after their first eight digits alone, where a record's id has a hyphen.
            alike = self.rng.random() < 0.5
            number = self.rng.getrandbits(96 if alike else 128)
            record = self.rng.random() < 0.6
            key = f"{'alike' if alike else 'phone'}:{number % 1000}"
            self.nodes.append(str(uuid.UUID(int=number, version=4)) if record else key)
        self.nodes = list(dict.fromkeys(self.nodes))
        self.links += [self.link(self.rng.choice(self.nodes)) for _ in range(links)]

    def link(self, start: str) -> Link:
        label = self.rng.randrange(EXPRESSIONS) * 16 + self.rng.randrange(len(TYPES))
        return start, self.rng.choice(self.nodes), label

    def of(self, node: str) -> list[tuple[str, int]]:
        """Its links, one to itself once."""
        out = [(end, label) for start, end, label in self.links if start == node]
        return out + [(start, label) for start, end, label in self.links if end == node != start]

    def beside(self, node: str, allow: set[int], types: tuple[str, ...], most: int) -> frozenset[str] | None:
        seen = [other for other, label in self.of(node) if label >> 4 in allow and WALKABLE[label & 15] in types]
        return None if len(seen) > most else frozenset(seen)

    def change(self) -> set[str]:
        """Some links go and some come; gives a record at each."""
        gone = self.rng.sample(self.links, min(len(self.links), self.rng.randrange(4)))
        records = [node for node in self.nodes if ":" not in node]
        come = [self.link(self.rng.choice(records)) for _ in range(self.rng.randrange(4))] if records else []
        for link in gone:
            self.links.remove(link)
        self.links += come
        return {self.rng.choice([end for end in link[:2] if ":" not in end] or [link[0]]) for link in (*gone, *come)}

    def held(self) -> Held:
        # One node twice, as when it was ended and made again while the graph was read.
        rows = [*self.nodes, *self.rng.sample(self.nodes, 1)]
        at = {node: number for number, node in enumerate(rows)}
        self.numbered = [*self.links]
        arrays, _ = build(
            raw_ids([public(node) for node in rows]),
            [node.encode() if ":" in node else b"" for node in rows],
            np.array([at[start] for start, _, _ in self.links], np.uint32),
            np.array([at[end] for _, end, _ in self.links], np.uint32),
            np.array([label for _, _, label in self.links], np.uint32),
            np.arange(len(self.links), dtype=np.uint32),
        )
        assert arrays.links == len(self.links)
        return Held("a", 1, arrays, Expressions(np.arange(EXPRESSIONS, dtype=np.int32)), public)


@dataclass
class AsHeld:
    """Asked in layers."""

    held: Held
    scope: Scope

    def beside(self, nodes: Any, types: Any, most: int) -> Any:
        return self.held.beside(self.scope, nodes, types, most) if nodes else {}

    def around(self, *_: Any) -> None:
        return None


def same(held: Held, plain: Plain, rng: random.Random) -> None:
    """All nodes at once, and one that is not there."""
    absent = str(uuid.UUID(int=rng.getrandbits(128), version=4))
    audiences = tuple(rng.sample(range(EXPRESSIONS), 2))
    listed = tuple(rng.sample(range(EXPRESSIONS), rng.randrange(2)))
    allow = {*audiences, *listed} - {0} | {*listed}  # nobody's audience is in no scope
    scope = Scope(tuple(one for one in audiences if one), listed, 1)
    types = tuple(rng.sample(TYPES, rng.randint(1, 3)))
    for most in MOSTS:
        expected = {node: plain.beside(node, allow, types, most) for node in (*plain.nodes, absent)}
        assert held.beside(scope, [*plain.nodes, absent], types, most) == expected
    start, depth = rng.choice(plain.nodes), rng.randint(1, 4)
    budget, most = rng.choice((1, 3, 6, 50)), rng.choice((1, 3, 50))
    for node in (start, absent):
        found = held.around(scope, node, types, most, depth, budget)
        if found is not None:
            walked = _around(Walk(cast(Any, None), AsHeld(held, scope), types, most, public), node, depth, budget)
            assert unordered(found) == unordered(walked)
            if found.numbers:
                links = [plain.numbered[number] for number in found.numbers]
                assert {frozenset(pair) for pair in found.pairs} == {frozenset(link[:2]) for link in links}
                assert all(label >> TYPE_BITS in allow for _, _, label in links)
    if not len(held.changed_at) and held.places([start])[0] != NOWHERE:
        assert held.around(scope, start, types, most, depth, budget) is not None


def unordered(found: Around) -> Any:
    pairs = Counter(frozenset(pair) for pair in found.pairs)
    return Counter(found.nodes), pairs, Counter(found.hubs), found.truncated


@given(st.randoms(use_true_random=False), st.integers(1, 12), st.integers(0, 40))
@settings(max_examples=150, deadline=None)
def test_it_says_what_plain_sets_say(rng: random.Random, nodes: int, links: int) -> None:
    plain = Plain(rng)
    plain.grow(nodes, links)
    held = plain.held()
    same(held, plain, rng)
    for number in range(2, 6):
        plain.grow(rng.randrange(3), 0)
        records = plain.change()
        held = held.changed({record: plain.of(record) for record in records}, held.expressions, number)
        assert held.number == number
        same(held, plain, rng)
    merged = Held("a", held.number, held.merged(), held.expressions, public)
    assert merged.arrays.links == len(plain.links)
    same(merged, plain, rng)
    records = plain.change()
    before = {record: merged.places([record])[0] for record in records}
    same(merged.changed({record: plain.of(record) for record in records}, held.expressions, 9), plain, rng)
    assert before == {record: merged.places([record])[0] for record in records}, "what was held is as it was"


@given(st.randoms(use_true_random=False), st.integers(1, 30), st.integers(0, 60))
@settings(max_examples=80, deadline=None)
def test_reach_is_a_breadth_first_search(rng: random.Random, nodes: int, links: int) -> None:
    plain = Plain(rng)
    plain.grow(nodes, links)
    arrays = plain.held().arrays
    allow = {1, 2, 4}
    vector = np.array([one in allow for one in range(EXPRESSIONS)], np.uint8)
    start = plain.nodes[0]
    layer, seen, counts = {start}, {start}, [1]
    for _ in range(4):
        layer = {o for node in layer for o in plain.beside(node, allow, TYPES, 2**62) or ()} - seen
        seen |= layer
        counts.append(len(layer))
    place = int(arrays.places(raw_ids([public(start)]))[0])
    found = arrays.reach(place, np.zeros(0, np.uint8), vector, types_of(TYPES), 4)
    assert found.tolist() == counts


def test_a_layer_is_cut_in_the_order_of_public_ids_as_text() -> None:
    plain = Plain(random.Random(1))
    plain.grow(60, 0)
    start, *others = plain.nodes
    plain.links = [(start, other, 16) for other in others]
    held, others = plain.held(), sorted(others, key=public)
    for budget in range(1, 60):
        found = held.around(Scope((1,), (), 1), start, TYPES, 200, 1, budget)
        assert found is not None
        assert set(found.nodes) == {start, *others[: budget - 1]}


def test_names_and_places() -> None:
    plain = Plain(random.Random(1))
    plain.grow(50, 0)
    arrays = plain.held().arrays
    places = arrays.places(raw_ids([public(node) for node in plain.nodes]))
    assert arrays.texts(places) == plain.nodes
    assert sorted(places.tolist()) == list(range(arrays.size)), "no node is there twice"
    absent = [str(uuid.UUID(int=5, version=4)), public("phone:none")]
    assert arrays.places(raw_ids(absent)).tolist() == [NOWHERE, NOWHERE]


@pytest.mark.parametrize(
    ("mine", "listed", "seen"),
    [
        ((), (), []),
        ((1,), (), [1, 3]),
        ((2, 9), (), [4]),
        ((), (0, 2), [0, 2]),
        # Of no audience, of none that is known, and beyond all.
        ((), (7,), []),
        ((1,), (2, 3, 999), [1, 2, 3]),
    ],
)
def test_who_is_allowed_what(mine: tuple[int, ...], listed: tuple[int, ...], seen: list[int]) -> None:
    audiences = np.array([0, 1, -1, 1, 2], np.int32)
    assert np.flatnonzero(allowed(audiences, mine, listed)).tolist() == seen


def test_vectors_are_kept_by_scope_and_an_expression_that_changes_is_seen() -> None:
    known = Expressions(np.array([0, 1, 2], np.int32))
    scope = Scope((1,), (), 1)
    assert known.vector(scope) is known.vector(scope)
    assert known.vector(scope).tolist() == [0, 1, 0]
    assert known.changed({2: 1, 4: 1}).vector(scope).tolist() == [0, 1, 1, 0, 1]
    assert known.vector(scope).tolist() == [0, 1, 0]
    assert known.lacking([0, 2, 3]) == {3}


def test_all_types_fit() -> None:
    assert len(WALKABLE) <= 16
    assert Counter(bin(types_of(WALKABLE)))["1"] == len(WALKABLE)
    some: Any = ["SAME_AS", "AT", "SAME_AS"]
    assert types_of(some) == 1 << WALKABLE.index("SAME_AS") | 1 << WALKABLE.index("AT")
