"""Who did what: the append-only, hash-chained record of every read and write."""

from __future__ import annotations

from icmgraph.audit.canonical import JSON, canonical
from icmgraph.audit.checkpoint import PublicKey, Signer
from icmgraph.audit.digests import digest
from icmgraph.audit.patterns import Pattern, repeated
from icmgraph.audit.sealing import Private
from icmgraph.audit.search import Found, Question
from icmgraph.audit.store import AlreadySettled, AuditStore, Intent
from icmgraph.audit.verification import Verification

__all__ = [
    "JSON",
    "AlreadySettled",
    "AuditStore",
    "Found",
    "Intent",
    "Pattern",
    "Private",
    "PublicKey",
    "Question",
    "Signer",
    "Verification",
    "canonical",
    "digest",
    "repeated",
]
