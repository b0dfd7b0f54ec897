"""An open Platform over the session's Neo4j, and a client of its API, for tests that need the whole product."""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI

from icmgraph.api.tokens import LocalIssuer
from icmgraph.audit import AuditStore
from icmgraph.bootstrap import Platform
from icmgraph.keys import Keys
from icmgraph.model.source import SourceFactory, system_source
from icmgraph.queries.asking import Asking
from icmgraph.queries.gateway import Gateway
from icmgraph.queries.policy import Policy
from icmgraph.queries.session import Sessions
from icmgraph.settings import Settings

with warnings.catch_warnings():
    # It prefers a successor of httpx that nothing else here needs, and says so when imported.
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient

__all__ = ["Caller", "TestClient", "listening", "opened", "serving"]

KEYS = Keys.derive(b"an invented deployment key, 32 b")


@contextmanager
def opened(gateway: Gateway, home: Path, source: SourceFactory = system_source, **settings: Any) -> Iterator[Platform]:
    """A platform on this gateway, which stays open. Its answers leave at once, its tokens are the local issuer's."""
    given = {"home": home, "local_issuer": True, "check_answer_ms": 0, **settings}
    chosen = Settings(**given)
    audit, policy = AuditStore(chosen.audit_address, KEYS.audit), Policy(gateway)
    try:
        yield Platform(
            chosen,
            KEYS,
            gateway,
            policy,
            audit,
            Sessions(gateway, policy, audit, source, Asking(KEYS.identifiers, chosen.check_daily)),
        )
    finally:
        audit.close()


class Caller:
    """Requests as one person; ``user`` None is nobody."""

    def __init__(self, client: TestClient, home: Path, user: str | None) -> None:
        self._client = client
        token = LocalIssuer.create(home).issue(user) if user else None
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def __call__(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """The response (httpx's)."""
        headers = {**self._headers, **options.pop("headers", {})}
        if body is not None:
            options["json"] = body
        return self._client.request(method, path, headers=headers, **options)

    def ok(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """What it answers, which must not be a problem."""
        response = self(method, path, body, **options)
        assert response.is_success, f"{method} {path}: {response.status_code} {response.text[:2000]}"
        return response.json() if response.headers.get("content-type") == "application/json" else response.text


@contextmanager
def listening(app: FastAPI) -> Iterator[str]:
    """The application on a port of its own, in a thread: its address."""
    config = uvicorn.Config(app, port=0, log_config=None, access_log=False, ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def serving(app: FastAPI) -> Iterator[TestClient]:
    """The application in process, its notice worker running."""
    with TestClient(app) as client:
        yield client
