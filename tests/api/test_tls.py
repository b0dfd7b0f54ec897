"""TLS: files that must fit, a key nobody else may read, 1.2 or later, and a proxy that is declared."""

from __future__ import annotations

import socket
import ssl
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import ValidationError

from icmgraph.api.tokens import LocalIssuer
from icmgraph.client import Client
from icmgraph.errors import Unavailable
from icmgraph.settings import Settings
from tests.api.test_serve import _SERVE, _process
from tests.api.test_serve import environment as environment
from tests.worlds.world import uid


def certificate(folder: Path) -> dict[str, str]:
    """A certificate of 127.0.0.1 that signs itself, and its key; as settings."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "api.example.com")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert, private = folder / "cert.pem", folder / "key.pem"
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    kind = serialization.PrivateFormat.PKCS8
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, kind, serialization.NoEncryption()))
    private.chmod(0o600)
    return {"ICM_TLS_CERT": str(cert), "ICM_TLS_KEY": str(private)}


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
def test_it_serves_by_tls_alone(environment: dict[str, str], tmp_path: Path) -> None:
    files = certificate(tmp_path)
    with _process({**environment, **files}) as process:
        assert process.stdout
        address = process.stdout.readline().strip()
        assert address.startswith("https://127.0.0.1:")
        port = int(address.rpartition(":")[2])
        token = LocalIssuer.create(Path(environment["ICM_HOME"])).issue(uid("user-1"))
        with Client(address, token, ca=Path(files["ICM_TLS_CERT"])) as client:
            assert client.me().name == "Alice Agent"
        with Client(address, token) as client, pytest.raises(Unavailable):
            client.me()  # nobody knows who signed it
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False)
        assert _version(port, ssl.TLSVersion.TLSv1_3) == "TLSv1.3"
        assert _version(port, ssl.TLSVersion.TLSv1_2) == "TLSv1.2"
        with pytest.raises((ssl.SSLError, ConnectionError)):
            _version(port, ssl.TLSVersion.TLSv1_1)


def _version(port: int, most: ssl.TLSVersion) -> str | None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = min(most, ssl.TLSVersion.TLSv1_2)
    context.maximum_version = most
    with socket.create_connection(("127.0.0.1", port), timeout=10) as plain, context.wrap_socket(plain) as made:
        return made.version()


def _no_certificate(files: dict[str, str]) -> None:
    Path(files["ICM_TLS_CERT"]).write_text("no certificate")


def _no_key(files: dict[str, str]) -> None:
    Path(files["ICM_TLS_KEY"]).unlink()


def _others_may_read(files: dict[str, str]) -> None:
    Path(files["ICM_TLS_KEY"]).chmod(0o640)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [(_no_certificate, "ICM_TLS_CERT ("), (_no_key, "ICM_TLS_KEY ("), (_others_may_read, "ICM_TLS_KEY (")],
)
def test_files_that_will_not_do(
    environment: dict[str, str], tmp_path: Path, spoil: Callable[[dict[str, str]], None], says: str
) -> None:
    files = certificate(tmp_path)
    spoil(files)
    result = subprocess.run(
        [sys.executable, "-c", _SERVE], capture_output=True, text=True, env={**environment, **files}, timeout=120,
        check=True,
    )  # fmt: skip
    assert result.stdout.startswith(f"OperatorError {says}")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"api_host": "0.0.0.0"}, "ICM_API_HOST is not loopback"),
        ({"api_host": "192.0.2.1", "tls_cert": "c.pem"}, "come together"),
        ({"tls_key": "k.pem"}, "come together"),
    ],
)
def test_settings_that_would_send_tokens_in_the_clear(given: dict[str, str], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Settings.model_validate(given)


def test_settings_that_do() -> None:
    assert Settings.model_validate({"api_host": "192.0.2.1", "behind_proxy": True}).base_url.startswith("http:")
    both = {"api_host": "192.0.2.1", "tls_cert": "c.pem", "tls_key": "k.pem"}
    assert Settings.model_validate(both).base_url.startswith("https:")


@pytest.mark.parametrize(("declared", "status"), [("true", 403), ("false", 200)])
def test_a_proxy_is_believed_when_declared(environment: dict[str, str], declared: str, status: int) -> None:
    with _process({**environment, "ICM_BEHIND_PROXY": declared}) as process:
        assert process.stdout
        address = process.stdout.readline().strip()
        with httpx.Client(base_url=address, trust_env=False) as client:
            assert client.get("/healthz", headers={"X-Forwarded-Proto": "http"}).status_code == status
            for headers in ({}, {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.9"}):
                assert client.get("/healthz", headers=headers).status_code == 200
