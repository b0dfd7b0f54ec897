"""Entity tags: the digest of the representation that one person gets (docs/need-to-know.md, rule 10)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from icmgraph.audit.digests import digest
from icmgraph.errors import InvalidInput, PreconditionFailed
from icmgraph.model.answers import Answer

_LIST = re.compile(r'\s*(W/)?"([\x21\x23-\x7e]*)"\s*(,|$)')


def entity_tag(key: bytes, representation: str) -> str:
    """The strong entity tag of a JSON text as it leaves, quotes included.

    Keyed: proxies and browsers keep tags, and a digest of a short card could be guessed.
    """
    return f'"{digest(key, "etag:" + representation)[:32]}"'


@dataclass(frozen=True, slots=True)
class Precondition:
    """What ``If-Match`` demands of a write; without one, nothing.

    Attributes:
        tags: strong tags of which one must be that of the representation; None for ``*``.
    """

    key: bytes
    tags: frozenset[str] | None

    @classmethod
    def parse(cls, key: bytes, header: str) -> Precondition:
        """
        Raises:
            InvalidInput: not a list of entity tags.
        """
        return cls(key, None if header.strip() == "*" else frozenset(strong_tags(header)))

    def require(self, card: Answer) -> None:
        """
        Raises:
            PreconditionFailed: the card is not the one named.
        """
        if self.tags is not None and entity_tag(self.key, card.model_dump_json()) not in self.tags:
            raise PreconditionFailed


def strong_tags(header: str, field: str = "If-Match") -> list[str]:
    """The strong tags of a list; weak ones never match, and are left out.

    Raises:
        InvalidInput: not a list of entity tags.
    """
    found, at = [], 0
    while at < len(header):
        one = _LIST.match(header, at)
        if one is None:
            raise InvalidInput('not an entity tag: "..." as ETag gave it', field=field)
        if one[1] is None:
            found.append(f'"{one[2]}"')
        at = one.end()
    if not found and not header.strip():
        raise InvalidInput('not an entity tag: "..." as ETag gave it', field=field)
    return found
