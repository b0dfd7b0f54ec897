"""What numbers have in common that somebody tries one after the other: ascending, or with one digit changed. Pure."""

from __future__ import annotations

from icmgraph.model.identifiers import IdentifierKind
from icmgraph.model.near import LEAST_DIGITS

PARTS = 4
"""Of a number's digits, each left out in turn: a try that changes one digit, or counts up, changes one part only. Of
a phone with its country that are two or three digits, so a hundred to a thousand numbers have it in common."""
MANY = 10
"""Different numbers of one stem within a day from which on it is shown: more than the phones of one household."""


def stems(key: str) -> tuple[str, ...]:
    """What the numbers near this one share: its key with a part of its digits left out, for each part.

    Of a key with fewer digits than ``LEAST_DIGITS``, none; of names neither.
    """
    kind, _, value = key.partition(":")
    if kind not in set(IdentifierKind) or value.startswith("#"):
        return ()
    places = [at for at, char in enumerate(value) if char.isdecimal() and char.isascii()]
    if len(places) < LEAST_DIGITS:
        return ()
    size = -(-len(places) // PARTS)
    parts = [places[at : at + size] for at in range(0, len(places), size)]
    return tuple(f"{kind}:{''.join('*' if at in part else char for at, char in enumerate(value))}" for part in parts)
