"""``make bench-scaling ARGS="SMALL.json LARGE.json"``: what two runs of ``make bench`` let expect of larger worlds.

Sizes are taken to grow with the cases, as they do between the two runs (told beside them); a question's time to grow
from the larger world on by what it grew by from the smaller, for each tenfold. That is reasoned, not measured: a table
of what to look at first, with the two measured columns beside it.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

SIZES = (1_000_000, 10_000_000)
ASKS = "five-offices"
LEADS = "everything"
QUESTIONS = ("case", "subject card", "search an identifier", "check, 5 selectors", "expand, depth 2", "expand, depth 4")

Run = dict[str, Any]


def grown(small: Run, large: Run, value: Callable[[Run], float], cases: int) -> float:
    """``value`` at so many cases: the power of their number that both runs lie on."""
    (few, one), (many, other) = ((run["load"]["cases"], value(run)) for run in (small, large))
    if not one or not other:
        return other
    power = math.log(other / one) / math.log(many / few)
    return float(other * (cases / many) ** max(0.0, power))


def table(small: Run, large: Run) -> Iterator[tuple[str, ...]]:
    def row(name: str, value: Callable[[Run], float], text: str) -> tuple[str, ...]:
        found = [value(small), value(large), *(grown(small, large, value, cases) for cases in SIZES)]
        return (name, *(text.format(one) for one in found))

    yield ("cases", *(f"{run['load']['cases']:,}" for run in (small, large)), *(f"{cases:,}" for cases in SIZES))
    yield row("relationships", lambda run: run["load"]["relationships"], "{:,.0f}")
    yield row("data on disk, GiB", lambda run: run["load"]["data_mib"] / 1024, "{:,.1f}")
    yield row("load past the server, minutes", lambda run: run["load"]["seconds"] / 60, "{:,.1f}")
    for who in (ASKS, LEADS):
        yield row(f"{who}: audiences", lambda run: run["people"][who]["audiences"], "{:,.0f}")  # noqa: B023
        yield row(f"{who}: expressions", lambda run: run["people"][who]["expressions"], "{:,.0f}")  # noqa: B023
        yield row(f"{who}: a scope resolved, ms", lambda run: run["people"][who]["resolved_ms"], "{:,.0f}")  # noqa: B023
    for name in QUESTIONS:
        if all(name in run["people"][ASKS]["times"] for run in (small, large)):
            yield row(f"{ASKS}: {name}, p50 ms", lambda run: run["people"][ASKS]["times"][name]["p50"], "{:,.0f}")  # noqa: B023


def main() -> None:
    if len(sys.argv) != 3:
        raise SystemExit('say ARGS="SMALL.json LARGE.json": what two runs of `make bench` wrote with --json')
    small, large = (json.loads(Path(name).read_text()) for name in sys.argv[1:])
    for number, cells in enumerate(table(small, large)):
        print("| " + " | ".join(cells) + " |")
        if not number:
            print("|---|" + "---:|" * (len(cells) - 1))


if __name__ == "__main__":
    main()
