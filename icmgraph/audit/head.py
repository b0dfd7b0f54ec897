"""The side file that remembers the chain's end.

A hash chain cannot tell that its last records are gone. So the last record's number and hash stand
in a file beside the database too. It is replaced after each commit, in the writer's turn, so it
never runs ahead of the chain and falls behind only when a process dies between the two.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

GENESIS = bytes(32)
"""The ``prev`` of the first record, and the hash of an empty chain."""

# A crash between commit and replacement leaves the head one record behind; a few crashes in a row,
# a few. More is no crash: someone put an old head file back.
MAX_LAG = 16


@dataclass(frozen=True)
class Head:
    """End of a chain: ``seq`` of the last record (0 when empty) and its hash."""

    seq: int
    hash: bytes

    def mismatch(self, tail: int, at_seq: bytes | None, before: int) -> str | None:
        """What is wrong with a chain whose last record is ``tail`` and whose hash at ``seq`` is ``at_seq``.

        ``before``: its last record before this head was read.
        """
        if tail < self.seq:
            return "the chain is shorter than its head file says: its end was cut off"
        if at_seq != self.hash:
            return "the chain and its head file differ: one of them was replaced"
        if before - self.seq > MAX_LAG:
            return "the head file is far older than the chain: it was replaced"
        return None


EMPTY = Head(0, GENESIS)
"""The end of a chain without a record."""


class HeadFile:
    """``path`` holds one line, ``<seq> <hash in hex>``."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._next = path.with_name(path.name + ".next")

    def read(self) -> Head | None:
        """None if the file is missing or is not a head."""
        try:
            seq, digest = self._path.read_text("ascii").split()
            head = Head(int(seq), bytes.fromhex(digest))
        except (FileNotFoundError, ValueError):
            return None
        return head if head.seq >= 0 and len(head.hash) == len(GENESIS) else None

    def prepare(self, head: Head) -> None:
        """Put the next head on disk beside the present one. Before the commit: a full disk shows here."""
        fd = os.open(self._next, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(fd, "wb") as file:
            file.write(f"{head.seq} {head.hash.hex()}\n".encode("ascii"))
            file.flush()
            # Without it a power cut can leave an empty file under the final name: a false alarm.
            os.fsync(file.fileno())

    def replace(self) -> None:
        """Make the prepared head the head. After the commit."""
        self._next.replace(self._path)
