"""What leaders and auditors are shown of who asks: numbers tried one after the other, canaries, purposes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from icmgraph.audit import Question
from icmgraph.errors import InvalidInput
from icmgraph.model.checks import BulkCheckInput, normal_form
from icmgraph.model.source import SystemSource
from icmgraph.queries import canaries
from icmgraph.queries.asking import Asking
from icmgraph.queries.operator import Operator
from tests.integration.bureau import KEY, name, phone, question
from tests.integration.test_fishing import Fishing
from tests.worlds.fixtures import graph as graph
from tests.worlds.loader import Graph

ASKING = Asking(KEY, 2000)


class Watched(Fishing):
    """With Ida the auditor, and Boss who leads West; Lead leads what is above."""

    def __init__(self, graph: Graph, folder: Path) -> None:
        super().__init__(graph, folder)
        self.ida = self.person("Ida", self.top, "auditor")
        self.boss = self.person("Boss", self.west, "supervisor")
        self.b.lead(self.boss, self.west)


@pytest.fixture
def office(graph: Graph, tmp_path: Path) -> Watched:
    return Watched(graph, tmp_path)


def told(office: Watched, who: str, kind: str) -> list[dict[str, Any]]:
    return [notice.body for notice in office.notices(getattr(office, who)) if notice.kind == kind]


def number(n: int) -> str:
    return f"+1 202 555 01{n:02}"


def one_by_one(office: Watched, many: int) -> None:
    for n in range(many):
        office.check(question=question(selectors=({"kind": "phone", "value": number(n)},)))


def at_once(office: Watched, many: int) -> None:
    rows = [{"selectors": ({"kind": "phone", "value": number(n)},)} for n in range(many)]
    office.deconfliction().check_rows(BulkCheckInput.model_validate({"rows": tuple(rows), "reason": "a raid"}), 100.0)


def entered(office: Watched, many: int) -> None:
    office.counted(2000)
    for n in range(many):
        office.enter(number(n))


@pytest.mark.parametrize("act", [one_by_one, at_once, entered])
@pytest.mark.parametrize("held", [True, False])
def test_numbers_tried_one_after_the_other_are_shown_to_the_leader_and_auditors(
    office: Watched, act: Any, held: bool
) -> None:
    """Misses as hits; once a day."""
    if held:
        office.phone(office.case())
    office.load()
    act(office, 9)
    office.tell()
    assert not any(told(office, who, "probing") for who in ("boss", "ida", "ann", "lead"))
    act(office, 12)
    office.tell()
    for who in ("boss", "ida"):
        (body,) = told(office, who, "probing")
        assert (body["person"], body["name"], body["hours"]) == (office.ann, "Ann", 24)
        assert 10 <= body["selectors"] <= 12
        assert "555" not in str(body)
    assert not any(told(office, who, "probing") for who in ("ann", "lead", "ed", "desk", "will"))


def test_numbers_of_many_people_or_days_are_not(office: Watched) -> None:
    office.load()
    one_by_one(office, 6)
    office.tell()
    office.graph.run("MATCH ()-[m:MADE]->(c:Check) SET c.at = c.at - duration('P2D'), m.at = c.at")
    one_by_one(office, 6)
    for n in range(6):
        office.check(office.eve, question(selectors=({"kind": "phone", "value": number(50 + n)},)))
    office.tell()
    assert told(office, "ida", "probing") == []
    before = "MATCH (c:Check) WHERE c.at < $then AND c.stems IS NOT NULL RETURN c"
    kept = office.graph.run(before, then=office.source("", "").now())
    assert kept == [], "what was kept of the day before is forgotten"


@pytest.mark.parametrize("moved", ["latitude", "starts", "radius"])
def test_one_plan_after_another_near_a_place_is_shown_too(office: Watched, moved: str) -> None:
    office.load()
    now = office.source("", "").now()
    for n in (*range(9), *range(9), *range(12)):
        if n == 9:
            office.tell()
            assert told(office, "boss", "probing") == [], "nine, however often each"
        steps = {"latitude": 38.96 + n / 100, "starts": now + timedelta(hours=n), "radius": 500 + n}
        event = {"latitude": 38.9, "longitude": -77.0, "starts": now, **{moved: steps[moved]}}
        office.check(question=question(event=event))
    office.tell()
    for who in ("boss", "ida"):
        assert [body["person"] for body in told(office, who, "probing")] == [office.ann]


def test_a_leader_who_tries_them_is_shown_to_the_one_above(office: Watched) -> None:
    office.load()
    for n in range(12):
        office.check(office.boss, question(selectors=({"kind": "phone", "value": number(n)},)))
    office.tell()
    assert told(office, "boss", "probing") == []
    assert len(told(office, "lead", "probing")) == len(told(office, "ida", "probing")) == 1


def operator(office: Watched) -> Operator:
    return Operator(office.graph.gateway, office.audit, SystemSource())


def put_out(office: Watched, *asked: Any) -> list[str]:
    return canaries.add(operator(office), ASKING, [one for q in asked for one in normal_form(q)], "a trap of May")


def by_check(office: Watched) -> None:
    office.check()


def by_registration(office: Watched) -> None:
    office.register(office.ann)


def by_entering(office: Watched) -> None:
    office.enter("+1 202 555 0143")


@pytest.mark.parametrize("act", [by_check, by_registration, by_entering])
def test_who_asks_for_a_canary_is_shown_to_auditors_alone(office: Watched, act: Any) -> None:
    office.load()
    (canary,) = put_out(office, phone())
    assert put_out(office, phone()) == [], "once"
    act(office)
    office.tell()
    (body,) = told(office, "ida", "canary")
    assert (body["canary"], body["person"]) == (canary, office.ann)
    for who in ("ann", "boss", "lead", "ed", "desk", "will"):
        assert office.notices(getattr(office, who)) == []
    (listed,) = canaries.all_of(operator(office))
    assert (listed["id"], listed["kind"], listed["note"]) == (canary, "phone", "a trap of May")
    assert "555" not in str(office.graph.run("MATCH (c:Canary) RETURN properties(c) AS p"))
    canaries.remove(operator(office), canary)
    act(office)
    office.tell()
    assert len(told(office, "ida", "canary")) == 1
    with pytest.raises(InvalidInput):
        canaries.remove(operator(office), canary)


def test_a_canary_changes_nothing_of_the_answer(graph: Graph, tmp_path: Path) -> None:
    seen = []
    for put in (True, False):
        office = Watched(graph, tmp_path)
        office.load()
        if put:
            put_out(office, phone(), name("Rosa Vega"))
        answers = [office.check().model_dump_json(), office.check(question=name("Rosa Vega")).model_dump_json()]
        checks = office.checks()
        office.tell()
        seen.append((answers, checks, office.checks(), office.notices(office.ann)))
    assert seen[0] == seen[1]


def test_auditors_read_the_purpose_and_the_reference(office: Watched) -> None:
    office.load()
    office.check(question=question(names=({"name": "Rosa Vega"},), reference="lead 7"))
    (act,) = office.audit.search(Question(action=frozenset({"deconflict.check"})))
    said = act.intent["parameters"]
    assert (said["reason"], said["reference"], said["keys"]) == ("before opening a case", "lead 7", ["n:rosa vega"])
