"""Clients that generators make of /openapi.json: they compile, and do what an agent does first.

Run by ``make clients``, which installs the generators; not collected with the suite.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from icmgraph.api.tokens import LocalIssuer
from tests.api.test_serve import _process
from tests.api.test_serve import environment as environment
from tests.worlds.fixtures import graph as graph
from tests.worlds.world import uid

HERE = Path(__file__).parent
TOOLS = Path(os.environ["ICM_TEST_CLIENTS"]).absolute()
"""A venv with the Python generator; the Node one's modules beside it."""


def run(*command: str | Path, at: Path, **environment: str) -> str:
    env = {**os.environ, **environment}
    done = subprocess.run(command, cwd=at, capture_output=True, text=True, env=env, timeout=300, check=False)
    if done.returncode:
        pytest.fail(f"{command[0]}: {done.stdout[-4000:]}{done.stderr[-4000:]}")
    return done.stdout


@pytest.fixture
def served(environment: dict[str, str], tmp_path: Path) -> Iterator[dict[str, str]]:
    """A server; its description is in ``openapi.json`` of the temporary folder."""
    with _process(environment) as process:
        assert process.stdout
        address = process.stdout.readline().strip()
        described = httpx.get(f"{address}/openapi.json", trust_env=False)
        (tmp_path / "openapi.json").write_bytes(described.content)
        token = LocalIssuer.create(Path(environment["ICM_HOME"])).issue(uid("user-1"))
        yield {"ICM_SMOKE_URL": address, "ICM_SMOKE_TOKEN": token, "NO_PROXY": "127.0.0.1"}


def test_openapi_python_client(served: dict[str, str], tmp_path: Path) -> None:
    tools = TOOLS / "bin"
    shutil.copy(HERE / "smoke.py", tmp_path)
    run(
        tools / "openapi-python-client", "generate", "--path", "openapi.json", "--config", HERE / "config.yml",
        "--meta", "none", "--output-path", "icm_client", "--fail-on-warning", at=tmp_path,
    )  # fmt: skip
    run(tools / "mypy", "--strict-equality", "icm_client", "smoke.py", at=tmp_path)
    assert run(tools / "python", "smoke.py", at=tmp_path, **served) == "ok\n"


def test_openapi_typescript(served: dict[str, str], tmp_path: Path) -> None:
    for name in ("smoke.ts", "tsconfig.json", "package.json"):
        shutil.copy(HERE / name, tmp_path)
    (tmp_path / "node_modules").symlink_to(TOOLS / "node_modules")
    tools = TOOLS / "node_modules" / ".bin"
    # A field with a default may be left out of a request; the generator asks for it unless told.
    run(tools / "openapi-typescript", "openapi.json", "-o", "api.ts", "--default-non-nullable=false", at=tmp_path)
    run(tools / "tsc", "--project", ".", at=tmp_path)
    assert run("node", "out/smoke.js", at=tmp_path, **served) == "ok\n"
