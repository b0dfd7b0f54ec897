"""What the demo tells a person: who they may be, what each may see, what to try."""

from __future__ import annotations

import shlex
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from icmgraph.demo.world import User, World


@dataclass(frozen=True, slots=True)
class Person:
    """``name``: as ``--as`` and the token call them. ``cases``: how many they see."""

    name: str
    user: str
    who: str
    sees: str
    cases: int


@dataclass(frozen=True, slots=True)
class Try:
    """A command of the command line, without the program's name, and what it shows."""

    arguments: tuple[str, ...]
    shows: str


_SEES = {
    "agent": "what is open to the squad, its office or the bureau, and the cases assigned to them",
    "other_agent": "the same for another office: neither sees the other's cases",
    "analyst": "what is open to the intelligence unit: most cases, and no restricted one",
    "supervisor": "as leader, each case of the office, restricted ones included; caveats excepted",
    "auditor": "no file, unless a dated review assigns one",
}


def people(world: World) -> list[Person]:
    """The cast, in the order in which the tokens are printed."""
    users = {user.id: user for user in world.users}
    units = {unit.id: unit.name for unit in world.units}
    return [
        Person(
            role, id, f"{users[id].name}, {users[id].user_class}, {units[users[id].unit]}",
            _SEES[role], cases_seen(world, users[id]),
        )
        for role, id in world.story.cast.items()
    ]  # fmt: skip


def cases_seen(world: World, user: User) -> int:
    """By the rules of need-to-know, from what the world says; the demo's test compares it with the answers."""
    parents = {unit.id: unit.parent for unit in world.units}

    def up(unit: str | None) -> set[str]:
        return {unit, *up(parents[unit])} if unit else set()

    led = {unit for unit in parents if user.leads in up(unit)} if user.leads else set()
    sight = led | (up(user.unit) if user.sight else set())
    held = {caveat.id for caveat in world.caveats if user.id in caveat.cleared}
    return sum(
        held >= set(case.caveats)
        and (
            bool(sight & set(case.open_to))
            or case.unit in led
            or user.id in {case.agent, *(other for other, _ in case.assigned)}
        )
        for case in world.cases
    )


def tries(world: World) -> list[Try]:
    """Commands that show the point, with ids that exist."""
    story = world.story
    ends = (story.start, story.end)
    return [
        Try(
            ("--as", "agent", "check", "--phone", story.phone),
            "somebody works on it: a contact, and nothing of the case, which the agent cannot see",
        ),
        Try(("--as", "agent", "search", "--phone", story.phone), "the agent's own search finds nothing by it"),
        Try(("--as", "other_agent", "inbox"), "the other side of the check: its notice"),
        Try(("--as", "agent", "path", *ends), f"the agent's answer: {story.agent_length} steps, over a firm's phone"),
        Try(
            ("--as", "analyst", "path", *ends),
            f"the same question, another right answer: {story.analyst_length} steps, through that case",
        ),
        Try(("--as", "supervisor", "case", "list"), "the office's cases, the restricted ones too"),
        Try(
            ("--as", "analyst", "chart", story.start, "--depth", "2", "-o", "chart.html"),
            "a picture in one file: open it in a browser",
        ),
    ]


def program() -> str:
    """How to call the command line from here: as short as it still works."""
    script = Path(sys.executable).with_name("icmgraph")
    on_path = shutil.which("icmgraph")
    if on_path and Path(on_path).absolute() == script:
        return "icmgraph"
    try:
        return str(script.relative_to(Path.cwd()))
    except ValueError:
        return str(script)


def command_line(arguments: tuple[str, ...], variables: dict[str, str]) -> str:
    """To be pasted into a shell. ``variables``: settings that it needs."""
    given = [f"{name}={shlex.quote(value)}" for name, value in variables.items()]
    said = [f'"{word}"' if " " in word else shlex.quote(word) for word in arguments]
    return " ".join([*given, program(), *said])
