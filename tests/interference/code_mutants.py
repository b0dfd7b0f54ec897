"""Would the tests notice? Breaks the code that decides who sees what, one place at a time, and tells what lived.

Each mutant is a change of text in a copy of the tree, and the test that must fail on it: a law over random worlds, or
an interleaving that is scheduled, never left to luck. A mutant whose text is no longer there is an error, and so is one
whose test is not.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from icmgraph.local_neo4j import Connection
from icmgraph.local_neo4j.files import write

ROOT = Path(__file__).parents[2]
CONDITIONS = "tests/api/test_conditions.py"
SIGN_IN = "tests/api/test_sign_in.py"
CASES = "tests/integration/test_cases.py"
CHECK_CASE = "tests/integration/test_check_case.py"
CASE_REGISTRATIONS = "tests/integration/test_case_registrations.py"
CONFLICTS = "tests/integration/test_conflicts.py"
NOTICES = "tests/integration/test_deconfliction_notices.py"
DECONFLICTION = "tests/integration/test_deconfliction.py"
ENTRIES = "tests/integration/test_entries.py"
PLANNED_EVENTS = "tests/integration/test_planned_events.py"
MEMORY = "tests/integration/test_memory.py"
ADJACENCY = "tests/unit/test_adjacency.py"
READER = "tests/integration/test_reader.py"
SHARING = "tests/integration/test_sharing.py"
WRITER = "tests/integration/test_writer.py"
SCOPE = "tests/interference/test_scope.py"
ALIKE = "tests/integration/test_alike_names.py"
WATCHING = "tests/integration/test_watching.py"
FISHING = "tests/integration/test_fishing.py"
NEAR = "tests/integration/test_near_misses.py"
OPERATIONS = "tests/integration/test_operations.py"
PLANNED = "tests/unit/test_planned.py"
DESK = "tests/integration/test_desk.py"
DISCLOSURE = "tests/unit/test_disclosure.py"


@dataclass(frozen=True)
class Mutant:
    """``file`` under icmgraph/ with ``old`` replaced by ``new``; ``test``: one that must fail."""

    what: str
    file: str
    old: str
    new: str
    test: str


MUTANTS = (
    # -- a scope that is too wide
    Mutant(
        "every audience is satisfied",
        "queries/policy.py",
        "if _parsed(text).satisfied(by_unit_atoms)",
        "if text",
        SCOPE + "::test_scope_is_what_need_to_know_says",
    ),
    Mutant(
        "every granted expression is satisfied",
        "queries/policy.py",
        "if expression.satisfied(held))",
        "if held or not held)",
        SCOPE + "::test_scope_is_what_need_to_know_says",
    ),
    Mutant(
        "grants that have ended count",
        "queries/policy.py",
        'if started and (row["ends"] is None or row["ends"] > self.now):',
        "if started:",
        SCOPE + "::test_scope_is_what_need_to_know_says",
    ),
    Mutant(
        "grants to come count",
        "queries/policy.py",
        'started = row["starts"] is None or row["starts"] <= self.now',
        "started = True",
        SCOPE + "::test_scope_is_what_need_to_know_says",
    ),
    Mutant(
        "all classes have sight by unit",
        "queries/policy.py",
        "may_have_sight = user_class not in NO_SIGHT",
        "may_have_sight = True",
        SCOPE + "::test_scope_is_what_need_to_know_says",
    ),
    Mutant(
        "membership without sight gives sight",
        "queries/policy.py",
        'sighted = (u["id"] for u in member_of if u["sight"])',
        'sighted = (u["id"] for u in member_of)',
        SCOPE + "::test_scope_is_what_need_to_know_says",
    ),
    Mutant(
        "sight goes down the tree",
        "queries/policy.py",
        "sight_units = units.with_ancestors(sighted) | person.leads",
        "sight_units = units.with_descendants(sighted) | person.leads",
        SCOPE + "::test_scope_is_what_need_to_know_says",
    ),
    Mutant(
        "leaders hold what is closed to them",
        "queries/policy.py",
        'return case["unit"] in self.leads and case["closed_to_leaders"] is False',
        'return case["unit"] in self.leads',
        CASES + "::test_a_leader_of_what_is_closed_to_leaders_decides_nothing_of_it",
    ),
    Mutant(
        "caveats are no part of a formula",
        "model/access.py",
        "return any(clause <= held for clause in self.clauses)",
        'return any({a for a in clause if a[:7] != "caveat:"} <= held for clause in self.clauses)',
        SCOPE + "::test_scope_is_what_need_to_know_says",
    ),
    Mutant(
        "nobody's audience is everybody's",
        "queries/policy.py",
        "audiences = tuple(sorted(satisfied - suspended))",
        "audiences = tuple(sorted(satisfied - suspended | {0}))",
        SCOPE + "::test_scope_is_what_need_to_know_says",
    ),
    # -- links in memory
    Mutant(
        "in memory everything is visible",
        "model/adjacency.py",
        "allow: Bytes = held[audiences]",
        "allow: Bytes = np.ones_like(held[audiences])",
        MEMORY + "::test_the_example_says_the_same_to_all",
    ),
    Mutant(
        "in memory what is listed one by one is not visible",
        "model/adjacency.py",
        "    allow[one_by_one[one_by_one < len(allow)]] = 1\n",
        "",
        MEMORY + "::test_the_example_says_the_same_to_all",
    ),
    Mutant(
        "in memory all changed links are visible",
        "queries/memory.py",
        "return bool(types >> (label & 15) & 1 and expression < len(allow) and allow[expression])",
        "return bool(types >> (label & 15) & 1 and expression >= 0)",
        ADJACENCY + "::test_it_says_what_plain_sets_say",
    ),
    Mutant(
        "links of a changed record stay at their other ends",
        "model/adjacency.py",
        "            if len(dead) and dead[other]:\n                continue\n            count += 1\n",
        "            count += 1\n",
        ADJACENCY + "::test_it_says_what_plain_sets_say",
    ),
    Mutant(
        "an expand in memory does not look for changed links",
        "queries/memory.py",
        "        changed_at[places[places != NOWHERE]] = 1\n",
        "",
        ADJACENCY + "::test_it_says_what_plain_sets_say",
    ),
    Mutant(
        "an expand in memory counts hidden links",
        "model/adjacency.py",
        "                if (types >> (label & np.uint32(15))) & 1 and allow[label >> np.uint32(4)]:\n",
        "                if (types >> (label & np.uint32(15))) & 1:\n",
        ADJACENCY + "::test_it_says_what_plain_sets_say",
    ),
    Mutant(
        "an expand in memory walks hidden links",
        "model/adjacency.py",
        " or not allow[label >> np.uint32(4)]:\n                    continue\n                state[other] |= MET\n",
        ":\n                    continue\n                state[other] |= MET\n",
        ADJACENCY + "::test_it_says_what_plain_sets_say",
    ),
    Mutant(
        "an expand in memory cuts a layer in the order of the arrays",
        "model/adjacency.py",
        "kept = _by_public_id(kept, high, key_at)",
        "kept = np.sort(kept)",
        ADJACENCY + "::test_a_layer_is_cut_in_the_order_of_public_ids_as_text",
    ),
    Mutant(
        "a memory that lags answers",
        "queries/memory.py",
        "return self.generation == generation and self.number >= number",
        "return self.generation == generation",
        MEMORY + "::test_who_lags_does_not_answer",
    ),
    Mutant(
        "a memory of another graph answers",
        "queries/memory.py",
        "if held is None or held.generation != here.generation or held.number > here.number:",
        "if held is None or held.number > here.number:",
        MEMORY + "::test_what_is_told_too_long_ago_or_too_much_is_read_anew",
    ),
    Mutant(
        "the feed is not written",
        "queries/gateway.py",
        "            begun.tell()\n",
        "",
        MEMORY + "::test_who_lags_does_not_answer",
    ),
    Mutant(
        "an expression's new audience is not told",
        "queries/gateway.py",
        "            if query.audiences:\n",
        "            if query.audiences and not rows:\n",
        MEMORY + "::test_sequences_of_acts",
    ),
    Mutant(
        "changes are read before they have been applied",
        "queries/memory.py",
        'at = tx.control("lock_feed")[0]',
        'at = tx.control("read_feed")[0]',
        MEMORY + "::test_a_lock_on_the_feed_keeps_no_reader_waiting",
    ),
    Mutant(
        "changes that were forgotten are not missed",
        "queries/memory.py",
        "if len(changes) != here.number - held.number:",
        "if len(changes) > here.number - held.number:",
        MEMORY + "::test_what_is_told_too_long_ago_or_too_much_is_read_anew",
    ),
    # -- labels
    Mutant(
        "a label leaves out the ends",
        "model/access.py",
        "        result = result & end\n",
        "        result = result if result else end\n",
        SCOPE + "::test_scope_is_what_need_to_know_says",
    ),
    Mutant(
        "a label leaves out the own caveats",
        "model/access.py",
        "caveats = frozenset(map(caveat_atom, self.caveats))",
        "caveats: frozenset[str] = frozenset()",
        SCOPE + "::test_scope_is_what_need_to_know_says",
    ),
    Mutant(
        "an audience leaves out the caveats",
        "model/access.py",
        'caveats = frozenset(atom for atom in clause if atom.startswith("caveat:"))',
        "caveats: frozenset[str] = frozenset()",
        SCOPE + "::test_scope_is_what_need_to_know_says",
    ),
    Mutant(
        "a case of a clause that is open to nobody does not count",
        "model/access.py",
        "choices = [sorted(openness.get(case, frozenset())) for case in cases]",
        "choices = [units for case in cases if (units := sorted(openness.get(case, frozenset())))]",
        SCOPE + "::test_scope_is_what_need_to_know_says",
    ),
    Mutant(
        "a new link has the label of its start alone",
        "queries/assertions.py",
        "            ends.append(expressions[link.end])\n",
        "            pass\n",
        WRITER + "::test_what_is_attached_has_the_caveats_of_what_it_is_attached_to",
    ),
    Mutant(
        "a new link has no label of its start",
        "queries/assertions.py",
        "        ends = [expressions[link.start]]\n        if isinstance(link.end, str):\n",
        "        ends = []\n        if isinstance(link.end, str):\n",
        WRITER + "::test_what_is_attached_has_the_caveats_of_what_it_is_attached_to",
    ),
    Mutant(
        "a new value does not carry its record's label",
        "queries/assertions.py",
        "ends = (expressions[record.under],) if record.under else ()",
        "ends = ()",
        WRITER + "::test_what_is_attached_has_the_caveats_of_what_it_is_attached_to",
    ),
    Mutant(
        "a write's caveats are left out",
        "queries/worked.py",
        "tuple(sorted({*self.rights.caveats, *theirs, *given}))",
        "tuple(sorted(theirs))",
        WRITER + "::test_a_case_caveat_is_part_of_all_it_asserts",
    ),
    Mutant(
        "a link across cases leaves out the other's caveats",
        "queries/worked.py",
        "tuple(sorted({*self.rights.caveats, *theirs, *given}))",
        "tuple(sorted({*self.rights.caveats, *given}))",
        SHARING + "::test_a_cross_case_assertion_has_the_caveats_of_both_cases",
    ),
    Mutant(
        "what hangs on a record does not follow it",
        "queries/relabel.py",
        "own, expression = attribute.own if attribute else element.own, ends[0]",
        "own, expression = element.own, element.expression",
        SHARING + "::test_a_share_shows_what_was_picked",
    ),
    Mutant(
        "the copy of a shared record is for all who see the case",
        "queries/steps.py",
        "own = Own((other,), (), tuple(sorted(home)))",
        "own = Own((other,), (), tuple(sorted(needed)))",
        SHARING + "::test_what_was_added_out_of_sight_leaves_nothing_in_sight",
    ),
    Mutant(
        "anybody puts any caveat",
        "queries/worked.py",
        "if not set(given) <= self.view.person.caveats:",
        "if not given and given:",
        WRITER + "::test_caveats_only_of_lists_one_is_on",
    ),
    # -- the epoch and the locks
    Mutant(
        "an answer stands whatever moved",
        "queries/session.py",
        "if epoch == sight.scope.epoch or self._stands(",
        "if epoch or self._stands(",
        CASES + "::test_openness_follows_for_everything_of_the_case",
    ),
    Mutant(
        "moves of one's own labels let an answer stand",
        "queries/session.py",
        'return not any(sight.scope.touches(move["labels"]) for move in moves)',
        "return True",
        CASES + "::test_a_read_that_a_restriction_passes_by_is_begun_again",
    ),
    Mutant(
        "a dated scope has no end",
        "queries/session.py",
        "expired = until is not None and now >= until",
        "expired = False",
        CASES + "::test_a_dated_assignment_ends_by_the_clock_though_the_scope_is_cached",
    ),
    Mutant(
        "a write does not look again once it holds its locks",
        "queries/session.py",
        "            _must_be_current(tx, sight)\n            return result, view.touched",
        "            return result, view.touched",
        CASES + "::test_a_write_whose_caveat_went_away_before_it_held_its_locks_is_refused",
    ),
    Mutant(
        "a write does not read labels again under their lock",
        "queries/assertions.py",
        'if any(row["id"] not in again or',
        'if not again and any(row["id"] not in again or',
        CASES + "::test_an_importers_write_that_read_labels_before_a_caveat_lands_under_it",
    ),
    Mutant(
        "an act does not move the epoch",
        "queries/session.py",
        'tx.control("move_epoch", labels=sorted(set(interner.moved)))\n            return result, view.touched',
        "return result, view.touched",
        CASES + "::test_openness_follows_for_everything_of_the_case",
    ),
    Mutant(
        "the end of a share does not wait for what is being added",
        "queries/steps.py",
        '    tx.control("lock_visibilities", digests=[Expression.parse(there[record]["expression"]).digest])\n'
        '    tx.control("lock_records", ids=[record])\n',
        "",
        SHARING + "::test_the_end_of_a_share_waits_for_what_the_other_case_is_about_to_commit",
    ),
    # -- who may do what
    Mutant(
        "leading writes",
        "queries/policy.py",
        'if "write" not in rights_.functions:',
        'if "write" not in rights_.functions and not rights_.leader:',
        WRITER + "::test_sight_by_unit_and_leading_never_write",
    ),
    Mutant(
        "one ends what another case asserts",
        "queries/worked.py",
        'if case not in row["cases"]:',
        'if not case and row["cases"]:',
        SHARING + "::test_one_ends_what_the_case_one_works_in_asserts",
    ),
    # -- cursors and conditions
    Mutant(
        "a cursor is anybody's",
        "queries/cursors.py",
        "return [person.encode(), question.encode(), asked.encode()]",
        "return [question.encode(), asked.encode()]",
        READER + "::test_a_cursor_is_good_for_its_person_and_question_alone",
    ),
    Mutant(
        "a request's key is everybody's",
        "queries/once.py",
        'digest(secret, f"once:{person}:{key}")',
        'digest(secret, f"once:{key}")',
        CONDITIONS + "::test_a_key_is_a_persons_own",
    ),
    Mutant(
        "a repeat does not ask for sight again",
        "queries/session.py",
        "                self._still_sees(stored.cases)\n",
        "",
        CONDITIONS + "::test_a_repeat_tells_no_more_than_the_rights_of_now",
    ),
    # -- tokens
    Mutant(
        "any audience will do",
        "api/tokens.py",
        "audience=self._audience, issuer=issuer",
        'audience=said["payload"].get("aud"), issuer=issuer',
        SIGN_IN + "::test_wrong_tokens_are_refused",
    ),
    Mutant(
        "a token has no end",
        "api/tokens.py",
        "leeway=LEEWAY,",
        "leeway=10**9,",
        SIGN_IN + "::test_wrong_tokens_are_refused",
    ),
    Mutant(
        "a token that was verified has no end",
        "api/tokens.py",
        " or time.time() - LEEWAY.total_seconds() >= found.expires:",
        ":",
        SIGN_IN + "::test_a_known_token_ends_when_it_ends",
    ),
    # -- deconfliction
    Mutant(
        "silence is brokered",
        "model/disclosure.py",
        "return not self.visible and self.mode is not DisclosureMode.SILENT",
        "return not self.visible",
        DISCLOSURE + "::test_pointers",
    ),
    Mutant(
        "the case's mode alone decides",
        "queries/matches.py",
        "return strictest(case.at(now), record.at(now), by_caveats(",
        "return strictest(case.at(now)) if now else strictest(by_caveats(",
        DECONFLICTION + "::test_the_strictest_of_the_holders_modes",
    ),
    Mutant(
        "caveats impose no mode",
        "queries/matches.py",
        "record.at(now), by_caveats(kinds.get(caveat) for caveat in caveats))",
        "record.at(now))",
        DECONFLICTION + "::test_the_strictest_of_the_holders_modes",
    ),
    Mutant(
        "a mode has no end",
        "model/disclosure.py",
        "if self.mode is None or (self.until is not None and self.until <= now):",
        "if self.mode is None:",
        DISCLOSURE + "::test_a_mode_that_ran_out_is_open_and_an_unknown_one_is_silent",
    ),
    Mutant(
        "a silent asker is told of",
        "queries/telling.py",
        "if us.mode is not DisclosureMode.SILENT:",
        "if us.mode:",
        ENTRIES + "::test_a_silent_match_uses_nothing_up",
    ),
    Mutant(
        "a silent holder is told of",
        "queries/telling.py",
        "if them.mode is not DisclosureMode.SILENT:",
        "if them.mode:",
        ENTRIES + "::test_a_silent_match_uses_nothing_up",
    ),
    Mutant(
        "a plan tells where something was",
        "queries/matches.py",
        "there is not None and there.over >= at and event.collides(there)",
        "there is not None and event.collides(there)",
        PLANNED_EVENTS + "::test_a_check_is_pointed_to_who_has_it_in_a_file_and_they_are_told",
    ),
    Mutant(
        "an event is told of where it was before",
        "queries/telling.py",
        "return entered if now == event else None",
        "return entered",
        PLANNED_EVENTS + "::test_what_is_moved_before_it_is_told_is_not_told_of_where_it_was",
    ),
    Mutant(
        "a holder who may not read it is told",
        "model/disclosure.py",
        "        if caveats <= person.caveats:\n            return",
        "        if person:\n            return",
        DISCLOSURE + "::test_who_is_told",
    ),
    Mutant(
        "an answer leaves when it is ready",
        "model/disclosure.py",
        "    return arrived + multiples * answer_s",
        "    return now + 0 * multiples",
        DISCLOSURE + "::test_the_moment_an_answer_leaves",
    ),
    # -- conflicts
    Mutant(
        "a conflict with whoever is met, open or not",
        "queries/sides.py",
        "other.mode is DisclosureMode.OPEN and ",
        "",
        CONFLICTS + "::test_a_silent_side_alone_has_one",
    ),
    Mutant(
        "who comes to know of a conflict reads what was said before",
        "queries/sides.py",
        "if there and new:",
        "if False:",
        CONFLICTS + "::test_a_side_that_was_hidden_and_is_not_begins_a_new_one",
    ),
    Mutant(
        "a hidden match of two who know of each other is told with their conflict",
        "queries/sides.py",
        "if known or not self.knows:",
        "if True:",
        CONFLICTS + "::test_a_hidden_match_of_two_who_know_of_each_other_is_not_told_with_it",
    ),
    Mutant(
        "a conflict with what an edit left nothing of goes on",
        "queries/telling.py",
        "    return parted(tx, registration, there, source, taken)\n",
        "    return []\n",
        CONFLICTS + "::test_an_edit_ends_the_conflict_with_what_it_meets_no_more_and_a_new_match_begins_a_new_one",
    ),
    Mutant(
        "what is silent beside a name that many have leaves a trace in what its asker is given later",
        "queries/matches.py",
        "for key, contacts in _crowded(tx, {}, {key: [key] for key in rest}, scope, but, among=SOME, most=1).items():",
        "for key, contacts in [(key, [key]) for key in rest]:",
        ALIKE + "::test_beside_a_name_that_many_have_the_others_are_as_if_they_were_read_to_their_end",
    ),
    Mutant(
        "a name that another selector asks for too is told of the one that many have alone",
        "queries/matches.py",
        "many.issuperset(number for number, _ in alone[key])",
        "not many.isdisjoint(number for number, _ in alone[key])",
        ALIKE + "::test_beside_a_name_that_many_have_the_others_are_as_if_they_were_read_to_their_end",
    ),
    Mutant(
        "of two tiers given for one place the last one is kept, as sets have it",
        "model/disclosure.py",
        "found[place] = min(found.get(place, tier), tier, key=lambda one: one.rank)",
        "found[place] = tier",
        DISCLOSURE + "::test_of_two_tiers_given_for_one_place_the_best_is_kept_in_any_order",
    ),
    Mutant(
        "a registration that was withdrawn meanwhile is told of",
        "queries/telling.py",
        "    _hold(tx, _registrations(met))\n",
        "",
        CONFLICTS + "::test_what_is_withdrawn_while_the_worker_tells_of_it_leaves_no_conflict",
    ),
    Mutant(
        "what begins while it is looked what an edit leaves ends with the rest",
        "queries/telling.py",
        '        _hold(tx, {act["registration"]: act["entry"]["edits"] or 0})\n',
        "        pass\n",
        CONFLICTS + "::test_what_the_other_side_adds_while_the_worker_ends_conflicts_stays",
    ),
    Mutant(
        "a case file is asked for as openly as the question says",
        "queries/case_checks.py",
        "strictest(question.mode, one.mode).value",
        "question.mode.value",
        CHECK_CASE + "::test_what_is_under_a_caveat_is_asked_for_as_quietly_as_it_is_kept",
    ),
    Mutant(
        "an event of a file is asked for as openly as it is, whatever its place is under",
        "queries/casefile.py",
        '{**row, "caveats": [*row["caveats"], *caveats]}',
        "row",
        PLANNED_EVENTS + "::test_an_event_is_asked_for_at_the_places_that_the_asker_sees",
    ),
    Mutant(
        "an event is asked for silently",
        "queries/case_checks.py",
        ", silently=question.mode is DisclosureMode.SILENT",
        "",
        PLANNED_EVENTS + "::test_a_silent_check_of_a_case_leaves_its_events_out",
    ),
    Mutant(
        "holders are told again by each standing report",
        "queries/telling.py",
        'f"{report}:{one}" if report else None for one',
        "None for one",
        CASE_REGISTRATIONS + "::test_each_day_the_owner_is_told_what_is_new_and_holders_once",
    ),
    Mutant(
        "a standing report tells its owner again what it told",
        "queries/telling.py",
        "        if mark in new\n",
        "",
        CASE_REGISTRATIONS + "::test_each_day_the_owner_is_told_what_is_new_and_holders_once",
    ),
    Mutant(
        "what is asked of a key that many hold is told nobody",
        "queries/telling.py",
        '    put_floods(tx, kept, source, check["at"], now)\n',
        "",
        NOTICES + "::test_holders_of_what_many_hold_are_told_once_a_day",
    ),
    Mutant(
        "who has the name and the birth date of many waits for the digest",
        "queries/telling.py",
        "line.held and line.item.tier in ALONE and len(",
        "line.held and len(",
        NOTICES + "::test_a_registration_of_what_many_hold_is_told_once_a_day_too",
    ),
    Mutant(
        "who comes to hold what many hold learns who asked for it before",
        "queries/telling.py",
        "if one.asserted_at is None or one.asserted_at <= since[one.selector]",
        "",
        NOTICES + "::test_who_came_to_hold_it_after_the_check_learns_nothing_of_it",
    ),
    Mutant(
        "who has left a case is told of its day",
        "queries/digests.py",
        "_still_of_it(tx, held), at",
        "held, at",
        NOTICES + "::test_who_has_left_the_case_by_then_is_not_told",
    ),
    Mutant(
        "a silent holder makes the others wait",
        "queries/telling.py",
        "elif line.meeting.them.mode is not DisclosureMode.SILENT:",
        "else:",
        NOTICES + "::test_a_silent_holder_does_not_make_others_wait",
    ),
    Mutant(
        "each of two workers makes a report",
        "queries/case_checks.py",
        'raise Conflict("it was made meanwhile, or stands no more")',
        'rows = [{"asked": []}]',
        CASE_REGISTRATIONS + "::test_what_another_made_is_not_made_again",
    ),
    Mutant(
        "who has a standing report tries the same numbers each day",
        "queries/case_checks.py",
        "self._deconfliction.asking.stems([asked[number] for number in fresh])",
        'check["stems"]',
        CASE_REGISTRATIONS + "::test_the_same_numbers_each_day_are_not_numbers_tried_one_after_the_other",
    ),
    Mutant(
        "who has left decides for their side at the desk",
        "queries/matters.py",
        "view.person.id in _people(view.tx, side)",
        'side["mode"] == DisclosureMode.BROKERED',
        DESK + "::test_who_has_left_decides_nothing",
    ),
    Mutant(
        "an override by anybody",
        "model/conflicts.py",
        "if not leader:",
        "if False:",
        CONFLICTS + "::test_a_leader_is_told_of_what_nobody_acknowledged_and_may_override",
    ),
    # -- against fishing
    Mutant(
        "as many selectors a day as one likes",
        "queries/asking.py",
        "> self.daily:",
        "> 10**9:",
        DECONFLICTION + "::test_how_many_selectors_one_may_ask_for_in_a_day",
    ),
    Mutant(
        "what is entered is not counted",
        "queries/worked.py",
        "if self.view.asking is not None:",
        "if False:",
        FISHING + "::test_what_is_entered_counts_as_what_is_asked",
    ),
    Mutant(
        "a better tier for who adds to the question",
        "model/disclosure.py",
        "return as_first(given, one.tier)",
        "return one.tier",
        FISHING + "::test_what_was_given_first_stays_whatever_is_added",
    ),
    Mutant(
        "what is nearly the identifier is exact to whom that was",
        "model/disclosure.py",
        "return tier if first is None or first is Tier.EXACT else first",
        "return tier if first is None else first",
        NEAR + "::test_what_was_exact_first_stays_so_whatever_is_asked_between",
    ),
    Mutant(
        "a better tier from the desk for who adds to a question that many hold",
        "model/disclosure.py",
        "known = (one.tier, given, first.get((one.key, desk)))",
        "known = (one.tier, given)",
        FISHING + "::test_the_desk_in_place_of_too_many_contacts_has_one_too",
    ),
    Mutant(
        "a better tier for who enters",
        "queries/telling.py",
        "tiers[id(line)] = as_first(known[place], line.item.tier)",
        "pass",
        FISHING + "::test_by_whatever_act_it_was_given",
    ),
    Mutant(
        "what is nearly the identifier is exact in a notice to whom that was",
        "queries/telling.py",
        "tiers[id(line)] = as_first(known[place], line.item.tier)",
        "tiers[id(line)] = known[place]",
        NEAR + "::test_a_notice_too_tells_what_fits_less_as_it_fits_to_whom_the_identifier_was_exact",
    ),
    Mutant(
        "an edit that only adds ends what it does not find again",
        "queries/deconfliction.py",
        '"taken_out": taken_out(before, asked)',
        '"taken_out": ["name"]',
        CONFLICTS + "::test_an_edit_that_does_not_take_the_name_away_ends_nothing",
    ),
    Mutant(
        "a name like the one asked for is as good as the same",
        "queries/matches.py",
        "if tier is Tier.STRONG and not same else tier",
        "if False else tier",
        ALIKE + "::test_what_a_check_finds",
    ),
    Mutant(
        "who asks is told that their questions are watched",
        "queries/watching.py",
        "told = sorted({*auditors, *_leaders(tx, person)})",
        "told = sorted({*auditors, *_leaders(tx, person), person})",
        WATCHING + "::test_numbers_tried_one_after_the_other_are_shown_to_the_leader_and_auditors",
    ),
    Mutant(
        "leaders are told of canaries",
        "queries/watching.py",
        "for auditor in auditors]",
        "for auditor in [*auditors, *_leaders(tx, person)]]",
        WATCHING + "::test_who_asks_for_a_canary_is_shown_to_auditors_alone",
    ),
    Mutant(
        "near misses for one selector",
        "queries/matches.py",
        "if one.loose and len(identifiers) < MOST_NEAR:",
        "if len(identifiers) < MOST_NEAR:",
        NEAR + "::test_what_a_check_finds",
    ),
    Mutant(
        "near misses of a registration are told to who asked with one selector",
        "queries/matches.py",
        "return (Tier.POSSIBLE, one.loose) if",
        "return (Tier.POSSIBLE, True) if",
        NEAR + "::test_who_registers_with_two_selectors_is_told_of_near_misses_that_come_later",
    ),
    Mutant(
        "planned operations meet at any time",
        "model/planned.py",
        "return self._near(other) and self._at_once(other)",
        "return self._near(other)",
        OPERATIONS + "::test_a_check_is_pointed_to_who_plans_there_at_that_time_and_they_are_told",
    ),
    Mutant(
        "planned operations meet wherever they share a cell",
        "model/planned.py",
        "return self._near(other) and self._at_once(other)",
        "return self._at_once(other)",
        OPERATIONS + "::test_a_check_is_pointed_to_who_plans_there_at_that_time_and_they_are_told",
    ),
    Mutant(
        "a circle is sought in its middle cell alone",
        "model/planned.py",
        "reach = radius / _EARTH + _MARGIN",
        "reach = _MARGIN",
        PLANNED + "::test_circles_that_overlap_share_a_cell",
    ),
    Mutant(
        "a calendar says where",
        "queries/registrations.py",
        'f"planned operation{reference}"',
        'f"planned operation {event.address} {event.latitude}"',
        OPERATIONS + "::test_a_calendar_says_when_and_nothing_else",
    ),
)


class Tree:
    """A copy of the tree in which one file at a time is broken; its tests run on a server of their own."""

    def __init__(self, where: Connection, folder: Path) -> None:
        self._tree = folder / "tree"
        for part in ("icmgraph", "cypher", "tests"):
            shutil.copytree(ROOT / part, self._tree / part, ignore=shutil.ignore_patterns("__pycache__"))
        for part in ("pyproject.toml", "README.md"):
            shutil.copy(ROOT / part, self._tree / part)
        password = folder / "password"
        write(password, where.password)
        self._given = {
            "ICM_TEST_EXAMPLES": "4",  # a scope that is too wide shows on one world in dozens
            "ICM_TEST_SHRINK": "false",
            "ICM_TEST_NEO4J": where.uri,
            "ICM_NEO4J_USER": where.user,
            "ICM_NEO4J_PASSWORD_FILE": str(password),
        }

    def lives(self, mutant: Mutant) -> bool:
        """Whether its test passes on it. Erases the graph."""
        file = self._tree / "icmgraph" / mutant.file
        text = file.read_text()
        if text.count(mutant.old) != 1:
            raise SystemExit(f"{mutant.what}: its text stands {text.count(mutant.old)} times in {mutant.file}")
        file.write_text(text.replace(mutant.old, mutant.new))
        try:
            done = subprocess.run(
                [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", mutant.test], cwd=self._tree,
                env={**os.environ, **self._given}, capture_output=True, text=True, timeout=900, check=False,
            )  # fmt: skip
        finally:
            file.write_text(text)
            # Python tells what it compiled by the second of the change and the size, which may be the same.
            for compiled in file.parent.glob(f"__pycache__/{file.stem}.*"):
                compiled.unlink()
        if done.returncode not in (0, 1) or "error during collection" in done.stdout or "SyntaxError" in done.stdout:
            raise SystemExit(
                f"{mutant.what}: pytest ended with {done.returncode}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
            )
        return done.returncode == 0


def run(where: Connection, mutants: Iterable[Mutant]) -> list[str]:
    """What lived."""
    alive = []
    with TemporaryDirectory(prefix="icmgraph-test-") as folder:
        tree = Tree(where, Path(folder))
        for mutant in mutants:
            lives = tree.lives(mutant)
            if lives:
                alive.append(mutant.what)
            print(f"{mutant.what}: {'LIVES' if lives else 'killed'}", file=sys.stderr, flush=True)
    return alive
