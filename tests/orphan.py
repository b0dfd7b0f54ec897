"""For servers that tests start as processes of their own: none outlives a test run that was killed."""

from __future__ import annotations

import os
import signal
import threading
import time


def ends_with_its_parent() -> None:
    """From now on this process is told to end when the one that started it is gone."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()
