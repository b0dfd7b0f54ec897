"""``make bench-timing``: what the time of an answer tells of what is hidden, through the API, in pairs.

One person of one office, who sees its cases. Asked is for hidden ids and for ids that nobody has; and for visible
subjects whose answers are equally long, with 0, 10 and 10,000 hidden holders of their identifier and name and as many
hidden links at them, each with a case of its own: a walk from one does not come by another's. The requests of a pair
take turns in random order. Told of each pair: both medians, and how often the second took longer than the first (0.50:
the time tells nothing; 1.00: one request tells). The API leaves a check's answer at its moment as an operator's does.
ARGS="--rounds 20 --hidden 1000" measures less.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from icmgraph.api.app import create_app
from icmgraph.api.tokens import LocalIssuer
from icmgraph.settings import Settings
from tests.conftest import small_neo4j
from tests.interference.asking import ABSENT
from tests.platform import listening, opened
from tests.watchdog import guarded_folder
from tests.worlds.loader import Graph
from tests.worlds.world import Build, Key

WARM = 30
"""Rounds before the ones that count."""
CHECKS = 40
"""Rounds of checks, whose answers wait for their moment."""
WARM_CHECKS = 3
HOLDERS = 50
"""Hidden cases that the hidden records are of."""


@dataclass(frozen=True)
class Ask:
    method: str
    path: str
    body: Any = None


@dataclass(frozen=True)
class Pair:
    """Two requests that must not be told apart. ``alike``: nor may their answers, in status and length."""

    what: str
    one: Ask
    other: Ask
    alike: bool = True


@dataclass(frozen=True)
class Told:
    """Of two lists of seconds: the medians, and how often the second of two took longer (halves for ties)."""

    one: float
    other: float
    longer: float

    @classmethod
    def of(cls, one: Sequence[float], other: Sequence[float]) -> Told:
        longer = sum((b > a) + (b == a) / 2 for a in one for b in other)
        return cls(statistics.median(one), statistics.median(other), longer / (len(one) * len(other)))


@dataclass(frozen=True)
class Made:
    """A world in which everything is asked for, and who asks."""

    build: Build
    me: str
    hidden: dict[str, str]
    """By label, a record that the person does not see."""
    near: dict[int, tuple[str, str, Key, str]]
    """By the number of hidden holders: two visible subjects, their identifier, their name."""


def world(counts: Sequence[int]) -> Made:
    b = Build()
    office, away = b.unit("Office"), b.unit("Away")
    me = b.user("Ann Asker")
    b.member(me, office)
    other = b.user("Otto Other")
    theirs = [b.case(f"Theirs {number}", away) for number in range(HOLDERS)]
    for case in theirs:
        b.assign(other, case, agent=True)
    hid = [b.own((case,)) for case in theirs]
    near: dict[int, tuple[str, str, Key, str]] = {}
    for count in counts:
        key, name = Key("phone", f"+1202555{len(near):04}"), f"Wenzel {'ABCDEFGHIJ'[len(near)] * 4}stein"
        mine = b.case(f"Mine {len(near)}", office)
        b.assign(me, mine, agent=True)
        own = b.own((mine,))
        one, two = b.subject(own), b.subject(own)
        b.attribute(own, one, "name", name)
        for subject in (one, two):
            b.identifier(own, subject, key)
        b.link("LINKED_TO", own, one, two, kind="calls")
        for number in range(count):
            by = hid[number % HOLDERS]
            holder = b.subject(by)
            b.attribute(by, holder, "name", name)
            b.identifier(by, holder, key)
            b.link("LINKED_TO", by, holder, one, kind="calls")
        near[count] = (one, two, key, name)
    by = hid[0]
    b.identifier(by, subject := b.subject(by), Key("phone", "+12025559999"))
    hidden = {"Case": theirs[0], "Subject": subject, "Document": b.document(by, "Report"), "Event": b.event(by)}
    return Made(b, me, hidden, near)


def absent_or_hidden(made: Made) -> Iterator[Pair]:
    """Each way to ask by an id."""
    visible = made.near[0][0]
    paths = {
        "Case": ("/v1/cases/{}", "/v1/cases/{}/records", "/v1/cases/{}/connected", "/v1/cases/{}/assignments"),
        "Subject": (
            "/v1/subjects/{}",
            "/v1/subjects/{}/neighbours",
            "/v1/records/{}/history",
            "/v1/access/explain?id={}",
        ),
        "Document": ("/v1/documents/{}",),
        "Event": ("/v1/events/{}",),
    }
    for label, asked in paths.items():
        for path in asked:
            absent, hidden = (Ask("GET", path.format(id)) for id in (ABSENT, made.hidden[label]))
            yield Pair(f"GET {path.format('{id}')}", absent, hidden)
    bodies: dict[str, Callable[[str], Any]] = {
        "/v1/expand": lambda id: {"start": id, "depth": 2},
        "/v1/paths": lambda id: {"start": visible, "end": id},
    }
    for path, body in bodies.items():
        absent, hidden = (Ask("POST", path, body(id)) for id in (ABSENT, made.hidden["Subject"]))
        yield Pair(f"POST {path}", absent, hidden)


def beside_hidden(made: Made, count: int) -> Iterator[Pair]:
    """Each question whose answer stands beside what is hidden: with none of it, and with so much."""

    def asked(number: int) -> Iterator[Ask]:
        one, two, key, name = made.near[number]
        selector = {"kind": key.kind, "value": key.value}
        yield Ask("POST", "/v1/search/identifiers", {"selectors": [selector]})
        yield Ask("POST", "/v1/search/names", {"name": name})
        yield Ask("GET", f"/v1/subjects/{one}")
        yield Ask("GET", f"/v1/subjects/{one}/neighbours")
        yield Ask("POST", "/v1/expand", {"start": one, "depth": 2})
        yield Ask("POST", "/v1/paths", {"start": one, "end": two})

    names = ("search an identifier", "search a name", "a subject", "neighbours", "expand, depth 2", "a path")
    for name, one, other in zip(names, asked(0), asked(count), strict=True):
        yield Pair(name, one, other)


def checks(made: Made) -> Iterator[Pair]:
    def asked(key: str) -> Ask:
        return Ask("POST", "/v1/checks", {"selectors": [{"kind": "phone", "value": key}], "reason": "a measure"})

    most = made.near[max(made.near)][2]
    yield Pair("a check: nobody, one hidden holder", asked("+12025558888"), asked("+12025559999"), False)
    yield Pair(f"a check: nobody, {max(made.near):,} hidden holders", asked("+12025558888"), asked(most.value), False)


def measured(client: httpx.Client, pair: Pair, rounds: int, warm: int, rng: random.Random) -> Told:
    seconds: tuple[list[float], list[float]] = ([], [])
    answers: list[set[tuple[int, int]]] = [set(), set()]
    for number in range(warm + rounds):
        for side in rng.sample((0, 1), 2):
            ask = (pair.one, pair.other)[side]
            began = time.perf_counter()
            response = client.request(ask.method, ask.path, json=ask.body)
            took = time.perf_counter() - began
            answers[side].add((response.status_code, len(response.content)))
            if number >= warm:
                seconds[side].append(took)
    if pair.alike:
        assert answers[0] == answers[1], f"{pair.what}: {answers}"
    return Told.of(*seconds)


@contextmanager
def served(graph: Graph, home: Path, me: str) -> Iterator[httpx.Client]:
    with (
        opened(graph.gateway, home, check_answer_ms=Settings().check_answer_ms) as platform,
        listening(create_app(platform)) as address,
    ):
        token = LocalIssuer.create(home).issue(me)
        with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
            yield client


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--rounds", type=int, default=100)
    given.add_argument("--hidden", type=int, default=10_000)
    asked = given.parse_args()
    counts = (0, 10, asked.hidden)
    with guarded_folder(None) as home:
        at = small_neo4j(home, heap="2g", page_cache="512m", transaction_memory="1536m", java_flags=()).start()
        graph = Graph.at(at.uri, at.user, at.password, at.database)
        made = world(counts)
        graph.load(made.build.world())
        rng = random.Random(0)
        with served(graph, home, made.me) as client:
            few = min(CHECKS, asked.rounds)
            sets = [
                ("absent, hidden", absent_or_hidden(made), asked.rounds, WARM),
                *((f"0 hidden, {n:,} hidden", beside_hidden(made, n), asked.rounds, WARM) for n in counts[1:]),
                ("no match, match", checks(made), few, WARM_CHECKS),
            ]
            print(f"| {asked.rounds} rounds; {few} of checks | first, ms | second, ms | second longer |")
            print("|---|--:|--:|--:|")
            for title, pairs, rounds, warm in sets:
                print(f"| **{title}** | | | |")
                for pair in pairs:
                    told = measured(client, pair, rounds, warm, rng)
                    print(
                        f"| {pair.what} | {told.one * 1e3:.1f} | {told.other * 1e3:.1f} | {told.longer:.2f} |",
                        flush=True,
                    )
        graph.close()


if __name__ == "__main__":
    main()
