"""followthemoney entities as records of one case.

Entities that stand for themselves come first, what refers to them in a second pass over the file: links (Ownership,
Family ...), and the references inside entities, each a row of its own. An entity's id gives its record's id.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from icmgraph.ingest.rows import Row
from icmgraph.ingest.table_mapping import TableMapping
from icmgraph.ingest.table_plan import Ids, Parts, Planned, row_digest
from icmgraph.ingest.values import WRONG, Refused, reason
from icmgraph.model import followthemoney as ftm
from icmgraph.model.access import Own
from icmgraph.model.identifiers import IdentifierKind
from icmgraph.model.records import (
    AttributeInput,
    DocumentInput,
    EventInput,
    IdentifierInput,
    LinkInput,
    SubjectInput,
    SubjectKind,
)
from icmgraph.model.source import derived_uuid

ROLE = "associate"
"""Of subjects whose entity says none: the model's default."""
REFERENCE = "(reference)"
"""In place of a schema: a row made of a reference inside an entity."""
_KINDS = {kind.value: kind for kind in IdentifierKind}


@dataclass(frozen=True)
class Entity:
    id: str
    schema: str
    properties: dict[str, list[str]]

    @classmethod
    def of(cls, row: Row) -> Entity:
        """From the columns of a JSON line: ``properties.name.0`` is the first value of ``name``."""
        properties: dict[str, list[str]] = {}
        for column, value in row.values.items():
            root, _, rest = column.partition(".")
            name, _, number = rest.rpartition(".")
            if root == "properties" and name and number.isdecimal() and value:
                properties.setdefault(name, []).append(value)
        return cls(row.values["id"].strip(), row.values["schema"].strip(), properties)

    def first(self, *names: str) -> str | None:
        return next((value for name in names for value in self.properties.get(name, ())), None)

    @property
    def notes(self) -> Iterator[tuple[str, str]]:
        """Kinds and values of what travelled in notes."""
        return (found for text in self.properties.get("notes", ()) if (found := ftm.noted(text)) is not None)

    def noted(self, kind: str) -> str | None:
        return next((value for name, value in self.notes if name == kind), None)


class FtmPlanner:
    """Makes records of entities, in the case that the operator named."""

    passes = 2

    def __init__(self, mapping: TableMapping, importer: str, key: bytes, given: str) -> None:
        self._source = mapping.source
        self._importer = importer
        self._key = key
        self._given = given
        self._refused: list[str] = []

    def digest(self, row: Row) -> str:
        return row_digest(self._importer, self._source, self._given, row)

    def split(self, row: Row, number: int) -> Iterator[Row]:
        schema = row.values["schema"]
        if schema == "Project" and ftm.CASE_KEYWORD in row.values.get("properties.keywords", "").split("; "):
            return
        later = schema in ftm.EDGES or schema in ftm.IDENTIFICATION or schema == "Documentation"
        if later == bool(number):
            yield row
        if number and not later:
            for property, entity, role in _references(Entity.of(row)):
                said = {"id": row.values["id"], "property": property, "entity": entity, "role": role}
                yield Row("", row.file, row.line, "", "", "", {"schema": REFERENCE, "of": schema, **said})

    def plan(self, row: Row) -> Planned:
        """
        Raises:
            Refused, and what ``values.reason`` explains.
        """
        self._refused = []
        parts = Parts(Own((self._given,)))
        needs: frozenset[tuple[str, str]] = frozenset()
        if row.values["schema"] == REFERENCE:
            made, needs = "(references)", self._reference(row, parts)
        else:
            entity = Entity.of(row)
            if not entity.id:
                raise Refused("has no id")
            made = entity.schema
            if entity.schema in ftm.SUBJECTS:
                self._subject(entity, parts)
            elif entity.schema in ftm.DOCUMENTS:
                self._document(entity, parts)
            elif entity.schema in ftm.EVENTS:
                self._event(entity, parts)
            elif entity.schema in ftm.EDGES:
                needs = self._edge(entity, parts)
            elif entity.schema == "Documentation":
                needs = self._documentation(entity, parts)
            elif entity.schema in ftm.IDENTIFICATION:
                needs = self._identification(entity, parts)
            else:
                raise Refused("is of no schema that becomes records; docs/import.md lists those that do")
        return Planned(row, parts.content(self.digest(row)), None, needs, Counter([made]), self._refused)

    def _ids(self, entity: str) -> Ids:
        return lambda part: derived_uuid(
            self._key, "import", self._importer, self._source, "ftm", self._given, entity, part
        )

    def _record(self, entity: str | None, what: str) -> str:
        """The id of an entity's record.

        Raises:
            Refused: none is named.
        """
        if not entity:
            raise Refused(f"{what}: is empty")
        return self._ids(entity)("record")

    def _optional(self, name: str, make: Callable[[], Any]) -> Any:
        try:
            return make()
        except WRONG as error:
            self._refused.append(f"{name}: {reason(error)}")
            return None

    # -- entities

    def _subject(self, entity: Entity, parts: Parts) -> None:
        ids, kind = self._ids(entity.id), ftm.SUBJECTS[entity.schema]
        id = ids("record")
        parts.record("Subject", id, kind=kind.value)
        for role in [value for name, value in entity.notes if name == "role"] or [ROLE]:
            said = SubjectInput(kind=kind, role=role).role
            parts.link("link_subject_of", ids(f"subject_of.{said}"), id, self._given, role=said)
        for name, value in _said(entity, kind):
            if isinstance(name, IdentifierKind):
                self._optional(name.value, lambda: self._identifier(parts, ids, id, name, value))  # noqa: B023
            else:
                self._optional(name, lambda: parts.attribute(ids, id, AttributeInput(kind=name, value=value)))  # noqa: B023

    @staticmethod
    def _identifier(
        parts: Parts, ids: Ids, start: str, kind: IdentifierKind, value: str, query: str = "link_has_identifier"
    ) -> None:
        parts.identifier(query, ids, start, IdentifierInput(kind=kind, value=value))

    def _document(self, entity: Entity, parts: Parts) -> None:
        ids = self._ids(entity.id)
        written = entity.first("date", "authoredAt", "publishedAt")
        document = DocumentInput(
            kind=entity.noted("kind") or entity.schema.lower(),
            title=entity.first("title", "fileName", "name") or "untitled",
            written=self._optional("date", lambda: _day(written)),
            digest=entity.noted("digest"),
            location=entity.noted("location") or entity.first("sourceUrl"),
        )
        id = ids("record")
        parts.record("Document", id, **document.model_dump(include=_DOCUMENT))
        parts.link("link_filed_in", ids("filed_in"), id, self._given)
        for name, value in entity.notes:
            mentioned = _KINDS.get(name.removeprefix("mentions "))
            if name.startswith("mentions ") and mentioned is not None:
                made = (parts, ids, id, mentioned, value, "link_mentions_identifier")
                self._optional(name, lambda: self._identifier(*made))  # noqa: B023

    def _event(self, entity: Entity, parts: Parts) -> None:
        ids, noted = self._ids(entity.id), entity.noted
        told = entity.first("description", "summary", "subject", "purpose")
        if told is None and noted("kind") is None:
            told = entity.first("name")
        starts, ends = noted("starts") or entity.first("startDate", "date"), noted("ends") or entity.first("endDate")
        said: dict[str, Any] = {
            "kind": noted("kind") or ftm.EVENTS[entity.schema],
            "description": told,
            "amount": noted("amount")
            or " ".join(filter(None, (entity.first("amount"), entity.first("currency"))))
            or None,
            "starts": self._optional("startDate", lambda: _moment(starts)),
            "ends": self._optional("endDate", lambda: _moment(ends)),
        }
        for name, read in (("duration", int), ("latitude", float), ("longitude", float)):
            text = noted(name) or entity.first(name)
            said[name] = self._optional(name, lambda: read(text)) if text is not None else None  # noqa: B023
        event = EventInput.model_validate(said)
        id = ids("record")
        parts.record("Event", id, **event.model_dump(include=_EVENT))
        parts.link("link_part_of", ids("part_of"), id, self._given)
        for value in [*entity.properties.get("location", ()), *entity.properties.get("address", ())]:
            made = (parts, ids, id, IdentifierKind.ADDRESS, value, "link_at")
            self._optional("location", lambda: self._identifier(*made))  # noqa: B023

    # -- what refers to entities

    def _edge(self, entity: Entity, parts: Parts) -> frozenset[tuple[str, str]]:
        start_of, end_of, usual = ftm.EDGES[entity.schema]
        start = self._record(entity.first(start_of), start_of)
        end = self._record(entity.first(end_of), end_of)
        if start == end:
            raise Refused("a record is not linked to itself")
        kind = entity.first(*ftm.SAID_KIND) or usual
        first, last = entity.first("startDate", "date"), entity.first("endDate")
        link = LinkInput(
            type="LINKED_TO", start=start, end=end, kind=kind,
            valid_from=self._optional("startDate", lambda: _day(first)),
            valid_to=self._optional("endDate", lambda: _day(last)),
        )  # fmt: skip
        said = link.model_dump(include={"kind", "valid_from", "valid_to"})
        parts.link("link_linked_to", self._ids(entity.id)("linked_to"), start, end, **said)
        return frozenset({("Subject", start), ("Subject", end)})

    def _documentation(self, entity: Entity, parts: Parts) -> frozenset[tuple[str, str]]:
        document, mentioned = (self._record(entity.first(name), name) for name in ftm.DOCUMENTATION)
        parts.link("link_mentions_subject", self._ids(entity.id)("mentions"), document, mentioned)
        return frozenset({("Document", document), ("Subject", mentioned)})

    def _identification(self, entity: Entity, parts: Parts) -> frozenset[tuple[str, str]]:
        holder = self._record(entity.first("holder"), "holder")
        number = entity.first("number", "passportNumber")
        if number is None:
            raise Refused("number: is empty")
        self._identifier(parts, self._ids(entity.id), holder, IdentifierKind.DOCUMENT, number)
        return frozenset({("Subject", holder)})

    def _reference(self, row: Row, parts: Parts) -> frozenset[tuple[str, str]]:
        said = row.values
        ids, here = self._ids(said["id"]), self._record(said["id"], "id")
        other = self._record(said["entity"], said["property"])
        if here == other:
            raise Refused("a record is not linked to itself")
        if said["of"] in ftm.EVENTS:
            role = LinkInput(type="INVOLVED_IN", start=other, end=here, kind=said["role"]).kind
            parts.link("link_involved_in", ids(f"involved.{role}.{other}"), other, here, role=role)
            return frozenset({("Event", here), ("Subject", other)})
        kind = ftm.REFERENCES[said["property"]]
        parts.link("link_linked_to", ids(f"reference.{kind}.{other}"), here, other, kind=kind)
        return frozenset({("Subject", here), ("Subject", other)})


def _references(entity: Entity) -> Iterator[tuple[str, str, str]]:
    """(property, entity, role) of each reference inside an entity that becomes a link."""
    if entity.schema in ftm.SUBJECTS:
        for property in ftm.REFERENCES:
            yield from ((property, other, "") for other in entity.properties.get(property, ()))
    elif entity.schema in ftm.EVENTS:
        roles = [(name.removeprefix("involved "), role) for name, role in entity.notes if name.startswith("involved ")]
        yield from (("involved", other, role) for other, role in roles)
        told = {other for other, _ in roles}
        for property, role in ftm.PARTIES.items():
            yield from ((property, other, role) for other in entity.properties.get(property, ()) if other not in told)


def _said(entity: Entity, kind: SubjectKind) -> Iterator[tuple[str | IdentifierKind, str]]:
    """Attributes (by kind) and identifiers that an entity says of a subject."""
    for name, values in entity.properties.items():
        if name in ftm.IGNORED or name in ftm.REFERENCES:
            continue
        found: str | IdentifierKind = ftm.NAMES.get(name) or ftm.IDENTIFIERS.get(name) or ftm.snake(name)
        if name == "registrationNumber" and entity.schema in ftm.PLATED:
            found = IdentifierKind.PLATE
        for value in values:
            told = ftm.noted(value) if name == "notes" else None
            if told is None:
                yield found, value
            elif told[0].startswith("attribute "):
                yield told[0].removeprefix("attribute "), told[1]
            elif told[0] != "role":
                yield _KINDS.get(told[0], told[0]), told[1]


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text[:10]) if text else None


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_DOCUMENT = {"kind", "title", "written", "digest", "location"}
_EVENT = {"kind", "description", "starts", "ends", "latitude", "longitude", "duration", "amount"}
