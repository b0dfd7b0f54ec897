"""Rows of a table, one after the other: CSV, JSON lines, and (in ``excel``) sheets. Nothing is held but the row.

What one row gets wrong is that row's: it comes with a reason. What makes the rest unreadable ends the reading
(``InvalidInput``, naming file and line). Messages name lines and columns, never what stands in them.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import IO, Any, Protocol, TextIO

from icmgraph.errors import InvalidInput
from icmgraph.ingest.rows import Row
from icmgraph.ingest.table_mapping import Layout, TableMapping

LONGEST_LINE = 1024 * 1024
"""Characters: no record of a real file is as long, and a file without line ends must not be read whole."""
DEEPEST = 20
"""Levels of a JSON line."""

Read = tuple[Row, str]
"""A row, and why it cannot be used (empty: it can)."""


class Table(Protocol):
    """A source under reading."""

    @property
    def columns(self) -> list[str] | None:
        """Its header; None where rows name their own (JSON lines)."""
        ...

    def rows(self) -> Iterator[Read]: ...

    def done(self) -> tuple[int, int]:
        """How much was read, of how much, in whatever unit."""
        ...


def opened(source: Path, mapping: TableMapping) -> AbstractContextManager[Table]:
    """Open a table and read its header.

    Raises:
        InvalidInput: it is not such a file, or lacks a column that the mapping names.
    """
    return _opened(source, mapping)


@contextmanager
def _opened(source: Path, mapping: TableMapping) -> Iterator[Table]:
    if not source.is_file():
        raise InvalidInput("is no file", field=source.name)
    if mapping.format == "xlsx":
        from icmgraph.ingest.excel import workbook

        with workbook(source, mapping.layout) as sheet:
            yield _checked(sheet, source, mapping)
        return
    with source.open("rb") as raw:
        text = decoded(raw, mapping.layout, source.name)
        lines = Lines(text, source.name, raw)
        for _ in range(mapping.layout.skip):
            next(lines, None)
        kind = CsvTable if mapping.format == "csv" else JsonLines
        yield _checked(kind(lines, mapping.layout), source, mapping)


def _checked(table: Table, source: Path, mapping: TableMapping) -> Table:
    if table.columns is None:
        return table
    missing = [column for column in mapping.columns if column not in table.columns]
    if missing:
        more = "; its header is one column: is the delimiter another?" if len(table.columns) == 1 else ""
        raise InvalidInput(f"has no column {', '.join(map(repr, missing))}, which the mapping names{more}",
                           field=source.name)  # fmt: skip
    return table


def decoded(raw: IO[bytes], layout: Layout, file: str) -> TextIO:
    """Text by the byte order mark, the layout's encoding, or UTF-8.

    Bytes that are none in it become lone surrogates, which spoil their row only.
    """
    from io import TextIOWrapper

    mark = raw.read(4)
    raw.seek(0)
    encoding = layout.encoding or "utf-8"
    if mark.startswith(b"\xef\xbb\xbf"):
        encoding = "utf-8-sig"
    elif mark.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif b"\0" in mark and not encoding.lower().replace("_", "-").startswith(("utf-16", "utf-32")):
        raise InvalidInput('is no text file; for Excel say format = "xlsx"', field=file)
    elif mark.startswith(b"PK\x03\x04"):
        raise InvalidInput("is a zip file or an Excel file, not text", field=file)
    return TextIOWrapper(raw, encoding=encoding, errors="surrogateescape", newline="")


class Lines:
    """Lines of a text, of bounded length. One that is longer is passed over, and raises ``csv.Error``."""

    def __init__(self, text: TextIO, file: str, raw: IO[bytes]) -> None:
        self._text = text
        self._raw = raw
        self.file = file
        self.number = 0
        raw.seek(0, 2)
        self.size = raw.tell()
        raw.seek(0)

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> str:
        try:
            line = self._text.readline(LONGEST_LINE)
            self.number += 1
            if len(line) < LONGEST_LINE or line.endswith(("\n", "\r")):
                if not line:
                    raise StopIteration
                return line
            while line and not line.endswith(("\n", "\r")):
                line = self._text.readline(LONGEST_LINE)
        except UnicodeError:
            raise InvalidInput(
                "cannot be decoded; name its encoding in the mapping's [layout]",
                field=f"{self.file}, line {self.number}",
            ) from None
        raise csv.Error(f"is longer than {LONGEST_LINE} characters")

    def done(self) -> tuple[int, int]:
        return self._raw.tell(), self.size


def header(cells: list[str], file: str, line: int) -> list[str]:
    """Names of columns; one without a name is called by its number.

    Raises:
        InvalidInput: two have one name, or none has any.
    """
    names = [cell.strip() or f"column {number}" for number, cell in enumerate(cells, 1)]
    where = f"{file}, line {line}"
    if not any(cell.strip() for cell in cells):
        raise InvalidInput("is empty where the header should be", field=where)
    if not all(cell.isprintable() for cell in names):
        raise InvalidInput("the header is not text of this encoding", field=where)
    if twice := [count for _, count in Counter(names).items() if count > 1]:
        first = next(name for name in names if names.count(name) > 1)
        places = [str(number) for number, name in enumerate(names, 1) if name == first]
        more = " (and there are more)" if len(twice) > 1 else ""
        raise InvalidInput(f"columns {' and '.join(places)} of the header have one name{more}", field=where)
    return names


def _row(file: str, line: int, values: dict[str, str]) -> Row:
    return Row("", file, line, "", "", "", values)


def unreadable(
    file: str, line: int, reason: str, names: list[str] | None = None, cells: list[str] | None = None
) -> Read:
    """A row that stands for nothing, with what could be read of it."""
    pairs = zip_longest(names or [], cells or [])
    values = {name or f"(column {number})": cell or "" for number, (name, cell) in enumerate(pairs, 1)}
    return _row(file, line, values if cells else {}), reason


def broken(values: dict[str, str]) -> str:
    """Why these values cannot be text; empty if they can. The first column is named."""
    for name, value in values.items():
        if not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError:
                return f"{name}: holds bytes that are not of the file's encoding; name it in the mapping's [layout]"
    return ""


@dataclass
class CsvTable:
    """RFC 4180 with any delimiter. A row stands at the line on which it begins."""

    lines: Lines
    layout: Layout
    columns: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self._reader = csv.reader(self.lines, delimiter=self.layout.delimiter, strict=True)
        try:
            cells = next(self._reader)
        except StopIteration:
            raise InvalidInput("is empty", field=self.lines.file) from None
        except csv.Error as error:
            raise InvalidInput(_said(error), field=f"{self.lines.file}, line {self.lines.number}") from None
        self.columns = header(cells, self.lines.file, self.lines.number)

    def done(self) -> tuple[int, int]:
        return self.lines.done()

    def rows(self) -> Iterator[Read]:
        file, names = self.lines.file, self.columns
        while True:
            line = self.lines.number + 1
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield unreadable(file, line, _said(error))
                continue
            if len(cells) == len(names):
                if any(cells):
                    values = dict(zip(names, cells, strict=True))
                    yield _row(file, line, values), broken(values)
            elif any(cells):
                yield unreadable(file, line, f"has {len(cells)} cells for {len(names)} columns", names, cells)


def _said(error: csv.Error) -> str:
    text = str(error)
    if "field limit" in text:
        return f"a cell is longer than {csv.field_size_limit()} characters, or a quote is not closed"
    if "unexpected end" in text:
        return "a quote is not closed"
    return text if text.startswith("is longer") else "is not CSV: text after a closing quote, or a bad line end"


@dataclass
class JsonLines:
    """One object a line. Inner objects and lists become columns ``a.b`` and ``a.0``; a list of values is also ``a``,
    joined by ``; ``. What a line does not hold is empty."""

    lines: Lines
    layout: Layout
    columns: list[str] | None = None

    def done(self) -> tuple[int, int]:
        return self.lines.done()

    def rows(self) -> Iterator[Read]:
        while True:
            try:
                text = next(self.lines)
            except StopIteration:
                return
            except csv.Error as error:
                yield unreadable(self.lines.file, self.lines.number, str(error))
                continue
            if text.strip():
                yield self._read(text)

    def _read(self, text: str) -> Read:
        values: dict[str, str] = _Open()
        try:
            found = parsed(text)
            flatten(found, "", values, 0)
        except ValueError as error:
            why = str(error) if isinstance(error, _NotThis) else "is not JSON"
            return unreadable(self.lines.file, self.lines.number, why)
        return _row(self.lines.file, self.lines.number, values), broken(values)


class _Open(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""


class _NotThis(ValueError):
    """JSON, and not of the form that is wanted."""


def parsed(text: str) -> dict[str, Any]:
    """A JSON object. Numbers stay the text they were: phones and accounts are not to be rounded.

    Raises:
        ValueError: it is none.
    """
    try:
        found = json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except RecursionError:
        raise _NotThis("is nested too deeply") from None
    if not isinstance(found, dict):
        raise _NotThis("is no JSON object")
    return found


def flatten(value: Any, name: str, into: dict[str, str], depth: int) -> None:
    """Values under the names of the way to them.

    Raises:
        ValueError: nested too deeply.
    """
    if depth > DEEPEST:
        raise _NotThis("is nested too deeply")
    below = f"{name}." if name else ""
    if isinstance(value, dict):
        for key, item in value.items():
            flatten(item, f"{below}{key}", into, depth + 1)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            flatten(item, f"{below}{number}", into, depth + 1)
        into[name] = "; ".join(text(item) for item in value if not isinstance(item, dict | list | None))
    else:
        into[name] = text(value)


def text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
