"""The interchange files: a folder with a manifest, and one CSV or Parquet file for each kind of row.

Everything is text, in Parquet too. What a cell may hold is said here; what it refers to is checked by ``prepare``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import Any, Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, ValidationError

from icmgraph.errors import InvalidInput
from icmgraph.model.identifiers import IdentifierKind
from icmgraph.model.records import LARGEST_INTEGER, CaseKind, CaseStatus, DisclosureMode, SubjectKind

VERSION = 1
MANIFEST = "manifest.json"
PEOPLE = "people.csv"
"""Units, people, caveats and grants, in the form of ``people import``; beside the manifest, if there is one."""
ROW = "row"
"""The row's number, from 1; a CSV file's header is not counted."""
WHY = "why"
"""Why a row is rejected; null: it is not."""

Kind = Literal["key", "word", "text", "choice", "date", "time", "yes", "number", "whole", "list", "region", "digest"]


@dataclass(frozen=True, slots=True)
class Column:
    """``choices``: of a choice. ``least``, ``most``: of a number."""

    kind: Kind
    needed: bool = False
    choices: tuple[str, ...] = ()
    least: float = 0
    most: float = 0


def _choice(values: Sequence[str], *, needed: bool = False) -> Column:
    return Column("choice", needed, tuple(values))


_SAID = {"caveats": Column("list"), "source": Column("key"), "confidence": _choice(("low", "medium", "high"))}
"""What each assertion may say of itself (model/records.Assertion)."""
_KEY, _WORD, _TEXT = Column("key", True), Column("word", True), Column("text", True)
_IDENTIFIER = {"region": Column("region"), "postcode": Column("word")}

TABLES: Mapping[str, Mapping[str, Column]] = {
    "cases": {
        "id": _KEY, "number": _WORD, "title": _TEXT, "kind": _choice(tuple(CaseKind)), "category": Column("word"),
        "status": _choice(tuple(CaseStatus)), "opened": Column("date", True), "closed": Column("date"),
        "unit": _KEY, "agent": _KEY, "open_to": Column("list"), "caveats": Column("list"),
        "closed_to_leaders": Column("yes"), "disclosure": _choice(tuple(DisclosureMode)),
        "disclosure_until": Column("time"),
    },
    "assignments": {
        "case": _KEY, "user": _KEY, "functions": Column("list"), "from": Column("time"), "until": Column("time"),
    },
    "documents": {
        "id": _KEY, "case": _KEY, "kind": _WORD, "title": _TEXT, "written": Column("date"),
        "digest": Column("digest"), "location": Column("text"), **_SAID,
    },
    "subjects": {"id": _KEY, "case": _KEY, "kind": _choice(tuple(SubjectKind), needed=True), "role": _WORD, **_SAID},
    "events": {
        "id": _KEY, "case": _KEY, "kind": _WORD, "description": Column("text"), "starts": Column("time"),
        "ends": Column("time"), "latitude": Column("number", least=-90, most=90),
        "longitude": Column("number", least=-180, most=180), "duration": Column("whole", most=LARGEST_INTEGER),
        "amount": Column("word"), "address": Column("text"), "postcode": Column("word"), **_SAID,
    },
    "shares": {
        "what": _choice(("subject", "document", "event"), needed=True), "id": _KEY, "case": _KEY,
        "role": Column("word"),
    },
    "attributes": {"subject": _KEY, "kind": _WORD, "value": _TEXT, **_SAID},
    "identifiers": {
        "subject": _KEY, "kind": _choice(tuple(IdentifierKind), needed=True), "value": _TEXT, **_IDENTIFIER, **_SAID,
    },
    "mentions": {
        "document": _KEY, "subject": Column("key"), "kind": _choice(tuple(IdentifierKind)), "value": Column("text"),
        **_IDENTIFIER, **_SAID,
    },
    "involvements": {"subject": _KEY, "event": _KEY, "role": _WORD, **_SAID},
    "links": {
        "from": _KEY, "to": _KEY, "kind": _WORD, "valid_from": Column("date"), "valid_to": Column("date"), **_SAID,
    },
    "same_as": {"from": _KEY, "to": _KEY, "basis": _TEXT, **_SAID},
    "related": {"from": _KEY, "to": _KEY, "kind": _WORD, "reason": Column("text"), **_SAID},
}  # fmt: skip
"""Each kind of row, in the order in which they are made into rows of the graph."""

_CHARS = {"key": 200, "word": 100, "text": 4096, "list": 4096}
_CONTROL = r"[\p{Cc}--[\n\t]]"
_TIME = "%Y-%m-%dT%H:%M:%S%.f%:z"


class FileEntry(BaseModel):
    """``rows``: how many the file holds; one that was cut short is not loaded."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    file: str
    rows: int


class Manifest(BaseModel):
    """
    Attributes:
        name: of the data. Ids are derived from it: the same record under the same name is the same one.
        files: by kind of row.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    format: Literal["icmgraph"]
    version: int
    name: str
    files: dict[str, FileEntry]


@dataclass
class Rejected:
    """Rows that were not taken, by kind of row: row number, reason and the row itself."""

    frames: dict[str, list[pl.DataFrame]] = field(default_factory=dict)

    def add(self, table: str, rows: pl.DataFrame, given: pl.DataFrame) -> None:
        """``rows`` have ROW and WHY; ``given`` is the file's."""
        if rows.height:
            self.frames.setdefault(table, []).append(rows.select(ROW, WHY).join(given, on=ROW))

    def count(self, table: str) -> int:
        return sum(frame.height for frame in self.frames.get(table, ()))

    def lines(self, files: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """For the reject file, in the order of the files and their rows."""
        for table in TABLES:
            for frame in self.frames.get(table, ()):
                for row in frame.sort(ROW).iter_rows(named=True):
                    number, why = row.pop(ROW), row.pop(WHY)
                    said = {name: value for name, value in row.items() if value is not None}
                    yield {"file": files[table], "row": number, "reason": why, "values": said}

    def reasons(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for table, frames in self.frames.items():
            for why, count in pl.concat([frame.select(WHY) for frame in frames])[WHY].value_counts().iter_rows():
                found[f"{table}: {why}"] = found.get(f"{table}: {why}", 0) + count
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


@dataclass
class Folder:
    """One set of interchange files, opened. ``digest``: SHA-256 of all its bytes."""

    path: Path
    manifest: Manifest
    digest: str

    @property
    def people(self) -> Path | None:
        path = self.path / PEOPLE
        return path if path.exists() else None

    @property
    def files(self) -> dict[str, str]:
        return {table: entry.file for table, entry in self.manifest.files.items()}

    def table(self, name: str) -> pl.DataFrame:
        """The rows of one kind as they are written: ROW, and each column as text, null where it is empty.

        Raises:
            InvalidInput: the file cannot be read as a whole; names it.
        """
        columns = TABLES[name]
        if name not in self.manifest.files:
            return pl.DataFrame(schema={ROW: pl.UInt32} | dict.fromkeys(columns, pl.String))
        entry = self.manifest.files[name]
        frame = _read(self.path / entry.file)
        unknown = sorted(set(frame.columns) - set(columns))
        lacks = sorted(name for name, column in columns.items() if column.needed and name not in frame.columns)
        if unknown or lacks:
            wrong = [f"has no column {', '.join(lacks)}"] if lacks else []
            wrong += [f"has a column that {name} do not have: {', '.join(unknown)}"] if unknown else []
            raise InvalidInput("; ".join(wrong), field=entry.file)
        if frame.height != entry.rows:
            raise InvalidInput(f"has {frame.height:,} rows, and the manifest says {entry.rows:,}", field=entry.file)
        text = [
            pl.col(column).cast(pl.String).str.strip_chars().replace("", None)
            if column in frame.columns
            else pl.lit(None, pl.String).alias(column)
            for column in columns
        ]
        return frame.select(text).with_row_index(ROW, offset=1)


def open_folder(path: Path) -> Folder:
    """
    Raises:
        InvalidInput: no manifest, one of another version, a file that is not there.
    """
    try:
        manifest = Manifest.model_validate_json((path / MANIFEST).read_bytes())
    except OSError:
        raise InvalidInput(f"no {MANIFEST} in this folder: it names the files", field=path.name) from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(f"{where}: {first['msg']}" if where else str(first["msg"]), field=MANIFEST) from None
    if manifest.version != VERSION:
        raise InvalidInput(f"is of version {manifest.version}; this icmgraph reads {VERSION}", field=MANIFEST)
    if not re.fullmatch("[a-z][a-z0-9-]{0,29}", manifest.name):
        raise InvalidInput("name: lower-case letters, digits and hyphens, at most 30", field=MANIFEST)
    if unknown := sorted(manifest.files.keys() - TABLES.keys()):
        raise InvalidInput(f"names kinds of rows that there are none of: {', '.join(unknown)}", field=MANIFEST)
    digest = hashlib.sha256()
    for name in [MANIFEST, *sorted(entry.file for entry in manifest.files.values()), PEOPLE]:
        if Path(name).name != name:
            raise InvalidInput("files are in the manifest's own folder", field=MANIFEST)
        if name == PEOPLE and not (path / name).exists():
            continue
        try:
            with (path / name).open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        except OSError:
            raise InvalidInput("cannot be read", field=name) from None
    return Folder(path, manifest, digest.hexdigest())


def _read(path: Path) -> pl.DataFrame:
    try:
        if path.suffix == ".parquet":
            return pl.read_parquet(path)
        if path.suffix == ".csv":
            return pl.read_csv(path, infer_schema=False, raise_if_empty=False)
    except (OSError, pl.exceptions.PolarsError):
        raise InvalidInput(f"cannot be read as {path.suffix[1:]}", field=path.name) from None
    raise InvalidInput("is neither .csv nor .parquet", field=path.name)


def checked(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The rows with each cell as what its column says, and WHY: the first thing that is wrong with a row, else null."""
    columns = TABLES[table]
    typed = frame.with_columns(_typed(name, column).alias(f"{name} typed") for name, column in columns.items())
    wrong = [
        pl.when(condition).then(pl.lit(f"{name}: {reason}"))
        for name, column in columns.items()
        for condition, reason in _rules(name, column)
    ]
    return typed.with_columns(pl.coalesce(wrong).alias(WHY)).select(
        ROW, WHY, *(pl.col(f"{name} typed").alias(name) for name in columns)
    )


def _typed(name: str, column: Column) -> pl.Expr:
    text = pl.col(name)
    if column.kind == "date":
        # Exactly so: the parser alone would take 2024-2-3 too.
        exact = pl.when(text.str.contains(r"^\d{4}-\d{2}-\d{2}$")).then(text)
        return exact.str.to_date("%Y-%m-%d", strict=False)
    if column.kind == "time":
        moment = text.str.replace("[Zz]$", "+00:00").str.to_datetime(_TIME, strict=False, time_unit="us")
        return pl.when(moment.dt.year().is_between(1, 9999)).then(moment)
    if column.kind == "number":
        return text.cast(pl.Float64, strict=False)
    if column.kind == "whole":
        return text.cast(pl.Int64, strict=False)
    if column.kind == "yes":
        return text.replace_strict({"yes": True, "no": False}, default=None, return_dtype=pl.Boolean)
    return text


def _rules(name: str, column: Column) -> Iterator[tuple[pl.Expr, str]]:
    text, typed = pl.col(name), pl.col(f"{name} typed")
    if column.needed:
        yield text.is_null(), "is empty"
    if most := _CHARS.get(column.kind):
        yield text.str.len_chars() > most, f"longer than {most} characters"
        yield text.str.contains(_CONTROL), "holds control characters"
    unread = text.is_not_null() & typed.is_null()
    if column.kind == "choice":
        yield text.is_not_null() & ~text.is_in(list(column.choices)), f"is none of {', '.join(column.choices)}"
    elif column.kind == "date":
        yield unread, "not a date: write 2026-01-31"
    elif column.kind == "time":
        yield unread, "not a time: write 2026-01-31T10:00:00Z, with its zone"
    elif column.kind == "yes":
        yield unread, "is neither yes nor no"
    elif column.kind in ("number", "whole"):
        outside = ~typed.is_between(column.least, column.most)
        yield unread | outside.fill_null(False), f"not a number between {column.least} and {column.most}"
    elif column.kind == "region":
        yield ~text.str.contains("^[A-Z]{2}$"), "not a region: two letters of ISO 3166"
    elif column.kind == "digest":
        yield ~text.str.contains("^[0-9a-f]{64}$"), "not a SHA-256: 64 hexadecimal digits"


def reject(frame: pl.DataFrame, condition: pl.Expr, reason: str) -> pl.DataFrame:
    """Say why of the rows in which ``condition`` is true, unless something is wrong with them already."""
    return frame.with_columns(
        pl.when(pl.col(WHY).is_null() & condition).then(pl.lit(reason)).otherwise(pl.col(WHY)).alias(WHY)
    )


def reject_all(frame: pl.DataFrame, rules: Sequence[tuple[pl.Expr, str]]) -> pl.DataFrame:
    return reduce(lambda found, rule: reject(found, *rule), rules, frame)


def write_manifest(folder: Path, name: str, rows: Mapping[str, tuple[str, int]]) -> None:
    """For who writes interchange files. ``rows``: for each kind its file and how many rows it holds."""
    files = {table: {"file": file, "rows": count} for table, (file, count) in rows.items()}
    said = {"format": "icmgraph", "version": VERSION, "name": name, "files": files}
    (folder / MANIFEST).write_text(json.dumps(said, indent=1) + "\n")
