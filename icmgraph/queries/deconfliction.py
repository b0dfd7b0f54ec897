"""Deconfliction, the asker's side: a check, its pointers and its receipt; a registration is a check that stays.

The only module that runs ``release`` queries for a person (through ``matches``); checks of a case go through it. A
check looks at the whole graph and lets nothing of it leave but pointers: docs/need-to-know.md, "The two releases".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import accumulate
from types import MappingProxyType
from typing import Any, TypeVar

from icmgraph.audit import Private
from icmgraph.audit.digests import digest
from icmgraph.errors import FunctionRefused, InvalidInput, NotFound, StaffSelector
from icmgraph.model.answers import (
    COVERAGE,
    BulkCheckAnswer,
    CheckAnswer,
    Hit,
    Pointer,
    Receipt,
    Registered,
)
from icmgraph.model.checks import (
    EVENT,
    Asked,
    BulkCheckInput,
    CheckInput,
    Purpose,
    RegistrationChange,
    RegistrationInput,
    as_typed,
    asked_name,
    event_of,
    normal_form,
    normal_forms,
)
from icmgraph.model.disclosure import (
    Match,
    given_for,
    leaves_at,
    places_of,
    pointers,
    result_class,
    told_first,
)
from icmgraph.model.identifiers import IdentifierKind
from icmgraph.model.identity import public_id
from icmgraph.model.planned import MOST_AHEAD
from icmgraph.model.receipts import ReceiptKey
from icmgraph.model.records import DisclosureMode, utc_text
from icmgraph.model.source import Source
from icmgraph.queries import matches, seeking
from icmgraph.queries.asking import Asking
from icmgraph.queries.edits import edit, taken_out, to_edit
from icmgraph.queries.gateway import Row, Transaction
from icmgraph.queries.once import Once
from icmgraph.queries.policy import read_person
from icmgraph.queries.session import Session, View

T = TypeVar("T", bound=CheckAnswer)

AGAIN = ("receipt", "registration", "stands_until")
"""What is kept of an answer that may be asked for again; the rest stands in the receipt."""
HITS = 100
"""Visible records listed with a check, of identifiers and of names each; a search pages through all of them."""

NOTHING_MORE: Mapping[str, Any] = MappingProxyType({})

STAFF_DIGITS = 8
"""Last digits of a phone looked for in the directory, where numbers may stand without their country."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What a question met, and what is made of that once the asker is locked.

    Attributes:
        told: with the tiers as they fit now.
        seen: ids of the matched records that the asker sees.
        pointers: with the tiers that the asker is given.
        kept: what the check keeps of it against fishing.
    """

    told: set[Match]
    records: list[Hit]
    truncated: bool
    seen: list[str]
    at: datetime
    pointers: list[Pointer] = field(default_factory=list)
    kept: Mapping[str, list[str]] = field(default_factory=dict)


class Deconfliction:
    """Checks and registrations of one person.

    Args:
        key: the deployment key, for digests, identifiers' public ids, and the key that signs receipts.
        answer_ms: an answer leaves so many milliseconds after its question's arrival, or at a later multiple.
        receipt_days: validity of a receipt.
        registration_days: how long a registration stands that does not say.
        daily: different selectors that one person may ask for and enter within 24 hours.
        desk_contact: what is shown where a holder is not.
        leave: called with the moment at which the answer may leave; waits for it unless the caller does.
    """

    def __init__(
        self,
        session: Session,
        *,
        key: bytes,
        answer_ms: int,
        receipt_days: int,
        desk_contact: str,
        registration_days: int = 180,
        daily: int = 2000,
        leave: Callable[[Source, float], None] = lambda source, moment: source.wait_until(moment),
    ) -> None:
        self._leave = leave
        self.session = session
        self.key = key
        self._signing = ReceiptKey(key)
        self._answer = timedelta(milliseconds=answer_ms)
        self._valid = timedelta(days=receipt_days)
        self._stands = timedelta(days=registration_days)
        self._desk = desk_contact
        self.asking = Asking(key, daily)

    def check(self, question: CheckInput, arrived: float) -> CheckAnswer:
        """Ask whether anybody works on these selectors.

        Closed cases match like open ones: their file still holds what is asked for, trials and informants outlive
        an investigation, somebody remembers it, and their disclosure mode goes on protecting them. A pointer tells
        nothing of a case, so not this either; and a status that decided would let closing a case be seen from outside.

        The same rows are written whether it hits or not, and the answer, a refusal too, leaves at its moment.

        Args:
            question: what to look for.
            arrived: when it came, on the source's monotonic clock (``time.monotonic``), seconds.

        Raises:
            InvalidInput: names the field, never the value; before anything is looked up. Also if a planned operation
                is over, or too far ahead.
            Quota: more than ``daily`` different selectors within 24 hours, whether they hit or not.
            FunctionRefused, Unavailable.
        """
        return self.ask("deconflict.check", CheckAnswer, question, normal_form(question), arrived, self._store_check)

    def check_rows(self, question: BulkCheckInput, arrived: float) -> BulkCheckAnswer:
        """Ask the same of many subjects at once: one act, one receipt, one notice to each holder.

        Raises:
            As ``check``.
        """
        rows = normal_forms(question)
        firsts = [0, *accumulate(map(len, rows))][:-1]
        asked = tuple(one for row in rows for one in row)
        more = {"firsts": firsts}

        def store(
            tx: Transaction, act: str, source: Source, question: Purpose, asked: tuple[Asked, ...], found: Findings
        ) -> tuple[BulkCheckAnswer, set[str]]:
            said, ids = self._store_check(tx, act, source, question, asked, found)
            return BulkCheckAnswer(**dict(said), **more), ids

        return self.ask("deconflict.check", BulkCheckAnswer, question, asked, arrived, store, more=more)

    def register(self, question: RegistrationInput, arrived: float) -> Registered:
        """Check, and let the question stand: later entries, checks and registrations are matched with it too.

        It stands for whom it was asked ``on_behalf_of``, otherwise for the asker, who alone lists, renews and
        withdraws it. Its own notices go to them.

        Raises:
            StaffSelector: one's own or a colleague's phone or e-mail address, or one's own name.
            InvalidInput, FunctionRefused, Unavailable: as of a check.
        """

        def store(
            tx: Transaction, act: str, source: Source, asking: Purpose, asked: tuple[Asked, ...], found: Findings
        ) -> tuple[Registered, set[str]]:
            return self._store_registration(tx, act, source, question, asked, found)

        asked = normal_form(question)
        return self.ask(
            "deconflict.register", Registered, question, asked, arrived, store, self._not_of_staff, whole=True
        )

    def edit(self, id: str, change: RegistrationChange, arrived: float) -> Registered:
        """Change what a registration of one's own seeks: a check of that, with a receipt of its own.

        What it meets anew is told to both sides, what it goes on meeting is not. Its conflicts over something that is
        taken out, with what it meets no more, end as if it were withdrawn. A changed mode holds for what it meets from
        then on.

        Raises:
            NotFound: absent, or another's.
            Conflict: it has expired; or a planned operation would be none, or the reverse.
            FunctionRefused: it is silent, which is a leader's.
            StaffSelector, InvalidInput, Quota, Unavailable: as of registering.
        """

        def store(
            tx: Transaction, act: str, source: Source, asking: Purpose, asked: tuple[Asked, ...], found: Findings
        ) -> tuple[Registered, set[str]]:
            before = to_edit(tx, self.session.user, id)
            kept = {
                "mode": change.mode or DisclosureMode(before["mode"]),
                "reference": change.reference or before["own_reference"],
            }
            said, properties = self.made(act, source, asking.model_copy(update=kept), asked, found)
            check = {**properties, "registration": id, "seen": found.seen, "taken_out": taken_out(before, asked)}
            tx.control("create_check", user=self.session.user, properties=check)
            until = edit(tx, before, change, asked, check)
            answer = Registered(**said, registration=id, stands_until=utc_text(until))
            return answer, {properties["id"], id}

        asked, asking = normal_form(change), Purpose(reason=change.reason, reference=change.reference)
        about = {"registration": id, **({"mode": change.mode.value} if change.mode else {})}
        return self.ask(
            "deconflict.edit", Registered, asking, asked, arrived, store, self._not_of_staff, about=about, whole=True
        )

    def ask(
        self,
        action: str,
        answer: type[T],
        question: Purpose,
        asked: tuple[Asked, ...],
        arrived: float,
        store: Callable[[Transaction, str, Source, Purpose, tuple[Asked, ...], Findings], tuple[T, set[str]]],
        refuse: Callable[[View, tuple[Asked, ...]], None] = lambda view, asked: None,
        more: Mapping[str, Any] = NOTHING_MORE,
        about: Mapping[str, Any] = NOTHING_MORE,
        but: str | None = None,
        whole: bool = False,
        listed: tuple[Asked, ...] | None = None,
    ) -> T:
        """
        Args:
            but: a case that does not meet itself, nor the registrations of who is assigned to it.
            whole: all ids of matched records that the asker sees are kept.
            listed: those of which the records that the asker sees are in the answer; None: of all.
        """

        def read(view: View) -> Findings:
            now = view.source.now()
            _within_reach(asked, now)
            _may_be_silent(view, question)
            refuse(view, asked)
            seen, told = matches.find_for(view.tx, asked, view.scope, now, but=but, whole=whole)
            colleagues = matches.assigned_to(view.tx, but)
            for one in matches.standing(view.tx, asked, question.on_behalf_of or view.person.id):
                if not one.shown or one.owner in colleagues:
                    continue
                told.add(Match(one.selector, one.tier, one.mode, one.contact, key=one.key))
            shown = asked if listed is None else listed
            records, truncated = self._records(view, shown) if shown else ([], False)
            return Findings(told, records, truncated, sorted(seen), now)

        def kept(tx: Transaction, act: str, source: Source, found: Findings, once: Once | None) -> tuple[T, set[str]]:
            stored = once.begin(tx) if once else None
            if stored is not None:
                return self._again(tx, answer, stored.ids, found, more), set()
            result, ids = store(tx, act, source, question, asked, self._given(tx, asked, found))
            if once:
                said = {name: getattr(result, name) for name in AGAIN if hasattr(result, name)}
                once.finish_check(tx, said)
            return result, ids

        def leave(source: Source) -> None:
            self._leave(source, leaves_at(arrived, source.monotonic(), self._answer.total_seconds()))

        keys = Private.keys(key for one in asked for key in one.auditable)
        audited: dict[str, Any] = {**about, "keys": keys, "reason": Private(question.reason)}
        if event := event_of(asked):
            audited["event"] = Private(event.text)  # an audit record holds no fractions
        if question.reference is not None:
            audited["reference"] = Private(question.reference)
        if question.mode is not DisclosureMode.OPEN:
            audited["mode"] = question.mode.value
        if question.on_behalf_of is not None:
            audited["on_behalf_of"] = question.on_behalf_of
        return self.session.release(action, audited, read, kept, leave)

    def _given(self, tx: Transaction, asked: tuple[Asked, ...], found: Findings) -> Findings:
        """With the pointers that the asker gets for it: whatever they add, a match has the tier it had first.

        Raises:
            Quota
        """
        user = self.session.user
        kept = self.asking.count(tx, user, asked, found.at)
        first = self.asking.first_tiers(tx, user, places_of(found.told, self._desk), found.at)
        told = told_first(found.told, first, self._desk)
        given = pointers(told, self._desk)
        new = {place: tier for place, tier in given_for(told, given, self._desk).items() if place not in first}
        return replace(found, pointers=given, kept={**kept, "given": self.asking.given(new)})

    def _not_of_staff(self, view: View, asked: tuple[Asked, ...]) -> None:
        """
        Raises:
            StaffSelector
        """
        values = [(one.kind, one.keys[0].partition(":")[2]) for one in asked]
        phones = [value[-STAFF_DIGITS:] for kind, value in values if kind == IdentifierKind.PHONE]
        emails = [value.lower() for kind, value in values if kind == IdentifierKind.EMAIL]
        own = set(asked_name(view.person.name, None, None, "name").keys)
        if any(own & set(one.keys) for one in asked if one.is_name):
            raise StaffSelector
        if (phones or emails) and view.tx.release("staff_contacts", phones=phones, emails=emails)[0]["found"]:
            raise StaffSelector

    def _again(
        self, tx: Transaction, answer: type[T], ids: dict[str, str], found: Findings, more: Mapping[str, Any]
    ) -> T:
        """The answer to a repeated request: the receipt as it was given, and what may be seen now."""
        receipt = self._receipt(tx.personal("receipt", self.session.user, receipt=ids["receipt"]))
        said = {**receipt.model_dump(exclude={"case"}), **ids, **more}
        return answer(**said, records=found.records, truncated=found.truncated)

    def _records(self, view: View, asked: tuple[Asked, ...]) -> tuple[list[Hit], bool]:
        """What the asker sees of it anyway: scoped queries, nothing else."""
        identifiers = sorted({key for one in asked if not (one.is_name or one.event) for key in one.keys})
        names = sorted({key for one in asked if one.is_name for key in one.keys})
        seeks = seeking.sought(view, identifiers, names)
        found = seeking.having(view, identifiers, ("", ""), HITS + 1, seeks) if identifiers else []
        named = seeking.named(view, names, HITS + 1, seeks) if names else []
        hits = [_hit(row, public_id(self.key, row["key"]), row["identifier_kind"]) for row in found[:HITS]]
        hits += [_hit(row, row["attribute"], row["attribute_kind"]) for row in named[:HITS]]
        events = self._events(view, asked)
        hits += events[:HITS]
        view.touched.update(event.id for event in events[:HITS])
        return hits, max(len(found), len(named), len(events)) > HITS

    def _events(self, view: View, asked: tuple[Asked, ...]) -> list[Hit]:
        """The events that the asker sees and that a planned operation may collide with, what begins first, first."""
        event = event_of(asked)
        if event is None:
            return []
        now = view.source.now()
        found = []
        for row in view.run("events_between", **matches.near_it(event, now)):
            at_address = event.address if event.address in row["addresses"] else None
            if matches.collision(event, {**row, "address": at_address}, now):
                found.append(
                    Hit(id=row["event"], kind=row["kind"], name=row["description"], identifier=row["event"],
                        identifier_kind=EVENT, value=utc_text(row["starts"]))
                )  # fmt: skip
        return found

    def _store_check(
        self, tx: Transaction, act: str, source: Source, question: Purpose, asked: tuple[Asked, ...], found: Findings
    ) -> tuple[CheckAnswer, set[str]]:
        said, properties = self.made(act, source, question, asked, found)
        tx.control("create_check", user=self.session.user, properties=properties)
        return CheckAnswer(**said), {properties["id"]}

    def _store_registration(
        self,
        tx: Transaction,
        act: str,
        source: Source,
        question: RegistrationInput,
        asked: tuple[Asked, ...],
        found: Findings,
    ) -> tuple[Registered, set[str]]:
        said, properties = self.made(act, source, question, asked, found)
        registration = source.uuid()
        event = event_of(asked)
        until = self.stands_until(found.at, question.days) if event is None else event.stands_until
        check = {**properties, "registration": registration, "seen": found.seen}
        tx.control("create_check", user=self.session.user, properties=check)
        keys = sorted({key for one in asked for key in one.watched})
        what = {"sought": properties["question"], "typed": as_typed(question)}
        self.let_stand(tx, registration, "subject" if event is None else EVENT, question, check, until, keys, **what)
        answer = Registered(**said, registration=registration, stands_until=utc_text(until))
        return answer, {properties["id"], registration}

    def stands_until(self, at: datetime, days: int | None) -> datetime:
        return at + (self._stands if days is None else timedelta(days=days))

    def let_stand(
        self,
        tx: Transaction,
        id: str,
        kind: str,
        question: Purpose,
        check: Mapping[str, Any],
        until: datetime,
        keys: Sequence[str] = (),
        **what: Any,
    ) -> None:
        """A registration, for whom it was asked.

        Args:
            check: properties of the check that it is.
            keys: by which it is met.
            what: it seeks.
        """
        stays: dict[str, Any] = {
            "id": id,
            "kind": kind,
            "mode": question.mode.value,
            "at": check["at"],
            "expires_at": until,
            "reason": question.reason,
            "reference": check["reference"],
            "own_reference": question.reference,
            "approved_by": self.session.user if question.on_behalf_of else None,
            "sought": "[]",
            "typed": [],
            **what,
        }
        owner = question.on_behalf_of or self.session.user
        tx.control("create_registration", user=owner, properties=stays, keys=list(keys))

    def made(
        self, act: str, source: Source, question: Purpose, asked: tuple[Asked, ...], found: Findings
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """What is answered, and what is kept of it."""
        id, receipt, reference = source.uuid(), source.nonce(), source.nonce()
        digests = [digest(self.key, one.text) for one in asked]
        result = result_class(found.pointers)
        expires = found.at + self._valid
        properties: dict[str, Any] = {
            "id": id,
            "act": act,
            "receipt": receipt,
            "reference": reference,
            "mode": question.mode.value,
            "on_behalf_of": question.on_behalf_of,
            "state": "pending",
            "at": found.at,
            "due": found.at + self._answer,
            "expires": expires,
            "digests": digests,
            "result": result,
            "pointers": json.dumps([pointer.model_dump() for pointer in found.pointers]),
            "question": json.dumps([one.as_json() for one in asked]),
            "reason": question.reason,
            "own_reference": question.reference,
            **found.kept,
        }
        states = {
            "receipt": receipt,
            "result": result,
            "asked": digests,
            "at": utc_text(found.at),
            "expires": utc_text(expires),
            "coverage": COVERAGE,
        }
        said: dict[str, Any] = {
            **states,
            "reference": reference,
            "pointers": found.pointers,
            "records": found.records,
            "truncated": found.truncated,
            "signed": self._signing.sign(**states),
        }
        return said, properties

    def receipt(self, number: str) -> Receipt:
        """A receipt of the person's own, as it was given.

        Raises:
            NotFound: no such number, or another's.
        """

        def work(view: View) -> Receipt:
            return self._receipt(view.mine("receipt", receipt=number))

        return self.session.read("receipt.show", {"receipt": digest(self.key, number)}, work, function=None)

    def _receipt(self, rows: list[Row]) -> Receipt:
        """
        Raises:
            NotFound: there is none.
        """
        if not rows:
            raise NotFound
        row = rows[0]
        states = {
            "receipt": row["receipt"],
            "result": row["result"],
            "asked": row["digests"],
            "at": utc_text(row["at"]),
            "expires": utc_text(row["expires"]),
            "coverage": COVERAGE,
        }
        return Receipt(
            **states,
            reference=row["reference"],
            pointers=[Pointer(**pointer) for pointer in json.loads(row["pointers"])],
            case=row["case"],
            signed=self._signing.sign(**states),
        )


def _within_reach(asked: tuple[Asked, ...], now: datetime) -> None:
    """
    Raises:
        InvalidInput: a planned operation that is over, or too far ahead.
    """
    event = event_of(asked)
    if event is not None and event.over < now:
        raise InvalidInput("is over", field="event.ends")
    if event is not None and event.over > now + MOST_AHEAD:
        raise InvalidInput(f"is over {MOST_AHEAD.days} days ahead", field="event.starts")


def _may_be_silent(view: View, question: Purpose) -> None:
    """Silence is a leader's to approve, for one of their people, never for themselves.

    Raises:
        FunctionRefused
    """
    if question.on_behalf_of is None:
        return
    units: set[str] = set()
    if view.tx.control("users", ids=[question.on_behalf_of]):
        units = {unit.id for unit in read_person(view.tx, question.on_behalf_of).member_of}
    if question.on_behalf_of == view.person.id or not units & view.person.leads:
        raise FunctionRefused("silence is asked by a leader, for another member of a unit they lead")


def _hit(row: Row, identifier: str, kind: str) -> Hit:
    return Hit(
        id=row["id"],
        kind=row["kind"],
        name=row["name"],
        identifier=identifier,
        identifier_kind=kind,
        value=row["value"],
    )
