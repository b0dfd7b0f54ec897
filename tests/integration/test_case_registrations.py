"""Standing match reports on a real graph: a case file checked again each day, and what each side is told of it."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from icmgraph.audit import AuditStore
from icmgraph.errors import Conflict, FunctionRefused, NotFound
from icmgraph.local_neo4j import Connection
from icmgraph.model.answers import CaseRegistered
from icmgraph.model.checks import CaseRegistrationInput, RegistrationChange, RenewInput
from icmgraph.model.disclosure import POINTERS
from icmgraph.model.source import Source
from icmgraph.queries.case_checks import CaseChecks
from icmgraph.queries.daily import DailyWorker
from icmgraph.queries.deconfliction import Deconfliction
from icmgraph.queries.policy import Policy
from icmgraph.queries.session import Session, Sessions
from tests.integration.bureau import DESK, KEY, WRITTEN, phone
from tests.integration.registering import THEN, Moment, Register
from tests.worlds.fixtures import graph as graph
from tests.worlds.loader import Graph
from tests.worlds.world import Key

ANN, ED, EVE = (f"{name}, +1 202 555 0100" for name in ("Ann", "Ed", "Eve"))
PLATE = Key("plate", "XK4410")


class Office(Register):
    """Ann's case has a phone and a car. ``hours``: how late it is when a worker looks."""

    hours = 0.0
    daily = 2000

    def __init__(self, graph: Graph, folder: Path) -> None:
        super().__init__(graph, folder)
        self.mine = self.case(self.ann, unit=self.west)
        self.phone(self.mine)
        self.rosas_car = self.car(self.mine)

    def car(self, case: str) -> str:
        car = self.b.subject(self.b.own((case,)), kind="Vehicle")
        self.b.identifier(self.b.own((case,)), car, PLATE)
        return car

    def holds(self, case: str, key: Key) -> None:
        """A case comes to hold an identifier that it did not, as by an import: nobody is told of that."""
        self.graph.run(
            """MATCH (s:Subject)-[r:HAS_IDENTIFIER]->(:Identifier) WHERE r.cases = [$case]
            WITH s, r LIMIT 1 MATCH (i:Identifier {key: $key})
            CREATE (s)-[n:HAS_IDENTIFIER]->(i) SET n = r {.*, id: randomUUID(), key: $key}""",
            case=case, key=key.key,
        )  # fmt: skip

    def register_case(self, user: str | None = None, **said: Any) -> CaseRegistered:
        given = {"case": self.mine, "reason": "a year of it", **said}
        return CaseChecks(self.deconfliction(user)).register(CaseRegistrationInput.model_validate(given), 100.0)

    def asker(self, session: Session) -> Deconfliction:
        return Deconfliction(
            session, key=KEY, answer_ms=1000, receipt_days=30, desk_contact=DESK, daily=self.daily,
            leave=lambda source, moment: None,
        )  # fmt: skip

    def daily_worker(self) -> DailyWorker:
        sessions = Sessions(self.graph.gateway, Policy(self.graph.gateway), self.audit, self.at)
        return DailyWorker(sessions, self.asker)

    def at(self, person: str, action: str) -> Source:
        self._turns += 1
        return Moment(f"{person} {action} {self._turns}", self.hours)

    def day(self, number: float) -> int:
        """The workers come, so many days after ``THEN``. How many reports were made."""
        self.hours = number * 24
        made = self.daily_worker().run_once()
        self.tell()
        return made

    def _later(self) -> Source:
        self._turns += 1
        return Moment(f"worker {self._turns}", self.hours + 0.5)

    def reports(self) -> list[dict[str, Any]]:
        """The checks of reports, oldest first."""
        return sorted((one for one in self.checks() if one.get("of_case")), key=lambda one: one["at"])


@pytest.fixture
def office(graph: Graph, tmp_path: Path) -> Office:
    return Office(graph, tmp_path)


def pointed(body: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(one["kind"], one["tier"], one["contact"]) for one in body["pointers"]]


def test_it_is_a_check_of_the_file_that_stays(office: Office) -> None:
    office.phone(office.case())
    answer = office.load().register_case(reference="R-7", days=9)
    assert [(one.tier, one.contact) for one in answer.pointers] == [("exact", ED)]
    assert (answer.case, answer.result, len(answer.selectors)) == (office.mine, POINTERS, 2)
    office.tell()
    (body,) = office.bodies(office.ed)
    assert (body["contact"], body["reference"]) == (ANN, answer.reference)
    assert office.notices(office.ann) == [], "the answer pointed to it"
    (card,) = office.registrations(office.ann).page().items
    assert (card.id, card.case, card.reference, card.stands) == (answer.registration, office.mine, "R-7", True)
    assert (card.selectors, card.event, card.reported) == ([], None, answer.at)
    assert card.stands_until == answer.stands_until == "2098-01-11T03:04:05.000Z"
    (dated,) = office.registrations(office.ann).calendar()
    assert dated.title == "registration expires, reference R-7"


def test_each_day_the_owner_is_told_what_is_new_and_holders_once(office: Office) -> None:
    office.phone(office.case())
    new = office.case(office.eve)
    office.phone(new, key=Key("phone", "+12025550177"))
    registered = office.load().register_case()
    office.tell()
    assert office.day(0.9) == 0, "not due yet"
    assert office.day(1) == 1
    assert (len(office.notices(office.ann)), len(office.notices(office.ed))) == (0, 1), "nothing is new"
    office.holds(new, PLATE)
    assert office.day(2) == 1
    (body,) = office.bodies(office.ann)
    assert pointed(body) == [("plate", "exact", EVE)]
    assert body["pointers"][0]["record"] == office.rosas_car
    assert (body["registration"], body["case"]) == (registered.registration, office.mine)
    report = office.reports()[-1]
    assert body["receipt"] == report["receipt"]
    receipt = office.deconfliction().receipt(body["receipt"])
    assert len(receipt.pointers) == 2, "of all that the file holds"
    (theirs,) = office.bodies(office.eve)
    assert (theirs["case"], theirs["contact"], theirs["reference"]) == (new, ANN, report["reference"])
    assert office.day(3) == 1
    assert [len(office.notices(user)) for user in (office.ann, office.ed, office.eve)] == [1, 1, 1]
    (card,) = office.registrations(office.ann).page().items
    assert card.reported is not None
    assert card.reported.startswith("2098-01-05")


def test_what_the_file_comes_to_hold_is_asked_for_too(office: Office) -> None:
    """Also of a record that was met before by something else: both sides learn what is new."""
    theirs = office.case()
    office.phone(theirs)
    office.load().register_case()
    office.tell()
    office.holds(theirs, PLATE)
    office.day(1)
    (body,) = office.bodies(office.ann)
    assert pointed(body) == [("plate", "exact", ED)]
    assert [one["matches"] for one in office.bodies(office.ed)] == [
        [{"selector": "plate", "tier": "exact"}], [{"selector": "phone", "tier": "exact"}]
    ]  # fmt: skip
    office.day(2)
    assert [len(office.notices(user)) for user in (office.ann, office.ed)] == [1, 2]


def test_an_event_that_comes_to_collide_is_told_once(office: Office) -> None:
    place: dict[str, Any] = {"latitude": 38.9, "longitude": -77.03}
    times: dict[str, Any] = {"starts": THEN + timedelta(days=9), "ends": THEN + timedelta(days=10)}
    mine = office.b.event(office.b.own((office.mine,)), **place, **times)
    case = office.case()
    theirs = office.b.event(office.b.own((case,)), **place, starts=THEN + timedelta(days=20))
    assert office.load().register_case().pointers == []
    office.tell()
    office.day(1)
    assert office.notices(office.ann) == []
    office.graph.run("MATCH (e:Event {id: $id}) SET e.starts = $at", id=theirs, at=times["starts"])
    for day in (2, 3, 11):
        assert office.day(day) == 1
        (body,) = office.bodies(office.ann)
        assert pointed(body) == [("event", "exact", ED)]
        assert body["pointers"][0]["record"] == mine
        (told,) = office.bodies(office.ed)
        assert (told["case"], told["matches"]) == (case, [{"selector": "event", "tier": "exact"}])


def test_a_registration_of_another_is_met_once(office: Office) -> None:
    office.load().register_case()
    office.tell()
    office.register(office.eve, phone())
    office.tell()
    assert office.notices(office.eve) == [], "the answer pointed to it"
    for day in (1, 2):
        assert office.day(day) == 1
        (body,) = office.bodies(office.eve)
        assert (pointed(body), body["reference"]) == ([("phone", "exact", ANN)], office.reports()[1]["reference"])
        (report,) = [one for one in office.bodies(office.ann) if "receipt" in one]
        assert pointed(report) == [("phone", "exact", EVE)]


def test_silent_holders_are_none(office: Office) -> None:
    silent = office.case(office.eve, disclosure="silent")
    office.phone(silent, key=Key("phone", "+12025550177"))
    office.load().register_case()
    office.tell()
    office.holds(silent, PLATE)
    assert office.day(1) == 1
    assert office.notices(office.ann) == []
    (report,) = office.reports()[1:]
    assert (report["pointers"], report["result"]) == ("[]", "no pointer given")
    assert len(office.notices(office.eve)) == 1, "a silent side gets its full notice"


def test_a_silent_case_asks_silently_and_a_brokered_report_shows_the_desk(office: Office) -> None:
    office.car(office.case())
    office.load().register_case(mode="brokered")
    office.tell()
    assert [body["contact"] for body in office.bodies(office.ed)] == [DESK]
    office.graph.run("MATCH (c:Case {id: $id}) SET c.disclosure = 'silent'", id=office.mine)
    office.graph.run("MATCH (r:Registration) DETACH DELETE r")
    office.register_case()
    office.tell()
    office.day(1)
    assert len(office.notices(office.ed)) == 1


GONE = {
    "unassigned": "MATCH (:User {id: $ann})-[a:ASSIGNED_TO]->(:Case {id: $case}) DELETE a",
    "reads only": "MATCH (:User {id: $ann})-[a:ASSIGNED_TO]->(:Case {id: $case}) SET a.functions = ['read']",
    "another class": "MATCH (u:User {id: $ann}) SET u.user_class = 'analyst'",
    "destroyed": "MATCH (c:Case {id: $case}) DETACH DELETE c",
}


@pytest.mark.parametrize("what", GONE)
def test_who_may_not_ask_any_more_is_told_nothing(office: Office, what: str) -> None:
    office.load().register_case()
    office.tell()
    office.graph.run(GONE[what], ann=office.ann, case=office.mine)
    office.graph.run("MATCH (e:Epoch) SET e.value = e.value + 1")
    office.register(office.eve, phone())
    office.tell()
    before = (len(office.notices(office.ann)), len(office.notices(office.eve)))
    assert office.day(1) == 0
    assert (len(office.notices(office.ann)), len(office.notices(office.eve))) == before
    assert len(office.reports()) == 1
    assert office.daily_worker().run_once() == 0, "looked at again a day later"
    (card,) = office.registrations(office.ann).page().items
    assert (card.stands, card.reported) == (True, "2098-01-02T03:04:05.000Z")


def test_it_reports_again_to_who_may_ask_again(office: Office) -> None:
    office.load().register_case()
    office.graph.run(GONE["reads only"], ann=office.ann, case=office.mine)
    office.graph.run("MATCH (e:Epoch) SET e.value = e.value + 1")
    assert office.day(1) == 0
    office.graph.run(GONE["reads only"].replace("['read']", "['read', 'write']"), ann=office.ann, case=office.mine)
    office.graph.run("MATCH (e:Epoch) SET e.value = e.value + 1")
    assert office.day(2.1) == 1


def test_it_sees_the_file_as_its_owner_does_then(office: Office) -> None:
    """What came under a caveat since, that the owner is not cleared for, is not asked for."""
    wire = office.b.caveat("Wire", "wiretap")
    office.b.clear(office.ann, wire)
    office.b.identifier(office.b.own((office.mine,), caveats=(wire,)), office.rosas_car, Key("plate", "QQ7788"))
    office.load()
    assert len(office.register_case().selectors) == 3
    office.graph.run("MATCH (:User {id: $ann})-[c:CLEARED_FOR]->() DELETE c", ann=office.ann)
    office.graph.run("MATCH (e:Epoch) SET e.value = e.value + 1")
    assert office.day(1) == 1
    assert [len(one["digests"]) for one in office.reports()] == [3, 2]


def test_who_has_asked_for_all_they_may_in_a_day_gets_it_later(office: Office) -> None:
    office.load().register_case()
    office.daily = 1
    assert office.day(1) == 0
    office.daily = 2
    assert office.day(1) == 0, "put off by an hour"
    assert office.day(1.1) == 1


def test_one_report_of_a_case_stands_for_each(office: Office) -> None:
    office.b.assign(office.eve, office.mine)
    first = office.load().register_case()
    with pytest.raises(Conflict, match=f"renew {first.registration}"):
        office.register_case()
    office.register_case(office.eve)
    assert len(office.checks()) == 2, "what is refused leaves no check"
    office.registrations(office.ann).withdraw(first.registration)
    office.register_case()


def test_it_is_renewed_and_withdrawn_and_not_edited(office: Office) -> None:
    made = office.load().register_case(days=9)
    mine = office.registrations(office.ann)
    assert mine.renew(made.registration, RenewInput(reason="trial in May", days=30)).case == office.mine
    change = RegistrationChange.model_validate(
        {"selectors": ({"kind": "phone", "value": WRITTEN},), "reason": "another"}
    )
    with pytest.raises(Conflict, match="withdraw it"):
        office.deconfliction().edit(made.registration, change, 100.0)
    with pytest.raises(NotFound):
        office.registrations(office.eve).withdraw(made.registration)
    mine.withdraw(made.registration)
    assert office.day(1) == 0


def test_an_expired_one_reports_no_more(office: Office) -> None:
    made = office.load().register_case()
    office.graph.run("MATCH (r:Registration) SET r.expires_at = datetime.realtime() - duration('PT1S')")
    assert office.day(1) == 0
    with pytest.raises(Conflict, match="expired"):
        office.registrations(office.ann).renew(made.registration, RenewInput(reason="still"))
    office.register_case()


def test_what_is_told_before_it_is_withdrawn_is_not_told_again_by_its_last_check(office: Office) -> None:
    office.phone(office.case())
    made = office.load().register_case()
    office.tell()
    office.hours = 24
    assert office.daily_worker().run_once() == 1
    office.registrations(office.ann).withdraw(made.registration)
    office.tell()
    assert len(office.notices(office.ed)) == 1


def test_who_may_register_one(office: Office) -> None:
    office.b.assign(office.eve, office.mine, functions=("read",))
    office.load()
    with pytest.raises(NotFound):
        office.register_case(office.ed)
    with pytest.raises(FunctionRefused):
        office.register_case(office.eve)
    with pytest.raises(ValueError, match="open or brokered"):
        office.register_case(mode="silent", on_behalf_of=office.eve)
    assert office.registrations(office.ann).page().items == []


def test_nobody_meets_the_registration_itself(office: Office) -> None:
    """Ed's check meets Ann's case once, not a second time for her report of it."""
    office.load().register_case()
    office.tell()
    assert [(one.tier, one.contact) for one in office.check(office.ed).pointers] == [("exact", ANN)]
    office.tell()
    (body,) = office.bodies(office.ann)
    assert set(body) == {"case", "at", "contact", "matches", "reference"}
    assert office.graph.run("MATCH (w:WatchKey) RETURN w") == []
    assert office.graph.run("MATCH (s:ConflictSide) RETURN s") == []


def test_the_same_numbers_each_day_are_not_numbers_tried_one_after_the_other(office: Office) -> None:
    for number in range(12):
        office.phone(office.mine, key=Key("phone", f"+120255501{number:02}"))
    office.load().register_case()
    office.tell()
    probed = [len(office.notices(user)) for user in (office.ann, office.lead)]
    for day in (1, 2):
        assert office.day(day) == 1
    assert [len(office.notices(user)) for user in (office.ann, office.lead)] == probed
    assert [bool(one["stems"]) for one in office.reports()][1:] == [False, False]


def test_what_another_made_is_not_made_again(office: Office) -> None:
    office.load().register_case()
    office.hours = 24
    (due,) = office.graph.gateway.read(
        lambda tx: tx.control("due_case_registrations", now=office.at("worker", "daily").now(), limit=9)
    )
    CaseChecks(office.asker(office.session())).report(due)
    with pytest.raises(Conflict):
        CaseChecks(office.asker(office.session())).report(due)
    assert len(office.reports()) == 2
    made = office.registrations(office.ann).page().items[0].id
    office.registrations(office.ann).withdraw(made)
    with pytest.raises(Conflict):
        CaseChecks(office.asker(office.session())).report(due)


def test_two_workers_at_once_make_one_report(office: Office) -> None:
    office.load().register_case()
    office.register(office.eve, phone())
    office.hours = 24
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda worker: worker.run_once(), [office.daily_worker() for _ in range(4)]))
    assert sum(made) == 1
    assert len(office.reports()) == 2
    office.tell()
    assert len([body for body in office.bodies(office.ann) if "receipt" in body]) == 1


@pytest.mark.parametrize(
    ("query", "left"),
    [("due_case_registrations", 1), ("advance_case_registration", 1), ("create_check", 1), ("finish_check", 2)],
)
def test_a_worker_killed_in_the_middle_reports_once(
    office: Office, neo4j_connection: Connection, tmp_path: Path, query: str, left: int
) -> None:
    office.load().register_case()
    office.tell()
    office.register(office.eve, phone())
    office.tell()
    told = len(office.notices(office.eve))
    at = neo4j_connection
    orders = {
        "connection": [at.uri, at.user, at.password, at.database], "audit": f"sqlite:///{tmp_path / 'child.db'}",
        "step": "report", "call": query, "at": 1, "hours": 24,
    }  # fmt: skip
    command = [sys.executable, "-m", "tests.integration.notice_child"]
    child = subprocess.run(command, input=json.dumps(orders), text=True, check=False)
    assert child.returncode == -9
    assert len(office.reports()) == left
    assert office.day(1) == 2 - left
    assert len(office.reports()) == 2
    assert len([body for body in office.bodies(office.ann) if "receipt" in body]) == 1
    assert len(office.notices(office.eve)) == told + 1


def test_the_audit_says_whose_each_report_is(office: Office, tmp_path: Path) -> None:
    made = office.load().register_case()
    office.day(1)
    acts = [one["body"] for one in office.audit.export() if one["body"]["type"] == "intent"]
    (report,) = [one for one in acts if one["action"] == "deconflict.check"]
    assert report["who"] == office.ann
    assert (report["parameters"]["case"], report["parameters"]["registration"]) == (office.mine, made.registration)
    assert isinstance(office.audit, AuditStore)
    assert office.audit.verify().ok
