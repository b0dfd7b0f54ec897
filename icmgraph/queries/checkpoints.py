"""Checkpoints of the audit that are made by themselves."""

from __future__ import annotations

from icmgraph.audit import AuditStore, Signer
from icmgraph.queries.worker import Worker

HOUR_S = 3600.0


class CheckpointWorker(Worker):
    """Signs the audit at the start and each hour, if records came. Several may run at once: a size is kept once."""

    def __init__(self, audit: AuditStore, signer: Signer, *, poll_s: float = HOUR_S) -> None:
        super().__init__("checkpoints", poll_s)
        self._audit = audit
        self._signer = signer

    def step(self) -> bool:
        self._audit.checkpoint(self._signer)
        return False
