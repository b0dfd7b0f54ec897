"""What an auditor asks of the records: who did what, when, to which record or selector."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, Select, func, literal, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import Integer

from icmgraph.audit.canonical import canonical, instant
from icmgraph.audit.schema import decoded, record, salt
from icmgraph.audit.sealing import Seal, erased

INSTANT = 32
"""Bytes of a moment in a record (``2024-05-06T07:08:09.000000+00:00``): as text in order of time."""
_AT = b'"at":"'
"""Before the moment. Keys stand in order, so only ``action`` is before it, which holds no quote."""


@dataclass(frozen=True)
class Question:
    """All that is given must hold; nothing given asks for everything.

    Attributes:
        who: id of the person, or ``operator``.
        action: any of these, as records name them (``case.show``).
        record: id of what was asked for, or left with the answer.
        terms: keys of selectors and names; an act that had sealed any of them, and is not erased.
        result: how it ended, any of these (``done``, ``not_found`` ...).
        since, until: of the intent; the second is left out itself.
    """

    who: str | None = None
    action: frozenset[str] = frozenset()
    record: str | None = None
    terms: frozenset[str] = frozenset()
    result: frozenset[str] = frozenset()
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Found:
    """An intent and its outcome: two bodies of records, the second None while it is open.

    What the intent had sealed is open in its parameters, or says that it is erased.
    """

    intent: dict[str, Any]
    outcome: dict[str, Any] | None


class _at_byte(FunctionElement[int]):
    """Where bytes begin in others, from 1; 0 if they are not in them."""

    type = Integer()
    inherit_cache = True


@compiles(_at_byte)
def _instr(element: Any, compiler: Any, **given: Any) -> str:
    whole, part = element.clauses
    return f"instr({compiler.process(whole, **given)}, {compiler.process(part, **given)})"


@compiles(_at_byte, "postgresql")
def _position(element: Any, compiler: Any, **given: Any) -> str:
    whole, part = element.clauses
    return f"position({compiler.process(part, **given)} IN {compiler.process(whole, **given)})"


def search(
    read: Callable[[Select[Any]], Sequence[Any]],
    asked: Question,
    before: int | None,
    batch: int,
    seal: Callable[[bytes], Seal],
) -> Iterator[Found]:
    """Newest first, in batches.

    The database picks by bytes, as canonical JSON has them (with its quotes: ``"c-1"`` is not in ``"c-10"``, nor in an
    act's id); what has the same bytes elsewhere is dropped here. A term
    has another digest in each act, so it is looked for here too, in each act that has sealed something.

    Args:
        read: runs a statement.
        before: only intents with a lower number.
        seal: makes an act's key of its salt.
    """
    outcome = record.alias()
    pairs = (
        select(record.c.seq, record.c.body, outcome.c.body, salt.c.bytes)
        .outerjoin(outcome, outcome.c.intent == record.c.id)
        .join(salt, salt.c.intent == record.c.id, isouter=not asked.terms)
        .where(record.c.intent.is_(None), *_conditions(asked, outcome.c.body))
        .order_by(record.c.seq.desc())
        .limit(batch)
    )
    while True:
        rows = read(pairs if before is None else pairs.where(record.c.seq < before))
        for _, said, ended, salted in rows:
            key = seal(salted) if salted is not None else None
            if asked.terms and not (key and any(key.digest(term).encode() in said for term in asked.terms)):
                continue
            found = Found(decoded(said), decoded(ended) if ended is not None else None)
            if _meant(asked, found):
                found.intent["parameters"] = (key.open if key else erased)(found.intent["parameters"])
                yield found
        if len(rows) < batch:
            return
        before = rows[-1][0]


def sealed_acts(asked: Question) -> Select[Any]:
    """Ids of the acts that a question asks for, of those whose salt is there."""
    joined = select(record.c.id).join(salt, salt.c.intent == record.c.id)
    return joined.where(*_conditions(asked, record.c.body)).order_by(record.c.seq)


def _conditions(asked: Question, outcome: ColumnElement[bytes]) -> Iterator[ColumnElement[bool]]:
    said = record.c.body
    if asked.who is not None:
        yield _said(said, "who", asked.who)
    if asked.action:
        yield or_(*(_said(said, "action", one) for one in sorted(asked.action)))
    if asked.record is not None:
        yield or_(*(_holds(body, canonical(asked.record)) for body in (said, outcome)))
    if asked.result:
        yield or_(*(_said(outcome, "result", one) for one in sorted(asked.result)))
    moment = func.substr(said, _at_byte(said, literal(_AT, LargeBinary)) + len(_AT), INSTANT, type_=LargeBinary)
    if asked.since is not None:
        yield moment >= literal(instant(asked.since).encode(), LargeBinary)
    if asked.until is not None:
        yield moment < literal(instant(asked.until).encode(), LargeBinary)


def _said(body: ColumnElement[bytes], name: str, value: str) -> ColumnElement[bool]:
    return _holds(body, canonical({name: value})[1:-1])


def _holds(body: ColumnElement[bytes], part: bytes) -> ColumnElement[bool]:
    return _at_byte(body, literal(part, LargeBinary)) > 0


def _meant(asked: Question, found: Found) -> bool:
    said, ended = found.intent, found.outcome or {}
    return (
        asked.who in (None, said["who"])
        and (not asked.action or said["action"] in asked.action)
        and (not asked.result or ended.get("result") in asked.result)
    )
