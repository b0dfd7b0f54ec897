"""The audit, for auditors."""

from __future__ import annotations

from icmgraph.api.deps import LIMIT, Auditor, Cursor, Limit
from icmgraph.api.routing import Router
from icmgraph.model.answers import Act, Checkpoints, Page
from icmgraph.model.auditing import AuditInput

router = Router("audit")


@router.on("POST", "/v1/audit/search", "audit", lane="walk")
def search_audit(asked: AuditInput, auditor: Auditor, cursor: Cursor = None, limit: Limit = LIMIT) -> Page[Act]:
    """Who did what, newest first; the search itself is recorded too."""
    return auditor.search(asked, cursor, limit)


@router.on("GET", "/v1/audit/checkpoints", "audit")
def list_checkpoints(auditor: Auditor, cursor: Cursor = None, limit: Limit = LIMIT) -> Checkpoints:
    """The signed checkpoints, the largest first, and the key to verify them with."""
    return auditor.checkpoints(cursor, limit)
