"""What leaves for people who have a notice: once, in order, again after an error or a kill, and without content."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from icmgraph import channels
from icmgraph.audit import AuditStore
from icmgraph.channels import Mail, Webhook
from icmgraph.errors import AuditUnavailable, OperatorError
from icmgraph.local_neo4j import Connection
from icmgraph.model.source import SystemSource
from icmgraph.queries import outbox
from icmgraph.queries.operator import Operator
from icmgraph.queries.outbox import Channel, Sender
from icmgraph.queries.recovery import recover
from icmgraph.settings import Settings
from tests.integration.bureau import KEY, WRITTEN, Bureau, Later, Still, question
from tests.integration.test_tls import certify
from tests.post import Hooks, MailServer, hooks, mail_server
from tests.worlds.fixtures import graph as graph
from tests.worlds.loader import Graph

CHILD_DIES = -9
WAIT = timedelta(seconds=60)
TRIES = 3
SENDER = "icm@example.org"


class Clock(Still):
    """Stands still where it was put."""

    def __init__(self) -> None:
        super().__init__("sender")
        self.at = Later().now()

    def now(self) -> datetime:
        return self.at


class Office(Bureau):
    """A bureau whose people have addresses; what is sent is sent at ``clock``."""

    def __init__(self, graph: Graph, folder: Path) -> None:
        super().__init__(graph, folder)
        self.clock = Clock()
        self.told_of = 0

    def reach(self, user: str, **addresses: str | None) -> None:
        self.graph.run("MATCH (u:User {id: $id}) SET u += $addresses", id=user, addresses=addresses)

    def notify(self, user: str | None = None, times: int = 1) -> None:
        """So many checks of Ann's that met the phone of Ed's case."""
        for _ in range(times):
            self.check(user)
            self.tell()

    def tell(self) -> None:
        self.told_of += 1
        assert self.worker(lambda: Later(f"notices {self.told_of}")).run_once() == 1

    def sender(self, name: str = "webhook", channel: Channel | None = None) -> Sender:
        way = Webhook(KEY) if name == "webhook" and channel is None else channel
        return Sender(
            self.graph.gateway, self.audit, name, way, lambda person, action: self.clock, tries=TRIES, wait_s=60,
            poll_s=0.02,
        )  # fmt: skip

    def send(self, name: str = "webhook", channel: Channel | None = None) -> None:
        """Until nothing is due."""
        while self.sender(name, channel).step():
            pass

    def waiting(self) -> list[dict[str, Any]]:
        return [row["d"] for row in self.graph.run("MATCH (d:Delivery) RETURN d {.*} AS d ORDER BY d.at, d.id")]

    def sent(self) -> list[str]:
        """Results of what was tried, as the audit has them."""
        bodies = [record["body"] for record in self.audit.export()]
        tried = {body["id"] for body in bodies if body.get("action") == "notice.send"}
        return [body["result"] for body in bodies if body.get("intent") in tried]

    def operator(self) -> Operator:
        return Operator(self.graph.gateway, self.audit, self.clock)


@pytest.fixture
def office(graph: Graph, tmp_path: Path) -> Office:
    made = Office(graph, tmp_path)
    made.phone(made.case())
    made.load()
    return made


@pytest.fixture
def taker() -> Iterator[Hooks]:
    with hooks() as found:
        yield found


def mail(server: MailServer, tls: str = "none", **more: Any) -> Mail:
    return Mail("127.0.0.1", server.port, tls, SENDER, **more)


def ids(taker: Hooks) -> list[str]:
    return [headers["webhook-id"] for _, headers, _ in taker.came]


def notices(office: Office, user: str) -> list[str]:
    """Oldest first; those of one moment, and here all are, by id."""
    return sorted(notice.id for notice in office.notices(user))


# -- what leaves


def test_a_mail_says_that_there_is_a_notice_and_no_more(office: Office) -> None:
    office.reach(office.ed, email="ed@example.org")
    office.notify()
    (notice,) = office.notices(office.ed)
    with mail_server() as server:
        office.send("email", mail(server))
    (came,) = server.came
    assert (came.sender, came.to) == (SENDER, ["ed@example.org"])
    said = dict(came.message)
    assert said == {
        "From": SENDER,
        "To": "ed@example.org",
        "Subject": "You have a notice",
        "Date": "Mon, 06 May 2024 08:00:00 +0000",
        "Message-ID": f"<{notice.id}@example.org>",
        "Auto-Submitted": "auto-generated",
        "Content-Type": 'text/plain; charset="utf-8"',
        "Content-Transfer-Encoding": "7bit",
        "MIME-Version": "1.0",
    }
    assert came.message.get_payload() == "You have a notice. Sign in to read it.\r\n"
    assert office.waiting() == []
    assert office.sent() == ["done"]


def test_a_webhook_says_that_there_is_a_notice_and_no_more(office: Office, taker: Hooks) -> None:
    address = f"{taker.address}/ed"
    office.reach(office.ed, webhook=address)
    office.notify()
    (notice,) = office.notices(office.ed)
    before = int(time.time())
    office.send()
    ((path, headers, body),) = taker.came
    assert path == "/ed"
    assert json.loads(body) == {"type": "notice", "timestamp": "2024-05-06T08:00:00.000Z"}
    moment = headers.pop("webhook-timestamp")
    assert before <= int(moment) <= time.time()
    secret = channels.secret(KEY, address)
    assert headers == {
        "host": taker.address.removeprefix("http://"),
        "accept": "*/*",
        "accept-encoding": headers["accept-encoding"],
        "connection": "keep-alive",
        "user-agent": "icmgraph",
        "content-type": "application/json",
        "content-length": str(len(body)),
        "webhook-id": notice.id,
        "webhook-signature": channels.signature(secret, notice.id, moment, body),
    }
    assert channels.secret(KEY, f"{taker.address}/eve") != secret


def test_a_signature_is_that_of_the_standard() -> None:
    """The example of the standard's own libraries."""
    made = channels.signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", '{"test": 2432232314}'
    )
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_two_notices_differ_in_id_and_time_alone(office: Office, taker: Hooks) -> None:
    """Whatever they are about: kinds, names, how many and whose."""
    office.reach(office.ed, webhook=taker.address, email="ed@example.org")
    office.notify()
    asked = question(selectors=tuple({"kind": "phone", "value": value} for value in (WRITTEN, "+1 202 555 0177")))
    office.check(question=asked)
    office.tell()
    office.send()
    with mail_server() as server:
        office.send("email", mail(server))
    assert len({body for _, _, body in taker.came}) == 1
    plain = {re.sub(r"(?m)^Message-ID: .*$", "", one.text) for one in server.came}
    assert (len(server.came), len(plain)) == (2, 1)


# -- to whom


def test_without_an_address_nothing_is_kept(office: Office) -> None:
    office.notify()
    assert len(office.notices(office.ed)) == 1
    assert office.waiting() == []


def test_it_is_for_whom_the_notice_is_for_alone(office: Office, taker: Hooks) -> None:
    for user in (office.ann, office.will, office.ed, office.eve, office.desk):
        office.reach(user, webhook=f"{taker.address}/{user}", email="x@example.org")
    office.notify()
    assert {row["user"] for row in office.waiting()} == {office.ed}
    office.send()
    assert [path for path, _, _ in taker.came] == [f"/{office.ed}"]


@pytest.mark.parametrize("mode", ["silent", "brokered", "open"])
def test_nothing_leaves_for_who_asked(graph: Graph, tmp_path: Path, taker: Hooks, mode: str) -> None:
    made = Office(graph, tmp_path)
    made.phone(made.case(disclosure=mode, disclosure_until=Later().now() + timedelta(days=1)))
    made.load()
    for user in (made.ann, made.ed):
        made.reach(user, webhook=f"{taker.address}/{user}")
    answer = made.check()
    assert made.waiting() == [], "nothing is written before the answer has left"
    made.worker().run_once()
    made.send()
    assert [path for path, _, _ in taker.came] == [f"/{made.ed}"]
    assert bool(answer.pointers) == (mode != "silent")


def test_the_desks_notice_is_for_each_of_its_members(graph: Graph, tmp_path: Path, taker: Hooks) -> None:
    made = Office(graph, tmp_path)
    other = made.person("Another", made.top, desk=True)
    made.phone(made.case(""))
    made.load()
    for user in (made.desk, other, made.ed):
        made.reach(user, webhook=f"{taker.address}/{user}")
    made.notify()
    made.send()
    assert {path for path, _, _ in taker.came} == {f"/{made.desk}", f"/{other}"}
    assert set(ids(taker)) == {made.notices(made.desk)[0].id}


def test_it_goes_where_the_person_is_reached_now(office: Office, taker: Hooks) -> None:
    office.reach(office.ed, webhook=f"{taker.address}/old", email="ed@example.org")
    office.notify()
    office.reach(office.ed, webhook=f"{taker.address}/new", email=None)
    office.send()
    with mail_server() as server:
        office.send("email", mail(server))
    assert [path for path, _, _ in taker.came] == ["/new"]
    assert (server.came, office.waiting()) == ([], [])


def test_a_channel_that_is_off_floods_nobody_when_it_is_turned_on(office: Office) -> None:
    office.reach(office.ed, email="ed@example.org")
    office.notify(times=2)
    assert len(office.waiting()) == 2
    office.send("email", None)
    assert office.waiting() == []
    assert office.sent() == [], "nothing was tried"


def test_what_waits_for_a_destroyed_case_goes_with_it(office: Office, taker: Hooks) -> None:
    office.reach(office.ed, webhook=taker.address)
    office.notify()
    (case,) = office.told(office.ed)
    office.graph.gateway.write(lambda tx: tx.control("drop_case", case=case))
    assert office.waiting() == []
    office.send()
    assert taker.came == []


# -- again


def test_after_an_error_it_waits_longer_each_time_and_keeps_its_id(office: Office, taker: Hooks) -> None:
    office.reach(office.ed, webhook=taker.address)
    office.notify()
    taker.answers = [500, 302]
    office.send()
    (waiting,) = office.waiting()
    assert (waiting["tries"], waiting["problem"], waiting["dead"]) == (1, "status 500", False)
    assert waiting["due"] == office.clock.at + WAIT
    office.send()
    assert len(taker.came) == 1, "not due yet"
    office.clock.at += WAIT
    office.send()
    assert office.waiting()[0]["due"] == office.clock.at + 2 * WAIT
    office.clock.at += 2 * WAIT
    office.send()
    assert office.waiting() == []
    assert [path for path, _, _ in taker.came] == ["/"] * 3, "a redirect is not followed"
    assert len(set(ids(taker))) == 1
    assert office.sent() == ["failed", "failed", "done"]


def test_order_is_kept_for_each_person_and_none_waits_for_another(office: Office, taker: Hooks) -> None:
    office.reach(office.ed, webhook=f"{taker.address}/ed")
    office.notify(times=3)
    office.reach(office.eve, webhook=f"{taker.address}/eve")
    row: dict[str, Any] = {
        "id": SystemSource().uuid(),
        "kind": "match",
        "body": "{}",
        "to": office.eve,
    }
    office.graph.gateway.write(lambda tx: tx.control("create_notices", rows=[row], at=office.clock.at))
    first, *_ = expected = notices(office, office.ed)
    taker.answers = [500, 500]
    office.send()  # the first of each
    assert sorted(ids(taker)) == sorted([first, row["id"]])
    office.clock.at += WAIT
    office.send()
    assert [id for id in ids(taker) if id != row["id"]] == [first, *expected]
    assert ids(taker).count(row["id"]) == 2


def test_after_the_last_try_it_is_a_dead_letter_that_can_be_sent_again(office: Office, taker: Hooks) -> None:
    office.reach(office.ed, webhook=taker.address)
    office.notify(times=2)
    first, second = notices(office, office.ed)
    taker.answers = [500] * TRIES
    for _ in range(TRIES):
        office.send()
        office.clock.at += timedelta(hours=1)
    office.send()
    assert ids(taker) == [first] * TRIES + [second], "the next goes on behind a dead one"
    (dead,) = outbox.dead_letters(office.operator())
    assert dead == {
        "notice": first,
        "at": "2024-05-06T08:00:00.000Z",
        "user": office.ed,
        "name": "Ed",
        "channel": "webhook",
        "tries": TRIES,
        "problem": "status 500",
    }
    counts = office.graph.gateway.read(lambda tx: tx.control("count_pending"))[0]
    assert (counts["deliveries"], counts["dead_letters"]) == (0, 1)
    assert outbox.resend(office.operator(), [second]) == 0
    office.notify()
    assert outbox.resend(office.operator(), [first]) == 1
    office.send()
    third = next(id for id in notices(office, office.ed) if id not in (first, second))
    assert ids(taker)[TRIES + 1 :] == [third, first], "behind what waits"
    assert outbox.dead_letters(office.operator()) == []
    acts = [record["body"].get("action") for record in office.audit.export()]
    assert "notices.dead" in acts
    assert "notices.resend" in acts


def test_all_that_was_given_up_goes_with_the_address(office: Office, taker: Hooks) -> None:
    office.reach(office.ed, webhook=taker.address)
    office.notify(times=2)
    office.graph.run("MATCH (d:Delivery) SET d.dead = true")
    office.reach(office.ed, webhook=None)
    assert outbox.resend(office.operator(), None) == 2
    office.send()
    assert (office.waiting(), taker.came) == ([], [])


def test_an_answer_that_never_ends_is_given_up(office: Office, taker: Hooks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "ANSWER_S", 0.5)
    taker.slow = threading.Event()
    office.reach(office.ed, webhook=taker.address)
    office.notify()
    try:
        office.send()
    finally:
        taker.slow.set()
    assert office.waiting()[0]["problem"] == "TimeoutError"


def test_nobody_listens(office: Office, taker: Hooks) -> None:
    office.reach(office.ed, webhook="http://127.0.0.1:9/", email="ed@example.org")
    office.notify()
    office.send()
    office.send("email", Mail("127.0.0.1", 9, "none", SENDER))
    assert [row["problem"] for row in office.waiting()] == ["ConnectionRefusedError", "ConnectError"]


# -- whatever dies


@pytest.mark.parametrize("die", ["before", "after"])
def test_a_killed_sender_loses_nothing(office: Office, taker: Hooks, neo4j_connection: Connection, die: str) -> None:
    office.reach(office.ed, webhook=taker.address)
    office.notify(times=2)
    first, second = notices(office, office.ed)
    at = neo4j_connection
    audit = f"sqlite:///{office.folder / 'child.db'}"
    orders = {"connection": [at.uri, at.user, at.password, at.database], "audit": audit, "die": die}
    command = [sys.executable, "-m", "tests.integration.outbox_child"]
    run = subprocess.run(command, input=json.dumps(orders), text=True, capture_output=True, timeout=120, check=False)
    assert run.returncode == CHILD_DIES, run.stderr
    office.send()
    came = [first] if die == "after" else []
    assert ids(taker) == came, "it is the dead one's for some minutes"
    office.clock.at += outbox.LEASE
    office.send()
    assert ids(taker) == [*came, first, second]
    assert office.waiting() == []
    child = AuditStore(audit, KEY)
    try:
        assert recover(office.graph.gateway, child, SystemSource()) == 1
        assert [record["body"] for record in child.export()][-1]["result"] == "may have been answered"
    finally:
        child.close()


def test_two_at_once_send_each_once_and_in_order(office: Office, taker: Hooks) -> None:
    people = [office.ed, office.eve]
    for user in people:
        office.reach(user, webhook=f"{taker.address}/{user}")
    expected: dict[str, list[str]] = {user: [] for user in people}
    source, written = SystemSource(), list[tuple[dict[str, Any], datetime]]()
    for number in range(20):
        for user in people:
            at = office.clock.at - timedelta(minutes=20 - number)
            row = {"id": source.uuid(), "kind": "match", "body": "{}", "to": user}
            written.append((row, at))
            expected[user].append(str(row["id"]))
    office.graph.gateway.write(lambda tx: [tx.control("create_notices", rows=[row], at=at) for row, at in written])
    senders = [office.sender() for _ in range(4)]
    for sender in senders:
        sender.start()
    until = time.monotonic() + 60
    while office.waiting() and time.monotonic() < until:
        time.sleep(0.05)
    with ThreadPoolExecutor() as pool:
        list(pool.map(Sender.stop, senders))
    for user in people:
        assert [h["webhook-id"] for path, h, _ in taker.came if path == f"/{user}"] == expected[user]
    assert office.waiting() == []


def test_what_it_took_too_long_to_send_is_not_marked_by_it(office: Office, taker: Hooks) -> None:
    """Another took it meanwhile: a failure of the slow one changes nothing of that."""
    office.reach(office.ed, webhook=taker.address)
    office.notify()
    taken = office.waiting()[0]

    class Slow(Webhook):
        def send(self, to: str, notice: str, at: datetime) -> None:
            office.clock.at += outbox.LEASE
            rows = office.graph.gateway.write(
                lambda tx: tx.control(
                    "claim_delivery", id=taken["id"], now=office.clock.at, until=office.clock.at + outbox.LEASE
                )
            )
            assert len(rows) == 1
            raise OSError

    office.sender(channel=Slow(KEY)).step()
    (waiting,) = office.waiting()
    assert (waiting["tries"], waiting["due"]) == (0, office.clock.at + outbox.LEASE)


def test_nothing_leaves_that_the_audit_does_not_have(
    office: Office, taker: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.reach(office.ed, webhook=taker.address)
    office.notify()

    def away(*_: Any, **__: Any) -> str:
        raise AuditUnavailable

    with monkeypatch.context() as patched:
        patched.setattr(office.audit, "intent", away)
        with pytest.raises(AuditUnavailable):
            office.sender().step()
    assert taker.came == []
    assert office.waiting()[0]["tries"] == 0
    office.clock.at += outbox.LEASE
    office.send()
    assert len(taker.came) == 1


def test_neither_log_nor_graph_holds_an_address_or_a_text_of_the_other_side(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    office.reach(office.ed, email="ed@example.org")
    office.notify()
    with mail_server(refuse={"ed@example.org"}) as server:
        office.send("email", mail(server))
    (waiting,) = office.waiting()
    assert waiting["problem"] == "SMTPRecipientsRefused"
    assert "example.org" not in json.dumps([waiting, caplog.text, *office.audit.export()], default=str)
    assert "Rosa" not in json.dumps([waiting, caplog.text, *office.audit.export()], default=str)


# -- the mail server


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_mail_is_encrypted_and_signed_in(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tls: str
) -> None:
    certificate = certify(tmp_path / "post", "post")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    office.reach(office.ed, email="ed@example.org")
    office.notify()
    with mail_server(certificate=certificate, at_once=tls == "tls", password="a word") as server:
        office.send("email", mail(server, tls, user="icm", password="another"))
        assert server.came == []
        assert office.waiting()[0]["problem"] == "SMTPAuthenticationError"
        office.clock.at += WAIT
        office.send("email", mail(server, tls, user="icm", password="a word"))
    (came,) = server.came
    assert (came.encrypted, came.user) == (True, "icm")


def test_no_mail_to_a_server_that_cannot_encrypt_or_is_another(office: Office, tmp_path: Path) -> None:
    office.reach(office.ed, email="ed@example.org")
    office.notify()
    with mail_server() as server:
        office.send("email", mail(server, "starttls"))
    assert office.waiting()[0]["problem"] == "SMTPNotSupportedError"
    office.clock.at += WAIT
    with mail_server(certificate=certify(tmp_path / "post", "post")) as server:
        office.send("email", mail(server, "starttls"))
    assert office.waiting()[0]["problem"] == "SSLCertVerificationError"
    assert server.came == []


def test_the_password_is_in_a_file_of_its_owners(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("a word\n")
    file.chmod(0o644)
    said = {"smtp_host": "mail.example.org", "smtp_from": SENDER, "smtp_user": "icm", "smtp_password_file": file}
    settings = Settings.model_validate(said)
    with pytest.raises(OperatorError, match="chmod 600"):
        channels.channels(settings, KEY)
    file.chmod(0o600)
    assert isinstance(channels.channels(settings, KEY)["email"], Mail)
    assert channels.channels(Settings(), KEY)["email"] is None
