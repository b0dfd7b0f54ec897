"""The audit, as auditors read it. Nothing of the graph is read but who asks; the reading is recorded like any other."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any, TypeVar

from icmgraph.audit import AuditStore, Found, Private, PublicKey, Question
from icmgraph.errors import InvalidInput
from icmgraph.model.answers import Act, Checkpoint, Checkpoints, Page
from icmgraph.model.auditing import AuditInput
from icmgraph.model.records import Function, utc_text
from icmgraph.queries.cursors import Cursors
from icmgraph.queries.reader import LARGEST_LIMIT
from icmgraph.queries.session import Session

T = TypeVar("T")
SCOPE = "Within the whole audit; ids in it may be of records that you do not see."


class Auditing:
    """One auditor's handle on the audit.

    Args:
        log: with which the checkpoints are verified.
    """

    def __init__(self, session: Session, audit: AuditStore, cursors: Cursors, log: PublicKey) -> None:
        self._session = session
        self._audit = audit
        self._cursors = cursors
        self._log = log

    def search(self, asked: AuditInput, cursor: str | None = None, limit: int = 50) -> Page[Act]:
        """Who did what, newest first.

        Raises:
            InvalidInput: the cursor is not of this question, or the limit is not 1 to 500.
        """
        terms = asked.named()
        question = Question(asked.who, asked.action, asked.record, terms, asked.result, asked.since, asked.until)
        said = _said(question)

        def page(before: int | None) -> tuple[list[Act], int | None]:
            found = list(islice(self._audit.search(question, before), limit + 1))
            return [_act(one) for one in found[:limit]], found[limit - 1].intent["seq"] if len(found) > limit else None

        items, following = self._page("audit.search", said, cursor, limit, page)
        return Page[Act](items=items, next=following, scope=SCOPE)

    def checkpoints(self, cursor: str | None = None, limit: int = 50) -> Checkpoints:
        """The signed checkpoints, the largest first."""

        def page(below: int | None) -> tuple[list[Checkpoint], int | None]:
            kept = [one for one in reversed(self._audit.checkpoints()) if below is None or one["size"] < below]
            items = [Checkpoint(size=one["size"], note=one["note"]) for one in kept[:limit]]
            return items, items[-1].size if len(kept) > limit else None

        items, following = self._page("audit.checkpoints", {}, cursor, limit, page)
        return Checkpoints(key=str(self._log), items=items, next=following)

    def _page(
        self,
        action: str,
        said: dict[str, Any],
        cursor: str | None,
        limit: int,
        page: Callable[[int | None], tuple[list[T], int | None]],
    ) -> tuple[list[T], str | None]:
        """A page after the place that the cursor holds, and the cursor of the next."""
        if not 1 <= limit <= LARGEST_LIMIT:
            raise InvalidInput(f"1 to {LARGEST_LIMIT}", field="limit")
        user = self._session.user
        place = int(self._cursors.open(user, action, said, cursor)[0]) if cursor is not None else None

        def work(_: object) -> tuple[list[T], str | None]:
            items, last = page(place)
            return items, self._cursors.seal(user, action, said, (last,)) if last is not None else None

        return self._session.read(action, {**said, "limit": limit}, work, Function.AUDIT)


def _said(question: Question) -> dict[str, Any]:
    said: dict[str, Any] = {name: getattr(question, name) for name in ("who", "action", "record", "result")}
    said["selectors"] = Private.keys(question.terms) if question.terms else None
    said |= {name: utc_text(at) for name in ("since", "until") if (at := getattr(question, name)) is not None}
    return {name: value for name, value in said.items() if value}


def _act(found: Found) -> Act:
    said, ended = found.intent, found.outcome or {}
    return Act(
        seq=said["seq"],
        id=said["id"],
        who=said["who"],
        action=said["action"],
        kind=said["kind"],
        at=said["at"],
        parameters=said["parameters"],
        result=ended.get("result"),
        records=ended.get("records", []),
        ended=ended.get("at"),
        recovered=ended.get("recovered", False),
    )
