"""Keyed digests of what must not stand somewhere in the clear: selectors in receipts, requests that may come again."""

from __future__ import annotations

import hmac

# Below this a key can be guessed, and with it every phone number behind a digest.
MIN_KEY_BYTES = 16


def digest(key: bytes, value: str) -> str:
    """HMAC-SHA-256 of ``value`` under the deployment's ``key``, 64 hex digits.

    The same value gives the same digest. Normalise the value first.
    """
    if len(key) < MIN_KEY_BYTES:
        raise ValueError(f"the key is shorter than {MIN_KEY_BYTES} bytes")
    # The prefix sets digests apart from all else made under the key: identifiers' public ids are seen by many.
    # surrogatepass: any text has a digest, and no codec error can carry the value away.
    return hmac.digest(key, b"digest:" + value.encode("utf-8", "surrogatepass"), "sha256").hex()
