"""Kill -9 at listed points: nothing half-written, no audit record lost for an answer that left."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from icmgraph.local_neo4j import Connection
from icmgraph.model.records import AssignmentInput
from icmgraph.model.source import SystemSource
from icmgraph.queries.recovery import recover
from tests.integration.crash_child import POINTS
from tests.integration.office import Office, make_office
from tests.worlds.fixtures import graph as graph
from tests.worlds.loader import Graph

COMMITTED = {"write: after commit, before outcome", "write: after outcome, before the answer"}
"""Points at which the act's transaction has committed; at all others of a write it must have left nothing."""


@pytest.fixture
def office(graph: Graph, tmp_path: Path) -> Iterator[Office]:
    made = make_office(graph, tmp_path)
    yield made
    made.audit.close()


def content(office: Office) -> list[dict[str, Any]]:
    """All labelled content, and the marks of committed acts."""
    return office.graph.run(
        """MATCH (n:Case|Subject|Attribute|NameKey|Entry|Act|Epoch) WHERE n.undone IS NULL
        RETURN labels(n) AS what, properties(n) AS said
        ORDER BY what, n.id, n.intent
        UNION ALL MATCH ()-[r:SUBJECT_OF|HAS_ATTRIBUTE|KEY_OF|SAME_AS|ABOUT|OPEN_TO|ASSIGNED_TO]->()
        RETURN type(r) AS what, properties(r) AS said ORDER BY what, r.id"""
    )


@pytest.mark.parametrize("point", POINTS)
def test_killed(office: Office, neo4j_connection: Connection, point: str, caplog: pytest.LogCaptureFixture) -> None:
    case, other = office.open_case("al"), office.open_case("bo")
    start, end = office.person("al", case), office.person("bo", other)
    office.cases("chief").assign(other, AssignmentInput(user=office.people["al"]))
    before = content(office)
    audited = office.audit.verify().records
    at = neo4j_connection
    given = {
        "connection": [at.uri, at.user, at.password, at.database],
        "audit": office.audit_url,
        "al": office.people["al"], "chief": office.people["chief"], "unit": office.north,
        "case": case, "other": other, "start": start, "end": end,
    }  # fmt: skip
    child = subprocess.run(
        [sys.executable, "-m", "tests.integration.crash_child", point],
        input=json.dumps(given), text=True, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert child.returncode == -signal.SIGKILL, child.stderr
    assert child.stdout == "", "it was killed before the answer left"

    settled = recover(office.graph.gateway, office.audit, SystemSource())
    assert ("settled 1 act(s)" in caplog.text) == (settled == 1), "the next start says so"
    after = content(office)
    if point in COMMITTED:
        names = [row["said"]["value"] for row in after if row["what"] == ["Attribute"]]
        assert len(names) == 3
    elif point == "interning: after, before the content":
        assert [row for row in after if row["what"] != ["Epoch"]] == [row for row in before if row["what"] != ["Epoch"]]
    else:
        assert after == before
    records = [entry["body"] for entry in office.audit.export()]
    assert office.audit.verify().ok
    assert office.audit.unsettled() == []
    new = records[audited:]
    if point == "write: before intent":
        assert (new, settled) == ([], 0)
    else:
        assert len(new) == 2, "one intent, one outcome"
        assert new[1]["result"] == expected(point)
        assert settled == (0 if "after outcome" in point else 1)
    assert office.person("al", case), "and the work goes on"


def expected(point: str) -> str:
    if "after outcome" in point:
        return "done"
    if point.startswith("read"):
        return "may have been answered"
    return "done" if point in COMMITTED else "not done"
