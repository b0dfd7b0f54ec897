"""What a killed process left open, settled at the next start."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from icmgraph.audit import AlreadySettled, AuditStore, Intent
from icmgraph.model.source import Source
from icmgraph.queries.gateway import Gateway

log = logging.getLogger(__name__)

KEPT_HOURS = 24 * 7
"""Marks of committed writes are dropped after a week, unless their intent is still open."""


def recover(gateway: Gateway, audit: AuditStore, source: Source, *, upto: int = 0) -> int:
    """Give each intent without an outcome, of a process that no longer lives, its outcome.

    Args:
        upto: those up to this record came out of a backup: whoever began them has no part in this graph, alive or not.

    A write is *done* if its mark is in the graph, else *not done*: mark and content are one transaction.
    A read *may have been answered*.

    Returns:
        How many were settled.
    """
    left = audit.unsettled()
    known = {intent.id for intent in left}
    left += [one for one in audit.unsettled(living=True) if one.seq <= upto and one.id not in known] if upto else []
    _settle(gateway, audit, source, left)
    if left:
        log.warning("settled %d act(s) that a killed process left open: icmgraph audit verify walks them", len(left))
    still_open = [intent.id for intent in audit.unsettled(living=True)]
    gateway.write(lambda tx: tx.control("forget_acts", hours=KEPT_HOURS, open=still_open))
    return len(left)


def settle_lost(gateway: Gateway, audit: AuditStore, source: Source) -> int:
    """The same for intents of this process that it could not settle while the graph or the audit store was away."""
    lost = frozenset(audit.lost)
    left = [intent for intent in audit.unsettled(living=True) if intent.id in lost] if lost else []
    _settle(gateway, audit, source, left)
    audit.lost -= lost
    return len(left)


def _settle(gateway: Gateway, audit: AuditStore, source: Source, left: Sequence[Intent]) -> None:
    writes = [intent.id for intent in left if intent.kind == "write"]
    # In a write transaction: MERGE waits for a transaction of the killed process that the server is still committing.
    rows = gateway.write(lambda tx: tx.control("acts", intents=writes)) if writes else []
    done = {row["intent"] for row in rows if not row["undone"]}
    for intent in left:
        result = "may have been answered" if intent.kind == "read" else "done" if intent.id in done else "not done"
        try:
            audit.settle(intent.id, result, at=source.now())
        except AlreadySettled:
            continue  # another process was quicker
