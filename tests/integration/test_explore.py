"""Expand and paths on small towns: what each of several people gets."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from icmgraph.errors import InvalidInput, NotFound
from icmgraph.model.access import Scope
from icmgraph.model.answers import Subgraph
from icmgraph.model.identifiers import IdentifierKind, NormalisedIdentifier
from icmgraph.model.records import WALKABLE
from icmgraph.model.source import SystemSource
from icmgraph.queries import explore, seeking
from icmgraph.queries.gateway import Transaction
from icmgraph.queries.policy import Policy
from icmgraph.queries.session import View
from tests.integration.readers import Readers, Town
from tests.worlds.example import VALUES, WORLD
from tests.worlds.fixtures import graph as graph
from tests.worlds.loader import Graph
from tests.worlds.world import Build, Key

LINKS = ("LINKED_TO", "HAS_IDENTIFIER")
ABSENT = "12345678-0000-4000-8000-000000000000"


@pytest.fixture
def readers(graph: Graph, tmp_path: Path) -> Iterator[Readers]:
    made = Readers.on(graph, tmp_path)
    yield made
    made.audit.close()


def at(town: Town, who: str) -> str:
    return {"al": town.al, "bo": town.bo, "ana": town.ana}[who]


STAR = "s-a1 s-a2 s-a3 s-a4 a1-x"
TWO_CASES = "s-#1 b1-#1 s-c c-d b1-b2"


@pytest.mark.parametrize(
    ("edges", "who", "depth", "hub", "told"),
    [
        ("s-a a-c c-d d-e", "al", 1, 9, "a s | a-s | "),
        ("s-a a-c c-d d-e e-f", "al", 4, 9, "a c d e s | a-c a-s c-d d-e | "),
        # A link between two nodes of the last layer is at no node that was walked through.
        ("s-a s-c a-c", "al", 1, 9, "a c s | a-s c-s | "),
        ("s-a s-c a-c", "al", 2, 9, "a c s | a-c a-s c-s | "),
        # Parallel assertions are all there.
        ("s-a s-a s-#1 s-#1", "al", 1, 9, "#1 a s | #1-s #1-s a-s a-s | "),
        # One question with two right answers.
        (TWO_CASES, "al", 4, 9, "#1 c d s | #1-s c-d c-s | "),
        (TWO_CASES, "ana", 4, 9, "#1 b1 b2 c d s | #1-b1 #1-s b1-b2 c-d c-s | "),
        # A hub is shown, not walked through; the start is walked through. Its degree counts parallel assertions.
        ("s-h h-a h-c h-d", "al", 3, 3, "h s | h-s | h"),
        ("s-h h-a h-c", "al", 3, 3, "a c h s | a-h c-h h-s | "),
        ("s-h s-h h-a h-a", "al", 3, 3, "h s | h-s h-s | h"),
        ("s-a s-c s-d s-e a-f", "al", 2, 3, "a c d e f s | a-f a-s c-s d-s e-s | "),
        # Also in the last layer, and also an identifier.
        ("s-#1 a-#1 c-#1 d-#1", "al", 1, 3, "#1 s | #1-s | #1"),
        # What is a hub for one who sees both cases is none for others.
        ("s-#1 a-#1 b1-#1 b2-#1", "al", 2, 3, "#1 a s | #1-a #1-s | "),
        ("s-#1 a-#1 b1-#1 b2-#1", "ana", 2, 3, "#1 s | #1-s | #1"),
        # A link from a node that was walked through to a hub of the same layer.
        ("s-h s-a a-h h-c h-d", "al", 2, 3, "a h s | a-h a-s h-s | h"),
    ],
)
def test_expand(readers: Readers, edges: str, who: str, depth: int, hub: int, told: str) -> None:
    town = Town(edges)
    readers.load(town.world)
    start = town.ids["s"]
    answer = readers.of(at(town, who), hub_degree=hub).expand(start, depth, LINKS)
    assert town.told(answer) == told
    assert answer.start == [start]
    assert [node.id for node in answer.nodes] == sorted(node.id for node in answer.nodes)
    assert [link.id for link in answer.links] == sorted(link.id for link in answer.links)


@pytest.mark.parametrize(
    ("limit", "bound", "size", "truncated"),
    [
        (1, 500, 1, True),
        (3, 500, 3, True),
        (5, 500, 5, True),
        (6, 500, 6, False),
        (500, 4, 4, True),
        (None, 6, 6, False),
    ],
)
def test_a_full_budget_takes_the_first_by_id_and_nothing_deeper(
    readers: Readers, limit: int | None, bound: int, size: int, truncated: bool
) -> None:
    town = Town(STAR)
    readers.load(town.world)
    answer = readers.of(town.al, expand_nodes=bound).expand(town.ids["s"], 4, LINKS, limit)
    first = sorted(town.ids[name] for name in ("a1", "a2", "a3", "a4"))
    expected = [town.ids["s"], *first, town.ids["x"]][:size]
    assert sorted(node.id for node in answer.nodes) == sorted(expected)
    assert answer.truncated is truncated


def test_a_budget_just_full_is_truncated_only_if_there_is_more(readers: Readers) -> None:
    for edges, truncated in (("s-a1 s-a2 s-a3", False), ("s-a1 s-a2 s-a3 a3-b1", False), ("s-a1 s-a2 s-a3 a3-x", True)):
        town = Town(edges)
        readers.load(town.world)
        answer = readers.of(town.al).expand(town.ids["s"], 4, LINKS, 4)
        assert (town.named(node.id for node in answer.nodes), answer.truncated) == ("a1 a2 a3 s", truncated)
        assert len(answer.links) == 3


@pytest.mark.parametrize(
    ("edges", "who", "hub", "length", "routes"),
    [
        ("s-e", "al", 9, 1, {"s-e"}),
        ("s-#1 e-#1", "al", 9, 2, {"s-#1-e"}),
        # All of the shortest, none longer.
        ("s-a a-e s-c c-e s-d d-f f-e s-#1 #1-e", "al", 9, 2, {"s-a-e", "s-c-e", "s-#1-e"}),
        ("s-a a-c c-d d-e a-f f-d", "al", 9, 4, {"s-a-c-d-e", "s-a-f-d-e"}),
        # One question with two right answers, and one for whom there is none.
        ("s-b1 b1-e s-a a-c c-e", "ana", 9, 2, {"s-b1-e"}),
        ("s-b1 b1-e s-a a-c c-e", "al", 9, 3, {"s-a-c-e"}),
        ("s-b1 b1-e", "al", 9, None, set()),
        # No way through a hub, wherever the two searches meet.
        ("s-h h-e h-x h-y", "al", 3, None, set()),
        ("s-h h-e h-x", "al", 3, 2, {"s-h-e"}),
        ("s-a a-h h-e h-x h-y", "al", 3, None, set()),
        ("s-h h-a a-e h-x h-y", "al", 3, None, set()),
        ("s-h h-e h-x h-y s-a a-c c-e", "al", 3, 3, {"s-a-c-e"}),
        ("s-#1 e-#1 x-#1 y-#1 s-a a-c c-d d-e", "al", 3, 4, {"s-a-c-d-e"}),
        # Hidden relationships make no hub.
        ("s-h h-e h-b1 h-b2", "al", 3, 2, {"s-h-e"}),
        ("s-h h-e h-b1 h-b2", "ana", 3, None, set()),
        # The ends may be hubs, each and both.
        ("s-a a-e s-x s-y s-z", "al", 3, 2, {"s-a-e"}),
        ("s-a a-e e-x e-y e-z", "al", 3, 2, {"s-a-e"}),
        ("s-a a-c c-e s-x s-y s-z e-f e-g e-i", "al", 3, 3, {"s-a-c-e"}),
        ("s-e s-x s-y s-z e-f e-g e-i", "al", 3, 1, {"s-e"}),
        # The bound.
        ("s-a1 a1-a2 a2-a3 a3-a4 a4-a5 a5-a6 a6-a7 a7-e", "al", 9, 8, {"s-a1-a2-a3-a4-a5-a6-a7-e"}),
        ("s-a1 a1-a2 a2-a3 a3-a4 a4-a5 a5-a6 a6-a7 a7-a8 a8-e", "al", 9, None, set()),
    ],
)
def test_paths(readers: Readers, edges: str, who: str, hub: int, length: int | None, routes: set[str]) -> None:
    town = Town(edges)
    readers.load(town.world)
    reader = readers.of(at(town, who), hub_degree=hub)
    answer = reader.paths(town.ids["s"], town.ids["e"], 8, LINKS)
    assert (answer.length, answer.truncated) == (length, False)
    back = reader.paths(town.ids["e"], town.ids["s"], 8, LINKS)
    assert (back.length, len(back.paths)) == (length, len(routes))
    if length is None:
        assert (answer.paths, answer.nodes, answer.links) == ([], [], [])
        return
    assert town.routes(answer) == routes
    assert town.named(node.id for node in answer.nodes) == town.named(
        {town.ids[name] for route in routes for name in route.split("-")}
    )
    shorter = reader.paths(town.ids["s"], town.ids["e"], length, LINKS)
    assert shorter == answer
    if length > 1:
        assert reader.paths(town.ids["s"], town.ids["e"], length - 1, LINKS).length is None


@pytest.mark.parametrize(
    ("edges", "who", "bound", "hubs"),
    [
        # Of more than 3 relationships. It is named where a path through it would be as short as the answer, or shorter.
        ("s-h h-e h-x h-y", "al", 6, "h"),
        ("s-#1 e-#1 x-#1 y-#1", "al", 6, "#1"),
        ("s-#1 e-#1 x-#1 y-#1 s-a a-e", "al", 6, "#1"),
        ("s-#1 e-#1 x-#1 y-#1 s-e", "al", 6, ""),
        ("s-a a-#1 e-#1 x-#1 y-#1 s-c c-e", "al", 6, ""),
        ("s-a a-#1 e-#1 x-#1 y-#1 s-c c-d d-e", "al", 6, "#1"),
        # Shorter ones first, whatever their ids.
        ("s-h1 h1-a a-e h1-x h1-y s-h2 h2-e h2-x h2-y", "al", 6, "h2 h1"),
        ("s-h2 h2-a a-e h2-x h2-y s-h1 h1-e h1-x h1-y", "al", 6, "h1 h2"),
        # Not where a path would need two of them.
        ("s-h1 h1-h2 h2-e h1-x h1-y h2-v h2-w", "al", 6, ""),
        ("s-h1 h1-h2 h2-e h1-x h1-y h2-v h2-w h1-e", "al", 6, "h1"),
        # Nor where it leads nowhere, or is further than the bound, or than the answer.
        ("s-h h-x h-y h-z e-f", "al", 6, ""),
        ("s-a a-h h-x h-y h-z a-e", "al", 6, ""),
        ("s-a a-c c-h h-d d-e h-x h-y", "al", 5, "h"),
        ("s-a a-c c-h h-d d-e h-x h-y", "al", 4, ""),
        ("s-h h-a1 a1-a2 a2-a3 a3-e h-x h-y", "al", 5, "h"),
        ("s-a1 a1-a2 a2-a3 a3-h h-e h-x h-y", "al", 5, "h"),
        # An end is no hub between, however many are beside it.
        ("s-a a-c c-e s-x s-y s-z e-f e-g e-i", "al", 6, ""),
        ("s-h h-e h-v h-w s-x s-y s-z e-f e-g e-i", "al", 6, "h"),
        # What is a hub for one who sees both cases is none for others, and what only those see names none.
        ("s-h h-e h-b1 h-b2", "al", 6, ""),
        ("s-h h-e h-b1 h-b2", "ana", 6, "h"),
        ("s-h b1-h h-x h-y b1-e", "al", 6, ""),
        ("s-h b1-h h-x h-y b1-e", "ana", 6, "h"),
    ],
)
def test_paths_name_the_hubs_between(readers: Readers, edges: str, who: str, bound: int, hubs: str) -> None:
    town = Town(edges)
    readers.load(town.world)
    reader = readers.of(at(town, who), hub_degree=3)
    answer = reader.paths(town.ids["s"], town.ids["e"], bound, LINKS)
    assert " ".join(town.names[hub.id] for hub in answer.hubs) == hubs
    assert all((hub.label, hub.kind) in (("Subject", "Person"), ("Identifier", "phone")) for hub in answer.hubs)
    assert answer.hub_degree == 3
    assert reader.paths(town.ids["e"], town.ids["s"], bound, LINKS).hubs == answer.hubs
    assert reader.paths(town.ids["s"], town.ids["s"], bound, LINKS).hubs == []


def test_hubs_are_looked_for_through_whole_layers_of_so_many_nodes_around_each_end(
    readers: Readers, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Next to s are a and c, then h and d; next to e are h and f.
    town = Town("s-a s-c a-h c-d h-e h-x h-y h-z e-f")
    readers.load(town.world)
    reader = readers.of(town.al, hub_degree=3)
    for around, found in ((1, ""), (2, ""), (3, "h"), (250, "h")):
        monkeypatch.setattr(explore, "AROUND", around)
        answers = [
            reader.paths(town.ids[start], town.ids[end], 6, LINKS).hubs for start, end in (("s", "e"), ("e", "s"))
        ]
        assert [town.named(hub.id for hub in hubs) for hubs in answers] == [found, found]


def test_no_more_than_50_hubs_are_named(readers: Readers) -> None:
    hubs = [f"h{n}" for n in range(52)]
    town = Town(" ".join(f"s-{hub} {hub}-e {hub}-x" for hub in hubs))
    readers.load(town.world)
    answer = readers.of(town.al, hub_degree=2).paths(town.ids["s"], town.ids["e"], 6, LINKS)
    assert [hub.id for hub in answer.hubs] == sorted(town.ids[hub] for hub in hubs)[:50]


def test_a_phone_of_thousands_neither_hangs_a_search_nor_hides_another_route(
    readers: Readers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than any bound of a search: on relationships of a node, on nodes met, on nodes around an end."""
    monkeypatch.setattr(explore, "VISITED", 4000)
    town = Town("s-#1 e-#1 x-#1 s-a a-c0 c0-d d-e c0-#1")
    readers.load(town.world)
    readers.graph.run(
        "MATCH (s:Subject {id: $like})-[r:HAS_IDENTIFIER]->(i) UNWIND range(1, 5000) AS _ "
        "CREATE (t:Subject)-[q:HAS_IDENTIFIER]->(i) SET t = s {.*, id: randomUUID()}, q = r {.*, id: randomUUID()}",
        like=town.ids["c0"],
    )
    reader = readers.of(town.al)
    began = time.monotonic()
    answer = reader.paths(town.ids["s"], town.ids["e"], 6, LINKS)
    around = reader.expand(town.ids["s"], 4, LINKS)
    nowhere = reader.paths(town.ids["s"], town.ids["x"], 8, LINKS)
    took = time.monotonic() - began
    assert town.routes(answer) == {"s-a-c0-d-e"}
    assert [(hub.kind, hub.name) for hub in answer.hubs] == [("phone", "+12025550001")]
    assert (town.told(around), around.truncated) == ("#1 a c0 d e s | #1-c0 #1-s a-c0 a-s c0-d d-e | #1", False)
    assert (nowhere.length, nowhere.truncated, nowhere.hubs) == (None, False, answer.hubs)
    # Planned and answered; it takes a tenth of that.
    assert took < 10


def test_an_identifier_whose_link_ends_between_two_statements_is_asked_for_anew(
    readers: Readers, graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    b = Build()
    unit = b.unit("Unit")
    me = b.user("Me")
    b.member(me, unit)
    own = b.own((b.case("Case", unit, (unit,)),))
    # After the key in text order, so that the identifier's own row is where the pair is looked for.
    subject = max(b.subject(own) for _ in range(40))
    key = Key("email", "a@example.test")
    b.identifier(own, subject, key)
    assert subject > key.key
    readers.load(b.world())
    scoped = Transaction.scoped
    ended: list[object] = []

    def ending(tx: Transaction, name: str, scope: Scope, /, **parameters: Any) -> Any:
        if key.key in parameters.get("nodes", ()) and not ended:
            ended.append(graph.run("MATCH ()-[r:HAS_IDENTIFIER]->() DELETE r"))
        return scoped(tx, name, scope, **parameters)

    monkeypatch.setattr(Transaction, "scoped", ending)
    answer = readers.of(me).expand(subject, 2, LINKS)
    assert ended
    assert [node.id for node in answer.nodes] == [subject]


def test_each_step_names_all_visible_assertions_behind_it(readers: Readers) -> None:
    town = Town("s-a s-a s-a/AB a-#1 a-#1 e-#1")
    readers.load(town.world)
    for who, counts in ((town.al, [2, 2, 1]), (town.ana, [3, 2, 1])):
        answer = readers.of(who).paths(town.ids["s"], town.ids["e"], types=LINKS)
        steps = answer.paths[0].steps
        assert [len(step.links) for step in steps] == counts
        assert all(step.links == sorted(step.links) for step in steps)
        assert {id for step in steps for id in step.links} == {link.id for link in answer.links}


def test_many_ties_come_in_the_order_of_ids_and_no_more_than_25(readers: Readers) -> None:
    first, second = [f"a{n}" for n in range(6)], [f"c{n}" for n in range(5)]
    edges = [f"s-{a}" for a in first] + [f"{a}-{c}" for a in first for c in second] + [f"{c}-e" for c in second]
    town = Town(" ".join(edges))
    expected = sorted([town.ids[a], town.ids[c]] for a in first for c in second)
    random.Random(7).shuffle(edges)
    for seed in (0, 1):
        readers.load(town.world, seed)
        answer = readers.of(town.al).paths(town.ids["s"], town.ids["e"], types=LINKS)
        assert (answer.length, answer.truncated, len(answer.paths)) == (3, True, 25)
        assert [[step.end for step in path.steps[:-1]] for path in answer.paths] == expected[:25]
    # A ladder of ties has 6**7 shortest paths; they are not read one by one.
    rungs = [["s"], *([f"r{n}{m}" for m in range(6)] for n in range(7)), ["e"]]
    town = Town(" ".join(f"{a}-{b}" for low, high in pairwise(rungs) for a in low for b in high))
    readers.load(town.world)
    answer = readers.of(town.al).paths(town.ids["s"], town.ids["e"], 8, LINKS)
    assert (answer.length, answer.truncated, len(answer.paths)) == (8, True, 25)


def test_equal_ends_and_a_search_that_meets_too_much(readers: Readers, monkeypatch: pytest.MonkeyPatch) -> None:
    town = Town("s-a1 s-a2 s-a3 a1-c1 a2-c2 a3-e")
    readers.load(town.world)
    reader = readers.of(town.al)
    same = reader.paths(town.ids["s"], town.ids["s"], types=LINKS)
    assert (same.length, [path.steps for path in same.paths], same.links) == (0, [[]], [])
    assert [node.id for node in same.nodes] == [town.ids["s"]]
    monkeypatch.setattr(explore, "VISITED", 6)
    assert reader.paths(town.ids["s"], town.ids["e"], types=LINKS).length == 2
    monkeypatch.setattr(explore, "VISITED", 2)
    answer = reader.paths(town.ids["s"], town.ids["e"], types=LINKS)
    assert (answer.length, answer.paths, answer.truncated) == (None, [], True)


def test_seeks_and_expansion_give_the_same_answers(readers: Readers, monkeypatch: pytest.MonkeyPatch) -> None:
    readers.load(WORLD)
    scope = readers._sessions.policy.resolve(VALUES["analyst"]).scope
    for types in (["HAS_IDENTIFIER"], ["MENTIONS", "AT"], ["LINKED_TO"], list(WALKABLE)):
        for most in (0, 1, 3, 200):
            found = []
            for name in ("steps", "steps_by_key"):
                rows = readers.graph.gateway.read(
                    lambda tx, name=name, types=types, most=most: tx.scoped(  # type: ignore[misc]
                        name, scope, nodes=VALUES["keys"], types=types, most=most
                    )
                )
                found.append({row["node"]: (row["over"], sorted(row["others"])) for row in rows})
            assert found[0] == found[1]
    answers: list[Subgraph] = []
    for entries, freely in ((seeking.SEEK_ENTRIES, seeking.SEEK_FREELY), (seeking.SEEK_ENTRIES, 0), (0, 0)):
        monkeypatch.setattr(seeking, "SEEK_ENTRIES", entries)
        monkeypatch.setattr(seeking, "SEEK_FREELY", freely)
        answers.append(readers.of(VALUES["analyst"], hub_degree=3).expand(VALUES["subject"], 4, WALKABLE))
    assert answers[0] == answers[1] == answers[2]


def test_identifiers_with_fewer_links_than_the_scope_has_entries_are_expanded(
    readers: Readers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hidden links count too: how long a walk takes hangs on them, what it finds does not."""
    b = Build()
    unit, other = b.unit("Unit"), b.unit("Other")
    me = b.user("Me")
    b.member(me, unit)
    own, hidden = (b.own((b.case(f"Case {one}", one, (one,)),)) for one in (unit, other))
    b.subject(b.own((b.case("Both", unit, (unit, other)),)))
    few, many = Key("email", "few@example.test"), Key("email", "many@example.test")
    for key, holders in ((few, 1), (many, 5)):
        b.identifier(own, b.subject(own), key)
        for _ in range(holders):
            b.identifier(hidden, b.subject(hidden), key)
    readers.load(b.world())
    keys = sorted([few.key, many.key])
    sight = Policy(readers.graph.gateway).resolve(me)
    entries = sight.scope.entries
    assert entries == 2

    def asked(tx: Transaction) -> list[str]:
        return sorted(seeking.sought(View(tx, sight, SystemSource()), keys))

    for freely, most, expected in ((100, 100, keys), (0, 100, [many.key]), (0, 0, [])):
        monkeypatch.setattr(seeking, "SEEK_FREELY", freely)
        monkeypatch.setattr(seeking, "SEEK_ENTRIES", most)
        assert readers.graph.gateway.read(asked) == expected
        hits = readers.of(me).search_identifier(
            [NormalisedIdentifier(IdentifierKind.EMAIL, key.value, key.key) for key in (few, many)]
        )
        assert len(hits.items) == 2


@pytest.mark.parametrize("start", ["subject", "case", "document", "event"])
def test_a_walk_may_start_at_any_record_and_names_each_node(readers: Readers, start: str) -> None:
    readers.load(WORLD)
    answer = readers.of(VALUES["agent"]).expand(VALUES[start], 3, WALKABLE)
    names = {node.name: (node.label, node.kind) for node in answer.nodes}
    assert names["N-001 Docks theft"] == ("Case", "criminal")
    assert names["Rosa Vega"] == ("Subject", "Person")
    assert names["Vehicle"] == ("Subject", "Vehicle")
    assert names["First report"] == ("Document", "report")
    assert names["Meeting at the pier"] == ("Event", "meeting")
    assert names["12 harbor road springfield"] == ("Identifier", "address")
    details = {(link.type, link.detail) for link in answer.links}
    assert details >= {
        ("SUBJECT_OF", "suspect"),
        ("LINKED_TO", "calls"),
        ("HAS_IDENTIFIER", "(202) 555-0143"),
        ("RELATED_TO", "follow-up: same pier"),
        ("INVOLVED_IN", "present"),
        ("FILED_IN", None),
    }


def test_a_links_source_is_told_to_who_sees_the_document(readers: Readers) -> None:
    readers.load(WORLD)
    for who, seen in (
        ("agent", {VALUES["documents"][0], VALUES["documents"][1]}),
        ("analyst", set(VALUES["documents"])),
    ):
        answer = readers.of(VALUES[who]).expand(VALUES["subject"], 4, WALKABLE)
        sources = {link.source for link in answer.links} - {None}
        assert sources <= seen
        assert VALUES["documents"][0] in sources
    # Ana is not on the wiretap's list: neither the recording nor what it says.
    assert VALUES["documents"][1] not in {node.id for node in answer.nodes}


def test_what_is_hidden_is_refused_as_what_is_absent(readers: Readers) -> None:
    town = Town("a-c b-c")
    readers.load(town.world)
    reader = readers.of(town.al)
    seen, hidden = town.ids["a"], town.ids["b"]
    for id in (hidden, ABSENT):
        for ask in (
            lambda id=id: reader.expand(id),
            lambda id=id: reader.neighbours(id),
            lambda id=id: reader.paths(id, seen),
            lambda id=id: reader.paths(seen, id),
            lambda id=id: reader.paths(id, id),
        ):
            with pytest.raises(NotFound) as refused:
                ask()
            assert str(refused.value) == str(NotFound())


@pytest.mark.parametrize(
    ("field", "asked"),
    [
        ("start", {"start": "7"}),
        ("start", {"start": ABSENT.upper().replace("0", "A")}),
        ("depth", {"depth": 0}),
        ("depth", {"depth": 5}),
        ("types", {"types": ()}),
        ("types", {"types": ("ASSIGNED_TO",)}),
        ("types", {"types": ("HAS_ATTRIBUTE",)}),
        ("limit", {"limit": 0}),
    ],
)
def test_expand_checks_its_input_first(readers: Readers, field: str, asked: dict[str, object]) -> None:
    readers.load(WORLD)
    with pytest.raises(InvalidInput) as refused:
        readers.of(VALUES["agent"]).expand(**{"start": ABSENT, **asked})  # type: ignore[arg-type]
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("field", "asked"),
    [("start", {"start": ""}), ("end", {"end": "x"}), ("bound", {"bound": 0}), ("bound", {"bound": 9})],
)
def test_paths_check_their_input_first(readers: Readers, field: str, asked: dict[str, object]) -> None:
    readers.load(WORLD)
    with pytest.raises(InvalidInput) as refused:
        readers.of(VALUES["agent"]).paths(**{"start": ABSENT, "end": ABSENT, **asked})  # type: ignore[arg-type]
    assert refused.value.field == field
