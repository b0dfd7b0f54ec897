"""Outlives a test session, then stops the Neo4j in HOME and removes HOME: ``python -m tests.watchdog HOME``.

The session holds the other end of standard input; it is closed on leaving and by any kill.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from icmgraph.local_neo4j import LocalNeo4j

if __name__ == "__main__":
    home = Path(sys.argv[1])
    sys.stdin.read()
    # Nothing in it is wanted any more, so there is nothing to wait for.
    for one in (home, *filter(Path.is_dir, home.glob("*"))):  # a test may have several homes in it
        LocalNeo4j(home=one).stop(timeout=0)
    shutil.rmtree(home, ignore_errors=True)
