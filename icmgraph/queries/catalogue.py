"""Reads ``cypher/``, checks each file's header and text, freezes ``Query`` objects.

A file that breaks a rule does not load, so no query escapes the sweeps over the catalogue.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType

from icmgraph.errors import OperatorError
from icmgraph.model.access import BITS, PAGE

HEADER_KEYS = ("name", "access", "summary", "params", "returns", "example")
OPTIONAL_KEYS = ("links", "audiences", "seeks")
"""``links``, ``audiences``: what a query changes that the feed tells (docs/adr/0008), where the ids are of records
whose walkable links it changes, of expressions whose audience: ``rows.start`` is in its parameters, ``-> records`` a
column of its rows. ``seeks``: the parameter whose entries are sought by label; without entries no list is sent."""
RESERVED = frozenset({"audiences", "visibilities", "audience_bits", "visibility_bits", "visibility_pages", "bit", "me"})
"""Parameters that only the gateway binds."""

_PREDICATE = r"{0}\.audience IN \$audiences OR {0}\.visibility IN \$visibilities"

VISIBLE = re.compile(_PREDICATE.replace("{0}", r"\b(\w+)", 1).replace("{0}", r"\1"))
"""The predicate, word for word. That each relationship pattern of a scoped query carries it is checked here; that each
start does is not: the differential test shows it."""

_BITS = (
    f"$audience_bits[{{0}}.audience / {BITS}] / $bit[{{0}}.audience % {BITS}] % 2 = 1"
    f" OR $visibility_bits[$visibility_pages[{{0}}.visibility / {PAGE}] + {{0}}.visibility % {PAGE} / {BITS}]"
    f" / $bit[{{0}}.visibility % {BITS}] % 2 = 1"
)
"""The same of ``Scope.bits``. Beyond the last byte or page it is null, so not visible."""

LABEL_HINT = re.compile(r"USING INDEX (SEEK )?\w+:\w+\((\w+, \w+|audience|visibility)\)\s*")
"""The hint of a seek by label: a text without its predicate asks for an index that is not used."""

_SOUGHT = re.compile(r"USING INDEX SEEK (\w+):\w+\((?:key, visibility|visibility, key|visibility)\)")
"""A variable that is sought by label."""

_TYPES = re.compile(r"\s*(?P<name>\w*)\s*:\s*[A-Z_]+(\s*\|\s*[A-Z_]+)*(?P<rest>.*)", re.DOTALL)
_ABBREVIATED = re.compile(r"\)\s*<?\s*-\s*-")
_NEVER_SCOPED = re.compile(
    r":\s*(User|Unit|Caveat|Visibility|Audience|Act|Schema|Epoch\w*|Feed|Change|Import\w*)\b"  # the control plane
    r"|:\s*(Task|Certificate|Once|Job|Refusal)\b"
    r"|:\s*(Check|Registration|WatchKey|Match|Notice|Delivery|Digest\w*|Flood)\b"  # and deconfliction's
    r"|:\s*Report\b"  # and auditors'
    r"|\b(SHORTEST|shortestPath|allShortestPaths)\b|\bCALL\s+\w",  # plans that leak, procedures
)


class Access(StrEnum):
    """What a query may meet, and so who may run it."""

    SCOPED = "scoped"
    """Need-to-know: ``$audiences`` and ``$visibilities`` of a Scope are bound."""
    PERSONAL = "personal"
    """Rows addressed to the asker: ``$me`` is bound."""
    RELEASE = "release"
    """The whole graph, for deconfliction only."""
    CONTROL = "control"
    """Policy, the access writer and the writers of content."""
    SCHEMA = "schema"
    """Constraints and indexes; several statements, parted by ``;``."""


FOLDERS: Mapping[str, Access] = MappingProxyType(
    {
        "read": Access.SCOPED,
        "personal": Access.PERSONAL,
        "release": Access.RELEASE,
        "access": Access.CONTROL,
        "write": Access.CONTROL,
        "schema": Access.SCHEMA,
    }
)


@dataclass(frozen=True, slots=True)
class Query:
    """One file of the catalogue."""

    name: str
    access: Access
    summary: str
    params: Mapping[str, str]
    returns: str
    example: Mapping[str, str]
    text: str
    links: str = ""
    audiences: str = ""
    seeks: str = ""

    @property
    def statements(self) -> tuple[str, ...]:
        return tuple(part.strip() for part in self.text.split(";") if part.strip())


class BadQueryFile(OperatorError):
    """A query file breaks a rule of the catalogue; the message names the file and the rule."""


def _pairs(text: str, between: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for part in filter(None, (piece.strip() for piece in text.split(", "))):
        key, found, value = part.partition(between)
        if found:
            pairs[key.strip()] = value.strip()
    return pairs


def without_comments(text: str) -> str:
    return re.sub(r"//[^\n]*", "", text)


def relationship_patterns(text: str) -> Iterator[str]:
    """What stands inside each ``-[...]-`` of a statement, brackets within it included."""
    text = without_comments(text)
    for opening in re.finditer(r"-\s*\[", text):
        depth, at = 1, opening.end()
        while depth and at < len(text):
            depth += {"[": 1, "]": -1}.get(text[at], 0)
            at += 1
        if re.match(r"\s*-", text[at:]):
            yield text[opening.end() : at - 1]


def _check_pattern(inside: str, scoped: bool, where: str) -> None:
    typed = _TYPES.fullmatch(inside)
    if typed is None:
        raise BadQueryFile(f"{where}: a relationship pattern without types: [{inside}]")
    if not scoped:
        return
    predicate = _PREDICATE.format(typed["name"])
    # Alone, or in brackets before AND, where nothing can widen it.
    allowed = rf"\s*(\{{[^{{}}]*\}})?\s*WHERE\s+({predicate}|\({predicate}\)\s+AND\s+(?P<and>.*))\s*"
    found = re.fullmatch(allowed, typed["rest"], re.DOTALL)
    if not typed["name"] or found is None or re.search(r"\bX?OR\b", found["and"] or ""):
        raise BadQueryFile(f"{where}: a relationship pattern without the predicate inside: [{inside}]")


def check_text(query: Query, where: str) -> None:
    """
    Raises:
        BadQueryFile: the text breaks a rule.
    """
    if "/*" in query.text or re.search(r"""(['"])[^'"\n]*//""", query.text):
        raise BadQueryFile(f"{where}: comments are whole lines or ends of lines, with //, and // is nowhere else")
    text = without_comments(query.text)
    used = set(re.findall(r"\$(\w+)", text))
    reserved = used & RESERVED
    allowed = {
        Access.SCOPED: {"audiences", "visibilities"},
        Access.RELEASE: {"audiences", "visibilities"},
        Access.PERSONAL: {"me"},
    }.get(query.access, set())
    if reserved - allowed:
        raise BadQueryFile(f"{where}: {sorted(reserved - allowed)} may not be used in a {query.access} query")
    if used - RESERVED != set(query.params):
        in_text = sorted(used - RESERVED)
        raise BadQueryFile(f"{where}: params in the header {sorted(query.params)}, in the text {in_text}")
    scoped = query.access is Access.SCOPED
    for inside in relationship_patterns(text):
        _check_pattern(inside, scoped, where)
    if _ABBREVIATED.search(text):
        raise BadQueryFile(f"{where}: a relationship pattern without types: --")
    if scoped and (never := _NEVER_SCOPED.search(text)):
        raise BadQueryFile(f"{where}: {never[0]!r} has no place in a scoped query")
    if query.access is Access.SCOPED and not VISIBLE.search(text):
        raise BadQueryFile(f"{where}: a scoped query without the predicate")
    if scoped:
        if query.seeks and not (query.seeks in query.params and _SOUGHT.search(text)):
            raise BadQueryFile(f"{where}: seeks must name the parameter whose entries are sought by label")
        sent(query.text, in_bits=False, where=where)
    if query.access is Access.PERSONAL and "$me" not in text:
        raise BadQueryFile(f"{where}: a personal query that does not start at $me")


def _top_level(text: str) -> str:
    """The text with what stands in brackets or quotes blanked: what is left stands at its own place."""
    depth, quote, kept = 0, "", []
    for char in text:
        inside = bool(depth or quote)
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        else:
            depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(char, 0)
        kept.append(" " if inside and not char.isspace() else char)
    return "".join(kept)


def _columns(projection: str, where: str) -> list[str]:
    """The names of what a RETURN gives, its ORDER BY cut off."""
    found = []
    for item in _top_level(projection).removeprefix("DISTINCT ").split(","):
        name = re.search(r"(?:^|\bAS\s+)\s*(\w+)\s*$", item)
        if name is None:
            raise BadQueryFile(f"{where}: each column of a scoped query needs a name (AS)")
        found.append(name[1])
    return found


@cache
def by_label(text: str) -> frozenset[str]:
    """The variables that a query seeks by label."""
    return frozenset(_SOUGHT.findall(text))


@cache
def as_bits(text: str) -> str:
    """The text with bits tested in place of lists, except where something is sought by label."""
    sought = by_label(text)
    return VISIBLE.sub(lambda found: found[0] if found[1] in sought else _BITS.replace("{0}", found[1]), text)


_THEN = (
    "OPTIONAL MATCH (e:Epoch) WITH answer, e.value AS epoch, datetime.realtime() AS now\n"
    "RETURN answer, epoch, now.epochSeconds * 1000000 + now.microsecond AS now"
)
"""The clock in microseconds: the driver takes a tenth of a short question's time to read a date."""


@cache
def sent(text: str, in_bits: bool, where: str = "a scoped query") -> str:
    """What is sent for the text of a scoped query (docs/adr/0009): its rows in one record, ``answer``, with the epoch
    and the clock, both read after them.

    Args:
        in_bits: the predicate tests bits, except where nodes or relationships are sought by label.

    Raises:
        BadQueryFile: it does not end in one RETURN, or has a column without a name.
    """
    text = without_comments(text)
    if not VISIBLE.search(text):  # not need-to-know: benchmarks alone take the predicate out
        return text
    top = _top_level(text)
    last = max((found.end() for found in re.finditer(r"\bRETURN\b", top)), default=0)
    if not last or re.search(r"\bUNION\b", top):
        raise BadQueryFile(f"{where}: a scoped query ends in one RETURN")
    head, tail = text[:last].rstrip().removesuffix("RETURN"), text[last:].strip()
    cut = re.search(r"\b(ORDER\s+BY|SKIP|LIMIT)\b", _top_level(tail))
    columns = _columns(tail[: cut.start()] if cut else tail, where)
    rows = f"{head}WITH {tail}\n"
    if columns != ["answer"]:
        rows += f"WITH collect({{{', '.join(f'{name}: {name}' for name in columns)}}}) AS answer\n"
    rows = as_bits(rows) if in_bits else rows
    return rows + _THEN


def parse(text: str, where: str, folder: str) -> Query:
    """Parse one file.

    Raises:
        BadQueryFile: a header key is missing or unknown, or a rule of the text is broken.
    """
    header: dict[str, str] = {}
    lines = text.splitlines()
    body_from = 0
    for number, line in enumerate(lines):
        if not line.startswith("//"):
            body_from = number
            break
        key, found, value = line.removeprefix("//").partition(":")
        if not found or key.strip() not in (*HEADER_KEYS, *OPTIONAL_KEYS):
            raise BadQueryFile(f"{where}: unknown header line {line!r}; known keys: {', '.join(HEADER_KEYS)}")
        header[key.strip()] = value.strip()
    missing = [key for key in HEADER_KEYS if key not in header]
    if missing:
        raise BadQueryFile(f"{where}: the header lacks {', '.join(missing)}")
    expected = FOLDERS.get(folder)
    if expected is None or header["access"] != expected:
        raise BadQueryFile(f"{where}: access {header['access']!r} does not belong in folder {folder!r}")
    if header["name"] != Path(where).stem:
        raise BadQueryFile(f"{where}: named {header['name']!r}; name and file name must be one")
    example = _pairs(header["example"], "=")
    params = _pairs(header["params"], ":")
    if set(example) != set(params):
        raise BadQueryFile(f"{where}: the example must give each parameter: {sorted(params)}")
    query = Query(
        name=header["name"],
        access=expected,
        summary=header["summary"],
        params=MappingProxyType(params),
        returns=header["returns"],
        example=MappingProxyType(example),
        text="\n".join(lines[body_from:]).strip(),
        links=header.get("links", ""),
        audiences=header.get("audiences", ""),
        seeks=header.get("seeks", ""),
    )
    check_text(query, where)
    return query


def root() -> Path:
    """Where the query files are: beside the package in a checkout, inside it in a wheel."""
    packed = Path(__file__).parent.parent / "_cypher"
    return packed if packed.is_dir() else Path(__file__).parent.parent.parent / "cypher"


@cache
def load(folder: Path | None = None) -> Mapping[str, Query]:
    """All query files by name.

    Raises:
        BadQueryFile: a file breaks a rule, or two have one name.
    """
    queries: dict[str, Query] = {}
    for path in sorted((folder or root()).rglob("*.cypher")):
        query = parse(path.read_text(encoding="utf-8"), str(path), path.parent.name)
        if query.name in queries:
            raise BadQueryFile(f"{path}: a second query named {query.name!r}")
        queries[query.name] = query
    if not queries:
        raise BadQueryFile(f"no query files in {folder or root()}")
    return MappingProxyType(queries)
