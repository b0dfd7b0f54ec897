"""One person's registrations: the questions of theirs that stand. Making one is a check: ``Deconfliction.register``."""

from __future__ import annotations

from datetime import timedelta

from icmgraph.audit import Private
from icmgraph.errors import Conflict, FunctionRefused, NotFound
from icmgraph.model.answers import Page, RegistrationCard, Sought
from icmgraph.model.checks import RenewInput
from icmgraph.model.records import DisclosureMode, Function, utc_text
from icmgraph.queries.conflicts import parted
from icmgraph.queries.cursors import Cursors
from icmgraph.queries.gateway import Row
from icmgraph.queries.matches import sought_of
from icmgraph.queries.newest import newest_first
from icmgraph.queries.session import Session, View


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

    def renew(self, id: str, renewal: RenewInput) -> RegistrationCard:
        """Let it stand so many days from now. Why is for auditors, as of a check.

        Raises:
            NotFound: absent, or another's.
            Conflict: it has expired: what came meanwhile was not matched, so it is registered anew.
            FunctionRefused: it is silent: a leader reviews it by registering it again.
        """
        days = renewal.days if renewal.days is not None else self._days

        def work(view: View) -> RegistrationCard:
            rows = view.mine("renew_registration", id=id, until=view.source.now() + timedelta(days=days))
            if not rows:
                raise NotFound
            if rows[0]["mode"] == DisclosureMode.SILENT:
                raise FunctionRefused("silence is reviewed: a leader registers it again")
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


def _card(row: Row) -> RegistrationCard:
    sought = zip(sought_of(row["sought"]), row["typed"], strict=True)
    return RegistrationCard(
        id=row["id"],
        mode=row["mode"],
        at=utc_text(row["at"]),
        stands_until=utc_text(row["expires_at"]),
        stands=row["stands"],
        reason=row["reason"],
        reference=row["own_reference"],
        selectors=[Sought(kind=one.kind, value=typed, birth_date=one.born) for one, typed in sought],
    )
