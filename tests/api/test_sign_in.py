"""Signing in: what a token must be, and that every wrong one gets the same answer."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from icmgraph.api import tokens
from icmgraph.api.tokens import (
    ALGORITHMS,
    LEEWAY,
    LOCAL,
    KeySource,
    LocalIssuer,
    RemoteIssuer,
    Verifier,
    signed_by,
    verifier,
)
from icmgraph.bootstrap import Platform
from icmgraph.errors import OperatorError, Unauthenticated, Unavailable
from icmgraph.settings import Settings
from tests.api.conftest import As
from tests.platform import TestClient
from tests.worlds.world import uid

DATA = Path(__file__).parents[1] / "data"
USER = uid("user-1")
RSA_KEY = rsa.generate_private_key(65537, 2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
ED_KEY = Ed25519PrivateKey.generate()


def _claims(issuer: str = LOCAL, **changes: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    claims = {"iss": issuer, "aud": "icmgraph", "sub": USER, "iat": now, "exp": now + timedelta(hours=1)}
    return {name: value for name, value in {**claims, **changes}.items() if value is not None}


def _minutes(number: int) -> datetime:
    return datetime.now(UTC) + timedelta(minutes=number)


def _signed(algorithm: str, kid: Any, claims: dict[str, Any], sign: Callable[[bytes], bytes], **header: Any) -> str:
    """A token that PyJWT would not make; anybody can."""

    def part(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()

    texts = [
        json.dumps(one, default=lambda t: int(t.timestamp()))
        for one in ({"alg": algorithm, "kid": kid, **header}, claims)
    ]
    body = ".".join(part(text.encode()) for text in texts)
    return f"{body}.{part(sign(body.encode()))}"


WRONG: dict[str, dict[str, Any]] = {
    "of another issuer": {"iss": "https://elsewhere.example.com"},
    "an issuer that is no text": {"iss": ["urn:icmgraph:local"]},
    "for another audience": {"aud": "elsewhere"},
    "expired": {"exp": _minutes(-2)},
    "from the future": {"iat": _minutes(60)},
    "not valid yet": {"nbf": _minutes(60)},
    "without an audience": {"aud": None},
    "without an end": {"exp": None},
    "without a beginning": {"iat": None},
    "without a subject": {"sub": None},
    "an empty subject": {"sub": ""},
    "a subject that is a number": {"sub": 7},
}


def _tokens(issuer: LocalIssuer, key: Ed25519PrivateKey) -> Iterator[tuple[str, str]]:
    kid = issuer.jwks()["keys"][0]["kid"]
    for name, changes in WRONG.items():
        yield name, _signed("EdDSA", kid, _claims(**changes), key.sign)
    yield "of another key", jwt.encode(_claims(), ED_KEY, "EdDSA", {"kid": kid})
    yield "of an unknown key", jwt.encode(_claims(), key, "EdDSA", {"kid": "elsewhere"})
    yield "of no key", jwt.encode(_claims(), key, "EdDSA")
    yield "unsigned", _signed("none", kid, _claims(), lambda body: b"")
    # The public key taken for a shared secret.
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    yield "signed with what is public", _signed("HS256", kid, _claims(), _hmac(public))
    yield "of another kind of key", jwt.encode(_claims(), RSA_KEY, "RS256", {"kid": kid})
    theirs: dict[str, Any] = OKPAlgorithm.to_jwk(ED_KEY.public_key(), as_dict=True)
    yield "that brings its key", _signed("EdDSA", kid, _claims(), ED_KEY.sign, jwk=theirs)
    yield (
        "that says where its key is",
        _signed("EdDSA", kid, _claims(), ED_KEY.sign, jku="https://elsewhere.example.com"),
    )
    yield (
        "that asks for what we do not know",
        _signed("EdDSA", kid, _claims(), key.sign, crit=["elsewhere"], elsewhere=1),
    )
    yield "whose algorithm has another case", _signed("eddsa", kid, _claims(), key.sign)
    yield "of two keys", _signed("EdDSA", [kid, "elsewhere"], _claims(), key.sign)
    yield from _torn(issuer.issue(USER))


def _torn(good: str) -> Iterator[tuple[str, str]]:
    """What Wycheproof does to a signed token (its JsonWebSignature vectors), done to ours."""
    head, body, signature = good.split(".")
    other = "eyJzdWIiOiJ4In0"
    whole = {"payload": body, "signatures": [{"protected": head, "signature": signature}]}
    yield "cut", good[:-4]
    yield "another's body", f"{head}.{other}.{signature}"
    yield "another header", f"{other}.{body}.{signature}"
    yield "a changed signature", f"{head}.{body}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"
    yield "no signature", f"{head}.{body}."
    yield "no signature, nor its dot", f"{head}.{body}"
    yield "no body", f"{head}..{signature}"
    yield "no body, nor its dot", f"{head}.{signature}"
    yield "no header", f".{body}.{signature}"
    yield "no header, nor its dot", f"{body}.{signature}"
    yield "a body alone", f".{body}."
    yield "a body alone, without dots", body
    yield "an empty part more", f"{good}."
    yield "a part more", f"{good}.{other}"
    yield "dots alone", ".."
    yield "the form in JSON", json.dumps(whole)
    yield "the flat form in JSON", json.dumps({"payload": body, "protected": head, "signature": signature})
    yield "no token", "nothing"


VECTORS: list[dict[str, Any]] = json.loads((DATA / "jws_vectors.json").read_text())["groups"]
"""Public vectors of JSON web signatures: Wycheproof's (Apache License 2.0), those of RFC 7520 among them."""


def _accepted(key: dict[str, Any], token: str) -> bool:
    """Whether a signature is taken, as the verifier asks the library."""
    try:
        public = jwt.PyJWK(key)
        jwt.PyJWS().decode(token, public, algorithms=[signed_by(public)])
    except (jwt.PyJWTError, ValueError, TypeError, Unauthenticated):
        return False
    return True


@pytest.mark.parametrize("group", VECTORS, ids=[f"{n} {group['group']}" for n, group in enumerate(VECTORS)])
def test_public_vectors(group: dict[str, Any]) -> None:
    taken = group["key"].get("alg") in ALGORITHMS
    right = {test["id"] for test in group["tests"] if test["valid"] and taken}
    assert {test["id"] for test in group["tests"] if _accepted(group["key"], test["jws"])} == right


def test_there_are_vectors_to_be_taken() -> None:
    taken = [t for g in VECTORS if g["key"].get("alg") in ALGORITHMS for t in g["tests"]]
    assert sum(test["valid"] for test in taken) >= 10
    assert sum(not test["valid"] for test in taken) > 200


@pytest.fixture
def issuer(tmp_path: Path) -> LocalIssuer:
    return LocalIssuer.create(tmp_path)


def _private(home: Path) -> Ed25519PrivateKey:
    key = OKPAlgorithm.from_jwk((home / "keys" / "issuer.json").read_text())
    assert isinstance(key, Ed25519PrivateKey)
    return key


def test_a_token_tells_whose_it_is(issuer: LocalIssuer, tmp_path: Path) -> None:
    verify = verifier(Settings(), issuer)
    assert verify.user(f"Bearer {issuer.issue(USER)}") == USER
    assert verify.user(f"bearer  {issuer.issue(USER)}") == USER
    assert verify.user(f"Bearer {LocalIssuer.create(tmp_path).issue(USER)}") == USER, "the key is kept"


def test_wrong_tokens_are_refused(issuer: LocalIssuer, tmp_path: Path) -> None:
    verify = verifier(Settings(), issuer)
    for name, token in _tokens(issuer, _private(tmp_path)):
        with pytest.raises(Unauthenticated):
            pytest.fail(f"{name}: {verify.user('Bearer ' + token)}")
    for header in (None, "", "Bearer", "Bearer ", "Basic YTpi", issuer.issue(USER), f"Token {issuer.issue(USER)}"):
        with pytest.raises(Unauthenticated):
            verify.user(header)


def test_a_token_is_known_for_a_while(issuer: LocalIssuer) -> None:
    verify, header = verifier(Settings(), issuer), f"Bearer {issuer.issue(USER)}"
    assert verify.known(header) is None, "nobody has verified it yet"
    assert verify.user(header) == verify.known(header) == USER
    for other in (None, "", header[:-1], f"{header} ", header.lower(), f"Bearer {issuer.issue(uid('user-2'))}"):
        assert verify.known(other) is None


def test_a_known_token_ends_when_it_ends(issuer: LocalIssuer) -> None:
    verify = verifier(Settings(), issuer)
    header = f"Bearer {issuer.issue(USER, hours=(2 - LEEWAY.total_seconds()) / 3600)}"
    assert verify.user(header) == verify.known(header) == USER
    time.sleep(2.1)
    assert verify.known(header) is None
    with pytest.raises(Unauthenticated):
        verify.user(header)


def test_a_token_of_a_withdrawn_key_is_known_no_longer(issuer: LocalIssuer) -> None:
    issuers: dict[str, KeySource] = {LOCAL: issuer}
    verify, header = Verifier(issuers, "icmgraph", remembered_s=1), f"Bearer {issuer.issue(USER)}"
    assert verify.user(header) == verify.known(header) == USER
    del issuers[LOCAL]
    time.sleep(1.1)
    assert verify.known(header) is None
    with pytest.raises(Unauthenticated):
        verify.user(header)


def test_what_was_refused_is_not_known(issuer: LocalIssuer, tmp_path: Path) -> None:
    verify = verifier(Settings(), issuer)
    for name, token in _tokens(issuer, _private(tmp_path)):
        with pytest.raises(Unauthenticated):
            verify.user(f"Bearer {token}")
        assert verify.known(f"Bearer {token}") is None, name


def test_tokens_are_not_remembered_without_end(issuer: LocalIssuer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "REMEMBERED", 2)
    verify = verifier(Settings(), issuer)
    headers = [f"Bearer {issuer.issue(uid(f'user-{number}'))}" for number in range(5)]
    assert [verify.user(header) for header in headers] == [uid(f"user-{number}") for number in range(5)]
    assert 1 <= sum(verify.known(header) is not None for header in headers) <= 2


def test_every_refusal_is_the_same_answer(platform: Platform, client: TestClient) -> None:
    """Before anything else of the request is looked at, its body and ids included."""
    home = platform.settings.home
    issuer = LocalIssuer.create(home)
    headers = [{}, *({"Authorization": f"Bearer {token}"} for _, token in _tokens(issuer, _private(home)))]
    asked: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", "/v1/me", {}),
        ("GET", "/v1/cases/no-id", {}),
        ("POST", "/v1/cases", {"content": b"{"}),
        ("POST", "/v1/checks", {"json": {"selectors": 7}}),
    ]
    answers = {
        (response.status_code, response.content, tuple(sorted(response.headers.items())))
        for header in headers
        for method, path, options in asked
        for response in [client.request(method, path, headers=header, **options)]
    }
    assert len(answers) == 1
    status, _, sent = answers.pop()
    assert status == 401
    assert ("www-authenticate", "Bearer") in sent


def test_a_person_the_directory_does_not_have_is_refused(as_: As) -> None:
    unknown, nobody = as_("22222222-2222-4222-8222-222222222222")("GET", "/v1/me"), as_(None)("GET", "/v1/me")
    assert (unknown.status_code, unknown.content) == (nobody.status_code, nobody.content) == (401, nobody.content)


def test_the_local_key_is_private(tmp_path: Path) -> None:
    LocalIssuer.create(tmp_path)
    path = tmp_path / "keys" / "issuer.json"
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    with pytest.raises(OperatorError, match="chmod 600"):
        LocalIssuer.create(tmp_path)
    path.chmod(0o600)
    path.write_text("{}")
    with pytest.raises(OperatorError, match="not a key"):
        LocalIssuer.create(tmp_path)


def test_what_is_published_is_public(as_: As, platform: Platform) -> None:
    keys = as_(None).ok("GET", "/.well-known/jwks.json")["keys"]
    assert keys == LocalIssuer.create(platform.settings.home).jwks()["keys"]
    assert [sorted(key) for key in keys] == [["alg", "crv", "kid", "kty", "use", "x"]]


# An issuer elsewhere


class Provider:
    """An OpenID provider of the least kind: two documents."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.documents: dict[str, Any] = {}
        self.address = ""

    @contextmanager
    def running(self) -> Iterator[Provider]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.asked.append(self.path)
                document = provider.documents.get(self.path)
                self.send_response(404 if document is None else 200)
                self.end_headers()
                self.wfile.write(json.dumps(document).encode())

            def log_message(self, format: str, *args: Any) -> None:
                pass

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            self.address = f"http://127.0.0.1:{server.server_port}/realm"
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                yield self
            finally:
                server.shutdown()
                thread.join()

    def publish(self, keys: list[dict[str, Any]], at: str = "/keys") -> None:
        self.documents[at] = {"keys": keys}


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider().running() as provider:
        address = provider.address
        provider.documents["/realm/.well-known/openid-configuration"] = {
            "issuer": address,
            "jwks_uri": address.removesuffix("/realm") + "/keys",
        }
        jwks: list[Callable[[], dict[str, Any]]] = [
            lambda: RSAAlgorithm.to_jwk(RSA_KEY.public_key(), as_dict=True) | {"kid": "rs", "use": "sig"},
            lambda: ECAlgorithm.to_jwk(EC_KEY.public_key(), as_dict=True) | {"kid": "es", "alg": "ES256"},
            lambda: OKPAlgorithm.to_jwk(ED_KEY.public_key(), as_dict=True) | {"kid": "ed"},
            lambda: {"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA", "kid": "hs", "alg": "HS256"},
        ]
        provider.publish([make() for make in jwks])
        yield provider


def test_keys_of_an_issuer_elsewhere_are_found_and_kept(provider: Provider, issuer: LocalIssuer) -> None:
    verify = verifier(Settings(oidc_issuer=provider.address), issuer)
    keys: list[tuple[str, str, Any]] = [("rs", "RS256", RSA_KEY), ("es", "ES256", EC_KEY), ("ed", "EdDSA", ED_KEY)]
    for kid, algorithm, key in keys * 2:
        token = jwt.encode(_claims(provider.address), key, algorithm, {"kid": kid})
        assert verify.user(f"Bearer {token}") == USER
    assert provider.asked == ["/realm/.well-known/openid-configuration", "/keys"]
    assert verify.user(f"Bearer {issuer.issue(USER)}") == USER, "both issuers count"


def _hmac(secret: bytes) -> Callable[[bytes], bytes]:
    return lambda body: hmac.digest(secret, body, hashlib.sha256)


def test_what_an_issuer_elsewhere_did_not_sign_is_refused(provider: Provider, issuer: LocalIssuer) -> None:
    verify = verifier(Settings(oidc_issuer=provider.address), issuer)
    pem = RSA_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    secret = b"secret-secret-secret-secret-secret"
    wrong = {
        "a public key as a secret": _signed("HS256", "rs", _claims(provider.address), _hmac(pem)),
        "a published secret": jwt.encode(_claims(provider.address), secret, "HS256", {"kid": "hs"}),
        "an algorithm not among ours": jwt.encode(_claims(provider.address), RSA_KEY, "PS256", {"kid": "rs"}),
        "another's key": jwt.encode(_claims(provider.address), EC_KEY, "ES256", {"kid": "rs"}),
        "the local issuer's name": jwt.encode(_claims(), ED_KEY, "EdDSA", {"kid": "ed"}),
        "this issuer's name": jwt.encode(
            _claims(provider.address), Ed25519PrivateKey.generate(), "EdDSA", {"kid": "ed"}
        ),
        "a key nobody has": jwt.encode(_claims(provider.address), EC_KEY, "ES256", {"kid": "x"}),
    }
    for name, token in wrong.items():
        with pytest.raises(Unauthenticated):
            pytest.fail(f"{name}: {verify.user('Bearer ' + token)}")
    assert provider.asked.count("/keys") == 1, "unknown keys do not make us ask again and again"


def test_a_provider_without_discovery(provider: Provider) -> None:
    del provider.documents["/realm/.well-known/openid-configuration"]
    provider.publish(
        [OKPAlgorithm.to_jwk(ED_KEY.public_key(), as_dict=True) | {"kid": "ed"}], "/realm/.well-known/jwks.json"
    )
    assert RemoteIssuer(provider.address).key("ed").algorithm_name == "EdDSA"


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {"issuer": "https://elsewhere.example.com", "jwks_uri": "https://elsewhere.example.com/keys"},
        {"issuer": "ours", "jwks_uri": "http://elsewhere.example.com/keys"},
        {"issuer": "ours", "jwks_uri": "file:///etc/hostname"},
        {"issuer": "ours"},
    ],
)
def test_an_issuer_whose_keys_cannot_be_had(provider: Provider, document: Any) -> None:
    """The answer is "not just now"; it is not asked again for some seconds."""
    if isinstance(document, dict) and document["issuer"] == "ours":
        document = {**document, "issuer": provider.address}
    provider.documents = {"/realm/.well-known/openid-configuration": document}
    remote = RemoteIssuer(provider.address)
    for _ in range(2):
        with pytest.raises(Unavailable):
            remote.key("ed")
    assert len(provider.asked) <= 2


def test_an_issuer_over_a_plain_connection_is_refused() -> None:
    for address in ("http://issuer.example.com", "file:///etc", "issuer.example.com"):
        with pytest.raises(OperatorError, match="ICM_OIDC_ISSUER"):
            RemoteIssuer(address)
