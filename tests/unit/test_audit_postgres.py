"""What the audit store on PostgreSQL does that no file does: test_audit_store.py runs on both."""

from __future__ import annotations

import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from icmgraph.audit import AuditStore
from icmgraph.audit.process import Process
from icmgraph.audit.store import _chain
from icmgraph.errors import AuditUnavailable, OperatorError
from icmgraph.settings import Settings
from tests.postgres import PASSWORD, Postgres
from tests.unit.test_audit_store import CHILD, add
from tests.unit.test_audit_tamper import fill


@pytest.fixture
def address(postgres: Postgres) -> str:
    return postgres.database()


def sql(address: str, *statements: str) -> list[Any]:
    engine = create_engine(address)
    try:
        with engine.begin() as connection:
            done = [connection.execute(text(statement)) for statement in statements]
            return list(done[-1]) if done[-1].returns_rows else []
    finally:
        engine.dispose()


@pytest.fixture
def store(address: str) -> Iterator[AuditStore]:
    with closing(AuditStore(address)) as store:
        yield store


def test_the_guard_refuses_changes(store: AuditStore, address: str) -> None:
    fill(store)
    for statement in (
        "UPDATE record SET body = ''",
        "DELETE FROM record",
        "TRUNCATE record",
        "INSERT INTO record SELECT 9, 'other', NULL, prev, hash, body FROM record WHERE seq = 6",
        "INSERT INTO record SELECT * FROM record WHERE seq = 6 ON CONFLICT (seq) DO UPDATE SET id = 'x'",
    ):
        with pytest.raises(DBAPIError, match="append only"):
            sql(address, statement)
    assert store.verify().ok


FORGED = ("ALTER TABLE record DISABLE TRIGGER ALL",)
CASES = {
    "a byte of a hash": (["UPDATE record SET hash = decode(repeat('00', 32), 'hex') WHERE seq = 3"], 3, "its hash"),
    "a column": (["UPDATE record SET id = 'x' WHERE seq = 3"], 3, "columns differ"),
    "middle deleted": (["DELETE FROM record WHERE seq = 3"], 3, "missing"),
    "last deleted": (["DELETE FROM record WHERE seq = 6"], 6, "cut off"),
    "all deleted": (["DELETE FROM record"], 1, "cut off"),
    "no head": (["DELETE FROM head"], None, "missing or unreadable"),
    "another head": (["UPDATE head SET hash = decode(repeat('00', 32), 'hex')"], 6, "was replaced"),
}


@pytest.mark.parametrize("case", CASES)
def test_tampering_is_found_and_a_cut_chain_takes_no_further_records(address: str, case: str) -> None:
    statements, first_bad, reason = CASES[case]
    with closing(AuditStore(address)) as store:
        fill(store)
    sql(address, *FORGED, *statements)
    with closing(AuditStore(address)) as store:
        found = store.verify()
        assert (found.ok, found.first_bad) == (False, first_bad)
        assert reason in (found.reason or "")
        if case.endswith(("head", "last deleted", "all deleted")):
            with pytest.raises(AuditUnavailable, match="does not fit its head"):
                fill(store)
            assert store.verify() == found


def test_a_process_of_another_machine_keeps_its_intents_over_a_restart_of_the_server(
    postgres: Postgres, address: str
) -> None:
    """From another machine only the lock says that it lives."""
    child = subprocess.Popen(
        [sys.executable, str(CHILD), "some", address], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    child.communicate()
    process = subprocess.Popen(
        [sys.executable, str(CHILD), "wait", address], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.readline()
    with closing(AuditStore(address)) as store:
        bodies = [line["body"] for line in store.export()]
        gone, living = (replace(Process(**body["process"]), boot="elsewhere") for body in (bodies[0], bodies[-1]))
        both = {gone, living}
        assert store._chain.dead(both) == {gone}
        postgres.stop("immediate")
        with pytest.raises(AuditUnavailable, match="does not answer"):
            add(store)
        postgres.start()
        assert store._chain.dead(both) == {gone}
        mine = add(store)  # and goes on by itself
        process.kill()
        process.communicate()
        deadline = time.monotonic() + 30  # on a busy machine the server sees a moment later that its client is gone
        while store._chain.dead(both) != both and time.monotonic() < deadline:
            time.sleep(0.05)
        assert store._chain.dead(both) == both
        assert [intent.id for intent in store.unsettled()] == [bodies[-1]["id"]]
        assert mine in [intent.id for intent in store.unsettled(living=True)]
        assert store.verify().ok


def test_commits_are_on_disk_whatever_the_database_says(postgres: Postgres, address: str) -> None:
    sql(address, f"ALTER DATABASE {address.rpartition('/')[2]} SET synchronous_commit = off")
    with closing(AuditStore(address)) as store, store._chain.turn() as connection:
        assert connection.scalar(text("SHOW synchronous_commit")) == "on"


def test_what_is_no_audit_store_or_cannot_be_written(postgres: Postgres, address: str) -> None:
    sql(address, "CREATE TABLE record (x integer)")
    with pytest.raises(AuditUnavailable, match="holds something else"):
        AuditStore(address)
    closed = postgres.database()
    sql(closed, f"ALTER DATABASE {closed.rpartition('/')[2]} SET default_transaction_read_only = on")
    with pytest.raises(AuditUnavailable, match="cannot be opened or written"):
        AuditStore(closed)


@pytest.mark.parametrize("change", [(PASSWORD, PASSWORD + "x"), ("/audit_", "/nosuch_"), ("icm:", "nobody:")])
def test_a_refusal_tells_no_password(address: str, change: tuple[str, str]) -> None:
    with pytest.raises(AuditUnavailable, match="does not answer, or refuses") as caught:
        AuditStore(address.replace(*change))
    assert PASSWORD not in "".join(traceback.format_exception(caught.value, chain=False))
    assert caught.value.__suppress_context__


def test_another_machine_only_by_a_checked_certificate() -> None:
    for address in (
        "postgresql+psycopg://icm@db.example.com/audit",
        "postgresql+psycopg://icm@db.example.com/audit?sslmode=require",
        "postgresql+psycopg:///audit?host=db.example.com",
    ):
        with pytest.raises(OperatorError, match="sslmode=verify-full"):
            AuditStore(address)
    chain = _chain("postgresql+psycopg://icm@db.example.com/audit?sslmode=verify-full", 1)
    chain.close()


def test_the_settings_do_not_show_the_password(address: str, tmp_path: Path) -> None:
    settings = Settings.model_validate({"home": tmp_path, "audit_url": address})
    assert settings.audit_address == address
    assert PASSWORD not in repr(settings) + str(settings.model_dump())
    with pytest.raises(ValueError, match="loopback") as caught:
        Settings.model_validate({"audit_url": address, "api_host": "192.0.2.1"})
    assert PASSWORD not in str(caught.value)


def test_a_lost_connection_mends_itself(store: AuditStore, address: str) -> None:
    add(store)
    sql(
        address,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid()",
    )
    time.sleep(0.1)
    add(store)
    assert store.verify().records == 2
