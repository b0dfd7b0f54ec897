"""``make mutants``: breaks queries and code, one place at a time, on two servers of its own; some 15 minutes.

Ends with 1 if a mutant lives that is not listed as equivalent, or if more than one in twenty (of all) is listed.
``--part 2/6`` tries every sixth only, from the second on.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Generic, TypeVar

from icmgraph.local_neo4j import Connection
from icmgraph.local_neo4j.files import private_folder, write
from tests.conftest import PLANS_STAY, small_neo4j
from tests.interference import code_mutants, mutants
from tests.parts import part_of
from tests.watchdog import guarded_folder

T = TypeVar("T")
LISTED = 0.05
"""Most mutants that may be listed as equivalent."""


def on_a_server(run: Callable[[Connection], T]) -> T:
    with guarded_folder() as home:
        write(private_folder(home / "neo4j") / "local.conf", PLANS_STAY)
        return run(small_neo4j(home).start())


class Left(Generic[T]):
    """What is left to do, for several threads."""

    def __init__(self, items: Iterable[T]) -> None:
        self._items, self._lock = iter(items), Lock()

    def __iter__(self) -> Iterator[T]:
        while True:
            with self._lock:
                try:
                    item = next(self._items)
                except StopIteration:
                    return
            yield item


def main() -> int:
    parser = ArgumentParser(prog="make mutants", description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--part", type=part_of, default="1/1", help="one part of them: 2/6 is the second of six")
    part: slice = parser.parse_args().part
    of_code = list(code_mutants.MUTANTS)[part]
    left = Left(of_code)

    def first(where: Connection) -> tuple[int, list[str], list[str]]:
        made, equivalent, alive = mutants.run(where, part)
        return made, equivalent, alive + code_mutants.run(where, left)

    with ThreadPoolExecutor(2) as both:
        queries = both.submit(on_a_server, first)
        code = both.submit(on_a_server, lambda where: code_mutants.run(where, left))
        made, equivalent, alive = queries.result()
        alive += code.result()
    made += len(of_code)
    killed = made - len(equivalent) - len(alive)
    print(f"part {part.start + 1} of {part.step}:")
    print(f"{made} mutants, {killed} killed, {len(equivalent)} equivalent, {len(alive)} alive")
    print("\n".join(f"equivalent: {name}: {mutants.EQUIVALENT[name]}" for name in equivalent))
    print("\n".join(f"alive: {name}" for name in alive))
    many = part.step == 1 and len(equivalent) > LISTED * made
    return 1 if alive or many else 0


if __name__ == "__main__":
    sys.exit(main())
