"""The feed of changes: each query that changes a walkable link, or an expression's audience, says so in its header.

Found by what the texts create, delete and set, so that no list of queries can rot.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from icmgraph.model.records import WALKABLE
from icmgraph.queries import catalogue
from icmgraph.queries.catalogue import Access, Query, without_comments
from icmgraph.queries.gateway import _named
from icmgraph.queries.relabel import ENDS

ENDS_OF_LINKS = ENDS | {"Identifier"}
_CLAUSES = re.compile(
    r"\b(OPTIONAL MATCH|MATCH|ON CREATE SET|ON MATCH SET|CREATE|MERGE|DETACH DELETE|DELETE|SET|REMOVE|WITH|RETURN|WHERE"
    r"|UNWIND|CALL|FOREACH|UNION ALL|UNION)\b|[{}]"
)
_LINK = re.compile(r"\[\s*(\w*)\s*:\s*([A-Z_|\s]+)")
_TO_UNIT = re.compile(r"[^\]]*\]\s*->?\s*\(\s*\w*\s*:\s*Unit\b")
"""PART_OF stands between units too."""
_NODE = re.compile(r"\(\s*(\w+)\s*((?::\s*[A-Za-z|]+\s*)*)[{)]")


def clauses(text: str) -> Iterator[tuple[str, str]]:
    found = list(_CLAUSES.finditer(text))
    for one, after in zip(found, [*found[1:], None], strict=True):
        yield one[0], text[one.end() : after.start() if after else len(text)]


def changed(text: str) -> set[str]:
    """What a statement may change, as its header must say: ``links``, ``audiences``."""
    text = without_comments(text)
    links = {
        one[1]
        for one in _LINK.finditer(text)
        if {type.strip() for type in one[2].split("|")} & {*WALKABLE} and not _TO_UNIT.match(text, one.end())
    }
    labels: dict[str, set[str]] = {}
    for name, given in _NODE.findall(text):
        labels.setdefault(name, set()).update(re.findall(r"\w+", given))
    found: set[str] = set()
    for clause, rest in clauses(text):
        words = set(re.findall(r"\b[a-z]\w*\b", rest))
        made = {one.strip() for _, types in _LINK.findall(rest) for one in types.split("|")}
        between = {label for name in re.findall(r"\(\s*(\w+)\s*[):{]", rest) for label in labels.get(name, ())}
        if clause in ("CREATE", "MERGE") and made & {*WALKABLE} and (not between or between & ENDS_OF_LINKS):
            found.add("links")
        if clause == "DELETE" and words & links:
            found.add("links")
        if clause == "DETACH DELETE" and any(not labels.get(w) or labels[w] & ENDS_OF_LINKS for w in words):
            found.add("links")
        if clause.endswith("SET") or clause == "REMOVE":
            set_to = r"(?=\s*\+?=)" if clause != "REMOVE" else r"\b"
            for name, what in re.findall(rf"\b(\w+)\s*((?:\.\s*\w+)?){set_to}", rest):
                if name in links and what in ("", ".visibility"):
                    found.add("links")
                if "Visibility" in labels.get(name, ()) and what in ("", ".audience"):
                    found.add("audiences")
    return found


WRITING = [query for query in catalogue.load().values() if query.access is not Access.SCHEMA]


@pytest.mark.parametrize("query", WRITING, ids=lambda query: query.name)
def test_a_query_declares_what_it_changes(query: Query) -> None:
    declared = {what for what in ("links", "audiences") if getattr(query, what)}
    assert declared == changed(query.text), f"{query.name}: see docs/adr/0008"
    for where in filter(None, (query.links, query.audiences)):
        column = where.removeprefix("-> ")
        assert column != where or column.partition(".")[0] in query.params
        assert column == where or re.search(rf"\bAS {column}\b", query.text)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("MATCH (a:Subject) MATCH (b:Case) CREATE (a)-[r:SUBJECT_OF]->(b)", {"links"}),
        ("MATCH (a:Subject) MERGE (a)-[:SAME_AS]->(a)", {"links"}),
        ("MATCH ()-[x:AT {id: $id}]->() DELETE x", {"links"}),
        ("CALL () { MATCH ()-[x:ABOUT|AT {id: $id}]->() RETURN x }\nDELETE x\nRETURN 1", {"links"}),
        ("MATCH (n:Subject {id: $id})\nDETACH DELETE n", {"links"}),
        ("MATCH (n {id: $id}) DETACH DELETE n", {"links"}),
        ("MATCH (i:Identifier) DETACH DELETE i", {"links"}),
        ("MATCH ()-[r:LINKED_TO]->() SET r.visibility = 1", {"links"}),
        ("MATCH ()-[r:LINKED_TO]->() SET r += $said", {"links"}),
        ("MATCH (v:Visibility {id: 1}) SET v.audience = 2", {"audiences"}),
        # Of a link the audience is its expression's.
        ("MATCH ()-[r:LINKED_TO]->() SET r.audience = 1", set()),
        ("MATCH (a:Attribute) DETACH DELETE a", set()),
        ("MATCH (i:Identifier) WHERE NOT EXISTS { (i)<-[:AT]-() } DELETE i", set()),
        ("MATCH (u:User) CREATE (u)-[:MADE]->(:Check)", set()),
        ("MATCH (a)-[r:AT]->(b) // DELETE r\nRETURN a", set()),
    ],
)
def test_what_a_statement_changes(text: str, what: set[str]) -> None:
    assert changed(text) == what


def test_what_is_named() -> None:
    parameters = {"rows": [{"start": "a", "all": ["b", "c"]}, {"start": "d", "all": []}], "id": "e"}
    rows = [{"records": ["f", "g"]}]
    assert list(_named("rows.start", parameters, rows)) == ["a", "d"]
    assert list(_named("rows.all", parameters, rows)) == ["b", "c"]
    assert list(_named("id", parameters, rows)) == ["e"]
    assert list(_named("-> records", parameters, rows)) == ["f", "g"]


@pytest.mark.parametrize("name", ["memory_links", "memory_records"])
def test_types_have_the_numbers_that_memory_gives_them(name: str) -> None:
    said = re.findall(r"WHEN '([A-Z_]+)' THEN (\d+)", catalogue.load()[name].text)
    assert [(type, int(number)) for type, number in said] == [(type, n) for n, type in enumerate(WALKABLE)]
