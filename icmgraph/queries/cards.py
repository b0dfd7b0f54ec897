"""The card of one record, as one person gets it: in a read, and in a write that compares it under the record's lock."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from icmgraph.errors import NotFound
from icmgraph.model.answers import (
    AssertionCard,
    AttributeValue,
    CaseAnswer,
    CaseOfSubject,
    DocumentCard,
    EventCard,
    IdentifierValue,
    SubjectCard,
)
from icmgraph.model.identity import public_id
from icmgraph.model.records import utc_text
from icmgraph.queries.gateway import Row
from icmgraph.queries.session import View


def case(view: View, id: str) -> CaseAnswer:
    return CaseAnswer(**one(view, "case", id))


def subject(view: View, id: str, key: bytes) -> SubjectCard:
    """A subject: its cases, values and identifiers, each value with its evidence. ``key``: for public ids."""
    return SubjectCard(
        **one(view, "subject", id),
        cases=_cases_of(view, id),
        attributes=[AttributeValue(**texts(row)) for row in view.run("subject_attributes", id=id)],
        identifiers=[
            IdentifierValue(identifier=public_id(key, row["key"]), **without(texts(row), "key"))
            for row in view.run("subject_identifiers", id=id)
        ],
    )


def document(view: View, id: str) -> DocumentCard:
    return DocumentCard(**one(view, "document", id), cases=_cases_of(view, id))


def event(view: View, id: str) -> EventCard:
    """An event. ``addresses``: where, as written in what one sees, in text order."""
    return EventCard(**one(view, "event", id), cases=_cases_of(view, id))


def assertion(view: View, id: str) -> AssertionCard:
    return AssertionCard(**one(view, "sees_assertion", id))


def one(view: View, query: str, id: str) -> Row:
    """
    Raises:
        NotFound: absent or hidden.
    """
    rows = view.run(query, id=id)
    if not rows:
        raise NotFound
    row: Row = texts(rows[0])
    return row


def _cases_of(view: View, id: str) -> list[CaseOfSubject]:
    return [CaseOfSubject(**row) for row in view.run("cases_of", id=id)]


def without(row: Row, *columns: str) -> Row:
    return {column: value for column, value in row.items() if column not in columns}


def texts(value: Any) -> Any:
    """Dates and times as the text in which they leave."""
    if isinstance(value, datetime):
        return utc_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: texts(item) for key, item in value.items()}
    return value
