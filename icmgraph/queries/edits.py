"""Editing a registration: a check of what it is to seek from now on, in the place of all that it sought.

It stays the same registration. What it goes on seeking is not told again. What it seeks anew has a name of its own in
the marks of what was told, so that it is told, also to whom the registration met before; and also if it was sought once
before, and taken out.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from icmgraph.errors import Conflict, FunctionRefused, NotFound
from icmgraph.model.checks import CASE, Asked, RegistrationChange, as_typed, event_of
from icmgraph.model.records import DisclosureMode
from icmgraph.queries.gateway import Row, Transaction
from icmgraph.queries.matches import sought_of


def to_edit(tx: Transaction, person: str, id: str) -> Row:
    """A registration of the person's own, locked.

    Raises:
        NotFound: absent, or another's.
        FunctionRefused: it is silent.
        Conflict: it has expired, or is a standing match report.
    """
    rows = tx.personal("registration_to_edit", person, id=id)
    if not rows:
        raise NotFound
    if rows[0]["mode"] == DisclosureMode.SILENT:
        raise FunctionRefused("silence is a leader's to approve: they register it again")
    if rows[0]["kind"] == CASE:
        raise Conflict("a standing report asks for what its case holds; withdraw it, and register another")
    if not rows[0]["stands"]:
        raise Conflict("it has expired; register it again, which checks what came meanwhile")
    return rows[0]


def taken_out(before: Row, asked: Sequence[Asked]) -> list[str]:
    """The kinds of what it sought and is not asked for now.

    Only what it met by one of these may be met no more: a name that is kept need not find all that found it, whatever
    is now known of the birth.
    """
    kept = {(one.kind, one.keys, one.event) for one in asked}
    return sorted({one.kind for one in sought_of(before["sought"]) if (one.kind, one.keys, one.event) not in kept})


def edit(
    tx: Transaction, before: Row, change: RegistrationChange, asked: Sequence[Asked], check: dict[str, Any]
) -> datetime:
    """Put it in its place.

    Args:
        before: of ``to_edit``.
        check: properties of the check that editing is.

    Returns:
        Until when it stands: as before, or until the planned operation is over.

    Raises:
        Conflict: a planned operation would be none, or the reverse.
    """
    sought = sought_of(before["sought"])
    event = event_of(asked)
    if (event is None) != (event_of(sought) is None):
        raise Conflict("a planned operation stays one, and nothing else becomes one: withdraw it, register the other")
    until: datetime = before["expires_at"] if event is None else event.stands_until
    words = dict(zip(sought, before["added"] or [""] * len(sought), strict=True))
    properties: dict[str, Any] = {
        "mode": check["mode"],
        "reason": change.reason,
        "reference": check["reference"],
        "own_reference": check["own_reference"],
        "sought": json.dumps([one.as_json() for one in asked]),
        "typed": as_typed(change),
        "added": [words.get(one, check["reference"]) for one in asked],
        "edits": before["edits"] + 1,
        "expires_at": until,
    }
    keys = sorted({key for one in asked for key in one.watched})
    tx.control("change_registration", id=before["id"], properties=properties, keys=keys)
    return until
