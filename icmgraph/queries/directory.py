"""The staff directory, written: units, people, caveats, and dated grants (docs/need-to-know.md, "People").

Control plane: nothing here is a record, and no label changes. What changes is who holds what, so the
caller moves the epoch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from icmgraph.errors import InvalidInput
from icmgraph.model.access import Expression
from icmgraph.model.records import FUNCTIONS, NO_SIGHT, Function, UserClass
from icmgraph.queries.assertions import Batch
from icmgraph.queries.gateway import Row, Transaction
from icmgraph.queries.policy import Units
from icmgraph.queries.worked import told

GrantKind = Literal["member", "lead", "clearance", "custodian"]
CAVEAT_KINDS = ("sealed", "grand_jury", "wiretap", "privilege", "informant", "other")

_PUT: Mapping[GrantKind, str] = {
    "member": "put_memberships",
    "lead": "put_leads",
    "clearance": "put_clearances",
    "custodian": "put_custodians",
}


@dataclass(frozen=True, slots=True)
class UnitEntry:
    id: str
    name: str
    parent: str | None
    where: str = field(default="", compare=False)
    """Where the caller's input says so, for errors (``line 7``). Here and below."""


@dataclass(frozen=True, slots=True)
class UserEntry:
    id: str
    name: str
    contact: str
    user_class: UserClass
    desk: bool = False
    email: str | None = None
    webhook: str | None = None
    where: str = field(default="", compare=False)

    @property
    def facts(self) -> dict[str, Any]:
        """As they are stored."""
        names = ("name", "contact", "desk", "email", "webhook")
        return {"user_class": self.user_class.value, **{name: getattr(self, name) for name in names}}


@dataclass(frozen=True, slots=True)
class CaveatEntry:
    id: str
    name: str
    kind: str
    where: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Grant:
    """``to``: a unit, or a caveat. A custodian's has no dates."""

    kind: GrantKind
    user: str
    to: str
    sight: bool = False
    starts: datetime | None = None
    ends: datetime | None = None
    where: str = field(default="", compare=False)

    @property
    def key(self) -> tuple[GrantKind, str, str]:
        return self.kind, self.user, self.to


@dataclass(frozen=True, slots=True)
class CaseGrant:
    """An assignment to a case; never the agent's, whom a leader replaces."""

    user: str
    case: str
    functions: tuple[str, ...]
    starts: datetime | None = None
    ends: datetime | None = None
    where: str = field(default="", compare=False)


@dataclass
class Directory:
    """What an input says. ``whole``: users whose grants it states in full, so that others of theirs end."""

    units: list[UnitEntry] = field(default_factory=list)
    users: list[UserEntry] = field(default_factory=list)
    caveats: list[CaveatEntry] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)
    assignments: list[CaseGrant] = field(default_factory=list)
    whole: set[str] = field(default_factory=set)


@dataclass
class Changes:
    """How many were made, changed or ended, and the ids of what is new."""

    counts: Counter[str] = field(default_factory=Counter)
    new: set[str] = field(default_factory=set)

    @property
    def any(self) -> bool:
        return bool(self.counts)

    def put(self, tx: Transaction, query: str, what: str, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            tx.control(query, rows=list(rows))
            self.counts[what] += len(rows)


def apply(
    tx: Transaction, directory: Directory, now: datetime, ids: Callable[[], str], *, only_missing: bool = False
) -> Changes:
    """Make the graph say what the directory says. The transaction holds the epoch's lock.

    Args:
        now: the database's clock; grants end then.
        ids: draws the ids of assignments and Entries.
        only_missing: whom and what exists stays as it is, grants included (an import adds, it does not manage).

    Raises:
        InvalidInput: something named does not exist, a class that never has sight is given it, units in a circle.
    """
    changes = Changes()
    stored_units = {row["id"]: row for row in tx.control("unit_tree")}
    stored_users = {row["id"]: row for row in tx.control("staff", ids=_users(directory))}
    stored_caveats = {row["id"]: row for row in tx.control("caveats")}
    _units(tx, directory.units, stored_units, changes, only_missing)
    classes = _people(tx, directory.users, stored_users, changes, only_missing)
    caveats = [c for c in directory.caveats if _differs(stored_caveats.get(c.id), name=c.name, kind=c.kind)]
    changes.put(tx, "put_caveats", "caveats", [{"id": c.id, "name": c.name, "kind": c.kind} for c in caveats])
    changes.new |= {c.id for c in caveats} - stored_caveats.keys()

    grants = directory.grants
    if only_missing:
        grants = [grant for grant in grants if grant.user not in stored_users]
    units = stored_units.keys() | {unit.id for unit in directory.units}
    caveat_ids = stored_caveats.keys() | {caveat.id for caveat in directory.caveats}
    for grant in grants:
        _check_grant(grant, classes, units if grant.kind in ("member", "lead") else caveat_ids)
    _grants(tx, grants, directory.whole, stored_users, now, changes)
    for assignment in directory.assignments:
        _assign(tx, assignment, classes, stored_users, now, ids, changes)
    return changes


def _users(directory: Directory) -> list[str]:
    named: set[str] = {user.id for user in directory.users}
    named |= {grant.user for grant in directory.grants} | {grant.user for grant in directory.assignments}
    return sorted(named)


def _differs(stored: Mapping[str, Any] | None, **wanted: Any) -> bool:
    return stored is None or any(stored[key] != value for key, value in wanted.items())


def _units(
    tx: Transaction, units: Sequence[UnitEntry], stored: Mapping[str, Row], changes: Changes, only_missing: bool
) -> None:
    changed = [
        unit
        for unit in units
        if _differs(stored.get(unit.id), name=unit.name, parent=unit.parent)
        and not (only_missing and unit.id in stored)
    ]
    parents = {id: row["parent"] for id, row in stored.items()} | {unit.id: unit.parent for unit in changed}
    tree = Units({"id": id, "parent": parent} for id, parent in parents.items())
    for unit in changed:
        if unit.parent is not None and unit.parent not in parents:
            raise InvalidInput("names a unit that does not exist", field=_place(unit.where, "of"))
        if unit.parent is not None and unit.id in tree.with_ancestors((unit.parent,)):
            raise InvalidInput("puts a unit under itself", field=_place(unit.where, "of"))
    changes.put(tx, "put_units", "units", [{"id": unit.id, "name": unit.name} for unit in changed])
    moved = [unit for unit in changed if unit.parent != (stored[unit.id]["parent"] if unit.id in stored else None)]
    if moved:
        tx.control("put_unit_parents", rows=[{"id": unit.id, "parent": unit.parent} for unit in moved])
    changes.new |= {unit.id for unit in changed} - stored.keys()


def _people(
    tx: Transaction, users: Sequence[UserEntry], stored: Mapping[str, Row], changes: Changes, only_missing: bool
) -> dict[str, UserClass]:
    """Write users; returns the class of each user that exists afterwards, of those named."""
    changed = [
        user
        for user in users
        if _differs(stored.get(user.id), **user.facts) and not (only_missing and user.id in stored)
    ]
    changes.put(tx, "put_users", "users", [{"id": user.id, **user.facts} for user in changed])
    changes.new |= {user.id for user in changed} - stored.keys()
    classes = {id: UserClass(row["user_class"]) for id, row in stored.items()}
    return classes | {user.id: user.user_class for user in changed}


def _place(where: str, column: str) -> str:
    return f"{where}, {column}" if where else column


def _check_grant(grant: Grant, classes: Mapping[str, UserClass], targets: Iterable[str]) -> None:
    if grant.user not in classes:
        raise InvalidInput("names a user that does not exist", field=_place(grant.where, "key"))
    if grant.to not in targets:
        what = "unit" if grant.kind in ("member", "lead") else "caveat"
        raise InvalidInput(f"names a {what} that does not exist", field=_place(grant.where, "of"))
    sighted = grant.kind == "lead" or (grant.kind == "member" and grant.sight)
    if sighted and classes[grant.user] in NO_SIGHT:
        field = _place(grant.where, "sight" if grant.kind == "member" else "of")
        raise InvalidInput(f"the class {classes[grant.user]} never has sight by unit, nor leads one", field=field)


def _stored_grants(stored: Mapping[str, Row]) -> dict[tuple[GrantKind, str, str], Grant]:
    kinds: tuple[tuple[GrantKind, str], ...] = (
        ("member", "units"), ("lead", "leads"), ("clearance", "clearances"), ("custodian", "custodies")
    )  # fmt: skip
    grants = [
        Grant(kind, user, item["id"], bool(item.get("sight")), item.get("starts"), item.get("ends"))
        for user, row in stored.items()
        for kind, column in kinds
        for item in row[column]
    ]
    return {grant.key: grant for grant in grants}


def _grants(
    tx: Transaction,
    grants: Sequence[Grant],
    whole: set[str],
    stored: Mapping[str, Row],
    now: datetime,
    changes: Changes,
) -> None:
    before = _stored_grants(stored)
    wanted = {grant.key: grant for grant in grants}
    gone = [
        grant
        for key, grant in before.items()
        if grant.user in whole and key not in wanted and (grant.ends is None or grant.ends > now)
    ]
    for kind, query in _PUT.items():
        changed = [grant for grant in wanted.values() if grant.kind == kind and before.get(grant.key) != grant]
        changes.put(tx, query, "grants", [_grant_row(grant, grant.ends) for grant in changed])
        ended = [_grant_row(grant, now) for grant in gone if grant.kind == kind]
        # A custodian's grant has no dates: it goes.
        changes.put(tx, "drop_custodians" if kind == "custodian" else query, "grants ended", ended)


def _grant_row(grant: Grant, ends: datetime | None) -> dict[str, Any]:
    return {"user": grant.user, "to": grant.to, "sight": grant.sight, "starts": grant.starts, "ends": ends}


def _assign(
    tx: Transaction,
    wanted: CaseGrant,
    classes: Mapping[str, UserClass],
    stored: Mapping[str, Row],
    now: datetime,
    ids: Callable[[], str],
    changes: Changes,
) -> None:
    if wanted.user not in classes:
        raise InvalidInput("names a user that does not exist", field=_place(wanted.where, "key"))
    if not {Function(name) for name in wanted.functions} <= FUNCTIONS[classes[wanted.user]]:
        raise InvalidInput("holds a function the user's class does not have", field=_place(wanted.where, "functions"))
    rows = tx.control("record", id=wanted.case)
    if not rows or rows[0]["label"] != "Case":
        raise InvalidInput("names a case that does not exist", field=_place(wanted.where, "of"))
    before = stored[wanted.user]["assignments"] if wanted.user in stored else []
    in_force = [a for a in before if a["id"] == wanted.case and (a["ends"] is None or a["ends"] > now)]
    said = (sorted(wanted.functions), wanted.starts, wanted.ends)
    if any((sorted(a["functions"]), a["starts"], a["ends"]) == said or a["agent"] for a in in_force):
        return  # said already; a case agent holds more
    if wanted.ends is not None and wanted.ends <= now and not in_force:
        return  # it is over
    # The Entry's batch locks the case, so that a write of somebody whose grant ends has committed or is refused.
    own = told((wanted.case,), Expression.parse(rows[0]["expression"]))
    batch = Batch("operator", now)
    content = {"user": wanted.user, "functions": sorted(wanted.functions)}
    batch.entry(ids, own, "case.assign", [("Case", wanted.case)], content)
    batch.put(tx)
    for former in in_force:
        tx.control("unassign", case=wanted.case, id=former["assignment"])
    row = {
        "id": ids(), "user": wanted.user, "case": wanted.case, "functions": sorted(wanted.functions),
        "agent": False, "starts": wanted.starts, "ends": wanted.ends,
    }  # fmt: skip
    changes.put(tx, "assign", "assignments", [row])
