"""``subject``, ``document``, ``event``, ``link``, ``same``, ``unsame``: what a case file holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from icmgraph.commands import output
from icmgraph.commands.run import (
    PAGE,
    SELECTORS,
    CaseOption,
    Caveats,
    Confidence,
    Cursor,
    Limit,
    Run,
    Selected,
    Source,
    build,
    command,
)
from icmgraph.errors import InvalidInput

if TYPE_CHECKING:
    from icmgraph.model.answers import CaseOfSubject, DocumentCard, EventCard, Evidence, SubjectCard

subject_app = typer.Typer(help="Persons, organisations, vehicles ... of a case.", no_args_is_help=True)
document_app = typer.Typer(help="Documents of a case.", no_args_is_help=True)
event_app = typer.Typer(help="Events of a case.", no_args_is_help=True)
link_app = typer.Typer(help="Links between records of a case.", no_args_is_help=True)
top = typer.Typer()

CaseId = Annotated[str, typer.Argument(metavar="CASE", help="Id of the case you work in.")]
RecordId = Annotated[str, typer.Argument(metavar="ID", help="Id of the record.")]
Names = Annotated[list[str] | None, typer.Option("--name", metavar="TEXT", help="A name; may be repeated.")]
Aliases = Annotated[list[str] | None, typer.Option("--alias", metavar="TEXT", help="May be repeated.")]
BirthDate = Annotated[str | None, typer.Option(metavar="DATE", help="1980, 1980-05 or 1980-05-17.")]
Values = Annotated[
    list[str] | None, typer.Option("--attribute", metavar="KIND=VALUE", help="Anything else; may be repeated.")
]
Time = Annotated[str | None, typer.Option(metavar="TIME", help="RFC 3339, as 2024-02-01T20:00:00Z.")]


def _pair(text: str, mark: str, field: str) -> tuple[str, str]:
    left, found, right = text.partition(mark)
    if not found or not left or not right:
        raise InvalidInput(f"two parts with {mark} between them", field=field)
    return left, right


def _attributes(
    names: list[str] | None, aliases: list[str] | None, birth_date: str | None, values: list[str] | None
) -> list[tuple[str, str]]:
    found = [("name", name) for name in names or ()] + [("alias", alias) for alias in aliases or ()]
    if birth_date is not None:
        found.append(("birth_date", birth_date))
    return found + [_pair(value, "=", "--attribute") for value in values or ()]


def _parts(
    attributes: list[tuple[str, str]], selected: list[Selected], caveats: list[str] | None,
    source: str | None, confidence: str | None,
) -> dict[str, Any]:  # fmt: skip
    """Attributes and identifiers, each with what all of them say of themselves."""
    said = {"caveats": caveats, "source": source, "confidence": confidence}
    said = {name: value for name, value in said.items() if value is not None}
    return {
        "attributes": [{"kind": kind, "value": value, **said} for kind, value in attributes],
        "identifiers": [{**one.as_input(), **said} for one in selected],
    }


def _cases(cases: list[CaseOfSubject]) -> None:
    output.line()
    output.table(("case", "number", "role", "title"), [(case.id, case.number, case.role, case.title) for case in cases])


def _evidence(evidence: Evidence) -> list[tuple[str, str | None]]:
    return [(name, value) for name, value in evidence.model_dump().items()]


@command(subject_app, "add", gathered=SELECTORS)
def add_subject(
    run: Run,
    selected: list[Selected],
    case: CaseId,
    kind: Annotated[
        str, typer.Option(help="Person, Organization, Vehicle, Vessel, Aircraft, Account, Place, Thing.")
    ] = "Person",
    role: Annotated[str, typer.Option(help="suspect, victim, witness, associate ...")] = "associate",
    name: Names = None,
    alias: Aliases = None,
    birth_date: BirthDate = None,
    attribute: Values = None,
    caveat: Caveats = None,
    source: Source = None,
    confidence: Confidence = None,
) -> None:
    """Add a subject with its values; caveats, source and confidence count for each."""
    from icmgraph.model.records import SubjectInput

    parts = _parts(_attributes(name, alias, birth_date, attribute), selected, caveat, source, confidence)
    asked = build(SubjectInput, kind=kind, role=role, caveats=caveat, source=source, confidence=confidence, **parts)
    with run.client() as api:
        run.done(api.add_subject(case, asked), "Added.")


@command(subject_app, "edit", gathered=SELECTORS)
def edit_subject(
    run: Run,
    selected: list[Selected],
    subject: RecordId,
    case: CaseOption,
    name: Names = None,
    alias: Aliases = None,
    birth_date: BirthDate = None,
    attribute: Values = None,
    caveat: Caveats = None,
    source: Source = None,
    confidence: Confidence = None,
    disclosure: Annotated[
        str | None, typer.Option(metavar="MODE", help="open, brokered or silent; a leader of the unit sets it.")
    ] = None,
    until: Time = None,
) -> None:
    """Add values to a subject. To correct one: `link end` it, and add another."""
    from icmgraph.model.records import SubjectChange

    parts = _parts(_attributes(name, alias, birth_date, attribute), selected, caveat, source, confidence)
    change = build(SubjectChange, case=case, disclosure=disclosure, disclosure_until=until, **parts)
    with run.client() as api:
        run.done(api.change_subject(subject, change), "Changed.")


@command(subject_app, "show")
def show_subject(run: Run, subject: RecordId) -> None:
    """A subject, with the evidence for each value."""
    with run.client() as api:
        card = api.subject(subject)
    run.show(card, lambda: _subject(card))


def _subject(card: SubjectCard) -> None:
    output.fields([("id", card.id), ("kind", card.kind), ("name", card.name), ("disclosure", card.disclosure)])
    _cases(card.cases)
    rows: list[tuple[str, str, str, str | None, Evidence]] = [
        (one.id, one.kind, one.value, None, one.evidence) for one in card.attributes
    ]
    rows += [(one.id, one.kind, one.value, one.as_written, one.evidence) for one in card.identifiers]
    output.line()
    output.table(
        ("assertion", "kind", "value", "as written", "confidence", "source", "asserted"),
        [(id, kind, value, raw, said.confidence, said.source, said.asserted_at) for id, kind, value, raw, said in rows],
    )


@command(subject_app, "links")
def links(run: Run, subject: RecordId, limit: Limit = PAGE, cursor: Cursor = None) -> None:
    """What stands beside a subject: each assertion with its other end."""
    with run.client() as api:
        page = api.neighbours(subject, cursor, limit)
    run.page(
        page,
        ("assertion", "type", "detail", "other end", "what", "kind", "name"),
        lambda one: (
            one.link.id, one.link.type, one.link.detail, one.node.id, one.node.label, one.node.kind, one.node.name
        ),
        "Nothing beside it within what you may see.",
    )  # fmt: skip


@command(document_app, "add")
def add_document(
    run: Run,
    case: CaseId,
    kind: Annotated[str, typer.Option(help="report, statement, warrant, exhibit ...")],
    title: Annotated[str, typer.Option(help="Its title.")],
    written: Annotated[str | None, typer.Option(metavar="DATE", help="When it was written.")] = None,
    digest: Annotated[str | None, typer.Option(metavar="SHA256", help="Of its bytes, hex.")] = None,
    location: Annotated[str | None, typer.Option(help="Where its bytes are.")] = None,
    mentions: Annotated[
        list[str] | None, typer.Option("--mentions", metavar="ID", help="A subject in it; may be repeated.")
    ] = None,
    caveat: Caveats = None,
    confidence: Confidence = None,
) -> None:
    """Add a document: what it is and where its bytes are."""
    from icmgraph.model.records import DocumentInput

    asked = build(
        DocumentInput, kind=kind, title=title, written=written, digest=digest, location=location, mentions=mentions,
        caveats=caveat, confidence=confidence,
    )  # fmt: skip
    with run.client() as api:
        run.done(api.add_document(case, asked), "Added.")


@command(document_app, "edit")
def edit_document(
    run: Run,
    document: RecordId,
    case: CaseOption,
    title: Annotated[str | None, typer.Option(help="A new title.")] = None,
    written: Annotated[str | None, typer.Option(metavar="DATE", help="When it was written.")] = None,
    location: Annotated[str | None, typer.Option(help="Where its bytes are.")] = None,
) -> None:
    """Correct a document."""
    from icmgraph.model.records import DocumentChange

    change = build(DocumentChange, case=case, title=title, written=written, location=location)
    with run.client() as api:
        run.done(api.change_document(document, change), "Changed.")


@command(document_app, "show")
def show_document(run: Run, document: RecordId) -> None:
    """A document."""
    with run.client() as api:
        card = api.document(document)
    run.show(card, lambda: _record(card))


@command(event_app, "add")
def add_event(
    run: Run,
    case: CaseId,
    kind: Annotated[str, typer.Option(help="incident, meeting, seizure, call, transfer ...")],
    description: Annotated[str | None, typer.Option(help="What happened.")] = None,
    starts: Time = None,
    ends: Time = None,
    latitude: Annotated[float | None, typer.Option(help="Degrees, -90 to 90.")] = None,
    longitude: Annotated[float | None, typer.Option(help="Degrees, -180 to 180.")] = None,
    duration: Annotated[int | None, typer.Option(min=0, help="Seconds.")] = None,
    amount: Annotated[str | None, typer.Option(help="As 1200.00 USD.")] = None,
    address: Annotated[str | None, typer.Option(help="Where.")] = None,
    postcode: Annotated[str | None, typer.Option(help="The address's.")] = None,
    involved: Annotated[
        list[str] | None, typer.Option("--involved", metavar="ID=ROLE", help="A subject in it; may be repeated.")
    ] = None,
    caveat: Caveats = None,
    source: Source = None,
    confidence: Confidence = None,
) -> None:
    """Add an event: what, when, where, who."""
    from icmgraph.model.records import EventInput

    place = Selected("address", address, postcode=postcode).as_input() if address is not None else None
    who = [_pair(one, "=", "--involved") for one in involved or ()]
    asked = build(
        EventInput, kind=kind, description=description, starts=starts, ends=ends, latitude=latitude,
        longitude=longitude, duration=duration, amount=amount, address=place,
        involved=[{"subject": subject, "role": role} for subject, role in who],
        caveats=caveat, source=source, confidence=confidence,
    )  # fmt: skip
    with run.client() as api:
        run.done(api.add_event(case, asked), "Added.")


@command(event_app, "edit")
def edit_event(
    run: Run,
    event: RecordId,
    case: CaseOption,
    description: Annotated[str | None, typer.Option(help="What happened.")] = None,
    starts: Time = None,
    ends: Time = None,
    amount: Annotated[str | None, typer.Option(help="As 1200.00 USD.")] = None,
) -> None:
    """Correct an event."""
    from icmgraph.model.records import EventChange

    change = build(EventChange, case=case, description=description, starts=starts, ends=ends, amount=amount)
    with run.client() as api:
        run.done(api.change_event(event, change), "Changed.")


@command(event_app, "show")
def show_event(run: Run, event: RecordId) -> None:
    """An event."""
    with run.client() as api:
        card = api.event(event)
    run.show(card, lambda: _record(card))


def _record(card: DocumentCard | EventCard) -> None:
    """All that a document or event says, then its evidence and its cases."""
    said = card.model_dump(exclude={"cases", "evidence", "scope"})
    shown = [(name, "; ".join(value) if isinstance(value, list) else value) for name, value in said.items()]
    output.fields([(name, None if value is None else str(value)) for name, value in shown] + _evidence(card.evidence))
    _cases(card.cases)


@command(link_app, "add")
def add_link(
    run: Run,
    start: Annotated[str, typer.Argument(metavar="START", help="Id of the record it begins at.")],
    end: Annotated[str, typer.Argument(metavar="END", help="Id of the record it ends at.")],
    case: CaseOption,
    kind: Annotated[str, typer.Option(help="owns, calls, employs ...; the role for INVOLVED_IN.")],
    type: Annotated[str, typer.Option(help="LINKED_TO, INVOLVED_IN, MENTIONS or RELATED_TO.")] = "LINKED_TO",
    reason: Annotated[str | None, typer.Option(help="Why two cases are related.")] = None,
    other_case: Annotated[
        str | None, typer.Option(metavar="ID", help="A case in whose file you see the end that is not in --case.")
    ] = None,
    valid_from: Annotated[str | None, typer.Option(metavar="DATE", help="Since when it holds.")] = None,
    valid_to: Annotated[str | None, typer.Option(metavar="DATE", help="Until when it holds.")] = None,
    caveat: Caveats = None,
    source: Source = None,
    confidence: Confidence = None,
) -> None:
    """Assert a link between two records."""
    from icmgraph.model.records import LinkInput

    asked = build(
        LinkInput, type=type, start=start, end=end, kind=kind, reason=reason, other_case=other_case,
        valid_from=valid_from, valid_to=valid_to, caveats=caveat, source=source, confidence=confidence,
    )  # fmt: skip
    with run.client() as api:
        run.done(api.link(case, asked), "Linked.")


@command(link_app, "end")
def end_link(
    run: Run,
    assertion: Annotated[str, typer.Argument(metavar="ID", help="Id of the link, value or record.")],
    case: CaseOption,
) -> None:
    """End a link, a value or a record; the case's history keeps what it said."""
    with run.client() as api:
        run.done(api.end(case, assertion), "Ended.")


@command(top, "same")
def same(
    run: Run,
    start: Annotated[str, typer.Argument(metavar="ID", help="A subject of your case.")],
    end: Annotated[str, typer.Argument(metavar="ID", help="The same subject in the other case.")],
    case: CaseOption,
    other_case: Annotated[str, typer.Option(metavar="ID", help="The case in whose file you see the other.")],
    basis: Annotated[str, typer.Option(help="Why they are the same.")],
    caveat: Caveats = None,
    source: Source = None,
    confidence: Confidence = None,
) -> None:
    """Say that two subject records, in two cases, are the same."""
    from icmgraph.model.records import SameAsInput

    asked = build(
        SameAsInput, case=case, start=start, end=end, other_case=other_case, basis=basis,
        caveats=caveat, source=source, confidence=confidence,
    )  # fmt: skip
    with run.client() as api:
        run.done(api.same(asked), "Said. Whoever sees both cases sees the link.")


@command(top, "unsame")
def unsame(
    run: Run,
    assertion: Annotated[str, typer.Argument(metavar="ID", help="The id that `same` printed.")],
    case: CaseOption,
) -> None:
    """Undo `same`."""
    with run.client() as api:
        run.done(api.unsame(case, assertion), "Undone.")
