"""``make bench-memory``: the links in memory: how long they take to read, how large they are, what walking them takes.

Then expand and paths of the same people and inputs, answered by Neo4j and from memory, which must be the same; what
need-to-know costs in memory (against the same code that sees everything); the whole graph walked with the filter and by
a bare loop over the arrays; how soon a commit is seen; expand through the API; and what the feed costs who writes.

ARGS="--cases 100000 --home DIR": the large world, kept in DIR for the next run, also that of ``make bench``.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import resource
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import end_in_order, questions, through_api
from benchmarks.asked import Asked, Drawing
from benchmarks.loads import managed
from icmgraph import bootstrap
from icmgraph.api.tokens import LocalIssuer
from icmgraph.bootstrap import Platform
from icmgraph.local_neo4j import connection
from icmgraph.model.access import Scope
from icmgraph.model.adjacency import Adjacency, Bytes, Words, compiled, raw_ids, types_of
from icmgraph.model.records import WALKABLE, CaseInput, SubjectInput, SubjectKind
from icmgraph.queries.cases import Cases
from icmgraph.queries.gateway import Transaction
from icmgraph.queries.memory import Expressions, Held, Memory, Remembered
from icmgraph.queries.reader import Reader, ReaderOptions
from icmgraph.queries.session import View
from icmgraph.queries.writer import Writer
from icmgraph.settings import Settings

SETTLED_S = 600.0
WHO = ("five-offices", "everything")
ROUNDS = 9
"""Of each way to walk the whole graph; the median is told."""
WRITES = 200
WRITERS = 4
COMMITS = 20


@dataclass(frozen=True)
class Everybody:
    """The memory without need-to-know."""

    memory: Memory

    def of(self, view: View) -> Remembered | None:
        found = self.memory.of(view)
        return found and replace(found, held=seeing_all(found.held))


class AllSeen(Expressions):
    def vector(self, scope: Scope) -> Bytes:
        return np.ones(len(self.audiences), np.uint8)


def seeing_all(held: Held) -> Held:
    return replace(held, expressions=AllSeen(held.expressions.audiences))


@contextmanager
def remembering(platform: Platform) -> Iterator[Memory]:
    memory = Memory(platform.gateway, platform.keys.identifiers, patience_s=SETTLED_S)
    memory.start()
    try:
        if not memory.settle(SETTLED_S):
            raise SystemExit("the links could not be read")
        yield memory
    finally:
        memory.stop()


def say(*words: Any) -> None:
    print(*words, flush=True)


def built(platform: Platform) -> None:
    """Twice: the first time Neo4j and the disk are cold."""
    for when in ("first", "again"):
        began, before, size = time.monotonic(), time.process_time(), memory_mib()
        with remembering(platform) as memory:
            took, used = time.monotonic() - began, time.process_time() - before
            held = memory.held
            assert held
            arrays = held.arrays
            whole = arrays.nbytes + held.expressions.audiences.nbytes
            say(f"read {when}: {arrays.links:,} links of {arrays.size:,} nodes in {took:.1f} s "
                f"({arrays.links / took:,.0f} links a second; {used:.1f} s of this process), "
                f"{whole / 2**20:,.0f} MiB, {whole / arrays.links:.1f} bytes a link; "
                f"the process at its most {memory_mib():,} MiB, before {size:,}")  # fmt: skip


def memory_mib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


# -- answers


def both_ways(platform: Platform, memory: Memory, user: str, asked: Asked) -> None:
    """Milliseconds of each question, from Neo4j and from memory, audited as in operation."""
    options = ReaderOptions(platform.keys.identifiers)
    sides = [Reader(platform.sessions.of(user), one) for one in (options, replace(options, memory=memory))]
    say(questions.line("", "neo4j p50", "p95", "memory p50", "p95", "asked"))
    for question in questions.reads(asked):
        if question.name.startswith(("expand", "paths", "connected")):
            times: dict[str, tuple[list[float], list[float]]] = {}
            for number, one in enumerate((*question.inputs[: questions.WARM], *question.inputs)):
                took = [questions.milliseconds(lambda r=r: question.ask(r, one)) for r in sides]  # type: ignore[misc] # noqa: B023
                if took[0][1] != took[1][1]:
                    raise SystemExit(f"{question.name}: the answers differ for {one}")
                if number >= questions.WARM:
                    of_kind = times.setdefault(questions.told_as(question, took[0][1]), ([], []))
                    for side in (0, 1):
                        of_kind[side].append(took[side][0])
            for name, (neo4j, remembered) in sorted(times.items()):
                figures = (p(neo4j, 0.5), p(neo4j, 0.95), p(remembered, 0.5), p(remembered, 0.95))
                say(questions.line(name, *figures, len(neo4j)))


def p(times: Sequence[float], share: float) -> float:
    return round(sorted(times)[min(len(times) - 1, int(len(times) * share))], 2)


def prices(platform: Platform, memory: Memory, key: str, user: str, asked: Asked) -> None:
    """As in ``make bench``: unaudited, in turns with the same without need-to-know, in memory on both sides."""
    options, rng = ReaderOptions(platform.keys.identifiers), random.Random(2)
    with questions.unprotected(platform) as sessions:
        protected = Reader(questions.Unaudited(platform.sessions, user), replace(options, memory=memory))
        bare = Reader(questions.Unprotected(sessions, user), replace(options, memory=Everybody(memory)))
        say(f"\nprice of need-to-know in memory, {key}")
        say(questions.line("", "with ms", "without", "ratio", "of each", "asked"))
        for question in questions.reads(asked):
            if question.name.startswith(("expand", "paths")):
                found = questions.price(question, protected, bare, rng, key == "everything")
                for name, one in found.items():
                    say(questions.line(name, one.protected, one.bare, one.slower, one.ratio, one.asked))


# -- the whole graph


@compiled
def bare_loop(at: Words, others: Words, start: int, seen: Bytes, queue: Words) -> int:
    """All nodes that can be reached, whoever asks: nothing but the arrays."""
    seen[:] = 0
    queue[0] = start
    seen[start] = 1
    end = 1
    n = 0
    while n < end:
        place = queue[n]
        n += 1
        for link in range(at[place], at[place + 1]):
            other = others[link]
            if not seen[other]:
                seen[other] = 1
                queue[end] = other
                end += 1
    return end


def whole_graph(held: Held, scopes: dict[str, Scope], start: str) -> None:
    arrays, none, bits = held.arrays, np.zeros(0, np.uint8), types_of(WALKABLE)
    place = int(arrays.places(raw_ids([start]))[0])
    seen, queue = np.zeros(arrays.size, np.uint8), np.empty(arrays.size, np.uint32)

    def times(work: Callable[[], int]) -> tuple[float, int]:
        met = work()
        return statistics.median(questions.milliseconds(work)[0] for _ in range(ROUNDS)), met

    bare, all_ = times(lambda: bare_loop(arrays.at, arrays.others, place, seen, queue))
    say(f"\nthe whole graph, bare loop: {bare:.0f} ms, {all_:,} nodes met")
    vectors = {"who sees all": np.ones(len(held.expressions.audiences), np.uint8)}
    vectors |= {key: held.expressions.vector(scope) for key, scope in scopes.items()}
    for key, allow in vectors.items():
        took, met = times(lambda: int(arrays.reach(place, none, allow, bits, 100).sum()))  # noqa: B023
        of = f", {took / bare:.2f} times the bare loop" if met == all_ else ""
        say(f"the whole graph, filtered, {key}: {took:.0f} ms, {met:,} nodes met{of}")
    counts = {key: expand_layers(arrays, place, allow) for key, allow in vectors.items()}
    for key, (took, met) in counts.items():
        say(f"four layers from one node, {key}: {took:.2f} ms, {met:,} nodes met")
    for key, scope in scopes.items():
        took, _ = times(lambda: len(Expressions(held.expressions.audiences).vector(scope)))  # noqa: B023
        say(f"an allow vector, {key}: {took:.2f} ms")


def expand_layers(arrays: Adjacency, place: int, allow: Bytes) -> tuple[float, int]:
    def reached() -> int:
        return int(arrays.reach(place, np.zeros(0, np.uint8), allow, types_of(WALKABLE), 4).sum())

    return statistics.median(questions.milliseconds(reached)[0] for _ in range(ROUNDS)), reached()


# -- writing


def commits(platform: Platform, memory: Memory, user: str) -> None:
    """How long after an act has answered its links are in memory; and what merging all there is takes."""
    writer, case = Writer(platform.sessions.of(user)), a_case(platform, user)
    waits = []
    for _ in range(COMMITS):
        writer.add_subject(case, SubjectInput(kind=SubjectKind.PERSON))
        took, settled = questions.milliseconds(lambda: memory.settle(SETTLED_S))
        assert settled
        waits.append(took)
    say(f"\na commit is in memory after {statistics.median(waits):.1f} ms, at most {max(waits):.1f}")
    held = memory.held
    assert held
    took, _ = questions.milliseconds(held.merged)
    say(f"merged into new arrays in {took / 1000:.1f} s, beside the questions")


def a_case(platform: Platform, user: str) -> str:
    unit = platform.policy.resolve(user).person.member_of[0].id
    number = f"BENCH-{random.randrange(10**9)}"
    opened = CaseInput(number=number, title="A synthetic case", unit=unit, override="a benchmark")
    return Cases(platform.sessions.of(user)).open(opened).id


def feed(platform: Platform, user: str) -> None:
    """Subjects added a second by several at once, each in a case of its own, with the feed and without."""
    cases = [a_case(platform, user) for _ in range(WRITERS)]
    tell = Transaction.tell
    rates: dict[str, list[float]] = {"with": [], "without": []}
    for _ in range(3):
        for side in rates:
            Transaction.tell = tell if side == "with" else (lambda tx: None)  # type: ignore[method-assign, assignment]
            try:
                began = time.monotonic()
                threads = [threading.Thread(target=add, args=(platform, user, case)) for case in cases]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
                rates[side].append(WRITES / (time.monotonic() - began))
            finally:
                Transaction.tell = tell  # type: ignore[method-assign]
    told = {side: statistics.median(found) for side, found in rates.items()}
    say(f"subjects added a second, {WRITERS} at once: {told['with']:.0f} with the feed, {told['without']:.0f} without")


def add(platform: Platform, user: str, case: str) -> None:
    writer = Writer(platform.sessions.of(user))
    for _ in range(WRITES // WRITERS):
        writer.add_subject(case, SubjectInput(kind=SubjectKind.PERSON))


# -- through the API


def api(platform: Platform, user: str, asked: Asked) -> None:
    token = LocalIssuer.create(platform.settings.home).issue(user)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    for memory in ("true", "false"):
        os.environ["ICM_MEMORY"] = memory
        with (
            through_api.served(platform) as served,
            closing(http.client.HTTPConnection("127.0.0.1", served.port)) as to,
        ):
            if memory == "true":
                time.sleep(60)  # until the links are read
            for depth in (3, 4):
                times = []
                for number, start in enumerate((*asked.subjects[: questions.WARM], *asked.subjects)):
                    body = json.dumps({"start": start, "depth": depth})
                    began = time.perf_counter()
                    to.request("POST", "/v1/expand", body, headers)
                    response = to.getresponse()
                    response.read()
                    assert response.status == 200, response.status
                    if number >= questions.WARM:
                        times.append((time.perf_counter() - began) * 1000)
                say(f"depth {depth} through the API, ICM_MEMORY={memory}: {p(times, 0.5)} ms p50, {p(times, 0.95)} p95")
    del os.environ["ICM_MEMORY"]


def run(platform: Platform, many: int, write: bool) -> None:
    users = questions.users_of(platform, ())
    built(platform)
    scopes = {key: platform.policy.resolve(users[key]).scope for key in WHO}
    drawn = {key: Drawing(connection(platform.settings), scopes[key], random.Random(1)).draw(many) for key in WHO}
    with remembering(platform) as memory:
        held = memory.held
        assert held
        whole_graph(held, scopes, drawn["everything"].subjects[0])
        for key in WHO:
            say(f"\n{key}")
            both_ways(platform, memory, users[key], drawn[key])
        for key in WHO:
            prices(platform, memory, key, users[key], drawn[key])
        if write:
            commits(platform, memory, users["one-office"])
    if write:
        feed(platform, users["one-office"])
    api(platform, users["five-offices"], drawn["five-offices"])


def main() -> None:
    given = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    given.add_argument("--cases", type=int, default=10_000)
    given.add_argument("--many", type=int, default=100, help="inputs of each question")
    given.add_argument("--home", type=Path, help="keep the world here, and use the one that is there")
    given.add_argument("--no-writes", action="store_true", help="leave the world as it is")
    asked = given.parse_args()
    end_in_order()
    with tempfile.TemporaryDirectory(prefix="icmgraph-bench-") as folder:
        home = questions.home_in(asked.home or Path(folder))
        try:
            questions.prepared(home, asked.cases)
            with bootstrap.platform(Settings(home=home)) as platform:
                say(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
                run(platform, asked.many, not asked.no_writes)
        finally:
            managed(home).stop()


if __name__ == "__main__":
    main()
