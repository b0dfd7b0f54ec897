"""A Subgraph as one HTML file: nothing fetched, nothing of the records run.

pyvis draws it; three of its habits are dealt with here. It loads Bootstrap from elsewhere even when
asked for everything in line: only its scripts and its style sheet are taken, into a page of ours.
It writes ids and headings as raw HTML: ids are n0, n1, ... and there is no heading. And when a node's
title contains "href" it shows titles as HTML: nodes get theirs from our own script, as text.
A content security policy lets exactly these scripts run, by their digests, and no request leave.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from icmgraph.errors import IcmError, InvalidInput
from icmgraph.model.answers import WITHIN, Link, Node, Subgraph
from icmgraph.viz import theme
from icmgraph.viz.layout import Box, places
from icmgraph.viz.text import TOOLTIP, clean, columns, cut, escaped, short

HUBS_NAMED = 10
"""Hubs a note names; after that it counts them."""
TEXT = 14
"""Size of the names, pixels."""
CHAR, ROW, PAD = 7.5, 17.0, 14.0
"""Pixels: a character and a line of Arial at that size, and the space kept free around a node."""
START_BORDER = 4
SCREEN = (1150, 720)
"""The canvas on a usual screen, pixels; only the size of a big picture's few large names depends on it."""
LANDMARKS = 12
"""Names that are large in a big picture; more would cover much of it."""
READABLE = 0.45
"""Zoom from which the usual text can be read."""
BEND, MOST_BEND = 0.25, 0.75
"""Bend of neighbouring parallel links, as a part of their length, and of the outermost one."""


@dataclass(frozen=True)
class Stamp:
    """Who drew it and when (RFC 3339, UTC), and ``within``: "within what they may see"."""

    who: str
    when: str
    within: str


def chart_page(subgraph: Subgraph, stamp: Stamp, *, max_nodes: int = 1000) -> str:
    """One self-contained HTML document; write it as UTF-8. The same arguments give the same text.

    Raises:
        InvalidInput: more than ``max_nodes`` nodes, or a link whose end is not among the nodes.
    """
    if len(subgraph.nodes) > max_nodes:
        raise InvalidInput(
            f"{len(subgraph.nodes)} nodes are too many for one picture (at most {max_nodes}): "
            "ask with a smaller depth, for fewer relationship types, or from fewer starting points"
        )
    number = {node.id: position for position, node in enumerate(subgraph.nodes)}
    if any(link.start not in number or link.end not in number for link in subgraph.links):
        raise InvalidInput("a link ends in a node that is not in the graph", field="links")
    style, scripts = _drawing(subgraph, number)
    return _document(style, scripts, _header(subgraph, stamp), _legend(subgraph), _tables(subgraph, number))


# The drawing


def _drawing(subgraph: Subgraph, number: dict[str, int]) -> tuple[str, list[str]]:
    """pyvis's style sheet, and the scripts in the order they run: vis-network, the drawing, ours."""
    from pyvis.network import Network  # here, because it pulls IPython into the process

    net = Network(height="100%", width="100%", directed=True, cdn_resources="in_line")
    net.options = OPTIONS
    start, hubs = set(subgraph.start), set(subgraph.hubs)
    looks = [_node(node, node.id in start, node.id in hubs) for node in subgraph.nodes]
    boxes = [_box(look) for look in looks]
    centres = places(boxes, [(number[link.start], number[link.end]) for link in subgraph.links])
    # The text hangs below the shape, so the shape stands above the middle of its box.
    spots = [
        (x, y - round((height - PAD) / 2 - look["size"]))
        for (x, y), (_, height), look in zip(centres, boxes, looks, strict=True)
    ]
    _enlarge(looks, spots, subgraph.links, number)
    for position, (look, (x, y)) in enumerate(zip(looks, spots, strict=True)):
        net.add_node(f"n{position}", x=x, y=y, **look)
    for link, bend in zip(subgraph.links, _bends(subgraph.links), strict=True):
        net.add_edge(f"n{number[link.start]}", f"n{number[link.end]}", **_edge(link), **bend)
    # Line ends as the HTML parser makes them, or the digests would not be those of what it runs.
    page = net.generate_html(notebook=False).replace("\r\n", "\n").replace("\r", "\n")
    styles = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    scripts = re.findall(r"<script(?: type=\"text/javascript\")?>(.*?)</script>", page, re.DOTALL)
    if len(styles) != 1 or len(scripts) != 3:
        raise IcmError("this release of pyvis makes another page than the 0.3.2 that is needed")
    _utilities, library, drawing = scripts  # the first serves pyvis's menus, which are not used
    return styles[0], [library, drawing, OUR_SCRIPT]


def _node(node: Node, is_start: bool, is_hub: bool) -> dict[str, Any]:
    style = theme.node_style(node)
    tip = [cut(node.name, TOOLTIP), f"{clean(node.label)}, {clean(node.kind)}"]
    tip += ["where the question started"] * is_start + ["a hub: not walked through"] * is_hub
    return {
        "label": short(node.name),
        "tip": "\n".join(tip),
        "shape": style.shape,
        "size": style.size + (7 if is_start else 0),
        "color": {
            "background": style.colour,
            "border": theme.BLACK if is_start or is_hub else style.colour,
            "highlight": {"background": style.colour, "border": theme.BLACK},
            "hover": {"background": style.colour, "border": theme.BLACK},
        },
        "borderWidth": START_BORDER if is_start else 2,
        "shapeProperties": {"borderDashes": [3, 3] if is_hub else False},
        "font": {"size": 18 if is_start else TEXT},
    }


def _box(look: dict[str, Any]) -> Box:
    """Width and height a node takes with its text below it."""
    scale = look["font"]["size"] / TEXT
    lines = look["label"].count("\n") + 1
    width = max(columns(look["label"]) * CHAR * scale, 2 * look["size"])
    return width + PAD, 2 * look["size"] + lines * ROW * scale + PAD


def _enlarge(
    looks: list[dict[str, Any]], spots: list[tuple[int, int]], links: list[Link], number: dict[str, int]
) -> None:
    """Larger text for starts and the most linked nodes, so that a big picture seen whole has names in it."""
    xs, ys = [x for x, _ in spots], [y for _, y in spots]
    zoom = min((seen / (max(v) - min(v) + 1) for v, seen in zip((xs, ys), SCREEN, strict=True) if v), default=1.0)
    if zoom > READABLE:
        return
    degree = Counter(number[end] for link in links for end in (link.start, link.end))
    starts = [position for position, look in enumerate(looks) if look["borderWidth"] == START_BORDER]
    landmarks: list[int] = []
    for position in starts + sorted(degree, key=lambda position: (-degree[position], position)):
        large = looks[position] | {"font": {"size": round(TEXT / zoom)}}
        width, height = _box(large)
        if len(landmarks) < LANDMARKS and all(
            abs(xs[position] - xs[other]) > (width + _box(looks[other])[0]) / 2
            or abs(ys[position] - ys[other]) > (height + _box(looks[other])[1]) / 2
            for other in landmarks
        ):
            looks[position] = large
            landmarks.append(position)


def _edge(link: Link) -> dict[str, Any]:
    style = theme.link_style(link)
    words = clean(theme.link_words(link)) + (f": {clean(link.detail)}" if link.detail else "")
    tip = [cut(words, TOOLTIP)]
    tip += [f"confidence: {clean(link.confidence)}"] if link.confidence else []
    tip += [f"source: {clean(link.source)}"] if link.source else []
    return {
        "label": short(words),
        "title": "\n".join(tip),
        "color": {"color": style.colour, "highlight": theme.BLACK, "hover": theme.BLACK},
        "dashes": list(style.dashes) or False,
        "width": style.width,
        "arrows": "to" if style.arrow else "",
    }


def _bends(links: list[Link]) -> list[dict[str, Any]]:
    """How each link bends, so that all links between the same two nodes can be seen."""
    beside: dict[tuple[str, str], list[int]] = defaultdict(list)
    for position, link in enumerate(links):
        beside[min(link.start, link.end), max(link.start, link.end)].append(position)
    bends: list[dict[str, Any]] = [{"smooth": {"enabled": False}} for _ in links]
    for (low, high), positions in beside.items():
        middle = (len(positions) - 1) / 2
        step = min(BEND, MOST_BEND / middle) if middle else 0.0
        for rank, position in enumerate(positions):
            if low == high:
                bends[position] = {"selfReference": {"size": 20 + 12 * rank}}
            elif side := rank - middle:
                # Clockwise is seen from the start of the link, so opposite links turn opposite ways.
                clockwise = (side > 0) == (links[position].start == low)
                kind = "curvedCW" if clockwise else "curvedCCW"
                bends[position] = {"smooth": {"enabled": True, "type": kind, "roundness": round(abs(side) * step, 3)}}
    return bends


OPTIONS: dict[str, Any] = {
    "physics": {"enabled": False},
    "layout": {"improvedLayout": False},
    "interaction": {
        "hover": True,
        "multiselect": True,
        "navigationButtons": True,
        "keyboard": {"enabled": True, "bindToWindow": False},
        "tooltipDelay": 150,
    },
    "nodes": {
        # Large names do not grow further when one zooms in. vis-network asks for min and max with it.
        "scaling": {"min": 10, "max": 30, "label": {"enabled": False, "maxVisible": 22, "drawThreshold": 6}},
        "font": {"face": "Arial, Helvetica, sans-serif", "color": theme.BLACK, "strokeWidth": 4},
    },
    "edges": {
        "font": {
            "face": "Arial, Helvetica, sans-serif",
            "size": 11,
            "color": "#4b5563",
            "strokeWidth": 0,
            "background": "#ffffffd9",
        },
        "arrows": {"to": {"scaleFactor": 0.6}},
        "arrowStrikethrough": False,
    },
}

OUR_SCRIPT = """
nodes.update(nodes.map(function (node) { return {id: node.id, title: node.tip}; }));
network.fit({maxZoomLevel: 1.5});
"""


# The page around it


def _header(subgraph: Subgraph, stamp: Stamp) -> str:
    counts = f"{_count(len(subgraph.nodes), 'node')}, {_count(len(subgraph.links), 'link')}."
    notes = []
    if not subgraph.nodes:
        notes.append("There is nothing to draw within what they may see.")
    if subgraph.truncated:
        notes.append("Cut short: more is visible than is drawn here. A smaller depth or fewer types show a whole.")
    if subgraph.hubs:
        names = {node.id: node.name for node in subgraph.nodes}
        named = ", ".join(f"<bdi>{escaped(cut(names.get(hub, hub), 40))}</bdi>" for hub in subgraph.hubs[:HUBS_NAMED])
        more = f" and {len(subgraph.hubs) - HUBS_NAMED} more" if len(subgraph.hubs) > HUBS_NAMED else ""
        notes.append(
            f"Shown but not walked through, because more than {subgraph.hub_degree} links meet there: {named}{more}."
        )
    return (
        f'<p id="stamp">Drawn for <strong><bdi>{escaped(stamp.who)}</bdi></strong> at '
        f"<time>{escaped(stamp.when)}</time>, <bdi>{escaped(stamp.within)}</bdi>. {counts} {escaped(WITHIN)}</p>"
        + "".join(f'<p class="note" role="note">{note}</p>' for note in notes)
    )


def _legend(subgraph: Subgraph) -> str:
    """What the shapes and lines of this picture mean, and how many there are of each."""
    nodes = Counter(theme.node_key(node) for node in subgraph.nodes)
    looks = {theme.node_key(node): theme.node_style(node) for node in subgraph.nodes}
    links = Counter(theme.link_words(link) for link in subgraph.links)
    lines = {theme.link_words(link): theme.link_style(link) for link in subgraph.links}
    node_rows = [
        f"<li>{theme.node_swatch(looks[key])}<bdi>{escaped(cut(key, 40))}</bdi> <span>{nodes[key]}</span></li>"
        for key in sorted(nodes)
    ]
    link_rows = [
        f"<li>{theme.link_swatch(lines[key])}<bdi>{escaped(cut(key, 40))}</bdi> <span>{links[key]}</span></li>"
        for key in sorted(links)
    ]
    marks = ["<li><i class='start'></i>where the question started</li>"] if subgraph.start else []
    marks += ["<li><i class='hub'></i>hub, not walked through</li>"] if subgraph.hubs else []
    groups = (("Nodes", node_rows), ("Links", link_rows), ("Marks", marks))
    return "".join(f"<h2>{title}</h2><ul>{''.join(rows)}</ul>" for title, rows in groups if rows)


def _tables(subgraph: Subgraph, number: dict[str, int]) -> str:
    """The same content to be read without a canvas. Rows are numbered, since names need not differ."""
    start, hubs = set(subgraph.start), set(subgraph.hubs)
    node_rows = [
        [
            str(number[node.id] + 1),
            node.name,
            node.label,
            node.kind,
            ", ".join(["start"] * (node.id in start) + ["hub"] * (node.id in hubs)),
            node.id,
        ]
        for node in subgraph.nodes
    ]
    ends = {node.id: f"{number[node.id] + 1}. {node.name}" for node in subgraph.nodes}
    link_rows = [
        [
            ends[link.start],
            theme.link_words(link),
            link.detail or "",
            ends[link.end],
            link.confidence or "",
            link.source or "",
        ]
        for link in subgraph.links
    ]
    return _table("Nodes", ["No.", "Name", "Label", "Kind", "Mark", "Id"], node_rows) + _table(
        "Links", ["From", "Type", "Detail", "To", "Confidence", "Source"], link_rows
    )


def _table(title: str, heads: list[str], rows: list[list[str]]) -> str:
    head = "".join(f'<th scope="col">{text}</th>' for text in heads)
    body = "".join(
        f"<tr>{''.join(f'<td><bdi>{escaped(text)}</bdi></td>' if text else '<td></td>' for text in row)}</tr>\n"
        for row in rows
    )
    return (
        f'<table id="{title.lower()}-table"><caption>{title} ({len(rows)})</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table>\n"
    )


def _count(n: int, word: str) -> str:
    return f"{n} {word}{'' if n == 1 else 's'}"


def _document(library_style: str, scripts: list[str], header: str, legend: str, tables: str) -> str:
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    policy = "; ".join(
        (
            "default-src 'none'",
            "script-src " + " ".join(f"'sha256-{digest}'" for digest in digests),
            "style-src 'unsafe-inline'",
            "img-src data:",  # the library's buttons
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    run = "\n".join(f"<script>{script}</script>" for script in scripts)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>Chart</title>
<link rel="icon" href="data:,">
<style>{library_style}</style>
<style>{OUR_STYLE}</style>
</head>
<body>
<div id="screen">
<header><h1>Chart</h1>{header}</header>
<div id="picture">
<div id="mynetwork" role="img" aria-label="The picture; the tables below it hold the same."></div>
<aside aria-label="Legend" id="legend">{legend}
<p class="hint">Wheel or buttons: zoom. Drag: move. Point at something for its full text. Names appear when there
is room for them.</p></aside>
</div>
</div>
<main>
<noscript><p class="note">This browser runs no scripts: the tables below hold what the picture shows.</p></noscript>
<section id="tables" aria-label="The same as tables">
{tables}</section>
</main>
{run}
</body>
</html>
"""


OUR_STYLE = f"""
* {{ box-sizing: border-box; }}
body {{ margin: 0; font: 14px/1.45 Arial, Helvetica, sans-serif; color: {theme.BLACK}; background: #f4f5f7; }}
header {{ padding: 12px 20px 10px; background: #fff; border-bottom: 1px solid #d5d8dd; }}
h1 {{ margin: 0 0 2px; font-size: 18px; }}
h2 {{ margin: 14px 0 4px; font-size: 12px; text-transform: uppercase; letter-spacing: .06em; color: {theme.GREY}; }}
header p {{ margin: 0; overflow-wrap: anywhere; }}
.note {{ margin-top: 8px !important; padding: 5px 10px; background: #fff6dd; border-left: 4px solid {theme.AMBER}; }}
#screen {{ display: flex; flex-direction: column; height: 100vh; min-height: 600px; }}
#picture {{ flex: 1; min-height: 0; display: grid; grid-template-columns: minmax(0, 1fr) 250px;
  background: #fff; border-bottom: 1px solid #d5d8dd; }}
#mynetwork {{ height: 100%; overflow: hidden; position: relative; }}
#legend {{ padding: 2px 16px 12px; overflow: auto; border-left: 1px solid #d5d8dd; }}
#legend ul {{ margin: 0; padding: 0; list-style: none; }}
#legend li {{ display: flex; align-items: center; gap: 8px; padding: 2px 0; overflow-wrap: anywhere; }}
#legend svg, #legend i {{ flex: none; }}
#legend li span {{ margin-left: auto; color: {theme.GREY}; font-variant-numeric: tabular-nums; }}
#legend i {{ width: 16px; height: 16px; border: 3px solid {theme.BLACK}; border-radius: 50%; }}
#legend i.hub {{ border: 2px dashed {theme.BLACK}; }}
.hint {{ margin: 16px 0 0; font-size: 12px; color: {theme.GREY}; }}
#tables {{ padding: 8px 20px 30px; overflow-x: auto; }}
table {{ border-collapse: collapse; margin: 16px 0; width: 100%; background: #fff; }}
caption {{ text-align: left; font-weight: bold; padding: 4px 0; }}
th, td {{ text-align: left; vertical-align: top; padding: 4px 8px; border: 1px solid #d5d8dd; }}
th {{ background: #eceef1; white-space: nowrap; }}
td {{ max-width: 340px; overflow-wrap: break-word; }}
tr {{ break-inside: avoid; }}
div.vis-tooltip {{ max-width: 420px; white-space: pre-wrap !important; overflow-wrap: anywhere;
  font: 13px/1.4 Arial, Helvetica, sans-serif !important; background: #fff !important; }}
@media (max-width: 760px) {{
  #screen {{ height: auto; }}
  #picture {{ grid-template-columns: 1fr; grid-template-rows: 70vh auto; }}
  #legend {{ border-left: 0; border-top: 1px solid #d5d8dd; }}
}}
@media print {{ body {{ background: #fff; }} .hint, .vis-navigation {{ display: none; }} }}
"""
