"""Each usual mistake about advising gets the hint that names it."""

# ruff: noqa: ISC004 - a hint of two lines is one string

import pytest

from helpers import checks


def advise(tasks, each, share, message, start, cpus, gain=1.5, threads=0.5):
    if share < threads:
        return "threads"
    return "pool" if tasks * each >= gain * (start + tasks * message + tasks * each / cpus) else "loop"


WORK = "1000 tasks of 0.01 s that have a CPU for 100% of it, 0.0001 s for each message, 0.1 s to start and"
MISTAKES = [
    (
        checks.pool_seconds,
        lambda n, each, message, start, cpus: (start + n * (message + each)) / cpus,
        "For 100 tasks of 0.01 s, 0.001 s for each message, 0.1 s to start and 2 CPUs your answer divides everything. "
        "Which parts does only the parent process do?",
    ),
    (
        checks.pool_seconds,
        lambda n, each, message, start, cpus: 0.7 if n == 100 else 12.0,
        "For 64 tasks of 1 s, 0.002 s for each message, 0.5 s to start and 16 CPUs your answer is 12 s. "
        "Which parts run once, which for each task, and which side by side?",
    ),
    (
        checks.pool_seconds,
        lambda n, each, message, start, cpus: start + n * message + n * each / cpus + (n == 8),
        "For 8 tasks of 0.5 s, 0.25 s for each message, 3 s to start and 4 CPUs your answer is 7 s. "
        "Which parts run once, which for each task, and which side by side?",
    ),
    (
        checks.advice,
        lambda *facts: "pool",
        "40 tasks of 0.02 s that have a CPU for 1% of it, 0.0001 s for each message, 0.1 s to start and 2 CPUs: "
        "What do the tasks do for most of their time?",
    ),
    (
        checks.advice,
        lambda *facts: advise(*facts, threads=0.2),
        "500 tasks of 0.02 s that have a CPU for 30% of it, 0.0001 s for each message, 0.1 s to start and 8 CPUs: "
        "What do the tasks do for most of their time?",
    ),
    (
        checks.advice,
        lambda n, each, share, *more: "threads" if share < 0.5 else "loop",
        f"{WORK} 2 CPUs: How long does the loop take, and how long the pool?",
    ),
    (
        checks.advice,
        lambda *facts: advise(*facts, threads=1.0),
        "1000 tasks of 0.01 s that have a CPU for 90% of it, 0.0001 s for each message, 0.1 s to start and 4 CPUs: "
        "A share need not be exactly 1.",
    ),
    (
        checks.advice,
        lambda n, each, share, message, start, cpus: advise(n, each, share, message, start, max(2, cpus)),
        f"{WORK} 1 CPU: How many CPUs are there to compute with?".replace("1 CPU:", "1 CPUs:"),
    ),
    (
        checks.advice,
        lambda n, each, share, message, start, cpus: advise(n, each, share, message, 0.0, cpus),
        "20 tasks of 0.01 s that have a CPU for 100% of it, 0.0001 s for each message, 0.2 s to start and 2 CPUs: "
        "What happens before the first task runs?",
    ),
    (
        checks.advice,
        lambda n, each, share, message, start, cpus: advise(n, each, share, 0.0, start, cpus),
        "1000 tasks of 0.0002 s that have a CPU for 100% of it, 0.00015 s for each message, 0.01 s to start "
        "and 4 CPUs: What does it cost to send the tasks?",
    ),
    (
        checks.advice,
        lambda *facts: advise(*facts, gain=1.0),
        "100 tasks of 0.01 s that have a CPU for 100% of it, 0.001 s for each message, 0.1 s to start and 2 CPUs: "
        "By how much must a pool be faster to be worth it?",
    ),
    (
        checks.advice,
        lambda *facts: advise(*facts, gain=1.65),
        "100 tasks of 0.01 s that have a CPU for 100% of it, 0.0001 s for each message, 0.1 s to start and 2 CPUs: "
        "By how much must a pool be faster to be worth it?",
    ),
]


@pytest.mark.parametrize("check, answer, hint", MISTAKES)
def test_a_mistake_gets_the_hint_that_names_it(check, answer, hint):
    assert check(answer).sentence == hint


def test_an_estimate_may_be_rounded_in_its_seventh_digit():
    def estimate(n, each, message, start, cpus):
        return start + n * message + n * each / cpus

    assert checks.pool_seconds(lambda *facts: estimate(*facts) * (1 + 1e-7)).right
    assert not checks.pool_seconds(lambda *facts: estimate(*facts) * (1 + 1e-5)).right
