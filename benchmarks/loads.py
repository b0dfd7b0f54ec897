"""``make bench-load``: relationships a second and peak memory of ``icmgraph load``, past the server and through it.

A synthetic world (benchmarks/worlds.py) is made, loaded by the command itself into a managed Neo4j in a temporary
folder, and the invariants are checked. ARGS="--cases 100000" measures the large one, --live a load through the server
too.
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
from pathlib import Path
from typing import Any

from benchmarks import worlds
from benchmarks.imports import CHILD, JARS
from icmgraph import bootstrap, operator
from icmgraph.local_neo4j import LocalNeo4j
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
    if not (server.folder / JARS.name).exists():
        (server.folder / JARS.name).symlink_to(JARS)
    return server


def measured(world: Path, way: list[str], check: bool) -> None:
    with tempfile.TemporaryDirectory(prefix="icmgraph-bench-") as folder:
        home = Path(folder)
        settings = Settings(home=home)
        server = managed(home)
        server.start()
        try:
            bootstrap.initialise(settings)
            said, seconds, used, peak = command(home, "load", str(world), *way)
            rows = sum(counts["loaded"] for counts in said["tables"].values())
            assert rows == sum(counts["rows"] for counts in said["tables"].values()), said["reasons"]
            links = said["relationships"]
            step = said["seconds"]["import" if way else "write"]
            print(f"{' '.join(way) or 'through the server'}: {rows:,} rows, {links:,} relationships, {seconds:.1f} s, "
                  f"{used:.1f} s of processor time, {peak} MiB, load {os.getloadavg()[1]:.1f}", flush=True)  # fmt: skip
            print(f"  relationships/s: {links / seconds:,.0f} of the whole command, {links / step:,.0f} of the writing "
                  f"step", flush=True)  # fmt: skip
            print("  " + ", ".join(f"{name} {took} s" for name, took in said["seconds"].items()), flush=True)
            if check:
                began = time.monotonic()
                with operator.platform(settings) as opened:
                    assert operator.check_invariants(opened).ok
                print(f"  invariants hold, checked in {time.monotonic() - began:.1f} s", flush=True)
        finally:
            server.stop()


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--cases", type=int, default=10_000)
    given.add_argument("--live", action="store_true", help="load through the server too")
    given.add_argument("--only-live", action="store_true")
    given.add_argument("--no-check", action="store_true", help="do not check the invariants")
    asked = given.parse_args()
    with tempfile.TemporaryDirectory(prefix="icmgraph-world-") as folder:
        began = time.monotonic()
        rows = worlds.write(Path(folder), asked.cases, seed=1)
        made = sum(rows.values())
        print(f"{asked.cases:,} cases, {made:,} rows made in {time.monotonic() - began:.1f} s", flush=True)
        if not asked.only_live:
            measured(Path(folder), ["--offline"], not asked.no_check)
        if asked.live or asked.only_live:
            measured(Path(folder), [], not asked.no_check)


if __name__ == "__main__":
    main()
