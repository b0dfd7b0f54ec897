"""Admission: who works now, who waits, who is sent away at once. Counts requests and nothing else: what a request
asks for, and what is hidden from it, plays no part.

Each kind of request has a lane of its own, so that slow ones keep no others waiting: some work (a thread each), some
wait in a bounded queue, and the rest get 503 with Retry-After immediately. One person has a share of it: so many
requests at once, so many a second; beyond, 429.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Literal

from icmgraph.errors import Quota, Unavailable

Lane = Literal["sign-in", "read", "walk", "write", "check", "bulk"]

WORKING: dict[Lane, int] = {"sign-in": 3, "read": 14, "walk": 8, "write": 8, "check": 6, "bulk": 5}
"""Threads of each lane."""
THREADS = sum(WORKING.values()) + 1
"""Of the web server: readyz needs one too. The graph has a connection for each (``POOL``)."""
SIGNING_IN = 200
"""Requests that wait to be signed in: it takes a millisecond, unless the issuer's keys must be fetched."""
QUEUED_S = 10.0
"""Longest wait in a queue: who asks at a desk has gone by then."""
BULK_QUEUED_S = 30.0
"""And of the parts of a file, which come at once; their client waits for a minute."""
REMEMBERED = 10_000
"""People whose rate is kept in mind."""


class Busy(Unavailable):
    """The queue is full. ``retry_after``: seconds."""

    retry_after = 1

    def __init__(self) -> None:
        super().__init__("too many requests at once; try again in a moment")


class _Lane:
    """Places to work and a queue. Touched in the event loop alone."""

    def __init__(self, working: int, queued: int, longest_s: float) -> None:
        self._free = working
        self._queued = queued
        self._longest_s = longest_s
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def enter(self) -> None:
        """
        Raises:
            Busy: the queue is full, or the wait in it was too long.
        """
        if self._free:
            self._free -= 1
            return
        if len(self._waiting) >= self._queued:
            raise Busy
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await asyncio.wait_for(turn, self._longest_s)
        except BaseException as error:
            if turn.done() and not turn.cancelled():
                self.leave()  # the place came just as the wait ended
            elif turn in self._waiting:
                self._waiting.remove(turn)
            if isinstance(error, TimeoutError):
                raise Busy from None
            raise

    def leave(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1


@dataclass(slots=True)
class _Share:
    """What one person has under way, and the requests they may still begin at ``at``."""

    running: int
    left: float
    at: float


class Admission:
    """The lanes and shares of one process.

    Args:
        queued: most requests that wait in each lane.
        rate: requests a second of one person, on average; twice as many in a burst.
        parallel: requests of one person at once.
    """

    def __init__(self, queued: int, rate: int, parallel: int) -> None:
        self._lanes = {name: _Lane(working, queued, QUEUED_S) for name, working in WORKING.items()}
        self._lanes["sign-in"] = _Lane(WORKING["sign-in"], SIGNING_IN, QUEUED_S)
        self._lanes["bulk"] = _Lane(WORKING["bulk"], queued, BULK_QUEUED_S)
        self._rate = rate
        self._parallel = parallel
        self._people: OrderedDict[str, _Share] = OrderedDict()

    @asynccontextmanager
    async def lane(self, name: Lane) -> AsyncIterator[None]:
        """A place to work, once it is free.

        Raises:
            Busy
        """
        lane = self._lanes[name]
        await lane.enter()
        try:
            yield
        finally:
            lane.leave()

    @contextmanager
    def person(self, user: str) -> Iterator[None]:
        """A request of this person.

        Raises:
            Quota
        """
        share = self._share(user)
        if share.running >= self._parallel or share.left < 1:
            raise Quota
        share.left -= 1
        share.running += 1
        try:
            yield
        finally:
            share.running -= 1

    def _share(self, user: str) -> _Share:
        now, burst = time.monotonic(), 2.0 * self._rate
        share = self._people.setdefault(user, _Share(0, burst, now))
        share.left = min(burst, share.left + (now - share.at) * self._rate)
        share.at = now
        self._people.move_to_end(user)
        while len(self._people) > REMEMBERED:
            oldest = next(iter(self._people))
            if self._people[oldest].running:
                break
            del self._people[oldest]
        return share
