"""One auditor's reports: questions to the audit that they keep, and ask again. Nobody else's are reached."""

from __future__ import annotations

from icmgraph.errors import InvalidInput, NotFound
from icmgraph.model.answers import Created, Page, ReportAnswer, ReportCard
from icmgraph.model.auditing import ReportInput
from icmgraph.model.records import Function, utc_text
from icmgraph.queries.auditing import Auditing, audited
from icmgraph.queries.cursors import Cursors
from icmgraph.queries.gateway import Row
from icmgraph.queries.newest import newest_first
from icmgraph.queries.reader import checked_limit
from icmgraph.queries.session import Session, View


class Reports:
    """Saves, lists, runs and deletes."""

    def __init__(self, session: Session, cursors: Cursors, auditing: Auditing) -> None:
        self._session = session
        self._cursors = cursors
        self._auditing = auditing

    def save(self, report: ReportInput) -> Created:
        """Keep a question, with its selectors as they were typed.

        Raises:
            InvalidInput: a selector or name that could not be asked for.
        """
        said = audited(report.asked, report.asked.named())

        def work(view: View) -> Created:
            id, kept = view.source.uuid(), report.model_dump_json(exclude_defaults=True)
            properties = {"id": id, "at": view.source.now(), "report": kept}
            view.tx.control("create_report", user=view.person.id, properties=properties)
            view.touched.add(id)
            return Created(id=id)

        return self._session.write("audit.report.save", said, work, Function.AUDIT)

    def page(self, cursor: str | None = None, limit: int = 50) -> Page[ReportCard]:
        """Newest first; those of one moment by id.

        Raises:
            InvalidInput: the cursor is not of this person's list, or the limit is not 1 to 500.
        """
        return newest_first(
            self._session, self._cursors, "reports", _card, cursor, limit,
            action="audit.reports", function=Function.AUDIT,
        )  # fmt: skip

    def run(self, id: str, cursor: str | None = None, limit: int = 50) -> ReportAnswer:
        """Ask it again. It is read first, and then asked and recorded as if it had been typed.

        Raises:
            NotFound: absent, or another's.
            InvalidInput: as of the question; or a cursor, and it is a pattern.
        """
        checked_limit(limit)

        def work(view: View) -> ReportInput:
            rows = view.mine("report", id=id)
            if not rows:
                raise NotFound
            return _report(rows[0])

        report = self._session.read("audit.report.show", {"report": id}, work, Function.AUDIT)
        if report.pattern is not None:
            if cursor is not None:
                raise InvalidInput("what a pattern finds is one page", field="cursor")
            groups = self._auditing.patterns(report.pattern, limit)
            return ReportAnswer(repeated=groups.items, truncated=groups.truncated, scope=groups.scope)
        acts = self._auditing.search(report.asked, cursor, limit)
        return ReportAnswer(acts=acts.items, next=acts.next, scope=acts.scope)

    def delete(self, id: str) -> None:
        """
        Raises:
            NotFound: absent, or another's.
        """

        def work(view: View) -> None:
            if not view.mine("delete_report", id=id):
                raise NotFound

        self._session.write("audit.report.delete", {"report": id}, work, Function.AUDIT)


def _report(row: Row) -> ReportInput:
    return ReportInput.model_validate_json(row["report"])


def _card(row: Row) -> ReportCard:
    return ReportCard(
        id=row["id"], at=utc_text(row["at"]), **_report(row).model_dump(mode="json", exclude_defaults=True)
    )
