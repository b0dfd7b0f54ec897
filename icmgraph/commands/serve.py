"""``icmgraph serve``."""

from __future__ import annotations

from icmgraph import operator
from icmgraph.commands.output import note
from icmgraph.settings import Settings


def serve() -> None:
    """Run the API until it is stopped. Its address and the rest are settings: ICM_API_HOST, ICM_API_PORT ..."""
    operator.serve(Settings(), lambda address: note(f"The API answers at {address}; Ctrl-C ends it."))
