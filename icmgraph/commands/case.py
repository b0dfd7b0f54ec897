"""``icmgraph case``: cases, who works on them, to whom they are open, and their files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from icmgraph.commands import output
from icmgraph.commands.run import PAGE, Caveats, Cursor, Limit, Run, build, command
from icmgraph.errors import InvalidInput

if TYPE_CHECKING:
    from icmgraph.client import Client

app = typer.Typer(help="Cases, who works on them and their files.", no_args_is_help=True)

CaseId = Annotated[str, typer.Argument(metavar="CASE", help="Id of the case.")]
Until = Annotated[str | None, typer.Option(metavar="TIME", help="When the mode ends, RFC 3339; silent needs one.")]


@command(app, "list")
def list_cases(run: Run, limit: Limit = PAGE, cursor: Cursor = None) -> None:
    """The cases you see, by number."""
    with run.client() as api:
        page = api.cases(cursor, limit)
    run.page(
        page,
        ("id", "number", "status", "kind", "title"),
        lambda case: (case.id, case.number, case.status, case.kind, case.title),
        "No case within what you may see.",
    )


@command(app, "show")
def show(run: Run, case: CaseId) -> None:
    """One case."""
    with run.client() as api:
        card = api.case(case)
    run.show(card, lambda: output.fields(card.model_dump(exclude={"scope"}).items()))


@command(app, "open")
def open_case(
    run: Run,
    number: Annotated[str, typer.Option(help="Its number; yours to give.")],
    title: Annotated[str, typer.Option(help="Its title.")],
    receipt: Annotated[str | None, typer.Option(metavar="NUMBER", help="The receipt of your check.")] = None,
    override: Annotated[
        str | None, typer.Option(metavar="REASON", help="Why without a check; the unit's leader is told.")
    ] = None,
    unit: Annotated[str | None, typer.Option(metavar="ID", help="Its unit; not needed if you have only one.")] = None,
    kind: Annotated[str | None, typer.Option(help="criminal (default) or civil.")] = None,
    category: Annotated[str | None, typer.Option(help="Such as theft or fraud.")] = None,
    open_to_unit: Annotated[
        bool, typer.Option("--open-to-unit", help="Its unit sees it; otherwise only those assigned.")
    ] = False,
    caveat: Caveats = None,
) -> None:
    """Open a case, with the receipt of a check; you become its case agent."""
    from icmgraph.model.records import CaseInput

    with run.client() as api:
        asked = build(
            CaseInput,
            number=number,
            title=title,
            kind=kind,
            category=category,
            unit=unit or _only_unit(api),
            open_to_unit=open_to_unit,
            caveats=caveat,
            receipt=receipt,
            override=override,
        )
        run.done(api.open_case(asked), "Opened; you are its case agent.")


def _only_unit(api: Client) -> str:
    units = api.me().units
    if len(units) != 1:
        raise InvalidInput("you are a member of several units or none: name one (whoami lists them)", field="--unit")
    return units[0]["id"]


@command(app, "edit")
def edit(
    run: Run,
    case: CaseId,
    title: Annotated[str | None, typer.Option(help="A new title.")] = None,
    category: Annotated[str | None, typer.Option(help="A new category.")] = None,
    disclosure: Annotated[
        str | None, typer.Option(metavar="MODE", help="open, brokered or silent; a leader of the unit sets it.")
    ] = None,
    until: Until = None,
) -> None:
    """Change a case's title, category or disclosure mode."""
    from icmgraph.model.records import CaseChange

    change = build(CaseChange, title=title, category=category, disclosure=disclosure, disclosure_until=until)
    with run.client() as api:
        run.done(api.change_case(case, change), "Changed.")


@command(app, "close")
def close(run: Run, case: CaseId) -> None:
    """Close a case."""
    with run.client() as api:
        run.done(api.close_case(case), "Closed.")


@command(app, "reopen")
def reopen(run: Run, case: CaseId) -> None:
    """Reopen a case."""
    with run.client() as api:
        run.done(api.reopen_case(case), "Open again.")


@command(app, "receipts")
def receipts(run: Run, case: CaseId) -> None:
    """As a leader of its unit, or its agent: the receipts of checks that it was opened with."""
    with run.client() as api:
        answer = api.opening_receipts(case)

    def people() -> None:
        output.table(
            ("receipt", "by", "result", "at", "valid until"),
            [(one.receipt, one.name, one.result, one.at, one.expires) for one in answer.receipts],
        )
        output.note(answer.coverage if answer.receipts else "No receipt: it was opened with an override (history).")

    run.show(answer, people)


@command(app, "assignments")
def assignments(run: Run, case: CaseId, limit: Limit = PAGE, cursor: Cursor = None) -> None:
    """Who is, was and will be assigned."""
    with run.client() as api:
        page = api.assignments(case, cursor, limit)
    run.page(
        page,
        ("id", "person", "name", "functions", "case agent", "from", "to"),
        lambda one: (
            one.id, one.user, one.name, ", ".join(one.functions), "yes" if one.agent else None, one.starts, one.ends
        ),
        "Nobody is assigned.",
    )  # fmt: skip


@command(app, "assign")
def assign(
    run: Run,
    case: CaseId,
    user: Annotated[str, typer.Argument(metavar="PERSON", help="Id of the person.")],
    write: Annotated[bool, typer.Option("--write", help="May write, not only read.")] = False,
    agent: Annotated[bool, typer.Option("--agent", help="Becomes the case agent, who may write.")] = False,
    starts: Annotated[str | None, typer.Option("--from", metavar="TIME", help="RFC 3339; else now.")] = None,
    ends: Annotated[str | None, typer.Option("--to", metavar="TIME", help="RFC 3339; else open-ended.")] = None,
) -> None:
    """Assign a person to a case; a leader of its unit does."""
    from icmgraph.model.records import AssignmentInput

    functions = ["read", "write"] if write or agent else ["read"]
    asked = build(AssignmentInput, user=user, functions=functions, agent=agent, starts=starts, ends=ends)
    with run.client() as api:
        run.done(api.assign(case, asked), "Assigned.")


@command(app, "unassign")
def unassign(
    run: Run, case: CaseId, assignment: Annotated[str, typer.Argument(metavar="ID", help="The assignment.")]
) -> None:
    """End an assignment at once."""
    with run.client() as api:
        run.done(api.unassign(case, assignment), "Ended.")


@command(app, "open-to")
def open_to(
    run: Run, case: CaseId, units: Annotated[list[str], typer.Argument(metavar="UNIT...", help="Ids of the units.")]
) -> None:
    """Open a case to exactly these units."""
    with run.client() as api:
        run.done(api.open_to(case, units), "Open to exactly these units, and to those assigned.")


@command(app, "restrict")
def restrict(run: Run, case: CaseId) -> None:
    """Close a case to all units: only those assigned see it."""
    with run.client() as api:
        run.done(api.open_to(case, ()), "Only those assigned see it now.")


@command(app, "records")
def records(run: Run, case: CaseId, limit: Limit = PAGE, cursor: Cursor = None) -> None:
    """The case's file: its subjects, documents and events."""
    with run.client() as api:
        page = api.case_file(case, cursor, limit)
    run.page(
        page,
        ("id", "what", "kind", "role", "name"),
        lambda item: (item.id, item.label, item.kind, item.role, item.name),
        "Nothing in this file within what you may see.",
    )
