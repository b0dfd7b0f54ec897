"""Every row of the source accounted for: imported, imported before, mapped away by a named rule, or rejected."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Any

from icmgraph.ingest.rows import Row, Rows


class State(IntEnum):
    """What became of a row; of a row that several others read, the highest counts."""

    REJECTED = 1
    MAPPED_AWAY = 2
    ALREADY = 3
    IMPORTED = 4


@dataclass(frozen=True, slots=True)
class Reject:
    """``whole``: the row was rejected; otherwise one value of a row that was imported."""

    row: Row
    reason: str
    whole: bool
    read: tuple[Row, ...] = ()


@dataclass
class Accounts:
    """States of rows. A row that is made into nothing itself is imported by being read for one that is."""

    states: dict[Row, State] = field(default_factory=dict)
    made: Counter[str] = field(default_factory=Counter)
    """Rows imported, by the rule that took them; also rows mapped away, by their rule."""
    rejects: list[Reject] = field(default_factory=list)
    _decided: set[Row] = field(default_factory=set)
    """Rows whose state is their own, whoever reads them."""

    def settle(self, row: Row, state: State, rule: str, read: Iterable[Row] = ()) -> None:
        """What became of a row that ``rule`` took, and so of those read for it."""
        self.states[row] = state
        self._decided.add(row)
        self.made[rule] += 1
        self.settle_read(state, read)

    def settle_read(self, state: State, read: Iterable[Row]) -> None:
        for other in read:
            if other not in self._decided and state > self.states.get(other, 0):
                self.states[other] = state

    def reject(self, row: Row, reason: str, read: Iterable[Row] = ()) -> None:
        """A row is rejected, and those read for it are unless another one makes use of them."""
        read = tuple(read)
        self.states[row] = State.REJECTED
        self._decided.add(row)
        self.rejects.append(Reject(row, reason, True, read))
        self.settle_read(State.REJECTED, read)

    def reject_unused(self) -> None:
        """Rows that were read for rejected ones only."""
        unused = [row for row, state in self.states.items() if state is State.REJECTED and row not in self._decided]
        for row in unused:
            self.reject(row, "was read for rejected rows only")

    def reject_value(self, row: Row, reason: str, read: Iterable[Row] = ()) -> None:
        """One value is left out; the row itself goes on."""
        self.rejects.append(Reject(row, reason, False, tuple(read)))

    def totals(self, rows: Rows) -> list[dict[str, Any]]:
        """One line a table, and two for all nodes and all relationships. Each adds up, or this raises."""
        tables: dict[tuple[bool, str], Counter[State]] = {}
        for row in rows.all:
            tables.setdefault((row.is_node, row.table), Counter())[self.states[row]] += 1
        lines = [
            _line(table, "nodes" if node else "relationships", states)
            for (node, table), states in sorted(tables.items(), key=lambda item: (not item[0][0], item[0][1]))
        ]
        for kind in ("nodes", "relationships"):
            mine = [line for line in lines if line["of"] == kind]
            lines.append(
                {"table": f"all {kind}", "of": "totals"}
                | {name: sum(line[name] for line in mine) for name in ("rows", *(_NAMES[state] for state in State))}
            )
        if sum(line["rows"] for line in lines if line["of"] == "totals") != len(rows.all):
            raise AssertionError("the totals do not add up")
        return lines


_NAMES = {
    State.IMPORTED: "imported", State.ALREADY: "already", State.MAPPED_AWAY: "mapped_away", State.REJECTED: "rejected"
}  # fmt: skip


def _line(table: str, of: str, states: Counter[State]) -> dict[str, Any]:
    counts = {_NAMES[state]: states[state] for state in State}
    return {"table": table, "of": of, "rows": states.total(), **counts}


READ_ROWS = 5
"""Of the rows a rejected one was read with, so many stand in the reject file beside it."""


class RejectFile:
    """JSON lines, readable by the owner only: they hold the values. There from the start, and as long as the run."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8")
        os.fchmod(self._file.fileno(), 0o600)

    def __enter__(self) -> RejectFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, reject: Reject) -> None:
        line: dict[str, Any] = {
            "what": "row" if reject.whole else "value",
            "reason": reject.reason,
            **_shown(reject.row),
        }
        if reject.row.table:
            line["read"] = [_shown(row) for row in reject.read[:READ_ROWS]]
        self.write(line)

    def write(self, line: Mapping[str, Any]) -> None:
        self._file.write(json.dumps(line) + "\n")  # ASCII: lone surrogates of bad bytes can be written too


def write_rejects(path: Path, rejects: Iterable[Reject]) -> None:
    """All at once into a ``RejectFile``."""
    with RejectFile(path) as file:
        for reject in rejects:
            file.add(reject)


def _shown(row: Row) -> dict[str, Any]:
    said: dict[str, Any] = {"file": row.file, "line": row.line}
    if row.table:
        ends = {"id": row.id} if row.is_node else {"start": row.start, "end": row.end}
        said |= {"table": row.table, **ends}
    return said | {"row": dict(row.values)}
