"""The composition root: settings -> database -> gateway -> sessions -> application or command.

Nothing else constructs these.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from icmgraph import keys as key_files
from icmgraph.audit import AuditStore
from icmgraph.home import mark_used
from icmgraph.keys import Keys
from icmgraph.local_neo4j import connection
from icmgraph.model.source import SourceFactory, SystemSource, system_source
from icmgraph.queries import catalogue
from icmgraph.queries.gateway import Gateway
from icmgraph.queries.policy import Policy
from icmgraph.queries.recovery import recover
from icmgraph.queries.session import Sessions
from icmgraph.settings import Settings


@dataclass(frozen=True)
class Platform:
    """Everything one process shares."""

    settings: Settings
    keys: Keys
    gateway: Gateway
    policy: Policy
    audit: AuditStore
    sessions: Sessions

    def close(self) -> None:
        self.gateway.close()
        self.audit.close()


def open_gateway(settings: Settings) -> Gateway:
    """The gateway to the graph that the settings name.

    Raises:
        OperatorError: no managed server runs, and no other is named.
        GraphUnavailable: it does not answer, or refuses the password.
    """
    where = connection(settings)
    gateway = Gateway(where.uri, where.user, where.password, where.database, catalogue.load())
    try:
        gateway.verify()
    except BaseException:
        gateway.close()
        raise
    return gateway


def open_platform(settings: Settings, source: SourceFactory = system_source) -> Platform:
    """Open the graph and the audit store, and settle what a killed process left open.

    Raises:
        OperatorError: not initialised yet, or the graph is not there; says what to run.
    """
    keys = key_files.read(settings.key_file)
    mark_used(settings.home)
    gateway = open_gateway(settings)
    audit = AuditStore(settings.audit_address)
    policy = Policy(gateway)
    sessions = Sessions(gateway, policy, audit, source)
    recover(gateway, audit, SystemSource())
    return Platform(settings, keys, gateway, policy, audit, sessions)


def initialise(settings: Settings) -> None:
    """Make the key, the schema and the epoch. A second call changes nothing."""
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings.home.chmod(0o700)
    key_files.create(settings.key_file)
    gateway = open_gateway(settings)
    try:
        gateway.apply_schema()
        gateway.write(lambda tx: tx.control("create_epoch"))
    finally:
        gateway.close()


@contextmanager
def platform(settings: Settings, source: SourceFactory = system_source) -> Iterator[Platform]:
    """``open_platform``, closed at the end."""
    opened = open_platform(settings, source)
    try:
        yield opened
    finally:
        opened.close()
