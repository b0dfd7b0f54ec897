"""Which process wrote a record, and does it still live?

A process id alone is used again; with the start time and the boot it is unique. All writers of one
SQLite file must share one pid namespace: seen from another one, a living process looks dead. Writers
of one PostgreSQL need not: there a process holds a lock while it lives (``postgres.py``).
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True)
class Process:
    """``start``: clock ticks since boot, ``boot``: the kernel's boot id; both empty without /proc.

    ``lock``: the number of the lock it holds in the database, None with SQLite.
    """

    pid: int
    start: str
    boot: str
    lock: int | None = None

    @classmethod
    def current(cls, proc: Path = PROC) -> Process:
        pid = os.getpid()
        return cls(pid, _start(pid, proc) or "", _boot(proc))

    def body(self) -> dict[str, str | int]:
        """As it stands in a record."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    def alive(self, proc: Path = PROC) -> bool:
        """False only if the process is certainly gone; in doubt it lives.

        Without /proc a reused pid counts as alive: its intents are settled later, never too early.
        """
        if self.boot != _boot(proc):
            return False
        start = _start(self.pid, proc)
        if start is None:
            return _exists(self.pid)  # no /proc, or mounted so that it hides other users' processes
        return start == self.start


def _boot(proc: Path) -> str:
    try:
        return (proc / "sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def _start(pid: int, proc: Path) -> str | None:
    """Field 22 of proc(5)'s stat; empty for a zombie, None if there is nothing to read."""
    try:
        text = (proc / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return None
    # Field 2 is the command's name in parentheses, and may itself hold blanks and parentheses.
    state, *rest = text.rpartition(")")[2].split()
    return "" if state in "ZX" else rest[18]


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
