"""Paths and templates: how a mapping says where a value or another record is found.

    {column}                      of the row itself
    {'Tel. (mobile)'}             quoted, when its name holds one of . : | < >
    {>OCCURRED_AT.address}        from a node along a relationship, then a column of the node met
    {<INVESTIGATED_BY>AT.code}    ``<`` goes against the arrow; as many steps as needed
    {start.name} {end>AT.code}    from the ends of a relationship's row
    {id:.12}                      the first 12 characters
    {type|Unclassified}           when it is empty

Where a path meets several nodes, the first value that is not empty counts, in the order of the source.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from icmgraph.errors import InvalidInput
from icmgraph.ingest.rows import Row, Rows

_PATH = re.compile(r"(?P<origin>start|end)?(?P<steps>(?:[<>]\w+)*)(?:\.(?P<column>[^{}.<>|:]+))?")
_PLAIN = re.compile(r"[^{}.<>|:]+")
_QUOTED = re.compile(r"'[^'{}]+'")
_FIELD = re.compile(r"\{(?P<path>'[^'{}]+'|[^{}|:]+)(?::\.(?P<first>[1-9][0-9]*))?(?:\|(?P<default>[^{}]*))?\}")


class MappingError(InvalidInput):
    """The mapping itself is wrong; the message names the rule."""


@dataclass(slots=True)
class Context:
    """One row of the source under evaluation; ``seen`` collects the other rows that were read for it."""

    rows: Rows
    row: Row
    seen: dict[Row, None]


@dataclass(frozen=True, slots=True)
class Path:
    """``column`` None: the nodes at its end are meant, not a value."""

    origin: str | None
    steps: tuple[tuple[bool, str], ...]
    column: str | None

    @classmethod
    def parse(cls, text: str) -> Path:
        if _QUOTED.fullmatch(text):
            return cls(None, (), text[1:-1])
        if _PLAIN.fullmatch(text) and text not in ("start", "end"):
            return cls(None, (), text)
        match = _PATH.fullmatch(text)
        if match is None or not text:
            raise ValueError(f"not a path: {text}")
        steps = re.findall(r"([<>])(\w+)", match["steps"])
        return cls(match["origin"], tuple((arrow == ">", name) for arrow, name in steps), match["column"])

    def nodes(self, at: Context) -> list[Row]:
        """The rows at its end; one that is met along several ways stands there several times."""
        rows = at.rows
        if self.origin is None:
            if self.steps and not at.row.is_node:
                raise MappingError(f"a path from a relationship begins with start or end ({at.row.table})")
            here = [at.row]
        else:
            if at.row.is_node:
                raise MappingError(f"start and end belong to relationships, {at.row.table} has nodes")
            here = [rows.nodes[at.row.start if self.origin == "start" else at.row.end]]
            at.seen[here[0]] = None
        for forward, name in self.steps:
            index = rows.leaving if forward else rows.arriving
            met: list[Row] = []
            for node in here:
                for link in index.get((name, node.id), ()):
                    other = rows.nodes[link.end if forward else link.start]
                    at.seen[link] = at.seen[other] = None
                    met.append(other)
            here = met
        return here

    def text(self, at: Context) -> str:
        for row in self.nodes(at):
            try:
                value = row.values[self.column or ""].strip()
            except KeyError:
                raise MappingError(f"{row.table} has no column {self.column!r}") from None
            if value:
                return value
        return ""


@dataclass(frozen=True, slots=True)
class Field:
    path: Path
    first: int | None
    default: str


@dataclass(frozen=True, slots=True)
class Template:
    """Literal texts and fields in turn. Empty when it has fields and all of them are."""

    parts: tuple[str | Field, ...]

    @classmethod
    def parse(cls, text: str) -> Template:
        parts: list[str | Field] = []
        at = 0
        for match in _FIELD.finditer(text):
            parts.append(text[at : match.start()])
            path = Path.parse(match["path"])
            if path.column is None:
                raise ValueError(f"names no column: {match[0]}")
            parts.append(Field(path, int(match["first"]) if match["first"] else None, match["default"] or ""))
            at = match.end()
        parts.append(text[at:])
        if any("{" in part or "}" in part for part in parts if isinstance(part, str)):
            raise ValueError(f"braces that are no field: {text}")
        return cls(tuple(part for part in parts if part))

    def text(self, at: Context) -> str:
        result: list[str] = []
        filled = False
        for part in self.parts:
            if isinstance(part, str):
                result.append(part)
            else:
                value = part.path.text(at)[: part.first] or part.default
                filled = filled or bool(value)
                result.append(value)
        if not filled and any(isinstance(part, Field) for part in self.parts):
            return ""
        return " ".join("".join(result).split())


@dataclass(frozen=True, slots=True)
class Texts:
    """What a mapping writes for a value: a template; a list of them, the filled ones joined by ``; ``;
    or a table ``{text, values, otherwise}`` that replaces the text by a look-up."""

    parts: tuple[Template, ...]
    values: Mapping[str, str] | None = None
    otherwise: str | None = None

    @classmethod
    def parse(cls, written: object) -> Texts:
        match written:
            case str():
                return cls((Template.parse(written),))
            case list() if written and all(isinstance(part, str) for part in written):
                return cls(tuple(Template.parse(part) for part in written))
            case {"text": str() as text, "values": dict() as values, **rest} if rest.keys() <= {"otherwise"}:
                if not all(isinstance(value, str) for value in (*values.values(), *rest.values())):
                    raise ValueError("values are texts")
                return cls((Template.parse(text),), values, str(rest["otherwise"]) if rest else None)
        raise ValueError("not a template, a list of templates, or a table {text, values, otherwise}")

    @property
    def fields(self) -> tuple[Field, ...]:
        return tuple(part for template in self.parts for part in template.parts if isinstance(part, Field))

    def text(self, at: Context) -> str:
        """
        Raises:
            InvalidInput: a value that the table does not list, and no ``otherwise``.
        """
        found = "; ".join(filter(None, (part.text(at) for part in self.parts)))
        if self.values is None:
            return found
        result = self.values.get(found, self.otherwise)
        if result is None and found:
            raise InvalidInput("is not among the values the mapping lists")
        return result or ""


@dataclass(frozen=True, slots=True)
class Ref:
    """Another record: ``{path}`` to the node or row it was made of, or the name of a rule without rows."""

    path: Path | None
    rule: str | None

    @classmethod
    def parse(cls, written: object) -> Ref:
        if not isinstance(written, str) or not written:
            raise ValueError("not a reference")
        if not written.startswith("{"):
            return cls(None, written)
        path = Path.parse(written.removeprefix("{").removesuffix("}"))
        if path.column is not None:
            raise ValueError(f"a reference ends in a node, not in a column: {written}")
        return cls(path, None)
