"""An office for tests of writes: two units under a force, a few people, no case yet; and the handles on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from icmgraph.audit import AuditStore
from icmgraph.model.records import (
    AttributeInput,
    CaseInput,
    IdentifierInput,
    SubjectInput,
)
from icmgraph.model.source import SourceFactory, system_source
from icmgraph.queries.cases import Cases
from icmgraph.queries.policy import Policy
from icmgraph.queries.session import Session, Sessions, View
from icmgraph.queries.writer import Writer
from tests.worlds.loader import Graph
from tests.worlds.world import Build

PHONE = "+1 202 555 0143"


@dataclass
class Office:
    """Al (North) and Bo (South) are agents, Chief leads the force, Ana is an analyst with sight of the force only."""

    graph: Graph
    audit: AuditStore
    audit_url: str
    source: SourceFactory = system_source
    people: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        b = Build()
        self.force = b.unit("Force")
        self.north = b.unit("North", self.force)
        self.south = b.unit("South", self.force)
        for name, user_class, unit in (
            ("al", "agent", self.north),
            ("ally", "agent", self.north),
            ("bo", "agent", self.south),
            ("chief", "supervisor", self.force),
            ("ana", "analyst", self.force),
            ("tess", "task_force", self.north),
        ):
            self.people[name] = b.user(name.title(), user_class)
            b.member(self.people[name], unit)
        b.lead(self.people["chief"], self.force)
        self.wire = b.caveat("Wire", "wiretap")
        self.jury = b.caveat("Jury", "grand_jury")
        b.clear(self.people["al"], self.wire)
        self.graph.load(b.world())
        self.policy = Policy(self.graph.gateway)
        self.sessions = Sessions(self.graph.gateway, self.policy, self.audit, self.source)

    def session(self, name: str) -> Session:
        return self.sessions.of(self.people[name])

    def cases(self, name: str) -> Cases:
        return Cases(self.session(name))

    def writer(self, name: str) -> Writer:
        return Writer(self.session(name))

    def open_case(
        self, name: str, *, open_to_unit: bool = False, caveats: tuple[str, ...] = (), receipt: str | None = None
    ) -> str:
        unit = self.south if name == "bo" else self.north
        case = CaseInput(
            number="C-1", title="A case", unit=unit, open_to_unit=open_to_unit, receipt=receipt,
            override=None if receipt else "test", caveats=caveats,
        )  # fmt: skip
        return self.cases(name).open(case).id

    def person(self, name: str, case: str, written: str = "Jo Doe", caveats: tuple[str, ...] = ()) -> str:
        subject = SubjectInput.model_validate(
            {
                "kind": "Person",
                "caveats": caveats,
                "attributes": (AttributeInput(kind="name", value=written),),
                "identifiers": (IdentifierInput.model_validate({"kind": "phone", "value": PHONE}),),
            }
        )
        return self.writer(name).add_subject(case, subject).id

    def sees(self, name: str, case: str) -> bool:
        """Whether the person sees the case, by a request of theirs."""

        def work(view: View) -> bool:
            return bool(view.run("sees_case", id=case))

        return self.session(name).read("test", {}, work)

    def audience(self, label: str, id: str) -> int:
        rows = self.graph.run(f"MATCH (n:{label} {{id: $id}}) RETURN n.audience AS audience", id=id)
        return int(rows[0]["audience"])


SECRET = b"an invented deployment key"


def make_office(graph: Graph, folder: Path, source: SourceFactory = system_source) -> Office:
    url = f"sqlite:///{folder / 'audit.db'}"
    return Office(graph, AuditStore(url, SECRET), url, source)
