"""Files that commands are given: to be written, to be read."""

from __future__ import annotations

import os
from pathlib import Path

from icmgraph.errors import InvalidInput


def must_be_free(file: Path, force: bool) -> None:
    """
    Raises:
        InvalidInput: there is one, and it was not said that it may be replaced.
    """
    if not force and os.path.lexists(file):
        raise InvalidInput(f"{file} is there already: --force replaces it")


def read(file: Path) -> bytes:
    """
    Raises:
        InvalidInput: it is not there, or cannot be read.
    """
    try:
        return file.read_bytes()
    except FileNotFoundError:
        raise InvalidInput(f"no file {file}") from None
    except OSError:
        raise InvalidInput(f"{file} cannot be read") from None


def read_text(file: Path) -> str:
    """As UTF-8.

    Raises:
        InvalidInput: as ``read``, or it is no text.
    """
    try:
        return read(file).decode()
    except UnicodeDecodeError:
        raise InvalidInput(f"{file} is no text in UTF-8") from None
