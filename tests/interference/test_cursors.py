"""Every route that gives pages: a cursor is good for its person and its very question, and shows what may be seen now.

The sweep is over the application's description: a new route with a cursor is tried as soon as it is mounted.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from icmgraph.queries.cursors import LONGEST, Cursors
from tests.api.test_access import ALICE, ANA, DOCKS, HARBOR, WIRE
from tests.interference.served import Served
from tests.interference.stage import AIRPORT, STAGED, Ask, differently, load, signed, taking
from tests.platform import Caller
from tests.worlds.example import VALUES
from tests.worlds.world import uid

ROUTES = 13
"""At least: that the sweep finds what there is."""


@pytest.fixture
def paged(served: Served) -> list[Ask]:
    load(served)
    signed(served)
    # What a report gives is continued as the search that it keeps, by the same cursors.
    found = [ask for ask in taking(served, "cursor") if ask.name != "run_report"]
    assert len(found) >= ROUTES
    return found


def first(served: Served, ask: Ask, who: str) -> dict[str, Any]:
    """The first of several pages."""
    page = ask.page(served, who, None)
    assert page.status_code == 200, (ask.name, page.text)
    assert page.json()["next"], f"{ask.name} has one page only: a world with two items shows more"
    answer: dict[str, Any] = page.json()
    return answer


def _of_the_double(served: Served, ask: Ask) -> str:
    """What the same question gives another; a job's are its owner's alone, so there it is one that could be."""
    if ask.name != "list_refusals":
        return str(first(served, ask, ask.double)["next"])
    return Cursors(served.platform.keys.cursors).seal(ask.double, "refusals", {"job": VALUES["job"]}, (1,))


def mangled(cursor: str) -> Iterator[str]:
    """Torn, flipped, written otherwise, made up."""
    yield from ("", "x", "%", "é", "null", "A" * len(cursor), "A" * LONGEST, cursor * 2)
    yield from (cursor[:at] for at in (1, len(cursor) // 2, len(cursor) - 4, len(cursor) - 1))
    yield from (cursor[at:] for at in (1, 4))
    for at in range(0, len(cursor), 7):
        yield cursor[:at] + ("B" if cursor[at] == "A" else "A") + cursor[at + 1 :]
    yield from (cursor + "=", cursor + "\n", f" {cursor}", base64.b64encode(b'["N-001","x"]').decode())
    yield Cursors(b"another deployment's invented key").seal(ANA, "case.list", {}, ("N-001", VALUES["case"]))


@pytest.mark.long
def test_any_other_cursor_is_one_refusal(served: Served, paged: list[Ask]) -> None:
    """Another person's, another question's, another route's, a torn one, one of another installation."""
    mine = {ask.name: first(served, ask, ask.who)["next"] for ask in paged}
    theirs = {ask.name: _of_the_double(served, ask) for ask in paged}
    answers = {}
    for ask in paged:
        good = mine[ask.name]
        for cursor in (theirs[ask.name], *(c for name, c in mine.items() if name != ask.name), *mangled(good)):
            response = ask.page(served, ask.who, cursor)
            answers[response.status_code, response.content, str(sorted(response.headers.items()))] = ask.name, cursor
        for path, body in differently(ask):
            response = ask.to(served, ask.who, path, body, params={"limit": 1, "cursor": good})
            answers[response.status_code, response.content, str(sorted(response.headers.items()))] = path, body
    assert len(answers) == 1, answers
    ((status, content, _),) = answers
    assert status == 422
    assert b"urn:icmgraph:problem:invalid_input" in content


def test_a_page_asked_for_twice_is_the_same_bytes(served: Served, paged: list[Ask]) -> None:
    for ask in paged:
        cursor = first(served, ask, ask.who)["next"]
        assert first(served, ask, ask.who)["next"] == cursor
        one, other = (ask.page(served, ask.who, cursor) for _ in range(2))
        assert one.status_code == 200
        assert (one.content, one.headers) == (other.content, other.headers), ask.name


# -- continued under what may be seen now


def _membership_ends(served: Served, unit: str) -> None:
    served.graph.run("MATCH (:User {id: $id})-[m:MEMBER_OF]->(:Unit {id: $unit}) DELETE m", id=ANA, unit=unit)
    served.graph.run("MATCH (e:Epoch) SET e.value = e.value + 1")


def _caveats_on_half(served: Served) -> None:
    """Of the file's subjects and events."""
    alice = Caller(served.client, served.home, ALICE)
    for id in (uid("subject-5"), uid("subject-7"), VALUES["other_subject"], VALUES["event"]):
        alice.ok("POST", f"/v1/records/{id}/caveats", {"case": DOCKS, "caveat": WIRE})


TIGHTENINGS: dict[str, Callable[[Served], object]] = {
    "one of two units": lambda served: _membership_ends(served, AIRPORT),
    "the other": lambda served: _membership_ends(served, HARBOR),
    "records under a caveat": _caveats_on_half,
    "a case restricted": lambda served: Caller(served.client, served.home, ALICE).ok(
        "PUT", f"/v1/cases/{DOCKS}/openness", {"units": []}
    ),
}


def _id(item: dict[str, Any]) -> str:
    return str(item["link"]["id"] if "link" in item else item["id"])


@pytest.mark.long
@pytest.mark.parametrize("tightening", TIGHTENINGS)
def test_what_is_continued_shows_what_may_be_seen_now(served: Served, tightening: str) -> None:
    """Ana, who sees by unit alone: what follows the first page is what a fresh question has after it."""
    lost = 0
    for ask in [ask for ask in taking(served, "cursor") if ask.route.access == "scoped"]:
        load(served, STAGED)
        page = first(served, ask, ANA)
        before = ask.page(served, ANA, page["next"], 500).json()["items"]
        TIGHTENINGS[tightening](served)
        continued, fresh = ask.page(served, ANA, page["next"], 500), ask.page(served, ANA, None, 500)
        if fresh.status_code != 200:
            assert (continued.status_code, continued.content) == (404, fresh.content), ask.name
            lost += len(before)
            continue
        gone = _id(page["items"][0])
        left = [item for item in fresh.json()["items"] if _id(item) != gone]
        assert continued.json()["items"] == left, ask.name
        lost += len({_id(item) for item in before} - {_id(item) for item in left})
    assert lost, "something that was to come is no longer seen"
