"""A case's file for other programs: followthemoney entities, GraphML, GEXF. The same file gives the same text.

No time of writing and nobody's name stands in them; each carries the sentence that says within what it holds.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal
from xml.etree.ElementTree import SubElement

import networkx as nx
from networkx.readwrite.gexf import GEXFWriter

from icmgraph.errors import InvalidInput
from icmgraph.model import followthemoney as ftm
from icmgraph.model.exports import CaseExport, ExportedIdentifier, ExportedLink, ExportedRecord
from icmgraph.model.identifiers import IdentifierKind, normalise
from icmgraph.model.records import SubjectKind

Format = Literal["ftm", "graphml", "gexf"]

# -- followthemoney


def ftm_lines(export: CaseExport) -> str:
    """JSON lines: the case as a Project, then its records, then the links between them."""
    schema_of = {record.id: _schema(record) for record in export.records}
    involved: dict[str, list[ExportedLink]] = defaultdict(list)
    for link in export.links:
        if link.type == "INVOLVED_IN":
            involved[link.end].append(link)
    entities = [_case(export)]
    entities += [_entity(record, involved[record.id], schema_of) for record in export.records]
    entities += [_edge(link, schema_of) for link in export.links if link.type != "INVOLVED_IN"]
    return "".join(json.dumps(entity, ensure_ascii=False) + "\n" for entity in entities)


def _written(id: str, schema: str, pairs: Iterator[tuple[str, str]]) -> dict[str, Any]:
    """An entity; each value once, in its order, properties by name."""
    properties: dict[str, dict[str, None]] = defaultdict(dict)
    for name, value in pairs:
        properties[name][value] = None
    return {"id": id, "schema": schema, "properties": {name: list(properties[name]) for name in sorted(properties)}}


def _schema(record: ExportedRecord) -> str:
    return ftm.SCHEMA_OF[SubjectKind(record.kind)] if record.label == "Subject" else record.label


def _case(export: CaseExport) -> dict[str, Any]:
    case = export.case
    said: dict[str, str | None] = {
        "name": case.title,
        "projectId": case.number,
        "status": case.status,
        "startDate": case.opened,
        "endDate": case.closed,
        "summary": export.scope,
        "keywords": ftm.CASE_KEYWORD,
    }
    return _written(case.id, "Project", ((name, value) for name, value in said.items() if value))


def _entity(record: ExportedRecord, involved: list[ExportedLink], schema_of: Mapping[str, str]) -> dict[str, Any]:
    parts = {"Subject": _subject, "Document": _document, "Event": _event}[record.label](record)
    return _written(record.id, schema_of[record.id], _with(parts, _involved(involved, schema_of)))


def _with(*parts: Iterator[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for part in parts:
        yield from part


def _subject(record: ExportedRecord) -> Iterator[tuple[str, str]]:
    schema = _schema(record)
    for role in record.roles:
        yield "notes", ftm.note("role", role)
    for one in record.attributes:
        property = ftm.camel(one.kind)
        if property in ftm.WRITTEN[schema] and ftm.snake(property) == one.kind:
            yield property, one.value
        else:
            taken = one.kind == "role" or one.kind in _KINDS or one.kind.startswith("attribute ")
            yield "notes", ftm.note(f"attribute {one.kind}" if taken else one.kind, one.value)
    for identifier in record.identifiers:
        name, value = _property(schema, identifier), _value(identifier)
        yield (name, value) if name else ("notes", ftm.note(identifier.kind, value))


_KINDS = frozenset(kind.value for kind in IdentifierKind)
_LEGAL = {"phone": "phone", "email": "email", "url": "website", "document": "idNumber"}


def _property(schema: str, identifier: ExportedIdentifier) -> str | None:
    """The property in which followthemoney has such an identifier of such a thing."""
    kind = identifier.kind
    if kind == "address":
        return "full" if schema == "Address" else "address"
    if schema in ftm.LEGAL and kind in _LEGAL:
        # A number of no country's form is no phone to followthemoney.
        return None if kind == "phone" and not identifier.value.startswith("+") else _LEGAL[kind]
    if schema in ftm.PLATED and kind == "plate":
        return "registrationNumber"
    return "accountNumber" if schema == "BankAccount" and kind == "account" else None


def _value(identifier: ExportedIdentifier) -> str:
    """As it was written where that alone says the same; phones in their international form."""
    kind = IdentifierKind(identifier.kind)
    if kind is IdentifierKind.PHONE:
        return identifier.value
    try:
        same = normalise(kind, identifier.as_written).key == f"{kind.value}:{identifier.value}"
    except InvalidInput:
        same = False
    hashed = identifier.value.startswith("#")  # too long for a key: only what was written says it
    return identifier.as_written if same or hashed else identifier.value


def _document(record: ExportedRecord) -> Iterator[tuple[str, str]]:
    yield "title", record.title or ""
    yield "notes", ftm.note("kind", record.kind)
    if record.written:
        yield "date", record.written
    for name, value in (("location", record.location), ("digest", record.digest)):
        if value:
            yield "notes", ftm.note(name, value)
    for identifier in record.identifiers:
        yield "notes", ftm.note(f"mentions {identifier.kind}", _value(identifier))


def _event(record: ExportedRecord) -> Iterator[tuple[str, str]]:
    yield "name", record.name
    yield "notes", ftm.note("kind", record.kind)
    if record.description:
        yield "description", record.description
    for property, name, moment in (("startDate", "starts", record.starts), ("endDate", "ends", record.ends)):
        if moment:
            yield property, moment[:19]  # to the second, in UTC: followthemoney's times have no offset
            yield "notes", ftm.note(name, moment)
    for name, value in (("latitude", record.latitude), ("longitude", record.longitude), ("duration", record.duration),
                        ("amount", record.amount)):  # fmt: skip
        if value is not None:
            yield "notes", ftm.note(name, str(value))
    for identifier in record.identifiers:
        yield "location", _value(identifier)


def _involved(links: list[ExportedLink], schema_of: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Who took part; the roles stand in notes."""
    for link in links:
        if schema_of[link.start] in ftm.LEGAL:
            yield "involved", link.start
        yield "notes", ftm.note(f"involved {link.start}", link.detail or "involved")


_FAMILY = re.compile(r"family\b|parent|sibling|spouse|child|relative", re.IGNORECASE)


def _edge(link: ExportedLink, schema_of: Mapping[str, str]) -> dict[str, Any]:
    schema, start, end, said = _edge_schema(link, schema_of[link.start], schema_of[link.end])
    pairs = {
        start: link.start,
        end: link.end,
        said: link.detail,
        "startDate": link.valid_from,
        "endDate": link.valid_to,
    }
    return _written(link.id, schema, ((name, value) for name, value in pairs.items() if value))


def _edge_schema(link: ExportedLink, start: str, end: str) -> tuple[str, str, str, str]:
    """The schema of a link, the properties of its ends, and the one that says its kind."""
    if link.type == "MENTIONS" and end not in ("Document", "Event"):
        return "Documentation", *ftm.DOCUMENTATION, "role"
    kind = (link.detail or "").lower()
    if link.type == "LINKED_TO":
        if kind == "owns" and start in ftm.LEGAL and end in _ASSETS:
            return "Ownership", "owner", "asset", "role"
        if (start, end) == ("Person", "Person") and _FAMILY.match(kind):
            return "Family", "person", "relative", "relationship"
        if end == "Organization" and start in ftm.LEGAL and kind in ("directs", "director"):
            return "Directorship", "director", "organization", "role"
        if (start, end) == ("Person", "Organization") and kind in ("employed by", "works for"):
            return "Employment", "employee", "employer", "role"
    return "UnknownLink", "subject", "object", "role"


_ASSETS = ftm.PLATED | {"BankAccount", "Asset"}

# -- GraphML and GEXF

_INVALID = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write (its production 2)."""


def _xml(text: str) -> str:
    return _INVALID.sub("\ufffd", text)


def graph(export: CaseExport) -> nx.MultiDiGraph[str]:
    """Nodes: the case, its records, and the identifiers they have. Values of nodes are texts; several are joined."""
    case = export.case
    made: nx.MultiDiGraph[str] = nx.MultiDiGraph(scope=export.scope)
    made.add_node(case.id, label=_xml(f"{case.number} {case.title}"), what="Case", kind=case.kind)
    for record in export.records:
        made.add_node(record.id, **_node(record))
        if not record.roles:
            _link(
                made,
                record.id,
                case.id,
                f"{record.id}-{case.id}",
                {"Document": "FILED_IN", "Event": "PART_OF"}[record.label],
            )
        for number, role in enumerate(record.roles):
            _link(made, record.id, case.id, f"{record.id}-{case.id}-{number}", "SUBJECT_OF", role)
        for one in record.identifiers:
            if one.identifier not in made:
                made.add_node(one.identifier, label=_xml(one.value), what="Identifier", kind=one.kind)
            _link(made, record.id, one.identifier, one.id, one.type, one.as_written)
    for link in export.links:
        _link(made, link.start, link.end, link.id, link.type, link.detail, link.valid_from, link.valid_to)
    return made


def _node(record: ExportedRecord) -> dict[str, str]:
    said: dict[str, str] = {"label": record.name, "what": record.label, "kind": record.kind}
    for name in ("written", "digest", "location", "starts", "ends", "latitude", "longitude", "duration", "amount"):
        if (value := getattr(record, name)) is not None:
            said[name] = str(value)
    values: dict[str, list[str]] = defaultdict(list)
    for one in record.attributes:
        values[f"attribute {one.kind}"].append(one.value)
    said |= {name: "; ".join(several) for name, several in values.items()}
    return {_xml(name): _xml(value) for name, value in said.items()}


def _link(
    made: nx.MultiDiGraph[str], start: str, end: str, id: str, type: str, detail: str | None = None,
    valid_from: str | None = None, valid_to: str | None = None,
) -> None:  # fmt: skip
    said = {"relation": type, "detail": detail, "valid_from": valid_from, "valid_to": valid_to}
    made.add_edge(start, end, key=id, id=id, **{name: _xml(value) for name, value in said.items() if value})


def graphml(export: CaseExport) -> str:
    """GraphML; the sentence is data of the graph."""
    return "\n".join(["<?xml version='1.0' encoding='utf-8'?>", *nx.generate_graphml(graph(export))]) + "\n"


def gexf(export: CaseExport) -> str:
    """GEXF 1.2draft; the sentence is the description."""
    writer = GEXFWriter(version="1.2draft")
    writer.add_graph(graph(export))
    # networkx notes the day it was written and its own version: neither is part of what the person sees.
    for meta in list(writer.xml.iter("meta")):
        meta.clear()
        for name, text in (("creator", "icmgraph"), ("description", export.scope)):
            SubElement(meta, name).text = text
    return "<?xml version='1.0' encoding='utf-8'?>\n" + str(writer) + "\n"


RENDER: Mapping[Format, tuple[Callable[[CaseExport], str], str]] = {
    "ftm": (ftm_lines, "application/x-ndjson"),
    "graphml": (graphml, "application/graphml+xml"),
    "gexf": (gexf, "application/gexf+xml"),
}
"""How each format is written, and its media type."""
