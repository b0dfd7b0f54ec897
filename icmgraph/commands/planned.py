"""The options of what is asked, a subject or a planned operation; ``register map`` and ``register calendar``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from icmgraph.commands import output
from icmgraph.commands.explore import write_private
from icmgraph.commands.files import must_be_free
from icmgraph.commands.run import SELECTORS, SELECTORS_PANEL, Gathered, Run, Selected, typed
from icmgraph.errors import InvalidInput

_ENDS = Annotated[
    list[str] | None,
    typer.Option(
        "--phone-end",
        metavar="DIGITS",
        help="The last seven digits of a phone, beside another selector.",
        rich_help_panel=SELECTORS_PANEL,
    ),
]
_PANEL = "Planned operation (needs --starts, and --at or --place)"


def _option(kind: Any, name: str, metavar: str, help: str) -> Any:
    return Annotated[kind | None, typer.Option(name, metavar=metavar, help=help, rich_help_panel=_PANEL)]


_PLANNED: dict[str, Any] = {
    "starts": _option(str, "--starts", "TIME", "When it begins, with offset: 2026-12-01T09:00-05:00."),
    "ends": _option(str, "--ends", "TIME", "When it ends; unset, it is a point in time."),
    "at": _option(str, "--at", "LAT,LON", "Where, in degrees (WGS 84): 38.9,-77.03."),
    "place": _option(str, "--place", "ADDRESS", "Where, as an address; meets the same address alone."),
    "place_postcode": _option(str, "--place-postcode", "CODE", "Postcode of --place."),
    "radius": _option(int, "--radius", "M", "Metres around --at; unset, 800."),
    "before": _option(int, "--before", "MIN", "Minutes added before; unset, 60."),
    "after": _option(int, "--after", "MIN", "Minutes added after; unset, 60."),
    "every": _option(str, "--every", "STEP", "It comes again: day or week; with --times."),
    "times": _option(int, "--times", "N", "How many windows there are, 2 to 60."),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """Selectors, and a planned operation as the API takes it; None if nothing was said of one."""

    selected: list[Selected]
    event: dict[str, Any] | None

    @property
    def typed(self) -> list[str]:
        return ["planned operation"] if self.event else []


def _asked(values: dict[str, Any]) -> Asked:
    said = {name: values.pop(name) for name in _PLANNED}
    place = said.pop("at")
    event = {"address" if name == "place" else name: value for name, value in said.items() if value is not None}
    if "place_postcode" in event:
        event["postcode"] = event.pop("place_postcode")
    if place is not None:
        event["latitude"], event["longitude"] = _point(place)
    ends = [Selected("phone", one, partial=True) for one in values.pop("phone_end") or ()]
    return Asked(SELECTORS.of(values) + ends, event or None)


_OPTION = {
    "address": "place", "postcode": "place_postcode", "latitude": "at", "longitude": "at",
}  # fmt: skip
"""What the API calls otherwise."""


def _typed(asked: Asked, field: str) -> str | None:
    if field.startswith("event."):
        name = field.removeprefix("event.")
        return _OPTION.get(name, name)
    return typed(asked.selected, field)


def _point(text: str) -> tuple[float, float]:
    try:
        latitude, longitude = map(float, text.split(","))
    except ValueError:
        raise InvalidInput("write latitude,longitude: 38.9,-77.03", field="--at") from None
    return latitude, longitude


ASKED = Gathered("asked", {**SELECTORS.options, "phone_end": _ENDS, **_PLANNED}, _asked, _typed)
"""Options of selectors, ends of phones and of a planned operation; the function gets an ``Asked``."""

Output = Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The file to write.")]
Force = Annotated[bool, typer.Option("--force", help="Replace the file if there is one.")]


def write_map(run: Run, file: Output, force: Force = False) -> None:
    """Write your planned operations that stand as GeoJSON, with their conflicts. Readable by you alone (0600)."""
    must_be_free(file, force)
    with run.client() as api:
        found = api.operations_map()
    _written(run, file, found.model_dump_json(indent=1) + "\n", force)
    if found.truncated:
        output.note("There are more than one map holds.")


def write_calendar(run: Run, file: Output, force: Force = False) -> None:
    """Write when your operations are and when your registrations expire as iCalendar. Readable by you alone (0600)."""
    must_be_free(file, force)
    with run.client() as api:
        text = api.calendar()
    _written(run, file, text, force)


def _written(run: Run, file: Path, text: str, force: bool) -> None:
    write_private(file, text, force)
    if run.as_json:
        output.document({"file": str(file)})
    else:
        output.line(str(file))
