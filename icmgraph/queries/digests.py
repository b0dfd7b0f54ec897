"""Notices that come together: gathered as the worker looks at what was met, told at the end of a run.

A run is a bulk import, or a day of *floods*: of what was asked of keys that many hold. A taxi firm's phone, or a
frequent name, may be asked for a hundred times a day, so its holders are looked up once, and told once.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from functools import reduce
from types import MappingProxyType
from typing import Any, TypeVar

from icmgraph.model.disclosure import CONTACTS
from icmgraph.model.records import utc_text
from icmgraph.model.source import Source
from icmgraph.model.telling import Item, To, body
from icmgraph.queries.asking import DAY
from icmgraph.queries.brokered import Two, queue, together, without
from icmgraph.queries.gateway import Transaction
from icmgraph.queries.matches import holders_of

T = TypeVar("T")

OF_A_DAY = "day "
"""What the id of a day's run begins with."""
LATE = timedelta(minutes=15)
"""After midnight until a day is told: longer than a transaction that began in it, and clocks that differ."""
MOST_ASKERS = CONTACTS + 2
"""Contacts that holders of one key are told of: in place of more than ``CONTACTS`` others each is shown the desk."""

MATTER = "matter"
"""What a run keeps for the desk's queue, beside what its notices are about."""

NOTHING_GIVEN: Mapping[To, list[str]] = MappingProxyType({})


def gather(tx: Transaction, run: str, told: Mapping[To, Sequence[Item]]) -> None:
    """Add to what the run's matches come to."""

    def added(before: list[dict[str, Any]], items: Sequence[Item]) -> list[dict[str, Any]]:
        return [one.as_json() for one in compact([*map(Item.of_json, before), *items])]

    _gather(tx, run, told, added)


def gather_matters(tx: Transaction, run: str, met: Mapping[str, Two]) -> None:
    """Add to what the run gives the desk to do: one matter for each two, however many batches it was."""

    def added(before: list[Two], more: Sequence[Two]) -> list[Two]:
        return [reduce(together, [*before, *more])]

    _gather(tx, run, {To(MATTER, two): [what] for two, what in met.items()}, added)


def _gather(
    tx: Transaction,
    run: str,
    told: Mapping[To, Sequence[T]],
    added: Callable[[list[dict[str, Any]], Sequence[T]], list[dict[str, Any]]],
) -> None:
    """Sorted before they are locked: two workers meet in one order."""
    if not told:
        return
    keys = {_key(run, to): to for to in told}
    rows = [
        {"key": key, "run": run, "about": to.about, "id": to.id, "record": to.record, "person": to.person}
        for key, to in sorted(keys.items())
    ]
    before = {row["key"]: row["items"] for row in tx.control("lock_digests", rows=rows)}
    changed = []
    for key, to in keys.items():
        changed.append({"key": key, "items": json.dumps(added(json.loads(before[key]), told[to]), sort_keys=True)})
    tx.control("put_digests", rows=changed)


def _key(run: str, to: To) -> str:
    return hashlib.sha256(json.dumps([run, to.about, to.id, to.record, to.person]).encode()).hexdigest()


def day(tx: Transaction, now: datetime) -> str:
    """The run of this day, which ends at midnight, UTC, and is told soon after; begun again if it was told before."""
    begin = _begin(now)
    rows = tx.control("put_digest_run", id=f"{OF_A_DAY}{begin:%Y-%m-%d}", at=begin, due=begin + DAY + LATE)
    id: str = rows[0]["id"]
    return id


def _begin(now: datetime) -> datetime:
    return datetime.combine(now.astimezone(UTC), time(), UTC)


def of_day(asked_at: datetime, now: datetime) -> datetime:
    """In which day it is told what was asked then, if a worker comes to it now: its own, unless that is told."""
    return asked_at if now < _begin(asked_at) + DAY + LATE else now


def put_floods(
    tx: Transaction,
    asked: Mapping[tuple[str, str], Mapping[str, str]],
    source: Source,
    asked_at: datetime,
    now: datetime,
) -> None:
    """Keep for the end of the day what is asked of keys that many hold.

    Args:
        asked: by key and kind, and by who asks, what is told of it, as JSON.
    """
    if asked:
        # The audit names a flood by its id, so that is random: a digest of the key would be found out by trying.
        rows = [
            {"id": source.uuid(), "key": key, "kind": kind, "who": list(of), "asked": list(of.values())}
            for (key, kind), of in sorted(asked.items())
        ]
        at = of_day(asked_at, now)
        due = _begin(at) + DAY + LATE
        tx.control("put_floods", run=day(tx, at), at=at, due=due, asked_at=asked_at, rows=rows)


def compact(items: Iterable[Item]) -> list[Item]:
    """What a notice can say of them: the best of each contact, and one contact more than are shown."""
    best: dict[tuple[object, ...], Item] = {}
    for one in items:
        place: tuple[object, ...] = (one.selector, one.kind, one.other.mode, one.other.contact)
        if place not in best or one.tier.rank < best[place].tier.rank:
            best[place] = one
    groups: dict[tuple[object, ...], list[Item]] = defaultdict(list)
    for place, one in best.items():
        groups[place[:3]].append(one)
    return [
        one
        for group in groups.values()
        for one in sorted(group, key=lambda one: (one.tier.rank, one.other.contact or ""))[: CONTACTS + 1]
    ]


def deliver(tx: Transaction, run: str, source: Source, desk: str) -> list[str] | None:
    """Tell everybody, once, inside a WRITE transaction.

    Returns:
        Ids of the notices; None when it was done before.
    """
    rows = tx.control("lock_digest_run", id=run)
    if not rows:
        return None
    kept = {
        To(row["about"], row["id"], row["record"], row["person"]): json.loads(row["items"])
        for row in rows[0]["digests"]
    }
    told = {to: [Item.of_json(one) for one in items] for to, items in kept.items() if to.about != MATTER}
    at, now = rows[0]["at"], source.now()
    queue(tx, {to.id: items[0] for to, items in kept.items() if to.about == MATTER}, source, now)
    notices = []
    if run.startswith(OF_A_DAY):
        held = {to: items for to, items in told.items() if to.about == "case"}
        told = {to: items for to, items in told.items() if to not in held}
        notices = _of_a_day(tx, _still_of_it(tx, held), at, now, source, desk)
    notices += write_notices(tx, told, at, now, source, desk)
    tx.control("end_digest_run", id=run)
    return notices


def _still_of_it(tx: Transaction, held: Mapping[To, Sequence[Item]]) -> dict[To, Sequence[Item]]:
    """Without those who have left the case since."""
    holders = holders_of(tx, {to.id for to in held})
    people = {id: {one.id for one in (*holder.assigned, *holder.leaders)} for id, holder in holders.items()}
    return {to: items for to, items in held.items() if to.person is None or to.person in people.get(to.id, ())}


def without_case(tx: Transaction, case: str) -> None:
    """Take a case out of notices that say something of others too, and of what waits for the desk; the rest of what
    names it goes with it."""
    for row in tx.control("matters_gathered", case=case):
        (two,) = json.loads(row["items"])
        if (left := without(two, case)) is None:
            tx.control("drop_digest", key=row["key"])
        else:
            tx.control("put_digests", rows=[{"key": row["key"], "items": json.dumps([left], sort_keys=True)}])
    rows = []
    for row in tx.control("digests_naming", case=case):
        said = json.loads(row["body"])
        cases = [one for one in said["cases"] if one["case"] != case]
        if cases:
            text = json.dumps({**said, "cases": cases}, sort_keys=True, ensure_ascii=False)
            rows.append({"id": row["id"], "body": text})
    if rows:
        tx.control("put_notice_bodies", rows=rows)


def _of_a_day(
    tx: Transaction, told: Mapping[To, Sequence[Item]], at: datetime, now: datetime, source: Source, desk: str
) -> list[str]:
    """One notice for each person, with what is to be said of each of their cases. Ids of the notices."""
    cases: dict[str | None, list[dict[str, Any]]] = defaultdict(list)
    for to, items in sorted(told.items(), key=lambda one: one[0].place):
        if (said := body(to, items, utc_text(at), desk)) is not None:
            cases[to.person].append({name: value for name, value in said.items() if name != "at"})
    notices = [
        notice_of(source, "digest", {"at": utc_text(at), "cases": cases[person]}, person)
        for person in sorted(cases, key=lambda person: person or "")
    ]
    if notices:
        tx.control("create_notices", rows=notices, at=now)
    return [notice["id"] for notice in notices]


def write_notices(
    tx: Transaction,
    told: Mapping[To, Sequence[Item]],
    at: datetime,
    now: datetime,
    source: Source,
    desk: str,
    given: Mapping[To, list[str]] = NOTHING_GIVEN,
) -> list[str]:
    """One for each that there is something to say to. Ids of the notices.

    Args:
        at: of the match.
        given: the tiers that each gives for the first time, as they are kept (``Asking.given``).
    """
    notices = [
        {**notice_of(source, "match", said, to.person), "given": given.get(to)}
        for to, items in sorted(told.items(), key=lambda one: one[0].place)
        if (said := body(to, items, utc_text(at), desk)) is not None
    ]
    if notices:
        tx.control("create_notices", rows=notices, at=now)
    return [notice["id"] for notice in notices]


def notice_of(source: Source, kind: str, said: Mapping[str, Any], to: str | None) -> dict[str, Any]:
    """A row of ``create_notices``; ``to``: a person, None is the desk."""
    text = json.dumps(said, sort_keys=True, ensure_ascii=False)
    return {"id": source.uuid(), "kind": kind, "body": text, "to": to}
