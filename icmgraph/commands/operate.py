"""Operator commands in process: ``init``, ``people import``, ``import``, ``invariants check``.

Data goes to stdout, progress and messages to stderr. Errors are raised as the project's own; the
command line's entry point turns them into a line and an exit code.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from icmgraph import bootstrap
from icmgraph.api.tokens import LocalIssuer
from icmgraph.commands import output
from icmgraph.commands.imports import imports_key, only_for_tables, run_import, show_preview
from icmgraph.commands.run import TOKEN_NAME
from icmgraph.errors import InvalidInput
from icmgraph.ingest import mapping as mappings
from icmgraph.ingest import table_mapping as tables
from icmgraph.ingest.accounts import write_rejects
from icmgraph.ingest.people import first_administrator, import_people, staff_id
from icmgraph.ingest.run import Progress as Step
from icmgraph.ingest.run import Report, run
from icmgraph.ingest.tables import Job
from icmgraph.local_neo4j.files import private_folder, write
from icmgraph.model.source import SystemSource
from icmgraph.queries import invariants
from icmgraph.queries.operator import Operator
from icmgraph.settings import Settings

EXIT_WRONG = 1
"""A violated invariant, a broken audit chain: found, not caused, by the command."""

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


def _say(message: str) -> None:
    typer.echo(message, err=True)


def _operator(platform: bootstrap.Platform, who: str = "operator") -> Operator:
    return Operator(platform.gateway, platform.audit, SystemSource(), who)


@contextmanager
def progress_bar() -> Iterator[Step]:
    """A bar on stderr when it is a terminal, else nothing."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("")
        yield lambda what, done, of: bar.update(task, description=what, completed=done, total=of)


def init(
    name: Annotated[str, typer.Option(prompt="Name of the first administrator", help="The first administrator.")],
    contact: Annotated[str, typer.Option(prompt="Contact (telephone, room)", help="How to reach them.")],
    as_json: AsJson = False,
) -> None:
    """Make the key, the schema and the first administrator. A second run changes nothing but what is given."""
    settings = Settings()
    bootstrap.initialise(settings)
    with bootstrap.platform(settings) as platform:
        id = first_administrator(platform.keys.imports, _operator(platform), name.strip(), contact.strip())
    if as_json:
        typer.echo(json.dumps({"id": id, "key": "administrator"}))
    else:
        _say("ready; next: icmgraph people import FILE.csv")
        typer.echo(id)


def people_import(
    file: Annotated[Path, typer.Argument(help="CSV; docs/import.md lists its columns.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make units, people, caveats and grants as the file says them; a second run changes nothing."""
    with bootstrap.platform(Settings()) as platform:
        report = import_people(file, platform.keys.imports, _operator(platform), dry_run=dry_run)
    if as_json:
        typer.echo(json.dumps(report.as_json()))
        return
    output.table(("record", "key", "id"), [(row["record"], row["key"], row["id"]) for row in report.ids])
    changes = ", ".join(f"{count} {what}" for what, count in report.changes.items()) or "nothing"
    _say(f"{'would change' if dry_run else 'changed'}: {changes}")


def people_token(
    key: Annotated[str, typer.Argument(help="The key of a person in the file they came from.")],
    hours: Annotated[int, typer.Option(min=1, max=24, help="How long it holds.")] = 12,
    as_json: AsJson = False,
) -> None:
    """Write a token of the installation's own issuer for one person to ICM_HOME/tokens/KEY.jwt (0600).

    For trying things out: the API takes it with ICM_LOCAL_ISSUER=true only, as the demo's does.
    """
    if not TOKEN_NAME.fullmatch(key):
        raise InvalidInput("letters, digits, dots, hyphens and underscores", field="key")
    settings = Settings()
    with bootstrap.platform(settings) as platform:
        user = staff_id(platform.keys.imports, "user", key)
        found = platform.gateway.read(lambda tx: tx.control("users", ids=[user]))
        if not found:
            raise InvalidInput("no person has this key; import them first", field="key")
        file = private_folder(settings.home / "tokens") / f"{key}.jwt"

        def issue() -> None:
            write(file, LocalIssuer.create(settings.home, settings.oidc_audience).issue(user, hours) + "\n")

        _operator(platform).read("people.token", {"user": user}, issue)
    if as_json:
        typer.echo(json.dumps({"id": user, "file": str(file)}))
    else:
        typer.echo(f"{file}: use it with --as {key}, for {hours} hours")


def import_(
    source: Annotated[
        Path, typer.Argument(help="A table (CSV, JSON lines, Excel), or a zip file or folder of graph CSV.")
    ],
    mapping: Annotated[str, typer.Option("--mapping", help="A name (pole) or a .toml file.")],
    importer: Annotated[str | None, typer.Option("--importer", help="Who imports; unset: the mapping's name.")] = None,
    rejects: Annotated[
        Path | None, typer.Option("--rejects", help="Where rejected rows go, with their values (0600).")
    ] = None,
    case: Annotated[str | None, typer.Option("--case", metavar="ID", help="The case a table goes into.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Of a table: count, write nothing.")] = False,
    preview: Annotated[
        int, typer.Option("--preview", metavar="N", min=0, help="Show what the first N rows become.")
    ] = 0,
    deconflict: Annotated[
        bool, typer.Option("--deconflict", help="Check it against other cases: one notice for each side, afterwards.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Import a data set through a mapping. Ends with 6 if something was rejected."""
    settings = Settings()
    rules = tables.load(mapping)
    name = importer if importer is not None else rules.name
    if not re.fullmatch(mappings.NAME, name):
        raise InvalidInput("lower-case letters, digits and hyphens, at most 30", field="importer")
    file = rejects or settings.home / "log" / f"import-{name}.rejects.jsonl"
    if not isinstance(rules, mappings.Mapping):
        job = Job(source, rules, name, settings.home, imports_key(settings), case, deconflict)
        if preview:
            show_preview(job, settings, preview, as_json)
        else:
            run_import(job, settings, file, dry_run, as_json, progress_bar)
        return
    only_for_tables(case=case, dry_run=dry_run, preview=preview)
    with bootstrap.platform(settings) as platform:
        operator = _operator(platform, f"importer:{name}")
        try:
            with progress_bar() as step:
                report, accounts = run(
                    source, rules, name, platform.keys.imports, operator, step, deconflict=deconflict
                )
        except KeyboardInterrupt:
            output.stopped("stopped; the next run of this importer goes on where it stood")
    write_rejects(file, accounts.rejects)
    if as_json:
        typer.echo(json.dumps(asdict(report) | {"rejects_file": str(file)}))
    else:
        _show(report)
    if report.rejects:
        output.rejected(f"{report.rejects} rows or values rejected: {file}")


def _show(report: Report) -> None:
    console = Console()
    table = Table(box=None)
    table.add_column("table", no_wrap=True)
    table.add_column("of", no_wrap=True)
    numbers = ("rows", "imported", "already", "mapped_away", "rejected")
    for name in numbers:
        table.add_column(name.replace("_", " "), justify="right")
    for line in report.tables:
        style = "bold" if line["of"] == "totals" else None
        table.add_row(line["table"], line["of"], *(f"{line[name]:,}" for name in numbers), style=style)
    console.print(table)
    for title, counts in (("mapped away by rule", report.mapped_away), ("rejected because", report.rejected)):
        if counts:
            console.print(_counts(title, counts))
    _say(f"{report.seconds['all']} s")


def _counts(title: str, counts: dict[str, int]) -> Table:
    table = Table(title, box=None)
    table.add_column("rows", justify="right")
    for name, count in counts.items():
        table.add_row(Text(name), f"{count:,}")
    return table


def invariants_check(as_json: AsJson = False) -> None:
    """Recompute what carries access on everything, and compare. Ends with 1 if something is wrong."""
    with bootstrap.platform(Settings()) as platform, progress_bar() as step:
        operator = _operator(platform)
        key = platform.keys.identifiers
        result = operator.read("invariants.check", {}, lambda: invariants.check(platform.gateway, key, step))
    if as_json:
        typer.echo(json.dumps(asdict(result) | {"ok": result.ok}))
    else:
        Console().print(_counts("checked", result.checked))
        for name, count in result.violations.items():
            _say(f"{name}: {count} violated, the first: {', '.join(result.first[name])}")
        _say("all invariants hold" if result.ok else "INVARIANTS VIOLATED")
    if not result.ok:
        raise typer.Exit(EXIT_WRONG)
