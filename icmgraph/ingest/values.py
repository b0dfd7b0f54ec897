"""Values out of a row by a mapping's templates. One that is refused is left out and reported."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import TypeVar

from pydantic import ValidationError

from icmgraph.errors import InvalidInput
from icmgraph.ingest.mapping import When
from icmgraph.ingest.template import Context, MappingError, Texts
from icmgraph.model.identifiers import IdentifierKind, NormalisedIdentifier
from icmgraph.model.records import EventInput, IdentifierInput
from icmgraph.queries.worked import checked_identifier

T = TypeVar("T")


class Refused(Exception):
    """The row cannot be made into anything; the text is the reason."""


WRONG = (ValidationError, InvalidInput, ValueError)
"""What a value that is none raises."""


def reason(error: Exception) -> str:
    """Why a value was refused, without the value."""
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        return f"{place}: {first['msg']}" if place else str(first["msg"])
    if isinstance(error, InvalidInput):
        return str(error)
    return "is not of the format the mapping names"


class Values(ABC):
    """Reads values of one row after the other."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone

    @abstractmethod
    def refuse_value(self, at: Context, reason: str) -> None:
        """A value is left out; the rest of the row goes on."""

    def optional(self, at: Context, name: str, make: Callable[[], T]) -> T | None:
        try:
            return make()
        except MappingError:
            raise
        except WRONG as error:
            self.refuse_value(at, f"{name}: {reason(error)}")
            return None

    @staticmethod
    def text(texts: Texts | None, at: Context) -> str | None:
        return (texts.text(at) or None) if texts is not None else None

    def needed(self, texts: Texts, at: Context, name: str) -> str:
        """
        Raises:
            Refused: it is empty.
        """
        found = self.text(texts, at)
        if found is None:
            raise Refused(f"{name}: is empty")
        return found

    def identifier(
        self, kind: IdentifierKind, value: Texts, region: Texts | None, postcode: Texts | None, at: Context
    ) -> tuple[NormalisedIdentifier, IdentifierInput] | None:
        text = self.text(value, at)
        if text is None:
            return None
        written = IdentifierInput(kind=kind, value=text, region=self.text(region, at), postcode=self.text(postcode, at))
        return checked_identifier(written, kind.value), written

    def time(self, name: str, when: When | None, at: Context) -> datetime | None:
        return self.optional(at, name, lambda: when.time(at, self._zone)) if when is not None else None

    def position(self, latitude: Texts | None, longitude: Texts | None, at: Context) -> dict[str, float]:
        """Both or neither, in range."""

        def read() -> dict[str, float]:
            texts = self.text(latitude, at), self.text(longitude, at)
            if texts[0] is None or texts[1] is None:
                return {}
            position = {"latitude": float(texts[0]), "longitude": float(texts[1])}
            EventInput.model_validate({"kind": "position", **position})
            return position

        return self.optional(at, "position", read) or {}
