"""What to ask of a random world: values for every parameter a query file names, visible or hidden or absent."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, TypeVar

from icmgraph.model.names import beginnings, name_keys, sought, whole_key
from icmgraph.model.records import WALKABLE, WALKED
from icmgraph.queries.catalogue import Query
from tests.interference.sight import Sight
from tests.interference.system import NOW
from tests.worlds.strategies import KEYS, NAMES, STREET
from tests.worlds.world import AGO, LONG_AGO, World, uid

T = TypeVar("T")

ABSENT = uid("absent")
INTERNAL = "all internal ids of links"
"""Asked for by whoever asks the database that has them: each world that is loaded has others."""


@dataclass
class Asking:
    """Draws from the whole world: half of what is asked for, the person ``me`` sees."""

    world: World
    random: random.Random
    me: str

    def one(self, of: Sequence[T]) -> T:
        return self.random.choice(of)

    def seldom(self) -> bool:
        return self.random.random() < 0.25

    def some(self, of: Sequence[T], most: int = 6) -> list[T]:
        """Without repeats, in random order."""
        return self.random.sample(of, min(len(of), most))

    @cached_property
    def _by_label(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for record in self.world.records:
            found.setdefault(record.label, []).append(record.id)
        found["Link"] = [link.id for link in self.world.links]
        return found

    def ids(self, *labels: str) -> list[str]:
        """All ids of these labels, and one of nothing."""
        return [id for label in labels for id in self._by_label.get(label, ())] + [ABSENT]

    @cached_property
    def _seen(self) -> frozenset[str]:
        return Sight(self.world, self.me).seen

    def id(self, *labels: str) -> str:
        """One id of these labels; of nothing once in a while."""
        ids = self.ids(*labels)[:-1]
        if seen := [id for id in ids if id in self._seen and self.random.random() < 0.5]:
            return self.one(seen)
        return self.one(ids) if ids and self.random.random() < 0.9 else ABSENT

    def worked(self) -> str:
        """A case to work in: mostly one that ``me`` may write in."""
        assigned = [given.case for given in self.world.user(self.me).assigned if given.in_force()]
        return self.one(assigned) if assigned and self.random.random() < 0.8 else self.id("Case")

    def in_file(self, case: str, label: str) -> str:
        """A record to work on: mostly one in the file of that case."""
        file = [link.start for link in self.world.links if link.end == case and link.start in self.ids(label)]
        return self.one(file) if file and self.random.random() < 0.8 else self.id(label)

    @property
    def keys(self) -> list[str]:
        return [key.key for key in KEYS]

    @property
    def nodes(self) -> list[str]:
        return [*self.ids("Subject", "Case", "Document", "Event"), *self.keys]

    @property
    def name_keys(self) -> list[str]:
        names = [
            r.properties["value"] for r in self.world.labelled("Attribute") if r.properties["kind"] != "birth_date"
        ]
        return sorted({key for name in names for key in name_keys(name)}) or ["n:nobody"]

    @property
    def name(self) -> str:
        """One that is asked for: as somebody has it, or alike."""
        return self.one((*NAMES, "Vega", "Anne Wega", "Doll, Bob", "Nobody"))

    @property
    def sought_names(self) -> list[dict[str, Any]]:
        wanted = sought(self.name)
        begins = [
            {"word": one.number, "weight": 0, "begin": one.begin, "holds": list(one.holds)} for one in wanted.begins
        ]
        return [{"word": -1, "weight": 100, "key": wanted.whole}, *begins]

    @property
    def beginning(self) -> str:
        return self.one(("ve", "an", "an veg", "do BO", "cy", "zz"))

    @property
    def begins(self) -> list[dict[str, Any]]:
        return [{"begin": one.begin, "holds": one.holds} for one in beginnings(self.beginning)]

    @property
    def names_alike(self) -> list[dict[str, Any]]:
        attributes = [one.properties for one in self.world.labelled("Attribute")]
        values = [one["value"] for one in attributes if one["kind"] != "birth_date"]
        kinds = ("Person", "Person", "Vehicle")
        return [
            {"place": self.one((0, 1, 2)), "key": whole_key(value), "value": value, "kind": self.one(kinds)}
            for value in self.some(values, 3)
        ]

    @property
    def types(self) -> list[str]:
        return self.one((list(WALKED), list(WALKABLE), sorted(self.some(WALKABLE, 3))))

    def of(self, label: str) -> list[str]:
        return [item.id for item in self.world.addressed if item.label == label] + [ABSENT]


BY_PARAMETER: Mapping[str, Callable[[Asking], Any]] = {
    "limit": lambda a: a.one((1, 2, 3, 50)),
    "most": lambda a: a.one((0, 1, 2, 50)),
    "types": lambda a: a.types,
    "after_id": lambda a: a.one(("", a.id("Case", "Subject", "Document", "Event", "Link"))),
    "kind": lambda a: a.one((None, None, "Person", "Vehicle")),
    "after_rank": lambda a: a.one((0, 1)),
    "after_number": lambda a: a.one(("", "N-002")),
    "after_key": lambda a: a.one(("", *a.keys)),
}
"""Parameters that mean the same in every query file."""

SINCE = tuple(datetime(2024, month, day, hour, tzinfo=UTC) for month, day, hour in ((1, 1, 1), (1, 2, 0), (6, 2, 13)))
"""When the events of random worlds begin or end, and an hour between."""

BY_EXAMPLE: Mapping[str, Callable[[Asking], Any]] = {
    "$case": lambda a: a.id("Case"),
    "$subject": lambda a: a.id("Subject", "Subject", "Case", "Document", "Event"),
    "$document": lambda a: a.id("Document"),
    "$event": lambda a: a.id("Event"),
    "$record": lambda a: a.id("Subject", "Case", "Document", "Event"),
    "$attribute": lambda a: a.id("Attribute"),
    "$assertion": lambda a: a.id("Link", "Attribute", "Subject", "Document", "Event"),
    "$records": lambda a: a.some(a.ids("Subject", "Case", "Document", "Event")),
    "$subjects": lambda a: a.some(a.ids("Subject")),
    "$cases": lambda a: a.some(a.ids("Case")),
    "$documents": lambda a: a.some(a.ids("Document")),
    "$keys": lambda a: a.some(a.keys, 3),
    "$name_keys": lambda a: a.some(a.name_keys, 3),
    "$sought_names": lambda a: a.sought_names,
    # Sought by label, or read, or some so and some so.
    "$name_beginnings": lambda a: a.one((a.begins, a.begins, [])),
    "$names_alike": lambda a: a.names_alike,
    "$places": lambda a: {f"{one['kind']} {one['value']}": one["place"] for one in (*a.names_alike, *a.names_alike)},
    "$place": lambda a: a.one((-1, 0, 1)),
    "$nodes": lambda a: a.some(a.nodes),
    "$pairs": lambda a: [[m, n] for m in range(7) for n in range(7) if a.seldom()],
    "$receipt": lambda a: a.one(("receipt-0", "receipt-1", "none")),
    "$digests": lambda a: ["d", "e"],
    "$job": lambda a: a.one(a.of("Job")),
    "$one": lambda a: 1,
    "$report": lambda a: a.one(a.of("Report")),
    "$notice": lambda a: a.one(a.of("Notice")),
    "$registration": lambda a: a.one(a.of("Registration")),
    "$changes": lambda a: {"reason": "another"},
    "$side": lambda a: a.one(a.of("ConflictSide")),
    "$matter": lambda a: a.one(a.of("Matter")),
    "$now": lambda a: NOW,
    "$since": lambda a: a.one(SINCE),
    "$until": lambda a: a.one(SINCE) + timedelta(hours=30),
    "$south": lambda a: a.one((None, 38.0, 38.95)),
    "$north": lambda a: 39.0,
    "$address": lambda a: a.one((None, STREET.key, *a.keys)),
    "$moment": lambda a: a.one((None, AGO, LONG_AGO)),
    "$nothing": lambda a: None,
    "$internal": lambda a: INTERNAL,
}
"""By the name that the file's ``example:`` gives a parameter."""


def parameters(query: Query, asking: Asking) -> dict[str, Any]:
    """Values for one call of a query.

    Raises:
        AssertionError: a parameter that nothing here knows how to draw; say how, and the sweep covers the file.
    """
    drawn: dict[str, Any] = {}
    for name, example in query.example.items():
        draw = BY_EXAMPLE.get(example) or BY_PARAMETER.get(name)
        if draw is None:
            raise AssertionError(
                f"{query.name}: no way to draw {name}={example}; add one to tests/interference/asking.py"
            )
        drawn[name] = draw(asking)
    return drawn


def told(name: str, given: Mapping[str, Any]) -> str:
    return f"{name}({json.dumps(given, default=str)})"
