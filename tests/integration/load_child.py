"""A load that kills its own process: through the server after so many parts, past it at a named place."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from icmgraph import loading
from icmgraph.ingest.bulk import live, offline
from icmgraph.local_neo4j import LocalNeo4j, transfer
from icmgraph.queries import migrations
from icmgraph.queries.loader import Loader
from icmgraph.settings import Settings
from tests.conftest import small_neo4j


def die(*_: Any, **__: Any) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


def after(times: int, function: Callable[..., Any]) -> Callable[..., Any]:
    left = [times]

    def counted(*args: Any, **named: Any) -> Any:
        found = function(*args, **named)
        left[0] -= 1
        if left[0] == 0:
            die()
        return found

    return counted


def main() -> None:
    home, folder, way, place = sys.argv[1:]
    LocalNeo4j.of = lambda settings: small_neo4j(settings.home)  # type: ignore[method-assign]
    if way == "live":
        for name in ("CASES_A_PART", "RECORDS_A_PART", "LINKS_A_PART"):
            setattr(live, name, 5)
        Loader.put = after(int(place), Loader.put)  # type: ignore[method-assign]
    elif place == "files":
        offline.write_files = die
    elif place == "import":
        # The tool has begun: what it was to replace is gone.
        began = transfer.import_full

        def half(server: LocalNeo4j, nodes: Any, links: Any, report: Any) -> None:
            began(server, nodes[:3], [], report)
            die()

        transfer.import_full = half
    elif place == "started":
        migrations.migrate = die
    elif place == "indexes":
        migrations.migrate = after(1, migrations.migrate)
    loading.load(Settings(home=Path(home)), Path(folder), Path(home) / "rejects.jsonl", past_server=way == "offline")


if __name__ == "__main__":
    main()
