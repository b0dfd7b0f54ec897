"""The audit for a SIEM: an API Activity (class 6003) of the Open Cybersecurity Schema Framework for each act."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from icmgraph import __version__

VERSION = "1.6.0"
"""Of the schema."""
CATEGORY, CLASS = 6, 6003
READ, OTHER = 2, 99
SUCCESS, FAILURE, UNKNOWN = 1, 2, 0


def events(records: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """An event for each pair, in the order in which they ended; those still open come last.

    Args:
        records: from the first on, as ``AuditStore.export`` gives them.
    """
    open_acts: dict[str, Mapping[str, Any]] = {}
    for one in records:
        body = one["body"]
        if body["type"] == "intent":
            open_acts[body["id"]] = body
        else:
            yield _event(open_acts.pop(body["intent"]), body)
    for intent in open_acts.values():
        yield _event(intent, None)


def _event(intent: Mapping[str, Any], outcome: Mapping[str, Any] | None) -> dict[str, Any]:
    activity = READ if intent["kind"] == "read" else OTHER
    event: dict[str, Any] = {
        "category_uid": CATEGORY,
        "category_name": "Application Activity",
        "class_uid": CLASS,
        "class_name": "API Activity",
        "activity_id": activity,
        "activity_name": "Read" if activity == READ else intent["action"],
        "type_uid": CLASS * 100 + activity,
        "severity_id": 1,  # informational: what is alarming, rules elsewhere decide
        "time": _milliseconds(intent["at"]),
        "metadata": {
            "version": VERSION,
            "product": {"name": "icmgraph", "vendor_name": "icmgraph", "version": __version__},
            "uid": intent["id"],
            "sequence": intent["seq"],
            "original_time": intent["at"],
        },
        "actor": {"user": {"uid": intent["who"]}},
        "api": {"operation": intent["action"]},
        "src_endpoint": {"name": "not recorded"},  # the schema wants one
        "status_id": UNKNOWN,
        "unmapped": {"parameters": intent["parameters"]},
    }
    if outcome is not None:
        event |= {
            "end_time": _milliseconds(outcome["at"]),
            "status_id": SUCCESS if outcome["result"] == "done" else FAILURE,
            "status_detail": outcome["result"],
            "resources": [{"uid": id} for id in outcome["records"]],
        }
        event["unmapped"]["recovered"] = outcome["recovered"]
    return event


def _milliseconds(at: str) -> int:
    return int(datetime.fromisoformat(at).timestamp() * 1000)
