"""Names: folding and blocking keys. Pure: a key is a function of one name's text and nothing else."""

from __future__ import annotations

from icmgraph.errors import InvalidInput
from icmgraph.model.folding import bounded_key, clean, fold

__all__ = ["MAX_NAME_KEYS", "fold", "name_keys"]

MAX_NAME_KEYS = 4  # of one name: what a NameKey row costs is paid for each


def name_keys(name: str, *, field: str = "name") -> tuple[str, ...]:
    """The blocking keys of a name, at most four; for now exactly one.

    ``n:`` and the folded words in alphabetical order: equal for names that are equal whatever the
    order, script, accents, case and punctuation (``Ivanov, Pyotr`` and ``Пётр Иванов``). Nothing is
    taken away: honorifics (``Dr``), particles and initials count like any word, so ``Dr Ann Lee`` and
    ``Ann Lee`` differ. A name without any letter or digit: ``InvalidInput`` naming ``field``.
    """
    words = fold(clean(name, field=field, breaks=True)).split()
    if not words:
        raise InvalidInput("holds no letters or digits", field=field)
    return (bounded_key("n", " ".join(sorted(words))),)
