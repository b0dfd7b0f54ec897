"""Plans of the scoped queries on a real server: what is hidden is filtered where it is met, and seeks are seeks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from icmgraph.model.access import Scope
from icmgraph.queries import catalogue
from icmgraph.queries.catalogue import Access
from tests.conftest import small_neo4j
from tests.interference.test_queries import ROWS_ARE_A_SET
from tests.plans import steps
from tests.watchdog import guarded_folder
from tests.worlds.example import WORLD, value
from tests.worlds.loader import Graph

SCOPED = sorted(name for name, query in catalogue.load().items() if query.access is Access.SCOPED)
SIZES = (1, 10_000)
"""Entries in each list of a scope: they are sent as lists, and as bits."""


@pytest.fixture(scope="module")
def graph() -> Iterator[Graph]:
    """On a server that plans as an operator's does: the session's keeps plans when the graph has changed."""
    with guarded_folder() as home:
        at = small_neo4j(home).start()
        made = Graph.at(at.uri, at.user, at.password, at.database)
        yield made
        made.close()


def plan_of(graph: Graph, name: str, size: int) -> dict[str, Any]:
    query = catalogue.load()[name]
    given = {parameter: value(example) for parameter, example in query.example.items()}
    ids = tuple(range(size))
    return graph.gateway.explain(name, Scope(ids, ids, 1), **given)


EPOCH = ("NodeByLabelScan", "e:Epoch")


def planned(graph: Graph, name: str, size: int) -> list[tuple[str, str]]:
    return [step for step in steps(plan_of(graph, name, size)) if step != EPOCH]


@pytest.fixture(scope="module", params=["the example world", pytest.param("nothing yet", marks=pytest.mark.long)])
def world(graph: Graph, request: pytest.FixtureRequest) -> Graph:
    """What is there when a query is planned decides its plan, and a plan may stay: both must be good ones."""
    if request.param == "nothing yet":
        graph.clear()
    else:
        graph.load(WORLD)
    graph.run("CALL db.clearQueryCaches()")
    return graph


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", SCOPED)
def test_no_plan_reads_more_than_it_must(world: Graph, name: str, size: int) -> None:
    """No scan of all nodes, of a label or of a type, and no path search that was seen to run for minutes."""
    names = [operator for operator, _ in planned(world, name, size)]
    bad = {"Scan", "StatefulShortestPath", "CartesianProduct"}
    if name == "stands_in":  # the records that were named, and one case
        bad.remove("CartesianProduct")
    if name == "links_by_number" and not world.run("MATCH (n) RETURN n LIMIT 1"):
        # Asked of links that memory has read, so never of nothing; and planned anew as a graph grows.
        bad.remove("Scan")
    assert not [operator for operator in names if any(part in operator for part in bad)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", SCOPED)
def test_the_epoch_is_read_after_all_else(world: Graph, name: str, size: int) -> None:
    """For the one row that all others were collected in."""
    plan = plan_of(world, name, size)
    while plan["operatorType"].partition("@")[0] != "Apply":
        (plan,) = plan["children"]
    before, after = plan["children"]
    assert "EagerAggregation" in next(reversed(list(steps(before))))[0]
    assert EPOCH in steps(after)
    assert EPOCH not in steps(before)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", SCOPED)
def test_each_expansion_is_filtered_at_once(world: Graph, name: str, size: int) -> None:
    """Above it stands the filter by labels, before any limit, sort or aggregation; of an optional one, inside.

    Between the two a plan may keep the values that the filter reads (CacheProperties): the same rows, no more.
    """
    plan = [step for step in planned(world, name, size) if step[0] != "CacheProperties"]
    for at, (operator, details) in enumerate(plan):
        if "Expand" not in operator:
            continue
        if "Optional" not in operator:
            operator, details = plan[at + 1]
            assert operator == "Filter"
        assert "audience" in details
        assert "visibility" in details


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", SCOPED)
def test_no_plan_counts_or_calls_or_cuts_what_has_no_order(world: Graph, name: str, size: int) -> None:
    """No figure of the whole graph's statistics, no procedure; a limit without an order only of rows that are a set."""
    names = [operator for operator, _ in planned(world, name, size)]
    assert not [operator for operator in names if "CountStore" in operator or "ProcedureCall" in operator]
    if name not in ROWS_ARE_A_SET:
        assert "Limit" not in names


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("name", "types"), [("steps_by_key", 3), ("search_identifier", 1)])
def test_identifiers_are_sought_by_key_and_label(world: Graph, name: str, types: int, size: int) -> None:
    """The composite indexes, both halves: never all holders of a key, never all of a label."""
    seeks = [details for operator, details in planned(world, name, size) if operator == "DirectedRelationshipIndexSeek"]
    for label in ("audience", "visibility"):
        assert sum(f"(key, {label})" in details for details in seeks) == types
    assert len(seeks) == 2 * types


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("name", "indexes"),
    [
        ("name_hits", {"key, audience": 1 + 1, "key, visibility": 1}),
        ("name_holders", {"key, audience": 1 + 1, "key, visibility": 1}),
        ("names_held", {"key, audience": 1 + 1, "key, visibility": 1}),
        ("names_like", {"key, audience": 1 + 2, "key, visibility": 1, "audience, key": 1, "visibility, key": 1}),
        ("names_beginning", {"key, audience": 0 + 1, "audience, key": 1, "visibility, key": 1}),
    ],
)
def test_names_are_sought_by_key_and_label(world: Graph, name: str, indexes: dict[str, int], size: int) -> None:
    """Equality by (key, label), beginnings by (label, key): never the names that others hold under a key; and, added
    here, the ranges of keys that are read where that is shorter."""
    seeks = [details for operator, details in planned(world, name, size) if operator == "NodeIndexSeek"]
    found = {index: sum(f"({index})" in details for details in seeks) for index in indexes}
    # Now and then a range is planned as an equality and a range: as much is read.
    found["key, audience"] = min(found["key, audience"], indexes["key, audience"])
    assert found == indexes
    assert all(any(f"({index})" in details for index in indexes) for details in seeks)


def test_deconfliction_seeks_names_by_key(world: Graph) -> None:
    seeks = [details for operator, details in planned(world, "name_matches", 0) if operator == "NodeIndexSeek"]
    assert len(seeks) == 1
    assert "(key, audience) WHERE key = key" in seeks[0]
