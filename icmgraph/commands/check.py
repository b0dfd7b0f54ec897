"""``whoami``, ``inbox``, ``check``, ``register``, ``receipt``: the person, and deconfliction."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from icmgraph.commands import output
from icmgraph.commands.files import read_text
from icmgraph.commands.planned import ASKED, Asked, write_calendar, write_map
from icmgraph.commands.run import PAGE, Cursor, Limit, Run, build, command
from icmgraph.errors import InvalidInput

if TYPE_CHECKING:
    from icmgraph.model.answers import CaseCheckAnswer, CheckAnswer, Me, Pointer, Receipt, Registered, RegistrationCard

top = typer.Typer()
inbox_app = typer.Typer(help="Your notices, newest first; `ack` marks one as read.")
register_app = typer.Typer(help="Checks that stay: later entries match them too.", no_args_is_help=True)
receipt_app = typer.Typer(help="Receipts of your checks.", no_args_is_help=True)

REASON = "before opening a case"
"""What a check is for unless its asker says otherwise."""


@command(top, "whoami")
def whoami(run: Run) -> None:
    """Who you are here, your functions and units."""
    with run.client() as api:
        me = api.me()
    run.show(me, lambda: _me(me))


def _me(me: Me) -> None:
    output.fields(
        [
            ("id", me.id),
            ("name", me.name),
            ("class", me.user_class),
            ("functions", ", ".join(me.functions)),
            ("contact", me.contact),
            *((("unit", " ".join(unit.values()))) for unit in me.units),
        ]
    )


@command(inbox_app, None)
def inbox(run: Run, limit: Limit = PAGE, cursor: Cursor = None) -> None:
    """Your notices, newest first."""
    with run.client() as api:
        page = api.inbox(cursor, limit)
    run.page(
        page,
        ("id", "at", "kind", "acknowledged", "what it says"),
        lambda one: (one.id, one.at, one.kind, one.acknowledged, output.words(one.body)),
        "No notice.",
    )


@command(inbox_app, "ack")
def acknowledge(run: Run, notice: Annotated[str, typer.Argument(metavar="ID", help="The notice.")]) -> None:
    """Mark a notice as read."""
    with run.client() as api:
        api.acknowledge(notice)
    run.said("Acknowledged.")


Names = Annotated[list[str] | None, typer.Option("--name", metavar="TEXT", help="A name; may be repeated.")]
BirthDate = Annotated[str | None, typer.Option(metavar="DATE", help="Of the one --name: 1980, 1980-05 or 1980-05-17.")]
Reason = Annotated[str, typer.Option(help="Why you ask, for auditors.")]
Reference = Annotated[str | None, typer.Option(help="Your own file or lead number; beside you auditors see it.")]
Mode = Annotated[
    str | None,
    typer.Option(metavar="MODE", help="What the other side learns: open (you), brokered (the desk), silent."),
]
Behalf = Annotated[
    str | None,
    typer.Option("--on-behalf-of", metavar="PERSON", help="With silent: whose it is, a member of a unit you lead."),
]


@command(top, "check", gathered=ASKED)
def check(
    run: Run,
    asked: Asked,
    name: Names = None,
    birth_date: BirthDate = None,
    reason: Reason = REASON,
    reference: Reference = None,
    mode: Mode = None,
    behalf: Behalf = None,
    file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A CSV of subjects to check, a row each: name, birth_date, phone, plate ..."),
    ] = None,
    case: Annotated[
        str | None, typer.Option(metavar="ID", help="All that you see in the file of a case in which you write.")
    ] = None,
) -> None:
    """Ask whether anybody works on these selectors, and get a receipt. Looks at everything, shows pointers only."""
    from icmgraph.model.checks import CheckInput

    purpose = {"reason": reason, "reference": reference, "mode": mode, "on_behalf_of": behalf}
    if file is not None or case is not None:
        also = bool(asked.selected or asked.event or name)
        if file is not None and (also or case is not None):
            raise InvalidInput("stands alone, without other selectors", field="--file")
        if file is not None:
            from icmgraph.commands.check_file import check_file

            check_file(run, file, purpose)
        else:
            beside = _question(asked, name, birth_date) if also else None
            _check_case(run, {"case": case, "beside": beside, **purpose})
        return
    sought = _question(asked, name, birth_date)
    question = build(CheckInput, **sought, **purpose)
    with run.client() as api, output.waiting("checking ..."):
        answer = api.check(question)
    run.show(answer, lambda: _answer(answer, _typed(asked, name)))


def _check_case(run: Run, said: dict[str, Any]) -> None:
    from icmgraph.model.checks import CaseCheckInput

    with run.client() as api, output.waiting("checking ..."):
        answer = api.check_case(build(CaseCheckInput, **said))
    run.show(answer, lambda: _answer(answer, _in_file(answer)))


def _in_file(answer: CaseCheckAnswer) -> list[str]:
    return [f"{one.kind} {one.value}" for one in answer.selectors]


@command(register_app, "add", gathered=ASKED)
def register(
    run: Run,
    asked: Asked,
    name: Names = None,
    birth_date: BirthDate = None,
    reason: Reason = REASON,
    reference: Reference = None,
    mode: Mode = None,
    behalf: Behalf = None,
    days: Annotated[int | None, typer.Option(help="How long it stands; unset, as the installation has it.")] = None,
) -> None:
    """Check, and let it stand: whoever enters, checks or registers it later is told, and so are you."""
    from icmgraph.model.checks import RegistrationInput

    sought = _question(asked, name, birth_date)
    given = {"reason": reason, "reference": reference, "mode": mode, "on_behalf_of": behalf, "days": days}
    question = build(RegistrationInput, **sought, **given)
    with run.client() as api, output.waiting("checking ..."):
        answer = api.register(question)

    _registered(run, answer, _typed(asked, name))


@command(register_app, "case")
def register_case(
    run: Run,
    case: Annotated[str, typer.Argument(metavar="CASE", help="A case in which you write.")],
    reason: Annotated[str, typer.Option(help="Why you ask, for auditors.")],
    reference: Reference = None,
    mode: Annotated[
        str | None, typer.Option(metavar="MODE", help="What the other side learns: open (you), brokered (the desk).")
    ] = None,
    days: Annotated[int | None, typer.Option(help="How long it stands; unset, as the installation has it.")] = None,
) -> None:
    """Check all that you see in a case's file, now and each day: what is new then comes to your inbox."""
    from icmgraph.model.checks import CaseRegistrationInput

    given = {"case": case, "reason": reason, "reference": reference, "mode": mode, "days": days}
    with run.client() as api, output.waiting("checking ..."):
        answer = api.register_case(build(CaseRegistrationInput, **given))
    _registered(run, answer, _in_file(answer))


def _registered(run: Run, answer: Registered, typed: list[str]) -> None:
    def people() -> None:
        _answer(answer, typed)
        output.line()
        output.fields([("registration", answer.registration), ("stands until", answer.stands_until)])

    run.show(answer, people)


def _question(asked: Asked, name: list[str] | None, birth_date: str | None) -> dict[str, Any]:
    names = name or []
    if birth_date is not None and len(names) != 1:
        raise InvalidInput("goes with exactly one --name", field="--birth-date")
    known = {} if birth_date is None else {"birth_date": birth_date}
    subject = {"selectors": [one.as_input() for one in asked.selected], "names": [{"name": n, **known} for n in names]}
    return {**subject, "event": asked.event}


def _typed(asked: Asked, name: list[str] | None) -> list[str]:
    subject = [f"{one.kind} {one.value}" for one in asked.selected] + [f"name {one}" for one in name or []]
    return subject + asked.typed


@command(register_app, "list")
def registrations(run: Run, limit: Limit = PAGE, cursor: Cursor = None) -> None:
    """Your registrations, newest first; an expired one stands no more."""
    with run.client() as api:
        page = api.registrations(cursor, limit)
    run.page(
        page,
        ("id", "stands until", "mode", "seeks", "reference"),
        lambda one: (one.id, _until(one), one.mode, _sought(one), one.reference),
        "No registration.",
    )


def _until(one: RegistrationCard) -> str:
    return one.stands_until if one.stands else f"expired {one.stands_until}"


def _sought(one: RegistrationCard) -> str:
    if one.case is not None:
        return f"what the file of case {one.case} holds, each day; last at {one.reported}"
    parts = [" ".join(filter(None, (part.kind, part.value, part.birth_date))) for part in one.selectors]
    if one.event is not None:
        point = f"{one.event.latitude},{one.event.longitude}" if one.event.latitude is not None else None
        parts.append(" ".join(filter(None, ("operation", one.event.starts, one.event.address, point))))
    return "; ".join(parts)


Registration = Annotated[str, typer.Argument(metavar="ID", help="The registration.")]


@command(register_app, "edit", gathered=ASKED)
def edit(
    run: Run,
    registration: Registration,
    asked: Asked,
    reason: Annotated[str, typer.Option(help="Why it is changed, for auditors.")],
    name: Names = None,
    birth_date: BirthDate = None,
    reference: Reference = None,
    mode: Annotated[str | None, typer.Option(metavar="MODE", help="open or brokered; unset, as it was.")] = None,
) -> None:
    """Say anew all that a registration seeks: what it meets then is told, as of one that is added."""
    from icmgraph.model.checks import RegistrationChange

    sought = _question(asked, name, birth_date)
    change = build(RegistrationChange, **sought, reason=reason, reference=reference, mode=mode)
    with run.client() as api, output.waiting("checking ..."):
        answer = api.edit_registration(registration, change)
    _registered(run, answer, _typed(asked, name))


command(register_app, "map")(write_map)
command(register_app, "calendar")(write_calendar)


@command(register_app, "renew")
def renew(
    run: Run,
    registration: Registration,
    reason: Annotated[str, typer.Option(help="Why it is still needed, for auditors.")],
    days: Annotated[int | None, typer.Option(help="From now; unset, as the installation has it.")] = None,
) -> None:
    """Let a registration stand longer, from now. One that has expired is added again, which checks again."""
    from icmgraph.model.checks import RenewInput

    renewal = build(RenewInput, reason=reason, days=days)
    with run.client() as api:
        card = api.renew(registration, renewal)
    run.done(card, f"Stands until {card.stands_until}.")


@command(register_app, "withdraw")
def withdraw(run: Run, registration: Registration) -> None:
    """End a registration at once."""
    with run.client() as api:
        api.withdraw(registration)
    run.said("Withdrawn.")


def _answer(answer: CheckAnswer, typed: list[str]) -> None:
    _pointers(answer.result, answer.pointers, typed)
    if answer.records:
        output.line()
        output.line("records you may see anyway")
        output.table(
            ("id", "kind", "name", "by", "value"),
            [(hit.id, hit.kind, hit.name, hit.identifier_kind, hit.value) for hit in answer.records],
        )
        if answer.truncated:
            output.note("You may see more of them: `search` pages through all.")
    numbers(answer)


def _pointers(result: str, given: list[Pointer], typed: list[str]) -> None:
    """Who to call about which selector. The selectors are known here because they were typed here."""
    output.line(result[:1].upper() + result[1:] + ".")
    if not given:
        return
    output.line()
    safety = any(pointer.safety for pointer in given)
    output.table(
        ("tier", "selector", "contact", *(("officer safety",) if safety else ())),
        [
            (
                pointer.tier,
                typed[pointer.selector] if pointer.selector < len(typed) else f"selector {pointer.selector + 1}",
                pointer.contact,
                *((pointer.safety,) if safety else ()),
            )
            for pointer in given
        ],
    )


def numbers(answer: CheckAnswer | Receipt) -> None:
    """The receipt, and what the answer covers."""
    output.line()
    output.fields(
        [
            ("receipt", answer.receipt),
            ("valid until", answer.expires),
            ("reference", f"{answer.reference} (quote it when you call)"),
            ("case", getattr(answer, "case", None)),
        ]
    )
    output.line()
    output.line(answer.coverage)


# A number may begin with a dash.
@command(receipt_app, "show", context_settings={"ignore_unknown_options": True})
def show_receipt(run: Run, number: Annotated[str, typer.Argument(metavar="NUMBER", help="Its number.")]) -> None:
    """A receipt of yours, as it was given."""
    with run.client() as api:
        receipt = api.receipt(number)
    run.show(receipt, lambda: _receipt(receipt))


@command(receipt_app, "key")
def show_key(run: Run) -> None:
    """The office's public key, as JSON: keep it in a file, for `receipt verify`."""
    with run.client() as api:
        keys = api.receipt_keys()
    output.document(keys.model_dump(mode="json"))


@command(receipt_app, "verify")
def verify_receipt(
    run: Run,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `check` or `receipt show` gave with --json.")],
    key: Annotated[Path, typer.Option(metavar="FILE", help="What `receipt key` gave.")],
) -> None:
    """Whether a receipt is the office's, unchanged, and still counts. Asks no server."""
    from icmgraph.model.receipts import verify

    said = verify(_signed(read_text(file)), _keys(key))
    if said.expired(datetime.now(UTC)):
        raise InvalidInput(f"the receipt is the office's and unchanged, but it counts no more since {said.expires}")

    def people() -> None:
        output.line("The receipt is the office's, and unchanged.")
        output.line()
        output.fields(
            [
                ("receipt", said.receipt),
                ("asked at", said.at),
                ("selectors", str(len(said.asked))),
                ("result", said.result),
                ("valid until", said.expires),
            ]
        )
        output.line()
        output.line(said.coverage)

    run.show(said, people)


def _signed(text: str) -> str:
    """The JWS in an answer, or the text itself."""
    try:
        answer = json.loads(text)
    except ValueError:
        return text.strip()
    signed = answer.get("signed") if isinstance(answer, dict) else None
    if not isinstance(signed, str):
        raise InvalidInput("there is no signed receipt in it: give what `check --json` printed")
    return signed


def _keys(path: Path) -> list[dict[str, str]]:
    from icmgraph.model.answers import Jwks

    try:
        return Jwks.model_validate_json(read_text(path)).keys
    except ValueError:
        raise InvalidInput("not a key: give the file that `receipt key` was kept in", field="--key") from None


def _receipt(receipt: Receipt) -> None:
    _pointers(receipt.result, receipt.pointers, [])
    output.line()
    output.fields([("asked at", receipt.at), ("selectors", str(len(receipt.asked)))])
    numbers(receipt)
