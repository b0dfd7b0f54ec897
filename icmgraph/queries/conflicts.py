"""Conflicts, carried on by the people of both sides, and by a worker where nobody does. Made in queries/sides.py.

Each side reads and changes its own part alone; what it learns of the other is what the other did towards it. Whom a
side concerns is asked anew with each request, so that nothing is received by who has left.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from icmgraph.audit import Private
from icmgraph.errors import NotFound
from icmgraph.model.answers import ConflictCard, ConflictMatch, ConflictMessage, ConflictThread, Page
from icmgraph.model.conflicts import ConflictStep, Outcome, Part, SayInput, State, StepInput, stepped
from icmgraph.model.disclosure import recipients
from icmgraph.model.records import DisclosureMode, Function, utc_text
from icmgraph.model.source import Source
from icmgraph.queries.cursors import Cursors
from icmgraph.queries.digests import notice_of
from icmgraph.queries.gateway import Row, Transaction
from icmgraph.queries.matches import holders_of
from icmgraph.queries.newest import newest_first
from icmgraph.queries.policy import read_person
from icmgraph.queries.session import Session, View
from icmgraph.queries.sides import LOOK, key_of

FOLLOW_UP = timedelta(days=3)
"""Until an override is to be accounted for."""


# -- carried on


class Conflicts:
    """One person's conflicts: those of their registrations and cases, and what was escalated to them."""

    def __init__(self, session: Session, cursors: Cursors) -> None:
        self._session = session
        self._cursors = cursors

    def page(self, cursor: str | None = None, limit: int = 50) -> Page[ConflictCard]:
        """Newest first; those of one moment by id.

        Raises:
            InvalidInput: the cursor is not of this person's list, or the limit is not 1 to 500.
        """
        return newest_first(self._session, self._cursors, "conflicts", _card, cursor, limit, action="conflicts")

    def show(self, id: str) -> ConflictThread:
        """
        Raises:
            NotFound: absent, or not of this person now.
        """
        return self._session.read("conflict.show", {"conflict": id}, lambda view: _thread(view, id), function=None)

    def step(self, id: str, said: StepInput) -> ConflictThread:
        """Do one thing about it.

        Raises:
            NotFound: absent, or not of this person now.
            Conflict: it does not fit what was done before.
            FunctionRefused: an override by one who is no leader of this side.
        """

        def work(view: View) -> ConflictThread:
            row, both = _locked(view, id)
            ours, theirs = both
            after, other = stepped(_part(ours), _part(theirs) if theirs else None, said, leader=row["leader"])
            now = view.source.now()
            changes = _changed(_part(ours), after)
            if said.step is ConflictStep.OVERRIDE:
                changes |= {"follow_up": now + FOLLOW_UP, "overridden_by": view.person.id}
            if said.step is ConflictStep.FOLLOW_UP:
                changes["follow_up"] = None
            _put(view.tx, id, changes)
            if theirs and other:
                _put(view.tx, theirs["id"], _changed(_part(theirs), other))
            if said.step is ConflictStep.REVEAL:
                theirs = _reveal(view.tx, ours, view.source, now)
            if said.step is ConflictStep.ESCALATE:
                _escalate(view.tx, ours, view.source, now)
            text = said.outcome.value if said.outcome else said.reason
            _say(view.tx, ours, theirs, said.step.value, text, view.source, now)
            view.tx.control("end_conflict", id=ours["conflict"])
            return _thread(view, id)

        audited: dict[str, Any] = {"conflict": id, "step": said.step.value}
        if said.outcome:
            audited["outcome"] = said.outcome.value
        if said.reason:
            audited["reason"] = Private(said.reason)
        return self._session.write("conflict.step", audited, work, function=Function.DECONFLICT)

    def say(self, id: str, said: SayInput) -> ConflictThread:
        """Say something to the other side.

        Raises:
            NotFound: absent, or not of this person now.
        """

        def work(view: View) -> ConflictThread:
            _, (ours, theirs) = _locked(view, id)
            _say(view.tx, ours, theirs, "said", said.text, view.source, view.source.now())
            return _thread(view, id)

        audited = {"conflict": id, "text": Private(said.text)}
        return self._session.write("conflict.say", audited, work, function=Function.DECONFLICT)


def parted(
    tx: Transaction, registration: str, there: Iterable[str], source: Source, taken: Iterable[str] | None = None
) -> list[str]:
    """What a registration met, and meets no more, is told so; their conflicts end on its side, and make room for new.

    A side that the registration did not know of ends too: there is nobody who could answer it.

    Args:
        there: registrations and cases that it still meets.
        taken: kinds of selectors that it seeks no more; conflicts over others alone stay. None: all.

    Returns:
        Ids of the notices.
    """
    now = source.now()
    notices: list[str] = []
    for row in tx.control("sides_of_registration", registration=registration, key=key_of(registration)):
        side, other = _both(tx, row["id"])
        ours, theirs = (side, other) if row["own"] else (None, side)
        met = theirs or json.loads(side["other"])
        gone = taken is None or not json.loads(side["matches"]).keys().isdisjoint(taken)
        if gone and not {met.get("registration"), *met["cases"]} & set(there):
            _put(tx, side["id"], {"state": State.RESOLVED.value, "outcome": Outcome.WITHDRAWN.value})
            notices += _say(tx, ours, theirs, Outcome.WITHDRAWN.value, None, source, now)
            tx.control("leave_conflict", id=side["conflict"])
    return notices


def _locked(view: View, id: str) -> tuple[Row, tuple[Row, Row | None]]:
    """The person's row, and both sides, read under the conflict's lock.

    Raises:
        NotFound
    """
    if not view.mine("conflict", id=id):
        raise NotFound
    both = _both(view.tx, id)
    rows = view.mine("conflict", id=id)
    if not rows:
        raise NotFound
    return rows[0], both


def _both(tx: Transaction, side: str) -> tuple[Row, Row | None]:
    """This side and the other, if it has a part; the conflict is locked."""
    conflict = tx.control("lock_conflict", side=side)[0]["id"]
    sides = {
        row["id"]: {**row["side"], "people": row["people"], "cases": row["cases"], "conflict": conflict}
        for row in tx.control("conflict_sides", id=conflict)
    }
    ours = sides.pop(side)
    return ours, next(iter(sides.values()), None)


def _part(side: Row) -> Part:
    proposal, outcome = side.get("proposal"), side.get("outcome")
    return Part(
        DisclosureMode(side["mode"]), State(side["state"]), Outcome(proposal) if proposal else None,
        Outcome(outcome) if outcome else None, side.get("follow_up") is not None,
    )  # fmt: skip


def _changed(before: Part, after: Part) -> dict[str, Any]:
    values = {
        name: getattr(after, name)
        for name in ("mode", "state", "proposal", "outcome")
        if getattr(after, name) is not getattr(before, name)
    }
    return {name: value.value for name, value in values.items() if value is not None}


def _say(
    tx: Transaction, ours: Row | None, theirs: Row | None, kind: str, text: str | None, source: Source, now: datetime
) -> list[str]:
    """A line of the thread, and a notice of it to the other side; neither says more than that there is one.

    Args:
        ours, theirs: the sides that have a part, at least one.

    Returns:
        Ids of the notices.
    """
    there = [side for side in (ours, theirs) if side]
    said = {
        "id": source.uuid(), "at": now, "side": ours["id"] if ours else None, "to": [side["id"] for side in there],
        "kind": kind, "text": text,
    }  # fmt: skip
    tx.control("create_message", conflict=there[0]["conflict"], properties=said)
    if not theirs:
        return []
    return _notify(tx, theirs["id"], [*theirs["people"], *([None] if theirs["desk"] else [])], kind, source, now)


def _notify(
    tx: Transaction, side: str, people: Iterable[str | None], what: str, source: Source, now: datetime
) -> list[str]:
    said = {"conflict": side, "what": what}
    notices = [
        notice_of(source, "conflict", said, person)
        for person in sorted(set(people), key=lambda person: person or "")
    ]
    if notices:
        tx.control("create_notices", rows=notices, at=now)
    return [str(notice["id"]) for notice in notices]


def _reveal(tx: Transaction, ours: Row, source: Source, now: datetime) -> Row:
    """The other side's part, from now on; what this one said before stays its own."""
    kept = json.loads(ours["other"])
    people = people_of(tx, kept["owner"], kept["cases"], frozenset(kept["caveats"]))
    properties = {
        **{name: kept[name] for name in ("key", "mode", "registration", "owner", "caveats", "contact", "matches")},
        "id": source.uuid(), "at": now, "state": State.NEW.value, "desk": None in people, "look": now + LOOK,
    }  # fmt: skip
    named = sorted(one for one in people if one)
    row = {"conflict": ours["conflict"], "properties": properties, "people": named, "cases": kept["cases"]}
    tx.control("create_sides", rows=[row])
    return {**properties, "people": named}


def revealed(tx: Transaction, key: str, against: str, source: Source, now: datetime) -> None:
    """A side that revealed itself otherwise, by the keys of both, does so in their conflict, if they have one."""
    for row in tx.control("brokered_side", key=key, against=against):
        ours, _ = _both(tx, row["id"])
        _put(tx, row["id"], {"mode": DisclosureMode.OPEN.value})
        _say(tx, ours, _reveal(tx, ours, source, now), ConflictStep.REVEAL.value, None, source, now)


def people_of(tx: Transaction, owner: str | None, cases: Sequence[str], caveats: frozenset[str]) -> set[str | None]:
    """Whom a side concerns now: the registration's owner, or whoever would be told of a match in each of its cases."""
    if owner is not None:
        return {owner}
    holders = holders_of(tx, cases)
    return {person for holder in holders.values() for person in recipients(holder, caveats, "")} or {None}


# -- the worker's part


def look(tx: Transaction, side: str, source: Source, patience: timedelta) -> list[str] | None:
    """What a side's timer wants, inside a WRITE transaction: a leader where nobody acknowledged it in ``patience``,

    somebody where nobody is left, a reminder of an override to be accounted for.

    Returns:
        Ids of the notices; None when there is nothing more to look at.
    """
    ours, _ = _both(tx, side)
    now = source.now()
    changes: dict[str, Any] = {"look": now + LOOK}
    notices: list[str] = []
    if ours["state"] == State.RESOLVED:
        due = ours.get("follow_up")
        changes["look"] = due if due is not None and due > now else None
        if due is not None and due <= now:
            notices = _notify(tx, side, [ours["overridden_by"]], ConflictStep.FOLLOW_UP.value, source, now)
    else:
        wanted = people_of(tx, ours.get("owner"), ours["cases"], frozenset(ours["caveats"]))
        missing = wanted - {*ours["people"], *([None] if ours["desk"] else [])}
        if missing and not wanted - missing:
            _add(tx, ours, missing, leader=False)
            notices += _notify(tx, side, missing, "handed over", source, now)
        if ours["state"] == State.NEW and ours["at"] + patience <= now and ours.get("escalated") is None:
            notices += _escalate(tx, ours, source, now)
    _put(tx, side, changes)
    return notices


def _escalate(tx: Transaction, ours: Row, source: Source, now: datetime) -> list[str]:
    """To the nearest leader who may read what matched; to the desk where there is none."""
    if ours.get("escalated") is not None:
        return []
    leader = _leader(tx, ours)
    _add(tx, ours, {leader}, leader=True, escalated=now)
    return _notify(tx, ours["id"], [leader], "escalated", source, now)


def _leader(tx: Transaction, ours: Row) -> str | None:
    caveats, known = frozenset(ours["caveats"]), {*ours["people"]}
    if ours.get("owner") is None:
        up = [leader for holder in holders_of(tx, ours["cases"]).values() for leader in holder.upward]
        found = [(one.distance, one.id) for one in up if caveats <= one.caveats and one.id not in known]
    else:
        units = read_person(tx, ours["owner"]).member_of if tx.control("users", ids=[ours["owner"]]) else ()
        rows = [row for unit in units for row in tx.control("leaders", unit=unit.id)]
        found = [(row["distance"], row["user"]) for row in rows if row["user"] not in known]
    return min(found)[1] if found else None


def _add(tx: Transaction, ours: Row, people: set[str | None], *, leader: bool, **changes: Any) -> None:
    if None in people:
        changes["desk"] = True
    _put(tx, ours["id"], changes, sorted(one for one in people if one), leader=leader)


def _put(
    tx: Transaction, side: str, changes: dict[str, Any], people: Sequence[str] = (), *, leader: bool = False
) -> None:
    """Change a side, and add to whom it concerns."""
    row = {"id": side, "changes": changes, "people": list(people), "leader": leader, "cases": []}
    tx.control("put_sides", rows=[row])


# -- what leaves


def _thread(view: View, id: str) -> ConflictThread:
    rows = view.mine("conflict", id=id)
    if not rows:
        raise NotFound
    lines = sorted(rows[0]["messages"], key=lambda line: line["number"])
    return ConflictThread(
        conflict=_card(rows[0]),
        messages=[
            ConflictMessage(
                at=utc_text(line["at"]), by="us" if line["ours"] else "them", kind=line["kind"], text=line["text"]
            )
            for line in lines
        ],
    )


def conflict_matches(stored: str) -> list[ConflictMatch]:
    return [ConflictMatch(selector=kind, tier=tier) for kind, tier in json.loads(stored).items()]


def _card(row: Row) -> ConflictCard:
    return ConflictCard(
        id=row["id"],
        at=utc_text(row["at"]),
        state=row["state"],
        registration=row["registration"],
        cases=sorted(row["cases"]),
        contact=row["contact"],
        matches=conflict_matches(row["matches"]),
        proposal=row["proposal"],
        their_state=row["their_state"] or State.NEW.value,
        their_proposal=row["their_proposal"],
        outcome=row["outcome"],
        hidden=row["mode"] != DisclosureMode.OPEN,
        leader=row["leader"],
        follow_up=utc_text(row["follow_up"]) if row["follow_up"] else None,
    )
