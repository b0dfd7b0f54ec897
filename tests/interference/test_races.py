"""Every route that reads, while rights are withdrawn: nothing written after that is ever received.

The interleavings are scheduled, never left to luck: between any two statements of a read, and before the look at the
epoch that closes it, rights are withdrawn and then something is written that may not be seen any more. Reads take no
locks, so all of it happens in one thread, in a fixed order. Each route is tried at each of its statements.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from icmgraph.errors import Unavailable
from icmgraph.queries.catalogue import Access
from icmgraph.queries.gateway import Gateway, Row, Transaction
from icmgraph.queries.session import READ_TRIES
from tests.api.test_access import (
    ALICE,
    ANA,
    BOB,
    DOCKS,
    HARBOR,
    LINK,
    MEETING,
    PHONE,
    REPORT,
    ROSA,
    TOM,
    TOM_ON_DOCKS,
    VAN,
    WIRE,
)  # fmt: skip
from tests.interference.served import ASKS, Served
from tests.interference.stage import ZOE, Ask, asks, load
from tests.platform import Caller

AFTERMATH = "Aftermath"
"""Stands in every value that is written after the withdrawal."""
READERS = {"unassigned": TOM, "restricted": ANA, "case under a caveat": ANA, "records under a caveat": ANA}


@dataclass
class Schedule:
    """Runs ``act`` before one statement of the reads of a request, and counts them.

    Attributes:
        at: which; 0 is the first of the first transaction, None none.
        always: before the closing look of every transaction instead.
        first: how many the first transaction has.
    """

    act: Callable[[], None]
    at: int | None = None
    always: bool = False
    statements: int = 0
    transactions: int = 0
    first: int = 0
    _acting: bool = field(default=False, repr=False)

    def before(self, name: str) -> None:
        if self._acting:
            return
        due = name == "read_epoch" if self.always else self.statements == self.at
        self.statements += 1
        if self.transactions == 1:
            self.first = self.statements
        if due:
            self._acting = True
            self.act()
            self._acting = False

    @contextmanager
    def running(self, patch: pytest.MonkeyPatch) -> Iterator[None]:
        read, run = Gateway.read, Transaction._run
        of_request: list[Transaction] = []

        def reading(gateway: Gateway, work: Callable[[Transaction], Any], **options: Any) -> Any:
            def unit(tx: Transaction) -> Any:
                if not self._acting:
                    self.transactions += 1
                    of_request.append(tx)
                return work(tx)

            return read(gateway, unit, **options)

        def running(tx: Transaction, name: str, access: Access, parameters: dict[str, Any]) -> list[Row]:
            if tx in of_request:
                self.before(name)
            return run(tx, name, access, parameters)

        with patch.context() as patched:
            patched.setattr(Gateway, "read", reading)
            patched.setattr(Transaction, "_run", running)
            yield


@dataclass
class Withdrawal:
    """Rights end, and then everything that a route may show is written to, by who still sees it.

    ``written``: ids of what was.
    """

    served: Served
    how: str
    written: set[str] = field(default_factory=set)

    def __call__(self) -> None:
        alice, zoe = (Caller(self.served.client, self.served.home, who) for who in (ALICE, ZOE))
        match self.how:
            case "unassigned":
                zoe.ok("DELETE", f"/v1/cases/{DOCKS}/assignments/{TOM_ON_DOCKS}")
            case "restricted":
                alice.ok("PUT", f"/v1/cases/{DOCKS}/openness", {"units": []})
            case "case under a caveat":
                alice.ok("POST", f"/v1/records/{DOCKS}/caveats", {"case": DOCKS, "caveat": WIRE})
            case "records under a caveat":
                for id in (ROSA, VAN, REPORT, MEETING):
                    alice.ok("POST", f"/v1/records/{id}/caveats", {"case": DOCKS, "caveat": WIRE})
            case how:
                raise AssertionError(how)
        self._write(alice, zoe)

    def _write(self, alice: Caller, zoe: Caller) -> None:
        name = {"kind": "name", "value": f"Rosa {AFTERMATH}"}
        on_records = self.how == "records under a caveat"
        caveats = {"caveats": [WIRE]} if on_records else {}
        new = {"kind": "Person", "attributes": [name], "identifiers": [PHONE], **caveats}
        for method, path, body in (
            ("POST", f"/v1/cases/{DOCKS}/subjects", new),
            ("PATCH", f"/v1/subjects/{ROSA}", {"case": DOCKS, "attributes": [name], "identifiers": [PHONE]}),
            ("PATCH", f"/v1/documents/{REPORT}", {"case": DOCKS, "title": AFTERMATH}),
            ("PATCH", f"/v1/events/{MEETING}", {"case": DOCKS, "description": AFTERMATH}),
            ("POST", "/v1/assertions", {**LINK, "kind": AFTERMATH}),
            ("POST", f"/v1/cases/{DOCKS}/documents", {"kind": "report", "title": AFTERMATH, **caveats}),
            ("POST", f"/v1/cases/{DOCKS}/events", {"kind": "meeting", "description": AFTERMATH, **caveats}),
        ):
            self._note(alice.ok(method, path, body))
        if not on_records:  # the case itself is still seen
            self._note(alice.ok("PATCH", f"/v1/cases/{DOCKS}", {"title": AFTERMATH}))
            self._note(zoe.ok("POST", f"/v1/cases/{DOCKS}/assignments", {"user": BOB}))

    def _note(self, created: dict[str, Any]) -> None:
        self.written |= {created["id"], *created["records"]} - {ROSA, REPORT, MEETING, DOCKS}


def reads(served: Served) -> list[Ask]:
    """All that read of the graph: those of checks too, before they write."""
    found = [ask for ask in asks(served) if ask.route.access in ("scoped", "personal") or ask.name in ASKS]
    return [ask for ask in found if "GET" in (ask.route.methods or ()) or ask.route.access != "personal"]


def told(ask: Ask, response: Any) -> Any:
    """What it answers; of a check what it shows of the graph, since its receipt is a new one each time."""
    body = response.json()["records"] if ask.name in ASKS and response.is_success else response.content
    return response.status_code, body


@pytest.mark.parametrize(
    "how", [how if how == "restricted" else pytest.param(how, marks=pytest.mark.long) for how in READERS]
)
def test_nothing_written_after_rights_went_is_received(
    served: Served, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    me = READERS[how]
    changed = 0
    for ask in reads(served):
        load(served)
        served.platform.policy.resolve(me)  # remembered, as it is by the time the rights go
        undisturbed = Schedule(lambda: None)
        with undisturbed.running(monkeypatch):
            before = told(ask, ask.sent(served, me))
        for at in range(undisturbed.statements):
            where = f"{ask.name}, before statement {at} of {undisturbed.statements}"
            load(served)
            served.platform.policy.resolve(me)
            withdrawal = Withdrawal(served, how)
            with Schedule(withdrawal, at).running(monkeypatch):
                answer = ask.sent(served, me)
            assert withdrawal.written, where
            assert AFTERMATH not in answer.text, where
            assert not [id for id in withdrawal.written if id in answer.text], where
            received, after = told(ask, answer), told(ask, ask.sent(served, me))
            # Of a route that reads twice (a chart, and whose it is) the first read was over when the rights went.
            assert received == after or (at >= undisturbed.first and received == before), where
            changed += after != before
    assert changed, "what these routes answer must hang on it"


@dataclass
class Turns:
    """Restricts a case and opens it again, in turns."""

    served: Served
    done: int = 0

    def __call__(self) -> None:
        self.done += 1
        units = [] if self.done % 2 else [HARBOR]
        Caller(self.served.client, self.served.home, ZOE).ok("PUT", f"/v1/cases/{DOCKS}/openness", {"units": units})


@pytest.mark.parametrize("me", [ANA, ALICE])
def test_while_labels_keep_moving_all_routes_give_one_fixed_answer(
    served: Served, monkeypatch: pytest.MonkeyPatch, me: str
) -> None:
    """Three times begun again, then 503: the same bytes from every route, whatever it had read."""
    answers = set()
    for ask in reads(served):
        if ask.route.access != "scoped":
            continue
        load(served)
        turns = Turns(served)
        with Schedule(turns, always=True).running(monkeypatch):
            answer = ask.sent(served, me)
        assert turns.done >= READ_TRIES, ask.name
        answers.add((answer.status_code, answer.content))
    assert len(answers) == 1, answers
    ((status, content),) = answers
    assert status == Unavailable.status
    assert str(Unavailable()).encode() in content
