"""Jobs: work in the background of one person's, which goes on after a kill where it stood.

An upload's rows stand in a file beside the graph until they are written, 200 in a transaction that also moves the
job on: so each row is written once, however often the process dies. Every batch is an act of the person who sent
it, under the rights of that moment; when those are gone it stops. Selectors are in that file alone (0600, removed at
the end), never in the job.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from icmgraph.errors import IcmError, NotFound, Quota, Unavailable
from icmgraph.local_neo4j.files import write
from icmgraph.model.answers import Created, JobCard, Page, Refusal
from icmgraph.model.records import Function, utc_text
from icmgraph.queries import once
from icmgraph.queries.bulk import ROWS, add_rows, parse_line
from icmgraph.queries.cursors import Cursors
from icmgraph.queries.gateway import Gateway, Transaction
from icmgraph.queries.gateway import Row as GraphRow
from icmgraph.queries.newest import newest_first
from icmgraph.queries.session import Session, Sessions, View
from icmgraph.queries.worked import WorkedIn
from icmgraph.queries.worker import Worker

UPLOADED_ROWS = 100_000
"""In one file: some minutes of work. More is an import, by an operator."""
LONGEST_LINE = 64 * 1024
"""Bytes: a subject with hundreds of values."""
OPEN_JOBS = 5
"""Of one person: each holds a file."""
KEPT_DAYS = 30
"""Ended jobs, with what they refused."""
ORPHAN_S = 3600.0
"""Age at which a file that no job names is removed: its request has ended long before."""
ABANDONED = timedelta(days=1)
"""After it a job of a place that nobody works in counts as interrupted."""
HOUR_S = 3600.0

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Spooled:
    """What came with a request, in a file of its own.

    Attributes:
        digest: SHA-256 of it, hex.
        taken: a job has it now; else who made it removes it.
    """

    path: Path
    rows: int
    digest: str
    taken: bool = False


def place_of(folder: Path) -> str:
    """The name of a folder of uploads, made the first time: one graph may have servers with folders of their own."""
    file = folder / ".place"
    if not file.exists():
        write(file, str(uuid4()))
    return file.read_text()


class Jobs:
    """One person's jobs."""

    def __init__(self, session: Session, cursors: Cursors) -> None:
        self._session = session
        self._cursors = cursors

    def upload(self, case: str, spooled: Spooled) -> Created:
        """Begin to add the file's subjects to ``case``; the id is the job's.

        Raises:
            NotFound, FunctionRefused, Conflict: of the case, as for one subject.
            Quota: too many jobs of one's own are under way.
        """

        def work(view: View) -> Created:
            spooled.taken = False
            WorkedIn(view, case)
            if view.mine("open_jobs_of")[0]["open"] >= OPEN_JOBS:
                raise Quota(f"{OPEN_JOBS} jobs of yours are under way; wait for one, or cancel it", retry_after=30)
            id, now = view.source.uuid(), view.source.now()
            properties = {
                "id": id, "kind": "upload", "case": case, "state": "queued", "cancel": False, "started": now,
                "updated": now, "total": spooled.rows, "done": 0, "created": 0, "refused": 0, "offset": 0,
                "file": spooled.path.name,
                "place": place_of(spooled.path.parent),
            }  # fmt: skip
            view.tx.control("create_job", user=view.person.id, properties=properties)
            spooled.taken = True
            return Created(id=id)

        return self._session.write("upload.start", {"case": case, "rows": spooled.rows}, work)

    def list(self, cursor: str | None = None, limit: int = 50) -> Page[JobCard]:
        """Newest first; those of one moment by id."""
        page = newest_first(
            self._session, self._cursors, "jobs", _card, cursor, limit, action="job.list", moment="started"
        )
        return page.model_copy(update={"truncated": page.next is not None})

    def show(self, id: str) -> JobCard:
        """
        Raises:
            NotFound: absent, or another's.
        """
        return self._session.read("job.show", {"job": id}, lambda view: _one(view.mine("job", id=id)), function=None)

    def refusals(self, id: str, cursor: str | None = None, limit: int = 50) -> Page[Refusal]:
        """The rows of an upload that were not written, in order.

        Raises:
            NotFound: no such job, or another's.
        """
        after = 0 if cursor is None else self._cursors.open(self._session.user, "refusals", {"job": id}, cursor)[0]

        def work(view: View) -> Page[Refusal]:
            _one(view.mine("job", id=id))
            rows = view.mine("job_refusals", id=id, after=after, limit=limit + 1)
            more, rows = len(rows) > limit, rows[:limit]
            seal = self._cursors.seal
            return Page[Refusal](
                items=[Refusal(**row) for row in rows],
                next=seal(view.person.id, "refusals", {"job": id}, (rows[-1]["row"],)) if more else None,
                truncated=more,
            )

        return self._session.read("job.refusals", {"job": id, "limit": limit}, work, function=None)

    def cancel(self, id: str) -> JobCard:
        """End a job before its next batch; what was written stays. One that has ended stays as it is.

        Raises:
            NotFound: absent, or another's.
        """

        def work(view: View) -> JobCard:
            _one(view.mine("job", id=id))
            view.tx.control("lock_job", id=id)
            view.hold(lambda: _one(view.mine("job", id=id)))
            return _one(view.mine("cancel_job", id=id))

        return self._session.write("job.cancel", {"job": id}, work, function=None)


def _one(rows: Sequence[GraphRow]) -> JobCard:
    if not rows:
        raise NotFound
    return _card(rows[0])


def _card(row: GraphRow) -> JobCard:
    state = "cancelling" if row["cancel"] and row["state"] in ("queued", "running") else row["state"]
    times = {name: utc_text(row[name]) for name in ("started", "updated")}
    plain = {name: row[name] for name in ("id", "kind", "case", "problem", "total", "done", "created", "refused")}
    return JobCard(state=state, **times, **plain)


class JobWorker(Worker):
    """Does jobs, a batch of each in turn. Several may run at once: a batch locks its job, and moves it on.

    Args:
        folder: where uploads wait to be written (0700).
    """

    def __init__(self, sessions: Sessions, folder: Path, *, poll_s: float = 5.0) -> None:
        super().__init__("jobs", poll_s)
        self._sessions = sessions
        self._folder = folder
        self._place = place_of(folder)
        self._swept = -HOUR_S

    def step(self) -> bool:
        """One batch of each open job, oldest first; whether some are left."""
        if time.monotonic() - self._swept >= HOUR_S:
            self._sweep()
            self._swept = time.monotonic()
        return sum([self._batch(job) for job in self._open() if job["place"] == self._place]) > 0

    def _open(self) -> list[GraphRow]:
        return self._gateway.read(lambda tx: tx.control("open_jobs"))

    @property
    def _gateway(self) -> Gateway:
        return self._sessions.gateway

    def _batch(self, job: GraphRow) -> bool:
        """Whether the job goes on."""
        try:
            state = self._sessions.of(job["user"]).write(
                "upload.batch",
                {"job": job["id"], "case": job["case"], "from": job["done"]},
                lambda view: _write_batch(view, job["id"], self._folder),
                Function.WRITE,
            )
        except Unavailable:
            raise  # the graph, the audit, a crowd: later
        except IcmError as error:
            state = self._end(job["id"], "stopped", error.problem)
        except FileNotFoundError:
            state = self._end(job["id"], "interrupted", None)
        except Exception as error:
            log.error("job %s failed: %s", job["id"], type(error).__name__)
            state = self._end(job["id"], "failed", "internal")
        if state != "running":
            (self._folder / job["file"]).unlink(missing_ok=True)
        return state == "running"

    def _end(self, id: str, state: str, problem: str | None) -> str:
        now = self._sessions.source("worker", "job.end").now()

        def unit(tx: Transaction) -> str:
            if tx.control("lock_job", id=id):
                tx.control("change_job", id=id, changes={"state": state, "problem": problem, "updated": now})
            return state

        return self._gateway.write(unit)

    def _sweep(self) -> None:
        """Forget what is over: marks of repeated requests, ended jobs, files that no job names."""
        self._gateway.write(lambda tx: tx.control("forget_once", hours=once.KEPT_HOURS))
        while self._gateway.write(lambda tx: tx.control("forget_jobs", days=KEPT_DAYS))[0]["dropped"]:
            pass
        jobs, now = self._open(), self._sessions.source("worker", "job.sweep").now()
        for job in jobs:
            if job["place"] != self._place and now - job["updated"] > ABANDONED:
                self._end(job["id"], "interrupted", None)
        named = {job["file"] for job in jobs}
        for file in self._folder.glob("*.jsonl"):
            if file.name not in named and time.time() - file.stat().st_mtime > ORPHAN_S:
                file.unlink(missing_ok=True)


def _write_batch(view: View, id: str, folder: Path) -> str:
    """Write the next rows of a job inside a WRITE transaction; the job's state after it.

    Raises:
        FileNotFoundError: its file is gone.
    """
    rows = view.tx.control("lock_job", id=id)
    if not rows:
        return "over"  # another worker was quicker
    job = rows[0]
    now = view.source.now()
    if job["cancel"]:
        view.tx.control("change_job", id=id, changes={"state": "cancelled", "updated": now})
        return "cancelled"
    lines, offset = _lines(folder / job["file"], job["offset"])
    answer = add_rows(view, job["case"], [parse_line(line) for line in lines], entered=False)
    first, done = job["done"] + 1, job["done"] + len(lines)
    refused = [{"row": first + row.row, **row.problem.model_dump()} for row in answer.rows if row.problem is not None]
    if refused:
        view.tx.control("create_refusals", id=id, rows=refused)
    state = "running" if done < job["total"] and lines else "done"
    changes: dict[str, Any] = {
        "state": state, "updated": now, "done": done, "created": job["created"] + answer.created,
        "refused": job["refused"] + answer.refused, "offset": offset,
    }  # fmt: skip
    view.tx.control("change_job", id=id, changes=changes)
    return state


def _lines(file: Path, offset: int) -> tuple[list[bytes], int]:
    """The next batch of a file, and where the one after begins."""
    with file.open("rb") as opened:
        opened.seek(offset)
        lines = [line for _ in range(ROWS) if (line := opened.readline())]
        return lines, opened.tell()
