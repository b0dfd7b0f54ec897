"""Acts of the operator on whole cases and on identifiers: merge, destroy, sweep, re-normalise.

Who may decide to merge or destroy is the office's own rule; whoever runs this is root on every case, and each act is
audited as the operator's. All can be stopped: what is left is resumed by ``resume``, and by the API's worker.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from icmgraph.errors import InvalidInput, OperatorError
from icmgraph.model.access import Expression
from icmgraph.model.disclosure import Setting, strictest
from icmgraph.model.identifiers import NORMALISER, IdentifierKind, NormalisedIdentifier, normalise
from icmgraph.model.records import DisclosureMode, utc_text
from icmgraph.queries.assertions import Batch
from icmgraph.queries.gateway import Row, Transaction
from icmgraph.queries.labels import Interner
from icmgraph.queries.operator import Operator
from icmgraph.queries.steps import leave
from icmgraph.queries.tasks import Progress, Tasks
from icmgraph.queries.worked import told

PAGE = 2000
"""Identifiers or relationships a transaction, well under a second."""
CLOSED_S = 60
"""Seconds a page of the sweep keeps writers out for at most, should it be killed."""


class Upkeep:
    """What one operator does."""

    def __init__(self, operator: Operator, tasks: Tasks) -> None:
        self._operator = operator
        self._tasks = tasks

    def resume(self, progress: Progress = lambda kind, done: None) -> int:
        """Carry out what killed processes left. Returns how many acts that were."""
        return self._tasks.run_pending(progress)

    def merge(self, case: str, into: str, reason: str, progress: Progress = lambda kind, done: None) -> None:
        """Two files of one investigation become one: what ``case`` asserts, ``into`` asserts from now on.

        Those assigned to ``case`` are assigned to ``into``; its openness is that of ``into``; of the two disclosure
        modes in force the stricter holds. Caveats stay on the records that have them.

        Raises:
            InvalidInput: not two different cases; one is closed to leaders and the other is not; or the stricter mode
                ends before the other does, so that no single one says both.
        """
        self.resume(progress)

        def work(tx: Transaction, interner: Interner) -> tuple[str, bool]:
            old, new = _case(tx, case, "case"), _case(tx, into, "into")
            if case == into:
                raise InvalidInput("is the same case", field="into")
            if old["properties"]["closed_to_leaders"] != new["properties"]["closed_to_leaders"]:
                raise InvalidInput("one of the two is closed to leaders, the other is not", field="into")
            kept = _disclosure(_setting(old), _setting(new), self._operator.source.now())
            if kept != _setting(new):
                changes = {"disclosure": kept.mode, "disclosure_until": kept.until}
                tx.control("change_record", id=into, changes=changes)
            batch = Batch(self._operator.who, self._operator.source.now())
            own = told((case, into), *(Expression.parse(row["expression"]) for row in (old, new)))
            said = {key: old["properties"].get(key) for key in ("number", "title", "kind", "category", "opened")}
            content = {"merged": said, "reason": reason}
            batch.entry(self._operator.source.uuid, own, "case.merge", [("Case", into)], content)
            batch.put(tx, interner.intern)
            given = {"case": case, "into": into}
            return leave(tx, self._operator.source, self._operator.who, "merge", given), True

        asked = {"case": case, "into": into, "reason": reason}
        self._tasks.run(self._operator.govern("case.merge", asked, work), progress)

    def destroy(self, case: str, reason: str, progress: Progress = lambda kind, done: None) -> dict[str, Any]:
        """Destroy a closed case: what it alone asserts goes for good, what it shared passes to the oldest share.

        Returns:
            the certificate: id, case, reason, by, begun, finished, counts of what was destroyed and passed on.

        Raises:
            InvalidInput: no such case, or it is open.
            OperatorError: a legal hold on something of it.
        """
        self.resume(progress)
        source = self._operator.source
        certificate = source.uuid()

        def work(tx: Transaction, interner: Interner) -> tuple[str, bool]:
            row = _case(tx, case, "case")
            if row["properties"]["status"] != "closed":
                raise InvalidInput("is open; close it first", field="case")
            if held := tx.control("holds_in", case=case)[0]["held"]:
                raise OperatorError(f"a legal hold on {held} of its records and links stops this")
            begun = source.now().isoformat()
            given = {"case": case, "reason": reason, "begun": begun, "certificate": certificate}
            return leave(tx, source, self._operator.who, "destroy", given), True

        asked = {"case": case, "reason": reason, "certificate": certificate}
        self._tasks.run(self._operator.govern("case.destroy", asked, work), progress)
        rows = self._operator.gateway.read(lambda tx: tx.control("certificate", id=certificate))
        return {"id": certificate, **json.loads(rows[0]["body"])}

    def sweep(self, progress: Progress = lambda kind, done: None) -> int:
        """Delete identifiers that nothing ends in any more, and spellings that no name has; writers are kept out
        meanwhile. Returns how many."""
        seen, deleted = 0, 0
        try:
            for action, query in (("sweep.identifiers", "sweep_identifiers"), ("sweep.spellings", "sweep_spellings")):
                for row in self._swept(action, query):
                    seen += row["seen"]
                    deleted += row["deleted"]
                    progress("sweep", seen)
            return deleted
        finally:
            self._operator.write("sweep.open", {}, lambda tx: tx.control("close_writes", seconds=0))

    def _swept(self, action: str, query: str) -> Iterator[Row]:
        """Page by page."""
        after: str | None = ""
        while after is not None:
            self._operator.write("sweep.close", {}, lambda tx: tx.control("close_writes", seconds=CLOSED_S))
            row = self._operator.write(action, {}, lambda tx: tx.control(query, after=after, page=PAGE)[0])  # noqa: B023
            yield row
            after = row["last"] if row["seen"] == PAGE else None

    def renormalise(self, progress: Progress = lambda kind, done: None) -> dict[str, int]:
        """Make the keys again that another version of the normaliser made, each from its own text as written.

        Returns:
            how many were ``moved`` to another identifier, ``kept``, and ``left``: the text is none any more.
        """
        counts = {"moved": 0, "kept": 0, "left": 0}
        after = ""
        while True:
            asked = {"normaliser": NORMALISER, "after": after, "page": PAGE}
            rows = self._operator.gateway.read(lambda tx: tx.control("normalised_by_others", **asked))  # noqa: B023
            if not rows:
                return counts
            changes = [change for row in rows if (change := _again(row, counts)) is not None]
            changes.sort(key=lambda change: str(change["key"]))  # in one order, as every writer merges them
            self._operator.write("renormalise", {"rows": len(rows)}, lambda tx: tx.control("repoint", rows=changes))  # noqa: B023
            after = rows[-1]["id"]
            progress("renormalise", sum(counts.values()))


def _case(tx: Transaction, id: str, field: str) -> Row:
    rows = [row for row in tx.control("record", id=id) if row["label"] == "Case"]
    if not rows:
        raise InvalidInput("no such case", field=field)
    return rows[0]


def _setting(case: Row) -> Setting:
    return Setting(case["properties"].get("disclosure"), case["properties"].get("disclosure_until"))


def _disclosure(old: Setting, new: Setting, now: datetime) -> Setting:
    """The stricter of two that are in force; of two as strict, the one that ends later.

    Raises:
        InvalidInput: it ends before the other, which would be lost.
    """
    modes = old.at(now), new.at(now)
    first, second = (new, old) if strictest(*modes) is modes[1] else (old, new)
    if second.at(now) is DisclosureMode.OPEN or _ends(first) >= _ends(second):
        return first
    if modes[0] is modes[1]:
        return second
    text = (
        f"one case is silent until {utc_text(_ends(first))}, the other is {second.mode} for longer; change one of them"
    )
    raise InvalidInput(text, field="into")


def _ends(setting: Setting) -> datetime:
    return setting.until or datetime.max.replace(tzinfo=UTC)


def _again(row: Row, counts: dict[str, int]) -> dict[str, str] | None:
    kind = IdentifierKind(row["key"].partition(":")[0])
    try:
        end: NormalisedIdentifier = normalise(kind, row["as_written"], region=row["region"], postcode=row["postcode"])
    except InvalidInput:
        counts["left"] += 1
        return None
    counts["kept" if end.key == row["key"] else "moved"] += 1
    value = end.key.partition(":")[2]
    return {"what": row["what"], "id": row["id"], "key": end.key, "kind": kind.value, "value": value,
            "normaliser": NORMALISER}  # fmt: skip
