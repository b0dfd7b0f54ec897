"""A process that sends webhooks and dies: ``python -m tests.integration.outbox_child``, its orders as JSON on stdin.

``die``: ``before`` it sends the first, or ``after`` it has and before it says so.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from datetime import datetime

from icmgraph.audit import AuditStore
from icmgraph.channels import Webhook
from icmgraph.queries import catalogue
from icmgraph.queries.gateway import Gateway
from icmgraph.queries.outbox import Sender
from tests.integration.bureau import KEY, Later


class Dying(Webhook):
    def __init__(self, when: str) -> None:
        super().__init__(KEY)
        self._when = when

    def send(self, to: str, notice: str, at: datetime) -> None:
        if self._when == "after":
            super().send(to, notice, at)
        os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    orders = json.load(sys.stdin)
    uri, user, password, database = orders["connection"]
    gateway = Gateway(uri, user, password, database, catalogue.load())
    audit = AuditStore(orders["audit"], KEY)
    channel = Dying(orders["die"])
    Sender(gateway, audit, "webhook", channel, lambda person, action: Later("child"), tries=3, wait_s=60).step()


if __name__ == "__main__":
    main()
