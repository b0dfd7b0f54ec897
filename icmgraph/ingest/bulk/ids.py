"""Ids of what a load makes: derived from the deployment's key, so that a second run finds what the first has made.

A record's id is made of the file's own id as in other imports (docs/adr/0003). What has no id of its own is known by
what it connects and says: a pseudo-random function of those (AES, the blocks chained), millions of them in a call.
"""

from __future__ import annotations

import hashlib
import hmac
import io
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

Blocks = npt.NDArray[np.uint8]
"""Rows of 16 bytes."""


class Ids:
    """Ids of the data set ``name``. ``key``: the deployment's, for imports."""

    def __init__(self, key: bytes, name: str) -> None:
        self._key = key
        self._name = name

    def records(self, what: str, own: Iterable[str]) -> Blocks:
        """Of records by the file's own ids: ``derived_uuid(key, "load", name, what, own)``, as bytes."""
        start = "\x00".join(f"{len(part)}:{part}" for part in ("load", self._name, what))
        digest, key = hmac.digest, self._key
        found = b"".join(digest(key, f"{start}\x00{len(one)}:{one}".encode(), "sha256")[:16] for one in own)
        return _version_4(blocks(found))

    def parts(self, what: str, *of: Blocks) -> Blocks:
        """Of a part: a value, a relationship. Each ``what`` is always made ``of`` as many blocks."""
        key = hmac.digest(self._key, f"load part {what}".encode(), "sha256")[:16]
        cipher = Cipher(algorithms.AES(key), modes.ECB())  # noqa: S305 - single blocks, chained below
        state = np.zeros_like(of[0])
        for block in of:
            state = blocks(cipher.encryptor().update((state ^ block).tobytes()))
        return _version_4(state)

    def digest(self, *parts: str) -> str:
        """The mark of a step of a load."""
        message = "\x00".join(f"{len(part)}:{part}" for part in ("load", self._name, *parts))
        return hmac.digest(self._key, message.encode(), "sha256").hex()


def blocks(data: bytes) -> Blocks:
    return np.frombuffer(data, dtype=np.uint8).reshape(-1, 16)


def said(values: Sequence[str]) -> Blocks:
    """What rows say, as blocks: the first half of each text's SHA-256."""
    sha256 = hashlib.sha256
    return blocks(b"".join(sha256(value.encode()).digest()[:16] for value in values))


def numbers(values: pl.Series) -> Blocks:
    """Small integers as blocks."""
    found = np.zeros((len(values), 2), dtype="<u8")
    found[:, 0] = values.to_numpy()
    return found.view(np.uint8).reshape(-1, 16)


def _version_4(raw: Blocks) -> Blocks:
    made = raw.copy()
    made[:, 6] = made[:, 6] & 0x0F | 0x40
    made[:, 8] = made[:, 8] & 0x3F | 0x80
    return made


def texts(raw: Blocks) -> pl.Series:
    """UUIDs as they are written."""
    digits = np.frombuffer(raw.tobytes().hex().encode(), dtype=np.uint8).reshape(-1, 32)
    lines = np.full((len(raw), 37), ord("-"), dtype=np.uint8)
    lines[:, 36] = ord("\n")
    for at, start, end in ((0, 0, 8), (9, 8, 12), (14, 12, 16), (19, 16, 20), (24, 20, 32)):
        lines[:, at : at + end - start] = digits[:, start:end]
    if not len(raw):
        return pl.Series("id", [], dtype=pl.String)
    # A CSV reader is the quickest maker of strings out of bytes there is here.
    return pl.read_csv(io.BytesIO(lines.tobytes()), has_header=False, new_columns=["id"], infer_schema=False)["id"]
