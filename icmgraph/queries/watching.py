"""What auditors and leaders are shown of who asks: numbers tried one after the other, identifiers that are traps.

By the worker, after the answer has left: nothing of it changes what the asker gets. The asker is never told.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from icmgraph.model.checks import Asked
from icmgraph.model.probing import MANY
from icmgraph.model.records import NO_SIGHT, UserClass, utc_text
from icmgraph.model.source import Source
from icmgraph.queries.asking import DAY, Asking
from icmgraph.queries.digests import notice_of
from icmgraph.queries.gateway import Row, Transaction
from icmgraph.queries.policy import read_person

PROBING = "probing"
CANARY = "canary"
"""Kinds of notices."""


def watch(
    tx: Transaction, check: Row, asked: Iterable[Asked], asking: Asking, source: Source, now: datetime
) -> list[str]:
    """Tell who is to know of what one person's check or entry asked, inside its transaction. Ids of the notices.

    Args:
        check: its properties.
        asked: what it asked.
    """
    makers = tx.control("maker", check=check["id"])
    if not makers:
        return []  # an import's
    person = makers[0]["id"]
    met = tx.control("canaries_met", digests=asking.canaries(asked))
    many = _probed(tx, person, check)
    auditors = [row["id"] for row in tx.control("auditors") if row["id"] != person] if met or many else []
    said: list[dict[str, Any]] = []
    for row in met:
        body = {"canary": row["id"], "check": check["id"], "person": person, "at": utc_text(check["at"])}
        said += [notice_of(source, CANARY, body, auditor) for auditor in auditors]
    if many:
        body = {
            "person": person,
            "name": makers[0]["name"],
            "at": utc_text(check["at"]),
            "selectors": many,
            "hours": 24,
        }
        told = sorted({*auditors, *_leaders(tx, person)})
        said += [notice_of(source, PROBING, body, one) for one in told]
    if check.get("stems"):
        tx.control("forget_stems", person=person, before=check["at"] - DAY)
    if said:
        tx.control("create_notices", rows=said, at=now)
    return [notice["id"] for notice in said]


def _probed(tx: Transaction, person: str, check: Row) -> int:
    """How many numbers with a stem in common the person asked for within a day; 0: few, or it is told already."""
    stems = sorted({one.partition(" ")[0] for one in check.get("stems") or ()})
    since, until = check["at"] - DAY, check["at"]
    rows = tx.personal("stems_since", person, since=since, until=until, stems=stems) if stems else []
    many = max((row["selectors"] for row in rows), default=0)
    if many < MANY:
        return 0
    mark = hashlib.sha256(f"{PROBING}|{person}|{check['at'].date()}".encode()).hexdigest()
    new = tx.control("mark_matches", digests=[mark], act=check["id"], now=check["at"])
    return many if new else 0


def _leaders(tx: Transaction, person: str) -> Sequence[str]:
    """The nearest leaders of each of the person's units, themselves excepted."""
    found: list[str] = []
    for unit in read_person(tx, person).member_of:
        rows = [
            row
            for row in tx.control("leaders", unit=unit.id)
            if row["user"] != person and UserClass(row["user_class"]) not in NO_SIGHT
        ]
        found += [row["user"] for row in rows if row["distance"] == rows[0]["distance"]]
    return found
