"""``people import``: one CSV file that says who works where (docs/import.md, "People").

record,key,name,contact,class,kind,of,functions,sight,desk,from,until,email,webhook
unit,NORTH,Northern office,,,,FORCE,,,,,,,
user,jo.doe,Jo Doe,+1 202 555 0101,agent,,,,,,,,jo.doe@example.org,
member,jo.doe,,,,,NORTH,,yes,,2026-01-01,,,
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from pydantic import TypeAdapter, ValidationError

from icmgraph.audit import JSON
from icmgraph.errors import InvalidInput
from icmgraph.model.addresses import Endpoint, Mailbox
from icmgraph.model.records import Id, Text, UserClass, Word
from icmgraph.model.source import derived_uuid
from icmgraph.model.wrong import message
from icmgraph.queries.directory import (
    CAVEAT_KINDS,
    CaseGrant,
    CaveatEntry,
    Changes,
    Directory,
    Grant,
    GrantKind,
    UnitEntry,
    UserEntry,
    apply,
)
from icmgraph.queries.gateway import Transaction
from icmgraph.queries.labels import Interner
from icmgraph.queries.operator import Operator

COLUMNS = (
    "record", "key", "name", "contact", "class", "kind", "of", "functions", "sight", "desk", "from", "until", "email",
    "webhook",
)  # fmt: skip
_GRANTS = ("member", "lead", "clearance", "custodian")
_USES: Mapping[str, frozenset[str]] = {
    "unit": frozenset({"key", "name", "of"}),
    "user": frozenset({"key", "name", "contact", "class", "desk", "email", "webhook"}),
    "caveat": frozenset({"key", "name", "kind"}),
    "member": frozenset({"key", "of", "sight", "from", "until"}),
    "lead": frozenset({"key", "of", "from", "until"}),
    "clearance": frozenset({"key", "of", "from", "until"}),
    "custodian": frozenset({"key", "of"}),
    "assignment": frozenset({"key", "of", "functions", "from", "until"}),
}
"""Columns each kind of row uses; a value in another is a mistake, and said to be one."""

_TEXTS: Mapping[str, TypeAdapter[str]] = {
    "word": TypeAdapter(Word), "text": TypeAdapter(Text), "id": TypeAdapter(Id), "email": TypeAdapter(Mailbox),
    "webhook": TypeAdapter(Endpoint),
}  # fmt: skip


def staff_id(keys_imports: bytes, what: str, key: str) -> str:
    """The id of a ``unit``, ``user`` or ``caveat`` by the key an import gives it: opaque, always the same."""
    return derived_uuid(keys_imports, what, key)


@dataclass
class People:
    """What the file says, and the ids its keys stand for."""

    directory: Directory = field(default_factory=Directory)
    ids: list[dict[str, str]] = field(default_factory=list)


@dataclass
class PeopleReport:
    """``changes``: how many of what; none when the graph said all of it already. ``ids``: by key."""

    changes: dict[str, int]
    ids: list[dict[str, str]]
    dry_run: bool

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Line:
    """One row, read with errors that name line and column."""

    number: int
    cells: Mapping[str, str]
    key: bytes

    @property
    def where(self) -> str:
        return f"line {self.number}"

    def wrong(self, column: str, message: str) -> InvalidInput:
        return InvalidInput(message, field=f"{self.where}, {column}")

    def text(self, column: str, kind: str = "word") -> str:
        value = self.cells.get(column, "")
        if not value:
            raise self.wrong(column, "is empty")
        try:
            return _TEXTS[kind].validate_python(value)
        except ValidationError as error:
            raise self.wrong(column, message(error.errors()[0])) from None

    def one_of(self, column: str, allowed: tuple[str, ...]) -> str:
        value = self.text(column)
        if value not in allowed:
            raise self.wrong(column, f"is none of {', '.join(allowed)}")
        return value

    def yes(self, column: str) -> bool:
        return bool(self.cells.get(column)) and self.one_of(column, ("yes", "no")) == "yes"

    def moment(self, column: str) -> datetime | None:
        """A day (its start, UTC) or an RFC 3339 time."""
        value = self.cells.get(column, "")
        if not value:
            return None
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise self.wrong(column, "is not a date: write 2026-01-31, or a time with its zone") from None
        if len(value) > 10 and moment.tzinfo is None:
            raise self.wrong(column, "is a time without a zone")
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)

    def id(self, what: str, column: str) -> str:
        return staff_id(self.key, what, self.text(column))


def read_people(path: Path, key: bytes) -> People:
    """
    Raises:
        InvalidInput: not such a file; names the line and the column.
    """
    people = People()
    seen: set[tuple[str, ...]] = set()
    for line in _lines(path, key):
        record = line.one_of("record", tuple(_USES))
        for column, value in line.cells.items():
            if value and column != "record" and column not in _USES[record]:
                raise line.wrong(column, f"means nothing in a row of kind {record}")
        same = (record, line.text("key"), line.cells.get("of", "") if record not in ("unit", "user", "caveat") else "")
        if same in seen:
            raise line.wrong("key", "says it a second time")
        seen.add(same)
        _take(people, record, line)
    return people


def _lines(path: Path, key: bytes) -> Iterator[_Line]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restkey="(too many)")
            unknown = set(reader.fieldnames or ()) - set(COLUMNS)
            if unknown or not {"record", "key"} <= set(reader.fieldnames or ()):
                raise InvalidInput(f"the columns are {', '.join(COLUMNS)}", field="line 1")
            for cells in reader:
                if "(too many)" in cells:
                    raise InvalidInput("has more values than columns", field=f"line {reader.line_num}")
                yield _Line(reader.line_num, {name: (value or "").strip() for name, value in cells.items()}, key)
    except OSError as error:
        raise InvalidInput("cannot be read", field="file") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidInput("is not CSV in UTF-8", field="file") from error


def _take(people: People, record: str, line: _Line) -> None:
    directory = people.directory
    if record in ("unit", "user", "caveat"):
        id = line.id(record, "key")
        people.ids.append({"record": record, "key": line.text("key"), "id": id})
    if record == "unit":
        parent = line.id("unit", "of") if line.cells.get("of") else None
        directory.units.append(UnitEntry(id, line.text("name"), parent, line.where))
    elif record == "user":
        user_class = UserClass(line.one_of("class", tuple(UserClass)))
        contact = line.text("contact", "text")
        addresses = {name: line.text(name, name) for name in ("email", "webhook") if line.cells.get(name)}
        desk = line.yes("desk")
        directory.users.append(
            UserEntry(id, line.text("name"), contact, user_class, desk, where=line.where, **addresses)
        )
        directory.whole.add(id)
    elif record == "caveat":
        directory.caveats.append(CaveatEntry(id, line.text("name"), line.one_of("kind", CAVEAT_KINDS), line.where))
    else:
        user = line.id("user", "key")
        starts, ends = line.moment("from"), line.moment("until")
        if starts is not None and ends is not None and ends < starts:
            raise line.wrong("until", "is before from")
        if record == "assignment":
            functions = tuple(sorted(set(line.text("functions").split())))
            if not functions or not set(functions) <= {"read", "write"}:
                raise line.wrong("functions", "is none of read, write, read write")
            case = line.text("of", "id")
            directory.assignments.append(CaseGrant(user, case, functions, starts, ends, line.where))
        else:
            kind = cast(GrantKind, record)
            to = line.id("unit" if kind in ("member", "lead") else "caveat", "of")
            directory.grants.append(Grant(kind, user, to, line.yes("sight"), starts, ends, line.where))


def import_people(path: Path, key: bytes, operator: Operator, *, dry_run: bool = False) -> PeopleReport:
    """Make the directory say what the file says, in one transaction under the epoch's lock.

    A second run changes nothing, and does not move the epoch.

    Raises:
        InvalidInput: names the line and the column; nothing was changed.
    """
    people = read_people(path, key)
    directory = people.directory

    def change(tx: Transaction) -> Changes:
        return apply(tx, directory, tx.control("read_epoch")[0]["now"], operator.source.uuid)

    def work(tx: Transaction, interner: Interner) -> tuple[Changes, bool]:
        changes = change(tx)
        return changes, changes.any

    def tried(tx: Transaction) -> Changes:
        tx.control("lock_epoch")
        return change(tx)

    said: dict[str, JSON] = {"users": sorted(user.id for user in directory.users), "rows": _rows(directory)}
    if dry_run:
        changes = operator.read("people.import.dry_run", said, lambda: operator.gateway.rolled_back(tried))
    else:
        changes = operator.govern("people.import", said, work)
    return PeopleReport(dict(sorted(changes.counts.items())), people.ids, dry_run)


def _rows(directory: Directory) -> int:
    lists: tuple[list[Any], ...] = (
        directory.units, directory.users, directory.caveats, directory.grants, directory.assignments
    )  # fmt: skip
    return sum(map(len, lists))


def first_administrator(key: bytes, operator: Operator, name: str, contact: str) -> str:
    """The first person: an administrator, who may set up people and sees no case. Returns the id."""
    id = staff_id(key, "user", "administrator")
    user = UserEntry(id, name, contact, UserClass.ADMINISTRATOR)

    def work(tx: Transaction, interner: Interner) -> tuple[None, bool]:
        now = tx.control("read_epoch")[0]["now"]
        changes = apply(tx, Directory(users=[user]), now, operator.source.uuid)
        return None, changes.any

    operator.govern("init", {"user": id}, work)
    return id
