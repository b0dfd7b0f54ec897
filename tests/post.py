"""A mail server and a taker of webhooks on 127.0.0.1, which keep what comes and refuse what they are told to."""

from __future__ import annotations

import base64
import email
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


@dataclass
class Mail:
    """One mail as it came. ``encrypted``: by TLS; ``user``: who had signed in."""

    sender: str
    to: list[str]
    text: str
    encrypted: bool
    user: str | None

    @property
    def message(self) -> Message:
        return email.message_from_string(self.text)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    box: MailServer


@dataclass
class MailServer:
    """
    Attributes:
        certificate: it offers STARTTLS by it (the key beside it, ``private.key``); None: it does not.
        at_once: TLS from the first byte.
        password: asked for before it takes mail.
        refuse: recipients it does not take now.
        came: what it took.
    """

    certificate: Path | None = None
    at_once: bool = False
    password: str | None = None
    refuse: set[str] = field(default_factory=set)
    came: list[Mail] = field(default_factory=list)
    port: int = 0

    def context(self) -> ssl.SSLContext:
        assert self.certificate is not None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.certificate.with_name("private.key"))
        return context


class _Talk(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        try:
            self._talk()
        except OSError:
            pass  # who called has gone
        finally:
            self.connection.close()

    def _talk(self) -> None:
        box: MailServer = self.server.box  # type: ignore[attr-defined]
        encrypted, user, sender, to = False, None, "", list[str]()
        if box.at_once:
            encrypted = self._wrap(box)
        self._say("220 post")
        while line := self.rfile.readline().decode().strip():
            word, _, rest = line.partition(" ")
            word = word.upper()
            if word == "EHLO":
                offers = ["post", *(["AUTH PLAIN"] if box.password else [])]
                offers += ["STARTTLS"] if box.certificate and not encrypted else []
                for offer in offers[:-1]:
                    self._say(f"250-{offer}")
                self._say(f"250 {offers[-1]}")
            elif word == "STARTTLS":
                self._say("220 go on")
                encrypted = self._wrap(box)
            elif word == "AUTH":
                _, user, password = base64.b64decode(rest.partition(" ")[2]).decode().split("\0")
                self._say("235 yes" if password == box.password else "535 no")
            elif word == "MAIL":
                sender, to = line.partition("<")[2].partition(">")[0], []
                self._say("250 yes" if user or not box.password else "530 sign in")
            elif word == "RCPT":
                to.append(line.partition("<")[2].partition(">")[0])
                self._say("451 no room for the case of Rosa" if to[-1] in box.refuse else "250 yes")
            elif word == "DATA":
                self._say("354 go on")
                lines = []
                while (line := self.rfile.readline().decode()) not in (".\r\n", ""):
                    lines.append(line.removeprefix("."))
                box.came.append(Mail(sender, to, "".join(lines), encrypted, user))
                self._say("250 taken")
            elif word == "RSET":
                self._say("250 yes")
            else:  # QUIT: rudely
                return

    def _wrap(self, box: MailServer) -> bool:
        self.connection = box.context().wrap_socket(self.connection, server_side=True)
        self.rfile.close()
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", buffering=0)
        return True

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@contextmanager
def mail_server(**facts: Any) -> Iterator[MailServer]:
    with _Server(("127.0.0.1", 0), _Talk) as server:
        server.box = MailServer(port=server.server_address[1], **facts)
        with _running(server):
            yield server.box


@dataclass
class Hooks:
    """
    Attributes:
        answers: statuses of the next requests, in turn; then 204.
        came: path, headers (lower case) and body of each.
        slow: seconds between two bytes of an answer that never ends.
    """

    address: str = ""
    answers: list[int] = field(default_factory=list)
    came: list[tuple[str, dict[str, str], str]] = field(default_factory=list)
    slow: threading.Event | None = None


@contextmanager
def hooks() -> Iterator[Hooks]:
    found = Hooks()

    class Taker(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            found.came.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            if found.slow is not None:
                self.wfile.write(b"HTTP/1.1 204 Fine\r\nX-Long: ")
                try:
                    while not found.slow.wait(0.05):
                        self.wfile.write(b"x")
                except OSError:
                    return
            status = found.answers.pop(0) if found.answers else 204
            self.send_response(status)
            if status // 100 == 3:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Taker) as server:
        server.daemon_threads = True
        found.address = f"http://127.0.0.1:{server.server_address[1]}"
        with _running(server):
            yield found


@contextmanager
def _running(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
