"""Reads a second through the API (part of ``make bench``)."""

from __future__ import annotations

import http.client
import os
import random
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from benchmarks.asked import Asked
from icmgraph.api.tokens import LocalIssuer
from icmgraph.bootstrap import Platform

CLIENTS = (1, 4, 16)
SECONDS = 8.0
WARM_S = 3.0
SETTINGS = {
    # The limits of one person are for people, not for one benchmark.
    "ICM_LOCAL_ISSUER": "true", "ICM_API_RATE": "1000000", "ICM_API_PARALLEL": "64",
}  # fmt: skip


@contextmanager
def served(platform: Platform) -> Iterator[int]:
    """The API in a process of its own: its port."""
    port = random.randrange(20_000, 32_000)
    given = {"ICM_HOME": str(platform.settings.home), "ICM_API_PORT": str(port), **SETTINGS}
    process = subprocess.Popen(
        [sys.executable, "-m", "icmgraph.cli", "serve"], env={**os.environ, **given}, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        while True:
            if process.poll() is not None:
                raise SystemExit("the API did not start")
            try:
                if ask(http.client.HTTPConnection("127.0.0.1", port), "/readyz", {}) == 200:
                    break
            except OSError:
                pass
            time.sleep(0.2)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def ask(connection: http.client.HTTPConnection, path: str, headers: dict[str, str]) -> int:
    """The status; the answer is read whole."""
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    response.read()
    return response.status


def rate(port: int, headers: dict[str, str], cases: Sequence[str], clients: int, seconds: float) -> dict[str, float]:
    """Cases read a second by so many clients at once, and the p50 and p95 of their waits in ms."""
    waits: list[float] = []
    failed: list[int] = []
    end = time.monotonic() + seconds

    def client(seed: int) -> None:
        connection, rng = http.client.HTTPConnection("127.0.0.1", port), random.Random(seed)
        while time.monotonic() < end:
            began = time.perf_counter()
            status = ask(connection, f"/v1/cases/{rng.choice(cases)}", headers)
            waits.append((time.perf_counter() - began) * 1000)
            if status != 200:
                failed.append(status)

    threads = [threading.Thread(target=client, args=(n,)) for n in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ordered = sorted(waits)
    return {"a_second": round(len(waits) / seconds, 1), "p50": round(statistics.median(ordered), 2),
            "p95": round(ordered[int(len(ordered) * 0.95)], 2), "refused": len(failed)}  # fmt: skip


@contextmanager
def moving_epoch(platform: Platform) -> Iterator[None]:
    """The epoch moves once a second, by a label that nobody sees."""
    stop = threading.Event()

    def move() -> None:
        while not stop.wait(1.0):
            platform.gateway.write(lambda tx: (tx.control("lock_epoch"), tx.control("move_epoch", labels=["v0"])))

    thread = threading.Thread(target=move)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def throughput(platform: Platform, user: str, asked: Asked, say: Callable[..., None]) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {LocalIssuer.create(platform.settings.home).issue(user)}"}
    told: dict[str, Any] = {}
    with served(platform) as port:
        rate(port, headers, asked.cases, 4, WARM_S)
        for clients in CLIENTS:
            told[f"{clients} clients"] = rate(port, headers, asked.cases, clients, SECONDS)
        with moving_epoch(platform):
            told["16 clients, the epoch moves every second"] = rate(port, headers, asked.cases, 16, SECONDS)
    for name, one in told.items():
        say(f"a case through the API, {name}: {one['a_second']} a second, {one['p50']} ms p50, {one['p95']} p95"
            + (f", {one['refused']} refused" if one["refused"] else ""))  # fmt: skip
    return told
