"""``make bench-peers``: other graph engines on the same graph, under the same filter, asked the same questions.

The relationships that expand and paths walk unless told otherwise are read once from a synthetic world
(benchmarks/worlds.py) with their labels. Neo4j answers with one statement a question, the predicate in its pattern.
Then the peers answer (benchmarks/peer_engines.py), one after the other, each in a process of its own, from Parquet
files. A person's filter is what the product's scope says. Nobody has a hub guard or a budget here. All must answer the
same, or this ends with an error.

ARGS="--home DIR --json FILE": the world of ``make bench``, and the figures as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import neo4j
import numpy as np
import numpy.typing as npt
import polars as pl

from benchmarks import end_in_order, peer_engines, worlds
from benchmarks.asked import Drawing
from benchmarks.loads import managed
from benchmarks.peer_engines import BOUND, MEMORY, OURS
from benchmarks.questions import home_in, prepared, users_of
from icmgraph import bootstrap
from icmgraph.bootstrap import Platform
from icmgraph.local_neo4j import connection
from icmgraph.model.records import WALKED
from icmgraph.settings import Settings

PEERS = Path(".venv/peers/bin/python")
RANGE = 100_000
"""Internal ids a statement."""
TYPES = "|".join(WALKED)
SEES = "WHERE r.audience IN $audiences OR r.visibility IN $visibilities"
COLUMNS = ("start", "end", "visibility", "audience")
BASE = "neo4j"
"""The ratios are to this one."""


class Differ(Exception):
    """Two engines answered one question differently."""


# -- what is asked of whom


class Rows:
    """Statements to one home's database."""

    def __init__(self, session: neo4j.Session) -> None:
        self._session = session

    def __call__(self, text: str, **given: Any) -> list[neo4j.Record]:
        return list(self._session.run(text, given))


@contextmanager
def statements(platform: Platform) -> Iterator[Rows]:
    where = connection(platform.settings)
    with (
        neo4j.GraphDatabase.driver(
            where.uri, auth=(where.user, where.password), notifications_min_severity="OFF"
        ) as driver,
        driver.session(database=where.database, default_access_mode="READ") as session,
    ):
        yield Rows(session)


def exported(rows: Rows, folder: Path) -> npt.NDArray[np.int64]:
    """Write ``nodes.parquet`` and ``edges.parquet``. Gives the internal id of each node, in their order."""
    parts: list[pl.DataFrame] = []
    for first in range(0, rows("MATCH (n) RETURN max(id(n)) AS last")[0]["last"] + 1, RANGE):
        read = rows(
            f"UNWIND range($first, $last) AS at MATCH (n)-[r:{TYPES}]->(m) WHERE id(n) = at "
            "RETURN collect(id(n)) AS start, collect(id(m)) AS end, collect(r.visibility) AS visibility, "
            "collect(r.audience) AS audience",
            first=first, last=first + RANGE - 1,
        )[0]  # fmt: skip
        parts.append(pl.DataFrame({name: pl.Series(read[name], dtype=pl.Int64) for name in COLUMNS}))
    edges = pl.concat(parts)
    nodes, places = np.unique(np.concatenate((edges["start"].to_numpy(), edges["end"].to_numpy())), return_inverse=True)
    edges = edges.with_columns(start=pl.Series(places[: edges.height]), end=pl.Series(places[edges.height :]))
    edges.sort("start", "end").write_parquet(folder / "edges.parquet")
    pl.DataFrame({"node": np.arange(len(nodes))}).write_parquet(folder / "nodes.parquet")
    return nodes


def people(platform: Platform, rows: Rows, keys: Sequence[str], many: int, nodes: npt.NDArray[np.int64]) -> Any:
    """What each person sees, and inputs that they see: nodes by their place in ``nodes``."""
    users, found = users_of(platform), {}
    for key in keys:
        scope = platform.policy.resolve(users[key]).scope
        asked = Drawing(connection(platform.settings), scope, random.Random(1)).draw(many)
        ids = {*asked.subjects, *(one for pair in asked.pairs for one in pair)}
        read = rows("UNWIND $ids AS id MATCH (s:Subject {id: id}) RETURN id, id(s) AS node", ids=sorted(ids))
        place = {row["id"]: int(np.searchsorted(nodes, row["node"])) for row in read}
        found[key] = {
            "audiences": list(scope.audiences),
            "visibilities": list(scope.visibilities),
            "starts": [place[id] for id in asked.subjects],
            "pairs": [[place[a], place[b]] for a, b in asked.pairs],
        }
    return found


class Neo4j:
    """The product's database, asked in one statement: no layers, no guard, no audit."""

    package = "neo4j"

    def __init__(self, rows: Rows, nodes: npt.NDArray[np.int64]) -> None:
        self._rows, self._nodes = rows, nodes

    def load(self, folder: Path) -> None:
        pass

    def allow(self, audiences: Sequence[int], visibilities: Sequence[int]) -> None:
        self._given = {"audiences": audiences, "visibilities": visibilities}

    def reach(self, start: int, depth: int) -> Iterable[int]:
        found = self._rows(
            f"MATCH (s) WHERE id(s) = $start MATCH (s)-[r:{TYPES} {SEES}]-{{1,{depth}}}(t) "
            "WITH DISTINCT t RETURN collect(id(t)) AS nodes",
            start=int(self._nodes[start]), **self._given,
        )[0]["nodes"]  # fmt: skip
        return {start, *np.searchsorted(self._nodes, np.array(found, np.int64)).tolist()}

    def distance(self, start: int, end: int) -> int | None:
        found = self._rows(
            "MATCH (s) WHERE id(s) = $start MATCH (t) WHERE id(t) = $end "
            f"MATCH p = SHORTEST 1 (s)-[r:{TYPES} {SEES}]-{{1,{BOUND}}}(t) RETURN length(p) AS length",
            start=int(self._nodes[start]), end=int(self._nodes[end]), **self._given,
        )  # fmt: skip
        return int(found[0]["length"]) if found else None


def by_peer(python: Path, name: str, folder: Path) -> dict[str, Any]:
    """See ``peer_engines.main``."""
    command = [str(python), "-m", "benchmarks.peer_engines", name, str(folder)]
    ended = subprocess.run(command, text=True, stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return found


# -- what comes out


def compared(found: Mapping[str, Mapping[str, Any]]) -> None:
    """``found``: by engine, what ``people`` of them answered.

    Raises:
        Differ
    """
    first, *others = found
    for other in others:
        for key, person in found[first].items():
            for question, answers in person["answers"].items():
                theirs = found[other][key]["answers"][question]
                for number, (one, another) in enumerate(zip(answers, theirs, strict=True)):
                    if one != another:
                        raise Differ(f"{key}, {question}, input {number}: {first} {one}, {other} {another}")


def figures(milliseconds: Sequence[float]) -> tuple[float, float]:
    """Median, and the 95th of a hundred."""
    times = sorted(milliseconds)
    return statistics.median(times), times[min(len(times) - 1, int(len(times) * 0.95))]


def told(engines: Mapping[str, Mapping[str, Any]], key: str) -> Iterator[str]:
    """A Markdown table of one person: p50 / p95 in ms, and how many times as long as ``BASE`` (or the first) takes."""
    base = engines[BASE if BASE in engines else next(iter(engines))]["people"][key]
    questions = list(base["ms"])
    yield f"| {key} | load s | person s | " + " | ".join(questions) + " |"
    yield "|---|" + "---|" * (2 + len(questions))
    for name, engine in engines.items():
        person, cells = engine["people"][key], []
        for question in questions:
            p50, p95 = figures(person["ms"][question])
            cells.append(f"{_short(p50)} / {_short(p95)} ({_short(p50 / figures(base['ms'][question])[0])})")
        cells = [f"{name} {engine['version']}", str(engine["load_s"]), _short(person["allow_s"]), *cells]
        yield "| " + " | ".join(cells) + " |"


def _short(number: float) -> str:
    """Two digits that say something, and no fewer than stand before the point."""
    return f"{number:,.0f}" if number >= 10 else f"{float(f'{number:.2g}'):g}"


def run(home: Path, given: argparse.Namespace) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="icmgraph-peers-") as kept:
        folder = Path(kept)
        engines: dict[str, Any] = {}
        try:
            loaded = prepared(home, given.cases)
            with bootstrap.platform(Settings(home=home)) as platform, statements(platform) as rows:
                began = time.monotonic()
                nodes = exported(rows, folder)
                exported_s = round(time.monotonic() - began, 1)
                links = pl.scan_parquet(folder / "edges.parquet").select(pl.len()).collect().item()
                print(f"{loaded['cases']:,} cases: {len(nodes):,} nodes and {links:,} relationships of {TYPES}, "
                      f"read in {exported_s} s", flush=True)  # fmt: skip
                persons = people(platform, rows, given.person, given.many, nodes)
                (folder / "people.json").write_text(json.dumps(persons))
                product = Neo4j(rows, nodes)
                answered = {key: peer_engines.asked(product, person) for key, person in persons.items()}
                kernel = rows("CALL dbms.components() YIELD versions RETURN versions[0] AS version")[0]["version"]
                engines[BASE] = {"version": kernel, "load_s": loaded["seconds"], "people": answered}
        finally:
            # The peers have the machine to themselves.
            managed(home).stop()
        for name in given.engine:
            print(f"{name} ...", flush=True)
            engines[name] = by_peer(Path(sys.executable) if name in OURS else given.python, name, folder)
            compared({one: engines[one]["people"] for one in (BASE, name)})
    for key in given.person:
        audiences, expressions = (len(persons[key][part]) for part in ("audiences", "visibilities"))
        print(f"\n{key}: {audiences} audiences, {expressions:,} expressions; p50 / p95 ms (times {BASE})\n")
        print("\n".join(told(engines, key)), flush=True)
    for engine in engines.values():
        for person in engine["people"].values():
            del person["answers"]
    return {"cores": os.cpu_count(), "nodes": len(nodes), "relationships": links, "exported_s": exported_s,
            "load": loaded, "engines": engines}  # fmt: skip


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    given = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    given.add_argument("--cases", type=int, default=1_000, help="of the world that is made")
    given.add_argument("--many", type=int, default=50, help="inputs of each question")
    given.add_argument("--home", type=Path, help="keep the world here, and use the one that is there")
    given.add_argument("--json", type=Path, help="write the figures to this file")
    given.add_argument("--python", type=Path, default=PEERS, help="that of an environment with the peers")
    given.add_argument("--engine", action="append", choices=list(peer_engines.ENGINES), help="all, unless named")
    given.add_argument("--person", action="append", choices=[who.key for who in worlds.PEOPLE_WHO_ASK])
    said = given.parse_args(words)
    here = [name for name in peer_engines.ENGINES if name not in OURS or find_spec(MEMORY)]
    said.engine = said.engine or here
    said.person = said.person or ["five-offices", "everything"]
    return said


def main() -> None:
    given = arguments()
    end_in_order()
    with tempfile.TemporaryDirectory(prefix="icmgraph-bench-") as folder:
        found = run(home_in(given.home or Path(folder)), given)
    if given.json:
        given.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
