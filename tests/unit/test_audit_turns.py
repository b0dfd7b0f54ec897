from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from icmgraph.audit.turns import Turns
from icmgraph.errors import AuditUnavailable


def test_threads_come_in_the_order_of_arrival(tmp_path: Path) -> None:
    turns = Turns(tmp_path / "lock", 10)
    order: list[int] = []

    def work(number: int) -> None:
        with turns.taken():
            order.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    with turns.taken():
        for number, thread in enumerate(threads, 1):
            thread.start()
            while len(turns._queue) < number:
                time.sleep(0.001)
    for thread in threads:
        thread.join()
    assert order == list(range(8))


def test_who_gave_up_waiting_is_passed_by(tmp_path: Path) -> None:
    turns = Turns(tmp_path / "lock", 0.05)
    failed = threading.Event()

    def work() -> None:
        with pytest.raises(AuditUnavailable, match="busy"), turns.taken():
            pass
        failed.set()

    with turns.taken():
        thread = threading.Thread(target=work)
        thread.start()
        assert failed.wait(10)
        thread.join()
    with turns.taken():
        pass


def test_another_holder_of_the_file_and_an_error_in_a_turn(tmp_path: Path) -> None:
    one, other = Turns(tmp_path / "lock", 0.05), Turns(tmp_path / "lock", 0.05)
    with one.taken():
        for _ in range(2):  # the failure gives the place in the queue back
            with pytest.raises(AuditUnavailable, match="busy"), other.taken():
                pass
    with pytest.raises(RuntimeError), other.taken():
        raise RuntimeError
    with one.taken():
        pass
