"""Kill -9 anywhere: nothing half-written, each audit record has its pair, no notice is lost, the next start mends it.

Each case does one act in a child that kills itself at a random point, or has Neo4j or PostgreSQL killed there, then
starts again: recovery, tasks, notices. What is in the graph then is what was there before the act, or what is there
after it, and the audit says which. The everyday suite kills some; ICM_TEST_KILLS says how many.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import psutil
import pytest

from icmgraph.local_neo4j import Connection, LocalNeo4j
from icmgraph.model.source import SystemSource
from icmgraph.queries import invariants
from icmgraph.queries.notices import NoticeWorker
from icmgraph.queries.recovery import recover
from icmgraph.queries.tasks import Tasks
from tests.integration.kill_child import ACTS, KEY, Product, bereaved, make, run
from tests.interference.system import audit_folder
from tests.postgres import Postgres
from tests.worlds.fixtures import graph as graph
from tests.worlds.loader import Graph

KILLS = int(os.environ.get("ICM_TEST_KILLS", "9"))
WORLD, IDS = make()


def state(graph: Graph) -> Counter[str]:
    """All that is said in the graph, without what an act draws anew: ids, times, labels' numbers."""
    rows = graph.run(
        """MATCH (n) WHERE NOT n:Act|Epoch|EpochMove|Feed|Change|Audience|Visibility|Identifier
        RETURN labels(n) AS what, properties(n) AS said, [] AS ends
        UNION ALL MATCH (a)-[r]->(b) WHERE NOT type(r) IN ['REQUIRES']
        RETURN [type(r)] AS what, properties(r) AS said, [labels(a), labels(b)] AS ends"""
    )
    known = {*IDS.values(), *(record.id for record in WORLD.records)}
    told: Counter[str] = Counter()
    for row in rows:
        said = {k: v for k, v in row["said"].items() if k in KEPT}
        if row["what"] == ["Check"]:
            said.pop("act", None)  # a number in the audit; an Entry's says what was done
        for name in said.keys() & {"cases", "shared"}:
            said[name] = [case if case in known else "new" for case in said[name]]
        said["new"] = row["said"].get("id") not in known
        told[json.dumps([row["what"], row["ends"], said], sort_keys=True, default=str)] += 1
    return told


KEPT = frozenset(
    "cases shared caveats kind value key role act basis number title status functions agent state result".split()  # noqa: SIM905
)


def started(body: Callable[..., None], *given: Any) -> tuple[Any, Any]:
    """A process of its own in ``body``, and our end of the pipe that it tells by."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.integration.kill_child"])
    ours, theirs = context.Pipe()
    process = context.Process(target=body, args=(*given, IDS, theirs))
    process.start()
    theirs.close()
    return process, ours


def child(act: str, at: int, connection: Connection, audit_url: str) -> int | None:
    """Do the act in a process of its own, killed at a point. Returns the number of points when it was not."""
    process, ours = started(run, act, at, connection, audit_url)
    try:
        points: int | None = ours.recv()
    except EOFError:
        points = None
    process.join(60)
    assert process.exitcode in (0, -signal.SIGKILL), f"{act} at {at}: {process.exitcode}"
    return points


def bereft(act: str, at: int, connection: Connection, audit_url: str, server: Mortal) -> str:
    """Do the act in a process of its own, a server killed at a point of it. Returns what it came to."""
    process, ours = started(bereaved, act, at, connection, audit_url)
    assert ours.recv() == "now"
    server.kill()
    ours.send("dead")
    server.start()
    assert ours.poll(120), f"{act} at {at}: it answers, if only that it cannot"
    came_to: str = ours.recv()
    process.join(60)
    assert process.exitcode == 0, f"{act} at {at}: {process.exitcode}"
    return came_to


def start_again(connection: Connection, audit_url: str, graph: Graph) -> list[dict[str, Any]]:
    """What the next process does before it serves, and its workers after. Returns the audit's records."""
    product = Product.open(connection, audit_url)
    try:
        recover(product.gateway, product.audit, SystemSource())
        Tasks(product.gateway, product.audit).run_pending()
        while NoticeWorker(product.gateway, product.audit, key=KEY, desk_contact="Desk").run_once():
            pass
        assert product.audit.verify().ok
        assert product.audit.unsettled() == []
        found = invariants.check(product.gateway, KEY)
        assert found.ok, (found.violations, found.first)
        return [entry["body"] for entry in product.audit.export()]
    finally:
        product.close()


ROUNDS = max(1, round(KILLS / len(ACTS)))


@dataclass(frozen=True)
class Act:
    """What an act makes of the world, and at how many points it can be killed."""

    name: str
    before: Counter[str]
    after: Counter[str]
    points: int

    @classmethod
    def whole(cls, name: str, graph: Graph, connection: Connection, folder: str) -> Act:
        graph.load(WORLD)
        before = state(graph)
        audit_url = f"sqlite:///{Path(folder) / 'whole.db'}"
        points = child(name, 0, connection, audit_url)
        assert points, "nothing killed it, so it must have come to its end"
        start_again(connection, audit_url, graph)
        after = state(graph)
        assert after != before, "the act does something"
        return cls(name, before, after, points)

    def settled(self, at: int, graph: Graph, records: list[dict[str, Any]]) -> None:
        """After the next start: all of it or nothing, and the audit says which."""
        where = f"{self.name} at {at} of {self.points}"
        intents = [r["id"] for r in records if r["type"] == "intent"]
        outcomes = Counter(r["intent"] for r in records if r["type"] == "outcome")
        assert outcomes == Counter(intents), f"{where}: each intent has one outcome"
        now = state(graph)
        assert now in (self.before, self.after), f"{where}: {diff(now, self.before, self.after)}"
        done = [r["result"] for r in records if r["type"] == "outcome"][:1] == ["done"]
        assert done == (now == self.after), f"{where}: the audit says so"


@pytest.mark.parametrize("name", sorted(ACTS))
def test_killed_anywhere(graph: Graph, neo4j_connection: Connection, name: str) -> None:
    with audit_folder() as folder:
        act = Act.whole(name, graph, neo4j_connection, folder)
        rng = random.Random(name)
        for number in range(ROUNDS):
            at = rng.randint(1, act.points)
            graph.load(WORLD)
            url = f"sqlite:///{Path(folder) / f'{number}.db'}"
            assert child(name, at, neo4j_connection, url) is None, "it was killed before its answer left"
            act.settled(at, graph, start_again(neo4j_connection, url, graph))


class Mortal(Protocol):
    def kill(self) -> None:
        """By SIGKILL; returns when it is gone."""

    def start(self) -> object:
        """Returns when it answers again."""


@dataclass(frozen=True)
class Killed:
    """The managed Neo4j, as one that can be killed."""

    server: LocalNeo4j

    def kill(self) -> None:
        process = psutil.Process(self.server.status().pid)
        process.kill()
        process.wait(60)

    def start(self) -> object:
        return self.server.start()


def struck(kills: int, graph: Graph, connection: Connection, url: Callable[[], str], server: Mortal) -> Counter[str]:
    """Kill a server so many times, at random points of random acts. Returns what the acts came to."""
    rng = random.Random(kills)
    came_to: Counter[str] = Counter()
    for name in rng.choices(sorted(ACTS), k=kills):
        with audit_folder() as folder:
            act = Act.whole(name, graph, connection, folder)
        at = rng.randint(1, act.points)
        graph.load(WORLD)
        audit_url = url()
        came_to[bereft(name, at, connection, audit_url, server)] += 1
        act.settled(at, graph, start_again(connection, audit_url, graph))
    return came_to


@pytest.mark.long
def test_postgresql_killed_anywhere(graph: Graph, neo4j_connection: Connection, postgres: Postgres) -> None:
    came_to = struck(max(2, KILLS // 5), graph, neo4j_connection, postgres.database, postgres)
    assert set(came_to) <= {"AuditUnavailable", "answered"}, came_to


@pytest.mark.long
def test_neo4j_killed_anywhere(small_server: Callable[..., LocalNeo4j], guarded_home: Path) -> None:
    server = small_server(guarded_home)
    at = server.start()
    graph = Graph.at(at.uri, at.user, at.password, at.database)
    with audit_folder() as folder:
        fresh = count()
        came_to = struck(max(1, KILLS // 25), graph, at, lambda: f"sqlite:///{folder}/{next(fresh)}.db", Killed(server))
    graph.close()
    server.stop()
    assert set(came_to) <= {"GraphUnavailable", "Unavailable", "answered"}, came_to


def diff(now: Counter[str], before: Counter[str], after: Counter[str]) -> str:
    told = {"before": before, "after": after}
    return "; ".join(
        f"against {name}: more {dict(now - other)}, less {dict(other - now)}" for name, other in told.items()
    )
