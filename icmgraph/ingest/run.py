"""Carry a plan out, batch by batch: cases first, then what they hold. A killed run goes on where it stood."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from icmgraph.audit import JSON
from icmgraph.errors import InvalidInput
from icmgraph.ingest import mapping as mapping_files
from icmgraph.ingest.accounts import Accounts, State
from icmgraph.ingest.mapping import Mapping
from icmgraph.ingest.plan import Item, Plan, Planner, leftovers
from icmgraph.ingest.rows import Row, Rows, read
from icmgraph.queries.directory import Changes, Directory, apply
from icmgraph.queries.gateway import Transaction
from icmgraph.queries.importer import Importer
from icmgraph.queries.labels import Interner
from icmgraph.queries.operator import Operator

CASES_A_BATCH = 500
"""Cases opened in one transaction, under the epoch's lock: a third of a second, in which nobody's grants move."""
ROWS_A_BATCH = 500
"""Rows whose content is written in one transaction: a third of a second. With 1000 the whole takes as long."""

CHANGED = "has changed since this importer took it; correct the record in its case"

Progress = Callable[[str, int, int], None]
"""(what is being done, how much is done, of how much)."""


@dataclass
class Report:
    """What a run did. ``tables``: each row of the source, accounted for; ``rules``: rows by the rule that took them."""

    importer: str
    mapping: str
    source: str
    tables: list[dict[str, Any]]
    rules: dict[str, int]
    mapped_away: dict[str, int]
    rejected: dict[str, int]
    rejects: int
    units: dict[str, str]
    users: dict[str, str]
    cases: dict[str, str]
    seconds: dict[str, float] = field(default_factory=dict)


def run(
    source: Path,
    mapping: Mapping,
    importer: str,
    key: bytes,
    operator: Operator,
    progress: Progress = lambda what, done, of: None,
    *,
    deconflict: bool = False,
) -> tuple[Report, Accounts]:
    """Import ``source``. ``operator`` acts as the importer; ``key`` is the deployment's, for imports.

    ``deconflict``: what is written now is checked against what others hold and registered, after the import.

    Raises:
        InvalidInput: the source cannot be read, or the mapping does not fit it; nothing was written.
    """
    seconds: dict[str, float] = {}
    began = time.monotonic()
    progress("reading", 0, 1)
    rows = read(source)
    accounts = Accounts()
    progress("applying the mapping", 0, 1)
    plan = Planner(mapping, rows, importer, key, accounts).make()
    seconds["plan"] = round(time.monotonic() - began, 1)
    _directory(plan, mapping, operator, accounts)
    writer = Importer(operator, importer, deconflict=deconflict)
    _write(plan, writer, accounts, progress)
    writer.close()
    leftovers(mapping.ignore, rows, accounts)
    seconds["all"] = round(time.monotonic() - began, 1)
    return _report(mapping, importer, rows, plan, accounts, seconds), accounts


def _directory(plan: Plan, mapping: Mapping, operator: Operator, accounts: Accounts) -> None:
    """Units and people that do not exist yet; those that do stay as they are."""
    directory = Directory(
        units=[unit for unit, _, _ in plan.units],
        users=[user for user, _, _, _ in plan.users],
        grants=[grant for _, grant, _, _ in plan.users],
    )

    def work(tx: Transaction, interner: Interner) -> tuple[Changes, bool]:
        now = tx.control("read_epoch")[0]["now"]
        changes = apply(tx, directory, now, operator.source.uuid, only_missing=True)
        return changes, changes.any

    said: dict[str, JSON] = {"mapping": mapping.name, "units": len(directory.units), "users": len(directory.users)}
    changes = operator.govern("import.directory", said, work)
    made = [(unit.id, row, seen) for unit, row, seen in plan.units]
    made += [(user.id, row, seen) for user, _, row, seen in plan.users]
    for id, row, seen in made:
        state = State.IMPORTED if id in changes.new else State.ALREADY
        _settle(accounts, row, state, plan.rule_of[id], seen)


def _write(plan: Plan, importer: Importer, accounts: Accounts, progress: Progress) -> None:
    total = len(plan.cases) + len(plan.contents)
    done = 0
    for cases, contents in _batches(plan):
        writes: list[tuple[Sequence[Item], Callable[[list[Any]], None]]] = [(cases, importer.open_cases)]
        writes += [(chunk, importer.put) for chunk in _chunks(contents)]
        for chunk, put in writes:
            new = _fresh(chunk, importer, accounts)
            if new:
                put([item.payload for item in new])
            for item in new:
                _settle(accounts, item.row, State.IMPORTED, item.rule, item.read)
            done += len(chunk)
            progress("writing", done, total)


def _settle(accounts: Accounts, row: Row | None, state: State, rule: str, seen: Sequence[Row]) -> None:
    if row is None:  # made of no row: what it read is all there is to settle
        accounts.settle_read(state, seen)
    else:
        accounts.settle(row, state, rule, seen)


def _batches(plan: Plan) -> Iterator[tuple[Sequence[Item], Sequence[Item]]]:
    """Cases, and with them all content whose last case is among them; what content refers to comes before it."""
    batch_of = {item.payload.id: number // CASES_A_BATCH for number, item in enumerate(plan.cases)}
    contents: dict[int, list[Item]] = defaultdict(list)
    for item in plan.contents:
        contents[max(batch_of[case] for case in item.cases)].append(item)
    for number, start in enumerate(range(0, len(plan.cases), CASES_A_BATCH)):
        yield plan.cases[start : start + CASES_A_BATCH], contents[number]


def _chunks(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    for start in range(0, len(items), ROWS_A_BATCH):
        yield items[start : start + ROWS_A_BATCH]


def _fresh(items: Sequence[Item], importer: Importer, accounts: Accounts) -> list[Item]:
    """Those not imported yet. A node that was imported when it said something else is rejected."""
    known = importer.known(item.digest for item in items)
    left = [item for item in items if item.digest not in known]
    changed = importer.existing(item.primary for item in left if item.primary is not None) if left else set()
    for item in items:
        if item.digest in known:
            _settle(accounts, item.row, State.ALREADY, item.rule, item.read)
        elif item.primary in changed:
            if item.row is None:
                raise InvalidInput(f"rule {item.rule} {CHANGED}")
            accounts.reject(item.row, CHANGED, item.read)
    return [item for item in left if item.primary not in changed]


def _report(
    mapping: Mapping, importer: str, rows: Rows, plan: Plan, accounts: Accounts, seconds: dict[str, float]
) -> Report:
    ignored = {rule.name for rule in mapping.ignore} | {name for name in accounts.made if name.startswith("(")}
    return Report(
        importer=importer,
        mapping=mapping.name,
        source=mapping.source,
        tables=accounts.totals(rows),
        rules={name: count for name, count in accounts.made.items() if name not in ignored},
        mapped_away={name: count for name, count in accounts.made.items() if name in ignored},
        rejected=dict(Counter(reject.reason for reject in accounts.rejects).most_common()),
        rejects=len(accounts.rejects),
        units=plan.keys["units"],
        users=plan.keys["users"],
        cases=plan.keys["cases"],
        seconds=seconds,
    )


__all__ = ["Progress", "Report", "mapping_files", "run"]
