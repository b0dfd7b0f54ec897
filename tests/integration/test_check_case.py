"""A check of a whole case file, on a real graph: what it holds that others hold too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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


class Office(Register):
    def check_case(self, case: str, user: str | None = None, **said: Any) -> CaseCheckAnswer:
        return CaseChecks(self.deconfliction(user)).check(
            CaseCheckInput.model_validate({"case": case, "reason": "a quarterly look", **said}), 100.0
        )

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
