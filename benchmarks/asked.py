"""What is asked in benchmarks: for each person, cases, subjects, selectors, names and pairs that they see.

Drawn by the benchmark's own Cypher under the person's scope, so that every question has an answer.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import neo4j

from icmgraph.local_neo4j import Connection
from icmgraph.model.access import Scope
from icmgraph.model.identifiers import IdentifierKind, NormalisedIdentifier
from icmgraph.model.records import WALKED

SEES = "({0}.audience IN $audiences OR {0}.visibility IN $visibilities)"
WRITTEN_AS_NORMALISED = ("email", "handle", "plate")
"""Kinds whose normalised value is what one would write."""
STEPS = (2, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14)
"""Lengths of the random walks whose ends are asked for a path between them: the shortest is seldom as long."""


@dataclass
class Asked:
    """Ids, and what is looked for. ``pairs``: of subjects, some near each other, some far, some not joined at all."""

    cases: list[str] = field(default_factory=list)
    subjects: list[str] = field(default_factory=list)
    identifiers: list[NormalisedIdentifier] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    pairs: list[tuple[str, str]] = field(default_factory=list)


class Drawing:
    """Draws what one person sees."""

    def __init__(self, where: Connection, scope: Scope, rng: random.Random) -> None:
        self._where = where
        self._given: dict[str, Any] = {"audiences": scope.audiences, "visibilities": scope.visibilities}
        self._rng = rng

    def draw(self, many: int) -> Asked:
        with (
            neo4j.GraphDatabase.driver(
                self._where.uri, auth=(self._where.user, self._where.password), notifications_min_severity="OFF"
            ) as driver,
            driver.session(database=self._where.database) as session,
        ):
            self._session = session
            asked = Asked()
            cases = [r["id"] for r in self._run(f"MATCH (c:Case) WHERE {SEES.format('c')} RETURN c.id AS id")]
            asked.cases = self._some(cases, many)
            beside = self._run(
                f"UNWIND $ids AS id MATCH (:Case {{id: id}})<-[r:SUBJECT_OF WHERE {SEES.format('r')}]-(s) "
                "RETURN s.id AS id",
                ids=asked.cases,
            )
            asked.subjects = self._some([row["id"] for row in beside], many)
            held = self._run(
                f"UNWIND $ids AS id MATCH (:Subject {{id: id}})-[r:HAS_IDENTIFIER WHERE {SEES.format('r')}]->(i) "
                "WHERE i.kind IN $kinds RETURN i.kind AS kind, i.value AS value, i.key AS key",
                ids=asked.subjects, kinds=WRITTEN_AS_NORMALISED,
            )  # fmt: skip
            found = {r["key"]: NormalisedIdentifier(IdentifierKind(r["kind"]), r["value"], r["key"]) for r in held}
            asked.identifiers = self._some([found[key] for key in sorted(found)], many)
            names = self._run(
                f"UNWIND $ids AS id MATCH (:Subject {{id: id}})-[r:HAS_ATTRIBUTE WHERE {SEES.format('r')}]->(a) "
                "WHERE a.kind = 'name' RETURN a.value AS name",
                ids=asked.subjects,
            )
            asked.names = self._some([row["name"] for row in names], many)
            asked.pairs = self._pairs(asked.subjects, many)
            return asked

    def _run(self, text: str, **given: Any) -> list[Any]:
        return list(self._session.run(text, {**self._given, **given}))

    def _some(self, found: Sequence[Any], many: int) -> list[Any]:
        """At most so many, or all there are."""
        chosen = list(found)
        self._rng.shuffle(chosen)
        return chosen[:many]

    def _pairs(self, subjects: Sequence[str], many: int) -> list[tuple[str, str]]:
        pairs = [(start, self._walk(start, STEPS[n % len(STEPS)])) for n, start in enumerate(subjects)]
        pairs += [(one, other) for one, other in zip(subjects, reversed(subjects), strict=True)][: many // 2]
        return sorted({pair for pair in pairs if pair[0] != pair[1]})

    def _walk(self, at: str, steps: int) -> str:
        """The last subject on a random walk."""
        last = node = at
        for _ in range(steps):
            rows = self._run(
                "CALL () { MATCH (n:Subject {id: $at}) RETURN n UNION MATCH (n:Identifier {key: $at}) RETURN n "
                "UNION MATCH (n:Case {id: $at}) RETURN n UNION MATCH (n:Event {id: $at}) RETURN n } "
                f"MATCH (n)-[r:{'|'.join(WALKED)} WHERE {SEES.format('r')}]-(m) "
                "RETURN coalesce(m.id, m.key) AS at, m:Subject AS subject LIMIT 200",
                at=node,
            )
            if not rows:
                break
            step = self._rng.choice(rows)
            node = step["at"]
            last = node if step["subject"] else last
        return last
