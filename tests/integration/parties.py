"""What parties that register, check, edit, renew, withdraw and let expire must be told: a plain model, and no graph.

Two registrations of different owners *meet* where both seek a selector. Each owner is told of a meeting once, by the
mode of the other: open by contact and reference, brokered by the desk's contact, silent not at all; where neither is
open the desk is told of both. What does not stand any more when the worker comes to it is a check: the other side is
told of it, each time. Two registrations have one conflict, with a side for each that has the other's contact. What an
edit adds is told as if first. What it takes out ends each conflict over something of that kind in which nothing is met
any more, as withdrawing does.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

AT = "2098-01-02T03:04:05.000Z"
Selector = tuple[str, str]
"""Its kind and its value."""


@dataclass
class Party:
    """A person, as others are shown them."""

    id: str
    contact: str


@dataclass
class Entry:
    """A registration. ``gone``: withdrawn. ``added``: the word of the edit that added a selector."""

    id: str
    owner: Party
    mode: str
    reference: str
    sought: list[Selector]
    stands: bool = True
    gone: bool = False
    added: dict[Selector, str] = field(default_factory=dict)

    def name(self, selector: Selector) -> str:
        return f"{self.id}:{self.added[selector]}" if selector in self.added else self.id


@dataclass
class Question:
    """A check or the first question of a registration, until the worker has come to it. ``id``: of its receipt."""

    id: str
    by: Party
    mode: str
    reference: str
    sought: list[Selector]
    entry: Entry | None = None
    taken_out: frozenset[str] = frozenset()
    """Kinds."""


@dataclass
class Side:
    contact: str
    kinds: set[str]
    outcome: str | None = None


@dataclass
class Clash:
    """A conflict: by registration, the sides that have a part. ``open``: what is told later joins it."""

    sides: dict[str, Side]
    open: bool = True


@dataclass
class Told:
    """What one act tells one addressee: over which selector, and of whom."""

    lines: list[tuple[Selector, Party, str, str | None]] = field(default_factory=list)


@dataclass
class Model:
    desk: str
    entries: dict[str, Entry] = field(default_factory=dict)
    pending: list[Question] = field(default_factory=list)
    marks: set[str] = field(default_factory=set)
    notices: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By addressee and text."""
    perhaps: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Notices that hang on which of two edits a worker comes to first."""
    editing: set[str] = field(default_factory=set)
    """Registrations whose edits, which may end conflicts, the worker comes to in one turn."""
    clashes: dict[frozenset[str], list[Clash]] = field(default_factory=lambda: defaultdict(list))

    def standing(self, but: Party) -> list[Entry]:
        return [one for one in self.entries.values() if one.stands and not one.gone and one.owner is not but]

    def pointers(self, by: Party, sought: Sequence[Selector]) -> list[tuple[int, str]]:
        """What is answered at once."""
        return sorted({
            (number, other.owner.contact if other.mode == "open" else self.desk)
            for number, selector in enumerate(sought)
            for other in self.standing(by)
            if selector in other.sought and other.mode != "silent"
        })  # fmt: skip

    def expire(self, id: str) -> None:
        self.entries[id].stands = False

    def edit(self, id: str, mode: str, reference: str, sought: list[Selector]) -> None:
        entry = self.entries[id]
        entry.added = {
            one: entry.added.get(one, reference) for one in sought if one in entry.added or one not in entry.sought
        }
        entry.mode, entry.reference, entry.sought = mode, reference, sought

    def withdraw(self, id: str) -> None:
        self.entries[id].gone = True
        for pair, clashes in self.clashes.items():
            if id in pair:
                (other,) = pair - {id}
                for clash in clashes:
                    self._leave(clash, id, other)

    def _leave(self, clash: Clash, id: str, other: str) -> None:
        ours, theirs = clash.sides.get(id), clash.sides.get(other)
        if ours and ours.outcome:
            return
        clash.open = False
        if {id, other} <= self.editing and len(clash.sides) == 1:
            ((alone, side),) = clash.sides.items()
            if not side.outcome:
                side.outcome = "withdrawn"
                self.perhaps[self.entries[alone].owner.id, text({"conflict": alone, "what": "withdrawn"})] += 1
            return
        if ours:
            ours.outcome = "withdrawn"
        if theirs and (ours or not theirs.outcome):
            self._say(self.entries[other].owner.id, {"conflict": other, "what": "withdrawn"})
            if not ours:
                theirs.outcome = "withdrawn"  # the other side never had a part

    def tell(self, acts: Mapping[str, str]) -> None:
        """The worker has come to all that was pending.

        Args:
            acts: by mark, the receipt of the check that told it. Where both sides were pending it was either's; that it
                was one of them, and told all of its own at once, is what is asked here.
        """
        wanted: set[str] = set()
        edited = (question.entry for question in self.pending if question.taken_out)
        self.editing = {entry.id for entry in edited if entry and entry.stands and not entry.gone}
        for question in self.pending:
            wanted |= self._tell(question, acts)
        assert wanted <= self.marks, "lost"
        self.pending.clear()
        self.editing.clear()

    def _tell(self, question: Question, acts: Mapping[str, str]) -> set[str]:
        standing = question.entry
        if standing and (standing.gone or not standing.stands):
            standing = None
        told: dict[tuple[str, str], Told] = defaultdict(Told)
        met: dict[str, set[str]] = defaultdict(set)
        wanted: set[str] = set()
        for selector in question.sought:
            entry = standing if standing and selector in standing.sought else None
            ours = entry or question
            for other in self.standing(question.by):
                if selector not in other.sought:
                    continue
                pair = "|".join(sorted((entry.name(selector), other.name(selector)))) if entry else None
                lines: list[tuple[str, str, Party, str, str | None]] = []
                if ours.mode != "silent":
                    lines.append((other.owner.id, other.id, question.by, ours.mode, ours.reference))
                if entry and other.mode != "silent":
                    lines.append((question.by.id, entry.id, other.owner, other.mode, other.reference))
                if "open" not in (ours.mode, other.mode):
                    both = "|".join(sorted((question.by.contact, other.owner.contact)))
                    lines.append(("desk", both, other.owner, "", None))
                for person, about, whom, mode, reference in lines:
                    to = None if person == "desk" else person
                    mark = hashlib.sha256(f"{pair}|{about}|{to}".encode()).hexdigest() if pair else None
                    if mark:
                        wanted.add(mark)
                    if mark is None or acts.get(mark) == question.id:
                        assert mark is None or mark not in self.marks or mark in acts
                        told[person, about].lines.append((selector, whom, mode, reference))
                        if entry:
                            met[other.id].add(selector[0])
        self.marks |= {mark for mark in wanted if mark in acts}
        for (person, about), one in told.items():
            self._say(person, self._body(person, about, one, question))
        for other_id, kinds in met.items():
            assert standing
            self._clash(standing, self.entries[other_id], kinds)
        if question.taken_out and standing:
            self._part(standing, question.taken_out)
        return wanted

    def _part(self, entry: Entry, taken: frozenset[str]) -> None:
        there = {one.id for one in self.standing(entry.owner) if set(one.sought) & set(entry.sought)}
        for pair, clashes in self.clashes.items():
            if entry.id in pair and not pair & there:
                (other,) = pair - {entry.id}
                for clash in clashes:
                    if (clash.sides.get(entry.id) or clash.sides[other]).kinds & taken:
                        self._leave(clash, entry.id, other)

    def _body(self, person: str, about: str, told: Told, question: Question) -> dict[str, Any]:
        if person == "desk":
            kinds = sorted({selector[0] for selector, *_ in told.lines})
            matches = [{"selector": kind, "tier": "exact"} for kind in kinds]
            return {"at": AT, "contacts": about.split("|"), "matches": matches}
        entry = self.entries[about]
        places = question.sought if entry is question.entry else entry.sought
        lines = sorted({
            (places.index(selector), selector[0], whom.contact if mode == "open" else self.desk)
            for selector, whom, mode, _ in told.lines
        })  # fmt: skip
        pointers = [
            {"selector": place, "kind": kind, "tier": "exact", "contact": contact} for place, kind, contact in lines
        ]
        found = sorted({reference for _, _, mode, reference in told.lines if mode == "open" and reference})
        references = {"reference": found[0]} if len(found) == 1 else {"references": found} if found else {}
        return {"registration": about, "at": AT, "pointers": pointers, **references}

    def _clash(self, one: Entry, other: Entry, kinds: set[str]) -> None:
        knows = {
            mine.id: theirs.owner.contact for mine, theirs in ((one, other), (other, one)) if theirs.mode == "open"
        }
        if not knows:
            return
        clashes = self.clashes[frozenset((one.id, other.id))]
        now = next((clash for clash in clashes if clash.open), None)
        if now and knows.keys() <= now.sides.keys():
            for id in knows:
                now.sides[id].kinds |= kinds
            return
        if now:
            now.open = False
        clashes.append(Clash({id: Side(contact, set(kinds)) for id, contact in knows.items()}))

    def _say(self, person: str, body: Mapping[str, Any]) -> None:
        self.notices[person, text(body)] += 1

    def conflicts(self) -> Counter[tuple[Any, ...]]:
        return Counter(
            shape((id, side.outcome, side.contact, side.kinds) for id, side in clash.sides.items())
            for clashes in self.clashes.values()
            for clash in clashes
        )


def shape(sides: Iterable[tuple[str, str | None, str, Iterable[str]]]) -> tuple[Any, ...]:
    """A conflict, to be compared."""
    return tuple(sorted((id, outcome or "", contact, tuple(sorted(kinds))) for id, outcome, contact, kinds in sides))


def text(body: Mapping[str, Any]) -> str:
    return json.dumps(body, sort_keys=True)
