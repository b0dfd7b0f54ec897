"""How alike names are: the same for each comparer that is installed, which ``ICM_TEST_COMPARER`` names if one must be.

logic-v2 needs a compiler and data of its own, so it is installed in an environment of its own: ``make test-match``.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.names import Pair, at, by_odd_rows, judge, mangled_pairs, quality, read, tuned
from icmgraph.model.comparison import Comparer, Default, comparer
from icmgraph.model.records import SubjectKind

INVENTED = Path(__file__).parents[1] / "data" / "name_pairs.csv"
PUBLISHED = os.environ.get("ICM_TEST_NAME_PAIRS")
"""Where a published list of labelled pairs is."""
PUBLISHED_F1 = 0.85
"""On the even rows of the published pairs."""

PERSON, FIRM = SubjectKind.PERSON, SubjectKind.ORGANIZATION
COMPARERS = {one.name: one for one in (Default(), comparer())}
each = pytest.mark.parametrize("one", COMPARERS.values(), ids=COMPARERS)


def test_the_comparer_is_the_one_that_is_to_be_tested() -> None:
    installed = importlib.util.find_spec("nomenklatura") is not None
    assert comparer().name == ("logic-v2" if installed else "icmgraph")
    assert os.environ.get("ICM_TEST_COMPARER") in (None, comparer().name)


SAME = [
    ("Rosa Vega", "rosa VEGA", PERSON),
    ("Rosa Vega", "Vega, Rosa", PERSON),
    ("Renée Vega", "Renee Vega", PERSON),
    ("Пётр Иванов", "Petr Ivanov", PERSON),
    ("Invented Motors Limited", "Invented Motors Ltd.", FIRM),
]
ALIKE = [
    ("Anna Müller", "Anna Mueller", PERSON),
    ("Bob Miller", "Robert Miller", PERSON),
    ("Rosa Vegga", "Rosa Vega", PERSON),
    ("RosaVega", "Rosa Vega", PERSON),
    ("Rosa Vega", "Rosa Maria Vega", PERSON),
    ("Mr. Rosa Vega", "Rosa Vega", PERSON),
    ("Γιώργος Λιμάνης", "Giorgos Limanis", PERSON),
    ("Invented Motors Limitd", "Invented Motors Ltd", FIRM),
]
APART = [
    ("Rosa Vega", "Carl Dole", PERSON),
    ("Rosa Vega", "Marta Vega", PERSON),
    ("Robert Miller", "Roland Miller", PERSON),
    ("A. Lindova", "Olga Lindova", PERSON),
    ("Invented Motors Ltd", "Imagined Freight Ltd", FIRM),
    ("Rosa Vega", "", PERSON),
    ("---", "Rosa Vega", PERSON),
]


@each
@pytest.mark.parametrize(("asked", "found", "kind"), SAME)
def test_the_same(one: Comparer, asked: str, found: str, kind: SubjectKind) -> None:
    assert one.compare(asked, found, kind).score >= 0.9


@each
@pytest.mark.parametrize(("asked", "found", "kind"), ALIKE)
def test_alike(one: Comparer, asked: str, found: str, kind: SubjectKind) -> None:
    assert one.compare(asked, found, kind).score >= one.threshold


@pytest.mark.parametrize(
    ("asked", "found", "kind"),
    [
        ("Ahmed al-Qakem", "احمد القاكم", PERSON),
        ("Brigade Forty-Four", "44 Brigade", FIRM),
        ("IMF", "Invented Motors Freight", FIRM),
    ],
)
def test_what_the_default_knows_beside(asked: str, found: str, kind: SubjectKind) -> None:
    assert Default().compare(asked, found, kind).score >= Default.threshold


@pytest.mark.parametrize(
    ("asked", "nearer", "farther"),
    [
        ("Ahmad al-Halih", "احمد الحليح", "احمد الحاجل"),  # all three are heard as h and l
        ("احمد الحليح", "Ahmad al-Halih", "Ahmad al-Hajil"),
        ("Yasir al-Satit", "ياسر الستيت", "ياسر الزازد"),
    ],
)
def test_of_names_that_sound_the_same_without_vowels_the_letters_tell_the_nearer(
    asked: str, nearer: str, farther: str
) -> None:
    near, far = (Default().compare(asked, found, SubjectKind.PERSON).score for found in (nearer, farther))
    assert near > far >= Default.threshold


@each
@pytest.mark.parametrize(("asked", "found", "kind"), APART)
def test_apart(one: Comparer, asked: str, found: str, kind: SubjectKind) -> None:
    assert one.compare(asked, found, kind).score < one.threshold


@each
@settings(deadline=None, max_examples=50)
@given(asked=st.text(max_size=40), found=st.text(max_size=40), kind=st.sampled_from([None, *SubjectKind]))
def test_any_two_texts_have_a_score(one: Comparer, asked: str, found: str, kind: SubjectKind | None) -> None:
    likeness = one.compare(asked, found, kind)
    assert 0 <= likeness.score <= 1
    assert likeness.score == round(likeness.score, 3)
    assert likeness.reason
    assert one.compare(asked, found, kind) == likeness


SOME = st.sampled_from(["rosa", "roza", "vega", "r", "de", "montgomery", "ltd", "44"])
FEW = st.lists(SOME, max_size=4).map(" ".join)


@each
@settings(deadline=None, max_examples=50)
@given(asked=FEW, other=FEW, kind=st.sampled_from([None, PERSON, FIRM]))
def test_two_names_are_a_pair_whoever_comes_first(
    one: Comparer, asked: str, other: str, kind: SubjectKind | None
) -> None:
    scores = one.compare(asked, other, kind).score, one.compare(other, asked, kind).score
    assert one.alike(asked, other, kind) == one.alike(other, asked, kind) == (max(scores) >= one.threshold)


@each
def test_a_long_text_takes_no_long_time(one: Comparer) -> None:
    begun = time.process_time()
    one.compare("ab " * 1300, "ba ac " * 650, PERSON)
    one.compare(f"{'ab' * 2000}", f"{'ba' * 2000}", FIRM)
    assert time.process_time() - begun < 5


@each
def test_the_invented_pairs(one: Comparer) -> None:
    judged = judge(read(INVENTED), lambda pair: one.compare(pair.asked, pair.found, pair.kind).score)
    assert quality((score >= one.threshold, match) for score, match in judged).f1 > 0.9


@each
def test_the_published_pairs(one: Comparer) -> None:
    if PUBLISHED is None:
        pytest.skip("ICM_TEST_NAME_PAIRS names no list of published pairs")
    judged = judge(read(Path(PUBLISHED)), lambda pair: one.compare(pair.asked, pair.found, pair.kind).score)
    assert by_odd_rows(judged)[0].f1 >= PUBLISHED_F1
    assert at(one.threshold, judged[1::2]).f1 >= PUBLISHED_F1


@each
def test_mangled_names(one: Comparer) -> None:
    pairs = mangled_pairs(300)
    judged = judge(pairs, lambda pair: one.compare(pair.asked, pair.found, pair.kind).score)
    assert at(one.threshold, judged).f1 > 0.9
    assert pairs == mangled_pairs(300), "the same seed, the same names"


def test_a_threshold_is_tuned_on_odd_rows_and_judged_on_even_ones() -> None:
    judged = [(0.9, True), (0.9, True), (0.5, False), (0.5, True), (0.4, False), (0.2, False)]
    assert tuned(judged[::2]) == 0.9
    assert tuned(judged[1::2]) == 0.5
    found, threshold = by_odd_rows(judged)
    assert threshold == 0.9
    assert (found.precision, found.recall) == (1, 0.5)
    assert quality([]).f1 == 0


def test_the_command_prints_what_was_counted() -> None:
    command = [sys.executable, "-m", "benchmarks.names", str(INVENTED), "--mangled", "50"]
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120, cwd=INVENTED.parents[2])
    assert "47 pairs, 28 of them matches" in told.stdout
    assert all(name in told.stdout for name in ("WRatio", *COMPARERS))


def test_pairs_are_read_with_their_kinds() -> None:
    assert read(INVENTED)[0] == Pair(PERSON, "Rosa Vega", "Rosa Vega", True)
    assert {pair.kind for pair in read(INVENTED)} == {PERSON, FIRM, SubjectKind.VESSEL}
