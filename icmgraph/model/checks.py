"""The question of a deconfliction check, and its normal form. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Set
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from icmgraph.errors import InvalidInput
from icmgraph.model.dates import PartialDate
from icmgraph.model.disclosure import Tier
from icmgraph.model.identifiers import IdentifierKind, NormalisedIdentifier, normalise
from icmgraph.model.names import LONGEST_SPELLING, Slip, name_keys, slips, sounding, whole_key
from icmgraph.model.near import TAIL, is_tail, near_keys, tail_key, tail_of
from icmgraph.model.planned import Planned, PlannedInput, planned
from icmgraph.model.records import DisclosureMode, Id, Text, Value, Word

MAX_SELECTORS = 20
"""In one check: what a form holds. A person's whole phone book is not a check before opening a case."""

MAX_ROWS = 200
"""In one bulk check: an answer that leaves within seconds, and a receipt that can be carried about."""

MAX_DAYS = 366
"""Of a registration, from its making or renewal: an entry that nobody looks at for a year is nobody's."""

TAIL_COUNTS = 5
"""Selectors that the last seven digits of a phone count as."""

NAME_KINDS = frozenset({"name", "alias"})
"""Kinds of attributes that are names."""

NAME = "name"
"""The kind of a selector that is a name."""

EVENT = "event"
"""The kind of a planned operation; the others are kinds of identifiers."""

CASE = "case"
"""The kind of a registration that is a standing match report: the file of a case, checked again each day."""


WILD = frozenset("*?%")
"""Marks that stand for anything elsewhere. Here they would be dropped, and another question asked than was meant."""


Days = Annotated[int, Field(ge=1, le=MAX_DAYS)]


class _Question(Value):
    # A selector must not come back in an error's text, and from there into a log.
    model_config = ConfigDict(hide_input_in_errors=True)


class Selector(_Question):
    """An identifier to look for.

    Attributes:
        region: two letters, for phones.
        postcode: for addresses.
        partial: the value is the last seven digits of a phone, and no more is known. For checks and registrations: it
            needs another selector that is independent of it, counts as five, and is never more than *possible*.
    """

    kind: Annotated[IdentifierKind, Field(strict=False)]
    value: Text
    region: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] | None = None
    postcode: Word | None = None
    partial: bool = False

    def normalised(self, field: str) -> NormalisedIdentifier:
        """
        Raises:
            InvalidInput: names ``field``, never the value; a partial one stands for many.
        """
        if self.partial:
            raise InvalidInput("a part of an identifier is for checks and registrations alone", field=field)
        return normalise(self.kind, self.value, region=self.region, postcode=self.postcode, field=field)

    def key(self, field: str) -> str:
        """
        Raises:
            InvalidInput: names ``field``, never the value.
        """
        if not self.partial:
            return self.normalised(field).key
        if self.kind is not IdentifierKind.PHONE:
            raise InvalidInput("only a phone is asked for by a part of it", field=field)
        digits = "".join(str(unicodedata.digit(char)) for char in self.value if char.isdecimal())
        if len(digits) != TAIL or not all(char.isdecimal() or char in " -.()/" for char in self.value):
            raise InvalidInput(f"give the last {TAIL} digits, all of them and no more", field=field)
        return tail_key(digits)


class NameSelector(_Question):
    """A name to look for, with what is known beside it.

    ``birth_date`` may be partial (``1980``, ``1980-05``); a full one makes the tier strong possible.
    """

    name: Text
    birth_date: Word | None = None
    year: Annotated[int, Field(ge=1, le=9999)] | None = None

    @model_validator(mode="after")
    def _one_of(self) -> NameSelector:
        if self.birth_date is not None and self.year is not None:
            raise ValueError("give birth_date or year, not both")
        return self


class SubjectSelectors(_Question):
    """What is asked of one subject. A selector's position in ``selectors`` followed by ``names`` is its number."""

    selectors: tuple[Selector, ...] = ()
    names: tuple[NameSelector, ...] = ()

    @property
    def count(self) -> int:
        return len(self.selectors) + len(self.names)

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not 1 <= self.count <= MAX_SELECTORS:
            raise ValueError(f"give 1 to {MAX_SELECTORS} selectors and names")
        return self


class Question(SubjectSelectors):
    """What is asked: of a subject, of a planned operation, or of both. The operation's number is the last."""

    event: PlannedInput | None = None

    @property
    def count(self) -> int:
        return super().count + (self.event is not None)


class Purpose(_Question):
    """Why and how a check is asked.

    Attributes:
        reason: why it is asked, for auditors.
        reference: the asker's own (a file or lead number); nobody but auditors sees it too.
        mode: what the other side of a match learns of the asker.
        on_behalf_of: whose silence it is: a member of a unit that the asker leads, and not the asker. Only with
            ``silent``, which is a leader's to approve: the leader asks, in that person's name.
    """

    reason: Text
    reference: Word | None = None
    mode: Annotated[DisclosureMode, Field(strict=False)] = DisclosureMode.OPEN
    on_behalf_of: Id | None = None

    @model_validator(mode="after")
    def _leaders_silence(self) -> Self:
        if (self.mode is DisclosureMode.SILENT) != (self.on_behalf_of is not None):
            raise ValueError("silent is asked by a leader, on_behalf_of one of their people, and only silent is")
        return self


class CheckInput(Purpose, Question):
    """A check."""

    @model_validator(mode="after")
    def _seen_by_the_other(self) -> Self:
        if self.event is not None and self.mode is DisclosureMode.SILENT:
            raise ValueError("a planned operation is never silent: officers could collide")
        return self


class BulkCheckInput(Purpose):
    """A check of many subjects, with one receipt. Numbers of selectors go on from row to row."""

    rows: Annotated[tuple[SubjectSelectors, ...], Field(min_length=1, max_length=MAX_ROWS)]


class CaseCheckInput(Purpose):
    """A check of all identifiers, names and events to come that one sees in the file of a case in which one writes.

    ``beside``: what is asked with it, of a subject, of a planned operation, or of both.
    """

    case: Id
    beside: Question | None = None

    @model_validator(mode="after")
    def _seen_by_the_other(self) -> Self:
        if self.beside is not None and self.beside.event is not None and self.mode is DisclosureMode.SILENT:
            raise ValueError("a planned operation is never silent: officers could collide")
        return self


class CaseRegistrationInput(Purpose):
    """A standing match report: a check of a case's file now, and again each day until it expires.

    ``days``: how long it stands; unset, as the installation has it.
    """

    case: Id
    days: Days | None = None

    @model_validator(mode="after")
    def _not_silent(self) -> Self:
        if self.mode is DisclosureMode.SILENT:
            raise ValueError("a standing report is open or brokered; what is silent in the case is asked for silently")
        return self


class RegistrationInput(CheckInput):
    """A check that stays: what is entered, checked or registered later is matched with it too, until it expires.

    ``days``: how long it stands; unset, as the installation has it. A planned operation stands until it is over.
    """

    days: Days | None = None

    @model_validator(mode="after")
    def _until_over(self) -> Self:
        if self.event is not None and self.days is not None:
            raise ValueError("a planned operation stands until it is over, not for so many days")
        return self


class RegistrationChange(Question):
    """What a registration is to seek from now on, in the place of all that it sought.

    It stands as long as it did, a planned operation until it is over.

    Attributes:
        reason: why it is changed.
        reference: the owner's own; unset, as it was.
        mode: open or brokered; unset, as it was. Silence is registered anew, by a leader.
    """

    reason: Text
    reference: Word | None = None
    mode: Annotated[DisclosureMode, Field(strict=False)] | None = None

    @model_validator(mode="after")
    def _not_silent(self) -> Self:
        if self.mode is DisclosureMode.SILENT:
            raise ValueError("silence is a leader's to ask: it is registered anew")
        return self


class RenewInput(Value):
    """``reason``: why it is still needed. ``days`` from now that it stands; unset, as the installation has it."""

    reason: Text
    days: Days | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """One selector in its normal form.

    ``kind``: an identifier's kind, ``name`` or ``event``. ``keys``: what is looked up. ``birth_date``: ISO text, full;
    ``year``: of birth. ``loose``: near misses of an identifier are looked for too; the question has two independent
    selectors. ``event``: the planned operation, of which the keys are those of its place. ``name``: as it was written,
    which names like it are compared with; None of one that is too long.
    """

    kind: str
    keys: tuple[str, ...]
    birth_date: str | None = None
    year: int | None = None
    loose: bool = field(default=False, compare=False)
    event: Planned | None = None
    name: str | None = field(default=None, compare=False)

    @property
    def is_name(self) -> bool:
        return self.kind == NAME

    @property
    def auditable(self) -> tuple[str, ...]:
        """The keys that an auditor can look for: of an operation its address, not the cells around it."""
        if self.event is None:
            return self.keys
        return (self.event.address,) if self.event.address else ()

    @property
    def born(self) -> str | None:
        """What is known of the birth date, as a record would say it."""
        return self.birth_date or (f"{self.year:04}" if self.year is not None else None)

    @property
    def text(self) -> str:
        """What a receipt's digest is of: all that was asked with this selector."""
        if self.event is not None:
            return self.event.text
        return self.keys[0] if self.born is None else f"{self.keys[0]}|{self.born}"

    @property
    def counted(self) -> tuple[str, ...]:
        """What counts in the day's limit: an end of a phone stands for all phones that end so."""
        return tuple(f"{self.text}|{n}" for n in range(TAIL_COUNTS)) if is_tail(self.keys[0]) else (self.text,)

    @property
    def near(self) -> tuple[str, ...]:
        """Keys of what is a near miss of it."""
        return () if self.is_name else near_keys(self.keys[0])

    @property
    def begins(self) -> tuple[str, ...]:
        """What keys begin with of names that may be like it: those of which two words sound as two of its words do."""
        return () if self.name is None else sounding(self.name)

    @property
    def slips(self) -> tuple[Slip, ...]:
        """Two of its words each, of which the second may be written with a mistake."""
        return () if self.name is None else slips(self.name)

    @property
    def asserted(self) -> tuple[str, ...]:
        """The keys by which a case file has it: of an event its address, or that there is such an event."""
        if self.event is None:
            return self.keys
        return (self.event.address or EVENT,)

    @property
    def watched(self) -> tuple[str, ...]:
        """The keys by which a registration of it is met."""
        return self.keys if self.name is None else (*self.keys, *name_keys(self.name)[1:])

    def as_json(self) -> dict[str, Any]:
        known = {"birth_date": self.birth_date, "year": self.year, "loose": self.loose, "name": self.name}
        event = {"event": self.event.as_json()} if self.event else {}
        return {"kind": self.kind, "keys": list(self.keys), **known, **event}

    @classmethod
    def of_json(cls, stored: dict[str, Any]) -> Asked:
        # What was stored by an earlier version says nothing of near misses, and of a name its key alone.
        loose, name = stored.get("loose", False), stored.get("name")
        event = Planned.of_json(stored["event"]) if "event" in stored else None
        return cls(stored["kind"], tuple(stored["keys"]), stored["birth_date"], stored["year"], loose, event, name)

    def name_tier(self, birth_date: str | None) -> Tier:
        """How well a record with this name and ``birth_date`` (None: none is known) fits.

        Strong: the full birth dates are equal; possible: the years are; weak: the name alone.
        """
        if birth_date is None:
            return Tier.WEAK
        if self.birth_date is not None and birth_date == self.birth_date:
            return Tier.STRONG
        try:
            year = PartialDate.parse(birth_date).year
        except InvalidInput:
            return Tier.WEAK
        return Tier.POSSIBLE if year == self.year else Tier.WEAK


def normal_form(question: SubjectSelectors, within: str = "") -> tuple[Asked, ...]:
    """The selectors, then the names, then the planned operation, in order. ``within``: what a field's name begins with.

    Raises:
        InvalidInput: names the field (``selectors.0.value``), never the value.
    """
    subject = _subject(question, within)
    if not isinstance(question, Question) or question.event is None:
        return subject
    return (*subject, asked_event(planned(question.event, f"{within}event")))


def _subject(question: SubjectSelectors, within: str) -> tuple[Asked, ...]:
    asked = []
    for number, one in enumerate(question.selectors):
        field = f"{within}selectors.{number}.value"
        _whole(one.value, field, WILD - {"?", "%"} if one.kind is IdentifierKind.URL else WILD)
        asked.append(Asked(one.kind.value, (one.key(field),)))
    for number, name in enumerate(question.names):
        _whole(name.name, f"{within}names.{number}.name", WILD)
        asked.append(asked_name(name.name, name.birth_date, name.year, f"{within}names.{number}"))
    if any(independent(one, other) for one, other in combinations(asked, 2)):
        return tuple(replace(one, loose=not one.is_name) for one in asked)
    for number, alone in enumerate(asked):
        if is_tail(alone.keys[0]):
            wanted = "the last digits of a phone are asked for beside another selector only"
            raise InvalidInput(wanted, field=f"{within}selectors.{number}.value")
    return tuple(asked)


def _whole(value: str, field: str, wild: Set[str]) -> None:
    """
    Raises:
        InvalidInput: names ``field``.
    """
    if not wild.isdisjoint(value):
        raise InvalidInput("beginnings and wildcards (* ? %) are not asked for: give the whole value", field=field)


def independent(one: Asked, other: Asked) -> bool:
    """Whether the two say two things: of two kinds, or two identifiers of which neither is a near miss of the other.

    Two names are spellings of one as often as not; a phone and its own last digits are one.
    """
    if one.kind != other.kind:
        return True
    (key,), (another,) = one.keys, other.keys
    if one.is_name or key == another or another in one.near:
        return False
    either = is_tail(key) or is_tail(another)
    return not either or tail_of(key) != tail_of(another)


def normal_forms(question: BulkCheckInput) -> list[tuple[Asked, ...]]:
    """Of each row.

    Raises:
        InvalidInput: names the field (``rows.7.selectors.0.value``), never the value.
    """
    return [normal_form(row, f"rows.{number}.") for number, row in enumerate(question.rows)]


def asked_name(name: str, birth_date: str | None, year: int | None, field: str) -> Asked:
    """
    Raises:
        InvalidInput: names ``field.name`` or ``field.birth_date``.
    """
    key = whole_key(name, field=f"{field}.name")
    birth = None
    if birth_date is not None:
        parsed = PartialDate.parse(birth_date, field=f"{field}.birth_date")
        birth, year = str(parsed) if parsed.full else None, parsed.year
    return Asked(NAME, (key,), birth, year, name=name if len(name) <= LONGEST_SPELLING else None)


def asked_event(event: Planned) -> Asked:
    return Asked(EVENT, event.keys, event=event)


def event_of(asked: Iterable[Asked]) -> Planned | None:
    """The planned operation among them, if there is one. An event of a file, which has no radius, is none."""
    return next((one.event for one in asked if one.event is not None and one.event.radius), None)


def as_typed(question: SubjectSelectors) -> list[str]:
    """The question as its owner wrote it, in the order of ``normal_form``; a planned operation as JSON."""
    event = question.event if isinstance(question, Question) else None
    subject = [one.value for one in question.selectors] + [one.name for one in question.names]
    return subject if event is None else [*subject, event.model_dump_json()]
