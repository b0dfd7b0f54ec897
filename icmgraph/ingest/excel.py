"""Excel sheets (.xlsx), read row by row by openpyxl: values, not formulas. Sizes are bounded before anything is read.

Held in memory is the workbook's table of distinct texts, which the format keeps in one piece.
"""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from icmgraph.errors import InvalidInput
from icmgraph.ingest.rows import Row
from icmgraph.ingest.table_mapping import Layout
from icmgraph.ingest.table_rows import Read, header, unreadable

UNPACKED = 4 * 1024**3
"""Bytes of all parts of a workbook unpacked: a full sheet (1,048,576 rows) of fifty columns has some three."""
TEXTS = 256 * 1024**2
"""Bytes of the table of texts unpacked; openpyxl holds it, at two to three times its size."""
ERRORS = frozenset({"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA"})
ROWS = 1_048_576
"""The most a sheet has; for progress, since what a sheet says of its own size is often wrong."""


Cells = tuple[int, tuple[Any, ...], tuple[Any, ...] | None]
"""A row's number, its values and, where the sheet holds formulas, what is written."""


@contextmanager
def workbook(source: Path, layout: Layout) -> Iterator[Sheet]:
    """Open a workbook's sheet.

    Raises:
        InvalidInput: no workbook, too large unpacked, no such sheet, or an empty one.
    """
    formulas = _bounded(source)
    with _reading(source.name):
        values = _load(source, data_only=True)
        written = _load(source, data_only=False) if formulas else None
    sheet = None
    try:
        sheet = Sheet(
            source.name, *(_sheet(book, layout, source.name) for book in (values, written) if book is not None)
        )
        sheet.begin(layout.skip)
        yield sheet
    finally:
        if sheet is not None:
            sheet.close()
        values.close()
        if written is not None:
            written.close()


def _load(source: Path, *, data_only: bool) -> Any:
    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what it does not support (drawings, validation) holds no values
        return openpyxl.load_workbook(source, read_only=True, data_only=data_only, keep_links=False)


@contextmanager
def _reading(file: str) -> Iterator[None]:
    """openpyxl raises what its parts happen to raise on a damaged workbook."""
    try:
        yield
    except InvalidInput:
        raise
    except (zipfile.BadZipFile, SyntaxError, KeyError, ValueError, TypeError, IndexError, AttributeError, EOFError,
            OSError, OverflowError) as error:  # fmt: skip
        raise InvalidInput("the workbook is damaged, or not an .xlsx file", field=file) from error


def _bounded(source: Path) -> bool:
    """Check sizes before anything is unpacked. Returns whether a sheet holds formulas."""
    if not zipfile.is_zipfile(source):
        raise InvalidInput("is no .xlsx file (an .xls, or protected by a password?)", field=source.name)
    with _reading(source.name), zipfile.ZipFile(source) as archive:
        parts = archive.infolist()
        # zipfile reads no more of a part than it says it holds, so that what is said can be relied on.
        if sum(part.file_size for part in parts) > UNPACKED:
            raise InvalidInput(f"holds over {UNPACKED} bytes unpacked", field=source.name)
        texts = sum(part.file_size for part in parts if part.filename.lower().endswith("sharedstrings.xml"))
        if texts > TEXTS:
            raise InvalidInput(f"its texts are over {TEXTS} bytes: save it as CSV", field=source.name)
        return any(_holds_formulas(archive, part) for part in parts if part.filename.startswith("xl/worksheets/"))


def _holds_formulas(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    before = b""
    with archive.open(part) as file:
        while block := file.read(1024 * 1024):
            if b"<f>" in (seen := before + block) or b"<f " in seen or b"<f/" in seen:
                return True
            before = block[-3:]
    return False


def _sheet(book: Any, layout: Layout, file: str) -> Any:
    names = book.sheetnames
    if layout.sheet is not None and layout.sheet not in names:
        raise InvalidInput("has no sheet of the name that the mapping gives", field=file)
    sheet = book[layout.sheet] if layout.sheet is not None else book.worksheets[0]
    sheet.reset_dimensions()  # other programs write wrong ones, and cells outside would be lost
    return sheet


@dataclass
class Sheet:
    """``written``: the same sheet with its formulas, where it has some; a formula without a stored value is none."""

    file: str
    values: Any
    written: Any = None
    columns: list[str] | None = None
    _read: int = 0
    _rows: Generator[Cells, None, None] = field(init=False)

    def __post_init__(self) -> None:
        self._rows = self._both()

    def begin(self, skip: int) -> None:
        """Read the header."""
        for _ in range(skip):
            next(self._rows, None)
        line, cells, _ = next(self._rows, (0, (), None))
        names = [as_text(cell) for cell in cells]
        while names and not names[-1]:
            names.pop()
        if not names:
            raise InvalidInput("is empty", field=self.file)
        self.columns = header(names, self.file, line)

    def close(self) -> None:
        """Let go of the parts of the workbook that are being read."""
        self._rows.close()

    def _both(self) -> Generator[Cells, None, None]:
        with ExitStack() as reading:
            values, *other = (
                reading.enter_context(closing(sheet.iter_rows(values_only=True)))
                for sheet in (self.values, self.written)
                if sheet is not None
            )
            yield from self._pairs(values, other[0] if other else None)

    def _pairs(
        self, values: Iterator[tuple[Any, ...]], written: Iterator[tuple[Any, ...]] | None
    ) -> Generator[Cells, None, None]:
        while True:
            with _reading(self.file):
                cells = next(values, None)
                said = next(written, None) if written is not None else None
            if cells is None:
                return
            self._read += 1
            yield self._read, cells, said

    def done(self) -> tuple[int, int]:
        return self._read, ROWS

    def rows(self) -> Iterator[Read]:
        names = self.columns or []
        for line, cells, written in self._rows:
            texts = [as_text(cell) for cell in cells]
            lost = _without_value(cells, written)
            if not any(texts) and not lost:
                continue
            wrong = [n for n, text in enumerate(texts) if text in ERRORS]
            if any(texts[len(names) :]):
                yield unreadable(
                    self.file, line, f"has cells beyond the {len(names)} columns of the header", names, texts
                )
            elif lost or wrong:
                place, why = (wrong[0], "holds an error") if wrong else (lost[0], "a formula without a stored value")
                yield unreadable(self.file, line, f"column {place + 1}: {why}", names, texts)
            else:
                texts += [""] * (len(names) - len(texts))
                yield Row("", self.file, line, "", "", "", dict(zip(names, texts[: len(names)], strict=True))), ""


def _without_value(cells: tuple[Any, ...], written: tuple[Any, ...] | None) -> list[int]:
    if written is None:
        return []
    pairs = enumerate(zip(cells, written, strict=False))
    return [n for n, (value, said) in pairs if value is None and said is not None]


def as_text(value: Any) -> str:
    """A cell as somebody would have typed it: whole numbers without a point, days and times as ISO 8601."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
        case datetime():
            return value.date().isoformat() if value.time() == time() else value.isoformat()
        case date() | time():
            return value.isoformat()
        case timedelta():
            return str(int(value.total_seconds()))
    return str(value)
