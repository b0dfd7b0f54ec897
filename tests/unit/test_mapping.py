"""The mapping language: paths, templates, the file itself, and the reading of sources."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from icmgraph.errors import InvalidInput
from icmgraph.ingest.accounts import Accounts, State
from icmgraph.ingest.mapping import FOLDER, load
from icmgraph.ingest.plan import Plan, Planner, leftovers
from icmgraph.ingest.rows import Rows, read
from icmgraph.ingest.table_mapping import load as load_any
from icmgraph.ingest.template import Context, MappingError, Ref, Template, Texts
from icmgraph.ingest.template import Path as RowPath

KEY = b"k" * 32


def source(folder: Path, **files: str) -> Rows:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text.replace(" | ", "\n") + "\n", encoding="utf-8")
    return read(folder)


@pytest.fixture
def town(tmp_path: Path) -> Rows:
    return source(
        tmp_path / "town",
        crimes=":ID,date,kind,:LABEL | c1,24/08/2017,Theft,Crime | c2,1/9/2017,,Crime",
        places="place:ID,code,name,:LABEL | p1,,Old Quay,Place | p2,Z2,New Quay,Place",
        at=":START_ID,:END_ID,:TYPE,since | c1,p1,AT,now | c1,p2,AT, | c2,p2,AT,",
        officers=":ID,name,:LABEL | o1,Olga,Officer",
        by=":START_ID,:END_ID,:TYPE | c1,o1,BY | c2,o1,BY",
    )


def at(rows: Rows, table: str, number: int = 0) -> Context:
    return Context(rows, rows.tables[table][number], {})


TEMPLATES = [
    # (template, table, row, text)
    ("{kind}", "Crime", 0, "Theft"),
    ("{kind|none}", "Crime", 1, "none"),
    ("{kind} on {date}", "Crime", 1, "on 1/9/2017"),
    ("a {kind}", "Crime", 1, ""),  # nothing but fields that are empty
    ("constant", "Crime", 1, "constant"),
    ("{date:.2}", "Crime", 0, "24"),
    ("{>AT.name}", "Crime", 0, "Old Quay"),
    ("{>AT.code}", "Crime", 0, "Z2"),  # the first that is not empty
    ("{<AT>BY.name}", "Place", 1, "Olga"),
    ("{<BY>AT.name}", "Officer", 0, "Old Quay"),
    ("{>NONE.name}", "Crime", 0, ""),
    ("{since}", "AT", 0, "now"),
    ("{start.kind} at {end.name}", "AT", 0, "Theft at Old Quay"),
    ("{start>BY.name}", "AT", 0, "Olga"),
    ("{ >AT.name}", "Crime", 0, None),
    ("{>AT}", "Crime", 0, None),
    ("{start}", "AT", 0, None),
    ("{kind", "Crime", 0, None),
    ("kind}", "Crime", 0, None),
    ("{}", "Crime", 0, None),
]


@pytest.mark.parametrize(("template", "table", "number", "text"), TEMPLATES)
def test_template(town: Rows, template: str, table: str, number: int, text: str | None) -> None:
    if text is None:
        with pytest.raises(ValueError, match=r"path|column|braces"):
            Template.parse(template)
    else:
        assert Template.parse(template).text(at(town, table, number)) == text


def test_what_a_path_reads_is_noted(town: Rows) -> None:
    context = at(town, "Crime")
    Template.parse("{>BY.name}").text(context)
    assert [(row.table, row.line) for row in context.seen] == [("BY", 2), ("Officer", 2)]


@pytest.mark.parametrize("path", ["start.name", "end>AT.name"])
def test_ends_belong_to_relationships(town: Rows, path: str) -> None:
    with pytest.raises(MappingError):
        RowPath.parse(path).text(at(town, "Crime"))
    with pytest.raises(MappingError):
        RowPath.parse(">AT.name").text(at(town, "AT"))


def test_a_column_that_is_not_there(town: Rows) -> None:
    with pytest.raises(MappingError, match="Crime has no column 'colour'"):
        Template.parse("{colour}").text(at(town, "Crime"))


def test_texts(town: Rows) -> None:
    crime, other = at(town, "Crime"), at(town, "Crime", 1)
    table = {"text": "{kind}", "values": {"Theft": "theft"}}
    assert Texts.parse(table).text(crime) == "theft"
    assert Texts.parse(table).text(other) == ""
    assert Texts.parse({**table, "otherwise": "unknown"}).text(other) == "unknown"
    assert Texts.parse(["{kind}", "Place: {>AT.code}", "Note: {kind}"]).text(other) == "Place: Z2"
    with pytest.raises(InvalidInput):
        Texts.parse({"text": "{date}", "values": {"x": "y"}}).text(crime)
    for wrong in (3, [], [1], {"text": "x"}, {**table, "other": "x"}, {"text": "x", "values": {"a": 1}}):
        with pytest.raises(ValueError, match=r"template|texts"):
            Texts.parse(wrong)


def test_refs() -> None:
    assert Ref.parse("force") == Ref(None, "force")
    assert Ref.parse("{start}").path == RowPath("start", (), None)
    for wrong in ("", 3, "{name}", "{>AT.name}"):
        with pytest.raises(ValueError, match=r"refer|path"):
            Ref.parse(wrong)


SOURCES = [
    # (files, reasons of the rows that are bad)
    ({"a": ":ID,:LABEL | 1,A | 1,A"}, ["a second row with this :ID"]),
    ({"a": ":ID,:LABEL | ,A | 2,"}, ["has no :ID", "has no label or type"]),
    ({"a": ":ID,x,:LABEL | 1,A | 2,x,A,more"}, ["has 2 values for 3 columns", "has 4 values for 3 columns"]),
    ({"a": ":ID,:LABEL | 1,A", "r": ":START_ID,:END_ID,:TYPE | 1,,R"}, ["an end is missing"]),
    ({"a": ":ID,:LABEL | 1,A", "r": ":START_ID,:END_ID,:TYPE | 1,2,R"}, ["dangling: no node with its :END_ID"]),
    ({"a": ":ID,:LABEL | 1,A", "r": ":START_ID,:END_ID,:TYPE | 2,1,R"}, ["dangling: no node with its :START_ID"]),
    ({"a": "a:ID(A),:LABEL | 1,A", "b": "b:ID(B),:LABEL | 1,B"}, []),
    ({"a": "a:ID(A),:LABEL | 1,A", "r": ":START_ID(A),:END_ID(A),:TYPE | 1,1,R"}, []),
    ({"a": ":ID,:LABEL | 1,A | "}, []),
]


@pytest.mark.parametrize(("files", "reasons"), SOURCES)
def test_bad_rows_are_kept_apart(tmp_path: Path, files: dict[str, str], reasons: list[str]) -> None:
    rows = source(tmp_path / "source", **files)
    assert list(rows.bad.values()) == reasons
    for table in rows.tables.values():
        assert not set(table) & rows.bad.keys()


def test_a_source_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("name,age\nJo,3\n")
    (tmp_path / "x.zip").write_bytes(b"PK")
    with zipfile.ZipFile(tmp_path / "empty.zip", "w") as archive:
        archive.writestr("readme.txt", "nothing")
    for path in (tmp_path, tmp_path / "x.zip", tmp_path / "empty.zip", tmp_path / "absent"):
        with pytest.raises(InvalidInput):
            read(path)


def test_bytes_that_are_not_utf8_spoil_their_row_only(tmp_path: Path) -> None:
    folder = tmp_path / "bytes"
    folder.mkdir()
    (folder / "p.csv").write_bytes(b":ID,name,:LABEL\np1,Jo,Person\np2,\xff,Person\n")
    plan, accounts = planned(read(folder), tmp_path, PEOPLE)
    assert [reject.row.id for reject in accounts.rejects] == ["p2"]
    assert len(plan.contents) == 2  # the subject goes on without the name


HEAD = """
language = 1
name = "small"
source = "small"
format = "neo4j-csv"
"""
PEOPLE = (
    HEAD
    + """
[[units]]
name = "office"
code = "OFFICE"
unit_name = "The office"
[[users]]
name = "clerk"
key = "clerk"
user_name = "Cleo Clerk"
contact = "room 1"
member_of = "office"
[[cases]]
name = "file"
number = "FILE"
title = "People"
status = "open"
opened = { text = "2017-08-01", format = "%Y-%m-%d" }
unit = "office"
agent = "clerk"
[[subjects]]
name = "people"
rows = "Person"
case = "file"
kind = "Person"
role = "known"
attributes = { name = "{name}" }
"""
)


def planned(rows: Rows, folder: Path, text: str, importer: str = "small") -> tuple[Plan, Accounts]:
    file = folder / "mapping.toml"
    file.write_text(text, encoding="utf-8")
    mapping, accounts = load(str(file)), Accounts()
    plan = Planner(mapping, rows, importer, KEY, accounts).make()
    for item in (*plan.cases, *plan.contents):
        if item.row is not None:
            accounts.settle(item.row, State.IMPORTED, item.rule, item.read)
    leftovers(mapping.ignore, rows, accounts)
    return plan, accounts


def test_a_row_no_rule_takes_is_rejected(tmp_path: Path) -> None:
    rows = source(tmp_path / "s", p=":ID,name,:LABEL | p1,Jo,Person", d=":ID,:LABEL | d1,Dog")
    _, accounts = planned(rows, tmp_path, PEOPLE)
    assert [reject.reason for reject in accounts.rejects] == ["no rule of the mapping takes or reads it"]
    _, accounts = planned(
        rows, tmp_path, PEOPLE + '[[ignore]]\nname = "dogs"\nrows = "Dog"\nbecause = "they are dogs"\n'
    )
    assert accounts.rejects == []
    assert accounts.made["dogs"] == 1


def test_ids_are_the_importer_s_own(tmp_path: Path) -> None:
    rows = source(tmp_path / "s", p=":ID,name,:LABEL | p1,Jo,Person")
    one, same, other = (planned(rows, tmp_path, PEOPLE, importer)[0] for importer in ("one", "one", "other"))
    assert one.contents[0].primary == same.contents[0].primary != other.contents[0].primary
    assert one.contents[0].digest == same.contents[0].digest != other.contents[0].digest
    assert one.keys["users"] == other.keys["users"]


MISTAKES = [
    # (what follows the head, what the message says)
    ("colour = 1", "colour"),
    ('[[units]]\nname = "u"\ncode = "{x"\nunit_name = "U"', "units.0.code"),
    ('[[units]]\nname = "u"\ncode = "U"', "units.0.unit_name"),
    ('[[subjects]]\nname = "s"\ncase = "c"\nkind = "Person"\nrole = "r"', "says no rows"),
    ('[[ignore]]\nname = "a"\nrows = "A"', "because"),
    ('[[ignore]]\nname = "a"\nrows = "A"\nbecause = "b"\nwithout = ["x"]', "ignore.0.without.0"),
    ('[[ignore]]\nname = "a"\nrows = "A"\nbecause = "b"\n' * 2, "two rules named a"),
    ('[[events]]\nname = "e"\nrows = "E"\ncase = "c"\nkind = "k"\n[events.day]\ntext = "{d}"\nformat = "%Y"\n'
     '[events.ends]\ntext = "{d}"\nformat = "%Y"', "give day"),
    ('timezone = "Nowhere/Town"', "timezone"),
    ("[[units", "not TOML"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), MISTAKES)
def test_a_mapping_with_a_mistake(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "mapping.toml").write_text(HEAD + text)
    with pytest.raises(MappingError) as caught:
        load(str(tmp_path / "mapping.toml"))
    assert message in str(caught.value)


REFERENCES = [
    ('unit = "office"', 'unit = "clerk"'),
    ('agent = "clerk"', 'agent = "nobody"'),
    ('case = "file"', 'case = "other file"'),
    ('name = "{name}"', 'name = "{colour}"'),
]


@pytest.mark.parametrize(("right", "wrong"), REFERENCES)
def test_a_mapping_that_does_not_fit_is_an_error_of_the_mapping(tmp_path: Path, right: str, wrong: str) -> None:
    rows = source(tmp_path / "s", p=":ID,name,:LABEL | p1,Jo,Person")
    with pytest.raises(MappingError, match="rule "):
        planned(rows, tmp_path, PEOPLE.replace(right, wrong))


def test_shipped_mappings_load() -> None:
    names = sorted(path.stem for path in FOLDER.glob("*.toml"))
    assert "pole" in names
    for name in names:
        assert load_any(name).name == name
    with pytest.raises(MappingError, match="pole"):
        load("no such mapping")
