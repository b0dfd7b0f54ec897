"""Who did what: an append-only, hash-chained store in one SQLite file, or in a database of PostgreSQL.

Before a read or a write its *intent* is recorded, before the answer leaves its *outcome*. Each record
is canonical JSON, kept as the bytes that were hashed; ``hash = SHA-256(previous hash || body)``.
Selectors, names and reasons go in sealed (``icmgraph.audit.sealing``).

Over the same bytes stands a Merkle tree (``tree.py``), whose root is signed now and then (``checkpoint.py``).
Threads that record at the same time share a transaction (``turns.Group``).

Where the chain is kept, how writers take turns and how it is known that one died: ``sqlite.py``, ``postgres.py``.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Literal, Protocol, TypeVar
from uuid import uuid4

from sqlalchemy import URL, Connection, Engine, Row, Select, bindparam, delete, exists, func, insert, or_, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from icmgraph.audit.canonical import JSON, canonical, instant
from icmgraph.audit.checkpoint import Checkpoint, PublicKey, Signer, unsigned
from icmgraph.audit.head import EMPTY, GENESIS, Head
from icmgraph.audit.postgres import PostgresChain
from icmgraph.audit.process import Process
from icmgraph.audit.schema import checkpoint, decoded, mapped, record, salt
from icmgraph.audit.sealing import Private, Seal, new_salt
from icmgraph.audit.search import Found, Question, sealed_acts, search
from icmgraph.audit.sqlite import SqliteChain
from icmgraph.audit.tree import Part, Tree, consistency, inclusion, leaf, proves_consistency, proves_inclusion, roots
from icmgraph.audit.turns import Group
from icmgraph.audit.verification import Signed, Verification, Walk, anchored, follows, frontier_of, stored
from icmgraph.errors import AuditUnavailable, InvalidInput, OperatorError
from icmgraph.metrics import AUDIT

WAIT_S = 5.0  # a pair takes milliseconds: who waits longer waits for something that is stuck
BATCH = 1000  # records held in memory while walking the chain

# Made once: an append executes each, and making one takes longer than executing it
_LAST = select(record.c.seq, record.c.hash).order_by(record.c.seq.desc()).limit(1)
_ABOUT = select(record.c.id, record.c.intent).where(
    or_(
        record.c.id.in_(bindparam("intents", expanding=True)), record.c.intent.in_(bindparam("intents", expanding=True))
    )
)
"""These intents and their outcomes, by the two indexes."""
_ADD, _ADD_SALTS = insert(record), insert(salt)

BROKEN_LOG = "the audit is not what was recorded (run `icmgraph audit verify`)"

Kind = Literal["read", "write"]
T = TypeVar("T")


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


@dataclass
class _Append:
    """A record to be: its body, the intent it settles, the salt of what it sealed. Then its id, or why not."""

    body: dict[str, JSON]
    intent: str | None
    salt: bytes | None = None
    id: str = ""
    refused: Exception | None = None


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
        """The end that the chain must have, never behind what was committed; None if missing or unreadable."""

    def move_head(self, connection: Connection, head: Head) -> None:
        """Within a turn: the head from its commit on."""

    def dead(self, processes: set[Process]) -> set[Process]:
        """Those that certainly write no more."""

    def purge(self) -> None:
        """Overwrite what deleted rows have left behind, as far as the database can."""

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

    ``secret``: the deployment's key for what acts seal (``Keys.audit``); needed only by who seals, or opens it.

    Safe for threads, and for several processes at once, each with a store opened after the fork.
    Every failure to record is ``AuditUnavailable``, whose text names the cause in the project's words;
    ``OperatorError`` is raised for an address that cannot be one. Values that a record cannot hold
    (floats, lone surrogates) are ``InvalidInput``. ``wait_s``: seconds to wait for other writers.
    """

    _open = False  # until the end of __init__, also when that fails

    def __init__(
        self,
        url: str,
        secret: bytes | None = None,
        *,
        wait_s: float = WAIT_S,
        new_id: Callable[[], str] = lambda: str(uuid4()),
    ) -> None:
        self._secret = secret
        self._new_id = new_id
        self._chain = _chain(url, wait_s)
        self._process, self._named = self._chain.process, self._chain.process.body()
        self._group = Group(self._write, wait_s)
        self.lost: set[str] = set()
        """Intents of this process that it could not settle: the graph or the store was away. Recovery does it later."""
        try:
            with mapped():
                self._chain.open()
        except BaseException:
            self._chain.close()
            raise
        self._open = True

    def intent(
        self, *, who: str, action: str, kind: Kind, parameters: Mapping[str, JSON | Private], at: datetime
    ) -> str:
        """Record what ``who`` is about to do; on disk when this returns. The intent's id (UUID text).

        A selector, a name, or what a person wrote, is ``Private``.
        """
        if kind not in ("read", "write"):
            raise ValueError("kind is read or write")
        body: dict[str, JSON] = {
            "type": "intent",
            "who": who,
            "action": action,
            "kind": kind,
            "at": instant(at),
        }
        if not any(isinstance(value, Private) for value in parameters.values()):
            body["parameters"] = {name: value for name, value in parameters.items() if not isinstance(value, Private)}
            return self._append(body, None)
        salted = new_salt()
        seal = self._seal(salted)
        body["parameters"] = _must_be_canonical(lambda: seal.close(parameters))
        return self._append(body, None, salted)

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
        bodies = [decoded(row.body) for row in rows]
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

    def verify(self, key: PublicKey | None = None, anchors: Iterable[str] = ()) -> Verification:
        """Walk the whole chain: numbers, hashes, one outcome for each intent and never before it, the end, checkpoints.

        Appending meanwhile is fine.

        Args:
            key: of who signs the stored checkpoints; None: their signatures are not looked at.
            anchors: checkpoints kept elsewhere, which the records must agree with; they need the key.
        """
        with self._reading() as connection:
            # Others append meanwhile: the head may be ahead of what was there before it was read, never behind, and is
            # ahead of nothing that is walked after.
            before = connection.scalar(select(func.max(record.c.seq))) or 0
            head = self._chain.head(connection)
            checkpoints = connection.execute(select(checkpoint).order_by(checkpoint.c.size)).all()
        signed: list[Signed] = []
        for size, frontier, note in checkpoints:
            try:
                signed.append(stored(size, frontier, note, key))
            except ValueError as error:
                return Verification(False, 0, GENESIS.hex(), None, f"the stored checkpoint of {size} records: {error}")
        for number, note in enumerate(anchors, 1):
            if key is None:
                raise ValueError("anchors need the key")
            try:
                signed.append(anchored(note, key))
            except ValueError as error:
                return Verification(False, 0, GENESIS.hex(), None, f"the anchored checkpoint number {number}: {error}")
        walk = Walk(signed)
        at_head = GENESIS if head and head.seq == 0 else None

        def found(first_bad: int | None, reason: str | None, *, ok: bool = False) -> Verification:
            root = walk.tree.root().hex()
            return Verification(ok, walk.seq, walk.hash.hex(), first_bad, reason, root, walk.agreed)

        if reason := walk.start():
            return found(0, reason)
        for row in self._rows():
            if reason := walk.take(row):
                return found(walk.first_bad, reason)
            if head and walk.seq == head.seq:
                at_head = walk.hash
        if head is None:
            return found(None, "the head file is missing or unreadable")
        if reason := head.mismatch(walk.seq, at_head, before):
            return found(min(head.seq, walk.seq + 1), reason)
        if cut := walk.beyond():
            return found(
                walk.seq + 1, f"the chain is shorter than {cut.what}: its end was cut off, and the head with it"
            )
        if twice := self._second_use_of_an_id():
            return found(twice, "two records have one id")
        return found(None, None, ok=True)

    def search(self, asked: Question, before: int | None = None, batch: int | None = None) -> Iterator[Found]:
        """Acts, newest first.

        Args:
            before: only those with a lower number.
            batch: how many are read at once; for who takes no more than that.
        """

        def read(statement: Select[Any]) -> Sequence[Row[Any]]:
            with self._reading() as connection:
                return connection.execute(statement).all()

        # A term is looked for here, among all acts that have sealed something
        size = BATCH if batch is None or asked.terms else batch
        return search(read, asked, before, size, self._seal)

    # -- what acts have sealed

    def erase(self, intents: Iterable[str]) -> int:
        """Make what these acts have sealed unreadable, for good. How many of them had something to erase.

        The records stay as they are, and verify. Backups hold what they hold: they end by the office's own rule.
        """
        ids, erased = sorted(set(intents)), 0
        self._usable()
        with mapped():
            for start in range(0, len(ids), BATCH):  # a turn each: those who record wait seconds at most
                with self._chain.turn() as connection:
                    some = delete(salt).where(salt.c.intent.in_(ids[start : start + BATCH]))
                    erased += connection.execute(some).rowcount
            self._chain.purge()
        return erased

    def erase_before(self, at: datetime) -> int:
        """``erase`` all acts that began before a moment."""
        with self._reading() as connection:
            ids: Sequence[str] = connection.scalars(sealed_acts(Question(until=at))).all()
        return self.erase(ids)

    def salts(self) -> Iterator[dict[str, str]]:
        """All of them, for a backup: ``{"intent", "bytes"}``, the second in hex."""
        last = ""
        while True:
            batch = select(salt).where(salt.c.intent > last).order_by(salt.c.intent).limit(BATCH)
            with self._reading() as connection:
                rows = connection.execute(batch).all()
            for row in rows:
                yield {"intent": row.intent, "bytes": row.bytes.hex()}
            if len(rows) < BATCH:
                return
            last = rows[-1].intent

    def _seal(self, salted: bytes) -> Seal:
        if self._secret is None:
            raise ValueError("what is sealed needs the deployment's key")
        return Seal(self._secret, salted)

    # -- checkpoints

    def checkpoint(self, signer: Signer) -> str:
        """Sign the tree of the records that there are, and keep that: the note. The last one if it is still the end.

        Only what came since the last checkpoint is read, and the new tree grows out of the old one's: two checkpoints
        of a store never contradict each other, whatever is done to the older records.

        Raises ``AuditUnavailable`` if these records are no chain, or the last checkpoint is not the signer's.
        """
        last, (end, _) = self._last_checkpoint(), self.end()
        tree, digest = Tree(), GENESIS
        if last is not None:
            try:
                stored(last.size, last.frontier, last.note, signer.public)
            except ValueError as error:
                raise AuditUnavailable(f"{BROKEN_LOG}: the last checkpoint is {error}") from None
            tree = frontier_of(last.size, last.frontier)
            if last.size == end:
                return str(last.note)
            with self._reading() as connection:
                digest = connection.scalar(select(record.c.hash).where(record.c.seq == last.size)) or GENESIS
        for row in self._rows(tree.size):
            if tree.size >= end:
                break
            if reason := follows(row, tree.size, digest):
                raise AuditUnavailable(f"{BROKEN_LOG}: {reason}")
            tree.add(leaf(row.body))
            digest = row.hash
        if tree.size != end:
            raise AuditUnavailable(f"{BROKEN_LOG}: it is shorter than its last checkpoint")
        with mapped(), self._chain.turn() as connection:
            self._tail(connection)
            # Another process may have been quicker
            again = connection.execute(select(checkpoint).where(checkpoint.c.size >= end).limit(1)).first()
            if again is not None:
                return str(again.note)
            note = signer.checkpoint(end, tree.root())
            values = {"size": end, "frontier": b"".join(tree.frontier), "note": note}
            connection.execute(insert(checkpoint).values(values))
        return note

    def checkpoints(self) -> list[dict[str, Any]]:
        """All, the smallest first, as ``load`` takes them: ``{"size", "frontier", "note"}``, the second in hex."""
        with self._reading() as connection:
            rows = connection.execute(select(checkpoint).order_by(checkpoint.c.size)).all()
        return [{"size": row.size, "frontier": row.frontier.hex(), "note": row.note} for row in rows]

    def newest_checkpoints(self, below: int | None, most: int) -> list[tuple[int, str]]:
        """Size and note of so many, the largest first; with ``below`` of smaller ones only."""
        newest = select(checkpoint.c.size, checkpoint.c.note).order_by(checkpoint.c.size.desc()).limit(most)
        with self._reading() as connection:
            rows = connection.execute(newest if below is None else newest.where(checkpoint.c.size < below)).all()
        return [(row.size, row.note) for row in rows]

    def prove(self, which: str) -> dict[str, Any]:
        """That a record, by its id or number, is among those of the last checkpoint: what ``verify_proof`` takes.

        ``{"record": its body, "size": of the tree, "proof": hashes in hex, "checkpoint": the note}``

        Raises:
            InvalidInput: there is no such record.
            OperatorError: it came after the last checkpoint.
            AuditUnavailable: the records are not those that were signed.
        """
        number = int(which) if which.isascii() and which.isdecimal() and len(which) < 16 else 0
        with self._reading() as connection:
            row = connection.execute(select(record).where(or_(record.c.id == which, record.c.seq == number))).first()
        if row is None:
            raise InvalidInput("no record has this id or number")
        last = self._last_checkpoint()
        if last is None or last.size < row.seq:
            raise OperatorError("no checkpoint has this record yet: icmgraph audit checkpoint makes one")
        proof = self._roots(inclusion(row.seq - 1, last.size))
        if not proves_inclusion(leaf(row.body), row.seq - 1, last.size, proof, unsigned(last.note).root):
            raise AuditUnavailable(f"{BROKEN_LOG}: the records are not those of the last checkpoint")
        return {
            "record": decoded(row.body),
            "size": last.size,
            "proof": [one.hex() for one in proof],
            "checkpoint": last.note,
        }

    def prove_consistency(self, old: Checkpoint) -> dict[str, Any]:
        """That the last checkpoint's records begin with those of an older one: what ``verify_consistency`` takes.

        ``{"from": size of the older tree, "size": of the newer, "proof": hashes in hex, "checkpoint": newer note}``

        Raises:
            InvalidInput: the older one is another log's.
            AuditUnavailable: it is no older state of these records, or they are not those that were signed.
        """
        last = self._last_checkpoint()
        if last is None:
            raise AuditUnavailable(f"{BROKEN_LOG}, or has never been signed: it holds no checkpoint")
        new = unsigned(last.note)
        if new.origin != old.origin:
            raise InvalidInput("the checkpoint given is of another log")
        if new.size < old.size:
            raise AuditUnavailable(f"{BROKEN_LOG}: its last checkpoint is of fewer records than the one given")
        proof = self._roots(consistency(old.size, last.size))
        if not proves_consistency(old.size, last.size, proof, old.root, new.root):
            raise AuditUnavailable(f"{BROKEN_LOG}: the last checkpoint does not go on from the one given")
        return {
            "from": old.size,
            "size": last.size,
            "proof": [one.hex() for one in proof],
            "checkpoint": last.note,
        }

    def _roots(self, parts: Sequence[Part]) -> list[bytes]:
        try:
            return roots(parts, (leaf(one.body) for one in self._rows()))
        except ValueError:
            raise AuditUnavailable(f"{BROKEN_LOG}: it is shorter than its last checkpoint") from None

    def _last_checkpoint(self) -> Row[Any] | None:
        with self._reading() as connection:
            return connection.execute(select(checkpoint).order_by(checkpoint.c.size.desc()).limit(1)).first()

    # -- the whole

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
            yield {"seq": row.seq, "prev": row.prev.hex(), "hash": row.hash.hex(), "body": decoded(row.body)}

    def end(self) -> tuple[int, str]:
        """The last record's number (0: none) and hash in hex. Raises ``AuditUnavailable`` if the chain was cut off."""
        self._usable()
        with mapped(), self._chain.turn() as connection:
            tail = self._tail(connection)
        return tail.seq, tail.hash.hex()

    def load(
        self,
        records: Iterable[Mapping[str, Any]],
        checkpoints: Iterable[Mapping[str, Any]] = (),
        salts: Iterable[Mapping[str, Any]] = (),
    ) -> None:
        """Fill an empty store with what ``export``, ``checkpoints`` and ``salts`` gave, all of it or nothing.

        Whether the checkpoints are good, ``verify`` says.

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
            for one in checkpoints:
                values = {"size": one["size"], "frontier": bytes.fromhex(one["frontier"]), "note": one["note"]}
                connection.execute(insert(checkpoint).values(values))
            kept = iter(salts)
            while some := list(islice(kept, BATCH)):
                rows = [{"intent": one["intent"], "bytes": bytes.fromhex(one["bytes"])} for one in some]
                connection.execute(insert(salt), rows)
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
            "at": instant(at),
        }
        self._append(body, intent)

    def _append(self, body: dict[str, JSON], intent: str | None, salted: bytes | None = None) -> str:
        self._usable()
        one = _Append(body, intent, salted)
        with AUDIT.time():
            self._group.bring(one)
        if one.refused is not None:
            raise one.refused
        return one.id

    def _write(self, group: Sequence[_Append]) -> None:
        """Records of several threads, in one transaction with one move of the head. Who is refused is so alone."""
        with mapped(), self._chain.turn() as connection:
            head = self._tail(connection)
            settling = _Settling(connection, [one.intent for one in group if one.intent is not None])
            rows, salts = [], []
            for one in group:
                try:
                    if one.intent is not None:
                        settling.require(one.intent)
                    one.id = self._new_id()
                    data = _encoded({**one.body, "v": 1, "seq": head.seq + 1, "id": one.id, "process": self._named})
                except Exception as error:
                    one.refused = error
                    continue
                if one.intent is not None:
                    settling.settled.add(one.intent)
                if one.salt is not None:
                    salts.append({"intent": one.id, "bytes": one.salt})
                digest = hashlib.sha256(head.hash + data).digest()
                rows.append(
                    {
                        "seq": head.seq + 1, "id": one.id, "intent": one.intent, "prev": head.hash, "hash": digest,
                        "body": data,
                    }
                )  # fmt: skip
                head = Head(head.seq + 1, digest)
            if rows:
                connection.execute(_ADD, rows)
                if salts:
                    connection.execute(_ADD_SALTS, salts)
                self._chain.move_head(connection, head)

    def _tail(self, connection: Connection) -> Head:
        """The chain's end, after a look at the head file.

        A chain that was cut off takes no further records: with them the head would move on, and the
        cut could no longer be seen.
        """
        row = connection.execute(_LAST).first()
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

    def _rows(self, after: int | None = None) -> Iterator[Row[Any]]:
        """The rows after a number, or all, in batches: a slow reader must not hold back SQLite's checkpoints."""
        last = after
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


class _Settling:
    """Which of these intents were recorded, and which have their outcome."""

    def __init__(self, connection: Connection, intents: Sequence[str]) -> None:
        self.settled: set[str] = set()
        self._recorded: set[str] = set()
        for id, settles in connection.execute(_ABOUT, {"intents": intents}) if intents else ():
            if settles is None:
                self._recorded.add(id)
            else:
                self.settled.add(settles)

    def require(self, intent: str) -> None:
        if intent in self.settled:
            raise AlreadySettled("this intent already has its outcome")
        if intent not in self._recorded:
            raise AuditUnavailable("an outcome needs an intent that was recorded")


def _encoded(body: dict[str, JSON]) -> bytes:
    return _must_be_canonical(lambda: canonical(body))


def _must_be_canonical(made: Callable[[], T]) -> T:
    try:
        return made()
    except ValueError as error:
        raise InvalidInput(f"an audit record cannot hold {error}") from None


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
