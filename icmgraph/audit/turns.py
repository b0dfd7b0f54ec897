"""Writers take turns: threads of a process in the order of arrival, processes by a lock file.

SQLite's own lock is not enough. It ends at the commit, so that a slow process could put an older head
over a newer one; and who waits for it sleeps longer each time, while busy writers pass by.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from icmgraph.errors import AuditUnavailable

# A turn takes 1 to 2 ms, and a busy writer is back 0.1 ms after its last one: who looks less often
# than that is passed by again and again. Only one thread of each process looks.
POLL_S = 0.0001

BUSY = "the audit store was busy for too long"


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
