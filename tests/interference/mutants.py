"""Would the sweep notice? Breaks each query, one place at a time, and lists what lived.

For every file that a person's request may run: each predicate made true, turned round, and moved out of its pattern,
each ORDER BY and each start at ``$me`` taken out. A mutant is killed by a random world on which it answers otherwise
than the query does on what the person sees of that world, which the oracle holds right (test_reads.py); or, moved, by
the catalogue, which does not load it.
"""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Iterator
from dataclasses import replace

from icmgraph.local_neo4j import Connection
from icmgraph.model.records import WALKABLE
from icmgraph.queries import catalogue
from icmgraph.queries.catalogue import LABEL_HINT, VISIBLE, Access, Query
from icmgraph.queries.gateway import Gateway
from tests.interference.asking import Asking, parameters
from tests.interference.sight import restrict
from tests.interference.test_queries import TIMES, Question, answers
from tests.worlds.loader import Graph
from tests.worlds.strategies import CHOICES, made_of

WHOLE_FIRST = 12
"""Worlds that are not torn: they kill most."""
PLANNING_S = 900
"""For the first world, on which hundreds of queries are planned."""

SORTED_BEFORE = "the rows were put in this order just before, for the LIMIT"
ONE_ROW = "at most one row"
BY_INDEX = "the index that finds them gives them by id, whatever else it holds"
AS_ASKED = "rows come in the order of the ids asked for, which the caller sorts"

LOCK = "it is locked there; what is read says whose it is"

EQUIVALENT = {
    "asked_since: me 1": LOCK,
    "case_file: order 3": SORTED_BEFORE,
    "export_records: order 5": SORTED_BEFORE,
    "names_held: order 4": SORTED_BEFORE,
    "neighbours: order 2": SORTED_BEFORE,
    "search_identifier: order 3": SORTED_BEFORE,
    "sees_assertion: order 1": ONE_ROW,
    "nodes: order 2": AS_ASKED,
    "sees_documents: order 1": BY_INDEX,
}
"""Mutants that answer as the query does, and why."""

TORN = {
    **{label: f"(x:{label})" for label in ("Case", "Subject", "Document", "Event", "Entry", "Attribute", "NameKey")},
    **{type: f"()-[x:{type}]->()" for type in (*WALKABLE, "HAS_ATTRIBUTE", "KEY_OF", "ABOUT")},
}
"""What is hidden alone, in worlds that the product never makes. There the predicates that the closure of labels makes
superfluous (invariant I2) have each its own effect."""

_ORDER = re.compile(r"\bORDER BY [^\n}]*?(?= LIMIT|\n|$)")
_ME = re.compile(r"\{(?:id|by): \$me\}")
_MADE_HINT = re.compile(r" USING INDEX \w+:MADE\(by, at\)")


def mutants(query: Query) -> Iterator[Query]:
    """Queries that differ from this one in one place; their names say in which."""
    for number, found in enumerate(VISIBLE.finditer(query.text), start=1):
        # The parameters stay in the text, so that it still takes them; a hint asks for the index that is not used.
        for kind, instead in (("predicate", f"(true OR {found[0]})"), ("not", f"(NOT ({found[0]}))")):
            text = query.text[: found.start()] + instead + query.text[found.end() :]
            yield replace(query, name=f"{query.name}: {kind} {number}", text=LABEL_HINT.sub("", text))
    for kind, pattern, instead in (("order", _ORDER, ""), ("me", _ME, "// $me\n")):
        for number, found in enumerate(pattern.finditer(query.text), start=1):
            text = query.text[: found.start()] + instead + query.text[found.end() :]
            yield replace(query, name=f"{query.name}: {kind} {number}", text=_MADE_HINT.sub("", text))


def moved(query: Query) -> Iterator[Query]:
    """The query with each predicate on a relationship behind its pattern: there it filters what was met already."""
    for number, found in enumerate(VISIBLE.finditer(query.text), start=1):
        before, rest = query.text[: found.start()], query.text[found.end() :]
        if before.endswith(" WHERE ") and rest.startswith("]"):
            line, _, later = rest.partition("\n")
            text = f"{before.removesuffix(' WHERE ')}{line}\nWITH * WHERE {found[0]}\n{later}"
            yield replace(query, name=f"{query.name}: moved {number}", text=text)


def loads(query: Query) -> bool:
    try:
        catalogue.check_text(query, query.name)
    except catalogue.BadQueryFile:
        return False
    return True


def survivors(graph: Graph, whole: dict[str, Query], alive: list[Query], rounds: int) -> list[Query]:
    """Those that no random world has killed."""
    for seed in range(rounds if alive else 0):
        world = made_of(random.Random(seed).randbytes(CHOICES))
        me = world.users[0].id
        asking = Asking(world, random.Random(seed), me)
        times = max(TIMES, min(20 * TIMES, 360 // len(alive)))
        drawn = [(query, parameters(query, asking)) for query in alive for _ in range(times)]
        right = [(whole[query.name.partition(":")[0]], given) for query, given in drawn]
        graph.load(restrict(world, me), seed=seed)
        expected = answers(graph, me, right, PLANNING_S)
        graph.load(world, seed=seed + 1)
        found = answers(graph, me, drawn, PLANNING_S)
        alive = _but(alive, {q.name for (q, _), one, other in zip(drawn, found, expected, strict=True) if one != other})
        if seed >= WHOLE_FIRST:
            rng = random.Random(seed)
            unexplained = [query.text for query in alive if query.name not in EQUIVALENT]
            named = [what for name, what in TORN.items() if any(re.search(rf"\b{name}\b", t) for t in unexplained)]
            digits = "".join(rng.sample("0123456789abcdef", rng.choice((8, 16))))
            alive = _but(alive, torn_apart(graph, me, drawn, right, rng.choice(named), digits) if named else set())
        print(f"{seed + 1} worlds: {len(alive)} alive", file=sys.stderr, flush=True)
        if not {query.name for query in alive} - EQUIVALENT.keys():
            break
    return alive


def torn_apart(graph: Graph, me: str, drawn: list[Question], right: list[Question], what: str, digits: str) -> set[str]:
    """Names of mutants that answer from what is hidden on its own, where the query answers as if it were not there.

    Hidden is what has an id that ends with one of these digits: all of it, or half.
    """
    some = f"MATCH {what} WHERE right(x.id, 1) IN split($digits, '')"
    graph.run(f"{some} SET x.audience = 0, x.visibility = 0", digits=digits)
    found, torn = (answers(graph, me, questions, PLANNING_S) for questions in (drawn, right))
    graph.run(f"{some} {'DETACH ' if what.startswith('(x') else ''}DELETE x", digits=digits)
    without = answers(graph, me, right, PLANNING_S)
    every = zip(drawn, found, torn, without, strict=True)
    return {query.name for (query, _), one, whole, gone in every if whole == gone != one}


def _but(alive: list[Query], killed: set[str]) -> list[Query]:
    return [query for query in alive if query.name not in killed]


def run(where: Connection, part: slice, rounds: int = 300) -> tuple[int, list[str], list[str]]:
    """How many mutants this part of them has, and which lived: equivalent, unexplained. Erases the graph."""
    whole = dict(catalogue.load())
    asked = [query for query in whole.values() if query.access in (Access.SCOPED, Access.PERSONAL)]
    made = [mutant for query in asked for mutant in mutants(query)][part]
    out_of_place = [mutant for query in asked for mutant in moved(query)][part]
    broken = {**whole, **{mutant.name: mutant for mutant in made}}
    graph = Graph.at(where.uri, where.user, where.password, where.database)
    try:
        gateway = Gateway(where.uri, where.user, where.password, where.database, broken)
        alive = {mutant.name for mutant in survivors(replace(graph, gateway=gateway), whole, made, rounds)}
        gateway.close()
    finally:
        graph.close()
    alive |= {mutant.name for mutant in out_of_place if loads(mutant)}
    found = len(made) + len(out_of_place), sorted(alive & EQUIVALENT.keys()), sorted(alive - EQUIVALENT.keys())
    print("alive:", *found[2], sep="\n  ", file=sys.stderr, flush=True)
    return found
