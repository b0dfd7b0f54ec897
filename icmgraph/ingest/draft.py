"""A mapping to begin with for a file: how it is written, and what its columns look like. Guesses, to be corrected.

Only names of columns and kinds of values go into it, never a value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime
from itertools import islice
from pathlib import Path

from icmgraph.errors import InvalidInput
from icmgraph.ingest.table_mapping import Layout, TableMapping
from icmgraph.ingest.table_rows import opened

SAMPLE = 200
"""Rows looked at."""
HEAD = 64 * 1024
"""Bytes by which encoding and delimiter are guessed."""
_SUFFIXES = {".xlsx": "xlsx", ".xlsm": "xlsx", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl"}

TIMES = (
    "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M", "%Y%m%d%H%M%S", "%d/%m/%Y", "%d.%m.%Y", "%m/%d/%Y", "%Y%m%d",
)  # fmt: skip
"""Ways to write a time that are tried after ISO 8601: the day first before the month first."""

_IDENTIFIERS: Sequence[tuple[str, str, str]] = (
    # (kind, words of a column's name, what its values look like)
    ("email", r"e-?mail", r"[^@\s]+@[^@\s]+\.[^@\s]+"),
    ("imei", r"imei", r"\d{14,16}"),
    ("vin", r"vin|chassis", r"[A-HJ-NPR-Z0-9]{17}"),
    ("ip", r"ip", r"(\d{1,3}\.){3}\d{1,3}|[0-9a-f:]*:[0-9a-f:]+"),
    ("url", r"url|website|web", r"https?://.*"),
    ("phone", r"tel|phone|mobile|cell|msisdn|caller|callee|called|[ab]-?(number|party)", r"[+(]?\d[\d\s()./-]{6,}"),
    ("plate", r"plate|registration|licen[cs]e", r".*"),
    ("account", r"iban|account|acct", r".*"),
    ("address", r"address|street|addr", r".*"),
    ("document", r"passport|id ?(no|number|card)|document|ssn|nhs", r".*"),
    ("handle", r"handle|username|login|nick", r".*"),
    ("wallet", r"wallet", r".*"),
)  # fmt: skip
_ATTRIBUTES: Sequence[tuple[str, str]] = (
    ("birth_date", r"dob|born|birth"),
    ("alias", r"alias|aka"),
    ("name", r"name|suspect|victim|person|company"),
    ("nationality", r"nationality|citizenship"),
    ("make", r"make"),
    ("model", r"model"),
    ("colour", r"colou?r"),
)
_CASE = r"case|file|incident|crime|reference|ref"
_TIME = r"date|time|when|start|began"


def draft(source: Path, name: str | None = None, sheet: str | None = None) -> str:
    """The text of a mapping file for ``source``.

    Raises:
        InvalidInput: it is no table.
    """
    format = _SUFFIXES.get(source.suffix.lower(), "csv")
    layout = Layout(sheet=sheet) if format == "xlsx" else _layout(source, format)
    called = name or re.sub(r"[^a-z0-9]+", "-", source.stem.lower()).strip("-")[:30].strip("-")
    called = called if re.match("[a-z]", called) else f"table-{called}"[:30].strip("-")
    reading = TableMapping.model_validate(
        {"language": 1, "name": called, "source": called, "format": format, "layout": layout}
    )
    columns: dict[str, list[str]] = {}
    with opened(source, reading) as table:
        columns |= {column: [] for column in table.columns or ()}
        for row, wrong in islice(table.rows(), SAMPLE):
            if not wrong:
                for column, value in row.values.items():
                    columns.setdefault(column, []).append(value.strip())
    filled = {column: [value for value in values if value] for column, values in columns.items()}
    return _written(called, format, layout, filled)


def _layout(source: Path, format: str) -> Layout:
    try:
        with source.open("rb") as file, closing(file):
            head = file.read(HEAD)
    except OSError as error:
        raise InvalidInput("cannot be read", field=source.name) from error
    encoding = None
    if not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            head.decode("utf-8")
        except UnicodeDecodeError as error:
            # The last character may have been cut by the end of what was read.
            encoding = "cp1252" if error.start < len(head) - 4 else None
    if format == "jsonl":
        return Layout(encoding=encoding)
    first = head.decode(encoding or ("utf-16" if head[:1] in b"\xff\xfe" and head else "utf-8"), "replace").splitlines()
    header = first[0] if first else ""
    found = max(",;\t|", key=header.count)
    return Layout(encoding=encoding, delimiter=found)


def _fits(values: Sequence[str], test: Callable[[str], object]) -> bool:
    """Whether most of them do; a column without values fits nothing."""
    return bool(values) and sum(bool(test(value)) for value in values) > 0.6 * len(values)


def _named(column: str, words: str) -> bool:
    return re.search(rf"(^|[^a-z])({words})s?([^a-z]|$)", column.lower()) is not None


def _time_format(values: Sequence[str]) -> str | None:
    def reads(format: str) -> Callable[[str], bool]:
        def test(value: str) -> bool:
            try:
                datetime.fromisoformat(value) if format == "iso" else datetime.strptime(value, format)
            except ValueError:
                return False
            return True

        return test

    return next((format for format in ("iso", *TIMES) if _fits(values, reads(format))), None)


def _identifier(column: str, values: Sequence[str]) -> str | None:
    for kind, words, shape in _IDENTIFIERS:
        if _named(column, words) and (not values or _fits(values, re.compile(shape, re.IGNORECASE).fullmatch)):
            return kind
    return "email" if _fits(values, re.compile(_IDENTIFIERS[0][2]).fullmatch) else None


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # JSON's escapes are TOML's


def _field(column: str) -> str:
    plain = re.fullmatch(r"[^{}.<>|:']+", column) and column not in ("start", "end")
    return _quoted("{%s}" % (column if plain else f"'{column}'"))


def _written(name: str, format: str, layout: Layout, columns: dict[str, list[str]]) -> str:
    identifiers: list[str] = []
    attributes: list[str] = []
    others: list[str] = []
    case = when = None
    for column, values in columns.items():
        if ("'" in column and re.search(r"[{}.<>|:]", column)) or re.search(r"[{}]", column):
            others.append(f"{column} (rename it: its name cannot be written in a template)")
        elif case is None and _named(column, _CASE) and not _identifier(column, values):
            case = column
        elif (kind := next((kind for kind, words in _ATTRIBUTES if _named(column, words)), None)) == "birth_date":
            attributes.append(f"birth_date = {_day(column, values)}")
        elif found := _identifier(column, values):
            region = ', region = "ZZ"' if found == "phone" and not _fits(values, lambda v: v.startswith("+")) else ""
            identifiers.append(f'    {{ kind = "{found}", value = {_field(column)}{region} }},')
        elif when is None and (_named(column, _TIME) or not kind) and (format_ := _time_format(values)):
            when = column, format_
        elif kind is not None and not any(line.startswith(f"{kind} =") for line in attributes):
            attributes.append(f"{kind} = {_field(column)}")
        else:
            others.append(column)
    return "\n".join([*_head(name, format, layout), *_case_rule(case), *_subject_rule(attributes, identifiers),
                      *_event_rule(when), *_rest(others)]) + "\n"  # fmt: skip


def _day(column: str, values: Sequence[str]) -> str:
    format = _time_format(values) or "iso"
    return _field(column) if format == "iso" else f'{{ text = {_field(column)}, format = "{format}" }}'


def _head(name: str, format: str, layout: Layout) -> list[str]:
    said = {"encoding": layout.encoding, "delimiter": layout.delimiter, "sheet": layout.sheet}
    if format != "csv" or layout.delimiter == ",":
        said["delimiter"] = None
    lines = [f"{key} = {_quoted(value)}" for key, value in said.items() if value]
    return [
        "# A beginning, guessed from the file. docs/import.md explains the language.",
        "language = 1", f'name = "{name}"', f'source = "{name}"', f'format = "{format}"',
        'timezone = "+00:00" # of times that do not say their own',
        *(["", "[layout]", *lines] if lines else []),
    ]  # fmt: skip


def _case_rule(case: str | None) -> list[str]:
    if case is None:
        return ["", "# No column looks like a case's number: everything goes into the case that --case names."]
    return [
        "", "[[cases]]", 'name = "case"', f"number = {_field(case)}",
        'unit = "UNIT" # a unit\'s key in people import', 'agent = "PERSON" # the case agent\'s key',
        'open_to = ["UNIT"]',
    ]  # fmt: skip


def _subject_rule(attributes: list[str], identifiers: list[str]) -> list[str]:
    return [
        "", "[[subjects]]", 'name = "subject"',
        "# key = \"{...}\" # rows with the same key speak of the same one",
        'kind = "Person"', 'role = "subject"',
        *([f"attributes = {{ {', '.join(attributes)} }}"] if attributes else []),
        *(["identifiers = [", *identifiers, "]"] if identifiers else []),
    ]  # fmt: skip


def _event_rule(when: tuple[str, str] | None) -> list[str]:
    if when is None:
        return []
    column, format = when
    said = f', format = "{format}"' if format != "iso" else ""
    return [
        "", "[[events]]", 'name = "event"', 'kind = "event"', f"starts = {{ text = {_field(column)}{said} }}",
        'involved = [{ subject = "subject", role = "subject" }]',
    ]  # fmt: skip


def _rest(others: list[str]) -> list[str]:
    return (
        ["", "# Columns that nothing is made of yet:", *(f"#   {_comment(column)}" for column in others)]
        if others
        else []
    )


def _comment(column: str) -> str:
    return re.sub(r"[^\S ]|[\x00-\x1f\x7f]", " ", column)
