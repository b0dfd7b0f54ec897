"""What each side of a match learns: the pure rules of deconfliction (docs/need-to-know.md, "The two releases").

The *holder* of a match is the case that asserted what matched. Its mode decides what the asker learns.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from icmgraph.model.answers import Pointer
from icmgraph.model.records import DisclosureMode

CONTACTS = 20
"""Above so many contacts for one selector the asker gets the desk's alone: a taxi firm's phone floods nobody."""

POINTERS = "pointers given"
NO_POINTER = "no pointer given"
"""The two result classes. There is no "clear": silence is not absence."""

SILENT_CAVEATS = frozenset({"sealed", "grand_jury", "wiretap"})
"""Kinds of caveats that law keeps silent; every other kind is brokered."""

_STRICTNESS = (DisclosureMode.OPEN, DisclosureMode.BROKERED, DisclosureMode.SILENT)


class Tier(StrEnum):
    """How well it fits, best first."""

    EXACT = "exact"
    """The same identifier."""
    STRONG = "strong"
    """Name and full birth date."""
    POSSIBLE = "possible"
    """Name and year of birth, or an identifier that is nearly the one."""
    WEAK = "weak"
    """A name alone, the same or one like it."""

    @property
    def rank(self) -> int:
        """0 is the best."""
        return _RANKS[self]


_RANKS = {tier: rank for rank, tier in enumerate(Tier)}


@dataclass(frozen=True, slots=True)
class Setting:
    """A disclosure mode as it is stored; None is open. ``until``: when it ends."""

    mode: str | None = None
    until: datetime | None = None

    def at(self, now: datetime) -> DisclosureMode:
        """The mode in force. One that ran out is open; a word that is no mode is silent: it fails closed."""
        if self.mode is None or (self.until is not None and self.until <= now):
            return DisclosureMode.OPEN
        try:
            return DisclosureMode(self.mode)
        except ValueError:
            return DisclosureMode.SILENT


def by_caveats(kinds: Iterable[str | None]) -> DisclosureMode:
    """The mode that the caveats of a matched assertion impose; None stands for a kind nobody knows: silent."""
    known = set(kinds)
    if None in known or known & SILENT_CAVEATS:
        return DisclosureMode.SILENT
    return DisclosureMode.BROKERED if known else DisclosureMode.OPEN


def strictest(*modes: DisclosureMode) -> DisclosureMode:
    return max(modes, key=_STRICTNESS.index)


Place = tuple[str, str]
"""What a tier is given for: the key that matched, and the contact that was shown for it."""


@dataclass(frozen=True, slots=True)
class Match:
    """One assertion that fits one selector, as the asker's side of the release needs it.

    Attributes:
        selector: position in the question.
        mode: the strictest of the holder's: case, record, caveats.
        contact: of the holder; None when there is nobody but the desk.
        safety: the officer-safety code the owner released, if any.
        visible: the asker sees the assertion, so it is a record of theirs and never a pointer.
        key: of what matched.
        many: it stands for all by its key, which more contacts have than are told; its own is none of them.
    """

    selector: int
    tier: Tier
    mode: DisclosureMode
    contact: str | None
    safety: str | None = None
    visible: bool = False
    key: str = ""
    many: bool = False

    @property
    def told(self) -> bool:
        """Its asker gets a pointer for it."""
        return not self.visible and self.mode is not DisclosureMode.SILENT

    def shown(self, desk: str) -> str:
        """The contact that a pointer to it has."""
        return (self.contact if self.mode is DisclosureMode.OPEN else None) or desk


def places_of(matches: Iterable[Match], desk: str) -> set[Place]:
    """What a tier may have been given for before: the contact of each, and the desk, should that stand for many."""
    return {(one.key, contact) for one in matches for contact in (one.shown(desk), desk)}


def told_first(matches: Collection[Match], first: Mapping[Place, Tier], desk: str) -> list[Match]:
    """The matches with the tier that their asker was given first, where there is one.

    Where the desk stands for many, what one of them or it was given raises nothing, but lowers.
    """
    many = _many(matches, desk)

    def tier(one: Match) -> Tier:
        given = first.get((one.key, one.shown(desk)))
        if one.selector in many:
            known = (one.tier, given, first.get((one.key, desk)))
            return max(filter(None, known), key=lambda tier: tier.rank)
        return as_first(given, one.tier)

    return [one if (given := tier(one)) is one.tier else replace(one, tier=given) for one in matches]


def as_first(first: Tier | None, tier: Tier) -> Tier:
    """The tier that is given for what fits so well to whom it was given for the same ``first``; None: nothing.

    Above exact there is nothing to be had by asking again. So what fits less is told as it fits: a number with one
    digit off is not exact because the right one was.
    """
    return tier if first is None or first is Tier.EXACT else first


def _many(matches: Iterable[Match], desk: str) -> set[int]:
    """The selectors with too many contacts to be told."""
    contacts: dict[int, set[str]] = defaultdict(set)
    many = set()
    for one in matches:
        if one.told:
            contacts[one.selector].add(one.shown(desk))
        if one.many:
            many.add(one.selector)
    return many | {selector for selector, shown in contacts.items() if len(shown) > CONTACTS}


def given_for(matches: Iterable[Match], given: Iterable[Pointer], desk: str) -> dict[Place, Tier]:
    """The places that these pointers gave a tier for: of what they fold together, what fits as well as they say. Of
    several for one, as two selectors ask for it, the best: never one that hangs on the order of the matches."""
    tiers = {(one.selector, one.contact): one.tier for one in given}
    found = []
    for one in matches:
        if not one.told:
            continue
        shown = one.shown(desk)
        contact = shown if (one.selector, shown) in tiers else desk
        if tiers.get((one.selector, contact)) == one.tier:
            found.append(((one.key, contact), one.tier))
    return best(found)


def best(given: Iterable[tuple[Place, Tier]]) -> dict[Place, Tier]:
    """The best tier of each place."""
    found: dict[Place, Tier] = {}
    for place, tier in given:
        found[place] = min(found.get(place, tier), tier, key=lambda one: one.rank)
    return found


def pointers(matches: Collection[Match], desk: str) -> list[Pointer]:
    """The set of pointers an asker gets: at most one for each selector and contact, with the best tier, sorted.

    Silent matches give nothing. Brokered ones point to the desk, as does a holder without a contact; a pointer to
    the desk carries no safety code, so that the two cannot be told apart by one. Where records of one contact
    fit equally well with different codes, the first code in alphabetical order is given: one fixed code, no count.
    """
    many = _many(matches, desk)
    found: dict[tuple[int, str], list[Match]] = defaultdict(list)
    for match in matches:
        if match.told:
            found[match.selector, desk if match.selector in many else match.shown(desk)].append(match)
    result = []
    for (selector, contact), group in found.items():
        tier = min((match.tier for match in group), key=lambda tier: tier.rank)
        codes = {match.safety for match in group if match.tier is tier and match.safety}
        safety = min(codes, default=None) if contact != desk else None
        result.append(Pointer(selector=selector, tier=tier.value, contact=contact, safety=safety))
    return sorted(result, key=lambda p: (p.selector, Tier(p.tier).rank, p.contact))


def result_class(given: Iterable[Pointer]) -> str:
    return POINTERS if any(True for _ in given) else NO_POINTER


def leaves_at(arrived: float, now: float, answer_s: float) -> float:
    """The moment an answer leaves: ``answer_s`` after its arrival; if that has passed, at its next multiple.

    Seconds of one monotonic clock. It depends on the work done only through the number of multiples.
    """
    if answer_s <= 0:
        return now
    elapsed = now - arrived
    multiples = max(1, -(-elapsed // answer_s))
    return arrived + multiples * answer_s


@dataclass(frozen=True, slots=True)
class Member:
    """A person of the holder's side: assigned to the case, or a leader of its unit or above.

    ``distance``: how far up the led unit is. ``caveats``: ids of the lists the person is on.
    """

    id: str
    contact: str
    caveats: frozenset[str]
    agent: bool = False
    distance: int = 0


@dataclass(frozen=True)
class Holder:
    """A case that asserted what matched, and its people with grants in force."""

    id: str
    setting: Setting
    assigned: tuple[Member, ...]
    leaders: tuple[Member, ...]

    @cached_property  # a frequent name is looked at ten thousand times, for each holder many times
    def agent(self) -> Member | None:
        return next((member for member in self.assigned if member.agent), None)

    @cached_property
    def upward(self) -> Sequence[Member]:
        """The leaders, nearest first."""
        return sorted(self.leaders, key=lambda leader: (leader.distance, leader.id))

    @cached_property
    def contact(self) -> str | None:
        """The agent's directory entry, else the nearest leader's; None: only the desk is left."""
        people = [self.agent] if self.agent else []
        return next((person.contact for person in [*people, *self.upward] if person.contact.strip()), None)


def recipients(holder: Holder, caveats: frozenset[str], asker: str) -> list[str | None]:
    """Who of the holder's side is told of a match with an assertion under ``caveats``. None stands for the desk.

    The agent (a leader, nearest first, where there is none); if they are not on every list, the assigned persons
    who are; if there is none, the desk. Nobody who could not read the assertion is told, whatever their part.
    An empty list: the asker is the one who would be told.
    """
    first = [holder.agent] if holder.agent else holder.upward
    for person in first:
        if caveats <= person.caveats:
            return [person.id] if person.id != asker else []
    on_list = {member.id for member in holder.assigned if caveats <= member.caveats}
    if on_list == {asker}:
        return []
    return [*sorted(on_list - {asker})] or [None]
