"""A real Neo4j for the suite.

Ask for the session fixture ``neo4j_connection`` (a ``Connection``: uri, user, password, database).
The first test that does starts one server for the whole session, in a temporary folder, about 8
seconds, 512 MB of heap; the data is yours to write and wipe. At the end, and also when pytest is
killed, the watchdog stops it and removes the folder. Several sessions may run side by side.

Where it comes from is ``ICM_TEST_NEO4J``:
    local (default)    a managed server; its jars are fetched once into .icm of this clone and verified
    container          one in a container, see container.py; skipped, with the reason, where none can be had
    bolt://HOST:PORT   that server, password in the file ICM_NEO4J_PASSWORD_FILE. ITS DATA IS ERASED.
A server that does not come up fails the tests that need it.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from icmgraph.doctor import answer_of
from icmgraph.local_neo4j import Connection, LocalNeo4j, connection
from icmgraph.local_neo4j.bolt import Answer
from icmgraph.local_neo4j.files import alone, private_folder, write
from icmgraph.local_neo4j.java import find_java
from icmgraph.settings import Settings
from tests.container import neo4j_container
from tests.interference.laws import COMPARED
from tests.parts import part_of
from tests.postgres import Postgres, cluster
from tests.watchdog import MEMORY, guarded_folder

ROOT = Path(__file__).parents[1]
GIVEN = Settings()
# The tests are not about the installation of whoever runs them; what a server needs to be fetched stays.
for name in [name for name in os.environ if name.startswith("ICM_")]:
    if not name.startswith("ICM_TEST_") and name not in ("ICM_MAVEN_MIRROR", "ICM_JAVA_HOME"):
        del os.environ[name]
# An example that is slow beside other work is no failure; in CI that is hypothesis's own profile.
settings.register_profile("patient", parent=settings.default, deadline=None)
settings.load_profile("patient")
VERSION = os.environ.get("ICM_TEST_NEO4J_VERSION") or "2026.09.0"
JARS = ROOT / ".icm" / "neo4j" / f"jars-{VERSION}"
AOT_CACHE_SINCE = 25
"""The Java that can write its classes down in one run."""
PLANS_STAY = """dbms.cypher.min_replan_interval=10h
dbms.cypher.statistics_divergence_threshold=1.0
"""
"""Each test loads another world, and each would have all queries planned anew. That was most of the suite's time. Tests
of plans have a server of their own."""


LONG_RUN = bool({"ICM_TEST_SEQUENCES", "ICM_TEST_INTERLEAVINGS"} & os.environ.keys()) or (
    int(os.environ.get("ICM_TEST_EXAMPLES") or 1) > 20
)
QUICK = () if LONG_RUN else ("-XX:TieredStopAtLevel=1",)
"""It lives for minutes and plans every query once: the better compiler would never earn what it costs. In a long run of
the same queries it does: three times the speed."""


def small_neo4j(home: Path, *, java_flags: tuple[str, ...] | None = None, **changes: Any) -> LocalNeo4j:
    settings: dict[str, Any] = {
        "home": home,
        "version": VERSION,
        "jars": JARS,
        "mirror": GIVEN.maven_mirror,
        "java_home": GIVEN.java_home,
        # Below the system's range for outgoing connections, and rarely that of a session beside this one.
        "port": random.randrange(20_000, 32_000),
        "heap": "512m",
        "page_cache": "64m",
        "transaction_memory": "256m",
        "java_flags": (*QUICK, *class_cache()) if java_flags is None else java_flags,
    }
    return LocalNeo4j(**(settings | changes))


def class_cache() -> tuple[str, ...]:
    """The flag by which Java finds the server's classes as they lay in memory: a start then takes half as long.

    The first server of a clone writes them; those that start meanwhile go without. So does a Java that finds jars other
    than those it was written with: it says so in the server's log.
    """
    path = JARS / "classes" / "server.aot"
    with alone(private_folder(path.parent), wait=False) as ours:
        if ours and not path.exists() and find_java(GIVEN.java_home, VERSION).major >= AOT_CACHE_SINCE:
            new = path.with_suffix(".new")
            with guarded_folder() as home:
                server = small_neo4j(home, java_flags=(*QUICK, f"-XX:AOTCacheOutput={new}"))
                server.start()
                server.stop(timeout=300)
            new.rename(path)
    return (f"-XX:AOTCache={path}",) if path.exists() else ()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of xdist hands on what it compared."""
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["compared"] = dict(COMPARED)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    COMPARED.update(getattr(node, "workeroutput", {}).get("compared", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for what, number in sorted(COMPARED.items()):
        terminalreporter.write_line(f"compared {what}: {number:,}")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out what is marked long, unless ICM_TEST_ALL is true or it was asked for by name.

    Of what is left then, ``ICM_TEST_PART=2/4`` runs each fourth test, from the second on. Files that start servers of
    their own go first: at the end one would keep one side waiting.
    """
    if os.environ.get("ICM_TEST_ALL") != "true" and not any("::" in word for word in config.args):
        long = [item for item in items if item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if not item.get_closest_marker("long")]
    part = items[part_of(os.environ.get("ICM_TEST_PART") or "1/1")]
    config.hook.pytest_deselected(items=list(set(items).difference(part)))
    items[:] = part
    own = {item.path for item in items if {"small_server", "guarded_home"} & set(getattr(item, "fixturenames", ()))}
    items.sort(key=lambda item: item.path not in own)


@pytest.fixture(scope="session")
def small_server() -> Callable[..., LocalNeo4j]:
    """Makes a small managed server for tests of the server itself: ``small_server(home, **changes)``."""
    return small_neo4j


@pytest.fixture
def guarded_home() -> Iterator[Path]:
    """A temporary ICM_HOME; a server left running in it is ended."""
    with guarded_folder() as home:
        yield home


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The session's PostgreSQL. It fails where none is installed."""
    with cluster() as server:
        yield server


@pytest.fixture(scope="session")
def neo4j_connection() -> Iterator[Connection]:
    """The session's Neo4j, empty at its start."""
    where = os.environ.get("ICM_TEST_NEO4J") or "local"
    if where in ("local", "container"):
        with guarded_folder(MEMORY if where == "local" else None) as home:
            write(private_folder(home / "neo4j") / "local.conf", PLANS_STAY)
            server = small_neo4j(home)
            with nullcontext(server.start()) if where == "local" else neo4j_container(server) as found:
                yield found
    elif "://" in where:
        given = connection(GIVEN.model_copy(update={"neo4j_uri": where}))
        answer = answer_of(given)
        if answer not in (Answer.READY, None):
            pytest.fail(f"ICM_TEST_NEO4J is {where}: {answer.value}")
        yield given
    else:
        pytest.fail(f"ICM_TEST_NEO4J is {where!r}: use local, container or the URI of a Neo4j")
