"""The deployment's key: one secret file, one derived key for each use."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from icmgraph.errors import OperatorError

BYTES = 32


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys derived from the deployment's secret; each use has its own.

    Attributes:
        identifiers: public ids of identifiers, and digests of selectors (which carry a prefix).
        cursors: sealing of cursors.
        imports: ids of imported records.
    """

    identifiers: bytes
    cursors: bytes
    imports: bytes

    @classmethod
    def derive(cls, secret: bytes) -> Keys:
        def key(use: str) -> bytes:
            return hmac.new(secret, f"icmgraph:{use}".encode(), hashlib.sha256).digest()

        return cls(key("identifiers"), key("cursors"), key("imports"))


def create(path: Path) -> Keys:
    """Read the key file, made first if there is none (0600)."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = path.with_name(path.name + ".partial")
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_hex(BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        partial.rename(path)
    return read(path)


def read(path: Path) -> Keys:
    """
    Raises:
        OperatorError: there is none, others may read it, or it is not a key.
    """
    try:
        if path.stat().st_mode & 0o077:
            raise OperatorError(f"{path} may be read by others; run: chmod 600 {path}")
        secret = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except FileNotFoundError:
        raise OperatorError(f"{path} is missing: run icmgraph init, or restore it from the backup") from None
    except (OSError, ValueError) as error:
        raise OperatorError(f"{path} cannot be read as a key; restore it from the backup") from error
    if len(secret) != BYTES:
        raise OperatorError(f"{path} is not a key of {BYTES} bytes; restore it from the backup")
    return Keys.derive(secret)
