"""Bodies too large for memory: written to a file of their own as they come."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from tempfile import mkstemp

from fastapi import Request
from starlette.exceptions import HTTPException

from icmgraph.errors import InvalidInput, Unavailable
from icmgraph.local_neo4j.files import private_folder
from icmgraph.queries.jobs import LONGEST_LINE, UPLOADED_ROWS, Spooled

MEDIA_TYPES = ("application/x-ndjson", "application/octet-stream")


async def spool(request: Request, folder: Path) -> Spooled:
    """The body's lines, in a new file (0600) of ``folder``.

    Raises:
        InvalidInput: no line, too many, or one too long.
        HTTPException: not JSON lines, or more bytes than the edge lets pass.
        Unavailable: the disk is full.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip() not in MEDIA_TYPES:
        raise HTTPException(415, f"send {MEDIA_TYPES[0]}")
    descriptor, name = mkstemp(dir=private_folder(folder), suffix=".jsonl")
    path = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            lines, digest = _Lines(), hashlib.sha256()
            async for chunk in request.stream():
                lines.add(chunk)
                digest.update(chunk)
                file.write(chunk)
            rows = lines.end()
            file.flush()
            os.fsync(file.fileno())
        return Spooled(path, rows, digest.hexdigest())
    except OSError:
        path.unlink(missing_ok=True)
        raise Unavailable from None
    except BaseException:
        path.unlink(missing_ok=True)
        raise


class _Lines:
    """Counts lines as they come, and refuses what is too much of them."""

    def __init__(self) -> None:
        self._rows = 0
        self._length = 0

    def add(self, chunk: bytes) -> None:
        pieces = chunk.split(b"\n")
        self._length += len(pieces[0])
        for piece in pieces[1:]:
            self._check()
            self._rows += 1
            self._length = len(piece)
        self._check()

    def end(self) -> int:
        self._rows += self._length > 0
        self._check()
        if not self._rows:
            raise InvalidInput("the body has no line")
        return self._rows

    def _check(self) -> None:
        if self._rows > UPLOADED_ROWS:
            raise InvalidInput(f"the body has more than {UPLOADED_ROWS} lines; send it in parts")
        if self._length > LONGEST_LINE:
            raise InvalidInput(f"line {self._rows + 1} is longer than {LONGEST_LINE} bytes")
