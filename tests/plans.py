"""The server's plans, as tests look at them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

STATISTICS = "CALL db.prepareForReplanning()"
"""The server looks at what its indexes hold now: one that it takes for empty is read whole."""


def steps(plan: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Name and details of each operator, the inner ones first."""
    for child in plan.get("children", []):
        yield from steps(child)
    yield plan["operatorType"].partition("@")[0], plan["args"].get("Details", "")


def operators(plan: dict[str, Any]) -> set[str]:
    """The names alone."""
    return {name for name, _ in steps(plan)}
