"""Who may see and do what: the only maker of a Scope (docs/need-to-know.md, "Scope")."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from threading import Lock
from typing import Any

from icmgraph.errors import FunctionRefused, GraphUnavailable, NotFound, Unauthenticated, Unavailable
from icmgraph.model.access import Expression, Scope, case_atom, caveat_atom, unit_atom
from icmgraph.model.records import FUNCTIONS, NO_SIGHT, Function, UserClass
from icmgraph.queries.gateway import Gateway, Transaction

PARSED = 2**16
"""Expressions kept as values: some 40 MB at most."""
CACHED_PEOPLE = 10_000
"""Sights kept in memory; a sight with thousands of grants is some 100 kB."""


@dataclass(frozen=True, slots=True)
class UnitOf:
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Person:
    """A user as the directory has them, with the grants in force when read."""

    id: str
    name: str
    contact: str
    user_class: UserClass
    desk: bool
    functions: frozenset[Function]
    member_of: tuple[UnitOf, ...]
    leads: frozenset[str]
    """Led units and all below."""
    caveats: frozenset[str]
    """Caveat lists the person is on."""

    def require(self, function: Function) -> None:
        if function not in self.functions:
            raise FunctionRefused

    def leads_case(self, case: Mapping[str, Any]) -> bool:
        """Whether they lead the case's ``unit``, or one above, and it is not ``closed_to_leaders``."""
        return case["unit"] in self.leads and case["closed_to_leaders"] is False


@dataclass(frozen=True, slots=True)
class Sight:
    """A person and their scope, read under one epoch."""

    person: Person
    scope: Scope


@dataclass(frozen=True, slots=True)
class Rights:
    """What a person may do in one case by dated grants; says nothing about sight."""

    functions: frozenset[str]
    agent: bool
    leader: bool
    unit: str | None
    caveats: tuple[str, ...]
    status: str


class Dates:
    """Collects the grants in force at ``now``, and the next moment at which that changes."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.until: datetime | None = None

    def in_force(self, rows: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        for row in rows:
            for boundary in (row["starts"], row["ends"]):
                if boundary is not None and boundary > self.now and (self.until is None or boundary < self.until):
                    self.until = boundary
            started = row["starts"] is None or row["starts"] <= self.now
            if started and (row["ends"] is None or row["ends"] > self.now):
                yield row


class Units:
    """The tree of units, small enough to be read whole."""

    def __init__(self, rows: Iterable[Mapping[str, Any]]) -> None:
        self.parent: dict[str, str | None] = {row["id"]: row["parent"] for row in rows}

    def with_ancestors(self, units: Iterable[str]) -> frozenset[str]:
        found: set[str] = set()
        for unit in units:
            step: str | None = unit
            while step is not None and step not in found:
                found.add(step)
                step = self.parent.get(step)
        return frozenset(found)

    def with_descendants(self, units: Iterable[str]) -> frozenset[str]:
        tops = frozenset(units)
        return frozenset(unit for unit in self.parent if not tops.isdisjoint(self.with_ancestors((unit,))))


@dataclass(frozen=True, slots=True)
class Grants:
    """A person with the grants in force when read, as rows.

    Attributes:
        sight_units: units of sight with all above them, and led units with all below.
        assignments, leads, caveats: what the person was given, each with its dates.
        until: the next moment at which a date changes them.
    """

    person: Person
    units: Units
    unit_names: Mapping[str, str]
    sight_units: frozenset[str]
    assignments: tuple[Mapping[str, Any], ...]
    leads: tuple[Mapping[str, Any], ...]
    caveats: tuple[Mapping[str, Any], ...]
    until: datetime | None


def read_person(tx: Transaction, user: str) -> Person:
    """A person with the grants in force now.

    Raises:
        Unauthenticated: no such user.
    """
    return read_grants(tx, user).person


def read_grants(tx: Transaction, user: str) -> Grants:
    """
    Raises:
        Unauthenticated: no such user.
    """
    rows = tx.control("person", user=user)
    if not rows:
        raise Unauthenticated
    row = rows[0]
    dates = Dates(tx.control("read_epoch")[0]["now"])
    tree = tx.control("unit_tree")
    units, unit_names = Units(tree), {row["id"]: row["name"] for row in tree}
    user_class = UserClass(row["user_class"])
    # A led unit is sight of all below it: for a class without sight by unit it is none.
    may_have_sight = user_class not in NO_SIGHT
    member_of = list(dates.in_force(row["units"]))
    leads = tuple(dates.in_force(row["leads"])) if may_have_sight else ()
    caveats, assignments = tuple(dates.in_force(row["caveats"])), tuple(dates.in_force(row["assignments"]))
    person = Person(
        id=row["id"],
        name=row["name"],
        contact=row["contact"],
        user_class=user_class,
        desk=row["desk"],
        functions=FUNCTIONS[user_class],
        member_of=tuple(sorted((UnitOf(u["id"], u["name"]) for u in member_of), key=lambda u: (u.name, u.id))),
        leads=units.with_descendants(lead["id"] for lead in leads),
        caveats=frozenset(c["id"] for c in caveats),
    )
    sighted = (u["id"] for u in member_of if u["sight"]) if may_have_sight else ()
    sight_units = units.with_ancestors(sighted) | person.leads
    return Grants(person, units, unit_names, sight_units, assignments, leads, caveats, dates.until)


def resolve_in(tx: Transaction, user: str, epoch: int) -> Sight:
    """Resolve a person inside a transaction that holds the epoch's lock."""
    grants = read_grants(tx, user)
    person, sight_units = grants.person, grants.sight_units
    caveats = frozenset(map(caveat_atom, person.caveats))
    by_unit_atoms = frozenset(map(unit_atom, sight_units)) | caveats
    # Columns, not rows: this runs under the epoch's lock, and a row costs twenty times what its values do.
    every = tx.control("audiences")[0]
    satisfied = {
        id
        for id, text in zip(every["ids"], every["expressions"], strict=True)
        if _parsed(text).satisfied(by_unit_atoms)
    }
    # While elements catch up with a large case's new openness, their audience says nothing: the expressions are listed.
    suspended = satisfied.intersection(every["suspended"])
    audiences = tuple(sorted(satisfied - suspended))
    listed = tx.control("visibilities_of_audiences", ids=sorted(suspended))[0]["ids"] if suspended else ()
    assigned = sorted({a["id"] for a in grants.assignments})
    direct = tx.control("granted_visibilities", cases=assigned, led=sorted(person.leads), covered=sorted(satisfied))[0]
    held = caveats.union(map(case_atom, direct["held"]))
    granted, others = set(), {}
    for id, text in zip(direct["ids"], direct["expressions"], strict=True):
        if text in held:  # most are of one case alone
            granted.add(id)
        else:
            others[id] = _parsed(text)
    asked = {case for expression in others.values() for case in expression.cases}.difference(direct["held"])
    by_unit = [
        case["id"]
        for case in (tx.control("case_facts", ids=sorted(asked)) if asked else ())
        if not sight_units.isdisjoint(case["open_to"])
    ]
    held = held.union(map(case_atom, by_unit))
    granted.update(id for id, expression in others.items() if expression.satisfied(held))
    visibilities = tuple(sorted(granted.union(listed)))
    return Sight(person, Scope(audiences, visibilities, epoch, grants.until))


_parsed = lru_cache(PARSED)(Expression.parse)
"""Interned texts never change, and everybody's scope is made of the same ones."""


class Policy:
    """Resolves people to their scopes, and answers what they may do in a case."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._cache: OrderedDict[str, Sight] = OrderedDict()
        self._lock = Lock()

    def resolve(self, user: str) -> Sight:
        """The person's sight now, read under the epoch's lock (never from the cache).

        Raises:
            Unauthenticated: no such user.
        """

        def unit(tx: Transaction) -> Sight:
            epoch = tx.control("lock_epoch")[0]["value"]
            return resolve_in(tx, user, epoch)

        try:
            sight = self._gateway.rolled_back(unit)
        except GraphUnavailable as error:
            # Waiting for the epoch's lock depends on what others do: one text, whatever the cause.
            raise Unavailable from error
        with self._lock:
            self._cache[user] = sight
            self._cache.move_to_end(user)
            while len(self._cache) > CACHED_PEOPLE:
                self._cache.popitem(last=False)
        return sight

    def sight(self, user: str) -> Sight:
        """The last sight resolved for this person, perhaps out of date; the reader tests its epoch."""
        with self._lock:
            cached = self._cache.get(user)
        return cached or self.resolve(user)


def rights(tx: Transaction, case: str, person: Person) -> Rights:
    """What ``person`` may do in ``case`` now. Ask only after a scoped read has shown the case to them.

    Raises:
        NotFound: no such case.
    """
    rows = tx.control("case_rights", case=case, user=person.id)
    if not rows:
        raise NotFound
    row = rows[0]
    return Rights(
        functions=frozenset(f for a in row["assignments"] for f in a["functions"] if f in person.functions),
        agent=any(a["agent"] for a in row["assignments"]),
        leader=person.leads_case(row),
        unit=row["unit"],
        caveats=tuple(row["caveats"]),
        status=row["status"],
    )


def require_write(rights_: Rights) -> None:
    """
    Raises:
        FunctionRefused: sight by unit, or leading, never write.
    """
    if "write" not in rights_.functions:
        raise FunctionRefused("you have no write assignment in this case")
