"""Acts on cases themselves: opening, changing, assigning, openness. The access writer.

Openness and assignments decide who sees what, so these acts move the epoch (Session.govern); an act that
tightens writes nothing but labels, its own Entry and the audit's mark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from icmgraph.errors import CheckRequired, Conflict, FunctionRefused, InvalidInput, NotFound
from icmgraph.model.access import NOBODY, OPEN_UNITS, Expression, Own, audience
from icmgraph.model.answers import Created, OpeningReceipt, OpeningReceipts
from icmgraph.model.records import (
    FUNCTIONS,
    NO_SIGHT,
    AssignmentInput,
    CaseChange,
    CaseInput,
    DisclosureMode,
    Function,
    UserClass,
    utc_text,
)
from icmgraph.queries import cards
from icmgraph.queries.assertions import Batch, exactly
from icmgraph.queries.digests import notice_of
from icmgraph.queries.gateway import Transaction
from icmgraph.queries.labels import Interner, Label
from icmgraph.queries.policy import Rights, require_write, rights
from icmgraph.queries.relabel import touched
from icmgraph.queries.session import Session, View
from icmgraph.queries.silences import by, must_be_ahead
from icmgraph.queries.steps import leave
from icmgraph.queries.worked import change_under_lock, former_values, see_case, told


class Cases:
    """Acts of one person on cases."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def open(self, case: CaseInput) -> Created:
        """Open a case; the opener becomes its case agent.

        Raises:
            CheckRequired: neither a valid receipt of the opener's own nor an override.
            InvalidInput: not a unit the opener is a member of, or a caveat whose list they are not on.
        """

        def work(view: View, interner: Interner) -> Created:
            person, tx = view.person, view.tx
            if case.unit not in {unit.id for unit in person.member_of}:
                raise InvalidInput("is not a unit you are a member of", field="unit")
            if not set(case.caveats) <= person.caveats:
                raise InvalidInput("holds a caveat whose list you are not on", field="caveats")
            check = _receipt(view, case)
            id = view.source.uuid()
            units = frozenset({case.unit}) if case.open_to_unit else frozenset[str]()
            interner.openness = {id: units}
            own = Own((id,), (), tuple(sorted(set(case.caveats))))
            now = view.source.now()
            batch = Batch(person.id, now)
            batch.record(
                "Case", id, own, number=case.number, title=case.title, kind=case.kind.value, category=case.category,
                status="open", opened=now.date(), closed_to_leaders=False,
            )  # fmt: skip
            content = {"override": case.override} if case.override else None
            batch.entry(view.source.uuid, own, "case.open", [("Case", id)], content)
            batch.put(tx, interner.intern)
            exactly(tx, "place_cases", [{"case": id, "unit": case.unit}])
            if units:
                exactly(tx, "open_cases_to", [{"case": id, "unit": case.unit}])
            row = {"user": person.id, "case": id, "id": view.source.uuid(), "starts": None, "ends": None}
            exactly(tx, "assign", [{**row, "functions": ["read", "write"], "agent": True}])
            view.worked.add(id)
            if check is not None:
                tx.control("attach_receipt", check=check, case=id)
            else:
                body = {"case": id, "by": person.id, "reason": case.override}
                _tell_leaders(view, case.unit, frozenset(case.caveats), "override", body)
            return Created(id=id)

        asked = {"unit": case.unit, "receipt": case.receipt is not None, "override": case.override is not None}
        return self._session.govern("case.open", asked, work, function=Function.WRITE)

    def receipts(self, id: str) -> OpeningReceipts:
        """The receipts it was opened with, for a leader of its unit or above, and its agent.

        Raises:
            NotFound: absent or hidden.
            FunctionRefused: neither leads its unit nor is its agent.
        """

        def work(view: View) -> OpeningReceipts:
            see_case(view, id)
            held = rights(view.tx, id, view.person)
            if not held.agent:
                _require_leader(held)
            rows = view.tx.control("opening_receipts", case=id)
            given = [
                OpeningReceipt(**{**row, "at": utc_text(row["at"]), "expires": utc_text(row["expires"])})
                for row in rows
            ]
            return OpeningReceipts(case=id, receipts=given)

        return self._session.read("case.receipts", {"case": id}, work)

    def change(self, id: str, change: CaseChange) -> Created:
        """Change a case's own properties; its disclosure mode is set by a leader of its unit or above.

        Raises:
            InvalidInput: the mode is to end at a time that has passed.
        """
        values = change.model_dump(exclude_unset=True)
        disclosing = change.disclosure is not None
        if disclosing:
            values["disclosure_until"] = change.disclosure_until

        def work(view: View) -> Created:
            must_be_ahead(view, change.disclosure_until)
            see_case(view, id)
            held = rights(view.tx, id, view.person)
            if disclosing:
                _may_disclose(held, change)
            if not disclosing or values.keys() - {"disclosure", "disclosure_until"}:
                require_write(held)
            former = former_values(view.tx, id, values)
            _entry(view, id, "case.change", {"former": former})
            change_under_lock(view.tx, id, values, former)
            if change.disclosure is not None:
                view.tx.control("change_record", id=id, changes=by(view, former, change.disclosure))
            return Created(id=id)

        # A leader need not be a writer: each part asks for its own right.
        return self._session.write("case.change", {"case": id, "fields": sorted(values)}, work, function=None)

    def close(self, id: str) -> Created:
        return self._status("case.close", id, "open", "closed")

    def reopen(self, id: str) -> Created:
        return self._status("case.reopen", id, "closed", "open")

    def _status(self, act: str, id: str, before: str, after: str) -> Created:
        def work(view: View) -> Created:
            see_case(view, id)
            held = rights(view.tx, id, view.person)
            require_write(held)
            _entry(view, id, act, None)
            # The entry's batch has locked the case: its status is read again under that lock.
            if rights(view.tx, id, view.person).status != before:
                raise Conflict(f"the case is {after} already")
            closed = view.source.now().date() if after == "closed" else None
            view.tx.control("change_record", id=id, changes={"status": after, "closed": closed})
            return Created(id=id)

        return self._session.write(act, {"case": id}, work)

    def assign(self, case: str, assignment: AssignmentInput) -> Created:
        """Assign a person to a case: a leader of its unit or above does, and never themselves.

        ``agent``: becomes the case agent in the former one's place, who stays assigned.
        """

        def work(view: View, interner: Interner) -> Created:
            see_case(view, case)
            _require_leader(rights(view.tx, case, view.person))
            if assignment.user == view.person.id:
                raise FunctionRefused("nobody assigns themselves")
            users = view.tx.control("users", ids=[assignment.user])
            if not users:
                raise InvalidInput("no such user", field="user")
            allowed = FUNCTIONS[UserClass(users[0]["user_class"])]
            if not {Function(function) for function in assignment.functions} <= allowed:
                raise InvalidInput("holds a function this user's class does not have", field="functions")
            if assignment.agent:
                _may_be_agent(assignment)
                view.tx.control("step_down", case=case)
            id = view.source.uuid()
            row: dict[str, Any] = {
                "id": id, "case": case, "user": assignment.user, "functions": sorted(set(assignment.functions)),
                "agent": assignment.agent, "starts": assignment.starts, "ends": assignment.ends,
            }  # fmt: skip
            exactly(view.tx, "assign", [row])
            _entry(view, case, "case.assign", {"user": assignment.user, "functions": row["functions"]})
            return Created(id=id)

        return self._session.govern("case.assign", {"case": case, "user": assignment.user}, work)

    def unassign(self, case: str, id: str) -> Created:
        """End an assignment at once; it holds for the next request. The agent is replaced, not removed."""

        def work(view: View, interner: Interner) -> Created:
            see_case(view, case)
            _require_leader(rights(view.tx, case, view.person))
            rows = view.tx.control("assignment", case=case, id=id)
            if not rows:
                raise NotFound
            if rows[0]["agent"]:
                raise Conflict("a case has exactly one agent; assign another one first")
            # Locks the case, so that a write of the person removed has committed or will be refused.
            _entry(view, case, "case.unassign", {"user": rows[0]["user"]})
            view.tx.control("unassign", case=case, id=id)
            return Created(id=id)

        return self._session.govern("case.unassign", {"case": case, "assignment": id}, work)

    def set_openness(self, case: str, units: Sequence[str]) -> Created:
        """Open a case to exactly these units; none: restrict it to those assigned.

        A leader of the case's unit or above opens; the case agent may restrict too.
        """
        wanted = frozenset(units)

        def work(view: View, interner: Interner) -> Created:
            see_case(view, case)
            held = rights(view.tx, case, view.person)
            now_open = interner.open_to([case])[case]
            if not held.leader and not (held.agent and wanted <= now_open):
                raise FunctionRefused("a leader of the case's unit opens it; its agent may only restrict it")
            if len(wanted) > OPEN_UNITS:
                raise InvalidInput(f"names more than {OPEN_UNITS} units; name their common ancestor", field="units")
            if wanted - {row["id"] for row in view.tx.control("unit_tree")}:
                raise InvalidInput("holds a unit that does not exist", field="units")
            if wanted and view.tx.control("case_facts", ids=[case])[0]["closed_to_leaders"]:
                raise Conflict("a case closed to leaders is open to no unit")
            _hold(view, case)
            left = relabel(view.tx, interner, case, wanted)
            view.tx.control("close_case_to_all", case=case)
            if wanted:
                exactly(view.tx, "open_cases_to", [{"case": case, "unit": unit} for unit in sorted(wanted)])
            _entry(view, case, "case.openness", {"units": sorted(wanted)})
            if left is not None:
                leave(view.tx, view.source, view.person.id, "audience", left.given, left.audiences)
            return Created(id=case)

        return self._session.govern("case.openness", {"case": case, "units": sorted(wanted)}, work)


LARGE = 20_000
"""Elements that get their new audience in the act itself, under a second; above, a task does it in batches."""


@dataclass(frozen=True, slots=True)
class CatchUp:
    """What is left of a change of openness: elements of these expressions still carry these audiences."""

    given: dict[str, list[int]]
    audiences: list[int]


def relabel(tx: Transaction, interner: Interner, case: str, units: frozenset[str]) -> CatchUp | None:
    """Rewrite the audience of everything that mentions ``case``, as if it were open to ``units``.

    The Visibility nodes are locked before the records (lock order), and rewritten first. For a large case that is all:
    it holds at once when the audiences returned are suspended, until the elements have caught up.
    """
    rows = tx.control("case_visibilities", case=case)
    expressions = {row["id"]: Expression.parse(row["expression"]) for row in rows}
    others = {mentioned for expression in expressions.values() for mentioned in expression.cases}
    interner.openness = {**interner.open_to(others), case: units}
    formulas = {id: audience(expression, interner.openness) for id, expression in expressions.items()}
    ids = interner.audience_ids(formulas.values())
    changes = [
        {"visibility": row["id"], "audience": ids[formulas[row["id"]]]}
        for row in rows
        if ids[formulas[row["id"]]] != row["audience"]
    ]
    tx.control("lock_visibilities", digests=[row["digest"] for row in rows])
    if not changes:
        return None
    former = {row["id"]: row["audience"] for row in rows}
    for change in changes:
        touched(interner, Label(change["visibility"], change["audience"]))
        touched(interner, Label(change["visibility"], former[change["visibility"]]))
    tx.control("relabel_visibilities", rows=changes)
    visibilities = [change["visibility"] for change in changes]
    if tx.control("count_labelled", labels=visibilities)[0]["elements"] <= LARGE:
        tx.control("relabel_records", rows=changes)
        return None
    audiences = {audience for change in changes for audience in (change["audience"], former[change["visibility"]])}
    return CatchUp({"visibilities": visibilities}, sorted(audiences - {NOBODY}))


def _entry(view: View, case: str, act: str, content: Any) -> None:
    """The act's Entry, labelled as the case is. Locks the case; the act changes its card after this, if at all."""
    expression = Expression.parse(view.tx.control("record", id=case)[0]["expression"])
    own = told((case,), expression)
    batch = Batch(view.person.id, view.source.now())
    batch.entry(view.source.uuid, own, act, [("Case", case)], content)
    batch.put(view.tx, locked=lambda: view.hold(lambda: cards.case(view, case)))


def _hold(view: View, case: str) -> None:
    """Hold the request to its ``If-Match`` before the case is relabelled: after that its card may not be seen."""
    if not view.conditional:
        return
    # The locks that ``relabel`` takes, in its order.
    rows = view.tx.control("case_visibilities", case=case)
    view.tx.control("lock_visibilities", digests=[row["digest"] for row in rows])
    view.tx.control("lock_records", ids=[case])
    view.hold(lambda: cards.case(view, case))


def _require_leader(held: Rights) -> None:
    if not held.leader:
        raise FunctionRefused("a leader of the case's unit or above does this")


def _may_disclose(held: Rights, change: CaseChange) -> None:
    _require_leader(held)
    if change.disclosure is DisclosureMode.SILENT and held.agent:
        raise FunctionRefused("nobody silences a case they are agent of")


def _may_be_agent(assignment: AssignmentInput) -> None:
    if "write" not in assignment.functions:
        raise InvalidInput("a case agent needs the function write", field="functions")
    if assignment.starts is not None or assignment.ends is not None:
        raise InvalidInput("the case agent's assignment has no dates; exactly one is in force", field="starts")


def _receipt(view: View, case: CaseInput) -> str | None:
    """The id of the check whose receipt the request carries; None for an override.

    Raises:
        CheckRequired: no override, and the receipt is absent, of another, used or out of date: one answer.
    """
    if case.override is not None:
        return None
    rows = view.mine("receipt_for_opening", receipt=case.receipt) if case.receipt else []
    if not rows:
        raise CheckRequired
    return str(rows[0]["id"])


def _tell_leaders(view: View, unit: str, caveats: frozenset[str], kind: str, body: dict[str, Any]) -> None:
    """A notice to the unit's leaders, or to those of the nearest unit above that is led; else to the desk.

    Only to leaders who are on the lists of the case's caveats: a notice tells nobody of a case they may not see.
    """
    leaders = [
        row
        for row in view.tx.control("leaders", unit=unit)
        if row["user"] != view.person.id
        and UserClass(row["user_class"]) not in NO_SIGHT
        and caveats <= set(row["caveats"])
    ]
    nearest = [row["user"] for row in leaders if row["distance"] == leaders[0]["distance"]]
    rows = [notice_of(view.source, kind, body, user) for user in (nearest or [None])]
    view.tx.control("create_notices", rows=rows, at=view.source.now())
