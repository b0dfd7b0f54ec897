"""Operator commands about time stamps of the audit's checkpoints: ``request``, ``accept``, ``fetch``.

Nothing is sent anywhere but by ``fetch``, to the address it is given.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from cryptography import x509

from icmgraph.audit import AuditStore
from icmgraph.audit.checkpoint import unsigned
from icmgraph.audit.timestamp import Timestamp, ask, certificates, request, requested
from icmgraph.commands import output
from icmgraph.commands.files import must_be_free, read
from icmgraph.commands.operate import AsJson
from icmgraph.errors import OperatorError
from icmgraph.local_neo4j.files import disk_errors, whole_file
from icmgraph.settings import Settings

app = typer.Typer(help="Time stamps of an authority (RFC 3161) over checkpoints.", no_args_is_help=True)

Roots = Annotated[
    list[Path], typer.Option("--root", metavar="PEM", help="Root certificates to trust; may be repeated.")
]
Output = Annotated[Path, typer.Option("-o", "--output", help="The file to write.")]
Force = Annotated[bool, typer.Option("--force", help="Replace the file if there is one.")]


@app.command("request")
def make_request(file: Output, force: Force = False, as_json: AsJson = False) -> None:
    """Write a request for the last checkpoint, which you carry to an authority (application/timestamp-query)."""
    must_be_free(file, force)
    note = _notes()[-1]
    _write(file, request(note))
    if as_json:
        output.document({"size": unsigned(note).size})
    else:
        output.note(f"about the checkpoint of {unsigned(note).size} records")


@app.command()
def accept(
    asked: Annotated[Path, typer.Argument(metavar="REQUEST", help="What icmgraph audit timestamp request wrote.")],
    answer: Annotated[Path, typer.Argument(help="What the authority answered (application/timestamp-reply).")],
    root: Roots,
    file: Output,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Verify the answer to a request, and keep it with its checkpoint in one file."""
    must_be_free(file, force)
    sent = read(asked)
    try:
        note = requested(sent, _notes())
    except ValueError as error:
        raise OperatorError(f"{asked}: {error}") from None
    if note is None:
        raise OperatorError(f"{asked}: it is about no checkpoint of this audit")
    _keep(Timestamp(note, sent, read(answer)), trusted(root), file, as_json)


@app.command()
def fetch(
    url: Annotated[str, typer.Option("--url", help="Where the authority answers; the request is sent there.")],
    root: Roots,
    file: Output,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Send a request for the last checkpoint to an authority, verify its answer and keep both in one file."""
    must_be_free(file, force)
    note = _notes()[-1]
    sent, roots = request(note), trusted(root)
    _keep(Timestamp(note, sent, ask(url, sent)), roots, file, as_json)


def _keep(stamp: Timestamp, roots: list[x509.Certificate], file: Path, as_json: bool) -> None:
    try:
        seen = stamp.verify(roots)
    except ValueError as error:
        raise OperatorError(f"nothing was kept: {error}") from None
    _write(file, str(stamp).encode())
    size = unsigned(stamp.note).size
    if as_json:
        output.document({"size": size, "at": seen.at.isoformat(), "authority": seen.authority})
    else:
        output.line(f"the checkpoint of {size} records, seen {seen.at.isoformat()} by {seen.authority}")


def trusted(root: list[Path]) -> list[x509.Certificate]:
    """The certificates of some PEM files."""
    found: list[x509.Certificate] = []
    for one in root:
        try:
            found += certificates(read(one))
        except ValueError as error:
            raise OperatorError(f"{one}: {error}") from None
    return found


def _notes() -> list[str]:
    with closing(AuditStore(Settings().audit_address)) as store:
        found = [one["note"] for one in store.checkpoints()]
    if not found:
        raise OperatorError("there is no checkpoint yet: icmgraph audit checkpoint makes one")
    return found


def _write(file: Path, data: bytes) -> None:
    with disk_errors(file.parent), whole_file(file) as written:
        written.write(data)
