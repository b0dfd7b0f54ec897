"""Import a table row by row: batches are read, planned and written, and forgotten. A killed run goes on where it stood.

Memory does not grow with the source. What was imported is known by marks in the graph, what a record is by derived ids.
"""

from __future__ import annotations

import fcntl
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from icmgraph.errors import AlreadyRunning, InvalidInput
from icmgraph.ingest.accounts import Reject, RejectFile
from icmgraph.ingest.rows import Row
from icmgraph.ingest.table_plan import Planned
from icmgraph.ingest.table_rows import Read, Table
from icmgraph.ingest.template import MappingError
from icmgraph.ingest.values import WRONG, Refused, reason
from icmgraph.queries.importer import Importer, NewCase
from icmgraph.queries.operator import Operator

ROWS_A_BATCH = 500
"""Rows written in one transaction: some tenths of a second (as in ``run``)."""
REASONS = 1000
"""Distinct reasons that the report counts apart; a source in which every row fails differently has no more."""

Progress = Callable[[str, int, int], None]


class Planner(Protocol):
    """Makes what is written of a row. A source is read ``passes`` times; ``split`` says what a pass makes of a row."""

    @property
    def passes(self) -> int: ...
    def split(self, row: Row, number: int) -> Iterator[Row]: ...
    def digest(self, row: Row) -> str: ...
    def plan(self, row: Row) -> Planned: ...


@dataclass
class StreamReport:
    """What a run did, or in a dry run would do.

    Attributes:
        rows: of the source; the sum of ``imported``, ``already`` and ``rejected``.
        already: imported by an earlier run, or standing twice in the source.
        values: single values that were left out of rows that went on.
        made: rows of which each rule made something.
        reasons: of rejected rows and values.
    """

    importer: str
    mapping: str
    source: str
    dry_run: bool
    rows: int = 0
    imported: int = 0
    already: int = 0
    rejected: int = 0
    values: int = 0
    made: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def rejects(self) -> int:
        return self.rejected + self.values

    def as_json(self) -> dict[str, Any]:
        return {**vars(self), "made": dict(self.made), "reasons": dict(self.reasons), "rejects": self.rejects}


@contextmanager
def alone(home: Path, importer: str) -> Iterator[None]:
    """Holds an importer's name for this process; the system lets go if it dies.

    Raises:
        AlreadyRunning: another process imports under this name.
    """
    folder = home / "import"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / f"{importer}.lock").open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(
                f"importer {importer} is at work already: wait for it, or give this run another --importer"
            ) from None
        yield


class Stream:
    """One run.

    Args:
        open_table: opens the source anew, once for each pass.
        given: the case that the operator named.
        dry_run: nothing is written.
        deconflict: what is written is checked, after the import.
    """

    def __init__(
        self,
        open_table: Callable[[], AbstractContextManager[Table]],
        planner: Planner,
        operator: Operator,
        report: StreamReport,
        rejects: RejectFile,
        given: str | None = None,
        progress: Progress = lambda what, done, of: None,
        deconflict: bool = False,
    ) -> None:
        self._open = open_table
        self._planner = planner
        self._operator = operator
        self._importer = Importer(operator, report.importer, given, deconflict=deconflict and not report.dry_run)
        self._given = given
        self._rejects = rejects
        self._progress = progress
        self.report = report
        self._announced = False
        self._units: frozenset[str] | None = None
        self._staff: set[str] = set()
        self._dry = _OnDisk() if report.dry_run else None

    def run(self) -> StreamReport:
        """
        Raises:
            InvalidInput: the source cannot be read (on), or the case that was given is not there or is closed.
        """
        self._check_given()
        for number in range(self._planner.passes):
            with self._open() as table:
                rows = self._rows(table, number)
                while batch := list(islice(rows, ROWS_A_BATCH)):
                    self._batch(batch)
                    self._progress("importing", *table.done())
        self._importer.close()
        return self.report

    def _rows(self, table: Table, number: int) -> Iterator[Read]:
        for row, wrong in table.rows():
            if not wrong:
                yield from ((part, "") for part in self._planner.split(row, number))
            elif number == 0:  # rejected once
                yield row, wrong

    def _check_given(self) -> None:
        if self._given is None:
            return
        status = self._importer.cases([self._given]).get(self._given)
        if status is None:
            raise InvalidInput("no case has this id", field="case")
        if status == "closed":
            raise InvalidInput("the case is closed; it is reopened first", field="case")

    def _batch(self, batch: Sequence[Read]) -> None:
        self.report.rows += len(batch)
        fresh: dict[str, Row] = {}
        for row, wrong in batch:
            if wrong:
                self._reject(row, wrong)
                continue
            digest = self._planner.digest(row)
            self.report.already += digest in fresh
            fresh.setdefault(digest, row)
        known = self._importer.known(fresh)
        if self._dry is not None:
            known |= self._dry.those_of(fresh)
        self.report.already += len(known)
        planned = [self._plan(row) for digest, row in fresh.items() if digest not in known]
        self._write([one for one in planned if one is not None])

    def _plan(self, row: Row) -> Planned | None:
        try:
            return self._planner.plan(row)
        except MappingError:
            raise
        except Refused as error:
            self._reject(row, str(error))
        except WRONG as error:
            self._reject(row, reason(error))
        return None

    def _write(self, planned: list[Planned]) -> None:
        planned = [one for one in planned if self._staffed(one)]
        planned = self._in_cases(planned)
        planned = self._complete(planned)
        if planned and self._dry is None:
            if self._given is not None and not self._announced:
                told = {"importer": self.report.importer, "mapping": self.report.mapping}
                self._importer.announce(self._given, told)
                self._announced = True
            self._importer.put([one.content for one in planned])
        if self._dry is not None:
            self._dry.add([one.content.digest for one in planned])
            self._dry.add([" ".join(record) for record in _made(planned)])
        for one in planned:
            self.report.imported += 1
            self.report.made.update(one.made)
            for why in one.refused:
                self.report.values += 1
                self._note(Reject(one.row, why, False))

    def _staffed(self, one: Planned) -> bool:
        """Whether the case's people and units exist; the row is rejected if not."""
        case = one.case
        if case is None:
            return True
        if self._units is None:
            rows = self._operator.gateway.read(lambda tx: tx.control("unit_tree"))
            self._units = frozenset(row["id"] for row in rows)
        if case.agent not in self._staff:
            rows = self._operator.gateway.read(lambda tx: tx.control("users", ids=[case.agent]))
            self._staff.update(row["id"] for row in rows)
        if not {case.unit, *case.open_to} <= self._units:
            return self._reject(one.row, "unit: no unit has this key; import it first (people import)")
        if case.agent not in self._staff:
            return self._reject(one.row, "agent: no person has this key; import them first (people import)")
        return True

    def _in_cases(self, planned: list[Planned]) -> list[Planned]:
        """Those whose case is open to the importer; new ones are opened first."""
        wanted: dict[str, NewCase] = {}
        for one in planned:
            if one.case is not None:
                wanted.setdefault(one.case.id, one.case)
        if not wanted:
            return planned
        known = self._importer.known(case.digest for case in wanted.values())
        new = [case for case in wanted.values() if case.digest not in known]
        if new and self._dry is None:
            self._importer.open_cases(new)
        there = self._importer.cases(wanted).keys() | {case.id for case in new}
        # Opened by an earlier run and not there any more: it was destroyed, or merged into another.
        gone = "its case was opened by this importer before, and is not there any more"
        return [one for one in planned if one.case is None or one.case.id in there or self._reject(one.row, gone)]

    def _complete(self, planned: list[Planned]) -> list[Planned]:
        """Those whose ends are there, or are made by this very batch."""
        made = _made(planned)
        wanted = {need for one in planned for need in one.needs} - made
        there = made | self._importer.standing(wanted)
        if self._dry is not None:
            met = self._dry.those_of(" ".join(need) for need in wanted)
            there |= {need for need in wanted if " ".join(need) in met}
        missing = "what it refers to is not there: it was rejected, is of another kind, or the source does not hold it"
        return [one for one in planned if one.needs <= there or self._reject(one.row, missing)]

    def _reject(self, row: Row, why: str) -> bool:
        self.report.rejected += 1
        self._note(Reject(row, why, True))
        return False

    def _note(self, reject: Reject) -> None:
        self._rejects.add(reject)
        reasons = self.report.reasons
        known = reject.reason in reasons or len(reasons) < REASONS
        reasons[reject.reason if known else "(other reasons)"] += 1


def _made(planned: Iterable[Planned]) -> set[tuple[str, str]]:
    """(label, id) of the records that these make."""
    pieces = (piece for one in planned for piece in one.content.pieces)
    return {(record.label, record.id) for piece in pieces for record in piece.records}


class _OnDisk:
    """Texts met in a dry run, which leaves nothing in the graph to know them by."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("")  # a file of SQLite's own that goes with the process
        self._database.execute("CREATE TABLE met (text TEXT PRIMARY KEY) WITHOUT ROWID")

    def add(self, texts: Iterable[str]) -> None:
        self._database.executemany("INSERT OR IGNORE INTO met VALUES (?)", ((text,) for text in texts))

    def those_of(self, texts: Iterable[str]) -> set[str]:
        found = (self._database.execute("SELECT text FROM met WHERE text = ?", (text,)).fetchone() for text in texts)
        return {row[0] for row in found if row is not None}
