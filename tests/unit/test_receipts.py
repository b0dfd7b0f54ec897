"""Receipts as they are signed, and what is refused for one."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from icmgraph.errors import InvalidInput
from icmgraph.model.answers import COVERAGE
from icmgraph.model.receipts import TYPE, ReceiptKey, verify

OURS, OTHER = ReceiptKey(b"k" * 32), ReceiptKey(b"o" * 32)
KEYS = OURS.jwks()["keys"]
SAID: dict[str, Any] = {
    "receipt": "number-1", "at": "2026-01-01T00:00:00Z", "expires": "2026-01-31T00:00:00Z",
    "result": "no pointer given", "asked": ["aa", "bb"], "coverage": COVERAGE,
}  # fmt: skip


def coded(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_it_says_what_was_signed_always_in_the_same_bytes() -> None:
    signed = OURS.sign(**SAID)
    assert signed == ReceiptKey(b"k" * 32).sign(**SAID)
    assert verify(signed, KEYS).model_dump() == SAID
    assert verify(signed, [*OTHER.jwks()["keys"], *KEYS]).receipt == "number-1"


def test_any_jose_library_reads_it() -> None:
    """By the key set alone, with none of our code."""
    found = jwt.PyJWS(algorithms=["EdDSA"]).decode(OURS.sign(**SAID), jwt.PyJWK(KEYS[0]), algorithms=["EdDSA"])
    assert json.loads(found) == SAID


def test_it_expires() -> None:
    said = verify(OURS.sign(**SAID), KEYS)
    assert not said.expired(datetime(2026, 1, 30, tzinfo=UTC))
    assert said.expired(datetime(2026, 1, 31, tzinfo=UTC))


def test_only_what_a_receipt_says_is_signed() -> None:
    for wrong in ({"result": "clear"}, {"reference": "word"}, {"asked": None}):
        with pytest.raises(ValueError, match="validation error"):
            OURS.sign(**SAID | wrong)


head, body, tail = OURS.sign(**SAID).split(".")
PUBLIC = base64.urlsafe_b64decode(KEYS[0]["x"] + "=")
KID = KEYS[0]["kid"]
CHANGED = coded(SAID | {"result": "pointers given"})
FORGED = {
    "another's key": OTHER.sign(**SAID),
    "another's key under our name": jwt.PyJWS().encode(
        json.dumps(SAID).encode(), Ed25519PrivateKey.generate(), "EdDSA", {"typ": TYPE, "kid": KID}
    ),
    "changed since": f"{head}.{CHANGED}.{tail}",
    "no signature": f"{head}.{body}.",
    "by no algorithm": f"{coded({'alg': 'none', 'typ': TYPE, 'kid': KID})}.{body}.",
    "the public key as a shared secret": jwt.PyJWS().encode(
        json.dumps(SAID).encode(), PUBLIC, "HS256", {"typ": TYPE, "kid": KID}
    ),
    "no type": jwt.PyJWS().encode(json.dumps(SAID).encode(), OURS._key, "EdDSA", {"kid": KID}),
    "something else that we signed": jwt.PyJWS().encode(b"{}", OURS._key, "EdDSA", {"typ": TYPE, "kid": KID}),
    "no key named": jwt.PyJWS().encode(json.dumps(SAID).encode(), OURS._key, "EdDSA", {"typ": TYPE}),
    "no signed text": "number-1",
    "nothing": "",
}


@pytest.mark.parametrize("text", FORGED.values(), ids=FORGED.keys())
def test_what_is_not_ours_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        verify(text, KEYS)


def test_a_key_that_is_none_is_refused() -> None:
    broken: list[dict[str, str]] = [{"kid": KID}, {"kid": KID, "kty": "oct", "k": "AA"}]
    for keys in (broken[:1], broken[1:], []):
        with pytest.raises(InvalidInput):
            verify(OURS.sign(**SAID), keys)
