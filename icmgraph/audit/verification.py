"""What a walk over all records checks: numbers, hashes, one outcome for each intent, and the checkpoints' tree."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from icmgraph.audit.checkpoint import PublicKey, unsigned
from icmgraph.audit.head import GENESIS
from icmgraph.audit.tree import Tree, leaf

DECODER = json.JSONDecoder()


@dataclass(frozen=True)
class Verification:
    """``records``: how many were found good from the start on; ``head``: the last good one's hash.

    ``root``: of the tree over these records, in hex; ``checkpoints``: how many signed ones they agree with.
    ``first_bad``: the number of the first record that is wrong or missing, as far as that can be told; None with a
    ``reason`` when only the head file is missing, or a checkpoint is wrong and no record.
    """

    ok: bool
    records: int
    head: str
    first_bad: int | None = None
    reason: str | None = None
    root: str = Tree().root().hex()
    checkpoints: int = 0


@dataclass(frozen=True)
class Signed:
    """A checkpoint that the records must agree with. ``what``: how a message names it."""

    what: str
    size: int
    root: bytes


class Walk:
    """Takes the records in order, from the first on."""

    def __init__(self, signed: Iterable[Signed] = ()) -> None:
        self.seq = 0
        self.hash = GENESIS
        self.tree = Tree()
        self.first_bad = 0
        """Of what is wrong: the first record that may be."""
        self.agreed = 0
        """How many checkpoints are of these records."""
        self._agreed_size = 0
        self._waiting: set[str] = set()
        self._signed: dict[int, list[Signed]] = {}
        for one in signed:
            self._signed.setdefault(one.size, []).append(one)

    def start(self) -> str | None:
        """What is wrong before the first record."""
        return self._compare() if 0 in self._signed else None

    def take(self, row: Sequence[Any]) -> str | None:
        """What is wrong with the next record, or with the checkpoints up to it."""
        seq, id, intent, _, hash, data = row
        self.first_bad = self.seq + 1
        if reason := follows(row, self.seq, self.hash):
            return reason
        try:
            text = data.decode()
            body, end = DECODER.raw_decode(text)
            same = (body["seq"], body["id"], body.get("intent")) == (seq, id, intent) and end == len(text)
            expected = {"intent": None, "outcome": intent}[body["type"]]
        except (ValueError, KeyError, TypeError, AttributeError):
            return "the record is not one of ours"
        if not same or expected != intent:
            return "the record's columns differ from its bytes"
        if intent is None:
            self._waiting.add(id)
        elif intent in self._waiting:
            self._waiting.remove(intent)
        else:
            return "an outcome without an intent before it, or a second outcome"
        self.seq, self.hash = seq, hash
        self.tree.add(leaf(data))
        return self._compare() if seq in self._signed else None

    def beyond(self) -> Signed | None:
        """At the end: the largest checkpoint of more records than there are."""
        left = max(self._signed, default=None)
        return self._signed[left][0] if left is not None else None

    def _compare(self) -> str | None:
        signed = self._signed.pop(self.seq)
        for one in signed:
            if one.root != self.tree.root():
                self.first_bad = min(self._agreed_size + 1, self.seq)
                return f"the records from here to {self.seq} are not those of {one.what}: they were written anew"
        self.agreed += len(signed)
        self._agreed_size = self.seq
        return None


def follows(row: Sequence[Any], seq: int, prev: bytes) -> str | None:
    """What is wrong with the number or hash of a row that should follow record ``seq``, whose hash is ``prev``."""
    if row[0] != seq + 1:
        return "a record is missing"
    if row[3] != prev:
        return "the record does not follow the one before it"
    if sha256(prev + row[5]).digest() != row[4]:
        return "the record's bytes do not give its hash"
    return None


def frontier_of(size: int, data: bytes) -> Tree:
    """The tree of a stored checkpoint. Raises ``ValueError``."""
    return Tree(size, [data[at : at + 32] for at in range(0, len(data), 32)])


def stored(size: int, frontier: bytes, note: str, key: PublicKey | None) -> Signed:
    """A checkpoint as it is kept in the store. Raises ``ValueError``; without a key any signature is taken."""
    said = key.checkpoint(note) if key else unsigned(note)
    if (said.size, said.root) != (size, frontier_of(size, frontier).root()):
        raise ValueError("not what was signed")
    return Signed(f"the checkpoint of {size} records", size, said.root)


def anchored(note: str, key: PublicKey) -> Signed:
    """A checkpoint that was kept elsewhere. Raises ``ValueError``."""
    said = key.checkpoint(note)
    return Signed(f"the anchored checkpoint of {said.size} records", said.size, said.root)
