"""ETag and If-Match, Idempotency-Key: what they hold a write to, and that nothing hidden plays a part."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from icmgraph.api.app import create_app
from icmgraph.api.routing import Route
from icmgraph.bootstrap import Platform
from icmgraph.queries import once
from tests.api.conftest import As
from tests.api.test_access import ALICE, BOB, DOCKS, LINK, MEETING, PHONE, PHONE_OF_ROSA, REPORT, ROSA, TOM
from tests.worlds.example import VALUES
from tests.worlds.loader import Graph
from tests.worlds.world import uid

SAM = uid("user-4")

CARDS = [
    f"/v1/cases/{DOCKS}",
    f"/v1/subjects/{ROSA}",
    f"/v1/documents/{REPORT}",
    f"/v1/events/{MEETING}",
    f"/v1/assertions/{PHONE_OF_ROSA}",
    f"/v1/receipts/{VALUES['receipt']}",
    "/v1/me",
]
WRITES: list[tuple[str, str, str, Any]] = [
    (CARDS[0], "PATCH", CARDS[0], {"title": "Piers"}),
    (CARDS[0], "POST", f"{CARDS[0]}/close", None),
    (CARDS[0], "PUT", f"{CARDS[0]}/openness", {"units": []}),
    (CARDS[1], "PATCH", CARDS[1], {"case": DOCKS, "attributes": [{"kind": "alias", "value": "Rosa"}]}),
    (CARDS[2], "PATCH", CARDS[2], {"case": DOCKS, "title": "Report"}),
    (CARDS[3], "PATCH", CARDS[3], {"case": DOCKS, "description": "Other"}),
    (CARDS[1], "POST", f"/v1/assertions/{PHONE_OF_ROSA}/end", {"case": DOCKS}),
    (CARDS[1], "POST", f"/v1/assertions/{ROSA}/end", {"case": DOCKS}),
]
"""The card whose ETag counts, and a write that takes it."""


@pytest.mark.parametrize("path", CARDS)
def test_an_etag_is_of_the_answer(as_: As, path: str) -> None:
    first, again = as_(ALICE)("GET", path), as_(ALICE)("GET", path)
    tag = first.headers["etag"]
    assert (again.content, again.headers["etag"]) == (first.content, tag)
    assert tag.startswith('"')
    for given in (tag, f'"x", {tag}', f"W/{tag}", "*"):
        known = as_(ALICE)("GET", path, headers={"If-None-Match": given})
        assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", tag)
        assert known.headers["cache-control"] == "private, no-store"
    assert as_(ALICE)("GET", path, headers={"If-None-Match": '"x"'}).status_code == 200
    wrong = as_(ALICE)("GET", path, headers={"If-None-Match": "x"}).json()
    assert (wrong["status"], wrong["field"]) == (422, "If-None-Match")


@pytest.mark.parametrize(("card", "method", "path", "body"), WRITES)
def test_a_write_on_condition(as_: As, card: str, method: str, path: str, body: Any) -> None:
    alice = as_(ALICE)
    tag = alice("GET", card).headers["etag"]
    for other in ('"x"', f"W/{tag}", '"x", "y"'):
        refused = alice(method, path, body, headers={"If-Match": other})
        assert (refused.status_code, refused.json()["type"]) == (412, "urn:icmgraph:problem:precondition_failed")
    assert alice("GET", card).headers["etag"] == tag, "nothing was written"
    assert alice(method, path, body, headers={"If-Match": f'"x", {tag}'}).is_success
    changed = alice("GET", card)
    if changed.status_code == 200 and not path.endswith("openness"):
        assert changed.headers["etag"] != tag


def test_an_etag_that_nothing_here_has_is_not_ignored(as_: As) -> None:
    """Else a client would believe itself protected."""
    for path, body in ((f"/v1/cases/{DOCKS}/subjects", {"kind": "Person"}), ("/v1/assertions", LINK)):
        for tag in ("*", '"x"'):
            assert as_(ALICE)("POST", path, body, headers={"If-Match": tag}).status_code == 412
    assert as_(ALICE)("PATCH", f"/v1/cases/{DOCKS}", {"title": "x"}, headers={"If-Match": "no tag"}).status_code == 422
    hidden = as_(BOB)("PATCH", f"/v1/cases/{DOCKS}", {"title": "x"}, headers={"If-Match": '"x"'})
    assert hidden.status_code == 404, "hidden and absent alike, whatever the condition"


def test_hidden_changes_change_no_etag_and_refuse_no_write(as_: As) -> None:
    """Tom is assigned to the case and lacks the caveat; what Alice adds under it is not there for him."""
    wire = VALUES["caveat"]
    path = f"/v1/subjects/{ROSA}"
    tag = as_(TOM)("GET", path).headers["etag"]
    alias = {"kind": "alias", "value": "Ros", "caveats": [wire]}
    as_(ALICE).ok("PATCH", path, {"case": DOCKS, "attributes": [alias]})
    as_(ALICE).ok("PATCH", path, {"case": DOCKS, "identifiers": [{**PHONE, "caveats": [wire]}]})
    assert as_(TOM)("GET", path).headers["etag"] == tag
    # Given write, Tom's write holds to what Tom read; Alice's own tag of before has passed.
    as_(SAM).ok("POST", f"/v1/cases/{DOCKS}/assignments", {"user": TOM, "functions": ["read", "write"]})
    added = {"case": DOCKS, "attributes": [{"kind": "alias", "value": "Rosie"}]}
    assert as_(TOM)("PATCH", path, added, headers={"If-Match": tag}).status_code == 200
    assert as_(TOM)("PATCH", path, added, headers={"If-Match": tag}).status_code == 412


def test_of_two_with_one_etag_one_writes(as_: As) -> None:
    alice = as_(ALICE)
    path = f"/v1/cases/{DOCKS}"
    for number in range(5):
        tag = alice("GET", path).headers["etag"]
        with ThreadPoolExecutor(4) as threads:
            asked = [
                threads.submit(alice, "PATCH", path, {"title": f"{number} {n}"}, headers={"If-Match": tag})
                for n in range(4)
            ]
        assert sorted(one.result().status_code for one in asked) == [200, 412, 412, 412]


# -- Idempotency-Key

CREATES: list[tuple[str, Any]] = [
    (f"/v1/cases/{DOCKS}/subjects", {"kind": "Person", "attributes": [{"kind": "name", "value": "Jo Doe"}]}),
    (f"/v1/cases/{DOCKS}/documents", {"kind": "report", "title": "Second"}),
    (f"/v1/cases/{DOCKS}/events", {"kind": "meeting"}),
    ("/v1/cases", {"number": "N-9", "title": "Crates", "unit": VALUES["unit"], "override": "urgent"}),
    ("/v1/assertions", LINK),
    ("/v1/checks", {"selectors": [PHONE], "reason": "a lead"}),
]
COUNT = "MATCH (n) WHERE n:Subject OR n:Document OR n:Event OR n:Case OR n:Check OR n:Entry RETURN count(n) AS n"


@pytest.mark.parametrize(("path", "body"), CREATES)
def test_a_request_that_comes_again_is_done_once(as_: As, graph: Graph, path: str, body: Any) -> None:
    alice = as_(ALICE)
    key = {"Idempotency-Key": "a-key-1"}
    first = alice("POST", path, body, headers=key)
    assert first.status_code == 201
    written = graph.run(COUNT)
    again = alice("POST", path, body, headers=key)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert graph.run(COUNT) == written
    word = next(name for name in ("title", "reason", "kind") if name in body)
    changed = alice("POST", path, {**body, word: "Person" if body[word] != "Person" else "Vehicle"}, headers=key)
    assert (changed.status_code, changed.json().get("field")) == (422, "Idempotency-Key")
    other = alice("POST", path, body, headers={"Idempotency-Key": "a-key-2"})
    assert other.status_code == 201
    assert other.content != first.content


def test_a_key_is_a_persons_own(as_: As) -> None:
    body = {"kind": "Person"}
    one = as_(ALICE).ok("POST", f"/v1/cases/{DOCKS}/subjects", body, headers={"Idempotency-Key": "k"})
    other = as_(BOB).ok("POST", f"/v1/cases/{uid('case-2')}/subjects", body, headers={"Idempotency-Key": "k"})
    assert one["id"] != other["id"]


def test_a_refusal_is_not_kept(as_: As) -> None:
    key = {"Idempotency-Key": "k"}
    close = f"/v1/cases/{DOCKS}/reopen"
    assert as_(ALICE)("POST", close, headers=key).status_code == 409
    as_(ALICE).ok("POST", f"/v1/cases/{DOCKS}/close")
    assert as_(ALICE)("POST", close, headers=key).status_code == 200


def test_two_at_once_make_one(as_: As, graph: Graph) -> None:
    alice = as_(ALICE)
    for path, body in CREATES[:1] + CREATES[3:4] + CREATES[5:]:
        before = graph.run(COUNT)[0]["n"]
        alice.ok("POST", path, body, headers={"Idempotency-Key": "alone"})
        one = graph.run(COUNT)[0]["n"] - before
        with ThreadPoolExecutor(6) as threads:
            asked = [
                threads.submit(alice, "POST", path, body, headers={"Idempotency-Key": "together"}) for _ in range(6)
            ]
        assert {(a.result().status_code, a.result().content) for a in asked} == {(201, asked[0].result().content)}
        assert graph.run(COUNT)[0]["n"] - before == 2 * one
        graph.run("MATCH (o:Once) DELETE o")


def test_a_repeat_tells_no_more_than_the_rights_of_now(as_: As) -> None:
    """Tom wrote, and was taken off the case: his repeat is answered as his write would be."""
    as_(SAM).ok("POST", f"/v1/cases/{DOCKS}/assignments", {"user": TOM, "functions": ["read", "write"]})
    path, key = f"/v1/cases/{DOCKS}/subjects", {"Idempotency-Key": "k"}
    assert as_(TOM)("POST", path, {"kind": "Person"}, headers=key).status_code == 201
    for given in as_(SAM).ok("GET", f"/v1/cases/{DOCKS}/assignments")["items"]:
        if given["user"] == TOM:
            as_(SAM).ok("DELETE", f"/v1/cases/{DOCKS}/assignments/{given['id']}")
    again, fresh = as_(TOM)("POST", path, {"kind": "Person"}, headers=key), as_(TOM)("POST", path, {"kind": "Person"})
    assert (again.status_code, again.content) == (404, fresh.content)


def test_a_repeated_check_shows_what_may_be_seen_now(as_: As, graph: Graph) -> None:
    body = {"selectors": [{"kind": "email", "value": "r.vega@example.com"}], "reason": "a lead"}
    key = {"Idempotency-Key": "k"}
    first = as_(ALICE).ok("POST", "/v1/checks", body, headers=key)
    assert [hit["id"] for hit in first["records"]] == [ROSA]
    graph.run("MATCH (:User {id: $me})-[c:CLEARED_FOR]->() DELETE c", me=ALICE)
    graph.run("MATCH (e:Epoch) SET e.value = e.value + 1")
    again = as_(ALICE).ok("POST", "/v1/checks", body, headers=key)
    assert again == {**first, "records": []}


def test_what_is_kept_holds_no_selector(as_: As, graph: Graph) -> None:
    for number, (path, body) in enumerate(CREATES):
        as_(ALICE).ok("POST", path, body, headers={"Idempotency-Key": f"+1202555{number}"})
    kept = graph.run("MATCH (o:Once) RETURN properties(o) AS said")
    assert len(kept) == len(CREATES)
    text = json.dumps([row["said"] for row in kept], default=str)
    for word in ("Doe", "0143", "Crates", "Second", "meeting", "+1202555", ALICE):
        assert word not in text


def test_it_is_kept_for_a_day(as_: As, graph: Graph, platform: Platform) -> None:
    path, body = CREATES[0]
    key = {"Idempotency-Key": "k"}
    first = as_(ALICE).ok("POST", path, body, headers=key)
    graph.run("MATCH (o:Once) SET o.at = datetime.realtime() - duration({hours: 25})")
    assert as_(ALICE).ok("POST", path, body, headers=key) != first
    graph.run("MATCH (o:Once) SET o.at = datetime.realtime() - duration({hours: 25})")
    assert platform.gateway.write(lambda tx: tx.control("forget_once", hours=24)) == [{"dropped": 1}]


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "naïve"])
def test_keys_that_are_none(as_: As, key: str) -> None:
    headers = {"Idempotency-Key": key.encode("latin-1")}
    answer = as_(ALICE)("POST", CREATES[0][0], CREATES[0][1], headers=headers)
    assert answer.status_code == 422


def test_every_write_may_come_again(platform: Platform) -> None:
    """What a write answers is kept by name: ids alone (docs/api.md, "Sending again")."""
    routes = [route for route in create_app(platform).routes if isinstance(route, Route) and route.access == "write"]
    answers = {route.name: route.response_model for route in routes}
    assert {name for name, answer in answers.items() if answer.__name__ not in once.ANSWERS} == set()


def test_every_single_record_has_an_etag(platform: Platform) -> None:
    """A route that answers one record and forgot it would go unnoticed."""
    routes = [route for route in create_app(platform).routes if isinstance(route, Route)]
    single = {route.name for route in routes if route.name.startswith("show_") and route.access != "public"}
    assert single <= {route.name for route in routes if route.tagged}
