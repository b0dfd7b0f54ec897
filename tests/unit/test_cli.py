"""The command line without an API: its options, what it prints, the files it reads and writes."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import example, given
from hypothesis import strategies as st
from typer.testing import CliRunner

import icmgraph
from icmgraph.cli import OPERATOR, app
from icmgraph.commands import output
from icmgraph.commands.explore import write_private
from icmgraph.commands.run import KINDS, Run, build, read_token
from icmgraph.errors import IcmError, InvalidInput
from icmgraph.model.checks import CheckInput
from icmgraph.model.identifiers import IdentifierKind
from icmgraph.model.records import CaseInput

DOCS = Path(__file__).parents[2] / "docs" / "cli.md"
ID = "11111111-1111-4111-8111-111111111111"
PHONE = "+1 202 555 0143"


def _commands(command: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    for name, below in getattr(command, "commands", {}).items():
        yield f"{path} {name}".strip(), below
        yield from _commands(below, f"{path} {name}")


COMMANDS = dict(_commands(typer.main.get_command(app)))
OPERATORS = {name.split()[0] for name in OPERATOR}
USER = [name for name in COMMANDS if name.split()[0] not in OPERATORS]


def test_selectors_are_the_identifiers_kinds() -> None:
    assert set(KINDS) == {kind.value for kind in IdentifierKind}


def test_every_user_command_takes_the_common_options() -> None:
    groups = {name for name in USER if getattr(COMMANDS[name], "commands", None)} - {"inbox"}
    for name in set(USER) - groups:
        options = {option for parameter in COMMANDS[name].params for option in parameter.opts}
        assert {"--as", "--api", "--token-file", "--json", "--debug"} <= options, name


@pytest.mark.parametrize("name", ["", *COMMANDS, "neo4j status", "neo4j log"])
def test_help(name: str) -> None:
    result = CliRunner().invoke(app, [*name.split(), "--help"])
    assert result.exit_code == 0
    assert "Usage:" in result.stdout


def test_docs_name_every_command_and_no_other() -> None:
    named = set(re.findall(r"^icmgraph ((?:[a-z][a-z0-9-]*)(?: [a-z][a-z-]*)?)", DOCS.read_text("utf-8"), re.MULTILINE))
    leaves = {name for name in USER if not getattr(COMMANDS[name], "commands", None)} | {"inbox"}
    missing = {name for name in leaves if name not in named}
    assert not missing
    for name in named:
        assert name in leaves or name.split()[0] in leaves or name.split()[0] in OPERATORS, name


def test_json_said_first_reaches_operators_too(tmp_path: Path) -> None:
    environment = {"ICM_HOME": str(tmp_path)}
    first = CliRunner().invoke(app, ["--json", "neo4j", "status"], env=environment)
    assert first.exit_code == 5
    assert json.loads(first.stdout)["running"] is False
    assert CliRunner().invoke(app, ["neo4j", "status", "--json"], env=environment).stdout == first.stdout
    assert CliRunner().invoke(app, ["--json", "audit"], env=environment).exit_code == 2


def test_an_operator_who_has_not_begun_is_told_what_to_run(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["invariants", "check"], env={"ICM_HOME": str(tmp_path)})
    assert result.exit_code == 5
    assert "icmgraph init" in result.stderr


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys, icmgraph.cli; print(*sorted({'pydantic', 'httpx', 'neo4j', 'fastapi', 'rich'} & set(sys.modules)))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout == "\n"


def test_version() -> None:
    result = CliRunner().invoke(app, ["--version"])
    assert (result.exit_code, result.stdout) == (0, f"icmgraph {icmgraph.__version__}\n")


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    environment = {"ICM_HOME": str(tmp_path), "ICM_API_PORT": "eighty"}
    result = CliRunner().invoke(app, ["--as", "agent", "whoami"], env=environment)
    assert result.exit_code == 2
    assert "ICM_API_PORT" in result.stderr
    assert "eighty" not in result.stderr


@pytest.mark.parametrize("debug", [False, True])
def test_a_fault_of_ours_quotes_nothing(monkeypatch: pytest.MonkeyPatch, debug: bool) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError(PHONE)

    monkeypatch.setattr(Run, "client", fail)
    result = CliRunner().invoke(app, ["check", "--phone", PHONE, *(["--debug"] if debug else [])])
    assert result.exit_code == IcmError.exit_code
    assert result.stdout == ""
    assert ("Traceback" in result.stderr) == debug
    assert "RuntimeError" in result.stderr
    assert debug or PHONE not in result.stderr


@pytest.mark.parametrize(
    ("content", "mode", "why"),
    [
        ("a.b.c\n", 0o600, None),
        ("a.b.c", 0o400, None),
        ("a.b.c", 0o640, "chmod 600"),
        ("a.b.c", 0o604, "chmod 600"),
        ("a.b.c", 0o610, "chmod 600"),
        ("", 0o600, "does not hold a token"),
        ("secret one\n", 0o600, "does not hold a token"),
        ("secret\r\nX-Header: 1", 0o600, "does not hold a token"),
        ("secret\u00e9", 0o600, "no token can be read"),
        (None, 0o600, "no token can be read"),
    ],
)
def test_token_files(tmp_path: Path, content: str | None, mode: int, why: str | None) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content.encode())
        file.chmod(mode)
    if why is None:
        assert read_token(file) == "a.b.c"
        return
    with pytest.raises(InvalidInput, match=why) as raised:
        read_token(file)
    assert "secret" not in str(raised.value).replace(str(file), "")


def test_a_folder_is_no_token(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with pytest.raises(InvalidInput, match="no token can be read"):
        read_token(tmp_path)


def test_private_files(tmp_path: Path) -> None:
    file, target = tmp_path / "chart.html", tmp_path / "other"
    former = os.umask(0)
    try:
        write_private(file, "Zoë", force=False)
        with pytest.raises(InvalidInput, match="--force"):
            write_private(file, "new", force=False)
        assert file.read_text("utf-8") == "Zoë"
        write_private(file, "new", force=True)
        target.write_text("mine")
        link = tmp_path / "link"
        link.symlink_to(target)
        write_private(link, "new", force=True)
    finally:
        os.umask(former)
    assert target.read_text() == "mine"
    assert file.read_text() == "new"
    assert {stat.S_IMODE(one.lstat().st_mode) for one in (file, link)} == {0o600}
    with pytest.raises(InvalidInput, match="cannot be written"):
        write_private(tmp_path / "absent" / "chart.html", "new", force=False)
    assert {one.name for one in tmp_path.iterdir()} == {"chart.html", "other", "link"}


def test_what_was_not_said_is_not_sent() -> None:
    case = build(CaseInput, number="1", title="T", unit=ID, receipt=None)
    assert case.model_fields_set == {"number", "title", "unit"}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"selectors": [{"kind": "phone", "value": ""}], "reason": "r"}, "selectors.0.value"),
        ({"selectors": [{"kind": PHONE, "value": "x"}], "reason": "r"}, "selectors.0.kind"),
        ({"selectors": [{"kind": "phone", "value": PHONE + "\x1b"}], "reason": "r"}, "selectors.0.value"),
        ({"selectors": [{"kind": "phone", "value": PHONE, "region": "us"}], "reason": "r"}, "selectors.0.region"),
        ({"selectors": [{"kind": "phone", "value": PHONE + "\ud800"}], "reason": "r"}, None),
        ({"names": [{"name": PHONE, "birth_date": "1980", "year": 1980}], "reason": "r"}, "names.0"),
        ({"selectors": [{"kind": "phone", "value": PHONE}]}, "reason"),
    ],
)
def test_a_wrong_value_is_named_and_not_quoted(values: dict[str, Any], field: str | None) -> None:
    with pytest.raises(InvalidInput) as raised:
        build(CheckInput, **values)
    assert raised.value.field == field
    assert PHONE not in str(raised.value)


@given(st.text())
@example("\x1b]0;title\x07")
@example("a\nb\r\u2028c")
@example("\u202egnp.exe")
def test_nothing_a_record_holds_moves_the_cursor(text: str) -> None:
    for shown in (output.printable(text), output.printable(f"  {text}")):
        assert not any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") or c in "\u202e\u2066" for c in shown)


def test_tables_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    output.table(("id", "name"), [("1", "[bold]Rosa[/bold] " * 60), ("2", None), ("3", "\x1b[31mRed\n:smile:")])
    head, *rows = capsys.readouterr().out.splitlines()
    assert head == "id  name"
    assert rows == ["1   " + ("[bold]Rosa[/bold] " * 60).rstrip(), "2   -", "3   \ufffd[31mRed :smile:"]


@pytest.mark.parametrize(
    ("columns", "lines"),
    [
        (80, ["id name", ID + " Rosa Vega of the long pier"]),
        (56, ["id name", ID + " Rosa Vega of the", "long pier"]),
        (50, ["id " + ID, "name Rosa Vega of the long pier", ""]),
    ],
)
def test_tables_on_a_terminal_keep_ids_whole(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], columns: int, lines: list[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    output.table(("id", "name"), [(ID, "Rosa Vega of the long pier")])
    bare = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)
    assert [" ".join(one.split()) for one in bare.splitlines()] == lines


def test_a_document_is_one_and_ascii(capsys: pytest.CaptureFixture[str]) -> None:
    output.document({"name": "Пётр \u202e\x9b"})
    printed = capsys.readouterr().out
    assert printed.isascii()
    assert json.loads(printed) == {"name": "Пётр \u202e\x9b"}
