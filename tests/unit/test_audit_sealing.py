"""What acts have sealed: nowhere to be read but by who has the deployment's key, and by nobody once it is erased."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from icmgraph.audit import JSON, AuditStore, Private, Question
from icmgraph.audit.sealing import ERASED, Seal, new_salt
from icmgraph.errors import AuditUnavailable, InvalidInput
from tests.postgres import Postgres

SECRET = b"an invented deployment key"
PHONE, NAME, REASON = "phone:+12025550143", "n:an invented name", "seen by an invented neighbour"
ASKED = Question(terms=frozenset({PHONE}))
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
GIVEN: dict[str, JSON | Private] = {"keys": Private.keys([PHONE, NAME]), "reason": Private(REASON), "limit": 5}
OPEN = {"keys": sorted([PHONE, NAME]), "reason": REASON, "limit": 5}


def checked(store: AuditStore, minutes: int = 0, **given: Any) -> str:
    at = AT + timedelta(minutes=minutes)
    intent = store.intent(who="ann", action="deconflict.check", kind="write", parameters={**GIVEN, **given}, at=at)
    store.outcome(intent, result="done", at=at)
    return intent


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'audit.db'}"
    postgres: Postgres = request.getfixturevalue("postgres")
    return postgres.database()


@pytest.fixture
def store(address: str) -> Iterator[AuditStore]:
    kept = AuditStore(address, SECRET)
    yield kept
    kept.close()


def test_who_has_the_key_reads_and_finds_it(store: AuditStore) -> None:
    first, second = checked(store), checked(store)
    for one, intent in zip(store.search(ASKED), (second, first), strict=True):
        assert (one.intent["id"], one.intent["parameters"]) == (intent, OPEN)


def test_the_records_have_none_of_it(store: AuditStore) -> None:
    checked(store)
    checked(store)
    told = [str(one) for one in store.export()]
    assert not any(hidden in line for line in told for hidden in (PHONE, PHONE[6:], NAME, NAME[2:], REASON))
    first, second = (one["body"]["parameters"] for one in store.export() if one["body"]["type"] == "intent")
    assert not set(first["keys"]["digests"]) & set(second["keys"]["digests"]), "equal selectors would show as such"
    assert first["reason"]["digests"] == []


def test_what_is_erased_is_gone_and_the_chain_is_whole(store: AuditStore) -> None:
    kept, gone = checked(store), checked(store)
    before = list(store.export())
    assert store.erase([gone, gone, "of nobody"]) == 1
    assert store.erase([gone]) == 0
    assert [one.intent["id"] for one in store.search(ASKED)] == [kept]
    newest = next(iter(store.search(Question())))
    assert newest.intent["id"] == gone
    assert newest.intent["parameters"] == {"keys": ERASED, "reason": ERASED, "limit": 5}
    assert list(store.export()) == before
    assert store.verify().ok


def test_by_age(store: AuditStore) -> None:
    for minutes in range(5):
        checked(store, minutes)
    assert store.erase_before(AT + timedelta(minutes=3)) == 3
    assert [one.intent["at"] for one in store.search(ASKED)] == [
        (AT + timedelta(minutes=minutes)).isoformat(timespec="microseconds") for minutes in (4, 3)
    ]


def test_an_erased_salt_is_in_none_of_the_files(tmp_path: Path) -> None:
    with_key = AuditStore(f"sqlite:///{tmp_path / 'audit.db'}", SECRET)
    intent = checked(with_key)
    (salt,) = [bytes.fromhex(one["bytes"]) for one in with_key.salts()]
    assert any(salt in file.read_bytes() for file in tmp_path.iterdir())
    with_key.erase([intent])
    left = [file.name for file in tmp_path.iterdir() if salt in file.read_bytes()]
    with_key.close()
    assert left == []


def test_a_copy_of_the_store_alone_opens_nothing(store: AuditStore, address: str) -> None:
    checked(store)
    for secret, error in ((None, ValueError), (b"another key than the deployment's", AuditUnavailable)):
        other = AuditStore(address, secret)
        with pytest.raises(error, match="key"):
            list(other.search(Question()))
        other.close()
    stranger = AuditStore(address, b"another key than the deployment's")
    assert list(stranger.search(ASKED)) == []
    stranger.close()


def test_it_is_sealed_or_not_recorded(address: str) -> None:
    keyless = AuditStore(address)
    with pytest.raises(ValueError, match="deployment's key"):
        checked(keyless)
    assert keyless.verify().records == 0
    keyless.close()


def test_a_value_that_no_record_can_hold(store: AuditStore) -> None:
    with pytest.raises(InvalidInput):
        checked(store, reason=Private("\ud800"))
    assert store.verify().records == 0
    assert list(store.salts()) == []


def test_no_box_opens_under_another_name(store: AuditStore) -> None:
    seal = Seal(SECRET, new_salt())
    closed = seal.close({"a": Private("one"), "b": Private("two")})
    assert seal.open(closed) == {"a": "one", "b": "two"}
    with pytest.raises(AuditUnavailable):
        seal.open({"a": closed["b"]})


def test_a_refused_record_leaves_no_salt(store: AuditStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_new_id", lambda: "\ud800")
    with pytest.raises(InvalidInput):
        checked(store)
    assert list(store.salts()) == []


def test_a_store_of_an_earlier_version_gets_its_table(store: AuditStore, address: str) -> None:
    with store._chain.engine.connect() as connection, connection.begin():
        connection.execute(text("DROP TABLE salt"))
    again = AuditStore(address, SECRET)
    checked(again)
    assert len(list(again.search(ASKED))) == 1
    again.close()


def test_a_backup_takes_the_salts_along(store: AuditStore, tmp_path: Path) -> None:
    checked(store)
    copy = AuditStore(f"sqlite:///{tmp_path / 'copy.db'}", SECRET)
    copy.load(store.export(), (), store.salts())
    assert [one.intent["parameters"] for one in copy.search(ASKED)] == [OPEN]
    copy.close()
