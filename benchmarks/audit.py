"""``make bench-audit``: pairs of intent and outcome a second, durably kept; the time to verify 1,000,000 records, and
what an auditor waits for on them.

All on the audit in SQLite, in a temporary folder. The pairs are recorded by threads of one process, as by one of the
API (1, 64 and 128 of them, 10 seconds each). Verified is a store of as many records as asked, by the command itself,
with its checkpoint. Its acts are two seconds apart, by 997 persons on 50,021 records in turns; one in five names a
selector.
ARGS="--records 100000 --seconds 3" measures less.
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
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from icmgraph import keys
from icmgraph.audit import AuditStore, Pattern, Private, Question, Signer, repeated
from icmgraph.audit.canonical import JSON, canonical
from icmgraph.audit.head import GENESIS
from icmgraph.audit.sealing import Seal
from icmgraph.settings import Settings

THREADS = (1, 64, 128)
PERSONS, RECORDS = 997, 50_021
SEALED = 5
SECRET = b"an invented deployment key"
PAGE = 51
"""What a page of 50 reads: one more, to know whether there is another."""
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
        id, at = str(UUID(int=seq)), (NOW + timedelta(seconds=seq)).isoformat(timespec="microseconds")
        pair = (seq - 1) // 2
        asked = _id(1, pair * 7919 % RECORDS)
        body: dict[str, Any] = {"v": 1, "seq": seq, "id": id, "process": process, "at": at}
        if seq % 2:
            body |= {"type": "intent", "who": _id(0, pair % PERSONS), "action": "expand", "kind": "read"}
            body |= {"parameters": {**PARAMETERS, "id": asked}}
            if pair % SEALED == 0:
                body["parameters"] = Seal(SECRET, salt_of(seq)).close({"selectors": Private.keys([f"phone:{pair}"])})
        else:
            body |= {"type": "outcome", "intent": str(UUID(int=seq - 1)), "result": "ok", "recovered": False}
            body |= {"records": [asked]}
        digest = sha256(before + canonical(body)).digest()
        yield {"seq": seq, "prev": before.hex(), "hash": digest.hex(), "body": body}
        before = digest


def salt_of(seq: int) -> bytes:
    return sha256(str(seq).encode()).digest()


def salts(records: int) -> Iterator[dict[str, str]]:
    """Of the acts that have sealed a selector."""
    for seq in range(1, records + 1, 2 * SEALED):
        yield {"intent": str(UUID(int=seq)), "bytes": salt_of(seq).hex()}


def _id(kind: int, number: int) -> str:
    return str(UUID(int=(kind << 96) + (4 << 76) + (8 << 60) + number))


def asked_of(store: AuditStore) -> Iterator[tuple[str, Callable[[], int]]]:
    """What an auditor asks, and how many rows it gives."""

    def page(asked: Question) -> Callable[[], int]:
        return lambda: _length(islice(store.search(asked, batch=PAGE), PAGE))

    def counted(asked: Question, pattern: Pattern) -> Callable[[], int]:
        return lambda: len(repeated(store.search(asked), pattern))

    day = timedelta(hours=24)
    of_a_day = Question(until=NOW + day)
    yield "search, all, a page", page(Question())
    yield "search, one person, a page", page(Question(who=_id(0, 5)))
    yield "search, one person, all", lambda: _length(store.search(Question(who=_id(0, 5))))
    yield "search, one record", page(Question(record=_id(1, 0)))
    yield "search, a selector that nobody named", page(Question(terms=frozenset({"phone:none"})))
    yield "patterns, acts by person in 24 h", counted(Question(), Pattern("who", 40, day))
    yield "patterns, persons by record in 24 h", counted(Question(), Pattern("record", 2, day))
    yield (
        "patterns, refusals by person in 1 h",
        counted(Question(result=frozenset({"not_found"})), Pattern("who", 5, timedelta(hours=1))),
    )
    yield "patterns, acts by person of one day", counted(of_a_day, Pattern("who", 40))


def _length(rows: Iterable[object]) -> int:
    return sum(1 for _ in rows)


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
            store.load(chain(asked.records), (), salts(asked.records))
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
        with closing(AuditStore(Settings(home=home).audit_address, SECRET)) as store:
            for what, ask in asked_of(store):
                began = time.monotonic()
                rows = ask()
                print(f"{what}: {time.monotonic() - began:.2f} s, {rows} rows", flush=True)


if __name__ == "__main__":
    main()
