"""Every way to change a finished chain by hand, and what ``verify`` says to it."""

from __future__ import annotations

import errno
import hashlib
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from icmgraph.audit import AuditStore, canonical
from icmgraph.audit.head import HeadFile
from icmgraph.errors import AuditUnavailable

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
PAIRS = 3


def fill(store: AuditStore, pairs: int = PAIRS) -> None:
    for number in range(pairs):
        intent = store.intent(who="u-1", action="search", kind="read", parameters={"limit": number}, at=AT)
        store.outcome(intent, result="answered", at=AT)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A chain of intent, outcome, intent, outcome, intent, outcome; its triggers dropped."""
    with closing(AuditStore(f"sqlite:///{tmp_path / 'audit.db'}")) as store:
        fill(store)
        assert store.verify().ok
    with closing(sqlite3.connect(tmp_path / "audit.db")) as raw, raw:
        for (name,) in raw.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            raw.execute(f"DROP TRIGGER {name}")
    return tmp_path


def sql(*statements: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        with closing(sqlite3.connect(folder / "audit.db")) as raw, raw:
            for statement in statements:
                raw.execute(statement)

    return change


def head(text: str | None) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        if text is None:
            (folder / "audit.head").unlink()
        else:
            (folder / "audit.head").write_text(text)

    return change


def flip_a_byte(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "audit.db")) as raw, raw:
        (body,) = raw.execute("SELECT body FROM record WHERE seq = 3").fetchone()
        changed = body.replace(b'"limit":1', b'"limit":9')
        assert changed != body
        raw.execute("UPDATE record SET body = ? WHERE seq = 3", (changed,))


def rehash(folder: Path, change: Callable[[dict[int, dict[str, object]]], None]) -> None:
    """The patient forger: changes bodies, then computes all hashes and the head again."""
    with closing(sqlite3.connect(folder / "audit.db")) as raw, raw:
        rows = raw.execute("SELECT seq, body FROM record ORDER BY seq").fetchall()
        bodies = {seq: json.loads(body) for seq, body in rows}
        change(bodies)
        raw.execute("DROP TABLE record")
        raw.execute("CREATE TABLE record (seq INTEGER, id TEXT, intent TEXT, prev BLOB, hash BLOB, body BLOB)")
        last = bytes(32)
        for seq, body in bodies.items():
            data = canonical(body)
            prev, last = last, hashlib.sha256(last + data).digest()
            row = (seq, body["id"], body.get("intent"), prev, last, data)
            raw.execute("INSERT INTO record VALUES (?, ?, ?, ?, ?, ?)", row)
    (folder / "audit.head").write_text(f"{len(bodies)} {last.hex()}\n")


def second_outcome(folder: Path) -> None:
    rehash(folder, lambda b: b[6].update(intent=b[4]["intent"]))


def outcome_first(folder: Path) -> None:
    def swap(bodies: dict[int, dict[str, object]]) -> None:
        bodies[3], bodies[4] = bodies[4] | {"seq": 3}, bodies[3] | {"seq": 4}

    rehash(folder, swap)


def same_id(folder: Path) -> None:
    def copy(bodies: dict[int, dict[str, object]]) -> None:
        bodies[5]["id"] = bodies[6]["intent"] = bodies[3]["id"]

    rehash(folder, copy)


def forged_with_old_head(folder: Path) -> None:
    old = (folder / "audit.head").read_bytes()
    rehash(folder, lambda b: b[3].update(who="u-2"))
    (folder / "audit.head").write_bytes(old)


def foreign_record(folder: Path) -> None:
    """Appended records are judged too, although the head does not know them."""
    with closing(sqlite3.connect(folder / "audit.db")) as raw, raw:
        (last,) = raw.execute("SELECT hash FROM record WHERE seq = 6").fetchone()
        row = (last, hashlib.sha256(last + b"{}").digest(), b"{}")
        raw.execute("INSERT INTO record VALUES (7, 'x', NULL, ?, ?, ?)", row)


SWAP = (
    "UPDATE record SET seq = -1 WHERE seq = 3",
    "UPDATE record SET seq = 3 WHERE seq = 4",
    "UPDATE record SET seq = 4 WHERE seq = -1",
)

CASES: dict[str, tuple[Callable[[Path], None], int | None, str]] = {
    "a byte of a body": (flip_a_byte, 3, "bytes do not give its hash"),
    "a byte of a hash": (sql("UPDATE record SET hash = zeroblob(32) WHERE seq = 3"), 3, "do not give its hash"),
    "a byte of prev": (sql("UPDATE record SET prev = zeroblob(32) WHERE seq = 3"), 3, "does not follow"),
    "a column": (sql("UPDATE record SET id = 'x' WHERE seq = 3"), 3, "columns differ"),
    "an outcome's intent": (sql("UPDATE record SET intent = NULL WHERE seq = 4"), 4, "columns differ"),
    "first deleted": (sql("DELETE FROM record WHERE seq = 1"), 1, "missing"),
    "middle deleted": (sql("DELETE FROM record WHERE seq = 3"), 3, "missing"),
    "middle deleted, renumbered": (
        sql("DELETE FROM record WHERE seq = 3", "UPDATE record SET seq = seq - 1 WHERE seq > 3"), 3, "does not follow",
    ),
    "two records swapped": (sql(*SWAP), 3, "does not follow"),
    "last deleted": (sql("DELETE FROM record WHERE seq = 6"), 6, "cut off"),
    "tail deleted": (sql("DELETE FROM record WHERE seq > 2"), 3, "cut off"),
    "all deleted": (sql("DELETE FROM record"), 1, "cut off"),
    "another head": (head(f"6 {'0' * 64}\n"), 6, "was replaced"),
    "another empty head": (head(f"0 {'1' * 64}\n"), 0, "was replaced"),
    "no head": (head(None), None, "missing or unreadable"),
    "an empty head file": (head(""), None, "missing or unreadable"),
    "a head that is none": (head("-1 00\n"), None, "missing or unreadable"),
    "a foreign record at the end": (foreign_record, 7, "not one of ours"),
    "a second outcome, all hashes forged": (second_outcome, 6, "second outcome"),
    "an outcome before its intent, all hashes forged": (outcome_first, 3, "without an intent before it"),
    "one id twice, all hashes forged": (same_id, 5, "one id"),
    "hashes forged, head kept": (forged_with_old_head, 6, "was replaced"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_tampering_is_found(folder: Path, case: str) -> None:
    change, first_bad, reason = CASES[case]
    change(folder)
    with closing(AuditStore(f"sqlite:///{folder / 'audit.db'}")) as store:
        found = store.verify()
    assert not found.ok
    assert found.first_bad == first_bad
    assert reason in (found.reason or "")


@pytest.mark.parametrize("case", ["tail deleted", "all deleted", "another head", "no head", "hashes forged, head kept"])
def test_a_cut_chain_takes_no_further_records(folder: Path, case: str) -> None:
    """Else the head would move on, and the cut could no longer be seen."""
    CASES[case][0](folder)
    with closing(AuditStore(f"sqlite:///{folder / 'audit.db'}")) as store:
        before = store.verify()
        with pytest.raises(AuditUnavailable, match="does not fit its head file"):
            fill(store)
        assert store.verify() == before


def test_a_crash_at_any_step_of_an_append_is_no_tampering(folder: Path) -> None:
    """With several records in one commit too: what was prepared tells how far the chain went."""
    now, prepared = folder / "audit.head", folder / "audit.head.next"
    url = f"sqlite:///{folder / 'audit.db'}"
    old = now.read_bytes()
    with closing(AuditStore(url)) as store:
        fill(store, 20)
        new = now.read_bytes()

        def stands(head: bytes, after: bytes) -> None:
            now.write_bytes(head)
            prepared.write_bytes(after)
            assert store.verify().ok
            assert store.end()[0] == store.verify().records

        stands(new, new[:20])  # while the next head was written
        stands(new, b"99 " + b"a" * 64 + b"\n")  # before the commit
        stands(old, new)  # after it
        fill(store, 1)
        assert not prepared.exists()
        assert store.verify().ok


def test_a_second_crash_finds_the_head_that_the_first_left(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first after its commit, the second before: what the first had prepared must not be lost."""
    url = f"sqlite:///{folder / 'audit.db'}"
    with closing(AuditStore(url)) as store, monkeypatch.context() as broken:
        broken.setattr(HeadFile, "replace", fails)
        with pytest.raises(AuditUnavailable):
            fill(store, 1)
    with closing(AuditStore(url)) as store, monkeypatch.context() as broken:
        assert store.verify().records == 2 * PAIRS + 1
        broken.setattr(HeadFile, "prepare", fails)
        with pytest.raises(AuditUnavailable):
            fill(store, 1)
        (folder / "audit.head.next").write_bytes(b"torn")
        assert store.verify().ok
    with closing(AuditStore(url)) as store:
        fill(store, 1)
        assert store.verify().ok


def fails(*given: object) -> None:
    raise OSError(errno.EIO, "invented")


def test_an_old_head_put_back_is_found(folder: Path) -> None:
    """However little is missing: no crash leaves that."""
    old = (folder / "audit.head").read_bytes()
    with closing(AuditStore(f"sqlite:///{folder / 'audit.db'}")) as store:
        store.intent(who="u-1", action="search", kind="read", parameters={}, at=AT)
        (folder / "audit.head").write_bytes(old)
        found = store.verify()
        assert not found.ok
        assert "older than the chain" in (found.reason or "")
        with pytest.raises(AuditUnavailable, match="does not fit"):
            fill(store)
