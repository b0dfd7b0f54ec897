"""Who did so many of these: what is counted, in which stretch, against a plain count of every stretch."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icmgraph.audit import Found, Pattern, patterns, repeated
from icmgraph.audit.canonical import instant
from icmgraph.errors import InvalidInput

BEGAN = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
C1, C2 = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"

Told = tuple[float, str, str, dict[str, Any], list[str]]
"""Hours after the beginning, who, action, parameters, records that left."""


def acts(told: list[Told]) -> list[Found]:
    """Newest first."""
    found = []
    for seq, (hours, who, action, parameters, records) in enumerate(sorted(told, key=lambda one: one[0]), 1):
        at = instant(BEGAN + HOUR * hours)
        intent = {"seq": seq, "at": at, "who": who, "action": action, "parameters": parameters}
        found.append(Found(intent, {"records": records}))
    return found[::-1]


TOLD: list[Told] = [
    (0, "ann", "search", {}, [C1]),
    (1, "ann", "search", {}, [C1, C2]),
    (1.5, "ben", "search", {"limit": 2, "selectors": ["digest"]}, [C1]),
    (2, "ann", "show", {"case": C2}, []),
    (30, "ann", "search", {"cases": [C1, "no id"]}, []),
    (31, "ben", "show", {"case": C2}, [C2]),
]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (Pattern("who", 1), [("ann", 4, 0, 30), ("ben", 2, 1.5, 31)]),
        (Pattern("who", 3), [("ann", 4, 0, 30)]),
        (Pattern("who", 5), []),
        (Pattern("who", 2, HOUR), [("ann", 2, 1, 2)]),
        (Pattern("who", 1, 2 * HOUR), [("ann", 3, 0, 2), ("ben", 1, 31, 31)]),
        (Pattern("action", 1), [("search", 4, 0, 30), ("show", 2, 2, 31)]),
        (Pattern("record", 1), [(C1, 2, 0, 30), (C2, 2, 1, 31)]),
        (Pattern("record", 2, HOUR), [(C1, 2, 1, 1.5)]),
        (Pattern("record", 2, HOUR / 4), []),
    ],
)
def test_what_is_counted(asked: Pattern, found: list[tuple[str, int, float, float]]) -> None:
    told = [(one.value, one.count, one.first, one.last) for one in repeated(acts(TOLD), asked)]
    assert told == [
        (value, count, instant(BEGAN + HOUR * first), instant(BEGAN + HOUR * last))
        for value, count, first, last in found
    ]


def test_of_one_record_alone() -> None:
    assert [one.value for one in repeated(acts(TOLD), Pattern("record", 1), C2)] == [C2]


@given(
    st.lists(st.tuples(st.integers(0, 20), st.sampled_from("abc"), st.sampled_from([C1, C2])), max_size=30),
    st.integers(1, 6),
    st.sampled_from(["who", "record"]),
)
def test_the_best_stretch_is_found(told: list[tuple[int, str, str]], hours: int, by: Any) -> None:
    """By a look at the stretch that begins at each act."""
    found = acts([(at, who, "show", {"case": case}, []) for at, who, case in told])
    expected: dict[str, int] = {}
    for begins, _, _ in told:
        within = [(at, who, case) for at, who, case in told if begins <= at <= begins + hours]
        for value in {who if by == "who" else case for _, who, case in within}:
            if by == "who":
                count = sum(who == value for _, who, _ in within)
            else:
                count = len({who for _, who, case in within if case == value})
            expected[value] = max(expected.get(value, 0), count)
    rows = repeated(found, Pattern(by, 1, HOUR * hours))
    assert [(one.value, one.count) for one in rows] == sorted(expected.items(), key=lambda one: (-one[1], one[0]))
    for one in rows:
        first, last = datetime.fromisoformat(one.first), datetime.fromisoformat(one.last)
        assert timedelta(0) <= last - first <= HOUR * hours


def test_what_is_held_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "KEPT", 4)
    assert repeated(acts(TOLD), Pattern("who", 1))
    for asked in (Pattern("record", 1), Pattern("who", 1, 100 * HOUR)):
        with pytest.raises(InvalidInput, match="too much to count"):
            repeated(acts(TOLD), asked)
