"""A backup or restore in a process of its own, to be killed or to meet a full disk: python -m ... ACT ARGUMENTS."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from icmgraph import operator
from icmgraph.errors import IcmError
from icmgraph.settings import Settings


def main(act: str, file: str, graph: str, most: str) -> int:
    if most != "-":
        # A write beyond it fails as on a full disk.
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(most), int(most)))
    try:
        (operator.backup if act == "backup" else operator.restore)(Settings(), Path(file), Path(graph))
    except IcmError as error:
        print(error)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
