"""``check --file``: a table of subjects, a row each."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

from icmgraph.commands import output
from icmgraph.commands.check import numbers
from icmgraph.commands.files import read_text
from icmgraph.commands.run import KINDS, Run, Selected, build, typed
from icmgraph.errors import IcmError, InvalidInput, Quota, Unavailable
from icmgraph.model.answers import COVERAGE, BulkCheckAnswer, Pointer
from icmgraph.model.checks import MAX_ROWS, BulkCheckInput, SubjectSelectors, normal_form
from icmgraph.model.disclosure import result_class

COLUMNS = ("name", "birth_date", *KINDS, "phone_end", "region", "postcode")
"""Any of them, in any order; several values in a cell are separated by ``;``."""
AT_ONCE = 3
"""Parts of a file asked for at the same time: more are no quicker on two cores, and the API has threads for five."""
STOPPED = "stopped"


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
    """Check all rows, so many at once as go with one receipt, several such parts at the same time, and tell of each.

    Raises:
        InvalidInput: it is no such table.
        IcmError: some rows were not checked, after what was answered of the others was shown.
        typer.Exit: with 6 if rows were refused; the others are checked all the same. With 130 if it was stopped.
    """
    rows = subjects(read_text(file))
    asked = [row for row in rows if row.refused is None]
    told: dict[int, dict[str, Any]] = {
        row.line: {"row": row.line, "result": "refused", "why": row.refused} for row in rows if row.refused is not None
    }
    parts = [asked[at : at + MAX_ROWS] for at in range(0, len(asked), MAX_ROWS)]
    questions = [build(BulkCheckInput, rows=[row.asked for row in part], **purpose) for part in parts]
    results, stopped = _results(run, questions)
    answers = [one for one in results if isinstance(one, BulkCheckAnswer)]
    failure = next((one for one in results if isinstance(one, IcmError)), None)
    if failure is not None and not answers and not stopped:
        raise failure
    for part, result in zip(parts, results, strict=True):
        if isinstance(result, BulkCheckAnswer):
            told |= _answered(part, result)
        else:
            left = {"result": "not checked", "why": str(result or failure or STOPPED)}
            told |= {row.line: {"row": row.line, **left} for row in part}
    ordered = [told[row.line] for row in rows]
    if run.as_json:
        output.document({"rows": ordered, "receipts": [one.receipt for one in answers], "coverage": COVERAGE})
    else:
        output.table(("row", "result", "tier", "selector", "contact", "officer safety"), _lines(ordered))
        for answer in answers:
            numbers(answer)
    # What was answered is shown all the same: it was asked, and others are told of it.
    if stopped:
        output.stopped(f"{STOPPED}; rows that are not checked can be asked for by a file of their own")
    if failure is not None:
        raise failure
    if len(asked) < len(rows):
        output.rejected()


Result = BulkCheckAnswer | IcmError | None
"""Of a part: its answer, or why there is none; None: it was not asked, after another had none or Ctrl-C."""


def _results(run: Run, questions: Sequence[BulkCheckInput]) -> tuple[list[Result], bool]:
    """Of each; and whether it was stopped by Ctrl-C. What fails beside others is asked once more, alone: a graph that
    has just started may take too long for several at once, and an API may allow a person fewer."""
    results, stopped = _asked(run, questions, AT_ONCE)
    again = [number for number, one in enumerate(results) if not isinstance(one, BulkCheckAnswer)]
    refused = any(not isinstance(results[number], Unavailable | Quota | None) for number in again)
    if stopped or refused or not again:
        return results, stopped
    more, stopped = _asked(run, [questions[number] for number in again], 1)
    for number, one in zip(again, more, strict=True):
        results[number] = one
    return results, stopped


def _asked(run: Run, questions: Sequence[BulkCheckInput], at_once: int) -> tuple[list[Result], bool]:
    stop, stopped = Event(), False

    def result(question: BulkCheckInput) -> Result:
        if stop.is_set():
            return None
        try:
            with run.client() as api:  # of each its own: it is not shared between threads
                return api.check_rows(question)
        except IcmError as error:
            stop.set()
            return error
        except BaseException:
            stop.set()
            raise

    total = sum(len(question.rows) for question in questions)
    with output.waiting(f"checking {total} subjects ...") as say, ThreadPoolExecutor(at_once) as threads:
        asked = {threads.submit(result, question): len(question.rows) for question in questions}
        left = set(asked)
        while left:
            try:
                _, left = wait(left, return_when=FIRST_COMPLETED)
                say(f"checking {total} subjects, {sum(asked[one] for one in asked.keys() - left)} done ...")
            except KeyboardInterrupt:
                stop.set()
                stopped = True
                output.note(f"{STOPPED}: what is under way is waited for")
    return [one.result() for one in asked], stopped


def _answered(part: Sequence[Subject], answer: BulkCheckAnswer) -> dict[int, dict[str, Any]]:
    """What is told of each line."""
    told = {}
    for row, first, after in zip(part, answer.firsts, [*answer.firsts[1:], len(answer.asked)], strict=True):
        given = [one for one in answer.pointers if first <= one.selector < after]
        told[row.line] = _told(row, given, first)
    return told


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
