"""What was prepared, part by part, into a running graph. A killed load goes on with those that are missing.

Cases first; then labels that are not theirs; then documents, subjects and events, some cases' at a time, with their
values and what links them, so that nothing is there without what it hangs on and two parts at once share nearly
nothing; then relationships between parts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from icmgraph.ingest.bulk.ids import Ids
from icmgraph.ingest.bulk.interchange import ROW, WHY
from icmgraph.ingest.bulk.prepare import RECORDS, Prepared, Progress
from icmgraph.queries.loader import CHANGED, IDENTIFYING, Cases, Item, Loader, Part, Written
from icmgraph.queries.operator import Operator

CASES_A_PART = 500
"""Opened in one transaction, under the epoch's lock: a third of a second, in which nobody's grants move."""
RECORDS_A_PART = 1_000
"""With their values and links: some 13,000 nodes and relationships, about a second. What is of one case stays together
unless it is more than that."""
LINKS_A_PART = 2_000
AT_ONCE = 2
"""Parts in the making: while the server writes one, the next is packed."""
_ROOM = 1 << 32
"""More than there are records."""

_LINKED = ("link_involved_in", "link_mentions_subject", "link_linked_to", "link_same_as", "link_related_to")
_STANDS = {"Subject": "link_subject_of", "Document": "link_filed_in", "Event": "link_part_of"}
_ALONG = ("link_has_attribute", "link_key_of", *sorted(IDENTIFYING))
"""Come with a record."""
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
        self._fresh = False
        """No part of these files was written before."""

    def run(self) -> LiveReport:
        whole = self._ids.digest("whole", self._digest)
        if self._loader.known([whole]):
            for name, frame in (*self._made.nodes.items(), *self._made.links.items()):
                self._all_there(name, frame)
            self._report.already["assignments"] += self._assigned().height
            return self._report
        self._open_cases()
        self._assign()
        self._intern()
        within, between = self._parts()
        self._stage(within, "writing records")
        self._stage(between, "writing links")
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
        self._fresh = not known
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

    def _intern(self) -> None:
        """Labels that are not a case's own, before parts meet them one by one."""
        made = self._made
        frames = [frame for frame in (*made.nodes.values(), *made.links.values()) if "vis" in frame.columns]
        used = set().union(*(frame["vis"].unique() for frame in frames))
        wanted = [made.expressions[number] for number in sorted(used - set(made.nodes["Case"]["vis"]))]
        for start in range(0, len(wanted), CASES_A_PART):
            self._progress("interning labels", start, len(wanted))
            self._loader.intern(wanted[start : start + CASES_A_PART])

    def _parts(self) -> tuple[Iterator[Part], Iterator[Part]]:
        """Of records with what links them, and of what links two of those."""
        made = self._made
        own = {query: made.links[query].filter(pl.col(ROW).is_null()) for query in _STANDS.values()}
        part = self._part_of_each(own)
        within: dict[str, pl.DataFrame] = {}
        between = [(query, made.links[query].filter(pl.col(ROW).is_not_null())) for query in _STANDS.values()]
        for label in (*RECORDS.values(), "Attribute", "NameKey"):
            frame, first = made.nodes[label], made.first[label]
            numbers = pl.Series("part", part[first : first + frame.height])
            within[label] = frame.with_columns(numbers).sort("part", maintain_order=True)
        for query in (*_STANDS.values(), *_ALONG, *_LINKED):
            if query in made.links:
                frame = own.get(query, made.links[query])
                start, end = (pl.Series("part", part[frame[column].to_numpy()]) for column in ("start", "end"))
                inside = (start >= 0) & ((start == end) | (end < 0))
                found = frame.with_columns(start)
                within[query] = found.filter(inside).sort("part", maintain_order=True)
                between.append((query, frame.filter(~inside)))
        return self._within(within, int(part.max(initial=-1)) + 1), self._between(between)

    def _part_of_each(self, own: Mapping[str, pl.DataFrame]) -> npt.NDArray[np.int64]:
        """For each node the number of its part, -1 of cases and identifiers."""
        made = self._made
        part = np.full(len(self._node_ids), -1, dtype=np.int64)
        stands = pl.concat([frame.select("start", "end") for frame in own.values()]).sort("end", maintain_order=True)
        stands = stands.with_row_index("place").with_columns(pl.col("place").cast(pl.Int64))
        place, first = pl.col("place"), pl.col("place").min().over("end")
        numbers = first // RECORDS_A_PART * _ROOM + (place - first) // RECORDS_A_PART
        stands = stands.select("start", numbers.rank("dense").cast(pl.Int64).alias("part"))
        part[stands["start"].to_numpy()] = stands["part"].to_numpy() - 1
        for query, known, follows in (("link_has_attribute", "start", "end"), ("link_key_of", "end", "start")):
            frame = made.links[query]
            part[frame[follows].to_numpy()] = part[frame[known].to_numpy()]
        return part

    def _within(self, frames: Mapping[str, pl.DataFrame], parts: int) -> Iterator[Part]:
        for number in range(parts):
            part = self._part(self._mark(f"records, {RECORDS_A_PART} a part", number))
            for name, frame in frames.items():
                rows = _numbered(frame, number)
                (part.links if "start" in rows.columns else part.nodes)[name] = self._items(rows)
                if name in _STANDS.values():
                    self._outside(part, rows["end"])
            yield part

    def _outside(self, part: Part, *numbers: pl.Series) -> None:
        for series in numbers:
            distinct = series.unique()
            part.outside |= zip(self._node_ids.gather(distinct), self._visible.gather(distinct), strict=True)

    def _between(self, frames: Sequence[tuple[str, pl.DataFrame]]) -> Iterator[Part]:
        for query, frame in frames:
            for start in range(0, frame.height, LINKS_A_PART):
                part = self._part(self._mark(f"{query} between, {RECORDS_A_PART} a part", start))
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
        return None if not self._fresh and self._loader.known([part.mark]) else self._loader.put(part)

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


def _numbered(frame: pl.DataFrame, number: int) -> pl.DataFrame:
    """The rows of a part, of a frame sorted by it."""
    start, end = (int(frame["part"].search_sorted(one)) for one in (number, number + 1))
    return frame.slice(start, end - start).drop("part")
