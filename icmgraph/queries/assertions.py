"""Batches of new assertions: their labels computed, their ends locked, everything written in one transaction.

The one place that writes labelled content. Callers say what is asserted and by which case; never a label.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from icmgraph.model.access import Expression, Own, visibility
from icmgraph.model.identifiers import NORMALISER, NormalisedIdentifier
from icmgraph.model.names import NAME_NORMALISER
from icmgraph.queries.gateway import Retry, Transaction
from icmgraph.queries.labels import Label, lock_and_read

_NODE_QUERIES = {
    "Case": "create_cases",
    "Subject": "create_subjects",
    "Attribute": "create_attributes",
    "Document": "create_documents",
    "Event": "create_events",
    "Entry": "create_entries",
    "NameKey": "create_name_keys",
}
"""In the order in which records are created; each label before what hangs on it."""

_LINK_QUERIES = (
    "link_subject_of",
    "link_filed_in",
    "link_part_of",
    "link_has_attribute",
    "link_key_of",
    "link_has_identifier",
    "link_involved_in",
    "link_at",
    "link_mentions_subject",
    "link_mentions_identifier",
    "link_linked_to",
    "link_same_as",
    "link_related_to",
    "link_about_case",
    "link_about_subject",
    "link_about_document",
    "link_about_event",
)


Intern = Callable[[Set[Expression]], Mapping[Expression, Label]]
"""Gives expressions their labels; of one who holds the epoch's lock."""


@dataclass(frozen=True, slots=True)
class NewRecord:
    """``under``: the record whose visibility it takes too (an Attribute's Subject, a NameKey's Attribute)."""

    label: str
    id: str
    own: Own
    properties: Mapping[str, Any]
    under: str | None = None


@dataclass(frozen=True, slots=True)
class NewLink:
    """``query``: the file that writes it. ``end``: a record's id, or the identifier it ends in.

    ``as_end``: it carries its end's labels and no more (HAS_ATTRIBUTE, KEY_OF: their Attribute's).
    """

    query: str
    id: str
    own: Own
    start: str
    end: str | NormalisedIdentifier
    properties: Mapping[str, Any]
    as_end: bool = False


@dataclass
class Batch:
    """What one transaction will assert.

    Attributes:
        by: id of the user who asserts, or the importer's name.
        at: when.
    """

    by: str
    at: datetime
    records: list[NewRecord] = field(default_factory=list)
    links: list[NewLink] = field(default_factory=list)

    def mark(self) -> tuple[int, int]:
        """Where it stands, for ``back``."""
        return len(self.records), len(self.links)

    def back(self, mark: tuple[int, int]) -> None:
        """Forget what was added since."""
        del self.records[mark[0] :], self.links[mark[1] :]

    def record(self, label: str, id: str, own: Own, /, under: str | None = None, **properties: Any) -> str:
        self.records.append(NewRecord(label, id, own, properties, under))
        return id

    def link(
        self,
        query: str,
        id: str,
        own: Own,
        start: str,
        end: str | NormalisedIdentifier,
        /,
        as_end: bool = False,
        **properties: Any,
    ) -> str:
        self.links.append(NewLink(query, id, own, start, end, properties, as_end))
        return id

    def name_key(self, id: str, link: str, own: Own, attribute: str, key: str) -> None:
        """A key under which the name that is this attribute's value is found, and its KEY_OF, whose id ``link`` is."""
        self.record("NameKey", id, own, under=attribute, key=key)
        self.link("link_key_of", link, own, id, attribute, as_end=True)

    def entry(
        self, ids: Callable[[], str], own: Own, act: str, about: Iterable[tuple[str, str]], content: Any = None
    ) -> None:
        """The history of an act: an Entry about records, given as (label, id)."""
        text = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str) if content is not None else None
        entry = self.record("Entry", ids(), own, act=act, at=self.at, content=text)
        for label, record in about:
            self.link(f"link_about_{label.lower()}", ids(), own, entry, record)

    def put(self, tx: Transaction, intern: Intern | None = None, locked: Callable[[], None] = lambda: None) -> None:
        """Write the batch.

        Args:
            tx: a WRITE transaction.
            intern: gives labels, of a caller who holds the epoch's lock; otherwise the Visibility nodes
                are locked and read here, and then the records the batch attaches to.
            locked: called once they are locked, before anything is written.

        Raises:
            NeedsLabels: expressions are not interned yet.
            Retry: a label changed between reading and locking, or a record that is attached to is gone.
        """
        new = {record.id for record in self.records}
        anchors = {r.under for r in self.records if r.under} | {link.start for link in self.links}
        anchors |= {link.end for link in self.links if isinstance(link.end, str)}
        outside = sorted(anchors - new)
        read = tx.control("record_labels", ids=outside) if outside else []
        if len(read) != len(outside):
            raise Retry
        expressions = {row["id"]: Expression.parse(row["expression"]) for row in read}
        self.express(expressions)
        wanted = set(expressions.values()) | {self._link_expression(link, expressions) for link in self.links}
        if intern is not None:
            labels = intern(wanted)
        else:
            labels = lock_and_read(tx, wanted)
            if outside:
                tx.control("lock_records", ids=outside)
                again = {row["id"]: row for row in tx.control("record_labels", ids=outside)}
                # The audience comes from the locked Visibility; a record's own may have yet to catch up with it.
                if any(row["id"] not in again or again[row["id"]]["visibility"] != row["visibility"] for row in read):
                    raise Retry
        locked()
        self._create_records(tx, expressions, labels)
        self._create_links(tx, expressions, labels)

    def express(self, expressions: dict[str, Expression]) -> None:
        """Add the expression of each new record; ``expressions`` holds those of the records outside."""
        for label in _NODE_QUERIES:
            for record in self.records:
                if record.label == label:
                    ends = (expressions[record.under],) if record.under else ()
                    expressions[record.id] = visibility(record.own, *ends)

    def _link_expression(self, link: NewLink, expressions: Mapping[str, Expression]) -> Expression:
        if link.as_end and isinstance(link.end, str):
            return expressions[link.end]
        ends = [expressions[link.start]]
        if isinstance(link.end, str):
            ends.append(expressions[link.end])
        return visibility(link.own, *ends)

    def _labelled(self, item: NewRecord | NewLink, expression: Expression, labels: Mapping[Expression, Label]) -> Any:
        label = labels[expression]
        return {
            **item.properties,
            "id": item.id,
            "cases": list(item.own.cases),
            "shared": list(item.own.shared),
            "caveats": list(item.own.caveats),
            "visibility": label.visibility,
            "audience": label.audience,
        }

    def _common(self) -> dict[str, Any]:
        return {"asserted_by": self.by, "asserted_at": self.at}

    def _create_records(
        self, tx: Transaction, expressions: Mapping[str, Expression], labels: Mapping[Expression, Label]
    ) -> None:
        for label, query in _NODE_QUERIES.items():
            by_version = {"normaliser": NAME_NORMALISER} if label == "NameKey" else {}
            rows = [
                {
                    "properties": self._labelled(record, expressions[record.id], labels) | by_version,
                    "kind": record.properties.get("kind"),
                }
                for record in self.records
                if record.label == label
            ]
            if rows:
                exactly(tx, query, rows, common=self._common())

    def _create_links(
        self, tx: Transaction, expressions: Mapping[str, Expression], labels: Mapping[Expression, Label]
    ) -> None:
        by_query: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for link in self.links:
            properties = self._labelled(link, self._link_expression(link, expressions), labels)
            row: dict[str, Any] = {"start": link.start, "properties": properties}
            if isinstance(link.end, NormalisedIdentifier):
                # A hashed key stands for a value too long to be indexed; the node keeps what the key tells.
                row |= {"key": link.end.key, "kind": link.end.kind.value, "value": link.end.key.partition(":")[2]}
                properties |= {"key": link.end.key, "normaliser": link.properties.get("normaliser", NORMALISER)}
            else:
                row["end"] = link.end
            by_query[link.query].append(row)
        for query in _LINK_QUERIES:
            # Sorted by key: two batches that merge the same identifiers meet in one order.
            rows = sorted(by_query.pop(query, []), key=lambda row: row.get("key", ""))
            if rows:
                exactly(tx, query, rows, common=self._common())
        if by_query:
            raise AssertionError(f"unknown link queries: {sorted(by_query)}")


def exactly(tx: Transaction, query: str, rows: list[dict[str, Any]], **common: Any) -> None:
    """Run a query that creates one thing a row.

    Args:
        common: ``common=``, properties of all rows that say nothing else: the driver takes a tenth of a millisecond
            for one time, as long as the server for the whole row.

    Raises:
        Retry: it created fewer.
    """
    if tx.control(query, rows=rows, **common)[0]["created"] != len(rows):
        # An end went away between locking and writing (an Identifier's sweep): begin again.
        raise Retry
