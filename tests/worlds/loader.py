"""Writes a World into a Neo4j that holds nothing else, in one statement of some 15 ms.

Labels come from the product's pure functions (icmgraph.model.access): digests must be the ones that the
writer interns, and what these functions say is compared elsewhere with what the oracle says without them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import neo4j
from neo4j.exceptions import TransientError

from icmgraph.model.access import Expression, Own, audience, visibility
from icmgraph.model.names import LONGEST_SPELLING, NAME_NORMALISER, name_keys
from icmgraph.model.near import tail_of
from icmgraph.queries import catalogue, migrations
from icmgraph.queries.gateway import Gateway
from tests.worlds.world import Addressed, Assertion, Key, Record, World, uid

_WRITE = """
UNWIND $nodes AS row
CREATE (n:$(row.labels)) SET n = row.properties
WITH collect(n) AS made
UNWIND $links AS row
WITH made[row.start] AS a, made[row.end] AS b, row
CREATE (a)-[r:$(row.type)]->(b) SET r = row.properties
"""

MADE = {"Check": "MADE", "Registration": "MADE", "Job": "STARTED", "Report": "SAVED"}
"""What leads from a person to what is theirs."""

_epochs = count(1, 10_000)
"""Each world begins well above what writes may have moved the one before to."""


@dataclass(frozen=True, slots=True)
class Graph:
    """One database that tests write and wipe, and the gateway to it."""

    gateway: Gateway
    driver: neo4j.Driver
    database: str

    @classmethod
    def at(cls, uri: str, user: str, password: str, database: str) -> Graph:
        """Connect, and apply the schema to what is there."""
        gateway = Gateway(uri, user, password, database, catalogue.load())
        driver = neo4j.GraphDatabase.driver(uri, auth=(user, password), notifications_min_severity="OFF")
        graph = cls(gateway, driver, database)
        graph.clear()
        gateway.apply_schema()
        return graph

    def close(self) -> None:
        self.gateway.close()
        self.driver.close()

    def run(self, text: str, **parameters: Any) -> list[dict[str, Any]]:
        """Any statement, as no part of the product may send it."""
        with self.driver.session(database=self.database) as session:
            return [record.data() for record in session.run(text, parameters)]

    def clear(self) -> None:
        for _ in range(5):
            try:
                self.run("MATCH (n) DETACH DELETE n")
                return
            except TransientError:  # a background worker of the test before still holds a lock
                continue
        raise AssertionError("the database does not come free")

    def load(self, world: World, *, seed: int = 0) -> None:
        """Wipe the database and write ``world``.

        Args:
            seed: of the order in which nodes and relationships are created; no answer may depend on it.
        """
        self.clear()
        rows = _Rows(world)
        order = random.Random(seed)
        nodes = list(rows.nodes.values())
        order.shuffle(nodes)
        at = {node["at"]: number for number, node in enumerate(nodes)}
        links = [{**link, "start": at[link["start"]], "end": at[link["end"]]} for link in rows.links]
        order.shuffle(links)
        self.run(_WRITE, nodes=nodes, links=links)


APART = 601
"""Between ids of expressions: a few of them are on several pages of a scope's bits."""


@dataclass
class _Rows:
    """What a world is in the database: nodes by a key of their own, relationships between such keys."""

    world: World
    nodes: dict[str, dict[str, Any]] = field(default_factory=dict)
    links: list[dict[str, Any]] = field(default_factory=list)
    expressions: dict[str, Expression] = field(default_factory=dict)
    labels: dict[Expression, tuple[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._express()
        self._intern()
        self._people()
        self._content()
        self._addressed()

    def _node(self, at: str, labels: list[str], /, **properties: Any) -> None:
        self.nodes[at] = {"at": at, "labels": labels, "properties": properties}

    def _link(self, type: str, start: str, end: str, /, **properties: Any) -> None:
        given = {name: value for name, value in properties.items() if value is not None}
        self.links.append({"type": type, "start": start, "end": end, "properties": given})

    def _express(self) -> None:
        for record in sorted(self.world.records, key=lambda record: record.label == "Attribute"):
            under = (self.expressions[record.under],) if record.under else ()
            self.expressions[record.id] = visibility(record.own, *under)
        for link in self.world.links:
            ends = [self.expressions[end] for end in (link.start, link.end) if not isinstance(end, Key)]
            self.expressions[link.id] = visibility(link.own, *ends)

    def _intern(self) -> None:
        openness = {case.id: frozenset(case.open_to) for case in self.world.cases}
        audiences: dict[Expression, int] = {}
        for place, expression in enumerate(dict.fromkeys(self.expressions.values()), start=1):
            number = place * APART
            formula = audience(expression, openness)
            seen_by = 0 if formula is None else audiences.setdefault(formula, len(audiences) + 1)
            self.labels[expression] = (number, seen_by)
            self._node(
                f"v{number}",
                ["Visibility"],
                id=number,
                digest=expression.digest,
                expression=str(expression),
                audience=seen_by,
                lock=0,
            )
            for at, clause in enumerate(sorted(expression.clauses, key=sorted)):
                for atom in sorted(clause):
                    self._link("REQUIRES", f"v{number}", atom.partition(":")[2], clause=at)
        for formula, number in audiences.items():
            self._node(f"a{number}", ["Audience"], id=number, digest=formula.digest, expression=str(formula))
        # Never a value of before: a scope that some cache kept from another world must not seem current.
        self._node(
            "epoch",
            ["Epoch"],
            name="epoch",
            value=next(_epochs),
            lock=0,
            next_visibility=len(self.labels) * APART + 1,
            next_audience=len(audiences) + 1,
        )

        # Another feed, too: who keeps the links in memory reads them anew.
        self._node("feed", ["Feed"], name="feed", value=0, lock=0, generation=f"world {next(_epochs)}")
        self._node("schema", ["Schema"], name="schema", version=migrations.LATEST, statements=migrations.statements())

    def _people(self) -> None:
        for unit in self.world.units:
            self._node(unit.id, ["Unit"], id=unit.id, name=unit.name)
            if unit.parent:
                self._link("PART_OF", unit.id, unit.parent)
        for caveat in self.world.caveats:
            self._node(caveat.id, ["Caveat"], id=caveat.id, name=caveat.name, kind=caveat.kind)
            if caveat.custodian:
                self._link("CUSTODIAN_OF", caveat.custodian, caveat.id)
        for user in self.world.users:
            facts = {"id": user.id, "name": user.name, "contact": user.contact, "user_class": user.user_class}
            said = {"desk": user.desk or None, "email": user.email, "webhook": user.webhook}
            self._node(user.id, ["User"], **facts, **{name: value for name, value in said.items() if value is not None})
            for membership in user.member_of:
                dates = {"from": membership.starts, "until": membership.ends}
                self._link("MEMBER_OF", user.id, membership.unit, sight=membership.sight, **dates)
            for lead in user.leads:
                self._link("LEADS", user.id, lead.unit, **{"from": lead.starts, "until": lead.ends})
            for clearance in user.cleared:
                dates = {"from": clearance.starts, "until": clearance.ends}
                self._link("CLEARED_FOR", user.id, clearance.caveat, **dates)
            for given in user.assigned:
                facts_ = {"id": given.id, "functions": list(given.functions), "agent": given.agent}
                dates = {"from": given.starts, "until": given.ends}
                self._link("ASSIGNED_TO", user.id, given.case, **facts_, **dates)

    def _labelled(self, assertion: Assertion, own: Own, expression: Expression, **said: Any) -> dict[str, Any]:
        number, seen_by = self.labels[expression]
        return {
            **assertion.said(),
            **said,
            "cases": list(own.cases),
            "shared": list(own.shared),
            "caveats": list(own.caveats),
            "visibility": number,
            "audience": seen_by,
        }

    def _content(self) -> None:
        for record in self.world.records:
            labels = [record.label] + ([record.properties["kind"]] if record.label == "Subject" else [])
            self._node(record.id, labels, **self._labelled(record, record.own, self.expressions[record.id]))
            if record.label == "Attribute":
                self._attribute(record)
        for case in self.world.cases:
            self._link("OF", case.id, case.unit)
            for unit in case.open_to:
                self._link("OPEN_TO", case.id, unit)
        for key in self.world.keys:
            tail = {"tail": key.value[-7:]} if key.kind == "phone" else {}
            self._node(key.key, ["Identifier"], key=key.key, kind=key.kind, value=key.value, **tail)
        for link in self.world.links:
            said = {"key": link.end.key} if isinstance(link.end, Key) else {}
            properties = self._labelled(link, link.own, self.expressions[link.id], **said)
            self._link(link.type, link.start, link.other, **properties)

    def _attribute(self, record: Record) -> None:
        expression = self.expressions[record.id]
        bare = Assertion(id="", own=record.own, asserted_by=record.asserted_by, asserted_at=record.asserted_at)
        assert record.under
        has = self._labelled(bare, record.own, expression, id=uid(f"{record.id} has"))
        self._link("HAS_ATTRIBUTE", record.under, record.id, **has)
        for key in _keys(record):
            name = uid(f"{record.id} {key}")
            said = {"id": name, "key": key, "normaliser": NAME_NORMALISER}
            said |= {"name": record.properties["value"], "kind": self.world.record(record.under).properties["kind"]}
            self._node(name, ["NameKey"], **self._labelled(bare, record.own, expression, **said))
            if key.startswith("w:") and len(said["name"]) <= LONGEST_SPELLING:
                self._spelled(name, key, said["kind"], said["name"])
            key_of = self._labelled(bare, record.own, expression, id=uid(f"{record.id} {key} of"))
            self._link("KEY_OF", name, record.id, **key_of)

    def _spelled(self, name_key: str, key: str, kind: str, name: str) -> None:
        spelling = f"{key} {kind} {name}"
        self._node(spelling, ["Spelling"], key=key, kind=kind, name=name)
        self._link("SPELLED", name_key, spelling)

    def _addressed(self) -> None:
        for item in self.world.addressed:
            self._node(item.id, [item.label], id=item.id, **item.properties)
            for number, key in enumerate(item.seeks):
                self._node(f"{item.id} {number}", ["WatchKey"], key=key, tail=tail_of(key))
                self._link("SEEKS", item.id, f"{item.id} {number}")
            if item.user and item.label in MADE:
                when = {"by": item.user, "at": item.properties["at"]} if item.label == "Check" else {}
                self._link(MADE[item.label], item.user, item.id, **when)
            elif item.user:
                self._link("ASKED" if item.label == "Matter" else "TO", item.id, item.user)
            if item.case:
                self._link("OVER" if item.label == "ConflictSide" else "ATTACHED_TO", item.id, item.case)
            if item.label == "ConflictSide":
                self._conflict(item)
            for row in range(1, item.refusals + 1):
                said = {"row": row, "problem": "invalid_input", "detail": "not a date", "field": "value"}
                self._node(f"{item.id} {row}", ["Refusal"], **said)
                self._link("REFUSED", item.id, f"{item.id} {row}")

    def _conflict(self, side: Addressed) -> None:
        both = uid(f"conflict of {side.id}")
        self._node(both, ["Conflict"], id=both, at=side.properties["at"], open=both)
        self._link("SIDE_OF", side.id, both)
        if side.theirs is not None:
            other = uid(f"other of {side.id}")
            self._node(other, ["ConflictSide"], **{**side.theirs, "id": other})
            self._link("SIDE_OF", other, both)
            message = uid(f"message of {side.id}")
            said = {"at": side.properties["at"], "number": 1, "kind": "said", "text": "Call me"}
            self._node(message, ["Message"], id=message, side=other, to=[side.id, other], **said)
            self._link("SAID_IN", message, both)


def _keys(record: Record) -> Iterator[str]:
    if record.properties["kind"] in ("name", "alias"):
        yield from name_keys(record.properties["value"])
