"""Every route as three people: Alice, whose case it is; Bob of another office; Ana, an analyst who sees both."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from icmgraph.api.app import create_app
from icmgraph.api.routing import Route
from icmgraph.bootstrap import Platform
from tests.api.conftest import As
from tests.interference.sight import Sight
from tests.platform import Caller
from tests.worlds.example import VALUES, WORLD
from tests.worlds.loader import Graph
from tests.worlds.world import uid

ALICE, BOB, ANA = (uid(f"user-{number}") for number in (1, 2, 3))
DOCKS, RUNWAY, OLD = uid("case-1"), uid("case-2"), uid("case-4")
ROSA, VEGA = uid("subject-1"), uid("subject-2")
STANDING = VALUES["registration"]
SIDE = VALUES["side"]
VAN, REPORT, MEETING = VALUES["other_subject"], VALUES["document"], VALUES["event"]
PHONE_OF_ROSA, SAME = VALUES["assertions"]
JOB, WIRE, KEPT = VALUES["job"], VALUES["caveat"], VALUES["report"]
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
    Ask("GET", f"/v1/cases/{DOCKS}/receipts", None, 200, 404, 403),
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
    Ask("GET", f"/v1/access/explain?id={ROSA}", None, 200, 404, 200),
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
    Ask("POST", "/v1/checks/bulk", {"rows": [{"selectors": [PHONE]}] * 2, "reason": "a lead"}, 201, 201, 403),
    Ask("POST", "/v1/checks/case", {"case": DOCKS, "reason": "a lead"}, 201, 404, 403),
    Ask("GET", f"/v1/receipts/{VALUES['receipt']}", None, 200, 404, 404),
    Ask("POST", "/v1/registrations", {"selectors": [PHONE], "reason": "a lead"}, 201, 201, 403),
    Ask("POST", "/v1/registrations/case", {"case": DOCKS, "reason": "a lead"}, 201, 404, 403),
    Ask("GET", "/v1/registrations", None, 200, 200, 200),
    Ask("GET", "/v1/registrations/map", None, 200, 200, 200),
    Ask("GET", "/v1/registrations/calendar", None, 200, 200, 200),
    Ask("PATCH", f"/v1/registrations/{STANDING}", {"selectors": [PHONE], "reason": "a lead"}, 200, 404, 403),
    Ask("POST", f"/v1/registrations/{STANDING}/renew", {"reason": "still"}, 200, 404, 403),
    Ask("POST", f"/v1/registrations/{STANDING}/withdraw", None, 204, 404, 404),
    Ask("GET", "/v1/conflicts", None, 200, 200, 200),
    Ask("GET", f"/v1/conflicts/{SIDE}", None, 200, 404, 404),
    Ask("POST", f"/v1/conflicts/{SIDE}/steps", {"step": "acknowledge"}, 200, 404, 403),
    Ask("POST", f"/v1/conflicts/{SIDE}/messages", {"text": "call me"}, 200, 404, 403),
    Ask("GET", "/v1/desk/matters", None, 200, 200, 200),
    Ask("POST", f"/v1/desk/matters/{VALUES['matter']}/steps", {"step": "decline"}, 200, 404, 403),
    Ask("GET", "/v1/silences", None, 200, 200, 200),
    Ask("GET", "/v1/audit/silences", None, 403, 403, 403),
    Ask("POST", "/v1/audit/search", {"who": ALICE}, 403, 403, 403),
    Ask("POST", "/v1/audit/patterns", {"by": "who", "at_least": 1}, 403, 403, 403),
    Ask("POST", "/v1/audit/reports", {"name": "Alice", "search": {"who": ALICE}}, 403, 403, 403),
    Ask("GET", "/v1/audit/reports", None, 403, 403, 403),
    Ask("POST", f"/v1/audit/reports/{KEPT}/run", None, 403, 403, 403),
    Ask("DELETE", f"/v1/audit/reports/{KEPT}", None, 403, 403, 403),
    Ask("GET", "/v1/audit/checkpoints", None, 403, 403, 403),
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


SIGHT = Sight(WORLD, ALICE)


def _kinds() -> dict[str, str]:
    """Of each id in the world that may be hidden, what it is of."""
    found = {record.id: record.label for record in WORLD.records}
    found |= {link.id: link.type for link in WORLD.links}
    found |= {item.id: item.label for item in WORLD.addressed if item.user}
    return found | {given.id: "assignment" for user in WORLD.users for given in user.assigned}


def _foreign(kind: str) -> list[str]:
    """Ids of a kind that Alice sees nothing of."""
    mine = {item.id for item in WORLD.addressed if item.user == ALICE} | SIGHT.seen
    mine |= {one.id for user in WORLD.users for one in user.assigned if one.case in SIGHT.held}
    return [id for id, what in _kinds().items() if what == kind and id not in mine]


def _each_id(ask: Ask) -> Iterator[tuple[str, Any, str]]:
    """The request with each of its ids in turn made a gap, and what kind of id stood there."""
    text = json.dumps([ask.path, None if isinstance(ask.body, bytes) else ask.body])
    for found in _ID.finditer(text):
        if kind := _kinds().get(found[0]):
            path, body = json.loads(f"{text[: found.start()]}GAP{text[found.end() :]}")
            yield path, ask.body if isinstance(ask.body, bytes) else body, kind


def _filled(value: Any, id: str) -> Any:
    return json.loads(json.dumps(value).replace("GAP", id)) if not isinstance(value, bytes) else value


@pytest.mark.parametrize("ask", ASKED, ids=str)
def test_each_id_by_itself_tells_nothing(ask: Ask, as_: As, graph: Graph) -> None:
    """The rest of the request is Alice's own: one id that is hidden from her answers as one that is not there."""
    alice = as_(ALICE)
    for path, body, kind in _each_id(ask):
        answers = set()
        for id in (ABSENT, *_foreign(kind)):
            if id in path + str(body):
                continue  # a second time the same, which is refused before anything is looked up
            graph.load(WORLD)
            response = asked(alice, ask.method, _filled(path, id), _filled(body, id))
            assert response.status_code >= 400, (path, kind, id)
            answers.add((response.status_code, response.content, str(sorted(response.headers.items()))))
        assert len(answers) == 1, (path, kind)


def test_there_is_something_hidden_of_each_kind() -> None:
    """Else the test before would show nothing."""
    kinds = {kind for ask in ASKED for _, _, kind in _each_id(ask)}
    assert {kind for kind in kinds if not _foreign(kind)} <= {"Job", "Notice"}, "those the test of Bob has"


def test_the_table_holds_every_route(platform: Platform) -> None:
    routes = [route for route in create_app(platform).routes if isinstance(route, Route) and route.access != "public"]
    known = [(ask.method, ask.path.partition("?")[0]) for ask in ASKED]
    unasked = [
        route.path
        for route in routes
        if not any({method} == route.methods and route.path_regex.match(path) for method, path in known)
    ]
    assert not unasked
