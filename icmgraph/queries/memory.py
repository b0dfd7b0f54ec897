"""The links of the graph in memory, kept in step with Neo4j by the feed of changes (docs/adr/0008).

What is asked of it is asked under the same scope as the statements ``steps`` and ``steps_by_key``, and answered the
same. It never answers from before the number that the feed has in the asker's own transaction: while it lags, those
statements answer. It tells who is next to whom, nothing more: what a node or link is, a scoped query reads.

Needs the extra ``memory``: who imports this without it gets an ``OperatorError`` that says so.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import pairwise
from time import monotonic

# Before numpy: it says what to install where there is none.
from icmgraph.model.adjacency import (  # isort: skip
    NOWHERE,
    TYPE_BITS,
    UNNUMBERED,
    Adjacency,
    Bytes,
    Places,
    allowed,
    build,
    raw_ids,
    types_of,
)

import numpy as np
import numpy.typing as npt

from icmgraph.metrics import WALKS
from icmgraph.model.access import Scope
from icmgraph.model.identity import public_id
from icmgraph.queries.explore import Around
from icmgraph.queries.gateway import Gateway, Row, Transaction
from icmgraph.queries.session import View
from icmgraph.queries.worker import Worker

log = logging.getLogger(__name__)

PAGE = 100_000
"""Internal ids a statement while the graph is read: some 20 MB in the server's memory."""
READ_WITHIN = 1800.0
"""Seconds for reading the whole graph, from a cold disk too."""
REREAD = 1_000
"""Changed records a statement."""
REREAD_MOST = 50_000
"""More changed records at once, and the graph is read anew."""
MERGED_FROM = 20_000
"""Nodes with links beside the arrays, from which new arrays are made."""
KEPT_VECTORS = 64
"""People whose allow vector is kept: a byte for each expression, a megabyte for each with a million cases."""
PATIENCE_S = 0.1
"""What a question waits for changes to be caught up with, before Neo4j answers it: usually some 5 ms are needed."""

Labelled = tuple[str, int]
"""The other end of a link, and its label as in ``adjacency``."""
Beside = Mapping[str, frozenset[str] | None]


class Expressions:
    """The audience of each expression, by its id; -1 where there is none. Never changed."""

    def __init__(self, audiences: npt.NDArray[np.int32]) -> None:
        self.audiences = audiences
        self._vectors: OrderedDict[Scope, Bytes] = OrderedDict()
        self._lock = threading.Lock()

    def vector(self, scope: Scope) -> Bytes:
        """What this person sees, of each expression."""
        with self._lock:
            found = self._vectors.get(scope)
        if found is None:
            found = allowed(self.audiences, scope.audiences, scope.visibilities)
            with self._lock:
                self._vectors[scope] = found
                while len(self._vectors) > KEPT_VECTORS:
                    self._vectors.popitem(last=False)
        return found

    def lacking(self, ids: Iterable[int]) -> set[int]:
        return {id for id in ids if id >= len(self.audiences) or self.audiences[id] < 0}

    def changed(self, audiences: Mapping[int, int]) -> Expressions:
        made = np.full(max(len(self.audiences), max(audiences) + 1), -1, np.int32)
        made[: len(self.audiences)] = self.audiences
        made[list(audiences)] = list(audiences.values())
        return Expressions(made)


@dataclass(frozen=True, eq=False)
class Held:
    """The links as they were at one number of the feed, or later. Never changed: who walks keeps theirs.

    Attributes:
        arrays: the links as they were read, or merged.
        dead: nodes whose links among them do not count any more, by place.
        changed_at: those, and the nodes of ``beside_them``.
        beside_them: by node, and by the node at its other end, the labels of the links that count instead.
        public: the public id of a node, as text.
    """

    generation: str
    number: int
    arrays: Adjacency
    expressions: Expressions
    public: Callable[[str], str]
    dead: Bytes = field(default_factory=lambda: np.zeros(0, np.uint8))
    changed_at: Bytes = field(default_factory=lambda: np.zeros(0, np.uint8))
    beside_them: Mapping[str, Mapping[str, tuple[int, ...]]] = field(default_factory=dict)

    def stands(self, generation: str, number: int) -> bool:
        return self.generation == generation and self.number >= number

    def places(self, nodes: Iterable[str]) -> Places:
        return self.arrays.places(raw_ids([self.public(node) for node in nodes]))

    def beside(self, scope: Scope, nodes: Sequence[str], types: Sequence[str], most: int) -> Beside:
        """What is visibly next to each node; None if it has more than ``most`` visible links of these types."""
        allow, bits = self.expressions.vector(scope), types_of(types)
        places = self.places(nodes)
        here = places != NOWHERE
        most = min(most, 2**31)
        counts_here, others = self.arrays.beside(places[here], self.dead, allow, bits, most)
        counts = np.zeros(len(nodes), np.int64)
        counts[here] = counts_here
        texts = iter(self.arrays.texts(others))
        found: dict[str, frozenset[str] | None] = {}
        for node, count in zip(nodes, counts.tolist(), strict=True):
            next_to = [next(texts) for _ in range(count)] if count <= most else []
            for other, labels in self.beside_them.get(node, {}).items():
                visible = sum(_visible(label, allow, bits) for label in labels)
                count += visible
                if visible:
                    next_to.append(other)
            found[node] = None if count > most else frozenset(next_to)
        return found

    def around(
        self, scope: Scope, start: str, types: Sequence[str], hub_degree: int, depth: int, budget: int
    ) -> Around | None:
        """See ``explore.Ground``; None too where links have changed: the walk in layers knows of those."""
        place = self.places([start])[0]
        if place == NOWHERE:
            return None
        allow, bits = self.expressions.vector(scope), types_of(types)
        found = self.arrays.around(place, self.changed_at, allow, bits, depth, budget, min(hub_degree, 2**31))
        if found is None:
            return None
        places, pairs, numbers, hubs, cut = found
        name = dict(zip(places.tolist(), self.arrays.texts(places), strict=True))
        return Around(
            name.values(),
            {(name[a], name[b]) for a, b in pairs.tolist()},
            [name[hub] for hub in hubs.tolist()],
            cut,
            () if UNNUMBERED in numbers else numbers.tolist(),
        )

    def changed(self, links: Mapping[str, Sequence[Labelled]], expressions: Expressions, number: int) -> Held:
        """With these records' links as they are now, each given at whichever end it is."""
        dead = self.dead.copy() if len(self.dead) else np.zeros(self.arrays.size, np.uint8)
        places = self.places(links)
        dead[places[places != NOWHERE]] = 1
        beside = dict(self.beside_them)
        copied: set[str] = set()

        def at(node: str) -> dict[str, tuple[int, ...]]:
            if node not in copied:
                copied.add(node)
                beside[node] = dict(beside.get(node, {}))
            return beside[node]  # type: ignore[return-value]

        for record in links:
            for other in self.beside_them.get(record, ()):
                at(other).pop(record, None)
            copied.add(record)
            beside[record] = {}
        for record, those in links.items():
            for other, label in those:
                mine = at(record)
                mine[other] = (*mine.get(other, ()), label)
                if other not in links:
                    theirs = at(other)
                    theirs[record] = (*theirs.get(record, ()), label)
        changed_at = self.changed_at.copy() if len(self.changed_at) else np.zeros(self.arrays.size, np.uint8)
        places = self.places(copied)
        changed_at[places[places != NOWHERE]] = 1
        for node in copied:
            if not beside[node]:
                del beside[node]
        return replace(
            self, number=number, expressions=expressions, dead=dead, changed_at=changed_at, beside_them=beside
        )

    def links_of(self, record: str) -> list[Labelled]:
        """Of a record that has changed: all its links."""
        return [(other, label) for other, labels in self.beside_them.get(record, {}).items() for label in labels]

    def merged(self) -> Adjacency:
        """Arrays of the links that count now."""
        arrays, dead = self.arrays, self.dead
        sides = np.repeat(np.arange(arrays.size, dtype=np.uint32), np.diff(arrays.at))
        kept = sides <= arrays.others
        if len(dead):
            kept &= (dead[sides] | dead[arrays.others]) == 0
        starts, ends, labels, numbers = (of[kept] for of in (sides, arrays.others, arrays.labels, arrays.numbers))
        more = [
            (node, other, label)
            for node, others in self.beside_them.items()
            for other, of_it in others.items()
            if node <= other
            for label in of_it
        ]
        nodes = sorted({node for a, b, _ in more for node in (a, b)})
        number = {node: arrays.size + n for n, node in enumerate(nodes)}
        raw = np.empty((arrays.size + len(nodes), 2), ">u8")
        raw[: arrays.size, 0], raw[: arrays.size, 1] = arrays.high, arrays.low
        rows = np.concatenate((raw.view(np.uint8)[: arrays.size], raw_ids([self.public(node) for node in nodes])))
        begins = arrays.key_at.tolist()
        keys = [arrays.keys[a:b] for a, b in pairwise(begins)]
        keys += [node.encode() if ":" in node else b"" for node in nodes]
        added = np.array([(number[a], number[b], label) for a, b, label in more], np.uint32).reshape(-1, 3)
        made, _ = build(
            rows,
            keys,
            np.concatenate((starts, added[:, 0])),
            np.concatenate((ends, added[:, 1])),
            np.concatenate((labels, added[:, 2])),
            np.concatenate((numbers, np.full(len(added), UNNUMBERED, np.uint32))),
        )
        return made


def _visible(label: int, allow: Bytes, types: int) -> bool:
    expression = label >> TYPE_BITS
    return bool(types >> (label & 15) & 1 and expression < len(allow) and allow[expression])


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a question asks in place of Neo4j: the links that one person sees."""

    held: Held
    scope: Scope

    def beside(self, nodes: Sequence[str], types: Sequence[str], most: int) -> Beside:
        return self.held.beside(self.scope, nodes, types, most) if nodes else {}

    def around(self, start: str, types: Sequence[str], hub_degree: int, depth: int, budget: int) -> Around | None:
        return self.held.around(self.scope, start, types, hub_degree, depth, budget)


@dataclass(frozen=True, slots=True)
class Told:
    """Where the feed stands, and what it has told since a number; ``whole``: that is not enough to catch up."""

    generation: str
    number: int
    records: frozenset[str] = frozenset()
    expressions: frozenset[int] = frozenset()
    whole: bool = False


class Memory(Worker):
    """Keeps the links of one graph in this process' memory, in a thread of its own.

    Args:
        key: the deployment's, of identifiers' public ids.
        patience_s: how long a question waits for what it must see.
    """

    def __init__(
        self, gateway: Gateway, key: bytes, *, patience_s: float = PATIENCE_S, poll_s: float = 0.5
    ) -> None:
        super().__init__("memory", poll_s)
        self._gateway = gateway
        self._public: Callable[[str], str] = lambda node: public_id(key, node) if ":" in node else node
        self.patience_s = patience_s
        self._held: Held | None = None
        self._caught_up = threading.Condition()
        self._reading = False
        self._merge_of: Held | None = None
        """What is being merged into new arrays; None: nothing."""
        self._since: set[str] = set()
        """Records changed since that began."""
        self._merged: tuple[Held, Adjacency | None] | None = None
        self._merging: threading.Thread | None = None

    def stop(self) -> None:
        super().stop()
        if self._merging is not None:
            self._merging.join()

    @property
    def held(self) -> Held | None:
        return self._held

    def of(self, view: View) -> Remembered | None:
        """The links for one question, with all that its transaction can see; None while they are not here."""
        rows = view.tx.control("read_feed")
        held = self._at(rows[0]["generation"], rows[0]["value"]) if rows else None
        WALKS.labels("neo4j" if held is None else "memory").inc()
        return None if held is None else Remembered(held, view.scope)

    def _at(self, generation: str, number: int) -> Held | None:
        held = self._held
        if held is None or held.generation != generation or held.stands(generation, number):
            return held if held is not None and held.stands(generation, number) else None
        if self._reading:
            return None
        self.wake()

        def there() -> bool:
            return self._reading or self._held is None or self._held.stands(generation, number)

        with self._caught_up:
            self._caught_up.wait_for(there, self.patience_s)
        held = self._held
        return held if held is not None and held.stands(generation, number) else None

    def settle(self, seconds: float) -> bool:
        """Wait until what is committed now is here. False if that took longer."""
        until = monotonic() + seconds
        rows = self._gateway.read(lambda tx: tx.control("read_feed"))
        while rows and monotonic() < until:
            if self._held is not None and self._held.stands(rows[0]["generation"], rows[0]["value"]):
                return True
            self.wake()
            with self._caught_up:
                self._caught_up.wait(0.05)
        return False

    def step(self) -> bool:
        self._take_merged()
        held = self._held
        rows = self._gateway.read(lambda tx: tx.control("read_feed"))
        if not rows:
            self._hold(None)
            return False
        if held is not None and (held.generation, held.number) == (rows[0]["generation"], rows[0]["value"]):
            return False
        told = self._gateway.rolled_back(lambda tx: _told(tx, held))
        if held is None or told.whole or len(told.records) > REREAD_MOST:
            self._read_anew(told)
        else:
            caught = self._caught(held, told)
            self._hold(caught)
            self._since |= told.records
            self._merge_if_many(caught)
        return True

    def _hold(self, held: Held | None) -> None:
        with self._caught_up:
            self._held = held
            self._caught_up.notify_all()

    def _caught(self, held: Held, told: Told) -> Held:
        """With the changes that the feed told.

        They are read without its lock, which others wait for. What commits meanwhile may be seen in part; it is told
        under a later number, and read again before anybody is answered who could have seen that it is there.
        """

        def read(tx: Transaction) -> tuple[dict[str, list[Labelled]], Expressions]:
            links: dict[str, list[Labelled]] = {record: [] for record in told.records}
            for some in _pages(sorted(told.records)):
                for row in tx.control("memory_records", ids=some):
                    links[row["record"]] = list(zip(row["others"], row["labels"], strict=True))
            met = {label >> TYPE_BITS for those in links.values() for _, label in those}
            wanted = sorted(held.expressions.lacking(met) | told.expressions)
            if not wanted:
                return links, held.expressions
            found = dict.fromkeys(wanted, -1)
            found |= {row["id"]: row["audience"] for row in tx.control("memory_audiences", ids=wanted)}
            return links, held.expressions.changed(found)

        links, expressions = self._gateway.read(read)
        return held.changed(links, expressions, told.number)

    def _read_anew(self, told: Told) -> None:
        began = monotonic()
        self._reading, self._merge_of = True, None
        try:
            arrays, expressions = _read(self._gateway, self._public)
            arrays.compile()
            self._hold(Held(told.generation, told.number, arrays, expressions, self._public))
        finally:
            self._reading = False
        log.info(
            "%d links of %d nodes in memory, %d bytes a link, in %.1f s",
            arrays.links, arrays.size, arrays.nbytes // max(arrays.links, 1), monotonic() - began,
        )  # fmt: skip

    def _merge_if_many(self, held: Held) -> None:
        if self._merge_of is None and len(held.beside_them) >= MERGED_FROM:
            self._merge_of, self._since = held, set()
            self._merging = threading.Thread(target=self._merge, args=(held,), name="memory-merge", daemon=True)
            self._merging.start()

    def _merge(self, held: Held) -> None:
        try:
            self._merged = held, held.merged()
        except Exception as error:
            log.warning("links in memory could not be merged: %s", type(error).__name__)
            self._merged = held, None
        self.wake()

    def _take_merged(self) -> None:
        merged, held = self._merged, self._held
        if merged is None:
            return
        self._merged = None
        if merged[0] is not self._merge_of or held is None:  # all was read anew meanwhile
            return
        self._merge_of = None
        if merged[1] is not None:
            fresh = Held(held.generation, held.number, merged[1], held.expressions, self._public)
            changed = {one: held.links_of(one) for one in self._since}
            self._hold(fresh.changed(changed, held.expressions, held.number))


def _told(tx: Transaction, held: Held | None) -> Told:
    """Under the feed's lock: all it tells has committed, and nothing commits that it does not tell."""
    at = tx.control("lock_feed")[0]
    here = Told(at["generation"], at["value"])
    if held is None or held.generation != here.generation or held.number > here.number:
        return replace(here, whole=True)
    changes = tx.control("changes", after=held.number)
    if len(changes) != here.number - held.number:  # an hour ago, and forgotten
        return replace(here, whole=True)
    return replace(
        here,
        records=frozenset(id for change in changes for id in change["records"]),
        expressions=frozenset(id for change in changes for id in change["expressions"]),
        whole=any(change["all"] for change in changes),
    )


def _read(gateway: Gateway, public: Callable[[str], str]) -> tuple[Adjacency, Expressions]:
    """All links, in pages, two at a time: one comes while the other is taken apart.

    One transaction is open all the while: as long as it is, no internal id is given to another node. What changes
    meanwhile may be read or not; the feed tells it after the number that was read before. So a link may be left out of
    which an end came after the nodes were read.
    """

    def pages(query: str, last: int) -> Iterator[Row]:
        def page(span: dict[str, int]) -> Row:
            return gateway.read(lambda tx: tx.control(query, **span)[0], timeout=READ_WITHIN)

        with ThreadPoolExecutor(2) as pool:
            waiting: deque[Future[Row]] = deque()
            for span in _spans(last):
                waiting.append(pool.submit(page, span))
                if len(waiting) > 2:
                    yield waiting.popleft().result()
            for one in waiting:
                yield one.result()

    def whole(tx: Transaction) -> tuple[Adjacency, Expressions]:
        bounds = tx.control("memory_bounds")[0]
        row_of = np.full(bounds["nodes"] + 2, NOWHERE, np.int64)
        raw: list[Bytes] = [np.zeros((0, 16), np.uint8)]
        keys: list[bytes] = []
        for found in pages("memory_nodes", bounds["nodes"]):
            places = np.array(found["places"], np.int64)
            row_of[places] = np.arange(len(keys), len(keys) + len(places))
            raw.append(raw_ids([public(name) for name in found["names"]]))
            keys += [name.encode() if ":" in name else b"" for name in found["names"]]
        links: list[npt.NDArray[np.uint32]] = [np.zeros((4, 0), np.uint32)]
        for found in pages("memory_links", bounds["links"]):
            ends = np.array(found["ends"], np.int64)
            rows = row_of[np.minimum(np.vstack((ends >> 31, ends & (2**31 - 1))), len(row_of) - 1)]
            known = (rows != NOWHERE).all(axis=0)
            labels = np.array(found["labels"], np.int64)[known]
            numbers = np.minimum(np.array(found["numbers"], np.int64)[known], UNNUMBERED)
            links.append(np.vstack((rows[:, known], labels, numbers)).astype(np.uint32))
        starts, ends, labels, numbers = np.concatenate(links, axis=1)
        last = max(bounds["expressions"], int(labels.max(initial=0)) >> TYPE_BITS)
        audiences = np.full(last + 1, -1, np.int32)
        for found in pages("memory_expressions", last):
            audiences[np.array(found["ids"], np.int64)] = found["audiences"]
        arrays, _ = build(np.concatenate(raw), keys, starts, ends, labels, numbers)
        return arrays, Expressions(audiences)

    return gateway.read(whole, timeout=READ_WITHIN)


def _spans(last: int) -> Iterator[dict[str, int]]:
    for begin in range(0, last + 1, PAGE):
        yield {"from": begin, "to": min(begin + PAGE - 1, last)}


def _pages(records: Sequence[str]) -> Iterator[Sequence[str]]:
    for begin in range(0, len(records), REREAD):
        yield records[begin : begin + REREAD]
