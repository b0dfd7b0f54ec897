"""The application: what it is made of, on one screen."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Any

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from icmgraph import __version__
from icmgraph.api import problems, tokens
from icmgraph.api.admission import THREADS
from icmgraph.api.deps import Api, Platform, deconfliction
from icmgraph.api.edge import Edge
from icmgraph.api.routers import audit, cases, checks, conflicts, desk, fixed, links, me, questions, records, sharing
from icmgraph.api.routers import jobs as job_routes
from icmgraph.api.routing import mount
from icmgraph.audit import Signer
from icmgraph.channels import channels
from icmgraph.errors import IcmError
from icmgraph.keys import create_audit
from icmgraph.local_neo4j.files import private_folder
from icmgraph.model.source import SourceFactory
from icmgraph.queries.checkpoints import CheckpointWorker
from icmgraph.queries.daily import DailyWorker
from icmgraph.queries.jobs import JobWorker
from icmgraph.queries.notices import NoticeWorker
from icmgraph.queries.outbox import Sender
from icmgraph.queries.session import Sessions
from icmgraph.queries.tasks import Tasks, TaskWorker
from icmgraph.queries.worker import Worker

TITLE = "icmgraph"
ROUTERS = (
    fixed.router, me.router, cases.router, records.router, links.router, sharing.router, questions.router,
    checks.router, conflicts.router, desk.router, job_routes.router, audit.router,
)  # fmt: skip
HANDLERS: dict[int | type[Exception], Callable[[Request, Any], Coroutine[Any, Any, Response]]] = {
    IcmError: problems.on_icm_error,
    RequestValidationError: problems.on_invalid_request,
    HTTPException: problems.on_http_error,
    # Any other exception: the edge answers, one constant problem.
}


def create_app(platform: Platform, source: SourceFactory | None = None) -> FastAPI:
    """The API over an open platform, which it does not close.

    Args:
        platform: graph, policy, audit and settings.
        source: ids, nonces and clock; the platform's own if not given.

    Raises:
        OperatorError: the settings name no issuer of tokens, want the links in memory without the extra for it, or
            name a file with the mail server's password that cannot be read.
        RuntimeError: a route declares no access.
    """
    shared, settings = platform.sessions, platform.settings
    sessions = shared
    if source:
        sessions = Sessions(shared.gateway, shared.policy, shared.audit, source, shared.asking)
    local = tokens.LocalIssuer.create(settings.home, settings.oidc_audience) if settings.local_issuer else None
    signer = Signer(create_audit(settings.home))
    jobs = JobWorker(sessions, private_folder(settings.home / "uploads"))
    notices = NoticeWorker(
        sessions.gateway, sessions.audit, sessions.source, key=platform.keys.identifiers,
        desk_contact=settings.desk_contact,
        patience=timedelta(hours=settings.conflict_hours),
    )  # fmt: skip
    # Nobody waits for a report's answer.
    asker = partial(deconfliction, settings, platform.keys, leave=lambda source, moment: None)
    daily = DailyWorker(sessions, asker)
    tasks = TaskWorker(Tasks(sessions.gateway, sessions.audit, sessions.source))
    checkpoints = CheckpointWorker(sessions.audit, signer)
    senders = [
        Sender(
            sessions.gateway, sessions.audit, name, channel, sessions.source,
            tries=settings.delivery_tries, wait_s=settings.delivery_wait_s,
        )
        for name, channel in channels(settings, platform.keys.webhooks).items()
    ]  # fmt: skip
    workers: list[Worker] = [notices, daily, *senders, tasks, jobs, checkpoints]
    memory = None
    if settings.memory:
        from icmgraph.queries.memory import Memory  # an extra

        memory = Memory(sessions.gateway, platform.keys.identifiers)
        workers.append(memory)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        current_default_thread_limiter().total_tokens = THREADS
        for worker in workers:
            worker.start()
        try:
            yield
        finally:
            for worker in workers:
                await run_in_threadpool(worker.stop)

    app = FastAPI(
        title=TITLE, version=__version__, lifespan=lifespan, exception_handlers=HANDLERS, redirect_slashes=False,
        openapi_url=None, docs_url=None, redoc_url=None,
        # The framework's own traces would hold addresses and inputs.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )  # fmt: skip
    app.state.api = Api.of(
        settings, platform.keys, sessions, tokens.verifier(settings, local), local, signer.public, jobs.wake, memory
    )
    clock, largest = sessions.source("", "arrival").monotonic, {"/v1/uploads": settings.upload_bytes}
    app.add_middleware(Edge, clock=clock, behind_proxy=settings.behind_proxy, largest=largest)
    mount(app, (*ROUTERS, fixed.local) if local else ROUTERS)
    description = _description(app)
    app.openapi = lambda: description  # type: ignore[method-assign]
    return app


def _description(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, with the problem that every route may answer."""
    schema = get_openapi(title=app.title, version=app.version, routes=app.routes)
    schema["components"]["schemas"]["Problem"] = problems.Problem.model_json_schema()
    return schema
