"""Planned operations and the events of case files: both sides are told of a collision, and of nothing else."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from icmgraph.errors import InvalidInput
from icmgraph.model.answers import CaseCheckAnswer
from icmgraph.model.checks import CaseCheckInput, CheckInput
from icmgraph.model.records import CaseChange, EventChange, EventInput, utc_text
from icmgraph.queries import casefile
from icmgraph.queries.case_checks import CaseChecks
from icmgraph.queries.cases import Cases
from tests.integration.bureau import DESK
from tests.integration.registering import THEN
from tests.integration.test_entries import Entering
from tests.integration.test_operations import ANN, ED, EVE, PIER, conflicts, event, told
from tests.worlds.fixtures import graph as graph
from tests.worlds.loader import Graph
from tests.worlds.world import Key

ROAD = Key("address", "1 pier road")
POINT = {"latitude": PIER["latitude"], "longitude": PIER["longitude"]}


@pytest.fixture
def office(graph: Graph, tmp_path: Path) -> Entering:
    return Entering(graph, tmp_path)


def hour(number: float) -> datetime:
    return THEN + timedelta(hours=number)


def held(
    office: Entering, case: str, starts: float | None = 24, ends: float | None = 26, *caveats: str,
    at: tuple[str, ...] | None = None, **given: Any,
) -> str:  # fmt: skip
    """An event of the case at the pier; ``at``: at 1 Pier Road in its place, the caveats on that alone."""
    own = office.b.own((case,), caveats=() if at is not None else caveats)
    times = {"starts": None if starts is None else hour(starts), "ends": None if ends is None else hour(ends)}
    place = POINT if at is None else {}
    id = office.b.event(own, description="secret words", **{**times, **place, **given})
    if at is not None:
        office.b.identifier(office.b.own((case,), caveats=at), id, ROAD, type="AT")
    return id


def add(office: Entering, user: str, case: str, starts: float = 24, lasts: float = 2, **given: Any) -> str:
    said: dict[str, Any] = {"kind": "meeting", "starts": hour(starts), "ends": hour(starts + lasts), **POINT, **given}
    return office.writer(user).add_event(case, EventInput.model_validate(said)).id


def move(office: Entering, user: str, case: str, id: str, **given: float | None) -> None:
    times = {name: None if at is None else hour(at) for name, at in given.items()}
    office.writer(user).change_event(id, EventChange.model_validate({"case": case, **times}))


def met(office: Entering, user: str) -> list[tuple[str, str, str]]:
    """What a holder's notices say of who asked."""
    bodies = [body for body in office.bodies(user) if "matches" in body]
    return [(body["case"], body["contact"], match["selector"]) for body in bodies for match in body["matches"]]


# -- a plan meets files


@pytest.mark.parametrize(
    ("planned", "times", "meets"),
    [
        (event(), (24, 26), True),
        (event(), (25, None), True),
        (event(), (None, 25), False),
        (event(), (26, 40), True),
        (event(), (26.1, 40), False),
        (event(), (20, 23.9), False),
        (event(), (-100, 2000), True),
        (event(), (-2000, 2000), False),
        (event(), (None, None), False),
        (event(before=60), (22, 23.5), True),
        (event(1, lasts=0.5, every="day", times=3), (48, 50), True),
        (event(1, lasts=0.5, every="day", times=3), (30, 31), False),
        (event(latitude=38.9040), (24, 26), True),
        (event(latitude=38.9089), (24, 26), False),
        (event(address="1 Pier Road"), (24, 26), False),
        (event(-2, lasts=4), (-1, -0.5), False),
        (event(-2, lasts=4), (-1, 0.5), True),
    ],
)
def test_a_check_is_pointed_to_who_has_it_in_a_file_and_they_are_told(
    office: Entering, planned: CheckInput, times: tuple[float | None, float | None], meets: bool
) -> None:
    case = office.case()
    held(office, case, *times)
    office.load()
    answer = office.check(office.ann, planned)
    assert [(p.selector, p.tier, p.contact) for p in answer.pointers] == [(0, "exact", ED)] * meets
    assert answer.records == []
    office.tell()
    assert met(office, office.ed) == [(case, ANN, "event")] * meets
    assert office.notices(office.ann) == []
    assert "secret" not in answer.model_dump_json()


@pytest.mark.parametrize(
    ("starts", "given", "meets"),
    [(20, {"duration": 4 * 3600}, True), (20, {"duration": 3600}, False), (25, {"ends": None}, True),
     (25, {"ends": 20}, True), (25, {"ends": 24 * 365 * 7000}, True),
     (-1000, {"duration": 10**15}, False)],
)  # fmt: skip
def test_how_long_it_is(office: Entering, starts: float, given: dict[str, Any], meets: bool) -> None:
    held(office, office.case(), starts, **{"ends": None, **given})
    office.load()
    assert [p.contact for p in office.check(office.ann, event()).pointers] == [ED] * meets


@pytest.mark.parametrize(
    ("address", "postcode", "meets"), [("1 PIER ROAD", None, True), ("1 Pier Road", "20001", False)]
)
def test_addresses_meet_by_their_key(office: Entering, address: str, postcode: str | None, meets: bool) -> None:
    held(office, office.case(), at=())
    office.load()
    answer = office.check(office.ann, event(address=address, postcode=postcode))
    assert [p.contact for p in answer.pointers] == [ED] * meets


def test_an_address_is_its_cases_that_asserts_it_and_under_its_caveats(office: Entering) -> None:
    sealed = office.b.caveat("Seal", "sealed")
    informant = office.b.caveat("Source", "informant")
    for agent, caveat in ((office.ed, sealed), (office.eve, informant)):
        office.b.clear(agent, caveat)
        held(office, office.case(agent), at=(caveat,))
    office.load()
    answer = office.check(office.ann, event(address="1 Pier Road"))
    assert [p.contact for p in answer.pointers] == [DESK]
    office.tell()
    assert [contact for _, contact, _ in met(office, office.ed) + met(office, office.eve)] == [ANN, ANN]


def test_who_sees_it_has_it_as_a_record(office: Entering) -> None:
    id = held(office, office.mine, 25, None)
    held(office, office.mine, 400, 401)
    held(office, office.mine, 25, None, latitude=1.0, longitude=1.0)
    there = held(office, office.mine, 24, 26, at=())
    office.load()
    answer = office.register(office.ann, event(address="1 pier road", **POINT))
    assert answer.pointers == []
    assert [(hit.id, hit.kind, hit.name, hit.identifier_kind, hit.value) for hit in answer.records] == [
        (there, "meeting", "secret words", "event", "2098-01-03T03:04:05.000Z"),
        (id, "meeting", "secret words", "event", "2098-01-03T04:04:05.000Z"),
    ]
    office.tell()
    assert office.notices(office.ann) == []


SILENT: dict[str, Any] = {"disclosure": "silent", "disclosure_until": THEN + timedelta(days=9)}


def test_nothing_tells_of_a_silent_file_which_is_told(graph: Graph, tmp_path: Path) -> None:
    said = []
    for hidden in (True, False):
        office = Entering(graph, tmp_path)
        if hidden:
            held(office, office.case(**SILENT))
        office.load()
        answer = office.register(office.ann, event())
        office.tell()
        assert len(office.notices(office.ed)) == hidden
        said.append((answer.model_dump(), office.inbox(office.ann).notices().model_dump()))
    assert said[0] == said[1]


def test_when_silence_ends_what_is_to_come_is_told(office: Entering) -> None:
    case = office.case(**SILENT)
    held(office, case)
    held(office, case, -3, -1)
    office.load().register(office.ann, event())
    office.register(office.eve, event(-0.5, lasts=1))
    office.tell()
    assert office.notices(office.ann) == []
    Cases(office.session(office.lead)).change(case, CaseChange.model_validate({"disclosure": "open"}))
    office.tell()
    assert told(office, office.ann) == [("event", "exact", ED)]
    assert [body["contact"] for body in office.bodies(office.eve) if "pointers" in body] == []


# -- a file meets plans


def test_what_is_entered_meets_who_registered_and_both_are_told(office: Entering) -> None:
    case = office.case()
    office.load().register(office.ann, event())
    record = add(office, office.ed, case, address={"kind": "address", "value": "1 Pier Road"})
    office.tell()
    assert told(office, office.ann) == [("event", "exact", ED)]
    (body,) = office.bodies(office.ed)
    assert (body["case"], body["record"]) == (case, record)
    assert [(p["kind"], p["tier"], p["contact"]) for p in body["pointers"]] == [("event", "exact", ANN)]
    assert conflicts(office, office.ann) == [(ED, [("event", "exact")])]
    assert conflicts(office, office.ed) == [(ANN, [("event", "exact")])]


@pytest.mark.parametrize(
    "given", [{"starts": 48}, {"latitude": 38.91}, {"latitude": None, "longitude": None}, {"starts": -4}]
)
def test_what_does_not_collide_is_told_to_nobody(office: Entering, given: dict[str, Any]) -> None:
    case = office.case()
    office.load().register(office.ann, event())
    add(office, office.ed, case, **given)
    office.tell()
    assert (office.notices(office.ann), office.notices(office.ed)) == ([], [])


def test_files_meet_each_other(office: Entering) -> None:
    case = office.case()
    held(office, case)
    office.load()
    add(office, office.ann, office.mine)
    office.tell()
    assert met(office, office.ed) == [(case, ANN, "event")]
    assert told(office, office.ann) == [("event", "exact", ED)]
    add(office, office.ann, office.mine, -4)
    office.tell()
    assert len(office.notices(office.ed)) == 1, "what is over is no plan"


def test_an_event_that_is_moved_is_matched_again(office: Entering) -> None:
    case = office.case()
    office.load().register(office.ann, event())
    record = add(office, office.ed, case, 48)
    office.tell()
    office.writer(office.ed).change_event(record, EventChange(case=case, description="said otherwise"))
    move(office, office.ed, case, record, starts=48, ends=49)
    office.tell()
    assert told(office, office.ann) == []
    move(office, office.ed, case, record, starts=23)
    office.tell()
    assert told(office, office.ann) == [("event", "exact", ED)]
    assert [body["record"] for body in office.bodies(office.ed)] == [record]
    move(office, office.ed, case, record, starts=23, ends=49)
    office.tell()
    assert len(told(office, office.ann)) == 1, "it was not moved"
    move(office, office.ed, case, record, starts=24, ends=25)
    office.tell()
    assert told(office, office.ann) == [("event", "exact", ED)] * 2, "another hour, which collides too"
    with pytest.raises(InvalidInput) as refused:
        move(office, office.ed, case, record, starts=72)
    assert refused.value.field == "starts"


def test_what_is_moved_before_it_is_told_is_not_told_of_where_it_was(office: Entering) -> None:
    case = office.case()
    office.load().register(office.ann, event())
    record = add(office, office.ed, case)
    move(office, office.ed, case, record, starts=48, ends=49)
    office.tell()
    assert (office.notices(office.ann), office.notices(office.ed)) == ([], [])


@pytest.mark.parametrize("change", ["ended", "caveat"])
def test_an_address_that_was_ended_or_hidden_before_it_is_told_meets_nobody(office: Entering, change: str) -> None:
    wire = office.b.caveat("Tap", "wiretap")
    office.b.clear(office.ed, wire)
    case = office.case()
    office.load().register(office.ann, event(address="1 Pier Road"))
    place = {"kind": "address", "value": "1 Pier Road"}
    said = {"kind": "meeting", "starts": hour(24), "address": place}
    made = office.writer(office.ed).add_event(case, EventInput.model_validate(said))
    if change == "ended":
        office.writer(office.ed).end(made.records[-1], case)
    else:
        office.graph.run("MATCH ()-[r:AT {id: $id}]->() SET r.caveats = [$wire]", id=made.records[-1], wire=wire)
    office.tell()
    assert office.notices(office.ann) == []
    assert len(office.notices(office.ed)) == (change == "caveat"), "a silent side is told"


def test_who_moves_an_event_is_not_told_of_a_place_that_they_do_not_see(office: Entering) -> None:
    wire = office.b.caveat("Source", "informant")
    office.b.clear(office.ed, wire)
    case = office.case()
    office.b.assign(office.eve, case)
    record = held(office, case, 48, 49, at=(wire,))
    office.load().register(office.ann, event(address="1 Pier Road"))
    move(office, office.eve, case, record, starts=24, ends=26)
    (counted,) = office.graph.run("MATCH (c:Check {entered: true}) RETURN c.entered_by AS by, c.counted AS counted")
    assert counted == {"by": None, "counted": None}
    office.tell()
    assert office.notices(office.eve) == []
    assert [body["contact"] for body in office.bodies(office.ed)] == [ANN]
    assert told(office, office.ann) == [("event", "exact", DESK)]


def test_what_was_entered_and_hides_from_its_author_since_is_told_to_who_sees_it(office: Entering) -> None:
    case = office.case()
    office.b.assign(office.eve, case)
    wire = office.b.caveat("Source", "informant")
    office.b.clear(office.ed, wire)
    office.load().register(office.ann, event())
    record = add(office, office.eve, case)
    office.graph.run("MATCH (e:Event {id: $id}) SET e.caveats = [$wire]", id=record, wire=wire)
    office.tell()
    assert office.notices(office.eve) == []
    assert told(office, office.ann) == [("event", "exact", DESK)]


def test_an_event_at_two_places_meets_once(office: Entering) -> None:
    case = office.case()
    office.load().register(office.ann, event(address="1 Pier Road", **POINT))
    add(office, office.ed, case, address={"kind": "address", "value": "1 Pier Road"})
    office.tell()
    assert told(office, office.ann) == [("event", "exact", ED)]
    assert [len(body["pointers"]) for body in office.bodies(office.ed)] == [1]
    answer = office.check(office.eve, event(address="1 Pier Road", **POINT))
    assert [p.contact for p in answer.pointers] == [ANN, ED]


def test_the_last_moment_there_is_can_be_entered(office: Entering) -> None:
    case = office.case()
    office.load()
    end = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    record = add(office, office.ed, case, ends=end)
    for given in ({"starts": end}, {"starts": end.replace(hour=0), "duration": 86_400}):
        said = {"kind": "meeting", **POINT, **given}
        office.writer(office.ed).add_event(case, EventInput.model_validate(said))
    office.tell()
    assert office.graph.run("MATCH (c:Check) WHERE c.state <> 'done' RETURN c") == []
    assert [p.contact for p in office.check(office.ann, event(26)).pointers] == [ED]
    assert record not in json.dumps(office.bodies(office.ann))


def test_the_write_answers_as_if_nothing_else_existed(graph: Graph, tmp_path: Path) -> None:
    said = []
    for hidden in (True, False):
        office = Entering(graph, tmp_path)
        if hidden:
            held(office, office.case())
        office.load()
        if hidden:
            office.register(office.eve, event())
        made = add(office, office.ann, office.mine)
        move(office, office.ann, office.mine, made, ends=30)
        checks = [json.dumps(c, default=str) for c in office.checks() if c.get("entered_by") == office.ann]
        said.append((made, len(checks), sorted(checks)))
    assert said[0] == said[1]


def test_a_person_who_registered_is_not_told_of_their_own(office: Entering) -> None:
    office.load().register(office.ann, event())
    add(office, office.ann, office.mine)
    office.tell()
    assert (office.notices(office.ann), conflicts(office, office.ann)) == ([], [])
    assert [p.contact for p in office.check(office.eve, event()).pointers] == [ANN]
    assert EVE not in json.dumps(office.bodies(office.ann)[1:])


# -- a file meets plans and files


def check_case(office: Entering, user: str, case: str, **said: Any) -> CaseCheckAnswer:
    given = {"case": case, "reason": "a quarterly look", **said}
    return CaseChecks(office.deconfliction(user)).check(CaseCheckInput.model_validate(given), 100.0)


@pytest.mark.parametrize(
    ("ours", "theirs", "meets"),
    [
        ((24, 26), {"starts": 25, "ends": 27}, True),
        ((24, 26), {"starts": 26.1, "ends": 27}, False),
        ((24, 26), {"starts": 25, "ends": 27, "latitude": 38.8896}, False),
        ((-2, 1), {"starts": -1, "ends": 0.5}, True),
        ((-2, 1), {"starts": -1, "ends": -0.5}, False),
        ((24 * 90, 24 * 90 + 1), {"starts": 24 * 90, "ends": None}, True),
        ((24 * 4000, None), {"starts": 24 * 4000, "ends": None}, True),
    ],
)
def test_a_check_of_a_case_asks_for_its_events_that_are_not_over(
    office: Entering, ours: tuple[float, float | None], theirs: dict[str, Any], meets: bool
) -> None:
    mine = held(office, office.mine, *ours)
    held(office, office.mine, -30, -28)
    case = office.case()
    held(office, case, **theirs)
    office.load()
    answer = check_case(office, office.ann, office.mine)
    assert [(one.kind, one.value) for one in answer.selectors] == [("event", utc_text(hour(ours[0])))]
    assert [(p.selector, p.tier, p.contact) for p in answer.pointers] == [(0, "exact", ED)] * meets
    (check,) = office.checks()
    assert check["records"] == [mine]
    office.tell()
    assert met(office, office.ed) == [(case, ANN, "event")] * meets
    assert office.notices(office.ann) == []
    assert office.deconfliction().receipt(answer.receipt).asked == answer.asked


def test_a_check_of_a_case_meets_plans(office: Entering) -> None:
    held(office, office.mine)
    office.load()
    office.register(office.eve, event())
    office.register(office.eve, event(40))
    office.tell()
    before = len(office.notices(office.eve))
    assert [(p.tier, p.contact) for p in check_case(office, office.ann, office.mine).pointers] == [("exact", EVE)]
    office.tell()
    assert told(office, office.eve)[: len(office.notices(office.eve)) - before] == [("event", "exact", ANN)]


def test_an_event_is_asked_for_at_the_places_that_the_asker_sees(office: Entering) -> None:
    sealed = office.b.caveat("Seal", "sealed")
    held(office, office.mine, 24, 26, at=(sealed,))
    held(office, office.mine, 48, 50, at=(office.wire,))
    for starts in (24, 48):
        held(office, office.case(), starts, starts + 2, at=())
    office.load()
    answer = check_case(office, office.ann, office.mine)
    events = [one.value for one in answer.selectors if one.kind == "event"]
    assert events == [utc_text(hour(48))]
    assert [answer.selectors[p.selector].kind for p in answer.pointers] == ["event"]
    office.tell()
    assert met(office, office.ed) == [], "as quietly as the place is kept"


@pytest.mark.parametrize("mode", ["open", "brokered"])
def test_others_learn_of_a_files_event_by_the_mode_of_the_question(office: Entering, mode: str) -> None:
    held(office, office.mine)
    held(office, office.case())
    office.load()
    check_case(office, office.ann, office.mine, mode=mode)
    office.tell()
    (body,) = office.bodies(office.ed)
    assert body["contact"] == (ANN if mode == "open" else DESK)


def test_a_silent_check_of_a_case_leaves_its_events_out(office: Entering) -> None:
    office.b.assign(office.lead, office.mine)
    held(office, office.mine)
    office.phone(office.mine)
    held(office, office.case())
    office.load()
    answer = check_case(office, office.lead, office.mine, mode="silent", on_behalf_of=office.ann)
    assert [one.kind for one in answer.selectors] == ["phone"]
    assert answer.pointers == []


def test_more_events_than_can_be_asked_for_are_refused(office: Entering, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(casefile, "MOST", 2)
    for starts in (24, 48):
        held(office, office.mine, starts)
    office.load()
    assert len(check_case(office, office.ann, office.mine).selectors) == 2
    add(office, office.ann, office.mine, 72)
    with pytest.raises(InvalidInput, match="more than 2"):
        check_case(office, office.ann, office.mine)
