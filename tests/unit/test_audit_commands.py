"""The commands about the audit, without a graph."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from icmgraph.audit import AuditStore, Private, Question
from icmgraph.cli import app
from icmgraph.settings import Settings

SECRET = b"an invented deployment key"
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    monkeypatch.setenv("ICM_HOME", str(home))
    monkeypatch.delenv("ICM_AUDIT_URL", raising=False)
    record(home)
    return home


def record(home: Path) -> None:
    with closing(AuditStore(Settings(home=home).audit_address)) as store:
        intent = store.intent(who="u-1", action="search", kind="read", parameters={}, at=AT)
        store.outcome(intent, result="answered", at=AT)


def call(*arguments: str | Path, code: int = 0) -> Result:
    result = CliRunner().invoke(app, ["audit", *map(str, arguments)])
    assert result.exit_code == code, result.output
    return result


def test_in_the_order_of_the_manual(home: Path, tmp_path: Path) -> None:
    anchor, proof = tmp_path / "anchor.txt", tmp_path / "proof.json"
    assert "2 records, unbroken; head" in call("verify").stdout
    first = call("checkpoint", "--anchor", anchor).stdout
    assert anchor.read_text() == first
    call("checkpoint", "--anchor", anchor)
    assert anchor.read_text() == first, "nothing new"
    record(home)
    second = json.loads(call("checkpoint", "--anchor", anchor, "--json").stdout)
    assert anchor.read_text() == first + second["note"]
    assert "4 records, unbroken, 4 checkpoints" in call("verify", "--anchor", anchor).stdout
    found = json.loads(call("verify", "--json").stdout)
    assert (found["ok"], found["checkpoints"], found["root"]) == (True, 2, second["root"])

    key = call("key").stdout.strip()
    assert json.loads(call("key", "--json").stdout) == {"key": key}
    call("verify", "--key", key)
    proof.write_text(call("prove", "3").stdout)
    for path in (home / "keys").iterdir():
        path.unlink()
    (home / "audit.db").rename(home / "away.db")
    assert "among the 4 that icmgraph/audit/" in call("verify-proof", proof, "--key", key).stdout
    (tmp_path / "key").write_text(key + "\n")
    assert json.loads(call("verify-proof", proof, "--key", tmp_path / "key", "--json").stdout)["size"] == 4
    proof.write_text(proof.read_text().replace("u-1", "u-2"))
    assert "NOT PROVEN: the record is not the one" in call("verify-proof", proof, "--key", key, code=1).stderr
    assert "not a proof of consistency" in call("verify-proof", proof, "--key", key, "--anchor", anchor, code=1).stderr
    proof.write_text("[1]")
    assert "not a proof" in call("verify-proof", proof, "--key", key, code=1).stderr
    proof.write_text("words")
    assert "not JSON" in call("verify-proof", proof, "--key", key, code=1).stderr


def test_that_a_record_was_given_out_is_recorded(home: Path) -> None:
    call("checkpoint")
    call("prove", "1")
    call("prove", "99", code=2)
    with closing(AuditStore(Settings(home=home).audit_address)) as store:
        said = [one["body"] for one in store.export()][2:]
    assert [(one["action"], one["parameters"]) for one in said[::2]] == [
        ("audit.prove", {"record": "1"}), ("audit.prove", {"record": "99"}),
    ]  # fmt: skip
    assert [one["result"] for one in said[1::2]] == ["done", "invalid_input"]


def test_old_acts_are_erased(home: Path) -> None:
    audit = AuditStore(Settings().audit_address, SECRET)
    for day in (1, 2):
        parameters = {"keys": Private.keys([f"phone:+1202555014{day}"])}
        at = datetime(2024, 5, day, tzinfo=UTC)
        audit.outcome(
            audit.intent(who="u-1", action="deconflict.check", kind="write", parameters=parameters, at=at),
            result="done", at=at,
        )  # fmt: skip
    assert json.loads(call("erase", "--before", "2024-05-02", "--json").stdout) == {"erased": 1}
    read = [one.intent["parameters"] for one in audit.search(Question(action=frozenset({"deconflict.check"})))]
    assert read == [{"keys": ["phone:+12025550142"]}, {"keys": {"erased": True}}]
    newest = next(iter(audit.search(Question())))
    assert (newest.intent["who"], newest.intent["action"]) == ("operator", "audit.erase")
    assert newest.intent["parameters"] == {"before": "2024-05-02T00:00:00+00:00"}
    audit.close()
    call("verify")
    for wrong, said in (("9999-01-01", "not yet"), ("yesterday", "a day or a time")):
        assert said in call("erase", "--before", wrong, code=2).stderr


def test_who_holds_an_old_checkpoint_is_shown_that_the_audit_goes_on_from_it(home: Path, tmp_path: Path) -> None:
    held, proof = tmp_path / "held.txt", tmp_path / "growth.json"
    held.write_text(call("checkpoint").stdout)
    key = call("key").stdout.strip()
    record(home)
    call("checkpoint")
    proof.write_text(call("prove-consistency", "--anchor", held).stdout)
    (home / "audit.db").rename(home / "away.db")
    for path in (home / "keys").iterdir():
        path.unlink()
    assert (
        "the first 2 records are still those of the checkpoint you hold, among the 4 that"
        in call("verify-proof", proof, "--key", key, "--anchor", held).stdout
    )
    found = json.loads(call("verify-proof", proof, "--key", key, "--anchor", held, "--json").stdout)
    assert (found["ok"], found["from"], found["size"]) == (True, 2, 4)
    assert "give --anchor" in call("verify-proof", proof, "--key", key, code=2).stderr
    given = json.loads(proof.read_text())
    proof.write_text(json.dumps(given | {"proof": ["00" * 32 for _ in given["proof"]]}))
    assert (
        "NOT PROVEN: the newer checkpoint does not go on from the one you hold"
        in call("verify-proof", proof, "--key", key, "--anchor", held, code=1).stderr
    )


def test_an_anchor_shows_that_an_older_state_was_put_back(home: Path, tmp_path: Path) -> None:
    old = {path: path.read_bytes() for path in home.glob("audit.*")}
    anchor = tmp_path / "anchor.txt"
    record(home)
    call("checkpoint", "--anchor", anchor)
    for path, data in old.items():
        path.write_bytes(data)
    call("verify")
    found = call("verify", "--anchor", anchor, code=1).stderr
    assert "BROKEN at record 3: the chain is shorter than the anchored checkpoint of 4 records" in found


def test_what_is_missing_or_wrong_is_named(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "file"
    assert "no file" in call("verify", "--anchor", file, code=2).stderr
    file.write_text("words\n")
    assert "not a file of signed notes" in call("verify", "--anchor", file, code=5).stderr
    assert "not a file of signed notes" in call("checkpoint", "--anchor", file, code=5).stderr
    assert file.read_text() == "words\n"
    assert "no checkpoint has this record" in call("prove", "1", code=5).stderr
    assert "no record" in call("prove", "9", code=2).stderr
    assert "not a file of signed notes" in call("prove-consistency", "--anchor", file, code=5).stderr
    (tmp_path / "empty").touch()
    assert "no checkpoint is in it" in call("prove-consistency", "--anchor", tmp_path / "empty", code=5).stderr
    assert "not a public key" in call("verify-proof", file, "--key", "x", code=2).stderr
    call("checkpoint")
    (home / "keys" / "audit.pem").rename(tmp_path / "audit.pem")
    assert "restore it, or give --key" in call("verify", code=5).stderr
    other = call("key").stdout.strip()
    assert "not signed by this key" in call("verify", "--key", other, code=1).stderr
    assert "not signed by this key" in call("checkpoint", code=5).stderr
