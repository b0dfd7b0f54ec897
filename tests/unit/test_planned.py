"""Planned operations: what is refused, what collides, and laws that hold for any two of them."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from icmgraph.errors import InvalidInput
from icmgraph.model.checks import CheckInput, RegistrationInput, normal_form
from icmgraph.model.planned import MAX_RADIUS, Planned, PlannedInput, cells, distance, planned

HERE = {"latitude": 38.9, "longitude": -77.0}
NOON = {"starts": "2026-12-01T12:00:00Z", "before": 0, "after": 0}


def of(**given: Any) -> Planned:
    return planned(PlannedInput.model_validate({**NOON, **given}))


@pytest.mark.parametrize(
    ("given_", "field"),
    [
        ({}, "event.address"),
        ({"postcode": "20001"}, "event.postcode"),
        ({"latitude": 1.0}, "event.longitude"),
        ({"longitude": 1.0}, "event.latitude"),
        ({"address": "---"}, "event.address"),
        ({**HERE, "ends": "2026-12-01T11:00:00Z"}, "event.ends"),
        ({**HERE, "ends": "2027-02-01T11:00:00Z"}, "event.ends"),
        ({**HERE, "every": "day"}, "event.times"),
        ({**HERE, "times": 2}, "event.every"),
        ({**HERE, "starts": "9999-12-31T23:30:00Z"}, "event.starts"),
        ({**HERE, "starts": "9999-12-01T23:30:00Z", "every": "week", "times": 60}, "event.starts"),
    ],
)
def test_what_does_not_fit_together_names_its_field(given_: dict[str, Any], field: str) -> None:
    asked = CheckInput.model_validate({"reason": "a raid", "event": {**NOON, **given_}})
    with pytest.raises(InvalidInput) as refused:
        normal_form(asked)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("given_", "field"),
    [
        ({"latitude": 90.1, "longitude": 0.0}, "latitude"),
        ({"latitude": float("nan"), "longitude": 0.0}, "latitude"),
        ({"latitude": 0.0, "longitude": -180.5}, "longitude"),
        ({**HERE, "radius": 0}, "radius"),
        ({**HERE, "radius": MAX_RADIUS + 1}, "radius"),
        ({**HERE, "before": -1}, "before"),
        ({**HERE, "after": 1441}, "after"),
        ({**HERE, "every": "month", "times": 2}, "every"),
        ({**HERE, "every": "day", "times": 61}, "times"),
        ({**HERE, "starts": "2026-12-01T12:00:00"}, "starts"),
    ],
)
def test_what_is_out_of_bounds_names_its_field_and_not_its_value(given_: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        CheckInput.model_validate({"reason": "a raid", "event": {**NOON, **given_}})
    assert [error["loc"] for error in refused.value.errors()] == [("event", field)]
    assert "input" not in str(refused.value)


def test_it_is_no_second_selector_beside_a_part_of_a_phone() -> None:
    ending = {"kind": "phone", "value": "555 0143", "partial": True}
    asked = CheckInput.model_validate({"reason": "r", "selectors": (ending,), "event": {**HERE, **NOON}})
    with pytest.raises(InvalidInput) as refused:
        normal_form(asked)
    assert refused.value.field == "selectors.0.value"
    whole = {"kind": "phone", "value": "+1 202 555 0143"}
    asked = CheckInput.model_validate({"reason": "r", "selectors": (whole,), "event": {**HERE, **NOON}})
    assert [one.loose for one in normal_form(asked)] == [False, False], "nor for near misses"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"mode": "silent", "on_behalf_of": "11111111-1111-4111-8111-111111111111"}, "never silent"),
        ({"days": 9}, "until it is over"),
    ],
)
def test_it_is_never_silent_and_stands_until_it_is_over(said: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        RegistrationInput.model_validate({"reason": "a raid", "event": {**HERE, **NOON}, **said})


def at(hour: int, minute: int = 0, day: int = 1) -> str:
    return datetime(2026, 12, day, hour, minute, tzinfo=UTC).isoformat()


@pytest.mark.parametrize(
    ("one", "other", "collide"),
    [
        ({}, {}, True),
        ({"starts": at(12)}, {"starts": at(12, 1)}, False),
        ({"starts": at(12), "after": 1}, {"starts": at(12, 1)}, True),
        ({"starts": at(12)}, {"starts": at(12, 1), "before": 1}, True),
        ({"starts": at(12), "ends": at(13)}, {"starts": at(13)}, True),
        ({"starts": at(12), "ends": at(13)}, {"starts": at(13, 1)}, False),
        ({"starts": at(12, day=1), "every": "day", "times": 3}, {"starts": at(12, day=3)}, True),
        ({"starts": at(12, day=1), "every": "day", "times": 3}, {"starts": at(12, day=4)}, False),
        ({"starts": at(12, day=1), "every": "week", "times": 3}, {"starts": at(12, day=8)}, True),
        ({"starts": at(12, day=1), "every": "week", "times": 3}, {"starts": at(12, day=9)}, False),
        ({"every": "week", "times": 3}, {"starts": at(12, day=2), "every": "day", "times": 9}, True),
        # A tenth of a degree north is 11,120 m.
        ({"radius": 5560}, {"latitude": 39.0, "radius": 5560}, True),
        ({"radius": 5559}, {"latitude": 39.0, "radius": 5559}, False),
        ({"longitude": 180.0}, {"longitude": -180.0}, True),
        ({"longitude": 179.999}, {"longitude": -179.999}, True),
        ({"latitude": 90.0, "longitude": 0.0}, {"latitude": 90.0, "longitude": 90.0}, True),
        ({"address": "1 Pier Road", "latitude": None}, {"address": "1 PIER ROAD", "latitude": None}, True),
        ({"address": "1 Pier Road", "postcode": "20001", "latitude": None}, {"address": "1 Pier Road"}, False),
        ({"address": "1 Pier Road", "latitude": None}, {}, False),
        ({"address": "1 Pier Road"}, {"address": "2 Pier Road"}, True),
        ({"address": "1 Pier Road"}, {"address": "1 pier road", "latitude": 10.0}, True),
    ],
)  # fmt: skip
def test_collides(one: dict[str, Any], other: dict[str, Any], collide: bool) -> None:
    def made(given: dict[str, Any]) -> Planned:
        place = {**HERE, **given}
        if place["latitude"] is None:
            del place["latitude"], place["longitude"]
        return of(**place)

    assert made(one).collides(made(other)) is made(other).collides(made(one)) is collide


# -- laws

LATITUDES = st.one_of(st.floats(-90, 90), st.sampled_from([-90.0, 90.0, 0.0, 89.9, -89.95, 38.9]))
LONGITUDES = st.one_of(st.floats(-180, 180), st.sampled_from([-180.0, 180.0, 0.0, 179.999, -179.999]))
POINTS = st.tuples(LATITUDES, LONGITUDES)
RADII = st.one_of(st.integers(1, MAX_RADIUS), st.sampled_from([1, MAX_RADIUS]))
HOURS = st.integers(0, 400)


@st.composite
def plans(draw: st.DrawFn) -> Planned:
    starts = datetime(2026, 12, 1, tzinfo=UTC) + timedelta(hours=draw(HOURS))
    place: dict[str, Any] = {}
    if draw(st.booleans()):
        place["address"] = draw(st.sampled_from(["1 Pier Road", "2 Pier Road"]))
    if draw(st.booleans()) or not place:
        place |= dict(zip(("latitude", "longitude"), draw(POINTS), strict=True))
    if draw(st.booleans()):
        place |= {"every": draw(st.sampled_from(["day", "week"])), "times": draw(st.integers(2, 60))}
    return planned(
        PlannedInput(
            radius=draw(RADII),
            starts=starts,
            ends=starts + timedelta(hours=draw(st.integers(0, 80))),
            before=draw(st.integers(0, 90)),
            after=draw(st.integers(0, 90)),
            **place,
        )
    )


def beside(point: tuple[float, float], metres: float, bearing: float) -> tuple[float, float]:
    """The point so far away in that direction."""
    lat, lon, angle = math.radians(point[0]), math.radians(point[1]), metres / 6_371_008.8
    north = math.asin(math.sin(lat) * math.cos(angle) + math.cos(lat) * math.sin(angle) * math.cos(bearing))
    east = math.atan2(
        math.sin(bearing) * math.sin(angle) * math.cos(lat), math.cos(angle) - math.sin(lat) * math.sin(north)
    )
    found = math.degrees(lon + east)
    return (max(-90.0, min(90.0, math.degrees(north))), (found + 180) % 360 - 180)


@given(plans(), plans())
def test_one_collides_with_the_other_as_the_other_with_it(one: Planned, other: Planned) -> None:
    assert one.collides(other) == other.collides(one)
    assert one.collides(one)
    assert Planned.of_json(json.loads(json.dumps(one.as_json()))) == one


@given(plans(), plans())
def test_windows_overlap_as_each_with_each(one: Planned, other: Planned) -> None:
    each = any(a[0] <= b[1] and b[0] <= a[1] for a in one.windows for b in other.windows)
    assert one._at_once(other) == each


@given(plans(), plans())
def test_what_collides_has_a_key_in_common(one: Planned, other: Planned) -> None:
    assert set(one.keys) & set(other.keys) or not one.collides(other)


@given(POINTS, RADII, RADII, st.floats(0, 1), st.floats(0, 2 * math.pi))
@example((89.9, 0.0), MAX_RADIUS, MAX_RADIUS, 1.0, 0.0)
@example((-90.0, 0.0), 1, 1, 1.0, 1.0)
@example((60.0, 180.0), 1, 1, 1.0, math.pi / 2)
def test_circles_that_overlap_share_a_cell(
    point: tuple[float, float], radius: int, radius2: int, part: float, bearing: float
) -> None:
    other = beside(point, part * (radius + radius2), bearing)
    assume(distance(point, other) <= radius + radius2)
    shared = set(cells(point, radius)) & set(cells(other, radius2))
    assert shared
    assert len(cells(point, radius)) <= 60


@given(POINTS, st.floats(-0.499, 0.499), st.floats(-0.499, 0.499))
def test_points_less_than_half_a_degree_apart_have_an_area_in_common(
    point: tuple[float, float], north: float, east: float
) -> None:
    lat, lon = point[0] + north, point[1] + east
    assume(-90 <= lat <= 90 and -180 <= lon <= 180)
    one, other = (of(latitude=place[0], longitude=place[1]) for place in (point, (lat, lon)))
    assert set(one.areas) & set(other.areas)


@given(POINTS, POINTS)
def test_distance_is_the_same_both_ways(one: tuple[float, float], other: tuple[float, float]) -> None:
    assert distance(one, other) == distance(other, one)
    assert distance(one, one) == 0
