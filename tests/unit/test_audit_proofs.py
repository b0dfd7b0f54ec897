"""Proofs that a log goes on from an older checkpoint, as an outsider verifies them: with note, proof and public key."""

from __future__ import annotations

import copy
import json
from contextlib import closing
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from icmgraph.audit import AuditStore, Signer
from icmgraph.audit.checkpoint import unsigned, verify_consistency
from icmgraph.audit.tree import Tree, consistency, leaf, roots
from tests.unit.test_audit_tamper import AT, LOG

MOST = 9
LEAVES = [leaf(str(number).encode()) for number in range(MOST)]


def note(size: int, leaves: list[bytes] = LEAVES) -> str:
    tree = Tree()
    for one in leaves[:size]:
        tree.add(one)
    return LOG.checkpoint(size, tree.root())


def proof(old: int, new: int) -> dict[str, Any]:
    hashes = [one.hex() for one in roots(consistency(old, new), LEAVES)]
    return {"from": old, "size": new, "proof": hashes, "checkpoint": note(new)}


PAIRS = list(combinations_with_replacement(range(MOST + 1), 2))


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_every_pair_of_sizes_and_every_flipped_hash(old: int, new: int) -> None:
    given = proof(old, new)
    assert verify_consistency(given, LOG.public, [note(old)]) == unsigned(note(new))
    for number, text in enumerate(given["proof"]):
        for at in range(0, len(text), 2):
            changed = copy.deepcopy(given)
            changed["proof"][number] = f"{text[:at]}{int(text[at : at + 2], 16) ^ 1:02x}{text[at + 2 :]}"
            with pytest.raises(ValueError, match="written anew"):
                verify_consistency(changed, LOG.public, [note(old)])


@pytest.mark.parametrize(("old", "new"), [pair for pair in PAIRS if pair[0]])
def test_no_proof_leads_from_another_history(old: int, new: int) -> None:
    for number in range(old):
        other = [*LEAVES[:number], leaf(b"another"), *LEAVES[number + 1 :]]
        with pytest.raises(ValueError, match="written anew"):
            verify_consistency(proof(old, new), LOG.public, [note(old, other)])


GOOD = proof(3, 7)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"from": 4}, "which you do not hold"),
        ({"from": True}, "not a proof of consistency"),
        ({"from": "3"}, "not a proof of consistency"),
        ({"from": None}, "not a proof of consistency"),
        ({"size": 6}, "of another size"),
        ({"size": "7"}, "not a proof"),
        ({"proof": GOOD["proof"][:-1]}, "written anew"),
        ({"proof": [*GOOD["proof"], GOOD["proof"][0]]}, "written anew"),
        ({"proof": []}, "written anew"),
        ({"proof": None}, "not a proof"),
        ({"proof": [1]}, "not a proof"),
        ({"proof": ["x"]}, "not a proof"),
        ({"checkpoint": note(6)}, "of another size"),
        ({"checkpoint": 7}, "not a proof"),
        ({"checkpoint": "words"}, "not a signed note"),
        ({"checkpoint": Signer(Ed25519PrivateKey.generate()).checkpoint(7, bytes(32))}, "not signed by this key"),
    ],
)
def test_what_is_no_proof_of_consistency(changed: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        verify_consistency(GOOD | changed, LOG.public, [note(3)])


def test_the_newer_one_cannot_be_the_older(tmp_path: Path) -> None:
    turned = {"from": 7, "size": 3, "proof": GOOD["proof"], "checkpoint": note(3)}
    with pytest.raises(ValueError, match="written anew"):
        verify_consistency(turned, LOG.public, [note(7)])
    with pytest.raises(ValueError, match="not signed by this key"):
        verify_consistency(GOOD, Signer(Ed25519PrivateKey.generate()).public, [note(3)])
    with pytest.raises(ValueError, match="do not hold"):
        verify_consistency(GOOD, LOG.public, [])


def test_what_the_store_proves(tmp_path: Path) -> None:
    """From none, from one record, from each later size, and from the newest itself; through JSON, as it is sent."""
    held = []
    with closing(AuditStore(f"sqlite:///{tmp_path / 'audit.db'}")) as store:
        for _ in range(4):
            held.append(store.checkpoint(LOG))
            intent = store.intent(who="u-1", action="search", kind="read", parameters={}, at=AT)
            held.append(store.checkpoint(LOG))
            store.outcome(intent, result="answered", at=AT)
        assert [unsigned(one).size for one in held] == list(range(8))
        for one in held:
            sent = json.loads(json.dumps(store.prove_consistency(unsigned(one))))
            assert sent["from"] == unsigned(one).size
            assert verify_consistency(sent, LOG.public, [one]) == unsigned(held[-1])
            assert verify_consistency(sent, LOG.public, held) == unsigned(held[-1])
