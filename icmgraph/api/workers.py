"""Several processes that answer on one address: each opens the graph and the audit for itself."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess

from icmgraph.errors import IcmError, OperatorError

PAUSE_S = 1.0
"""Before a worker that died is followed by another: one that cannot live must not keep the machine busy."""

Work = Callable[[int, Callable[[], None]], None]
"""Serves until SIGTERM: the worker's number from 1 on, and what to call when it answers."""

log = logging.getLogger(__name__)
_forking = multiprocessing.get_context("fork")  # the listening socket is shared by inheritance


def run(count: int, work: Work, ready: Callable[[], None], stop_s: float) -> None:
    """Keep ``count`` processes at work until this one is told to end; then they have ``stop_s`` seconds to.

    This process opens nothing itself: what has threads or connections does not survive a fork. When it is killed,
    the workers end as if told to.

    Args:
        ready: called when all answer for the first time.

    Raises:
        OperatorError: a worker could not start; its own text.
    """
    lifeline = os.pipe()
    living: dict[int, ForkProcess] = {}
    try:
        _begin(range(1, count + 1), work, living, lifeline)
        ready()
        while True:
            gone = wait([process.sentinel for process in living.values()])
            dead = [number for number, process in living.items() if process.sentinel in gone]
            for number in dead:
                living[number].join()
            log.warning("%d worker(s) of the API died and are followed by others", len(dead))
            time.sleep(PAUSE_S)
            try:
                _begin(dead, work, living, lifeline)
            except OperatorError as error:
                log.warning("a worker of the API could not start: %s", error)
    finally:
        _end(living, stop_s)
        for end in lifeline:
            os.close(end)


def _begin(numbers: range | list[int], work: Work, living: dict[int, ForkProcess], lifeline: tuple[int, int]) -> None:
    """Start workers, and wait until each has said that it answers, or why it cannot."""
    news = {}
    for number in numbers:
        ours, theirs = _forking.Pipe(duplex=False)
        living[number] = _forking.Process(target=_worker, args=(number, work, theirs, lifeline), name=f"api-{number}")
        living[number].start()
        theirs.close()
        news[number] = ours
    for pipe in news.values():
        with pipe:
            try:
                said = pipe.recv()
            except EOFError:
                said = "it died; the log says more"
        if said is not None:
            raise OperatorError(said)


def _worker(number: int, work: Work, news: Connection, lifeline: tuple[int, int]) -> None:
    reading, writing = lifeline
    os.close(writing)
    threading.Thread(target=_end_with_parent, args=(reading,), name="icmgraph-lifeline", daemon=True).start()
    try:
        work(number, lambda: news.send(None))
    except IcmError as error:
        news.send(str(error))


def _end_with_parent(reading: int) -> None:
    os.read(reading, 1)  # nobody writes: it returns when the last other end is closed
    os.kill(os.getpid(), signal.SIGTERM)


def _end(living: dict[int, ForkProcess], stop_s: float) -> None:
    until = time.monotonic() + stop_s
    for process in living.values():
        process.terminate()
    for process in living.values():
        process.join(max(0.0, until - time.monotonic()))
        if process.is_alive():
            process.kill()
            process.join()
