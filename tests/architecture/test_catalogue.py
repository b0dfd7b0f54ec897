"""Query files: what loads, what does not, and that each names only what the example world has."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from pathlib import Path

import neo4j.exceptions
import pytest

from icmgraph.errors import IcmError
from icmgraph.model.records import NO_SIGHT
from icmgraph.queries import catalogue
from icmgraph.queries.catalogue import Access, BadQueryFile
from icmgraph.queries.gateway import translate

R = "r.audience IN $audiences OR r.visibility IN $visibilities"
N = "n.audience IN $audiences OR n.visibility IN $visibilities"
START = f"MATCH (n:Subject) WHERE {N}"


def header(access: str = "scoped", name: str = "x", params: str = "", example: str = "") -> str:
    return (
        f"// name: {name}\n// access: {access}\n// summary: s\n// params: {params}\n// returns: r\n"
        f"// example: {example}\n"
    )


@pytest.mark.parametrize(
    "pattern",
    [
        f"-[r:SAME_AS WHERE {R}]-",
        f"-[r:SAME_AS|LINKED_TO WHERE {R}]->",
        f"<-[r:SAME_AS WHERE ({R}) AND r.kind = 'x']-",
        f"-[r:SAME_AS {{kind: 'x'}} WHERE {R}]-",
    ],
)
def test_loads(pattern: str) -> None:
    assert catalogue.parse(f"{header()}{START} MATCH (n){pattern}(m) RETURN n.id AS id", "x.cypher", "read")


@pytest.mark.parametrize(
    "pattern",
    [
        "-[r:SAME_AS]-",
        "-[:SAME_AS]-",
        "-[r]-",
        "-[]-",
        "--",
        "-->",
        "<--",
        "-->{1,3}",
        "--+",
        "- [r:SAME_AS] -",
        "-[r:SAME_AS*1..3]-",
        "-[r:SAME_AS WHERE r.role IN ['a']]-",
        f"-[r:% WHERE {R}]-",
        f"-[r WHERE {R}]-",
        f"-[q:SAME_AS WHERE {R}]-",
        f"-[r:SAME_AS WHERE true OR {R}]-",
        f"-[r:SAME_AS WHERE NOT ({R})]-",
        f"-[r:SAME_AS WHERE r.kind = 'x' AND {R}]-",
        f"-[r:SAME_AS WHERE ({R}) AND r.kind = 'x' OR true]-",
        f"-[r:SAME_AS WHERE ({R}) OR true]-",
        "-[r:SAME_AS WHERE r.audience IN $audiences]-",
        "-[r:SAME_AS WHERE r.audience IN $visibilities OR r.visibility IN $audiences]-",
    ],
)
def test_a_pattern_without_type_or_predicate_does_not_load(pattern: str) -> None:
    with pytest.raises(BadQueryFile, match="relationship pattern"):
        catalogue.parse(f"{header()}{START} MATCH (n){pattern}(m) RETURN n.id", "x.cypher", "read")


@pytest.mark.parametrize(
    ("text", "folder", "why"),
    [
        (header() + "MATCH (n:Subject) RETURN n.id", "read", "predicate"),
        (header() + START + " MATCH (u:User) RETURN u.contact", "read", "no place in a scoped"),
        (header() + START + " MATCH (v:Visibility) RETURN v.expression", "read", "no place in a scoped"),
        (header() + START + f" MATCH SHORTEST 3 (n)-[r:SAME_AS WHERE {R}]-(m) RETURN n", "read", "no place"),
        (header() + START + " CALL db.labels() YIELD label RETURN label", "read", "no place in a scoped"),
        (header() + START + " /* hidden */ RETURN n.id", "read", "comments"),
        (header() + START + " AND n.kind = 'a//b' RETURN n.id", "read", "comments"),
        (header() + START + " AND n.id = $me RETURN n.id", "read", "'me'"),
        (header() + START + " AND n.id = $id RETURN n.id", "read", "params"),
        (header(params="id: str", example="id=$subject") + START + " RETURN n.id", "read", "params"),
        (header(params="id: str") + START + " AND n.id = $id RETURN n.id", "read", "example"),
        (header("personal") + "MATCH (n:Notice) RETURN n.id", "personal", r"\$me"),
        (header("personal") + f"MATCH (u:User {{id: $me}}) {START} RETURN n.id", "personal", "audiences"),
        (header("control") + "MATCH (c:Case)-[]-(n) RETURN n", "access", "without types"),
        (header("scoped") + START + " RETURN n.id", "access", "does not belong"),
        (header("secret") + START + " RETURN n.id", "read", "does not belong"),
        (header(name="y") + START + " RETURN n.id", "read", "must be one"),
        (header() + START + " RETURN n.id", "read", "needs a name"),
        (header() + START + f" RETURN n.id AS id UNION {START} RETURN n.id AS id", "read", "ends in one RETURN"),
        (header().replace("// params", "// seeks: keys\n// params") + START + " RETURN n.id AS id", "read", "seeks"),
        ("// colour: red\n" + header() + START, "read", "unknown header"),
        (header().replace("// summary: s\n", "") + START, "read", "lacks summary"),
        (header().replace("// access: scoped\n", "") + START, "read", "lacks access"),
    ],
)
def test_does_not_load(text: str, folder: str, why: str) -> None:
    with pytest.raises(BadQueryFile, match=why):
        catalogue.parse(text, "x.cypher", folder)


def test_two_files_of_one_name_do_not_load(tmp_path: Path) -> None:
    for folder in ("read", "also/read"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "x.cypher").write_text(header() + START + " RETURN n.id AS id")
    with pytest.raises(BadQueryFile, match="second query"):
        catalogue.load(tmp_path)


def test_every_access_is_used() -> None:
    assert {query.access for query in catalogue.load().values()} == set(Access)


def _driver_errors() -> Sequence[type[BaseException]]:
    found = [
        error
        for _, error in inspect.getmembers(neo4j.exceptions, inspect.isclass)
        if issubclass(error, (neo4j.exceptions.DriverError, neo4j.exceptions.Neo4jError))
    ]
    assert len(found) > 20
    return found


@pytest.mark.parametrize("error", _driver_errors())
def test_every_error_of_the_driver_becomes_one_of_ours_without_its_text(error: type[BaseException]) -> None:
    ours = translate(error("server says: +12025550143"))
    assert isinstance(ours, IcmError)
    assert ours.status in (409, 503)
    assert "2025550143" not in str(ours)


@pytest.mark.parametrize("name", ["conflict", "conflicts"])
def test_whom_leading_gives_no_sight(name: str) -> None:
    """What a query says of user classes is what the model says."""
    (listed,) = re.findall(r"user_class IN \[([^\]]*)\]", catalogue.load()[name].text)
    assert {word.strip(" '") for word in listed.split(",")} == {one.value for one in NO_SIGHT}


@pytest.mark.parametrize(
    ("ends", "sent"),
    [
        ("RETURN n.id AS id, n.kind AS kind ORDER BY id LIMIT 1",
         "WITH n.id AS id, n.kind AS kind ORDER BY id LIMIT 1\nWITH collect({id: id, kind: kind}) AS answer\n"),
        ("RETURN DISTINCT n, 'a, b AS c' AS text", "WITH DISTINCT n, 'a, b AS c' AS text\n"
         "WITH collect({n: n, text: text}) AS answer\n"),
        ("RETURN [x IN [1, 2] | x][0] AS x, CASE WHEN true THEN 1 END AS y",
         "WITH [x IN [1, 2] | x][0] AS x, CASE WHEN true THEN 1 END AS y\nWITH collect({x: x, y: y}) AS answer\n"),
        ("RETURN collect({id: n.id}) AS answer  // all of them", "WITH collect({id: n.id}) AS answer\n"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("in_bits", [False, True])
def test_a_scoped_query_is_sent_as_one_record_with_the_epoch_after_it(ends: str, sent: str, in_bits: bool) -> None:
    bits = (
        "$audience_bits[n.audience / 7] / $bit[n.audience % 7] % 2 = 1 OR "
        "$visibility_bits[$visibility_pages[n.visibility / 1792] + n.visibility % 1792 / 7] "
        "/ $bit[n.visibility % 7] % 2 = 1"
    )
    start = START.replace(N, bits) if in_bits else START
    epoch = (
        "OPTIONAL MATCH (e:Epoch) WITH answer, e.value AS epoch, datetime.realtime() AS now\n"
        "RETURN answer, epoch, now.epochSeconds * 1000000 + now.microsecond AS now"
    )
    assert catalogue.sent(f"{START} {ends}", in_bits) == f"{start} {sent}{epoch}"


def test_what_is_sought_by_label_is_sought_in_lists() -> None:
    hints = "USING INDEX SEEK k:NameKey(key, audience) USING INDEX SEEK k:NameKey(key, visibility)"
    sought = f"MATCH (k:NameKey) {hints} WHERE {N.replace('n.', 'k.')}"
    text = catalogue.sent(f"{sought} MATCH (k)-[r:KEY_OF WHERE {R}]->(n) RETURN n.id AS id", in_bits=True)
    assert sought in text
    assert R not in text


def test_a_name_that_is_sought_by_key_alone_is_not_sought_by_each_label_too() -> None:
    """On a large graph the server plans a bare *or* of labels as seeks of them: of 200 names by 98 labels five times
    the time. On a small one it does not, so that no test of plans sees it."""
    parts = [
        (name, part.partition("RETURN")[0])
        for name, query in catalogue.load().items()
        for part in query.text.split("MATCH (x:NameKey {key")[1:]
    ]
    assert len(parts) >= 4
    assert not [name for name, part in parts if "coalesce(x.audience IN $audiences OR" not in part]
