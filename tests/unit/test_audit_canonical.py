from __future__ import annotations

import enum
import hashlib
import hmac
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icmgraph.audit import JSON, canonical, digest

text = st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=20,
)


class Mode(enum.StrEnum):
    OPEN = "open"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"b": 1, "a": [True, None, "x"]}, '{"a":[true,null,"x"],"b":1}'),
        ({"a": ("x", "y")}, '{"a":["x","y"]}'),
        ({"a": Mode.OPEN}, '{"a":"open"}'),
        ({"é": "\u20ac"}, '{"é":"€"}'),
        # RFC 8785, section 3.2.2.2: short escapes, lower-case hex, everything else as it is
        ('\u20ac$\u000f\u000aA\'B"\\\\"/\x7f', '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/\x7f"'),
        # section 3.2.3: by UTF-16 code unit, where U+1F600 (D83D DE00) comes before U+FB33
        ({"\ufb33": 1, "\U0001f600": 2, "\u20ac": 3, "1": 4}, '{"1":4,"€":3,"\U0001f600":2,"\ufb33":1}'),
    ],
)
def test_form(value: JSON, expected: str) -> None:
    assert canonical(value) == expected.encode()


@pytest.mark.parametrize(
    "value",
    [1.0, float("nan"), {"a": [0.5]}, {1: "a"}, {None: 1}, {"a": b"x"}, {"a": {1, 2}}, 2**53, -(2**53), object()],
)
def test_refused_types(value: Any) -> None:
    with pytest.raises(ValueError, match=r"float|key|type|integer"):
        canonical(value)


@pytest.mark.parametrize("value", ["secret-\ud800", {"secret-\ud800": 1}])
def test_a_lone_surrogate_is_refused_without_quoting_the_text(value: JSON) -> None:
    with pytest.raises(ValueError, match="lone surrogate") as caught:
        canonical(value)
    assert not isinstance(caught.value, UnicodeError)
    assert caught.value.__context__ is None


def test_hostile_depth_is_refused() -> None:
    value: Any = "x"
    for _ in range(5000):
        value = [value]
    with pytest.raises(ValueError, match="nested"):
        canonical(value)


@given(values)
def test_reading_back_gives_the_value_and_the_same_bytes(value: Any) -> None:
    data = canonical(value)
    assert json.loads(data) == value
    assert canonical(json.loads(data)) == data


@given(st.dictionaries(text, values, max_size=6), st.randoms())
def test_the_order_of_insertion_does_not_matter(value: dict[str, Any], random: Any) -> None:
    items = list(value.items())
    random.shuffle(items)
    assert canonical(dict(items)) == canonical(value)


def test_digest_is_hmac_sha256() -> None:
    key = b"k" * 32
    assert digest(key, "+12025550143") == hmac.new(key, b"digest:+12025550143", hashlib.sha256).hexdigest()
    assert digest(key, "a") != digest(b"l" * 32, "a")
    assert len(digest(key, "\ud800")) == 64
    with pytest.raises(ValueError, match="shorter"):
        digest(b"", "a")
