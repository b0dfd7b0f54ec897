"""The home of a benchmark's world: what a load that was cut short left is removed, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.questions import home_in


def test_a_load_cut_short_begins_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = home_in(tmp_path / "world")
    marked = set(home.iterdir())
    (home / "keys").mkdir()
    (home / "keys" / "key").touch()
    (home / "audit.db").touch()
    (home / "jars").symlink_to(tmp_path)
    assert home_in(home) == home
    assert set(home.iterdir()) == marked
    assert "begins anew" in capsys.readouterr().err


def test_a_loaded_one_is_used(tmp_path: Path) -> None:
    (tmp_path / "loaded.json").touch()
    (tmp_path / "audit.db").touch()
    assert home_in(tmp_path) == tmp_path
    assert {one.name for one in tmp_path.iterdir()} == {"loaded.json", "audit.db"}


def test_what_is_somebodys_is_left(tmp_path: Path) -> None:
    (tmp_path / "audit.db").touch()
    with pytest.raises(SystemExit, match="name an empty folder"):
        home_in(tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["audit.db"]
