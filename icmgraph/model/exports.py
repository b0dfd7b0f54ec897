"""A case's file as one value, as far as one person sees it: what exports are made of. Times are RFC 3339 text, UTC."""

from __future__ import annotations

from icmgraph.model.answers import WITHIN, Answer, CaseCard


class ExportedAttribute(Answer):
    kind: str
    value: str


class ExportedIdentifier(Answer):
    """``id``: the assertion. ``type``: HAS_IDENTIFIER, AT or MENTIONS. ``identifier``: the shared value's public id."""

    id: str
    type: str
    identifier: str
    kind: str
    value: str
    as_written: str


class ExportedRecord(Answer):
    """A subject, document or event of the file. What its label does not have is null or empty."""

    id: str
    label: str
    kind: str
    roles: list[str]
    attributes: list[ExportedAttribute]
    identifiers: list[ExportedIdentifier]
    title: str | None
    written: str | None
    digest: str | None
    location: str | None
    description: str | None
    starts: str | None
    ends: str | None
    latitude: float | None
    longitude: float | None
    duration: int | None
    amount: str | None

    @property
    def name(self) -> str:
        """Of a subject the smallest visible name, or alias; otherwise the title, what happened, or the kind."""
        names = (one.value for kind in ("name", "alias") for one in self.attributes if one.kind == kind)
        return next(names, None) or self.title or self.description or self.kind


class ExportedLink(Answer):
    """A visible assertion between two records of the file. ``detail``: role, kind or basis."""

    id: str
    type: str
    start: str
    end: str
    detail: str | None
    valid_from: str | None
    valid_to: str | None


class CaseExport(Answer):
    """Records: subjects, documents, events, by id among themselves; links by id."""

    case: CaseCard
    records: list[ExportedRecord]
    links: list[ExportedLink]
    scope: str = WITHIN
