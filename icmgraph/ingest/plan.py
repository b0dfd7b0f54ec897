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
from icmgraph.ingest.values import WRONG, Refused, reason
from icmgraph.ingest.values import Values as ValueReader
from icmgraph.model.access import OPEN_UNITS, Own
from icmgraph.model.identifiers import IdentifierKind
from icmgraph.model.records import (
    AttributeInput,
    CaseInput,
    CaseStatus,
    EventInput,
    LinkInput,
    SameAsInput,
    SubjectInput,
)
from icmgraph.model.source import derived_uuid
from icmgraph.queries.assertions import Batch
from icmgraph.queries.directory import Grant, UnitEntry, UserEntry
from icmgraph.queries.importer import Content, NewCase
from icmgraph.queries.worked import as_written, checked_attribute

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


class Planner(ValueReader):
    """Applies a mapping to a source for one importer."""

    def __init__(self, mapping: Mapping, rows: Rows, importer: str, key: bytes, accounts: Accounts) -> None:
        super().__init__(mapping.timezone)
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
        except (Refused, *WRONG) as error:
            why = str(error) if isinstance(error, Refused) else reason(error)
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
        raise Refused(f"its {what} was rejected" if any(n in self._taken for n in nodes) else f"leads to no {what}")

    def refuse_value(self, at: Context, reason: str) -> None:
        self._accounts.reject_value(at.row, reason, at.seen)

    # -- people and cases

    def _unit(self, rule: UnitRule, at: Context, row: Row | None) -> Made:
        code = self.needed(rule.code, at, "code")
        parent = self._ref(rule.part_of, at, "unit").id if rule.part_of is not None else None
        id = derived_uuid(self._key, "unit", code)
        entry = UnitEntry(id, self.needed(rule.unit_name, at, "unit_name"), parent)
        self.plan.units.append((entry, row, self._read(at)))
        self.plan.keys["units"][code] = id
        self._name(rule, id)
        return Made("unit", id)

    def _user(self, rule: UserRule, at: Context, row: Row | None) -> Made:
        key = self.needed(rule.key, at, "key")
        id = derived_uuid(self._key, "user", key)
        name, contact = self.needed(rule.user_name, at, "user_name"), self.needed(rule.contact, at, "contact")
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
            raise Refused("leads to no unit")
        return min(met, key=lambda id: (-met[id], id))

    def _name(self, rule: Rule, id: str) -> None:
        self.plan.rule_of[id] = rule.name

    def _case(self, rule: CaseRule, at: Context, digest: str, row: Row | None) -> Made:
        unit, agent = self._ref(rule.unit, at, "unit").id, self._ref(rule.agent, at, "user").id
        open_to = frozenset(self._ref(ref, at, "unit").id for ref in rule.open_to)
        if len(open_to) > OPEN_UNITS:
            raise Refused(f"open_to: is open to more than {OPEN_UNITS} units")
        case = CaseInput(
            number=self.needed(rule.number, at, "number"),
            title=self.needed(rule.title, at, "title"),
            kind=rule.kind,
            category=self.text(rule.category, at),
            unit=unit,
        )
        status = CaseStatus(self.needed(rule.status, at, "status"))
        opened = rule.opened.date(at)
        if opened is None:
            raise Refused("opened: is empty")
        closing = rule.closed
        closed = self.optional(at, "closed", lambda: closing.date(at)) if closing is not None else None
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
        subject = SubjectInput(kind=rule.kind, role=self.needed(rule.role, at, "role"))
        id = batch.record("Subject", self._ids("subject"), own, kind=subject.kind.value)
        batch.link("link_subject_of", self._ids("subject_of"), own, id, case, role=subject.role)
        self._values(rule, at, batch, own, id)
        if rule.same_as is not None:
            other = self._ref(rule.same_as.subject, at, "subject")
            basis = self.needed(rule.same_as.basis, at, "same_as.basis")
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
            raise Refused(refused[0].reason if refused else "holds no value")
        return Made("", subject.id, subject.case)

    def _values(self, rule: Values, at: Context, batch: Batch, own: Own, subject: str) -> None:
        for kind, texts in rule.attributes.items():
            self.optional(at, kind, lambda: self._attribute(kind, texts, at, batch, own, subject))  # noqa: B023
        for number, part in enumerate(rule.identifiers):
            said = (part.kind, part.value, part.region, part.postcode)
            value = self.optional(at, part.kind.value, lambda: self.identifier(*said, at))  # noqa: B023
            if value is not None:
                end, written = value
                id = self._ids(f"identifier.{number}")
                batch.link("link_has_identifier", id, own, subject, end, **as_written(written))

    def _attribute(self, kind: str, texts: Texts, at: Context, batch: Batch, own: Own, subject: str) -> None:
        text = self.text(texts, at)
        if text is None:
            return
        value = AttributeInput(kind=kind, value=text)
        keys = checked_attribute(value, kind)
        id = self._ids(f"attribute.{kind}")
        batch.record("Attribute", id, own, under=subject, kind=value.kind, value=value.value)
        batch.link("link_has_attribute", self._ids(f"has_attribute.{kind}"), own, subject, id, as_end=True)
        for number, key in enumerate(keys):
            ids = self._ids(f"name_key.{kind}.{number}"), self._ids(f"key_of.{kind}.{number}")
            batch.name_key(*ids, own, id, key)

    def _event(self, rule: EventRule, at: Context, batch: Batch) -> Made:
        case = self._ref(rule.case, at, "case").id
        own = Own((case,))
        said: dict[str, Any] = {"kind": self.needed(rule.kind, at, "kind"), **self._times(rule, at)}
        for name, texts, read in (("description", rule.description, str), ("duration", rule.duration, int)):
            text = self.text(texts, at)
            said[name] = self.optional(at, name, lambda: read(text)) if text is not None else None  # noqa: B023
        address = None
        if rule.place is not None:
            place = rule.place
            address = self.optional(
                at, "place", lambda: self.identifier(IdentifierKind.ADDRESS, place.value, None, place.postcode, at)
            )
            said |= self.position(place.latitude, place.longitude, at)
        event = EventInput.model_validate(said)
        properties = event.model_dump(include=_EVENT)
        id = batch.record("Event", self._ids("event"), own, **properties)
        batch.link("link_part_of", self._ids("part_of"), own, id, case)
        for number, involved in enumerate(rule.involved):
            subject = self._ref(involved.subject, at, "subject")
            if subject.case != case:
                raise Refused("involves a subject of another case")
            role = self.needed(involved.role, at, "role")
            batch.link("link_involved_in", self._ids(f"involved.{number}"), own, subject.id, id, role=role)
        if address is not None:
            end, written = address
            batch.link("link_at", self._ids("at"), own, id, end, **as_written(written))
        return Made("event", id, case)

    def _times(self, rule: EventRule, at: Context) -> dict[str, Any]:
        if rule.day is not None:
            starts = self.time("day", rule.day, at)
            return {"starts": starts, "ends": starts + timedelta(days=1)} if starts is not None else {}
        return {name: self.time(name, when, at) for name, when in (("starts", rule.starts), ("ends", rule.ends))}

    def _link(self, rule: LinkRule, at: Context, batch: Batch) -> Made:
        start, end = self._ref(rule.from_, at, "subject"), self._ref(rule.to, at, "subject")
        if start.id == end.id:
            raise Refused("a record is not linked to itself")
        if start.case != end.case:
            raise Refused("links subjects of two cases")
        link = LinkInput(type="LINKED_TO", start=start.id, end=end.id, kind=self.needed(rule.kind, at, "kind"))
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
