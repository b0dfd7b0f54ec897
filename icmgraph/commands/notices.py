"""``notices``: what the operator does about notices that did not leave, in process."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from icmgraph import bootstrap, channels
from icmgraph.commands import output
from icmgraph.errors import InvalidInput
from icmgraph.ingest.people import staff_id
from icmgraph.model.source import SystemSource
from icmgraph.queries import outbox
from icmgraph.queries.operator import Operator
from icmgraph.settings import Settings

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


def dead(as_json: AsJson = False) -> None:
    """List what was given up: to whom, by what, how often tried, and what was wrong the last time."""
    with bootstrap.platform(Settings()) as platform:
        rows = outbox.dead_letters(_operator(platform))
    if as_json:
        typer.echo(json.dumps({"items": rows}))
        return
    columns = ("notice", "at", "name", "channel", "tries", "problem")
    output.table(columns, [[str(row[column]) for column in columns] for row in rows])


def resend(
    notices: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Ids of notices, of `dead`.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that was given up.")] = False,
    as_json: AsJson = False,
) -> None:
    """Try again what was given up; a running API sends it. What is no longer wanted goes by taking the address away."""
    if bool(notices) == everything:
        raise InvalidInput("name the notices, or say --all", field="ID")
    with bootstrap.platform(Settings()) as platform:
        count = outbox.resend(_operator(platform), None if everything else notices)
    if as_json:
        typer.echo(json.dumps({"resent": count}))
    else:
        typer.echo(f"{count} to be sent again", err=True)


def secret(
    key: Annotated[str, typer.Argument(help="The key of a person in the file they came from.")], as_json: AsJson = False
) -> None:
    """Print the secret with which the owner of a person's webhook verifies what comes. Another address has another."""
    with bootstrap.platform(Settings()) as platform:
        user = staff_id(platform.keys.imports, "user", key)
        rows = platform.gateway.read(lambda tx: tx.control("staff", ids=[user]))
        if not rows or not (to := rows[0]["webhook"]):
            raise InvalidInput("no person with this key has a webhook; import it first", field="key")
        found = _operator(platform).read(
            "notices.secret", {"user": user}, lambda: channels.secret(platform.keys.webhooks, to)
        )
    typer.echo(json.dumps({"secret": found}) if as_json else found)


def _operator(platform: bootstrap.Platform) -> Operator:
    return Operator(platform.gateway, platform.audit, SystemSource())
