"""``conflict``: what two sides that met do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from icmgraph.commands import output
from icmgraph.commands.run import PAGE, Cursor, Limit, Run, build, command

if TYPE_CHECKING:
    from icmgraph.model.answers import ConflictCard, ConflictThread

app = typer.Typer(help="Conflicts: you and another work on the same; what you both do about it.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="ID", help="The conflict, as `conflict list` prints it.")]
Reason = Annotated[str, typer.Option(help="Why; the other side reads it too.")]


@command(app, "list")
def list_(run: Run, limit: Limit = PAGE, cursor: Cursor = None) -> None:
    """Your conflicts, newest first."""
    with run.client() as api:
        page = api.conflicts(cursor, limit)
    run.page(
        page,
        ("id", "at", "state", "over", "contact", "their state", "proposal", "theirs", "outcome"),
        lambda one: (
            one.id,
            one.at,
            one.state,
            _over(one),
            one.contact,
            one.their_state,
            one.proposal,
            one.their_proposal,
            one.outcome,
        ),
        "No conflict.",
    )


@command(app, "show")
def show(run: Run, conflict: Id) -> None:
    """A conflict, and what was said."""
    with run.client() as api:
        thread = api.conflict(conflict)
    _show(run, thread)


@command(app, "ack")
def acknowledge(run: Run, conflict: Id) -> None:
    """Say that you know of it."""
    _step(run, conflict, "acknowledge")


@command(app, "contacted")
def contacted(run: Run, conflict: Id) -> None:
    """Say that you have been in contact."""
    _step(run, conflict, "contacted")


@command(app, "propose")
def propose(
    run: Run, conflict: Id, outcome: Annotated[str, typer.Argument(help="proceed, joint, delay or cancel.")]
) -> None:
    """Propose what to do. It is resolved when both sides propose the same."""
    _step(run, conflict, "propose", outcome=outcome)


@command(app, "reveal")
def reveal(run: Run, conflict: Id) -> None:
    """Let the other side know whom to call; yours is brokered. It cannot be taken back."""
    _step(run, conflict, "reveal")


@command(app, "escalate")
def escalate(run: Run, conflict: Id) -> None:
    """Bring in the nearest leader of your side, or the desk where there is none."""
    _step(run, conflict, "escalate")


@command(app, "override")
def override(run: Run, conflict: Id, reason: Reason) -> None:
    """As the leader of a side: it proceeds without agreement. To be followed up within three days."""
    _step(run, conflict, "override", reason=reason)


@command(app, "follow-up")
def follow_up(run: Run, conflict: Id, reason: Reason) -> None:
    """Account for an override."""
    _step(run, conflict, "follow_up", reason=reason)


@command(app, "say")
def say(run: Run, conflict: Id, text: Annotated[str, typer.Argument(help="What to say.")]) -> None:
    """Say something to the other side."""
    from icmgraph.model.conflicts import SayInput

    said = build(SayInput, text=text)
    with run.client() as api:
        thread = api.say(conflict, said)
    _show(run, thread)


def _step(run: Run, conflict: str, step: str, **more: str) -> None:
    from icmgraph.model.conflicts import StepInput

    said = build(StepInput, step=step, **more)
    with run.client() as api:
        thread = api.step(conflict, said)
    _show(run, thread)


def _over(one: ConflictCard) -> str:
    return "; ".join(f"{match.selector} {match.tier}" for match in one.matches)


def _show(run: Run, thread: ConflictThread) -> None:
    run.show(thread, lambda: _print(thread))


def _print(thread: ConflictThread) -> None:
    one = thread.conflict
    output.fields(
        [
            ("id", one.id),
            ("at", one.at),
            ("over", _over(one)),
            ("registration", one.registration),
            *(("case", case) for case in one.cases),
            ("contact", one.contact),
            ("state", one.state),
            ("proposal", one.proposal),
            ("their state", one.their_state),
            ("their proposal", one.their_proposal),
            ("outcome", one.outcome),
            ("follow up by", one.follow_up),
        ]
    )
    if one.hidden:
        output.note("The other side does not know of it: yours is brokered or silent.")
    if thread.messages:
        output.line()
        output.table(
            ("at", "by", "what", "text"), [(line.at, line.by, line.kind, line.text) for line in thread.messages]
        )
