"""Cursors: the last key of a page, sealed to the person and the question (docs/need-to-know.md, rule 10)."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from icmgraph.audit import JSON, Private
from icmgraph.errors import InvalidInput

LONGEST = 8192
"""Characters: well over the longest key of any page (an identifier's, 512 bytes), well under a URL's bound."""

Key = tuple[str | int, ...]
"""Where a page ended: the sort key of its last row, all of it visible to the person."""


class Cursors:
    """Seals and opens cursors. AES-SIV: the same key always gives the same text, so pages can be compared."""

    def __init__(self, deployment_key: bytes) -> None:
        derived = HKDF(SHA256(), length=64, salt=None, info=b"icmgraph cursors 1").derive(deployment_key)
        self._cipher = AESSIV(derived)

    def seal(self, person: str, question: str, parameters: Mapping[str, Any], last: Key) -> str:
        sealed = self._cipher.encrypt(json.dumps(last).encode(), _bound_to(person, question, parameters))
        return _written(sealed)

    def open(self, person: str, question: str, parameters: Mapping[str, Any], cursor: str) -> Key:
        """
        Raises:
            InvalidInput: not a cursor that this person got from this very question; one message for all cases.
        """
        try:
            if len(cursor) > LONGEST:
                raise ValueError
            sealed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
            if _written(sealed) != cursor:
                raise ValueError
            opened = self._cipher.decrypt(sealed, _bound_to(person, question, parameters))
        except (InvalidTag, ValueError):
            raise InvalidInput("not a cursor of this question", field="cursor") from None
        return tuple(json.loads(opened))


def _written(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def _bound_to(person: str, question: str, parameters: Mapping[str, Any]) -> list[bytes]:
    asked = json.dumps(parameters, sort_keys=True, separators=(",", ":"), default=_open)
    return [person.encode(), question.encode(), asked.encode()]


def _open(private: Private) -> JSON:
    return private.value
