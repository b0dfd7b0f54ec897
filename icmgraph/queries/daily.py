"""Standing match reports: the files of cases checked again each day, in the name of whose report it is.

Each is an act of that person, under the rights of that moment, as jobs are (queries/jobs.py): what they could not ask
themselves is not asked for them. The check, and when the next one is due, are one transaction. What is new in it is
told with the notices of the check (queries/telling.py).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from icmgraph.errors import AuditUnavailable, GraphUnavailable, IcmError, Quota, Unavailable
from icmgraph.queries.asking import DAY
from icmgraph.queries.case_checks import CaseChecks
from icmgraph.queries.deconfliction import Deconfliction
from icmgraph.queries.gateway import Row
from icmgraph.queries.session import Session, Sessions
from icmgraph.queries.worker import Worker

WHO = "worker"
SOON = timedelta(minutes=5)
"""Until a report is tried again for which the graph was too busy."""
LATER = timedelta(hours=1)
"""Until one is tried again whose owner has asked for all that they may in a day, or that went wrong."""
BATCH = 50
"""Looked up at once."""


class DailyWorker(Worker):
    """Makes the reports that are due. Several may run at once: who stores one first has made it.

    Args:
        asker: the deconfliction of a session, which waits for no moment.
    """

    def __init__(self, sessions: Sessions, asker: Callable[[Session], Deconfliction], *, poll_s: float = 60.0) -> None:
        super().__init__("daily reports", poll_s)
        self._sessions = sessions
        self._asker = asker

    def run_once(self) -> int:
        """Make the reports that are due, the longest due first.

        One whose owner may not ask for it any more, or whose file cannot be asked for, is looked at again a day later.

        Returns:
            How many were made.

        Raises:
            Exception: the first that went wrong; the others were made all the same.
        """
        now = self._sessions.source(WHO, "deconflict.daily").now()
        due = self._sessions.gateway.read(lambda tx: tx.control("due_case_registrations", now=now, limit=BATCH))
        done, failure = 0, None
        for row in due:
            if self._stopping:
                break
            try:
                CaseChecks(self._asker(self._sessions.of(row["user"]))).report(row)
                done += 1
            except (AuditUnavailable, GraphUnavailable):
                raise
            except Quota:
                self._put_off(row, now + LATER)
            except Unavailable:
                self._put_off(row, now + SOON)
            except IcmError:
                self._put_off(row, now + DAY)
            except Exception as error:
                # Behind the others, so that one that always fails keeps none of them waiting.
                self._put_off(row, now + LATER)
                failure = failure or error
        if failure is not None:
            raise failure
        return done

    def step(self) -> bool:
        return self.run_once() >= BATCH

    def _put_off(self, row: Row, until: datetime) -> None:
        self._sessions.gateway.write(
            lambda tx: tx.control(
                "advance_case_registration", id=row["id"], last=row["last"], check=None, at=None, due=until
            )
        )
