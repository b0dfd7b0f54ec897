"""The Python face for operators: what the operator commands do, in process, on the server's machine.

    with operator.platform(operator.Settings()) as opened:
        report, accounts = operator.import_data(opened, Path("data.zip"), "pole")

Each act is audited as the operator's. Whoever runs this reads the database's password and the deployment's key: it is
root on every case. All raise ``OperatorError``, which says what to run, and ``InvalidInput``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from icmgraph.audit import AuditStore, Verification
from icmgraph.backup import Manifest, backup, restore
from icmgraph.backup import check as check_backup
from icmgraph.bootstrap import Platform, initialise, migrate, open_platform, platform
from icmgraph.doctor import Finding
from icmgraph.doctor import run as doctor
from icmgraph.keys import audit_public
from icmgraph.local_neo4j import LocalNeo4j
from icmgraph.model.source import SystemSource
from icmgraph.queries.operator import Operator
from icmgraph.settings import Settings

if TYPE_CHECKING:
    from icmgraph.ingest.accounts import Accounts
    from icmgraph.ingest.people import PeopleReport
    from icmgraph.ingest.run import Report
    from icmgraph.loading import LoadReport
    from icmgraph.queries.invariants import Result

__all__ = [
    "Finding",
    "LocalNeo4j",
    "Manifest",
    "Platform",
    "Settings",
    "backup",
    "check_backup",
    "check_invariants",
    "doctor",
    "first_administrator",
    "import_data",
    "import_people",
    "initialise",
    "load",
    "migrate",
    "open_platform",
    "platform",
    "restore",
    "serve",
    "verify_audit",
]


def first_administrator(opened: Platform, name: str, contact: str) -> str:
    """The person who may set up people, and sees no case. Returns the id; a second call changes name and contact."""
    from icmgraph.ingest import people

    return people.first_administrator(opened.keys.imports, _operator(opened), name, contact)


def import_people(opened: Platform, file: Path, *, dry_run: bool = False) -> PeopleReport:
    """Make units, people and grants as a CSV file says them; all or, on a mistake in it, nothing."""
    from icmgraph.ingest import people

    return people.import_people(file, opened.keys.imports, _operator(opened), dry_run=dry_run)


def import_data(
    opened: Platform,
    source: Path,
    mapping: str,
    importer: str | None = None,
    progress: Callable[[str, int, int], None] = lambda what, done, of: None,
) -> tuple[Report, Accounts]:
    """Import a zip file or folder of CSV files; what is there already stays.

    Args:
        mapping: the name of one that comes with the project, or a .toml file.
        importer: who imports; the mapping's name if not given.
        progress: called with (what is being done, how much is done, of how much).

    Returns:
        every row accounted for; ``rejects`` of the second, those rejected with their reasons.
    """
    from icmgraph.ingest import mapping as mappings
    from icmgraph.ingest import run

    rules = mappings.load(mapping)
    name = importer or rules.name
    return run.run(source, rules, name, opened.keys.imports, _operator(opened, f"importer:{name}"), progress)


def load(
    settings: Settings,
    folder: Path,
    rejects: Path,
    *,
    past_server: bool = False,
    progress: Callable[[str, int, int], None] = lambda what, done, of: None,
) -> LoadReport:
    """Load a folder of interchange files (docs/load.md).

    Args:
        rejects: where rejected rows go, as JSON lines (0600).
        past_server: by Neo4j's own import, into an empty graph of the managed server, which is stopped meanwhile.
    """
    # Needs the extra "load", which nothing else here wants.
    from icmgraph.loading import load as run

    return run(settings, folder, rejects, past_server=past_server, progress=progress)


def check_invariants(opened: Platform) -> Result:
    """Recompute what carries access on everything, and compare."""
    from icmgraph.queries import invariants

    check = invariants.check
    return _operator(opened).read("invariants.check", {}, lambda: check(opened.gateway, opened.keys.identifiers))


def verify_audit(settings: Settings) -> Verification:
    """Walk the audit from its start, with its checkpoints. Needs no graph."""
    store = AuditStore(settings.audit_address)
    try:
        return store.verify(audit_public(settings.home))
    finally:
        store.close()


def serve(settings: Settings, ready: Callable[[str], None] = lambda address: None, workers: int = 1) -> None:
    """Run the API in so many processes until SIGTERM or SIGINT. ``ready`` is called with its address.

    Raises:
        AlreadyRunning: another process serves this ICM_HOME.
        OperatorError: the port is taken, the graph is not there, no issuer of tokens is named ...
    """
    # The web server is wanted by no other function here.
    from icmgraph.api.serve import serve as run

    run(settings, platform, ready, workers)


def _operator(opened: Platform, who: str = "operator") -> Operator:
    return Operator(opened.gateway, opened.audit, SystemSource(), who)
