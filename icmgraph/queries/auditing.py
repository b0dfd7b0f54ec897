"""The audit, as auditors read it. Nothing of the graph is read but who asks; the reading is recorded like any other."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from icmgraph.audit import AuditStore, Found, Pattern, Private, PublicKey, Question, repeated
from icmgraph.model.answers import Act, Checkpoint, Checkpoints, Page, Repeated
from icmgraph.model.auditing import AuditInput, PatternInput
from icmgraph.model.records import Function, utc_text
from icmgraph.model.source import Source
from icmgraph.queries.cursors import Cursors
from icmgraph.queries.reader import checked_limit
from icmgraph.queries.session import Session

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
        checked_limit(limit)
        named = asked.named()
        said = audited(asked, named)
        before = self._place("audit.search", said, cursor)

        def work(source: Source) -> Page[Act]:
            acts = self._audit.search(_question(asked, named, source.now()), before, limit + 1)
            found = list(islice(acts, limit + 1))
            last = found[limit - 1].intent["seq"] if len(found) > limit else None
            following = self._following("audit.search", said, last)
            return Page[Act](items=[_act(one) for one in found[:limit]], next=following, scope=SCOPE)

        return self._session.scan("audit.search", {**said, "limit": limit}, work, Function.AUDIT)

    def patterns(self, asked: PatternInput, limit: int = 50) -> Page[Repeated]:
        """Who did so many of these, those with most first, then by value.

        Raises:
            InvalidInput: the limit is not 1 to 500, or more was met than can be counted at once.
        """
        checked_limit(limit)
        named = asked.named()
        within = timedelta(hours=asked.within_hours) if asked.within_hours is not None else None

        def work(source: Source) -> Page[Repeated]:
            acts = self._audit.search(_question(asked, named, source.now()))
            found = repeated(acts, Pattern(asked.by, asked.at_least, within), asked.record)
            return Page[Repeated](items=found[:limit], truncated=len(found) > limit, scope=SCOPE)

        return self._session.scan("audit.patterns", {**audited(asked, named), "limit": limit}, work, Function.AUDIT)

    def checkpoints(self, cursor: str | None = None, limit: int = 50) -> Checkpoints:
        """The signed checkpoints, the largest first."""
        checked_limit(limit)
        below = self._place("audit.checkpoints", {}, cursor)

        def work(_: object) -> Checkpoints:
            found = self._audit.newest_checkpoints(below, limit + 1)
            items = [Checkpoint(size=size, note=note) for size, note in found[:limit]]
            following = self._following("audit.checkpoints", {}, items[-1].size if len(found) > limit else None)
            return Checkpoints(key=str(self._log), items=items, next=following)

        return self._session.scan("audit.checkpoints", {"limit": limit}, work, Function.AUDIT)

    def _place(self, action: str, said: dict[str, Any], cursor: str | None) -> int | None:
        opened = self._cursors.open(self._session.user, action, said, cursor) if cursor is not None else None
        return int(opened[0]) if opened is not None else None

    def _following(self, action: str, said: dict[str, Any], last: int | None) -> str | None:
        return self._cursors.seal(self._session.user, action, said, (last,)) if last is not None else None


def audited(asked: AuditInput, named: frozenset[str]) -> dict[str, Any]:
    """A question as the audit records it; ``named``: the keys of its selectors and names."""
    said: dict[str, Any] = {name: getattr(asked, name) for name in ("who", "record", "last_hours")}
    said |= {name: sorted(getattr(asked, name)) for name in ("action", "result")}
    said["selectors"] = Private.keys(named) if named else None
    said |= {name: utc_text(at) for name in ("since", "until") if (at := getattr(asked, name)) is not None}
    if isinstance(asked, PatternInput):
        said |= {name: getattr(asked, name) for name in ("by", "at_least", "within_hours")}
    return {name: value for name, value in said.items() if value}


def _question(asked: AuditInput, named: frozenset[str], now: datetime) -> Question:
    return Question(
        asked.who, frozenset(asked.action), asked.record, named, frozenset(asked.result), asked.begins(now),
        asked.until,
    )  # fmt: skip


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
