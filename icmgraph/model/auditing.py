"""What an auditor looks for in the audit."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from icmgraph.model.checks import Selector
from icmgraph.model.names import whole_key
from icmgraph.model.records import Id, Moment, Text, Value, Word

NAMED = 20
"""Most selectors, and most names, of one question."""
WORDS = 50
"""Most actions, and most results."""
YEAR_HOURS = 366 * 24


def _several(given: Any) -> Any:
    if isinstance(given, str):
        return (given,)
    return tuple(given) if isinstance(given, list) else given  # what was JSON, and strict takes no list


Words = Annotated[
    tuple[Word, ...],
    Field(max_length=WORDS),
    BeforeValidator(_several, json_schema_input_type=Word | Annotated[tuple[Word, ...], Field(max_length=WORDS)]),
]
"""A word, or several of which any will do."""
Hours = Annotated[int, Field(ge=1)]


class AuditInput(Value):
    """All that is given must hold; of ``action``, ``result``, ``selectors`` and ``names``, any.

    Attributes:
        who: the person who acted; ``operator`` for who keeps the server.
        action: as the audit names it (``case.show``).
        record: what was asked for, or left with the answer.
        result: how it ended (``done``, ``not_found`` ...).
        selectors, names: an act that named it, unless that was erased.
        since, until: of the act's beginning; the second is left out itself.
        last_hours: in place of these two: begun so many hours ago or less, when it is asked.
    """

    model_config = ConfigDict(hide_input_in_errors=True)

    who: Id | Literal["operator"] | None = None
    action: Words = ()
    record: Id | None = None
    result: Words = ()
    selectors: Annotated[tuple[Selector, ...], Field(max_length=NAMED)] = ()
    names: Annotated[tuple[Text, ...], Field(max_length=NAMED)] = ()
    since: Moment | None = None
    until: Moment | None = None
    last_hours: Annotated[Hours, Field(le=100 * YEAR_HOURS)] | None = None

    @model_validator(mode="after")
    def _one_time(self) -> AuditInput:
        if self.last_hours is not None and (self.since, self.until) != (None, None):
            raise ValueError("give last_hours, or since and until")
        return self

    def begins(self, now: datetime) -> datetime | None:
        """From when on an act counts."""
        return self.since if self.last_hours is None else now - timedelta(hours=self.last_hours)

    def named(self) -> frozenset[str]:
        """The keys of the selectors and names.

        Raises:
            InvalidInput: names the field, never the value.
        """
        selectors = {one.key(f"selectors.{at}.value") for at, one in enumerate(self.selectors)}
        return frozenset(selectors | {whole_key(name, field=f"names.{at}") for at, name in enumerate(self.names)})


class PatternInput(AuditInput):
    """Who did so many of these acts.

    Attributes:
        by: ``who`` and ``action`` count acts; ``record`` counts the persons who asked for it or got it.
        at_least: so many.
        within_hours: in a stretch of so many hours, whenever it was; unset: in all.
    """

    by: Literal["who", "record", "action"]
    at_least: Annotated[int, Field(ge=1, le=1_000_000)]
    within_hours: Annotated[Hours, Field(le=YEAR_HOURS)] | None = None


class ReportInput(Value):
    """A question to keep under a name: a search, or a pattern."""

    model_config = ConfigDict(hide_input_in_errors=True)

    name: Word
    search: AuditInput | None = None
    pattern: PatternInput | None = None

    @model_validator(mode="after")
    def _one_question(self) -> ReportInput:
        if (self.search is None) == (self.pattern is None):
            raise ValueError("give search or pattern")
        return self

    @property
    def asked(self) -> AuditInput:
        return self.pattern or self.search or AuditInput()
