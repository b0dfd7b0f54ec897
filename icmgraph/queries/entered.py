"""What a write enters is a check too, made by the worker once it is written: its hits come as notices only.

The write adds one node that tells what it asserts and looks nothing up, so that its answer is the same whatever others
hold.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from icmgraph.model.checks import NAME_KINDS, Asked, asked_name
from icmgraph.model.identifiers import NormalisedIdentifier
from icmgraph.queries.assertions import Batch, NewRecord

Part = dict[str, Any]
"""``case``, ``record``, ``asked``: what the case asserts of the record, in its normal form."""


def asserted(batch: Batch) -> list[Part]:
    """The identifiers and names of a batch, by case and record."""
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
    return [
        {"case": case, "record": record, "asked": [one.as_json() for one in asked]}
        for (case, record), asked in found.items()
    ]


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
