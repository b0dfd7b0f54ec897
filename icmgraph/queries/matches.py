"""What a check matches over the whole graph: shared by the answer to the asker and the notices to both sides."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from icmgraph.model.access import Scope
from icmgraph.model.checks import EVENT, Asked
from icmgraph.model.comparison import comparer
from icmgraph.model.disclosure import CONTACTS, Holder, Match, Member, Setting, Tier, by_caveats, strictest
from icmgraph.model.names import Slip, heard, whole_key
from icmgraph.model.near import is_tail, tail_key, tail_of
from icmgraph.model.planned import MAX_LENGTH, Planned
from icmgraph.model.records import DisclosureMode, SubjectKind
from icmgraph.queries.gateway import NOTHING, Row, Transaction

SOME, ALL = 500, 10**9
"""Holders among whom more contacts are looked for than are told. Where hundreds have fewer, all are read anyway."""
MOST_NEAR = 20_000
"""Keys of one question from which on no more near misses are looked for: about a second."""
NONE: Set[int] = frozenset()
_SECOND = timedelta(seconds=1)
"""Times are compared in whole ones."""


@dataclass(frozen=True, slots=True)
class Found:
    """An assertion, or several that differ in nothing told here, that fits the selector at this position.

    Attributes:
        subject: id of the record it hangs on; empty where an asker was given who does not see it.
        holder: id of the case that asserts it, not of the one whose record it hangs on.
        caveats: of everything a reader of it must be able to read.
        record: the mode of the record it hangs on.
        visible: within the scope given.
        key: that matched.
        asserted_at: of all matches, when it was, in microseconds since 1970; None where an asker is given some.
        moment: of an event, when it is: at another it is met anew.
    """

    selector: int
    tier: Tier
    key: str
    subject: str
    holder: str
    caveats: frozenset[str]
    record: Setting
    safety: str | None
    visible: bool
    asserted_at: int | None = None
    moment: str = ""


def find(tx: Transaction, asked: Sequence[Asked], at: datetime) -> set[Found]:
    """Every match of these selectors, over the whole graph. ``at``: when they were asked.

    A name that fits by birth date too is found twice: the name alone, and both together under the caveats of both;
    so a birth date that must not be told raises no tier.
    """
    return _found(tx, asked, _places(tx, asked), at)


def find_but_floods(
    tx: Transaction, asked: Sequence[Asked], at: datetime
) -> tuple[set[Found], dict[str, list[int]]]:
    """Every match but those by a key alone that more than ``CONTACTS`` hold, and of which selectors such keys are.

    What fits such a name by a birth date too is found.
    """
    places_of = _places(tx, asked)
    floods: dict[str, list[int]] = {}
    identifiers, names = places_of["identifier_matches"], places_of["name_matches"]
    for key, contacts in _crowded(tx, identifiers, {key: [key] for key in names}, NOTHING, None, among=ALL).items():
        if not contacts:
            del names[key]
            continue
        is_name = key in names
        places = names if is_name else identifiers
        floods[key] = [number for number, tier in places[key] if is_name or tier is Tier.EXACT]
        places[key] = [one for one in places[key] if (asked[one[0]].born if is_name else one[1] is not Tier.EXACT)]
    found = _found(tx, asked, {query: _some(places) for query, places in places_of.items()}, at)
    return {one for one in found if not (one.key in floods and one.tier is Tier.WEAK)}, floods


def find_for(
    tx: Transaction, asked: Sequence[Asked], scope: Scope, now: datetime, *, but: str | None, whole: bool
) -> tuple[set[str], set[Match]]:
    """What an asker with this scope met: ids of records that they see, if ``whole``; of the rest what is released.

    However many records of a holder fit alike, that is one. One whose holder is gone is told to nobody.

    Args:
        but: a case that does not meet itself.
        whole: each record that they see is wanted. Else none is, and what more than ``CONTACTS`` hold is not read to
            its end (a name only if no birth is asked for beside it): the desk stands for all of them, and the tier is
            one, whoever else has it.
    """
    places_of = _places(tx, asked)
    told = set() if whole else _crowds(tx, asked, places_of, scope, but)
    found = {one for one in _found(tx, asked, places_of, now, scope, seen=whole) if one.holder != but}
    told |= _for_the_asker(tx, [one for one in found if not one.visible], now)
    return {one.subject for one in found if one.visible}, told


def _crowds(
    tx: Transaction, asked: Sequence[Asked], places_of: dict[str, Places], scope: Scope, but: str | None
) -> set[Match]:
    """Matches of what more contacts hold than are told; its keys are taken out of the places.

    Of the names of a selector one for each that is told of: the desk stands for all, and there is no lesser tier. Of an
    identifier one of each contact: the tiers that they were given first lower it. Names that nobody has whom the asker
    does not see are taken out too.
    """
    identifiers, names = places_of["identifier_matches"], places_of["name_matches"]
    alone = {key: at for key, at in names.items() if not any(asked[number].born for number, _ in at)}
    keys: dict[str, list[str]] = defaultdict(list)
    for key in sorted(alone):
        for number, _ in alone[key]:
            keys[str(number)].append(key)
    told: set[Match] = set()
    many: set[int] = set()
    for of, contacts in _crowded(tx, identifiers, keys, scope, but, among=SOME).items():
        if of in identifiers:
            for number, tier in identifiers.pop(of):
                told.update(Match(number, tier, DisclosureMode.OPEN, contact, key=of) for contact in contacts)
        elif contacts:
            many.add(int(of))
        else:
            for key in keys[of]:
                names.pop(key, None)
    rest = [key for key in names if key in alone and many.issuperset(number for number, _ in alone[key])]
    for key, contacts in _crowded(tx, {}, {key: [key] for key in rest}, scope, but, among=SOME, most=1).items():
        places = names.pop(key)
        if contacts:
            told.update(Match(number, tier, DisclosureMode.OPEN, None, key=key, many=True) for number, tier in places)
    return told


def _crowded(
    tx: Transaction, identifiers: Places, names: Mapping[str, Sequence[str]], scope: Scope, but: str | None,
    among: int, most: int = CONTACTS + 1,
) -> dict[str, list[str]]:  # fmt: skip
    """Of identifiers asked for themselves, and of groups of names, those that so many contacts hold; and so many of
    these. Of groups also those that nobody holds but what is in the scope, with no contacts.

    Args:
        names: keys of each group.
        among: holders that are looked at; all, where it must not hang on their order.
        most: contacts from which on it is one of them.
    """
    exact = sorted(key for key, at in identifiers.items() if any(tier is Tier.EXACT for _, tier in at))
    if not exact and not names:
        return {}
    groups = [{"of": of, "keys": names[of]} for of in sorted(names)]
    given = {"identifiers": exact, "names": groups, "but": but or "", "most": most, "among": among}
    return {row["of"]: row["contacts"] for row in tx.release("crowds", scope, **given)}


def _some(places: Places) -> Places:
    return {key: at for key, at in places.items() if at}


def _found(
    tx: Transaction,
    asked: Sequence[Asked],
    places_of: dict[str, Places],
    at: datetime,
    scope: Scope | None = None,
    seen: bool = True,
) -> set[Found]:
    """With a scope, what is in it is told apart from what is not, or (not ``seen``) left out."""
    found: set[Found] = set()
    for query, places in places_of.items():
        if places:
            given: dict[str, Any] = {"keys": sorted(places), "each": scope is None, "seen": seen}
            if query == "name_matches":
                given["births"] = any(one.born for one in asked)
            for row in tx.release(query, scope or NOTHING, **given):
                for number, tier in places[row["sought"]]:
                    found.update(_fits(number, asked[number], tier, row))
    for number, one in enumerate(asked):
        if one.event is not None:
            found.update(_collide(tx, number, one.event, at, scope, seen))
    return found


def _collide(
    tx: Transaction, number: int, event: Planned, at: datetime, scope: Scope | None, seen: bool
) -> Iterator[Found]:
    """Events of case files that a planned operation may collide with: what is over is none."""
    for row in tx.release("planned_events", scope or NOTHING, **near_it(event, at), each=scope is None, seen=seen):
        if there := collision(event, row, at):
            yield Found(
                number, Tier.EXACT, EVENT, row["event"], row["holder"], frozenset(row["caveats"]), Setting(), None,
                row["visible"], moment=there.moment,
            )  # fmt: skip


def near_it(event: Planned, at: datetime) -> dict[str, Any]:
    """Where and when events begin that may collide with it and are not over at a moment."""
    south, north = event.band
    since, until = max(event.first, at) - MAX_LENGTH - _SECOND, event.over + _SECOND
    return {"since": since, "until": until, "south": south, "north": north, "address": event.address}


def collision(event: Planned, row: Row, at: datetime) -> Planned | None:
    """The event of a case file in this row, if a planned operation may collide with it and it is not over."""
    time = row["starts"], row["ends"], row["duration"]
    there = Planned.in_file(*time, point_of(row), row["address"])
    return there if there is not None and there.over >= at and event.collides(there) else None


def point_of(row: Mapping[str, Any]) -> tuple[float, float] | None:
    return None if row.get("latitude") is None else (row["latitude"], row["longitude"])


Places = dict[str, list[tuple[int, Tier]]]
"""What is looked for: of which selectors, and how well what is found by it fits."""


def _places(tx: Transaction, asked: Sequence[Asked]) -> dict[str, Places]:
    """By the query that looks for it; names like those asked for are among them."""
    identifiers, tails, names = (defaultdict[str, list[tuple[int, Tier]]](list) for _ in range(3))
    for number, one in enumerate(asked):
        for key in one.keys if one.event is None else ():
            if one.is_name:
                names[key].append((number, Tier.WEAK))
            elif is_tail(key):
                tails[key.partition(":")[2]].append((number, Tier.POSSIBLE))
            else:
                identifiers[key].append((number, Tier.EXACT))
    for number, one in enumerate(asked):
        if one.loose and len(identifiers) < MOST_NEAR:
            for key in one.near:
                identifiers[key].append((number, Tier.POSSIBLE))
    for number, key in alike(tx, asked):
        names[key].append((number, Tier.WEAK))
    return {"identifier_matches": identifiers, "tail_matches": tails, "name_matches": names}


def alike(tx: Transaction, asked: Sequence[Asked]) -> list[tuple[int, str]]:
    """Keys of names that are other spellings, scripts or short forms of those asked for, each with the place of that.

    However many there are, each is compared: a number of them would let one that nobody may learn of take the place of
    another.
    """
    sounding = Sounding(asked)
    rows = tx.release("names_sounding", **sounding.given) if sounding else []
    pairs = {(at, row["value"], row["kind"]) for row in rows for at in sounding.of(row["key"], row["value"])}
    found = {(at, whole_key(name)) for at, name, kind in pairs if _alike(asked[at], name, SubjectKind(kind))}
    return sorted((number, key) for number, key in found if key not in asked[number].keys)


class Sounding:
    """By what names are found that may be like those asked for: two words that sound so, or one and nearly another."""

    def __init__(self, asked: Sequence[Asked]) -> None:
        self._begins: dict[str, set[int]] = defaultdict(set)
        self._slips: dict[str, dict[str, list[tuple[int, Slip]]]] = defaultdict(lambda: defaultdict(list))
        for number, one in enumerate(asked):
            for begin in one.begins:
                self._begins[begin].add(number)
            for slip in one.slips:
                self._slips[slip.begin][slip.right].append((number, slip))
        self._near: dict[str, tuple[Set[int], list[tuple[int, Slip]]]] = {}

    def __bool__(self) -> bool:
        return bool(self._begins)

    @property
    def given(self) -> dict[str, Any]:
        """What queries get. What a slip finds is not sought by the sounds too: names of those sounds are among it."""
        slips = {
            begin: {held for those in by_sound.values() for held in those[0][1].holds}
            for begin, by_sound in self._slips.items()
        }
        found = {right for by_sound in self._slips.values() for right in by_sound}
        return {
            "begins": sorted(self._begins.keys() - found),
            "slips": [{"begin": begin, "holds": sorted(holds)} for begin, holds in sorted(slips.items())],
        }

    def of(self, key: str, name: str) -> Set[int]:
        """What was asked for that the name may be like, which has this key."""
        sounds = heard(key)
        if sounds not in self._near:  # many names sound the same
            same = self._begins.get(f"{sounds} ", NONE)
            slips = self._slips.get(sounds[: sounds.find(".") + 2], {}).values()
            near = [one for those in slips if those[0][1].near(sounds) for one in those if one[0] not in same]
            self._near[sounds] = same, near
        same, near = self._near[sounds]
        return {*same, *(at for at, slip in near if slip.meets(sounds, name))} if near else same


def _alike(one: Asked, name: str, *kinds: SubjectKind | None) -> bool:
    """Whether the name and the one asked for are alike, as those of one of these kinds."""
    asked = one.name
    return asked is not None and any(comparer().alike(asked, name, kind) for kind in kinds)


def _fits(number: int, one: Asked, tier: Tier, row: Row) -> Iterator[Found]:
    alone = Found(
        selector=number,
        tier=tier,
        key=row["key"],
        subject=row["subject"],
        holder=row["holder"],
        caveats=frozenset(row["caveats"]),
        record=Setting(row["mode"], row["until"]),
        safety=row["safety"],
        visible=row["visible"],
        asserted_at=row["asserted_at"],
    )
    yield alone
    if one.is_name and (tier := _with_birth(one, row["birth_date"], row["key"] in one.keys)) is not Tier.WEAK:
        caveats = alone.caveats | frozenset(row["birth_caveats"])
        yield replace(alone, tier=tier, caveats=caveats)


def _with_birth(one: Asked, birth_date: str | None, same: bool) -> Tier:
    """The tier of a name with what is known of a birth; at most possible unless it is the ``same`` name."""
    tier = one.name_tier(birth_date)
    return Tier.POSSIBLE if tier is Tier.STRONG and not same else tier


def holders_of(tx: Transaction, cases: Iterable[str]) -> dict[str, Holder]:
    """These cases and their people, by id."""
    wanted = sorted(set(cases))
    rows = tx.release("holders", cases=wanted) if wanted else []
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


def assigned_to(tx: Transaction, case: str | None) -> frozenset[str]:
    """Who is assigned to a case now."""
    holders = holders_of(tx, [case]) if case is not None else {}
    return frozenset(member.id for holder in holders.values() for member in holder.assigned)


def _contacts(
    tx: Transaction, cases: Iterable[str], caveats: Iterable[str]
) -> tuple[dict[str, tuple[Setting, str | None]], dict[str, str]]:
    """What an asker is told hangs on: the mode and the contact of cases, as ``Holder`` has it; the kinds of caveats.

    A frequent name has thousands of holders. Nearly every one has an agent whom the directory has, so that its other
    people are not read.
    """
    wanted, under = sorted(set(cases)), sorted(set(caveats))
    rows = tx.release("contacts", cases=wanted, caveats=under) if wanted else []
    kinds = {row["id"]: row["kind"] for row in rows if "kind" in row}
    found = {row["id"]: (Setting(row["mode"], row["until"]), row["contact"]) for row in rows if "kind" not in row}
    rest = holders_of(tx, [id for id, (_, contact) in found.items() if contact is None])
    return found | {id: (holder.setting, holder.contact) for id, holder in rest.items()}, kinds


class Disclosure:
    """The holders of what was found and the mode in force for each, at one moment."""

    def __init__(self, tx: Transaction, found: Iterable[Found], now: datetime) -> None:
        matched = tuple(found)
        self.holders = holders_of(tx, (one.holder for one in matched))
        self.kinds = kinds_of(tx, (caveat for one in matched for caveat in one.caveats))
        self._now = now

    def mode(self, one: Found) -> DisclosureMode:
        """The strictest of the holder's case's, the record's, and what the caveats imply."""
        return mode_of(self.holders[one.holder].setting, one.record, one.caveats, self.kinds, self._now)


def kinds_of(tx: Transaction, caveats: Iterable[str]) -> dict[str, str]:
    wanted = sorted(set(caveats))
    return {row["id"]: row["kind"] for row in tx.release("caveat_kinds", ids=wanted)} if wanted else {}


def mode_of(
    case: Setting, record: Setting, caveats: Iterable[str], kinds: Mapping[str, str], now: datetime
) -> DisclosureMode:
    return strictest(case.at(now), record.at(now), by_caveats(kinds.get(caveat) for caveat in caveats))


def _for_the_asker(tx: Transaction, hidden: Sequence[Found], now: datetime) -> set[Match]:
    """The matches with the holder's mode and contact."""
    holders, kinds = _contacts(
        tx, (one.holder for one in hidden), (caveat for one in hidden for caveat in one.caveats)
    )
    told = set()
    for one in hidden:
        if one.holder in holders:
            case, contact = holders[one.holder]
            mode = mode_of(case, one.record, one.caveats, kinds, now)
            told.add(Match(one.selector, one.tier, mode, contact, one.safety, key=one.key))
    return told


@dataclass(frozen=True, slots=True)
class Standing:
    """A registration that seeks the selector at this position.

    Attributes:
        at: position of its own selector that fits; ``kind`` of it is the same.
        registration, owner: ids.
        contact: the owner's; None when the directory has none.
        key: that matched.
        name: of the registration as it seeks this, in the marks of what was told.
        edits: how often it was edited.
        shown: the asking side may know of it; else it is a near miss that only the registration looks for.
    """

    selector: int
    tier: Tier
    shown: bool
    key: str
    at: int
    registration: str
    name: str
    edits: int
    owner: str
    mode: DisclosureMode
    contact: str | None
    reference: str


def standing(tx: Transaction, asked: Sequence[Asked], asker: str) -> set[Standing]:
    """Every registration of others that stands now and seeks one of these selectors, or plans what collides."""
    positions, tails = (defaultdict[str, set[int]](set) for _ in range(2))
    sounding = Sounding(asked)
    for number, one in enumerate(asked):
        for key in (*one.keys, *one.near):
            positions[key].add(number)
        if (tail := tail_of(one.keys[0])) is not None:
            positions[tail_key(tail)].add(number)
            if is_tail(one.keys[0]):
                tails[tail].add(number)
    given = {"keys": sorted(positions), "tails": sorted(tails), "asker": asker, **sounding.given}
    rows = tx.release("registration_matches", **given)
    found: set[Standing] = set()
    seek: dict[str, list[tuple[Asked, str]]] = {}
    for row in rows:
        if row["id"] not in seek:
            seek[row["id"]] = named(row["id"], row["sought"], row["added"])
        numbers = positions.get(row["key"], NONE) | tails.get(row["tail"], NONE)
        contact = (row["contact"] or "").strip() or None
        for at, (sought, name) in enumerate(seek[row["id"]]):
            if row["key"] in sought.watched:
                # However many cells two circles share, or keys two names, they meet once.
                key = sought.keys[0] if sought.event is None else EVENT
                like = sounding.of(row["key"], sought.name) if sought.name is not None else NONE
                found.update(
                    Standing(
                        number, *fits, key, at, row["id"], name, row["edits"],
                        row["owner"], DisclosureMode(row["mode"]), contact, row["reference"],
                    )
                    for number in numbers | like
                    if (fits := _between(asked[number], sought)) is not None
                )  # fmt: skip
    return found


def named(registration: str, sought: str, added: Sequence[str] | None) -> list[tuple[Asked, str]]:
    """What a registration seeks, with its own name in the marks of what was told of that.

    ``added``: of each the word of the edit that added it, empty if it was there from the start; None: never edited.
    """
    asked = sought_of(sought)
    words = added or [""] * len(asked)
    return [(one, f"{registration}:{word}" if word else registration) for one, word in zip(asked, words, strict=True)]


def _between(one: Asked, other: Asked) -> tuple[Tier, bool] | None:
    """How well a registration's selector fits what is asked, and whether who asks may know; None: it does not."""
    if one.event is not None and other.event is not None:
        # A second tier would tell how near the other one is.
        return (Tier.EXACT, True) if one.event.collides(other.event) else None
    if one.is_name:
        same = one.keys == other.keys
        if not same and (other.name is None or not _alike(one, other.name, None, SubjectKind.PERSON)):
            return None
        return _with_birth(one, other.born, same), True
    if one.keys[0] == other.keys[0]:
        return (Tier.POSSIBLE if is_tail(one.keys[0]) else Tier.EXACT), True
    return (Tier.POSSIBLE, one.loose) if one.loose or other.loose else None


def entered(tx: Transaction, sought: Sequence[Mapping[str, Any]]) -> list[Row]:
    """What cases assert now of records, ``{record, case, keys}`` each: what was ended since is not there."""
    return tx.release("entered_assertions", rows=list(sought))


def sought_of(stored: str) -> tuple[Asked, ...]:
    """The selectors of a stored question."""
    return tuple(Asked.of_json(one) for one in json.loads(stored))
