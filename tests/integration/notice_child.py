"""A process that dies at a chosen point: ``python -m tests.integration.notice_child``, its orders as JSON on stdin.

``step``: ``check`` and ``register`` ask and die before the answer leaves; ``worker`` runs the worker and dies when the
source is asked for the ``at``-th time for ``what`` (``now`` or ``uuid``); ``call`` runs it at a later time, and it dies
when the query ``call`` has run for the ``at``-th time; ``report`` likewise, ``hours`` later, of both workers that make
a standing match report.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from datetime import datetime
from typing import Any

from icmgraph.audit import AuditStore
from icmgraph.model.checks import RegistrationInput
from icmgraph.model.source import Source, SystemSource
from icmgraph.queries import catalogue
from icmgraph.queries.daily import DailyWorker
from icmgraph.queries.deconfliction import Deconfliction
from icmgraph.queries.gateway import Gateway, Row, Transaction
from icmgraph.queries.notices import NoticeWorker
from icmgraph.queries.policy import Policy
from icmgraph.queries.session import Session, Sessions
from tests.integration.bureau import DESK, KEY, Later, phone
from tests.integration.registering import AfterThen, Moment


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Dying(SystemSource):
    def wait_until(self, moment: float) -> None:
        die()


class DyingLater(Later):
    def __init__(self, what: str, at: int) -> None:
        super().__init__("child")
        self._what, self._left = what, at

    def _count(self, what: str) -> None:
        if what == self._what:
            self._left -= 1
            if self._left == 0:
                die()

    def now(self) -> datetime:
        self._count("now")
        return super().now()

    def uuid(self) -> str:
        self._count("uuid")
        return super().uuid()


def die_after(query: str, at: int) -> None:
    control, left = Transaction.control, at

    def counted(self: Transaction, name: str, /, **parameters: Any) -> list[Row]:
        nonlocal left
        rows = control(self, name, **parameters)
        left -= name == query
        if left == 0:
            die()
        return rows

    Transaction.control = counted  # type: ignore[method-assign]


def asker_of(session: Session) -> Deconfliction:
    return Deconfliction(session, key=KEY, answer_ms=1000, receipt_days=30, desk_contact=DESK)


def main() -> None:
    orders = json.load(sys.stdin)
    uri, user, password, database = orders["connection"]
    gateway = Gateway(uri, user, password, database, catalogue.load())
    audit = AuditStore(orders["audit"], KEY)
    if orders["step"] in ("check", "register"):

        def dying(person: str, action: str) -> Source:
            return Dying()

        asker = asker_of(Sessions(gateway, Policy(gateway), audit, dying).of(orders["user"]))
        if orders["step"] == "check":
            asker.check(phone(), 0.0)
        asker.register(RegistrationInput.model_validate(phone().model_dump(exclude_unset=True)), 0.0)
    elif orders["step"] == "call":
        die_after(orders["call"], orders["at"])
        NoticeWorker(gateway, audit, lambda person, action: AfterThen("child"), key=KEY, desk_contact=DESK).run_once()
    elif orders["step"] == "report":
        die_after(orders["call"], orders["at"])
        hours = orders["hours"]
        sessions = Sessions(gateway, Policy(gateway), audit, lambda *said: Moment(f"child {said}", hours))
        DailyWorker(sessions, asker_of).run_once()
        NoticeWorker(gateway, audit, lambda *said: Moment("child", hours + 1), key=KEY, desk_contact=DESK).run_once()
    else:
        source = DyingLater(orders["what"], orders["at"])
        NoticeWorker(gateway, audit, lambda person, action: source, key=KEY, desk_contact=DESK).run_once()


if __name__ == "__main__":
    main()
