"""Checkpoints: size and root of the tree over the records, signed; and proofs of a record or of growth, verified.

The text is C2SP's tlog-checkpoint in its signed-note (c2sp.org), with Ed25519, so other tools can read it. A log signs
under a name made of its public key.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from icmgraph.audit.canonical import canonical
from icmgraph.audit.tree import SIZE, leaf, proves_consistency, proves_inclusion

ED25519 = b"\x01"
"""The type of a signature and its key in a signed note."""
ID = 4
"""Bytes of a key's id. It only names the key; it does not vouch for it."""

_NOTE = re.compile(r"((?:[^\n]+\n)+)\n((?:— [^\n]+\n)+)\n*")
"""One of the notes of a file: text, blank line, signatures. A checkpoint's text holds no blank line."""


@dataclass(frozen=True)
class Checkpoint:
    """What a log says of itself: so many records, whose tree has this root. ``origin``: which log."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """From a note's text. Raises ``ValueError``; other lines than the three are refused too, we write none."""
        lines = text.split("\n")
        if len(lines) != 4 or not lines[0] or not re.fullmatch(r"0|[1-9][0-9]{0,15}", lines[1]):
            raise ValueError("not a checkpoint")
        made = cls(lines[0], int(lines[1]), _decoded(lines[2]))
        if len(made.root) != SIZE or made.text != text:
            raise ValueError("not a checkpoint")
        return made


@dataclass(frozen=True)
class PublicKey:
    """With it a checkpoint is verified. ``str()``: in a line, as signed notes write keys (``name+id+key``)."""

    name: str
    key: bytes

    @property
    def id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + self.key).digest()[:ID]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(ED25519 + self.key).decode()}"

    @classmethod
    def parse(cls, line: str) -> PublicKey:
        """Raises ``ValueError``."""
        name, id, key = [*line.strip().split("+", 2), "", ""][:3]
        data = _decoded(key)
        made = cls(name, data[1:])
        if not name or re.search(r"\s", name) or data[:1] != ED25519 or len(data) != 33 or made.id.hex() != id:
            raise ValueError("not a public key of a log")
        return made

    def verify(self, note: str) -> str:
        """The text of a note that this key signed; what others signed beside it is passed over.

        Raises ``ValueError`` if it is no note, or not signed by this key.
        """
        found = _NOTE.fullmatch(note)
        if found is None:
            raise ValueError("not a signed note")
        text, signatures = found.groups()
        for line in signatures.splitlines():
            name, _, signature = line.removeprefix("— ").partition(" ")
            data = _decoded(signature)
            if (name, data[:ID]) == (self.name, self.id):
                try:
                    Ed25519PublicKey.from_public_bytes(self.key).verify(data[ID:], text.encode())
                except InvalidSignature:
                    break
                return text
        raise ValueError("not signed by this key")

    def checkpoint(self, note: str) -> Checkpoint:
        """What a note of this log says. Raises ``ValueError``."""
        found = Checkpoint.parse(self.verify(note))
        if found.origin != self.name:
            raise ValueError("the checkpoint of another log")
        return found


class Signer:
    """Signs checkpoints with a deployment's key."""

    def __init__(self, key: Ed25519PrivateKey, name: str | None = None) -> None:
        public = key.public_key().public_bytes_raw()
        self._key = key
        self.public = PublicKey(name or f"icmgraph/audit/{hashlib.sha256(public).hexdigest()[:16]}", public)

    def sign(self, text: str) -> str:
        """The note."""
        signature = base64.b64encode(self.public.id + self._key.sign(text.encode())).decode()
        return f"{text}\n— {self.public.name} {signature}\n"

    def checkpoint(self, size: int, root: bytes) -> str:
        return self.sign(Checkpoint(self.public.name, size, root).text)


def unsigned(note: str) -> Checkpoint:
    """What a note says, whoever signed it. Raises ``ValueError``."""
    found = _NOTE.fullmatch(note)
    if found is None:
        raise ValueError("not a signed note")
    return Checkpoint.parse(found.group(1))


def notes(text: str) -> list[str]:
    """The notes of a file to which they were appended. Raises ``ValueError`` if something else is in it."""
    found, at = [], 0
    while at < len(text):
        one = _NOTE.match(text, at)
        if one is None:
            raise ValueError("not a file of signed notes, or cut short")
        found.append(one.group().rstrip("\n") + "\n")
        at = one.end()
    return found


def verify_proof(proof: Mapping[str, Any], key: PublicKey) -> Checkpoint:
    """The checkpoint by which a proof (``AuditStore.prove``) shows its record. Raises ``ValueError`` if it does not."""
    body = proof.get("record")
    number = body.get("seq") if isinstance(body, dict) else None
    if type(number) is not int:
        raise ValueError("not a proof of a record")
    path, found = _proof(proof, key)
    if not proves_inclusion(leaf(canonical(body)), number - 1, found.size, path, found.root):
        raise ValueError("the record is not the one that the checkpoint signs")
    return found


def verify_consistency(proof: Mapping[str, Any], key: PublicKey, held: Iterable[str]) -> Checkpoint:
    """The newer checkpoint, whose records begin with those of one that was held (``AuditStore.prove_consistency``).

    The older one is not in the proof: who verifies has it. Raises ``ValueError`` if the proof does not show it.

    Args:
        held: notes that were kept; all of the proof's older size must fit, and one must be there.
    """
    size = proof.get("from")
    if type(size) is not int:
        raise ValueError("not a proof of consistency")
    path, found = _proof(proof, key)
    old = [one for one in map(key.checkpoint, held) if one.size == size]
    if not old:
        raise ValueError(f"it is about a checkpoint of {size} records, which you do not hold")
    if not all(proves_consistency(size, found.size, path, one.root, found.root) for one in old):
        raise ValueError("the newer checkpoint does not go on from the one you hold: the records were written anew")
    return found


def _proof(proof: Mapping[str, Any], key: PublicKey) -> tuple[list[bytes], Checkpoint]:
    """What both kinds hold: hashes, and the checkpoint they lead to."""
    try:
        size, note = proof["size"], proof["checkpoint"]
        path = [bytes.fromhex(one) for one in proof["proof"]]
    except (KeyError, TypeError, ValueError):
        raise ValueError("not a proof") from None
    if type(size) is not int or not isinstance(note, str):
        raise ValueError("not a proof")
    found = key.checkpoint(note)
    if found.size != size:
        raise ValueError("the checkpoint is of another size")
    return path, found


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("not base64") from None
