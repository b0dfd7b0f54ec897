"""What each question's answer is, in a world of which the person sees everything: ``restrict`` made it.

The specification of the reader, small enough to be read: no scope, no query, no layers that meet. Answers are
values of ``icmgraph.model.answers`` as JSON holds them. None where the reader says ``not_found``.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from itertools import pairwise
from typing import Any

from icmgraph.model.comparison import Likeness, comparer
from icmgraph.model.names import began, beginnings, name_keys, sought
from icmgraph.model.records import SubjectKind, utc_text
from tests.worlds.world import ELSEWHERE, Assertion, Key, Link, Record, World

Json = dict[str, Any]

WITHIN = "This answer holds within what you may see; there may be more."
MOST_PATHS = 25
MOST_HUBS = 50
AROUND = 250


def _text(value: Any) -> Any:
    if isinstance(value, datetime):
        return utc_text(value)
    return value.isoformat() if isinstance(value, date) else value


def _evidence(assertion: Assertion) -> Json:
    names = ("source", "confidence", "asserted_at", "asserted_by", "originator", "hold", "retention_class")
    return {name: _text(getattr(assertion, name)) for name in names}


class Cut(list[Json]):
    """A list that says of itself that there is more."""


@dataclass(frozen=True)
class Oracle:
    """Answers for one person.

    Attributes:
        world: restricted to that person.
        key: the deployment key, of which identifiers' public ids are made.
    """

    world: World
    key: bytes

    # -- what there is

    @cached_property
    def _records(self) -> dict[str, Record]:
        # A case that only grants are left of is not there.
        return {r.id: r for r in self.world.records if not (r.label == "Case" and ELSEWHERE in r.own.cases)}

    def _record(self, label: str, id: str) -> Record | None:
        record = self._records.get(id)
        return record if record is not None and record.label == label else None

    def public(self, node: str | Key) -> str:
        return self.public_key(node.key) if isinstance(node, Key) else node

    def public_key(self, key: str) -> str:
        return hmac.new(self.key, key.encode(), hashlib.sha256).hexdigest()[:32]

    def _links(self, *types: str) -> Iterator[Link]:
        return (link for link in self.world.links if link.type in types)

    def _attributes(self, subject: str) -> Iterator[Record]:
        return (record for record in self.world.labelled("Attribute") if record.under == subject)

    def name(self, subject: str) -> str | None:
        """The smallest (rank, value, id) of the names (rank 0) and aliases (1)."""
        ranks = {"name": 0, "alias": 1}
        found = [(ranks[r.properties["kind"]], r.properties["value"], r.id) for r in self._names(subject)]
        return min(found)[1] if found else None

    def _names(self, subject: str) -> Iterator[Record]:
        return (record for record in self._attributes(subject) if record.properties["kind"] in ("name", "alias"))

    # -- cards and lists

    def cases(self) -> list[Json]:
        cards = [self._case_card(record) for record in self._records.values() if record.label == "Case"]
        return sorted(cards, key=lambda card: (card["number"], card["id"]))

    def case(self, id: str) -> Json | None:
        record = self._record("Case", id)
        return {**self._case_card(record), "scope": WITHIN} if record else None

    def _case_card(self, record: Record) -> Json:
        names = ("number", "title", "kind", "category", "status", "opened", "closed", "disclosure", "disclosure_until")
        return {"id": record.id, **{name: _text(record.properties.get(name)) for name in names}}

    def case_file(self, id: str) -> list[Json] | None:
        """Subjects, then documents, then events; by id among themselves."""
        if self._record("Case", id) is None:
            return None
        found: dict[tuple[int, str], Json] = {}
        for rank, type in enumerate(("SUBJECT_OF", "FILED_IN", "PART_OF")):
            for link in self._links(type):
                if link.end == id:
                    record = self._records[link.start]
                    line = found.setdefault((rank, record.id), self._line(record))
                    roles = [role for role in (line["role"], link.properties.get("role")) if role]
                    line["role"] = min(roles, default=None)
        return [line for _, line in sorted(found.items())]

    def _line(self, record: Record) -> Json:
        names = {
            "Subject": self.name(record.id),
            "Document": record.properties.get("title"),
            "Event": record.properties.get("description"),
        }
        kind = record.properties["kind"]
        return {"id": record.id, "label": record.label, "kind": kind, "name": names[record.label], "role": None}

    def assignments(self, case: str) -> list[Json] | None:
        """By the person's name, then the assignment's id."""
        if self._record("Case", case) is None:
            return None
        found = [
            {
                "id": given.id,
                "user": user.id,
                "name": user.name,
                "functions": list(given.functions),
                "agent": given.agent,
                "starts": _text(given.starts),
                "ends": _text(given.ends),
            }
            for user in self.world.users
            for given in user.assigned
            if given.case == case
        ]
        return sorted(found, key=lambda card: (card["name"], card["id"]))

    def _cases_of(self, record: str) -> list[Json]:
        found = [
            {
                "id": link.other,
                "number": self._records[link.other].properties["number"],
                "title": self._records[link.other].properties["title"],
                "role": link.properties.get("role"),
            }
            for link in self._links("SUBJECT_OF", "FILED_IN", "PART_OF")
            if link.start == record
        ]
        once = [line for number, line in enumerate(found) if line not in found[:number]]
        return sorted(once, key=lambda line: (line["number"], line["id"], line["role"] or ""))

    def subject(self, id: str) -> Json | None:
        record = self._record("Subject", id)
        if record is None:
            return None
        attributes = [
            {"id": r.id, "kind": r.properties["kind"], "value": r.properties["value"], "evidence": _evidence(r)}
            for r in self._attributes(id)
        ]
        identifiers = [
            {
                "id": link.id,
                "identifier": self.public(link.end),
                "kind": link.end.kind,
                "value": link.end.value,
                "as_written": link.properties["as_written"],
                "evidence": _evidence(link),
            }
            for link in self._links("HAS_IDENTIFIER")
            if link.start == id and isinstance(link.end, Key)
        ]
        return {
            "id": id,
            "kind": record.properties["kind"],
            "name": self.name(id),
            "disclosure": record.properties.get("disclosure"),
            "cases": self._cases_of(id),
            "attributes": sorted(attributes, key=_by_value),
            "identifiers": sorted(identifiers, key=_by_value),
            "scope": WITHIN,
        }

    def document(self, id: str) -> Json | None:
        record = self._record("Document", id)
        return self._card(record, ("kind", "title", "written", "digest", "location")) if record else None

    def event(self, id: str) -> Json | None:
        record = self._record("Event", id)
        if record is None:
            return None
        names = ("kind", "description", "starts", "ends", "latitude", "longitude", "duration", "amount")
        addresses = {link.properties["as_written"] for link in self._links("AT") if link.start == id}
        return {**self._card(record, names), "addresses": sorted(addresses)}

    def assertion(self, id: str) -> Json | None:
        """A link that may be ended, a value, or a record that is not a case."""
        record = self._records.get(id)
        if record is not None and record.label in ("Attribute", "Subject", "Document", "Event"):
            return {"id": id, "what": record.label, "start": None, "end": None, "scope": WITHIN}
        types = ("MENTIONS", "INVOLVED_IN", "HAS_IDENTIFIER", "AT", "LINKED_TO", "SAME_AS", "RELATED_TO")
        for link in self._links(*types):
            if link.id == id:
                end = None if isinstance(link.end, Key) else link.end
                return {"id": id, "what": link.type, "start": link.start, "end": end, "scope": WITHIN}
        return None

    def _card(self, record: Record, names: Sequence[str]) -> Json:
        return {
            "id": record.id,
            **{name: _text(record.properties.get(name)) for name in names},
            "cases": self._cases_of(record.id),
            "evidence": _evidence(record),
            "scope": WITHIN,
        }

    def search(self, keys: Iterable[Key]) -> list[Json]:
        """By identifier key, then subject id."""
        pairs = {
            (link.end, link.start)
            for link in self._links("HAS_IDENTIFIER")
            if isinstance(link.end, Key) and link.end in set(keys)
        }
        return [
            {
                "id": subject,
                "kind": self._records[subject].properties["kind"],
                "name": self.name(subject),
                "identifier": self.public(key),
                "identifier_kind": key.kind,
                "value": key.value,
            }
            for key, subject in sorted(pairs, key=lambda pair: (pair[0].key, pair[1]))
        ]

    def search_names(self, name: str, kind: str | None, prefix: bool, threshold: float | None, most: int) -> list[Json]:
        """The subjects by their best name, of the ``most`` names with the most words in common with what is asked."""
        found = []
        for subject in self.world.labelled("Subject"):
            if kind is None or subject.properties["kind"] == kind:
                for record in self._names(subject.id):
                    met = _met(name, prefix, record.properties["value"])
                    if met:
                        found.append((-met, record.properties["value"], subject.properties["kind"], record.id, subject))
        best: dict[str, Json] = {}
        if threshold is None:
            threshold = 0.0 if prefix else comparer().threshold
        names = sorted({one[:3] for one in found})
        for _, value, _, id, subject in (one for one in found if one[:3] in names[:most]):
            of = SubjectKind(subject.properties["kind"])
            like = Likeness(*began(name, value)) if prefix else comparer().compare(name, value, of)
            if like.score > 0 and like.score >= threshold:
                hit = {
                    "id": subject.id,
                    "kind": subject.properties["kind"],
                    "name": self.name(subject.id),
                    "attribute": id,
                    "attribute_kind": self._records[id].properties["kind"],
                    "value": value,
                    "score": like.score,
                    "reason": like.reason,
                }
                best[subject.id] = min(hit, best.get(subject.id, hit), key=lambda one: (*_rank(one), one["attribute"]))
        hits = sorted(best.values(), key=_rank)
        return Cut(hits) if len(names) > most else hits

    # -- walks. A node is a record's id or a Key.

    def _at(self, node: str | Key, types: Iterable[str]) -> list[tuple[Link, str | Key]]:
        """The relationships at a node, each with its other end. Their number is the node's degree."""
        found: list[tuple[Link, str | Key]] = []
        for link in self._links(*types):
            if node == link.start:
                found.append((link, link.end))
            elif node == link.end:
                found.append((link, link.start))
        return found

    def _is_hub(self, node: str | Key, types: Sequence[str], hub: int) -> bool:
        return len(self._at(node, types)) > hub

    def _walkable(self, id: str) -> bool:
        return id in self._records and self._records[id].label in ("Subject", "Case", "Document", "Event")

    def node(self, node: str | Key) -> Json:
        if isinstance(node, Key):
            return {"id": self.public(node), "label": "Identifier", "kind": node.kind, "name": node.value}
        record = self._records[node]
        said = record.properties
        if record.label == "Subject":
            name = self.name(node)
        elif record.label == "Case":
            name = f"{said['number']} {said['title']}"
        else:
            name = said.get("title") or said.get("description")
        return {"id": node, "label": record.label, "kind": said["kind"], "name": name or said["kind"]}

    def link(self, link: Link) -> Json:
        said = link.properties
        kind = f"{said['kind']}: {said['reason']}" if link.type == "RELATED_TO" else said.get("kind")
        details = (said.get("role"), kind, said.get("basis"), said.get("as_written"))
        return {
            "id": link.id,
            "type": link.type,
            "start": link.start,
            "end": self.public(link.end),
            "detail": next((detail for detail in details if detail is not None), None),
            "source": link.source,
            "confidence": link.confidence,
        }

    def neighbours(self, id: str, types: Sequence[str]) -> list[Json] | None:
        """By the link's id."""
        if not self._walkable(id):
            return None
        found = [{"link": self.link(link), "node": self.node(other)} for link, other in self._at(id, types)]
        return sorted(found, key=lambda line: str(line["link"]["id"]))

    def expand(self, start: str, depth: int, types: Sequence[str], budget: int, hub: int) -> Json | None:
        """Breadth first; a layer that has more new nodes than the budget has left is cut by public id, and is the last.

        A node of degree over ``hub`` is shown, listed in ``hubs`` and not walked through; the start always is walked
        through, and not listed.
        """
        if not self._walkable(start):
            return None
        found: set[str | Key] = {start}
        walked: set[str | Key] = set()
        layer: set[str | Key] = {start}
        truncated = False
        for _ in range(depth):
            through = {node for node in layer if node == start or not self._is_hub(node, types, hub)}
            walked |= through
            new = {other for node in through for _, other in self._at(node, types)} - found
            truncated = len(new) > budget - len(found)
            layer = set(sorted(new, key=self.public)[: budget - len(found)])
            found |= layer
            if truncated:
                break
        links = {link.id: link for node in walked for link, other in self._at(node, types) if other in found}.values()
        hubs = {node for node in found if node != start and self._is_hub(node, types, hub)}
        return {
            "start": [start],
            "nodes": self._nodes(found),
            "links": self._sorted(links),
            "hubs": sorted(map(self.public, hubs)),
            "hub_degree": hub,
            "truncated": truncated,
            "scope": WITHIN,
        }

    def _nodes(self, nodes: Iterable[str | Key]) -> list[Json]:
        return sorted(map(self.node, nodes), key=lambda node: str(node["id"]))

    def _sorted(self, links: Iterable[Link]) -> list[Json]:
        return sorted(map(self.link, links), key=lambda link: str(link["id"]))

    def paths(self, start: str, end: str, bound: int, types: Sequence[str], hub: int) -> Json | None:
        """All shortest paths of at most ``bound`` relationships; no inner node has a degree over ``hub``.

        In the order of their nodes' public ids; the first 25. ``hubs``: on a path through that one hub which is no
        longer than these, or than the bound; by the length of that path, then public id; the first 50.
        """
        if not (self._walkable(start) and self._walkable(end)):
            return None
        found = self._shortest(start, end, bound, types, hub)
        found.sort(key=lambda path: [self.public(node) for node in path])
        shown = found[:MOST_PATHS]
        links: dict[str, Link] = {}
        paths = []
        for path in shown:
            steps = []
            for a, b in pairwise(path):
                behind = {link.id: link for link, other in self._at(a, types) if other == b}
                links |= behind
                steps.append({"start": self.public(a), "end": self.public(b), "links": sorted(behind)})
            paths.append({"steps": steps})
        return {
            "length": len(found[0]) - 1 if found else None,
            "paths": paths,
            "nodes": self._nodes({node for path in shown for node in path}),
            "links": self._sorted(links.values()),
            "hubs": list(map(self.node, self._between(start, end, len(found[0]) - 1 if found else bound, types, hub))),
            "hub_degree": hub,
            "truncated": len(found) > MOST_PATHS,
            "scope": WITHIN,
        }

    def _shortest(
        self, start: str, end: str, bound: int, types: Sequence[str], hub: int
    ) -> list[tuple[str | Key, ...]]:
        """Every walk of one length after the other, until some arrive."""
        walks: list[tuple[str | Key, ...]] = [(start,)]
        seen: set[str | Key] = {start}
        for _ in range(bound + 1):
            arrived = [walk for walk in walks if walk[-1] == end]
            if arrived:
                return arrived
            longer = {
                (*walk, other)
                for walk in walks
                if walk[-1] == start or not self._is_hub(walk[-1], types, hub)
                for _, other in self._at(walk[-1], types)
                if other not in seen
            }
            walks = list(longer)
            seen |= {walk[-1] for walk in walks}
        return []


    def _between(
        self, start: str, end: str, longest: int, types: Sequence[str], hub: int
    ) -> Sequence[str | Key]:
        away, back = (self._around(one, longest - 1, types, hub) for one in (start, end))
        inner = (away.keys() & back.keys()) - {start, end}
        length = {node: away[node] + back[node] for node in inner if self._is_hub(node, types, hub)}
        within = [node for node in length if length[node] <= longest]
        return sorted(within, key=lambda node: (length[node], self.public(node)))[:MOST_HUBS]

    def _around(self, end: str, depth: int, types: Sequence[str], hub: int) -> dict[str | Key, int]:
        """How far away the nodes around an end are, through no hub: through whole layers, at most ``AROUND`` nodes."""
        found: dict[str | Key, int] = {end: 0}
        layer: set[str | Key] = {end}
        for away in range(1, depth + 1):
            if len(found) > AROUND:
                break
            through = [node for node in layer if node == end or not self._is_hub(node, types, hub)]
            layer = {other for node in through for _, other in self._at(node, types)} - found.keys()
            found |= dict.fromkeys(layer, away)
        return found


def _met(name: str, prefix: bool, value: str) -> int:
    """How many words they have in common, as far as keys tell; more than any where the whole name is the same."""
    keys = name_keys(value)
    if prefix:
        begun = beginnings(name)
        return int(all(any(k.startswith(one.begin) and one.holds in k for k in keys) for one in begun))
    wanted = sought(name)
    words = {begin.number for begin in wanted.begins if any(begin.fits(key) for key in keys)}
    return len(words) + 101 * (wanted.whole in keys)


def _rank(hit: Json) -> tuple[float, str, str]:
    return -hit["score"], hit["value"], hit["id"]


def _by_value(line: Json) -> tuple[str, str, str]:
    return line["kind"], line["value"], line["id"]
