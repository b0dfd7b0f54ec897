"""Every question of the reader: one answer on the whole world, on what the person sees of it, and by the oracle."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from icmgraph.errors import FunctionRefused, IcmError, NotFound
from icmgraph.model.answers import Page
from icmgraph.model.identifiers import IdentifierKind, NormalisedIdentifier
from icmgraph.model.records import FUNCTIONS, Function, SubjectKind, UserClass
from icmgraph.queries.reader import Reader, ReaderOptions
from tests.interference.asking import ABSENT, Asking
from tests.interference.laws import law
from tests.interference.oracle import WITHIN, Cut, Json, Oracle
from tests.interference.oracle_cases import Connections, history_of
from tests.interference.oracle_export import exported
from tests.interference.oracle_why import explained
from tests.interference.sight import restrict
from tests.interference.system import KEY, System, same
from tests.worlds.strategies import KEYS, worlds
from tests.worlds.world import Key, World

TIMES, WALKS = 2, 5
"""Questions of each kind in one world; of expand and paths more, there is most to get wrong."""


@dataclass(frozen=True)
class Question:
    """``limit``: of a question answered in pages; ``expected`` then is the whole list."""

    told: str
    ask: Callable[[Reader, str | None], BaseModel]
    expected: Callable[[Oracle], Any]
    limit: int | None = None

    def answer(self, reader: Reader) -> Any:
        """The answer as JSON holds it; of a question in pages, all of them, one after the other."""
        pages: list[Json] = []
        cursor: str | None = None
        while True:
            try:
                answer = self.ask(reader, cursor)
            except IcmError as error:
                return {"refused": error.problem, "says": str(error)}
            if not isinstance(answer, Page):
                return answer.model_dump(mode="json")
            pages.append(answer.model_dump(mode="json"))
            cursor = answer.next
            if cursor is None:
                return pages


def refusal(error: IcmError) -> Json:
    return {"refused": error.problem, "says": str(error)}


def as_pages(items: list[Json], limit: int) -> list[Json]:
    """What pages of ``limit`` hold these items; that there is a cursor counts, what it is does not."""
    cut = isinstance(items, Cut)
    starts = range(0, max(len(items), 1), limit)
    last = starts[-1]
    return [
        {"items": items[at : at + limit], "next": at < last, "truncated": at < last or cut, "scope": WITHIN}
        for at in starts
    ]


def by_oracle(question: Question, oracle: Oracle, user_class: str) -> Any:
    if Function.READ not in FUNCTIONS[UserClass(user_class)]:
        return refusal(FunctionRefused())
    answer = question.expected(oracle)
    if answer is None:
        return refusal(NotFound())
    return answer if question.limit is None else as_pages(answer, question.limit)


def without_cursors(answer: Any) -> Any:
    return [{**page, "next": page["next"] is not None} for page in answer] if isinstance(answer, list) else answer


def selector(key: Key) -> NormalisedIdentifier:
    return NormalisedIdentifier(IdentifierKind(key.kind), key.value, key.key)


# -- one function a method: it draws a question


def cases(asking: Asking, options: ReaderOptions) -> Question:
    limit = asking.one((1, 2, 50))
    return Question(f"cases(limit={limit})", lambda r, c: r.cases(c, limit), lambda o: o.cases(), limit)


def case(asking: Asking, options: ReaderOptions) -> Question:
    id = asking.id("Case", "Case", "Subject")
    return Question(f"case({id})", lambda r, _: r.case(id), lambda o: o.case(id))


def case_file(asking: Asking, options: ReaderOptions) -> Question:
    id, limit = asking.id("Case"), asking.one((1, 2, 3, 50))
    told = f"case_file({id}, limit={limit})"
    return Question(told, lambda r, c: r.case_file(id, c, limit), lambda o: o.case_file(id), limit)


def assignments(asking: Asking, options: ReaderOptions) -> Question:
    id, limit = asking.id("Case"), asking.one((1, 50))
    told = f"assignments({id}, limit={limit})"
    return Question(told, lambda r, c: r.assignments(id, c, limit), lambda o: o.assignments(id), limit)


def subject(asking: Asking, options: ReaderOptions) -> Question:
    id = asking.id("Subject")
    return Question(f"subject({id})", lambda r, _: r.subject(id), lambda o: o.subject(id))


def document(asking: Asking, options: ReaderOptions) -> Question:
    id = asking.id("Document")
    return Question(f"document({id})", lambda r, _: r.document(id), lambda o: o.document(id))


def event(asking: Asking, options: ReaderOptions) -> Question:
    id = asking.id("Event")
    return Question(f"event({id})", lambda r, _: r.event(id), lambda o: o.event(id))


def assertion(asking: Asking, options: ReaderOptions) -> Question:
    id = asking.id("Link", "Link", "Attribute", "Subject", "Event", "Document", "Case")
    return Question(f"assertion({id})", lambda r, _: r.assertion(id), lambda o: o.assertion(id))


def explain(asking: Asking, options: ReaderOptions) -> Question:
    id = asking.id("Case", "Case", "Subject", "Document", "Event", "Link", "Link", "Attribute", "Entry")
    return Question(f"explain({id})", lambda r, _: r.explain(id), lambda o: explained(o, id))


def search_identifier(asking: Asking, options: ReaderOptions) -> Question:
    keys, limit = asking.some(KEYS, 3), asking.one((1, 2, 50))
    selectors = [selector(key) for key in keys]
    told = f"search_identifier({[key.key for key in keys]}, limit={limit})"
    return Question(told, lambda r, c: r.search_identifier(selectors, c, limit), lambda o: o.search(keys), limit)


def search_names(asking: Asking, options: ReaderOptions) -> Question:
    prefix, limit, kind = asking.seldom(), asking.one((1, 2, 50)), asking.one((None, None, SubjectKind.PERSON))
    name = asking.beginning if prefix else asking.name
    threshold = asking.one((None, 0.0, 0.8))
    told = f"search_names({name!r}, {kind}, {prefix}, {threshold}, limit={limit}) with {options}"
    return Question(
        told,
        lambda r, c: r.search_names(name, kind, prefix, threshold, c, limit),
        lambda o: o.search_names(name, kind, prefix, threshold, options.candidates),
        limit,
    )


def neighbours(asking: Asking, options: ReaderOptions) -> Question:
    id, limit, types = asking.id("Subject", "Case", "Document", "Event"), asking.one((1, 2, 50)), asking.types
    told = f"neighbours({id}, limit={limit}, types={types})"
    return Question(told, lambda r, c: r.neighbours(id, c, limit, types), lambda o: o.neighbours(id, types), limit)


def expand(asking: Asking, options: ReaderOptions) -> Question:
    start, depth, types = asking.id("Subject", "Case", "Document", "Event"), asking.one((1, 2, 3, 4)), asking.types
    limit = asking.one((None, 1, 3, 1000))
    budget = min(limit or options.expand_nodes, options.expand_nodes)
    return Question(
        f"expand({start}, {depth}, {types}, {limit}) with {options}",
        lambda r, _: r.expand(start, depth, types, limit),
        lambda o: o.expand(start, depth, types, budget, options.hub_degree),
    )


def paths(asking: Asking, options: ReaderOptions) -> Question:
    start, end = (asking.id("Subject", "Subject", "Subject", "Case", "Document", "Event") for _ in range(2))
    bound, types = asking.one((6, 1, 2, 3, 4, 8)), asking.types
    return Question(
        f"paths({start}, {end}, {bound}, {types}) with {options}",
        lambda r, _: r.paths(start, end, bound, types),
        lambda o: o.paths(start, end, bound, types, options.hub_degree),
    )


def compare(asking: Asking, options: ReaderOptions) -> Question:
    seen = [card.id for card in asking.world.labelled("Case")]
    cases = asking.some(seen, asking.one((2, 3, 10))) if len(seen) > 1 else [*seen, asking.id("Case", "Subject")]
    cases = cases if len(cases) > 1 and len(set(cases)) == len(cases) else [cases[0], ABSENT]
    most = asking.one((1, 3, 500))
    return Question(
        f"compare({cases}, {most}) with {options}",
        lambda r, _: r.compare(cases, most),
        lambda o: Connections(o, options.hub_degree).compare(cases, most),
    )


def connected(asking: Asking, options: ReaderOptions) -> Question:
    case, limit = asking.id("Case", "Case", "Subject"), asking.one((1, 2, 50))

    def expected(oracle: Oracle) -> Any:
        found = Connections(oracle, options.hub_degree).connected(case)
        return found and [{**page, "hubs": found[1], "partial": False} for page in as_pages(found[0], limit)]

    told = f"connected({case}, limit={limit}) with {options}"
    return Question(told, lambda r, c: r.connected(case, c, limit), expected)


def history(asking: Asking, options: ReaderOptions) -> Question:
    id, limit = asking.id("Case", "Case", "Subject", "Document", "Event", "Entry"), asking.one((1, 2, 50))
    told = f"history({id}, limit={limit})"
    return Question(told, lambda r, c: r.history(id, c, limit), lambda o: history_of(o, id), limit)


def export(asking: Asking, options: ReaderOptions) -> Question:
    id = asking.id("Case")
    return Question(f"export({id})", lambda r, _: r.export(id), lambda o: exported(o, id))


QUESTIONS: Mapping[str, Callable[[Asking, ReaderOptions], Question]] = {
    draw.__name__: draw
    for draw in (
        cases,
        case,
        case_file,
        assignments,
        subject,
        document,
        event,
        assertion,
        explain,
        search_identifier,
        search_names,
        neighbours,
        expand,
        paths,
        compare,
        connected,
        history,
        export,
    )
}


def test_every_method_of_the_reader_is_asked() -> None:
    assert {name for name in vars(Reader) if not name.startswith("_")} == set(QUESTIONS)


def answers(system: System, world: World, me: str, options: ReaderOptions, asked: list[Question], seed: int) -> Any:
    system.load(world, seed)
    reader = system.reader(me, options)
    return [question.answer(reader) for question in asked]


@law(15)
@given(worlds, st.integers(0, 999))
def test_every_read_answers_from_what_is_visible(system: System, world: World, seed: int) -> None:
    me = world.users[0]
    asking = Asking(world, random.Random(seed), me.id)
    options = ReaderOptions(
        KEY,
        expand_nodes=asking.one((500, 4, 8)),
        hub_degree=asking.one((200, 2, 3)),
        candidates=asking.one((1000, 1, 2)),
    )
    draws = [*list(QUESTIONS.values()) * TIMES, *[expand, paths] * (WALKS - TIMES)]
    asked = [draw(asking, options) for draw in draws]
    told = [question.told for question in asked]
    seen = restrict(world, me.id)

    full = answers(system, world, me.id, options, asked, seed)
    less = answers(system, seen, me.id, options, asked, seed + 1)
    same(world, me.id, told, full, less, "on what is visible of it")

    oracle = Oracle(seen, KEY)
    expected = [by_oracle(question, oracle, me.user_class) for question in asked]
    same(world, me.id, told, [without_cursors(answer) for answer in full], expected, "by the oracle")
