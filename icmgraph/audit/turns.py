"""Writers take turns: threads of a process in the order of arrival, processes by a lock file.

Threads of a process may also go together (``Group``): a turn costs what the disk takes, for one record or many.

SQLite's own lock is not enough. It ends at the commit, so that a slow process could put an older head
over a newer one; and who waits for it sleeps longer each time, while busy writers pass by.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from icmgraph.errors import AuditUnavailable

# A turn takes 1 to 2 ms, and a busy writer is back 0.1 ms after its last one: who looks less often
# than that is passed by again and again. Only one thread of each process looks.
POLL_S = 0.0001

BUSY = "the audit store was busy for too long"

FAILED = "the audit store failed, for all records that were written together"

GROUP = 256
"""Most items that go together: it bounds how long the others of another process wait for a turn."""

GATHER_S = 0.001
"""Seconds the next to work waits if the last group was of several: they come again, and the first would go alone."""

T = TypeVar("T")


class Turns:
    """``with turns.taken():`` one writer at a time, over all threads and processes.

    Without a ``path`` over this object's threads alone: the processes then take turns elsewhere.
    """

    def __init__(self, path: Path | None, wait_s: float) -> None:
        self._path = path
        self._wait_s = wait_s
        self._mutex = threading.Lock()
        self._taken = False
        self._queue: deque[threading.Lock] = deque()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Raises ``AuditUnavailable`` when the turn does not come in time."""
        deadline = time.monotonic() + self._wait_s
        if not self._queued(deadline):
            raise AuditUnavailable(BUSY)
        try:
            with nullcontext() if self._path is None else _file_locked(self._path, deadline):
                yield
        finally:
            self._pass_on()

    def _queued(self, deadline: float) -> bool:
        # threading.Lock is not fair: with it a thread was seen to wait for over 5 s behind three others
        with self._mutex:
            if not self._taken:
                self._taken = True
                return True
            gate = threading.Lock()
            gate.acquire()
            self._queue.append(gate)
        if gate.acquire(timeout=max(0.0, deadline - time.monotonic())):
            return True
        with self._mutex:
            if gate in self._queue:
                self._queue.remove(gate)
                return False
        return True  # the turn came between the time-out and this look

    def _pass_on(self) -> None:
        with self._mutex:
            if self._queue:
                self._queue.popleft().release()
            else:
                self._taken = False


@dataclass(eq=False)
class _Place(Generic[T]):
    """In the queue of a group. ``gate`` opens when its item is done, or it is the next to work."""

    item: T
    gate: threading.Event = field(default_factory=threading.Event)
    works: bool = False
    failure: BaseException | None = None


class Group(Generic[T]):
    """What threads bring meanwhile is worked on together, in the order of arrival.

    Who finds nobody at work works at once, on its own item; all that come meanwhile wait, and are the next group, on
    which the first of them works.

    Args:
        work: what fails in it fails for the whole group.
        wait_s: seconds to wait for the groups before.
    """

    def __init__(self, work: Callable[[Sequence[T]], None], wait_s: float) -> None:
        self._work = work
        self._wait_s = wait_s
        self._mutex = threading.Lock()
        self._working = False
        self._last = 1
        self._queue: deque[_Place[T]] = deque()

    def bring(self, item: T) -> None:
        """Back when the item is done. Raises ``AuditUnavailable`` if its turn does not come in time, or work failed."""
        place = _Place(item)
        with self._mutex:
            self._queue.append(place)
            if not self._working:
                self._working = place.works = True
        if not place.works and not place.gate.wait(self._wait_s):
            with self._mutex:
                if place in self._queue and not place.works:
                    self._queue.remove(place)
                    raise AuditUnavailable(BUSY)
            place.gate.wait()  # it is being worked on: what can hold that up has a limit of its own
        if place.works:
            self._lead()
        elif place.failure is not None:
            # One of its own: two threads must not raise one exception
            raise AuditUnavailable(str(place.failure) if isinstance(place.failure, AuditUnavailable) else FAILED)

    def _lead(self) -> None:
        if self._last > 1:
            time.sleep(GATHER_S)
        with self._mutex:
            places = [self._queue.popleft() for _ in range(min(GROUP, len(self._queue)))]
            self._last = len(places)
        try:
            self._work([place.item for place in places])
        except BaseException as error:
            for place in places:
                place.failure = error
            raise
        finally:
            with self._mutex:
                self._working = bool(self._queue)
                if self._queue:
                    self._queue[0].works = True
                    self._queue[0].gate.set()
            for place in places:
                place.gate.set()


@contextmanager
def _file_locked(path: Path, deadline: float) -> Iterator[None]:
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        while True:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise AuditUnavailable(BUSY) from None
            time.sleep(POLL_S)
        try:
            yield
        finally:
            # Closing is not enough: a child forked meanwhile holds the same lock.
            fcntl.flock(fd, fcntl.LOCK_UN)
    finally:
        os.close(fd)
