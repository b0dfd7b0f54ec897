"""Graph, audit and keys in one file, and back from it.

A backup is a zip file: ``graph.dump`` (Neo4j's own form), ``audit.jsonl`` (the chain),
``checkpoints.jsonl`` (its signed ones), ``keys/*``, and at its end
``manifest.json`` with the SHA-256 of each. What was cut short has no end, and so is no backup. Whoever can read one
can read every case: it is 0600, and not encrypted.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy.engine import make_url

from icmgraph import __version__, home
from icmgraph import keys as key_files
from icmgraph.audit import AuditStore
from icmgraph.audit.sqlite import database_path
from icmgraph.errors import OperatorError
from icmgraph.local_neo4j import LocalNeo4j, transfer
from icmgraph.local_neo4j.files import disk_errors, private_folder, whole_file
from icmgraph.queries import migrations
from icmgraph.settings import Settings

FORMAT = 2
"""1: without checkpoints; it is read too."""
GRAPH, AUDIT, KEYS, MANIFEST = "graph.dump", "audit.jsonl", "keys/", "manifest.json"
CHECKPOINTS = "checkpoints.jsonl"
SALTS = "salts.jsonl"
DEPLOYMENT_KEY = KEYS + "deployment.key"
_PART = re.compile(r"graph\.dump|audit\.jsonl|checkpoints\.jsonl|salts\.jsonl|keys/[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""Names of parts; nothing else is taken out of a file that says it is a backup."""
CHUNK = 1024 * 1024


class Part(BaseModel):
    """One file in the backup."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    sha256: str
    bytes: int


class Manifest(BaseModel):
    """What a backup holds.

    Attributes:
        icmgraph: version of the program that made it.
        graph_schema: its program's; the graph itself says which it has.
        neo4j: version of the managed server; None: another server's dump was given.
        audit_records: how many; ``audit_head``: the last one's hash.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    format: int
    made: str
    icmgraph: str
    graph_schema: int
    neo4j: str | None
    audit_records: int
    audit_head: str
    parts: dict[str, Part]


# -- making one


def backup(settings: Settings, target: Path, graph: Path | None = None) -> tuple[Path, Manifest]:
    """Write a backup to ``target``, or into it under a name of its own if it is a folder.

    The managed server is stopped for it and started again; who asks meanwhile is told to try again.

    Args:
        graph: a dump of another server's database, made after the API was stopped.

    Raises:
        OperatorError: the file is there already, the disk is full, ``graph`` is missing or too much.
    """
    home.require_whole(settings.home)
    key_files.read(settings.key_file)
    _require_graph(settings, graph, "make a dump with neo4j-admin database dump, and give it with --graph")
    path = target / f"icmgraph-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.zip" if target.is_dir() else target
    if path.exists():
        raise OperatorError(f"{path} is there already: name another file")
    if not path.parent.is_dir():
        raise OperatorError(f"no folder {path.parent}: make it first")
    store = AuditStore(settings.audit_address)
    try:
        with disk_errors(path.parent), whole_file(path) as file:
            manifest = _write(settings, store, file, graph)
    finally:
        store.close()
    return path, manifest


def _require_graph(settings: Settings, graph: Path | None, mend: str) -> None:
    if settings.neo4j_uri is None and graph is not None:
        raise OperatorError("the graph is the managed server's: leave --graph out")
    if settings.neo4j_uri is not None and graph is None:
        raise OperatorError(f"ICM_NEO4J_URI is set, so the graph is not managed from here: {mend}")


def _write(settings: Settings, store: AuditStore, file: IO[bytes], graph: Path | None) -> Manifest:
    parts: dict[str, Part] = {}
    # The audit ends after the graph does, never before: each change in the graph then has its intent in the audit, and
    # the next start settles what is open by the marks in the graph. The other way round there would be changes that
    # nobody made. What was recorded after the graph was stopped is left out: its changes are not in the dump.
    with zipfile.ZipFile(file, "w") as archive:
        if graph is None:
            server = LocalNeo4j.of(settings)
            with transfer.stopped(server):
                with _part(archive, GRAPH, parts) as sink:
                    transfer.dump(server, sink)
                records, head = store.end()
        else:
            with home.served_by_nobody(settings.home), _part(archive, GRAPH, parts) as sink, graph.open("rb") as source:
                shutil.copyfileobj(source, sink, CHUNK)
                records, head = store.end()
        made = datetime.fromtimestamp(graph.stat().st_mtime, UTC) if graph else None
        with _part(archive, AUDIT, parts) as sink:
            _write_audit(store, sink, records, made)
        with _part(archive, CHECKPOINTS, parts) as sink:
            for one in store.checkpoints():
                if one["size"] <= records:
                    sink.write(json.dumps(one).encode() + b"\n")
        with _part(archive, SALTS, parts) as sink:
            for salt in store.salts():
                sink.write(json.dumps(salt).encode() + b"\n")
        for name, key in _keys(settings).items():
            with _part(archive, name, parts) as sink:
                sink.write(key.read_bytes())
        manifest = Manifest(
            format=FORMAT,
            made=datetime.now(UTC).isoformat(timespec="seconds"),
            icmgraph=__version__,
            graph_schema=migrations.LATEST,
            neo4j=settings.neo4j_version if graph is None else None,
            audit_records=records,
            audit_head=head,
            parts=parts,
        )
        archive.writestr(MANIFEST, manifest.model_dump_json(indent=1) + "\n")
    return manifest


def _write_audit(store: AuditStore, sink: IO[bytes], records: int, graph_made: datetime | None) -> None:
    for one in store.export():
        if one["seq"] > records:
            return
        body = one["body"]
        wrote = body["type"] == "intent" and body["kind"] == "write"
        if graph_made and wrote and datetime.fromisoformat(body["at"]) > graph_made:
            raise OperatorError("something was written after the dump was made: stop the API, and make the dump anew")
        sink.write(json.dumps(one, separators=(",", ":")).encode() + b"\n")


def _keys(settings: Settings) -> dict[str, Path]:
    """The files with keys, by their names in a backup."""
    folder = settings.home / "keys"
    found = {KEYS + path.name: path for path in folder.glob("*") if path.is_file()} if folder.is_dir() else {}
    found[DEPLOYMENT_KEY] = settings.key_file
    return {name: path for name, path in sorted(found.items()) if _PART.fullmatch(name) and path.suffix != ".part"}


class _Hashing:
    """Passes bytes on, and counts and hashes them."""

    def __init__(self, sink: IO[bytes] | None = None) -> None:
        self._sink = sink
        self._digest = hashlib.sha256()
        self._size = 0

    def write(self, data: bytes) -> int:
        self._digest.update(data)
        self._size += len(data)
        return self._sink.write(data) if self._sink else len(data)

    @property
    def part(self) -> Part:
        return Part(sha256=self._digest.hexdigest(), bytes=self._size)


@contextmanager
def _part(archive: zipfile.ZipFile, name: str, parts: dict[str, Part]) -> Iterator[Any]:
    info = zipfile.ZipInfo(name)
    # A dump is compressed already.
    info.compress_type = zipfile.ZIP_STORED if name == GRAPH else zipfile.ZIP_DEFLATED
    with archive.open(info, "w", force_zip64=True) as raw:
        sink = _Hashing(raw)
        yield sink
    parts[name] = sink.part


# -- reading one


def check(source: Path) -> Manifest:
    """Read a backup through.

    Raises:
        OperatorError: it is none, not whole, or not as it was made.
    """
    with _opened(source) as archive:
        try:
            manifest = Manifest.model_validate_json(archive.read(MANIFEST))
        except (KeyError, ValidationError, zipfile.BadZipFile):
            raise OperatorError(f"{source} is not a whole backup of this form") from None
        if manifest.format not in (1, FORMAT) or manifest.graph_schema > migrations.LATEST:
            raise OperatorError(
                f"{source} was made by a newer icmgraph ({manifest.icmgraph}): restore it with that one"
            )
        names = [name for name in archive.namelist() if name != MANIFEST]
        if sorted(names) != sorted(manifest.parts) or not {GRAPH, AUDIT, DEPLOYMENT_KEY} <= set(names):
            raise OperatorError(f"{source} does not hold what its manifest says")
        for name, part in manifest.parts.items():
            found = _Hashing()
            try:
                with archive.open(name) as raw:
                    shutil.copyfileobj(raw, found, CHUNK)
            except (zipfile.BadZipFile, EOFError):
                raise OperatorError(f"{source} is damaged: {name} cannot be read") from None
            if not _PART.fullmatch(name) or found.part != part:
                raise OperatorError(f"{source} is damaged: {name} is not as it was made")
    return manifest


@contextmanager
def _opened(source: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(source) as archive:
            yield archive
    except zipfile.BadZipFile:
        raise OperatorError(f"{source} is not a whole backup") from None
    except FileNotFoundError:
        raise OperatorError(f"no backup {source}") from None


def restore(settings: Settings, source: Path, graph: Path | None = None) -> Manifest:
    """Fill an empty ICM_HOME from a backup. Run again after a kill, it goes on; till then nothing works on that home.

    The next start settles what was open when the backup was made. The server is not started.

    Args:
        graph: where the dump goes, if the server is not the managed one.

    Raises:
        OperatorError: the backup is not good, the home is not empty (of keys, audit and graph) ...
    """
    manifest = check(source)
    _require_graph(settings, graph, "say with --graph where the dump goes, to load it with neo4j-admin database load")
    if manifest.neo4j and not graph and _numbers(manifest.neo4j) > _numbers(settings.neo4j_version):
        raise OperatorError(f"the graph is of Neo4j {manifest.neo4j}: set ICM_NEO4J_VERSION to it")
    private_folder(settings.home)
    digest = manifest.parts[GRAPH].sha256 + manifest.audit_head
    with home.served_by_nobody(settings.home), disk_errors(settings.home):
        _require_empty(settings, digest, graph)
        home.begin_restore(
            settings.home, {"backup": digest, "audit_records": manifest.audit_records, "made": manifest.made}
        )
        with _opened(source) as archive:
            for name in manifest.parts:
                if name.startswith(KEYS):
                    target = settings.key_file if name == DEPLOYMENT_KEY else settings.home / name
                    with archive.open(name) as raw, whole_file(_in_private(target)) as file:
                        shutil.copyfileobj(raw, file)
            with archive.open(GRAPH) as raw:
                if graph is None:
                    transfer.load(LocalNeo4j.of(settings), raw)
                else:
                    with whole_file(graph) as file:
                        shutil.copyfileobj(raw, file, CHUNK)
            _load_audit(settings, archive, manifest)
        home.end_restore(settings.home)
    return manifest


def _load_audit(settings: Settings, archive: zipfile.ZipFile, manifest: Manifest) -> None:
    said = (manifest.audit_records, manifest.audit_head)
    store = AuditStore(settings.audit_address)
    try:
        if store.end() != said:  # else a restore was cut short after this step
            with ExitStack() as opened:
                names = [name for name in (AUDIT, CHECKPOINTS, SALTS) if name in manifest.parts]
                store.load(*(map(json.loads, opened.enter_context(archive.open(name))) for name in names))
        if store.end() != said or not store.verify(key_files.audit_public(settings.home)).ok:
            raise OperatorError("the restored audit is not the chain that the manifest names")
    finally:
        store.close()


def _require_empty(settings: Settings, digest: str, graph: Path | None) -> None:
    begun = home.restoring(settings.home)
    if begun == digest:
        return
    if begun is not None:
        raise OperatorError(f"a restore of another backup into {settings.home} was cut short: remove that folder first")
    server = LocalNeo4j.of(settings)
    looked = [*_keys(settings).values(), settings.home / home.RESTORED]
    looked += [server.folder / "data", server.password_path] if graph is None else [graph]
    if settings.audit_address.startswith("sqlite"):
        path = database_path(make_url(settings.audit_address))
        looked += [path, path.with_suffix(".head")]
    there = [str(path) for path in looked if path.exists()]
    if there:
        raise OperatorError(f"a backup is restored into an empty ICM_HOME, and this is there: {', '.join(there)}")


def _in_private(path: Path) -> Path:
    private_folder(path.parent)
    return path


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdecimal())
