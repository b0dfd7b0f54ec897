"""What a write enters is a check too, made by the worker once it is written: its hits come as notices only.

The write adds one node that tells what it asserts and looks nothing up, so that its answer is the same whatever others
hold.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import datetime
from typing import Any

from icmgraph.model.checks import NAME_KINDS, Asked, asked_event, asked_name
from icmgraph.model.identifiers import NormalisedIdentifier
from icmgraph.model.planned import Planned
from icmgraph.queries.assertions import Batch, NewRecord
from icmgraph.queries.gateway import Transaction
from icmgraph.queries.matches import point_of

Part = dict[str, Any]
"""``case``, ``record``, ``asked``: what the case asserts of the record, in its normal form."""


def asserted(batch: Batch) -> list[Part]:
    """The identifiers and names of a batch, and its events that are not over, by case and record."""
    found: dict[tuple[str, str], dict[Asked, None]] = defaultdict(dict)
    for link in batch.links:
        if isinstance(link.end, NormalisedIdentifier):
            found[link.own.cases[0], link.start][Asked(link.end.kind.value, (link.end.key,))] = None
    births: dict[tuple[str, str], list[NewRecord]] = defaultdict(list)
    attributes = [
        (one, (one.own.cases[0], one.under)) for one in batch.records if one.label == "Attribute" and one.under
    ]
    for one, place in attributes:
        if one.properties["kind"] == "birth_date":
            births[place].append(one)
    for one, place in attributes:
        if one.properties["kind"] in NAME_KINDS:
            found[place][_name(one, births[place])] = None
    for one in batch.records:
        if one.label == "Event":
            for event in _not_over(_at_its_places(one.properties, _addresses(one, batch)), batch.at):
                found[one.own.cases[0], one.id][event] = None
    return [as_part(case, record, asked) for (case, record), asked in found.items()]


def as_part(case: str, record: str, asked: Iterable[Asked]) -> Part:
    return {"case": case, "record": record, "asked": [one.as_json() for one in asked]}


def to_come(
    tx: Transaction, case: str, record: str | None, at: datetime, held: Set[str] | None = None, hidden: bool = False
) -> list[Part]:
    """The events that a case asserts and that are not over, as it has them now.

    Args:
        record: one of them; None: all.
        held: caveats of who sees the event: at what places they see; ``hidden``: at the others. None: at all of them.
    """
    parts = []
    for row in tx.control("events_in_case", case=case, record=record):
        addresses = [
            one["key"] for one in row["addresses"] if held is None or (set(one["caveats"]) <= held) is not hidden
        ]
        places = _at_its_places({**row, "latitude": None} if hidden else row, addresses)
        if events := list(_not_over(places, at)):
            parts.append(as_part(case, row["record"], events))
    return parts


def _not_over(events: Iterable[Planned], at: datetime) -> Iterator[Asked]:
    return (asked_event(event) for event in events if event.over >= at)


def _at_its_places(said: Mapping[str, Any], addresses: Iterable[str]) -> Iterator[Planned]:
    """An event at its point and at each address: what is asserted of them is under labels of its own."""
    time = said.get("starts"), said.get("ends"), said.get("duration")
    places = [(point_of(said), None), *((None, address) for address in addresses)]
    return filter(None, (Planned.in_file(*time, *place) for place in places))


def _addresses(event: NewRecord, batch: Batch) -> list[str]:
    ends = {link.end for link in batch.links if link.query == "link_at" and link.start == event.id}
    return sorted(end.key for end in ends if isinstance(end, NormalisedIdentifier))


def _name(name: NewRecord, births: Sequence[NewRecord]) -> Asked:
    """With the birth date entered beside it, unless that is under caveats that the name is not under."""
    told = [one for one in births if set(one.own.caveats) <= set(name.own.caveats)]
    return asked_name(name.properties["value"], told[0].properties["value"] if told else None, None, "name")


def entry(check: str, batch: Batch, parts: Sequence[Part], by: str | None) -> dict[str, Any]:
    """Properties of the check that entering is. ``by``: the person; None for an import."""
    return {
        "id": check,
        "entered": True,
        "entered_by": by,
        "state": "pending",
        "at": batch.at,
        "due": batch.at,
        "question": json.dumps(list(parts)),
    }
