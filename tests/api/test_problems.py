"""Problems: their form, the fields they name, and what they never repeat."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from icmgraph.api.app import create_app
from icmgraph.api.edge import LARGEST_BODY
from icmgraph.audit import AuditStore
from icmgraph.model.source import SystemSource
from icmgraph.queries import catalogue
from icmgraph.queries.gateway import Gateway
from tests.api.conftest import As
from tests.api.test_access import ABSENT, ALICE, ASKED, BOB, DOCKS, ROSA
from tests.platform import Caller, TestClient, opened, serving
from tests.worlds import example
from tests.worlds.loader import Graph

POISON = "+12025550143 poison@example.com"
"""A value that must not come back."""

INVALID: list[tuple[str, str, Any, str]] = [
    ("GET", "/v1/cases/not-an-id", None, "id"),
    ("GET", f"/v1/cases/{DOCKS.upper()}", None, "id"),
    ("GET", "/v1/cases/6ba7b810-9dad-11d1-80b4-00c04fd430c8", None, "id"),  # a UUID, but not a random one
    ("GET", f"/v1/subjects/{POISON}", None, "id"),
    ("GET", f"/v1/receipts/{POISON}", None, "receipt"),
    ("GET", "/v1/cases?limit=0", None, "limit"),
    ("GET", "/v1/cases?limit=501", None, "limit"),
    ("GET", "/v1/cases?limit=many", None, "limit"),
    ("GET", f"/v1/cases?cursor={POISON}", None, "cursor"),
    ("GET", f"/v1/inbox?cursor={'x' * 9000}", None, "cursor"),
    ("DELETE", f"/v1/same-as/{ABSENT}", None, "case"),
    ("POST", "/v1/cases", {}, "number"),
    ("POST", "/v1/cases", [], ""),
    ("POST", "/v1/cases", POISON, ""),
    ("PATCH", f"/v1/cases/{DOCKS}", {"title": 7}, "title"),
    ("PATCH", f"/v1/cases/{DOCKS}", {"title": POISON + "\u0000"}, "title"),
    ("PATCH", f"/v1/cases/{DOCKS}", {"disclosure": POISON}, "disclosure"),
    ("PATCH", f"/v1/cases/{DOCKS}", {"disclosure": "silent"}, ""),
    ("PATCH", f"/v1/cases/{DOCKS}", {"disclosure": "silent", "disclosure_until": "soon"}, "disclosure_until"),
    ("PATCH", f"/v1/cases/{DOCKS}", {POISON: 1}, "?"),
    ("PATCH", f"/v1/cases/{DOCKS}", {"colour": POISON}, "colour"),
    ("PUT", f"/v1/cases/{DOCKS}/openness", {"units": POISON}, "units"),
    ("PUT", f"/v1/cases/{DOCKS}/openness", {"units": [ABSENT, POISON]}, "units.1"),
    ("POST", f"/v1/cases/{DOCKS}/assignments", {"user": ABSENT, "functions": [POISON]}, "functions.0"),
    ("POST", f"/v1/cases/{DOCKS}/subjects", {"kind": "person"}, "kind"),
    ("POST", f"/v1/cases/{DOCKS}/subjects", {"kind": "Person", "attributes": [{"kind": "name"}]}, "attributes.0.value"),
    (
        "POST",
        f"/v1/cases/{DOCKS}/subjects",
        {"kind": "Person", "identifiers": [{"kind": "phone", "value": "12 poison"}]},
        "identifiers.0.value",
    ),
    ("POST", f"/v1/cases/{DOCKS}/events", {"kind": "meeting", "latitude": 91, "longitude": 0}, "latitude"),
    ("POST", f"/v1/cases/{DOCKS}/events", {"kind": "call", "duration": 10**30}, "duration"),
    ("POST", f"/v1/cases/{DOCKS}/events", {"kind": "call", "starts": "2024-01-01T00:00:00"}, "starts"),
    ("POST", f"/v1/cases/{DOCKS}/events", {"kind": "call", "starts": "9999-12-31T23:59:59-12:00"}, "starts"),
    ("POST", "/v1/search/identifiers", {"selectors": []}, "selectors"),
    ("POST", "/v1/search/identifiers", {"selectors": [{"kind": "email", "value": POISON}]}, "selectors.0.value"),
    ("POST", "/v1/search/identifiers", {"selectors": [{"kind": POISON, "value": "x"}]}, "selectors.0.kind"),
    ("POST", "/v1/expand", {"start": ROSA, "depth": 5}, "depth"),
    ("POST", "/v1/expand", {"start": ROSA, "depth": 2.0}, "depth"),
    ("POST", "/v1/expand", {"start": ROSA, "types": [POISON]}, "types"),
    ("POST", "/v1/paths", {"start": ROSA, "end": POISON}, "end"),
    ("POST", "/v1/paths", {"start": ROSA, "end": ROSA, "bound": 9}, "bound"),
    ("POST", "/v1/checks", {"selectors": [{"kind": "phone", "value": POISON}], "reason": "x"}, "selectors.0.value"),
    ("POST", "/v1/checks", {"reason": "x"}, ""),
    ("POST", "/v1/checks", {"reason": "x", "event": {"address": POISON}}, "event.starts"),
    ("POST", "/v1/checks", {"reason": "x", "event": {"address": POISON, "starts": POISON}}, "event.starts"),
    (
        "POST",
        "/v1/checks",
        {"reason": "x", "event": {"address": POISON, "starts": "0001-01-01T00:00:00Z"}},
        "event.ends",
    ),
    (
        "POST",
        "/v1/registrations",
        {"reason": "x", "event": {"address": POISON, "starts": "9999-12-31T23:59:59Z"}},
        "event.starts",
    ),
    (
        "POST",
        "/v1/checks/bulk",
        {"reason": "x", "rows": [{"names": [{"name": "Rosa"}], "event": {"address": POISON}}]},
        "rows.0.event",
    ),
]


@pytest.mark.parametrize(("method", "path", "body", "field"), INVALID)
def test_bad_input_is_named_and_not_repeated(
    as_: As, caplog: pytest.LogCaptureFixture, method: str, path: str, body: Any, field: str
) -> None:
    with caplog.at_level(logging.DEBUG, logger="icmgraph"):
        response = as_(ALICE)(method, path, body)
    problem = response.json()
    assert (response.status_code, problem["type"]) == (422, "urn:icmgraph:problem:invalid_input")
    assert problem.get("field", "") == field
    assert problem["detail"]
    assert "poison" not in response.text
    assert "poison" not in caplog.text


def test_extreme_values_that_are_allowed(as_: As) -> None:
    alice = as_(ALICE)
    assert alice.ok("POST", "/v1/expand", {"start": ROSA, "limit": 10**30})["nodes"]
    event = alice.ok("POST", f"/v1/cases/{DOCKS}/events", {"kind": "call", "starts": "2024-01-01T00:00:00+23:59"})
    assert alice.ok("GET", f"/v1/events/{event['id']}")["starts"] == "2023-12-31T00:01:00.000Z"
    event = alice.ok("POST", f"/v1/cases/{DOCKS}/events", {"kind": "call", "starts": "0001-01-01T00:00:00Z"})
    assert alice.ok("GET", f"/v1/events/{event['id']}")["starts"] == "0001-01-01T00:00:00.000Z"


def test_several_wrong_fields_are_all_named(as_: As) -> None:
    detail = as_(ALICE)("POST", "/v1/cases", {"kind": "rumour", "open_to_unit": 1}).json()["detail"]
    assert [part.partition(":")[0] for part in detail.split("; ")] == [
        "number",
        "title",
        "kind",
        "unit",
        "open_to_unit",
    ]


RAW: list[tuple[bytes, str, int, str]] = [
    (b"{", "application/json", 422, "the body is not JSON"),
    (b"[" * 200_000, "application/json", 422, "the body cannot be read as JSON"),
    (b'{"title": "\xff"}', "application/json", 422, "the body cannot be read as JSON"),
    (b'{"title": NaN}', "application/json", 422, "the body cannot be read as JSON"),
    (b'{"title": ' + b"9" * 5000 + b"}", "application/json", 422, "the body cannot be read as JSON"),
    (
        b'{"title": "\\ud800"}',
        "application/json",
        422,
        "title: Input should be a valid string, unable to parse raw data as a unicode string",
    ),
    (b"", "application/json", 422, "is missing"),
    (b"title=x", "application/x-www-form-urlencoded", 415, "send application/json"),
    (b'{"title": "x"}', "text/plain", 415, "send application/json"),
    (b'{"title": "x"}', "", 415, "send application/json"),
    (b" " * (LARGEST_BODY + 1), "application/json", 413, "the body is over 1048576 bytes; bulk goes through uploads"),
]


@pytest.mark.parametrize(("content", "type", "status", "detail"), RAW)
def test_bodies_that_are_no_request(as_: As, content: bytes, type: str, status: int, detail: str) -> None:
    headers = {"Content-Type": type} if type else {}

    def pieces() -> Iterator[bytes]:  # of unknown length: sent in chunks
        yield from (content[at : at + 65536] for at in range(0, len(content), 65536))

    for sent in (content, pieces()):
        response = as_(ALICE)("PATCH", f"/v1/cases/{DOCKS}", content=sent, headers=headers)
        assert (response.status_code, response.json()["detail"]) == (status, detail)
        assert response.headers["content-type"] == "application/problem+json"


def test_a_charset_does_no_harm(as_: As) -> None:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    assert as_(ALICE)("PATCH", f"/v1/cases/{DOCKS}", content=b'{"title": "x"}', headers=headers).is_success


def test_unknown_addresses_and_methods(as_: As) -> None:
    hidden = as_(BOB)("GET", f"/v1/cases/{DOCKS}")
    for path in ("/", "/v1", "/v1/cases/", "/v1/audit", "/docs", "/redoc", f"/v1/cases/{DOCKS}/merge"):
        response = as_(ALICE)("GET", path)
        assert (response.status_code, response.content) == (404, hidden.content), path
    for method in ("DELETE", "PUT", "OPTIONS", "HEAD", "TRACE"):
        response = as_(ALICE)(method, "/v1/me")
        assert (response.status_code, response.headers["allow"]) == (405, "GET")
        if method != "HEAD":
            assert response.json()["type"] == "urn:icmgraph:problem:method_not_allowed"


def test_a_refusal_of_function_is_the_same_for_what_is_hidden(as_: As) -> None:
    """An analyst cannot tell by a 403 whether a case exists."""
    ana = next(ask for ask in ASKED if ask.path.endswith("/close"))
    seen, absent = (as_(example.VALUES["analyst"])(ana.method, f"/v1/cases/{id}/close") for id in (DOCKS, ABSENT))
    assert (seen.status_code, seen.content) == (absent.status_code, absent.content) == (403, seen.content)


def test_a_fault_of_ours_tells_nothing(graph: Graph, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Neither the answer nor the log holds the text of what went wrong: it may quote what was asked."""
    graph.load(example.WORLD)

    class Faulty(SystemSource):
        def now(self) -> datetime:
            raise ZeroDivisionError(POISON)

    with opened(graph.gateway, tmp_path) as platform, serving(create_app(platform, lambda *_: Faulty())) as client:
        response = Caller(client, tmp_path, ALICE)("GET", f"/v1/cases/{DOCKS}")
    assert (response.status_code, response.json()["type"]) == (500, "urn:icmgraph:problem:internal")
    assert response.headers["cache-control"] == "private, no-store"
    assert "ZeroDivisionError at GET /v1/cases/{id}" in caplog.text
    assert "poison" not in response.text + caplog.text


class Closing(SystemSource):
    """Closes the audit store when the clock is read for the n-th time: 1 is for the intent, the last the outcome."""

    def __init__(self, audit: AuditStore, at: int) -> None:
        self._audit = audit
        self._left = at

    def now(self) -> datetime:
        self._left -= 1
        if not self._left:
            self._audit.close()
        return datetime.now(UTC)


@pytest.mark.parametrize("at", [1, 2])
def test_what_cannot_be_recorded_is_not_answered(graph: Graph, tmp_path: Path, at: int) -> None:
    """Neither without an intent nor without an outcome."""
    graph.load(example.WORLD)
    with opened(graph.gateway, tmp_path) as platform:

        def closing(person: str, action: str) -> SystemSource:
            return Closing(platform.audit, at) if action == "case.show" else SystemSource()

        with serving(create_app(platform, closing)) as client:
            response = Caller(client, tmp_path, ALICE)("GET", f"/v1/cases/{DOCKS}")
            ready = client.get("/readyz")
    assert (response.status_code, response.json()["type"]) == (503, "urn:icmgraph:problem:unavailable")
    assert "Docks" not in response.text
    assert "audit" not in response.text
    assert (ready.status_code, ready.json()["type"]) == (503, "urn:icmgraph:problem:unavailable")


def test_without_the_graph(tmp_path: Path) -> None:
    gateway = Gateway("bolt://127.0.0.1:1", "nobody", "nothing", "neo4j", catalogue.load())
    with opened(gateway, tmp_path) as platform:
        client = TestClient(create_app(platform))  # not entered: its worker would look for the graph
        assert client.get("/healthz").json() == {"status": "ok"}
        response = client.get("/readyz")
        assert (response.status_code, response.json()["type"]) == (503, "urn:icmgraph:problem:unavailable")
        assert response.headers["content-type"] == "application/problem+json"
    gateway.close()
