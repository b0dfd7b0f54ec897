"""The audit as Ida, the auditor, reads it; and that nobody else does."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from icmgraph.audit import PublicKey, Signer
from icmgraph.bootstrap import Platform
from icmgraph.keys import create_audit
from tests.api.conftest import As
from tests.worlds import example
from tests.worlds.world import uid

ALICE, BOB, ANA, IDA = (uid(f"user-{number}") for number in (1, 2, 3, 6))
DOCKS, ROSA = uid("case-1"), uid("subject-1")
SELECTOR = {"kind": "phone", "value": "+1 202 555 0143"}
OTHER = {"kind": "phone", "value": "+1 202 555 0188"}


def acts(as_: As, **asked: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = as_(IDA).ok("POST", "/v1/audit/search", asked)["items"]
    return found


def newest(as_: As, **asked: Any) -> tuple[str, str, str]:
    act = acts(as_, **asked)[0]
    return act["who"], act["action"], act["result"]


def test_ida_is_an_auditor() -> None:
    assert [user.user_class for user in example.WORLD.users if user.id == IDA] == ["auditor"]


def test_who_did_what(as_: As) -> None:
    as_(ALICE).ok("GET", f"/v1/subjects/{ROSA}")
    assert as_(BOB)("GET", f"/v1/cases/{DOCKS}").status_code == 404
    as_(ANA).ok("POST", "/v1/search/identifiers", {"selectors": [SELECTOR]})
    as_(ANA).ok("POST", "/v1/search/names", {"name": "Rosa Vega"})
    as_(BOB).ok("POST", "/v1/checks", {"selectors": [SELECTOR], "reason": "a lead"})

    assert newest(as_, who=ALICE) == (ALICE, "subject.show", "done")
    assert newest(as_, record=ROSA, who=ALICE) == (ALICE, "subject.show", "done")
    assert newest(as_, record=DOCKS, who=BOB) == (BOB, "case.show", "not_found")
    assert newest(as_, result="not_found") == (BOB, "case.show", "not_found")
    assert newest(as_, who=BOB, selectors=[SELECTOR]) == (BOB, "deconflict.check", "done")
    assert newest(as_, who=ANA, selectors=[SELECTOR]) == (ANA, "search.identifiers", "done")
    assert newest(as_, who=ANA, names=["VEGA, Rosa"]) == (ANA, "search.names", "done")
    assert acts(as_, selectors=[OTHER], who=BOB) == []
    assert acts(as_, until="2000-01-01T00:00:00Z") == []


def test_a_selector_is_read_by_auditors_until_it_is_erased(as_: As, platform: Platform) -> None:
    as_(ANA).ok("POST", "/v1/search/identifiers", {"selectors": [SELECTOR]})
    as_(BOB).ok("POST", "/v1/checks", {"selectors": [SELECTOR], "names": [{"name": "Rosa Vega"}], "reason": "a lead"})
    search, check = (acts(as_, who=who, selectors=[SELECTOR])[0] for who in (ANA, BOB))
    assert search["parameters"]["selectors"] == ["phone:+12025550143"]
    assert check["parameters"] == {"keys": ["n:rosa vega", "phone:+12025550143"], "reason": "a lead"}
    recorded = [one for one in platform.audit.export() if one["body"]["id"] in (search["id"], check["id"])]
    assert len(recorded) == 2
    assert not any(said in str(recorded) for said in ("5550143", "vega", "a lead"))

    platform.audit.erase([search["id"], check["id"]])
    assert not {act["id"] for act in acts(as_, selectors=[SELECTOR])} & {search["id"], check["id"]}
    by_bob = next(act for act in acts(as_, who=BOB) if act["id"] == check["id"])
    assert by_bob["parameters"] == {"keys": {"erased": True}, "reason": {"erased": True}}


def test_a_planned_operation_is_read_by_auditors_and_found_by_its_address(as_: As, platform: Platform) -> None:
    starts = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    event = {"address": "1 Pier Road", "latitude": 38.91234, "longitude": -77.0, "starts": starts}
    as_(BOB).ok("POST", "/v1/checks", {"event": event, "reason": "a raid"})
    (act,) = acts(as_, who=BOB, selectors=[{"kind": "address", "value": "1 PIER ROAD"}])
    assert act["parameters"]["keys"] == ["address:1 pier road"]
    assert json.loads(act["parameters"]["event"])["point"] == [38.91234, -77.0]
    assert not any(said in str(list(platform.audit.export())) for said in ("38.91234", "pier road"))


def test_reading_it_is_recorded(as_: As) -> None:
    acts(as_, who=ALICE)
    first, second = acts(as_, action="audit.search")[:2]
    assert (first["who"], first["result"]) == (IDA, None)
    assert first["parameters"] == {"action": ["audit.search"], "limit": 50}
    assert (second["who"], second["parameters"]["who"], second["result"]) == (IDA, ALICE, "done")


def test_in_pages(as_: As) -> None:
    for _ in range(3):
        as_(ALICE).ok("GET", "/v1/me")
    asked = {"who": ALICE, "action": "me"}
    whole = [act["seq"] for act in acts(as_, **asked)]
    told, cursor = [], None
    while True:
        params = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = as_(IDA).ok("POST", "/v1/audit/search", asked, params=params)
        told += [act["seq"] for act in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
        foreign = as_(IDA)("POST", "/v1/audit/search", {"who": BOB}, params={"cursor": cursor})
        assert (foreign.status_code, foreign.json()["field"]) == (422, "cursor")
    assert told == whole
    assert len(whole) >= 3


def test_checkpoints_can_be_verified_elsewhere(as_: As, platform: Platform) -> None:
    signer = Signer(create_audit(platform.settings.home))
    first = platform.audit.checkpoint(signer)
    as_(ALICE).ok("GET", "/v1/me")
    second = platform.audit.checkpoint(signer)
    answer = as_(IDA).ok("GET", "/v1/audit/checkpoints")
    assert [one["note"] for one in answer["items"][:2]] == [second, first]
    key = PublicKey.parse(answer["key"])
    assert [key.checkpoint(one["note"]).size for one in answer["items"]] == [one["size"] for one in answer["items"]]
    page = as_(IDA).ok("GET", "/v1/audit/checkpoints", params={"limit": 1})
    after = as_(IDA).ok("GET", "/v1/audit/checkpoints", params={"limit": 1, "cursor": page["next"]})
    assert [page["items"][0]["note"], after["items"][0]["note"]] == [second, first]


@pytest.mark.parametrize("user", [user for user in example.WORLD.users if user.id != IDA], ids=lambda user: user.name)
def test_it_is_for_auditors(as_: As, user: Any) -> None:
    for method, path, body in (("POST", "/v1/audit/search", {}), ("GET", "/v1/audit/checkpoints", None)):
        refused = as_(user.id)(method, path, body)
        assert (refused.status_code, refused.json()["type"]) == (403, "urn:icmgraph:problem:function_refused")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"who": "Alice"}, "who"),
        ({"record": "docks"}, "record"),
        ({"since": "yesterday"}, "since"),
        ({"selectors": [{"kind": "phone", "value": "12"}]}, "selectors.0.value"),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_what_is_no_question(as_: As, body: dict[str, Any], field: str) -> None:
    refused = as_(IDA)("POST", "/v1/audit/search", body)
    assert refused.status_code == 422
    assert field in str(refused.json())


# -- patterns

PATTERNS = "/v1/audit/patterns"


def test_who_did_so_many(as_: As) -> None:
    for _ in range(3):
        as_(BOB)("GET", f"/v1/cases/{DOCKS}")
        as_(ALICE).ok("GET", f"/v1/subjects/{ROSA}")
    as_(ANA).ok("GET", f"/v1/subjects/{ROSA}")
    refused = {"result": ["not_found", "function_refused"], "by": "who", "at_least": 3, "within_hours": 1}
    rows = {one["value"]: one["count"] for one in as_(IDA).ok("POST", PATTERNS, refused)["items"]}
    assert rows[BOB] >= 3
    assert min(rows.values()) >= 3
    met = {"record": ROSA, "by": "record", "at_least": 2, "last_hours": 1}
    (row,) = as_(IDA).ok("POST", PATTERNS, met)["items"]
    assert (row["value"], row["count"] >= 2, row["first"] < row["last"]) == (ROSA, True, True)
    shown = {"action": "subject.show", "by": "action", "at_least": 4}
    assert [one["value"] for one in as_(IDA).ok("POST", PATTERNS, shown)["items"]] == ["subject.show"]


def test_more_than_the_limit_is_said(as_: As) -> None:
    for user in (ALICE, BOB, ANA):
        as_(user).ok("GET", "/v1/me")
    asked = {"action": "me", "by": "who", "at_least": 1}
    whole = as_(IDA).ok("POST", PATTERNS, asked)
    cut = as_(IDA).ok("POST", PATTERNS, asked, params={"limit": 1})
    assert (whole["truncated"], cut["truncated"], cut["items"]) == (False, True, whole["items"][:1])
    assert [(-one["count"], one["value"]) for one in whole["items"]] == sorted(
        (-one["count"], one["value"]) for one in whole["items"]
    )


def test_counting_is_recorded(as_: As) -> None:
    as_(IDA).ok("POST", PATTERNS, {"selectors": [SELECTOR], "by": "who", "at_least": 7, "within_hours": 24})
    said = acts(as_, action="audit.patterns")[0]["parameters"]
    counted = {"by": "who", "at_least": 7, "within_hours": 24, "limit": 50}
    assert said == {**counted, "selectors": ["phone:+12025550143"]}


# -- reports

REPORTS = "/v1/audit/reports"
OF_IDA, OF_BOB = example.VALUES["report"], uid("report-2")
ABSENT = "11111111-1111-4111-8111-111111111111"


def test_a_report_is_kept_listed_run_and_deleted(as_: As) -> None:
    ida = as_(IDA)
    as_(BOB)("GET", f"/v1/cases/{DOCKS}")
    search = {"who": BOB, "result": ["not_found"], "last_hours": 168}
    pattern = {"action": ["case.show"], "by": "who", "at_least": 1}
    searched = ida.ok("POST", REPORTS, {"name": "Bob", "search": search})["id"]
    counted = ida.ok("POST", REPORTS, {"name": "Cases", "pattern": pattern})["id"]
    kept = {one["id"]: one for one in ida.ok("GET", REPORTS)["items"]}
    assert list(kept) == [counted, searched, OF_IDA]
    assert (kept[searched]["name"], kept[searched]["search"]) == ("Bob", search)
    assert (kept[counted]["search"], kept[counted]["pattern"]) == (None, pattern)

    ran = ida.ok("POST", f"{REPORTS}/{searched}/run", params={"limit": 1})
    assert (ran["acts"][0]["who"], ran["acts"][0]["result"], ran["repeated"]) == (BOB, "not_found", [])
    as_(BOB)("GET", f"/v1/cases/{DOCKS}")
    assert ida.ok("POST", f"{REPORTS}/{searched}/run")["acts"][0]["seq"] > ran["acts"][0]["seq"]
    ran = ida.ok("POST", f"{REPORTS}/{counted}/run")
    assert BOB in {one["value"] for one in ran["repeated"]}
    refused = ida("POST", f"{REPORTS}/{counted}/run", params={"cursor": "abc"})
    assert (refused.status_code, refused.json()["field"]) == (422, "cursor")

    assert ida("DELETE", f"{REPORTS}/{searched}").status_code == 204
    assert ida("POST", f"{REPORTS}/{searched}/run").status_code == 404
    assert [one["id"] for one in ida.ok("GET", REPORTS)["items"]] == [counted, OF_IDA]


def test_a_run_goes_on_in_pages(as_: As) -> None:
    for _ in range(3):
        as_(ALICE).ok("GET", "/v1/me")
    id = as_(IDA).ok("POST", REPORTS, {"name": "me", "search": {"action": "me", "who": ALICE}})["id"]
    first = as_(IDA).ok("POST", f"{REPORTS}/{id}/run", params={"limit": 2})
    second = as_(IDA).ok("POST", f"{REPORTS}/{id}/run", params={"limit": 2, "cursor": first["next"]})
    assert first["acts"][-1]["seq"] > second["acts"][0]["seq"]


def test_selectors_are_kept_as_they_were_typed_and_recorded_sealed(as_: As, platform: Platform) -> None:
    as_(ANA).ok("POST", "/v1/search/identifiers", {"selectors": [SELECTOR]})
    report = {"name": "Who looks for it", "search": {"selectors": [SELECTOR], "names": ["Vega, Rosa"]}}
    id = as_(IDA).ok("POST", REPORTS, report)["id"]
    kept = next(one for one in as_(IDA).ok("GET", REPORTS)["items"] if one["id"] == id)
    assert kept["search"] == report["search"]
    ran = as_(IDA).ok("POST", f"{REPORTS}/{id}/run")
    assert ANA in {act["who"] for act in ran["acts"]}
    saved = acts(as_, action="audit.report.save")[0]
    named = ["n:rosa vega", "phone:+12025550143"]
    assert (saved["records"], saved["parameters"]["selectors"]) == ([id], named)
    assert acts(as_, action="audit.report.show")[0]["parameters"] == {"report": id}
    assert acts(as_, action="audit.search", who=IDA, selectors=[SELECTOR])
    recorded = [one["body"] for one in platform.audit.export()]
    assert any(body.get("action") == "audit.report.save" for body in recorded)
    assert not any(said in str(recorded) for said in ("5550143", "vega"))


@pytest.mark.parametrize(("method", "path"), [("POST", "/{}/run"), ("DELETE", "/{}")])
def test_anothers_report_is_absent(as_: As, method: str, path: str) -> None:
    absent, foreign = (as_(IDA)(method, REPORTS + path.format(id)) for id in (ABSENT, OF_BOB))
    assert absent.status_code == foreign.status_code == 404
    assert (absent.content, dict(absent.headers)) == (foreign.content, dict(foreign.headers))
    assert OF_BOB not in str(as_(IDA).ok("GET", REPORTS))


def test_it_is_saved_once(as_: As) -> None:
    sent = {"headers": {"Idempotency-Key": "first"}}
    ids = {as_(IDA).ok("POST", REPORTS, {"name": "Once", "search": {}}, **sent)["id"] for _ in range(2)}
    assert len(ids) == 1


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (PATTERNS, {"by": "who"}, "at_least"),
        (PATTERNS, {"at_least": 2}, "by"),
        (PATTERNS, {"by": "result", "at_least": 2}, "by"),
        (PATTERNS, {"by": "who", "at_least": 0}, "at_least"),
        (PATTERNS, {"by": "who", "at_least": 2, "within_hours": 0}, "within_hours"),
        (PATTERNS, {"by": "who", "at_least": 2, "last_hours": 5, "since": "2024-01-01T00:00:00Z"}, "last_hours"),
        (REPORTS, {"name": "none"}, "search or pattern"),
        (REPORTS, {"name": "both", "search": {}, "pattern": {"by": "who", "at_least": 2}}, "search or pattern"),
        (REPORTS, {"name": "short", "search": {"selectors": [{"kind": "phone", "value": "12"}]}}, "selectors.0.value"),
    ],
)
def test_what_cannot_be_counted_or_kept(as_: As, path: str, body: dict[str, Any], field: str) -> None:
    refused = as_(IDA)("POST", path, body)
    assert refused.status_code == 422
    assert field in str(refused.json())
    assert "'12'" not in refused.text
