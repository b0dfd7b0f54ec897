"""Mutants of the code are tried by ``make mutants`` alone; that each can be made is seen every day."""

from __future__ import annotations

import pytest

from tests.interference.code_mutants import MUTANTS, ROOT, Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.what)
def test_each_mutant_can_be_made(mutant: Mutant) -> None:
    assert (ROOT / "icmgraph" / mutant.file).read_text().count(mutant.old) == 1
    file, _, test = mutant.test.partition("::")
    text = (ROOT / file).read_text()
    assert not test or f"def {test.partition('[')[0]}(" in text
