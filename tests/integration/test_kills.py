"""Kill -9 anywhere: nothing half-written, each audit record has its pair, no notice is lost, the next start mends it.

Each case does one act in a child that kills itself at a random point, then starts again: recovery, tasks, notices. What
is in the graph then is what was there before the act, or what is there after it, and the audit says which. The everyday
suite kills some; ICM_TEST_KILLS says how many.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from icmgraph.local_neo4j import Connection
from icmgraph.model.source import SystemSource
from icmgraph.queries import invariants
from icmgraph.queries.notices import NoticeWorker
from icmgraph.queries.recovery import recover
from icmgraph.queries.tasks import Tasks
from tests.integration.kill_child import ACTS, KEY, Product, make, run
from tests.interference.system import audit_folder
from tests.worlds.fixtures import graph as graph
from tests.worlds.loader import Graph

KILLS = int(os.environ.get("ICM_TEST_KILLS", "34"))
WORLD, IDS = make()


def state(graph: Graph) -> Counter[str]:
    """All that is said in the graph, without what an act draws anew: ids, times, labels' numbers."""
    rows = graph.run(
        """MATCH (n) WHERE NOT n:Act|Epoch|EpochMove|Audience|Visibility|Identifier
        RETURN labels(n) AS what, properties(n) AS said, [] AS ends
        UNION ALL MATCH (a)-[r]->(b) WHERE NOT type(r) IN ['REQUIRES']
        RETURN [type(r)] AS what, properties(r) AS said, [labels(a), labels(b)] AS ends"""
    )
    known = {*IDS.values(), *(record.id for record in WORLD.records)}
    told: Counter[str] = Counter()
    for row in rows:
        said = {k: v for k, v in row["said"].items() if k in KEPT}
        said["new"] = row["said"].get("id") not in known
        told[json.dumps([row["what"], row["ends"], said], sort_keys=True, default=str)] += 1
    return told


KEPT = frozenset(
    "cases shared caveats kind value key role act basis number title status functions agent state result".split()  # noqa: SIM905
)


def child(act: str, at: int, connection: Connection, audit_url: str) -> int | None:
    """Do the act in a process of its own, killed at a point. Returns the number of points when it was not."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.integration.kill_child"])
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=run, args=(act, at, connection, audit_url, IDS, theirs))
    process.start()
    theirs.close()
    try:
        points: int | None = ours.recv()
    except EOFError:
        points = None
    process.join(60)
    assert process.exitcode in (0, -signal.SIGKILL), f"{act} at {at}: {process.exitcode}"
    return points


def start_again(connection: Connection, audit_url: str, graph: Graph) -> list[dict[str, Any]]:
    """What the next process does before it serves, and its workers after. Returns the audit's records."""
    product = Product.open(connection, audit_url)
    try:
        recover(product.gateway, product.audit, SystemSource())
        Tasks(product.gateway, product.audit).run_pending()
        while NoticeWorker(product.gateway, product.audit, desk_contact="Desk").run_once():
            pass
        assert product.audit.verify().ok
        assert product.audit.unsettled() == []
        found = invariants.check(product.gateway, KEY)
        assert found.ok, (found.violations, found.first)
        return [entry["body"] for entry in product.audit.export()]
    finally:
        product.close()


ROUNDS = max(1, round(KILLS / len(ACTS)))


@pytest.mark.parametrize("act", sorted(ACTS))
def test_killed_anywhere(graph: Graph, neo4j_connection: Connection, act: str) -> None:
    with audit_folder() as folder:
        graph.load(WORLD)
        before = state(graph)
        whole = f"sqlite:///{Path(folder) / 'whole.db'}"
        points = child(act, 0, neo4j_connection, whole)
        assert points, "nothing killed it, so it must have come to its end"
        start_again(neo4j_connection, whole, graph)
        after = state(graph)
        assert after != before, "the act does something"
        rng = random.Random(act)
        for number in range(ROUNDS):
            at = rng.randint(1, points)
            graph.load(WORLD)
            url = f"sqlite:///{Path(folder) / f'{number}.db'}"
            assert child(act, at, neo4j_connection, url) is None, "it was killed before its answer left"
            records = start_again(neo4j_connection, url, graph)
            intents = [r["id"] for r in records if r["type"] == "intent"]
            outcomes = Counter(r["intent"] for r in records if r["type"] == "outcome")
            assert outcomes == Counter(intents), f"{act} at {at}: each intent has one outcome"
            now = state(graph)
            assert now in (before, after), f"{act} at {at} of {points}: {diff(now, before, after)}"
            done = [r["result"] for r in records if r["type"] == "outcome"][:1] == ["done"]
            assert done == (now == after), f"{act} at {at} of {points}: the audit says so"


def diff(now: Counter[str], before: Counter[str], after: Counter[str]) -> str:
    told = {"before": before, "after": after}
    return "; ".join(
        f"against {name}: more {dict(now - other)}, less {dict(other - now)}" for name, other in told.items()
    )
