"""The coordination desk's queue, and silence that is to be reviewed."""

from __future__ import annotations

from icmgraph.api.deps import LIMIT, Cursor, DeskActs, Limit, Silent
from icmgraph.api.routing import Router
from icmgraph.model.answers import Created, MatterCard, Page, Silence, SilenceToReview
from icmgraph.model.matters import MatterStepInput
from icmgraph.model.records import Id

router = Router("deconfliction")


@router.on("GET", "/v1/desk/matters", "personal")
def list_matters(matters: DeskActs, cursor: Cursor = None, limit: Limit = LIMIT) -> Page[MatterCard]:
    """The coordination desk's open matters, newest first; empty for who is not at it."""
    return matters.page(cursor, limit)


@router.on("POST", "/v1/desk/matters/{id}/steps", "personal")
def step_matter(id: Id, said: MatterStepInput, matters: DeskActs) -> Created:
    """At the desk: pass something on to a side, or be done with it. Who was asked: reveal oneself, or decline to."""
    return matters.step(id, said)


@router.on("GET", "/v1/silences", "personal")
def list_silences_to_review(silences: Silent, cursor: Cursor = None, limit: Limit = LIMIT) -> Page[SilenceToReview]:
    """What is silent by one's leave as a leader, and ends within two weeks or has ended; what ends last first."""
    return silences.to_review(cursor, limit)


@router.on("GET", "/v1/audit/silences", "audit")
def list_silences(silences: Silent, cursor: Cursor = None, limit: Limit = LIMIT) -> Page[Silence]:
    """All that is silent, by whose leave and until when, for auditors; what ends last first."""
    return silences.all(cursor, limit)
