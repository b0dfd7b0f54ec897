"""``ICM_MEMORY``: the same answers, from memory; and what is said where it cannot be had."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from icmgraph.api.app import create_app
from icmgraph.errors import OperatorError
from icmgraph.metrics import WALKS
from tests.api.test_access import ALICE, DOCKS, ROSA, VAN
from tests.integration.remembering import LONG_S
from tests.platform import Caller, opened, serving
from tests.worlds.example import WORLD
from tests.worlds.fixtures import graph as graph
from tests.worlds.loader import Graph

ASKED: tuple[tuple[str, str, Any], ...] = (
    ("POST", "/v1/expand", {"start": ROSA, "depth": 4}),
    ("POST", "/v1/paths", {"start": ROSA, "end": VAN}),
    ("GET", f"/v1/cases/{DOCKS}/connected", None),
)


def walks() -> float:
    found: float = WALKS.labels("memory")._value.get()
    return found


def test_the_same_bytes_and_what_was_just_written(graph: Graph, tmp_path: Path) -> None:
    graph.load(WORLD)
    with opened(graph.gateway, tmp_path, memory=True) as platform:
        app = create_app(platform)
        memory = app.state.api.options.memory
        memory.patience_s = LONG_S
        plain = create_app(replace(platform, settings=platform.settings.model_copy(update={"memory": False})))
        with serving(app) as client, serving(plain) as other:
            assert memory.settle(LONG_S)
            asked, remembered = Caller(other, tmp_path, ALICE), Caller(client, tmp_path, ALICE)
            for method, path, body in ASKED:
                before = walks()
                assert remembered.ok(method, path, body) == asked.ok(method, path, body)
                assert walks() == before + 1
            subject = {"kind": "Person", "identifiers": [{"kind": "phone", "value": "+1 202 555 0143"}]}
            for _ in range(3):
                made = asked.ok("POST", f"/v1/cases/{DOCKS}/subjects", subject)["id"]
                body = {"start": made, "depth": 2}
                told = remembered.ok("POST", "/v1/expand", body)
                assert len(told["nodes"]) > 2
                assert told == asked.ok("POST", "/v1/expand", body)
        assert memory._thread is None


def test_without_the_extra_the_start_says_what_to_install(
    graph: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("icmgraph.model.adjacency", "icmgraph.queries.memory"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.setitem(sys.modules, "numba", None)
    with (
        opened(graph.gateway, tmp_path, memory=True) as platform,
        pytest.raises(OperatorError, match=r"icmgraph\[memory\]"),
    ):
        create_app(platform)
