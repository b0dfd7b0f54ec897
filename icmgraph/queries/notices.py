"""Deconfliction, after the answer: notices, made from stored checks by a worker that resumes after a kill.

All notices of one check, its state ``done`` and the forgetting of its question are one transaction: a kill leaves all
of it or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial

from icmgraph.audit.store import AuditStore
from icmgraph.errors import AuditUnavailable, GraphUnavailable
from icmgraph.model.source import Source, SourceFactory, system_source
from icmgraph.queries.asking import Asking
from icmgraph.queries.conflicts import look
from icmgraph.queries.digests import deliver
from icmgraph.queries.ending import told_late
from icmgraph.queries.gateway import Gateway, Row, Transaction
from icmgraph.queries.telling import notify, tell_flood
from icmgraph.queries.worker import Worker

WHO = "worker"
"""How the audit names it."""
POSTPONED = timedelta(minutes=5)
"""Until a check whose notices could not be made is tried again."""
BATCH = 50
"""Checks looked up at once; each is a transaction of its own."""

Tell = Callable[[Transaction, str, Source, str], list[str] | None]
"""Tells what came of one check or import, in a transaction; the notices' ids, None if that was done before."""


class NoticeWorker(Worker):
    """Writes the notices of checks whose answers have left. Several may run at once: a check is locked and read again.

    Args:
        key: the deployment key, for digests.
        desk_contact: what a side is shown of a brokered one.
        patience: how long a side of a conflict may stay unacknowledged before its leader is told.
        poll_s: seconds between looks for checks that are due.
    """

    def __init__(
        self,
        gateway: Gateway,
        audit: AuditStore,
        source: SourceFactory = system_source,
        *,
        key: bytes,
        desk_contact: str,
        patience: timedelta = timedelta(days=1),
        poll_s: float = 1.0,
    ) -> None:
        super().__init__("notices", poll_s)
        self._gateway = gateway
        self._audit = audit
        self._source = source
        # What the worker does is counted by nobody.
        self._asking = Asking(key, daily=0)
        self._desk = desk_contact
        self._patience = patience

    def run_once(self) -> int:
        """Write the notices of the checks that are due, oldest first.

        Returns:
            How many checks were done, ended silences, floods and digests told, and sides of conflicts looked at.

        Raises:
            Exception: the first that went wrong; the other checks were done all the same.
        """
        source = self._source(WHO, "deconflict.notify")
        now = source.now()
        done, failure = 0, None
        acts: tuple[tuple[str, str, Tell, str], ...] = (
            ("pending_checks", "check", partial(notify, asking=self._asking), "postpone_check"),
            ("due_floods", "flood", tell_flood, "postpone_flood"),
            ("due_digest_runs", "digest", deliver, "postpone_digest_run"),
        )
        for query, what, tell, postpone in acts:
            for row in self._due(query, now):
                try:
                    done += self._act(what, row["id"], source, tell)
                except AuditUnavailable:
                    raise
                except Exception as error:
                    if what == "check" and isinstance(error, GraphUnavailable):
                        raise
                    # Behind the others, so that one that always fails keeps none of them waiting.
                    self._gateway.write(partial(_postpone, query=postpone, id=row["id"], due=now + POSTPONED))
                    failure = failure or error
        if failure is not None:
            raise failure
        for row in self._due("ended_silences", now):
            done += self._act("silence", row["id"], source, told_late)
        for row in self._due("due_sides", now):
            done += self._act("conflict", row["id"], source, self._look)
        return done

    def _due(self, query: str, now: datetime) -> Iterator[Row]:
        """What is due, as far as the worker goes on: the notices of a bulk check take seconds."""
        for row in self._gateway.read(lambda tx: tx.control(query, now=now, limit=BATCH)):
            if self._stopping:
                return
            yield row

    def _look(self, tx: Transaction, side: str, source: Source, desk: str) -> list[str] | None:
        return look(tx, side, source, self._patience)

    def _act(self, what: str, id: str, source: Source, tell: Tell) -> bool:
        intent = self._audit.intent(
            who=WHO, action="deconflict.notify", kind="write", parameters={what: id}, at=source.now()
        )

        def once(tx: Transaction) -> list[str] | None:
            tx.control("record_act", intent=intent)
            return tell(tx, id, source, self._desk)

        try:
            written = self._gateway.write(once)
        except GraphUnavailable:
            self._audit.lost.add(intent)  # perhaps committed: recovery settles the intent by its mark
            raise
        except Exception:
            self._audit.outcome(intent, result="failed", at=source.now())
            raise
        self._audit.outcome(intent, result="done", records=sorted(written or []), at=source.now())
        return written is not None

    def step(self) -> bool:
        return self.run_once() >= BATCH


def _postpone(tx: Transaction, query: str, id: str, due: datetime) -> None:
    tx.control(query, id=id, due=due)
