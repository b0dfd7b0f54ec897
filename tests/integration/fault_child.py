"""Bodies of processes that work while something fails: a full disk, a clock that jumps."""

from __future__ import annotations

import random
import resource
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from icmgraph.errors import IcmError
from icmgraph.local_neo4j import Connection
from icmgraph.model.records import AttributeInput, SubjectInput
from icmgraph.model.source import SystemSource
from icmgraph.queries.policy import Policy
from icmgraph.queries.session import Sessions
from icmgraph.queries.writer import Writer
from tests.integration.kill_child import Product


def _named(number: int) -> SubjectInput:
    name = AttributeInput(kind="name", value=f"Invented {number}")
    return SubjectInput.model_validate({"kind": "Person", "attributes": (name,)})


def _write(sessions: Sessions, ids: Mapping[str, str], times: int) -> list[str]:
    """What each of so many writes came to: the id, or the kind of its error."""
    told = []
    for number in range(times):
        try:
            told.append(Writer(sessions.of(ids["al"])).add_subject(ids["a"], _named(number)).id)
        except IcmError as error:
            told.append(type(error).__name__)
    return told


def full_disk(at: Connection, audit_url: str, ids: Mapping[str, str], room: int, told: Any) -> None:
    """Write until the audit's files may not grow any more: ``room`` bytes beyond what is there."""
    product = Product.open(at, audit_url)
    told_first = _write(product.sessions, ids, 1)
    files = Path(audit_url.removeprefix("sqlite:///")).parent.glob("*")
    limit = max(file.stat().st_size for file in files) + room
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    told.send(told_first + _write(product.sessions, ids, 12))
    told.close()


class Jumping(SystemSource):
    """A clock that somebody sets while we work, by days, to and fro."""

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=random.randint(-300_000, 300_000))


def jumping_clock(at: Connection, audit_url: str, ids: Mapping[str, str], seed: int, told: Any) -> None:
    """Write while the clock jumps."""
    random.seed(seed)
    product = Product.open(at, audit_url)
    sessions = Sessions(product.gateway, Policy(product.gateway), product.audit, lambda user, action: Jumping())
    told.send(_write(sessions, ids, 12))
    told.close()
