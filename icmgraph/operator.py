"""The Python face for operators: what the operator commands do, in process, on the server's machine.

    with operator.platform(operator.Settings()) as opened:
        opened.audit.verify()

Whoever runs this reads the database's password and the deployment's key: it is root on every case.
"""

from __future__ import annotations

from collections.abc import Callable

from icmgraph.bootstrap import Platform, initialise, open_platform, platform
from icmgraph.doctor import Finding
from icmgraph.doctor import run as doctor
from icmgraph.local_neo4j import LocalNeo4j
from icmgraph.settings import Settings

__all__ = [
    "Finding",
    "LocalNeo4j",
    "Platform",
    "Settings",
    "doctor",
    "initialise",
    "open_platform",
    "platform",
    "serve",
]


def serve(settings: Settings, ready: Callable[[str], None] = lambda address: None) -> None:
    """Run the API until SIGTERM or SIGINT. ``ready`` is called with its address.

    Raises:
        AlreadyRunning: another process serves this ICM_HOME.
        OperatorError: the port is taken, the graph is not there, no issuer of tokens is named ...
    """
    # The web server is wanted by no other function here.
    from icmgraph.api.serve import serve as run

    run(settings, platform, ready)
