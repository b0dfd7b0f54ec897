"""``icmgraph load``: the project's own interchange files into a graph, past the server or through it (docs/load.md)."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from icmgraph import home
from icmgraph.audit import AuditStore
from icmgraph.bootstrap import Platform, open_gateway, platform
from icmgraph.errors import AlreadyRunning, OperatorError
from icmgraph.ingest.accounts import RejectFile
from icmgraph.ingest.bulk import live, offline
from icmgraph.ingest.bulk.ids import Ids
from icmgraph.ingest.bulk.interchange import TABLES, Folder, open_folder
from icmgraph.ingest.bulk.prepare import Prepared, Staff, prepare
from icmgraph.ingest.people import import_people
from icmgraph.local_neo4j import LocalNeo4j, transfer
from icmgraph.local_neo4j.files import alone, disk_errors, private_folder
from icmgraph.local_neo4j.java import is_lts
from icmgraph.model.records import UserClass
from icmgraph.model.source import SystemSource
from icmgraph.queries import migrations
from icmgraph.queries.gateway import Transaction
from icmgraph.queries.operator import Operator
from icmgraph.settings import Settings

Progress = Callable[[str, int, int], None]


@dataclass
class LoadReport:
    """What became of the rows.

    Attributes:
        tables: for each kind of row ``rows``, and the three that add up to it: loaded, already, rejected.
        people: changes by people.csv.
        relationships: written, those of access among them.
        seconds: of each step.
    """

    name: str
    offline: bool
    tables: dict[str, dict[str, int]] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)
    relationships: int = 0
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def rejected(self) -> int:
        return sum(counts["rejected"] for counts in self.tables.values())

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def account(self, table: str, *, rows: int, already: int, rejected: int) -> None:
        self.tables[table] = {
            "rows": rows,
            "loaded": rows - already - rejected,
            "already": already,
            "rejected": rejected,
        }
        if self.tables[table]["loaded"] < 0:
            raise AssertionError("the totals do not add up")

    @contextmanager
    def timed(self, step: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self.seconds[step] = round(self.seconds.get(step, 0.0) + time.monotonic() - began, 1)


def load(
    settings: Settings,
    source: Path,
    rejects: Path,
    *,
    past_server: bool = False,
    progress: Progress = lambda what, done, of: None,
) -> LoadReport:
    """Load a folder of interchange files.

    Args:
        rejects: where rejected rows go, as JSON lines (0600).
        past_server: by Neo4j's own import, into an empty graph of the managed server, which is stopped meanwhile.

    Raises:
        InvalidInput: the folder or a file in it cannot be read, or people.csv is wrong; nothing was loaded.
        AlreadyRunning: another load is at work; offline: the API runs.
        OperatorError: offline, and the graph is not empty, or not the managed server's.
    """
    folder = open_folder(source)
    report = LoadReport(folder.manifest.name, past_server)
    with disk_errors(settings.home), alone(private_folder(settings.home / "load"), wait=False) as ours:
        if not ours:
            raise AlreadyRunning(f"another load into {settings.home} is at work")
        if past_server:
            with home.served_by_nobody(settings.home):
                _offline(settings, folder, rejects, report, progress)
        else:
            with platform(settings) as opened:
                _live(opened, folder, rejects, report, progress)
    return report


# -- what both do


def prepared(opened: Platform, folder: Folder, rejects: Path, report: LoadReport, progress: Progress) -> Prepared:
    """The folder's people put into the graph, and its rows made ready; what is rejected goes to a file."""
    operator = _operator(opened)
    if folder.people is not None:
        with report.timed("people"):
            report.people = import_people(folder.people, opened.keys.imports, operator).changes
    with report.timed("prepare"):
        rows = opened.gateway.read(lambda tx: tx.control("directory_nodes"))
        staff = Staff(
            opened.keys.imports,
            frozenset(row["properties"]["id"] for row in rows if row["label"] == "Unit"),
            {
                row["properties"]["id"]: UserClass(row["properties"]["user_class"])
                for row in rows
                if row["label"] == "User"
            },
            frozenset(row["properties"]["id"] for row in rows if row["label"] == "Caveat"),
        )
        # To the microsecond, as both ways of writing keep it.
        made = prepare(folder, opened.keys.imports, staff, operator.source.now(), progress)
        _write_rejects(rejects, made, folder)
    report.reasons = made.rejected.reasons()
    return made


def _operator(opened: Platform) -> Operator:
    return Operator(opened.gateway, opened.audit, SystemSource())


def _write_rejects(path: Path, made: Prepared, folder: Folder) -> None:
    with RejectFile(path) as file:
        for line in made.rejected.lines(folder.files):
            file.write(line)


def _said(folder: Folder, made: Prepared) -> dict[str, Any]:
    return {"load": folder.manifest.name, "rows": sum(counts.rows for counts in made.counts.values())}


def _account(report: LoadReport, made: Prepared, already: Mapping[str, int]) -> None:
    """``already``: rows of each kind that the graph held before."""
    for table in TABLES:
        counts = made.counts[table]
        rejected = made.rejected.count(table)
        report.account(table, rows=counts.rows, already=counts.already + already.get(table, 0), rejected=rejected)


# -- past the server


def _offline(settings: Settings, folder: Folder, rejects: Path, report: LoadReport, progress: Progress) -> None:
    if settings.neo4j_uri is not None:
        raise OperatorError("ICM_NEO4J_URI is set, so the graph is not managed from here: load without --offline")
    if is_lts(settings.neo4j_version):
        raise OperatorError(f"the import of Neo4j {settings.neo4j_version} reads no Parquet: load without --offline")
    left = home.loading(settings.home)
    if left is not None:
        progress("putting back the empty graph", 0, 1)
        with closing(AuditStore(settings.audit_address)) as audit:
            _replace(settings, audit, _empty(folder), _kept(left), [])
    with platform(settings) as opened:
        if opened.gateway.read(lambda tx: tx.control("holds_content"))[0]["found"]:
            raise OperatorError("the graph is not empty: load without --offline")
        made = prepared(opened, folder, rejects, report, progress)
        kept = opened.gateway.read(_what_is_kept)
        marks = live.all_marks(made, Ids(opened.keys.imports, made.name), folder.digest)

        def work(intent: str) -> None:
            home.begin_load(settings.home, json.loads(json.dumps(kept, default=offline.moment)))
            try:
                links = _replace(settings, opened.audit, made, _kept(kept, intent), marks, report, progress)
            except OperatorError:
                _replace(settings, opened.audit, _empty(folder), _kept(kept), [])
                raise
            report.relationships = links

        _operator(opened).outside("load.offline", _said(folder, made), work)
    _account(report, made, {})


def _what_is_kept(tx: Transaction) -> dict[str, Any]:
    nodes = tx.control("directory_nodes")
    links = tx.control("directory_links")
    return {
        "nodes": [(row["label"], row["properties"]) for row in nodes],
        "links": [(row["type"], row["start"], row["end"], row["properties"]) for row in links],
        "epoch": tx.control("read_epoch")[0]["value"],
    }


def _kept(said: Mapping[str, Any], intent: str = "") -> offline.Kept:
    def times(properties: Mapping[str, Any]) -> dict[str, Any]:
        dated = {name: properties[name] for name in ("from", "until") if isinstance(properties.get(name), str)}
        return {**properties, **{name: datetime.fromisoformat(value) for name, value in dated.items()}}

    links = [(type, start, end, times(properties)) for type, start, end, properties in said["links"]]
    return offline.Kept([(label, properties) for label, properties in said["nodes"]], links, said["epoch"], intent)


def _empty(folder: Folder) -> Prepared:
    return Prepared(folder.manifest.name, "", SystemSource().now())


def _replace(
    settings: Settings,
    audit: AuditStore,
    made: Prepared,
    kept: offline.Kept,
    marks: list[str],
    report: LoadReport | None = None,
    progress: Progress = lambda what, done, of: None,
) -> int:
    """Put what was prepared, and the directory, in the place of the graph; gives how many relationships there are.

    From the stop of the server to the end of this nothing else works on this home (``home.begin_load``).
    """
    report = report or LoadReport(made.name, True)
    server = LocalNeo4j.of(settings)
    files = private_folder(settings.home / "load") / "files"
    shutil.rmtree(files, ignore_errors=True)  # a killed load's
    files.mkdir(mode=0o700)
    try:
        with report.timed("files"):
            progress("writing files", 0, 1)
            wanted = offline.write_files(made, kept, files, marks, migrations.LATEST)
        with report.timed("stop and start"):
            progress("importing", 0, 1)
            with transfer.stopped(server) as ran, report.timed("import"):
                nodes, links = map(_arguments, (wanted.nodes, wanted.links))
                transfer.import_full(server, nodes, links, files / "report")
            if not ran:
                server.start()
        report.seconds["stop and start"] = round(report.seconds["stop and start"] - report.seconds["import"], 1)
    finally:
        shutil.rmtree(files, ignore_errors=True)
    with report.timed("indexes"), closing(open_gateway(settings)) as gateway:
        # A gateway of its own: one that has read the former graph would wait for that one's state.
        progress("making constraints and indexes", 0, 1)
        migrations.migrate(gateway, Operator(gateway, audit, SystemSource()))
    home.end_load(settings.home)
    return wanted.relationships


def _arguments(files: Sequence[tuple[str, Path]]) -> list[str]:
    return [f"{what}={path.resolve()}" if what else str(path.resolve()) for what, path in files]


# -- through the server


def _live(opened: Platform, folder: Folder, rejects: Path, report: LoadReport, progress: Progress) -> None:
    made = prepared(opened, folder, rejects, report, progress)
    ids = Ids(opened.keys.imports, made.name)
    with report.timed("write"):
        written = live.load(made, ids, folder.digest, _operator(opened), progress)
    report.relationships = written.relationships
    if written.refused:
        for table, rows in written.refused.items():
            made.rejected.add(table, live.refusal(rows), folder.table(table))
        _write_rejects(rejects, made, folder)
        report.reasons = made.rejected.reasons()
    _account(report, made, written.already)
