"""Would the tests notice? Breaks the code that decides who sees what, one place at a time, and lists what lived.

Each mutant is a change of text in a copy of the tree, and the tests that must fail on it: laws over random worlds, or
an interleaving that is scheduled, never left to luck. A mutant whose text is no longer there is an error.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from icmgraph.local_neo4j import Connection
from icmgraph.local_neo4j.files import write

ROOT = Path(__file__).parents[2]
SCOPE = "tests/interference/test_scope.py"
READS = "tests/interference/test_reads.py"
TWINS = "tests/interference/test_twins.py"
CASES = "tests/integration/test_cases.py"
SHARING = "tests/integration/test_sharing.py"
WRITER = "tests/integration/test_writer.py"
DISCLOSURE = "tests/unit/test_disclosure.py"
DECONFLICTION = "tests/integration/test_deconfliction.py"
NOTICES = "tests/integration/test_deconfliction_notices.py"
ENTRIES = "tests/integration/test_entries.py"


@dataclass(frozen=True)
class Mutant:
    """``file`` under icmgraph/ with ``old`` replaced by ``new``; ``tests``: those that must fail."""

    what: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


MUTANTS = (
    # -- a scope that is too wide
    Mutant(
        "every audience is satisfied",
        "queries/policy.py",
        'if Expression.parse(a["expression"]).satisfied(by_unit_atoms)]',
        "if a]",
        (SCOPE,),
    ),
    Mutant(
        "every granted expression is satisfied",
        "queries/policy.py",
        "if expression.satisfied(held)}",
        "if held or not held}",
        (SCOPE,),
    ),
    Mutant(
        "grants that have ended count",
        "queries/policy.py",
        'if started and (row["ends"] is None or row["ends"] > self.now):',
        "if started:",
        (SCOPE,),
    ),
    Mutant(
        "grants to come count",
        "queries/policy.py",
        'started = row["starts"] is None or row["starts"] <= self.now',
        "started = True",
        (SCOPE,),
    ),
    Mutant(
        "all classes have sight by unit",
        "queries/policy.py",
        "may_have_sight = user_class not in NO_SIGHT",
        "may_have_sight = True",
        (SCOPE,),
    ),
    Mutant(
        "membership without sight gives sight",
        "queries/policy.py",
        'sighted = (u["id"] for u in member_of if u["sight"])',
        'sighted = (u["id"] for u in member_of)',
        (SCOPE,),
    ),
    Mutant(
        "sight goes down the tree",
        "queries/policy.py",
        "sight_units = units.with_ancestors(sighted) | person.leads",
        "sight_units = units.with_descendants(sighted) | person.leads",
        (SCOPE,),
    ),
    Mutant(
        "leaders hold what is closed to them",
        "queries/policy.py",
        'return case["unit"] in self.leads and case["closed_to_leaders"] is False',
        'return case["unit"] in self.leads',
        (SCOPE,),
    ),
    Mutant(
        "caveats are no part of a formula",
        "model/access.py",
        "return any(clause <= held for clause in self.clauses)",
        'return any({a for a in clause if a[:7] != "caveat:"} <= held for clause in self.clauses)',
        (SCOPE,),
    ),
    Mutant(
        "nobody's audience is everybody's",
        "queries/policy.py",
        'satisfied = {a["id"] for a in satisfying}',
        'satisfied = {a["id"] for a in satisfying} | {0}',
        (SCOPE,),
    ),
    # -- labels
    Mutant(
        "a label leaves out the ends",
        "model/access.py",
        "        result = result & end\n",
        "        result = result if result else end\n",
        (SCOPE, WRITER),
    ),
    Mutant(
        "a label leaves out the own caveats",
        "model/access.py",
        "caveats = frozenset(map(caveat_atom, self.caveats))",
        "caveats: frozenset[str] = frozenset()",
        (SCOPE,),
    ),
    Mutant(
        "an audience leaves out the caveats",
        "model/access.py",
        'caveats = frozenset(atom for atom in clause if atom.startswith("caveat:"))',
        "caveats: frozenset[str] = frozenset()",
        (SCOPE,),
    ),
    Mutant(
        "a case of a clause that is open to nobody does not count",
        "model/access.py",
        "choices = [sorted(openness.get(case, frozenset())) for case in cases]",
        "choices = [units for case in cases if (units := sorted(openness.get(case, frozenset())))]",
        (SCOPE,),
    ),
    Mutant(
        "a new link has the label of its start alone",
        "queries/assertions.py",
        "            ends.append(expressions[link.end])\n",
        "            pass\n",
        (WRITER, SHARING),
    ),
    Mutant(
        "a new link has no label of its start",
        "queries/assertions.py",
        "        ends = [expressions[link.start]]\n        if isinstance(link.end, str):\n",
        "        ends = []\n        if isinstance(link.end, str):\n",
        (WRITER, SHARING),
    ),
    Mutant(
        "a new value does not carry its record's label",
        "queries/assertions.py",
        "ends = (expressions[record.under],) if record.under else ()",
        "ends = ()",
        (WRITER,),
    ),
    Mutant(
        "a write's caveats are left out",
        "queries/worked.py",
        "tuple(sorted({*self.rights.caveats, *theirs, *given}))",
        "tuple(sorted(theirs))",
        (WRITER,),
    ),
    Mutant(
        "a link across cases leaves out the other's caveats",
        "queries/worked.py",
        "tuple(sorted({*self.rights.caveats, *theirs, *given}))",
        "tuple(sorted({*self.rights.caveats, *given}))",
        (SHARING,),
    ),
    Mutant(
        "what hangs on a record does not follow it",
        "queries/relabel.py",
        "own, expression = attribute.own if attribute else element.own, ends[0]",
        "own, expression = element.own, element.expression",
        (SHARING,),
    ),
    Mutant(
        "the copy of a shared record is for all who see the case",
        "queries/steps.py",
        "own = Own((other,), (), tuple(sorted(home)))",
        "own = Own((other,), (), tuple(sorted(needed)))",
        (SHARING,),
    ),
    Mutant(
        "anybody puts any caveat",
        "queries/worked.py",
        "if not set(given) <= self.view.person.caveats:",
        "if not given and given:",
        (WRITER,),
    ),
    # -- the epoch and the locks
    Mutant(
        "an answer stands whatever moved",
        "queries/session.py",
        "if epoch == sight.scope.epoch or self._stands(",
        "if epoch or self._stands(",
        (CASES,),
    ),
    Mutant(
        "moves of one's own labels let an answer stand",
        "queries/session.py",
        'return not any(sight.scope.touches(move["labels"]) for move in moves)',
        "return True",
        (CASES,),
    ),
    Mutant(
        "a dated scope has no end",
        "queries/session.py",
        'expired = until is not None and after["now"] >= until',
        "expired = False",
        (CASES,),
    ),
    Mutant(
        "a write does not look again once it holds its locks",
        "queries/session.py",
        "            _must_be_current(tx, sight)\n            return result, view.touched",
        "            return result, view.touched",
        (CASES,),
    ),
    Mutant(
        "a write does not read labels again under their lock",
        "queries/assertions.py",
        'if any(row["id"] not in again or',
        'if not again and any(row["id"] not in again or',
        (CASES,),
    ),
    Mutant(
        "an act does not move the epoch",
        "queries/session.py",
        'tx.control("move_epoch", labels=sorted(set(interner.moved)))\n            return result, view.touched',
        "return result, view.touched",
        (CASES,),
    ),
    Mutant(
        "the end of a share does not wait for what is being added",
        "queries/steps.py",
        '    tx.control("lock_visibilities", digests=[Expression.parse(there[record]["expression"]).digest])\n'
        '    tx.control("lock_records", ids=[record])\n',
        "",
        (SHARING,),
    ),
    # -- who may do what
    Mutant(
        "leading writes",
        "queries/policy.py",
        'if "write" not in rights_.functions:',
        'if "write" not in rights_.functions and not rights_.leader:',
        (WRITER,),
    ),
    Mutant(
        "one ends what another case asserts",
        "queries/worked.py",
        'if case not in row["cases"]:',
        'if not case and row["cases"]:',
        (SHARING,),
    ),
    # -- cursors and conditions
    Mutant(
        "a cursor is anybody's",
        "queries/cursors.py",
        "return [person.encode(), question.encode(), asked.encode()]",
        "return [question.encode(), asked.encode()]",
        ("tests/integration/test_reader.py",),
    ),
    Mutant(
        "a request's key is everybody's",
        "queries/once.py",
        'digest(secret, f"once:{person}:{key}")',
        'digest(secret, f"once:{key}")',
        ("tests/api/test_conditions.py",),
    ),
    Mutant(
        "a repeat does not ask for sight again",
        "queries/session.py",
        "                self._still_sees(stored.cases)\n",
        "",
        ("tests/api/test_conditions.py",),
    ),
    # -- tokens
    Mutant(
        "any audience will do",
        "api/tokens.py",
        "audience=self._audience, issuer=issuer",
        'audience=said["payload"].get("aud"), issuer=issuer',
        ("tests/api/test_sign_in.py",),
    ),
    Mutant("a token has no end", "api/tokens.py", "leeway=LEEWAY,", "leeway=10**9,", ("tests/api/test_sign_in.py",)),
    # -- deconfliction
    Mutant(
        "silence is brokered",
        "model/disclosure.py",
        "        if match.visible or match.mode is DisclosureMode.SILENT:\n",
        "        if match.visible:\n",
        (DISCLOSURE, DECONFLICTION),
    ),
    Mutant(
        "the case's mode alone decides",
        "queries/matches.py",
        "return strictest(holder.setting.at(now), record.at(now), by_caveats(",
        "return strictest(holder.setting.at(now)) if now else strictest(by_caveats(",
        (DECONFLICTION,),
    ),
    Mutant(
        "caveats impose no mode",
        "queries/matches.py",
        "record.at(now), by_caveats(kinds.get(caveat) for caveat in caveats))",
        "record.at(now))",
        (DECONFLICTION,),
    ),
    Mutant(
        "a mode has no end",
        "model/disclosure.py",
        "if self.mode is None or (self.until is not None and self.until <= now):",
        "if self.mode is None:",
        (DISCLOSURE,),
    ),
    Mutant(
        "a silent asker is told of",
        "queries/telling.py",
        "if us.mode is not DisclosureMode.SILENT:",
        "if us.mode:",
        (NOTICES, ENTRIES),
    ),
    Mutant(
        "a silent holder is told of",
        "queries/telling.py",
        "if them.mode is not DisclosureMode.SILENT:",
        "if them.mode:",
        (NOTICES, ENTRIES),
    ),
    Mutant(
        "a holder who may not read it is told",
        "model/disclosure.py",
        "        if caveats <= person.caveats:\n            return",
        "        if person:\n            return",
        (DISCLOSURE,),
    ),
    Mutant(
        "an answer leaves when it is ready",
        "model/disclosure.py",
        "    return arrived + multiples * answer_s",
        "    return now + 0 * multiples",
        (DISCLOSURE,),
    ),
)


def killer(mutant: Mutant, where: Connection, folder: Path) -> str | None:
    """The first test that fails on it; None if it lives."""
    tree = folder / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    ignored = shutil.ignore_patterns("__pycache__")
    for part in ("icmgraph", "cypher", "tests"):
        shutil.copytree(ROOT / part, tree / part, ignore=ignored)
    for part in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / part, tree / part)
    file = tree / "icmgraph" / mutant.file
    text = file.read_text()
    if text.count(mutant.old) != 1:
        raise SystemExit(f"{mutant.what}: its text stands {text.count(mutant.old)} times in {mutant.file}")
    file.write_text(text.replace(mutant.old, mutant.new))
    password = folder / "password"
    password.unlink(missing_ok=True)
    write(password, where.password)
    # A scope that is too wide shows on one world in dozens.
    given = {
        "ICM_TEST_EXAMPLES": "4",
        "ICM_TEST_NEO4J": where.uri,
        "ICM_NEO4J_USER": where.user,
        "ICM_NEO4J_PASSWORD_FILE": str(password),
    }
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *mutant.tests]
    done = subprocess.run(
        command, cwd=tree, env={**os.environ, **given, "PYTHONDONTWRITEBYTECODE": "1"}, capture_output=True, text=True,
        timeout=900, check=False,
    )  # fmt: skip
    if done.returncode not in (0, 1):
        raise SystemExit(
            f"{mutant.what}: pytest ended with {done.returncode}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
        )
    if "error during collection" in done.stdout or "SyntaxError" in done.stdout:
        raise SystemExit(f"{mutant.what}: is no program:\n{done.stdout[-3000:]}")
    failed = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
    return failed[1] if failed and done.returncode else None


def run(where: Connection) -> list[str]:
    """What lived. Erases the graph."""
    alive = []
    with TemporaryDirectory(prefix="icmgraph-test-") as folder:
        for number, mutant in enumerate(MUTANTS, start=1):
            by = killer(mutant, where, Path(folder))
            if by is None:
                alive.append(mutant.what)
            told = f"killed by {by}" if by else "LIVES"
            print(f"{number} of {len(MUTANTS)}: {mutant.what}: {told}", file=sys.stderr, flush=True)
    return alive
