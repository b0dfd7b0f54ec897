from __future__ import annotations

from collections import Counter

import pytest

from icmgraph.errors import InvalidInput
from icmgraph.model.checks import SubjectSelectors, normal_form
from icmgraph.model.probing import MANY, stems


def most(keys: list[str]) -> int:
    """Of the numbers, how many have one stem in common."""
    return max(Counter(stem for key in keys for stem in set(stems(key))).values(), default=0)


@pytest.mark.parametrize(
    ("keys", "probed"),
    [
        ([f"phone:+120255501{n:02}" for n in range(40, 50)], True),
        ([f"phone:+1{n}025550143" for n in range(10)], True),
        ([f"phone:+120255{n}0143" for n in range(10)], True),
        ([f"account:GB29NWBK6016133192{n:04}" for n in range(10)], True),
        ([f"imei:4901542032375{n}" for n in range(10)], True),
        ([f"phone:+1202555{n:04}" for n in range(143, 9999, 911)], False),
        ([f"phone:+1{200 + n}555{n:04}" for n in range(99)], False),
        ([f"plate:AB{n:03}" for n in range(99)], False),
        ([f"n:rosa vega {n:09}" for n in range(99)], False),
    ],
)
def test_numbers_tried_one_after_the_other(keys: list[str], probed: bool) -> None:
    assert (most(keys) >= MANY) is probed


@pytest.mark.parametrize("mark", "*?%")
@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("phone", "+1 202 555 014{}"),
        ("plate", "AB{}"),
        ("email", "{}@example.test"),
        ("document", "X12{}"),
        ("handle", "rosa{}"),
        ("other", "{}locker"),
        ("account", "GB29{}"),
        ("name", "Ros{} Vega"),
    ],
)
def test_wildcards_are_refused(kind: str, value: str, mark: str) -> None:
    written = value.format(mark)
    asked = {"names": ({"name": written},)} if kind == "name" else {"selectors": ({"kind": kind, "value": written},)}
    with pytest.raises(InvalidInput) as refused:
        normal_form(SubjectSelectors.model_validate(asked))
    assert refused.value.field == ("names.0.name" if kind == "name" else "selectors.0.value")
    assert "wildcards" in refused.value.message
    assert written not in refused.value.message


def test_a_web_address_has_marks_of_its_own() -> None:
    address = "https://example.test/find?name=rosa%20vega"
    (asked,) = normal_form(SubjectSelectors.model_validate({"selectors": ({"kind": "url", "value": address},)}))
    assert asked.keys == (f"url:{address}",)
    with pytest.raises(InvalidInput):
        normal_form(SubjectSelectors.model_validate({"selectors": ({"kind": "url", "value": f"{address}*"},)}))
