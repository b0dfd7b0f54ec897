"""From one row of a table to what will be written of it.

Ids are derived (see ``plan``): of a record with a ``key`` from its case and the key, of a value from its record and
the value, otherwise from the row. So rows find what other rows made without anything being held.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from icmgraph.errors import InvalidInput
from icmgraph.ingest.mapping import PlacePart, When
from icmgraph.ingest.people import staff_id
from icmgraph.ingest.rows import Row, Rows
from icmgraph.ingest.table_mapping import (
    CaseOf,
    DocumentOf,
    EventOf,
    IdentifiersPart,
    LinkOf,
    Made,
    SubjectOf,
    TableMapping,
    TableRule,
)
from icmgraph.ingest.template import Context, MappingError, Texts
from icmgraph.ingest.values import Refused, Values
from icmgraph.model.access import OPEN_UNITS, Own
from icmgraph.model.identifiers import IdentifierKind
from icmgraph.model.records import (
    AttributeInput,
    CaseInput,
    CaseStatus,
    DocumentInput,
    EventInput,
    IdentifierInput,
    LinkInput,
    SubjectInput,
)
from icmgraph.model.source import derived_uuid
from icmgraph.queries.assertions import NewLink, NewRecord
from icmgraph.queries.importer import Content, NewCase, Piece
from icmgraph.queries.worked import as_written, checked_attribute, checked_identifier

NO_ROWS = Rows()
Ids = Callable[[str], str]
"""Ids of the parts of one record, by the part's name."""


@dataclass
class Planned:
    """What one row becomes.

    Attributes:
        case: the case it stands in, to be opened if it is not there; None for the one the operator gave.
        needs: (label, id) of records that must be in the graph, or made before it.
        made: how many records, by the rule that made them.
        refused: values that were left out, and why.
    """

    row: Row
    content: Content
    case: NewCase | None = None
    needs: frozenset[tuple[str, str]] = frozenset()
    made: Counter[str] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)


@dataclass
class Parts:
    """What one row says, under construction.

    Attributes:
        shared: whether other rows may say too what is added now.
    """

    own: Own
    shared: bool = True
    _pieces: dict[str, tuple[Piece, bool]] = field(default_factory=dict)

    def _add(self, piece: Piece) -> None:
        self._pieces.setdefault(piece.id, (piece, self.shared))

    def record(self, label: str, id: str, **properties: Any) -> None:
        self._add(Piece(id, (NewRecord(label, id, self.own, properties),)))

    def link(self, query: str, id: str, start: str, end: Any, **properties: Any) -> None:
        self._add(Piece(id, (), (NewLink(query, id, self.own, start, end, properties),)))

    def attribute(self, ids: Ids, subject: str, value: AttributeInput) -> None:
        """
        Raises:
            InvalidInput: a name without letters, a birth date that is none.
        """
        keys = checked_attribute(value, value.kind)
        said = f"{value.kind}.{value.value}"
        id = ids(f"attribute.{said}")
        records = [NewRecord("Attribute", id, self.own, {"kind": value.kind, "value": value.value}, subject)]
        links = [NewLink("link_has_attribute", ids(f"has_attribute.{said}"), self.own, subject, id, {}, True)]
        for number, key in enumerate(keys):
            name_key = ids(f"name_key.{number}.{said}")
            records.append(NewRecord("NameKey", name_key, self.own, {"key": key}, id))
            links.append(NewLink("link_key_of", ids(f"key_of.{number}.{said}"), self.own, name_key, id, {}, True))
        self._add(Piece(id, records, links))

    def identifier(self, query: str, ids: Ids, start: str, value: IdentifierInput) -> None:
        """
        Raises:
            InvalidInput: it is none of its kind.
        """
        end = checked_identifier(value, value.kind.value)
        self.link(query, ids(f"{query}.{end.key}"), start, end, **as_written(value))

    def content(self, digest: str) -> Content:
        alone = [piece for piece, shared in self._pieces.values() if not shared]
        return Content(
            digest,
            frozenset(self.own.cases),
            [record for piece in alone for record in piece.records],
            [link for piece in alone for link in piece.links],
            [piece for piece, shared in self._pieces.values() if shared],
        )


def row_digest(importer: str, source: str, case: str, row: Row) -> str:
    """What marks a row as imported: of what it says, not of where it stands."""
    said = "\x00".join((importer, source, case, row.digest))
    return hashlib.sha256(said.encode("utf-8", "surrogateescape")).hexdigest()


class TablePlanner(Values):
    """Applies a mapping to one row after the other.

    Args:
        given: the case that the operator named, for a mapping without cases.
        today: the day that cases without a date were opened.
    """

    passes = 1

    def __init__(self, mapping: TableMapping, importer: str, key: bytes, given: str | None, today: date) -> None:
        super().__init__(mapping.timezone)
        self._mapping = mapping
        self._importer = importer
        self._key = key
        self._given = given
        self._today = today
        self._refused: list[str] = []
        self._fields = {rule.name: [texts for texts in rule.texts if texts.fields] for rule in mapping.rules}

    def split(self, row: Row, number: int) -> Iterator[Row]:
        yield row

    def digest(self, row: Row) -> str:
        return row_digest(self._importer, self._mapping.source, self._given or "", row)

    def refuse_value(self, at: Context, reason: str) -> None:
        self._refused.append(reason)

    def plan(self, row: Row) -> Planned:
        """
        Raises:
            Refused: nothing can be made of it.
            ValidationError, InvalidInput, ValueError: the same; ``values.reason`` says why.
        """
        at = Context(NO_ROWS, row, {})
        self._refused = []
        case = next((self._case(rule, at) for rule in self._mapping.cases if self._wanted(rule, at)), None)
        if self._mapping.cases and case is None:
            raise Refused("stands in no case")
        own = Own((case.id if case is not None else self._given or "",))
        made = _Row(self, row, at, Parts(own), own.cases[0])
        for rule in (*self._mapping.subjects, *self._mapping.documents, *self._mapping.events, *self._mapping.links):
            if self._takes(rule, at):
                made.apply(rule)
        if not made.counts:
            raise Refused(
                self._refused[0] if self._refused else "nothing is made of it: what the mapping reads is empty"
            )
        content = made.parts.content(self.digest(row))
        return Planned(row, content, case, made=made.counts, refused=self._refused)

    def _takes(self, rule: TableRule, at: Context) -> bool:
        """Its ``when`` is filled, and something of what it reads."""
        fields = self._fields[rule.name]
        return self._wanted(rule, at) and (not fields or any(_filled(texts, at) for texts in fields))

    @staticmethod
    def _wanted(rule: TableRule, at: Context) -> bool:
        return rule.when is None or bool(rule.when.text(at))

    def ids(self, *of: str) -> Ids:
        return lambda part: derived_uuid(self._key, "import", self._importer, self._mapping.source, *of, part)

    def _case(self, rule: CaseOf, at: Context) -> NewCase:
        number = self.needed(rule.number, at, "number")
        unit, agent = (staff_id(self._key, what, self.needed(texts, at, what))
                       for what, texts in (("unit", rule.unit), ("user", rule.agent)))  # fmt: skip
        open_to = frozenset(
            staff_id(self._key, "unit", key) for texts in rule.open_to if (key := self.text(texts, at)) is not None
        )
        if len(open_to) > OPEN_UNITS:
            raise Refused(f"open_to: is open to more than {OPEN_UNITS} units")
        case = CaseInput(
            number=number,
            title=self.text(rule.title, at) or number,
            kind=rule.kind,
            category=self.text(rule.category, at),
            unit=unit,
        )
        status = CaseStatus(self.needed(rule.status, at, "status"))
        opened, closed = (
            self.optional(at, name, lambda: when.date(at)) if when is not None else None  # noqa: B023
            for name, when in (("opened", rule.opened), ("closed", rule.closed))
        )
        ids = self.ids("case", case.number)
        said = "\x00".join((self._importer, self._mapping.source, "case", case.number))
        told = {"importer": self._importer, "mapping": self._mapping.name, "source": self._mapping.source}
        return NewCase(
            ids("case"), hashlib.sha256(said.encode()).hexdigest(), case.number, case.title, case.kind.value,
            case.category, status.value, opened or self._today, closed, unit, open_to, agent,
            ids("entry"), ids("assignment"), ids("about"), told,
        )  # fmt: skip


def _filled(texts: Texts, at: Context) -> bool:
    try:
        return bool(texts.text(at))
    except InvalidInput as error:
        if isinstance(error, MappingError):
            raise
        return True  # not among the values that the mapping lists, so it is there


class _Row:
    """One row becoming records of one case."""

    def __init__(self, planner: TablePlanner, row: Row, at: Context, parts: Parts, case: str) -> None:
        self.counts: Counter[str] = Counter()
        self.parts = parts
        self._planner = planner
        self._row = row
        self._at = at
        self._case = case
        self._subjects: dict[str, tuple[str, bool]] = {}
        """By the rule that made it: its id, and whether other rows may speak of it."""

    def apply(self, rule: TableRule) -> None:
        made = True
        match rule:
            case SubjectOf():
                self._subject(rule)
            case DocumentOf():
                self._document(rule)
            case EventOf():
                self._event(rule)
            case LinkOf():
                made = self._link(rule)
        self.counts[rule.name] += made

    def _ids(self, rule: Made, kind: str) -> Ids:
        """What the rule makes of this row goes by its key, or else by the row. ``shared`` is set accordingly."""
        key = self._planner.text(rule.key, self._at)
        self.parts.shared = key is not None
        if key is None:
            return self._planner.ids("row", self._case, self._row.digest, rule.name)
        return self._planner.ids("key", self._case, kind, key)

    def _subject(self, rule: SubjectOf) -> None:
        planner, at, parts = self._planner, self._at, self.parts
        ids = self._ids(rule, rule.kind.value)
        subject = SubjectInput(kind=rule.kind, role=planner.needed(rule.role, at, "role"))
        id = ids("subject")
        parts.record("Subject", id, kind=subject.kind.value)
        parts.link("link_subject_of", ids(f"subject_of.{subject.role}"), id, self._case, role=subject.role)
        self._subjects[rule.name] = id, parts.shared
        for kind, said in rule.attributes.items():
            planner.optional(at, kind, lambda: self._attribute(ids, id, kind, said))  # noqa: B023
        for part in rule.identifiers:
            for value in self._values(part):
                place = planner.text(part.region, at), planner.text(part.postcode, at)
                planner.optional(at, part.kind.value, lambda: self._identifier(ids, id, part.kind, value, *place))  # noqa: B023

    def _attribute(self, ids: Ids, subject: str, kind: str, said: Texts | When) -> None:
        if isinstance(said, When):
            day = said.date(self._at)
            text = day.isoformat() if day is not None else None
        else:
            text = self._planner.text(said, self._at)
        if text is not None:
            self.parts.attribute(ids, subject, AttributeInput(kind=kind, value=text))

    def _values(self, part: IdentifiersPart) -> list[str]:
        text = self._planner.optional(self._at, part.kind.value, lambda: self._planner.text(part.value, self._at))
        if text is None:
            return []
        return [value for value in map(str.strip, text.split(part.split)) if value] if part.split else [text]

    def _identifier(
        self, ids: Ids, start: str, kind: IdentifierKind, value: str, region: str | None, postcode: str | None
    ) -> None:
        written = IdentifierInput(kind=kind, value=value, region=region, postcode=postcode)
        self.parts.identifier("link_has_identifier", ids, start, written)

    def _document(self, rule: DocumentOf) -> None:
        planner, at, parts = self._planner, self._at, self.parts
        ids = self._ids(rule, "document")
        when = rule.written
        document = DocumentInput(
            kind=planner.needed(rule.kind, at, "kind"),
            title=planner.needed(rule.title, at, "title"),
            written=planner.optional(at, "written", lambda: when.date(at)) if when is not None else None,
            digest=planner.text(rule.digest, at),
            location=planner.text(rule.location, at),
        )
        id = ids("document")
        parts.record("Document", id, **document.model_dump(include=_DOCUMENT))
        parts.link("link_filed_in", ids("filed_in"), id, self._case)
        for name in rule.mentions:
            if (subject := self._subjects.get(name)) is not None:
                parts.link("link_mentions_subject", ids(f"mentions.{subject[0]}"), id, subject[0])

    def _event(self, rule: EventOf) -> None:
        planner, at, parts = self._planner, self._at, self.parts
        ids = self._ids(rule, "event")
        said: dict[str, Any] = {"kind": planner.needed(rule.kind, at, "kind"), **self._times(rule)}
        said |= {"description": planner.text(rule.description, at), "amount": planner.text(rule.amount, at)}
        duration = rule.duration
        if duration is not None:
            said["duration"] = planner.optional(at, "duration", lambda: _seconds(planner.text(duration, at)))
        place = rule.place
        if place is not None:
            said |= planner.position(place.latitude, place.longitude, at)
        event = EventInput.model_validate(said)
        id = ids("event")
        parts.record("Event", id, **event.model_dump(include=_EVENT))
        parts.link("link_part_of", ids("part_of"), id, self._case)
        for involved in rule.involved:
            if (subject := self._subjects.get(involved.subject)) is not None:
                role = planner.needed(involved.role, at, "role")
                parts.link("link_involved_in", ids(f"involved.{role}.{subject[0]}"), subject[0], id, role=role)
        if place is not None:
            planner.optional(at, "place", lambda: self._place(ids, id, place))

    def _times(self, rule: EventOf) -> dict[str, Any]:
        time = self._planner.time
        if rule.day is not None:
            starts = time("day", rule.day, self._at)
            return {"starts": starts, "ends": starts + timedelta(days=1)} if starts is not None else {}
        return {name: time(name, when, self._at) for name, when in (("starts", rule.starts), ("ends", rule.ends))}

    def _place(self, ids: Ids, event: str, place: PlacePart) -> None:
        found = self._planner.identifier(IdentifierKind.ADDRESS, place.value, None, place.postcode, self._at)
        if found is not None:
            self.parts.identifier("link_at", ids, event, found[1])

    def _link(self, rule: LinkOf) -> bool:
        planner, at = self._planner, self._at
        one, other = self._subjects.get(rule.from_), self._subjects.get(rule.to)
        if one is None or other is None:
            return False
        (start, start_shared), (end, end_shared) = one, other
        if start == end:
            planner.refuse_value(at, f"{rule.name}: a record is not linked to itself")
            return False
        link = LinkInput(type="LINKED_TO", start=start, end=end, kind=planner.needed(rule.kind, at, "kind"))
        self.parts.shared = start_shared and end_shared
        id = planner.ids("link", self._case, start, end)(link.kind)
        self.parts.link("link_linked_to", id, start, end, kind=link.kind)
        return True


def _seconds(text: str | None) -> int | None:
    """A number of seconds, or ``h:mm:ss`` or ``m:ss``."""
    if text is None:
        return None
    total = 0
    for part in text.split(":"):
        total = total * 60 + int(part)
    return total


_DOCUMENT = {"kind", "title", "written", "digest", "location"}
_EVENT = {"kind", "description", "starts", "ends", "latitude", "longitude", "duration", "amount"}
