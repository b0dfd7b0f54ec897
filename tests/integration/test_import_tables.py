"""Tables on a real graph: what is made of rows, once; runs that are repeated, killed, tried dry, or at once."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from icmgraph.errors import AlreadyRunning, InvalidInput
from icmgraph.ingest.stream import alone
from icmgraph.local_neo4j import Connection
from icmgraph.queries import invariants
from tests.integration.imports import KEY, dump, empty
from tests.integration.tables import HEAD, PEOPLE, ROWS, import_file, staff, written
from tests.worlds.fixtures import graph as graph
from tests.worlds.loader import Graph


@pytest.fixture
def office(graph: Graph, tmp_path: Path) -> Graph:
    empty(graph)
    staff(graph.gateway, tmp_path)
    return graph


def rejects(folder: Path) -> list[tuple[int, str]]:
    lines = (folder / "rejects.jsonl").read_text().splitlines()
    return [(line["line"], line["reason"]) for line in map(json.loads, lines)]


def test_rows_of_one_key_are_one_record(office: Graph, tmp_path: Path) -> None:
    report = import_file(office.gateway, tmp_path, written(tmp_path))

    assert (report.rows, report.imported, report.already, report.rejected, report.values) == (7, 6, 1, 0, 1)
    assert dict(report.made) == {"caller": 6, "called": 6, "log": 4, "call": 6, "calls": 5}
    assert rejects(tmp_path) == [(7, "calls: a record is not linked to itself")]
    people = office.run(
        """MATCH (s:Subject)-[o:SUBJECT_OF]->(c:Case)
        RETURN c.number AS case, [(s)-[h:HAS_IDENTIFIER]->() | h.as_written] AS phones, collect(o.role) AS roles,
          [(s)-[:HAS_ATTRIBUTE]->(a) | a.value] AS names ORDER BY case, phones"""
    )
    assert [(p["case"], p["phones"][0][-3:], sorted(p["roles"]), sorted(p["names"])) for p in people] == [
        ("A", "101", ["called", "caller"], ["Ann Lee", "Anna Lee"]),
        ("A", "102", ["called", "caller"], ["Bo Dee"]),
        ("A", "103", ["called"], []),
        ("B", "101", ["caller"], ["Ann Lee"]),
        ("B", "102", ["called"], []),
        ("C", "103", ["called", "caller"], []),
    ]
    counts = office.run(
        """MATCH (c:Case) RETURN c.number AS case, size([(c)<-[:PART_OF]-(e:Event) | e]) AS calls,
          size([(c)<-[:FILED_IN]-(d:Document) | d]) AS logs,
          size([(c)<-[:SUBJECT_OF]-(:Subject {kind: 'Person'})-[l:LINKED_TO]->() | l]) AS links ORDER BY case"""
    )
    # Two roles count a subject's links twice: 101 calls 102 and 103, 102 calls 101.
    assert [tuple(row.values()) for row in counts] == [("A", 4, 2, 6), ("B", 1, 0, 1), ("C", 1, 0, 0)]
    assert office.run("MATCH ()-[l:LINKED_TO]->() RETURN count(l) AS n") == [{"n": 4}]
    assert office.run("MATCH (:Document)-[m:MENTIONS]->() RETURN count(m) AS n") == [{"n": 3}]
    assert office.run("MATCH ()-[a:AT]->(i) RETURN i.key AS key, count(a) AS n ORDER BY key") == [
        {"key": "address:1 pier", "n": 3}, {"key": "address:2 pier", "n": 1}
    ]  # fmt: skip
    assert invariants.check(office.gateway, KEY).violations == {}


def test_a_second_run_adds_nothing_and_a_longer_file_its_new_rows(office: Graph, tmp_path: Path) -> None:
    source = written(tmp_path)
    import_file(office.gateway, tmp_path, source)
    before, epoch = dump(office), office.run("MATCH (e:Epoch) RETURN e.value AS value")

    again = import_file(office.gateway, tmp_path, source, batch=3)
    assert (again.rows, again.imported, again.already) == (7, 0, 7)
    assert dump(office) == before
    assert office.run("MATCH (e:Epoch) RETURN e.value AS value") == epoch

    more = "A,+12025550104,Cy Fox,+12025550101,2024-02-02T10:00:00,,L2"
    longer = import_file(office.gateway, tmp_path, written(tmp_path, HEAD + "\n".join([more, *reversed(ROWS)])))
    assert (longer.imported, longer.already) == (1, 7)
    assert office.run("MATCH (:Case {number: 'A'})<-[:SUBJECT_OF]-(s) RETURN count(DISTINCT s) AS n") == [{"n": 4}]

    other = import_file(office.gateway, tmp_path, written(tmp_path), importer="second")
    assert other.imported == 6
    assert office.run("MATCH (c:Case) RETURN count(c) AS n") == [{"n": 6}]
    assert invariants.check(office.gateway, KEY).ok


@pytest.mark.parametrize("batch", [1, 500])
def test_how_batches_are_cut_makes_no_difference(office: Graph, tmp_path: Path, batch: int) -> None:
    import_file(office.gateway, tmp_path, written(tmp_path), batch=3)
    whole = dump(office)
    empty(office)
    staff(office.gateway, tmp_path)
    import_file(office.gateway, tmp_path, written(tmp_path), batch=batch)
    assert dump(office) == whole


def test_a_dry_run_counts_as_the_run_will_and_writes_nothing(office: Graph, tmp_path: Path) -> None:
    source = written(tmp_path, HEAD + "\n".join([*ROWS, ",+12025550101,No Case,,,,", "A,one,more"]))
    before = dump(office)
    dry = import_file(office.gateway, tmp_path, source, dry_run=True)
    said = rejects(tmp_path)
    assert dump(office) == before
    wet = import_file(office.gateway, tmp_path, source)
    assert dry.as_json() == {**wet.as_json(), "dry_run": True}
    assert rejects(tmp_path) == said
    assert said[:2] == [(7, "calls: a record is not linked to itself"), (9, "number: is empty")]
    dry = import_file(office.gateway, tmp_path, source, dry_run=True)
    assert (dry.imported, dry.already, dry.rejected) == (0, 7, 2)


def test_people_and_units_must_exist(office: Graph, tmp_path: Path) -> None:
    source = written(tmp_path)
    for right, wrong, reason in (
        ('"NORTH"', '"SOUTH"', "unit: no unit has this key"),
        ('"jo"', '"mo"', "agent: no person"),
    ):
        mapping = tmp_path / "m.toml"
        text = mapping.read_text()
        mapping.write_text(text.replace(right, wrong))
        report = import_file(office.gateway, tmp_path, source)
        mapping.write_text(text)
        assert (report.imported, report.rejected) == (0, 7)
        assert rejects(tmp_path)[0][1].startswith(reason)
    assert office.run("MATCH (c:Case) RETURN count(c) AS n") == [{"n": 0}]


def test_a_case_that_is_gone_is_not_opened_again(office: Graph, tmp_path: Path) -> None:
    import_file(office.gateway, tmp_path, written(tmp_path))
    office.run("MATCH (c:Case {number: 'C'})<-[:SUBJECT_OF|PART_OF]-(x) DETACH DELETE x, c")
    more = [row.replace("2024-02-01", "2024-03-01") for row in ROWS[3:6]]
    report = import_file(office.gateway, tmp_path, written(tmp_path, HEAD + "\n".join(more)))
    assert (report.imported, report.rejected) == (2, 1)
    assert rejects(tmp_path) == [(4, "its case was opened by this importer before, and is not there any more")]


def test_into_a_case_that_the_operator_names(office: Graph, tmp_path: Path) -> None:
    import_file(office.gateway, tmp_path, written(tmp_path))
    office.run("MATCH (c:Case {number: 'B'}) SET c.caveats = ['w'] CREATE (:Caveat {id: 'w'})")
    case = office.run("MATCH (c:Case {number: 'B'}) RETURN c.id AS id")[0]["id"]
    source = written(tmp_path, "name\nNel New\nTim Two\n", PEOPLE)
    for given in ("11111111-1111-4111-8111-111111111111", None):
        with pytest.raises(InvalidInput, match="case"):
            import_file(office.gateway, tmp_path, source, "people", given=given)

    report = import_file(office.gateway, tmp_path, source, "people", given=case)
    import_file(office.gateway, tmp_path, source, "people", given=case)

    assert report.imported == 2
    found = office.run(
        """MATCH (a:Attribute)<--(s:Subject)-[:SUBJECT_OF {role: 'known'}]->(c:Case)
        MATCH (v:Visibility {id: a.visibility})
        RETURN a.value AS name, s.asserted_by AS by, c.number AS case, v.expression AS expression ORDER BY name"""
    )
    assert found == [
        {"name": name, "by": "people", "case": "B", "expression": f"case:{case} & caveat:w"}
        for name in ("Nel New", "Tim Two")
    ]
    entries = office.run(
        "MATCH (e:Entry {act: 'case.import', asserted_by: 'people'})-[:ABOUT]->(c:Case) RETURN c.number AS case"
    )
    assert entries == [{"case": "B"}]  # the second run wrote nothing, and tells of nothing
    office.run("MATCH (c:Case {number: 'B'}) SET c.status = 'closed'")
    with pytest.raises(InvalidInput, match="closed"):
        import_file(office.gateway, tmp_path, source, "people", given=case)


KILLS = (
    # (query during which the process is killed, the how-manieth call)
    ("create_cases", 1),
    ("create_import_rows", 2),
    ("link_has_identifier", 1),
    ("link_at", 2),
    ("create_events", 3),
)


@pytest.mark.long
@pytest.mark.parametrize(("query", "call"), KILLS)
def test_a_killed_import_goes_on_where_it_stood(
    office: Graph, neo4j_connection: Connection, tmp_path: Path, query: str, call: int
) -> None:
    source = written(tmp_path)
    import_file(office.gateway, tmp_path, source)
    whole = dump(office)
    empty(office)
    staff(office.gateway, tmp_path)
    at = neo4j_connection
    command = [sys.executable, "-m", "tests.integration.table_child", query, str(call), str(tmp_path)]
    child = subprocess.run(
        command, input=f"{at.uri}\n{at.user}\n{at.password}\n{at.database}\n", text=True, timeout=120, check=False
    )
    assert child.returncode == -9

    import_file(office.gateway, tmp_path, source)

    assert dump(office) == whole
    assert invariants.check(office.gateway, KEY).violations == {}


def test_one_importer_is_not_at_work_twice(office: Graph, tmp_path: Path) -> None:
    source = written(tmp_path)
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with alone(tmp_path, "calls"):
            held.set()
            done.wait(30)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(30)
    with pytest.raises(AlreadyRunning):
        import_file(office.gateway, tmp_path, source)
    assert import_file(office.gateway, tmp_path, source, "other").imported == 6
    done.set()
    holder.join()
    assert import_file(office.gateway, tmp_path, source).imported == 6


def entities(folder: Path, *given: tuple[str, str, dict[str, list[str]]]) -> Path:
    lines = [json.dumps({"id": id, "schema": schema, "properties": said}) for id, schema, said in given]
    (folder / "f.json").write_text("\n".join([*lines, "{broken"]))
    return folder / "f.json"


FTM = (
    # What refers stands before what it refers to.
    ("o", "Ownership", {"owner": ["p"], "asset": ["c"], "startDate": ["2020-01-01"]}),
    ("d", "Documentation", {"document": ["n"], "entity": ["p"]}),
    ("u", "UnknownLink", {"subject": ["p"], "object": ["e"], "role": ["attended"]}),
    ("m", "Family", {"person": ["p"], "relative": ["absent"]}),
    ("e", "Event", {"name": ["Meeting"], "startDate": ["2024-02-01"], "involved": ["p"], "organizer": ["absent"]}),
    ("p", "Person", {"name": ["Rosa Vega"], "phone": ["+12025550143"], "addressEntity": ["a"]}),
    ("p", "Person", {"name": ["R. Vega"], "phone": ["+12025550143"]}),
    ("c", "Company", {"name": ["Crates Inc"]}),
    ("a", "Address", {"full": ["12 Harbor Road"]}),
    ("n", "Note", {"title": ["A tip"]}),
    ("i", "Passport", {"holder": ["p"], "number": ["X 1"]}),
)


def test_followthemoney_entities_become_records_whatever_their_order(office: Graph, tmp_path: Path) -> None:
    import_file(office.gateway, tmp_path, written(tmp_path))
    case = office.run("MATCH (c:Case {number: 'B'}) RETURN c.id AS id")[0]["id"]
    source = entities(tmp_path, *FTM)
    (tmp_path / "m.toml").write_text('language = 1\nname = "ftm"\nsource = "ftm"\nformat = "ftm"\n')
    dry = import_file(office.gateway, tmp_path, source, "ftm", given=case, dry_run=True)
    said = rejects(tmp_path)

    report = import_file(office.gateway, tmp_path, source, "ftm", given=case)

    assert dry.as_json() == {**report.as_json(), "dry_run": True}
    # Eleven entities, three references inside them, and a broken line.
    assert (report.rows, report.imported, report.rejected) == (15, 11, 4)
    gone = "what it refers to is not there: it was rejected, is of another kind, or the source does not hold it"
    assert sorted(rejects(tmp_path)) == sorted(said) == [(3, gone), (4, gone), (5, gone), (12, "is not JSON")]
    links = office.run(
        """MATCH (s {asserted_by: 'ftm'})-[r:LINKED_TO|INVOLVED_IN|MENTIONS]->(e)
        RETURN type(r) AS type, coalesce(r.kind, r.role) AS kind, toString(r.valid_from) AS since ORDER BY type, kind"""
    )
    assert [tuple(row.values()) for row in links] == [
        ("INVOLVED_IN", "involved", None), ("LINKED_TO", "address", None), ("LINKED_TO", "owns", "2020-01-01"),
        ("MENTIONS", None, None),
    ]  # fmt: skip
    person = office.run(
        """MATCH (s:Person {asserted_by: 'ftm'}) RETURN [(s)-[:HAS_ATTRIBUTE]->(a) | a.value] AS names,
        [(s)-[h:HAS_IDENTIFIER]->() | h.key] AS keys"""
    )
    assert [(sorted(row["names"]), sorted(row["keys"])) for row in person] == [
        (["R. Vega", "Rosa Vega"], ["document:X1", "phone:+12025550143"])
    ]
    before = dump(office)
    again = import_file(office.gateway, tmp_path, source, "ftm", given=case)
    assert (again.imported, again.already, again.rejected) == (0, 11, 4)
    assert dump(office) == before
    assert invariants.check(office.gateway, KEY).violations == {}
