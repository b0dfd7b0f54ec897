"""A scope's two lists decide exactly what need-to-know says, on random worlds, for people of every class."""

from __future__ import annotations

from itertools import chain, combinations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from icmgraph.model.access import BITS, PAGE, bits, expression_id, paged
from icmgraph.model.near import tail_of
from icmgraph.queries.policy import Policy
from tests.interference.laws import law
from tests.interference.sight import Sight, restrict
from tests.worlds.example import WORLD
from tests.worlds.loader import Graph
from tests.worlds.strategies import worlds
from tests.worlds.world import World, uid

_LABELLED = """
MATCH (n) WHERE n.visibility IS NOT NULL
RETURN n.id AS id, n.visibility AS visibility, n.audience AS audience, labels(n)[0] AS what
UNION ALL
MATCH ()-[r]->() WHERE r.visibility IS NOT NULL
RETURN r.id AS id, r.visibility AS visibility, r.audience AS audience, type(r) AS what
"""


def expected(world: World, me: str) -> set[str]:
    """Ids of all that the person sees, with what an Attribute brings along."""
    found = set(Sight(world, me).seen)
    for record in world.labelled("Attribute"):
        if record.id in found:
            found.add(uid(f"{record.id} has"))
    return found


@given(st.sets(st.integers(0, 400)), st.integers(0, 500))
def test_bits_hold_what_the_list_holds(ids: set[int], asked: int) -> None:
    made = bits(sorted(ids))
    assert (asked // BITS < len(made) and made[asked // BITS] >> asked % BITS & 1) == (asked in ids)
    assert all(byte < 128 for byte in made)  # a number with a sign, in the graph


@given(st.sets(st.integers(0, 9 * PAGE)), st.sets(st.integers(0, 8)), st.integers(0, 10 * PAGE))
def test_pages_hold_what_the_list_holds(ids: set[int], whole: set[int], asked: int) -> None:
    ids |= {id for page in whole for id in range(page * PAGE, (page + 1) * PAGE)}
    starts, made = paged(sorted(ids))
    page = asked // PAGE
    held = page < len(starts) and made[starts[page] + asked % PAGE // BITS] >> asked % PAGE % BITS & 1
    assert held == (asked in ids)
    assert PAGE % BITS == 0, "the bit of an id is that of its place in the page"
    assert len(set(starts)) * PAGE // BITS == len(made), "equal pages stand once"
    assert all(byte < 128 for byte in made)


@given(st.lists(st.booleans(), max_size=5000), st.integers(1, 5 * PAGE))
def test_hidden_expressions_have_pages_of_their_own(hidden: list[bool], free: int) -> None:
    """Also where an earlier version gave ids to both alike, up to ``free``."""
    nexts, given_ = {False: free, True: free}, []
    for one in hidden:
        id = expression_id(nexts[one], one)
        nexts[one] = id + 1
        given_.append(id)
        assert id // PAGE % 2 == one
    assert len(set(given_)) == len(given_)
    assert all(id >= free for id in given_)


def seen_in_database(graph: Graph, me: str) -> set[str]:
    scope = Policy(graph.gateway).resolve(me).scope
    assert 0 not in scope.audiences
    rows = [r for r in graph.run(_LABELLED) if r["what"] not in ("NameKey", "KEY_OF")]
    return {r["id"] for r in rows if r["audience"] in scope.audiences or r["visibility"] in scope.visibilities}


@law(30)
@given(worlds)
def test_scope_is_what_need_to_know_says(graph: Graph, world: World) -> None:
    graph.load(world)
    for user in world.users:
        assert seen_in_database(graph, user.id) == expected(world, user.id), f"{user.name}\n{world}"


@law(10)
@given(worlds)
def test_a_restricted_world_is_seen_whole_and_no_more(graph: Graph, world: World) -> None:
    me = world.users[0].id
    less = restrict(world, me)
    graph.load(less)
    assert seen_in_database(graph, me) == expected(world, me), str(world)
    assert restrict(less, me) == less


def test_the_example_world_shows_each_person_something_else(graph: Graph) -> None:
    graph.load(WORLD)
    seen = {user.name: frozenset(seen_in_database(graph, user.id)) for user in WORLD.users}
    assert all(seen[user.name] == expected(WORLD, user.id) for user in WORLD.users)
    # Of eight people only the administrator sees nothing, and no two agents the same.
    assert sorted(name for name, ids in seen.items() if not ids) == ["Adam Administrator"]
    assert len(set(seen.values())) == len(seen)


# -- what the loader writes keeps the invariants, checked without the product's code


def _holds(formula: str, atoms: frozenset[str]) -> bool:
    return any(all(atom in atoms for atom in clause.split(" & ")) for clause in formula.split(" | "))


def _subsets(of: set[str]) -> list[frozenset[str]]:
    several = sorted(of)
    return [frozenset(c) for c in chain.from_iterable(combinations(several, n) for n in range(len(several) + 1))]


def _own(row: dict[str, Any], atoms: frozenset[str]) -> bool:
    by_case = all(f"case:{c}" in atoms for c in row["cases"]) or any(f"case:{c}" in atoms for c in row["shared"])
    return by_case and all(f"caveat:{caveat}" in atoms for caveat in row["caveats"])


def check_invariants(graph: Graph) -> None:
    """I1, I2 and I6, by truth tables: for every set of atoms, each label says what its own and its ends say."""
    visibilities = {r["v"]["id"]: r["v"] for r in graph.run("MATCH (v:Visibility) RETURN properties(v) AS v")}
    audiences = {r["id"]: r["e"] for r in graph.run("MATCH (a:Audience) RETURN a.id AS id, a.expression AS e")}
    formulas = {id: v["expression"] for id, v in visibilities.items()}
    for formula in formulas.values():
        assert all("case:" in clause for clause in formula.split(" | ")), "I6"
    nodes = graph.run(
        "MATCH (n:Case|Subject|Attribute|Document|Event|Entry|NameKey) RETURN elementId(n) AS at, properties(n) AS p"
    )
    links = graph.run(
        "MATCH (a)-[r]->(b) WHERE r.cases IS NOT NULL RETURN elementId(a) AS a, elementId(b) AS b, "
        "type(r) AS type, properties(r) AS p, 'Identifier' IN labels(b) AS bare, properties(b) AS end"
    )
    at = {row["at"]: row["p"] for row in nodes}
    for item in (*at.values(), *(link["p"] for link in links)):
        assert visibilities[item["visibility"]]["audience"] == item["audience"], "I1: audience"
    for link in links:
        atoms = {atom for part in (at[link["a"]], link["p"]) for atom in _atoms(formulas[part["visibility"]])}
        end = None if link["bare"] else at[link["b"]]
        if end is None:
            assert set(link["end"]) - {"tail"} == {"key", "kind", "value"}, "I1: an identifier carries nothing"
            assert link["end"].get("tail") == tail_of(link["end"]["key"]), "but functions of its key"
        else:
            atoms |= _atoms(formulas[end["visibility"]])
        as_end = link["type"] in ("HAS_ATTRIBUTE", "KEY_OF")
        for some in _subsets(atoms):
            says = _holds(formulas[link["p"]["visibility"]], some)
            ends = [_holds(formulas[x["visibility"]], some) for x in (at[link["a"]], end) if x is not None]
            assert not says or all(ends), "I2"
            assert says == (_own(link["p"], some) and all(ends)), ("I1", link)
            if as_end and end is not None:
                assert says == _holds(formulas[end["visibility"]], some), ("I1", link)
    open_to = {
        row["case"]: set(row["units"])
        for row in graph.run("MATCH (c:Case) RETURN c.id AS case, [(c)-[:OPEN_TO]->(t) | t.id] AS units")
    }
    for label in visibilities.values():
        _check_audience(label["expression"], audiences.get(label["audience"]), open_to)


def _atoms(formula: str) -> set[str]:
    return {atom for clause in formula.split(" | ") for atom in clause.split(" & ")}


def _check_audience(formula: str, audience: str | None, open_to: dict[str, set[str]]) -> None:
    """An audience holds for exactly the units and caveats that satisfy the expression with openness substituted."""
    cases = {atom for atom in _atoms(formula) if atom.startswith("case:")}
    units = {f"unit:{unit}" for case in cases for unit in open_to.get(case[5:], ())}
    for some in _subsets(units | (_atoms(formula) - cases)):
        by_unit = {case for case in cases if any(f"unit:{u}" in some for u in open_to.get(case[5:], ()))}
        says = audience is not None and _holds(audience, some)
        assert says == _holds(formula, some | by_unit), ("audience", formula, audience)


@law(10)
@given(worlds)
def test_loaded_worlds_keep_the_invariants(graph: Graph, world: World) -> None:
    graph.load(world)
    check_invariants(graph)
    graph.load(restrict(world, world.users[0].id))
    check_invariants(graph)


def test_the_example_world_keeps_the_invariants(graph: Graph) -> None:
    graph.load(WORLD)
    check_invariants(graph)
