"""Public ids of identifiers, and keys derived from the deployment key."""

from __future__ import annotations

import hmac

ID_CHARS = 32
"""128 bits of the digest, in hex: as long as a UUID's digits, and never mistaken for one (no hyphens)."""


def public_id(deployment_key: bytes, identifier_key: str) -> str:
    """The id under which an identifier leaves: ``HMAC-SHA256(deployment key, key)``, its first 32 hex digits.

    A plain digest of a phone number could be found by trying all numbers.
    """
    return hmac.digest(deployment_key, identifier_key.encode(), "sha256").hex()[:ID_CHARS]
