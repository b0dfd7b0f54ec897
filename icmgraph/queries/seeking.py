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


def sought(view: View, keys: Sequence[str] = (), names: Sequence[str] = ()) -> frozenset[str]:
    """Those of these keys of identifiers, and keys of names or beginnings of them, that are better sought by label."""
    entries = view.scope.entries
    if entries > SEEK_ENTRIES:
        return frozenset()
    all_ = frozenset((*keys, *names))
    if len(all_) * entries > SEEK_FREELY:
        rows = view.tx.control("crowded", keys=list(keys), names=list(names), most=entries)
        all_ = frozenset(row["key"] for row in rows)
    return all_ if len(all_) * entries <= SEEK_ENTRIES else frozenset()


def _parted(keys: Sequence[str], seeks: frozenset[str]) -> tuple[list[str], list[str]]:
    """These keys as those sought by label and those read."""
    return sorted(seeks.intersection(keys)), sorted({*keys} - seeks)


def having(
    view: View, keys: Sequence[str], after: tuple[str, str], most: int, seeks: frozenset[str] | None = None
) -> list[Row]:
    """The subjects that visibly have one of these identifiers, by key and id, after such a pair.

    ``seeks``: of ``sought``, if that was asked for more keys at once.
    """
    by_label, expanded = _parted(keys, sought(view, keys) if seeks is None else seeks)
    return view.run(
        "search_identifier", keys=by_label, expanded=expanded, after_key=after[0], after_id=after[1], limit=most
    )


def named(view: View, keys: Sequence[str], most: int, seeks: frozenset[str]) -> list[Row]:
    """The subjects with names of these keys, at most so many, by the name. ``seeks``: of ``sought``."""
    by_label, ranged = _parted(keys, seeks)
    return view.run("name_hits", keys=by_label, ranged=ranged, limit=most)


def named_alike(view: View, keys: Sequence[str], most: int) -> list[Row]:
    """For each of these name keys, the subjects that have it, if they are not more than ``most``."""
    by_label, ranged = _parted(keys, sought(view, names=keys))
    return view.run("name_holders", keys=by_label, ranged=ranged, most=most)
