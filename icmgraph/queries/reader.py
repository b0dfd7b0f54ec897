"""What one person may ask of the graph: one short method per question.

Each is one audited read under the person's scope. Input is checked before anything is looked up; what is
hidden is refused exactly as what does not exist.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Protocol, TypeVar

from icmgraph.audit import Private
from icmgraph.errors import InvalidInput, Unavailable
from icmgraph.model.answers import (
    AssertionCard,
    AssignmentCard,
    CaseAnswer,
    CaseCard,
    Comparison,
    Connected,
    DocumentCard,
    EventCard,
    Explanation,
    FileItem,
    HistoryEntry,
    Hit,
    NameHit,
    Neighbour,
    Page,
    Paths,
    Subgraph,
    SubjectCard,
)
from icmgraph.model.exports import CaseExport
from icmgraph.model.identifiers import NormalisedIdentifier
from icmgraph.model.identity import public_id
from icmgraph.model.records import WALKABLE, WALKED, SubjectKind
from icmgraph.queries import cards, connections, explore, history, naming
from icmgraph.queries.cards import one, texts, without
from icmgraph.queries.cursors import Cursors, Key
from icmgraph.queries.explain import explain
from icmgraph.queries.exports import case_export
from icmgraph.queries.gateway import Row
from icmgraph.queries.seeking import having
from icmgraph.queries.session import Session, View

R = TypeVar("R")
T = TypeVar("T")

DEFAULT_LIMIT = 50
LARGEST_LIMIT = 500
WALK_TRIES = 3
"""Times a question of several statements is begun again because a write ended something it had met."""
SELECTORS = 100
"""Identifiers in one search: each costs a seek for every entry of the person's scope."""
COMPARED = range(2, 11)
"""Cases in one comparison: a table of more columns is not read."""

_UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


class Memory(Protocol):
    """The links in memory (icmgraph.queries.memory), which needs an extra."""

    def of(self, view: View) -> explore.Ground | None: ...


@dataclass(frozen=True, slots=True)
class ReaderOptions:
    """What all readers of an installation share.

    Attributes:
        key: the deployment key, at least 16 bytes: public ids of identifiers, cursors.
        expand_nodes: most nodes one expand returns, the start among them.
        hub_degree: above this visible degree a node is not walked through.
        candidates: most different names that one search compares, those with more words in common first.
        memory: where walks are asked first, if there is one.
    """

    key: bytes
    expand_nodes: int = 500
    hub_degree: int = 200
    candidates: int = 1000
    memory: Memory | None = None


class Reader:
    """One person's questions.

    Every method raises ``InvalidInput`` for malformed input, ``NotFound`` for what is absent or hidden, and what
    ``Session.read`` raises. Pages are keyset-ordered; ``truncated`` says that ``next`` leads on.
    """

    def __init__(self, session: Session, options: ReaderOptions) -> None:
        self._session = session
        self._options = options
        self._cursors = Cursors(options.key)

    def cases(self, cursor: str | None = None, limit: int = DEFAULT_LIMIT) -> Page[CaseCard]:
        """The cases one sees, by number, then id."""
        return self._page(
            "case.list",
            {},
            cursor,
            limit,
            ("", ""),
            lambda view, after, most: view.run("cases", after_number=after[0], after_id=after[1], limit=most),
            lambda row: (row["number"], row["id"]),
            lambda row: CaseCard(**texts(row)),
        )

    def case(self, id: str) -> CaseAnswer:
        checked_id(id)
        return self._session.read("case.show", {"case": id}, lambda view: cards.case(view, id))

    def case_file(self, id: str, cursor: str | None = None, limit: int = DEFAULT_LIMIT) -> Page[FileItem]:
        """What stands in a case's file: subjects, then documents, then events; by id among themselves.

        A subject that stands there in several roles is one line, with the first of them in text order.
        """
        checked_id(id)

        def rows(view: View, after: Key, most: int) -> list[Row]:
            one(view, "sees_case", id)
            return view.run("case_file", case=id, after_rank=after[0], after_id=after[1], limit=most)

        return self._page(
            "case.file",
            {"case": id},
            cursor,
            limit,
            (0, ""),
            rows,
            lambda row: (row["rank"], row["id"]),
            lambda row: FileItem(**without(row, "rank")),
        )

    def assignments(self, case: str, cursor: str | None = None, limit: int = DEFAULT_LIMIT) -> Page[AssignmentCard]:
        """Who is, was and will be assigned to a case one sees, by name, then the assignment's id."""
        checked_id(case)

        def rows(view: View, after: Key, most: int) -> list[Row]:
            one(view, "sees_case", case)
            return view.tx.control("case_assignments", case=case, after_name=after[0], after_id=after[1], limit=most)

        return self._page(
            "case.assignments",
            {"case": case},
            cursor,
            limit,
            ("", ""),
            rows,
            lambda row: (row["name"], row["id"]),
            lambda row: AssignmentCard(**texts(row)),
        )

    def subject(self, id: str) -> SubjectCard:
        """A subject: its cases, values and identifiers, each value with its evidence."""
        checked_id(id)
        return self._session.read(
            "subject.show", {"subject": id}, lambda view: cards.subject(view, id, self._options.key)
        )

    def document(self, id: str) -> DocumentCard:
        checked_id(id)
        return self._session.read("document.show", {"document": id}, lambda view: cards.document(view, id))

    def event(self, id: str) -> EventCard:
        """An event. ``addresses``: where, as written in what one sees, in text order."""
        checked_id(id)
        return self._session.read("event.show", {"event": id}, lambda view: cards.event(view, id))

    def assertion(self, id: str) -> AssertionCard:
        """What an assertion or record is, and between which records a link stands."""
        checked_id(id)
        return self._session.read("assertion.show", {"assertion": id}, lambda view: cards.assertion(view, id))

    def explain(self, id: str) -> Explanation:
        """Why one sees a record or assertion: one's own grants behind it."""
        checked_id(id)
        return self._session.read("access.explain", {"assertion": id}, lambda view: explain(view, id))

    def search_identifier(
        self, selectors: Sequence[NormalisedIdentifier], cursor: str | None = None, limit: int = DEFAULT_LIMIT
    ) -> Page[Hit]:
        """Subjects that have one of these identifiers, by identifier key, then subject id."""
        if not 1 <= len(selectors) <= SELECTORS:
            raise InvalidInput(f"give 1 to {SELECTORS}", field="selectors")
        keys = sorted({selector.key for selector in selectors})
        return self._page(
            "search.identifiers",
            {"selectors": Private.keys(keys)},
            cursor,
            limit,
            ("", ""),
            lambda view, after, most: having(view, keys, (str(after[0]), str(after[1])), most),
            lambda row: (row["key"], row["id"]),
            lambda row: Hit(identifier=self._public_id(row["key"]), **without(row, "key")),
        )

    def search_names(
        self,
        name: str,
        kind: SubjectKind | None = None,
        prefix: bool = False,
        threshold: float | None = None,
        cursor: str | None = None,
        limit: int = DEFAULT_LIMIT,
    ) -> Page[NameHit]:
        """Subjects that have a name like this one, by score, then the name that was met, then subject id.

        All visible names that may be like it are compared, up to ``candidates`` different ones; ``truncated`` says that
        there were more, even on the last page.

        Args:
            prefix: the words of ``name`` are beginnings of words.
            threshold: hits with a lower score, 0 to 1, are left out; None: the comparer's own, none with ``prefix``.
        """
        asked = naming.question(name, kind, prefix, threshold)
        cut = False

        def rows(view: View, after: Key, most: int) -> list[NameHit]:
            def question() -> list[NameHit]:
                nonlocal cut
                names, cut = naming.alike(view, asked, self._options.candidates)
                return naming.holders(view, names, after, most)

            return self._tried(question)

        page = self._page(
            "search.names",
            asked.audited(),
            cursor,
            limit,
            naming.FIRST,
            rows,
            naming.place,
            lambda hit: hit,
        )
        return page.model_copy(update={"truncated": True}) if cut else page

    def neighbours(
        self, id: str, cursor: str | None = None, limit: int = DEFAULT_LIMIT, types: Sequence[str] = WALKED
    ) -> Page[Neighbour]:
        """The visible assertions at a subject, case, document or event, by their id, each with its other end."""
        checked_id(id)
        chosen = checked_types(types)
        return self._page(
            "neighbours",
            {"record": id, "types": chosen},
            cursor,
            limit,
            ("",),
            lambda view, after, most: self._walked(
                view, chosen, lambda walk: explore.neighbours(walk, id, str(after[0]), most)
            ),
            lambda neighbour: (neighbour.link.id,),
            lambda neighbour: neighbour,
        )

    def expand(self, start: str, depth: int = 2, types: Sequence[str] = WALKED, limit: int | None = None) -> Subgraph:
        """What stands within ``depth`` relationships of a subject, case, document or event.

        Layers grow over visible relationships of ``types``. A node with more than ``hub_degree`` of them is shown
        and listed in ``hubs``, and not walked through; the start is walked through whatever its degree, and not
        listed. When a layer has more new nodes than the budget has left, the first by id are taken and nothing deeper.

        Args:
            depth: 1 to 4.
            types: any of ``WALKABLE``.
            limit: most nodes, the start among them; the installation's bound where that is smaller.

        Returns:
            links: every visible relationship of ``types`` at a node that was walked through, between nodes returned.
        """
        checked_id(start, "start")
        chosen = checked_types(types)
        _within(depth, explore.DEPTHS, "depth")
        most = self._options.expand_nodes if limit is None else min(limit, self._options.expand_nodes)
        if most < 1:
            raise InvalidInput("at least 1", field="limit")
        return self._session.read(
            "expand",
            {"start": start, "depth": depth, "types": chosen, "limit": most},
            lambda view: self._walked(view, chosen, lambda walk: explore.expand(walk, start, depth, most)),
        )

    def paths(self, start: str, end: str, bound: int = explore.DEFAULT_BOUND, types: Sequence[str] = WALKED) -> Paths:
        """All shortest paths of at most ``bound`` relationships (1 to 8) between two records.

        No node between the ends has more than ``hub_degree`` visible relationships of ``types``. Paths come in the
        order of their nodes' ids, at most 25; then, or when the search met too many nodes, ``truncated`` is set.

        ``hubs`` names the nodes of more than ``hub_degree`` that stand between: a path through that one hub, and no
        other, would be no longer than the answer, or than the bound where there is none. They come by the length of
        that path, then by id, at most 50. They are looked for from each end, layer by layer, through at most
        ``explore.AROUND`` nodes; a search that met too many nodes names none.
        """
        checked_id(start, "start")
        checked_id(end, "end")
        chosen = checked_types(types)
        _within(bound, explore.BOUNDS, "bound")
        return self._session.read(
            "paths",
            {"start": start, "end": end, "bound": bound, "types": chosen},
            lambda view: self._walked(view, chosen, lambda walk: explore.paths(walk, start, end, bound)),
        )

    def compare(self, cases: Sequence[str], limit: int = DEFAULT_LIMIT) -> Comparison:
        """What two to ten cases have in common; see ``icmgraph.queries.connections`` for what is a reason.

        Reasons come by kind, the strongest first, then by identifier, name or id. An identifier or name with more than
        ``hub_degree`` visible holders is named in ``hubs`` and is no reason.
        """
        for at, case in enumerate(cases):
            checked_id(case, f"cases.{at}")
        if len(set(cases)) != len(cases) or len(cases) not in COMPARED:
            raise InvalidInput(f"{COMPARED[0]} to {COMPARED[-1]} different cases", field="cases")
        checked_limit(limit)
        return self._session.read(
            "case.compare",
            {"cases": sorted(cases), "limit": limit},
            lambda view: self._tried(lambda: connections.compare(self._common(view), cases, limit)),
        )

    def connected(self, case: str, cursor: str | None = None, limit: int = DEFAULT_LIMIT) -> Connected:
        """The cases that ``compare`` finds a reason for, by the strongest kind of reason, then how many, number, id.

        Each comes with its first reasons. An identifier or name of the file with more than ``hub_degree`` visible
        holders is named in ``hubs`` and not followed.
        """
        checked_id(case)
        checked_limit(limit)
        me, asked = self._session.user, {"case": case}
        after = connections.FIRST if cursor is None else self._cursors.open(me, "case.connected", asked, cursor)

        def work(view: View) -> Connected:
            def question() -> Connected:
                common = self._common(view)
                found, hubs = connections.connected(common, case, after, limit + 1)
                items, hub_nodes = connections.described(common, case, found[:limit], hubs)
                more = len(found) > limit
                return Connected(
                    items=items,
                    next=self._cursors.seal(me, "case.connected", asked, found[limit - 1].key) if more else None,
                    truncated=more,
                    hubs=hub_nodes,
                    partial=common.partial,
                )

            return self._tried(question)

        return self._session.read("case.connected", {**asked, "limit": limit, "continued": cursor is not None}, work)

    def history(self, id: str, cursor: str | None = None, limit: int = DEFAULT_LIMIT) -> Page[HistoryEntry]:
        """The acts that told about a case, subject, document or event, newest first.

        A case's history has all acts in it, those on what was ended since included; what was ended has none of its own.
        """
        checked_id(id)

        def rows(view: View, after: Key, most: int) -> list[tuple[datetime, HistoryEntry]]:
            one(view, "sees_record", id)
            at = datetime.fromisoformat(str(after[0])) if after[0] else None
            return history.entries(view, id, at, str(after[1]), most)

        return self._page(
            "history",
            {"record": id},
            cursor,
            limit,
            ("", ""),
            rows,
            lambda row: (row[0].isoformat(), row[1].id),
            lambda row: row[1],
        )

    def export(self, case: str) -> CaseExport:
        """A case's file whole: its subjects, documents and events, and what is asserted between them.

        Raises:
            InvalidInput: more is visible of it than one export holds.
        """
        checked_id(case)
        return self._session.read("case.export", {"case": case}, lambda view: case_export(view, case, self._public_id))

    def _common(self, view: View) -> connections.Common:
        ground = self._ground(view)
        return connections.Common(view, lambda types: self._walk(view, ground, types), self._options.hub_degree)

    def _ground(self, view: View) -> explore.Ground:
        memory = self._options.memory
        return (memory and memory.of(view)) or explore.Asked(view)

    def _walk(self, view: View, ground: explore.Ground, types: Sequence[str]) -> explore.Walk:
        return explore.Walk(view, ground, types, self._options.hub_degree, cache(self._public))

    def _walked(self, view: View, types: Sequence[str], question: Callable[[explore.Walk], T]) -> T:
        return self._tried(lambda: question(self._walk(view, self._ground(view), types)))

    def _tried(self, question: Callable[[], T]) -> T:
        """Answer a question of several statements, again from the start if a write came in between.

        Raises:
            Unavailable: that happened too often.
        """
        for _ in range(WALK_TRIES):
            try:
                return question()
            except explore.Changed:
                continue
        raise Unavailable

    def _public(self, node: str) -> str:
        return self._public_id(node) if ":" in node else node

    def _public_id(self, key: str) -> str:
        return public_id(self._options.key, key)

    def _page(
        self,
        action: str,
        parameters: Mapping[str, Any],
        cursor: str | None,
        limit: int,
        first: Key,
        rows: Callable[[View, Key, int], list[R]],
        key: Callable[[R], Key],
        item: Callable[[R], T],
    ) -> Page[T]:
        """One page: ``rows`` asks for what comes after a key, one more than the page holds."""
        limit = checked_limit(limit)
        me = self._session.user
        after = first if cursor is None else self._cursors.open(me, action, parameters, cursor)

        def work(view: View) -> Page[T]:
            found = rows(view, after, limit + 1)
            shown = found[:limit]
            more = len(found) > limit
            return Page(
                items=[item(row) for row in shown],
                next=self._cursors.seal(me, action, parameters, key(shown[-1])) if more else None,
                truncated=more,
            )

        return self._session.read(action, {**parameters, "limit": limit, "continued": cursor is not None}, work)


def checked_id(id: str, field: str = "id") -> None:
    """
    Raises:
        InvalidInput: not a UUIDv4 in lower case.
    """
    if not _UUID4.fullmatch(id):
        raise InvalidInput("not an id: a UUID in lower case", field=field)


def checked_limit(limit: int) -> int:
    """
    Raises:
        InvalidInput: not 1 to 500.
    """
    _within(limit, range(1, LARGEST_LIMIT + 1), "limit")
    return limit


def checked_types(types: Sequence[str]) -> list[str]:
    """The types a question may walk, sorted, each once.

    Raises:
        InvalidInput: none, or one that is not in ``WALKABLE``.
    """
    if not types or not set(types) <= set(WALKABLE):
        raise InvalidInput(f"any of {', '.join(WALKABLE)}", field="types")
    return sorted(set(types))


def _within(value: int, allowed: range, field: str) -> None:
    if value not in allowed:
        raise InvalidInput(f"{allowed[0]} to {allowed[-1]}", field=field)
