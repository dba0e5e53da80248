"""Each usual mistake about choosing a tool gets the hint that names it."""

import numpy as np
import pytest

from helpers import checks

RIGHT = {
    "parse 200 long texts in plain Python": "processes",
    "compress 200 files with zlib": "threads",
    "wait for the answers of 50 servers": "threads",
    "parse 200 long texts on a Python without the lock": "threads",
    "add two arrays of 1,000 numbers": "neither",
}
LOCK = "does this job hold the interpreter's lock all the time?"
HINTS = [LOCK, LOCK, LOCK, "what would each process have to be sent?"]
HINTS += ["how long does it take, and how long does a pool take to start?"]


@pytest.mark.parametrize("job, hint", [*zip(RIGHT, HINTS, strict=True)])
def test_a_wrong_tool_for_a_job_gets_the_hint_of_that_job(job, hint):
    assert checks.threads_or_processes(RIGHT).right
    for wrong in {"threads", "processes", "neither"} - {RIGHT[job]}:
        assert checks.threads_or_processes({**RIGHT, job: wrong}).sentence == f"{job}: {hint}"
    assert checks.threads_or_processes({**RIGHT, job: ...}).sentence == f"{job}: no choice yet."
    assert (
        checks.threads_or_processes({one: RIGHT[one] for one in RIGHT if one != job}).sentence
        == f"{job}: no choice yet."
    )


CASES = {(8, 8): 1, (16, 4): 4, (2, 1): 2, (10, 4): 2, (4, 32): 1, (32, 3): 10}


@pytest.mark.parametrize("case", CASES)
def test_a_thread_more_or_less_gets_a_hint_in_every_case(case):
    assert checks.blas_threads_each(lambda cpus, processes: CASES[cpus, processes]).right

    def with_threads(threads):
        return checks.blas_threads_each(lambda cpus, processes: (CASES | {case: threads})[cpus, processes]).sentence

    cpus, processes = case
    right = CASES[case]
    begin = f"{cpus} CPUs and {processes} processes: you gave "
    assert with_threads(right + 1) == f"{begin}{right + 1} threads each. Together they are more than the CPUs."
    less = "More would fit." if right > 1 else "A process without a thread computes nothing."
    assert with_threads(right - 1).startswith(begin)
    assert with_threads(right - 1).endswith(less)


def loop(rows, target):
    return [float(abs(row - target).sum()) for row in rows]


def in_one_pass(rows, target):
    return abs(rows - target).sum(axis=1)


@pytest.fixture
def clock(monkeypatch):
    """Each call takes as many seconds as its function has in `seconds`."""
    seconds = {}
    monkeypatch.setattr("helpers.checks.choosing._seconds", lambda function, *_: seconds[function])
    return seconds


@pytest.mark.parametrize(
    "answer, took, hint",
    [
        (in_one_pass, 0.1, "One pass over all rows in C, and no worker was needed."),
        (in_one_pass, 0.11, "The numbers are right. It is 9.1 times as fast as the loop; 10 times is asked for."),
        (
            lambda rows, target: in_one_pass(rows, target)[:5],
            0.1,
            "For 20,000 rows it returns something of shape (5,): there must be one number for each row.",
        ),
        (lambda rows, target: in_one_pass(rows, target) + 1, 0.1, "Its numbers are not the loop's."),
    ],
)
def test_differences_get_the_hint_that_names_their_mistake(clock, answer, took, hint):
    clock.update({loop: 1.0, answer: took})
    assert checks.faster_differences(answer, loop).sentence == hint


def test_the_rows_and_the_target_of_the_exercise_are_not_changed_by_the_answer(clock):
    seen = []
    clock.update({loop: 1.0})

    def answer(rows, target):
        seen.append((rows.shape, np.array_equal(rows[3], target)))
        return in_one_pass(rows, target)

    clock[answer] = 0.01
    assert checks.faster_differences(answer, loop).right
    assert seen == [((20_000, 10), True)]
