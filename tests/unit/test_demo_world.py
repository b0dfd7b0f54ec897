"""The demo world as values: always the same, whole, and as the printed commands need it."""

from __future__ import annotations

from collections import Counter

from icmgraph.demo.story import FIRM_PHONE, PHONE
from icmgraph.demo.world import World, build
from icmgraph.model.access import OPEN_UNITS
from icmgraph.model.identifiers import normalise
from icmgraph.model.names import name_keys
from icmgraph.model.records import DisclosureMode, UserClass

WORLD = build()


def holders(world: World) -> Counter[str]:
    """How many subjects have each identifier."""
    return Counter(
        normalise(one.kind, one.value, region=one.region, postcode=one.postcode).key
        for case in world.cases
        for subject in case.subjects
        for one in subject.identifiers
    )


def test_it_is_the_same_each_time() -> None:
    again = build()
    assert again == WORLD
    assert again.digest == WORLD.digest


def test_its_size() -> None:
    assert 300 <= len(WORLD.cases) <= 400
    assert 35 <= len(WORLD.users) <= 45
    assert all(1 <= len(case.subjects) <= 6 for case in WORLD.cases)
    assert {user.user_class for user in WORLD.users} == set(UserClass) - {UserClass.SERVICE}
    assert sum(user.desk for user in WORLD.users) == 1
    assert 0.07 <= sum(not case.open_to for case in WORLD.cases) / len(WORLD.cases) <= 0.13
    assert {caveat.kind for caveat in WORLD.caveats} == {"grand_jury", "wiretap", "informant"}
    assert Counter(one.type for one in WORLD.crossings) == {"SAME_AS": 42, "RELATED_TO": 15}
    modes = Counter(case.disclosure for case in WORLD.cases)
    assert modes[DisclosureMode.SILENT] == 1
    assert modes[DisclosureMode.BROKERED] > 5


def test_ids_are_unique() -> None:
    ids = [one.id for part in (WORLD.units, WORLD.users, WORLD.caveats, WORLD.cases, WORLD.crossings) for one in part]
    for case in WORLD.cases:
        ids += [subject.id for subject in case.subjects] + [link.id for link in case.links]
        ids += [id for id, _ in case.documents] + [id for id, _ in case.events]
    assert len(set(ids)) == len(ids)


def test_what_it_names_exists() -> None:
    units, users = {unit.id for unit in WORLD.units}, {user.id: user for user in WORLD.users}
    lists = {caveat.id: set(caveat.cleared) for caveat in WORLD.caveats}
    subjects = {subject.id: case.id for case in WORLD.cases for subject in case.subjects}
    cases = {case.id for case in WORLD.cases}
    for case in WORLD.cases:
        assert {case.unit, *case.open_to} <= units
        assert len(case.open_to) <= OPEN_UNITS
        assert {case.agent, *(user for user, _ in case.assigned)} <= users.keys()
        assert case.agent not in {user for user, _ in case.assigned}
        assert users[case.agent].user_class == "agent"
        documents = {id for id, _ in case.documents}
        for subject in case.subjects:
            for said in (*subject.attributes, *subject.identifiers):
                assert said.source is None or said.source in documents
                assert all(case.agent in lists[caveat] for caveat in said.caveats)
        for link in case.links:
            assert subjects[link.start] == subjects[link.end] == case.id
            assert link.start != link.end
    for one in WORLD.crossings:
        assert set(one.cases) <= cases
        ends = (subjects[one.start], subjects[one.end]) if one.type == "SAME_AS" else (one.start, one.end)
        assert ends == one.cases
        assert one.cases[0] != one.cases[1]


def test_shared_identifiers_follow_a_power_law_with_a_hub() -> None:
    counted = holders(WORLD)
    assert counted["phone:+12025550100"] > 200
    assert sum(count == 1 for count in counted.values()) > 1000
    assert sum(2 <= count <= 5 for count in counted.values()) > 50
    assert sum(count > 10 for count in counted.values()) < 20


def test_nothing_shares_what_the_story_is_told_with() -> None:
    counted = holders(WORLD)
    assert counted[f"phone:{PHONE.replace(' ', '')}"] == 2  # the open case, and the silent one
    assert counted[f"phone:{FIRM_PHONE.replace(' ', '')}"] == 2
    ends = {WORLD.story.start, WORLD.story.end}
    assert sum(bool(ends & {one.start, one.end}) for one in WORLD.crossings) == 2


def test_names_come_in_many_scripts_and_all_have_keys() -> None:
    names = [
        said.value
        for case in WORLD.cases
        for subject in case.subjects
        for said in subject.attributes
        if said.kind in ("name", "alias")
    ]
    assert all(name_keys(name) for name in names)
    assert {user.name for user in WORLD.users}.isdisjoint(names)
    assert sum(not name.isascii() for name in names) > 100
    for letter in "яλى子郎ית":
        assert any(letter in name for name in names), letter


def test_phones_are_those_kept_for_fiction_and_mail_goes_to_example_domains() -> None:
    for case in WORLD.cases:
        for subject in case.subjects:
            for one in subject.identifiers:
                if one.kind == "phone":
                    assert " 555 01" in one.value
                if one.kind == "email":
                    assert one.value.partition("@")[2].endswith(("example.com", "example.org", "example.net"))
