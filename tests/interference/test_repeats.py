"""Every route that takes an Idempotency-Key: what a key that comes again does, and whose it is.

The sweep is over the application's description; each request is one that succeeds (tests/interference/stage.py).
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from icmgraph.queries import once
from tests.interference.asking import ABSENT
from tests.interference.served import Served
from tests.interference.stage import ZOE, Ask, differently, load, taking
from tests.platform import Caller

ROUTES = 24
"""At least: that the sweep finds what there is."""
KEY, OTHER_KEY = ({once.HEADER: key} for key in ("a-key-1", "a-key-2"))


@pytest.fixture
def writes(served: Served) -> list[Ask]:
    found = taking(served, once.HEADER)
    assert len(found) >= ROUTES
    return found


def written(served: Served) -> list[str]:
    """All that stands in the graph, but the epoch and which acts there were."""
    rows = served.graph.run(
        """MATCH (n) WHERE NOT n:Act|Epoch|EpochMove|Feed|Change
        RETURN labels(n) AS what, properties(n) AS said
        UNION ALL MATCH ()-[r]->() RETURN [type(r)] AS what, properties(r) AS said"""
    )
    return sorted(json.dumps(row, sort_keys=True, default=str) for row in rows)


def once_done(served: Served, ask: Ask) -> tuple[Any, list[str]]:
    """The request with the key, in a world begun anew, and what stands in the graph then."""
    load(served)
    before = written(served)
    done = ask.sent(served, ask.who, **KEY)
    assert done.is_success, (ask.name, done.text)
    after = written(served)
    assert before != after, ask.name
    return done, after


def test_the_same_person_gets_the_same_answer_and_nothing_is_written_twice(served: Served, writes: list[Ask]) -> None:
    for ask in writes:
        done, after = once_done(served, ask)
        again = ask.sent(served, ask.who, **KEY)
        assert (again.status_code, again.content) == (done.status_code, done.content), ask.name
        assert written(served) == after, ask.name


def test_another_request_with_the_key_is_refused(served: Served, writes: list[Ask]) -> None:
    """The same route with other values, and any other route; one answer, whatever the request."""
    answers = set()
    for ask in writes:
        _, after = once_done(served, ask)
        others = [other for other in writes if other.who == ask.who and other is not ask]
        refused = [other.sent(served, ask.who, **KEY) for other in others[:1]]
        refused += [ask.to(served, ask.who, path, body, headers=KEY) for path, body in differently(ask)]
        assert len(refused) > len(others[:1]), f"{ask.name}: say in stage.differently how it can be asked otherwise"
        assert written(served) == after, ask.name
        answers |= {(one.status_code, one.content) for one in refused}
    assert len(answers) == 1, answers
    ((status, content),) = answers
    assert (status, json.loads(content)["field"]) == (422, once.HEADER)


def test_a_key_is_a_persons_own(served: Served, writes: list[Ask]) -> None:
    """Who may do the same and sends the same is answered as with a key that nobody has used."""
    for ask in writes:
        told = []
        for key in (KEY, OTHER_KEY):
            once_done(served, ask)
            answer = ask.sent(served, ask.double, **key)
            told.append((answer.status_code, answer.content, written_without_keys(served)))
        assert told[0] == told[1], ask.name


def written_without_keys(served: Served) -> list[str]:
    """And without the name of an upload's file and a check's number in the audit, which no seed decides."""
    lines = (line for line in written(served) if '"Once"' not in line)
    return sorted(re.sub(r'"file": "[^"]*"|"act": "[0-9a-f-]{36}"', "", line) for line in lines)


def _nothing_is_granted(served: Served, who: str) -> None:
    served.graph.run("MATCH (:User {id: $id})-[r:ASSIGNED_TO|MEMBER_OF|LEADS|CLEARED_FOR]->() DELETE r", id=who)
    served.graph.run("MATCH (e:Epoch) SET e.value = e.value + 1")


def _another_class(served: Served, who: str) -> None:
    served.graph.run("MATCH (u:User {id: $id}) SET u.user_class = 'administrator'", id=who)
    served.graph.run("MATCH (e:Epoch) SET e.value = e.value + 1")


def test_who_no_longer_sees_the_case_gets_the_answer_of_what_is_not_there(served: Served, writes: list[Ask]) -> None:
    """It is what the write itself would answer now; but opening a case, which is refused for its unit."""
    for ask in writes:
        done, _ = once_done(served, ask)
        _nothing_is_granted(served, ask.who)
        after = written(served)
        again = ask.sent(served, ask.who, **KEY)
        assert written(served) == after, ask.name
        if ask.route.access == "release" and ask.name not in ("check_case", "register_case"):
            # Whoever checks needs no case, unless it is one. The receipt is as it was given, what one sees as of now.
            assert again.json() == {**done.json(), "records": []}, ask.name
            assert done.json()["records"]
            continue
        if ask.route.access == "audit":
            # What an auditor keeps is of no case.
            assert (again.status_code, again.content) == (done.status_code, done.content), ask.name
            continue
        absent = Caller(served.client, served.home, ZOE)("GET", f"/v1/cases/{ABSENT}")
        assert (again.status_code, again.content) == (404, absent.content), ask.name
        if ask.name != "open_case":
            fresh = ask.sent(served, ZOE, **OTHER_KEY)
            assert (again.status_code, again.content) == (fresh.status_code, fresh.content), ask.name


def test_who_may_no_longer_read_is_refused(served: Served, writes: list[Ask]) -> None:
    for ask in writes:
        _, _ = once_done(served, ask)
        _another_class(served, ask.who)
        after = written(served)
        again, fresh = (ask.sent(served, ask.who, **key) for key in (KEY, OTHER_KEY))
        assert (again.status_code, fresh.status_code) == (403, 403), (ask.name, again.text, fresh.text)
        assert written(served) == after, ask.name
