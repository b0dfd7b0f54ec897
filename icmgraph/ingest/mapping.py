"""The mapping file: TOML, strict, read whole before anything is written (docs/import.md is its manual)."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from typing import Annotated, Literal, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from icmgraph.ingest.template import Context, MappingError, Ref, Texts
from icmgraph.ingest.template import Path as RowPath
from icmgraph.model.identifiers import IdentifierKind
from icmgraph.model.records import CaseKind, SubjectKind, UserClass, Value

FOLDER = Path(__file__).parent / "mappings"
"""Mappings that come with the project, each called by its file's name."""

NAME = r"^[a-z][a-z0-9-]{0,29}$"
"""Of mappings and importers: it stands as author of what was imported, and is never taken for a person's id."""


class Part(Value):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, arbitrary_types_allowed=True)


TextOf = Annotated[Texts, BeforeValidator(Texts.parse)]
RefTo = Annotated[Ref, BeforeValidator(Ref.parse)]


def _nodes(written: object) -> RowPath:
    path = RowPath.parse(written) if isinstance(written, str) else None
    if path is None or path.column is not None:
        raise ValueError("not a path of steps that ends in nodes")
    return path


NodePath = Annotated[RowPath, BeforeValidator(_nodes)]


class When(Part):
    """A date or a time: ``text`` is read by ``format``: strptime's, or ``iso`` (ISO 8601)."""

    text: TextOf
    format: str = "iso"

    def _read(self, at: Context) -> datetime | None:
        text = self.text.text(at)
        if not text:
            return None
        return datetime.fromisoformat(text) if self.format == "iso" else datetime.strptime(text, self.format)

    def date(self, at: Context) -> date | None:
        """
        Raises:
            ValueError: it is no date of that format.
        """
        moment = self._read(at)
        return moment.date() if moment else None

    def time(self, at: Context, zone: tzinfo) -> datetime | None:
        """In UTC. ``zone`` is that of times which do not say their own."""
        moment = self._read(at)
        if moment is None:
            return None
        try:
            return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
        except OverflowError:
            raise ValueError("beyond the years 1 to 9999 in UTC") from None


class Rule(Part):
    """What every rule says: which rows it takes. The first rule of the file that wants a row gets it.

    Attributes:
        name: unique; stands in the totals.
        rows: a label or type; none: the rule makes one thing, and other rules name it.
        start, end: labels of a relationship's ends.
        having, without: paths of steps that lead somewhere, or nowhere.
    """

    name: str = Field(min_length=1)
    rows: str | None = None
    start: str | None = None
    end: str | None = None
    having: tuple[NodePath, ...] = Field((), strict=False)
    without: tuple[NodePath, ...] = Field((), strict=False)

    def wants(self, at: Context) -> bool:
        row, nodes = at.row, at.rows.nodes
        if self.start is not None and nodes[row.start].table != self.start:
            return False
        if self.end is not None and nodes[row.end].table != self.end:
            return False
        return all(path.nodes(at) for path in self.having) and not any(path.nodes(at) for path in self.without)


class UnitRule(Rule):
    """``code`` gives the id that ``people import`` would give; ``part_of``: the unit above."""

    code: TextOf
    unit_name: TextOf
    part_of: RefTo | None = None


class UserRule(Rule):
    """A person of the staff. ``member_of``: of the units that it meets, the one met most often."""

    key: TextOf
    user_name: TextOf
    contact: TextOf
    user_class: Annotated[UserClass, Field(strict=False)] = UserClass.AGENT
    member_of: RefTo
    sight: bool = True


class CaseRule(Rule):
    number: TextOf
    title: TextOf
    kind: Annotated[CaseKind, Field(strict=False)] = CaseKind.CRIMINAL
    category: TextOf | None = None
    status: TextOf
    opened: When
    closed: When | None = None
    unit: RefTo
    agent: RefTo
    open_to: tuple[RefTo, ...] = Field((), strict=False)


class IdentifierPart(Part):
    kind: Annotated[IdentifierKind, Field(strict=False)]
    value: TextOf
    region: TextOf | None = None
    postcode: TextOf | None = None


class Values(Rule):
    """``attributes``: kind to value. An empty value is left out; a bad one too, and is reported."""

    attributes: dict[str, TextOf] = Field(default_factory=dict)
    identifiers: tuple[IdentifierPart, ...] = Field((), strict=False)


class SamePart(Part):
    subject: RefTo
    basis: TextOf


class SubjectRule(Values):
    """A subject record in ``case``; ``same_as``: the record elsewhere that it is the same as."""

    case: RefTo
    kind: Annotated[SubjectKind, Field(strict=False)]
    role: TextOf
    same_as: SamePart | None = None


class ValueRule(Values):
    """Values of a subject that another rule made."""

    subject: RefTo


class PlacePart(Part):
    value: TextOf
    postcode: TextOf | None = None
    latitude: TextOf | None = None
    longitude: TextOf | None = None


class InvolvedPart(Part):
    subject: RefTo
    role: TextOf


class EventRule(Rule):
    """``day``: the event happened some time on that day; otherwise ``starts`` and ``ends``."""

    case: RefTo
    kind: TextOf
    description: TextOf | None = None
    day: When | None = None
    starts: When | None = None
    ends: When | None = None
    duration: TextOf | None = None
    place: PlacePart | None = None
    involved: tuple[InvolvedPart, ...] = Field((), strict=False)

    @model_validator(mode="after")
    def _one_time(self) -> EventRule:
        if self.day is not None and (self.starts is not None or self.ends is not None):
            raise ValueError("give day, or starts and ends")
        return self


class LinkRule(Rule):
    """LINKED_TO between two subjects of one case."""

    from_: RefTo = Field(alias="from")
    to: RefTo
    kind: TextOf


class IgnoreRule(Rule):
    """Rows that nothing was made of and nothing read, and why that is right."""

    because: str = Field(min_length=1)


def zone_of(written: object) -> tzinfo:
    if not isinstance(written, str):
        raise ValueError("a time zone: Europe/Paris, or +01:00")
    if written[:1] in "+-":
        hours, _, minutes = written[1:].partition(":")
        span = timedelta(hours=int(hours), minutes=int(minutes or 0))
        return timezone(span if written[0] == "+" else -span)
    try:
        return ZoneInfo(written)
    except (OSError, KeyError) as error:
        raise ValueError("no such time zone on this machine; write an offset (+01:00)") from error


class Mapping(Part):
    """A mapping file. ``source`` names the data: with it, the same rows are known again under any file name."""

    language: Literal[1]
    name: str = Field(pattern=NAME)
    source: str = Field(pattern=NAME)
    format: Literal["neo4j-csv"]
    about: str = ""
    timezone: Annotated[tzinfo, BeforeValidator(zone_of)] = UTC
    units: tuple[UnitRule, ...] = Field((), strict=False)
    users: tuple[UserRule, ...] = Field((), strict=False)
    cases: tuple[CaseRule, ...] = Field((), strict=False)
    subjects: tuple[SubjectRule, ...] = Field((), strict=False)
    values: tuple[ValueRule, ...] = Field((), strict=False)
    events: tuple[EventRule, ...] = Field((), strict=False)
    links: tuple[LinkRule, ...] = Field((), strict=False)
    ignore: tuple[IgnoreRule, ...] = Field((), strict=False)

    @property
    def rules(self) -> Iterator[Rule]:
        """In the order in which they take rows: what a rule refers to is made by one before it."""
        for kind in (self.units, self.users, self.cases, self.subjects, self.values, self.events, self.links):
            yield from kind

    @model_validator(mode="after")
    def _names(self) -> Mapping:
        names = [rule.name for rule in (*self.rules, *self.ignore)]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two rules named {', '.join(twice)}")
        for rule in (*self.subjects, *self.values, *self.events, *self.links, *self.ignore):
            if rule.rows is None:
                raise ValueError(f"rule {rule.name} says no rows")
        return self


Model = TypeVar("Model", bound=Part)


def load(name: str) -> Mapping:
    """A mapping of nodes and relationships, as ``parse`` finds it."""
    return parse(name, lambda _: Mapping)


def parse(name: str, model: Callable[[object], type[Model]]) -> Model:
    """A mapping by the name of one that comes with the project, or by the path of a file.

    Args:
        model: says by the mapping's ``format`` what it is to be.

    Raises:
        MappingError: it is not there, not TOML, or not a mapping; names the place.
    """
    path = FOLDER / f"{name}.toml" if not name.endswith(".toml") else Path(name)
    try:
        written = tomllib.loads(path.read_text(encoding="utf-8"))
        return model(written.get("format")).model_validate(written)
    except OSError as error:
        known = ", ".join(sorted(path.stem for path in FOLDER.glob("*.toml")))
        raise MappingError(f"no mapping {name}: name one of {known}, or a .toml file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MappingError(f"not TOML: {error}", field=path.name) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise MappingError(first["msg"], field=f"{path.name}: {place}" if place else path.name) from error
