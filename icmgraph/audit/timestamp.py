"""Time stamps of third parties over checkpoints (RFC 3161): that an authority saw one at a time it says.

What is kept is one file with note, request and answer, which can be verified years later with the authority's root
certificate. Needs the extra ``timestamp``: who imports this without it gets an ``OperatorError`` that says so.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import httpx
from cryptography import x509

from icmgraph.errors import OperatorError

try:
    from rfc3161_client import (
        HashAlgorithm,
        TimestampRequestBuilder,
        TimeStampResponse,
        VerificationError,
        VerifierBuilder,
        decode_timestamp_response,
    )
    from rfc3161_client._rust import parse_timestamp_request  # the library makes requests, and reads none in public
except ModuleNotFoundError:
    raise OperatorError("time stamps need an extra: pip install 'icmgraph[timestamp]'") from None

SHA512 = x509.ObjectIdentifier("2.16.840.1.101.3.4.2.3")
GRANTED = 0
CERTIFICATES = 0xA0
"""Tag of a token's certificates."""
LARGEST = 1 << 20
"""Bytes of an answer. With a chain of certificates it has some thousands."""
TIMEOUT = httpx.Timeout(30.0, connect=10.0)


@dataclass(frozen=True)
class Seen:
    """What a good time stamp says. ``authority``: the subject of the certificate that signed it."""

    at: datetime
    authority: str


@dataclass(frozen=True)
class Timestamp:
    """A note, what was asked about it and what the authority answered, both in DER."""

    note: str
    request: bytes
    answer: bytes

    def __str__(self) -> str:
        """As it is kept: JSON, the two in base64."""
        request, answer = (base64.b64encode(one).decode() for one in (self.request, self.answer))
        return json.dumps({"checkpoint": self.note, "request": request, "answer": answer}, indent=2) + "\n"

    @classmethod
    def parse(cls, text: str) -> Timestamp:
        """Raises ``ValueError``."""
        try:
            given = json.loads(text)
            request, answer = (base64.b64decode(given[name], validate=True) for name in ("request", "answer"))
            note = given["checkpoint"]
        except (ValueError, TypeError, KeyError):
            raise ValueError("not a file of a time stamp") from None
        if not isinstance(note, str):
            raise ValueError("not a file of a time stamp")
        return cls(note, request, answer)

    def verify(self, roots: Sequence[x509.Certificate]) -> Seen:
        """That the answer is to this request, the request about this note, and the authority under one of ``roots``.

        The certificates must have been good at the stamp's time, not now. Whether one was revoked is not asked.

        Raises ``ValueError``.
        """
        nonce = _nonce(self.request, self.note)
        answer = _answer(self.answer)
        if answer.status != GRANTED:
            raise ValueError(f"the authority gave no time stamp (status {answer.status})")
        try:
            # Intermediate ones come in the answer; those given as such to the builder would be trusted like roots
            VerifierBuilder(roots=list(roots), nonce=nonce).build().verify_message(answer, self.note.encode())
            (signer,) = answer.signed_data.signer_infos
            given = [x509.load_der_x509_certificate(one) for one in answer.signed_data.certificates]
            # Just one: no signature covers this list, and a second of that name and number could stand for the signer's
            (found,) = [
                one for one in given if (one.issuer, one.serial_number) == (signer.issuer, signer.serial_number)
            ]
            return Seen(answer.tst_info.gen_time, found.subject.rfc4514_string())
        except VerificationError as error:
            raise ValueError(_REASONS.get(str(error), _UNTRUSTED)) from None
        except (ValueError, TypeError):
            raise ValueError("the answer is not a time stamp") from None


_UNTRUSTED = (
    "not signed by an authority under the root certificates given, or its certificates were not valid at its time"
)
_REASONS = {
    "Nonce mismatch": "the answer is to another request: its nonce differs",
    "Mismatch between messages": "the answer is about something else than this checkpoint",
}
"""By the library's texts. Its others are about certificates and signature."""


def request(note: str) -> bytes:
    """A request (DER) for a time stamp over a note, with a nonce of its own; it asks for the certificates too."""
    builder = TimestampRequestBuilder().data(note.encode()).hash_algorithm(HashAlgorithm.SHA512)
    return builder.nonce(nonce=True).cert_request(cert_request=True).build().as_bytes()


def requested(request: bytes, notes: Sequence[str]) -> str | None:
    """Which of these notes a request is about. Raises ``ValueError`` if it is no request."""
    digest = _parsed(request)[1]
    return next((note for note in notes if hashlib.sha512(note.encode()).digest() == digest), None)


def certificates(data: bytes) -> list[x509.Certificate]:
    """Those of a PEM file. Raises ``ValueError``."""
    try:
        return x509.load_pem_x509_certificates(data)
    except ValueError:
        raise ValueError("not a file of certificates in PEM") from None


def ask(url: str, request: bytes) -> bytes:
    """The answer (DER) of an authority, by HTTP (RFC 3161, 3.4). It is not verified.

    Redirections are not followed. Over http too nobody can change an answer unnoticed: it is signed.

    Raises ``OperatorError``, which does not quote the address: it may hold a password.
    """
    if not url.startswith(("http://", "https://")):
        raise OperatorError("the authority's address must begin with https:// or http://")
    trust = httpx.create_ssl_context()
    trust.load_default_certs()  # a company's own authority is in the machine's store, not in certifi's
    head = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
    data = b""
    try:
        with (
            httpx.Client(verify=trust, timeout=TIMEOUT) as client,
            client.stream("POST", url, content=request, headers=head) as answer,
        ):
            if answer.status_code != 200:
                raise OperatorError(f"the authority answered with HTTP {answer.status_code}: look at --url")
            kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind != "application/timestamp-reply":
                raise OperatorError("what answered is no time-stamping authority (RFC 3161): look at --url")
            for piece in answer.iter_bytes():
                data += piece
                if len(data) > LARGEST:
                    raise OperatorError("the authority's answer is too long to be a time stamp")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise OperatorError(
            f"no answer from the authority ({type(error).__name__}): look at --url and the network, "
            "or carry the file of icmgraph audit timestamp request to it"
        ) from None
    return data


def _nonce(request: bytes, note: str) -> int:
    nonce, digest = _parsed(request)
    if digest != hashlib.sha512(note.encode()).digest():
        raise ValueError("the request is about something else than this checkpoint")
    return nonce


def _parsed(request: bytes) -> tuple[int, bytes]:
    """A request's nonce, and the SHA-512 that it is about."""
    try:
        found = parse_timestamp_request(request)
        nonce, imprint = found.nonce, found.message_imprint
        digest = imprint.message if imprint.hash_algorithm == SHA512 else None
    except ValueError:
        raise ValueError("not a request for a time stamp") from None
    if nonce is None or digest is None:
        raise ValueError("not a request that icmgraph audit timestamp request wrote")
    return nonce, digest


def _answer(data: bytes) -> TimeStampResponse:
    try:
        return decode_timestamp_response(_in_order(data))
    except ValueError:
        raise ValueError("the answer is not a time stamp") from None


def _in_order(answer: bytes) -> bytes:
    """With the certificates of the token in the order of DER, which the library insists on.

    Many authorities (OpenSSL's) list them from the signer to the root, as CMS allows. No signature covers their order.
    """
    try:
        at, end = 0, len(answer)
        for which in (0, 1, 1, 0):  # the answer's token, its content, the signed data
            _, at, end = _parts(answer, at, end)[which]
        ours = [part for part in _parts(answer, at, end) if part[0] == CERTIFICATES]
        if len(ours) != 1:
            return answer
        _, at, end = ours[0]
        ends = [at, *(part[2] for part in _parts(answer, at, end))]
    except IndexError:
        return answer
    whole = sorted(answer[start:stop] for start, stop in pairwise(ends))
    return answer[:at] + b"".join(whole) + answer[end:]


def _parts(data: bytes, at: int, end: int) -> list[tuple[int, int, int]]:
    """Of each DER value from ``at`` on: its tag, and where its content begins and ends. Raises ``IndexError``."""
    found = []
    while at < end:
        tag, length, start = data[at], data[at + 1], at + 2
        if length > 127:
            start += length - 128
            length = int.from_bytes(data[at + 2 : start])
        at = start + length
        if at > end:
            raise IndexError("longer than what it is in")
        found.append((tag, start, at))
    return found
