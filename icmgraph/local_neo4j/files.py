"""Files that are there whole or not at all."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

from icmgraph.errors import OperatorError

# A quota and a file size limit are met like a full disk: something has to give way first.
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Turns "no space" and "may not write" below ``folder`` into an ``OperatorError`` that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise OperatorError(
                f"the disk is full at {folder}: free some space and run this again; "
                "nothing half-written was kept, and what was complete is used"
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise OperatorError(
                f"may not write in {folder}: make the folder writable or set ICM_HOME to another"
            ) from error
        raise


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Writes ``path`` (0600) under another name, flushes it to the disk and renames it at the end.

    After an error or a kill ``path`` is as it was before; a kill can leave a ``.part`` file, which
    :func:`sweep` removes.
    """
    with NamedTemporaryFile(dir=path.parent, prefix=f"{path.name}.", suffix=".part", delete=False) as part:
        try:
            yield part
            part.flush()
            os.fsync(part.fileno())
            Path(part.name).replace(path)
        except BaseException:
            Path(part.name).unlink(missing_ok=True)
            raise


def write(path: Path, text: str) -> None:
    """``text`` into ``path``, whole or not at all, readable by its owner only."""
    with whole_file(path) as file:
        file.write(text.encode())


def sweep(folder: Path) -> None:
    """Removes what a killed :func:`whole_file` left. Only for who alone writes in ``folder``."""
    for part in folder.glob("*.part"):
        part.unlink(missing_ok=True)


def turn_over(path: Path, *, bytes: int, files: int) -> None:
    """Moves a log that is longer than ``bytes`` to ``path``.1, that to .2 and so on; the oldest of ``files`` goes."""
    if not path.exists() or path.stat().st_size < bytes:
        return
    for number in range(files - 1, 0, -1):
        older = path.with_name(f"{path.name}.{number - 1}") if number > 1 else path
        if older.exists():
            older.replace(path.with_name(f"{path.name}.{number}"))


@contextmanager
def alone(folder: Path, *, wait: bool) -> Iterator[bool]:
    """Holds ``folder`` for this process until the end of the block; the system lets go if it dies.

    Gives False, and holds nothing, if another has it and ``wait`` is off.
    """
    with (folder / ".lock").open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True


def private_folder(path: Path) -> Path:
    """Makes ``path`` and its missing parents, all of them 0700."""
    if not path.exists():
        private_folder(path.parent)
        path.mkdir(exist_ok=True, mode=0o700)
    return path
