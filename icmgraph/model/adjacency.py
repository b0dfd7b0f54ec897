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
UNNUMBERED = 2**32 - 1
"""The number of a link whose internal id is not known, or too large to be kept."""
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
        others, labels, numbers: of each link, as the node beside it sees it. A link's number is its internal id in the
            graph when it was read: another link may have it since.
    """

    high: Longs
    low: Longs
    key_at: Words
    keys: bytes
    at: Words
    others: Words
    labels: Words
    numbers: Words

    @property
    def size(self) -> int:
        """Nodes."""
        return len(self.high)

    @property
    def links(self) -> int:
        return int(len(self.others) + np.count_nonzero(self.others == self._sides())) // 2

    @property
    def nbytes(self) -> int:
        arrays = (self.high, self.low, self.key_at, self.at, self.others, self.labels, self.numbers)
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

    def compile(self) -> None:
        """Make the machine code that questions need, before one does: it may take longer than a question."""
        nothing, nobody = np.zeros(0, np.uint8), np.zeros(int(self.labels.max(initial=0) >> TYPE_BITS) + 1, np.uint8)
        for place in range(min(self.size, 1)):
            self.places(raw_ids(["0" * 32]))
            self.beside(np.array([place]), nothing, nobody, 0, 1)
            self.around(place, nothing, nobody, 0, 1, 1, 1)

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

    def around(
        self, start: int, changed: Bytes, allow: Bytes, types: int, depth: int, budget: int, most: int
    ) -> tuple[Places, Places, Words, Places, bool] | None:
        """What stands around a node, as ``queries.explore`` walks: layers, no way through a node of more than ``most``
        visible links but the start, and of a layer that has more nodes than ``budget`` leaves the first by public id.

        Args:
            changed: nodes of which the links here may not be all, by place; empty: none.

        Returns:
            the nodes; the pairs of them with a visible link at one that was walked through, one row each, a pair with
            several links as often; the numbers of those links; the nodes of more than ``most``; whether a layer was
            cut. None if a changed one was met.
        """
        nodes, pairs, numbers, hubs, cut, known = _around(
            self.at, self.others, self.labels, self.numbers, self.high, self.key_at, changed, allow, types, start,
            depth, budget, most,
        )  # fmt: skip
        return (nodes, pairs, numbers, hubs, cut) if known else None

    def reach(self, start: int, dead: Bytes, allow: Bytes, types: int, depth: int) -> Places:
        """How many nodes are 0, 1, ... up to ``depth`` visible links from a node."""
        return _reach(self.at, self.others, self.labels, dead, allow, types, start, depth)


def build(
    raw: Bytes, keys: Sequence[bytes], starts: Words, ends: Words, labels: Words, numbers: Words
) -> tuple[Adjacency, Places]:
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
    found = _both_ways(len(kept), places[starts], places[ends], labels, numbers)
    made = Adjacency(high[first], low[first], _begins(sizes), b"".join([keys[row] for row in kept]), *found)
    return made, places


def _begins(sizes: npt.NDArray[Any]) -> Words:
    begins = np.zeros(len(sizes) + 1, np.uint32)
    np.cumsum(sizes, out=begins[1:])
    return begins


@compiled
def _both_ways(
    size: int, starts: Places, ends: Places, labels: Words, numbers: Words
) -> tuple[Words, Words, Words, Words]:
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
    numbered = np.empty(at[-1], np.uint32)
    for n in range(len(starts)):
        a, b = starts[n], ends[n]
        others[free[a]] = b
        sides[free[a]] = labels[n]
        numbered[free[a]] = numbers[n]
        free[a] += np.uint32(1)
        if a != b:
            others[free[b]] = a
            sides[free[b]] = labels[n]
            numbered[free[b]] = numbers[n]
            free[b] += np.uint32(1)
    return at, others, sides, numbered


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


FOUND, WALKED, MET = 1, 2, 4


@compiled
def _around(
    at: Words, others: Words, labels: Words, numbers: Words, high: Longs, key_at: Words, changed: Bytes, allow: Bytes,
    types: int, start: int, depth: int, budget: int, most: int,
) -> tuple[Places, Places, Words, Places, bool, bool]:  # fmt: skip
    state = np.zeros(len(at) - 1, np.uint8)
    found = np.empty(budget, np.int64)
    hubs = np.empty(budget, np.int64)
    pairs = np.empty((1024, 2), np.int64)
    between = np.empty(1024, np.uint32)
    found[0] = start
    state[start] = FOUND | MET
    begin, end, hub_count, pair_count = 0, 1, 0, 0
    cut = False
    # One round more: the nodes of the last layer are only looked at, whether they are hubs.
    for layer in range(depth + 1):
        looked = layer == depth or cut
        new = np.empty(1024, np.int64)
        new_count = 0
        for n in range(begin, end):
            place = found[n]
            if len(changed) and changed[place]:
                return found[:0], pairs[:0], between[:0], hubs[:0], False, False
            count = 0
            for link in range(at[place], at[place + 1]):
                label = labels[link]
                if (types >> (label & np.uint32(15))) & 1 and allow[label >> np.uint32(4)]:
                    if len(changed) and changed[others[link]]:
                        return found[:0], pairs[:0], between[:0], hubs[:0], False, False
                    count += 1
                    if count > most and place != start:
                        break
            if count > most and place != start:
                hubs[hub_count] = place
                hub_count += 1
                continue
            if looked:
                continue
            state[place] |= WALKED
            for link in range(at[place], at[place + 1]):
                label = labels[link]
                other = np.int64(others[link])
                if state[other] & MET or not (types >> (label & np.uint32(15))) & 1 or not allow[label >> np.uint32(4)]:
                    continue
                state[other] |= MET
                if new_count == len(new):
                    new = np.concatenate((new, np.empty_like(new)))
                new[new_count] = other
                new_count += 1
        begin = end
        kept = new[:new_count]
        if new_count > budget - end:
            cut = True
            kept = _by_public_id(kept, high, key_at)[: budget - end]
        for other in kept:
            found[end] = other
            state[other] |= FOUND
            end += 1
        if looked or begin == end:
            break
    for n in range(end):
        place = found[n]
        if not state[place] & WALKED:
            continue
        for link in range(at[place], at[place + 1]):
            label = labels[link]
            other = np.int64(others[link])
            if not state[other] & FOUND or (state[other] & WALKED and other < place):
                continue
            if not (types >> (label & np.uint32(15))) & 1 or not allow[label >> np.uint32(4)]:
                continue
            if pair_count == len(pairs):
                pairs = np.concatenate((pairs, np.empty_like(pairs)))
                between = np.concatenate((between, np.empty_like(between)))
            pairs[pair_count, 0] = place
            pairs[pair_count, 1] = other
            between[pair_count] = numbers[link]
            pair_count += 1
    return found[:end], pairs[:pair_count], between[:pair_count], hubs[:hub_count], cut, True


@compiled
def _by_public_id(places: Places, high: Longs, key_at: Words) -> Places:
    """Ordered as the texts are: a record's id has a hyphen after 8 digits, and so comes before an identifier's."""
    ordered = np.sort(places)
    begin = 0
    while begin < len(ordered):
        end = begin + 1
        while end < len(ordered) and high[ordered[end]] >> np.uint64(32) == high[ordered[begin]] >> np.uint64(32):
            end += 1
        if end > begin + 1:
            alike = ordered[begin:end].copy()
            at = begin
            for identifiers in (False, True):
                for place in alike:
                    if (key_at[place + 1] > key_at[place]) == identifiers:
                        ordered[at] = place
                        at += 1
        begin = end
    return ordered


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
