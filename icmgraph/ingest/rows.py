"""Sources of rows: nodes and relationships in Neo4j's CSV import format, in a zip file or a folder.

A file is known by its header, not by its name: ``:ID`` makes it nodes, ``:START_ID`` and ``:END_ID``
relationships; ``:LABEL`` and ``:TYPE`` give each row's table. Types of columns (``latitude:double``) are
not used: the mapping says what a value is.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TextIO

from icmgraph.errors import InvalidInput

Step = tuple[str, str]
"""(relationship type, id of a node)."""


@dataclass(eq=False, slots=True)
class Row:
    """One row of the source. ``id`` is a node's; ``start`` and ``end`` are a relationship's."""

    table: str
    file: str
    line: int
    id: str
    start: str
    end: str
    values: Mapping[str, str]

    @property
    def is_node(self) -> bool:
        return not self.start

    @property
    def digest(self) -> str:
        """Of what the row says; not of where it stands, so that a file may be sorted or split."""
        said = [self.table, self.id, self.start, self.end, sorted(self.values.items())]
        return hashlib.sha256(json.dumps(said, ensure_ascii=True).encode()).hexdigest()


@dataclass
class Rows:
    """A source, read whole, with its relationships indexed by their ends.

    ``bad``: rows that cannot be read or stand for nothing, each with the reason.
    """

    all: list[Row] = field(default_factory=list)
    bad: dict[Row, str] = field(default_factory=dict)
    nodes: dict[str, Row] = field(default_factory=dict)
    tables: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    leaving: dict[Step, list[Row]] = field(default_factory=lambda: defaultdict(list))
    arriving: dict[Step, list[Row]] = field(default_factory=lambda: defaultdict(list))

    def reject(self, row: Row, reason: str) -> None:
        self.bad[row] = reason


def read(source: Path) -> Rows:
    """Read a zip file or a folder of CSV files (UTF-8).

    Raises:
        InvalidInput: it is neither, holds no such file, or a file is neither nodes nor relationships.
    """
    rows = Rows()
    files = 0
    for name, file in _files(source):
        files += 1
        _read_file(rows, name, file)
    if not files:
        raise InvalidInput("holds no CSV file", field="source")
    _connect(rows)
    return rows


def _files(source: Path) -> Iterator[tuple[str, TextIO]]:
    if source.is_dir():
        for path in sorted(source.glob("*.csv")):
            with path.open("rb") as raw:
                yield path.name, _text(raw)
    elif zipfile.is_zipfile(source):
        with _archive(source) as archive:
            for name in sorted(archive.namelist()):
                if name.endswith(".csv"):
                    with archive.open(name) as member:
                        yield name, _text(member)
    else:
        raise InvalidInput("is neither a zip file nor a folder", field="source")


@contextmanager
def _archive(source: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(source) as archive:
            yield archive
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:  # damaged, encrypted, odd method
        raise InvalidInput("the zip file cannot be read", field="source") from error


def _text(raw: IO[bytes]) -> TextIO:
    # Bytes that are not UTF-8 become lone surrogates, which no value may hold: that row is rejected, not the file.
    return io.TextIOWrapper(raw, encoding="utf-8-sig", errors="surrogateescape", newline="")


@dataclass(frozen=True)
class _Header:
    """Which column is what. A space (``:ID(Crime)``) keeps equal ids of different spaces apart."""

    names: list[str]
    id: int | None
    start: int | None
    end: int | None
    table: int
    spaces: Mapping[int, str]

    @classmethod
    def of(cls, cells: list[str], file: str) -> _Header:
        names: list[str] = []
        at: dict[str, int] = {}
        spaces: dict[int, str] = {}
        for number, cell in enumerate(cells):
            name, _, kind = cell.partition(":")
            kind, _, space = kind.partition("(")
            names.append(name)
            if kind in ("ID", "START_ID", "END_ID", "LABEL", "TYPE"):
                at[kind] = number
                spaces[number] = space.rstrip(")") + "/" if space else ""
        table = at.get("LABEL" if "ID" in at else "TYPE")
        if table is None or not ("ID" in at or {"START_ID", "END_ID"} <= at.keys()):
            raise InvalidInput("its header names neither nodes nor relationships", field=file)
        return cls(names, at.get("ID"), at.get("START_ID"), at.get("END_ID"), table, spaces)

    def row(self, cells: list[str], file: str, line: int) -> Row:
        def at(column: int | None) -> str:
            return self.spaces[column] + cells[column] if column is not None and cells[column] else ""

        values = {name: cell for name, cell in zip(self.names, cells, strict=True) if name}
        return Row(cells[self.table].split(";")[0], file, line, at(self.id), at(self.start), at(self.end), values)


def _read_file(rows: Rows, file: str, text: TextIO) -> None:
    reader = csv.reader(text)
    header: _Header | None = None
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            _unreadable(rows, file, reader.line_num, "is not CSV, or a value is too long")
            continue
        if header is None:
            header = _Header.of(cells, file)
        elif cells and len(cells) != len(header.names):
            _unreadable(rows, file, reader.line_num, f"has {len(cells)} values for {len(header.names)} columns")
        elif cells:
            _take(rows, header.row(cells, file, reader.line_num), header)


def _unreadable(rows: Rows, file: str, line: int, reason: str) -> None:
    row = Row("(unreadable)", file, line, "", "", "", {})
    rows.all.append(row)
    rows.reject(row, reason)


def _take(rows: Rows, row: Row, header: _Header) -> None:
    rows.all.append(row)
    if not row.table:
        row.table = "(unnamed)"
        rows.reject(row, "has no label or type")
    elif header.id is None:
        if not row.start or not row.end:
            rows.reject(row, "an end is missing")
    elif not row.id:
        rows.reject(row, "has no :ID")
    elif row.id in rows.nodes:
        rows.reject(row, "a second row with this :ID")
    else:
        rows.nodes[row.id] = row
    if row not in rows.bad:
        rows.tables[row.table].append(row)


def _connect(rows: Rows) -> None:
    """Index relationships by their ends; those that end in nothing are rejected."""
    for row in rows.all:
        if row.is_node or row in rows.bad:
            continue
        if row.start not in rows.nodes or row.end not in rows.nodes:
            which = ":START_ID" if row.start not in rows.nodes else ":END_ID"
            rows.reject(row, f"dangling: no node with its {which}")
            continue
        rows.leaving[row.table, row.start].append(row)
        rows.arriving[row.table, row.end].append(row)
    for table, members in rows.tables.items():
        rows.tables[table] = [row for row in members if row not in rows.bad]
