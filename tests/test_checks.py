"""Every check has tests of its topic, gives no hint while there is no answer, and never a traceback."""

import re
from pathlib import Path

import pytest

from helpers import checks
from helpers.checks.verdict import NO_ANSWER

NAMES = sorted(name for name, value in vars(checks).items() if callable(value))


def names_in_tests() -> set[str]:
    """The checks that the tests of their topic call."""
    texts = [path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("checks/test_*.py")]
    return {name for text in texts for name in re.findall(r"\bchecks\.(\w+)\(", text)}


def test_every_check_has_tests_of_its_topic():
    assert set(NAMES) == names_in_tests()


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_answer_gets_no_hint(name):
    assert getattr(checks, name)(...) is NO_ANSWER


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_of_the_wrong_kind_gets_a_hint_and_no_traceback(name):
    assert not getattr(checks, name)(object()).right
