"""What was prepared, part by part, into a running graph. A killed load goes on with those that are missing.

Cases first; then documents, subjects and events, each with its values, so that nothing is there without what it hangs
on; then relationships between them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from icmgraph.ingest.bulk.ids import Ids
from icmgraph.ingest.bulk.interchange import ROW, WHY
from icmgraph.ingest.bulk.prepare import RECORDS, Prepared, Progress
from icmgraph.queries.loader import CHANGED, Cases, Item, Loader, Part, Written
from icmgraph.queries.operator import Operator

CASES_A_PART = 500
"""Opened in one transaction, under the epoch's lock: a third of a second, in which nobody's grants move."""
RECORDS_A_PART = 500
"""With their values: some 5,000 nodes and relationships, under a second."""
LINKS_A_PART = 2_000
AT_ONCE = 2
"""Parts in the making: while the server writes one, the next is packed."""

_LINKED = ("link_involved_in", "link_mentions_subject", "link_linked_to", "link_same_as", "link_related_to")
_STANDS = {"Subject": "link_subject_of", "Document": "link_filed_in", "Event": "link_part_of"}
_VALUES = {
    "Subject": ("link_has_identifier",),
    "Document": ("link_mentions_identifier",),
    "Event": ("link_at",),
}
_TABLES = {
    "Case": "cases", "Document": "documents", "Subject": "subjects", "Event": "events", "Attribute": "attributes",
    "link_has_identifier": "identifiers", "link_mentions_identifier": "mentions", "link_mentions_subject": "mentions",
    "link_involved_in": "involvements", "link_linked_to": "links", "link_same_as": "same_as",
    "link_related_to": "related", "link_subject_of": "shares", "link_filed_in": "shares", "link_part_of": "shares",
}  # fmt: skip
"""Kind of row of each node or link that has a row of its own."""


@dataclass
class LiveReport:
    """``already``: rows of each kind that the graph held; ``refused``: rows that could not be attached."""

    already: Counter[str] = field(default_factory=Counter)
    refused: dict[str, list[int]] = field(default_factory=dict)
    relationships: int = 0


def all_marks(made: Prepared, ids: Ids, digest: str) -> list[str]:
    """The marks that are left by a load that was whole."""
    cases = [ids.digest("case", id) for id in made.units]
    assigned = made.assignments.filter(pl.col(ROW).is_not_null()) if made.units else made.assignments
    return [ids.digest("whole", digest), *cases, *(ids.digest("assignment", id) for id in assigned["id"])]


def refusal(rows: Sequence[int]) -> pl.DataFrame:
    return pl.DataFrame({ROW: rows, WHY: [CHANGED] * len(rows)}, schema={ROW: pl.UInt32, WHY: pl.String})


def load(made: Prepared, ids: Ids, digest: str, operator: Operator, progress: Progress) -> LiveReport:
    """
    Args:
        digest: of the files.
    """
    return _Loading(made, ids, digest, operator, progress).run()


class _Loading:
    def __init__(self, made: Prepared, ids: Ids, digest: str, operator: Operator, progress: Progress) -> None:
        self._made = made
        self._ids = ids
        self._digest = digest
        self._loader = Loader(operator, made.name, made.by, made.at)
        self._progress = progress
        self._node_ids = made.ids
        self._visible = made.visible
        self._report = LiveReport()
        self._done = 0

    def run(self) -> LiveReport:
        whole = self._ids.digest("whole", self._digest)
        if self._loader.known([whole]):
            for name, frame in (*self._made.nodes.items(), *self._made.links.items()):
                self._all_there(name, frame)
            self._report.already["assignments"] += self._assigned().height
            return self._report
        self._open_cases()
        self._assign()
        self._stage(self._records(), "writing records")
        self._stage(self._between(), "writing links")
        self._loader.mark([whole])
        return self._report

    def _all_there(self, name: str, frame: pl.DataFrame) -> None:
        if name in _TABLES:
            self._report.already[_TABLES[name]] += frame.height - frame[ROW].null_count()

    def _assigned(self) -> pl.DataFrame:
        return self._made.assignments.filter(pl.col(ROW).is_not_null())

    # -- cases

    def _open_cases(self) -> None:
        cases, entries = self._made.nodes["Case"], self._made.nodes["Entry"]
        about, agents = self._made.links["link_about_case"], self._made.assignments.filter(pl.col(ROW).is_null())
        starts = range(0, cases.height, CASES_A_PART)
        marks = {start: self._mark("cases", start) for start in starts}
        known = self._loader.known(marks.values())
        for start in starts:
            self._progress("opening cases", start, cases.height)
            rows = {name: self._items(frame.slice(start, CASES_A_PART)) for name, frame in (
                ("Case", cases), ("Entry", entries), ("link_about_case", about))}  # fmt: skip
            if marks[start] in known:
                self._report.already["cases"] += len(rows["Case"])
                continue
            part = self._part(marks[start])
            part.nodes = {"Case": rows["Case"], "Entry": rows["Entry"]}
            part.links = {"link_about_case": rows["link_about_case"]}
            of = [case["id"] for case in rows["Case"]]
            written = self._loader.open_cases(
                Cases(
                    part,
                    {id: self._made.openness[id] for id in of},
                    {id: self._made.units[id] for id in of},
                    {id: self._ids.digest("case", id) for id in of},
                    [self._assignment(row) for row in agents.slice(start, CASES_A_PART).iter_rows(named=True)],
                )
            )
            self._account(part, written)

    def _assignment(self, row: Mapping[str, Any]) -> dict[str, Any]:
        said = {name: row[name] for name in ("id", "user", "agent", "starts", "ends")}
        return {**said, "case": self._node_ids[row["end"]], "functions": row["functions"].split(";")}

    def _assign(self) -> None:
        rows = self._assigned()
        for start in range(0, rows.height, CASES_A_PART):
            chunk = rows.slice(start, CASES_A_PART)
            mark = self._mark("assignments", start)
            if self._loader.known([mark]):
                self._report.already["assignments"] += chunk.height
                continue
            marks = {id: self._ids.digest("assignment", id) for id in chunk["id"]}
            written = self._loader.assign([self._assignment(row) for row in chunk.iter_rows(named=True)], marks, mark)
            numbers = dict(zip(chunk["id"], chunk[ROW], strict=True))
            self._settle("assignments", numbers, written)
            self._report.relationships += written.relationships

    # -- parts

    def _mark(self, stage: str, start: int) -> str:
        return self._ids.digest("part", self._digest, stage, str(start))

    def _part(self, mark: str) -> Part:
        return Part(mark, self._made.owns, self._made.expressions)

    def _items(self, frame: pl.DataFrame) -> list[Item]:
        """Rows of nodes, or of links with their ends' ids; what is null is not said."""
        if "start" in frame.columns:
            frame = frame.with_columns(
                self._node_ids.gather(frame["start"]).alias("start"), self._node_ids.gather(frame["end"]).alias("end")
            )
        return frame.to_dicts()

    def _records(self) -> Iterator[Part]:
        made = self._made
        has = made.links["link_has_attribute"]
        # Of each attribute its subject, by which the keys of its name are found too.
        holder = pl.DataFrame({"end": has["end"], "holder": has["start"]})
        values = {
            "link_has_attribute": has.sort("start"),
            "link_key_of": made.links["link_key_of"].join(holder, on="end", how="left").sort("holder"),
        }
        for query in {query for queries in _VALUES.values() for query in queries} & made.links.keys():
            values[query] = made.links[query].sort("start")
        for label in RECORDS.values():
            records, first = made.nodes[label], made.first[label]
            stands = made.links[_STANDS[label]].filter(pl.col(ROW).is_null()).sort("start")
            for start in range(0, records.height, RECORDS_A_PART):
                part = self._part(self._mark(label, start))
                low, high = first + start, first + start + RECORDS_A_PART
                cut = _between("start", low, high)
                standing = cut(stands)
                part.nodes[label] = self._items(records.slice(start, RECORDS_A_PART))
                part.links[_STANDS[label]] = self._items(standing)
                for query in _VALUES[label]:
                    if query in values:
                        part.links[query] = self._items(cut(values[query]))
                if label == "Subject":
                    self._attributes(
                        part, cut(values["link_has_attribute"]), _between("holder", low, high)(values["link_key_of"])
                    )
                self._outside(part, standing["end"])
                yield part

    def _attributes(self, part: Part, has: pl.DataFrame, ties: pl.DataFrame) -> None:
        for label, numbers in (("Attribute", has["end"]), ("NameKey", ties["start"])):
            rows = self._made.nodes[label].select(pl.all().gather(numbers - self._made.first[label]))
            part.nodes[label] = self._items(rows)
        part.links["link_has_attribute"] = self._items(has)
        part.links["link_key_of"] = self._items(ties.drop("holder"))

    def _outside(self, part: Part, *numbers: pl.Series) -> None:
        for series in numbers:
            distinct = series.unique()
            part.outside |= zip(self._node_ids.gather(distinct), self._visible.gather(distinct), strict=True)

    def _between(self) -> Iterator[Part]:
        made = self._made
        shared = {query: made.links[query].filter(pl.col(ROW).is_not_null()) for query in _STANDS.values()}
        for query, frame in (
            *shared.items(),
            *((query, made.links[query]) for query in _LINKED if query in made.links),
        ):
            for start in range(0, frame.height, LINKS_A_PART):
                part = self._part(self._mark(f"{query} between", start))
                rows = frame.slice(start, LINKS_A_PART)
                part.links[query] = self._items(rows)
                self._outside(part, rows["start"], rows["end"])
                yield part

    # -- writing them

    def _stage(self, parts: Iterator[Part], what: str) -> None:
        """Some parts at a time, each on a thread of its own."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            running: dict[Future[Written | None], Part] = {}
            try:
                for part in parts:
                    running[pool.submit(self._write, part)] = part
                    while len(running) > AT_ONCE:
                        self._collect(running, what)
                while running:
                    self._collect(running, what)
            except BaseException:
                for future in running:
                    future.cancel()
                raise

    def _write(self, part: Part) -> Written | None:
        """None: it was written before."""
        return None if self._loader.known([part.mark]) else self._loader.put(part)

    def _collect(self, running: dict[Future[Written | None], Part], what: str) -> None:
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            part = running.pop(future)
            written = future.result()
            if written is None:
                everything = [item["id"] for items in (*part.nodes.values(), *part.links.values()) for item in items]
                written = Written(already=set(everything))
            self._account(part, written)
            self._done += sum(map(len, part.links.values()))
            self._progress(what, self._done, sum(frame.height for frame in self._made.links.values()))

    def _account(self, part: Part, written: Written) -> None:
        self._report.relationships += written.relationships
        if not written.already and not written.refused:
            return
        for name, items in (*part.nodes.items(), *part.links.items()):
            if name in _TABLES:
                self._settle(_TABLES[name], {item["id"]: item["row"] for item in items if item["row"]}, written)

    def _settle(self, table: str, rows: Mapping[str, int], written: Written) -> None:
        self._report.already[table] += len(rows.keys() & written.already)
        if refused := sorted(rows[id] for id in rows.keys() & written.refused):
            self._report.refused.setdefault(table, []).extend(refused)


def _between(column: str, low: int, high: int) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """The rows of a frame sorted by ``column`` whose value is in the range."""

    def cut(frame: pl.DataFrame) -> pl.DataFrame:
        start, end = frame[column].search_sorted(low), frame[column].search_sorted(high)
        return frame.slice(int(start), int(end) - int(start))

    return cut
