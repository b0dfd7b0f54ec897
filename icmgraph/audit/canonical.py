"""Canonical JSON: one sequence of bytes for one value, after RFC 8785.

Keys sorted by UTF-16 code units, no white space, UTF-8, shortest escapes. Floats are refused: their
shortest form is where implementations differ. Integers beyond 2**53 - 1 are refused too (RFC 7493):
another reader of the export would round them, and then compute another hash.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeAlias

JSON: TypeAlias = "str | int | Sequence[JSON] | Mapping[str, JSON] | None"
"""What a record may hold (``bool`` is an ``int``). At run time: str, int, bool, None, list, tuple, dict."""

MAX_INT = 2**53 - 1
# Deeper than any parameter; far below Python's own limit, so that hostile input ends in our error.
MAX_DEPTH = 32


def canonical(value: JSON) -> bytes:
    """The bytes of ``value``.

    Raises ``ValueError`` on what JSON or this form cannot hold. The text never quotes the value.
    """
    text = json.dumps(_ordered(value, 0), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        pass  # raised below, outside: the codec's error carries the whole text
    raise ValueError("text with a lone surrogate")


def _ordered(value: object, depth: int) -> object:
    """``value`` with every dict sorted, after a check of every type."""
    if depth > MAX_DEPTH:
        raise ValueError(f"nested deeper than {MAX_DEPTH}")
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        if abs(value) > MAX_INT:
            raise ValueError("an integer beyond 2**53 - 1")
        return value
    if isinstance(value, list | tuple):
        return [_ordered(item, depth + 1) for item in value]
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise ValueError("a key that is not text")
        # Python sorts by code point; RFC 8785 by UTF-16 code unit. They differ above U+FFFF.
        keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
        return {key: _ordered(value[key], depth + 1) for key in keys}
    raise ValueError(f"a value of type {type(value).__name__}")


def instant(at: datetime) -> str:
    """A moment as records hold it: as text in order of time."""
    if at.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return at.astimezone(UTC).isoformat(timespec="microseconds")
