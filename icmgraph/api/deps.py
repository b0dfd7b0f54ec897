"""What routes ask for: the signed-in person's handles, each bound to that person.

Nothing here waits for anything: the framework would take a thread for each that is not ``async``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Protocol

from fastapi import Depends, Query, Request
from pydantic import StringConstraints

from icmgraph.api.admission import Admission
from icmgraph.api.tokens import LocalIssuer, Verifier
from icmgraph.audit import AuditStore, PublicKey
from icmgraph.keys import Keys
from icmgraph.model.source import Source
from icmgraph.queries.auditing import Auditing
from icmgraph.queries.bulk import Bulk
from icmgraph.queries.cases import Cases
from icmgraph.queries.conflicts import Conflicts
from icmgraph.queries.cursors import LONGEST, Cursors
from icmgraph.queries.deconfliction import Deconfliction
from icmgraph.queries.inbox import Inbox
from icmgraph.queries.jobs import Jobs
from icmgraph.queries.matters import Matters
from icmgraph.queries.reader import DEFAULT_LIMIT, LARGEST_LIMIT, Memory, Reader, ReaderOptions
from icmgraph.queries.registrations import Registrations
from icmgraph.queries.reports import Reports
from icmgraph.queries.session import NO_CONDITIONS, Session, Sessions
from icmgraph.queries.sharing import Sharing
from icmgraph.queries.silences import Silences
from icmgraph.queries.writer import Writer
from icmgraph.settings import Settings


class Platform(Protocol):
    """What the API needs of ``bootstrap.Platform``."""

    @property
    def settings(self) -> Settings: ...
    @property
    def keys(self) -> Keys: ...
    @property
    def audit(self) -> AuditStore: ...
    @property
    def sessions(self) -> Sessions: ...


@dataclass(frozen=True)
class Api:
    """What all requests share."""

    settings: Settings
    keys: Keys
    sessions: Sessions
    verifier: Verifier
    local: LocalIssuer | None
    options: ReaderOptions
    cursors: Cursors
    admission: Admission
    log: PublicKey
    """Of the audit's checkpoints."""
    work_waits: Callable[[], None] = lambda: None
    """Tells the worker that there is a job to be done, or to be ended."""

    @property
    def uploads(self) -> Path:
        """Where uploads wait to be written."""
        return self.settings.home / "uploads"

    @classmethod
    def of(
        cls,
        settings: Settings,
        keys: Keys,
        sessions: Sessions,
        verifier: Verifier,
        local: LocalIssuer | None,
        log: PublicKey,
        work_waits: Callable[[], None],
        memory: Memory | None = None,
    ) -> Api:
        options = ReaderOptions(keys.identifiers, settings.expand_nodes, settings.hub_degree, memory=memory)
        admission = Admission(settings.api_queue, settings.api_rate, settings.api_parallel)
        return cls(
            settings, keys, sessions, verifier, local, options, Cursors(keys.cursors), admission, log, work_waits
        )


async def _api(request: Request) -> Api:
    found: Api = request.app.state.api
    return found


Shared = Annotated[Api, Depends(_api)]


async def _session(request: Request, api: Shared) -> Session:
    return api.sessions.of(request.state.user, getattr(request.state, "conditions", NO_CONDITIONS))


Person = Annotated[Session, Depends(_session)]


async def _reader(session: Person, api: Shared) -> Reader:
    return Reader(session, api.options)


async def _writer(session: Person, api: Shared) -> Writer:
    return Writer(session, api.keys.identifiers)


async def _cases(session: Person) -> Cases:
    return Cases(session)


async def _sharing(session: Person) -> Sharing:
    return Sharing(session)


async def _inbox(session: Person, api: Shared) -> Inbox:
    return Inbox(session, api.cursors)


def deconfliction(
    settings: Settings, keys: Keys, session: Session, leave: Callable[[Source, float], None]
) -> Deconfliction:
    """A person's, as the settings have it; ``leave``: as of ``Deconfliction``."""
    return Deconfliction(
        session, key=keys.identifiers, answer_ms=settings.check_answer_ms, receipt_days=settings.receipt_days,
        desk_contact=settings.desk_contact, registration_days=settings.registration_days, daily=settings.check_daily,
        leave=leave,
    )  # fmt: skip


async def _deconfliction(session: Person, api: Shared, request: Request) -> Deconfliction:
    def leave(source: Source, moment: float) -> None:
        # The route waits: a thread that slept would be one less for everybody.
        request.state.leaves = (source, moment)

    return deconfliction(api.settings, api.keys, session, leave)


async def _registrations(session: Person, api: Shared) -> Registrations:
    return Registrations(session, api.cursors, days=api.settings.registration_days)


async def _conflicts(session: Person, api: Shared) -> Conflicts:
    return Conflicts(session, api.cursors)


async def _matters(session: Person, api: Shared) -> Matters:
    return Matters(session, api.cursors)


async def _silences(session: Person, api: Shared) -> Silences:
    return Silences(session, api.cursors)


async def _bulk(session: Person) -> Bulk:
    return Bulk(session)


async def _jobs(session: Person, api: Shared) -> Jobs:
    return Jobs(session, api.cursors)


async def _auditing(session: Person, api: Shared) -> Auditing:
    return Auditing(session, api.sessions.audit, api.cursors, api.log)


async def _reports(session: Person, api: Shared, auditing: Annotated[Auditing, Depends(_auditing)]) -> Reports:
    return Reports(session, api.cursors, auditing)


async def _arrived(request: Request) -> float:
    moment: float = request.state.arrived
    return moment


Reading = Annotated[Reader, Depends(_reader)]
Writing = Annotated[Writer, Depends(_writer)]
Bulking = Annotated[Bulk, Depends(_bulk)]
JobActs = Annotated[Jobs, Depends(_jobs)]
CaseActs = Annotated[Cases, Depends(_cases)]
SharingActs = Annotated[Sharing, Depends(_sharing)]
Addressed = Annotated[Inbox, Depends(_inbox)]
Checking = Annotated[Deconfliction, Depends(_deconfliction)]
Standing = Annotated[Registrations, Depends(_registrations)]
ConflictActs = Annotated[Conflicts, Depends(_conflicts)]
DeskActs = Annotated[Matters, Depends(_matters)]
Silent = Annotated[Silences, Depends(_silences)]
Auditor = Annotated[Auditing, Depends(_auditing)]
Reporting = Annotated[Reports, Depends(_reports)]
Arrived = Annotated[float, Depends(_arrived)]
"""Seconds on the source's monotonic clock at which the request came."""

Cursor = Annotated[
    Annotated[str, StringConstraints(max_length=LONGEST)] | None,
    Query(description="``next`` of the page before."),
]
Limit = Annotated[int, Query(ge=1, le=LARGEST_LIMIT, description="Items on a page.")]
LIMIT = DEFAULT_LIMIT
