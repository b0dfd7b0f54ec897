"""Whatever is sent that the description allows, or almost: an answer that the description names, and never a fault."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case
from schemathesis.generation import GenerationMode

from icmgraph.api.app import create_app
from icmgraph.bootstrap import Platform
from tests.api.conftest import As
from tests.api.test_access import ALICE, ANA, BOB

TRIES = 2
"""Requests to each route as each person."""


@pytest.fixture(scope="module")
def description(platform: Platform) -> Any:
    schema = schemathesis.openapi.from_dict(create_app(platform).openapi())
    schema.config.generation.update(modes=list(GenerationMode))
    return schema


@pytest.mark.parametrize("user", [ALICE, BOB, ANA], ids=["alice", "bob", "ana"])
def test_whatever_is_sent_is_answered_as_described(description: Any, as_: As, user: str) -> None:
    caller, statuses = as_(user), set()
    for found in description.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=TRIES, derandomize=True, database=None, deadline=None,
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=operation.as_strategy())
        def asked(case: Case[Any]) -> None:
            sent = case.as_transport_kwargs(base_url="http://testserver")
            for name in ("timeout", "verify", "cert", "proxies", "allow_redirects", "stream"):
                sent.pop(name, None)
            headers = {k: v for k, v in dict(sent.pop("headers", None) or {}).items() if k.lower() != "authorization"}
            response = caller(sent.pop("method"), sent.pop("url"), headers=headers, **_as_httpx(sent))
            statuses.add(response.status_code)
            assert response.status_code < 500, (case.method, case.path, response.status_code)
            if response.status_code >= 400:
                assert response.headers["content-type"] == "application/problem+json"
                assert response.json()["type"].startswith("urn:icmgraph:problem:")
            else:
                assert str(response.status_code) in case.operation.definition.raw["responses"], (case.method, case.path)

        asked()
    assert {200, 404, 422} <= statuses


def _as_httpx(sent: dict[str, Any]) -> dict[str, Any]:
    """Requests' names of arguments as httpx has them."""
    data = sent.pop("data", None)
    if data is not None:
        sent["content"] = data if isinstance(data, bytes | str) else str(data)
    return {name: value for name, value in sent.items() if name in ("params", "json", "content", "cookies") and value}
