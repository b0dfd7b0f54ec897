"""Synthetic worlds as interchange files: ``python -m benchmarks.worlds --cases 10000 OUT`` (docs/load.md).

The same cases and seed give the same world. Nobody in it is anybody: names are put together of syllables, phone numbers
are of no country and begin with zeros, mail addresses end in ``.test``.

Sizes are for each case, so that a world grows in all at once; what comes out is about 37 records and identifiers and
65 relationships a case. Each number has its reason beside it.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from icmgraph.ingest.bulk.interchange import PEOPLE, write_manifest

Numbers = npt.NDArray[np.int64]

REGIONS, OFFICES = 5, 20
"""With the headquarters 26 units: three levels, as openness goes down the tree and never up."""
RESTRICTED = 0.10
"""Of the cases, open to nobody: seen by who is assigned and by leaders."""
TWO_OFFICES, WHOLE_REGION = 0.12, 0.03
"""Of the cases, open to a second office or to the region: some 350 different audiences come of it."""
CASES_AN_AGENT = 100
"""Of whom each case has one: open files of a busy office."""
CAVEATS = ("sealed", "grand_jury", "wiretap", "privilege", "informant", "other")
CASE_CAVEATS, VALUE_CAVEATS = 0.02, 0.01
"""Cases all of whose content needs a caveat, and single values of other cases."""
SUBJECTS = 5.0
"""A case, on average (geometric: most are small, some have fifty)."""
KINDS = {"Person": 0.75, "Organization": 0.08, "Vehicle": 0.10, "Account": 0.07}
BORN = 0.4
"""Of the persons, those whose birth date is known."""
IDENTIFIERS = 4.4
"""A subject, on average, shared ones counted for each."""
SHARED_EXPONENT = 2.2
"""Of the power law of how many subjects have one identifier: nine tenths have one or two, some have thousands."""
MOST_SHARED = 2_000
HUBS = (100_000, 30_000, 10_000)
"""Identifiers that everybody has (a taxi firm's phone), each with so many relationships but at most with a fifth of all
subjects."""
NEAR, NEAR_CASES = 0.7, 60
"""Most of those who share an identifier are of cases that lie together (of one office); the others are anywhere."""
IDENTIFIER_KINDS = {"phone": 0.45, "handle": 0.15, "plate": 0.1, "account": 0.1, "email": 0.1, "address": 0.1}
LINKS, INVOLVED, MENTIONED = 5.0, 2.0, 3.0
"""A case: links between its subjects; subjects in its event; subjects in its document."""
SAME_AS, RELATED, CASE_SHARES = 0.3, 0.05, 0.02
"""A case: links to other cases' subjects and to other cases (each such pair is an expression of its own); shares."""


@dataclass(frozen=True)
class WhoAsks:
    """A person whom benchmarks ask as: sight of so many offices, so many single grants, or all there is."""

    key: str
    offices: int = 0
    grants: int = 0
    everything: bool = False


PEOPLE_WHO_ASK = (
    WhoAsks("one-case", grants=1),
    WhoAsks("one-office", offices=1),
    WhoAsks("five-offices", offices=5, grants=100),
    WhoAsks("everything", offices=OFFICES, everything=True),
    WhoAsks("many-grants", grants=10_000),
    WhoAsks("all-offices", offices=OFFICES),
)
GIVEN_SYLLABLES = "ba be bi bo da de do fa fe ga ge ka ke ki la le li lo ma me mi na ne ni pa re ri ro sa se ta te va"
FAMILY_SYLLABLES = "bar bel bor dan del dor fal fen gar gol kan kel kor lan lem mar mel nar nor pal pel ran rel san"
FAMILY_ENDS = "adek eric ivan omar uvin aleth"


class World:
    """Makes one world. ``cases``: how many."""

    def __init__(self, cases: int, seed: int) -> None:
        self.cases = cases
        self.draw = np.random.default_rng([seed, cases])
        self.tables: dict[str, pl.DataFrame] = {}
        self.office = np.sort(self.draw.integers(0, OFFICES, cases))
        self.agents_an_office = max(2, cases // OFFICES // CASES_AN_AGENT)

    def make(self) -> dict[str, pl.DataFrame]:
        self._cases()
        self._subjects()
        self._identifiers()
        self._documents_and_events()
        self._between()
        return self.tables

    def _some(self, of: int, share: float) -> npt.NDArray[np.bool_]:
        return self.draw.random(of) < share

    def _caveats(self, rows: int, share: float) -> list[str | None]:
        which = self.draw.integers(0, len(CAVEATS), rows)
        held = self._some(rows, share)
        return [f"CAV-{one}" if has else None for one, has in zip(which.tolist(), held.tolist(), strict=True)]

    def _cases(self) -> None:
        count, draw = self.cases, self.draw
        how = draw.random(count)
        other = draw.integers(0, OFFICES, count)
        agent = draw.integers(0, self.agents_an_office, count)
        days = draw.integers(0, 3_650, count)
        closed = self._some(count, 0.4)
        frame = pl.DataFrame({
            "n": np.arange(count), "office": self.office, "other": other, "agent": agent, "how": how, "days": days,
            "is_closed": closed, "caveats": pl.Series(self._caveats(count, CASE_CAVEATS), dtype=pl.String),
        })  # fmt: skip
        opened = pl.date(2015, 1, 1) + pl.duration(days=pl.col("days"))
        own = pl.format("OFFICE-{}", "office")
        restricted, two = pl.col("how") < RESTRICTED, pl.col("how") < RESTRICTED + TWO_OFFICES
        region = pl.col("how") < RESTRICTED + TWO_OFFICES + WHOLE_REGION
        self.tables["cases"] = frame.select(
            pl.format("C{}", "n").alias("id"),
            pl.format("SYN-{}", "n").alias("number"),
            pl.format("Synthetic case {}", "n").alias("title"),
            pl.when(pl.col("n") % 10 == 0).then(pl.lit("civil")).otherwise(pl.lit("criminal")).alias("kind"),
            pl.when("is_closed").then(pl.lit("closed")).otherwise(pl.lit("open")).alias("status"),
            opened.cast(pl.String).alias("opened"),
            pl.when("is_closed").then((opened + pl.duration(days=90)).cast(pl.String)).alias("closed"),
            own.alias("unit"),
            pl.format("agent-{}-{}", "office", "agent").alias("agent"),
            pl.when(restricted).then(None).when(two).then(pl.format("OFFICE-{};OFFICE-{}", "office", "other"))
            .when(region).then(pl.format("REGION-{}", pl.col("office") % REGIONS)).otherwise(own).alias("open_to"),
            "caveats",
        )  # fmt: skip
        chosen = [
            (who.key, case)
            for who in PEOPLE_WHO_ASK
            for case in draw.choice(count, min(who.grants, count // 2), replace=False)
        ]
        self.tables["assignments"] = pl.DataFrame(
            {"case": [f"C{case}" for _, case in chosen], "user": [key for key, _ in chosen]}
        )

    def _subjects(self) -> None:
        draw = self.draw
        many = draw.geometric(1 / SUBJECTS, self.cases)
        self.case_of: Numbers = np.repeat(np.arange(self.cases), many)
        self.first = np.concatenate([[0], np.cumsum(many)])
        self.subjects = len(self.case_of)
        kinds, shares = list(KINDS), list(KINDS.values())
        kind = draw.choice(len(kinds), self.subjects, p=np.array(shares) / sum(shares))
        roles = np.array(["suspect", "target", "victim", "witness", "associate"])
        self.kind = kind
        self.tables["subjects"] = pl.DataFrame({
            "id": _keys("S", np.arange(self.subjects)), "case": _keys("C", self.case_of),
            "kind": pl.Series(np.array(kinds)[kind].tolist()),
            "role": pl.Series(roles[draw.integers(0, 5, self.subjects)].tolist()),
        })  # fmt: skip
        named = np.flatnonzero(kind <= 1)
        born = np.flatnonzero((kind == 0) & self._some(self.subjects, BORN))
        names = self._names(kind[named] == 0)
        days = draw.integers(0, 20_000, len(born))
        dates = pl.DataFrame({"d": days}).select((pl.date(1950, 1, 1) + pl.duration(days=pl.col("d"))).cast(pl.String))
        caveats = self._caveats(len(named) + len(born), VALUE_CAVEATS)
        self.tables["attributes"] = pl.concat([
            pl.DataFrame({"subject": _keys("S", named), "kind": ["name"] * len(named), "value": names}),
            pl.DataFrame({"subject": _keys("S", born), "kind": ["birth_date"] * len(born), "value": dates.to_series()}),
        ]).with_columns(pl.Series("caveats", caveats, dtype=pl.String))  # fmt: skip

    def _names(self, person: npt.NDArray[np.bool_]) -> list[str]:
        """Some are far more frequent than others, as names are: a search finds many, or nobody else."""
        draw = self.draw
        given = [(one + two).title() for one, two in product(GIVEN_SYLLABLES.split(), repeat=2)]
        syllables = FAMILY_SYLLABLES.split()
        family = ["".join(parts).title() for parts in product(syllables, syllables, FAMILY_ENDS.split())]
        draw.shuffle(given)
        draw.shuffle(family)
        first = _skewed(draw, len(given), len(person)).tolist()
        last = _skewed(draw, len(family), len(person)).tolist()
        return [
            f"{given[one]} {family[other]}" if is_person else f"{family[other]} {given[one]} Ltd"
            for one, other, is_person in zip(first, last, person.tolist(), strict=True)
        ]

    def _identifiers(self) -> None:
        draw, subjects = self.draw, self.subjects
        hubs = [min(size, subjects // 5) for size in HUBS]
        wanted = max(int(IDENTIFIERS * subjects) - sum(hubs), subjects)
        # The mean of a zipf of this exponent, cut at the most: so many identifiers make so many relationships.
        sizes = np.arange(1, MOST_SHARED + 1, dtype=np.float64)
        law = sizes**-SHARED_EXPONENT
        many = draw.choice(MOST_SHARED, int(wanted / ((law * sizes).sum() / law.sum())), p=law / law.sum()) + 1
        first = draw.integers(0, subjects, len(many))
        identifier = np.repeat(np.arange(len(many)), many)
        holder = np.repeat(first, many)
        begins = np.concatenate([[0], np.cumsum(many)[:-1]])
        other = np.ones(len(holder), dtype=bool)
        other[begins] = False  # the first holder
        near = self._some(len(holder), NEAR)
        offset = np.rint(draw.laplace(0, NEAR_CASES * SUBJECTS, len(holder))).astype(np.int64)
        anywhere = draw.integers(0, subjects, len(holder))
        holder = np.where(other, np.where(near, (holder + offset) % subjects, anywhere), holder)
        for number, size in enumerate(hubs):
            holder = np.concatenate([holder, draw.choice(subjects, size, replace=False)])
            identifier = np.concatenate([identifier, np.full(size, len(many) + number)])
        pairs = np.unique(np.stack([holder, identifier], axis=1), axis=0)
        names = list(IDENTIFIER_KINDS)
        kind = draw.choice(len(names), len(many) + len(hubs), p=list(IDENTIFIER_KINDS.values()))
        kind[len(many) :] = 0  # hubs are phones
        frame = pl.DataFrame({"s": pairs[:, 0], "i": pairs[:, 1], "k": kind[pairs[:, 1]]})
        digits = pl.col("i").cast(pl.String)
        value = pl.lit(None, pl.String)
        for place, written in enumerate((
            pl.concat_str(pl.lit("000-"), digits.str.zfill(9)), pl.format("@syn_{}", digits),
            pl.format("SYN {}", digits.str.zfill(7)), pl.format("SY00 {}", digits.str.zfill(12)),
            pl.format("syn{}@example.test", digits), pl.format("{} Synthetic Road", digits),
        )):  # fmt: skip
            value = pl.when(pl.col("k") == place).then(written).otherwise(value)
        self.tables["identifiers"] = frame.select(
            pl.format("S{}", "s").alias("subject"),
            pl.col("k").replace_strict(dict(enumerate(names))).alias("kind"),
            value.alias("value"),
            pl.when(pl.col("k") == 0).then(pl.lit("ZZ")).alias("region"),
        ).with_columns(pl.Series("caveats", self._caveats(frame.height, VALUE_CAVEATS), dtype=pl.String))  # fmt: skip

    def _inside(self, many: float) -> tuple[Numbers, Numbers]:
        """Cases, and a subject of each, drawn at random."""
        case = self.draw.integers(0, self.cases, int(many * self.cases))
        size = self.first[case + 1] - self.first[case]
        return case, self.first[case] + (self.draw.random(len(case)) * size).astype(np.int64)

    def _documents_and_events(self) -> None:
        every = np.arange(self.cases)
        self.tables["documents"] = pl.DataFrame({
            "id": _keys("D", every), "case": _keys("C", every), "kind": ["report"] * self.cases,
            "title": _keys("Synthetic report ", every),
        })  # fmt: skip
        seconds = self.draw.integers(0, 3_650 * 86_400, self.cases)
        moments = pl.DataFrame({"s": seconds}).select(
            (pl.datetime(2015, 1, 1) + pl.duration(seconds=pl.col("s"))).dt.to_string("%Y-%m-%dT%H:%M:%SZ")
        )
        position = self.draw.random((2, self.cases))
        self.tables["events"] = pl.DataFrame({
            "id": _keys("E", every), "case": _keys("C", every), "kind": ["meeting"] * self.cases,
            "starts": moments.to_series(),
            "latitude": pl.Series(position[0] * 2 - 1).round(5).cast(pl.String),
            "longitude": pl.Series(position[1] * 2 - 1).round(5).cast(pl.String),
            "address": _keys("", self.draw.integers(0, 10 * self.cases, self.cases), " Synthetic Road"),
        })  # fmt: skip
        case, subject = self._inside(MENTIONED)
        self.tables["mentions"] = pl.DataFrame({"document": _keys("D", case), "subject": _keys("S", subject)}).unique(
            maintain_order=True
        )
        case, subject = self._inside(INVOLVED)
        involved = pl.DataFrame({"subject": _keys("S", subject), "event": _keys("E", case)}).unique(maintain_order=True)
        self.tables["involvements"] = involved.with_columns(pl.lit("present").alias("role"))

    def _between(self) -> None:
        case, one = self._inside(LINKS)
        size = self.first[case + 1] - self.first[case]
        step = 1 + (self.draw.random(len(case)) * (size - 1)).astype(np.int64)
        other = self.first[case] + (one - self.first[case] + step) % size
        kinds = np.array(["knows", "family", "employs", "owns", "calls"])[self.draw.integers(0, 5, len(case))]
        links = pl.DataFrame({"from": _keys("S", one), "to": _keys("S", other), "kind": pl.Series(kinds.tolist())})
        self.tables["links"] = links.filter(pl.Series(one != other)).unique(maintain_order=True)
        # Nobody is the same as somebody of another kind.
        persons = np.flatnonzero(self.kind == 0)
        pairs = self.draw.choice(persons, (int(SAME_AS * self.cases), 2))
        apart = self.case_of[pairs[:, 0]] != self.case_of[pairs[:, 1]]
        self.tables["same_as"] = pl.DataFrame({
            "from": _keys("S", pairs[apart, 0]), "to": _keys("S", pairs[apart, 1]),
            "basis": ["synthetic"] * int(apart.sum()),
        })  # fmt: skip
        ends = self.draw.integers(0, self.cases, (int(RELATED * self.cases), 2))
        ends = ends[ends[:, 0] != ends[:, 1]]
        self.tables["related"] = pl.DataFrame({
            "from": _keys("C", ends[:, 0]), "to": _keys("C", ends[:, 1]), "kind": ["follow-up"] * len(ends),
        })  # fmt: skip
        record = self.draw.integers(0, self.subjects, int(CASE_SHARES * self.cases))
        whom = self.draw.integers(0, self.cases, len(record))
        apart = self.case_of[record] != whom
        self.tables["shares"] = pl.DataFrame({
            "what": ["subject"] * int(apart.sum()), "id": _keys("S", record[apart]), "case": _keys("C", whom[apart]),
            "role": ["associate"] * int(apart.sum()),
        })  # fmt: skip

    def people(self) -> list[Sequence[Any]]:
        """Rows of people.csv: agents and a leader for each office, and whom benchmarks ask as."""
        rows: list[Sequence[Any]] = [("record", "key", "name", "contact", "class", "kind", "of", "sight")]
        rows.append(("unit", "HQ", "Synthetic headquarters", "", "", "", "", ""))
        rows += [("unit", f"REGION-{n}", f"Synthetic region {n}", "", "", "", "HQ", "") for n in range(REGIONS)]
        rows += [
            ("unit", f"OFFICE-{n}", f"Synthetic office {n}", "", "", "", f"REGION-{n % REGIONS}", "")
            for n in range(OFFICES)
        ]
        rows += [
            ("caveat", f"CAV-{n}", f"Synthetic caveat {n}", "", "", kind, "", "") for n, kind in enumerate(CAVEATS)
        ]
        for office in range(OFFICES):
            staff = [(f"lead-{office}", "supervisor")]
            staff += [(f"agent-{office}-{n}", "agent") for n in range(self.agents_an_office)]
            for key, of in staff:
                rows.append(("user", key, f"Synthetic {key}", f"{key}, room 1", of, "", "", ""))
                rows.append(("member", key, "", "", "", "", f"OFFICE-{office}", "yes"))
            rows.append(("lead", f"lead-{office}", "", "", "", "", f"OFFICE-{office}", ""))
            rows.append(("clearance", f"agent-{office}-0", "", "", "", "", f"CAV-{office % len(CAVEATS)}", ""))
        for who in PEOPLE_WHO_ASK:
            of = "supervisor" if who.everything else "agent"
            rows.append(("user", who.key, f"Synthetic {who.key}", f"{who.key}, room 1", of, "", "", ""))
            # Members of an office, so that they may open cases in it.
            rows += [
                ("member", who.key, "", "", "", "", f"OFFICE-{n}", "yes" if n < who.offices else "")
                for n in range(max(who.offices, 1))
            ]
            if who.everything:
                rows.append(("lead", who.key, "", "", "", "", "HQ", ""))
                rows += [("clearance", who.key, "", "", "", "", f"CAV-{n}", "") for n in range(len(CAVEATS))]
        return rows


def _keys(before: str, numbers: npt.NDArray[Any], after: str = "") -> pl.Series:
    text = pl.concat_str(pl.lit(before), pl.col("n").cast(pl.String), pl.lit(after))
    return pl.DataFrame({"n": numbers}).select(text).to_series()


def _skewed(draw: np.random.Generator, of: int, many: int) -> Numbers:
    """Numbers below ``of``, small ones more often: the n-th about as 1/n."""
    found: Numbers = np.minimum((of ** draw.random(many)).astype(np.int64) - 1, of - 1)
    return found


def write(folder: Path, cases: int, seed: int) -> dict[str, int]:
    """Make a world and write it as Parquet; gives how many rows of each kind."""
    folder.mkdir(parents=True, exist_ok=True)
    world = World(cases, seed)
    rows = {}
    for table, frame in world.make().items():
        frame.write_parquet(folder / f"{table}.parquet")
        rows[table] = frame.height
    with (folder / PEOPLE).open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(world.people())
    write_manifest(
        folder, f"world-{cases}-{seed}", {table: (f"{table}.parquet", count) for table, count in rows.items()}
    )
    return rows


def main() -> None:
    given = argparse.ArgumentParser(prog="python -m benchmarks.worlds", description=(__doc__ or "").partition("\n")[0])
    given.add_argument("--cases", type=int, default=10_000)
    given.add_argument("--seed", type=int, default=1)
    given.add_argument("folder", type=Path)
    asked = given.parse_args()
    began = time.monotonic()
    rows = write(asked.folder, asked.cases, asked.seed)
    print(json.dumps({"rows": rows, "seconds": round(time.monotonic() - began, 1)}))


if __name__ == "__main__":
    main()
