"""Each query file names what the example world has, and is valid Cypher that finds its start by an index."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from icmgraph.queries import catalogue
from icmgraph.queries.catalogue import Access, Query
from tests.worlds.example import WORLD, value
from tests.worlds.fixtures import graph as graph
from tests.worlds.loader import Graph

QUERIES = [query for query in catalogue.load().values() if query.access is not Access.SCHEMA]


def given(query: Query) -> dict[str, Any]:
    return {name: value(example) for name, example in query.example.items()}


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
def test_its_example_is_in_the_example_world(query: Query) -> None:
    assert set(given(query)) == set(query.params)


@pytest.fixture(scope="module")
def example(graph: Graph) -> Graph:
    graph.load(WORLD)
    return graph


def operators(plan: dict[str, Any]) -> Iterator[str]:
    yield plan["operatorType"].partition("@")[0]
    for child in plan.get("children", []):
        yield from operators(child)


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
def test_it_is_planned_without_a_scan_of_all_nodes(query: Query, example: Graph) -> None:
    scope = {"audiences": [1, 2], "visibilities": [1, 2], "me": value("$me")}
    plan = set(operators(example.gateway.explain(query.name, **given(query), **scope)))
    assert plan
    assert not plan & {"AllNodesScan", "PartitionedAllNodesScan", "StatefulShortestPath"}
