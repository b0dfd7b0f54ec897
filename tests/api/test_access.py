"""Every route as three people: Alice, whose case it is; Bob of another office; Ana, an analyst who sees both."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest

from icmgraph.api.app import create_app
from icmgraph.api.routing import Route
from icmgraph.bootstrap import Platform
from tests.api.conftest import As
from tests.platform import Caller
from tests.worlds.example import VALUES
from tests.worlds.world import uid

ALICE, BOB, ANA = (uid(f"user-{number}") for number in (1, 2, 3))
DOCKS, RUNWAY, OLD = uid("case-1"), uid("case-2"), uid("case-4")
ROSA, VEGA = uid("subject-1"), uid("subject-2")
STANDING = VALUES["registration"]
VAN, REPORT, MEETING = VALUES["other_subject"], VALUES["document"], VALUES["event"]
PHONE_OF_ROSA, SAME = VALUES["assertions"]
JOB, WIRE = VALUES["job"], VALUES["caveat"]
TOM, HARBOR = uid("user-5"), VALUES["unit"]
TOM_ON_DOCKS = uid("assignment-6")

ABSENT = "11111111-1111-4111-8111-111111111111"
PHONE = {"kind": "phone", "value": "+1 202 555 0143"}
SAME_AS = {"case": DOCKS, "start": ROSA, "end": VEGA, "other_case": RUNWAY, "basis": "one phone"}
SHARE = {"case": DOCKS, "share_with": OLD, "assertions": "all"}
LINK = {"case": DOCKS, "type": "LINKED_TO", "start": ROSA, "end": VAN, "kind": "drives"}


@dataclass(frozen=True)
class Ask:
    """A request, and the status each gets. Bob and Ana ask first: what Alice asks may change the world."""

    method: str
    path: str
    body: Any
    alice: int
    bob: int
    ana: int

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


ASKED = [
    Ask("GET", "/v1/me", None, 200, 200, 200),
    Ask("GET", "/v1/inbox", None, 200, 200, 200),
    Ask("POST", f"/v1/inbox/{VALUES['notice']}/ack", None, 204, 404, 404),
    Ask("GET", "/v1/cases", None, 200, 200, 200),
    Ask("POST", "/v1/cases", {"number": "N-9", "title": "Crates", "unit": HARBOR}, 428, 422, 403),
    Ask("GET", f"/v1/cases/{DOCKS}", None, 200, 404, 200),
    Ask("PATCH", f"/v1/cases/{DOCKS}", {"title": "Docks"}, 200, 404, 403),
    Ask("GET", f"/v1/cases/{DOCKS}/records", None, 200, 404, 200),
    Ask("POST", f"/v1/cases/{DOCKS}/close", None, 200, 404, 403),
    Ask("POST", f"/v1/cases/{OLD}/reopen", None, 200, 403, 403),
    Ask("GET", f"/v1/cases/{DOCKS}/assignments", None, 200, 404, 200),
    Ask("POST", f"/v1/cases/{DOCKS}/assignments", {"user": BOB}, 403, 404, 403),
    Ask("DELETE", f"/v1/cases/{DOCKS}/assignments/{TOM_ON_DOCKS}", None, 403, 404, 403),
    Ask("PUT", f"/v1/cases/{DOCKS}/openness", {"units": []}, 200, 404, 403),
    Ask("POST", f"/v1/cases/{DOCKS}/subjects", {"kind": "Person"}, 201, 404, 403),
    Ask("POST", f"/v1/cases/{DOCKS}/subjects/bulk", {"subjects": [{"kind": "Person"}]}, 200, 404, 403),
    Ask("GET", "/v1/jobs", None, 200, 200, 200),
    Ask("GET", f"/v1/jobs/{JOB}", None, 200, 404, 404),
    Ask("GET", f"/v1/jobs/{JOB}/refusals", None, 200, 404, 404),
    Ask("DELETE", f"/v1/jobs/{JOB}", None, 200, 404, 404),
    Ask("POST", f"/v1/uploads?case={DOCKS}", b'{"kind": "Person"}', 202, 404, 403),
    Ask("POST", f"/v1/cases/{DOCKS}/documents", {"kind": "report", "title": "Second"}, 201, 404, 403),
    Ask("POST", f"/v1/cases/{DOCKS}/events", {"kind": "meeting"}, 201, 404, 403),
    Ask("GET", f"/v1/subjects/{ROSA}", None, 200, 404, 200),
    Ask("PATCH", f"/v1/subjects/{ROSA}", {"case": DOCKS, "identifiers": [PHONE]}, 200, 404, 403),
    Ask("GET", f"/v1/subjects/{ROSA}/neighbours", None, 200, 404, 200),
    Ask("GET", f"/v1/documents/{REPORT}", None, 200, 404, 200),
    Ask("PATCH", f"/v1/documents/{REPORT}", {"case": DOCKS, "title": "Report"}, 200, 404, 403),
    Ask("GET", f"/v1/events/{MEETING}", None, 200, 404, 200),
    Ask("PATCH", f"/v1/events/{MEETING}", {"case": DOCKS, "starts": None}, 200, 404, 403),
    Ask("POST", "/v1/assertions", LINK, 201, 404, 403),
    Ask("GET", f"/v1/assertions/{PHONE_OF_ROSA}", None, 200, 404, 200),
    Ask("POST", f"/v1/assertions/{PHONE_OF_ROSA}/end", {"case": DOCKS}, 200, 404, 403),
    Ask("POST", "/v1/same-as", SAME_AS, 404, 404, 403),
    Ask("DELETE", f"/v1/same-as/{SAME}?case={DOCKS}", None, 404, 404, 403),
    Ask("POST", "/v1/search/identifiers", {"selectors": [PHONE]}, 200, 200, 200),
    Ask("POST", "/v1/search/names", {"name": "Rosa Vega"}, 200, 200, 200),
    Ask("POST", f"/v1/records/{ROSA}/shares", SHARE, 409, 404, 403),
    Ask("DELETE", f"/v1/records/{ROSA}/shares?case={DOCKS}&share_with={OLD}", None, 404, 404, 403),
    Ask("POST", f"/v1/records/{ROSA}/caveats", {"case": DOCKS, "caveat": WIRE}, 201, 404, 403),
    Ask("DELETE", f"/v1/records/{ROSA}/caveats?case={DOCKS}&caveat={WIRE}", None, 403, 404, 403),
    Ask("POST", "/v1/expand", {"start": ROSA}, 200, 404, 200),
    Ask("POST", "/v1/paths", {"start": ROSA, "end": VAN}, 200, 404, 200),
    Ask("POST", "/v1/charts/render", {"start": ROSA}, 200, 404, 200),
    Ask("POST", "/v1/exports/render", {"case": DOCKS, "format": "graphml"}, 200, 404, 200),
    Ask("POST", "/v1/cases/compare", {"cases": [DOCKS, OLD]}, 200, 404, 200),
    Ask("GET", f"/v1/cases/{DOCKS}/connected", None, 200, 404, 200),
    Ask("GET", f"/v1/records/{ROSA}/history", None, 200, 404, 200),
    Ask("POST", "/v1/checks", {"selectors": [PHONE], "reason": "a lead"}, 201, 201, 403),
    Ask("GET", f"/v1/receipts/{VALUES['receipt']}", None, 200, 404, 404),
    Ask("POST", "/v1/registrations", {"selectors": [PHONE], "reason": "a lead"}, 201, 201, 403),
    Ask("GET", "/v1/registrations", None, 200, 200, 200),
    Ask("POST", f"/v1/registrations/{STANDING}/renew", {}, 200, 404, 403),
    Ask("POST", f"/v1/registrations/{STANDING}/withdraw", None, 204, 404, 404),
]

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")


def _absent(value: Any) -> Any:
    """The same question about what does not exist."""
    if isinstance(value, dict):
        return {key: _absent(item) for key, item in value.items()}
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return [f"{at}{ABSENT[1:]}" for at, _ in enumerate(value, 1)]  # different ones
    return _ID.sub(ABSENT, value).replace(VALUES["receipt"], "n0") if isinstance(value, str) else value


def asked(caller: Caller, method: str, path: str, body: Any) -> Any:
    """``body``: JSON, or the bytes of JSON lines."""
    if isinstance(body, bytes):
        return caller(method, path, content=body, headers={"Content-Type": "application/x-ndjson"})
    return caller(method, path, body)


@pytest.mark.parametrize("ask", ASKED, ids=str)
def test_who_may(ask: Ask, as_: As) -> None:
    nobody = asked(as_(None), ask.method, ask.path, ask.body)
    assert (nobody.status_code, nobody.headers["www-authenticate"]) == (401, "Bearer")
    statuses = {}
    for who, name in ((BOB, "bob"), (ANA, "ana"), (ALICE, "alice")):
        response = asked(as_(who), ask.method, ask.path, ask.body)
        statuses[name] = response.status_code
        assert response.headers["cache-control"] == "private, no-store"
        assert response.headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in response.headers
        if response.status_code >= 400:
            assert response.headers["content-type"] == "application/problem+json"
            assert response.json()["status"] == response.status_code
    assert statuses == {"alice": ask.alice, "bob": ask.bob, "ana": ask.ana}


@pytest.mark.parametrize("ask", [ask for ask in ASKED if ask.bob == 404], ids=str)
def test_hidden_is_answered_as_absent(ask: Ask, as_: As) -> None:
    hidden = asked(as_(BOB), ask.method, ask.path, ask.body)
    absent = asked(as_(BOB), ask.method, _absent(ask.path), _absent(ask.body))
    assert hidden.status_code == absent.status_code == 404
    assert (hidden.content, dict(hidden.headers)) == (absent.content, dict(absent.headers))


def test_the_table_holds_every_route(platform: Platform) -> None:
    routes = [route for route in create_app(platform).routes if isinstance(route, Route) and route.access != "public"]
    known = [(ask.method, ask.path.partition("?")[0]) for ask in ASKED]
    unasked = [
        route.path
        for route in routes
        if not any({method} == route.methods and route.path_regex.match(path) for method, path in known)
    ]
    assert not unasked
