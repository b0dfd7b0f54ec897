"""The files under deploy/ name what exists. No service manager and no container engine runs here."""

from __future__ import annotations

import re
from configparser import RawConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from icmgraph.cli import OPERATOR
from icmgraph.settings import Settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
SERVICES = sorted(DEPLOY.glob("*.service"))
SETTINGS = {f"ICM_{name.upper()}" for name in Settings.model_fields}
HARDENED = {
    "NoNewPrivileges": "true", "ProtectSystem": "strict", "ProtectHome": "true", "PrivateTmp": "true",
    "CapabilityBoundingSet": "", "UMask": "0077", "User": "icmgraph", "StateDirectoryMode": "0700",
}  # fmt: skip


def unit(path: Path) -> RawConfigParser:
    parser = RawConfigParser(strict=True)  # of which a repeated key is an error
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(path)
    return parser


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.stem)
def test_services(path: Path) -> None:
    found = unit(path)
    assert set(found.sections()) <= {"Unit", "Service", "Install"}
    service = dict(found["Service"])
    assert {name: service[name] for name in HARDENED} == HARDENED
    commands = [value for name, value in service.items() if name.startswith("Exec") and "systemctl" not in value]
    for command in commands:
        words = re.fullmatch(r"/opt/icmgraph/\.venv/bin/icmgraph (\S+)( .*)?", command)
        assert words
        assert words[1] in {name.split()[0] for name in OPERATOR}
    text = path.read_text()
    named = set(re.findall(r"icmgraph[a-z-]*\.(?:service|timer)", text))
    assert {name for name in named if not (DEPLOY / name).exists()} == set()


def test_every_setting_exists() -> None:
    for path in DEPLOY.iterdir():
        assert set(re.findall(r"\bICM_[A-Z0-9_]+", path.read_text())) <= SETTINGS | {"ICM_HOME"}, path.name


def test_the_container_is_built_from_what_is_there() -> None:
    text = (DEPLOY / "Containerfile").read_text()
    copied = [word for line in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE) for word in line.split()[:-1]]
    assert copied
    assert all((ROOT / word).exists() for word in copied)
    build = re.findall(r"^\s+\"(.+)\" = \"icmgraph/", (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert set(build) | {"cypher", "icmgraph"} <= set(copied), "all that goes into the wheel"
    assert re.search(r"^USER 10001$", text, re.MULTILINE)


def test_compose() -> None:
    compose: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    services = compose["services"]
    for service in services.values():
        assert set(service["secrets"]) <= set(compose["secrets"])
        assert set(service["networks"]) <= set(compose["networks"])
        assert {volume.partition(":")[0] for volume in service["volumes"]} <= set(compose["volumes"])
    assert "ports" not in services["neo4j"], "the graph is nobody's but the API's"
    assert compose["networks"]["graph"]["internal"] is True
    assert services["neo4j"]["image"].startswith(f"neo4j:{Settings.model_fields['neo4j_version'].default}-community")
    assert services["neo4j"]["environment"]["NEO4J_db_logs_query_enabled"] == "OFF"
    api = services["api"]
    assert api["ports"] == ["127.0.0.1:8700:8700"]
    assert api["read_only"]
    assert api["cap_drop"] == ["ALL"]
    # What these settings ask for when the API starts.
    environment = {name.lower().removeprefix("icm_"): value for name, value in api["environment"].items()}
    assert Settings(**environment).api_host == "0.0.0.0"
