"""How alike two names are: one interface, two implementations.

``comparer()`` gives nomenklatura's logic-v2 where the extra ``match`` is installed, and the one of this module where
it is not. Both are pure functions of two texts and a kind; callers give them visible names only.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import groupby
from typing import NamedTuple, Protocol

import jellyfish
from rapidfuzz.distance import OSA

from icmgraph.model.lexicon import (
    LEGAL_FORMS,
    LONG,
    NUMBERS,
    PARTICLES,
    SHIPS,
    SHORTENED,
    TENS,
    TITLES,
    WRITTEN_OUT,
    nicknames,
)
from icmgraph.model.names import LETTERS, edits, name_words, sound, spelled
from icmgraph.model.records import SubjectKind


@dataclass(frozen=True, slots=True)
class Likeness:
    """``score``: 0 (nothing in common) to 1 (the same), three decimals. ``reason``: in words, for people."""

    score: float
    reason: str


class Comparer(Protocol):
    """Says how alike two names are.

    Attributes:
        name: as it is shown.
        threshold: a score from which a pair is worth a person's look; tuned by ``make bench-names``.
    """

    name: str
    threshold: float

    def compare(self, asked: str, found: str, kind: SubjectKind | None = None) -> Likeness:
        """How alike the name ``found`` is to the one ``asked`` for.

        Not symmetric: a word that was asked for and is not there weighs more than one that is there beside it.

        Args:
            kind: of whom the names are; None: not known.
        """
        ...

    def alike(self, one: str, other: str, kind: SubjectKind | None = None) -> bool:
        """Whether either name is like the other, by the threshold: they are a pair whoever comes first."""
        ...


@cache
def comparer() -> Comparer:
    """The best one that is installed."""
    if importlib.util.find_spec("nomenklatura") is not None:
        from icmgraph.model.logic_v2 import LogicV2

        return LogicV2()
    return Default()


MOST_WORDS = 16
"""Words of a name that are compared; no name has more, and a text that has is cut, as each is held against each."""


@dataclass(frozen=True, slots=True)
class Parts:
    """A name taken apart: its telling words in order, the legal forms it says, whether its script has no vowels."""

    words: tuple[str, ...]
    forms: frozenset[str] = frozenset()
    bare: bool = False

    @property
    def joined(self) -> str:
        return "".join(self.words)


_BARE = re.compile("[\u05d0-\u05ea\u0620-\u064a]")
"""Letters of Hebrew and Arabic, which write consonants."""


@lru_cache(maxsize=10_000)
def taken_apart(name: str, person: bool) -> Parts:
    """The words that are compared. Titles count only where there is nothing else, forms of companies on their own."""
    folded, bare = name_words(name), _BARE.search(name) is not None
    if person:
        named = [word for word in folded if word not in TITLES]
        return Parts(tuple(named or folded)[:MOST_WORDS], bare=bare)
    text = f" {' '.join(map(_form, spelled(folded)))} "
    for long, short in SHORTENED:
        text = text.replace(f" {long} ", f" {short} ")
    words = _counted(text.split())
    named = [word for word in words if word not in LEGAL_FORMS | SHIPS]
    forms = frozenset(word for word in words if word in LEGAL_FORMS)
    return Parts(tuple(named)[:MOST_WORDS], forms, bare) if named else Parts(tuple(words)[:MOST_WORDS], bare=bare)


@lru_cache(maxsize=10_000)
def _form(word: str) -> str:
    """A word of a form of companies instead of one with a letter wrong."""
    if len(word) < LONG - 1:
        return word
    return next((one for one in WRITTEN_OUT if OSA.distance(word, one, score_cutoff=1) <= 1), word)


def _counted(words: list[str]) -> list[str]:
    """Numbers in words as digits, ``forty four`` as ``44``."""
    found: list[str] = []
    for word in words:
        digits = NUMBERS.get(word, word)
        if found and found[-1] in TENS and len(digits) == 1 and digits.isdigit():
            found[-1] = TENS[found[-1]] + digits
        else:
            found.append(digits)
    return [f"{TENS[word]}0" if word in TENS else word for word in found]


class Pair(NamedTuple):
    """Two words that stand for each other, how well, and why."""

    asked: str
    found: str
    score: float
    reason: str

    def __str__(self) -> str:
        return self.asked if self.asked == self.found else f"{self.asked} = {self.found}: {self.reason}"


EXTRA_ASKED = 0.8
"""Weight of a word that was asked for and is not there."""
EXTRA_FOUND = 0.2
"""Weight of a word that is there beside what was asked for: people have more names than they are asked for by."""
OTHER_FORM = 0.9
"""Both are companies of a stated form, and not of the same."""
DIGITS = 0.75
"""The same words with other numbers: another ship, another brigade."""


class Default:
    """Words are paired one with one, each as well as may be; then the pairs and what is left over are weighed."""

    name = "icmgraph"
    threshold = 0.62

    def compare(self, asked: str, found: str, kind: SubjectKind | None = None) -> Likeness:
        return self._compared(asked, found, kind, both=False)

    def alike(self, one: str, other: str, kind: SubjectKind | None = None) -> bool:
        return self._compared(one, other, kind, both=True).score >= self.threshold

    def _compared(self, asked: str, found: str, kind: SubjectKind | None, *, both: bool) -> Likeness:
        """``both``: the other way round too; then no reason is given, and a score that is enough may be more."""
        person = kind is SubjectKind.PERSON
        one, other = taken_apart(asked, person), taken_apart(found, person)
        if not one.words or not other.words:
            return Likeness(0.0, "nothing to compare")
        if sorted(one.words) == sorted(other.words) and one.forms == other.forms:
            return Likeness(1.0, "the same words")
        left, right = _parted_alike(one.words, other.words), _parted_alike(other.words, one.words)
        pairs = _paired(left, right, person, one.bare != other.bare)
        score, turned, *over = _weighed(left, right, pairs)
        if both:
            score = max(score, turned)
            if score * (1 if person else OTHER_FORM * DIGITS) >= self.threshold:
                return Likeness(score, "")  # whatever else is found
        reason = "" if both else _said(pairs, *over)
        if not person and _initials(one, other):
            score, reason = max(score, INITIALS), "the first letters"
        joined = edits(one.joined, other.joined, 10 if len(left) == len(right) else 6)
        if joined * JOINED > score:
            score, reason = joined * JOINED, "the same letters, parted otherwise"
        if one.forms and other.forms and one.forms != other.forms:
            score, reason = score * OTHER_FORM, f"{reason}; another form of company"
        if not person and _numbers(one) != _numbers(other):
            score, reason = score * DIGITS, f"{reason}; other numbers"
        return Likeness(round(min(score, 0.999), 3), reason)


JOINED = 0.95
INITIALS = 0.75
"""An abbreviation of three letters and more, and the words it may stand for."""
INITIAL = "an initial"


def _parted_alike(words: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...]:
    """``words``, two or three that follow each other as one where the other name has them as one."""
    alone = [len(word) == 1 or word in others for word in words]
    for run in (3, 2):
        for at in range(len(words) - run + 1):
            if True in alone[at : at + run]:
                continue
            one = "".join(words[at : at + run])
            for other in others:
                if len(other) > 3 and edits(one, other, 6):
                    return _parted_alike((*words[:at], one, *words[at + run :]), others)
    return words


def _initials(one: Parts, other: Parts) -> bool:
    short, long = sorted((one.words, other.words), key=len)
    return len(short) == 1 and len(long) >= 3 and short[0] == "".join(word[0] for word in long)


def _numbers(parts: Parts) -> set[str]:
    return {word for word in parts.words if word.isdigit()}


def _weight(word: str) -> float:
    """A particle tells little, an initial less than a name."""
    if word in PARTICLES:
        return 0.2
    return 0.5 if len(word) == 1 else 1.0


def _paired(asked: Sequence[str], found: Sequence[str], person: bool, bare: bool) -> list[Pair]:
    """The best pairs first, each word once. ``bare``: one of the names is without vowels."""
    scored: list[tuple[float, int, int, int, str]] = []
    for i, one in enumerate(asked):
        for j, other in enumerate(found):
            score, reason = _word_score(one, other, person, bare)
            if score > 0:
                # Ties go by place: the answer must not hang on anything else.
                scored.append((-score, abs(i - j), i, j, reason))
    taken: list[Pair] = []
    done_left: set[int] = set()
    done_right: set[int] = set()
    for negated, _, i, j, reason in sorted(scored):
        if i not in done_left and j not in done_right:
            done_left.add(i)
            done_right.add(j)
            taken.append(Pair(asked[i], found[j], -negated, reason))
    return taken


def _word_score(one: str, other: str, person: bool, bare: bool = False) -> tuple[float, str]:
    if one == other:
        return 1.0, "the same"
    if one.isdigit() or other.isdigit():
        return 0.0, ""
    if person:
        if len(one) == 1 or len(other) == 1:
            return (0.75, INITIAL) if one[0] == other[0] else (0.0, "")
        if other in nicknames(one):
            return 0.9, "a short form"
    by_letters = edits(one, other, LETTERS)
    if bare and len(heard := _consonants(one)) > 1 and heard == _consonants(other):
        # Many names are heard so: what is written tells which of them are nearer.
        written = OSA.normalized_similarity(_written(one), _written(other))
        return max(by_letters, 0.75 + 0.1 * written), "the same consonants"
    if (heard := sound(one)) == sound(other):
        if jellyfish.jaro_winkler_similarity(one, other) >= 0.7:
            return max(by_letters, 0.8), "the same sound"
        if len(heard) > 2:
            return max(by_letters, 0.7), "the same sound"
    return by_letters, "alike"


def _consonants(word: str) -> str:
    """What is heard of a word without its vowels: two alike consonants are one where nothing stands between them."""
    return "".join(letter for letter, _ in groupby(sound(word)))


def _written(word: str) -> str:
    """The letters of a word without its vowels, each once where nothing stands between two of it."""
    return "".join(letter for letter, _ in groupby(letter for letter in word if letter not in "aeiouy"))


def _weighed(
    asked: tuple[str, ...], found: tuple[str, ...], pairs: list[Pair]
) -> tuple[float, float, list[str], list[str]]:
    """The score, that of the same the other way round, and the words of each side that no pair has."""
    left, right = list(asked), list(found)
    total = got = 0.0
    for pair in pairs:
        left.remove(pair.asked)
        right.remove(pair.found)
        weight = max(_weight(pair.asked), _weight(pair.found)) if min(len(pair.asked), len(pair.found)) > 1 else 0.7
        total += weight
        got += weight * pair.score
    # Said twice is not said more.
    left = [word for word in left if word not in found]
    right = [word for word in right if word not in asked]
    telling = [[word for word in side if word not in PARTICLES] for side in (left, right)]
    if all(telling):
        # One stands in the place of the other; an initial that contradicts does so like a name.
        total += sum(map(len, telling))
        turned = total
    else:
        over = sum(map(_weight, left)), sum(map(_weight, right))
        turned = total + (EXTRA_ASKED * over[1] + EXTRA_FOUND * over[0])
        total += EXTRA_ASKED * over[0] + EXTRA_FOUND * over[1]
    if all(pair.reason == INITIAL for pair in pairs):
        got /= 2
    return (got / total if total else 0.0), (got / turned if turned else 0.0), left, right


def _said(pairs: Iterable[Pair], left: Sequence[str], right: Sequence[str]) -> str:
    reasons = [
        f"{pair.asked} = {pair.found}: {pair.reason}" if pair.asked != pair.found else pair.asked for pair in pairs
    ]
    if left:
        reasons.append(f"not found: {' '.join(left)}")
    if right:
        reasons.append(f"beside it: {' '.join(right)}")
    return "; ".join(reasons)
