"""``make bench-load``: relationships a second and peak memory of ``icmgraph load``, past the server and through it.

A synthetic world (benchmarks/worlds.py) is made, loaded by the command itself into a managed Neo4j in a temporary
folder, and the invariants are checked. ARGS="--cases 100000" measures the large one, --live a load through the server
too. --ceiling loads through the server, and then writes the same rows into another one by bare statements, without
any of the loader's rules: what of a load is the server's own work. --costs makes no world: what each part of a row
costs the server (benchmarks/load_costs.py).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks import end_in_order, load_costs, worlds
from benchmarks.imports import CHILD, JARS
from icmgraph import bootstrap, loading, operator
from icmgraph.ingest.bulk.interchange import ROW, open_folder
from icmgraph.local_neo4j import LocalNeo4j
from icmgraph.queries.assertions import exactly
from icmgraph.queries.loader import CREATE, IDENTIFYING
from icmgraph.settings import Settings

PAGE_CACHE = "server.memory.pagecache.size=4g\n"
"""As an operator of a large graph would give it."""


def command(home: Path, *words: str) -> tuple[dict[str, Any], float, float, int]:
    """What the command says, in how many seconds, of how many processor seconds (Neo4j's tool's are among them, its
    server's are not), and the most memory it held, MiB."""
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    ended = subprocess.run(
        [sys.executable, "-c", CHILD, *words, "--json"], env={**os.environ, "ICM_HOME": str(home)}, text=True,
        stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    seconds, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    said, peak = ended.stdout.splitlines()[-2:]
    return json.loads(said), seconds, used, int(peak)


def managed(home: Path) -> LocalNeo4j:
    """The managed server of a home, at some port of its own, on the jars that are here already."""
    settings = Settings(home=home)
    server = LocalNeo4j(
        home=home, port=random.randrange(20_000, 32_000), mirror=settings.maven_mirror, java_home=settings.java_home
    )
    # Where the command looks for them.
    server.folder.mkdir(parents=True, exist_ok=True)
    (server.folder / "local.conf").write_text(PAGE_CACHE)
    JARS.mkdir(mode=0o700, parents=True, exist_ok=True)  # in a new clone they are still to be fetched
    jars = server.folder / JARS.name
    if not jars.exists():
        jars.unlink(missing_ok=True)  # a link to those of a clone that is gone
        jars.symlink_to(JARS)
    return server


@contextmanager
def installed() -> Iterator[tuple[Settings, LocalNeo4j]]:
    """A running managed server in a folder of its own, initialised."""
    with tempfile.TemporaryDirectory(prefix="icmgraph-bench-") as folder:
        settings = Settings(home=Path(folder))
        server = managed(settings.home)
        server.start()
        try:
            bootstrap.initialise(settings)
            yield settings, server
        finally:
            server.stop()


def processor(server: LocalNeo4j) -> float:
    """Processor seconds of a server since its start."""
    said = Path(f"/proc/{server.status().pid}/stat").read_text().rpartition(")")[2].split()
    return (int(said[11]) + int(said[12])) / os.sysconf("SC_CLK_TCK")


def measured(world: Path, way: list[str], check: bool) -> tuple[float, float]:
    """Load a world; gives seconds of the writing step and the server's processor seconds, of a relationship each."""
    with installed() as (settings, server):
        began, kinds = processor(server), load_costs.kinds(server)
        said, seconds, used, peak = command(settings.home, "load", str(world), *way)
        rows = sum(counts["loaded"] for counts in said["tables"].values())
        assert rows == sum(counts["rows"] for counts in said["tables"].values()), said["reasons"]
        links = said["relationships"]
        step = said["seconds"]["import" if way else "write"]
        print(f"{' '.join(way) or 'through the server'}: {rows:,} rows, {links:,} relationships, {seconds:.1f} s, "
              f"{used:.1f} s of processor time, {peak} MiB, load {os.getloadavg()[1]:.1f}", flush=True)  # fmt: skip
        print(f"  relationships/s: {links / seconds:,.0f} of the whole command, {links / step:,.0f} of the writing "
              f"step", flush=True)  # fmt: skip
        print("  " + ", ".join(f"{name} {took} s" for name, took in said["seconds"].items()), flush=True)
        # Past the server, another one runs now.
        server_used = 0.0 if way else processor(server) - began
        if not way:
            print(f"  microseconds a relationship, of the server {server_used / links * 1e6:.0f}: "
                  f"{load_costs.told(kinds, load_costs.kinds(server), links)}; of the command {used / links * 1e6:.0f}",
                  flush=True)  # fmt: skip
        if check:
            began = time.monotonic()
            with operator.platform(settings) as opened:
                assert operator.check_invariants(opened).ok
            print(f"  invariants hold, checked in {time.monotonic() - began:.1f} s", flush=True)
        return step / links, server_used / links


BARE = 5_000
"""Rows of a bare statement, a transaction each."""


def bare(world: Path) -> tuple[float, float]:
    """The rows of a world by one UNWIND after another, their labels any number; as ``measured``."""
    with installed() as (settings, server), operator.platform(settings) as opened:
        report = loading.LoadReport("bare", False)
        made = loading.prepared(opened, open_folder(world), settings.home / "rejects", report, lambda *_: None)
        owns = pl.DataFrame(
            {name: [getattr(own, name) for own in made.owns] for name in ("cases", "shared", "caveats")},
            schema=dict.fromkeys(("cases", "shared", "caveats"), pl.List(pl.String)),
        )
        common = {"asserted_by": made.by, "asserted_at": made.at}
        seconds = began = 0.0

        def write(query: str, frame: pl.DataFrame, **ends: pl.Series) -> None:
            nonlocal seconds
            said = frame.drop("own", "vis", ROW, "start", "end", strict=False).with_columns(
                *owns.select(pl.all().gather(frame["own"])).get_columns(),
                visibility=frame["vis"].cast(pl.Int64), audience=frame["vis"].cast(pl.Int64),
            )  # fmt: skip
            said = said.with_columns(**{f"_{name}": of for name, of in ends.items()})
            for start in range(0, said.height, BARE):
                rows = []
                for row in said.slice(start, BARE).iter_rows(named=True):
                    tied = {name: row.pop(f"_{name}") for name in ends}
                    properties = {name: value for name, value in row.items() if value is not None}
                    rows.append({"properties": properties, "kind": row.get("kind"), **tied})
                    if query in IDENTIFYING:
                        kind, _, value = row["key"].partition(":")
                        rows[-1] |= {"key": row["key"], "kind": kind, "value": value}
                rows.sort(key=lambda row: str(row.get("key")))
                started = time.monotonic()
                opened.gateway.write(lambda tx: exactly(tx, query, rows, common=common))  # noqa: B023 - called at once
                seconds += time.monotonic() - started

        began = processor(server)
        for label, query in CREATE.items():
            write(query, made.nodes[label])
        for query, frame in made.links.items():
            ids = made.ids
            frame = frame.sort("start")
            write(query, frame, start=ids.gather(frame["start"]), end=ids.gather(frame["end"]))
        links = sum(frame.height for frame in made.links.values())
        print(f"bare statements: {links:,} relationships, {links / seconds:,.0f}/s, "
              f"load {os.getloadavg()[1]:.1f}", flush=True)  # fmt: skip
        return seconds / links, (processor(server) - began) / links


def ceiling(world: Path, check: bool) -> None:
    ours, raw = measured(world, [], check), bare(world)
    print(f"  of the bare statements' relationships/s: {raw[0] / ours[0]:.0%}; the server's processor time a "
          f"relationship: {ours[1] * 1e6:.0f} us, bare {raw[1] * 1e6:.0f} us", flush=True)  # fmt: skip


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--cases", type=int, default=10_000)
    given.add_argument("--live", action="store_true", help="load through the server too")
    given.add_argument("--only-live", action="store_true")
    given.add_argument("--ceiling", action="store_true", help="through the server, and by bare statements")
    given.add_argument("--costs", action="store_true", help="what each part of a row costs the server; no world")
    given.add_argument("--no-check", action="store_true", help="do not check the invariants")
    asked = given.parse_args()
    end_in_order()
    if asked.costs:
        with installed() as (_, server):
            load_costs.measure(server)
        return
    with tempfile.TemporaryDirectory(prefix="icmgraph-world-") as folder:
        began = time.monotonic()
        rows = worlds.write(Path(folder), asked.cases, seed=1)
        made = sum(rows.values())
        print(f"{asked.cases:,} cases, {made:,} rows made in {time.monotonic() - began:.1f} s", flush=True)
        if asked.ceiling:
            ceiling(Path(folder), not asked.no_check)
            return
        if not asked.only_live:
            measured(Path(folder), ["--offline"], not asked.no_check)
        if asked.live or asked.only_live:
            measured(Path(folder), [], not asked.no_check)


if __name__ == "__main__":
    main()
