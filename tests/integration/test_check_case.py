"""A check of a whole case file, on a real graph: what it holds that others hold too."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from icmgraph.errors import FunctionRefused, InvalidInput, NotFound, Quota
from icmgraph.model.answers import CaseCheckAnswer
from icmgraph.model.checks import CaseCheckInput
from icmgraph.queries.case_checks import CaseChecks
from icmgraph.queries.deconfliction import Deconfliction
from icmgraph.queries.once import Once
from icmgraph.queries.session import Conditions
from tests.integration.bureau import DESK, KEY
from tests.integration.registering import Register
from tests.worlds.fixtures import graph as graph
from tests.worlds.loader import Graph
from tests.worlds.world import Key

ANN, ED = (f"{name}, +1 202 555 0100" for name in ("Ann", "Ed"))
PLATE = Key("plate", "XK4410")
EMAIL = Key("email", "lead@one.example")
NINE = datetime(2098, 1, 3, 9, tzinfo=UTC)


class Office(Register):
    def check_case(self, case: str, user: str | None = None, **said: Any) -> CaseCheckAnswer:
        given = json.dumps({"case": case, "reason": "a quarterly look", **said})
        return CaseChecks(self.deconfliction(user)).check(CaseCheckInput.model_validate_json(given), 100.0)

    def anns(self, *caveats: str, **facts: Any) -> str:
        """Ann's case, with Rosa Vega, her phone and a car."""
        case = self.case(self.ann, *caveats, unit=self.west, **facts)
        rosa = self.phone(case)
        own = self.b.own((case,))
        self.b.attribute(own, rosa, "name", "Rosa Vega")
        self.b.attribute(own, rosa, "birth_date", "1980-05-17")
        self.b.identifier(own, self.b.subject(own, kind="Vehicle"), PLATE)
        return case


@pytest.fixture
def office(graph: Graph, tmp_path: Path) -> Office:
    return Office(graph, tmp_path)


def pointed(answer: CaseCheckAnswer) -> list[tuple[str, str, str]]:
    return [(answer.selectors[one.selector].value, one.tier, one.contact) for one in answer.pointers]


def test_all_that_one_sees_in_the_file_is_asked_for_with_one_receipt(office: Office) -> None:
    mine, theirs = office.anns(), office.case()
    office.phone(theirs)
    office.named(theirs, "Vega, Rosa", "1980-05-17")
    answer = office.load().check_case(mine)
    assert [(one.kind, one.value) for one in answer.selectors] == [
        ("name", "Rosa Vega"), ("phone", "+12025550143"), ("plate", "XK4410"),
    ]  # fmt: skip
    assert pointed(answer) == [("Rosa Vega", "strong", ED), ("+12025550143", "exact", ED)]
    assert (answer.case, answer.records, answer.result) == (mine, [], "pointers given")
    assert office.deconfliction().receipt(answer.receipt).asked == answer.asked
    office.tell()
    (body,) = office.bodies(office.ed)
    assert (body["case"], body["contact"], body["reference"]) == (theirs, ANN, answer.reference)
    assert office.notices(office.ann) == []


def test_it_meets_neither_itself_nor_what_its_people_registered(office: Office) -> None:
    mine = office.anns()
    office.b.assign(office.eve, mine)
    office.load()
    office.register(office.eve)
    office.register(office.ed)
    office.tell()
    before = len(office.notices(office.eve))
    assert [contact for _, _, contact in pointed(office.check_case(mine))] == [ED]
    office.tell()
    assert len(office.notices(office.eve)) == before
    assert len(office.notices(office.ed)) > 0


@pytest.mark.parametrize(
    ("mode", "said", "told"),
    [("open", "open", ANN), ("open", "brokered", DESK), ("brokered", "open", DESK), ("silent", "open", None)],
)
def test_others_learn_by_the_stricter_of_the_case_and_the_question(
    office: Office, mode: str, said: str, told: str | None
) -> None:
    mine = office.anns(disclosure=mode)
    office.phone(office.case())
    answer = office.load().check_case(mine, mode=said)
    assert [contact for _, _, contact in pointed(answer)] == [ED]
    office.tell()
    assert [body["contact"] for body in office.bodies(office.ed)] == ([told] if told else [])


def test_what_is_under_a_caveat_is_asked_for_as_quietly_as_it_is_kept(office: Office) -> None:
    wire = office.b.caveat("Wire", "wiretap")
    office.b.clear(office.ann, wire)
    mine = office.case(office.ann, unit=office.west)
    office.phone(mine, wire)
    office.b.identifier(office.b.own((mine,)), office.b.subject(office.b.own((mine,))), PLATE)
    theirs = office.case()
    office.phone(theirs)
    office.b.identifier(office.b.own((theirs,)), office.b.subject(office.b.own((theirs,))), PLATE)
    assert len(office.load().check_case(mine).pointers) == 2
    office.tell()
    (body,) = office.bodies(office.ed)
    assert body["matches"] == [{"selector": "plate", "tier": "exact"}]


def test_who_may(office: Office) -> None:
    mine, empty = office.anns(), office.case(office.ann, unit=office.west)
    office.b.assign(office.eve, mine, functions=("read",))
    office.load()
    with pytest.raises(NotFound):
        office.check_case(mine, office.ed)
    for user in (office.eve, office.lead):
        with pytest.raises(FunctionRefused):
            office.check_case(mine, user)
    with pytest.raises(InvalidInput):
        office.check_case(empty)
    narrow = Deconfliction(office.session(), key=KEY, answer_ms=0, receipt_days=30, desk_contact=DESK, daily=2)
    with pytest.raises(Quota):
        CaseChecks(narrow).check(CaseCheckInput(case=mine, reason="a look"), 100.0)
    assert office.checks() == []


def test_a_repeat_is_the_same_receipt_and_names_what_was_asked_only_if_that_is_known(office: Office) -> None:
    mine = office.anns()
    office.load()
    once = Once.of(KEY, office.ann, "a-key", "the request")

    def again() -> CaseCheckAnswer:
        session = office.sessions.of(office.ann, Conditions(once=once))
        handle = Deconfliction(session, key=KEY, answer_ms=0, receipt_days=30, desk_contact=DESK)
        return CaseChecks(handle).check(CaseCheckInput(case=mine, reason="a look"), 100.0)

    first, second = again(), again()
    assert (first.receipt, first.selectors) == (second.receipt, second.selectors)
    office.graph.run("MATCH (:Subject)-[r:HAS_IDENTIFIER]->(:Identifier {kind: 'plate'}) DELETE r")
    third = again()
    assert (third.receipt, third.selectors) == (first.receipt, [])


# -- what is asked beside it

MORE: dict[str, Any] = {
    "selectors": [{"kind": "plate", "value": "XK4410"}, {"kind": "email", "value": "lead@one.example"}],
    "names": [{"name": "Lena Ohm"}],
    "event": {"latitude": 38.9, "longitude": -77.03, "starts": "2098-01-03T09:00:00Z"},
}


def test_a_request_combines_a_case_a_subject_and_a_planned_operation(office: Office) -> None:
    mine, theirs, open_to_west = office.anns(), office.case(), office.case(office.eve, open_to=[office.west])
    office.named(theirs, "Lena Ohm")
    own = office.b.own((theirs,))
    office.b.event(own, latitude=38.9, longitude=-77.03, starts=NINE)
    office.b.identifier(own, office.b.subject(own), EMAIL)
    shown = office.b.own((open_to_west,))
    office.b.identifier(shown, office.b.subject(shown, kind="Person"), EMAIL)
    office.b.identifier(shown, office.b.subject(shown, kind="Vehicle"), PLATE)
    answer = office.load().check_case(mine, beside=MORE)
    assert [(one.kind, one.value) for one in answer.selectors] == [
        ("name", "Rosa Vega"), ("phone", "+12025550143"), ("plate", "XK4410"),
        ("email", "lead@one.example"), ("name", "Lena Ohm"), ("event", "2098-01-03T09:00:00.000Z"),
    ], "what the file holds is asked for once"  # fmt: skip
    assert pointed(answer) == [
        ("lead@one.example", "exact", ED), ("Lena Ohm", "weak", ED), ("2098-01-03T09:00:00.000Z", "exact", ED)
    ]  # fmt: skip
    assert [hit.identifier_kind for hit in answer.records] == ["email"], "of what the file holds none is listed"
    assert office.deconfliction().receipt(answer.receipt).asked == answer.asked
    office.tell()
    (body,) = office.bodies(office.ed)
    assert sorted((one["selector"], one["tier"]) for one in body["matches"]) == [
        ("email", "exact"), ("event", "exact"), ("name", "weak")
    ]  # fmt: skip


def test_what_is_asked_beside_a_case_is_asked_by_the_mode_of_the_question(office: Office) -> None:
    mine, theirs = office.anns(disclosure="brokered"), office.case()
    own = office.b.own((theirs,))
    office.b.identifier(own, office.b.subject(own), EMAIL)
    office.load().check_case(mine, beside={"selectors": MORE["selectors"]})
    office.tell()
    (body,) = office.bodies(office.ed)
    assert body["contact"] == ANN


def test_it_meets_not_the_case_beside_which_it_is_asked(office: Office) -> None:
    """Even of what the asker does not see in it."""
    sealed = office.b.caveat("Seal", "sealed")
    mine = office.anns()
    own = office.b.own((mine,), caveats=(sealed,))
    office.b.identifier(own, office.b.subject(own), EMAIL)
    answer = office.load().check_case(mine, beside={"selectors": MORE["selectors"]})
    assert (answer.pointers, answer.records) == ([], [])
    office.tell()
    assert office.notices(office.ann) == []


@pytest.mark.parametrize(
    ("beside", "field"),
    [
        ({"selectors": [{"kind": "phone", "value": "12"}]}, "beside.selectors.0.value"),
        ({"names": [{"name": "Ro*"}]}, "beside.names.0.name"),
        ({"event": {"starts": "2098-01-03T09:00:00Z"}}, "beside.event.address"),
        ({"event": {**MORE["event"], "starts": "2020-01-03T09:00:00Z"}}, "event.ends"),
    ],
)
def test_what_is_wrong_beside_it_is_named(office: Office, beside: dict[str, Any], field: str) -> None:
    mine = office.anns()
    office.load()
    with pytest.raises(InvalidInput) as refused:
        office.check_case(mine, beside=beside)
    assert refused.value.field == field
    assert office.checks() == []


def test_a_planned_operation_is_never_silent_beside_a_case_either() -> None:
    said = {"case": str(uuid4()), "reason": "a lead", "mode": "silent", "on_behalf_of": str(uuid4())}
    CaseCheckInput.model_validate_json(json.dumps({**said, "beside": {"names": MORE["names"]}}))
    with pytest.raises(ValueError, match="never silent"):
        CaseCheckInput.model_validate_json(json.dumps({**said, "beside": {"event": MORE["event"]}}))
