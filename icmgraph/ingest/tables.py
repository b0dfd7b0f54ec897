"""Tables as a whole: importing one, trying it dry, and showing what its first rows become."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from icmgraph.errors import InvalidInput
from icmgraph.ingest.accounts import RejectFile
from icmgraph.ingest.ftm_plan import FtmPlanner
from icmgraph.ingest.rows import Row
from icmgraph.ingest.stream import Planner, Progress, Stream, StreamReport, alone
from icmgraph.ingest.table_mapping import TableMapping
from icmgraph.ingest.table_plan import Planned, TablePlanner
from icmgraph.ingest.table_rows import opened
from icmgraph.ingest.template import MappingError
from icmgraph.ingest.values import WRONG, Refused, reason
from icmgraph.model.identifiers import NormalisedIdentifier
from icmgraph.model.records import utc_text
from icmgraph.queries.assertions import NewLink, NewRecord
from icmgraph.queries.operator import Operator


@dataclass(frozen=True)
class Job:
    """What to import, by what, as whom, and where to.

    Attributes:
        home: the installation's; the importer's lock lies there.
        key: the deployment's, for imports.
        given: the case that rows go into, for mappings without cases.
        deconflict: check what is written against other cases, after the import.
    """

    source: Path
    mapping: TableMapping
    importer: str
    home: Path
    key: bytes
    given: str | None = None
    deconflict: bool = False

    def check(self) -> None:
        """
        Raises:
            InvalidInput: a case is given and the mapping names its own, or neither.
        """
        if self.mapping.cases and self.given is not None:
            raise InvalidInput("the mapping says itself which cases its rows stand in", field="case")
        if not self.mapping.cases and self.given is None:
            raise InvalidInput("the mapping names no case: say which one the rows go into", field="case")

    def planner(self, today: date) -> Planner:
        if self.mapping.format == "ftm":
            return FtmPlanner(self.mapping, self.importer, self.key, self.given or "")
        return TablePlanner(self.mapping, self.importer, self.key, self.given, today)


def import_table(
    job: Job,
    operator: Operator,
    rejects: RejectFile,
    *,
    dry_run: bool = False,
    progress: Progress = lambda what, done, of: None,
) -> StreamReport:
    """Import a table; ``dry_run``: only say what would become of it.

    Raises:
        AlreadyRunning: this importer is at work.
        InvalidInput: the source cannot be read, does not fit the mapping, or the case is not there or closed.
    """
    job.check()
    mapping = job.mapping
    report = StreamReport(job.importer, mapping.name, mapping.source, dry_run)
    planner = job.planner(operator.source.now().date())
    with alone(job.home, job.importer):
        stream = Stream(
            lambda: opened(job.source, mapping), planner, operator, report, rejects, job.given, progress, job.deconflict
        )
        return stream.run()


def preview(job: Job, rows: int) -> list[dict[str, Any]]:
    """What the first rows become, without asking the graph: one entry a row, with its records or why it is rejected."""
    planner = job.planner(date.today())
    return list(islice(_previews(job, planner), rows))


def _previews(job: Job, planner: Planner) -> Iterator[dict[str, Any]]:
    with opened(job.source, job.mapping) as table:
        for row, wrong in table.rows():
            if wrong:
                yield {"line": row.line, "rejected": wrong}
                continue
            for number in range(planner.passes):
                for part in planner.split(row, number):
                    yield {"line": row.line, **_preview(planner, part)}


def _preview(planner: Planner, row: Row) -> dict[str, Any]:
    try:
        return _shown(planner.plan(row))
    except MappingError:
        raise
    except (Refused, *WRONG) as error:
        return {"rejected": str(error) if isinstance(error, Refused) else reason(error)}


def _shown(planned: Planned) -> dict[str, Any]:
    content = planned.content
    records = [*content.records, *(record for piece in content.pieces for record in piece.records)]
    links = [*content.links, *(link for piece in content.pieces for link in piece.links)]
    case = planned.case
    return {
        "case": {"number": case.number, "title": case.title, "status": case.status} if case is not None else None,
        "records": _records(records, links),
        "left_out": planned.refused,
    }


_ORDER = {"Subject": 0, "Document": 1, "Event": 2}
_STANDS = ("link_subject_of", "link_filed_in", "link_part_of")


def _records(records: Sequence[NewRecord], links: Sequence[NewLink]) -> list[dict[str, Any]]:
    """Subjects, documents and events with their values, then links; each called by a number within its row."""
    shown: dict[str, dict[str, Any]] = {}
    for record in sorted(records, key=lambda record: _ORDER.get(record.label, len(_ORDER))):
        if record.label in _ORDER:
            said = {name: _plain(value) for name, value in record.properties.items() if value is not None}
            shown[record.id] = {"number": len(shown) + 1, "what": record.label, **said, "values": []}
        elif record.label == "Attribute" and record.under in shown:
            shown[record.under]["values"].append(f"{record.properties['kind']}: {record.properties['value']}")
    lines = list(shown.values())
    for link in links:
        start = shown.get(link.start)
        if isinstance(link.end, NormalisedIdentifier):
            if start is not None:
                start["values"].append(f"{link.end.kind.value}: {link.end.value}")
        elif link.query in _STANDS:
            if start is not None and "role" in link.properties:
                start["role"] = link.properties["role"]
        elif not link.as_end and link.query != "link_key_of":
            end = shown.get(link.end)
            kind = link.properties.get("kind") or link.properties.get("role")
            ends = {"from": start and start["number"], "to": end and end["number"]}
            lines.append(
                {
                    "what": link.query.removeprefix("link_").removesuffix("_subject").upper(),
                    **ends,
                    **({"kind": kind} if kind else {}),
                }
            )
    return lines


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return utc_text(value)
    return value if isinstance(value, str | int | float | bool) else str(value)
