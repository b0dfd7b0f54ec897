"""The chart without a browser: what is in the file, and where things go."""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from icmgraph.errors import InvalidInput
from icmgraph.model.answers import WITHIN, Link, Node, Subgraph
from icmgraph.model.records import WALKABLE, SubjectKind
from icmgraph.viz import theme
from icmgraph.viz.layout import TOUCH, places
from icmgraph.viz.page import Stamp, _bends, chart_page
from icmgraph.viz.text import LINE, LINES, clean, columns, cut, escaped, short

STAMP = Stamp("Agent Example", "2026-01-05T10:00:00.000Z", "within what they may see")


def person(i: int) -> Node:
    return Node(id=f"record-{i}", label="Subject", kind="Person", name=f"Person {i}")


def link(i: int, start: int, end: int, type_: str = "LINKED_TO") -> Link:
    return Link(id=f"link-{i}", type=type_, start=f"record-{start}", end=f"record-{end}", detail="calls")


def small(**changes: object) -> Subgraph:
    graph = Subgraph(
        start=["record-0"],
        nodes=[person(i) for i in range(4)],
        links=[link(0, 0, 1), link(1, 1, 0), link(2, 1, 2, "SAME_AS"), link(3, 3, 3)],
        hub_degree=200,
    )
    return graph.model_copy(update=changes)


def scripts(page: str) -> list[str]:
    return re.findall(r"<script>(.*?)</script>", page, re.DOTALL)


def test_the_same_question_gives_the_same_file() -> None:
    assert chart_page(small(), STAMP) == chart_page(small(), STAMP)


def test_the_policy_names_exactly_the_scripts_of_the_page() -> None:
    page = chart_page(small(), STAMP)
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts(page)]
    assert re.findall(r"sha256-([^']*)'", policy[1]) == digests
    assert policy[1].startswith("default-src 'none'; ")
    assert "\r" not in page, "the parser would change it, and the digest with it"
    assert page.index("Content-Security-Policy") < page.index("<script>")


def test_nothing_is_loaded_from_elsewhere() -> None:
    page = chart_page(small(), STAMP)
    assert re.findall(r"<(?:script|link|img)\b[^>]*(?:src|href)=[^>]*>", page) == ['<link rel="icon" href="data:,">']
    assert "bootstrap" not in page.lower()


def test_ids_are_opaque_to_scripts() -> None:
    drawing = scripts(chart_page(small(), STAMP))[1]
    assert '"n0"' in drawing
    assert "record-" not in drawing
    assert "link-" not in drawing


def test_a_name_with_href_does_not_turn_tooltips_into_html() -> None:
    nodes = [Node(id="a", label="Subject", kind="Person", name="href"), person(1)]
    assert "popup.innerHTML" not in "".join(scripts(chart_page(small(nodes=nodes, links=[]), STAMP)))


def test_stamp_and_notes() -> None:
    page = chart_page(small(truncated=True, hubs=[f"record-{i % 4}" for i in range(12)]), STAMP)
    for part in (STAMP.who, STAMP.when, STAMP.within, WITHIN, "Cut short", "more than 200 links meet", "and 2 more"):
        assert part in page
    assert "Cut short" not in chart_page(small(), STAMP)
    assert "nothing to draw" in chart_page(Subgraph(start=[], nodes=[], links=[], hub_degree=200), STAMP)


def test_too_many_nodes_is_refused_with_advice() -> None:
    chart_page(small(), STAMP, max_nodes=4)
    with pytest.raises(
        InvalidInput, match=r"^4 nodes are too many .*at most 3.*smaller depth.*fewer relationship types"
    ):
        chart_page(small(), STAMP, max_nodes=3)


def test_a_link_into_nowhere_is_refused() -> None:
    with pytest.raises(InvalidInput, match="links"):
        chart_page(small(links=[link(0, 0, 9)]), STAMP)


def test_importing_does_not_pull_the_drawing_library() -> None:
    code = "import sys, icmgraph.viz.page; sys.exit(bool({'pyvis', 'IPython', 'jsonpickle'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_kind_and_type_has_a_look_of_its_own() -> None:
    labels = {"Case", "Document", "Event", "Identifier", *(kind.value for kind in SubjectKind)}
    assert set(theme.NODE_STYLES) == labels
    assert set(theme.LINK_STYLES) == set(WALKABLE)
    assert len(set(theme.NODE_STYLES.values())) == len(labels)
    assert len(set(theme.LINK_STYLES.values())) == len(WALKABLE)
    assert {style.shape for style in theme.NODE_STYLES.values()} <= {*theme._SHAPES, "dot"}


# Parallel links


@pytest.mark.parametrize("count", [1, 2, 3, 5, 40])
def test_parallel_links_all_bend_differently(count: int) -> None:
    links = [link(i, i % 2, 1 - i % 2) for i in range(count)]  # there and back in turn
    lines = set()
    for one, bend in zip(links, _bends(links), strict=True):
        smooth = bend["smooth"]
        sign = {"curvedCW": 1, "curvedCCW": -1}.get(smooth.get("type"), 0)
        forward = 1 if one.start == "record-0" else -1
        lines.add(sign * forward * smooth.get("roundness", 0))
        assert 0 <= smooth.get("roundness", 0) <= 1
    assert len(lines) == count


def test_loops_on_one_node_differ() -> None:
    assert len({bend["selfReference"]["size"] for bend in _bends([link(i, 0, 0) for i in range(3)])}) == 3


# Places


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[tuple[float, float]], list[tuple[int, int]]]:
    n = draw(st.integers(1, 25))
    end = st.integers(0, n - 1)
    boxes = draw(st.lists(st.tuples(st.floats(40, 200), st.floats(40, 90)), min_size=n, max_size=n))
    return boxes, draw(st.lists(st.tuples(end, end), max_size=40))


@settings(max_examples=60, deadline=None)
@given(graphs())
def test_places_are_repeatable_and_boxes_stay_apart(
    graph: tuple[list[tuple[float, float]], list[tuple[int, int]]],
) -> None:
    boxes, pairs = graph
    spots = places(boxes, pairs)
    assert spots == places(boxes, pairs[::-1]), "the order of the links does not matter"
    for a, ((ax, ay), (aw, ah)) in enumerate(zip(spots, boxes, strict=True)):
        for (bx, by), (bw, bh) in zip(spots[:a], boxes[:a], strict=True):
            room = TOUCH + 1  # and a pixel of rounding
            assert abs(ax - bx) >= (aw + bw) / 2 - room or abs(ay - by) >= (ah + bh) / 2 - room


def test_distances_on_paper_follow_those_in_the_graph() -> None:
    spots = places([(60, 40)] * 8, [(i, i + 1) for i in range(7)])
    far = abs(spots[0][0] - spots[7][0])
    assert far > 5 * abs(spots[0][0] - spots[1][0]) > 0


def test_no_nodes_no_places() -> None:
    assert places([], []) == []


# Text


@given(st.text(st.characters(), max_size=80))
def test_text_is_safe_to_write_into_html(text: str) -> None:
    shown = escaped(text)
    assert not set("<>\"'") & set(shown)
    assert shown.encode("utf-8")
    assert "\n" not in shown
    assert clean(clean(text)) == clean(text)
    assert clean(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", "(no name)"),
        (" \u2028 ", "(no name)"),
        ("a\x00b\x1bc\x9bd", "a�b�c�d"),
        ("\ud800", "�"),
        ("\u202eexe.pdf", "�exe.pdf"),
        ("two\r\nlines", "two  lines"),
        ("👩‍👧 محمد", "👩‍👧 محمد"),
    ],
)
def test_clean(text: str, shown: str) -> None:
    assert clean(text) == shown


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_short_names_fit(text: str) -> None:
    lines = short(text).split("\n")
    assert 1 <= len(lines) <= LINES
    assert all(0 < len(line) <= LINE for line in lines)
    assert columns(short(text)) <= 2 * LINE


def test_cut_marks_what_it_cut() -> None:
    assert cut("abc", 3) == "abc"
    assert cut("abcd", 3) == "ab…"
