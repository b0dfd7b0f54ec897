"""Writes of a bulk import, as an identity that sees nothing and writes only in cases it opened or was given.

Each row of the source is known by a digest; its mark (:ImportRow) is written in the transaction that
writes what was made of it, so that a run that was killed goes on where it stood, and a second run of
the same importer adds nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from icmgraph.audit import JSON
from icmgraph.errors import OperatorError
from icmgraph.model.access import Own
from icmgraph.queries.assertions import Batch, NewLink, NewRecord, exactly
from icmgraph.queries.entered import asserted, entry
from icmgraph.queries.gateway import Row, Transaction
from icmgraph.queries.labels import Interner
from icmgraph.queries.operator import Operator

ABANDONED = timedelta(hours=1)
"""After its last write the matches of an import that was not closed are told: it was killed."""

Part = TypeVar("Part", NewRecord, NewLink)


@dataclass(frozen=True, slots=True)
class NewCase:
    """A case to open. ``told``: what its Entry says of where it came from."""

    id: str
    digest: str
    number: str
    title: str
    kind: str
    category: str | None
    status: str
    opened: date
    closed: date | None
    unit: str
    open_to: frozenset[str]
    agent: str
    entry: str
    assignment: str
    about: str
    told: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Piece:
    """What several rows may say: written unless ``id`` is in the graph, the id of its first record or of its link."""

    id: str
    records: Sequence[NewRecord] = ()
    links: Sequence[NewLink] = ()


@dataclass(frozen=True, slots=True)
class Content:
    """What one row asserts, in ``cases``, which the same importer has opened, or was given.

    ``own`` of each part names its cases; the cases' caveats are added when it is written.

    Attributes:
        records, links: what this row alone says.
        pieces: what other rows may say too; a piece stands after those that it builds on.
    """

    digest: str
    cases: frozenset[str]
    records: Sequence[NewRecord]
    links: Sequence[NewLink]
    pieces: Sequence[Piece] = ()


class Importer:
    """One importer's writes. Each call is one intent and one transaction.

    Args:
        given: a case that the operator named for it to write in.
        deconflict: what is written is a check too, whose hits come in one notice for each side, after ``close``;
            if that never comes, some time after the last write.
    """

    def __init__(self, operator: Operator, name: str, given: str | None = None, *, deconflict: bool = False) -> None:
        self._operator = operator
        self.name = name
        self._given = [given] if given is not None else []
        self._run = operator.source.uuid() if deconflict else None

    def close(self) -> None:
        """Everything is written: let those concerned be told."""
        if self._run is not None:
            now = self._operator.source.now()
            self._operator.write("import.close", {"import": self._run}, lambda tx: self._keep(tx, now, now))

    def _keep(self, tx: Transaction, now: datetime, due: datetime) -> None:
        tx.control("put_digest_run", id=self._run, at=now, due=due)

    def known(self, digests: Iterable[str]) -> set[str]:
        """Those of these rows that were imported."""
        wanted = sorted(digests)
        return self._operator.gateway.read(lambda tx: _known(tx, wanted)) if wanted else set()

    def existing(self, ids: Iterable[str]) -> set[str]:
        """Those of these records that are in the graph."""
        return {id for _, id in self._labels(ids)}

    def standing(self, records: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
        """Those of these records, given as (label, id), that are in the graph."""
        wanted = set(records)
        return wanted & self._labels(id for _, id in wanted)

    def _labels(self, ids: Iterable[str]) -> set[tuple[str, str]]:
        wanted = sorted(ids)
        if not wanted:
            return set()
        rows = self._operator.gateway.read(lambda tx: tx.control("record_labels", ids=wanted))
        return {(row["label"], row["id"]) for row in rows}

    def cases(self, ids: Iterable[str]) -> dict[str, str]:
        """Those of these cases that it may write in, with their status (open, closed)."""
        wanted = sorted(ids)
        rows = self._operator.gateway.read(lambda tx: self._cases(tx, wanted)) if wanted else []
        return {row["id"]: row["status"] for row in rows}

    def _cases(self, tx: Transaction, ids: list[str]) -> list[Row]:
        return tx.control("importer_cases", ids=ids, by=self.name, given=self._given)

    def announce(self, case: str, told: Mapping[str, Any]) -> None:
        """Tell the history of a case that was given that this importer begins to write in it."""

        def work(tx: Transaction) -> None:
            caveats = {row["id"]: tuple(row["caveats"]) for row in self._cases(tx, [case])}
            if case not in caveats:
                raise OperatorError(_FOREIGN)
            batch = Batch(self.name, self._operator.source.now())
            batch.entry(
                self._operator.source.uuid, Own((case,), (), caveats[case]), "case.import", [("Case", case)], told
            )
            batch.put(tx)

        self._operator.write("import.begin", {"case": case}, work)

    def open_cases(self, cases: Sequence[NewCase]) -> None:
        """Open cases, each with its unit, openness, agent and Entry; their expressions are interned."""

        def work(tx: Transaction, interner: Interner) -> tuple[None, bool]:
            known = _known(tx, [case.digest for case in cases])
            new = [case for case in cases if case.digest not in known]
            if not new:
                return None, False
            interner.openness = {case.id: case.open_to for case in new}
            batch = Batch(self.name, self._operator.source.now())
            for case in new:
                _record(batch, case)
            batch.put(tx, interner.intern)
            exactly(tx, "place_cases", [{"case": case.id, "unit": case.unit} for case in new])
            opened = [{"case": case.id, "unit": unit} for case in new for unit in sorted(case.open_to)]
            if opened:
                exactly(tx, "open_cases_to", opened)
            exactly(tx, "assign", [_agent(case) for case in new])
            tx.control("create_import_rows", rows=[case.digest for case in new])
            return None, True

        self._operator.govern("import.cases", {"cases": len(cases)}, work)

    def put(self, contents: Sequence[Content]) -> None:
        """Write content of rows that are not imported yet.

        Raises:
            OperatorError: a case that this importer neither opened nor was given.
        """

        def work(tx: Transaction) -> None:
            known = _known(tx, [content.digest for content in contents])
            new = [content for content in contents if content.digest not in known]
            wanted = sorted({case for content in new for case in content.cases})
            caveats = {row["id"]: tuple(row["caveats"]) for row in self._cases(tx, wanted)}
            if len(caveats) != len(wanted):
                raise OperatorError(_FOREIGN)
            batch = Batch(self.name, self._operator.source.now())
            for content in new:
                batch.records += [_owned(record, caveats) for record in content.records]
                batch.links += [_owned(link, caveats) for link in content.links]
            for piece in _missing(tx, new):
                batch.records += [_owned(record, caveats) for record in piece.records]
                batch.links += [_owned(link, caveats) for link in piece.links]
            tx.control("create_import_rows", rows=[content.digest for content in new])
            batch.put(tx)
            if self._run is not None and (parts := asserted(batch)):
                properties = entry(self._operator.source.uuid(), batch, parts, None)
                tx.control("create_entered", user=None, properties={**properties, "run": self._run})
                self._keep(tx, batch.at, batch.at + ABANDONED)

        told: dict[str, JSON] = {} if self._run is None else {"import": self._run}
        self._operator.write("import.content", {"rows": len(contents), **told}, work)


_FOREIGN = "an importer writes only in cases that it opened, or that the operator gave it"


def _missing(tx: Transaction, contents: Iterable[Content]) -> list[Piece]:
    """The pieces of these contents that are not in the graph, each once."""
    pieces: dict[str, Piece] = {}
    for content in contents:
        for piece in content.pieces:
            pieces.setdefault(piece.id, piece)
    nodes = [piece.id for piece in pieces.values() if piece.records]
    links = [piece.id for piece in pieces.values() if not piece.records]
    there = {row["id"] for row in tx.control("record_labels", ids=nodes)} if nodes else set()
    there |= {row["id"] for row in tx.control("existing_links", ids=links)} if links else set()
    return [piece for piece in pieces.values() if piece.id not in there]


def _known(tx: Transaction, digests: list[str]) -> set[str]:
    return {row["digest"] for row in tx.control("imported_rows", digests=digests)}


def _record(batch: Batch, case: NewCase) -> None:
    own = Own((case.id,))
    batch.record(
        "Case", case.id, own, number=case.number, title=case.title, kind=case.kind, category=case.category,
        status=case.status, opened=case.opened, closed=case.closed, closed_to_leaders=False,
    )  # fmt: skip
    ids = iter((case.entry, case.about))
    batch.entry(lambda: next(ids), own, "case.import", [("Case", case.id)], case.told)


def _agent(case: NewCase) -> dict[str, Any]:
    row = {"id": case.assignment, "user": case.agent, "case": case.id, "starts": None, "ends": None}
    return {**row, "functions": ["read", "write"], "agent": True}


def _owned(part: Part, caveats: Mapping[str, tuple[str, ...]]) -> Part:
    needed = sorted({caveat for case in part.own.cases for caveat in caveats[case]})
    return replace(part, own=Own(part.own.cases, (), tuple(needed))) if needed else part
