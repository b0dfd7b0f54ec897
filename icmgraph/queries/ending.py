"""When silence ends, by its date or by its leader: what it kept from others is told then, by a check of its own."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import datetime
from typing import Any

from icmgraph.model.checks import Asked
from icmgraph.model.source import Source
from icmgraph.queries.casefile import asked_of
from icmgraph.queries.entered import as_part, to_come
from icmgraph.queries.gateway import Transaction

RECORDS = 200
"""In one check, which is one transaction."""


def told_late(tx: Transaction, id: str, source: Source, desk: str) -> list[str] | None:
    """Enter what a case, or one record, asserts, to be checked by the worker; inside a WRITE transaction.

    Returns:
        Ids of the checks; None when it was done before.
    """
    now = source.now()
    rows = tx.control("end_silence", id=id, now=now)
    if not rows:
        return None
    case = rows[0]["case"]
    said = tx.release("said_in_case", case=case, record=rows[0]["record"])
    asked: dict[str, dict[Asked, None]] = defaultdict(dict)
    for row in said:
        if one := asked_of(row):
            asked[row["record"]][one] = None
    for event in to_come(tx, case, rows[0]["record"], now):
        asked[event["record"]].update(dict.fromkeys(map(Asked.of_json, event["asked"])))
    parts = [as_part(case, record, asked[record]) for record in sorted(asked)]
    checks = [_check(parts[at : at + RECORDS], source, now) for at in range(0, len(parts), RECORDS)]
    for check in checks:
        tx.control("create_entered", user=None, properties=check)
    return [check["id"] for check in checks]


def _check(parts: list[dict[str, Any]], source: Source, now: datetime) -> dict[str, Any]:
    return {
        "id": source.uuid(), "entered": True, "late": True, "state": "pending", "at": now, "due": now,
        "question": json.dumps(parts),
    }  # fmt: skip
