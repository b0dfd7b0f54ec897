"""Search by name: candidates by their keys, under the person's scope, compared and ranked in Python.

What is read are visible names alone; so scores, order and what is cut hang on nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from icmgraph.audit import Private
from icmgraph.model.answers import NameHit
from icmgraph.model.comparison import Likeness, comparer
from icmgraph.model.names import began, beginnings, whole_key
from icmgraph.model.names import sought as words_of
from icmgraph.model.records import SubjectKind
from icmgraph.queries.cursors import Key
from icmgraph.queries.explore import Changed
from icmgraph.queries.gateway import Row
from icmgraph.queries.seeking import sought
from icmgraph.queries.session import View

WHOLE = 100
"""More than any number of words: names with the same words as the one asked for are compared before all others."""

ORDERED = 256
"""Characters of a name that its place in the order hangs on; a cursor holds them, and has to fit into a URL."""

FIRST: Key = (-1, "", "")
"""Before all places."""


@dataclass(frozen=True, slots=True)
class NameQuestion:
    """A name to look for, checked. ``query``: the file that finds candidates by ``keys``, whole ones and beginnings."""

    name: str
    key: str
    kind: SubjectKind | None
    prefix: bool
    threshold: float
    query: str
    keys: list[dict[str, Any]]

    def audited(self) -> dict[str, Any]:
        """What the audit keeps."""
        said = {"name": Private.keys([self.key]), "kind": self.kind and self.kind.value}
        return {**said, "prefix": self.prefix, "threshold": round(1000 * self.threshold)}

    def likeness(self, value: str, kind: str) -> Likeness:
        if self.prefix:
            return Likeness(*began(self.name, value))
        return comparer().compare(self.name, value, SubjectKind(kind))


def question(name: str, kind: SubjectKind | None, prefix: bool, threshold: float | None) -> NameQuestion:
    """
    Raises:
        InvalidInput: naming the field, never the name.
    """
    key = whole_key(name)
    if prefix:
        begins = [{"begin": one.begin, "holds": one.holds} for one in beginnings(name)]
        least = 0.0 if threshold is None else threshold
        return NameQuestion(name, key, kind, prefix, least, "names_beginning", begins)
    wanted = words_of(name)
    keys: list[dict[str, Any]] = [{"word": -1, "weight": WHOLE, "key": wanted.whole}]
    keys += [{"word": one.number, "weight": 0, "begin": one.begin, "holds": list(one.holds)} for one in wanted.begins]
    least = comparer().threshold if threshold is None else threshold
    return NameQuestion(name, key, kind, prefix, least, "names_like", keys)


def answer(view: View, asked: NameQuestion, most: int) -> tuple[list[NameHit], bool]:
    """All hits in their order, one a subject, without their display names; and whether candidates were cut.

    ``most``: names to compare, those with more words in common first.
    """
    rows = candidates(view, asked, most + 1)
    best: dict[str, NameHit] = {}
    for hit in sorted(_hits(asked, rows[:most]), key=lambda hit: (place(hit), hit.attribute)):
        best.setdefault(hit.id, hit)
    return sorted(best.values(), key=place), len(rows) > most


def candidates(view: View, asked: NameQuestion, most: int) -> list[Row]:
    """Names to compare, those with more words in common first."""
    by_label = sought(view, names=sorted({_begin(one) for one in asked.keys}))
    seeks = [one for one in asked.keys if _begin(one) in by_label]
    ranged = [one for one in asked.keys if _begin(one) not in by_label]
    kind = asked.kind and asked.kind.value
    return view.run(asked.query, kind=kind, limit=most, sought=seeks, ranged=ranged)


def _begin(one: Mapping[str, Any]) -> str:
    begin: str = one["key"] if "key" in one else one["begin"]
    return begin


def _hits(asked: NameQuestion, rows: Iterable[Row]) -> Iterable[NameHit]:
    for row in rows:
        like = asked.likeness(row["value"], row["kind"])
        if like.score > 0 and like.score >= asked.threshold:
            said = {column: row[column] for column in ("kind", "attribute", "attribute_kind", "value")}
            yield NameHit(id=row["subject"], name="", score=like.score, reason=like.reason, **said)


def place(hit: NameHit) -> Key:
    """Where it stands: the best score first."""
    return (1000 - round(1000 * hit.score), hit.value[:ORDERED], hit.id)


def named(view: View, hits: list[NameHit]) -> list[NameHit]:
    """The same, with their display names.

    Raises:
        Changed: one is no longer seen.
    """
    names = {row["id"]: row["name"] for row in view.run("nodes", ids=[hit.id for hit in hits])} if hits else {}
    if not names.keys() >= {hit.id for hit in hits}:
        raise Changed
    return [hit.model_copy(update={"name": names[hit.id]}) for hit in hits]
