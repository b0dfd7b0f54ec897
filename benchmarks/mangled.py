"""Invented names of five scripts, and the same names as people get them wrong: seeded, the same seed gives the same.

Given names are common ones, family names are put together of syllables, so nobody is meant. A name that is not in
Latin letters knows how it is written in them, letter by letter, in more than one way.
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from nicknames import name_triplets

from icmgraph.model.folding import fold
from icmgraph.model.lexicon import nicknames


@dataclass(frozen=True, slots=True)
class Name:
    """A person's name, word by word. ``latin``: a Chinese one's given and family name in Latin letters."""

    script: str
    given: str
    family: str
    middle: str = ""
    latin: tuple[str, str] = ("", "")

    def __str__(self) -> str:
        if self.script == "Han":
            return self.family + self.given
        return " ".join(word for word in (self.given, self.middle, self.family) if word)


# Letters and how each may be written, the first as most do.
_CYRILLIC = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e ye", "ё": "yo e", "ж": "zh j", "з": "z", "и": "i",
    "й": "y i j", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u",
    "ф": "f", "х": "kh h", "ц": "ts c", "ч": "ch", "ш": "sh", "щ": "shch", "ы": "y", "ь": "", "э": "e",
    "ю": "yu iu", "я": "ya ia",
}  # fmt: skip
_GREEK = {
    "α": "a", "β": "v b", "γ": "g", "δ": "d", "ε": "e", "ζ": "z", "η": "i", "θ": "th", "ι": "i", "κ": "k", "λ": "l",
    "μ": "m", "ν": "n", "ξ": "x ks", "ο": "o", "π": "p", "ρ": "r", "σ": "s", "ς": "s", "τ": "t", "υ": "y i",
    "φ": "f ph",     "χ": "ch h", "ψ": "ps", "ω": "o",
}  # fmt: skip
_ARABIC = {
    "ا": "a", "ب": "b", "ت": "t", "ج": "j g", "ح": "h", "خ": "kh", "د": "d", "ر": "r", "ز": "z", "س": "s", "ش": "sh",
    "ص": "s", "ط": "t", "ف": "f", "ق": "q k", "ك": "k", "ل": "l", "م": "m", "ن": "n", "ه": "h", "و": "u", "ي": "i",
}  # fmt: skip
_GIVEN = {
    "Latin": """
        Robert William Richard James Michael Thomas Edward Charles Elizabeth Margaret Katherine Susan Rebecca Deborah
        Jennifer Patricia Christine Alexander Benjamin Daniel Samuel Nicholas Andrew Anthony Joseph Matthew Timothy
        Gregory Philip Theodore Rosa Carlos Javier José Ignacio Guadalupe Manuel Francisco Inés Begoña Lucía Álvaro
        Jörg Jürgen Günter Käthe Björn Søren Åsa Zoë Chloë François Hélène Renée Agnès Giuseppe Luigi Chiara Matteo
        Johannes Friedrich Wilhelm Anneliese Hildegard Mohammed Fatima Yusuf Leila Andrzej Małgorzata Łukasz Zofia
        """,
    "Cyrillic": """
        александр алексей анастасия борис вера виктор владимир галина дмитрий евгений екатерина елена зинаида иван
        игорь ирина константин людмила мария михаил надежда наталья николай ольга павел петр сергей татьяна федор
        юлия юрий яков ярослав
        """,
    "Greek": """
        αλεξανδρος αντωνης βασιλικη γιαννης δημητρα ελενη ζωη ηλιας θεοδωρος ιωαννα κατερινα λαμπρος μαριος νικος
        ξενια παναγιωτης ραλλου σοφια στελιος τασος φωτεινη χαραλαμπος χριστος
        """,
    "Arabic": """
        احمد محمد حسن حسين خالد سالم سامي طارق عمر فاطمه فيصل قاسم كريم مريم منصور ناصر نبيل هاني وليد ياسر يوسف زينب
        """,
}  # fmt: skip
_ENDS = {
    "Latin": "son mann berg ez ini elli ard eau sen ström ska wicz ton ley worth hurst",
    "Cyrillic": "ов ев ин ский енко ук ова ева ина ская",
    "Greek": "οπουλος ιδης ακης ατος ελλης",
}
_SYLLABLES = {
    "Latin": (
        "b br c ch d dr f fl g gr h j k kl l m n p pr r s sch st t tr v w z",
        "a e i o u ai ei ö ü é",
        "n r l s t m ck nd rt ll ss",
    ),
    "Cyrillic": ("б в г д ж з к л м н п р с т ф х ц ч ш щ", "а е и о у ю я", "н р л с т м в к"),
    "Greek": ("β γ δ ζ θ κ λ μ ν ξ π ρ σ τ φ χ ψ", "α ε ι ο υ ω", "ν ρ λ σ"),
}
_HAN_FAMILY_TEXT = """
    王=wang 李=li 张=zhang 刘=liu 陈=chen 杨=yang 黄=huang 赵=zhao 吴=wu 周=zhou 徐=xu 孙=sun 马=ma 朱=zhu 胡=hu
    郭=guo 何=he 高=gao 林=lin 罗=luo 郑=zheng 梁=liang 谢=xie 宋=song 唐=tang 许=xu 邓=deng 韩=han 冯=feng 曹=cao
    """
_HAN_GIVEN_TEXT = """
    小=xiao 明=ming 华=hua 建=jian 国=guo 文=wen 丽=li 芳=fang 伟=wei 敏=min 静=jing 强=qiang 磊=lei 军=jun 洋=yang
    艳=yan 勇=yong 杰=jie 娟=juan 涛=tao 超=chao 秀=xiu 霞=xia 平=ping 刚=gang 桂=gui 英=ying 志=zhi 玉=yu 兰=lan
    春=chun 梅=mei 海=hai 云=yun 飞=fei 雪=xue 红=hong 天=tian 龙=long 凤=feng 金=jin 生=sheng 水=shui 清=qing
    """
_HAN_FAMILY = dict(pair.split("=") for pair in _HAN_FAMILY_TEXT.split())
_HAN_GIVEN = dict(pair.split("=") for pair in _HAN_GIVEN_TEXT.split())
SHARES = {"Latin": 0.6, "Cyrillic": 0.15, "Greek": 0.05, "Arabic": 0.1, "Han": 0.1}
MIDDLE = 0.15
"""Of the names in Latin letters, those with a second given name."""


class Invented:
    """An endless list of names, no two written alike; some of their parts are far more frequent than others."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(f"names {seed}")
        self._given = {script: text.split() for script, text in _GIVEN.items()}
        self._given["Latin"] += sorted({name.title() for name, _, _ in name_triplets() if len(name) > 3})
        self._families = {script: self._made(script) for script in _SYLLABLES}
        roots = ["".join(letters) for letters in product("بتجحخدرزسشصطفقكلمنه", repeat=3)]
        self._families["Arabic"] = self._shuffled(
            f"ال{one[0]}{pattern[0]}{one[1]}{pattern[1]}{one[2]}" for one in roots for pattern in (("ا", ""), ("", "ي"))
        )

    def _shuffled(self, found: Iterator[str]) -> list[str]:
        families = sorted(set(found))
        self.rng.shuffle(families)
        return families

    def _made(self, script: str) -> list[str]:
        onsets, vowels, codas = (letters.split() for letters in _SYLLABLES[script])
        return self._shuffled(
            "".join(self.rng.choice(kind) for kind in (onsets, vowels, codas, onsets, vowels, codas)[: rest])
            + self.rng.choice(_ENDS[script].split())
            for rest in (3, 6, 6, 6, 6)
            for _ in range(12_000)
        )  # fmt: skip

    def _often(self, words: Sequence[str]) -> str:
        return words[int(len(words) * self.rng.random() ** 2)]

    def __iter__(self) -> Iterator[Name]:
        seen: set[str] = set()
        while True:
            name = self.one()
            if str(name) not in seen:
                seen.add(str(name))
                yield name

    def one(self) -> Name:
        script = self.rng.choices(list(SHARES), list(SHARES.values()))[0]
        if script == "Han":
            family = self.rng.choice(list(_HAN_FAMILY))
            given = "".join(self.rng.choices(list(_HAN_GIVEN), k=self.rng.choice((1, 2, 2, 2))))
            said = "".join(_HAN_GIVEN[one] for one in given)
            return Name(script, given, family, latin=(said.title(), _HAN_FAMILY[family].title()))
        given, family = self._often(self._given[script]), self._often(self._families[script])
        if script == "Arabic":
            return Name(script, given, family)
        middle = self._often(self._given[script]) if script == "Latin" and self.rng.random() < MIDDLE else ""
        return Name(script, given.title(), family.title(), middle)


# -- what becomes of them. Each gives None where it cannot be done to a name.


def _latin(rng: random.Random, name: Name) -> Name | None:
    """In Latin letters, by a way of writing that whoever wrote the other did not need to have in mind."""
    if name.script == "Han":
        given, family = name.latin
    elif name.script == "Arabic":
        given, family = _vowels(rng, name.given), f"al-{_vowels(rng, name.family.removeprefix('ال')).title()}"
    elif name.script in ("Cyrillic", "Greek"):
        table = _CYRILLIC if name.script == "Cyrillic" else _GREEK
        given, family = (
            "".join(rng.choice(table.get(letter, letter).split() or [""]) for letter in word.lower())
            for word in (name.given, name.family)
        )
    else:
        return None
    return Name("Latin", given.title(), family if family.startswith("al-") else family.title())


def _vowels(rng: random.Random, word: str) -> str:
    """Arabic leaves out what is short between consonants."""
    said = ""
    for letter in word:
        sound = rng.choice(_ARABIC.get(letter, "a").split())
        if not said:
            sound = {"u": "w", "i": "y"}.get(sound, sound)
        if said and said[-1] not in "aiu" and sound[0] not in "aiu":
            said += rng.choice("aaie")
        said += sound
    return said.title()


def _word(rng: random.Random, name: Name, change: Callable[[str], str | None]) -> Name | None:
    """One of the two words changed."""
    for field in rng.sample(("given", "family"), 2):
        if (word := change(getattr(name, field))) is not None:
            return replace(name, given=word) if field == "given" else replace(name, family=word)
    return None


def _typo(rng: random.Random, name: Name) -> Name | None:
    """One letter missing, doubled, another, or two in the wrong order; not the first, nor in a word of four letters.

    The Arabic article is no part of the word.
    """

    def change(word: str) -> str | None:
        article = 2 if word.startswith("ال") else 0
        if len(word) - article < 5:
            return None
        at = rng.randrange(1 + article, len(word) - 1)
        other = rng.choice([letter for letter in word.lower() if letter != word[at]] or ["x"])
        return rng.choice((
            word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:], word[:at] + other + word[at + 1 :],
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        ))  # fmt: skip

    return _word(rng, name, change)


_SOUND_ALIKE_TEXT = """
    ph=f f=ph ck=k k=ck c=k k=c z=s s=z y=i i=y ei=ie ie=ei w=v v=w th=t ss=s s=ss ll=l l=ll tt=t t=tt nn=n n=nn
    ai=ay ei=ai ey=ei ch=k sch=sh oo=u
    """
_SOUND_ALIKE = tuple(pair.split("=") for pair in _SOUND_ALIKE_TEXT.split())


def _spelling(rng: random.Random, name: Name) -> Name | None:
    """As it sounds."""

    def change(word: str) -> str | None:
        fitting = [pair for pair in _SOUND_ALIKE if pair[0] in word[1:]]
        if name.script != "Latin" or not fitting:
            return None
        written, other = rng.choice(fitting)
        return word[0] + word[1:].replace(written, other, 1)

    return _word(rng, name, change)


def _accents(rng: random.Random, name: Name) -> Name | None:
    def change(word: str) -> str | None:
        german = {"ö": "oe", "ü": "ue", "ä": "ae"}
        plain = "".join(german.get(letter, letter) for letter in word) if rng.random() < 0.5 else word
        plain = "".join(one for one in unicodedata.normalize("NFD", plain) if not unicodedata.combining(one))
        return plain if plain != word else None

    return _word(rng, name, change) if name.script == "Latin" else None


def _nickname(rng: random.Random, name: Name) -> Name | None:
    others = sorted(nicknames(fold(name.given)))
    said = _latin(rng, name) or name
    return replace(said, given=rng.choice(others).title()) if others else None


def _middle(rng: random.Random, name: Name) -> Name | None:
    if name.script != "Latin":
        return None
    other = rng.choice(_GIVEN["Latin"].split())
    return replace(name, middle="" if name.middle else rng.choice((other, f"{other[0]}.")))


_LOOKS = str.maketrans({"o": "0", "O": "0", "l": "1", "I": "1", "i": "1", "s": "5", "S": "5"})


def _look_alikes(rng: random.Random, name: Name) -> Name | None:
    """What a scan reads for a letter."""

    def change(word: str) -> str | None:
        places = [at for at, letter in enumerate(word) if letter.translate(_LOOKS) != letter]
        if name.script != "Latin" or not places or len(word) < 3:
            return None
        at = rng.choice(places)
        return word[:at] + word[at].translate(_LOOKS) + word[at + 1 :]

    return _word(rng, name, change)


CHANGES: dict[str, Callable[[random.Random, Name], Name | None]] = {
    "typo": _typo, "spelling": _spelling, "accents": _accents, "nickname": _nickname, "second name": _middle,
    "look-alike": _look_alikes, "other script": _latin,
}  # fmt: skip


def _turned(rng: random.Random, name: Name) -> str | None:
    if name.script == "Han":
        return f"{name.given} {name.family}"
    return f"{name.family}, {name.given} {name.middle}".strip()


def _as_one(rng: random.Random, name: Name) -> str | None:
    """Chinese names are so anyway."""
    return str(name).replace(" ", "") if name.script != "Han" else None


WRITTEN: dict[str, Callable[[random.Random, Name], str | None]] = {
    "order": _turned,
    "as one": _as_one,
    "title": lambda rng, name: f"{rng.choice(('Dr.', 'Mr', 'Col.'))} {name}",
    "capitals": lambda rng, name: str(name).upper(),
}
TWO = "two at once"


def mangled(name: Name, seed: int) -> tuple[str, str]:
    """What happened to it, and what it is then: one of ``CHANGES`` or ``WRITTEN``, or two of ``CHANGES``."""
    rng = random.Random(f"mangled {seed} {name}")
    kinds = [*CHANGES, *WRITTEN, TWO]
    while True:
        kind = rng.choice(kinds)
        changed: Name | None = name
        for change in rng.sample(sorted(CHANGES), 2) if kind == TWO else [kind] if kind in CHANGES else []:
            changed = changed and CHANGES[change](rng, changed)
        text = changed and (WRITTEN[kind](rng, changed) if kind in WRITTEN else str(changed))
        if text and text != str(name):
            return kind, text
