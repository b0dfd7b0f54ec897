"""Writes of a bulk load into a running graph, as the operator: what was prepared from interchange files, part by part.

Each part is one intent and one transaction, which leaves a mark: a load that was killed skips the parts that are in.
Ids are derived, so what is in the graph by another mark (the files have changed since) is found by its id.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from threading import RLock
from typing import Any

from icmgraph.errors import Conflict
from icmgraph.model.access import Expression, Own
from icmgraph.queries.assertions import exactly
from icmgraph.queries.gateway import Retry, Transaction
from icmgraph.queries.labels import Interner, Label, lock_and_read
from icmgraph.queries.operator import Operator

CREATE = {
    "Case": "create_cases", "Subject": "create_subjects", "Attribute": "create_attributes",
    "Document": "create_documents", "Event": "create_events", "Entry": "create_entries", "NameKey": "create_name_keys",
}  # fmt: skip
CHANGED = "what it belongs to is gone from the graph, or has other caveats or shares than the files say"

Item = dict[str, Any]
"""Properties, and ``own`` and ``vis`` (numbers in the tables of a Part); of a link ``start`` and ``end`` too."""


@dataclass
class Part:
    """What one transaction writes.

    Attributes:
        nodes: by label; links: by the query that writes them.
        outside: id of each record that is attached to and not written here, with the number of its expression.
    """

    mark: str
    owns: Sequence[Own]
    expressions: Sequence[Expression]
    nodes: dict[str, list[Item]] = field(default_factory=dict)
    links: dict[str, list[Item]] = field(default_factory=dict)
    outside: dict[str, int] = field(default_factory=dict)


@dataclass
class Cases:
    """Cases to open. By id: the units each is open to, the one it belongs to, its mark; and the agents' assignments."""

    part: Part
    openness: Mapping[str, frozenset[str]]
    units: Mapping[str, str]
    marks: Mapping[str, str]
    agents: Sequence[Mapping[str, Any]]


@dataclass
class Written:
    """``already``: ids that were in the graph; ``refused``: ids that could not be attached any more."""

    already: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    relationships: int = 0


class Loader:
    """One load's writes. ``by``: what its assertions say of who asserts; ``at``: when."""

    def __init__(self, operator: Operator, name: str, by: str, at: datetime) -> None:
        self._operator = operator
        self._said = {"load": name}
        self._by = by
        self._at = at
        self._turn = RLock()
        """Of the part that links to identifiers: two at once would wait for each other's, in a circle."""

    def known(self, marks: Iterable[str]) -> set[str]:
        wanted = sorted(marks)
        rows = self._operator.gateway.read(lambda tx: tx.control("imported_rows", digests=wanted)) if wanted else []
        return {row["digest"] for row in rows}

    def mark(self, marks: Sequence[str]) -> None:
        self._operator.write(
            "load.end", self._said, lambda tx: _none(tx.control("create_import_rows", rows=list(marks)))
        )

    def open_cases(self, cases: Cases) -> Written:
        """Open cases, each with its unit, openness, agent and Entry. One that an earlier load opened stays as it is."""

        def work(tx: Transaction, interner: Interner) -> tuple[Written, bool]:
            part, written = cases.part, Written()
            ids = [case["id"] for case in part.nodes["Case"]]
            there = {row["id"] for row in tx.control("record_labels", ids=ids)}
            loaded = {row["digest"] for row in tx.control("imported_rows", digests=sorted(cases.marks.values()))}
            # Destroyed or merged since: it is not opened again, and what belongs to it finds no case.
            gone = {id for id in ids if cases.marks[id] in loaded} - there
            new = [id for id in ids if id not in there | gone]
            written.already, written.refused = there, gone
            tx.control("create_import_rows", rows=[part.mark, *(cases.marks[id] for id in new)])
            if not new:
                return written, False
            kept = set(new)
            interner.openness = {id: cases.openness[id] for id in new}
            entries = {link["start"] for link in part.links["link_about_case"] if link["end"] in kept}
            nodes = {
                "Case": [case for case in part.nodes["Case"] if case["id"] in kept],
                "Entry": [entry for entry in part.nodes["Entry"] if entry["id"] in entries],
            }
            links = {"link_about_case": [link for link in part.links["link_about_case"] if link["end"] in kept]}
            labels = interner.intern({part.expressions[case["vis"]] for case in nodes["Case"]})
            with ExitStack() as turn:
                written.relationships = self._create(tx, part, nodes, links, labels, turn)
            exactly(tx, "place_cases", [{"case": id, "unit": cases.units[id]} for id in new])
            opened = [{"case": id, "unit": unit} for id in new for unit in sorted(cases.openness[id])]
            if opened:
                exactly(tx, "open_cases_to", opened)
            exactly(tx, "assign", [dict(row) for row in cases.agents if row["case"] in kept])
            return written, True

        return self._operator.govern("load.cases", self._said | {"cases": len(cases.units)}, work)

    def intern(self, expressions: Sequence[Expression]) -> None:
        """Give labels to expressions that parts will carry; those that name a case that is gone get none."""

        def work(tx: Transaction, interner: Interner) -> tuple[None, bool]:
            interner.openness = interner.open_to({case for one in expressions for case in one.cases})
            interner.intern(one for one in expressions if one.cases <= interner.openness.keys())
            return None, False

        self._operator.govern("load.labels", self._said | {"labels": len(expressions)}, work)

    def assign(self, rows: Sequence[Mapping[str, Any]], marks: Mapping[str, str], mark: str) -> Written:
        """Dated assignments. One that an earlier load made is not made again, also when it was ended since.

        Args:
            marks: by the assignments' ids; ``mark``: of them all.
        """

        def work(tx: Transaction, interner: Interner) -> tuple[Written, bool]:
            loaded = {row["digest"] for row in tx.control("imported_rows", digests=sorted(marks.values()))}
            cases = {row["id"] for row in tx.control("record_labels", ids=sorted({row["case"] for row in rows}))}
            there = {row["id"] for row in rows if marks[row["id"]] in loaded}
            refused = {row["id"] for row in rows if row["case"] not in cases} - there
            new = [dict(row) for row in rows if row["id"] not in there | refused]
            tx.control("create_import_rows", rows=[mark, *(marks[row["id"]] for row in new)])
            if new:
                exactly(tx, "assign", new)
            return Written(there, refused, len(new)), bool(new)

        return self._operator.govern("load.assignments", self._said | {"assignments": len(rows)}, work)

    def put(self, part: Part) -> Written:
        """Write a part; what is in the graph already, by its id, is left out.

        The first try takes all of it for new, which it nearly always is; a constraint says when it is not.
        """
        said = self._said | {"nodes": sum(map(len, part.nodes.values())), "links": sum(map(len, part.links.values()))}

        def tried(look: bool) -> Written:
            with ExitStack() as turn:
                return self._operator.write("load.content", said, lambda tx: self._put(tx, part, turn, look=look))

        try:
            return tried(False)
        except Conflict:
            return tried(True)

    def _put(self, tx: Transaction, part: Part, turn: ExitStack, *, look: bool) -> Written:
        written = Written(already=_existing(tx, part) if look else set())
        # What is there already may have changed since, as what is not of this part may.
        attached = part.outside | {
            item["id"]: item["vis"]
            for label in _ATTACHED
            for item in part.nodes.get(label, ())
            if item["id"] in written.already
        }
        outside = sorted(attached)
        found = {row["id"]: row["expression"] for row in tx.control("record_labels", ids=outside)}
        changed = {id for id in outside if found.get(id) != str(part.expressions[attached[id]])}
        nodes, links = _left(part, written, changed)
        used = {item["vis"] for items in (*nodes.values(), *links.values()) for item in items}
        used |= {attached[id] for id in outside if id not in changed}
        labels = lock_and_read(tx, {part.expressions[one] for one in used})
        tx.control("lock_records", ids=[id for id in outside if id not in changed])
        again = {row["id"]: row["expression"] for row in tx.control("record_labels", ids=outside)}
        if again != found:
            raise Retry
        tx.control("create_import_rows", rows=[part.mark])
        written.relationships = self._create(tx, part, nodes, links, labels, turn)
        return written

    def _create(
        self,
        tx: Transaction,
        part: Part,
        nodes: Mapping[str, list[Item]],
        links: Mapping[str, list[Item]],
        labels: Mapping[Expression, Label],
        turn: ExitStack,
    ) -> int:
        """``turn``: held until the transaction has ended, from where it meets what other parts write too."""
        by_number = {
            item["vis"]: labels[part.expressions[item["vis"]]]
            for items in (*nodes.values(), *links.values())
            for item in items
        }
        common = {"asserted_by": self._by, "asserted_at": self._at}

        def labelled(item: Item) -> Item:
            own, label = part.owns[item["own"]], by_number[item["vis"]]
            said = {name: value for name, value in item.items() if name not in _NOT_PROPERTIES}
            said["cases"], said["shared"], said["caveats"] = list(own.cases), list(own.shared), list(own.caveats)
            said["visibility"], said["audience"] = label.visibility, label.audience
            return said

        for label, query in CREATE.items():
            if made := [{"properties": labelled(item), "kind": item.get("kind")} for item in nodes.get(label, ())]:
                exactly(tx, query, made, common=common)
        for query in sorted(links, key=IDENTIFYING.__contains__):
            rows: list[Item] = [
                {"start": item["start"], "end": item["end"], "properties": labelled(item)} for item in links[query]
            ]
            if not rows:
                continue
            if query in IDENTIFYING:
                for row in rows:
                    kind, _, value = row["properties"]["key"].partition(":")
                    row |= {"key": row.pop("end"), "kind": kind, "value": value}
                rows.sort(key=lambda row: str(row["key"]))  # who else merges the same keys meets them in one order
                turn.enter_context(self._turn)
            exactly(tx, query, rows, common=common)
        return sum(map(len, links.values()))


IDENTIFYING = frozenset({"link_has_identifier", "link_mentions_identifier", "link_at"})
"""Their end is an identifier, by its key."""
_ATTACHED = ("Document", "Subject", "Event")
"""What something else may hang on."""
_NOT_PROPERTIES = frozenset({"own", "vis", "start", "end", "row"})


def _existing(tx: Transaction, part: Part) -> set[str]:
    nodes = [item["id"] for items in part.nodes.values() for item in items]
    links = [item["id"] for items in part.links.values() for item in items]
    there = {row["id"] for row in tx.control("record_labels", ids=nodes)} if nodes else set()
    return there | {row["id"] for row in tx.control("existing_links", ids=links)}


def _left(part: Part, written: Written, changed: set[str]) -> tuple[dict[str, list[Item]], dict[str, list[Item]]]:
    """What is to be written: without what is there, and without what hangs on a record that ``changed``."""
    if not written.already and not changed:
        return part.nodes, part.links
    there = written.already
    ties = [
        link for query in ("link_subject_of", "link_filed_in", "link_part_of") for link in part.links.get(query, ())
    ]
    bad = changed | {link["start"] for link in ties if link["end"] in changed and link["row"] is None}
    has = part.links.get("link_has_attribute", ())
    bad |= {link["end"] for link in has if link["start"] in bad}
    gone = there | bad
    # The keys of a name come and go with it.
    keys = {link["start"] for link in part.links.get("link_key_of", ()) if link["end"] in gone}
    nodes = {
        label: [item for item in items if item["id"] not in gone and item["id"] not in keys]
        for label, items in part.nodes.items()
    }
    links: dict[str, list[Item]] = {}
    for query, items in part.links.items():
        if query in ("link_has_attribute", "link_key_of"):
            links[query] = [item for item in items if item["end"] not in gone]
            continue
        refused = {item["id"] for item in items if item["start"] in bad or item["end"] in bad}
        links[query] = [item for item in items if item["id"] not in there and item["id"] not in refused]
        written.refused |= refused - there
    written.refused |= bad - changed - there
    return nodes, links


def _none(_: object) -> None:
    return None
