"""A time-stamping authority for tests: certificates made when it starts, answers made by ``openssl ts``.

So what icmgraph writes is read, and what it reads is written, by another implementation of RFC 3161.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = timedelta(days=1)
CONFIG = """\
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
certs = {folder}/issuer.pem
signer_digest = sha256
default_policy = 1.3.6.1.4.1.99999.1
digests = {digests}
ess_cert_id_alg = sha256
"""

Pair = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]


class Authority:
    """Root, an issuer under it, and under that the certificate that signs time stamps.

    Args:
        valid: how long the last one is, from and until when as seen from now.
        digests: what it takes requests of.
    """

    def __init__(
        self, folder: Path, name: str, *, valid: tuple[timedelta, timedelta] = (-DAY, DAY), digests: str = "sha512"
    ) -> None:
        folder.mkdir()
        self.folder = folder
        root = _certificate(f"{name} Root")
        issuer = _certificate(f"{name} Issuer", root)
        signer = _certificate(f"{name} Time", issuer, valid, ca=False)
        for file, (certificate, _) in {"root.pem": root, "issuer.pem": issuer, "tsa.pem": signer}.items():
            (folder / file).write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        (folder / "tsa.key").write_bytes(
            signer[1].private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        (folder / "openssl.cnf").write_text(CONFIG.format(folder=folder, digests=digests))
        self.signer = signer
        self.root = folder / "root.pem"
        self.certificate = root[0]
        self.until = signer[0].not_valid_after_utc

    def reply(self, request: bytes) -> bytes:
        """Its answer (DER) to a request (DER)."""
        asked, answer, config = (self.folder / name for name in ("request.tsq", "answer.tsr", "openssl.cnf"))
        asked.write_bytes(request)
        openssl("ts", "-reply", "-config", config, "-queryfile", asked, "-out", answer)
        return answer.read_bytes()


def openssl(*arguments: str | Path) -> str:
    """What the command says. One that is missing fails the test: it is installed for these."""
    ended = subprocess.run(["openssl", *arguments], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def double(authority: Authority, subject: str) -> bytes:
    """A certificate (PEM) by a stranger that bears issuer and number of the one that signs time stamps."""
    signer = authority.signer[0]
    (name,) = signer.issuer.get_attributes_for_oid(NameOID.COMMON_NAME)
    stranger = _certificate(str(name.value))
    made, _ = _certificate(subject, stranger, ca=False, serial=signer.serial_number)
    return made.public_bytes(serialization.Encoding.PEM)


Answer = tuple[int, str, bytes]
"""Status, content type, body."""


@contextmanager
def serving(authority: Authority, instead: Answer | None = None) -> Iterator[tuple[str, list[str]]]:
    """The address of the authority on this machine, and the content types it was sent. ``instead``: another answer."""
    sent: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent.append(self.headers["Content-Type"])
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            status, kind, body = instead or (200, "application/timestamp-reply", authority.reply(asked))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            if status == 302:
                self.send_header("Location", "/elsewhere")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *given: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/tsa", sent
        finally:
            server.shutdown()
            thread.join()


def _certificate(
    name: str,
    issuer: Pair | None = None,
    valid: tuple[timedelta, timedelta] = (-100 * DAY, 100 * DAY),
    *,
    ca: bool = True,
    serial: int | None = None,
) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC).replace(microsecond=0)
    public = key.public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(public)
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(now + valid[0])
        .not_valid_after(now + valid[1])
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )
    if not ca:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(usage, critical=True)
    return builder.sign(issuer[1] if issuer else key, hashes.SHA256()), key
