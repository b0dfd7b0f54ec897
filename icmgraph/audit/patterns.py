"""What an auditor counts in the records: who did so many of these, within so many hours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from icmgraph.audit.canonical import JSON, instant
from icmgraph.audit.search import Found
from icmgraph.errors import InvalidInput
from icmgraph.model.answers import Repeated

By = Literal["who", "record", "action"]

KEPT = 500_000
"""Groups, and moments or persons within them, held at once: some 100 MB."""

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Pattern:
    """What is counted: acts of one person or of one action; of one record the persons, however often each met it.

    Attributes:
        by: of what there is a group for each.
        at_least: groups of fewer are left out.
        within: in any stretch of so long, the one with most; None: all there are.
    """

    by: By
    at_least: int
    within: timedelta | None = None


@dataclass(slots=True)
class _Group:
    """What was met of one value, newest first.

    Attributes:
        count, first, last: of the best stretch so far: of equal ones the newest.
        met: what counts once (an act's number, a person), and when, in the stretch that begins at the last act taken.
            Its order is that in which they were last taken.
    """

    last: datetime
    count: int = 0
    first: datetime = datetime.max
    met: dict[object, datetime] = field(default_factory=dict)

    def take(self, one: object, at: datetime, within: timedelta | None) -> None:
        self.met.pop(one, None)
        self.met[one] = at
        if within is None:
            self.count, self.first = len(self.met), at
            return
        # Records stand in the order in which they were written: that of their moments, but for milliseconds.
        while (newest := self.met[begins := next(iter(self.met))]) - at > within:
            del self.met[begins]
        if len(self.met) > self.count:
            self.count, self.first, self.last = len(self.met), at, newest

    def tally(self, at: datetime) -> None:
        """Without a stretch each act counts, and none need be remembered."""
        self.count, self.first = self.count + 1, at


def repeated(acts: Iterable[Found], asked: Pattern, record: str | None = None) -> list[Repeated]:
    """The groups with enough, those with most first, then by value.

    Args:
        acts: newest first.
        record: by record, only this one.

    Raises:
        InvalidInput: there is more to count than is held at once.
    """
    groups: dict[str, _Group] = {}
    kept = 0
    for act in acts:
        said = act.intent
        at = datetime.fromisoformat(said["at"])
        for value in _values(act, asked.by, record):
            group = groups.get(value)
            if group is None:
                group = groups[value] = _Group(at)
                kept += 1
            before = len(group.met)
            if asked.by == "record":
                group.take(said["who"], at, asked.within)
            elif asked.within is not None:
                group.take(said["seq"], at, asked.within)
            else:
                group.tally(at)
            kept += len(group.met) - before
        if kept > KEPT:
            raise InvalidInput("too much to count at once: ask for a shorter time, fewer actions or fewer hours")
    enough = ((value, group) for value, group in groups.items() if group.count >= asked.at_least)
    return [
        Repeated(value=value, count=group.count, first=instant(group.first), last=instant(group.last))
        for value, group in sorted(enough, key=lambda one: (-one[1].count, one[0]))
    ]


def _values(act: Found, by: By, record: str | None) -> Iterable[str]:
    if by != "record":
        return (act.intent[by],)
    met = {*_ids(act.intent["parameters"]), *((act.outcome or {}).get("records", ()))}
    return met if record is None else met & {record}


def _ids(value: JSON) -> Iterator[str]:
    """What was asked for."""
    if isinstance(value, str):
        if _ID.fullmatch(value):
            yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _ids(part)
    elif isinstance(value, list):
        for part in value:
            yield from _ids(part)
