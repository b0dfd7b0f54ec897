"""The operator's commands, as they are typed: what stands on stdout, and how they end."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from icmgraph.commands import audit, canary, notices, operate
from icmgraph.errors import InvalidInput
from icmgraph.local_neo4j import Connection
from tests.integration.imports import TWIN
from tests.worlds.example import VALUES
from tests.worlds.fixtures import graph as graph
from tests.worlds.loader import Graph

app = typer.Typer()
app.command("init")(operate.init)
app.command("people")(operate.people_import)
app.command("import")(operate.import_)
app.command("invariants")(operate.invariants_check)
app.command("audit")(audit.verify)
app.command("dead")(notices.dead)
app.command("resend")(notices.resend)
app.command("secret")(notices.secret)
app.command("put-out")(canary.add)
app.command("canaries")(canary.list_)
app.command("take-in")(canary.remove)


@pytest.fixture(scope="module")
def home(graph: Graph, neo4j_connection: Connection, tmp_path_factory: pytest.TempPathFactory) -> Path:
    graph.clear()
    home = tmp_path_factory.mktemp("operate")
    with os.fdopen(os.open(home / "password", os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        file.write(neo4j_connection.password)
    return home


@pytest.fixture(autouse=True)
def _settings(home: Path, neo4j_connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ICM_HOME", str(home))
    monkeypatch.setenv("ICM_NEO4J_URI", neo4j_connection.uri)
    monkeypatch.setenv("ICM_NEO4J_USER", neo4j_connection.user)
    monkeypatch.setenv("ICM_NEO4J_DATABASE", neo4j_connection.database)
    monkeypatch.setenv("ICM_NEO4J_PASSWORD_FILE", str(home / "password"))


def call(*arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(app, arguments)
    assert isinstance(result.exception, SystemExit | None), result.exception
    assert result.exit_code == code, result.output
    return result


def test_in_the_order_of_the_manual(home: Path) -> None:
    id = call("init", "--name", "Ada Admin", "--contact", "room 1").stdout.strip()
    assert re.fullmatch(r"[0-9a-f-]{36}", id)
    assert json.loads(call("init", "--name", "Ada Admin", "--contact", "room 1", "--json").stdout)["id"] == id

    report = json.loads(call("import", "--mapping", "pole", str(TWIN), "--json", code=6).stdout)
    assert report["tables"][-1]["rows"] == 43
    assert report["rejects"] == 6
    assert set(report["cases"]) == {"intelligence file"}
    rejects = Path(report["rejects_file"])
    assert rejects.parent == home / "log"
    assert len(rejects.read_text().splitlines()) == 6

    again = call("import", "--mapping", "pole", str(TWIN), "--rejects", str(home / "mine.jsonl"), code=6)
    assert "all relationships" in again.stdout
    assert "no phone at all" not in again.output
    assert "no phone at all" in (home / "mine.jsonl").read_text()

    people = home / "people.csv"
    people.write_text(
        "record,key,name,contact,class,of,sight\n"
        "user,ana,Ana Analyst,room 2,analyst,,\n"
        "member,ana,,,,POLE-INTELLIGENCE,yes\n"
    )
    dry = call("people", str(people), "--dry-run")
    assert "would change: 1 grants, 1 users" in dry.stderr
    ids = json.loads(call("people", str(people), "--json").stdout)["ids"]
    assert [row["key"] for row in ids] == ["ana"]
    assert "changed: nothing" in call("people", str(people)).stderr

    checked = json.loads(call("invariants", "--json").stdout)
    assert (checked["ok"], checked["checked"]["Case"]) == (True, 5)
    assert "all invariants hold" in call("invariants").stderr
    assert json.loads(call("audit", "--json").stdout)["ok"] is True
    assert "unbroken" in call("audit").stdout


def test_what_did_not_leave_is_seen_and_sent_again(home: Path, graph: Graph) -> None:
    people = home / "reached.csv"
    people.write_text(
        "record,key,name,contact,class,email,webhook\n"
        "user,una,Una Unreached,room 3,analyst,una@example.org,https://example.org/una\n"
    )
    call("people", str(people))
    (user,) = graph.run("MATCH (u:User {name: 'Una Unreached'}) RETURN u.id AS id")
    now = datetime(2024, 5, 6, 8, tzinfo=UTC)
    row = {"id": VALUES["notice"], "kind": "match", "body": "{}", "to": user["id"]}
    graph.gateway.write(lambda tx: tx.control("create_notices", rows=[row], at=now))
    graph.run("MATCH (d:Delivery {channel: 'email'}) SET d.dead = true, d.tries = 12, d.problem = 'TimeoutError'")

    dead = {
        "notice": VALUES["notice"], "at": "2024-05-06T08:00:00.000Z", "user": user["id"], "name": "Una Unreached",
        "channel": "email", "tries": 12, "problem": "TimeoutError",
    }  # fmt: skip
    assert json.loads(call("dead", "--json").stdout) == {"items": [dead]}
    assert "TimeoutError" in call("dead").stdout
    with pytest.raises(InvalidInput):
        CliRunner().invoke(app, ["resend"], catch_exceptions=False)
    assert "1 to be sent again" in call("resend", VALUES["notice"]).stderr
    assert json.loads(call("dead", "--json").stdout) == {"items": []}
    assert json.loads(call("resend", "--all", "--json").stdout) == {"resent": 0}

    secret = call("secret", "una").stdout.strip()
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", secret)
    assert json.loads(call("secret", "una", "--json").stdout) == {"secret": secret}
    people.write_text(people.read_text().replace("/una", "/una?2"))
    call("people", str(people))
    assert call("secret", "una").stdout.strip() != secret, "of another address it is another"
    with pytest.raises(InvalidInput, match="no person"):
        CliRunner().invoke(app, ["secret", "nobody"], catch_exceptions=False)


def test_canaries(home: Path, tmp_path: Path) -> None:
    traps = tmp_path / "traps.csv"
    traps.write_text("phone,name\n+1 202 555 0143;+1 202 555 0144,\n,Rosa Vega\n")
    assert "3 put out" in call("put-out", str(traps), "--note", "of May").stderr
    assert json.loads(call("put-out", str(traps), "--json").stdout) == {"canaries": []}
    listed = json.loads(call("canaries", "--json").stdout)["items"]
    assert sorted(one["kind"] for one in listed if one["note"] == "of May") == ["name", "phone", "phone"]
    shown = call("canaries").stdout
    for chance in (one[column] for one in listed for column in ("id", "at")):
        shown = shown.replace(chance, "")  # it may hold the same digits
    assert "555" not in shown
    assert json.loads(call("take-in", listed[0]["id"], "--json").stdout) == {"removed": listed[0]["id"]}
    assert len(json.loads(call("canaries", "--json").stdout)["items"]) == 2
    with pytest.raises(InvalidInput, match="no such canary"):
        CliRunner().invoke(app, ["take-in", listed[0]["id"]], catch_exceptions=False)
    traps.write_text("phone\n+1 202 555 01*\n")
    with pytest.raises(InvalidInput, match="line 2"):
        CliRunner().invoke(app, ["put-out", str(traps)], catch_exceptions=False)


def test_who_did_what_is_in_the_audit(home: Path) -> None:
    with sqlite3.connect(home / "audit.db") as database:
        bodies = [json.loads(body) for (body,) in database.execute("SELECT body FROM record")]
    database.close()
    done = {(body["who"], body["action"]) for body in bodies if body["type"] == "intent"}
    assert done >= {
        ("operator", "init"),
        ("importer:pole", "import.directory"),
        ("importer:pole", "import.cases"),
        ("importer:pole", "import.content"),
        ("operator", "people.import"),
        ("operator", "people.import.dry_run"),
        ("operator", "invariants.check"),
        ("operator", "notices.dead"),
        ("operator", "notices.resend"),
        ("operator", "notices.secret"),
        ("operator", "canary.add"),
        ("operator", "canary.remove"),
    }
    text = json.dumps(bodies)
    assert "Ana Analyst" not in text
    assert "Example" not in text
    assert "example.org" not in text
    assert "whsec_" not in text


def test_a_violated_invariant_ends_with_1(graph: Graph) -> None:
    graph.run("MATCH (n:Event) WITH n LIMIT 1 SET n.audience = 4711")
    assert json.loads(call("invariants", "--json", code=1).stdout)["ok"] is False
    assert "VIOLATED" in call("invariants", code=1).stderr


def test_a_broken_chain_ends_with_1(home: Path) -> None:
    head = home / "audit.head"
    kept = head.read_bytes()
    head.unlink()
    try:
        assert "BROKEN" in call("audit", code=1).stderr
    finally:
        head.write_bytes(kept)


@pytest.mark.parametrize("importer", ["", "Upper", "a b", "../x", "x" * 31, "12345678-0000-4000-8000-000000000000"])
def test_an_importer_s_name(importer: str) -> None:
    result = CliRunner().invoke(app, ["import", "--mapping", "pole", str(TWIN), "--importer", importer])
    assert isinstance(result.exception, InvalidInput)
