"""Links between records, and ending what was asserted."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from icmgraph.api.deps import Reading, Writing
from icmgraph.api.routing import Router
from icmgraph.api.schemas import EndBody, LinkBody
from icmgraph.model.answers import AssertionCard, Created, Explanation
from icmgraph.model.records import Id, SameAsInput

router = Router("links")


@router.on("POST", "/v1/assertions", "write", status_code=201)
def add_link(link: LinkBody, writer: Writing) -> Created:
    """Assert a relationship between two records."""
    return writer.link(link.case, link)


@router.on("GET", "/v1/assertions/{id}", "scoped", tagged=True)
def show_assertion(id: Id, reader: Reading) -> AssertionCard:
    """What an id stands for, and between which records a link stands."""
    return reader.assertion(id)


@router.on("GET", "/v1/access/explain", "scoped")
def explain_access(
    id: Annotated[Id, Query(description="Of a case, record or assertion.")], reader: Reading
) -> Explanation:
    """Why one sees it: one's own grants behind it."""
    return reader.explain(id)


@router.on("POST", "/v1/assertions/{id}/end", "write", tagged=True)
def end_assertion(id: Id, body: EndBody, writer: Writing) -> Created:
    """Take an assertion or a record out of the graph; the case's history keeps what it said."""
    return writer.end(id, body.case)


@router.on("POST", "/v1/same-as", "write", status_code=201)
def add_same_as(same: SameAsInput, writer: Writing) -> Created:
    """Say that two subject records, in two cases, are the same."""
    return writer.same_as(same)


@router.on("DELETE", "/v1/same-as/{id}", "write", tagged=True)
def end_same_as(id: Id, writer: Writing, case: Annotated[Id, Query(description="The case worked in.")]) -> Created:
    """Undo that."""
    return writer.end(id, case, only="SAME_AS")
