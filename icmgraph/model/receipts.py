"""Receipts of checks, signed: a JWS (RFC 7515) that anybody with the office's public key reads without its server.

It says what was asked as keyed digests, when, whether pointers were given, and until when it counts. Who asked, and
whom the pointers named, is not in it. The same receipt has the same signature whenever it is read.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm
from pydantic import ConfigDict, ValidationError

from icmgraph.errors import InvalidInput
from icmgraph.model.records import Value

TYPE = "icmgraph-receipt"
"""``typ`` of the signature's header: what else a key may have signed is no receipt."""
ALGORITHM = "EdDSA"

_JWS = jwt.PyJWS(algorithms=[ALGORITHM])


class Signed(Value):
    """What a signed receipt says. ``asked``: keyed digests of the selectors, in the question's order."""

    model_config = ConfigDict(strict=True)

    receipt: str
    at: str
    expires: str
    result: Literal["pointers given", "no pointer given"]
    asked: list[str]
    coverage: str

    def expired(self, now: datetime) -> bool:
        return datetime.fromisoformat(self.expires) <= now


class ReceiptKey:
    """Signs receipts. ``key``: the deployment's, of which the one that signs is made."""

    def __init__(self, key: bytes) -> None:
        secret = hmac.new(key, b"icmgraph:receipts", hashlib.sha256).digest()
        self._key = Ed25519PrivateKey.from_private_bytes(secret)
        public: dict[str, Any] = OKPAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        self._public = thumbprinted({name: public[name] for name in ("crv", "kty", "x")})

    def sign(self, **said: Any) -> str:
        """The JWS, compact, of what ``Signed`` has."""
        payload = json.dumps(Signed(**said).model_dump(), sort_keys=True, separators=(",", ":")).encode()
        return _JWS.encode(payload, self._key, ALGORITHM, {"typ": TYPE, "kid": self._public["kid"]})

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The public key as a JSON Web Key Set (RFC 7517)."""
        return {"keys": [dict(self._public)]}


def thumbprinted(public: Mapping[str, str]) -> dict[str, str]:
    """An Ed25519 key for signatures, named by its thumbprint (RFC 7638)."""
    text = json.dumps(dict(sorted(public.items())), separators=(",", ":"))
    kid = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
    return {**public, "kid": kid, "use": "sig", "alg": ALGORITHM}


def verify(text: str, keys: Sequence[Mapping[str, Any]]) -> Signed:
    """What a signed receipt says, if one of these keys (of a key set) signed it. Whether it expired is not looked at.

    Raises:
        InvalidInput: it is no receipt, or none of the keys signed it.
    """
    try:
        header = jwt.get_unverified_header(text)
    except jwt.PyJWTError:
        raise InvalidInput("this is not a signed receipt: give what stands in its field `signed`") from None
    if header.get("typ") != TYPE:
        raise InvalidInput("this is signed, and is not a receipt")
    for key in keys:
        if key.get("kid") == header.get("kid"):
            try:
                # The algorithm is ours, never the text's word.
                payload = _JWS.decode(text, jwt.PyJWK(dict(key), ALGORITHM), algorithms=[ALGORITHM])
                return Signed.model_validate_json(payload)
            except (jwt.PyJWTError, TypeError, ValidationError):
                break
    raise InvalidInput("the receipt is not signed by this office's key, or was changed since")
