"""What is wrong with an input, in words that never repeat it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,40}")
_MESSAGES = {
    "missing": "is missing",
    "extra_forbidden": "is not a field of this request",
    "json_invalid": "the body is not JSON",
}


def dotted(place: Sequence[int | str]) -> str:
    """Where it is. A name nobody gave a field is the caller's own text: not repeated."""
    return ".".join(str(part) if isinstance(part, int) or _FIELD.fullmatch(part) else "?" for part in place)


def message(error: Mapping[str, Any]) -> str:
    """What pydantic says of one error, in our words where we have them."""
    return str(_MESSAGES.get(error["type"], error["msg"])).removeprefix("Value error, ")
