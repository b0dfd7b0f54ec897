"""Expand and paths: breadth-first searches in layers, one statement a layer, over visible relationships."""

from __future__ import annotations

DEPTHS = range(1, 5)
DEFAULT_BOUND = 6
LONGEST_BOUND = 8
