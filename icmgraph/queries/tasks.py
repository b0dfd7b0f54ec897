"""Acts of several transactions, resumed after a kill: what is left to do stands in the graph until it is done.

The transaction that decides an act writes a Task; each step is a transaction of its own under the epoch's lock that
leaves all labels consistent, and can be repeated. Several processes may run one task: steps come one after another.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from icmgraph.audit.store import AuditStore
from icmgraph.errors import AuditUnavailable, GraphUnavailable
from icmgraph.model.source import Source, SourceFactory, system_source
from icmgraph.queries.gateway import Gateway, Transaction
from icmgraph.queries.labels import Interner
from icmgraph.queries.recovery import settle_lost
from icmgraph.queries.steps import STEPS, Left, stored
from icmgraph.queries.worker import Worker

WHO = "worker"
"""How the audit names it."""

Progress = Callable[[str, int], None]
"""Called with the task's kind and how many elements are done."""


@dataclass(frozen=True, slots=True)
class Task:
    """``given``: what the act was asked for, and what a step wants to remember; ids only."""

    id: str
    kind: str
    by: str
    given: Mapping[str, Any]
    done: int = 0


class Tasks:
    """Carries out what is left of acts."""

    def __init__(self, gateway: Gateway, audit: AuditStore, source: SourceFactory = system_source) -> None:
        self._gateway = gateway
        self._audit = audit
        self._source = source

    def pending(self) -> list[str]:
        """Ids of tasks, oldest first."""
        return [row["id"] for row in self._gateway.read(lambda tx: tx.control("tasks"))]

    def run(self, id: str, progress: Progress = lambda kind, done: None) -> None:
        """Carry out the rest of one act; nothing if it is done already."""
        rows = self._gateway.read(lambda tx: tx.control("task", id=id))
        if not rows:
            return
        kind, by = rows[0]["kind"], rows[0]["by"]
        source = self._source(by, f"task.{kind}")
        at: datetime = source.now()
        intent = self._audit.intent(
            who=WHO, action=f"task.{kind}", kind="write", parameters={"task": id, "by": by}, at=at
        )
        try:
            if kind == "destroy":
                self._erase(json.loads(rows[0]["given"])["case"])
            while (done := self._gateway.write(partial(_step, id=id, intent=intent, source=source))) is not None:
                progress(kind, done)
        except GraphUnavailable:
            self._audit.lost.add(intent)  # perhaps committed: recovery settles the intent by its mark
            raise
        except Exception:
            self._audit.outcome(intent, result="failed", at=source.now())
            raise
        self._audit.outcome(intent, result="done", at=source.now())

    def _erase(self, case: str) -> None:
        """What the audit had sealed of checks that were made for a case ends with it."""
        checks = self._gateway.read(lambda tx: tx.control("checks_of_case", case=case))
        self._audit.erase(row["act"] for row in checks)

    def settle_lost(self) -> int:
        """Settle acts of this process that lost the graph or the audit store under way. Returns how many."""
        return settle_lost(self._gateway, self._audit, self._source(WHO, "recover"))

    def run_pending(self, progress: Progress = lambda kind, done: None) -> int:
        """Carry out the rest of every act. Returns how many tasks there were.

        Raises:
            Exception: the first that went wrong; the others were carried out all the same.
        """
        ids, failure = self.pending(), None
        for id in ids:
            try:
                self.run(id, progress)
            except (AuditUnavailable, GraphUnavailable):
                raise
            except Exception as error:
                failure = failure or error
        if failure is not None:
            raise failure
        return len(ids)


def _step(tx: Transaction, id: str, intent: str, source: Source) -> int | None:
    """One step of a task. Returns how many elements are done in all; None when nothing was left."""
    interner, _ = Interner.begin(tx)
    rows = tx.control("task", id=id)
    if not rows:
        return None
    task = Task(id, rows[0]["kind"], rows[0]["by"], json.loads(rows[0]["given"]), rows[0]["done"])
    left: Left = STEPS[task.kind](tx, interner, source, task.by, dict(task.given))
    if left.more:
        tx.control("advance_task", id=id, elements=left.changed, given=stored(left.given))
    else:
        tx.control("record_act", intent=intent)
        tx.control("finish_task", id=id)
    interner.flush()
    # A task that ends reinstates audiences: scopes are made anew, so the epoch moves in any case.
    tx.control("move_epoch", labels=sorted(set(interner.moved)))
    return task.done + left.changed


class TaskWorker(Worker):
    """Carries out tasks that another process left, and settles acts of this one that lost the graph."""

    def __init__(self, tasks: Tasks, *, poll_s: float = 2.0) -> None:
        super().__init__("tasks", poll_s)
        self._tasks = tasks

    def step(self) -> bool:
        self._tasks.settle_lost()
        self._tasks.run_pending()
        return False
