"""What is addressed to one person: their notices, and who they are."""

from __future__ import annotations

import json

from icmgraph.errors import NotFound
from icmgraph.model.answers import Me, NoticeCard, Page
from icmgraph.model.records import utc_text
from icmgraph.queries.cursors import Cursors
from icmgraph.queries.gateway import Row
from icmgraph.queries.newest import newest_first
from icmgraph.queries.session import Session, View


class Inbox:
    """One person's notices; for a member of the coordination desk, the desk's too."""

    def __init__(self, session: Session, cursors: Cursors) -> None:
        self._session = session
        self._cursors = cursors

    def notices(self, cursor: str | None = None, limit: int = 50) -> Page[NoticeCard]:
        """Newest first; those of one moment by id.

        Raises:
            InvalidInput: the cursor is not of this person's inbox, or the limit is not 1 to 500.
        """
        return newest_first(self._session, self._cursors, "inbox", _card, cursor, limit, action="inbox")

    def acknowledge(self, id: str) -> None:
        """Mark a notice as read, for good; a second time changes nothing. One of the desk's: for the whole desk.

        Raises:
            NotFound: absent, or addressed to another.
        """

        def work(view: View) -> None:
            if not view.mine("acknowledge", id=id, now=view.source.now()):
                raise NotFound

        self._session.write("inbox.acknowledge", {"notice": id}, work, function=None)

    def me(self) -> Me:
        """The person themselves: own grants only."""

        def work(view: View) -> Me:
            person = view.person
            return Me(
                id=person.id,
                name=person.name,
                user_class=person.user_class.value,
                functions=sorted(function.value for function in person.functions),
                contact=person.contact,
                units=[{"id": unit.id, "name": unit.name} for unit in person.member_of],
            )

        return self._session.read("me", {}, work, function=None)


def _card(row: Row) -> NoticeCard:
    return NoticeCard(
        id=row["id"],
        kind=row["kind"],
        at=utc_text(row["at"]),
        acknowledged=utc_text(row["acknowledged"]) if row["acknowledged"] else None,
        body=json.loads(row["body"]),
    )
