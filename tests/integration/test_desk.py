"""The coordination desk's queue on a real graph, what it asks of people, and silence to be reviewed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from icmgraph.errors import Conflict, FunctionRefused, InvalidInput, NotFound
from icmgraph.model.answers import MatterCard
from icmgraph.model.matters import MatterStepInput
from icmgraph.model.records import CaseChange, DisclosureMode, SubjectChange
from icmgraph.queries.cases import Cases
from icmgraph.queries.conflicts import Conflicts
from icmgraph.queries.cursors import Cursors
from icmgraph.queries.matters import Matters
from icmgraph.queries.silences import Silences
from icmgraph.queries.writer import Writer
from tests.integration.bureau import DESK, KEY, phone
from tests.integration.registering import THEN, Register
from tests.worlds.fixtures import graph as graph
from tests.worlds.loader import Graph

ANN, ED = (f"{name}, +1 202 555 0100" for name in ("Ann", "Ed"))
SOON = datetime.now(UTC) + timedelta(days=3)


class Office(Register):
    def queue(self, user: str | None = None) -> list[MatterCard]:
        return Matters(self.session(user or self.desk), Cursors(KEY)).page().items

    def step(self, user: str, id: str, step: str, **more: Any) -> None:
        Matters(self.session(user), Cursors(KEY)).step(id, MatterStepInput.model_validate({"step": step, **more}))

    def asked(self, side: str = "holding") -> str:
        """The one matter, of which the desk asked a side."""
        (matter,) = self.queue()
        self.step(self.desk, matter.id, "ask", side=side, text="Somebody would like to talk")
        return matter.id

    def from_desk(self, user: str) -> list[dict[str, Any]]:
        return [notice.body for notice in self.notices(user) if notice.kind == "desk"]

    def conflicts(self, user: str) -> list[Any]:
        return Conflicts(self.session(user), Cursors(KEY)).page().items

    def silences(self, user: str) -> Silences:
        return Silences(self.session(user), Cursors(KEY))


@pytest.fixture
def office(graph: Graph, tmp_path: Path) -> Office:
    return Office(graph, tmp_path)


def test_the_desk_sees_both_where_somebody_is_shown_it_and_nobody_else_does(office: Office) -> None:
    office.phone(office.case(disclosure="brokered"))
    answer = office.load().check(office.ann)
    assert [one.contact for one in answer.pointers] == [DESK]
    office.tell()
    (matter,) = office.queue()
    assert (matter.asking.contact, matter.holding.contact, matter.holding.mode) == (ANN, ED, "brokered")
    assert (matter.reference, matter.state, matter.lines) == (answer.reference, "new", [])
    assert [(one.selector, one.tier) for one in matter.matches] == [("phone", "exact")]
    for user in (office.ann, office.ed, office.lead):
        assert office.queue(user) == []
        with pytest.raises(NotFound):
            office.step(user, matter.id, "done")


@pytest.mark.parametrize(
    ("holder", "asker", "matters"),
    [
        ("open", "open", 0),
        ("silent", "open", 0),
        ("open", "brokered", 1),
        ("brokered", "brokered", 1),
        ("silent", "brokered", 1),
    ],
)
def test_a_matter_is_where_one_is_shown_the_desk(office: Office, holder: str, asker: str, matters: int) -> None:
    office.phone(office.case(disclosure=holder))
    office.load().register(office.ann, mode=asker)
    office.tell()
    office.tell()
    assert len(office.queue()) == matters


def test_who_is_asked_decides_and_it_is_recorded(office: Office) -> None:
    office.phone(office.case(disclosure="brokered"))
    answer = office.load().check(office.ann)
    office.tell()
    matter = office.asked()
    assert office.from_desk(office.ed) == [{"matter": matter, "text": "Somebody would like to talk"}]
    with pytest.raises(FunctionRefused):
        office.step(office.ed, matter, "done")
    office.step(office.ed, matter, "decline")
    assert office.from_desk(office.ann) == []
    office.step(office.ed, matter, "reveal")
    assert office.from_desk(office.ann) == [
        {"contact": ED, "matches": [{"selector": "phone", "tier": "exact"}], "reference": answer.reference}
    ]
    with pytest.raises(Conflict):
        office.step(office.ed, matter, "reveal")
    (card,) = office.queue()
    assert card.state == "revealed"
    assert [(line.by, line.step, line.side) for line in card.lines] == [
        (office.desk, "ask", "holding"), (office.ed, "decline", None), (office.ed, "reveal", None),
    ]  # fmt: skip
    office.step(office.desk, matter, "done")
    assert office.queue() == []
    with pytest.raises(Conflict):
        office.step(office.desk, matter, "done")


def test_what_the_desk_has_to_do_goes_over_to_the_case_that_takes_over(office: Office) -> None:
    held, other = office.case(disclosure="brokered"), office.case()
    office.phone(held)
    office.load().check(office.ann)
    office.tell()
    office.graph.gateway.write(lambda tx: tx.control("merge_case", case=held, into=other))
    office.graph.run(  # its agent is the other's, who did it with a second assignment
        "MATCH (u:User {id: $ed})-[a:ASSIGNED_TO]->(c:Case {id: $case}) SET a.agent = true", ed=office.ed, case=other
    )
    office.asked()
    assert len(office.from_desk(office.ed)) == 1


def test_an_open_side_has_nothing_to_reveal(office: Office) -> None:
    office.phone(office.case(disclosure="brokered"))
    office.load().check(office.ann)
    office.tell()
    matter = office.asked("asking")
    with pytest.raises(FunctionRefused):
        office.step(office.ann, matter, "reveal")


def test_who_has_left_decides_nothing(office: Office) -> None:
    office.phone(office.case(disclosure="brokered"))
    office.load().check(office.ann)
    office.tell()
    matter = office.asked()
    office.graph.run("MATCH (:User {id: $ed})-[a:ASSIGNED_TO]->() SET a.until = datetime()", ed=office.ed)
    with pytest.raises(NotFound):
        office.step(office.ed, matter, "reveal")


def test_revealing_to_the_desk_reveals_in_the_conflict_too(office: Office) -> None:
    office.phone(office.case(disclosure="brokered"))
    office.load().register(office.ann)
    office.tell()
    assert office.conflicts(office.ann) == []
    office.step(office.ed, office.asked(), "reveal")
    assert [one.contact for one in office.conflicts(office.ann)] == [ED]
    assert [one.hidden for one in office.conflicts(office.ed)] == [False]


def test_a_leader_reviews_what_ends_and_it_ends_by_itself(office: Office) -> None:
    ending = office.case(disclosure="silent", disclosure_until=SOON)
    ended = office.case(disclosure="silent", disclosure_until=SOON - timedelta(days=9))
    office.case(disclosure="silent", disclosure_until=SOON + timedelta(days=99))
    record = office.phone(office.case(), disclosure="silent", disclosure_until=SOON - timedelta(days=1))
    caveat = office.b.caveat("Wire")
    office.case(office.ed, caveat, disclosure="silent", disclosure_until=SOON)
    office.load()
    found = office.silences(office.lead).to_review().items
    assert [(one.kind, one.id, one.stands) for one in found] == [
        ("case", ending, True), ("subject", record, True), ("case", ended, False),
    ]  # fmt: skip
    for user in (office.ed, office.eve, office.desk):
        assert office.silences(user).to_review().items == []
    cases = Cases(office.session(office.lead))
    cases.change(ending, CaseChange(disclosure=DisclosureMode.SILENT, disclosure_until=THEN + timedelta(days=60)))
    cases.change(ended, CaseChange(disclosure=DisclosureMode.OPEN))
    change = SubjectChange(
        case=office.graph.run("MATCH (s:Subject) RETURN s.cases[0] AS c")[0]["c"], disclosure=DisclosureMode.OPEN
    )
    Writer(office.session(office.lead), KEY).change_subject(record, change)
    assert office.silences(office.lead).to_review().items == []


def test_no_mode_is_set_that_has_ended(office: Office) -> None:
    """A leader who mistypes the year would else open what they mean to keep."""
    case = office.case()
    record = office.phone(case)
    office.load()
    over: dict[str, Any] = {"disclosure": DisclosureMode.SILENT, "disclosure_until": THEN}
    with pytest.raises(InvalidInput, match="disclosure_until: is over"):
        Cases(office.session(office.lead)).change(case, CaseChange(**over))
    with pytest.raises(InvalidInput, match="disclosure_until: is over"):
        Writer(office.session(office.lead), KEY).change_subject(record, SubjectChange(case=case, **over))


def test_a_registration_asked_silent_comes_to_its_leader(office: Office) -> None:
    made = office.load().register(office.lead, mode="silent", on_behalf_of=office.ann, days=9)
    assert office.silences(office.lead).to_review().items == [], "it ends in 2098"
    office.graph.run("MATCH (r:Registration) SET r.expires_at = $soon", soon=SOON)
    (one,) = office.silences(office.lead).to_review().items
    assert (one.kind, one.id, one.name) == ("registration", made.registration, "Ann")
    assert office.silences(office.ann).to_review().items == []


def test_auditors_see_all_silence_and_by_whose_leave(office: Office) -> None:
    auditor = office.person("Ida", office.top, "auditor")
    case = office.case()
    imported = office.case(disclosure="silent", disclosure_until=SOON)
    office.load()
    Cases(office.session(office.lead)).change(
        case, CaseChange(disclosure=DisclosureMode.SILENT, disclosure_until=THEN + timedelta(1))
    )
    made = office.register(office.lead, phone(), mode="silent", on_behalf_of=office.ann)
    listed = office.silences(auditor)
    first = listed.all(limit=1)
    rest = listed.all(first.next)
    assert [(one.kind, one.id, one.whose, one.by, one.stands) for one in (*first.items, *rest.items)] == [
        ("registration", made.registration, office.ann, office.lead, True),
        ("case", case, None, office.lead, True),
        ("case", imported, None, None, True),
    ]
    with pytest.raises(FunctionRefused):
        office.silences(office.lead).all()
