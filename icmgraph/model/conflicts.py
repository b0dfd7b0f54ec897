"""Conflicts: what two sides that met do about it. The pure rules; whom they concern is in queries/conflicts.py.

A conflict has one or two sides, and each side reads its own part. A side has a part if it has the other's contact: so
both have one if both are open; beside a brokered or silent one only the hidden side has, and what it does is its own
affair until it reveals itself. The system never resolves a conflict.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from icmgraph.errors import Conflict, FunctionRefused
from icmgraph.model.records import DisclosureMode, Text, Value


class State(StrEnum):
    """How far a side is."""

    NEW = "new"
    ACKNOWLEDGED = "acknowledged"
    CONTACTED = "contacted"
    RESOLVED = "resolved"


class Outcome(StrEnum):
    """What the sides agree on; ``withdrawn``: the registration that met is no more."""

    PROCEED = "proceed"
    JOINT = "joint"
    DELAY = "delay"
    CANCEL = "cancel"
    WITHDRAWN = "withdrawn"


class ConflictStep(StrEnum):
    """What a side may do."""

    ACKNOWLEDGE = "acknowledge"
    CONTACTED = "contacted"
    PROPOSE = "propose"
    REVEAL = "reveal"
    ESCALATE = "escalate"
    OVERRIDE = "override"
    FOLLOW_UP = "follow_up"


_WITH_REASON = frozenset({ConflictStep.OVERRIDE, ConflictStep.FOLLOW_UP})


class StepInput(Value):
    """``outcome``: of a proposal, and only of one. ``reason``: of an override and its follow-up; both sides read it."""

    step: Annotated[ConflictStep, Field(strict=False)]
    outcome: Annotated[Outcome, Field(strict=False)] | None = None
    reason: Text | None = None

    @model_validator(mode="after")
    def _fits(self) -> StepInput:
        if (self.step is ConflictStep.PROPOSE) != (self.outcome is not None):
            raise ValueError("a proposal has an outcome, and only a proposal")
        if self.outcome is Outcome.WITHDRAWN:
            raise ValueError("propose proceed, joint, delay or cancel; a registration is withdrawn by itself")
        if (self.step in _WITH_REASON) != (self.reason is not None):
            raise ValueError("an override and its follow-up have a reason, and only they")
        return self


class SayInput(Value):
    """A message to the other side."""

    text: Text


@dataclass(frozen=True, slots=True)
class Part:
    """A side as far as steps change it.

    Attributes:
        mode: what the other side learns of this one.
        follow_up: an override is still to be accounted for.
    """

    mode: DisclosureMode = DisclosureMode.OPEN
    state: State = State.NEW
    proposal: Outcome | None = None
    outcome: Outcome | None = None
    follow_up: bool = False


def stepped(ours: Part, theirs: Part | None, said: StepInput, *, leader: bool) -> tuple[Part, Part | None]:
    """Both sides after a step of ours.

    Two equal proposals resolve both. Alone a side resolves its own part if the other does not know of it, because it
    is hidden itself, or if the other has ended. An override is a leader's and ends their own side only.

    Args:
        theirs: None if the other side has no part.
        leader: it is one's leader who does it.

    Raises:
        Conflict: the step does not fit what was done before.
        FunctionRefused: an override by one who is no leader of this side.
    """
    if said.step is ConflictStep.FOLLOW_UP:
        if not ours.follow_up:
            raise Conflict("nothing is to be followed up")
        return replace(ours, follow_up=False), theirs
    if ours.state is State.RESOLVED:
        raise Conflict("it is resolved")
    if said.step is ConflictStep.REVEAL:
        if ours.mode is not DisclosureMode.BROKERED:
            raise Conflict("only a brokered side reveals itself")
        return replace(ours, mode=DisclosureMode.OPEN), theirs
    if said.step is ConflictStep.OVERRIDE:
        if not leader:
            raise FunctionRefused("an override is a leader's; escalate it to yours")
        return replace(ours, state=State.RESOLVED, outcome=Outcome.PROCEED, follow_up=True), theirs
    if said.step is ConflictStep.CONTACTED:
        return replace(ours, state=State.CONTACTED), theirs
    seen = State.ACKNOWLEDGED if ours.state is State.NEW else ours.state
    if said.step is not ConflictStep.PROPOSE:
        return replace(ours, state=seen), theirs
    ours = replace(ours, state=seen, proposal=said.outcome)
    alone = ours.mode is not DisclosureMode.OPEN if theirs is None else theirs.state is State.RESOLVED
    if alone:
        return replace(ours, state=State.RESOLVED, outcome=said.outcome), theirs
    if theirs is None or theirs.proposal is not said.outcome:
        return ours, theirs
    ours = replace(ours, state=State.RESOLVED, outcome=said.outcome)
    return ours, replace(theirs, state=State.RESOLVED, outcome=said.outcome)
