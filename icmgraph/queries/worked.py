"""The case worked in: what every write of content asks first, and what it leaves behind.

What the caller does not see is refused exactly as what does not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from icmgraph.errors import Conflict, InvalidInput, NotFound
from icmgraph.model.access import Expression, Own
from icmgraph.model.answers import Answer
from icmgraph.model.checks import NAME_KINDS, Asked
from icmgraph.model.dates import PartialDate
from icmgraph.model.identifiers import NormalisedIdentifier, normalise
from icmgraph.model.names import name_keys
from icmgraph.model.records import (
    Assertion,
    AttributeInput,
    IdentifierInput,
)
from icmgraph.queries.assertions import Batch
from icmgraph.queries.entered import Part, asserted, entry, to_come
from icmgraph.queries.gateway import Retry, Row, Transaction
from icmgraph.queries.policy import Rights, require_write, rights
from icmgraph.queries.session import View

CLOSED = "the case is closed; reopen it first"


def told(cases: Iterable[str], *expressions: Expression) -> Own:
    """The `own` of an Entry: all the cases it tells about, and the caveats of what it tells.

    Not the cases that a record is shared with: whether there are others changes nothing for those who read it.
    """
    return Own(tuple(sorted(set(cases))), (), tuple(sorted({one for e in expressions for one in e.caveats})))


def checked_identifier(value: IdentifierInput, field: str) -> NormalisedIdentifier:
    """
    Raises:
        InvalidInput: naming the field, never the value.
    """
    return normalise(value.kind, value.value, region=value.region, postcode=value.postcode, field=f"{field}.value")


def as_written(value: IdentifierInput) -> dict[str, Any]:
    """What the key is a function of, kept on the relationship: a changed normaliser can make the key again."""
    return {"as_written": value.value, "region": value.region, "postcode": value.postcode}


def checked_attribute(value: AttributeInput, field: str) -> tuple[str, ...]:
    """The name keys of an attribute, none for other kinds; a birth date must be a date, perhaps partial."""
    if value.kind == "birth_date":
        PartialDate.parse(value.value, field=f"{field}.value")
    return name_keys(value.value, field=f"{field}.value") if value.kind in NAME_KINDS else ()


class WorkedIn:
    """The case worked in, as one write sees it: the caller sees it, may write, and it is open.

    Raises:
        NotFound: the case is absent or hidden.
        FunctionRefused: no write assignment.
        Conflict: the case is closed.
    """

    def __init__(self, view: View, case: str) -> None:
        see_case(view, case)
        self.view = view
        self.case = case
        self.rights: Rights = rights(view.tx, case, view.person)
        require_write(self.rights)
        if self.rights.status == "closed":
            raise Conflict(CLOSED)
        self.batch = Batch(view.person.id, view.source.now())
        self._documents: dict[str, bool] = {}

    @property
    def ids(self) -> Callable[[], str]:
        return self.view.source.uuid

    def own(self, assertion: Assertion | None = None, *other_cases: str, field: str = "caveats") -> Own:
        """The case worked in (and others), with the caveats of all of them and those given.

        Raises:
            InvalidInput: a caveat whose list the caller is not on, or that does not exist.
        """
        given = assertion.caveats if assertion else ()
        if not set(given) <= self.view.person.caveats:
            raise InvalidInput("holds a caveat whose list you are not on", field=field)
        cases = tuple(sorted({self.case, *other_cases}))
        theirs = {c for case in other_cases for c in rights(self.view.tx, case, self.view.person).caveats}
        return Own(cases, (), tuple(sorted({*self.rights.caveats, *theirs, *given})))

    def said(self, assertion: Assertion, field: str = "source") -> dict[str, Any]:
        """What an assertion says of itself. A source must be a document the caller sees."""
        if assertion.source is not None and not self._sees(assertion.source):
            raise InvalidInput("no such document within what you may see", field=field)
        return {"source": assertion.source, "confidence": assertion.confidence}

    def _sees(self, document: str) -> bool:
        # A bulk's rows name the same few.
        if document not in self._documents:
            self._documents[document] = bool(self.view.run("sees_documents", ids=[document]))
        return self._documents[document]

    def standing(self, ids: Iterable[str]) -> dict[str, str]:
        """Labels of these records, all of which must stand, visibly, in this case's file."""
        return stands_in(self.view, self.case, ids)

    def entry(self, act: str, about: Sequence[tuple[str, str]], own: Own, content: Any = None) -> None:
        self.batch.entry(self.ids, own, act, (("Case", self.case), *about), content)

    def attribute(self, subject: str, value: AttributeInput, field: str) -> str:
        own = self.own(value, field=f"{field}.caveats")
        keys = checked_attribute(value, field)
        said = self.said(value, f"{field}.source")
        attribute = self.batch.record(
            "Attribute", self.ids(), own, under=subject, kind=value.kind, value=value.value, **said
        )
        self.batch.link("link_has_attribute", self.ids(), own, subject, attribute, as_end=True)
        for key in keys:
            self.batch.name_key(self.ids(), self.ids(), own, attribute, key)
        return attribute

    def identifier(self, query: str, record: str, value: IdentifierInput, field: str) -> str:
        own = self.own(value, field=f"{field}.caveats")
        end = checked_identifier(value, field)
        said = self.said(value, f"{field}.source")
        return self.batch.link(query, self.ids(), own, record, end, **as_written(value), **said)

    def put(self, card: Callable[[], Answer] | None = None, *, entered: bool = True) -> None:
        """Write the batch; it locks the case, so the right to write and the case's status are asked again under it.

        Its identifiers, names and events to come are a check too: the worker's, whose hits come as notices only.

        Args:
            card: what ``If-Match`` is compared with, of a record that the batch locks.
            entered: count as that check.

        Raises:
            Quota: it would be more than the person may ask for and enter in a day.
        """
        self.batch.put(self.view.tx, locked=lambda: self.view.hold(card) if card else None)
        held = rights(self.view.tx, self.case, self.view.person)
        require_write(held)
        if held.status == "closed":
            raise Conflict(CLOSED)
        if entered:
            self.enter(asserted(self.batch))

    def move(self, event: str) -> None:
        """An event at another time is entered anew: by the caller where they see that it is, else by nobody."""
        place, held = (self.view.tx, self.case, event, self.batch.at), self.view.person.caveats
        self.enter(to_come(*place, held))
        if hidden := to_come(*place, held, hidden=True):
            self.view.tx.control("create_entered", user=None, properties=entry(self.ids(), self.batch, hidden, None))

    def enter(self, parts: Sequence[Part]) -> None:
        """
        Raises:
            Quota
        """
        if not parts:
            return
        check, person = self.ids(), self.view.person.id
        properties = entry(check, self.batch, parts, person)
        if self.view.asking is not None:
            asked = [Asked.of_json(one) for part in parts for one in part["asked"]]
            properties |= self.view.asking.count(self.view.tx, person, asked, self.batch.at)
        self.view.tx.control("create_entered", user=person, properties=properties)
        self.view.touched.add(check)


def see_case(view: View, case: str) -> None:
    """
    Raises:
        NotFound: absent or hidden.
    """
    if not view.run("sees_case", id=case):
        raise NotFound
    view.worked.add(case)


def stands_in(view: View, case: str, ids: Iterable[str]) -> dict[str, str]:
    """Labels of records that the caller sees in this case's file.

    Raises:
        NotFound: one does not stand there, or is hidden, or does not exist.
    """
    wanted = sorted(set(ids))
    labels = {row["id"]: row["label"] for row in view.run("stands_in", case=case, ids=wanted)} if wanted else {}
    if len(labels) != len(wanted):
        raise NotFound
    view.worked.add(case)
    return labels


def the_row(rows: list[Row]) -> Row:
    """
    Raises:
        NotFound: there is none: absent, hidden, or gone since it was seen.
    """
    if not rows:
        raise NotFound
    return rows[0]


def what_is_said(tx: Transaction, what: str, id: str) -> Row:
    """A record or assertion that is known to be visible, with its own, its expression and its properties.

    Args:
        what: its label or type, as ``sees_assertion`` tells it.

    Raises:
        NotFound: it went away since it was seen.
    """
    query = "record" if what in ("Case", "Subject", "Document", "Event") else "assertion"
    return the_row(tx.control("attribute" if what == "Attribute" else query, id=id))


def former_values(tx: Transaction, id: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """What a record says now of the properties about to change."""
    properties = the_row(tx.control("record", id=id))["properties"]
    return {key: properties.get(key) for key in changes}


def change_under_lock(tx: Transaction, id: str, changes: Mapping[str, Any], former: Mapping[str, Any]) -> None:
    """Change a record that this transaction has locked.

    Raises:
        Retry: somebody changed it before the lock; the Entry would keep the wrong former values.
    """
    if former_values(tx, id, changes) != former:
        raise Retry
    tx.control("change_record", id=id, changes=dict(changes))


def must_assert(row: Row, case: str) -> None:
    if case not in row["cases"]:
        raise Conflict("the case you work in does not assert this; name the one that does")
