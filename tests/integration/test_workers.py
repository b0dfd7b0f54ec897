"""Two processes on one address, one graph and one audit chain."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from icmgraph import keys
from icmgraph.api.tokens import LocalIssuer
from icmgraph.audit import AuditStore
from icmgraph.local_neo4j import Connection
from icmgraph.model.source import SystemSource
from icmgraph.queries.recovery import recover
from icmgraph.settings import Settings
from tests.post import Hooks, hooks
from tests.postgres import PASSWORD, Postgres
from tests.worlds import example
from tests.worlds.example import VALUES
from tests.worlds.fixtures import graph as graph
from tests.worlds.loader import Graph
from tests.worlds.world import uid

ALICE, BOB, SAM = (uid(f"user-{number}") for number in (1, 2, 4))
DOCKS = VALUES["case"]
SERVE = (
    "from tests.orphan import ends_with_its_parent\n"
    "ends_with_its_parent()\n"
    "from icmgraph.operator import *\n"
    "serve(Settings(), lambda address: print(address, flush=True), 2)"
)  # fmt: skip


class Office:
    """The running API, and a client of each of its two processes."""

    def __init__(self, process: subprocess.Popen[str], address: str, settings: Settings) -> None:
        self.process = process
        self.address = address
        self.settings = settings
        issuer = LocalIssuer.create(settings.home)
        self.tokens = {user: issuer.issue(user) for user in (ALICE, BOB, SAM)}
        self.clients: list[httpx.Client] = []

    def workers(self) -> list[int]:
        return [child.pid for child in psutil.Process(self.process.pid).children()]

    def meet_both(self, stack: ExitStack) -> None:
        """A connection stays with the process that took it; whose it is, the log of that process says."""
        met: dict[int, httpx.Client] = {}
        until = time.monotonic() + 60
        while len(met) < 2:
            assert time.monotonic() < until, "one process answers all"
            client = httpx.Client(
                base_url=self.address, timeout=60, trust_env=False, limits=httpx.Limits(max_connections=1)
            )
            stack.enter_context(client)
            met.setdefault(self._who(self.ask(client, ALICE, "GET", "/v1/me")), client)
        self.clients = list(met.values())

    def _who(self, response: httpx.Response) -> int:
        request = response.headers["X-Request-Id"]
        until = time.monotonic() + 10
        while time.monotonic() < until:  # the line is written after the answer
            for number, name in ((1, "api.jsonl"), (2, "api-2.jsonl")):
                file = self.settings.home / "log" / name
                if file.exists() and request in file.read_text():
                    return number
        raise AssertionError("a request in no log")

    def ask(self, client: httpx.Client, user: str, method: str, path: str, body: Any = None) -> httpx.Response:
        return client.request(method, path, json=body, headers={"Authorization": f"Bearer {self.tokens[user]}"})

    def ok(self, worker: int, user: str, method: str, path: str, body: Any = None) -> Any:
        response = self.ask(self.clients[worker], user, method, path, body)
        assert response.is_success, response.text
        return response.json() if response.content else None


@pytest.fixture(params=["sqlite", "postgresql"])
def office(
    request: pytest.FixtureRequest, graph: Graph, neo4j_connection: Connection, tmp_path: Path
) -> Iterator[Office]:
    graph.load(example.WORLD)
    password = tmp_path / "password"
    password.write_text(neo4j_connection.password)
    password.chmod(0o600)
    home = tmp_path / "home"
    keys.create(home / "keys" / "deployment.key")
    environment = {
        "ICM_HOME": str(home),
        "ICM_NEO4J_URI": neo4j_connection.uri,
        "ICM_NEO4J_PASSWORD_FILE": str(password),
        "ICM_LOCAL_ISSUER": "true",
        "ICM_API_PORT": "0",
        "ICM_CHECK_ANSWER_MS": "0",
        "ICM_API_RATE": "100000",
    }
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        environment["ICM_AUDIT_URL"] = server.database()
    settings = Settings.model_validate(
        {"home": home, **({"audit_url": environment["ICM_AUDIT_URL"]} if "ICM_AUDIT_URL" in environment else {})}
    )
    with ExitStack() as stack:
        process = stack.enter_context(
            subprocess.Popen(
                [sys.executable, "-c", SERVE],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env={**os.environ, **environment},
            )
        )
        stack.callback(process.kill)
        assert process.stdout
        address = process.stdout.readline().strip()
        assert address.startswith("http"), process.communicate()[1]
        office = Office(process, address, settings)
        office.meet_both(stack)
        yield office


@pytest.fixture
def taker() -> Iterator[Hooks]:
    with hooks() as found:
        yield found


def test_two_processes_are_one_office(office: Office, graph: Graph, taker: Hooks) -> None:
    first, before = office.workers(), notices(graph)
    graph.run("MATCH (u:User) SET u.webhook = $address + '/' + u.id", address=taker.address)
    at_once(office)
    cursors_and_tokens_are_valid_on_both(office)
    revocation_counts_on_the_next_request_of_the_other(office)
    one_is_killed_and_another_follows(office)
    all_are_told(graph)
    each_notice_left_once(graph, taker)
    children = office.workers()
    office.process.send_signal(signal.SIGTERM)
    said = office.process.communicate(timeout=120)
    assert office.process.returncode == 0
    assert not any(psutil.pid_exists(child) for child in children)
    with closing(AuditStore(office.settings.audit_address)) as audit:
        assert audit.verify().ok
        # What the killed one was sending is settled by the one that followed, or else by the next start.
        recover(graph.gateway, audit, SystemSource())
        assert audit.unsettled(living=True) == []
        chain = [line["body"] for line in audit.export()]
    assert {body["process"]["pid"] for body in chain} >= set(first)
    each_notice_was_written_once(notices(graph) - before, chain)
    text = "".join(said) + "".join(file.read_text() for file in (office.settings.home / "log").iterdir())
    assert PASSWORD not in text
    assert "5550143" not in text.replace(" ", "")
    assert "1 worker(s) of the API died" in text


CHECKS, WRITES = 12, 12
BEGUN = datetime(2025, 1, 1, tzinfo=UTC)
"""After all that the example world has."""


def at_once(office: Office) -> None:
    def one(number: int) -> int:
        worker = number % 2
        if number < CHECKS:
            asked = {"selectors": [{"kind": "phone", "value": "+1 202 555 0143"}], "reason": f"lead {number}"}
            return office.ask(office.clients[worker], ALICE, "POST", "/v1/checks", asked).status_code
        person = {"kind": "Person", "attributes": [{"kind": "name", "value": f"Made Up {number}"}]}
        return office.ask(
            office.clients[worker], ALICE, "POST", f"/v1/cases/{DOCKS}/subjects", person
        ).status_code  # fmt: skip

    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(one, range(CHECKS + WRITES)))
    assert set(codes) == {201}
    records: set[str] = set()
    cursor, worker = "", 0
    while cursor is not None:  # and each page from the other process
        path = f"/v1/cases/{DOCKS}/records?limit=7" + (f"&cursor={cursor}" if cursor else "")
        page = office.ok(worker, ALICE, "GET", path)
        names = [item["id"] for item in page["items"]]
        assert not records & set(names)
        records |= set(names)
        cursor, worker = page["next"], 1 - worker
    assert len(records) >= WRITES


def cursors_and_tokens_are_valid_on_both(office: Office) -> None:
    checked = office.ok(0, ALICE, "POST", "/v1/checks", {
        "selectors": [{"kind": "phone", "value": "+1 202 555 0177"}], "reason": "a lead",
    })  # fmt: skip
    assert office.ok(1, ALICE, "GET", f"/v1/receipts/{checked['receipt']}")["case"] is None


def revocation_counts_on_the_next_request_of_the_other(office: Office) -> None:
    seen = f"/v1/cases/{DOCKS}"
    assert office.ask(office.clients[1], BOB, "GET", seen).status_code == 404
    for here, there in ((0, 1), (1, 0)) * 5:
        given = office.ok(here, SAM, "POST", f"{seen}/assignments", {"user": BOB, "functions": ["read"]})["id"]
        assert office.ask(office.clients[there], BOB, "GET", seen).status_code == 200
        office.ok(here, SAM, "DELETE", f"{seen}/assignments/{given}")
        assert office.ask(office.clients[there], BOB, "GET", seen).status_code == 404


def one_is_killed_and_another_follows(office: Office) -> None:
    before = set(office.workers())
    assert len(before) == 2
    victim = min(before)
    os.kill(victim, signal.SIGKILL)
    until = time.monotonic() + 60
    while len(now := set(office.workers())) < 2 or victim in now:
        assert time.monotonic() < until
        time.sleep(0.1)
    for client in office.clients:
        while True:  # the dead one's connection is gone: the client finds out, and takes another
            assert time.monotonic() < until
            try:
                assert office.ask(client, ALICE, "GET", "/v1/me").status_code == 200
                break
            except httpx.TransportError:
                continue


def all_are_told(graph: Graph) -> None:
    until = time.monotonic() + 60
    while graph.run("MATCH (c:Check) WHERE c.state <> 'done' RETURN count(c) AS n") != [{"n": 0}]:
        assert time.monotonic() < until
        time.sleep(0.2)


def each_notice_left_once(graph: Graph, taker: Hooks) -> None:
    """To whom it is for. What the killed one had taken is its own for some minutes, and what is behind that waits."""

    def waiting() -> list[dict[str, Any]]:
        return graph.run("MATCH (d:Delivery)-[:SENDS]->(n) RETURN d.user AS user, n.id AS notice, d.due AS due")

    until = time.monotonic() + 30
    while (left := waiting()) and time.monotonic() < until:
        time.sleep(0.2)
    assert not left or any(one["due"] > datetime.now(UTC) for one in left)
    came = [(path.removeprefix("/"), headers["webhook-id"]) for path, headers, _ in taker.came]
    assert len(came) == len(set(came))
    rows = graph.run("MATCH (n:Notice) WHERE n.at > $start OPTIONAL MATCH (n)-[:TO]->(u) "
                     "OPTIONAL MATCH (d:User {desk: true}) WHERE n.desk WITH n, coalesce(u, d) AS u "
                     "RETURN u.id AS user, n.id AS notice", start=BEGUN)  # fmt: skip
    assert len(rows) >= CHECKS
    assert {*came, *((one["user"], one["notice"]) for one in left)} == {(one["user"], one["notice"]) for one in rows}


def notices(graph: Graph) -> set[str]:
    return {row["id"] for row in graph.run("MATCH (n:Notice) RETURN n.id AS id")}


def each_notice_was_written_once(new: set[str], chain: list[dict[str, Any]]) -> None:
    """Both workers look for checks to tell of: one act of each check wrote, and what it wrote is all there is."""
    of = {body["id"]: body["parameters"]["check"] for body in chain if body.get("action") == "deconflict.notify"}
    wrote = [(of[body["intent"]], body["records"]) for body in chain if body.get("intent") in of and body["records"]]
    assert len(wrote) == len({check for check, _ in wrote}) >= CHECKS
    ids = [id for _, records in wrote for id in records]
    assert sorted(ids) == sorted(new)


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
def test_the_workers_end_when_their_parent_is_killed(office: Office) -> None:
    children = office.workers()
    office.process.kill()
    office.process.communicate()
    until = time.monotonic() + 60
    while any(psutil.pid_exists(child) and psutil.Process(child).status() != "zombie" for child in children):
        assert time.monotonic() < until
        time.sleep(0.1)
