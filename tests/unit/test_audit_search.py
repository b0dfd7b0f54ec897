"""What an auditor's question finds, in both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from icmgraph.audit import AuditStore, Private, Question, store
from tests.postgres import Postgres

PHONE, MAIL, NOBODYS = "phone:+12025550143", "email:a@example.org", "phone:+12025550199"
BEGAN = datetime(2026, 3, 1, 12, tzinfo=UTC)
# (who, action, parameters, result, records); a minute between them
ACTS: tuple[tuple[str, str, dict[str, Any], str | None, list[str]], ...] = (
    ("ann", "case.show", {"case": "c-1"}, "done", ["c-1"]),
    ("ben", "search.identifiers", {"selectors": Private.keys([PHONE, MAIL])}, "done", ["s-1", "s-2"]),
    ("ann", "case.show", {"case": "c-2"}, "not_found", []),
    ('an"n', "case.show", {"note": '"who":"ann"', "result": "done"}, None, []),
    ("operator", "restore", {"case": "c-10"}, "done", []),
    ("ann", "deconflict.check", {"keys": Private.keys([PHONE]), "reason": Private("about ann")}, "done", []),
    ("ann", "note", {"said": PHONE}, "done", []),
)
SECRET = b"an invented deployment key"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def audit(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AuditStore]:
    if request.param == "sqlite":
        address = f"sqlite:///{tmp_path_factory.mktemp('audit') / 'audit.db'}"
    else:
        postgres: Postgres = request.getfixturevalue("postgres")
        address = postgres.database()
    kept = AuditStore(address, SECRET)
    for number, (who, action, parameters, result, records) in enumerate(ACTS):
        at = BEGAN + timedelta(minutes=number)
        id = kept.intent(who=who, action=action, kind="read", parameters=parameters, at=at)
        if result is not None:
            kept.outcome(id, result=result, records=records, at=at)
    yield kept
    kept.close()


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (Question(), [6, 5, 4, 3, 2, 1, 0]),
        (Question(who="ann"), [6, 5, 2, 0]),
        (Question(who='an"n'), [3]),
        (Question(who="an"), []),
        (Question(action=frozenset({"case.show"})), [3, 2, 0]),
        (Question(action=frozenset({"case"})), []),
        (Question(action=frozenset({"restore", "search.identifiers"})), [4, 1]),
        (Question(record="c-1"), [0]),
        (Question(record="c-1", who="ann"), [0]),
        (Question(record="s-2"), [1]),
        (Question(record="nothing"), []),
        (Question(terms=frozenset({PHONE, NOBODYS})), [5, 1]),
        (Question(terms=frozenset({PHONE}), who="ben"), [1]),
        (Question(terms=frozenset({MAIL})), [1]),
        (Question(terms=frozenset({NOBODYS})), []),
        (Question(terms=frozenset({"about ann"})), []),
        (Question(result=frozenset({"done"})), [6, 5, 4, 1, 0]),
        (Question(result=frozenset({"not_found", "failed"}), who="ann"), [2]),
        (Question(since=BEGAN + timedelta(minutes=3)), [6, 5, 4, 3]),
        (Question(until=BEGAN + timedelta(minutes=1)), [0]),
        (Question(since=BEGAN + timedelta(minutes=1), until=BEGAN + timedelta(minutes=3), who="ben"), [1]),
    ],
)
def test_what_a_question_finds(audit: AuditStore, asked: Question, found: list[int]) -> None:
    said = [(one.intent["who"], one.intent["at"], one.outcome and one.outcome["result"]) for one in audit.search(asked)]
    assert [(ACTS[number][0], ACTS[number][3]) for number in found] == [(who, result) for who, _, result in said]
    assert [at for _, at, _ in said] == sorted((at for _, at, _ in said), reverse=True)


def test_it_goes_on_before_a_number_and_past_a_batch(audit: AuditStore, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = [one.intent["seq"] for one in audit.search(Question())]
    monkeypatch.setattr(store, "BATCH", 2)
    assert [one.intent["seq"] for one in audit.search(Question())] == whole
    assert [one.intent["seq"] for one in audit.search(Question(who="ann"))] == [whole[at] for at in (0, 1, 4, 6)]
    assert [one.intent["seq"] for one in audit.search(Question(terms=frozenset({PHONE})))] == [whole[1], whole[5]]
    assert [one.intent["seq"] for one in audit.search(Question(), batch=1)] == whole
    assert [one.intent["seq"] for one in audit.search(Question(), before=whole[1])] == whole[2:]


def test_a_question_is_of_the_store_alone(tmp_path: Path) -> None:
    empty = AuditStore(f"sqlite:///{tmp_path / 'audit.db'}")
    assert list(empty.search(Question(who="ann"))) == []
    empty.close()
