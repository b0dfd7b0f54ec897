"""Search by name: what each of several people finds of the example world, spelled otherwise, and in pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from icmgraph.audit import Question
from icmgraph.errors import InvalidInput
from icmgraph.model.answers import NameHit
from icmgraph.model.comparison import comparer
from icmgraph.model.records import SubjectKind
from icmgraph.queries import seeking
from icmgraph.queries.reader import Reader, ReaderOptions
from tests.integration.readers import KEY, Readers
from tests.worlds.example import VALUES, WORLD
from tests.worlds.fixtures import graph as graph
from tests.worlds.loader import Graph
from tests.worlds.world import Build, World

AGENT, ANALYST, BOB = VALUES["agent"], VALUES["analyst"], VALUES["user"]
ROSA, VEGA, CARL = VALUES["subjects"]


@pytest.fixture(scope="module")
def example(graph: Graph, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Readers]:
    made = Readers.on(graph, tmp_path_factory.mktemp("audit"))
    made.load(WORLD)
    yield made
    made.audit.close()


def told(hits: list[NameHit]) -> list[str]:
    return [f"{hit.value} {hit.score:.2f}" for hit in hits]


@pytest.mark.parametrize(
    ("who", "name", "found"),
    [
        (AGENT, "Rosa Vega", ["Rosa Vega"]),
        (AGENT, "VEGA, rosa", ["Rosa Vega"]),
        (AGENT, "Роза Вега", ["Rosa Vega"]),
        (AGENT, "Roza Wegga", ["Rosa Vega"]),
        (AGENT, "RosaVega", ["Rosa Vega"]),
        (ANALYST, "Rosa Vega", ["Rosa Vega", "R. Vega"]),
        (ANALYST, "Karl Dole", ["Carl Dole"]),
        (AGENT, "Nobody Else", []),
        # Of the sealed case, and of the caveat's: nobody but who may see them.
        (BOB, "Rosa Vega", ["Rosa Vega", "R. Vega"]),
        (AGENT, "La Vega", ["La Vega"]),
        (ANALYST, "La Vega", ["R. Vega", "Rosa Vega"]),
    ],
)
def test_what_one_finds_by_a_name(example: Readers, who: str, name: str, found: list[str]) -> None:
    hits = example.of(who).search_names(name).items
    assert [hit.value for hit in hits][: len(found)] == found or sorted(hit.value for hit in hits) == sorted(found)
    assert bool(hits) == bool(found)
    assert all(hit.score >= comparer().threshold and hit.reason for hit in hits)
    assert [(-hit.score, hit.value, hit.id) for hit in hits] == sorted((-h.score, h.value, h.id) for h in hits)


def test_a_hit_tells_which_name_it_was(example: Readers) -> None:
    (hit,) = example.of(AGENT).search_names("la vega", threshold=1).items
    assert (hit.id, hit.kind, hit.name) == (ROSA, "Person", "Rosa Vega")
    assert (hit.attribute_kind, hit.value, hit.score) == ("alias", "La Vega", 1.0)
    assert hit.attribute not in (ROSA, VALUES["attribute"])


@pytest.mark.parametrize(
    ("who", "name", "found"),
    [
        (AGENT, "ve", ["La Vega 0.50"]),
        (AGENT, "ros", ["Rosa Vega 0.75"]),
        (AGENT, "cler", ["Clerk A 0.80", "Clerk B 0.80", "Clerk C 0.80", "Clerk D 0.80"]),
        (ANALYST, "veg", ["R. Vega 0.75", "Rosa Vega 0.75"]),
        (ANALYST, "do car", ["Carl Dole 0.62"]),
        (ANALYST, "do ros", []),
        (AGENT, "dol", ["Carl Dole 0.75"]),
        (BOB, "cler", []),
    ],
)
def test_beginnings(example: Readers, who: str, name: str, found: list[str]) -> None:
    assert told(example.of(who).search_names(name, prefix=True).items) == found


def test_kind_and_threshold(example: Readers) -> None:
    reader = example.of(ANALYST)
    assert {hit.id for hit in reader.search_names("Rosa Vega", SubjectKind.PERSON).items} == {ROSA, VEGA}
    assert reader.search_names("Rosa Vega", SubjectKind.VEHICLE).items == []
    assert [hit.id for hit in reader.search_names("Rosa Vega", threshold=1).items] == [ROSA]
    assert len(reader.search_names("Rosa Vega", threshold=0).items) >= 2
    assert reader.search_names("cler", prefix=True, threshold=0.9).items == []


def test_pages_and_cursors(example: Readers) -> None:
    reader = example.of(AGENT)
    whole = reader.search_names("cler", prefix=True)
    assert (len(whole.items), whole.next, whole.truncated) == (4, None, False)
    items, cursor = [], None
    while True:
        page = reader.search_names("cler", prefix=True, cursor=cursor, limit=3)
        items += page.items
        assert page.truncated is (page.next is not None)
        if (cursor := page.next) is None:
            break
        with pytest.raises(InvalidInput):
            reader.search_names("clerk", prefix=True, cursor=cursor)
        with pytest.raises(InvalidInput):
            reader.search_names("cler", prefix=True, threshold=0.5, cursor=cursor)
        with pytest.raises(InvalidInput):
            example.of(BOB).search_names("cler", prefix=True, cursor=cursor)
    assert items == whole.items


def test_the_audit_has_the_name_sealed_and_the_ids_that_left(example: Readers) -> None:
    example.of(AGENT).search_names("Rosa Vega", SubjectKind.PERSON)
    found = next(example.audit.search(Question(terms=frozenset({"n:rosa vega"}))))
    assert found.intent["parameters"]["name"] == ["n:rosa vega"]
    assert found.outcome is not None
    assert found.outcome["records"] == [ROSA]
    text = b"".join(path.read_bytes() for path in Path(example.audit_folder).iterdir() if path.is_file()).lower()
    assert b"search.names" in text
    assert b"vega" not in text


@pytest.mark.parametrize(
    ("name", "prefix", "message"),
    [
        ("", False, "is empty"),
        ("---", False, "holds no letters or digits"),
        ("R", True, "give at least two letters of each word"),
        ("aa bb cc dd", True, "give the beginnings of 1 to 3 words"),
        ("a" * 4097, False, "longer than 4096 characters"),
    ],
)
def test_a_name_is_checked_first(example: Readers, name: str, prefix: bool, message: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        example.of(AGENT).search_names(name, prefix=prefix)
    assert (refused.value.field, refused.value.message) == ("name", message)


# -- other worlds: after the tests of the example


def many(count: int, name: str) -> tuple[World, str]:
    b = Build()
    unit = b.unit("Office")
    me = b.user("Al")
    b.member(me, unit)
    case, other = b.case("A", unit, (unit,)), b.case("B", b.unit("Other"))
    for number in range(count):
        for of in (case, other):
            subject = b.subject(b.own((of,)))
            b.attribute(b.own((of,)), subject, "name", name.format(number))
    return b.world(), me


def test_a_cut_is_said_on_every_page(graph: Graph, tmp_path: Path) -> None:
    """And only for what is visible: as many again are hidden."""
    readers = Readers.on(graph, tmp_path)
    world, me = many(6, "Rosa Vega {}")
    readers.load(world)
    for candidates, cut in ((6, False), (5, True)):
        reader = Reader(readers._sessions.of(me), ReaderOptions(KEY, candidates=candidates))
        for prefix in (False, True):
            first = reader.search_names("ros ve" if prefix else "Rosa Vega", prefix=prefix, limit=4)
            last = reader.search_names("ros ve" if prefix else "Rosa Vega", prefix=prefix, limit=4, cursor=first.next)
            assert (len(first.items), len(last.items)) == (4, candidates - 4)
            assert (first.truncated, last.truncated, last.next) == (True, cut, None)
    readers.audit.close()


def listed(reader: Reader, name: str, limit: int) -> list[tuple[str, str]]:
    """Who is found, page by page, each with the name that was met."""
    found, cursor = [], None
    while True:
        page = reader.search_names(name, limit=limit, cursor=cursor)
        found += [(hit.id, hit.value) for hit in page.items]
        if (cursor := page.next) is None:
            return found


@pytest.mark.parametrize("freely", [0, 500])
@pytest.mark.parametrize("limit", [1, 3, 4, 50])
def test_a_frequent_name_takes_no_other_names_place(
    graph: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int, freely: int
) -> None:
    """Of seven that have one name and an eighth of another all are found, each once, by the name that is most like;
    whether their keys are sought by label or read."""
    monkeypatch.setattr(seeking, "SEEK_FREELY", freely)
    readers = Readers.on(graph, tmp_path)
    b = Build()
    unit = b.unit("Office")
    me = b.user("Al")
    b.member(me, unit)
    case, hidden = b.case("A", unit, (unit,)), b.case("B", b.unit("Other"))
    seven = [b.subject(b.own((case,))) for _ in range(7)]
    for subject in (*seven, *(b.subject(b.own((hidden,))) for _ in range(7))):
        b.attribute(b.own((case if subject in seven else hidden,)), subject, "name", "Rosa Vega")
    b.attribute(b.own((case,)), seven[1], "alias", "Rosa Vegga")
    b.attribute(b.own((case,)), seven[2], "alias", "Rosa Vega")
    other = b.subject(b.own((case,)))
    for kind, value in (("name", "Rosa Wega"), ("alias", "Rosa Vegga"), ("alias", "Otto Weiss")):
        b.attribute(b.own((case,)), other, kind, value)
    firm = b.subject(b.own((case,)), "Organization")
    b.attribute(b.own((case,)), firm, "name", "Rosa Vega")
    readers.load(b.world())
    reader = Reader(readers._sessions.of(me), ReaderOptions(KEY, candidates=4))
    found = listed(reader, "Rosa Vega", limit)
    assert found[:8] == [(id, "Rosa Vega") for id in sorted([*seven, firm])]
    assert [id for id, _ in found[8:]] == [other]
    hit = next(hit for hit in reader.search_names("Rosa Vega").items if hit.id == other)
    assert (hit.name, hit.value in ("Rosa Wega", "Rosa Vegga")) == ("Rosa Wega", True)
    assert not reader.search_names("Rosa Vega").truncated
    readers.audit.close()


def test_a_cursor_of_long_names_fits_into_a_url(graph: Graph, tmp_path: Path) -> None:
    readers = Readers.on(graph, tmp_path)
    world, me = many(2, "😀" * 4000 + " Ann {}")
    readers.load(world)
    reader = readers.of(me)
    first = reader.search_names("Ann", prefix=True, limit=1)
    assert first.next is not None
    assert len(first.next) < 8192
    assert len(reader.search_names("Ann", prefix=True, limit=1, cursor=first.next).items) == 1
    readers.audit.close()
