"""``people import``: what a file makes of the directory, again and changed, and what it says of mistakes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from icmgraph.errors import InvalidInput
from icmgraph.ingest.people import COLUMNS, PeopleReport, first_administrator, import_people, staff_id
from icmgraph.model.records import CaseInput
from icmgraph.model.source import system_source
from icmgraph.queries import invariants
from icmgraph.queries.cases import Cases
from icmgraph.queries.policy import Policy
from icmgraph.queries.session import Sessions
from tests.integration.imports import KEY, dump, empty, operator
from tests.worlds.fixtures import graph as graph
from tests.worlds.loader import Graph

STAFF = [
    "unit,FORCE,The force,,,,,,,,,",
    "unit,NORTH,Northern office,,,,FORCE,,,,,",
    "unit,SOUTH,Southern office,,,,FORCE,,,,,",
    "user,jo.doe,Jo Doe,+1 202 555 0101,agent,,,,,,,",
    "user,ann.lee,Ann Lee,+1 202 555 0102,supervisor,,,,,yes,,",
    "user,guest,Gus Guest,+1 202 555 0103,task_force,,,,,,,",
    "caveat,WIRE-1,Wiretap one,,,wiretap,,,,,,",
    "member,jo.doe,,,,,NORTH,,yes,,,",
    "member,guest,,,,,NORTH,,no,,2026-01-01,2099-01-01T12:00:00+01:00",
    "lead,ann.lee,,,,,FORCE,,,,,",
    "clearance,jo.doe,,,,,WIRE-1,,,,,",
    "custodian,ann.lee,,,,,WIRE-1,,,,,",
]


def put(graph: Graph, folder: Path, rows: list[str], *, dry_run: bool = False) -> PeopleReport:
    file = folder / "people.csv"
    file.write_text("\n".join([",".join(COLUMNS), *rows]) + "\n", encoding="utf-8")
    with operator(graph, folder) as acting:
        return import_people(file, KEY, acting, dry_run=dry_run)


def epoch(graph: Graph) -> int:
    value: int = graph.run("MATCH (e:Epoch) RETURN e.value AS value")[0]["value"]
    return value


def grants(graph: Graph, user: str) -> list[tuple[Any, ...]]:
    rows = graph.run(
        """MATCH (u:User {id: $id})-[g:MEMBER_OF|LEADS|CLEARED_FOR|CUSTODIAN_OF]->(t)
        RETURN type(g) AS what, t.name AS to, g.sight AS sight, g.until IS NOT NULL AND g.until <= datetime() AS over
        ORDER BY what, to""",
        id=staff_id(KEY, "user", user),
    )
    return [tuple(row.values()) for row in rows]


@pytest.fixture
def office(graph: Graph) -> Graph:
    empty(graph)
    return graph


def test_a_file_makes_the_directory(office: Graph, tmp_path: Path) -> None:
    before = epoch(office)
    report = put(office, tmp_path, STAFF)

    assert report.changes == {"caveats": 1, "grants": 5, "units": 3, "users": 3}
    assert epoch(office) == before + 1
    assert {(row["record"], row["key"]) for row in report.ids} >= {("unit", "NORTH"), ("user", "jo.doe")}
    assert grants(office, "jo.doe") == [
        ("CLEARED_FOR", "Wiretap one", None, False),
        ("MEMBER_OF", "Northern office", True, False),
    ]
    ids = {row["key"]: row["id"] for row in report.ids}
    person = Policy(office.gateway).resolve(ids["ann.lee"]).person
    assert (person.name, person.contact, person.desk) == ("Ann Lee", "+1 202 555 0102", True)
    assert person.leads == {ids["FORCE"], ids["NORTH"], ids["SOUTH"]}
    assert Policy(office.gateway).resolve(ids["jo.doe"]).person.caveats == {ids["WIRE-1"]}
    guest = office.run("MATCH (:User {name: 'Gus Guest'})-[m:MEMBER_OF]->() RETURN toString(m.from) AS f, "
                       "toString(m.until) AS u, m.sight AS sight")  # fmt: skip
    assert guest == [{"f": "2026-01-01T00:00:00Z", "u": "2099-01-01T11:00:00Z", "sight": False}]


def test_a_second_run_changes_nothing(office: Graph, tmp_path: Path) -> None:
    put(office, tmp_path, STAFF)
    before, moved = dump(office), epoch(office)

    assert put(office, tmp_path, STAFF).changes == {}
    assert (dump(office), epoch(office)) == (before, moved)


def test_a_dry_run_says_what_would_change(office: Graph, tmp_path: Path) -> None:
    before = dump(office)

    assert put(office, tmp_path, STAFF, dry_run=True).changes["users"] == 3
    assert dump(office) == before


def test_changes_are_applied(office: Graph, tmp_path: Path) -> None:
    """Moved to another unit, renamed, off the caveat's list, a lead that ended, a unit that moved."""
    put(office, tmp_path, STAFF)
    changed = [
        "unit,SOUTH,Southern office,,,,NORTH,,,,,",
        "user,jo.doe,Jo Doe-Lee,+1 202 555 0101,analyst,,,,,,,",
        "member,jo.doe,,,,,SOUTH,,yes,,,",
        "lead,ann.lee,,,,,FORCE,,,,,2020-01-01",
    ]

    report = put(office, tmp_path, changed)

    assert report.changes == {"grants": 2, "grants ended": 2, "units": 1, "users": 1}
    assert grants(office, "jo.doe") == [
        ("CLEARED_FOR", "Wiretap one", None, True),
        ("MEMBER_OF", "Northern office", True, True),
        ("MEMBER_OF", "Southern office", True, False),
    ]
    # Ann has no row of her own: only what is said of her changed.
    assert grants(office, "ann.lee") == [
        ("CUSTODIAN_OF", "Wiretap one", None, False),
        ("LEADS", "The force", None, True),
    ]
    ids = {key: staff_id(KEY, "unit", key) for key in ("NORTH", "SOUTH", "FORCE")}
    sight = Policy(office.gateway).resolve(staff_id(KEY, "user", "jo.doe"))
    assert (sight.person.name, sight.person.user_class) == ("Jo Doe-Lee", "analyst")
    assert [unit.id for unit in sight.person.member_of] == [ids["SOUTH"]]
    tree = office.run("MATCH (a:Unit)-[:PART_OF]->(b:Unit) RETURN a.id AS a, b.id AS b")
    assert {(row["a"], row["b"]) for row in tree} == {(ids["NORTH"], ids["FORCE"]), (ids["SOUTH"], ids["NORTH"])}

    put(office, tmp_path, ["user,ann.lee,Ann Lee,+1 202 555 0102,supervisor,,,,,,,"])

    assert grants(office, "ann.lee") == [("LEADS", "The force", None, True)]


def test_where_people_are_told_is_kept_changed_and_taken_away(office: Graph, tmp_path: Path) -> None:
    def jo(email: str = "", webhook: str = "") -> dict[str, int]:
        return put(office, tmp_path, [f"user,jo.doe,Jo Doe,room 1,agent,,,,,,,,{email},{webhook}"]).changes

    def kept() -> list[Any]:
        return office.run("MATCH (u:User {name: 'Jo Doe'}) RETURN u.email AS email, u.webhook AS webhook")

    assert jo("Jo.Doe@Example.org", "https://Example.org/jo") == {"users": 1}
    assert kept() == [{"email": "Jo.Doe@example.org", "webhook": "https://example.org/jo"}]
    assert jo("Jo.Doe@Example.org", "https://Example.org/jo") == {}
    assert jo("jo@mail", "http://127.0.0.1:8080/") == {"users": 1}
    assert kept() == [{"email": "jo@mail", "webhook": "http://127.0.0.1:8080/"}]
    assert jo() == {"users": 1}
    assert kept() == [{"email": None, "webhook": None}]


def test_an_assignment_is_written_with_its_entry(office: Graph, tmp_path: Path) -> None:
    put(office, tmp_path, STAFF)
    jo, guest = staff_id(KEY, "user", "jo.doe"), staff_id(KEY, "user", "guest")
    with operator(office, tmp_path) as acting:
        sessions = Sessions(office.gateway, Policy(office.gateway), acting._audit, system_source)
        case = Cases(sessions.of(jo)).open(
            CaseInput(number="C-1", title="A case", unit=staff_id(KEY, "unit", "NORTH"), override="test")
        )
    row = f"assignment,guest,,,,,{case.id},read write,,,,2098-01-01"

    assert put(office, tmp_path, [row]).changes == {"assignments": 1}
    assert put(office, tmp_path, [row]).changes == {}
    assert put(office, tmp_path, [row.replace("read write", "read")]).changes == {"assignments": 1}
    assert put(office, tmp_path, [row.replace("guest", "jo.doe").replace("read write", "read")]).changes == {}

    held = office.run(
        "MATCH (u:User)-[a:ASSIGNED_TO]->() RETURN u.id AS user, a.functions AS functions, a.agent AS agent"
    )
    assert {(row["user"], *row["functions"], row["agent"]) for row in held} == {
        (jo, "read", "write", True),
        (guest, "read", False),
    }
    entries = office.run("MATCH (e:Entry {act: 'case.assign'})-[:ABOUT]->(:Case) RETURN e.asserted_by AS by")
    assert entries == [{"by": "operator"}, {"by": "operator"}]
    assert invariants.check(office.gateway, KEY).ok


WRONG = [
    (["nobody,x,,,,,,,,,,"], "line 2, record"),
    (["unit,,North,,,,,,,,,"], "line 2, key"),
    (["unit,N,,,,,,,,,,"], "line 2, name"),
    (["unit,N,North,,,,ABSENT,,,,,"], "line 2, of"),
    (["unit,N,North,,,,N,,,,,"], "line 2, of"),
    (["unit,A,A,,,,B,,,,,", "unit,B,B,,,,A,,,,,"], "line 2, of"),
    (["unit,N,North,,agent,,,,,,,"], "line 2, class"),
    (["user,u,Name,,agent,,,,,,,"], "line 2, contact"),
    (["user,u,Name,room 1,boss,,,,,,,"], "line 2, class"),
    (["user,u,Name,room 1,agent,,,,,maybe,,"], "line 2, desk"),
    (["user,u,Name,room 1,agent,,,,,,,,not one,"], "line 2, email"),
    (["user,u,Name,room 1,agent,,,,,,,,a@b.org> <c@d.org,"], "line 2, email"),
    (["user,u,Name,room 1,agent,,,,,,,,,not one"], "line 2, webhook"),
    (["user,u,Name,room 1,agent,,,,,,,,,http://example.org/"], "line 2, webhook"),
    (["user,u,Name,room 1,agent,,,,,,,,,ftp://127.0.0.1/"], "line 2, webhook"),
    (["user,u,Name,room 1,agent,,,,,,,,,https://a:b@example.org/"], "line 2, webhook"),
    (["user,u,Name,room 1,agent,,,,,,,,,http://127.0.0.1.example.org/"], "line 2, webhook"),
    (["unit,N,North,,,,,,,,,,n@example.org,"], "line 2, email"),
    (["caveat,c,Name,,,secret,,,,,,"], "line 2, kind"),
    ([*STAFF, "member,jo.doe,,,,,NORTH,,yes,,,"], "line 14, key"),
    ([*STAFF, "member,nobody,,,,,NORTH,,yes,,,"], "line 14, key"),
    ([*STAFF, "member,guest,,,,,SOUTH,,yes,,,"], "line 14, sight"),
    ([*STAFF, "member,jo.doe,,,,,SOUTH,,yes,,yesterday,"], "line 14, from"),
    ([*STAFF, "member,jo.doe,,,,,SOUTH,,yes,,2026-01-01T10:00,"], "line 14, from"),
    ([*STAFF, "member,jo.doe,,,,,SOUTH,,yes,,2026-01-02,2026-01-01"], "line 14, until"),
    ([*STAFF, "clearance,jo.doe,,,,,WIRE-2,,,,,"], "line 14, of"),
    ([*STAFF, "assignment,jo.doe,,,,,NORTH,read,,,,"], "line 14, of"),
    ([*STAFF, "assignment,jo.doe,,,,,12345678-0000-4000-8000-000000000000,read,,,,"], "line 14, of"),
    ([*STAFF, "assignment,jo.doe,,,,,12345678-0000-4000-8000-000000000000,rule,,,,"], "line 14, functions"),
    ([*STAFF, "unit,N,North,,,,,,,,,,,,"], "line 14"),
]


@pytest.mark.parametrize(("rows", "place"), WRONG)
def test_a_mistake_is_named_and_nothing_is_changed(office: Graph, tmp_path: Path, rows: list[str], place: str) -> None:
    before = dump(office)
    with pytest.raises(InvalidInput) as caught:
        put(office, tmp_path, rows)
    assert caught.value.field == place
    assert dump(office) == before


def test_a_file_without_the_columns(office: Graph, tmp_path: Path) -> None:
    (tmp_path / "wrong.csv").write_text("name,rank\nJo,agent\n")
    for file, field in ((tmp_path / "wrong.csv", "line 1"), (tmp_path / "absent.csv", "file")):
        with operator(office, tmp_path) as acting, pytest.raises(InvalidInput) as caught:
            import_people(file, KEY, acting)
        assert caught.value.field == field


def test_the_first_administrator(office: Graph, tmp_path: Path) -> None:
    with operator(office, tmp_path) as acting:
        id = first_administrator(KEY, acting, "Ada Admin", "room 1")
        moved = epoch(office)
        assert first_administrator(KEY, acting, "Ada Admin", "room 1") == id
    assert epoch(office) == moved
    person = Policy(office.gateway).resolve(id).person
    assert (person.name, set(person.functions)) == ("Ada Admin", {"administer"})
