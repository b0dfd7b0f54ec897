"""Imports the twin and kills itself in the middle of a transaction: ``import_child QUERY CALL FOLDER``.

Standard input holds the database's uri, user, password and name, one a line.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from icmgraph.audit import AuditStore
from icmgraph.ingest import mapping as mappings
from icmgraph.ingest import run as run_module
from icmgraph.model.source import SystemSource
from icmgraph.queries import catalogue
from icmgraph.queries.gateway import Gateway, Row, Transaction
from icmgraph.queries.operator import Operator
from tests.integration.imports import KEY, TWIN

if __name__ == "__main__":
    query, call, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    run_module.CASES_A_BATCH, run_module.ROWS_A_BATCH = 2, 3
    calls = 0
    control = Transaction.control

    def counted(self: Transaction, name: str, /, **parameters: Any) -> list[Row]:
        global calls
        rows = control(self, name, **parameters)
        calls += name == query
        if calls == call:
            os.kill(os.getpid(), signal.SIGKILL)
        return rows

    Transaction.control = counted  # type: ignore[method-assign]
    uri, user, password, database = sys.stdin.read().split("\n")[:4]
    gateway = Gateway(uri, user, password, database, catalogue.load())
    audit = AuditStore(f"sqlite:///{folder / 'audit.db'}")
    acting = Operator(gateway, audit, SystemSource(), "importer:pole")
    run_module.run(TWIN, mappings.load("pole"), "pole", KEY, acting)
