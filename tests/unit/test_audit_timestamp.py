"""Time stamps of checkpoints by an authority made here, whose answers OpenSSL makes and reads."""

from __future__ import annotations

import base64
import json
import socket
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from icmgraph.audit import AuditStore, Signer, timestamp
from icmgraph.audit.timestamp import LARGEST, Seen, Timestamp, _in_order, ask, certificates, request
from icmgraph.cli import app
from icmgraph.errors import OperatorError
from icmgraph.keys import create_audit
from icmgraph.settings import Settings
from tests.authority import DAY, Answer, Authority, double, openssl, serving
from tests.unit.test_audit_tamper import AT, LOG, fill

NOTE = LOG.checkpoint(3, bytes(range(32)))
OTHER = LOG.checkpoint(4, bytes(range(32)))
NO_STAMP = "the answer is not a time stamp"
UNTRUSTED = "not signed by an authority under the root"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority") / "one", "Invented")


@pytest.fixture(scope="module")
def stamp(authority: Authority) -> Timestamp:
    asked = request(NOTE)
    return Timestamp(NOTE, asked, authority.reply(asked))


def test_what_the_authority_saw(authority: Authority, stamp: Timestamp) -> None:
    seen = stamp.verify([authority.certificate])
    assert seen.authority == "CN=Invented Time"
    assert abs(datetime.now(UTC) - seen.at) < timedelta(minutes=5)
    assert Timestamp.parse(str(stamp)) == stamp
    assert Timestamp.parse(str(stamp)).verify(certificates(authority.root.read_bytes())) == seen


def test_another_program_reads_what_is_kept(authority: Authority, stamp: Timestamp, tmp_path: Path) -> None:
    kept = json.loads(str(stamp))
    note, query, answer = (tmp_path / name for name in ("note", "query", "answer"))
    note.write_text(kept["checkpoint"])
    query.write_bytes(base64.b64decode(kept["request"]))
    answer.write_bytes(base64.b64decode(kept["answer"]))
    for what, file in (("-queryfile", query), ("-data", note)):
        assert "Verification: OK" in openssl("ts", "-verify", "-in", answer, what, file, "-CAfile", authority.root)
    asked = openssl("ts", "-query", "-in", query, "-text")
    assert "Hash Algorithm: sha512" in asked
    assert "Certificate required: yes" in asked
    assert "Nonce: 0x" in asked


def test_every_request_has_a_nonce_of_its_own() -> None:
    assert len({request(NOTE) for _ in range(50)}) == 50


def test_what_is_no_good_time_stamp(authority: Authority, stamp: Timestamp, tmp_path: Path) -> None:
    again = request(NOTE)
    about_other = request(OTHER)
    plain = openssl_request(tmp_path, "-sha512", "-no_nonce")
    weak = openssl_request(tmp_path, "-sha256")
    expired = Authority(tmp_path / "expired", "Expired", valid=(-2 * DAY, -DAY))
    early = Authority(tmp_path / "early", "Early", valid=(DAY, 2 * DAY))
    picky = Authority(tmp_path / "picky", "Picky", digests="sha256")
    stranger = Authority(tmp_path / "stranger", "Invented")  # of the same names
    asked, answer = stamp.request, stamp.answer
    cases = [
        ("another note", Timestamp(OTHER, asked, answer), authority, "the request is about something else"),
        ("another note and request", Timestamp(OTHER, about_other, answer), authority, "another request: its nonce"),
        ("another nonce", Timestamp(NOTE, again, answer), authority, "another request: its nonce"),
        ("an answer about another note", swapped(authority, asked, about_other), authority, "about something else"),
        ("another root", stamp, stranger, UNTRUSTED),
        ("an authority of the same names", Timestamp(NOTE, asked, stranger.reply(asked)), authority, UNTRUSTED),
        ("expired", Timestamp(NOTE, asked, expired.reply(asked)), expired, UNTRUSTED),
        ("not valid yet", Timestamp(NOTE, asked, early.reply(asked)), early, UNTRUSTED),
        ("refused", Timestamp(NOTE, asked, picky.reply(asked)), picky, r"gave no time stamp \(status 2\)"),
        ("no answer", Timestamp(NOTE, asked, b""), authority, NO_STAMP),
        ("words", Timestamp(NOTE, asked, b"words"), authority, NO_STAMP),
        ("the request as answer", Timestamp(NOTE, asked, asked), authority, NO_STAMP),
        ("the answer as request", Timestamp(NOTE, answer, answer), authority, "not a request for a time stamp"),
        ("something behind it", Timestamp(NOTE, asked, answer + b"\0"), authority, NO_STAMP),
        ("a request without a nonce", Timestamp(NOTE, plain, authority.reply(plain)), authority, "not a request that"),
        ("a request with SHA-256", Timestamp(NOTE, weak, picky.reply(weak)), picky, "not a request that"),
    ]
    for name, one, trusted, reason in cases:
        with pytest.raises(ValueError, match=reason):
            raise AssertionError(f"{name}: {one.verify([trusted.certificate])}")
    intermediate = certificates((authority.folder / "issuer.pem").read_bytes())
    with pytest.raises(ValueError, match=UNTRUSTED):
        stamp.verify(intermediate)


def openssl_request(folder: Path, *options: str) -> bytes:
    (folder / "note").write_text(NOTE)
    openssl("ts", "-query", "-data", folder / "note", "-cert", *options, "-out", folder / "query")
    return (folder / "query").read_bytes()


def swapped(authority: Authority, asked: bytes, other: bytes) -> Timestamp:
    """The answer to a request that was changed on its way: its nonce, but about another note."""
    nonce = slice(-12, None)  # with the wish for certificates behind it, if both nonces have one length
    while len(other) != len(asked):
        other = request(OTHER)
    changed = other[: nonce.start] + asked[nonce]
    return Timestamp(NOTE, asked, authority.reply(changed))


def test_each_flipped_byte_and_each_cut(authority: Authority, stamp: Timestamp) -> None:
    """Fails, or says the same: a few bytes name versions, and the signature's kind, which the key decides anyway."""
    root = [authority.certificate]
    good = stamp.verify(root)
    harmless = []
    for at, byte in enumerate(stamp.answer):
        changed = stamp.answer[:at] + bytes([byte ^ 1]) + stamp.answer[at + 1 :]
        if found := verified(Timestamp(NOTE, stamp.request, changed), authority):
            assert found == good
            harmless.append(at)
    assert len(harmless) <= 16
    for size in range(len(stamp.answer)):
        assert verified(Timestamp(NOTE, stamp.request, stamp.answer[:size]), authority) is None
    for at, byte in enumerate(stamp.request):
        changed = stamp.request[:at] + bytes([byte ^ 1]) + stamp.request[at + 1 :]
        assert verified(Timestamp(NOTE, changed, stamp.answer), authority) in (None, good)


def verified(stamp: Timestamp, authority: Authority) -> Seen | None:
    try:
        return stamp.verify([authority.certificate])
    except ValueError:
        return None


def test_the_certificates_may_come_in_any_order(authority: Authority, stamp: Timestamp) -> None:
    """OpenSSL lists the signer's first; the library alone reads only the order of DER."""
    ordered = _in_order(stamp.answer)
    assert sorted(ordered) == sorted(stamp.answer)
    assert ordered != stamp.answer
    assert _in_order(ordered) == ordered
    root = [authority.certificate]
    assert Timestamp(NOTE, stamp.request, ordered).verify(root) == stamp.verify(root)


@pytest.mark.parametrize(("subject", "reason"), [("A", UNTRUSTED), ("Another" * 8, NO_STAMP)])
def test_nobody_else_stands_for_the_signer(tmp_path: Path, subject: str, reason: str) -> None:
    """The list of certificates is not signed, so who carries the answer may add to it: before the signer's or after."""
    authority = Authority(tmp_path / "one", "Invented")
    asked = request(NOTE)
    with (tmp_path / "one" / "issuer.pem").open("ab") as file:
        file.write(double(authority, subject))
    answer = authority.reply(asked)
    assert subject.encode() in answer
    with pytest.raises(ValueError, match=reason):
        Timestamp(NOTE, asked, answer).verify([authority.certificate])


@settings(deadline=None)
@given(st.one_of(st.binary(max_size=200), st.binary(max_size=60).map(lambda data: b"\x30\x82\x05\x02" + data)))
def test_bytes_that_are_nothing(data: bytes) -> None:
    assert len(_in_order(data)) == len(data)
    for request_, answer in ((request(NOTE), data), (data, b"")):
        with pytest.raises(ValueError, match="not a"):
            Timestamp(NOTE, request_, answer).verify([])


def test_a_time_stamp_outlives_the_certificate_that_signed_it(tmp_path: Path) -> None:
    short = Authority(tmp_path / "short", "Short", valid=(-DAY, timedelta(seconds=5)))
    asked = request(NOTE)
    stamp = Timestamp(NOTE, asked, short.reply(asked))
    time.sleep(max(0.0, (short.until - datetime.now(UTC)).total_seconds() + 1))
    assert stamp.verify([short.certificate]).at <= short.until < datetime.now(UTC)
    later = request(NOTE)
    with pytest.raises(ValueError, match=UNTRUSTED):
        Timestamp(NOTE, later, short.reply(later)).verify([short.certificate])


@pytest.mark.parametrize(
    "text", ["", "words", "[]", "{}", '{"checkpoint": 1, "request": "", "answer": ""}', '{"request": 1, "answer": "?"}']
)
def test_what_is_no_file_of_a_time_stamp(text: str) -> None:
    with pytest.raises(ValueError, match="not a file of a time stamp"):
        Timestamp.parse(text)


def test_the_certificates_of_a_file(authority: Authority, tmp_path: Path) -> None:
    both = authority.root.read_bytes() + (authority.folder / "issuer.pem").read_bytes()
    assert len(certificates(both)) == 2
    for data in (b"", b"words", authority.root.read_bytes()[:200]):
        with pytest.raises(ValueError, match="not a file of certificates"):
            certificates(data)


# -- over HTTP


def test_an_authority_is_asked(authority: Authority) -> None:
    asked = request(NOTE)
    with serving(authority) as (url, sent):
        answer = ask(url, asked)
    assert sent == ["application/timestamp-query"]
    assert Timestamp(NOTE, asked, answer).verify([authority.certificate]).authority == "CN=Invented Time"


@pytest.mark.parametrize(
    ("instead", "reason"),
    [
        ((500, "text/plain", b"secret words"), "HTTP 500"),
        ((302, "text/plain", b""), "HTTP 302"),
        ((200, "text/html", b"secret words"), "no time-stamping authority"),
        ((200, "application/timestamp-reply", bytes(LARGEST + 1)), "too long"),
    ],
)
def test_what_is_no_answer(authority: Authority, instead: Answer, reason: str) -> None:
    with serving(authority, instead) as (url, _), pytest.raises(OperatorError, match=reason) as raised:
        ask(url, request(NOTE))
    assert "secret" not in str(raised.value)
    assert url not in str(raised.value)


def test_who_does_not_answer() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://user:secret@127.0.0.1:{closed.getsockname()[1]}/tsa"
        with pytest.raises(OperatorError, match="no answer from the authority") as raised:
            ask(url, request(NOTE))
    assert "secret" not in str(raised.value)
    for wrong in ("", "file:///etc/hosts", "127.0.0.1/tsa"):
        with pytest.raises(OperatorError, match="must begin with https"):
            ask(wrong, request(NOTE))
    with pytest.raises(OperatorError, match="look at --url"):
        ask("http://[", request(NOTE))


def test_who_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timestamp, "TIMEOUT", httpx.Timeout(0.2))
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/tsa"
        with pytest.raises(OperatorError, match="ReadTimeout"):
            ask(url, request(NOTE))


# -- the commands


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An audit of two records, and its checkpoint."""
    home = tmp_path / "home"
    monkeypatch.setenv("ICM_HOME", str(home))
    monkeypatch.delenv("ICM_AUDIT_URL", raising=False)
    record(home)
    call("checkpoint")
    return home


def record(home: Path) -> None:
    with closing(AuditStore(Settings(home=home).audit_address)) as store:
        fill(store, 1)


def call(*arguments: str | Path, code: int = 0) -> Result:
    result = CliRunner().invoke(app, ["audit", *map(str, arguments)])
    assert result.exit_code == code, result.output
    return result


def test_carried_to_the_authority_and_back(home: Path, tmp_path: Path, authority: Authority) -> None:
    query, answer, kept = (tmp_path / name for name in ("one.tsq", "one.tsr", "kept.json"))
    assert "the checkpoint of 2 records" in call("timestamp", "request", "-o", query).stderr
    answer.write_bytes(authority.reply(query.read_bytes()))
    record(home)
    call("checkpoint")  # meanwhile
    found = call("timestamp", "accept", query, answer, "--root", authority.root, "-o", kept)
    assert "the checkpoint of 2 records, seen 2" in found.stdout
    assert "is there already" in call("timestamp", "request", "-o", query, code=2).stderr
    assert json.loads(call("timestamp", "request", "-o", query, "--force", "--json").stdout) == {"size": 4}
    accept = ("timestamp", "accept", query, answer, "--root", authority.root, "--force", "-o", kept)
    assert (
        "nothing was kept: the answer is to another request"
        in call(*accept[:2], query, answer, *accept[4:], code=5).stderr
    )
    assert "it is about no checkpoint" in call(*accept[:2], elsewhere(tmp_path), *accept[3:], code=5).stderr
    assert "not a request" in call(*accept[:2], answer, *accept[3:], code=5).stderr
    assert "no file" in call(*accept[:2], tmp_path / "none", *accept[3:], code=2).stderr
    assert Timestamp.parse(kept.read_text()).answer == answer.read_bytes(), "kept as it was"


def elsewhere(folder: Path) -> Path:
    file = folder / "elsewhere.tsq"
    file.write_bytes(request(OTHER))
    return file


def test_asked_verified_and_found_again(home: Path, tmp_path: Path, authority: Authority) -> None:
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    with serving(authority) as (url, _):
        fetch = ("timestamp", "fetch", "--url", url, "--root", authority.root, "-o")
        found = json.loads(call(*fetch, first, "--json").stdout)
        assert (found["size"], found["authority"]) == (2, "CN=Invented Time")
        record(home)
        call("checkpoint")
        call(*fetch, second)
    verified = call("verify", "--timestamp", first, "--timestamp", second, "--root", authority.root)
    assert f"the checkpoint of 2 records was seen {found['at']} by CN=Invented Time" in verified.stderr
    assert "the checkpoint of 4 records was seen" in verified.stderr
    assert "4 records, unbroken, 4 checkpoints" in verified.stdout
    said = json.loads(call("verify", "--timestamp", first, "--root", authority.root, "--json").stdout)
    assert (said["ok"], said["timestamps"]) == (True, [found])
    assert json.loads(call("verify", "--json").stdout)["timestamps"] == []
    assert "needs --root" in call("verify", "--timestamp", first, code=2).stderr


def test_what_is_wrong_with_a_kept_one_is_named(home: Path, tmp_path: Path, authority: Authority) -> None:
    kept, strange = tmp_path / "kept.json", tmp_path / "strange.json"
    stranger = Authority(tmp_path / "stranger", "Stranger")
    with serving(authority) as (url, _):
        fetch = ("timestamp", "fetch", "--url", url, "-o")
        assert "nothing was kept: not signed by" in call(*fetch, kept, "--root", stranger.root, code=5).stderr
        assert not kept.exists()
        assert "not a file of certificates" in call(*fetch, kept, "--root", authority.folder / "serial", code=5).stderr
        call(*fetch, kept, "--root", stranger.root, "--root", authority.root)
    check = ("verify", "--timestamp", kept, "--root")
    assert f"BROKEN: the time stamp {kept}: not signed by" in call(*check, stranger.root, code=1).stderr
    strange.write_text("words")
    found = call("verify", "--timestamp", strange, "--root", authority.root, "--json", code=1)
    assert "not a file of a time stamp" in json.loads(found.stdout)["reason"]
    asked = request(OTHER)
    strange.write_text(str(Timestamp(OTHER, asked, authority.reply(asked))))
    found = call("verify", "--timestamp", strange, "--root", authority.root, code=1)
    assert "not signed by this key" in found.stderr, "a good time stamp of another log's checkpoint"


@pytest.mark.parametrize("forged", [False, True])
def test_a_changed_log_behind_a_time_stamp(home: Path, tmp_path: Path, authority: Authority, forged: bool) -> None:
    """An older state put back, and from there another history, signed with the same key: in itself all is well."""
    old = {path: path.read_bytes() for path in home.glob("audit.*")}
    record(home)
    call("checkpoint")
    kept = tmp_path / "kept.json"
    with serving(authority) as (url, _):
        call("timestamp", "fetch", "--url", url, "--root", authority.root, "-o", kept)
    for path in home.glob("audit.*"):
        path.unlink()
    for path, data in old.items():
        path.write_bytes(data)
    if forged:
        with closing(AuditStore(Settings(home=home).audit_address)) as store:
            intent = store.intent(who="u-2", action="search", kind="read", parameters={}, at=AT)
            store.outcome(intent, result="answered", at=AT)
            store.checkpoint(Signer(create_audit(home)))
    call("verify")
    found = call("verify", "--timestamp", kept, "--root", authority.root, code=1).stderr
    assert "the checkpoint of 4 records was seen" in found
    if forged:
        assert "BROKEN at record 3: the records from here to 4 are not those of the anchored checkpoint of 4" in found
    else:
        assert "BROKEN at record 3: the chain is shorter than the anchored checkpoint of 4 records" in found


def test_without_a_checkpoint_there_is_nothing_to_stamp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ICM_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("ICM_AUDIT_URL", raising=False)
    record(tmp_path / "home")
    assert "icmgraph audit checkpoint makes one" in call("timestamp", "request", "-o", tmp_path / "q", code=5).stderr


@pytest.mark.parametrize(
    "arguments",
    [["timestamp", "request", "-o", "x"], ["timestamp", "--help"], ["verify", "--timestamp", "x", "--root", "y"]],
)
def test_without_the_extra_it_is_named(home: Path, arguments: list[str]) -> None:
    code = "import sys; sys.modules['rfc3161_client'] = None; from icmgraph.cli import main; main()"
    ended = subprocess.run(
        [sys.executable, "-c", code, "audit", *arguments], capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 5
    assert ended.stderr == "icmgraph: time stamps need an extra: pip install 'icmgraph[timestamp]'\n"
