"""The followthemoney vocabulary (followthemoney 4), as far as its entities become our records and back.

An entity is ``{"id", "schema", "properties": {name: [text, ...]}}``. Only names of schemata and properties are used, so
the library, which needs a compiler for ICU, is not. What a schema has no property for travels in ``notes`` as
``[kind] value``, and is read back from there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote

from icmgraph.model.identifiers import IdentifierKind
from icmgraph.model.records import SubjectKind

CASE_KEYWORD = "icmgraph case"
"""Keyword of the Project that stands for an exported case; an import passes over it."""

SUBJECTS: Mapping[str, SubjectKind] = {
    "Person": SubjectKind.PERSON,
    "LegalEntity": SubjectKind.ORGANIZATION,
    "Organization": SubjectKind.ORGANIZATION,
    "Company": SubjectKind.ORGANIZATION,
    "PublicBody": SubjectKind.ORGANIZATION,
    "Vehicle": SubjectKind.VEHICLE,
    "Vessel": SubjectKind.VESSEL,
    "Airplane": SubjectKind.AIRCRAFT,
    "BankAccount": SubjectKind.ACCOUNT,
    "CryptoWallet": SubjectKind.ACCOUNT,
    "UserAccount": SubjectKind.ACCOUNT,
    "Address": SubjectKind.PLACE,
    "RealEstate": SubjectKind.PLACE,
    "Territory": SubjectKind.PLACE,
    "Asset": SubjectKind.THING,
    "Security": SubjectKind.THING,
    "Contract": SubjectKind.THING,
    "License": SubjectKind.THING,
    "CourtCase": SubjectKind.THING,
    "Project": SubjectKind.THING,
    "Position": SubjectKind.THING,
}
"""Schemata that become subjects."""

DOCUMENTS = frozenset(
    {
        "Document", "Article", "Audio", "Email", "Folder", "HyperText", "Image", "Note", "Package", "Pages",
        "PlainText", "Table", "Video", "Workbook",
    }
)  # fmt: skip

EVENTS: Mapping[str, str] = {
    "Event": "event", "Trip": "trip", "Call": "call", "Message": "message", "Payment": "transfer",
}  # fmt: skip
"""Schemata that become events, and their kind."""

PARTIES: Mapping[str, str] = {
    "involved": "involved", "organizer": "organizer", "caller": "caller", "receiver": "called", "sender": "sender",
    "recipients": "recipient", "payer": "payer", "beneficiary": "payee", "vehicle": "vehicle",
}  # fmt: skip
"""Properties of events that name who takes part, and the role."""

EDGES: Mapping[str, tuple[str, str, str]] = {
    # schema: (property of the start, of the end, kind of the link unless the entity says one)
    "Ownership": ("owner", "asset", "owns"),
    "Directorship": ("director", "organization", "directs"),
    "Membership": ("member", "organization", "member of"),
    "Employment": ("employee", "employer", "employed by"),
    "Family": ("person", "relative", "family"),
    "Associate": ("person", "associate", "associates"),
    "Representation": ("agent", "client", "represents"),
    "UnknownLink": ("subject", "object", "linked"),
    "Debt": ("debtor", "creditor", "owes"),
    "Occupancy": ("holder", "post", "holds post"),
    "Succession": ("predecessor", "successor", "succeeded by"),
    "ProjectParticipant": ("participant", "project", "takes part in"),
    "CourtCaseParty": ("party", "case", "party to"),
}
SAID_KIND = ("relationship", "role")
"""Properties of an edge that say its kind."""

REFERENCES: Mapping[str, str] = {
    "addressEntity": "address", "parent": "part of", "owner": "owned by", "operator": "operated by",
    "holder": "held by", "bank": "held at",
}  # fmt: skip
"""Properties of subjects that name another entity, and the kind of the link they become."""

DOCUMENTATION = ("document", "entity")
"""Properties of a Documentation: the document, and what it mentions."""
IDENTIFICATION = frozenset({"Identification", "Passport"})
"""Schemata that give ``holder`` a document number."""

IDENTIFIERS: Mapping[str, IdentifierKind] = {
    "phone": IdentifierKind.PHONE,
    "email": IdentifierKind.EMAIL,
    "website": IdentifierKind.URL,
    "ipAddress": IdentifierKind.IP,
    "username": IdentifierKind.HANDLE,
    "accountNumber": IdentifierKind.ACCOUNT,
    "iban": IdentifierKind.ACCOUNT,
    "publicKey": IdentifierKind.WALLET,
    "cryptoAddress": IdentifierKind.WALLET,
    "address": IdentifierKind.ADDRESS,
    "full": IdentifierKind.ADDRESS,
    "imoNumber": IdentifierKind.OTHER,
    "mmsi": IdentifierKind.OTHER,
    "callSign": IdentifierKind.OTHER,
    **dict.fromkeys(
        (
            "idNumber", "passportNumber", "socialSecurityNumber", "registrationNumber", "taxNumber", "vatCode",
            "licenseNumber", "innCode", "ogrnCode", "okpoCode", "leiCode", "dunsCode", "swiftBic", "bic",
            "cadastralCode", "titleNumber", "isinCode", "uniqueEntityId", "npiCode", "uscCode",
        ),
        IdentifierKind.DOCUMENT,
    ),
}  # fmt: skip
"""Properties that become identifiers. A registration number of something that drives, sails or flies is its plate."""
PLATED = frozenset({"Vehicle", "Vessel", "Airplane"})

NAMES: Mapping[str, str] = {
    "name": "name", "alias": "alias", "previousName": "alias", "weakAlias": "alias", "abbreviation": "alias",
}  # fmt: skip

IGNORED = frozenset(
    {
        "indexText", "namesMentioned", "createdAt", "modifiedAt", "retrievedAt", "proof", "ancestors", "bodyText",
        "bodyHtml", "translatedText", "headers", "metadata", "processingStatus", "processingError",
        "processingAgent", "processedAt", "riskSource", "password", "privateKey",
    }
)  # fmt: skip
"""Properties about the data and not about the thing, texts of whole documents, and secrets: passed over."""

SCHEMA_OF: Mapping[SubjectKind, str] = {
    SubjectKind.PERSON: "Person",
    SubjectKind.ORGANIZATION: "Organization",
    SubjectKind.VEHICLE: "Vehicle",
    SubjectKind.VESSEL: "Vessel",
    SubjectKind.AIRCRAFT: "Airplane",
    SubjectKind.ACCOUNT: "BankAccount",
    SubjectKind.PLACE: "Address",
    SubjectKind.THING: "Asset",
}
LEGAL = frozenset({"Person", "Organization"})
"""Of these, the LegalEntities: what may own, direct, and take part in an Event."""

_PERSON = ("title", "firstName", "middleName", "lastName", "birthDate", "deathDate", "birthPlace", "position",
           "profession", "religion", "eyeColor", "hairColor", "appearance", "ethnicity", "education")  # fmt: skip
_VEHICLE = ("type", "model")
WRITTEN: Mapping[str, frozenset[str]] = {
    "Person": frozenset({"name", "alias", "description", *_PERSON}),
    "Organization": frozenset({"name", "alias", "description", "legalForm", "status", "sector"}),
    **dict.fromkeys(PLATED, frozenset({"name", "alias", "description", *_VEHICLE})),
    "BankAccount": frozenset({"name", "alias", "description", "bankName", "accountType"}),
    "Address": frozenset({"name", "alias", "description", "remarks", "city", "street", "state", "region"}),
    "Asset": frozenset({"name", "alias", "description"}),
}
"""Properties of free text (and dates that we checked) that a schema has: attributes are written to them. A property
whose values followthemoney would clean (a country, a gender) is not among them: our value might not survive."""

_NOTE = re.compile(r"\[([^\[\]\n]{1,400})\] (.*)", re.DOTALL)


def note(kind: str, value: str) -> str:
    """``[kind] value``, with brackets and percent signs in the kind escaped."""
    for sign in "%[]\n":
        kind = kind.replace(sign, f"%{ord(sign):02X}")
    return f"[{kind}] {value}"


def noted(text: str) -> tuple[str, str] | None:
    """Kind and value of such a note; None for any other text."""
    match = _NOTE.fullmatch(text)
    return (unquote(match[1]), match[2]) if match else None


def snake(property: str) -> str:
    """``birthDate`` as the attribute's kind: ``birth_date``."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", property).lower()


def camel(kind: str) -> str:
    head, *rest = kind.split("_")
    return head + "".join(word[:1].upper() + word[1:] for word in rest)
