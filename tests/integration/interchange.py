# ruff: noqa: E501 - rows and their reasons, one a line
"""A small invented world as interchange files: a dozen cases, each kind of row, and what can be wrong with one."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from icmgraph.ingest.bulk.interchange import PEOPLE, TABLES, write_manifest

Row = dict[str, str]
NAME = "twin"

STAFF = """record,key,name,contact,class,kind,of,sight
unit,REGION,Region,,,,,
unit,NORTH,Northern office,,,,REGION,
unit,SOUTH,Southern office,,,,REGION,
user,ann,Ann Agent,+1 202 555 0101,agent,,,
user,bea,Bea Agent,+1 202 555 0102,agent,,,
user,ivo,Ivo Analyst,+1 202 555 0103,analyst,,,
user,lea,Lea Leader,+1 202 555 0104,supervisor,,,
caveat,WIRE,Wire 7,,,wiretap,,
caveat,JURY,Jury 2,,,grand_jury,,
member,ann,,,,,NORTH,yes
member,bea,,,,,SOUTH,yes
member,ivo,,,,,NORTH,yes
member,ivo,,,,,SOUTH,yes
lead,lea,,,,,REGION,
clearance,ann,,,,,WIRE,
"""


def rows() -> dict[str, list[Row]]:
    """Good rows of every kind."""
    made: dict[str, list[Row]] = {table: [] for table in TABLES}
    for number in range(12):
        place, agent = (("NORTH", "ann"), ("SOUTH", "bea"))[number % 2]
        case = {"id": f"C{number}", "number": f"T-{number}", "title": f"Case {number}", "opened": "2024-01-02",
                "unit": place, "agent": agent}  # fmt: skip
        if number != 3:  # restricted
            case["open_to"] = place if number % 4 else "NORTH; SOUTH"
        made["cases"].append(case)
        subjects = [f"S{number}-{one}" for one in range(3)]
        for one, id in enumerate(subjects):
            made["subjects"].append(
                {"id": id, "case": case["id"], "kind": ("Person", "Vehicle")[one == 2], "role": "suspect"}
            )
            made["attributes"].append({"subject": id, "kind": "name", "value": f"Rosa{number} Vega{one} Quill"})
            phone = "(202) 555-0143" if one == 0 else f"+1 202 555 {1000 + number * 3 + one}"
            made["identifiers"].append({"subject": id, "kind": "phone", "value": phone, "region": "US"})
        made["attributes"].append({"subject": subjects[0], "kind": "birth_date", "value": "1980-05"})
        made["identifiers"].append({"subject": subjects[2], "kind": "plate", "value": f"XK 44{number % 3}"})
        made["documents"].append(
            {"id": f"D{number}", "case": case["id"], "kind": "report", "title": f'Report "{number}", first'}
        )
        made["mentions"].append({"document": f"D{number}", "subject": subjects[0]})
        made["mentions"].append({"document": f"D{number}", "kind": "email", "value": f"x{number % 2}@example.test"})
        made["events"].append({"id": f"E{number}", "case": case["id"], "kind": "meeting", "starts": "2024-02-01T20:00:00.250+01:00",
                               "address": "12 Harbour Road", "postcode": "AB1", "latitude": "12.5", "longitude": "-40.25"})  # fmt: skip
        made["involvements"].append({"subject": subjects[1], "event": f"E{number}", "role": "present"})
        made["links"].append({"from": subjects[0], "to": subjects[2], "kind": "owns", "valid_from": "2020-01-01"})
    cases = made["cases"]
    cases[4] |= {"caveats": "WIRE", "status": "closed", "closed": "2024-06-01", "category": "theft"}
    cases[5] |= {"disclosure": "silent", "disclosure_until": "2030-01-01T00:00:00Z", "kind": "civil"}
    cases[3]["closed_to_leaders"] = "yes"
    made["assignments"] = [
        {"case": "C1", "user": "ann", "functions": "read"},
        {"case": "C2", "user": "ivo", "from": "2024-01-01T00:00:00Z", "until": "2031-01-01T00:00:00Z"},
    ]
    made["subjects"][0] |= {"caveats": "WIRE", "source": "D0", "confidence": "high"}
    made["attributes"][1] |= {"caveats": "WIRE;JURY", "source": "D0"}
    made["identifiers"][5] |= {"caveats": "JURY"}
    made["documents"][1] |= {"caveats": "JURY", "written": "2024-01-03", "digest": "ab" * 32, "location": "shelf\n2"}
    made["events"][2] |= {"caveats": "JURY", "duration": "60", "amount": "12.00 XTS", "ends": "2024-02-02T00:00:00Z"}
    made["shares"] = [
        {"what": "subject", "id": "S1-0", "case": "C0", "role": "witness"},
        {"what": "subject", "id": "S1-0", "case": "C4", "role": "victim"},
        {"what": "document", "id": "D2", "case": "C3"},
        {"what": "event", "id": "E2", "case": "C5"},
    ]
    made["same_as"] = [
        {"from": "S0-0", "to": "S3-0", "basis": "same phone"},
        {"from": "S1-0", "to": "S4-1", "basis": "same face", "caveats": "WIRE"},
    ]
    made["related"] = [{"from": "C0", "to": "C4", "kind": "follow-up", "reason": "same place"}]
    made["involvements"].append({"subject": "S6-0", "event": "E7", "role": "seen"})
    made["mentions"].append({"document": "D6", "subject": "S7-1"})
    return made


WRONG: Mapping[str, Sequence[tuple[Row, str]]] = {
    "cases": [
        ({"id": "X1", "number": "T-X", "title": "t", "opened": "2024-13-01", "unit": "NORTH", "agent": "ann"}, "opened: not a date: write 2026-01-31"),
        ({"id": "C1", "number": "T-X", "title": "t", "opened": "2024-01-01", "unit": "NORTH", "agent": "ann"}, "id: an earlier row has it"),
        ({"id": "X2", "number": "T-X", "title": "t", "opened": "2024-01-01", "unit": "WEST", "agent": "ann"}, "unit: names a unit that does not exist"),
        ({"id": "X3", "number": "T-X", "title": "t", "opened": "2024-01-01", "unit": "NORTH", "agent": "ivo"}, "agent: the class analyst does not have these functions"),
        ({"id": "X4", "number": "T-X", "title": "t", "opened": "2024-01-01", "unit": "NORTH", "agent": "ann", "open_to": "NORTH", "closed_to_leaders": "yes"}, "open_to: a case closed to leaders is open to no unit"),
    ],
    "assignments": [({"case": "C1", "user": "ivo", "functions": "read;write"}, "user: the class analyst does not have these functions"),
                    ({"case": "X1", "user": "ann"}, "case: there is no such case, or it was rejected")],
    "documents": [({"id": "DX", "case": "C1", "kind": "report", "title": "t", "digest": "abc"}, "digest: not a SHA-256: 64 hexadecimal digits")],
    "subjects": [({"id": "SX", "case": "X2", "kind": "Person", "role": "suspect"}, "case: there is no such case, or it was rejected"),
                 ({"id": "SY", "case": "C1", "kind": "Ghost", "role": "suspect"}, "kind: is none of Person, Organization, Vehicle, Vessel, Aircraft, Account, Place, Thing"),
                 ({"id": "SZ", "case": "C1", "kind": "Person", "role": "suspect", "source": "DX"}, "source: there is no such document, or it was rejected"),
                 ({"id": "SW", "case": "C1", "kind": "Person", "role": "suspect", "caveats": "NONE"}, "caveats: names a caveat that does not exist")],
    "events": [({"id": "EX", "case": "C1", "kind": "meeting", "starts": "2024-01-01T00:00:00"}, "starts: not a time: write 2026-01-31T10:00:00Z, with its zone"),
               ({"id": "EY", "case": "C1", "kind": "meeting", "latitude": "91", "longitude": "0"}, "latitude: not a number between -90 and 90")],
    "shares": [({"what": "subject", "id": "SX", "case": "C1", "role": "victim"}, "id: there is no such record, or it was rejected"),
               ({"what": "subject", "id": "S1-0", "case": "C1", "role": "victim"}, "case: the record is of this case")],
    "attributes": [({"subject": "S1-0", "kind": "birth_date", "value": "yesterday"}, "value: not a date: write 1980, 1980-05 or 1980-05-17"),
                   ({"subject": "SX", "kind": "name", "value": "Nobody"}, "subject: there is no such subject, or it was rejected"),
                   ({"subject": "S1-0", "kind": "name", "value": "--"}, "value: holds no letters or digits"),
                   ({"subject": "S1-0", "kind": "name", "value": "a\x07b"}, "value: holds control characters")],
    "identifiers": [({"subject": "S1-0", "kind": "phone", "value": "call me"}, "value: not a phone number: digits, separators and one leading + only"),
                    ({"subject": "S1-0", "kind": "phone", "value": "5550143"}, "value: write + and the country code, or name the region")],
    "mentions": [({"document": "D1"}, "name a subject, or an identifier by its kind and value"),
                 ({"document": "DX", "subject": "S1-0"}, "document: there is no such document, or it was rejected")],
    "involvements": [({"subject": "S1-0", "event": "E1"}, "role: is empty")],
    "links": [({"from": "S1-0", "to": "S2-0", "kind": "knows"}, "to: is of another case; say same_as across cases"),
              ({"from": "S1-0", "to": "S1-0", "kind": "knows"}, "to: is from itself")],
    "same_as": [({"from": "S1-0", "to": "SX", "basis": "b"}, "to: there is no such subject, or it was rejected")],
    "related": [({"from": "C1", "to": "C1", "kind": "k"}, "to: is from itself")],
}  # fmt: skip
"""Of each kind of row, some that are wrong, and why."""


def write(folder: Path, made: Mapping[str, Sequence[Row]], name: str = NAME, staff: str = STAFF) -> Path:
    folder.mkdir(exist_ok=True)
    counts: dict[str, tuple[str, int]] = {}
    for table, of in made.items():
        with (folder / f"{table}.csv").open("w", newline="", encoding="utf-8") as file:
            out = csv.DictWriter(file, list(TABLES[table]))
            out.writeheader()
            out.writerows(of)
        counts[table] = (f"{table}.csv", len(of))
    write_manifest(folder, name, counts)
    (folder / PEOPLE).write_text(staff)
    return folder


def with_wrong(made: Mapping[str, Sequence[Row]]) -> dict[str, list[Row]]:
    return {table: [*of, *(row for row, _ in WRONG[table])] for table, of in made.items()}
