"""Two bureaux for tests of deconfliction: who asks (West) sees nothing of what the others (East) hold.

``Bureau`` collects a world with ``b`` (tests.worlds.world.Build), loads it, and hands out the services.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from icmgraph.audit import AuditStore
from icmgraph.model.answers import CheckAnswer, NoticeCard
from icmgraph.model.checks import CheckInput
from icmgraph.model.source import Source, SourceFactory
from icmgraph.queries.cursors import Cursors
from icmgraph.queries.deconfliction import Deconfliction
from icmgraph.queries.inbox import Inbox
from icmgraph.queries.notices import NoticeWorker
from icmgraph.queries.policy import Policy
from icmgraph.queries.session import Session, Sessions
from tests.worlds.loader import Graph
from tests.worlds.world import Build, Key

PHONE = Key("phone", "+12025550143")
WRITTEN = "+1 202 555 0143"
KEY = b"an invented deployment key"
DESK = "Desk, +1 202 555 0199"
NOW = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)


class Still:
    """A source whose randomness is seeded and whose clocks stand still until they are moved."""

    def __init__(self, seed: str = "") -> None:
        self._random = random.Random(seed)
        self.moment = 100.0
        self.waited: list[float] = []

    def uuid(self) -> str:
        text = f"{self._random.getrandbits(128):032x}"
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-8{text[17:20]}-{text[20:]}"

    def nonce(self) -> str:
        return f"nonce-{self._random.getrandbits(192):048x}"

    def now(self) -> datetime:
        return NOW

    def wait_until(self, moment: float) -> None:
        self.waited.append(moment)
        self.moment = max(self.moment, moment)

    def monotonic(self) -> float:
        return self.moment


class Stills:
    """A factory whose streams are the same in every bureau, call by call; ``last`` is the newest."""

    def __init__(self) -> None:
        self.last = Still()
        self._calls = Counter[tuple[str, str]]()

    def __call__(self, person: str, action: str) -> Source:
        self._calls[person, action] += 1
        self.last = Still(f"{person} {action} {self._calls[person, action]}")
        return self.last


class Later(Still):
    """When the checks of ``NOW`` are due."""

    def now(self) -> datetime:
        return datetime(2024, 5, 6, 8, tzinfo=UTC)


class Bureau:
    """West asks: Ann the agent, Will the analyst. East holds: Ed the agent of ``case``, Eve his colleague."""

    def __init__(self, graph: Graph, folder: Path, source: SourceFactory | None = None) -> None:
        self.graph, self.folder = graph, folder
        self.source: Any = source or Stills()
        self.b = b = Build()
        self.top = b.unit("Top")
        self.west, self.east = b.unit("West", self.top), b.unit("East", self.top)
        self.ann = self.person("Ann", self.west)
        self.will = self.person("Will", self.west, "analyst")
        self.ed, self.eve = self.person("Ed", self.east), self.person("Eve", self.east)
        self.desk = self.person("Desk", self.top, "analyst", desk=True)

    def person(self, name: str, unit: str, user_class: str = "agent", **facts: Any) -> str:
        id = self.b.user(name, user_class, **{"contact": f"{name}, +1 202 555 0100", **facts})
        self.b.member(id, unit)
        return id

    def case(self, agent: str | None = None, *caveats: str, unit: str | None = None, **facts: Any) -> str:
        """A case open to nobody, of East and Ed unless said otherwise; ``agent=""``: nobody's."""
        case = self.b.case("A secret title", unit or self.east, caveats=caveats, **facts)
        if agent != "":
            self.b.assign(agent or self.ed, case, agent=True)
        return case

    def phone(self, case: str, *caveats: str, key: Key = PHONE, **subject: Any) -> str:
        """A subject of ``case`` with the phone; the caveats are on the phone alone."""
        id = self.b.subject(self.b.own((case,)), **subject)
        self.b.identifier(self.b.own((case,), caveats=caveats), id, key)
        return id

    def named(self, case: str, name: str, birth_date: str | None = None, *caveats: str, **subject: Any) -> str:
        """A subject of ``case`` with a name; the caveats are on the birth date alone."""
        id = self.b.subject(self.b.own((case,)), **subject)
        self.b.attribute(self.b.own((case,)), id, "name", name)
        if birth_date:
            self.b.attribute(self.b.own((case,), caveats=caveats), id, "birth_date", birth_date)
        return id

    def load(self, seed: int = 0) -> Self:
        self.graph.load(self.b.world(), seed=seed)
        self.audit = AuditStore(f"sqlite:///{self.folder / f'audit-{random.getrandbits(64)}.db'}", KEY)
        self.sessions = Sessions(self.graph.gateway, Policy(self.graph.gateway), self.audit, self.source)
        return self

    def session(self, user: str | None = None) -> Session:
        return self.sessions.of(user or self.ann)

    def deconfliction(self, user: str | None = None, answer_ms: int = 1000) -> Deconfliction:
        return Deconfliction(self.session(user), key=KEY, answer_ms=answer_ms, receipt_days=30, desk_contact=DESK)

    def inbox(self, user: str) -> Inbox:
        return Inbox(self.session(user), Cursors(KEY))

    def check(self, user: str | None = None, question: CheckInput | None = None) -> CheckAnswer:
        return self.deconfliction(user).check(question or phone(), 100.0)

    def worker(self, source: Callable[[], Source] = Later) -> NoticeWorker:
        return NoticeWorker(
            self.graph.gateway, self.audit, lambda person, action: source(), key=KEY, desk_contact=DESK, poll_s=0.05
        )

    def notices(self, user: str) -> list[NoticeCard]:
        return self.inbox(user).notices().items

    def told(self, user: str) -> list[str]:
        """Cases that the person's notices are about, sorted."""
        return sorted(notice.body["case"] for notice in self.notices(user))

    def checks(self) -> list[dict[str, Any]]:
        """Properties of the stored checks; but their acts, which the audit numbers at random."""
        return [row["p"] for row in self.graph.run("MATCH (c:Check) RETURN c {.*, act: null} AS p ORDER BY c.receipt")]


def question(**parts: Any) -> CheckInput:
    return CheckInput(**{"reason": "before opening a case", **parts})


def phone(*more: str) -> CheckInput:
    return question(selectors=tuple({"kind": "phone", "value": value} for value in (WRITTEN, *more)))


def name(written: str, **known: Any) -> CheckInput:
    return question(names=({"name": written, **known},))
