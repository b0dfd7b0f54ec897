"""Keyed digests: how selectors and names appear in audit records."""

from __future__ import annotations

import hashlib
import hmac

# Below this a key can be guessed, and with it every phone number behind a digest.
MIN_KEY_BYTES = 16


def digest(key: bytes, value: str) -> str:
    """HMAC-SHA-256 of ``value`` under the deployment's ``key``, 64 hex digits.

    The same value gives the same digest, so an auditor who holds the key can search for a selector
    that the records do not contain in the clear. Normalise the value first.
    """
    if len(key) < MIN_KEY_BYTES:
        raise ValueError(f"the key is shorter than {MIN_KEY_BYTES} bytes")
    # The prefix sets digests apart from all else made under the key: identifiers' public ids are seen by many.
    # surrogatepass: any text has a digest, and no codec error can carry the value away.
    return hmac.new(key, b"digest:" + value.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
