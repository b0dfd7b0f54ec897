"""``make bench``: what each question takes, for six people of one synthetic world, and what need-to-know costs.

The world (benchmarks/worlds.py) is loaded past the server. Each question is asked of inputs drawn from what the person
sees, in process, audited as in operation; then, of the one who sees everything, without audit and in turns with the
same question without need-to-know: the same code and hub guard, its queries without their predicates, its scope not
looked up, on plain indexes of what is sought. Both must answer the same. Then the API: reads a second, and what one
request's scope, epoch and audit take.

ARGS="--cases 100000 --home DIR --json FILE": the large world, kept in DIR for the next run, and the figures as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import neo4j

from benchmarks import end_in_order, through_api, worlds
from benchmarks.asked import Asked, Drawing
from benchmarks.loads import command, managed
from icmgraph import bootstrap
from icmgraph.bootstrap import Platform
from icmgraph.local_neo4j import connection
from icmgraph.model.access import Scope
from icmgraph.model.answers import Connected, Page, Paths, Subgraph
from icmgraph.model.checks import MAX_ROWS, BulkCheckInput, CheckInput, NameSelector, Selector, SubjectSelectors
from icmgraph.model.records import CaseInput, LinkInput, SubjectInput, SubjectKind
from icmgraph.model.source import Source, SourceFactory, SystemSource, system_source
from icmgraph.queries import catalogue
from icmgraph.queries.cases import Cases
from icmgraph.queries.catalogue import LABEL_HINT, VISIBLE
from icmgraph.queries.deconfliction import Deconfliction
from icmgraph.queries.gateway import Gateway
from icmgraph.queries.notices import NoticeWorker
from icmgraph.queries.policy import Sight
from icmgraph.queries.reader import Reader, ReaderOptions
from icmgraph.queries.session import Session, Sessions, View
from icmgraph.queries.writer import Writer
from icmgraph.settings import Settings

T = TypeVar("T")

WARM = 8
"""Questions before the ones that count."""
CHECKS = (1, 5, 20)
"""Selectors in a check."""
ROUNDS = 60
"""Checks of each size."""
BATCH = 1_000
"""Subjects in a row of checks."""
BINS = 5
"""Paths of a length are told if there are so many."""
UNFINISHED = "unfinished-benchmark"
"""A file that says of a home that a world is being loaded into it."""
PLAIN_INDEXES = (
    "CREATE INDEX plain_has_identifier IF NOT EXISTS FOR ()-[r:HAS_IDENTIFIER]-() ON (r.key)",
    "CREATE INDEX plain_mentions IF NOT EXISTS FOR ()-[r:MENTIONS]-() ON (r.key)",
    "CREATE INDEX plain_at IF NOT EXISTS FOR ()-[r:AT]-() ON (r.key)",
    "CREATE INDEX plain_namekey IF NOT EXISTS FOR (n:NameKey) ON (n.key)",
)


# -- what is asked


@dataclass(frozen=True)
class Question:
    """``ask`` is called with one input; what it gives is counted by ``rows``."""

    name: str
    inputs: Sequence[Any]
    ask: Callable[[Reader, Any], Any]


def rows(answer: Any) -> int:
    """How much of an answer there is."""
    if isinstance(answer, Page | Connected):
        return len(answer.items)
    if isinstance(answer, Subgraph):
        return len(answer.nodes) + len(answer.links)
    if isinstance(answer, Paths):
        return len(answer.paths)
    return 1


def reads(asked: Asked) -> Iterator[Question]:
    yield Question("case", asked.cases, lambda reader, id: reader.case(id))
    yield Question("case file", asked.cases, lambda reader, id: reader.case_file(id))
    yield Question("subject card", asked.subjects, lambda reader, id: reader.subject(id))
    yield Question("search an identifier", asked.identifiers, lambda reader, one: reader.search_identifier([one]))
    yield Question("search a name", asked.names, lambda reader, name: reader.search_names(name))
    for depth in (1, 2, 3, 4):
        yield Question(f"expand, depth {depth}", asked.subjects, partial(_expand, depth))
    yield Question("connected cases", asked.cases, lambda reader, id: reader.connected(id))
    yield Question("paths", asked.pairs, lambda reader, pair: reader.paths(pair[0], pair[1], bound=8))


def _expand(depth: int, reader: Reader, id: str) -> Subgraph:
    return reader.expand(id, depth)


def told_as(question: Question, answer: Any) -> str:
    """Paths are told by their length."""
    if not isinstance(answer, Paths):
        return question.name
    if answer.truncated and not answer.paths:
        return "paths, given up"
    return "paths, none" if answer.length is None else f"paths, distance {answer.length}"


# -- how it is measured


@dataclass(frozen=True)
class Times:
    """Milliseconds. ``rows``: the mean of what the answers held."""

    asked: int
    p50: float
    p95: float
    p99: float
    rows: float

    @classmethod
    def of(cls, found: Sequence[tuple[float, int]]) -> Times:
        times = sorted(time for time, _ in found)

        def at(share: float) -> float:
            return round(times[min(len(times) - 1, int(len(times) * share))], 2)

        return cls(len(times), round(statistics.median(times), 2), at(0.95), at(0.99),
                   round(statistics.mean(n for _, n in found), 1))  # fmt: skip


def milliseconds(work: Callable[[], T]) -> tuple[float, T]:
    began = time.perf_counter()
    result = work()
    return (time.perf_counter() - began) * 1000, result


def measured(question: Question, reader: Reader) -> dict[str, Times]:
    found: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for one in question.inputs[:WARM]:
        question.ask(reader, one)
    for one in question.inputs:
        took, answer = milliseconds(lambda: question.ask(reader, one))  # noqa: B023 - called at once
        found[told_as(question, answer)].append((took, rows(answer)))
    return {
        name: Times.of(times) for name, times in sorted(found.items()) if len(times) >= min(BINS, len(question.inputs))
    }


# -- without need-to-know


class Unaudited(Session):
    """A person's session that leaves out the audit, which costs both sides the same."""

    def _audited(self, kind: Any, action: str, parameters: Any, work: Any, leave: Any = None) -> Any:
        return work("", self._shared.source(self.user, action))[0]


class Unprotected(Unaudited):
    """Nothing is looked up of the person, and no epoch is read."""

    def _read(self, action: str, work: Callable[[View], T], function: Any, source: Source) -> tuple[T, set[str]]:
        sight = Sight(self._shared.policy.sight(self.user).person, Scope((), (), 0, None))
        return self._shared.gateway.read(lambda tx: work(View(tx, sight, source))), set()


def without_predicates() -> dict[str, catalogue.Query]:
    return {
        name: replace(query, text=LABEL_HINT.sub("", VISIBLE.sub("true", query.text)))
        for name, query in catalogue.load().items()
    }


@contextmanager
def unprotected(platform: Platform) -> Iterator[Sessions]:
    where = connection(platform.settings)
    gateway = Gateway(where.uri, where.user, where.password, where.database, without_predicates())
    try:
        yield Sessions(gateway, platform.policy, platform.audit, system_source)
    finally:
        gateway.close()


@dataclass(frozen=True)
class Price:
    """Medians in ms with and without need-to-know, and the median of each input's own ratio."""

    asked: int
    protected: float
    bare: float
    ratio: float
    slower: float
    """The ratio of the medians."""


def price(question: Question, protected: Reader, bare: Reader, rng: random.Random, whole: bool) -> dict[str, Price]:
    """``whole``: both must answer the same; otherwise only what they do is counted."""
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    warm = question.inputs[:WARM]
    for number, one in enumerate((*warm, *question.inputs)):
        took: dict[bool, float] = {}
        answers: dict[bool, Any] = {}
        for side in rng.sample((True, False), 2):
            reader = protected if side else bare
            took[side], answers[side] = milliseconds(lambda: question.ask(reader, one))  # noqa: B023
        if answers[True] != answers[False]:
            if whole:
                raise SystemExit(f"{question.name}: the answers differ for {one}")
        elif number >= len(warm):
            found[told_as(question, answers[True])].append((took[True], took[False]))
    told = {}
    for name, times in sorted(found.items()):
        if len(times) >= min(BINS, len(question.inputs)):
            with_it, without = (statistics.median(pair[side] for pair in times) for side in (0, 1))
            each = statistics.median(pair[0] / pair[1] for pair in times)
            told[name] = Price(
                len(times), round(with_it, 2), round(without, 2), round(each, 2), round(with_it / without, 2)
            )
    return told


# -- checks and writes


class _Session(Session):
    """A person's session that notes the milliseconds in which checks are matched and what its asker sees is listed."""

    def __init__(self, shared: Sessions, user: str) -> None:
        super().__init__(shared, user)
        self.took: list[float] = []

    def _read(self, *given: Any) -> Any:
        took, answer = milliseconds(lambda: super(_Session, self)._read(*given))
        self.took.append(took)
        return answer


class _Deconfliction(Deconfliction):
    """Its answers do not wait for their moment; it notes the milliseconds of listing what its asker sees."""

    def __init__(self, platform: Platform, session: Session) -> None:
        super().__init__(
            session, key=platform.keys.identifiers, answer_ms=1000, receipt_days=30,
            daily=10**9, desk_contact="Desk", leave=lambda source, moment: None,
        )  # fmt: skip
        self.listed: list[float] = []

    def _records(self, *given: Any) -> Any:
        took, records = milliseconds(lambda: super(_Deconfliction, self)._records(*given))
        self.listed.append(took)
        return records


def checks(platform: Platform, user: str, asked: Asked, rounds: int) -> Iterator[tuple[str, Times]]:
    """Whole checks, receipt and audit with them; the matching, which is all that they read but the asker's own records,
    pointers and registrations of others with it; and both.

    The first ones are told apart: what they ask is planned, and compiled by the server.
    """
    session = _Session(platform.sessions, user)
    deconfliction = _Deconfliction(platform, session)
    selectors = [Selector(kind=one.kind, value=one.value) for one in asked.identifiers]
    names = [NameSelector(name=name) for name in asked.names]
    rng = random.Random(1)

    def check(many: int) -> tuple[float, int]:
        named = [rng.choice(names)] if many > 1 else []
        question = CheckInput(
            selectors=tuple(rng.choice(selectors) for _ in range(many - len(named))), names=tuple(named), reason="bench"
        )
        return milliseconds(lambda: len(deconfliction.check(question, time.monotonic()).pointers))

    def matched() -> Iterator[tuple[str, Times]]:
        parts = list(zip(session.took, deconfliction.listed, strict=True))
        yield "matching", Times.of([(took - own, 1) for took, own in parts])
        yield "with own records", Times.of([(took, 1) for took, _ in parts])
        session.took.clear()
        deconfliction.listed.clear()

    for many in CHECKS:
        for _ in range(rounds):
            check(many)
        yield from ((f"{what}, {many}, first", times) for what, times in matched())
        yield f"check, {many} selectors", Times.of([check(many) for _ in range(rounds)])
        yield from ((f"{what}, {many} selectors", times) for what, times in matched())


def batch(platform: Platform, user: str, asked: Asked) -> dict[str, float]:
    """Seconds of checks of so many subjects, of a name and an identifier each: one by one; in bulk, one part after the
    other; and, once holders are told of all that, by ``check --file``, through an API that has just started, and again,
    while it tells of the first."""
    deconfliction = _Deconfliction(platform, platform.sessions.of(user))
    subjects: list[dict[str, Any]] = []
    for number in range(BATCH):
        one, name = asked.identifiers[number % len(asked.identifiers)], asked.names[number % len(asked.names)]
        selectors = (Selector(kind=one.kind, value=one.value),)
        subjects.append({"selectors": selectors, "names": (NameSelector(name=name),)})
    began = time.monotonic()
    for subject in subjects:
        deconfliction.check(CheckInput(**subject, reason="bench"), time.monotonic())
    singly = time.monotonic()
    rows = tuple(SubjectSelectors(**subject) for subject in subjects)
    for at in range(0, BATCH, MAX_ROWS):
        deconfliction.check_rows(BulkCheckInput(rows=rows[at : at + MAX_ROWS], reason="bench"), time.monotonic())
    in_bulk = time.monotonic()
    _told(platform, system_source)
    table = [{**{s.kind.value: s.value for s in row.selectors}, "name": row.names[0].name} for row in rows]
    by_command, again = through_api.check_file(platform, user, table)
    took = {
        "singly": singly - began,
        "in bulk": in_bulk - singly,
        "by the command": by_command,
        "by the command again": again,
    }
    return {what: round(seconds, 1) for what, seconds in took.items()}


class _Tomorrow(SystemSource):
    def now(self) -> datetime:
        return super().now() + timedelta(days=1)


def notices(platform: Platform) -> dict[str, float]:
    """Seconds in which the worker tells of the checks that wait, then, as if it were tomorrow, of the day's floods."""
    told: dict[str, float] = {}
    sources: dict[str, SourceFactory] = {"checks": system_source, "the day": lambda person, action: _Tomorrow()}
    for what, source in sources.items():
        began = time.monotonic()
        told |= {what: _told(platform, source), f"{what}, s": round(time.monotonic() - began, 1)}
    return told


def _told(platform: Platform, source: SourceFactory) -> int:
    """Of how much the worker tells, until nothing waits."""
    worker = NoticeWorker(platform.gateway, platform.audit, source, key=platform.keys.identifiers, desk_contact="Desk")
    done = 0
    while some := worker.run_once():
        done += some
    return done


def writes(platform: Platform, user: str, many: int) -> Iterator[tuple[str, Times]]:
    unit = platform.policy.resolve(user).person.member_of[0].id
    writer, times = Writer(platform.sessions.of(user), platform.keys.identifiers), defaultdict(list)
    for number in range(many):
        opened = CaseInput(number=f"BENCH-{number}", title="A synthetic case", unit=unit, override="a benchmark")
        took, case = milliseconds(lambda: Cases(platform.sessions.of(user)).open(opened))  # noqa: B023
        times["open a case"].append((took, 1))
        ends = [writer.add_subject(case.id, SubjectInput(kind=SubjectKind.PERSON)).id for _ in range(2)]
        link = LinkInput(type="LINKED_TO", start=ends[0], end=ends[1], kind="knows")
        took, _ = milliseconds(lambda: writer.link(case.id, link))  # noqa: B023
        times["link two records"].append((took, 1))
    for name, found in times.items():
        yield name, Times.of(found[WARM:])


# -- the whole


def home_in(folder: Path) -> Path:
    """The home of a world: one that is loaded, or an empty one, marked as made here. What a load left that was cut
    short is removed.

    Raises:
        SystemExit: something else is in it.
    """
    home = folder.absolute()
    home.mkdir(parents=True, exist_ok=True)
    if (home / "loaded.json").exists():
        return home
    if any(home.iterdir()):
        if not (home / UNFINISHED).exists():
            raise SystemExit(f"{home}: no world of a benchmark is in it, but something else: name an empty folder")
        print(f"{home}: the load before this one was cut short; it begins anew", file=sys.stderr)
        if (home / "neo4j").exists():
            managed(home).stop()
        for one in home.iterdir():
            if one.is_dir() and not one.is_symlink():
                shutil.rmtree(one)
            elif one.name != UNFINISHED:
                one.unlink()
    (home / UNFINISHED).touch()
    return home


def prepared(home: Path, cases: int) -> dict[str, Any]:
    """A home with a world in it, made unless it is there; its server is started. Gives how long that took."""
    if not (home / "loaded.json").exists():
        managed(home).start()
        bootstrap.initialise(Settings(home=home))
        with tempfile.TemporaryDirectory(prefix="icmgraph-world-") as folder:
            made = worlds.write(Path(folder), cases, seed=1)
            said, seconds, _, peak = command(home, "load", folder, "--offline")
        (home / "loaded.json").write_text(
            json.dumps({"cases": cases, "rows": sum(made.values()), "relationships": said["relationships"],
                        "seconds": round(seconds, 1), "steps": said["seconds"], "peak_mib": peak})
        )  # fmt: skip
        (home / UNFINISHED).unlink(missing_ok=True)
        managed(home).stop()
    loaded: dict[str, Any] = json.loads((home / "loaded.json").read_text())
    began = time.monotonic()
    managed(home).start()
    data = home / "neo4j" / "data" / "databases" / "neo4j"
    held = sum(file.stat().st_size for file in data.rglob("*") if file.is_file())
    return {**loaded, "start_s": round(time.monotonic() - began, 1), "data_mib": round(held / 2**20)}


def line(name: str, *values: Any) -> str:
    return f"{name:28}" + "".join(f"{value:>10}" for value in values)


def users_of(platform: Platform, indexes: Sequence[str] = PLAIN_INDEXES) -> dict[str, str]:
    """Ids of those who ask, by key; and the indexes that questions without need-to-know seek in."""
    where = connection(platform.settings)
    with (
        neo4j.GraphDatabase.driver(where.uri, auth=(where.user, where.password)) as driver,
        driver.session(database=where.database) as session,
    ):
        for index in indexes:
            session.run(index).consume()
        session.run("CALL db.awaitIndexes(3600)").consume()
        found = {row["name"]: row["id"] for row in session.run("MATCH (u:User) RETURN u.name AS name, u.id AS id")}
    return {who.key: found[f"Synthetic {who.key}"] for who in worlds.PEOPLE_WHO_ASK}


def run(
    platform: Platform, many: int, only: Sequence[str], rounds: int, people: Sequence[str], found: dict[str, Any]
) -> None:
    """Fill in ``found`` as it goes: of a run that is ended early, what it has measured is kept."""
    users, options = users_of(platform), ReaderOptions(platform.keys.identifiers)
    asking = {key: user for key, user in users.items() if not people or key in people}
    found["people"] = {}
    drawn: dict[str, Asked] = {}
    for key, user in asking.items():
        took, sight = milliseconds(partial(platform.policy.resolve, user))
        scope = sight.scope
        drawn[key] = Drawing(connection(platform.settings), scope, random.Random(1)).draw(many)
        audiences, expressions = len(scope.audiences), len(scope.visibilities)
        print(f"\n{key}: {audiences} audiences, {expressions:,} expressions, resolved in {took:.1f} ms")
        print(line("", "p50 ms", "p95", "p99", "rows", "asked"))
        times: dict[str, Any] = {}
        found["people"][key] = {
            "audiences": audiences, "expressions": expressions, "resolved_ms": round(took, 1), "times": times,
        }  # fmt: skip
        for name, one in _answers(platform, user, drawn[key], options, only, rounds):
            print(line(name, one.p50, one.p95, one.p99, one.rows, one.asked), flush=True)
            times[name] = asdict(one)
    found["price"] = {}
    for key in ("everything", "all-offices"):
        if key in asking:
            found["price"][key] = _prices(platform, key, users[key], drawn[key], options, only)
    if not only or "batch" in only:
        scope = platform.policy.resolve(users["everything"]).scope
        many_asked = Drawing(connection(platform.settings), scope, random.Random(2)).draw(BATCH)
        found["batch_s"] = batch(platform, users["one-office"], many_asked)
        print(f"\nseconds of checks of {BATCH} subjects, each by a name and an identifier: {found['batch_s']}")
    if not only or "notices" in only:
        found["notices"] = notices(platform)
        print(f"\nwhat the worker told, and took: {found['notices']}")
    if not only:
        found["one_request_ms"] = one_request(platform, users["five-offices"])
        say = partial(print, flush=True)
        found["throughput"] = through_api.throughput(platform, users["five-offices"], drawn["five-offices"], say)


def one_request(platform: Platform, user: str) -> dict[str, float]:
    """What a request pays that asks nothing, in ms: medians."""

    def nothing(view: View) -> None:
        return None

    audited, unaudited = platform.sessions.of(user), Unaudited(platform.sessions, user)
    empty: Callable[[Any], None] = lambda tx: None  # noqa: E731
    works: dict[str, Callable[[], Any]] = {
        "a transaction": lambda: platform.gateway.read(empty),
        "with the epoch, and a scope that is known": lambda: unaudited.read("bench", {}, nothing),
        "with the audit": lambda: audited.read("bench", {}, nothing),
        "a scope that is not known": lambda: platform.policy.resolve(user),
    }
    told = {}
    for name, work in works.items():
        told[name] = round(statistics.median([milliseconds(work)[0] for _ in range(200)]), 2)
        print(f"one request, {name}: {told[name]} ms")
    return told


def _answers(
    platform: Platform, user: str, asked: Asked, options: ReaderOptions, only: Sequence[str], rounds: int
) -> Iterator[tuple[str, Times]]:
    reader = Reader(platform.sessions.of(user), options)
    for question in reads(asked):
        if question.inputs and (not only or question.name in only):
            yield from measured(question, reader).items()
    if not only or "checks" in only:
        yield from checks(platform, user, asked, rounds)
    if not only:
        yield from writes(platform, user, WARM + 20)


def _prices(
    platform: Platform, key: str, user: str, asked: Asked, options: ReaderOptions, only: Sequence[str]
) -> dict[str, Any]:
    """Who sees all offices and no restricted case gets other answers to some questions: those are left out."""
    told: dict[str, Any] = {}
    rng = random.Random(2)
    with unprotected(platform) as sessions:
        protected = Reader(Unaudited(platform.sessions, user), options)
        bare = Reader(Unprotected(sessions, user), options)
        print(f"\nprice of need-to-know, {key}")
        print(line("", "with ms", "without", "ratio", "of each", "asked"))
        for question in reads(asked):
            if not only or question.name in only:
                for name, one in price(question, protected, bare, rng, key == "everything").items():
                    print(line(name, one.protected, one.bare, one.slower, one.ratio, one.asked), flush=True)
                    told[name] = asdict(one)
    return told


def main() -> None:
    given = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    given.add_argument("--cases", type=int, default=10_000)
    given.add_argument("--many", type=int, default=100, help="inputs of each question")
    given.add_argument("--home", type=Path, help="keep the world here, and use the one that is there")
    given.add_argument("--json", type=Path, help="write the figures to this file")
    given.add_argument("--only", action="append", default=[], help="a question, by its name; checks, batch or notices")
    given.add_argument("--rounds", type=int, default=ROUNDS, help="checks of each size, after as many that are apart")
    given.add_argument("--person", action="append", default=[], help="with --only: one of those who ask, by key")
    asked = given.parse_args()
    if asked.person and not asked.only:
        given.error("--person comes with --only")
    end_in_order()
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="icmgraph-bench-") as folder:
        home = home_in(asked.home or Path(folder))
        try:
            loaded = prepared(home, asked.cases)
            print(f"{loaded['cases']:,} cases, {loaded['rows']:,} rows, {loaded['relationships']:,} relationships: "
                  f"loaded in {loaded['seconds']} s ({loaded['steps']}), {loaded['data_mib']:,} MiB of data, "
                  f"server started in {loaded['start_s']} s")  # fmt: skip
            with bootstrap.platform(Settings(home=home)) as platform:
                found |= {"cores": os.cpu_count(), "load": loaded}
                run(platform, asked.many, asked.only, asked.rounds, asked.person, found)
        finally:
            managed(home).stop()
            if asked.json:
                asked.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
