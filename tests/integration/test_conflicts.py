"""Conflicts on a real graph: one for each pair of sides, and each side reads its own part of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from icmgraph.errors import Conflict, FunctionRefused, NotFound
from icmgraph.model.answers import ConflictCard, ConflictThread
from icmgraph.model.checks import RegistrationChange, Selector
from icmgraph.model.conflicts import ConflictStep, SayInput, StepInput
from icmgraph.model.identifiers import IdentifierKind
from icmgraph.model.records import CaseChange, DisclosureMode, SubjectInput
from icmgraph.model.source import Source
from icmgraph.queries.cases import Cases
from icmgraph.queries.conflicts import Conflicts
from icmgraph.queries.cursors import Cursors
from icmgraph.queries.writer import Writer
from tests.integration.bureau import DESK, KEY, WRITTEN, name, phone, question
from tests.integration.interleaving import Stopper, in_thread
from tests.integration.registering import THEN, AfterThen, Register
from tests.worlds.fixtures import graph as graph
from tests.worlds.loader import Graph
from tests.worlds.world import Key

ANN, ED = (f"{who}, +1 202 555 0100" for who in ("Ann", "Ed"))
SHORT, FULL = "Montgomery Lindqvist", "Rosa Vega Montgomery Lindqvist"


class Office(Register):
    def conflicts(self, user: str) -> list[ConflictCard]:
        return Conflicts(self.session(user), Cursors(KEY)).page().items

    def thread(self, user: str, id: str) -> ConflictThread:
        return Conflicts(self.session(user), Cursors(KEY)).show(id)

    def step(self, user: str, id: str, step: str, **more: Any) -> ConflictCard:
        said = StepInput(step=ConflictStep(step), **more)
        return Conflicts(self.session(user), Cursors(KEY)).step(id, said).conflict

    def say(self, user: str, id: str, text: str) -> None:
        Conflicts(self.session(user), Cursors(KEY)).say(id, SayInput(text=text))

    def of(self, user: str) -> ConflictCard:
        (card,) = self.conflicts(user)
        return card

    def wait(self, hours: float) -> None:
        """The worker comes so many hours later."""

        class Later(AfterThen):
            def now(self) -> datetime:
                return THEN + timedelta(hours=hours)

        def source() -> Source:
            self._turns += 1
            return Later(f"worker {self._turns}")

        while self.worker(source).run_once():
            pass

    def said(self, user: str) -> list[str]:
        return [body["what"] for body in self.bodies(user) if "conflict" in body]


@pytest.fixture
def office(graph: Graph, tmp_path: Path) -> Office:
    return Office(graph, tmp_path)


@pytest.fixture
def met(office: Office) -> Office:
    """Ann and Ed registered the same phone."""
    office.load().register(office.ann)
    office.register(office.ed)
    office.tell()
    return office


def test_two_registrations_make_one_conflict_of_two_sides(met: Office) -> None:
    anns, eds = met.of(met.ann), met.of(met.ed)
    assert (anns.contact, anns.state, anns.their_state, anns.hidden) == (ED, "new", "new", False)
    assert (eds.contact, [(one.selector, one.tier) for one in eds.matches]) == (ANN, [("phone", "exact")])
    assert anns.id != eds.id
    assert anns.registration != eds.registration
    assert len(met.notices(met.ann)) == len(met.notices(met.ed)) == 1
    assert met.conflicts(met.eve) == met.conflicts(met.desk) == []


def test_a_registration_and_a_case_meet_in_one(office: Office) -> None:
    case = office.case()
    office.phone(case)
    office.phone(case)
    registered = office.load().register(office.ann)
    office.tell()
    assert (office.of(office.ann).registration, office.of(office.ann).cases) == (registered.registration, [])
    assert (office.of(office.ed).registration, office.of(office.ed).cases) == (None, [case])


def test_that_two_cases_are_one_agents_is_not_told(office: Office) -> None:
    cases = [office.case(), office.case()]
    for case in cases:
        office.phone(case)
    office.load().register(office.ann)
    office.tell()
    assert len(office.conflicts(office.ann)) == 1
    assert office.of(office.ed).cases == sorted(cases)


def test_a_check_makes_none(office: Office) -> None:
    office.phone(office.case())
    office.load().check(office.ann)
    office.tell()
    assert office.conflicts(office.ann) == office.conflicts(office.ed) == []
    assert len(office.notices(office.ed)) == 1


def test_a_silent_side_alone_has_one(office: Office) -> None:
    office.phone(office.case(disclosure="silent"))
    office.load().register(office.ann)
    office.tell()
    assert office.conflicts(office.ann) == []
    mine = office.of(office.ed)
    assert (mine.contact, mine.hidden, mine.their_state) == (ANN, True, "new")
    with pytest.raises(Conflict, match="brokered"):
        office.step(office.ed, mine.id, "reveal")
    done = office.step(office.ed, mine.id, "propose", outcome="delay")
    assert (done.state, done.outcome) == ("resolved", "delay")
    assert office.said(office.ann) == []


def test_a_brokered_side_reveals_itself_and_nothing_it_said_before(office: Office) -> None:
    office.phone(office.case(disclosure="brokered"))
    office.load().register(office.ann)
    office.tell()
    assert office.conflicts(office.ann) == []
    mine = office.of(office.ed)
    office.say(office.ed, mine.id, "a note of mine")
    assert office.step(office.ed, mine.id, "reveal").hidden is False
    theirs = office.of(office.ann)
    assert theirs.contact == ED
    assert [(line.by, line.kind, line.text) for line in office.thread(office.ann, theirs.id).messages] == [
        ("them", "reveal", None)
    ]
    assert office.said(office.ann) == ["reveal"]
    with pytest.raises(Conflict):
        office.step(office.ed, mine.id, "reveal")


def test_two_brokered_sides_have_none(office: Office) -> None:
    office.phone(office.case(disclosure="brokered"))
    office.load().register(office.ann, mode="brokered")
    office.tell()
    assert office.conflicts(office.ann) == office.conflicts(office.ed) == []


def test_what_is_met_under_caveats_concerns_who_is_on_their_lists(office: Office) -> None:
    case = office.case()
    caveat = office.b.caveat("closed")
    office.phone(case, caveat)
    office.b.assign(office.eve, case)
    office.b.clear(office.eve, caveat)
    office.load().register(office.ann)
    office.tell()
    assert office.conflicts(office.ed) == []
    assert office.of(office.eve).hidden
    assert office.conflicts(office.ann) == []


def test_both_agree_or_it_is_not_resolved(met: Office) -> None:
    anns, eds = met.of(met.ann).id, met.of(met.ed).id
    assert met.step(met.ann, anns, "acknowledge").state == "acknowledged"
    assert met.step(met.ann, anns, "contacted").state == "contacted"
    assert met.step(met.ann, anns, "propose", outcome="joint").outcome is None
    other = met.step(met.ed, eds, "propose", outcome="delay")
    assert (other.state, other.their_state, other.their_proposal, other.outcome) == (
        "acknowledged", "contacted", "joint", None,
    )  # fmt: skip
    assert met.step(met.ed, eds, "propose", outcome="joint").outcome == "joint"
    assert (met.of(met.ann).state, met.of(met.ann).outcome) == ("resolved", "joint")
    with pytest.raises(Conflict, match="resolved"):
        met.step(met.ann, anns, "acknowledge")
    assert met.said(met.ed).count("propose") == 1


def test_what_is_said_comes_to_both_and_nobody_else(met: Office) -> None:
    anns, eds = met.of(met.ann).id, met.of(met.ed).id
    met.say(met.ann, anns, "Friday?")
    met.say(met.ed, eds, "Monday.")
    assert [(line.by, line.text) for line in met.thread(met.ed, eds).messages] == [
        ("them", "Friday?"), ("us", "Monday."),
    ]  # fmt: skip
    for user, id in ((met.ed, anns), (met.ann, eds), (met.eve, anns), (met.lead, anns)):
        with pytest.raises(NotFound):
            met.thread(user, id)
        with pytest.raises(NotFound):
            met.say(user, id, "hello")
    (body,) = [body for body in met.bodies(met.ed) if "conflict" in body]
    assert body == {"conflict": eds, "what": "said"}


def test_nothing_is_received_by_who_has_left(office: Office) -> None:
    case = office.case()
    office.phone(case)
    office.load().register(office.ann)
    office.tell()
    mine = office.of(office.ed).id
    office.graph.run("MATCH (:User {id: $ed})-[a:ASSIGNED_TO]->() SET a.until = datetime()", ed=office.ed)
    assert office.conflicts(office.ed) == []
    with pytest.raises(NotFound):
        office.thread(office.ed, mine)
    office.wait(2)
    # The leader takes over, as a match would be told to them now.
    assert office.of(office.lead).cases == [case]
    assert "handed over" in office.said(office.lead)


def test_a_leader_is_told_of_what_nobody_acknowledged_and_may_override(met: Office) -> None:
    met.step(met.ann, met.of(met.ann).id, "acknowledge")
    met.wait(30)
    assert met.said(met.lead) == ["escalated"], "of Ed's side; Ann acknowledged hers"
    led = met.of(met.lead)
    assert (led.leader, led.contact) == (True, ANN)
    with pytest.raises(FunctionRefused):
        met.step(met.ed, led.id, "override", reason="a life is at risk")
    done = met.step(met.lead, led.id, "override", reason="a life is at risk")
    assert (done.state, done.outcome, done.follow_up is None) == ("resolved", "proceed", False)
    assert met.of(met.ann).their_state == "resolved"
    assert met.thread(met.ann, met.of(met.ann).id).messages[-1].text == "a life is at risk"
    met.wait(30 + 24 * 4)
    assert met.said(met.lead)[0] == "follow_up"
    assert met.step(met.lead, led.id, "follow_up", reason="nobody was hurt").follow_up is None
    assert met.step(met.ann, met.of(met.ann).id, "propose", outcome="delay").state == "resolved"


def test_one_may_escalate_oneself(met: Office) -> None:
    mine = met.of(met.ann).id
    met.step(met.ann, mine, "escalate")
    assert met.of(met.lead).id == mine
    met.wait(30)
    assert met.said(met.lead).count("escalated") == 2, "and the timer tells of Ed's side, not of Ann's again"


def test_a_withdrawn_registration_ends_its_side_and_tells_the_other(met: Office) -> None:
    registration = met.of(met.ann).registration
    assert registration is not None
    met.registrations(met.ann).withdraw(registration)
    assert met.of(met.ann).outcome == "withdrawn"
    assert met.of(met.ed).their_state == "resolved"
    assert met.said(met.ed) == ["withdrawn"]


@pytest.mark.parametrize("mode", ["brokered", "silent"])
def test_a_side_that_the_withdrawn_one_did_not_know_of_is_told_and_ends(office: Office, mode: str) -> None:
    case = office.case(disclosure=mode)
    office.phone(case)
    registered = office.load().register(office.ann)
    office.tell()
    office.registrations(office.ann).withdraw(registered.registration)
    mine = office.of(office.ed)
    assert (mine.state, mine.outcome) == ("resolved", "withdrawn")
    assert office.said(office.ed) == ["withdrawn"]
    assert [(line.by, line.kind) for line in office.thread(office.ed, mine.id).messages] == [("them", "withdrawn")]
    assert office.said(office.ann) == []


def test_an_edit_ends_the_conflict_with_what_it_meets_no_more_and_a_new_match_begins_a_new_one(met: Office) -> None:
    registration = met.of(met.ann).registration
    assert registration
    for written in ("+1 202 555 0150", WRITTEN):
        selectors = ({"kind": "phone", "value": written},)
        change = RegistrationChange.model_validate({"selectors": selectors, "reason": "a new number"})
        met.deconfliction(met.ann).edit(registration, change, 100.0)
        met.tell()
    assert sorted((one.state, one.outcome) for one in met.conflicts(met.ann)) == [
        ("new", None),
        ("resolved", "withdrawn"),
    ]
    assert sorted((one.state, one.their_state) for one in met.conflicts(met.ed)) == [
        ("new", "new"),
        ("new", "resolved"),
    ]
    assert met.said(met.ed) == ["withdrawn"]
    assert len(met.notices(met.ann)) == 2
    assert len(met.notices(met.ed)) == 3


READ = "Robert Rosa", "Robert Roja"  # the second finds the first, and not the reverse
SLIPS = "Rosa Montgomery", "Monkgomery Rosa"


@pytest.mark.parametrize(("sought", "later"), [(FULL, SHORT), (SHORT, FULL), SLIPS, SLIPS[::-1], READ])
@pytest.mark.parametrize("enters", [False, True])
def test_an_edit_that_does_not_take_the_name_away_ends_nothing(
    office: Office, sought: str, later: str, enters: bool
) -> None:
    """Whichever of the two names is the longer, has the mistake, or found the other."""
    case = office.case()
    registered = office.load().register(office.ann, name(sought))
    office.tell()
    if enters:
        said = {"kind": "Person", "attributes": ({"kind": "name", "value": later},)}
        Writer(office.session(office.ed)).add_subject(case, SubjectInput.model_validate(said))
    else:
        office.register(office.ed, name(later))
    office.tell()
    begun = office.of(office.ann)
    for known, plate in (({}, "XK 4410"), ({}, "XK 4411"), ({"year": 1980}, "XK 4411")):
        asked = {"names": ({"name": sought, **known},), "selectors": ({"kind": "plate", "value": plate},)}
        change = RegistrationChange.model_validate({**asked, "reason": "a plate"})
        office.deconfliction(office.ann).edit(registered.registration, change, 100.0)
        office.tell()
    assert office.of(office.ann) == begun
    assert office.said(office.ed) == []
    without = RegistrationChange.model_validate({"selectors": asked["selectors"], "reason": "not the name"})
    office.deconfliction(office.ann).edit(registered.registration, without, 100.0)
    office.tell()
    assert office.of(office.ann).outcome == "withdrawn"


def test_what_is_withdrawn_while_the_worker_tells_of_it_leaves_no_conflict(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a side would be left that nobody ever ends."""
    first = office.load().register(office.ann).registration
    office.tell()
    office.register(office.ed)
    found = Stopper(monkeypatch, "release", "registration_matches")
    thread, results = in_thread(office.worker(partial(AfterThen, "one")).run_once)
    assert found.reached.wait(20)
    office.registrations(office.ann).withdraw(first)
    found.go_on.set()
    thread.join()
    assert results == [1]
    assert office.conflicts(office.ann) == office.conflicts(office.ed) == []


def test_what_the_other_side_adds_while_the_worker_ends_conflicts_stays(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its selector is of a kind that is taken out, and was not there yet when it was looked for."""

    def edited(user: str, registration: str, written: str) -> None:
        selectors = ({"kind": "phone", "value": written},)
        change = RegistrationChange.model_validate({"selectors": selectors, "reason": "another number"})
        office.deconfliction(user).edit(registration, change, 100.0)

    anns = office.load().register(office.ann).registration
    eds = office.register(office.ed, name("Rosa Vega")).registration
    office.tell()
    edited(office.ann, anns, "+1 202 555 0150")
    found = Stopper(monkeypatch, "release", "registration_matches")
    ending, _ = in_thread(office.worker(partial(AfterThen, "one")).run_once)
    assert found.reached.wait(20)
    edited(office.ed, eds, "+1 202 555 0150")
    office.graph.run("MATCH (c:Check {registration: $id}) SET c.due = datetime('2000-01-01T00:00:00Z')", id=eds)
    beginning, _ = in_thread(office.worker(partial(AfterThen, "two")).run_once)
    beginning.join(2)  # time to make the conflict, if it need not wait
    found.go_on.set()
    ending.join()
    beginning.join()
    assert office.of(office.ann).state == "new"
    assert office.of(office.ed).their_state == "new"


def test_a_hidden_match_of_two_who_know_of_each_other_is_not_told_with_it(office: Office) -> None:
    case = office.case()
    office.phone(case)
    plate = office.b.subject(office.b.own((case,)), disclosure="brokered")
    office.b.identifier(office.b.own((case,)), plate, Key("plate", "XK4410"))
    asked = question(selectors=(*phone().selectors, Selector(kind=IdentifierKind.PLATE, value="XK 4410")))
    answer = office.load().register(office.ann, asked)
    assert [(one.selector, one.contact) for one in answer.pointers] == [(0, ED), (1, DESK)]
    office.tell()
    assert [one.selector for one in office.of(office.ann).matches] == ["phone"]
    assert [one.selector for one in office.of(office.ed).matches] == ["phone", "plate"]


def test_after_a_resolved_one_a_new_one_begins(office: Office) -> None:
    case = office.case()
    office.phone(case)
    office.load().register(office.ann)
    office.tell()
    for user in (office.ann, office.ed):
        office.step(user, office.of(user).id, "propose", outcome="proceed")
    registered = office.register(office.ann)
    office.tell()
    assert [one.state for one in office.conflicts(office.ed)].count("new") == 1
    assert [one.registration for one in office.conflicts(office.ann) if one.state == "new"] == [registered.registration]


def test_a_side_that_was_hidden_and_is_not_begins_a_new_one(office: Office) -> None:
    """What the hidden side said while it was alone stays its own."""
    case = office.case(disclosure="silent")
    office.phone(case)
    office.load().register(office.ann)
    asked = office.graph.run("MATCH (c:Check) RETURN c.question AS question")[0]["question"]
    office.tell()
    alone = office.of(office.ed).id
    office.say(office.ed, alone, "a note of mine")
    office.graph.run("MATCH (c:Case {id: $case}) SET c.disclosure = 'open'", case=case)
    # Once more, as of another record that fits.
    office.graph.run("MATCH (m:Match) DETACH DELETE m")
    office.graph.run("MATCH (c:Check) SET c.state = 'pending', c.question = $asked, c.seen = []", asked=asked)
    office.tell()
    theirs = office.of(office.ann)
    assert office.thread(office.ann, theirs.id).messages == []
    assert {one.id for one in office.conflicts(office.ed)} > {alone}


@pytest.mark.parametrize("how", ["date", "leader", "record"])
def test_when_silence_ends_the_other_side_is_told_and_a_new_conflict_begins(office: Office, how: str) -> None:
    until = THEN + timedelta(hours=2 if how != "leader" else 99)
    silent: dict[str, Any] = {"disclosure": "silent", "disclosure_until": until}
    case = office.case(**({} if how == "record" else silent))
    office.phone(case, **(silent if how == "record" else {}))
    office.named(case, "Rosa Vega")
    office.load().register(office.ann)
    office.tell()
    assert not office.notices(office.ann)
    assert not office.conflicts(office.ann)
    before = office.of(office.ed).id
    told = len(office.notices(office.ed))
    if how == "leader":
        Cases(office.session(office.lead)).change(case, CaseChange(disclosure=DisclosureMode.OPEN))
    office.wait(3)
    office.wait(4)
    (body,) = office.bodies(office.ann)
    assert [(one["kind"], one["contact"]) for one in body["pointers"]] == [("phone", ED)]
    theirs = office.of(office.ann)
    assert theirs.contact == ED
    assert theirs.at == "2098-01-02T06:04:05.000Z", "dated then"
    assert [one.id for one in office.conflicts(office.ed)][-1] == before
    assert len(office.conflicts(office.ed)) == 2
    assert len(office.notices(office.ed)) == told, "they knew"


def test_silence_that_is_renewed_is_not_told(office: Office) -> None:
    case = office.case(disclosure="silent", disclosure_until=THEN + timedelta(hours=2))
    office.phone(case)
    office.load().register(office.ann)
    office.tell()
    longer = CaseChange(disclosure=DisclosureMode.SILENT, disclosure_until=THEN + timedelta(hours=9))
    Cases(office.session(office.lead)).change(case, longer)
    office.wait(3)
    assert not office.notices(office.ann)
    assert not office.conflicts(office.ann)


def test_too_many_contacts_are_no_conflicts_of_the_asker(office: Office) -> None:
    people = [office.person(f"Holder {number}", office.east, contact=f"Holder {number}") for number in range(21)]
    for person in people:
        office.phone(office.case(person))
    office.load().register(office.ann)
    office.tell()
    assert office.conflicts(office.ann) == []
    assert [office.of(person).contact for person in people] == [ANN] * 21


def test_two_workers_at_once_make_one(office: Office) -> None:
    """Each tells of one of the two registrations, in the same second."""
    office.load().register(office.ann)
    office.register(office.ed)
    office.graph.run("MATCH (c:Check) SET c.due = datetime('2000-01-01T00:00:00Z')")
    workers = [office.worker(partial(AfterThen, f"worker {number}")) for number in range(4)]
    with ThreadPoolExecutor(len(workers)) as pool:
        list(pool.map(lambda worker: worker.run_once(), workers))
    assert office.graph.run("MATCH (c:Conflict) RETURN count(c) AS n") == [{"n": 1}]
    assert len(office.notices(office.ann)) == len(office.notices(office.ed)) == 1
    assert office.of(office.ann).contact == ED


def test_who_is_at_the_desk_has_what_concerns_nobody_else(office: Office) -> None:
    office.phone(office.case(""))
    office.load()
    office.graph.run("MATCH (:User)-[l:LEADS]->() DELETE l")
    office.register(office.ann, phone())
    office.tell()
    assert [one.contact for one in office.conflicts(office.desk)] == [ANN]
    assert office.conflicts(office.ann) == [], "there is nobody but the desk to call"


def test_what_two_cases_enter_is_one_conflict_of_their_agents(office: Office) -> None:
    wests, easts = office.case(office.ann, unit=office.west), office.case()
    office.phone(easts)
    office.load()
    phones = ({"kind": "phone", "value": WRITTEN},)
    entered = SubjectInput.model_validate({"kind": "Person", "role": "target", "identifiers": phones}, strict=False)
    Writer(office.session(office.ann), KEY).add_subject(wests, entered)
    office.tell()
    assert (office.of(office.ann).cases, office.of(office.ed).cases) == ([wests], [easts])
    assert (office.of(office.ann).contact, office.of(office.ed).contact) == (ED, ANN)
