"""Names: words, sounds, the keys they are stored under and the keys they are sought by.

Pure: a key is a function of one name's text and nothing else. ``NAME_NORMALISER`` is the version of that function,
kept on every NameKey, so that keys of a former version can be found and made again.

A name is stored under at most four keys:

``n:rosa vega``
    The whole name: its folded words in alphabetical order. For deconfliction this is the same name.
``w:rs.fk rosa``, ``w:fk.rs vega``
    One of its words, behind its sound and the sound of the word that follows in a circle; of the three longest words
    that are no title, particle or form of company. ``w:fk.`` begins the keys of all words that sound like it,
    ``w:fk.rs `` of those in names where such another word is too: of a million names some thousands have the one
    sound, and few have both. A circle of three holds each pair, in one of its two orders. As a sound is made from
    left to right, the sound of a word's beginning begins the key of the word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations

from rapidfuzz.distance import OSA

from icmgraph.errors import InvalidInput
from icmgraph.model.folding import bounded_key, clean, fold
from icmgraph.model.lexicon import FORMS, PARTICLES, TITLES, nicknames

NAME_NORMALISER = "3"
"""Version of ``name_keys``. Version 1 made the whole name's key alone, on nodes that do not say which; 2 made those of
words without a second word's sound."""

MAX_NAME_KEYS = 4  # of one name: what a NameKey row costs is paid for each
MAX_SOUGHT = 32
"""Most beginnings of keys one question looks for: each costs a seek for every entry of the person's scope."""
MOST_ALIKE = 3
"""Words of a question up to which words are sought by how they begin, by nicknames, and as one."""
MAX_BEGINNINGS = 3
"""Words of a question by beginnings: so many of a name have keys."""
LONGEST_WORD = 64
"""Letters of a word, and of its sound, that a key holds; longer words are cut, and compared whole later."""
LONGEST_SPELLING = 1000
"""Characters of a name that an index has, and that is compared by deconfliction; queries say the number too."""

_DULL = TITLES | PARTICLES | FORMS

# Chinese characters and Korean syllables are written without spaces, and anyascii gives one word for the run.
_UNSPACED = re.compile("[\u3400-\u9fff\uac00-\ud7a3]+")
# The Arabic article is written as one with its word, which in Latin letters it is not.
_ARTICLE = re.compile(r"(?<!\w)\u0627\u0644(?=\w{3})")
# An Arabic word's first vowel is heard, whichever it is; anyascii has none for these letters.
_FIRST_VOWEL = re.compile(r"(?<!\w)(?:[\u0622\u0623\u0625\u0627](?!\u0644)|\u0639)(?=\w)")
# Inside a word it is a vowel.
_WAW = re.compile(r"(?<=\w)\u0648(?=\w)")
# SergeiLavrov is two words, McDonald is not.
_CAMEL = re.compile(r"(?<=[^\W\d_A-Z]{3})(?=[A-Z])")


@lru_cache(maxsize=10_000)  # a name that is compared was looked at before
def name_words(name: str) -> tuple[str, ...]:
    """The folded words of a name in the order in which they stand.

    Two to four Chinese or Korean characters, the only ones, are a family name, the first, and a given name (``王小明``:
    ``wang xiaoming``; ``小明 王``: ``xiaoming wang``). The Arabic article is a word of its own.
    """
    runs = list(_UNSPACED.finditer(name))
    if len(runs) == 1 and 2 <= len(run := runs[0][0]) <= 4:
        name = name.replace(run, f" {run[0]} {run[1:]} ")
    if not name.isascii():
        name = _WAW.sub("u", _FIRST_VOWEL.sub("a", _ARTICLE.sub("al ", name)))
    return tuple(fold(name).split())


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
    return (whole, *dict.fromkeys(f"{_beside(word, other)} {word[:LONGEST_WORD]}" for word, other in _circle(name)))


@lru_cache(maxsize=10_000)  # a name that is met by a slip has two keys or three
def _circle(name: str) -> tuple[tuple[str, str], ...]:
    """The words that have keys, each with the one that follows it; "" follows a word that is alone."""
    words = _longest_first(name)[: MAX_NAME_KEYS - 1]
    return tuple(zip(words, [*words[1:], words[0]], strict=True)) if len(words) > 1 else ((words[0], ""),)


def heard(key: str) -> str:
    """What the key of a word begins with: how it and the word that follows it sound."""
    return key.partition(" ")[0]


def _longest_first(name: str) -> list[str]:
    return sorted(set(_telling(name_words(name))), key=lambda word: (-len(word), word))


def _telling(words: Sequence[str]) -> Sequence[str]:
    """Those that tell more than the others: no titles, particles, forms of company, initials; all if none is left."""
    whole = spelled(words)
    return [word for word in whole if len(word) > 1 and word not in _DULL] or whole


def _sound(word: str) -> str:
    return sound(word)[:LONGEST_WORD]


def _beside(word: str, other: str) -> str:
    """What the key of a word begins with in a name where ``other`` follows it; "" follows a word that is alone."""
    return f"w:{_sound(word)}.{_sound(other)}"


@dataclass(frozen=True, slots=True)
class Begin:
    """What a key begins with that may be of a name like the one asked for.

    Attributes:
        number: of what is found by it; words and pairs that are met twice count once.
        holds: unless empty, the key holds one of these too.
    """

    number: int
    begin: str
    holds: tuple[str, ...] = ()

    def fits(self, key: str) -> bool:
        return key.startswith(self.begin) and (not self.holds or any(one in key for one in self.holds))


@dataclass(frozen=True, slots=True)
class Sought:
    """What a question looks for: the whole name's key, and the beginnings of others, each once."""

    whole: str
    begins: tuple[Begin, ...]


def sought(name: str, *, field: str = "name") -> Sought:
    """What finds the names that may be like this one.

    Of two words and more: both by their sound, one as a nickname; one by its sound and the other by half of its own;
    one that is alone, or all written as one. Of a single word: all that sound so, and the parts of it.

    Raises:
        InvalidInput: see ``whole_key``.
    """
    whole = whole_key(name, field=field)
    return Sought(whole, _begins(name, halves=True))


@lru_cache(maxsize=10_000)  # a name is sought in files, then among registrations
def sounding(name: str) -> tuple[str, ...]:
    """What keys begin with of names of which two words sound as two of this one's do: without halves, and without
    what begins the keys of all words that sound like one, which are too many to compare.
    """
    return tuple(one.begin for one in _begins(name, halves=False) if one.begin.endswith(" "))


def _begins(name: str, *, halves: bool) -> tuple[Begin, ...]:
    words, parts = _longest_first(name), _longest_first(_CAMEL.sub(" ", name))
    begins = [*_begins_of_one(words[0])] if len(words) == 1 else [*_begins_of_several(words, halves=halves)]
    if parts != words:
        begins += [begin for begin in _begins_of_several(parts, halves=halves) if not begin.holds]
    return tuple(dict.fromkeys(begins))[:MAX_SOUGHT]


def _begins_of_one(word: str) -> Iterator[Begin]:
    for other in (*_readings(word), *sorted(nicknames(word))):
        yield Begin(0, f"w:{_sound(other)}.")
    for at in range(3, len(word) - 2):
        rest = word[at:]
        yield Begin(1, f"{_beside(word[:at], rest)} ")
        if len(rest) > 3 and (article := _JOINED_ARTICLE.match(rest)):
            yield Begin(1, f"{_beside(word[:at], rest[article.end() :])} ")


def _begins_of_several(words: list[str], *, halves: bool) -> Iterator[Begin]:
    """The bound must not cost a word, so pairs come first and nicknames last."""
    pairs = [(one, other) for at, other in enumerate(words) for one in words[:at]]
    ordered = [(number, *pair) for number, both in enumerate(pairs) for pair in (both, both[::-1])]
    for number, one, other in ordered:
        for read in _readings(one):
            for beside in _readings(other):
                yield Begin(number, f"{_beside(read, beside)} ")
    if len(words) > MOST_ALIKE:
        return
    for word in words:
        yield Begin(len(pairs), f"{_beside(word, '')} ")
    for order in permutations(words):
        yield Begin(len(pairs), f"{_beside(''.join(order), '')} ")
    for number, one, other in ordered if halves else ():
        if (begin := _half(len(pairs) + 1 + number, _sound(one), _sound(other))) is not None:
            yield begin
    for number, one, other in ordered:
        for short in sorted(nicknames(other)):
            yield Begin(number, f"{_beside(one, short)} ")


def _half(number: int, one: str, other: str) -> Begin | None:
    """One sound, and beside it what may be the other with a mistake: its first letter is right, and one of its halves.

    None where too many would be found: a mistake in a short word makes it another word.
    """
    if not _long_enough(one, other):
        return Begin(number, f"w:{one}.{other}") if len(one) > 3 and other else None
    slip = Slip("", one, other)
    return Begin(number, slip.begin, slip.holds)


@dataclass(frozen=True, slots=True)
class Slip:
    """Two words of a name that follow each other: one is heard as it is, the other is written with a mistake.

    It is mutual: if a name is met by a slip of another, that one is by a slip of this.

    Attributes:
        word: the other, as it was asked for.
        one, other: how they sound.
    """

    word: str
    one: str
    other: str

    @property
    def right(self) -> str:
        """What keys begin with of names without a mistake."""
        return f"w:{self.one}.{self.other} "

    @property
    def begin(self) -> str:
        """What the keys begin with of names that may be met; they hold one of ``holds`` too."""
        return f"w:{self.one}.{self.other[0]}"

    @property
    def holds(self) -> tuple[str, str]:
        front, back = _halves(self.other)
        return f".{front}", f"{back} "

    def near(self, sounds: str) -> bool:
        """Whether a key may be of a name that is met, by what it begins with."""
        one, _, other = sounds.removeprefix("w:").partition(".")
        return one == self.one and _long_enough(one, other) and _nearly_heard(self.other, other)

    def meets(self, sounds: str, name: str) -> bool:
        """Whether, of two words of the name that follow each other and sound so, the second is this but for a slip."""
        followed = (other for one, other in _circle(name) if _beside(one, other) == sounds)
        return any(edits(self.word, other, LETTERS) > 0 for other in followed)


def slips(name: str) -> tuple[Slip, ...]:
    """What finds names of which a word sounds as one of this name does, and the one that follows it nearly so.

    Not where the sounds are short: a mistake in a short word makes it another word.
    """
    pairs = ((other, _sound(word), _sound(other)) for word, other in _circle(name))
    return tuple(Slip(*pair) for pair in pairs if _long_enough(*pair[1:]))


def _long_enough(one: str, other: str) -> bool:
    return len(one) > 1 and len(other) > 1 and len(one) + len(other) > 4


def _nearly_heard(one: str, other: str) -> bool:
    """Whether two sounds are the same but for one letter that is not the first, and that leaves a half of them.

    One letter more, less or another leaves a half of both sounds or of neither, so that it is mutual.
    """
    if one[0] != other[0] or OSA.distance(one, other, score_cutoff=1) > 1:
        return False
    front, back = _halves(one)
    return other.startswith(front) or other.endswith(back)


def _halves(sound: str) -> tuple[str, str]:
    middle = (len(sound) + 1) // 2
    return sound[: max(2, middle)], sound[middle:]


LETTERS = 4
"""One in so many letters of a word may be wrong."""


def edits(one: str, other: str, letters: int) -> float:
    """1 less the share of letters to change, 0 when that is more than one in so many ``letters``."""
    longest, shortest = (len(one), len(other)) if len(one) > len(other) else (len(other), len(one))
    allowed = (longest + 1) // letters if longest > 3 else 0
    if longest - shortest > allowed:
        return 0.0
    distance = OSA.distance(one, other, score_cutoff=allowed)
    return 1 - distance / longest if distance <= allowed else 0.0


_JOINED_ARTICLE = re.compile("a?l")  # anyascii writes its vowel at the beginning of a word only
_LOOKS = [str.maketrans("015", letters) for letters in ("ols", "ois")]


def _readings(word: str) -> list[str]:
    """The word; where it holds digits among letters, what a scan may have read them for; a j that is a Russian zh."""
    found = [word, word.replace("j", "zh")]
    if not word.isalpha() and not word.isdigit():
        found += [word.translate(looks) for looks in _LOOKS]
    return list(dict.fromkeys(found))


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


# The letters of a sound, the longest first where several begin alike; what is not listed is silent.
_SOUNDS = {
    "chr": "kr", "tsch": "s", "sch": "s", "tch": "s", "sh": "s", "ch": "s", "zh": "s", "cz": "s", "sz": "s",
    "ts": "s", "tz": "s", "ce": "s", "ci": "s", "cy": "s", "ck": "k", "kh": "", "gh": "g", "ph": "f", "th": "t",
    "b": "b", "c": "k", "d": "t", "f": "f", "g": "g", "k": "k", "l": "l", "m": "m", "n": "n", "p": "p", "q": "k",
    "r": "r", "s": "s", "t": "t", "v": "f", "w": "f", "x": "ks", "z": "s", **{digit: digit for digit in "0123456789"},
}  # fmt: skip
_AT_THE_BEGINNING = {**dict.fromkeys("aeiouy", "a"), "h": "h", "kh": "h", "j": "j", "x": "s"}
_LETTERS = re.compile("|".join([*_SOUNDS, "."]))
_UNFINISHED = {letters[:end] for letters in _SOUNDS for end in range(1, len(letters))}


@lru_cache(maxsize=10_000)  # the words of names repeat
def sound(word: str, *, ended: bool = True) -> str:
    """How a folded word sounds, roughly: its consonants, alike ones as one, and whether it begins with a vowel.

    ``Meier`` and ``Maier`` are ``mr``, ``Müller`` and ``Mueller`` ``mlr``, ``Yevgeni`` and ``Evgeny`` ``afgn``. After
    the idea of Soundex and Metaphone, whose codes would not do: here the sound of a word's beginning must begin the
    sound of the word. Unless ``ended``, the word may go on, and only what is certain however it does is given.
    """
    letters = _LETTERS.findall(word)
    if not ended:
        unfinished = (at for at in range(len(letters)) if "".join(letters[at:]) in _UNFINISHED)
        letters = letters[: next(unfinished, None)]
    heard = [_SOUNDS.get(one, "") for one in letters]
    if letters:
        heard[0] = _AT_THE_BEGINNING.get(letters[0], heard[0])
    return "".join(one for one, before in zip(heard, ["", *heard], strict=False) if one != before or one.isdigit())
