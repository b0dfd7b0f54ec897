"""What a check matches over the whole graph: shared by the answer to the asker and the notices to the holders."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from icmgraph.model.access import Scope
from icmgraph.model.checks import Asked
from icmgraph.model.disclosure import Holder, Match, Member, Setting, Tier, by_caveats, strictest
from icmgraph.queries.gateway import Row, Transaction


@dataclass(frozen=True, slots=True)
class Found:
    """An assertion, or several that differ in nothing told here, that fits the selector at this position.

    Attributes:
        holder: id of the case that asserts it, not of the one whose record it hangs on.
        caveats: of everything a reader of it must be able to read.
        record: the mode of the record it hangs on.
        visible: within the scope given.
    """

    selector: int
    tier: Tier
    holder: str
    caveats: frozenset[str]
    record: Setting
    safety: str | None
    visible: bool


def find(tx: Transaction, asked: Sequence[Asked], scope: Scope | None = None) -> set[Found]:
    """Every match of these selectors.

    A name that fits by birth date too is found twice: the name alone, and both together under the caveats of both;
    so a birth date that must not be told raises no tier.
    """
    seen = {
        "seen_audiences": list(scope.audiences) if scope else [],
        "seen_visibilities": list(scope.visibilities) if scope else [],
    }
    found: set[Found] = set()
    for query, named in (("identifier_matches", False), ("name_matches", True)):
        positions = defaultdict(list)
        for number, one in enumerate(asked):
            for key in one.keys:
                if one.is_name is named:
                    positions[key].append(number)
        if positions:
            for row in tx.release(query, keys=sorted(positions), **seen):
                for number in positions[row["key"]]:
                    found.update(_fits(number, asked[number], row))
    return found


def _fits(number: int, one: Asked, row: Row) -> Iterator[Found]:
    alone = Found(
        selector=number,
        tier=Tier.WEAK if one.is_name else Tier.EXACT,
        holder=row["holder"],
        caveats=frozenset(row["caveats"]),
        record=Setting(row["mode"], row["until"]),
        safety=row["safety"],
        visible=row["visible"],
    )
    yield alone
    if one.is_name and (tier := one.name_tier(row["birth_date"])) is not Tier.WEAK:
        caveats = alone.caveats | frozenset(row["birth_caveats"])
        yield Found(number, tier, alone.holder, caveats, alone.record, alone.safety, alone.visible)


def holders_of(tx: Transaction, found: Iterable[Found]) -> dict[str, Holder]:
    """The holders by case."""
    cases = sorted({one.holder for one in found})
    rows = tx.release("holders", cases=cases) if cases else []
    return {
        row["id"]: Holder(
            row["id"], Setting(row["mode"], row["until"]), _members(row["assigned"]), _members(row["leaders"])
        )
        for row in rows
    }


def _members(rows: Iterable[Row]) -> tuple[Member, ...]:
    return tuple(
        Member(row["id"], row["contact"] or "", frozenset(row["caveats"]), row["agent"], row["distance"])
        for row in sorted(rows, key=lambda row: row["id"])
    )


def for_the_asker(tx: Transaction, found: set[Found], now: datetime) -> list[Match]:
    """The matches with the holder's mode and contact. One whose holder is gone is told to nobody."""
    hidden = {one for one in found if not one.visible}
    holders = holders_of(tx, hidden)
    caveats = sorted({caveat for one in hidden for caveat in one.caveats})
    kinds = {row["id"]: row["kind"] for row in tx.release("caveat_kinds", ids=caveats)} if caveats else {}
    matches = []
    for one in hidden:
        holder = holders.get(one.holder)
        if holder is not None:
            mode = strictest(
                holder.setting.at(now), one.record.at(now), by_caveats(kinds.get(caveat) for caveat in one.caveats)
            )
            matches.append(Match(one.selector, one.tier, mode, holder.contact, one.safety))
    return matches
