"""The hand-written cases that the printed commands show, with values that nothing else in the world shares.

Corvin Ashgrove (case one) and Velmir Nebyvalov (case two) are known to the agent, joined through a firm's
phone: four steps. A case of another office knows both under other spellings, and that one pays the other:
three steps, for those who see it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from icmgraph.demo.people import Squad, Staff
from icmgraph.demo.world import Case, Crossing, Link, Story, Subject, uid
from icmgraph.model.identifiers import IdentifierKind
from icmgraph.model.records import (
    AttributeInput,
    DisclosureMode,
    DocumentInput,
    EventInput,
    IdentifierInput,
    Involvement,
)

PHONE = "+1 202 555 0143"
FIRM_PHONE = "+1 202 555 0171"
RESERVED = frozenset({PHONE, FIRM_PHONE})
SILENT_UNTIL = datetime(2036, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Told:
    cases: tuple[Case, ...]
    crossings: tuple[Crossing, ...]
    story: Story


def _said(source: str, **values: str) -> tuple[AttributeInput, ...]:
    return tuple(AttributeInput(kind=kind, value=value, source=source) for kind, value in values.items())


def _known_by(source: str, **values: str) -> tuple[IdentifierInput, ...]:
    return tuple(
        IdentifierInput(kind=IdentifierKind(kind), value=value, source=source, confidence="high")
        for kind, value in values.items()
    )


def build(staff: Staff) -> Told:
    here = staff.squads[0]
    there = next(squad for squad in staff.squads if staff.named["other_agent"] in squad.agents)
    elsewhere = next(squad for squad in staff.squads if squad.code == "SC")
    wiretap = staff.caveat(f"Wiretap {here.code}-7", "wiretap", staff.named["intelligence_lead"], *here.agents[:1])
    cases = (
        _paper_heron(staff, here, wiretap),
        _tin_ferry(staff, here),
        _glass_orchard(staff, there),
        _hollow_comet(elsewhere),
    )
    heron, ferry, orchard, _ = cases
    ashgrove, nebyvalov = heron.subjects[0].id, ferry.subjects[1].id
    theirs, payee = orchard.subjects[0].id, orchard.subjects[1].id
    liaison = staff.named["liaison"]
    crossings = (
        _same(orchard, heron, theirs, ashgrove, liaison, "one photograph in both files, compared by hand"),
        _same(orchard, ferry, payee, nebyvalov, liaison, "same date of birth, and one handwriting on two receipts"),
    )
    return Told(
        cases,
        crossings,
        Story(
            cast={role: staff.named[role] for role in ("agent", "other_agent", "analyst", "supervisor", "auditor")},
            phone=PHONE,
            contact=staff.user(orchard.agent).contact,
            start=ashgrove,
            end=nebyvalov,
            agent_length=4,
            analyst_length=3,
            hidden=(orchard.id, theirs, payee),
        ),
    )


def _same(case: Case, other: Case, start: str, end: str, by: str, basis: str) -> Crossing:
    return Crossing(uid("same", start, end), "SAME_AS", (case.id, other.id), start, end, by, basis)


def _paper_heron(staff: Staff, squad: Squad, wiretap: str) -> Case:
    case, report = uid("case", "paper heron"), uid("document", "paper heron")
    man, firm, van = (uid("subject", "paper heron", who) for who in ("ashgrove", "firm", "van"))
    tapped = AttributeInput(kind="alias", value="The Bookkeeper", caveats=(wiretap,), confidence="medium")
    return Case(
        case, f"{squad.code}-2026-4471", "Operation Paper Heron", "narcotics", date(2026, 2, 3), None, squad.unit,
        (squad.unit, staff.intelligence), squad.agents[0],
        assigned=((squad.agents[1], ("read", "write")),),
        subjects=(
            Subject(
                man, "Person", "target",
                (*_said(report, name="Corvin Ashgrove", birth_date="1981-04", nationality="Meridian"), tapped),
                _known_by(report, email="c.ashgrove@heron-vale.example.com", document="MX 4471902"),
            ),
            Subject(
                firm, "Organization", "associate", _said(report, name="Heron & Vale Imports"),
                _known_by(report, phone=FIRM_PHONE, account="XX07 EXMP 0000 4471 02"),
            ),
            Subject(van, "Vehicle", "associate", _said(report, make="Marlow", model="Estate", colour="green"),
                    _known_by(report, plate="HCN 4471")),
        ),
        documents=((report, DocumentInput(kind="report of investigation", title="First report: the green estate car",
                                          written=date(2026, 2, 4), mentions=(man, firm))),),
        events=((
            uid("event", "paper heron"),
            EventInput(
                kind="meeting", description="The target hands over two parcels",
                starts=datetime(2026, 2, 17, 21, 30, tzinfo=UTC), ends=datetime(2026, 2, 17, 21, 50, tzinfo=UTC),
                latitude=38.9, longitude=-77.04,
                address=IdentifierInput(kind=IdentifierKind.ADDRESS, value="4471 Ferry Street", postcode="00171"),
                involved=(Involvement(subject=man, role="target"), Involvement(subject=van, role="vehicle")),
            ),
        ),),
        links=(
            Link(uid("link", man, firm), "owns", man, firm),
            Link(uid("link", firm, van), "owns", firm, van),
        ),
    )  # fmt: skip


def _tin_ferry(staff: Staff, squad: Squad) -> Case:
    case, report = uid("case", "tin ferry"), uid("document", "tin ferry")
    woman, man = (uid("subject", "tin ferry", who) for who in ("marrow", "nebyvalov"))
    return Case(
        case, f"{squad.code}-2026-7120", "Operation Tin Ferry", "narcotics", date(2026, 4, 20), None, squad.unit,
        (squad.unit, staff.intelligence), squad.agents[0],
        subjects=(
            Subject(woman, "Person", "associate", _said(report, name="Selda Marrowbone", alias="Sel"),
                    _known_by(report, phone=FIRM_PHONE)),
            Subject(man, "Person", "suspect",
                    _said(report, name="Небывалов Вельмир", alias="Velmir Nebyvalov", birth_date="1977-11-30"),
                    _known_by(report, handle="@velmir_7120")),
        ),
        documents=((report, DocumentInput(kind="statement", title="Statement of a deckhand",
                                          written=date(2026, 4, 21), mentions=(woman, man))),),
        links=(Link(uid("link", woman, man), "associates", woman, man),),
    )  # fmt: skip


def _glass_orchard(staff: Staff, squad: Squad) -> Case:
    """The other office's: it alone knows the phone, and both men."""
    case, report = uid("case", "glass orchard"), uid("document", "glass orchard")
    payer, payee = (uid("subject", "glass orchard", who) for who in ("ashgrove", "nebyvalov"))
    return Case(
        case, f"{squad.code}-2025-0386", "Operation Glass Orchard", "trafficking", date(2025, 9, 8), None, squad.unit,
        (squad.unit, staff.intelligence), staff.named["other_agent"],
        assigned=((staff.named["liaison"], ("read", "write")), (staff.named["task_force"], ("read",))),
        subjects=(
            Subject(payer, "Person", "suspect", _said(report, name="C. Ashgrove", birth_date="1981-04-12"),
                    _known_by(report, phone=PHONE)),
            Subject(payee, "Person", "target", _said(report, name="Velmir Nebyvalow", birth_date="1977-11-30"),
                    _known_by(report, account="XX07 EXMP 0000 0386 11")),
        ),
        documents=((report, DocumentInput(kind="surveillance log", title="Payments, September",
                                          written=date(2025, 9, 30), mentions=(payer, payee))),),
        links=(Link(uid("link", payer, payee), "pays", payer, payee),),
    )  # fmt: skip


def _hollow_comet(squad: Squad) -> Case:
    """Restricted and silent: it knows the phone too, and no answer but its holder's notice tells."""
    case = uid("case", "hollow comet")
    return Case(
        case, f"{squad.code}-2026-9055", "Inquiry Hollow Comet", "corruption", date(2026, 5, 11), None, squad.unit,
        (), squad.agents[0], disclosure=DisclosureMode.SILENT, disclosure_until=SILENT_UNTIL,
        subjects=(
            Subject(
                uid("subject", "hollow comet"), "Person", "target",
                (AttributeInput(kind="name", value="Quill Foxmantle"),),
                (IdentifierInput(kind=IdentifierKind.PHONE, value=PHONE),),
            ),
        ),
    )  # fmt: skip
