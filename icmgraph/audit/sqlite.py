"""The store in one SQLite file of this machine.

Beside ``audit.db`` stand ``audit.head`` (the chain's end, see ``head.py``; for a moment, or after a kill, also
``audit.head.next``) and ``audit.lock``. A copy takes database and heads together; a database older than its head
counts as cut off, one newer than both as one whose head was replaced.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import URL, Connection, Engine, create_engine, event, select

from icmgraph.audit.head import EMPTY, Head, HeadFile
from icmgraph.audit.process import Process
from icmgraph.audit.schema import BROKEN, OTHER, SCHEMA_VERSION, metadata, record
from icmgraph.audit.turns import Turns
from icmgraph.errors import AuditUnavailable, OperatorError

# They stop mistakes, not a person with the file: for that there is the chain.
TRIGGERS = (
    """CREATE TRIGGER IF NOT EXISTS record_no_update BEFORE UPDATE ON record
       BEGIN SELECT RAISE(ABORT, 'append only'); END""",
    """CREATE TRIGGER IF NOT EXISTS record_no_delete BEFORE DELETE ON record
       BEGIN SELECT RAISE(ABORT, 'append only'); END""",
    # INSERT OR REPLACE deletes without firing the trigger above.
    """CREATE TRIGGER IF NOT EXISTS record_no_replace BEFORE INSERT ON record
       WHEN new.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM record)
         OR EXISTS (SELECT 1 FROM record WHERE id = new.id)
         OR EXISTS (SELECT 1 FROM record WHERE intent = new.intent)
       BEGIN SELECT RAISE(ABORT, 'append only'); END""",
    """CREATE TRIGGER IF NOT EXISTS checkpoint_no_update BEFORE UPDATE ON checkpoint
       BEGIN SELECT RAISE(ABORT, 'append only'); END""",
    """CREATE TRIGGER IF NOT EXISTS checkpoint_no_delete BEFORE DELETE ON checkpoint
       BEGIN SELECT RAISE(ABORT, 'append only'); END""",
    """CREATE TRIGGER IF NOT EXISTS checkpoint_no_replace BEFORE INSERT ON checkpoint
       WHEN new.size <= (SELECT coalesce(max(size), -1) FROM checkpoint)
       BEGIN SELECT RAISE(ABORT, 'append only'); END""",
)


class SqliteChain:
    """A ``Chain`` (see ``store.py``) in a file: turns by a lock file, the head in a file beside it."""

    def __init__(self, address: URL, wait_s: float) -> None:
        self._path = database_path(address)
        self.process = Process.current()
        self.engine = make_engine(self._path, wait_s)
        self._head = HeadFile(self._path.with_suffix(".head"))
        self._turns = Turns(self._path.with_suffix(".lock"), wait_s)
        self._prepared = False

    def open(self) -> None:
        create_file(self._path)
        with self._turns.taken():
            create_schema(self.engine)
            # A head for a chain that has no record yet; a missing one is never made up later.
            with self.engine.connect() as connection:
                empty = connection.scalar(select(record.c.seq).limit(1)) is None
            if empty and self._head.read() is None:
                self._head.prepare(EMPTY)
                self._head.replace()

    @contextmanager
    def turn(self) -> Iterator[Connection]:
        with self._turns.taken():
            self._prepared = False
            with write_transaction(self.engine) as connection:
                yield connection
            if self._prepared:
                self._head.replace()

    def head(self, connection: Connection) -> Head | None:
        # In this order: a writer that replaces the head between the two leaves a newer one to be read
        prepared, head = self._head.prepared(), self._head.read()
        return prepared if head and prepared and self._committed(connection, prepared, head) else head

    def move_head(self, connection: Connection, head: Head) -> None:
        left, old = self._head.prepared(), self._head.read()
        if left and old and self._committed(connection, left, old):
            # By a process that died. Before it is overwritten, else a crash now would leave neither
            self._head.replace()
        self._head.prepare(head)
        self._prepared = True

    def _committed(self, connection: Connection, prepared: Head, head: Head) -> bool:
        """Whether what was prepared to follow ``head`` is in the chain."""
        if prepared.seq <= head.seq:
            return False
        found: bytes | None = connection.scalar(select(record.c.hash).where(record.c.seq == prepared.seq))
        return found == prepared.hash

    def dead(self, processes: set[Process]) -> set[Process]:
        return {process for process in processes if not process.alive()}

    def purge(self) -> None:
        # The deleted bytes were overwritten with zeros (secure_delete); the log of the file still has the old pages.
        with self.engine.connect() as connection:
            connection.connection.dbapi_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()  # type: ignore[union-attr]

    def close(self) -> None:
        self.engine.dispose()


def database_path(address: URL) -> Path:
    """The file behind ``address``. No memory: a record there outlives nothing."""
    name = address.database or ""
    plain = not address.query and not name.startswith("file:")
    if not plain or name in ("", ":memory:") or Path(name).suffix in (".head", ".lock"):
        raise OperatorError("ICM_AUDIT_URL must name a file of SQLite, like sqlite:////path/audit.db")
    return Path(name).absolute()


def create_file(path: Path) -> None:
    """An empty database file, 0600, in a folder made 0700 if missing; nothing if the file is there.

    The file is never opened under its name: when a process closes any handle of a database, POSIX
    drops the locks that SQLite holds on it elsewhere in that process. The folder of an existing
    installation is left as its owner set it.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists():
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
        return
    fresh = path.with_name(f"{path.name}.{uuid4().hex}")
    os.close(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with contextlib.suppress(FileExistsError):  # another process was quicker
        os.link(fresh, path)
    fresh.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def make_engine(path: Path, wait_s: float) -> Engine:
    """Connections that wait ``wait_s`` for a lock and commit to the disk, not to its cache."""
    # A logger of its own: at DEBUG the engine logs the rows it reads, which hide_parameters does not hide.
    logging.getLogger("sqlalchemy.engine.Engine.audit").setLevel(logging.WARNING)
    engine = create_engine(
        f"sqlite:///{path}", connect_args={"timeout": wait_s}, hide_parameters=True, logging_name="audit"
    )

    @event.listens_for(engine, "connect")
    def _connect(dbapi: Any, _: object) -> None:
        dbapi.isolation_level = None  # else the driver begins by itself, and late
        try:
            dbapi.execute("PRAGMA synchronous=FULL")
            dbapi.execute("PRAGMA secure_delete=ON")
        except sqlite3.Error:
            dbapi.close()  # the pool forgets a connection that fails here
            raise

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # IMMEDIATE: who will write locks before reading the tail; two could read the same one otherwise
        write = connection.get_execution_options().get("audit_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


@contextmanager
def write_transaction(engine: Engine) -> Iterator[Connection]:
    with engine.connect().execution_options(audit_write=True) as connection, connection.begin():
        yield connection


def create_schema(engine: Engine) -> None:
    """Tables and triggers, if missing, in one transaction. The caller has the writers' turn.

    Raises ``AuditUnavailable`` if the file holds something else.
    """
    # Outside a transaction, as the switch to WAL must be
    with contextlib.closing(engine.raw_connection()) as raw:
        cursor = raw.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        (mode,) = cursor.fetchone() or (None,)
    if mode != "wal":
        raise AuditUnavailable(OTHER)
    with write_transaction(engine) as connection:
        version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        tables = connection.exec_driver_sql("SELECT count(*) FROM sqlite_schema").scalar_one()
        if version != SCHEMA_VERSION and (version or tables):
            raise AuditUnavailable(BROKEN)
        metadata.create_all(connection)
        for trigger in TRIGGERS:
            connection.exec_driver_sql(trigger)
        connection.exec_driver_sql(f"PRAGMA user_version={SCHEMA_VERSION}")
