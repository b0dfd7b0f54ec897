"""The chart in a real browser, with names made to break out of it, and the network off."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog, Page, Route, sync_playwright

from icmgraph.model.answers import WITHIN, Link, Node, Subgraph
from icmgraph.viz.page import Stamp, chart_page
from icmgraph.viz.text import clean

STAMP = Stamp("Agent Example <b>One</b>", "2026-01-05T10:00:00.000Z", "within what they may see")

ATTACKS = [
    "<img src=x onerror=\"window.attacked='img'\">",
    "</script><script>window.attacked='script'</script>",
    "</title></style></noscript><script>window.attacked='raw text'</script>",
    # "href" makes pyvis switch to tooltips that are HTML.
    "<a href=\"javascript:window.attacked='link'\">x</a><img src=x onerror=\"window.attacked='tooltip'\">",
    "<svg onload=alert(1)><iframe srcdoc='<script>alert(1)</script>'>",
    "javascript:window.attacked='address'",
    "data:text/html,<script>alert(1)</script>",
    "' onmouseover='alert(1)",
    '" onfocus="alert(1)" autofocus="',
    "`${window.attacked='template'}`",
    "{{constructor.constructor('alert(1)')()}} {% raw %} {# x #}",
    "\\'; window.attacked='backslash'; //",
    "<!--<script>",
    "]]><![CDATA[ &lt;b&gt; &#60;script&#62;",
    "<link rel=stylesheet href=https://example.com/a.css><meta http-equiv=refresh content='0;url=https://example.com/'>",
    "<base href=https://example.com/><form action=https://example.com/><input autofocus>",
    "line\u2028separator\u2029and\nline\r\nends\ttab",
    "nul\x00 bell\x07 escape\x1b[31m delete\x7f c1\x9b",
    "half \ud800 surrogate",
    "\u202egnp.exe\u202c \u2066isolated\u2069",
    "محمد بن سلمان שלום",
    "👩‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿 Zͨ͗a̡l̕g̨o",
    "王小明" * 30,
    "x" * 5000,
    "__proto__",
    "constructor",
    "",
    "   ",
]


def hostile() -> Subgraph:
    """Every place of a Subgraph that holds text holds an attack: names, kinds, labels, types, details, ids."""
    nodes = [Node(id=f"id-{i}-{text}", label="Subject", kind="Person", name=text) for i, text in enumerate(ATTACKS)]
    nodes += [Node(id=f"kind-{i}", label="Subject", kind=text, name="kind") for i, text in enumerate(ATTACKS)]
    nodes += [Node(id=f"label-{i}", label=text, kind="x", name="label") for i, text in enumerate(ATTACKS)]
    links = [
        Link(
            id=text,
            type=text,
            start=nodes[0].id,
            end=nodes[1 + i % 3].id,
            detail=text,
            source=text,
            confidence=text,
        )
        for i, text in enumerate(ATTACKS)
    ]
    ids = [node.id for node in nodes]
    return Subgraph(start=[ids[0]], nodes=nodes, links=links, hubs=ids[:20], hub_degree=200, truncated=True)


def chromium() -> str:
    for name in ("/usr/bin/chromium", "chromium", "google-chrome"):
        if found := shutil.which(name):
            return found
    return pytest.fail("no Chromium on this machine, and this test is not skipped: apt-get install -y chromium")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    quiet = ("quic", "background-networking", "component-update", "sync", "gpu")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=chromium(),
            args=["--no-sandbox", "--no-first-run", *(f"--disable-{feature}" for feature in quiet)],
        )
        yield started
        started.close()


@dataclass
class Opened:
    """A page and all it did."""

    page: Page
    address: str
    requests: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)


def open_file(browser: Browser, path: Path, text: str) -> Opened:
    path.write_text(text, encoding="utf-8", newline="")
    context = browser.new_context(viewport={"width": 1280, "height": 800}, offline=True)
    opened = Opened(context.new_page(), path.as_uri())

    def route(route: Route) -> None:
        opened.requests.append(route.request.url)
        if route.request.url == opened.address:
            route.continue_()
        else:
            route.abort()

    def dialog(dialog: Dialog) -> None:
        opened.dialogs.append(dialog.message)
        dialog.dismiss()

    context.route("**/*", route)
    opened.page.on("dialog", dialog)
    opened.page.on("console", lambda message: opened.console.append(message.text))
    opened.page.on("pageerror", lambda error: opened.console.append(str(error)))
    opened.page.goto(opened.address)
    opened.page.wait_for_function("() => typeof network !== 'undefined' && network.body.data.nodes !== null")
    opened.page.wait_for_timeout(300)  # what an attack would need to load and run
    return opened


@pytest.fixture(scope="module")
def shown(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Opened:
    return open_file(browser, tmp_path_factory.mktemp("chart") / "chart.html", chart_page(hostile(), STAMP))


def test_nothing_of_the_records_runs(shown: Opened) -> None:
    for position in range(4):
        shown.page.mouse.move(*point_of(shown.page, position))
        shown.page.wait_for_timeout(250)  # the tooltip's delay is 150 ms
    assert shown.page.evaluate("window.attacked") is None
    assert shown.dialogs == []
    assert shown.page.locator("#mynetwork img, iframe, form, base, a, [onerror], [onload]").count() == 0
    assert shown.page.locator("script").count() == 3
    assert shown.page.title() == "Chart"


def test_nothing_leaves_and_nothing_complains(shown: Opened) -> None:
    assert shown.requests == [shown.address]
    assert shown.console == [], "the content security policy let our own scripts run without a word"


def test_a_tooltip_is_text(shown: Opened) -> None:
    for position in (1, 3):
        shown.page.mouse.move(5, 5)
        shown.page.mouse.move(*point_of(shown.page, position))
        tooltip = shown.page.locator("div.vis-tooltip")
        tooltip.wait_for(state="visible", timeout=3000)
        assert clean(ATTACKS[position]) in tooltip.inner_text()
        assert tooltip.locator(":scope *:not(br)").count() == 0


def test_all_of_it_is_in_the_picture(shown: Opened) -> None:
    subgraph = hostile()
    drawn = shown.page.evaluate("nodes.get().map(n => [n.id, n.tip])")
    assert [name for name, _ in drawn] == [f"n{i}" for i in range(len(subgraph.nodes))]
    assert shown.page.evaluate("edges.length") == len(subgraph.links)
    assert drawn[0][1].startswith(clean(ATTACKS[0]))
    assert "id-0" not in shown.page.evaluate("JSON.stringify(nodes.get())"), "no record ids in what scripts hold"
    colours = shown.page.evaluate(
        """() => {
            const canvas = document.querySelector('#mynetwork canvas');
            const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
            const seen = new Set();
            for (let i = 0; i < data.length; i += 4) if (data[i + 3]) seen.add(data.slice(i, i + 4).join());
            return seen.size;
        }"""
    )
    assert colours > 20, "the canvas is blank"


def test_legend_stamp_notes_and_tables_are_read_as_text(shown: Opened) -> None:
    stamp = shown.page.locator("#stamp").inner_text()
    for part in (STAMP.who, STAMP.when, STAMP.within, WITHIN):
        assert part in stamp
    assert shown.page.locator(".note:visible").count() == 2
    legend = shown.page.locator("#legend")
    assert "Person" in legend.inner_text()
    legend_box, picture_box = legend.bounding_box(), shown.page.locator("#mynetwork").bounding_box()
    assert legend_box is not None
    assert picture_box is not None
    assert picture_box["x"] + picture_box["width"] <= legend_box["x"], "the legend covers the picture"
    rows = shown.page.locator("#nodes-table tbody tr")
    assert rows.count() == len(hostile().nodes)
    names = shown.page.evaluate(
        "[...document.querySelectorAll('#nodes-table td:nth-child(2)')].map(c => c.textContent)"
    )
    # An empty text is an empty cell; all others are there in full.
    assert names[: len(ATTACKS)] == [clean(text) if text else "" for text in ATTACKS]
    assert shown.page.locator("#links-table tbody tr").count() == len(hostile().links)


def test_the_policy_stops_a_script_that_got_in(browser: Browser, tmp_path: Path) -> None:
    page = chart_page(Subgraph(start=[], nodes=[], links=[], hub_degree=200), STAMP)
    slipped = "<script>window.attacked = 'inline'</script><img src=x onerror=\"window.attacked='handler'\">"
    opened = open_file(browser, tmp_path / "chart.html", page.replace("<main>", f"<main>{slipped}"))
    assert opened.page.evaluate("window.attacked") is None
    assert opened.requests == [opened.address]
    assert any("Content Security Policy" in message for message in opened.console)


def point_of(page: Page, position: int) -> tuple[float, float]:
    """Where a node is on the screen, made visible first."""
    x, y = page.evaluate(
        """id => {
            network.moveTo({position: network.getPosition(id), scale: 1});
            const at = network.canvasToDOM(network.getPosition(id));
            const frame = document.getElementById('mynetwork').getBoundingClientRect();
            return [frame.left + at.x, frame.top + at.y];
        }""",
        f"n{position}",
    )
    return x, y
