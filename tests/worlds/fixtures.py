"""Fixtures over the session's Neo4j; a folder's conftest imports what it needs (``from ... import graph``)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from icmgraph.local_neo4j import Connection
from tests.worlds.loader import Graph


@pytest.fixture(scope="session")
def graph(neo4j_connection: Connection) -> Iterator[Graph]:
    """The session's database, wiped, with the schema applied. Each test loads the world it needs."""
    at = neo4j_connection
    found = Graph.at(at.uri, at.user, at.password, at.database)
    try:
        yield found
    finally:
        found.close()
