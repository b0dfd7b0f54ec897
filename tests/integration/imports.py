"""What the tests of imports share: an importer's run on the session's graph, and the graph as comparable values."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from icmgraph.audit import AuditStore
from icmgraph.ingest import mapping as mappings
from icmgraph.ingest.accounts import Accounts
from icmgraph.ingest.run import Report, run
from icmgraph.model.source import SystemSource
from icmgraph.queries.operator import Operator
from tests.worlds.loader import Graph

TWIN = Path(__file__).parents[1] / "data" / "pole-twin"
POLE = os.environ.get("ICM_TEST_POLE")
"""Where the archive of the public set is."""
KEY = b"a key of thirty-two bytes ......"


@contextmanager
def operator(graph: Graph, folder: Path, who: str = "operator") -> Iterator[Operator]:
    audit = AuditStore(f"sqlite:///{folder / 'audit.db'}")
    try:
        yield Operator(graph.gateway, audit, SystemSource(), who)
    finally:
        audit.close()


def empty(graph: Graph) -> None:
    """As after ``icmgraph init``, without a person.

    Wiped piece by piece: a large set in one transaction is more than a small server's memory for one.
    """
    while graph.run("MATCH (n) WITH n LIMIT 1000 DETACH DELETE n RETURN count(*) AS n")[0]["n"]:
        pass
    graph.clear()
    graph.gateway.write(lambda tx: tx.control("create_epoch"))


def import_set(graph: Graph, folder: Path, source: Path = TWIN, importer: str = "pole") -> tuple[Report, Accounts]:
    with operator(graph, folder, f"importer:{importer}") as acting:
        return run(source, mappings.load("pole"), importer, KEY, acting)


def line(report: Report, table: str) -> dict[str, Any]:
    return next(line for line in report.tables if line["table"] == table)


_WHEN = (
    "asserted_at", "at", "visibility", "audience", "lock", "next_visibility", "next_hidden", "next_audience", "value",
)  # fmt: skip


def dump(graph: Graph) -> list[str]:
    """All that a run leaves, without times and without numbers that depend on how its batches were cut."""
    nodes = graph.run(
        """MATCH (n) WHERE NOT n:EpochMove|Act|Epoch|Feed|Change
        OPTIONAL MATCH (v:Visibility {id: n.visibility}) OPTIONAL MATCH (a:Audience {id: n.audience})
        RETURN labels(n) AS labels, properties(n) AS said, v.expression AS expression, a.expression AS audience"""
    )
    links = graph.run(
        """MATCH (s)-[r]->(e) OPTIONAL MATCH (v:Visibility {id: r.visibility})
        OPTIONAL MATCH (a:Audience {id: r.audience})
        RETURN type(r) AS labels, properties(r) AS said, v.expression AS expression, a.expression AS audience,
          coalesce(s.id, s.key) AS start, coalesce(e.id, e.key) AS end"""
    )
    return sorted(_shown(row) for row in [*nodes, *links])


def _shown(row: dict[str, Any]) -> str:
    said = {key: value for key, value in row["said"].items() if key not in _WHEN}
    label = row["labels"]
    if label in (["Visibility"], ["Audience"]):
        said.pop("id")
    ends = ("", "") if label == "REQUIRES" else (row.get("start"), row.get("end"))
    return repr((label, sorted(said.items()), row["expression"], row["audience"], *ends))
