"""Walking numbers and ids tells nothing: whatever is tried one after another, one answer.

Lists are counted nowhere, numbers are given by the caller or random; what is tried here is to find out by trying.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from icmgraph.model.source import system_source
from tests.api.test_access import ALICE, DOCKS, HARBOR
from tests.interference.served import Served
from tests.interference.sight import Sight
from tests.interference.stage import STAGED, ZOE, Ask, asks, load
from tests.platform import Caller
from tests.worlds.example import VALUES
from tests.worlds.world import uid

CASE = {"title": "Crates", "unit": HARBOR, "override": "urgent"}
SIGHT = Sight(STAGED, ALICE)
HIDDEN = [record.id for record in STAGED.records if record.id not in SIGHT.seen]


@pytest.mark.long
def test_a_number_that_a_hidden_case_has_is_a_number_like_any_other(served: Served) -> None:
    """Opening with a hidden case's, with a visible one's, with one that nobody has."""
    numbers = {record.properties["number"]: record.id for record in STAGED.labelled("Case")}
    assert {id in SIGHT.seen for id in numbers.values()} == {True, False}
    answers = set()
    for number in (*numbers, "N-777"):
        load(served)
        alice = Caller(served.client, served.home, ALICE)
        opened = alice("POST", "/v1/cases", {"number": number, **CASE})
        card = alice.ok("GET", f"/v1/cases/{opened.json()['id']}")
        assert card.pop("number") == number
        answers.add((opened.status_code, opened.content, str(opened.headers), json.dumps(card)))
    assert len(answers) == 1
    assert {status for status, *_ in answers} == {201}


def near(id: str) -> Iterator[str]:
    """Ids around one: the next and the last, and those that differ in one place."""
    value = uuid.UUID(id)
    yield from (str(uuid.UUID(int=value.int + step)) for step in (-2, -1, 1, 2, 16, 256))
    for at in (0, 9, 20, 35):
        yield id[:at] + ("0" if id[at] != "0" else "1") + id[at + 1 :]


def by_id(served: Served) -> Iterator[tuple[Ask, str, str]]:
    """Routes that read one thing by its id: the request, and what stands before and after the id."""
    for ask in asks(served):
        if ask.route.access in ("scoped", "personal") and {"GET"} == ask.route.methods:
            for given in (one for one in ask.path.replace("=", "/").split("/") if len(one) == 36):
                before, after = ask.path.split(given)
                yield ask, before, after


@pytest.mark.long
def test_walking_ids_meets_one_wall(served: Served) -> None:
    """Hidden ones, ids near hidden and visible ones, of other kinds, of other people: one answer."""
    load(served)
    alice = Caller(served.client, served.home, ALICE)
    others = [item.id for item in STAGED.addressed if item.user not in (ALICE, None)]
    tried = [
        *HIDDEN,
        *others,
        VALUES["unit"],
        ZOE,
        *near(HIDDEN[0]),
        *near(DOCKS),
        *(uid(f"case-{n}") for n in range(6, 30)),
    ]
    routes = 0
    answers: dict[Any, str] = {}
    for ask, before, after in by_id(served):
        routes += 1
        for id in tried:
            response = alice("GET", f"{before}{id}{after}")
            answers[response.status_code, response.content, str(response.headers)] = f"{ask.name} {id}"
    assert routes >= 12
    assert len(answers) == 1, answers
    ((status, *_),) = answers
    assert status == 404


def test_receipts_are_not_walked(served: Served) -> None:
    """Another's receipt, one out of date, one of nobody: to read it, and to open a case with it."""
    load(served)
    alice = Caller(served.client, served.home, ALICE)
    numbers = [item.properties["receipt"] for item in STAGED.addressed if item.label == "Check" and item.user != ALICE]
    assert numbers
    for ask in ("GET", "POST"):
        answers = set()
        for number in (*numbers, "0", "1", "2", *(f"{number[:-1]}{n}" for number in numbers for n in range(3))):
            body = {"number": "N-9", "title": "Crates", "unit": HARBOR, "receipt": number}
            path = f"/v1/receipts/{number}"
            response = alice("GET", path) if ask == "GET" else alice("POST", "/v1/cases", body)
            answers.add((response.status_code, response.content, str(response.headers)))
        assert len(answers) == 1, ask
        assert {status for status, *_ in answers} == {404 if ask == "GET" else 428}


def test_what_is_drawn_has_no_order() -> None:
    """Ids and receipts' numbers of one moment: random ones, and long enough not to be guessed."""
    source = system_source("somebody", "an act")
    ids = [source.uuid() for _ in range(200)]
    assert {uuid.UUID(id).version for id in ids} == {4}
    assert len(set(ids)) == len(ids)
    assert sorted(ids) not in (ids, ids[::-1])
    assert min(len(source.nonce()) for _ in range(20)) >= 32
