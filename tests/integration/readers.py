"""Readers of a small world, and towns: graphs told by their edges, for expand and paths."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from icmgraph.audit import AuditStore
from icmgraph.model.answers import Paths, Subgraph
from icmgraph.model.identity import public_id
from icmgraph.model.source import system_source
from icmgraph.queries.policy import Policy
from icmgraph.queries.reader import Reader, ReaderOptions
from icmgraph.queries.session import Sessions
from tests.worlds.loader import Graph
from tests.worlds.world import Build, Key, World

KEY = b"a deployment key that is invented"


@dataclass
class Readers:
    """Readers on whatever world the database holds."""

    graph: Graph
    audit: AuditStore
    audit_folder: Path

    @classmethod
    def on(cls, graph: Graph, folder: Path) -> Readers:
        return cls(graph, AuditStore(f"sqlite:///{folder / 'audit.db'}", KEY), folder)

    def load(self, world: World, seed: int = 0) -> None:
        self.graph.load(world, seed=seed)
        # The sights of the world before are forgotten with its policy.
        self._sessions = Sessions(self.graph.gateway, Policy(self.graph.gateway), self.audit, system_source)

    def of(self, user: str, expand_nodes: int = 500, hub_degree: int = 200) -> Reader:
        return Reader(self._sessions.of(user), ReaderOptions(KEY, expand_nodes, hub_degree))


class Town:
    """Two offices with a case each; Al sees case A, Bo case B, Ana both.

    An edge is ``a-b``: LINKED_TO between two subjects, or HAS_IDENTIFIER where one end starts with ``#``. A subject
    whose name starts with ``b`` stands in case B, all others in case A. An edge between the two cases, or that ends
    in ``/AB``, is seen by those who see both; ``/A`` and ``/B`` name one.
    """

    def __init__(self, edges: str) -> None:
        b = Build()
        one, two = b.unit("One"), b.unit("Two")
        self.al, self.bo, self.ana = b.user("Al"), b.user("Bo"), b.user("Ana", "analyst")
        for user, unit in ((self.al, one), (self.bo, two), (self.ana, one), (self.ana, two)):
            b.member(user, unit)
        self._cases = {"A": b.case("A", one, (one,)), "B": b.case("B", two, (two,))}
        self.ids: dict[str, str] = {}
        for edge in edges.split():
            ends, _, cases = edge.partition("/")
            start, _, end = ends.partition("-")
            self._edge(b, start, end, cases)
        self.world = b.world()
        self.names = {id: name for name, id in self.ids.items()}

    def _edge(self, b: Build, start: str, end: str, cases: str) -> None:
        if start.startswith("#"):
            start, end = end, start
        for name in (start, end):
            if name not in self.ids:
                case = self._cases["B" if name.startswith("b") else "A"]
                key = Key("phone", f"+1202555{name[1:].zfill(4)}")
                self.ids[name] = public_id(KEY, key.key) if name.startswith("#") else b.subject(b.own((case,)))
        subjects = [name for name in (start, end) if not name.startswith("#")]
        wanted = cases or {"B" if name.startswith("b") else "A" for name in subjects}
        own = b.own([self._cases[case] for case in sorted(wanted)])
        if end.startswith("#"):
            b.identifier(own, self.ids[start], Key("phone", f"+1202555{end[1:].zfill(4)}"))
        else:
            b.link("LINKED_TO", own, self.ids[start], self.ids[end], kind="knows")

    def named(self, ids: Iterable[str]) -> str:
        """Names of these ids, in text order."""
        return " ".join(sorted(self.names[id] for id in ids))

    def told(self, answer: Subgraph) -> str:
        """``nodes | links | hubs``, and ``...`` if truncated."""
        links = sorted("-".join(sorted((self.names[x.start], self.names[x.end]))) for x in answer.links)
        nodes = self.named(node.id for node in answer.nodes)
        cut = " ..." if answer.truncated else ""
        return f"{nodes} | {' '.join(links)} | {self.named(answer.hubs)}{cut}"

    def routes(self, answer: Paths) -> set[str]:
        """Each path as the names along it."""
        return {"-".join(self.along(answer, at)) for at in range(len(answer.paths))}

    def along(self, answer: Paths, at: int) -> list[str]:
        steps = answer.paths[at].steps
        return [self.names[step.start] for step in steps] + [self.names[steps[-1].end]]
