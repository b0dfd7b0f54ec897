"""Bodies that are the API's own; the others are the model's input values, answers are the model's too."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from icmgraph.model.checks import Selector
from icmgraph.model.identifiers import NormalisedIdentifier
from icmgraph.model.records import WALKABLE, WALKED, Id, LinkInput, SubjectKind, Text, Value
from icmgraph.queries.bulk import ROWS, Row, parse_row
from icmgraph.queries.explore import BOUNDS, DEFAULT_BOUND, DEPTHS
from icmgraph.queries.reader import COMPARED, DEFAULT_LIMIT, LARGEST_LIMIT, SELECTORS
from icmgraph.viz.exports import Format

Types = Annotated[
    tuple[Annotated[str, Field(json_schema_extra={"enum": list(WALKABLE)})], ...],
    Field(min_length=1, max_length=len(WALKABLE)),
]
"""Relationship types to walk."""


class LinkBody(LinkInput):
    """A relationship to assert. ``case``: the case worked in."""

    case: Id


class EndBody(Value):
    """``case``: the case worked in, which asserts what is ended."""

    case: Id


class OpennessBody(Value):
    """``units``: those the case is open to; none restricts it to the persons assigned."""

    units: Annotated[tuple[Id, ...], Field(max_length=1000)]


class SearchBody(Value):
    """Identifiers to look for; a record with any of them is found."""

    model_config = ConfigDict(hide_input_in_errors=True)

    selectors: Annotated[tuple[Selector, ...], Field(min_length=1, max_length=SELECTORS)]

    def normalised(self) -> list[NormalisedIdentifier]:
        """
        Raises:
            InvalidInput: names the field, never the value.
        """
        return [one.normalised(f"selectors.{at}.value") for at, one in enumerate(self.selectors)]


class NameSearchBody(Value):
    """A name to look for, spelled in whatever way.

    ``prefix``: the words given are beginnings of words. ``threshold``: hits with a lower score are left out; unless
    given, what a person need not look at is, and with ``prefix`` nothing.
    """

    model_config = ConfigDict(hide_input_in_errors=True)

    name: Text
    kind: Annotated[SubjectKind, Field(strict=False)] | None = None
    prefix: bool = False
    threshold: Annotated[float, Field(ge=0, le=1, strict=False)] | None = None


class BulkBody(Value):
    """``subjects``: each is read by itself, so that a wrong one stops no other."""

    subjects: Annotated[
        tuple[Any, ...],
        Field(
            min_length=1, max_length=ROWS, json_schema_extra={"items": {"$ref": "#/components/schemas/SubjectInput"}}
        ),
    ]

    def rows(self) -> list[Row]:
        return [parse_row(value) for value in self.subjects]


class ExpandBody(Value):
    """``depth`` counts relationships. ``limit``: most nodes, the start among them."""

    start: Id
    depth: Annotated[int, Field(ge=DEPTHS[0], le=DEPTHS[-1])] = 2
    types: Types = WALKED
    limit: Annotated[int, Field(ge=1)] | None = None


class PathsBody(Value):
    """``bound``: longest path looked for, in relationships (a shared phone is 2)."""

    start: Id
    end: Id
    bound: Annotated[int, Field(ge=BOUNDS[0], le=BOUNDS[-1])] = DEFAULT_BOUND
    types: Types = WALKED


class CompareBody(Value):
    """The cases to compare. ``limit``: most reasons."""

    cases: Annotated[tuple[Id, ...], Field(min_length=COMPARED[0], max_length=COMPARED[-1])]
    limit: Annotated[int, Field(ge=1, le=LARGEST_LIMIT)] = DEFAULT_LIMIT


class ChartBody(Value):
    """What to draw: the surroundings of a record."""

    start: Id
    depth: Annotated[int, Field(ge=DEPTHS[0], le=DEPTHS[-1])] = 2
    types: Types = WALKED


class ExportBody(Value):
    """``case``: whose file; ``format``: followthemoney entities (JSON lines), GraphML or GEXF."""

    case: Id
    format: Format


class Health(Value):
    status: str = "ok"
