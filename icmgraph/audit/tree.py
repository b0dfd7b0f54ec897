"""A Merkle tree over the records in order, as RFC 9162 (2.1) hashes it: it proves one record, or that a log only grew.

Trees are built from a stream of leaf hashes, with one hash for each bit of the size kept. A proof is a list of roots
of parts of the tree, so it is made in one walk over the records.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

SIZE = 32
"""Bytes of a hash."""

Part = tuple[int, int]
"""Leaves from the first number to before the second; the first leaf is 0."""


def leaf(data: bytes) -> bytes:
    """The hash of a record's bytes."""
    return sha256(b"\0" + data).digest()


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


class Tree:
    """A tree that grows at its right end.

    Args:
        size: leaves so far.
        frontier: the roots of its whole subtrees, the largest first: one for each 1 in the binary form of ``size``.
    """

    def __init__(self, size: int = 0, frontier: Sequence[bytes] = ()) -> None:
        if len(frontier) != size.bit_count() or any(len(one) != SIZE for one in frontier):
            raise ValueError("not the frontier of a tree of this size")
        self.size = size
        self.frontier = list(frontier)

    def add(self, leaf: bytes) -> None:
        """Append a leaf, by its hash."""
        size = self.size
        while size & 1:
            leaf = sha256(b"\1" + self.frontier.pop() + leaf).digest()  # node(), without the call: each record is here
            size >>= 1
        self.frontier.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """SHA-256 of nothing for an empty tree."""
        if not self.frontier:
            return sha256().digest()
        *left, root = self.frontier
        for one in reversed(left):
            root = node(one, root)
        return root


def roots(parts: Sequence[Part], leaves: Iterable[bytes]) -> list[bytes]:
    """The roots of disjoint parts, in their order, from one walk over the leaves' hashes.

    Raises ``ValueError`` if the leaves end before the parts do.
    """
    trees = {part: Tree() for part in parts}
    ordered = iter(sorted(parts))
    part = next(ordered, None)
    for number, one in enumerate(leaves):
        if part is not None and number == part[1]:
            part = next(ordered, None)
        if part is None:
            break
        if number >= part[0]:
            trees[part].add(one)
    if any(tree.size != end - start for (start, end), tree in trees.items()):
        raise ValueError("fewer leaves than the tree's size")
    return [trees[part].root() for part in parts]


def inclusion(number: int, size: int) -> list[Part]:
    """The parts whose roots prove that leaf ``number`` is in the tree of ``size``."""
    if not 0 <= number < size:
        raise ValueError("no such leaf")
    parts, start, end = [], 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if number < middle:
            parts.append((middle, end))
            end = middle
        else:
            parts.append((start, middle))
            start = middle
    return parts[::-1]


def consistency(old: int, new: int) -> list[Part]:
    """The parts whose roots prove that the tree of ``new`` leaves begins with that of ``old``."""
    if not 0 <= old <= new:
        raise ValueError("the old tree is not the smaller one")
    parts: list[Part] = []
    if old in (0, new):
        return parts
    start, end = 0, new
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            parts.append((middle, end))
            end = middle
        else:
            parts.append((start, middle))
            start = middle
    if start:  # else it is the old tree itself, whose root the verifier has
        parts.append((start, end))
    return parts[::-1]


def proves_inclusion(leaf: bytes, number: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether ``proof`` shows that leaf ``number`` of the tree with this root is ``leaf`` (RFC 9162, 2.1.3.2)."""
    if not 0 <= number < size:
        return False
    found, last = leaf, size - 1
    for one in proof:
        if last == 0:
            return False
        if number & 1 or number == last:
            found = node(one, found)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            found = node(found, one)
        number, last = number >> 1, last >> 1
    return last == 0 and found == root


def proves_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> bool:
    """Whether ``proof`` shows that the new tree begins with the old one (RFC 9162, 2.1.4.2)."""
    if not 0 <= old <= new:
        return False
    if old == 0:
        return not proof and old_root == Tree().root()
    if old == new:
        return not proof and old_root == new_root
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        return False
    number, last = old - 1, new - 1
    while number & 1:
        number, last = number >> 1, last >> 1
    found_old = found_new = path[0]
    for one in path[1:]:
        if last == 0:
            return False
        if number & 1 or number == last:
            found_old, found_new = node(one, found_old), node(one, found_new)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            found_new = node(found_new, one)
        number, last = number >> 1, last >> 1
    return last == 0 and (found_old, found_new) == (old_root, new_root)


def _split(size: int) -> int:
    """The largest power of two below ``size``."""
    return 1 << (size - 1).bit_length() - 1
