"""Mappings of tables: a CSV file, JSON lines or an Excel sheet, each row of which becomes records of one case.

The language is that of ``mapping``; two things are simpler, since a row is related to nothing but itself:
a rule takes every row (``when`` may say which), and refers to what another rule made of the same row by
that rule's name. docs/import.md is the manual.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, tzinfo
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from icmgraph.ingest.mapping import (
    NAME,
    IdentifierPart,
    Mapping,
    Part,
    PlacePart,
    TextOf,
    When,
    parse,
    zone_of,
)
from icmgraph.ingest.template import Field as Column
from icmgraph.ingest.template import Texts
from icmgraph.model.records import CaseKind, SubjectKind

FORMATS = ("csv", "jsonl", "xlsx", "ftm")


class Layout(Part):
    """How the file is written.

    Attributes:
        encoding: of CSV and JSON lines; none: what its byte order mark says, otherwise UTF-8.
        delimiter: of CSV.
        sheet: of Excel; none: the first.
        skip: lines or rows above the header.
    """

    encoding: str | None = None
    delimiter: str = Field(",", min_length=1, max_length=1)
    sheet: str | None = None
    skip: int = Field(0, ge=0)

    @model_validator(mode="after")
    def _known(self) -> Layout:
        try:
            "".encode(self.encoding or "utf-8")
        except LookupError:
            raise ValueError("no such encoding") from None
        return self


class TableRule(Part):
    """``name``: unique; other rules refer to it. ``when``: the rule takes the rows for which this text is not empty."""

    name: str = Field(min_length=1)
    when: TextOf | None = None

    @property
    def texts(self) -> Iterator[Texts]:
        """Every template in it."""
        return _texts(self)


class CaseOf(TableRule):
    """A case for each ``number``. The first such rule that takes a row says in which case all of the row stands.

    ``unit``, ``open_to``, ``agent``: keys of ``people import``; they must exist.
    """

    number: TextOf
    title: TextOf | None = None
    kind: Annotated[CaseKind, Field(strict=False)] = CaseKind.CRIMINAL
    category: TextOf | None = None
    status: TextOf = Texts.parse("open")
    opened: When | None = None
    closed: When | None = None
    unit: TextOf
    agent: TextOf
    open_to: tuple[TextOf, ...] = Field((), strict=False)


class Made(TableRule):
    """``key``: rows of one case with the same key speak of the same record; none: each row makes its own."""

    key: TextOf | None = None


class IdentifiersPart(IdentifierPart):
    """``split``: what stands between several values in one cell."""

    split: str | None = Field(None, min_length=1)


def _value(written: object) -> object:
    return When.model_validate(written) if isinstance(written, dict) and "format" in written else Texts.parse(written)


ValueOf = Annotated[Texts | When, BeforeValidator(_value)]
"""A text, or a day written otherwise than ISO 8601, which it becomes."""


class SubjectOf(Made):
    kind: Annotated[SubjectKind, Field(strict=False)]
    role: TextOf
    attributes: dict[str, ValueOf] = Field(default_factory=dict)
    identifiers: tuple[IdentifiersPart, ...] = Field((), strict=False)


class DocumentOf(Made):
    """``mentions``: names of subject rules."""

    kind: TextOf
    title: TextOf
    written: When | None = None
    digest: TextOf | None = None
    location: TextOf | None = None
    mentions: tuple[str, ...] = Field((), strict=False)


class InvolvedOf(Part):
    subject: str
    role: TextOf


class EventOf(Made):
    kind: TextOf
    description: TextOf | None = None
    day: When | None = None
    starts: When | None = None
    ends: When | None = None
    duration: TextOf | None = None
    amount: TextOf | None = None
    place: PlacePart | None = None
    involved: tuple[InvolvedOf, ...] = Field((), strict=False)

    @model_validator(mode="after")
    def _one_time(self) -> EventOf:
        if self.day is not None and (self.starts is not None or self.ends is not None):
            raise ValueError("give day, or starts and ends")
        return self


class LinkOf(TableRule):
    """LINKED_TO between what two subject rules made of the row."""

    from_: str = Field(alias="from")
    to: str
    kind: TextOf


class TableMapping(Part):
    """A mapping file for a table. Without ``cases`` everything goes into the case that the command names.

    Of format ``ftm`` (followthemoney entities, JSON lines) what becomes of an entity is fixed: it has no rules.
    """

    language: Literal[1]
    name: str = Field(pattern=NAME)
    source: str = Field(pattern=NAME)
    format: Literal["csv", "jsonl", "xlsx", "ftm"]
    about: str = ""
    timezone: Annotated[tzinfo, BeforeValidator(zone_of)] = UTC
    layout: Layout = Layout()
    cases: tuple[CaseOf, ...] = Field((), strict=False)
    subjects: tuple[SubjectOf, ...] = Field((), strict=False)
    documents: tuple[DocumentOf, ...] = Field((), strict=False)
    events: tuple[EventOf, ...] = Field((), strict=False)
    links: tuple[LinkOf, ...] = Field((), strict=False)

    @property
    def rules(self) -> Iterator[TableRule]:
        for kind in (self.cases, self.subjects, self.documents, self.events, self.links):
            yield from kind

    @property
    def columns(self) -> list[str]:
        """The columns it names, in its order, each once."""
        return list(dict.fromkeys(column for rule in self.rules for column in _columns(rule)))

    @model_validator(mode="after")
    def _fits(self) -> TableMapping:
        names = [rule.name for rule in self.rules]
        if names and self.format == "ftm":
            raise ValueError("what becomes of followthemoney entities is fixed: leave the rules out")
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two rules named {', '.join(twice)}")
        for rule in self.rules:
            if any(field.path.steps or field.path.origin for text in rule.texts for field in text.fields):
                raise ValueError(f"rule {rule.name}: a row of a table is related to no other; name its columns")
        subjects = {rule.name for rule in self.subjects}
        named = [(rule.name, name) for rule in self.links for name in (rule.from_, rule.to)]
        named += [(rule.name, part.subject) for rule in self.events for part in rule.involved]
        named += [(rule.name, name) for rule in self.documents for name in rule.mentions]
        if wrong := next((f"rule {rule}: {name}" for rule, name in named if name not in subjects), None):
            raise ValueError(f"{wrong} is no subject of this mapping")
        return self


def _texts(value: object) -> Iterator[Texts]:
    match value:
        case Texts():
            yield value
        case Part():
            for name in type(value).model_fields:
                yield from _texts(getattr(value, name))
        case tuple():
            for item in value:
                yield from _texts(item)
        case dict():
            for item in value.values():
                yield from _texts(item)


def _columns(rule: TableRule) -> Iterator[str]:
    fields: Iterator[Column] = (field for text in rule.texts for field in text.fields)
    return (field.path.column for field in fields if field.path.column is not None)


def load(name: str) -> Mapping | TableMapping:
    """A mapping of any format, as ``mapping.parse`` finds it."""

    def model(written: object) -> type[Mapping] | type[TableMapping]:
        return TableMapping if written in FORMATS else Mapping

    return parse(name, model)


__all__ = ["FORMATS", "TableMapping", "load"]
