"""A request for every route of the application, drawn from a world."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from icmgraph.model.records import WALKABLE
from tests.interference.asking import ABSENT, Asking
from tests.worlds.strategies import KEYS, NAMES, PLANS, TO_COME
from tests.worlds.world import AHEAD

Json = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """``path``: values of the route's path parameters. ``query`` may ask for pages; all are fetched.

    ``match``: where the ETag for If-Match comes from, read before.
    ``lines``: a body of JSON lines. ``key``: an Idempotency-Key; asked twice.
    """

    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Json | None = None
    lines: tuple[Json, ...] = ()
    match: str | None = None
    key: str | None = None


def _selector(a: Asking) -> Json:
    key = a.one(KEYS)
    return {"kind": key.kind, "value": key.value}


def _said(a: Asking) -> Json:
    """What an assertion may add: caveats one may not have, a document that one may not see."""
    given: Json = {}
    if a.seldom():
        given["caveats"] = a.some([*(caveat.id for caveat in a.world.caveats), ABSENT], 1)
    if a.seldom():
        given["source"] = a.one(a.ids("Document"))
    return given


def _name(a: Asking) -> Json:
    prefix = a.seldom()
    kind = {"kind": a.one(("Person", "Vehicle"))} if a.seldom() else {}
    threshold = {"threshold": a.one((0.0, 0.5, 1.0))} if a.seldom() else {}
    return {"name": a.beginning if prefix else a.name, "prefix": prefix, **kind, **threshold}


def _page(a: Asking) -> Json:
    return {"limit": str(a.one((1, 2, 3, 50)))}


def _types(a: Asking) -> list[str]:
    return a.one((list(WALKABLE), *([one] for one in a.some(WALKABLE, 2))))


def _subject(a: Asking) -> Request:
    name = {"kind": "name", "value": a.one(NAMES), **_said(a)}
    body = {"kind": "Person", "attributes": [name], "identifiers": [{**_selector(a), **_said(a)}], **_said(a)}
    return Request({"id": a.worked()}, body=body)


def _subjects(a: Asking) -> Request:
    """Some rows that will do, one that does not, one perhaps."""
    rows = [(_subject(a).body or {}) for _ in range(a.one((1, 2, 3)))]
    wrong = {"kind": "Person", "identifiers": [{"kind": "phone", "value": "12"}]}
    return Request({"id": a.worked()}, body={"subjects": [*rows, wrong, {"kind": "rumour"}]})


def _upload(a: Asking) -> Request:
    return Request(query={"case": a.worked()}, lines=tuple((_subject(a).body or {}) for _ in range(2)))


def _job(a: Asking, paged: bool = False) -> Request:
    return Request({"id": a.one(a.of("Job"))}, _page(a) if paged else {})


def _document(a: Asking) -> Request:
    case = a.worked()
    mentions = [a.in_file(case, "Subject")] if a.seldom() else []
    return Request({"id": case}, body={"kind": "report", "title": "New", "mentions": mentions, **_said(a)})


_HOUR = TO_COME["starts"].isoformat()


def _event(a: Asking) -> Request:
    case = a.worked()
    involved = [{"subject": a.in_file(case, "Subject"), "role": "present"}] if a.seldom() else []
    when = a.one(({}, {"starts": _HOUR, "latitude": 38.9, "longitude": -77.0}))
    return Request({"id": case}, body={"kind": "meeting", "involved": involved, **when, **_said(a)})


def _link(a: Asking) -> Request:
    type, starts, ends = a.one(
        (
            ("LINKED_TO", "Subject", "Subject"),
            ("INVOLVED_IN", "Subject", "Event"),
            ("MENTIONS", "Document", "Subject"),
            ("RELATED_TO", "Case", "Case"),
        )
    )
    case = a.worked()
    start = case if starts == "Case" else a.in_file(case, starts)
    other = {"other_case": a.id("Case")} if a.seldom() or ends == "Case" else {}
    end = other.get("other_case") or a.in_file(case, ends)
    body = {"case": case, "type": type, "start": start, "end": end, "kind": "calls", "reason": "seen"}
    return Request(body={**body, **other, **_said(a)})


def _audit(a: Asking) -> Json:
    selector = {"selectors": [_selector(a)]} if a.seldom() else {}
    return {**a.one(({}, {"record": a.id("Case", "Subject")}, {"result": "not_found"})), **selector}


def _pattern(a: Asking) -> Json:
    return {**_audit(a), "by": a.one(("who", "record", "action")), "at_least": a.one((1, 3)), "last_hours": 24}


def _report(a: Asking) -> Json:
    return {"name": "Kept", **a.one(({"search": _audit(a)}, {"pattern": _pattern(a)}))}


def _same_as(a: Asking) -> Request:
    case, other = a.worked(), a.worked()
    ends = {"start": a.in_file(case, "Subject"), "end": a.in_file(other, "Subject")}
    return Request(body={"case": case, **ends, "other_case": other, "basis": "seen", **_said(a)})


def _changed(label: str, what: Callable[[Asking], Json]) -> Callable[[Asking], Request]:
    def drawn(a: Asking) -> Request:
        case = a.worked()
        return Request({"id": a.in_file(case, label)}, body={"case": case, **what(a)})

    return drawn


def _ended(a: Asking) -> tuple[str, str]:
    """An assertion of a case, or a record in its file, and the case."""
    case = a.worked()
    said = [item.id for item in (*a.world.links, *a.world.records) if item.own.cases[0] == case]
    return a.one([*said, a.id("Link", "Attribute", "Subject")]), case


def _end_assertion(a: Asking) -> Request:
    id, case = _ended(a)
    return Request({"id": id}, body={"case": case})


def _end_same_as(a: Asking) -> Request:
    same = [(link.id, link.own.cases[0]) for link in a.world.links if link.type == "SAME_AS"]
    id, case = a.one([*same, (a.id("Link"), a.worked())])
    return Request({"id": id}, {"case": case})


def _share(a: Asking) -> Request:
    case, other = a.worked(), a.worked()
    id = a.in_file(case, a.one(("Subject", "Subject", "Document", "Event")))
    mine = [item.id for item in (*a.world.links, *a.world.records) if id in (item_start(item), item_under(item))]
    picked: Any = a.one(("all", "all", a.some([*mine, a.id("Link", "Attribute")], 2)))
    return Request({"id": id}, body={"case": case, "share_with": other, "assertions": picked})


def item_start(item: Any) -> str | None:
    return getattr(item, "start", None)


def item_under(item: Any) -> str | None:
    return getattr(item, "under", None)


def _unshare(a: Asking) -> Request:
    given = [
        (record.id, record.own.cases[0], other)
        for record in a.world.records
        if record.label != "Attribute"
        for other in record.own.shared
    ]
    id, case, other = a.one([*given, (a.id("Subject"), a.worked(), a.worked())])
    return Request({"id": id}, {"case": case, "share_with": other})


def _caveated(a: Asking) -> tuple[str, str, str]:
    id, case = _ended(a)
    caveat = a.one([*(caveat.id for caveat in a.world.caveats), ABSENT])
    return (case if a.seldom() else id), case, caveat


def _add_caveat(a: Asking) -> Request:
    id, case, caveat = _caveated(a)
    return Request({"id": id}, body={"case": case, "caveat": caveat})


def _remove_caveat(a: Asking) -> Request:
    id, case, caveat = _caveated(a)
    return Request({"id": id}, {"case": case, "caveat": caveat, "records": str(a.seldom()).lower()})


def _case(a: Asking) -> Json:
    mine = [one.unit for one in a.world.user(a.me).member_of]
    unit = a.one([*mine, *mine, *(unit.id for unit in a.world.units), ABSENT])
    allowed = a.one(({"override": "urgent"}, {"receipt": a.one(("receipt-0", "receipt-1"))}, {}))
    caveats = {"caveats": a.some([caveat.id for caveat in a.world.caveats], 1)}
    return {"number": "N-009", "title": "New", "unit": unit, "open_to_unit": a.seldom(), **allowed, **caveats}


def _case_change(a: Asking) -> Json:
    silent = {"disclosure": "silent", "disclosure_until": AHEAD.isoformat()}
    return a.one(({"title": "Changed"}, {"disclosure": "brokered"}, silent))


def _assignment(a: Asking) -> Json:
    user = a.one([*(user.id for user in a.world.users), ABSENT])
    return {"user": user, "functions": a.one((["read"], ["read", "write"])), "agent": a.seldom()}


def _openness(a: Asking) -> Json:
    return {"units": a.some([*(unit.id for unit in a.world.units), ABSENT], 2)}


def _check(a: Asking) -> Json:
    names = [{"name": a.one(NAMES), "year": 1980}] if a.seldom() else []
    silent = {"mode": "silent", "on_behalf_of": a.one([*(user.id for user in a.world.users), ABSENT])}
    mode = a.one(({}, {}, {"mode": "brokered"}, silent))
    return {"selectors": [_selector(a) for _ in range(2)], "names": names, "reason": "a lead", **mode}


def _question(a: Asking) -> Json:
    """A check, with a planned operation, or of one alone."""
    asked = _check(a)
    event = {"event": a.one(PLANS)}
    alone = {name: value for name, value in asked.items() if name not in ("selectors", "names")}
    return a.one((asked, {**asked, **event}, {**alone, **event}))


def _registered(a: Asking) -> Json:
    asked = _question(a)
    return asked if "event" in asked else {**asked, **a.one(({}, {"days": 9}))}


def _check_rows(a: Asking) -> Json:
    """What a check says of itself, with two rows."""
    one, other = _check(a), _check(a)
    said = {name: value for name, value in one.items() if name not in ("selectors", "names")}
    rows = [{name: row[name] for name in ("selectors", "names") if name in row} for row in (one, other)]
    return {**said, "rows": rows}


def _check_case(a: Asking) -> Json:
    check = _check(a)
    said: Json = {name: check[name] for name in ("reason", "mode", "on_behalf_of") if name in check}
    return {**said, "case": a.worked()}


def _check_case_beside(a: Asking) -> Json:
    """With what is asked beside the file, or without."""
    check = _question(a)
    also = {name: check[name] for name in ("selectors", "names", "event") if name in check}
    said = {name: value for name, value in check.items() if name not in also}
    return {**said, "case": a.worked(), **a.one(({}, {"beside": also}))}


def _change(check: Json) -> Json:
    """What an edit takes of a check."""
    return {name: value for name, value in check.items() if name != "on_behalf_of" and value != "silent"}


def _conflict(a: Asking) -> Request:
    return Request({"id": a.one(a.of("ConflictSide"))})


def _conflict_step(a: Asking) -> Json:
    step = a.one(("acknowledge", "contacted", "propose", "reveal", "escalate", "override", "follow_up"))
    more: Mapping[str, Json] = {"propose": {"outcome": a.one(("joint", "proceed"))}, "override": {"reason": "raid"}}
    return {"step": step, **more.get(step, {"reason": "done"} if step == "follow_up" else {})}


def _matter_step(a: Asking) -> Json:
    step = a.one(("ask", "reveal", "decline", "done"))
    return {"step": step, **({"side": a.one(("asking", "holding")), "text": "call me"} if step == "ask" else {})}


def _registration(a: Asking) -> Request:
    return Request({"id": a.one(a.of("Registration"))})


def _at(label: str, paged: bool = False) -> Callable[[Asking], Request]:
    def drawn(a: Asking) -> Request:
        return Request({"id": a.id(label)}, _page(a) if paged else {})

    return drawn


def _compare(a: Asking) -> Request:
    some = {a.id("Case") for _ in range(4)} | {a.one((ABSENT, a.id("Case")))}
    return Request(body={"cases": sorted(some), "limit": a.one((1, 50))})


def _assigned(a: Asking) -> Request:
    given = [(one.case, one.id) for user in a.world.users for one in user.assigned]
    case, assignment = a.one([*given, (a.id("Case"), ABSENT)])
    return Request({"id": a.one((case, a.id("Case"))), "assignment": assignment})


_CARDS = (("case", "cases"), ("subject", "subjects"), ("document", "documents"), ("event", "events"))


def conditioned(name: str, request: Request, a: Asking) -> Request:
    """A write, perhaps on condition of an ETag, or with a key that another may have too."""
    what = next((path for word, path in _CARDS if word in name), "assertions")
    if a.seldom() and "id" in request.path:
        request = replace(request, match=f"/v1/{what}/{request.path['id']}")
    return replace(request, key=a.one(("k1", "k2"))) if a.seldom() else request


REQUESTS: Mapping[str, Callable[[Asking], Request]] = {
    "health": lambda a: Request(),
    "ready": lambda a: Request(),
    "describe": lambda a: Request(),
    "show_keys": lambda a: Request(),
    "show_receipt_keys": lambda a: Request(),
    "me": lambda a: Request(),
    "list_inbox": lambda a: Request(query=_page(a)),
    "acknowledge_notice": lambda a: Request({"id": a.one(a.of("Notice"))}),
    "show_receipt": lambda a: Request({"receipt": a.one(("receipt-0", "receipt-1", "none"))}),
    "search_audit": lambda a: Request(query=_page(a), body=_audit(a)),
    "find_patterns": lambda a: Request(query=_page(a), body=_pattern(a)),
    "save_report": lambda a: Request(body=_report(a)),
    "list_reports": lambda a: Request(query=_page(a)),
    "run_report": lambda a: Request({"id": a.one(a.of("Report"))}, _page(a)),
    "delete_report": lambda a: Request({"id": a.one(a.of("Report"))}),
    "list_checkpoints": lambda a: Request(query=_page(a)),
    "list_cases": lambda a: Request(query=_page(a)),
    "show_case": _at("Case"),
    "list_case_records": _at("Case", paged=True),
    "list_assignments": _at("Case", paged=True),
    "list_opening_receipts": _at("Case"),
    "show_subject": _at("Subject"),
    "list_neighbours": _at("Subject", paged=True),
    "show_assertion": lambda a: Request({"id": a.id("Link", "Link", "Attribute", "Subject", "Event", "Case")}),
    "explain_access": lambda a: Request(
        query={"id": a.id("Case", "Case", "Subject", "Document", "Event", "Link", "Link", "Attribute")}
    ),
    "show_document": _at("Document"),
    "show_event": _at("Event"),
    "search_identifiers": lambda a: Request(query=_page(a), body={"selectors": [_selector(a) for _ in range(2)]}),
    "search_names": lambda a: Request(query=_page(a), body=_name(a)),
    "expand": lambda a: Request(
        body={"start": a.id("Subject", "Case"), "depth": a.one((1, 2, 3, 4)), "types": _types(a)}
    ),
    "find_paths": lambda a: Request(
        body={"start": a.id("Subject"), "end": a.id("Subject", "Case"), "bound": a.one((2, 6, 8)), "types": _types(a)}
    ),
    "render_chart": lambda a: Request(body={"start": a.id("Subject", "Case"), "depth": a.one((1, 2))}),
    "compare_cases": _compare,
    "list_connected": _at("Case", paged=True),
    "list_history": lambda a: Request({"id": a.id("Case", "Case", "Subject", "Document", "Event")}, _page(a)),
    "render_export": lambda a: Request(body={"case": a.id("Case"), "format": a.one(("ftm", "graphml", "gexf"))}),
    "check": lambda a: Request(body=_question(a)),
    "check_rows": lambda a: Request(body=_check_rows(a)),
    "check_case": lambda a: Request(body=_check_case_beside(a)),
    "register_case": lambda a: Request(body={**_check_case(a), **a.one(({}, {"days": 9}))}),
    "register": lambda a: Request(body=_registered(a)),
    "edit_registration": lambda a: replace(_registration(a), body=_change(_question(a))),
    "list_registrations": lambda a: Request(query=_page(a)),
    "map_registrations": lambda a: Request(),
    "calendar_of_registrations": lambda a: Request(),
    "renew_registration": lambda a: replace(_registration(a), body={"reason": "still", **a.one(({}, {"days": 9}))}),
    "withdraw_registration": _registration,
    "list_conflicts": lambda a: Request(query=_page(a)),
    "show_conflict": _conflict,
    "step_conflict": lambda a: replace(_conflict(a), body=_conflict_step(a)),
    "say_in_conflict": lambda a: replace(_conflict(a), body={"text": "call me"}),
    "list_matters": lambda a: Request(query=_page(a)),
    "step_matter": lambda a: Request({"id": a.one(a.of("Matter"))}, body=_matter_step(a)),
    "list_silences_to_review": lambda a: Request(query=_page(a)),
    "list_silences": lambda a: Request(query=_page(a)),
    "open_case": lambda a: Request(body=_case(a)),
    "change_case": lambda a: Request({"id": a.worked()}, body=_case_change(a)),
    "close_case": lambda a: Request({"id": a.worked()}),
    "reopen_case": lambda a: Request({"id": a.worked()}),
    "assign": lambda a: Request({"id": a.worked()}, body=_assignment(a)),
    "unassign": _assigned,
    "set_openness": lambda a: Request({"id": a.worked()}, body=_openness(a)),
    "add_subject": _subject,
    "add_subjects": _subjects,
    "upload_subjects": _upload,
    "list_jobs": lambda a: Request(query=_page(a)),
    "show_job": _job,
    "cancel_job": _job,
    "list_refusals": lambda a: _job(a, paged=True),
    "add_document": _document,
    "add_event": _event,
    "change_subject": _changed("Subject", lambda a: {"identifiers": [{**_selector(a), **_said(a)}]}),
    "change_document": _changed("Document", lambda a: {"title": "Changed"}),
    "change_event": _changed("Event", lambda a: a.one(({"description": "Changed"}, {"starts": _HOUR, "ends": None}))),
    "add_link": _link,
    "end_assertion": _end_assertion,
    "add_same_as": _same_as,
    "end_same_as": _end_same_as,
    "share_record": _share,
    "unshare_record": _unshare,
    "add_caveat": _add_caveat,
    "remove_caveat": _remove_caveat,
}
"""By the name of the route's function."""
