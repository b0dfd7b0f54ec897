"""Who met whom where one side is shown the coordination desk in place of the other: what the desk's queue is made of.

Made by the worker with the notices.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from icmgraph.model.disclosure import Tier
from icmgraph.model.source import Source
from icmgraph.queries.gateway import Transaction
from icmgraph.queries.sides import Party

SIDES = ("asking", "holding")

Two = dict[str, Any]
"""What two have met over: ``asking`` and ``holding``, as a matter keeps them, ``reference``, and ``matches``, the best
tier by kind."""


@dataclass(frozen=True, slots=True)
class Brokered:
    """Two who met over one kind of selector, and not both are open."""

    asking: Party
    holding: Party
    reference: str | None
    kind: str
    tier: Tier


def pairs(met: Iterable[Brokered], desk: str) -> dict[str, Two]:
    """By a text for the two, whoever of them asks. A side is one contact in one mode: what it shows by revealing itself
    is what it met in that mode. Nobody has a matter with themselves; cases that nobody can be called about do."""
    found: dict[str, Two] = {}
    for one in met:
        if one.asking.contact is None or one.asking.key != one.holding.key:
            two: Two = {"asking": _side(one.asking, desk), "holding": _side(one.holding, desk)}
            two |= {"reference": one.reference, "matches": {one.kind: one.tier.value}}
            key = "|".join(sorted(_of(two[side]) for side in SIDES))
            found[key] = together(found[key], two) if key in found else two
    return found


def together(one: Two, other: Two) -> Two:
    """The first, with what the other adds; it may have its sides the other way round."""
    turned = _of(one["asking"]) != _of(other["asking"])
    matches = dict(one["matches"])
    for kind, tier in other["matches"].items():
        matches[kind] = min(matches.get(kind, tier), tier, key=lambda text: Tier(text).rank)
    sides = {
        side: {**one[side], "cases": sorted({*one[side]["cases"], *other[its]["cases"]})}
        for side, its in zip(SIDES, reversed(SIDES) if turned else SIDES, strict=True)
    }
    return {**one, **sides, "matches": matches}


def without(two: Two, gone: str) -> Two | None:
    """Without this case; None if a side was nothing else."""
    left = {**two}
    for side in SIDES:
        cases = [case for case in two[side]["cases"] if case != gone]
        if two[side]["cases"] and not cases:
            return None
        left[side] = {**two[side], "cases": cases}
    return left


def queue(tx: Transaction, found: Mapping[str, Two], source: Source, now: datetime) -> None:
    """A matter for each, inside the transaction that writes their notices."""
    rows = [
        {
            **{side: json.dumps(two[side]) for side in SIDES},
            "id": source.uuid(),
            "at": now,
            "state": "new",
            "reference": two["reference"],
            "log": [],
            "matches": json.dumps(two["matches"]),
        }
        for _, two in sorted(found.items())
    ]
    if rows:
        tx.control("create_matters", rows=rows)


def _of(side: Mapping[str, Any]) -> str:
    return f"{side['key']} {side['mode']}"


def _side(party: Party, desk: str) -> dict[str, Any]:
    return {
        "key": party.key, "contact": party.contact or desk, "mode": party.mode.value, "owner": party.owner,
        "cases": [party.case] if party.case else [], "caveats": list(party.caveats),
    }  # fmt: skip
