"""Acts that a process can be killed in: each does one thing to the world of ``make`` and counts what it passes.

``run`` is the body of a child: it kills itself when it has passed ``at`` points, or tells how many there were.
``bereaved`` has a server killed there, and lives. A point is the moment before or after a query, a commit, or a
record of the audit.
"""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from icmgraph.audit import AuditStore
from icmgraph.errors import IcmError
from icmgraph.local_neo4j import Connection
from icmgraph.model.checks import CheckInput
from icmgraph.model.records import (
    AssignmentInput,
    AttributeInput,
    CaseChange,
    CaseInput,
    CaveatInput,
    IdentifierInput,
    SameAsInput,
    ShareInput,
    SubjectChange,
    SubjectInput,
)
from icmgraph.model.source import SystemSource, system_source
from icmgraph.queries import cases as case_acts
from icmgraph.queries import catalogue
from icmgraph.queries.cases import Cases
from icmgraph.queries.deconfliction import Deconfliction
from icmgraph.queries.gateway import Gateway, Transaction
from icmgraph.queries.notices import NoticeWorker
from icmgraph.queries.operator import Operator
from icmgraph.queries.policy import Policy
from icmgraph.queries.session import Sessions
from icmgraph.queries.sharing import Sharing
from icmgraph.queries.tasks import Tasks
from icmgraph.queries.upkeep import Upkeep
from icmgraph.queries.writer import Writer
from tests.worlds.world import AGO, Build, Key, World

KEY = b"an invented deployment key, 32 b"
PHONE = Key("phone", "+12025550143")


def make() -> tuple[World, dict[str, str]]:
    """Two cases with a shared record, on which the second said something; and everybody's ids."""
    b = Build()
    top = b.unit("Top")
    north, south = b.unit("North", top), b.unit("South", top)
    al, bo, chief = b.user("Al"), b.user("Bo"), b.user("Chief", "supervisor")
    wire = b.caveat("Wire", "wiretap")
    for user, unit in ((al, north), (bo, south), (chief, top)):
        b.member(user, unit)
        b.clear(user, wire)
    b.lead(chief, top)
    a, t = b.case("A", north, (north,)), b.case("B", south)
    old = b.case("Old", north, status="closed", closed=AGO.date())
    b.assign(al, a, agent=True)
    b.assign(bo, t, agent=True)
    b.assign(al, t, functions=("read",))
    b.assign(chief, old, agent=True)
    both = b.own((a,), (t,))
    jo = b.subject(both)
    name = b.attribute(both, jo, "name", "Jo Doe")
    b.identifier(b.own((a,)), jo, PHONE)
    b.attribute(b.own((t,)), jo, "alias", "Said by B")
    ed = b.subject(b.own((t,)))
    b.identifier(b.own((t,)), ed, PHONE)
    gone = b.subject(b.own((old,), (a,)))
    b.attribute(b.own((old,)), gone, "name", "Goes")
    b.entry(b.own((a,)), "subject.add", (jo, a))
    return b.world(), {
        "al": al, "bo": bo, "chief": chief, "a": a, "b": t, "old": old, "north": north, "south": south,
        "wire": wire, "jo": jo, "ed": ed, "name": name,
    }  # fmt: skip


@dataclass
class Product:
    """What a process has open."""

    gateway: Gateway
    audit: AuditStore
    sessions: Sessions

    @classmethod
    def open(cls, at: Connection, audit_url: str) -> Product:
        gateway = Gateway(at.uri, at.user, at.password, at.database, catalogue.load())
        audit = AuditStore(audit_url, KEY)
        return cls(gateway, audit, Sessions(gateway, Policy(gateway), audit, system_source))

    def upkeep(self) -> Upkeep:
        return Upkeep(Operator(self.gateway, self.audit, SystemSource()), Tasks(self.gateway, self.audit))

    def close(self) -> None:
        self.gateway.close()
        self.audit.close()


Act = Callable[[Product, Mapping[str, str]], object]


def _writer(p: Product, w: Mapping[str, str], who: str = "al") -> Writer:
    return Writer(p.sessions.of(w[who]))


def _sharing(p: Product, w: Mapping[str, str]) -> Sharing:
    return Sharing(p.sessions.of(w["al"]))


def _cases(p: Product, w: Mapping[str, str], who: str = "chief") -> Cases:
    return Cases(p.sessions.of(w[who]))


def _subject() -> SubjectInput:
    name = AttributeInput(kind="name", value="New One")
    phone = IdentifierInput.model_validate({"kind": "phone", "value": "+1 202 555 0199"})
    return SubjectInput.model_validate({"kind": "Person", "attributes": (name,), "identifiers": (phone,)})


def _alias(case: str) -> SubjectChange:
    return SubjectChange(case=case, attributes=(AttributeInput(kind="alias", value="New Alias"),))


def _same(w: Mapping[str, str]) -> SameAsInput:
    return SameAsInput(case=w["a"], start=w["jo"], end=w["ed"], other_case=w["b"], basis="seen")


def _check(p: Product, w: Mapping[str, str]) -> object:
    session = p.sessions.of(w["al"])
    desk = Deconfliction(session, key=KEY, answer_ms=0, receipt_days=30, desk_contact="Desk")
    asked = CheckInput.model_validate({"selectors": ({"kind": "phone", "value": PHONE.value},), "reason": "test"})
    desk.check(asked, 0.0)
    return NoticeWorker(p.gateway, p.audit, key=KEY, desk_contact="Desk").run_once()


def _large(p: Product, w: Mapping[str, str]) -> object:
    case_acts.LARGE = 0
    _cases(p, w).set_openness(w["a"], [])
    return Tasks(p.gateway, p.audit).run_pending()


def _new_case(w: Mapping[str, str]) -> CaseInput:
    return CaseInput(number="9", title="New", unit=w["north"], open_to_unit=True, override="urgent")


ACTS: Mapping[str, Act] = {
    "add": lambda p, w: _writer(p, w).add_subject(w["a"], _subject()),
    "change": lambda p, w: _writer(p, w).change_subject(w["jo"], _alias(w["a"])),
    "end a record": lambda p, w: _writer(p, w, "bo").end(w["ed"], w["b"]),
    "end a value": lambda p, w: _writer(p, w).end(w["name"], w["a"]),
    "same as": lambda p, w: _writer(p, w).same_as(_same(w)),
    "share": lambda p, w: Sharing(p.sessions.of(w["al"])).share(
        w["jo"], ShareInput(case=w["a"], share_with=w["b"], assertions="all")
    ),
    "unshare": lambda p, w: _sharing(p, w).unshare(w["jo"], w["a"], w["b"]),
    "caveat": lambda p, w: _sharing(p, w).add_caveat(w["jo"], CaveatInput(case=w["a"], caveat=w["wire"])),
    "caveat of a case": lambda p, w: _sharing(p, w).add_caveat(w["a"], CaveatInput(case=w["a"], caveat=w["wire"])),
    "open a case": lambda p, w: _cases(p, w, "al").open(_new_case(w)),
    "openness": lambda p, w: _cases(p, w).set_openness(w["a"], [w["south"]]),
    "openness of a large case": _large,
    "assign": lambda p, w: _cases(p, w).assign(w["a"], AssignmentInput(user=w["bo"])),
    "edit": lambda p, w: _cases(p, w, "al").change(w["a"], CaseChange(title="Edited")),
    "merge": lambda p, w: p.upkeep().merge(w["b"], w["a"], "one investigation"),
    "destroy": lambda p, w: p.upkeep().destroy(w["old"], "retention is over"),
    "check": _check,
}


class Points:
    """Counts what is passed, and strikes at the ``at``-th; 0 never comes."""

    def __init__(self, at: int, strike: Callable[[], object]) -> None:
        self._at = at
        self._strike = strike
        self.passed = 0
        for owner, name in (
            (Transaction, "_run"),
            (Gateway, "_managed"),
            (AuditStore, "intent"),
            (AuditStore, "outcome"),
        ):
            self._around(owner, name)
        random.seed(at)

    def _point(self) -> None:
        self.passed += 1
        if self.passed == self._at:
            self._strike()

    def _around(self, owner: Any, name: str) -> None:
        original = getattr(owner, name)

        def counted(*args: Any, **kwargs: Any) -> Any:
            self._point()
            result = original(*args, **kwargs)
            self._point()
            return result

        setattr(owner, name, counted)


def run(act: str, at: int, connection: Connection, audit_url: str, ids: Mapping[str, str], told: Any) -> None:
    """The child's body. ``told``: a pipe that gets the number of points, if it lives."""
    product = Product.open(connection, audit_url)
    points = Points(at, lambda: os.kill(os.getpid(), signal.SIGKILL))
    ACTS[act](product, ids)
    told.send(points.passed)
    told.close()
    product.close()


def bereaved(act: str, at: int, connection: Connection, audit_url: str, ids: Mapping[str, str], told: Any) -> None:
    """As ``run``, but a server dies: ``told`` gets "now", says when it is dead, and gets what the act came to."""
    product = Product.open(connection, audit_url)

    def strike() -> None:
        told.send("now")
        told.recv()

    Points(at, strike)
    try:
        ACTS[act](product, ids)
        told.send("answered")
    except IcmError as error:
        told.send(type(error).__name__)
    told.close()
    product.close()
