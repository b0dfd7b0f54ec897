"""What an auditor looks for in the audit."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from icmgraph.model.checks import Selector
from icmgraph.model.identifiers import normalise
from icmgraph.model.names import whole_key
from icmgraph.model.records import Id, Moment, Text, Value, Word

NAMED = 20
"""Most selectors, and most names, of one question."""


class AuditInput(Value):
    """All that is given must hold; of ``selectors`` and ``names``, any.

    Attributes:
        who: the person who acted; ``operator`` for who keeps the server.
        action: as the audit names it (``case.show``).
        record: what was asked for, or left with the answer.
        result: how it ended (``done``, ``not_found`` ...).
        selectors, names: an act that named it, unless that was erased.
        since, until: of the act's beginning; the second is left out itself.
    """

    model_config = ConfigDict(hide_input_in_errors=True)

    who: Id | Literal["operator"] | None = None
    action: Word | None = None
    record: Id | None = None
    result: Word | None = None
    selectors: Annotated[tuple[Selector, ...], Field(max_length=NAMED)] = ()
    names: Annotated[tuple[Text, ...], Field(max_length=NAMED)] = ()
    since: Moment | None = None
    until: Moment | None = None

    def named(self) -> frozenset[str]:
        """The keys of the selectors and names.

        Raises:
            InvalidInput: names the field, never the value.
        """
        selectors = {
            normalise(one.kind, one.value, region=one.region, postcode=one.postcode, field=f"selectors.{at}.value").key
            for at, one in enumerate(self.selectors)
        }
        return frozenset(selectors | {whole_key(name, field=f"names.{at}") for at, name in enumerate(self.names)})
