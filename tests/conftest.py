"""A real Neo4j for the suite.

Ask for the session fixture ``neo4j_connection`` (a ``Connection``: uri, user, password, database).
The first test that does starts one server for the whole session, in a temporary folder, about 8
seconds, 512 MB of heap; the data is yours to write and wipe. At the end, and also when pytest is
killed, the watchdog stops it and removes the folder. Several sessions may run side by side.

Where it comes from is ``ICM_TEST_NEO4J``:
    local (default)    a managed server; its jars are fetched once into .icm of this clone and verified
    bolt://HOST:PORT   that server, password in the file ICM_NEO4J_PASSWORD_FILE. ITS DATA IS ERASED.
A server that does not come up fails the tests that need it; nothing is skipped.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from icmgraph.local_neo4j import Connection, LocalNeo4j, connection
from icmgraph.local_neo4j.bolt import Answer, ask
from icmgraph.settings import Settings

ROOT = Path(__file__).parents[1]
VERSION = os.environ.get("ICM_TEST_NEO4J_VERSION") or "2026.09.0"
JARS = ROOT / ".icm" / "neo4j" / f"jars-{VERSION}"


def small_server(home: Path, **changes: object) -> LocalNeo4j:
    """A managed server for a test: small, on a port of its own, with the clone's jars."""
    # Below the system's range for outgoing connections, and apart from those of a session beside this one.
    settings: dict[str, object] = {
        "home": home,
        "version": VERSION,
        "jars": JARS,
        "port": random.randrange(20_000, 32_000),
        "heap": "512m",
        "page_cache": "64m",
        "transaction_memory": "256m",
    }
    return LocalNeo4j(**(settings | changes))  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def neo4j_connection() -> Iterator[Connection]:
    """The session's Neo4j, empty at its start."""
    where = os.environ.get("ICM_TEST_NEO4J") or "local"
    if where == "local":
        with tempfile.TemporaryDirectory(prefix="icmgraph-test-", ignore_cleanup_errors=True) as home:
            # Its standard input ends when this process does, however it does.
            watchdog = subprocess.Popen(
                [sys.executable, "-m", "tests.watchdog", home], stdin=subprocess.PIPE, cwd=ROOT, start_new_session=True
            )
            try:
                yield small_server(Path(home)).start(show=True if sys.stderr.isatty() else None)
            finally:
                watchdog.communicate()
    elif "://" in where:
        found = connection(Settings(neo4j_uri=where))
        address = urlsplit(where)
        answer = ask(address.hostname or "localhost", address.port or 7687, found.user, found.password)
        if address.scheme in ("bolt", "neo4j") and answer is not Answer.READY:
            pytest.fail(f"ICM_TEST_NEO4J is {where}: {answer.value}")
        yield found
    else:
        pytest.fail(f"ICM_TEST_NEO4J is {where!r}: use local or the URI of a Neo4j; containers are not supported yet")
