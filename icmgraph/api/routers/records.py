"""Subjects, documents and events."""

from __future__ import annotations

from icmgraph.api.deps import LIMIT, Cursor, Limit, Reading, Writing
from icmgraph.api.routing import Router
from icmgraph.model.answers import Created, DocumentCard, EventCard, HistoryEntry, Neighbour, Page, SubjectCard
from icmgraph.model.records import (
    DocumentChange,
    DocumentInput,
    EventChange,
    EventInput,
    Id,
    SubjectChange,
    SubjectInput,
)

router = Router("records")


@router.on("POST", "/v1/cases/{id}/subjects", "write", status_code=201)
def add_subject(id: Id, subject: SubjectInput, writer: Writing) -> Created:
    """A new subject of a case. ``records``: its attributes, then the assertions of its identifiers."""
    return writer.add_subject(id, subject)


@router.on("POST", "/v1/cases/{id}/documents", "write", status_code=201)
def add_document(id: Id, document: DocumentInput, writer: Writing) -> Created:
    """A new document of a case. ``records``: its mentions."""
    return writer.add_document(id, document)


@router.on("POST", "/v1/cases/{id}/events", "write", status_code=201)
def add_event(id: Id, event: EventInput, writer: Writing) -> Created:
    """A new event of a case. ``records``: the involvements, then the place."""
    return writer.add_event(id, event)


@router.on("GET", "/v1/subjects/{id}", "scoped", tagged=True)
def show_subject(id: Id, reader: Reading) -> SubjectCard:
    """A subject, with the evidence for each value."""
    return reader.subject(id)


@router.on("PATCH", "/v1/subjects/{id}", "write", tagged=True)
def change_subject(id: Id, change: SubjectChange, writer: Writing) -> Created:
    """Add values to a subject. ``records``: what was added."""
    return writer.change_subject(id, change)


@router.on("GET", "/v1/subjects/{id}/neighbours", "scoped")
def list_neighbours(id: Id, reader: Reading, cursor: Cursor = None, limit: Limit = LIMIT) -> Page[Neighbour]:
    """The assertions at a subject, each with its other end."""
    return reader.neighbours(id, cursor, limit)


@router.on("GET", "/v1/records/{id}/history", "scoped")
def list_history(id: Id, reader: Reading, cursor: Cursor = None, limit: Limit = LIMIT) -> Page[HistoryEntry]:
    """What was done about a case, subject, document or event, newest first."""
    return reader.history(id, cursor, limit)


@router.on("GET", "/v1/documents/{id}", "scoped", tagged=True)
def show_document(id: Id, reader: Reading) -> DocumentCard:
    """A document."""
    return reader.document(id)


@router.on("PATCH", "/v1/documents/{id}", "write", tagged=True)
def change_document(id: Id, change: DocumentChange, writer: Writing) -> Created:
    """Correct a document; what is not given stays, null removes."""
    return writer.change_document(id, change)


@router.on("GET", "/v1/events/{id}", "scoped", tagged=True)
def show_event(id: Id, reader: Reading) -> EventCard:
    """An event."""
    return reader.event(id)


@router.on("PATCH", "/v1/events/{id}", "write", tagged=True)
def change_event(id: Id, change: EventChange, writer: Writing) -> Created:
    """Correct an event; what is not given stays, null removes."""
    return writer.change_event(id, change)
