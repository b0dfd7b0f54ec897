"""What every user command shares: who asks which API, how the answer is shown, the selectors' options.

``command`` declares a user command. Its function gets a ``Run`` first and its own parameters after; the options
that all of them have (``--as``, ``--api``, ``--token-file``, ``--json``, ``--debug``) stand before the command's name
or after it. Nothing heavy is imported until a command runs: ``--help`` has to be quick.
"""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from icmgraph.commands import output
from icmgraph.errors import InvalidInput

if TYPE_CHECKING:
    from pydantic import BaseModel

    from icmgraph.client import Client
    from icmgraph.model.answers import Page

Model = TypeVar("Model", bound="BaseModel")
Item = TypeVar("Item")

AsName = Annotated[
    str | None, typer.Option("--as", metavar="NAME", help="Who you are in the demo: reads .icm/tokens/NAME.jwt.")
]
Api = Annotated[str | None, typer.Option("--api", metavar="URL", help="The API's address; else ICM_API_URL.")]
TokenFile = Annotated[
    Path | None, typer.Option("--token-file", metavar="FILE", help="Your bearer token; else ICM_TOKEN_FILE.")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show where an error came from.")]

Limit = Annotated[int, typer.Option(min=1, max=500, help="Most lines of one page.")]
Cursor = Annotated[str | None, typer.Option(metavar="CURSOR", help="Go on from the page before.")]
CaseOption = Annotated[str, typer.Option("--case", metavar="ID", help="The case you work in.")]
Caveats = Annotated[list[str] | None, typer.Option("--caveat", metavar="ID", help="A caveat to add; may be repeated.")]
Source = Annotated[str | None, typer.Option("--source", metavar="ID", help="The document it stands in.")]
Confidence = Annotated[str | None, typer.Option("--confidence", help="low, medium or high.")]

PAGE = 50
"""Lines of a page unless the question says otherwise; the API's own default."""

TOKEN_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}")
"""Whose token a file of ICM_HOME/tokens is."""
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{1,16384}")


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the command line."""

    as_name: str | None = None
    api: str | None = None
    token_file: Path | None = None
    as_json: bool = False

    def given(self, options: dict[str, Any]) -> Run:
        """With options said after the command too; those win, a flag counts wherever it stands."""
        return replace(self, **{name: value for name, value in options.items() if value not in (None, False)})

    @contextmanager
    def client(self) -> Iterator[Client]:
        """The API, as the person whose token this is.

        Raises:
            InvalidInput: nobody is named, the token file is not there, or others may read it.
        """
        from icmgraph.client import Client
        from icmgraph.settings import Settings

        settings = Settings()
        file = self._token_file(settings.home, settings.token_file)
        with Client(self.api or settings.base_url, read_token(file), ca=settings.api_ca) as client:
            yield client

    def _token_file(self, home: Path, configured: Path | None) -> Path:
        if self.as_name is not None and self.token_file is not None:
            raise InvalidInput("give --as or --token-file, not both")
        if self.as_name is not None:
            if not TOKEN_NAME.fullmatch(self.as_name):
                raise InvalidInput("letters, digits, dots, hyphens and underscores", field="--as")
            return home / "tokens" / f"{self.as_name}.jwt"
        file = self.token_file or configured
        if file is None:
            raise InvalidInput("say who you are: --token-file FILE, ICM_TOKEN_FILE, or --as NAME in the demo")
        return file

    def show(self, answer: BaseModel, people: Callable[[], None]) -> None:
        """The answer: as JSON, or as ``people`` prints it with the sentence that says within what it holds."""
        if self.as_json:
            output.document(answer.model_dump(mode="json"))
            return
        people()
        if scope := getattr(answer, "scope", None):
            output.note(scope)

    def page(
        self, page: Page[Item], heads: Sequence[str], row: Callable[[Item], Sequence[str | None]], empty: str
    ) -> None:
        """One page of a list, and how to get the next."""

        def people() -> None:
            if page.items:
                output.table(heads, map(row, page.items))
            else:
                output.note(empty)
            output.more(page.next, page.truncated)

        self.show(page, people)

    def done(self, answer: BaseModel, message: str) -> None:
        """What a write made: its id as data, and a word about it."""

        def people() -> None:
            output.line(str(getattr(answer, "id", "")))
            output.note(message)

        self.show(answer, people)

    def said(self, message: str) -> None:
        """An act without an answer of its own."""
        if self.as_json:
            output.document({"done": True})
        else:
            output.note(message)


def read_token(file: Path) -> str:
    """
    Raises:
        InvalidInput: absent, readable by others, or not a token. Never shows its content.
    """
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
        with os.fdopen(descriptor, encoding="ascii") as opened:
            if os.fstat(descriptor).st_mode & 0o077:
                raise InvalidInput(f"others may read the token file {file}; run: chmod 600 {file}")
            token = opened.read().strip()
    except (OSError, UnicodeDecodeError):
        raise InvalidInput(f"no token can be read from {file}") from None
    if not _TOKEN.fullmatch(token):
        raise InvalidInput(f"{file} does not hold a token")
    return token


def build(model: type[Model], **values: Any) -> Model:
    """An input value of what was said; what was not said (None) is left out.

    Raises:
        InvalidInput: names the field, never the value.
    """
    import json

    from pydantic import ValidationError

    try:
        # As JSON, in which the strict models take dates and lists as the API does.
        return model.model_validate_json(
            json.dumps({name: value for name, value in values.items() if value is not None})
        )
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        message = _plain(first["type"], first["msg"], first.get("ctx", {}))
        raise InvalidInput(message, field=".".join(map(str, first["loc"])) or None) from None


def _plain(kind: str, message: str, context: Mapping[str, Any]) -> str:
    """What is wrong, and for what people do most often, what to write."""
    from icmgraph.model.records import UUID4

    if kind == "timezone_aware":
        return "write the offset from UTC too: 2026-12-01T09:00-05:00"
    if context.get("pattern") == UUID4:
        return "not an id: a UUID in lower case"
    return message.removeprefix("Value error, ")


@dataclass(frozen=True, slots=True)
class Gathered:
    """Options that several commands have; their function gets what they say together, as ``name``.

    Attributes:
        of: takes its options out of the values given.
        typed: of what ``of`` gave and a field as the API calls it: the name by which it was typed; None if it is none
            of these options.
    """

    name: str
    options: Mapping[str, Any]
    of: Callable[[dict[str, Any]], Any]
    typed: Callable[[Any, str], str | None] = lambda given, field: None


def command(
    app: typer.Typer, name: str | None, *, gathered: Gathered | None = None, **settings: Any
) -> Callable[..., Any]:
    """Declare a user command; without a name, what the group itself does when no command of it is named."""

    def declare(function: Callable[..., None]) -> Callable[..., None]:
        own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
        if gathered is not None:
            own = [one for one in own if one.name != gathered.name]

        def call(ctx: typer.Context, **values: Any) -> None:
            values.pop("debug")  # read where errors are shown
            said = {option: values.pop(option) for option in _COMMON if option in values}
            ctx.obj = ctx.ensure_object(Run).given(said)
            if gathered is not None:
                values[gathered.name] = gathered.of(values)
            if ctx.invoked_subcommand is not None:
                return
            try:
                function(ctx.obj, **values)
            except InvalidInput as error:
                name = gathered and gathered.typed(values[gathered.name], error.field or "")
                if not name:
                    raise
                raise InvalidInput(error.message, field="--" + name.replace("_", "-")) from None

        added = {**(gathered.options if gathered is not None else {}), **_COMMON}
        ctx = inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
        call.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            [ctx, *(one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own), *map(_option, added.items())]
        )
        call.__name__, call.__doc__ = function.__name__, function.__doc__
        if name is None:
            app.callback(invoke_without_command=True, **settings)(call)
        else:
            app.command(name, **settings)(call)
        return function

    return declare


_COMMON: dict[str, Any] = {
    "as_name": AsName, "api": Api, "token_file": TokenFile, "as_json": AsJson, "debug": Debug,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Selected:
    """One selector as it was typed. ``partial``: the last seven digits of a phone."""

    kind: str
    value: str
    region: str | None = None
    postcode: str | None = None
    partial: bool = False

    def as_input(self) -> dict[str, Any]:
        parts = {"kind": self.kind, "value": self.value, "region": self.region, "postcode": self.postcode}
        given: dict[str, Any] = {name: text for name, text in parts.items() if text is not None}
        return {**given, "partial": True} if self.partial else given


KINDS = (
    "phone", "email", "url", "ip", "vin", "plate", "account", "address", "document", "handle", "wallet", "imei",
    "other",
)  # fmt: skip
"""The kinds of identifiers; a test holds them equal to ``IdentifierKind``, which is heavy to import."""

SELECTORS_PANEL = "Selectors (each may be repeated)"
_SELECTORS: dict[str, Any] = {
    f"of_{kind}": Annotated[
        list[str] | None, typer.Option(f"--{kind}", metavar="VALUE", help=f"{kind}", rich_help_panel=SELECTORS_PANEL)
    ]
    for kind in KINDS
}
_SELECTORS["region"] = Annotated[
    str | None,
    typer.Option(metavar="XX", help="Country of phones without +, two letters.", rich_help_panel=SELECTORS_PANEL),
]
_SELECTORS["postcode"] = Annotated[
    str | None, typer.Option(metavar="CODE", help="Postcode of the addresses.", rich_help_panel=SELECTORS_PANEL)
]


def _selected(values: dict[str, Any]) -> list[Selected]:
    region, postcode = values.pop("region"), values.pop("postcode")
    return [
        Selected(kind, value, region if kind == "phone" else None, postcode if kind == "address" else None)
        for kind in KINDS
        for value in values.pop(f"of_{kind}") or ()
    ]


def typed(selected: Sequence[Selected], field: str) -> str | None:
    """What a field of a question is called by who types it: ``selectors.1.value`` of a phone is ``phone``."""
    match field.split("."):
        case ["selectors" | "identifiers", number, "value" | "kind"]:
            one = selected[int(number)]
            return "phone_end" if one.partial else one.kind
        case ["selectors" | "identifiers", _, ("region" | "postcode") as part]:
            return part
        case ["names", _, ("name" | "birth_date") as part]:
            return part
    return None


SELECTORS = Gathered("selected", _SELECTORS, _selected, typed)
"""The selectors' options; the function gets a list of ``Selected``."""


def _option(item: tuple[str, Any]) -> inspect.Parameter:
    name, annotation = item
    default = False if annotation in (AsJson, Debug) else None
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)
