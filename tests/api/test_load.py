"""Under load: who is sent away is sent away at once, who waits gets an answer, and checks hold no threads."""

from __future__ import annotations

import socket
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path

import httpx

from icmgraph.api import admission, serve
from icmgraph.api.tokens import LocalIssuer
from tests.api.test_serve import _process
from tests.api.test_serve import environment as environment
from tests.worlds.loader import Graph
from tests.worlds.world import uid

QUEUE = 4
USERS = [uid(f"user-{number}") for number in (1, 2, 3, 4, 5)]


@contextmanager
def served(environment: dict[str, str], **settings: str) -> Iterator[dict[str, httpx.Client]]:
    """A client for each user, of a server of its own."""
    given = {**environment, **{f"ICM_{name.upper()}": value for name, value in settings.items()}}
    with _process(given) as process:
        assert process.stdout
        address = process.stdout.readline().strip()
        issuer = LocalIssuer.create(Path(environment["ICM_HOME"]))
        limits = httpx.Limits(max_connections=100)
        clients = {
            user: httpx.Client(
                base_url=address, headers={"Authorization": f"Bearer {issuer.issue(user)}"}, timeout=60,
                trust_env=False, limits=limits,
            )
            for user in USERS
        }  # fmt: skip
        yield clients
        for client in clients.values():
            client.close()


def timed(client: httpx.Client, method: str, path: str, body: object = None) -> tuple[httpx.Response, float]:
    began = time.monotonic()
    response = client.request(method, path, json=body)
    return response, time.monotonic() - began


def test_a_full_queue_refuses_at_once(environment: dict[str, str], graph: Graph) -> None:
    with (
        served(environment, api_queue=str(QUEUE)) as clients,
        graph.driver.session(database=graph.database) as session,
        ThreadPoolExecutor(60) as threads,
    ):
        for client in clients.values():
            assert client.get("/v1/me").is_success
        places = admission.WORKING["write"] + QUEUE
        # Who may see what cannot be settled: every write waits for the epoch, as in the relabelling of a large case.
        lock = session.begin_transaction()
        lock.run("MATCH (e:Epoch) SET e.lock = 0").consume()
        unit = {"number": "N-1", "title": "x", "unit": uid("unit-2"), "override": "test"}
        began = [threads.submit(timed, clients[USERS[n % 5]], "POST", "/v1/cases", unit) for n in range(places + 3)]
        while sum(one.done() for one in began) < 3:  # three too many: all places are taken
            time.sleep(0.01)
        early = [one.result()[0] for one in began if one.done()]
        assert {one.status_code for one in early} == {503}, [one.text for one in early]
        slow = [one for one in began if not one.done()]
        refused = [threads.submit(timed, clients[USERS[n % 5]], "POST", "/v1/cases", unit) for n in range(20)]
        wait(refused)
        took = sorted(one.result()[1] for one in refused)
        for response, _ in (one.result() for one in refused):
            assert (response.status_code, response.headers["retry-after"]) == (503, "1")
            assert response.json()["type"] == "urn:icmgraph:problem:unavailable"
        assert took[-1] < 2.0, took
        alone = sorted(timed(clients[USERS[0]], "POST", "/v1/cases", unit)[1] for _ in range(20))
        # Others may use the machine at the same time: a quarter of them has to be free of that.
        assert alone[5] < 0.1, alone
        print(f"refused, 20 at once: median {took[10] * 1000:.0f} ms; one by one: median {alone[10] * 1000:.0f} ms")
        # Other lanes are free meanwhile.
        health, seconds = timed(clients[USERS[0]], "GET", "/healthz")
        assert health.is_success
        assert seconds < 1
        assert not any(one.done() for one in slow)
        lock.rollback()
        statuses = Counter(one.result()[0].status_code for one in slow)
    assert set(statuses) <= {201, 403, 422}, statuses
    assert sum(statuses.values()) == places


def test_checks_wait_without_a_thread(environment: dict[str, str]) -> None:
    """Eighteen checks at once, six threads for them: no three rounds of the wait, and reads go on meanwhile."""
    question = {"selectors": [{"kind": "phone", "value": "+1 202 555 0143"}], "reason": "a lead"}
    officers = [USERS[0], USERS[1], USERS[3]]
    with (
        served(environment, check_answer_ms="3000", api_queue="64") as clients,
        ThreadPoolExecutor(30) as threads,
    ):
        for client in clients.values():
            assert client.get("/v1/me").is_success
        assert clients[officers[0]].post("/v1/checks", json=question).is_success  # its queries are planned now
        checks = [threads.submit(timed, clients[officers[n % 3]], "POST", "/v1/checks", question) for n in range(18)]
        time.sleep(0.3)
        reads = [timed(clients[USERS[2]], "GET", "/v1/me") for _ in range(10)]
        answers = [one.result() for one in checks]
    assert all(response.is_success for response, _ in reads)
    assert {response.status_code for response, _ in answers} == {201}
    assert all(seconds >= 3 for _, seconds in answers)
    # With a thread each they would take three rounds of three seconds.
    assert max(seconds for _, seconds in answers) < 8.9
    assert sorted(seconds for _, seconds in reads)[5] < 1


def test_one_person_has_a_share(environment: dict[str, str]) -> None:
    with served(environment, api_rate="1") as clients:
        one, other = clients[USERS[0]], clients[USERS[1]]
        statuses = [one.get("/v1/me").status_code for _ in range(20)]
        assert statuses[:2] == [200] * 2, "a burst of two seconds' worth"
        assert 429 in statuses
        refused = next(response for response in iter(lambda: one.get("/v1/me"), None) if response.status_code == 429)
        assert (refused.json()["type"], refused.headers["retry-after"]) == ("urn:icmgraph:problem:quota", "1")
        assert other.get("/v1/me").is_success
        time.sleep(1.5)
        assert one.get("/v1/me").is_success


def test_heads_that_are_too_long_or_do_not_come(environment: dict[str, str]) -> None:
    with served(environment) as clients:
        base = clients[USERS[0]].base_url

        def open_() -> socket.socket:
            return socket.create_connection((base.host, base.port or 0), timeout=serve.HEAD_S + 10)

        with open_() as long, open_() as silent, open_() as half:
            began = time.monotonic()
            half.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n")
            long.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + b"x" * (10 * serve.LARGEST_HEAD) + b"\r\n\r\n")
            assert long.recv(12) == b"HTTP/1.1 400"
            for connection in (silent, half):
                assert connection.recv(100) == b""
                assert serve.HEAD_S - 1 < time.monotonic() - began < serve.HEAD_S + 5
        assert clients[USERS[0]].get("/v1/me").is_success
