"""Search by name: candidates by their keys, under the person's scope, compared and ranked in Python.

What is read are visible names alone; so scores, order and what is cut hang on nothing else. Who has those that are
alike is read for one page at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
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

Given = dict[str, Any]


@dataclass(frozen=True, slots=True)
class NameQuestion:
    """A name to look for, checked. ``query``: the file that finds candidates by ``keys``, whole ones and beginnings."""

    name: str
    key: str
    kind: SubjectKind | None
    prefix: bool
    threshold: float
    query: str
    keys: list[Given]

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
    keys: list[Given] = [{"word": -1, "weight": WHOLE, "key": wanted.whole}]
    keys += [{"word": one.number, "weight": 0, "begin": one.begin, "holds": list(one.holds)} for one in wanted.begins]
    least = comparer().threshold if threshold is None else threshold
    return NameQuestion(name, key, kind, prefix, least, "names_like", keys)


@dataclass(frozen=True, slots=True)
class Alike:
    """A name that subjects of a kind visibly have, and how like the one asked for. ``held``: by so many at most."""

    value: str
    kind: str
    held: int
    likeness: Likeness

    @property
    def place(self) -> tuple[int, str]:
        return _place(self.likeness.score, self.value)


def alike(view: View, asked: NameQuestion, most: int) -> tuple[list[Alike], bool]:
    """The names that are like the one asked for, by place; and whether some were not compared.

    ``most``: names to compare, those with more words in common first.
    """
    rows = candidates(view, asked, most + 1)
    found = [Alike(**row, likeness=asked.likeness(row["value"], row["kind"])) for row in rows[:most]]
    like = [one for one in found if one.likeness.score > 0 and one.likeness.score >= asked.threshold]
    return sorted(like, key=lambda one: one.place), len(rows) > most


def candidates(view: View, asked: NameQuestion, most: int) -> list[Row]:
    """Names to compare, those with more words in common first."""
    seeks, ranged = _parted(view, asked.keys)
    kind = asked.kind and asked.kind.value
    return view.run(asked.query, kind=kind, limit=most, sought=seeks, ranged=ranged)


def _parted(view: View, wanted: Sequence[Given]) -> tuple[list[Given], list[Given]]:
    """What is sought by label, and what is not."""
    by_label = sought(view, names=sorted({_begin(one) for one in wanted}))
    seeks = [one for one in wanted if _begin(one) in by_label]
    return seeks, [one for one in wanted if _begin(one) not in by_label]


def _begin(one: Given) -> str:
    begin: str = one["key"] if "key" in one else one["begin"]
    return begin


def holders(view: View, names: Sequence[Alike], after: Key, most: int) -> list[NameHit]:
    """The subjects with these names, at most so many after such a place: each once, by the name that is most like.

    They are read for as many of the names, in their order, as it takes.

    Raises:
        Changed: one has lost its name meanwhile.
    """
    number: dict[Key, int] = {place: at for at, place in enumerate(dict.fromkeys(one.place for one in names))}
    by_name = {f"{one.kind} {one.value}": one for one in names}
    places = {name: number[one.place] for name, one in by_name.items()}
    at, id = number.get(after[:2], -1), after[2]
    hits: list[NameHit] = []
    for some in _batches([one for one in names if one.place >= after[:2]], most):
        wanted = [
            {"place": number[one.place], "key": whole_key(one.value), "value": one.value, "kind": one.kind}
            for one in some
        ]
        seeks, ranged = _parted(view, wanted)
        limit = most - len(hits)
        for row in view.run(
            "names_held", sought=seeks, ranged=ranged, places=places, after=at, after_id=id, limit=limit
        ):
            one = by_name.get(f"{row['kind']} {row['value']}")
            if one is None or row["name"] is None:
                raise Changed
            hits.append(_hit(row, one.likeness))
        if len(hits) == most:
            break
    return hits


def _batches(names: Iterable[Alike], most: int) -> Iterator[list[Alike]]:
    """As many as so many subjects may have, those of one place together."""
    batch: list[Alike] = []
    held = 0
    for _, those in groupby(names, key=lambda one: one.place):
        for one in those:
            batch.append(one)
            held += one.held
        if held >= most:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch


def _hit(row: Row, like: Likeness) -> NameHit:
    said = {column: row[column] for column in ("id", "kind", "name", "attribute", "attribute_kind", "value")}
    return NameHit(score=like.score, reason=like.reason, **said)


def place(hit: NameHit) -> Key:
    """Where it stands: the best score first, of one score by the name that was met."""
    return (*_place(hit.score, hit.value), hit.id)


def _place(score: float, value: str) -> tuple[int, str]:
    return 1000 - round(1000 * score), value[:ORDERED]
