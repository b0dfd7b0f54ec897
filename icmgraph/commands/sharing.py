"""``share``, ``unshare``, ``caveat``: what several cases, and whom among them, see of a record."""

from __future__ import annotations

from typing import Annotated

import typer

from icmgraph.commands.run import CaseOption, Run, build, command
from icmgraph.errors import InvalidInput

top = typer.Typer()
caveat_app = typer.Typer(help="Caveats on records, assertions and cases.", no_args_is_help=True)

RecordId = Annotated[str, typer.Argument(metavar="ID", help="Id of the record.")]
Target = Annotated[str, typer.Argument(metavar="ID", help="Id of a record, an assertion, or the case itself.")]
Other = Annotated[str, typer.Option("--with", metavar="CASE", help="The other case; you must see it.")]
CaveatId = Annotated[str, typer.Option(metavar="ID", help="The caveat; you must be on its list.")]


@command(top, "share")
def share(
    run: Run,
    record: RecordId,
    case: CaseOption,
    other: Other,
    pick: Annotated[
        list[str] | None, typer.Option("--pick", metavar="ID", help="A value or link to share; may be repeated.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that your case alone asserts on it.")] = False,
    bare: Annotated[bool, typer.Option("--bare", help="The record alone, without any value.")] = False,
    role: Annotated[str, typer.Option(help="A subject's role in the other case.")] = "associate",
) -> None:
    """Put a record of your case in another case's file too. What you do not pick stays with you."""
    from icmgraph.model.records import ShareInput

    if sum((bool(pick), everything, bare)) != 1:
        raise InvalidInput("say what to share: --pick ID ..., --all or --bare", field="--pick")
    picked = "all" if everything else tuple(pick or ())
    asked = build(ShareInput, case=case, share_with=other, assertions=picked, role=role)
    with run.client() as api:
        run.done(api.share(record, asked), "Shared.")


@command(top, "unshare")
def unshare(run: Run, record: RecordId, case: CaseOption, other: Other) -> None:
    """End a share. What the other case said of it stays with that case, on a record of its own."""
    with run.client() as api:
        run.done(api.unshare(record, case, other), "The share has ended.")


@command(caveat_app, "add")
def add(run: Run, target: Target, case: CaseOption, caveat: CaveatId) -> None:
    """Put a caveat on it: who is not on the caveat's list sees it no more, from their next request."""
    from icmgraph.model.records import CaveatInput

    with run.client() as api:
        run.done(api.add_caveat(target, build(CaveatInput, case=case, caveat=caveat)), "Done.")


@command(caveat_app, "remove")
def remove(
    run: Run,
    target: Target,
    case: CaseOption,
    caveat: CaveatId,
    records: Annotated[bool, typer.Option(help="Of a case: off all that it alone asserts too.")] = False,
) -> None:
    """Take it off: a leader of the case's unit who writes in the case and is on the list."""
    from icmgraph.model.records import CaveatInput

    with run.client() as api:
        run.done(api.remove_caveat(target, build(CaveatInput, case=case, caveat=caveat), records), "Done.")
