"""Acts of the operator and of imports, in process on the server's machine: audited, bound to no scope."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeVar

from icmgraph.audit import JSON, AuditStore
from icmgraph.errors import GraphUnavailable, IcmError, Unavailable
from icmgraph.model.source import Source
from icmgraph.queries.gateway import Gateway, Transaction
from icmgraph.queries.labels import Interner, NeedsLabels, intern

T = TypeVar("T")

WRITE_TRIES = 20
"""A write begun again because expressions were not interned yet."""


class Operator:
    """One who acts: ``operator``, or ``importer:<name>``. Each call is one intent, one transaction, one outcome."""

    def __init__(self, gateway: Gateway, audit: AuditStore, source: Source, who: str = "operator") -> None:
        self.gateway = gateway
        self.source = source
        self.who = who
        self._audit = audit

    def govern(
        self, action: str, parameters: Mapping[str, JSON], work: Callable[[Transaction, Interner], tuple[T, bool]]
    ) -> T:
        """An act on openness, people or cases, under the epoch's lock; ``work`` says whether the epoch moves."""

        def once(tx: Transaction, intent: str) -> T:
            interner, _ = Interner.begin(tx)
            tx.control("record_act", intent=intent)
            result, moves = work(tx, interner)
            if moves or interner.moved:
                interner.flush()
                tx.control("move_epoch", labels=sorted(set(interner.moved)))
            return result

        return self._audited(
            "write", action, parameters, lambda intent: self.gateway.write(lambda tx: once(tx, intent))
        )

    def write(self, action: str, parameters: Mapping[str, JSON], work: Callable[[Transaction], T]) -> T:
        """A write of content. What it lacks in labels is interned in a transaction of its own before."""

        def once(tx: Transaction, intent: str) -> T:
            tx.control("record_act", intent=intent)
            return work(tx)

        def tried(intent: str) -> T:
            for _ in range(WRITE_TRIES):
                try:
                    return self.gateway.write(lambda tx: once(tx, intent))
                except NeedsLabels as needs:
                    expressions = needs.expressions
                self.gateway.write(lambda tx: intern(tx, expressions))  # noqa: B023 - called at once
            raise Unavailable

        return self._audited("write", action, parameters, tried)

    def read(self, action: str, parameters: Mapping[str, JSON], work: Callable[[], T]) -> T:
        return self._audited("read", action, parameters, lambda _: work())

    def outside(self, action: str, parameters: Mapping[str, JSON], work: Callable[[str], T]) -> T:
        """A write past the server, while it is stopped. ``work`` gets the intent, and leaves its mark in the graph."""
        return self._audited("write", action, parameters, work)

    def _audited(
        self,
        kind: Literal["read", "write"],
        action: str,
        parameters: Mapping[str, Any],
        work: Callable[[str], T],
    ) -> T:
        """Intent before, outcome after; a write that lost the graph is left to recovery, as a session's is."""
        audit = self._audit
        intent = audit.intent(who=self.who, action=action, kind=kind, parameters=parameters, at=self.source.now())
        try:
            result = work(intent)
        except IcmError as error:
            if kind == "write" and isinstance(error, GraphUnavailable):
                audit.lost.add(intent)
            else:
                audit.outcome(intent, result=error.problem, at=self.source.now())
            raise
        except Exception:
            audit.outcome(intent, result="failed", at=self.source.now())
            raise
        audit.outcome(intent, result="done", at=self.source.now())
        return result
