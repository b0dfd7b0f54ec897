"""Reads a second through the API (part of ``make bench``)."""

from __future__ import annotations

import csv
import json
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from benchmarks.asked import Asked
from icmgraph.api.tokens import LocalIssuer
from icmgraph.bootstrap import Platform
from icmgraph.queries.notices import NoticeWorker

CLIENTS = (1, 4, 16)
SECONDS = 8.0
WARM_S = 3.0
FAR = datetime(2999, 1, 1, tzinfo=UTC)
SETTINGS = {
    # The limits of one person are for people, not for one benchmark.
    "ICM_LOCAL_ISSUER": "true", "ICM_API_RATE": "1000000", "ICM_API_PARALLEL": "64", "ICM_CHECK_DAILY": "1000000000",
}  # fmt: skip

_HEAD = re.compile(rb"HTTP/1\.1 (\d+)(?:.*\r\n)*?content-length: (\d+)\r\n(?:.+\r\n)*\r\n")


@dataclass(frozen=True)
class Served:
    """The API, running."""

    port: int
    pid: int

    def processor(self) -> float:
        """Processor seconds of all its processes since their start."""
        command = psutil.Process(self.pid)
        return sum(one.user + one.system for one in (p.cpu_times() for p in (command, *command.children())))


@contextmanager
def served(platform: Platform, workers: int = 1) -> Iterator[Served]:
    """The API in processes of its own, with nothing left to be told of the checks that were made before."""
    worker = NoticeWorker(
        platform.gateway, platform.audit, key=platform.keys.identifiers, desk_contact=platform.settings.desk_contact
    )
    while platform.gateway.read(lambda tx: tx.control("pending_checks", now=FAR, limit=1)):
        if not worker.run_once():
            time.sleep(0.2)  # the last are not due yet
    port = random.randrange(20_000, 32_000)
    given = {"ICM_HOME": str(platform.settings.home), "ICM_API_PORT": str(port), **SETTINGS}
    process = subprocess.Popen(
        [sys.executable, "-m", "icmgraph", "serve", "--workers", str(workers)],
        env={**os.environ, **given}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        while True:
            if process.poll() is not None:
                raise SystemExit("the API did not start")
            try:
                with closing(Client(port, {})) as client:
                    if client.get("/readyz") == 200:
                        break
            except OSError:
                pass
            time.sleep(0.2)
        yield Served(port, process.pid)
    finally:
        process.terminate()
        process.wait(30)


class Client:
    """One connection. It reads an answer's status and length only: who asks has the same two cores as the answer."""

    def __init__(self, port: int, headers: dict[str, str]) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._rest = "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n"

    def get(self, path: str) -> int:
        """The status; the answer is read whole."""
        return self._ask(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{self._rest}".encode())

    def post(self, path: str, body: Any) -> int:
        """The status; the answer is read whole."""
        said = json.dumps(body).encode()
        head = f"Content-Type: application/json\r\nContent-Length: {len(said)}\r\n{self._rest}"
        return self._ask(f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{head}".encode() + said)

    def _ask(self, request: bytes) -> int:
        self._socket.sendall(request)
        read = b""
        while not (found := _HEAD.match(read)) or len(read) < found.end() + int(found[2]):
            part = self._socket.recv(65536)
            if not part:
                raise ConnectionError
            read += part
        return int(found[1])

    def close(self) -> None:
        self._socket.close()


def rate(port: int, headers: dict[str, str], paths: Sequence[str], clients: int, seconds: float) -> dict[str, float]:
    """Reads a second by so many clients at once, and the p50 and p95 of their waits in ms."""
    waits: list[float] = []
    failed: list[int] = []
    end = time.monotonic() + seconds

    def client(seed: int) -> None:
        rng = random.Random(seed)
        with closing(Client(port, headers)) as to:
            while time.monotonic() < end:
                began = time.perf_counter()
                status = to.get(rng.choice(paths))
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


def late(port: int, headers: dict[str, str], asked: Asked, answer_ms: int, many: int) -> dict[str, float]:
    """How many ms after their moment the answers of so many checks are there: a multiple of ``answer_ms`` each."""
    rng = random.Random(1)
    waits = []
    with closing(Client(port, headers)) as to:
        for _ in range(many):
            one, name = rng.choice(asked.identifiers), rng.choice(asked.names)
            subject = {"selectors": [{"kind": one.kind.value, "value": one.value}], "names": [{"name": name}]}
            began = time.perf_counter()
            if to.post("/v1/checks", {**subject, "reason": "a benchmark"}) != 201:
                raise SystemExit("a check was refused")
            waits.append((time.perf_counter() - began) * 1000)
    ordered = sorted(wait % answer_ms for wait in waits)
    later = sum(wait > 2 * answer_ms for wait in waits)
    return {"checks": many, "later": later, "p50": round(statistics.median(ordered), 1),
            "p95": round(ordered[int(many * 0.95)], 1), "most": round(ordered[-1], 1)}  # fmt: skip


def check_file(platform: Platform, user: str, subjects: Sequence[Mapping[str, str]]) -> list[float]:
    """Seconds of ``icmgraph check --file``, its start and the wait for the answers' moments in them: by an API that has
    just started, and again by the same, which tells holders of the first meanwhile.

    Args:
        subjects: what stands in each row, by column.
    """
    with served(platform) as api, tempfile.TemporaryDirectory() as folder:
        table, token = Path(folder, "subjects.csv"), Path(folder, "token.jwt")
        with table.open("w", newline="") as file:
            rows = csv.DictWriter(file, sorted({column for subject in subjects for column in subject}))
            rows.writeheader()
            rows.writerows(subjects)
        token.touch(0o600)
        token.write_text(LocalIssuer.create(platform.settings.home).issue(user))
        said = ("--token-file", str(token), "check", "--file", str(table), "--json")
        at = f"http://127.0.0.1:{api.port}"
        given = {**os.environ, "ICM_HOME": str(platform.settings.home), "ICM_API_URL": at}
        took = []
        for _ in range(2):
            began = time.monotonic()
            subprocess.run(
                [sys.executable, "-m", "icmgraph", *said], env=given, stdout=subprocess.DEVNULL, check=True
            )  # fmt: skip
            took.append(time.monotonic() - began)
        return took


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


def signed_in(platform: Platform, user: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {LocalIssuer.create(platform.settings.home).issue(user)}"}


def cases(asked: Asked) -> list[str]:
    return [f"/v1/cases/{id}" for id in asked.cases]


def cards(asked: Asked) -> list[str]:
    return [f"/v1/subjects/{id}" for id in asked.subjects]


def throughput(platform: Platform, user: str, asked: Asked, say: Callable[..., None]) -> dict[str, Any]:
    headers = signed_in(platform, user)
    told: dict[str, Any] = {}
    paths = cases(asked)
    with served(platform) as api:
        rate(api.port, headers, paths, 4, WARM_S)
        for clients in CLIENTS:
            told[f"{clients} clients"] = rate(api.port, headers, paths, clients, SECONDS)
        with moving_epoch(platform):
            told["16 clients, the epoch moves every second"] = rate(api.port, headers, paths, 16, SECONDS)
    for name, one in told.items():
        say(f"a case through the API, {name}: {one['a_second']} a second, {one['p50']} ms p50, {one['p95']} p95"
            + (f", {one['refused']} refused" if one["refused"] else ""))  # fmt: skip
    return told
