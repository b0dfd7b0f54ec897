"""``audit search``: who did what, for auditors."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from icmgraph.commands.run import PAGE, Cursor, Limit, Run, Selected, build, command
from icmgraph.errors import InvalidInput

app = typer.Typer(help="Who did what (for auditors), and the log itself (for operators).", no_args_is_help=True)


def moment(given: str | None, field: str) -> str | None:
    """A day is its first moment in UTC."""
    if given is None:
        return None
    try:
        at = datetime.fromisoformat(given)
    except ValueError:
        raise InvalidInput("a day or a time, such as 2024-05-06 or 2024-05-06T07:08:09+02:00", field=field) from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).isoformat()


@command(app, "search", selectors=True)
def search(
    run: Run,
    selected: list[Selected],
    who: Annotated[str | None, typer.Option(metavar="ID", help="The person, or operator.")] = None,
    action: Annotated[
        str | None, typer.Option(metavar="WORD", help="Such as case.show, expand, deconflict.check.")
    ] = None,
    record: Annotated[str | None, typer.Option(metavar="ID", help="It was asked for, or left with an answer.")] = None,
    result: Annotated[str | None, typer.Option(metavar="WORD", help="Such as done, not_found.")] = None,
    name: Annotated[list[str] | None, typer.Option(metavar="NAME", help="A name that was asked for.")] = None,
    since: Annotated[str | None, typer.Option(metavar="TIME", help="From this moment on.")] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="Before this moment.")] = None,
    limit: Limit = PAGE,
    cursor: Cursor = None,
) -> None:
    """Say who did what, newest first. All that is given must hold; of selectors and names, any."""
    from icmgraph.model.auditing import AuditInput

    asked = build(
        AuditInput, who=who, action=action, record=record, result=result, names=tuple(name or ()),
        selectors=tuple(one.as_input() for one in selected), since=moment(since, "--since"),
        until=moment(until, "--until"),
    )  # fmt: skip
    with run.client() as api:
        page = api.search_audit(asked, cursor, limit)
    run.page(
        page,
        ("number", "at", "who", "action", "result", "records"),
        lambda act: (str(act.seq), act.at, act.who, act.action, act.result or "open", str(len(act.records))),
        "Nothing like this was recorded.",
    )
