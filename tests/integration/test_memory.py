"""The links in memory: after every act they say what Neo4j says, to everybody; and they are never behind."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from icmgraph.audit import AuditStore
from icmgraph.errors import IcmError
from icmgraph.model.records import (
    WALKABLE,
    AssignmentInput,
    CaveatInput,
    DocumentInput,
    EventInput,
    IdentifierInput,
    LinkInput,
    SameAsInput,
    ShareInput,
    SubjectChange,
)
from icmgraph.model.source import SystemSource, system_source
from icmgraph.queries import cases as case_acts
from icmgraph.queries import gateway as gateway_module
from icmgraph.queries import memory as memory_module
from icmgraph.queries.gateway import Gateway
from icmgraph.queries.memory import Memory
from icmgraph.queries.operator import Operator
from icmgraph.queries.policy import Policy
from icmgraph.queries.reader import Reader, ReaderOptions
from icmgraph.queries.session import Sessions
from icmgraph.queries.sharing import Sharing
from icmgraph.queries.tasks import Tasks
from icmgraph.queries.upkeep import Upkeep
from tests.integration.office import PHONE, Office, make_office
from tests.integration.remembering import LONG_S, remembering, says_the_same
from tests.integration.test_sequences import Product, world
from tests.worlds import strategies
from tests.worlds.example import WORLD
from tests.worlds.fixtures import graph as graph
from tests.worlds.loader import Graph
from tests.worlds.world import Build

KEY = b"a deployment key that is invented"


@pytest.fixture
def memory(graph: Graph) -> Iterator[Memory]:
    with remembering(graph.gateway, KEY) as found:
        yield found


@pytest.fixture
def office(graph: Graph, tmp_path: Path) -> Iterator[Office]:
    made = make_office(graph, tmp_path)
    yield made
    made.audit.close()


@pytest.fixture
def read_anew(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows by one each time the whole graph is read into memory."""
    found: list[str] = []
    read = memory_module._read

    def noting(gateway: Gateway, public: Any) -> Any:
        found.append("read")
        return read(gateway, public)

    monkeypatch.setattr(memory_module, "_read", noting)
    return found


def test_every_act_of_an_office(
    office: Office, graph: Graph, read_anew: list[str], memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(case_acts, "LARGE", 3)
    people = list(office.people.values())

    def same() -> None:
        says_the_same(graph, [memory], people)

    same()
    case, other = office.open_case("al", open_to_unit=True), office.open_case("bo")
    same()
    a, b = office.person("al", case), office.person("al", case, caveats=(office.wire,))
    c = office.person("bo", other)
    same()
    office.cases("chief").assign(other, AssignmentInput(user=office.people["al"]))
    writer = office.writer("al")
    phone = IdentifierInput.model_validate({"kind": "phone", "value": PHONE})
    street = IdentifierInput.model_validate({"kind": "address", "value": "1 Invented Street"})
    document = writer.add_document(
        case, DocumentInput(kind="report", title="A", mentions=(a,), mentions_identifiers=(phone,))
    )
    event = writer.add_event(
        case,
        EventInput.model_validate(
            {"kind": "meeting", "involved": ({"subject": a, "role": "present"},), "address": street}
        ),
    )
    same()
    linked = writer.link(case, LinkInput(type="LINKED_TO", start=a, end=b, kind="calls"))
    related = writer.link(case, LinkInput(type="RELATED_TO", start=case, end=other, kind="follow-up", reason="x"))
    twin = writer.same_as(SameAsInput(case=case, start=a, end=c, other_case=other, basis="seen"))
    same()
    changed = writer.change_subject(a, SubjectChange(case=case, identifiers=(phone, phone)))
    same()
    # One is ended and another asserted; ended among equals.
    writer.end(changed.records[0], case)
    same()
    writer.end(linked.id, case)
    writer.link(case, LinkInput(type="LINKED_TO", start=b, end=a, kind="calls"))
    same()
    sharing = Sharing(office.session("al"))
    sharing.share(a, ShareInput(case=case, share_with=other, assertions="all"))
    same()
    office.writer("bo").change_subject(a, SubjectChange(case=other, identifiers=(street,)))
    same()
    sharing.unshare(a, case, other)
    same()
    sharing.add_caveat(a, CaveatInput(case=case, caveat=office.wire))
    same()
    for units in ([office.south], [], [office.force, office.south]):
        office.cases("chief").set_openness(case, units)
        same()
    writer.end(twin.id, case)
    writer.end(related.id, case)
    same()
    writer.end(event.id, case)
    writer.end(document.id, case)
    same()
    writer.end(b, case)
    same()
    graph.run("MATCH ()-[r:HAS_IDENTIFIER|MENTIONS|AT]->() SET r.normaliser = '0', r.as_written = '+1 202 555 0199'")
    upkeep = Upkeep(Operator(graph.gateway, office.audit, SystemSource()), Tasks(graph.gateway, office.audit))
    assert upkeep.renormalise()["moved"]
    same()
    assert upkeep.sweep()
    same()
    third = office.open_case("al")
    office.person("al", third)
    sharing.add_caveat(third, CaveatInput(case=third, caveat=office.wire))
    same()
    upkeep.merge(third, case, "one")
    same()
    office.cases("al").close(case)
    upkeep.destroy(case, "old")
    same()
    assert read_anew == ["read"], "all the rest was told by the feed"


@pytest.mark.parametrize("seed", range(6))
def test_sequences_of_acts(
    graph: Graph, memory: Memory, tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(case_acts, "LARGE", 8)
    monkeypatch.setattr(memory_module, "MERGED_FROM", 25)
    b, rng = Build(), random.Random(f"memory {seed}")
    top = b.unit("Top")
    units = [top, b.unit("North", top), b.unit("South", top)]
    caveats = [b.caveat("V1"), b.caveat("V2", "wiretap")]
    sequence = world(b, 0, rng, units, caveats)
    north = b.user("North")
    b.member(north, units[1])
    for link in b.world().links:
        if link.type == "SUBJECT_OF":
            sequence.said.files[link.id] = (link.start, str(link.end))
    graph.load(b.world())
    audit = AuditStore(f"sqlite:///{tmp_path / 'audit.db'}", KEY)
    upkeep = Upkeep(Operator(graph.gateway, audit, SystemSource()), Tasks(graph.gateway, audit))
    product = Product(graph, Sessions(graph.gateway, Policy(graph.gateway), audit, system_source), upkeep)
    try:
        says_the_same(graph, [memory], [north])
        for _ in range(12):
            try:
                sequence.act(product)
            except (IcmError, StopIteration):
                continue
            says_the_same(graph, [memory], [sequence.person, north])
        upkeep.resume()
        says_the_same(graph, [memory], [sequence.person, north])
    finally:
        audit.close()


@given(st.binary(min_size=40, max_size=300))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=(Phase.generate,),
)  # fmt: skip
def test_worlds(graph: Graph, memory: Memory, choices: bytes) -> None:
    made = strategies.made_of(choices)
    graph.load(made)
    says_the_same(graph, [memory], [user.id for user in made.users])


def readers(graph: Graph, audit: AuditStore, user: str, memory: Memory) -> list[Reader]:
    sessions = Sessions(graph.gateway, Policy(graph.gateway), audit, system_source)
    options = (ReaderOptions(KEY, 8, 3), ReaderOptions(KEY, 8, 3, memory=memory))
    return [Reader(sessions.of(user), one) for one in options]


@given(st.binary(min_size=60, max_size=300), st.randoms(use_true_random=False))
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=(Phase.generate,),
)  # fmt: skip
def test_answers_are_the_same_bytes(
    graph: Graph, memory: Memory, tmp_path_factory: pytest.TempPathFactory, choices: bytes, rng: random.Random
) -> None:
    made = strategies.made_of(choices)
    graph.load(made)
    assert memory.settle(LONG_S)
    audit = AuditStore(f"sqlite:///{tmp_path_factory.mktemp('audit') / 'audit.db'}", KEY)
    starts = [record.id for record in made.records if record.label in ("Subject", "Case", "Document", "Event")]
    cases = [record.id for record in made.records if record.label == "Case"]

    def answer(ask: Any) -> str:
        try:
            return str(ask().model_dump_json())
        except IcmError as error:
            return repr(error)

    try:
        for user in made.users[:3]:
            for _ in range(3):
                a, b = rng.choice(starts), rng.choice(starts)
                types = tuple(rng.sample(WALKABLE, rng.randint(1, len(WALKABLE))))
                two = tuple(rng.sample(cases, min(2, len(cases))))
                asked, remembered = (
                    [
                        answer(lambda r=r: r.expand(a, 4, types)),  # noqa: B023
                        answer(lambda r=r: r.paths(a, b, 8, types)),  # noqa: B023
                        answer(lambda r=r: r.compare(two)),  # noqa: B023
                        answer(lambda r=r: r.connected(two[0])),  # noqa: B023
                    ]
                    for r in readers(graph, audit, user.id, memory)
                )
                assert asked == remembered
    finally:
        audit.close()


def test_two_processes_see_what_either_writes_within_a_second(office: Office, graph: Graph, memory: Memory) -> None:
    case = office.open_case("al")
    office.person("al", case)
    people = [office.people["al"]]
    with remembering(graph.gateway, KEY, poll_s=0.2) as second:
        says_the_same(graph, [memory, second], people)
        for _ in range(3):
            office.person("al", case)
            began = time.monotonic()
            assert second.settle(LONG_S)
            assert time.monotonic() - began < 1
            says_the_same(graph, [memory, second], people)
        # It looks by itself too.
        office.person("al", case)
        number = graph.run("MATCH (f:Feed) RETURN f.value AS value")[0]["value"]
        until = time.monotonic() + 5
        while time.monotonic() < until and not (second.held and second.held.number >= number):
            time.sleep(0.02)
        assert second.held
        assert second.held.number >= number


def test_it_is_read_while_others_write(office: Office, graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_module, "PAGE", 7)
    monkeypatch.setattr(memory_module, "MERGED_FROM", 10)
    case = office.open_case("al")
    made = [office.person("al", case) for _ in range(4)]
    done = threading.Event()

    def write() -> None:
        writer = office.writer("al")
        for n in range(200):
            if done.is_set():
                return
            made.append(office.person("al", case))
            if n % 2:
                writer.end(made.pop(0), case)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for _ in range(5):
            with remembering(graph.gateway, KEY) as fresh:
                until = time.monotonic() + LONG_S
                while fresh.held is None and time.monotonic() < until:
                    time.sleep(0.005)
                assert fresh.settle(LONG_S)
                if _ == 4:
                    done.set()
                    thread.join()
                    says_the_same(graph, [fresh], [office.people["al"]])
    finally:
        done.set()
        thread.join()


def test_what_is_told_too_long_ago_or_too_much_is_read_anew(
    office: Office, graph: Graph, read_anew: list[str], memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [office.people["al"]]
    case = office.open_case("al")
    says_the_same(graph, [memory], people)
    assert len(read_anew) == 1
    office.person("al", case)
    graph.run("MATCH (c:Change) DELETE c")
    says_the_same(graph, [memory], people)
    assert len(read_anew) == 2
    monkeypatch.setattr(gateway_module, "TOLD_MOST", 0)
    office.person("al", case)
    assert graph.run("MATCH (c:Change) RETURN c.all AS all, c.records AS records") == [{"all": True, "records": []}]
    says_the_same(graph, [memory], people)
    assert len(read_anew) == 3
    monkeypatch.undo()
    office.person("al", case)
    says_the_same(graph, [memory], people)
    # Another graph in its place, as far on or not; and one of before there was a feed.
    for number, changes in (("one", "f.value = f.value"), ("another", "f.value = 0")):
        graph.run(f"MATCH (f:Feed) SET f.generation = $number, {changes}", number=number)
        memory.wake()
        assert memory.settle(20)
        says_the_same(graph, [memory], people)
        held = memory.held
        assert held
        assert held.generation == number
    graph.run("MATCH (f:Feed) DELETE f")
    memory.step()
    assert memory.held is None


def test_who_lags_does_not_answer(office: Office, graph: Graph, tmp_path: Path) -> None:
    """Neo4j answers, at once, and the same."""
    case = office.open_case("al")
    office.person("al", case)
    lagging = Memory(graph.gateway, KEY, patience_s=0.05)  # its thread does not run
    (asked, remembered) = (
        Reader(office.session("al"), options)
        for options in (ReaderOptions(KEY), ReaderOptions(KEY, memory=lagging))
    )
    assert remembered.expand(case, 2) == asked.expand(case, 2), "nothing is there yet"
    while lagging.step():
        pass
    held = lagging.held
    assert held
    office.person("al", case)
    assert len(remembered.expand(case, 2).nodes) == 4
    assert lagging.held is held
    assert remembered.expand(case, 2) == asked.expand(case, 2)


def test_a_lock_on_the_feed_keeps_no_reader_waiting(office: Office, graph: Graph, memory: Memory) -> None:
    case = office.open_case("al")
    office.person("al", case)
    says_the_same(graph, [memory], [office.people["al"]])
    memory.patience_s = 0.05
    reader = Reader(office.session("al"), ReaderOptions(KEY, memory=memory))
    expected = reader.expand(case, 2)
    with graph.driver.session(database=graph.database) as session, session.begin_transaction() as tx:
        # As one who has written a Change and is about to commit; and what committed before it is not caught up with.
        graph.run(
            """MATCH (f:Feed) SET f.value = f.value + 1
            CREATE (:Change {number: f.value, records: [], expressions: [], all: false})"""
        )
        tx.run("MATCH (f:Feed) SET f.lock = 0").consume()
        held = memory.held
        began = time.monotonic()
        assert reader.expand(case, 2) == expected
        assert time.monotonic() - began < 5
        memory.wake()
        time.sleep(0.3)
        assert memory.held is held, "whoever holds the lock has yet to apply what they wrote"
        tx.rollback()
    says_the_same(graph, [memory], [office.people["al"]])


def test_what_nothing_was_changed_by_is_not_told(office: Office, graph: Graph) -> None:
    case = office.open_case("al")
    before = graph.run("MATCH (f:Feed) RETURN f.value AS value")
    office.cases("chief").assign(case, AssignmentInput(user=office.people["bo"]))
    assert graph.run("MATCH (f:Feed) RETURN f.value AS value") == before


def test_a_refused_write_tells_nothing(office: Office, graph: Graph) -> None:
    case = office.open_case("al")
    before = graph.run("MATCH (f:Feed) RETURN f.value AS value")
    with pytest.raises(IcmError):
        office.writer("bo").add_document(case, DocumentInput(kind="report", title="A"))
    assert graph.run("MATCH (f:Feed) RETURN f.value AS value") == before


def test_changes_are_forgotten_after_an_hour(office: Office, graph: Graph) -> None:
    graph.run("MATCH (f:Feed) SET f.value = 63")
    graph.run("CREATE (:Change {number: 1, at: datetime.realtime() - duration({hours: 2})})")
    case = office.open_case("al")
    office.person("al", case)
    numbers = [row["n"] for row in graph.run("MATCH (c:Change) RETURN c.number AS n ORDER BY n")]
    assert numbers[0] == 64


def test_the_example_says_the_same_to_all(graph: Graph, memory: Memory) -> None:
    graph.load(WORLD)
    assert says_the_same(graph, [memory], [user.id for user in WORLD.users]) > 10

