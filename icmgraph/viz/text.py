"""Text of the records made fit to be drawn: what is shown is text, and only text."""

from __future__ import annotations

import html
import textwrap
import unicodedata

LINE, LINES = 20, 2
"""Characters a line and lines of a name in the picture; the whole name is in the tooltip and the table."""
TOOLTIP = 600
"""Characters of a name in a tooltip: as much as stands on a screen."""

# Marks that turn the direction of all that follows: a name could make its neighbour read backwards.
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LINE_ENDS = frozenset("\t\n\r\x0b\x0c\x85\u2028\u2029")
REPLACED = "\N{REPLACEMENT CHARACTER}"


def clean(text: str) -> str:
    """One line of text: line ends become spaces, control characters, direction marks and half
    surrogates (which no UTF-8 file can hold) become U+FFFD. An empty text is ``(no name)``.
    """
    shown = "".join(
        " " if c in _LINE_ENDS else REPLACED if c in _TURNS or unicodedata.category(c) in ("Cc", "Cs") else c
        for c in text
    ).strip()
    return shown or "(no name)"


def escaped(text: str) -> str:
    """Cleaned, and safe as HTML text or inside a quoted attribute."""
    return html.escape(clean(text), quote=True)


def short(text: str) -> str:
    """A cleaned name broken into at most ``LINES`` lines, the rest cut with an ellipsis."""
    return "\n".join(textwrap.wrap(clean(text), LINE, max_lines=LINES, placeholder="…"))


def cut(text: str, limit: int) -> str:
    shown = clean(text)
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def columns(text: str) -> int:
    """Width of the widest line in character cells; wide scripts take two."""
    return max(sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line) for line in text.split("\n"))
