"""Where the nodes of a picture go: the same graph gives the same places.

Stress by stochastic gradient descent (Zheng, Pawar and Goodman 2018, "Graph Drawing by Stochastic
Gradient Descent"): distances on paper follow distances in the graph. Then boxes that overlap are
pushed apart, and the parts that hang together are packed in rows. Pure Python: networkx's own
layouts need numpy, which nothing else here does, and its Kamada-Kawai takes minutes at 1,000 nodes.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import networkx as nx

Spot = tuple[float, float]
Box = tuple[float, float]

SEED = 20260101
"""Any number does; it is fixed so that a chart drawn twice is the same file."""
ROUNDS = 30
"""Passes of the descent; the paper's 30 leave no visible change after them."""
NEAR, FAR = 12, 40
"""Pairs sampled for each node, at distance two and anywhere: enough that a second sample draws the same shape."""
EDGE = 160.0
"""Length of one step in pixels; up to twice that in small pictures, where the texts of the links can be read."""
PAPER = 1.7
"""Paper for one pixel of box before the pushing; less would leave it most of the work, and the shape would be lost."""
PUSHES, TOUCH = 100, 4.0
"""Passes of pushing boxes apart, and pixels they may overlap in the end: less than the free space around a text."""
PUSH = 0.4
"""Part of an overlap each of two boxes moves in a pass: less than half, since others push them too."""
GROW = 1.01
"""Growth of the paper for each pass after a quarter of them: a crowd that has no room to part gets some."""
GAP = 120.0
"""Pixels between parts that do not hang together."""
WIDE = 1.6
"""Width to height a picture aims at: that of the canvas on a usual screen."""


def places(boxes: Sequence[Box], pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Whole-pixel centres for nodes 0..n-1.

    Args:
        boxes: width and height in pixels that each node needs, its text included.
        pairs: which nodes are linked, by position; loops and repeats do no harm.

    Takes about two seconds for 1,000 nodes and 2,000 links; grows with the square of the nodes.
    """
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(len(boxes)))
    graph.add_edges_from((a, b) for a, b in pairs if a != b)
    parts = sorted((sorted(part) for part in nx.connected_components(graph)), key=lambda part: (-len(part), part[0]))
    drawn = []
    for part in parts:
        spots = _turn(_stress(graph, part))
        drawn.append(_separate(_scale(spots, [boxes[n] for n in part]), [boxes[n] for n in part]))
    found: dict[int, tuple[int, int]] = {}
    for part, spots in zip(parts, _pack(drawn, [[boxes[n] for n in part] for part in parts]), strict=True):
        found.update((node, (round(x), round(y))) for node, (x, y) in zip(part, spots, strict=True))
    return [found[node] for node in range(len(boxes))]


def _stress(graph: nx.Graph[int], part: list[int]) -> list[Spot]:
    """Places in steps: 1.0 apart is one link apart."""
    rng = random.Random(SEED)  # noqa: S311  (a drawing, not a secret)
    index = {node: position for position, node in enumerate(part)}
    terms: list[tuple[int, int, float]] = []
    for i, node in enumerate(part):
        steps = sorted((index[other], d) for other, d in nx.single_source_shortest_path_length(graph, node).items())
        linked = [(j, d) for j, d in steps if d == 1 and j > i]
        near = [(j, d) for j, d in steps if d == 2]
        far = [(j, d) for j, d in steps if d > 2]
        chosen = linked + rng.sample(near, min(NEAR, len(near))) + rng.sample(far, min(FAR, len(far)))
        terms.extend((i, j, float(d)) for j, d in chosen)
    xs = [rng.random() for _ in part]
    ys = [rng.random() for _ in part]
    longest = max((d for _, _, d in terms), default=1.0)
    first, last = longest**2, 0.1
    for turn in range(ROUNDS):
        rate = first * (last / first) ** (turn / (ROUNDS - 1))
        rng.shuffle(terms)
        for i, j, d in terms:
            dx, dy = xs[i] - xs[j], ys[i] - ys[j]
            apart = math.sqrt(dx * dx + dy * dy) or 1e-6
            move = min(rate / (d * d), 1.0) * (apart - d) / (2 * apart)
            xs[i] -= move * dx
            ys[i] -= move * dy
            xs[j] += move * dx
            ys[j] += move * dy
    return list(zip(xs, ys, strict=True))


def _turn(spots: list[Spot]) -> list[Spot]:
    """Turned so that the longest way across lies flat: screens are wide."""
    n = len(spots)
    mx, my = sum(x for x, _ in spots) / n, sum(y for _, y in spots) / n
    centred = [(x - mx, y - my) for x, y in spots]
    xx, yy, xy = sum(x * x for x, _ in centred), sum(y * y for _, y in centred), sum(x * y for x, y in centred)
    angle = 0.5 * math.atan2(2 * xy, xx - yy)
    c, s = math.cos(angle), math.sin(angle)
    return [(c * x + s * y, c * y - s * x) for x, y in centred]


def _scale(spots: list[Spot], boxes: list[Box]) -> list[Spot]:
    """In pixels, as wide as a screen, with as much paper as the boxes need; the pushing does the rest."""
    width = max(x for x, _ in spots) - min(x for x, _ in spots) + 1
    height = max(y for _, y in spots) - min(y for _, y in spots) + 1
    stretch = math.sqrt(max(1.0, min(WIDE * height / width, WIDE)))
    unit = max(
        EDGE * (1 + 1 / math.sqrt(len(boxes))), math.sqrt(PAPER * sum(w * h for w, h in boxes) / (width * height))
    )
    return [(x * unit * stretch, y * unit / stretch) for x, y in spots]


def _separate(spots: list[Spot], boxes: list[Box]) -> list[Spot]:
    """Pushes overlapping boxes apart, each by half, the shorter way.

    All moves of a pass are made at its end: made one by one, they would carry a node along the order of the walk.
    """
    xs, ys = [x for x, _ in spots], [y for _, y in spots]
    tallest = max(h for _, h in boxes)
    for turn in range(PUSHES):
        if turn > PUSHES // 4:
            xs, ys = [x * GROW for x in xs], [y * GROW for y in ys]
        across_by, down_by = [0.0] * len(xs), [0.0] * len(ys)
        moved = False
        order = sorted(range(len(spots)), key=lambda n: (ys[n], n))
        for rank, a in enumerate(order):
            ax, ay, (width, height) = xs[a], ys[a], boxes[a]
            for b in order[rank + 1 :]:
                down = ys[b] - ay
                if down > tallest:
                    break
                across = xs[b] - ax
                over_x = (width + boxes[b][0]) / 2 - abs(across)
                over_y = (height + boxes[b][1]) / 2 - down
                if over_x <= TOUCH or over_y <= TOUCH:
                    continue
                moved = True
                if over_x < over_y:
                    push = PUSH * (over_x if across >= 0 else -over_x)
                    across_by[a] -= push
                    across_by[b] += push
                else:
                    down_by[a] -= PUSH * over_y
                    down_by[b] += PUSH * over_y
        if not moved:
            break
        xs = [x + by for x, by in zip(xs, across_by, strict=True)]
        ys = [y + by for y, by in zip(ys, down_by, strict=True)]
    return list(zip(xs, ys, strict=True))


def _pack(parts: list[list[Spot]], boxes: list[list[Box]]) -> list[list[Spot]]:
    """Parts side by side in rows, biggest first."""
    frames = []
    for spots, sizes in zip(parts, boxes, strict=True):
        left = min(x - w / 2 for (x, _), (w, _) in zip(spots, sizes, strict=True))
        right = max(x + w / 2 for (x, _), (w, _) in zip(spots, sizes, strict=True))
        top = min(y - h / 2 for (_, y), (_, h) in zip(spots, sizes, strict=True))
        bottom = max(y + h / 2 for (_, y), (_, h) in zip(spots, sizes, strict=True))
        frames.append((left, top, right - left + GAP, bottom - top + GAP))
    limit = max(
        math.sqrt(WIDE * sum(width * height for _, _, width, height in frames)),
        max((width for _, _, width, _ in frames), default=0),
    )
    packed: list[list[Spot]] = []
    x = y = row = 0.0
    for spots, (left, top, width, height) in zip(parts, frames, strict=True):
        if x + width > limit and x > 0:
            x, y, row = 0.0, y + row, 0.0
        packed.append([(sx - left + x, sy - top + y) for sx, sy in spots])
        x, row = x + width, max(row, height)
    return packed
