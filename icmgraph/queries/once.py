"""``Idempotency-Key``: a write that a client sends again, not knowing whether it was done, is done once.

What is stored, in the transaction of the write itself: keyed digests of the person and key and of the request, the
ids that the answer gave, and the cases it was allowed in. Never a selector. Refusals are not stored: they wrote
nothing, and may be tried again. Kept for a day. A repeat tells no more than the person's rights allow at that time:
who no longer sees the case gets what the write itself would answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from icmgraph.audit.digests import digest
from icmgraph.errors import InvalidInput
from icmgraph.model.answers import BulkAnswer, Created
from icmgraph.queries.gateway import Transaction

KEPT_HOURS = 24
HEADER = "Idempotency-Key"
_KEY = re.compile(r"[\x21-\x7e]{1,255}")

ANSWERS = {kind.__name__: kind for kind in (Created, BulkAnswer)}
"""Answers of writes: ids, and of a bulk's refused rows constant texts."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What the same request got before."""

    kind: str
    said: str
    cases: list[str]

    def answer(self) -> Any:
        if self.kind in ANSWERS:
            return ANSWERS[self.kind].model_validate_json(self.said)
        return self.said if self.kind == "str" else None

    @property
    def ids(self) -> dict[str, str]:
        """Of a check: its receipt's number, and what else is constant of it."""
        found: dict[str, str] = json.loads(self.said)
        return found


@dataclass(frozen=True, slots=True)
class Once:
    """One request that may come again; both are keyed digests."""

    key: str
    request: str

    @classmethod
    def of(cls, secret: bytes, person: str, key: str, request: str) -> Once:
        """
        Args:
            key: what the header holds.
            request: method, address, conditions and body, as one text.

        Raises:
            InvalidInput: not 1 to 255 visible ASCII characters.
        """
        if not _KEY.fullmatch(key):
            raise InvalidInput("1 to 255 visible ASCII characters", field=HEADER)
        return cls(digest(secret, f"once:{person}:{key}"), digest(secret, f"request:{request}"))

    def begin(self, tx: Transaction) -> Stored | None:
        """Lock the key, waiting for another request with it; what it stored, if that was done.

        Raises:
            InvalidInput: the key came with another request.
        """
        row = tx.control("begin_once", key=self.key, request=self.request, hours=KEPT_HOURS)[0]
        if row["request"] != self.request:
            raise InvalidInput("came with another request before; give each request a key of its own", field=HEADER)
        return Stored(row["kind"], row["answer"], row["cases"]) if row["answer"] is not None else None

    def finish(self, tx: Transaction, answer: Any, cases: Iterable[str]) -> None:
        kind = type(answer).__name__
        if kind in ANSWERS:
            said = json.dumps(answer.model_dump(mode="json"))
        elif answer is None or isinstance(answer, str):
            said = answer or ""  # a task's id, of an act that goes on in others
        else:
            raise AssertionError(f"{kind} is not an answer of ids alone")
        tx.control("finish_once", key=self.key, kind=kind, answer=said, cases=sorted(cases))

    def finish_check(self, tx: Transaction, ids: Mapping[str, str]) -> None:
        tx.control("finish_once", key=self.key, kind="check", answer=json.dumps(dict(ids)), cases=[])
