"""The checker of invariants: silent on what the product wrote, and loud on each thing that is broken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import pytest

from icmgraph.queries import catalogue, invariants
from icmgraph.queries.gateway import Transaction
from tests.integration.imports import KEY, empty, import_set
from tests.worlds.example import build
from tests.worlds.fixtures import graph as graph
from tests.worlds.loader import Graph

T = TypeVar("T")


@pytest.fixture(scope="module")
def imported(graph: Graph, tmp_path_factory: pytest.TempPathFactory) -> Graph:
    empty(graph)
    import_set(graph, tmp_path_factory.mktemp("invariants"))
    return graph


ANY = "WITH n ORDER BY n.id LIMIT 1"
REL = "WITH r ORDER BY r.id LIMIT 1"

BROKEN = [
    # (what is broken, the statement, the rule that must speak)
    ("an own", f"MATCH (n:Subject) {ANY} REMOVE n.cases", "I1 own is there"),
    ("an empty own", f"MATCH (n:Event) {ANY} SET n.cases = []", "I1 own is there"),
    ("a visibility", f"MATCH (n:Attribute) {ANY} REMOVE n.visibility", "I1 visibility and audience are there"),
    ("an audience", f"MATCH ()-[r:AT]->() {REL} REMOVE r.audience", "I1 visibility and audience are there"),
    ("a wrong audience", f"MATCH (n:Entry) {ANY} SET n.audience = 4711", "I1 audience is that of the visibility"),
    (
        "a visibility of another case",
        f"MATCH (n:Event) {ANY} MATCH (o:Event) WHERE o.visibility <> n.visibility WITH n, o LIMIT 1 "
        "SET n.visibility = o.visibility, n.audience = o.audience",
        "I1 visibility is that of own",
    ),
    (
        "a relationship opener than its end",
        "MATCH (s:Subject)-[r:SAME_AS]->() MATCH (s)-[:SUBJECT_OF]->(c:Case) WITH r, c ORDER BY r.id LIMIT 1 "
        "SET r.visibility = c.visibility, r.audience = c.audience",
        "I2 closure",
    ),
    (
        "a name key opener than its name",
        "MATCH (k:NameKey)-[:KEY_OF]->(a) MATCH (v:Visibility) WHERE v.id <> a.visibility "
        "WITH k, v ORDER BY k.id LIMIT 1 SET k.visibility = v.id, k.audience = v.audience",
        "I1 visibility is that of own",
    ),
    ("two asserting cases", f"MATCH (n:Subject) {ANY} SET n.cases = n.cases + 'another'", "I5 one asserting case"),
    (
        "a case asserted by another",
        "MATCH (n:Case) MATCH (o:Case) WHERE o <> n WITH n, o ORDER BY n.id, o.id LIMIT 1 SET n.cases = [o.id]",
        "I5 a case asserts itself",
    ),
    (
        "an event of a case that does not assert it",
        "MATCH (e:Event)-[r:PART_OF]->(c:Case) MATCH (o:Case) WHERE o <> c WITH e, r, o, properties(r) AS said "
        "ORDER BY r.id LIMIT 1 DELETE r CREATE (e)-[n:PART_OF]->(o) SET n = said",
        "I5 asserted by the case it stands in",
    ),
    (
        "an openness that was not relabelled",
        "MATCH (c:Case) MATCH (t:Unit) WHERE NOT (c)-[:OPEN_TO]->(t) WITH c, t ORDER BY c.id, t.id LIMIT 1 "
        "CREATE (c)-[:OPEN_TO]->(t)",
        "I1 audience is that of openness",
    ),
    (
        "an audience of nobody for an open case",
        "MATCH (v:Visibility) WITH v ORDER BY v.id LIMIT 1 SET v.audience = 0",
        "I1 audience is that of openness",
    ),
    (
        "a clause without a case",
        "MATCH (v:Visibility) WITH v ORDER BY v.id LIMIT 1 SET v.expression = v.expression + ' | caveat:x'",
        "I6 every clause holds a case",
    ),
    (
        "a digest",
        "MATCH (v:Visibility) WITH v ORDER BY v.id LIMIT 1 SET v.digest = 'x'",
        "I1 expression is canonical",
    ),
    (
        "a tie of an expression",
        "MATCH (v:Visibility)-[r:REQUIRES]->() WITH v, r ORDER BY v.id LIMIT 1 DELETE r",
        "I1 expression is tied to its cases and caveats",
    ),
    (
        "a caveat of the case that its records lack",
        "MATCH (c:Case) WITH c ORDER BY c.id LIMIT 1 SET c.caveats = ['w']",
        "I1 own holds the case's caveats",
    ),
    (
        "an identifier that counts",
        "MATCH (i:Identifier) WITH i ORDER BY i.key LIMIT 1 SET i.holders = 3",
        "I3 an identifier holds what its key tells",
    ),
    (
        "an identifier with a label",
        "MATCH (i:Identifier) WITH i ORDER BY i.key LIMIT 1 SET i.visibility = 1",
        "I3 an identifier holds what its key tells",
    ),
    ("a key", f"MATCH ()-[r:HAS_IDENTIFIER]->() {REL} SET r.key = 'x'", "I1 key is the identifier's"),
    ("the name of a key", f"MATCH (n:NameKey) {ANY} SET n.name = 'x'", "I1 a key of a name says the name"),
    ("what a key's name is of", f"MATCH (n:NameKey) {ANY} REMOVE n.kind", "I1 a key of a name says the name"),
    (
        "the spelling of a key",
        "MATCH ()-[r:SPELLED]->() WITH r LIMIT 1 DELETE r",
        "I1 a key of a name says the name",
    ),
    (
        "another spelling than the name",
        "MATCH ()-[:SPELLED]->(p) WITH p LIMIT 1 SET p.name = 'x'",
        "I1 a key of a name says the name",
    ),
    (
        "a spelling of a whole name",
        "MATCH (n:NameKey) WHERE NOT n.key STARTS WITH 'w:' WITH n LIMIT 1 CREATE (n)-[:SPELLED]->(:Spelling)",
        "I1 a key of a name says the name",
    ),
    ("an id", f"MATCH (n:Subject) {ANY} REMOVE n.id", "I1 id is there"),
    ("the id of a relationship", f"MATCH ()-[r:KEY_OF]->() {REL} REMOVE r.id", "I1 id is there"),
    (
        "an attribute of nobody",
        "MATCH (n:Attribute)<-[r:HAS_ATTRIBUTE]-() WITH r ORDER BY r.id LIMIT 1 DELETE r",
        "I1 Attribute hangs on one record",
    ),
]


def test_what_the_product_wrote_holds(imported: Graph) -> None:
    result = invariants.check(imported.gateway, KEY)
    assert result.violations == {}
    assert result.checked["Case"] == 5
    assert result.checked["SAME_AS"] == 3


@dataclass
class Undone:
    """Reads inside a transaction that is rolled back."""

    tx: Transaction

    def read(self, work: Callable[[Transaction], T]) -> T:
        return work(self.tx)


@pytest.mark.parametrize(("statement", "rule"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN])
def test_each_break_is_found(imported: Graph, statement: str, rule: str) -> None:
    with imported.driver.session(database=imported.database) as session, session.begin_transaction() as tx:
        assert tx.run(statement).consume().counters.contains_updates
        result = invariants.check(Undone(Transaction(tx, catalogue.load())), KEY)
        tx.rollback()
    assert rule in result.violations
    assert result.first[rule]
    assert not result.ok


def test_the_example_world_holds(graph: Graph) -> None:
    world, _ = build()
    graph.load(world)
    assert invariants.check(graph.gateway, KEY).violations == {}
