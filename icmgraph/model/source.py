"""Where ids, nonces and the clock come from: one injectable stream per person and request."""

from __future__ import annotations

import hmac
import secrets
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol


class Source(Protocol):
    """Ids, nonces and time of one request."""

    def uuid(self) -> str:
        """A random UUIDv4."""
        ...

    def nonce(self) -> str:
        """24 random bytes, URL-safe text: numbers of receipts, references."""
        ...

    def now(self) -> datetime:
        """The time, in UTC."""
        ...

    def wait_until(self, moment: float) -> None:
        """Sleep until ``monotonic()`` reaches ``moment`` (seconds)."""
        ...

    def monotonic(self) -> float:
        """A clock that only goes forward, seconds."""
        ...


class SystemSource:
    """The operating system's randomness and clock."""

    def uuid(self) -> str:
        return str(uuid.uuid4())

    def nonce(self) -> str:
        return secrets.token_urlsafe(24)

    def now(self) -> datetime:
        return datetime.now(UTC)

    def wait_until(self, moment: float) -> None:
        while (left := moment - time.monotonic()) > 0:
            time.sleep(left)

    def monotonic(self) -> float:
        return time.monotonic()


SourceFactory = Callable[[str, str], Source]
"""(person's id, action) -> the stream of one request."""


def system_source(person: str, action: str) -> Source:
    """The default factory: every request draws from the operating system."""
    return SystemSource()


def derived_uuid(key: bytes, *parts: str) -> str:
    """A UUIDv4-shaped id that only the holder of ``key`` can tell from a random one.

    The same parts give the same id, so that an interrupted import finds what it already wrote.
    """
    message = "\x00".join(f"{len(part)}:{part}" for part in parts).encode()
    return str(uuid.UUID(bytes=hmac.digest(key, message, "sha256")[:16], version=4))
