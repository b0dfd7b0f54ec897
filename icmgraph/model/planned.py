"""Planned operations: where and when they are, and whether two may collide. Pure, no geocoder, no map.

Two collide if they may be at one place at one time: the same address, or circles that overlap; and windows, each with
what is added before and after it, that overlap. It is as true of one as of the other.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from icmgraph.errors import InvalidInput
from icmgraph.model.identifiers import IdentifierKind, normalise
from icmgraph.model.records import Moment, Text, Value, Word

MAX_RADIUS = 10_000
"""Metres. A larger circle is a question about a city, not about a place."""
MAX_PADDING = 24 * 60
"""Minutes."""
MAX_LENGTH = timedelta(days=31)
"""Of one window."""
MAX_TIMES = 60
"""Windows of one operation."""
MOST_AHEAD = timedelta(days=366)
"""From now to the end of the last window."""
KEPT = timedelta(hours=1)
"""How long a registration outlives its last window: the worker that tells both sides comes after the check."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = datetime(9999, 12, 30, tzinfo=UTC) - _EPOCH
"""Of a file's: beyond it there would be no moment after."""
_SECOND = timedelta(seconds=1)
_STEPS = {None: timedelta(0), "day": timedelta(days=1), "week": timedelta(weeks=1)}


class PlannedInput(Value):
    """A planned operation.

    Attributes:
        address: where, and its ``postcode``; an address is compared with addresses.
        latitude: of a point (WGS 84), with ``longitude``; a point is compared with points. Both ways may be given.
        radius: metres around the point that the operation needs.
        starts: of the first window.
        ends: of the first window; unset, it is a point in time.
        before: minutes added before each window; ``after``: after it.
        every: it comes again a day or a week later, by the clock of UTC; ``times``: how many windows there are.
    """

    # A place must not come back in an error's text, and from there into a log.
    model_config = ConfigDict(hide_input_in_errors=True)

    address: Text | None = None
    postcode: Word | None = None
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    radius: Annotated[int, Field(ge=1, le=MAX_RADIUS)] = 800
    starts: Moment
    ends: Moment | None = None
    before: Annotated[int, Field(ge=0, le=MAX_PADDING)] = 60
    after: Annotated[int, Field(ge=0, le=MAX_PADDING)] = 60
    every: Literal["day", "week"] | None = None
    times: Annotated[int, Field(ge=2, le=MAX_TIMES)] | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """A planned operation in its normal form.

    Attributes:
        address: the key of the address.
        point: latitude and longitude, degrees; ``radius``: metres.
        starts, ends: of the first window with what is added to it, seconds since 1970; both belong to it.
        step: seconds from one window to the next; ``times``: windows.
    """

    address: str | None
    point: tuple[float, float] | None
    radius: int
    starts: int
    ends: int
    step: int
    times: int

    @property
    def keys(self) -> tuple[str, ...]:
        """Two that may be at one place have one of them in common."""
        address = (f"event:{self.address}",) if self.address else ()
        return (*address, *(cells(self.point, self.radius) if self.point else ()))

    @property
    def areas(self) -> tuple[str, ...]:
        """What plans at one address or near one point have in common, for who tries one after another.

        Squares of a degree, and others half a degree aside: no border of both parts what is nearer than half a degree.
        """
        address = (f"event:{self.address}",) if self.address else ()
        if self.point is None:
            return address
        lat, lon = self.point
        aside = product((0, 0.5), repeat=2)
        squares = (f"event:area:{n}:{e}:{math.floor(lat + n)}:{math.floor(lon + e)}" for n, e in aside)
        return (*address, *squares)

    @property
    def windows(self) -> Iterator[tuple[int, int]]:
        return ((self.starts + n * self.step, self.ends + n * self.step) for n in range(self.times))

    @property
    def first(self) -> datetime:
        """The beginning of the first window."""
        return _EPOCH + self.starts * _SECOND

    @property
    def band(self) -> tuple[float, float] | tuple[None, None]:
        """The latitudes between which the circle lies."""
        if self.point is None:
            return None, None
        reach = math.degrees(self.radius / _EARTH + _MARGIN)
        return self.point[0] - reach, self.point[0] + reach

    @property
    def over(self) -> datetime:
        """The end of the last window."""
        return _EPOCH + (self.ends + (self.times - 1) * self.step) * _SECOND

    @property
    def stands_until(self) -> datetime:
        """When its registration expires."""
        return self.over + KEPT

    @property
    def moment(self) -> str:
        """When it is, as a word."""
        return f"{self.starts}-{self.ends}"

    @property
    def text(self) -> str:
        """All that is compared, as one text."""
        return json.dumps(self.as_json(), sort_keys=True)

    def collides(self, other: Planned) -> bool:
        return self._near(other) and self._at_once(other)

    def _near(self, other: Planned) -> bool:
        if self.address is not None and self.address == other.address:
            return True
        if self.point is None or other.point is None:
            return False
        return distance(self.point, other.point) <= self.radius + other.radius

    def _at_once(self, other: Planned) -> bool:
        ours, theirs = list(self.windows), list(other.windows)
        one = two = 0
        while one < len(ours) and two < len(theirs):
            if ours[one][1] < theirs[two][0]:
                one += 1
            elif theirs[two][1] < ours[one][0]:
                two += 1
            else:
                return True
        return False

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def in_file(
        cls,
        starts: datetime | None,
        ends: datetime | None,
        duration: int | None,
        point: tuple[float, float] | None,
        address: str | None,
    ) -> Planned | None:
        """An event of a case file, as the file has it: nothing is added around it.

        It ends as it says, else after its ``duration`` (seconds), at once if it has none; after ``MAX_LENGTH`` at most.

        Returns:
            None if it has no beginning or no place.
        """
        if starts is None or (point is None and address is None):
            return None
        first = starts - _EPOCH
        last = ends - _EPOCH if ends is not None else first
        if ends is None and duration is not None:
            last += min(duration, MAX_LENGTH // _SECOND) * _SECOND
        last = min(max(first, last), first + MAX_LENGTH, _LAST)
        return cls(address, point, 0, first // _SECOND, -(-last // _SECOND), 0, 1)

    @classmethod
    def of_json(cls, stored: dict[str, Any]) -> Planned:
        return cls(**{**stored, "point": tuple(stored["point"]) if stored["point"] else None})


@dataclass(frozen=True, slots=True)
class Dated:
    """What a calendar says of a registration. ``edits``: how often it was edited; ``made``: when it was registered."""

    id: str
    edits: int
    made: datetime
    title: str
    starts: datetime
    ends: datetime
    every: Literal["day", "week"] | None = None
    times: int = 1


def planned(given: PlannedInput, field: str = "event") -> Planned:
    """
    Raises:
        InvalidInput: names the field (``event.ends``), never the value.
    """
    address, point = None, None
    if given.address is not None:
        address = normalise(
            IdentifierKind.ADDRESS, given.address, postcode=given.postcode, field=f"{field}.address"
        ).key
    elif given.postcode is not None:
        raise InvalidInput("goes with an address", field=f"{field}.postcode")
    if given.latitude is not None and given.longitude is not None:
        point = (given.latitude, given.longitude)
    elif given.latitude is not None or given.longitude is not None:
        missing = "longitude" if given.longitude is None else "latitude"
        raise InvalidInput("latitude and longitude come together", field=f"{field}.{missing}")
    if address is None and point is None:
        raise InvalidInput("give an address, or latitude and longitude", field=f"{field}.address")
    ends = given.starts if given.ends is None else given.ends
    if not timedelta(0) <= ends - given.starts <= MAX_LENGTH:
        raise InvalidInput(f"is not within {MAX_LENGTH.days} days after it starts", field=f"{field}.ends")
    if (given.every is None) != (given.times is None):
        missing = "every" if given.every is None else "times"
        raise InvalidInput("every and times come together", field=f"{field}.{missing}")
    first = given.starts - _EPOCH - timedelta(minutes=given.before)
    last = ends - _EPOCH + timedelta(minutes=given.after)
    found = Planned(
        address, point, given.radius, first // _SECOND, -(-last // _SECOND), _STEPS[given.every] // _SECOND,
        given.times or 1,
    )  # fmt: skip
    try:
        found.stands_until  # noqa: B018 - whether there is such a moment
    except OverflowError:
        raise InvalidInput("lies beyond the year 9999", field=f"{field}.starts") from None
    return found


# -- the earth, as a sphere: up to half a percent from what a survey would measure

_EARTH = 6_371_008.8
"""Metres: its mean radius."""
_BANDS = 3600
"""Of latitude, a twentieth of a degree each, 5.6 km: most circles touch one cell or two, the largest some thirty."""
_MARGIN = 1e-7
"""Radians, 60 cm: more than rounding can make of an angle here."""


def distance(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Metres over the ground between two points. Exactly the same both ways."""
    (lat, lon), (lat2, lon2) = one, other
    north = math.sin(math.radians(lat - lat2) / 2)
    east = math.sin(math.radians(lon - lon2) / 2)
    h = north * north + math.cos(math.radians(lat)) * math.cos(math.radians(lat2)) * (east * east)
    return 2 * _EARTH * math.asin(math.sqrt(min(1.0, h)))


def cells(point: tuple[float, float], radius: float) -> tuple[str, ...]:
    """The cells of a grid that a circle touches, and perhaps some beside: two circles that overlap share one.

    A band of latitude is cut into so many cells that each is about as wide as high, towards the poles too.
    """
    lat, lon = math.radians(point[0]), math.radians(point[1])
    reach = radius / _EARTH + _MARGIN
    half = math.pi  # the circle holds a pole, so every longitude
    if abs(lat) + reach < math.pi / 2:
        half = math.asin(min(1.0, math.sin(reach) / math.cos(lat))) + _MARGIN / math.cos(lat)
    found: dict[str, None] = {}
    for band in range(_band(lat - reach), _band(lat + reach) + 1):
        across = _across(band)
        first, last = (math.floor((lon + side + math.pi) / (2 * math.pi) * across) for side in (-half, half))
        for cell in range(first, min(last, first + across - 1) + 1):
            found[f"event:cell:{band}:{cell % across}"] = None
    return tuple(found)


def _band(latitude: float) -> int:
    return min(max(math.floor((latitude / math.pi + 0.5) * _BANDS), 0), _BANDS - 1)


def _across(band: int) -> int:
    """How many cells a band has."""
    middle = ((band + 0.5) / _BANDS - 0.5) * math.pi
    return max(1, round(2 * _BANDS * math.cos(middle)))
