"""The random part of the demo world: a few hundred cases whose people, phones and cars meet now and then."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from icmgraph.demo import words
from icmgraph.demo.people import Squad, Staff
from icmgraph.demo.story import RESERVED
from icmgraph.demo.world import SEED, Case, Crossing, Link, Subject, uid
from icmgraph.model.identifiers import IdentifierKind
from icmgraph.model.records import (
    AttributeInput,
    Confidence,
    DisclosureMode,
    DocumentInput,
    EventInput,
    IdentifierInput,
    Involvement,
)

T = TypeVar("T")

CASES = 340
TAXI_PHONE = "+1 202 555 0100"
TAXI_SHARE = 0.85
"""Of the cases so many have somebody who called the taxi firm: a hub of more than 200 holders."""
RESTRICTED, BROKERED = 0.10, 0.05
KNOWN_AGAIN = 0.22
"""Of the persons in a case so many are among the figures whom several cases meet."""
FIGURES, SHARED_PHONES, SHARED_ADDRESSES = 90, 60, 40
SAME, RELATED = 40, 15
FIRST_DAY, LAST_DAY = date(2022, 1, 3), date(2026, 5, 29)

_KINDS = {
    "Person": 62,
    "Vehicle": 13,
    "Organization": 11,
    "Account": 6,
    "Place": 4,
    "Thing": 2,
    "Vessel": 1,
    "Aircraft": 1,
}
_CONFIDENCES: tuple[Confidence | None, ...] = ("low", "medium", "high", None)


@dataclass(frozen=True, slots=True)
class Figure:
    """Somebody whom several cases may meet, each under what it knows."""

    number: int
    names: tuple[str, ...]
    birth_date: str
    nationality: str
    identifiers: tuple[tuple[IdentifierKind, str], ...]


@dataclass
class _Maker:
    staff: Staff
    rng: random.Random
    phones: list[str] = field(default_factory=list)
    shared_phones: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    serial: int = 0
    met: dict[int, list[tuple[Case, str]]] = field(default_factory=dict)
    """Figure -> (case, subject) in which it stands."""

    def zipf(self, things: Sequence[T]) -> T:
        """The first of a list most often, then half, a third ...: what is shared is shared by a power law."""
        return self.rng.choices(things, [1 / rank for rank in range(1, len(things) + 1)])[0]

    def prepare(self) -> None:
        phones = [f"+1 {area} 555 01{n:02}" for area in words.AREAS for n in range(100)]
        phones = [phone for phone in phones if phone not in RESERVED and phone != TAXI_PHONE]
        self.rng.shuffle(phones)
        self.shared_phones, self.phones = phones[:SHARED_PHONES], phones[SHARED_PHONES:]
        self.addresses = [
            f"{self.rng.randrange(1, 999)} {self.rng.choice(words.STREETS)}" for _ in range(SHARED_ADDRESSES)
        ]
        self.figures = [self.figure() for _ in range(FIGURES)]

    def figure(self) -> Figure:
        rng = self.rng
        self.serial += 1
        script = rng.choices(words.SCRIPTS, words.SCRIPT_WEIGHTS)[0]
        given, family = rng.choice(script.given), rng.choice(script.family)
        order = (family, given) if script.family_first else (given, family)
        names = [script.separator.join(order)]
        if script is words.SCRIPTS[0]:
            names.append(f"{given[0]}. {family}" if rng.random() < 0.5 else f"{family}, {given}")
        born = date(rng.randrange(1950, 2005), rng.randrange(1, 13), rng.randrange(1, 29)).isoformat()
        return Figure(self.serial, tuple(names), born[: rng.choice((4, 7, 10, 10))], script.nationality, self.reached())

    def reached(self) -> tuple[tuple[IdentifierKind, str], ...]:
        """How one may be reached: mostly a phone of one's own, sometimes one that others use too."""
        rng, found = self.rng, []
        if rng.random() < 0.75:
            own = rng.random() < 0.85 and bool(self.phones)
            found.append((IdentifierKind.PHONE, self.phones.pop() if own else self.zipf(self.shared_phones)))
        if rng.random() < 0.35:
            domain = rng.choice(words.DOMAINS)
            found.append((IdentifierKind.EMAIL, f"{rng.choice(words.NOUNS).lower()}{self.serial}@{domain}"))
        if rng.random() < 0.3:
            shared = rng.random() < 0.5
            found.append((IdentifierKind.ADDRESS, self.zipf(self.addresses) if shared else f"{self.serial} New Quay"))
        if rng.random() < 0.15:
            found.append((IdentifierKind.DOCUMENT, f"MX {rng.randrange(10**6, 10**7)}"))
        if rng.random() < 0.1:
            found.append((IdentifierKind.HANDLE, f"@{rng.choice(words.NOUNS).lower()}_{self.serial}"))
        return tuple(found)

    # -- one case

    def case(self, number: int, squad: Squad) -> Case:
        rng, id = self.rng, uid("case", number)
        opened = FIRST_DAY + timedelta(days=rng.randrange((LAST_DAY - FIRST_DAY).days))
        closed = opened + timedelta(days=rng.randrange(90, 500)) if rng.random() < 0.3 else None
        documents = tuple(self.document(number, n, opened) for n in range(rng.choice((0, 1, 1, 2, 3))))
        agent = rng.choice(squad.agents)
        others = [other for other in squad.agents if other != agent]
        helpers = rng.sample(others, rng.choice((0, 0, 1, 2)))
        bare = Case(
            id, f"{squad.code}-{opened.year}-{rng.randrange(1000, 9999)}",
            f"Operation {rng.choice(words.ADJECTIVES)} {rng.choice(words.NOUNS)}", rng.choice(words.CATEGORIES),
            opened, closed if closed and closed < LAST_DAY else None, squad.unit, self.openness(squad), agent,
            assigned=tuple((helper, ("read", "write")) for helper in helpers) + self.guests(),
            disclosure=DisclosureMode.BROKERED if rng.random() < BROKERED else None,
        )  # fmt: skip
        source = documents[0][0] if documents else None
        subjects, figures = self.subjects(bare, source)
        for subject, figure in figures:
            self.met.setdefault(figure, []).append((bare, subject))
        ids = [subject.id for subject in subjects]
        return replace(
            bare,
            subjects=tuple(subjects),
            documents=tuple((one, text.model_copy(update={"mentions": tuple(ids[:3])})) for one, text in documents),
            events=tuple(self.event(bare, n, subjects) for n in range(rng.choice((0, 0, 1, 1, 2, 3)))),
            links=self.links(bare, ids),
        )

    def openness(self, squad: Squad) -> tuple[str, ...]:
        if self.rng.random() < RESTRICTED:
            return ()
        choice = self.rng.random()
        if choice < 0.05:
            return (self.staff.bureau,)
        return (squad.unit if choice < 0.55 else squad.office, self.staff.intelligence)

    def guests(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        guest = {0: "attorney", 1: "task_force"}.get(self.rng.randrange(30))
        return ((self.staff.named[guest], ("read",)),) if guest else ()

    def subjects(self, case: Case, source: str | None) -> tuple[list[Subject], list[tuple[str, int]]]:
        """The case's subjects, and which of them are figures that others meet too."""
        rng = self.rng
        made: list[Subject] = []
        figures: list[tuple[str, int]] = []
        for n in range(rng.choice((1, 2, 3, 3, 4, 4, 5, 6))):
            id = uid("subject", case.id, n)
            kind = "Person" if n == 0 else rng.choices(list(_KINDS), list(_KINDS.values()))[0]
            if kind == "Person":
                again = rng.random() < KNOWN_AGAIN
                figure = self.zipf(self.figures) if again else self.figure()
                if again and figure.number not in {met for _, met in figures}:
                    figures.append((id, figure.number))
                made.append(self.person(id, figure, case, source, taxi=n == 0 and rng.random() < TAXI_SHARE))
            else:
                made.append(self.thing(id, kind, source))
        return made, figures

    def person(self, id: str, figure: Figure, case: Case, source: str | None, *, taxi: bool) -> Subject:
        rng = self.rng
        said: list[AttributeInput] = [self.said("name", figure.names[0], source)]
        said += [self.said("alias", name, source) for name in figure.names[1:] if rng.random() < 0.4]
        for kind, value, share in (
            ("birth_date", figure.birth_date, 0.7),
            ("nationality", figure.nationality, 0.3),
            ("description", rng.choice(words.DESCRIPTIONS), 0.15),
        ):
            if rng.random() < share:
                said.append(self.said(kind, value, source, caveats=self.caveat(case)))
        known = [
            IdentifierInput(kind=kind, value=value, source=source, caveats=self.caveat(case))
            for kind, value in figure.identifiers
        ]
        if taxi:
            known.append(IdentifierInput(kind=IdentifierKind.PHONE, value=TAXI_PHONE, confidence="low"))
        role = rng.choice(words.ROLES)
        caveats = self.caveat(case) if role == "informant" else ()
        return Subject(id, "Person", role, tuple(said), tuple(known), caveats)

    def caveat(self, case: Case) -> tuple[str, ...]:
        """Rarely one of those whose list the case's agent is on."""
        held = [caveat.id for caveat in self.staff.caveats if case.agent in caveat.cleared]
        return (self.rng.choice(held),) if held and self.rng.random() < 0.04 else ()

    def said(self, kind: str, value: str, source: str | None, **more: Any) -> AttributeInput:
        confidence = self.rng.choice(_CONFIDENCES)
        return AttributeInput(kind=kind, value=value, source=source, confidence=confidence, **more)

    def thing(self, id: str, kind: str, source: str | None) -> Subject:
        rng = self.rng
        self.serial += 1
        said: dict[str, str] = {}
        known: list[tuple[IdentifierKind, str]] = []
        if kind == "Vehicle":
            make, model = rng.choice(words.MAKES)
            said = {"make": make, "model": model, "colour": rng.choice(words.COLOURS)}
            # A car of the pool of forty is seen by several cases.
            plate = rng.randrange(40) if rng.random() < 0.25 else 1000 + self.serial
            known = [(IdentifierKind.PLATE, f"QZX {plate:04}")]
        elif kind == "Account":
            said = {"description": "current account"}
            account = rng.randrange(25) if rng.random() < 0.3 else 1000 + self.serial
            known = [(IdentifierKind.ACCOUNT, f"XX07 EXMP {account:08}")]
        elif kind == "Place":
            said = {"name": f"{rng.choice(words.ADJECTIVES)} {rng.choice(words.NOUNS)} Inn"}
            known = [(IdentifierKind.ADDRESS, self.zipf(self.addresses))]
        else:
            said = {"name": f"{rng.choice(words.FAMILY)} {rng.choice(words.FIRMS)}"}
            if kind == "Organization":
                known = list(self.reached())
        attributes = tuple(self.said(name, value, source) for name, value in said.items())
        identifiers = tuple(IdentifierInput(kind=one, value=value, source=source) for one, value in known)
        return Subject(id, kind, "associate", attributes, identifiers)

    def document(self, number: int, n: int, opened: date) -> tuple[str, DocumentInput]:
        kind = self.rng.choice(words.DOCUMENTS)
        written = opened + timedelta(days=self.rng.randrange(60))
        title = f"{kind.capitalize()} {self.rng.randrange(100, 999)}"
        return uid("document", number, n), DocumentInput(kind=kind, title=title, written=written)

    def event(self, case: Case, n: int, subjects: Sequence[Subject]) -> tuple[str, EventInput]:
        rng = self.rng
        starts = datetime(case.opened.year, case.opened.month, case.opened.day, rng.randrange(24), tzinfo=UTC)
        starts += timedelta(days=rng.randrange(45), minutes=rng.randrange(60))
        people = [subject.id for subject in subjects if subject.kind == "Person"][:2]
        involved = tuple(Involvement(subject=one, role=rng.choice(("present", "named"))) for one in people)
        kind = rng.choice(("call", "meeting", "transfer", "seizure"))
        more: dict[str, Any] = {}
        if kind == "call":
            more["duration"] = rng.randrange(5, 1800)
        elif kind == "transfer":
            more["amount"] = f"{rng.randrange(200, 9900)}.00 USD"
        else:
            place = self.zipf(self.addresses)
            more["address"] = IdentifierInput(kind=IdentifierKind.ADDRESS, value=place)
            more["ends"] = starts + timedelta(minutes=rng.randrange(10, 240))
        return uid("event", case.id, n), EventInput(kind=kind, starts=starts, involved=involved, **more)

    def links(self, case: Case, subjects: Sequence[str]) -> tuple[Link, ...]:
        pairs = [(a, b) for i, a in enumerate(subjects) for b in subjects[i + 1 :]]
        chosen = self.rng.sample(pairs, min(len(pairs), self.rng.randrange(len(subjects) + 1)))
        return tuple(Link(uid("link", a, b), self.rng.choice(words.LINKS), a, b) for a, b in chosen)

    # -- between cases

    def writes_and_sees(self, case: Case, other: Case) -> bool:
        """The agent of ``case`` sees ``other``: by their squad, its office, the bureau or an assignment."""
        squad = next(squad for squad in self.staff.squads if squad.unit == case.unit)
        seen_by_unit = {squad.unit, squad.office, self.staff.bureau} & set(other.open_to)
        return bool(seen_by_unit) or case.agent in {other.agent, *(user for user, _ in other.assigned)}

    def crossings(self, cases: Sequence[Case]) -> list[Crossing]:
        same = [
            Crossing(uid("same", mine, theirs), "SAME_AS", (case.id, other.id), mine, theirs, case.agent,
                     self.rng.choice(("same date of birth and photograph", "same fingerprints", "own statement")))
            for standing in self.met.values()
            for case, mine in standing
            for other, theirs in standing
            if case.id < other.id and self.writes_and_sees(case, other)
        ]  # fmt: skip
        pairs = [(a, b) for a in cases for b in cases if a.id < b.id and a.agent == b.agent]
        related = [
            Crossing(uid("related", a.id, b.id), "RELATED_TO", (a.id, b.id), a.id, b.id, a.agent, "follow-up inquiry")
            for a, b in self.rng.sample(pairs, RELATED)
        ]
        return self.rng.sample(same, min(SAME, len(same))) + related


def build(staff: Staff) -> tuple[list[Case], list[Crossing]]:
    """The random cases and what joins them."""
    make = _Maker(staff, random.Random(SEED))  # noqa: S311
    make.prepare()
    cases = [make.case(number, staff.squads[number % len(staff.squads)]) for number in range(CASES)]
    crossings = make.crossings(cases)
    return cases, crossings
