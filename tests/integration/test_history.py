"""The history of a record as the writers leave it: what each of several people reads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from icmgraph.errors import NotFound
from icmgraph.model.answers import HistoryEntry, Page
from icmgraph.model.records import (
    AssignmentInput,
    AttributeInput,
    CaseChange,
    DocumentChange,
    DocumentInput,
    SameAsInput,
    SubjectChange,
)
from icmgraph.queries.reader import Reader, ReaderOptions
from tests.integration.office import Office, make_office
from tests.worlds.fixtures import graph as graph
from tests.worlds.loader import Graph

NEVER = ("cases", "shared", "caveats", "visibility", "audience", "own", "lock", "safety")


@pytest.fixture
def office(graph: Graph, tmp_path: Path) -> Iterator[Office]:
    made = make_office(graph, tmp_path)
    yield made
    made.audit.close()


def reader(office: Office, name: str) -> Reader:
    return Reader(office.session(name), ReaderOptions(b"an invented deployment key"))


def acts(page: Page[HistoryEntry]) -> list[str]:
    return [entry.act for entry in page.items]


def said(entry: HistoryEntry) -> list[tuple[str, dict[str, Any]]]:
    for told in entry.told:
        assert not set(told.said).intersection(NEVER)
    return [(told.what, told.said) for told in entry.told]


def test_what_was_done_newest_first(office: Office) -> None:
    case = office.open_case("al")
    office.cases("chief").assign(case, AssignmentInput(user=office.people["ally"], functions=("read",)))
    office.cases("al").change(case, CaseChange(title="Crates"))
    office.cases("al").close(case)
    office.cases("al").reopen(case)
    al, al_id = reader(office, "al"), office.people["al"]
    whole = al.history(case)
    assert acts(whole) == ["case.reopen", "case.close", "case.change", "case.assign", "case.open"]
    assert [(entry.by, entry.by_name) for entry in whole.items] == [
        *[(al_id, "Al")] * 3, (office.people["chief"], "Chief"), (al_id, "Al"),
    ]  # fmt: skip
    assert [said(entry) for entry in whole.items] == [
        [],
        [],
        [("former", {"title": "A case"})],
        [("assignment", {"user": office.people["ally"], "name": "Ally", "functions": ["read"]})],
        [("override", {"reason": "test"})],
    ]
    assert [node.id for entry in whole.items for node in entry.about] == [case] * 5
    # In pages.
    pages, cursor = [], None
    for _ in range(5):
        page = al.history(case, cursor, 1)
        pages += page.items
        cursor = page.next
    assert (pages, cursor) == (whole.items, None)


def test_what_was_ended_is_in_the_history_of_its_case(office: Office) -> None:
    case = office.open_case("al")
    al, writer = reader(office, "al"), office.writer("al")
    jo = office.person("al", case)
    name = al.subject(jo).attributes[0].id
    phone = al.subject(jo).identifiers[0].id
    for id in (name, phone):
        writer.end(id, case)
    assert acts(al.history(jo)) == ["assertion.end", "assertion.end", "subject.add"]
    ended_phone, ended_name, _ = al.history(jo).items
    ((what, told),) = said(ended_phone)
    assert (what, told["id"], told["kind"], told["value"]) == ("HAS_IDENTIFIER", phone, "phone", "+12025550143")
    assert told["asserted_by"] == office.people["al"]
    ((what, told),) = said(ended_name)
    assert (what, told["value"], told["asserted_at"][-1]) == ("Attribute", "Jo Doe", "Z")
    writer.end(jo, case)
    with pytest.raises(NotFound):
        al.history(jo)
    entry = al.history(case).items[0]
    assert (entry.act, [what for what, _ in said(entry)]) == ("record.end", ["Subject", "SUBJECT_OF"])
    assert acts(al.history(case))[1:] == ["assertion.end", "assertion.end", "subject.add", "case.open"]


def test_each_reads_what_they_may(office: Office) -> None:
    """What is under a caveat, another's side of a cross-case link, a source one does not see."""
    one, two = office.open_case("al", open_to_unit=True), office.open_case("bo")
    jo, jay = office.person("al", one), office.person("bo", two)
    writer = office.writer("al")
    wiretap = writer.add_document(one, DocumentInput(kind="recording", title="Intercept", caveats=(office.wire,))).id
    heard = AttributeInput(kind="alias", value="J", caveats=(office.wire,))
    from_wire = AttributeInput(kind="nationality", value="XX", source=wiretap)
    added = writer.change_subject(jo, SubjectChange(case=one, attributes=(heard, from_wire))).records
    for id in added:
        writer.end(id, one)
    al, ally = reader(office, "al").history(jo), reader(office, "ally").history(jo)
    assert acts(al) == ["assertion.end", "assertion.end", "subject.change", "subject.add"]
    # Ally, of the unit, is not on the list: nothing about the alias. The nationality, without its source.
    assert acts(ally) == ["assertion.end", "subject.add"]
    assert [told["source"] for entry in al.items for _, told in said(entry) if "source" in told] == [wiretap]
    ((_, told),) = said(ally.items[0])
    assert (told["value"], "source" in told, told["asserted_by"]) == ("XX", False, office.people["al"])
    # Only who sees both cases reads of what joins them.
    office.cases("chief").assign(two, AssignmentInput(user=office.people["al"], functions=("read",)))
    same = SameAsInput(case=one, start=jo, end=jay, other_case=two, basis="seen")
    writer.same_as(same)
    assert acts(reader(office, "al").history(jay)) == ["same_as.add", "subject.add"]
    assert acts(reader(office, "bo").history(jay)) == ["subject.add"]
    assert acts(reader(office, "ally").history(jo))[0] == "assertion.end"
    with pytest.raises(NotFound):
        reader(office, "bo").history(jo)


def test_former_values_of_a_document(office: Office) -> None:
    case = office.open_case("al")
    writer = office.writer("al")
    report = writer.add_document(
        case, DocumentInput.model_validate({"kind": "report", "title": "First", "written": "2024-01-02"})
    )
    writer.change_document(report.id, DocumentChange.model_validate({"case": case, "title": "Second", "written": None}))
    newest = reader(office, "al").history(report.id).items[0]
    assert said(newest) == [("former", {"title": "First", "written": "2024-01-02"})]
    assert sorted(node.label for node in newest.about) == ["Case", "Document"]
