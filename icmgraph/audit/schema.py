"""The store's tables, and what failures are called; the same for both databases."""

from __future__ import annotations

import errno
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, Table, Text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from icmgraph.audit.turns import BUSY
from icmgraph.errors import AuditUnavailable

SCHEMA_VERSION = 1

metadata = MetaData()

record = Table(
    "record",
    metadata,
    # A strict table of SQLite knows INTEGER alone, which holds 64 bits there
    Column("seq", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=False),
    Column("id", Text, nullable=False, unique=True),
    Column("intent", Text, unique=True, comment="of an outcome: its intent's id; null on an intent"),
    Column("prev", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    sqlite_strict=True,
)

checkpoint = Table(
    "checkpoint",
    metadata,
    Column("size", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=False),
    Column("frontier", LargeBinary, nullable=False, comment="of the tree of this size: the next one is made from it"),
    Column("note", Text, nullable=False, comment="size and root, signed"),
    sqlite_strict=True,
)

salt = Table(
    "salt",
    metadata,
    Column("intent", Text, primary_key=True),
    Column("bytes", LargeBinary, nullable=False, comment="of the key of what this act has sealed; deleted to erase it"),
    sqlite_strict=True,
)

FULL = "the disk of the audit store is full or failing"
READ_ONLY = "the audit store cannot be opened or written by this user"
BROKEN = "the audit store's file is not an intact audit database"
FOREIGN = "the audit store's database holds something else, or not all of an audit chain"
SILENT = "the audit store's PostgreSQL does not answer, or refuses our user or database"
OTHER = "the audit store does not work"

_BY_SQLITE = {
    sqlite3.SQLITE_BUSY: BUSY,
    sqlite3.SQLITE_LOCKED: BUSY,
    sqlite3.SQLITE_READONLY: READ_ONLY,
    sqlite3.SQLITE_PERM: READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: READ_ONLY,
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_IOERR: FULL,
    sqlite3.SQLITE_CORRUPT: BROKEN,
    sqlite3.SQLITE_NOTADB: BROKEN,
}
# PostgreSQL's codes, Appendix A of its manual; a class (two characters) where all of it means one thing.
_BY_POSTGRES = {
    "55P03": BUSY,  # lock_not_available
    "53300": BUSY,  # too_many_connections
    "53": FULL,
    "58": FULL,
    "42501": READ_ONLY,
    "25006": READ_ONLY,  # a standby
    "08": SILENT,
    "28": SILENT,
    "3D": SILENT,
    "57": SILENT,  # it is starting, stopping, or was told to end our session
    "XX": BROKEN,
}
_BY_ERRNO = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
    errno.EFBIG: FULL,
    errno.EIO: FULL,
    errno.EACCES: READ_ONLY,
    errno.EPERM: READ_ONLY,
    errno.EROFS: READ_ONLY,
    errno.ENOENT: READ_ONLY,
    errno.ENOTDIR: READ_ONLY,
}


@contextmanager
def mapped() -> Iterator[None]:
    """Failures of driver and file system become ``AuditUnavailable`` in words of our own."""
    try:
        yield
    except PoolTimeout:
        raise AuditUnavailable(BUSY) from None
    except (SQLAlchemyError, sqlite3.Error) as error:  # the pool lets the driver's own pass while it connects
        raise AuditUnavailable(_words(error.orig if isinstance(error, DBAPIError) else error)) from None
    except OSError as error:
        raise AuditUnavailable(_BY_ERRNO.get(error.errno or 0, OTHER)) from None


def _words(error: BaseException | None) -> str:
    if isinstance(error, sqlite3.Error):
        return _BY_SQLITE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF, OTHER)  # the low byte is the primary code
    state = getattr(error, "sqlstate", "")
    if state is None:  # the driver's own: nobody there, or the connection is gone
        return SILENT
    return _BY_POSTGRES.get(state) or _BY_POSTGRES.get(state[:2], OTHER)


def decoded(body: bytes) -> dict[str, Any]:
    """A record's body."""
    try:
        said: dict[str, Any] = json.loads(body.decode())  # of bytes it would look for their encoding first
    except ValueError:
        raise AuditUnavailable("a record cannot be read: run `icmgraph audit verify`") from None
    return said
