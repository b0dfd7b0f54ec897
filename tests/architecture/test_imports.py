"""The import contracts of pyproject.toml are kept: direction, one door to the driver, a picture that cannot fetch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_contracts_are_kept(tmp_path: Path) -> None:
    lint = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([lint, "--cache-dir", tmp_path], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(done.stdout + done.stderr)
    assert "0 broken" in done.stdout
