"""``icmgraph serve``."""

from __future__ import annotations

from typing import Annotated

import typer

from icmgraph import operator
from icmgraph.commands.output import note
from icmgraph.settings import Settings

Workers = Annotated[int, typer.Option(min=1, max=64, help="Processes that answer; each needs some 150 MB.")]


def serve(workers: Workers = 1) -> None:
    """Run the API until it is stopped. Its address and the rest are settings: ICM_API_HOST, ICM_API_PORT ..."""
    operator.serve(Settings(), lambda address: note(f"The API answers at {address}; Ctrl-C ends it."), workers)
