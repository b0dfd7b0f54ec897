"""The command line against a real API, as Alice, whose case it is, Bob of another office, and Ana, who sees both."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from icmgraph import operator
from icmgraph.api.admission import WORKING
from icmgraph.api.app import create_app
from icmgraph.api.tokens import LocalIssuer
from icmgraph.bootstrap import Platform
from icmgraph.cli import app
from icmgraph.commands.check_file import AT_ONCE
from icmgraph.model.answers import COVERAGE, WITHIN
from icmgraph.model.checks import MAX_ROWS
from tests.platform import listening, opened
from tests.worlds import example
from tests.worlds.example import VALUES
from tests.worlds.loader import Graph
from tests.worlds.world import uid

PEOPLE = {
    name: uid(f"user-{number}") for name, number in (("alice", 1), ("bob", 2), ("ana", 3), ("sam", 4), ("ida", 6))
}
DOCKS, RUNWAY, OLD = uid("case-1"), uid("case-2"), uid("case-4")
ROSA, VEGA = uid("subject-1"), uid("subject-2")
HARBOR, VAN, REPORT, MEETING = VALUES["unit"], VALUES["other_subject"], VALUES["document"], VALUES["event"]
SAME, BOB = VALUES["assertions"][1], VALUES["user"]
ABSENT = "11111111-1111-4111-8111-111111111111"
PHONE = "+1 202 555 0143"
UNKNOWN = "+1 202 555 0177"


@dataclass(frozen=True)
class Ran:
    """What one run left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Served:
    """An API over the example world, and the ICM_HOME with its people's tokens."""

    url: str
    platform: Platform

    @property
    def home(self) -> Path:
        return self.platform.settings.home

    @property
    def environment(self) -> dict[str, str]:
        return {"ICM_HOME": str(self.home), "ICM_API_URL": self.url}

    def run(self, *arguments: str) -> Ran:
        """In this process."""
        result = CliRunner().invoke(app, arguments, env=self.environment)
        return Ran(result.exit_code, result.stdout, result.stderr)

    def process(self, *arguments: str, **environment: str) -> Ran:
        """As a process of its own."""
        command = [sys.executable, "-m", "icmgraph", *arguments]
        given = os.environ | self.environment | environment
        ended = subprocess.run(command, capture_output=True, text=True, env=given, timeout=60, check=False)
        return Ran(ended.returncode, ended.stdout, ended.stderr)


@pytest.fixture(scope="module")
def served(graph: Graph, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("home")
    graph.load(example.WORLD)
    with (
        opened(graph.gateway, home, hub_degree=3, check_daily=260) as platform,
        listening(create_app(platform)) as address,
    ):
        issuer, tokens = LocalIssuer.create(home), home / "tokens"
        tokens.mkdir()
        for name in PEOPLE:
            token_file(tokens, issuer, name)
        yield Served(address, platform)


def token_file(folder: Path, issuer: LocalIssuer, name: str) -> Path:
    file = folder / f"{name}.jwt"
    file.write_text(issuer.issue(PEOPLE[name]))
    file.chmod(0o600)
    return file


def as_(served: Served, name: str) -> Callable[..., Ran]:
    return lambda *arguments: served.run("--as", name, *arguments)


@pytest.mark.parametrize(
    ("name", "arguments", "code", "said"),
    [
        ("alice", f"case show {DOCKS}", 0, ""),
        ("bob", f"case show {DOCKS}", 3, "nothing by that id within what you may see"),
        ("bob", f"case show {ABSENT}", 3, "nothing by that id within what you may see"),
        ("alice", f"subject show {VEGA}", 3, "nothing by that id"),
        ("alice", f"path {ROSA} {VEGA}", 3, "nothing by that id"),
        ("ana", f"case close {DOCKS}", 4, "your functions"),
        ("ana", "check --phone 2025550143 --region US", 4, "your functions"),
        ("alice", "case show docks", 2, "not an id"),
        ("alice", "check --case docks", 2, "case: not an id"),
        ("alice", "case list --limit 0", 2, "--limit"),
        ("alice", "case list --cursor abc", 2, "cursor"),
        ("alice", "search", 2, "at least one selector"),
        ("alice", "search --name Rosa --phone 2025550143 --region US", 2, "or a --name"),
        ("alice", "search --name Rosa --kind Sorcerer", 2, "--kind"),
        ("alice", "search --name R --prefix", 2, "two letters"),
        ("alice", "search --name ---", 2, "no letters or digits"),
        ("alice", "search --phone 2025550143 --region US --prefix", 2, "go with --name"),
        ("alice", "search --phone 123", 2, "--phone: write +"),
        ("alice", "search --phone 2025550143", 2, "region"),
        ("alice", "check", 2, "1 to 20"),
        ("alice", "check --name A --name B --birth-date 1980", 2, "exactly one --name"),
        ("alice", "check --name A --birth-date yesterday", 2, "--birth-date"),
        ("alice", f"path {ROSA} {VAN} --types NO_SUCH", 2, "types"),
        ("bob", f"compare {RUNWAY} {DOCKS}", 3, "nothing by that id"),
        ("bob", f"history {ROSA}", 3, "nothing by that id"),
        ("bob", f"connected {DOCKS}", 3, "nothing by that id"),
        ("ana", f"compare {DOCKS}", 2, "cases"),
        ("ana", f"compare {DOCKS} {DOCKS}", 2, "different cases"),
        ("alice", "case open --number 7 --title Crates", 2, "receipt"),
        ("alice", f"subject add {DOCKS} --attribute colour", 2, "--attribute"),
        ("alice", "no-such-command", 2, "no-such-command"),
        ("alice", "receipt show -not-one-of-mine", 3, "nothing by that id"),
        ("nobody", "whoami", 2, "no token can be read"),
        ("no.body", "whoami", 2, "no token can be read"),
        (".body", "whoami", 2, "--as"),
        ("../tokens/alice", "whoami", 2, "--as"),
    ],
)
def test_exit_codes(served: Served, name: str, arguments: str, code: int, said: str) -> None:
    ran = as_(served, name)(*arguments.split(" "))
    assert ran.code == code, ran.err
    # A box may break a usage error's line anywhere.
    assert said in re.sub(r"[\s│]+", " ", ran.err)
    assert "Traceback" not in ran.err
    assert bool(ran.out) == (code == 0)


def test_a_token_that_is_not_ours(served: Served, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("an.invented.token")
    token.chmod(0o600)
    ran = served.run("--token-file", str(token), "whoami")
    assert (ran.code, ran.out) == (4, "")
    assert "an.invented.token" not in ran.err


def test_hidden_and_absent_print_the_same(served: Served) -> None:
    bob = as_(served, "bob")
    for command in (
        ("case", "show"),
        ("expand",),
        ("subject", "show"),
        ("case", "records"),
        ("connected",),
        ("history",),
        ("why",),
    ):
        assert bob(*command, ROSA if command not in (("case", "show"), ("connected",)) else DOCKS) == bob(
            *command, ABSENT
        )


READS = [
    "whoami", "inbox", "case list", f"case show {DOCKS}", f"case records {DOCKS}", f"case assignments {DOCKS}",
    f"subject show {ROSA}", f"subject links {ROSA}", f"document show {REPORT}", f"event show {MEETING}",
    f"search --phone {PHONE.replace(' ', '')}", f"expand {ROSA} --depth 2", f"path {ROSA} {VAN}",
    f"compare {DOCKS} {OLD}", f"connected {DOCKS}", f"history {ROSA}", f"history {DOCKS}",
    f"why {ROSA}", f"why {DOCKS}",
]  # fmt: skip


@pytest.mark.parametrize("arguments", READS)
def test_a_read_prints_a_table_or_one_document(served: Served, arguments: str) -> None:
    alice, said = as_(served, "alice"), arguments.split(" ")
    people, before, after = alice(*said), alice("--json", *said), alice(*said, "--json")
    assert (people.code, before.code) == (0, 0)
    assert before == after
    document = before.json
    assert before.err == ""
    assert people.out.strip()
    if "scope" in document:
        assert WITHIN in people.err
        assert WITHIN not in people.out
    assert all(line == line.rstrip("\r") and "\x1b" not in line for line in people.out.splitlines())


def test_options_stand_before_or_after(served: Served) -> None:
    before = served.run("--as", "alice", "--json", "whoami")
    assert before.json["name"] == "Alice Agent"
    assert served.run("whoami", "--json", "--as", "alice") == before
    token = str(served.home / "tokens" / "alice.jwt")
    assert served.run("whoami", "--token-file", token, "--json", "--api", served.url) == before
    assert served.run("--as", "bob", "whoami", "--as", "alice", "--json") == before
    assert served.run("whoami", "--as", "alice", "--token-file", token).code == 2


def test_a_check_points_to_whom_to_call_and_to_nothing_else(served: Served) -> None:
    ran = as_(served, "alice")("check", "--phone", PHONE, "--phone", UNKNOWN, "--name", "Nobody Known")
    assert ran.code == 0
    assert "Pointers given." in ran.out
    (pointer,) = [line for line in ran.out.splitlines() if "Bob Agent" in line]
    assert pointer.split("  ")[0] == "exact"
    assert f"phone {PHONE}" in pointer
    assert UNKNOWN not in ran.out
    assert COVERAGE in ran.out
    assert "Runway" not in ran.out
    assert "R. Vega" not in ran.out
    assert WITHIN in ran.err


def test_a_case_is_checked_with_what_stands_beside_it(served: Served) -> None:
    alice = as_(served, "alice")
    alone = alice("check", "--case", DOCKS, "--json").json["selectors"]
    with_more = alice("check", "--case", DOCKS, "--email", "lead@one.example", "--name", "Lena Ohm", "--json").json
    beside = [{"kind": "email", "value": "lead@one.example"}, {"kind": "name", "value": "Lena Ohm"}]
    assert [{name: one[name] for name in ("kind", "value")} for one in with_more["selectors"][len(alone) :]] == beside
    assert len(with_more["asked"]) == len(alone) + 2
    assert alice("check", "--case", DOCKS, "--file", "subjects.csv").code == 2


def test_a_file_of_subjects_is_checked_row_by_row(served: Served, tmp_path: Path) -> None:
    file = tmp_path / "subjects.csv"
    file.write_text(
        f"name,birth_date,phone,region\nNobody Known,,{UNKNOWN},\nNobody Else,1980-02,{PHONE};{UNKNOWN},\n,,12,\n"
    )
    ran = as_(served, "alice")("check", "--file", str(file), "--json")
    assert ran.code == 6
    assert [row["row"] for row in ran.json["rows"]] == [2, 3, 4]
    none, hit, refused = ran.json["rows"]
    assert (none["result"], none["pointers"]) == ("no pointer given", [])
    assert {(one["tier"], one["selector"]) for one in hit["pointers"]} == {("exact", f"phone {PHONE}")}
    assert refused["result"] == "refused"
    assert as_(served, "alice")("receipt", "show", ran.json["receipts"][0]).code == 0
    shown = as_(served, "alice")("check", "--file", str(file))
    assert "Bob Agent" in shown.out
    assert "12" not in shown.err
    assert "phone: write + and the country code" in shown.out
    assert COVERAGE in shown.out
    assert ran.json["coverage"] == COVERAGE
    for text, said in (
        ("name,colour\nA,B\n", "unknown columns: colour"),
        ("name;plate\nA;B\n", "with commas between"),
        ("name,plate,name\nA,B,C\n", "a column comes twice: name"),
        ('name,plate\nA,B\n"Cut', "line 3 cannot be read: a quote is not closed"),
        ("name\n" + "x" * 200_000 + "\n", "a cell is too long"),
        ("name\n", "has no row"),
    ):
        file.write_text(text)
        wrong = as_(served, "alice")("check", "--file", str(file))
        assert (wrong.code, said in wrong.err) == (2, True), wrong.err
    assert as_(served, "alice")("check", "--file", str(tmp_path / "none.csv")).code == 2
    assert as_(served, "alice")("check", "--file", str(file), "--name", "A").code == 2


def test_what_was_answered_of_a_file_is_told_when_the_day_is_full(served: Served, tmp_path: Path) -> None:
    """It was asked, and others were told of it: more than go with one receipt, and one of two parts is too much."""
    file = tmp_path / "subjects.csv"
    file.write_text("name\n" + "".join(f"Invented Person{n}\n" for n in range(280)))
    ran = as_(served, "bob")("check", "--file", str(file), "--json")
    assert (ran.code, "different selectors a day" in ran.err) == (5, True)
    told = [row["result"] for row in ran.json["rows"]]
    parts = [set(told[:200]), set(told[200:])]
    assert sorted(parts, key=str) == [{"no pointer given"}, {"not checked"}]
    assert {row["why"] for row in ran.json["rows"] if "why" in row} == {ran.err.strip().removeprefix("icmgraph: ")}
    assert len(ran.json["receipts"]) == 1


def test_a_part_that_fails_beside_others_is_asked_alone(graph: Graph, tmp_path: Path) -> None:
    """An API that lets a person ask for one thing at a time."""
    file, home = tmp_path / "subjects.csv", tmp_path / "home"
    file.write_text("name\n" + "Nobody Known\n" * MAX_ROWS * 3)
    graph.load(example.WORLD)
    with (
        opened(graph.gateway, home, check_answer_ms=2_000, api_parallel=1) as platform,
        listening(create_app(platform)) as address,
    ):
        token = token_file(tmp_path, LocalIssuer.create(home), "alice")
        ran = Served(address, platform).run("--token-file", str(token), "check", "--file", str(file), "--json")
    assert ran.code == 0, ran.err
    assert [row["result"] for row in ran.json["rows"]] == ["no pointer given"] * MAX_ROWS * 3
    assert len(ran.json["receipts"]) == 3


def test_a_file_that_is_stopped_tells_what_was_asked(graph: Graph, tmp_path: Path) -> None:
    """Parts under way are answered, and others are told of them; those that had not begun are not asked."""
    assert WORKING["bulk"] >= AT_ONCE
    parts = AT_ONCE + 1
    graph.load(example.WORLD)
    file = tmp_path / "subjects.csv"
    file.write_text("name\n" + "Nobody Known\n" * MAX_ROWS * parts)
    home = tmp_path / "home"
    with (
        opened(graph.gateway, home, check_answer_ms=15_000) as platform,
        listening(create_app(platform)) as address,
    ):
        served, token = Served(address, platform), token_file(tmp_path, LocalIssuer.create(home), "alice")
        # Where tests run in the background, Ctrl-C is ignored from the start.
        stoppable = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
        command = f"{stoppable}; from icmgraph.cli import main; main()"
        given = ("--token-file", str(token), "check", "--file", str(file), "--json")
        before = checks_made(graph, PEOPLE["alice"])
        with subprocess.Popen(
            [sys.executable, "-c", command, *given], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=os.environ | served.environment,
        ) as process:  # fmt: skip
            try:
                # No longer than until the first answer leaves: asked one after the other there would be one by then.
                deadline = time.monotonic() + 15
                while checks_made(graph, PEOPLE["alice"]) < before + AT_ONCE and time.monotonic() < deadline:
                    time.sleep(0.1)
                process.send_signal(signal.SIGINT)
                out, err = process.communicate(timeout=60)
            finally:
                process.kill()
    assert (process.returncode, "waited for" in err, "stopped; rows" in err) == (130, True, True), err
    told = [row["result"] for row in json.loads(out)["rows"]]
    assert told == ["no pointer given"] * MAX_ROWS * AT_ONCE + ["not checked"] * MAX_ROWS
    assert len(json.loads(out)["receipts"]) == AT_ONCE
    assert checks_made(graph, PEOPLE["alice"]) == before + AT_ONCE


def checks_made(graph: Graph, user: str) -> int:
    rows = graph.run("MATCH (:User {id: $user})-[:MADE]->(c:Check) RETURN count(c) AS made", user=user)
    return int(rows[0]["made"])


def test_no_pointer_is_never_clear(served: Served) -> None:
    ran = as_(served, "alice")("check", "--phone", UNKNOWN)
    assert ran.code == 0
    assert ran.out.startswith("No pointer given.\n")
    assert COVERAGE in ran.out
    assert "clear" not in (ran.out + ran.err).lower()


def test_a_registration_meets_what_comes_later(served: Served) -> None:
    alice, bob = as_(served, "alice"), as_(served, "bob")
    plate = "qq 7788"
    made = alice("register", "add", "--plate", plate, "--reason", "target", "--days", "9", "--json").json
    assert made["result"] == "no pointer given"
    listed = alice("register", "list")
    assert f"plate {plate}" in listed.out
    assert made["registration"] not in bob("register", "list").out
    assert bob("register", "withdraw", made["registration"]).code == 3
    assert bob("subject", "add", RUNWAY, "--kind", "Vehicle", "--plate", plate).code == 0
    deadline = time.monotonic() + 30
    while made["registration"] not in (told := alice("inbox").out) and time.monotonic() < deadline:
        time.sleep(0.1)
    (line,) = [line for line in told.splitlines() if made["registration"] in line]
    assert "kind: plate" in line
    assert "contact: Bob Agent" in line
    shown = bob("check", "--plate", plate, "--mode", "brokered", "--json").json
    assert [pointer["contact"].partition(",")[0] for pointer in shown["pointers"]] == ["Alice Agent"]
    assert alice("check", "--plate", plate, "--mode", "silent").code == 2
    assert alice("check", "--plate", plate, "--mode", "silent", "--on-behalf-of", BOB).code == 4
    assert alice("register", "add", "--phone", "+1 202 555 0100").code == 4
    alone = alice("register", "add", "--phone-end", "5550199")
    assert (alone.code, alone.err.startswith("icmgraph: --phone-end: the last digits")) == (2, True)
    ends = ("--plate", plate, "--phone-end", "5550199", "--reason", "an end of a phone turned up")
    assert alice("register", "edit", made["registration"], *ends).code == 0
    assert f"plate {plate}; phone 5550199" in alice("register", "list").out
    assert alice("register", "renew", made["registration"]).code == 2
    renewed = alice("register", "renew", made["registration"], "--days", "30", "--reason", "still at it")
    assert (renewed.out.strip(), "Stands until" in renewed.err) == (made["registration"], True)
    assert alice("register", "withdraw", made["registration"]).code == 0
    assert made["registration"] not in alice("register", "list").out


def test_a_standing_report_of_a_case(served: Served) -> None:
    alice = as_(served, "alice")
    made = alice("register", "case", DOCKS, "--reason", "a year of it", "--days", "9", "--reference", "R-9")
    assert made.code == 0, made.err
    assert "stands until" in made.out
    again = alice("register", "case", DOCKS, "--reason", "a year of it")
    assert (again.code, "renew" in again.err) == (2, True)
    assert alice("register", "case", DOCKS, "--reason", "a year", "--mode", "silent").code == 2
    assert as_(served, "bob")("register", "case", DOCKS, "--reason", "a year of it").code == 3
    (line,) = [line for line in alice("register", "list").out.splitlines() if "R-9" in line]
    assert f"case {DOCKS} holds, each day" in line
    id = line.split()[0]
    assert alice("register", "renew", id, "--reason", "trial", "--days", "30").code == 0
    assert alice("register", "edit", id, "--plate", "qq 7788", "--reason", "another").code == 2
    assert alice("register", "withdraw", id).code == 0


def test_a_planned_operation_is_told_of_shown_and_changed(served: Served, tmp_path: Path) -> None:
    alice, bob = as_(served, "alice"), as_(served, "bob")
    starts = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)
    here = ("--at", "-33.9,151.2", "--starts", starts.isoformat(), "--radius", "500")
    made = alice("register", "add", *here, "--reason", "a raid", "--reference", "R-7", "--json").json
    assert made["result"] == "no pointer given"
    checked = bob("check", *here, "--every", "day", "--times", "2", "--reason", "a buy")
    assert "exact" in checked.out
    assert "planned operation" in checked.out
    assert "Alice Agent" in checked.out
    assert "operation" in (listed := alice("register", "list").out)
    assert "-33.9,151.2" in listed
    chart, days = tmp_path / "map.geojson", tmp_path / "mine.ics"
    assert alice("register", "map", "-o", str(chart)).code == 0
    assert chart.read_text().endswith("}\n")
    (feature,) = [one for one in json.loads(chart.read_text())["features"] if one["id"] == made["registration"]]
    assert feature["geometry"] == {"type": "Point", "coordinates": [151.2, -33.9]}
    assert alice("register", "calendar", "-o", str(days)).code == 0
    assert "SUMMARY:planned operation\\, reference R-7" in days.read_text()
    assert bob("register", "edit", made["registration"], *here, "--reason", "mine").code == 3
    later = ("--at", "-33.9,151.2", "--starts", (starts + timedelta(days=9)).isoformat(), "--reason", "rain")
    assert alice("register", "edit", made["registration"], *later).code == 0
    assert bob("check", *here).out.startswith("No pointer given.")
    for wrong, field in (
        (("--at", "here", "--starts", starts.isoformat()), "--at"),
        (("--starts", starts.isoformat()), "--place: give an address"),
        (("--place", "1 Pier Road"), "--starts: Field required"),
        ((*here, "--mode", "silent", "--on-behalf-of", BOB), "never silent"),
        (("--place", "1 Pier Road", "--starts", "2099-01-01T00:00"), "--starts: write the offset"),
        (("--place", "1 Pier Road", "--starts", "2020-01-01T00:00Z"), "--ends: is over"),
    ):
        ran = alice("register", "add", *wrong)
        assert (ran.code, field in ran.err) == (2, True), ran.err
    assert alice("register", "renew", made["registration"], "--reason", "more").code == 2
    assert alice("register", "withdraw", made["registration"]).code == 0


def test_a_receipt_is_verified_without_the_server(served: Served, tmp_path: Path) -> None:
    alice = as_(served, "alice")
    file, key = tmp_path / "receipt.json", tmp_path / "key.json"

    def offline(*arguments: str) -> Ran:
        result = CliRunner().invoke(app, arguments, env={"ICM_API_URL": "http://127.0.0.1:9"})
        return Ran(result.exit_code, result.stdout, result.stderr)

    key.write_text(alice("receipt", "key").out)
    checked = alice("check", "--phone", UNKNOWN, "--json").json
    shown = alice("receipt", "show", checked["receipt"], "--json").json
    assert shown["signed"] == checked["signed"]
    for text in (json.dumps(checked), json.dumps(shown), checked["signed"]):
        file.write_text(text)
        verified = offline("receipt", "verify", str(file), "--key", str(key))
        assert (verified.code, checked["receipt"] in verified.out) == (0, True)
        assert offline("receipt", "verify", str(file), "--key", str(key), "--json").json["result"] == "no pointer given"
    file.write_text(json.dumps(checked | {"signed": checked["signed"][:-8] + "AAAAAAAA"}))
    assert offline("receipt", "verify", str(file), "--key", str(key)).code == 2
    for text in ("{}", "[]", ""):
        file.write_text(text)
        assert offline("receipt", "verify", str(file), "--key", str(key)).code == 2
    assert offline("receipt", "verify", str(file), "--key", str(file)).code == 2
    assert offline("receipt", "verify", str(tmp_path / "none"), "--key", str(key)).code == 2


def test_from_a_check_to_a_case_file(served: Served, tmp_path: Path) -> None:
    """The main job, as its agent types it; each step uses what the one before printed."""
    alice, bob = as_(served, "alice"), as_(served, "bob")
    checked = alice("check", "--phone", UNKNOWN, "--name", "Mara Quill", "--birth-date", "1990-02", "--json").json
    shown = alice("receipt", "show", checked["receipt"])
    assert checked["reference"] in shown.out
    opened = alice("case", "open", "--number", "CLI-1", "--title", "Crates", "--receipt", checked["receipt"])
    assert opened.code == 0, opened.err
    case = opened.out.strip()
    assert case in alice("receipt", "show", checked["receipt"]).out
    again = alice("case", "open", "--number", "CLI-2", "--title", "Crates", "--receipt", checked["receipt"])
    assert again.code == 2

    subject = alice(
        "subject", "add", case, "--role", "suspect", "--name", "Mara Quill", "--birth-date", "1990-02",
        "--phone", UNKNOWN, "--confidence", "high",
    ).out.strip()  # fmt: skip
    vehicle = alice("subject", "add", case, "--kind", "Vehicle", "--plate", "qx 1234", "--attribute", "make=Invented")
    report = alice("document", "add", case, "--kind", "report", "--title", "Seen", "--mentions", subject).out.strip()
    meeting = alice("event", "add", case, "--kind", "meeting", "--starts", "2024-02-01T20:00:00Z", "--latitude", "1.5",
        "--longitude", "2.5", "--address", "7 Quay Lane", "--involved", f"{subject}=present")  # fmt: skip
    assert meeting.code == 0, meeting.err
    link = alice("link", "add", subject, vehicle.out.strip(), "--case", case, "--kind", "drives", "--source", report)
    assert link.code == 0, link.err

    assert [hit["id"] for hit in alice("search", "--phone", UNKNOWN, "--json").json["items"]] == [subject]
    assert "Mara Quill" in alice("case", "records", case).out
    assert "1990-02" in alice("subject", "show", subject).out
    walked = alice("path", subject, vehicle.out.strip())
    assert "1 path of 1 step, the shortest." in walked.out
    assert f"    -> LINKED_TO (drives) assertion {link.out.strip()}, source {report}" in walked.out

    for arguments in (("case", "show", case), ("subject", "show", subject), ("expand", subject)):
        assert bob(*arguments).code == 3
    assert bob("search", "--phone", UNKNOWN).out == ""
    pointed = bob("check", "--phone", UNKNOWN, "--json").json
    assert [pointer["tier"] for pointer in pointed["pointers"]] == ["exact"]
    assert "Alice Agent" in pointed["pointers"][0]["contact"]

    assert alice("link", "end", link.out.strip(), "--case", case).code == 0
    gone = alice("path", subject, vehicle.out.strip(), "--types", "LINKED_TO")
    assert gone.out == "No path within 6 steps within what you may see.\n"
    assert alice("subject", "edit", subject, "--case", case, "--alias", "Quilly").code == 0
    assert alice("document", "edit", report, "--case", case, "--title", "Seen twice").code == 0
    assert alice("event", "edit", meeting.out.strip(), "--case", case, "--description", "At noon").code == 0
    assert alice("case", "edit", case, "--title", "Old crates").code == 0
    for act in ("close", "reopen", "restrict"):
        assert alice("case", act, case).code == 0
    assert alice("case", "open-to", case, HARBOR).code == 4
    assert as_(served, "ana")("case", "show", case).code == 3
    assert as_(served, "sam")("case", "open-to", case, HARBOR).code == 0
    assert "Old crates" in as_(served, "ana")("case", "show", case).out


def test_an_override_reaches_the_leader(served: Served) -> None:
    reason = "The phone was cut off"
    ran = as_(served, "alice")("case", "open", "--number", "CLI-3", "--title", "Ropes", "--override", reason)
    assert ran.code == 0, ran.err
    sam = as_(served, "sam")
    (notice,) = [one for one in sam("inbox", "--json").json["items"] if one["body"].get("case") == ran.out.strip()]
    assert reason in sam("inbox").out
    assert sam("inbox", "ack", notice["id"]).code == 0
    assert sam("inbox", "ack", notice["id"], "--json").json == {"done": True}
    assert as_(served, "bob")("inbox", "ack", notice["id"]).code == 3


def test_assigning(served: Served) -> None:
    sam, bob = as_(served, "sam"), as_(served, "bob")
    opened = as_(served, "alice")("case", "open", "--number", "CLI-4", "--title", "Tar", "--override", "a test")
    case = opened.out.strip()
    assert bob("case", "show", case).code == 3
    assigned = sam("case", "assign", case, PEOPLE["bob"], "--write")
    assert assigned.code == 0, assigned.err
    assert bob("case", "show", case).code == 0
    assert "Bob Agent" in sam("case", "assignments", case).out
    assert sam("case", "unassign", case, assigned.out.strip()).code == 0
    assert bob("case", "show", case).code == 3


def test_one_question_has_two_right_answers(served: Served) -> None:
    ana, alice = as_(served, "ana")("path", ROSA, VEGA), as_(served, "alice")("path", ROSA, VEGA)
    assert "SAME_AS (same phone)" in ana.out
    assert alice.code == 3
    assert as_(served, "ana")("expand", ROSA).out != as_(served, "alice")("expand", ROSA).out


def test_same_and_unsame(served: Served) -> None:
    """Bob, assigned to Alice's case too, sees both and may join them; she sees only her own and so no link."""
    sam, ana = as_(served, "sam"), as_(served, "ana")
    opened = as_(served, "alice")("case", "open", "--number", "CLI-5", "--title", "Oil", "--override", "a test")
    case = opened.out.strip()
    subject = as_(served, "alice")("subject", "add", case, "--name", "Rosa V.").out.strip()
    ends = (subject, VEGA, "--case", case, "--other-case", RUNWAY, "--basis", "one face")
    assert ana("same", *ends).code in (3, 4)
    assert sam("case", "assign", case, PEOPLE["bob"], "--write").code == 0
    bob = as_(served, "bob")
    joined = bob("same", *ends)
    assert joined.code == 0, joined.err
    assert "SAME_AS (one face)" in bob("path", subject, VEGA).out
    assert as_(served, "alice")("path", subject, VEGA).code == 3
    assert bob("unsame", joined.out.strip(), "--case", case).code == 0
    assert "SAME_AS" not in bob("path", subject, VEGA).out


def test_compare_and_connected_say_why(served: Served) -> None:
    ana = as_(served, "ana")
    compared = ana("compare", DOCKS, RUNWAY, "--evidence")
    assert [line.split()[0] for line in compared.out.splitlines()[:3]] == ["why", "same_as", "identifier"]
    assert "Rosa Vega" in compared.out
    assert SAME in compared.out
    assert "phone +12025550199" in compared.err  # the taxi firm
    connected = ana("connected", DOCKS)
    assert [line.split()[1] for line in connected.out.splitlines()] == ["number", "N-002", "N-004"]
    assert "same_as (same phone); identifier (phone +12025550143)" in connected.out
    # Nothing of Airport's case for who does not see it.
    assert "N-002" not in as_(served, "alice")("connected", DOCKS).out


def test_history_says_what_was_done(served: Served) -> None:
    alice, ana = as_(served, "alice")("history", ROSA).out, as_(served, "ana")("history", ROSA).out
    assert [line.split()[1] for line in alice.splitlines()] == ["act", "assertion.end", "subject.add"]
    assert f"Attribute: hold H-2, kind name, value Rosa V., source {VALUES['documents'][1]}" in alice
    assert "Alice Agent" in alice
    # Ana is not on the list of the wiretap it stood in.
    assert "Attribute: hold H-2, kind name, value Rosa V.\n" in ana


def test_expand_says_what_it_left_out(served: Served) -> None:
    alice = as_(served, "alice")
    ran = alice("expand", VALUES["case"], "--depth", "2")
    assert "hub: not walked through" in ran.out
    hub = "phone +12025550199: a hub of more than 3 links, not walked through; search for it"
    assert hub in ran.err
    clerks = [one["id"] for one in alice("search", "--phone", "+12025550199", "--json").json["items"]]
    assert hub in alice("path", *clerks[:2]).err
    few = alice("expand", ROSA, "--depth", "2", "--limit", "2")
    assert "There is more than was returned" in few.err
    assert "2 nodes" in few.err


def test_pages_lead_on(served: Served) -> None:
    ana = as_(served, "ana")
    whole = [one["id"] for one in ana("case", "list", "--json").json["items"]]
    found: list[str] = []
    cursor: list[str] = []
    while True:
        ran = ana("case", "list", "--limit", "1", *cursor)
        found += [line.split()[0] for line in ran.out.splitlines()[1:]]
        more = re.search(r"--cursor (\S+)", ran.err)
        if more is None:
            break
        cursor = ["--cursor", more[1]]
    assert found == whole
    assert len(whole) > 2


def test_a_chart_is_the_askers_alone_and_replaces_nothing(served: Served, tmp_path: Path) -> None:
    alice, file = as_(served, "alice"), tmp_path / "chart.html"
    drawn = alice("chart", ROSA, "-o", str(file))
    assert (drawn.code, drawn.out) == (0, f"{file}\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "Rosa Vega" in file.read_text(encoding="utf-8")
    file.write_text("mine")
    refused = alice("chart", ROSA, "-o", str(file))
    assert refused.code == 2
    assert "--force" in refused.err
    assert file.read_text() == "mine"
    assert alice("chart", ROSA, "-o", str(file), "--force", "--json").json == {"file": str(file)}
    assert file.stat().st_size > 1000
    assert [one.name for one in tmp_path.iterdir()] == ["chart.html"]
    assert as_(served, "bob")("chart", ROSA, "-o", str(tmp_path / "other.html")).code == 3
    assert not (tmp_path / "other.html").exists()


@pytest.mark.parametrize("format", ["ftm", "graphml", "gexf"])
def test_an_export_holds_what_its_asker_sees(served: Served, tmp_path: Path, format: str) -> None:
    alice, bob, file = as_(served, "alice"), as_(served, "bob"), tmp_path / "case"
    written = alice("export", DOCKS, "--format", format, "-o", str(file))
    assert (written.code, written.out) == (0, f"{file}\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    text = file.read_text(encoding="utf-8")
    assert WITHIN in text
    assert "Rosa Vega" in text
    assert "La Vega" in text  # Alice is on the wiretap's list
    assert VEGA not in text  # the same person's record in Bob's case
    assert alice("export", DOCKS, "--format", format, "-o", str(file)).code == 2
    assert alice("export", DOCKS, "--format", format, "-o", str(file), "--force", "--json").json == {"file": str(file)}
    assert file.read_text(encoding="utf-8") == text
    assert bob("export", DOCKS, "--format", format, "-o", str(tmp_path / "other")).code == 3
    assert not (tmp_path / "other").exists()
    seen = tmp_path / "sam"
    assert as_(served, "sam")("export", DOCKS, "--format", format, "-o", str(seen)).code == 0
    assert "La Vega" not in seen.read_text(encoding="utf-8")


def test_after_all_that_an_operator_finds_all_in_order(served: Served) -> None:
    assert operator.check_invariants(served.platform).ok
    verified = operator.verify_audit(served.platform.settings)
    assert verified.ok
    told = served.run("--json", "audit", "verify")
    assert (told.code, told.json["ok"]) == (0, True)
    assert told.json["records"] >= verified.records > 0


def test_as_a_process(served: Served) -> None:
    ran = served.process("--as", "alice", "check", "--phone", PHONE)
    assert ran.code == 0
    assert "Bob Agent" in ran.out
    assert "\x1b" not in ran.out + ran.err
    assert "checking" not in ran.out + ran.err
    assert served.process("--as", "bob", "--json", "case", "show", DOCKS).code == 3
    debugged = served.process("--as", "bob", "case", "show", DOCKS, "--debug")
    assert debugged.code == 3
    assert "Traceback" in debugged.err


def test_a_terminal_without_the_letters(served: Served) -> None:
    ran = served.process("--as", "alice", "case", "open", "--number", "CLI-9", "--title", "Bjørn", "--override", "ø")
    assert ran.code == 0
    ran = served.process("--as", "alice", "case", "show", ran.out.strip(), PYTHONIOENCODING="ascii")
    assert ran.code == 0
    assert "Bj\\xf8rn" in ran.out


def test_nobody_answers(served: Served) -> None:
    ran = served.process("--as", "alice", "check", "--phone", PHONE, ICM_API_URL="http://127.0.0.1:9")
    assert (ran.code, ran.out) == (5, "")
    assert "icmgraph serve" in ran.err
    assert "Traceback" not in ran.err
    assert PHONE not in ran.err


def test_a_person_needs_no_driver(served: Served) -> None:
    """The database's password is root on every case: what people run does not even import the driver."""
    code = (
        "import sys, icmgraph.cli\n"
        "try: icmgraph.cli.app(['--as', 'alice', 'case', 'list'])\n"
        "except SystemExit as ended: assert not ended.code\n"
        "print(sorted({'neo4j', 'sqlalchemy', 'fastapi', 'uvicorn'} & set(sys.modules)), file=sys.stderr)"
    )
    given = os.environ | served.environment
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=given, timeout=60, check=True
    )
    assert "Docks theft" in ended.stdout
    assert ended.stderr.splitlines()[-1] == "[]"


def test_an_upload_and_its_job(served: Served, tmp_path: Path) -> None:
    alice = as_(served, "alice")
    file = tmp_path / "subjects.jsonl"
    file.write_text('{"kind": "Person", "attributes": [{"kind": "name", "value": "Uma Load"}]}\n{"kind": "rumour"}\n')
    ended = alice("upload", str(file), "--case", DOCKS, "--wait", "--json")
    assert (ended.code, ended.json["state"], ended.json["created"], ended.json["refused"]) == (6, "done", 1, 1)
    job = ended.json["id"]
    refused = alice("job", "refusals", job, "--json").json["items"]
    assert [(one["row"], one["field"]) for one in refused] == [(2, "kind")]
    assert alice("job", "show", job, "--json").json["state"] == "done"
    assert alice("job", "cancel", job, "--json").json["state"] == "done", "it has ended as it has"
    assert job in alice("job", "list").out
    assert as_(served, "bob")("job", "show", job).code == 3
    begun = alice("upload", str(file), "--case", DOCKS)
    assert (begun.code, len(begun.out.strip())) == (0, 36)
    assert alice("upload", str(tmp_path / "absent"), "--case", DOCKS).code == 2


def test_an_auditor_asks_who_did_what(served: Served) -> None:
    ida, bob = as_(served, "ida"), as_(served, "bob")
    bob("search", "--phone", PHONE)
    people = ida("audit", "search", "--who", BOB, "--phone", PHONE, "--since", "2024-01-01")
    assert people.code == 0
    heads, *lines = people.out.splitlines()
    assert heads.split() == ["number", "at", "who", "action", "result", "records"]
    assert "search.identifiers" in lines[0]
    assert "you do not see" in people.err
    document = ida("audit", "search", "--who", BOB, "--phone", PHONE, "--json").json
    assert (document["items"][0]["action"], document["items"][0]["who"]) == ("search.identifiers", BOB)
    assert bob("audit", "search").code == 4
    assert ida("audit", "search", "--since", "yesterday").code == 2
    assert ida("audit", "search", "--who", "Bob").code == 2
    assert ida("audit", "search", "--action", "nothing.like.it").err.startswith("Nothing like this was recorded.")


def test_an_auditor_counts_and_keeps_reports(served: Served) -> None:
    ida, bob = as_(served, "ida"), as_(served, "bob")
    for _ in range(2):
        bob("search", "--phone", PHONE)
    often = ("--action", "search.identifiers", "--action", "search.names", "--by", "who", "--at-least", "2")
    people = ida("audit", "patterns", *often, "--within-hours", "24")
    heads, *lines = people.out.splitlines()
    assert (people.code, heads.split()) == (0, ["what", "count", "first", "last"])
    assert BOB in "".join(lines)
    assert "you do not see" in people.err
    assert ida("audit", "patterns", "--by", "weather").code == 2

    counted = ida("audit", "report", "save", "Many searches", *often, "--last-hours", "168").out.strip()
    searched = ida("audit", "report", "save", "This phone", "--phone", PHONE, "--who", BOB).out.strip()
    listed = {line.split()[0]: line for line in ida("audit", "report", "list").out.splitlines()[1:]}
    assert "pattern: action: search.identifiers; search.names, last_hours: 168" in listed[counted]
    assert PHONE in listed[searched]
    assert BOB in ida("audit", "report", "run", counted).out
    acts = ida("audit", "report", "run", searched, "--limit", "1")
    assert "search.identifiers" in acts.out
    assert "--cursor" in acts.err
    assert ida("--json", "audit", "report", "run", searched).json["acts"][0]["who"] == BOB
    assert bob("audit", "report", "run", searched).code == 4
    assert ida("audit", "report", "delete", searched).code == 0
    assert ida("audit", "report", "run", searched).code == 3
    assert ida("audit", "report", "save", "no number", "--by", "who").code == 2
