"""Who met whom where one side is shown the coordination desk in place of the other: what the desk's queue is made of.

Made by the worker with the notices.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from icmgraph.model.disclosure import Tier
from icmgraph.model.source import Source
from icmgraph.queries.gateway import Transaction
from icmgraph.queries.sides import Party


@dataclass(frozen=True, slots=True)
class Brokered:
    """Two who met over one kind of selector, and not both are open."""

    asking: Party
    holding: Party
    reference: str | None
    kind: str
    tier: Tier

    @property
    def pair(self) -> tuple[str, str]:
        return self.asking.key, self.holding.key

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of_json(cls, stored: dict[str, Any]) -> Brokered:
        asking, holding = (Party.of_json(stored[name]) for name in ("asking", "holding"))
        return cls(asking, holding, stored["reference"], stored["kind"], Tier(stored["tier"]))


def best_of(met: Iterable[Brokered]) -> list[Brokered]:
    """The best of each two over each kind."""
    found: dict[tuple[tuple[str, str], str], Brokered] = {}
    for one in met:
        place = one.pair, one.kind
        if place not in found or one.tier.rank < found[place].tier.rank:
            found[place] = one
    return list(found.values())


def queue(tx: Transaction, met: Iterable[Brokered], source: Source, now: datetime, desk: str) -> None:
    """One matter for each two of an act or a run, inside the transaction that writes their notices."""
    made: dict[tuple[str, str], dict[str, Any]] = {}
    tiers: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for one in best_of(met):
        if one.pair not in made:
            made[one.pair] = {
                "at": now,
                "state": "new",
                "reference": one.reference,
                "asking": json.dumps(_side(one.asking, desk)),
                "holding": json.dumps(_side(one.holding, desk)),
                "log": [],
            }
        tiers[one.pair][one.kind] = one.tier.value
    rows = [
        {**made[pair], "id": source.uuid(), "matches": json.dumps(matches)} for pair, matches in sorted(tiers.items())
    ]
    if rows:
        tx.control("create_matters", rows=rows)


def _side(party: Party, desk: str) -> dict[str, Any]:
    return {
        "key": party.key, "contact": party.contact or desk, "mode": party.mode.value, "owner": party.owner,
        "cases": [party.case] if party.case else [], "caveats": list(party.caveats),
    }  # fmt: skip
