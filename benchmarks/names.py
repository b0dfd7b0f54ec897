"""How well the comparers tell names apart, and how the search by name finds them: ``make bench-names PAIRS=file.csv``.

The file has the columns ``schema`` (Person, Organization, Company, LegalEntity, Vessel ...), ``name1``, ``name2`` and
``is_match`` (true, false). Told of each comparer: what it makes of the even rows, at the threshold that is best on the
odd ones, and at the one that is shipped; that on all rows; and on mangled names (benchmarks/mangled.py), each beside
the name it was and beside others of the same given and of the same family name. WRatio is there to compare with.

``--store N`` asks the search itself for mangled names among N in a Neo4j (benchmarks/name_search.py): some minutes.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from rapidfuzz import fuzz
from rapidfuzz.utils import default_process

from benchmarks.mangled import Invented, Name, mangled
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


def by_odd_rows(judged: Sequence[Judged]) -> tuple[Quality, float]:
    """The even rows by the threshold that is best on the odd ones, and that; the first row is odd."""
    threshold = tuned(judged[::2])
    return at(threshold, judged[1::2]), threshold


def at(threshold: float, judged: Iterable[Judged]) -> Quality:
    return quality((score >= threshold, match) for score, match in judged)


def mangled_pairs(many: int, seed: int = 1) -> list[Pair]:
    """Of each invented name one pair that matches and, where there are such names, two that do not."""
    names = list(islice(Invented(seed), many))
    found = []
    for alike in ("given", "family"):
        groups: dict[str, list[Name]] = defaultdict(list)
        for name in names:
            groups[getattr(name, alike)].append(name)
        for name in names:
            group = groups[getattr(name, alike)]
            other = group[(group.index(name) + 1) % len(group)]
            if other is not name:
                found.append(Pair(SubjectKind.PERSON, mangled(name, seed)[1], str(other), False))
    return found + [Pair(SubjectKind.PERSON, mangled(name, seed)[1], str(name), True) for name in names]


def judge(pairs: Iterable[Pair], score: Callable[[Pair], float]) -> list[Judged]:
    return [(score(pair), pair.match) for pair in pairs]


def main() -> None:
    given = argparse.ArgumentParser(prog="python -m benchmarks.names", description=(__doc__ or "").partition("\n")[0])
    given.add_argument("pairs", type=Path)
    given.add_argument("--mangled", type=int, default=2_000, help="invented names to mangle and compare")
    given.add_argument("--store", type=int, default=0, help="names in a Neo4j to search in; 0: no such search")
    given.add_argument("--asked", type=int, default=2_000, help="mangled names to search for there")
    given.add_argument("--home", type=Path, help="keep that Neo4j here, and use the one that is there")
    asked = given.parse_args()
    _compared(read(asked.pairs), mangled_pairs(asked.mangled))
    if asked.store:
        from benchmarks import name_search

        with tempfile.TemporaryDirectory(prefix="icmgraph-bench-") as folder:
            home = (asked.home or Path(folder)).absolute()
            home.mkdir(parents=True, exist_ok=True)
            name_search.searched(home, asked.store, asked.asked)


def _compared(pairs: list[Pair], made: list[Pair]) -> None:
    best = comparer()
    compared: list[Comparer] = [Default()] if best.name == Default.name else [Default(), best]
    print(f"{len(pairs)} pairs, {sum(pair.match for pair in pairs)} of them matches; of mangled names {len(made)}, "
          f"{sum(pair.match for pair in made)} of them matches")  # fmt: skip
    judged = judge(pairs, lambda pair: fuzz.WRatio(pair.asked, pair.found, processor=default_process))
    found, threshold = by_odd_rows(judged)
    _told("rapidfuzz WRatio", f"even rows, best on odd {threshold:.3g}", found)
    for one in compared:
        one.compare("Ann", "Ann")  # reads its data

        def score(pair: Pair, one: Comparer = one) -> float:
            return one.compare(pair.asked, pair.found, pair.kind).score

        judged = judge(pairs, score)
        found, threshold = by_odd_rows(judged)
        _told(one.name, f"even rows, best on odd {threshold:.3g}", found)
        _told("", f"even rows, shipped {one.threshold}", at(one.threshold, judged[1::2]))
        _told("", f"all rows, shipped {one.threshold}", at(one.threshold, judged))
        began = time.process_time()
        judged = judge(made, score)
        used = time.process_time() - began
        _told("", f"mangled, shipped {one.threshold}", at(one.threshold, judged))
        print(f"{'':18}{len(made) / used:,.0f} pairs compared a second of one core")
    if len(compared) == 1:
        print("logic-v2 is not installed: pip install 'icmgraph[match]'")


def _told(name: str, of: str, found: Quality) -> None:
    print(f"{name:18}{of:32}{found}", flush=True)


if __name__ == "__main__":
    main()
