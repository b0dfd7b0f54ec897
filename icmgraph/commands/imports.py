"""``import`` of tables: dry run, preview, reject file; and ``mapping``, a mapping to begin with for a file."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from icmgraph import bootstrap
from icmgraph.commands import output
from icmgraph.errors import InvalidInput
from icmgraph.ingest.accounts import RejectFile
from icmgraph.ingest.draft import draft
from icmgraph.ingest.stream import Progress, StreamReport
from icmgraph.ingest.tables import Job, import_table, preview
from icmgraph.keys import read
from icmgraph.model.source import SystemSource
from icmgraph.queries.operator import Operator
from icmgraph.settings import Settings


def show_preview(job: Job, settings: Settings, rows: int, as_json: bool) -> None:
    """The first rows as they would become records. Asks the graph nothing, and writes nothing."""
    job.check()
    found = preview(job, rows)
    if as_json:
        typer.echo(json.dumps(found))
        return
    heads = ("line", "case", "#", "what", "kind", "role", "values")
    output.table(heads, [line for row in found for line in _lines(row)])
    for row in found:
        for why in row.get("left_out", ()):
            output.note(f"line {row['line']}: left out: {why}")


def _lines(row: dict[str, Any]) -> list[tuple[str | None, ...]]:
    line = str(row["line"])
    if "rejected" in row:
        return [(line, None, None, "REJECTED", None, None, row["rejected"])]
    case = row["case"]["number"] if row["case"] else "(given)"
    return [(line, case, *_cells(record)) for record in row["records"]]


def _cells(record: dict[str, Any]) -> tuple[str | None, ...]:
    if "from" in record:
        ends = (f"#{record[end]}" if record[end] else "another row's" for end in ("from", "to"))
        return None, record["what"], record.get("kind"), None, " to ".join(ends)
    own = [
        f"{name}: {value}" for name, value in record.items() if name not in ("number", "what", "kind", "role", "values")
    ]
    return (
        str(record["number"]),
        record["what"],
        record.get("kind"),
        record.get("role"),
        "; ".join([*own, *record["values"]]),
    )


def run_import(
    job: Job,
    settings: Settings,
    rejects: Path,
    dry_run: bool,
    as_json: bool,
    progress: Callable[[], AbstractContextManager[Progress]],
) -> None:
    """Import a table, say what became of its rows, and end with 6 if something was rejected."""
    with bootstrap.platform(settings) as platform:
        operator = Operator(platform.gateway, platform.audit, SystemSource(), f"importer:{job.importer}")
        try:
            with RejectFile(rejects) as file, progress() as step:
                report = import_table(job, operator, file, dry_run=dry_run, progress=step)
        except KeyboardInterrupt:
            output.stopped("stopped; the next run of this importer goes on where it stood")
    if as_json:
        typer.echo(json.dumps(report.as_json() | {"rejects_file": str(rejects)}))
    else:
        _show(report)
    if report.rejects:
        output.rejected(f"{report.rejected} rows rejected, {report.values} values left out: {rejects}")


def _show(report: StreamReport) -> None:
    imported = "would be imported" if report.dry_run else "imported"
    table = Table("rows", imported, "already", "rejected", box=None)
    for column in table.columns:
        column.justify = "right"
    table.add_row(*(f"{number:,}" for number in (report.rows, report.imported, report.already, report.rejected)))
    console = Console()
    console.print(table)
    for title, counts in (("made by rule", report.made), ("rejected because", report.reasons)):
        if counts:
            lines = Table(title, "rows", box=None)
            for name, count in counts.most_common():
                lines.add_row(Text(name), f"{count:,}")
            console.print(lines)


def mapping(
    source: Annotated[Path, typer.Argument(help="A CSV file, JSON lines or an Excel workbook.")],
    name: Annotated[str | None, typer.Option(help="The mapping's name; unset: made of the file's.")] = None,
    sheet: Annotated[str | None, typer.Option(help="Of a workbook; unset: the first.")] = None,
) -> None:
    """Print a mapping to begin with for a file: its columns, and what they look like. Nothing is imported."""
    typer.echo(draft(source, name, sheet), nl=False)
    output.note(
        "a beginning: put it into a .toml file, correct it, then: icmgraph import FILE --mapping IT --preview 5"
    )


def imports_key(settings: Settings) -> bytes:
    return read(settings.key_file).imports


def only_for_tables(**given: Any) -> None:
    """
    Raises:
        InvalidInput: an option that a mapping of nodes and relationships does not take.
    """
    for name, value in given.items():
        if value:
            raise InvalidInput("is for tables (CSV, JSON lines, Excel) and followthemoney", field=name)
