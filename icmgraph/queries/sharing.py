"""Several investigations, one record: sharing and unsharing; and caveats put on what exists.

Each act changes `own` of what exists, so it moves the epoch. What the caller does not see is refused exactly as what
does not exist, and the answer to unsharing tells nothing of what the other case had added.
"""

from __future__ import annotations

from typing import Any

from icmgraph.errors import Conflict, FunctionRefused, InvalidInput, NotFound
from icmgraph.model.access import Expression, Own
from icmgraph.model.answers import Created
from icmgraph.model.records import MEMBERSHIPS, CaveatInput, ShareInput
from icmgraph.queries.gateway import Row
from icmgraph.queries.labels import Interner
from icmgraph.queries.policy import rights
from icmgraph.queries.relabel import Element, apply
from icmgraph.queries.session import Session, View
from icmgraph.queries.steps import STANDS, leave, with_caveat, without_caveat
from icmgraph.queries.worked import CLOSED, WorkedIn, must_assert, see_case, the_row, told, what_is_said


class Sharing:
    """Acts of one person on what several cases see of one record."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def share(self, id: str, share: ShareInput) -> Created:
        """Put a record in another case's file too, with the assertions picked; ``records``: ids of those shared.

        Sharing again adds to what is shared.

        Raises:
            NotFound: the record, a picked assertion or a case is absent or hidden.
            Conflict: the case worked in does not assert it, or a picked assertion, alone; the other case is closed.
        """

        def work(view: View, interner: Interner) -> Created:
            worked, row = _asserted(view, id, share.case)
            other = _other(view, share.case, share.share_with)
            seen = {one["id"] for one in view.run("shareable", id=id)}
            picked = seen if share.assertions == "all" else set(share.assertions)
            if not picked <= seen:
                raise NotFound
            alone = (share.case,)
            shared: set[str] = set()

            def after(element: Element) -> Own:
                chosen = element.id == id or (element.id in picked and element.what not in MEMBERSHIPS)
                if not chosen or element.own.cases != alone:
                    return element.own
                shared.add(element.id)
                return _with(element.own, share.share_with)

            apply(view.tx, interner, [id], after)
            if share.assertions != "all" and not picked <= shared:
                raise Conflict("only what this case alone asserts can be shared")
            if share.share_with not in row["shared"]:
                label = row["label"]
                role: dict[str, Any] = {"role": share.role} if label == "Subject" else {}
                own = Own((share.share_with,), (), tuple(sorted(other)))
                worked.batch.link(STANDS[label], worked.ids(), own, id, share.share_with, **role)
            _entry(worked, "record.share", row, id, share.share_with, other)
            worked.batch.put(view.tx, interner.intern)
            view.touched |= shared
            return Created(id=id, records=sorted(shared - {id}))

        asked = {"case": share.case, "record": id, "share_with": share.share_with}
        return self._session.govern("record.share", asked, work)

    def unshare(self, id: str, case: str, other: str) -> Created:
        """End a share. What the other case asserted on the record stays with it, on a record of its own.

        Raises:
            NotFound: the record or a case is absent or hidden, or there is no such share.
        """

        def work(view: View, interner: Interner) -> str:
            _, row = _asserted(view, id, case)
            _other(view, case, other, closed_too=True)
            if other not in row["shared"]:
                raise NotFound
            given = {"record": id, "case": case, "other": other}
            return leave(view.tx, view.source, view.person.id, "unshare", given)

        asked = {"case": case, "record": id, "shared_with": other}
        self._session.carry_out(self._session.govern("record.unshare", asked, work))
        return Created(id=id)

    def add_caveat(self, id: str, given: CaveatInput) -> Created:
        """Put a caveat on a record or assertion of the case worked in; on the case itself: on all it asserts, now and
        later. Who is not on the caveat's list sees it no more.

        Raises:
            InvalidInput: the caller is not on the caveat's list.
        """
        return self._caveat(id, given, add=True)

    def remove_caveat(self, id: str, given: CaveatInput, records: bool = False) -> Created:
        """Take a caveat off again: a leader of the case's unit who may write in it and is on the list.

        Args:
            records: of a case: take it off all that the case alone asserts too, given there one by one or not.
        """
        return self._caveat(id, given, add=False, records=records)

    def _caveat(self, id: str, given: CaveatInput, *, add: bool, records: bool = False) -> Created:
        act = "caveat.add" if add else "caveat.remove"

        def work(view: View, interner: Interner) -> str | None:
            worked = WorkedIn(view, given.case)
            if given.caveat not in view.person.caveats:
                raise InvalidInput("holds a caveat whose list you are not on", field="caveat")
            if not add and not worked.rights.leader:
                raise FunctionRefused("a leader of the case's unit takes a caveat off")
            if id == given.case:
                _told(worked, interner, act, [], Own((id,), (), worked.rights.caveats), given.caveat)
                task = {"case": id, "caveat": given.caveat, "add": add, "records": records}
                return leave(view.tx, view.source, view.person.id, "caveat", task)
            self._one(view, interner, worked, id, given.caveat, add)
            return None

        asked = {"case": given.case, "record": id, "caveat": given.caveat}
        task = self._session.govern(act, asked, work)
        if task is not None:
            self._session.carry_out(task)
        return Created(id=id)

    def _one(self, view: View, interner: Interner, worked: WorkedIn, id: str, caveat: str, add: bool) -> None:
        seen = view.run("sees_assertion", id=id)
        if not seen:
            raise NotFound
        what = seen[0]["what"]
        record = what in ("Subject", "Document", "Event")
        row = what_is_said(view.tx, what, id)
        must_assert(row, worked.case)
        if not add and any(caveat in rights(view.tx, case, view.person).caveats for case in row["cases"]):
            raise Conflict("the case itself, or another that asserts this, has the caveat: take it off there")
        changed = with_caveat if add else without_caveat
        records, links = ([id], []) if record or what == "Attribute" else ([], [id])
        apply(view.tx, interner, records, lambda e: changed(e.own, caveat) if e.id == id else e.own, links)
        own = told(row["cases"], Expression.parse(row["expression"]))
        about = [(what, id)] if record else [("Subject", row["start"])] if what == "Attribute" else []
        _told(worked, interner, "caveat.add" if add else "caveat.remove", about, own, caveat)


def _asserted(view: View, id: str, case: str) -> tuple[WorkedIn, Row]:
    """The case worked in, and a record of its file that it asserts."""
    worked = WorkedIn(view, case)
    label = worked.standing([id])[id]
    row = the_row(view.tx.control("record", id=id))
    if label not in STANDS:
        raise NotFound
    must_assert(row, case)
    return worked, {**row, "shared": row["properties"]["shared"]}


def _other(view: View, case: str, other: str, *, closed_too: bool = False) -> frozenset[str]:
    """Caveats of the other case, which the caller sees."""
    if other == case:
        raise InvalidInput("is the case you work in", field="share_with")
    see_case(view, other)
    held = rights(view.tx, other, view.person)
    if held.status == "closed" and not closed_too:
        raise Conflict(f"there too: {CLOSED}")
    return frozenset(held.caveats)


def _with(own: Own, case: str) -> Own:
    return own if case in own.shared else Own(own.cases, (*own.shared, case), own.caveats)


def _entry(worked: WorkedIn, act: str, row: Row, id: str, other: str, caveats: frozenset[str]) -> None:
    """The Entry of an act that tells about two cases."""
    needed = tuple(sorted({*row["caveats"], *worked.rights.caveats, *caveats}))
    own = Own(tuple(sorted((worked.case, other))), (), needed)
    worked.entry(act, [("Case", other), (row["label"], id)], own)


def _told(worked: WorkedIn, interner: Interner, act: str, about: list[tuple[str, str]], told: Own, caveat: str) -> None:
    worked.entry(act, about, with_caveat(told, caveat), {"caveat": caveat})
    worked.batch.put(worked.view.tx, interner.intern)
