"""The command line: user commands, which ask the HTTP API, and operator commands, which run on the server's machine.

Exit codes: 0 done; 2 usage or bad input; 3 not found (absent and hidden alike); 4 function refused; 5 unavailable;
6 finished with rejects; 1 a fault of ours. Data on stdout, everything else on stderr.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from icmgraph.commands import auditing, case, check, compare, conflict, desk, explore, jobs, output, records, sharing
from icmgraph.commands.run import Api, AsJson, AsName, Debug, Run, TokenFile
from icmgraph.errors import IcmError, InvalidInput

OPERATOR: dict[str, tuple[str, str]] = {
    "init": ("operate:init", "Make the key, the schema and the first administrator."),
    "serve": ("serve:serve", "Run the API."),
    "backup": ("maintain:backup", "Write graph, audit and keys into one file."),
    "restore": ("maintain:restore", "Fill an empty ICM_HOME from a backup."),
    "migrate": ("maintain:migrate", "Bring the graph of an earlier version up to this one."),
    "doctor": ("server:doctor", "Say what is found here, what is missing and how to mend it."),
    "demo": ("demo:demo", "Run an example world; --stop ends it."),
    "neo4j": ("server:neo4j_app", "The managed Neo4j: start, stop, status, log."),
    "import": ("operate:import_", "Import a data set through a mapping."),
    "load": ("load:load", "Load the project's own interchange files, in bulk."),
    "mapping": ("imports:mapping", "Print a mapping to begin with for a file."),
    "people import": ("operate:people_import", "Make units, people and grants as a file says them."),
    "people token": ("operate:people_token", "Write a token of the installation's own issuer for one person."),
    "notices dead": ("notices:dead", "List what did not leave for people who have a notice."),
    "notices resend": ("notices:resend", "Send it again."),
    "notices secret": ("notices:secret", "Print the secret of a person's webhook."),
    "canary add": ("canary:add", "Put out identifiers that nobody has a reason to ask for."),
    "canary list": ("canary:list_", "List them, without what they are."),
    "canary remove": ("canary:remove", "Take one in."),
    "upkeep merge": ("upkeep:merge", "Make two files of one investigation one."),
    "upkeep destroy": ("upkeep:destroy", "Destroy a closed case, with a certificate."),
    "upkeep resume": ("upkeep:resume", "Carry out what is left of acts that were killed."),
    "upkeep sweep": ("upkeep:sweep", "Delete identifiers that nothing uses any more."),
    "upkeep renormalise": ("upkeep:renormalise", "Make identifier keys again after an upgrade."),
    "invariants check": ("operate:invariants_check", "Recompute what carries access, and compare."),
    "audit verify": ("audit:verify", "Walk the audit from its start, with its checkpoints."),
    "audit checkpoint": ("audit:checkpoint", "Sign how the audit stands now."),
    "audit prove": ("audit:prove", "Print a proof that a record is in the audit."),
    "audit prove-consistency": ("audit:prove_consistency", "Print a proof that the audit goes on from a checkpoint."),
    "audit verify-proof": ("audit:check_proof", "Verify such a proof with the public key alone."),
    "audit timestamp": ("timestamps:app", "Time stamps of checkpoints by an authority: request, accept, fetch."),
    "audit export": ("audit:export", "Write the audit as JSON lines: its records, or events of OCSF."),
    "audit erase": ("audit:erase", "Make selectors and names of old acts unreadable for good."),
    "audit key": ("audit:key", "Print the public key of the audit's checkpoints."),
}
"""Operator commands: where in ``icmgraph.commands`` each is, and its line in the list. Imported when one is run:
they bring the database, the drawing and the web server with them."""

PANEL = "For operators, on the server's machine"


class Deferred(TyperCommand):
    """An operator command before it is imported."""

    def __init__(self, name: str, target: str, help: str) -> None:
        super().__init__(name, help=help, rich_help_panel=PANEL)
        self._target = target

    def make_context(self, info_name: Any, args: list[str], parent: Any = None, **extra: Any) -> Any:
        if parent is not None and isinstance(parent.obj, Run) and parent.obj.as_json and "--json" not in args:
            args = [*args, "--json"]
        return self._command().make_context(info_name, args, parent=parent, **extra)

    def _command(self) -> Any:
        module, attribute = self._target.split(":")
        found = getattr(import_module(f"icmgraph.commands.{module}"), attribute)
        if not isinstance(found, typer.Typer):
            single = typer.Typer(add_completion=False)
            single.command(self.name)(found)
            found = single
        return typer.main.get_command(found)


class Root(TyperGroup):
    """Mounts the operator commands, and turns errors into one line and an exit code."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._debug = False
        for name, (target, help) in OPERATOR.items():
            group, _, single = name.rpartition(" ")
            command: Any = Deferred(single, target, help)
            if group in self.commands:
                self.commands[group].add_command(command)  # type: ignore[attr-defined]
            elif group:
                inside = {single: command}
                self.add_command(
                    TyperGroup(name=group, commands=inside, help=help, no_args_is_help=True, rich_help_panel=PANEL)
                )
            else:
                self.add_command(command)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (IcmError, ValueError) as error:
            found = error if isinstance(error, IcmError) else _wrong_setting(error)
            if found is None:
                raise
            self._explain(error)
            output.note(f"icmgraph: {found}")
            raise typer.Exit(found.exit_code) from None

    def main(self, args: Sequence[str] | None = None, *rest: Any, **settings: Any) -> Any:
        # Wherever it stands: an error may come before, in or after the command's own options.
        self._debug = "--debug" in (sys.argv[1:] if args is None else args)
        try:
            return super().main(args, *rest, **settings)
        except Exception as error:
            self._explain(error)
            # Its text may quote what was asked.
            output.note(f"icmgraph: a fault of ours ({type(error).__name__}); --debug shows where")
            sys.exit(IcmError.exit_code)

    def _explain(self, error: Exception) -> None:
        if self._debug:
            traceback.print_exception(error)


def _wrong_setting(error: ValueError) -> InvalidInput | None:
    """What is wrong in the environment, by the settings' names; None for any other error."""
    from pydantic import ValidationError

    if not isinstance(error, ValidationError) or error.title != "Settings":
        return None
    wrong = error.errors(include_url=False, include_input=False, include_context=False)
    return InvalidInput(
        "; ".join(
            ": ".join([*(f"ICM_{name}".upper() for name in one["loc"]), str(one["msg"]).removeprefix("Value error, ")])
            for one in wrong
        )
    )


app = typer.Typer(
    cls=Root,
    help="Link analysis for investigations, under need-to-know.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(check.top)
app.add_typer(check.inbox_app, name="inbox")
app.add_typer(check.register_app, name="register")
app.add_typer(check.receipt_app, name="receipt")
app.add_typer(conflict.app, name="conflict")
app.add_typer(desk.app, name="desk")
app.add_typer(desk.top)
app.add_typer(explore.top)
app.add_typer(compare.top)
app.add_typer(case.app, name="case")
app.add_typer(records.subject_app, name="subject")
app.add_typer(records.document_app, name="document")
app.add_typer(records.event_app, name="event")
app.add_typer(records.link_app, name="link")
app.add_typer(records.top)
app.add_typer(sharing.top)
app.add_typer(sharing.caveat_app, name="caveat")
app.add_typer(jobs.top)
app.add_typer(jobs.app, name="job")
app.add_typer(auditing.app, name="audit")


def _version(wanted: bool) -> None:
    if wanted:
        from icmgraph import __version__

        output.line(f"icmgraph {__version__}")
        raise typer.Exit


@app.callback()
def root(
    ctx: typer.Context,
    as_name: AsName = None,
    api: Api = None,
    token_file: TokenFile = None,
    as_json: AsJson = False,
    debug: Debug = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    ctx.obj = Run(as_name, api, token_file, as_json)


def main() -> None:
    """The entry point of ``icmgraph``."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal without these letters is no reason to fail
    app()
