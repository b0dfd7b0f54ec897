"""What the tests of table imports share: staff to import for, and a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from icmgraph.audit import AuditStore
from icmgraph.ingest import stream
from icmgraph.ingest.accounts import RejectFile
from icmgraph.ingest.people import import_people
from icmgraph.ingest.stream import StreamReport
from icmgraph.ingest.table_mapping import load
from icmgraph.ingest.tables import Job, import_table
from icmgraph.model.source import SystemSource
from icmgraph.queries.gateway import Gateway
from icmgraph.queries.operator import Operator
from tests.integration.imports import KEY

STAFF = """record,key,name,contact,class,kind,of,sight
unit,NORTH,Northern office,,,,,
user,jo,Jo Doe,+1 202 555 0101,agent,,,
member,jo,,,,,NORTH,yes
"""

CALLS = """language = 1
name = "calls"
source = "calls"
format = "csv"

[[cases]]
name = "case"
number = "{case}"
title = "Case {case}"
opened = { text = "2024-01-01" }
unit = "NORTH"
agent = "jo"
open_to = ["NORTH"]

[[subjects]]
name = "caller"
key = "{from}"
kind = "Person"
role = "caller"
attributes = { name = "{name}" }
identifiers = [{ kind = "phone", value = "{from}" }]

[[subjects]]
name = "called"
key = "{to}"
kind = "Person"
role = "called"
identifiers = [{ kind = "phone", value = "{to}" }]

[[documents]]
name = "log"
key = "{log}"
kind = "call log"
title = "Log {log}"
mentions = ["caller"]

[[events]]
name = "call"
kind = "call"
starts = { text = "{at}" }
place = { value = "{cell}" }
involved = [{ subject = "caller", role = "caller" }, { subject = "called", role = "called" }]

[[links]]
name = "calls"
from = "caller"
to = "called"
kind = "calls"
"""

HEAD = "case,from,name,to,at,cell,log\n"
ROWS = [
    "A,+12025550101,Ann Lee,+12025550102,2024-02-01T10:00:00,1 Pier,L1",
    "A,+12025550102,Bo Dee,+12025550101,2024-02-01T11:00:00,1 Pier,L1",
    "A,+12025550101,Ann Lee,+12025550103,2024-02-01T12:00:00,,L2",
    "B,+12025550101,Ann Lee,+12025550102,2024-02-01T13:00:00,1 Pier,",
    "A,+12025550101,Anna Lee,+12025550102,2024-02-01T14:00:00,2 Pier,L1",
    "C,+12025550103,,+12025550103,2024-02-01T15:00:00,,",
    "A,+12025550101,Ann Lee,+12025550102,2024-02-01T10:00:00,1 Pier,L1",
]
PEOPLE = """language = 1
name = "people"
source = "people"
format = "csv"
[[subjects]]
name = "person"
kind = "Person"
role = "known"
attributes = { name = "{name}" }
"""


def operator(gateway: Gateway, folder: Path, who: str) -> Operator:
    """Its audit store stays open as long as the process: a test's own folder."""
    return Operator(gateway, AuditStore(f"sqlite:///{folder / 'audit.db'}"), SystemSource(), who)


def staff(gateway: Gateway, folder: Path) -> None:
    (folder / "staff.csv").write_text(STAFF)
    import_people(folder / "staff.csv", KEY, operator(gateway, folder, "operator"))


def written(folder: Path, text: str = HEAD + "\n".join(ROWS) + "\n", mapping: str = CALLS) -> Path:
    (folder / "m.toml").write_text(mapping)
    (folder / "t.csv").write_text(text)
    return folder / "t.csv"


def import_file(
    gateway: Gateway, folder: Path, source: Path, importer: str = "calls", batch: int = 2, **options: Any
) -> StreamReport:
    """Import ``source`` by ``folder/m.toml``; ``rejects.jsonl`` there holds what was refused."""
    former, stream.ROWS_A_BATCH = stream.ROWS_A_BATCH, batch
    acting = operator(gateway, folder, f"importer:{importer}")
    job = Job(source, load(str(folder / "m.toml")), importer, folder, KEY, options.pop("given", None))  # type: ignore[arg-type]
    try:
        with RejectFile(folder / "rejects.jsonl") as rejects:
            return import_table(job, acting, rejects, **options)
    finally:
        stream.ROWS_A_BATCH = former
