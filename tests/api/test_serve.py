"""The API as a process: the wire, signals, one for each ICM_HOME."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from icmgraph import keys
from icmgraph.api.serve import _listening
from icmgraph.api.tokens import LocalIssuer
from icmgraph.local_neo4j import Connection
from icmgraph.queries.gateway import POOL
from icmgraph.settings import Settings
from tests.worlds import example
from tests.worlds.loader import Graph
from tests.worlds.world import uid

PHONE = re.compile(r"555( |%20)?0188")
"""Not its last four digits: any figure or random id may hold those."""

_SERVE = """
from tests.orphan import ends_with_its_parent
ends_with_its_parent()
from icmgraph import bootstrap
from icmgraph.api.serve import serve
from icmgraph.errors import OperatorError
from icmgraph.settings import Settings
try:
    serve(Settings(), bootstrap.platform, lambda address: print(address, flush=True))
    print("clean", flush=True)
except OperatorError as error:
    print(type(error).__name__, error, flush=True)
finally:
    print("end", flush=True)
"""


@pytest.fixture
def environment(graph: Graph, neo4j_connection: Connection, tmp_path: Path) -> dict[str, str]:
    graph.load(example.WORLD)
    password = tmp_path / "password"
    password.write_text(neo4j_connection.password)
    password.chmod(0o600)
    home = tmp_path / "home"
    keys.create(home / "keys" / "deployment.key")
    return {
        **os.environ,
        "ICM_HOME": str(home),
        "ICM_NEO4J_URI": neo4j_connection.uri,
        "ICM_NEO4J_PASSWORD_FILE": str(password),
        "ICM_LOCAL_ISSUER": "true",
        "ICM_API_PORT": "0",
        "ICM_CHECK_ANSWER_MS": "700",
    }


@contextmanager
def _process(environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", _SERVE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as made:
        try:
            yield made
        finally:
            made.kill()


def test_it_serves_and_ends_when_told(environment: dict[str, str]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        metrics = free.getsockname()[1]
    with _process({**environment, "ICM_METRICS_PORT": str(metrics)}) as process:
        assert process.stdout
        address = process.stdout.readline().strip()
        token = LocalIssuer.create(Path(environment["ICM_HOME"])).issue(uid("user-1"))
        with httpx.Client(
            base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=60, trust_env=False
        ) as client:
            ready = client.get("/readyz")
            assert ready.json() == {"status": "ok"}
            assert "server" not in ready.headers
            assert client.get("/v1/me").json()["name"] == "Alice Agent"
            question = {"selectors": [{"kind": "phone", "value": "+1 202 555 0188"}], "reason": "a lead"}
            checked = client.post("/v1/checks", json=question)
            assert checked.json()["result"] == "no pointer given"
            assert checked.elapsed.total_seconds() >= 0.7, "it left at its moment"
            assert client.get(f"/v1/cases/{uid('case-1')}").headers["X-Request-Id"]
            assert client.get("/v1/made/up").status_code == 404
            assert_counted(httpx.get(f"http://127.0.0.1:{metrics}/metrics", trust_env=False).text)

        again = subprocess.run(
            [sys.executable, "-c", _SERVE], capture_output=True, text=True, env=environment, timeout=120, check=True
        )
        assert again.stdout.startswith("AlreadyRunning the API of ")

        taken = {**environment, "ICM_HOME": environment["ICM_HOME"] + "2", "ICM_API_PORT": address.rpartition(":")[2]}
        other = subprocess.run(
            [sys.executable, "-c", _SERVE], capture_output=True, text=True, env=taken, timeout=120, check=True
        )
        assert other.stdout.startswith(f"OperatorError port {taken['ICM_API_PORT']} of 127.0.0.1 cannot be had")

        process.send_signal(signal.SIGTERM)
        rest, log = process.communicate(timeout=120)
        assert (process.returncode, rest) == (0, "end\n")
        assert not PHONE.search(log)
        assert "/v1/" not in log
        assert_logged(Path(environment["ICM_HOME"]) / "log" / "api.jsonl")


def assert_counted(page: str) -> None:
    """What Prometheus gets: routes and counts, no case, person or selector."""
    samples = {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in page.splitlines() if line[0] != "#"}
    labels = 'method="GET",route="/v1/cases/{id}",status="200"'
    assert samples[f"icmgraph_request_seconds_count{{{labels}}}"] == 1
    assert samples['icmgraph_request_seconds_count{method="GET",route="-",status="404"}'] == 1
    assert samples["icmgraph_audit_append_seconds_count"] >= 6
    assert samples["icmgraph_neo4j_connections_in_use"] >= 0
    assert samples["icmgraph_neo4j_connections_most"] == POOL
    assert (samples["icmgraph_graph_up"], samples["icmgraph_tasks_pending"]) == (1, 0)
    assert samples["icmgraph_checks_pending"] >= 0
    assert samples["icmgraph_jobs_pending"] == 0
    named = {label for name in samples for label in re.findall(r'(\w+)="', name)}
    assert named <= {"method", "route", "status", "kind", "le"}, "no other label, so nothing of anybody's"
    assert not PHONE.search(page)
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}", page)


def assert_logged(file: Path) -> None:
    """A line for each request, and nothing of what was asked in any."""
    assert file.stat().st_mode & 0o777 == 0o600
    text = file.read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    said = [(line["method"], line["route"], line["status"]) for line in lines if line["message"] == "request"]
    assert said == [
        ("GET", "/readyz", 200), ("GET", "/v1/me", 200), ("POST", "/v1/checks", 201), ("GET", "/v1/cases/{id}", 200),
        ("GET", "-", 404),
    ]  # fmt: skip
    assert lines[2]["ms"] >= 700
    assert len({line["request"] for line in lines}) == len(lines)
    assert not PHONE.search(text)
    for private in ("a lead", "Alice", uid("case-1"), uid("user-1"), "made"):
        assert private not in text


def test_the_parts_of_an_answer_leave_at_once(tmp_path: Path) -> None:
    """What asyncio accepts it sends without delay only if the listening socket says that it is TCP: else 40 ms each."""
    with _listening(Settings(home=tmp_path, api_port=0)) as listener:
        assert listener.proto == socket.IPPROTO_TCP
        with socket.create_connection(listener.getsockname()) as asking:
            accepted, _ = listener.accept()
            with accepted:
                assert accepted.proto == socket.IPPROTO_TCP
                assert asking.getpeername() == listener.getsockname()


def test_without_a_graph_it_says_so(environment: dict[str, str]) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        gone = {**environment, "ICM_NEO4J_URI": f"bolt://127.0.0.1:{closed.getsockname()[1]}"}
        result = subprocess.run(
            [sys.executable, "-c", _SERVE], capture_output=True, text=True, env=gone, timeout=120, check=False
        )
    assert "GraphUnavailable" in result.stderr
