"""``load``: the project's own interchange files, past the server into an empty graph or through it into any."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from icmgraph.commands import output
from icmgraph.commands.operate import AsJson, progress_bar
from icmgraph.loading import LoadReport
from icmgraph.loading import load as load_folder
from icmgraph.settings import Settings


def load(
    folder: Annotated[Path, typer.Argument(help="The folder with manifest.json.")],
    past_server: Annotated[
        bool,
        typer.Option("--offline", help="By Neo4j's own import, into an empty graph; the managed server is stopped."),
    ] = False,
    rejects: Annotated[
        Path | None, typer.Option("--rejects", help="Where rejected rows go, with their values (0600).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Load interchange files. Ends with 6 if rows were rejected."""
    settings = Settings()
    file = rejects or settings.home / "log" / "load.rejects.jsonl"
    try:
        with progress_bar() as step:
            report = load_folder(settings, folder, file, past_server=past_server, progress=step)
    except KeyboardInterrupt:
        output.stopped("stopped; the same command goes on where it stood, or with --offline begins anew")
    if as_json:
        typer.echo(json.dumps(report.as_json() | {"rejects_file": str(file)}))
    else:
        _show(report)
    if report.rejected:
        output.rejected(f"{report.rejected:,} rows rejected: {file}")


def _show(report: LoadReport) -> None:
    console = Console()
    table = Table("of", box=None)
    names = ("rows", "loaded", "already", "rejected")
    for name in names:
        table.add_column(name, justify="right")
    for kind, counts in report.tables.items():
        if counts["rows"]:
            table.add_row(kind, *(f"{counts[name]:,}" for name in names))
    console.print(table)
    if report.reasons:
        lines = Table("rejected because", "rows", box=None)
        for why, count in report.reasons.items():
            lines.add_row(Text(why), f"{count:,}")
        console.print(lines)
    steps = ", ".join(f"{step} {seconds} s" for step, seconds in report.seconds.items())
    output.note(f"{report.relationships:,} relationships; {steps}")
