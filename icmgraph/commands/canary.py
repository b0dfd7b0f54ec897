"""``canary``: identifiers that nobody has a reason to ask for, in process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from icmgraph import bootstrap
from icmgraph.commands import output
from icmgraph.commands.check_file import subjects
from icmgraph.commands.files import read_text
from icmgraph.commands.run import build
from icmgraph.errors import InvalidInput
from icmgraph.model.checks import SubjectSelectors, normal_form
from icmgraph.model.records import utc_text
from icmgraph.model.source import SystemSource
from icmgraph.queries import canaries
from icmgraph.queries.asking import Asking
from icmgraph.queries.operator import Operator
from icmgraph.settings import Settings

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


@contextmanager
def _opened() -> Iterator[tuple[Operator, Asking]]:
    with bootstrap.platform(Settings()) as platform:
        asking = Asking(platform.keys.identifiers, platform.settings.check_daily)
        yield Operator(platform.gateway, platform.audit, SystemSource()), asking


def add(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A table as of `check --file`: phone, plate, name ...")],
    note: Annotated[str, typer.Option(help="By which auditors know them again; not what they are.")] = "",
    as_json: AsJson = False,
) -> None:
    """Put out what the file lists. Only keyed digests are kept: keep the file where auditors alone have it."""
    rows = subjects(read_text(file))
    wrong = [f"line {row.line}: {row.refused}" for row in rows if row.refused is not None]
    if wrong:
        raise InvalidInput("; ".join(wrong), field="FILE")
    asked = [one for row in rows for one in normal_form(build(SubjectSelectors, **row.asked))]
    with _opened() as (operator, asking):
        made = canaries.add(operator, asking, asked, note)
    if as_json:
        typer.echo(json.dumps({"canaries": made}))
    else:
        typer.echo(f"{len(made)} put out, {len(asked) - len(made)} were there or came twice", err=True)


def list_(as_json: AsJson = False) -> None:
    """List them: their ids, kinds and notes, by which a notice of kind `canary` is understood."""
    with _opened() as (operator, _):
        rows = [{**row, "at": utc_text(row["at"])} for row in canaries.all_of(operator)]
    if as_json:
        typer.echo(json.dumps({"items": rows}))
        return
    columns = ("id", "kind", "note", "at")
    output.table(columns, [[str(row[column]) for column in columns] for row in rows])


def remove(
    canary: Annotated[str, typer.Argument(metavar="ID", help="Of `canary list`.")], as_json: AsJson = False
) -> None:
    """Take one in."""
    with _opened() as (operator, _):
        canaries.remove(operator, canary)
    if as_json:
        typer.echo(json.dumps({"removed": canary}))
    else:
        typer.echo("removed", err=True)
