"""Checks on a real graph: what the asker learns, and that it is nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from icmgraph.audit import Question
from icmgraph.errors import CheckRequired, FunctionRefused, InvalidInput, NotFound, Quota
from icmgraph.model.answers import CheckAnswer
from icmgraph.model.checks import BulkCheckInput, RegistrationInput, SubjectSelectors
from icmgraph.model.disclosure import CONTACTS
from icmgraph.model.records import CaseInput
from icmgraph.model.source import system_source
from icmgraph.queries import catalogue
from icmgraph.queries.cases import Cases
from icmgraph.queries.deconfliction import Deconfliction
from tests.integration.bureau import DESK, KEY, NOW, PHONE, WRITTEN, Bureau, name, phone, question
from tests.plans import STATISTICS, operators
from tests.worlds.example import VALUES, WORLD, value
from tests.worlds.fixtures import graph as graph
from tests.worlds.loader import Graph
from tests.worlds.world import AGO, Key

ED = "Ed, +1 202 555 0100"
LATER, EARLIER = NOW + timedelta(days=1), NOW - timedelta(days=1)


@pytest.fixture
def bureau(graph: Graph, tmp_path: Path) -> Bureau:
    return Bureau(graph, tmp_path)


def brief(answer: CheckAnswer) -> list[tuple[int, str, str, str | None]]:
    return [(p.selector, p.tier, p.contact, p.safety) for p in answer.pointers]


def test_a_case_the_asker_cannot_see_gives_its_agents_contact_and_nothing_else(bureau: Bureau) -> None:
    case = bureau.case()
    bureau.phone(case, safety="armed")
    answer = bureau.load().check()
    assert brief(answer) == [(0, "exact", ED, "armed")]
    assert answer.result == "pointers given"
    assert answer.records == []
    text = answer.model_dump_json()
    assert case not in text
    assert "secret" not in text
    assert "555 0143" not in text


def test_no_match_says_no_pointer_given(bureau: Bureau) -> None:
    answer = bureau.load().check()
    assert (answer.result, answer.pointers, answer.records) == ("no pointer given", [], [])
    assert "clear" not in answer.model_dump_json()


def by_case(mode: str, until: datetime | None) -> Callable[[Bureau], object]:
    return lambda b: b.phone(b.case(disclosure=mode, disclosure_until=until), safety="armed")


def by_record(mode: str, until: datetime | None) -> Callable[[Bureau], object]:
    return lambda b: b.phone(b.case(), disclosure=mode, disclosure_until=until, safety="armed")


def by_caveat(kind: str) -> Callable[[Bureau], object]:
    return lambda b: b.phone(b.case(), b.b.caveat("A list", kind))


def by_case_caveat(kind: str) -> Callable[[Bureau], object]:
    return lambda b: b.phone(b.case(None, b.b.caveat("A list", kind)))


def by_subject_caveat(kind: str) -> Callable[[Bureau], object]:
    def build(b: Bureau) -> object:
        case, caveat = b.case(), b.b.caveat("A list", kind)
        subject = b.b.subject(b.b.own((case,), caveats=(caveat,)))
        return b.b.identifier(b.b.own((case,)), subject, PHONE)

    return build


OPEN, BROKERED, SILENT = [(0, "exact", ED, "armed")], [(0, "exact", DESK, None)], list[Any]()
MODES: list[tuple[Callable[[Bureau], object], list[Any]]] = [
    (by_case("open", None), OPEN),
    (by_case("brokered", None), BROKERED),
    (by_case("silent", LATER), SILENT),
    (by_case("silent", EARLIER), OPEN),
    (by_record("brokered", LATER), BROKERED),
    (by_record("brokered", EARLIER), OPEN),
    (by_record("silent", LATER), SILENT),
    (by_caveat("informant"), BROKERED),
    (by_caveat("wiretap"), SILENT),
    (by_caveat("grand_jury"), SILENT),
    (by_case_caveat("sealed"), SILENT),
    (by_case_caveat("privilege"), BROKERED),
    (by_subject_caveat("wiretap"), SILENT),
]


@pytest.mark.parametrize(("build", "expected"), MODES)
def test_the_strictest_of_the_holders_modes(
    bureau: Bureau, build: Callable[[Bureau], object], expected: list[Any]
) -> None:
    build(bureau)
    assert brief(bureau.load().check()) == expected


@pytest.mark.parametrize("build", [by_case("silent", LATER), by_record("silent", LATER), by_caveat("wiretap")])
def test_silence_is_byte_for_byte_no_match(graph: Graph, tmp_path: Path, build: Callable[[Bureau], object]) -> None:
    answers, stored = [], []
    for holds in (True, False):
        bureau = Bureau(graph, tmp_path)
        if holds:
            build(bureau)
        answers.append(bureau.load().check().model_dump_json())
        bureau.worker().run_once()
        stored.append(bureau.checks())
    assert answers[0] == answers[1]
    assert stored[0] == stored[1]


def test_the_same_rows_are_written_whether_it_hits_or_not(graph: Graph, tmp_path: Path) -> None:
    rows = []
    for hit in (True, False):
        bureau = Bureau(graph, tmp_path)
        if hit:
            bureau.phone(bureau.case())
        bureau.load()
        counted = "MATCH (n) WITH count(n) AS n OPTIONAL MATCH ()-[r]->() RETURN n, count(r) AS r"
        before = graph.run(counted)[0]
        bureau.check()
        after = graph.run(counted)[0]
        shapes = {key: type(value) for key, value in bureau.checks()[0].items()}
        rows.append((after["n"] - before["n"], after["r"] - before["r"], shapes))
    assert rows[0] == rows[1]
    assert rows[0][:2] == (2, 1), "a Check, MADE by the asker, and the mark of the act"


def test_what_the_asker_sees_is_a_record_and_never_a_pointer(bureau: Bureau) -> None:
    own = bureau.case(bureau.ann, unit=bureau.west)
    subject = bureau.phone(own)
    bureau.b.attribute(bureau.b.own((own,)), subject, "name", "Ann's subject")
    answer = bureau.load().check()
    assert answer.pointers == []
    assert answer.result == "no pointer given"
    assert [(hit.id, hit.name, hit.value) for hit in answer.records] == [(subject, "Ann's subject", PHONE.value)]


def test_a_record_and_a_pointer_of_one_contact_stand_side_by_side(bureau: Bureau) -> None:
    seen, hidden = bureau.case(), bureau.case()
    bureau.b.assign(bureau.ann, seen, functions=("read",))
    subject = bureau.phone(seen)
    bureau.phone(hidden)
    answer = bureau.load().check()
    assert brief(answer) == [(0, "exact", ED, None)]
    assert [hit.id for hit in answer.records] == [subject]


def test_names_have_tiers_and_each_contact_its_best(bureau: Bureau) -> None:
    eves = bureau.case(bureau.eve)
    bureau.named(bureau.case(), "Díaz, Ana", "1980-05-17")
    bureau.named(bureau.case(), "Ana Diaz")
    bureau.named(eves, "ANA DIAZ", "1980-11-30")
    bureau.named(eves, "Ana Diaz", "1955")
    bureau.named(eves, "Ana Diaz Lopez", "1980-05-17")
    bureau.load()
    eve = "Eve, +1 202 555 0100"
    for known, tiers in (
        ({"birth_date": "1980-05-17"}, [(ED, "strong"), (eve, "possible")]),
        ({"birth_date": "1980-05"}, [(ED, "possible"), (eve, "possible")]),
        ({"year": 1955}, [(eve, "possible"), (ED, "weak")]),
        ({}, [(ED, "weak"), (eve, "weak")]),
    ):
        answer = bureau.check(question=name("Ana Díaz", **known))
        assert [(p.contact, p.tier) for p in answer.pointers] == tiers
        bureau.graph.run("MATCH (c:Check) REMOVE c.given")  # what was given first would stay


def test_a_birth_date_under_a_caveat_raises_no_tier(bureau: Bureau) -> None:
    wire = bureau.b.caveat("Wire", "wiretap")
    bureau.named(bureau.case(), "Ana Diaz", "1980-05-17", wire)
    answer = bureau.load().check(question=name("Ana Diaz", birth_date="1980-05-17"))
    assert brief(answer) == [(0, "weak", ED, None)]


def test_a_birth_date_that_another_case_asserts_raises_no_tier(bureau: Bureau) -> None:
    holder, other = bureau.case(), bureau.case(bureau.eve)
    subject = bureau.b.subject(bureau.b.own((holder,), shared=(other,)))
    bureau.b.attribute(bureau.b.own((holder,), shared=(other,)), subject, "name", "Ana Diaz")
    bureau.b.attribute(bureau.b.own((other,)), subject, "birth_date", "1980-05-17")
    answer = bureau.load().check(question=name("Ana Diaz", birth_date="1980-05-17"))
    assert brief(answer) == [(0, "weak", ED, None)]


def test_the_holder_is_who_asserts_not_whose_record_it_hangs_on(bureau: Bureau) -> None:
    owner, holder = bureau.case(bureau.eve), bureau.case()
    subject = bureau.b.subject(bureau.b.own((owner,), shared=(holder,)), safety="armed")
    bureau.b.identifier(bureau.b.own((holder,)), subject, PHONE)
    answer = bureau.load().check()
    assert brief(answer) == [(0, "exact", ED, None)], "and the owner's safety code is not the holder's to release"


def test_a_closed_case_matches(bureau: Bureau) -> None:
    bureau.phone(bureau.case(status="closed"))
    assert brief(bureau.load().check()) == [(0, "exact", ED, None)]


def test_above_twenty_contacts_the_desk_alone(bureau: Bureau) -> None:
    for number in range(21):
        agent = bureau.person(f"Agent {number:02}", bureau.east)
        bureau.phone(bureau.case(agent))
        if number:
            bureau.phone(bureau.case(agent), key=Key("phone", "+12025550144"))
    answer = bureau.load().check(question=phone("+1 202 555 0144"))
    assert brief(answer)[0] == (0, "exact", DESK, None)
    assert [(p.selector, p.contact[:8]) for p in answer.pointers[1:]] == [(1, f"Agent {n:02}") for n in range(1, 21)]


def test_without_an_agent_the_nearest_leader_then_the_desk(graph: Graph, tmp_path: Path) -> None:
    def contact(*leaders: str, **case: Any) -> str:
        bureau = Bureau(graph, tmp_path)
        for unit in leaders:
            lead = bureau.person(f"Leader of {unit}", bureau.top, "supervisor")
            bureau.b.lead(lead, bureau.east if unit == "East" else bureau.top)
        past = bureau.person("Past leader", bureau.top, "supervisor")
        bureau.b.lead(past, bureau.east, ends=AGO)
        held = bureau.case("", **case)
        bureau.b.assign(bureau.ed, held, agent=True, ends=AGO)
        bureau.phone(held)
        return bureau.load().check().pointers[0].contact.partition(",")[0]

    assert contact("East", "Top") == "Leader of East"
    assert contact("Top") == "Leader of Top"
    assert contact() == "Desk"
    assert contact("East", closed_to_leaders=True) == "Desk"


def test_the_answer_leaves_at_its_moment_hit_or_not_refused_or_not(bureau: Bureau) -> None:
    bureau.phone(bureau.case())
    bureau.load()
    for asked in (phone(), name("Nobody")):
        bureau.check(question=asked)
        assert bureau.source.last.waited == [101.0]
    with pytest.raises(FunctionRefused):
        bureau.check(bureau.will)
    assert bureau.source.last.waited == [101.0]
    # It took longer: the next multiple.
    bureau.deconfliction().check(phone(), 96.7)
    assert bureau.source.last.waited == [pytest.approx(100.7)]


def test_a_bad_value_is_refused_before_anything_is_looked_up(bureau: Bureau) -> None:
    bureau.load()
    bad = question(selectors=({"kind": "phone", "value": WRITTEN}, {"kind": "imei", "value": "poison"}))
    before = list(bureau.audit.export())
    with pytest.raises(InvalidInput) as caught:
        bureau.check(question=bad)
    assert caught.value.field == "selectors.1.value"
    assert "poison" not in str(caught.value)
    assert list(bureau.audit.export()) == before
    assert bureau.checks() == []


def test_a_receipt_is_constant_and_its_askers_alone(bureau: Bureau) -> None:
    bureau.phone(bureau.case())
    answer = bureau.load().check(question=phone("+1 202 555 0150"))
    again = bureau.deconfliction().receipt(answer.receipt)
    same = ("receipt", "reference", "result", "pointers", "asked", "at", "expires", "signed", "coverage")
    assert {key: getattr(again, key) for key in same} == {key: getattr(answer, key) for key in same}
    assert len(set(again.asked)) == 2
    assert again.expires == "2024-06-05T07:08:09.000Z"
    bureau.worker().run_once()
    assert bureau.deconfliction().receipt(answer.receipt) == again
    refusals = set()
    for user, number in ((bureau.ed, answer.receipt), (bureau.ann, "no such"), (bureau.ann, answer.reference)):
        with pytest.raises(NotFound) as caught:
            bureau.deconfliction(user).receipt(number)
        refusals.add(str(caught.value))
    assert len(refusals) == 1


def test_a_receipt_opens_one_case(graph: Graph, tmp_path: Path) -> None:
    bureau = Bureau(graph, tmp_path, system_source)
    bureau.load()
    receipt = bureau.deconfliction(answer_ms=0).check(phone(), 0.0).receipt
    case = CaseInput(number="N-1", title="Opened", unit=bureau.west, receipt=receipt)
    with pytest.raises(CheckRequired):
        Cases(bureau.session(bureau.ed)).open(case.model_copy(update={"unit": bureau.east}))
    opened = Cases(bureau.session()).open(case)
    assert bureau.deconfliction().receipt(receipt).case == opened.id
    with pytest.raises(CheckRequired):
        Cases(bureau.session()).open(case)


def test_a_leader_and_the_agent_see_with_which_receipt_a_case_was_opened(graph: Graph, tmp_path: Path) -> None:
    bureau = Bureau(graph, tmp_path, system_source)
    chief = bureau.person("Chief", bureau.top, "supervisor")
    bureau.b.lead(chief, bureau.top)
    bureau.phone(bureau.case())
    answer = bureau.load().deconfliction(answer_ms=0).check(phone(), 0.0)
    asked: dict[str, Any] = {"title": "Opened", "unit": bureau.west, "open_to_unit": True}
    opened = Cases(bureau.session()).open(CaseInput(number="N-1", receipt=answer.receipt, **asked)).id
    without = Cases(bureau.session()).open(CaseInput(number="N-2", override="urgent", **asked)).id
    for user in (chief, bureau.ann):
        (one,) = Cases(bureau.session(user)).receipts(opened).receipts
        assert (one.receipt, one.by, one.name) == (answer.receipt, bureau.ann, "Ann")
        assert (one.result, one.at, one.expires) == ("pointers given", answer.at, answer.expires)
        assert Cases(bureau.session(user)).receipts(without).receipts == []
    with pytest.raises(FunctionRefused):
        Cases(bureau.session(bureau.will)).receipts(opened)
    with pytest.raises(NotFound):
        Cases(bureau.session(bureau.ed)).receipts(opened)


def test_a_receipt_out_of_date_opens_nothing(bureau: Bureau) -> None:
    receipt = bureau.load().check().receipt
    with pytest.raises(CheckRequired):
        Cases(bureau.session()).open(CaseInput(number="N-1", title="Late", unit=bureau.west, receipt=receipt))


def test_the_audit_has_the_check_and_no_selector(bureau: Bureau) -> None:
    subject = bureau.phone(bureau.case(bureau.ann, unit=bureau.west))
    asked = question(
        selectors=({"kind": "phone", "value": WRITTEN},), names=({"name": "Ana Poison", "birth_date": "1980"},)
    )
    bureau.load().check(question=asked)
    intent, outcome = (record["body"] for record in bureau.audit.export())
    assert (intent["who"], intent["action"], intent["kind"]) == (bureau.ann, "deconflict.check", "write")
    (found,) = bureau.audit.search(Question(terms=frozenset({"n:ana poison"})))
    assert found.intent["parameters"] == {
        "keys": ["n:ana poison", PHONE.key],
        "reason": "before opening a case",
    }
    assert bureau.graph.run("MATCH (c:Check) RETURN c.act AS act") == [{"act": intent["id"]}]
    assert (outcome["result"], outcome["records"]) == ("done", sorted([bureau.checks()[0]["id"], subject]))
    assert not [word for word in ("2025550143", "oison", "1980", "before") if word in json.dumps([intent, outcome])]
    acts = bureau.graph.run("MATCH (a:Act) RETURN a.intent AS intent")
    assert [act["intent"] for act in acts] == [intent["id"]]


def test_no_order_of_writing_shows(graph: Graph, tmp_path: Path) -> None:
    answers = set()
    for seed in range(3):
        bureau = Bureau(graph, tmp_path)
        for agent in (bureau.ed, bureau.eve, bureau.ed):
            bureau.phone(bureau.case(agent), safety="armed")
        own = bureau.case(bureau.ann, unit=bureau.west)
        for _ in range(3):
            bureau.named(own, "Ana Diaz")
        asked = question(selectors=({"kind": "phone", "value": WRITTEN},), names=({"name": "Ana Diaz"},))
        answers.add(bureau.load(seed).check(question=asked).model_dump_json())
    assert len(answers) == 1


@pytest.mark.parametrize("holders", [CONTACTS, CONTACTS + 1])
@pytest.mark.parametrize("more", ["nothing", "brokered", "silent", "under a caveat", "seen", "nobody", "again"])
@pytest.mark.parametrize("what", ["name", "phone"])
def test_what_many_hold_is_told_of_as_if_it_were_read_to_its_end(
    bureau: Bureau, holders: int, more: str, what: str
) -> None:
    """A registration reads it whole."""

    def held(case: str, name: str = "Ana Diaz", **subject: Any) -> None:
        if what == "name":
            bureau.named(case, name, **subject)
        else:
            bureau.phone(case, **subject)

    for number in range(holders):
        holder = bureau.person(f"Holder {number}", bureau.west, contact=f"Holder {number}")
        held(bureau.case(holder), safety="armed" if number == 3 else None)
    if more in ("brokered", "silent"):
        held(bureau.case(disclosure=more), "Diaz, Ana")
    elif more == "under a caveat":
        caveat = bureau.b.caveat("Wire", "wiretap")
        case = bureau.case()
        if what == "name":
            hidden = bureau.named(case, "Otto Weiss")
            bureau.b.attribute(bureau.b.own((case,), caveats=(caveat,)), hidden, "name", "Ana Diaz")
        else:
            bureau.phone(case, caveat)
    elif more == "seen":
        held(bureau.case(bureau.ann, unit=bureau.west), "Ana Diaz")
    elif more == "nobody":
        held(bureau.case(bureau.person("Nameless", bureau.west, contact=" ")), "Ana Diaz")
    elif more == "again":
        held(bureau.case(holder), "Ana Diaz")
    bureau.load()
    asked = name("Ana Diaz") if what == "name" else phone()
    checked = bureau.check(None, asked).pointers
    registered = bureau.deconfliction(bureau.ann).register(RegistrationInput(**asked.model_dump()), 100.0).pointers
    assert checked == registered
    many = holders > CONTACTS or more in ("brokered", "nobody")
    tier = "weak" if what == "name" else "exact"
    assert [(one.contact, one.tier) for one in checked][:1] == [(DESK if many else "Holder 0", tier)]
    assert len(checked) == (1 if many else CONTACTS)
    assert [one.safety for one in checked if one.safety] == ([] if many else ["armed"])


SEEKING = (
    "identifier_matches", "tail_matches", "name_matches", "names_sounding", "registration_matches", "holders",
    "contacts", "crowds", "caveat_kinds", "planned_events", "events_in_case", "name_hits", "receipt",
    "receipt_for_opening", "inbox",
    "acknowledge", "pending_checks", "lock_check", "finish_check", "create_check", "attach_receipt",
)  # fmt: skip


@pytest.mark.parametrize("query", SEEKING)
def test_every_query_starts_with_a_seek(graph: Graph, query: str) -> None:
    graph.load(WORLD)
    graph.run(STATISTICS)
    params = {name: value(given) for name, given in catalogue.load()[query].example.items()}
    plan = graph.gateway.explain(query, **params, me=VALUES["me"], audiences=[1, 2], visibilities=[1, 2])
    found = operators(plan)
    assert not {name for name in found if "Scan" in name}, found


# -- many at once, and how many in a day


def test_many_subjects_are_asked_of_as_one_by_one(bureau: Bureau) -> None:
    bureau.phone(bureau.case())
    bureau.named(bureau.case(bureau.eve), "Ana Díaz", "1980-05-17")
    bureau.load()
    rows = [phone(), question(names=({"name": "Nobody"},)), question(names=({"name": "Diaz Ana", "year": 1980},))]
    asked = tuple(SubjectSelectors(selectors=row.selectors, names=row.names) for row in rows)
    answer = bureau.deconfliction().check_rows(BulkCheckInput(rows=asked, reason="a raid"), 100.0)
    assert answer.firsts == [0, 1, 2]
    alone = [bureau.check(question=row).pointers for row in rows]
    assert [[p for p in answer.pointers if p.selector == n] for n in range(3)] == [
        [p.model_copy(update={"selector": n}) for p in found] for n, found in enumerate(alone)
    ]
    assert bureau.deconfliction().receipt(answer.receipt).pointers == answer.pointers
    wrong = SubjectSelectors.model_validate({"selectors": ({"kind": "phone", "value": "12"},)})
    with pytest.raises(InvalidInput) as refused:
        bureau.deconfliction().check_rows(BulkCheckInput(rows=(asked[0], wrong), reason="a raid"), 100.0)
    assert refused.value.field == "rows.1.selectors.0.value"


def test_how_many_selectors_one_may_ask_for_in_a_day(bureau: Bureau) -> None:
    """Misses count as hits do; the same again counts once; a refusal leaves at its moment too."""
    bureau.phone(bureau.case())
    bureau.load()

    def ask(*more: str) -> CheckAnswer:
        return Deconfliction(
            bureau.session(), key=KEY, answer_ms=1000, receipt_days=30, desk_contact=DESK, daily=2
        ).check(phone(*more), 100.0)

    ask()
    ask("+1 202 555 0144")
    ask()
    waited = len(bureau.source.last.waited)
    for _ in range(2):
        with pytest.raises(Quota):
            ask("+1 202 555 0145")
        assert len(bureau.source.last.waited) == waited
    bureau.graph.run("MATCH ()-[m:MADE]->(c:Check) SET c.at = c.at - duration('P2D'), m.at = c.at")
    ask("+1 202 555 0145")
