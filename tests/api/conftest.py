from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from icmgraph.api.app import create_app
from icmgraph.bootstrap import Platform
from tests.platform import Caller, TestClient, opened, serving
from tests.worlds import example
from tests.worlds.fixtures import graph
from tests.worlds.loader import Graph

__all__ = ["graph"]

As = Callable[[str | None], Caller]


# Not for the session: its notice worker would do the checks of other folders' tests.
@pytest.fixture(scope="package")
def platform(graph: Graph, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform for all tests that leave it whole."""
    with opened(graph.gateway, tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest.fixture(scope="package")
def client(platform: Platform) -> Iterator[TestClient]:
    with serving(create_app(platform)) as made:
        yield made


@pytest.fixture
def as_(client: TestClient, platform: Platform, graph: Graph) -> As:
    """``as_(user id)``: that person's requests, over the example world as it is at first."""
    graph.load(example.WORLD)
    return lambda user: Caller(client, platform.settings.home, user)
