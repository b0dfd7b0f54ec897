"""Telling Neo4j from what else may answer. That it recognises a real one is shown with the managed server."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from icmgraph.local_neo4j.bolt import Answer, ask, port_is_free


@contextmanager
def answering(reply: bytes) -> Iterator[int]:
    def serve() -> None:
        wire, _ = server.accept()
        with wire:
            wire.recv(1000)
            wire.sendall(reply)

    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor() as pool:
        served = pool.submit(serve)
        yield server.getsockname()[1]
        served.result()


@pytest.mark.parametrize(
    "reply", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x00\x00\x00\x00", b"\x00\x00\x02\x05", b"\x00"]
)
def test_something_else(reply: bytes) -> None:
    with answering(reply) as port:
        assert not port_is_free(port)
        assert ask("127.0.0.1", port, "neo4j", "not-a-secret", timeout=1) is Answer.NOT_BOLT


def test_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert ask("127.0.0.1", port, "neo4j", "not-a-secret") is Answer.NOTHING
    assert port_is_free(port)
