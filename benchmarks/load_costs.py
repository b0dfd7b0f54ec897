"""``make bench-load ARGS="--costs"``: what each part of a relationship and of a node costs a warm server.

Bare statements with more and more of what a HAS_IDENTIFIER and a NameKey of the graph carry, without the loader and
its client: where the processor time of a load through the server goes. Times are processor time, so that other work on
the machine matters little.
"""

from __future__ import annotations

import os
import random
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import neo4j

from icmgraph.local_neo4j import LocalNeo4j

ROWS = 10_000
BATCH = 5_000
"""Rows of a statement, a transaction each."""
WARM = 6
"""Rounds before anything is measured: the compiler is at work in them."""
KINDS = {"neo4j.BoltWorke": "statements", "C1 Compiler": "compiler", "C2 Compiler": "compiler", "GC ": "garbage",
         "G1 ": "garbage"}  # fmt: skip
"""What a server's thread is for, by the beginning of its name."""

_FIND = "UNWIND $rows AS row MATCH (a:Start {id: row.start}) MATCH (b:End {key: row.key})"
_SET = "SET r = $common, r += row.properties"
STATEMENTS = {
    "rows sent and read": "UNWIND $rows AS row RETURN count(row.start)",
    "+ both ends found by their unique keys": f"{_FIND} RETURN count(b)",
    "+ the relationship, without properties": f"{_FIND} CREATE (a)-[r:PLAIN]->(b) RETURN count(r)",
    "+ 2 properties common to all": f"{_FIND} CREATE (a)-[r:PLAIN]->(b) SET r = $common RETURN count(r)",
    "+ 9 of its own, three of them lists": f"{_FIND} CREATE (a)-[r:PLAIN]->(b) {_SET} RETURN count(r)",
    "+ unique id": f"{_FIND} CREATE (a)-[r:UNIQUE]->(b) {_SET} RETURN count(r)",
    "+ index on visibility": f"{_FIND} CREATE (a)-[r:LABELLED]->(b) {_SET} RETURN count(r)",
    "+ indexes on (key, audience) and (key, visibility)": f"{_FIND} CREATE (a)-[r:KEYED]->(b) {_SET} RETURN count(r)",
    "the same, its end merged": "UNWIND $rows AS row MATCH (a:Start {id: row.start}) MERGE (b:End {key: row.key}) "
    f"ON CREATE SET b.kind = '' CREATE (a)-[r:KEYED]->(b) {_SET} RETURN count(r)",
    "a node with 11 properties": "UNWIND $rows AS r CREATE (n:Plain) SET n = $common, n += r.properties",
    "+ unique node id": "UNWIND $rows AS r CREATE (n:Unique) SET n = $common, n += r.properties",
    "+ the 5 indexes of a NameKey": "UNWIND $rows AS r CREATE (n:Keyed) SET n = $common, n += r.properties",
}
_SCHEMA = (
    *(f"CREATE CONSTRAINT FOR (n:{label}) REQUIRE n.id IS UNIQUE" for label in ("Start", "Unique", "Keyed")),
    "CREATE CONSTRAINT FOR (n:End) REQUIRE n.key IS UNIQUE",
    *(f"CREATE CONSTRAINT FOR ()-[r:{of}]-() REQUIRE r.id IS UNIQUE" for of in ("UNIQUE", "LABELLED", "KEYED")),
    *(f"CREATE INDEX FOR ()-[r:{of}]-() ON (r.visibility)" for of in ("LABELLED", "KEYED")),
    *(f"CREATE INDEX FOR ()-[r:KEYED]-() ON (r.key, r.{by})" for by in ("audience", "visibility")),
    *(f"CREATE INDEX FOR (n:Keyed) ON (n.key, n.{by})" for by in ("audience", "visibility")),
    *(f"CREATE INDEX FOR (n:Keyed) ON (n.{by}, n.key)" for by in ("audience", "visibility")),
    "CREATE INDEX FOR (n:Keyed) ON (n.visibility)",
)


def kinds(server: LocalNeo4j) -> Counter[str]:
    """Processor seconds of a server's threads so far, by what they are for."""
    found: Counter[str] = Counter()
    for task in Path(f"/proc/{server.status().pid}/task").iterdir():
        try:
            name, _, said = (task / "stat").read_text().partition("(")[2].rpartition(")")
        except FileNotFoundError:  # it has ended
            continue
        used = said.split()
        kind = next((kind for start, kind in KINDS.items() if name.startswith(start)), "other")
        found[kind] += (int(used[11]) + int(used[12])) / os.sysconf("SC_CLK_TCK")  # type: ignore[assignment]
    return found


def told(before: Mapping[str, float], after: Mapping[str, float], rows: int) -> str:
    """Microseconds a row."""
    return ", ".join(f"{kind} {(after[kind] - before.get(kind, 0)) / rows * 1e6:.0f}" for kind in sorted(after))


def _rows(starts: list[str], keys: list[str]) -> Iterator[list[dict[str, Any]]]:
    for first in range(0, ROWS, BATCH):
        batch = []
        for number in range(first, first + BATCH):
            key, case = random.choice(keys), number // 40
            own = {"id": str(uuid.uuid4()), "as_written": key[6:], "key": key, "normaliser": "1", "visibility": case,
                   "audience": case % 300, "cases": [str(uuid.uuid4())], "shared": [], "caveats": []}  # fmt: skip
            batch.append({"start": random.choice(starts), "key": key, "properties": own})
        yield batch


def measure(server: LocalNeo4j) -> None:
    """``server``: one that was just started, to be thrown away."""
    at = server.connection()
    common = {"asserted_by": "load:costs", "asserted_at": datetime.now(UTC)}
    with neo4j.GraphDatabase.driver(at.uri, auth=(at.user, at.password)) as driver, driver.session() as session:
        for statement in _SCHEMA:
            session.run(statement).consume()
        session.run("CALL db.awaitIndexes(600)").consume()
        starts = [str(uuid.uuid4()) for _ in range(ROWS)]
        keys = [f"Phone:{number:09}" for number in range(ROWS)]
        session.run("UNWIND $rows AS row CREATE (:Start {id: row})", rows=starts).consume()
        session.run("UNWIND $rows AS row CREATE (:End {key: row})", rows=keys).consume()

        def ran(statement: str) -> str:
            before = kinds(server)
            for rows in _rows(starts, keys):
                session.run(statement, rows=rows, common=common).consume()
            return told(before, kinds(server), ROWS)

        for number in range(WARM):
            print(f"  {'relationships, cold' if not number else 'more of them':52}{ran(_last())}", flush=True)
        for _ in range(2):
            print(f"microseconds a row, load {os.getloadavg()[0]:.1f}", flush=True)
            for what, statement in STATEMENTS.items():
                print(f"  {what:52}{ran(statement)}", flush=True)


def _last() -> str:
    return STATEMENTS["+ indexes on (key, audience) and (key, visibility)"]
