"""Deconfliction, the asker's side: a check, its pointers and its receipt.

The only module that runs ``release`` queries for a person (through ``matches``). A check looks at the whole graph and
lets nothing of it leave but pointers: docs/need-to-know.md, "The two releases".
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from icmgraph.audit.digests import digest
from icmgraph.errors import NotFound
from icmgraph.model.answers import CheckAnswer, Hit, Pointer, Receipt
from icmgraph.model.checks import Asked, CheckInput, normal_form
from icmgraph.model.disclosure import leaves_at, pointers, result_class
from icmgraph.model.identity import public_id
from icmgraph.model.records import utc_text
from icmgraph.model.source import Source
from icmgraph.queries import matches
from icmgraph.queries.gateway import Row, Transaction
from icmgraph.queries.session import Session, View

HITS = 100
"""Visible records listed with a check, of identifiers and of names each; a search pages through all of them."""


@dataclass(frozen=True, slots=True)
class _Found:
    pointers: list[Pointer]
    records: list[Hit]
    truncated: bool
    at: datetime


class Deconfliction:
    """Checks of one person.

    Args:
        key: the deployment key, for digests and identifiers' public ids.
        answer_ms: an answer leaves so many milliseconds after its question's arrival, or at a later multiple.
        receipt_days: validity of a receipt.
        desk_contact: what is shown where a holder is not.
    """

    def __init__(self, session: Session, *, key: bytes, answer_ms: int, receipt_days: int, desk_contact: str) -> None:
        self._session = session
        self._key = key
        self._answer = timedelta(milliseconds=answer_ms)
        self._valid = timedelta(days=receipt_days)
        self._desk = desk_contact

    def check(self, question: CheckInput, arrived: float) -> CheckAnswer:
        """Ask whether anybody works on these selectors.

        Closed cases match like open ones: their file still holds what is asked for, trials and informants outlive
        an investigation, somebody remembers it, and their disclosure mode goes on protecting them. A pointer tells
        nothing of a case, so not this either; and a status that decided would let closing a case be seen from outside.

        The same rows are written whether it hits or not, and the answer, a refusal too, leaves at its moment.

        Args:
            question: what to look for.
            arrived: when it came, on the source's monotonic clock (``time.monotonic``), seconds.

        Raises:
            InvalidInput: names the field, never the value; before anything is looked up.
            FunctionRefused, Unavailable.
        """
        asked = normal_form(question)

        def read(view: View) -> _Found:
            now = view.source.now()
            found = matches.find(view.tx, asked, view.scope)
            given = pointers(matches.for_the_asker(view.tx, found, now), self._desk)
            records, truncated = self._records(view, asked)
            return _Found(given, records, truncated, now)

        def store(tx: Transaction, source: Source, found: _Found) -> tuple[CheckAnswer, set[str]]:
            return self._store(tx, source, question, asked, found)

        def leave(source: Source) -> None:
            source.wait_until(leaves_at(arrived, source.monotonic(), self._answer.total_seconds()))

        keys = sorted({key for one in asked for key in one.keys})
        audited = {"keys": [digest(self._key, key) for key in keys], "reason": question.reason}
        return self._session.release("deconflict.check", audited, read, store, leave)

    def _records(self, view: View, asked: tuple[Asked, ...]) -> tuple[list[Hit], bool]:
        """What the asker sees of it anyway: scoped queries, nothing else."""
        identifiers = sorted({key for one in asked if not one.is_name for key in one.keys})
        names = sorted({key for one in asked if one.is_name for key in one.keys})
        found = (
            view.run("search_identifier", keys=identifiers, after_key="", after_id="", limit=HITS + 1)
            if identifiers
            else []
        )
        named = view.run("name_hits", keys=names, limit=HITS + 1) if names else []
        hits = [_hit(row, public_id(self._key, row["key"]), row["identifier_kind"]) for row in found[:HITS]]
        hits += [_hit(row, row["attribute"], row["attribute_kind"]) for row in named[:HITS]]
        return hits, len(found) > HITS or len(named) > HITS

    def _store(
        self, tx: Transaction, source: Source, question: CheckInput, asked: tuple[Asked, ...], found: _Found
    ) -> tuple[CheckAnswer, set[str]]:
        id, receipt, reference = source.uuid(), source.nonce(), source.nonce()
        digests = [digest(self._key, one.text) for one in asked]
        result = result_class(found.pointers)
        expires = found.at + self._valid
        properties: dict[str, Any] = {
            "id": id,
            "receipt": receipt,
            "reference": reference,
            "state": "pending",
            "at": found.at,
            "due": found.at + self._answer,
            "expires": expires,
            "digests": digests,
            "result": result,
            "pointers": json.dumps([pointer.model_dump() for pointer in found.pointers]),
            "question": json.dumps([one.as_json() for one in asked]),
            "reason": question.reason,
            "own_reference": question.reference,
        }
        tx.control("create_check", user=self._session.user, properties=properties)
        answer = CheckAnswer(
            receipt=receipt,
            reference=reference,
            result=result,
            pointers=found.pointers,
            records=found.records,
            truncated=found.truncated,
            asked=digests,
            at=utc_text(found.at),
            expires=utc_text(expires),
        )
        return answer, {id}

    def receipt(self, number: str) -> Receipt:
        """A receipt of the person's own, as it was given.

        Raises:
            NotFound: no such number, or another's.
        """

        def work(view: View) -> Receipt:
            rows = view.mine("receipt", receipt=number)
            if not rows:
                raise NotFound
            row = rows[0]
            return Receipt(
                receipt=row["receipt"],
                reference=row["reference"],
                result=row["result"],
                pointers=[Pointer(**pointer) for pointer in json.loads(row["pointers"])],
                asked=row["digests"],
                at=utc_text(row["at"]),
                expires=utc_text(row["expires"]),
                case=row["case"],
            )

        return self._session.read("receipt.show", {"receipt": digest(self._key, number)}, work, function=None)


def _hit(row: Row, identifier: str, kind: str) -> Hit:
    return Hit(
        id=row["id"],
        kind=row["kind"],
        name=row["name"],
        identifier=identifier,
        identifier_kind=kind,
        value=row["value"],
    )
