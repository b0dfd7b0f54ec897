"""Graphs of earlier versions, and of later ones: brought up, refused, and never changed twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from icmgraph import bootstrap
from icmgraph.errors import AlreadyRunning, OperatorError
from icmgraph.local_neo4j import Connection
from icmgraph.local_neo4j.files import alone, private_folder
from icmgraph.model.identifiers import NORMALISER
from icmgraph.model.names import NAME_NORMALISER, name_keys
from icmgraph.queries import invariants, migrations
from icmgraph.settings import Settings
from tests.worlds import example
from tests.worlds.fixtures import graph as graph
from tests.worlds.loader import Graph

UNTOLD = "MATCH (u:User)-[m:MADE]->(c:Check) WHERE NOT coalesce(m.by = u.id AND m.at = c.at, false) RETURN c.id AS id"
KEYS = """MATCH (a:Attribute)<-[r:KEY_OF]-(k:NameKey)
    RETURN a.id AS id, a.value AS value, collect(k.key) AS keys, collect(k.id) AS ids ORDER BY id"""


@pytest.fixture
def settings(graph: Graph, neo4j_connection: Connection, tmp_path: Path) -> Settings:
    at = neo4j_connection
    password = tmp_path / "password"
    password.touch(0o600)
    password.write_text(at.password)
    given: dict[str, Any] = {"home": tmp_path / "home", "neo4j_uri": at.uri, "neo4j_password_file": password}
    made = Settings(**given)
    graph.clear()
    bootstrap.initialise(made)
    graph.load(example.WORLD)
    return made


def standing(graph: Graph) -> list[dict[str, Any]]:
    return graph.run("MATCH (s:Schema) RETURN s.version AS version, s.statements AS statements")


CURRENT = [{"version": migrations.LATEST, "statements": migrations.statements()}]


def test_from_before_there_were_migrations(settings: Settings, graph: Graph) -> None:
    before = graph.run(KEYS)
    graph.run("MATCH (s:Schema) DELETE s")
    graph.run("DROP INDEX check_state")
    stale = graph.run("MATCH (k:NameKey) WITH k ORDER BY k.id LIMIT 3 REMOVE k.normaliser RETURN k.id AS id")
    graph.run("CREATE (:ImportRun {id: 'an import that waits'})")
    graph.run("MATCH (k:NameKey) REMOVE k.name, k.kind")
    graph.run("MATCH (k:NameKey) WHERE k.key STARTS WITH 'w:' SET k.spelling = 'as it was'")
    graph.run("MATCH (p:Spelling) DETACH DELETE p")
    graph.run("CREATE INDEX namekey_key_spelling FOR (n:NameKey) ON (n.key, n.kind, n.spelling)")
    graph.run("MATCH ()-[m:MADE]->(:Check) REMOVE m.by, m.at")
    with pytest.raises(OperatorError, match="icmgraph migrate"):
        bootstrap.open_platform(settings)

    assert len(bootstrap.migrate(settings)) == 1 + migrations.LATEST
    assert standing(graph) == CURRENT
    assert graph.run("MATCH (n:DigestRun) RETURN n.id AS id") == [{"id": "an import that waits"}]
    assert graph.run("SHOW INDEXES YIELD name, state WHERE name = 'check_state' RETURN state") == [{"state": "ONLINE"}]
    after = graph.run(KEYS)
    assert [sorted(row["keys"]) for row in after] == [sorted(name_keys(row["value"])) for row in before]
    changed = [old for old, new in zip(before, after, strict=True) if old["ids"] != new["ids"]]
    assert {id for row in changed for id in row["ids"]} >= {row["id"] for row in stale}, "made anew"
    assert len(changed) <= len(stale), "and no other"
    assert graph.run(UNTOLD) == []
    assert graph.run("MATCH (k:NameKey) WHERE k.spelling IS NOT NULL RETURN k") == []
    assert graph.run("SHOW INDEXES YIELD name WHERE name = 'namekey_key_spelling' RETURN name") == []
    with bootstrap.platform(settings) as opened:
        assert invariants.check(opened.gateway, opened.keys.identifiers).ok
    assert bootstrap.migrate(settings) == []
    assert graph.run(KEYS) == after


@pytest.mark.parametrize("reached", range(migrations.LATEST))
def test_cut_short_it_goes_on(settings: Settings, graph: Graph, reached: int, monkeypatch: pytest.MonkeyPatch) -> None:
    graph.run("MATCH (s:Schema) DELETE s")
    steps = list(migrations.MIGRATIONS)

    def cut(operator: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(migrations, "MIGRATIONS", (*steps[:reached], ("cut", cut), *steps[reached + 1 :]))
    with pytest.raises(KeyboardInterrupt):
        bootstrap.migrate(settings)
    with pytest.raises(OperatorError, match="icmgraph migrate"):
        bootstrap.open_platform(settings)
    monkeypatch.undo()
    assert bootstrap.migrate(settings)
    assert standing(graph) == CURRENT


def test_a_newer_graph_is_left_alone(settings: Settings, graph: Graph) -> None:
    graph.run("MATCH (s:Schema) SET s.version = s.version + 1")
    for act in (bootstrap.open_platform, bootstrap.migrate, bootstrap.initialise):
        with pytest.raises(OperatorError, match="newer icmgraph"):
            act(settings)
    assert standing(graph)[0]["version"] == migrations.LATEST + 1


def test_an_empty_graph(settings: Settings, graph: Graph) -> None:
    graph.clear()
    with pytest.raises(OperatorError, match="icmgraph init"):
        bootstrap.open_platform(settings)
    bootstrap.initialise(settings)
    assert standing(graph) == CURRENT


def test_whoever_changes_a_normaliser_adds_a_migration() -> None:
    assert (NAME_NORMALISER, NORMALISER, migrations.LATEST) == ("3", "1", 8), "then write the new ones here"


def test_not_under_a_running_api(settings: Settings, graph: Graph) -> None:
    graph.run("MATCH (s:Schema) SET s.version = 0")
    with alone(private_folder(settings.home / "api"), wait=False) as ours:
        assert ours
        with pytest.raises(AlreadyRunning, match="stop it first"):
            bootstrap.migrate(settings)
    assert bootstrap.migrate(settings)
