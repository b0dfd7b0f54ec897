"""Why a person sees a record or assertion: the grants of their own that satisfy its expression.

Only ways that are open to this person are told, each by cases and caveats that they hold: whether there are others is
not. So the answer is the same on the world without what they do not see.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from icmgraph.model.access import Expression, case_atom, caveat_atom
from icmgraph.model.answers import Explanation, Ground, HeldCase, HeldCaveat, Way
from icmgraph.queries.cards import texts
from icmgraph.queries.gateway import Row
from icmgraph.queries.policy import Grants, read_grants
from icmgraph.queries.session import View
from icmgraph.queries.worked import the_row, what_is_said


def explain(view: View, id: str) -> Explanation:
    """
    Raises:
        NotFound: absent or hidden.
    """
    what, expression = _seen(view, id)
    grants = read_grants(view.tx, view.person.id)
    facts = {row["id"]: row for row in view.tx.control("case_facts", ids=sorted(expression.cases))}
    grounds = {case: sorted(_grounds(grants, row), key=_order_of) for case, row in facts.items()}
    held = {case_atom(case) for case, found in grounds.items() if found} | set(map(caveat_atom, grants.person.caveats))
    told = _Told(
        {row["id"]: row for row in view.run("case_titles", ids=sorted(facts))},
        {row["id"]: row["name"] for row in view.tx.control("caveats")},
        {row["id"]: row for row in sorted(grants.caveats, key=lambda row: [str(row["ends"]), str(row["starts"])])},
    )
    open_to_me = [Expression(frozenset({clause})) for clause in expression.clauses if clause <= held]
    ways = [_way(one, grounds, told) for one in open_to_me]
    return Explanation(id=id, what=what, ways=sorted(ways, key=_order))


def _seen(view: View, id: str) -> tuple[str, Expression]:
    """What it is, and its expression, read only once it is known to be visible."""
    what = "Case" if view.run("sees_case", id=id) else the_row(view.run("sees_assertion", id=id))["what"]
    return what, Expression.parse(what_is_said(view.tx, what, id)["expression"])


def _grounds(grants: Grants, case: Row) -> Iterable[Ground]:
    """How the person holds one case; none if they do not."""
    for row in grants.assignments:
        if row["id"] == case["id"]:
            given = {"functions": sorted(row["functions"]), "agent": row["agent"]}
            yield Ground(by="assignment", **given, **_dates(row))
    for row in grants.leads if grants.person.leads_case(case) else ():
        if row["id"] in grants.units.with_ancestors((case["unit"],)):
            yield Ground(by="leading", unit=row["id"], unit_name=row["name"], **_dates(row))
    for unit in sorted(grants.sight_units & set(case["open_to"])):
        yield Ground(by="openness", unit=unit, unit_name=grants.unit_names[unit])


def _dates(row: Mapping[str, Any]) -> dict[str, str | None]:
    return {name: texts(row[name]) for name in ("starts", "ends")}


@dataclass(frozen=True)
class _Told:
    """What is said beside ids: titles of the cases one sees, names of caveats, dates of one's places on their lists."""

    cases: Mapping[str, Row]
    names: Mapping[str, str]
    cleared: Mapping[str, Mapping[str, Any]]


def _way(clause: Expression, grounds: Mapping[str, list[Ground]], told: _Told) -> Way:
    cases = []
    for case in sorted(clause.cases):
        row = told.cases.get(case, {})
        cases.append(HeldCase(id=case, number=row.get("number"), title=row.get("title"), grounds=grounds[case]))
    caveats = [HeldCaveat(id=one, name=told.names[one], **_dates(told.cleared[one])) for one in sorted(clause.caveats)]
    return Way(cases=cases, caveats=caveats)


def _order_of(ground: Ground) -> list[str]:
    said = (ground.by, ground.unit, ground.functions, ground.starts, ground.ends, ground.agent)
    return [str(one or "") for one in said]


def _order(way: Way) -> tuple[list[str], list[str]]:
    return [one.id for one in way.cases], [one.id for one in way.caveats]
