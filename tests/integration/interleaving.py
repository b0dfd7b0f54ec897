"""Threads that stand still where a test says, so that what comes between is what it wants."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from icmgraph.errors import IcmError
from icmgraph.queries.gateway import Transaction


class Stopper:
    """Holds the thread that reaches a query for the first time until told to go on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, method: str, query: str) -> None:
        self.reached, self.go_on = threading.Event(), threading.Event()
        original = getattr(Transaction, method)

        def stopping(tx: Transaction, name: str, /, *args: Any, **parameters: Any) -> Any:
            rows = original(tx, name, *args, **parameters)
            if (
                name == query
                and not self.reached.is_set()
                and threading.current_thread() is not threading.main_thread()
            ):
                self.reached.set()
                assert self.go_on.wait(20)
            return rows

        monkeypatch.setattr(Transaction, method, stopping)


def in_thread(act: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    results: list[object] = []

    def run() -> None:
        try:
            results.append(act())
        except IcmError as error:
            results.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, results
