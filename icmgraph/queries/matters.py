"""The coordination desk's queue (``brokered.py`` fills it).

The desk sees both contacts, and passes on what one says; the hidden side alone decides whether it is shown to the
other, and the decision is recorded.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from icmgraph.audit import Private
from icmgraph.errors import Conflict, FunctionRefused, NotFound
from icmgraph.model.answers import ConflictMatch, Created, MatterCard, MatterLine, MatterSide, Page
from icmgraph.model.matters import MatterSideName, MatterStep, MatterStepInput
from icmgraph.model.records import DisclosureMode, Function, utc_text
from icmgraph.queries.conflicts import people_of, revealed
from icmgraph.queries.cursors import Cursors
from icmgraph.queries.digests import notice_of
from icmgraph.queries.gateway import Row, Transaction
from icmgraph.queries.newest import newest_first
from icmgraph.queries.session import Session, View


class Matters:
    """One person's part in the desk's matters."""

    def __init__(self, session: Session, cursors: Cursors) -> None:
        self._session = session
        self._cursors = cursors

    def page(self, cursor: str | None = None, limit: int = 50) -> Page[MatterCard]:
        """What is not done, newest first; nothing for who is not at the desk.

        Raises:
            InvalidInput: the cursor is not of this person's list, or the limit is not 1 to 500.
        """
        return newest_first(self._session, self._cursors, "matters", _card, cursor, limit, action="matters")

    def step(self, id: str, said: MatterStepInput) -> Created:
        """Do one thing about it.

        Raises:
            NotFound: absent, or one is neither at the desk nor of a side that it asked.
            FunctionRefused: it is the desk's to do, or the brokered side's.
            Conflict: it is done, was revealed, or there is nobody to be asked.
        """

        def work(view: View) -> Created:
            if not view.mine("matter", id=id):
                raise NotFound
            matter = view.tx.control("lock_matter", id=id)[0]
            (mine,) = view.mine("matter", id=id)
            if matter["state"] == "done":
                raise Conflict("it is done")
            now = view.source.now()
            if said.step in (MatterStep.ASK, MatterStep.DONE):
                if not mine["desk"]:
                    raise FunctionRefused("this is the desk's to do")
                asked = self._ask(view, matter, said.side, said.text, now) if said.side else []
                state = "asked" if said.side and matter["state"] == "new" else matter["state"]
                state = "done" if said.step is MatterStep.DONE else state
            else:
                asked, state = [], _decided(view, matter, said.step, now)
            line = {"at": utc_text(now), "by": view.person.id, "step": said.step.value, "text": said.text}
            line |= {"side": said.side.value} if said.side else {}
            view.tx.control("put_matter", id=id, state=state, line=json.dumps(line), asked=asked)
            return Created(id=id)

        audited: dict[str, Any] = {"matter": id, "step": said.step.value}
        if said.side and said.text:
            audited |= {"side": said.side.value, "text": Private(said.text)}
        # What is the desk's to do needs no function: whoever is put there is of any class, mostly an analyst.
        function = None if said.step in (MatterStep.ASK, MatterStep.DONE) else Function.DECONFLICT
        return self._session.write("matter.step", audited, work, function=function)

    def _ask(self, view: View, matter: Row, side: MatterSideName, text: str | None, now: datetime) -> list[str]:
        """Passes it on to who the side concerns now."""
        people = sorted(one for one in _people(view.tx, json.loads(matter[side.value])) if one)
        if not people:
            raise Conflict("there is nobody on that side but the desk")
        _tell(view, people, {"matter": matter["id"], "text": text}, now)
        return people


def _decided(view: View, matter: Row, step: MatterStep, now: datetime) -> str:
    """The state after who was asked decided; the other side is told whom to call, if it is to be."""
    sides = {name: json.loads(matter[name.value]) for name in MatterSideName}
    ours = next((name for name, side in sides.items() if view.person.id in _people(view.tx, side)), None)
    if ours is None:
        raise NotFound
    if sides[ours]["mode"] != DisclosureMode.BROKERED:
        raise FunctionRefused("only a brokered side reveals itself")
    if matter["state"] == "revealed":
        raise Conflict("it was revealed")
    if step is MatterStep.DECLINE:
        return "declined"
    other = sides[ours.other]
    people = _people(view.tx, other)
    body = {"contact": sides[ours]["contact"], "matches": [one.model_dump() for one in _matches(matter)]}
    if ours.other is MatterSideName.ASKING and matter["reference"]:
        body["reference"] = matter["reference"]
    _tell(view, people, body, now)
    revealed(view.tx, sides[ours]["key"], other["key"], view.source, now)
    return "revealed"


def _people(tx: Transaction, side: Row) -> set[str | None]:
    return people_of(tx, side["owner"], side["cases"], frozenset(side["caveats"]))


def _tell(view: View, people: Iterable[str | None], body: Row, now: datetime) -> None:
    rows = [notice_of(view.source, "desk", body, person) for person in sorted(people, key=lambda person: person or "")]
    view.tx.control("create_notices", rows=rows, at=now)


def _matches(row: Row) -> list[ConflictMatch]:
    return [ConflictMatch(selector=kind, tier=tier) for kind, tier in sorted(json.loads(row["matches"]).items())]


def _card(row: Row) -> MatterCard:
    asking, holding = (json.loads(row[side]) for side in ("asking", "holding"))
    return MatterCard(
        id=row["id"],
        at=utc_text(row["at"]),
        state=row["state"],
        reference=row["reference"],
        asking=MatterSide(contact=asking["contact"], mode=asking["mode"]),
        holding=MatterSide(contact=holding["contact"], mode=holding["mode"]),
        matches=_matches(row),
        lines=[MatterLine(**json.loads(line)) for line in row["log"]],
    )
