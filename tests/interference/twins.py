"""Twin worlds: two worlds of which one person sees the same. What is hidden differs as much as it can.

``twin`` takes hidden things away, puts others in, and changes the labels of some. What it puts in belongs to cases of
which the person holds none: subjects of the same names and identifiers as visible ones, what those cases say of
visible records, hubs, and values that raise when a query computes with them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields, replace
from typing import Any

from icmgraph.model.access import Own
from tests.interference.sight import Sight, restrict
from tests.worlds.strategies import KEYS, NAMES, STREET, TO_COME
from tests.worlds.world import (
    AGO,
    AHEAD,
    FAR_AHEAD,
    LONG_AGO,
    Addressed,
    Assignment,
    CaseFacts,
    Caveat,
    Clearance,
    Key,
    Link,
    Record,
    Unit,
    User,
    World,
    uid,
)

HUB = 12
"""Hidden holders of one identifier: more than the tests' limits for hubs."""
POISON = "not a date"
"""Raises as soon as a query takes it for one."""
AWAY = uid("unit-9")
OTHER = uid("user-9")
FORBIDDEN = uid("caveat-9")
HIDDEN_CASES = (uid("case-98"), uid("case-99"))


@dataclass
class _Hidden:
    """A world in which more is hidden from ``me``; its own ids, so that it can go on from another."""

    world: World
    me: str
    random: random.Random
    silent: bool = False
    prefix: str = "twin"
    added: dict[str, list[Any]] = field(default_factory=lambda: {part.name: [] for part in fields(World)})

    def id(self, kind: str) -> str:
        return uid(f"{self.prefix} {kind} {sum(map(len, self.added.values()))}")

    def some(self, of: Iterable[Any], most: int) -> list[Any]:
        several = list(of)
        return self.random.sample(several, min(len(several), self.random.randint(0, most)))

    def one(self, of: Iterable[Any]) -> Any:
        return self.random.choice(list(of))

    def said(self) -> dict[str, Any]:
        return {"asserted_by": OTHER, "source": uid("nothing"), "originator": "a hidden partner"}

    def own(self, case: str) -> Own:
        return Own((case,), (), self.one(((), (), (FORBIDDEN,))))

    def record(self, label: str, own: Own, under: str | None = None, **properties: Any) -> str:
        made = Record(id=self.id(label), label=label, own=own, under=under, properties=properties, **self.said())
        self.added["records"].append(made)
        return made.id

    def link(self, type: str, own: Own, start: str, end: str | Key, **properties: Any) -> str:
        made = Link(id=self.id(type), type=type, own=own, start=start, end=end, properties=properties, **self.said())
        self.added["links"].append(made)
        return made.id

    def case(self, id: str) -> None:
        """A case that nobody leads or has open; ``OTHER`` works in it."""
        mode = {"disclosure": "silent", "disclosure_until": FAR_AHEAD} if self.silent else {}
        facts = {
            "number": "N-000", "title": "Hidden", "kind": "criminal", "status": "open", "opened": AGO.date(),
            "closed_to_leaders": True, **mode,
        }  # fmt: skip
        self.added["cases"].append(CaseFacts(id=id, unit=AWAY, closed_to_leaders=True))
        self.added["records"].append(Record(id=id, label="Case", own=Own((id,)), properties=facts))

    def subject(self, case: str, keys: Iterable[Key] = KEYS) -> str:
        """Of the same names and identifiers as others."""
        own = self.own(case)
        subject = self.record("Subject", own, kind="Person")
        self.link("SUBJECT_OF", Own((case,)), subject, case, role="suspect")
        for name in self.some(NAMES, 3):
            self.record("Attribute", own, subject, kind=self.one(("name", "alias")), value=name)
        self.record("Attribute", own, subject, kind="birth_date", value=self.one(("1980", POISON)))
        for key in self.some(keys, 3):
            self.link("HAS_IDENTIFIER", own, subject, key, as_written=key.value, normaliser="1")
        return subject

    def about(self, case: str, record: Record) -> None:
        """What a hidden case says of a record, visible or not."""
        own, key = self.own(case), self.one(KEYS)
        if record.label == "Subject":
            self.record("Attribute", own, record.id, kind="name", value=self.one((*NAMES, "Zoe Hidden")))
            self.record("Attribute", own, record.id, kind="birth_date", value=POISON)
            self.link("HAS_IDENTIFIER", own, record.id, key, as_written=key.value, normaliser="1")
            cases = tuple(dict.fromkeys((*record.own.cases, case)))
            same = self.subject(case)
            start, end = self.one(((same, record.id), (record.id, same)))
            self.link("SAME_AS", Own(cases, (), own.caveats), start, end, basis="hidden")
            self.link("SUBJECT_OF", Own((case,)), record.id, case, role="victim")
            self.link("LINKED_TO", own, record.id, same, kind="calls")
        elif record.label == "Case":
            self.link("RELATED_TO", Own((record.id, case)), record.id, case, kind="follow-up", reason="hidden")
        elif record.label == "Document":
            self.link("MENTIONS", own, record.id, key, as_written=key.value, normaliser="1")
            self.link("MENTIONS", own, record.id, self.subject(case))
        elif record.label == "Event":
            self.link("AT", own, record.id, key, as_written=key.value, normaliser="1")
            self.link("INVOLVED_IN", own, self.subject(case), record.id, role="present")
        if record.label in ("Case", "Subject", "Document", "Event"):
            entry = self.record("Entry", own, act="subject.add", at=self.one((LONG_AGO, AGO)), content=None)
            self.link("ABOUT", own, entry, record.id)

    def meeting(self, case: str) -> None:
        """An event and a document of its own, with values that no query may compute with."""
        event = self.record("Event", self.own(case), kind="meeting", starts=POISON, ends=POISON, description="Hidden")
        self.link("PART_OF", Own((case,)), event, case)
        planned = self.record("Event", self.own(case), kind="meeting", description="Hidden", **TO_COME)
        self.link("PART_OF", Own((case,)), planned, case)
        self.link("AT", Own((case,)), planned, STREET, as_written="Hidden", normaliser="1")
        document = self.record("Document", self.own(case), kind="report", title="Hidden", written=POISON)
        self.link("FILED_IN", Own((case,)), document, case)
        for key in self.some(KEYS, 2):
            self.link("MENTIONS", Own((case,)), document, key, as_written=key.value, normaliser="1")

    def addressed(self) -> None:
        """What stands in the inbox and lists of another."""
        given = {"kind": "match", "at": AGO, "body": "{}"}
        self.added["addressed"].append(Addressed(id=self.id("notice"), label="Notice", user=OTHER, properties=given))
        side = {
            "key": "hidden", "at": AGO, "state": "new", "mode": "open", "caveats": [], "contact": "Hidden",
            "matches": POISON, "desk": False, "owner": OTHER,
        }  # fmt: skip
        both = Addressed(id=self.id("side"), label="ConflictSide", user=OTHER, theirs=side, properties=side)
        self.added["addressed"].append(both)
        kept = {"at": AGO, "report": POISON}
        self.added["addressed"].append(Addressed(id=self.id("report"), label="Report", user=OTHER, properties=kept))

    def made(self) -> World:
        parts = {name: (*getattr(self.world, name), *items) for name, items in self.added.items()}
        return replace(self.world, **parts)


def with_other(world: World, me: str, *, silent: bool = False) -> World:
    """``world`` with somebody who works in two cases of which ``me`` sees nothing, in a unit that nobody leads."""
    hidden = _Hidden(world, me, random.Random(0), silent)
    hidden.added["units"].append(Unit(id=AWAY, name="Away"))
    hidden.added["caveats"].append(Caveat(id=FORBIDDEN, name="Forbidden", kind="other"))
    assigned = tuple(Assignment(id=uid(f"assignment-9{n}"), case=case) for n, case in enumerate(HIDDEN_CASES))
    other = User(id=OTHER, name="Other", contact="Other", cleared=(Clearance(caveat=FORBIDDEN),), assigned=assigned)
    hidden.added["users"].append(other)
    for case in HIDDEN_CASES:
        hidden.case(case)
    return hidden.made()


def twin(world: World, me: str, seed: int, *, silent: bool = False) -> World:
    """Another world of which ``me`` sees the same.

    Args:
        world: made by ``with_other``.
        silent: what is added is of silent cases only, and nothing else changes: not even a check tells of it.
    """
    rng = random.Random(seed)
    if not silent:
        for change in rng.sample(CHANGES, rng.randint(0, len(CHANGES))):
            world = change(world, Sight(world, me), rng)
    hidden = _Hidden(world, me, rng, silent)
    visible = [record for record in world.records if record.id in Sight(world, me).seen]
    for case in HIDDEN_CASES:
        for _ in range(rng.randint(0, 3)):
            hidden.subject(case)
        hidden.meeting(case)
        for record in hidden.some(visible, 4):
            hidden.about(case, record)
    if rng.random() < 0.5:
        key = hidden.one(KEYS)
        for _ in range(HUB):
            hidden.subject(HIDDEN_CASES[0], [key])
    hidden.addressed()
    made = hidden.made()
    shared = {record.id for record in hidden.some(visible, 2) if record.label in ("Subject", "Document", "Event")}
    return replace(made, records=tuple(_shared(record) if record.id in shared else record for record in made.records))


def _shared(record: Record) -> Record:
    """With a hidden case too: nothing is hidden by that, and nothing shown."""
    return replace(record, own=replace(record.own, shared=(*record.own.shared, HIDDEN_CASES[1])))


# -- changes of what is hidden already


def _removed(world: World, sight: Sight, rng: random.Random) -> World:
    """Some hidden records with all that hangs on them, and some hidden relationships."""
    records = {r.id: r for r in world.records}
    gone = {r.id for r in world.records if r.id not in sight.seen and r.label != "Case" and rng.random() < 0.5}
    gone = {r.id for r in world.records if r.id in gone or (r.under in gone and r.id in records)}

    def stays(link: Link) -> bool:
        return link.start not in gone and link.end not in gone and (link.id in sight.seen or rng.random() < 0.5)

    kept = tuple(record for record in world.records if record.id not in gone)
    return replace(world, records=kept, links=tuple(filter(stays, world.links)))


def _relabelled(world: World, sight: Sight, rng: random.Random) -> World:
    """A caveat on some hidden things."""

    def after(item: Any) -> Any:
        if item.id in sight.seen or getattr(item, "label", "") == "Case" or rng.random() < 0.5:
            return item
        return replace(item, own=replace(item.own, caveats=tuple(sorted({*item.own.caveats, FORBIDDEN}))))

    return replace(world, records=tuple(map(after, world.records)), links=tuple(map(after, world.links)))


def _said_otherwise(world: World, sight: Sight, rng: random.Random) -> World:
    """What hidden things say; and what visible ones say that is not shown."""

    def after(item: Any) -> Any:
        if item.id in sight.seen:
            return replace(item, source=uid("nothing")) if item.source and item.source not in sight.seen else item
        if getattr(item, "label", "") == "Attribute":
            return replace(item, properties={**item.properties, "value": rng.choice((*NAMES, POISON))})
        if getattr(item, "label", "") == "Event":
            return replace(item, properties={**item.properties, "starts": POISON})
        return replace(item, confidence=rng.choice((None, "low")), originator="another")

    return replace(world, records=tuple(map(after, world.records)), links=tuple(map(after, world.links)))


def _pointed_elsewhere(world: World, sight: Sight, rng: random.Random) -> World:
    """Hidden ends of identifiers."""

    def after(link: Link) -> Link:
        move = link.id not in sight.seen and isinstance(link.end, Key) and rng.random() < 0.7
        return replace(link, end=rng.choice(KEYS)) if move else link

    return replace(world, links=tuple(map(after, world.links)))


def _others(world: World, sight: Sight, rng: random.Random) -> World:
    """What others were granted of what ``me`` does not hold, and what is addressed to them."""

    def after(user: User) -> User:
        if user.id == sight.me:
            return user
        kept = tuple(one for one in user.assigned if one.case in sight.held or rng.random() < 0.5)
        cleared = (*user.cleared, Clearance(caveat=FORBIDDEN, ends=AHEAD))
        return replace(user, assigned=kept, cleared=cleared)

    kept = tuple(item for item in world.addressed if sight.reached_by(item) or rng.random() < 0.5)
    return replace(world, users=tuple(map(after, world.users)), addressed=kept)


CHANGES: tuple[Callable[[World, Sight, random.Random], World], ...] = (
    _removed,
    _relabelled,
    _said_otherwise,
    _pointed_elsewhere,
    _others,
)


def seen_alike(one: World, other: World, me: str) -> bool:
    """Whether ``me`` sees the same of both: what makes them twins."""
    return repr(restrict(one, me)) == repr(restrict(other, me))
