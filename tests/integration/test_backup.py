"""Backups: whole or none, and what comes back from one. The graph is a file here, as with a server of one's own."""

from __future__ import annotations

import json
import os
import random
import signal
import stat
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from icmgraph import backup as backups
from icmgraph import bootstrap, home, keys, operator
from icmgraph.api.tokens import LocalIssuer
from icmgraph.audit import AuditStore
from icmgraph.errors import AlreadyRunning, OperatorError
from icmgraph.local_neo4j.files import alone, private_folder
from icmgraph.settings import Settings

DUMP = random.Random(8).randbytes(3_000_000)


def at(path: Path) -> Settings:
    given: dict[str, Any] = {
        "home": path, "neo4j_uri": "bolt://127.0.0.1:1", "neo4j_password_file": path / "password",
        "local_issuer": True,
    }  # fmt: skip
    return Settings(**given)


def write(store: AuditStore, action: str, settled: bool = True) -> str:
    said = {"case": "an id"}
    intent = store.intent(who="somebody", action=action, kind="write", parameters=said, at=datetime.now(UTC))
    if settled:
        store.outcome(intent, result="done", records=["a", "b"], at=datetime.now(UTC))
    return intent


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = at(tmp_path / "home")
    keys.create(made.key_file)
    LocalIssuer.create(made.home)
    store = AuditStore(made.audit_address)
    for number in range(50):
        write(store, f"act.{number}")
    write(store, "left.open", settled=False)
    store.close()
    return made


@pytest.fixture
def dump(tmp_path: Path, settings: Settings) -> Path:
    path = tmp_path / "neo4j.dump"
    path.write_bytes(DUMP)
    return path


def files(settings: Settings) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (settings.home / "keys").glob("[!.]*")}


def test_there_and_back(settings: Settings, dump: Path, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    path, manifest = operator.backup(settings, folder, dump)
    assert path.parent == folder
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [*folder.iterdir()] == [path], "nothing beside it"
    assert manifest.audit_records == 101
    assert operator.check_backup(path) == manifest

    other = at(tmp_path / "other")
    assert operator.restore(other, path, tmp_path / "back.dump") == manifest
    assert (tmp_path / "back.dump").read_bytes() == DUMP
    assert files(other) == files(settings)
    assert len(files(other)) == 2
    for file in (other.home / "keys").glob("[!.]*"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    found = operator.verify_audit(other)
    assert (found.ok, found.records, found.head) == (True, 101, manifest.audit_head)
    before, after = AuditStore(settings.audit_address), AuditStore(other.audit_address)
    assert [*before.export()] == [*after.export()]
    write(after, "goes.on")
    assert after.verify().ok
    before.close()
    after.close()
    with pytest.raises(OperatorError, match=r"empty ICM_HOME, and this is there: .*issuer.json"):
        operator.restore(other, path, tmp_path / "again.dump")


def test_nothing_is_overwritten(settings: Settings, dump: Path, tmp_path: Path) -> None:
    path, _ = operator.backup(settings, tmp_path / "one.zip", dump)
    was = path.read_bytes()
    with pytest.raises(OperatorError, match="there already"):
        operator.backup(settings, path, dump)
    assert path.read_bytes() == was
    with pytest.raises(OperatorError, match=r"this is there: .*neo4j\.dump"):
        operator.restore(at(tmp_path / "other"), path, dump)
    for name in ("audit.db", "audit.head", "keys/deployment.key", "keys/another"):
        taken = at(tmp_path / name.replace("/", "-"))
        private_folder((taken.home / name).parent)
        (taken.home / name).write_text("somebody's")
        with pytest.raises(OperatorError, match=f"this is there: .*{name}"):
            operator.restore(taken, path, tmp_path / "new.dump")
        assert (taken.home / name).read_text() == "somebody's"
        assert not (tmp_path / "new.dump").exists()


def test_what_a_server_of_one_s_own_needs(settings: Settings, dump: Path, tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="neo4j-admin database dump"):
        operator.backup(settings, tmp_path / "one.zip")
    with pytest.raises(OperatorError, match="leave --graph out"):
        operator.backup(settings.model_copy(update={"neo4j_uri": None}), tmp_path / "one.zip", dump)
    with alone(private_folder(settings.home / "api"), wait=False), pytest.raises(AlreadyRunning):
        operator.backup(settings, tmp_path / "one.zip", dump)
    store = AuditStore(settings.audit_address)
    os.utime(dump, (time.time() - 5, time.time() - 5))
    write(store, "after.the.dump")
    store.close()
    with pytest.raises(OperatorError, match="after the dump was made"):
        operator.backup(settings, tmp_path / "one.zip", dump)
    assert not [*tmp_path.glob("one.zip*")]


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def flip(data: bytes) -> bytes:
    middle = len(data) // 3
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


@pytest.mark.parametrize(
    ("harm", "why"),
    [
        (cut, "not a whole backup"),
        (flip, "damaged"),
        (lambda data: b"", "not a whole"),
        (lambda data: DUMP, "not a whole"),
    ],
)
def test_what_is_no_backup_touches_nothing(
    settings: Settings, dump: Path, tmp_path: Path, harm: Callable[[bytes], bytes], why: str
) -> None:
    path, _ = operator.backup(settings, tmp_path / "one.zip", dump)
    path.write_bytes(harm(path.read_bytes()))
    with pytest.raises(OperatorError, match=why):
        operator.restore(at(tmp_path / "other"), path, tmp_path / "new.dump")
    assert not (tmp_path / "other").exists()
    assert not (tmp_path / "new.dump").exists()


def rewritten(path: Path, change: Callable[[str, bytes], tuple[str, bytes] | None]) -> None:
    """The backup with parts changed, as a zip file that is whole."""
    with zipfile.ZipFile(path) as archive:
        parts = [change(name, archive.read(name)) for name in archive.namelist()]
    with zipfile.ZipFile(path, "w") as archive:
        for part in filter(None, parts):
            archive.writestr(*part)


def _manifest(**changes: Any) -> Callable[[str, bytes], tuple[str, bytes]]:
    def change(name: str, data: bytes) -> tuple[str, bytes]:
        said = json.loads(data) | changes if name == backups.MANIFEST else None
        return name, json.dumps(said).encode() if said else data

    return change


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda name, data: None if name == backups.AUDIT else (name, data), "does not hold"),
        (lambda name, data: None if name == backups.MANIFEST else (name, data), "not a whole"),
        (lambda name, data: (name.replace("keys/issuer", "keys/../../issuer"), data), "does not hold"),
        (lambda name, data: (name, data[:-1]) if name == backups.AUDIT else (name, data), "not as it was made"),
        (_manifest(graph_schema=1_000), "newer icmgraph"),
        (_manifest(format=3), "newer icmgraph"),
        (_manifest(surprise=1), "not a whole"),
    ],
)
def test_a_backup_that_somebody_changed(settings: Settings, dump: Path, tmp_path: Path, change: Any, why: str) -> None:
    path, _ = operator.backup(settings, tmp_path / "one.zip", dump)
    rewritten(path, change)
    with pytest.raises(OperatorError, match=why):
        operator.restore(at(tmp_path / "other"), path, tmp_path / "new.dump")
    assert not (tmp_path / "other").exists()


def child(settings: Settings, act: str, file: Path, graph: Path, most: str = "-") -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.integration.backup_child", act, str(file), str(graph), most]
    environment = {
        **os.environ, "ICM_HOME": str(settings.home), "ICM_NEO4J_URI": "bolt://127.0.0.1:1",
        "ICM_NEO4J_PASSWORD_FILE": str(settings.neo4j_password_file),
    }  # fmt: skip
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("most", ["100", "1000000", "3000500"])
def test_a_full_disk_leaves_no_backup(settings: Settings, dump: Path, tmp_path: Path, most: str) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    with child(settings, "backup", folder, dump, most) as process:
        said, _ = process.communicate(timeout=60)
    assert process.returncode == OperatorError.exit_code
    assert "disk" in said
    assert "full" in said
    assert not [*folder.iterdir()]


def test_a_full_disk_in_a_restore(settings: Settings, dump: Path, tmp_path: Path) -> None:
    path, _ = operator.backup(settings, tmp_path / "one.zip", dump)
    other = at(tmp_path / "other")
    with child(other, "restore", path, tmp_path / "new.dump", "1000000") as process:
        said, _ = process.communicate(timeout=60)
    assert process.returncode == OperatorError.exit_code
    assert "the disk is full" in said
    assert_goes_on(other, path, tmp_path / "new.dump")


def assert_goes_on(other: Settings, path: Path, graph: Path) -> None:
    """Nothing works on what is half restored; the same restore again makes it whole."""
    for act in (bootstrap.open_platform, bootstrap.initialise, bootstrap.migrate):
        with pytest.raises(OperatorError, match="cut short"):
            act(other)
    with pytest.raises(OperatorError, match="cut short"):
        operator.backup(other, graph.parent / "half.zip", path)
    operator.restore(other, path, graph)
    assert graph.read_bytes() == DUMP
    assert operator.verify_audit(other).records == 101
    home.require_whole(other.home)


def test_killed_in_the_middle(settings: Settings, dump: Path, tmp_path: Path) -> None:
    folder, pipe = tmp_path / "backups", tmp_path / "pipe"
    folder.mkdir()
    os.mkfifo(pipe)
    with child(settings, "backup", folder, pipe) as process, pipe.open("wb") as half:
        half.write(cut(DUMP))
        half.flush()
        process.send_signal(signal.SIGKILL)
        process.wait()
    left = [*folder.iterdir()]
    assert [path.suffix for path in left] == [".part"]
    with pytest.raises(OperatorError, match="not a whole backup"):
        operator.check_backup(left[0])


@pytest.mark.parametrize("step", ["_load_audit", "end_restore"])
def test_a_restore_cut_short_goes_on(
    settings: Settings, dump: Path, tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    path, _ = operator.backup(settings, tmp_path / "one.zip", dump)
    second, _ = operator.backup(settings.model_copy(), tmp_path / "two.zip", other_dump(tmp_path))
    other, graph = at(tmp_path / "other"), tmp_path / "new.dump"
    monkeypatch.setattr(backups if step.startswith("_") else home, step, cut)
    with pytest.raises(KeyboardInterrupt):
        operator.restore(other, path, graph)
    monkeypatch.undo()
    with pytest.raises(OperatorError, match="another backup"):
        operator.restore(other, second, graph)
    assert_goes_on(other, path, graph)


def other_dump(folder: Path) -> Path:
    path = folder / "other.dump"
    path.write_bytes(DUMP[1:])
    return path
