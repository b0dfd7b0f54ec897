"""The example world: the one that the ``example:`` lines of the query files name.

Two offices, Harbor and Airport, under one region. Alice is an agent of Harbor, Bob one of Airport; they
cannot see each other's cases. Both know +1 202 555 0143, and two records of one person are joined by a
SAME_AS that only those who see both cases see (Ana, the region's analyst). A restricted case, a caveat,
a shared record, a taxi firm's phone that everybody calls (a hub), documents and events.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any

from tests.worlds.world import AGO, AHEAD, Build, Key, World, uid

HUB_PHONE = Key("phone", "+12025550199")
PHONE = Key("phone", "+12025550143")
PLATE = Key("plate", "XK4410")
ADDRESS = Key("address", "12 harbor road springfield")
EMAIL = Key("email", "r.vega@example.com")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def build() -> tuple[World, dict[str, Any]]:
    """The world, and the values that query files name (without their ``$``)."""
    b = Build()
    region = b.unit("Region")
    harbor, airport = b.unit("Harbor office", region), b.unit("Airport office", region)
    cargo = b.unit("Cargo squad", airport)

    alice = b.user("Alice Agent")
    bob = b.user("Bob Agent")
    ana = b.user("Ana Analyst", "analyst")
    sam = b.user("Sam Supervisor", "supervisor")
    tom = b.user("Tom Taskforce", "task_force")
    ida = b.user("Ida Auditor", "auditor")
    adam = b.user("Adam Administrator", "administrator")
    desk = b.user("Coordination Desk", "analyst", desk=True)
    b.member(alice, harbor)
    b.member(bob, cargo)
    b.member(ana, harbor)
    b.member(ana, airport)
    b.member(sam, region)
    b.lead(sam, harbor)
    b.member(tom, harbor, sight=False)
    b.member(desk, region)

    wire = b.caveat("Wire 7", "wiretap", custodian=adam)
    b.clear(alice, wire)

    docks = b.case("Docks theft", harbor, (harbor,), category="theft")
    runway = b.case("Runway smuggling", airport, (airport,), category="smuggling")
    sealed = b.case("Sealed inquiry", airport, caveats=(), status="open", disclosure="brokered")
    old = b.case("Old warehouse", harbor, (region,), status="closed", closed=date(2024, 6, 1))
    inquiry = b.case("Inquiry into a leader", harbor, closed_to_leaders=True)
    assigned = b.assign(alice, docks, agent=True)
    b.assign(bob, runway, agent=True)
    b.assign(bob, sealed, agent=True)
    b.assign(alice, old, agent=True)
    b.assign(ida, inquiry, agent=True)
    b.assign(tom, docks, functions=("read",), ends=AHEAD)

    report = b.document(b.own((docks,)), "First report", written=date(2024, 1, 3), asserted_by=alice, hold="H-1")
    wiretap = b.document(b.own((docks,), caveats=(wire,)), "Intercept 12", kind="recording", asserted_by=alice)
    manifest = b.document(b.own((runway,)), "Manifest", kind="exhibit", asserted_by=bob)

    # Rosa Vega in Harbor's case, and the record of her that Airport keeps.
    rosa = b.subject(b.own((docks,)), asserted_by=alice, source=report, confidence="high")
    name = b.attribute(b.own((docks,)), rosa, "name", "Rosa Vega", source=report, asserted_by=alice, originator="tip")
    b.attribute(b.own((docks,)), rosa, "birth_date", "1980-05-17", source=report, confidence="low")
    b.attribute(b.own((docks,), caveats=(wire,)), rosa, "alias", "La Vega", source=wiretap, asserted_by=alice)
    phone = b.identifier(b.own((docks,)), rosa, PHONE, source=report, asserted_by=alice, as_written="(202) 555-0143")
    b.identifier(b.own((docks,), caveats=(wire,)), rosa, EMAIL, source=wiretap)
    vega = b.subject(b.own((runway,)), role="victim", asserted_by=bob)
    b.attribute(b.own((runway,)), vega, "name", "R. Vega", source=manifest)
    b.identifier(b.own((runway,)), vega, PHONE, source=manifest)
    b.identifier(b.own((runway,)), vega, PLATE)
    same = b.link("SAME_AS", b.own((docks, runway)), rosa, vega, basis="same phone", said={"asserted_by": ana})

    # A record of Airport shared with Harbor's closed case, and one of the sealed case.
    carl = b.subject(b.own((runway,), shared=(old,)), role="associate", asserted_by=bob)
    b.attribute(b.own((runway,), shared=(old,)), carl, "name", "Carl Dole")
    b.attribute(b.own((runway,)), carl, "nationality", "XX")
    b.identifier(b.own((runway,), shared=(old,)), carl, PLATE)
    hidden = b.subject(b.own((sealed,)), safety="armed", asserted_by=bob)
    b.attribute(b.own((sealed,)), hidden, "name", "Rosa Vega")
    b.identifier(b.own((sealed,)), hidden, PHONE)
    b.identifier(b.own((sealed,)), hidden, ADDRESS)

    # Everybody calls the taxi firm.
    clerks = []
    for number in range(4):
        clerk = b.subject(b.own((docks,)), role="witness")
        b.attribute(b.own((docks,)), clerk, "name", f"Clerk {'ABCD'[number]}")
        b.identifier(b.own((docks,)), clerk, HUB_PHONE)
        clerks.append(clerk)
    b.link("LINKED_TO", b.own((docks,)), rosa, clerks[0], kind="calls", said={"source": report})
    b.identifier(b.own((runway,)), vega, HUB_PHONE)
    van = b.subject(b.own((docks,)), kind="Vehicle", role="associate")
    b.attribute(b.own((docks,)), van, "make", "Invented Motors")
    b.link("LINKED_TO", b.own((docks,)), rosa, van, kind="owns")

    meeting = b.event(
        b.own((docks,)),
        description="Meeting at the pier",
        starts=datetime(2024, 2, 1, 20, tzinfo=UTC),
        ends=datetime(2024, 2, 1, 21, tzinfo=UTC),
        latitude=12.5,
        longitude=-40.25,
    )
    b.identifier(b.own((docks,)), meeting, ADDRESS, type="AT")
    b.link("INVOLVED_IN", b.own((docks,)), rosa, meeting, role="present")
    b.link("INVOLVED_IN", b.own((docks,)), clerks[1], meeting, role="present")
    transfer = b.event(b.own((runway,)), kind="transfer", amount="1200.00 USD", duration=3)
    b.link("INVOLVED_IN", b.own((runway,)), vega, transfer, role="payer")
    b.link("MENTIONS", b.own((docks,)), report, rosa)
    b.identifier(b.own((docks,)), report, PHONE, type="MENTIONS")
    b.link("RELATED_TO", b.own((docks, old)), docks, old, kind="follow-up", reason="same pier")
    b.entry(b.own((docks,)), "subject.add", (rosa, docks), asserted_by=alice)
    ended = {"what": "Attribute", "said": {"kind": "name", "value": "Rosa V.", "source": wiretap, "hold": "H-2"}}
    b.entry(b.own((docks,)), "assertion.end", (rosa, docks), AGO, ended, asserted_by=alice)

    receipt = "an-invented-receipt-number"
    check = b.check(
        alice,
        docks,
        receipt=receipt,
        reference="an-invented-reference",
        state="done",
        at=datetime(2024, 1, 1, tzinfo=UTC),
        expires=AHEAD,
        digests=[_digest("asked")],
        pointers="[]",
        result="no pointer given",
    )
    registration = b.registration(alice, PHONE.key, expires_at=AHEAD)
    b.registration(bob, PHONE.key, expires_at=AHEAD)
    for user in (alice, bob):
        b.planned(user, {"latitude": 38.9, "longitude": -77.0, "starts": "2024-06-02T12:00:00Z"})
    side = b.conflict(alice, theirs={"state": "acknowledged", "proposal": "joint"})
    b.conflict(bob, docks)
    matter = b.matter(alice)
    b.matter(bob)
    notice = b.notice(alice, "match", '{"selector_kind": "phone"}')
    desk_notice = b.notice(None, "match")
    job = b.job(alice, "done")
    kept = b.report(ida, action=["case.show"])
    b.report(bob, record=docks)
    values = {
        "job": job,
        "report": kept,
        "me": alice,
        "agent": alice,
        "analyst": ana,
        "user": bob,
        "users": [alice, bob],
        "unit": harbor,
        "units": [harbor, airport],
        "caveat": wire,
        "caveats": [wire],
        "case": docks,
        "cases": [docks, runway, sealed],
        "other_case": old,
        "subject": rosa,
        "subjects": [rosa, vega, carl],
        "other_subject": van,
        "document": report,
        "documents": [report, wiretap, manifest],
        "event": meeting,
        "events": [meeting, transfer],
        "attribute": name,
        "attributes": [name],
        "record": rosa,
        "records": [rosa, report, meeting, docks],
        "start": rosa,
        "end": van,
        "assertion": phone,
        "assertions": [phone, same],
        "assignment": assigned,
        "key": PHONE.key,
        "keys": [PHONE.key, HUB_PHONE.key],
        "name_keys": ["n:rosa vega"],
        "key_groups": [{"of": "0", "keys": ["n:rosa vega"]}],
        "floods": [{"id": "a flood", "kind": "phone", "key": HUB_PHONE.key, "who": ["{}"], "asked": ["{}"]}],
        "bodies": [{"id": "a notice", "body": "{}"}],
        "sought_names": [
            {"word": -1, "weight": 100, "key": "n:rosa vega"},
            {"word": 0, "weight": 0, "begin": "w:fg.", "holds": []},
        ],
        "name_beginnings": [{"begin": "w:f", "holds": " ve"}],
        "names_alike": [{"place": 1, "key": "n:rosa vega", "value": "Rosa Vega", "kind": "Person"}],
        "places": {"Person Rosa Vega": 1, "Person La Vega": 0},
        "place": 0,
        "receipt": receipt,
        "check": check,
        "checks": [check],
        "registration": registration,
        "registrations": [registration],
        "side": side,
        "matter": matter,
        "conflict": uid(f"conflict of {side}"),
        "entered": [{"record": rosa, "case": docks, "keys": [PHONE.key, "n:rosa vega"]}],
        "notice": notice,
        "notices": [notice, desk_notice],
        "digest": _digest("one"),
        "digests": [_digest("one"), _digest("two")],
        "nodes": [rosa, PHONE.key, van],
        "pairs": [[0, 1], [0, 2]],
        "numbers": [1, 2],
        "internal": list(range(1000)),
        "limit": 20,
        "hub": 3,
        "one": 1,
        "epoch": 1,
        "labels": ["v1", "a1"],
        "rows": [],
        "changes": {},
        "common": {},
        "now": datetime(2024, 6, 1, tzinfo=UTC),
        "since": datetime(2024, 1, 15, tzinfo=UTC),
        "until": datetime(2024, 3, 1, tzinfo=UTC),
        "south": 12.0,
        "north": 13.0,
        "address": ADDRESS.key,
        "moment": AHEAD,
        "begins": ["w:rs.fk "],
        "slips": [{"begin": "w:mntkmr.r", "holds": [".rs", "s "]}],
        "tails": [PHONE.value[-7:]],
        "text": "text",
        "false": False,
        "true": True,
        "nothing": None,
        "after": "",
    }
    return b.world(), values


WORLD, _values = build()
VALUES: Mapping[str, Any] = MappingProxyType(_values)


def value(given: str) -> Any:
    """What an ``example:`` gives: ``$name`` of this world, or a JSON literal.

    Raises:
        KeyError: no such name here.
        ValueError: neither a name nor JSON.
    """
    return VALUES[given.removeprefix("$")] if given.startswith("$") else json.loads(given)
