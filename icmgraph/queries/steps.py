"""The steps of acts that take several transactions. Each is one transaction under the epoch's lock, and repeatable.

Order within an act keeps the closure at every commit: what tightens does relationships and records before the Case,
what loosens the Case before them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from icmgraph.model.access import Expression, Own
from icmgraph.model.checks import NAME_KINDS
from icmgraph.model.identifiers import IdentifierKind, NormalisedIdentifier
from icmgraph.model.names import name_keys
from icmgraph.model.records import MEMBERSHIPS
from icmgraph.model.source import Source
from icmgraph.queries.assertions import Batch
from icmgraph.queries.digests import without_case
from icmgraph.queries.gateway import Row, Transaction
from icmgraph.queries.labels import Interner
from icmgraph.queries.relabel import FOLLOWING, RECORDS, Element, Transform, apply, beside, fragment, touched

BATCH = 500
"""Elements chosen a step; with what hangs on them some thousands, well under a second."""
CATCH_UP = 10_000
"""Elements of each label and type that get their audience in one step."""

Given = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Left:
    """``more``: another step is needed. ``changed``: elements that this one changed."""

    given: Given
    changed: int
    more: bool


Step = Callable[[Transaction, Interner, Source, str, Given], Left]


def leave(
    tx: Transaction, source: Source, by: str, kind: str, given: Mapping[str, Any], audiences: list[int] | None = None
) -> str:
    """Write down an act of which the rest is left to do, in the transaction that decides it. Returns the task's id.

    Args:
        audiences: suspended until it is done.
    """
    id, at = source.uuid(), source.now()
    tx.control("create_task", id=id, kind=kind, by=by, at=at, given=stored(given), suspended=audiences or [])
    return id


def stored(given: Mapping[str, Any]) -> str:
    """What a Task keeps of ``given``."""
    return json.dumps(given, sort_keys=True, ensure_ascii=False)


# -- caveats of a case


def caveat_of_case(tx: Transaction, interner: Interner, source: Source, by: str, given: Given) -> Left:
    """Add a caveat to a case and all that it asserts, the Case last; or remove it, the Case first."""
    case, caveat = given["case"], given["caveat"]
    if given["add"]:
        rows = _mentioning(tx, case, lacking=caveat)
        if len(rows) < BATCH:
            # Every content write locks its case: what comes after this lock has read the Case with its caveat.
            tx.control("lock_records", ids=[case])
            rows = _mentioning(tx, case, lacking=caveat)
        changed = _apply(tx, interner, rows, lambda e: with_caveat(e.own, caveat) if case in e.own.cases else e.own)
        if len(rows) >= BATCH:
            return Left(given, changed, more=True)
        changed += apply(tx, interner, [case], lambda e: with_caveat(e.own, caveat))
        return Left(given, changed, more=False)
    changed = apply(tx, interner, [case], lambda e: without_caveat(e.own, caveat))
    # Of a cross-case assertion the other case may need it: there it stays.
    rows = _mentioning(tx, case, alone=True, holding=caveat) if given["records"] else []
    alone = (case,)
    changed += _apply(tx, interner, rows, lambda e: without_caveat(e.own, caveat) if e.own.cases == alone else e.own)
    return Left(given, changed, more=len(rows) >= BATCH)


def with_caveat(own: Own, caveat: str) -> Own:
    return replace(own, caveats=tuple(sorted({*own.caveats, caveat})))


def without_caveat(own: Own, caveat: str) -> Own:
    return replace(own, caveats=tuple(one for one in own.caveats if one != caveat))


def _mentioning(
    tx: Transaction,
    case: str,
    *,
    shared: bool = False,
    alone: bool = False,
    lacking: str | None = None,
    holding: str | None = None,
) -> list[Row]:
    chosen = {"shared": shared, "alone": alone, "lacking": lacking, "holding": holding}
    return tx.control("mentioning", case=case, limit=BATCH, **chosen)


def _apply(tx: Transaction, interner: Interner, rows: Iterable[Row], transform: Transform) -> int:
    records, links = _parted(rows)
    return apply(tx, interner, records, transform, links)


def _parted(rows: Iterable[Row]) -> tuple[list[str], list[str]]:
    records: list[str] = []
    links: list[str] = []
    for row in rows:
        (records if row["what"] in RECORDS else links).append(row["id"])
    return records, links


# -- unsharing


def unshare(tx: Transaction, interner: Interner, source: Source, by: str, given: Given) -> Left:
    """End a share. What the other case asserted on the record moves, in a step before, to records of its own."""
    record, case, other = given["record"], given["case"], given["other"]
    there = {row["id"]: row for row in tx.control("record_labels", ids=[record, case, other])}
    if len(there) < len({record, case, other}):  # destroyed meanwhile
        return Left(given, 0, more=False)
    # What the other case is just adding is there before this lock, or meets what this step has made.
    tx.control("lock_visibilities", digests=[Expression.parse(there[record]["expression"]).digest])
    tx.control("lock_records", ids=[record])
    elements = fragment(tx, [record])
    root = next((element for element in elements if element.id == record), None)
    if root is None or other not in root.own.shared:
        return Left(given, 0, more=False)
    # Of a third case in whose file the record still stands: it says that of this record, and goes on to.
    staying = {case, *_but(root.own.shared, other)}
    theirs = [e for e in elements if _asserted_by(e, other, staying) and not _membership(e, other)]
    if theirs:
        copies = _split(tx, interner, source, root, elements, theirs, given)
        return Left({**given, "copies": [*given.get("copies", ()), *copies]}, len(theirs), more=True)
    tx.control("drop_elements", rows=[_row(e) for e in elements if _membership(e, other)])
    changed = apply(tx, interner, [record], lambda e: replace(e.own, shared=_but(e.own.shared, other)))
    caveats = tuple(sorted({*root.own.caveats, *_case_caveats(tx, case, other)}))
    batch = Batch(by, source.now())
    about = [("Case", case), ("Case", other), (root.what, record)]
    batch.entry(source.uuid, Own(tuple(sorted((case, other))), (), caveats), "record.unshare", about)
    batch.put(tx, interner.intern)
    return Left(given, changed, more=False)


def _asserted_by(element: Element, other: str, staying: Collection[str]) -> bool:
    cases = element.own.cases
    return element.what not in FOLLOWING and other in cases and not any(case in cases for case in staying)


def _membership(element: Element, case: str) -> bool:
    return element.what in MEMBERSHIPS and element.end == case


def _but(shared: tuple[str, ...], case: str) -> tuple[str, ...]:
    return tuple(one for one in shared if one != case)


def _case_caveats(tx: Transaction, *cases: str) -> set[str]:
    return {caveat for row in tx.control("record_labels", ids=sorted(cases)) for caveat in row["caveats"]}


STANDS = {"Subject": "link_subject_of", "Document": "link_filed_in", "Event": "link_part_of"}
_IDENTIFIES = {"HAS_IDENTIFIER": "link_has_identifier", "MENTIONS": "link_mentions_identifier", "AT": "link_at"}
_ACCESS = frozenset({"id", "cases", "shared", "caveats", "visibility", "audience", "lock", "key", "normaliser"})
_POINTING = frozenset({"source", "asserted_by", "asserted_at", "originator", "hold", "retention_class"})
"""Of a value that another case saw: what the copy gets anew, and what points at things that case may not see."""


NOBODY_OF_THEIRS = "unshare"
"""Who asserts a copy: those who keep it do not learn who ended the share."""


def _split(
    tx: Transaction, interner: Interner, source: Source, root: Element, elements: list[Element],
    theirs: list[Element], given: Given,
) -> list[str]:  # fmt: skip
    """Records of the other case's own with the values it saw and what it asserted, the same as the shared one.

    A record for each set of caveats that what it asserted needs: whoever sees none of that sees no record. Those that
    an earlier step made are used again, for what was added since.

    Returns:
        ids of those made.
    """
    case, other = given["case"], given["other"]
    needed = _case_caveats(tx, other)
    made = tx.control("record_labels", ids=given.get("copies", []))
    earlier = {frozenset(row["caveats"]): row["id"] for row in made if row["cases"] == [other]}
    needs = {e.id: e.expression.caveats | needed for e in theirs}
    # Not those of its history, which a caveat put on later does not reach: that goes along, or stays.
    sets = {needs[e.id] for e in theirs if e.own.cases == (other,) and e.what != "ABOUT"}
    new = {one for one in sets if not any(less < one for less in sets) and not any(less <= one for less in earlier)}
    homes = sorted({*new, *earlier}, key=sorted)
    record = tx.control("record", id=root.id)[0]
    said = {row["id"]: row["properties"] for row in tx.control("attached", id=root.id)}
    batch = Batch(NOBODY_OF_THEIRS, source.now())
    copies = {
        home: earlier.get(home) or _record_for(batch, source, home, needed, root, record, elements, said, other)
        for home in homes
    }
    if root.what == "Subject":
        both = {*needed, *root.own.caveats, *_case_caveats(tx, case)}
        ends = [(root.id, (case,), both), *((id, (), home) for home, id in copies.items())]
        for (a, cases, held), (b, _, home) in combinations(ends, 2):
            if {a, b} <= {root.id, *earlier.values()}:
                continue
            own = Own(tuple(sorted({other, *cases})), (), tuple(sorted({*held, *home})))
            batch.link("link_same_as", source.uuid(), own, a, b, basis="was one shared record")
    batch.put(tx, interner.intern)
    attributes = {e.end: e for e in elements if e.what == "HAS_ATTRIBUTE"}
    moved, staying = [], []
    for element in theirs:
        to = next((copies[home] for home in homes if home <= needs[element.id]), None)
        if to is None:
            staying.append(element.id)
        else:
            link = attributes.get(element.id, element)
            moved.append(_moved(link, to, link.start == root.id))
    tx.control("move_links", rows=moved)
    _ask_too(tx, root.id, other, copies.values())
    for element in theirs:  # a label may be the same after the move
        touched(interner, element.label)
    interner.flush()
    apply(tx, interner, copies.values(), lambda element: element.own)
    # Across cases or history, and nothing of theirs alone to be seen beside it: it stays, for who sees this case too.
    added = _case_caveats(tx, case)

    def stay(own: Own) -> Own:
        return Own(tuple(sorted({*own.cases, case})), own.shared, tuple(sorted({*own.caveats, *added})))

    apply(tx, interner, [], lambda e: stay(e.own), staying)
    return [copies[home] for home in new]


def _ask_too(tx: Transaction, record: str, case: str, copies: Collection[str]) -> None:
    """What a case entered on the record and no check was made of yet is looked for on its copies too."""
    for row in tx.control("pending_entries", record=record):
        parts = json.loads(row["question"])
        more = [{**p, "record": copy} for p in parts for copy in copies if (p["record"], p["case"]) == (record, case)]
        tx.control("ask_too", id=row["id"], question=json.dumps(parts + more))


def _record_for(
    batch: Batch, source: Source, home: Collection[str], needed: Collection[str], root: Element, record: Row,
    elements: list[Element], said: Mapping[str, Row], other: str,
) -> str:  # fmt: skip
    """A copy of the record with the values that ``other`` saw, in its file; returns its id."""
    own = Own((other,), (), tuple(sorted(home)))
    values = _values(record["properties"])
    values.pop("safety", None)  # released by its owner, who is not this case
    new = batch.record(root.what, source.uuid(), own, **values)
    for element in elements:
        held = Own((other,), (), tuple(sorted({*element.own.caveats, *needed})))
        if _membership(element, other):
            role = {"role": said[element.id]["role"]} if root.what == "Subject" else {}
            batch.link(STANDS[root.what], source.uuid(), held, new, other, **role)
        elif other in element.own.shared and element.id in said:
            _copy(batch, source, element, held, new, said[element.id])
    batch.entry(source.uuid, own, "record.separate", [("Case", other), (root.what, new)])
    return new


def _values(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in properties.items() if name not in _ACCESS | _POINTING}


def _copy(batch: Batch, source: Source, element: Element, own: Own, to: str, said: Mapping[str, Any]) -> None:
    values = _values(said)
    if element.what == "Attribute":
        id = batch.record("Attribute", source.uuid(), own, under=to, **values)
        batch.link("link_has_attribute", source.uuid(), own, to, id, as_end=True)
        for key in name_keys(values["value"]) if values["kind"] in NAME_KINDS else ():
            batch.name_key(source.uuid(), source.uuid(), own, id, key)
    elif element.what in _IDENTIFIES and said.get("key"):
        kind, _, value = said["key"].partition(":")
        end = NormalisedIdentifier(IdentifierKind(kind), value, said["key"])
        normaliser = {"normaliser": said["normaliser"]}
        batch.link(_IDENTIFIES[element.what], source.uuid(), own, to, end, **values, **normaliser)


def _row(element: Element) -> dict[str, Any]:
    return {"what": element.what, "id": element.id, "records": beside(element)}


def _moved(link: Element, to: str, out: bool) -> dict[str, Any]:
    row = _row(link)
    return {**row, "to": to, "out": out, "records": [*row["records"], to] if out else row["records"]}


# -- cases merged and destroyed


def merge(tx: Transaction, interner: Interner, source: Source, by: str, given: Given) -> Left:
    """Put one case in another's place: in `own` of everything that names it, and where relationships end in it."""
    old, new = given["case"], given["into"]
    given.setdefault("caveats", sorted(_case_caveats(tx, old)))
    rows, last = _next(tx, old)
    changed = 0
    if rows:
        records, links = _parted(rows)
        _end_elsewhere(tx, fragment(tx, records, links), old, new)
        caveats = _case_caveats(tx, new)
        changed = apply(tx, interner, records, lambda e: merged(e.own, old, new, caveats), links)
    if last:
        _put_meanwhile(tx, source, by, given)
        _retarget(tx, old, new)
        _forget(tx, interner, old)
        tx.control("merge_case", case=old, into=new)
    return Left(given, changed, more=not last)


def _put_meanwhile(tx: Transaction, source: Source, by: str, given: Given) -> None:
    """A caveat put on the old case since its merge began is put on the new one: what had moved by then lacks it."""
    put = _case_caveats(tx, given["case"])
    for row in tx.control("tasks"):
        task = json.loads(tx.control("task", id=row["id"])[0]["given"])
        if row["kind"] == "caveat" and task["case"] == given["case"] and task["add"]:
            put.add(task["caveat"])
    for caveat in sorted(put - set(given["caveats"])):
        task = {"case": given["into"], "caveat": caveat, "add": True, "records": False}
        leave(tx, source, by, "caveat", task)


def _retarget(tx: Transaction, old: str, new: str) -> None:
    """A share whose end was decided since the merge began ends between the cases that are left."""
    for row in tx.control("tasks"):
        task = json.loads(tx.control("task", id=row["id"])[0]["given"])
        if row["kind"] == "unshare" and old in (task["case"], task["other"]):
            changed = {name: new if task[name] == old else task[name] for name in ("case", "other")}
            tx.control("advance_task", id=row["id"], elements=0, given=stored({**task, **changed}))


def merged(own: Own, old: str, new: str, caveats: Collection[str]) -> Own:
    """`own` with one case in another's place; what that one asserts from now on has its caveats."""
    cases = tuple(sorted({new if case == old else case for case in own.cases}))
    shared = dict.fromkeys(new if case == old else case for case in own.shared)
    needed = tuple(sorted({*own.caveats, *caveats})) if old in own.cases else own.caveats
    return Own(cases, tuple(case for case in shared if cases != (case,)), needed)


def _end_elsewhere(tx: Transaction, elements: Iterable[Element], old: str, new: str) -> None:
    """Move what ends in the old Case; what would then be there twice, or link the case with itself, goes."""
    ending = [e for e in elements if old in (e.start, e.end)]
    there = {(row["what"], row["start"]) for row in tx.control("ends_in", case=new, starts=[e.start for e in ending])}
    dropped = [e for e in ending if {e.start, e.end} == {old, new} or (e.end == old and (e.what, e.start) in there)]
    tx.control("drop_elements", rows=[_row(e) for e in dropped])
    kept = [e for e in ending if e not in dropped]
    tx.control("move_links", rows=[_moved(e, new, e.start == old) for e in kept])


def destroy(tx: Transaction, interner: Interner, source: Source, by: str, given: Given) -> Left:
    """Take a case out of what names it; what has no clause left goes, the rest passes to the oldest share."""
    case = given["case"]
    rows, last = _next(tx, case)
    changed = 0
    counts: dict[str, dict[str, int]] = given.setdefault("counts", {"destroyed": {}, "passed_on": {}})
    if rows:
        records, links = _parted(rows)
        elements = fragment(tx, records, links)
        gone = [e for e in elements if case in (*e.own.cases, *e.own.shared) and without(e.own, case) is None]
        # Its membership in the case's file goes with a record's share.
        _count(counts["destroyed"], gone)
        tx.control("drop_elements", rows=[_row(e) for e in gone if e.what not in FOLLOWING])
        passed = [e for e in elements if case in e.own.cases and e not in gone]
        _count(counts["passed_on"], passed)
        left = {e.id for e in elements} - {e.id for e in gone}
        heirs = {own.cases[0] for e in passed if (own := without(e.own, case)) is not None}
        caveats = {heir: _case_caveats(tx, heir) for heir in heirs}

        def after(element: Element) -> Own:
            own = without(element.own, case) or element.own
            needed = caveats.get(own.cases[0], set()) if case in element.own.cases else set()
            return replace(own, caveats=tuple(sorted({*own.caveats, *needed})))

        changed = len(gone) + apply(tx, interner, left & set(records), after, left & set(links))
    if last:
        _forget(tx, interner, case)
        without_case(tx, case)
        tx.control("drop_case", case=case)
        counts["destroyed"]["Case"] = 1
        body = {**{k: given[k] for k in ("case", "reason", "begun")}, "by": by, "counts": counts}
        body["finished"] = source.now().isoformat()
        text = json.dumps(body, sort_keys=True, ensure_ascii=False)
        tx.control("create_certificate", id=given["certificate"], at=source.now(), body=text)
    return Left(given, changed, more=not last)


def without(own: Own, case: str) -> Own | None:
    """`own` with each clause gone that holds the case; None when none is left."""
    shared = _but(own.shared, case)
    if case not in own.cases:
        return replace(own, shared=shared)
    return Own((shared[0],), shared[1:], own.caveats) if shared else None


def _next(tx: Transaction, case: str) -> tuple[list[Row], bool]:
    """Elements to take next that name a case, and whether they are the last: nobody writes in it after that lock."""
    rows = _mentioning(tx, case, shared=True)
    if len(rows) < BATCH:
        tx.control("lock_records", ids=[case])
        rows = _mentioning(tx, case, shared=True)
    return rows, len(rows) < BATCH


def _forget(tx: Transaction, interner: Interner, case: str) -> None:
    """Drop the expressions that name a case about to end; nothing else carries them."""
    interner.moved += [f"v{row['id']}" for row in tx.control("forget_visibilities", case=case)]


def _count(counts: dict[str, int], elements: Iterable[Element]) -> None:
    for what in (element.what for element in elements):
        counts[what] = counts.get(what, 0) + 1


# -- openness of a large case


def audience(tx: Transaction, interner: Interner, source: Source, by: str, given: Given) -> Left:
    """Elements catch up with the audience of their expression; both audiences are in no scope meanwhile."""
    visibilities = given["visibilities"]
    changed = tx.control("catch_up", labels=visibilities, limit=CATCH_UP)[0]["changed"]
    if not changed:
        interner.moved += [f"v{visibility}" for visibility in visibilities]
    return Left(given, changed, more=bool(changed))


STEPS: Mapping[str, Step] = {
    "caveat": caveat_of_case,
    "unshare": unshare,
    "merge": merge,
    "destroy": destroy,
    "audience": audience,
}
