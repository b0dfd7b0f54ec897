"""Cases, their files, who works on them and to whom they are open."""

from __future__ import annotations

from icmgraph.api.deps import LIMIT, CaseActs, Cursor, Limit, Reading
from icmgraph.api.routing import Router
from icmgraph.api.schemas import OpennessBody
from icmgraph.model.answers import AssignmentCard, CaseAnswer, CaseCard, Created, FileItem, OpeningReceipts, Page
from icmgraph.model.records import AssignmentInput, CaseChange, CaseInput, Id

router = Router("cases")


@router.on("GET", "/v1/cases", "scoped")
def list_cases(reader: Reading, cursor: Cursor = None, limit: Limit = LIMIT) -> Page[CaseCard]:
    """The cases one sees."""
    return reader.cases(cursor, limit)


@router.on("POST", "/v1/cases", "write", status_code=201)
def open_case(case: CaseInput, cases: CaseActs) -> Created:
    """Open a case, with the receipt of a check or an override; one becomes its case agent."""
    return cases.open(case)


@router.on("GET", "/v1/cases/{id}", "scoped", tagged=True)
def show_case(id: Id, reader: Reading) -> CaseAnswer:
    """A case."""
    return reader.case(id)


@router.on("PATCH", "/v1/cases/{id}", "write", tagged=True)
def change_case(id: Id, change: CaseChange, cases: CaseActs) -> Created:
    """Change a case's own properties; what is not given stays."""
    return cases.change(id, change)


@router.on("GET", "/v1/cases/{id}/records", "scoped")
def list_case_records(id: Id, reader: Reading, cursor: Cursor = None, limit: Limit = LIMIT) -> Page[FileItem]:
    """What stands in a case's file."""
    return reader.case_file(id, cursor, limit)


@router.on("GET", "/v1/cases/{id}/receipts", "scoped")
def list_opening_receipts(id: Id, cases: CaseActs) -> OpeningReceipts:
    """The receipts a case was opened with: for a leader of its unit, and its agent."""
    return cases.receipts(id)


@router.on("POST", "/v1/cases/{id}/close", "write", tagged=True)
def close_case(id: Id, cases: CaseActs) -> Created:
    """Close a case."""
    return cases.close(id)


@router.on("POST", "/v1/cases/{id}/reopen", "write", tagged=True)
def reopen_case(id: Id, cases: CaseActs) -> Created:
    """Reopen a case."""
    return cases.reopen(id)


@router.on("GET", "/v1/cases/{id}/assignments", "scoped")
def list_assignments(id: Id, reader: Reading, cursor: Cursor = None, limit: Limit = LIMIT) -> Page[AssignmentCard]:
    """Who is, was and will be assigned to a case."""
    return reader.assignments(id, cursor, limit)


@router.on("POST", "/v1/cases/{id}/assignments", "write", status_code=201, tagged=True)
def assign(id: Id, assignment: AssignmentInput, cases: CaseActs) -> Created:
    """Assign a person to a case: a leader of its unit does."""
    return cases.assign(id, assignment)


@router.on("DELETE", "/v1/cases/{id}/assignments/{assignment}", "write", tagged=True)
def unassign(id: Id, assignment: Id, cases: CaseActs) -> Created:
    """End an assignment at once."""
    return cases.unassign(id, assignment)


@router.on("PUT", "/v1/cases/{id}/openness", "write", tagged=True)
def set_openness(id: Id, openness: OpennessBody, cases: CaseActs) -> Created:
    """Open a case to exactly these units; none restricts it to the persons assigned."""
    return cases.set_openness(id, openness.units)
