from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icmgraph.errors import InvalidInput
from icmgraph.model.checks import Asked, SubjectSelectors, independent, normal_form
from icmgraph.model.identifiers import IdentifierKind, normalise
from icmgraph.model.near import near_keys, tail_of


@pytest.mark.parametrize(
    ("key", "near", "far"),
    [
        ("phone:+12025550143", ["phone:+12025550144", "phone:+13025550143"], ["phone:+12025550154"]),
        ("plate:AB1O0", ["plate:ABIO0", "plate:AB1OO", "plate:ABI0O"], ["plate:AB2O0", "plate:AC1O0"]),
        ("account:GB29NWBK60161331926819", ["account:GB29NWBK60161331926810", "account:GB29NWBK6OI6133I926819"], []),
        ("document:X1234567", ["document:X1234568", "document:XI234567"], ["document:Y1234567"]),
        ("vin:1M8GDM9AXKP042788", ["vin:1M8GDM9AXKP042789"], ["vin:IM8GDM9AXKP042788"]),
        ("imei:49015420323751", ["imei:49015420323752"], []),
        ("plate:ABC", [], ["plate:ABD"]),
        ("email:a1234567@example.test", [], ["email:a1234568@example.test"]),
        ("n:rosa vega", [], []),
        ("tail:5550143", [], ["tail:5550144"]),
        ("account:#5d41", [], []),
    ],
)  # fmt: skip
def test_what_is_near(key: str, near: list[str], far: list[str]) -> None:
    found = near_keys(key)
    assert set(near) <= set(found)
    assert not set(far) & set(found)
    assert key not in found
    assert len(found) <= 15 * 9 + 63


@given(st.sampled_from(IdentifierKind), st.text(alphabet="0123456789OIAX+", min_size=1, max_size=30))
def test_near_is_mutual_and_bounded(kind: IdentifierKind, text: str) -> None:
    try:
        key = normalise(kind, text, region="US").key
    except InvalidInput:
        return
    found = near_keys(key)
    assert len(set(found)) == len(found) <= 15 * 9 + 63
    digits = sum(char.isdecimal() for char in key)
    if digits <= 15 and sum(char in "01OI" for char in key) <= 6:
        assert all(key in near_keys(other) for other in found if "+0" not in other)


@pytest.mark.parametrize(
    ("key", "tail"),
    [("phone:+12025550143", "5550143"), ("phone:local:5550143", "5550143"), ("tail:5550143", "5550143"),
     ("phone:+123456", None), ("account:12345678", None), ("n:rosa", None)],
)  # fmt: skip
def test_the_end_of_a_phone(key: str, tail: str | None) -> None:
    assert tail_of(key) == tail


PHONE = {"kind": "phone", "value": "+1 202 555 0143"}
NEXT = {"kind": "phone", "value": "+1 202 555 0144"}
OTHER = {"kind": "phone", "value": "+1 202 555 0166"}
PLATE = {"kind": "plate", "value": "AB 123"}
TAIL = {"kind": "phone", "value": "555-0143", "partial": True}
NAME, ALIAS = {"name": "Rosa Vega"}, {"name": "La Rosa"}


def asked(*selectors: dict[str, object], names: tuple[dict[str, str], ...] = ()) -> tuple[Asked, ...]:
    return normal_form(SubjectSelectors.model_validate({"selectors": selectors, "names": names}))


@pytest.mark.parametrize(
    ("selectors", "names", "loose"),
    [
        ((PHONE,), (), False),
        ((PHONE, PHONE), (), False),
        ((PHONE, NEXT), (), False),
        ((), (NAME, ALIAS), False),
        ((PHONE, OTHER), (), True),
        ((PHONE, PLATE), (), True),
        ((PHONE,), (NAME,), True),
        ((TAIL,), (NAME,), True),
        ((TAIL, OTHER), (), True),
    ],
)
def test_two_independent_selectors(
    selectors: tuple[dict[str, object], ...], names: tuple[dict[str, str], ...], loose: bool
) -> None:
    found = asked(*selectors, names=names)
    assert [one.loose for one in found] == [loose] * len(selectors) + [False] * len(names)
    assert [Asked.of_json(one.as_json()) for one in found] == list(found)
    for one in found:
        for other in found:
            assert independent(one, other) == independent(other, one)


@pytest.mark.parametrize(
    ("selectors", "field"),
    [
        ((TAIL,), "selectors.0.value"),
        ((PHONE, TAIL), "selectors.1.value"),
        (({**TAIL, "value": "5550143 "}, {**TAIL, "value": "555 0143"}), "selectors.0.value"),
        (({**TAIL, "value": "550143"}, PLATE), "selectors.0.value"),
        ((PLATE, {**TAIL, "value": "+1 202 555 0143"}), "selectors.1.value"),
        (({**TAIL, "kind": "plate"}, PHONE), "selectors.0.value"),
    ],
)
def test_an_end_that_is_refused(selectors: tuple[dict[str, object], ...], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        asked(*selectors)
    assert refused.value.field == field
    assert "0143" not in refused.value.message


def test_an_end_counts_five_times() -> None:
    tail, name = asked(TAIL, names=(NAME,))
    assert (len(set(tail.counted)), len(name.counted)) == (5, 1)
