"""One's own registrations as a calendar (iCalendar, RFC 5545). The same registrations give the same bytes."""

from __future__ import annotations

from collections.abc import Iterable

from icalendar import Calendar, Event

from icmgraph.model.planned import Dated

MEDIA_TYPE = "text/calendar"
_FREQUENCY = {"day": "daily", "week": "weekly"}


def calendar(entries: Iterable[Dated]) -> bytes:
    made = Calendar()
    made.add("prodid", "-//icmgraph//registrations//EN")
    made.add("version", "2.0")
    for one in entries:
        event = Event()
        event.add("uid", one.id)
        event.add("sequence", one.edits)
        event.add("dtstamp", one.made)
        event.add("class", "PRIVATE")
        event.add("summary", one.title)
        event.add("dtstart", one.starts)
        if one.ends > one.starts:
            event.add("dtend", one.ends)
        if one.every is not None:
            event.add("rrule", {"freq": _FREQUENCY[one.every], "count": one.times})
        made.add_component(event)
    text: bytes = made.to_ical()
    return text
