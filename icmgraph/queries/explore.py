"""Expand and paths: breadth-first searches in layers, over what is visible and nothing else.

Inside a search a *node* is text: a record's id, or an identifier's key (which holds a colon; an id does not).
What leaves are public ids. Every decision (degrees, ties, budgets, which side of a path search grows next)
looks at visible rows only, so that nothing hidden can change an answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise
from typing import Protocol

from icmgraph.errors import NotFound
from icmgraph.model.answers import Link, Neighbour, Node, Path, Paths, Step, Subgraph
from icmgraph.queries.gateway import Row
from icmgraph.queries.seeking import sought
from icmgraph.queries.session import View

DEPTHS = range(1, 5)
BOUNDS = range(1, 9)
DEFAULT_BOUND = 6

MOST_PATHS = 25
"""More equally short paths than that are not read one by one; the answer then says that it is truncated."""

VISITED = 20_000
"""Most nodes a path search meets: a second or two of work, and far beyond the 8 relationships between two people
who have anything to do with each other. A search that would need more says that it is truncated."""

AROUND = 250
"""Nodes around each end through which a path search looks for hubs to name: many of them it walked through anyway, so
that naming the hubs takes no longer than the search, on the whole. With 1,000 it took three times as long."""

HUBS_SHOWN = 50

BATCH = 1_000
"""Nodes of a layer in one statement: with 200 relationships each, 200,000 rows of 50 bytes in the server's memory."""

ALL = 2**62
"""For the start, which is walked through whatever its degree."""


class Changed(Exception):
    """What an earlier statement of the question met was gone at a later one: ask the whole question again."""


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around a record: see ``Reader.expand``.

    Attributes:
        pairs: of nodes with visible relationships between them that are shown, each pair once.
        numbers: internal ids that these relationships had when they were read; none: not known.
    """

    nodes: Collection[str]
    pairs: Collection[tuple[str, str]]
    hubs: Collection[str]
    truncated: bool
    numbers: Sequence[int] = ()


class Ground(Protocol):
    """Where a walk asks what is visibly next to nodes. Every ground gives the same answers."""

    def beside(self, nodes: Sequence[str], types: Sequence[str], most: int) -> Mapping[str, frozenset[str] | None]:
        """What is next to each of them by these types; None if that takes more than ``most`` relationships."""

    def around(self, start: str, types: Sequence[str], hub_degree: int, depth: int, budget: int) -> Around | None:
        """What ``_around`` finds by asking for one layer after the other; None: ask so."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Neo4j: the statements ``steps`` and ``steps_by_key``."""

    view: View

    def beside(self, nodes: Sequence[str], types: Sequence[str], most: int) -> Mapping[str, frozenset[str] | None]:
        seeks = sought(self.view, [node for node in nodes if ":" in node])
        others = [node for node in nodes if node not in seeks]
        found: dict[str, frozenset[str] | None] = dict.fromkeys(nodes, frozenset())
        for query, asked in (("steps", others), ("steps_by_key", sorted(seeks))):
            for batch in batches(asked):
                for row in self.view.run(query, nodes=batch, types=types, most=most):
                    found[row["node"]] = None if row["over"] else frozenset(row["others"])
        return found

    def around(self, start: str, types: Sequence[str], hub_degree: int, depth: int, budget: int) -> None:
        return None


@dataclass
class Walk:
    """What is visibly next to each node met so far, in one question.

    Attributes:
        ground: what is asked.
        hub_degree: above this visible degree a node is not walked through.
        public: the public id of a node.
    """

    view: View
    ground: Ground
    types: Sequence[str]
    hub_degree: int
    public: Callable[[str], str]
    _next: dict[str, frozenset[str] | None] = field(default_factory=dict)

    def meet(self, start: str) -> None:
        """
        Raises:
            NotFound: the record is absent or hidden.
        """
        if not self.view.run("sees_record", id=start):
            raise NotFound

    def look(self, nodes: Iterable[str]) -> None:
        """Ask what is next to these nodes, as far as that is not known yet."""
        self._ask(sorted(node for node in nodes if node not in self._next), self.hub_degree)

    def look_at_all(self, nodes: Iterable[str]) -> None:
        """The same, through nodes of whatever degree."""
        self._ask(sorted(node for node in nodes if node not in self._next), ALL)

    def look_through(self, node: str, most: int = ALL) -> bool:
        """Ask what is next to a node whatever its degree, up to ``most``. False if that is not enough."""
        self._ask([node], most)
        return not self.is_hub(node)

    def is_hub(self, node: str) -> bool:
        return self._next[node] is None

    def next_to(self, node: str) -> frozenset[str]:
        """What is next to a node that was looked at; nothing for a hub."""
        return self._next[node] or frozenset()

    def _ask(self, nodes: Sequence[str], most: int) -> None:
        self._next.update(self.ground.beside(nodes, self.types, most))

    def picture(
        self, nodes: Collection[str], pairs: Collection[tuple[str, str]], numbers: Sequence[int] = ()
    ) -> tuple[list[Node], list[Link]]:
        """The nodes, and the visible assertions between these pairs (``numbers``: as of Around); both by id.

        Each identifier among ``nodes`` must be in a pair.

        Raises:
            Changed
        """
        found = self.links(pairs, numbers)
        return self.nodes(nodes, found), [self.link(row) for row in found]

    def links(self, pairs: Collection[tuple[str, str]], numbers: Sequence[int] = ()) -> list[Row]:
        """The visible assertions between these pairs, by id.

        Raises:
            Changed: between two of them there is none any more.
        """
        place = {node: n for n, node in enumerate(sorted({node for pair in pairs for node in pair}))}
        places = sorted([place[node], place[other]] for node, other in pairs)
        if numbers:
            found = self.view.run("links_by_number", numbers=numbers, types=self.types)
        else:
            found = self.view.run("links", nodes=list(place), pairs=places, types=self.types) if pairs else []
        if {frozenset(pair) for pair in pairs} != {frozenset((row["start"], row["end"])) for row in found}:
            raise Changed
        return found

    def nodes(self, nodes: Iterable[str], links: Iterable[Row]) -> list[Node]:
        """What these nodes are, by id. Identifiers are described by the rows of the links that end in them.

        Raises:
            Changed
        """
        ends = {row["end"]: row["identifier"] for row in links if row["identifier"] is not None}
        wanted = frozenset(nodes)
        records = sorted(node for node in wanted if ":" not in node)
        described = [Node(**row) for row in self.view.run("nodes", ids=records)]
        if len(described) != len(records):
            raise Changed
        for key in wanted.difference(records):
            if (said := ends.get(key)) is None:
                raise Changed
            described.append(Node(id=self.public(key), label="Identifier", kind=said["kind"], name=said["value"]))
        return sorted(described, key=lambda node: node.id)

    def link(self, row: Row) -> Link:
        shown = {column: value for column, value in row.items() if column != "identifier"}
        return Link(**{**shown, "start": self.public(row["start"]), "end": self.public(row["end"])})


def batches(nodes: Sequence[str]) -> Iterator[Sequence[str]]:
    for at in range(0, len(nodes), BATCH):
        yield nodes[at : at + BATCH]


def neighbours(walk: Walk, start: str, after: str, most: int) -> list[Neighbour]:
    """The visible assertions at ``start`` whose id is above ``after``, by id, each with its other end."""
    walk.meet(start)
    rows = walk.view.run("neighbours", id=start, types=walk.types, after_id=after, limit=most)
    others = [row["end"] if row["start"] == start else row["start"] for row in rows]
    nodes = {node.id: node for node in walk.nodes(others, rows)}
    return [
        Neighbour(link=walk.link(row), node=nodes[walk.public(other)]) for row, other in zip(rows, others, strict=True)
    ]


def expand(walk: Walk, start: str, depth: int, budget: int) -> Subgraph:
    """See ``Reader.expand``. ``budget``: most nodes, the start among them."""
    walk.meet(start)
    seen = walk.ground.around(start, walk.types, walk.hub_degree, depth, budget) or _around(walk, start, depth, budget)
    nodes, links = walk.picture(seen.nodes, seen.pairs, seen.numbers)
    return Subgraph(
        start=[start],
        nodes=nodes,
        links=links,
        hubs=sorted(map(walk.public, seen.hubs)),
        hub_degree=walk.hub_degree,
        truncated=seen.truncated,
    )


def _around(walk: Walk, start: str, depth: int, budget: int) -> Around:
    walk.look_through(start)
    found = {start}
    layer = [start]
    walked: set[str] = set()
    truncated = False
    for _ in range(depth):
        walk.look(layer)
        walked.update(node for node in layer if not walk.is_hub(node))
        new = {other for node in layer for other in walk.next_to(node)} - found
        layer = sorted(new, key=walk.public)[: budget - len(found)]
        found.update(layer)
        truncated = len(layer) < len(new)
        if truncated or not layer:
            break
    walk.look(found)
    pairs = [(node, o) for node in walked for o in walk.next_to(node) if o in found and (o not in walked or node <= o)]
    return Around(found, pairs, [node for node in found if walk.is_hub(node)], truncated)


class TooFar(Exception):
    """A path search met more than ``VISITED`` nodes."""


@dataclass
class Side:
    """One end of a path search, and what it has reached: ``layers[n]`` is what is n relationships away."""

    end: str
    layers: list[set[str]]
    seen: set[str]

    @classmethod
    def at(cls, end: str) -> Side:
        return cls(end, [{end}], {end})

    def away(self) -> dict[str, int]:
        """How far what was reached is."""
        return {node: n for n, layer in enumerate(self.layers) for node in layer if n}

    def cost(self, walk: Walk) -> int:
        """Of growing: nodes to look at. An end with many relationships counts as that many."""
        only_end = len(self.layers) == 1
        return walk.hub_degree if only_end and walk.is_hub(self.end) else len(self.layers[-1])

    def grow(self, walk: Walk, room: int) -> None:
        """Reach one relationship further, through all but hubs; the end itself is walked through all the same.

        Raises:
            TooFar: that meets more than ``room`` nodes more.
        """
        if len(self.layers) == 1 and walk.is_hub(self.end) and not walk.look_through(self.end, VISITED):
            raise TooFar
        reached: set[str] = set()
        for batch in batches(sorted(self.layers[-1])):
            walk.look(batch)
            reached.update(other for node in batch for other in walk.next_to(node) if other not in self.seen)
            if len(reached) > room:
                raise TooFar
        self.layers.append(reached)
        self.seen |= reached


def paths(walk: Walk, start: str, end: str, bound: int) -> Paths:
    """See ``Reader.paths``."""
    walk.meet(start)
    walk.meet(end)
    if start == end:
        nodes, _ = walk.picture([start], [])
        return Paths(length=0, paths=[Path(steps=[])], nodes=nodes, links=[], hub_degree=walk.hub_degree)
    try:
        onward = _shortest(walk, start, end, bound)
    except TooFar:
        return Paths(length=None, paths=[], nodes=[], links=[], hub_degree=walk.hub_degree, truncated=True)
    routes = list(islice(_routes(walk, onward, start, end), MOST_PATHS + 1)) if onward else []
    hubs = _hubs_between(walk, start, end, len(routes[0]) - 1 if routes else bound)
    return _told(walk, routes[:MOST_PATHS], hubs, len(routes) > MOST_PATHS)


def _shortest(walk: Walk, start: str, end: str, bound: int) -> dict[str, set[str]]:
    """For each node on a shortest path, the nodes after it; empty if no path is short enough.

    Two sides grow towards each other. As long as their outermost layers have no node in common that may be walked
    through, no path is as short as both are deep together; so the first such nodes are on all the shortest.
    """
    here, there = Side.at(start), Side.at(end)
    walk.look([start, end])
    for _ in range(bound):
        side = min((here, there), key=lambda side: side.cost(walk))
        side.grow(walk, VISITED - len(here.seen) - len(there.seen))
        if not side.layers[-1]:
            return {}
        common = here.layers[-1] & there.layers[-1]
        walk.look(common)
        if meeting := {node for node in common if node in (start, end) or not walk.is_hub(node)}:
            return _onward(walk, here, there, meeting)
    return {}


def _onward(walk: Walk, here: Side, there: Side, meeting: set[str]) -> dict[str, set[str]]:
    onward: dict[str, set[str]] = defaultdict(set)
    for side in (here, there):
        wanted = meeting
        for layer in reversed(side.layers[:-1]):
            nearer: set[str] = set()
            for node in layer:
                for other in walk.next_to(node) & wanted:
                    nearer.add(node)
                    before, after = (node, other) if side is here else (other, node)
                    onward[before].add(after)
            wanted = nearer
    return dict(onward)


def _hubs_between(walk: Walk, start: str, end: str, longest: int) -> list[Node]:
    """The hubs between two ends of which no path is shorter than ``longest``: see ``Reader.paths``.

    A node that both sides reach in fewer steps than that is a hub, or there would be a shorter path. Nor have a way to
    a hub and one from it any other node in common: their lengths together are that of a path.

    Raises:
        Changed
    """
    here, there = (_side_around(walk, one, longest - 1) for one in (start, end))
    away, back = here.away(), there.away()
    length = {node: away[node] + back[node] for node in away.keys() & back.keys()}
    walk.look(node for node in length if length[node] <= longest)
    hubs = [node for node in length if length[node] <= longest and walk.is_hub(node)]
    hubs = sorted(hubs, key=lambda node: (length[node], walk.public(node)))[:HUBS_SHOWN]
    beside = {
        hub: min(node for node in here.layers[away[hub] - 1] if hub in walk.next_to(node))
        for hub in hubs if ":" in hub
    }  # fmt: skip
    links = walk.links(beside.items())
    described = {node.id: node for node in walk.nodes(hubs, links)} if hubs else {}
    return [described[walk.public(hub)] for hub in hubs]


def _side_around(walk: Walk, end: str, depth: int) -> Side:
    """What is within ``depth`` of an end, through whole layers that together are at most ``AROUND`` nodes."""
    side = Side.at(end)
    try:
        while len(side.layers) <= depth and len(side.seen) <= AROUND:
            side.grow(walk, ALL)
    except TooFar:
        pass
    return side


def _routes(walk: Walk, onward: Mapping[str, set[str]], at: str, end: str) -> Iterator[tuple[str, ...]]:
    """All routes, one at a time, in the order of their public ids. Every node in ``onward`` leads to the end."""
    if at == end:
        yield (end,)
        return
    for after in sorted(onward[at], key=walk.public):
        for rest in _routes(walk, onward, after, end):
            yield (at, *rest)


def _told(walk: Walk, routes: Sequence[tuple[str, ...]], hubs: list[Node], truncated: bool) -> Paths:
    pairs = {(min(a, b), max(a, b)) for route in routes for a, b in pairwise(route)}
    nodes, links = walk.picture({node for route in routes for node in route}, pairs)
    behind: dict[frozenset[str], list[str]] = defaultdict(list)
    for link in links:
        behind[frozenset((link.start, link.end))].append(link.id)
    told = []
    for route in routes:
        ids = [walk.public(node) for node in route]
        steps = [Step(start=a, end=b, links=behind[frozenset((a, b))]) for a, b in pairwise(ids)]
        told.append(Path(steps=steps))
    length = len(routes[0]) - 1 if routes else None
    return Paths(
        length=length, paths=told, nodes=nodes, links=links, hubs=hubs, hub_degree=walk.hub_degree, truncated=truncated
    )
