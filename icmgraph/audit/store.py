"""Who did what: an append-only, hash-chained store in one SQLite file, or in a database of PostgreSQL.

Before a read or a write its *intent* is recorded, before the answer leaves its *outcome*. Each record
is canonical JSON, kept as the bytes that were hashed; ``hash = SHA-256(previous hash || body)``.
Selectors and names go in as keyed digests only (``icmgraph.audit.digests``).

Where the chain is kept, how writers take turns and how it is known that one died: ``sqlite.py``, ``postgres.py``.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Literal, Protocol
from uuid import uuid4

from sqlalchemy import URL, Connection, Engine, Row, exists, func, insert, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from icmgraph.audit.canonical import JSON, canonical
from icmgraph.audit.head import EMPTY, GENESIS, Head
from icmgraph.audit.postgres import PostgresChain
from icmgraph.audit.process import Process
from icmgraph.audit.schema import mapped, record
from icmgraph.audit.sqlite import SqliteChain
from icmgraph.errors import AuditUnavailable, InvalidInput, OperatorError
from icmgraph.metrics import AUDIT

WAIT_S = 5.0  # a pair takes milliseconds: who waits longer waits for something that is stuck
BATCH = 1000  # records held in memory while walking the chain

Kind = Literal["read", "write"]


class AlreadySettled(AuditUnavailable):
    """The intent has its outcome: somebody else was quicker, or the caller settles twice."""


@dataclass(frozen=True)
class Intent:
    """An intent without an outcome, as recovery needs it."""

    seq: int
    id: str
    who: str
    action: str
    kind: Kind
    parameters: Mapping[str, JSON]
    at: datetime


@dataclass(frozen=True)
class Verification:
    """``records``: how many were found good from the start on; ``head``: the last good one's hash.

    ``first_bad``: the number of the first record that is wrong or missing; None with a ``reason``
    when only the head file is missing.
    """

    ok: bool
    records: int
    head: str
    first_bad: int | None = None
    reason: str | None = None


class Chain(Protocol):
    """Where the records are kept. Failures are the driver's own, or ``AuditUnavailable``."""

    engine: Engine
    process: Process
    """This process, as its records name it."""

    def open(self) -> None:
        """Make what is missing."""

    def turn(self) -> AbstractContextManager[Connection]:
        """A transaction of the only writer, on disk when the block has ended."""

    def head(self, connection: Connection) -> Head | None:
        """The end that the chain must have; None if that is missing or unreadable."""

    def move_head(self, connection: Connection, head: Head) -> None:
        """Within a turn: the head from its commit on."""

    def dead(self, processes: set[Process]) -> set[Process]:
        """Those that certainly write no more."""

    def close(self) -> None:
        """Let go of everything."""


def _chain(url: str, wait_s: float) -> Chain:
    try:
        address: URL | None = make_url(url)
    except (ArgumentError, ValueError):
        address = None  # raised below, outside: the error quotes the address, which may hold a password
    backend = address.get_backend_name() if address is not None else ""
    if address is not None and backend == "sqlite":
        return SqliteChain(address, wait_s)
    if address is not None and backend == "postgresql":
        return PostgresChain(address, wait_s)
    raise OperatorError(
        "ICM_AUDIT_URL is not an address like sqlite:////path/audit.db or postgresql+psycopg://user@host/database"
    )


class AuditStore:
    """The store behind an address of SQLite (a file) or PostgreSQL (a database); made if missing.

    Safe for threads, and for several processes at once, each with a store opened after the fork.
    Every failure to record is ``AuditUnavailable``, whose text names the cause in the project's words;
    ``OperatorError`` is raised for an address that cannot be one. Values that a record cannot hold
    (floats, lone surrogates) are ``InvalidInput``. ``wait_s``: seconds to wait for other writers.
    """

    _open = False  # until the end of __init__, also when that fails

    def __init__(self, url: str, *, wait_s: float = WAIT_S, new_id: Callable[[], str] = lambda: str(uuid4())) -> None:
        self._new_id = new_id
        self._chain = _chain(url, wait_s)
        self._process = self._chain.process
        self.lost: set[str] = set()
        """Intents of this process that it could not settle: the graph or the store was away. Recovery does it later."""
        try:
            with mapped():
                self._chain.open()
        except BaseException:
            self._chain.close()
            raise
        self._open = True

    def intent(self, *, who: str, action: str, kind: Kind, parameters: Mapping[str, JSON], at: datetime) -> str:
        """Record what ``who`` is about to do; on disk when this returns. The intent's id (UUID text).

        ``parameters`` hold no selector and no name in the clear.
        """
        if kind not in ("read", "write"):
            raise ValueError("kind is read or write")
        body: dict[str, JSON] = {
            "type": "intent",
            "who": who,
            "action": action,
            "kind": kind,
            "parameters": dict(parameters),
            "at": _instant(at),
        }
        return self._append(body, None)

    def outcome(self, intent: str, *, result: str, records: Sequence[str] = (), at: datetime) -> None:
        """Record how an intent ended and the ids of the records that leave; on disk when this returns.

        Exactly one for each intent: a second one raises ``AlreadySettled``.
        """
        self._settle(intent, result, records, at, recovered=False)

    def settle(self, intent: str, result: str, at: datetime) -> None:
        """An outcome written by recovery for a process that died, and marked ``recovered``."""
        self._settle(intent, result, (), at, recovered=True)

    def unsettled(self, *, living: bool = False) -> list[Intent]:
        """Intents without an outcome, oldest first: those whose process no longer lives, or with ``living`` all."""
        outcome = record.alias()
        waiting = (
            select(record)
            .where(record.c.intent.is_(None), ~exists().where(outcome.c.intent == record.c.id))
            .order_by(record.c.seq)
        )
        with self._reading() as connection:
            rows = connection.execute(waiting).all()
        bodies = [_decoded(row) for row in rows]
        # asked once for each process, not for each intent; living ones may have many under way
        with mapped():
            dead = set() if living else self._chain.dead({Process(**b["process"]) for b in bodies})
        return [
            Intent(
                b["seq"], b["id"], b["who"], b["action"], b["kind"], b["parameters"],
                datetime.fromisoformat(b["at"]),
            )
            for b in bodies
            if living or Process(**b["process"]) in dead
        ]  # fmt: skip

    def verify(self) -> Verification:
        """Walk the whole chain: numbers, hashes, one outcome for each intent and never before it, the end.

        Records that follow the head file's are good, up to ``head.MAX_LAG``: a process died between
        the commit and the replacement of the head. Appending meanwhile is fine.
        """
        with self._reading() as connection:
            # Others append meanwhile: the head may be behind what was there before it was read, by a crash, and
            # ahead of nothing that is walked after.
            before = connection.scalar(select(func.max(record.c.seq))) or 0
            head = self._chain.head(connection)
        seq, digest, at_head = 0, GENESIS, GENESIS if head and head.seq == 0 else None
        waiting: set[str] = set()
        for row in self._rows():
            reason = _wrong(row, seq + 1, digest, waiting)
            if reason:
                return Verification(False, seq, digest.hex(), seq + 1, reason)
            seq, digest = row.seq, row.hash
            if head and seq == head.seq:
                at_head = digest
        if head is None:
            reason = "the head file is missing or unreadable"
            return Verification(False, seq, digest.hex(), None, reason)
        if reason := head.mismatch(seq, at_head, before):
            return Verification(False, seq, digest.hex(), min(head.seq, seq + 1), reason)
        if twice := self._second_use_of_an_id():
            return Verification(False, seq, digest.hex(), twice, "two records have one id")
        return Verification(True, seq, digest.hex())

    def ready(self) -> None:
        """Raises ``AuditUnavailable`` if no record could be written just now. Writes none."""
        self._usable()
        with mapped(), self._chain.turn() as connection:
            self._tail(connection)

    def export(self) -> Iterator[dict[str, Any]]:
        """All records in order: ``{"seq", "prev", "hash", "body"}``, hashes in hex.

        ``canonical(body)`` gives the bytes that were hashed, so that the export can be verified alone. What it gives
        up to any record is a whole chain, also while others write.
        """
        for row in self._rows():
            yield {"seq": row.seq, "prev": row.prev.hex(), "hash": row.hash.hex(), "body": _decoded(row)}

    def end(self) -> tuple[int, str]:
        """The last record's number (0: none) and hash in hex. Raises ``AuditUnavailable`` if the chain was cut off."""
        self._usable()
        with mapped(), self._chain.turn() as connection:
            tail = self._tail(connection)
        return tail.seq, tail.hash.hex()

    def load(self, records: Iterable[Mapping[str, Any]]) -> None:
        """Fill an empty store with what ``export`` gave, all of it or nothing.

        Raises ``OperatorError`` if this store has records, or those given are no chain.
        """
        self._usable()
        with mapped(), self._chain.turn() as connection:
            head = self._tail(connection)
            if head.seq:
                raise OperatorError("the audit store holds records already: a chain is restored into an empty one")
            given = iter(records)
            while batch := list(islice(given, BATCH)):
                rows = []
                for one in batch:
                    rows.append(_row(one, head))
                    head = Head(one["seq"], rows[-1]["hash"])
                connection.execute(insert(record), rows)
            self._chain.move_head(connection, head)

    def close(self) -> None:
        """Let go of the store. Every later call raises; a second close does nothing."""
        if self._open:
            self._open = False
            self._chain.close()

    # -- writing

    def _settle(self, intent: str, result: str, records: Sequence[str], at: datetime, *, recovered: bool) -> None:
        body: dict[str, JSON] = {
            "type": "outcome",
            "intent": intent,
            "result": result,
            "records": list(records),
            "recovered": recovered,
            "at": _instant(at),
        }
        self._append(body, intent)

    def _append(self, body: dict[str, JSON], intent: str | None) -> str:
        self._usable()
        with AUDIT.time(), mapped(), self._chain.turn() as connection:
            tail = self._tail(connection)
            if intent is not None:
                _may_settle(connection, intent)
            row_id = self._new_id()
            data = _encoded({**body, "v": 1, "seq": tail.seq + 1, "id": row_id, "process": self._process.body()})
            digest = hashlib.sha256(tail.hash + data).digest()
            connection.execute(
                insert(record).values(
                    seq=tail.seq + 1, id=row_id, intent=intent, prev=tail.hash, hash=digest, body=data
                )
            )
            self._chain.move_head(connection, Head(tail.seq + 1, digest))
        return row_id

    def _tail(self, connection: Connection) -> Head:
        """The chain's end, after a look at the head file.

        A chain that was cut off takes no further records: with them the head would move on, and the
        cut could no longer be seen.
        """
        row = connection.execute(select(record.c.seq, record.c.hash).order_by(record.c.seq.desc()).limit(1)).first()
        tail = Head(row.seq, row.hash) if row else EMPTY
        head = self._chain.head(connection)
        if head == tail:
            return tail
        at_head: bytes | None = GENESIS
        if head and head.seq:
            at_head = connection.scalar(select(record.c.hash).where(record.c.seq == head.seq))
        if head is None or head.mismatch(tail.seq, at_head, tail.seq):
            raise AuditUnavailable("the audit chain does not fit its head file: run `icmgraph audit verify`")
        return tail

    # -- reading

    def _usable(self) -> None:
        if not self._open:
            raise AuditUnavailable("the audit store is not open")
        if self._process.pid != os.getpid():
            # A database's connections do not survive a fork, and the records would name the parent
            raise AuditUnavailable("the audit store was opened by another process: open one after the fork")

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        self._usable()
        with mapped(), self._chain.engine.connect() as connection:
            yield connection

    def _rows(self) -> Iterator[Row[Any]]:
        """All rows by number, in batches: a slow reader must not hold back SQLite's checkpoints."""
        last: int | None = None
        while True:
            batch = select(record).order_by(record.c.seq).limit(BATCH)
            with self._reading() as connection:
                rows = connection.execute(batch if last is None else batch.where(record.c.seq > last)).all()
            yield from rows
            if len(rows) < BATCH:
                return
            last = rows[-1].seq

    def _second_use_of_an_id(self) -> int | None:
        again = func.max(record.c.seq)
        twice = select(again).group_by(record.c.id).having(func.count() > 1).order_by(again).limit(1)
        with self._reading() as connection:
            seq: int | None = connection.scalar(twice)
        return seq


def _may_settle(connection: Connection, intent: str) -> None:
    if connection.scalar(select(exists().where(record.c.intent == intent))):
        raise AlreadySettled("this intent already has its outcome")
    if not connection.scalar(select(exists().where(record.c.id == intent, record.c.intent.is_(None)))):
        raise AuditUnavailable("an outcome needs an intent that was recorded")


def _wrong(row: Row[Any], seq: int, prev: bytes, waiting: set[str]) -> str | None:
    """What is wrong with a row that should be number ``seq`` and follow ``prev``. Keeps ``waiting``."""
    if row.seq != seq:
        return "a record is missing"
    if row.prev != prev:
        return "the record does not follow the one before it"
    if hashlib.sha256(row.prev + row.body).digest() != row.hash:
        return "the record's bytes do not give its hash"
    try:
        body = json.loads(row.body)
        same = (body["seq"], body["id"], body.get("intent")) == (row.seq, row.id, row.intent)
        intent = {"intent": None, "outcome": row.intent}[body["type"]]
    except (ValueError, KeyError, TypeError, AttributeError):
        return "the record is not one of ours"
    if not same or intent != row.intent:
        return "the record's columns differ from its bytes"
    if intent is None:
        waiting.add(row.id)
    elif intent in waiting:
        waiting.remove(intent)
    else:
        return "an outcome without an intent before it, or a second outcome"
    return None


def _encoded(body: dict[str, JSON]) -> bytes:
    try:
        return canonical(body)
    except ValueError as error:
        raise InvalidInput(f"an audit record cannot hold {error}") from None


def _decoded(row: Row[Any]) -> dict[str, Any]:
    try:
        body: dict[str, Any] = json.loads(row.body)
    except ValueError:
        raise AuditUnavailable("a record cannot be read: run `icmgraph audit verify`") from None
    return body


def _row(given: Mapping[str, Any], before: Head) -> dict[str, Any]:
    """An exported record as a row, if it follows ``before``."""
    body = given["body"]
    data = _encoded(body)
    digest = hashlib.sha256(before.hash + data).digest()
    if (given["seq"], given["prev"], given["hash"]) != (before.seq + 1, before.hash.hex(), digest.hex()):
        raise OperatorError(f"the audit records are no chain: number {before.seq + 1} does not follow")
    return {
        "seq": given["seq"], "id": body["id"], "intent": body.get("intent"), "prev": before.hash, "hash": digest,
        "body": data,
    }  # fmt: skip


def _instant(at: datetime) -> str:
    if at.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return at.astimezone(UTC).isoformat(timespec="microseconds")
