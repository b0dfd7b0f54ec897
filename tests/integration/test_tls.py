"""A graph reached by TLS, and by the scheme of clusters: the addresses of a Neo4j of one's own."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from icmgraph.bootstrap import open_gateway
from icmgraph.doctor import answer_of
from icmgraph.errors import GraphUnavailable, OperatorError
from icmgraph.local_neo4j import LocalNeo4j, connection
from icmgraph.queries.gateway import Transaction
from icmgraph.settings import Settings


def certify(folder: Path, name: str) -> Path:
    """A certificate that signs itself, for this machine, and its key."""
    folder.mkdir(parents=True)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "private.key").write_bytes(key.private_bytes(serialization.Encoding.PEM, *private))
    (folder / "public.crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return folder / "public.crt"


@pytest.fixture(scope="module")
def server(small_server: Callable[..., LocalNeo4j], tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalNeo4j]:
    home = tmp_path_factory.mktemp("tls")
    made = small_server(home)
    certify(made.folder / "certificates" / "bolt", "icmgraph test")
    # Optional: the managed server's own look at whether it is up speaks no TLS
    (made.folder / "local.conf").write_text(
        "dbms.ssl.policy.bolt.enabled=true\n"
        f"dbms.ssl.policy.bolt.base_directory={made.folder}/certificates/bolt\n"
        "dbms.ssl.policy.bolt.private_key=private.key\n"
        "dbms.ssl.policy.bolt.public_certificate=public.crt\n"
        "server.bolt.tls_level=OPTIONAL\n"
    )
    made.start()
    try:
        yield made
    finally:
        made.stop()


def settings(server: LocalNeo4j, scheme: str, host: str = "127.0.0.1") -> Settings:
    port = server.status().port
    given = {"neo4j_uri": f"{scheme}://{host}:{port}", "neo4j_password_file": server.password_path}
    return Settings.model_validate(given)


def epoch(tx: Transaction) -> int:
    value: int = tx.control("read_epoch")[0]["value"]
    return value


@pytest.mark.parametrize("scheme", ["bolt+s", "neo4j+s", "bolt+ssc", "neo4j+ssc", "neo4j", "bolt"])
@pytest.mark.parametrize("host", ["127.0.0.1", pytest.param("localhost", marks=pytest.mark.long)])
def test_every_address_reads_writes_and_rolls_back(
    server: LocalNeo4j, scheme: str, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Where this machine keeps the authorities it trusts
    monkeypatch.setenv("SSL_CERT_FILE", str(server.folder / "certificates" / "bolt" / "public.crt"))
    chosen = settings(server, scheme, host)
    assert connection(chosen).uri == chosen.neo4j_uri
    gateway = open_gateway(chosen)
    try:
        gateway.apply_schema()
        gateway.write(lambda tx: tx.control("create_epoch"))
        before = gateway.read(epoch)
        assert gateway.rolled_back(lambda tx: tx.control("move_epoch", labels=[])) == [{"value": before + 1}]
        assert gateway.read(epoch) == before
        gateway.write(lambda tx: tx.control("move_epoch", labels=[]))
        assert gateway.read(epoch) == before + 1
    finally:
        gateway.close()


def test_a_read_by_the_address_of_a_cluster_waits_for_what_others_wrote(server: LocalNeo4j) -> None:
    """One server cannot be behind: shown is that a read asks for no less than the last write, whoever wrote it."""
    one, other = (open_gateway(settings(server, "neo4j")) for _ in range(2))
    try:
        one.apply_schema()
        one.write(lambda tx: tx.control("create_epoch"))
        for _ in range(3):
            one.write(lambda tx: tx.control("move_epoch", labels=[]))
            asked = other.read(lambda tx: other._bookmarks.get_bookmarks())
            assert set(asked) == set(one._bookmarks.get_bookmarks()) != set()
    finally:
        one.close()
        other.close()


@pytest.mark.parametrize("scheme", ["bolt+s", "neo4j+s"])
def test_a_certificate_that_nobody_vouches_for_is_refused(
    server: LocalNeo4j, scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certify(tmp_path / "other", "somebody else")))
    with pytest.raises(GraphUnavailable):
        open_gateway(settings(server, scheme))


def test_the_doctor_does_not_mistake_tls_for_silence(server: LocalNeo4j) -> None:
    answer = answer_of(connection(settings(server, "bolt+s")))
    assert answer is None
    assert answer_of(connection(settings(server, "bolt"))) is not None


def test_an_address_of_no_known_scheme(server: LocalNeo4j) -> None:
    with pytest.raises(OperatorError, match=r"must begin with one of bolt://, bolt\+s://"):
        open_gateway(settings(server, "https"))
