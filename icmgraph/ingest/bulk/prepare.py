"""Rows of the graph out of interchange files: references resolved, ids derived, labels computed. Asks no graph.

Both ways of loading write what this makes, so they cannot differ in it. A node is a number here (its place among all
nodes); a label is a number too, of an ``Own`` and of an ``Expression``, each worked out once for each distinct one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl

from icmgraph.errors import InvalidInput
from icmgraph.ingest.bulk.ids import Blocks, Ids, numbers, said, texts
from icmgraph.ingest.bulk.interchange import ROW, TABLES, WHY, Folder, Rejected, checked, reject, reject_all
from icmgraph.ingest.bulk.values import BETWEEN, attribute_keys, identifier_key, look_up
from icmgraph.ingest.people import staff_id
from icmgraph.model.access import OPEN_UNITS, Expression, Own
from icmgraph.model.identifiers import NORMALISER, IdentifierKind
from icmgraph.model.names import NAME_NORMALISER
from icmgraph.model.near import TAIL
from icmgraph.model.records import FUNCTIONS, Function, UserClass
from icmgraph.queries.steps import STANDS

_SAID = ("source", "confidence")
_LABELLED = ("subjects", "documents", "events")
RECORDS = {"documents": "Document", "subjects": "Subject", "events": "Event"}
AGENT = ["read", "write"]
"""What a case agent may do."""

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Staff:
    """Who and what the graph's directory holds, by id; ``key``: the deployment's, of which such ids are made."""

    key: bytes
    units: frozenset[str]
    users: Mapping[str, UserClass]
    caveats: frozenset[str]

    def unit(self, key: str) -> str:
        return self._one(self.units, "unit", key)

    def user(self, key: str) -> str:
        return self._one(self.users, "user", key)

    def caveat(self, key: str) -> str:
        return self._one(self.caveats, "caveat", key)

    def _one(self, known: Any, what: str, key: str) -> str:
        id = staff_id(self.key, what, key)
        if id not in known:
            raise InvalidInput(f"names a {what} that does not exist")
        return id

    def may(self, user: str, functions: Sequence[str]) -> None:
        of = self.users[user]
        if not {Function(name) for name in functions} <= FUNCTIONS[of]:
            raise InvalidInput(f"the class {of} does not have these functions")


@dataclass
class Counts:
    """Of one kind of row: ``rows`` of the file; ``already``: said by an earlier row too."""

    rows: int = 0
    already: int = 0


@dataclass
class Prepared:
    """
    Attributes:
        nodes: by label; ``id``, ``own``, ``vis``, ``row`` and properties. ``first``: the number of its first node.
        links: by the query that writes them; ``id``, ``start``, ``end`` (numbers of nodes), ``own``, ``vis``,
            properties; ``row``: of the file, null for what comes with a record.
        owns, expressions: what ``own`` and ``vis`` count; ``labels``: of each own its expression.
        openness: for each case the units it is open to; ``units``: the unit of each.
        assignments: rows as ``assign`` takes them, with ``end``, the case's number; an agent's has no ``row``.
    """

    name: str
    by: str
    at: datetime
    nodes: dict[str, pl.DataFrame] = field(default_factory=dict)
    first: dict[str, int] = field(default_factory=dict)
    links: dict[str, pl.DataFrame] = field(default_factory=dict)
    owns: list[Own] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    expressions: list[Expression] = field(default_factory=list)
    openness: dict[str, frozenset[str]] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    assignments: pl.DataFrame = field(default_factory=pl.DataFrame)
    counts: dict[str, Counts] = field(default_factory=dict)
    rejected: Rejected = field(default_factory=Rejected)

    @property
    def ids(self) -> pl.Series:
        """The id of each node by its number; an identifier's is its key."""
        return pl.concat([frame["id" if "id" in frame.columns else "key"] for frame in self.nodes.values()])

    @property
    def visible(self) -> pl.Series:
        """The number of each node's expression, by its number; identifiers, the last, have none."""
        return pl.concat([frame["vis"] for frame in self.nodes.values() if "vis" in frame.columns])


def prepare(
    folder: Folder,
    key: bytes,
    staff: Staff,
    at: datetime,
    progress: Progress = lambda what, done, of: None,
) -> Prepared:
    """Everything that the files say, as rows of the graph.

    Args:
        key: the deployment's, for imports.
        at: when it is asserted.

    Raises:
        InvalidInput: a file cannot be read as a whole.
    """
    return _Preparing(folder, key, staff, at, progress).run()


class _Preparing:
    def __init__(self, folder: Folder, key: bytes, staff: Staff, at: datetime, progress: Progress) -> None:
        self._folder = folder
        self._ids = Ids(key, folder.manifest.name)
        self._staff = staff
        self._progress = progress
        self._raw: list[Blocks] = []
        self._own_numbers: dict[Own, int] = {}
        self._expression_numbers: dict[Expression, int] = {}
        self._and: dict[tuple[int, int], int] = {}
        self._keys: list[pl.DataFrame] = []
        self._records: dict[str, pl.DataFrame] = {}
        self.made = Prepared(folder.manifest.name, f"load:{folder.manifest.name}", at)

    def run(self) -> Prepared:
        steps: list[tuple[str, Callable[[], None]]] = [
            ("cases", self._cases), ("assignments", self._assignments), ("records", self._all_records),
            ("attributes", self._attributes), ("identifiers", self._identifiers), ("mentions", self._mentions),
            ("involvements", self._involvements), ("links", self._links), ("same_as", self._same_as),
            ("related", self._related), ("keys", self._identifier_nodes),
        ]  # fmt: skip
        for number, (name, step) in enumerate(steps):
            self._progress(f"preparing {name}", number, len(steps))
            step()
        return self.made

    # -- rows

    def _read(self, table: str) -> pl.DataFrame:
        self._given = self._folder.table(table)
        self.made.counts[table] = Counts(self._given.height)
        return checked(table, self._given)

    def _accept(self, table: str, frame: pl.DataFrame, given: pl.DataFrame | None = None) -> pl.DataFrame:
        """Those of the rows in which nothing is wrong; the others are rejected."""
        wrong = frame.filter(pl.col(WHY).is_not_null())
        self.made.rejected.add(table, wrong, self._given if given is None else given)
        return frame.filter(pl.col(WHY).is_null())

    def _once(self, table: str, frame: pl.DataFrame) -> pl.DataFrame:
        """Each of what is said several times once."""
        found = frame.unique("id", keep="first", maintain_order=True)
        self.made.counts[table].already += frame.height - found.height
        return found

    @staticmethod
    def _one_of_each(frame: pl.DataFrame) -> pl.DataFrame:
        return reject(frame, ~pl.col("id").is_first_distinct(), "id: an earlier row has it")

    def _refer(self, frame: pl.DataFrame, column: str, to: str, prefix: str, *, among: str = "") -> pl.DataFrame:
        """Join what a column names; its columns get ``prefix``. None such, or a rejected one: the row is rejected."""
        target = self._records[to].select(pl.all().name.prefix(prefix))
        found = frame.join(
            target, left_on=column, right_on=f"{prefix}key", how="left", maintain_order="left", coalesce=True
        )
        missing = pl.col(column).is_not_null() & pl.col(f"{prefix}node").is_null()
        return reject(found, missing, f"{column}: there is no such {among or to.removesuffix('s')}, or it was rejected")

    def _caveats(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Keys of caveats as ids."""

        def ids(row: Sequence[str]) -> str:
            return ";".join(sorted({self._staff.caveat(key.strip()) for key in row[0].split(";")}))

        found = look_up(frame, ["caveats"], _named("caveats", ids), "caveat_ids", pl.col("caveats").is_not_null())
        return found.drop("caveats").rename({"caveat_ids": "caveats"})

    def _source(self, frame: pl.DataFrame) -> pl.DataFrame:
        found = self._refer(frame, "source", "documents", "source_", among="document")
        return found.with_columns(pl.col("source_id").alias("source")).drop(
            name for name in found.columns if name.startswith("source_")
        )

    def _asserted(self, table: str, frame: pl.DataFrame, *, source: bool = True) -> pl.DataFrame:
        frame = self._caveats(frame)
        return self._source(frame) if source else frame

    # -- nodes and links

    def _nodes(self, label: str, frame: pl.DataFrame, raw: Blocks, *properties: str) -> pl.DataFrame:
        """Keep nodes of a label; gives the frame with ``node``, their numbers."""
        first = sum(map(len, self._raw))
        self._raw.append(raw)
        self.made.first[label] = first
        frame = frame.with_columns(pl.int_range(first, first + frame.height, dtype=pl.UInt32).alias("node"))
        kept = [name for name in ("id", "own", "vis", ROW) if name in frame.columns]
        self.made.nodes[label] = frame.select(*kept, *properties)
        return frame

    def _put(self, query: str, frame: pl.DataFrame, *properties: str) -> None:
        """Keep links; a query that has some already gets these too."""
        row = [] if ROW in frame.columns else [pl.lit(None, pl.UInt32).alias(ROW)]
        made = frame.with_columns(row).select("id", "start", "end", "own", "vis", ROW, *properties)
        before = self.made.links.get(query)
        self.made.links[query] = made if before is None else pl.concat([before, made], how="diagonal")

    def _of(self, frame: pl.DataFrame, column: str) -> Blocks:
        """The ids of the nodes in a column."""
        if len(self._raw) > 1:
            self._raw = [np.concatenate(self._raw)]
        found: Blocks = self._raw[0][frame[column].to_numpy()]
        return found

    def _said(self, frame: pl.DataFrame, *columns: str) -> Blocks:
        """What rows say in these columns, as blocks; a text that many say is digested once."""
        whole = pl.concat_str([pl.col(name).cast(pl.String).fill_null("") for name in columns], separator=BETWEEN)
        text = frame.select(whole.alias("text"))
        distinct = text.unique(maintain_order=True).with_row_index("code")
        codes = text.join(distinct, on="text", how="left", maintain_order="left")["code"]
        found: Blocks = said(distinct["text"].to_list())[codes.to_numpy()]
        return found

    # -- labels

    def _own(self, own: Own) -> int:
        number = self._own_numbers.get(own)
        if number is None:
            number = self._own_numbers[own] = len(self.made.owns)
            self.made.owns.append(own)
            self.made.labels.append(self._expression(own.expression))
        return number

    def _expression(self, expression: Expression) -> int:
        number = self._expression_numbers.setdefault(expression, len(self.made.expressions))
        if number == len(self.made.expressions):
            self.made.expressions.append(expression)
        return number

    def _both(self, one: int, other: int) -> int:
        """The number of two expressions' conjunction."""
        if one == other:
            return one
        pair = (one, other) if one < other else (other, one)
        found = self._and.get(pair)
        if found is None:
            found = self._and[pair] = self._expression(self.made.expressions[one] & self.made.expressions[other])
        return found

    def _label(self, frame: pl.DataFrame, *ends: str) -> pl.DataFrame:
        """``vis``: of ``own`` and of the labelled ends."""
        own = pl.Series("own_vis", self.made.labels, dtype=pl.UInt32).gather(frame["own"])
        frame = frame.with_columns(own)
        if not ends:
            return frame.rename({"own_vis": "vis"})

        def conjunction(*visible: int) -> int:
            found = visible[0]
            for one in visible[1:]:
                found = self._both(found, one)
            return found

        # Nearly all are assertions of one case, about records of that case.
        differs = pl.any_horizontal(*(pl.col(end) != pl.col("own_vis") for end in ends))
        found = _combined(frame, ["own_vis", *ends], differs, conjunction, "vis")
        return found.with_columns(pl.coalesce("vis", "own_vis").alias("vis")).drop("own_vis")

    def _with_caveats(self, frame: pl.DataFrame, base: str, out: str) -> pl.DataFrame:
        """``out``: the own in ``base``, with the row's caveats."""

        def more(own: int, caveats: str) -> int:
            said = self.made.owns[own]
            return self._own(Own(said.cases, said.shared, tuple(sorted({*said.caveats, *caveats.split(";")}))))

        found = _combined(frame, [base, "caveats"], pl.col("caveats").is_not_null(), more, "made_own")
        return found.with_columns(pl.coalesce("made_own", base).cast(pl.UInt32).alias(out)).drop("made_own")

    def _across(self, frame: pl.DataFrame, one: str, other: str) -> pl.DataFrame:
        """``own``: of both cases, where there are two, with the row's caveats."""

        def both(first: int, second: int) -> int:
            said = self.made.owns[first], self.made.owns[second]
            cases = tuple(sorted({*said[0].cases, *said[1].cases}))
            return self._own(Own(cases, (), tuple(sorted({*said[0].caveats, *said[1].caveats}))))

        found = _combined(frame, [one, other], pl.col(one) != pl.col(other), both, "crossed")
        found = found.with_columns(pl.coalesce("crossed", one).cast(pl.UInt32).alias("crossed"))
        return self._with_caveats(found, "crossed", "own").drop("crossed")

    # -- cases

    def _cases(self) -> None:
        staff = self._staff
        frame = self._caveats(self._one_of_each(self._read("cases")))

        def open_to(row: Sequence[str]) -> str:
            units = {staff.unit(key.strip()) for key in row[0].split(";")}
            if len(units) > OPEN_UNITS:
                raise InvalidInput(f"more than {OPEN_UNITS} units: name their common ancestor")
            return ";".join(sorted(units))

        def agent(row: Sequence[str]) -> str:
            user = staff.user(row[0])
            staff.may(user, AGENT)
            return user

        frame = look_up(frame, ["unit"], _named("unit", lambda row: staff.unit(row[0])), "unit_id")
        frame = look_up(frame, ["agent"], _named("agent", agent), "agent_id")
        frame = look_up(frame, ["open_to"], _named("open_to", open_to), "open_ids", pl.col("open_to").is_not_null())
        closed = pl.col("closed_to_leaders").fill_null(False)
        frame = reject_all(frame, [
            (closed & pl.col("open_to").is_not_null(), "open_to: a case closed to leaders is open to no unit"),
            (pl.col("closed") < pl.col("opened"), "closed: before it was opened"),
            ((pl.col("disclosure") == "silent") & pl.col("disclosure_until").is_null(),
             "disclosure_until: silent needs the time it ends"),
            (pl.col("disclosure").is_null() & pl.col("disclosure_until").is_not_null(),
             "disclosure_until: comes with disclosure"),
        ])  # fmt: skip
        frame = self._accept("cases", frame)
        raw = self._ids.records("case", frame["id"])
        ids = texts(raw)
        caveats = frame["caveats"].to_list()
        owns = [
            self._own(Own((id,), (), tuple(held.split(";")) if held else ()))
            for id, held in zip(ids.to_list(), caveats, strict=True)
        ]
        frame = frame.with_columns(
            pl.col("id").alias("key"),
            ids.alias("id"),
            pl.Series("own", owns, dtype=pl.UInt32),
            pl.col("kind").fill_null("criminal"),
            pl.col("status").fill_null("open"),
            closed.alias("closed_to_leaders"),
        )
        frame = self._label(frame)
        frame = self._nodes(
            "Case", frame, raw, "number", "title", "kind", "category", "status", "opened", "closed",
            "closed_to_leaders", "disclosure", "disclosure_until",
        )  # fmt: skip
        self._records["cases"] = frame.select("key", "node", "id", "own", "vis")
        places = frame.select("id", "unit_id", "open_ids").iter_rows()
        for id, unit, units in places:
            self.made.units[id] = unit
            self.made.openness[id] = frozenset(units.split(";")) if units else frozenset()
        self._case_entries(frame, raw)
        self._agents(frame, raw)

    def _case_entries(self, frame: pl.DataFrame, raw: Blocks) -> None:
        """The history of each case begins with its load."""
        entries = self._ids.parts("entry", raw)
        content = json.dumps({"load": self.made.name}, sort_keys=True)
        told = frame.select("own", "vis", pl.col("node").alias("case")).with_columns(
            texts(entries), pl.lit("case.import").alias("act"), pl.lit(self.made.at).alias("at"),
            pl.lit(content).alias("content"),
        )  # fmt: skip
        told = self._nodes("Entry", told, entries, "act", "at", "content")
        about = told.select("own", "vis", pl.col("node").alias("start"), pl.col("case").alias("end"))
        self._put("link_about_case", about.with_columns(texts(self._ids.parts("about", entries))))

    def _agents(self, frame: pl.DataFrame, raw: Blocks) -> None:
        ids = texts(self._ids.parts("agent", raw))
        self.made.assignments = frame.select(
            ids.alias("id"),
            pl.col("agent_id").alias("user"),
            pl.col("node").alias("end"),
            pl.lit(";".join(AGENT)).alias("functions"),
            pl.lit(True).alias("agent"),
            pl.lit(None, pl.Datetime("us", "UTC")).alias("starts"),
            pl.lit(None, pl.Datetime("us", "UTC")).alias("ends"),
            pl.lit(None, pl.UInt32).alias(ROW),
        )

    def _assignments(self) -> None:
        staff = self._staff

        def functions(row: Sequence[str]) -> str:
            names = sorted({name.strip() for name in (row[1] or "read").split(";")})
            if not {"read"} <= set(names) <= {"read", "write"}:
                raise InvalidInput("functions: read, or read;write")
            user = staff.user(row[0])
            staff.may(user, names)
            return f"{user};{';'.join(names)}"

        frame = self._refer(self._read("assignments"), "case", "cases", "case_")
        frame = look_up(frame, ["user", "functions"], _named("user", functions), "held")
        frame = reject(frame, pl.col("until") < pl.col("from"), "until: before from")
        frame = self._accept("assignments", frame)
        held = pl.col("held").str.split_exact(";", 1).struct
        frame = frame.with_columns(
            held.field("field_0").alias("user"), pl.col("held").str.slice(37).alias("functions"),
            pl.lit(False).alias("agent"), pl.col("case_node").alias("end"),
        )  # fmt: skip
        raw = self._ids.parts(
            "assignment", self._of(frame, "end"), self._said(frame, "user", "functions", "from", "until")
        )
        frame = self._once("assignments", frame.with_columns(texts(raw)))
        found = frame.select(
            "id",
            "user",
            "end",
            "functions",
            "agent",
            pl.col("from").alias("starts"),
            pl.col("until").alias("ends"),
            ROW,
        )
        self.made.assignments = pl.concat([self.made.assignments, found])

    # -- records

    def _all_records(self) -> None:
        """Documents first: what others say may name one as its source. Then what is shared, which labels depend on."""
        frames = {}
        for table in RECORDS:
            frame = self._one_of_each(self._read(table))
            given = self._given
            frame = self._refer(frame, "case", "cases", "case_")
            if table == "events":
                frame = self._checked_events(frame)
            frame = self._asserted(table, frame, source=table != "documents")
            if table == "documents":  # their source is another document
                frame = self._document_sources(frame)
            frame = self._accept(table, frame, given)
            raw = self._ids.records(table.removesuffix("s"), frame["id"])
            frame = frame.with_columns(pl.col("id").alias("key"), texts(raw).alias("id"))
            frames[table] = (frame, raw)
            if table == "documents":
                self._records[table] = frame.select(
                    "key", "id", pl.int_range(frame.height, dtype=pl.UInt32).alias("node")
                )
        shares = self._shares({table: frame for table, (frame, _) in frames.items()})
        for table, (frame, raw) in frames.items():
            self._record(table, frame, raw, shares)
        self._shared(shares)

    def _document_sources(self, frame: pl.DataFrame) -> pl.DataFrame:
        known = frame.filter(pl.col(WHY).is_null()).select(
            pl.col("id").alias("source"),
            texts(self._ids.records("document", frame.filter(pl.col(WHY).is_null())["id"])).alias("source_id"),
        )
        found = frame.join(known, on="source", how="left", maintain_order="left")
        missing = pl.col("source").is_not_null() & pl.col("source_id").is_null()
        found = reject(found, missing, "source: there is no such document, or it was rejected")
        return found.with_columns(pl.col("source_id").alias("source")).drop("source_id")

    def _checked_events(self, frame: pl.DataFrame) -> pl.DataFrame:
        frame = reject_all(frame, [
            (pl.col("ends") < pl.col("starts"), "ends: before it starts"),
            (pl.col("latitude").is_null() != pl.col("longitude").is_null(), "latitude and longitude come together"),
            (pl.col("postcode").is_not_null() & pl.col("address").is_null(), "postcode: comes with an address"),
        ])  # fmt: skip
        return self._keyed(frame, pl.lit("address"), "address", region=None)

    def _keyed(self, frame: pl.DataFrame, kind: pl.Expr, value: str, *, region: str | None = "region") -> pl.DataFrame:
        """``key``: of the identifier that a row names, if it names one."""
        frame = frame.with_columns(
            pl.when(pl.col(value).is_not_null()).then(kind).alias("i_kind"),
            (pl.col(region) if region else pl.lit(None, pl.String)).alias("i_region"),
        )
        columns = ["i_kind", value, "i_region", "postcode"]
        found = look_up(frame, columns, identifier_key, "i_key", pl.col(value).is_not_null())
        return found.drop("i_kind", "i_region")

    def _shares(self, frames: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        """Rows of ``what``, ``key``, the other case and its number."""
        frame = self._refer(self._read("shares"), "case", "cases", "case_")
        records = pl.concat(
            frames[table].select(
                pl.lit(table.removesuffix("s")).alias("what"), "key", pl.col("case_node").alias("of_case"),
                pl.col("id").alias("record"),
            ) for table in RECORDS
        )  # fmt: skip
        frame = frame.join(records, left_on=["what", "id"], right_on=["what", "key"], how="left", maintain_order="left")
        frame = reject_all(frame, [
            (pl.col("record").is_null(), "id: there is no such record, or it was rejected"),
            (pl.col("of_case") == pl.col("case_node"), "case: the record is of this case"),
            ((pl.col("what") == "subject") & pl.col("role").is_null(), "role: is empty"),
        ])  # fmt: skip
        frame = self._accept("shares", frame)
        found = frame.unique(["what", "id", "case"], keep="first", maintain_order=True)
        self.made.counts["shares"].already += frame.height - found.height
        return found

    def _record(self, table: str, frame: pl.DataFrame, raw: Blocks, shares: pl.DataFrame) -> None:
        what = table.removesuffix("s")
        with_whom = (
            shares.filter(pl.col("what") == what)
            .group_by(pl.col("id").alias("key"), maintain_order=True)
            .agg(pl.col("case_id").str.join(";").alias("shared"))
        )
        frame = frame.join(with_whom, on="key", how="left", maintain_order="left")

        def shared(own: int, cases: str) -> int:
            said = self.made.owns[own]
            return self._own(Own(said.cases, tuple(cases.split(";")), said.caveats))

        # What it is within its own case alone; what its values are, which need no more than themselves of its caveats.
        frame = self._with_caveats(frame, "case_own", "alone")
        for base, out in (("case_own", "bare"), ("alone", "own")):
            frame = _combined(frame, [base, "shared"], pl.col("shared").is_not_null(), shared, out)
            frame = frame.with_columns(pl.coalesce(out, base).cast(pl.UInt32).alias(out))
        properties = [name for name in TABLES[table] if name not in _NOT_PROPERTIES]
        frame = self._nodes(RECORDS[table], self._label(frame), raw, *properties, *_SAID)
        kept = ["key", "node", "id", "own", "vis", "bare", "case_node", "case_own", "case_vis"]
        kept += ["kind"] if table == "subjects" else []
        self._records[table] = frame.select(kept)
        stands = frame.with_columns(
            texts(self._ids.parts("stands", raw, self._of(frame, "case_node"))),
            pl.col("alone").alias("own"), pl.col("node").alias("start"), pl.col("case_node").alias("end"),
            pl.col("vis").alias("record_vis"),
        ).drop("vis", ROW)  # fmt: skip
        role = ["role"] if table == "subjects" else []
        self._put(STANDS[RECORDS[table]], self._label(stands, "record_vis", "case_vis"), *role)
        if table == "events":
            self._places(frame)

    def _places(self, events: pl.DataFrame) -> None:
        at = events.filter(pl.col("i_key").is_not_null()).with_columns(
            pl.col("bare").alias("own"), pl.col("node").alias("start"), pl.col("vis").alias("event_vis"),
            pl.col("address").alias("as_written"), pl.lit(None, pl.String).alias("region"),
            pl.lit(None, pl.String).alias("source"), pl.lit(None, pl.String).alias("confidence"),
        ).drop("vis", ROW)  # fmt: skip
        at = at.with_columns(texts(self._ids.parts("at", self._of(at, "start"), self._said(at, "i_key"))))
        self._put_identified("link_at", self._label(at, "event_vis"))

    def _shared(self, shares: pl.DataFrame) -> None:
        """Each shared record stands in the other case's file too, by that case's own word."""
        for table, label in RECORDS.items():
            rows = shares.filter(pl.col("what") == table.removesuffix("s"))
            target = self._records[table].select(
                "key", pl.col("node").alias("start"), pl.col("vis").alias("record_vis")
            )
            rows = rows.join(target, left_on="id", right_on="key", how="left", maintain_order="left")
            rows = rows.with_columns(pl.col("case_own").alias("own"), pl.col("case_node").alias("end"))
            rows = rows.with_columns(texts(self._ids.parts("stands", self._of(rows, "start"), self._of(rows, "end"))))
            role = ["role"] if table == "subjects" else []
            self._put(STANDS[label], self._label(rows, "record_vis", "case_vis"), *role)

    # -- values

    def _attributes(self) -> None:
        frame = look_up(self._read("attributes"), ["kind", "value"], attribute_keys, "name_keys")
        given = self._given
        frame = self._asserted("attributes", self._refer(frame, "subject", "subjects", "subject_"))
        frame = self._accept("attributes", frame, given)
        raw = self._ids.parts(
            "attribute", self._of(frame, "subject_node"), self._said(frame, "kind", "value", "caveats")
        )
        frame = frame.with_columns(texts(raw), pl.int_range(frame.height, dtype=pl.UInt32).alias("place"))
        frame = self._once("attributes", frame)
        raw = raw[frame["place"].to_numpy()]
        frame = self._label(self._with_caveats(frame, "subject_bare", "own"), "subject_vis")
        frame = self._nodes("Attribute", frame, raw, "kind", "value", *_SAID)
        has = frame.with_columns(
            texts(self._ids.parts("has attribute", raw)), pl.col("subject_node").alias("start"),
            pl.col("node").alias("end"),
        )  # fmt: skip
        self._put("link_has_attribute", has.drop(ROW))
        self._name_keys(frame)

    def _name_keys(self, attributes: pl.DataFrame) -> None:
        names = attributes.filter(pl.col("name_keys") != "").select(
            "own", "vis", "name_keys", pl.col("node").alias("attribute"), pl.col("value").alias("name"),
            pl.col("subject_kind").alias("kind"),
        )  # fmt: skip
        names = names.with_columns(pl.col("name_keys").str.split(BETWEEN).alias("key")).drop("name_keys")
        names = names.with_columns(pl.int_ranges(pl.col("key").list.len()).alias("number")).explode("key", "number")
        raw = self._ids.parts("name key", self._of(names, "attribute"), numbers(names["number"]))
        names = names.with_columns(texts(raw), pl.lit(NAME_NORMALISER).alias("normaliser"))
        names = self._nodes("NameKey", names, raw, "key", "normaliser", "name", "kind")
        ties = names.with_columns(
            texts(self._ids.parts("key of", raw)), pl.col("node").alias("start"), pl.col("attribute").alias("end")
        )
        self._put("link_key_of", ties)

    def _identifiers(self) -> None:
        frame = self._keyed(self._read("identifiers"), pl.col("kind"), "value")
        given = self._given
        frame = self._asserted("identifiers", self._refer(frame, "subject", "subjects", "subject_"))
        frame = self._accept("identifiers", frame, given)
        raw = self._ids.parts("identifier", self._of(frame, "subject_node"), self._said(frame, "i_key", "caveats"))
        frame = self._once("identifiers", frame.with_columns(texts(raw)))
        frame = frame.with_columns(pl.col("subject_node").alias("start"), pl.col("value").alias("as_written"))
        frame = self._label(self._with_caveats(frame, "subject_bare", "own"), "subject_vis")
        self._put_identified("link_has_identifier", frame)

    def _put_identified(self, query: str, frame: pl.DataFrame) -> None:
        """Links that end in an identifier; ``end`` is filled in when all identifiers are known."""
        frame = frame.with_columns(
            pl.col("i_key").alias("key"), pl.lit(NORMALISER).alias("normaliser"),
            pl.lit(None, pl.UInt32).alias("end"),
        )  # fmt: skip
        self._keys.append(frame.select("key"))
        self._put(query, frame, "as_written", "region", "postcode", *_SAID, "key", "normaliser")

    def _identifier_nodes(self) -> None:
        keys = pl.concat(self._keys).unique(maintain_order=True) if self._keys else pl.DataFrame({"key": []})
        parts = pl.col("key").str.splitn(":", 2).struct
        keys = keys.with_columns(parts.field("field_0").alias("kind"), parts.field("field_1").alias("value"))
        keys = keys.with_columns(
            pl.when(pl.col("kind") == IdentifierKind.PHONE.value).then(pl.col("value").str.slice(-TAIL)).alias("tail")
        )
        no_ids = np.zeros((keys.height, 16), dtype=np.uint8)
        nodes = self._nodes("Identifier", keys, no_ids, "key", "kind", "value", "tail")
        target = nodes.select("key", pl.col("node").alias("end"))
        for query in ("link_has_identifier", "link_at", "link_mentions_identifier"):
            if query in self.made.links:
                frame = self.made.links[query].drop("end")
                self.made.links[query] = frame.join(target, on="key", how="left", maintain_order="left")

    # -- relationships between records

    def _mentions(self) -> None:
        frame = self._read("mentions")
        given = self._given
        subject, value = pl.col("subject").is_not_null(), pl.col("value").is_not_null()
        frame = reject_all(frame, [
            (subject == value, "name a subject, or an identifier by its kind and value"),
            (value & pl.col("kind").is_null(), "kind: is empty"),
        ])  # fmt: skip
        frame = self._keyed(frame, pl.col("kind"), "value")
        frame = self._refer(frame, "document", "documents", "document_")
        frame = self._refer(frame, "subject", "subjects", "subject_")
        frame = self._accept("mentions", self._asserted("mentions", frame), given)
        start = pl.col("document_node").alias("start")
        named = frame.filter(pl.col("subject").is_null()).with_columns(start, pl.col("value").alias("as_written"))
        raw = self._ids.parts("mentions identifier", self._of(named, "start"), self._said(named, "i_key", "caveats"))
        named = self._once("mentions", named.with_columns(texts(raw)))
        named = self._label(self._with_caveats(named, "document_bare", "own"), "document_vis")
        self._put_identified("link_mentions_identifier", named)
        about = frame.filter(pl.col("subject").is_not_null())
        self._between("mentions", "link_mentions_subject", about, "document", "subject")

    def _between(
        self, table: str, query: str, frame: pl.DataFrame, start: str, end: str, *properties: str,
        saying: Sequence[str] = (),
    ) -> None:  # fmt: skip
        """Links between records whose columns were joined under these prefixes. ``saying``: what tells two apart."""
        frame = frame.with_columns(pl.col(f"{start}_node").alias("start"), pl.col(f"{end}_node").alias("end"))
        raw = self._ids.parts(
            query, self._of(frame, "start"), self._of(frame, "end"), self._said(frame, *saying, "caveats")
        )
        frame = self._once(table, frame.with_columns(texts(raw)))
        frame = self._across(frame, f"{start}_case_own", f"{end}_case_own")
        frame = self._label(frame, f"{start}_vis", f"{end}_vis")
        self._put(query, frame, *properties, *_SAID)

    def _involvements(self) -> None:
        frame = self._read("involvements")
        given = self._given
        frame = self._refer(frame, "subject", "subjects", "subject_")
        frame = self._refer(frame, "event", "events", "event_")
        frame = self._accept("involvements", self._asserted("involvements", frame), given)
        self._between("involvements", "link_involved_in", frame, "subject", "event", "role", saying=["role"])

    def _ends(self, table: str, to: str) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Rows between two of one kind, and the file's."""
        frame = self._read(table)
        given = self._given
        frame = self._refer(self._refer(frame, "from", to, "from_"), "to", to, "to_")
        return reject(frame, pl.col("from") == pl.col("to"), "to: is from itself"), given

    def _links(self) -> None:
        frame, given = self._ends("links", "subjects")
        frame = reject_all(frame, [
            (pl.col("from_case_node") != pl.col("to_case_node"),
             "to: is of another case; say same_as across cases"),
            (pl.col("valid_to") < pl.col("valid_from"), "valid_to: before valid_from"),
        ])  # fmt: skip
        frame = self._accept("links", self._asserted("links", frame), given)
        saying = ("kind", "valid_from", "valid_to")
        self._between("links", "link_linked_to", frame, "from", "to", *saying, saying=saying)

    def _same_as(self) -> None:
        frame, given = self._ends("same_as", "subjects")
        frame = self._accept("same_as", self._asserted("same_as", frame), given)
        self._between("same_as", "link_same_as", frame, "from", "to", "basis", saying=["basis"])

    def _related(self) -> None:
        frame, given = self._ends("related", "cases")
        frame = self._accept("related", self._asserted("related", frame), given)
        frame = frame.with_columns(pl.col("from_own").alias("from_case_own"), pl.col("to_own").alias("to_case_own"))
        self._between("related", "link_related_to", frame, "from", "to", "kind", "reason", saying=["kind", "reason"])


_NOT_PROPERTIES = {"id", "case", "role", "caveats", "source", "confidence", "address", "postcode"}


def _named(column: str, function: Callable[[Sequence[str]], str]) -> Callable[[Sequence[str]], str]:
    """The function, whose refusals name the column."""

    def named(row: Sequence[str]) -> str:
        try:
            return function(row)
        except InvalidInput as error:
            raise InvalidInput(f"{column}: {error}") from None

    return named


def _combined(
    frame: pl.DataFrame, columns: Sequence[str], where: pl.Expr, function: Callable[..., int], out: str
) -> pl.DataFrame:
    """The frame with ``out``: ``function`` of each distinct combination of ``columns``; null where not ``where``."""
    some = frame.filter(where).select(columns).unique(maintain_order=True)
    if not some.height:
        return frame.with_columns(pl.lit(None, pl.UInt32).alias(out))
    some = some.with_columns(pl.Series(out, [function(*row) for row in some.rows()], dtype=pl.UInt32))
    found = frame.join(some, on=list(columns), how="left", maintain_order="left")
    return found.with_columns(pl.when(where).then(pl.col(out)).alias(out))
