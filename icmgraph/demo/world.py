"""The demo world as values: who works where, what each case asserts. The same on every machine, ids included.

Nothing here is a label of access; the loader has those computed by the rules the writer uses.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date, datetime

from icmgraph.model.records import AttributeInput, CaseKind, DisclosureMode, DocumentInput, EventInput, IdentifierInput
from icmgraph.model.source import derived_uuid

SEED = "icmgraph demo world 1"
"""Ids and content are functions of it."""


def uid(*parts: object) -> str:
    """The id of a thing of the demo world, UUIDv4-shaped."""
    return derived_uuid(SEED.encode(), *map(str, parts))


@dataclass(frozen=True, slots=True)
class Unit:
    id: str
    name: str
    parent: str | None


@dataclass(frozen=True, slots=True)
class User:
    """``sight``: the membership gives sight. ``leads``: the unit led. ``desk``: staffs the coordination desk."""

    id: str
    name: str
    contact: str
    user_class: str
    unit: str
    sight: bool = True
    leads: str | None = None
    desk: bool = False


@dataclass(frozen=True, slots=True)
class Caveat:
    """``cleared``: ids of the users on its list."""

    id: str
    name: str
    kind: str
    custodian: str
    cleared: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    id: str
    kind: str
    role: str
    attributes: tuple[AttributeInput, ...] = ()
    identifiers: tuple[IdentifierInput, ...] = ()
    caveats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """LINKED_TO between two subjects of one case."""

    id: str
    kind: str
    start: str
    end: str


@dataclass(frozen=True, slots=True)
class Case:
    """A case and what it asserts.

    Attributes:
        open_to: ids of units; none: restricted to those assigned and the unit's leaders.
        agent: id of the case agent.
        assigned: others, as (user id, functions).
    """

    id: str
    number: str
    title: str
    category: str
    opened: date
    closed: date | None
    unit: str
    open_to: tuple[str, ...]
    agent: str
    assigned: tuple[tuple[str, tuple[str, ...]], ...] = ()
    kind: CaseKind = CaseKind.CRIMINAL
    disclosure: DisclosureMode | None = None
    disclosure_until: datetime | None = None
    caveats: tuple[str, ...] = ()
    subjects: tuple[Subject, ...] = ()
    documents: tuple[tuple[str, DocumentInput], ...] = ()
    events: tuple[tuple[str, EventInput], ...] = ()
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Crossing:
    """An assertion of two cases: SAME_AS between their subjects, or RELATED_TO between themselves.

    Attributes:
        by: id of a user who writes in one case and sees the other.
        basis: why (the ``reason`` of a RELATED_TO).
    """

    id: str
    type: str
    cases: tuple[str, str]
    start: str
    end: str
    by: str
    basis: str


@dataclass(frozen=True, slots=True)
class Story:
    """The part that the printed commands show. ``cast``: role -> user id, as the tokens are named.

    Attributes:
        phone: known only to a case that the agent does not see, and to a silent one.
        start, end: two subjects of the agent's own cases; the agent's shortest path between them has
            ``agent_length`` relationships, the analyst's ``analyst_length``, through a case the agent does not see.
        hidden: ids of what the agent must not meet.
    """

    cast: dict[str, str]
    phone: str
    contact: str
    start: str
    end: str
    agent_length: int
    analyst_length: int
    hidden: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class World:
    units: tuple[Unit, ...]
    users: tuple[User, ...]
    caveats: tuple[Caveat, ...]
    cases: tuple[Case, ...]
    crossings: tuple[Crossing, ...]
    story: Story = field(repr=False)

    @property
    def digest(self) -> str:
        """Changes with anything the world says."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]


def build() -> World:
    """The demo world. Some 0.2 s."""
    from icmgraph.demo import people, story, traffic  # they are made of the values above

    staff = people.build()
    told = story.build(staff)
    cases, crossings = traffic.build(staff)
    return World(
        staff.units, staff.users, staff.caveats, (*told.cases, *cases), (*told.crossings, *crossings), told.story
    )
