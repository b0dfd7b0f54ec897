"""Who sees what, said as plainly as docs/need-to-know.md says it: no expressions, no labels, no ids of them.

Also ``restrict``: the world as it would be if it held nothing that the person does not see. The promise is
that every question has the same answer in both.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar

from icmgraph.model.access import Own
from icmgraph.model.records import NO_SIGHT, UserClass
from tests.worlds.world import ELSEWHERE, Addressed, Assertion, CaseFacts, Key, Link, Record, User, World

A = TypeVar("A", bound=Assertion)


@dataclass(frozen=True)
class Sight:
    """What one person holds and sees in a world, at any moment between AGO and AHEAD."""

    world: World
    me: str

    @cached_property
    def _user(self) -> User:
        return self.world.user(self.me)

    def _parents(self, units: Iterable[str]) -> frozenset[str]:
        above = {unit.id: unit.parent for unit in self.world.units}
        found = frozenset(units)
        more = frozenset(parent for unit in found if (parent := above[unit]))
        return found if more <= found else self._parents(found | more)

    def above(self, unit: str) -> frozenset[str]:
        """A unit and all that it is part of."""
        return self._parents([unit])

    @cached_property
    def led_units(self) -> frozenset[str]:
        """Led units and all below."""
        if UserClass(self._user.user_class) in NO_SIGHT:
            return frozenset()
        led = {lead.unit for lead in self._user.leads if lead.in_force()}
        return frozenset(unit.id for unit in self.world.units if self._parents([unit.id]) & led)

    @cached_property
    def sight_units(self) -> frozenset[str]:
        sighted = [m.unit for m in self._user.member_of if m.sight and m.in_force()]
        return self.led_units | (self._parents(sighted) if UserClass(self._user.user_class) not in NO_SIGHT else set())

    @cached_property
    def caveats(self) -> frozenset[str]:
        return frozenset(cleared.caveat for cleared in self._user.cleared if cleared.in_force())

    def holds_case(self, case: CaseFacts) -> bool:
        assigned = any(given.case == case.id and given.in_force() for given in self._user.assigned)
        leads = case.unit in self.led_units and not case.closed_to_leaders
        return assigned or leads or bool(self.sight_units & set(case.open_to))

    @cached_property
    def held(self) -> frozenset[str]:
        return frozenset(case.id for case in self.world.cases if self.holds_case(case))

    def _grants(self, own: Own) -> bool:
        by_case = set(own.cases) <= self.held or bool(set(own.shared) & self.held)
        return by_case and set(own.caveats) <= self.caveats

    @cached_property
    def seen(self) -> frozenset[str]:
        """Ids of the records and links that the person sees."""
        records = {r.id: r for r in self.world.records}

        def sees(record: Record) -> bool:
            return self._grants(record.own) and (record.under is None or sees(records[record.under]))

        found = {record.id for record in self.world.records if sees(record)}
        for link in self.world.links:
            ends = {end for end in (link.start, link.end) if not isinstance(end, Key)}
            if self._grants(link.own) and ends <= found:
                found.add(link.id)
        return frozenset(found)

    def reached_by(self, item: Addressed) -> bool:
        """What is theirs, or silent by their leave; the desk's, for who is at it; the receipt that opened a case, for
        its agent and leaders."""
        if self.me in (item.user, item.properties.get("approved_by")):
            return True
        if item.label == "Check":
            return item.case in self.seen and item.case in self._governed
        return self._user.desk and (item.user is None or item.label == "Matter")

    @cached_property
    def _governed(self) -> frozenset[str]:
        led = {case.id for case in self.world.cases if case.unit in self.led_units and not case.closed_to_leaders}
        return frozenset(led | {given.case for given in self._user.assigned if given.agent and given.in_force()})

    def cut(self, assertion: A) -> A:
        """A visible assertion as the person gets it: what points at hidden things is as if unset."""
        own = assertion.own
        cases = tuple(dict.fromkeys(case if case in self.held else ELSEWHERE for case in own.cases))
        shared = tuple(case for case in own.shared if case in self.held)
        kept = replace(assertion, own=Own(cases, shared, own.caveats))
        if kept.source not in self.seen:
            kept = replace(kept, source=None)
        if ELSEWHERE in cases:
            kept = replace(kept, asserted_by=None, originator=None, hold=None, retention_class=None)
        if content := kept.properties.get("content"):
            cut = json.dumps(self._cut_quotes(json.loads(content), ELSEWHERE not in cases))
            kept = replace(kept, properties={**kept.properties, "content": cut})
        return kept

    def _cut_quotes(self, content: Any, held: bool) -> Any:
        """What an entry quotes, cut as what it quotes would be."""
        if isinstance(content, list):
            return [self._cut_quotes(part, held) for part in content]
        if not isinstance(content, dict):
            return content
        hidden = set() if held else {"asserted_by", "originator", "hold", "retention_class"}
        if "importer" not in content and content.get("source") not in self.seen:
            hidden.add("source")
        return {name: self._cut_quotes(value, held) for name, value in content.items() if name not in hidden}


def restrict(world: World, me: str) -> World:
    """The part of ``world`` that the person ``me`` sees, with their own grants and the directory whole."""
    sight = Sight(world, me)
    records = [sight.cut(record) for record in world.records if record.id in sight.seen]
    addressed = [item for item in world.addressed if sight.reached_by(item)]
    # Not seen, but a grant (held, a caveat is lacking) or an own receipt (which never changes) names it.
    named = sight.held | {item.case for item in addressed}
    unseen = [case.id for case in world.labelled("Case") if case.id in named and case.id not in sight.seen]
    records += map(_stub, (*unseen, ELSEWHERE))
    links: list[Link] = [sight.cut(link) for link in world.links if link.id in sight.seen]
    return replace(
        world,
        caveats=tuple(caveat for caveat in world.caveats if caveat.id in sight.caveats),
        users=tuple(_user(user, sight) for user in world.users),
        cases=tuple(case for case in world.cases if case.id in sight.held),
        records=tuple(records),
        links=tuple(links),
        addressed=tuple(addressed),
    )


def _stub(case: str) -> Record:
    """A case of which nothing is told but that it is there, and that nobody sees."""
    return Record(id=case, label="Case", own=Own((ELSEWHERE,)), properties={"closed_to_leaders": False})


def _user(user: User, sight: Sight) -> User:
    cases = sight.held if user.id == sight.me else sight.held & sight.seen
    return replace(
        user,
        cleared=tuple(cleared for cleared in user.cleared if cleared.caveat in sight.caveats),
        assigned=tuple(given for given in user.assigned if given.case in cases),
    )
