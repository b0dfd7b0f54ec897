"""Bulk loads of the project's own files: past the server and through it, wrong rows, kills, a second time."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import neo4j
import pytest

from icmgraph import bootstrap, loading
from icmgraph import home as homes
from icmgraph import operator as operators
from icmgraph.errors import InvalidInput, OperatorError
from icmgraph.ingest.bulk import live
from icmgraph.ingest.bulk.interchange import MANIFEST, TABLES
from icmgraph.local_neo4j import LocalNeo4j
from icmgraph.local_neo4j.files import private_folder, write
from icmgraph.queries import migrations
from icmgraph.settings import Settings
from tests.conftest import PLANS_STAY
from tests.integration.imports import dump
from tests.integration.interchange import WRONG, rows, with_wrong
from tests.integration.interchange import write as write_folder
from tests.worlds.loader import Graph

CHILD = Path(__file__).with_name("load_child.py")


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """One managed server, initialised."""
    from tests.conftest import small_neo4j
    from tests.watchdog import guarded_folder

    patch = pytest.MonkeyPatch()
    patch.setattr(LocalNeo4j, "of", lambda settings: small_neo4j(settings.home))
    with guarded_folder() as home:
        write(private_folder(private_folder(home) / "neo4j") / "local.conf", PLANS_STAY)
        settings = Settings(home=home)
        LocalNeo4j.of(settings).start()
        operators.initialise(settings)
        try:
            yield settings
        finally:
            LocalNeo4j.of(settings).stop()
            patch.undo()


@pytest.fixture
def empty(installation: Settings) -> Settings:
    """The same, as after ``icmgraph init``."""
    with opened(installation) as graph:
        graph.run("MATCH (n) WHERE NOT n:Epoch AND NOT n:Schema AND NOT n:Feed DETACH DELETE n")
    return installation


@contextmanager
def opened(settings: Settings) -> Iterator[Graph]:
    at = LocalNeo4j.of(settings).connection()
    driver = neo4j.GraphDatabase.driver(at.uri, auth=(at.user, at.password), notifications_min_severity="OFF")
    graph = Graph(bootstrap.open_gateway(settings), driver, at.database)
    try:
        yield graph
    finally:
        graph.close()


def load(settings: Settings, folder: Path, *, offline: bool = False) -> loading.LoadReport:
    return loading.load(settings, folder, settings.home / "rejects.jsonl", past_server=offline)


def content(settings: Settings) -> list[str]:
    """Without marks; a subject's labels in one order."""
    with opened(settings) as graph:
        lines = [line for line in dump(graph) if not line.startswith("(['ImportRow']")]
    return sorted(re.sub(r"\['(\w+)', 'Subject'\]", r"['Subject', '\1']", line) for line in lines)


def marks(settings: Settings) -> set[str]:
    with opened(settings) as graph:
        return {row["d"] for row in graph.run("MATCH (w:ImportRow) RETURN w.digest AS d")}


def holds(settings: Settings) -> None:
    with operators.platform(settings) as platform:
        found = operators.check_invariants(platform)
        assert found.ok, found
        assert found.checked["HAS_IDENTIFIER"] > 0
        assert migrations.standing(platform.gateway).current
        assert platform.audit.verify().ok


def adds_up(report: loading.LoadReport, made: dict[str, list[dict[str, str]]]) -> None:
    for table, counts in report.tables.items():
        assert counts["rows"] == len(made[table])
        assert counts["rows"] == counts["loaded"] + counts["already"] + counts["rejected"]


@pytest.mark.long
def test_both_ways_make_the_same_graph(empty: Settings, tmp_path: Path) -> None:
    made = with_wrong(rows())
    folder = write_folder(tmp_path / "twin", made)
    through = load(empty, folder)
    adds_up(through, made)
    assert {table: counts["rejected"] for table, counts in through.tables.items()} == {
        table: len(wrong) for table, wrong in WRONG.items()
    }
    said = [json.loads(line) for line in (empty.home / "rejects.jsonl").read_text().splitlines()]
    assert [(line["file"], line["reason"]) for line in said] == [
        (f"{table}.csv", reason) for table in TABLES for _, reason in WRONG[table]
    ]
    assert all(line["row"] > len(rows()[line["file"].removesuffix(".csv")]) for line in said)
    assert (empty.home / "rejects.jsonl").stat().st_mode & 0o777 == 0o600
    holds(empty)
    before, all_marks = content(empty), marks(empty)

    again = load(empty, folder)
    adds_up(again, made)
    assert sum(counts["loaded"] for counts in again.tables.values()) == 0
    assert (content(empty), marks(empty), again.relationships) == (before, all_marks, 0)

    with pytest.raises(OperatorError, match="not empty"):
        load(empty, folder, offline=True)
    with opened(empty) as graph:
        graph.run("MATCH (n) WHERE NOT n:Epoch AND NOT n:Schema AND NOT n:Feed DETACH DELETE n")
    past = load(empty, folder, offline=True)
    assert past.tables == through.tables
    holds(empty)
    assert set(content(empty)) ^ set(before) == set()
    assert content(empty) == before
    assert marks(empty) <= all_marks

    # What was loaded past the server is known to a load through it.
    third = load(empty, folder)
    assert (content(empty), third.tables) == (before, again.tables)


def test_a_longer_file_adds_its_rows(empty: Settings, tmp_path: Path) -> None:
    made = rows()
    cut = {
        table: [row for number, row in enumerate(of) if table == "cases" or number % 3] for table, of in made.items()
    }
    less = load(empty, write_folder(tmp_path / "less", cut))
    assert less.rejected, "what names a row that is not in these files"
    more = load(empty, write_folder(tmp_path / "more", made))
    adds_up(more, made)
    assert more.tables["cases"]["already"] == len(made["cases"])
    assert more.tables["subjects"]["loaded"] > 0
    assert more.tables["attributes"]["already"] > 0
    holds(empty)


def test_what_was_destroyed_or_changed_meanwhile_stays_so(empty: Settings, tmp_path: Path) -> None:
    made = rows()
    folder = write_folder(tmp_path / "twin", made)
    load(empty, folder)
    with opened(empty) as graph:
        # As a destroyed case leaves it, and an assignment that its leader ended.
        graph.run("MATCH (c:Case {number: 'T-11'}) DETACH DELETE c")
        graph.run("MATCH ()-[a:ASSIGNED_TO {agent: false}]->() DELETE a")
    made["subjects"][-1]["role"] = "victim"  # other bytes
    report = load(empty, write_folder(tmp_path / "changed", made))
    adds_up(report, made)
    assert report.tables["cases"] == {"rows": 12, "loaded": 0, "already": 11, "rejected": 1}
    with opened(empty) as graph:
        assert graph.run("MATCH (c:Case) RETURN count(c) AS n") == [{"n": 11}]
        assert graph.run("MATCH ()-[a:ASSIGNED_TO {agent: false}]->() RETURN count(a) AS n") == [{"n": 0}]


def test_nothing_more_hangs_on_a_record_whose_label_was_changed(empty: Settings, tmp_path: Path) -> None:
    made = rows()
    load(empty, write_folder(tmp_path / "twin", made))
    with opened(empty) as graph:
        # As a caveat that was put on it leaves it: its own label is another one.
        changed = graph.run(
            "MATCH (s:Subject)-[:HAS_IDENTIFIER]->(:Identifier {key: 'phone:+12025551007'}) "
            "MATCH (o:Subject)-[:HAS_IDENTIFIER]->(:Identifier {key: 'phone:+12025551010'}) "
            "SET s.visibility = o.visibility RETURN count(*) AS n"
        )
    assert changed == [{"n": 1}]
    made["attributes"].append({"subject": "S2-1", "kind": "name", "value": "Nova Quill"})
    made["identifiers"].append({"subject": "S2-1", "kind": "email", "value": "nova@example.test"})
    made["identifiers"].append({"subject": "S2-2", "kind": "email", "value": "quill@example.test"})
    report = load(empty, write_folder(tmp_path / "more", made))
    adds_up(report, made)
    assert (report.tables["attributes"]["rejected"], report.tables["attributes"]["loaded"]) == (1, 0)
    assert (report.tables["identifiers"]["rejected"], report.tables["identifiers"]["loaded"]) == (1, 1)
    with opened(empty) as graph:
        assert graph.run("MATCH (i:Identifier {key: 'email:nova@example.test'}) RETURN count(i) AS n") == [{"n": 0}]


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda folder: (folder / MANIFEST).unlink(), "manifest"),
        (lambda folder: (folder / MANIFEST).write_text('{"format": "other"}'), "format"),
        (lambda folder: (folder / "cases.csv").unlink(), "cannot be read"),
        (lambda folder: (folder / "cases.csv").write_text("id,number\n"), "has no column"),
        (lambda folder: (folder / "links.csv").write_text("from,to,kind\na,b,c\n"), "the manifest says"),
        (lambda folder: (folder / "links.csv").write_text("from,to,kind,colour\na,b,c,d\n"), "colour"),
        (lambda folder: (folder / "links.csv").write_text('from,to,kind\n"a,b,c\n'), "cannot be read"),
        (lambda folder: (folder / "people.csv").write_text("record,key\nunit,N\n"), "line 2, name"),
    ],
)
def test_files_that_are_none(empty: Settings, tmp_path: Path, spoil: Callable[[Path], object], reason: str) -> None:
    folder = write_folder(tmp_path / "twin", rows())
    spoil(folder)
    with pytest.raises(InvalidInput, match=reason):
        load(empty, folder)
    with opened(empty) as graph:
        assert graph.run("MATCH (c:Case) RETURN count(c) AS n") == [{"n": 0}]


def killed(settings: Settings, folder: Path, *words: str) -> None:
    """A load in a process of its own, which kills itself at the place that the words name."""
    ended = subprocess.run(
        [sys.executable, str(CHILD), str(settings.home), str(folder), *words], capture_output=True, text=True,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert ended.returncode == -signal.SIGKILL, ended.stderr


LONG = pytest.mark.long


@pytest.mark.parametrize("parts", [pytest.param(1, marks=LONG), 3, pytest.param(6, marks=LONG)])
def test_killed_through_the_server(
    empty: Settings, tmp_path: Path, parts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = with_wrong(rows())
    folder = write_folder(tmp_path / "twin", made)
    for name in ("CASES_A_PART", "RECORDS_A_PART", "LINKS_A_PART"):
        monkeypatch.setattr(live, name, 5)
    killed(empty, folder, "live", str(parts))
    holds_so_far(empty)
    report = load(empty, folder)
    adds_up(report, made)
    assert sum(counts["already"] for counts in report.tables.values()) > 0
    after = content(empty)
    holds(empty)
    with opened(empty) as graph:
        graph.run("MATCH (n) WHERE NOT n:Epoch AND NOT n:Schema AND NOT n:Feed DETACH DELETE n")
    load(empty, folder)
    assert content(empty) == after


def holds_so_far(settings: Settings) -> None:
    with operators.platform(settings) as platform:
        assert operators.check_invariants(platform).ok


@pytest.mark.parametrize(
    "place", ["import", *(pytest.param(place, marks=LONG) for place in ("files", "started", "indexes"))]
)
def test_killed_past_the_server(empty: Settings, tmp_path: Path, place: str) -> None:
    made = with_wrong(rows())
    folder = write_folder(tmp_path / "twin", made)
    killed(empty, folder, "offline", place)
    assert homes.loading(empty.home) is not None
    with pytest.raises(OperatorError, match="load --offline again"):
        operators.open_platform(empty)
    with pytest.raises(OperatorError, match="load --offline again"):
        load(empty, folder)
    report = load(empty, folder, offline=True)
    adds_up(report, made)
    assert sum(counts["already"] for counts in report.tables.values()) == 0
    holds(empty)
    with opened(empty) as graph:
        assert graph.run("MATCH (c:Case) RETURN count(c) AS n") == [{"n": 12}]
        assert graph.run("MATCH (u:User) RETURN count(u) AS n") == [{"n": 4}]
    assert not list((empty.home / "load").glob("files*"))
