"""Every way to change a finished chain by hand, and what ``verify`` says to it."""

from __future__ import annotations

import errno
import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from icmgraph.audit import AuditStore, Signer, canonical
from icmgraph.audit.checkpoint import unsigned, verify_consistency
from icmgraph.audit.head import HeadFile
from icmgraph.errors import AuditUnavailable, InvalidInput

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
PAIRS = 3
LOG = Signer(Ed25519PrivateKey.from_private_bytes(b"an invented key for tests, 32 by"))


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
    drop_triggers(tmp_path)
    return tmp_path


def drop_triggers(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "audit.db")) as raw, raw:
        for (name,) in raw.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            raw.execute(f"DROP TRIGGER {name}")


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


def rewritten(folder: Path) -> None:
    rehash(folder, lambda b: b[3].update(who="u-2"))


def swapped(folder: Path) -> None:
    def swap(bodies: dict[int, dict[str, object]]) -> None:
        bodies[1], bodies[3] = bodies[3] | {"seq": 1}, bodies[1] | {"seq": 3}
        bodies[2], bodies[4] = bodies[4] | {"seq": 2}, bodies[2] | {"seq": 4}

    rehash(folder, swap)


def left_out(folder: Path) -> None:
    """A pair from the middle; those behind it get new numbers."""

    def remove(bodies: dict[int, dict[str, object]]) -> None:
        for seq in (3, 4):
            bodies[seq] = bodies.pop(seq + 2) | {"seq": seq}

    rehash(folder, remove)


def cut(folder: Path) -> None:
    """The last pair, with the head set back to fit: no trace in records and head."""
    sql("DELETE FROM record WHERE seq > 4")(folder)
    with closing(sqlite3.connect(folder / "audit.db")) as raw:
        (last,) = raw.execute("SELECT hash FROM record WHERE seq = 4").fetchone()
    (folder / "audit.head").write_text(f"4 {last.hex()}\n")


def cut_with_checkpoint(folder: Path) -> None:
    cut(folder)
    sql("DELETE FROM checkpoint WHERE size > 4")(folder)


def fork(folder: Path) -> None:
    """Another history of the same size from record 5 on, by the same program, signed with the same key."""
    cut_with_checkpoint(folder)
    with closing(AuditStore(f"sqlite:///{folder / 'audit.db'}")) as store:
        fill(store, 1)
        store.checkpoint(LOG)


def rolled_back(folder: Path) -> None:
    """All files as they were at record 4; an old backup."""
    for path in (folder / "old").iterdir():
        shutil.copy(path, folder)
    for name in ("audit.db-wal", "audit.db-shm"):
        (folder / name).unlink(missing_ok=True)


def another_signature(folder: Path) -> None:
    note = Signer(Ed25519PrivateKey.generate(), LOG.public.name).checkpoint(6, bytes(32))
    with closing(sqlite3.connect(folder / "audit.db")) as raw, raw:
        raw.execute("UPDATE checkpoint SET note = ? WHERE size = 6", (note,))


def another_log(folder: Path) -> None:
    sql("DELETE FROM checkpoint")(folder)
    with closing(AuditStore(f"sqlite:///{folder / 'audit.db'}")) as store:
        store.checkpoint(Signer(Ed25519PrivateKey.generate()))


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


SIGNED: dict[str, tuple[Callable[[Path], None], bool, int | None, str]] = {
    # what is changed, whether only an anchor shows it, the first record that may be wrong, why
    "a byte of a body": (flip_a_byte, False, 3, "bytes do not give its hash"),
    "a record, all hashes forged": (rewritten, False, 1, "to 4 are not those of the checkpoint of 4 records"),
    "order, all hashes forged": (swapped, False, 1, "to 4 are not those of the checkpoint of 4 records"),
    "a pair left out, all hashes forged": (left_out, False, 1, "to 4 are not those of the checkpoint of 4 records"),
    "end cut off, head forged": (cut, False, 5, "shorter than the checkpoint of 6 records"),
    "end cut off with its checkpoint": (cut_with_checkpoint, True, 5, "shorter than the anchored checkpoint of 6"),
    "a fork": (fork, True, 5, "from here to 6 are not those of the anchored checkpoint of 6 records"),
    "rolled back": (rolled_back, True, 5, "shorter than the anchored checkpoint of 6"),
    "a checkpoint's size": (
        sql("UPDATE checkpoint SET size = 5 WHERE size = 6"), False, None, "stored checkpoint of 5 records: not what",
    ),
    "a checkpoint's frontier": (
        sql("UPDATE checkpoint SET frontier = zeroblob(64) WHERE size = 6"), False, None, "of 6 records: not what was",
    ),
    "a checkpoint's note": (
        sql("UPDATE checkpoint SET note = 'x' WHERE size = 6"), False, None, "of 6 records: not a signed note",
    ),
    "another key's signature": (another_signature, False, None, "of 6 records: not signed by this key"),
}  # fmt: skip


@pytest.fixture
def signed(folder: Path) -> tuple[Path, list[str]]:
    """Signed after 4 and after 6 records, and these checkpoints, kept elsewhere. How it stood at 4 is in ``old``."""
    cut(folder)
    with closing(AuditStore(f"sqlite:///{folder / 'audit.db'}")) as store:
        held = [store.checkpoint(LOG)]
    (folder / "old").mkdir()
    for name in ("audit.db", "audit.head"):
        shutil.copy(folder / name, folder / "old")
    with closing(AuditStore(f"sqlite:///{folder / 'audit.db'}")) as store:
        fill(store, 1)
        held.append(store.checkpoint(LOG))
        found = store.verify(LOG.public, held)
        assert (found.ok, found.checkpoints) == (True, 4)
    drop_triggers(folder)
    return folder, held


@pytest.mark.parametrize("case", SIGNED)
def test_checkpoints_and_anchors_find_what_fits_together(signed: tuple[Path, list[str]], case: str) -> None:
    change, by_anchor_only, first_bad, reason = SIGNED[case]
    folder, held = signed
    change(folder)
    with closing(AuditStore(f"sqlite:///{folder / 'audit.db'}")) as store:
        alone, found = store.verify(LOG.public), store.verify(LOG.public, held)
    assert alone.ok == by_anchor_only
    assert not found.ok
    assert found.first_bad == first_bad
    assert reason in (found.reason or "")


def test_an_anchor_of_another_log_is_named(signed: tuple[Path, list[str]]) -> None:
    """As after somebody exchanged the key, and signed all anew."""
    folder, held = signed
    other = Signer(Ed25519PrivateKey.generate())
    sql("DELETE FROM checkpoint")(folder)
    with closing(AuditStore(f"sqlite:///{folder / 'audit.db'}")) as store:
        store.checkpoint(other)
        assert store.verify(other.public).ok
        found = store.verify(other.public, held)
    assert (found.ok, found.reason) == (False, "the anchored checkpoint number 1: not signed by this key")


@pytest.mark.parametrize("case", ["end cut off, head forged", "another key's signature", "a checkpoint's frontier"])
def test_nothing_is_signed_on_top_of_what_is_wrong(signed: tuple[Path, list[str]], case: str) -> None:
    folder, _ = signed
    SIGNED[case][0](folder)
    with (
        closing(AuditStore(f"sqlite:///{folder / 'audit.db'}")) as store,
        pytest.raises(AuditUnavailable, match="not what was recorded"),
    ):
        store.checkpoint(LOG)


def test_a_later_checkpoint_does_not_cover_up_a_change(signed: tuple[Path, list[str]]) -> None:
    """The new tree grows out of the old one, not out of the records as they are now."""
    folder, _ = signed
    rewritten(folder)
    with closing(AuditStore(f"sqlite:///{folder / 'audit.db'}")) as store:
        fill(store, 1)
        store.checkpoint(LOG)
        found = store.verify(LOG.public)
        assert (found.ok, found.first_bad) == (False, 1)
        with pytest.raises(AuditUnavailable, match="not those of the last checkpoint"):
            store.prove("3")


OUTSIDER: dict[str, tuple[Callable[[Path], None], int, str]] = {
    # what is changed, how many records the checkpoint has that somebody holds, why there is no proof
    "a fork": (fork, 6, "does not go on from the one given"),
    "a byte of a body": (flip_a_byte, 6, "does not go on from the one given"),
    "a record, all hashes forged": (rewritten, 6, "does not go on from the one given"),
    "end cut off, head forged": (cut, 4, "shorter than its last checkpoint"),
    "end cut off with its checkpoint": (cut_with_checkpoint, 6, "fewer records than the one given"),
    "rolled back": (rolled_back, 6, "fewer records than the one given"),
    "signed anew by another": (another_log, 6, "of another log"),
}


@pytest.mark.parametrize("case", OUTSIDER)
def test_a_changed_log_proves_no_consistency(signed: tuple[Path, list[str]], case: str) -> None:
    """What changes no size is done to a log that went on from 6 to 8 records."""
    change, size, reason = OUTSIDER[case]
    folder, held = signed
    with closing(AuditStore(f"sqlite:///{folder / 'audit.db'}")) as store:
        assert store.prove_consistency(unsigned(held[0]))["size"] == 6
        if change in (flip_a_byte, rewritten):
            fill(store, 1)
            store.checkpoint(LOG)
    drop_triggers(folder)
    change(folder)
    with (
        closing(AuditStore(f"sqlite:///{folder / 'audit.db'}")) as store,
        pytest.raises((AuditUnavailable, InvalidInput), match=reason),
    ):
        store.prove_consistency(unsigned(held[size == 6]))


def test_another_history_signed_with_the_same_key_proves_nothing_to_who_holds_the_first(
    signed: tuple[Path, list[str]],
) -> None:
    """A forger who has the key proves its own checkpoint, whatever it is: only what the outsider holds tells."""
    folder, held = signed
    fork(folder)
    with closing(AuditStore(f"sqlite:///{folder / 'audit.db'}")) as store:
        forked = store.checkpoint(LOG)
        fill(store, 1)
        store.checkpoint(LOG)
        proof = store.prove_consistency(unsigned(forked))
    assert verify_consistency(proof, LOG.public, [forked]).size == 8
    for notes in ([held[1]], [forked, held[1]]):
        with pytest.raises(ValueError, match="written anew"):
            verify_consistency(proof, LOG.public, notes)


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
