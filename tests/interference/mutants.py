"""Would the sweep notice? Breaks each query, one place at a time, and lists what lived.

For every file that a person's request may run: each predicate made true and turned round, each ORDER BY and each start
at ``$me`` taken out, each node label taken off. A mutant is killed by a random world on which it answers
otherwise than the query does on what the person sees of that world, which the oracle holds right (test_reads.py).
"""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Iterator
from dataclasses import replace

from icmgraph.local_neo4j import Connection
from icmgraph.queries import catalogue
from icmgraph.queries.catalogue import VISIBLE, Access, Query
from icmgraph.queries.gateway import Gateway
from tests.interference.asking import Asking, parameters
from tests.interference.sight import restrict
from tests.interference.test_queries import answers
from tests.worlds.loader import Graph
from tests.worlds.strategies import CHOICES, made_of

PLANNING_S = 900
"""For the first world, on which hundreds of queries are planned."""

CLOSURE = "the relationships that it starts are visible only if it is (invariant I2)"
ONE_LABEL = "NameKey, KEY_OF, HAS_ATTRIBUTE and Attribute carry one label; the other predicates hold"
SORTED_BEFORE = "the rows were put in this order just before, for the LIMIT"
MEMBERSHIP = "a membership needs no more than its two ends, which the other predicates show to be visible"
ONE_ROLE = "these worlds have a subject in a case's file in one role only"
ONE_ROW = "at most one row"
BY_INDEX = "the index that finds them gives them by id, whatever else it holds"
AS_ASKED = "rows come in the order of the ids asked for, which the caller sorts"

EQUIVALENT = {
    "case_file: predicate 1": CLOSURE,
    "export_records: predicate 1": CLOSURE,
    "export_links: predicate 1": CLOSURE,
    "export_links: predicate 2": MEMBERSHIP,
    "export_links: predicate 4": MEMBERSHIP,
    "export_records: predicate 3": MEMBERSHIP,
    "export_records: order 2": ONE_ROLE,
    "subject_attributes: predicate 1": CLOSURE,
    "subject_identifiers: predicate 1": CLOSURE,
    "name_hits: predicate 1": ONE_LABEL,
    "name_hits: predicate 2": ONE_LABEL,
    "name_hits: predicate 3": ONE_LABEL,
    **{f"names_like: predicate {number}": ONE_LABEL for number in range(1, 5)},
    **{f"names_beginning: predicate {number}": ONE_LABEL for number in range(1, 4)},
    "names_like: order 2": SORTED_BEFORE,
    "case_file: order 3": SORTED_BEFORE,
    "export_records: order 5": SORTED_BEFORE,
    "name_hits: order 3": SORTED_BEFORE,
    "neighbours: order 2": SORTED_BEFORE,
    "search_identifier: order 3": SORTED_BEFORE,
    "sees_assertion: order 1": ONE_ROW,
    "nodes: order 2": AS_ASKED,
    "sees_documents: order 1": BY_INDEX,
}
"""Mutants that answer as the query does, and why."""

_ORDER = re.compile(r"\bORDER BY [^\n}]*?(?= LIMIT|\n|$)")
_ME = re.compile(r"\{id: \$me\}")
_LABEL = re.compile(r"\((\w*):[A-Z]\w*(?:\|[A-Z]\w*)*")
_HINT = re.compile(r"USING INDEX (SEEK )?\w+:\w+\(\w+, \w+\)\s*")


def mutants(query: Query) -> Iterator[Query]:
    """Queries that differ from this one in one place; their names say in which."""
    for number, found in enumerate(VISIBLE.finditer(query.text), start=1):
        # The parameters stay in the text, so that it still takes them; a hint asks for the index that is not used.
        for kind, instead in (("predicate", f"(true OR {found[0]})"), ("not", f"(NOT ({found[0]}))")):
            text = query.text[: found.start()] + instead + query.text[found.end() :]
            yield replace(query, name=f"{query.name}: {kind} {number}", text=_HINT.sub("", text))
    for kind, pattern, instead in (("order", _ORDER, ""), ("me", _ME, "// $me\n"), ("label", _LABEL, r"(\1")):
        for number, found in enumerate(pattern.finditer(query.text), start=1):
            text = query.text[: found.start()] + found.expand(instead) + query.text[found.end() :]
            if kind == "label":
                text = _HINT.sub("", text)
            yield replace(query, name=f"{query.name}: {kind} {number}", text=text)


def survivors(graph: Graph, whole: dict[str, Query], alive: list[Query], rounds: int) -> list[Query]:
    """Those that no random world has killed."""
    for seed in range(rounds):
        world = made_of(random.Random(seed).randbytes(CHOICES))
        me = world.users[0].id
        asking = Asking(world, random.Random(seed), me)
        drawn = [(query, parameters(query, asking)) for query in alive for _ in range(3)]
        right = [(whole[query.name.partition(":")[0]], given) for query, given in drawn]
        expected = answers(graph, restrict(world, me), me, right, seed, PLANNING_S)
        found = answers(graph, world, me, drawn, seed + 1, PLANNING_S)
        killed = {q.name for (q, _), one, other in zip(drawn, found, expected, strict=True) if one != other}
        alive = [query for query in alive if query.name not in killed]
        print(f"{seed + 1} worlds: {len(alive)} alive", file=sys.stderr, flush=True)
        if not {query.name for query in alive} - EQUIVALENT.keys():
            break
    return alive


def run(where: Connection, rounds: int = 150) -> tuple[int, list[str], list[str]]:
    """How many mutants there were, and the names of those that lived: equivalent, unexplained. Erases the graph."""
    whole = dict(catalogue.load())
    made = [m for q in whole.values() if q.access in (Access.SCOPED, Access.PERSONAL) for m in mutants(q)]
    broken = {**whole, **{mutant.name: mutant for mutant in made}}
    graph = Graph.at(where.uri, where.user, where.password, where.database)
    try:
        gateway = Gateway(where.uri, where.user, where.password, where.database, broken)
        alive = {mutant.name for mutant in survivors(replace(graph, gateway=gateway), whole, made, rounds)}
        gateway.close()
    finally:
        graph.close()
    return len(made), sorted(alive & EQUIVALENT.keys()), sorted(alive - EQUIVALENT.keys())
