"""What is in an ICM_HOME, said by small files: only the demo world, a restore that is not through, one that was.

``make clean`` asks before it removes anybody's work.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from icmgraph.errors import AlreadyRunning, OperatorError
from icmgraph.local_neo4j.files import alone, private_folder, write

ONLY_DEMO = "demo-only"
"""File in ICM_HOME that says: nothing but the demo world is in it. Made by ``demo --stop``, from the audit."""
RESTORING = "restoring"
"""File in ICM_HOME while ``restore`` fills it: what is here is not whole, and nothing works on it."""
RESTORED = "restored"
"""File in ICM_HOME from the end of a restore to the first start on it, which settles what the backup left open."""

LOADING = "loading"
"""File in ICM_HOME while ``load --offline`` puts a new graph in the place of the empty one: what that one held."""


def mark_used(home: Path) -> None:
    """From now on this home may hold more than the demo world. Whoever opens a platform says so."""
    (home / ONLY_DEMO).unlink(missing_ok=True)


def mark_only_demo(home: Path) -> None:
    (home / ONLY_DEMO).touch(mode=0o600)


def require_whole(home: Path) -> None:
    """
    Raises:
        OperatorError: a restore or a load into this home was cut short.
    """
    if (home / RESTORING).exists():
        raise OperatorError(f"a restore into {home} was cut short: run the same icmgraph restore again")
    if (home / LOADING).exists():
        raise OperatorError(f"a load into {home} was cut short: run icmgraph load --offline again")


@contextmanager
def served_by_nobody(home: Path) -> Iterator[None]:
    """Keeps the API of this home from starting until the end of the block.

    Raises:
        AlreadyRunning: it runs.
    """
    with alone(private_folder(home / "api"), wait=False) as ours:
        if not ours:
            raise AlreadyRunning(f"the API of {home} runs: stop it first")
        yield


def restoring(home: Path) -> str | None:
    """The digest of the backup whose restore is not through; None if there is none."""
    try:
        return str(json.loads((home / RESTORING).read_text())["backup"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        return ""


def begin_restore(home: Path, said: dict[str, Any]) -> None:
    write(home / RESTORING, json.dumps(said) + "\n")


def end_restore(home: Path) -> None:
    """From now on the home is whole."""
    (home / RESTORING).replace(home / RESTORED)


def restored(home: Path) -> dict[str, Any] | None:
    """What ``begin_restore`` was given, until ``forget_restore``."""
    try:
        said: dict[str, Any] = json.loads((home / RESTORED).read_text())
    except FileNotFoundError:
        return None
    return said


def forget_restore(home: Path) -> None:
    (home / RESTORED).unlink(missing_ok=True)


def begin_load(home: Path, kept: dict[str, Any]) -> None:
    write(home / LOADING, json.dumps(kept) + "\n")


def loading(home: Path) -> dict[str, Any] | None:
    """What ``begin_load`` was given, until ``end_load``."""
    try:
        kept: dict[str, Any] = json.loads((home / LOADING).read_text())
    except FileNotFoundError:
        return None
    return kept


def end_load(home: Path) -> None:
    (home / LOADING).unlink(missing_ok=True)
