from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.interference.served import Served, serving_on
from tests.interference.system import System, system_on
from tests.worlds.fixtures import graph
from tests.worlds.loader import Graph

__all__ = ["graph"]


@pytest.fixture(scope="module")
def system(graph: Graph) -> Iterator[System]:
    """The product's sessions over the database."""
    with system_on(graph) as found:
        yield found


@pytest.fixture(scope="module")
def served(graph: Graph) -> Iterator[Served]:
    """The application over the database."""
    with serving_on(graph) as found:
        yield found
