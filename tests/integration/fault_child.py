"""Bodies of processes that work while something fails: a full disk, connections that break, a clock that jumps."""

from __future__ import annotations

import random
import resource
import socket
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from icmgraph.errors import IcmError
from icmgraph.local_neo4j import Connection
from icmgraph.model.records import AttributeInput, SubjectInput
from icmgraph.model.source import SystemSource
from icmgraph.queries.policy import Policy
from icmgraph.queries.session import Sessions
from icmgraph.queries.tasks import Tasks
from icmgraph.queries.writer import Writer
from tests.integration.kill_child import Product


def _named(number: int) -> SubjectInput:
    name = AttributeInput(kind="name", value=f"Invented {number}")
    return SubjectInput.model_validate({"kind": "Person", "attributes": (name,)})


def _write(sessions: Sessions, ids: Mapping[str, str], times: int) -> list[str]:
    """What each of so many writes came to: the id, or the kind of its error."""
    told = []
    for number in range(times):
        try:
            told.append(Writer(sessions.of(ids["al"])).add_subject(ids["a"], _named(number)).id)
        except IcmError as error:
            told.append(type(error).__name__)
    return told


def full_disk(at: Connection, audit_url: str, ids: Mapping[str, str], room: int, told: Any) -> None:
    """Write until the audit's files may not grow any more: ``room`` bytes beyond what is there."""
    product = Product.open(at, audit_url)
    told_first = _write(product.sessions, ids, 1)
    files = Path(audit_url.removeprefix("sqlite:///")).parent.glob("*")
    limit = max(file.stat().st_size for file in files) + room
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    told.send(told_first + _write(product.sessions, ids, 12))
    told.close()


class Cutting:
    """A way to the server that breaks now and then, in the middle of what is said."""

    def __init__(self, host: str, port: int, seed: int) -> None:
        self._to = (host, port)
        self._random = random.Random(seed)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            near, _ = self._listening.accept()
            far = socket.create_connection(self._to)
            bytes_left = [self._random.randint(100_000, 400_000)]
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=_pass_on, args=(one, other, bytes_left), daemon=True).start()


def _pass_on(one: socket.socket, other: socket.socket, left: list[int]) -> None:
    try:
        while (data := one.recv(4096)) and left[0] > 0:
            left[0] -= len(data)
            other.sendall(data[: len(data) // 2] if left[0] <= 0 else data)
    except OSError:
        pass
    for end in (one, other):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            continue


def cut_connections(at: Connection, audit_url: str, ids: Mapping[str, str], seed: int, told: Any) -> None:
    """Write over a connection that breaks."""
    host, port = at.uri.removeprefix("bolt://").split(":")
    way = Cutting(host, int(port), seed)
    product = Product.open(replace(at, uri=f"bolt://127.0.0.1:{way.port}"), audit_url)
    told.send(_write(product.sessions, ids, 8))
    told.close()


def under_load(at: Connection, audit_url: str, ids: Mapping[str, str], threads: int, told: Any) -> None:
    """Write in threads, telling each outcome, until told to end; then settle what was lost, and say how many."""
    product = Product.open(at, audit_url)
    ended, turn = threading.Event(), threading.Lock()

    def work() -> None:
        while not ended.is_set():
            (one,) = _write(product.sessions, ids, 1)
            with turn:
                told.send(one)

    working = [threading.Thread(target=work) for _ in range(threads)]
    for thread in working:
        thread.start()
    told.recv()
    ended.set()
    for thread in working:
        thread.join()
    told.send(f"settled {Tasks(product.gateway, product.audit).settle_lost()}")
    told.close()


class Jumping(SystemSource):
    """A clock that somebody sets while we work, by days, to and fro."""

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=random.randint(-300_000, 300_000))


def jumping_clock(at: Connection, audit_url: str, ids: Mapping[str, str], seed: int, told: Any) -> None:
    """Write while the clock jumps."""
    random.seed(seed)
    product = Product.open(at, audit_url)
    sessions = Sessions(product.gateway, Policy(product.gateway), product.audit, lambda user, action: Jumping())
    told.send(_write(sessions, ids, 12))
    told.close()
