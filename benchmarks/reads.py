"""``make bench-reads``: simple audited reads a second through the API, and what processor time one takes.

Read are cases and subjects' cards, by one person of five offices, with one process of the API and with two. Told are
reads a second, waits, and the processor time of the API, of Neo4j and of who asks, in ms a read: on a machine that has
other work only that can be compared. All three have the same cores. At last some checks: how late after its moment an
answer is there.

ARGS="--cases 10000 --home DIR --json FILE": the world of ``make bench``, kept in DIR, and the figures as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import end_in_order, through_api
from benchmarks.asked import Drawing
from benchmarks.loads import managed, processor
from benchmarks.questions import home_in, prepared, users_of
from icmgraph import bootstrap
from icmgraph.bootstrap import Platform
from icmgraph.local_neo4j import LocalNeo4j, connection
from icmgraph.settings import Settings

WHO = "five-offices"
PATHS = {"case": through_api.cases, "card": through_api.cards}
WORKERS = (1, 2)
WARM_S = 8.0
CHECKS = 40
"""Whose answers are waited for until their moment."""


def run(platform: Platform, server: LocalNeo4j, seconds: float, many: int) -> dict[str, Any]:
    user = users_of(platform, ())[WHO]
    asked = Drawing(connection(platform.settings), platform.policy.resolve(user).scope, random.Random(1)).draw(many)
    told: dict[str, Any] = {}
    print(f"{'':24}{'a second':>10}{'p50 ms':>9}{'p95':>9}{'API ms':>9}{'Neo4j':>9}{'asking':>9}{'load':>7}")
    for workers in WORKERS:
        with through_api.served(platform, workers) as api:
            for what, paths in PATHS.items():
                headers = through_api.signed_in(platform, user)
                through_api.rate(api.port, headers, paths(asked), 16, WARM_S)
                for clients in through_api.CLIENTS:
                    name = f"{what}, {workers} process{'es' * (workers > 1)}, {clients}"
                    told[name] = one = measured(api, server, headers, paths(asked), clients, seconds)
                    print(f"{name:24}" + f"{one['a_second']:>10}{one['p50']:>9}{one['p95']:>9}"
                          + "".join(f"{one[f'{who}_ms']:>9}" for who in ("api", "neo4j", "asking"))
                          + f"{os.getloadavg()[0]:>7.1f}" + f"{one['refused']} refused" * (one["refused"] > 0),
                          flush=True)  # fmt: skip
            headers, answer_ms = through_api.signed_in(platform, user), platform.settings.check_answer_ms
            told[f"late, {workers}"] = one = through_api.late(api.port, headers, asked, answer_ms, CHECKS)
            print(f"{one['checks']} checks, ms after their moment: {one['p50']} p50, {one['p95']} p95, "
                  f"{one['most']} at most; {one['later']} at a later one", flush=True)  # fmt: skip
    return told


def measured(
    api: through_api.Served, server: LocalNeo4j, headers: dict[str, str], paths: list[str], clients: int, seconds: float
) -> dict[str, float]:
    def used() -> dict[str, float]:
        return {"api": api.processor(), "neo4j": processor(server), "asking": time.process_time()}

    before = used()
    told = through_api.rate(api.port, headers, paths, clients, seconds)
    reads = told["a_second"] * seconds
    return told | {f"{who}_ms": round((now - before[who]) / reads * 1000, 2) for who, now in used().items()}


def main() -> None:
    given = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    given.add_argument("--cases", type=int, default=1_000)
    given.add_argument("--seconds", type=float, default=through_api.SECONDS)
    given.add_argument("--many", type=int, default=100, help="cases and subjects that are read")
    given.add_argument("--home", type=Path, help="keep the world here, and use the one that is there")
    given.add_argument("--json", type=Path, help="write the figures to this file")
    asked = given.parse_args()
    end_in_order()
    with tempfile.TemporaryDirectory(prefix="icmgraph-bench-") as folder:
        home = home_in(asked.home or Path(folder))
        try:
            prepared(home, asked.cases)
            with bootstrap.platform(Settings(home=home)) as platform:
                found = run(platform, managed(home), asked.seconds, asked.many)
        finally:
            managed(home).stop()
    if asked.json:
        asked.json.write_text(json.dumps({"cores": os.cpu_count(), "reads": found}, indent=1))


if __name__ == "__main__":
    main()
