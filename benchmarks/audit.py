"""``make bench-audit``: pairs of intent and outcome a second, durably kept, and the time to verify 1,000,000 records.

Both on the audit in SQLite, in a temporary folder. The pairs are recorded by threads of one process, as by one of the
API (1, 64 and 128 of them, 10 seconds each). Verified is a store of as many records as asked, by the command itself,
with its checkpoint. ARGS="--records 100000 --seconds 3" measures less.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from icmgraph import keys
from icmgraph.audit import AuditStore, Signer
from icmgraph.audit.canonical import JSON, canonical
from icmgraph.audit.head import GENESIS
from icmgraph.settings import Settings

THREADS = (1, 64, 128)
NOW = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
RECORD = "00000000-0000-4000-8000-000000000000"
PARAMETERS: dict[str, JSON] = {"id": RECORD, "depth": 2, "kinds": ["phone", "account"]}


def pairs_a_second(store: AuditStore, threads: int, seconds: float) -> float:
    """Each thread records one pair after the other, as a request does."""
    end = time.monotonic() + seconds
    done = [0] * threads

    def work(number: int) -> None:
        while time.monotonic() < end:
            id = store.intent(who=f"user-{number}", action="expand", kind="read", parameters=PARAMETERS, at=NOW)
            store.outcome(id, result="ok", records=[RECORD], at=NOW)
            done[number] += 1

    workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    began = time.monotonic()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(done) / (time.monotonic() - began)


def chain(records: int) -> Iterator[dict[str, Any]]:
    """Pairs of records as ``AuditStore.export`` gives them."""
    before = GENESIS
    process = {"boot": "invented", "pid": 1, "start": "invented"}
    for seq in range(1, records + 1):
        id, at = str(UUID(int=seq)), NOW.isoformat(timespec="microseconds")
        body: dict[str, Any] = {"v": 1, "seq": seq, "id": id, "process": process, "at": at}
        if seq % 2:
            body |= {"type": "intent", "who": f"user-{seq % 97}", "action": "expand", "kind": "read"}
            body |= {"parameters": PARAMETERS}
        else:
            body |= {"type": "outcome", "intent": str(UUID(int=seq - 1)), "result": "ok", "recovered": False}
            body |= {"records": [RECORD]}
        digest = sha256(before + canonical(body)).digest()
        yield {"seq": seq, "prev": before.hex(), "hash": digest.hex(), "body": body}
        before = digest


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--records", type=int, default=1_000_000)
    given.add_argument("--seconds", type=float, default=10)
    asked = given.parse_args()
    with tempfile.TemporaryDirectory(prefix="icmgraph-bench-") as folder:
        for threads in THREADS:
            store = AuditStore(f"sqlite:///{folder}/pairs-{threads}.db")
            rate = pairs_a_second(store, threads, asked.seconds)
            print(f"{threads:>3} threads: {rate:>7,.0f} pairs/s", flush=True)
            assert store.verify().ok
            store.close()
        home = Path(folder) / "home"
        home.mkdir(0o700)
        with closing(AuditStore(Settings(home=home).audit_address)) as store:
            store.load(chain(asked.records))
            store.checkpoint(Signer(keys.create_audit(home)))
        began = time.monotonic()
        ended = subprocess.run(
            [sys.executable, "-c", "from icmgraph.cli import app; app()", "audit", "verify", "--json"],
            env={**os.environ, "ICM_HOME": str(home)}, text=True, stdout=subprocess.PIPE, check=True,
        )  # fmt: skip
        seconds = time.monotonic() - began
        said = json.loads(ended.stdout.splitlines()[-1])
        assert (said["ok"], said["records"], said["checkpoints"]) == (True, asked.records, 1), said
        print(f"{asked.records:,} records verified in {seconds:.1f} s ({asked.records / seconds:,.0f}/s)")


if __name__ == "__main__":
    main()
