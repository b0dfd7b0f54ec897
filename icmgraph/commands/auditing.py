"""``audit search``, ``patterns`` and ``report``: who did what, for auditors."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from icmgraph.commands import output
from icmgraph.commands.run import PAGE, SELECTORS, Cursor, Gathered, Limit, Run, build, command
from icmgraph.errors import InvalidInput

if TYPE_CHECKING:
    from icmgraph.model.answers import Act, Repeated, ReportCard

app = typer.Typer(help="Who did what (for auditors), and the log itself (for operators).", no_args_is_help=True)
report_app = typer.Typer(help="Questions to the audit that you keep and ask again.", no_args_is_help=True)
app.add_typer(report_app, name="report")

By = Annotated[str | None, typer.Option(metavar="WHAT", help="who, action (count acts) or record (counts persons).")]
AtLeast = Annotated[int | None, typer.Option(metavar="N", help="So many.")]
Within = Annotated[int | None, typer.Option("--within-hours", metavar="N", help="In any stretch of N hours.")]
Report = Annotated[str, typer.Argument(metavar="ID", help="The report.")]

_ACTS = ("number", "at", "who", "action", "result", "records")
_REPEATED = ("what", "count", "first", "last")
NOTHING = "Nothing like this was recorded."


def moment(given: str | None, field: str) -> str | None:
    """A day is its first moment in UTC."""
    if given is None:
        return None
    try:
        at = datetime.fromisoformat(given)
    except ValueError:
        raise InvalidInput("a day or a time, such as 2024-05-06 or 2024-05-06T07:08:09+02:00", field=field) from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).isoformat()


_OPTIONS: dict[str, Any] = {
    "who": Annotated[str | None, typer.Option(metavar="ID", help="The person, or operator.")],
    "action": Annotated[
        list[str] | None, typer.Option(metavar="WORD", help="Such as case.show, deconflict.check; may be repeated.")
    ],
    "record": Annotated[str | None, typer.Option(metavar="ID", help="It was asked for, or left with an answer.")],
    "result": Annotated[
        list[str] | None, typer.Option(metavar="WORD", help="Such as done, not_found; may be repeated.")
    ],
    "names": Annotated[list[str] | None, typer.Option("--name", metavar="NAME", help="A name that was asked for.")],
    "since": Annotated[str | None, typer.Option(metavar="TIME", help="From this moment on.")],
    "until": Annotated[str | None, typer.Option(metavar="TIME", help="Before this moment.")],
    "last_hours": Annotated[int | None, typer.Option(metavar="N", help="In the last N hours, when it is asked.")],
}
"""By the names that the API has for them."""


def _asked(values: dict[str, Any]) -> dict[str, Any]:
    """A question as the API takes it; what was not said is left out."""
    selectors = [one.as_input() for one in SELECTORS.of(values)]
    asked = {name: values.pop(name) for name in _OPTIONS}
    asked |= {name: moment(asked[name], f"--{name}") for name in ("since", "until")}
    return {name: value for name, value in {**asked, "selectors": selectors}.items() if value not in (None, [])}


QUESTION = Gathered("asked", {**SELECTORS.options, **_OPTIONS}, _asked)


@command(app, "search", gathered=QUESTION)
def search(
    run: Run,
    asked: dict[str, Any],
    limit: Limit = PAGE,
    cursor: Cursor = None,
) -> None:
    """Say who did what, newest first. All that is given must hold; of what may be repeated, any."""
    from icmgraph.model.auditing import AuditInput

    with run.client() as api:
        page = api.search_audit(build(AuditInput, **asked), cursor, limit)
    run.page(page, _ACTS, _act, NOTHING)


@command(app, "patterns", gathered=QUESTION)
def patterns(
    run: Run,
    asked: dict[str, Any],
    by: By = "who",
    at_least: AtLeast = 10,
    within: Within = None,
    limit: Limit = PAGE,
) -> None:
    """Say who did so many of these, or which records so many persons met; most first."""
    from icmgraph.model.auditing import PatternInput

    pattern = build(PatternInput, **asked, by=by, at_least=at_least, within_hours=within)
    with run.client() as api, output.waiting("counting ..."):
        page = api.patterns(pattern, limit)
    run.page(page, _REPEATED, _repeated, NOTHING)


@command(app, "silences")
def silences(run: Run, limit: Limit = PAGE, cursor: Cursor = None) -> None:
    """All that is silent, or was until its date came; what ends last first."""
    with run.client() as api:
        page = api.silences(cursor, limit)
    run.page(
        page,
        ("kind", "id", "whose", "by", "at", "until"),
        lambda one: (
            one.kind, one.id, one.whose, one.by, one.at, one.until if one.stands else f"ended {one.until}",
        ),
        "No silence.",
    )  # fmt: skip


@command(report_app, "save", gathered=QUESTION)
def save(
    run: Run,
    asked: dict[str, Any],
    title: Annotated[str, typer.Argument(metavar="TITLE", help="What you call it.")],
    by: By = None,
    at_least: AtLeast = None,
    within: Within = None,
) -> None:
    """Keep a search under a name; with --by and --at-least, a pattern."""
    from icmgraph.model.auditing import ReportInput

    counted = {"by": by, "at_least": at_least, "within_hours": within}
    counted = {option: value for option, value in counted.items() if value is not None}
    kind, question = ("pattern", {**asked, **counted}) if counted else ("search", asked)
    with run.client() as api:
        saved = api.save_report(build(ReportInput, name=title, **{kind: question}))
    run.done(saved, "Saved; icmgraph audit report run asks it.")


@command(report_app, "list")
def reports(run: Run, limit: Limit = PAGE, cursor: Cursor = None) -> None:
    """Your reports, newest first."""
    with run.client() as api:
        page = api.reports(cursor, limit)
    run.page(page, ("id", "saved", "name", "asks"), lambda one: (one.id, one.at, one.name, _asks(one)), "No report.")


@command(report_app, "run")
def run_report(run: Run, report: Report, limit: Limit = PAGE, cursor: Cursor = None) -> None:
    """Ask a report's question again."""
    with run.client() as api, output.waiting("searching ..."):
        answer = api.run_report(report, cursor, limit)

    def people() -> None:
        if answer.acts:
            output.table(_ACTS, map(_act, answer.acts))
        elif answer.repeated:
            output.table(_REPEATED, map(_repeated, answer.repeated))
        else:
            output.note(NOTHING)
        output.more(answer.next, answer.truncated)

    run.show(answer, people)


@command(report_app, "delete")
def delete(run: Run, report: Report) -> None:
    """End a report of your own."""
    with run.client() as api:
        api.delete_report(report)
    run.said("Deleted.")


def _asks(one: ReportCard) -> str:
    kind, asked = ("search", one.search) if one.pattern is None else ("pattern", one.pattern)
    return ": ".join(filter(None, (kind, output.words(asked or {}))))


def _act(act: Act) -> tuple[str, ...]:
    return str(act.seq), act.at, act.who, act.action, act.result or "open", str(len(act.records))


def _repeated(one: Repeated) -> tuple[str, ...]:
    return one.value, str(one.count), one.first, one.last
