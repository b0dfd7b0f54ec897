"""Near misses of an identifier: what may have been meant by a number that was misread or miscopied. Pure.

Found by exact look-ups of the keys made here at question time; nothing of it is stored. A number whose check digit
fails and the one whose check digit holds are one digit apart, so check digits need no rule of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, product

from icmgraph.model.folding import bounded_key
from icmgraph.model.identifiers import IdentifierKind

LEAST_DIGITS = 7
"""Of fewer, a digit off is another's number as often as not: short plates lie side by side."""
MOST_DIGITS = 15
"""The last ones that are varied: the most of a phone; of an IBAN what tells accounts of a bank apart."""
MOST_LOOKING = 6
"""Characters read both ways, in all combinations."""
TAIL = 7
"""Last digits of a phone by which it may be asked for."""

_DIGITS = {
    IdentifierKind.PHONE,
    IdentifierKind.ACCOUNT,
    IdentifierKind.DOCUMENT,
    IdentifierKind.IMEI,
    IdentifierKind.VIN,
    IdentifierKind.PLATE,
}
_LOOKING = {IdentifierKind.ACCOUNT, IdentifierKind.DOCUMENT, IdentifierKind.PLATE}
"""Kinds whose values are capitals and digits. A VIN has neither O nor I."""
_KINDS = frozenset(IdentifierKind)
_LIKE = {"0": "O", "O": "0", "1": "I", "I": "1"}
_TAIL = "tail:"


def near_keys(key: str) -> tuple[str, ...]:
    """Keys of the values that look like this key's, or differ in one digit; without itself. At most some 200."""
    kind, _, value = key.partition(":")
    if kind not in _KINDS or value.startswith("#"):
        return ()
    found: dict[str, None] = {}
    if kind in _LOOKING:
        found.update(dict.fromkeys(_alike(value)))
    if kind in _DIGITS:
        found.update(dict.fromkeys(_one_off(value)))
    found.pop(value, None)
    return tuple(bounded_key(kind, one) for one in found)


def _alike(value: str) -> Iterator[str]:
    places = [at for at, char in enumerate(value) if char in _LIKE]
    for chosen in product(*((value[at], _LIKE[value[at]]) for at in places[:MOST_LOOKING])):
        chars = list(value)
        for at, char in zip(places, chosen, strict=False):
            chars[at] = char
        yield "".join(chars)


def _one_off(value: str) -> Iterator[str]:
    places = [at for at, char in enumerate(value) if char.isdecimal() and char.isascii()]
    if len(places) < LEAST_DIGITS:
        return
    for at in islice(reversed(places), MOST_DIGITS):
        for digit in "0123456789":
            yield f"{value[:at]}{digit}{value[at + 1 :]}"


def tail_of(key: str) -> str | None:
    """The last seven digits of a phone's key, or of a tail's own; None of anything else."""
    kind, _, value = key.partition(":")
    digits = value[-TAIL:]
    return digits if kind in ("phone", "tail") and len(digits) == TAIL and digits.isdecimal() else None


def tail_key(digits: str) -> str:
    """What is looked for by the last seven digits of a phone; of no kind of identifier."""
    return f"{_TAIL}{digits}"


def is_tail(key: str) -> bool:
    return key.startswith(_TAIL)
