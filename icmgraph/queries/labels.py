"""Interning of access expressions, and the lock protocol of content writes.

Lock order everywhere: epoch, Visibility nodes by id, records by id.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from icmgraph.model.access import NOBODY, Expression, audience, expression_id
from icmgraph.queries.gateway import Transaction


@dataclass(frozen=True, slots=True)
class Label:
    """The pair of interned ids that an assertion carries."""

    visibility: int
    audience: int


class NeedsLabels(Exception):
    """A content write met expressions that are not interned yet; intern them and begin again."""

    def __init__(self, expressions: Iterable[Expression]) -> None:
        super().__init__("labels to intern")
        self.expressions = frozenset(expressions)


class Gone(Exception):
    """An expression names a case or caveat that does not exist, or no longer."""


def known(tx: Transaction, expressions: Iterable[Expression]) -> dict[Expression, Label]:
    by_digest = {expression.digest: expression for expression in expressions}
    rows = tx.control("known_visibilities", digests=sorted(by_digest))
    return {by_digest[row["digest"]]: Label(row["id"], row["audience"]) for row in rows}


def lock_and_read(tx: Transaction, expressions: Iterable[Expression]) -> dict[Expression, Label]:
    """Lock the Visibility nodes of these expressions, in order of id, then read them.

    Raises:
        NeedsLabels: some are not interned.
    """
    wanted = frozenset(expressions)
    tx.control("lock_visibilities", digests=sorted(expression.digest for expression in wanted))
    found = known(tx, wanted)
    if len(found) != len(wanted):
        raise NeedsLabels(wanted - found.keys())
    return found


@dataclass
class Interner:
    """Gives ids to new expressions inside a transaction that holds the epoch's lock.

    ``openness`` may name cases that the same transaction is about to create: units they will be open to.
    ``flush`` writes the new nodes, after such cases exist; ``moved`` are the labels for the epoch's move.
    """

    tx: Transaction
    next_visibility: int
    next_hidden: int
    next_audience: int
    openness: Mapping[str, frozenset[str]] = field(default_factory=dict)
    moved: list[str] = field(default_factory=list)
    _visibilities: list[dict[str, object]] = field(default_factory=list)
    _audiences: list[dict[str, object]] = field(default_factory=list)
    _requires: list[tuple[int, Expression]] = field(default_factory=list)
    _labels: dict[Expression, Label] = field(default_factory=dict)
    _formulas: dict[Expression, int] = field(default_factory=dict)

    @classmethod
    def begin(cls, tx: Transaction, openness: Mapping[str, frozenset[str]] | None = None) -> tuple[Interner, int]:
        """Take the epoch's lock. Returns the interner and the epoch's value."""
        row = tx.control("lock_epoch")[0]
        return cls(tx, row["next_visibility"], row["next_hidden"], row["next_audience"], openness or {}), row["value"]

    def open_to(self, cases: Iterable[str]) -> dict[str, frozenset[str]]:
        stored = self.tx.control("case_facts", ids=sorted(set(cases) - self.openness.keys()))
        return {**{row["id"]: frozenset(row["open_to"]) for row in stored}, **self.openness}

    def audience_ids(self, audiences: Iterable[Expression | None]) -> dict[Expression | None, int]:
        """Ids of audiences, new ones given where needed."""
        wanted = {a for a in audiences if a is not None}
        unknown = sorted(wanted - self._formulas.keys(), key=str)
        rows = self.tx.control("known_audiences", digests=[a.digest for a in unknown]) if unknown else []
        by_digest = {row["digest"]: row["id"] for row in rows}
        for formula in unknown:
            if formula.digest not in by_digest:
                by_digest[formula.digest] = self.next_audience
                self._audiences.append({"id": self.next_audience, "digest": formula.digest, "expression": str(formula)})
                self.moved.append(f"a{self.next_audience}")
                self.next_audience += 1
            self._formulas[formula] = by_digest[formula.digest]
        return {None: NOBODY, **{formula: self._formulas[formula] for formula in wanted}}

    def intern(self, expressions: Iterable[Expression]) -> dict[Expression, Label]:
        """Labels of all these expressions, new ones given where needed."""
        wanted = frozenset(expressions)
        if unknown := wanted - self._labels.keys():
            self._labels |= known(self.tx, unknown)
        self._add(sorted(wanted - self._labels.keys(), key=str))
        return {expression: self._labels[expression] for expression in wanted}

    def _add(self, new: Sequence[Expression]) -> None:
        if not new:
            return
        openness = self.open_to(case for expression in new for case in expression.cases)
        formulas = {expression: audience(expression, openness) for expression in new}
        ids = self.audience_ids(formulas.values())
        for expression in new:
            label = Label(self._next_id(formulas[expression] is None), ids[formulas[expression]])
            self._visibilities.append(
                {
                    "id": label.visibility,
                    "digest": expression.digest,
                    "expression": str(expression),
                    "audience": label.audience,
                }
            )
            self._requires.append((label.visibility, expression))
            self.moved.append(f"v{label.visibility}")
            self._labels[expression] = label

    def _next_id(self, hidden: bool) -> int:
        id = expression_id(self.next_hidden if hidden else self.next_visibility, hidden)
        if hidden:
            self.next_hidden = id + 1
        else:
            self.next_visibility = id + 1
        return id

    def flush(self) -> None:
        """Write the new label nodes, those that are not written yet. The cases they mention must exist by now."""
        if self._audiences:
            self.tx.control("create_audiences", rows=self._audiences)
        if self._visibilities:
            self.tx.control("create_visibilities", rows=self._visibilities)
            for kind, query in (("case:", "require_cases"), ("caveat:", "require_caveats")):
                rows = _requirements(self._requires, kind)
                if rows and self.tx.control(query, rows=rows)[0]["created"] != len(rows):
                    raise Gone("an expression names a case or caveat that does not exist")
        counters = {"visibility": self.next_visibility, "hidden": self.next_hidden, "audience": self.next_audience}
        self.tx.control("advance_counters", **counters)
        for written in (self._audiences, self._visibilities, self._requires):
            written.clear()


def _requirements(interned: Sequence[tuple[int, Expression]], kind: str) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for visibility, expression in interned:
        for number, clause in enumerate(sorted(expression.clauses, key=sorted)):
            rows += [
                {"visibility": visibility, "atom": atom.removeprefix(kind), "clause": number}
                for atom in sorted(clause)
                if atom.startswith(kind)
            ]
    return rows


def intern(tx: Transaction, expressions: Iterable[Expression]) -> None:
    """Intern expressions in a transaction of their own, and move the epoch if any was new."""
    interner, _ = Interner.begin(tx)
    interner.intern(expressions)
    if interner.moved:
        interner.flush()
        tx.control("move_epoch", labels=sorted(interner.moved))
