"""Starting and stopping the demo: its Neo4j, its world, its API, its tokens."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from icmgraph.api.tokens import LocalIssuer
from icmgraph.audit import AuditStore
from icmgraph.bootstrap import initialise, open_gateway, platform
from icmgraph.demo import load, world
from icmgraph.demo.api import DemoApi
from icmgraph.errors import AlreadyRunning, AuditUnavailable, GraphUnavailable
from icmgraph.home import mark_only_demo, mark_used
from icmgraph.local_neo4j import LocalNeo4j
from icmgraph.local_neo4j.files import alone, disk_errors, private_folder, sweep, write
from icmgraph.model.source import SystemSource
from icmgraph.queries import migrations
from icmgraph.queries.operator import Operator
from icmgraph.settings import Settings

TOKEN_HOURS = 12
LOADS_TRIED, PAUSE_S = 3, 2.0
"""A Neo4j that has just started on a busy machine may take longer over its first questions than they are given."""
HARMLESS = frozenset({load.ACTION, "deconflict.check", "deconflict.notify", "inbox.acknowledge"})
"""Writes that add nothing of anybody's to the demo world: its load, and trying the printed commands."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Running:
    """A demo that runs."""

    address: str
    world: world.World
    tokens: Path


def start(settings: Settings, say: Say, progress: load.Progress) -> Running:
    """Bring everything up that is not up, and renew the tokens.

    Args:
        say: told what is under way.
        progress: told how far the load is.

    Raises:
        AlreadyRunning: another ``demo`` is at it, or somebody else serves this home.
        OperatorError: the graph holds something else, or something did not come up; says how to mend it.
    """
    settings = _absolute(settings)
    with disk_errors(settings.home), _alone(settings):
        mark_used(settings.home)
        _start_neo4j(settings, say)
        told = world.build()
        for tries_left in reversed(range(LOADS_TRIED)):
            try:
                _load(settings, told, progress)
                break
            except GraphUnavailable:
                if not tries_left:
                    raise
                time.sleep(PAUSE_S)
        address = DemoApi(settings.home).start(settings.api_port, say)
        return Running(address, told, _tokens(settings, told))


def stop(settings: Settings, say: Say) -> None:
    """Stop the API, then Neo4j: what ``start`` has started, nothing else.

    Raises:
        AlreadyRunning: a ``demo`` is at it.
    """
    settings = _absolute(settings)
    if not settings.home.exists():
        say("nothing to stop")
        return
    with _alone(settings):
        say("the API is stopped" if DemoApi(settings.home).stop() else "the API does not run")
        say(_stop_neo4j(settings))
        (mark_only_demo if only_demo(settings) else mark_used)(settings.home)


def only_demo(settings: Settings) -> bool:
    """Nothing but the demo world was ever written here, says the audit. Needs no server."""
    data = settings.home / "neo4j" / "data"
    if not (settings.home / "audit.db").exists():
        return not data.exists()
    audit = AuditStore(settings.audit_address)
    try:
        bodies = (entry["body"] for entry in audit.export())
        return all(
            body["action"] in HARMLESS for body in bodies if body["type"] == "intent" and body["kind"] == "write"
        )
    except AuditUnavailable:
        return False
    finally:
        audit.close()


def _load(settings: Settings, told: world.World, progress: load.Progress) -> None:
    """What is missing of schema and world; done again, it goes on where it stood."""
    if _is_whole(settings, told):
        return
    initialise(settings)
    with platform(settings) as opened:
        load.load(Operator(opened.gateway, opened.audit, SystemSource()), told, progress)


def _is_whole(settings: Settings, told: world.World) -> bool:
    """The world is there, under the schema of this version: nothing to do, which is quick to see."""
    gateway = open_gateway(settings)
    try:
        return migrations.standing(gateway).current and load.is_whole(gateway, told)
    finally:
        gateway.close()


def _absolute(settings: Settings) -> Settings:
    return settings.model_copy(update={"home": settings.home.absolute()})


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    with alone(private_folder(settings.home / "demo"), wait=False) as ours:
        if not ours:
            raise AlreadyRunning(f"another icmgraph demo is under way in {settings.home}: wait for it")
        sweep(settings.home / "demo")
        yield


# -- Neo4j: which process is the demo's is kept in a file, written before the start and after it


def _neo4j_file(settings: Settings) -> Path:
    return settings.home / "demo" / "neo4j.json"


def _identity(pid: int | None) -> dict[str, float] | None:
    try:
        return {"pid": pid, "started": psutil.Process(pid).create_time()} if pid else None
    except psutil.NoSuchProcess:
        return None


def _start_neo4j(settings: Settings, say: Say) -> None:
    if settings.neo4j_uri is not None:
        return
    server, file = LocalNeo4j.of(settings), _neo4j_file(settings)
    now = server.status()
    if not now.running:
        private_folder(settings.home)
        server.ensure_jars()
        say("starting Neo4j, some 10 seconds ...")
        write(file, json.dumps("starting") + "\n")
        server.start()
    elif not _is_ours(file, _identity(now.pid)):
        return
    write(file, json.dumps(_identity(server.status().pid)) + "\n")


def _is_ours(file: Path, running: dict[str, float] | None) -> bool:
    """The process is the one in the file, or the one that a killed demo was starting."""
    try:
        said = json.loads(file.read_text())
    except (FileNotFoundError, ValueError):
        return False
    return running is not None and said in ("starting", running)


def _stop_neo4j(settings: Settings) -> str:
    if settings.neo4j_uri is not None:
        return "ICM_NEO4J_URI is set: that Neo4j goes on"
    server, file = LocalNeo4j.of(settings), _neo4j_file(settings)
    now = server.status()
    if not now.running:
        return "Neo4j does not run"
    if not _is_ours(file, _identity(now.pid)):
        return "Neo4j was not started by the demo and goes on; icmgraph neo4j stop ends it"
    outcome = server.stop()
    file.unlink(missing_ok=True)
    return "Neo4j is stopped" if outcome != "killed" else "Neo4j did not stop in time and was killed"


def _tokens(settings: Settings, told: world.World) -> Path:
    """A token for each of the cast, named by role."""
    folder = private_folder(settings.home / "tokens")
    folder.chmod(0o700)
    sweep(folder)
    issuer = LocalIssuer.create(settings.home, settings.oidc_audience)
    for role, user in told.story.cast.items():
        write(folder / f"{role}.jwt", issuer.issue(user, TOKEN_HOURS) + "\n")
    return folder
