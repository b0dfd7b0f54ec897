"""What the desk's queue is made of: who met whom, in which mode."""

from __future__ import annotations

from dataclasses import replace

from icmgraph.model.disclosure import Tier
from icmgraph.model.records import DisclosureMode
from icmgraph.queries.brokered import SIDES, Brokered, Two, pairs, together, without
from icmgraph.queries.sides import Party

OPEN, BROKERED, SILENT = DisclosureMode.OPEN, DisclosureMode.BROKERED, DisclosureMode.SILENT


def of(contact: str, case: str, mode: DisclosureMode = BROKERED) -> Party:
    return Party(mode, contact, (contact,), case=case)


def met(asking: Party, holding: Party, kind: str = "phone", tier: Tier = Tier.EXACT) -> Brokered:
    return Brokered(asking, holding, None, kind, tier)


def found(*meetings: Brokered) -> list[Two]:
    return list(pairs(meetings, "Desk").values())


def test_two_have_one_matter_with_all_their_cases_and_the_best_of_each_kind() -> None:
    (two,) = found(
        met(of("Eve", "e1"), of("Ed", "d1"), "phone", Tier.POSSIBLE),
        met(of("Eve", "e2"), of("Ed", "d1"), "phone", Tier.EXACT),
        met(of("Eve", "e1"), of("Ed", "d2"), "name", Tier.WEAK),
    )
    assert (two["asking"]["cases"], two["holding"]["cases"]) == (["e1", "e2"], ["d1", "d2"])
    assert two["matches"] == {"phone": "exact", "name": "weak"}


def test_whoever_of_them_asks() -> None:
    (two,) = found(met(of("Eve", "e"), of("Ed", "d")), met(of("Ed", "d2"), of("Eve", "e2"), "email"))
    assert (two["asking"]["contact"], two["asking"]["cases"]) == ("Eve", ["e", "e2"])
    assert (two["holding"]["contact"], two["holding"]["cases"]) == ("Ed", ["d", "d2"])
    assert sorted(two["matches"]) == ["email", "phone"]


def test_nobody_with_themselves() -> None:
    assert found(met(of("Eve", "e1"), of("Eve", "e2"))) == []


def test_but_two_cases_that_nobody_can_be_called_about_are_the_desks_to_bring_together() -> None:
    one, other = (replace(of("", case), contact=None, people=(None,)) for case in ("c1", "c2"))
    (two,) = found(met(one, other))
    assert [two[side]["contact"] for side in SIDES] == ["Desk", "Desk"]
    assert (two["asking"]["cases"], two["holding"]["cases"]) == (["c1"], ["c2"])


def test_who_reveals_a_brokered_case_says_nothing_of_a_silent_one() -> None:
    both = found(
        met(of("Eve", "b"), of("Ed", "d"), "phone"),
        met(of("Eve", "s", SILENT), of("Ed", "d"), "email"),
    )
    assert [(two["asking"]["mode"], two["asking"]["cases"], list(two["matches"])) for two in both] == [
        ("brokered", ["b"], ["phone"]),
        ("silent", ["s"], ["email"]),
    ]


def test_what_is_gathered_in_batches_is_what_comes_at_once() -> None:
    meetings = [
        met(of("Eve", f"e{number % 3}"), of("Ed", f"d{number % 2}"), kind, tier)
        for number, (kind, tier) in enumerate([("phone", Tier.WEAK), ("name", Tier.EXACT), ("phone", Tier.EXACT)] * 2)
    ]
    (at_once,) = found(*meetings)
    (one,), (other,) = found(*meetings[:2]), found(*meetings[2:])
    assert together(one, other) == at_once


def test_a_case_that_is_gone_takes_the_matter_with_it_if_it_was_all_of_a_side() -> None:
    (two,) = found(met(of("Eve", "e"), of("Ed", "d1")), met(of("Eve", "e"), of("Ed", "d2")))
    left = without(two, "d1")
    assert left is not None
    assert left["holding"]["cases"] == ["d2"]
    assert without(left, "d2") is None
    assert without(two, "e") is None
