"""Writes of content: subjects, documents, events, links, the cross-case link, and ending what was asserted.

Every act names the case worked in, needs a dated *write* assignment there, and leaves an Entry. What the
caller does not see is refused exactly as what does not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from icmgraph.errors import FunctionRefused, InvalidInput, NotFound
from icmgraph.model.access import Expression, Own
from icmgraph.model.answers import Answer, Created
from icmgraph.model.records import (
    Assertion,
    AttributeInput,
    DocumentChange,
    DocumentInput,
    EventChange,
    EventInput,
    IdentifierInput,
    LinkInput,
    SameAsInput,
    SubjectChange,
    SubjectInput,
)
from icmgraph.queries import cards
from icmgraph.queries.assertions import Batch
from icmgraph.queries.gateway import Retry, Row
from icmgraph.queries.policy import rights
from icmgraph.queries.session import Session, View
from icmgraph.queries.silences import by, must_be_ahead
from icmgraph.queries.worked import (
    WorkedIn,
    change_under_lock,
    former_values,
    must_assert,
    see_case,
    stands_in,
    the_row,
    told,
    what_is_said,
)


class Writer:
    """Content writes of one person.

    ``key``: the deployment's, of which identifiers' public ids in a card are made; needed for ``If-Match`` alone.
    """

    def __init__(self, session: Session, key: bytes = b"") -> None:
        self._session = session
        self._key = key

    def add_subject(self, case: str, subject: SubjectInput) -> Created:
        """A new subject record of ``case`` with its attributes and identifiers.

        ``records``: ids of the attributes, then of the identifiers' assertions.
        """

        def work(view: View) -> Created:
            worked = WorkedIn(view, case)
            created = new_subject(worked, subject)
            worked.put()
            return created

        return self._session.write("subject.add", {"case": case, "kind": subject.kind.value}, work)

    def change_subject(self, id: str, change: SubjectChange) -> Created:
        """Add values to a subject that stands in the case worked in; ``records``: ids of what was added.

        The disclosure mode of a record is set by a leader of the unit of the case that asserts it.

        Raises:
            InvalidInput: the mode is to end at a time that has passed.
        """

        def work(view: View) -> Created:
            must_be_ahead(view, change.disclosure_until)
            if change.disclosure is not None:
                _disclose(view, id, change, lambda: cards.subject(view, id, self._key))
            if not change.attributes and not change.identifiers:
                return Created(id=id)
            worked = WorkedIn(view, change.case)
            worked.standing([id])
            parts = _parts(worked, id, change.attributes, change.identifiers)
            added = (*change.attributes, *change.identifiers)
            caveats = tuple(sorted({caveat for value in added for caveat in value.caveats}))
            labelled = the_row(view.tx.control("record", id=id))
            said = worked.own(Assertion(caveats=caveats)).expression
            own = told((change.case,), Expression.parse(labelled["expression"]), said)
            worked.entry("subject.change", [("Subject", id)], own)
            worked.put(lambda: cards.subject(view, id, self._key))
            return Created(id=id, records=parts)

        # A leader's disclosure act needs no write function; values do, and WorkedIn asks for it.
        return self._session.write("subject.change", {"case": change.case, "subject": id}, work, function=None)

    def add_document(self, case: str, document: DocumentInput) -> Created:
        """A new document of ``case``; ``records``: ids of its mentions."""

        def work(view: View) -> Created:
            worked = WorkedIn(view, case)
            own = worked.own(document)
            labels = worked.standing(document.mentions)
            if set(labels.values()) - {"Subject"}:
                raise NotFound
            id = worked.batch.record(
                "Document", worked.ids(), own, **worked.said(document),
                **document.model_dump(include={"kind", "title", "written", "digest", "location"}),
            )  # fmt: skip
            worked.batch.link("link_filed_in", worked.ids(), own, id, case)
            mentions = [
                worked.batch.link("link_mentions_subject", worked.ids(), own, id, subject)
                for subject in dict.fromkeys(document.mentions)
            ]
            mentions += [
                worked.identifier("link_mentions_identifier", id, value, f"mentions_identifiers.{i}")
                for i, value in enumerate(document.mentions_identifiers)
            ]
            worked.entry("document.add", [("Document", id)], own)
            worked.put()
            return Created(id=id, records=mentions)

        return self._session.write("document.add", {"case": case, "kind": document.kind}, work)

    def add_event(self, case: str, event: EventInput) -> Created:
        """A new event of ``case``; ``records``: ids of the involvements, then of the place."""

        def work(view: View) -> Created:
            worked = WorkedIn(view, case)
            own = worked.own(event)
            labels = worked.standing(involved.subject for involved in event.involved)
            if set(labels.values()) - {"Subject"}:
                raise NotFound
            properties = event.model_dump(
                include={"kind", "description", "starts", "ends", "latitude", "longitude", "duration", "amount"}
            )
            id = worked.batch.record("Event", worked.ids(), own, **worked.said(event), **properties)
            worked.batch.link("link_part_of", worked.ids(), own, id, case)
            links = [
                worked.batch.link("link_involved_in", worked.ids(), own, involved.subject, id, role=involved.role)
                for involved in event.involved
            ]
            if event.address is not None:
                links.append(worked.identifier("link_at", id, event.address, "address"))
            worked.entry("event.add", [("Event", id)], own)
            worked.put()
            return Created(id=id, records=links)

        return self._session.write("event.add", {"case": case, "kind": event.kind}, work)

    def change_document(self, id: str, change: DocumentChange) -> Created:
        return self._change("document.change", "Document", id, change)

    def change_event(self, id: str, change: EventChange) -> Created:
        return self._change("event.change", "Event", id, change)

    def _change(self, act: str, label: str, id: str, change: DocumentChange | EventChange) -> Created:
        """Correct properties of a record of the case worked in; the Entry keeps the former ones."""
        values = change.model_dump(exclude_unset=True, exclude={"case"})

        def work(view: View) -> Created:
            worked = WorkedIn(view, change.case)
            if worked.standing([id])[id] != label:
                raise NotFound
            row = the_row(view.tx.control("record", id=id))
            must_assert(row, change.case)
            expression = Expression.parse(row["expression"])
            former = former_values(view.tx, id, values)
            said = {**row["properties"], **values} if not {"starts", "ends"}.isdisjoint(values) else {}
            if said.get("starts") and said.get("ends") and said["ends"] < said["starts"]:
                raise InvalidInput("ends before it starts", field="ends" if "ends" in values else "starts")
            worked.entry(act, [(label, id)], told((change.case,), expression), {"former": former})
            worked.put(lambda: self._card(view, label, id))
            change_under_lock(view.tx, id, values, former)
            if any(former[name] != values[name] for name in ("starts", "ends") if name in values):
                worked.move(id)
            return Created(id=id)

        return self._session.write(act, {"case": change.case, "record": id, "fields": sorted(values)}, work)

    def _card(self, view: View, label: str, id: str) -> Answer:
        if label == "Subject":
            return cards.subject(view, id, self._key)
        return cards.document(view, id) if label == "Document" else cards.event(view, id)

    def link(self, case: str, link: LinkInput) -> Created:
        """Assert a relationship between two records.

        An end that does not stand in the file of ``case`` needs ``other_case``, in whose file the caller sees it;
        only INVOLVED_IN, MENTIONS and RELATED_TO go across cases (SAME_AS has its own act).
        """

        def work(view: View) -> Created:
            worked = WorkedIn(view, case)
            others = _related(view, case, link) if link.type == "RELATED_TO" else _ends(worked, link)
            own = worked.own(link, *others)
            properties: dict[str, Any] = {"role" if link.type == "INVOLVED_IN" else "kind": link.kind}
            if link.type == "MENTIONS":
                properties = {}
            if link.type == "RELATED_TO":
                properties["reason"] = link.reason
            if link.type == "LINKED_TO":
                properties |= {"valid_from": link.valid_from, "valid_to": link.valid_to}
            query = {"MENTIONS": "link_mentions_subject"}.get(link.type, f"link_{link.type.lower()}")
            said = worked.said(link)
            id = worked.batch.link(query, worked.ids(), own, link.start, link.end, **properties, **said)
            self._entry_on_ends(worked, "link.add", own, link.start, link.end)
            worked.put()
            return Created(id=id)

        return self._session.write("link.add", {"case": case, "type": link.type}, work)

    def same_as(self, same: SameAsInput) -> Created:
        """Assert that two subject records of two cases are the same. Undone by ``end``."""

        def work(view: View) -> Created:
            worked = WorkedIn(view, same.case)
            if same.start == same.end:
                raise InvalidInput("a record is the same as itself already", field="end")
            inside = {row["id"] for row in view.run("stands_in", case=same.case, ids=[same.start, same.end])}
            outside = {same.start, same.end} - inside
            labels = stands_in(view, same.case, inside) | stands_in(view, same.other_case, outside)
            if not inside or set(labels.values()) != {"Subject"}:
                raise NotFound
            own = worked.own(same, *([same.other_case] if outside else []))
            said = worked.said(same)
            id = worked.batch.link("link_same_as", worked.ids(), own, same.start, same.end, basis=same.basis, **said)
            self._entry_on_ends(worked, "same_as.add", own, same.start, same.end)
            worked.put()
            return Created(id=id)

        return self._session.write("same_as.add", {"case": same.case, "other_case": same.other_case}, work)

    def _entry_on_ends(self, worked: WorkedIn, act: str, own: Own, start: str, end: str) -> None:
        """The Entry of a link, labelled by what the link and both its ends need.

        About another case too: so that is locked, as the case worked in is, while its caveats are taken over.
        """
        rows = worked.view.tx.control("record_labels", ids=[start, end])
        expressions = [Expression.parse(row["expression"]) for row in rows]
        cases = {("Case", case) for case in own.cases}
        about = sorted(({(row["label"], row["id"]) for row in rows} | cases) - {("Case", worked.case)})
        worked.entry(act, about, told(own.cases, own.expression, *expressions))

    def end(self, id: str, case: str, only: str | None = None) -> Created:
        """Take an assertion or a record that ``case`` asserts out of the live graph; its Entry keeps what it said.

        Args:
            only: what it must be (``SAME_AS``); anything else counts as absent.

        Raises:
            NotFound: absent or hidden.
            Conflict: the case worked in is not one that asserts it.
        """

        def work(view: View) -> Created:
            worked = WorkedIn(view, case)
            seen = view.run("sees_assertion", id=id)
            if not seen or only not in (None, seen[0]["what"]):
                raise NotFound
            what = seen[0]["what"]
            if what in ("Subject", "Document", "Event"):
                _end_record(worked, id, what, lambda: self._card(view, what, id))
            else:
                _end_assertion(worked, id, what, lambda start: self._card_of(view, id, what, start))
            return Created(id=id)

        return self._session.write("assertion.end", {"case": case, "assertion": id}, work)

    def _card_of(self, view: View, id: str, what: str, start: str) -> Answer:
        """The card that shows an assertion: a value stands in that of its record, a link has its own."""
        shown = {"Attribute": "Subject", "HAS_IDENTIFIER": "Subject", "AT": "Event"}
        return self._card(view, shown[what], start) if what in shown else cards.assertion(view, id)


def new_subject(worked: WorkedIn, subject: SubjectInput) -> Created:
    """Add a subject, its values and its Entry to the batch."""
    own = worked.own(subject)
    id = worked.batch.record("Subject", worked.ids(), own, kind=subject.kind.value, **worked.said(subject))
    worked.batch.link("link_subject_of", worked.ids(), own, id, worked.case, role=subject.role)
    parts = _parts(worked, id, subject.attributes, subject.identifiers)
    worked.entry("subject.add", [("Subject", id)], own)
    return Created(id=id, records=parts)


def _parts(
    worked: WorkedIn, subject: str, attributes: Sequence[AttributeInput], identifiers: Sequence[IdentifierInput]
) -> list[str]:
    parts = [worked.attribute(subject, value, f"attributes.{i}") for i, value in enumerate(attributes)]
    parts += [
        worked.identifier("link_has_identifier", subject, value, f"identifiers.{i}")
        for i, value in enumerate(identifiers)
    ]
    return parts


def _disclose(view: View, id: str, change: SubjectChange, card: Callable[[], Answer]) -> None:
    see_case(view, change.case)
    stands_in(view, change.case, [id])
    held = rights(view.tx, change.case, view.person)
    if not held.leader:
        raise FunctionRefused("a disclosure mode is set by a leader of the case's unit")
    if change.disclosure == "silent" and held.agent:
        raise FunctionRefused("nobody silences a case they are agent of")
    row = the_row(view.tx.control("record", id=id))
    must_assert(row, change.case)
    batch = Batch(view.person.id, view.source.now())
    own = told(row["cases"], Expression.parse(row["expression"]))
    batch.entry(view.source.uuid, own, "subject.disclosure", [("Case", change.case), ("Subject", id)])
    batch.put(view.tx, locked=lambda: view.hold(card))
    changes = {
        "disclosure": change.disclosure,
        "disclosure_until": change.disclosure_until,
        **by(view, row["properties"], str(change.disclosure)),
    }
    view.tx.control("change_record", id=id, changes=changes)


def _related(view: View, case: str, link: LinkInput) -> list[str]:
    """The other case of a RELATED_TO; one end is the case worked in."""
    if case not in (link.start, link.end) or link.start == link.end:
        raise InvalidInput("one end is the case worked in, the other a case you see", field="start")
    other = link.end if link.start == case else link.start
    see_case(view, other)
    return [other]


_ENDS = {"LINKED_TO": ("Subject", "Subject"), "INVOLVED_IN": ("Subject", "Event"), "MENTIONS": ("Document", "Subject")}


def _ends(worked: WorkedIn, link: LinkInput) -> list[str]:
    """The other cases a link needs: none when both ends stand in the case worked in."""
    if link.start == link.end:
        raise InvalidInput("a record is not linked to itself", field="end")
    view = worked.view
    labels = {row["id"]: row["label"] for row in view.run("stands_in", case=worked.case, ids=[link.start, link.end])}
    outside = {link.start, link.end} - labels.keys()
    if outside:
        if link.other_case is None:
            raise NotFound
        labels |= stands_in(view, link.other_case, outside)
    if (labels[link.start], labels[link.end]) != _ENDS[link.type]:
        raise NotFound
    if outside and link.type == "LINKED_TO":
        raise InvalidInput("LINKED_TO stays within one case; say SAME_AS across cases", field="type")
    return [link.other_case] if outside and link.other_case else []


def _end_assertion(worked: WorkedIn, id: str, what: str, card: Callable[[str], Answer]) -> None:
    tx = worked.view.tx
    row = what_is_said(tx, what, id)
    must_assert(row, worked.case)
    expression = Expression.parse(row["expression"])
    about = [("Subject", row["start"])] if what == "Attribute" else _records(row)
    about = sorted(set(about) - {("Case", worked.case)})
    worked.entry(
        "assertion.end", about, told(row["cases"], expression), {"what": what, "said": _said(row["properties"])}
    )
    worked.put(lambda: card(row["start"]))
    query = "end_attribute" if what == "Attribute" else "end_relationship"
    if tx.control(query, id=id)[0]["ended"] != 1:
        raise NotFound


def _records(row: Row) -> list[tuple[str, str]]:
    ends = [(row["start_label"], row["start"]), (row["end_label"], row["end"])]
    return [(label, id) for label, id in ends if label in ("Case", "Subject", "Document", "Event")]


def _end_record(worked: WorkedIn, id: str, label: str, card: Callable[[], Answer]) -> None:
    """End a record and all that hangs on it, whoever asserted it: one Entry for each label among them."""
    tx = worked.view.tx
    worked.standing([id])
    row = the_row(tx.control("record", id=id))
    must_assert(row, worked.case)
    attached = tx.control("attached", id=id)
    ended: dict[Own, list[dict[str, Any]]] = {}
    about: dict[Own, set[tuple[str, str]]] = {}
    own = told(row["cases"], Expression.parse(row["expression"]))
    ended[own] = [{"what": label, "said": _said(row["properties"])}]
    for part in attached:
        own = told(part["properties"]["cases"], Expression.parse(part["expression"]))
        ended.setdefault(own, []).append({"what": part["what"], "said": _said(part["properties"])})
        if part["other_label"] in ("Case", "Subject", "Document", "Event"):
            about.setdefault(own, set()).add((part["other_label"], part["other"]))
    for own, parts in ended.items():
        # The cases that asserted it among them: a part beside the record's own would be in nobody's history.
        told_of = {("Case", case) for case in own.cases} | about.get(own, set())
        worked.batch.entry(worked.ids, own, "record.end", sorted(told_of), {"ended": parts})
    worked.put()
    # Under the record's own lock nothing more can be attached; what came before it must be told too.
    tx.control("lock_records", ids=[id])
    if tx.control("attached", id=id) != attached:
        raise Retry
    worked.view.hold(card)
    tx.control("end_record", id=id)


def _said(properties: dict[str, Any]) -> dict[str, Any]:
    """What an ended assertion said, without what carries access."""
    hidden = {"cases", "shared", "caveats", "visibility", "audience", "lock"}
    return {key: value for key, value in properties.items() if key not in hidden}
