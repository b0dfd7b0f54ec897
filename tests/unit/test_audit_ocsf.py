from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from icmgraph.audit import AuditStore, ocsf
from icmgraph.cli import app

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
REQUIRED = {
    "activity_id", "actor", "api", "category_uid", "class_uid", "metadata", "severity_id", "src_endpoint", "time",
    "type_uid",
}  # fmt: skip
"""Of OCSF's API Activity, with what it takes from the base event."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of an audit in which a read was done, another refused, and a write is open."""
    monkeypatch.setenv("ICM_HOME", str(tmp_path))
    store = AuditStore(f"sqlite:///{tmp_path / 'audit.db'}")
    first = store.intent(who="ann", action="case.show", kind="read", parameters={"case": "c-1"}, at=AT)
    store.intent(who="ben", action="case.open", kind="write", parameters={"unit": "u-1"}, at=AT)
    third = store.intent(who="ann", action="expand", kind="read", parameters={"start": "s-1"}, at=AT)
    store.outcome(third, result="not_found", at=AT + timedelta(seconds=1))
    store.outcome(first, result="done", records=["c-1", "s-1"], at=AT + timedelta(milliseconds=1500))
    store.close()
    return tmp_path


def test_an_event_for_each_act(home: Path) -> None:
    store = AuditStore(f"sqlite:///{home / 'audit.db'}")
    events = list(ocsf.events(store.export()))
    store.close()
    assert all(event.keys() >= REQUIRED for event in events)
    told = [(e["actor"]["user"]["uid"], e["api"]["operation"], e["type_uid"], e["status_id"]) for e in events]
    assert told == [
        ("ann", "expand", 600302, ocsf.FAILURE),
        ("ann", "case.show", 600302, ocsf.SUCCESS),
        ("ben", "case.open", 600399, ocsf.UNKNOWN),
    ]
    done = events[1]
    assert (done["time"], done["end_time"]) == (1772366400000, 1772366401500)
    assert done["resources"] == [{"uid": "c-1"}, {"uid": "s-1"}]
    assert done["unmapped"] == {"parameters": {"case": "c-1"}, "recovered": False}
    assert events[0]["status_detail"] == "not_found"


@pytest.mark.parametrize(("format", "lines"), [("ocsf", 4), ("records", 6)])
def test_the_command_writes_lines_and_is_recorded(home: Path, format: str, lines: int) -> None:
    target = home / "out.jsonl"
    said = CliRunner().invoke(app, ["audit", "export", "-o", str(target), "--format", format])
    assert said.exit_code == 0, said.output
    written = [json.loads(line) for line in target.read_text().splitlines()]
    assert len(written) == lines
    assert target.stat().st_mode & 0o777 == 0o600
    last = "audit.export"
    assert (written[-1]["api"]["operation"] if format == "ocsf" else written[-1]["body"]["action"]) == last
    again = CliRunner().invoke(app, ["audit", "export", "-o", str(target)])
    assert (again.exit_code, "--force" in again.stderr) == (2, True)
    store = AuditStore(f"sqlite:///{home / 'audit.db'}")
    assert store.verify().ok
    assert len(store.unsettled(living=True)) == 1
    store.close()
