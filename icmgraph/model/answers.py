"""What leaves the queries: values of what one person gets. Times are RFC 3339 text, UTC.

Nothing here names a label, an expression or an asserting case.
"""

from __future__ import annotations

from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

WITHIN = "This answer holds within what you may see; there may be more."
"""The constant sentence of every answer built from the graph."""

COVERAGE = (
    "The whole index was searched. No pointer given does not mean that nobody else works on it: "
    "some holders do not disclose, and records entered later are not covered."
)
"""The constant sentence of every check's answer and receipt."""

T = TypeVar("T")


class Answer(BaseModel):
    """Base of all answers: frozen, nothing unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Page(Answer, Generic[T]):
    """One page of a keyset-ordered list. ``next`` is the cursor of the page after, if any."""

    items: list[T]
    next: str | None = None
    truncated: bool = False
    scope: str = WITHIN


class Evidence(Answer):
    """What stands behind an assertion, as far as it may be seen.

    ``source``: id of the document, when visible. ``asserted_by``, ``originator``, ``hold``,
    ``retention_class``: only to one who holds the asserting case; otherwise null, as if unset.
    """

    source: str | None = None
    confidence: str | None = None
    asserted_at: str | None = None
    asserted_by: str | None = None
    originator: str | None = None
    hold: str | None = None
    retention_class: str | None = None


class CaseCard(Answer):
    id: str
    number: str
    title: str
    kind: str
    category: str | None
    status: str
    opened: str
    closed: str | None
    disclosure: str | None
    disclosure_until: str | None


class CaseAnswer(CaseCard):
    """One case, as the answer to a question of its own."""

    scope: str = WITHIN


class FileItem(Answer):
    """One line of a case file: a subject (with its role), document or event."""

    id: str
    label: str
    kind: str
    name: str | None
    role: str | None


class CaseOfSubject(Answer):
    id: str
    number: str
    title: str
    role: str | None


class AttributeValue(Answer):
    id: str
    kind: str
    value: str
    evidence: Evidence


class IdentifierValue(Answer):
    """``id``: the assertion, which can be ended. ``identifier``: the public id of the shared value."""

    id: str
    identifier: str
    kind: str
    value: str
    as_written: str
    evidence: Evidence


class SubjectCard(Answer):
    """A subject with the evidence for each value. ``name`` is computed from the visible names."""

    id: str
    kind: str
    name: str | None
    disclosure: str | None = None
    cases: list[CaseOfSubject]
    attributes: list[AttributeValue]
    identifiers: list[IdentifierValue]
    scope: str = WITHIN


class DocumentCard(Answer):
    id: str
    kind: str
    title: str
    written: str | None
    digest: str | None
    location: str | None
    cases: list[CaseOfSubject]
    evidence: Evidence
    scope: str = WITHIN


class EventCard(Answer):
    id: str
    kind: str
    description: str | None
    starts: str | None
    ends: str | None
    latitude: float | None
    longitude: float | None
    duration: int | None
    amount: str | None
    addresses: list[str]
    cases: list[CaseOfSubject]
    evidence: Evidence
    scope: str = WITHIN


class Hit(Answer):
    """A subject found by an identifier.

    Found by a name (in a check): ``identifier`` is the attribute's id, ``identifier_kind`` its kind (name, alias).
    By a planned operation: an event, ``name`` its description, ``identifier`` its id, ``value`` when it starts.
    """

    id: str
    kind: str
    name: str | None
    identifier: str
    identifier_kind: str
    value: str


class NameHit(Answer):
    """A subject found by a name like the one asked for: by the one of its names that is most like it.

    ``value``: that name; ``attribute``: its id, ``attribute_kind``: name or alias. ``name``: the display name.
    ``score``: 0 to 1; ``reason``: what it is made of, in words.
    """

    id: str
    kind: str
    name: str
    attribute: str
    attribute_kind: str
    value: str
    score: float
    reason: str


class Node(Answer):
    """A node of a picture or path. ``label``: Case, Subject, Document, Event or Identifier."""

    id: str
    label: str
    kind: str
    name: str


class Link(Answer):
    """A visible assertion between two nodes. ``detail``: role, kind or basis, as the type has it."""

    id: str
    type: str
    start: str
    end: str
    detail: str | None = None
    source: str | None = None
    confidence: str | None = None


class Subgraph(Answer):
    """Nodes and the assertions between them, in canonical order (nodes and links by id).

    Attributes:
        start: ids of what was asked for.
        hubs: ids of nodes with more visible relationships than ``hub_degree``: shown, not walked through.
        truncated: more is visible than was returned.
    """

    start: list[str]
    nodes: list[Node]
    links: list[Link]
    hubs: list[str] = []
    hub_degree: int
    truncated: bool = False
    scope: str = WITHIN


class Step(Answer):
    """One step of a path: ``links`` are the ids of all visible assertions behind it."""

    start: str
    end: str
    links: list[str]


class Path(Answer):
    steps: list[Step]


class Paths(Answer):
    """All shortest paths between two records, in canonical order.

    Attributes:
        length: counts relationships (a shared phone is 2); None when no path within the bound was found.
        hubs: nodes between the two that have more visible relationships than ``hub_degree`` and so were not walked
            through, though a path through one of them would be no longer than the answer (or the bound).
        truncated: there are more paths of this length, or the search met its limit before an answer.
    """

    length: int | None
    paths: list[Path]
    nodes: list[Node]
    links: list[Link]
    hubs: list[Node] = []
    hub_degree: int
    truncated: bool = False
    scope: str = WITHIN


class CaseName(Answer):
    id: str
    number: str
    title: str


class Side(Answer):
    """One case's part in a reason: its id, and the records of its file that the reason joins."""

    case: str
    records: list[Node]


class Reason(Answer):
    """One thing that case files have in common.

    Attributes:
        kind: record (it stands in both files), same_as, related_to, involved_in, mentions, identifier, or name.
        possible: nothing but equal names: perhaps two people.
        node: the shared record or identifier, or the name (label ``Name``); null for an assertion between the sides.
        sides: by case.
        evidence: every visible assertion behind it, by id. For a name the attribute, as a HAS_ATTRIBUTE ending in it.
    """

    kind: str
    possible: bool = False
    node: Node | None = None
    sides: list[Side]
    evidence: list[Link]


class Comparison(Answer):
    """What cases have in common, strongest kind first.

    Attributes:
        hubs: identifiers and names that would be reasons if they did not stand beside so many visible records.
        truncated: there are more reasons, or a file is larger than what is looked at.
    """

    cases: list[CaseName]
    reasons: list[Reason]
    hubs: list[Node] = []
    truncated: bool = False
    scope: str = WITHIN


class ConnectedCase(CaseName):
    """A case, and the first reasons why it is connected; ``count``: of all of them."""

    count: int
    reasons: list[Reason]


class Connected(Page[ConnectedCase]):
    """The cases connected to one, strongest first.

    Attributes:
        hubs: identifiers and names of its file beside so many visible records that they were not followed.
        partial: the file, or what it leads to, is larger than what is looked at.
    """

    hubs: list[Node] = []
    partial: bool = False


class Told(Answer):
    """What an entry quotes.

    ``what``: former (values that a change replaced), the type of what was ended (Subject, HAS_IDENTIFIER ...), or
    assignment, openness, override, import. ``said``: by the properties' names; what may not be seen is left out.
    """

    what: str
    said: dict[str, Any]


class HistoryEntry(Answer):
    """One act. ``by``: who did it, only to one who holds the cases it tells about. ``about``: records still there."""

    id: str
    act: str
    at: str
    by: str | None
    by_name: str | None
    about: list[Node]
    told: list[Told]


class AssignmentCard(Answer):
    id: str
    user: str
    name: str
    functions: list[str]
    agent: bool
    starts: str | None
    ends: str | None


class OpeningReceipt(Answer):
    """The receipt of a check that opened a case: whose (``by``, an id), what class it is of, and from when."""

    receipt: str
    by: str
    name: str
    result: str
    at: str
    expires: str


class OpeningReceipts(Answer):
    """The receipts a case was opened with: none if with an override, several if others were merged into it."""

    case: str
    receipts: list[OpeningReceipt]
    coverage: str = COVERAGE


class Pointer(Answer):
    """What the asker learns of somebody else's match, and all of it.

    ``selector``: position of the selector in the question, from 0. ``tier``: exact, strong, possible or weak.
    ``safety``: one fixed officer-safety code, only when its owner released it.
    """

    selector: int
    tier: str
    contact: str
    safety: str | None = None


class CheckAnswer(Answer):
    """The answer of a check, and its receipt. ``result``: "pointers given" or "no pointer given".

    ``reference``: the random word a holder is told, and will quote when they call; the receipt's number is not told.
    ``records``: what the asker may see anyway, and never a pointer; ``truncated``: more of them are visible.
    ``signed``: the receipt as a JWS, for those who have the office's public key and not its server.
    """

    receipt: str
    reference: str
    result: str
    pointers: list[Pointer]
    records: list[Hit]
    truncated: bool = False
    asked: list[str]
    """Keyed digests of the selectors, in the question's order."""
    at: str
    expires: str
    signed: str
    coverage: str = COVERAGE
    scope: str = WITHIN


class BulkCheckAnswer(CheckAnswer):
    """The answer of a bulk check. ``firsts``: the number of each row's first selector, which go on from row to row."""

    firsts: list[int]


class Registered(CheckAnswer):
    """A check that stays. ``registration``: its id; ``stands_until``: when it is no longer matched (RFC 3339)."""

    registration: str
    stands_until: str


class Sought(Answer):
    """One selector of a registration, as its owner wrote it, or of a case file: of an event its beginning.

    ``birth_date``: or year, of a name.
    """

    kind: str
    value: str
    birth_date: str | None = None


class PlannedCard(Answer):
    """A planned operation, as its owner wrote it."""

    address: str | None
    postcode: str | None
    latitude: float | None
    longitude: float | None
    radius: int
    starts: str
    ends: str | None
    before: int
    after: int
    every: str | None
    times: int | None


class CaseCheckAnswer(CheckAnswer):
    """The answer of a check of a case's file. ``selectors``: what was asked, in the order of their numbers.

    ``records`` is empty: what one sees of others' files is compared with ``/v1/cases/{id}/connected``. A repeat of the
    request lists no selectors if the file was changed since.
    """

    case: str
    selectors: list[Sought]


class CaseRegistered(CaseCheckAnswer, Registered):
    """A check of a case's file that is made again each day, until ``stands_until``."""


class RegistrationCard(Answer):
    """A registration as its owner reads it.

    ``stands``: it is matched now; one that has expired is registered anew, which checks again. ``case``: of a standing
    match report, the case whose file is checked each day; ``reported``: when it was checked last.
    """

    id: str
    mode: str
    at: str
    stands_until: str
    stands: bool
    reason: str
    reference: str | None
    selectors: list[Sought]
    event: PlannedCard | None
    case: str | None = None
    reported: str | None = None


class Receipt(Answer):
    """A receipt as its owner reads it again: constant. ``case``: the case it was attached to; ``signed``: as a JWS."""

    receipt: str
    reference: str
    result: str
    pointers: list[Pointer]
    asked: list[str]
    at: str
    expires: str
    signed: str
    case: str | None
    coverage: str = COVERAGE


class Jwks(Answer):
    """A JSON Web Key Set (RFC 7517)."""

    keys: list[dict[str, str]]


class NoticeCard(Answer):
    """A line of an inbox. ``body`` depends on ``kind``: match, override, assignment ..."""

    id: str
    kind: str
    at: str
    acknowledged: str | None
    body: dict[str, Any]


class ConflictMatch(Answer):
    """Over which kind of selector the sides met, with the best tier."""

    selector: str
    tier: str


class MapPoint(Answer):
    """A position of GeoJSON: longitude, then latitude, degrees (WGS 84)."""

    type: Literal["Point"] = "Point"
    coordinates: tuple[float, float]


class MapConflict(Answer):
    """A conflict of one's own over a planned operation: what the other side's mode lets one know of it."""

    id: str
    contact: str
    matches: list[ConflictMatch]


class MapProperties(Answer):
    """``event``: the operation as its owner wrote it; ``radius`` in it is of the circle around the point, metres."""

    mode: str
    stands_until: str
    reference: str | None
    event: PlannedCard
    conflicts: list[MapConflict]


class MapFeature(Answer):
    """One planned operation; ``id``: of its registration. ``geometry`` is null if it has an address alone."""

    type: Literal["Feature"] = "Feature"
    id: str
    geometry: MapPoint | None
    properties: MapProperties


class OperationsMap(Answer):
    """GeoJSON (RFC 7946) of one's own planned operations that stand. ``truncated``: there are more."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[MapFeature]
    truncated: bool


class ConflictCard(Answer):
    """One side's part of a conflict.

    ``registration``, ``cases``: one's own that met the other. ``contact``: whom to call. ``their_state``,
    ``their_proposal``: ``new`` and null too if the other does not know of it. ``hidden``: it does not, as this side is
    brokered or silent. ``leader``: one is asked as the leader of this side. ``follow_up``: when an override is to be
    accounted for.
    """

    id: str
    at: str
    state: str
    registration: str | None
    cases: list[str]
    contact: str
    matches: list[ConflictMatch]
    proposal: str | None
    their_state: str
    their_proposal: str | None
    outcome: str | None
    hidden: bool
    leader: bool
    follow_up: str | None


class ConflictMessage(Answer):
    """A line of a conflict's thread. ``by``: ``us`` or ``them``; ``kind``: ``said``, or the step that was taken."""

    at: str
    by: str
    kind: str
    text: str | None


class ConflictThread(Answer):
    """One side's part, and what was said, oldest first."""

    conflict: ConflictCard
    messages: list[ConflictMessage]


class Silence(Answer):
    """Something that is silent, for auditors. ``kind``: case, subject or registration, with its ``id``.

    ``whose``: of a registration. ``by``: who set it, null if it came so with an import; ``at``: when. ``until``: when
    it ends or ended; ``stands``: it is in force.
    """

    kind: str
    id: str
    whose: str | None
    by: str | None
    at: str | None
    until: str
    stands: bool


class SilenceToReview(Answer):
    """Something silent by a leader's leave, whose date comes or came.

    ``name``: a case's title, or whose registration it is. ``stands``: it is in force still; else it ended by itself.
    """

    kind: str
    id: str
    name: str | None
    until: str
    stands: bool


class MatterSide(Answer):
    """A side of a matter, as the desk is shown it. ``mode``: open, brokered or silent."""

    contact: str
    mode: str


class MatterLine(Answer):
    """What was done about a matter. ``by``: the person's id; ``side``: of an ``ask``, whom."""

    at: str
    by: str
    step: str
    side: str | None = None
    text: str | None = None


class MatterCard(Answer):
    """Two who met, of whom one is shown the desk in place of the other.

    ``reference``: of who asked; a caller who was told it quotes it. ``state``: new, asked, revealed or declined.
    """

    id: str
    at: str
    state: str
    reference: str | None
    asking: MatterSide
    holding: MatterSide
    matches: list[ConflictMatch]
    lines: list[MatterLine]


class Act(Answer):
    """What somebody did, as the audit has it: an intent and its outcome.

    ``who``: id of the person, or ``operator``. ``parameters``: what it was asked for; selectors, names and a check's
    reason read ``{"erased": true}`` once they are. ``records``: ids that left with the answer. ``result``, ``ended``:
    null while it is open. ``recovered``: its process died, and the outcome was found out afterwards.
    """

    seq: int
    id: str
    who: str
    action: str
    kind: str
    at: str
    parameters: dict[str, Any]
    result: str | None
    records: list[str]
    ended: str | None
    recovered: bool


class Repeated(Answer):
    """What was done often enough.

    ``value``: the id of a person or record, ``operator``, or an action. ``count``: of acts, or of the persons who met a
    record; of stretches of equal count the newest. ``first``, ``last``: of what is counted (RFC 3339).
    """

    value: str
    count: int
    first: str
    last: str


class ReportCard(Answer):
    """A question that an auditor keeps: a ``search`` or a ``pattern``, as it was saved."""

    id: str
    name: str
    at: str
    search: dict[str, Any] | None = None
    pattern: dict[str, Any] | None = None


class ReportAnswer(Answer):
    """What a report found: ``acts`` of a search, of which ``next`` leads on, or what a pattern found ``repeated``."""

    acts: list[Act] = []
    repeated: list[Repeated] = []
    next: str | None = None
    truncated: bool = False
    scope: str


class Checkpoint(Answer):
    """``note``: size and root of the audit's tree at that time, signed (a C2SP signed note)."""

    size: int
    note: str


class Checkpoints(Answer):
    """``key``: with which others verify them (``icmgraph audit key``)."""

    key: str
    items: list[Checkpoint]
    next: str | None = None


class Me(Answer):
    """The person who asks: own grants only."""

    id: str
    name: str
    user_class: str
    functions: list[str]
    contact: str
    units: list[dict[str, str]]


class Created(Answer):
    """Ids of what was written, in the order of the request."""

    id: str
    records: list[str] = []


class Ground(Answer):
    """How one holds a case: by an own ``assignment``, by ``leading`` its unit or one above, or by its ``openness`` to a
    unit that one has sight of. ``starts``, ``ends``: of the grant; openness has no dates.
    """

    by: Literal["assignment", "leading", "openness"]
    unit: str | None = None
    unit_name: str | None = None
    functions: list[str] = []
    agent: bool = False
    starts: str | None = None
    ends: str | None = None


class HeldCase(Answer):
    """A case that one holds. ``number`` and ``title`` are null if one does not see the case itself."""

    id: str
    number: str | None
    title: str | None
    grounds: list[Ground]


class HeldCaveat(Answer):
    """A caveat whose list one is on."""

    id: str
    name: str
    starts: str | None = None
    ends: str | None = None


class Way(Answer):
    """One way to see it: all of these cases, and all of these caveats, together."""

    cases: list[HeldCase]
    caveats: list[HeldCaveat]


class Explanation(Answer):
    """Why one sees a record or assertion: each way open to oneself. Whether others see it is not told."""

    id: str
    what: str
    ways: list[Way]
    scope: str = WITHIN


class AssertionCard(Answer):
    """What an id stands for: a relationship's type with its ends, Attribute, or a record's label.

    ``end`` is null for a value (an identifier has its public id in the subject's card).
    """

    id: str
    what: str
    start: str | None = None
    end: str | None = None
    scope: str = WITHIN


class RowProblem(Answer):
    """Why a row was not written. ``problem``: as in the type of a problem; ``field``: dotted, within the row."""

    problem: str
    detail: str
    field: str | None = None


class RowResult(Answer):
    """What became of a row: an id, with those of its parts, or a problem. ``row``: from 0."""

    row: int
    id: str | None = None
    records: list[str] = []
    problem: RowProblem | None = None


class BulkAnswer(Answer):
    """The rows in the request's order."""

    created: int
    refused: int
    rows: list[RowResult]


class JobCard(Answer):
    """Work in the background, of one person.

    Attributes:
        state: queued, running, cancelling; at its end done, cancelled, stopped (``problem`` says why), failed (a
            fault of ours) or interrupted (what it worked on is gone). What was written stays.
        total, done: rows; of those done, ``created`` were written and ``refused`` were not.
    """

    id: str
    kind: str
    case: str
    state: str
    problem: str | None
    started: str
    updated: str
    total: int
    done: int
    created: int
    refused: int


class Refusal(Answer):
    """A row of an upload that was not written; never what it held. ``row``: from 1, the line of the file."""

    row: int
    problem: str
    detail: str
    field: str | None


class Neighbour(Answer):
    """One visible assertion at a record, and the node at its other end."""

    link: Link
    node: Node
