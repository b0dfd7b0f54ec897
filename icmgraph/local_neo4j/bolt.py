"""As much of the Bolt protocol as tells whether a server is up and a password is right.

The driver is for the gateway alone; this needs two messages of the protocol, and no session.
Source: the Bolt protocol's handshake and message specification.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from enum import Enum

_MAGIC = b"\x60\x60\xb0\x17"
# 5.2 down to 5.1, which every server from 5.5 on speaks: later ones want more of a HELLO, earlier
# ones have no LOGON.
_VERSIONS = b"\x00\x01\x02\x05" + b"\x00" * 12
_HELLO, _LOGON, _SUCCESS = 0x01, 0x6A, 0x70


class Answer(Enum):
    """What the other end of an address is."""

    NOTHING = "nothing answers"
    NOT_BOLT = "something answers that is not Neo4j"
    REFUSED = "Neo4j answers and refuses the password"
    READY = "Neo4j answers"


def ask(host: str, port: int, user: str, password: str, timeout: float = 5) -> Answer:
    """Connects without TLS, signs in and hangs up. ``timeout`` in seconds, for each step."""
    try:
        wire = socket.create_connection((host, port), timeout)
    except OSError:
        return Answer.NOTHING
    with wire:
        try:
            wire.sendall(_MAGIC + _VERSIONS)
            agreed = _read(wire, 4)
            if agreed[:2] != b"\x00\x00" or agreed[3] != 5:
                return Answer.NOT_BOLT
            wire.sendall(_message(_HELLO, {"user_agent": "icmgraph/1"}))
            if _reply(wire) != _SUCCESS:
                return Answer.NOT_BOLT
            wire.sendall(_message(_LOGON, {"scheme": "basic", "principal": user, "credentials": password}))
            answer = Answer.READY if _reply(wire) == _SUCCESS else Answer.REFUSED
        except OSError:  # silence or a hang-up
            return Answer.NOT_BOLT
        with suppress(OSError):
            wire.sendall(b"\x00\x02\xb0\x02\x00\x00")  # GOODBYE
    return answer


def port_is_free(port: int) -> bool:
    """Nothing listens on the loopback's ``port``."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port in TIME_WAIT is free
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _text(value: str) -> bytes:
    raw = value.encode()
    return b"\xd1" + len(raw).to_bytes(2) + raw


def _message(tag: int, fields: dict[str, str]) -> bytes:
    body = b"".join(_text(part) for item in fields.items() for part in item)
    packed = bytes([0xB1, tag, 0xA0 + len(fields)]) + body
    return len(packed).to_bytes(2) + packed + b"\x00\x00"


def _reply(wire: socket.socket) -> int:
    """The tag of the next message."""
    packed = b""
    while size := int.from_bytes(_read(wire, 2)):
        packed += _read(wire, size)
    return packed[1]


def _read(wire: socket.socket, size: int) -> bytes:
    got = b""
    while len(got) < size:
        piece = wire.recv(size - len(got))
        if not piece:
            raise ConnectionError("hung up")
        got += piece
    return got
