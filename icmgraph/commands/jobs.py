"""``upload``, ``job``: much at once, in the background."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from icmgraph.commands import output
from icmgraph.commands.run import PAGE, CaseOption, Cursor, Limit, Run, command
from icmgraph.errors import InvalidInput

if TYPE_CHECKING:
    from icmgraph.client import Client
    from icmgraph.model.answers import JobCard

top = typer.Typer()
app = typer.Typer(help="Your uploads: how far they are.", no_args_is_help=True)

POLL_S = 1.0
OVER = ("done", "cancelled", "stopped", "failed", "interrupted")

JobId = Annotated[str, typer.Argument(metavar="ID", help="Id of the job.")]


@command(top, "upload")
def upload(
    run: Run,
    file: Annotated[Path, typer.Argument(help="JSON lines: a subject each, as POST .../subjects takes it.")],
    case: CaseOption,
    wait: Annotated[bool, typer.Option("--wait", help="Until it is done; ends with 6 if rows were refused.")] = False,
) -> None:
    """Add many subjects to a case, in the background."""
    try:
        content = file.read_bytes()
    except OSError:
        raise InvalidInput(f"{file} cannot be read", field="FILE") from None
    with run.client() as api:
        created = api.upload(case, content)
        if not wait:
            run.done(created, "Taken; `icmgraph job show` says how far it is.")
            return
        job = _wait(api, created.id)
    run.show(job, lambda: _card(job))
    if job.state != "done" or job.refused:
        output.rejected()


def _wait(api: Client, id: str) -> JobCard:
    """The job at its end; how far it is on stderr, if that is a terminal."""
    terminal = sys.stderr.isatty()
    while (job := api.job(id)).state not in OVER:
        if terminal:
            print(f"\r{job.done} of {job.total}", end="", file=sys.stderr, flush=True)
        time.sleep(POLL_S)
    if terminal:
        print("\r", end="", file=sys.stderr)
    return job


@command(app, "list")
def list_jobs(run: Run, limit: Limit = PAGE, cursor: Cursor = None) -> None:
    """Your jobs, newest first."""
    with run.client() as api:
        page = api.jobs(cursor, limit)
    run.page(
        page,
        ("id", "started", "state", "done", "of", "created", "refused", "case"),
        lambda one: (
            one.id, one.started, one.state, str(one.done), str(one.total), str(one.created), str(one.refused), one.case
        ),
        "No job.",
    )  # fmt: skip


@command(app, "show")
def show_job(run: Run, id: JobId) -> None:
    """How far a job is, or how it ended."""
    with run.client() as api:
        job = api.job(id)
    run.show(job, lambda: _card(job))


@command(app, "refusals")
def list_refusals(run: Run, id: JobId, limit: Limit = PAGE, cursor: Cursor = None) -> None:
    """The lines of an upload that were not written, and why."""
    with run.client() as api:
        page = api.refusals(id, cursor, limit)
    run.page(
        page,
        ("line", "field", "why"),
        lambda one: (str(one.row), one.field, one.detail),
        "No line was refused.",
    )


@command(app, "cancel")
def cancel_job(run: Run, id: JobId) -> None:
    """End a job before its next batch; what was written stays."""
    with run.client() as api:
        job = api.cancel_job(id)
    run.show(job, lambda: _card(job))


def _card(job: JobCard) -> None:
    output.fields([(name, None if value is None else str(value)) for name, value in job.model_dump().items()])
