"""The audit, for auditors."""

from __future__ import annotations

from icmgraph.api.deps import LIMIT, Auditor, Cursor, Limit, Reporting
from icmgraph.api.routing import Router
from icmgraph.model.answers import Act, Checkpoints, Created, Page, Repeated, ReportAnswer, ReportCard
from icmgraph.model.auditing import AuditInput, PatternInput, ReportInput
from icmgraph.model.records import Id

router = Router("audit")


@router.on("POST", "/v1/audit/search", "audit", lane="walk")
def search_audit(asked: AuditInput, auditor: Auditor, cursor: Cursor = None, limit: Limit = LIMIT) -> Page[Act]:
    """Who did what, newest first; the search itself is recorded too."""
    return auditor.search(asked, cursor, limit)


@router.on("POST", "/v1/audit/patterns", "audit", lane="walk")
def find_patterns(asked: PatternInput, auditor: Auditor, limit: Limit = LIMIT) -> Page[Repeated]:
    """Who did so many of these, or what was met by so many; most first. One page."""
    return auditor.patterns(asked, limit)


@router.on("POST", "/v1/audit/reports", "audit", lane="write", status_code=201)
def save_report(report: ReportInput, reports: Reporting) -> Created:
    """Keep a search or a pattern under a name."""
    return reports.save(report)


@router.on("GET", "/v1/audit/reports", "audit")
def list_reports(reports: Reporting, cursor: Cursor = None, limit: Limit = LIMIT) -> Page[ReportCard]:
    """One's own reports, newest first."""
    return reports.page(cursor, limit)


@router.on("POST", "/v1/audit/reports/{id}/run", "audit", lane="walk")
def run_report(id: Id, reports: Reporting, cursor: Cursor = None, limit: Limit = LIMIT) -> ReportAnswer:
    """Ask a report's question again; it is recorded as that question."""
    return reports.run(id, cursor, limit)


@router.on("DELETE", "/v1/audit/reports/{id}", "audit", lane="write", status_code=204)
def delete_report(id: Id, reports: Reporting) -> None:
    """End a report of one's own."""
    reports.delete(id)


@router.on("GET", "/v1/audit/checkpoints", "audit")
def list_checkpoints(auditor: Auditor, cursor: Cursor = None, limit: Limit = LIMIT) -> Checkpoints:
    """The signed checkpoints, the largest first, and the key to verify them with."""
    return auditor.checkpoints(cursor, limit)
