"""``icmgraph backup``, ``restore`` and ``migrate``."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from icmgraph import operator
from icmgraph.commands import output
from icmgraph.settings import Settings

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
TERMINATED = 128 + signal.SIGTERM
"""As a shell says it of a program that was told to end."""


def backup(
    target: Annotated[Path, typer.Argument(help="A new file, or a folder to make one in.")],
    graph: Annotated[
        Path | None, typer.Option("--graph", help="Dump of a Neo4j of yours (neo4j-admin database dump).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write graph, audit and keys into one file (0600, not encrypted). The managed Neo4j is stopped meanwhile."""
    with _terminable():
        path, manifest = operator.backup(Settings(), target, graph)
    if as_json:
        output.document({"file": str(path), **manifest.model_dump()})
    else:
        output.line(str(path))
        output.note(f"{path.stat().st_size:,} bytes, {manifest.audit_records} audit records")


def restore(
    source: Annotated[Path, typer.Argument(help="A backup.")],
    graph: Annotated[
        Path | None, typer.Option("--graph", help="Where the dump for a Neo4j of yours goes; a new file.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Only read it through, and change nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Fill an empty ICM_HOME from a backup, which is read through before anything is written."""
    with _terminable():
        manifest = operator.check_backup(source) if check else operator.restore(Settings(), source, graph)
    if as_json:
        output.document(manifest.model_dump())
        return
    output.line(f"made {manifest.made} by icmgraph {manifest.icmgraph}, {manifest.audit_records} audit records")
    if check:
        output.note("whole, and as it was made")
    elif graph is not None:
        output.note(f"next: neo4j-admin database load, from {graph}; then icmgraph migrate, icmgraph invariants check")
    else:
        output.note("restored; next: icmgraph neo4j start, icmgraph migrate, icmgraph invariants check")


def migrate(as_json: AsJson = False) -> None:
    """Bring the graph of an earlier version up to this one. Make a backup before."""
    done = operator.migrate(Settings(), lambda what, number, of: output.note(f"{what} ..."))
    if as_json:
        output.document({"done": done})
    else:
        output.note("done" if done else "nothing to do")


@contextmanager
def _terminable() -> Iterator[None]:
    """SIGTERM ends the command through its clean-up: no half file, and a server that was stopped is started again."""

    def end(*_: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough: the clean-up takes its time
        sys.exit(TERMINATED)

    former = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)
