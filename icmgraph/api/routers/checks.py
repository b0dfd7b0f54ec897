"""Deconfliction: checks and their receipts."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path

from icmgraph.api.deps import Arrived, Checking
from icmgraph.api.routing import Router
from icmgraph.model.answers import CheckAnswer, Receipt
from icmgraph.model.checks import CheckInput

router = Router("deconfliction")


@router.on("POST", "/v1/checks", "release", status_code=201)
def check(question: CheckInput, deconfliction: Checking, arrived: Arrived) -> CheckAnswer:
    """Ask whether anybody works on these identifiers and names; gives a receipt."""
    return deconfliction.check(question, arrived)


@router.on("GET", "/v1/receipts/{receipt}", "personal")
def show_receipt(receipt: Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")], deconfliction: Checking) -> Receipt:
    """A receipt of one's own, as it was given."""
    return deconfliction.receipt(receipt)
