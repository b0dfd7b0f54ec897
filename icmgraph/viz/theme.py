"""How records and assertions look: one table each, used by the drawing and its legend.

Colours are Okabe and Ito's (they stay apart for colour-blind readers) and every kind has a shape or
dash of its own as well, so that colour never carries a meaning alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from icmgraph.model.answers import Link, Node

BLACK, GREY, LIGHT = "#1b1f24", "#6b7280", "#9aa1ab"
BLUE, SKY, GREEN, AMBER, ORANGE, PURPLE, BROWN = (
    "#0072b2",
    "#56b4e9",
    "#009e73",
    "#e69f00",
    "#d55e00",
    "#aa4499",
    "#7a5230",
)


@dataclass(frozen=True)
class NodeStyle:
    """``shape``: a shape of vis-network that has its text below it. ``size``: radius in pixels."""

    shape: str
    colour: str
    size: int = 13


@dataclass(frozen=True)
class LinkStyle:
    """``dashes``: lengths of dash and gap in pixels, empty for a full line."""

    colour: str
    dashes: tuple[int, ...] = ()
    width: float = 1.5
    arrow: bool = True


NODE_STYLES: dict[str, NodeStyle] = {
    "Case": NodeStyle("square", BLUE, 17),
    "Person": NodeStyle("dot", ORANGE, 15),
    "Organization": NodeStyle("hexagon", PURPLE, 16),
    "Vehicle": NodeStyle("triangle", GREEN),
    "Vessel": NodeStyle("triangleDown", SKY),
    "Aircraft": NodeStyle("triangle", SKY),
    "Account": NodeStyle("diamond", AMBER, 15),
    "Place": NodeStyle("triangleDown", GREEN),
    "Thing": NodeStyle("dot", BROWN, 11),
    "Document": NodeStyle("square", LIGHT, 11),
    "Event": NodeStyle("star", PURPLE, 15),
    "Identifier": NodeStyle("diamond", GREY, 10),
}
OTHER_NODE = NodeStyle("dot", LIGHT)

LINK_STYLES: dict[str, LinkStyle] = {
    "SUBJECT_OF": LinkStyle(BLUE),
    "FILED_IN": LinkStyle(LIGHT),
    "PART_OF": LinkStyle(PURPLE, (2, 3)),
    "MENTIONS": LinkStyle(LIGHT, (2, 3)),
    "INVOLVED_IN": LinkStyle(PURPLE),
    "HAS_IDENTIFIER": LinkStyle(GREY),
    "AT": LinkStyle(GREEN, (2, 3)),
    "LINKED_TO": LinkStyle(ORANGE),
    # Undirected in meaning (docs/concepts.md), so without an arrow.
    "SAME_AS": LinkStyle(BLACK, (8, 4), 2.5, arrow=False),
    "RELATED_TO": LinkStyle(BLUE, (8, 4)),
}
OTHER_LINK = LinkStyle(LIGHT)


def node_key(node: Node) -> str:
    """The word the legend has for a node: a subject goes by its kind, the others by their label."""
    return node.kind if node.label == "Subject" else node.label


def node_style(node: Node) -> NodeStyle:
    return NODE_STYLES.get(node_key(node), OTHER_NODE)


def link_words(link: Link) -> str:
    """A relationship type as words: ``SUBJECT_OF`` is ``subject of``."""
    return link.type.lower().replace("_", " ")


def link_style(link: Link) -> LinkStyle:
    return LINK_STYLES.get(link.type, OTHER_LINK)


# Points in a square from -10 to 10, y downwards, as vis-network draws the shapes.
_SHAPES: dict[str, str] = {
    "square": "-8,-8 8,-8 8,8 -8,8",
    "diamond": "0,-9 9,0 0,9 -9,0",
    "triangle": "0,-9 9,7 -9,7",
    "triangleDown": "0,9 9,-7 -9,-7",
    "hexagon": "9,0 4.5,8 -4.5,8 -9,0 -4.5,-8 4.5,-8",
    "star": "0,-9 2.2,-3 8.6,-2.8 3.5,1.1 5.3,7.3 0,3.7 -5.3,7.3 -3.5,1.1 -8.6,-2.8 -2.2,-3",
}


def node_swatch(style: NodeStyle) -> str:
    """An SVG picture of a node for the legend. Made of constants only."""
    shape = (
        f'<polygon points="{_SHAPES[style.shape]}" fill="{style.colour}"/>'
        if style.shape in _SHAPES
        else f'<circle r="8" fill="{style.colour}"/>'
    )
    return f'<svg viewBox="-10 -10 20 20" width="16" height="16" aria-hidden="true">{shape}</svg>'


def link_swatch(style: LinkStyle) -> str:
    """An SVG picture of a link for the legend. Made of constants only."""
    dashes = ",".join(map(str, style.dashes)) or "none"
    head = f'<polygon points="26,1 32,5 26,9" fill="{style.colour}"/>' if style.arrow else ""
    return (
        '<svg viewBox="0 0 32 10" width="32" height="10" aria-hidden="true">'
        f'<line x1="0" y1="5" x2="{26 if style.arrow else 32}" y2="5" stroke="{style.colour}" '
        f'stroke-width="{style.width}" stroke-dasharray="{dashes}"/>{head}</svg>'
    )
