"""Links as arrays: who is next to whom, of which type and under which expression; walked with numba.

A *link* here is a relationship of a walkable type. A *node* is a number, its place in the order of the public ids (16
bytes). A node stands beside each of its links, so a link is kept twice; one from a node to itself once. The numbers are
those of one build, and nothing here is ever changed: who walks goes on with what they have when a newer one is made.

Needs the extra ``memory``: who imports this without it gets an ``OperatorError`` that says so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from icmgraph.errors import OperatorError
from icmgraph.model.records import WALKABLE

try:
    import numpy as np
    import numpy.typing as npt
    from numba import njit
except ImportError:
    raise OperatorError("ICM_MEMORY needs an extra: pip install 'icmgraph[memory]'") from None

F = TypeVar("F", bound=Callable[..., Any])
Bytes = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint32]
Longs = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]

TYPE_BITS = 4
"""Of a link's label: its type's number in WALKABLE; the bits above are its expression's id."""
NOWHERE = -1
"""The place of an id that is not here."""


def compiled(function: F) -> F:
    """Machine code, made when it is first called and kept as Python's own is; other threads go on while it runs."""
    try:
        return cast(F, njit(nogil=True, cache=True)(function))
    except RuntimeError:  # nowhere to keep it
        return cast(F, njit(nogil=True)(function))


def types_of(types: Iterable[str]) -> int:
    """A set of types as bits."""
    return sum(1 << WALKABLE.index(type) for type in set(types))


def raw_ids(texts: Sequence[str]) -> Bytes:
    """UUIDs, or digests of 32 hex digits, as n rows of 16 bytes."""
    return np.frombuffer(bytes.fromhex("".join(texts).replace("-", "")), np.uint8).reshape(-1, 16)


def _halves(raw: Bytes) -> tuple[Longs, Longs]:
    words = np.ascontiguousarray(raw).view(">u8").astype(np.uint64)
    return np.ascontiguousarray(words[:, 0]), np.ascontiguousarray(words[:, 1])


@dataclass(frozen=True, eq=False)
class Adjacency:
    """
    Attributes:
        high, low: the halves of each node's public id; ordered by both.
        key_at: where the key of each node begins among ``keys``; a record's is empty.
        at: where the links of each node begin.
        others, labels: of each link, as the node beside it sees it.
    """

    high: Longs
    low: Longs
    key_at: Words
    keys: bytes
    at: Words
    others: Words
    labels: Words

    @property
    def size(self) -> int:
        """Nodes."""
        return len(self.high)

    @property
    def links(self) -> int:
        return int(len(self.others) + np.count_nonzero(self.others == self._sides())) // 2

    @property
    def nbytes(self) -> int:
        arrays = (self.high, self.low, self.key_at, self.at, self.others, self.labels)
        return sum(array.nbytes for array in arrays) + len(self.keys)

    def _sides(self) -> Words:
        return np.repeat(np.arange(self.size, dtype=np.uint32), np.diff(self.at))

    def places(self, raw: Bytes) -> Places:
        """Of public ids, n rows of 16 bytes; NOWHERE of those that are not here."""
        return _places(self.high, self.low, *_halves(raw))

    def texts(self, places: npt.NDArray[Any]) -> list[str]:
        """What a walk calls these nodes: a record's id, an identifier's key."""
        raw = np.empty((len(places), 2), ">u8")
        raw[:, 0], raw[:, 1] = self.high[places], self.low[places]
        text = raw.tobytes().hex()
        begins, ends, keys = self.key_at[places].tolist(), self.key_at[places + 1].tolist(), self.keys
        return [
            keys[begin:end].decode()
            if end > begin
            else f"{text[n : n + 8]}-{text[n + 8 : n + 12]}-{text[n + 12 : n + 16]}-{text[n + 16 : n + 20]}"
            f"-{text[n + 20 : n + 32]}"
            for n, begin, end in zip(range(0, len(text), 32), begins, ends, strict=True)
        ]

    def beside(self, places: Places, dead: Bytes, allow: Bytes, types: int, most: int) -> tuple[Places, Words]:
        """What is visibly next to nodes.

        Args:
            dead: nodes whose links do not count, by place; empty: none.
            allow: whether links under an expression are visible, by its id.
            types: bits.
            most: links that are looked for at each node.

        Returns:
            how many links each node has, at most one above ``most``; and their other ends, those of one node after
            those of the other. Of a node that has more, none.
        """
        counts, others = _beside(self.at, self.others, self.labels, dead, allow, types, places, most)
        return counts, others

    def reach(self, start: int, dead: Bytes, allow: Bytes, types: int, depth: int) -> Places:
        """How many nodes are 0, 1, ... up to ``depth`` visible links from a node."""
        return _reach(self.at, self.others, self.labels, dead, allow, types, start, depth)


def build(raw: Bytes, keys: Sequence[bytes], starts: Words, ends: Words, labels: Words) -> tuple[Adjacency, Places]:
    """
    Args:
        raw: public ids of the nodes, n rows of 16 bytes; one may come twice.
        keys: of each; empty for a record.
        starts, ends: rows of ``raw``, of each link.

    Returns:
        the links, and the place of each row.
    """
    high, low = _halves(raw)
    order = np.lexsort((low, high))
    high, low = high[order], low[order]
    first = np.ones(len(order), np.bool_)
    first[1:] = (high[1:] != high[:-1]) | (low[1:] != low[:-1])
    places = np.empty(len(order), np.int64)
    places[order] = np.cumsum(first) - 1
    kept = order[first].tolist()
    sizes = np.fromiter((len(keys[row]) for row in kept), np.uint32, len(kept))
    at, others, sides = _both_ways(len(kept), places[starts], places[ends], labels)
    made = Adjacency(
        high[first], low[first], _begins(sizes), b"".join([keys[row] for row in kept]), at, others, sides
    )
    return made, places


def _begins(sizes: npt.NDArray[Any]) -> Words:
    begins = np.zeros(len(sizes) + 1, np.uint32)
    np.cumsum(sizes, out=begins[1:])
    return begins


@compiled
def _both_ways(size: int, starts: Places, ends: Places, labels: Words) -> tuple[Words, Words, Words]:
    at = np.zeros(size + 1, np.uint32)
    for n in range(len(starts)):
        at[starts[n] + 1] += np.uint32(1)
        if starts[n] != ends[n]:
            at[ends[n] + 1] += np.uint32(1)
    for n in range(size):
        at[n + 1] += at[n]
    free = at[:-1].copy()
    others = np.empty(at[-1], np.uint32)
    sides = np.empty(at[-1], np.uint32)
    for n in range(len(starts)):
        a, b = starts[n], ends[n]
        others[free[a]] = b
        sides[free[a]] = labels[n]
        free[a] += np.uint32(1)
        if a != b:
            others[free[b]] = a
            sides[free[b]] = labels[n]
            free[b] += np.uint32(1)
    return at, others, sides


@compiled
def _places(high: Longs, low: Longs, first: Longs, last: Longs) -> Places:
    found = np.full(len(first), -1, np.int64)
    for n in range(len(first)):
        begin, end = 0, len(high)
        while begin < end:
            middle = (begin + end) // 2
            if high[middle] < first[n] or (high[middle] == first[n] and low[middle] < last[n]):
                begin = middle + 1
            else:
                end = middle
        if begin < len(high) and high[begin] == first[n] and low[begin] == last[n]:
            found[n] = begin
    return found


@compiled
def _beside(
    at: Words, others: Words, labels: Words, dead: Bytes, allow: Bytes, types: int, places: Places, most: int
) -> tuple[Places, Words]:
    room = np.int64(0)
    for n in range(len(places)):
        degree = np.int64(at[places[n] + 1]) - np.int64(at[places[n]])
        room += degree if degree < most else most
    counts = np.zeros(len(places), np.int64)
    found = np.empty(room, np.uint32)
    filled = 0
    for n in range(len(places)):
        place = places[n]
        if len(dead) and dead[place]:
            continue
        begun = filled
        count = 0
        for link in range(at[place], at[place + 1]):
            label = labels[link]
            if not (types >> (label & np.uint32(15))) & 1 or not allow[label >> np.uint32(4)]:
                continue
            other = others[link]
            if len(dead) and dead[other]:
                continue
            count += 1
            if count > most:
                filled = begun
                break
            found[filled] = other
            filled += 1
        counts[n] = count
    return counts, found[:filled]


@compiled
def _reach(
    at: Words, others: Words, labels: Words, dead: Bytes, allow: Bytes, types: int, start: int, depth: int
) -> Places:
    seen = np.zeros(len(at) - 1, np.uint8)
    queue = np.empty(len(at) - 1, np.uint32)
    counts = np.zeros(depth + 1, np.int64)
    queue[0] = start
    seen[start] = 1
    counts[0] = 1
    begin, end = 0, 1
    for layer in range(1, depth + 1):
        last = end
        for n in range(begin, last):
            place = queue[n]
            if len(dead) and dead[place]:
                continue
            for link in range(at[place], at[place + 1]):
                other = others[link]
                if seen[other]:
                    continue
                label = labels[link]
                if not (types >> (label & np.uint32(15))) & 1 or not allow[label >> np.uint32(4)]:
                    continue
                if len(dead) and dead[other]:
                    continue
                seen[other] = 1
                queue[end] = other
                end += 1
        counts[layer] = end - last
        begin = last
        if begin == end:
            break
    return counts


def allowed(audiences: npt.NDArray[np.int32], mine: Sequence[int], listed: Collection[int]) -> Bytes:
    """A person's allow vector: whether links under an expression are visible to them, by its id.

    Args:
        audiences: of each expression; -1 where there is none of that id.
        mine, listed: the two lists of a scope.
    """
    held = np.zeros(max(int(audiences.max(initial=0)), *mine, 0) + 2, np.uint8)
    held[list(mine)] = 1
    allow: Bytes = held[audiences]
    one_by_one = np.fromiter(listed, np.int64, len(listed))
    allow[one_by_one[one_by_one < len(allow)]] = 1
    return allow
