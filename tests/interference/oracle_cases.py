"""What compare, connected and history answer, in a world of which the person sees everything (see ``oracle``)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from icmgraph.model.records import utc_text
from tests.interference.oracle import WITHIN, Json, Oracle
from tests.worlds.world import Key, Link, Record

REASONS_SHOWN = 5
KINDS = ("record", "same_as", "related_to", "involved_in", "mentions", "identifier", "name")


@dataclass(frozen=True)
class Thing:
    """Something that may join files. ``rank`` and ``what`` give its place; ``holders``: records, or cases."""

    rank: int
    what: str
    node: Json | None
    holders: frozenset[str]
    evidence: tuple[Json, ...]
    hub: bool = False


@dataclass(frozen=True)
class Connections:
    """Every thing that could join, tried on every pair of cases."""

    oracle: Oracle
    hub: int

    def _file(self, case: str) -> set[str]:
        links = self.oracle._links("SUBJECT_OF", "FILED_IN", "PART_OF")
        return {link.start for link in links if link.end == case} | {case}

    def things(self) -> list[Thing]:
        found = [*self._records(), *self._pairs(), *self._identifiers(), *self._names()]
        return sorted(found, key=lambda thing: (thing.rank, thing.what))

    def _records(self) -> Iterator[Thing]:
        for id, record in self.oracle._records.items():
            if record.label in ("Subject", "Document", "Event"):
                standing = self._said(self.oracle._links("SUBJECT_OF", "FILED_IN", "PART_OF"), id)
                yield Thing(0, id, self.oracle.node(id), frozenset([id]), standing)

    def _said(self, links: Iterator[Link], *at: str | Key) -> tuple[Json, ...]:
        return tuple(self.oracle.link(link) for link in links if set(at) <= {link.start, link.end})

    def _pairs(self) -> Iterator[Thing]:
        for type in ("SAME_AS", "RELATED_TO", "INVOLVED_IN", "MENTIONS"):
            links = [link for link in self.oracle._links(type) if isinstance(link.end, str)]
            for pair in {frozenset((link.start, link.other)) for link in links}:
                said = self._said(iter(links), *pair)
                yield Thing(KINDS.index(type.lower()), " ".join(sorted(pair)), None, pair, said)

    def _identifiers(self) -> Iterator[Thing]:
        links = [link for link in self.oracle._links("HAS_IDENTIFIER", "MENTIONS", "AT") if isinstance(link.end, Key)]
        degree = Counter(link.end for link in links)
        for key in degree:
            assert isinstance(key, Key)
            mine = [link for link in links if link.end == key]
            said, holders = self._said(iter(mine), key), frozenset(link.start for link in mine)
            yield Thing(5, key.key, self.oracle.node(key), holders, said, degree[key] > self.hub)

    def _names(self) -> Iterator[Thing]:
        by_key: dict[str, list[Record]] = {}
        for record in self.oracle.world.labelled("Attribute"):
            if record.properties["kind"] in ("name", "alias"):
                words = sorted(record.properties["value"].lower().replace(".", " ").split())
                by_key.setdefault(f"n:{' '.join(words)}", []).append(record)
        for key, names in by_key.items():
            said = tuple(
                {
                    "id": one.id,
                    "type": "HAS_ATTRIBUTE",
                    "start": one.under,
                    "end": one.id,
                    "detail": one.properties["value"],
                    "source": one.source,
                    "confidence": one.confidence,
                }
                for one in names
            )
            node = {"id": self.oracle.public_key(key), "label": "Name", "kind": "name", "name": ""}
            holders = frozenset(str(one.under) for one in names)
            yield Thing(6, key, node, holders, said, len(names) > self.hub)

    def _joins(self, thing: Thing, one: str, other: str) -> bool:
        here, there = (thing.holders & self._file(case) for case in (one, other))
        return bool(here and there) if thing.rank == 0 else bool(here - there and there - here)

    def _reason(self, thing: Thing, cases: Collection[str]) -> Json:
        files = {case: self._file(case) for case in sorted(cases)}
        inside = {node for file in files.values() for node in file}
        ends = [{said["start"], said["end"]} for said in thing.evidence]
        mine = [said for said, at in zip(thing.evidence, ends, strict=True) if at & thing.holders & inside]
        if thing.rank == 0:
            mine = [said for said in mine if said["end"] in cases]
        sides = [
            {"case": case, "records": [self.oracle.node(one) for one in sorted(thing.holders & file - {case})]}
            for case, file in files.items()
            if thing.holders & file
        ]
        return {
            "kind": KINDS[thing.rank],
            "possible": thing.rank == 6,
            "node": self._named(thing, mine),
            "sides": sides,
            "evidence": sorted(mine, key=lambda said: str(said["id"])),
        }

    def _named(self, thing: Thing, evidence: Sequence[Json]) -> Json | None:
        """A name is written as the first in text order of those told."""
        if thing.rank != 6 or thing.node is None:
            return thing.node
        return {**thing.node, "name": min(said["detail"] for said in evidence)}

    def _title(self, case: str) -> Json:
        said = self.oracle._records[case].properties
        return {"id": case, "number": said["number"], "title": said["title"]}

    def _sees(self, cases: Collection[str]) -> bool:
        return all(self.oracle._record("Case", case) for case in cases)

    def compare(self, cases: Sequence[str], most: int) -> Json | None:
        if not self._sees(cases):
            return None
        joined = [t for t in self.things() if any(self._joins(t, *pair) for pair in combinations(cases, 2))]
        reasons = [self._reason(thing, cases) for thing in joined if not thing.hub]
        return {
            "cases": sorted(map(self._title, cases), key=lambda case: (case["number"], case["id"])),
            "reasons": reasons[:most],
            "hubs": [self._reason(thing, cases)["node"] for thing in joined if thing.hub],
            "truncated": len(reasons) > most,
            "scope": WITHIN,
        }

    def connected(self, case: str) -> tuple[list[Json], list[Json | None]] | None:
        """The cases, and the hubs of the file."""
        if not self._sees([case]):
            return None
        things = self.things()
        found: list[tuple[tuple[int, int, str, str], Json]] = []
        for other in (card["id"] for card in self.oracle.cases() if card["id"] != case):
            why = [thing for thing in things if not thing.hub and self._joins(thing, case, other)]
            if why:
                title = self._title(other)
                reasons = [self._reason(thing, (case, other)) for thing in why[:REASONS_SHOWN]]
                place = (why[0].rank, -len(why), title["number"], other)
                found.append((place, {**title, "count": len(why), "reasons": reasons}))
        hubs = [self._reason(t, [case])["node"] for t in things if t.hub and t.holders & self._file(case)]
        return [card for _, card in sorted(found, key=lambda line: line[0])], hubs


_NEVER = {"source", "key", "cases", "shared", "caveats", "visibility", "audience", "lock", "safety"}


def history_of(oracle: Oracle, id: str) -> list[Json] | None:
    """The entries about a record, newest first; the world was cut to what may be seen of them."""
    if not oracle._walkable(id):
        return None
    about: dict[str, set[str]] = {}
    for link in oracle._links("ABOUT"):
        about.setdefault(link.start, set()).add(link.other)
    found = [entry for entry in oracle.world.labelled("Entry") if id in about.get(entry.id, ())]
    found.sort(key=lambda entry: entry.id)
    found.sort(key=lambda entry: entry.properties["at"], reverse=True)
    people = {user.id: user.name for user in oracle.world.users}
    caveats = {caveat.id for caveat in oracle.world.caveats}
    return [
        {
            "id": entry.id,
            "act": entry.properties["act"],
            "at": utc_text(entry.properties["at"]),
            "by": entry.asserted_by,
            "by_name": people.get(entry.asserted_by or ""),
            "about": [oracle.node(one) for one in sorted(about[entry.id])],
            "told": _told(json.loads(entry.properties.get("content") or "{}"), people, caveats),
        }
        for entry in found
    ]


def _told(content: Json, people: Mapping[str, str], caveats: set[str]) -> list[Json]:
    if "ended" in content:
        return [{"what": part["what"], "said": _said(part["said"])} for part in content["ended"]]
    if "said" in content:
        return [{"what": content["what"], "said": _said(content["said"])}]
    if "former" in content:
        return [{"what": "former", "said": _said(content["former"])}]
    if "user" in content:
        return [{"what": "assignment", "said": {**content, "name": people[content["user"]]}}]
    if "units" in content:
        return [{"what": "openness", "said": {"units": content["units"]}}]
    if content.get("caveat") in caveats:
        return [{"what": "caveat", "said": {"caveat": content["caveat"]}}]
    if "override" in content:
        return [{"what": "override", "said": {"reason": content["override"]}}]
    if "importer" in content:
        return [{"what": "import", "said": {name: value for name, value in content.items() if name != "case"}}]
    return []


def _said(said: Json) -> Json:
    moments = {name: utc_text(datetime.fromisoformat(said[name])) for name in ("starts", "asserted_at") if name in said}
    kept = {name: value for name, value in said.items() if name not in _NEVER} | moments
    if "source" in said:
        kept["source"] = said["source"]
    if "key" in said:
        kept |= dict(zip(("kind", "value"), said["key"].split(":"), strict=True))
    return kept
