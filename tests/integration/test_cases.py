"""Acts on cases: who may, what moves, and what a tightening leaves behind."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from icmgraph.errors import (
    Conflict,
    FunctionRefused,
    GraphUnavailable,
    IcmError,
    InvalidInput,
    NotFound,
    Unavailable,
)
from icmgraph.model.access import Own
from icmgraph.model.records import AssignmentInput, AttributeInput, CaseChange, CaveatInput, SubjectChange
from icmgraph.model.source import SystemSource
from icmgraph.queries import invariants
from icmgraph.queries.assertions import Batch
from icmgraph.queries.gateway import Transaction
from icmgraph.queries.operator import Operator
from icmgraph.queries.session import View
from icmgraph.queries.sharing import Sharing
from tests.integration.interleaving import Stopper, in_thread
from tests.integration.office import Office, make_office
from tests.worlds.fixtures import graph as graph
from tests.worlds.loader import Graph
from tests.worlds.world import uid

ATTRIBUTE, LINK = uid("an attribute"), uid("a link")


@pytest.fixture
def office(graph: Graph, tmp_path: Path) -> Iterator[Office]:
    made = make_office(graph, tmp_path)
    yield made
    made.audit.close()


def test_openness_follows_for_everything_of_the_case(office: Office) -> None:
    case = office.open_case("al")
    subject = office.person("al", case)
    assert not office.sees("ally", case)
    office.cases("chief").set_openness(case, [office.north])
    assert office.sees("ally", case)
    labels = office.graph.run(
        """MATCH (n:Case|Subject|Attribute|Entry|NameKey) RETURN n.audience AS a
        UNION MATCH ()-[r:SUBJECT_OF|HAS_ATTRIBUTE|HAS_IDENTIFIER|KEY_OF|ABOUT]->() RETURN r.audience AS a"""
    )
    assert len(labels) == 1
    assert labels[0]["a"] == office.audience("Subject", subject) > 0
    office.cases("al").set_openness(case, [])
    assert not office.sees("ally", case)
    assert office.sees("al", case)
    assert office.audience("Subject", subject) == 0


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (lambda o, c: o.cases("al").set_openness(c, [o.north]), FunctionRefused),
        (lambda o, c: o.cases("chief").set_openness(c, ["12345678-0000-4000-8000-000000000000"]), InvalidInput),
        (lambda o, c: o.cases("al").assign(c, AssignmentInput(user=o.people["bo"])), FunctionRefused),
        (lambda o, c: o.cases("chief").assign(c, AssignmentInput(user=o.people["chief"])), FunctionRefused),
        (
            lambda o, c: o.cases("chief").assign(c, AssignmentInput(user=o.people["ana"], functions=("read", "write"))),
            InvalidInput,
        ),
        (lambda o, c: o.cases("al").change(c, CaseChange.model_validate({"disclosure": "brokered"})), FunctionRefused),
        (lambda o, c: o.cases("chief").change(c, CaseChange(title="Mine")), FunctionRefused),
    ],
)
def test_who_may(office: Office, act: Callable[[Office, str], object], error: type[IcmError]) -> None:
    case = office.open_case("al")
    with pytest.raises(error):
        act(office, case)


def test_assigning_and_its_end_hold_for_the_next_request(office: Office) -> None:
    case = office.open_case("al")
    assert not office.sees("bo", case)
    given = office.cases("chief").assign(case, AssignmentInput(user=office.people["bo"], functions=("read", "write")))
    assert office.sees("bo", case)
    assert office.person("bo", case)
    office.cases("chief").unassign(case, given.id)
    assert not office.sees("bo", case)


def test_exactly_one_agent(office: Office) -> None:
    case = office.open_case("al")
    bo = AssignmentInput(user=office.people["bo"], functions=("read", "write"), agent=True)
    given = office.cases("chief").assign(case, bo)
    agents = office.graph.run(
        "MATCH (u:User)-[:ASSIGNED_TO {agent: true}]->(c:Case {id: $id}) RETURN u.id AS u", id=case
    )
    assert agents == [{"u": office.people["bo"]}]
    assert office.sees("al", case), "the former agent stays assigned"
    with pytest.raises(Conflict):
        office.cases("chief").unassign(case, given.id)


def test_a_dated_assignment_ends_by_the_clock_though_the_scope_is_cached(office: Office) -> None:
    case = office.open_case("al")
    ends = datetime.now(UTC) + timedelta(seconds=2)
    office.cases("chief").assign(case, AssignmentInput(user=office.people["bo"], ends=ends))
    assert office.sees("bo", case)
    time.sleep(max(0, (ends - datetime.now(UTC)).total_seconds()) + 0.1)
    assert not office.sees("bo", case)


@pytest.mark.parametrize(
    "change",
    [
        {"disclosure": None},
        {"disclosure_until": None},
        {"disclosure": None, "disclosure_until": None},
        {"title": None},
        {"disclosure": "silent"},
    ],
)
def test_a_change_that_takes_away_is_no_change(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CaseChange.model_validate(change)


def test_a_reader_changes_nothing(office: Office) -> None:
    case = office.open_case("al", open_to_unit=True)
    entries = office.graph.run("MATCH (e:Entry) RETURN count(e) AS n")
    for change in ({}, {"title": "Mine"}, {"category": None}):
        with pytest.raises(FunctionRefused):
            office.cases("ally").change(case, CaseChange.model_validate(change))
    assert office.graph.run("MATCH (e:Entry) RETURN count(e) AS n") == entries


def test_the_class_bounds_what_an_assignment_gives(office: Office) -> None:
    case = office.open_case("al")
    subject = office.person("al", case)
    name = AttributeInput(kind="alias", value="Owl")
    office.graph.run("MATCH (u:User {id: $id}) SET u.user_class = 'analyst'", id=office.people["al"])
    office.graph.run("MATCH (e:Epoch) SET e.value = e.value + 1")
    with pytest.raises(FunctionRefused):
        office.writer("al").change_subject(subject, SubjectChange(case=case, attributes=(name,)))
    with pytest.raises(FunctionRefused):
        office.cases("al").change(case, CaseChange(title="T"))


def test_a_leader_of_what_is_closed_to_leaders_decides_nothing_of_it(office: Office) -> None:
    """Not even one who reads it by assignment."""
    case = office.open_case("al")
    given = {"user": office.people["chief"], "case": case, "id": uid("chief reads")}
    office.graph.run(
        """MATCH (u:User {id: $user}), (c:Case {id: $case}), (e:Epoch)
        CREATE (u)-[:ASSIGNED_TO {id: $id, functions: ['read'], agent: false}]->(c)
        SET c.closed_to_leaders = true, e.value = e.value + 1""",
        **given,
    )
    assert office.sees("chief", case)
    with pytest.raises(FunctionRefused):
        office.cases("chief").assign(case, AssignmentInput(user=office.people["ally"]))


def test_a_class_without_sight_sees_nothing_by_leading(office: Office) -> None:
    case = office.open_case("al")
    assert office.sees("chief", case)
    office.graph.run("MATCH (u:User {id: $id}) SET u.user_class = 'administrator'", id=office.people["chief"])
    office.graph.run("MATCH (e:Epoch) SET e.value = e.value + 1")
    with pytest.raises(FunctionRefused):
        office.sees("chief", case)
    office.graph.run("MATCH (u:User {id: $id}) SET u.user_class = 'auditor'", id=office.people["chief"])
    office.graph.run("MATCH (e:Epoch) SET e.value = e.value + 1")
    assert not office.sees("chief", case)


@pytest.mark.parametrize("act", ["unassign", "close"])
def test_a_write_whose_right_went_away_before_it_held_its_locks_is_refused(
    office: Office, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    case = office.open_case("al")
    bo = AssignmentInput(user=office.people["bo"], functions=("read", "write"))
    given = office.cases("chief").assign(case, bo)
    stop = Stopper(monkeypatch, "control", "record_labels")
    thread, results = in_thread(lambda: office.person("bo", case))
    assert stop.reached.wait(20)
    if act == "unassign":
        office.cases("chief").unassign(case, given.id)
    else:
        office.cases("al").close(case)
    stop.go_on.set()
    thread.join(30)
    assert isinstance(results[0], NotFound if act == "unassign" else Conflict)
    assert office.graph.run("MATCH (s:Subject) RETURN s") == []


def test_a_write_whose_caveat_went_away_before_it_held_its_locks_is_refused(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = office.open_case("al")
    first = office.person("al", case, caveats=(office.wire,))  # its label is there: the write is not begun again for it
    stop = Stopper(monkeypatch, "control", "record_labels")
    thread, results = in_thread(lambda: office.person("al", case, caveats=(office.wire,)))
    assert stop.reached.wait(20)
    office.graph.run("MATCH ()-[r:CLEARED_FOR]->() DELETE r")
    office.graph.run("MATCH (e:Epoch) SET e.value = e.value + 1")
    stop.go_on.set()
    thread.join(30)
    assert isinstance(results[0], InvalidInput)
    assert [row["id"] for row in office.graph.run("MATCH (s:Subject) RETURN s.id AS id")] == [first]


def test_an_importers_write_that_read_labels_before_a_caveat_lands_under_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No scope of theirs can go stale: the labels themselves are read again."""
    case = office.open_case("al")
    subject = office.person("al", case)
    importer = Operator(office.graph.gateway, office.audit, SystemSource(), "importer:test")

    def work(tx: Transaction) -> None:
        batch = Batch(importer.who, importer.source.now())
        own = Own((case,), (), ())
        attribute = batch.record("Attribute", ATTRIBUTE, own, under=subject, kind="make", value="Invented")
        batch.link("link_has_attribute", LINK, own, subject, attribute, as_end=True)
        batch.put(tx)

    stop = Stopper(monkeypatch, "control", "record_labels")
    thread, results = in_thread(lambda: importer.write("test", {}, work))
    assert stop.reached.wait(20)
    Sharing(office.session("al")).add_caveat(subject, CaveatInput(case=case, caveat=office.wire))
    stop.go_on.set()
    thread.join(30)
    assert results == [None]
    found = invariants.check(office.graph.gateway, b"an invented deployment key, 32 b")
    assert found.ok, (found.violations, found.first)
    assert office.audience("Attribute", ATTRIBUTE) == office.audience("Subject", subject)


def test_what_was_added_while_a_record_ended_is_told(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    case = office.open_case("al")
    subject = office.person("al", case)
    bo = AssignmentInput(user=office.people["bo"], functions=("read", "write"))
    office.cases("chief").assign(case, bo)
    stop = Stopper(monkeypatch, "control", "attached")
    thread, results = in_thread(lambda: office.writer("al").end(subject, case))
    assert stop.reached.wait(20)
    alias = AttributeInput(kind="alias", value="The Owl")
    office.writer("bo").change_subject(subject, SubjectChange(case=case, attributes=(alias,)))
    stop.go_on.set()
    thread.join(30)
    assert not isinstance(results[0], IcmError)
    told = office.graph.run("MATCH (e:Entry {act: 'record.end'}) RETURN e.content AS content")
    assert any("The Owl" in row["content"] for row in told)


def test_a_write_that_read_labels_before_a_restriction_lands_restricted(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = office.open_case("al", open_to_unit=True)
    stop = Stopper(monkeypatch, "control", "record_labels")
    thread, results = in_thread(lambda: office.person("al", case))
    assert stop.reached.wait(20)
    office.cases("chief").set_openness(case, [])
    stop.go_on.set()
    thread.join(30)
    assert isinstance(results[0], str), results
    assert office.audience("Subject", str(results[0])) == 0


@pytest.mark.parametrize("last", ["scoped", "personal"])
def test_a_read_that_a_restriction_passes_by_is_begun_again(office: Office, last: str) -> None:
    """Whichever kind of statement is the last one after it, which looks at the epoch again."""
    case = office.open_case("al", open_to_unit=True)
    assert office.sees("ally", case)  # the scope is cached
    turns = []

    def work(view: View) -> bool:
        seen = bool(view.run("sees_case", id=case))
        turns.append(seen)
        if seen:
            office.cases("chief").set_openness(case, [])
        if last == "scoped":
            view.run("sees_case", id=office.people["ally"])
        else:
            view.mine("reports", at=None, after="", limit=1)
        return seen

    assert not office.session("ally").read("test", {}, work)
    assert turns == [True, False]


def test_a_statement_reads_its_rows_before_the_epoch(office: Office) -> None:
    case = office.open_case("al", open_to_unit=True)
    scope = office.policy.resolve(office.people["ally"]).scope

    def work(tx: Transaction) -> tuple[bool, int]:
        return bool(tx.scoped("sees_case", scope, id=case)), tx.epoch_after()[0]

    assert office.graph.gateway.read(work) == (True, scope.epoch)
    office.cases("chief").set_openness(case, [])
    assert office.graph.gateway.read(work) == (False, scope.epoch + 1)


def test_a_read_that_labels_keep_moving_under_gives_up_with_a_fixed_answer(office: Office) -> None:
    case = office.open_case("al", open_to_unit=True)
    turns = []

    def work(view: View) -> bool:
        turns.append(1)
        office.cases("chief").set_openness(case, [] if len(turns) % 2 else [office.north])
        return True

    with pytest.raises(Unavailable) as caught:
        office.session("ally").read("test", {}, work)
    assert str(caught.value) == str(Unavailable())
    assert len(turns) == 3


def test_a_move_that_concerns_others_lets_an_answer_stand(office: Office) -> None:
    case = office.open_case("al", open_to_unit=True)
    assert office.sees("ally", case)
    turns = []

    def work(view: View) -> bool:
        turns.append(1)
        office.open_case("bo", open_to_unit=True)
        return True

    assert office.session("ally").read("test", {}, work)
    assert len(turns) == 1


def test_every_act_is_audited_and_a_refusal_too(office: Office) -> None:
    case = office.open_case("al")
    with pytest.raises(FunctionRefused):
        office.cases("al").set_openness(case, [office.north])
    office.sees("bo", case)
    records = [entry["body"] for entry in office.audit.export()]
    outcomes = {r["intent"]: r for r in records if "result" in r}
    said = [(r["action"], outcomes[r["id"]]["result"]) for r in records if "action" in r]
    assert said == [("case.open", "done"), ("case.openness", "function_refused"), ("test", "done")]


def test_a_write_that_lost_the_graph_leaves_its_intent_to_recovery(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = office.open_case("al")

    def lost(*_: object, **__: object) -> object:
        raise GraphUnavailable

    monkeypatch.setattr(office.graph.gateway.__class__, "write", lost)
    with pytest.raises(GraphUnavailable):
        office.cases("al").close(case)
    records = [entry["body"] for entry in office.audit.export()]
    assert records[-1]["action"] == "case.close"
