"""Lists of what is one person's own: newest first, those of one moment by id."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from icmgraph.model.answers import Page
from icmgraph.model.records import Function
from icmgraph.queries.cursors import Cursors
from icmgraph.queries.gateway import Row
from icmgraph.queries.reader import checked_limit
from icmgraph.queries.session import Session, View

T = TypeVar("T")


def newest_first(
    session: Session,
    cursors: Cursors,
    query: str,
    card: Callable[[Row], T],
    cursor: str | None,
    limit: int,
    *,
    action: str,
    moment: str = "at",
    function: Function | None = None,
) -> Page[T]:
    """One page.

    Args:
        query: a personal query that takes ``at``, ``after`` and ``limit``; the cursor is bound to it.
        action: its name in the audit.
        moment: the column that it is ordered by.

    Raises:
        InvalidInput: the cursor is not of this person's list, or the limit is not 1 to 500.
    """
    checked_limit(limit)
    at, after = None, None
    if cursor is not None:
        place = cursors.open(session.user, query, {}, cursor)
        at, after = datetime.fromisoformat(str(place[0])), str(place[1])

    def work(view: View) -> Page[T]:
        rows = view.mine(query, at=at, after=after, limit=limit + 1)
        more, rows = len(rows) > limit, rows[:limit]
        last = (rows[-1][moment].isoformat(), rows[-1]["id"]) if more else None
        return Page(
            items=[card(row) for row in rows],
            next=cursors.seal(view.person.id, query, {}, last) if last else None,
        )

    return session.read(action, {"limit": limit}, work, function)
