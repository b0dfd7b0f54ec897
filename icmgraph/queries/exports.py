"""A case's file in one piece, for exports: what of it is visible, in total order, or a refusal if that is too much."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from icmgraph.errors import InvalidInput, NotFound
from icmgraph.model.answers import CaseCard
from icmgraph.model.exports import CaseExport, ExportedIdentifier, ExportedLink, ExportedRecord
from icmgraph.model.records import utc_text
from icmgraph.queries.session import View

RECORDS = 5_000
LINKS = 50_000
"""Most of each in one export: a second or two of reading, and more than programs that draw graphs do with ease."""


def case_export(view: View, case: str, public: Callable[[str], str]) -> CaseExport:
    """
    Args:
        public: the public id of an identifier's key.

    Raises:
        NotFound: the case is absent or hidden.
        InvalidInput: more stands in its file than one export holds.
    """
    cards = view.run("case", id=case)
    if not cards:
        raise NotFound
    records = view.run("export_records", case=case, limit=RECORDS + 1)
    links = view.run("export_links", case=case, limit=LINKS + 1)
    for what, found, most in (("records", records, RECORDS), ("links", links, LINKS)):
        if len(found) > most:
            raise InvalidInput(f"more than {most} {what} of this file are within what you may see: too many to export")
    return CaseExport(
        case=CaseCard(**_texts(cards[0])),
        records=[_record(row, public) for row in records],
        links=[ExportedLink(**_texts(row)) for row in links],
    )


def _record(row: dict[str, Any], public: Callable[[str], str]) -> ExportedRecord:
    said = {name: value for name, value in _texts(row).items() if name not in ("rank", "identifiers")}
    identifiers = [
        ExportedIdentifier(identifier=public(one["key"]), **{name: one[name] for name in one if name != "key"})
        for one in row["identifiers"]
    ]
    return ExportedRecord(**said, identifiers=identifiers)


def _texts(row: dict[str, Any]) -> dict[str, Any]:
    return {name: _text(value) for name, value in row.items()}


def _text(value: Any) -> Any:
    if isinstance(value, datetime):
        return utc_text(value)
    return value.isoformat() if isinstance(value, date) else value
