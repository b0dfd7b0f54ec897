"""Logs: what a line holds, whatever is sent, and that files turn over."""

from __future__ import annotations

import json
import logging
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from icmgraph import metrics
from icmgraph.api import observe
from icmgraph.errors import GraphUnavailable, OperatorError
from icmgraph.local_neo4j.files import turn_over
from tests.platform import TestClient

SECRET = "+1 202 555 0199"
WRITTEN = re.compile(r"555( |%20)?0199")
"""Not its last four digits: any figure or random id may hold those."""


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    handler = observe.log_to(tmp_path)
    yield tmp_path / "log" / "api.jsonl"
    logging.getLogger().removeHandler(handler)
    handler.close()


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_a_line_holds_nothing_that_was_sent(file: Path) -> None:
    async def answer(request: Request) -> PlainTextResponse:
        if request.method == "DELETE":
            raise RuntimeError(SECRET)
        return PlainTextResponse(SECRET)

    client = TestClient(observe.Observed(Starlette(routes=[Route("/a/{id}", answer, methods=["GET", "DELETE"])])))
    client.get(f"/a/{SECRET}?q={SECRET}", headers={"Authorization": SECRET})
    client.request("SECRET", "/a/b")
    client.get(f"/{SECRET}")
    with pytest.raises(RuntimeError):
        client.delete("/a/b")
    said = [(line["method"], line["status"]) for line in lines(file)]
    assert said == [("GET", 200), ("-", 405), ("GET", 404), ("DELETE", 500)]
    assert all(set(line) == {"at", "level", "logger", "message", "method", "route", "status", "ms", "request"}
               for line in lines(file))  # fmt: skip
    for text in (file.read_text(), generate_latest(metrics.REGISTRY).decode()):
        assert not WRITTEN.search(text)
        assert "SECRET" not in text


def test_of_an_exception_its_kind(file: Path) -> None:
    try:
        raise ValueError(SECRET)
    except ValueError:
        logging.getLogger("somebody").exception("went wrong")
    logging.getLogger("somebody").info("not of interest")
    [line] = lines(file)
    assert (line["message"], line["exception"], line["level"]) == ("went wrong", "ValueError", "ERROR")


def test_it_turns_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observe, "FILE_BYTES", 1000)
    monkeypatch.setattr(observe, "FILES", 3)
    handler = observe.log_to(tmp_path)
    try:
        for number in range(100):
            logging.getLogger("somebody").warning("number %d", number)
    finally:
        logging.getLogger().removeHandler(handler)
        handler.close()
    files = sorted((tmp_path / "log").iterdir())
    assert [file.name for file in files] == ["api.jsonl", "api.jsonl.1", "api.jsonl.2"]
    assert all(file.stat().st_size <= 1000 and file.stat().st_mode & 0o777 == 0o600 for file in files)
    assert lines(files[0])[-1]["message"] == "number 99"


def test_a_server_s_log_turns_over_at_its_start(tmp_path: Path) -> None:
    log = tmp_path / "neo4j.log"
    turn_over(log, bytes=10, files=3)
    for text in ("short", "the first long one", "the second long one", "the third long one", "x"):
        log.write_text(text)
        turn_over(log, bytes=10, files=3)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "neo4j.log": "x", "neo4j.log.1": "the third long one", "neo4j.log.2": "the second long one",
    }  # fmt: skip


def test_metrics_without_a_graph() -> None:
    def gone() -> dict[str, int]:
        raise GraphUnavailable

    found = [(metric.name, metric.samples[0].value) for metric in metrics._Pending(gone).collect()]
    assert found == [("icmgraph_graph_up", 0)]


def test_a_taken_port() -> None:

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with (
            pytest.raises(OperatorError, match="ICM_METRICS_PORT"),
            metrics.served(taken.getsockname()[1], lambda: {}),
        ):
            raise AssertionError
    with metrics.served(None, lambda: {}):
        pass
