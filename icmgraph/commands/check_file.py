"""``check --file``: a table of subjects, a row each."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from icmgraph.commands import output
from icmgraph.commands.check import numbers
from icmgraph.commands.files import read_text
from icmgraph.commands.run import KINDS, Run, Selected, build, typed
from icmgraph.errors import IcmError, InvalidInput
from icmgraph.model.answers import COVERAGE, BulkCheckAnswer, Pointer
from icmgraph.model.checks import MAX_ROWS, BulkCheckInput, SubjectSelectors, normal_form
from icmgraph.model.disclosure import result_class

COLUMNS = ("name", "birth_date", *KINDS, "phone_end", "region", "postcode")
"""Any of them, in any order; several values in a cell are separated by ``;``."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A row. ``line``: of the file, from 2; ``typed``: its selectors, then names; ``refused``: why it is not asked."""

    line: int
    asked: Mapping[str, Any]
    typed: tuple[str, ...] = ()
    refused: str | None = None


def subjects(text: str) -> list[Subject]:
    """
    Raises:
        InvalidInput: no header, an unknown column, one that comes twice, no row, or it ends within quotes.
    """
    # Strict, so that a file cut off within quotes is told.
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), restkey="", restval="", strict=True)
    try:
        columns = Counter(reader.fieldnames or ())
        if wrong := sorted(columns.keys() - set(COLUMNS)):
            raise _header(f"unknown columns: {', '.join(wrong)}")
        if twice := [column for column, count in columns.items() if count > 1]:
            raise _header(f"a column comes twice: {', '.join(twice)} (several values go into one cell, with ; between)")
        if not columns:
            raise _header("is empty")
        found = [_subject(reader.line_num, row) for row in reader]
    except csv.Error:
        said = f"line {reader.reader.line_num} cannot be read: a quote is not closed, or a cell is too long"
        raise InvalidInput(said, field="--file") from None
    if not found:
        raise InvalidInput("has no row", field="--file")
    return found


def _header(said: str) -> InvalidInput:
    return InvalidInput(
        f"{said}; the first line names some of {', '.join(COLUMNS)}, with commas between", field="--file"
    )


def _subject(line: int, row: Mapping[str, Any]) -> Subject:
    if "" in row:
        return Subject(line, {}, refused="has more cells than the first line")

    def cell(column: str) -> str | None:
        return (row.get(column) or "").strip() or None

    def values(column: str) -> list[str]:
        return [value.strip() for value in (cell(column) or "").split(";") if value.strip()]

    selected = [
        Selected(
            kind, value, cell("region") if kind == "phone" else None, cell("postcode") if kind == "address" else None
        )
        for kind in KINDS
        for value in values(kind)
    ]
    selected += [Selected("phone", value, partial=True) for value in values("phone_end")]
    born = {} if (birth_date := cell("birth_date")) is None else {"birth_date": birth_date}
    names = [{"name": name, **born} for name in values("name")]
    asked = {"selectors": [one.as_input() for one in selected], "names": names}
    shown = (*(f"{one.kind} {one.value}" for one in selected), *(f"name {one['name']}" for one in names))
    try:
        normal_form(build(SubjectSelectors, **asked))
    except InvalidInput as error:
        column = typed(selected, error.field or "")
        return Subject(line, asked, shown, f"{column}: {error.message}" if column else str(error))
    return Subject(line, asked, shown)


def check_file(run: Run, file: Path, purpose: Mapping[str, Any]) -> None:
    """Check all rows, so many at once as go with one receipt, and tell of each.

    Raises:
        InvalidInput: it is no such table.
        IcmError: some rows were not checked, after what was answered of the others was shown.
        typer.Exit: with 6 if rows were refused; the others are checked all the same.
    """
    rows = subjects(read_text(file))
    asked = [row for row in rows if row.refused is None]
    told: dict[int, dict[str, Any]] = {
        row.line: {"row": row.line, "result": "refused", "why": row.refused} for row in rows if row.refused is not None
    }
    answers: list[BulkCheckAnswer] = []
    failure: IcmError | None = None
    with run.client() as api:
        for done in range(0, len(asked), MAX_ROWS):
            some = asked[done : done + MAX_ROWS]
            question = build(BulkCheckInput, rows=[row.asked for row in some], **purpose)
            with output.waiting(f"checking {done} to {done + len(some)} of {len(asked)} ..."):
                try:
                    answer = api.check_rows(question)
                except IcmError as error:
                    if not answers:
                        raise
                    # What was answered is shown all the same: it was asked, and others are told of it.
                    left = {"result": "not checked", "why": str(error)}
                    told |= {row.line: {"row": row.line, **left} for row in asked[done:]}
                    failure = error
                    break
            answers.append(answer)
            for row, first, after in zip(some, answer.firsts, [*answer.firsts[1:], len(answer.asked)], strict=True):
                given = [one for one in answer.pointers if first <= one.selector < after]
                told[row.line] = _told(row, given, first)
    ordered = [told[row.line] for row in rows]
    if run.as_json:
        output.document({"rows": ordered, "receipts": [one.receipt for one in answers], "coverage": COVERAGE})
    else:
        output.table(("row", "result", "tier", "selector", "contact", "officer safety"), _lines(ordered))
        for answer in answers:
            numbers(answer)
    if failure is not None:
        raise failure
    if len(asked) < len(rows):
        output.rejected()


def _told(row: Subject, given: Sequence[Pointer], first: int) -> dict[str, Any]:
    pointers = [
        {"tier": one.tier, "selector": row.typed[one.selector - first], "contact": one.contact, "safety": one.safety}
        for one in given
    ]
    return {"row": row.line, "result": result_class(given), "pointers": pointers}


def _lines(ordered: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str | None, ...]]:
    for row in ordered:
        lines = row.get("pointers") or [{"selector": row.get("why")}]
        for number, one in enumerate(lines):
            said = (str(row["row"]), row["result"]) if number == 0 else ("", "")
            yield (*said, one.get("tier"), one.get("selector"), one.get("contact"), one.get("safety"))
