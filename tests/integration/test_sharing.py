"""Sharing, unsharing and caveats on what exists: who sees what after each, and that every label is recomputed."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from icmgraph.errors import Conflict, FunctionRefused, InvalidInput, NotFound
from icmgraph.model.answers import Created
from icmgraph.model.records import (
    AssignmentInput,
    AttributeInput,
    CaveatInput,
    SameAsInput,
    ShareInput,
    SubjectChange,
)
from icmgraph.queries import invariants, session, steps
from icmgraph.queries.gateway import Transaction
from icmgraph.queries.policy import Sight
from icmgraph.queries.reader import Reader, ReaderOptions
from icmgraph.queries.relabel import Element, fragment
from icmgraph.queries.sharing import Sharing
from icmgraph.queries.tasks import Tasks
from tests.integration.interleaving import Stopper, in_thread
from tests.integration.office import Office, make_office
from tests.worlds.fixtures import graph as graph
from tests.worlds.loader import Graph

KEY = b"an invented deployment key, 32 b"


@pytest.fixture
def office(graph: Graph, tmp_path: Path) -> Iterator[Office]:
    made = make_office(graph, tmp_path)
    yield made
    result = invariants.check(graph.gateway, KEY)
    assert result.ok, (result.violations, result.first)
    assert made.graph.run("MATCH (t:Task) RETURN t") == []
    made.audit.close()


@pytest.fixture
def cases(office: Office) -> tuple[str, str]:
    """Al's case and Bo's, which Al reads."""
    mine, theirs = office.open_case("al"), office.open_case("bo")
    office.cases("chief").assign(theirs, AssignmentInput(user=office.people["al"], functions=("read",)))
    return mine, theirs


def sharing(office: Office, name: str) -> Sharing:
    return Sharing(office.session(name))


def subject(office: Office, name: str, id: str) -> tuple[list[str], int] | None:
    """Names and how many identifiers the person sees on a subject; None if it is absent to them."""
    reader = Reader(office.session(name), ReaderOptions(KEY))
    try:
        card = reader.subject(id)
    except NotFound:
        return None
    return sorted(a.value for a in card.attributes), len(card.identifiers)


def alias(office: Office, name: str, record: str, case: str, value: str, *caveats: str) -> list[str]:
    """The person adds an alias to a record, for a case; ids of what was added."""
    given = AttributeInput(kind="alias", value=value, caveats=caveats)
    return office.writer(name).change_subject(record, SubjectChange(case=case, attributes=(given,))).records


def clear(office: Office, name: str, *caveats: str) -> None:
    """Put the person on the lists of these caveats."""
    office.graph.run(
        "MATCH (u:User {id: $user}), (c:Caveat) WHERE c.id IN $caveats CREATE (u)-[:CLEARED_FOR]->(c)",
        user=office.people[name],
        caveats=caveats,
    )
    office.graph.run("MATCH (e:Epoch) SET e.value = e.value + 1")


def file(office: Office, name: str, case: str) -> list[str]:
    """Ids of the records that the person sees in a case's file."""
    return [one.id for one in Reader(office.session(name), ReaderOptions(KEY)).case_file(case).items]


def share(mine: str, theirs: str, *picked: str) -> ShareInput:
    return ShareInput(case=mine, share_with=theirs, assertions=picked or "all")


def test_a_share_shows_what_was_picked(office: Office, cases: tuple[str, str]) -> None:
    mine, theirs = cases
    jo = office.person("al", mine)
    assert subject(office, "bo", jo) is None
    assert sharing(office, "al").share(jo, ShareInput(case=mine, share_with=theirs, assertions=())).records == []
    assert subject(office, "bo", jo) == ([], 0), "the record alone"
    shared = sharing(office, "al").share(jo, share(mine, theirs)).records
    assert len(shared) == 2
    assert subject(office, "bo", jo) == (["Jo Doe"], 1)
    secret = alias(office, "al", jo, mine, "Red")
    assert subject(office, "bo", jo) == (["Jo Doe"], 1), "what comes later is shared when it is picked"
    sharing(office, "al").share(jo, share(mine, theirs, *secret))
    assert subject(office, "bo", jo) == (["Jo Doe", "Red"], 1)


def test_unsharing_leaves_the_other_case_what_it_saw_and_said(office: Office, cases: tuple[str, str]) -> None:
    mine, theirs = cases
    jo = office.person("al", mine)
    sharing(office, "al").share(jo, share(mine, theirs))
    alias(office, "bo", jo, theirs, "Blue")
    answer = sharing(office, "al").unshare(jo, mine, theirs)
    assert answer.id == jo
    assert subject(office, "bo", jo) is None
    rows = office.graph.run("MATCH (s:Subject)-[:SUBJECT_OF]->(:Case {id: $case}) RETURN s.id AS id", case=theirs)
    (own,) = [row["id"] for row in rows]
    assert own != jo
    assert subject(office, "bo", own) == (["Blue", "Jo Doe"], 1)
    assert subject(office, "al", jo) == (["Jo Doe"], 1)
    same = office.graph.run("MATCH (:Subject)-[r:SAME_AS]->(:Subject) RETURN r.cases AS cases")
    assert same == [{"cases": sorted(cases)}]
    with pytest.raises(NotFound):
        sharing(office, "al").unshare(jo, mine, theirs)


def test_who_keeps_a_copy_is_not_told_who_ended_the_share(office: Office, cases: tuple[str, str]) -> None:
    mine, theirs = cases
    jo = office.person("al", mine)
    sharing(office, "al").share(jo, share(mine, theirs))
    alias(office, "bo", jo, theirs, "Blue")
    sharing(office, "al").unshare(jo, mine, theirs)
    reader = Reader(office.session("bo"), ReaderOptions(KEY))
    rows = office.graph.run("MATCH (s:Subject)-[:SUBJECT_OF]->(:Case {id: $case}) RETURN s.id AS id", case=theirs)
    (own,) = [row["id"] for row in rows]
    assert office.people["al"] not in reader.subject(own).model_dump_json() + reader.history(own).model_dump_json()


def test_what_the_other_case_is_just_adding_stays_with_it(
    office: Office, cases: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bo writes between the look at what is theirs and the end of the share."""
    mine, theirs = cases
    jo = office.person("al", mine)
    sharing(office, "al").share(jo, share(mine, theirs))
    ended: list[str] = []

    def write() -> None:
        try:
            alias(office, "bo", jo, theirs, "Blue")
            ended.append("written")
        except NotFound:
            ended.append("not found")

    writing = threading.Thread(target=write)

    def looked(*given: Any) -> list[Element]:
        found = fragment(*given)
        if not writing.ident:
            writing.start()
            writing.join(1)
        return found

    monkeypatch.setattr(steps, "fragment", looked)
    sharing(office, "al").unshare(jo, mine, theirs)
    writing.join()
    left = office.graph.run(
        "MATCH (:Subject {id: $jo})-[r:HAS_ATTRIBUTE]->(a:Attribute) WHERE $theirs IN a.cases RETURN a",
        jo=jo,
        theirs=theirs,
    )
    assert (ended, left) == (["not found"], [])


def test_the_end_of_a_share_waits_for_what_the_other_case_is_about_to_commit(
    office: Office, cases: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bo's write has looked for the last time, and commits once the end of the share waits for it, or has read."""
    mine, theirs = cases
    jo = office.person("al", mine)
    sharing(office, "al").share(jo, share(mine, theirs))
    seen, commit = threading.Event(), threading.Event()
    looks: list[threading.Thread] = []
    must_be_current = session._must_be_current

    def looked(tx: Transaction, sight: Sight) -> None:
        must_be_current(tx, sight)
        looks.append(threading.current_thread())
        if len(looks) == 2:
            seen.set()
            assert commit.wait(20)

    monkeypatch.setattr(session, "_must_be_current", looked)
    writing, written = in_thread(lambda: alias(office, "bo", jo, theirs, "Blue"))
    assert seen.wait(20)
    read = Stopper(monkeypatch, "control", "fragment_links")
    ending, ended = in_thread(lambda: sharing(office, "al").unshare(jo, mine, theirs))
    blocked = "SHOW TRANSACTIONS YIELD status WHERE status STARTS WITH 'Blocked' RETURN status"
    while ending.is_alive() and not read.reached.is_set() and not office.graph.run(blocked):
        time.sleep(0.01)
    commit.set()
    writing.join(30)
    read.go_on.set()
    ending.join(30)
    assert isinstance(written[0], list), "its ids"
    assert isinstance(ended[0], Created)
    assert looks[0] is looks[1] is writing
    left = office.graph.run(
        "MATCH (:Subject {id: $jo})-[:HAS_ATTRIBUTE]->(a) WHERE $theirs IN a.cases RETURN a", jo=jo, theirs=theirs
    )
    assert left == [], "Bo's alias moved to Bo's copy"
    (copy,) = file(office, "bo", theirs)
    assert subject(office, "bo", copy) == (["Blue", "Jo Doe"], 1)


def test_one_ends_what_the_case_one_works_in_asserts(office: Office, cases: tuple[str, str]) -> None:
    mine, theirs = cases
    jo = office.person("al", mine)
    sharing(office, "al").share(jo, share(mine, theirs))
    name = office.graph.run("MATCH (n:Attribute {value: 'Jo Doe'}) RETURN n.id AS id")[0]["id"]
    with pytest.raises(Conflict, match="does not assert"):
        office.writer("bo").end(name, theirs)
    assert subject(office, "bo", jo) == (["Jo Doe"], 1)


def test_a_cross_case_assertion_has_the_caveats_of_both_cases(office: Office) -> None:
    mine, shared, theirs = office.open_case("al"), office.open_case("al"), office.open_case("bo")
    ally = AssignmentInput(user=office.people["ally"], functions=("read",))
    for case in (mine, theirs):
        office.cases("chief").assign(case, ally)
    office.cases("chief").assign(theirs, AssignmentInput(user=office.people["al"], functions=("read", "write")))
    sharing(office, "al").add_caveat(theirs, CaveatInput(case=theirs, caveat=office.wire))
    jo, ed = office.person("al", mine), office.person("al", shared)
    sharing(office, "al").share(ed, share(shared, theirs))
    same = SameAsInput(case=mine, start=jo, end=ed, other_case=theirs, basis="seen")
    link = office.writer("al").same_as(same).id
    (row,) = office.graph.run("MATCH ()-[r:SAME_AS {id: $id}]->() RETURN r.caveats AS caveats", id=link)
    assert row["caveats"] == [office.wire]
    assert link not in Reader(office.session("ally"), ReaderOptions(KEY)).history(mine).model_dump_json()
    office.graph.run("MATCH (u:User {id: $al}), (t:Unit {id: $unit}) CREATE (u)-[:LEADS]->(t)",
                     al=office.people["al"], unit=office.north)  # fmt: skip
    office.graph.run("MATCH (e:Epoch) SET e.value = e.value + 1")
    with pytest.raises(Conflict, match="or another that asserts this"):
        sharing(office, "al").remove_caveat(link, CaveatInput(case=mine, caveat=office.wire))


def test_unsharing_what_nobody_added_to_leaves_nothing_and_answers_the_same(
    office: Office, cases: tuple[str, str]
) -> None:
    mine, theirs = cases
    jo = office.person("al", mine)
    sharing(office, "al").share(jo, share(mine, theirs))
    assert sharing(office, "al").unshare(jo, mine, theirs).model_dump() == {"id": jo, "records": []}
    assert office.graph.run("MATCH (s:Subject)-[:SUBJECT_OF]->(:Case {id: $case}) RETURN s", case=theirs) == []
    assert office.graph.run("MATCH ()-[r:SAME_AS]->() RETURN r") == []


@pytest.mark.parametrize("added", ["under a caveat", "across cases"])
def test_what_was_added_out_of_sight_leaves_nothing_in_sight(
    office: Office, cases: tuple[str, str], added: str
) -> None:
    """The same person's sight after two shares end: to one record Bo had added what Al may not see, to one nothing."""
    mine, theirs = cases
    clear(office, "bo", office.jury)
    jo, ed = office.person("al", mine), office.person("al", mine)
    for one in (jo, ed):
        sharing(office, "al").share(one, share(mine, theirs))
    if added == "under a caveat":
        alias(office, "bo", jo, theirs, "Blue", office.jury)
    else:
        third = office.open_case("bo")
        other = office.person("bo", third)
        office.writer("bo").same_as(SameAsInput(case=third, start=other, end=jo, other_case=theirs, basis="seen"))

    def sight(id: str, name: str = "al") -> tuple[Any, ...]:
        reader = Reader(office.session(name), ReaderOptions(KEY))
        told = [entry.act for entry in reader.history(id).items]
        return subject(office, name, id), told, len(reader.neighbours(id).items)

    for one in (jo, ed):
        sharing(office, "al").unshare(one, mine, theirs)
    assert sight(jo) == sight(ed)
    assert file(office, "al", theirs) == []
    kept = file(office, "bo", theirs)
    if added == "under a caveat":
        assert [subject(office, "bo", one) for one in kept] == [(["Blue", "Jo Doe"], 1)]
    else:
        assert kept == []
        same = office.graph.run("MATCH ()-[r:SAME_AS]->({id: $jo}) RETURN r.cases AS cases", jo=jo)
        assert same == [{"cases": sorted((mine, theirs, third))}]


def test_each_sees_the_copy_with_what_they_saw(office: Office, cases: tuple[str, str]) -> None:
    """What needs more caveats than a copy is on it; two that need different ones are on two, the same subject."""
    mine, theirs = cases
    clear(office, "bo", office.jury, office.wire)
    jo = office.person("al", mine)
    sharing(office, "al").share(jo, share(mine, theirs))
    for value, caveats in (("Red", (office.jury,)), ("Blue", (office.wire,)), ("Grey", (office.jury, office.wire))):
        alias(office, "bo", jo, theirs, value, *caveats)
    sharing(office, "al").unshare(jo, mine, theirs)

    def names(person: str) -> list[list[str]]:
        records = file(office, person, theirs)
        return sorted(found[0] for one in records if (found := subject(office, person, one)) is not None)

    grey = min((office.jury, "Red"), (office.wire, "Blue"))[1]
    both = {one: sorted([one, "Jo Doe", *(["Grey"] if one == grey else [])]) for one in ("Red", "Blue")}
    assert names("bo") == sorted(both.values())
    assert names("al") == [["Blue", "Jo Doe"]]
    same = office.graph.run("MATCH ()-[r:SAME_AS]->() RETURN r.cases AS cases ORDER BY size(cases)")
    assert same == [{"cases": [theirs]}, {"cases": sorted(cases)}, {"cases": sorted(cases)}]


def test_what_a_third_case_said_of_the_record_stays(office: Office, cases: tuple[str, str]) -> None:
    mine, theirs = cases
    third = office.open_case("bo")
    office.cases("chief").assign(third, AssignmentInput(user=office.people["al"], functions=("read",)))
    jo, ed = office.person("al", mine), office.person("bo", theirs)
    for other in (theirs, third):
        sharing(office, "al").share(jo, share(mine, other))
    same = office.writer("bo").same_as(
        SameAsInput(case=third, start=jo, end=ed, other_case=theirs, basis="seen")
    )  # fmt: skip
    sharing(office, "al").unshare(jo, mine, theirs)
    (row,) = office.graph.run("MATCH (a)-[r:SAME_AS]->() RETURN a.id AS start, r.id AS id, r.cases AS cases")
    assert row == {"start": jo, "id": same.id, "cases": sorted((theirs, third))}


def test_what_was_entered_just_before_is_checked_all_the_same(office: Office, cases: tuple[str, str]) -> None:
    mine, theirs = cases
    jo = office.person("al", mine)
    sharing(office, "al").share(jo, share(mine, theirs))
    alias(office, "bo", jo, theirs, "Blue")
    sharing(office, "al").unshare(jo, mine, theirs)
    (own,) = file(office, "bo", theirs)
    checks = office.graph.run("MATCH (c:Check {state: 'pending'}) RETURN c.question AS question")
    parts = [part for row in checks for part in json.loads(row["question"]) if part["case"] == theirs]
    assert {part["record"] for part in parts} == {jo, own}
    assert len({json.dumps(part["asked"]) for part in parts}) == 1


def test_what_is_added_between_the_two_steps_joins_the_copy(
    office: Office, cases: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, theirs = cases
    jo = office.person("al", mine)
    sharing(office, "al").share(jo, share(mine, theirs))

    alias(office, "bo", jo, theirs, "Red")
    split: Any = steps._split

    def between(*given: Any) -> Any:
        made = split(*given)
        if not waiting.ident:
            waiting.start()
        return made

    waiting = threading.Thread(target=alias, args=(office, "bo", jo, theirs, "Blue"))
    session = office.session("al")
    task = session.govern("test", {}, lambda view, _: steps.leave(
        view.tx, view.source, view.person.id, "unshare", {"record": jo, "case": mine, "other": theirs}
    ))  # fmt: skip
    tasks = Tasks(office.graph.gateway, office.audit)
    monkeypatch.setattr(steps, "_split", between)
    tasks.run(task, lambda kind, done: waiting.join())
    assert [subject(office, "bo", one) for one in file(office, "bo", theirs)] == [(["Blue", "Jo Doe", "Red"], 1)]
    assert len(office.graph.run("MATCH ()-[r:SAME_AS]->() RETURN r")) == 1


def test_what_sharing_refuses(office: Office, cases: tuple[str, str]) -> None:
    mine, theirs = cases
    jo, ed = office.person("al", mine), office.person("bo", theirs)
    hidden = office.open_case("bo")
    al, bo = sharing(office, "al"), sharing(office, "bo")
    for id, given, error in (
        (jo, share(mine, hidden), NotFound),
        (jo, share(mine, mine), InvalidInput),
        (ed, share(mine, theirs), NotFound),
        (ed, share(theirs, mine), FunctionRefused),
        (jo, share(mine, theirs, ed), NotFound),
    ):
        with pytest.raises(error):
            al.share(id, given)
    with pytest.raises(NotFound):
        bo.share(jo, share(theirs, mine))
    sharing(office, "al").share(jo, share(mine, theirs))
    office.cases("chief").assign(mine, AssignmentInput(user=office.people["bo"], functions=("read",)))
    with pytest.raises(Conflict, match="does not assert"):
        bo.share(jo, share(theirs, mine))


def test_caveats_on_a_record_an_assertion_and_a_case(office: Office, cases: tuple[str, str]) -> None:
    mine, _ = cases
    office.cases("chief").assign(mine, AssignmentInput(user=office.people["ally"], functions=("read",)))
    jo = office.person("al", mine)
    al = sharing(office, "al")
    name = office.graph.run("MATCH (n:Attribute {value: 'Jo Doe'}) RETURN n.id AS id")[0]["id"]
    wire = CaveatInput(case=mine, caveat=office.wire)
    assert subject(office, "ally", jo) == (["Jo Doe"], 1)
    al.add_caveat(name, wire)
    assert subject(office, "ally", jo) == ([], 1)
    al.add_caveat(jo, wire)
    assert subject(office, "ally", jo) is None
    al.add_caveat(mine, wire)
    assert (office.sees("ally", mine), office.sees("al", mine), office.sees("chief", mine)) == (False, True, False)
    assert subject(office, "al", office.person("al", mine, "New One")) == (["New One"], 1)
    for caveat, error in ((office.jury, InvalidInput), (office.wire, FunctionRefused)):
        with pytest.raises(error):
            al.remove_caveat(mine, CaveatInput(case=mine, caveat=caveat))


def test_only_a_leader_who_writes_takes_a_caveat_off(office: Office, cases: tuple[str, str]) -> None:
    mine, _ = cases
    jo = office.person("al", mine)
    wire = CaveatInput(case=mine, caveat=office.wire)
    sharing(office, "al").add_caveat(mine, wire)
    office.graph.run("MATCH (u:User {id: $al}), (t:Unit {id: $unit}) CREATE (u)-[:LEADS]->(t)",
                     al=office.people["al"], unit=office.north)  # fmt: skip
    office.graph.run("MATCH (e:Epoch) SET e.value = e.value + 1")
    with pytest.raises(Conflict, match="the case itself"):
        sharing(office, "al").remove_caveat(jo, wire)
    sharing(office, "al").remove_caveat(mine, wire)
    assert office.sees("chief", mine)
    assert subject(office, "chief", jo) is None, "its records keep it"
    sharing(office, "al").add_caveat(mine, wire)
    sharing(office, "al").remove_caveat(mine, wire, records=True)
    assert subject(office, "chief", jo) == (["Jo Doe"], 1)
    for name, sees in (("al", True), ("chief", False)):
        history = Reader(office.session(name), ReaderOptions(KEY)).history(mine)
        assert {"caveat.add", "caveat.remove"} <= {entry.act for entry in history.items}
        assert (office.wire in history.model_dump_json()) is sees, "whose list they are not on, they are not told of"
