"""A full disk, connections that break, a clock that jumps, a Neo4j killed under load: what was answered is there."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from icmgraph.local_neo4j import Connection, LocalNeo4j
from tests.integration import fault_child
from tests.integration.kill_child import Product, make
from tests.integration.test_kills import start_again
from tests.interference.system import audit_folder
from tests.worlds.fixtures import graph as graph
from tests.worlds.loader import Graph

WORLD, IDS = make()


def worked(body: Callable[..., None], connection: Connection, audit_url: str, given: int) -> list[str]:
    """What a process that works in ``body`` tells; it ends without closing anything."""
    context = multiprocessing.get_context("forkserver")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=body, args=(connection, audit_url, IDS, given, theirs))
    process.start()
    theirs.close()
    told: list[str] = ours.recv()
    process.kill()
    process.join(60)
    return told


def check(graph: Graph, told: list[str], records: list[dict[str, Any]]) -> list[str]:
    """Each answer's record is there, each act has an outcome, and *done* is what is there. Returns the answers."""
    answered = [one for one in told if "-" in one]
    made = "MATCH (s:Subject)-[:HAS_ATTRIBUTE]->(n:Attribute) WHERE n.value STARTS WITH 'Invented' RETURN s.id AS id"
    rows = graph.run(made)
    there = [row["id"] for row in rows]
    assert set(answered) <= set(there), "what was answered is there"
    intents = [r["id"] for r in records if r["type"] == "intent" and r["action"] == "subject.add"]
    outcomes = {r["intent"]: r["result"] for r in records if r["type"] == "outcome"}
    assert Counter(outcomes[intent] == "done" for intent in intents)[True] == len(there), "the audit says what is there"
    return answered


@pytest.mark.parametrize("room", [0, 700, *(pytest.param(room, marks=pytest.mark.long) for room in (1_500, 6_000))])
def test_a_full_disk_under_the_audit(graph: Graph, neo4j_connection: Connection, room: int) -> None:
    with audit_folder() as folder:
        url = f"sqlite:///{Path(folder) / 'audit.db'}"
        graph.load(WORLD)
        told = worked(fault_child.full_disk, neo4j_connection, url, room)
        assert told[-1] == "AuditUnavailable", "without an audit record no answer leaves"
        check(graph, told, start_again(neo4j_connection, url, graph))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2))
def test_connections_that_break(graph: Graph, neo4j_connection: Connection, seed: int) -> None:
    with audit_folder() as folder:
        url = f"sqlite:///{Path(folder) / 'audit.db'}"
        graph.load(WORLD)
        told = worked(fault_child.cut_connections, neo4j_connection, url, seed)
        assert set(told) - {one for one in told if "-" in one} <= {"GraphUnavailable", "Unavailable"}
        check(graph, told, start_again(neo4j_connection, url, graph))


def test_a_clock_that_jumps(graph: Graph, neo4j_connection: Connection) -> None:
    with audit_folder() as folder:
        url = f"sqlite:///{Path(folder) / 'audit.db'}"
        graph.load(WORLD)
        told = worked(fault_child.jumping_clock, neo4j_connection, url, 1)
        assert len(check(graph, told, start_again(neo4j_connection, url, graph))) == 12


@pytest.mark.long
def test_neo4j_killed_under_load(small_server: Callable[..., LocalNeo4j], guarded_home: Path, tmp_path: Path) -> None:
    server = small_server(guarded_home)
    at = server.start()
    graph = Graph.at(at.uri, at.user, at.password, at.database)
    graph.load(WORLD)
    url = f"sqlite:///{tmp_path / 'audit.db'}"
    context = multiprocessing.get_context("forkserver")
    ours, theirs = context.Pipe()
    process = context.Process(target=fault_child.under_load, args=(at, url, IDS, 3, theirs))
    process.start()
    theirs.close()
    told: list[str] = []
    for _ in range(2):
        told += until_answered(ours, 10)
        pid = server.status().pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        while server.status().running:  # a killed process takes its time
            time.sleep(0.05)
        server.start()
    told += until_answered(ours, 5)
    ours.send("end")
    while not told[-1].startswith("settled"):
        told.append(ours.recv())
    process.join(60)
    # Settled by the process itself, which lives through it: a second start finds nothing open.
    product = Product.open(at, url)
    assert product.audit.unsettled() == []
    product.close()
    assert {one for one in told[:-1] if "-" not in one} <= {"GraphUnavailable", "Unavailable"}
    check(graph, told[:-1], start_again(at, url, graph))
    graph.close()
    server.stop()


def until_answered(pipe: Any, times: int) -> list[str]:
    """What is told until so many writes were answered."""
    told: list[str] = []
    while sum("-" in one for one in told) < times:
        assert pipe.poll(120), "it works again by itself"
        told.append(pipe.recv())
    return told
