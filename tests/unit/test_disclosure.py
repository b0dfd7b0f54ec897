"""What each side of a match learns: the rules alone, no database."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from icmgraph.errors import InvalidInput
from icmgraph.model.answers import Pointer
from icmgraph.model.checks import Asked, CheckInput, normal_form
from icmgraph.model.disclosure import (
    CONTACTS,
    NO_POINTER,
    POINTERS,
    Holder,
    Match,
    Member,
    Setting,
    Tier,
    by_caveats,
    given_for,
    leaves_at,
    pointers,
    recipients,
    result_class,
    strictest,
)
from icmgraph.model.records import DisclosureMode

NOW = datetime(2024, 5, 6, tzinfo=UTC)
LATER, EARLIER = NOW + timedelta(seconds=1), NOW - timedelta(seconds=1)
OPEN, BROKERED, SILENT = DisclosureMode
EXACT, STRONG, POSSIBLE, WEAK = Tier
DESK = "Desk, +1 202 555 0100"


@pytest.mark.parametrize(
    ("setting", "mode"),
    [
        (Setting(), OPEN),
        (Setting("open"), OPEN),
        (Setting("brokered"), BROKERED),
        (Setting("brokered", LATER), BROKERED),
        (Setting("brokered", EARLIER), OPEN),
        (Setting("silent", LATER), SILENT),
        (Setting("silent", NOW), OPEN),
        (Setting("silent"), SILENT),
        (Setting("no such mode"), SILENT),
    ],
)
def test_a_mode_that_ran_out_is_open_and_an_unknown_one_is_silent(setting: Setting, mode: DisclosureMode) -> None:
    assert setting.at(NOW) is mode


@pytest.mark.parametrize(
    ("kinds", "mode"),
    [
        ([], OPEN),
        (["privilege"], BROKERED),
        (["informant", "other"], BROKERED),
        (["sealed"], SILENT),
        (["grand_jury"], SILENT),
        (["other", "wiretap"], SILENT),
        ([None], SILENT),
    ],
)
def test_caveats_impose_a_mode(kinds: list[str | None], mode: DisclosureMode) -> None:
    assert by_caveats(kinds) is mode


def test_the_strictest_mode_applies() -> None:
    assert strictest(OPEN, BROKERED, OPEN) is BROKERED
    assert strictest(SILENT, BROKERED, OPEN) is SILENT
    assert strictest(OPEN) is OPEN


def pointer(selector: int, tier: Tier, contact: str, safety: str | None = None) -> Pointer:
    return Pointer(selector=selector, tier=tier.value, contact=contact, safety=safety)


CASES: list[tuple[str, list[Match], list[Pointer]]] = [
    ("nothing", [], []),
    ("open", [Match(0, EXACT, OPEN, "A", "armed")], [pointer(0, EXACT, "A", "armed")]),
    ("brokered hides contact and code", [Match(0, EXACT, BROKERED, "A", "armed")], [pointer(0, EXACT, DESK)]),
    ("silent", [Match(0, EXACT, SILENT, "A", "armed")], []),
    ("visible is a record", [Match(0, EXACT, OPEN, "A", visible=True)], []),
    ("nobody left is the desk", [Match(0, WEAK, OPEN, None, "armed")], [pointer(0, WEAK, DESK)]),
    (
        "one for each selector and contact, the best tier",
        [
            Match(1, WEAK, OPEN, "A"),
            Match(1, STRONG, OPEN, "A"),
            Match(1, POSSIBLE, OPEN, "A"),
            Match(0, EXACT, OPEN, "A"),
        ],
        [pointer(0, EXACT, "A"), pointer(1, STRONG, "A")],
    ),
    (
        "two holders, best first",
        [Match(0, WEAK, OPEN, "A"), Match(0, STRONG, OPEN, "B")],
        [pointer(0, STRONG, "B"), pointer(0, WEAK, "A")],
    ),
    (
        "brokered ones collapse",
        [Match(0, WEAK, BROKERED, "A"), Match(0, STRONG, BROKERED, "B"), Match(1, EXACT, BROKERED, "B")],
        [pointer(0, STRONG, DESK), pointer(1, EXACT, DESK)],
    ),
    (
        "the code is of the best fit, and one",
        [Match(0, WEAK, OPEN, "A", "armed"), Match(0, STRONG, OPEN, "A", "dog"), Match(0, STRONG, OPEN, "A", "armed")],
        [pointer(0, STRONG, "A", "armed")],
    ),
    (
        "a code of a worse fit is not told",
        [Match(0, WEAK, OPEN, "A", "armed"), Match(0, STRONG, OPEN, "A")],
        [pointer(0, STRONG, "A")],
    ),
    (
        "at the threshold",
        [Match(0, WEAK, OPEN, f"C{n:02}") for n in range(CONTACTS)],
        [pointer(0, WEAK, f"C{n:02}") for n in range(CONTACTS)],
    ),
    (
        "above it the desk alone, with the best tier, and only for that selector",
        [
            *(Match(0, WEAK, OPEN, f"C{n}", "armed") for n in range(CONTACTS)),
            Match(0, STRONG, BROKERED, "A"),
            Match(1, EXACT, OPEN, "A"),
        ],
        [pointer(0, STRONG, DESK), pointer(1, EXACT, "A")],
    ),
    (
        "silent and visible ones do not count",
        [Match(0, WEAK, OPEN, f"C{n:02}") for n in range(CONTACTS)]
        + [Match(0, WEAK, SILENT, "S"), Match(0, WEAK, OPEN, "V", visible=True)],
        [pointer(0, WEAK, f"C{n:02}") for n in range(CONTACTS)],
    ),
]


@pytest.mark.parametrize(("matches", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_pointers(matches: list[Match], expected: list[Pointer]) -> None:
    assert pointers(matches, DESK) == expected


MATCHES = st.lists(
    st.builds(
        Match,
        st.integers(0, 2),
        st.sampled_from(Tier),
        st.sampled_from(DisclosureMode),
        st.sampled_from([None, "A", "B", *(f"C{n}" for n in range(30))]),
        st.sampled_from([None, "armed", "dog"]),
        st.booleans(),
    ),
    max_size=60,
)


@given(MATCHES, st.randoms())
def test_pointers_are_a_set_that_tells_nothing_of_order_number_or_silence(matches: list[Match], random: Any) -> None:
    found = pointers(matches, DESK)
    shuffled = matches * 2
    random.shuffle(shuffled)
    assert pointers(shuffled, DESK) == found
    told = [match for match in matches if match.mode is not SILENT and not match.visible]
    assert pointers(told, DESK) == found
    assert len({(p.selector, p.contact) for p in found}) == len(found)
    assert {p.selector for p in found} == {match.selector for match in told}
    assert all(p.safety is None for p in found if p.contact == DESK)
    open_contacts = {match.contact for match in told if match.mode is OPEN}
    assert {p.contact for p in found} <= open_contacts | {DESK}


def test_the_result_class_is_never_clear() -> None:
    assert result_class([]) == NO_POINTER == "no pointer given"
    assert result_class([pointer(0, EXACT, "A")]) == POINTERS == "pointers given"


@pytest.mark.parametrize(
    ("arrived", "now", "answer", "leaves"),
    [
        (10.0, 10.0, 1.0, 11.0),
        (10.0, 10.9, 1.0, 11.0),
        (10.0, 11.0, 1.0, 11.0),
        (10.0, 11.25, 1.0, 12.0),
        (10.0, 14.5, 1.0, 15.0),
        (10.0, 10.3, 0.0, 10.3),
    ],
)
def test_the_moment_an_answer_leaves(arrived: float, now: float, answer: float, leaves: float) -> None:
    assert leaves_at(arrived, now, answer) == leaves


NONE, G = frozenset[str](), frozenset({"G"})


def holder(*assigned: Member, leaders: tuple[Member, ...] = ()) -> Holder:
    return Holder("case", Setting(), assigned, leaders)


def member(id: str, caveats: frozenset[str] = NONE, agent: bool = False, distance: int = 0) -> Member:
    return Member(id, f"contact of {id}", caveats, agent, distance)


AGENT, HELPER, READER = member("agent", agent=True), member("helper", G), member("reader")
NEAR, FAR = member("near", distance=2), member("far", G, distance=3)


@pytest.mark.parametrize(
    ("side", "caveats", "expected"),
    [
        (holder(AGENT, HELPER), NONE, ["agent"]),
        (holder(AGENT, HELPER, READER), G, ["helper"]),
        (holder(AGENT, READER), G, [None]),
        (holder(AGENT, leaders=(NEAR, FAR)), G, [None]),
        (holder(HELPER, READER, leaders=(FAR, NEAR)), NONE, ["near"]),
        (holder(leaders=(FAR, NEAR)), G, ["far"]),
        (holder(HELPER, READER), NONE, ["helper", "reader"]),
        (holder(), NONE, [None]),
        (holder(member("asker", agent=True), HELPER), NONE, []),
        (holder(member("asker", agent=True), HELPER), G, ["helper"]),
        (holder(AGENT, member("asker", G)), G, []),
        (holder(AGENT, member("asker", G), HELPER), G, ["helper"]),
        (holder(HELPER, leaders=(member("asker", distance=1), NEAR)), NONE, []),
    ],
)
def test_who_is_told(side: Holder, caveats: frozenset[str], expected: list[str | None]) -> None:
    assert recipients(side, caveats, "asker") == expected


def test_whose_contact_is_shown() -> None:
    assert holder(AGENT, leaders=(NEAR,)).contact == "contact of agent"
    assert holder(HELPER, leaders=(FAR, NEAR)).contact == "contact of near"
    assert holder(HELPER).contact is None
    silent_directory = Member("agent", " ", NONE, agent=True)
    assert holder(silent_directory, leaders=(NEAR,)).contact == "contact of near"


ASK: dict[str, Any] = {"reason": "before opening a case"}
PHONE = {"kind": "phone", "value": "+1 202 555 0143"}


def test_selectors_come_before_names_in_their_normal_form() -> None:
    question = CheckInput.model_validate_json(
        json.dumps(
            ASK
            | {
                "names": [{"name": "Ana Díaz", "birth_date": "1980-05-17"}, {"name": "Lee", "birth_date": "1980-05"}],
                "selectors": [PHONE, {"kind": "plate", "value": "ab 12"}],
            }
        )
    )
    assert normal_form(question) == (
        Asked("phone", ("phone:+12025550143",)),
        Asked("plate", ("plate:AB12",)),
        Asked("name", ("n:ana diaz",), "1980-05-17", 1980),
        Asked("name", ("n:lee",), None, 1980),
    )


def test_what_is_stored_is_what_is_read_again() -> None:
    for asked in (Asked("phone", ("phone:1",)), Asked("name", ("n:a",), "1980-05-17", 1980), Asked("name", ("n:a",))):
        assert Asked.of_json(json.loads(json.dumps(asked.as_json()))) == asked


def test_a_receipt_tells_questions_apart() -> None:
    key = ("n:a",)
    texts = {one.text for one in (Asked("name", key), Asked("name", key, None, 1980), Asked("name", key, "1980-01-02"))}
    assert len(texts) == 3


@pytest.mark.parametrize(
    ("asked", "stored", "tier"),
    [
        (("1980-05-17", 1980), "1980-05-17", STRONG),
        (("1980-05-17", 1980), "1980-05-18", POSSIBLE),
        (("1980-05-17", 1980), "1980", POSSIBLE),
        (("1980-05-17", 1980), "1981-05-17", WEAK),
        (("1980-05-17", 1980), None, WEAK),
        ((None, 1980), "1980-05-17", POSSIBLE),
        ((None, None), "1980-05-17", WEAK),
        ((None, 1980), "about 1980", WEAK),
    ],
)
def test_tiers_of_names(asked: tuple[str | None, int | None], stored: str | None, tier: Tier) -> None:
    assert Asked("name", ("n:a",), *asked).name_tier(stored) is tier


SECRET = "5550143-poison"


@pytest.mark.parametrize(
    ("question", "field"),
    [
        ({"selectors": ({"kind": "phone", "value": SECRET},)}, "selectors.0.value"),
        ({"selectors": (PHONE, {"kind": "imei", "value": SECRET})}, "selectors.1.value"),
        ({"names": ({"name": "!!"},)}, "names.0.name"),
        ({"names": ({"name": "A"}, {"name": "B", "birth_date": SECRET})}, "names.1.birth_date"),
    ],
)
def test_a_bad_value_names_its_field_and_is_not_repeated(question: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        normal_form(CheckInput(**ASK, **question))
    assert caught.value.field == field
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "question",
    [
        {},
        {"selectors": (PHONE,) * 21},
        {"selectors": (PHONE,) * 20, "names": ({"name": SECRET},)},
        {"selectors": ({"kind": SECRET, "value": SECRET},)},
        {"selectors": ({"kind": "phone", "value": SECRET, "region": SECRET},)},
        {"names": ({"name": SECRET, "birth_date": "1980", "year": 1980},)},
        {"names": ({"name": SECRET + "\x07"},)},
        {"selectors": (PHONE,), "surprise": SECRET},
    ],
)
def test_a_bad_question_is_refused_without_repeating_it(question: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        CheckInput(**ASK, **question)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("backwards", [False, True])
def test_of_two_tiers_given_for_one_place_the_best_is_kept_in_any_order(backwards: bool) -> None:
    """A name that was asked for with a birth date and without: else what is silent could decide, as sets do."""
    found = [Match(0, WEAK, OPEN, "A", key="n:ana diaz"), Match(1, STRONG, OPEN, "A", key="n:ana diaz")]
    if backwards:
        found.reverse()
    assert given_for(found, pointers(found, DESK), DESK) == {("n:ana diaz", "A"): STRONG}
