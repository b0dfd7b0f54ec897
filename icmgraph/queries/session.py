"""One person's handle on the graph: each request is one audited unit of work under the epoch rule.

A session is bound to its person when it is made; no method takes a scope, so none can forget it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeVar

from icmgraph.audit.store import AuditStore
from icmgraph.errors import (
    AuditUnavailable,
    GraphUnavailable,
    IcmError,
    NotFound,
    PreconditionFailed,
    Unavailable,
)
from icmgraph.metrics import AGAIN
from icmgraph.model.access import Expression, Scope
from icmgraph.model.answers import Answer
from icmgraph.model.records import Function
from icmgraph.model.source import Source, SourceFactory
from icmgraph.queries.asking import Asking
from icmgraph.queries.gateway import Gateway, Row, Transaction
from icmgraph.queries.labels import Gone, Interner, NeedsLabels, intern
from icmgraph.queries.once import Once
from icmgraph.queries.policy import Person, Policy, Sight, resolve_in
from icmgraph.queries.tags import Precondition
from icmgraph.queries.tasks import Tasks

T = TypeVar("T")
F = TypeVar("F")

READ_TRIES = 3
"""A read that labels moved under is begun again so many times; then a fixed 503."""
WRITE_TRIES = 20
"""A write begun again because a scope or label moved between reading and locking it."""


class Stale(Exception):
    """The scope a write was begun under is no longer the person's."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a request says of how it may be carried out: ``If-Match``, ``Idempotency-Key``."""

    match: Precondition | None = None
    once: Once | None = None


NO_CONDITIONS = Conditions()


class View:
    """What one unit of work may ask: scoped and personal queries, bound to the person.

    Ids that leave (columns named ``id``) are collected for the audit's outcome.
    """

    def __init__(
        self,
        tx: Transaction,
        sight: Sight,
        source: Source,
        match: Precondition | None = None,
        asking: Asking | None = None,
    ) -> None:
        self.tx = tx
        self.sight = sight
        self.source = source
        self.asking = asking
        self.touched: set[str] = set()
        self.worked: set[str] = set()
        """Cases that a write was allowed in: a repeat of it asks for sight of them again."""
        self._match = match

    @property
    def conditional(self) -> bool:
        """The request has an ``If-Match`` that was not compared yet."""
        return self._match is not None

    def hold(self, card: Callable[[], Answer]) -> None:
        """Compare what ``If-Match`` named with the card that a write is about to change.

        Called once its record is locked, before anything of the card is changed; further calls do nothing.

        Raises:
            PreconditionFailed: the person has read another version of it.
        """
        match, self._match = self._match, None
        if match is not None:
            match.require(card())

    def once(self, once: Once | None, work: Callable[[], T]) -> T:
        """Do the work of a write, or give the answer again that the same request got before."""
        if once is None:
            result = work()
        else:
            stored = once.begin(self.tx)
            if stored is not None:
                self._still_sees(stored.cases)
                repeated: T = stored.answer()
                return repeated
            result = work()
            once.finish(self.tx, result, self.worked)
        if self._match is not None:
            raise PreconditionFailed("nothing here that If-Match could name")
        return result

    def _still_sees(self, cases: list[str]) -> None:
        self.person.require(Function.READ)
        for case in cases:
            if not self.run("sees_case", id=case):
                raise NotFound

    @property
    def person(self) -> Person:
        return self.sight.person

    @property
    def scope(self) -> Scope:
        return self.sight.scope

    def run(self, name: str, /, **parameters: Any) -> list[Row]:
        """Run a scoped query."""
        return self._noted(self.tx.scoped(name, self.sight.scope, **parameters))

    def mine(self, name: str, /, **parameters: Any) -> list[Row]:
        """Run a personal query."""
        return self._noted(self.tx.personal(name, self.sight.person.id, **parameters))

    def _noted(self, rows: list[Row]) -> list[Row]:
        self.touched.update(row["id"] for row in rows if isinstance(row.get("id"), str))
        return rows


class Sessions:
    """Makes sessions; holds what they share.

    Args:
        asking: how much one person may enter in a day, as of what they ask; None: it is not counted.
    """

    def __init__(
        self,
        gateway: Gateway,
        policy: Policy,
        audit: AuditStore,
        source: SourceFactory,
        asking: Asking | None = None,
    ) -> None:
        self.gateway = gateway
        self.policy = policy
        self.audit = audit
        self.source = source
        self.asking = asking

    def of(self, user: str, conditions: Conditions = NO_CONDITIONS) -> Session:
        """The session of the person with this id. Nothing is looked up yet."""
        return Session(self, user, conditions)


class Session:
    """One person's requests. Every method call is one request: intent, work, outcome, answer."""

    def __init__(self, shared: Sessions, user: str, conditions: Conditions = NO_CONDITIONS) -> None:
        self._shared = shared
        self.user = user
        self._conditions = conditions

    def read(
        self,
        action: str,
        parameters: Mapping[str, Any],
        work: Callable[[View], T],
        function: Function | None = Function.READ,
    ) -> T:
        """Answer one read.

        Args:
            action: its name in the audit (``case.show``).
            parameters: for the audit; selectors, names and what was written as ``Private``.
            work: runs in one READ transaction, perhaps more than once.
            function: what the person must be able to do; None for what everyone may (their own inbox).

        Raises:
            FunctionRefused, Unauthenticated, Unavailable, and whatever ``work`` raises.
        """
        return self._audited("read", action, parameters, lambda _, source: self._read(action, work, function, source))

    def _read(
        self, action: str, work: Callable[[View], T], function: Function | None, source: Source
    ) -> tuple[T, set[str]]:
        policy, gateway = self._shared.policy, self._shared.gateway
        sight = self._remembered(function)
        for _ in range(READ_TRIES):
            if function is not None:
                sight.person.require(function)
            result, touched, epoch = gateway.read(partial(_answer, sight=sight, source=source, work=work))
            if epoch == sight.scope.epoch or self._stands(sight, fresh := policy.resolve(self.user)):
                if isinstance(result, IcmError):
                    raise result
                return result, touched
            AGAIN.labels("read").inc()
            sight = fresh
        raise Unavailable

    def scan(self, action: str, parameters: Mapping[str, Any], work: Callable[[Source], T], function: Function) -> T:
        """Answer one read of what is not in the graph: it may take longer than a transaction.

        What the person may do is looked up before it, and again before the answer leaves.
        """

        def answered(_: str, source: Source) -> tuple[T, set[str]]:
            self._shared.policy.resolve(self.user).person.require(function)
            result = work(source)
            self._shared.policy.resolve(self.user).person.require(function)
            return result, set()

        return self._audited("read", action, parameters, answered)

    def _remembered(self, function: Function | None) -> Sight:
        """The sight to begin with, perhaps out of date; nobody is refused a function from memory."""
        sight = self._shared.policy.sight(self.user)
        if function is not None and function not in sight.person.functions:
            return self._shared.policy.resolve(self.user)
        return sight

    def _stands(self, sight: Sight, fresh: Sight) -> bool:
        """Whether an answer read under ``sight`` is still the one ``fresh`` would get (epoch rule 4)."""
        if sight.person != fresh.person or not sight.scope.same_lists(fresh.scope):
            return False
        after, upto = sight.scope.epoch, fresh.scope.epoch
        moves = self._shared.gateway.read(lambda tx: tx.control("epoch_moves", after=after, upto=upto))
        if len(moves) != upto - after:
            return False
        return not any(sight.scope.touches(move["labels"]) for move in moves)

    def write(
        self,
        action: str,
        parameters: Mapping[str, Any],
        work: Callable[[View], T],
        function: Function | None = Function.WRITE,
    ) -> T:
        """Carry out one write of content. ``work`` runs in one WRITE transaction, perhaps more than once.

        It may raise NeedsLabels (they are interned, and it begins again) or Stale.
        """
        conditions = self._taken()

        def once(tx: Transaction, intent: str, sight: Sight, source: Source) -> tuple[T, set[str]]:
            _must_be_current(tx, sight)
            tx.control("record_act", intent=intent)
            view = View(tx, sight, source, conditions.match, self._shared.asking)
            try:
                result = view.once(conditions.once, lambda: work(view))
            except GraphUnavailable:
                raise
            except IcmError:
                _must_be_current(tx, sight)  # a refusal too is only for a sight that still holds
                raise
            # Again, now that it holds its locks: what took a right away meanwhile has committed, or waits for us.
            _must_be_current(tx, sight)
            return result, view.touched

        def tried(intent: str, source: Source) -> tuple[T, set[str]]:
            sight = self._remembered(function)
            for _ in range(WRITE_TRIES):
                if function is not None:
                    sight.person.require(function)
                try:
                    return self._shared.gateway.write(partial(once, intent=intent, sight=sight, source=source))
                except NeedsLabels as needs:
                    # A case merged or destroyed meanwhile is Gone: under the new sight it is not there.
                    with suppress(Gone):
                        self.intern(needs.expressions)
                except Stale:
                    pass
                AGAIN.labels("write").inc()
                sight = self._shared.policy.resolve(self.user)
            raise Unavailable

        return self._audited("write", action, parameters, tried)

    def _taken(self) -> Conditions:
        """The request's conditions, for the first of its writes: a second would take that one's answer for its own."""
        conditions, self._conditions = self._conditions, NO_CONDITIONS
        return conditions

    def intern(self, expressions: frozenset[Expression]) -> None:
        """Intern in a transaction of its own (see docs/need-to-know.md, "The epoch")."""
        self._shared.gateway.write(lambda tx: intern(tx, expressions))

    def govern(
        self,
        action: str,
        parameters: Mapping[str, Any],
        work: Callable[[View, Interner], T],
        function: Function | None = None,
    ) -> T:
        """Carry out one act that moves the epoch: openness, assignments, opening a case.

        The epoch's lock is taken first, the scope is resolved under it, the epoch moves last.
        ``work`` adds to ``interner.moved`` the labels it touched.
        """
        conditions = self._taken()

        def once(tx: Transaction, intent: str, source: Source) -> tuple[T, set[str]]:
            interner, epoch = Interner.begin(tx)
            sight = resolve_in(tx, self.user, epoch)
            if function is not None:
                sight.person.require(function)
            tx.control("record_act", intent=intent)
            view = View(tx, sight, source, conditions.match, self._shared.asking)
            result = view.once(conditions.once, lambda: work(view, interner))
            interner.flush()
            tx.control("move_epoch", labels=sorted(set(interner.moved)))
            return result, view.touched

        return self._audited(
            "write",
            action,
            parameters,
            lambda intent, source: self._shared.gateway.write(lambda tx: once(tx, intent, source)),
        )

    def carry_out(self, task: str) -> None:
        """Do what an act of this person left to do, in transactions of their own (queries/tasks.py)."""
        Tasks(self._shared.gateway, self._shared.audit, self._shared.source).run(task)

    def release(
        self,
        action: str,
        parameters: Mapping[str, Any],
        read: Callable[[View], F],
        store: Callable[[Transaction, str, Source, F, Once | None], tuple[T, set[str]]],
        leave: Callable[[Source], None],
    ) -> T:
        """Carry out one act of deconfliction: read under the epoch rule, store what was found, leave at its moment.

        ``read`` runs in a READ transaction, ``store`` in one WRITE transaction after it (it gets the act's id, and
        returns the answer and ids for the audit); each perhaps more than once. ``leave`` returns when the answer, a
        refusal too, may leave.
        """
        conditions = self._taken()
        if conditions.match is not None:
            raise PreconditionFailed("nothing here that If-Match could name")

        def tried(intent: str, source: Source) -> tuple[T, set[str]]:
            found, touched = self._read(action, read, Function.DECONFLICT, source)

            def once(tx: Transaction) -> tuple[T, set[str]]:
                tx.control("record_act", intent=intent)
                return store(tx, intent, source, found, conditions.once)

            result, stored = self._shared.gateway.write(once)
            return result, touched | stored

        return self._audited("write", action, parameters, tried, leave)

    def _audited(
        self,
        kind: Literal["read", "write"],
        action: str,
        parameters: Mapping[str, Any],
        work: Callable[[str, Source], tuple[T, set[str]]],
        leave: Callable[[Source], None] = lambda _: None,
    ) -> T:
        """Intent before, outcome before the answer leaves; a refusal is an outcome too.

        A write that lost the graph may have committed or not: its intent stays open, and recovery settles it by
        the mark the transaction leaves.
        """
        source = self._shared.source(self.user, action)
        try:
            return self._recorded(kind, action, parameters, work, source)
        finally:
            leave(source)

    def _recorded(
        self,
        kind: Literal["read", "write"],
        action: str,
        parameters: Mapping[str, Any],
        work: Callable[[str, Source], tuple[T, set[str]]],
        source: Source,
    ) -> T:
        audit = self._shared.audit
        intent = audit.intent(who=self.user, action=action, kind=kind, parameters=parameters, at=source.now())
        try:
            return self._settled(kind, intent, work, source)
        except (GraphUnavailable, AuditUnavailable):
            audit.lost.add(intent)  # if it has its outcome, there is nothing to settle
            raise

    def _settled(
        self,
        kind: Literal["read", "write"],
        intent: str,
        work: Callable[[str, Source], tuple[T, set[str]]],
        source: Source,
    ) -> T:
        audit = self._shared.audit
        try:
            result, touched = work(intent, source)
        except IcmError as error:
            if not (kind == "write" and isinstance(error, GraphUnavailable)):
                audit.outcome(intent, result=error.recorded, at=source.now())
            raise
        except Exception:
            audit.outcome(intent, result="failed", at=source.now())
            raise
        audit.outcome(intent, result="done", records=sorted(touched), at=source.now())
        return result


def _must_be_current(tx: Transaction, sight: Sight) -> None:
    """
    Raises:
        Stale: the epoch moved since the sight was resolved, or its time has run out.
        Unavailable: maintenance keeps writers out.
    """
    now = tx.control("read_epoch")[0]
    if now["closed"]:
        raise Unavailable
    until = sight.scope.valid_until
    if now["value"] != sight.scope.epoch or (until is not None and now["now"] >= until):
        raise Stale


def _answer(
    tx: Transaction, sight: Sight, source: Source, work: Callable[[View], T]
) -> tuple[T | IcmError, set[str], int | None]:
    """One READ transaction: reads, then the epoch and the clock.

    A refusal (not found) is an answer like any other: it too stands only if no label moved under it.
    The epoch returned is None when the scope's time has run out.
    """
    view = View(tx, sight, source)
    result: T | IcmError
    try:
        result = work(view)
    except GraphUnavailable:
        raise  # the transaction is lost; there is no epoch to read in it
    except IcmError as error:
        result = error
    epoch, now = tx.epoch_after()
    until = sight.scope.valid_until
    expired = until is not None and now >= until
    return result, view.touched, None if expired else epoch
