"""What a graph written by an earlier version needs before this one works on it: ``icmgraph migrate``, once.

The graph says in a node of its own which migrations it has been through, and for which constraints and indexes. A
migration is a function that may be cut short at any point and begun again, and that changes nothing the second time;
while it runs nobody else works on the graph. It is never changed after it was published: a new one follows it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from icmgraph.errors import OperatorError
from icmgraph.model.names import NAME_NORMALISER, name_keys
from icmgraph.queries import catalogue
from icmgraph.queries.assertions import exactly
from icmgraph.queries.gateway import WRITE_TIMEOUT, Gateway, Row, Transaction
from icmgraph.queries.operator import Operator

T = TypeVar("T")

PAGE = 1000
"""Names a transaction: some 100 ms."""

Progress = Callable[[str, int, int], None]
Step = Callable[[Operator], None]


def remake_name_keys(operator: Operator) -> None:
    """Names whose stored keys are not those that ``name_keys`` makes now get them anew, under the name's own label.

    For any change of ``name_keys``: name it again with the next number.
    """
    after = ""
    while True:
        rows = operator.gateway.read(lambda tx: tx.control("named", after=after, page=PAGE))  # noqa: B023 - called at once
        changed = [row for row in rows if sorted(row["keys"]) != _wanted(row["value"])]
        if changed:
            operator.write("migrate.names", {"names": len(changed)}, lambda tx: _rekey(tx, operator, changed))  # noqa: B023
        if len(rows) < PAGE:
            return
        after = rows[-1]["id"]


def _wanted(name: str) -> list[str]:
    return sorted(f"{key} {NAME_NORMALISER}" for key in name_keys(name))


def _rekey(tx: Transaction, operator: Operator, names: Sequence[Row]) -> None:
    tx.control("drop_name_keys", attributes=[name["id"] for name in names])
    nodes: list[dict[str, Any]] = []
    links: list[dict[str, Any]] = []
    for name in names:
        for key in name_keys(name["value"]):
            id = operator.source.uuid()
            nodes.append({"properties": {**name["carried"], "id": id, "key": key, "normaliser": NAME_NORMALISER}})
            tie = {**name["carried"], "id": operator.source.uuid()}
            links.append({"start": id, "end": name["id"], "properties": tie})
    exactly(tx, "create_name_keys", nodes, common={})
    exactly(tx, "link_key_of", links, common={})


def tell_tails(operator: Operator) -> None:
    """Phones, and the keys of registrations that seek one, say their last digits, by which they may be asked for."""
    operator.write("migrate.tails", {}, lambda tx: tx.control("tell_tails_sought"))
    _page_by_page(operator, "migrate.tails", "tell_tails")


def rename_runs(operator: Operator) -> None:
    """Imports that wait for their digest are runs of digests, as days are."""
    operator.write("migrate.runs", {}, lambda tx: tx.control("rename_runs"))


def tell_names(operator: Operator) -> None:
    """Keys of names say the name, and of what it is the name, and are tied to its spelling.

    For any change of what they say: name it again with the next number.
    """
    _page_by_page(operator, "migrate.told", "tell_names")


def tell_made(operator: Operator) -> None:
    """Who made a check is found by when."""
    _page_by_page(operator, "migrate.made", "tell_made")


def _page_by_page(operator: Operator, action: str, query: str) -> None:
    after: str | None = ""
    while after is not None:
        after = operator.write(action, {}, lambda tx: tx.control(query, after=after, page=PAGE)[0])["last"]  # noqa: B023


MIGRATIONS: tuple[tuple[str, Step], ...] = (
    ("names are found by sound and beginning", remake_name_keys),
    ("names are found by two of their words", remake_name_keys),
    ("phones are found by their last digits", tell_tails),
    ("holders of what many hold are told once a day", rename_runs),
    ("keys of names say the name", tell_names),
    ("checks of a day are found by who made them", tell_made),
    ("names are compared as an index has them", tell_names),
    ("names are compared by their spellings, each of which is there once", tell_names),
)
"""In order; the number of the first is 1."""
LATEST = len(MIGRATIONS)


def statements() -> str:
    """Digest of the constraints and indexes this version wants."""
    texts = [
        one
        for query in catalogue.load().values()
        if query.access is catalogue.Access.SCHEMA
        for one in query.statements
    ]
    return hashlib.sha256(";\n".join(sorted(texts)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Standing:
    """``version``: migrations the graph has been through (0: from before there were any); ``begun``: it was set up."""

    version: int
    statements: str
    begun: bool

    @property
    def current(self) -> bool:
        return (self.version, self.statements) == (LATEST, statements())


def standing(gateway: Gateway) -> Standing:
    # Often the first question to a server that has just started: on a busy machine its plan alone can take long.
    row = gateway.read(lambda tx: tx.control("schema_standing"), timeout=WRITE_TIMEOUT)[0]
    return Standing(row["version"] or 0, row["statements"] or "", row["begun"])


def require_current(gateway: Gateway) -> None:
    """
    Raises:
        OperatorError: the graph is of another version, or was never set up.
    """
    found = standing(gateway)
    if not found.begun:
        raise OperatorError("the graph is empty: run icmgraph init")
    _require_not_newer(found)
    if not found.current:
        raise OperatorError("the graph was written by an earlier version: make a backup, then run icmgraph migrate")


def _require_not_newer(found: Standing) -> None:
    if found.version > LATEST:
        raise OperatorError(
            f"the graph was written by a newer icmgraph (its schema is {found.version}, this one's {LATEST}): "
            "use that one, or restore a backup"
        )


def migrate(gateway: Gateway, operator: Operator, progress: Progress = lambda what, done, of: None) -> list[str]:
    """Bring an older or an empty graph up to this version. Whoever calls this works on the graph alone.

    Returns:
        What was done.

    Raises:
        OperatorError: the graph is newer than this version.
    """
    found = standing(gateway)
    _require_not_newer(found)
    if found.begun and found.current:
        return []
    done = []
    if found.statements != statements():
        progress("constraints and indexes", 0, 1)
        gateway.apply_schema()
        done.append("constraints and indexes")
    gateway.write(lambda tx: tx.control("create_epoch"))
    gateway.write(lambda tx: tx.control("create_feed"))
    for version, (title, step) in enumerate(MIGRATIONS, start=1):
        if version > found.version and found.begun:  # what is empty has nothing to be changed
            progress(title, version - 1, LATEST)
            step(operator)
            _put(gateway, version)
            done.append(title)
    _put(gateway, LATEST)
    return done


def _put(gateway: Gateway, version: int) -> None:
    gateway.write(lambda tx: tx.control("put_schema", version=version, statements=statements()))
