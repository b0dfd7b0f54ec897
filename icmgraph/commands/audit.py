"""Operator commands about the audit: ``verify``, ``checkpoint``, ``prove``, ``prove-consistency``, ``verify-proof``,
``key``, ``export``. Those about time stamps are in ``timestamps.py``.

They need no graph, and ``verify-proof`` not even the audit: who checks a proof has the file and the public key alone.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from icmgraph import keys as key_files
from icmgraph.audit import AuditStore, PublicKey, Signer, Verification, ocsf
from icmgraph.audit.checkpoint import Checkpoint, notes, unsigned, verify_consistency, verify_proof
from icmgraph.audit.head import GENESIS
from icmgraph.commands import output
from icmgraph.commands.auditing import moment
from icmgraph.commands.files import must_be_free, read_text
from icmgraph.commands.operate import EXIT_WRONG, AsJson
from icmgraph.errors import IcmError, InvalidInput, OperatorError
from icmgraph.local_neo4j.files import disk_errors, whole_file
from icmgraph.settings import Settings

OPERATOR = "operator"


class Format(StrEnum):
    RECORDS = "records"
    OCSF = "ocsf"


Anchor = Annotated[
    Path | None, typer.Option("--anchor", metavar="FILE", help="Checkpoints kept elsewhere, one after another.")
]
Key = Annotated[str | None, typer.Option("--key", help="The public key (icmgraph audit key), or a file that holds it.")]


def verify(
    anchor: Anchor = None,
    timestamp: Annotated[
        list[Path] | None,
        typer.Option("--timestamp", metavar="FILE", help="A time stamp that was kept; may be repeated. Needs --root."),
    ] = None,
    root: Annotated[
        list[Path] | None,
        typer.Option("--root", metavar="PEM", help="Root certificates of time stamps to trust; may be repeated."),
    ] = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Walk the audit from its start, with its checkpoints. Ends with 1 if something is wrong."""
    settings = Settings()
    if timestamp and not root:
        raise InvalidInput("--timestamp needs --root, the root certificates to trust")
    held = notes_of(anchor) if anchor else []
    stamps: list[dict[str, Any]] = []
    try:
        for file in timestamp or []:
            note, said = _stamp(file, root or [])
            held.append(note)
            stamps.append(said)
    except ValueError as error:
        result = Verification(False, 0, GENESIS.hex(), None, str(error))
    else:
        with closing(AuditStore(settings.audit_address)) as store:
            public = _public(key) if key else key_files.audit_public(settings.home)
            if public is None and (held or store.checkpoints()):
                raise OperatorError(
                    f"there are checkpoints, and no {settings.home}/keys/{key_files.AUDIT}: restore it, or give --key"
                )
            result = store.verify(public, held)
    if as_json:
        typer.echo(json.dumps(asdict(result) | {"timestamps": stamps}))
    else:
        for said in stamps:
            output.note(f"the checkpoint of {said['size']} records was seen {said['at']} by {said['authority']}")
        if result.ok:
            of = f", {result.checkpoints} checkpoints" if result.checkpoints else ""
            typer.echo(f"{result.records} records, unbroken{of}; head {result.head}")
        else:
            at = f" at record {result.first_bad}" if result.first_bad is not None else ""
            good = f"; {result.records} records before it are good" if result.records else ""
            output.note(f"BROKEN{at}: {result.reason}{good}")
    if not result.ok:
        raise typer.Exit(EXIT_WRONG)


def checkpoint(anchor: Anchor = None, as_json: AsJson = False) -> None:
    """Sign how the audit stands now, and keep that; with --anchor, append it to a file on another medium too."""
    settings = Settings()
    held = notes_of(anchor) if anchor and anchor.exists() else []
    with closing(AuditStore(settings.audit_address)) as store:
        note = store.checkpoint(Signer(key_files.create_audit(settings.home)))
    if anchor and note not in held:
        with disk_errors(anchor.parent), anchor.open("ab") as file:
            file.write(note.encode())
            file.flush()
            os.fsync(file.fileno())
    said = unsigned(note)
    if as_json:
        typer.echo(json.dumps({"size": said.size, "root": said.root.hex(), "note": note}))
    else:
        typer.echo(note, nl=False)


def prove(
    which: Annotated[str, typer.Argument(metavar="ID|NUMBER", help="A record, by its id or its number.")],
    as_json: AsJson = False,
) -> None:
    """Print a proof (JSON) that a record is among those of the last checkpoint. That it was given out is recorded."""
    with closing(AuditStore(Settings().audit_address)) as store:
        with _recorded(store, "audit.prove", {"record": which}):
            proof = store.prove(which)
        output.document(proof)


def prove_consistency(
    anchor: Annotated[
        Path, typer.Option("--anchor", metavar="FILE", help="A checkpoint kept elsewhere; the last in it.")
    ],
    as_json: AsJson = False,
) -> None:
    """Print a proof (JSON) that the last checkpoint goes on from one that somebody holds."""
    held = notes_of(anchor)
    if not held:
        raise OperatorError(f"{anchor}: no checkpoint is in it")
    with closing(AuditStore(Settings().audit_address)) as store:
        output.document(store.prove_consistency(_unsigned(held[-1], anchor)))


def check_proof(
    file: Annotated[Path, typer.Argument(help="What icmgraph audit prove or prove-consistency printed.")],
    key: Annotated[str, typer.Option("--key", help="The public key (icmgraph audit key), or a file that holds it.")],
    anchor: Annotated[
        Path | None,
        typer.Option(
            "--anchor", metavar="FILE", help="For a proof of consistency: the older checkpoint, as you hold it."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Verify a proof with the public key alone. Ends with 1 if it proves nothing."""
    public = _public(key)
    held = notes_of(anchor) if anchor else None
    result: dict[str, Any] = {"ok": False, "size": None, "origin": None, "reason": None}
    shown = "the record is among"
    try:
        proof = json.loads(read_text(file))
        if not isinstance(proof, dict):
            raise ValueError("not a proof")
        if held is not None:
            said = verify_consistency(proof, public, held)
            shown = f"the first {proof['from']} records are still those of the checkpoint you hold, among"
            result["from"] = proof["from"]
        elif "from" in proof:
            raise InvalidInput("a proof of consistency is verified against the older checkpoint: give --anchor FILE")
        else:
            said = verify_proof(proof, public)
        result |= {"ok": True, "size": said.size, "origin": said.origin}
    except json.JSONDecodeError:
        result["reason"] = "not JSON"
    except ValueError as error:
        result["reason"] = str(error)
    if as_json:
        typer.echo(json.dumps(result))
    elif result["ok"]:
        output.line(f"proven: {shown} the {result['size']} that {result['origin']} signed")
    else:
        output.note(f"NOT PROVEN: {result['reason']}")
    if not result["ok"]:
        raise typer.Exit(EXIT_WRONG)


def key(as_json: AsJson = False) -> None:
    """Print the public key, with which others verify checkpoints and proofs."""
    public = Signer(key_files.create_audit(Settings().home)).public
    typer.echo(json.dumps({"key": str(public)}) if as_json else str(public))


def export(
    file: Annotated[Path, typer.Option("-o", "--output", help="The file to write; only you may read it.")],
    format: Annotated[
        Format, typer.Option(help="The records themselves, or events of OCSF for a SIEM.")
    ] = Format.RECORDS,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if there is one.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write the whole audit as JSON lines. That it was written is recorded first."""
    must_be_free(file, force)
    lines = 0
    with (
        closing(AuditStore(Settings().audit_address)) as store,
        disk_errors(file.parent),
        _recorded(store, "audit.export", {"format": format.value}),
        whole_file(file) as written,
    ):
        for one in ocsf.events(store.export()) if format is Format.OCSF else store.export():
            written.write(json.dumps(one, ensure_ascii=False).encode() + b"\n")
            lines += 1
    if as_json:
        output.document({"lines": lines})
    else:
        output.note(f"{lines} lines")


def erase(
    before: Annotated[str, typer.Option(metavar="TIME", help="Acts that began before this day or moment (UTC).")],
    as_json: AsJson = False,
) -> None:
    """Make the selectors, names and reasons of old acts unreadable for good; who did what stays."""
    said = {"before": moment(before, "--before")}
    at = datetime.fromisoformat(said["before"] or "")
    if at > _now():
        raise InvalidInput("not yet: give a moment that has passed", field="--before")
    with closing(AuditStore(Settings().audit_address)) as store, _recorded(store, "audit.erase", said):
        erased = store.erase_before(at)
    if as_json:
        output.document({"erased": erased})
    else:
        output.note(f"{erased} acts")


@contextmanager
def _recorded(store: AuditStore, action: str, parameters: Mapping[str, Any]) -> Iterator[None]:
    """Intent before, outcome after."""
    # Not "write": of a write that was killed the graph is asked whether it was done, and this leaves no mark there.
    intent = store.intent(who=OPERATOR, action=action, kind="read", parameters=parameters, at=_now())
    try:
        yield
    except Exception as error:
        store.outcome(intent, result=error.recorded if isinstance(error, IcmError) else "failed", at=_now())
        raise
    store.outcome(intent, result="done", at=_now())


def _now() -> datetime:
    return datetime.now(UTC)


def notes_of(anchor: Path) -> list[str]:
    """The checkpoints in a file."""
    try:
        return notes(read_text(anchor))
    except ValueError as error:
        raise OperatorError(f"{anchor}: {error}") from None


def _stamp(file: Path, roots: list[Path]) -> tuple[str, dict[str, Any]]:
    """The checkpoint in a file of a time stamp, and what that says: ``{"size", "at", "authority"}``.

    Raises ``ValueError`` if it is not good.
    """
    from icmgraph.audit.timestamp import Timestamp  # an extra, for those who use it
    from icmgraph.commands.timestamps import trusted

    certificates = trusted(roots)
    try:
        stamp = Timestamp.parse(read_text(file))
        seen, size = stamp.verify(certificates), unsigned(stamp.note).size
    except ValueError as error:
        raise ValueError(f"the time stamp {file}: {error}") from None
    return stamp.note, {"size": size, "at": seen.at.isoformat(), "authority": seen.authority}


def _unsigned(note: str, file: Path) -> Checkpoint:
    try:
        return unsigned(note)
    except ValueError as error:
        raise OperatorError(f"{file}: {error}") from None


def _public(given: str) -> PublicKey:
    try:
        return PublicKey.parse(read_text(Path(given)) if Path(given).is_file() else given)
    except ValueError:
        raise InvalidInput("not a public key as icmgraph audit key prints it", field="key") from None
