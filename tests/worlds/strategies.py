"""Random small worlds for hypothesis: much is shared, much is hidden, and they shrink to something readable.

Up to 4 units (units in units), 5 cases, 12 subjects, 3 documents, 3 events. Identifiers come from so few
values that they meet across cases and make hubs for a small hub limit. ``asked`` adds who asks: a person of
any class, with grants that are in force, over, or yet to come.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from hypothesis import strategies as st

from icmgraph.model.access import Own
from icmgraph.model.records import UserClass
from tests.worlds.world import AGO, AHEAD, FAR_AHEAD, LONG_AGO, Build, Key, World, uid

T = TypeVar("T")

KEYS = (
    Key("phone", "+12025550143"),
    Key("phone", "+12025550199"),
    Key("email", "a@example.com"),
    Key("address", "1 invented street"),
)
NAMES = ("Ana Vega", "Bo Dole", "Vega Ana", "Cy", "Anna Wega", "Bob Doll", "Ana Montgomery", "Monkgomery Anna")
PLANS: tuple[dict[str, Any], ...] = (
    {"latitude": 38.9, "longitude": -77.0, "starts": "2024-06-02T12:00:00Z", "ends": "2024-06-02T14:00:00Z"},
    {"latitude": 38.905, "longitude": -77.0, "starts": "2024-06-01T15:00:00Z", "every": "day", "times": 3},
    {"address": "1 Invented Street", "starts": "2024-06-02T13:30:00Z"},
    {
        "address": "1 invented street", "latitude": 38.9, "longitude": -77.001, "starts": "2024-06-02T09:00:00Z",
        "after": 300,
    },
)  # fmt: skip
"""Planned operations: some collide."""
TO_COME: dict[str, Any] = {
    "starts": datetime(2024, 6, 2, 13, tzinfo=UTC), "ends": datetime(2024, 6, 2, 14, tzinfo=UTC), "latitude": 38.9,
    "longitude": -77.0,
}  # fmt: skip
STREET = Key("address", "1 invented street")
"""An event that some of them collide with, by its point and by its address."""
_DATES: tuple[dict[str, datetime], ...] = (
    *[{}] * 6,
    {"starts": AGO, "ends": AHEAD},
    {"starts": AGO},
    {"starts": LONG_AGO, "ends": AGO},
    {"starts": AHEAD, "ends": FAR_AHEAD},
    {"ends": AGO},
)
_CLASSES = (*[UserClass.AGENT] * 8, *[UserClass.SUPERVISOR] * 4, *UserClass)


class _Making:
    """One world in the making. A choice is a byte; where there are no more bytes, the first, the least is chosen."""

    def __init__(self, choices: bytes) -> None:
        self._choices = iter(choices)
        self.b = Build()
        self.files: dict[str, list[str]] = {}
        """Subjects that stand in each case's file."""
        self.cases: list[str] = []
        self.caveats: list[str] = []
        self.users: list[str] = []
        self.documents: list[str] = []
        self.events: list[tuple[str, str]] = []
        self.homes: dict[str, str] = {}
        self.births = 0

    def up_to(self, most: int) -> int:
        return next(self._choices, 0) % (most + 1)

    def one(self, of: Sequence[T]) -> T:
        return of[self.up_to(len(of) - 1)]

    def some(self, of: Sequence[T], most: int) -> list[T]:
        """Up to ``most`` different ones."""
        return list(dict.fromkeys(self.one(of) for _ in range(self.up_to(most)))) if of else []

    def seldom(self) -> bool:
        return self.up_to(4) == 4

    def staff(self) -> None:
        units = [self.b.unit("U1")]
        for number in range(self.up_to(3)):
            units.append(self.b.unit(f"U{number + 2}", None if self.seldom() else self.one(units)))
        self.caveats = [self.b.caveat(f"V{n}", self.one(("other", "wiretap"))) for n in range(self.up_to(2))]
        for name in ("Me", "You"):
            user = self.b.user(
                name,
                str(self.one(_CLASSES)),
                desk=self.seldom(),
                email=f"{name}@example.org",
                webhook="https://example.org/",
            )
            self.users.append(user)
        for number in range(1 + self.up_to(4)):
            closed = self.seldom()
            open_to = () if closed else self.some(units, 2)
            caveats = [caveat for caveat in self.caveats if self.seldom()]
            given = {"disclosure": self.one(("brokered", "silent"))} if self.seldom() else {}
            unit = self.one(units)
            self.cases.append(self.b.case(f"Case {number}", unit, open_to, caveats, closed, self.said(), **given))
        self.files = {case: [] for case in self.cases}
        for user in self.users:
            for unit in self.some(units, 3) or self.some(units, 1):
                self.b.member(user, unit, sight=not self.seldom(), **self.one(_DATES))
            if self.up_to(2) == 2:
                self.b.lead(user, self.one(units), **self.one(_DATES))
            for caveat in self.caveats:
                if self.up_to(1):
                    self.b.clear(user, caveat, **self.one(_DATES))
            for case in self.some(self.cases, 4) or self.some(self.cases, 1):
                functions = self.one((("read", "write"), ("read", "write"), ("read",)))
                self.b.assign(user, case, functions=functions, agent=self.seldom(), **self.one(_DATES))

    def said(self) -> dict[str, Any]:
        """What an assertion says of itself: nothing in half of them."""
        if not self.up_to(1):
            return {}
        given = {
            "asserted_by": self.one([None, *self.users]),
            "asserted_at": self.one((LONG_AGO, AGO)),
            "source": self.one([None, *self.documents]),
            "confidence": self.one((None, "low", "high")),
            "originator": self.one((None, "a partner")),
            "hold": self.one((None, "H-1")),
            "retention_class": self.one((None, "R-5")),
        }
        return {name: value for name, value in given.items() if value is not None}

    def own(self, case: str, sharing: bool = True, also: str | None = None) -> Own:
        caveats = [caveat for caveat in self.caveats if self.seldom()]
        sharing = sharing and self.up_to(2) == 2
        shared = [other for other in self.some(self.cases, 2) if other != case] if sharing else []
        return self.b.own((case,) if also is None else (case, also), shared, caveats)

    def records(self) -> None:
        for number in range(self.up_to(3)):
            case = self.one(self.cases)
            kind = self.one(("report", "exhibit"))
            self.documents.append(self.b.document(self.own(case), f"Document {number}", kind, **self.said()))
        for number in range(self.up_to(12)):
            self.subject(number)
        for number in range(self.up_to(3)):
            case = self.one(self.cases)
            starts = datetime(2024, 1, 1 + self.up_to(1), tzinfo=UTC) if self.up_to(1) else None
            ends = starts + timedelta(hours=1) if starts and self.up_to(1) else None
            described = self.one((None, f"Event {number}"))
            own = self.own(case)
            when = TO_COME if self.up_to(3) == 3 else {"starts": starts, "ends": ends}
            event = self.b.event(own, description=described, **when, **self.said())
            self.events.append((event, case))
            for _ in range(self.up_to(2)):
                self.b.identifier(self.own(case), event, self.one((*KEYS, STREET)), type="AT")
        if self.seldom():
            case = self.one(self.cases)
            self.b.entry(self.own(case, sharing=False), "changed", [case])

    def subject(self, number: int) -> None:
        case = self.one(self.cases)
        own = self.own(case)
        kind, role = self.one(("Person", "Vehicle")), self.one(("suspect", "victim"))
        subject = self.b.subject(own, kind, role, **self.said())
        self.homes[subject] = case
        if self.seldom():
            self.b.link(
                "SUBJECT_OF", self.own(case, sharing=False), subject, case, role=self.one(("victim", "witness"))
            )
        for stands_in in (case, *own.shared):
            self.files[stands_in].append(subject)
        # Each of the cases it stands in may say something of it; the first may share that too.
        for _ in range(self.up_to(4)):
            by = self.one((case, case, *own.shared))
            says = self.own(by, sharing=False)
            if by == case and self.up_to(1):
                says = replace(says, shared=own.shared)
            what = self.up_to(4)
            if what <= 1:
                self.b.identifier(says, subject, self.one(KEYS), **self.said())
            elif what <= 3:
                self.b.attribute(says, subject, self.one(("name", "alias")), self.one(NAMES), **self.said())
            else:
                self.births += 1
                self.b.attribute(says, subject, "birth_date", f"198{self.births % 2}", **self.said())

    def links(self) -> None:
        for _ in range(self.up_to(12)):
            case = self.one(self.cases)
            file, own = self.files[case], self.own(case, sharing=False)
            what = self.one(("LINKED_TO", "SAME_AS", "INVOLVED_IN", "MENTIONS", "MENTIONS", "RELATED_TO"))
            if what == "SAME_AS":
                self.across(what, list(self.homes))
            elif what == "RELATED_TO":
                self.across(what, self.cases)
            elif what == "LINKED_TO" and len(file) > 1:
                a, b = self.one(file), self.one(file)
                if a != b:
                    self.b.link(what, own, a, b, kind=self.one(("calls", "owns")), said=self.said())
            elif what == "INVOLVED_IN" and file and (events := [e for e, home in self.events if home == case]):
                self.b.link(what, own, self.one(file), self.one(events), role="present", said=self.said())
            elif what == "MENTIONS" and self.documents:
                document = self.one(self.documents)
                if self.up_to(1) and file:
                    self.b.link(what, own, document, self.one(file), said=self.said())
                else:
                    self.b.identifier(own, document, self.one(KEYS), type=what, **self.said())

    def across(self, what: str, between: Sequence[str]) -> None:
        if len(between) < 2:
            return
        a, b = self.one(between), self.one(between)
        cases = [self.homes.get(a, a), self.homes.get(b, b)]
        if a == b:
            return
        own = self.own(cases[0], sharing=False, also=cases[1])
        given = {"basis": "seen"} if what == "SAME_AS" else {"kind": "follow-up", "reason": "seen"}
        self.b.link(what, own, a, b, said=self.said(), **given)

    def history(self) -> None:
        for _ in range(self.up_to(6)):
            case = self.one(self.cases)
            about = {case, *self.some([*self.files[case], *self.documents], 2)}
            own, at = self.own(case), self.one((LONG_AGO, AGO))
            self.b.entry(own, self.one(("subject.add", "assertion.end")), sorted(about), at, self.told(), **self.said())

    def told(self) -> Any:
        """What an entry says, in each of the forms there are; and some that must not come out."""
        said = {name: value for name, value in self.said().items() if name != "retention_class"}
        ended = {"id": uid("link-0"), "key": "phone:+12025550143", "as_written": "x", "cases": ["c"], **said}
        forms: tuple[Any, ...] = (
            None,
            {"former": {"title": "Old", "starts": AGO, "location": None, "safety": "armed", **said}},
            {"what": "HAS_IDENTIFIER", "said": ended},
            {"ended": [{"what": "Subject", "said": {"kind": "Person", **said}}, {"what": "Attribute", "said": said}]},
            {"user": self.one(self.users), "functions": ["read"]},
            {"units": ["u"], "secret": "v"},
            {"caveat": self.caveats[0] if self.caveats else "v", "secret": "v"},
            {"override": "urgent"},
            {"importer": "pole", "row": "7", "case": "c"},
        )
        return self.one(forms)

    def inbox(self) -> None:
        for user in (*self.users, None):
            for _ in range(self.up_to(3)):
                self.b.notice(user, "match", at=self.one((AGO, LONG_AGO)))
        for number, user in enumerate(self.users):
            for _ in range(self.up_to(2)):
                state, at = self.one(("queued", "running", "done")), self.one((LONG_AGO, AGO))
                self.b.job(user, state, at, refusals=self.up_to(4))
            if self.seldom():
                case = self.one((None, *self.cases))
                self.b.check(
                    user,
                    case,
                    receipt=f"receipt-{number}",
                    reference=f"reference-{number}",
                    state="done",
                    at=AGO,
                    expires=AHEAD,
                    digests=[self.one(("e", "f")), "d"],
                    given=[self.one(("e possible", "e weak")), "d weak"],
                    stems=["e one", self.one(("d one", "d two"))],
                    pointers="[]",
                    result="no pointer given",
                )
        for user in self.users:
            for number in range(self.up_to(3)):
                key, mode = self.one(KEYS).key, self.one(("open", "brokered", "silent"))
                at, until = self.one((AGO, LONG_AGO)), self.one((AHEAD, AGO))
                leave = {"approved_by": self.users[0 if number < 2 else -1]} if mode == "silent" else {}
                self.b.registration(user, key, mode=mode, at=at, expires_at=until, **leave)
        for user in self.users:
            for _ in range(self.up_to(2)):
                given, mode = self.one(PLANS), self.one(("open", "brokered"))
                self.b.planned(user, given, mode=mode, at=self.one((AGO, LONG_AGO)), expires_at=self.one((AHEAD, AGO)))
        for user in self.users:
            for case in {self.one(self.cases) for _ in range(self.up_to(2))}:
                mode, until = self.one(("open", "brokered")), self.one((AHEAD, AGO))
                self.b.match_report(user, case, mode=mode, expires_at=until)
        for user in self.users:
            for _ in range(self.up_to(2)):
                self.b.report(user, self.one((AGO, LONG_AGO)), result="not_found")
        for user in self.users:
            for _ in range(self.up_to(2)):
                theirs = self.one((None, {"state": "contacted", "proposal": "proceed"}, {"state": "resolved"}))
                case, mode = self.one((None, *self.cases)), self.one(("open", "brokered"))
                self.b.conflict(user, case, theirs, mode=mode, at=self.one((AGO, LONG_AGO)))
        for user in self.users:
            for _ in range(self.up_to(2)):
                self.b.matter(user, self.one((AGO, LONG_AGO)), state=self.one(("new", "asked", "done")))


def made_of(choices: bytes) -> World:
    """The world that these choices make; fewer and smaller ones make a smaller world."""
    making = _Making(choices)
    making.staff()
    making.records()
    making.links()
    making.inbox()
    making.history()
    return making.b.world()


CHOICES = 800
"""Most choices of one world: half of them need under 350, the largest some 800."""

# One draw of many choices, and not many draws: hypothesis would spend five of six examples on copies of the last
# with one part of it put in another's place.
worlds = st.binary(min_size=CHOICES // 2, max_size=CHOICES).map(made_of)
"""Random worlds; who asks is the first user."""
