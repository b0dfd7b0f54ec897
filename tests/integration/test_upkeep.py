"""The operator's acts on whole cases and identifiers, and the openness of a large case while it catches up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from icmgraph.audit import Question
from icmgraph.errors import InvalidInput, NotFound, OperatorError, Unavailable
from icmgraph.model.answers import Created
from icmgraph.model.checks import CheckInput, Selector
from icmgraph.model.records import AssignmentInput, CaseChange, CaveatInput, SameAsInput, ShareInput
from icmgraph.model.source import SystemSource
from icmgraph.queries import cases as case_acts
from icmgraph.queries import invariants, steps, upkeep
from icmgraph.queries.deconfliction import Deconfliction
from icmgraph.queries.operator import Operator
from icmgraph.queries.reader import Reader, ReaderOptions
from icmgraph.queries.sharing import Sharing
from icmgraph.queries.tasks import Tasks
from icmgraph.queries.upkeep import Upkeep
from tests.integration.office import Office, make_office
from tests.worlds.fixtures import graph as graph
from tests.worlds.loader import Graph

KEY = b"an invented deployment key, 32 b"
Setting = tuple[str | None, timedelta | None]


@pytest.fixture
def office(graph: Graph, tmp_path: Path) -> Iterator[Office]:
    made = make_office(graph, tmp_path)
    yield made
    result = invariants.check(graph.gateway, KEY)
    assert result.ok, (result.violations, result.first)
    assert made.graph.run("MATCH (t:Task) RETURN t") == []
    made.audit.close()


@pytest.fixture
def operator(office: Office) -> Upkeep:
    gateway = office.graph.gateway
    return Upkeep(Operator(gateway, office.audit, SystemSource()), Tasks(gateway, office.audit))


def names(office: Office, name: str, subject: str) -> list[str] | None:
    """Names that the person sees on a subject; None if it is absent to them."""
    try:
        card = Reader(office.session(name), ReaderOptions(KEY)).subject(subject)
    except NotFound:
        return None
    return sorted(attribute.value for attribute in card.attributes)


def two_cases(office: Office) -> tuple[str, str, str, str]:
    """Al's case with Jo, shared with Bo's case with Ed; both say that they are the same."""
    mine, theirs = office.open_case("al"), office.open_case("bo")
    office.cases("chief").assign(theirs, AssignmentInput(user=office.people["al"], functions=("read",)))
    jo, ed = office.person("al", mine), office.person("bo", theirs, "Ed Roe")
    Sharing(office.session("al")).share(jo, ShareInput(case=mine, share_with=theirs, assertions="all"))
    same = SameAsInput(case=mine, start=jo, end=ed, other_case=theirs, basis="seen")
    office.writer("al").same_as(same)
    return mine, theirs, jo, ed


def test_two_files_become_one(office: Office, operator: Upkeep) -> None:
    mine, theirs, jo, ed = two_cases(office)
    office.cases("chief").change(theirs, CaseChange.model_validate({"disclosure": "brokered"}))
    operator.merge(theirs, mine, "one investigation")
    assert not office.sees("bo", theirs)
    assert office.sees("bo", mine), "those assigned follow"
    assert names(office, "ally", jo) is None
    assert (names(office, "bo", jo), names(office, "bo", ed)) == (["Jo Doe"], ["Ed Roe"])
    held = office.graph.run("MATCH (c:Case) RETURN c.id AS id, c.disclosure AS disclosure")
    assert held == [{"id": mine, "disclosure": "brokered"}], "the stricter mode"
    assert office.graph.run("MATCH (v:Visibility) WHERE v.expression CONTAINS $id RETURN v", id=theirs) == []
    links = office.graph.run("MATCH (:Subject)-[r:SUBJECT_OF|SAME_AS]->() RETURN type(r) AS type, r.cases AS cases")
    assert sorted(row["type"] for row in links) == ["SAME_AS", "SUBJECT_OF", "SUBJECT_OF"]
    assert all(row["cases"] == [mine] for row in links)
    assert office.person("bo", mine, "New One")


DAY = timedelta(days=1)
SILENT, BROKERED = ("silent", DAY), ("brokered", None)


@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [
        (("silent", -DAY), BROKERED, BROKERED),
        (BROKERED, ("silent", -DAY), BROKERED),
        (("silent", -DAY), (None, None), (None, None)),
        (SILENT, (None, None), SILENT),
        (SILENT, ("brokered", DAY), SILENT),
        (("brokered", DAY), SILENT, SILENT),
        (("brokered", 2 * DAY), ("brokered", DAY), ("brokered", 2 * DAY)),
        (BROKERED, ("brokered", DAY), BROKERED),
        (("brokered", DAY), BROKERED, BROKERED),
        (SILENT, BROKERED, None),
        (("brokered", 2 * DAY), SILENT, None),
    ],
)
def test_a_merge_keeps_the_stricter_mode_in_force(
    office: Office, operator: Upkeep, old: Setting, new: Setting, kept: Setting | None
) -> None:
    mine, theirs = office.open_case("al"), office.open_case("bo")
    now = datetime.now(UTC)
    for case, (mode, ends) in ((mine, new), (theirs, old)):
        said = {"id": case, "mode": mode, "until": now + ends if ends else None}
        office.graph.run("MATCH (c:Case {id: $id}) SET c.disclosure = $mode, c.disclosure_until = $until", **said)
    if kept is None:
        with pytest.raises(InvalidInput, match=r"silent until .* brokered .* change one"):
            operator.merge(theirs, mine, "test")
        return
    operator.merge(theirs, mine, "test")
    held = office.graph.run("MATCH (c:Case) RETURN c.disclosure AS mode, c.disclosure_until AS until")
    assert held == [{"mode": kept[0], "until": now + kept[1] if kept[1] else None}]


def test_what_a_merge_refuses(office: Office, operator: Upkeep) -> None:
    mine, closed = office.open_case("al"), office.open_case("al")
    office.graph.run("MATCH (c:Case {id: $id}) SET c.closed_to_leaders = true", id=closed)
    for case, into in ((mine, mine), (mine, closed), (mine, office.north), (office.north, mine)):
        with pytest.raises(InvalidInput):
            operator.merge(case, into, "test")


def test_destroyed_is_gone_and_what_was_shared_passes_on(office: Office, operator: Upkeep) -> None:
    mine, theirs, jo, ed = two_cases(office)
    gone = office.person("al", mine, "Gone One")
    with pytest.raises(InvalidInput, match="close it"):
        operator.destroy(mine, "retention is over")
    office.cases("al").close(mine)
    certificate = operator.destroy(mine, "retention is over")
    assert certificate["counts"]["destroyed"]["Subject"] == 1
    assert certificate["counts"]["passed_on"]["Subject"] == 1
    assert (certificate["case"], certificate["reason"], certificate["by"]) == (mine, "retention is over", "operator")
    assert names(office, "bo", jo) == ["Jo Doe"], "it is Bo's now"
    assert names(office, "bo", ed) == ["Ed Roe"]
    left = office.graph.run("MATCH (n) WHERE n.id IN $ids OR n.value = 'Gone One' RETURN n", ids=[mine, gone])
    assert left == []
    assert office.graph.run("MATCH ()-[r:SAME_AS]->() RETURN r") == []
    assert office.graph.run("MATCH (e) WHERE $id IN e.cases OR $id IN e.shared RETURN e", id=mine) == []
    assert office.graph.run("MATCH (s:Subject {id: $id}) RETURN s.cases AS c, s.shared AS s", id=jo) == [
        {"c": [theirs], "s": []}
    ]


@pytest.mark.parametrize("merged", [False, True])
def test_what_was_asked_before_a_case_is_erased_with_it(office: Office, operator: Upkeep, merged: bool) -> None:
    """From the audit, of which every record stays."""
    lead = Selector.model_validate({"kind": "phone", "value": "+1 202 555 0143"})
    desk = Deconfliction(office.session("al"), key=KEY, answer_ms=0, receipt_days=30, desk_contact="Desk")
    receipts = [desk.check(CheckInput(selectors=(lead,), reason="a lead"), 0.0).receipt for _ in range(2)]
    case = office.open_case("al", receipt=receipts[0])
    into = office.open_case("al") if merged else case
    if merged:
        operator.merge(case, into, "one investigation")
    office.cases("al").close(into)
    asked = Question(terms=frozenset({"phone:+12025550143"}))
    assert len(list(office.audit.search(asked))) == 2
    operator.destroy(into, "retention is over")
    assert len(list(office.audit.search(asked))) == 1, "the other check opened no case"
    first = list(office.audit.search(Question(action=frozenset({"deconflict.check"}))))[-1]
    assert first.intent["parameters"] == {"keys": {"erased": True}, "reason": {"erased": True}}
    receipt = desk.receipt(receipts[0])
    assert receipt.case == case, "the receipt stays"
    assert office.audit.verify().ok


def test_who_takes_over_gives_its_caveats(office: Office, operator: Upkeep) -> None:
    mine, theirs, jo, _ = two_cases(office)
    third = office.open_case("al")
    late = office.person("al", third, "Late One")
    office.graph.run(
        "MATCH (u:User {id: $bo}), (c:Caveat {id: $wire}) CREATE (u)-[:CLEARED_FOR]->(c) "
        "WITH u MATCH (e:Epoch) SET e.value = e.value + 1",
        bo=office.people["bo"], wire=office.wire,
    )  # fmt: skip
    Sharing(office.session("bo")).add_caveat(theirs, CaveatInput(case=theirs, caveat=office.wire))
    office.cases("al").close(mine)
    operator.destroy(mine, "retention is over")
    operator.merge(third, theirs, "one investigation")
    rows = office.graph.run("MATCH (s:Subject) WHERE s.id IN $ids RETURN s.cases AS c, s.caveats AS v", ids=[jo, late])
    assert rows == [{"c": [theirs], "v": [office.wire]}] * 2
    assert (names(office, "bo", jo), names(office, "bo", late)) == (["Jo Doe"], ["Late One"])


def test_a_legal_hold_stops_destruction(office: Office, operator: Upkeep) -> None:
    case = office.open_case("al")
    jo = office.person("al", case)
    office.graph.run("MATCH (s:Subject {id: $id}) SET s.hold = 'H-1'", id=jo)
    office.cases("al").close(case)
    with pytest.raises(OperatorError, match="legal hold on 1"):
        operator.destroy(case, "retention is over")
    assert names(office, "al", jo) == ["Jo Doe"]


def test_in_batches_it_is_the_same(office: Office, operator: Upkeep, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("icmgraph.queries.steps.BATCH", 2)
    mine, theirs, jo, _ = two_cases(office)
    people = [office.person("al", mine, f"Person {n}") for n in range(3)]
    steps: list[int] = []
    operator.merge(mine, theirs, "one investigation", lambda kind, done: steps.append(done))
    assert len(steps) > 3, "progress is told"
    assert steps == sorted(steps)
    assert [names(office, "bo", id) for id in (jo, *people)] == [["Jo Doe"], *([f"Person {n}"] for n in range(3))]
    office.cases("bo").close(theirs)
    operator.destroy(theirs, "retention is over")
    assert office.graph.run("MATCH (n:Subject|Attribute|Entry|Case|NameKey) RETURN n") == []


def test_a_caveat_put_on_a_case_during_its_merge_holds(
    office: Office, operator: Upkeep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("icmgraph.queries.steps.BATCH", 2)
    mine, theirs, _, _ = two_cases(office)
    for n in range(3):
        office.person("al", mine, f"Person {n}")
    put: list[Created] = []

    def meanwhile(kind: str, done: int) -> None:
        if not put:
            wire = CaveatInput(case=mine, caveat=office.wire)
            put.append(Sharing(office.session("al")).add_caveat(mine, wire))

    operator.merge(mine, theirs, "one investigation", meanwhile)
    operator.resume()
    without = "MATCH (s:Subject|Attribute) WHERE $case IN s.cases AND NOT $wire IN s.caveats RETURN s.id AS id"
    assert office.graph.run(without, case=theirs, wire=office.wire) == []


@pytest.mark.parametrize("end", ["mine", "theirs"])
def test_a_share_that_ends_during_a_merge_ends(
    office: Office, operator: Upkeep, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    """The end was decided after the merge had looked for tasks, and is carried out after it."""
    mine, theirs, jo, _ = two_cases(office)
    third = office.open_case("bo")
    given = {"record": jo, "case": mine, "other": theirs}
    leave = steps.leave
    office.session("al").govern("test", {}, lambda view, _: leave(view.tx, view.source, "al", "unshare", given))
    resume = operator.resume
    monkeypatch.setattr(operator, "resume", lambda progress=None: 0)
    operator.merge(mine if end == "mine" else theirs, third, "one investigation")
    assert resume() == 1
    (row,) = office.graph.run("MATCH (s:Subject {id: $jo}) RETURN s.cases AS cases, s.shared AS shared", jo=jo)
    assert row == {"cases": [third if end == "mine" else mine], "shared": []}


def test_one_act_that_fails_keeps_no_other_waiting(office: Office, operator: Upkeep) -> None:
    mine, theirs, jo, _ = two_cases(office)

    def leave(given: dict[str, str], kind: str) -> str:
        return office.session("al").govern(
            "test", {}, lambda view, _: steps.leave(view.tx, view.source, "al", kind, given)
        )

    broken = leave({}, "merge")
    leave({"record": jo, "case": mine, "other": theirs}, "unshare")
    with pytest.raises(KeyError):
        operator.resume()
    assert office.graph.run("MATCH (t:Task) RETURN t.id AS id") == [{"id": broken}]
    office.graph.run("MATCH (t:Task) DELETE t")


def test_unused_identifiers_are_swept_with_writers_kept_out(
    office: Office, operator: Upkeep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "PAGE", 2)
    case = office.open_case("al")
    jo = office.person("al", case)
    office.graph.run("UNWIND range(1, 5) AS n CREATE (:Identifier {key: 'email:' + n, kind: 'email', value: '' + n})")
    refused: list[bool] = []

    def try_to_write(kind: str, seen: int) -> None:
        with pytest.raises(Unavailable):
            office.person("al", case)
        refused.append(True)

    assert operator.sweep(try_to_write) == 5
    assert len(refused) >= 3
    assert names(office, "al", jo) == ["Jo Doe"]
    assert len(office.graph.run("MATCH (i:Identifier) RETURN i")) == 1
    assert office.person("al", case, "After"), "writers are let in again"


def test_spellings_that_no_name_has_are_swept(
    office: Office, operator: Upkeep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "PAGE", 2)
    case = office.open_case("al")
    office.person("al", case, "Jo Doe")
    spellings = "MATCH (p:Spelling) RETURN p.key AS key, p.name AS name ORDER BY key, name"
    kept = office.graph.run(spellings)
    assert {row["name"] for row in kept} == {"Jo Doe"}
    office.graph.run(  # of one key, and of keys of their own; more than a page
        """MATCH (p:Spelling) WITH DISTINCT p.key AS key UNWIND ['Person', 'Vehicle'] AS kind UNWIND range(1, 3) AS n
        CREATE (:Spelling {key: key, kind: kind, name: 'Joe ' + n})
        CREATE (:Spelling {key: key + n, kind: kind, name: 'Joe'})"""
    )
    assert operator.sweep() == 12 * len({row["key"] for row in kept})
    assert office.graph.run(spellings) == kept
    assert operator.sweep() == 0


def test_keys_of_an_older_normaliser_are_made_again(office: Office, operator: Upkeep) -> None:
    case = office.open_case("al")
    office.person("al", case)
    office.graph.run(
        """MATCH (s)-[r:HAS_IDENTIFIER]->(i) CREATE (o:Identifier {key: 'phone:old', kind: 'phone', value: 'old'})
        WITH s, r, i, o, properties(r) AS said DELETE r, i
        CREATE (s)-[q:HAS_IDENTIFIER]->(o) SET q = said, q.key = 'phone:old', q.normaliser = '0'"""
    )
    assert operator.renormalise() == {"moved": 1, "kept": 0, "left": 0}
    assert office.graph.run("MATCH ()-[r:HAS_IDENTIFIER]->(i) RETURN r.key AS r, i.key AS i") == [
        {"r": "phone:+12025550143", "i": "phone:+12025550143"}
    ]
    assert operator.sweep() == 1
    assert operator.renormalise() == {"moved": 0, "kept": 0, "left": 0}


def test_the_openness_of_a_large_case_holds_at_once(
    office: Office, operator: Upkeep, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = office.open_case("al", open_to_unit=True)
    jo = office.person("al", case)
    other = office.person("al", office.open_case("al", open_to_unit=True), "Other")
    assert names(office, "ally", jo) == ["Jo Doe"]
    monkeypatch.setattr(case_acts, "LARGE", 0)
    before = office.audience("Subject", jo)
    office.cases("al").set_openness(case, [])
    assert office.audience("Subject", jo) == before, "nothing is rewritten yet"
    assert names(office, "ally", jo) is None, "and it is restricted all the same"
    assert names(office, "al", jo) == ["Jo Doe"]
    assert names(office, "ally", other) == ["Other"], "what has the suspended audience is listed"
    late = office.person("al", case, "Late")
    assert (names(office, "ally", late), names(office, "al", late)) == (None, ["Late"])
    office.cases("chief").set_openness(case, [office.north])
    assert names(office, "ally", jo) == ["Jo Doe"], "opened again before it has caught up"
    office.cases("chief").set_openness(case, [])
    assert operator.resume() == 3
    assert office.audience("Subject", jo) == 0
    assert (names(office, "ally", jo), names(office, "ally", other)) == (None, ["Other"])
