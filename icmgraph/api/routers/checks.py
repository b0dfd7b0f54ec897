"""Deconfliction: checks and their receipts, and registrations: checks that stay."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from fastapi.responses import JSONResponse, Response

from icmgraph.api.deps import LIMIT, Arrived, Checking, Cursor, Limit, Standing
from icmgraph.api.routing import Router
from icmgraph.model.answers import (
    BulkCheckAnswer,
    CaseCheckAnswer,
    CaseRegistered,
    CheckAnswer,
    OperationsMap,
    Page,
    Receipt,
    Registered,
    RegistrationCard,
)
from icmgraph.model.checks import (
    BulkCheckInput,
    CaseCheckInput,
    CaseRegistrationInput,
    CheckInput,
    RegistrationChange,
    RegistrationInput,
    RenewInput,
)
from icmgraph.model.records import Id
from icmgraph.queries.case_checks import CaseChecks
from icmgraph.viz.calendar import MEDIA_TYPE, calendar

router = Router("deconfliction")


class GeoJson(JSONResponse):
    media_type = "application/geo+json"


@router.on("POST", "/v1/checks", "release", status_code=201)
def check(question: CheckInput, deconfliction: Checking, arrived: Arrived) -> CheckAnswer:
    """Ask whether anybody works on these identifiers and names; gives a receipt."""
    return deconfliction.check(question, arrived)


@router.on("POST", "/v1/checks/bulk", "release", lane="bulk", status_code=201)
def check_rows(question: BulkCheckInput, deconfliction: Checking, arrived: Arrived) -> BulkCheckAnswer:
    """Ask it of many subjects at once; one receipt for all."""
    return deconfliction.check_rows(question, arrived)


@router.on("POST", "/v1/checks/case", "release", status_code=201)
def check_case(question: CaseCheckInput, deconfliction: Checking, arrived: Arrived) -> CaseCheckAnswer:
    """Ask it of all that one sees in the file of a case in which one writes."""
    return CaseChecks(deconfliction).check(question, arrived)


@router.on("GET", "/v1/receipts/{receipt}", "personal", tagged=True)
def show_receipt(receipt: Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")], deconfliction: Checking) -> Receipt:
    """A receipt of one's own, as it was given."""
    return deconfliction.receipt(receipt)


@router.on("POST", "/v1/registrations", "release", status_code=201)
def register(question: RegistrationInput, deconfliction: Checking, arrived: Arrived) -> Registered:
    """Check, and let the question stand: what comes later is matched with it too."""
    return deconfliction.register(question, arrived)


@router.on("POST", "/v1/registrations/case", "release", status_code=201)
def register_case(question: CaseRegistrationInput, deconfliction: Checking, arrived: Arrived) -> CaseRegistered:
    """Check the file of a case in which one writes, now and each day: what is new then comes to the inbox."""
    return CaseChecks(deconfliction).register(question, arrived)


@router.on("GET", "/v1/registrations", "personal")
def list_registrations(registrations: Standing, cursor: Cursor = None, limit: Limit = LIMIT) -> Page[RegistrationCard]:
    """One's own registrations, newest first."""
    return registrations.page(cursor, limit)


@router.on(
    "GET", "/v1/registrations/map", "personal", response_class=GeoJson, responses={200: {"model": OperationsMap}}
)
def map_registrations(registrations: Standing) -> GeoJson:
    """One's own planned operations that stand, as GeoJSON, with the conflicts of each."""
    return GeoJson(registrations.map().model_dump(mode="json"))


@router.on(
    "GET", "/v1/registrations/calendar", "personal", response_class=Response,
    responses={200: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}},
)  # fmt: skip
def calendar_of_registrations(registrations: Standing) -> Response:
    """One's own registrations as iCalendar: when operations are, and when the others expire."""
    return Response(calendar(registrations.calendar()), media_type=MEDIA_TYPE)


@router.on("PATCH", "/v1/registrations/{id}", "release")
def edit_registration(id: Id, change: RegistrationChange, deconfliction: Checking, arrived: Arrived) -> Registered:
    """Change what a registration of one's own seeks: a check of it all, with a receipt of its own."""
    return deconfliction.edit(id, change, arrived)


@router.on("POST", "/v1/registrations/{id}/renew", "personal")
def renew_registration(id: Id, renewal: RenewInput, registrations: Standing) -> RegistrationCard:
    """Let a registration of one's own stand longer, from now."""
    return registrations.renew(id, renewal)


@router.on("POST", "/v1/registrations/{id}/withdraw", "personal", status_code=204)
def withdraw_registration(id: Id, registrations: Standing) -> None:
    """End a registration of one's own at once."""
    registrations.withdraw(id)
