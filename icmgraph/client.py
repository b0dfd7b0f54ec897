"""The Python face for users: a client of the HTTP API, as one person.

    with Client("http://127.0.0.1:8700", token) as api:
        for hit in api.search([Selector(kind="phone", value="+1 202 555 0143")]).items:
            print(hit.name)

Methods take ids and the model's input values and return its answers. Problems come back as the errors of
``icmgraph.errors``: an answer of the API reads the same here as in process.
"""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
from pydantic import BaseModel, ValidationError

from icmgraph import errors
from icmgraph.errors import IcmError, InvalidInput, NotFound, Unavailable
from icmgraph.model.answers import (
    Act,
    AssignmentCard,
    BulkAnswer,
    BulkCheckAnswer,
    CaseAnswer,
    CaseCard,
    CaseCheckAnswer,
    CaseRegistered,
    CheckAnswer,
    Checkpoints,
    Comparison,
    ConflictCard,
    ConflictThread,
    Connected,
    Created,
    DocumentCard,
    EventCard,
    Explanation,
    FileItem,
    HistoryEntry,
    Hit,
    JobCard,
    Jwks,
    MatterCard,
    Me,
    NameHit,
    Neighbour,
    NoticeCard,
    OpeningReceipts,
    OperationsMap,
    Page,
    Paths,
    Receipt,
    Refusal,
    Registered,
    RegistrationCard,
    Repeated,
    ReportAnswer,
    ReportCard,
    Silence,
    SilenceToReview,
    Subgraph,
    SubjectCard,
)
from icmgraph.model.auditing import AuditInput, PatternInput, ReportInput
from icmgraph.model.checks import (
    BulkCheckInput,
    CaseCheckInput,
    CaseRegistrationInput,
    CheckInput,
    RegistrationChange,
    RegistrationInput,
    RenewInput,
    Selector,
)
from icmgraph.model.conflicts import SayInput, StepInput
from icmgraph.model.matters import MatterStepInput
from icmgraph.model.records import (
    WALKED,
    AssignmentInput,
    CaseChange,
    CaseInput,
    CaveatInput,
    DocumentChange,
    DocumentInput,
    EventChange,
    EventInput,
    LinkInput,
    SameAsInput,
    ShareInput,
    SubjectChange,
    SubjectInput,
    SubjectKind,
)

TIMEOUT = httpx.Timeout(60.0, connect=5.0)
"""Seconds. A long question is ended by the server, whose own limit is shorter, so that its problem is what comes."""

EXPORTS = frozenset({"application/x-ndjson", "application/graphml+xml", "application/gexf+xml"})
"""Media types of exports."""

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
PROBLEM = "urn:icmgraph:problem:"

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_OPAQUE = re.compile(r"[A-Za-z0-9_-]{1,8192}")

T = TypeVar("T", bound=BaseModel)
Query = Mapping[str, str | int | None]


class Client:
    """One person's handle on the API. Not shared between threads. Use it in a ``with``, or call ``close``.

    Args:
        base_url: the API's address; ``https`` unless it is this machine's own loopback.
        token: the person's bearer token.
        timeout: seconds for each exchange; the default waits 5 for a connection and 60 for an answer.
        ca: file of the certificates to trust the API's by; the usual ones if not given.
        transport: httpx's, for programs that bring their own.

    Every method raises ``Unauthenticated``, ``FunctionRefused``, ``InvalidInput``, ``NotFound`` (absent and hidden
    alike) or ``Unavailable``; writes ``Conflict`` too. No error's text holds a token or what was asked.
    A read is tried once more if the connection fails; a write too, once: it carries a key, and is done once.
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        timeout: float | httpx.Timeout = TIMEOUT,
        ca: Path | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        address = urlsplit(base_url)
        local = address.hostname in LOOPBACK
        if address.scheme not in ("http", "https") or not address.hostname:
            raise InvalidInput("the API's address begins with https://, or http:// on this machine", field="base_url")
        if address.scheme == "http" and not local:
            raise InvalidInput("a token travels by https only, except on this machine", field="base_url")
        if address.query or address.fragment or address.username or address.password:
            raise InvalidInput("an address without name, password, ? and #", field="base_url")
        self._address = base_url.rstrip("/")
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self._http = httpx.Client(
            base_url=self._address, headers=headers, timeout=timeout, transport=transport, follow_redirects=False,
            # A proxy for the world outside has no business with this machine's own address.
            trust_env=not local, verify=_trusting(ca) if ca is not None else True,
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    # The person

    def me(self) -> Me:
        """Who the token stands for: own functions and units."""
        return self._get(Me, "/v1/me")

    def inbox(self, cursor: str | None = None, limit: int | None = None) -> Page[NoticeCard]:
        """Notices, newest first."""
        return self._get(Page[NoticeCard], "/v1/inbox", cursor=cursor, limit=limit)

    def acknowledge(self, notice: str) -> None:
        self._send("POST", f"/v1/inbox/{_id(notice)}/ack")

    # The audit, for auditors

    def search_audit(self, asked: AuditInput, cursor: str | None = None, limit: int | None = None) -> Page[Act]:
        """Who did what, newest first."""
        return self._ask(Page[Act], "/v1/audit/search", _body(asked), cursor=cursor, limit=limit)

    def patterns(self, asked: PatternInput, limit: int | None = None) -> Page[Repeated]:
        """Who did so many of these, or what was met by so many persons; most first."""
        return self._ask(Page[Repeated], "/v1/audit/patterns", _body(asked), limit=limit)

    def save_report(self, report: ReportInput) -> Created:
        """Keep a search or a pattern of the audit, to run it again."""
        return self._write(Created, "POST", "/v1/audit/reports", report)

    def reports(self, cursor: str | None = None, limit: int | None = None) -> Page[ReportCard]:
        """One's own, newest first."""
        return self._get(Page[ReportCard], "/v1/audit/reports", cursor=cursor, limit=limit)

    def run_report(self, report: str, cursor: str | None = None, limit: int | None = None) -> ReportAnswer:
        return self._ask(ReportAnswer, f"/v1/audit/reports/{_id(report)}/run", None, cursor=cursor, limit=limit)

    def delete_report(self, report: str) -> None:
        self._send("DELETE", f"/v1/audit/reports/{_id(report)}")

    def checkpoints(self, cursor: str | None = None, limit: int | None = None) -> Checkpoints:
        """The audit's signed checkpoints, the largest first."""
        return self._get(Checkpoints, "/v1/audit/checkpoints", cursor=cursor, limit=limit)

    # Cases

    def cases(self, cursor: str | None = None, limit: int | None = None) -> Page[CaseCard]:
        return self._get(Page[CaseCard], "/v1/cases", cursor=cursor, limit=limit)

    def case(self, case: str) -> CaseAnswer:
        return self._get(CaseAnswer, f"/v1/cases/{_id(case)}")

    def case_file(self, case: str, cursor: str | None = None, limit: int | None = None) -> Page[FileItem]:
        """The subjects, documents and events of a case."""
        return self._get(Page[FileItem], f"/v1/cases/{_id(case)}/records", cursor=cursor, limit=limit)

    def open_case(self, case: CaseInput) -> Created:
        """
        Raises:
            CheckRequired: neither a receipt of one's own that is still valid and unused, nor an override.
        """
        return self._write(Created, "POST", "/v1/cases", case)

    def change_case(self, case: str, change: CaseChange) -> Created:
        return self._write(Created, "PATCH", f"/v1/cases/{_id(case)}", change)

    def close_case(self, case: str) -> Created:
        return self._write(Created, "POST", f"/v1/cases/{_id(case)}/close")

    def reopen_case(self, case: str) -> Created:
        return self._write(Created, "POST", f"/v1/cases/{_id(case)}/reopen")

    def assignments(self, case: str, cursor: str | None = None, limit: int | None = None) -> Page[AssignmentCard]:
        return self._get(Page[AssignmentCard], f"/v1/cases/{_id(case)}/assignments", cursor=cursor, limit=limit)

    def opening_receipts(self, case: str) -> OpeningReceipts:
        """The receipts it was opened with: for a leader of its unit, and its agent."""
        return self._get(OpeningReceipts, f"/v1/cases/{_id(case)}/receipts")

    def assign(self, case: str, assignment: AssignmentInput) -> Created:
        return self._write(Created, "POST", f"/v1/cases/{_id(case)}/assignments", assignment)

    def unassign(self, case: str, assignment: str) -> Created:
        """End an assignment at once."""
        return self._write(Created, "DELETE", f"/v1/cases/{_id(case)}/assignments/{_id(assignment)}")

    def open_to(self, case: str, units: Sequence[str]) -> Created:
        """Open a case to these units and no others; to none: only to those assigned."""
        return self._write(Created, "PUT", f"/v1/cases/{_id(case)}/openness", {"units": list(units)})

    # Records and what links them

    def add_subject(self, case: str, subject: SubjectInput) -> Created:
        return self._write(Created, "POST", f"/v1/cases/{_id(case)}/subjects", subject)

    def subject(self, subject: str) -> SubjectCard:
        return self._get(SubjectCard, f"/v1/subjects/{_id(subject)}")

    def neighbours(self, subject: str, cursor: str | None = None, limit: int | None = None) -> Page[Neighbour]:
        """The assertions at a subject, each with its other end."""
        return self._get(Page[Neighbour], f"/v1/subjects/{_id(subject)}/neighbours", cursor=cursor, limit=limit)

    def change_subject(self, subject: str, change: SubjectChange) -> Created:
        return self._write(Created, "PATCH", f"/v1/subjects/{_id(subject)}", change)

    def add_subjects(self, case: str, subjects: Sequence[SubjectInput]) -> BulkAnswer:
        """Up to 200 at once; each row has its id or its problem."""
        body = {"subjects": [_body(subject) for subject in subjects]}
        return self._write(BulkAnswer, "POST", f"/v1/cases/{_id(case)}/subjects/bulk", body)

    def upload(self, case: str, lines: bytes) -> Created:
        """Add up to 100,000 subjects in the background; ``lines``: JSON lines. The id is the job's."""
        answer = self._send("POST", "/v1/uploads", query={"case": _id(case)}, lines=lines)
        return self._parse(Created, answer)

    def jobs(self, cursor: str | None = None, limit: int | None = None) -> Page[JobCard]:
        """One's jobs, newest first."""
        return self._get(Page[JobCard], "/v1/jobs", cursor=cursor, limit=limit)

    def job(self, job: str) -> JobCard:
        return self._get(JobCard, f"/v1/jobs/{_id(job)}")

    def refusals(self, job: str, cursor: str | None = None, limit: int | None = None) -> Page[Refusal]:
        """The lines of an upload that were not written, in order."""
        return self._get(Page[Refusal], f"/v1/jobs/{_id(job)}/refusals", cursor=cursor, limit=limit)

    def cancel_job(self, job: str) -> JobCard:
        """End a job before its next batch; what was written stays."""
        return self._write(JobCard, "DELETE", f"/v1/jobs/{_id(job)}")

    def add_document(self, case: str, document: DocumentInput) -> Created:
        return self._write(Created, "POST", f"/v1/cases/{_id(case)}/documents", document)

    def document(self, document: str) -> DocumentCard:
        return self._get(DocumentCard, f"/v1/documents/{_id(document)}")

    def change_document(self, document: str, change: DocumentChange) -> Created:
        return self._write(Created, "PATCH", f"/v1/documents/{_id(document)}", change)

    def add_event(self, case: str, event: EventInput) -> Created:
        return self._write(Created, "POST", f"/v1/cases/{_id(case)}/events", event)

    def event(self, event: str) -> EventCard:
        return self._get(EventCard, f"/v1/events/{_id(event)}")

    def change_event(self, event: str, change: EventChange) -> Created:
        return self._write(Created, "PATCH", f"/v1/events/{_id(event)}", change)

    def link(self, case: str, link: LinkInput) -> Created:
        """Assert a link, in the case worked in."""
        return self._write(Created, "POST", "/v1/assertions", {"case": case, **_body(link)})

    def end(self, case: str, assertion: str) -> Created:
        """End a link, a value or a record, in the case worked in; its history keeps what it said."""
        return self._write(Created, "POST", f"/v1/assertions/{_id(assertion)}/end", {"case": case})

    def same(self, same: SameAsInput) -> Created:
        """Say that two subject records, in two cases, are the same."""
        return self._write(Created, "POST", "/v1/same-as", same)

    def unsame(self, case: str, assertion: str) -> Created:
        """Undo that; ``assertion``: the id that ``same`` gave."""
        return self._write(Created, "DELETE", f"/v1/same-as/{_id(assertion)}", query={"case": _id(case)})

    def share(self, record: str, share: ShareInput) -> Created:
        """Put a record in another case's file too; ``records``: ids of the assertions shared."""
        return self._write(Created, "POST", f"/v1/records/{_id(record)}/shares", share)

    def unshare(self, record: str, case: str, share_with: str) -> Created:
        """End that. What the other case asserted on it stays with it, on a record of its own."""
        query = {"case": _id(case), "share_with": _id(share_with)}
        return self._write(Created, "DELETE", f"/v1/records/{_id(record)}/shares", query=query)

    def add_caveat(self, target: str, caveat: CaveatInput) -> Created:
        """Put a caveat on a record, an assertion or the case worked in itself."""
        return self._write(Created, "POST", f"/v1/records/{_id(target)}/caveats", caveat)

    def remove_caveat(self, target: str, caveat: CaveatInput, records: bool = False) -> Created:
        """Take it off; ``records``: of a case, off all that it alone asserts too."""
        query = {"case": _id(caveat.case), "caveat": _id(caveat.caveat), "records": str(records).lower()}
        return self._write(Created, "DELETE", f"/v1/records/{_id(target)}/caveats", query=query)

    # Questions

    def search(self, selectors: Sequence[Selector], cursor: str | None = None, limit: int | None = None) -> Page[Hit]:
        """Subjects one may see that have one of these identifiers."""
        body = {"selectors": [_body(selector) for selector in selectors]}
        return self._ask(Page[Hit], "/v1/search/identifiers", body, cursor=cursor, limit=limit)

    def search_names(
        self,
        name: str,
        kind: SubjectKind | None = None,
        *,
        prefix: bool = False,
        threshold: float | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> Page[NameHit]:
        """Subjects one may see that have a name like this one, the most alike first.

        Args:
            prefix: the words of ``name`` are beginnings of words.
            threshold: hits with a lower score, 0 to 1, are left out; the API's own unless given.
        """
        body: dict[str, Any] = {"name": name, "prefix": prefix}
        body |= {} if kind is None else {"kind": kind.value}
        body |= {} if threshold is None else {"threshold": threshold}
        return self._ask(Page[NameHit], "/v1/search/names", body, cursor=cursor, limit=limit)

    def expand(self, start: str, depth: int = 2, types: Sequence[str] = WALKED, limit: int | None = None) -> Subgraph:
        """What stands within ``depth`` (1 to 4) relationships of a record; ``limit``: most nodes."""
        body = {"start": start, "depth": depth, "types": list(types)}
        return self._ask(Subgraph, "/v1/expand", body if limit is None else {**body, "limit": limit})

    def paths(self, start: str, end: str, bound: int = 6, types: Sequence[str] = WALKED) -> Paths:
        """All shortest paths of at most ``bound`` (1 to 8) relationships."""
        return self._ask(Paths, "/v1/paths", {"start": start, "end": end, "bound": bound, "types": list(types)})

    def compare(self, cases: Sequence[str], limit: int | None = None) -> Comparison:
        """What two to ten cases have in common; ``limit``: most reasons."""
        body: dict[str, Any] = {"cases": list(cases)}
        return self._ask(Comparison, "/v1/cases/compare", body if limit is None else {**body, "limit": limit})

    def connected(self, case: str, cursor: str | None = None, limit: int | None = None) -> Connected:
        """The cases connected to one, strongest first, with the first reasons of each."""
        return self._get(Connected, f"/v1/cases/{_id(case)}/connected", cursor=cursor, limit=limit)

    def history(self, record: str, cursor: str | None = None, limit: int | None = None) -> Page[HistoryEntry]:
        """What was done about a case, subject, document or event, newest first."""
        return self._get(Page[HistoryEntry], f"/v1/records/{_id(record)}/history", cursor=cursor, limit=limit)

    def explain(self, id: str) -> Explanation:
        """Why one sees a case, record or assertion: one's own grants behind it."""
        return self._get(Explanation, "/v1/access/explain", id=id)

    def chart(self, start: str, depth: int = 2, types: Sequence[str] = WALKED) -> str:
        """The same surroundings as ``expand``, drawn: one self-contained HTML document."""
        body = {"start": start, "depth": depth, "types": list(types)}
        answer = self._send("POST", "/v1/charts/render", body, accept="text/html")
        if not answer.headers.get("content-type", "").startswith("text/html"):
            raise self._stranger()
        return answer.text

    def export(self, case: str, format: Literal["ftm", "graphml", "gexf"]) -> str:
        """A case's file, as far as one sees it: followthemoney entities (JSON lines), GraphML or GEXF."""
        answer = self._send("POST", "/v1/exports/render", {"case": case, "format": format}, accept="*/*")
        if answer.headers.get("content-type", "").partition(";")[0] not in EXPORTS:
            raise self._stranger()
        return answer.content.decode()

    def check(self, question: CheckInput) -> CheckAnswer:
        """Ask whether anybody works on these selectors. Leaves a receipt; answers at a fixed moment, hit or not."""
        return self._write(CheckAnswer, "POST", "/v1/checks", question)

    def check_case(self, question: CaseCheckInput) -> CaseCheckAnswer:
        """Ask it of all that one sees in the file of a case in which one writes."""
        return self._write(CaseCheckAnswer, "POST", "/v1/checks/case", question)

    def check_rows(self, question: BulkCheckInput) -> BulkCheckAnswer:
        """Ask it of many subjects at once."""
        return self._write(BulkCheckAnswer, "POST", "/v1/checks/bulk", question)

    def receipt(self, number: str) -> Receipt:
        return self._get(Receipt, f"/v1/receipts/{_opaque(number, 'receipt')}")

    def receipt_keys(self) -> Jwks:
        """The key that signs receipts, as a set: who keeps it verifies receipts without the server."""
        return self._get(Jwks, "/.well-known/receipt-keys.json")

    def register(self, question: RegistrationInput) -> Registered:
        """Check, and let the question stand; what is entered, checked or registered later comes to the inbox."""
        return self._write(Registered, "POST", "/v1/registrations", question)

    def register_case(self, question: CaseRegistrationInput) -> CaseRegistered:
        """Check the file of a case in which one writes, now and each day; what is new then comes to the inbox."""
        return self._write(CaseRegistered, "POST", "/v1/registrations/case", question)

    def registrations(self, cursor: str | None = None, limit: int | None = None) -> Page[RegistrationCard]:
        """One's own, newest first."""
        return self._get(Page[RegistrationCard], "/v1/registrations", cursor=cursor, limit=limit)

    def edit_registration(self, registration: str, change: RegistrationChange) -> Registered:
        """Change what a registration seeks, which checks it all."""
        return self._write(Registered, "PATCH", f"/v1/registrations/{_id(registration)}", change)

    def operations_map(self) -> OperationsMap:
        """One's own planned operations that stand: GeoJSON."""
        return self._parse(OperationsMap, self._send("GET", "/v1/registrations/map", accept="application/geo+json"))

    def calendar(self) -> str:
        """One's own registrations as iCalendar."""
        answer = self._send("GET", "/v1/registrations/calendar", accept="text/calendar")
        if not answer.headers.get("content-type", "").startswith("text/calendar"):
            raise self._stranger()
        return answer.text

    def renew(self, registration: str, renewal: RenewInput) -> RegistrationCard:
        """Let it stand longer, from now."""
        return self._write(RegistrationCard, "POST", f"/v1/registrations/{_id(registration)}/renew", renewal)

    def withdraw(self, registration: str) -> None:
        """End it at once."""
        self._send("POST", f"/v1/registrations/{_id(registration)}/withdraw")

    def conflicts(self, cursor: str | None = None, limit: int | None = None) -> Page[ConflictCard]:
        """One's own sides of conflicts, newest first."""
        return self._get(Page[ConflictCard], "/v1/conflicts", cursor=cursor, limit=limit)

    def conflict(self, id: str) -> ConflictThread:
        return self._get(ConflictThread, f"/v1/conflicts/{_id(id)}")

    def step(self, conflict: str, said: StepInput) -> ConflictThread:
        """Do one thing about a conflict."""
        return self._write(ConflictThread, "POST", f"/v1/conflicts/{_id(conflict)}/steps", said)

    def matters(self, cursor: str | None = None, limit: int | None = None) -> Page[MatterCard]:
        """At the coordination desk: its matters that are not done, newest first."""
        return self._get(Page[MatterCard], "/v1/desk/matters", cursor=cursor, limit=limit)

    def step_matter(self, matter: str, said: MatterStepInput) -> Created:
        """Do one thing about a matter of the desk."""
        return self._write(Created, "POST", f"/v1/desk/matters/{_id(matter)}/steps", said)

    def silences_to_review(self, cursor: str | None = None, limit: int | None = None) -> Page[SilenceToReview]:
        """As a leader: what is silent by one's leave and ends within two weeks, or has ended."""
        return self._get(Page[SilenceToReview], "/v1/silences", cursor=cursor, limit=limit)

    def silences(self, cursor: str | None = None, limit: int | None = None) -> Page[Silence]:
        """All silence there is, for auditors."""
        return self._get(Page[Silence], "/v1/audit/silences", cursor=cursor, limit=limit)

    def say(self, conflict: str, said: SayInput) -> ConflictThread:
        """Say something to the other side of a conflict."""
        return self._write(ConflictThread, "POST", f"/v1/conflicts/{_id(conflict)}/messages", said)

    # The wire

    def _get(self, model: type[T], path: str, **query: str | int | None) -> T:
        return self._parse(model, self._send("GET", path, query=query))

    def _ask(self, model: type[T], path: str, body: Any, **query: str | int | None) -> T:
        """A question whose selectors travel in the body."""
        return self._parse(model, self._send("POST", path, body, query=query))

    def _write(self, model: type[T], method: str, path: str, body: Any = None, query: Query | None = None) -> T:
        return self._parse(model, self._send(method, path, _body(body), query=query))

    def _send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Query | None = None,
        accept: str = "application/json",
        lines: bytes | None = None,
    ) -> httpx.Response:
        said = {name: value for name, value in (query or {}).items() if value is not None}
        if "cursor" in said:
            _opaque(str(said["cursor"]), "cursor")
        headers, content = {"Accept": accept}, lines
        if lines is not None:
            headers["Content-Type"] = "application/x-ndjson"
        elif body is not None:
            # ASCII: half a surrogate from a terminal is the API's to refuse, not a fault here.
            headers["Content-Type"], content = "application/json", json.dumps(body).encode()
        if method != "GET":
            headers["Idempotency-Key"] = str(uuid4())
        request = self._http.build_request(method, path, content=content, params=said, headers=headers)
        try:
            answer = self._exchange(request)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            raise self._absent() from None
        except httpx.TimeoutException:
            raise Unavailable("the API did not answer in time") from None
        except httpx.HTTPError:
            raise Unavailable("the connection to the API broke; whether it was done is not known") from None
        if not answer.is_success:
            raise self._problem(answer)
        return answer

    def _exchange(self, request: httpx.Request) -> httpx.Response:
        try:
            return self._http.send(request)
        except (httpx.NetworkError, httpx.RemoteProtocolError):
            # A connection kept open may have been closed by a restart of the other side. Whether a write was done
            # before that is not known; its key sees to it that it is done once.
            return self._http.send(request)

    def _parse(self, model: type[T], answer: httpx.Response) -> T:
        try:
            return model.model_validate_json(answer.content)
        except ValidationError:
            raise self._stranger() from None

    def _problem(self, answer: httpx.Response) -> IcmError:
        try:
            problem = answer.json()
            name = str(problem["type"]).removeprefix(PROBLEM)
            detail, field = str(problem["detail"]), problem.get("field")
        except (ValueError, KeyError, TypeError, AttributeError):
            return self._stranger()
        return _error(name, detail, field if isinstance(field, str) else None)

    def _absent(self) -> Unavailable:
        return Unavailable(
            f"no API answers at {self._address}: start it (icmgraph serve, or make demo), "
            "or name another with ICM_API_URL or --api"
        )

    def _stranger(self) -> Unavailable:
        return Unavailable(f"what answers at {self._address} is not this version of the API")


_ERRORS: dict[str, type[IcmError]] = {
    kind.problem: kind
    for kind in (
        errors.Unauthenticated,
        errors.FunctionRefused,
        errors.Conflict,
        errors.PreconditionFailed,
        errors.Quota,
        errors.Unavailable,
    )
}


def _error(name: str, detail: str, field: str | None) -> IcmError:
    """The error that a problem is the answer to."""
    if name == InvalidInput.problem:
        return InvalidInput(detail.removeprefix(f"{field}: ") if field else detail, field=field)
    if name == NotFound.problem:
        return NotFound()
    if name == errors.CheckRequired.problem:
        return errors.CheckRequired()
    return _ERRORS.get(name, IcmError)(detail)


def _trusting(ca: Path) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca)
    except OSError:
        raise InvalidInput("not a file of certificates", field="ICM_API_CA") from None


def _body(value: Any) -> Any:
    return value.model_dump(mode="json", exclude_unset=True) if isinstance(value, BaseModel) else value


def _id(id: str) -> str:
    """An id fit for a URL. What is not one is refused here: it might be a phone, and a URL is logged."""
    if not _ID.fullmatch(id):
        raise InvalidInput("not an id: a UUID in lower case", field="id")
    return id


def _opaque(text: str, field: str) -> str:
    if not _OPAQUE.fullmatch(text):
        raise InvalidInput("not one of ours", field=field)
    return text
