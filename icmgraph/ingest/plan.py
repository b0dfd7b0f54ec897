"""From a mapping and a source to what will be written: the whole plan is made, and checked, before any write.

Ids are derived from the deployment's key, the importer, the source's name and the row, so that rows refer
to each other across batches and runs, and nobody else can tell them from random ones.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from pydantic import ValidationError

from icmgraph.errors import InvalidInput
from icmgraph.ingest.accounts import Accounts, State
from icmgraph.ingest.mapping import (
    CaseRule,
    EventRule,
    IgnoreRule,
    LinkRule,
    Mapping,
    Rule,
    SubjectRule,
    UnitRule,
    UserRule,
    ValueRule,
    Values,
)
from icmgraph.ingest.rows import Row, Rows
from icmgraph.ingest.template import Context, MappingError, Ref, Texts
from icmgraph.model.access import OPEN_UNITS, Own
from icmgraph.model.identifiers import IdentifierKind, NormalisedIdentifier
from icmgraph.model.records import (
    AttributeInput,
    CaseInput,
    CaseStatus,
    EventInput,
    IdentifierInput,
    LinkInput,
    SameAsInput,
    SubjectInput,
)
from icmgraph.model.source import derived_uuid
from icmgraph.queries.assertions import Batch
from icmgraph.queries.directory import Grant, UnitEntry, UserEntry
from icmgraph.queries.importer import Content, NewCase
from icmgraph.queries.worked import as_written, checked_attribute, checked_identifier

T = TypeVar("T")
NO_TIME = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Made:
    """What a rule made of a row. ``case``: of a subject, the one it stands in."""

    what: str
    id: str
    case: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One row's content, or one case. ``primary``: a record made of a node, which exists once for its :ID."""

    rule: str
    row: Row | None
    read: tuple[Row, ...]
    digest: str
    primary: str | None
    payload: Any

    @property
    def cases(self) -> frozenset[str]:
        content: Content = self.payload
        return content.cases


@dataclass
class Plan:
    units: list[tuple[UnitEntry, Row | None, tuple[Row, ...]]] = field(default_factory=list)
    users: list[tuple[UserEntry, Grant, Row | None, tuple[Row, ...]]] = field(default_factory=list)
    cases: list[Item] = field(default_factory=list)
    contents: list[Item] = field(default_factory=list)
    keys: dict[str, dict[str, str]] = field(default_factory=lambda: {"units": {}, "users": {}, "cases": {}})
    """Ids by the codes, keys and names of rules without rows that the mapping gives them."""
    rule_of: dict[str, str] = field(default_factory=dict)


class _Refused(Exception):
    """The row cannot be made into anything; the text is the reason."""


def reason(error: Exception) -> str:
    """Why a value was refused, without the value."""
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        return f"{place}: {first['msg']}" if place else str(first["msg"])
    if isinstance(error, InvalidInput):
        return str(error)
    return "is not of the format the mapping names"


class Planner:
    """Applies a mapping to a source for one importer."""

    def __init__(self, mapping: Mapping, rows: Rows, importer: str, key: bytes, accounts: Accounts) -> None:
        self.plan = Plan()
        self._mapping = mapping
        self._rows = rows
        self._importer = importer
        self._key = key
        self._accounts = accounts
        self._made: dict[Row, Made] = {}
        self._constants: dict[str, Made] = {}
        self._taken: set[Row] = set()
        self._digests: set[str] = set()
        self._ids: Callable[[str], str] = lambda part: part

    def make(self) -> Plan:
        for row, why in self._rows.bad.items():
            self._accounts.reject(row, why)
        for rule in self._mapping.rules:
            if rule.rows is None:
                self._apply(rule, Row("(rule)", "", 0, rule.name, "", "", {}), constant=True)
            for row in self._rows.tables.get(rule.rows or "", ()):
                if row not in self._taken and rule.wants(Context(self._rows, row, {})):
                    self._taken.add(row)
                    self._apply(rule, row)
        return self.plan

    # -- one row

    def _apply(self, rule: Rule, row: Row, *, constant: bool = False) -> None:
        at = Context(self._rows, row, {})
        said = [self._importer, self._mapping.source, row.digest]
        digest = hashlib.sha256("\x00".join(said).encode("utf-8", "surrogateescape")).hexdigest()
        if digest in self._digests:
            self._accounts.settle(row, State.MAPPED_AWAY, "(a second time in the source)")
            return
        self._digests.add(digest)
        named = (self._importer, self._mapping.source, row.table, row.id or row.digest)
        self._ids = lambda part: derived_uuid(self._key, "import", *named, part)
        try:
            made = self._make(rule, at, digest, None if constant else row)
        except MappingError as error:
            raise MappingError(f"rule {rule.name}: {error.message}") from error
        except (_Refused, ValidationError, InvalidInput, ValueError) as error:
            why = str(error) if isinstance(error, _Refused) else reason(error)
            if constant:
                raise MappingError(f"rule {rule.name}: {why}") from error
            at.seen.pop(row, None)
            self._accounts.reject(row, why, at.seen)
            return
        if constant:
            self._constants[rule.name] = made
        elif made.what:
            self._made[row] = made

    def _make(self, rule: Rule, at: Context, digest: str, row: Row | None) -> Made:
        match rule:
            case UnitRule():
                return self._unit(rule, at, row)
            case UserRule():
                return self._user(rule, at, row)
            case CaseRule():
                return self._case(rule, at, digest, row)
        batch = Batch("", NO_TIME)
        match rule:
            case SubjectRule():
                made = self._subject(rule, at, batch)
            case ValueRule():
                made = self._more(rule, at, batch)
            case EventRule():
                made = self._event(rule, at, batch)
            case LinkRule():
                made = self._link(rule, at, batch)
            case _:
                raise AssertionError(rule)
        cases = frozenset(case for record in batch.records for case in record.own.cases)
        cases |= frozenset(case for link in batch.links for case in link.own.cases)
        primary = made.id if at.row.is_node and made.what else None
        content = Content(digest, cases, batch.records, batch.links)
        self.plan.contents.append(Item(rule.name, row, self._read(at), digest, primary, content))
        return made

    @staticmethod
    def _read(at: Context) -> tuple[Row, ...]:
        at.seen.pop(at.row, None)
        return tuple(at.seen)

    def _ref(self, ref: Ref, at: Context, what: str) -> Made:
        if ref.path is None:
            made = self._constants.get(ref.rule or "")
            if made is None or made.what != what:
                raise MappingError(f"{ref.rule} is no rule without rows that makes a {what}, and stands before")
            return made
        nodes = ref.path.nodes(at)
        for node in nodes:
            made = self._made.get(node)
            if made is not None and made.what == what:
                return made
        raise _Refused(f"its {what} was rejected" if any(n in self._taken for n in nodes) else f"leads to no {what}")

    # -- values that may be left out

    def _optional(self, at: Context, name: str, make: Callable[[], T]) -> T | None:
        """A value that is refused is reported and left out; the rest of the row goes on."""
        try:
            return make()
        except MappingError:
            raise
        except (ValidationError, InvalidInput, ValueError) as error:
            self._accounts.reject_value(at.row, f"{name}: {reason(error)}", at.seen)
            return None

    @staticmethod
    def _text(texts: Texts | None, at: Context) -> str | None:
        return (texts.text(at) or None) if texts is not None else None

    def _needed(self, texts: Texts, at: Context, name: str) -> str:
        found = self._text(texts, at)
        if found is None:
            raise _Refused(f"{name}: is empty")
        return found

    # -- people and cases

    def _unit(self, rule: UnitRule, at: Context, row: Row | None) -> Made:
        code = self._needed(rule.code, at, "code")
        parent = self._ref(rule.part_of, at, "unit").id if rule.part_of is not None else None
        id = derived_uuid(self._key, "unit", code)
        entry = UnitEntry(id, self._needed(rule.unit_name, at, "unit_name"), parent)
        self.plan.units.append((entry, row, self._read(at)))
        self.plan.keys["units"][code] = id
        self._name(rule, id)
        return Made("unit", id)

    def _user(self, rule: UserRule, at: Context, row: Row | None) -> Made:
        key = self._needed(rule.key, at, "key")
        id = derived_uuid(self._key, "user", key)
        name, contact = self._needed(rule.user_name, at, "user_name"), self._needed(rule.contact, at, "contact")
        entry = UserEntry(id, name, contact, rule.user_class)
        grant = Grant("member", id, self._most_met(rule.member_of, at), rule.sight)
        self.plan.users.append((entry, grant, row, self._read(at)))
        self.plan.keys["users"][key] = id
        self._name(rule, id)
        return Made("user", id)

    def _most_met(self, ref: Ref, at: Context) -> str:
        if ref.path is None:
            return self._ref(ref, at, "unit").id
        made = (self._made.get(node) for node in ref.path.nodes(at))
        met = Counter(unit.id for unit in made if unit is not None and unit.what == "unit")
        if not met:
            raise _Refused("leads to no unit")
        return min(met, key=lambda id: (-met[id], id))

    def _name(self, rule: Rule, id: str) -> None:
        self.plan.rule_of[id] = rule.name

    def _case(self, rule: CaseRule, at: Context, digest: str, row: Row | None) -> Made:
        unit, agent = self._ref(rule.unit, at, "unit").id, self._ref(rule.agent, at, "user").id
        open_to = frozenset(self._ref(ref, at, "unit").id for ref in rule.open_to)
        if len(open_to) > OPEN_UNITS:
            raise _Refused(f"open_to: is open to more than {OPEN_UNITS} units")
        case = CaseInput(
            number=self._needed(rule.number, at, "number"),
            title=self._needed(rule.title, at, "title"),
            kind=rule.kind,
            category=self._text(rule.category, at),
            unit=unit,
        )
        status = CaseStatus(self._needed(rule.status, at, "status"))
        opened = rule.opened.date(at)
        if opened is None:
            raise _Refused("opened: is empty")
        closing = rule.closed
        closed = self._optional(at, "closed", lambda: closing.date(at)) if closing is not None else None
        id = self._ids("case")
        told = {"importer": self._importer, "mapping": self._mapping.name, "source": self._mapping.source}
        if row is not None:
            told |= {"table": row.table, "row": row.id}
        new = NewCase(
            id, digest, case.number, case.title, case.kind.value, case.category, status.value, opened, closed, unit,
            open_to, agent, self._ids("entry"), self._ids("assignment"), self._ids("about"), told,
        )  # fmt: skip
        self.plan.cases.append(Item(rule.name, row, self._read(at), digest, id, new))
        if row is None:
            self.plan.keys["cases"][rule.name] = id
        return Made("case", id, id)

    # -- content

    def _subject(self, rule: SubjectRule, at: Context, batch: Batch) -> Made:
        case = self._ref(rule.case, at, "case").id
        own = Own((case,))
        subject = SubjectInput(kind=rule.kind, role=self._needed(rule.role, at, "role"))
        id = batch.record("Subject", self._ids("subject"), own, kind=subject.kind.value)
        batch.link("link_subject_of", self._ids("subject_of"), own, id, case, role=subject.role)
        self._values(rule, at, batch, own, id)
        if rule.same_as is not None:
            other = self._ref(rule.same_as.subject, at, "subject")
            basis = self._needed(rule.same_as.basis, at, "same_as.basis")
            same = SameAsInput(case=case, start=id, end=other.id, other_case=other.case, basis=basis)
            both = Own(tuple(sorted({case, other.case})))
            batch.link("link_same_as", self._ids("same_as"), both, id, other.id, basis=same.basis)
        return Made("subject", id, case)

    def _more(self, rule: ValueRule, at: Context, batch: Batch) -> Made:
        subject = self._ref(rule.subject, at, "subject")
        before = len(self._accounts.rejects)
        self._values(rule, at, batch, Own((subject.case,)), subject.id)
        if not batch.links:
            # The row stands for its values: with none left it is rejected itself, for the first reason.
            refused = self._accounts.rejects[before:]
            del self._accounts.rejects[before:]
            raise _Refused(refused[0].reason if refused else "holds no value")
        return Made("", subject.id, subject.case)

    def _values(self, rule: Values, at: Context, batch: Batch, own: Own, subject: str) -> None:
        for kind, texts in rule.attributes.items():
            self._optional(at, kind, lambda: self._attribute(kind, texts, at, batch, own, subject))  # noqa: B023
        for number, part in enumerate(rule.identifiers):
            said = (part.kind, part.value, part.region, part.postcode)
            value = self._optional(at, part.kind.value, lambda: self._identifier(*said, at))  # noqa: B023
            if value is not None:
                end, written = value
                id = self._ids(f"identifier.{number}")
                batch.link("link_has_identifier", id, own, subject, end, **as_written(written))

    def _attribute(self, kind: str, texts: Texts, at: Context, batch: Batch, own: Own, subject: str) -> None:
        text = self._text(texts, at)
        if text is None:
            return
        value = AttributeInput(kind=kind, value=text)
        keys = checked_attribute(value, kind)
        id = self._ids(f"attribute.{kind}")
        batch.record("Attribute", id, own, under=subject, kind=value.kind, value=value.value)
        batch.link("link_has_attribute", self._ids(f"has_attribute.{kind}"), own, subject, id, as_end=True)
        for number, key in enumerate(keys):
            name_key = batch.record("NameKey", self._ids(f"name_key.{kind}.{number}"), own, under=id, key=key)
            batch.link("link_key_of", self._ids(f"key_of.{kind}.{number}"), own, name_key, id, as_end=True)

    def _identifier(
        self, kind: IdentifierKind, value: Texts, region: Texts | None, postcode: Texts | None, at: Context
    ) -> tuple[NormalisedIdentifier, IdentifierInput] | None:
        text = self._text(value, at)
        if text is None:
            return None
        written = IdentifierInput(
            kind=kind, value=text, region=self._text(region, at), postcode=self._text(postcode, at)
        )
        return checked_identifier(written, kind.value), written

    def _event(self, rule: EventRule, at: Context, batch: Batch) -> Made:
        case = self._ref(rule.case, at, "case").id
        own = Own((case,))
        said: dict[str, Any] = {"kind": self._needed(rule.kind, at, "kind"), **self._times(rule, at)}
        for name, texts, read in (("description", rule.description, str), ("duration", rule.duration, int)):
            text = self._text(texts, at)
            said[name] = self._optional(at, name, lambda: read(text)) if text is not None else None  # noqa: B023
        address = None
        if rule.place is not None:
            place = rule.place
            address = self._optional(
                at, "place", lambda: self._identifier(IdentifierKind.ADDRESS, place.value, None, place.postcode, at)
            )
            said |= self._position(place.latitude, place.longitude, at)
        event = EventInput.model_validate(said)
        properties = event.model_dump(include=_EVENT)
        id = batch.record("Event", self._ids("event"), own, **properties)
        batch.link("link_part_of", self._ids("part_of"), own, id, case)
        for number, involved in enumerate(rule.involved):
            subject = self._ref(involved.subject, at, "subject")
            if subject.case != case:
                raise _Refused("involves a subject of another case")
            role = self._needed(involved.role, at, "role")
            batch.link("link_involved_in", self._ids(f"involved.{number}"), own, subject.id, id, role=role)
        if address is not None:
            end, written = address
            batch.link("link_at", self._ids("at"), own, id, end, **as_written(written))
        return Made("event", id, case)

    def _times(self, rule: EventRule, at: Context) -> dict[str, Any]:
        zone = self._mapping.timezone
        if rule.day is not None:
            day = rule.day
            starts = self._optional(at, "day", lambda: day.time(at, zone))
            return {"starts": starts, "ends": starts + timedelta(days=1)} if starts is not None else {}
        times = {"starts": rule.starts, "ends": rule.ends}
        return {
            name: self._optional(at, name, lambda: when.time(at, zone))  # noqa: B023
            for name, when in times.items()
            if when is not None
        }

    def _position(self, latitude: Texts | None, longitude: Texts | None, at: Context) -> dict[str, float]:
        def read() -> dict[str, float]:
            texts = self._text(latitude, at), self._text(longitude, at)
            if texts[0] is None or texts[1] is None:
                return {}
            position = {"latitude": float(texts[0]), "longitude": float(texts[1])}
            EventInput.model_validate({"kind": "position", **position})
            return position

        return self._optional(at, "position", read) or {}

    def _link(self, rule: LinkRule, at: Context, batch: Batch) -> Made:
        start, end = self._ref(rule.from_, at, "subject"), self._ref(rule.to, at, "subject")
        if start.id == end.id:
            raise _Refused("a record is not linked to itself")
        if start.case != end.case:
            raise _Refused("links subjects of two cases")
        link = LinkInput(type="LINKED_TO", start=start.id, end=end.id, kind=self._needed(rule.kind, at, "kind"))
        batch.link("link_linked_to", self._ids("linked_to"), Own((start.case,)), start.id, end.id, kind=link.kind)
        return Made("", start.id, start.case)


_EVENT = {"kind", "description", "starts", "ends", "latitude", "longitude", "duration"}


def leftovers(rules: Sequence[IgnoreRule], rows: Rows, accounts: Accounts) -> None:
    """Rows that nothing was made of and nothing read: mapped away by the first rule that wants them, or rejected."""
    accounts.reject_unused()
    by_table: dict[str, list[IgnoreRule]] = {}
    for rule in rules:
        by_table.setdefault(rule.rows or "", []).append(rule)
    for row in rows.all:
        if row in accounts.states:
            continue
        at = Context(rows, row, {})
        taken: Iterable[IgnoreRule] = (rule for rule in by_table.get(row.table, ()) if rule.wants(at))
        first = next(iter(taken), None)
        if first is not None:
            accounts.settle(row, State.MAPPED_AWAY, first.name)
        else:
            accounts.reject(row, "no rule of the mapping takes or reads it")
