"""The guards against fishing that hang on what one person asked before: how much in a day, and the tier first given.

What is kept for them is kept with the person's checks and notices, as keyed digests: docs/need-to-know.md, "Against
fishing". Both are looked up under a lock on the person, in the transaction that writes the check, so that requests
under way at once know of each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from icmgraph.audit.digests import digest
from icmgraph.errors import Quota
from icmgraph.model.checks import Asked
from icmgraph.model.disclosure import Place, Tier
from icmgraph.model.probing import stems
from icmgraph.queries.gateway import Transaction

DAY = timedelta(days=1)
KEPT = timedelta(days=90)
"""How long the first tier of a match is the one its asker gets."""
SHORT = 24
"""Hex digits of a digest that one person's own within a day are told apart by."""
RETRY_QUOTA_S = 3600
"""Of the day, an hour: some of what was asked is a day old then."""


@dataclass(frozen=True, slots=True)
class Asking:
    """
    Attributes:
        key: the deployment key, for digests.
        daily: different selectors that one person may ask for and enter within 24 hours.
    """

    key: bytes
    daily: int

    def count(self, tx: Transaction, person: str, asked: Sequence[Asked], now: datetime) -> dict[str, list[str]]:
        """Lock the person and count what they ask, not what is found; the same selector again counts once.

        Returns:
            Properties that the check is to keep, for this and for what numbers have in common (``model/probing.py``).

        Raises:
            Quota
        """
        counted = list(dict.fromkeys(digest(self.key, text) for one in asked for text in one.counted))
        before = {digest for row in tx.personal("asked_since", person, since=now - DAY) for digest in row["digests"]}
        if len(before.union(counted)) > self.daily:
            raise Quota(
                f"you may ask for and enter {self.daily} different selectors a day; ask the coordination desk",
                RETRY_QUOTA_S,
            )
        return {"counted": counted, "stems": self.stems(asked)}

    def stems(self, asked: Sequence[Asked]) -> list[str]:
        """What a check keeps of them for what numbers have in common."""
        numbers = {(stem, key) for one in asked for key in one.auditable for stem in stems(key)}
        # What has no radius is an event of a file, of which there may be many in one town.
        plans = {(area, one.event.text) for one in asked if one.event and one.event.radius for area in one.event.areas}
        return sorted(f"{self._short('stem', stem)} {self._short('of', what)}" for stem, what in numbers | plans)

    def _short(self, what: str, text: str) -> str:
        return digest(self.key, f"{what}:{text}")[:SHORT]

    def canaries(self, asked: Iterable[Asked]) -> list[str]:
        """What canaries are known by that were asked for."""
        return sorted({self.canary(key) for one in asked for key in one.auditable})

    def canary(self, key: str) -> str:
        return digest(self.key, f"canary:{key}")

    def first_tiers(self, tx: Transaction, person: str, places: Iterable[Place], now: datetime) -> dict[Place, Tier]:
        """Those of these places of which the person was given a tier within ``KEPT``, the first one."""
        wanted = {self._place(place): place for place in places}
        if not wanted:
            return {}
        (row,) = tx.personal("first_tiers", person, since=now - KEPT, digests=sorted(wanted))
        found: dict[Place, Tier] = {}
        for given in row["given"]:
            at, _, tier = given.partition(" ")
            found.setdefault(wanted[at], Tier(tier))
        return found

    def given(self, first: Mapping[Place, Tier]) -> list[str]:
        """What is kept of tiers that somebody is given for the first time.

        The best too: or what fits less would be the first of it when that is asked for later.
        """
        return sorted(f"{self._place(place)} {tier.value}" for place, tier in first.items())

    def _place(self, place: Place) -> str:
        return digest(self.key, "first:{}|{}".format(*place))
