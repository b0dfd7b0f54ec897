"""Compare and connected: what case files have in common, over what is visible and nothing else.

A *group* is what one thing joins: the records that have an identifier, the two ends of a SAME_AS. It is a reason
between two cases when each has one of them in its file that does not stand in the other's. A record that stands
in both files is a reason itself. So ``connected`` names exactly the cases that ``compare`` finds a reason for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from icmgraph.errors import NotFound
from icmgraph.model.answers import CaseName, Comparison, ConnectedCase, Link, Node, Reason, Side
from icmgraph.queries.cursors import Key
from icmgraph.queries.explore import BATCH, HUBS_SHOWN, Changed, Walk, batches
from icmgraph.queries.gateway import Row
from icmgraph.queries.seeking import named_alike
from icmgraph.queries.session import View

KINDS = ("record", "same_as", "related_to", "involved_in", "mentions", "identifier", "name")
"""Of reasons, the strongest first: what somebody asserted, then equal identifiers, then names alone."""

FILE_MOST = 5_000
"""Records of one file that are looked at, the first by id: a second or two of work. Most files hold a few dozen."""

MET_MOST = 50_000
"""Records that one file is followed to; the identifiers first by key are followed."""

REASONS_SHOWN = 5
"""Of each connected case; compare shows all."""

FILES = ("SUBJECT_OF", "FILED_IN", "PART_OF")
HELD = ("HAS_IDENTIFIER", "AT", "MENTIONS")
DIRECT = {"SAME_AS": "same_as", "INVOLVED_IN": "involved_in", "MENTIONS": "mentions"}
"""Assertions between two records. LINKED_TO stays within one case."""
SHOWN = (*FILES, *HELD, "SAME_AS", "INVOLVED_IN", "RELATED_TO")

Walks = Callable[[Sequence[str]], Walk]
"""A walk over these types."""


@dataclass(frozen=True, slots=True, order=True)
class Group:
    """``rank``: of its kind among ``KINDS``. ``what``: tells it from others of its kind; nodes are walks' nodes."""

    rank: int
    what: str
    members: frozenset[str] = field(compare=False)

    @property
    def kind(self) -> str:
        return KINDS[self.rank]


@dataclass
class Common:
    """One question about case files.

    Attributes:
        standing: the cases in whose file each record met stands; a case stands in its own.
        hubs: keys of identifiers and names that were met and not followed.
        partial: something was left out because there was too much of it.
    """

    view: View
    walks: Walks
    hub_degree: int
    standing: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    hubs: set[str] = field(default_factory=set)
    partial: bool = False
    _files: dict[str, list[str]] = field(default_factory=dict)

    def open_file(self, case: str) -> None:
        """
        Raises:
            NotFound: the case is absent or hidden.
        """
        if not self.view.run("sees_case", id=case):
            raise NotFound
        records = [row["record"] for row in self.view.run("file_records", case=case, limit=FILE_MOST + 1)]
        self.partial |= len(records) > FILE_MOST
        self._files[case] = records[:FILE_MOST]
        for record in (case, *self._files[case]):
            self.standing[record].add(case)

    def groups(self) -> list[Group]:
        """What joins the files opened with each other or with anything beyond; identifiers and names not followed."""
        cases, records = sorted(self._files), sorted({record for file in self._files.values() for record in file})
        found = [_group("record", record, {record}) for record in records]
        found += self._pairs("related_to", self._beside(("RELATED_TO",), cases))
        held = self._beside(HELD, records)
        # A record's identifiers have a colon; what else is beside it by these types is the other end of a MENTIONS.
        by_key: dict[str, set[str]] = defaultdict(set)
        for record, others in held.items():
            for key in (other for other in others if ":" in other):
                by_key[key].add(record)
        found += [_group("identifier", key, holders) for key, holders in by_key.items()]
        direct = {"MENTIONS": {record: {o for o in others if ":" not in o} for record, others in held.items()}}
        for type in ("SAME_AS", "INVOLVED_IN"):
            direct[type] = self._beside((type,), records)
        for type, pairs in direct.items():
            found += self._pairs(DIRECT[type], pairs)
        named: dict[str, set[str]] = defaultdict(set)
        for batch in batches(records):
            for row in self.view.run("names_of", records=batch):
                named[row["key"]].add(row["record"])
        return sorted([*found, *(_group("name", key, holders) for key, holders in named.items())])

    def _beside(self, types: Sequence[str], nodes: Sequence[str]) -> dict[str, set[str]]:
        walk = self.walks(types)
        walk.look_at_all(nodes)
        return {node: set(walk.next_to(node)) for node in nodes}

    def _pairs(self, kind: str, beside: Mapping[str, Iterable[str]]) -> list[Group]:
        pairs = {frozenset((a, b)) for a, others in beside.items() for b in others}
        return [_group(kind, " ".join(sorted(pair)), pair) for pair in pairs]

    def follow(self, groups: Iterable[Group]) -> list[Group]:
        """The groups with all that have these identifiers and names; without hubs, which are noted."""
        kept: list[Group] = []
        met: set[str] = set()
        followed: dict[str, list[Group]] = {"identifier": [], "name": []}
        for group in groups:
            followed.get(group.kind, kept).append(group)
        for kind, ask in (("identifier", self._with_identifier), ("name", self._with_name)):
            for at in range(0, len(followed[kind]), BATCH):
                if len(met) > MET_MOST:
                    self.partial = True
                    break
                some = followed[kind][at : at + BATCH]
                holders = ask([group.what for group in some])
                self.hubs.update(group.what for group in some if group.what not in holders)
                for group in some:
                    if group.what in holders:
                        kept.append(_group(kind, group.what, holders[group.what] | group.members))
                        met |= holders[group.what]
        return sorted(kept)

    def _with_identifier(self, keys: Sequence[str]) -> dict[str, frozenset[str]]:
        """For each key that is no hub, the records that have it."""
        walk = self.walks(HELD)
        walk.look(keys)
        return {key: walk.next_to(key) for key in keys if not walk.is_hub(key)}

    def _with_name(self, keys: Sequence[str]) -> dict[str, frozenset[str]]:
        rows = {row["key"]: row for row in named_alike(self.view, keys, self.hub_degree)}
        none: Row = {"over": False, "holders": []}
        return {key: frozenset(row["holders"]) for key in keys if not (row := rows.get(key, none))["over"]}

    def stand(self, groups: Iterable[Group]) -> None:
        """Learn in which files all members stand."""
        met = {member for group in groups if group.kind != "related_to" for member in group.members}
        for record, cases in self._beside(FILES, sorted(met)).items():
            self.standing[record] |= cases
        for group in groups:
            if group.kind == "related_to":
                for case in group.members:
                    self.standing[case].add(case)

    def cases_of(self, group: Group) -> set[str]:
        return {case for member in group.members for case in self.standing[member]}

    def joins(self, group: Group, cases: Collection[str]) -> bool:
        """Whether a group is a reason between any two of these cases."""
        sides = [{member for member in group.members if case in self.standing[member]} for case in cases]
        if group.kind == "record":
            return sum(map(bool, sides)) > 1
        return any(one - other and other - one for one, other in combinations(sides, 2))


def _group(kind: str, what: str, members: Iterable[str]) -> Group:
    return Group(KINDS.index(kind), what, frozenset(members))


def compare(common: Common, cases: Sequence[str], most: int) -> Comparison:
    """See ``Reader.compare``."""
    for case in cases:
        common.open_file(case)
    joined = [group for group in common.groups() if common.joins(group, cases)]
    found = common.follow(joined)
    shown = [(group, tuple(cases)) for group in found[:most]]
    hubs = [group for group in joined if group.what in common.hubs][:HUBS_SHOWN]
    told, hub_nodes = _told(common, shown, hubs)
    return Comparison(
        cases=titles(common.view, cases), reasons=told, hubs=hub_nodes, truncated=common.partial or len(found) > most
    )


@dataclass(frozen=True, slots=True)
class Connection:
    """One case connected to the one asked for, and why."""

    case: CaseName
    groups: list[Group]

    @property
    def key(self) -> Key:
        """The order: the strongest kind of reason, then how many reasons, then number and id."""
        return (self.groups[0].rank, -len(self.groups), self.case.number, self.case.id)


FIRST: Key = (-1, 0, "", "")
"""Before the first connection."""


def connected(common: Common, case: str, after: Key, most: int) -> tuple[list[Connection], list[Group]]:
    """See ``Reader.connected``: connections after a key, at most so many, and the hubs."""
    common.open_file(case)
    groups = common.groups()
    found = common.follow(groups)
    common.stand(found)
    by_case: dict[str, list[Group]] = defaultdict(list)
    for group in found:
        for other in common.cases_of(group) - {case}:
            if common.joins(group, (case, other)):
                by_case[other].append(group)
    connections = [Connection(name, by_case[name.id]) for name in titles(common.view, sorted(by_case))]
    later = sorted((one for one in connections if one.key > after), key=lambda one: one.key)
    return later[:most], [group for group in groups if group.what in common.hubs][:HUBS_SHOWN]


def described(
    common: Common, case: str, connections: Sequence[Connection], hubs: Sequence[Group]
) -> tuple[list[ConnectedCase], list[Node]]:
    """The connections with the first reasons of each, and the hubs."""
    shown = [(group, (case, one.case.id)) for one in connections for group in one.groups[:REASONS_SHOWN]]
    told, hub_nodes = _told(common, shown, hubs)
    reasons = iter(told)
    cards = [
        ConnectedCase(
            **one.case.model_dump(),
            count=len(one.groups),
            reasons=[next(reasons) for _ in one.groups[:REASONS_SHOWN]],
        )
        for one in connections
    ]
    return cards, hub_nodes


def titles(view: View, cases: Sequence[str]) -> list[CaseName]:
    """By number, then id.

    Raises:
        Changed: one is gone.
    """
    rows = [row for batch in batches(cases) for row in view.run("case_titles", ids=batch)]
    if len(rows) != len(cases):
        raise Changed
    return sorted((CaseName(**row) for row in rows), key=lambda case: (case.number, case.id))


def _told(
    common: Common, shown: Sequence[tuple[Group, Sequence[str]]], hubs: Sequence[Group]
) -> tuple[list[Reason], list[Node]]:
    """Each group as the reason it is between its cases, with what stands behind; and the hubs.

    Raises:
        Changed
    """
    walk = common.walks(SHOWN)
    names = _names(common.view, [group for group in (*(one for one, _ in shown), *hubs) if group.kind == "name"])
    pairs: set[tuple[str, str]] = set()
    wanted: set[str] = set()
    for group, cases in shown:
        wanted |= _members(common, group, cases)
        for a, b in _pairs_of(common, group, cases):
            pairs.add((a, b))
            wanted |= {a, b}
    for hub in hubs:
        if hub.kind == "identifier":
            pairs.add((hub.what, min(hub.members)))
            wanted |= {hub.what, min(hub.members)}
    nodes, links = walk.picture(wanted, pairs)
    by_id = {node.id: node for node in nodes}
    behind: dict[frozenset[str], list[Link]] = defaultdict(list)
    for link in links:
        behind[frozenset((link.start, link.end))].append(link)

    def node_of(group: Group, names: Iterable[Link]) -> Node | None:
        if group.kind == "name":
            return Node(id=walk.public(group.what), label="Name", kind="name", name=min(str(n.detail) for n in names))
        return by_id[walk.public(group.what)] if group.kind in ("record", "identifier") else None

    def reason(group: Group, cases: Sequence[str]) -> Reason:
        members = _members(common, group, cases)
        if group.kind == "name":
            evidence = _of(names[group.what], members)
        else:
            asked = (frozenset(map(walk.public, pair)) for pair in _pairs_of(common, group, cases))
            evidence = [link for pair in asked for link in behind[pair]]
        return Reason(
            kind=group.kind,
            possible=group.kind == "name",
            node=node_of(group, evidence),
            sides=[
                Side(case=case, records=[by_id[one] for one in sorted(mine)])
                for case in sorted(cases)
                if (mine := {m for m in members if case in common.standing[m]}) or case in group.members
            ],
            evidence=sorted(evidence, key=lambda link: link.id),
        )

    hub_nodes = [node for hub in hubs if (node := node_of(hub, _of(names.get(hub.what, ()), hub.members)))]
    return [reason(group, cases) for group, cases in shown], hub_nodes


def _members(common: Common, group: Group, cases: Sequence[str]) -> set[str]:
    """The records of a group that stand in the files of these cases."""
    if group.kind == "related_to":
        return set()
    return {member for member in group.members if common.standing[member].intersection(cases)}


def _pairs_of(common: Common, group: Group, cases: Sequence[str]) -> list[tuple[str, str]]:
    """The pairs of nodes between which a group's evidence stands."""
    if group.kind == "record":
        return [(group.what, case) for case in sorted(common.standing[group.what].intersection(cases))]
    if group.kind == "identifier":
        return [(group.what, member) for member in sorted(_members(common, group, cases))]
    if group.kind == "name":
        return []
    first, last = sorted(group.members)
    return [(first, last)]


def _names(view: View, groups: Sequence[Group]) -> dict[str, list[Link]]:
    """The names of these keys that members of any of these groups have.

    Raises:
        Changed
    """
    keys = {group.what for group in groups}
    found: dict[str, list[Link]] = defaultdict(list)
    for batch in batches(sorted({member for group in groups for member in group.members})):
        for row in view.run("names_of", records=batch):
            if row["key"] in keys:
                said = {"source": row["source"], "confidence": row["confidence"], "detail": row["value"]}
                found[row["key"]].append(
                    Link(id=row["id"], type="HAS_ATTRIBUTE", start=row["record"], end=row["id"], **said)
                )
    for group in groups:
        if not group.members <= {link.start for link in found[group.what]}:
            raise Changed
    return found


def _of(links: Iterable[Link], records: Collection[str]) -> list[Link]:
    return [link for link in links if link.start in records]
