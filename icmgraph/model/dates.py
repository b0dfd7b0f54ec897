"""Dates of which the month or the day may be unknown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from icmgraph.errors import InvalidInput

_ISO = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A day, a month or a year of the Gregorian calendar; ``str()`` gives the text it was parsed from."""

    year: int
    month: int | None = None
    day: int | None = None

    @classmethod
    def parse(cls, text: str, *, field: str = "value") -> PartialDate:
        """``1980``, ``1980-05`` or ``1980-05-17`` (ISO 8601 only); else ``InvalidInput`` naming ``field``."""
        match = _ISO.fullmatch(text)
        if match is None:
            raise InvalidInput("not a date: write 1980, 1980-05 or 1980-05-17", field=field)
        year = int(match[1])
        month, day = (None if part is None else int(part) for part in match.group(2, 3))
        try:
            date(year, 1 if month is None else month, 1 if day is None else day)
        except ValueError:
            raise InvalidInput("no such day in the calendar", field=field) from None
        return cls(year, month, day)

    @property
    def full(self) -> bool:
        """Whether the day is known."""
        return self.day is not None

    def __str__(self) -> str:
        parts = [f"{self.year:04}", *(f"{part:02}" for part in (self.month, self.day) if part is not None)]
        return "-".join(parts)
