"""What an agent does first, by the client that openapi-python-client makes of the description."""

from __future__ import annotations

import io
import os
import time
import uuid

from icm_client import AuthenticatedClient
from icm_client.api.cases import change_case, open_case
from icm_client.api.deconfliction import check
from icm_client.api.jobs import show_job, upload_subjects
from icm_client.api.me import me
from icm_client.api.records import add_subject, show_subject
from icm_client.models import (
    AttributeInput,
    CaseChange,
    CaseInput,
    CheckAnswer,
    CheckInput,
    Created,
    IdentifierInput,
    IdentifierKind,
    JobCard,
    Me,
    Problem,
    Selector,
    SubjectCard,
    SubjectInput,
    SubjectKind,
)
from icm_client.types import File

PHONE = "+1 202 555 0178"


def main() -> None:
    address, token = os.environ["ICM_SMOKE_URL"], os.environ["ICM_SMOKE_TOKEN"]
    with AuthenticatedClient(base_url=address, token=token) as client:
        who = me.sync(client=client)
        assert isinstance(who, Me)
        selector = Selector(kind=IdentifierKind.PHONE, value=PHONE)
        checked = check.sync(client=client, body=CheckInput(reason="a lead", selectors=[selector]))
        assert isinstance(checked, CheckAnswer)
        wanted = CaseInput(number="26-0002", title="Crates", unit=str(who.units[0]["id"]), receipt=checked.receipt)
        made = open_case.sync(client=client, body=wanted, idempotency_key=str(uuid.uuid4()))
        assert isinstance(made, Created)
        subject = SubjectInput(
            kind=SubjectKind.PERSON,
            attributes=[AttributeInput(kind="name", value="Jo Doe")],
            identifiers=[IdentifierInput(kind=IdentifierKind.PHONE, value=PHONE)],
        )
        added = add_subject.sync(made.id, client=client, body=subject)
        assert isinstance(added, Created)
        read = show_subject.sync_detailed(added.id, client=client)
        assert isinstance(read.parsed, SubjectCard)
        assert (read.parsed.name, read.parsed.identifiers[0].value) == ("Jo Doe", "+12025550178")
        again = show_subject.sync_detailed(added.id, client=client, if_none_match=read.headers["etag"])
        assert again.status_code == 304
        stale = change_case.sync(made.id, client=client, body=CaseChange(title="Boxes"), if_match='"x"')
        assert isinstance(stale, Problem)
        assert stale.type_ == "urn:icmgraph:problem:precondition_failed"
        lines = File(payload=io.BytesIO(b'{"kind": "Person"}\n{"kind": "Vehicle"}\n'))
        job = upload_subjects.sync(client=client, body=lines, case=made.id)
        assert isinstance(job, Created)
        until = time.monotonic() + 60
        while (card := show_job.sync(job.id, client=client)) and isinstance(card, JobCard) and card.state != "done":
            assert time.monotonic() < until
            time.sleep(0.2)
        assert isinstance(card, JobCard)
        assert card.created == 2
    print("ok")


main()
