"""Text rules that identifiers and names share: what text is taken at all, folding, bounded keys. Pure."""

from __future__ import annotations

import hashlib
import re
import unicodedata

from anyascii import anyascii

from icmgraph.errors import InvalidInput

MAX_CHARS = 4096  # of a value as written, and of what it is folded to
MAX_KEY_BYTES = 512  # Neo4j refuses an indexed text over 8 KB; short keys keep the index small as well

# Removed, not turned into spaces: O'Brien, O’Brien and OBrien are one word. Before NFKC, which would
# make a space and a combining mark of the acute accent.
_APOSTROPHES = dict.fromkeys(map(ord, "'`´ʹʻʼʽʾʿˈ‘’‛′＇"))
_NOT_WORD = re.compile("[^a-z0-9]+")
_SYMBOLS = frozenset({"So", "Sc", "Sm", "Sk"})
_SPACES = re.compile(r"\s+")


def clean(text: str, *, field: str, breaks: bool = False) -> str:
    """``text`` without format characters (Unicode Cf: zero-width, direction marks) and outer spaces.

    Format characters come with copied text, cannot be seen, and would let one value pass for two.
    Refused (``InvalidInput`` naming ``field``): nothing left, more than 4,096 characters, unpaired
    surrogates, control characters; with ``breaks``, tabs and line breaks become spaces instead.
    """
    if len(text) > MAX_CHARS:
        raise InvalidInput(f"longer than {MAX_CHARS} characters", field=field)
    if breaks:
        text = re.sub("[\t\r\n]", " ", text)
    if not (text.isascii() and text.isprintable()):
        categories = [unicodedata.category(char) for char in text]
        if "Cc" in categories or "Cs" in categories:
            raise InvalidInput("holds control characters or broken Unicode", field=field)
        text = "".join(char for char, kind in zip(text, categories, strict=True) if kind != "Cf")
    text = text.strip()
    if not text:
        raise InvalidInput("is empty", field=field)
    return text


def collapse(text: str) -> str:
    """Each run of white space as one space, none at the ends."""
    return _SPACES.sub(" ", text).strip()


def casefold(text: str) -> str:
    """Compatibility forms and case folded (NFKC), scripts and accents kept, white space collapsed.

    Two rounds, as folding can undo normalisation and the reverse (Unicode, caseless matching, D146).
    """
    for _ in range(2):
        text = unicodedata.normalize("NFKC", unicodedata.normalize("NFD", text).casefold())
    return collapse(text)


def fold(text: str) -> str:
    """``text`` as lower-case ASCII words of a-z and 0-9 with one space between; may be empty.

    Scripts are written in Latin letters and accents dropped by anyascii's fixed tables, character by
    character (``Müller`` is ``muller``, never ``mueller``; ``王小明`` is one word). Apostrophes go,
    other punctuation and symbols separate words. Takes any text, and folding twice changes nothing.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.translate(_APOSTROPHES))
        # anyascii spells symbols out (an emoji, a currency), which would make words of them.
        if not text.replace(" ", "").isalpha():  # as most names are
            text = "".join(" " if unicodedata.category(char) in _SYMBOLS else char for char in text)
        text = anyascii(text)
    text = text.casefold().replace("'", "").replace("`", "")
    return _NOT_WORD.sub(" ", text).strip()


def bounded_key(prefix: str, value: str) -> str:
    """``prefix:value``; ``prefix:#<SHA-256 of value, hex>`` when that is over 512 bytes of UTF-8."""
    key = f"{prefix}:{value}"
    if len(key.encode()) <= MAX_KEY_BYTES:
        return key
    return f"{prefix}:#{hashlib.sha256(value.encode()).hexdigest()}"
