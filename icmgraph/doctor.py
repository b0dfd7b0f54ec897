"""What this machine has for the installation, what it lacks, and how to mend it. Changes nothing."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from icmgraph.errors import OperatorError
from icmgraph.local_neo4j import Connection, LocalNeo4j, connection
from icmgraph.local_neo4j.bolt import Answer, ask, port_is_free
from icmgraph.local_neo4j.java import find_java
from icmgraph.settings import Settings

Standing = Literal["ok", "warn", "fail"]

_NEEDS_BYTES = 1_000_000_000  # jars 160 MB, an empty graph 3 MB, transaction logs up to 2 x 256 MB
_WANTS_BYTES = 5_000_000_000
_OPEN_TO_OTHERS = 0o077
_LISTED = 5  # files named in one finding


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. ``mend`` says what to do; empty if ``status`` is ok.

    ``warn``: works, or will once started; ``fail``: something will not work until mended.
    """

    name: str
    status: Standing
    found: str
    mend: str = ""


def run(settings: Settings) -> list[Finding]:
    """Looks at everything; never raises for what it finds."""
    findings = [_python(), _packages()]
    if settings.neo4j_uri is None:
        server = LocalNeo4j.of(settings)
        findings += [_java(settings), _jars(server), _managed(server)]
    else:
        findings.append(_given(settings))
    findings += [_api_port(settings), _disk(settings.home), _secrets(settings), *_for_tests()]
    return findings


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.prefix == sys.base_prefix:
        return Finding("python", "warn", f"{found}, no environment of its own", "make demo makes one in .venv")
    return Finding("python", "ok", f"{found}, in an environment of its own")


def _packages() -> Finding:
    needed = [line for line in metadata.requires("icmgraph") or [] if "extra ==" not in line]
    names = [found.group() for line in needed if (found := re.match(r"[\w.-]+", line))]
    missing = [name for name in names if not _installed(name)]
    if missing:
        return Finding("packages", "fail", f"missing: {', '.join(missing)}", "make demo installs them")
    return Finding("packages", "ok", f"{len(names)} direct dependencies are installed")


def _installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _java(settings: Settings) -> Finding:
    try:
        java = find_java(settings.java_home, settings.neo4j_version)
    except OperatorError as error:
        return Finding("java", "fail", "none that fits", str(error))
    return Finding("java", "ok", f"Java {java.major} from {java.source}")


def _jars(server: LocalNeo4j) -> Finding:
    try:
        folder = server.jar_folder
    except OperatorError as error:
        return Finding("jars", "fail", f"Neo4j {server.version}", f"{error}: set ICM_NEO4J_VERSION")
    if spoiled := folder.spoiled():
        names = ", ".join(jar.file_name for jar in spoiled[:_LISTED])
        mend = f"find out who changed them, delete them in {folder.path}; the next start fetches them anew"
        return Finding("jars", "fail", f"{len(spoiled)} are not the locked ones: {names}", mend)
    if missing := folder.missing():
        size = sum(jar.size for jar in missing) / 1e6
        found = f"{len(missing)} of {len(folder.jars)} not here yet"
        return Finding("jars", "warn", found, f"the next start fetches them ({size:.0f} MB)")
    return Finding("jars", "ok", f"{len(folder.jars)} of Neo4j {server.version}, all as locked")


def _managed(server: LocalNeo4j) -> Finding:
    status = server.status()
    if not status.running:
        return Finding("neo4j", "warn", "the managed server does not run", "icmgraph neo4j start")
    found = f"{status.answer.value} (process {status.pid}, port {status.port})"
    match status.answer:
        case Answer.READY:
            return Finding("neo4j", "ok", found)
        case Answer.REFUSED:
            return Finding("neo4j", "fail", found, f"put the right password into {server.password_path}")
        case _:
            return Finding("neo4j", "warn", found, f"if it is not just starting, look at {server.log_path}")


def _given(settings: Settings) -> Finding:
    try:
        found = connection(settings)
    except OperatorError as error:
        return Finding("neo4j", "fail", "ICM_NEO4J_URI is set", str(error))
    answer = answer_of(found)
    if answer is None:
        return Finding("neo4j", "warn", "ICM_NEO4J_URI asks for TLS", "not looked at here: /readyz of the API tells")
    if answer is Answer.READY:
        return Finding("neo4j", "ok", answer.value)
    return Finding("neo4j", "fail", answer.value, "check ICM_NEO4J_URI, ICM_NEO4J_USER and ICM_NEO4J_PASSWORD_FILE")


def answer_of(given: Connection) -> Answer | None:
    """What answers at a given Neo4j; None if the address asks for TLS, which is not looked into."""
    address = urlsplit(given.uri)
    if address.scheme not in ("bolt", "neo4j"):
        return None
    return ask(address.hostname or "localhost", address.port or 7687, given.user, given.password)


def _api_port(settings: Settings) -> Finding:
    if port_is_free(settings.api_port):
        return Finding("api port", "ok", f"{settings.api_port} is free")
    mend = "fine if that is this API; else set ICM_API_PORT to another"
    return Finding("api port", "warn", f"{settings.api_port} is taken", mend)


def _disk(home: Path) -> Finding:
    place = home.absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    found = f"{free / 1e9:.1f} GB free at {place}"
    if free < _NEEDS_BYTES:
        return Finding("disk", "fail", found, "free some space, or set ICM_HOME to a folder on another disk")
    if free < _WANTS_BYTES:
        return Finding("disk", "warn", found, "enough to start with; a large import needs more")
    return Finding("disk", "ok", found)


def _secrets(settings: Settings) -> Finding:
    exposed = sorted(path for path in _secret_files(settings) if path.stat().st_mode & _OPEN_TO_OTHERS)
    if not exposed:
        return Finding("secret files", "ok", "open to their owner only")
    names = " ".join(str(path) for path in exposed[:_LISTED])
    return Finding("secret files", "fail", f"{len(exposed)} open to other users of this machine", f"chmod 600 {names}")


def _secret_files(settings: Settings) -> Iterator[Path]:
    """Files with secrets: those named by settings, and in ICM_HOME all that is neither a jar nor a log.

    What lies in a folder that is closed to others is not exposed, whatever its own mode.
    """
    named = (
        settings.neo4j_password_file,
        settings.id_key_file,
        settings.token_file,
        settings.tls_key,
        settings.smtp_password_file,
    )
    yield from (path for path in named if path is not None and path.exists())
    pending = [settings.home] if settings.home.is_dir() else []
    while pending:
        folder = pending.pop()
        if not folder.stat().st_mode & _OPEN_TO_OTHERS or folder.name.startswith("jars-") or folder.name == "log":
            continue
        for path in folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                pending.append(path)
            elif path.is_file() and path.name != ".lock":
                yield path


def _for_tests() -> Iterator[Finding]:
    for name, programs in {"chromium": ("chromium", "chromium-browser", "google-chrome"), "make": ("make",)}.items():
        if path := next(filter(None, map(shutil.which, programs)), None):
            yield Finding(name, "ok", path)
        else:
            yield Finding(name, "warn", "not found", f"only make test needs it: install the package {name}")
