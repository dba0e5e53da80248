"""Every check ticks the right answer, gives a hint for a wrong one, and none while there is no answer."""

import math
import re
from pathlib import Path

import numpy as np
import pytest

from helpers import checks
from helpers.checks.verdict import NO_ANSWER

CASES = {  # name of the check: right answer, wrong answer, facts
    "amdahl_limit": (20, 19, [0.05]),
    "best_processes": (
        lambda a, b, c: min((max(int(math.sqrt(b / c)) + i, 1) for i in (0, 1)), key=lambda p: a + b / p + c * p),
        lambda a, b, c: 3,
        [],
    ),
    "seeds_for_tasks": (lambda seed, n: np.random.SeedSequence(seed).spawn(n), lambda seed, n: range(n), []),
    "different_results": (3, 24, [8, 3]),
}


def checked_elsewhere() -> set[str]:
    """The checks that the tests of their topic call."""
    texts = [path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("checks/test_*.py")]
    return {name for text in texts for name in re.findall(r"\bchecks\.(\w+)\(", text)}


@pytest.fixture(params=CASES)
def case(request) -> tuple:
    return getattr(checks, request.param), *CASES[request.param]


def test_every_check_has_a_case():
    names = {name for name, value in vars(checks).items() if callable(value)}
    assert names == {*CASES, *checked_elsewhere()}


def test_the_right_answer_gets_a_tick(case):
    check, right, _, facts = case
    assert repr(check(right, *facts)).startswith("✓")


def test_a_wrong_answer_gets_a_hint(case):
    check, right, wrong, facts = case
    assert not check(wrong, *facts).right
    assert check(wrong, *facts).sentence != check(right, *facts).sentence


def test_a_missing_answer_gets_no_hint(case):
    check, _, _, facts = case
    assert check(..., *facts) is NO_ANSWER


def test_an_answer_of_the_wrong_kind_gets_a_hint_and_no_traceback(case):
    check, _, _, facts = case
    assert not check(object(), *facts).right
