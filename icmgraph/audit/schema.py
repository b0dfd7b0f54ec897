"""The store's table, its triggers, its files, and what its failures are called."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    create_engine,
    event,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from icmgraph.audit.turns import BUSY
from icmgraph.errors import AuditUnavailable, OperatorError

SCHEMA_VERSION = 1

metadata = MetaData()

record = Table(
    "record",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("id", Text, nullable=False, unique=True),
    Column("intent", Text, unique=True, comment="of an outcome: its intent's id; null on an intent"),
    Column("prev", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    sqlite_strict=True,
)

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
)

_FULL = "the disk of the audit store is full or failing"
_READ_ONLY = "the audit store cannot be opened or written by this user"
_BROKEN = "the audit store's file is not an intact audit database"
_OTHER = "the audit store does not work"

_BY_SQLITE = {
    sqlite3.SQLITE_BUSY: BUSY,
    sqlite3.SQLITE_LOCKED: BUSY,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_PERM: _READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: _READ_ONLY,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_IOERR: _FULL,
    sqlite3.SQLITE_CORRUPT: _BROKEN,
    sqlite3.SQLITE_NOTADB: _BROKEN,
}
_BY_ERRNO = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: _FULL,
    errno.EIO: _FULL,
    errno.EACCES: _READ_ONLY,
    errno.EPERM: _READ_ONLY,
    errno.EROFS: _READ_ONLY,
    errno.ENOENT: _READ_ONLY,
    errno.ENOTDIR: _READ_ONLY,
}


@contextmanager
def mapped() -> Iterator[None]:
    """Failures of driver and file system become ``AuditUnavailable`` in words of our own."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:  # the pool lets the driver's own pass while it connects
        origin = error.orig if isinstance(error, DBAPIError) else error
        code = getattr(origin, "sqlite_errorcode", 0) & 0xFF  # the low byte is the primary code
        raise AuditUnavailable(_BY_SQLITE.get(code, _OTHER)) from None
    except OSError as error:
        raise AuditUnavailable(_BY_ERRNO.get(error.errno or 0, _OTHER)) from None


def database_path(url: str) -> Path:
    """The file behind ``url``. Only SQLite files: a record in memory outlives nothing."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise OperatorError("ICM_AUDIT_URL is not an address like sqlite:////path/audit.db") from None
    name = parsed.database or ""
    plain = parsed.get_backend_name() == "sqlite" and not parsed.query and not name.startswith("file:")
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
    """Table and triggers, if missing, in one transaction. The caller has the writers' turn.

    Raises ``AuditUnavailable`` if the file holds something else.
    """
    # Outside a transaction, as the switch to WAL must be
    with contextlib.closing(engine.raw_connection()) as raw:
        cursor = raw.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        (mode,) = cursor.fetchone() or (None,)
    if mode != "wal":
        raise AuditUnavailable(_OTHER)
    with write_transaction(engine) as connection:
        version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        tables = connection.exec_driver_sql("SELECT count(*) FROM sqlite_schema").scalar_one()
        if version != SCHEMA_VERSION and (version or tables):
            raise AuditUnavailable(_BROKEN)
        metadata.create_all(connection)
        for trigger in TRIGGERS:
            connection.exec_driver_sql(trigger)
        connection.exec_driver_sql(f"PRAGMA user_version={SCHEMA_VERSION}")
