from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from icmgraph.audit import turns as module
from icmgraph.audit.turns import Group, Turns
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


class Slow:
    """Work that is held up until told, and keeps what it was given."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.go = threading.Event()

    def __call__(self, items: Sequence[int]) -> None:
        self.go.wait(10)
        self.groups.append(list(items))
        if 13 in items:
            raise AuditUnavailable("invented")


def bring(group: Group[int], items: Sequence[int]) -> tuple[list[threading.Thread], list[int]]:
    """A thread for each item, queued in order behind the first; and, later, those that failed."""
    failed: list[int] = []

    def run(item: int) -> None:
        try:
            group.bring(item)
        except AuditUnavailable:
            failed.append(item)

    threads = [threading.Thread(target=run, args=(item,)) for item in items]
    for number, thread in enumerate(threads):
        thread.start()
        while len(group._queue) < number or not group._working or (number == 0 and group._queue):
            time.sleep(0.001)
    return threads, failed


def test_who_comes_while_others_work_goes_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GROUP", 3)
    work = Slow()
    group = Group(work, 10)
    threads, failed = bring(group, range(9))
    work.go.set()
    for thread in threads:
        thread.join()
    assert work.groups == [[0], [1, 2, 3], [4, 5, 6], [7, 8]]
    assert failed == []
    group.bring(20)
    assert work.groups[-1] == [20]


def test_a_group_that_fails_lets_the_next_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GROUP", 2)
    work = Slow()
    group = Group(work, 10)
    threads, failed = bring(group, [1, 13, 2, 3, 4])
    work.go.set()
    for thread in threads:
        thread.join()
    assert sorted(failed) == [2, 13]
    assert work.groups == [[1], [13, 2], [3, 4]]


def test_who_gave_up_waiting_for_a_group_is_not_in_the_next() -> None:
    work = Slow()
    group = Group(work, 0.05)
    threads, failed = bring(group, [1, 2, 3])
    for thread in threads[1:]:
        thread.join()
    assert sorted(failed) == [2, 3]
    work.go.set()
    threads[0].join()
    group.bring(4)
    assert work.groups == [[1], [4]]


def test_many_threads_bring_all_of_theirs() -> None:
    seen: list[int] = []
    group = Group(seen.extend, 10)
    numbers = range(2000)

    def run(start: int) -> None:
        for number in numbers[start::8]:
            group.bring(number)

    threads = [threading.Thread(target=run, args=(start,)) for start in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == list(numbers)
    assert all(seen.index(a) < seen.index(a + 8) for a in range(0, 1992, 97))
