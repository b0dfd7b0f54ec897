"""What the doctor finds on machines that lack something."""

from __future__ import annotations

import json
import shutil
import socket
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from icmgraph import doctor
from icmgraph.commands import server
from icmgraph.doctor import Finding
from icmgraph.settings import Settings

app = typer.Typer()
app.add_typer(server.neo4j_app, name="neo4j")
app.command()(server.doctor)


def look(home: Path, **settings: object) -> dict[str, Finding]:
    found = doctor.run(Settings(home=home, **settings))  # type: ignore[arg-type]
    assert all((finding.status == "ok") == (not finding.mend) for finding in found)
    assert len({finding.name for finding in found}) == len(found)
    return {finding.name: finding for finding in found}


def test_a_machine_with_nothing_yet(tmp_path: Path) -> None:
    home = tmp_path / "home"
    found = look(home)
    assert found["python"].status == found["packages"].status == found["java"].status == "ok"
    assert found["jars"].status == "warn"
    assert "230 of 230" in found["jars"].found
    assert found["neo4j"].mend == "icmgraph neo4j start"
    assert not home.exists(), "it changes nothing"


def test_a_jar_that_is_not_as_locked(tmp_path: Path) -> None:
    jars = tmp_path / "neo4j" / "jars-2026.09.0"
    jars.mkdir(parents=True)
    (jars / "neo4j-2026.09.0.jar").write_text("not it")
    found = look(tmp_path)["jars"]
    assert found.status == "fail"
    assert "neo4j-2026.09.0.jar" in found.found


@pytest.mark.parametrize(
    ("settings", "name", "says"),
    [
        ({"neo4j_version": "9.9"}, "jars", "no lock file"),
        ({"java_home": Path("/nowhere")}, "java", "ICM_JAVA_HOME"),
        ({"neo4j_uri": "bolt://127.0.0.1:1"}, "neo4j", "ICM_NEO4J_PASSWORD_FILE"),
    ],
)
def test_settings_that_cannot_work(tmp_path: Path, settings: dict[str, object], name: str, says: str) -> None:
    found = look(tmp_path, **settings)[name]
    assert found.status == "fail"
    assert says in found.mend


@pytest.mark.parametrize(("uri", "status"), [("bolt://127.0.0.1:1", "fail"), ("bolt+s://127.0.0.1:1", "warn")])
def test_a_given_server_that_does_not_answer(tmp_path: Path, uri: str, status: str) -> None:
    password = tmp_path / "password"
    password.touch(0o600)
    found = look(tmp_path / "home", neo4j_uri=uri, neo4j_password_file=password)
    assert found["neo4j"].status == status
    assert {"java", "jars"}.isdisjoint(found), "a given server needs neither"


def test_a_taken_port(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert look(tmp_path, api_port=port)["api port"].status == "warn"
    assert look(tmp_path, api_port=port)["api port"].status == "ok"


@pytest.mark.parametrize(
    ("folder_mode", "file_mode", "status"),
    [(0o755, 0o600, "ok"), (0o755, 0o644, "fail"), (0o755, 0o640, "fail"), (0o700, 0o644, "ok")],
)
def test_secret_files_that_others_can_read(tmp_path: Path, folder_mode: int, file_mode: int, status: str) -> None:
    tokens = tmp_path / "tokens"
    tokens.mkdir()
    (tokens / "agent.jwt").touch()
    (tokens / "agent.jwt").chmod(file_mode)
    tokens.chmod(folder_mode)
    tmp_path.chmod(0o755)
    found = look(tmp_path)["secret files"]
    assert found.status == status
    assert ("agent.jwt" in found.mend) == (status == "fail")


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The measure is the system's own; only its answer is put in.
    usage = shutil.disk_usage(tmp_path)
    for free, status in ((10_000, "fail"), (2_000_000_000, "warn"), (10**12, "ok")):
        monkeypatch.setattr(shutil, "disk_usage", lambda _, free=free: usage._replace(free=free))
        assert look(tmp_path)["disk"].status == status


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ICM_HOME", str(tmp_path))
    return tmp_path


def test_doctor_command(home: Path) -> None:
    ran = CliRunner().invoke(app, ["doctor", "--json"])
    assert ran.exit_code == 0
    assert {finding["name"] for finding in json.loads(ran.stdout)} >= {"python", "java", "jars", "neo4j"}
    (home / "token").touch(0o644)
    home.chmod(0o755)
    table = CliRunner().invoke(app, ["doctor"])
    assert table.exit_code == 5
    assert "secret files" in table.stdout


def test_status_of_a_server_that_does_not_run(home: Path) -> None:
    ran = CliRunner().invoke(app, ["neo4j", "status", "--json"])
    assert ran.exit_code == 5
    assert json.loads(ran.stdout) == {
        "running": False,
        "answer": "nothing answers",
        "pid": None,
        "uri": None,
        "version": "2026.09.0",
        "log": str(home / "log" / "neo4j.log"),
    }
    assert CliRunner().invoke(app, ["neo4j", "stop"]).exit_code == 0


def test_log_command(home: Path) -> None:
    (home / "log").mkdir()
    (home / "log" / "neo4j.log").write_text("one\ntwo\nthree\n")
    ran = CliRunner().invoke(app, ["neo4j", "log", "-n", "2"])
    assert (ran.exit_code, ran.stdout) == (0, "two\nthree\n")
