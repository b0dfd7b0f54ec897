"""nomenklatura's logic-v2 as a ``Comparer``. Needs the extra ``match``; import it through ``comparison.comparer``."""

from __future__ import annotations

from typing import Any

from followthemoney import model
from nomenklatura.matching import get_algorithm
from nomenklatura.matching.types import ScoringConfig

from icmgraph.model.comparison import MOST_WORDS, Likeness
from icmgraph.model.records import SubjectKind

_SCHEMAS = {
    SubjectKind.PERSON: "Person",
    SubjectKind.ORGANIZATION: "Organization",
    SubjectKind.VEHICLE: "Vessel",
    SubjectKind.VESSEL: "Vessel",
    SubjectKind.AIRCRAFT: "Airplane",
}
"""FollowTheMoney's words; its Vehicle has no names to match. All else, and what is not known, is a LegalEntity."""


MOST_CHARS = 256
"""Of a name that are compared."""


class LogicV2:
    """Compares by reference data on names of many languages and scripts.

    The first comparison loads those data: some six seconds and 500 MB.
    """

    name = "logic-v2"
    threshold = 0.7

    def __init__(self) -> None:
        algorithm = get_algorithm("logic-v2")
        if algorithm is None:
            raise AssertionError("this nomenklatura has no logic-v2")
        self._algorithm = algorithm
        self._config = ScoringConfig.defaults()

    def compare(self, asked: str, found: str, kind: SubjectKind | None = None) -> Likeness:
        schema = _SCHEMAS.get(kind, "LegalEntity") if kind else "LegalEntity"
        result = self._algorithm.compare(_entity(schema, asked), _entity(schema, found), self._config)
        told = result.explanations.get("name_match")
        reason = told.detail if told is not None else None
        return Likeness(round(min(max(result.score, 0.0), 1.0), 3), reason or "nothing in common")

    def alike(self, one: str, other: str, kind: SubjectKind | None = None) -> bool:
        return any(self.compare(*pair, kind).score >= self.threshold for pair in ((one, other), (other, one)))


def _entity(schema: str, name: str) -> Any:
    # As many words as the other comparer takes: the library tries so many pairings that a long text takes minutes.
    name = " ".join(name.split()[:MOST_WORDS])[:MOST_CHARS]
    entity = model.make_entity(schema)
    # The library remembers the names of an entity by its id, so the id has to be the name.
    entity.id = f"{schema}:{name}"
    entity.add("name", name)
    return entity
