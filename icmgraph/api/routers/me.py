"""The signed-in person, and what is addressed to them."""

from __future__ import annotations

from icmgraph.api.deps import LIMIT, Addressed, Cursor, Limit
from icmgraph.api.routing import Router
from icmgraph.model.answers import Me, NoticeCard, Page
from icmgraph.model.records import Id

router = Router("me")


@router.on("GET", "/v1/me", "personal", tagged=True)
def me(inbox: Addressed) -> Me:
    """Who one is signed in as, and what one may do."""
    return inbox.me()


@router.on("GET", "/v1/inbox", "personal")
def list_inbox(inbox: Addressed, cursor: Cursor = None, limit: Limit = LIMIT) -> Page[NoticeCard]:
    """One's notices, newest first."""
    return inbox.notices(cursor, limit)


@router.on("POST", "/v1/inbox/{id}/ack", "personal", status_code=204)
def acknowledge_notice(id: Id, inbox: Addressed) -> None:
    """Mark a notice as read."""
    inbox.acknowledge(id)
