"""``icmgraph demo`` and ``icmgraph demo --stop``."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated

import typer

from icmgraph.commands import output
from icmgraph.commands.run import AsJson
from icmgraph.demo import guide, run
from icmgraph.demo.load import Progress
from icmgraph.settings import Settings


def demo(
    stop: Annotated[bool, typer.Option("--stop", help="Stop what the demo started.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run an example world: a Neo4j, a few hundred cases, the API, tokens; then say what to try."""
    settings = Settings()
    if stop:
        run.stop(settings, output.note)
        return
    with _progress() as progress:
        running = run.start(settings, output.note, progress)
    variables = {} if running.address == settings.base_url else {"ICM_API_URL": running.address}
    people, tries = guide.people(running.world), guide.tries(running.world)
    if as_json:
        output.document(
            {
                "address": running.address,
                "people": [asdict(person) for person in people],
                "try": [
                    {"arguments": one.arguments, "shows": one.shows,
                     "command": guide.command_line(one.arguments, variables)}
                    for one in tries
                ],
            }
        )  # fmt: skip
        return
    _tell(running, people, tries, variables)


@contextmanager
def _progress() -> Iterator[Progress]:
    """A bar on a terminal; else a line at the beginning."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    hidden = not sys.stderr.isatty()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Bar(*columns, console=Console(stderr=True), disable=hidden, transient=True) as bar:
        task = None

        def progress(done: int, steps: int) -> None:
            nonlocal task
            if task is None:
                task = bar.add_task("loading the demo world", total=steps)
                if hidden:
                    output.note("loading the demo world ...")
            bar.update(task, completed=done)

        yield progress


def _tell(running: run.Running, people: list[guide.Person], tries: list[guide.Try], variables: dict[str, str]) -> None:
    say = output.line
    say(f"The demo runs at {running.address}: {len(running.world.cases)} cases of {len(running.world.users)} people.")
    say()
    say(f"Who you may be (--as NAME; tokens in {running.tokens}, valid {run.TOKEN_HOURS} hours):")
    for person in people:
        say(f"  {person.name:12} {person.who}")
        say(f"  {'':12} sees {person.cases} cases: {person.sees}")
    say()
    say("What to try, from this folder:")
    for one in tries:
        say(f"  # {one.shows}")
        say(f"  {guide.command_line(one.arguments, variables)}")
    say()
    say(f"{shlex.quote(guide.program())} demo --stop (make stop) ends it; the world stays.")
