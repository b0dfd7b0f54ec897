"""What only Python can say of a value: worked out once for each distinct one, on all processors if there are many."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from multiprocessing import get_context
from typing import Any

import polars as pl

from icmgraph.errors import InvalidInput
from icmgraph.ingest.bulk.interchange import WHY
from icmgraph.model.checks import NAME_KINDS
from icmgraph.model.dates import PartialDate
from icmgraph.model.identifiers import IdentifierKind, normalise
from icmgraph.model.names import name_keys

MANY = 100_000
"""Fewer are worked out here, in a second or two: other processes take as long to start."""
CHUNK = 20_000
BETWEEN = "\x1f"
"""Between keys of one name: no key holds it."""

Worked = tuple[str | None, str | None]
"""A value, or why there is none."""


def identifier_key(row: Sequence[str | None]) -> str:
    """Of (kind, as written, region, postcode)."""
    kind, value, region, postcode = row
    return normalise(IdentifierKind(kind or ""), value or "", region=region, postcode=postcode).key


def attribute_keys(row: Sequence[str | None]) -> str:
    """Of (kind, value): the keys of a name; of other kinds none. A birth date must be one."""
    kind, value = row
    if kind == "birth_date":
        PartialDate.parse(value or "")
    return BETWEEN.join(name_keys(value or "", field="value")) if kind in NAME_KINDS else ""


def _chunk(function: Callable[[Sequence[Any]], str | None], rows: Sequence[Sequence[Any]]) -> list[Worked]:
    found: list[Worked] = []
    for row in rows:
        try:
            found.append((function(row), None))
        except InvalidInput as error:
            found.append((None, str(error)))
    return found


def each(function: Callable[[Sequence[Any]], str | None], rows: Sequence[Sequence[Any]]) -> Iterable[Worked]:
    if len(rows) < MANY:
        return _chunk(function, rows)
    chunks = [rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK)]
    return [one for worked in _pool().map(partial(_chunk, function), chunks) for one in worked]


@cache
def _pool() -> ProcessPoolExecutor:
    """Ends with this process. Not forked: polars has threads of its own, and a fork would inherit their locks."""
    return ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("forkserver"))


def look_up(
    frame: pl.DataFrame,
    columns: Sequence[str],
    function: Callable[[Sequence[Any]], str | None],
    out: str,
    where: pl.Expr | None = None,
) -> pl.DataFrame:
    """The frame with the column ``out``: ``function`` of ``columns``, and its refusals in WHY.

    Args:
        where: rows it is asked for; unset: all in which nothing is wrong yet.
    """
    right = pl.col(WHY).is_null()
    asked = frame.filter(right if where is None else right & where).select(columns).unique(maintain_order=True)
    worked = list(each(function, asked.rows()))
    asked = asked.with_columns(
        pl.Series(out, [value for value, _ in worked], dtype=pl.String),
        pl.Series("refused", [why for _, why in worked], dtype=pl.String),
    )
    found = frame.join(asked, on=list(columns), how="left", nulls_equal=True, maintain_order="left")
    return found.with_columns(pl.coalesce(WHY, "refused").alias(WHY)).drop("refused")
