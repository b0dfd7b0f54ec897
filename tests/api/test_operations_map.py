"""The map and the calendar of one's own registrations, as a browser and a calendar program get them."""

from __future__ import annotations

from icalendar import Calendar

from tests.api.conftest import As
from tests.api.test_access import ALICE, ANA, BOB


def test_a_map_is_geojson_of_ones_own(as_: As) -> None:
    """Alice and Bob have each planned one in the example world."""
    seen = {}
    for who, count in ((ALICE, 1), (BOB, 1), (ANA, 0)):
        answer = as_(who)("GET", "/v1/registrations/map")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/geo+json")
        found = answer.json()
        assert (set(found), found["type"]) == ({"type", "features", "truncated"}, "FeatureCollection")
        assert len(found["features"]) == count
        for feature in found["features"]:
            assert (set(feature), feature["type"]) == ({"type", "id", "geometry", "properties"}, "Feature")
            assert feature["geometry"] == {"type": "Point", "coordinates": [-77.0, 38.9]}
        seen[who] = {feature["id"] for feature in found["features"]}
    assert not seen[ALICE] & seen[BOB]


def test_a_calendar_is_of_ones_own_too(as_: As) -> None:
    shown = {}
    for who in (ALICE, BOB):
        answer = as_(who)("GET", "/v1/registrations/calendar")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
        shown[who] = {str(event["UID"]) for event in Calendar.from_ical(answer.text).walk("VEVENT")}
        listed = as_(who)("GET", "/v1/registrations").json()["items"]
        assert shown[who] == {one["id"] for one in listed if one["stands"]}
    assert not shown[ALICE] & shown[BOB]
    assert Calendar.from_ical(as_(ANA)("GET", "/v1/registrations/calendar").text).walk("VEVENT") == []


def test_a_list_says_what_was_planned_as_it_was_written(as_: As) -> None:
    listed = as_(ALICE)("GET", "/v1/registrations").json()["items"]
    (event,) = [one["event"] for one in listed if one["event"]]
    assert event == {
        "address": None, "postcode": None, "latitude": 38.9, "longitude": -77.0, "radius": 800,
        "starts": "2024-06-02T12:00:00Z", "ends": None, "before": 60, "after": 60, "every": None, "times": None,
    }  # fmt: skip
