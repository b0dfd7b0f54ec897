"""Signing in: bearer tokens (JWT) of known issuers, and a local issuer for demonstrations and tests."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm

from icmgraph.errors import OperatorError, Unauthenticated, Unavailable
from icmgraph.local_neo4j.files import alone, private_folder, write
from icmgraph.model.receipts import thumbprinted
from icmgraph.settings import LOOPBACK, Settings

log = logging.getLogger(__name__)

ALGORITHMS = frozenset({"RS256", "ES256", "EdDSA"})
"""Signatures only. The algorithm is the key's, never the token's word: neither ``none`` nor a public key taken for
a shared secret can pass."""
REQUIRED = ["iss", "aud", "sub", "iat", "exp"]
LEEWAY = timedelta(seconds=30)
"""Two clocks kept by NTP differ by less."""
REMEMBERED_S = 60.0
"""Seconds for which a token that was verified is not verified again."""
KEYS_S = 240.0
"""Seconds for which an issuer's keys are kept. With the former, five minutes: then a withdrawn one signs nobody in."""
REMEMBERED = 10_000
"""Tokens remembered at most, 2 MB."""
FETCH_S = 5.0
"""Seconds to wait for an issuer; people wait meanwhile."""
PAUSE_S = 10.0
"""Seconds before an issuer that did not answer is asked again: forged tokens could keep every thread waiting."""
LOCAL = "urn:icmgraph:local"
"""``iss`` of the local issuer's tokens."""


class KeySource(Protocol):
    """The keys of one issuer."""

    def key(self, kid: str) -> jwt.PyJWK:
        """
        Raises:
            jwt.PyJWTError: no such key.
            Unavailable: the issuer does not answer.
        """
        ...


class Verifier:
    """Tells whose a token is.

    Args:
        issuers: keys of each issuer, by ``iss``.
        audience: what ``aud`` must name.
        remembered_s: seconds for which ``known`` tells of a token.
    """

    def __init__(self, issuers: Mapping[str, KeySource], audience: str, remembered_s: float = REMEMBERED_S) -> None:
        self._issuers = issuers
        self._audience = audience
        self._remembered_s = remembered_s
        self._verified: dict[bytes, _Verified] = {}

    def known(self, authorization: str | None) -> str | None:
        """What ``user`` said of this header within the last minute, if its token has not ended since; else None."""
        found = self._verified.get(_digest(authorization or ""))
        if found is None or time.monotonic() >= found.until or time.time() - LEEWAY.total_seconds() >= found.expires:
            return None
        return found.user

    def user(self, authorization: str | None) -> str:
        """The user's id (``sub``) from an Authorization header.

        Raises:
            Unauthenticated: whatever is wrong with it; one answer for all.
            Unavailable: the issuer's keys cannot be had just now.
        """
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer":
            raise Unauthenticated
        until = time.monotonic() + self._remembered_s  # of the moment at which the key was looked for
        try:
            subject, expires = self._verify(token.strip())
        except (jwt.PyJWTError, ValueError, TypeError):
            raise Unauthenticated from None
        if len(self._verified) >= REMEMBERED:
            self._verified.clear()
        self._verified[_digest(authorization or "")] = _Verified(subject, until, expires)
        return subject

    def _verify(self, token: str) -> tuple[str, int]:
        """Subject and end."""
        said = jwt.decode_complete(token, options={"verify_signature": False})
        issuer, kid = said["payload"].get("iss"), said["header"].get("kid")
        if not isinstance(issuer, str) or not isinstance(kid, str) or issuer not in self._issuers:
            raise Unauthenticated
        key = self._issuers[issuer].key(kid)
        claims = jwt.decode(
            token, key, algorithms=[signed_by(key)], audience=self._audience, issuer=issuer, leeway=LEEWAY,
            options={"require": REQUIRED, "enforce_minimum_key_length": True},
        )  # fmt: skip
        subject = claims["sub"]
        if not isinstance(subject, str) or not subject:
            raise Unauthenticated
        return subject, int(claims["exp"])


@dataclass(frozen=True, slots=True)
class _Verified:
    """``until``: seconds of the monotonic clock; ``expires``: of the clock that tokens go by."""

    user: str
    until: float
    expires: int


def _digest(authorization: str) -> bytes:
    """Instead of the token, which is a secret, and long."""
    return hashlib.sha256(authorization.encode("utf-8", "surrogatepass")).digest()


def signed_by(key: jwt.PyJWK) -> str:
    """The algorithm by which a token of this key must be signed.

    Raises:
        Unauthenticated: the key is of none that we take, or by its own word not for signatures (RFC 7517, 4.2 and 4.3).
    """
    operations = key._jwk_data.get("key_ops", ["verify"])
    if key.algorithm_name not in ALGORITHMS or key.public_key_use not in (None, "sig") or "verify" not in operations:
        raise Unauthenticated
    return key.algorithm_name


def verifier(settings: Settings, local: LocalIssuer | None) -> Verifier:
    """The issuers that the settings name.

    Raises:
        OperatorError: none.
    """
    issuers: dict[str, KeySource] = {}
    if settings.oidc_issuer:
        issuers[settings.oidc_issuer] = RemoteIssuer(settings.oidc_issuer)
    if local is not None:
        issuers[LOCAL] = local
    if not issuers:
        raise OperatorError(
            "nobody could sign in: set ICM_OIDC_ISSUER, or ICM_LOCAL_ISSUER=true for a demonstration on this machine"
        )
    return Verifier(issuers, settings.oidc_audience)


class LocalIssuer:
    """Signs tokens with an Ed25519 key in ICM_HOME: whoever can read that file can be anybody."""

    def __init__(self, key: Ed25519PrivateKey, audience: str) -> None:
        self._key = key
        self._audience = audience
        public: dict[str, Any] = OKPAlgorithm.to_jwk(key.public_key(), as_dict=True)
        self._public = thumbprinted({name: public[name] for name in ("crv", "kty", "x")})

    @classmethod
    def create(cls, home: Path, audience: str = "icmgraph") -> LocalIssuer:
        """The issuer whose key is in ``home``/keys/issuer.json (0600), made first if there is none.

        Raises:
            OperatorError: others may read the file, or it is not a key.
        """
        path = private_folder(home / "keys") / "issuer.json"
        with alone(path.parent, wait=True):
            if not path.exists():
                write(path, OKPAlgorithm.to_jwk(Ed25519PrivateKey.generate()) + "\n")
        if path.stat().st_mode & 0o077:
            raise OperatorError(f"{path} may be read by others; run: chmod 600 {path}")
        try:
            key = OKPAlgorithm.from_jwk(path.read_text(encoding="ascii"))
        except (jwt.PyJWTError, ValueError):
            key = None
        if not isinstance(key, Ed25519PrivateKey):
            raise OperatorError(f"{path} is not a key; remove it, and a new one is made") from None
        return cls(key, audience)

    def issue(self, user: str, hours: float = 12) -> str:
        """A token for the user with this id, valid for ``hours`` from now."""
        now = datetime.now(UTC)
        claims = {
            "iss": LOCAL, "aud": self._audience, "sub": user, "iat": now, "exp": now + timedelta(hours=hours)
        }  # fmt: skip
        return jwt.encode(claims, self._key, algorithm="EdDSA", headers={"kid": self._public["kid"]})

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The public key as a JSON Web Key Set."""
        return {"keys": [dict(self._public)]}

    def key(self, kid: str) -> jwt.PyJWK:
        if kid != self._public["kid"]:
            raise jwt.InvalidKeyError
        return jwt.PyJWK(self._public)


class RemoteIssuer:
    """The keys of an OpenID provider, found by its discovery document and cached for some minutes.

    A provider without that document is asked for ``/.well-known/jwks.json``.
    """

    def __init__(self, issuer: str) -> None:
        _require_safe(issuer, "ICM_OIDC_ISSUER")
        self._issuer = issuer
        self._client: jwt.PyJWKClient | None = None
        self._not_before = 0.0

    def key(self, kid: str) -> jwt.PyJWK:
        if time.monotonic() < self._not_before:
            raise Unavailable
        try:
            if self._client is None:
                self._client = jwt.PyJWKClient(self._discover(), lifespan=KEYS_S, timeout=FETCH_S)
            return self._client.get_signing_key(kid)
        except (httpx.HTTPError, jwt.PyJWKClientConnectionError, OSError, ValueError, OperatorError) as error:
            log.error("the issuer's keys cannot be had: %s", type(error).__name__)
            self._not_before = time.monotonic() + PAUSE_S
            raise Unavailable from None

    def _discover(self) -> str:
        base = self._issuer.rstrip("/")
        answer = httpx.get(f"{base}/.well-known/openid-configuration", timeout=FETCH_S)
        if answer.status_code == 404:
            return f"{base}/.well-known/jwks.json"
        document = answer.raise_for_status().json()
        if not isinstance(document, dict) or document.get("issuer") != self._issuer:
            raise OperatorError("the discovery document is of another issuer")
        address = str(document.get("jwks_uri"))
        _require_safe(address, "its jwks_uri")
        return address


def _require_safe(address: str, what: str) -> None:
    """Keys that come over a plain connection could be anybody's."""
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise OperatorError(f"{what} is not an https address")
