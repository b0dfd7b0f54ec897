"""The invariants of docs/need-to-know.md, checked on the whole graph, page by page.

Each label is recomputed from `own` and the ends, and each audience from openness, by the pure functions
of the model. Pages are transactions of their own: what is written meanwhile may look violated; run again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol, TypeVar

from icmgraph.model.access import NOBODY, Expression, Own, audience, case_atom, visibility
from icmgraph.model.identifiers import IdentifierKind
from icmgraph.model.identity import public_id
from icmgraph.model.near import TAIL
from icmgraph.model.records import AS_ATTRIBUTE, MEMBERSHIPS, RECORD_LABELS, RELATIONSHIP_TYPES
from icmgraph.queries.gateway import Row, Transaction

T = TypeVar("T")

PAGE = 5000
"""Rows a transaction: some 50 ms."""
FIRST = 10
"""Ids kept of each kind of violation."""

CROSS_CASE = frozenset({"SAME_AS", "RELATED_TO", "MENTIONS", "INVOLVED_IN", "ABOUT", "Entry"})
"""What may need several cases; an Entry and its ABOUT tell about all the cases of an act."""

Progress = Callable[[str, int, int], None]


class Reads(Protocol):
    """What is needed of a gateway (a test looks into a transaction that is rolled back)."""

    def read(self, work: Callable[[Transaction], T]) -> T: ...


@dataclass
class Result:
    """``checked``: elements by label or type; ``violations``: how many by rule; ``first``: some of their ids."""

    checked: dict[str, int] = field(default_factory=dict)
    violations: dict[str, int] = field(default_factory=dict)
    first: dict[str, list[str]] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return not self.violations

    def violated(self, rule: str, id: object) -> None:
        self.violations[rule] = self.violations.get(rule, 0) + 1
        kept = self.first.setdefault(rule, [])
        if len(kept) < FIRST:
            kept.append(str(id))


@lru_cache(maxsize=100_000)
def _parsed(text: str) -> Expression:
    return Expression.parse(text)


def _plain(own: Own, expression: str, *ends: str | None) -> bool:
    """An assertion of one case, among records of that case: nearly all are, and their text says it at once."""
    text = case_atom(own.cases[0])
    alone = len(own.cases) == 1 and not own.shared and not own.caveats
    return alone and expression == text and all(end is None or end == text for end in ends)


class _Checker:
    def __init__(self, gateway: Reads, key: bytes, progress: Progress) -> None:
        self.gateway = gateway
        self._key = key
        self.result = Result()
        self._progress = progress
        self._caveats = {row["id"]: frozenset(row["caveats"]) for row in self._control("caveated_cases")}

    def _control(self, name: str, **parameters: Any) -> list[Row]:
        return self.gateway.read(lambda tx: tx.control(name, **parameters))

    def _pages(self, name: str, first: Any, key: str, **parameters: Any) -> Iterator[Row]:
        after = first
        while True:
            rows = self._control(name, after=after, page=PAGE, **parameters)
            yield from rows
            if len(rows) < PAGE:
                return
            after = rows[-1][key]

    def run(self) -> Result:
        steps = [("Visibility", self._visibilities), *((name, self._records) for name in RECORD_LABELS)]
        steps += [*((name, self._links) for name in RELATIONSHIP_TYPES), ("Identifier", self._identifiers)]
        for number, (name, step) in enumerate(steps):
            self._progress(f"checking {name}", number, len(steps))
            self.result.checked[name] = step(name)
        self._counted()
        return self.result

    # -- labels

    def _visibilities(self, name: str) -> int:
        """Canonical, digest, atoms tied to what they name (I1), a case in each clause (I6), audience of openness."""
        count = 0
        for count, row in enumerate(self._pages("check_visibilities", 0, "id"), 1):  # noqa: B007
            expression = _parsed(row["expression"])
            violated = self._marker(f"v{row['id']}")
            if str(expression) != row["expression"] or expression.digest != row["digest"]:
                violated("I1 expression is canonical")
            if not all(any(atom.startswith("case:") for atom in clause) for clause in expression.clauses):
                violated("I6 every clause holds a case")
            openness = {case["id"]: frozenset(case["open_to"]) for case in row["cases"]}
            atoms = {f"case:{case}" for case in openness} | {f"caveat:{caveat}" for caveat in row["caveats"]}
            if atoms != expression.atoms:
                violated("I1 expression is tied to its cases and caveats")
            formula = audience(expression, openness)
            if row["audience"] == NOBODY:
                right = formula is None
            else:
                stored = (row["formula"], row["formula_digest"])
                right = formula is not None and stored == (str(formula), formula.digest)
            if not right:
                violated("I1 audience is that of openness")
        return count

    def _marker(self, id: object) -> Callable[[str], None]:
        return lambda rule: self.result.violated(rule, id)

    # -- records and relationships

    def _records(self, name: str) -> int:
        count = 0
        for count, row in enumerate(self._pages("check_records", "", "id", label=name), 1):  # noqa: B007
            own = self._own(name, row)
            if own is None:
                continue
            if not row["said"]:
                self.result.violated("I1 a key of a name says the name", row["id"])
            if name == "Case" and own.cases != (row["id"],):
                self.result.violated("I5 a case asserts itself", row["id"])
            needs = name in ("Attribute", "NameKey")
            if needs and len(row["under"]) != 1:
                self.result.violated(f"I1 {name} hangs on one record", row["id"])
                continue
            if _plain(own, row["expression"], *row["under"]):
                continue
            ends = [_parsed(text) for text in row["under"]] if needs else []
            if _parsed(row["expression"]) != visibility(own, *ends):
                self.result.violated("I1 visibility is that of own", row["id"])
        return count

    def _links(self, name: str) -> int:
        count = 0
        for count, row in enumerate(self._pages("check_links", "", "id", type=name), 1):  # noqa: B007
            violated = self._marker(row["id"])
            own = self._own(name, row)
            if own is None:
                continue
            if row["start"] is None or (row["end"] is None and not row["end_key"]):
                violated("I1 both ends are labelled")
                continue
            if row["end_key"] and row["key"] != row["end_key"]:
                violated("I1 key is the identifier's")
            if name in MEMBERSHIPS and own.cases != (row["end_id"],):
                violated("I5 asserted by the case it stands in")
            if _plain(own, row["expression"], row["start"], row["end"]):
                continue
            expression = _parsed(row["expression"])
            ends = [_parsed(text) for text in (row["start"], row["end"]) if text is not None]
            if not all(expression.implies(end) for end in ends):
                violated("I2 closure")
            wanted = ends[-1 if name == "HAS_ATTRIBUTE" else 1] if name in AS_ATTRIBUTE else visibility(own, *ends)
            if expression != wanted:
                violated("I1 visibility is that of own and ends")
        return count

    def _own(self, name: str, row: Row) -> Own | None:
        """`own` and the labels, present and of the right shape; None when they are not."""
        violated = self._marker(row["id"])
        lists = (row["cases"], row["shared"], row["caveats"])
        if any(not isinstance(part, list) for part in lists) or not row["cases"]:
            violated("I1 own is there")
            return None
        if row["expression"] is None or not isinstance(row["audience"], int):
            violated("I1 visibility and audience are there")
            return None
        if row["audience"] != row["label_audience"]:
            violated("I1 audience is that of the visibility")
        own = Own(*(tuple(part) for part in lists))
        if len(own.cases) > 1 and name not in CROSS_CASE:
            violated("I5 one asserting case")
        needed = {caveat for case in own.cases for caveat in self._caveats.get(case, ())}
        if not needed <= set(own.caveats):
            violated("I1 own holds the case's caveats")
        return own

    # -- identifiers, and what pages cannot meet

    def _identifiers(self, name: str) -> int:
        """Nothing beside what the key tells (I1, I3)."""
        count = 0
        for count, row in enumerate(self._pages("check_identifiers", "", "key"), 1):  # noqa: B007
            properties: Mapping[str, Any] = row["properties"]
            kind, _, value = row["key"].partition(":")
            tail = {"tail": value[-TAIL:]} if kind == IdentifierKind.PHONE else {}
            if {**properties, "lock": 0} != {"key": row["key"], "kind": kind, "value": value, "lock": 0, **tail}:
                self.result.violated("I3 an identifier holds what its key tells", public_id(self._key, row["key"]))
        return count

    def _counted(self) -> None:
        """Elements that the pages passed by have no id."""
        for row in self._control("count_elements"):
            if row["elements"] != self.result.checked[row["name"]]:
                self.result.violated("I1 id is there", f"{row['name']}, {row['elements']} in all")


def check(gateway: Reads, key: bytes, progress: Progress = lambda what, done, of: None) -> Result:
    """Check I1, I2, I3 (identifiers), I5 and I6.

    Args:
        key: of identifiers' public ids: violations are given by ids, never by values.
    """
    return _Checker(gateway, key, progress).run()
