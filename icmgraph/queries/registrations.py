"""One person's registrations: the questions of theirs that stand. Making one is a check: ``Deconfliction.register``."""

from __future__ import annotations

from datetime import timedelta

from icmgraph.audit import Private
from icmgraph.errors import Conflict, FunctionRefused, NotFound
from icmgraph.model.answers import (
    MapConflict,
    MapFeature,
    MapPoint,
    MapProperties,
    OperationsMap,
    Page,
    PlannedCard,
    RegistrationCard,
    Sought,
)
from icmgraph.model.checks import EVENT, RenewInput
from icmgraph.model.planned import Dated, PlannedInput
from icmgraph.model.records import DisclosureMode, Function, utc_text
from icmgraph.queries.conflicts import conflict_matches, parted
from icmgraph.queries.cursors import Cursors
from icmgraph.queries.gateway import Row
from icmgraph.queries.matches import sought_of
from icmgraph.queries.newest import newest_first
from icmgraph.queries.session import Session, View

MOST = 500
"""Registrations on one map or calendar."""


class Registrations:
    """Lists, renews and withdraws; nobody else's are reached.

    Args:
        days: how long a renewed registration stands that does not say.
    """

    def __init__(self, session: Session, cursors: Cursors, *, days: int = 180) -> None:
        self._session = session
        self._cursors = cursors
        self._days = days

    def page(self, cursor: str | None = None, limit: int = 50) -> Page[RegistrationCard]:
        """Newest first; those of one moment by id. Expired ones are listed until they are withdrawn.

        Raises:
            InvalidInput: the cursor is not of this person's list, or the limit is not 1 to 500.
        """
        return newest_first(self._session, self._cursors, "registrations", _card, cursor, limit, action="registrations")

    def map(self) -> OperationsMap:
        """The planned operations that stand, newest first, at most ``MOST``, with the conflicts of each."""

        def work(view: View) -> OperationsMap:
            rows = view.mine("standing_registrations", kind=EVENT, limit=MOST + 1)
            return OperationsMap(features=[_map_feature(row) for row in rows[:MOST]], truncated=len(rows) > MOST)

        return self._session.read("registrations.map", {}, work, function=None)

    def calendar(self) -> list[Dated]:
        """When planned operations are, and when other registrations expire, newest first, at most ``MOST``."""

        def work(view: View) -> list[Dated]:
            return [_dated(row) for row in view.mine("standing_registrations", kind=None, limit=MOST)]

        return self._session.read("registrations.calendar", {}, work, function=None)

    def renew(self, id: str, renewal: RenewInput) -> RegistrationCard:
        """Let it stand so many days from now. Why is for auditors, as of a check.

        Raises:
            NotFound: absent, or another's.
            Conflict: it has expired: what came meanwhile was not matched, so it is registered anew; or it is a planned
                operation, which stands until it is over.
            FunctionRefused: it is silent: a leader reviews it by registering it again.
        """
        days = renewal.days if renewal.days is not None else self._days

        def work(view: View) -> RegistrationCard:
            rows = view.mine("renew_registration", id=id, until=view.source.now() + timedelta(days=days))
            if not rows:
                raise NotFound
            if rows[0]["mode"] == DisclosureMode.SILENT:
                raise FunctionRefused("silence is reviewed: a leader registers it again")
            if rows[0]["kind"] == EVENT:
                raise Conflict("a planned operation stands until it is over; edit it if that is later")
            if not rows[0]["stands"]:
                raise Conflict("it has expired; register it again, which checks what came meanwhile")
            return _card(rows[0])

        audited = {"registration": id, "reason": Private(renewal.reason)}
        return self._session.write("registration.renew", audited, work, function=Function.DECONFLICT)

    def withdraw(self, id: str) -> None:
        """End it at once, for good. Notices that it led to stay; the other side of its conflicts is told.

        Raises:
            NotFound: absent, or another's.
        """

        def work(view: View) -> None:
            if not view.mine("withdraw_registration", id=id):
                raise NotFound
            parted(view.tx, id, (), view.source)

        self._session.write("registration.withdraw", {"registration": id}, work, function=None)


def _map_feature(row: Row) -> MapFeature:
    event = PlannedCard.model_validate_json(row["typed"][-1])
    point = None
    if event.latitude is not None and event.longitude is not None:
        point = MapPoint(coordinates=(event.longitude, event.latitude))
    conflicts = [
        MapConflict(id=one["id"], contact=one["contact"], matches=conflict_matches(one["matches"]))
        for one in sorted(row["conflicts"], key=lambda one: str(one["id"]))
    ]
    properties = MapProperties(
        mode=row["mode"],
        stands_until=utc_text(row["expires_at"]),
        reference=row["own_reference"],
        event=event,
        conflicts=conflicts,
    )
    return MapFeature(id=row["id"], geometry=point, properties=properties)


def _dated(row: Row) -> Dated:
    """Neither what it seeks nor where: a calendar is shown on other machines."""
    reference = f", reference {row['own_reference']}" if row["own_reference"] else ""
    if row["kind"] != EVENT:
        ends = row["expires_at"]
        return Dated(row["id"], row["edits"], row["at"], f"registration expires{reference}", ends, ends)
    event = PlannedInput.model_validate_json(row["typed"][-1])
    return Dated(
        row["id"], row["edits"], row["at"], f"planned operation{reference}", event.starts, event.ends or event.starts,
        event.every, event.times or 1,
    )  # fmt: skip


def _card(row: Row) -> RegistrationCard:
    sought = list(zip(sought_of(row["sought"]), row["typed"], strict=True))
    events = [typed for one, typed in sought if one.event]
    return RegistrationCard(
        id=row["id"],
        mode=row["mode"],
        at=utc_text(row["at"]),
        stands_until=utc_text(row["expires_at"]),
        stands=row["stands"],
        reason=row["reason"],
        reference=row["own_reference"],
        selectors=[Sought(kind=one.kind, value=typed, birth_date=one.born) for one, typed in sought if not one.event],
        event=PlannedCard.model_validate_json(events[0]) if events else None,
        case=row["case"],
        reported=utc_text(row["reported"]) if row["reported"] else None,
    )
