"""``make bench-import``: rows a second and peak memory of an import by mapping, at 100,000, 300,000 and 1,000,000 rows.

Invented call records (a case number, two phones, a name, a time, a duration), each row an event with two people of a
case, imported by the command itself, in a process of its own each, into a managed Neo4j in a temporary folder; then
the same file again. ARGS="--rows 20000,50000" measures other sizes.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks import end_in_order
from icmgraph import bootstrap
from icmgraph.ingest.people import import_people
from icmgraph.local_neo4j import LocalNeo4j
from icmgraph.model.source import SystemSource
from icmgraph.queries.operator import Operator
from icmgraph.settings import Settings

SIZES = "100000,300000,1000000"
JARS = Path(__file__).parents[1] / ".icm" / "neo4j" / f"jars-{Settings().neo4j_version}"
ROWS_A_CASE, PEOPLE_A_CASE = 1000, 60
HEADER = ("case", "caller", "name", "called", "at", "seconds")
MAPPING = """language = 1
name = "calls"
source = "calls"
format = "csv"
[[cases]]
name = "case"
number = "{case}"
opened = { text = "2024-01-01" }
unit = "OFFICE"
agent = "clerk"
open_to = ["OFFICE"]
[[subjects]]
name = "caller"
key = "{caller}"
kind = "Person"
role = "caller"
attributes = { name = "{name}" }
identifiers = [{ kind = "phone", value = "{caller}", region = "ZZ" }]
[[subjects]]
name = "called"
key = "{called}"
kind = "Person"
role = "called"
identifiers = [{ kind = "phone", value = "{called}", region = "ZZ" }]
[[events]]
name = "call"
kind = "call"
starts = { text = "{at}" }
duration = "{seconds}"
involved = [{ subject = "caller", role = "caller" }, { subject = "called", role = "called" }]
[[links]]
name = "calls"
from = "caller"
to = "called"
kind = "calls"
"""
STAFF = """record,key,name,contact,class,kind,of,sight
unit,OFFICE,The office,,,,,
user,clerk,Cleo Clerk,+1 202 555 0101,agent,,,
member,clerk,,,,,OFFICE,yes
"""
CHILD = """
import resource, sys
from icmgraph.cli import app
try:
    app(sys.argv[1:])
finally:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""
"""The command, and after it the most memory it held, MiB (Linux counts in KiB)."""


def write_rows(path: Path, rows: int, seed: int) -> None:
    draw = random.Random(seed)
    began = datetime(2024, 1, 1)
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(HEADER)
        for number in range(rows):
            case = number // ROWS_A_CASE
            one, other = draw.sample(range(PEOPLE_A_CASE), 2)
            phones = [f"000{case * PEOPLE_A_CASE + who:09}" for who in (one, other)]
            at = began + timedelta(seconds=number)
            out.writerow(
                (f"B{seed}-{case}", phones[0], f"Caller {case} {one}", phones[1], at.isoformat(), number % 900)
            )


def measured(home: Path, rows: int) -> dict[str, float]:
    """One import of so many rows, and the same again."""
    table = home / "calls.csv"
    write_rows(table, rows, rows)
    command = ["import", str(table), "--mapping", str(home / "calls.toml"), "--importer", f"b{rows}", "--json"]
    found: dict[str, float] = {}
    for run in ("first", "again"):
        began = time.monotonic()
        ended = subprocess.run(
            [sys.executable, "-c", CHILD, *command], env={**os.environ, "ICM_HOME": str(home)}, text=True,
            stdout=subprocess.PIPE, check=True,
        )  # fmt: skip
        seconds = time.monotonic() - began
        report, peak = ended.stdout.splitlines()[-2:]
        said = json.loads(report)
        assert (said["imported"] if run == "first" else said["already"]) == rows, said
        found |= {f"{run}_seconds": seconds, f"{run}_peak": int(peak)}
    table.unlink()
    return found


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--rows", default=SIZES)
    end_in_order()
    sizes = [int(size) for size in given.parse_args().rows.split(",")]
    with tempfile.TemporaryDirectory(prefix="icmgraph-bench-") as folder:
        home = Path(folder)
        settings = Settings(home=home)
        server = LocalNeo4j(
            home=home, port=random.randrange(20_000, 32_000), jars=JARS, mirror=settings.maven_mirror,
            java_home=settings.java_home,
        )  # fmt: skip
        server.start()
        try:
            prepare(home, settings)
            print(f"{'rows':>10} {'rows/s':>8} {'peak MiB':>9} {'again rows/s':>13} {'peak MiB':>9}", flush=True)
            for rows in sizes:
                said = measured(home, rows)
                print(f"{rows:>10,} {rows / said['first_seconds']:>8,.0f} {said['first_peak']:>9} "
                      f"{rows / said['again_seconds']:>13,.0f} {said['again_peak']:>9}", flush=True)  # fmt: skip
        finally:
            server.stop()


def prepare(home: Path, settings: Settings) -> None:
    (home / "calls.toml").write_text(MAPPING)
    (home / "staff.csv").write_text(STAFF)
    bootstrap.initialise(settings)
    with bootstrap.platform(settings) as platform:
        operator = Operator(platform.gateway, platform.audit, SystemSource())
        import_people(home / "staff.csv", platform.keys.imports, operator)


if __name__ == "__main__":
    main()
