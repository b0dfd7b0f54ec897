"""Conflicts: what two sides that met do about it."""

from __future__ import annotations

from icmgraph.api.deps import LIMIT, ConflictActs, Cursor, Limit
from icmgraph.api.routing import Router
from icmgraph.model.answers import ConflictCard, ConflictThread, Page
from icmgraph.model.conflicts import SayInput, StepInput
from icmgraph.model.records import Id

router = Router("deconfliction")


@router.on("GET", "/v1/conflicts", "personal")
def list_conflicts(conflicts: ConflictActs, cursor: Cursor = None, limit: Limit = LIMIT) -> Page[ConflictCard]:
    """One's own sides of conflicts, newest first."""
    return conflicts.page(cursor, limit)


@router.on("GET", "/v1/conflicts/{id}", "personal", tagged=True)
def show_conflict(id: Id, conflicts: ConflictActs) -> ConflictThread:
    """One side of a conflict, and what was said."""
    return conflicts.show(id)


@router.on("POST", "/v1/conflicts/{id}/steps", "personal")
def step_conflict(id: Id, said: StepInput, conflicts: ConflictActs) -> ConflictThread:
    """Acknowledge it, say that one was in contact, propose what to do, reveal oneself, escalate or override."""
    return conflicts.step(id, said)


@router.on("POST", "/v1/conflicts/{id}/messages", "personal")
def say_in_conflict(id: Id, said: SayInput, conflicts: ConflictActs) -> ConflictThread:
    """Say something to the other side."""
    return conflicts.say(id, said)
