"""The tree against vectors that others published, against the RFC's own definition, and for every size to a bound."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icmgraph.audit import tree
from icmgraph.audit.tree import Tree, leaf, node

# Leaves and roots of certificate-transparency's merkle tree tests (transparency-dev/merkle, testonly/constants.go)
LEAVES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION = [
    (0, 1, []),
    (0, 8, [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]),
    (5, 8, [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]),
    (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    (1, 5, [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ]),
]  # fmt: skip
CONSISTENCY = [
    (1, 1, []),
    (1, 8, [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]),
    (6, 8, [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]),
    (2, 5, [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ]),
]  # fmt: skip
BOUND = 40


def defined(hashes: list[bytes]) -> bytes:
    """MTH as RFC 9162, 2.1.1 writes it."""
    if not hashes:
        return sha256().digest()
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    return node(defined(hashes[:k]), defined(hashes[k:]))


def hashes(size: int) -> list[bytes]:
    return [leaf(str(number).encode()) for number in range(size)]


def grown(leaves: list[bytes]) -> Tree:
    tree = Tree()
    for one in leaves:
        tree.add(one)
    return tree


def test_published_roots() -> None:
    found = Tree()
    assert found.root().hex() == ROOTS[0]
    for data, root in zip(LEAVES, ROOTS[1:], strict=True):
        found.add(leaf(data))
        assert found.root().hex() == root


@pytest.mark.parametrize(("number", "size", "proof"), INCLUSION)
def test_published_proofs_of_inclusion(number: int, size: int, proof: list[str]) -> None:
    made = tree.roots(tree.inclusion(number, size), map(leaf, LEAVES))
    assert [one.hex() for one in made] == proof
    assert tree.proves_inclusion(leaf(LEAVES[number]), number, size, made, bytes.fromhex(ROOTS[size]))


@pytest.mark.parametrize(("old", "new", "proof"), CONSISTENCY)
def test_published_proofs_of_consistency(old: int, new: int, proof: list[str]) -> None:
    made = tree.roots(tree.consistency(old, new), map(leaf, LEAVES))
    assert [one.hex() for one in made] == proof
    assert tree.proves_consistency(old, new, made, bytes.fromhex(ROOTS[old]), bytes.fromhex(ROOTS[new]))


def test_every_proof_of_every_size_to_a_bound() -> None:
    leaves = hashes(BOUND)
    root = [defined(leaves[:size]) for size in range(BOUND + 1)]
    for size in range(BOUND + 1):
        assert grown(leaves[:size]).root() == root[size]
        for number in range(size):
            proof = tree.roots(tree.inclusion(number, size), leaves)
            assert tree.proves_inclusion(leaves[number], number, size, proof, root[size])
            other = [n for n in range(size) if tree.proves_inclusion(leaves[n], number, size, proof, root[size])]
            assert other == [number]
            assert not tree.proves_inclusion(leaves[number], number, size, [*proof, root[size]], root[size])
            assert not proof or not tree.proves_inclusion(leaves[number], number, size, proof[1:], root[size])
        for old in range(size + 1):
            proof = tree.roots(tree.consistency(old, size), leaves)
            assert tree.proves_consistency(old, size, proof, root[old], root[size])
            assert not tree.proves_consistency(old, size, [*proof, root[size]], root[old], root[size])
            assert not tree.proves_consistency(old, size, proof, leaf(b"other"), root[size])
            if old not in (0, size):
                assert not tree.proves_consistency(old, size, proof, root[old], leaf(b"other"))
                assert not tree.proves_consistency(old, size, proof[:-1], root[old], root[size])


@given(st.lists(st.binary(max_size=8), min_size=1, max_size=300), st.data())
def test_a_changed_proof_proves_nothing(data: list[bytes], draw: st.DataObject) -> None:
    leaves = [leaf(one) for one in data]
    size = len(leaves)
    root = grown(leaves).root()
    assert root == defined(leaves)
    number = draw.draw(st.integers(0, size - 1))
    proof = tree.roots(tree.inclusion(number, size), leaves)
    assert tree.proves_inclusion(leaves[number], number, size, proof, root)
    old = draw.draw(st.integers(1, size))
    grows = tree.roots(tree.consistency(old, size), leaves)
    old_root = grown(leaves[:old]).root()
    assert tree.proves_consistency(old, size, grows, old_root, root)
    checks: list[tuple[list[bytes], Callable[[list[bytes]], bool]]] = [
        (proof, lambda path: tree.proves_inclusion(leaves[number], number, size, path, root)),
        (grows, lambda path: tree.proves_consistency(old, size, path, old_root, root)),
    ]
    for path, check in checks:
        assert not path or not check(changed(path, draw.draw(st.integers(0, len(path) - 1))))


def changed(path: list[bytes], where: int) -> list[bytes]:
    """With one bit of one hash flipped."""
    return [*path[:where], bytes([path[where][0] ^ 1]) + path[where][1:], *path[where + 1 :]]


@given(st.integers(0, 200), st.integers(0, 200))
def test_a_tree_goes_on_from_its_frontier(first: int, more: int) -> None:
    leaves = hashes(first + more)
    before = grown(leaves[:first])
    after = Tree(before.size, before.frontier)
    for one in leaves[first:]:
        after.add(one)
    assert after.root() == grown(leaves).root()
    assert len(after.frontier) == (first + more).bit_count()


def test_what_is_no_tree_is_refused() -> None:
    for size, frontier in ((1, []), (0, [bytes(32)]), (1, [bytes(31)])):
        with pytest.raises(ValueError, match="frontier"):
            Tree(size, frontier)
    with pytest.raises(ValueError, match="fewer leaves"):
        tree.roots(tree.inclusion(1, 8), hashes(7))
    for number, size in ((-1, 4), (4, 4), (0, 0)):
        with pytest.raises(ValueError, match="no such leaf"):
            tree.inclusion(number, size)
        assert not tree.proves_inclusion(bytes(32), number, size, [], bytes(32))
    with pytest.raises(ValueError, match="smaller"):
        tree.consistency(5, 4)
    assert not tree.proves_consistency(5, 4, [], bytes(32), bytes(32))
