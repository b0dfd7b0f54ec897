"""How well the comparers tell names apart: ``make bench-names PAIRS=file.csv``.

The file has the columns ``schema`` (Person, Organization, Company, LegalEntity, Vessel ...), ``name1``, ``name2`` and
``is_match`` (true, false). The threshold of each comparer is tuned on one half of the pairs (the even lines, then the
odd ones) and what is printed was counted on the other half, so each pair is judged once by a threshold that has not
seen it. ``fixed``: all pairs by the threshold a search uses unless told otherwise.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rapidfuzz import fuzz
from rapidfuzz.utils import default_process

from icmgraph.model.comparison import Comparer, Default, comparer
from icmgraph.model.records import SubjectKind

_KINDS = {"Person": SubjectKind.PERSON, "Vessel": SubjectKind.VESSEL, "LegalEntity": None}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two names, of whom they are, and whether they are a match."""

    kind: SubjectKind | None
    asked: str
    found: str
    match: bool


@dataclass(frozen=True, slots=True)
class Quality:
    """How well a threshold parts matches from the rest."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    def __str__(self) -> str:
        return f"precision {self.precision:.3f}  recall {self.recall:.3f}  F1 {self.f1:.3f}"


Judged = tuple[float, bool]


def read(path: Path) -> list[Pair]:
    with path.open(encoding="utf-8", newline="") as opened:
        return [
            Pair(
                _KINDS.get(row["schema"], SubjectKind.ORGANIZATION),
                row["name1"],
                row["name2"],
                row["is_match"] == "true",
            )
            for row in csv.DictReader(opened)
        ]


def quality(judged: Iterable[tuple[bool, bool]]) -> Quality:
    """Of pairs (said to match, do match)."""
    counted = list(judged)
    right = sum(said and match for said, match in counted)
    said = sum(said for said, _ in counted)
    match = sum(match for _, match in counted)
    return Quality(right / said if said else 0.0, right / match if match else 0.0)


def tuned(judged: Sequence[Judged]) -> float:
    """The score from which on F1 is best; the highest of several."""
    return max({score for score, _ in judged}, key=lambda t: (quality((s >= t, m) for s, m in judged).f1, t))


def two_halves(judged: Sequence[Judged]) -> tuple[Quality, list[float]]:
    """Each half by the threshold of the other."""
    halves = judged[::2], judged[1::2]
    thresholds = [tuned(half) for half in halves]
    said = [
        (score >= threshold, match)
        for half, threshold in zip(halves[::-1], thresholds, strict=True)
        for score, match in half
    ]
    return quality(said), thresholds


def judge(pairs: Iterable[Pair], score: Callable[[Pair], float]) -> list[Judged]:
    return [(score(pair), pair.match) for pair in pairs]


def main(path: Path) -> None:
    pairs = read(path)
    print(f"{len(pairs)} pairs, {sum(pair.match for pair in pairs)} of them matches")
    best = comparer()
    compared: list[Comparer] = [Default()] if best.name == Default.name else [Default(), best]
    judged = judge(pairs, lambda pair: fuzz.WRatio(pair.asked, pair.found, processor=default_process))
    _told("rapidfuzz WRatio", judged)
    for one in compared:
        judged = judge(pairs, lambda pair, one=one: one.compare(pair.asked, pair.found, pair.kind).score)  # type: ignore[misc]
        _told(one.name, judged)
        fixed = quality((score >= one.threshold, match) for score, match in judged)
        print(f"{'':18}{fixed}  fixed at {one.threshold}")
    if len(compared) == 1:
        print("logic-v2 is not installed: pip install 'icmgraph[match]'")


def _told(name: str, judged: Sequence[Judged]) -> None:
    found, thresholds = two_halves(judged)
    print(f"{name:18}{found}  thresholds {thresholds[0]:.3g}, {thresholds[1]:.3g}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m benchmarks.names PAIRS.csv")
    main(Path(sys.argv[1]))
