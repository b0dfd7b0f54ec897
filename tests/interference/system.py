"""The product over the test database: sessions that draw ids and time from seeded streams, and what differs."""

from __future__ import annotations

import json
import random
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from icmgraph.audit.store import AuditStore
from icmgraph.queries import gateway, seeking
from icmgraph.queries.cursors import Cursors
from icmgraph.queries.inbox import Inbox
from icmgraph.queries.memory import Memory
from icmgraph.queries.policy import Policy
from icmgraph.queries.reader import Reader, ReaderOptions
from icmgraph.queries.session import Sessions
from tests.integration.remembering import LONG_S, remembering
from tests.interference.laws import COMPARED
from tests.interference.sight import restrict
from tests.watchdog import MEMORY
from tests.worlds.loader import Graph
from tests.worlds.world import World, readable

SEEK_FREELY = seeking.SEEK_FREELY
LISTED = gateway.LISTED
KEY = b"an invented deployment key, 32 b"
NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)


class SeededSource:
    """The same ids, nonces and time for the same request, whatever the world; never waits."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)

    def uuid(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def nonce(self) -> str:
        return f"{self._random.getrandbits(192):048x}"

    def now(self) -> datetime:
        return NOW

    def wait_until(self, moment: float) -> None:
        """A test has nobody to keep waiting."""

    def monotonic(self) -> float:
        return 0.0


@dataclass
class Streams:
    """One stream for each person, action and number of the request."""

    _asked: Counter[tuple[str, str]] = field(default_factory=Counter)

    def __call__(self, person: str, action: str) -> SeededSource:
        self._asked[person, action] += 1
        return SeededSource(f"{person} {action} {self._asked[person, action]}")

    def reset(self) -> None:
        self._asked.clear()


def send_as(seed: int) -> None:
    """How scopes are sent: as bits on one side of each pair or on both, else as lists."""
    gateway.LISTED = -1 if seed % 2 or seed % 8 == 2 else LISTED


def from_memory(memory: Memory, seed: int) -> bool:
    """Whether walks in the world just loaded are answered from memory: on one side of each pair, whose seeds are
    neighbours. So what Neo4j says on a world is compared with what the memory says on its twin. Of Neo4j's, every other
    time what is looked for is sought or read as much or little is there."""
    seeking.SEEK_FREELY = 0 if seed % 4 == 0 else SEEK_FREELY
    send_as(seed)
    if seed % 2 == 0:
        return False
    assert memory.settle(LONG_S)
    return True


@dataclass(repr=False)
class System:
    graph: Graph
    sessions: Sessions
    streams: Streams
    memory: Memory
    remembers: bool = False

    def load(self, world: World, seed: int) -> None:
        """Begin anew with this world; ``seed`` is of the order in which it is written."""
        self.graph.load(world, seed=seed)
        self.streams.reset()
        self.remembers = from_memory(self.memory, seed)

    def reader(self, user: str, options: ReaderOptions) -> Reader:
        memory = self.memory if self.remembers else None
        return Reader(self.sessions.of(user), replace(options, memory=memory))

    def inbox(self, user: str) -> Inbox:
        return Inbox(self.sessions.of(user), Cursors(KEY))


def audit_folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="icmgraph-test-", dir=MEMORY)


@contextmanager
def system_on(graph: Graph) -> Iterator[System]:
    with audit_folder() as folder:
        audit = AuditStore(f"sqlite:///{Path(folder) / 'audit.db'}", KEY)
        streams = Streams()
        try:
            with remembering(graph.gateway, KEY) as memory:
                yield System(graph, Sessions(graph.gateway, Policy(graph.gateway), audit, streams), streams, memory)
        finally:
            audit.close()


def same(
    world: World, me: str, asked: Sequence[str], full: Sequence[Any], less: Sequence[Any], what: str,
    other: World | None = None,
) -> None:  # fmt: skip
    """Fail at the first question whose two answers differ, with all that is needed to understand it.

    Args:
        other: the world of the second answers, if not what is seen of the first.
    """
    assert len(full) == len(less) == len(asked)
    COMPARED.update({f"{what}, pairs": 1, f"{what}, cases": len(asked)})
    for question, one, against in zip(asked, full, less, strict=True):
        if one != against:
            told = [
                f"{question}: the answer on the whole world and {what} differ, for {world.user(me).name} ({me})",
                _difference(one, against),
                f"the world:\n{world}",
                f"what {world.user(me).name} sees of it:\n{restrict(world, me)}",
                f"its twin:\n{other}" if other else "",
            ]
            raise AssertionError(readable("\n".join(told)))


def _difference(one: Any, other: Any) -> str:
    lines = [json.dumps(side, indent=1, default=str, sort_keys=True).splitlines() for side in (one, other)]
    first = next((n for n, (a, b) in enumerate(zip(*lines, strict=False)) if a != b), min(map(len, lines)))
    sides = ("\n".join(side[max(0, first - 3) : first + 8]) for side in lines)
    return "first difference, line {}:\n{}\n-- against\n{}".format(first, *sides)
