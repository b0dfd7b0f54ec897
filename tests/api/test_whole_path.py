"""The main job from end to end, as the people who do it."""

from __future__ import annotations

import time
from typing import Any

from icmgraph.model.answers import COVERAGE, WITHIN
from tests.api.conftest import As
from tests.platform import Caller
from tests.worlds.example import VALUES
from tests.worlds.world import uid

ALICE, BOB, SAM, ANA = (uid(f"user-{number}") for number in (1, 2, 4, 3))
HARBOR = VALUES["unit"]
PHONE = {"kind": "phone", "value": "+1 202 555 0143"}
OTHER_PHONE = {"kind": "phone", "value": "+1 202 555 0177"}


def _pages(who: Caller, path: str, body: Any = None, limit: int = 1) -> list[Any]:
    """All items, one page after another."""
    items: list[Any] = []
    cursor = None
    while True:
        asked = f"{path}?limit={limit}" + (f"&cursor={cursor}" if cursor else "")
        page = who.ok("POST" if body else "GET", asked, body)
        assert len(page["items"]) <= limit
        assert page["scope"] == WITHIN
        items += page["items"]
        cursor = page["next"]
        if cursor is None:
            return items


def test_from_a_check_to_a_chart(as_: As) -> None:
    alice, bob = as_(ALICE), as_(BOB)

    # Before opening a case: who else works on this phone? Bob does, in cases Alice cannot see.
    checked = alice.ok("POST", "/v1/checks", {"selectors": [PHONE], "reason": "a lead", "reference": "lead 7"})
    assert checked["result"] == "pointers given"
    assert "Bob Agent" in str(checked["pointers"])
    assert "Runway" not in str(checked)
    assert checked["coverage"] == COVERAGE
    receipt = alice.ok("GET", f"/v1/receipts/{checked['receipt']}")
    assert (receipt["pointers"], receipt["case"]) == (checked["pointers"], None)
    assert bob("GET", f"/v1/receipts/{checked['receipt']}").status_code == 404

    # The case, on the strength of the receipt, once.
    opening = {"number": "N-77", "title": "Crates", "unit": HARBOR, "receipt": checked["receipt"]}
    case = alice.ok("POST", "/v1/cases", opening)["id"]
    assert alice("POST", "/v1/cases", {**opening, "number": "N-78"}).json()["type"].endswith(":check_required")
    assert alice.ok("GET", f"/v1/receipts/{checked['receipt']}")["case"] == case
    assert alice.ok("GET", f"/v1/cases/{case}")["title"] == "Crates"
    assert bob("GET", f"/v1/cases/{case}").status_code == 404

    # Who is in it.
    names = [{"kind": "name", "value": "Rosa Vega"}, {"kind": "birth_date", "value": "1980-05-17"}]
    first = alice.ok(
        "POST", f"/v1/cases/{case}/subjects", {"kind": "Person", "attributes": names, "identifiers": [PHONE]}
    )
    second = alice.ok("POST", f"/v1/cases/{case}/subjects", {"kind": "Vehicle", "identifiers": [OTHER_PHONE]})
    alice.ok("POST", "/v1/assertions", _link(case, first, second, "drives"))
    event = alice.ok(
        "POST",
        f"/v1/cases/{case}/events",
        {
            "kind": "meeting",
            "starts": "2024-03-01T10:00:00+01:00",
            "involved": [{"subject": first["id"], "role": "host"}],
        },
    )
    assert alice.ok("GET", f"/v1/events/{event['id']}")["starts"] == "2024-03-01T09:00:00.000Z"
    same = alice.ok(
        "POST",
        "/v1/same-as",
        {
            "case": case,
            "start": first["id"],
            "end": uid("subject-1"),
            "other_case": uid("case-1"),
            "basis": "name and phone",
        },
    )
    card = alice.ok("GET", f"/v1/subjects/{first['id']}")
    assert (card["name"], len(card["attributes"]), card["identifiers"][0]["as_written"]) == (
        "Rosa Vega",
        2,
        PHONE["value"],
    )
    assert len(_pages(alice, f"/v1/cases/{case}/records")) == 3

    # What hangs together.
    search = {"selectors": [PHONE]}
    hits = _pages(alice, "/v1/search/identifiers", search)
    assert {hit["id"] for hit in hits} == {first["id"], uid("subject-1")}
    assert hits == alice.ok("POST", "/v1/search/identifiers", search)["items"]
    neighbours = _pages(alice, f"/v1/subjects/{first['id']}/neighbours")
    assert {one["link"]["type"] for one in neighbours} == {
        "HAS_IDENTIFIER",
        "LINKED_TO",
        "SAME_AS",
        "INVOLVED_IN",
        "SUBJECT_OF",
    }
    around = alice.ok("POST", "/v1/expand", {"start": first["id"], "depth": 1})
    assert {second["id"], uid("subject-1"), event["id"], case} < {node["id"] for node in around["nodes"]}
    ends = {"start": second["id"], "end": uid("subject-1")}
    assert alice.ok("POST", "/v1/paths", {**ends, "types": ["LINKED_TO", "SAME_AS"]})["length"] == 2
    response = alice("POST", "/v1/charts/render", {"start": first["id"], "depth": 1})
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    for text in ("Rosa Vega", "Alice Agent", "Content-Security-Policy", WITHIN):
        assert text in response.text

    # And undone.
    assert alice("DELETE", f"/v1/same-as/{second['id']}?case={case}").status_code == 404, "only what says the same"
    assert alice.ok("DELETE", f"/v1/same-as/{same['id']}?case={case}")["id"] == same["id"]
    again = alice.ok("POST", "/v1/paths", {**ends, "types": ["LINKED_TO", "SAME_AS"]})
    assert (again["length"], again["paths"]) == (None, [])
    alice.ok("POST", f"/v1/cases/{case}/close")
    refused = alice("POST", f"/v1/cases/{case}/subjects", {"kind": "Person"})
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:icmgraph:problem:conflict")
    alice.ok("POST", f"/v1/cases/{case}/reopen")


def _link(case: str, start: dict[str, str], end: dict[str, str], kind: str) -> dict[str, str]:
    return {"case": case, "type": "LINKED_TO", "start": start["id"], "end": end["id"], "kind": kind}


def test_the_holder_of_a_match_is_told_by_the_worker(as_: As) -> None:
    """The running application does it by itself, soon after the answer left."""
    bob = as_(BOB)
    before = len(bob.ok("GET", "/v1/inbox")["items"])
    checked = as_(ALICE).ok("POST", "/v1/checks", {"selectors": [PHONE], "reason": "a lead"})
    deadline = time.monotonic() + 60
    while len(notices := bob.ok("GET", "/v1/inbox")["items"]) == before:
        assert time.monotonic() < deadline, "no notice"
        time.sleep(0.2)
    told = notices[0]
    assert (told["kind"], told["body"]["reference"], told["acknowledged"]) == ("match", checked["reference"], None)
    assert checked["receipt"] not in str(notices)
    assert bob("POST", f"/v1/inbox/{told['id']}/ack").status_code == 204
    assert next(one for one in bob.ok("GET", "/v1/inbox")["items"] if one["id"] == told["id"])["acknowledged"]


def test_a_leader_assigns_and_opens(as_: As) -> None:
    alice, bob, sam = as_(ALICE), as_(BOB), as_(SAM)
    docks = f"/v1/cases/{uid('case-1')}"
    given = sam.ok("POST", f"{docks}/assignments", {"user": BOB, "functions": ["read", "write"]})
    assert bob.ok("GET", docks)["id"] == uid("case-1")
    assert given["id"] in {one["id"] for one in _pages(bob, f"{docks}/assignments")}
    sam.ok("DELETE", f"{docks}/assignments/{given['id']}")
    assert bob("GET", docks).status_code == 404
    assert alice("PUT", f"{docks}/openness", {"units": [uid("unit-3")]}).status_code == 403
    sam.ok("PUT", f"{docks}/openness", {"units": [uid("unit-3")]})
    assert bob.ok("GET", docks)["id"] == uid("case-1")


def test_an_override_is_shown_to_the_leader(as_: As) -> None:
    opening = {"number": "N-79", "title": "Urgent", "unit": HARBOR, "override": "a life in danger"}
    case = as_(ALICE).ok("POST", "/v1/cases", opening)["id"]
    told = as_(SAM).ok("GET", "/v1/inbox")["items"][0]
    assert (told["kind"], told["body"]["case"], told["body"]["reason"]) == ("override", case, "a life in danger")
    assert as_(SAM).ok("GET", f"/v1/cases/{case}")["number"] == "N-79"


def test_a_cursor_is_of_one_person_and_one_question(as_: As) -> None:
    alice, ana = as_(ALICE), as_(ANA)
    cursor = alice.ok("GET", "/v1/cases?limit=1")["next"]
    assert alice.ok("GET", f"/v1/cases?limit=1&cursor={cursor}")["items"]
    for who, path in ((ana, "/v1/cases"), (alice, "/v1/inbox"), (alice, f"/v1/cases/{uid('case-1')}/records")):
        response = who("GET", f"{path}?cursor={cursor}")
        assert (response.status_code, response.json()["field"]) == (422, "cursor")


def test_what_is_given_on_the_same_question_is_the_same_bytes(as_: As) -> None:
    for path in ("/v1/me", "/v1/cases", f"/v1/subjects/{uid('subject-1')}"):
        one, two = (as_(ANA)("GET", path) for _ in range(2))
        assert (one.content, dict(one.headers)) == (two.content, dict(two.headers))
