"""What an export of a case's file is, in a world of which the person sees everything (see ``oracle``)."""

from __future__ import annotations

from icmgraph.model.records import utc_text
from tests.interference.oracle import WITHIN, Json, Oracle
from tests.worlds.world import Key, Link, Record

PROPERTIES = (
    "title", "written", "digest", "location", "description", "starts", "ends", "latitude", "longitude", "duration",
    "amount",
)  # fmt: skip
STANDS = ("SUBJECT_OF", "FILED_IN", "PART_OF")


def exported(oracle: Oracle, id: str) -> Json | None:
    file, card = oracle.case_file(id), oracle.case(id)
    if file is None or card is None:
        return None
    records = {record.id: record for record in oracle.world.records}
    standing = {line["id"] for line in file}
    links = [
        _link(link)
        for link in oracle.world.links
        if link.type in ("LINKED_TO", "SAME_AS", "INVOLVED_IN", "MENTIONS")
        and link.start in standing
        and link.end in standing
    ]
    return {
        "case": {name: value for name, value in card.items() if name != "scope"},
        "records": [_record(oracle, records[line["id"]], line["label"], id) for line in file],
        "links": sorted(links, key=lambda link: str(link["id"])),
        "scope": WITHIN,
    }


def _record(oracle: Oracle, record: Record, label: str, case: str) -> Json:
    mine = [link for link in oracle.world.links if link.start == record.id]
    roles = {link.properties["role"] for link in mine if link.type == "SUBJECT_OF" and link.end == case}
    attributes = [r for r in oracle.world.labelled("Attribute") if r.under == record.id]
    attributes.sort(key=lambda r: (r.properties["kind"], r.properties["value"], r.id))
    found = [
        {"id": link.id, "type": link.type, "identifier": oracle.public(link.end), "kind": link.end.kind,
         "value": link.end.value, "as_written": link.properties["as_written"]}
        for link in sorted(mine, key=lambda link: link.id)
        if isinstance(link.end, Key)
    ]  # fmt: skip
    return {
        "id": record.id,
        "label": label,
        "kind": record.properties["kind"],
        "roles": sorted(roles),
        "attributes": [{"kind": r.properties["kind"], "value": r.properties["value"]} for r in attributes],
        "identifiers": found,
        **{name: _text(record.properties.get(name)) for name in PROPERTIES},
    }


def _link(link: Link) -> Json:
    said = link.properties
    detail = next((said[name] for name in ("role", "kind", "basis") if said.get(name) is not None), None)
    dates = {name: _text(said.get(name)) for name in ("valid_from", "valid_to")}
    return {"id": link.id, "type": link.type, "start": link.start, "end": link.end, "detail": detail, **dates}


def _text(value: object) -> object:
    if hasattr(value, "hour"):
        return utc_text(value)  # type: ignore[arg-type]
    return value.isoformat() if hasattr(value, "isoformat") else value
