from __future__ import annotations

from tests.worlds.fixtures import graph

__all__ = ["graph"]
