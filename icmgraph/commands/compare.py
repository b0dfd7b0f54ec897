"""``compare``, ``connected``, ``history``, ``why``: what cases have in common, what was done, and why one sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from icmgraph.commands import output
from icmgraph.commands.run import PAGE, Cursor, Limit, Run, command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icmgraph.model.answers import Comparison, Connected, Ground, HistoryEntry, Node, Reason

top = typer.Typer()

POSSIBLE = "Rows of kind name rest on equal names alone: perhaps different people."


@command(top, "compare")
def compare(
    run: Run,
    cases: Annotated[list[str], typer.Argument(metavar="CASE CASE...", help="Ids of two to ten cases.")],
    evidence: Annotated[bool, typer.Option("--evidence", help="Also the assertions behind each reason.")] = False,
    limit: Limit = PAGE,
) -> None:
    """Show what cases have in common, and in which records."""
    with run.client() as api, output.waiting("comparing ..."):
        found = api.compare(cases, limit)
    run.show(found, lambda: _comparison(found, evidence))


def _comparison(found: Comparison, evidence: bool) -> None:
    if not found.reasons:
        output.note("Nothing in common within what you may see.")
    else:
        rows = []
        for reason in found.reasons:
            sides = {side.case: ", ".join(node.name for node in side.records) or "the case" for side in reason.sides}
            rows.append((reason.kind, _what(reason), *(sides.get(case.id) for case in found.cases)))
        output.table(("why", "what", *(case.number for case in found.cases)), rows)
    if evidence and found.reasons:
        output.line()
        _evidence(found.reasons)
    _notes(found.reasons, found.hubs)
    if found.truncated:
        output.note("There is more than was returned: ask with a larger --limit or for fewer cases.")


def _what(reason: Reason) -> str:
    if reason.node is not None:
        return f"{reason.node.kind} {reason.node.name}"
    return ", ".join(sorted({link.detail or link.type for link in reason.evidence}))


def _evidence(reasons: Sequence[Reason]) -> None:
    names = {node.id: node.name for reason in reasons for side in reason.sides for node in side.records}
    names |= {reason.node.id: reason.node.name for reason in reasons if reason.node is not None}
    output.table(
        ("why", "assertion", "type", "from", "to", "detail", "source", "confidence"),
        [
            (
                reason.kind, link.id, link.type, names.get(link.start, link.start), names.get(link.end, link.end),
                link.detail, link.source, link.confidence,
            )
            for reason in reasons
            for link in reason.evidence
        ],
    )  # fmt: skip


def _notes(reasons: Sequence[Reason], hubs: Sequence[Node]) -> None:
    if any(reason.possible for reason in reasons):
        output.note(POSSIBLE)
    if hubs:
        named = ", ".join(f"{hub.kind} {hub.name}" for hub in hubs)
        output.note(f"Hubs, beside so many others that they say little and were not followed: {named}.")


@command(top, "connected")
def connected(
    run: Run,
    case: Annotated[str, typer.Argument(metavar="CASE", help="Id of the case.")],
    limit: Limit = PAGE,
    cursor: Cursor = None,
) -> None:
    """List the cases connected to one, the strongest first, and why."""
    with run.client() as api, output.waiting("looking for connected cases ..."):
        page = api.connected(case, cursor, limit)
    run.page(
        page,
        ("id", "number", "title", "reasons", "why"),
        lambda one: (one.id, one.number, one.title, str(one.count), _why(one.reasons, one.count)),
        "No connected case within what you may see.",
    )
    if not run.as_json:
        _page_notes(page)


def _page_notes(page: Connected) -> None:
    _notes([reason for one in page.items for reason in one.reasons], page.hubs)
    if page.partial:
        output.note("The file is too large to be followed whole: there may be more.")
    if any(one.count > len(one.reasons) for one in page.items):
        output.note("`compare` shows all reasons between cases.")


def _why(reasons: Sequence[Reason], count: int) -> str:
    told = [f"{reason.kind} ({_what(reason)})" for reason in reasons]
    return "; ".join(told) + (" ..." if count > len(reasons) else "")


@command(top, "history")
def history(
    run: Run,
    record: Annotated[str, typer.Argument(metavar="ID", help="A case, subject, document or event.")],
    limit: Limit = PAGE,
    cursor: Cursor = None,
) -> None:
    """What was done about a record, newest first. A case's history has what was ended, too."""
    with run.client() as api:
        page = api.history(record, cursor, limit)
    run.page(
        page,
        ("when", "act", "by", "about", "what it said"),
        lambda entry: (entry.at, entry.act, entry.by_name or entry.by, _about(entry, record), _said(entry)),
        "Nothing was done about it within what you may see.",
    )


def _about(entry: HistoryEntry, asked: str) -> str:
    return ", ".join(f"{node.name} {node.id}" for node in entry.about if node.id != asked)


def _said(entry: HistoryEntry) -> str:
    return "; ".join(
        f"{told.what}: " + ", ".join(f"{name} {_shown(value)}" for name, value in told.said.items())
        for told in entry.told
    )


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else "unset" if value is None else str(value)


@command(top, "why")
def why(
    run: Run,
    id: Annotated[str, typer.Argument(metavar="ID", help="A case, record or assertion.")],
) -> None:
    """Why you see it: your own grants behind it. What is hidden is not there."""
    with run.client() as api:
        found = api.explain(id)

    def people() -> None:
        rows = []
        for number, way in enumerate(found.ways, start=1):
            for case in way.cases:
                name = " ".join(filter(None, (case.number, case.title))) or case.id
                rows += [(str(number), f"case {name}", _ground(one), one.starts, one.ends) for one in case.grounds]
            rows += [(str(number), f"caveat {one.name}", "you are on its list", one.starts, one.ends)
                     for one in way.caveats]  # fmt: skip
        output.table(("way", "needs", "you have it by", "from", "until"), rows)
        if len(found.ways) > 1:
            output.note("Each way is enough by itself.")

    run.show(found, people)


def _ground(ground: Ground) -> str:
    if ground.by == "assignment":
        return f"assignment ({', '.join(ground.functions)}{', case agent' if ground.agent else ''})"
    return f"{'leading' if ground.by == 'leading' else 'openness to'} {ground.unit_name}"
