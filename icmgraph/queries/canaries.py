"""Canaries: identifiers that nobody has a reason to ask for. Who asks for one is shown to auditors, and to no one else.

Kept as keyed digests: neither the database nor who reads it knows what they are.
"""

from __future__ import annotations

from collections.abc import Sequence

from icmgraph.errors import InvalidInput
from icmgraph.model.checks import Asked
from icmgraph.queries.asking import Asking
from icmgraph.queries.gateway import Row, Transaction
from icmgraph.queries.operator import Operator


def add(operator: Operator, asking: Asking, canaries: Sequence[Asked], note: str) -> list[str]:
    """Put them out, each once; ids of those that were not there yet.

    Args:
        note: by which auditors know them again; not what they are.
    """
    at = operator.source.now()
    kinds = {asking.canary(key): one.kind for one in canaries for key in one.auditable}
    rows = [
        {"id": operator.source.uuid(), "digest": digest, "kind": kind, "note": note, "at": at}
        for digest, kind in sorted(kinds.items())
    ]

    def work(tx: Transaction) -> list[str]:
        return [row["id"] for row in tx.control("put_canaries", rows=rows)]

    return operator.write("canary.add", {"canaries": len(rows)}, work)


def all_of(operator: Operator) -> list[Row]:
    """``id, kind, note, at``, oldest first."""
    return operator.read("canary.list", {}, lambda: operator.gateway.read(lambda tx: tx.control("canaries")))


def remove(operator: Operator, id: str) -> None:
    """
    Raises:
        InvalidInput: there is none with this id.
    """
    if not operator.write("canary.remove", {"canary": id}, lambda tx: tx.control("drop_canary", id=id)):
        raise InvalidInput("no such canary; see `canary list`", field="ID")
