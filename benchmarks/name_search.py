"""The search by name itself, asked for mangled names among so many invented ones in a Neo4j: ``make bench-names``.

Names of persons, one a subject, in cases of 20 offices, all of which the person who asks sees: 20 audiences, each
sought by itself. A name is found if it is among the first five hits, at the shipped threshold. *Matching* is the keys,
the candidates read from the database and their comparison, ten names a transaction; a *search* is all that a
person waits for, one name a request: also scope, epoch and audit. *Deconfliction* is how a bulk check matches names
over the whole graph: a statement for 200 of them, all that are alike. A check shows no ranks; here those that are
alike are ranked by how like they are, so that what is among the first five can be told. What one core does is the names
over the sum of the processor time of this process and of the server.
"""

from __future__ import annotations

import csv
import json
import os
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path

import neo4j
import polars as pl

from benchmarks import end_in_order
from benchmarks.loads import command, managed, processor
from benchmarks.mangled import Invented, mangled
from icmgraph import bootstrap
from icmgraph.ingest.bulk.interchange import PEOPLE, write_manifest
from icmgraph.local_neo4j import connection
from icmgraph.model.answers import NameHit
from icmgraph.model.checks import MAX_ROWS, NameSelector, SubjectSelectors, normal_form
from icmgraph.model.comparison import comparer
from icmgraph.model.names import whole_key
from icmgraph.model.records import SubjectKind
from icmgraph.queries import matches, naming
from icmgraph.queries.reader import Reader, ReaderOptions
from icmgraph.queries.session import Session, View
from icmgraph.settings import Settings

OFFICES, NAMES_A_CASE = 20, 1_000
FIRST = 5
"""Hits that a person looks at."""
WARM = 1_000
"""Names before those that count: they plan the queries, and read what the server has not in memory."""
TOGETHER = 10
"""Names matched in a transaction."""
ASKER = "Synthetic asker"
SEED = 1


def names_of(many: int) -> list[str]:
    """The names of the world, in its order."""
    return [str(name) for name in islice(Invented(SEED), many)]


def write_world(folder: Path, many: int) -> None:
    cases = -(-many // NAMES_A_CASE)
    offices = [f"OFFICE-{n}" for n in range(OFFICES)]
    numbered = pl.DataFrame({"n": range(many)})
    subject = pl.format("S{}", "n")
    tables = {
        "cases": pl.DataFrame({
            "id": [f"C{n}" for n in range(cases)], "number": [f"NAMES-{n}" for n in range(cases)],
            "title": ["Synthetic names"] * cases, "opened": ["2020-01-01"] * cases,
            "unit": [offices[n % OFFICES] for n in range(cases)], "agent": ["asker"] * cases,
            "open_to": [offices[n % OFFICES] for n in range(cases)],
        }),
        "subjects": numbered.select(
            subject.alias("id"), pl.format("C{}", pl.col("n") // NAMES_A_CASE).alias("case"),
            pl.lit("Person").alias("kind"), pl.lit("suspect").alias("role"),
        ),
        "attributes": numbered.select(
            subject.alias("subject"), pl.lit("name").alias("kind"), pl.Series("value", names_of(many))
        ),
    }  # fmt: skip
    for table, frame in tables.items():
        frame.write_parquet(folder / f"{table}.parquet")
    people = [("record", "key", "name", "contact", "class", "kind", "of", "sight")]
    people += [("unit", office, office, "", "", "", "", "") for office in offices]
    people += [("user", "asker", ASKER, "room 1", "agent", "", "", "")]
    people += [("member", "asker", "", "", "", "", office, "yes") for office in offices]
    with (folder / PEOPLE).open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(people)
    write_manifest(folder, f"names-{many}", {table: (f"{table}.parquet", of.height) for table, of in tables.items()})


def prepared(home: Path, many: int) -> None:
    """A home with a world of so many names, made unless it is there; its server is started."""
    if not (home / "names.json").exists():
        managed(home).start()
        bootstrap.initialise(Settings(home=home))
        with tempfile.TemporaryDirectory(prefix="icmgraph-world-") as folder:
            write_world(Path(folder), many)
            _, seconds, _, _ = command(home, "load", folder, "--offline")
        (home / "names.json").write_text(json.dumps({"names": many, "seconds": round(seconds)}))
        managed(home).stop()
    managed(home).start()


def searched(home: Path, many: int, asked: int) -> None:
    """Print what the search makes of ``asked`` mangled names of a world of ``many``."""
    end_in_order()
    names = list(islice(Invented(SEED), many))
    step = max(1, many // (asked + WARM))
    chosen = [(str(name), *mangled(name, SEED)) for name in names[::step][: asked + WARM]]
    try:
        prepared(home, many)
        where = connection(Settings(home=home))
        # Before the product asks anything, under a limit of time: a server that has just started reads its indexes.
        with neo4j.GraphDatabase.driver(where.uri, auth=(where.user, where.password)) as driver:
            driver.execute_query("CALL db.awaitIndexes(3600)", database_=where.database)
            users = driver.execute_query(
                "MATCH (u:User {name: $name}) RETURN u.id AS id", name=ASKER, database_=where.database
            )
        with bootstrap.platform(Settings(home=home)) as platform:
            session = platform.sessions.of(users.records[0]["id"])
            reader = Reader(session, ReaderOptions(platform.keys.identifiers))
            print(f"{many:,} names, {len(chosen) - WARM:,} mangled ones asked for, comparer {comparer().name}")
            comparer().compare("Ann", "Ann")
            _deconflict(platform, home, chosen, {whole_key(str(name)): str(name) for name in names})
            _match(session, home, chosen)
            _search(reader, home, chosen[:WARM] + chosen[WARM::4])
    finally:
        managed(home).stop()


Chosen = Sequence[tuple[str, str, str]]
"""A name, what happened to it, and what is asked for."""


class Clock:
    """Processor seconds from ``start`` on, here and of the server."""

    def __init__(self, home: Path) -> None:
        self._server = managed(home)

    def start(self) -> None:
        self._began, self._own, self._theirs = time.perf_counter(), time.process_time(), processor(self._server)

    def told(self, what: str, done: int) -> None:
        own, theirs = time.process_time() - self._own, processor(self._server) - self._theirs
        waited = time.perf_counter() - self._began
        print(f"  {what}: {done / (own + theirs):.0f} names/s of one core (a name: {1000 * own / done:.2f} ms here, "
              f"{1000 * theirs / done:.2f} ms of the server), {done / waited:.0f} names/s by the clock, "
              f"load {os.getloadavg()[0]:.1f}", flush=True)  # fmt: skip


def _deconflict(platform: bootstrap.Platform, home: Path, chosen: Chosen, written: Mapping[str, str]) -> None:
    """``written``: names by their keys."""
    found: dict[str, list[bool]] = defaultdict(list)
    first: dict[str, list[bool]] = defaultdict(list)
    clock, alike = Clock(home), 0
    for start in range(0, len(chosen), MAX_ROWS):
        if start == WARM:
            clock.start()
        part = chosen[start : start + MAX_ROWS]
        names = [normal_form(SubjectSelectors(names=(NameSelector(name=text),)))[0] for _, _, text in part]
        rows = platform.gateway.read(lambda tx: matches.alike(tx, names))  # noqa: B023
        met = [list(one.keys) for one in names]  # the same name, if anybody has it
        for number, key in rows:
            met[number].append(key)
        for number, (name, kind, text) in enumerate(part if start >= WARM else ()):
            keys, key = _ranked(text, met[number], written), whole_key(name)
            alike += len(keys) - (key in keys)
            found[kind].append(key in keys)
            first[kind].append(key in keys[:FIRST])
    clock.told("deconfliction", len(chosen) - WARM)
    _tell("found", found)
    _tell(f"recall@{FIRST}", first)
    print(f"  other names alike: {alike / (len(chosen) - WARM):.1f} a name", flush=True)


def _ranked(asked: str, keys: Sequence[str], written: Mapping[str, str]) -> Sequence[str]:
    """Keys of names, the most like what was asked for first; what nobody is called is not among them."""
    known = [key for key in keys if key in written]
    if len(known) <= FIRST:
        return known
    return sorted(known, key=lambda key: -comparer().compare(asked, written[key], SubjectKind.PERSON).score)


def _tell(what: str, by_kind: Mapping[str, Sequence[bool]]) -> None:
    every = [one for of_kind in by_kind.values() for one in of_kind]
    print(f"  {what} {sum(every) / len(every):.3f}")
    for kind, of_kind in sorted(by_kind.items()):
        print(f"    {kind:14}{sum(of_kind) / len(of_kind):.3f}  of {len(of_kind)}")


def _match(session: Session, home: Path, chosen: Chosen) -> None:
    by_kind: dict[str, list[bool]] = defaultdict(list)
    clock, most = Clock(home), ReaderOptions(b"").candidates
    for start in range(0, len(chosen), TOGETHER):
        if start == WARM:
            clock.start()
        part = chosen[start : start + TOGETHER]
        questions = [naming.question(text, SubjectKind.PERSON, False, None) for _, _, text in part]
        found = session.read("bench", {}, lambda view: [_first(view, one, most) for one in questions])  # noqa: B023
        if start < WARM:
            continue
        for (name, kind, _), hits in zip(part, found, strict=True):
            by_kind[kind].append(name in {hit.value for hit in hits})
    clock.told("matching", len(chosen) - WARM)
    _tell(f"recall@{FIRST}", by_kind)
    read = []
    for _, _, text in chosen[::4]:
        asked = naming.question(text, SubjectKind.PERSON, False, None)
        read.append(session.read("bench", {}, lambda view: len(naming.candidates(view, asked, most))))  # noqa: B023
    read.sort()
    print(f"  candidates a name: mean {sum(read) / len(read):.1f}, median {read[len(read) // 2]}, "
          f"p95 {read[len(read) * 95 // 100]}, most {read[-1]} (cut at {most})", flush=True)  # fmt: skip


def _first(view: View, asked: naming.NameQuestion, most: int) -> list[NameHit]:
    names, _ = naming.alike(view, asked, most)
    return naming.holders(view, names, naming.FIRST, FIRST)


def _search(reader: Reader, home: Path, chosen: Chosen) -> None:
    clock, times = Clock(home), []
    for number, (_, _, text) in enumerate(chosen):
        if number == WARM:
            clock.start()
        began = time.perf_counter()
        reader.search_names(text, SubjectKind.PERSON, limit=FIRST)
        times.append(time.perf_counter() - began)
    clock.told("search", len(chosen) - WARM)
    times = sorted(times[WARM:])
    print(f"  search: p50 {1000 * times[len(times) // 2]:.1f} ms, p95 {1000 * times[len(times) * 95 // 100]:.1f} ms")
