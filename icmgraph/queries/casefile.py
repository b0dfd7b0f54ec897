"""What a case file holds that others could hold too, as its own people ask for all of it at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from icmgraph.errors import InvalidInput
from icmgraph.model.checks import Asked, asked_event, asked_name
from icmgraph.model.disclosure import Setting, strictest
from icmgraph.model.planned import MAX_LENGTH, Planned
from icmgraph.model.records import DisclosureMode, utc_text
from icmgraph.queries.gateway import Row
from icmgraph.queries.matches import holders_of, kinds_of, mode_of, point_of
from icmgraph.queries.policy import require_write, rights
from icmgraph.queries.session import View
from icmgraph.queries.worked import see_case

MOST = 2000
"""Selectors of one file in one check: what a person may ask for in a day, unless configured otherwise."""


@dataclass(frozen=True, slots=True)
class InFile:
    """One identifier or name of a file, or one of its events at one place.

    Attributes:
        value: as it is shown; of an event its beginning.
        record: id of one of the file that says it; empty of what is asked beside a file.
        mode: the strictest of the case, the record and the caveats: others learn no more of who asks for it.
    """

    asked: Asked
    value: str
    record: str
    mode: DisclosureMode


def may_ask(view: View, case: str) -> None:
    """
    Raises:
        NotFound: absent or hidden.
        FunctionRefused: no write assignment.
    """
    see_case(view, case)
    require_write(rights(view.tx, case, view.person))


def in_file(view: View, case: str, now: datetime, *, silently: bool = False) -> list[InFile]:
    """Each identifier, name and event that is not over which the person sees in it, once.

    Args:
        silently: nobody else is to learn of who asks. Of an event they would have to, so none is among it.

    Raises:
        InvalidInput: there is none, or there are more than ``MOST``.
        NotFound, FunctionRefused: as of ``may_ask``.
    """
    may_ask(view, case)
    since = now - MAX_LENGTH - timedelta(seconds=1)
    stored = view.run("case_selectors", case=case, limit=MOST + 1)
    events = [] if silently else view.run("case_events", case=case, since=since, limit=MOST + 1)
    if len(stored) + len(events) > MOST:
        raise InvalidInput(f"holds more than {MOST} selectors: check its subjects in parts", field="case")
    rows = [*_asserted(stored), *_to_come(events, now)]
    holder = holders_of(view.tx, [case])[case]
    kinds = kinds_of(view.tx, (caveat for _, _, row in rows for caveat in row["caveats"]))
    found: dict[Asked, InFile] = {}
    for asked, value, row in rows:
        mode = mode_of(holder.setting, Setting(row["mode"], row["until"]), row["caveats"], kinds, now)
        one = InFile(asked, value, row["record"], mode)
        before = found.get(asked, one)
        found[asked] = replace(before, record=min(before.record, one.record), mode=strictest(before.mode, one.mode))
    if not found:
        raise InvalidInput("holds nothing that could be looked for", field="case")
    return list(found.values())


Said = tuple[Asked, str, Row]
"""With what is shown of it, and with ``record``, ``caveats``, ``mode`` and ``until``."""


def _asserted(rows: Iterable[Row]) -> Iterator[Said]:
    for row in rows:
        if asked := asked_of(row):
            yield asked, row["value"], row


def _to_come(rows: Iterable[Row], now: datetime) -> Iterator[Said]:
    """At each place: what is asserted of them is under labels of its own."""
    for row in rows:
        places = [(point_of(row), None, []), *((None, one["key"], one["caveats"]) for one in row["addresses"])]
        for point, address, caveats in places:
            event = Planned.in_file(row["starts"], row["ends"], row["duration"], point, address)
            if event is not None and event.over >= now:
                yield asked_event(event), utc_text(row["starts"]), {**row, "caveats": [*row["caveats"], *caveats]}


def asked_of(row: Row) -> Asked | None:
    """An identifier, or a name with its birth date, as it is asked for; None of an import's name that has no key."""
    if row["key"] is not None:
        return Asked(row["kind"], (row["key"],))
    try:
        return asked_name(row["value"], _born(row["births"], row["caveats"]), None, "name")
    except InvalidInput:
        return None


def _born(births: Iterable[Row], caveats: Iterable[str]) -> str | None:
    """A birth date that is under no caveat which the name is not under."""
    held = set(caveats)
    return min((str(one["value"]) for one in births if set(one["caveats"]) <= held), default=None)
