"""Access expressions, audiences, scopes: the pure rules of who may see what.

An *expression* is a monotone formula over atoms in disjunctive normal form: a set of clauses, each a
set of atoms, canonical when no clause contains another. Atoms are text:

- ``case:<id>``    held directly (a dated assignment, leading) or by unit (the case is open to a sight unit);
- ``caveat:<id>``  held by the persons on a dated list;
- ``unit:<id>``    only in audiences: held by whoever has that unit among their sight units.

An *audience* is an expression with openness substituted: a formula over units and caveats that
depends on no clock. ``None`` stands for "nobody qualifies without a grant"; its interned id is 0.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import groupby, product

Clause = frozenset[str]

NOBODY = 0
"""The audience id that is in no scope."""

OPEN_UNITS = 8
"""A case is open to at most so many units; who needs more names their common ancestor."""


def case_atom(case: str) -> str:
    return f"case:{case}"


def caveat_atom(caveat: str) -> str:
    return f"caveat:{caveat}"


def unit_atom(unit: str) -> str:
    return f"unit:{unit}"


def minimal(clauses: Iterable[Clause]) -> frozenset[Clause]:
    """Drop each clause that a smaller one already implies (absorption)."""
    unique = set(clauses)
    if len(unique) == 1:  # nearly every expression there is
        return frozenset(unique)
    kept: list[Clause] = []
    for clause in sorted(unique, key=len):
        if not any(small <= clause for small in kept):
            kept.append(clause)
    return frozenset(kept)


@dataclass(frozen=True, slots=True)
class Expression:
    """A canonical monotone formula. Equal formulas are equal values."""

    clauses: frozenset[Clause]

    @classmethod
    def of(cls, clauses: Iterable[Iterable[str]]) -> Expression:
        return cls(minimal(frozenset(clause) for clause in clauses))

    @classmethod
    def parse(cls, text: str) -> Expression:
        """Read back ``str(expression)``. ``parse(str(e)) == e``."""
        return cls.of(clause.split(" & ") for clause in text.split(" | "))

    def __str__(self) -> str:
        return " | ".join(sorted(" & ".join(sorted(clause)) for clause in self.clauses))

    def __and__(self, other: Expression) -> Expression:
        if self.clauses == other.clauses:  # an assertion and its ends in one case
            return self
        return Expression(minimal(a | b for a, b in product(self.clauses, other.clauses)))

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical text, in hex: what interning is unique on."""
        return hashlib.sha256(str(self).encode()).hexdigest()

    @property
    def atoms(self) -> frozenset[str]:
        return frozenset(atom for clause in self.clauses for atom in clause)

    @property
    def cases(self) -> frozenset[str]:
        """Ids of the cases it mentions."""
        return frozenset(atom.removeprefix("case:") for atom in self.atoms if atom.startswith("case:"))

    @property
    def caveats(self) -> frozenset[str]:
        """Ids of the caveats it mentions."""
        return frozenset(atom.removeprefix("caveat:") for atom in self.atoms if atom.startswith("caveat:"))

    def satisfied(self, held: Set[str]) -> bool:
        return any(clause <= held for clause in self.clauses)

    def implies(self, other: Expression) -> bool:
        """True when every holder of this holds the other too."""
        return all(any(theirs <= ours for theirs in other.clauses) for ours in self.clauses)


@dataclass(frozen=True, slots=True)
class Own:
    """What an assertion itself says of its access: ((all of cases) or each of shared) and all caveats."""

    cases: tuple[str, ...]
    shared: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()

    @property
    def expression(self) -> Expression:
        """
        Raises:
            ValueError: without a case; every clause of every expression holds one (invariant I6).
        """
        if not self.cases:
            raise ValueError("an assertion needs a case")
        caveats = frozenset(map(caveat_atom, self.caveats))
        clauses = [frozenset(map(case_atom, self.cases)) | caveats]
        clauses += [frozenset({case_atom(case)}) | caveats for case in self.shared]
        return Expression(minimal(clauses))


def visibility(own: Own, *ends: Expression) -> Expression:
    """The expression of an assertion: its own, and that of each labelled end."""
    result = own.expression
    for end in ends:
        result = result & end
    return result


def audience(expression: Expression, openness: Mapping[str, Set[str]]) -> Expression | None:
    """Substitute openness: who qualifies by unit alone.

    Args:
        expression: over cases and caveats.
        openness: for each case mentioned, the ids of the units it is open to; a missing case is open to nobody.

    Returns:
        A formula over units and caveats, or None when nobody qualifies without a grant.
    """
    clauses: list[Clause] = []
    for clause in expression.clauses:
        cases = [atom.removeprefix("case:") for atom in clause if atom.startswith("case:")]
        caveats = frozenset(atom for atom in clause if atom.startswith("caveat:"))
        choices = [sorted(openness.get(case, frozenset())) for case in cases]
        clauses += [caveats | frozenset(map(unit_atom, units)) for units in product(*choices)]
    return Expression(minimal(clauses)) if clauses else None


BITS = 7
"""Ids to a byte of ``bits``: the graph takes a byte for a number with a sign."""
PAGE = 256 * BITS
"""Ids to a page of ``paged``."""


def bits(ids: Sequence[int]) -> bytes:
    """The ids, sorted, as bits: ``id`` is among them if bit ``id % 7`` of byte ``id // 7`` is set."""
    made = bytearray(ids[-1] // BITS + 1 if ids else 0)
    for id in ids:
        made[id // BITS] |= 1 << id % BITS
    return bytes(made)


def paged(ids: Sequence[int]) -> tuple[list[int], bytes]:
    """The ids, sorted, as bits in pages: where each page begins in the bytes, in which equal pages stand once.

    Who leads many restricted cases sees few expressions of many; where those stand together, most pages are empty.
    """
    size = PAGE // BITS
    made = {page: bits([id % PAGE for id in some]) for page, some in groupby(ids, lambda id: id // PAGE)}
    pages = [made.get(page, b"").ljust(size, b"\0") for page in range(max(made, default=-1) + 1)]
    begins = {page: number * size for number, page in enumerate(dict.fromkeys(pages))}
    return [begins[page] for page in pages], b"".join(begins)


def expression_id(free: int, hidden: bool) -> int:
    """The next id of an expression, from one that is free of those that are ``hidden`` (of no audience) or not.

    Each have every other page: so what only direct grants and leading show stands together (``paged``). Openness may
    change later; the id stays.
    """
    page = free // PAGE
    return free if page % 2 == hidden else (page + 1) * PAGE


@dataclass(frozen=True)
class Scope:
    """What one person may read, as two allow-lists of interned ids. Only ``policy.resolve`` makes one.

    Attributes:
        audiences: every interned audience the person's sight units and caveats satisfy, sorted.
        visibilities: every interned expression satisfied only with the help of a direct grant, sorted.
        epoch: the epoch under whose lock the lists were read.
        valid_until: the next boundary of a dated input, on the database's clock; None if there is none.
    """

    audiences: tuple[int, ...]
    visibilities: tuple[int, ...]
    epoch: int
    valid_until: datetime | None = None

    @cached_property
    def entries(self) -> int:
        return len(self.audiences) + len(self.visibilities)

    @cached_property
    def bits(self) -> tuple[bytes, list[int], bytes]:
        """The audiences as bits, the visibilities as pages of bits."""
        return bits(self.audiences), *paged(self.visibilities)

    @cached_property
    def _hash(self) -> int:
        return hash((self.audiences, self.visibilities, self.epoch, self.valid_until))

    def __hash__(self) -> int:
        return self._hash  # of thousands of ids, for each question that memory answers

    def same_lists(self, other: Scope) -> bool:
        return self.audiences == other.audiences and self.visibilities == other.visibilities

    def touches(self, labels: Iterable[str]) -> bool:
        """True when one of an epoch move's labels (``a<id>`` or ``v<id>``) is in the lists."""
        mine = {f"a{i}" for i in self.audiences} | {f"v{i}" for i in self.visibilities}
        return not mine.isdisjoint(labels)
