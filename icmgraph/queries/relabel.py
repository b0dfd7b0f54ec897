"""Labels of what exists, recomputed from `own`, never from the label before.

An act changes `own` of some elements; what hangs on them follows, in the order Case, Subject, Attribute, NameKey,
relationships. Every caller holds the epoch's lock, so labels change one act at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from icmgraph.model.access import NOBODY, Expression, Own, visibility
from icmgraph.model.records import AS_ATTRIBUTE, WALKABLE
from icmgraph.queries.gateway import Retry, Row, Transaction
from icmgraph.queries.labels import Interner, Label

RECORDS = ("Case", "Subject", "Document", "Event", "Entry", "Attribute", "NameKey")
"""In the order in which labels are computed; each before what hangs on it."""
FOLLOWING = AS_ATTRIBUTE | {"NameKey"}
"""What has the `own` of its Attribute, and comes and goes with it."""
ENDS = frozenset({"Case", "Subject", "Document", "Event"})
"""Records between which links stand."""
_LOCKED = frozenset({"Case", "Subject", "Document", "Event", "Attribute"})


@dataclass(frozen=True, slots=True)
class Element:
    """A record or relationship that carries access.

    Attributes:
        what: label or type.
        ends: (id, expression as stored) of the labelled records its own label is a conjunction with.
        start, end: of a relationship: ids of its nodes; ``end`` is None for an identifier.
    """

    what: str
    id: str
    own: Own
    label: Label
    expression: Expression
    ends: tuple[tuple[str, Expression], ...] = ()
    start: str | None = None
    end: str | None = None


Transform = Callable[[Element], Own]
"""What an element says of itself after the act."""


def _own(row: Row) -> Own:
    return Own(tuple(row["cases"]), tuple(row["shared"]), tuple(row["caveats"]))


def _ends(row: Row) -> tuple[tuple[str, Expression], ...]:
    sides = [(row["start"], row["start_expression"]), (row["end"], row["end_expression"])]
    if row["what"] in AS_ATTRIBUTE:  # both end in the Attribute, and carry its label
        sides = sides[1:]
    return tuple((id, Expression.parse(text)) for id, text in sides if id is not None and text is not None)


def fragment(tx: Transaction, records: Iterable[str], links: Iterable[str] = ()) -> list[Element]:
    """These records with their attributes, name keys and relationships (a Case: itself alone), and these links."""
    ids = sorted(set(records))
    found: list[Element] = []
    for row in tx.control("fragment_records", ids=ids):
        under = ((row["under"], Expression.parse(row["under_expression"])),) if row["under"] else ()
        label, expression = Label(row["visibility"], row["audience"]), Expression.parse(row["expression"])
        found.append(Element(row["what"], row["id"], _own(row), label, expression, under))
    for row in tx.control("fragment_links", ids=ids, links=sorted(set(links))):
        label, expression = Label(row["visibility"], row["audience"]), Expression.parse(row["expression"])
        start, end = row["start"], row["end"]
        found.append(Element(row["what"], row["id"], _own(row), label, expression, _ends(row), start, end))
    return found


def recomputed(elements: Iterable[Element], transform: Transform) -> list[Element]:
    """The elements with `own` after the act and the expression that follows; pure."""
    rank = {what: number for number, what in enumerate(RECORDS)}
    after: dict[str, Element] = {}
    result: list[Element] = []
    for element in sorted(elements, key=lambda one: rank.get(one.what, len(rank))):
        ends = [after[id].expression if id in after else stored for id, stored in element.ends]
        if element.what in FOLLOWING:
            attribute = after.get(element.ends[0][0])
            own, expression = attribute.own if attribute else element.own, ends[0]
        else:
            own = transform(element)
            expression = visibility(own, *ends)
        changed = replace(element, own=own, expression=expression)
        if element.what in rank:
            after[element.id] = changed
        result.append(changed)
    return result


def apply(
    tx: Transaction, interner: Interner, records: Iterable[str], transform: Transform, links: Iterable[str] = ()
) -> int:
    """Change `own` of records, what hangs on them and links by ``transform``, and every label that follows.

    ``interner.moved`` gets the labels concerned, new ones are written.

    Returns:
        how many elements changed.

    Raises:
        Retry: a content write came between reading and locking.
    """
    before = fragment(tx, records, links)
    after = recomputed(before, transform)
    labels = interner.intern({element.expression for element in after})
    changes = [
        (old, new, labels[new.expression])
        for old, new in zip(sorted(before, key=_order), sorted(after, key=_order), strict=True)
        if old.own != new.own or old.label != labels[new.expression]
    ]
    if not changes:
        return 0
    interner.flush()
    # Visibility nodes before elements: the lock order of every writer.
    tx.control("lock_visibilities", digests=sorted({e.expression.digest for e in (*before, *after)}))
    tx.control("lock_records", ids=sorted(element.id for element in before if element.what in _LOCKED))
    if sorted(fragment(tx, records, links), key=_order) != sorted(before, key=_order):
        raise Retry
    tx.control("set_own", rows=[_row(new, label) for _, new, label in changes])
    for old, _, label in changes:
        touched(interner, old.label)
        touched(interner, label)
    return len(changes)


def touched(interner: Interner, label: Label) -> None:
    """A label of something that exists changed to or from this one: the epoch's move names it."""
    interner.moved.append(f"v{label.visibility}")
    if label.audience != NOBODY:
        interner.moved.append(f"a{label.audience}")


def beside(element: Element) -> list[str]:
    """The record whose links change with this element, for the feed: a link's start, a record itself."""
    if element.start is not None:
        return [element.start] if element.what in WALKABLE else []
    return [element.id] if element.what in ENDS else []


def _order(element: Element) -> tuple[str, str]:
    return element.what, element.id


def _row(element: Element, label: Label) -> dict[str, Any]:
    return {
        "what": element.what,
        "id": element.id,
        "records": beside(element),
        "cases": list(element.own.cases),
        "shared": list(element.own.shared),
        "caveats": list(element.own.caveats),
        "visibility": label.visibility,
        "audience": label.audience,
    }
