"""What several cases see of one record: shares, and caveats on what exists."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from icmgraph.api.deps import SharingActs
from icmgraph.api.routing import Router
from icmgraph.model.answers import Created
from icmgraph.model.records import CaveatInput, Id, ShareInput

router = Router("sharing")

Worked = Annotated[Id, Query(description="The case worked in.")]
Other = Annotated[Id, Query(description="The other case.")]


@router.on("POST", "/v1/records/{id}/shares", "write", status_code=201)
def share_record(id: Id, share: ShareInput, acts: SharingActs) -> Created:
    """Put a record in another case's file too, with the assertions picked."""
    return acts.share(id, share)


@router.on("DELETE", "/v1/records/{id}/shares", "write")
def unshare_record(id: Id, acts: SharingActs, case: Worked, share_with: Other) -> Created:
    """End that. What the other case asserted on it stays with that case, on a record of its own."""
    return acts.unshare(id, case, share_with)


@router.on("POST", "/v1/records/{id}/caveats", "write", status_code=201)
def add_caveat(id: Id, caveat: CaveatInput, acts: SharingActs) -> Created:
    """Put a caveat on a record, an assertion, or a case and all that it asserts, now and later."""
    return acts.add_caveat(id, caveat)


@router.on("DELETE", "/v1/records/{id}/caveats", "write")
def remove_caveat(
    id: Id,
    acts: SharingActs,
    case: Worked,
    caveat: Annotated[Id, Query()],
    records: Annotated[bool, Query(description="Of a case: off all that it alone asserts too.")] = False,
) -> Created:
    """Take it off again: a leader of the case's unit who writes in it and is on the list."""
    return acts.remove_caveat(id, CaveatInput(case=case, caveat=caveat), records)
