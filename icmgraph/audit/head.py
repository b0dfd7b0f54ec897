"""The side file that remembers the chain's end.

A hash chain cannot tell that its last records are gone. So the last record's number and hash stand
in a file beside the database too. It is prepared under another name before each commit and replaced
after it, in the writer's turn, so it never runs ahead of the chain. When a process dies between commit
and replacement, what it prepared is still there, and is the head if it names a record of the chain
(``SqliteChain.head``): however many records went into that commit, none of them can be cut off unseen.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

GENESIS = bytes(32)
"""The ``prev`` of the first record, and the hash of an empty chain."""


@dataclass(frozen=True)
class Head:
    """End of a chain: ``seq`` of the last record (0 when empty) and its hash."""

    seq: int
    hash: bytes

    def mismatch(self, tail: int, at_seq: bytes | None, before: int) -> str | None:
        """What is wrong with a chain whose last record is ``tail`` and whose hash at ``seq`` is ``at_seq``.

        ``before``: its last record before this head was read. A head is never behind that: who finds one that is
        sees that somebody put an old head file back.
        """
        if tail < self.seq:
            return "the chain is shorter than its head file says: its end was cut off"
        if at_seq != self.hash:
            return "the chain and its head file differ: one of them was replaced"
        if before > self.seq:
            return "the head file is older than the chain: it was replaced"
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
        return _read(self._path)

    def prepared(self) -> Head | None:
        """What a writer has prepared, or left so when it died; None if there is nothing whole."""
        return _read(self._next)

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


def _read(path: Path) -> Head | None:
    try:
        seq, digest = path.read_text("ascii").split()
        head = Head(int(seq), bytes.fromhex(digest))
    except (FileNotFoundError, ValueError):
        return None
    return head if head.seq >= 0 and len(head.hash) == len(GENESIS) else None
