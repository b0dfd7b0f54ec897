"""Bulk writes, uploads and the jobs that write them: each row once, whatever dies meanwhile."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import httpx
import pytest

from icmgraph.api.tokens import LocalIssuer
from icmgraph.bootstrap import Platform
from icmgraph.queries.bulk import ROWS
from icmgraph.queries.jobs import LONGEST_LINE, OPEN_JOBS, UPLOADED_ROWS, JobWorker
from tests.api.conftest import As
from tests.api.test_access import ALICE, BOB, DOCKS, OLD, TOM
from tests.api.test_serve import _process
from tests.api.test_serve import environment as environment
from tests.platform import Caller
from tests.worlds.example import VALUES
from tests.worlds.loader import Graph
from tests.worlds.world import uid

SAM = uid("user-4")
BULK = f"/v1/cases/{DOCKS}/subjects/bulk"
UPLOAD = f"/v1/uploads?case={DOCKS}"
LINES = {"Content-Type": "application/x-ndjson"}

GOOD = {"kind": "Person", "attributes": [{"kind": "name", "value": "Jo Doe"}]}
BAD: list[tuple[Any, str | None, str]] = [
    ({"kind": "rumour"}, "kind", "Input should be"),
    ({**GOOD, "identifiers": [{"kind": "phone", "value": "12 poison"}]}, "identifiers.0.value", ""),
    ({**GOOD, "caveats": [uid("no caveat")]}, "caveats", "list you are not on"),
    ({**GOOD, "source": uid("no document")}, "source", "no such document"),
    ({**GOOD, "attributes": [{"kind": "birth_date", "value": "poison"}]}, "attributes.0.value", ""),
    ({**GOOD, "+1 202 555 0143 poison": 1}, "?", "not a field"),
    ("poison", None, "valid dictionary"),
]


def test_each_row_for_itself(as_: As, graph: Graph) -> None:
    before = graph.run("MATCH (n:Subject) RETURN count(n) AS n")[0]["n"]
    rows = [GOOD, *(row for row, _, _ in BAD), {**GOOD, "identifiers": [{"kind": "phone", "value": "+12025550143"}]}]
    response = as_(ALICE)("POST", BULK, {"subjects": rows})
    assert "poison" not in response.text
    answer = response.json()
    assert (response.status_code, answer["created"], answer["refused"]) == (200, 2, len(BAD))
    assert [row["row"] for row in answer["rows"]] == list(range(len(rows)))
    for row, (_, field, detail) in zip(answer["rows"][1:-1], BAD, strict=True):
        assert (row["id"], row["problem"]["field"], row["problem"]["problem"]) == (None, field, "invalid_input")
        assert detail in row["problem"]["detail"]
    last = answer["rows"][-1]
    card = as_(ALICE).ok("GET", f"/v1/subjects/{last['id']}")
    assert [one["id"] for one in card["attributes"] + card["identifiers"]] == last["records"]
    assert graph.run("MATCH (n:Subject) RETURN count(n) AS n")[0]["n"] == before + 2
    entries = graph.run(
        "MATCH (e:Entry {act: 'subject.add'})-[:ABOUT]->(:Subject {id: $id}) RETURN e.id", id=last["id"]
    )
    assert len(entries) == 1, "its history is that of a subject added alone"


def test_a_bulk_is_bounded_and_done_once(as_: As, graph: Graph) -> None:
    many = as_(ALICE)("POST", BULK, {"subjects": [GOOD] * (ROWS + 1)})
    assert (many.status_code, many.json()["field"]) == (422, "subjects")
    assert as_(ALICE)("POST", BULK, {"subjects": []}).status_code == 422
    for path, status in ((BULK.replace(DOCKS, OLD), 409), (BULK.replace(DOCKS, uid("case-2")), 404)):
        assert as_(ALICE)("POST", path, {"subjects": [GOOD]}).status_code == status
    key = {"Idempotency-Key": "k"}
    first, again = (as_(ALICE)("POST", BULK, {"subjects": [GOOD, BAD[0][0]]}, headers=key) for _ in range(2))
    assert (first.status_code, first.content) == (200, again.content)
    assert "Doe" not in json.dumps(graph.run("MATCH (o:Once) RETURN properties(o) AS said"), default=str)


# -- uploads


def lines(rows: Iterable[Any]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def numbered(count: int) -> list[dict[str, Any]]:
    return [{"kind": "Person", "attributes": [{"kind": "name", "value": f"Person {n}"}]} for n in range(count)]


def upload(caller: Caller, content: bytes, **options: Any) -> str:
    headers = {**LINES, **options.pop("headers", {})}
    job: str = caller.ok("POST", UPLOAD, content=content, headers=headers)["id"]
    return job


def ended(show: Callable[[], dict[str, Any]], within: float = 120) -> dict[str, Any]:
    until = time.monotonic() + within
    while (card := show())["state"] in ("queued", "running", "cancelling"):
        assert time.monotonic() < until, card
        time.sleep(0.1)
    return card


def written(graph: Graph) -> list[str]:
    """Names of the subjects that uploads wrote."""
    rows = graph.run(
        "MATCH (:Subject)-[:HAS_ATTRIBUTE]->(a:Attribute) WHERE a.value STARTS WITH 'Person ' RETURN a.value AS name"
    )
    return [row["name"] for row in rows]


@pytest.fixture
def kept(platform: Platform) -> Callable[[], set[Path]]:
    """The files of this test's uploads that are still there: one goes a moment after its job says that it has ended.

    A test before this one may have left one, whose job went with its world: it is removed as an orphan, in an hour.
    """
    folder = platform.settings.home / "uploads"
    before = set(folder.glob("*.jsonl"))

    def left() -> set[Path]:
        until = time.monotonic() + 10
        while (found := set(folder.glob("*.jsonl")) - before) and time.monotonic() < until:
            time.sleep(0.1)
        return found

    return left


def test_an_upload(as_: As, graph: Graph, kept: Callable[[], set[Path]]) -> None:
    alice = as_(ALICE)
    rows = [*numbered(ROWS), *(row for row, _, _ in BAD), *numbered(ROWS)[:30]]
    content = lines(rows) + b"no JSON poison\n\n" + json.dumps(GOOD).encode()
    job = upload(alice, content)
    card = ended(lambda: alice.ok("GET", f"/v1/jobs/{job}"))
    refused = len(BAD) + 2
    assert (card["state"], card["total"], card["done"]) == ("done", len(rows) + 3, len(rows) + 3)
    assert (card["created"], card["refused"], card["problem"]) == (ROWS + 31, refused, None)
    pages = [alice.ok("GET", f"/v1/jobs/{job}/refusals?limit=4")]
    while pages[-1]["next"]:
        pages.append(alice.ok("GET", f"/v1/jobs/{job}/refusals?limit=4&cursor={pages[-1]['next']}"))
    listed = [one for page in pages for one in page["items"]]
    assert [one["row"] for one in listed] == [*range(ROWS + 1, ROWS + len(BAD) + 1), len(rows) + 1, len(rows) + 2]
    assert [one["field"] for one in listed[: len(BAD)]] == [field for _, field, _ in BAD]
    assert len(written(graph)) == ROWS + 30
    assert alice.ok("GET", "/v1/jobs")["items"][0]["id"] == job
    told = graph.run("MATCH (j) WHERE j:Job OR j:Refusal RETURN properties(j) AS said")
    assert "poison" not in json.dumps(told, default=str)
    assert not kept(), "what was sent is gone"
    for person, status in ((BOB, 404), (None, 401)):
        assert as_(person)("GET", f"/v1/jobs/{job}").status_code == status
        assert as_(person)("DELETE", f"/v1/jobs/{job}").status_code == status


@pytest.mark.parametrize(
    ("content", "type", "status", "says"),
    [
        (b"", LINES["Content-Type"], 422, "no line"),
        (b"x" * (LONGEST_LINE + 1), LINES["Content-Type"], 422, "line 1 is longer"),
        (b"\n" + b"x" * (LONGEST_LINE + 1), LINES["Content-Type"], 422, "line 2 is longer"),
        (b"{}\n" * (UPLOADED_ROWS + 1), LINES["Content-Type"], 422, "more than 100000 lines"),
        (b"{}", "application/json", 415, "application/x-ndjson"),
        (b"{}", "", 415, "application/x-ndjson"),
    ],
)
def test_uploads_that_are_none(
    as_: As, kept: Callable[[], set[Path]], content: bytes, type: str, status: int, says: str
) -> None:
    answer = as_(ALICE)("POST", UPLOAD, content=content, headers={"Content-Type": type})
    assert (answer.status_code, says in answer.json()["detail"]) == (status, True), answer.text
    assert not kept()


def test_an_upload_comes_once(as_: As, kept: Callable[[], set[Path]]) -> None:
    alice, key = as_(ALICE), {"Idempotency-Key": "k"}
    first, again = (upload(alice, lines(numbered(3)), headers=key) for _ in range(2))
    assert first == again
    other = alice("POST", UPLOAD, content=lines(numbered(4)), headers={**LINES, **key})
    assert other.status_code == 422
    ended(lambda: alice.ok("GET", f"/v1/jobs/{first}"))
    assert len(alice.ok("GET", "/v1/jobs")["items"]) == 2, "the example world's, and one"
    assert not kept()


@pytest.fixture
def quiet(platform: Platform, graph: Graph, monkeypatch: pytest.MonkeyPatch) -> JobWorker:
    """Jobs are done when the test says so: the application's own worker does none."""
    worker = JobWorker(platform.sessions, platform.settings.home / "uploads")
    step = JobWorker.step
    monkeypatch.setattr(JobWorker, "step", lambda self: step(self) if self is worker else False)
    time.sleep(0.1)
    return worker


def test_it_can_be_ended(as_: As, graph: Graph, quiet: JobWorker) -> None:
    alice = as_(ALICE)
    job = upload(alice, lines(numbered(ROWS + 1)))
    assert alice.ok("GET", f"/v1/jobs/{job}")["state"] == "queued"
    assert quiet.step()
    card = alice("GET", f"/v1/jobs/{job}")
    assert (card.json()["state"], card.json()["done"]) == ("running", ROWS)
    stale = alice("DELETE", f"/v1/jobs/{job}", headers={"If-Match": '"x"'})
    assert stale.status_code == 412
    assert alice.ok("DELETE", f"/v1/jobs/{job}", headers={"If-Match": card.headers["etag"]})["state"] == "cancelling"
    assert not quiet.step()
    assert alice.ok("DELETE", f"/v1/jobs/{job}")["state"] == "cancelled"
    assert len(written(graph)) == ROWS, "what was written stays"


def test_it_ends_with_the_rights_it_began_with(
    as_: As, graph: Graph, quiet: JobWorker, kept: Callable[[], set[Path]]
) -> None:
    as_(SAM).ok("POST", f"/v1/cases/{DOCKS}/assignments", {"user": TOM, "functions": ["read", "write"]})
    tom = as_(TOM)
    job = upload(tom, lines(numbered(ROWS + 1)))
    assert quiet.step()
    for given in as_(SAM).ok("GET", f"/v1/cases/{DOCKS}/assignments")["items"]:
        if given["user"] == TOM:
            as_(SAM).ok("DELETE", f"/v1/cases/{DOCKS}/assignments/{given['id']}")
    assert not quiet.step()
    card = tom.ok("GET", f"/v1/jobs/{job}")
    assert (card["state"], card["problem"], card["done"]) == ("stopped", "not_found", ROWS)
    assert len(written(graph)) == ROWS
    assert not kept()


def test_what_cannot_go_on_says_so(as_: As, quiet: JobWorker, platform: Platform) -> None:
    job = upload(as_(ALICE), lines(numbered(2)))
    for file in (platform.settings.home / "uploads").glob("*.jsonl"):
        file.unlink()
    assert not quiet.step()
    assert as_(ALICE).ok("GET", f"/v1/jobs/{job}")["state"] == "interrupted"


def test_a_person_has_few_at_once(as_: As, quiet: JobWorker) -> None:
    for number in range(OPEN_JOBS):
        upload(as_(ALICE), lines(numbered(1)), headers={"Idempotency-Key": f"{number}"})
    more = as_(ALICE)("POST", UPLOAD, content=lines(numbered(1)), headers=LINES)
    assert (more.status_code, more.headers["retry-after"]) == (429, "30")
    while quiet.step():
        pass
    upload(as_(ALICE), lines(numbered(1)))


def test_what_is_over_is_forgotten(as_: As, graph: Graph, quiet: JobWorker, platform: Platform) -> None:
    job = upload(as_(ALICE), b"no JSON\n")
    while quiet.step():
        pass
    graph.run("MATCH (j:Job) SET j.updated = datetime.realtime() - duration({days: 31})")
    JobWorker(platform.sessions, platform.settings.home / "uploads")._sweep()
    assert graph.run("MATCH (n) WHERE n:Job OR n:Refusal RETURN n.id") == []
    assert as_(ALICE)("GET", f"/v1/jobs/{job}").status_code == 404
    assert VALUES["job"] != job


@pytest.mark.long
def test_a_kill_loses_no_row_and_writes_none_twice(environment: dict[str, str], graph: Graph) -> None:
    """The process is killed three times while it works, and goes on where it stood."""
    token = LocalIssuer.create(Path(environment["ICM_HOME"])).issue(ALICE)
    rows = 3 * ROWS + 50
    job, card = "", {"done": 0, "state": "queued"}
    for _ in range(4):
        with _process(environment) as process:
            assert process.stdout
            address = process.stdout.readline().strip()
            with httpx.Client(
                base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=60, trust_env=False
            ) as client:
                if not job:
                    sent = client.post(UPLOAD, content=lines(numbered(rows)), headers=LINES)
                    job = sent.json()["id"]
                before = card["done"]
                while (card := client.get(f"/v1/jobs/{job}").json())["done"] == before:
                    assert card["state"] in ("queued", "running"), card
                    time.sleep(0.01)
        if card["state"] == "done":
            break
    assert (card["state"], card["done"], card["created"]) == ("done", rows, rows)
    assert sorted(written(graph)) == sorted(f"Person {n}" for n in range(rows))
