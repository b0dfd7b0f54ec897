"""The history of a record: the Entries about it, as far as they and what they quote may be seen.

An Entry's content quotes what a change replaced or an ending took away. Only what is listed here leaves, by name:
never what carries access, and what points at hidden things only under the rules of any assertion's evidence.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

from icmgraph.model.answers import HistoryEntry, Node, Told
from icmgraph.model.records import utc_text
from icmgraph.queries.gateway import Row
from icmgraph.queries.session import View

QUOTED = frozenset(
    {
        "id", "kind", "value", "as_written", "region", "postcode", "role", "basis", "reason", "confidence",
        "asserted_at", "valid_from", "valid_to", "number", "title", "category", "status", "opened", "closed",
        "disclosure", "disclosure_until", "written", "digest", "location", "description", "starts", "ends", "latitude",
        "longitude", "duration", "amount",
    }
)  # fmt: skip
"""Properties that whoever sees the Entry may read."""
GUARDED = frozenset({"asserted_by", "originator", "hold", "retention_class"})
"""Properties for those who hold the asserting case."""
MOMENTS = frozenset({"asserted_at", "disclosure_until", "starts", "ends"})
IMPORT = ("importer", "mapping", "source", "table", "row")
"""What an import says of where a case came from; this ``source`` is the name of a data set."""


def entries(view: View, id: str, at: datetime | None, after: str, most: int) -> list[tuple[datetime, HistoryEntry]]:
    """The visible entries about a visible record after a place, newest first, each with its exact moment."""
    rows = view.run("history", id=id, at=at, after_id=after, limit=most)
    contents = [json.loads(row["content"] or "{}") for row in rows]
    about = sorted({record for row in rows for record in row["about"]})
    nodes = {node["id"]: Node(**node) for node in view.run("nodes", ids=about)} if about else {}
    sources = sorted({source for content in contents for source in _sources(content)})
    seen = {row["id"] for row in view.run("sees_documents", ids=sources)} if sources else set()
    people = sorted(
        {str(content["user"]) for content in contents if "user" in content} | {r["by"] for r in rows if r["by"]}
    )
    names = {row["id"]: row["name"] for row in view.tx.control("users", ids=people)} if people else {}
    return [
        (
            row["at"],
            HistoryEntry(
                id=row["id"], act=row["act"], at=utc_text(row["at"]), by=row["by"], by_name=names.get(row["by"]),
                about=[nodes[one] for one in row["about"] if one in nodes],
                told=_told(content, row["held"], seen, names, view.person.caveats),
            ),
        )
        for row, content in zip(rows, contents, strict=True)
    ]  # fmt: skip


def _quotes(content: Row) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What the content quotes: what it was, and its properties."""
    if "ended" in content:
        yield from ((part["what"], part["said"]) for part in content["ended"])
    elif "said" in content:
        yield content["what"], content["said"]
    elif "former" in content:
        yield "former", content["former"]
    elif "merged" in content:
        yield "merged", content["merged"]


def _sources(content: Row) -> Iterator[str]:
    return (said["source"] for _, said in _quotes(content) if isinstance(said.get("source"), str))


def _told(
    content: Row, held: bool, seen: Collection[str], names: Mapping[str, str], caveats: Collection[str]
) -> list[Told]:
    told = [Told(what=what, said=_said(said, held, seen)) for what, said in _quotes(content)]
    if "user" in content:
        user = content["user"]
        said = {"user": user, "name": names.get(user), "functions": content.get("functions")}
        told.append(Told(what="assignment", said={name: value for name, value in said.items() if value is not None}))
    if "units" in content:
        told.append(Told(what="openness", said={"units": content["units"]}))
    if content.get("caveat") in caveats:  # the Entry's own label has it, until it is taken off the case's records too
        told.append(Told(what="caveat", said={"caveat": content["caveat"]}))
    if "override" in content:
        told.append(Told(what="override", said={"reason": content["override"]}))
    if "importer" in content:
        told.append(Told(what="import", said={name: content[name] for name in IMPORT if name in content}))
    return told


def _said(said: Mapping[str, Any], held: bool, seen: Collection[str]) -> dict[str, Any]:
    allowed = QUOTED | GUARDED if held else QUOTED
    kept = {name: _text(name, value) for name, value in said.items() if name in allowed}
    if said.get("source") in seen:
        kept["source"] = said["source"]
    if isinstance(key := said.get("key"), str):
        kept["kind"], _, kept["value"] = key.partition(":")
    return kept


def _text(name: str, value: Any) -> Any:
    """Moments were kept as Python writes them."""
    return utc_text(datetime.fromisoformat(value)) if name in MOMENTS and isinstance(value, str) else value
