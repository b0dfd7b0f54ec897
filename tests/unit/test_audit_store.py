from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
import random
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from icmgraph.audit import AlreadySettled, AuditStore, Signer, canonical, tree
from icmgraph.audit.checkpoint import verify_proof
from icmgraph.audit.schema import mapped
from icmgraph.errors import AuditUnavailable, InvalidInput, OperatorError
from tests.postgres import PASSWORD, Postgres

CHILD = Path(__file__).with_name("audit_child.py")
LOG = Signer(Ed25519PrivateKey.from_private_bytes(b"an invented key for tests, 32 by"))
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def url(folder: Path) -> str:
    return f"sqlite:///{folder / 'audit.db'}"


def add(store: AuditStore, **changes: Any) -> str:
    given: dict[str, Any] = {"who": "u-1", "action": "search", "kind": "read", "parameters": {"limit": 5}, "at": AT}
    return store.intent(**{**given, **changes})


def child(what: str, address: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(CHILD), what, address], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of an empty store."""
    if request.param == "sqlite":
        return url(tmp_path)
    postgres: Postgres = request.getfixturevalue("postgres")
    return postgres.database()


@pytest.fixture
def store(address: str) -> Iterator[AuditStore]:
    store = AuditStore(address)
    yield store
    store.close()


def test_a_pair_as_it_is_stored(store: AuditStore) -> None:
    noon = AT.astimezone(timezone(timedelta(hours=-5)))
    intent = add(store, parameters={"selector": "ab12", "limit": 5, "kinds": ("phone",), "exact": True}, at=noon)
    store.outcome(intent, result="answered", records=["r-1", "r-2"], at=AT)
    first, second = store.export()
    process = first["body"]["process"]
    assert process["pid"] == os.getpid()
    assert first["body"] == {
        "v": 1,
        "type": "intent",
        "seq": 1,
        "id": intent,
        "who": "u-1",
        "action": "search",
        "kind": "read",
        "parameters": {"selector": "ab12", "limit": 5, "kinds": ["phone"], "exact": True},
        "at": "2026-03-01T12:00:00.000000+00:00",
        "process": process,
    }
    assert second["body"] == {
        "v": 1,
        "type": "outcome",
        "seq": 2,
        "id": second["body"]["id"],
        "intent": intent,
        "result": "answered",
        "records": ["r-1", "r-2"],
        "recovered": False,
        "at": "2026-03-01T12:00:00.000000+00:00",
        "process": process,
    }


def test_the_export_can_be_verified_alone(store: AuditStore) -> None:
    for _ in range(3):
        store.outcome(add(store), result="answered", at=AT)
    last = bytes(32)
    for number, line in enumerate(json.loads(json.dumps(list(store.export()))), 1):
        assert (line["seq"], line["prev"]) == (number, last.hex())
        last = hashlib.sha256(last + canonical(line["body"])).digest()
        assert line["hash"] == last.hex()
    assert store.verify().head == last.hex()


def test_walks_longer_than_a_batch(store: AuditStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("icmgraph.audit.store.BATCH", 4)
    for expected in range(10):
        assert [line["seq"] for line in store.export()] == list(range(1, expected + 1))
        assert (store.verify().ok, store.verify().records) == (True, expected)
        add(store)


def test_one_outcome_for_each_intent(store: AuditStore) -> None:
    intent, other = add(store), add(store)
    store.outcome(intent, result="answered", at=AT)
    for again in (store.outcome, store.settle):
        with pytest.raises(AlreadySettled):
            again(intent, result="answered", at=AT)
    store.settle(other, "lost", AT)
    with pytest.raises(AlreadySettled):
        store.outcome(other, result="answered", at=AT)
    with pytest.raises(AuditUnavailable, match="needs an intent"):
        store.outcome("unknown", result="answered", at=AT)
    outcome = list(store.export())[2]["body"]["id"]
    with pytest.raises(AuditUnavailable, match="needs an intent"):
        store.outcome(outcome, result="answered", at=AT)
    assert [line["body"].get("recovered") for line in store.export()] == [None, None, False, True]
    assert store.verify().records == 4


@pytest.mark.parametrize("value", [0.5, "\ud800", {"deep": [b"x"]}, 2**60])
def test_what_a_record_cannot_hold_is_refused_and_leaves_nothing(store: AuditStore, value: Any) -> None:
    with pytest.raises(InvalidInput):
        add(store, parameters={"x": value})
    assert store.verify().records == 0
    add(store)
    assert store.verify().ok


def test_wrong_arguments(store: AuditStore) -> None:
    with pytest.raises(ValueError, match="time zone"):
        add(store, at=AT.replace(tzinfo=None))
    with pytest.raises(ValueError, match="kind"):
        add(store, kind="delete")


def test_files_are_the_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "home"
    old = os.umask(0)
    try:
        store = AuditStore(url(folder))
        add(store)
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    finally:
        os.umask(old)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert set(modes) == {"audit.db", "audit.db-wal", "audit.db-shm", "audit.head", "audit.lock"}
    assert set(modes.values()) == {0o600}
    (folder / "audit.db").chmod(0o644)
    store.close()
    AuditStore(url(folder)).close()
    assert stat.S_IMODE((folder / "audit.db").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "given",
    ["", "nonsense", "sqlite://", "sqlite:///:memory:", "sqlite:///file:x?uri=true", "postgresql://a/b", "mysql://a:secret@b/c",
     "postgresql://a:secret@b:x/c",
     "sqlite:///x.head", "sqlite:///x.db?mode=ro"],
)  # fmt: skip
def test_addresses_that_cannot_be(given: str) -> None:
    with pytest.raises(OperatorError, match="ICM_AUDIT_URL") as caught:
        AuditStore(given)
    assert "secret" not in "".join(traceback.format_exception(caught.value, chain=True))


def test_the_triggers_refuse_changes(tmp_path: Path) -> None:
    store = AuditStore(url(tmp_path))
    add(store)
    raw = sqlite3.connect(tmp_path / "audit.db")
    for statement in (
        "UPDATE record SET body = x'00'",
        "DELETE FROM record",
        "INSERT OR REPLACE INTO record SELECT * FROM record",
        "INSERT OR REPLACE INTO record SELECT 2, id, intent, prev, hash, body FROM record",
        "INSERT INTO record SELECT 3, 'other', intent, prev, hash, body FROM record",
    ):
        with pytest.raises(sqlite3.DatabaseError, match="append only"):
            raw.execute(statement)
    raw.close()
    assert store.verify().ok
    store.close()


def test_nothing_logs_what_is_recorded(address: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, "sqlalchemy.engine"):
        store = AuditStore(address, wait_s=0.1)
        intent = add(store, who="secret-who", parameters={"x": "secret-value"})
        store.outcome(intent, result="secret-result", at=AT)
        list(store.export())
        store.unsettled()
        store.verify()
        holder = child("hold", address)
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(AuditUnavailable) as caught:
            add(store, who="secret-who")
        holder.communicate()
        store.close()
    assert "secret" not in caplog.text
    assert PASSWORD not in caplog.text
    assert "secret" not in str(caught.value)


# -- several writers


def test_threads_and_processes_append_at_once(store: AuditStore, address: str) -> None:
    others = [child("some", address) for _ in range(2)]

    def work() -> None:
        for _ in range(30):
            store.outcome(add(store), result="answered", at=AT)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        found = store.verify()
        assert found.ok, found
        time.sleep(0.02)  # else it takes the interpreter from the threads that it watches
    for other in others:
        other.communicate()
        assert other.returncode == 0
    assert store.verify().records == 2 * (4 * 30 + 2 * 100)
    assert store.unsettled() == []
    if address.startswith("sqlite"):
        seq, digest = Path(address.removeprefix("sqlite:///")).with_suffix(".head").read_text().split()
        assert (int(seq), digest) == (store.verify().records, store.verify().head)


def test_two_stores_of_one_process(store: AuditStore, address: str) -> None:
    second = AuditStore(address)
    intent = add(store)
    second.outcome(intent, result="answered", at=AT)
    second.close()
    add(store)
    assert store.verify().records == 3


def test_killed_at_any_moment(address: str) -> None:
    """Ten kills: no printed id is lost, the chain holds, and recovery finds what is open."""
    dice = random.Random(3)
    printed: dict[str, set[str]] = {"intent": set(), "outcome": set()}
    for _ in range(10):
        process = child("loop", address)
        assert process.stdout is not None
        first = process.stdout.readline()  # it runs
        time.sleep(dice.uniform(0, 0.15))
        process.kill()
        rest = process.stdout.read()  # not communicate(): it passes by what readline() has buffered
        process.communicate()
        for line in (first + rest).splitlines(keepends=True):
            if line.endswith("\n"):
                what, name = line.split()
                printed[what].add(name)

    store = AuditStore(address)
    mine = add(store)
    assert store.verify().ok, store.verify()
    bodies = [line["body"] for line in store.export()]
    intents = {body["id"] for body in bodies if body["type"] == "intent"}
    settled = {body["intent"] for body in bodies if body["type"] == "outcome"}
    assert printed["intent"] <= intents
    assert printed["outcome"] <= settled
    assert printed["outcome"]

    waiting = store.unsettled()
    assert [intent.id for intent in waiting] == [
        body["id"] for body in bodies if body["type"] == "intent" and body["id"] not in settled | {mine}
    ]
    assert {(i.who, i.action, i.kind, i.parameters["limit"], i.at) for i in waiting} == {
        ("u-1", "search", "read", 5, AT)
    }
    for intent in waiting:
        store.settle(intent.id, "may have been answered", AT)
    assert store.unsettled() == []
    assert store.verify().ok
    store.close()


def test_a_living_process_keeps_its_intents(store: AuditStore, address: str) -> None:
    process = child("loop", address)
    assert process.stdout is not None
    names = [process.stdout.readline().split()[1] for _ in range(2)]
    assert store.unsettled() == []
    process.kill()
    process.communicate()
    assert names[1] in [intent.id for intent in store.unsettled()]


def together(store: AuditStore, acts: list[Callable[[], object]]) -> list[object]:
    """What came of acts of as many threads, of which all but the first are written in one transaction."""
    came: list[object] = [None] * len(acts)

    def run(number: int) -> None:
        try:
            came[number] = acts[number]()
        except Exception as error:
            came[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(acts))]
    with store._chain.turn():
        for number, thread in enumerate(threads):
            thread.start()
            while not (number == 0 and store._group._working) and len(store._group._queue) < number:
                time.sleep(0.001)
            time.sleep(0.02 if number == 0 else 0)  # the first is past the queue, and waits for the turn
    for thread in threads:
        thread.join()
    return came


def test_who_is_refused_in_a_group_is_so_alone(store: AuditStore) -> None:
    """In the order of arrival, and each as if it had come alone."""
    done, open_ = add(store), add(store)
    store.outcome(done, result="answered", at=AT)

    def outcome(intent: str) -> Callable[[], object]:
        return lambda: store.outcome(intent, result="answered", at=AT)

    came = together(
        store,
        [
            lambda: add(store, who="first"),
            lambda: add(store, who="second"),
            outcome(done),
            outcome(open_),
            outcome(open_),
            lambda: add(store, parameters={"x": 0.5}),
            outcome("unknown"),
            lambda: add(store, who="last"),
        ],
    )
    assert [type(one) for one in came] == [
        str, str, AlreadySettled, type(None), AlreadySettled, InvalidInput, AuditUnavailable, str,
    ]  # fmt: skip
    bodies = [line["body"] for line in store.export()][3:]
    assert [body.get("who") or body["intent"] for body in bodies] == ["first", "second", open_, "last"]
    assert [body["id"] for body in bodies if body["type"] == "intent"] == [came[0], came[1], came[7]]
    found = store.verify()
    assert (found.ok, found.records) == (True, 7)


def test_a_group_that_fails_fails_for_all_and_leaves_nothing(
    store: AuditStore, monkeypatch: pytest.MonkeyPatch
) -> None:

    def fails(*given: object) -> None:
        raise OSError(errno.ENOSPC, "invented")

    monkeypatch.setattr(store._chain, "move_head", fails)
    came = together(store, [lambda: add(store) for _ in range(5)])
    assert {str(one) for one in came} == {"the disk of the audit store is full or failing"}
    assert len({id(one) for one in came}) == 5
    monkeypatch.undo()
    add(store)
    assert store.verify().records == 1


# -- checkpoints


def test_checkpoints_and_proofs(store: AuditStore, address: str) -> None:
    empty = store.checkpoint(LOG)
    assert LOG.public.checkpoint(empty).root == hashlib.sha256().digest()
    ids = [add(store) for _ in range(7)]
    with pytest.raises(OperatorError, match="no checkpoint has this record yet"):
        store.prove(ids[3])
    note = store.checkpoint(LOG)
    assert store.checkpoint(LOG) == note, "nothing new, nothing signed"
    leaves = [tree.leaf(canonical(line["body"])) for line in store.export()]
    said = LOG.public.checkpoint(note)
    assert (said.size, said.root) == (7, tree.roots([(0, 7)], leaves)[0])
    for number, id in enumerate(ids, 1):
        proof = json.loads(json.dumps(store.prove(id)))
        assert proof == store.prove(str(number))
        assert verify_proof(proof, LOG.public) == said
    with pytest.raises(InvalidInput):
        store.prove("8")
    add(store)
    later = store.checkpoint(LOG)
    grows = tree.roots(tree.consistency(7, 8), (tree.leaf(canonical(line["body"])) for line in store.export()))
    assert tree.proves_consistency(7, 8, grows, said.root, LOG.public.checkpoint(later).root)
    found = store.verify(LOG.public, [empty, note])
    assert (found.ok, found.checkpoints, found.root) == (True, 5, LOG.public.checkpoint(later).root.hex())


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda p: p["record"].update(who="u-2"), "not the one that the checkpoint signs"),
        (lambda p: p["record"].update(seq=3), "not the one that the checkpoint signs"),
        (lambda p: p["record"].update(seq=0), "not the one"),
        (lambda p: p["record"].update(seq="2"), "not a proof"),
        (lambda p: p["proof"].pop(), "not the one that the checkpoint signs"),
        (lambda p: p["proof"].reverse(), "not the one that the checkpoint signs"),
        (lambda p: p["proof"].append("zz"), "not a proof"),
        (lambda p: p.update(size=4), "another size"),
        (lambda p: p.update(checkpoint=p["checkpoint"].replace("\n5\n", "\n4\n")), "not signed by this key"),
        (lambda p: p.update(checkpoint=None), "not a proof"),
        (lambda p: p.pop("record"), "not a proof"),
        (lambda p: p.update(record={**p["record"], "more": 0.5}), "float"),
    ],
)
def test_a_changed_proof_proves_nothing(tmp_path: Path, change: Callable[[Any], object], reason: str) -> None:
    with closing(AuditStore(url(tmp_path))) as store:
        for _ in range(5):
            add(store)
        store.checkpoint(LOG)
        proof = store.prove("2")
    change(proof)
    with pytest.raises(ValueError, match=reason):
        verify_proof(proof, LOG.public)


def test_what_was_loaded_has_its_checkpoints(store: AuditStore, tmp_path: Path) -> None:
    for _ in range(5):
        store.outcome(add(store), result="answered", at=AT)
        store.checkpoint(LOG)
    with closing(AuditStore(url(tmp_path / "other"))) as other:
        other.load(store.export(), store.checkpoints())
        assert other.verify(LOG.public) == store.verify(LOG.public)
        assert other.verify(LOG.public).checkpoints == 5
        add(other)
        other.checkpoint(LOG)
        assert other.verify(LOG.public).checkpoints == 6


def test_a_store_of_before_checkpoints_gets_them(address: str) -> None:
    with closing(AuditStore(address)) as store:
        add(store)
        with store._chain.turn() as connection:
            connection.execute(text("DROP TABLE checkpoint"))
            if address.startswith("postgresql"):
                connection.execute(text("DROP FUNCTION checkpoint_guard"))
    with closing(AuditStore(address)) as store:
        store.checkpoint(LOG)
        add(store)
        store.checkpoint(LOG)
        assert store.verify(LOG.public).checkpoints == 2
        for statement in (
            "UPDATE checkpoint SET note = 'x'",
            "DELETE FROM checkpoint",
            "INSERT INTO checkpoint SELECT 0, frontier, note FROM checkpoint WHERE size = 1",
        ):
            with pytest.raises(AuditUnavailable), mapped(), store._chain.turn() as connection:
                connection.execute(text(statement))
        assert store.verify(LOG.public).checkpoints == 2


def test_checkpoints_while_others_write(store: AuditStore, address: str) -> None:
    others = [child("some", address) for _ in range(2)]
    held = []
    while any(other.poll() is None for other in others):
        held.append(store.checkpoint(LOG))
    for other in others:
        other.communicate()
        assert other.returncode == 0
    held.append(store.checkpoint(LOG))
    found = store.verify(LOG.public, held)
    assert (found.ok, found.records) == (True, 400), found
    assert found.checkpoints == len(held) + len(set(held))


# -- when it cannot be written


def test_another_process_holds_the_lock(address: str) -> None:
    store = AuditStore(address, wait_s=0.2)
    holder = child("hold", address)
    assert holder.stdout is not None
    holder.stdout.readline()
    with pytest.raises(AuditUnavailable, match="busy for too long"):
        add(store)
    with pytest.raises(AuditUnavailable, match="busy for too long"):
        AuditStore(address, wait_s=0.2)
    assert store.verify().ok  # readers do not wait
    holder.communicate()
    add(store)
    assert store.verify().records == 1
    store.close()


def test_the_disk_is_full_and_then_not(tmp_path: Path) -> None:
    out, _ = child("full", url(tmp_path)).communicate()
    refused = "refused the disk of the audit store is full or failing None True"
    assert out.splitlines() == [refused, refused, "records 2 True"]


def test_files_that_may_not_be_written() -> None:
    # Not tmp_path: its parents are closed to other users, and that would be another error
    folder = Path(tempfile.mkdtemp())
    try:
        store = AuditStore(url(folder))
        add(store)
        store.close()
        for path in folder.iterdir():
            path.chmod(0o444)
        folder.chmod(0o555)
        out, _ = child("read_only", url(folder)).communicate()
        assert out.splitlines() == ["refused the audit store cannot be opened or written by this user None True"]
    finally:
        folder.chmod(0o700)
        shutil.rmtree(folder)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(AuditUnavailable, match="cannot be opened"):
        AuditStore(url(tmp_path / "file" / "home"))


@pytest.mark.parametrize("content", [b"not a database " * 1000, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_broken_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "audit.db").write_bytes(content)
    with pytest.raises(AuditUnavailable, match="not an intact audit database"):
        AuditStore(url(tmp_path))
    assert (tmp_path / "audit.db").read_bytes() == content


def test_a_database_of_something_else(tmp_path: Path) -> None:
    raw = sqlite3.connect(tmp_path / "audit.db")
    raw.execute("CREATE TABLE record (x)")
    raw.commit()
    raw.close()
    with pytest.raises(AuditUnavailable, match="not an intact audit database"):
        AuditStore(url(tmp_path))


def test_half_made_files_are_completed(tmp_path: Path) -> None:
    (tmp_path / "audit.db").touch()
    store = AuditStore(url(tmp_path))
    add(store)
    assert store.verify().ok
    store.close()


def test_a_store_that_is_not_open(address: str) -> None:
    closed = AuditStore(address)
    closed.close()
    closed.close()
    for store in (closed, AuditStore.__new__(AuditStore)):
        for act in (
            lambda store=store: add(store),
            lambda store=store: store.outcome("x", result="y", at=AT),
            lambda store=store: store.settle("x", "y", AT),
            lambda store=store: store.unsettled(),
            lambda store=store: list(store.export()),
        ):
            with pytest.raises(AuditUnavailable, match="not open"):
                act()
    with pytest.raises(AuditUnavailable):
        AuditStore.__new__(AuditStore).verify()


def test_a_store_from_before_a_fork(store: AuditStore) -> None:
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            add(store)
            os.write(write, b"recorded")
        except AuditUnavailable as error:
            os.write(write, str(error).encode())
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    os.close(write)
    with open(read) as answer:
        assert "opened by another process" in answer.read()
    add(store)
    assert store.verify().records == 1
