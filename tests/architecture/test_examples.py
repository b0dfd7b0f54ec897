"""Each query file names what the example world has, and is valid Cypher that finds its start by an index."""

from __future__ import annotations

from typing import Any

import pytest

from icmgraph.queries import catalogue
from icmgraph.queries.catalogue import Access, Query
from icmgraph.queries.gateway import GIVEN, in_one
from tests.plans import STATISTICS, operators, steps
from tests.worlds.example import WORLD, value
from tests.worlds.fixtures import graph as graph
from tests.worlds.loader import Graph

BY_NUMBER = {"catch_up"}
"""Where the server scans, or seeks, by how many are sought: of a list in a map it does not know that."""
QUERIES = [query for query in catalogue.load().values() if query.access is not Access.SCHEMA]


def given(query: Query) -> dict[str, Any]:
    return {name: value(example) for name, example in query.example.items()}


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
def test_its_example_is_in_the_example_world(query: Query) -> None:
    assert set(given(query)) == set(query.params)


@pytest.fixture(scope="module")
def example(graph: Graph) -> Graph:
    graph.load(WORLD)
    graph.run(STATISTICS)  # else they change between two plans that are compared
    return graph


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
def test_it_is_planned_without_a_scan_of_all_nodes(query: Query, example: Graph) -> None:
    scope = {"audiences": [1, 2], "visibilities": [1, 2], "me": value("$me")}
    plan = operators(example.gateway.explain(query.name, **given(query), **scope))
    assert plan
    assert not plan & {"AllNodesScan", "PartitionedAllNodesScan", "StatefulShortestPath"}


def seeks(graph: Graph, text: str, given: dict[str, Any]) -> set[str]:
    with graph.driver.session(database=graph.database) as session:
        plan = session.run("EXPLAIN " + text, given).consume().plan
    return {details.partition(" WHERE ")[0] for name, details in steps(dict(plan or {})) if "Seek" in name}


@pytest.mark.long
@pytest.mark.parametrize(
    "query",
    [one for one in QUERIES if one.access is not Access.SCOPED and one.name not in BY_NUMBER],
    ids=lambda query: query.name,
)
def test_parameters_in_one_map_are_sought_by(query: Query, example: Graph) -> None:
    """As those that are sent alone. Of two things that equal one entry of the map, the server makes that they equal
    each other, and of one of them no longer that it equals the entry. (Scoped queries' plans have tests of their own.)
    """
    values = {**given(query), "audiences": [1, 2], "visibilities": [1, 2], "me": value("$me")}
    alone, in_map = seeks(example, query.text, values), seeks(example, in_one(query.text), {GIVEN: values})
    if alone != in_map:  # the server looked at what indexes hold between the two
        example.run(STATISTICS)
        alone, in_map = seeks(example, query.text, values), seeks(example, in_one(query.text), {GIVEN: values})
    assert alone == in_map
