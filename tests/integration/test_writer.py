"""Writes of content: what is written, under which labels, and what is refused and how."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from icmgraph.errors import Conflict, FunctionRefused, IcmError, InvalidInput, NotFound
from icmgraph.model.records import (
    AssignmentInput,
    AttributeInput,
    CaseChange,
    CaseInput,
    DocumentChange,
    DocumentInput,
    EventInput,
    IdentifierInput,
    Involvement,
    LinkInput,
    SameAsInput,
    SubjectChange,
    SubjectInput,
)
from icmgraph.queries import invariants
from tests.integration.office import PHONE, Office, make_office
from tests.worlds.fixtures import graph as graph
from tests.worlds.loader import Graph
from tests.worlds.world import uid

ABSENT = "12345678-0000-4000-8000-000000000000"


@pytest.fixture
def office(graph: Graph, tmp_path: Path) -> Iterator[Office]:
    made = make_office(graph, tmp_path)
    yield made
    made.audit.close()


def raised(act: Callable[[], object]) -> tuple[type[IcmError], str]:
    with pytest.raises(IcmError) as caught:
        act()
    return type(caught.value), str(caught.value)


def test_hidden_and_absent_are_refused_alike(office: Office) -> None:
    hidden = office.open_case("bo")
    theirs = office.person("bo", hidden)
    case = office.open_case("al")
    mine = office.person("al", case)
    al, al_cases = office.writer("al"), office.cases("al")
    name = AttributeInput(kind="name", value="X")
    acts: list[Callable[[str, str], object]] = [
        lambda c, s: al.add_subject(c, SubjectInput.model_validate({"kind": "Person"})),
        lambda c, s: al.add_document(c, DocumentInput(kind="report", title="T")),
        lambda c, s: al.add_document(case, DocumentInput(kind="report", title="T", mentions=(s,))),
        lambda c, s: al.add_event(case, EventInput(kind="call", involved=(Involvement(subject=s, role="x"),))),
        lambda c, s: al.change_subject(s, SubjectChange(case=case, attributes=(name,))),
        lambda c, s: al.change_subject(s, SubjectChange(case=c, attributes=(name,))),
        lambda c, s: al.link(case, LinkInput(type="LINKED_TO", start=mine, end=s, kind="x")),
        lambda c, s: al.link(case, LinkInput(type="LINKED_TO", start=mine, end=s, kind="x", other_case=c)),
        lambda c, s: al.link(case, LinkInput(type="RELATED_TO", start=case, end=c, kind="x")),
        lambda c, s: al.same_as(SameAsInput(case=case, start=mine, end=s, other_case=c, basis="b")),
        lambda c, s: al.end(s, case),
        lambda c, s: al.end(mine, c),
        lambda c, s: al_cases.close(c),
        lambda c, s: al_cases.change(c, CaseChange(title="T")),
        lambda c, s: al_cases.set_openness(c, []),
        lambda c, s: al_cases.assign(c, AssignmentInput(user=office.people["bo"])),
        lambda c, s: al_cases.unassign(c, ABSENT),
    ]
    for act in acts:
        of_hidden = raised(lambda a=act: a(hidden, theirs))  # type: ignore[misc]
        of_absent = raised(lambda a=act: a(ABSENT, ABSENT))  # type: ignore[misc]
        assert of_hidden == of_absent == (NotFound, str(NotFound()))


def test_sight_by_unit_and_leading_never_write(office: Office) -> None:
    case = office.open_case("al", open_to_unit=True)
    subject = SubjectInput.model_validate({"kind": "Person"})
    for name in ("ally", "chief"):
        assert office.sees(name, case)
        assert raised(lambda n=name: office.writer(n).add_subject(case, subject))[0] is FunctionRefused  # type: ignore[misc]
    assert not office.sees("tess", case), "a task-force officer's membership gives no sight"
    assert not office.sees("ana", case), "a case open to a unit is not open to the one above"


def test_caveats_only_of_lists_one_is_on(office: Office) -> None:
    case = office.open_case("al")
    for caveat in (office.jury, ABSENT):
        refused = raised(lambda c=caveat: office.person("al", case, caveats=(c,)))  # type: ignore[misc]
        assert refused == (InvalidInput, "caveats: holds a caveat whose list you are not on")
    guarded = office.person("al", case, caveats=(office.wire,))
    assert office.audience("Subject", guarded) == 0


def test_a_case_caveat_is_part_of_all_it_asserts(office: Office) -> None:
    case = office.open_case("al", open_to_unit=True, caveats=(office.wire,))
    subject = office.person("al", case)
    rows = office.graph.run(
        """MATCH (s:Subject {id: $id})-[r]-(n) RETURN r.caveats AS caveats
        UNION ALL MATCH (:Subject {id: $id})-[:HAS_ATTRIBUTE]->(n) RETURN n.caveats AS caveats
        UNION ALL MATCH (n:Case|Entry) RETURN n.caveats AS caveats""",
        id=subject,
    )
    assert {tuple(row["caveats"]) for row in rows} == {(office.wire,)}
    assert office.sees("al", case)
    assert not office.sees("ally", case)
    assert not office.sees("chief", case), "leading gives no caveat"


@pytest.mark.parametrize("guarded", ["start", "end"])
def test_what_is_attached_has_the_caveats_of_what_it_is_attached_to(office: Office, guarded: str) -> None:
    case = office.open_case("al", open_to_unit=True)
    plain, secret = office.person("al", case), office.person("al", case, caveats=(office.wire,))
    start, end = (secret, plain) if guarded == "start" else (plain, secret)
    linked = office.writer("al").link(case, LinkInput(type="LINKED_TO", start=start, end=end, kind="calls")).id
    make = AttributeInput(kind="make", value="Invented")
    phone = IdentifierInput.model_validate({"kind": "phone", "value": "+1 202 555 0188"})
    change = SubjectChange(case=case, attributes=(make,), identifiers=(phone,))
    added = office.writer("al").change_subject(secret, change).records
    for id in (linked, *added):
        assert seen(office, "al", id) is not None
        assert seen(office, "ally", id) is None, "she is not on the list"
    found = invariants.check(office.graph.gateway, b"an invented deployment key, 32 b")
    assert found.ok, (found.violations, found.first)


def test_a_cross_case_link_is_for_those_who_hold_both(office: Office) -> None:
    case, other = office.open_case("al", open_to_unit=True), office.open_case("bo", open_to_unit=True)
    mine, theirs = office.person("al", case), office.person("bo", other)
    office.cases("chief").assign(other, AssignmentInput(user=office.people["al"]))
    same = office.writer("al").same_as(
        SameAsInput(case=case, start=mine, end=theirs, other_case=other, basis="one phone")
    )
    assert seen(office, "al", same.id) == "SAME_AS"
    assert seen(office, "chief", same.id) == "SAME_AS"
    assert seen(office, "bo", same.id) is None
    assert seen(office, "ally", same.id) is None
    office.cases("chief").set_openness(other, [office.south, office.north])
    assert seen(office, "ally", same.id) == "SAME_AS", "North now sits in both"
    office.writer("al").end(same.id, case)
    assert seen(office, "al", same.id) is None


def seen(office: Office, name: str, id: str) -> str | None:
    rows = office.session(name).read("test", {}, lambda view: view.run("sees_assertion", id=id))
    return rows[0]["what"] if rows else None


def test_only_the_asserting_case_ends(office: Office) -> None:
    case, other = office.open_case("al"), office.open_case("al")
    mine = office.person("al", case)
    assert raised(lambda: office.writer("al").end(mine, other))[0] in (NotFound, Conflict)
    office.writer("al").end(mine, case)
    left = office.graph.run("MATCH (n:Subject|Attribute|NameKey) RETURN n")
    assert left == []
    entries = office.graph.run("MATCH (e:Entry {act: 'record.end'}) RETURN e.content AS content, e.caveats AS caveats")
    assert "Jo Doe" in entries[0]["content"]


def test_what_ended_under_a_caveat_is_told_under_it(office: Office) -> None:
    case = office.open_case("al")
    subject = office.person("al", case)
    alias = AttributeInput(kind="alias", value="The Owl", caveats=(office.wire,))
    office.writer("al").change_subject(subject, SubjectChange(case=case, attributes=(alias,)))
    office.writer("al").end(subject, case)
    entries = office.graph.run("MATCH (e:Entry {act: 'record.end'}) RETURN e.content AS content, e.caveats AS caveats")
    told = {tuple(row["caveats"]): row["content"] for row in entries}
    assert "The Owl" in told[(office.wire,)]
    assert "The Owl" not in told[()]


def test_a_closed_case_takes_no_content(office: Office) -> None:
    case = office.open_case("al")
    office.cases("al").close(case)
    assert raised(lambda: office.person("al", case))[0] is Conflict
    assert raised(lambda: office.cases("al").close(case))[0] is Conflict
    office.cases("al").reopen(case)
    assert office.person("al", case)


@pytest.mark.parametrize(
    ("part", "value", "field"),
    [
        ("identifiers", {"kind": "phone", "value": "abc"}, "identifiers.0.value"),
        ("identifiers", {"kind": "email", "value": "nobody"}, "identifiers.0.value"),
        ("attributes", {"kind": "birth_date", "value": "17 May 1980"}, "attributes.0.value"),
        ("attributes", {"kind": "name", "value": "--"}, "attributes.0.value"),
        ("attributes", {"kind": "name", "value": "Jo", "source": ABSENT}, "attributes.0.source"),
        ("attributes", {"kind": "name", "value": "Jo", "caveats": (uid("caveat-1"),)}, "attributes.0.caveats"),
    ],
)
def test_a_bad_value_names_its_field_and_writes_nothing(
    office: Office, part: str, value: dict[str, Any], field: str
) -> None:
    case = office.open_case("ally")
    before = office.graph.run("MATCH (n) WHERE NOT n:Act RETURN count(n) AS n")
    model = IdentifierInput if part == "identifiers" else AttributeInput
    subject = SubjectInput.model_validate({"kind": "Person", part: (model.model_validate(value),)})
    with pytest.raises(InvalidInput) as caught:
        office.writer("ally").add_subject(case, subject)
    assert caught.value.field == field
    assert office.graph.run("MATCH (n) WHERE NOT n:Act RETURN count(n) AS n") == before


def test_equal_values_meet_on_one_identifier(office: Office) -> None:
    case, other = office.open_case("al"), office.open_case("bo")
    office.person("al", case)
    office.person("bo", other)
    rows = office.graph.run(
        """MATCH (i:Identifier)<-[r:HAS_IDENTIFIER]-()
        RETURN i.key AS key, properties(i) AS all, collect(r.as_written) AS raw"""
    )
    assert [row["key"] for row in rows] == ["phone:+12025550143"]
    assert rows[0]["all"] == {
        "key": "phone:+12025550143", "kind": "phone", "value": "+12025550143", "tail": "5550143"
    }  # fmt: skip
    assert rows[0]["raw"] == [PHONE, PHONE]


def test_a_correction_keeps_the_former_value(office: Office) -> None:
    case = office.open_case("al")
    document = office.writer("al").add_document(case, DocumentInput(kind="report", title="First"))
    office.writer("al").change_document(document.id, DocumentChange(case=case, title="Second"))
    entries = office.graph.run("MATCH (e:Entry {act: 'document.change'}) RETURN e.content AS content")
    assert entries == [{"content": '{"former": {"title": "First"}}'}]


def test_opening_needs_a_receipt_or_an_override_and_tells_the_leader(office: Office) -> None:
    case = CaseInput(number="N", title="T", unit=office.north)
    assert raised(lambda: office.cases("al").open(case))[1].startswith("opening a case needs the receipt")
    assert raised(lambda: office.cases("al").open(case.model_copy(update={"unit": office.south})))[0] is InvalidInput
    office.cases("al").open(case.model_copy(update={"override": "night raid"}))
    notices = office.graph.run("MATCH (n:Notice)-[:TO]->(u:User) RETURN n.kind AS kind, n.body AS body, u.id AS to")
    assert [(n["kind"], n["to"]) for n in notices] == [("override", office.people["chief"])]
    assert "night raid" in notices[0]["body"]


def test_an_override_under_a_caveat_is_told_to_the_desk_when_the_leader_may_not_see_it(office: Office) -> None:
    office.open_case("al", caveats=(office.wire,))
    notices = office.graph.run("MATCH (n:Notice) RETURN n.desk AS desk, [(n)-[:TO]->(u) | u.id] AS to")
    assert notices == [{"desk": True, "to": []}]


def test_a_change_of_a_guarded_subject_is_told_under_its_caveat(office: Office) -> None:
    case = office.open_case("al", open_to_unit=True)
    guarded = office.person("al", case, caveats=(office.wire,))
    alias = AttributeInput(kind="alias", value="Owl")
    office.writer("al").change_subject(guarded, SubjectChange(case=case, attributes=(alias,)))
    entries = office.graph.run("MATCH (e:Entry {act: 'subject.change'}) RETURN e.caveats AS c, e.audience AS a")
    assert entries == [{"c": [office.wire], "a": office.audience("Subject", guarded)}]


def test_ending_twice_is_not_found(office: Office) -> None:
    case = office.open_case("al")
    subject = office.person("al", case)
    office.writer("al").end(subject, case)
    assert raised(lambda: office.writer("al").end(subject, case))[0] is NotFound


def test_what_a_key_is_a_function_of_is_kept(office: Office) -> None:
    case = office.open_case("al")
    subject = office.person("al", case)
    local = IdentifierInput.model_validate({"kind": "phone", "value": "(202) 555-0144", "region": "US"})
    office.writer("al").change_subject(subject, SubjectChange(case=case, identifiers=(local,)))
    kept = office.graph.run(
        """MATCH ()-[r:HAS_IDENTIFIER {key: 'phone:+12025550144'}]->()
        RETURN r.as_written AS w, r.region AS r, r.normaliser AS n"""
    )
    assert kept == [{"w": "(202) 555-0144", "r": "US", "n": "1"}]
