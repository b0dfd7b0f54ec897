"""What becomes of interchange files before a graph is asked: wrong rows, ids, labels; and the worlds of benchmarks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from benchmarks import worlds
from icmgraph.ingest.bulk.ids import Ids, blocks, texts
from icmgraph.ingest.bulk.interchange import TABLES, open_folder
from icmgraph.ingest.bulk.prepare import Prepared, Staff, prepare
from icmgraph.ingest.people import read_people
from icmgraph.model.access import visibility
from icmgraph.model.source import derived_uuid
from tests.integration.interchange import WRONG, rows, with_wrong, write

KEY = b"a key of thirty-two bytes ......"
AT = datetime(2026, 1, 31, tzinfo=UTC)
AS_END = {"link_has_attribute", "link_key_of"}
IDENTIFIED = {"link_has_identifier", "link_mentions_identifier", "link_at"}


def prepared(folder: Path) -> Prepared:
    staff = read_people(folder / "people.csv", KEY).directory
    known = Staff(
        KEY,
        frozenset(unit.id for unit in staff.units),
        {user.id: user.user_class for user in staff.users},
        frozenset(caveat.id for caveat in staff.caveats),
    )
    return prepare(open_folder(folder), KEY, known, AT)


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return prepared(write(tmp_path_factory.mktemp("twin"), with_wrong(rows())))


@pytest.mark.parametrize("table", TABLES)
def test_each_wrong_row_says_why(twin: Prepared, table: str) -> None:
    lines = [line for line in twin.rejected.lines({name: name for name in TABLES}) if line["file"] == table]
    assert [line["reason"] for line in lines] == [reason for _, reason in WRONG[table]]
    first = len(rows()[table]) + 1
    assert [line["row"] for line in lines] == list(range(first, first + len(lines)))
    assert [line["values"] for line in lines] == [row for row, _ in WRONG[table]]
    assert twin.counts[table].rows == first - 1 + len(lines)


def test_labels_are_those_of_the_model(twin: Prepared) -> None:
    """What is worked out for whole columns is what the pure functions say of each row."""
    expressions = [twin.expressions[number] for number in twin.visible]
    seen = 0
    for query, frame in twin.links.items():
        for row in frame.iter_rows(named=True):
            own = twin.owns[row["own"]]
            ends = [expressions[row["start"]]] + ([] if query in IDENTIFIED else [expressions[row["end"]]])
            wanted = ends[-1] if query in AS_END else visibility(own, *ends)
            if query == "link_has_attribute":
                assert wanted == visibility(own, *ends), "an attribute's is its own and its subject's"
            assert twin.expressions[row["vis"]] == wanted, query
            seen += len(own.cases) > 1 or bool(own.shared) or bool(own.caveats)
    assert seen > 20, "cross-case, shared and caveated ones among them"
    for label in ("Case", "Subject", "Document", "Event", "Entry"):
        for row in twin.nodes[label].iter_rows(named=True):
            assert twin.expressions[row["vis"]] == visibility(twin.owns[row["own"]])


def test_ids_are_derived_and_all_different(twin: Prepared) -> None:
    case = twin.nodes["Case"]["id"][0]
    assert case == derived_uuid(KEY, "load", "twin", "case", "C0")
    frames = (*twin.nodes.values(), *twin.links.values())
    ids = pl.concat([frame["id"] for frame in frames if "id" in frame.columns])
    assert ids.n_unique() == len(ids)
    assert ids.str.contains("^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$").all()


def test_parts_of_another_key_or_purpose_have_other_ids() -> None:
    one = blocks(bytes(range(32)))
    ids = Ids(KEY, "a")
    made = [ids.parts("x", one), ids.parts("y", one), Ids(b"another", "a").parts("x", one), ids.parts("x", one, one)]
    assert len({text for found in made for text in texts(found)}) == 8
    assert np.array_equal(ids.parts("x", one), made[0])


def test_what_is_said_twice_counts_once(tmp_path: Path) -> None:
    made = rows()
    for table in ("attributes", "identifiers", "mentions", "involvements", "links", "same_as", "related", "shares"):
        made[table].append(made[table][0])
    # Written otherwise, the same phone.
    made["identifiers"].append({"subject": "S2-0", "kind": "phone", "value": "+1 202-555-0143"})
    found = prepared(write(tmp_path, made))
    assert {table: counts.already for table, counts in found.counts.items() if counts.already} == {
        "attributes": 1, "identifiers": 2, "mentions": 1, "involvements": 1, "links": 1, "same_as": 1, "related": 1,
        "shares": 1,
    }  # fmt: skip
    assert found.rejected.frames == {}


def test_the_same_in_parquet(tmp_path: Path, twin: Prepared) -> None:
    folder = write(tmp_path, with_wrong(rows()))
    for file in folder.glob("*.csv"):
        if file.stem != "people":
            pl.read_csv(file, infer_schema=False).write_parquet(file.with_suffix(".parquet"))
            file.unlink()
    manifest = folder / "manifest.json"
    manifest.write_text(manifest.read_text().replace(".csv", ".parquet"))
    found = prepared(folder)
    assert _frames(found) == _frames(twin)


def _frames(made: Prepared) -> Mapping[str, list[tuple[object, ...]]]:
    return {name: frame.rows() for name, frame in (made.nodes | made.links).items()}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    worlds.write(folder, 1000, seed=7)
    return folder


def test_a_world_is_loaded_whole(world: Path) -> None:
    made = prepared(world)
    assert made.rejected.frames == {}
    nodes = sum(frame.height for frame in made.nodes.values())
    assert 30_000 < nodes < 44_000, "about 37 records and identifiers a case"
    restricted = sum(not units for units in made.openness.values())
    assert 70 < restricted < 130
    holders = made.links["link_has_identifier"].group_by("key").len()["len"].sort(descending=True)
    assert holders[0] > made.nodes["Subject"].height // 5 - 2, "a hub"
    assert sum(many <= 2 for many in holders) > 0.8 * len(holders)
    assert sum(len(expression.cases) > 1 for expression in made.expressions) > 300
    assert sum(bool(expression.caveats) for expression in made.expressions) > 20


def test_a_world_is_the_same_again(world: Path, tmp_path: Path) -> None:
    worlds.write(tmp_path, 1000, seed=7)
    for file in world.glob("*.parquet"):
        assert pl.read_parquet(file).equals(pl.read_parquet(tmp_path / file.name)), file.name
    assert (world / "people.csv").read_bytes() == (tmp_path / "people.csv").read_bytes()
