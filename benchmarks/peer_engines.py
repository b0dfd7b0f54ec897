"""What each peer makes of one graph and one person's filter, in a process of its own: ``python -m
benchmarks.peer_engines NAME FOLDER``; benchmarks/peers.py writes the folder and compares what comes out.

Needs of the peers the one that is asked, and nothing of the product unless it is the product's own: their environment
is not ours. Another engine is a class here with ``load``, ``allow``, ``reach`` and ``distance``, named in ``ENGINES``.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from array import array
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

DEPTHS = (1, 2, 3, 4)
BOUND = 8
"""Longest path that is told, as of the product."""
WARM = 3
"""Inputs of each question before the ones that count."""


class Engine(Protocol):
    """Nodes are numbers from 0. Relationships are walked in both directions."""

    package: str
    """Whose version is told."""

    def load(self, folder: Path) -> None:
        """``nodes.parquet`` (node) and ``edges.parquet`` (start, end, visibility, audience): 64-bit integers."""

    def allow(self, audiences: Sequence[int], visibilities: Sequence[int]) -> None:
        """From now on only relationships of one of these audiences or one of these visibilities are there."""

    def reach(self, start: int, depth: int) -> Iterable[int]:
        """The nodes within so many relationships, the start among them, each once."""

    def distance(self, start: int, end: int) -> int | None:
        """The fewest relationships between two different nodes, up to ``BOUND``."""


class _Columns:
    """For graph libraries: the columns are kept, and of those that are allowed a graph is built for each person."""

    def load(self, folder: Path) -> None:
        polars = import_module("polars")
        self._edges = polars.read_parquet(folder / "edges.parquet")
        self._nodes = polars.read_parquet(folder / "nodes.parquet").height

    def _allowed(self, audiences: Sequence[int], visibilities: Sequence[int]) -> Any:
        """Starts and ends, as a table of two columns."""
        column = import_module("polars").col
        visible = column("audience").is_in(audiences) | column("visibility").is_in(visibilities)
        return self._edges.filter(visible).select("start", "end")


class NetworkX(_Columns):
    package = "networkx"

    def __init__(self) -> None:
        self._nx: Any = import_module("networkx")

    def allow(self, audiences: Sequence[int], visibilities: Sequence[int]) -> None:
        self._graph = self._nx.Graph(self._allowed(audiences, visibilities).rows())

    def reach(self, start: int, depth: int) -> Iterable[int]:
        if start not in self._graph:
            return [start]
        found: dict[int, int] = self._nx.single_source_shortest_path_length(self._graph, start, cutoff=depth)
        return found

    def distance(self, start: int, end: int) -> int | None:
        if start not in self._graph or end not in self._graph:
            return None
        try:
            return within_bound(self._nx.shortest_path_length(self._graph, start, end))
        except self._nx.NetworkXNoPath:
            return None


class RustworkX(_Columns):
    package = "rustworkx"

    def __init__(self) -> None:
        self._rx: Any = import_module("rustworkx")

    def allow(self, audiences: Sequence[int], visibilities: Sequence[int]) -> None:
        self._graph = self._rx.PyGraph(multigraph=False)
        self._graph.add_nodes_from(range(self._nodes))
        self._graph.extend_from_edge_list(self._allowed(audiences, visibilities).rows())

    def reach(self, start: int, depth: int) -> Iterable[int]:
        """It has no search with a depth: layer by layer."""
        found = {start}
        layer = [start]
        for _ in range(depth):
            layer = list({other for node in layer for other in self._graph.neighbors(node)} - found)
            found.update(layer)
        return found

    def distance(self, start: int, end: int) -> int | None:
        for away, layer in enumerate(self._rx.bfs_layers(self._graph, [start])):
            if away > BOUND:
                break
            if end in set(layer):
                return away
        return None


class IGraph(_Columns):
    package = "igraph"

    def __init__(self) -> None:
        self._igraph: Any = import_module("igraph")

    def allow(self, audiences: Sequence[int], visibilities: Sequence[int]) -> None:
        self._graph = self._igraph.Graph(self._nodes, self._allowed(audiences, visibilities).rows())

    def reach(self, start: int, depth: int) -> Iterable[int]:
        found: list[int] = self._graph.neighborhood(start, order=depth)
        return found

    def distance(self, start: int, end: int) -> int | None:
        return within_bound(self._graph.distances(start, end)[0][0])


class DuckDB:
    """One recursive statement; a node is met once (USING KEY). The filter is in it, as semi-joins."""

    package = "duckdb"
    _SEARCH = """
        WITH RECURSIVE met(node, away) USING KEY (node) AS (
          SELECT $start::BIGINT, 0
          UNION
          SELECT DISTINCT other, away + 1 FROM met JOIN beside USING (node)
          WHERE away < $depth
            AND (audience IN (SELECT id FROM audiences) OR visibility IN (SELECT id FROM visibilities))
            AND other NOT IN (SELECT node FROM recurring.met)
            AND $end NOT IN (SELECT node FROM recurring.met))
        """

    def load(self, folder: Path) -> None:
        self._db: Any = import_module("duckdb").connect()
        self._db.execute(
            "CREATE TABLE beside AS SELECT start AS node, \"end\" AS other, visibility, audience FROM read_parquet($1) "
            "UNION ALL SELECT \"end\", start, visibility, audience FROM read_parquet($1) ORDER BY node",
            [str(folder / "edges.parquet")],
        )  # fmt: skip

    def allow(self, audiences: Sequence[int], visibilities: Sequence[int]) -> None:
        for name, ids in (("audiences", audiences), ("visibilities", visibilities)):
            self._db.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT unnest($1::BIGINT[]) AS id", [list(ids)])

    def reach(self, start: int, depth: int) -> Iterable[int]:
        given = {"start": start, "depth": depth, "end": -1}
        return [node for (node,) in self._db.execute(self._SEARCH + "SELECT node FROM met", given).fetchall()]

    def distance(self, start: int, end: int) -> int | None:
        given = {"start": start, "depth": BOUND, "end": end}
        found = self._db.execute(self._SEARCH + "SELECT away FROM met WHERE node = $end", given).fetchone()
        return int(found[0]) if found else None


class LadybugDB:
    """Its breadth-first search (SHORTEST), the filter in the pattern, the database in a file."""

    package = "ladybug"
    _WHERE = "(r, _ | WHERE r.audience IN $audiences OR r.visibility IN $visibilities)"

    def load(self, folder: Path) -> None:
        ladybug = import_module("ladybug")
        self._db = ladybug.Connection(ladybug.Database(str(folder / "ladybug")))
        self._db.execute("CREATE NODE TABLE N(node INT64, PRIMARY KEY(node))")
        self._db.execute("CREATE REL TABLE R(FROM N TO N, visibility INT64, audience INT64)")
        self._db.execute(f"COPY N FROM '{folder / 'nodes.parquet'}'")
        self._db.execute(f"COPY R FROM '{folder / 'edges.parquet'}'")

    def allow(self, audiences: Sequence[int], visibilities: Sequence[int]) -> None:
        self._given = {"audiences": list(audiences), "visibilities": list(visibilities)}

    def reach(self, start: int, depth: int) -> Iterable[int]:
        asked = f"MATCH (a:N {{node: $start}})-[e:R* SHORTEST 1..{depth} {self._WHERE}]-(b:N) RETURN b.node"
        return {start, *(row[0] for row in self._db.execute(asked, self._given | {"start": start}).get_all())}

    def distance(self, start: int, end: int) -> int | None:
        asked = (
            f"MATCH (a:N {{node: $start}})-[e:R* SHORTEST 1..{BOUND} {self._WHERE}]-(b:N {{node: $to}}) "
            "RETURN length(e)"
        )
        rows = self._db.execute(asked, self._given | {"start": start, "to": end}).get_all()
        return int(rows[0][0]) if rows else None


class Memory:
    """The product's own arrays, walked in layers as the product walks them. Needs the product, and its extra."""

    package = "numba"

    def __init__(self) -> None:
        self._np: Any = import_module("numpy")
        self._adjacency: Any = import_module(MEMORY)

    def load(self, folder: Path) -> None:
        np, polars = self._np, import_module("polars")
        edges = polars.read_parquet(folder / "edges.parquet")
        nodes = polars.read_parquet(folder / "nodes.parquet").height
        starts, ends, visibilities, audiences = (edges[name].to_numpy() for name in edges.columns)
        # Numbers as ids of 16 bytes, which keep their order; all of one type.
        ids = np.zeros((nodes, 2), ">u8")
        ids[:, 1] = np.arange(nodes)
        labels = (visibilities << self._adjacency.TYPE_BITS).astype(np.uint32)
        self._links, _ = self._adjacency.build(
            ids.view(np.uint8), [b""] * nodes, starts.astype(np.uint32), ends.astype(np.uint32), labels, labels
        )
        self._audiences = np.full(visibilities.max() + 1, -1, np.int32)
        self._audiences[visibilities] = audiences
        self._dead = np.zeros(0, np.uint8)

    def allow(self, audiences: Sequence[int], visibilities: Sequence[int]) -> None:
        self._allow = self._adjacency.allowed(self._audiences, audiences, visibilities)

    def reach(self, start: int, depth: int) -> Iterable[int]:
        side = _Layers(self, start)
        for _ in range(depth):
            side.grow()
        found: list[int] = self._np.flatnonzero(side.seen).tolist()
        return found

    def distance(self, start: int, end: int) -> int | None:
        """Two sides, the one with the smaller layer grows."""
        sides = [_Layers(self, start), _Layers(self, end)]
        for away in range(1, BOUND + 1):
            sides.sort(key=lambda side: len(side.layer))
            sides[0].grow()
            if sides[1].seen[sides[0].layer].any():
                return away
        return None

    def beside(self, layer: Any) -> Any:
        return self._links.beside(layer, self._dead, self._allow, 1, 2**31)[1]


class _Layers:
    def __init__(self, memory: Memory, start: int) -> None:
        np = self._np = import_module("numpy")
        self._memory = memory
        self.layer: Any = np.array([start])
        self.seen: Any = np.zeros(memory._links.size, np.bool_)
        self.seen[start] = True

    def grow(self) -> None:
        new = self._np.unique(self._memory.beside(self.layer))
        self.layer = new[~self.seen[new]].astype(self._np.int64)
        self.seen[self.layer] = True


MEMORY = "icmgraph.model.adjacency"

ENGINES: dict[str, Callable[[], Engine]] = {
    "networkx": NetworkX,
    "rustworkx": RustworkX,
    "igraph": IGraph,
    "duckdb": DuckDB,
    "ladybug": LadybugDB,
    "memory": Memory,
}
OURS = ("memory",)
"""Run by the product's own Python."""


def within_bound(length: float) -> int | None:
    return int(length) if length <= BOUND else None


def asked(engine: Engine, person: dict[str, Any]) -> dict[str, Any]:
    """What one person's questions are answered, and in how many ms each.

    Args:
        person: ``audiences`` and ``visibilities``: what they see; ``starts``: nodes; ``pairs``: of nodes.

    Returns:
        allow_s: seconds until the first question may be asked.
        load: of the machine in the last minute: on two cores, above 2 each question waits.
        answers: of each question by name, in the order of the inputs: sets of nodes as how many and a digest.
        ms: likewise.
    """
    began = time.perf_counter()
    engine.allow(person["audiences"], person["visibilities"])
    found: dict[str, Any] = {"allow_s": round(time.perf_counter() - began, 5), "answers": {}, "ms": {}}

    def ask(name: str, inputs: Sequence[Any], question: Callable[[Any], Any], told: Callable[[Any], Any]) -> None:
        for one in inputs[:WARM]:
            question(one)
        answers, times = [], []
        for one in inputs:
            begun = time.perf_counter()
            answer = question(one)
            times.append((time.perf_counter() - begun) * 1000)
            answers.append(told(answer))
        found["answers"][name], found["ms"][name] = answers, times

    for depth in DEPTHS:
        ask(f"reach, depth {depth}", person["starts"], lambda node: engine.reach(node, depth), digest)  # noqa: B023
    ask("distance", person["pairs"], lambda pair: engine.distance(*pair), lambda length: length)
    return {**found, "load": round(os.getloadavg()[0], 1)}


def digest(nodes: Iterable[int]) -> list[Any]:
    numbers = array("q", sorted(nodes))
    return [len(numbers), hashlib.sha256(numbers.tobytes()).hexdigest()[:16]]


def main(name: str, folder: Path) -> None:
    people = json.loads((folder / "people.json").read_text())
    engine = ENGINES[name]()
    began = time.perf_counter()
    engine.load(folder)
    loaded = round(time.perf_counter() - began, 2)
    found = {key: asked(engine, person) for key, person in people.items()}
    print(json.dumps({"version": version(engine.package), "load_s": loaded, "people": found}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
