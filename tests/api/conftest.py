from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from icmgraph.api.app import create_app
from icmgraph.bootstrap import Platform
from tests.platform import Caller, TestClient, opened, serving
from tests.worlds import example
from tests.worlds.fixtures import graph
from tests.worlds.loader import Graph

__all__ = ["graph"]

As = Callable[[str | None], Caller]


@pytest.fixture
def platform(graph: Graph, tmp_path: Path) -> Iterator[Platform]:
    """A platform over the example world."""
    graph.load(example.WORLD)
    with opened(graph.gateway, tmp_path) as made:
        yield made


@pytest.fixture
def client(platform: Platform) -> Iterator[TestClient]:
    with serving(create_app(platform)) as made:
        yield made


@pytest.fixture
def as_(client: TestClient, platform: Platform) -> As:
    """``as_(user id)``: that person's requests."""
    return lambda user: Caller(client, platform.settings.home, user)
