"""The composition root: settings -> database -> gateway -> sessions -> application or command.

Nothing else constructs these.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass

from icmgraph import home
from icmgraph import keys as key_files
from icmgraph.audit import AuditStore
from icmgraph.keys import Keys
from icmgraph.local_neo4j import connection
from icmgraph.model.source import SourceFactory, SystemSource, system_source
from icmgraph.queries import catalogue, migrations
from icmgraph.queries.asking import Asking
from icmgraph.queries.gateway import Gateway
from icmgraph.queries.operator import Operator
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
    home.require_whole(settings.home)
    keys = key_files.read(settings.key_file)
    home.mark_used(settings.home)
    with ExitStack() as opened:
        gateway = opened.enter_context(closing(open_gateway(settings)))
        migrations.require_current(gateway)
        audit = opened.enter_context(closing(AuditStore(settings.audit_address, keys.audit)))
        policy = Policy(gateway)
        asking = Asking(keys.identifiers, settings.check_daily)
        sessions = Sessions(gateway, policy, audit, source, asking)
        _recover(settings, gateway, audit)
        opened.pop_all()
    return Platform(settings, keys, gateway, policy, audit, sessions)


def _recover(settings: Settings, gateway: Gateway, audit: AuditStore) -> None:
    """Settle what was left open; after a restore also what the backup holds of processes that may still live."""
    restored = home.restored(settings.home)
    recover(gateway, audit, SystemSource(), upto=restored["audit_records"] if restored else 0)
    if restored:
        said = {"made": restored["made"], "records": restored["audit_records"]}
        Operator(gateway, audit, SystemSource()).read("restore", said, lambda: None)
        home.forget_restore(settings.home)


def initialise(settings: Settings) -> None:
    """Make the keys, the schema and the epoch. A second call changes nothing."""
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings.home.chmod(0o700)
    home.require_whole(settings.home)
    key_files.create(settings.key_file)
    key_files.create_audit(settings.home)
    migrate(settings)


def migrate(settings: Settings, progress: migrations.Progress = lambda what, done, of: None) -> list[str]:
    """Bring the graph up to this version; says what was done. Nothing is done to one that is.

    Raises:
        AlreadyRunning: the API of this home runs.
        OperatorError: the graph is newer than this version.
    """
    home.require_whole(settings.home)
    key_files.read(settings.key_file)
    with closing(open_gateway(settings)) as gateway:
        found = migrations.standing(gateway)
        if found.begun and found.current:
            return []
        with home.served_by_nobody(settings.home), closing(AuditStore(settings.audit_address)) as audit:
            return migrations.migrate(gateway, Operator(gateway, audit, SystemSource()), progress)


@contextmanager
def platform(settings: Settings, source: SourceFactory = system_source) -> Iterator[Platform]:
    """``open_platform``, closed at the end."""
    opened = open_platform(settings, source)
    try:
        yield opened
    finally:
        opened.close()
