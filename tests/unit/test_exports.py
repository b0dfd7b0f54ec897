"""Exports of a case's file: what followthemoney says comes back whole, and other readers read GraphML and GEXF."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import rustworkx
from hypothesis import given, settings
from hypothesis import strategies as st

from icmgraph.errors import InvalidInput
from icmgraph.ingest.ftm_plan import FtmPlanner
from icmgraph.ingest.table_mapping import TableMapping, load
from icmgraph.ingest.table_rows import opened
from icmgraph.ingest.tables import Job, preview
from icmgraph.model import followthemoney as ftm
from icmgraph.model.answers import WITHIN, CaseCard
from icmgraph.model.exports import CaseExport, ExportedAttribute, ExportedIdentifier, ExportedLink, ExportedRecord
from icmgraph.model.identifiers import IdentifierKind, NormalisedIdentifier, normalise
from icmgraph.model.records import SubjectKind
from icmgraph.viz.exports import ftm_lines, gexf, graph, graphml

KEY = b"k" * 32
GIVEN = "99999999-9999-4999-8999-999999999999"
CASE = CaseCard(
    id="00000000-0000-4000-8000-000000000001", number="N-1", title="Crates & <pier>", kind="criminal", category=None,
    status="open", opened="2024-01-01", closed=None, disclosure=None, disclosure_until=None,
)  # fmt: skip


def uid(number: int) -> str:
    return f"{number:08x}-0000-4000-8000-00000000000a"


def record(label: str, id: str, kind: str, **said: Any) -> ExportedRecord:
    empty = dict.fromkeys(name for name in ExportedRecord.model_fields if name not in ("id", "label", "kind"))
    lists: dict[str, Any] = {"roles": [], "attributes": [], "identifiers": []}
    return ExportedRecord(id=id, label=label, kind=kind, **{**empty, **lists, **said})


# -- worlds to export

TEXT = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=20).map(str.strip).filter(bool)
NAME = st.sampled_from(["Rosa Vega", "Пётр Иванов", "王小明", "O'Brien & Söhne <GmbH>", "[name] x"])
KINDS = st.one_of(
    st.sampled_from(["colour", "make", "type", "birth_place", "title", "notes", "role", "phone", "attribute x",
                     "a]b%5D", "firstName", "summary", "status", "involved x"]),
    TEXT,
).filter(lambda kind: kind not in ("name", "alias", "birth_date"))  # fmt: skip
ATTRIBUTES = st.one_of(
    st.builds(ExportedAttribute, kind=st.sampled_from(["name", "alias"]), value=NAME),
    st.builds(ExportedAttribute, kind=st.just("birth_date"), value=st.sampled_from(["1980", "1980-05", "1980-05-17"])),
    st.builds(ExportedAttribute, kind=KINDS, value=TEXT),
)
WRITTEN = [
    (IdentifierKind.PHONE, "(202) 555-0143", "US"), (IdentifierKind.PHONE, "5550143", "ZZ"),
    (IdentifierKind.EMAIL, "R.Vega@Example.com", None), (IdentifierKind.URL, "example.com/a", None),
    (IdentifierKind.PLATE, "XK 4410", None), (IdentifierKind.ACCOUNT, "DE 00 1234", None),
    (IdentifierKind.ADDRESS, "12 Harbor Road|SP 1", None), (IdentifierKind.DOCUMENT, "A-123", None),
    (IdentifierKind.IP, "2001:DB8::1", None), (IdentifierKind.HANDLE, "@Vega", None),
    (IdentifierKind.OTHER, "x" * 600, None), (IdentifierKind.OTHER, "[role] boss", None),
]  # fmt: skip
NORMALISED = [(text, normalise(kind, text, region=region)) for kind, text, region in WRITTEN]


@st.composite
def identifiers(draw: st.DrawFn, type: str, first: int, only: IdentifierKind | None = None) -> list[ExportedIdentifier]:
    """``first``: number of the first assertion."""
    usable = [pair for pair in NORMALISED if only is None or pair[1].kind is only]
    drawn = draw(st.lists(st.sampled_from(usable), max_size=4, unique_by=lambda pair: pair[1].key))
    return [
        ExportedIdentifier(id=uid(first + n), type=type, identifier=f"{sum(value.key.encode()):032x}",
                           kind=value.kind.value,
                           value=value.key.partition(":")[2], as_written=text)
        for n, (text, value) in enumerate(drawn)
    ]  # fmt: skip


MOMENTS = st.sampled_from(["2024-02-01T20:00:00.000Z", "2024-02-01T21:30:15.250Z", None])
WORDS = st.one_of(st.sampled_from(["owns", "family: sibling", "directs", "employed by", "calls", "suspect"]), TEXT)


@st.composite
def exports(draw: st.DrawFn) -> CaseExport:
    subjects = [
        record("Subject", uid(n), draw(st.sampled_from([kind.value for kind in SubjectKind])),
               roles=sorted(draw(st.sets(WORDS, min_size=1, max_size=2))),
               attributes=draw(st.lists(ATTRIBUTES, max_size=4, unique_by=lambda a: (a.kind, a.value))),
               identifiers=draw(identifiers("HAS_IDENTIFIER", 1000 + 10 * n)))
        for n in range(1, 1 + draw(st.integers(0, 4)))
    ]  # fmt: skip
    documents = [
        record("Document", uid(20 + n), draw(WORDS), title=draw(TEXT),
               written=draw(st.sampled_from(["2024-01-02", None])), digest=draw(st.sampled_from(["a" * 64, None])),
               location=draw(st.one_of(TEXT, st.none())), identifiers=draw(identifiers("MENTIONS", 2000 + 10 * n)))
        for n in range(draw(st.integers(0, 2)))
    ]  # fmt: skip
    events = [
        record("Event", uid(40 + n), draw(WORDS), description=draw(st.one_of(TEXT, st.none())), starts=draw(MOMENTS),
               latitude=draw(st.sampled_from([12.5, None])), duration=draw(st.sampled_from([0, 65, None])),
               amount=draw(st.sampled_from(["3.00 USD", None])),
               identifiers=draw(identifiers("AT", 3000 + 10 * n, IdentifierKind.ADDRESS)))
        for n in range(draw(st.integers(0, 2)))
    ]  # fmt: skip
    events = [event.model_copy(update={"longitude": event.latitude and -40.25}) for event in events]
    pairs = [(a.id, "LINKED_TO", b.id) for a in subjects for b in subjects if a is not b]
    pairs += [(s.id, "INVOLVED_IN", e.id) for s in subjects for e in events]
    pairs += [(d.id, "MENTIONS", s.id) for d in documents for s in subjects]
    drawn = draw(st.lists(st.sampled_from(pairs), max_size=5, unique=True)) if pairs else []
    dates = st.sampled_from(["2020-01-01", None])
    links = [
        ExportedLink(id=uid(60 + n), type=type, start=start, end=end,
                     detail=draw(WORDS) if type != "MENTIONS" else None,
                     valid_from=draw(dates) if type == "LINKED_TO" else None, valid_to=None)
        for n, (start, type, end) in enumerate(drawn)
    ]  # fmt: skip
    return CaseExport(case=CASE, records=[*subjects, *documents, *events], links=links)


# -- followthemoney, out and in


@dataclass
class Back:
    """What an import makes of an export, by the ids that the export gave."""

    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    links: set[tuple[Any, ...]] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)


def read_back(path: Path, export: CaseExport) -> Back:
    path.write_text(ftm_lines(export), encoding="utf-8")
    mapping = load("ftm")
    assert isinstance(mapping, TableMapping)
    planner = FtmPlanner(mapping, "ftm", KEY, GIVEN)
    known = {planner._ids(one.id)("record"): one.id for one in export.records}
    back = Back()
    for number in range(planner.passes):
        with opened(path, mapping) as table:
            for row, wrong in table.rows():
                assert not wrong
                for part in planner.split(row, number):
                    planned = planner.plan(part)
                    back.refused += planned.refused
                    for piece in planned.content.pieces:
                        take(back, known, piece)
    return back


def take(back: Back, known: dict[str, str], piece: Any) -> None:
    for new in piece.records:
        if new.label in ("Subject", "Document", "Event"):
            back.records[known[new.id]] = {"label": new.label, "roles": set(), "values": set(), **new.properties}
        elif new.label == "Attribute":
            back.records[known[new.under]]["values"].add((new.properties["kind"], new.properties["value"]))
    for link in piece.links:
        said = link.properties
        if link.query == "link_subject_of":
            back.records[known[link.start]]["roles"].add(said["role"])
        elif isinstance(link.end, NormalisedIdentifier):
            back.records[known[link.start]]["values"].add(link.end.key)
        elif link.query in ("link_linked_to", "link_involved_in", "link_mentions_subject"):
            kind = said.get("kind") or said.get("role")
            day = said["valid_from"].isoformat() if said.get("valid_from") else None
            back.links.add((known[link.start], known[link.end], kind, day))


@settings(deadline=None, max_examples=60)
@given(exports())
def test_followthemoney_out_and_in_keeps_all_values(
    tmp_path_factory: pytest.TempPathFactory, export: CaseExport
) -> None:
    back = read_back(tmp_path_factory.mktemp("ftm") / "case.ftm.json", export)

    assert back.refused == []
    assert set(back.records) == {one.id for one in export.records}
    for one in export.records:
        found = back.records[one.id]
        keys = {f"{i.kind}:{i.value}" for i in one.identifiers}
        assert found["values"] == {(a.kind, a.value) for a in one.attributes} | keys
        assert found["roles"] == set(one.roles)
        for name in (
            "kind",
            "title",
            "digest",
            "location",
            "description",
            "latitude",
            "longitude",
            "duration",
            "amount",
        ):
            if name in found:
                assert found[name] == getattr(one, name), name
        for name in ("written", "starts"):
            if found.get(name) is not None or getattr(one, name) is not None:
                text = found[name].isoformat(**({"timespec": "milliseconds"} if name == "starts" else {}))
                assert text.replace("+00:00", "Z") == getattr(one, name)
    assert back.links == {(link.start, link.end, link.detail, link.valid_from) for link in export.links}


@settings(deadline=None, max_examples=60)
@given(exports())
def test_followthemoney_entities_are_what_the_format_says(export: CaseExport) -> None:
    lines = [json.loads(line) for line in ftm_lines(export).split("\n")[:-1]]
    assert [line["id"] for line in lines] == [
        CASE.id, *(one.id for one in export.records), *(x.id for x in export.links if x.type != "INVOLVED_IN")
    ]  # fmt: skip
    schema_of = {line["id"]: line["schema"] for line in lines}
    for line in lines:
        assert set(line) == {"id", "schema", "properties"}
        assert all(isinstance(text, str) and text for texts in line["properties"].values() for text in texts)
        assert list(line["properties"]) == sorted(line["properties"])
        if line["schema"] in ftm.EDGES:
            start, end, _ = ftm.EDGES[line["schema"]]
            assert {start, end} <= set(line["properties"])
        if line["schema"] == "Ownership":
            assert schema_of[line["properties"]["owner"][0]] in ftm.LEGAL
    assert lines[0]["properties"]["summary"] == [WITHIN]


FOREIGN = [
    # (entity, what becomes of it)
    ({"id": "p", "schema": "Person", "properties": {
        "name": ["Rosa Vega"], "weakAlias": ["La Vega"], "birthDate": ["1980-05"], "phone": ["+12025550143"],
        "nationality": ["us"], "passportNumber": ["X 1"], "modifiedAt": ["2024-01-01"], "addressEntity": ["a"]}},
     ["name: Rosa Vega", "alias: La Vega", "birth_date: 1980-05", "nationality: us", "phone: +12025550143",
      "document: X1"]),
    ({"id": "c", "schema": "Company", "properties": {"name": ["Crates Inc"], "registrationNumber": ["HRB 1"]}},
     ["name: Crates Inc", "document: HRB1"]),
    ({"id": "v", "schema": "Vehicle", "properties": {"registrationNumber": ["XK 4410"], "model": ["T"]}},
     ["model: T", "plate: XK4410"]),
    ({"id": "a", "schema": "Address", "properties": {"full": ["12 Harbor Road"], "country": ["us"]}},
     ["country: us", "address: 12 harbor road"]),
    ({"id": "b", "schema": "BankAccount", "properties": {"iban": ["DE00"], "balance": ["3.50"]}},
     ["balance: 3.50", "account: DE00"]),
]  # fmt: skip


def shown(folder: Path, *entities: Any) -> list[dict[str, Any]]:
    (folder / "f.json").write_text("".join(json.dumps(entity) + "\n" for entity in entities))
    mapping = load("ftm")
    assert isinstance(mapping, TableMapping)
    return preview(Job(folder / "f.json", mapping, "ftm", folder, KEY, GIVEN), 20)


@pytest.mark.parametrize(
    ("entity", "values"), FOREIGN, ids=lambda value: value.get("schema") if isinstance(value, dict) else ""
)
def test_entities_of_others(tmp_path: Path, entity: Any, values: list[str]) -> None:
    found = shown(tmp_path, entity)
    assert found[0]["left_out"] == []
    assert sorted(found[0]["records"][0]["values"]) == sorted(values)
    assert len(found) == 1 + ("addressEntity" in entity["properties"])


def test_events_edges_and_what_is_not_taken(tmp_path: Path) -> None:
    payment = {"amount": ["1200.00"], "currency": ["USD"], "date": ["2024-02-01"], "payer": ["p"], "beneficiary": ["c"]}
    found = shown(
        tmp_path,
        {"id": "x", "schema": "Payment", "properties": payment},
        {"id": "o", "schema": "Ownership", "properties": {"owner": ["p"], "asset": ["c"], "startDate": ["2020"]}},
        {"id": "s", "schema": "Sanction", "properties": {"entity": ["p"]}},
        {"id": "", "schema": "Person", "properties": {}},
        {"id": "q", "schema": "Passport", "properties": {"holder": ["p"], "number": ["X 1"]}},
        {"id": "w", "schema": "Family", "properties": {"person": ["p"], "relative": ["p"]}},
    )
    assert found[0]["records"][0] == {
        "number": 1, "what": "Event", "kind": "transfer", "starts": "2024-02-01T00:00:00.000Z",
        "amount": "1200.00 USD", "values": [],
    }  # fmt: skip
    assert [record["kind"] for row in found[1:3] for record in row["records"]] == ["payer", "payee"]
    assert found[3]["records"][0]["kind"] == "owns"
    assert found[3]["left_out"] == ["startDate: is not of the format the mapping names"]
    assert [row.get("rejected", "").partition(";")[0] for row in found[4:]] == [
        "is of no schema that becomes records", "has no id", "", "a record is not linked to itself"
    ]  # fmt: skip


def test_an_ftm_mapping_has_no_rules() -> None:
    head = {"language": 1, "name": "x", "source": "x", "format": "ftm"}
    with pytest.raises(ValueError, match="leave the rules out"):
        TableMapping.model_validate({**head, "subjects": [{"name": "s", "kind": "Person", "role": "r"}]})


@given(TEXT, TEXT)
def test_notes(kind: str, value: str) -> None:
    assert ftm.noted(ftm.note(kind, value)) == (kind, value)


# -- GraphML and GEXF, by readers that are not networkx

BAD = "\x0bvertical\ufffe tab \ud800"


def told(export: CaseExport) -> tuple[dict[str, dict[str, str]], set[tuple[str, str, str, str]]]:
    """Nodes and edges as they are to be found."""
    made = graph(export)
    nodes = {id: {name: squeezed(text) for name, text in said.items()} for id, said in made.nodes(data=True)}
    edges = {
        (start, end, said["relation"], squeezed(said.get("detail", ""))) for start, end, said in made.edges(data=True)
    }
    return nodes, edges


def squeezed(text: str) -> str:
    """XML readers may turn white space in attributes into spaces, and line ends into one form."""
    return re.sub(r"\s", " ", text)


@settings(deadline=None, max_examples=60)
@given(exports())
def test_rustworkx_reads_graphml(tmp_path_factory: pytest.TempPathFactory, export: CaseExport) -> None:
    path = tmp_path_factory.mktemp("graphml") / "case.graphml"
    path.write_text(graphml(export), encoding="utf-8")
    (read,) = rustworkx.read_graphml(str(path))
    nodes, edges = told(export)
    assert {
        node["id"]: {k: squeezed(v) for k, v in node.items() if k != "id" and v is not None} for node in read.nodes()
    } == nodes
    ids = [node["id"] for node in read.nodes()]
    found = {
        (ids[s], ids[e], said["relation"], squeezed(said.get("detail") or ""))
        for s, e, said in read.weighted_edge_list()
    }
    assert found == edges
    assert read.num_edges() == graph(export).number_of_edges()
    assert read.attrs["scope"] == WITHIN


GEXF = "{http://www.gexf.net/1.2draft}"


@settings(deadline=None, max_examples=60)
@given(exports())
def test_gexf_is_as_its_specification_says(export: CaseExport) -> None:
    """A reader of the specification: declared attributes, unique ids, edges between nodes that are there."""
    root = ElementTree.fromstring(gexf(export))
    assert (root.tag, root.get("version")) == (f"{GEXF}gexf", "1.2")
    assert root.findtext(f"{GEXF}meta/{GEXF}description") == WITHIN
    assert root.find(f"{GEXF}meta") is not None
    assert "lastmodifieddate" not in root.find(f"{GEXF}meta").attrib  # type: ignore[union-attr]
    main = root.find(f"{GEXF}graph")
    assert main is not None
    titles = {
        (group.get("class"), one.get("id")): one.get("title")
        for group in main.findall(f"{GEXF}attributes")
        for one in group
    }
    nodes = {
        node.get("id", ""): {"label": node.get("label", ""), **valued(node, "node", titles)}
        for node in main.iter(f"{GEXF}node")
    }
    expected, edges = told(export)
    assert {id: {k: squeezed(v) for k, v in said.items()} for id, said in nodes.items()} == expected
    found, ids = set(), []
    for edge in main.iter(f"{GEXF}edge"):
        said = valued(edge, "edge", titles)
        start, end = edge.get("source", ""), edge.get("target", "")
        assert {start, end} <= set(nodes)
        ids.append(edge.get("id"))
        found.add((start, end, said["relation"], squeezed(said.get("detail", ""))))
    assert found == edges
    assert len(set(ids)) == len(ids) == graph(export).number_of_edges()


def valued(element: Any, kind: str, titles: dict[Any, Any]) -> dict[str, str]:
    found: Iterator[Any] = element.iter(f"{GEXF}attvalue")
    return {
        titles[kind, one.get("for")]: one.get("value") for one in found if titles[kind, one.get("for")] not in ("key",)
    }


def test_what_xml_cannot_write_is_replaced(tmp_path: Path) -> None:
    bad = record("Subject", uid(1), "Thing", roles=[BAD], attributes=[ExportedAttribute(kind=BAD, value=BAD)])
    export = CaseExport(case=CASE, records=[bad], links=[])
    (tmp_path / "x.graphml").write_text(graphml(export), encoding="utf-8")
    (read,) = rustworkx.read_graphml(str(tmp_path / "x.graphml"))
    clean = "\ufffdvertical\ufffd tab \ufffd"
    assert [node[f"attribute {clean}"] for node in read.nodes() if node["what"] == "Subject"] == [clean]
    assert clean in gexf(export).encode("ascii", "xmlcharrefreplace").decode().replace("&#65533;", "\ufffd")
    ElementTree.fromstring(gexf(export))


def test_the_same_file_gives_the_same_text() -> None:
    export = CaseExport(case=CASE, records=[record("Event", uid(1), "meeting", description="x")], links=[])
    for write in (ftm_lines, graphml, gexf):
        assert write(export) == write(export.model_copy(deep=True))
        assert WITHIN in write(export)


def test_identifiers_that_cannot_be_normalised_again_keep_their_value() -> None:
    with pytest.raises(InvalidInput):
        normalise(IdentifierKind.EMAIL, "broken")
    odd = ExportedIdentifier(id=uid(9), type="HAS_IDENTIFIER", identifier="0" * 32, kind="email",
                             value="old@example.com", as_written="broken")  # fmt: skip
    export = CaseExport(
        case=CASE, records=[record("Subject", uid(1), "Person", roles=["x"], identifiers=[odd])], links=[]
    )
    assert json.loads(ftm_lines(export).split("\n")[1])["properties"]["email"] == ["old@example.com"]
