"""Random sequences of shares, unshares, caveats, openness and merges end where a plain model of them ends.

The model (``Said``) knows `own` and who stands where, and nothing of labels: those the invariants recompute. The
everyday suite runs some sequences; ICM_TEST_SEQUENCES says how many more.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from icmgraph.audit import AuditStore
from icmgraph.errors import IcmError
from icmgraph.model.access import Own
from icmgraph.model.records import AttributeInput, CaveatInput, SameAsInput, ShareInput, SubjectChange
from icmgraph.model.source import SystemSource, system_source
from icmgraph.queries import cases as case_acts
from icmgraph.queries import invariants
from icmgraph.queries.cases import Cases
from icmgraph.queries.operator import Operator
from icmgraph.queries.policy import Policy
from icmgraph.queries.session import Sessions
from icmgraph.queries.sharing import Sharing
from icmgraph.queries.tasks import Tasks
from icmgraph.queries.upkeep import Upkeep
from icmgraph.queries.writer import Writer
from tests.interference.system import audit_folder
from tests.worlds.fixtures import graph as graph
from tests.worlds.loader import Graph
from tests.worlds.world import Build, Key

SEQUENCES = int(os.environ.get("ICM_TEST_SEQUENCES", "20"))
AT_ONCE = min(40, SEQUENCES)
"""Worlds in the database at once, each with a person of its own; the invariants are checked on all of them."""
ACTS = 6
"""Acts of one sequence, at most."""
KEY = b"an invented deployment key, 32 b"


@dataclass
class Part:
    """An attribute (``value``) or identifier (its key) on a subject; or a link to another subject."""

    on: str
    own: Own
    value: str
    to: str | None = None


@dataclass
class Said:
    """What one world's cases say: the model, in which each act is a few lines."""

    case_caveats: dict[str, set[str]]
    subjects: dict[str, Own] = field(default_factory=dict)
    files: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Membership id -> (subject, case)."""
    parts: dict[str, Part] = field(default_factory=dict)
    fresh: int = 0

    def new(self, kind: str) -> str:
        self.fresh += 1
        return f"{kind}-{self.fresh}"

    def on(self, subject: str) -> dict[str, Part]:
        return {id: part for id, part in self.parts.items() if subject in (part.on, part.to)}

    def _needs(self, part: str) -> set[str]:
        """Caveats of a part and its ends."""
        said = self.parts[part]
        ends = [self.subjects[end].caveats for end in (said.on, said.to) if end]
        return {*said.own.caveats, *(caveat for end in ends for caveat in end)}

    def share(self, id: str, case: str, other: str, picked: set[str]) -> None:
        self.subjects[id] = _shared(self.subjects[id], other)
        for one, part in self.on(id).items():
            if one in picked and part.own.cases == (case,) and part.value != "same":
                self.parts[one] = replace(part, own=_shared(part.own, other))
        if (id, other) not in self.files.values():
            self.files[self.new("file")] = (id, other)

    def unshare(self, id: str, case: str, other: str) -> None:
        stay = {case, *self.subjects[id].shared} - {other}
        theirs = [one for one, part in self.on(id).items() if other in part.own.cases and not stay & {*part.own.cases}]
        membership = next(one for one, where in self.files.items() if where == (id, other))
        del self.files[membership]
        needed, root = self.case_caveats[other], self.subjects[id]
        needs = {one: frozenset(self._needs(one) | needed) for one in theirs}
        sets = {needs[one] for one in theirs if self.parts[one].own.cases == (other,)}
        homes = sorted((one for one in sets if not any(less < one for less in sets)), key=sorted)
        copies = {home: self.new("subject") for home in homes}
        values = [part for part in self.on(id).values() if other in part.own.shared and part.to is None]
        both = {*root.caveats, *needed, *self.case_caveats[case]}
        ends: list[tuple[str, set[str], set[str]]] = [(id, {case}, both)]
        for home, copy in copies.items():
            self.subjects[copy] = Own((other,), (), tuple(sorted(home)))
            self.files[self.new("file")] = (copy, other)
            for part in values:
                self.parts[self.new("part")] = Part(copy, _alone(other, part.own, needed), part.value)
            for end, cases, caveats in ends:
                own = Own(tuple(sorted({*cases, other})), (), tuple(sorted({*caveats, *home})))
                self.parts[self.new("part")] = Part(end, own, "same", copy)
            ends.append((copy, set(), set(home)))
        for one in theirs:
            part = self.parts[one]
            to = next((copies[home] for home in homes if home <= needs[one]), None)
            if to is not None:
                part = replace(part, on=to if part.on == id else part.on, to=to if part.to == id else part.to)
            else:
                caveats = {*part.own.caveats, *self.case_caveats[case]}
                cases = {*part.own.cases, case}
                part = replace(part, own=Own(tuple(sorted(cases)), (), tuple(sorted(caveats))))
            self.parts[one] = part
        self.subjects[id] = _unshared(self.subjects[id], other)
        for one, part in self.on(id).items():
            self.parts[one] = replace(part, own=_unshared(part.own, other))

    def rename(self, old: str, new: str, membership: str) -> None:
        self.subjects[new] = self.subjects.pop(old)
        made = next(one for one, (subject, _) in self.files.items() if subject == old)
        self.files[membership] = (new, self.files.pop(made)[1])
        for id, part in self.parts.items():
            on, to = new if part.on == old else part.on, new if part.to == old else part.to
            self.parts[id] = replace(part, on=on, to=to)

    def caveat(self, id: str, caveat: str, add: bool) -> None:
        if id in self.subjects:
            self.subjects[id] = _caveated(self.subjects[id], caveat, add)
        else:
            self.parts[id] = replace(self.parts[id], own=_caveated(self.parts[id].own, caveat, add))

    def caveat_of_case(self, case: str, caveat: str, add: bool, records: bool) -> None:
        (self.case_caveats[case].add if add else self.case_caveats[case].discard)(caveat)
        if not add and not records:
            return

        def after(own: Own) -> Own:
            asserted = case in own.cases if add else own.cases == (case,)
            return _caveated(own, caveat, add) if asserted else own

        self._all(after)

    def merge(self, old: str, new: str) -> None:
        def after(own: Own) -> Own:
            cases = tuple(sorted({new if case == old else case for case in own.cases}))
            shared = tuple(dict.fromkeys(new if case == old else case for case in own.shared))
            needed = self.case_caveats[new] if old in own.cases else set()
            caveats = tuple(sorted({*own.caveats, *needed}))
            return Own(cases, tuple(case for case in shared if (case,) != cases), caveats)

        self._all(after)
        there = {subject for subject, case in self.files.values() if case == new}
        for one, (subject, case) in list(self.files.items()):
            if case == old and subject in there:
                del self.files[one]
            elif case == old:
                self.files[one] = (subject, new)
        del self.case_caveats[old]

    def _all(self, after: Any) -> None:
        self.subjects = {id: after(own) for id, own in self.subjects.items()}
        self.parts = {id: replace(part, own=after(part.own)) for id, part in self.parts.items()}

    def canonical(self) -> Counter[tuple[Any, ...]]:
        """What can be compared although new ids differ: a subject is named by its memberships."""
        name = {s: tuple(sorted(c for t, c in self.files.values() if t == s)) for s in self.subjects}
        told: Counter[tuple[Any, ...]] = Counter()
        for id, own in self.subjects.items():
            told["subject", name[id], _text(own)] += 1
        for part in self.parts.values():
            ends = (name[part.on], name[part.to]) if part.to else (name[part.on],)
            told["part", part.value, tuple(sorted(ends)), _text(part.own)] += 1
        return told


def _text(own: Own) -> tuple[Any, ...]:
    return own.cases, own.shared, own.caveats


def _shared(own: Own, case: str) -> Own:
    return own if case in own.shared else replace(own, shared=(*own.shared, case))


def _unshared(own: Own, case: str) -> Own:
    return replace(own, shared=tuple(one for one in own.shared if one != case))


def _alone(case: str, own: Own, caveats: set[str]) -> Own:
    return Own((case,), (), tuple(sorted({*own.caveats, *caveats})))


def _caveated(own: Own, caveat: str, add: bool) -> Own:
    kept = set(own.caveats) - {caveat}
    return replace(own, caveats=tuple(sorted(kept | {caveat} if add else kept)))


@dataclass
class Sequence:
    """One world, its person, and a sequence of acts on both the product and the model."""

    person: str
    said: Said
    random: random.Random
    caveats: list[str]
    units: list[str]

    def act(self, product: Product) -> None:
        acts = (
            self.share, self.share, self.unshare, self.unshare, self.add, self.add, self.same,
            self.caveat, self.caveat, self.caveat_of_case, self.restrict, self.merge,
        )  # fmt: skip
        self.random.choice(acts)(product)

    def one(self, of: Any) -> Any:
        return self.random.choice(sorted(of))

    def share(self, product: Product) -> None:
        id = self.one(self.said.subjects)
        case, other = self.said.subjects[id].cases[0], self.one(self.said.case_caveats)
        if case == other:
            return
        parts = self.said.on(id).items()
        # What the model named itself, a value copied to a record of its own, the product has under another id.
        mine = [one for one, part in parts if part.own.cases == (case,) and part.value != "same" and one[:5] != "part-"]
        picked = {one for one in mine if self.random.random() < 0.7}
        before = product.memberships(id)
        product.sharing(self.person).share(
            id, ShareInput(case=case, share_with=other, assertions=tuple(sorted(picked)))
        )
        self.said.share(id, case, other, picked)
        self._named(before, product.memberships(id))

    def _named(self, before: dict[str, str], after: dict[str, str]) -> None:
        """The model's new memberships get the ids that the product gave."""
        for id in after.keys() - before.keys():
            made = next(one for one in self.said.files if one.startswith("file-"))
            self.said.files[id] = self.said.files.pop(made)

    def unshare(self, product: Product) -> None:
        shares = [(id, own.cases[0], other) for id, own in self.said.subjects.items() for other in own.shared]
        if not shares:
            return
        id, case, other = self.one(shares)
        before = product.file(other)
        product.sharing(self.person).unshare(id, case, other)
        self.said.unshare(id, case, other)
        # The model's new subjects get the ids that the product gave: no two have the same caveats.
        mine = {self.said.subjects[s].caveats: s for s, where in self.said.files.values() if s[:8] == "subject-"}
        for subject, (membership, caveats) in product.file(other).items():
            if subject not in before:
                self.said.rename(mine[caveats], subject, membership)

    def add(self, product: Product) -> None:
        id, case = self.one(set(self.said.files.values()))
        value = f"value {self.random.randrange(10**9)}"
        change = SubjectChange(case=case, attributes=(AttributeInput(kind="name", value=value),))
        (made,) = product.writer(self.person).change_subject(id, change).records
        own = Own((case,), (), tuple(sorted(self.said.case_caveats[case])))
        self.said.parts[made] = Part(id, own, value)

    def same(self, product: Product) -> None:
        (a, case), (b, other) = self.one(set(self.said.files.values())), self.one(set(self.said.files.values()))
        if a == b:
            return
        given = SameAsInput(case=case, start=a, end=b, other_case=other, basis="seen")
        made = product.writer(self.person).same_as(given).id
        inside = (b, case) in self.said.files.values()
        cases = (case,) if inside else tuple(sorted({case, other}))
        caveats = {caveat for one in cases for caveat in self.said.case_caveats[one]}
        self.said.parts[made] = Part(a, Own(cases, (), tuple(sorted(caveats))), "same", b)

    def caveat(self, product: Product) -> None:
        named = {id: part.own for id, part in self.said.parts.items() if not id.startswith("part-")}
        targets = {**self.said.subjects, **named}
        id, caveat, add = self.one(targets), self.one(self.caveats), self.random.random() < 0.6
        case = self.one(targets[id].cases)
        if not add and any(caveat in self.said.case_caveats[one] for one in targets[id].cases):
            return
        sharing = product.sharing(self.person)
        (sharing.add_caveat if add else sharing.remove_caveat)(id, CaveatInput(case=case, caveat=caveat))
        self.said.caveat(id, caveat, add)

    def caveat_of_case(self, product: Product) -> None:
        case, caveat, add = self.one(self.said.case_caveats), self.one(self.caveats), self.random.random() < 0.6
        given, records = CaveatInput(case=case, caveat=caveat), self.random.random() < 0.5
        if add:
            product.sharing(self.person).add_caveat(case, given)
        else:
            product.sharing(self.person).remove_caveat(case, given, records)
        self.said.caveat_of_case(case, caveat, add, records)

    def restrict(self, product: Product) -> None:
        units = self.random.sample(self.units, self.random.randrange(3))
        Cases(product.sessions.of(self.person)).set_openness(self.one(self.said.case_caveats), units)

    def merge(self, product: Product) -> None:
        if len(self.said.case_caveats) < 3 or self.random.random() < 0.5:
            return
        old, new = self.random.sample(sorted(self.said.case_caveats), 2)
        product.upkeep.merge(old, new, "one investigation")
        self.said.merge(old, new)


@dataclass
class Product:
    graph: Graph
    sessions: Sessions
    upkeep: Upkeep

    def sharing(self, person: str) -> Sharing:
        return Sharing(self.sessions.of(person))

    def writer(self, person: str) -> Writer:
        return Writer(self.sessions.of(person))

    def memberships(self, subject: str) -> dict[str, str]:
        rows = self.graph.run(
            "MATCH (:Subject {id: $id})-[r:SUBJECT_OF]->(c:Case) RETURN r.id AS id, c.id AS case", id=subject
        )
        return {row["id"]: row["case"] for row in rows}

    def file(self, case: str) -> dict[str, tuple[str, tuple[str, ...]]]:
        """Subjects in a case's file: each one's membership and caveats."""
        rows = self.graph.run(
            "MATCH (s:Subject)-[r:SUBJECT_OF]->(:Case {id: $id}) RETURN s.id AS id, r.id AS file, s.caveats AS caveats",
            id=case,
        )
        return {row["id"]: (row["file"], tuple(row["caveats"])) for row in rows}

    def canonical(self, cases: set[str]) -> Counter[tuple[Any, ...]]:
        """What stands in the files of these cases, as ``Said.canonical`` tells it."""
        rows = self.graph.run(
            """MATCH (s:Subject)-[:SUBJECT_OF]->(c:Case) WHERE c.id IN $cases
            WITH s, collect(c.id) AS name
            RETURN s.id AS id, name, [s.cases, s.shared, s.caveats] AS own,
              [(s)-[:HAS_ATTRIBUTE]->(a) | [a.value, a.cases, a.shared, a.caveats]]
              + [(s)-[r:HAS_IDENTIFIER]->() | [r.key, r.cases, r.shared, r.caveats]] AS parts,
              [(s)-[r:SAME_AS|LINKED_TO]->(t) | [coalesce(r.kind, 'same'), t.id, r.cases, r.shared, r.caveats]]
                AS links""",
            cases=sorted(cases),
        )
        name = {row["id"]: tuple(sorted(row["name"])) for row in rows}
        told: Counter[tuple[Any, ...]] = Counter()
        for row in rows:
            told["subject", name[row["id"]], _tuples(row["own"])] += 1
            for value, *own in row["parts"]:
                told["part", value, (name[row["id"]],), _tuples(own)] += 1
            for value, to, *own in row["links"]:
                told["part", value, tuple(sorted((name[row["id"]], name[to]))), _tuples(own)] += 1
        return told


def _tuples(lists: list[list[str]]) -> tuple[Any, ...]:
    return tuple(tuple(one) for one in lists)


def world(b: Build, number: int, rng: random.Random, units: list[str], caveats: list[str]) -> Sequence:
    """Three or four cases of one office, some shared records, and a person who may do everything in them."""
    person = b.user(f"Person {number}", "supervisor")
    b.member(person, units[0])
    b.lead(person, units[0])
    for caveat in caveats:
        b.clear(person, caveat)
    cases = [b.case(f"Case {n}", units[1], rng.sample(units, rng.randrange(2))) for n in range(rng.choice((3, 4)))]
    said = Said({case: set() for case in cases})
    for case in cases:
        b.assign(person, case, agent=True)
    for n in range(rng.choice((2, 3))):
        case, *shared = rng.sample(cases, rng.choice((1, 1, 2)))
        own = b.own((case,), shared)
        subject = b.subject(own)
        said.subjects[subject] = own
        name = b.attribute(own, subject, "name", f"Name {number} {n}")
        key = Key("email", f"w{number}n{n}@example.com")
        phone = b.identifier(b.own((case,)), subject, key)
        said.parts[name] = Part(subject, own, f"Name {number} {n}")
        said.parts[phone] = Part(subject, b.own((case,)), key.key)
    first = next(iter(said.subjects))
    for other, own in said.subjects.items():
        if other != first and own.cases == said.subjects[first].cases:
            alone = b.own(own.cases)
            said.parts[b.link("LINKED_TO", alone, first, other, kind="calls")] = Part(first, alone, "calls", other)
    return Sequence(person, said, rng, caveats, units)


@pytest.fixture
def product(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> Iterator[Product]:
    monkeypatch.setattr(case_acts, "LARGE", 8)  # half of the openness acts are large ones
    with audit_folder() as folder:
        audit = AuditStore(f"sqlite:///{Path(folder) / 'audit.db'}")
        tasks = Tasks(graph.gateway, audit)
        upkeep = Upkeep(Operator(graph.gateway, audit, SystemSource()), tasks)
        yield Product(graph, Sessions(graph.gateway, Policy(graph.gateway), audit, system_source), upkeep)
        audit.close()


@pytest.mark.parametrize("batch", range(-(-SEQUENCES // AT_ONCE)))
def test_sequences_end_where_the_model_ends(product: Product, batch: int) -> None:
    rng = random.Random(batch)
    b = Build()
    top = b.unit("Top")
    units = [top, b.unit("North", top), b.unit("South", top)]
    caveats = [b.caveat("V1"), b.caveat("V2", "wiretap")]
    sequences = [world(b, n, random.Random(rng.random()), units, caveats) for n in range(AT_ONCE)]
    for link in b.world().links:
        if link.type == "SUBJECT_OF":
            owner = next(s for s in sequences if link.start in s.said.subjects)
            owner.said.files[link.id] = (link.start, str(link.end))
    product.graph.load(b.world())
    done: Counter[str] = Counter()
    for sequence in sequences:
        for _ in range(sequence.random.randint(1, ACTS)):
            try:
                sequence.act(product)
            except IcmError as error:  # a refusal changes nothing, in the model neither
                done[type(error).__name__] += 1
        done["sequences"] += 1
    product.upkeep.resume()
    result = invariants.check(product.graph.gateway, KEY)
    assert result.ok, (result.violations, result.first)
    for sequence in sequences:
        cases = set(sequence.said.case_caveats)
        assert product.canonical(cases) == sequence.said.canonical(), sequence.person
    assert done["sequences"] == AT_ONCE
    print(dict(done))
