"""Right answers in several forms get a tick; the mistakes that students make get a hint, and none gives the answer."""

import math
from types import MappingProxyType

import numpy as np
import pytest

from helpers import checks
from helpers.checks.verdict import NO_ANSWER

JOBS = {
    "parse 200 long texts in plain Python": "processes",
    "compress 200 files with zlib": "threads",
    "wait for the answers of 50 servers": "threads",
    "parse 200 long texts on a Python without the lock": "threads",
    "add two arrays of 1,000 numbers": "neither",
}
MISTAKES = [
    *[(job, "processes") for job, tool in JOBS.items() if tool != "processes"],
    ("parse 200 long texts in plain Python", "threads"),
    ("add two arrays of 1,000 numbers", "threads"),
    ("compress 200 files with zlib", "neither"),
]


@pytest.mark.parametrize("form", [dict, MappingProxyType, lambda right: dict(sorted(right.items()))])
def test_the_right_choice_gets_a_tick(form):
    assert checks.threads_or_processes(form(JOBS)).right


@pytest.mark.parametrize("job, tool", MISTAKES)
def test_a_wrong_choice_gets_a_hint_about_its_job(job, tool):
    verdict = checks.threads_or_processes(JOBS | {job: tool})
    assert not verdict.right
    assert verdict.sentence.startswith(job)
    assert JOBS[job] not in verdict.sentence.removeprefix(job)


def test_a_choice_that_is_still_open_is_named():
    assert "no choice yet" in checks.threads_or_processes(JOBS | {"compress 200 files with zlib": ...}).sentence


def largest_differences(rows, target):
    return [max(abs(a - b) for a, b in zip(row, target, strict=True)) for row in rows]


@pytest.mark.parametrize(
    "answer",
    [
        lambda rows, target: np.abs(rows - target).max(axis=1),
        lambda rows, target: np.linalg.norm(rows - target, ord=np.inf, axis=1),
        lambda rows, target: list(np.max(np.abs(np.asarray(rows) - np.asarray(target)), 1)),
        lambda rows, target: np.maximum.reduce(np.abs((rows - target).T)).tolist(),
    ],
)
def test_a_fast_function_gets_a_tick(answer):
    assert checks.faster_differences(answer, largest_differences).right


@pytest.mark.parametrize(
    "answer, hint",
    [
        (largest_differences, "times as fast"),
        (lambda rows, target: largest_differences(rows.tolist(), target.tolist()), "times as fast"),
        (lambda rows, target: [np.abs(row - target).max() for row in rows], "times as fast"),
        (lambda rows, target: np.apply_along_axis(lambda row: np.abs(row - target).max(), 1, rows), "times as fast"),
        (lambda rows, target: np.abs(rows - target).max(), "shape ()"),
        (lambda rows, target: np.abs(rows - target).max(axis=0), "shape (10,)"),
        (lambda rows, target: np.abs(rows - target), "shape (20000, 10)"),
        (lambda rows, target: (rows - target).max(axis=1), "not the loop's"),
        (lambda rows, target: np.abs(rows - target).sum(axis=1), "not the loop's"),
        (lambda rows, target: np.sqrt(((rows - target) ** 2).sum(axis=1)), "not the loop's"),
        (lambda rows, target: print(end=""), "shape ()"),
    ],
)
def test_a_function_that_is_slow_or_wrong_gets_a_hint(answer, hint):
    verdict = checks.faster_differences(answer, largest_differences)
    assert not verdict.right
    assert hint in verdict.sentence


@pytest.mark.parametrize(
    "answer",
    [
        lambda cpus, processes: max(1, cpus // processes),
        lambda cpus, processes: np.int64(cpus // processes) or np.int64(1),
        lambda cpus, processes: 1 if processes > cpus else math.floor(cpus / processes),
        lambda cpus, processes: max(each for each in range(1, cpus + 1) if each == 1 or each * processes <= cpus),
    ],
)
def test_threads_that_fit_the_cpus_get_a_tick(answer):
    assert checks.blas_threads_each(answer).right


@pytest.mark.parametrize(
    "answer, hint",
    [
        (lambda cpus, processes: cpus, "more than the CPUs"),
        (lambda cpus, processes: 1, "More would fit"),
        (lambda cpus, processes: cpus // processes, "computes nothing"),
        (lambda cpus, processes: math.ceil(cpus / processes), "more than the CPUs"),
        (lambda cpus, processes: round(cpus / processes) or 1, "more than the CPUs"),
        (lambda cpus, processes: cpus / processes, "TypeError"),
        (lambda cpus, processes: min(cpus, processes), "more than the CPUs"),
        (lambda cpus, processes: "one", "TypeError"),
    ],
)
def test_threads_that_do_not_fit_get_a_hint(answer, hint):
    verdict = checks.blas_threads_each(answer)
    assert not verdict.right
    assert hint in verdict.sentence


@pytest.mark.parametrize(
    "check, unanswered, facts",
    [
        (checks.threads_or_processes, dict.fromkeys(JOBS, ...), ()),
        (checks.faster_differences, ..., (largest_differences,)),
        (checks.blas_threads_each, None, ()),
    ],
)
def test_an_open_exercise_gets_no_hint(check, unanswered, facts):
    assert check(unanswered, *facts) is NO_ANSWER
