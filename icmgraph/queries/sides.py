"""The two sides of a meeting that stands, and the conflict that is made of them with its notices."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from icmgraph.model.conflicts import State
from icmgraph.model.disclosure import Tier
from icmgraph.model.records import DisclosureMode
from icmgraph.model.source import Source
from icmgraph.queries.gateway import Transaction

LOOK = timedelta(hours=1)
"""How often an unresolved side is looked at: whether anybody of it is left, whether its timer has run out."""


@dataclass(frozen=True, slots=True)
class Party:
    """One side of a meeting that stands: a registration, or a case that asserts what matched.

    Attributes:
        contact: whom the other side is to call; None is nobody but the desk.
        people: whom it concerns; None is the desk.
        owner: of the registration; edits: how often it was edited.
        caveats: of what matched; a side of one contact is another one under other caveats.
    """

    mode: DisclosureMode
    contact: str | None
    people: tuple[str | None, ...]
    registration: str | None = None
    owner: str | None = None
    edits: int = 0
    case: str | None = None
    caveats: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Of a case its contact's, not its own: that two cases are one agent's is not told to the other side."""
        if self.registration:
            return key_of(self.registration)
        return _digest(("case", self.contact, *self.caveats))


@dataclass(frozen=True, slots=True)
class Met:
    """Two sides over one kind of selector. ``many``: ours has too many contacts for it to be given this one."""

    ours: Party
    theirs: Party
    kind: str
    tier: Tier
    many: bool = False


@dataclass
class _Draft:
    """A side of a conflict as one act's meetings make it. ``knows``: it has the other's contact.

    ``met``: what it is over; once it knows, only what it knows of: a hidden match of the same two is nobody's to tell.
    """

    party: Party
    contact: str
    knows: bool = False
    people: set[str | None] = field(default_factory=set)
    cases: set[str] = field(default_factory=set)
    met: list[tuple[str, Tier, bool]] = field(default_factory=list)

    def add(self, party: Party, one: Met, knows: bool) -> None:
        self.knows = self.knows or knows
        self.people.update(party.people)
        self.cases.update({party.case} if party.case else ())
        self.met.append((one.kind, one.tier, knows))

    def matches(self, stored: str = "{}") -> str:
        """By kind the best tier; with what a side has already."""
        best = {kind: Tier(tier) for kind, tier in json.loads(stored).items()}
        for kind, tier, known in self.met:
            if known or not self.knows:
                best[kind] = min(best.get(kind, tier), tier, key=lambda tier: tier.rank)
        return json.dumps({kind: best[kind].value for kind in sorted(best)})


def begin(tx: Transaction, meetings: Iterable[Met], source: Source, now: datetime) -> None:
    """Make or add to the conflict of each pair of sides, inside the transaction that writes their notices.

    One that only one side knew of stays that side's; from when the other knows, there is a new one.
    """
    drafts = _drafts(meetings)
    if not drafts:
        return
    rows = [{"digest": digest, "id": source.uuid()} for digest in sorted(drafts)]
    made: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    for row in tx.control("lock_conflicts", rows=rows, now=now):
        sides, conflict = drafts[row["digest"]], row["id"]
        there = {side["key"]: side for side in row["sides"]}
        new = [draft for draft in sides if draft.knows and draft.party.key not in there]
        if there and new:
            conflict = tx.control("supersede_conflict", id=conflict, other=source.uuid(), now=now)[0]["id"]
            new = [draft for draft in sides if draft.knows]
        elif there:
            changed += [
                _change(side["id"], draft, matches=draft.matches(side["matches"]))
                for draft in sides
                if draft.knows and (side := there.get(draft.party.key))
            ]
        made += [_side(conflict, draft, sides, source, now) for draft in new]
    if made:
        tx.control("create_sides", rows=made)
    if changed:
        tx.control("put_sides", rows=changed)


def _drafts(meetings: Iterable[Met]) -> dict[str, list[_Draft]]:
    """By the digest of the pair; those of which no side has the other's contact are nobody's."""
    found: dict[str, dict[str, _Draft]] = {}
    for one in meetings:
        if one.ours.key == one.theirs.key or set(one.ours.people) & set(one.theirs.people):
            continue  # nobody needs to be told of themselves
        sides = found.setdefault(_digest(sorted((one.ours.key, one.theirs.key))), {})
        for party, other, many in ((one.ours, one.theirs, one.many), (one.theirs, one.ours, False)):
            draft = sides.setdefault(party.key, _Draft(party, other.contact or ""))
            draft.add(party, one, other.mode is DisclosureMode.OPEN and other.contact is not None and not many)
    return {
        digest: list(sides.values()) for digest, sides in found.items() if any(side.knows for side in sides.values())
    }


def _side(conflict: str, draft: _Draft, both: Sequence[_Draft], source: Source, now: datetime) -> dict[str, Any]:
    party, other = draft.party, next(one for one in both if one is not draft)
    properties = {
        "id": source.uuid(),
        "key": party.key,
        "at": now,
        "state": State.NEW.value,
        "mode": party.mode.value,
        "registration": party.registration,
        "owner": party.owner,
        "caveats": list(party.caveats),
        "contact": draft.contact,
        "matches": draft.matches(),
        "desk": None in draft.people,
        "against": other.party.key,
        "look": now + LOOK,
        # What the other side gets if this one, which it does not know of, reveals itself.
        "other": None if other.knows else json.dumps(_kept(other)),
    }
    return {
        "conflict": conflict,
        "properties": properties,
        "people": sorted(one for one in draft.people if one),
        "cases": sorted(draft.cases),
    }


def _kept(draft: _Draft) -> dict[str, Any]:
    party = draft.party
    return {
        "key": party.key, "mode": party.mode.value, "registration": party.registration, "owner": party.owner,
        "caveats": list(party.caveats), "contact": draft.contact, "matches": draft.matches(),
        "cases": sorted(draft.cases),
    }  # fmt: skip


def _change(id: str, draft: _Draft, **changes: Any) -> dict[str, Any]:
    people = sorted(one for one in draft.people if one)
    return {"id": id, "changes": changes, "people": people, "leader": False, "cases": sorted(draft.cases)}


def key_of(registration: str) -> str:
    """Of the side that a registration is."""
    return _digest(("registration", registration))


def _digest(of: Any) -> str:
    return hashlib.sha256(json.dumps(of).encode()).hexdigest()
