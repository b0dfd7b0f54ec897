"""The whole graph as files for ``neo4j-admin database import``: what was prepared, and the directory beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from icmgraph.ingest.bulk.interchange import ROW
from icmgraph.ingest.bulk.prepare import Prepared
from icmgraph.model.access import NOBODY, Expression, audience, expression_id
from icmgraph.model.names import LONGEST_SPELLING

_LISTS = ("cases", "shared", "caveats", "functions")
_ROWS_A_GROUP = 100_000
"""Of a Parquet file: the tool reads groups in parallel."""
_LINK_TYPES = {"link_mentions_subject": "MENTIONS", "link_mentions_identifier": "MENTIONS", "link_about_case": "ABOUT"}


@dataclass
class ImportFiles:
    """What Neo4j's tool takes. ``nodes``, ``links``: (label or type, file); an empty label: a column says it."""

    folder: Path
    nodes: list[tuple[str, Path]] = field(default_factory=list)
    links: list[tuple[str, Path]] = field(default_factory=list)
    relationships: int = 0

    def add(self, what: str, is_node: bool, frame: pl.DataFrame) -> None:
        """``frame`` has ``:ID``, or ``:START_ID`` and ``:END_ID``, and properties.

        Parquet, as the tool knows no empty list in CSV; and with the type in the name, or it makes bytes of one.
        """
        if not frame.height:
            return
        made = self.nodes if is_node else self.links
        path = self.folder / f"{'node' if is_node else 'link'}-{len(made):02}-{what.lower()}.parquet"
        typed = frame.rename({name: f"{name}:string[]" for name in _LISTS if name in frame.columns})
        typed.write_parquet(path, compression="zstd", compression_level=1, row_group_size=_ROWS_A_GROUP)
        made.append((what, path))
        self.relationships += 0 if is_node else frame.height


@dataclass(frozen=True)
class Kept:
    """What the graph held before: its directory, and where its epoch stood.

    Attributes:
        nodes: (label, properties) of units, people and caveats.
        links: (type, id of the start, id of the end, properties) between them.
        intent: the audit's, of this act: its mark goes into the graph. Empty: there is none.
    """

    nodes: Sequence[tuple[str, Mapping[str, Any]]]
    links: Sequence[tuple[str, str, str, Mapping[str, Any]]]
    epoch: int
    intent: str


def write_files(prepared: Prepared, kept: Kept, folder: Path, marks: Sequence[str], schema: int) -> ImportFiles:
    """
    Args:
        folder: an empty one; needs about 100 bytes for a relationship.
        marks: digests by which a later load knows that this one was whole.
        schema: the version of the graph's form.
    """
    return _Writing(prepared, kept, folder).run(marks, schema)


class _Writing:
    def __init__(self, prepared: Prepared, kept: Kept, folder: Path) -> None:
        self._prepared = prepared
        self._kept = kept
        self._files = ImportFiles(folder)
        self._next = sum(frame.height for frame in prepared.nodes.values())
        self._places: dict[str, int] = {}
        """Numbers of the nodes beside the content, by id."""

    def run(self, marks: Sequence[str], schema: int) -> ImportFiles:
        # Those that something carries: others were on the way to one.
        frames = (*self._prepared.nodes.values(), *self._prepared.links.values())
        used = sorted({number for frame in frames if "vis" in frame.columns for number in frame["vis"].unique()})
        self._expressions = [self._prepared.expressions[number] for number in used]
        visibilities, audiences, counters = _labels(self._expressions, self._prepared.openness)
        self._owns = pl.DataFrame(
            {
                "cases": [own.cases for own in self._prepared.owns],
                "shared": [own.shared for own in self._prepared.owns],
                "caveats": [own.caveats for own in self._prepared.owns],
            },
            schema=dict.fromkeys(("cases", "shared", "caveats"), pl.List(pl.String)),
        )
        self._ids = pl.DataFrame(
            {
                "vis": used,
                "visibility": [row["id"] for row in visibilities],
                "audience": [row["audience"] for row in visibilities],
            },
            schema={"vis": pl.UInt32, "visibility": pl.Int64, "audience": pl.Int64},
        )
        self._content()
        self._spellings()
        self._directory()
        self._governed(visibilities, audiences)
        self._write("ImportRow", [{"digest": mark} for mark in marks])
        epoch = {"name": "epoch", "value": self._kept.epoch + 1, "lock": 0}
        self._write("Epoch", [epoch | counters])
        # Its constraints and indexes are made afterwards: a start before they are there says "run icmgraph migrate".
        self._write("Schema", [{"name": "schema", "version": schema, "statements": ""}])
        if self._kept.intent:
            self._write("Act", [{"intent": self._kept.intent, "at": self._prepared.at}])
        return self._files

    # -- what was prepared

    def _labelled(self, frame: pl.DataFrame) -> pl.DataFrame:
        owned = self._owns.select(pl.all().gather(frame["own"]))
        labelled = frame.join(self._ids, on="vis", how="left", maintain_order="left")
        return labelled.drop("own", "vis", ROW, strict=False).with_columns(
            *owned.get_columns(),
            pl.lit(self._prepared.by).alias("asserted_by"),
            pl.lit(self._prepared.at).alias("asserted_at"),
        )

    def _content(self) -> None:
        for label, frame in self._prepared.nodes.items():
            first = self._prepared.first[label]
            number = pl.int_range(first, first + frame.height, dtype=pl.Int64).alias(":ID")
            named = frame if label == "Identifier" else self._labelled(frame)
            if label == "Subject":  # its kind is a second label
                named = named.with_columns(pl.concat_str(pl.lit("Subject;"), pl.col("kind")).alias(":LABEL"))
            self._files.add("" if label == "Subject" else label, True, named.select(number, pl.all()))
        for query, frame in self._prepared.links.items():
            type = _LINK_TYPES.get(query, query.removeprefix("link_").upper())
            ends = [pl.col("start").alias(":START_ID"), pl.col("end").alias(":END_ID")]
            self._files.add(type, False, self._labelled(frame).select(*ends, pl.exclude("start", "end")))

    def _spellings(self) -> None:
        """As ``link_key_of`` ties the keys of a word to them."""
        if "NameKey" not in self._prepared.nodes:  # the directory alone is put back
            return
        keys = self._prepared.nodes["NameKey"].select("key", "kind", "name").with_row_index("place")
        in_index = pl.col("key").str.starts_with("w:") & (pl.col("name").str.len_chars() <= LONGEST_SPELLING)
        ties = keys.filter(in_index).sort("key", "kind", "name", maintain_order=True)
        number = pl.struct("key", "kind", "name").rle_id().cast(pl.Int64) + self._next
        ties = ties.with_columns(number.alias("node"))
        nodes = ties.unique("node", keep="first", maintain_order=True)
        self._next += nodes.height
        self._files.add("Spelling", True, nodes.select(pl.col("node").alias(":ID"), "key", "kind", "name"))
        start = pl.col("place").cast(pl.Int64) + self._prepared.first["NameKey"]
        self._files.add("SPELLED", False, ties.select(start.alias(":START_ID"), pl.col("node").alias(":END_ID")))

    # -- what is beside it

    def _write(self, label: str, rows: Sequence[Mapping[str, Any]], key: str | None = None) -> None:
        if not rows:
            return
        frame = pl.DataFrame(list(rows), infer_schema_length=None)
        frame = frame.with_columns(pl.int_range(self._next, self._next + len(rows), dtype=pl.Int64).alias(":ID"))
        if key is not None:
            self._places |= zip(
                (f"{label} {row[key]}" for row in rows), range(self._next, self._next + len(rows)), strict=True
            )
        self._next += len(rows)
        self._files.add(label, True, frame)

    def _tie(self, type: str, rows: Sequence[tuple[int, int, Mapping[str, Any]]]) -> None:
        if not rows:
            return
        names = sorted({name for _, _, said in rows for name in said})
        columns: dict[str, Any] = {":START_ID": [row[0] for row in rows], ":END_ID": [row[1] for row in rows]}
        columns |= {name: [row[2].get(name) for row in rows] for name in names}
        # A column without a value has no type, and says nothing.
        frame = pl.DataFrame(columns, infer_schema_length=None)
        self._files.add(type, False, frame.select(name for name, kind in frame.schema.items() if kind != pl.Null))

    def _directory(self) -> None:
        for label in ("Unit", "User", "Caveat"):
            self._write(label, [said for of, said in self._kept.nodes if of == label], "id")
        of_id = {key.partition(" ")[2]: place for key, place in self._places.items()}
        ties: dict[str, list[tuple[int, int, Mapping[str, Any]]]] = {}
        for type, start, end, said in self._kept.links:
            ties.setdefault(type, []).append((of_id[start], of_id[end], said))
        for type, rows in ties.items():
            self._tie(type, rows)
        case_of = {id: self._prepared.first["Case"] + place for place, id in enumerate(self._prepared.units)}
        placed = self._prepared.units.items()
        self._tie("OF", [(case_of[case], self._places[f"Unit {unit}"], {}) for case, unit in placed])
        opened = self._prepared.openness.items()
        self._tie(
            "OPEN_TO",
            [(case_of[case], self._places[f"Unit {unit}"], {}) for case, units in opened for unit in sorted(units)],
        )
        assigned = self._prepared.assignments
        if not assigned.height:
            return
        users = pl.Series(":START_ID", [self._places[f"User {user}"] for user in assigned["user"]], dtype=pl.Int64)
        dated = pl.col("starts").alias("from"), pl.col("ends").alias("until")
        frame = assigned.with_columns(pl.col("functions").str.split(";"))
        self._files.add(
            "ASSIGNED_TO",
            False,
            frame.select(users, pl.col("end").alias(":END_ID"), "id", "agent", "functions", *dated),
        )

    def _governed(self, visibilities: list[dict[str, Any]], audiences: list[dict[str, Any]]) -> None:
        first = self._next
        self._write("Visibility", visibilities)
        self._write("Audience", audiences)
        case_of = {id: self._prepared.first["Case"] + place for place, id in enumerate(self._prepared.units)}
        starts, ends, clauses = [], [], []
        for place, expression in enumerate(self._expressions):
            for number, atom in _atoms(expression):
                what, _, id = atom.partition(":")
                starts.append(first + place)
                ends.append(case_of[id] if what == "case" else self._places[f"Caveat {id}"])
                clauses.append(number)
        ties = pl.DataFrame({":START_ID": starts, ":END_ID": ends, "clause": clauses})
        self._files.add("REQUIRES", False, ties)


def _atoms(expression: Expression) -> Iterator[tuple[int, str]]:
    """As ``Interner`` ties them: (the clause's number, an atom of it)."""
    for number, clause in enumerate(sorted(expression.clauses, key=sorted)):
        for atom in sorted(clause):
            yield number, atom


def _labels(
    expressions: Sequence[Expression], openness: Mapping[str, frozenset[str]]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, int]]:
    """Interned as ``Interner`` does: visibilities in the order of ``expressions``, their audiences, what comes next."""
    ids: dict[Expression, int] = {}
    visibilities: list[dict[str, Any]] = []
    free = {False: 1, True: 1}
    for expression in expressions:
        formula = audience(expression, openness)
        number = expression_id(free[formula is None], formula is None)
        free[formula is None] = number + 1
        of = NOBODY if formula is None else ids.setdefault(formula, len(ids) + 1)
        said = {"id": number, "digest": expression.digest, "expression": str(expression), "audience": of, "lock": 0}
        visibilities.append(said)
    audiences = [{"id": id, "digest": one.digest, "expression": str(one)} for one, id in ids.items()]
    return visibilities, audiences, {
        "next_visibility": free[False], "next_hidden": free[True], "next_audience": len(ids) + 1,
    }  # fmt: skip


def moment(value: Any) -> Any:
    """Of a directory kept in a file: times as text."""
    return value.isoformat() if isinstance(value, datetime) else value
