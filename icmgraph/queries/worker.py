"""Work that goes on behind the API, in a thread of its own."""

from __future__ import annotations

import logging
import threading

log = logging.getLogger(__name__)

LONGEST_PAUSE = 60.0
"""Seconds between tries while the graph or the audit does not answer."""


class Worker:
    """Calls ``step`` until ``stop``: at once again when there is more to do, else after a pause or ``wake``.

    Args:
        name: of the thread.
        poll_s: seconds between looks for work.
    """

    def __init__(self, name: str, poll_s: float) -> None:
        self._name = name
        self._poll_s = poll_s
        self._wake = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def step(self) -> bool:
        """Do some of what there is to do; whether there is more."""
        raise NotImplementedError

    def start(self) -> None:
        """Run in a thread of this process until ``stop``."""
        self._stopping = False
        self._thread = threading.Thread(target=self._loop, name=self._name, daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Look now, not at the next poll."""
        self._wake.set()

    def stop(self) -> None:
        """End the thread after the step it is at, and of a long step after what it is at."""
        self._stopping = True
        self.wake()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _loop(self) -> None:
        pause = self._poll_s
        while not self._stopping:
            try:
                again = self.step()
                pause = self._poll_s
            except Exception as error:
                # Kinds only: a text could hold what somebody asked for.
                log.warning("%s wait: %s", self._name, type(error).__name__)
                again, pause = False, min(pause * 2, LONGEST_PAUSE)
            if not again:
                self._wake.wait(pause)
                self._wake.clear()
