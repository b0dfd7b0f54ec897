"""Writes the demo world into a graph that holds nothing else, in some thirty steps.

Each step is one audited transaction that leaves its mark (an ImportRow), so that a load that was cut
short goes on where it stood, and a second load does nothing.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import partial
from itertools import groupby
from typing import Any

from icmgraph.demo.world import Case, Crossing, Subject, World, uid
from icmgraph.errors import OperatorError
from icmgraph.model.access import Expression, Own, visibility
from icmgraph.model.checks import NAME_KINDS
from icmgraph.model.identifiers import normalise
from icmgraph.model.names import name_keys
from icmgraph.model.records import Assertion, IdentifierInput, UserClass
from icmgraph.queries import catalogue
from icmgraph.queries.assertions import Batch, NewLink, NewRecord
from icmgraph.queries.directory import CaveatEntry, Directory, Grant, UnitEntry, UserEntry, apply
from icmgraph.queries.gateway import Gateway, Transaction
from icmgraph.queries.labels import Interner, Label
from icmgraph.queries.operator import Operator
from icmgraph.queries.worked import as_written, told

ACTION = "demo.load"
"""Its name in the audit."""
MARK = "demo"
"""The mark that any version's load leaves first."""

Progress = Callable[[int, int], None]
"""(steps done, steps in all)"""
Step = Callable[[Transaction, Interner], None]


def is_whole(gateway: Gateway, world: World) -> bool:
    """Every step is done, under the schema of this version.

    Raises:
        OperatorError: the graph holds something else, or another version's demo world.
    """
    marks = _marks(world)
    return len(gateway.read(lambda tx: _done(tx, list(marks)))) == len(marks)


def load(operator: Operator, world: World, progress: Progress) -> None:
    """Do the steps that are not done yet, in a graph that has its schema.

    Raises:
        OperatorError: the graph holds something else, or another version's demo world.
    """
    marks = _marks(world)
    done = operator.gateway.read(lambda tx: _done(tx, list(marks)))
    for number, (mark, step) in enumerate(marks.items()):
        progress(number, len(marks))
        if mark not in done:
            operator.govern(ACTION, {"step": number}, _work(step, [MARK, mark] if number == 0 else [mark]))
    progress(len(marks), len(marks))


def _marks(world: World) -> dict[str, Step]:
    return {f"{MARK}:{world.digest}:{name}": step for name, step in _steps(world)}


def _done(tx: Transaction, marks: list[str]) -> set[str]:
    found = {row["digest"] for row in tx.control("imported_rows", digests=[MARK, *marks])}
    if MARK not in found and tx.control("unit_tree"):
        raise OperatorError(
            "the graph holds something other than the demo world: set ICM_HOME to another folder for the demo"
        )
    if MARK in found and marks[0] not in found:
        raise OperatorError("the graph holds the demo world of another version of icmgraph: make clean, then make demo")
    return found - {MARK}


def _work(step: Step, marks: list[str]) -> Callable[[Transaction, Interner], tuple[None, bool]]:
    def work(tx: Transaction, interner: Interner) -> tuple[None, bool]:
        step(tx, interner)
        tx.control("create_import_rows", rows=marks)
        return None, True

    return work


def _steps(world: World) -> Iterator[tuple[str, Step]]:
    """The staff; each agent's cases; what joins cases; and a mark of the schema under which all that stands."""
    yield "staff", lambda tx, _: _staff(tx, world)
    by_agent = sorted(world.cases, key=lambda case: case.agent)
    for agent, cases in groupby(by_agent, key=lambda case: case.agent):
        yield f"cases:{agent}", partial(_cases, cases=list(cases))
    yield "crossings", lambda tx, interner: _crossings(tx, interner, world)
    schema = sorted(query.text for query in catalogue.load().values() if query.access is catalogue.Access.SCHEMA)
    yield f"schema:{hashlib.sha256(''.join(schema).encode()).hexdigest()[:16]}", lambda tx, interner: None


def _staff(tx: Transaction, world: World) -> None:
    directory = Directory(
        units=[UnitEntry(unit.id, unit.name, unit.parent) for unit in world.units],
        users=[UserEntry(u.id, u.name, u.contact, UserClass(u.user_class), u.desk) for u in world.users],
        caveats=[CaveatEntry(caveat.id, caveat.name, caveat.kind) for caveat in world.caveats],
    )
    for user in world.users:
        directory.grants.append(Grant("member", user.id, user.unit, sight=user.sight))
        if user.leads:
            directory.grants.append(Grant("lead", user.id, user.leads))
    for caveat in world.caveats:
        directory.grants.append(Grant("custodian", caveat.custodian, caveat.id))
        directory.grants += [Grant("clearance", user, caveat.id) for user in caveat.cleared]
    apply(tx, directory, tx.control("read_epoch")[0]["now"], lambda: uid("staff"))


@dataclass
class _Dated(Batch):
    """A batch whose assertions are as old as the case that makes them."""

    opened: dict[str, date] = field(default_factory=dict)

    def _labelled(self, item: NewRecord | NewLink, expression: Expression, labels: Mapping[Expression, Label]) -> Any:
        latest = max(self.opened[case] for case in item.own.cases)
        return {**super()._labelled(item, expression, labels), "asserted_at": moment(latest)}

    def expressions(self, outside: Mapping[str, Expression]) -> set[Expression]:
        """Of all that the batch asserts; ``outside``: of the records it attaches to."""
        known = dict(outside)
        self.express(known)
        return set(known.values()) | {self._link_expression(link, known) for link in self.links}


def moment(day: date) -> datetime:
    """The morning of a day."""
    return datetime.combine(day, time(9, 15), UTC)


def _batch(by: str, cases: Sequence[Case]) -> _Dated:
    opened = {case.id: case.opened for case in cases}
    return _Dated(by, moment(max(opened.values())), opened=opened)


def _cases(tx: Transaction, interner: Interner, cases: Sequence[Case]) -> None:
    """Cases of one agent and all they assert by themselves."""
    interner.openness = {case.id: frozenset(case.open_to) for case in cases}
    batch = _batch(cases[0].agent, cases)
    for case in cases:
        _Filing(batch, case).file()
    batch.put(tx, interner.intern)
    tx.control("place_cases", rows=[{"case": case.id, "unit": case.unit} for case in cases])
    opened = [{"case": case.id, "unit": unit} for case in cases for unit in sorted(case.open_to)]
    if opened:
        tx.control("open_cases_to", rows=opened)
    tx.control("assign", rows=[row for case in cases for row in _assignments(case)])


def _assignments(case: Case) -> list[dict[str, Any]]:
    people = [(case.agent, ("read", "write"), True), *((user, functions, False) for user, functions in case.assigned)]
    return [
        {
            "id": uid("assignment", case.id, user), "user": user, "case": case.id, "functions": list(functions),
            "agent": agent, "starts": None, "ends": None,
        }
        for user, functions, agent in people
    ]  # fmt: skip


@dataclass
class _Filing:
    """Puts one case's file into a batch; ids are derived from the case's and counted within it."""

    batch: Batch
    case: Case
    serial: int = 0

    def id(self) -> str:
        self.serial += 1
        return uid("part", self.case.id, self.serial)

    def own(self, *caveats: str) -> Own:
        return Own((self.case.id,), (), tuple(sorted({*self.case.caveats, *caveats})))

    def file(self) -> None:
        case = self.case
        self.batch.record(
            "Case", case.id, self.own(), number=case.number, title=case.title, kind=case.kind.value,
            category=case.category, status="closed" if case.closed else "open", opened=case.opened,
            closed=case.closed, disclosure=case.disclosure.value if case.disclosure else None,
            disclosure_until=case.disclosure_until, closed_to_leaders=False,
        )  # fmt: skip
        self.batch.entry(self.id, self.own(), "case.open", [("Case", case.id)])
        for subject in case.subjects:
            self.subject(subject)
        for link in case.links:
            self.batch.link("link_linked_to", link.id, self.own(), link.start, link.end, kind=link.kind)
        self.documents()
        self.events()

    def subject(self, subject: Subject) -> None:
        own = self.own(*subject.caveats)
        self.batch.record("Subject", subject.id, own, kind=subject.kind)
        self.batch.link("link_subject_of", self.id(), own, subject.id, self.case.id, role=subject.role)
        for value in subject.attributes:
            of_value = self.own(*value.caveats)
            attribute = self.id()
            self.batch.record(
                "Attribute", attribute, of_value, under=subject.id, kind=value.kind, value=value.value, **_said(value)
            )
            self.batch.link("link_has_attribute", self.id(), of_value, subject.id, attribute, as_end=True)
            for key in name_keys(value.value) if value.kind in NAME_KINDS else ():
                self.batch.name_key(self.id(), self.id(), of_value, attribute, key)
        for one in subject.identifiers:
            self.identifier("link_has_identifier", subject.id, one)

    def identifier(self, query: str, start: str, one: IdentifierInput) -> None:
        end = normalise(one.kind, one.value, region=one.region, postcode=one.postcode)
        self.batch.link(query, self.id(), self.own(*one.caveats), start, end, **as_written(one), **_said(one))

    def documents(self) -> None:
        for id, document in self.case.documents:
            values = document.model_dump(include={"kind", "title", "written"})
            self.batch.record("Document", id, self.own(), **values)
            self.batch.link("link_filed_in", self.id(), self.own(), id, self.case.id)
            for subject in document.mentions:
                self.batch.link("link_mentions_subject", self.id(), self.own(), id, subject)

    def events(self) -> None:
        for id, event in self.case.events:
            self.batch.record("Event", id, self.own(), **event.model_dump(exclude={"address", "involved", *_ASSERTED}))
            self.batch.link("link_part_of", self.id(), self.own(), id, self.case.id)
            for one in event.involved:
                self.batch.link("link_involved_in", self.id(), self.own(), one.subject, id, role=one.role)
            if event.address is not None:
                self.identifier("link_at", id, event.address)


_ASSERTED = frozenset(Assertion.model_fields)


def _said(value: Assertion) -> dict[str, Any]:
    return {"source": value.source, "confidence": value.confidence}


def _crossings(tx: Transaction, interner: Interner, world: World) -> None:
    """SAME_AS and RELATED_TO, each by one who writes in one case and sees the other."""
    cases = {case.id: case for case in world.cases}
    outside = {case.id: Own((case.id,), (), case.caveats).expression for case in world.cases}
    for case in world.cases:
        for subject in case.subjects:
            outside[subject.id] = Own((case.id,), (), (*case.caveats, *subject.caveats)).expression
    by_author: dict[str, list[Crossing]] = defaultdict(list)
    for one in world.crossings:
        by_author[one.by].append(one)
    batches: list[tuple[_Dated, dict[str, Expression]]] = []
    for author, crossings in by_author.items():
        concerned = [cases[case] for one in crossings for case in one.cases]
        batch = _batch(author, concerned)
        ends = {end: outside[end] for one in crossings for end in (one.start, one.end)}
        for one in crossings:
            _cross(batch, one, cases, ends)
        batches.append((batch, ends | {one: outside[one] for crossing in crossings for one in crossing.cases}))
    interner.intern({expression for batch, ends in batches for expression in batch.expressions(ends)})
    for batch, _ in batches:
        batch.put(tx, interner.intern)


def _cross(batch: Batch, one: Crossing, cases: Mapping[str, Case], ends: Mapping[str, Expression]) -> None:
    caveats = tuple(sorted({caveat for case in one.cases for caveat in cases[case].caveats}))
    own = Own(tuple(sorted(one.cases)), (), caveats)
    said: dict[str, Any] = {"basis": one.basis} if one.type == "SAME_AS" else {"kind": "follow-up", "reason": one.basis}
    batch.link(f"link_{one.type.lower()}", one.id, own, one.start, one.end, **said)
    needed = told(one.cases, visibility(own, ends[one.start], ends[one.end]))
    about = [("Case", one.cases[0])]
    if one.type == "SAME_AS":
        about += [("Subject", one.start), ("Subject", one.end)]
    numbers = iter(range(len(about) + 1))
    batch.entry(lambda: uid("entry", one.id, next(numbers)), needed, f"{one.type.lower()}.add", about)
