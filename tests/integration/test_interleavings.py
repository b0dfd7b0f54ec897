"""Random interleavings of what two to four parties do, and of the workers' turns, end where a plain model ends.

No notice lost, none twice; one conflict for two that met, with the sides that may know of it: after retries, with
workers that die anywhere or run two at once. The model is in parties.py. The everyday suite runs some interleavings;
ICM_TEST_INTERLEAVINGS says how many more.
"""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from icmgraph.errors import Conflict, FunctionRefused
from icmgraph.model.answers import Registered
from icmgraph.model.checks import EVENT, CheckInput, RegistrationChange, RegistrationInput, RenewInput
from icmgraph.queries.cursors import Cursors
from icmgraph.queries.deconfliction import Deconfliction
from icmgraph.queries.gateway import Row, Transaction
from icmgraph.queries.once import Once
from icmgraph.queries.registrations import Registrations
from icmgraph.queries.session import Conditions
from tests.integration.bureau import DESK, KEY
from tests.integration.parties import Entry, Model, Party, Question, Selector, shape, text
from tests.integration.registering import THEN, AfterThen, Register
from tests.worlds.fixtures import graph as graph
from tests.worlds.loader import Graph

INTERLEAVINGS = int(os.environ.get("ICM_TEST_INTERLEAVINGS", "100"))
AT_ONCE = min(50, INTERLEAVINGS)
"""In the database at once, each with parties and selectors of its own; a worker's turn is for all of them."""
ACTS = 12
"""Of one interleaving, at most; but for the workers' turns."""


class Killed(BaseException):
    """The worker is no more."""


@dataclass
class Group:
    """Parties that seek the same. ``plans``: of those that plan operations at one place, on two days; else none."""

    random: random.Random
    people: list[Party]
    selectors: list[Selector]
    plans: list[Selector]
    model: Model
    left: int

    def one(self, choices: Any) -> Any:
        return self.random.choice(sorted(choices, key=str))

    def question(self) -> list[Selector]:
        if self.plans:
            return [*self.random.sample(self.selectors, self.one((0, 1))), self.one(self.plans)]
        return self.random.sample(self.selectors, self.one((1, 1, 2)))


def said(selectors: list[Selector]) -> dict[str, Any]:
    found = tuple({"kind": kind, "value": value} for kind, value in selectors if kind != EVENT)
    events = [json.loads(value) for kind, value in selectors if kind == EVENT]
    return {"selectors": found, **({"event": events[0]} if events else {}), "reason": "a lead"}


def plan(number: int, days: int) -> Selector:
    return EVENT, json.dumps(
        {"latitude": float(number), "longitude": 0.0, "starts": (THEN + timedelta(days=days)).isoformat()}
    )


class Floor(Register):
    """All groups, and the workers. ``done``: how often what was."""

    pool: ThreadPoolExecutor
    done: Counter[str]

    def groups(self, rng: random.Random) -> list[Group]:
        made = []
        for number in range(AT_ONCE):
            names = [f"Party {number}-{letter}" for letter in "abcd"[: rng.randint(2, 4)]]
            people = [Party(self.person(name, self.west, contact=name), name) for name in names]
            # Two digits apart from those of any other group, or they were near misses.
            selectors = [("phone", f"+1 202 555 {number:02}{number:02}"), ("plate", f"XK {number:04}")]
            plans = [plan(number, 1), plan(number, 3)] if number % 3 == 0 else []
            if plans:
                selectors = selectors[1:]
            left = rng.randint(4, ACTS)
            made.append(Group(random.Random(rng.random()), people, selectors, plans, Model(DESK), left))
        return made

    # -- what a party does

    def act(self, group: Group) -> None:
        acts: list[Callable[[Group], None]] = [
            self.enter, self.enter, self.at_once, self.again, self.ask, self.edit, self.edit, self.withdraw, self.renew,
            self.expire,
        ]  # fmt: skip
        act = group.random.choice(acts)
        self.done[act.__name__] += 1
        act(group)

    def _asks(self, group: Group) -> tuple[Party, str, list[Selector]]:
        modes = ("open", "open", "brokered") if group.plans else ("open", "open", "brokered", "silent")
        return group.one(group.people), group.one(modes), group.question()

    def _handle(
        self, by: Party, mode: str, conditions: Conditions | None = None
    ) -> tuple[Deconfliction, dict[str, Any]]:
        """Who asks, and what they say of their mode: silence is the leader's to ask."""
        user = self.lead if mode == "silent" else by.id
        session = self.sessions.of(user, conditions) if conditions else self.session(user)
        handle = Deconfliction(session, key=KEY, answer_ms=1000, receipt_days=30, desk_contact=DESK, daily=10**6)
        return handle, {"mode": mode, **({"on_behalf_of": by.id} if mode == "silent" else {})}

    def _register(
        self, by: Party, mode: str, sought: list[Selector], conditions: Conditions | None = None
    ) -> Registered:
        handle, given = self._handle(by, mode, conditions)
        return handle.register(RegistrationInput.model_validate({**said(sought), **given}), 100.0)

    def _entered(self, group: Group, by: Party, mode: str, sought: list[Selector], answer: Registered) -> None:
        entry = Entry(answer.registration, by, mode, answer.reference, sought)
        group.model.entries[entry.id] = entry
        group.model.pending.append(Question(answer.receipt, by, mode, answer.reference, sought, entry))

    def enter(self, group: Group) -> None:
        by, mode, sought = self._asks(group)
        expected = group.model.pointers(by, sought)
        answer = self._register(by, mode, sought)
        assert [(one.selector, one.contact) for one in answer.pointers] == expected
        self._entered(group, by, mode, sought, answer)

    def at_once(self, group: Group) -> None:
        """Two in the same second."""
        asked = [self._asks(group) for _ in range(2)]
        for given, answer in zip(asked, self.pool.map(lambda one: self._register(*one), asked), strict=True):
            self._entered(group, *given, answer)

    def again(self, group: Group) -> None:
        """The same request twice, one after the other or at once."""
        by, mode, sought = self._asks(group)
        key = Once.of(KEY, by.id, f"k{group.random.random()}", f"{mode} {sought}")
        call = partial(self._register, by, mode, sought, Conditions(once=key))
        answers = (
            list(self.pool.map(lambda call: call(), [call, call])) if group.one((True, False)) else [call(), call()]
        )
        assert answers[0].registration == answers[1].registration
        self._entered(group, by, mode, sought, answers[0])

    def ask(self, group: Group) -> None:
        by, mode, sought = self._asks(group)
        expected = group.model.pointers(by, sought)
        handle, given = self._handle(by, mode)
        answer = handle.check(CheckInput.model_validate({**said(sought), **given}), 100.0)
        assert [(one.selector, one.contact) for one in answer.pointers] == expected
        group.model.pending.append(Question(answer.receipt, by, mode, answer.reference, sought))

    def _of(self, group: Group) -> Entry | None:
        there = [one for one in group.model.entries.values() if not one.gone]
        return group.random.choice(there) if there else None

    def edit(self, group: Group) -> None:
        """What it seeks, perhaps how it is shown too."""
        if not (entry := self._of(group)):
            return
        sought, mode = group.question(), group.one((None, None, "open", "brokered"))
        change = RegistrationChange.model_validate({**said(sought), "mode": mode})
        handle, _ = self._handle(entry.owner, "open")
        refused = FunctionRefused if entry.mode == "silent" else Conflict
        may = entry.stands and entry.mode != "silent"
        with nullcontext() if may else pytest.raises(refused):
            answer = handle.edit(entry.id, change, 100.0)
        if may:
            mode = mode or entry.mode
            taken_out = frozenset(kind for kind, value in entry.sought if (kind, value) not in sought)
            group.model.edit(entry.id, mode, answer.reference, sought)
            asked = Question(answer.receipt, entry.owner, mode, answer.reference, sought, entry, taken_out)
            group.model.pending.append(asked)

    def withdraw(self, group: Group) -> None:
        if entry := self._of(group):
            self.registrations(entry.owner.id).withdraw(entry.id)
            group.model.withdraw(entry.id)

    def renew(self, group: Group) -> None:
        if entry := self._of(group):
            refused = FunctionRefused if entry.mode == "silent" else Conflict
            mine = Registrations(self.session(entry.owner.id), Cursors(KEY))
            may = entry.stands and entry.mode != "silent" and not group.plans
            with nullcontext() if may else pytest.raises(refused):
                mine.renew(entry.id, RenewInput(reason="still at it"))

    def expire(self, group: Group) -> None:
        if entry := self._of(group):
            past = "MATCH (r:Registration {id: $id}) SET r.expires_at = datetime.realtime() - duration('PT1S')"
            self.graph.run(past, id=entry.id)
            group.model.expire(entry.id)

    # -- the workers' turn

    def turn(self, groups: list[Group], rng: random.Random) -> None:
        """One worker, or two at once; at times one died before, in its work or just after it was committed."""
        self.done["turn"] += 1
        if rng.random() < 0.5:
            self._die(rng.randint(1, 40))
        workers = [self._worker() for _ in range(rng.choice((1, 2)))]
        list(self.pool.map(lambda worker: worker.run_once(), workers))
        self.tell()
        marks = self.graph.run("MATCH (m:Match) MATCH (c:Check {id: m.act}) RETURN m.digest AS mark, c.receipt AS act")
        acts = {row["mark"]: row["act"] for row in marks}
        for group in groups:
            group.model.tell(acts)

    def _worker(self) -> Any:
        self._turns += 1
        return self.worker(partial(AfterThen, f"worker {self._turns}"))

    def _die(self, after: int) -> None:
        worker, left = self._worker(), after
        control, write = Transaction.control, worker._gateway.write

        def dies() -> None:
            nonlocal left
            left -= 1
            if left == 0:
                self.done["killed"] += 1
                raise Killed

        def asked(tx: Transaction, name: str, /, **parameters: Any) -> list[Row]:
            rows = control(tx, name, **parameters)
            dies()
            return rows

        def written(work: Any) -> Any:
            result = write(work)
            dies()
            return result

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Transaction, "control", asked)
            patch.setattr(worker._gateway, "write", written)
            with suppress(Killed):
                worker.run_once()

    # -- what came of it

    def found(self) -> tuple[Counter[tuple[str, str]], Counter[tuple[Any, ...]], set[str]]:
        """Notices, conflicts and marks, as the model has them."""
        sides = self.graph.run(
            """MATCH (s:ConflictSide)-[:SIDE_OF]->(c:Conflict)
            RETURN c.id AS conflict, s.id AS id, s.outcome AS outcome, s.registration AS registration,
            s.contact AS contact, s.matches AS matches"""
        )
        whose = {row["id"]: row["registration"] for row in sides}
        notices: Counter[tuple[str, str]] = Counter()
        for row in self.graph.run("MATCH (n:Notice) RETURN n.body AS body, head([(n)-[:TO]->(u) | u.id]) AS user"):
            body = json.loads(row["body"])
            if "conflict" in body:
                body["conflict"] = whose[body["conflict"]]
            notices[row["user"] or "desk", text(body)] += 1
        conflicts: dict[str, list[Any]] = {}
        for row in sides:
            side = (row["registration"], row["outcome"], row["contact"], json.loads(row["matches"]))
            conflicts.setdefault(row["conflict"], []).append(side)
        marks = {row["d"] for row in self.graph.run("MATCH (m:Match) RETURN m.digest AS d")}
        return notices, Counter(map(shape, conflicts.values())), marks


@pytest.mark.parametrize("batch", range(-(-INTERLEAVINGS // AT_ONCE)))
def test_interleavings_end_where_the_model_ends(graph: Graph, tmp_path: Path, batch: int) -> None:
    rng = random.Random(batch)
    floor = Floor(graph, tmp_path)
    groups = floor.groups(rng)
    floor.load()
    floor.done = Counter[str]()
    with ThreadPoolExecutor(2) as floor.pool:
        while busy := [group for group in groups if group.left]:
            for _ in range(rng.randint(1, 2 * AT_ONCE)):
                group = rng.choice(busy)
                group.left = max(0, group.left - 1)
                floor.act(group)
            floor.turn(groups, rng)
    notices, conflicts, marks = floor.found()
    told, perhaps = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    begun = Counter[tuple[Any, ...]]()
    for group in groups:
        told += group.model.notices
        perhaps += group.model.perhaps
        begun += group.model.conflicts()
    for what, seen, wanted, may in (("notices", notices, told, perhaps), ("conflicts", conflicts, begun, Counter())):
        differences = f"{what} lost: {_lines(wanted - seen)}\ntoo many: {_lines(seen - wanted - may)}"
        assert wanted <= seen <= wanted + may, differences
    assert marks == {mark for group in groups for mark in group.model.marks}
    print(dict(floor.done), sum(notices.values()), "notices,", sum(conflicts.values()), "conflicts")


def _lines(found: Counter[Any]) -> str:
    return "".join(f"\n  {number} x {one}" for one, number in sorted(found.items(), key=str)[:10])
