"""The application as it is put together: no database is asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from icmgraph.api.app import create_app
from icmgraph.api.routing import Route, Router, mount
from icmgraph.bootstrap import Platform
from icmgraph.errors import OperatorError
from icmgraph.model.source import system_source
from icmgraph.queries import catalogue
from icmgraph.queries.gateway import Gateway
from tests.platform import opened


@pytest.fixture
def nowhere(tmp_path: Path) -> Iterator[Platform]:
    """A platform whose graph is not there; nothing asks it."""
    gateway = Gateway("bolt://127.0.0.1:1", "nobody", "nothing", "neo4j", catalogue.load())
    with opened(gateway, tmp_path) as platform:
        yield platform
    gateway.close()


def _ping() -> str:
    return "pong"


def test_a_route_without_a_declared_access_stops_the_start() -> None:
    plain, wrong = Router("plain"), Router("wrong")
    plain.get("/v1/ping")(_ping)
    wrong.add_api_route("/v1/ping", _ping, openapi_extra={"x-access": "everything"})
    for router in (plain, wrong):
        with pytest.raises(RuntimeError, match="/v1/ping declares no access"):
            mount(FastAPI(openapi_url=None, docs_url=None, redoc_url=None), [router])


def test_the_frameworks_own_routes_count_too() -> None:
    with pytest.raises(RuntimeError, match="declares no access"):
        mount(FastAPI(), [])


def test_routes_are_few_and_each_declares_its_access(nowhere: Platform) -> None:
    routes = [route for route in create_app(nowhere).routes if isinstance(route, Route)]
    public = {route.path for route in routes if route.access == "public"}
    keys = {"/.well-known/jwks.json", "/.well-known/receipt-keys.json"}
    assert public == {"/healthz", "/readyz", "/openapi.json"} | keys
    assert all(len(route.methods or ()) == 1 for route in routes)


def test_without_the_local_issuer_its_key_is_no_route(nowhere: Platform, tmp_path: Path) -> None:
    with opened(nowhere.gateway, tmp_path / "b", local_issuer=False, oidc_issuer="https://issuer.example.com") as other:
        paths = {route.path for route in create_app(other).routes if isinstance(route, Route)}
        assert "/.well-known/jwks.json" not in paths
        assert not (tmp_path / "b" / "keys" / "issuer.json").exists()


def test_without_any_issuer_it_does_not_start(nowhere: Platform, tmp_path: Path) -> None:
    with (
        opened(nowhere.gateway, tmp_path / "b", local_issuer=False) as other,
        pytest.raises(OperatorError, match="ICM_OIDC_ISSUER"),
    ):
        create_app(other)


def test_the_description_is_fit_to_make_a_client_of(nowhere: Platform) -> None:
    schema = create_app(nowhere, system_source).openapi()
    operations = [operation for path in schema["paths"].values() for operation in path.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))
    known = schema["components"]["schemas"]
    assert {"Problem", "CaseInput", "CheckAnswer", "Subgraph"} <= known.keys()
    for operation in operations:
        problem = operation["responses"]["default"]["content"]["application/problem+json"]["schema"]
        assert problem == {"$ref": "#/components/schemas/Problem"}
        assert ("security" in operation) == (operation["x-access"] != "public")
        assert "422" not in operation["responses"], "the framework's own form of errors"
    text = str(schema)
    assert all(f"#/components/schemas/{name}" in text for name in known)
    chart = schema["paths"]["/v1/charts/render"]["post"]["responses"]["200"]["content"]
    assert list(chart) == ["text/html"]
    export = schema["paths"]["/v1/exports/render"]["post"]["responses"]["200"]["content"]
    assert set(export) == {"application/x-ndjson", "application/graphml+xml", "application/gexf+xml"}
    ids = schema["paths"]["/v1/cases/{id}"]["get"]["parameters"][0]["schema"]
    assert "4[0-9a-f]{3}" in ids["pattern"]
