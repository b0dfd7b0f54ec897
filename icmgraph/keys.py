"""The deployment's keys: one secret file with a derived key for each use, and the key that signs the audit.

The second is a pair: who verifies the audit is given its public half.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from icmgraph.audit.checkpoint import PublicKey, Signer
from icmgraph.errors import OperatorError
from icmgraph.local_neo4j.files import alone, private_folder, whole_file

BYTES = 32
AUDIT = "audit.pem"
"""Name of the key that signs the audit's checkpoints, in ICM_HOME/keys."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys derived from the deployment's secret; each use has its own.

    Attributes:
        identifiers: public ids of identifiers, and digests of selectors (which carry a prefix).
        cursors: sealing of cursors.
        imports: ids of imported records.
        audit: what acts have sealed.
        webhooks: the secret of each webhook's address.
    """

    identifiers: bytes
    cursors: bytes
    imports: bytes
    audit: bytes
    webhooks: bytes

    @classmethod
    def derive(cls, secret: bytes) -> Keys:
        def key(use: str) -> bytes:
            return hmac.new(secret, f"icmgraph:{use}".encode(), hashlib.sha256).digest()

        return cls(key("identifiers"), key("cursors"), key("imports"), key("audit"), key("webhooks"))


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


def create_audit(home: Path) -> Ed25519PrivateKey:
    """The key that signs the audit, made first if there is none (0600, PKCS #8)."""
    path = private_folder(home / "keys") / AUDIT
    with alone(path.parent, wait=True):
        if not path.exists():
            made = Ed25519PrivateKey.generate().private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            with whole_file(path) as file:
                file.write(made)
    found = read_audit(home)
    if found is None:
        raise OperatorError(f"{path} was removed just now; restore it from the backup")
    return found


def read_audit(home: Path) -> Ed25519PrivateKey | None:
    """The key that signs the audit; None if there is none yet.

    Raises:
        OperatorError: others may read it, or it is not a key.
    """
    path = home / "keys" / AUDIT
    try:
        if path.stat().st_mode & 0o077:
            raise OperatorError(f"{path} may be read by others; run: chmod 600 {path}")
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise OperatorError(f"{path} cannot be read as a key; restore it from the backup")
    return key


def audit_public(home: Path) -> PublicKey | None:
    """With which this installation's audit is verified; None if it has never signed."""
    key = read_audit(home)
    return Signer(key).public if key else None
