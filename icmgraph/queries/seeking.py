"""Whether identifiers and names are sought by key and label, or by key alone: the rows are the same.

A seek by key and label takes as long as the scope is, one by key alone as long as there is something under the key,
hidden or not: the shorter is taken. So what is hidden adds at most what the seek would have taken.
"""

from __future__ import annotations

from collections.abc import Sequence

from icmgraph.queries.gateway import Row
from icmgraph.queries.session import View

SEEK_FREELY = 500
"""Keys times entries of the person's scope up to which they are sought by label without asking whether that is worth
it: an entry costs some 2 to 4 microseconds, whether anything is there or not."""

SEEK_ENTRIES = 20_000
"""Up to which they are sought by label at all: beyond, the largest hubs are read as soon."""


def sought(view: View, keys: Sequence[str], crowded: str = "crowded_keys") -> Sequence[str]:
    """Those of these keys that are better sought by label.

    ``crowded``: the query that finds those under which there is more than a number.
    """
    entries = view.scope.entries
    if entries > SEEK_ENTRIES:
        return []
    if len(keys) * entries > SEEK_FREELY:
        keys = [row["key"] for row in view.tx.control(crowded, keys=keys, most=entries)]
    return keys if len(keys) * entries <= SEEK_ENTRIES else []


def parted(view: View, keys: Sequence[str], crowded: str) -> tuple[list[str], list[str]]:
    """These keys as those sought by label and those read."""
    seeks = sought(view, keys, crowded)
    return sorted(seeks), sorted({*keys}.difference(seeks))


def having(view: View, keys: Sequence[str], after: tuple[str, str], most: int) -> list[Row]:
    """The subjects that visibly have one of these identifiers, by key and id, after such a pair."""
    seeks, expanded = parted(view, keys, "crowded_keys")
    return view.run(
        "search_identifier", keys=seeks, expanded=expanded, after_key=after[0], after_id=after[1], limit=most
    )


def named(view: View, keys: Sequence[str], most: int) -> list[Row]:
    """The subjects with names of these keys, at most so many, by the name."""
    seeks, ranged = parted(view, keys, "crowded_names")
    return view.run("name_hits", keys=seeks, ranged=ranged, limit=most)


def named_alike(view: View, keys: Sequence[str], most: int) -> list[Row]:
    """For each of these name keys, the subjects that have it, if they are not more than ``most``."""
    seeks, ranged = parted(view, keys, "crowded_names")
    return view.run("name_holders", keys=seeks, ranged=ranged, most=most)
