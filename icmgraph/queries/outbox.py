"""What leaves for those who have a notice. It is written with the notice, in one transaction, and goes when it is sent.

Of one person's it leaves in order by each channel: while the first cannot, the others wait. Who sends takes it for some
minutes; after a kill another takes it then, and it is sent again rather than not at all, under the same id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from icmgraph.audit.store import AuditStore
from icmgraph.metrics import DELIVERIES
from icmgraph.model.records import utc_text
from icmgraph.model.source import SourceFactory, system_source
from icmgraph.queries.gateway import Gateway, Row, Transaction
from icmgraph.queries.operator import Operator
from icmgraph.queries.worker import Worker

WHO = "worker"
"""How the audit names it."""
LEASE = timedelta(minutes=5)
"""Longer than sending one can take: a mail server that lets each step wait gets there in two."""
LONGEST_WAIT = timedelta(hours=6)
"""Between two tries."""
BATCH = 50
"""Looked up at once, each of another person."""


class Unsent(Exception):
    """It was not taken. ``str(error)`` is of our own words."""


class Channel(Protocol):
    """A way to tell somebody that they have a notice."""

    def send(self, to: str, notice: str, at: datetime) -> None:
        """
        Args:
            to: the person's address.
            notice: its id.
            at: when it was written.

        Raises:
            Exception: it was not taken, as far as is known.
        """
        ...


class Sender(Worker):
    """Sends by one channel. Several may run at once: what one has taken another leaves alone.

    Args:
        name: of the channel, and of the property that holds a person's address for it.
        channel: None: it is off, and what waits for it is dropped, so that turning it on floods nobody.
        tries: after so many it is a dead letter, which the operator sees and can send again.
        wait_s: seconds from the first try to the second; each time twice as long.
    """

    def __init__(
        self,
        gateway: Gateway,
        audit: AuditStore,
        name: str,
        channel: Channel | None,
        source: SourceFactory = system_source,
        *,
        tries: int,
        wait_s: int,
        poll_s: float = 2.0,
    ) -> None:
        super().__init__(f"{name} sender", poll_s)
        self._gateway = gateway
        self._audit = audit
        self._channel = channel
        self._channel_name = name
        self._source = source
        self._tries = tries
        self._wait = timedelta(seconds=wait_s)

    def step(self) -> bool:
        """What is due, the first of each person; whether something left, and so the next may be due."""
        now = self._now()
        rows = self._gateway.read(
            lambda tx: tx.control("due_deliveries", channel=self._channel_name, now=now, limit=BATCH)
        )
        sent = 0
        for row in rows:
            if self._stopping:
                break
            sent += self._deliver(row["id"])
        return sent > 0

    def _now(self) -> datetime:
        return self._source(WHO, "notice.send").now()

    def _deliver(self, id: str) -> bool:
        """Whether it left, or went because it has nowhere to go."""
        now = self._now()
        until = now + LEASE
        rows = self._gateway.write(lambda tx: tx.control("claim_delivery", id=id, now=now, until=until))
        if not rows:
            return False  # another was quicker
        row = rows[0]
        if self._channel is None or row["to"] is None:
            self._gateway.write(partial(_drop, id=id))
            return True
        said = {"notice": row["notice"], "user": row["user"], "channel": self._channel_name}
        # A read: after a kill nobody knows whether it left.
        intent = self._audit.intent(who=WHO, action="notice.send", kind="read", parameters=said, at=now)
        problem = _send(self._channel, row)
        dead = problem is not None and row["tries"] + 1 >= self._tries
        try:
            if problem is None:
                self._gateway.write(partial(_drop, id=id))
            else:
                due = self._now() + min(self._wait * 2 ** min(row["tries"], 30), LONGEST_WAIT)
                changes = {"taken": until, "due": due, "dead": dead, "problem": problem}
                self._gateway.write(partial(_postpone, id=id, changes=changes))
        finally:
            self._audit.outcome(intent, result="failed" if problem else "done", at=self._now())
        DELIVERIES.labels(self._channel_name, "dead" if dead else "failed" if problem else "sent").inc()
        return problem is None


def _send(channel: Channel, row: Row) -> str | None:
    """What went wrong, in words of ours: a text of the other side's, or an address, stays out of the graph."""
    try:
        channel.send(row["to"], row["notice"], row["at"])
    except Unsent as error:
        return str(error)
    except Exception as error:
        return type(error).__name__
    return None


def _drop(tx: Transaction, id: str) -> None:
    tx.control("drop_delivery", id=id)


def _postpone(tx: Transaction, id: str, changes: Mapping[str, object]) -> None:
    tx.control("postpone_delivery", id=id, **changes)


def dead_letters(operator: Operator) -> list[Row]:
    """What was given up: ``notice`` and ``user`` (ids), their ``name``, ``at``, ``channel``, ``tries``, ``problem``."""
    rows = operator.read("notices.dead", {}, lambda: operator.gateway.read(lambda tx: tx.control("dead_deliveries")))
    return [{**row, "at": utc_text(row["at"])} for row in rows]


def resend(operator: Operator, notices: Sequence[str] | None) -> int:
    """What was given up is due again, behind what waits: of these notices, or all. Returns how many."""
    said = {"notices": sorted(notices)} if notices is not None else {}
    wanted = None if notices is None else list(notices)
    now = operator.source.now()
    return int(
        operator.write(
            "notices.resend", said, lambda tx: tx.control("revive_deliveries", notices=wanted, now=now)[0]["revived"]
        )
    )
