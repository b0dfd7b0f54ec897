"""Rules of the repository that nothing else holds."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

import icmgraph

ROOT = Path(__file__).parents[2]


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


def test_public_names() -> None:
    assert icmgraph.__all__ == ["Client", "__version__", "errors", "operator"]
    for name in icmgraph.__all__:
        assert getattr(icmgraph, name)


@pytest.mark.parametrize(
    "pattern",
    [
        re.compile(rb"(repo1?\.maven|pypi|registry\.npmjs|deb\.debian|files\.pythonhosted)\.(org|apache\.org)"),
        re.compile(rb"--(extra-)?index-url|index-url\s*="),
        re.compile(rb"(?<![\w.])/(root|work|home/\w+)/"),
    ],
)
def test_no_registry_and_no_path_of_a_machine(pattern: re.Pattern[bytes]) -> None:
    found = [str(path.relative_to(ROOT)) for path in tracked() if pattern.search(path.read_bytes())]
    assert [name for name in found if name != "tests/architecture/test_rooms.py"] == []


def modules_with(pattern: str) -> list[str]:
    """Modules of the package in whose text the pattern occurs."""
    modules = sorted((ROOT / "icmgraph").rglob("*.py"))
    return [p.relative_to(ROOT).as_posix() for p in modules if re.search(pattern, p.read_text(), re.MULTILINE)]


def test_only_the_gateway_imports_the_driver() -> None:
    assert modules_with(r"^\s*(import neo4j|from neo4j)\b") == ["icmgraph/queries/gateway.py"]


def test_only_the_deconfliction_runs_release_queries() -> None:
    assert modules_with(r"\.release\([^)]") == [
        f"icmgraph/queries/{module}.py" for module in ("deconfliction", "ending", "matches")
    ]
