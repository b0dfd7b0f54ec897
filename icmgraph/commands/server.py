"""``icmgraph neo4j start|stop|status|log`` and ``icmgraph doctor``.

Data goes to stdout, progress and messages to stderr. Errors are raised as the project's own; the
command line's entry point turns them into a line and an exit code.
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from icmgraph import doctor as doctor_module
from icmgraph.errors import OperatorError
from icmgraph.local_neo4j import LocalNeo4j
from icmgraph.settings import Settings

neo4j_app = typer.Typer(help="The managed Neo4j of this installation.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]

_STYLES = {"ok": "green", "warn": "yellow", "fail": "bold red"}


def _server() -> LocalNeo4j:
    settings = Settings()
    if settings.neo4j_uri is not None:
        raise OperatorError("ICM_NEO4J_URI is set: that server is not managed from here")
    return LocalNeo4j.of(settings)


def _say(message: str) -> None:
    typer.echo(message, err=True)


@neo4j_app.command()
def start(as_json: AsJson = False) -> None:
    """Start it, detached; the first time this fetches and verifies its jars."""
    server = _server()
    _say("starting Neo4j, some 10 seconds ...")
    server.start()
    _tell(server, as_json)


@neo4j_app.command()
def stop() -> None:
    """Stop it and wait until it is gone."""
    outcome = _server().stop()
    messages = {
        "stopped": "stopped",
        "not running": "it does not run",
        "killed": "it did not stop within 60 seconds and was killed; its next start recovers",
    }
    _say(messages[outcome])


@neo4j_app.command()
def status(as_json: AsJson = False) -> None:
    """Say whether it runs and answers. Ends with 5 if not."""
    server = _server()
    if not _tell(server, as_json):
        raise typer.Exit(OperatorError.exit_code)


def _tell(server: LocalNeo4j, as_json: bool) -> bool:
    now = server.status()
    shown = {
        "running": now.running,
        "answer": now.answer.value,
        "pid": now.pid,
        "uri": now.uri if now.running else None,
        "version": server.version,
        "log": str(server.log_path),
    }
    if as_json:
        typer.echo(json.dumps(shown))
    else:
        for name, value in shown.items():
            typer.echo(f"{name:8} {'-' if value is None else value}")
    return now.is_ready


@neo4j_app.command()
def log(lines: Annotated[int, typer.Option("--lines", "-n", min=1, help="How many.")] = 50) -> None:
    """Print the end of its log."""
    path = _server().log_path
    if not path.exists():
        raise OperatorError(f"no log yet: {path}")
    with path.open(errors="replace") as file:
        for line in deque(file, maxlen=lines):
            typer.echo(line, nl=False)


def doctor(as_json: AsJson = False) -> None:
    """Say what is found on this machine, what is missing and how to mend it. Ends with 5 if something fails."""
    findings = doctor_module.run(Settings())
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in findings]))
    else:
        table = Table("what", "state", "found", "how to mend it", box=None)
        for finding in findings:
            style = _STYLES[finding.status]
            table.add_row(finding.name, Text(finding.status, style), Text(finding.found), Text(finding.mend))
        Console().print(table)
    if any(finding.status == "fail" for finding in findings):
        raise typer.Exit(OperatorError.exit_code)
