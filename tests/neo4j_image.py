"""The image of Neo4j. Where none can be pulled: the verified jars, a Java, this machine's libraries and its shell."""

from __future__ import annotations

import hashlib
import io
import re
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import docker
from docker.errors import DockerException, ImageNotFound

from icmgraph.local_neo4j import LocalNeo4j, conf, server
from icmgraph.local_neo4j.java import find_java, is_lts

REPOSITORY = "localhost/icmgraph-neo4j"
_JAVA = f"/java/bin/java {' '.join(conf.JAVA_FLAGS)} -cp '/neo4j/lib/*'"
_ENTRY = f"""#!/bin/sh
# NEO4J_AUTH is neo4j/PASSWORD, as for the official image.
set -eu
export NEO4J_HOME=/neo4j NEO4J_CONF=/neo4j/conf LC_ALL=C.UTF-8
printf %s "$CONF" > /neo4j/conf/neo4j.conf
{_JAVA} {server._ADMIN} dbms set-initial-password "${{NEO4J_AUTH#neo4j/}}"
exec {_JAVA} -Xms$HEAP -Xmx$HEAP MAIN --home-dir=/neo4j --config-dir=/neo4j/conf --console-mode
"""
_CHANGES = ["ENTRYPOINT /entry", "ENV PATH=/bin", "EXPOSE 7687"]


def environment(wanted: LocalNeo4j) -> dict[str, str]:
    """What tells either image its settings: those of the managed server, reachable from outside."""
    sizes = {
        "server.memory.heap.initial_size": wanted.heap,
        "server.memory.heap.max_size": wanted.heap,
        "server.memory.pagecache.size": wanted.page_cache,
        "db.memory.transaction.max": wanted.transaction_memory,
        "server.http.enabled": "true",  # its line in the log is what testcontainers waits for
    }
    local = conf.read(wanted.folder / "local.conf")
    text = conf.render(sizes, local, 7687, lts=is_lts(wanted.version)).replace(
        "listen_address=127.0.0.1", "listen_address=0.0.0.0"
    )
    pairs = (line.split("=", 1) for line in text.splitlines())
    official = {f"NEO4J_{key.replace('_', '__').replace('.', '_')}": value for key, value in pairs}
    return official | {"CONF": text, "HEAP": wanted.heap, "JDK_JAVA_OPTIONS": " ".join(wanted.java_flags)}


def image(client: docker.DockerClient, wanted: LocalNeo4j) -> str:
    """The name of an image of ``wanted``'s version: one that is there, or pulled, or made here (some 20 seconds)."""
    official = f"neo4j:{wanted.version}-community"
    entry = _ENTRY.replace("MAIN", wanted._main)
    java = find_java(wanted.java_home, wanted.version).path.resolve().parents[1]
    recipe = [entry, (java / "release").read_text(), *(jar.sha256 for jar in wanted.jar_folder.jars)]
    ours = f"{REPOSITORY}:{wanted.version}-{hashlib.sha256(''.join(recipe).encode()).hexdigest()[:12]}"
    for name in (official, ours):
        with suppress(ImageNotFound):
            client.images.get(name)
            return name
    with suppress(DockerException, OSError):  # no network, or a slow one
        client.images.pull(official)
        return official
    wanted.ensure_jars()
    jars = {f"neo4j/lib/{jar.file_name}": wanted.jar_folder.path / jar.file_name for jar in wanted.jar_folder.jars}
    folders = {"neo4j/conf/.keep": "", "tmp/.keep": ""}
    _make(client, ours, {"entry": entry, **folders, **jars, **dict(_runtime(java))})
    for old in client.images.list(REPOSITORY):
        with suppress(DockerException):  # in use by another session
            if any(name.startswith(f"{REPOSITORY}:{wanted.version}-") and name != ours for name in old.tags):
                client.images.remove(old.id)
    return ours


def _make(client: docker.DockerClient, name: str, files: Mapping[str, str | Path]) -> None:
    """An image of these files (a text or where it is, by path), the same bytes wherever and whenever it is made."""
    with tempfile.TemporaryFile() as file:
        with tarfile.open(fileobj=file, mode="w") as tar:
            for path, source in sorted(files.items()):
                content = source.encode() if isinstance(source, str) else source.read_bytes()
                entry = tarfile.TarInfo(path)  # of no owner and no time
                entry.size, entry.mode = len(content), 0o755
                tar.addfile(entry, io.BytesIO(content))
        file.seek(0)
        client.api.import_image_from_data(file, name, changes=_CHANGES)


def _runtime(java: Path) -> Iterator[tuple[str, Path]]:
    """What Java and the shell need to run, by its path in the image."""
    shell = Path("/bin/sh").resolve()
    parts = [java / "bin/java", java / "release", *(p for d in ("lib", "conf") for p in (java / d).rglob("*"))]
    yield from ((f"java/{path.relative_to(java)}", path) for path in parts if path.is_file())
    yield "bin/sh", shell
    binaries = [shell, java / "bin/java", *java.glob("lib/**/*.so")]
    said = subprocess.run(["ldd", *binaries], capture_output=True, text=True).stdout
    for library in map(Path, re.findall(r"(/\S+) \(0x", said)):
        if not library.is_relative_to(java):
            yield str(library)[1:], library
