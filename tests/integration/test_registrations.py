"""Registrations on a real graph: a check that stays, and what each side learns of what comes later."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from icmgraph.errors import Conflict, FunctionRefused, InvalidInput, NotFound, StaffSelector
from icmgraph.model.answers import NoticeCard
from icmgraph.model.checks import RegistrationChange, RegistrationInput, RenewInput
from icmgraph.model.records import DisclosureMode
from tests.integration.bureau import DESK, WRITTEN, name, phone, question
from tests.integration.registering import Register
from tests.worlds.fixtures import graph as graph
from tests.worlds.loader import Graph
from tests.worlds.world import Key

ANN, ED, EVE = (f"{name}, +1 202 555 0100" for name in ("Ann", "Ed", "Eve"))


@pytest.fixture
def office(graph: Graph, tmp_path: Path) -> Register:
    return Register(graph, tmp_path)


def pointed(body: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [(p["selector"], p["kind"], p["tier"], p["contact"]) for p in body["pointers"]]


def test_it_is_a_check_and_then_stays(office: Register) -> None:
    office.phone(office.case())
    answer = office.load().register(office.ann)
    assert [(p.tier, p.contact) for p in answer.pointers] == [("exact", ED)]
    assert office.deconfliction(office.ann).receipt(answer.receipt).pointers == answer.pointers
    office.tell()
    assert len(office.notices(office.ed)) == 1
    assert office.notices(office.ann) == [], "the answer pointed to it"
    (card,) = office.registrations(office.ann).page().items
    assert (card.id, card.stands, card.mode) == (answer.registration, True, "open")
    assert [(one.kind, one.value) for one in card.selectors] == [("phone", WRITTEN)]
    assert card.stands_until == answer.stands_until == "2098-07-01T03:04:05.000Z"


def test_a_later_check_points_to_who_registered_and_they_get_a_notice(office: Register) -> None:
    registered = office.load().register(office.ann)
    office.tell()
    answer = office.check(office.ed)
    assert [(p.tier, p.contact) for p in answer.pointers] == [("exact", ANN)]
    office.tell()
    (body,) = office.bodies(office.ann)
    assert body["registration"] == registered.registration
    assert body["reference"] == answer.reference
    assert pointed(body) == [(0, "phone", "exact", ED)]
    assert office.notices(office.ed) == [], "its asker has the pointer"


def test_two_registrations_make_one_notice_each(office: Register) -> None:
    first = office.load().register(office.ann)
    second = office.register(office.ed)
    office.tell()
    (anns,), (eds,) = office.bodies(office.ann), office.bodies(office.ed)
    assert (anns["registration"], pointed(anns)) == (first.registration, [(0, "phone", "exact", ED)])
    assert (eds["registration"], pointed(eds)) == (second.registration, [(0, "phone", "exact", ANN)])
    assert (anns["reference"], eds["reference"]) == (second.reference, first.reference)


def test_ones_own_registration_and_check_do_not_meet(office: Register) -> None:
    office.load().register(office.ann)
    office.register(office.ann)
    assert office.check(office.ann).pointers == []
    office.tell()
    assert office.notices(office.ann) == []


def test_names_meet_in_the_tier_that_both_know(office: Register) -> None:
    office.load().register(office.ann, name("Ana Díaz", birth_date="1980-05-17"))
    office.register(office.eve, name("Diaz, Ana", year=1980))
    answer = office.check(office.ed, name("Ana Diaz", birth_date="1980-05-17"))
    assert [(p.contact, p.tier) for p in answer.pointers] == [(ANN, "strong"), (EVE, "possible")]


LEARNS: dict[str, list[tuple[Any, ...]]] = {
    "open": [(0, "phone", "exact", ED)],
    "brokered": [(0, "phone", "exact", DESK)],
    "silent": [],
}


def asked_as(office: Register, act: Callable[..., Any], user: str, mode: str) -> Any:
    given: dict[str, Any] = {"mode": DisclosureMode(mode)}
    if mode == "silent":
        return act(office.lead, phone().model_copy(update={**given, "on_behalf_of": user}))
    return act(user, phone().model_copy(update=given))


@pytest.mark.parametrize("mode", LEARNS)
@pytest.mark.parametrize("act", ["check", "register"])
def test_the_mode_of_an_asker_decides_what_the_other_side_learns(office: Register, mode: str, act: str) -> None:
    held = office.case(office.eve)
    office.phone(held)
    office.load().register(office.ann)
    asked_as(office, getattr(office, act), office.ed, mode)
    office.tell()
    told = [body for body in office.bodies(office.ann) if body["pointers"]]
    assert [line for body in told for line in pointed(body)] == LEARNS[mode]
    holder = [body for body in office.bodies(office.eve) if body["contact"] != ANN]
    assert len(holder) == (mode != "silent")
    for body in holder:
        assert set(body) - {"reference"} == {"case", "at", "contact", "matches"}
        assert ("reference" in body) == (mode == "open")
        assert body["contact"] == (ED if mode == "open" else DESK)
        assert body["matches"] == [{"selector": "phone", "tier": "exact"} if mode == "open" else {"tier": "exact"}]


@pytest.mark.parametrize("mode", ["open", "brokered"])
def test_a_silent_side_gets_its_full_notice(office: Register, mode: str) -> None:
    asked_as(office.load(), office.register, office.ed, "silent")
    asked_as(office, office.register, office.ann, mode)
    office.tell()
    assert office.notices(office.ann) == []
    (body,) = office.bodies(office.ed)
    assert pointed(body) == [(0, "phone", "exact", ANN if mode == "open" else DESK)]


@pytest.mark.parametrize("mode", ["brokered", "silent"])
def test_where_neither_is_open_the_desk_is_told_of_both(office: Register, mode: str) -> None:
    asked_as(office.load(), office.register, office.ed, mode)
    asked_as(office, office.register, office.ann, mode)
    office.tell()
    (body,) = office.bodies(office.desk)
    assert body["contacts"] == [ANN, ED]
    assert body["matches"] == [{"selector": "phone", "tier": "exact"}]
    assert [len(office.notices(user)) for user in (office.ann, office.ed)] == [int(mode == "brokered")] * 2


def test_a_silent_registration_is_byte_for_byte_none_then_and_later(graph: Graph, tmp_path: Path) -> None:
    said = []
    for hidden in (True, False):
        office = Register(graph, tmp_path)
        office.load()
        if hidden:
            asked_as(office, office.register, office.ed, "silent")
        answer = office.register(office.ann)
        checked = office.check(office.ann)
        office.tell()
        later = office.deconfliction(office.ann).receipt(answer.receipt)
        listed = office.registrations(office.ann).page()
        inbox = office.inbox(office.ann).notices()
        said.append([one.model_dump_json() for one in (answer, checked, later, listed, inbox)])
        assert len(office.notices(office.ed)) == (2 if hidden else 0)
    assert said[0] == said[1]


def test_hidden_askers_are_seen_in_notices_and_pointers_only(graph: Graph, tmp_path: Path) -> None:
    said = []
    for hidden in (True, False):
        office = Register(graph, tmp_path)
        office.load()
        if hidden:
            office.register(office.ed)
        answer = office.register(office.ann)
        office.tell()
        told = {k: v for k, v in answer.model_dump().items() if k not in ("pointers", "result", "signed")}
        listed = office.registrations(office.ann).page()
        (check,) = [c for c in office.checks() if c["receipt"] == answer.receipt]
        kept = {k: v for k, v in check.items() if k not in ("pointers", "result", "given")}
        assert len(check["given"]) == len(answer.pointers) == hidden, "the tier that each pointer had, nothing else"
        assert len(office.notices(office.ann)) == hidden
        said.append((told, listed, kept))
    assert said[0] == said[1]


def test_silence_is_a_leaders_to_ask_for_another(office: Register) -> None:
    silent = phone().model_copy(update={"mode": DisclosureMode.SILENT})
    office.b.lead(office.eve, office.east)
    office.load()
    for user, whose in (
        (office.ann, office.ed),  # leads nothing
        (office.lead, office.lead),  # no self-approval
        (office.eve, office.ann),  # of a unit she does not lead
        (office.lead, "00000000-0000-4000-8000-000000000000"),
    ):
        for act in (office.check, office.register):
            with pytest.raises(FunctionRefused):
                act(user, silent.model_copy(update={"on_behalf_of": whose}))
    registered = office.register(office.lead, silent.model_copy(update={"on_behalf_of": office.ann}))
    assert office.registrations(office.lead).page().items == []
    assert [card.id for card in office.registrations(office.ann).page().items] == [registered.registration]
    for said in ({"mode": "silent"}, {"on_behalf_of": office.ann}, {"mode": "open", "on_behalf_of": office.ann}):
        with pytest.raises(ValueError, match="silent is asked by a leader"):
            RegistrationInput.model_validate({"reason": "r", "names": ({"name": "A"},), **said})


@pytest.mark.parametrize(
    ("asked", "refused"),
    [
        (phone(), False),
        (question(selectors=({"kind": "phone", "value": "+1 202 555 0100"},)), True),
        (
            question(selectors=({"kind": "phone", "value": WRITTEN}, {"kind": "email", "value": "UNA@example.com"})),
            True,
        ),
        (question(selectors=({"kind": "email", "value": "na@example.com"},)), False),
        (question(selectors=({"kind": "email", "value": "una@Home.example.com"},)), True),
        (question(selectors=({"kind": "plate", "value": "0100"},)), False),
        (name("ANN"), True),
        (name("Ed"), False),
    ],
)
def test_staff_selectors_are_refused_and_auditors_can_tell(office: Register, asked: Any, refused: bool) -> None:
    office.person("Una", office.east, contact="room 12, (202) 555-0100; una@example.com", email="Una@home.example.com")
    office.load()
    if not refused:
        office.register(office.ann, asked)
        return
    with pytest.raises(StaffSelector):
        office.register(office.ann, asked)
    outcome = [record["body"] for record in office.audit.export()][-1]
    assert outcome["result"] == "function_refused: staff selector"
    assert office.graph.run("MATCH (n:Registration|Check) RETURN n") == []
    office.check(office.ann, asked)


def expire(office: Register, registration: str) -> None:
    office.graph.run(
        "MATCH (r:Registration {id: $id}) SET r.expires_at = datetime.realtime() - duration('PT1S')", id=registration
    )


def test_an_expired_one_is_not_matched_and_not_renewed(office: Register) -> None:
    one = office.load().register(office.ann).registration
    expire(office, one)
    assert office.check(office.ed).pointers == []
    office.tell()
    assert office.notices(office.ann) == []
    assert [card.stands for card in office.registrations(office.ann).page().items] == [False]
    with pytest.raises(Conflict):
        office.registrations(office.ann).renew(one, RenewInput(reason="still at it"))


def test_one_that_expired_before_the_worker_came_is_a_check(office: Register) -> None:
    office.load().register(office.ed)
    office.tell()
    one = office.register(office.ann).registration
    expire(office, one)
    office.tell()
    assert [pointed(body) for body in office.bodies(office.ed)] == [[(0, "phone", "exact", ANN)]]
    assert office.notices(office.ann) == []
    assert office.graph.run("MATCH (n:Conflict|Match) RETURN n") == []


def test_renewing_counts_from_now_and_withdrawing_is_at_once(office: Register) -> None:
    one = office.load().register(office.ann, days=3).registration
    mine = office.registrations(office.ann)
    assert mine.page().items[0].stands_until == "2098-01-05T03:04:05.000Z"
    assert mine.renew(one, RenewInput(reason="still at it", days=5)).stands_until == "2098-01-07T03:04:05.000Z"
    assert mine.renew(one, RenewInput(reason="still at it")).stands_until == "2098-07-01T03:04:05.000Z"
    mine.withdraw(one)
    assert mine.page().items == []
    assert office.graph.run("MATCH (n:Registration|WatchKey) RETURN n") == []
    assert office.check(office.ed).pointers == []
    office.tell()
    assert office.notices(office.ann) == []


OTHER = "+1 202 555 0150"


def changed(office: Register, user: str, id: str, *written: str, **given: Any) -> Any:
    selectors = tuple({"kind": "phone", "value": one} for one in written)
    change = RegistrationChange.model_validate({"selectors": selectors, "reason": "a new number", **given})
    return office.deconfliction(user).edit(id, change, 100.0)


def test_an_edit_is_a_check_of_its_own_and_the_same_registration(office: Register) -> None:
    office.phone(office.case(), key=Key("phone", "+12025550150"))
    before = office.load().register(office.ann, days=9)
    answer = changed(office, office.ann, before.registration, OTHER, mode="brokered")
    assert [(p.selector, p.tier, p.contact) for p in answer.pointers] == [(0, "exact", ED)]
    assert (answer.registration, answer.stands_until) == (before.registration, before.stands_until)
    assert answer.receipt != before.receipt
    assert office.deconfliction(office.ann).receipt(answer.receipt).asked == answer.asked != before.asked
    (card,) = office.registrations(office.ann).page().items
    assert ([one.value for one in card.selectors], card.mode, card.reason) == ([OTHER], "brokered", "a new number")
    assert office.check(office.eve).pointers == []
    assert [p.contact for p in office.check(office.eve, phone(OTHER)).pointers] == [DESK, ED]
    office.tell()
    assert office.notices(office.ann)[0].body["pointers"]


def test_what_an_edit_leaves_is_not_told_again_and_what_it_adds_is(office: Register) -> None:
    anns = office.load().register(office.ann).registration
    office.register(office.ed, phone(OTHER))
    office.tell()
    answer = changed(office, office.ann, anns, WRITTEN, OTHER)
    changed(office, office.ann, anns, OTHER, WRITTEN)
    office.tell()
    told = [(body["reference"], pointed(body)) for body in office.bodies(office.ed)]
    assert [pointers for _, pointers in told] == [[(1, "phone", "exact", ANN)], [(0, "phone", "exact", ANN)]]
    assert answer.reference not in {reference for reference, _ in told}, "the last edit's, as it is now"
    assert office.graph.run("MATCH (c:Conflict) RETURN count(c) AS n") == [{"n": 1}]
    assert len(office.bodies(office.ann)) == 2


def test_what_was_asked_and_edited_away_before_the_worker_came_is_a_check(office: Register) -> None:
    """Else one could ask and nobody would learn of it."""
    office.phone(office.case())
    anns = office.load().register(office.ann).registration
    changed(office, office.ann, anns, OTHER)
    office.tell()
    (body,) = office.bodies(office.ed)
    assert (body["contact"], body["matches"]) == (ANN, [{"selector": "phone", "tier": "exact"}])
    assert office.graph.run("MATCH (n:Conflict|Match) RETURN n") == []


def test_one_edits_what_stands_and_is_ones_own_and_not_silent(office: Register) -> None:
    one = office.load().register(office.ann).registration
    silent = asked_as(office, office.register, office.ann, "silent").registration
    for id in (one, "00000000-0000-4000-8000-000000000000"):
        with pytest.raises(NotFound):
            changed(office, office.ed, id, OTHER)
    with pytest.raises(FunctionRefused):
        changed(office, office.ann, silent, OTHER)
    with pytest.raises(StaffSelector):
        changed(office, office.ann, one, "+1 202 555 0100")
    with pytest.raises(ValueError, match="silence"):
        changed(office, office.ann, one, OTHER, mode="silent")
    checks = len(office.checks())
    expire(office, one)
    with pytest.raises(Conflict):
        changed(office, office.ann, one, OTHER)
    assert len(office.checks()) == checks, "a refusal leaves nothing behind"


def test_a_silent_one_is_renewed_by_registering_it_again(office: Register) -> None:
    one = asked_as(office.load(), office.register, office.ann, "silent").registration
    with pytest.raises(FunctionRefused):
        office.registrations(office.ann).renew(one, RenewInput(reason="still at it"))


def test_nobody_reaches_anothers(office: Register) -> None:
    one = office.load().register(office.ann).registration
    for id in (one, "00000000-0000-4000-8000-000000000000"):
        with pytest.raises(NotFound):
            office.registrations(office.ed).withdraw(id)
        with pytest.raises(NotFound):
            office.registrations(office.ed).renew(id, RenewInput(reason="still at it"))
    assert office.registrations(office.ed).page().items == []


def test_a_list_pages_in_one_order(office: Register) -> None:
    office.load()
    made = {office.register(office.ann, phone(f"+1 202 555 01{number}")).registration for number in range(20, 25)}
    mine = office.registrations(office.ann)
    found, cursor = list[str](), None
    for _ in range(3):
        page = mine.page(cursor, limit=2)
        found, cursor = found + [card.id for card in page.items], page.next
    assert cursor is None
    assert (set(found), found) == (made, sorted(made))
    with pytest.raises(InvalidInput):
        office.registrations(office.ed).page(mine.page(limit=2).next)


def test_what_stood_at_the_registering_is_not_told_again(office: Register) -> None:
    case = office.case()
    office.phone(case)
    office.load().register(office.ann, phone("+1 202 555 0150"))
    office.tell()
    marks = office.graph.run("MATCH (m:Match) RETURN count(m) AS n")[0]["n"]
    assert marks == 2, "one for each told"
    (notice,) = office.notices(office.ed)
    assert isinstance(notice, NoticeCard)
    assert json.loads(json.dumps(notice.body))["case"] == case


@pytest.mark.parametrize("holders", [18, 21])
def test_above_twenty_contacts_the_notice_says_the_desk_as_the_answer_does(office: Register, holders: int) -> None:
    for number in range(holders):
        office.phone(office.case(office.person(f"Holder {number}", office.east)))
    others = [office.person(f"Other {number}", office.east) for number in range(5)]
    office.load()
    for user in others:
        office.register(user)
    office.tell()
    answer = office.register(office.ann)
    assert [(p.tier, p.contact) for p in answer.pointers] == [("exact", DESK)]
    office.tell()
    (body,) = office.bodies(office.ann)
    assert pointed(body) == [(0, "phone", "exact", DESK)]
    assert set(body) == {"registration", "at", "pointers"}
