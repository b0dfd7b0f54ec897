"""Imports a table and kills itself in the middle of a transaction: ``table_child QUERY CALL FOLDER``.

The folder holds the table and the mapping. Standard input holds the database's uri, user, password and name.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from icmgraph.queries import catalogue
from icmgraph.queries.gateway import Gateway, Row, Transaction
from tests.integration import tables

if __name__ == "__main__":
    query, call, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
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
    tables.import_file(gateway, folder, folder / "t.csv", batch=2)
