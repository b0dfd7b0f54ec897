"""A bureau whose people register, at a time that the database's clock has not reached: it decides what has expired."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from icmgraph.model.answers import Registered
from icmgraph.model.checks import RegistrationInput
from icmgraph.model.source import Source
from icmgraph.queries.cursors import Cursors
from icmgraph.queries.registrations import Registrations
from tests.integration.bureau import KEY, Bureau, Still, phone
from tests.worlds.loader import Graph

THEN = datetime(2098, 1, 2, 3, 4, 5, tzinfo=UTC)


class Then(Still):
    def now(self) -> datetime:
        return THEN


class AfterThen(Still):
    def now(self) -> datetime:
        return THEN + timedelta(minutes=30)


class Moment(Still):
    """So many hours after ``THEN``, and some seconds."""

    def __init__(self, seed: str, hours: float) -> None:
        super().__init__(seed)
        self._now = THEN + timedelta(hours=hours, seconds=5)

    def now(self) -> datetime:
        return self._now


class Thens:
    """Streams that are the same in every bureau, call by call."""

    def __init__(self) -> None:
        self._calls = Counter[tuple[str, str]]()

    def __call__(self, person: str, action: str) -> Source:
        self._calls[person, action] += 1
        return Then(f"{person} {action} {self._calls[person, action]}")


class Register(Bureau):
    """A bureau whose people register."""

    def __init__(self, graph: Graph, folder: Path) -> None:
        super().__init__(graph, folder, Thens())
        self.lead = self.person("Lead", self.top, "supervisor")
        self.b.lead(self.lead, self.top)
        self._turns = 0

    def register(self, user: str, asked: Any = None, **given: Any) -> Registered:
        said = {**(asked or phone()).model_dump(exclude_unset=True), **given}
        return self.deconfliction(user).register(RegistrationInput(**said), 100.0)

    def registrations(self, user: str) -> Registrations:
        return Registrations(self.session(user), Cursors(KEY))

    def tell(self) -> None:
        """Until nothing is left to be told."""
        while self.worker(self._later).run_once():
            pass

    def _later(self) -> Source:
        # Anew each time: ids of notices must not come again.
        self._turns += 1
        return AfterThen(f"worker {self._turns}")

    def bodies(self, user: str) -> list[dict[str, Any]]:
        return [notice.body for notice in self.notices(user)]
