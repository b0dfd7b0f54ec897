"""A small world as plain values: who works where, and what each case asserts.

Only what is *said* stands here: each assertion's own (cases, shared, caveats). Labels are not: the loader
computes them with the product's pure functions, and the oracle (tests/interference/oracle.py) decides who
sees what from own alone, never from an expression.

Implied, and so not listed: Identifier nodes (by the links that end in a ``Key``), and the HAS_ATTRIBUTE,
NameKey and KEY_OF of an Attribute, which carry its labels.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from icmgraph.model.access import Own
from icmgraph.model.checks import CheckInput, as_typed, normal_form

LONG_AGO = datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC)
AGO = datetime(2002, 2, 3, 4, 5, 6, tzinfo=UTC)
AHEAD = datetime(2098, 7, 8, 9, 10, 11, tzinfo=UTC)
FAR_AHEAD = datetime(2099, 7, 8, 9, 10, 11, tzinfo=UTC)
"""Whatever the clock says when a test runs, it is between AGO and AHEAD."""

ELSEWHERE = "00000000-0000-4000-8000-e15e00000000"
"""The case that asserts what a restricted world keeps of cases not held; nobody is assigned to it."""

_TAILS = {
    "unit": "0417",
    "user": "05e8",
    "caveat": "ca7e",
    "case": "ca5e",
    "subject": "5abe",
    "attribute": "a778",
    "document": "d0c0",
    "event": "e7e0",
    "entry": "e878",
    "link": "1148",
    "assignment": "a551",
    "check": "c4ec",
    "notice": "0071",
    "registration": "4e60",
    "report": "4e90",
}


def uid(name: str) -> str:
    """The id of ``subject-3`` and its like: UUIDv4-shaped, in no order, its end tells what it is."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    kind, _, number = name.partition("-")
    tail = _TAILS[kind] + number.zfill(8) if kind in _TAILS and number.isdigit() else digest[8:20]
    return f"{digest[:8]}-0000-4000-8000-{tail}"


class Key(NamedTuple):
    """An identifier that a link ends in."""

    kind: str
    value: str

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """In force from ``starts`` (included) to ``ends``; None is unbounded."""

    starts: datetime | None = None
    ends: datetime | None = None

    def in_force(self) -> bool:
        """In every moment between AGO and AHEAD."""
        return (self.starts is None or self.starts <= AGO) and (self.ends is None or self.ends > AGO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    id: str
    name: str
    parent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Caveat:
    id: str
    name: str
    kind: str = "other"
    custodian: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership(Dated):
    unit: str
    sight: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead(Dated):
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Clearance(Dated):
    caveat: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment(Dated):
    id: str
    case: str
    functions: tuple[str, ...] = ("read", "write")
    agent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    id: str
    name: str
    user_class: str = "agent"
    contact: str = ""
    desk: bool = False
    email: str | None = None
    webhook: str | None = None
    member_of: tuple[Membership, ...] = ()
    leads: tuple[Lead, ...] = ()
    cleared: tuple[Clearance, ...] = ()
    assigned: tuple[Assignment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """What policy knows of a case. Its record (number, title ...) is among the world's records."""

    id: str
    unit: str
    open_to: tuple[str, ...] = ()
    closed_to_leaders: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Assertion:
    id: str
    own: Own
    properties: Mapping[str, Any] = field(default_factory=dict)
    asserted_by: str | None = None
    asserted_at: datetime = LONG_AGO
    source: str | None = None
    confidence: str | None = None
    originator: str | None = None
    hold: str | None = None
    retention_class: str | None = None

    def said(self) -> dict[str, Any]:
        """Its properties but own, None left out as the database leaves them out."""
        names = ("asserted_by", "asserted_at", "source", "confidence", "originator", "hold", "retention_class")
        given = {"id": self.id, **self.properties, **{name: getattr(self, name) for name in names}}
        return {name: value for name, value in given.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Assertion):
    """``label``: Case, Subject, Attribute, Document, Event or Entry. ``under``: an Attribute's Subject."""

    label: str
    under: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link(Assertion):
    type: str
    start: str
    end: str | Key

    @property
    def other(self) -> str:
        """Its end as text that no other node has: a record's id or an identifier's key."""
        return self.end.key if isinstance(self.end, Key) else self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressed:
    """A Check, Registration or Job of a user's, a Report they saved, a Notice to them or their ConflictSide; the label

    says which."""

    id: str
    label: str
    user: str | None
    properties: Mapping[str, Any]
    case: str | None = None
    """The case a check's receipt was attached to, or that a side of a conflict is over."""
    seeks: tuple[str, ...] = ()
    """Keys of a registration."""
    refusals: int = 0
    """Rows of a job that were not written: the first ones."""
    theirs: Mapping[str, Any] | None = None
    """The other side of a conflict, if it has a part."""


def match_report(id: str, user: str, case: str, **properties: Any) -> Addressed:
    """A standing match report of a case, long due."""
    given = {
        "kind": "case", "case": case, "mode": "open", "at": AGO, "expires_at": AHEAD, "reason": "a year of it",
        "reference": f"reference of {id}", "sought": "[]", "typed": [], "due": AGO, "reported": LONG_AGO,
        "last": f"the check before of {id}", **properties,
    }  # fmt: skip
    return Addressed(id=id, label="Registration", user=user, properties=given)


@dataclass(frozen=True, slots=True, repr=False)
class World:
    units: tuple[Unit, ...] = ()
    caveats: tuple[Caveat, ...] = ()
    users: tuple[User, ...] = ()
    cases: tuple[CaseFacts, ...] = ()
    records: tuple[Record, ...] = ()
    links: tuple[Link, ...] = ()
    addressed: tuple[Addressed, ...] = ()

    def user(self, id: str) -> User:
        return next(user for user in self.users if user.id == id)

    def record(self, id: str) -> Record:
        return next(record for record in self.records if record.id == id)

    def labelled(self, *labels: str) -> Iterator[Record]:
        return (record for record in self.records if record.label in labels)

    @property
    def keys(self) -> tuple[Key, ...]:
        return tuple(sorted({link.end for link in self.links if isinstance(link.end, Key)}))

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """How hypothesis shows it."""
        printer.text(repr(self))

    def __repr__(self) -> str:
        return readable("\n".join(_lines(self)))


def readable(text: str) -> str:
    """``text`` with the ids that ``uid`` made as the names they were made of."""
    kinds = {tail: kind for kind, tail in _TAILS.items()}

    def name(match: re.Match[str]) -> str:
        kind = kinds.get(match[1])
        return f"{kind}-{int(match[2])}" if kind and match[2].isdigit() else match[0]

    shorter = re.sub(r"[0-9a-f]{8}-0000-4000-8000-([0-9a-f]{4})([0-9a-f]{8})", name, text)
    return shorter.replace(ELSEWHERE, "elsewhere")


def _told(item: Any) -> str:
    given = {part.name: getattr(item, part.name) for part in fields(item)}
    kept = {name: value for name, value in given.items() if value not in (None, (), {}, "", False)}
    return " ".join(f"{name}={_short(value)}" for name, value in kept.items() if value != LONG_AGO)


def _lines(world: World) -> Iterator[str]:
    for part in fields(world):
        for item in getattr(world, part.name):
            yield f"  {type(item).__name__} {_told(item)}"


def _short(value: Any) -> str:
    if isinstance(value, Own):
        parts = [("", value.cases), ("|", value.shared), ("!", value.caveats)]
        return "".join(mark + "&".join(items) for mark, items in parts if items)
    if isinstance(value, datetime):
        return f"{value:%Y}"
    if isinstance(value, Key):
        return value.key
    if isinstance(value, tuple):
        return "(" + "; ".join(_told(item) if isinstance(item, Dated) else str(item) for item in value) + ")"
    return str(value)


class Build:
    """Puts a world together: each method adds one thing and returns its id.

    An assertion of a case carries the case's caveats, as the product does; ``caveats`` adds to them.
    """

    def __init__(self) -> None:
        self._world: dict[str, list[Any]] = {part.name: [] for part in fields(World)}
        self._counts: dict[str, int] = {}
        self.case_caveats: dict[str, tuple[str, ...]] = {}

    def world(self) -> World:
        return World(**{name: tuple(items) for name, items in self._world.items()})

    def next(self, kind: str) -> str:
        self._counts[kind] = self._counts.get(kind, 0) + 1
        return uid(f"{kind}-{self._counts[kind]}")

    def unit(self, name: str, parent: str | None = None) -> str:
        unit = Unit(id=self.next("unit"), name=name, parent=parent)
        self._world["units"].append(unit)
        return unit.id

    def caveat(self, name: str, kind: str = "other", custodian: str | None = None) -> str:
        caveat = Caveat(id=self.next("caveat"), name=name, kind=kind, custodian=custodian)
        self._world["caveats"].append(caveat)
        return caveat.id

    def user(self, name: str, user_class: str = "agent", **facts: Any) -> str:
        id = self.next("user")
        given = {"contact": f"{name}, +1 202 555 0100", **facts}
        self._world["users"].append(User(id=id, name=name, user_class=user_class, **given))
        return id

    def _grant(self, user: str, **changes: Any) -> None:
        users = self._world["users"]
        at = next(i for i, item in enumerate(users) if item.id == user)
        users[at] = replace(users[at], **{k: (*getattr(users[at], k), v) for k, v in changes.items()})

    def member(self, user: str, unit: str, **facts: Any) -> None:
        self._grant(user, member_of=Membership(unit=unit, **facts))

    def lead(self, user: str, unit: str, **facts: Any) -> None:
        self._grant(user, leads=Lead(unit=unit, **facts))

    def clear(self, user: str, caveat: str, **facts: Any) -> None:
        self._grant(user, cleared=Clearance(caveat=caveat, **facts))

    def assign(self, user: str, case: str, **facts: Any) -> str:
        assignment = Assignment(id=self.next("assignment"), case=case, **facts)
        self._grant(user, assigned=assignment)
        return assignment.id

    def own(self, cases: Iterable[str], shared: Iterable[str] = (), caveats: Iterable[str] = ()) -> Own:
        asserting = tuple(dict.fromkeys(cases))
        given = {*caveats, *(caveat for case in asserting for caveat in self.case_caveats[case])}
        return Own(asserting, tuple(shared), tuple(sorted(given)))

    def case(
        self,
        title: str,
        unit: str,
        open_to: Iterable[str] = (),
        caveats: Iterable[str] = (),
        closed_to_leaders: bool = False,
        said: Mapping[str, Any] | None = None,
        **properties: Any,
    ) -> str:
        id = self.next("case")
        self.case_caveats[id] = tuple(caveats)
        facts = CaseFacts(id=id, unit=unit, open_to=tuple(open_to), closed_to_leaders=closed_to_leaders)
        self._world["cases"].append(facts)
        given = {
            "number": f"N-{self._counts['case']:03}",
            "title": title,
            "kind": "criminal",
            "status": "open",
            "opened": date(2024, 1, 2),
            "closed_to_leaders": closed_to_leaders,
        }
        self._record("Case", self.own((id,)), {**given, **properties}, said or {}, id=id)
        return id

    def _record(
        self,
        label: str,
        own: Own,
        properties: Mapping[str, Any],
        said: Mapping[str, Any],
        under: str | None = None,
        id: str | None = None,
    ) -> str:
        id = id or self.next(label.lower())
        given = {name: value for name, value in properties.items() if value is not None}
        self._world["records"].append(Record(id=id, label=label, own=own, properties=given, under=under, **said))
        return id

    def subject(self, own: Own, kind: str = "Person", role: str = "suspect", **said: Any) -> str:
        """A subject in the file of its case, and of each case it is shared with."""
        properties = {name: said.pop(name, None) for name in ("disclosure", "disclosure_until", "safety")}
        id = self._record("Subject", own, {"kind": kind, **properties}, said)
        for case in (own.cases[0], *own.shared):
            self.link("SUBJECT_OF", self.own((case,)), id, case, role=role)
        return id

    def attribute(self, own: Own, subject: str, kind: str, value: str, **said: Any) -> str:
        return self._record("Attribute", own, {"kind": kind, "value": value}, said, under=subject)

    def document(self, own: Own, title: str, kind: str = "report", **given: Any) -> str:
        properties = {name: given.pop(name, None) for name in ("written", "digest", "location")}
        id = self._record("Document", own, {"kind": kind, "title": title, **properties}, given)
        for case in (own.cases[0], *own.shared):
            self.link("FILED_IN", self.own((case,)), id, case)
        return id

    def event(self, own: Own, kind: str = "meeting", **given: Any) -> str:
        names = ("description", "starts", "ends", "latitude", "longitude", "duration", "amount")
        properties = {name: given.pop(name, None) for name in names}
        id = self._record("Event", own, {"kind": kind, **properties}, given)
        for case in (own.cases[0], *own.shared):
            self.link("PART_OF", self.own((case,)), id, case)
        return id

    def entry(
        self, own: Own, act: str, about: Iterable[str], at: datetime = LONG_AGO, content: Any = None, **said: Any
    ) -> str:
        text = None if content is None else json.dumps(content, sort_keys=True, default=str)
        id = self._record("Entry", own, {"act": act, "at": at, "content": text}, said)
        for record in about:
            self.link("ABOUT", own, id, record)
        return id

    def identifier(self, own: Own, record: str, key: Key, type: str = "HAS_IDENTIFIER", **said: Any) -> str:
        """HAS_IDENTIFIER of a subject, MENTIONS of a document, AT of an event."""
        written = said.pop("as_written", key.value.upper())
        return self.link(type, own, record, key, as_written=written, normaliser="1", said=said)

    def link(
        self,
        type: str,
        own: Own,
        start: str,
        end: str | Key,
        said: Mapping[str, Any] | None = None,
        **properties: Any,
    ) -> str:
        id = self.next("link")
        self._world["links"].append(
            Link(id=id, type=type, own=own, start=start, end=end, properties=properties, **(said or {}))
        )
        return id

    def check(self, user: str, case: str | None = None, **properties: Any) -> str:
        id = self.next("check")
        self._world["addressed"].append(Addressed(id=id, label="Check", user=user, properties=properties, case=case))
        return id

    def registration(self, user: str, key: str, **properties: Any) -> str:
        """A standing registration of one selector; it seeks ``key``."""
        id = self.next("registration")
        kind, value = key.split(":", 1)
        sought = json.dumps([{"kind": kind, "keys": [key], "birth_date": None, "year": None}])
        given = {
            "kind": "subject", "mode": "open", "at": AGO, "expires_at": AHEAD, "reason": "a lead",
            "reference": f"reference of {id}", "sought": sought, "typed": [value], **properties,
        }  # fmt: skip
        self._world["addressed"].append(
            Addressed(id=id, label="Registration", user=user, properties=given, seeks=(key,))
        )
        return id

    def planned(self, user: str, given: Mapping[str, Any], **properties: Any) -> str:
        """A planned operation that stands, ``given`` as its owner wrote it."""
        asked = CheckInput.model_validate_json(json.dumps({"reason": "a raid", "event": given}))
        (event,) = normal_form(asked)
        id = self.next("registration")
        said = {
            "kind": "event", "mode": "open", "at": AGO, "expires_at": AHEAD, "reason": "a raid",
            "reference": f"reference of {id}", "sought": json.dumps([event.as_json()]), "typed": as_typed(asked),
            **properties,
        }  # fmt: skip
        self._world["addressed"].append(
            Addressed(id=id, label="Registration", user=user, properties=said, seeks=event.keys)
        )
        return id

    def match_report(self, user: str, case: str, **properties: Any) -> str:
        """A standing match report of a case, long due."""
        made = match_report(self.next("registration"), user, case, **properties)
        self._world["addressed"].append(made)
        return made.id

    def report(self, user: str, at: datetime = LONG_AGO, **asked: Any) -> str:
        """A search of the audit that an auditor keeps."""
        id = self.next("report")
        given = {"at": at, "report": json.dumps({"name": f"Report {id}", "search": asked})}
        self._world["addressed"].append(Addressed(id=id, label="Report", user=user, properties=given))
        return id

    def job(
        self, user: str, state: str = "running", at: datetime = LONG_AGO, refusals: int = 0, **properties: Any
    ) -> str:
        id = self.next("job")
        given = {
            "kind": "upload", "case": uid("a case"), "state": state, "cancel": False, "started": at, "updated": at,
            "total": 3, "done": 1, "created": 1, "refused": refusals, "offset": 10, "file": f"{id}.jsonl",
        }  # fmt: skip
        self._world["addressed"].append(
            Addressed(id=id, label="Job", user=user, refusals=refusals, properties={**given, **properties})
        )
        return id

    def conflict(
        self, user: str, case: str | None = None, theirs: Mapping[str, Any] | None = None, **properties: Any
    ) -> str:
        """A side of a conflict: of a registration of the user's unless it is over a case."""
        id = self.next("side")
        given = {
            "key": f"key of {id}", "at": AGO, "state": "new", "mode": "open", "caveats": [], "contact": "Somebody else",
            "matches": '{"phone": "exact"}', "desk": False, "look": AHEAD, **({} if case else {"owner": user}),
        }  # fmt: skip
        if properties.get("mode") == "brokered":
            kept = {**given, "owner": "another", "mode": "open", "registration": None, "cases": []}
            del kept["at"], kept["look"]
            properties["other"] = json.dumps(kept)
        other = theirs if theirs is None else {**given, "owner": "another", "id": f"other of {id}", **theirs}
        self._world["addressed"].append(
            Addressed(
                id=id, label="ConflictSide", user=user, case=case, theirs=other, properties={**given, **properties}
            )
        )
        return id

    def matter(self, user: str | None, at: datetime = AGO, **properties: Any) -> str:
        """A matter of the coordination desk's; the user holds what was met, brokered, and was asked."""
        id = self.next("matter")
        side: dict[str, Any] = {
            "key": f"key of {id}",
            "contact": "Somebody",
            "mode": "brokered",
            "owner": user,
            "cases": [],
            "caveats": [],
        }
        given = {
            "at": at, "state": "asked", "reference": "a reference", "matches": '{"phone": "exact"}', "log": [],
            "asking": json.dumps({**side, "key": f"asking {id}", "mode": "open", "owner": "another"}),
            "holding": json.dumps(side), **properties,
        }  # fmt: skip
        self._world["addressed"].append(Addressed(id=id, label="Matter", user=user, properties=given))
        return id

    def notice(self, user: str | None, kind: str, body: str = "{}", at: datetime = LONG_AGO, **properties: Any) -> str:
        """A line of a user's inbox; without a user, of every coordination desk's."""
        id = self.next("notice")
        given = {"kind": kind, "at": at, "body": body, **({} if user else {"desk": True}), **properties}
        self._world["addressed"].append(Addressed(id=id, label="Notice", user=user, properties=given))
        return id
