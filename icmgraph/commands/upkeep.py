"""``upkeep``: acts of the operator on whole cases and on identifiers, in process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from icmgraph import bootstrap
from icmgraph.errors import InvalidInput
from icmgraph.local_neo4j.files import write
from icmgraph.model.source import SystemSource
from icmgraph.queries.operator import Operator
from icmgraph.queries.tasks import Progress, Tasks
from icmgraph.queries.upkeep import Upkeep
from icmgraph.settings import Settings

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Reason = Annotated[str, typer.Option(help="Why; the history and the audit keep it.")]
CaseId = Annotated[str, typer.Argument(metavar="CASE", help="Id of the case.")]


@contextmanager
def _opened() -> Iterator[tuple[Upkeep, Progress]]:
    console = Console(stderr=True)
    with bootstrap.platform(Settings()) as platform, console.status("") as status:
        operator = Operator(platform.gateway, platform.audit, SystemSource())
        upkeep = Upkeep(operator, Tasks(platform.gateway, platform.audit))
        yield upkeep, lambda kind, done: status.update(f"{kind}: {done:,} done")


def _told(as_json: bool, answer: dict[str, object], text: str) -> None:
    if as_json:
        typer.echo(json.dumps(answer))
    else:
        typer.echo(text, err=True)


def merge(
    case: CaseId,
    into: Annotated[str, typer.Option(metavar="CASE", help="The case that takes it over.")],
    reason: Reason,
    as_json: AsJson = False,
) -> None:
    """Make two files of one investigation one. Its id is gone afterwards; stopped, it is resumed."""
    with _opened() as (upkeep, progress):
        upkeep.merge(case, into, reason, progress)
    _told(as_json, {"case": case, "into": into}, "merged")


def destroy(
    case: CaseId,
    reason: Reason,
    certificate: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="Where the certificate goes.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Destroy a closed case for good; what it shared passes on. Writes a certificate; stopped, it is resumed."""
    if certificate.exists():
        raise InvalidInput("is there already; name another file", field="--output")
    if not yes:
        typer.confirm("This cannot be undone. Destroy the case?", abort=True, err=True)
    with _opened() as (upkeep, progress):
        made = upkeep.destroy(case, reason, progress)
    write(certificate, json.dumps(made, indent=2) + "\n")
    _told(as_json, made, f"destroyed; the certificate is in {certificate}")


def resume(as_json: AsJson = False) -> None:
    """Carry out what is left of acts that were killed; a running API does so by itself."""
    with _opened() as (upkeep, progress):
        count = upkeep.resume(progress)
    _told(as_json, {"resumed": count}, f"{count} act(s) resumed")


def sweep(as_json: AsJson = False) -> None:
    """Delete identifiers and spellings of names that nothing uses. Writers get 503 meanwhile: choose a quiet time."""
    with _opened() as (upkeep, progress):
        count = upkeep.sweep(progress)
    _told(as_json, {"deleted": count}, f"{count} identifier(s) and spelling(s) deleted")


def renormalise(as_json: AsJson = False) -> None:
    """Make identifier keys again after an upgrade changed how they are normalised; may be stopped and run again."""
    with _opened() as (upkeep, progress):
        counts = upkeep.renormalise(progress)
    _told(as_json, {**counts}, ", ".join(f"{count} {what}" for what, count in counts.items()))
