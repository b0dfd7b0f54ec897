"""Notices on a real graph: who is told what, once, whatever is killed; and the inboxes they lie in."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from icmgraph.errors import AuditUnavailable, InvalidInput, NotFound
from icmgraph.local_neo4j import Connection
from icmgraph.model.answers import NoticeCard
from icmgraph.model.checks import CheckInput, RegistrationInput
from icmgraph.model.disclosure import CONTACTS
from icmgraph.model.records import DisclosureMode
from icmgraph.model.source import SystemSource
from icmgraph.queries.digests import without_case
from icmgraph.queries.notices import NoticeWorker
from tests.integration.bureau import DESK, KEY, NOW, WRITTEN, Bureau, Still, name, phone, question
from tests.worlds.fixtures import graph as graph
from tests.worlds.loader import Graph
from tests.worlds.world import Key

CHILD_DIES = -9
BORN = "1980-05-17"


@pytest.fixture
def bureau(graph: Graph, tmp_path: Path) -> Bureau:
    return Bureau(graph, tmp_path)


def test_the_holder_learns_kind_tier_contact_and_reference_and_no_more(bureau: Bureau) -> None:
    case = bureau.case()
    subject = bureau.phone(case)
    bureau.b.attribute(bureau.b.own((case,)), subject, "name", "Ana Diaz")
    asked = question(
        selectors=({"kind": "phone", "value": WRITTEN}, {"kind": "plate", "value": "ZZ 1"}),
        names=({"name": "Ana Diaz"},),
    )
    answer = bureau.load().check(question=asked)
    assert bureau.worker().run_once() == 1
    (notice,) = bureau.notices(bureau.ed)
    assert (notice.kind, notice.acknowledged) == ("match", None)
    assert notice.body == {
        "at": "2024-05-06T07:08:09.000Z",
        "case": case,
        "contact": "Ann, +1 202 555 0100",
        "reference": answer.reference,
        "matches": [{"selector": "name", "tier": "weak"}, {"selector": "phone", "tier": "exact"}],
    }
    assert answer.receipt not in notice.model_dump_json()
    assert not [user for user in (bureau.ann, bureau.eve, bureau.will, bureau.desk) if bureau.notices(user)]


def test_what_was_asked_is_forgotten_and_its_digests_stay(bureau: Bureau) -> None:
    answer = bureau.load().check()
    assert "2025550143" in bureau.checks()[0]["question"]
    assert bureau.worker().run_once() == 1
    (check,) = bureau.checks()
    assert check["state"] == "done"
    assert check["digests"] == answer.asked
    assert "2025550143" not in json.dumps(check, default=str)


def test_nothing_is_written_before_the_answer_has_left(bureau: Bureau) -> None:
    bureau.phone(bureau.case())
    bureau.load().check()
    assert bureau.worker(Still).run_once() == 0
    assert bureau.notices(bureau.ed) == []
    assert bureau.worker().run_once() == 1
    assert bureau.worker().run_once() == 0
    assert len(bureau.notices(bureau.ed)) == 1


@pytest.mark.parametrize("mode", ["open", "brokered", "silent"])
def test_a_silent_holder_gets_its_full_notice(bureau: Bureau, mode: str) -> None:
    case = bureau.case(disclosure=mode, disclosure_until=NOW + timedelta(days=1))
    bureau.phone(case)
    bureau.load().check()
    bureau.worker().run_once()
    assert bureau.told(bureau.ed) == [case]
    assert bureau.notices(bureau.ed)[0].body["contact"].startswith("Ann")


def test_only_who_could_read_the_assertion_is_told(bureau: Bureau) -> None:
    on_list, off_list = bureau.b.caveat("Wire", "wiretap"), bureau.b.caveat("Jury", "grand_jury")
    with_helper, with_nobody = bureau.case(), bureau.case()
    for case in (with_helper, with_nobody):
        bureau.b.assign(bureau.eve, case)
    bureau.b.clear(bureau.eve, on_list)
    bureau.phone(with_helper, on_list)
    bureau.phone(with_nobody, on_list, off_list)
    bureau.load().check()
    bureau.worker().run_once()
    assert bureau.told(bureau.ed) == []
    assert bureau.told(bureau.eve) == [with_helper]
    assert bureau.told(bureau.desk) == [with_nobody]


def test_one_notice_for_each_holder_and_recipient_with_what_each_may_know(bureau: Bureau) -> None:
    wire = bureau.b.caveat("Wire", "wiretap")
    bureau.b.clear(bureau.eve, wire)
    first, second = bureau.case(), bureau.case()
    bureau.b.assign(bureau.eve, first)
    bureau.named(first, "Ana Diaz", "1980-05-17", wire)
    bureau.phone(first)
    bureau.phone(first)
    bureau.phone(second)
    asked = question(
        selectors=({"kind": "phone", "value": WRITTEN},), names=({"name": "Ana Diaz", "birth_date": "1980-05-17"},)
    )
    bureau.load().check(question=asked)
    bureau.worker().run_once()
    assert bureau.told(bureau.ed) == sorted([first, second])
    matches = {notice.body["case"]: notice.body["matches"] for notice in bureau.notices(bureau.ed)}
    assert {"selector": "name", "tier": "weak"} in matches[first]
    (notice,) = bureau.notices(bureau.eve)
    assert notice.body["matches"] == [{"selector": "name", "tier": "strong"}]


def test_the_asker_is_not_told_of_themselves(bureau: Bureau) -> None:
    bureau.phone(bureau.case(bureau.ann, unit=bureau.west))
    bureau.load().check()
    assert bureau.worker().run_once() == 1
    assert bureau.graph.run("MATCH (n:Notice) RETURN n") == []


def test_without_an_agent_the_leader_is_told(bureau: Bureau) -> None:
    lead = bureau.person("Leader", bureau.top, "supervisor")
    bureau.b.lead(lead, bureau.top)
    case = bureau.case("")
    bureau.phone(case)
    bureau.load().check()
    bureau.worker().run_once()
    assert bureau.told(lead) == [case]
    assert bureau.told(bureau.desk) == []


# -- what many hold


class Tomorrow(Still):
    """When the day of ``NOW`` is over."""

    def __init__(self) -> None:
        super().__init__("tomorrow")

    def now(self) -> datetime:
        return datetime(2024, 5, 7, 0, 15, tzinfo=UTC)


def held_by(bureau: Bureau, many: int) -> dict[str, list[str]]:
    """So many agents, each with two cases that have the phone and the name."""
    held = {}
    for number in range(many):
        agent = bureau.person(f"Agent {number}", bureau.east)
        held[agent] = [bureau.case(agent), bureau.case(agent)]
        for case in held[agent]:
            bureau.phone(case)
            bureau.named(case, "Ana Diaz")
    return held


@pytest.mark.parametrize(
    ("asked", "tier"), [(phone(), "exact"), (name("Diaz, Ana"), "weak"), (name("Ana Diaz", birth_date=BORN), "weak")]
)
def test_holders_of_what_many_hold_are_told_once_a_day(bureau: Bureau, asked: CheckInput, tier: str) -> None:
    held = held_by(bureau, CONTACTS + 1)
    agents = list(held)
    strong = bureau.case(bureau.eve)
    bureau.named(strong, "Ana Diaz", BORN)
    wes = bureau.person("Wes", bureau.west)
    bureau.load()
    for asker in (bureau.ann, wes, bureau.ann, agents[0]):
        bureau.check(asker, asked)
    assert bureau.worker().run_once() == 4
    assert [bureau.notices(agent) for agent in agents] == [[]] * len(agents)
    known = [notice.body["matches"][0]["tier"] for notice in bureau.notices(bureau.eve)]
    assert known == (["strong"] * 4 if asked.names and asked.names[0].birth_date else [])
    assert bureau.worker().run_once() == 0, "the day is not over"
    assert bureau.worker(Tomorrow).run_once() == 2, "looked up once, told once"
    kind = "name" if asked.names else "phone"
    for agent in agents:
        (notice,) = bureau.notices(agent)
        assert (notice.kind, notice.body["at"]) == ("digest", "2024-05-06T00:00:00.000Z")
        assert [case["case"] for case in notice.body["cases"]] == sorted(held[agent])
        others = ("Ann", "Wes") if agent == agents[0] else ("Agent 0", "Ann", "Wes")
        contacts = [f"{other}, +1 202 555 0100" for other in others]
        for case in notice.body["cases"]:
            assert case["contacts"] == contacts
            assert case["matches"] == [{"selector": kind, "tier": tier}]
            assert len(case["references"]) == len(contacts), "Ann asked twice: one of hers is enough"
    assert len(bureau.notices(bureau.eve)) == len(known) + (not known and bool(asked.names)), "strong, and not weak too"
    assert bureau.worker(Tomorrow).run_once() == 0
    assert bureau.graph.run("MATCH (n:Flood|DigestRun|Digest) RETURN n") == []
    assert not [check for check in bureau.checks() if "question" in check]


def of_cases(notice: NoticeCard) -> list[dict[str, Any]]:
    """What it says of each case, or of what it is about."""
    if notice.kind == "digest":
        return [*notice.body["cases"]]
    return [{name: value for name, value in notice.body.items() if name != "at"}]


@pytest.mark.parametrize("mode", ["open", "brokered"])
@pytest.mark.parametrize("theirs", ["open", "brokered", "silent", "under a caveat", "nobody's"])
def test_a_digest_says_what_notices_at_once_would(graph: Graph, tmp_path: Path, mode: str, theirs: str) -> None:
    said = []
    for many in (3, CONTACTS + 1):
        bureau = Bureau(graph, tmp_path)
        if theirs == "under a caveat":
            caveat = bureau.b.caveat("Wire", "wiretap")
            bureau.b.clear(bureau.eve, caveat)
            case = bureau.case()
            bureau.b.assign(bureau.eve, case)
            bureau.phone(case, caveat)
        else:
            facts = {} if theirs in ("open", "nobody's") else {"disclosure": theirs}
            bureau.phone(bureau.case("" if theirs == "nobody's" else None, **facts))
        held_by(bureau, many)
        bureau.load().check(question=phone().model_copy(update={"mode": DisclosureMode(mode)}))
        bureau.worker().run_once()
        bureau.worker(Tomorrow).run_once()
        told = [bureau.notices(user) for user in (bureau.ed, bureau.eve, bureau.desk)]
        queued = bureau.graph.run("MATCH (m:Matter) RETURN m.holding AS holding, m.matches AS matches ORDER BY holding")
        assert sum(map(len, told)) > 0
        said.append(
            (
                [[case for one in notices for case in of_cases(one) if "Agent" not in str(case)] for notices in told],
                [one for one in queued if "Agent" not in one["holding"]],
            )
        )
    assert said[0] == said[1]


@pytest.mark.parametrize("asked", [phone(), name("Ana Diaz", birth_date=BORN)])
def test_a_registration_of_what_many_hold_is_told_once_a_day_too(bureau: Bureau, asked: CheckInput) -> None:
    held = held_by(bureau, CONTACTS + 1)
    agents = list(held)
    bureau.named(bureau.case(bureau.eve), "Ana Diaz", BORN)
    bureau.load()
    bureau.deconfliction().register(RegistrationInput(**asked.model_dump()), 100.0)
    bureau.worker().run_once()
    assert [bureau.notices(agent) for agent in agents] == [[]] * len(agents)
    assert len(bureau.notices(bureau.eve)) == (1 if asked.names else 0), "a birth date does not wait"
    bureau.worker(Tomorrow).run_once()
    assert [len(bureau.notices(agent)) for agent in agents] == [1] * len(agents)


def test_who_came_to_hold_it_after_the_check_learns_nothing_of_it(bureau: Bureau) -> None:
    held = held_by(bureau, CONTACTS + 1)
    late, agents = bureau.case(bureau.eve), list(held)
    bureau.phone(late)
    bureau.load().check()
    bureau.graph.run(
        "MATCH ()-[r:HAS_IDENTIFIER]->() WHERE r.cases = [$case] SET r.asserted_at = $at",
        case=late, at=NOW + timedelta(hours=1),
    )  # fmt: skip
    bureau.worker().run_once()
    bureau.worker(Tomorrow).run_once()
    assert [len(bureau.notices(agent)) for agent in (agents[0], bureau.eve)] == [1, 0]


def test_of_what_one_asks_twice_the_later_is_told_whichever_a_worker_comes_to_first(bureau: Bureau) -> None:
    held = held_by(bureau, CONTACTS + 1)
    bureau.load()
    for reference in ("earlier", "later"):
        bureau.check(question=phone().model_copy(update={"reference": reference}))
    set_state = "MATCH (c:Check {own_reference: 'earlier'}) SET c.at = c.at - duration('PT1S'), c.state = $state"
    for state in ("not yet", "pending"):
        bureau.graph.run(set_state, state=state)
        assert bureau.worker().run_once() == 1
    bureau.worker(Tomorrow).run_once()
    (later,) = [check["reference"] for check in bureau.checks() if check["own_reference"] == "later"]
    for agent in held:
        (notice,) = bureau.notices(agent)
        assert [case["reference"] for case in notice.body["cases"]] == [later, later]


@pytest.mark.parametrize(
    ("minute", "told"), [(0, datetime(2024, 5, 6, tzinfo=UTC)), (15, datetime(2024, 5, 7, tzinfo=UTC))]
)
@pytest.mark.parametrize("registers", [False, True])
def test_what_was_asked_before_midnight_is_told_with_its_day_until_that_is_told(
    bureau: Bureau, minute: int, told: datetime, registers: bool
) -> None:
    class AfterMidnight(Tomorrow):
        def now(self) -> datetime:
            return datetime(2024, 5, 7, 0, minute, tzinfo=UTC)

    class DayAfter(Tomorrow):
        def now(self) -> datetime:
            return datetime(2024, 5, 8, 0, 15, tzinfo=UTC)

    held = held_by(bureau, CONTACTS + 1)
    bureau.load()
    if registers:
        bureau.deconfliction().register(RegistrationInput(**phone().model_dump()), 100.0)
    else:
        bureau.check()
    bureau.graph.run("MATCH (c:Check) SET c.at = datetime('2024-05-06T23:59:59Z')")
    assert bureau.worker(AfterMidnight).run_once() == 1
    bureau.worker(Tomorrow).run_once()
    by_then = [bureau.notices(agent) for agent in held]
    assert [bool(notices) for notices in by_then] == [told.day == 6] * len(held)
    bureau.worker(DayAfter).run_once()
    for agent in held:
        (notice,) = bureau.notices(agent)
        assert notice.body["at"] == f"{told:%Y-%m-%d}T00:00:00.000Z"


@pytest.mark.parametrize("act", ["check", "register"])
def test_who_has_left_the_case_by_then_is_not_told(bureau: Bureau, act: str) -> None:
    held = held_by(bureau, CONTACTS + 1)
    agents = list(held)
    bureau.load()
    if act == "check":
        bureau.check()
    else:
        bureau.deconfliction().register(RegistrationInput(**phone().model_dump()), 100.0)
    bureau.worker().run_once()
    bureau.graph.run("MATCH (:User {id: $user})-[a:ASSIGNED_TO]->() SET a.until = $now", user=agents[0], now=NOW)
    bureau.worker(Tomorrow).run_once()
    assert [len(bureau.notices(agent)) for agent in agents[:2]] == [0, 1]


def test_a_silent_holder_does_not_make_others_wait(bureau: Bureau) -> None:
    held = held_by(bureau, CONTACTS)
    bureau.phone(bureau.case(bureau.eve, disclosure="silent"))
    bureau.load()
    bureau.deconfliction().register(RegistrationInput(**phone().model_dump()), 100.0)
    bureau.worker().run_once()
    assert {len(bureau.notices(agent)) for agent in held} == {2}, "of each case"


def test_a_flood_that_cannot_be_told_keeps_no_other_waiting(bureau: Bureau) -> None:
    agents = list(held_by(bureau, CONTACTS + 1))
    bureau.load().check()
    bureau.check(question=name("Ana Diaz"))
    bureau.worker().run_once()
    kept = bureau.graph.run("MATCH (f:Flood {kind: 'name'}) WITH f, f.asked AS a SET f.asked = ['{'] RETURN a")[0]["a"]
    with pytest.raises(json.JSONDecodeError):
        bureau.worker(Tomorrow).run_once()
    bureau.worker(Tomorrow).run_once()
    assert [one["matches"][0]["selector"] for one in of_cases(bureau.notices(agents[0])[0])] == ["phone", "phone"]
    bureau.graph.run("MATCH (f:Flood) SET f.asked = $kept", kept=kept)

    class AnHourLater(Tomorrow):
        def __init__(self) -> None:
            Still.__init__(self, "an hour later")

        def now(self) -> datetime:
            return super().now() + timedelta(hours=1)

    bureau.worker(AnHourLater).run_once()
    assert len(bureau.notices(agents[0])) == 2
    assert bureau.graph.run("MATCH (n:Flood|DigestRun|Digest) RETURN n") == []


def test_a_destroyed_case_is_taken_out_of_what_says_something_of_others_too(bureau: Bureau) -> None:
    held = held_by(bureau, CONTACTS + 1)
    agent, (gone, stays) = next(iter(held.items()))
    bureau.load().check()
    bureau.worker().run_once()
    bureau.worker(Tomorrow).run_once()
    bureau.graph.gateway.write(lambda tx: without_case(tx, gone))
    (notice,) = bureau.notices(agent)
    assert [case["case"] for case in notice.body["cases"]] == [stays]


def test_one_who_asks_for_many_births_takes_nobodys_place(bureau: Bureau) -> None:
    agents = list(held_by(bureau, CONTACTS + 1))
    wes = bureau.person("Wes", bureau.west)
    bureau.load()
    for years in (range(1940, 1952), range(1952, 1964)):
        bureau.check(question=question(names=tuple({"name": "Ana Diaz", "year": year} for year in years)))
    bureau.check(wes, name("Ana Diaz"))
    bureau.worker().run_once()
    bureau.worker(Tomorrow).run_once()
    (notice,) = bureau.notices(agents[0])
    assert notice.body["cases"][0]["contacts"] == [f"{one}, +1 202 555 0100" for one in ("Ann", "Wes")]


def test_workers_at_once_forget_nothing_of_a_day(bureau: Bureau) -> None:
    held = held_by(bureau, CONTACTS + 1)
    agents = list(held)
    askers = [bureau.person(f"Asker {number}", bureau.west) for number in range(6)]
    bureau.load()
    for asker in askers:
        bureau.check(asker)
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda seed: bureau.worker(partial(_later, seed)).run_once(), range(4))) == 6
    bureau.worker(Tomorrow).run_once()
    (notice,) = bureau.notices(agents[0])
    assert notice.body["cases"][0]["contacts"] == [f"Asker {number}, +1 202 555 0100" for number in range(6)]


@pytest.mark.parametrize("call", ["take_flood", "lock_digests", "put_digests", "end_digest_run"])
def test_killed_while_a_day_is_told_each_holder_is_told_once(
    bureau: Bureau, neo4j_connection: Connection, call: str
) -> None:
    held = held_by(bureau, CONTACTS + 1)
    agents = list(held)
    bureau.load().check()
    bureau.worker().run_once()
    killed(bureau, neo4j_connection, step="call", call=call, at=1)
    deadline = time.monotonic() + 30
    while not bureau.notices(agents[0]) and time.monotonic() < deadline:
        bureau.worker(Tomorrow).run_once()
    assert [len(bureau.notices(agent)) for agent in agents] == [1] * len(agents)


def three_holders(bureau: Bureau) -> Bureau:
    for agent in (bureau.ed, bureau.eve, bureau.will):
        bureau.phone(bureau.case(agent))
    return bureau.load()


def assert_each_told_once(bureau: Bureau) -> None:
    for user in (bureau.ed, bureau.eve, bureau.will):
        assert len(bureau.notices(user)) == 1
    (check,) = bureau.checks()
    assert (check["state"], "question" in check) == ("done", False)


def killed(bureau: Bureau, connection: Connection, **orders: object) -> None:
    at = connection
    told = {
        "connection": [at.uri, at.user, at.password, at.database],
        "audit": f"sqlite:///{bureau.folder / 'child.db'}",
        **orders,
    }
    command = [sys.executable, "-m", "tests.integration.notice_child"]
    run = subprocess.run(command, input=json.dumps(told), text=True, capture_output=True, timeout=120, check=False)
    assert run.returncode == CHILD_DIES, run.stderr


def test_a_check_killed_before_its_answer_leaves_is_noticed_once(bureau: Bureau, neo4j_connection: Connection) -> None:
    three_holders(bureau)
    killed(bureau, neo4j_connection, step="check", user=bureau.ann)
    assert [check["state"] for check in bureau.checks()] == ["pending"]

    class LongAfter(SystemSource):
        def now(self) -> datetime:
            return super().now() + timedelta(hours=1)

    worker = NoticeWorker(
        bureau.graph.gateway, bureau.audit, lambda person, action: LongAfter(), key=KEY, desk_contact=DESK
    )
    assert worker.run_once() == 1
    assert worker.run_once() == 0
    assert_each_told_once(bureau)


@pytest.mark.parametrize(
    ("what", "at", "committed"),
    [
        ("now", 2, False),  # before the intent
        ("now", 3, False),  # in the transaction, the check locked
        ("uuid", 2, False),  # while the notices are made
        ("now", 4, True),  # committed, the outcome not recorded
    ],
)
def test_a_killed_worker_loses_no_notice_and_writes_none_twice(
    bureau: Bureau, neo4j_connection: Connection, what: str, at: int, committed: bool
) -> None:
    three_holders(bureau).check()
    killed(bureau, neo4j_connection, step="worker", what=what, at=at)
    deadline = time.monotonic() + 30
    while (done := bureau.worker().run_once()) == 0 and not committed and time.monotonic() < deadline:
        time.sleep(0.1)  # the server has yet to see that the dead one's transaction is over
    assert done == (0 if committed else 1)
    assert_each_told_once(bureau)


def test_a_worker_that_is_stopped_ends_after_the_check_it_is_at(bureau: Bureau) -> None:
    """The notices of a bulk check take seconds, and there may be fifty in its batch."""
    three_holders(bureau)
    for number in range(3):
        bureau.check(question=phone(f"+1 202 555 01{number + 50}"))

    class Stopping(SystemSource):
        asked = 0

        def now(self) -> datetime:
            self.asked += 1
            if self.asked == 2:  # of the first check
                worker.stop()
            return super().now() + timedelta(hours=1)

    worker = NoticeWorker(
        bureau.graph.gateway, bureau.audit, lambda person, action: Stopping(), key=KEY, desk_contact=DESK
    )
    assert worker.run_once() == 1
    assert [check["state"] for check in bureau.checks()].count("pending") == 2


def test_two_workers_at_once_write_no_notice_twice(bureau: Bureau) -> None:
    three_holders(bureau)
    for number in range(5):
        bureau.check(question=phone(f"+1 202 555 01{number + 50}"))
    workers = [bureau.worker(partial(_later, seed)) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda worker: worker.run_once(), workers)) == 5
    for user in (bureau.ed, bureau.eve, bureau.will):
        assert len(bureau.notices(user)) == 5


def _later(seed: int) -> Still:
    class Seeded(Still):
        def now(self) -> datetime:
            return NOW + timedelta(hours=1)

    return Seeded(str(seed))


def test_the_thread_notices_by_itself_and_stops(bureau: Bureau) -> None:
    three_holders(bureau)
    worker = bureau.worker()
    worker.start()
    try:
        bureau.check()
        worker.wake()
        deadline = time.monotonic() + 30
        while bureau.checks()[0]["state"] != "done" and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        worker.stop()
    assert_each_told_once(bureau)
    bureau.check()
    time.sleep(0.2)
    assert sorted(check["state"] for check in bureau.checks()) == ["done", "pending"]


def test_the_thread_waits_for_an_audit_that_does_not_record(bureau: Bureau, caplog: pytest.LogCaptureFixture) -> None:
    three_holders(bureau).check()
    bureau.audit.close()
    worker = bureau.worker()
    with pytest.raises(AuditUnavailable):
        worker.run_once()
    worker.start()
    time.sleep(0.3)
    worker.stop()
    assert {record.getMessage() for record in caplog.records} == {"notices wait: AuditUnavailable"}
    assert bureau.checks()[0]["state"] == "pending"


def test_the_audit_names_the_worker(bureau: Bureau) -> None:
    three_holders(bureau).check()
    bureau.worker().run_once()
    intent, outcome = [record["body"] for record in bureau.audit.export()][2:]
    (check,) = bureau.checks()
    assert (intent["who"], intent["action"]) == ("worker", "deconflict.notify")
    assert intent["parameters"] == {"check": check["id"]}
    ids = [row["id"] for row in bureau.graph.run("MATCH (n:Notice) RETURN n.id AS id ORDER BY id")]
    assert (outcome["result"], outcome["records"]) == ("done", ids)


def test_an_inbox_pages_newest_first_in_one_order(bureau: Bureau) -> None:
    moments = [NOW - timedelta(minutes=number // 3) for number in range(8)]
    made = [(at, bureau.b.notice(bureau.ed, "match", at=at)) for at in moments]
    bureau.b.notice(bureau.eve, "match")
    bureau.b.notice(None, "match")
    expected = [id for _, id in sorted(made, key=lambda row: (-row[0].timestamp(), row[1]))]
    bureau.load()
    inbox = bureau.inbox(bureau.ed)
    found, cursor, pages = list[str](), None, 0
    while cursor is not None or not pages:
        page = inbox.notices(cursor, limit=3)
        found, cursor, pages = found + [item.id for item in page.items], page.next, pages + 1
    assert (found, pages) == (expected, 3)
    first = inbox.notices(limit=3).next
    with pytest.raises(InvalidInput):
        bureau.inbox(bureau.eve).notices(first)
    for limit in (0, 501):
        with pytest.raises(InvalidInput):
            inbox.notices(limit=limit)


def test_the_desks_notices_are_its_members_alone(bureau: Bureau) -> None:
    notice = bureau.b.notice(None, "match")
    bureau.load()
    assert [item.id for item in bureau.notices(bureau.desk)] == [notice]
    assert bureau.notices(bureau.ed) == []
    with pytest.raises(NotFound):
        bureau.inbox(bureau.ed).acknowledge(notice)
    bureau.inbox(bureau.desk).acknowledge(notice)
    assert bureau.notices(bureau.desk)[0].acknowledged == "2024-05-06T07:08:09.000Z"


def test_acknowledging_is_for_ones_own_notices_and_for_good(bureau: Bureau) -> None:
    notice = bureau.b.notice(bureau.ed, "match")
    bureau.load()
    for user, id in ((bureau.eve, notice), (bureau.desk, notice), (bureau.ed, bureau.ed)):
        with pytest.raises(NotFound):
            bureau.inbox(user).acknowledge(id)
    for _ in range(2):
        bureau.inbox(bureau.ed).acknowledge(notice)
    assert bureau.notices(bureau.ed)[0].acknowledged is not None


def test_me_is_ones_own_grants(bureau: Bureau) -> None:
    me = bureau.load().inbox(bureau.will).me()
    assert (me.id, me.name, me.user_class, me.functions) == (bureau.will, "Will", "analyst", ["read"])
    assert me.units == [{"id": bureau.west, "name": "West"}]


def test_a_key_of_another_kind_tells_nobody(bureau: Bureau) -> None:
    bureau.phone(bureau.case(), key=Key("account", "12025550143"))
    bureau.load().check()
    bureau.worker().run_once()
    assert bureau.notices(bureau.ed) == []
