"""The audit as Ida, the auditor, reads it; and that nobody else does."""

from __future__ import annotations

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


def test_reading_it_is_recorded(as_: As) -> None:
    acts(as_, who=ALICE)
    first, second = acts(as_, action="audit.search")[:2]
    assert (first["who"], first["parameters"], first["result"]) == (IDA, {"action": "audit.search", "limit": 50}, None)
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
