"""icmgraph: link analysis for investigations, under need-to-know.

    Client      the API, as one person
    operator    what an operator does on the server's machine
    errors      everything that either raises

``Client`` and ``operator`` are imported when they are first asked for: they bring much with them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from icmgraph.client import Client

__version__ = "0.1.0"
__all__ = ["Client", "__version__", "errors", "operator"]


if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name == "Client":
            return import_module("icmgraph.client").Client
        if name in ("errors", "operator"):
            return import_module(f"icmgraph.{name}")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
