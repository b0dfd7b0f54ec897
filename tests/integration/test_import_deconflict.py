"""A bulk import checks nothing unless asked, and then tells each side once, however many batches it was."""

from __future__ import annotations

import random
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from icmgraph.local_neo4j import Connection
from icmgraph.model.access import Own
from icmgraph.model.disclosure import CONTACTS, Tier
from icmgraph.model.identifiers import IdentifierKind, normalise
from icmgraph.model.records import DisclosureMode
from icmgraph.model.telling import Item, Side, To, body
from icmgraph.queries.assertions import Batch
from icmgraph.queries.digests import compact, without_case
from icmgraph.queries.gateway import Transaction
from icmgraph.queries.importer import ABANDONED, Content, Importer, NewCase
from icmgraph.queries.operator import Operator
from tests.integration.bureau import DESK, PHONE, WRITTEN, phone
from tests.integration.registering import THEN, Then
from tests.integration.test_desk import Office
from tests.integration.test_entries import killed
from tests.worlds.fixtures import graph as graph
from tests.worlds.loader import Graph
from tests.worlds.world import Key

ANN, ED, EVE = (f"{name}, +1 202 555 0100" for name in ("Ann", "Ed", "Eve"))


class Importing(Office):
    """Eve is the agent of what is imported."""

    def importer(self, deconflict: bool = True) -> Importer:
        self.source_of_ids = Then("import")
        acting = Operator(self.graph.gateway, self.audit, self.source_of_ids, "importer:x")
        return Importer(acting, "x", deconflict=deconflict)

    def imported_case(self, importer: Importer) -> str:
        ids = [self.source_of_ids.uuid() for _ in range(4)]
        importer.open_cases(
            [
                NewCase(
                    id=ids[0], digest=ids[0], number="I-1", title="Imported", kind="criminal", category=None,
                    status="open", opened=date(2024, 1, 1), closed=None, unit=self.east, open_to=frozenset(),
                    agent=self.eve, entry=ids[1], assignment=ids[2], about=ids[3], told={},
                )
            ]
        )  # fmt: skip
        return ids[0]

    def put(self, importer: Importer, case: str, *phones: str) -> None:
        """One batch: a subject for each phone."""
        contents, ids, own = [], self.source_of_ids.uuid, Own((case,))
        for written in phones:
            batch = Batch("x", THEN)
            subject = batch.record("Subject", ids(), own, kind="Person")
            batch.link("link_subject_of", ids(), own, subject, case, role="associate")
            end = normalise(IdentifierKind.PHONE, written)
            said: dict[str, Any] = {"as_written": written, "region": None, "postcode": None}
            batch.link("link_has_identifier", ids(), own, subject, end, **said)
            contents.append(Content(ids(), frozenset({case}), batch.records, batch.links))
        importer.put(contents)


@pytest.fixture
def office(graph: Graph, tmp_path: Path) -> Importing:
    return Importing(graph, tmp_path)


def test_one_notice_for_each_side_when_it_is_over(office: Importing) -> None:
    held = office.case()
    office.phone(held)
    registered = office.load().register(office.ann, phone("+1 202 555 0150"))
    office.tell()
    before = len(office.notices(office.ed))
    importer = office.importer()
    case = office.imported_case(importer)
    for phones in ((WRITTEN, "+1 202 555 0151"), (WRITTEN,), ("+1 202 555 0150",)):
        office.put(importer, case, *phones)
    office.tell()
    assert len(office.notices(office.ed)) == before, "not before it is over"
    importer.close()
    office.tell()
    eds = [one for one in office.bodies(office.ed) if one["contact"] == EVE]
    assert [(one["case"], one["matches"]) for one in eds] == [(held, [{"selector": "phone", "tier": "exact"}])]
    (anns,) = office.bodies(office.ann)
    assert anns["registration"] == registered.registration
    assert sorted((p["selector"], p["contact"]) for p in anns["pointers"]) == [(0, EVE), (1, EVE)]
    (eves,) = office.bodies(office.eve)
    assert (eves["case"], eves["contacts"]) == (case, sorted([ANN, ED]))
    office.tell()
    assert len(office.notices(office.eve)) == 1
    assert office.graph.run("MATCH (n:DigestRun|Digest) RETURN n") == []


def test_unless_asked_nothing_is_checked(office: Importing) -> None:
    office.phone(office.case())
    office.load().register(office.ann)
    office.tell()
    before = [len(office.notices(user)) for user in (office.ann, office.ed)]
    importer = office.importer(deconflict=False)
    office.put(importer, office.imported_case(importer), WRITTEN)
    importer.close()
    office.tell()
    assert [len(office.notices(user)) for user in (office.ann, office.ed)] == before
    assert office.graph.run("MATCH (n:DigestRun|Digest) RETURN n") == []


def test_an_import_that_never_ends_is_told_in_the_end(office: Importing) -> None:
    office.phone(office.case())
    office.load()
    importer = office.importer()
    office.put(importer, office.imported_case(importer), WRITTEN)
    office.tell()
    assert office.notices(office.ed) == []

    class Abandoned(Then):
        def now(self) -> datetime:
            return THEN + ABANDONED

    office.worker(Abandoned).run_once()
    assert len(office.notices(office.ed)) == 1


def test_the_desk_has_one_matter_for_each_two_when_it_is_over(office: Importing) -> None:
    other = Key("phone", "+12025550155")
    for key in (PHONE, other):
        office.phone(office.case(disclosure="brokered"), key=key)
    office.phone(office.case(office.ann), key=other)  # an open holder needs no desk
    office.load()
    importer = office.importer()
    case = office.imported_case(importer)
    for phones in ((WRITTEN, "+1 202 555 0155"), (WRITTEN,)):
        office.put(importer, case, *phones)
    office.tell()
    assert office.queue() == [], "not before it is over"
    importer.close()
    office.tell()
    (matter,) = office.queue()
    assert (matter.asking.contact, matter.holding.contact, matter.holding.mode) == (EVE, ED, "brokered")
    assert [(one.selector, one.tier) for one in matter.matches] == [("phone", "exact")]
    (eves,) = office.bodies(office.eve)
    assert (eves["case"], eves["contact"]) == (case, ANN)
    office.step(office.desk, matter.id, "ask", side="asking", text="Who is it?")
    assert [one["matter"] for one in office.from_desk(office.eve)] == [matter.id]
    office.tell()
    assert len(office.queue()) == 1
    assert office.graph.run("MATCH (n:DigestRun|Digest) RETURN n") == []


def test_a_silent_case_is_no_part_of_what_a_brokered_one_may_reveal(office: Importing) -> None:
    office.phone(office.case(disclosure="brokered"))
    office.load()
    importer = office.importer()
    silent, brokered = office.imported_case(importer), office.imported_case(importer)
    for case, mode in ((silent, "silent"), (brokered, "brokered")):
        office.graph.run("MATCH (c:Case {id: $id}) SET c.disclosure = $mode", id=case, mode=mode)
        office.put(importer, case, WRITTEN)
    importer.close()
    office.tell()
    assert sorted(one.asking.mode for one in office.queue()) == ["brokered", "silent"]


@pytest.mark.parametrize("all_of_it", [True, False])
def test_what_a_destroyed_case_met_is_no_matter(office: Importing, all_of_it: bool) -> None:
    cases = [office.case(disclosure="brokered") for _ in range(2)]
    for held in cases:
        office.phone(held)
    office.load()
    importer = office.importer()
    office.put(importer, office.imported_case(importer), WRITTEN)
    office.tell()

    def destroyed(tx: Transaction) -> None:
        for held in cases if all_of_it else cases[:1]:
            without_case(tx, held)
            tx.control("drop_case", case=held)

    office.graph.gateway.write(destroyed)
    assert office.graph.run("MATCH (d:Digest) WHERE d.items CONTAINS $case RETURN d", case=cases[0]) == []
    importer.close()
    office.tell()
    assert len(office.queue()) == (not all_of_it)


@pytest.mark.parametrize(
    ("call", "mode"),
    [
        ("put_digests", "open"),
        ("finish_check", "open"),
        ("end_digest_run", "open"),
        ("put_digests", "brokered"),
        ("create_matters", "brokered"),
        ("end_digest_run", "brokered"),
    ],
)
def test_killed_while_telling_each_side_is_told_once(
    office: Importing, neo4j_connection: Connection, call: str, mode: str
) -> None:
    office.phone(office.case(disclosure=mode))
    office.load()
    importer = office.importer()
    case = office.imported_case(importer)
    office.put(importer, case, WRITTEN)
    office.put(importer, case, WRITTEN)
    importer.close()
    killed(office, neo4j_connection, step="call", call=call, at=1)  # type: ignore[arg-type]
    for _ in range(100):
        office.tell()
        if not office.graph.run("MATCH (n:DigestRun) RETURN n"):
            break
    assert [len(office.notices(user)) for user in (office.ed, office.eve)] == [1, 1]
    assert len(office.queue()) == (mode == "brokered")


def test_what_is_kept_of_many_matches_says_what_all_would() -> None:
    chosen = random.Random(1)
    for about in ("case", "registration"):
        for _ in range(50):
            items = []
            for _ in range(chosen.choice((5, 200))):
                selector, contact = chosen.randrange(2), f"C{chosen.randrange(chosen.choice((3, 60))):02}"
                side = Side(chosen.choice(list(DisclosureMode)), contact)
                items.append(Item(("phone", "name")[selector], chosen.choice(list(Tier)), side, selector))
            kept: list[Any] = []
            for one in items:
                kept = compact([*kept, Item.of_json(one.as_json())])
            assert len(kept) <= 2 * 3 * (CONTACTS + 1)
            to = To(about, "x")
            assert body(to, kept, "now", DESK) == body(to, items, "now", DESK)
