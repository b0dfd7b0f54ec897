"""``search``, ``expand``, ``path``, ``chart``: questions to the graph, within what one may see."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path as File
from typing import TYPE_CHECKING, Annotated

import typer

from icmgraph.commands import output
from icmgraph.commands.files import must_be_free
from icmgraph.commands.run import PAGE, SELECTORS, Cursor, Limit, Run, Selected, build, command
from icmgraph.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icmgraph.model.answers import Link, Node, Path, Paths, Subgraph

top = typer.Typer()

Start = Annotated[str, typer.Argument(metavar="ID", help="A subject, case, document or event.")]
Depth = Annotated[int, typer.Option(min=1, max=4, help="Relationships away; a shared phone is 2.")]
Types = Annotated[
    str | None, typer.Option(metavar="A,B", help="Relationship types to walk, such as HAS_IDENTIFIER,SAME_AS.")
]

HUBS_NAMED = 10
"""Hubs that are named; after that they are counted."""


def _types(given: str | None) -> Sequence[str]:
    from icmgraph.model.records import WALKED

    return WALKED if given is None else [one.strip().upper() for one in given.split(",") if one.strip()]


@command(top, "search", gathered=SELECTORS)
def search(
    run: Run,
    selected: list[Selected],
    name: Annotated[str | None, typer.Option(metavar="NAME", help="A name, spelled in whatever way.")] = None,
    prefix: Annotated[bool, typer.Option("--prefix", help="The name's words are beginnings of words.")] = False,
    kind: Annotated[str | None, typer.Option(metavar="KIND", help="With --name: Person, Organization ...")] = None,
    threshold: Annotated[
        float | None, typer.Option(min=0, max=1, help="With --name: leave out what is less alike.")
    ] = None,
    limit: Limit = PAGE,
    cursor: Cursor = None,
) -> None:
    """Find the subjects you see that have one of these identifiers, or a name like this one."""
    from icmgraph.model.checks import Selector

    if bool(selected) == (name is not None):
        raise InvalidInput("give at least one selector, such as --phone, or a --name")
    if name is not None:
        search_names(run, name, kind, prefix, threshold, cursor, limit)
        return
    if prefix or kind is not None or threshold is not None:
        raise InvalidInput("--prefix, --kind and --threshold go with --name")
    with run.client() as api:
        page = api.search([build(Selector, **one.as_input()) for one in selected], cursor, limit)
    run.page(
        page,
        ("id", "kind", "name", "by", "value"),
        lambda hit: (hit.id, hit.kind, hit.name, hit.identifier_kind, hit.value),
        "No record within what you may see. `check` asks whether others work on it.",
    )


def search_names(
    run: Run, name: str, kind: str | None, prefix: bool, threshold: float | None, cursor: str | None, limit: int
) -> None:
    """The subjects that have a name like this one."""
    from icmgraph.model.records import SubjectKind

    kinds = {one.value.lower(): one for one in SubjectKind}
    if kind is not None and kind.lower() not in kinds:
        raise InvalidInput(f"one of {', '.join(SubjectKind)}", field="--kind")
    of = kinds[kind.lower()] if kind is not None else None
    with run.client() as api:
        page = api.search_names(name, of, prefix=prefix, threshold=threshold, cursor=cursor, limit=limit)
    run.page(
        page,
        ("id", "kind", "name", "score", "by", "value", "why"),
        lambda hit: (hit.id, hit.kind, hit.name, f"{hit.score:.2f}", hit.attribute_kind, hit.value, hit.reason),
        "No name like this within what you may see. `check` asks whether others work on it.",
    )


@command(top, "expand")
def expand(
    run: Run,
    start: Start,
    depth: Depth = 1,
    types: Types = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Most nodes.")] = None,
) -> None:
    """Show what stands around a record."""
    with run.client() as api, output.waiting("expanding ..."):
        found = api.expand(start, depth, _types(types), limit)
    run.show(found, lambda: _subgraph(found))


def _subgraph(found: Subgraph) -> None:
    names = {node.id: node.name for node in found.nodes}
    marks = dict.fromkeys(found.hubs, "hub: not walked through") | dict.fromkeys(found.start, "start")
    output.table(
        ("id", "what", "kind", "name", "as"),
        [(node.id, node.label, node.kind, node.name, marks.get(node.id, " ")) for node in found.nodes],
    )
    output.line()
    output.table(
        ("assertion", "type", "from", "to", "detail", "confidence"),
        [
            (one.id, one.type, names.get(one.start), names.get(one.end), one.detail, one.confidence)
            for one in found.links
        ],
    )
    output.note(f"{len(found.nodes)} nodes, {len(found.links)} links.")
    hubs = set(found.hubs)
    _hubs([node for node in found.nodes if node.id in hubs], found.hub_degree)
    if found.truncated:
        output.note("There is more than was returned: ask for a smaller depth, fewer types or a larger --limit.")


@command(top, "path")
def path(
    run: Run,
    start: Annotated[str, typer.Argument(metavar="A", help="Id of one record.")],
    end: Annotated[str, typer.Argument(metavar="B", help="Id of the other.")],
    bound: Annotated[int, typer.Option(min=1, max=8, help="Longest path looked for, in relationships.")] = 6,
    types: Types = None,
) -> None:
    """Show all shortest paths between two records, and what stands behind each step."""
    with run.client() as api, output.waiting("looking for paths ..."):
        found = api.paths(start, end, bound, _types(types))
    run.show(found, lambda: _paths(found, bound))


def _paths(found: Paths, bound: int) -> None:
    if found.length is None and found.truncated:
        output.line("The search met its limit before an answer: ask with a smaller --bound or fewer --types.")
    elif found.length is None:
        output.line(f"No path within {_steps(bound)} within what you may see.")
    else:
        more = ", and there are more" if found.truncated else ""
        count = "1 path" if len(found.paths) == 1 else f"{len(found.paths)} paths"
        output.line(f"{count} of {_steps(found.length)}, the shortest{more}.")
        nodes = {node.id: node for node in found.nodes}
        links = {link.id: link for link in found.links}
        for number, one in enumerate(found.paths, 1):
            output.line()
            output.line(f"path {number}")
            _chain(one, nodes, links)
    _hubs(found.hubs, found.hub_degree)


def _hubs(hubs: Sequence[Node], degree: int) -> None:
    """What stopped a walk, and how to go on there on purpose."""
    for hub in hubs[:HUBS_NAMED]:
        purpose = "search for it to see who has it" if hub.label == "Identifier" else f"expand {hub.id} on purpose"
        output.note(f"{hub.kind} {hub.name}: a hub of more than {degree} links, not walked through; {purpose}.")
    if len(hubs) > HUBS_NAMED:
        output.note(f"And {len(hubs) - HUBS_NAMED} more hubs.")


def _steps(number: int) -> str:
    return "1 step" if number == 1 else f"{number} steps"


def _chain(path: Path, nodes: dict[str, Node], links: dict[str, Link]) -> None:
    """Node by node, and under each the assertions that lead on: ``->`` as it was asserted, ``<-`` against it."""
    for step in path.steps[:1]:
        output.line("  " + _named(nodes[step.start]))
    for step in path.steps:
        for link in (links[id] for id in step.links):
            arrow = "->" if link.start == step.start else "<-"
            said = [link.type, f"({link.detail})" if link.detail else "", _behind(link)]
            output.line(f"    {arrow} {' '.join(part for part in said if part)}")
        output.line("  " + _named(nodes[step.end]))


def _named(node: Node) -> str:
    return f"{node.name} [{node.kind if node.label in ('Subject', 'Identifier') else node.label}] {node.id}"


def _behind(link: Link) -> str:
    said = (("assertion", link.id), ("source", link.source), ("confidence", link.confidence))
    return ", ".join(f"{name} {value}" for name, value in said if value)


@command(top, "chart")
def chart(
    run: Run,
    start: Start,
    file: Annotated[File, typer.Option("-o", "--output", metavar="FILE", help="The HTML file to write.")],
    depth: Depth = 2,
    types: Types = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if there is one.")] = False,
) -> None:
    """Draw what stands around a record: one HTML file that needs no network. Readable by you alone (0600)."""
    must_be_free(file, force)
    with run.client() as api, output.waiting("drawing ..."):
        page = api.chart(start, depth, _types(types))
    write_private(file, page, force)
    if run.as_json:
        output.document({"file": str(file)})
    else:
        output.line(str(file))
        output.note("Open it in a browser. It shows what you may see: hand it on only to those who may see it too.")


class Format(StrEnum):
    FTM = "ftm"
    GRAPHML = "graphml"
    GEXF = "gexf"


@command(top, "export")
def export(
    run: Run,
    case: Annotated[str, typer.Argument(metavar="CASE", help="Id of a case.")],
    format: Annotated[Format, typer.Option(help="followthemoney entities (JSON lines), GraphML or GEXF.")],
    file: Annotated[File, typer.Option("-o", "--output", metavar="FILE", help="The file to write.")],
    force: Annotated[bool, typer.Option("--force", help="Replace the file if there is one.")] = False,
) -> None:
    """Write what you see of a case's file for other programs. Readable by you alone (0600)."""
    must_be_free(file, force)
    with run.client() as api, output.waiting("exporting ..."):
        text = api.export(case, format.value)
    write_private(file, text, force)
    if run.as_json:
        output.document({"file": str(file)})
    else:
        output.line(str(file))
        output.note("It holds what you may see: hand it on only to those who may see it too.")


def write_private(file: File, text: str, force: bool) -> None:
    """UTF-8, 0600 from its first byte. With ``force`` the former file stays until the new one is whole.

    Raises:
        InvalidInput: it is there already, or cannot be written.
    """
    target = file.with_name(f".{file.name}.{os.getpid()}.partial") if force else file
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
                opened.write(text)
            os.replace(target, file)
        except BaseException:
            target.unlink(missing_ok=True)
            raise
    except FileExistsError:
        raise InvalidInput(f"{file} is there already: --force replaces it") from None
    except OSError as error:
        raise InvalidInput(f"{file} cannot be written: {error.strerror}") from None
