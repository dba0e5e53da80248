"""An open exercise gets one sentence and no hint; every answer gets praise, a hint, or its exception as a hint."""

import pytest

from helpers.checks.verdict import NO_ANSWER, exercise_check


@exercise_check(praise="Right it is.")
def is_three(answer: int, more: int = 0) -> str | None:
    return None if answer == 3 + more else "Count again."


def written_by_nobody(rows, target): ...


def described_only(rows, target):
    """Return the distances."""


def passes(rows):
    pass


@pytest.mark.parametrize(
    "answer",
    [..., None, {"minimum": ..., "median": ...}, [...], (..., ...), {...}, written_by_nobody, described_only, passes],
    ids=lambda answer: getattr(answer, "__name__", type(answer).__name__),
)
def test_an_open_exercise_gets_no_hint(answer):
    assert repr(is_three(answer)) == "✗ No answer yet."
    assert is_three(answer) is NO_ANSWER
    assert not is_three(answer).right


def returns_zero(rows):
    return 0


def returns_text(rows):
    return ""


def returns_its_argument(rows):
    return rows


@pytest.mark.parametrize(
    "answer",
    [0, "", False, [], {}, set(), [..., 1], {"minimum": ..., "median": 2}, returns_zero, returns_text, lambda n: [n]]
    + [returns_its_argument, print, abs, object()],
    ids=lambda answer: getattr(answer, "__name__", type(answer).__name__),
)
def test_whatever_a_student_wrote_is_an_answer(answer):
    assert repr(is_three(answer)) == "✗ Not yet. Count again."


def test_a_right_answer_gets_the_praise():
    assert repr(is_three(3)) == "✓ Right it is."
    assert repr(is_three(4, 1)) == "✓ Right it is."


def test_an_exception_becomes_a_hint():
    assert repr(is_three(3, "one")).startswith("✗ Not yet. Checking your answer raised TypeError: ")
