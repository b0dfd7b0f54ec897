"""The API as a process: the wire, signals, one for each ICM_HOME."""

from __future__ import annotations

import os
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
from icmgraph.api.tokens import LocalIssuer
from icmgraph.local_neo4j import Connection
from tests.worlds import example
from tests.worlds.loader import Graph
from tests.worlds.world import uid

_SERVE = """
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
    with _process(environment) as process:
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
        assert "0188" not in log
        assert "/v1/" not in log


def test_without_a_graph_it_says_so(environment: dict[str, str]) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        gone = {**environment, "ICM_NEO4J_URI": f"bolt://127.0.0.1:{closed.getsockname()[1]}"}
        result = subprocess.run(
            [sys.executable, "-c", _SERVE], capture_output=True, text=True, env=gone, timeout=120, check=False
        )
    assert "GraphUnavailable" in result.stderr


def test_tls_files_that_are_none(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_text("no certificate")
    files = {"ICM_TLS_CERT": str(tmp_path / "cert.pem"), "ICM_TLS_KEY": str(tmp_path / "absent.pem")}
    result = subprocess.run(
        [sys.executable, "-c", _SERVE],
        capture_output=True,
        text=True,
        env={**environment, **files},
        timeout=120,
        check=True,
    )
    assert result.stdout.startswith("OperatorError ICM_TLS_CERT")
