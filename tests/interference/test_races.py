"""Every route that reads, while rights are withdrawn: nothing written after that is ever received.

The interleavings are scheduled, never left to luck: between any two statements of a read, and before the look at the
epoch that closes it, rights are withdrawn and then something is written that may not be seen any more. Reads take no
locks, so all of it happens in one thread, in a fixed order. Each route is tried at each
of its statements (the everyday suite: at two).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from icmgraph.errors import Unavailable
from icmgraph.queries.catalogue import Access
from icmgraph.queries.gateway import Gateway, Row, Transaction
from icmgraph.queries.session import READ_TRIES
from tests.api.test_access import ALICE, ANA, DOCKS, HARBOR, MEETING, REPORT, ROSA, TOM, TOM_ON_DOCKS, WIRE
from tests.interference.served import ASKS, Served
from tests.interference.stage import ZOE, Ask, asks, load
from tests.platform import Caller
from tests.worlds.example import PHONE
from tests.worlds.world import uid

AFTERMATH = "Aftermath"
"""Stands in every value that is written after the withdrawal."""
READERS = {"unassigned": TOM, "restricted": ANA, "case under a caveat": ANA, "records under a caveat": ANA}


@dataclass
class Schedule:
    """Runs ``act`` before one statement of the reads of a request, and counts them.

    Attributes:
        at: which; 0 is the first of the first transaction, None none.
        always: before the first of every transaction instead.
        first: how many the first transaction has.
    """

    act: Callable[[], None]
    at: int | None = None
    always: bool = False
    statements: int = 0
    transactions: int = 0
    first: int = 0
    _acting: bool = field(default=False, repr=False)

    def before(self, begins: bool) -> None:
        if self._acting:
            return
        due = begins if self.always else self.statements == self.at
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
        last: list[Transaction | None] = [None]

        def reading(gateway: Gateway, work: Callable[[Transaction], Any], **options: Any) -> Any:
            def unit(tx: Transaction) -> Any:
                # The links in memory are kept in step by a thread of their own.
                if not self._acting and threading.current_thread().name.startswith("AnyIO"):
                    self.transactions += 1
                    of_request.append(tx)
                return work(tx)

            return read(gateway, unit, **options)

        def running(
            tx: Transaction, name: str, access: Access, parameters: dict[str, Any], text: str = ""
        ) -> list[Row]:
            if tx in of_request:
                self.before(begins=tx is not last[0])
                last[0] = tx
            return run(tx, name, access, parameters, text)

        with patch.context() as patched:
            patched.setattr(Gateway, "read", reading)
            patched.setattr(Transaction, "_run", running)
            yield


NEW = [uid(f"aftermath {number}") for number in range(4)]
_WRITE = """
MATCH (rosa:Subject {id: $rosa})-[m:SUBJECT_OF]->(c:Case {id: $case}), (rosa)-[h:HAS_IDENTIFIER]->(i {key: $key})
CREATE (s:Subject:Person), (s)-[m2:SUBJECT_OF]->(c), (s)-[h2:HAS_IDENTIFIER]->(i), (s)-[l:LINKED_TO]->(rosa)
SET s = rosa {.*, id: $new[0]}, m2 = m {.*, id: $new[1], role: $word}, h2 = h {.*, id: $new[2]},
  l = m {.*, id: $new[3], kind: $word}
WITH rosa, c
MATCH (rosa)-[:HAS_ATTRIBUTE]->(a:Attribute {kind: 'name'}), (d:Document {id: $report}), (e:Event {id: $meeting})
SET a.value = 'Rosa ' + $word, d.title = $word, e.description = $word
WITH c WHERE $all
SET c.title = $word
"""
"""A new subject with Rosa's phone and a link, new values in what exists; all labelled as what it hangs on is now."""


def withdrawal(served: Served, how: str) -> Callable[[], None]:
    """Rights end by the product's own act; and then everything that a route may show is written to, all at once."""

    def act() -> None:
        alice, zoe = (Caller(served.client, served.home, who) for who in (ALICE, ZOE))
        match how:
            case "unassigned":
                zoe.ok("DELETE", f"/v1/cases/{DOCKS}/assignments/{TOM_ON_DOCKS}")
            case "restricted":
                alice.ok("PUT", f"/v1/cases/{DOCKS}/openness", {"units": []})
            case "case under a caveat":
                alice.ok("POST", f"/v1/records/{DOCKS}/caveats", {"case": DOCKS, "caveat": WIRE})
            case _:
                for id in (ROSA, REPORT, MEETING):
                    alice.ok("POST", f"/v1/records/{id}/caveats", {"case": DOCKS, "caveat": WIRE})
        served.graph.run(
            _WRITE, rosa=ROSA, case=DOCKS, key=PHONE.key, report=REPORT, meeting=MEETING, new=NEW, word=AFTERMATH,
            all=how != "records under a caveat",
        )  # fmt: skip

    return act


def reads(served: Served) -> list[Ask]:
    """All that read of the graph: those of checks too, before they write."""
    found = [ask for ask in asks(served) if ask.route.access in ("scoped", "personal") or ask.name in ASKS]
    return [ask for ask in found if "GET" in (ask.route.methods or ()) or ask.route.access != "personal"]


def told(ask: Ask, response: Any) -> Any:
    """What it answers; of a check what it shows of the graph, since its receipt is a new one each time."""
    body = response.json()["records"] if ask.name in ASKS and response.is_success else response.content
    return response.status_code, body


@pytest.mark.parametrize(
    ("how", "everywhere"),
    [("unassigned", False), *(pytest.param(how, True, marks=pytest.mark.long) for how in READERS)],
)
def test_nothing_written_after_rights_went_is_received(
    served: Served, monkeypatch: pytest.MonkeyPatch, how: str, everywhere: bool
) -> None:
    """``everywhere``: before each statement; else before the one in the middle, and before the closing look."""
    me = READERS[how]
    changed = 0
    for ask in reads(served):
        load(served)
        served.platform.policy.resolve(me)  # remembered, as it is by the time the rights go
        undisturbed = Schedule(lambda: None)
        with undisturbed.running(monkeypatch):
            before = told(ask, ask.sent(served, me))
        most = undisturbed.statements
        for at in range(most) if everywhere else sorted({most // 2, most - 1}):
            where = f"{ask.name}, before statement {at} of {most}"
            load(served)
            served.platform.policy.resolve(me)
            with Schedule(withdrawal(served, how), at).running(monkeypatch):
                answer = ask.sent(served, me)
            assert served.graph.run("MATCH (s:Subject {id: $id}) RETURN s.id", id=NEW[0]), where
            assert not [word for word in (AFTERMATH, *NEW) if word in answer.text], where
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
