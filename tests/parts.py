"""One part of what takes long, where there is no time for all of it."""

from __future__ import annotations


def part_of(text: str) -> slice:
    """What ``2/6`` means of a list: each sixth, from the second on. Raises ValueError for what is no part."""
    number, _, of = text.partition("/")
    if not (number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
        raise ValueError(f"{text!r} is no part: say 2/6 for the second of six")
    return slice(int(number) - 1, None, int(of))
