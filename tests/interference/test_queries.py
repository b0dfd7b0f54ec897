"""Every query file that a person's request may run answers the same on the whole world and on what they see of it.

The sweep is over the catalogue: a new file is asked as soon as it exists, and fails here if nothing knows how.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from icmgraph.model.access import Scope
from icmgraph.queries import catalogue
from icmgraph.queries.catalogue import Access, Query
from icmgraph.queries.gateway import Transaction
from icmgraph.queries.policy import Policy
from tests.interference.asking import INTERNAL, Asking, parameters, told
from tests.interference.laws import law
from tests.interference.sight import restrict
from tests.interference.system import same, send_as
from tests.worlds.loader import Graph
from tests.worlds.strategies import worlds
from tests.worlds.world import World

SWEPT = [q for q in catalogue.load().values() if q.access in (Access.SCOPED, Access.PERSONAL)]

TIMES = 3
"""Calls of each query in one world."""

ROWS_ARE_A_SET = {
    "steps": "a layer's neighbours; explore.py puts them in a set",
    "steps_by_key": "the same",
    "name_holders": "connections.py puts them in a set",
}
"""Queries whose rows have no order, and why nobody can tell."""

CUT_AFTERWARDS = {"history": {"content"}}
"""Columns that queries/history.py cuts before they leave; what leaves is compared in test_reads.py."""

Question = tuple[Query, dict[str, Any]]


def ask(tx: Transaction, scope: Scope, me: str, questions: Iterable[Question]) -> list[Any]:
    answers: list[Any] = []
    last = tx.control("memory_bounds")[0]["links"]
    for query, given_ in questions:
        given_ = {name: list(range(last + 1)) if one is INTERNAL else one for name, one in given_.items()}
        if query.access is Access.SCOPED:
            rows = tx.scoped(query.name, scope, **given_)
        else:
            rows = tx.personal(query.name, me, **given_)
        rows = [{k: v for k, v in row.items() if k not in CUT_AFTERWARDS.get(query.name, ())} for row in rows]
        answers.append(_as_set(rows) if query.name.partition(":")[0] in ROWS_ARE_A_SET else rows)
    return answers


def _as_set(rows: list[dict[str, Any]]) -> list[Any]:
    plain = ({k: sorted(v) if isinstance(v, list) else v for k, v in row.items()} for row in rows)
    return sorted(plain, key=repr)


def answers(graph: Graph, me: str, questions: Iterable[Question], timeout: float = 300) -> list[Any]:
    """On what the database holds."""
    scope = Policy(graph.gateway).resolve(me).scope
    # Some personal queries write (a mark, a lock); nothing of it stays.
    # A minute and more: each query is planned anew for each shape of its lists (none, one, several).
    return graph.gateway.rolled_back(lambda tx: ask(tx, scope, me, questions), timeout=timeout)


@law(15)
@given(worlds, st.integers(0, 999))
def test_every_query_answers_from_what_is_visible(graph: Graph, world: World, seed: int) -> None:
    me = world.users[0].id
    asking = Asking(world, random.Random(seed), me)
    questions = [(query, parameters(query, asking)) for query in SWEPT for _ in range(TIMES)]
    graph.load(world, seed=seed)
    send_as(seed)
    full = answers(graph, me, questions)
    graph.load(restrict(world, me), seed=seed + 1)
    send_as(seed + 1)
    less = answers(graph, me, questions)
    same(world, me, [told(query.name, given_) for query, given_ in questions], full, less, "on what is visible of it")


@law(5)
@given(worlds)
def test_walking_identifiers_by_seek_and_by_expansion_is_one(graph: Graph, world: World) -> None:
    me = world.users[0].id
    graph.load(world)
    asking = Asking(world, random.Random(0), me)
    catalogued = catalogue.load()
    for types in (asking.types, asking.types):
        given_ = {"nodes": asking.keys, "types": types, "most": asking.one((0, 1, 2, 50))}
        questions = [(catalogued["steps"], given_), (catalogued["steps_by_key"], given_)]
        by_node, by_key = answers(graph, me, questions)
        # A key at which nothing is visible may have a row that says so, or none.
        assert [row for row in by_node if _says(row)] == [row for row in by_key if _says(row)], str(world)


def _says(row: dict[str, Any]) -> bool:
    return bool(row["over"] or row["others"])
