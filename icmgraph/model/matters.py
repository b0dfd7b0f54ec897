"""What the coordination desk and a brokered side do about a matter: two who met, and one is shown the desk alone."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from icmgraph.model.records import Text, Value


class MatterStep(StrEnum):
    """``ask`` and ``done`` are the desk's; ``reveal`` and ``decline`` of who was asked, and is brokered."""

    ASK = "ask"
    REVEAL = "reveal"
    DECLINE = "decline"
    DONE = "done"


class MatterSideName(StrEnum):
    """``asking``: who checked, registered or entered something; ``holding``: whom they met."""

    ASKING = "asking"
    HOLDING = "holding"

    @property
    def other(self) -> MatterSideName:
        return MatterSideName.HOLDING if self is MatterSideName.ASKING else MatterSideName.ASKING


class MatterStepInput(Value):
    """``side``, ``text``: of an ``ask``, whom the desk passes on what."""

    step: Annotated[MatterStep, Field(strict=False)]
    side: Annotated[MatterSideName, Field(strict=False)] | None = None
    text: Text | None = None

    @model_validator(mode="after")
    def _fits(self) -> MatterStepInput:
        asks = self.step is MatterStep.ASK
        if asks != (self.side is not None) or asks != (self.text is not None):
            raise ValueError("an ask has a side and a text, and only an ask")
        return self
