"""Silence: all of it for auditors, and for a leader what they are to review. It ends by itself when its date comes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from icmgraph.errors import InvalidInput
from icmgraph.model.answers import Page, Silence, SilenceToReview
from icmgraph.model.disclosure import Setting
from icmgraph.model.records import DisclosureMode, Function, utc_text
from icmgraph.queries.cursors import Cursors
from icmgraph.queries.gateway import Row
from icmgraph.queries.newest import newest_first
from icmgraph.queries.reader import checked_limit
from icmgraph.queries.session import Session, View

SCOPE = "All silence there is; ids in it may be of records that you do not see."


def by(view: View, former: Mapping[str, Any], mode: str) -> dict[str, Any]:
    """What is kept of who sets a disclosure mode, for auditors; and that it breaks a silence, for the worker.

    Args:
        former: properties of the case or record before.
    """
    now = view.source.now()
    said = {"disclosed_by": view.person.id, "disclosed_at": now}
    before = Setting(former.get("disclosure"), former.get("disclosure_until")).at(now)
    broken = before is DisclosureMode.SILENT and mode != DisclosureMode.SILENT
    return {**said, **({"silence_broken": now} if broken else {})}


def must_be_ahead(view: View, until: datetime | None) -> None:
    """Of a mode that is set: one that has ended is open at once, which nobody means who names a date.

    Raises:
        InvalidInput
    """
    if until is not None and until <= view.source.now():
        raise InvalidInput("is over: the mode would be open at once", field="disclosure_until")


class Silences:
    """What one person may know of silence."""

    def __init__(self, session: Session, cursors: Cursors) -> None:
        self._session = session
        self._cursors = cursors

    def all(self, cursor: str | None = None, limit: int = 50) -> Page[Silence]:
        """For an auditor: each case, record and registration that is silent or was so last; what ends last first.

        Raises:
            InvalidInput: the cursor is not of this list, or the limit is not 1 to 500.
            FunctionRefused: not an auditor.
        """
        checked_limit(limit)
        until, after = None, None
        if cursor is not None:
            place = self._cursors.open(self._session.user, "silences", {}, cursor)
            until, after = datetime.fromisoformat(str(place[0])), str(place[1])

        def work(view: View) -> Page[Silence]:
            rows = view.tx.control("silences", until=until, after=after, limit=limit + 1)
            more, rows = len(rows) > limit, rows[:limit]
            view.touched.update(row["id"] for row in rows)
            last = (rows[-1]["until"].isoformat(), rows[-1]["id"]) if more else None
            return Page(
                items=[_silence(row) for row in rows],
                next=self._cursors.seal(view.person.id, "silences", {}, last) if last else None,
                scope=SCOPE,
            )

        return self._session.read("audit.silences", {"limit": limit}, work, Function.AUDIT)

    def to_review(self, cursor: str | None = None, limit: int = 50) -> Page[SilenceToReview]:
        """For a leader: what of theirs is silent and ends within two weeks, or ended and was not looked at since.

        Renewing it, or opening it, takes it off.

        Raises:
            InvalidInput: the cursor is not of this list, or the limit is not 1 to 500.
        """
        return newest_first(
            self._session, self._cursors, "silences_to_review", _to_review, cursor, limit,
            action="silences", moment="until",
        )  # fmt: skip


def _silence(row: Row) -> Silence:
    return Silence(
        kind=row["kind"],
        id=row["id"],
        whose=row["whose"],
        by=row["by"],
        at=utc_text(row["at"]) if row["at"] else None,
        until=utc_text(row["until"]),
        stands=row["stands"],
    )


def _to_review(row: Row) -> SilenceToReview:
    return SilenceToReview(
        kind=row["kind"], id=row["id"], name=row["name"], until=utc_text(row["until"]), stands=row["stands"]
    )
