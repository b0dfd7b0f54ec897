"""Would the sweep notice? ``python -m tests.interference.mutants`` breaks each query and lists what it let live.

For every file that a person's request may run: each predicate made true, each ORDER BY taken out, each start at
``$me`` taken out, one at a time. A mutant is killed by a random world on which it answers differently on the whole
and on what the person sees. Some minutes; needs a Neo4j (``ICM_NEO4J_URI``), WHICH IT ERASES. Exits 1
if a mutant lives that is not in ``EQUIVALENT``.
"""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from icmgraph.local_neo4j import connection
from icmgraph.queries import catalogue
from icmgraph.queries.catalogue import VISIBLE, Access, Query
from icmgraph.queries.gateway import Gateway
from icmgraph.queries.policy import Policy
from icmgraph.settings import Settings
from tests.interference.asking import Asking, parameters
from tests.interference.sight import restrict
from tests.interference.test_queries import Question, ask
from tests.worlds.loader import Graph
from tests.worlds.strategies import CHOICES, made_of

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
_HINT = re.compile(r"USING INDEX (SEEK )?\w+:\w+\(\w+, \w+\)\s*")


def mutants(query: Query) -> Iterator[Query]:
    """Queries that differ from this one in one place; their names say in which."""
    for number, found in enumerate(VISIBLE.finditer(query.text), start=1):
        # The parameters stay in the text, so that it still takes them; a hint asks for the index that is not used.
        text = query.text[: found.start()] + f"(true OR {found[0]})" + query.text[found.end() :]
        yield replace(query, name=f"{query.name}: predicate {number}", text=_HINT.sub("", text))
    for kind, pattern, instead in (("order", _ORDER, ""), ("me", _ME, "// $me\n")):
        for number, found in enumerate(pattern.finditer(query.text), start=1):
            text = query.text[: found.start()] + instead + query.text[found.end() :]
            yield replace(query, name=f"{query.name}: {kind} {number}", text=text)


def survivors(graph: Graph, alive: list[Query], rounds: int) -> list[Query]:
    """Those that no random world has killed."""
    for seed in range(rounds):
        world = made_of(random.Random(seed).randbytes(CHOICES))
        me = world.users[0].id
        asking = Asking(world, random.Random(seed), me)
        questions: list[Question] = [(query, parameters(query, asking)) for query in alive for _ in range(3)]
        answers = []
        for part, order in ((world, seed), (restrict(world, me), seed + 1)):
            graph.load(part, seed=order)
            scope = Policy(graph.gateway).resolve(me).scope
            asked = partial(ask, scope=scope, me=me, questions=questions)
            answers.append(graph.gateway.rolled_back(asked, timeout=600))
        killed = {q.name for (q, _), one, other in zip(questions, *answers, strict=True) if one != other}
        alive = [query for query in alive if query.name not in killed]
        print(f"{seed + 1} worlds: {len(alive)} alive", file=sys.stderr)
        if not {query.name for query in alive} - EQUIVALENT.keys():
            break
    return alive


def main(rounds: int = 300) -> int:
    whole = catalogue.load()
    made = [m for q in whole.values() if q.access in (Access.SCOPED, Access.PERSONAL) for m in mutants(q)]
    where = connection(Settings())
    broken = {**whole, **{mutant.name: mutant for mutant in made}}
    graph = Graph.at(where.uri, where.user, where.password, where.database)
    try:
        gateway = Gateway(where.uri, where.user, where.password, where.database, broken)
        alive = survivors(replace(graph, gateway=gateway), made, rounds)
        gateway.close()
    finally:
        graph.close()
    unexplained = sorted({mutant.name for mutant in alive} - EQUIVALENT.keys())
    print(f"{len(made)} mutants, {len(made) - len(alive)} killed, {len(alive) - len(unexplained)} equivalent")
    print("\n".join(unexplained))
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
