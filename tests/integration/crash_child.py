"""Does one act and kills itself at a named point of it: ``python -m tests.integration.crash_child POINT``.

Standard input: JSON with the connection, the audit's address, the people and the case. Prints the answer, if one
is reached.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from icmgraph.audit import AuditStore
from icmgraph.model.records import AttributeInput, CaseInput, SameAsInput, SubjectInput
from icmgraph.model.source import system_source
from icmgraph.queries import catalogue
from icmgraph.queries.cases import Cases
from icmgraph.queries.gateway import Gateway, Transaction
from icmgraph.queries.policy import Policy
from icmgraph.queries.session import Session, Sessions
from icmgraph.queries.writer import Writer


def die(*_: Any, **__: Any) -> Any:
    sys.stdout.flush()
    os.kill(os.getpid(), signal.SIGKILL)


def around(owner: Any, name: str, *, before: bool, when: Callable[..., bool] = lambda *a, **k: True) -> None:
    """Kill before or after ``owner.name`` is called, the first time ``when`` holds of its arguments."""
    original = getattr(owner, name)

    def killing(*args: Any, **kwargs: Any) -> Any:
        if before and when(*args, **kwargs):
            die()
        result = original(*args, **kwargs)
        if not before and when(*args, **kwargs):
            die()
        return result

    setattr(owner, name, killing)


def query(wanted: str) -> Callable[..., bool]:
    return lambda _, name, *a, **k: name == wanted


POINTS: dict[str, Callable[[], None]] = {
    "write: before intent": lambda: around(AuditStore, "intent", before=True),
    "write: after intent": lambda: around(AuditStore, "intent", before=False),
    "write: half of the content written": lambda: around(
        Transaction, "control", before=False, when=query("link_key_of")
    ),
    "write: all written, before commit": lambda: around(
        Transaction, "control", before=False, when=query("link_about_subject")
    ),
    "write: after commit, before outcome": lambda: around(AuditStore, "outcome", before=True),
    "write: after outcome, before the answer": lambda: around(AuditStore, "outcome", before=False),
    "interning: inside": lambda: around(Transaction, "control", before=False, when=query("create_visibilities")),
    "interning: after, before the content": lambda: around(Session, "intern", before=False),
    "opening a case: before the epoch moves": lambda: around(
        Transaction, "control", before=True, when=query("move_epoch")
    ),
    "openness: half of it relabelled": lambda: around(
        Transaction, "control", before=False, when=query("relabel_visibilities")
    ),
    "read: before outcome": lambda: around(AuditStore, "outcome", before=True),
    "read: after outcome, before the answer": lambda: around(AuditStore, "outcome", before=False),
}


def act(point: str, sessions: Sessions, given: dict[str, Any]) -> str:
    agent = sessions.of(given["al"])
    kind = point.partition(":")[0]
    if kind == "write":
        name = AttributeInput(kind="name", value="Jo Doe")
        subject = SubjectInput.model_validate({"kind": "Person", "attributes": (name,)})
        return Writer(agent).add_subject(given["case"], subject).id
    if kind == "interning":
        same = SameAsInput(
            case=given["case"], start=given["start"], end=given["end"], other_case=given["other"], basis="test"
        )
        return Writer(agent).same_as(same).id
    if kind == "opening a case":
        case = CaseInput(number="2", title="T", unit=given["unit"], open_to_unit=True, override="test")
        return Cases(agent).open(case).id
    if kind == "openness":
        return Cases(sessions.of(given["chief"])).set_openness(given["case"], [given["unit"]]).id
    return str(agent.read("case.show", {}, lambda view: view.run("sees_case", id=given["case"]))[0]["id"])


def main() -> None:
    given = json.loads(sys.stdin.read())
    uri, user, password, database = given["connection"]
    gateway = Gateway(uri, user, password, database, catalogue.load())
    sessions = Sessions(gateway, Policy(gateway), AuditStore(given["audit"]), system_source)
    point = sys.argv[1]
    POINTS[point]()
    print(act(point, sessions, given), flush=True)


if __name__ == "__main__":
    main()
