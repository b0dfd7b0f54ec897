"""Names and partial dates."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icmgraph.errors import InvalidInput
from icmgraph.model.dates import PartialDate
from icmgraph.model.folding import fold
from icmgraph.model.names import (
    MAX_NAME_KEYS,
    began,
    beginnings,
    heard,
    name_keys,
    name_words,
    slips,
    sought,
    sound,
    sounding,
    whole_key,
)

FOLDS = [
    ("Ann Lee", "ann lee"),
    ("  ANN\t LEE ", "ann lee"),
    ("Renée Çelik", "renee celik"),
    ("Rene\u0301e C\u0327elik", "renee celik"),
    ("Müller", "muller"),
    ("Weiß", "weiss"),
    ("Łukasz Żółć", "lukasz zolc"),
    ("Ørsted Æther", "orsted aether"),
    ("Иванов Пётр", "ivanov petr"),
    ("Игорь", "igor"),
    ("Γιώργος", "giorgos"),
    ("O'Brien", "obrien"),
    ("O’Brien", "obrien"),
    ("O´Brien", "obrien"),
    ("Anne-Marie", "anne marie"),
    ("J.R. Ewing, Jr.", "j r ewing jr"),
    ("İpek Işık", "ipek isik"),
    ("Ａｎｎ", "ann"),
    ("A\u200bnn", "ann"),
    ("Ann 😀 Lee", "ann lee"),
    ("John_Smith", "john smith"),
    ("Henry Ⅷ", "henry viii"),
    ("王小明", "wangxiaoming"),
    ("٣", "3"),
    ("---", ""),
    ("", ""),
]

SAME = [
    ("Ann Lee", "Lee, Ann"),
    ("Ann Lee", "LEE ANN"),
    ("Petr Ivanov", "Иванов Пётр"),
    ("Anne-Marie O'Brien", "o’brien, anne marie"),
    ("Müller", "Muller"),
]
APART = [
    ("Ann Lee", "Dr Ann Lee"),
    ("Ann Lee", "Ann Lees"),
    ("Ann Lee", "Annlee"),
    ("Ann Lee", "Ann Ann Lee"),
    ("Müller", "Mueller"),
    ("J R Ewing", "JR Ewing"),
]
BAD_NAMES = ["", " ", "---", "😀", "\ue000", "\u200d", "a\x00b", "\ud800", "a\x9fb", "a" * 4097]


@pytest.mark.parametrize(("name", "folded"), FOLDS)
def test_fold(name: str, folded: str) -> None:
    assert fold(name) == folded


@pytest.mark.parametrize(("one", "other"), SAME)
def test_equal_names_share_their_keys(one: str, other: str) -> None:
    assert name_keys(one) == name_keys(other)


@pytest.mark.parametrize(("one", "other"), APART)
def test_other_names_do_not(one: str, other: str) -> None:
    assert whole_key(one) != whole_key(other)


KEYS = [
    ("Lee, Ann", "n:ann lee | w:an.l ann | w:l.an lee"),
    ("Ann\nLee", "n:ann lee | w:an.l ann | w:l.an lee"),
    ("Rosa Vega", "n:rosa vega | w:rs.fg rosa | w:fg.rs vega"),
    ("Пётр Иванов", "n:ivanov petr | w:afnf.ptr ivanov | w:ptr.afnf petr"),
    ("王小明", "n:wangxiaoming | w:smng.fng xiaoming | w:fng.smng wang"),
    # The three longest words; titles, particles, forms of companies and initials only where there is nothing else.
    (
        "Dr. Ann Maria de la Vega Ortiz",
        "n:ann de dr la maria ortiz vega | w:mr.arts maria | w:arts.fg ortiz | w:fg.mr vega",
    ),
    ("A.B.C. Company Ltd", "n:a b c company ltd | w:abk. abc"),
    ("Dr. J", "n:dr j | w:tr.j dr | w:j.tr j"),
    ("Al Al", "n:al al | w:al. al"),
]


@pytest.mark.parametrize(("name", "keys"), KEYS)
def test_the_keys_of_a_name(name: str, keys: str) -> None:
    assert " | ".join(name_keys(name)) == keys


def test_a_long_key_is_a_digest() -> None:
    assert whole_key("b" * 510) == "n:" + "b" * 510
    assert whole_key("b" * 511) == "n:#" + hashlib.sha256(b"b" * 511).hexdigest()


ALIKE = [
    ("Meier", "Maier"), ("Müller", "Mueller"), ("Schmidt", "Schmitt"), ("Yevgeni", "Evgeny"), ("Mohammed", "Muhamad"),
    ("Sergej", "Sergey"), ("Akhmed", "Ahmet"), ("Philip", "Filip"), ("Aleksandr", "Alexander"), ("Lewin", "Levin"),
    ("Чайковский", "Tchaikovsky"), ("Christian", "Kristian"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_words_that_sound_alike(one: str, other: str) -> None:
    assert sound(fold(one)) == sound(fold(other))


FINDS = [
    ("Jon Smyth", "John Smith"),
    ("Bob Miller", "Robert Miller"),
    ("Bob", "Robert Miller"),
    ("Robert", "Bob Miller"),
    ("Sasha", "Александр Иванов"),
    ("Ивановa", "Petr Ivanov"),
    ("RosaVega", "Rosa Vega"),
    ("Rosa Vega", "ROSAVEGA"),
    ("Wang Xiaoming", "王小明"),
    ("王小明", "Wang Xiaoming"),
    ("Muhammad ibn Salman", "Salman, Mohammed bin"),
    ("Petrova", "Maria Ivanovna Petrova"),
    ("Dr. J", "J, Dr."),
    # A letter wrong in either word, whatever it does to the sound.
    ("Robert Ponflaitbeg", "Robert Ponflaitberg"),
    ("Rolert Ponflaitberg", "Robert Ponflaitberg"),
    ("Rosa Tellbündworth", "Rosa Tebbundworth"),
    # What a scan reads for letters.
    ("R0bert Mi11er", "Robert Miller"),
    # All as one, and another order of a name in Chinese.
    ("MargaretLucindaBrenner", "Margaret Lucinda Brenner"),
    ("احمدالقاكم", "احمد القاكم"),
    ("小明 王", "王小明"),
    # Scripts without vowels, an article written as one, a j for a zh.
    ("Ahmed al-Qakem", "احمد القاكم"),
    ("Mansur Omar", "عمر منصور"),
    ("Jukov Georgi", "Жуков Георги"),
    # A second name more, and one less.
    ("Rosa Vega", "Rosa Maria Vega"),
    ("Rosa Maria Vega", "Rosa Vega"),
    ("Rosa Vega", "R. Vega"),
]


def found(asked: str, name: str) -> bool:
    keys, wanted = name_keys(name), sought(asked)
    return wanted.whole in keys or any(begin.fits(key) for begin in wanted.begins for key in keys)


@pytest.mark.parametrize(("asked", "name"), FINDS)
def test_what_finds_a_name(asked: str, name: str) -> None:
    assert found(asked, name)
    assert not found("Nobody Else", name)


def met_by_slip(asked: str, name: str) -> bool:
    """As a query finds it and deconfliction takes it."""
    return any(
        key.startswith(slip.begin)
        and any(held in key for held in slip.holds)
        and slip.near(heard(key))
        and slip.meets(heard(key), name)
        for slip in slips(asked)
        for key in name_keys(name)
    )


@pytest.mark.parametrize(
    ("one", "other", "met"),
    [
        ("Rosa Montgomery", "Rosa Monkgomery", True),
        ("Montgomery, Rosa", "Roza Montgomry", True),
        ("Rosa Lindqvist", "Rosa Linqvist", True),
        ("Rosa Lindqvist", "Rosa Lindvist", True),
        ("Rosa Maria Lindqvist", "Maria Lindqwist Rosa", True),
        ("Rosa Lindqvist", "Otto Lindqvist", False),
        # The first letter tells most, two letters make another word, and so does one of a short word.
        ("Rosa Montgomery", "Rosa Nontgomery", False),
        ("Rosa Montgomery", "Rosa Monkgobery", False),
        ("Rosa Lee", "Rosa Leb", False),
        ("Rosa Lindt", "Rosa Lind", True),
        ("Ba Lund", "Ba Luna", False),
        # Heard nearly so, and written otherwise.
        ("Rosa Montana", "Rosa Minutenade", False),
        ("Montgomery", "Monkgomery", False),
    ],
)
def test_what_a_slip_meets(one: str, other: str, met: bool) -> None:
    assert (met_by_slip(one, other), met_by_slip(other, one)) == (met, met)


WORDS = st.sampled_from(["rosa", "montgomery", "lindqvist", "de", "lund", "ed", "martins", "vega"])


@given(st.lists(WORDS, min_size=1, max_size=4), st.data())
def test_slips_are_mutual(words: list[str], data: st.DataObject) -> None:
    changed = list(words)
    for _ in range(data.draw(st.integers(1, 2))):
        at = data.draw(st.integers(0, len(words) - 1))
        word = changed[at]
        place = data.draw(st.integers(0, len(word) - 1))
        changed[at] = word[:place] + data.draw(st.text("abdgklmnrst", max_size=2)) + word[place + 1 :]
    one, other = " ".join(words), " ".join(changed)
    if fold(other):
        assert met_by_slip(one, other) == met_by_slip(other, one)


def test_the_bound_costs_no_word() -> None:
    words = ["robert", "william", "margaret", "elizabeth", "katherine", "alexander"]
    begins = "".join(begin.begin for begin in sought(" ".join(words)).begins)
    assert all(f"{sound(word)}." in begins for word in words)


@given(st.text(min_size=1))
def test_a_name_finds_itself(name: str) -> None:
    with suppress(InvalidInput):
        assert sought(name).whole == name_keys(name)[0]
        assert any(begin.fits(key) for key in name_keys(name)[1:] for begin in sought(name).begins)


@given(st.text("abcdefghijklmnopqrstuvwxyz0123", min_size=1, max_size=12), st.integers(1, 12))
def test_the_sound_of_a_beginning_begins_the_sound(word: str, length: int) -> None:
    assert sound(word).startswith(sound(word[:length], ended=False))


@given(st.text("abcdehikstzcц ", min_size=1), st.integers(2, 8))
def test_a_name_is_found_by_the_beginnings_of_its_words(name: str, length: int) -> None:
    for key in name_keys(name)[1:] if fold(name) else ():
        word = key.partition(" ")[2]
        if len(word) > 1:
            (one,) = beginnings(word[:length])
            assert key.startswith(one.begin)
            assert one.holds in key
            assert began(word[:length], name)[0] > 0


@pytest.mark.parametrize("text", ["", "a", "rosa v", "---", "one two three four"])
def test_beginnings_that_say_too_little(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        beginnings(text)
    assert caught.value.field == "name"


def test_how_much_of_a_word_was_given() -> None:
    assert began("ve ro", "Rosa Vega") == (0.5, "begins: vega rosa")
    assert began("rosa vega", "Rosa Vega Ortiz") == (1.0, "begins: rosa vega")
    assert began("ro ro", "Rosa Vega") == (0.5, "begins: rosa")
    assert began("rx", "Rosa Vega")[0] == 0


def test_runs_without_spaces_are_a_family_name_and_a_given_name() -> None:
    assert name_words("王小明") == ("wang", "xiaoming")
    assert name_words("김정은") == ("gim", "jeongeun")
    assert name_words("Ann 王") == ("ann", "wang")


@pytest.mark.parametrize("name", BAD_NAMES)
def test_bad_names_are_refused_by_field(name: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        name_keys(name, field="subjects.2.name")
    assert caught.value.field == "subjects.2.name"
    assert caught.value.message in {
        "is empty",
        "holds no letters or digits",
        "holds control characters or broken Unicode",
        "longer than 4096 characters",
    }


@given(st.text(st.characters(codec=None)))
def test_fold_takes_any_text_and_is_stable(text: str) -> None:
    folded = fold(text)
    assert set(folded) <= set("abcdefghijklmnopqrstuvwxyz0123456789 ")
    assert fold(folded) == folded
    assert folded == " ".join(folded.split())


@given(st.text(st.characters(codec="utf-8")))
def test_composed_and_decomposed_text_fold_alike(text: str) -> None:
    assert fold(unicodedata.normalize("NFC", text)) == fold(unicodedata.normalize("NFD", text))


@given(st.text(st.characters(codec=None)))
def test_key_laws(name: str) -> None:
    try:
        keys = name_keys(name)
    except InvalidInput:
        return
    assert 1 <= len(keys) <= MAX_NAME_KEYS
    assert keys[0].startswith("n:")
    assert all(re.fullmatch(r"w:[a-z0-9]*\.[a-z0-9]* [a-z0-9]+", key) for key in keys[1:])
    assert len(set(keys)) == len(keys) > 1
    assert all(len(key.encode()) <= 512 for key in keys)
    assert whole_key(fold(name)) == keys[0]


@given(st.lists(st.text("abcÉж", min_size=1), min_size=1, max_size=6).flatmap(st.permutations))
def test_order_and_punctuation_never_matter(words: list[str]) -> None:
    assert whole_key(" ".join(words)) == whole_key(", ".join(sorted(words))) == whole_key("-".join(words))
    words = [word * 2 for word in words]  # letters that stand alone, one after the other, are an abbreviation
    assert name_keys(" ".join(words)) == name_keys(", ".join(sorted(words))) == name_keys("-".join(words))


@pytest.mark.parametrize(
    ("text", "parts", "full"),
    [
        ("1980", (1980, None, None), False),
        ("1980-05", (1980, 5, None), False),
        ("1980-05-17", (1980, 5, 17), True),
        ("2000-02-29", (2000, 2, 29), True),
        ("0001", (1, None, None), False),
    ],
)
def test_partial_dates(text: str, parts: tuple[int, int | None, int | None], full: bool) -> None:
    parsed = PartialDate.parse(text)
    assert (parsed.year, parsed.month, parsed.day) == parts
    assert parsed.full is full
    assert str(parsed) == text


@pytest.mark.parametrize(
    "text",
    [
        *["", " 1980", "1980\n", "\ud800"],
        *[
            "80",
            "0000",
            "1980-13",
            "1980-00",
            "1980-5",
            "1980-02-30",
            "1900-02-29",
            "1980-05-00",
            "1980-05-17T00:00",
            "17/05/1980",
        ],
        *["1980/05", "19800517", "١٩٨٠", "-1980", "1980-05-", "1980-W05", "may"],
    ],
)
def test_bad_dates_are_refused_by_field(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        PartialDate.parse(text, field="born")
    assert caught.value.field == "born"
    assert caught.value.message in {
        "not a date: write 1980, 1980-05 or 1980-05-17",
        "no such day in the calendar",
    }


@given(st.dates())
def test_every_day_is_its_own_text(day: date) -> None:
    parsed = PartialDate.parse(day.isoformat())
    assert parsed.full
    assert str(parsed) == day.isoformat()


@given(st.text())
def test_any_other_text_is_refused_or_is_its_own_text(text: str) -> None:
    with suppress(InvalidInput):
        assert str(PartialDate.parse(text)) == text


@pytest.mark.parametrize(
    ("asked", "held", "found"),
    [
        ("Rosa Vega", "Vega, Rosa", True),
        ("Jon Smyth", "Smith, John", True),
        ("Bill Turner", "William Turner", True),
        ("Rosa Maria Vega", "Vega, Rosa", True),
        ("RosaVega", "Rosa Vega", True),
        ("Rosa Vega", "Rosavega", True),
        ("Wang Xiaoming", "王小明", True),
        ("Rosa Vega", "Rosa Lopez", False),
        ("Rosa Montgomery", "Rosa Monkgomery", False),  # which slips find
        ("Smiley", "Smily", False),  # of all that sound like one word there are too many
        ("Rosa Vega", "Rosa", True),  # which has no other word
    ],
)
def test_names_of_which_two_words_sound_as_asked_for_have_a_key_that_begins_so(
    asked: str, held: str, found: bool
) -> None:
    begins = sounding(asked)
    assert all(begin.endswith(" ") for begin in begins)
    assert any(key.startswith(begin) for begin in begins for key in name_keys(held)) == found
