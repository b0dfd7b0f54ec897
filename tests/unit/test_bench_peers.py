"""The benchmark of peers, without the peers: what is asked, and that a difference ends it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from benchmarks.peer_engines import BOUND, ENGINES, OURS, asked, digest, within_bound
from benchmarks.peers import Differ, arguments, compared, figures, told

EDGES = ((0, 1, 10, 1), (1, 2, 10, 1), (2, 3, 11, 2), (0, 3, 12, 3))
"""Start, end, visibility, audience."""
PERSON = {"audiences": [1], "visibilities": [11], "starts": [0, 3], "pairs": [[0, 3], [0, 2]]}


class Plain:
    """Breadth first, in plain Python."""

    package = "plain"

    def load(self, folder: Path) -> None:
        pass

    def allow(self, audiences: Sequence[int], visibilities: Sequence[int]) -> None:
        self.pairs = [edge[:2] for edge in EDGES if edge[3] in audiences or edge[2] in visibilities]

    def away(self, start: int) -> dict[int, int]:
        found = {start: 0}
        for node in (queue := [start]):
            for a, b in self.pairs:
                for other in {a, b} - {node} if node in (a, b) else ():
                    if other not in found:
                        found[other] = found[node] + 1
                        queue.append(other)
        return found

    def reach(self, start: int, depth: int) -> Iterable[int]:
        return [node for node, away in self.away(start).items() if away <= depth]

    def distance(self, start: int, end: int) -> int | None:
        return self.away(start).get(end)


def engine(people: Any) -> Any:
    return {"version": "1", "load_s": 0.1, "people": people}


def test_each_question_is_answered_of_each_input_under_the_filter() -> None:
    found = asked(Plain(), PERSON)
    assert found["answers"]["reach, depth 1"] == [digest([0, 1]), digest([3, 2])]
    assert found["answers"]["reach, depth 4"] == [digest([3, 2, 1, 0])] * 2
    # The way of one step is not theirs.
    assert found["answers"]["distance"] == [3, 2]
    assert {name: len(times) for name, times in found["ms"].items()} == dict.fromkeys(found["answers"], 2)


def test_a_difference_ends_it_and_says_where() -> None:
    one = {"five-offices": asked(Plain(), PERSON)}
    compared({"neo4j": one, "a": deepcopy(one), "b": deepcopy(one)})
    other = deepcopy(one)
    other["five-offices"]["answers"]["distance"][1] = 4
    with pytest.raises(Differ, match=r"^five-offices, distance, input 1: neo4j 2, b 4$"):
        compared({"neo4j": one, "a": deepcopy(one), "b": other})
    other = deepcopy(one)
    other["five-offices"]["answers"]["distance"].pop()
    with pytest.raises(ValueError, match="shorter"):
        compared({"neo4j": one, "b": other})


def test_the_table_has_ratios_to_neo4j() -> None:
    assert figures([*range(100)]) == (49.5, 95)
    slow = {"ms": {"distance": [4000.0, 4000.0, 4000.0]}, "allow_s": 0.5}
    fast = {"ms": {"distance": [0.1, 1.2, 12.4]}, "allow_s": 0.25}
    lines = list(told({"neo4j": engine({"me": slow}), "a": engine({"me": fast})}, "me"))
    assert lines[0] == "| me | load s | person s | distance |"
    assert lines[2:] == ["| neo4j 1 | 0.1 | 0.5 | 4,000 / 4,000 (1) |", "| a 1 | 0.1 | 0.25 | 1.2 / 12 (0.0003) |"]


def test_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    given = arguments([])
    assert [name for name in given.engine if name not in OURS] == [name for name in ENGINES if name not in OURS]
    assert given.person == ["five-offices", "everything"]
    assert arguments(["--engine", "igraph", "--engine", "duckdb"]).engine == ["igraph", "duckdb"]
    for wrong in (["--engine", "none"], ["--person", "nobody"]):
        with pytest.raises(SystemExit):
            arguments(wrong)
    assert "invalid choice" in capsys.readouterr().err


def test_a_path_longer_than_the_bound_is_none() -> None:
    assert [within_bound(length) for length in (1.0, BOUND, BOUND + 1, float("inf"))] == [1, BOUND, None, None]
    assert digest([3, 1, 2]) == digest({1, 2, 3}) != digest([1, 2])
