"""The demo's staff: a bureau with four field offices, their squads, an intelligence unit, and who is in them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from icmgraph.demo.words import GIVEN, STAFF
from icmgraph.demo.world import SEED, Caveat, Unit, User, uid

OFFICES = {
    "Harbor City": ("Narcotics", "Fraud", "Organized Crime"),
    "Lakemont": ("Trafficking", "Fraud"),
    "Stonebridge": ("Cyber", "Narcotics"),
    "Eastvale": ("Organized Crime", "Vehicle Crime"),
}
AGENTS_PER_SQUAD = 3


@dataclass(frozen=True, slots=True)
class Squad:
    unit: str
    office: str
    code: str
    """Begins the numbers of its cases."""
    agents: tuple[str, ...]


@dataclass
class Staff:
    """Everybody, and who is what. ``named``: ids of the users that the story and the tokens name."""

    bureau: str = ""
    intelligence: str = ""
    squads: list[Squad] = field(default_factory=list)
    named: dict[str, str] = field(default_factory=dict)
    _units: list[Unit] = field(default_factory=list)
    _users: list[User] = field(default_factory=list)
    _caveats: list[Caveat] = field(default_factory=list)

    @property
    def units(self) -> tuple[Unit, ...]:
        return tuple(self._units)

    @property
    def users(self) -> tuple[User, ...]:
        return tuple(self._users)

    @property
    def caveats(self) -> tuple[Caveat, ...]:
        return tuple(self._caveats)

    def user(self, id: str) -> User:
        return next(user for user in self._users if user.id == id)

    def unit(self, name: str, parent: str | None) -> str:
        self._units.append(Unit(uid("unit", name), name, parent))
        return self._units[-1].id

    def hire(
        self,
        name: str,
        user_class: str,
        unit: str,
        *,
        sight: bool = True,
        leads: str | None = None,
        desk: bool = False,
    ) -> str:
        where = next(one.name for one in self._units if one.id == unit)
        contact = f"{name}, {where}, {name.lower().replace(' ', '.')}@example.org"
        id = uid("user", name)
        self._users.append(User(id, name, contact, user_class, unit, sight, leads, desk))
        return id

    def caveat(self, name: str, kind: str, custodian: str, *cleared: str) -> str:
        self._caveats.append(Caveat(uid("caveat", name), name, kind, custodian, tuple(sorted(cleared))))
        return self._caveats[-1].id


def _names() -> Iterator[str]:
    """Different names, without end in practice."""
    pairs = [f"{given} {family}" for given in GIVEN for family in STAFF]
    random.Random(f"{SEED} staff").shuffle(pairs)  # noqa: S311
    return iter(pairs)


def build() -> Staff:
    """Units, some 40 users of all classes, caveats with their lists."""
    staff, names = Staff(), _names()
    staff.bureau = staff.unit("Meridian Bureau of Investigation", None)
    staff.intelligence = staff.unit("Intelligence Unit", staff.bureau)
    for office, squads in OFFICES.items():
        unit = staff.unit(f"{office} Field Office", staff.bureau)
        leader = staff.hire(next(names), "supervisor", unit, leads=unit)
        staff.named.setdefault("supervisor", leader)
        for squad in squads:
            below = staff.unit(f"{office} {squad} Squad", unit)
            agents = tuple(staff.hire(next(names), "agent", below) for _ in range(AGENTS_PER_SQUAD))
            code = "".join(word[0] for word in f"{office} {squad}".split())
            staff.squads.append(Squad(below, unit, code, agents))
    _headquarters(staff, names)
    _caveats(staff)
    return staff


def _headquarters(staff: Staff, names: Iterator[str]) -> None:
    unit = staff.intelligence
    staff.named["intelligence_lead"] = staff.hire(next(names), "supervisor", unit, leads=unit)
    staff.named["analyst"] = staff.hire(next(names), "analyst", unit)
    for _ in range(2):
        staff.hire(next(names), "analyst", unit)
    staff.named["liaison"] = staff.hire(next(names), "agent", unit)
    staff.hire(next(names), "analyst", unit, desk=True)
    affairs = staff.unit("Internal Affairs", staff.bureau)
    staff.named["auditor"] = staff.hire(next(names), "auditor", affairs, sight=False)
    legal = staff.unit("Office of Counsel", staff.bureau)
    staff.named["attorney"] = staff.hire(next(names), "attorney", legal, sight=False)
    office = next(unit.id for unit in staff.units if unit.name.startswith("Lakemont"))
    staff.named["task_force"] = staff.hire(next(names), "task_force", office, sight=False)
    staff.hire(next(names), "dispatcher", staff.bureau, sight=False)
    staff.named["administrator"] = staff.hire(next(names), "administrator", staff.bureau, sight=False)
    staff.named["agent"] = staff.squads[0].agents[0]
    staff.named["other_agent"] = next(squad for squad in staff.squads if squad.code == "LT").agents[0]


def _caveats(staff: Staff) -> None:
    """Six matters; on each list two agents of one squad; who keeps a list is not on it."""
    keeper = staff.named["intelligence_lead"]
    kinds = {"grand_jury": "Grand jury", "wiretap": "Wiretap", "informant": "Informant"}
    for number, squad in enumerate(staff.squads[:6]):
        kind = tuple(kinds)[number % 3]
        counsel = (staff.named["attorney"],) if kind == "grand_jury" else ()
        staff.caveat(f"{kinds[kind]} {squad.code}-{number + 1}", kind, keeper, *squad.agents[:2], *counsel)
