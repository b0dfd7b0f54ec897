"""What comes of one check, registration or entry: whom it met, and a notice for each side. The worker's transaction.

A registration and what it meets (a record, another registration) are a pair. That somebody was told of it is marked for
ever by a unique digest: whichever of the two the worker comes to first tells both sides, and the other finds the marks.
What silence keeps from somebody marks nothing of theirs: they are told of what is entered openly later, as if first.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from icmgraph.model.answers import Pointer
from icmgraph.model.checks import Asked
from icmgraph.model.disclosure import (
    CONTACTS,
    Holder,
    Match,
    Place,
    Setting,
    Tier,
    as_first,
    best,
    pointers,
    recipients,
)
from icmgraph.model.planned import Planned
from icmgraph.model.records import DisclosureMode, utc_text
from icmgraph.model.source import Source
from icmgraph.model.telling import Item, Side, To
from icmgraph.queries.asking import Asking
from icmgraph.queries.brokered import Brokered, pairs, queue
from icmgraph.queries.conflicts import parted
from icmgraph.queries.digests import (
    MOST_ASKERS,
    day,
    gather,
    gather_matters,
    notice_of,
    of_day,
    put_floods,
    write_notices,
)
from icmgraph.queries.gateway import BEGAN, Retry, Row, Transaction
from icmgraph.queries.matches import (
    Disclosure,
    Found,
    entered,
    find,
    find_but_floods,
    holders_of,
    kinds_of,
    mode_of,
    named,
    sought_of,
    standing,
)
from icmgraph.queries.sides import Met, Party, begin
from icmgraph.queries.watching import watch

ALONE = (Tier.EXACT, Tier.WEAK)
"""What fits by its key alone."""


@dataclass(frozen=True, slots=True)
class Us:
    """The acting side over one selector.

    Attributes:
        number: the selector's position in what was asked or entered.
        person: who asked or entered; of an import, the agent of the case.
        to: who of this side is told in a notice; nobody of a check, whose answer told it.
        holder, record: of an entry, the case it was entered in and the record.
        party: this side of a conflict; None of what does not stay, and of an import, which gets one notice.
        at_desk: this side of a matter, of an import.
        entry: the name of its registration in the marks of what was told; None if none seeks this (any more).
    """

    asked: Asked
    number: int
    side: Side
    person: str | None
    to: tuple[To, ...] = ()
    holder: Holder | None = None
    record: str | None = None
    party: Party | None = None
    at_desk: Party | None = None
    entry: str | None = None


@dataclass(frozen=True, slots=True)
class Meeting:
    """Two sides over one selector.

    Attributes:
        key: that matched, of theirs.
        pair: the ids of both, if a registration is among them.
        standing: the other side is a registration.
        known: we need no notice of it.
        theirs_alone: it is a near miss that only they look for; we do not learn of it.
    """

    us: Us
    them: Side
    ours: Item
    theirs: Item
    to_them: tuple[To, ...]
    party: Party
    """Theirs, in a conflict."""
    key: str
    pair: str | None = None
    standing: bool = False
    known: bool = False
    theirs_alone: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """What one person is to be told of a meeting. ``ours``: they are of our side."""

    to: To
    item: Item
    meeting: Meeting
    ours: bool = False

    @property
    def asks(self) -> bool:
        """It comes as pointers; a holder, so an import too, gets contacts of all selectors together."""
        return self.ours and self.to.about != "case"

    @property
    def held(self) -> bool:
        """It tells a holder of who asks."""
        return not self.ours and self.to.about == "case"

    @property
    def key(self) -> tuple[str | None, int, str]:
        """Of which record's selector it is, and what matched."""
        return self.meeting.us.record, self.meeting.us.number, self.meeting.key

    def place(self, desk: str) -> Place:
        """What it gives a tier for."""
        other = self.item.other
        shown = other.contact if other.mode is DisclosureMode.OPEN else None
        return self.meeting.key if self.ours else self.meeting.us.asked.keys[0], shown or desk

    @property
    def mark(self) -> str | None:
        """A digest of the pair and the person, the same whichever side acts. Of random ids, so no key is needed."""
        return _digest(self.meeting.pair, self.to.id, self.to.person) if self.meeting.pair else None


def notify(tx: Transaction, check: str, source: Source, desk: str, *, asking: Asking) -> list[str] | None:
    """Write the notices of one check and close it, inside a WRITE transaction.

    Returns:
        Ids of the notices; None when the check was done before.
    """
    rows = tx.control("lock_check", id=check)
    if not rows:
        return None
    act, now = rows[0], source.now()
    if act["registration"] and act["check"].get("taken_out"):
        # Before it is looked what is there: what begins after that must not end with what is not.
        _hold(tx, {act["registration"]: act["entry"]["edits"] or 0})
    us = _entered(tx, act, now) if act["check"].get("entered") else _asked(tx, act)
    met = [*_met_by(tx, act, us, source, now), *_standing(tx, act, us)] if us else []
    _hold(tx, _registrations(met))
    lines = _marked(tx, act, _few(_lines(met, desk)), now)
    lines, given = _first(tx, lines, asking, desk, now)
    begin(tx, _met(lines), source, now)
    run = act["check"].get("run")
    if run:
        gather_matters(tx, run, pairs(_brokered(lines), desk))
    else:
        queue(tx, pairs(_brokered(lines), desk), source, now)
    ended = _ended(tx, act, met, source, now)
    at_once, daily = _parted(lines)
    if run:
        gather(tx, run, _told(lines, act, desk))
    elif daily:
        gather(tx, day(tx, of_day(act["check"]["at"], now)), _told(daily, act, desk))
    told = {} if run else _told(at_once, act, desk)
    notices = write_notices(tx, told, act["check"]["at"], now, source, desk, given)
    notices += _reported(tx, act, source, now)
    seen = watch(tx, act["check"], _questions(act), asking, source, now)
    tx.control("finish_check", id=check)
    return [*notices, *ended, *seen]


def tell_flood(tx: Transaction, flood: str, source: Source, desk: str) -> list[str] | None:
    """Tell who holds a key that many hold what was asked of it in a day, inside a WRITE transaction: in the digest of
    that day.

    Returns:
        No ids, as the digest is told later; None when it was done before.
    """
    rows = tx.control("take_flood", id=flood)
    if not rows:
        return None
    row, now = rows[0], source.now()
    asked = sorted(map(json.loads, row["asked"]), key=lambda one: (one["contact"] or "", one["at"]))
    contacts = list(dict.fromkeys(one["contact"] for one in asked))[:MOST_ASKERS]
    us, since = [], []
    for number, one in enumerate(one for one in asked if one["contact"] in contacts):
        sought = Asked(row["kind"], (row["key"],), one["birth_date"], one["year"])
        side = Side(DisclosureMode.OPEN, one["contact"], one["reference"])
        us.append(Us(sought, number, side, one["person"]))
        since.append((datetime.fromisoformat(one["at"]) - BEGAN) // timedelta(microseconds=1))
    # A check leaves nothing behind: who came to hold the key after it learns nothing of it.
    found = [
        one
        for one in find(tx, [one.asked for one in us], row["at"])
        if one.asserted_at is None or one.asserted_at <= since[one.selector]
    ]
    lines = list(_lines(_held(tx, found, us, now), desk))
    queue(tx, pairs(_brokered(lines), desk), source, now)
    # Of who fits better, by a birth, each was told at once.
    told_better = {(line.to, line.item.selector) for line in lines if line.item.tier not in ALONE}
    told: dict[To, list[Item]] = defaultdict(list)
    for line in lines:
        if (line.to, line.item.selector) not in told_better:
            told[line.to].append(line.item)
    gather(tx, day(tx, row["at"]), told)
    return []


def _questions(act: Row) -> Iterator[Asked]:
    """What was asked or entered, whatever became of it since; of a report what the one before did not ask."""
    if not act["check"].get("entered"):
        asked, fresh = sought_of(act["check"]["question"]), act["check"].get("fresh")
        yield from asked if fresh is None else (asked[number] for number in fresh)
        return
    for part in json.loads(act["check"]["question"]):
        yield from (Asked.of_json(one) for one in part["asked"])


def _reported(tx: Transaction, act: Row, source: Source, now: datetime) -> list[str]:
    """Tell whose standing match report it is what it points to and none before it did. Ids of the notices.

    What the first one points to is its answer.
    """
    check = act["check"]
    if not check.get("of_case") or not act["registration"]:
        return []
    names, asked, records = _in_reports(check), sought_of(check["question"]), check["records"]
    given = [Pointer(**one) for one in json.loads(check["pointers"])]
    marks = [_digest(names[one.selector], one.tier, one.contact, one.safety) for one in given]
    new = _first_marked(tx, marks, act, now)
    pointers = [
        {"kind": asked[one.selector].kind, "record": records[one.selector], **one.model_dump(exclude_none=True)}
        for mark, one in zip(marks, given, strict=True)
        if mark in new
    ]
    if not pointers or check.get("fresh") is None:
        return []
    about = {"registration": act["registration"], "case": check["of_case"], "receipt": check["receipt"]}
    said = {**about, "at": utc_text(check["at"]), "pointers": pointers}
    notice = notice_of(source, "match", said, act["user"])
    tx.control("create_notices", rows=[notice], at=now)
    return [notice["id"]]


def _ended(tx: Transaction, act: Row, met: Sequence[Meeting], source: Source, now: datetime) -> list[str]:
    """After an edit, end the conflicts over what was taken out, with what the registration meets no more.

    Returns:
        Ids of the notices.
    """
    registration, entry = act["registration"], act["entry"]
    taken = act["check"].get("taken_out")
    if not registration or not taken:
        return []
    if entry["sought"] != act["check"]["question"]:  # it was edited again
        again = {**act, "check": {**act["check"], "question": entry["sought"]}}
        us = _asked(tx, again)
        met = [*_met_by(tx, again, us, source, now), *_standing(tx, again, us)]
    there = {one.party.registration or one.party.case or "" for one in met if not one.theirs_alone}
    return parted(tx, registration, there, source, taken)


# -- our side


def _asked(tx: Transaction, act: Row) -> list[Us]:
    """What was asked; as of the registration, as it is now, what that seeks (still); of a case, each by its mode."""
    check, entry, registration = act["check"], act["entry"], act["registration"]
    contact = (act["contact"] or "").strip() or None
    side = Side(DisclosureMode(check.get("mode") or "open"), contact, check["reference"])
    asked = [Us(one, number, side, act["user"]) for number, one in enumerate(sought_of(check["question"]))]
    if case := check.get("of_case"):
        holder = holders_of(tx, [case]).get(case)
        modes = map(DisclosureMode, check["modes"])
        return [
            replace(one, side=replace(side, mode=mode), holder=holder, entry=entry)
            for one, mode, entry in zip(asked, modes, _in_reports(check), strict=True)
        ]
    if not registration:
        return asked
    names = dict(named(registration, entry["sought"], entry["added"]))
    stays = Side(DisclosureMode(entry["mode"]), contact, entry["reference"])
    to = (To("registration", registration, person=act["user"]),)
    party = Party(
        stays.mode, contact, (act["user"],), registration=registration, owner=act["user"], edits=entry["edits"] or 0
    )
    return [
        replace(one, side=stays, to=to, party=party, entry=names[one.asked]) if one.asked in names else one
        for one in asked
    ]


def _in_reports(check: Row) -> list[str | None]:
    """The name of each selector in the marks of what a standing match report told; of one alone there are no marks.

    Of the check, not of what stands now: what a report told before it was withdrawn is not told anew by its last check.
    """
    report = check.get("registration")
    return [f"{report}:{one}" if report else None for one in check["digests"]]


def _entered(tx: Transaction, act: Row, now: datetime) -> list[Us]:
    """One for each assertion that stands: what was ended meanwhile, or hides behind a caveat since, is told so."""
    parts = json.loads(act["check"]["question"])
    by_record = {part["record"]: (part["case"], [Asked.of_json(one) for one in part["asked"]]) for part in parts}
    sought = [
        {
            "record": part["record"],
            "case": part["case"],
            "keys": [key for one in by_record[part["record"]][1] for key in one.asserted],
        }
        for part in parts
    ]
    rows = entered(tx, sought)
    holders = holders_of(tx, (part["case"] for part in parts))
    kinds = kinds_of(tx, (caveat for row in rows for caveat in row["caveats"]))
    us = []
    for row in sorted(rows, key=lambda row: (row["record"], row["key"], sorted(row["caveats"]))):
        case, said = by_record[row["record"]]
        holder = holders.get(case)
        if holder is None:
            continue
        mode = mode_of(holder.setting, Setting(row["mode"], row["until"]), row["caveats"], kinds, now)
        side = Side(mode, holder.contact, None, row["safety"])
        person = act["user"] or (holder.agent.id if holder.agent else None)
        caveats = frozenset(row["caveats"])
        party = _of_case(holder, mode, caveats)
        to: tuple[To, ...] = ()
        if not act["user"]:
            # What was late was told them while it was silent.
            people = () if act["check"].get("late") else party.people
            to = tuple(To("case", holder.id, person=one) for one in people)
        elif caveats <= _caveats_of(holder, act["user"]):
            to = (To("entry", holder.id, row["record"], act["user"]),)
        event = next((number for number, one in enumerate(said) if one.event), 0)
        for number, stored in enumerate(said):
            one = _still(stored, row)
            if one is not None:
                stays, at_desk = (None, party) if act["check"].get("run") else (party, None)
                at = event if one.event else number  # at two places it is one event
                us.append(Us(one, at, side, person, to, holder, row["record"], stays, at_desk))
    return us


def _caveats_of(holder: Holder, user: str) -> frozenset[str]:
    return next((member.caveats for member in holder.assigned if member.id == user), frozenset())


def _still(entered: Asked, row: Row) -> Asked | None:
    """What was entered as this row asserts it now; None: it is of something else, or an event at another time."""
    event = entered.event
    if row["key"] not in entered.asserted:
        return None
    if event is None:
        return replace(entered, keys=(row["key"],))
    now = Planned.in_file(row["starts"], row["ends"], row["duration"], event.point, event.address)
    return entered if now == event else None


def _of_case(holder: Holder, mode: DisclosureMode, caveats: frozenset[str]) -> Party:
    people = tuple(recipients(holder, caveats, ""))
    return Party(mode, holder.contact, people, case=holder.id, caveats=tuple(sorted(caveats)))


# -- whom it met


def _met_by(tx: Transaction, act: Row, us: Sequence[Us], source: Source, now: datetime) -> Iterator[Meeting]:
    """The cases that assert it; but what a check asks of a key that many hold is kept, and told once a day."""
    asked = [one.asked for one in us]
    check = act["check"]
    stays = check.get("entered") or check.get("of_case") or check.get("registration")
    if stays or any(one.side.mode is not DisclosureMode.OPEN for one in us):
        return _held(tx, find(tx, asked, check["at"]), us, now, check.get("seen", ()))
    found, floods = find_but_floods(tx, asked, check["at"])
    kept: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for key, numbers in floods.items():
        for one in (us[number] for number in numbers):
            who = {"person": one.person, "birth_date": one.asked.birth_date, "year": one.asked.year}
            said = {**who, "contact": one.side.contact, "reference": one.side.reference, "at": check["at"].isoformat()}
            kept[key, one.asked.kind][json.dumps(who)] = json.dumps(said)
    put_floods(tx, kept, source, check["at"], now)
    return _held(tx, found, us, now)


def _held(
    tx: Transaction, found: Iterable[Found], us: Sequence[Us], now: datetime, shown: Sequence[str] = ()
) -> Iterator[Meeting]:
    """A case does not meet itself. ``shown``: records that who registers saw with the answer."""
    told = Disclosure(tx, found, now)
    for one in found:
        ours, holder = us[one.selector], told.holders.get(one.holder)
        if holder is None or (ours.holder is not None and holder.id == ours.holder.id):
            continue
        them = Side(told.mode(one), holder.contact, None, one.safety)
        kind = ours.asked.kind
        people = recipients(holder, one.caveats, ours.person or "")
        knows = any(member.id == ours.person for member in holder.assigned)
        pair = _pair(ours.entry, _at_its_moment(one.subject, one.moment)) if ours.entry else None
        # What its asker was shown as a record, they need no notice of. A standing report has one for its owner alone.
        seen = bool(ours.entry) and one.subject in shown
        yield Meeting(
            ours,
            them,
            Item(kind, one.tier, them, ours.number),
            Item(kind, one.tier, ours.side),
            tuple(To("case", holder.id, person=person) for person in people),
            _of_case(holder, them.mode, one.caveats),
            one.key,
            pair,
            known=knows or seen,
        )


def _standing(tx: Transaction, act: Row, us: Sequence[Us]) -> Iterator[Meeting]:
    """The registrations of others that seek it, but for those of people assigned to the case it was entered in."""
    for one in standing(tx, [ours.asked for ours in us], act["user"] or ""):
        ours = us[one.selector]
        if ours.holder is not None and one.owner in {member.id for member in ours.holder.assigned}:
            continue
        them = Side(one.mode, one.contact, one.reference)
        kind = ours.asked.kind
        event = ours.asked.event
        mine = ours.entry or (ours.record and _at_its_moment(ours.record, event.moment if event else ""))
        party = Party(
            one.mode, one.contact, (one.owner,), registration=one.registration, owner=one.owner, edits=one.edits
        )
        yield Meeting(
            ours,
            them,
            Item(kind, one.tier, them, ours.number),
            Item(kind, one.tier, ours.side, one.at),
            (To("registration", one.registration, person=one.owner),),
            party,
            one.key,
            _pair(one.name, mine) if mine else None,
            standing=True,
            theirs_alone=not one.shown,
        )


def _registrations(met: Iterable[Meeting]) -> dict[str, int]:
    """Those among them, with how often each was edited when it was found."""
    parties = [party for one in met for party in (one.us.party, one.party) if party]
    return {party.registration: party.edits for party in parties if party.registration}


def _hold(tx: Transaction, found: Mapping[str, int]) -> None:
    """Lock registrations: who withdraws or edits one comes before or after all that is told of it.

    Raises:
        Retry: one was withdrawn or edited since it was found.
    """
    if found:
        rows = tx.control("lock_registrations", ids=sorted(found))
        if {row["id"]: row["edits"] for row in rows} != found:
            raise Retry


def _at_its_moment(record: str, moment: str) -> str:
    """A record in the marks of what was told: an event that is moved is another."""
    return f"{record}@{moment}" if moment else record


def _pair(one: str, other: str) -> str:
    """The same for both orders."""
    return "|".join(sorted((one, other)))


# -- what each is told


def _lines(met: Iterable[Meeting], desk: str) -> Iterator[Line]:
    """What the other side's mode lets each learn."""
    for meeting in met:
        us, them = meeting.us.side, meeting.them
        if us.mode is not DisclosureMode.SILENT:
            yield from (Line(to, meeting.theirs, meeting) for to in meeting.to_them)
        if meeting.theirs_alone:
            continue
        if them.mode is not DisclosureMode.SILENT:
            yield from (Line(to, meeting.ours, meeting, ours=True) for to in meeting.us.to)
        # Neither learns whom to call: the desk knows both, or its contact would be worth nothing.
        if meeting.to_them and DisclosureMode.OPEN not in (us.mode, them.mode):
            to = To("desk", "|".join(sorted(side.contact or desk for side in (us, them))))
            yield from (Line(to, item, meeting) for item in (meeting.ours, meeting.theirs))


def _few(found: Iterable[Line]) -> list[Line]:
    """With the desk in the place of the contacts of a selector that has too many, told before or not."""
    lines = list(found)
    contacts: dict[tuple[To, int], set[str | None]] = defaultdict(set)
    for line in lines:
        if line.asks and not line.meeting.known:
            other = line.item.other
            contacts[line.to, line.item.selector].add(other.contact if other.mode is DisclosureMode.OPEN else None)
    many = {place for place, whom in contacts.items() if len(whom) > CONTACTS}
    return [
        replace(line, item=replace(line.item, other=replace(line.item.other, contact=None, reference=None)))
        if line.asks and (line.to, line.item.selector) in many
        else line
        for line in lines
    ]


def _marked(tx: Transaction, act: Row, lines: Sequence[Line], now: datetime) -> list[Line]:
    """Without what was told before."""
    new = _first_marked(tx, {line.mark for line in lines if line.mark}, act, now)
    return [line for line in lines if not line.mark or line.mark in new]


def _first_marked(tx: Transaction, digests: Iterable[str], act: Row, now: datetime) -> set[str]:
    """Those that nothing marked before. Sorted before they are merged: two workers meet in one order."""
    wanted = sorted(digests)
    rows = tx.control("mark_matches", digests=wanted, act=act["check"]["id"], now=now) if wanted else []
    return {row["digest"] for row in rows}


def _digest(*parts: str | None) -> str:
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()


def _parted(lines: Iterable[Line]) -> tuple[list[Line], list[Line]]:
    """What is told at once, and what its holders are told once a day: that of a key with too many contacts.

    A name with its birth, and what is nearly the identifier, are told at once.
    """
    found = list(lines)
    contacts: dict[tuple[str | None, int, str], set[str | None]] = defaultdict(set)
    better = set()
    for line in found:
        if not line.held:
            continue
        if line.item.tier not in ALONE:
            better.add((line.to, line.key))
        elif line.meeting.them.mode is not DisclosureMode.SILENT:
            them = line.meeting.them
            contacts[line.key].add(them.contact if them.mode is DisclosureMode.OPEN else None)

    def waits(line: Line) -> bool:
        return line.held and line.item.tier in ALONE and len(contacts[line.key]) > CONTACTS

    daily = [line for line in found if waits(line) and (line.to, line.key) not in better]
    return [line for line in found if not waits(line)], daily


def _first(
    tx: Transaction, lines: Sequence[Line], asking: Asking, desk: str, now: datetime
) -> tuple[list[Line], dict[To, list[str]]]:
    """With the tier that who asked, registered or entered was given first; and what is kept of those given now."""
    asked: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        if line.to.about in ("registration", "entry") and line.to.person is not None:
            asked[line.to.person].append(line)
    given: dict[To, list[str]] = defaultdict(list)
    tiers: dict[int, Tier] = {}
    for person in sorted(asked):
        known = asking.first_tiers(tx, person, {line.place(desk) for line in asked[person]}, now)
        new: dict[To, list[tuple[Place, Tier]]] = defaultdict(list)
        for line in asked[person]:
            place = line.place(desk)
            if place in known:
                tiers[id(line)] = as_first(known[place], line.item.tier)
            else:
                new[line.to].append((place, line.item.tier))
        for to, places in new.items():
            given[to] = asking.given(best(places))
    return [
        replace(line, item=replace(line.item, tier=tiers[id(line)])) if id(line) in tiers else line for line in lines
    ], given


def _met(lines: Iterable[Line]) -> Iterator[Met]:
    """The meetings of two sides that stand, of which somebody is told now."""
    given: dict[int, list[Line]] = defaultdict(list)
    for line in lines:
        given[id(line.meeting)].append(line)
    for told in given.values():
        meeting = told[0].meeting
        if meeting.us.party is not None and not meeting.theirs_alone:
            # _few took the contact out of a line of a selector that has too many.
            many = any(line.ours and line.item.other != meeting.ours.other for line in told)
            # Both sides of a conflict see one tier: the least that either is given, or it would tell more.
            tier = max((line.item.tier for line in told), key=lambda one: one.rank)
            yield Met(meeting.us.party, meeting.party, meeting.ours.kind, tier, many)


def _brokered(lines: Iterable[Line]) -> Iterator[Brokered]:
    """The meetings of which somebody is told now, and a side is or would be shown the desk in place of the other."""
    for line in {id(line.meeting): line for line in lines}.values():
        us, them = line.meeting.us, line.meeting.them
        modes = {us.side.mode, them.mode}
        if DisclosureMode.BROKERED in modes or modes == {DisclosureMode.SILENT}:
            people = (us.person,) if us.person else ()
            asking = us.party or us.at_desk or Party(us.side.mode, us.side.contact, people, owner=us.person)
            yield Brokered(asking, line.meeting.party, us.side.reference, line.item.kind, line.item.tier)


def _told(lines: Sequence[Line], act: Row, desk: str) -> dict[To, list[Item]]:
    told: dict[To, list[Item]] = defaultdict(list)
    late = _late(lines, act, desk)
    for line in lines:
        # What a registration's answer pointed to is told already.
        answered = line.meeting.us.entry and not line.meeting.standing and line.meeting.us.number not in late
        if not line.ours or not (line.meeting.known or answered):
            told[line.to].append(line.item)
    return told


def _late(lines: Sequence[Line], act: Row, desk: str) -> set[int]:
    """Selectors of a registration that met a record which was not there yet when it was answered."""
    if not act["registration"]:
        return set()
    held = (line.item for line in lines if line.ours and not (line.meeting.standing or line.meeting.known))
    now = pointers([Match(one.selector, one.tier, one.other.mode, one.other.contact) for one in held], desk)
    given = {(pointer["selector"], pointer["contact"]) for pointer in json.loads(act["check"]["pointers"])}
    return {pointer.selector for pointer in now if (pointer.selector, pointer.contact) not in given}
