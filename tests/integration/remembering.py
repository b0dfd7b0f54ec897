"""Memories of the test database's links, and what they say against what Neo4j says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial

from icmgraph.model.records import WALKABLE
from icmgraph.model.source import SystemSource
from icmgraph.queries.explore import Around, Asked, Walk, _around
from icmgraph.queries.gateway import Gateway, Transaction
from icmgraph.queries.memory import Memory
from icmgraph.queries.policy import Policy
from icmgraph.queries.session import View
from tests.worlds.loader import Graph

LONG_S = 120.0
"""A test waits rather than be answered by the other side, for the first compilation too, on a busy machine."""


@contextmanager
def remembering(gateway: Gateway, key: bytes, poll_s: float = LONG_S) -> Iterator[Memory]:
    """A memory at work. It looks for changes when it is asked, not by itself."""
    memory = Memory(gateway, key, patience_s=LONG_S, poll_s=poll_s)
    memory.start()
    try:
        yield memory
    finally:
        memory.stop()


def says_the_same(graph: Graph, memories: Iterable[Memory], users: Iterable[str]) -> int:
    """Fail unless each memory says of every node, to each of these people, what Neo4j says. Returns how many nodes."""
    rows = graph.run("MATCH (n:Case|Subject|Document|Event|Identifier) RETURN coalesce(n.id, n.key) AS node")
    nodes = sorted(row["node"] for row in rows)
    for memory in memories:
        assert memory.settle(LONG_S)
        for user in users:
            graph.gateway.read(partial(_compared, memory=memory, user=user, nodes=nodes, gateway=graph.gateway))
    return len(nodes)


def _compared(tx: Transaction, memory: Memory, user: str, nodes: list[str], gateway: Gateway) -> None:
    view = View(tx, Policy(gateway).resolve(user), SystemSource())
    ground, asked = memory.of(view), Asked(view)
    assert ground is not None
    assert memory.held is not None
    for types in (WALKABLE, WALKABLE[:1], ("SAME_AS", "MENTIONS", "PART_OF")):
        for most in (1, 3, 2**62):
            assert ground.beside(nodes, types, most) == asked.beside(nodes, types, most)
    for node in nodes[:: len(nodes) // 2 + 1]:
        found = ground.around(node, WALKABLE, 3, 4, 6)
        walked = _around(Walk(view, asked, WALKABLE, 3, memory.held.public), node, 4, 6)
        assert found is None or _unordered(found) == _unordered(walked)


def _unordered(found: Around) -> object:
    pairs = sorted(sorted(pair) for pair in found.pairs)
    return sorted(found.nodes), pairs, sorted(found.hubs), found.truncated
