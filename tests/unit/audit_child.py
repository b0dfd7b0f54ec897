"""Processes that the audit tests need beside their own: ``python audit_child.py <what> <address>``."""

from __future__ import annotations

import os
import resource
import sqlite3
import sys
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import create_engine, text

from icmgraph.audit import AuditStore
from icmgraph.audit.postgres import TURN
from icmgraph.errors import AuditUnavailable

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOBODY = 65534


def say(*words: object) -> None:
    print(*words, flush=True)


def one(store: AuditStore) -> str:
    return store.intent(who="u-1", action="search", kind="read", parameters={"limit": 5}, at=AT)


def loop(store: AuditStore) -> None:
    """Pairs until killed. Each second intent is settled; every id is printed once it is recorded."""
    while True:
        settled, left = one(store), one(store)
        say("intent", settled)
        say("intent", left)
        store.outcome(settled, result="answered", at=AT)
        say("outcome", settled)


def some(store: AuditStore) -> None:
    """A hundred pairs, then the end."""
    for _ in range(100):
        store.outcome(one(store), result="answered", at=AT)


def wait(store: AuditStore) -> None:
    """An intent that stays open."""
    say(one(store))
    sys.stdin.read()


def hold(address: str) -> None:
    """The writers' lock of the database, until stdin closes."""
    if address.startswith("sqlite"):
        connection = sqlite3.connect(folder_of(address) / "audit.db", isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        say("held")
        sys.stdin.read()
    else:
        with create_engine(address).begin() as transaction:
            transaction.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": TURN})
            say("held")
            sys.stdin.read()


def folder_of(address: str) -> Path:
    return Path(address.removeprefix("sqlite:///")).parent


def full(store: AuditStore, folder: Path) -> None:
    """Files may not grow beyond what they are: then they may again."""
    one(store)
    size = (folder / "audit.db-wal").stat().st_size
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, hard))
    refused(lambda: one(store))
    resource.setrlimit(resource.RLIMIT_FSIZE, (40, hard))  # less than a head file
    refused(lambda: one(store))
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    one(store)
    say("records", store.verify().records, store.verify().ok)


def read_only(folder: Path) -> None:
    """As a user who may read the files and not write them (root may always)."""
    if os.geteuid() == 0:
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    refused(lambda: AuditStore(f"sqlite:///{folder / 'audit.db'}"))


def refused(act: object) -> None:
    assert callable(act)
    try:
        act()
    except AuditUnavailable as error:
        say("refused", error, error.__cause__, error.__suppress_context__)
    else:
        say("accepted")


def main(what: str, address: str) -> None:
    if what == "hold":
        hold(address)
        return
    if what == "read_only":
        read_only(folder_of(address))
        return
    store = AuditStore(address)
    if what == "full":
        full(store, folder_of(address))
    else:
        {"loop": loop, "some": some, "wait": wait}[what](store)
    store.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
