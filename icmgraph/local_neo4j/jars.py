"""The server's jars: exactly those of the lock file, or none.

The lock file lists package URLs with sizes and SHA-256. A jar counts only while its digest is the
locked one; that is looked at when it arrives and before each start. Where jars come from is
therefore no question of trust: a mirror can fail to deliver, not deliver something else.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import httpx
from packageurl import PackageURL
from packageurl.contrib.purl2url import DEFAULT_MAVEN_REPOSITORY
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from icmgraph.errors import LockMismatch, OperatorError
from icmgraph.local_neo4j.files import alone, disk_errors, private_folder, sweep, whole_file

_FETCHERS = 8  # at once: enough to hide latency over 230 small files, polite to a mirror
_TRIES = 3
_TIMEOUT = 60  # seconds without a byte
_HASHERS = min(4, os.cpu_count() or 1)


@dataclass(frozen=True, slots=True)
class Jar:
    """One line of a lock file. ``size`` in bytes."""

    purl: PackageURL
    sha256: str
    size: int

    @property
    def file_name(self) -> str:
        classifier = dict(self.purl.qualifiers or {}).get("classifier")
        return f"{self.purl.name}-{self.purl.version}{f'-{classifier}' if classifier else ''}.jar"

    def url(self, mirror: str | None) -> str:
        """Where to fetch it: below ``mirror``, else where Maven packages are published by default."""
        base = (mirror or DEFAULT_MAVEN_REPOSITORY).rstrip("/")
        group = (self.purl.namespace or "").replace(".", "/")
        return f"{base}/{group}/{self.purl.name}/{self.purl.version}/{self.file_name}"

    def is_at(self, path: Path) -> bool:
        """``path`` is this very jar."""
        try:
            with path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == self.sha256
        except FileNotFoundError:
            return False


def locked_versions() -> list[str]:
    """The versions that have a lock file."""
    names = (entry.name for entry in resources.files(__package__).iterdir())
    return sorted(n.removeprefix("neo4j-").removesuffix(".lock") for n in names if n.endswith(".lock"))


def read_lock(version: str) -> list[Jar]:
    """The jars of one version.

    Raises ``OperatorError`` for a version without a lock file.
    """
    if version not in locked_versions():
        raise OperatorError(f"no lock file for Neo4j {version}; there is one for {', '.join(locked_versions())}")
    return parse_lock(resources.files(__package__).joinpath(f"neo4j-{version}.lock").read_text())


def parse_lock(text: str) -> list[Jar]:
    """The jars of a lock file's text, of which no two may land in one file."""
    jars = []
    for line in text.splitlines():
        if line and not line.startswith("#"):
            sha256, size, purl = line.split()
            jars.append(Jar(PackageURL.from_string(purl), sha256, int(size)))
    if len({jar.file_name for jar in jars}) != len(jars):
        raise LockMismatch("two jars of the lock file have one file name")
    return jars


@dataclass(frozen=True, slots=True)
class JarFolder:
    """The jars of one lock file in one folder. Several processes may use it at once."""

    path: Path
    jars: list[Jar]
    mirror: str | None = None

    @property
    def class_path(self) -> str:
        """Names every jar: one that merely lies in the folder is never loaded."""
        return os.pathsep.join(str(self.path / jar.file_name) for jar in self.jars)

    def missing(self) -> list[Jar]:
        """The jars that are not there."""
        return [jar for jar in self.jars if not (self.path / jar.file_name).exists()]

    def spoiled(self) -> list[Jar]:
        """The jars that are there and are not what was locked: changed, cut short, planted."""

        def bad(jar: Jar) -> bool:
            path = self.path / jar.file_name
            return path.exists() and not jar.is_at(path)

        with ThreadPoolExecutor(_HASHERS) as pool:
            return [jar for jar, is_bad in zip(self.jars, pool.map(bad, self.jars), strict=True) if is_bad]

    def verify(self) -> None:
        """Raises ``LockMismatch`` unless every jar is there and the locked one."""
        wrong = self.missing() or self.spoiled()
        if wrong:
            raise LockMismatch(
                f"{wrong[0].file_name} in {self.path} is missing or not the locked one"
                f"{f', and {len(wrong) - 1} more' if len(wrong) > 1 else ''}: "
                "find out who changed it; delete the file and start again to fetch it anew"
            )

    def fetch(self, *, show: bool | None = None) -> int:
        """Fetches the missing jars, in parallel, and returns how many there were.

        A bar on stderr if that is a terminal; ``show`` overrides. What is already there is not
        looked at: :meth:`verify` does that. Raises ``LockMismatch`` for a jar that is not the
        locked one, ``OperatorError`` when a jar cannot be fetched or the disk is full; complete
        jars stay, so that the next run goes on from there.
        """
        if not self.missing():
            return 0
        with disk_errors(self.path), alone(private_folder(self.path), wait=True):
            sweep(self.path)
            return self._fetch_missing(show)

    def _fetch_missing(self, show: bool | None) -> int:
        wanted = self.missing()
        need = sum(jar.size for jar in wanted)
        if shutil.disk_usage(self.path).free < need:
            raise OperatorError(f"the disk is too full at {self.path}: Neo4j's jars need {need:,} bytes more")
        with _bar(show) as bar, _client() as client, ThreadPoolExecutor(_FETCHERS) as pool:
            task = bar.add_task(f"fetching {len(wanted)} jars of Neo4j", total=need)
            jobs = [pool.submit(self._fetch_one, client, jar, lambda n: bar.advance(task, n)) for jar in wanted]
            try:
                for job in jobs:
                    job.result()
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        return len(wanted)

    def _fetch_one(self, client: httpx.Client, jar: Jar, advance: Callable[[int], None]) -> None:
        for left in reversed(range(_TRIES)):
            try:
                with whole_file(self.path / jar.file_name) as file:
                    with client.stream("GET", jar.url(self.mirror)) as answer:
                        answer.raise_for_status()
                        got = _copy(answer.iter_bytes(), file.write, jar, advance)
                    if got != jar.sha256:
                        raise LockMismatch(
                            f"{jar.file_name} as delivered is not the locked one: nothing of it was kept; "
                            "check the mirror, or who changed the lock file"
                        )
                return
            except httpx.HTTPStatusError as error:
                raise OperatorError(f"{jar.file_name}: HTTP {error.response.status_code}{_MEND}") from error
            except httpx.TransportError as error:
                if not left:
                    raise OperatorError(f"{jar.file_name}: {type(error).__name__}{_MEND}") from error


_MEND = " while fetching; check the network, or set ICM_MAVEN_MIRROR to a Maven repository you reach; then run it again"


def _copy(pieces: Iterable[bytes], write: Callable[[bytes], object], jar: Jar, advance: Callable[[int], None]) -> str:
    """Writes the pieces and returns their SHA-256; stops early if they outgrow the jar."""
    digest, size = hashlib.sha256(), 0
    for piece in pieces:
        size += len(piece)
        if size > jar.size:
            break
        digest.update(piece)
        write(piece)
        advance(len(piece))
    return digest.hexdigest() if size == jar.size else f"{size} bytes"


def _client() -> httpx.Client:
    trust = httpx.create_ssl_context()
    trust.load_default_certs()  # a company's own authority is in the machine's store, not in certifi's
    return httpx.Client(verify=trust, follow_redirects=True, timeout=_TIMEOUT)


def _bar(show: bool | None) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    hidden = not sys.stderr.isatty() if show is None else not show
    return Progress(*columns, console=Console(stderr=True), disable=hidden, transient=True)
