"""``desk``, ``silences``: the coordination desk's queue, what it asks of people, and silence to be reviewed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from icmgraph.commands.run import PAGE, Cursor, Limit, Run, build, command

if TYPE_CHECKING:
    from icmgraph.model.answers import MatterCard

app = typer.Typer(help="The coordination desk: two met, and one of them is shown the desk.", no_args_is_help=True)
top = typer.Typer()

Id = Annotated[str, typer.Argument(metavar="ID", help="The matter, as `desk list` or the desk's notice names it.")]


@command(app, "list")
def list_(run: Run, limit: Limit = PAGE, cursor: Cursor = None) -> None:
    """At the desk: the matters that are not done, newest first."""
    with run.client() as api:
        page = api.matters(cursor, limit)
    run.page(
        page,
        ("id", "at", "state", "over", "reference", "asking", "holding", "last"),
        lambda one: (
            one.id,
            one.at,
            one.state,
            "; ".join(f"{match.selector} {match.tier}" for match in one.matches),
            one.reference,
            f"{one.asking.contact} ({one.asking.mode})",
            f"{one.holding.contact} ({one.holding.mode})",
            _last(one),
        ),
        "No matter.",
    )


def _last(one: MatterCard) -> str | None:
    if not one.lines:
        return None
    line = one.lines[-1]
    return " ".join(filter(None, (line.step, line.side, line.text)))


@command(app, "ask")
def ask(
    run: Run,
    matter: Id,
    side: Annotated[str, typer.Argument(help="asking or holding.")],
    text: Annotated[str, typer.Argument(help="What to pass on.")],
) -> None:
    """At the desk: pass something on to a side; a brokered one may then reveal itself."""
    _step(run, matter, "Passed on.", step="ask", side=side, text=text)


@command(app, "done")
def done(run: Run, matter: Id) -> None:
    """At the desk: take a matter off the queue."""
    _step(run, matter, "Done.", step="done")


@command(app, "reveal")
def reveal(run: Run, matter: Id) -> None:
    """Asked by the desk: let the other side know whom to call. It cannot be taken back."""
    _step(run, matter, "Revealed.", step="reveal")


@command(app, "decline")
def decline(run: Run, matter: Id) -> None:
    """Asked by the desk: stay behind it."""
    _step(run, matter, "Declined.", step="decline")


def _step(run: Run, matter: str, result: str, **said: str) -> None:
    from icmgraph.model.matters import MatterStepInput

    step = build(MatterStepInput, **said)
    with run.client() as api:
        created = api.step_matter(matter, step)
    run.done(created, result)


@command(top, "silences")
def silences(run: Run, limit: Limit = PAGE, cursor: Cursor = None) -> None:
    """As a leader: what is silent by your leave and ends within two weeks, or has ended; renew it or open it."""
    with run.client() as api:
        page = api.silences_to_review(cursor, limit)
    run.page(
        page,
        ("kind", "id", "name", "until"),
        lambda one: (one.kind, one.id, one.name, one.until if one.stands else f"ended {one.until}"),
        "Nothing to review.",
    )
