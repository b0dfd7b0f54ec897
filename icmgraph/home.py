"""What is in an ICM_HOME beside the demo world: ``make clean`` asks before it removes anybody's work."""

from __future__ import annotations

from pathlib import Path

ONLY_DEMO = "demo-only"
"""File in ICM_HOME that says: nothing but the demo world is in it. Made by ``demo --stop``, from the audit."""


def mark_used(home: Path) -> None:
    """From now on this home may hold more than the demo world. Whoever opens a platform says so."""
    (home / ONLY_DEMO).unlink(missing_ok=True)


def mark_only_demo(home: Path) -> None:
    (home / ONLY_DEMO).touch(mode=0o600)
