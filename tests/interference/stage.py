"""The example world with one person who may do everything in it, their double, and a request to each of its routes.

For what is asked again, continued, or asked while the world changes: the request must be one that succeeds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from icmgraph.api.routing import Route
from icmgraph.audit.checkpoint import Signer
from icmgraph.keys import create_audit
from tests.api.test_access import ALICE, ASKED, BOB, DOCKS, HARBOR, OLD, ROSA, RUNWAY, WIRE
from tests.interference.served import Served
from tests.platform import Caller
from tests.worlds.example import VALUES, WORLD
from tests.worlds.world import AGO, LONG_AGO, Addressed, Assignment, Clearance, Lead, Membership, User, World, uid

CARL, WIRETAP = VALUES["subjects"][2], VALUES["documents"][1]
AIRPORT = VALUES["units"][1]
IDA = next(user.id for user in WORLD.users if user.user_class == "auditor")
ZOE, IDAS_DOUBLE = uid("user-20"), uid("user-22")
DOUBLE = uid("user-21")
"""Of Zoe: the same in everything but who it is."""


def _kept(item: Addressed, id: str, user: str) -> dict[str, Any]:
    """A copy's properties; a receipt's number is one check's, and a side of a conflict its owner's."""
    own = {"Check": {"receipt": id}, "ConflictSide": {"owner": user}}
    if item.label == "Matter":
        return {**item.properties, "holding": json.dumps({**json.loads(item.properties["holding"]), "owner": user})}
    return {**item.properties, **own.get(item.label, {})}


def _staged() -> World:
    def everything(id: str, name: str, first: int) -> User:
        cases = enumerate((DOCKS, RUNWAY, OLD), first)
        return User(
            id=id, name=name, user_class="supervisor", contact=f"{name}, +1 202 555 0101", desk=True,
            member_of=(Membership(unit=HARBOR), Membership(unit=AIRPORT)),
            leads=(Lead(unit=HARBOR), Lead(unit=AIRPORT)), cleared=(Clearance(caveat=WIRE),),
            assigned=tuple(Assignment(id=uid(f"assignment-{number}"), case=case) for number, case in cases),
        )  # fmt: skip

    people = (everything(ZOE, "Zoe", 20), everything(DOUBLE, "Zoe's double", 30))
    auditor = replace(WORLD.user(IDA), id=IDAS_DOUBLE, name="Ida's double", assigned=())
    # What was Alice's is Zoe's, and each of these has two of a kind, so that there is a second page.
    owners = {ALICE: (ZOE, DOUBLE, ALICE), IDA: (IDA, IDAS_DOUBLE)}
    copies = [
        replace(item, id=id, user=user, properties=_kept(item, id, user))
        for item in WORLD.addressed
        for user in owners.get(item.user or "", ())
        for id in (uid(f"{item.id} of {user} {number}") for number in (1, 2))
    ]
    # Silence of somebody's that ended, by leave of each.
    silent = [
        Addressed(
            id=uid(f"silence {number}, by leave of {leader}"), label="Registration", user=BOB,
            properties={
                "kind": "subject", "mode": "silent", "at": LONG_AGO, "expires_at": AGO, "reason": "a lead",
                "reference": f"silence {number} {leader}", "sought": "[]", "typed": [], "approved_by": leader,
            },
        )
        for leader in (ZOE, DOUBLE)
        for number in (1, 2)
    ]  # fmt: skip
    others = [
        replace(
            item,
            user=ZOE,
            properties=_kept(item, item.id, ZOE) if item.label in ("ConflictSide", "Matter") else item.properties,
        )
        if item.user == ALICE
        else item
        for item in WORLD.addressed
    ]
    return replace(WORLD, users=(*WORLD.users, *people, auditor), addressed=(*others, *copies, *silent))


STAGED = _staged()


def load(served: Served, world: World = STAGED) -> None:
    """Begin anew; and what no world holds: three refused rows for each job."""
    served.load(world, 0)
    served.graph.run(
        """MATCH (j:Job) UNWIND [1, 2, 3] AS row
        CREATE (j)-[:REFUSED]->(:Refusal {row: row, problem: 'invalid_input', detail: 'no', field: 'kind'})"""
    )


def signed(served: Served) -> None:
    """Two checkpoints of the audit, for who lists them."""
    signer = Signer(create_audit(served.home))
    for _ in range(2):
        Caller(served.client, served.home, ZOE)("GET", "/v1/me")
        served.platform.audit.checkpoint(signer)


@dataclass(frozen=True)
class Ask:
    """A request that succeeds, when ``who`` asks it first."""

    route: Route
    path: str
    body: Any

    @property
    def who(self) -> str:
        return IDA if self.route.access == "audit" else ZOE

    @property
    def double(self) -> str:
        return IDAS_DOUBLE if self.route.access == "audit" else DOUBLE

    @property
    def name(self) -> str:
        return str(self.route.name)

    def sent(self, served: Served, who: str, **headers: str) -> Any:
        """What ``who`` is answered."""
        return self.to(served, who, self.path, self.body, headers=headers)

    def page(self, served: Served, who: str, cursor: str | None, limit: int = 1) -> Any:
        return self.to(
            served,
            who,
            self.path,
            self.body,
            params={"limit": limit, **({"cursor": cursor} if cursor is not None else {})},
        )

    def to(self, served: Served, who: str, path: str, body: Any, headers: Any = None, params: Any = None) -> Any:
        given = dict(headers or {})
        options: dict[str, Any] = {"params": params} if params else {}
        if isinstance(body, bytes):
            options["content"], body = body, None
            given["Content-Type"] = "application/x-ndjson"
        return Caller(served.client, served.home, who)(
            min(self.route.methods or "?"), path, body, headers=given, **options
        )


_OTHERWISE: dict[str, tuple[str, Any]] = {
    "open_case": ("/v1/cases", {"number": "N-9", "title": "Crates", "unit": HARBOR, "override": "urgent"}),
    "add_same_as": (
        "/v1/same-as",
        {"case": DOCKS, "start": ROSA, "end": CARL, "other_case": RUNWAY, "basis": "one face"},
    ),
    "share_record": (f"/v1/records/{ROSA}/shares", {"case": DOCKS, "share_with": RUNWAY, "assertions": "all"}),
    "unshare_record": (f"/v1/records/{CARL}/shares?case={RUNWAY}&share_with={OLD}", None),
    "remove_caveat": (f"/v1/records/{WIRETAP}/caveats?case={DOCKS}&caveat={WIRE}", None),
    "search_audit": ("/v1/audit/search", {"who": ZOE}),
}
"""Where what Alice asks is refused."""


def asks(served: Served) -> list[Ask]:
    """One for every route that needs a person.

    Raises:
        AssertionError: a route that ``ASKED`` (tests/api/test_access.py) does not know.
    """
    found = []
    for route in served.routes:
        if route.access == "public":
            continue
        given = _OTHERWISE.get(route.name) or next(
            ((ask.path, ask.body) for ask in ASKED
             if {ask.method} == route.methods and route.path_regex.match(ask.path.partition("?")[0])),
            None,
        )  # fmt: skip
        assert given, f"say in tests/api/test_access.py what to ask of {route.name}"
        found.append(Ask(route, *given))
    return found


def taking(served: Served, parameter: str) -> list[Ask]:
    """Those whose route takes this query parameter or header, as the application's description says."""
    described = served.client.app.openapi()["paths"]  # type: ignore[attr-defined]
    return [
        ask
        for ask in asks(served)
        if any(
            one["name"] == parameter
            for one in described[ask.route.path][min(ask.route.methods or "?").lower()].get("parameters", ())
        )
    ]


def differently(ask: Ask) -> Iterator[tuple[str, Any]]:
    """The same kind of question about something else: another id, selector, name or word."""
    if isinstance(ask.body, bytes):
        yield ask.path, ask.body.replace(b"Person", b"Vehicle")
        return
    text = json.dumps([ask.path, ask.body])
    words = {
        DOCKS: RUNWAY,
        OLD: DOCKS,
        ROSA: CARL,
        "0143": "0144",
        "Rosa Vega": "Clerk A",
        "a lead": "a trace",
        "N-9": "N-8",
        ZOE: ALICE,
        VALUES["report"]: uid("another report"),
        '"Alice"': '"Alison"',
    }
    for word, other in words.items():
        if word in text:
            path, body = json.loads(text.replace(word, other))
            yield path, body
