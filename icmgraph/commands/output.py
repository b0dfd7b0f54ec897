"""How the command line speaks: data on stdout; progress, messages and constant sentences on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

import typer

from icmgraph.viz.text import clean

PIPE_COLUMNS = 10_000
"""Width of a table that goes into a file or a pipe: one row is one line there."""
FOLDED = 16
"""Width to which text of several words may be folded: two or three words."""
EXIT_REJECTS = 6
"""Done, but for what was refused."""
EXIT_STOPPED = 130
"""As a shell says it of a program stopped by Ctrl-C."""


def printable(text: str) -> str:
    """One line that moves no terminal's cursor, whatever a record holds. Indentation stays."""
    return text[: len(text) - len(text.lstrip(" "))] + clean(text) if text.strip() else ""


def note(message: str) -> None:
    """A line for the person, on stderr."""
    sys.stdout.flush()
    print(printable(message), file=sys.stderr, flush=True)


def rejected(message: str | None = None) -> NoReturn:
    """End a command that did all but what it refused.

    Raises:
        typer.Exit: with 6.
    """
    if message is not None:
        note(message)
    raise typer.Exit(EXIT_REJECTS)


def stopped(message: str) -> NoReturn:
    """End a command that the person stopped.

    Args:
        message: how to go on.

    Raises:
        typer.Exit: with 130.
    """
    note(message)
    raise typer.Exit(EXIT_STOPPED) from None


def line(text: str = "") -> None:
    """A line of data."""
    print(printable(text))


def words(value: Any) -> str:
    """JSON, whatever it holds, as one line."""
    if isinstance(value, dict):
        return ", ".join(f"{name}: {words(part)}" for name, part in value.items() if part is not None)
    if isinstance(value, list):
        return "; ".join(map(words, value))
    return str(value)


def more(following: str | None, truncated: bool) -> None:
    """How to get the rest of a list."""
    if following is not None:
        note(f"There is more: the same again with --cursor {following}")
    elif truncated:
        note("There is more than was returned.")


def document(data: Any) -> None:
    """One JSON document. ASCII, so that it is the same bytes whatever the terminal's encoding and whoever wrote it."""
    print(json.dumps(data, indent=2))


def table(heads: Sequence[str], rows: Iterable[Sequence[str | None]]) -> None:
    """A table. On a terminal only cells of several words are folded: an id is of use, and can be copied, only whole.

    Where that leaves no room for a table, each row becomes a block of lines.
    """
    from rich.cells import cell_len
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    cells = [[printable(cell or "-") for cell in row] for row in rows]
    on_terminal = sys.stdout.isatty()
    console = Console(width=None if on_terminal else PIPE_COLUMNS, highlight=False)
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    least = 0
    for number, head in enumerate(heads):
        column = [head, *(row[number] for row in cells)]
        width, whole = max(map(cell_len, column)), not any(" " in cell for cell in column[1:])
        least += (width if whole else min(width, FOLDED)) + 2
        drawn.add_column(Text(head), no_wrap=whole, overflow="fold")
    if least - 2 > console.width:
        for row in cells:
            fields(zip(heads, row, strict=True))
            line()
        return
    for row in cells:
        drawn.add_row(*map(Text, row))
    if on_terminal:
        console.print(drawn)
        return
    with console.capture() as captured:
        console.print(drawn)
    for row_text in captured.get().splitlines():
        print(row_text.rstrip())  # a column is filled up with spaces, the last one too


def fields(pairs: Iterable[tuple[str, str | None]]) -> None:
    """Names and values, one on a line, aligned; those without a value are left out."""
    shown = [(name, value) for name, value in pairs if value]
    width = max((len(name) for name, _ in shown), default=0)
    for name, value in shown:
        line(f"{name:{width}}  {value}")


@contextmanager
def waiting(what: str) -> Iterator[Callable[[str], None]]:
    """Say what is waited for, on a terminal only. What is given says something else instead."""
    if not sys.stderr.isatty():
        yield lambda what: None
        return
    from rich.console import Console

    with Console(stderr=True).status(what) as status:
        yield status.update
