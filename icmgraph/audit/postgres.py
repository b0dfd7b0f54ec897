"""The store in a database of PostgreSQL, for writers on several machines.

Writers take turns by a lock of the appending transaction, the head is a row that the same transaction moves (so it
never lags), and a process is alive while it holds a lock of its session: the server lets go of it when the process or
its machine ends. One chain in one database, whose user owns it or may create in its schema.
"""

from __future__ import annotations

import contextlib
import logging
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    URL,
    BigInteger,
    Column,
    Connection,
    Engine,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    create_engine,
    event,
    insert,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.exc import SQLAlchemyError

from icmgraph.audit.head import EMPTY, Head
from icmgraph.audit.process import Process
from icmgraph.audit.schema import FOREIGN, SCHEMA_VERSION, checkpoint, record, salt
from icmgraph.audit.turns import Turns
from icmgraph.errors import AuditUnavailable, OperatorError

TURN = -1
"""The advisory lock of who appends. Processes' own are not negative."""
LOCKS = 2**52
"""How many of those there are: a number that JSON holds."""
LOOK_S = 0.5
"""Seconds between looks whether our own lock is still held."""
GRACE_S = 2.0
"""A process without its lock is dead if it has none this much later: after a restart of the server all take theirs
again. Should one be taken for dead all the same, it loses: its outcome is refused, and its write with it."""

LOCAL = frozenset({"", "localhost", "127.0.0.1", "::1"})
SAFE = frozenset({"verify-ca", "verify-full"})

head_row = Table(
    "head",
    MetaData(),
    Column("one", SmallInteger, primary_key=True, autoincrement=False),
    Column("version", SmallInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)

# They stop mistakes, not the database's owner: for that there is the chain.
GUARD = (
    """CREATE FUNCTION record_guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
         IF TG_OP = 'INSERT' THEN
           IF new.seq = (SELECT coalesce(max(seq), 0) + 1 FROM record) THEN RETURN new; END IF;
         END IF;
         RAISE EXCEPTION 'append only'; END $$""",
    """CREATE TRIGGER record_append_only BEFORE INSERT OR UPDATE OR DELETE ON record
       FOR EACH ROW EXECUTE FUNCTION record_guard()""",
    """CREATE TRIGGER record_no_truncate BEFORE TRUNCATE ON record
       FOR EACH STATEMENT EXECUTE FUNCTION record_guard()""",
)

CHECKPOINT_GUARD = (
    """CREATE FUNCTION checkpoint_guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
         IF TG_OP = 'INSERT' THEN
           IF new.size > (SELECT coalesce(max(size), -1) FROM checkpoint) THEN RETURN new; END IF;
         END IF;
         RAISE EXCEPTION 'append only'; END $$""",
    """CREATE TRIGGER checkpoint_append_only BEFORE INSERT OR UPDATE OR DELETE ON checkpoint
       FOR EACH ROW EXECUTE FUNCTION checkpoint_guard()""",
    """CREATE TRIGGER checkpoint_no_truncate BEFORE TRUNCATE ON checkpoint
       FOR EACH STATEMENT EXECUTE FUNCTION checkpoint_guard()""",
)

_HELD = text("""
    SELECT (classid::bigint << 32) | objid::bigint FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 1 AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())""")


class PostgresChain:
    """A ``Chain`` (see ``store.py``) in a database of its own."""

    def __init__(self, address: URL, wait_s: float) -> None:
        self.engine = _engine(address, wait_s)
        self.process = replace(Process.current(), lock=random.SystemRandom().randrange(LOCKS))
        # One connection of each process waits for the turn, not one of each thread
        self._threads = Turns(None, wait_s)
        self._alive = _Alive(self.engine, self.process.lock or 0)

    def open(self) -> None:
        with self._threads.taken(), self.engine.connect() as connection, connection.begin():
            if connection.scalar(text("SHOW fsync")) != "on":
                raise AuditUnavailable("the audit store's PostgreSQL runs with fsync off: a power cut loses records")
            _take_turn(connection)
            _create_schema(connection)
        self._alive.start()

    @contextmanager
    def turn(self) -> Iterator[Connection]:
        with self._threads.taken(), self.engine.connect() as connection, connection.begin():
            _take_turn(connection)
            yield connection

    def head(self, connection: Connection) -> Head | None:
        row = connection.execute(select(head_row.c.seq, head_row.c.hash)).first()
        return Head(row.seq, row.hash) if row else None

    def move_head(self, connection: Connection, head: Head) -> None:
        connection.execute(update(head_row).values(seq=head.seq, hash=head.hash))

    def dead(self, processes: set[Process]) -> set[Process]:
        gone = self._without_lock(processes)
        if gone:
            time.sleep(GRACE_S)
            gone = self._without_lock(gone)
        return gone

    def purge(self) -> None:
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM salt"))

    def close(self) -> None:
        self._alive.stop()
        self.engine.dispose()

    def _without_lock(self, processes: set[Process]) -> set[Process]:
        with self.engine.connect() as connection:
            held = set(connection.scalars(_HELD))
        # On this machine the process itself is asked too: it lives on when the server forgets its lock
        return {p for p in processes if p.lock not in held and not (p.start and p.alive())}


class _Alive:
    """Holds this process's lock on a connection of its own, and takes it again when the server has lost it."""

    def __init__(self, engine: Engine, lock: int) -> None:
        self._engine = engine
        self._lock = lock
        self._connection: Connection | None = None
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Raises the driver's errors if the lock cannot be had."""
        self._hold()
        self._thread = threading.Thread(target=self._loop, name="icmgraph-audit-alive", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
        self._drop()

    def _hold(self) -> None:
        if self._connection is None:
            connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            connection.detach()  # not one of the pool's few
            try:
                connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": self._lock})
            except BaseException:
                connection.invalidate()
                connection.close()
                raise
            self._connection = connection
        else:
            self._connection.execute(text("SELECT 1"))

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(SQLAlchemyError):
                connection.close()

    def _loop(self) -> None:
        while not self._stopping.wait(LOOK_S):
            try:
                self._hold()
            except SQLAlchemyError:
                self._drop()


def _engine(address: URL, wait_s: float) -> Engine:
    """Connections that wait ``wait_s`` for a lock, and whose commits are on disk."""
    host = str(address.host or address.query.get("host") or "")
    if host not in LOCAL and not host.startswith("/") and address.query.get("sslmode") not in SAFE:
        raise OperatorError("ICM_AUDIT_URL names another machine: add ?sslmode=verify-full, so that nobody reads along")
    # A logger of its own: at DEBUG the engine logs the rows it reads, which hide_parameters does not hide.
    logging.getLogger("sqlalchemy.engine.Engine.audit").setLevel(logging.WARNING)
    # Of a machine that lost its power the server hears nothing more: it asks, and lets go of its lock
    alive = "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"
    milliseconds = max(1, int(wait_s * 1000))
    try:
        engine = create_engine(
            address.set(drivername="postgresql+psycopg"),
            connect_args={
                "connect_timeout": max(2, int(wait_s)),
                "tcp_user_timeout": max(2000, milliseconds),
                "application_name": "icmgraph audit",
                "options": f"-c synchronous_commit=on -c lock_timeout={milliseconds} {alive}",
            },
            pool_size=5,
            pool_timeout=wait_s,
            pool_pre_ping=True,  # after a restart of the server every connection of the pool is dead
            hide_parameters=True,
            logging_name="audit",
        )
    except ModuleNotFoundError:
        raise OperatorError("ICM_AUDIT_URL names a PostgreSQL: pip install 'icmgraph[postgres]'") from None

    @event.listens_for(engine, "connect")
    def _connect(dbapi: Any, _: object) -> None:
        dbapi.prepare_threshold = None  # a statement prepared before the tables were made anew fails

    return engine


def _take_turn(connection: Connection) -> None:
    # Let go at the commit, after which whoever comes next sees what was written: each of their statements looks anew
    connection.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": TURN})


def _create_schema(connection: Connection) -> None:
    """Tables and triggers, if missing. Raises ``AuditUnavailable`` if the database holds something else."""
    found = {"record", "head", "checkpoint", "salt"} & set(inspect(connection).get_table_names())
    if not found:
        record.create(connection)
        head_row.create(connection)
        for statement in GUARD:
            connection.exec_driver_sql(statement)
        connection.execute(insert(head_row).values(one=1, version=SCHEMA_VERSION, seq=EMPTY.seq, hash=EMPTY.hash))
    elif not {"record", "head"} <= found or any(
        {column["name"] for column in inspect(connection).get_columns(table.name)} != set(table.columns.keys())
        for table in (record, head_row, checkpoint, salt)
        if table.name in found
    ):
        raise AuditUnavailable(FOREIGN)
    if found and connection.scalar(select(head_row.c.version)) not in (SCHEMA_VERSION, None):
        raise AuditUnavailable(FOREIGN)
    if "checkpoint" not in found:  # stores of earlier versions have none
        checkpoint.create(connection)
        for statement in CHECKPOINT_GUARD:
            connection.exec_driver_sql(statement)
    if "salt" not in found:
        salt.create(connection)
