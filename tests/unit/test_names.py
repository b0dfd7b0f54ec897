"""Names and partial dates."""

from __future__ import annotations

import hashlib
import unicodedata
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icmgraph.errors import InvalidInput
from icmgraph.model.dates import PartialDate
from icmgraph.model.names import MAX_NAME_KEYS, fold, name_keys

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
def test_equal_names_share_their_key(one: str, other: str) -> None:
    assert name_keys(one) == name_keys(other)


@pytest.mark.parametrize(("one", "other"), APART)
def test_other_names_do_not(one: str, other: str) -> None:
    assert not set(name_keys(one)) & set(name_keys(other))


def test_the_key_is_the_sorted_words() -> None:
    assert name_keys("Lee, Ann") == ("n:ann lee",)
    assert name_keys("Ann\nLee") == ("n:ann lee",)


def test_a_long_key_is_a_digest() -> None:
    assert name_keys("b" * 510) == ("n:" + "b" * 510,)
    assert name_keys("b" * 511) == ("n:#" + hashlib.sha256(b"b" * 511).hexdigest(),)


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
    assert all(key.startswith("n:") and len(key.encode()) <= 512 for key in keys)
    assert name_keys(fold(name)) == keys


@given(st.lists(st.text("abcÉж", min_size=1), min_size=1, max_size=6).flatmap(st.permutations))
def test_order_and_punctuation_never_matter(words: list[str]) -> None:
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
