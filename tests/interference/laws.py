"""How many random worlds a law is tried on.

The everyday suite tries a few, ``ICM_TEST_EXAMPLES=N`` N times as many: the same ones at each run of the same test, so
that whoever is told a number can repeat it.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis.internal.conjecture import engine

# Each step loads two worlds: five minutes, hypothesis's own bound, make a failure no easier to read than one.
engine.MAX_SHRINKING_SECONDS = 60

COMPARED = Counter[str]()
"""Pairs of worlds, and cases: a pair, a person and a request. Told at the end of a run."""

_TIMES = int(os.environ.get("ICM_TEST_EXAMPLES") or 1)
_PHASES: tuple[Phase, ...] = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)
if os.environ.get("ICM_TEST_SHRINK") == "false":  # nobody reads what a mutant fails on
    _PHASES = _PHASES[:-1]


def law(examples: int) -> Callable[[Any], Any]:
    """Try a property on so many worlds in the everyday suite."""
    return settings(
        max_examples=examples * _TIMES,
        derandomize=True,
        deadline=None,
        print_blob=True,
        phases=_PHASES,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
