"""Names: words, sounds, the keys they are stored under and the keys they are sought by.

Pure: a key is a function of one name's text and nothing else. ``NAME_NORMALISER`` is the version of that function,
kept on every NameKey, so that keys of a former version can be found and made again.

A name is stored under at most four keys:

``n:rosa vega``
    The whole name: its folded words in alphabetical order. Deconfliction asks for this one alone.
``w:rs rosa``, ``w:fk vega``
    One of its words, behind its sound; of the three longest words that are no title, particle or form of company.
    ``w:fk `` with its space begins the keys of all words that sound like it, ``w:fk vega`` is the word itself; and
    as a sound is made from left to right, the sound of a word's beginning begins the key of the word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations

from icmgraph.errors import InvalidInput
from icmgraph.model.folding import bounded_key, clean, fold
from icmgraph.model.lexicon import FORMS, PARTICLES, TITLES, nicknames

NAME_NORMALISER = "2"
"""Version of ``name_keys``. Version 1 made the whole name's key alone, on nodes that do not say which."""

MAX_NAME_KEYS = 4  # of one name: what a NameKey row costs is paid for each
MAX_SOUGHT = 24
"""Most sounds one question looks for: each costs a seek for every entry of the person's scope."""
MAX_BEGINNINGS = 3
"""Words of a question by beginnings: so many of a name have keys."""
LONGEST_WORD = 64
"""Letters of a word, and of its sound, that a key holds; longer words are cut, and compared whole later."""

_DULL = TITLES | PARTICLES | FORMS

# SergeiLavrov is two words, McDonald is not.
_CAMEL = re.compile(r"(?<=[^\W\d_A-Z]{3})(?=[A-Z])")

# Chinese characters and Korean syllables are written without spaces, and anyascii gives one word for the run.
_UNSPACED = re.compile("[\u3400-\u9fff\uac00-\ud7a3]{2,4}")


def name_words(name: str) -> list[str]:
    """The folded words of a name in the order in which they stand.

    A run of two to four Chinese or Korean characters is a family name, the first, and a given name (``王小明``:
    ``wang xiaoming``).
    """
    return fold(_UNSPACED.sub(lambda run: f" {run[0][0]} {run[0][1:]} ", name)).split()


def spelled(words: Iterable[str]) -> list[str]:
    """Letters that stand alone one after the other are one word: ``a b c company`` is ``abc company``."""
    found: list[str] = []
    run = ""
    for word in words:
        if len(word) == 1 and word.isalpha():
            run += word
            continue
        found += [run, word] if run else [word]
        run = ""
    return [*found, run] if run else found


def whole_key(name: str, *, field: str = "name") -> str:
    """The key of the whole name: ``n:`` and the folded words in alphabetical order.

    Equal for names that are equal whatever the order, script, accents, case and punctuation (``Ivanov, Pyotr`` and
    ``Пётр Иванов``). Nothing is taken away: honorifics (``Dr``), particles and initials count like any word, so
    ``Dr Ann Lee`` and ``Ann Lee`` differ. A name without any letter or digit: ``InvalidInput`` naming ``field``.
    """
    words = fold(clean(name, field=field, breaks=True)).split()
    if not words:
        raise InvalidInput("holds no letters or digits", field=field)
    return bounded_key("n", " ".join(sorted(words)))


def name_keys(name: str, *, field: str = "name") -> tuple[str, ...]:
    """The keys a name is stored under, at most four: that of the whole name, then of its telling words, each once.

    Raises:
        InvalidInput: see ``whole_key``.
    """
    whole = whole_key(name, field=field)
    telling = sorted(set(_telling(name_words(name))), key=lambda word: (-len(word), word))
    return (whole, *dict.fromkeys(_word_key(word) for word in telling[: MAX_NAME_KEYS - 1]))


def _telling(words: list[str]) -> list[str]:
    """Those that tell more than the others: no titles, particles, forms of company, initials; all if none is left."""
    whole = spelled(words)
    return [word for word in whole if len(word) > 1 and word not in _DULL] or whole


def _word_key(word: str) -> str:
    return f"w:{sound(word)[:LONGEST_WORD]} {word[:LONGEST_WORD]}"


@dataclass(frozen=True, slots=True)
class Sought:
    """What a question looks for.

    Attributes:
        whole: the whole name's key.
        begins: pairs of a word's number and what a key begins with that is found for it, each pair once.
    """

    whole: str
    begins: tuple[tuple[int, str], ...]


def sought(name: str, *, field: str = "name") -> Sought:
    """What finds the names that may be like this one: by the sound of each word, its nicknames, words written as one.

    Raises:
        InvalidInput: see ``whole_key``.
    """
    whole = whole_key(name, field=field)
    words = sorted(dict.fromkeys(_telling(name_words(name))), key=lambda word: (-len(word), word))
    wanted = list(enumerate(words))
    # SergeiLavrov: the words of a name written as one, and the one word of a name written in two or three.
    wanted += [(len(words), word) for word in _telling(name_words(_CAMEL.sub(" ", name))) if word not in words]
    if 2 <= len(words) <= 3:
        wanted += [(len(words), "".join(order)) for order in permutations(words)]
    # Nicknames last: the bound must not cost a word.
    wanted += [(number, other) for number, word in enumerate(words) for other in sorted(nicknames(word))]
    begins = dict.fromkeys((number, f"w:{sound(word)[:LONGEST_WORD]} ") for number, word in wanted)
    return Sought(whole, tuple(begins)[:MAX_SOUGHT])


@dataclass(frozen=True, slots=True)
class Beginning:
    """The beginning of a word of a name: what its key begins with, and what stands in it."""

    begin: str
    holds: str


def beginnings(text: str, *, field: str = "name") -> tuple[Beginning, ...]:
    """For each word of ``text``, what the keys of words that begin with it have in common.

    Raises:
        InvalidInput: no word, more than ``MAX_BEGINNINGS``, or one shorter than two letters (half of the graph).
    """
    words = list(dict.fromkeys(fold(clean(text, field=field, breaks=True)).split()))
    if not 1 <= len(words) <= MAX_BEGINNINGS:
        raise InvalidInput(f"give the beginnings of 1 to {MAX_BEGINNINGS} words", field=field)
    if any(len(word) < 2 for word in words):
        raise InvalidInput("give at least two letters of each word", field=field)
    return tuple(Beginning(f"w:{sound(word, ended=False)[:LONGEST_WORD]}", f" {word[:LONGEST_WORD]}") for word in words)


def began(text: str, name: str) -> tuple[float, str]:
    """How much of the words of ``name`` the beginnings in ``text`` are, 0 to 1, and which words those are."""
    words, begun = spelled(name_words(name)), list(dict.fromkeys(fold(text).split()))
    # The shortest: of which the most was given.
    met = [min((word for word in words if word.startswith(one)), key=len, default=None) for one in begun]
    found = [word for word in met if word is not None]
    if len(found) < len(begun):
        return 0.0, "a word does not begin so"
    return round(sum(map(len, begun)) / sum(map(len, found)), 3), f"begins: {' '.join(found)}"


# The letters of a sound, the longest first where several begin alike; what is not listed is silent, digits apart.
_SOUNDS = {
    "chr": "kr", "tsch": "s", "sch": "s", "tch": "s", "sh": "s", "ch": "s", "zh": "s", "cz": "s", "sz": "s",
    "ts": "s", "tz": "s", "ce": "s", "ci": "s", "cy": "s", "ck": "k", "kh": "", "gh": "g", "ph": "f", "th": "t",
    "b": "b", "c": "k", "d": "t", "f": "f", "g": "g", "k": "k", "l": "l", "m": "m", "n": "n", "p": "p", "q": "k",
    "r": "r", "s": "s", "t": "t", "v": "f", "w": "f", "x": "ks", "z": "s",
}  # fmt: skip
_AT_THE_BEGINNING = {**dict.fromkeys("aeiouy", "a"), "h": "h", "kh": "h", "j": "j", "x": "s"}
_LETTERS = re.compile("|".join([*_SOUNDS, "."]))
_UNFINISHED = {letters[:end] for letters in _SOUNDS for end in range(1, len(letters))}


@lru_cache(maxsize=10_000)  # the words of names repeat; of an import's many names half of the time went here
def sound(word: str, *, ended: bool = True) -> str:
    """How a folded word sounds, roughly: its consonants, alike ones as one, and whether it begins with a vowel.

    ``Meier`` and ``Maier`` are ``mr``, ``Müller`` and ``Mueller`` ``mlr``, ``Yevgeni`` and ``Evgeny`` ``afgn``. After
    the idea of Soundex and Metaphone, whose codes would not do: here the sound of a word's beginning must begin the
    sound of the word. Unless ``ended``, the word may go on, and only what is certain however it does is given.
    """
    said, before = "", ""
    for found in _LETTERS.finditer(word):
        letters = found[0]
        if not ended and word[found.start() :] in _UNFINISHED:
            break
        one = _SOUNDS.get(letters, letters if letters.isdigit() else "")
        if found.start() == 0:
            one = _AT_THE_BEGINNING.get(letters, one)
        if one != before or letters.isdigit():
            said += one
        before = one
    return said
