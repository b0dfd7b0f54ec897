"""What a notice says: the pure rules of who learns what when two sides meet (docs/need-to-know.md, "The two releases").

What somebody is told depends on the mode of the *other* side alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from icmgraph.model.disclosure import CONTACTS, Match, Tier, pointers
from icmgraph.model.records import DisclosureMode


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a match, as far as the other may learn of it.

    Attributes:
        contact: None when there is nobody but the desk.
        reference: the random word of a check or registration, to quote in a call.
        safety: the officer-safety code the owner of the record released, if any.
    """

    mode: DisclosureMode
    contact: str | None
    reference: str | None = None
    safety: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One match, as it is to be told: over what kind of selector, how well it fits, and the other side.

    ``selector``: its position in what the addressee asked or entered; 0 to one who is a holder.
    """

    kind: str
    tier: Tier
    other: Side
    selector: int = 0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of_json(cls, stored: dict[str, Any]) -> Item:
        other = Side(**{**stored["other"], "mode": DisclosureMode(stored["other"]["mode"])})
        return cls(stored["kind"], Tier(stored["tier"]), other, stored["selector"])


@dataclass(frozen=True, slots=True)
class To:
    """Whom a notice is for, and what of theirs it is about.

    Attributes:
        about: ``case`` (a holder's), ``registration``, ``entry`` (a record entered) or ``desk``.
        id: of that case or registration; of an entry, its case.
        record: of an entry, the record.
        person: None is the coordination desk.
    """

    about: str
    id: str
    record: str = ""
    person: str | None = None

    @property
    def place(self) -> tuple[str, ...]:
        """A total order."""
        return (self.about, self.id, self.record, self.person or "")


def body(to: To, items: Iterable[Item], at: str, desk: str) -> dict[str, Any] | None:
    """What the notice says; None when the other sides' silence leaves nothing to say.

    Args:
        at: when the match was asked for or entered, RFC 3339.
        desk: the coordination desk's contact.
    """
    if to.about == "desk":
        said = list(items)
        contacts = sorted({one.other.contact or desk for one in said})
        return {"at": at, "contacts": contacts, "matches": _best(said)}
    told = [one for one in items if one.other.mode is not DisclosureMode.SILENT]
    if not told:
        return None
    if to.about == "case":
        return {"case": to.id, "at": at, **_to_a_holder(told, desk)}
    about = {"registration": to.id} if to.about == "registration" else {"case": to.id, "record": to.record}
    return {**about, "at": at, **_to_an_asker(told, desk)}


def _best(items: Iterable[Item]) -> list[dict[str, str]]:
    best: dict[str, Tier] = {}
    for one in items:
        best[one.kind] = min(best.get(one.kind, one.tier), one.tier, key=lambda tier: tier.rank)
    return [{"selector": kind, "tier": best[kind].value} for kind in sorted(best)]


def _to_a_holder(told: list[Item], desk: str) -> dict[str, Any]:
    """Of an open side the kinds and whom to call; of brokered ones alone the best tier and the desk."""
    plain = [one for one in told if one.other.mode is DisclosureMode.OPEN]
    if not plain:
        best = min((one.tier for one in told), key=lambda tier: tier.rank)
        return {"contact": desk, "matches": [{"tier": best.value}]}
    contacts = sorted({one.other.contact or desk for one in plain})
    whom = {"contact": contacts[0]} if len(contacts) == 1 else {"contacts": contacts}
    if len(contacts) > CONTACTS:
        whom = {"contact": desk}
    return {**whom, **_references(plain), "matches": _best(plain)}


def _to_an_asker(told: list[Item], desk: str) -> dict[str, Any]:
    """The pointers that a check would have given."""
    kinds = {one.selector: one.kind for one in told}
    given = pointers(
        [Match(one.selector, one.tier, one.other.mode, one.other.contact, one.other.safety) for one in told], desk
    )
    plain = [one for one in told if one.other.mode is DisclosureMode.OPEN]
    listed = [{"kind": kinds[one.selector], **one.model_dump(exclude_none=True)} for one in given]
    return {**_references(plain), "pointers": listed}


def _references(plain: Iterable[Item]) -> dict[str, Any]:
    found = sorted({one.other.reference for one in plain if one.other.reference})[:CONTACTS]
    return {"reference": found[0]} if len(found) == 1 else {"references": found} if found else {}
