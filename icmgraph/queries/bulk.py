"""Many subjects at once: what can be written is, in one transaction; each of the other rows says why not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from icmgraph.errors import InvalidInput
from icmgraph.model.answers import BulkAnswer, RowProblem, RowResult
from icmgraph.model.records import SubjectInput
from icmgraph.model.wrong import dotted, message
from icmgraph.queries.session import Session, View
from icmgraph.queries.worked import WorkedIn
from icmgraph.queries.writer import new_subject

ROWS = 200
"""In one transaction: it stays under a second, which others who write the same identifiers may have to wait."""

Row = SubjectInput | RowProblem


class Bulk:
    """Bulk writes of one person."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add_subjects(self, case: str, rows: Sequence[Row]) -> BulkAnswer:
        """Add the rows to ``case``: one act, and one Entry for each subject.

        Raises:
            NotFound, FunctionRefused, Conflict: of the case; nothing was written.
        """
        asked = {"case": case, "rows": len(rows)}
        return self._session.write("subject.bulk", asked, lambda view: add_rows(view, case, rows))


def add_rows(view: View, case: str, rows: Sequence[Row], *, entered: bool = True) -> BulkAnswer:
    """Write the rows that can be, inside a WRITE transaction; the others are refused one by one.

    ``entered``: they count as one check, whose hits come as notices (an import checks nothing unless asked).
    """
    worked = WorkedIn(view, case)
    results = [_result(worked, number, row) for number, row in enumerate(rows)]
    created = sum(result.id is not None for result in results)
    if created:
        worked.put(entered=entered)
    return BulkAnswer(created=created, refused=len(results) - created, rows=results)


def _result(worked: WorkedIn, number: int, row: Row) -> RowResult:
    if isinstance(row, RowProblem):
        return RowResult(row=number, problem=row)
    mark = worked.batch.mark()
    try:
        created = new_subject(worked, row)
    except InvalidInput as error:
        worked.batch.back(mark)
        return RowResult(row=number, problem=_refused(error.message, error.field))
    return RowResult(row=number, id=created.id, records=created.records)


def _refused(detail: str, field: str | None = None) -> RowProblem:
    return RowProblem(problem=InvalidInput.problem, detail=detail, field=field)


def parse_row(value: Any) -> Row:
    """A subject of a JSON value, whose arrays are tuples; or what is wrong with it, never repeating it."""
    try:
        return SubjectInput.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        return _refused(message(first), dotted(first["loc"]) or None)


def parse_line(line: bytes) -> Row:
    """A subject of a line of JSON."""
    try:
        value = json.loads(line, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return _refused("the line is not JSON")
    return parse_row(tuples(value))


def tuples(value: Any) -> Any:
    """A JSON value with arrays as tuples: the models are strict."""
    if isinstance(value, list):
        return tuple(tuples(item) for item in value)
    if isinstance(value, dict):
        return {key: tuples(item) for key, item in value.items()}
    return value


def _no_number(name: str) -> None:
    raise ValueError
