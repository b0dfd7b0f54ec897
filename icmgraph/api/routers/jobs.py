"""Much at once: bulk writes, uploads, and the jobs that write them in the background."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query, Request

from icmgraph.api.deps import LIMIT, Bulking, Cursor, JobActs, Limit, Shared
from icmgraph.api.routing import Router
from icmgraph.api.schemas import BulkBody
from icmgraph.api.spool import MEDIA_TYPES
from icmgraph.model.answers import BulkAnswer, Created, JobCard, Page, Refusal
from icmgraph.model.records import Id

router = Router("jobs")

_LINES: dict[str, Any] = {
    "required": True,
    "description": f"JSON lines: a SubjectInput each. {MEDIA_TYPES[0]} is taken too; generators do not know it.",
    "content": {MEDIA_TYPES[1]: {"schema": {"type": "string", "format": "binary"}}},
}


@router.on("POST", "/v1/cases/{id}/subjects/bulk", "write")
def add_subjects(id: Id, bulk: BulkBody, writer: Bulking) -> BulkAnswer:
    """Add up to 200 subjects: what can be written is, in one transaction; each other row has its problem."""
    return writer.add_subjects(id, bulk.rows())


@router.on("POST", "/v1/uploads", "write", status_code=202, spooled=_LINES)
def upload_subjects(
    request: Request,
    jobs: JobActs,
    api: Shared,
    case: Annotated[Id, Query(description="The case worked in.")],
) -> Created:
    """Add up to 100,000 subjects in the background; the id is the job's."""
    created = jobs.upload(case, request.state.spooled)
    api.work_waits()
    return created


@router.on("GET", "/v1/jobs", "personal")
def list_jobs(jobs: JobActs, cursor: Cursor = None, limit: Limit = LIMIT) -> Page[JobCard]:
    """One's jobs, newest first."""
    return jobs.list(cursor, limit)


@router.on("GET", "/v1/jobs/{id}", "personal", tagged=True)
def show_job(id: Id, jobs: JobActs) -> JobCard:
    """How far a job is, or how it ended."""
    return jobs.show(id)


@router.on("DELETE", "/v1/jobs/{id}", "personal", tagged=True)
def cancel_job(id: Id, jobs: JobActs, api: Shared) -> JobCard:
    """End a job before its next batch; what was written stays."""
    card = jobs.cancel(id)
    api.work_waits()
    return card


@router.on("GET", "/v1/jobs/{id}/refusals", "personal")
def list_refusals(id: Id, jobs: JobActs, cursor: Cursor = None, limit: Limit = LIMIT) -> Page[Refusal]:
    """The rows of an upload that were not written, in the file's order."""
    return jobs.refusals(id, cursor, limit)
