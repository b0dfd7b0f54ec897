"""The way to a Neo4j in a container, once: it comes up, takes the schema, and answers each person their own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from icmgraph.local_neo4j import Connection, LocalNeo4j
from tests.container import neo4j_container
from tests.integration.readers import Readers
from tests.worlds.example import VALUES, WORLD
from tests.worlds.loader import Graph


@pytest.fixture
def contained(
    request: pytest.FixtureRequest, small_server: Callable[..., LocalNeo4j], tmp_path: Path
) -> Iterator[Connection]:
    """The session's Neo4j if that is in a container, else one for this test."""
    if os.environ.get("ICM_TEST_NEO4J") == "container":
        yield request.getfixturevalue("neo4j_connection")
    else:
        with neo4j_container(small_server(tmp_path)) as connection:
            yield connection


@pytest.mark.long
def test_scoped_reads(contained: Connection, tmp_path: Path) -> None:
    at = contained
    assert at.uri.startswith("bolt://127.0.0.1:")
    graph = Graph.at(at.uri, at.user, at.password, at.database)
    readers = Readers.on(graph, tmp_path)
    try:
        readers.load(WORLD)
        agent, analyst = readers.of(VALUES["agent"]), readers.of(VALUES["analyst"])
        assert [card.number for card in agent.cases(None, 50).items] == ["N-001", "N-004"]
        assert [card.number for card in analyst.cases(None, 50).items] == ["N-001", "N-002", "N-004"]
        rosa, vega, _ = VALUES["subjects"]
        assert vega in {node.id for node in analyst.expand(rosa, 2).nodes}
        assert vega not in {node.id for node in agent.expand(rosa, 2).nodes}
    finally:
        readers.audit.close()
        graph.close()
