"""Entering into a case file is a check too: its hits come as notices only, to both sides, and each match once."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from icmgraph.local_neo4j import Connection
from icmgraph.model.records import DocumentInput, EventInput, SubjectChange, SubjectInput
from icmgraph.queries.writer import Writer
from tests.integration.bureau import DESK, WRITTEN, name, phone, question
from tests.integration.registering import THEN, AfterThen, Register
from tests.worlds.fixtures import graph as graph
from tests.worlds.loader import Graph
from tests.worlds.world import Key

ANN, ED, EVE = (f"{name}, +1 202 555 0100" for name in ("Ann", "Ed", "Eve"))
CHILD_DIES = -9
PHONES = ({"kind": "phone", "value": WRITTEN},)
UNSOUGHT = {"kind": "phone", "value": "+1 202 555 0198"}


class Entering(Register):
    """``mine``: a case of Ann's, open to nobody."""

    def __init__(self, graph: Graph, folder: Path, *caveats: str, **case: Any) -> None:
        super().__init__(graph, folder)
        self.wire = self.b.caveat("Wire", "wiretap")
        self.b.clear(self.ann, self.wire)
        self.mine = self.case(self.ann, unit=self.west, **case)

    def writer(self, user: str | None = None) -> Writer:
        return Writer(self.session(user))

    def enter(self, user: str | None = None, case: str | None = None, **said: Any) -> str:
        given = {"kind": "Person", "identifiers": PHONES, **said} if not said else {"kind": "Person", **said}
        return self.writer(user).add_subject(case or self.mine, SubjectInput.model_validate(given)).id


@pytest.fixture
def office(graph: Graph, tmp_path: Path) -> Entering:
    return Entering(graph, tmp_path)


def pointed(body: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [(p["selector"], p["kind"], p["tier"], p["contact"]) for p in body["pointers"]]


def test_both_sides_are_told_once_each(office: Entering) -> None:
    held = office.case()
    office.phone(held)
    office.load()
    record = office.enter()
    office.tell()
    (anns,), (eds,) = office.bodies(office.ann), office.bodies(office.ed)
    assert (anns["case"], anns["record"], pointed(anns)) == (office.mine, record, [(0, "phone", "exact", ED)])
    assert (eds["case"], eds["contact"]) == (held, ANN)
    assert eds["matches"] == [{"selector": "phone", "tier": "exact"}]
    assert office.mine not in json.dumps(eds)


def test_names_with_what_is_entered_beside_them(office: Entering) -> None:
    office.named(office.case(), "Díaz, Ana", "1980-05-17")
    office.load()
    born = {"kind": "birth_date", "value": "1980-05-17"}
    office.enter(attributes=({"kind": "name", "value": "Ana Diaz"}, born))
    office.tell()
    office.graph.run("MATCH (n:Notice) REMOVE n.given")  # what was given first would stay
    office.enter(attributes=({"kind": "alias", "value": "Ana Diaz"}, {**born, "caveats": (office.wire,)}))
    office.tell()
    assert sorted(body["pointers"][0]["tier"] for body in office.bodies(office.ann)) == ["strong", "weak"]
    assert sorted(body["matches"][0]["tier"] for body in office.bodies(office.ed)) == ["strong", "weak"]


def test_the_write_answers_as_if_nothing_else_existed(graph: Graph, tmp_path: Path) -> None:
    said = []
    for hidden in (True, False):
        office = Entering(graph, tmp_path)
        if hidden:
            office.phone(office.case())
        office.load()
        if hidden:
            office.register(office.eve)
        counted = "MATCH (n) WHERE NOT n:Identifier RETURN count(n) AS n"
        before = graph.run(counted)[0]["n"]
        made = office.writer().add_subject(
            office.mine, SubjectInput.model_validate({"kind": "Person", "identifiers": PHONES})
        )
        (check,) = graph.run("MATCH (c:Check {entered: true}) RETURN properties(c) AS p")
        said.append((made, check["p"], graph.run(counted)[0]["n"] - before))
    assert said[0] == said[1]


@pytest.mark.parametrize("silent", [{"disclosure": "silent", "disclosure_until": THEN + timedelta(days=9)}, {}])
def test_a_silent_holder_is_told_and_the_enterers_inbox_is_as_without_one(
    graph: Graph, tmp_path: Path, silent: dict[str, Any]
) -> None:
    said = []
    for hidden in (True, False):
        office = Entering(graph, tmp_path)
        if hidden:
            sealed = office.b.caveat("Seal", "sealed")
            if not silent:
                office.b.clear(office.ed, sealed)
            office.phone(office.case(**silent), *([] if silent else [sealed]))
        office.load()
        office.enter()
        office.tell()
        assert len(office.notices(office.ed)) == hidden
        said.append(office.inbox(office.ann).notices().model_dump_json())
    assert said[0] == said[1]


MODES: list[tuple[dict[str, Any], bool, str | None]] = [
    ({}, False, ANN),
    ({"disclosure": "brokered"}, False, DESK),
    ({"disclosure": "silent"}, False, None),
    ({}, True, None),
]


@pytest.mark.parametrize(("case", "under", "contact"), MODES)
def test_what_others_learn_of_an_entry_is_as_its_case_and_caveats_disclose(
    graph: Graph, tmp_path: Path, case: dict[str, Any], under: bool, contact: str | None
) -> None:
    office = Entering(graph, tmp_path, **case)
    office.phone(office.case())
    office.load()
    office.register(office.eve)
    office.tell()
    before = len(office.notices(office.ed))
    office.enter(identifiers=({**PHONES[0], **({"caveats": (office.wire,)} if under else {})},))
    office.tell()
    holders = [body for body in office.bodies(office.ed) if body["contact"] != EVE]
    assert [body["contact"] for body in holders] == ([contact] if contact else [])
    assert len(office.notices(office.ed)) == before + len(holders)
    assert [line[3] for body in office.bodies(office.eve) for line in pointed(body)] == ([contact] if contact else [])
    (anns,) = office.bodies(office.ann)
    assert [line[3] for line in pointed(anns)] == [ED, EVE], "a silent side gets its full notice"


def document(office: Entering) -> None:
    said = {"kind": "report", "title": "R", "mentions_identifiers": PHONES}
    office.writer().add_document(office.mine, DocumentInput.model_validate(said))


def event(office: Entering) -> None:
    address = {"kind": "address", "value": "1 Invented Street"}
    office.writer().add_event(office.mine, EventInput.model_validate({"kind": "meeting", "address": address}))


def change(office: Entering) -> None:
    subject = office.enter(attributes=({"kind": "make", "value": "x"},))
    said = {"case": office.mine, "identifiers": PHONES}
    office.writer().change_subject(subject, SubjectChange.model_validate(said))


@pytest.mark.parametrize("act", [document, event, change])
def test_whatever_asserts_a_selector_meets_a_registration(office: Entering, act: Callable[[Entering], None]) -> None:
    address = {"kind": "address", "value": "1 invented street"}
    office.load().register(office.ed, question(selectors=(*PHONES, address)))
    act(office)
    office.tell()
    assert [one[2:] for body in office.bodies(office.ed) for one in pointed(body)] == [("exact", ANN)]
    assert [one[2:] for body in office.bodies(office.ann) for one in pointed(body)] == [("exact", ED)]


def test_a_record_and_a_registration_meet_once(office: Entering) -> None:
    office.load().register(office.ed, phone("+1 202 555 0150"))
    subject = office.enter()
    office.tell()
    more = {"case": office.mine, "identifiers": ({"kind": "phone", "value": "+1 202 555 0150"},)}
    office.writer().change_subject(subject, SubjectChange.model_validate(more))
    office.tell()
    assert [len(office.notices(user)) for user in (office.ann, office.ed)] == [1, 1]
    office.enter()
    office.tell()
    assert [len(office.notices(user)) for user in (office.ann, office.ed)] == [2, 2], "another record"


NAMED = {"attributes": ({"kind": "name", "value": "Ana Diaz"},)}


@pytest.mark.parametrize("who", ["Ann", "Una"])
@pytest.mark.parametrize("silence", ["of a caveat, before the registration", "of a caveat, after it", "dated"])
def test_a_silent_match_uses_nothing_up(graph: Graph, tmp_path: Path, silence: str, who: str) -> None:
    """Of who registered, nor of a colleague who may not see it; who was told is not told again."""
    said = []
    for hidden in (True, False):
        office = Entering(graph, tmp_path, **({"disclosure": "silent"} if silence == "dated" else {}))
        una = office.person("Una", office.west)
        office.b.assign(una, office.mine)
        office.load()
        asked = question(selectors=PHONES, names=({"name": "Ana Diaz"},))
        if not silence.endswith("before the registration"):
            office.register(office.ed, asked)
        under = {"caveats": () if silence == "dated" else (office.wire,)}
        subject = office.enter(identifiers=({**(PHONES[0] if hidden else UNSOUGHT), **under},))
        if silence.endswith("before the registration"):
            office.register(office.ed, asked)
        office.tell()
        assert [len(office.notices(user)) for user in (office.ann, office.ed)] == [int(hidden), 0]
        office.graph.run("MATCH (c:Case {id: $id}) REMOVE c.disclosure", id=office.mine)
        user = una if who == "Una" else office.ann
        named = SubjectChange.model_validate({"case": office.mine, **NAMED})
        office.writer(user).change_subject(subject, named)
        office.tell()
        assert len(office.notices(user)) == 1
        said.append(office.bodies(office.ed))
        office.writer(user).change_subject(subject, named)
        office.tell()
        assert [len(office.notices(user)) for user in (user, office.ed)] == [1, 1]
    assert said[0] == said[1]
    assert [one[1:3] for one in pointed(said[0][0])] == [("name", "weak")]


def test_a_case_meets_neither_itself_nor_the_registrations_of_its_people(office: Entering) -> None:
    office.phone(office.mine)
    office.b.assign(office.will, office.mine)
    office.b.assign(office.eve, office.mine)
    office.load().register(office.eve)
    office.register(office.ann)
    office.tell()
    before = [len(office.notices(user)) for user in (office.ann, office.eve)]
    office.enter()
    office.tell()
    assert [len(office.notices(user)) for user in (office.ann, office.eve)] == before


def test_what_was_ended_before_anybody_looked_meets_nobody(office: Entering) -> None:
    office.phone(office.case())
    office.load()
    office.writer().end(office.enter(), office.mine)
    office.tell()
    assert [office.notices(user) for user in (office.ann, office.ed)] == [[], []]


def test_a_bulk_write_of_nothing_to_look_for_leaves_no_check(office: Entering) -> None:
    office.load()
    office.enter(attributes=({"kind": "make", "value": "Invented Motors"},))
    assert office.checks() == []


@pytest.mark.parametrize("first", ["registration", "entry"])
def test_entered_between_a_registrations_answer_and_its_notices(office: Entering, first: str) -> None:
    """Whichever the worker comes to first, each side is told once."""
    office.load().register(office.ed)
    office.enter()
    later = "WHERE coalesce(c.entered, false) = $entered SET c.due = $due"
    late = THEN + timedelta(days=1)
    office.graph.run(f"MATCH (c:Check) {later}", entered=first == "registration", due=late)
    office.tell()
    assert [len(office.notices(user)) for user in (office.ann, office.ed)] == [1, 1]
    assert [one[3] for body in office.bodies(office.ed) for one in pointed(body)] == [ANN]
    office.graph.run("MATCH (c:Check) SET c.due = $due", due=THEN)
    office.tell()
    assert {check["state"] for check in office.checks()} == {"done"}
    assert [len(office.notices(user)) for user in (office.ann, office.ed)] == [1, 1]


def test_registrations_at_once_make_one_match_and_one_notice_each(office: Entering) -> None:
    people = (office.ann, office.ed, office.eve)
    office.load()

    def later(number: int) -> int:
        done = 0
        for turn in range(4):
            done += office.worker(lambda: AfterThen(f"{number} {turn}")).run_once()  # noqa: B023 - called at once
        return done

    with ThreadPoolExecutor(6) as pool:
        registering = [pool.submit(office.register, user) for user in people]
        working = [pool.submit(later, number) for number in range(3)]
        made = [one.result() for one in registering]
        [one.result() for one in working]
    office.tell()
    assert office.graph.run("MATCH (m:Match) RETURN count(m) AS n") == [{"n": 6}], "a mark for each told"
    told = {user: [line for body in office.bodies(user) for line in pointed(body)] for user in people}
    assert {user: sorted(line[3] for line in lines) for user, lines in told.items()} == {
        office.ann: [ED, EVE], office.ed: [ANN, EVE], office.eve: [ANN, ED],
    }  # fmt: skip
    assert len({one.registration for one in made}) == 3


def killed(office: Entering, connection: Connection, **orders: object) -> None:
    at = connection
    told = {
        "connection": [at.uri, at.user, at.password, at.database],
        "audit": f"sqlite:///{office.folder / 'child.db'}",
        **orders,
    }
    command = [sys.executable, "-m", "tests.integration.notice_child"]
    run = subprocess.run(command, input=json.dumps(told), text=True, capture_output=True, timeout=120, check=False)
    assert run.returncode == CHILD_DIES, run.stderr


@pytest.mark.long
@pytest.mark.parametrize("what", ["registrations", "an entry"])
@pytest.mark.parametrize(
    ("call", "at"),
    [
        ("mark_matches", 1),  # the pairs are marked, nothing is told
        ("create_notices", 1),  # told, and not closed
        ("finish_check", 1),  # closed, not committed
        ("create_notices", 2),  # in the second of two
    ],
)
def test_a_killed_worker_tells_each_side_once(
    office: Entering, neo4j_connection: Connection, what: str, call: str, at: int
) -> None:
    office.phone(office.case(office.will, unit=office.west))
    office.load().register(office.ed)
    if what == "registrations":
        office.register(office.ann)
    else:
        office.enter()
    killed(office, neo4j_connection, step="call", call=call, at=at)
    deadline = time.monotonic() + 30
    while any(check["state"] == "pending" for check in office.checks()) and time.monotonic() < deadline:
        office.tell()  # the server has yet to see that the dead one's transaction is over
        time.sleep(0.1)
    for user, other in ((office.ann, ED), (office.ed, ANN)):
        lines = [line[3] for body in office.bodies(user) for line in pointed(body)]
        assert lines.count(other) == 1, lines
    assert len(office.notices(office.will)) == 2, "of the registration, and of what came later"


def test_a_registration_killed_before_its_answer_leaves_stands_and_is_told_once(
    office: Entering, neo4j_connection: Connection
) -> None:
    office.load().register(office.ed)
    killed(office, neo4j_connection, step="register", user=office.ann)
    (card,) = office.registrations(office.ann).page().items
    assert card.stands
    office.tell()
    assert [len(office.notices(user)) for user in (office.ann, office.ed)] == [1, 1]


def test_an_unknown_key_meets_nobody(office: Entering) -> None:
    office.phone(office.case(), key=Key("account", "12025550143"))
    office.load().register(office.ed, name("Ana Diaz"))
    office.enter()
    office.tell()
    assert [office.notices(user) for user in (office.ann, office.ed)] == [[], []]
