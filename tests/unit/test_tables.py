"""Tables as sources: how files are read, what is refused and where it is said to be, and what a row becomes."""

from __future__ import annotations

import json
import tomllib
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from icmgraph.errors import AlreadyRunning, InvalidInput
from icmgraph.ingest import excel, table_rows
from icmgraph.ingest.draft import draft
from icmgraph.ingest.excel import as_text
from icmgraph.ingest.mapping import Mapping
from icmgraph.ingest.stream import alone
from icmgraph.ingest.table_mapping import TableMapping, load
from icmgraph.ingest.table_rows import opened
from icmgraph.ingest.tables import Job, preview
from icmgraph.ingest.template import MappingError

KEY = b"k" * 32
CASE = "11111111-1111-4111-8111-111111111111"
PHONE = "+1 202 555 0143"


def mapping(format: str = "csv", layout: dict[str, Any] | None = None, /, **rules: Any) -> TableMapping:
    head = {"language": 1, "name": "small", "source": "small", "format": format, "layout": layout or {}}
    return TableMapping.model_validate(head | rules)


PEOPLE: dict[str, Any] = {
    "subjects": [
        {
            "name": "person",
            "kind": "Person",
            "role": "known",
            "attributes": {"name": "{name}"},
            "identifiers": [{"kind": "phone", "value": "{phone}", "split": ";"}],
        }
    ]
}


def rows(path: Path, by: TableMapping) -> list[tuple[int, dict[str, str], str]]:
    with opened(path, by) as table:
        return [(row.line, dict(row.values), wrong) for row, wrong in table.rows()]


def csv_rows(folder: Path, content: bytes, **layout: Any) -> list[tuple[int, dict[str, str], str]]:
    path = folder / "table.csv"
    path.write_bytes(content)
    return rows(path, mapping("csv", layout))


READ = [
    # (bytes, layout, [(line, values)])
    (b"a,b\n1,2\n", {}, [(2, {"a": "1", "b": "2"})]),
    (b"\xef\xbb\xbfa,b\r\n1,2\r\n", {}, [(2, {"a": "1", "b": "2"})]),
    ("a,b\nä,2\n".encode("utf-16"), {}, [(2, {"a": "ä", "b": "2"})]),
    ("a;b\nä;2\n".encode("cp1252"), {"encoding": "cp1252", "delimiter": ";"}, [(2, {"a": "ä", "b": "2"})]),
    (b'a,b\n"x\ny","say ""no"""\n3,4\n', {}, [(2, {"a": "x\ny", "b": 'say "no"'}), (4, {"a": "3", "b": "4"})]),
    (b"made by us\n\na,b\n1,2", {"skip": 2}, [(4, {"a": "1", "b": "2"})]),
    (b"a,,b\n1,2,3\n", {}, [(2, {"a": "1", "column 2": "2", "b": "3"})]),
    (b"a,b\n\n,\n1,2\n", {}, [(4, {"a": "1", "b": "2"})]),
    (b"a,b\n", {}, []),
    (b"a\tb\n1\t2\n", {"delimiter": "\t"}, [(2, {"a": "1", "b": "2"})]),
]


@pytest.mark.parametrize(("content", "layout", "expected"), READ)
def test_csv(tmp_path: Path, content: bytes, layout: dict[str, Any], expected: Any) -> None:
    assert csv_rows(tmp_path, content, **layout) == [(line, values, "") for line, values in expected]


BAD_ROWS = [
    # (bytes, (line, what the reason says))
    (b"a,b\n1,2,3\n4,5\n", (2, "has 3 cells for 2 columns")),
    (b"a,b\n1\n4,5\n", (2, "has 1 cells for 2 columns")),
    (b"a,b\n1,\xe4\n4,5\n", (2, "b: holds bytes that are not of the file's encoding")),
    (b'a,b\n1,"x"y\n4,5\n', (2, "is not CSV")),
    (b"a,b\n1," + b"x" * 140_000 + b"\n4,5\n", (2, "longer than 131072")),
]


@pytest.mark.parametrize(("content", "said"), BAD_ROWS)
def test_a_bad_row_is_that_row_s(tmp_path: Path, content: bytes, said: tuple[int, str]) -> None:
    bad, good = csv_rows(tmp_path, content)
    assert bad[0] == said[0]
    assert said[1] in bad[2]
    assert good == (3, {"a": "4", "b": "5"}, "")


def test_a_quote_that_is_not_closed_swallows_no_more_than_a_cell_may_hold(tmp_path: Path) -> None:
    found = csv_rows(tmp_path, b'a,b\n1,"open\n' + b"4,5\n" * 60_000)
    assert [row[2] for row in found if row[2]] == ["a cell is longer than 131072 characters, or a quote is not closed"]
    assert len(found) > 20_000
    found = csv_rows(tmp_path, b'a,b\n1,"open\n4,5\n')
    assert [row[2] for row in found] == ["a quote is not closed"]


def test_a_line_without_end_is_not_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_rows, "LONGEST_LINE", 100)
    found = csv_rows(tmp_path, b"a,b\n" + b"x" * 1000 + b"\n4,5\n")
    assert found[0][2] == "is longer than 100 characters"
    assert found[1] == (3, {"a": "4", "b": "5"}, "")


NO_TABLES = [
    # (name, bytes, format, what the message says)
    ("t.csv", b"", "csv", "t.csv: is empty"),
    ("t.csv", b",,\n", "csv", "t.csv, line 1: is empty where the header should be"),
    ("t.csv", b"a,b,a\n", "csv", "line 1: columns 1 and 3 of the header have one name"),
    ("t.csv", b"\x00\x01\x02\x03", "csv", "no text file"),
    ("t.csv", b"PK\x03\x04more", "csv", "a zip file or an Excel file"),
    ("t.csv", b"\xff\xfea\x00,\x00\n\x00\x00\xd8", "csv", "cannot be decoded"),
    ("t.xlsx", b"\xd0\xcf\x11\xe0", "xlsx", "password"),
    ("t.xlsx", b"", "xlsx", "no .xlsx file"),
]


@pytest.mark.parametrize(("name", "content", "format", "message"), NO_TABLES)
def test_no_table(tmp_path: Path, name: str, content: bytes, format: str, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidInput) as caught:
        rows(tmp_path / name, mapping(format))
    assert message in str(caught.value)


def test_a_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("name;phone\nJo;1\n")
    with pytest.raises(InvalidInput, match=r"t\.csv: has no column 'name', 'phone'.*delimiter"):
        rows(tmp_path / "t.csv", mapping(**PEOPLE))
    with pytest.raises(InvalidInput, match="is no file"):
        rows(tmp_path, mapping(**PEOPLE))


def test_json_lines(tmp_path: Path) -> None:
    lines = [
        {
            "name": "Jo",
            "phone": 12025550143,
            "at": {"city": "Town"},
            "tags": ["a", "b"],
            "x": None,
            "y": True,
            "z": 1.10,
        },
        {"name": "Mo"},
    ]
    deep = "[" * 50 + "]" * 50
    path = tmp_path / "t.jsonl"
    text = [json.dumps(lines[0]), "", "{broken", "[1]", f'{{"a": {deep}}}', '{"n": 12345678901234567890.10}', "1"]
    path.write_text("\n".join([*text, json.dumps(lines[1])]))
    found = rows(path, mapping("jsonl", **PEOPLE))
    assert found[0][1] == {
        "name": "Jo", "phone": "12025550143", "at.city": "Town", "tags": "a; b", "tags.0": "a", "tags.1": "b",
        "x": "", "y": "true", "z": "1.1",
    }  # fmt: skip
    assert [(line, wrong) for line, _, wrong in found] == [
        (1, ""), (3, "is not JSON"), (4, "is no JSON object"), (5, "is nested too deeply"), (6, ""),
        (7, "is no JSON object"), (8, ""),
    ]  # fmt: skip
    assert found[4][1] == {"n": "12345678901234567890.10"}


def book(path: Path, *cells: tuple[Any, ...], title: str = "Sheet") -> Path:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.title = title
    for row in cells:
        sheet.append(row)
    workbook.save(path)
    return path


def test_excel(tmp_path: Path) -> None:
    path = book(
        tmp_path / "t.xlsx",
        ("name", "number", "day", "at", "empty"),
        ("Jo", 2025550143, date(2024, 2, 1), datetime(2024, 2, 1, 20, 30), None),
        (None, None, None, None, None),
        ("Mo", 1.5, True, None, None),
        ("Err", "#REF!", None, None, None),
        ("Long", 1, None, None, None, "beyond"),
        ("Sum", "=1+1", None, None, None),
    )
    assert rows(path, mapping("xlsx")) == [
        (2, {"name": "Jo", "number": "2025550143", "day": "2024-02-01", "at": "2024-02-01T20:30:00", "empty": ""}, ""),
        (4, {"name": "Mo", "number": "1.5", "day": "true", "at": "", "empty": ""}, ""),
        (5, {"name": "Err", "number": "#REF!", "day": "", "at": "", "empty": ""}, "column 2: holds an error"),
        (6, {"name": "Long", "number": "1", "day": "", "at": "", "empty": "", "(column 6)": "beyond"},
         "has cells beyond the 5 columns of the header"),
        (7, {"name": "Sum", "number": "", "day": "", "at": "", "empty": ""},
         "column 2: a formula without a stored value"),
    ]  # fmt: skip


def test_a_formula_is_the_value_that_was_stored(tmp_path: Path) -> None:
    path = book(tmp_path / "t.xlsx", ("name", "sum"), ("Jo", "=1+1"))
    parts: dict[str, bytes] = {}
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = (
        parts[sheet]
        .replace(b"<f>1+1</f><v />", b"<f>1+1</f><v>2</v>")
        .replace(b"<f>1+1</f><v></v>", b"<f>1+1</f><v>2</v>")
    )
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    assert rows(path, mapping("xlsx")) == [(2, {"name": "Jo", "sum": "2"}, "")]


def test_sheets_and_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = book(tmp_path / "t.xlsx", ("name",), ("Jo",), title="Persons")
    assert len(rows(path, mapping("xlsx", {"sheet": "Persons"}))) == 1
    with pytest.raises(InvalidInput, match="no sheet of the name"):
        rows(path, mapping("xlsx", {"sheet": "Other"}))
    with zipfile.ZipFile(tmp_path / "odd.xlsx", "w") as archive:
        archive.writestr("readme.txt", "nothing")
    with pytest.raises(InvalidInput, match="damaged"):
        rows(tmp_path / "odd.xlsx", mapping("xlsx"))
    monkeypatch.setattr(excel, "UNPACKED", 1000)
    with pytest.raises(InvalidInput, match="over 1000 bytes unpacked"):
        rows(path, mapping("xlsx"))


def test_a_zip_bomb_is_refused_unread(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", b"\0" * (excel.TEXTS + 1))
    with pytest.raises(InvalidInput, match="save it as CSV"):
        rows(tmp_path / "bomb.xlsx", mapping("xlsx"))


CELLS = [
    (None, ""), ("x", "x"), (3, "3"), (3.0, "3"), (0.5, "0.5"), (False, "false"), (date(2024, 1, 2), "2024-01-02"),
    (datetime(2024, 1, 2), "2024-01-02"), (datetime(2024, 1, 2, 3), "2024-01-02T03:00:00"), (time(3, 4), "03:04:00"),
    (timedelta(minutes=2), "120"),
]  # fmt: skip


@pytest.mark.parametrize(("cell", "text"), CELLS)
def test_cells_as_text(cell: Any, text: str) -> None:
    assert as_text(cell) == text


MISTAKES = [
    # (rules, what the message says)
    ({"subjects": [{"name": "s", "kind": "Person", "role": "{>X.y}"}]}, "related to no other"),
    ({"subjects": [{"name": "s", "kind": "Person", "role": "r"}] * 2}, "two rules named s"),
    ({"links": [{"name": "l", "from": "a", "to": "b", "kind": "k"}]}, "a is no subject"),
    ({"events": [{"name": "e", "kind": "k", "involved": [{"subject": "a", "role": "r"}]}]}, "a is no subject"),
    ({"documents": [{"name": "d", "kind": "k", "title": "t", "mentions": ["a"]}]}, "a is no subject"),
    ({"events": [{"name": "e", "kind": "k", "day": {"text": "{d}"}, "ends": {"text": "{d}"}}]}, "give day, or"),
    ({"layout": {"encoding": "klingon"}}, "no such encoding"),
    ({"units": []}, "units"),
]


@pytest.mark.parametrize(("rules", "message"), MISTAKES)
def test_a_mapping_with_a_mistake(rules: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        mapping(**rules)


def test_mappings_load_by_their_format(tmp_path: Path) -> None:
    head = 'language = 1\nname = "x"\nsource = "x"\nformat = '
    for format, kind in (("csv", TableMapping), ("neo4j-csv", Mapping)):
        (tmp_path / "m.toml").write_text(f'{head}"{format}"\n')
        assert isinstance(load(str(tmp_path / "m.toml")), kind)
    (tmp_path / "m.toml").write_text(f'{head}"other"\n')
    with pytest.raises(MappingError, match="format"):
        load(str(tmp_path / "m.toml"))


def shown(folder: Path, text: str, rules: dict[str, Any], given: str | None = CASE) -> list[dict[str, Any]]:
    (folder / "t.csv").write_text(text)
    return preview(Job(folder / "t.csv", mapping(**rules), "small", folder, KEY, given), 10)


def test_a_preview_says_what_becomes_of_each_row(tmp_path: Path) -> None:
    found = shown(tmp_path, f"name,phone\nJo,{PHONE}; {PHONE};nothing\n,\n,bad\n", PEOPLE)
    assert [row["line"] for row in found] == [2, 4]
    assert found[0]["records"] == [
        {
            "number": 1,
            "what": "Subject",
            "kind": "Person",
            "role": "known",
            "values": ["name: Jo", "phone: +12025550143"],
        }
    ]
    assert found[0]["left_out"] == ["phone: phone.value: not a phone number: digits, separators and one leading + only"]
    # The row itself is not rejected: it says that there is somebody, whose phone is none.
    assert found[1]["records"][0]["values"] == []


WHOLE: dict[str, Any] = {
    "timezone": "+01:00",
    "cases": [{"name": "case", "number": "{case}", "title": "{title}", "unit": "U", "agent": "a",
               "opened": {"text": "{on}", "format": "%d.%m.%Y"}}],
    "subjects": [
        {"name": "one", "key": "{one}", "kind": "Person", "role": "caller",
         "identifiers": [{"kind": "phone", "value": "{one}"}]},
        {"name": "two", "key": "{two}", "kind": "Person", "role": "called",
         "identifiers": [{"kind": "phone", "value": "{two}"}],
         "attributes": {"birth_date": {"text": "{born}", "format": "%d.%m.%Y"}}},
    ],
    "documents": [{"name": "log", "key": "{log}", "kind": "call log", "title": "Log {log}",
                   "mentions": ["one", "two"]}],
    "events": [{"name": "call", "kind": {"text": "{type}", "values": {"v": "call"}, "otherwise": "message"},
                "starts": {"text": "{at}"}, "duration": "{long}", "amount": "{cost}",
                "place": {"value": "{cell}", "latitude": "{lat}", "longitude": "{lon}"},
                "involved": [{"subject": "one", "role": "caller"}, {"subject": "two", "role": "called"}]}],
    "links": [{"name": "calls", "from": "one", "to": "two", "kind": "calls", "when": "{two}"}],
}  # fmt: skip
HEAD = "case,title,on,one,two,born,log,type,at,long,cost,cell,lat,lon\n"


def test_a_row_becomes_all_kinds_of_records(tmp_path: Path) -> None:
    line = (
        f"N-1,Calls,01.02.2024,{PHONE},+12025550144,17.05.1980,7,v,2024-02-01T10:00:00,1:05,3.00 USD,1 Pier,12.5,-40\n"
    )
    rest = f"N-1,Calls,01.02.2024,{PHONE},,,,s,2024-02-01T10:00:00+05:00,x,,,95,0\n"
    refused = [
        f",Calls,01.02.2024,{PHONE},,,,,,,,,,\n",
        f"N-1,Calls,01.02.2024,{PHONE},,,,,,,,,,\n".replace("N-1", "N" * 200),
    ]
    whole, part, *none = shown(tmp_path, HEAD + line + rest + "".join(refused), WHOLE, None)
    assert whole["case"] == {"number": "N-1", "title": "Calls", "status": "open"}
    assert whole["left_out"] == []
    assert whole["records"] == [
        {"number": 1, "what": "Subject", "kind": "Person", "role": "caller", "values": ["phone: +12025550143"]},
        {"number": 2, "what": "Subject", "kind": "Person", "role": "called",
         "values": ["birth_date: 1980-05-17", "phone: +12025550144"]},
        {"number": 3, "what": "Document", "kind": "call log", "title": "Log 7", "values": []},
        {"number": 4, "what": "Event", "kind": "call", "starts": "2024-02-01T09:00:00.000Z", "latitude": 12.5,
         "longitude": -40.0, "duration": 65, "amount": "3.00 USD", "values": ["address: 1 pier"]},
        {"what": "INVOLVED_IN", "from": 1, "to": 4, "kind": "caller"},
        {"what": "INVOLVED_IN", "from": 2, "to": 4, "kind": "called"},
        {"what": "MENTIONS", "from": 3, "to": 1},
        {"what": "MENTIONS", "from": 3, "to": 2},
        {"what": "LINKED_TO", "from": 1, "to": 2, "kind": "calls"},
    ]  # fmt: skip
    assert [record["what"] for record in part["records"]] == ["Subject", "Event", "INVOLVED_IN"]
    assert part["records"][1]["starts"] == "2024-02-01T05:00:00.000Z"
    assert [why.partition(":")[0] for why in part["left_out"]] == ["duration", "position"]
    assert [row["rejected"].partition(":")[0] for row in none] == ["number", "number"]


def test_which_case_rows_go_into_is_said_once(tmp_path: Path) -> None:
    for rules, given_ in ((PEOPLE, None), (WHOLE, CASE)):
        job = Job(tmp_path / "t.csv", mapping(**rules), "small", tmp_path, KEY, given_)
        with pytest.raises(InvalidInput, match="case"):
            job.check()


def test_an_importer_works_alone(tmp_path: Path) -> None:
    with alone(tmp_path, "one"):
        with alone(tmp_path, "two"):
            pass
        with pytest.raises(AlreadyRunning, match="importer one is at work already"), alone(tmp_path, "one"):
            pass
    with alone(tmp_path, "one"):
        pass


CELL = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=8)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(CELL, CELL), max_size=5))
def test_what_csv_says_is_what_is_read(
    tmp_path_factory: pytest.TempPathFactory, written: list[tuple[str, str]]
) -> None:
    import csv

    path = tmp_path_factory.mktemp("csv") / "t.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("a", "b"), *written])
    found = [(values["a"], values["b"]) for _, values, wrong in rows(path, mapping()) if not wrong]
    assert found == [pair for pair in written if any(pair)]


DRAFTS = {
    "calls.csv": (
        "File no;A-Number;Called number;Date/Time;Duration (s);Subscriber name;DOB;{x}\n"
        + "N-1;+12025550143;2025550144;01/02/2024 20:00;12;Jo Doe;17.05.1980;y\n" * 3
    ),
    "people.jsonl": '{"Full name": "Jo", "mail": "jo@example.com", "seen": "2024-02-01"}\n' * 2,
    "tabs.txt": "plate\tmake\nXK 4410\tInvented\n",
}


@pytest.mark.parametrize("name", DRAFTS)
def test_a_draft_is_a_mapping_that_fits(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(DRAFTS[name])
    text = draft(tmp_path / name)
    drawn = TableMapping.model_validate(tomllib.loads(text))
    job = Job(tmp_path / name, drawn, "small", tmp_path, KEY, None if drawn.cases else CASE)
    found = preview(job, 2)
    assert found
    assert not any("rejected" in row or row["left_out"] for row in found)
    values = {value for record in found[0]["records"] for value in record.get("values", ())}
    expected = {
        "calls.csv": {"name: Jo Doe", "birth_date: 1980-05-17", "phone: +12025550143", "phone: local:2025550144"},
        "people.jsonl": {"name: Jo", "email: jo@example.com"},
        "tabs.txt": {"plate: XK4410", "make: Invented"},
    }
    assert values == expected[name]
    assert not any(value in text for value in ("0143", "Jo", "jo@", "XK"))


def test_a_draft_of_a_workbook(tmp_path: Path) -> None:
    path = book(tmp_path / "Größe 2024.xlsx", ("IMEI", "When"), ("123456789012345", datetime(2024, 2, 1, 3)))
    drawn = TableMapping.model_validate(tomllib.loads(draft(path)))
    assert drawn.name == "gr-e-2024"
    assert preview(Job(path, drawn, "x", tmp_path, KEY, CASE), 1)[0]["records"][0]["values"] == ["imei: 12345678901234"]
