"""What an intent says that whoever has the records must not read: sealed, and found again by keyed digests.

Each act has a key of its own, made of the deployment's key and a random salt that is kept beside the chain. With the
salt gone nobody opens what was sealed, or finds it by a digest; the chain, which holds neither, stays whole.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from icmgraph.audit.canonical import JSON, canonical
from icmgraph.errors import AuditUnavailable

SALT_BYTES = 32
ERASED: dict[str, JSON] = {"erased": True}
"""What a sealed parameter reads as once its act's salt is gone."""

_NONCE = bytes(12)
"""A key seals one text only: it is made of the act's salt and the parameter's name."""


@dataclass(frozen=True, slots=True)
class Private:
    """A parameter to be sealed. By ``terms`` (keys of selectors and names) an auditor finds the act."""

    value: JSON
    terms: tuple[str, ...] = ()

    @classmethod
    def keys(cls, keys: Iterable[str]) -> Private:
        """Selectors and names, by their keys."""
        terms = tuple(sorted(set(keys)))
        return cls(list(terms), terms)


class Seal:
    """One act's key."""

    def __init__(self, secret: bytes, salt: bytes) -> None:
        self._key = _hmac(secret, salt)

    def digest(self, term: str) -> str:
        """64 hex digits; of the same term another in every act."""
        # surrogatepass: any text has a digest, and no codec error can carry the value away
        return _hmac(self._key, b"digest:" + term.encode("utf-8", "surrogatepass")).hex()

    def close(self, parameters: Mapping[str, JSON | Private]) -> dict[str, JSON]:
        """The parameters as a record has them.

        Raises:
            ValueError: what JSON cannot hold.
        """
        return {
            name: {"box": self._box(name, value.value), "digests": [self.digest(term) for term in value.terms]}
            if isinstance(value, Private)
            else value
            for name, value in parameters.items()
        }

    def open(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters as they were given.

        Raises:
            AuditUnavailable: they were not sealed by this key.
        """
        return {name: self._read(name, value) if sealed(value) else value for name, value in parameters.items()}

    def _box(self, name: str, value: JSON) -> str:
        return base64.b64encode(self._cipher(name).encrypt(_NONCE, canonical(value), None)).decode()

    def _read(self, name: str, value: Mapping[str, Any]) -> Any:
        try:
            return json.loads(self._cipher(name).decrypt(_NONCE, base64.b64decode(value["box"]), None))
        except (ValueError, InvalidTag):
            raise AuditUnavailable("what an act had sealed does not open: is this the deployment's key?") from None

    def _cipher(self, name: str) -> AESGCM:
        return AESGCM(_hmac(self._key, b"box:" + name.encode()))


def sealed(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {"box", "digests"}


def erased(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of an act whose salt is gone."""
    return {name: ERASED if sealed(value) else value for name, value in parameters.items()}


def new_salt() -> bytes:
    return secrets.token_bytes(SALT_BYTES)


def _hmac(key: bytes, text: bytes) -> bytes:
    return hmac.digest(key, text, hashlib.sha256)
