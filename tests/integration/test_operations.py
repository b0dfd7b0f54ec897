"""Planned operations on a real graph: both sides are told of a collision, and of nothing else."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar

from icmgraph.errors import Conflict, FunctionRefused, InvalidInput, NotFound, Quota, StaffSelector
from icmgraph.model.answers import Registered
from icmgraph.model.checks import CheckInput, RegistrationChange, RenewInput
from icmgraph.model.records import DisclosureMode
from icmgraph.queries.conflicts import Conflicts
from icmgraph.queries.cursors import Cursors
from icmgraph.queries.deconfliction import Deconfliction
from icmgraph.viz.calendar import calendar
from tests.integration.bureau import DESK, KEY, WRITTEN, phone, question
from tests.integration.registering import THEN, Register
from tests.worlds.fixtures import graph as graph
from tests.worlds.loader import Graph

ANN, ED, EVE = (f"{name}, +1 202 555 0100" for name in ("Ann", "Ed", "Eve"))
PIER: dict[str, Any] = {"latitude": 38.9, "longitude": -77.0, "radius": 500}
PHONE = {"kind": "phone", "value": WRITTEN}


@pytest.fixture
def office(graph: Graph, tmp_path: Path) -> Register:
    return Register(graph, tmp_path)


def hours(number: float) -> str:
    return (THEN + timedelta(hours=number)).isoformat()


def raid(starts: float = 24, lasts: float = 2, **given: Any) -> dict[str, Any]:
    place = {} if "address" in given else PIER
    return {**place, "starts": hours(starts), "ends": hours(starts + lasts), "before": 0, "after": 0, **given}


def event(starts: float = 24, lasts: float = 2, also: dict[str, Any] | None = None, **given: Any) -> CheckInput:
    asked = {"reason": "a raid", "event": raid(starts, lasts, **given), **(also or {})}
    return CheckInput.model_validate_json(json.dumps(asked))


def change(office: Register, user: str, id: str, asked: CheckInput) -> Registered:
    parts = asked.model_dump(include={"selectors", "names", "event"})
    return office.deconfliction(user).edit(id, RegistrationChange(**parts, reason="another hour"), 100.0)


def told(office: Register, user: str) -> list[tuple[Any, ...]]:
    """What the person's notices of matches point to, newest first; ids of conflicts' messages say less."""
    return [
        (pointer["kind"], pointer["tier"], pointer["contact"])
        for notice in office.notices(user)
        if notice.kind == "match"
        for pointer in notice.body["pointers"]
    ]


def conflicts(office: Register, user: str) -> list[tuple[str, list[tuple[str, str]]]]:
    page = Conflicts(office.session(user), Cursors(KEY)).page()
    return [(one.contact, [(match.selector, match.tier) for match in one.matches]) for one in page.items]


# -- who meets whom


@pytest.mark.parametrize(
    ("planned", "meets"),
    [
        (event(), True),
        (event(25, 9), True),
        (event(26), True),
        (event(26.1), False),
        (event(27, before=60), True),
        (event(20, after=120), True),
        (event(0, every="day", times=2), True),
        (event(1, lasts=0.5, every="day", times=2), True),
        (event(3, every="day", times=2), False),
        (event(latitude=38.9089), True),
        (event(latitude=38.91), False),
        (event(latitude=38.91, radius=700), True),
        (event(address="1 Pier Road"), False),
        (event(address="1 Pier Road", **PIER), True),
    ],
)
def test_a_check_is_pointed_to_who_plans_there_at_that_time_and_they_are_told(
    office: Register, planned: CheckInput, meets: bool
) -> None:
    registered = office.load().register(office.ann, event())
    answer = office.check(office.ed, planned)
    assert [(p.selector, p.tier, p.contact) for p in answer.pointers] == [(0, "exact", ANN)] * meets
    office.tell()
    assert told(office, office.ann) == [("event", "exact", ED)] * meets
    for body in office.bodies(office.ann):
        assert set(body) == {"registration", "at", "reference", "pointers"}
        assert body["registration"] == registered.registration
        assert set(body["pointers"][0]) == {"selector", "kind", "tier", "contact"}
    assert office.notices(office.ed) == []


def test_addresses_meet_by_their_key(office: Register) -> None:
    office.load().register(office.ann, event(address="1, Pier Road", postcode="20001"))
    same, other = event(address="1 PIER ROAD", postcode="20001"), event(address="1 Pier Road")
    assert [p.contact for p in office.check(office.ed, same).pointers] == [ANN]
    assert office.check(office.ed, other).pointers == []


def test_an_address_of_a_plan_is_not_one_of_a_subject(office: Register) -> None:
    subject = question(selectors=({"kind": "address", "value": "1 Pier Road"},))
    office.load().register(office.ann, subject)
    office.register(office.eve, event(address="1 Pier Road"))
    assert [p.contact for p in office.check(office.ed, event(address="1 Pier Road")).pointers] == [EVE]
    assert [p.contact for p in office.check(office.ed, subject).pointers] == [ANN]


def test_two_registrations_make_one_notice_each_and_one_conflict(office: Register) -> None:
    office.load().register(office.ann, event())
    office.register(office.ed, event(25))
    office.tell()
    assert (told(office, office.ann), told(office, office.ed)) == (
        [("event", "exact", ED)],
        [("event", "exact", ANN)],
    )
    assert conflicts(office, office.ann) == [(ED, [("event", "exact")])]
    assert conflicts(office, office.ed) == [(ANN, [("event", "exact")])]


def test_ones_own_do_not_meet(office: Register) -> None:
    office.load().register(office.ann, event())
    office.register(office.ann, event())
    assert office.check(office.ann, event()).pointers == []
    office.tell()
    assert (office.notices(office.ann), conflicts(office, office.ann)) == ([], [])


def test_the_same_suspect_meets_anywhere_at_any_time(office: Register) -> None:
    office.phone(office.case(office.eve))
    office.load().register(office.ann, event(also={"selectors": [PHONE]}))
    answer = office.check(office.ed, event(400, latitude=1.0, also={"selectors": [PHONE]}))
    assert [(p.selector, p.tier, p.contact) for p in answer.pointers] == [(0, "exact", ANN), (0, "exact", EVE)]
    both = office.check(office.ed, event(also={"selectors": [PHONE]}))
    assert [(p.selector, p.contact) for p in both.pointers] == [(0, ANN), (0, EVE), (1, ANN)]
    assert len(both.asked) == 2
    office.tell()
    assert sorted(told(office, office.ann)) == sorted([("event", "exact", ED), *[("phone", "exact", ED)] * 2])


def test_a_later_entry_meets_the_suspects_of_a_plan(office: Register) -> None:
    office.load().register(office.ann, event(also={"selectors": [PHONE]}))
    assert [p.contact for p in office.check(office.ed, phone()).pointers] == [ANN]


# -- disclosure


@pytest.mark.parametrize(("mode", "contact"), [("open", ED), ("brokered", DESK)])
@pytest.mark.parametrize("act", ["check", "register"])
def test_the_mode_decides_what_the_other_side_learns(office: Register, mode: str, contact: str, act: str) -> None:
    office.load().register(office.ann, event())
    asked = event(also={"mode": mode})
    getattr(office, act)(office.ed, asked)
    office.tell()
    assert told(office, office.ann) == [("event", "exact", contact)]


def test_it_is_never_silent(office: Register) -> None:
    office.load()
    silent = event().model_copy(update={"mode": DisclosureMode.SILENT, "on_behalf_of": office.ann})
    with pytest.raises(ValueError, match="never silent"):
        office.register(office.lead, silent)


def test_nothing_but_pointers_tells_of_a_hidden_plan(graph: Graph, tmp_path: Path) -> None:
    said = []
    for hidden in (True, False):
        office = Register(graph, tmp_path)
        office.load()
        if hidden:
            office.register(office.ed, event(25))
        answer = office.register(office.ann, event())
        kept = {k: v for k, v in answer.model_dump().items() if k not in ("pointers", "result", "signed")}
        (check,) = [c for c in office.checks() if c["receipt"] == answer.receipt]
        (stored,) = office.graph.run(
            "MATCH (:User {id: $id})-[:MADE]->(r:Registration) RETURN properties(r) AS p", id=office.ann
        )
        rows = {k: v for k, v in check.items() if k not in ("pointers", "result", "given")}
        assert len(check["given"]) == len(answer.pointers) == hidden, "the tier that each pointer had, nothing else"
        mine = office.registrations(office.ann)
        said.append((kept, rows, stored["p"], mine.page(), mine.map(), mine.calendar()))
    assert said[0] == said[1]


def test_no_answer_holds_a_place_or_a_time_of_the_other_side(office: Register) -> None:
    office.load().register(office.ann, event(latitude=38.90123, starts=24.5))
    office.register(office.ed, event(25))
    office.tell()
    mine = office.registrations(office.ed)
    seen = [office.check(office.ed, event()), mine.map(), mine.page(), office.inbox(office.ed).notices()]
    text = "".join(one.model_dump_json() for one in seen) + str(mine.calendar())
    assert "38.90123" not in text
    assert hours(24.5)[:16] not in text


# -- how long


def test_it_stands_until_an_hour_after_its_last_window(office: Register) -> None:
    office.load()
    one = office.register(office.ann, event(24, 2, after=30, every="week", times=3))
    assert one.stands_until == "2098-01-17T06:34:05.000Z"
    with pytest.raises(Conflict):
        office.registrations(office.ann).renew(one.registration, RenewInput(reason="still at it"))


@pytest.mark.parametrize(
    ("asked", "field"), [(event(-3), "event.ends"), (event(24 * 367), "event.starts"), (event(-2.5, after=31), None)]
)
@pytest.mark.parametrize("act", ["check", "register"])
def test_what_is_over_or_too_far_ahead_is_refused(
    office: Register, asked: CheckInput, field: str | None, act: str
) -> None:
    office.load()
    if field is None:
        getattr(office, act)(office.ann, asked)
        return
    with pytest.raises(InvalidInput) as refused:
        getattr(office, act)(office.ann, asked)
    assert refused.value.field == field
    assert office.graph.run("MATCH (n:Check|Registration|WatchKey) RETURN n") == []


# -- another plan


def test_another_plan_meets_anew_and_what_it_meets_yet_is_not_told_again(office: Register) -> None:
    one = office.load().register(office.ann, event(also={"selectors": [PHONE]})).registration
    office.register(office.ed, event())
    office.register(office.eve, phone())
    office.tell()
    assert sorted(told(office, office.ann)) == [("event", "exact", ED), ("phone", "exact", EVE)]
    with_both = event(also={"selectors": [PHONE], "names": [{"name": "Nobody Known"}]})
    changed = change(office, office.ann, one, with_both)
    assert (changed.registration, [(p.selector, p.contact) for p in changed.pointers]) == (one, [(0, EVE), (2, ED)])
    office.tell()
    assert len(told(office, office.ann)) == 2, "the plan is as it was"
    assert len(told(office, office.ed)) == len(told(office, office.eve)) == 1
    change(office, office.ann, one, event(25, also={"selectors": [PHONE]}))
    office.tell()
    assert told(office, office.ed) == [("event", "exact", ANN)] * 2, "another hour, which collides too"
    assert len(told(office, office.eve)) == 1, "the suspect is the same"
    assert len(conflicts(office, office.ann)) == 2


def test_what_collides_no_more_is_not_met_and_again_is_told_again(office: Register) -> None:
    one = office.load().register(office.ann, event()).registration
    office.register(office.ed, event())
    office.tell()
    for starts, notices in ((72, 1), (24, 2), (72, 2)):
        answer = change(office, office.ann, one, event(starts))
        assert [p.contact for p in answer.pointers] == [ED] * (starts == 24)
        assert [p.contact for p in office.check(office.eve, event()).pointers] == [ANN, ED] if starts == 24 else [ED]
        office.tell()
        assert len([body for body in told(office, office.ed) if body[2] == ANN]) == notices
    (card,) = office.registrations(office.ann).page().items
    assert (card.event and card.event.starts, card.reason) == (hours(72).replace("+00:00", "Z"), "another hour")


def test_a_plan_changed_before_its_collision_was_told_makes_no_conflict_of_the_old_one(office: Register) -> None:
    office.load().register(office.ed, event())
    one = office.register(office.ann, event()).registration
    change(office, office.ann, one, event(72))
    office.tell()
    assert told(office, office.ed) == [("event", "exact", ANN)], "of what was asked, as of a check"
    assert (conflicts(office, office.ann), conflicts(office, office.ed)) == ([], [])


def test_the_conflict_with_what_collides_no_more_ends(office: Register) -> None:
    one = office.load().register(office.ann, event()).registration
    office.register(office.ed, event())
    office.tell()
    change(office, office.ann, one, event(72))
    office.tell()
    assert [notice.body["what"] for notice in office.notices(office.ed) if notice.kind == "conflict"] == ["withdrawn"]


def test_brokered_it_stays_brokered(office: Register) -> None:
    one = office.load().register(office.ann, event(also={"mode": "brokered", "reference": "R-1"})).registration
    change(office, office.ann, one, event(25))
    assert [p.contact for p in office.check(office.ed, event(25)).pointers] == [DESK]
    (card,) = office.registrations(office.ann).page().items
    assert (card.mode, card.reference) == ("brokered", "R-1")


def test_what_is_not_changed(office: Register) -> None:
    one = office.load().register(office.ann, event()).registration
    subject = office.register(office.ann).registration
    silent = office.register(
        office.lead, phone().model_copy(update={"mode": DisclosureMode.SILENT, "on_behalf_of": office.ann})
    ).registration
    own_number = question(selectors=({"kind": "phone", "value": "+1 202 555 0100"},))
    for user, id, asked, refusal in (
        (office.ed, one, event(), NotFound),
        (office.ann, "00000000-0000-4000-8000-000000000000", event(), NotFound),
        (office.ann, one, phone(), Conflict),
        (office.ann, subject, event(), Conflict),
        (office.ann, silent, phone(), FunctionRefused),
        (office.ann, subject, own_number, StaffSelector),
        (office.ann, one, event(-3), InvalidInput),
    ):
        with pytest.raises(refusal):
            change(office, user, id, asked)
    office.graph.run("MATCH (r:Registration {id: $id}) SET r.expires_at = datetime.realtime()", id=subject)
    with pytest.raises(Conflict, match="expired"):
        change(office, office.ann, subject, phone())


def test_each_plan_counts_against_the_quota(office: Register) -> None:
    office.load()
    asking = Deconfliction(
        office.session(office.ann), key=KEY, answer_ms=1000, receipt_days=30, desk_contact=DESK, daily=2
    )
    for starts in (24, 24, 30):
        asking.check(event(starts), 100.0)
    with pytest.raises(Quota):
        asking.check(event(36), 100.0)


# -- map and calendar


def test_a_map_shows_ones_own_and_their_conflicts(office: Register) -> None:
    office.load()
    one = office.register(office.ann, event(also={"reference": "R-1"}))
    office.register(office.ann, event(address="1 Pier Road"))
    office.register(office.ann, phone())
    office.register(office.ed, event())
    office.tell()
    shown = office.registrations(office.ann).map()
    places = {feature.id: feature.geometry and feature.geometry.coordinates for feature in shown.features}
    assert sorted(map(str, places.values())) == ["(-77.0, 38.9)", "None"]
    (feature,) = [feature for feature in shown.features if feature.id == one.registration]
    assert [(c.contact, [(m.selector, m.tier) for m in c.matches]) for c in feature.properties.conflicts] == [
        (ED, [("event", "exact")])
    ]
    assert (feature.properties.reference, feature.properties.event.radius, shown.truncated) == ("R-1", 500, False)
    assert [len(feature.properties.conflicts) for feature in office.registrations(office.ed).map().features] == [1]
    assert office.registrations(office.eve).map().features == []


REFERENCE = "R;1,\nDTSTART:20000101 " + "é" * 60


def lines(text: bytes) -> list[Any]:
    return Calendar.from_ical(text).walk("VEVENT")


def test_a_calendar_says_when_and_nothing_else(office: Register) -> None:
    office.load()
    one = office.register(office.ann, event(every="week", times=3, also={"reference": REFERENCE, "selectors": [PHONE]}))
    office.register(office.ann, event(30, 0, address="1 Pier Road"))
    office.register(office.ann, phone(), days=3)
    text = calendar(office.registrations(office.ann).calendar())
    found = {str(part["SUMMARY"]): part for part in lines(text)}
    title = f"planned operation, reference {REFERENCE}"
    assert set(found) == {title, "planned operation", "registration expires"}
    assert max(map(len, text.split(b"\r\n"))) <= 75
    planned = found[title]
    assert str(planned["UID"]) == one.registration
    assert planned["DTSTART"].dt.isoformat() == hours(24)
    assert planned["DTEND"].dt.isoformat() == hours(26)
    assert dict(planned["RRULE"]) == {"FREQ": ["WEEKLY"], "COUNT": [3]}
    assert "DTEND" not in found["planned operation"]
    for hidden in (b"Pier", b"38.9", b"0143", b"raid"):
        assert hidden not in text
    change(office, office.ann, one.registration, event(25))
    again = lines(calendar(office.registrations(office.ann).calendar()))
    assert {str(part["UID"]): part["SEQUENCE"] for part in again}[one.registration] == 1
    assert calendar(office.registrations(office.eve).calendar()).count(b"VEVENT") == 0
