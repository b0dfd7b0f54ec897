"""The application itself: health, readiness, its description, the local issuer's key."""

from __future__ import annotations

from typing import Any

from fastapi import Request

from icmgraph.api.deps import Shared
from icmgraph.api.routing import Router
from icmgraph.api.schemas import Health
from icmgraph.errors import NotFound
from icmgraph.model.answers import Jwks
from icmgraph.model.receipts import ReceiptKey

router = Router("fixed")


@router.on("GET", "/healthz", "public")
async def health() -> Health:
    """The process answers."""
    # Not in the pool of threads: those may all be waiting for the graph.
    return Health()


@router.on("GET", "/readyz", "public")
def ready(api: Shared) -> Health:
    """The graph answers and the audit takes records; otherwise a problem of type unavailable."""
    api.sessions.gateway.verify()
    api.sessions.audit.ready()
    return Health()


@router.on("GET", "/openapi.json", "public", include_in_schema=False)
async def describe(request: Request) -> dict[str, Any]:
    schema: dict[str, Any] = request.app.openapi()
    return schema


@router.on("GET", "/.well-known/receipt-keys.json", "public")
def show_receipt_keys(api: Shared) -> Jwks:
    """The key that signs receipts, for those who verify them."""
    return Jwks.model_validate(ReceiptKey(api.keys.identifiers).jwks())


local = Router("fixed")
"""Only with the local issuer."""


@local.on("GET", "/.well-known/jwks.json", "public")
def show_keys(api: Shared) -> Jwks:
    """The keys of the local issuer."""
    if api.local is None:
        raise NotFound
    return Jwks.model_validate(api.local.jwks())
