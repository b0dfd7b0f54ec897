"""The graph of a stopped managed server out of its data and into it, as Neo4j's own tool writes and reads it.

On Community there is no other way: what the driver can read of a running server is no one moment's state.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import IO, cast

from icmgraph.errors import AlreadyRunning, OperatorError
from icmgraph.local_neo4j.files import alone, private_folder
from icmgraph.local_neo4j.server import LocalNeo4j

DATABASE = "neo4j"
CHUNK = 1024 * 1024


@contextmanager
def stopped(server: LocalNeo4j) -> Iterator[bool]:
    """Stops the server for the block and starts it again after it, at its port; gives whether it ran.

    Its clients know the port: they go on by themselves.
    """
    status = server.status()
    if not status.running:
        yield False
        return
    try:
        server.stop()
        yield True
    finally:
        server.stop()  # who was told to end while it stopped did not see it gone
        again = replace(server, port=status.port or server.port)
        try:
            again.start()
        except (KeyboardInterrupt, SystemExit):
            again.start()  # told to end in the middle of it: it runs all the same
            raise


def dump(server: LocalNeo4j, sink: IO[bytes]) -> None:
    """Writes the graph of a stopped server into ``sink``.

    Raises:
        OperatorError: the server runs, has no data, or the tool failed.
    """
    if not (server.folder / "data" / "databases" / DATABASE).is_dir():
        raise OperatorError(f"no graph in {server.folder} yet: icmgraph neo4j start, then icmgraph init")
    with _held(server):
        tool = server.admin(
            "database", "dump", DATABASE, "--to-stdout", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
        )
        with _ending(tool):
            shutil.copyfileobj(cast(IO[bytes], tool.stdout), sink, CHUNK)
        if tool.returncode:
            raise OperatorError(f"Neo4j could not write its graph out; see the end of {server.log_path}")


def load(server: LocalNeo4j, source: IO[bytes]) -> None:
    """Puts the graph of a dump in the place of the stopped server's own. Can be repeated.

    Raises:
        OperatorError: the server runs, or the tool failed.
    """
    private_folder(server.folder)
    with _held(server):
        words = ("database", "load", DATABASE, "--from-stdin", "--overwrite-destination=true")
        tool = server.admin(*words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        with _ending(tool):
            pipe = cast(IO[bytes], tool.stdin)
            with suppress(BrokenPipeError):  # it failed, and says so by its code
                shutil.copyfileobj(source, pipe, CHUNK)
                pipe.close()
        if tool.returncode:
            raise OperatorError(f"Neo4j could not read the graph in; see the end of {server.log_path}")


def import_full(server: LocalNeo4j, nodes: Sequence[str], links: Sequence[str], report: Path) -> None:
    """Makes a new graph in the place of the stopped server's own, out of Parquet files. Can be repeated.

    After a kill there is no graph that the server could start on: it is made again.

    Args:
        nodes, links: as the tool's --nodes and --relationships take them; nodes are numbered from 0.
        report: where the tool says what it could not read.

    Raises:
        OperatorError: the server runs, or the tool failed; that of the line 5.26 reads CSV alone.
    """
    private_folder(server.folder)
    private_folder(server.log_path.parent)
    with _held(server), server.log_path.open("ab") as log:
        words = ["database", "import", "full", DATABASE, "--overwrite-destination=true", "--id-type=actual"]
        words += ["--input-type=parquet", f"--report-file={report}"]
        words += [f"--nodes={one}" for one in nodes] + [f"--relationships={one}" for one in links]
        tool = server.admin(*words, stdin=subprocess.DEVNULL, stdout=log)
        with _ending(tool):
            pass
        if tool.returncode:
            raise OperatorError(f"Neo4j could not import the files; see the end of {server.log_path}")


@contextmanager
def _held(server: LocalNeo4j) -> Iterator[None]:
    """Nobody starts the server meanwhile."""
    with alone(server.folder, wait=False) as ours:
        if not ours or server.status().running:
            raise AlreadyRunning(f"Neo4j runs on {server.folder}, or is being started: icmgraph neo4j stop")
        yield


@contextmanager
def _ending(tool: subprocess.Popen[bytes]) -> Iterator[None]:
    """The tool ends with the block, whatever happens in it."""
    try:
        yield
        tool.wait()
    finally:
        for pipe in (tool.stdin, tool.stdout):
            if pipe is not None and not pipe.closed:
                with suppress(BrokenPipeError):
                    pipe.close()
        if tool.poll() is None:
            tool.kill()
            tool.wait()
