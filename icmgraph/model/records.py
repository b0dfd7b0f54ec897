"""Records and relationships of the graph as values: kinds, labels, what a caller may assert.

Pydantic, strict, no I/O. The input classes here are what the writer takes; the API's bodies and the
imports are made of them. Names are those of docs/concepts.md.
"""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from icmgraph.model.identifiers import IdentifierKind


def _printable(text: str) -> str:
    # isprintable first: it is true for most texts, and forty times faster than looking at each character.
    if not text.isprintable() and any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t" for c in text):
        raise ValueError("control characters are not text")
    return text


Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4096), AfterValidator(_printable)
]
"""Text somebody wrote, without control characters."""
Word = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), AfterValidator(_printable)
]
"""A term of an open list: a role, a kind, a category."""
UUID4 = r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
Id = Annotated[str, StringConstraints(pattern=UUID4)]
"""A UUIDv4, lower case."""


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("is beyond the years 1 to 9999 in UTC") from None


Moment = Annotated[AwareDatetime, Field(strict=False), AfterValidator(_in_utc)]
"""A time with its offset, kept in UTC: Neo4j refuses offsets over 18 hours, and moments that UTC cannot say."""
LARGEST_INTEGER = 2**53 - 1
"""Beyond it JSON readers round, and soon after Neo4j has no integers."""


class Value(BaseModel):
    """Base of all input values: frozen, nothing unknown, no coercion.

    Enumerations and dates are accepted as their text too, since JSON has nothing else.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class CaseKind(StrEnum):
    CRIMINAL = "criminal"
    CIVIL = "civil"


class CaseStatus(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class SubjectKind(StrEnum):
    PERSON = "Person"
    ORGANIZATION = "Organization"
    VEHICLE = "Vehicle"
    VESSEL = "Vessel"
    AIRCRAFT = "Aircraft"
    ACCOUNT = "Account"
    PLACE = "Place"
    THING = "Thing"


class DisclosureMode(StrEnum):
    """What the other side of a match learns (strictest last)."""

    OPEN = "open"
    BROKERED = "brokered"
    SILENT = "silent"


class Function(StrEnum):
    """What a person may do; never what they may see."""

    READ = "read"
    WRITE = "write"
    APPROVE = "approve"
    DECONFLICT = "deconflict"
    AUDIT = "audit"
    ADMINISTER = "administer"


class UserClass(StrEnum):
    AGENT = "agent"
    ANALYST = "analyst"
    TASK_FORCE = "task_force"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"
    DISPATCHER = "dispatcher"
    ATTORNEY = "attorney"
    SERVICE = "service"
    ADMINISTRATOR = "administrator"


FUNCTIONS: dict[UserClass, frozenset[Function]] = {
    UserClass.AGENT: frozenset({Function.READ, Function.WRITE, Function.DECONFLICT}),
    UserClass.ANALYST: frozenset({Function.READ}),
    UserClass.TASK_FORCE: frozenset({Function.READ, Function.WRITE, Function.DECONFLICT}),
    UserClass.SUPERVISOR: frozenset({Function.READ, Function.WRITE, Function.APPROVE, Function.DECONFLICT}),
    UserClass.AUDITOR: frozenset({Function.READ, Function.AUDIT}),
    # A dispatcher's narrow look-ups run under the named officer's scope; reading at large is not theirs.
    UserClass.DISPATCHER: frozenset(),
    UserClass.ATTORNEY: frozenset({Function.READ}),
    UserClass.SERVICE: frozenset({Function.READ}),
    UserClass.ADMINISTRATOR: frozenset({Function.ADMINISTER}),
}
"""Functions each user class gives."""

NO_SIGHT: frozenset[UserClass] = frozenset(
    {
        UserClass.TASK_FORCE,
        UserClass.AUDITOR,
        UserClass.DISPATCHER,
        UserClass.ATTORNEY,
        UserClass.SERVICE,
        UserClass.ADMINISTRATOR,
    }
)
"""Classes whose membership in a unit never gives sight: they see what they are assigned to."""

RECORD_LABELS: tuple[str, ...] = ("Case", "Subject", "Attribute", "Document", "Event", "Entry", "NameKey")
"""Node labels that carry access."""

MEMBERSHIPS = frozenset({"SUBJECT_OF", "FILED_IN", "PART_OF"})
"""A record stands in a case's file; the case at its end asserts it."""

AS_ATTRIBUTE = frozenset({"HAS_ATTRIBUTE", "KEY_OF"})
"""They carry exactly the label of the Attribute in which they end."""

RELATIONSHIP_TYPES: tuple[str, ...] = (
    "SUBJECT_OF",
    "FILED_IN",
    "PART_OF",
    "MENTIONS",
    "INVOLVED_IN",
    "HAS_ATTRIBUTE",
    "KEY_OF",
    "HAS_IDENTIFIER",
    "ABOUT",
    "AT",
    "LINKED_TO",
    "SAME_AS",
    "RELATED_TO",
)
"""Relationship types that carry access."""

WALKED: tuple[str, ...] = ("HAS_IDENTIFIER", "LINKED_TO", "SAME_AS", "INVOLVED_IN", "SUBJECT_OF")
"""Types that expand and paths walk unless the question names others."""

WALKABLE: tuple[str, ...] = (*WALKED, "FILED_IN", "PART_OF", "MENTIONS", "AT", "RELATED_TO")
"""Types a question may name."""

Confidence = Literal["low", "medium", "high"]


class Assertion(Value):
    """What any assertion may say of itself.

    Attributes:
        caveats: ids of caveats to add; the caller must be on each list.
        source: id of a document the caller sees, the evidence.
    """

    caveats: tuple[Id, ...] = ()
    source: Id | None = None
    confidence: Confidence | None = None


class AttributeInput(Assertion):
    """One value about a subject. ``birth_date`` may be partial (``1980``, ``1980-05``)."""

    kind: Word
    value: Text


class IdentifierInput(Assertion):
    """A value that can be shared. ``region``: two letters, for phones; ``postcode``: for addresses."""

    kind: Annotated[IdentifierKind, Field(strict=False)]
    value: Text
    region: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] | None = None
    postcode: Word | None = None


class SubjectInput(Assertion):
    """What one case knows of somebody or something."""

    kind: Annotated[SubjectKind, Field(strict=False)]
    role: Word = "associate"
    attributes: tuple[AttributeInput, ...] = ()
    identifiers: tuple[IdentifierInput, ...] = ()


class DocumentInput(Assertion):
    """Metadata of a document; its bytes are elsewhere.

    Attributes:
        digest: SHA-256 of the bytes, hex.
        location: where the bytes are.
        mentions: subjects of the case, by id, or identifiers.
    """

    kind: Word
    title: Text
    written: Annotated[date, Field(strict=False)] | None = None
    digest: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None
    location: Text | None = None
    mentions: tuple[Id, ...] = ()
    mentions_identifiers: tuple[IdentifierInput, ...] = ()


class Involvement(Value):
    subject: Id
    role: Word


class EventInput(Assertion):
    """Incident, meeting, seizure, call, transfer ...: when (interval), where, who.

    Attributes:
        duration: seconds.
        amount: text such as ``1200.00 USD``, for transfers.
        address: where, as an address identifier.
    """

    kind: Word
    description: Text | None = None
    starts: Moment | None = None
    ends: Moment | None = None
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    duration: Annotated[int, Field(ge=0, le=LARGEST_INTEGER)] | None = None
    amount: Word | None = None
    address: IdentifierInput | None = None
    involved: tuple[Involvement, ...] = ()

    @model_validator(mode="after")
    def _ordered(self) -> EventInput:
        if self.starts is not None and self.ends is not None and self.ends < self.starts:
            raise ValueError("ends before it starts")
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("latitude and longitude come together")
        if self.address is not None and self.address.kind is not IdentifierKind.ADDRESS:
            raise ValueError("the place of an event is an identifier of kind address")
        return self


class CaseInput(Value):
    """A case to open. Its number is given, never counted.

    Attributes:
        unit: id of the unit it belongs to; the opener must be a member.
        open_to_unit: open it to that unit; otherwise it is open to nobody.
        receipt: the number of a check's receipt, or
        override: the reason for opening without a check.
    """

    number: Word
    title: Text
    kind: Annotated[CaseKind, Field(strict=False)] = CaseKind.CRIMINAL
    category: Word | None = None
    unit: Id
    open_to_unit: bool = False
    caveats: tuple[Id, ...] = ()
    receipt: Text | None = None
    override: Text | None = None

    @model_validator(mode="after")
    def _one_of(self) -> CaseInput:
        if self.receipt is not None and self.override is not None:
            raise ValueError("give a receipt or an override, not both")
        return self


class CaseChange(Value):
    """A change of a case's own properties; what is not given stays.

    ``disclosure`` is set by a leader of the case's unit or above; ``silent`` needs ``disclosure_until``.
    """

    title: Text | None = None
    category: Word | None = None
    disclosure: Annotated[DisclosureMode, Field(strict=False)] | None = None
    disclosure_until: Moment | None = None

    @model_validator(mode="after")
    def _dated(self) -> CaseChange:
        if "title" in self.model_fields_set and self.title is None:
            raise ValueError("a case keeps a title")
        _check_disclosure(self.model_fields_set, self.disclosure, self.disclosure_until)
        return self


class AssignmentInput(Value):
    """A dated assignment of a person to a case. ``agent``: becomes the case agent."""

    user: Id
    functions: tuple[Literal["read", "write"], ...] = ("read",)
    agent: bool = False
    starts: Moment | None = None
    ends: Moment | None = None


class LinkInput(Assertion):
    """A relationship within one case, named by its ends.

    ``LINKED_TO`` subject to subject (kind); ``INVOLVED_IN`` subject to event (kind = role);
    ``MENTIONS`` document to subject; ``RELATED_TO`` case to case (kind, reason), across cases.
    """

    type: Literal["LINKED_TO", "INVOLVED_IN", "MENTIONS", "RELATED_TO"]
    start: Id
    end: Id
    kind: Word
    reason: Text | None = None
    other_case: Id | None = None
    """For an end that does not stand in the case worked in: a case in whose file the caller sees it."""
    valid_from: Annotated[date, Field(strict=False)] | None = None
    valid_to: Annotated[date, Field(strict=False)] | None = None


class SameAsInput(Assertion):
    """Two subject records are the same; the cross-case link.

    Attributes:
        case: the case worked in (write needed).
        start, end: the two records.
        other_case: a case in whose file the caller sees the end that does not stand in ``case``.
        basis: why.
    """

    case: Id
    start: Id
    end: Id
    other_case: Id
    basis: Text


class ShareInput(Value):
    """A record shared with another case.

    Attributes:
        case: the case worked in, which asserts the record (write needed).
        share_with: the other case; the caller must see it.
        assertions: ids of attributes and relationships to share with it, or ``all`` that ``case`` alone asserts and
            the caller sees. What is not named stays with ``case``.
        role: of a subject in the other case.
    """

    case: Id
    share_with: Id
    assertions: tuple[Id, ...] | Literal["all"]
    role: Word = "associate"


class CaveatInput(Value):
    """A caveat put on a record, an assertion or a whole case; the caller must be on its list."""

    case: Id
    caveat: Id


class SubjectChange(Value):
    """Values to add to a subject, in the case worked in. Correcting a value: end it and add another.

    ``disclosure``: the record's own mode, set by a leader of the unit of the case that asserts it.
    """

    case: Id
    attributes: tuple[AttributeInput, ...] = ()
    identifiers: tuple[IdentifierInput, ...] = ()
    disclosure: Annotated[DisclosureMode, Field(strict=False)] | None = None
    disclosure_until: Moment | None = None

    @model_validator(mode="after")
    def _dated(self) -> SubjectChange:
        _check_disclosure(self.model_fields_set, self.disclosure, self.disclosure_until)
        return self


class DocumentChange(Value):
    """Corrections of a document; what is not given stays, null removes."""

    case: Id
    title: Text | None = None
    written: Annotated[date, Field(strict=False)] | None = None
    location: Text | None = None

    @model_validator(mode="after")
    def _titled(self) -> DocumentChange:
        if "title" in self.model_fields_set and self.title is None:
            raise ValueError("a document keeps a title")
        return self


class EventChange(Value):
    """Corrections of an event; what is not given stays, null removes."""

    case: Id
    description: Text | None = None
    starts: Moment | None = None
    ends: Moment | None = None
    amount: Word | None = None


def _check_disclosure(given: set[str], mode: DisclosureMode | None, until: datetime | None) -> None:
    if "disclosure" in given and mode is None:
        raise ValueError("disclosure is open, brokered or silent; it is never removed")
    if mode is DisclosureMode.SILENT and until is None:
        raise ValueError("silent needs disclosure_until, the date it ends")
    if "disclosure_until" in given and mode is None:
        raise ValueError("disclosure_until comes with disclosure")


def utc_text(moment: datetime) -> str:
    """RFC 3339 in UTC, milliseconds, ``Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
