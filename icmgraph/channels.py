"""The ways by which "you have a notice" leaves: e-mail (SMTP), and webhooks (Standard Webhooks 1.0).

What is sent is made of constant words, the notice's random id and times: nothing of what it is about or of how many
there are. The id is the same each time that one notice is sent, so that who gets it twice can tell.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import smtplib
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from functools import cached_property

import httpx

from icmgraph.errors import OperatorError
from icmgraph.model.addresses import is_loopback
from icmgraph.model.records import utc_text
from icmgraph.queries.outbox import Channel, Unsent
from icmgraph.settings import Settings

SUBJECT = "You have a notice"
TEXT = "You have a notice. Sign in to read it.\n"
TYPE = "notice"
"""Of a webhook."""
ANSWER_S = 10.0
"""Until a webhook is answered, from the first step; of a mail server, for each step."""


class Mail:
    """An SMTP server of the operator's.

    Args:
        tls: ``starttls``, ``tls`` from the first byte, or ``none``. One that does not offer it gets no mail.
        sender: From, and where the answers of mail servers go.
        password: None: without signing in.
    """

    def __init__(
        self, host: str, port: int, tls: str, sender: str, user: str = "", password: str | None = None
    ) -> None:
        self._at = (host, port)
        self._tls = tls
        self._sender = sender
        self._user = user
        self._password = password

    def send(self, to: str, notice: str, at: datetime) -> None:
        message = EmailMessage()
        domain = self._sender.rpartition("@")[2]
        message["From"], message["To"], message["Subject"] = self._sender, to, SUBJECT
        message["Date"], message["Message-ID"] = format_datetime(at), f"<{notice}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: who is away does not answer
        message.set_content(TEXT)
        server = self._reach(domain)
        try:
            self._sign_in(server)
            server.send_message(message, self._sender, [to])
        finally:
            # What it says to that changes nothing: the mail was taken, or refused before.
            with suppress(smtplib.SMTPException, OSError):
                server.quit()
            server.close()

    def _reach(self, domain: str) -> smtplib.SMTP:
        # It names the sender's domain: this machine's name is nobody's business, and asking for it may take long.
        if self._tls == "tls":
            return smtplib.SMTP_SSL(*self._at, local_hostname=domain, timeout=ANSWER_S, context=trust())
        return smtplib.SMTP(*self._at, local_hostname=domain, timeout=ANSWER_S)

    def _sign_in(self, server: smtplib.SMTP) -> None:
        if self._tls == "starttls":
            server.starttls(context=trust())
        if self._password is not None:
            server.login(self._user, self._password)


class Webhook:
    """Addresses of people's own, each with a secret of its own.

    Args:
        key: of which the secrets are made.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def send(self, to: str, notice: str, at: datetime) -> None:
        body = json.dumps({"type": TYPE, "timestamp": utc_text(at)})
        moment = str(int(time.time()))
        headers = {
            "content-type": "application/json",
            "user-agent": "icmgraph",
            "webhook-id": notice,
            "webhook-timestamp": moment,
            "webhook-signature": signature(secret(self._key, to), notice, moment, body),
        }
        status = asyncio.run(self._post(to, headers, body))
        if status // 100 != 2:
            raise Unsent(f"status {status}")

    async def _post(self, to: str, headers: Mapping[str, str], body: str) -> int:
        """The status. Of the answer nothing else is read, and no redirect followed."""
        # One that answers a byte at a time would never come to a time-out of the client's.
        async with (
            asyncio.timeout(ANSWER_S),
            httpx.AsyncClient(verify=self._trust, timeout=ANSWER_S, trust_env=not _here(to)) as client,
            client.stream("POST", to, headers=headers, content=body) as answer,
        ):
            return answer.status_code

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        return trust()


def _here(to: str) -> bool:
    """This machine is not reached by a proxy."""
    return is_loopback(httpx.URL(to).host)


def secret(key: bytes, to: str) -> str:
    """The secret that this address's owner is given to verify signatures with (``whsec_...``)."""
    return "whsec_" + base64.b64encode(hmac.new(key, to.encode(), hashlib.sha256).digest()).decode()


def signature(secret: str, id: str, moment: str, body: str) -> str:
    """``webhook-signature``: of the id, the time in Unix seconds and the body."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{id}.{moment}.{body}".encode(), hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def trust() -> ssl.SSLContext:
    """Whose certificates are believed: the usual authorities', and those in this machine's store."""
    context = httpx.create_ssl_context()
    context.load_default_certs()
    return context


def channels(settings: Settings, key: bytes) -> dict[str, Channel | None]:
    """By the name of the property that holds a person's address; None is off.

    Args:
        key: of the secrets of webhooks.

    Raises:
        OperatorError: the file with the mail server's password cannot be read, or others may read it.
    """
    return {"email": _mail(settings), "webhook": Webhook(key)}


def _mail(settings: Settings) -> Mail | None:
    if settings.smtp_host is None:
        return None
    password = None
    if (file := settings.smtp_password_file) is not None:
        try:
            if file.stat().st_mode & 0o077:
                raise OperatorError(f"ICM_SMTP_PASSWORD_FILE ({file}) may be read by others; run: chmod 600 {file}")
            password = file.read_text().strip()
        except (OSError, UnicodeDecodeError):
            raise OperatorError(f"ICM_SMTP_PASSWORD_FILE ({file}) cannot be read") from None
    return Mail(
        settings.smtp_host, settings.smtp_port, settings.smtp_tls, settings.smtp_from or "", settings.smtp_user or "",
        password,
    )  # fmt: skip
