"""Bulk import through the POLE mapping: an invented twin of the set, and the set itself where it is at hand."""

from __future__ import annotations

import json
import shutil
import stat
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from icmgraph.errors import InvalidInput, OperatorError
from icmgraph.ingest import run as run_module
from icmgraph.ingest.accounts import write_rejects
from icmgraph.local_neo4j import Connection
from icmgraph.model.access import Own
from icmgraph.queries import invariants
from icmgraph.queries.assertions import NewRecord
from icmgraph.queries.importer import Content, Importer
from icmgraph.queries.policy import Policy
from tests.conftest import small_neo4j
from tests.integration.imports import KEY, POLE, TWIN, dump, empty, import_set, line, operator
from tests.worlds.fixtures import graph as graph
from tests.worlds.loader import Graph


@pytest.fixture
def office(graph: Graph) -> Graph:
    empty(graph)
    return graph


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "CASES_A_BATCH", 2)
    monkeypatch.setattr(run_module, "ROWS_A_BATCH", 3)


EXPECTED = {
    # table: (rows, imported, mapped away, rejected)
    "Area": (3, 3, 0, 0),
    "Crime": (5, 4, 0, 1),  # no such day
    "Email": (1, 1, 0, 0),
    "Location": (4, 3, 1, 0),
    "Object": (1, 1, 0, 0),
    "Officer": (2, 2, 0, 0),
    "Person": (4, 4, 0, 0),  # one without the document number that is none
    "Phone": (3, 2, 0, 1),
    "PhoneCall": (2, 2, 0, 0),
    "PostCode": (3, 0, 3, 0),
    "Vehicle": (2, 2, 0, 0),
    "CURRENT_ADDRESS": (2, 2, 0, 0),
    "FAMILY_REL": (1, 1, 0, 0),
    "HAS_PHONE": (3, 2, 0, 1),
    "HAS_POSTCODE": (4, 0, 4, 0),
    "INVESTIGATED_BY": (5, 5, 0, 0),
    "INVOLVED_IN": (2, 2, 0, 0),
    "KNOWS": (3, 1, 1, 1),  # one twice, one dangling
    "LOCATION_IN_AREA": (4, 2, 2, 0),
    "OCCURRED_AT": (5, 4, 0, 1),  # of the rejected crime
    "PARTY_TO": (3, 3, 0, 0),
    "all nodes": (30, 24, 4, 2),
    "all relationships": (43, 30, 10, 3),
}


@pytest.mark.long
@pytest.mark.usefixtures("small_batches")
def test_every_row_is_accounted_for(office: Graph, tmp_path: Path) -> None:
    report, accounts = import_set(office, tmp_path)

    numbers = ("rows", "imported", "mapped_away", "rejected")
    assert {table: tuple(line(report, table)[name] for name in numbers) for table in EXPECTED} == EXPECTED
    assert {(reject.row.table, reject.reason, reject.whole) for reject in accounts.rejects} == {
        ("Crime", "is not of the format the mapping names", True),
        ("OCCURRED_AT", "its case was rejected", True),
        ("HAS_PHONE", "phone: phone.value: not a phone number: digits, separators and one leading + only", True),
        ("Phone", "was read for rejected rows only", True),
        ("KNOWS", "dangling: no node with its :END_ID", True),
        ("Person", "document: document.value: holds no letters or digits", False),
    }
    assert report.mapped_away["(a second time in the source)"] == 1
    assert invariants.check(office.gateway, KEY).violations == {}


def test_what_becomes_of_a_crime(office: Graph, tmp_path: Path) -> None:
    import_set(office, tmp_path)

    cases = office.run(
        """MATCH (c:Case)-[:OF]->(t:Unit) MATCH (c)<-[a:ASSIGNED_TO]-(u:User)
        RETURN c.number AS number, c.title AS title, c.category AS category, c.status AS status,
          toString(c.opened) AS opened, t.name AS unit, [(c)-[:OPEN_TO]->(o) | o.name] AS open_to,
          u.name AS agent, a.functions AS functions, a.agent AS is_agent, c.asserted_by AS by ORDER BY number"""
    )
    assert len(cases) == 5
    assert cases[1] == {
        "number": "POLE-222222222222",
        "title": "Drugs, 2 Nowhere Lane, 1/08/2017",
        "category": "Drugs",
        "status": "closed",
        "opened": "2017-08-01",
        "unit": "Area ZZ2",
        "open_to": ["Area ZZ2"],
        "agent": "Otto Invented",
        "functions": ["read", "write"],
        "is_agent": True,
        "by": "pole",
    }
    assert cases[2]["title"] == "Unclassified, 2 Nowhere Lane, 15/08/2017"
    assert [case["status"] for case in cases] == ["open", "closed", "closed", "open", "open"]
    event = office.run(
        """MATCH (c:Case {number: 'POLE-222222222222'})<-[:PART_OF]-(e:Event)-[at:AT]->(i:Identifier)
        RETURN e.kind AS kind, e.description AS description, toString(e.starts) AS starts, toString(e.ends) AS ends,
          e.latitude AS latitude, e.longitude AS longitude, i.key AS key, at.as_written AS as_written"""
    )
    assert event == [
        {
            "kind": "incident",
            "description": "Drugs; Outcome: Local resolution; Charge: Possession of oregano",
            "starts": "2017-07-31T23:00:00Z",
            "ends": "2017-08-01T23:00:00Z",
            "latitude": 12.6,
            "longitude": -40.35,
            "key": "address:2 nowhere lane|zz22bb",
            "as_written": "2 Nowhere Lane",
        }
    ]
    subjects = office.run(
        "MATCH (s:Subject)-[o:SUBJECT_OF]->(c:Case) RETURN c.number AS number, s.kind AS kind, o.role AS role"
    )
    assert {row["number"] for row in subjects} == {
        "POLE-111111111111", "POLE-222222222222", "POLE-444444444444", "POLE-INTELLIGENCE"
    }  # fmt: skip
    assert {(row["kind"], row["role"]) for row in subjects if row["number"] == "POLE-222222222222"} == {
        ("Person", "suspect"),
        ("Thing", "evidence"),
    }


def test_the_intelligence_file(office: Graph, tmp_path: Path) -> None:
    import_set(office, tmp_path)

    calls = office.run(
        """MATCH (e:Event)-[:PART_OF]->(:Case {number: 'POLE-INTELLIGENCE'})
        MATCH (s:Subject)-[i:INVOLVED_IN]->(e) MATCH (s)-[:HAS_ATTRIBUTE]->(a {kind: 'name'})
        RETURN e.kind AS kind, e.duration AS duration, toString(e.starts) AS starts, i.role AS role, a.value AS name
        ORDER BY kind, role"""
    )
    assert [tuple(row.values()) for row in calls] == [
        ("call", 38, "2017-08-03T23:32:00Z", "called", "Quinn Example"),
        ("call", 38, "2017-08-03T23:32:00Z", "caller", "Pat Example"),
        ("message", 9, "2017-08-27T13:44:00Z", "called", "Pat Example"),
        ("message", 9, "2017-08-27T13:44:00Z", "caller", "Quinn Example"),
    ]
    links = office.run("MATCH (:Subject)-[l:LINKED_TO]->(:Subject) RETURN l.kind AS kind ORDER BY kind")
    assert [row["kind"] for row in links] == [
        "associates", "family: sibling", "lives with", "phones", "social network"
    ]  # fmt: skip
    keys = office.run("MATCH (:Person)-[h:HAS_IDENTIFIER]->() RETURN h.key AS key ORDER BY key")
    assert {row["key"] for row in keys} == {
        "address:3 nowhere lane|zz22bb",
        "document:000000001",
        "document:000000002",
        "email:pat@example.com",
        "phone:local:20255500143",
        "phone:local:20255500144",
    }


def test_need_to_know_over_what_was_imported(office: Graph, tmp_path: Path) -> None:
    """Olga sees her area's cases; not the other area's, not the intelligence file, no link into it."""
    report, _ = import_set(office, tmp_path)
    policy = Policy(office.gateway)

    def seen(user: str) -> tuple[set[str], int]:
        scope = policy.resolve(report.users[user]).scope
        parameters = {"a": list(scope.audiences), "v": list(scope.visibilities)}
        cases = office.run(
            "MATCH (c:Case) WHERE c.audience IN $a OR c.visibility IN $v RETURN c.number AS number", **parameters
        )
        same = office.run(
            "MATCH ()-[s:SAME_AS]->() WHERE s.audience IN $a OR s.visibility IN $v RETURN count(s) AS n", **parameters
        )
        return {row["number"] for row in cases}, same[0]["n"]

    assert seen("POLE-00-0000001") == ({"POLE-111111111111", "POLE-444444444444"}, 0)
    assert seen("POLE-INTELLIGENCE") == ({"POLE-INTELLIGENCE"}, 0)
    office.run(
        "MATCH (u:User {id: $u}), (t:Unit {name: 'Force intelligence'}) CREATE (u)-[:MEMBER_OF {sight: true}]->(t)",
        u=report.users["POLE-00-0000001"],
    )
    assert seen("POLE-00-0000001") == ({"POLE-111111111111", "POLE-444444444444", "POLE-INTELLIGENCE"}, 2)


@pytest.mark.usefixtures("small_batches")
def test_a_second_run_adds_nothing_and_another_importer_its_own(office: Graph, tmp_path: Path) -> None:
    import_set(office, tmp_path)
    before, epoch = dump(office), office.run("MATCH (e:Epoch) RETURN e.value AS value")

    report, _ = import_set(office, tmp_path)

    assert dump(office) == before
    assert office.run("MATCH (e:Epoch) RETURN e.value AS value") == epoch
    assert [line(report, table)["imported"] for table in ("all nodes", "all relationships")] == [0, 0]
    assert [line(report, table)["already"] for table in ("all nodes", "all relationships")] == [24, 30]

    other, _ = import_set(office, tmp_path, importer="second")

    assert line(other, "Crime")["imported"] == 4
    assert line(other, "Officer")["already"] == 2  # people are the staff's, not an importer's
    assert office.run("MATCH (c:Case) RETURN count(c) AS n, count(DISTINCT c.id) AS ids") == [{"n": 10, "ids": 10}]
    assert office.run("MATCH (u:User) RETURN count(u) AS n") == [{"n": 3}]
    crossing = office.run(
        """MATCH (a:Case)--(x)--(b:Case) WHERE a.asserted_by <> b.asserted_by AND NOT x:Unit AND NOT x:User
        RETURN count(*) AS n"""
    )
    assert crossing == [{"n": 0}]
    assert invariants.check(office.gateway, KEY).ok


def test_zip_and_folder_are_one_source(office: Graph, tmp_path: Path) -> None:
    import_set(office, tmp_path)
    before = dump(office)
    packed = tmp_path / "twin.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for file in TWIN.glob("*.csv"):
            archive.write(file, f"some/folder/{file.name}")

    report, _ = import_set(office, tmp_path, packed)

    assert line(report, "all nodes")["imported"] == 0
    assert dump(office) == before


def test_a_longer_source_adds_its_new_rows_and_refuses_changed_ones(office: Graph, tmp_path: Path) -> None:
    import_set(office, tmp_path)
    longer = tmp_path / "longer"
    shutil.copytree(TWIN, longer)
    people = longer / "crime-investigation.nodes.Person.csv"
    people.write_text(people.read_text().replace("Robin", "Robyn") + "p5,New,000-00-0009,Nel,,Person\n")
    parties = longer / "crime-investigation.relationships.PARTY_TO.csv"
    parties.write_text(parties.read_text() + "p5,c1,PARTY_TO\n")

    report, accounts = import_set(office, tmp_path, longer)

    assert (line(report, "Person")["imported"], line(report, "Person")["rejected"]) == (1, 1)
    assert (line(report, "PARTY_TO")["imported"], line(report, "PARTY_TO")["already"]) == (1, 3)
    assert run_module.CHANGED in {reject.reason for reject in accounts.rejects}
    assert office.run("MATCH (a:Attribute {value: 'Robyn Sample'}) RETURN a") == []
    assert invariants.check(office.gateway, KEY).ok


def test_a_case_s_caveats_are_part_of_what_is_imported_into_it(office: Graph, tmp_path: Path) -> None:
    import_set(office, tmp_path)
    office.run("MATCH (i:ImportRow) DELETE i")
    office.run("MATCH (e:Event) DETACH DELETE e")
    office.run("MATCH (c:Case {number: 'POLE-111111111111'}) SET c.caveats = ['w'] CREATE (:Caveat {id: 'w'})")
    # Only the caveats matter here: the case's own expression is left as it was.
    case = office.run("MATCH (c:Case {number: 'POLE-111111111111'}) RETURN c.id AS id")[0]["id"]
    content = Content("d" * 64, frozenset({case}), [NewRecord("Event", "e-1", Own((case,)), {"kind": "incident"})], [])
    with operator(office, tmp_path) as acting:
        Importer(acting, "pole").put([content])

    assert office.run("MATCH (e:Event) MATCH (v:Visibility {id: e.visibility}) RETURN v.expression AS text") == [
        {"text": f"case:{case} & caveat:w"}
    ]


def test_an_importer_writes_only_in_cases_it_opened(office: Graph, tmp_path: Path) -> None:
    import_set(office, tmp_path)
    case = office.run("MATCH (c:Case) RETURN c.id AS id LIMIT 1")[0]["id"]
    content = Content("e" * 64, frozenset({case}), [NewRecord("Event", "e-1", Own((case,)), {"kind": "x"})], [])
    before = dump(office)
    with operator(office, tmp_path) as acting, pytest.raises(OperatorError):
        Importer(acting, "another").put([content])

    assert dump(office) == before


def test_an_import_changes_nobody_who_exists(office: Graph, tmp_path: Path) -> None:
    report, _ = import_set(office, tmp_path)
    office.run("MATCH (u:User {name: 'Olga Invented'})-[m:MEMBER_OF]->() SET u.name = 'Olga Renamed' DELETE m")

    import_set(office, tmp_path, importer="second")

    assert office.run("MATCH (u:User {id: $id}) RETURN u.name AS name, size([(u)-[m:MEMBER_OF]->() | m]) AS units",
                      id=report.users["POLE-00-0000001"]) == [{"name": "Olga Renamed", "units": 0}]  # fmt: skip


def test_the_reject_file_holds_values_for_its_owner_only(office: Graph, tmp_path: Path) -> None:
    _, accounts = import_set(office, tmp_path)
    path = tmp_path / "log" / "rejects.jsonl"
    write_rejects(path, accounts.rejects)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    lines = [json.loads(text) for text in path.read_text().splitlines()]
    phone = next(entry for entry in lines if entry["table"] == "HAS_PHONE")
    assert (phone["file"], phone["line"]) == ("crime-investigation.relationships.HAS_PHONE.csv", 4)
    assert {"phoneNo": "no phone at all"} in [read["row"] for read in phone["read"]]
    assert not any("no phone at all" in reject.reason for reject in accounts.rejects)


def test_nothing_is_written_from_a_source_that_is_none(office: Graph, tmp_path: Path) -> None:
    before = dump(office)
    for source in (tmp_path / "absent", tmp_path):
        with pytest.raises(InvalidInput):
            import_set(office, tmp_path, source)
    assert dump(office) == before


KILLS = (
    # (query during which the process is killed, the how-manieth call)
    ("put_users", 1),
    ("create_cases", 2),
    ("move_epoch", 3),
    ("create_import_rows", 4),
    ("link_has_identifier", 1),
    ("link_at", 2),
)


@pytest.mark.long
@pytest.mark.parametrize(("query", "call"), KILLS)
def test_a_killed_import_goes_on_where_it_stood(
    office: Graph, neo4j_connection: Connection, tmp_path: Path, query: str, call: int
) -> None:
    import_set(office, tmp_path)
    whole = dump(office)
    empty(office)
    at = neo4j_connection
    command = [sys.executable, "-m", "tests.integration.import_child", query, str(call), str(tmp_path / "child")]
    (tmp_path / "child").mkdir()
    child = subprocess.run(
        command, input=f"{at.uri}\n{at.user}\n{at.password}\n{at.database}\n", text=True, timeout=120, check=False
    )
    assert child.returncode == -9

    import_set(office, tmp_path)

    assert dump(office) == whole
    assert invariants.check(office.gateway, KEY).violations == {}


@pytest.mark.skipif(POLE is None, reason="ICM_TEST_POLE names no archive of the POLE set")
def test_the_pole_set(guarded_home: Path, tmp_path: Path) -> None:
    """On a server of its own, set up as an operator's: the session's is made for small worlds."""
    at = small_neo4j(guarded_home, heap="1g", page_cache="256m", java_flags=()).start()
    office = Graph.at(at.uri, at.user, at.password, at.database)
    empty(office)
    began = time.monotonic()
    archive = Path(POLE or "")
    report, accounts = import_set(office, tmp_path, archive)
    assert time.monotonic() - began < 300

    nodes, links = line(report, "all nodes"), line(report, "all relationships")
    assert (nodes["rows"], links["rows"]) == (61_521, 105_840)
    assert (nodes["imported"], nodes["mapped_away"], nodes["rejected"]) == (45_756, 15_765, 0)
    assert (links["imported"], links["mapped_away"], links["rejected"]) == (75_138, 30_702, 0)
    assert accounts.rejects == []
    found = office.run("MATCH (c:Case) RETURN count(c) AS cases, count(DISTINCT c.audience) AS audiences")
    assert found == [{"cases": 28_763, "audiences": 93}]

    again, _ = import_set(office, tmp_path, archive)
    assert line(again, "all nodes") == nodes | {"imported": 0, "already": nodes["imported"]}
    assert line(again, "all relationships") == links | {"imported": 0, "already": links["imported"]}
    print("seconds:", report.seconds, again.seconds)
    assert invariants.check(office.gateway, KEY).violations == {}
    office.close()
