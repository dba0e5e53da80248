"""The checks of the lesson that decides about a pool take every right answer, and no textbook error."""

import math

import numpy as np
import pytest

from helpers import checks


def estimate(tasks, each, message, start, cpus):
    return start + tasks * message + tasks * each / cpus


class Estimate:
    """A callable object that adds up the chunks of the workers one by one."""

    def __call__(self, tasks, each, message, start, cpus):
        work = [each * len(part) for part in np.array_split(np.arange(tasks), cpus)]
        return start + sum(message for _ in range(tasks)) + max(work)


RIGHT_SECONDS = [
    estimate,
    Estimate(),
    lambda n, each, message, start, cpus: np.float64(start) + n * (message + each / cpus),
    lambda n, each, message, start, cpus: start + n * message + math.ceil(n / cpus) * each,
]
WRONG_SECONDS = [
    lambda n, each, message, start, cpus: (start + n * (message + each)) / cpus,  # everything is divided
    lambda n, each, message, start, cpus: n * message + n * each / cpus,  # no start
    lambda n, each, message, start, cpus: start + n * each / cpus,  # no messages
    lambda n, each, message, start, cpus: start + message + n * each / cpus,  # one message for all
    lambda n, each, message, start, cpus: start + n * (message + each) / cpus,  # the messages are divided, too
    lambda n, each, message, start, cpus: start + n * (message + each),  # nothing is divided
    lambda n, each, message, start, cpus: start * cpus + n * message + n * each / cpus,
    lambda n, each, message, start, cpus: "0.7",
]


def advise(tasks, each, share, message, start, cpus):
    if share < 0.5:
        return "threads"
    return "pool" if tasks * each >= 1.5 * estimate(tasks, each, message, start, cpus) else "loop"


def by_table(tasks, each, share, message, start, cpus):
    speedup = tasks * each / estimate(tasks, each, message, start, cpus)
    return {(True, True): "threads", (True, False): "threads", (False, True): "pool"}.get(
        (share < 0.5, speedup > 1.5), "loop"
    )


RIGHT_ADVICE = [
    advise,
    by_table,
    lambda *facts: np.str_(advise(*facts)),
    lambda n, each, share, message, start, cpus: (
        "threads" if share <= 0.5 else ("loop", "pool")[n * each / 1.5 > start + n * (message + each / cpus)]
    ),
]
WRONG_ADVICE = [
    lambda *facts: "pool",
    lambda n, each, share, *more: "threads" if share < 0.5 else "pool",  # a pool for everything that computes
    lambda n, each, share, message, start, cpus: advise(n, each, share, message, 0.0, cpus),  # no start
    lambda n, each, share, message, start, cpus: advise(n, each, share, 0.0, start, cpus),  # no messages
    lambda n, each, share, message, start, cpus: advise(n, each, 1.0, message, start, cpus),  # waiting does not matter
    lambda n, each, share, message, start, cpus: advise(
        n, each, 1 - share, message, start, cpus
    ),  # the other way round
    lambda n, each, share, message, start, cpus: advise(n, each, float(share == 1), message, start, cpus),
    lambda n, each, share, message, start, cpus: advise(n, each * 1.5, share, message, start, cpus),  # any gain will do
    lambda n, each, share, message, start, cpus: advise(n, each, share, message, start, max(cpus, 2)),
    lambda *facts: advise(*facts).upper(),
]


@pytest.mark.parametrize("answer", RIGHT_SECONDS)
def test_every_right_estimate_of_a_pool_gets_a_tick(answer):
    assert checks.pool_seconds(answer).right


@pytest.mark.parametrize("answer", WRONG_SECONDS)
def test_a_wrong_estimate_of_a_pool_gets_a_hint(answer):
    verdict = checks.pool_seconds(answer)
    assert not verdict.right
    assert "start + " not in verdict.sentence


@pytest.mark.parametrize("answer", RIGHT_ADVICE)
def test_every_right_advisor_gets_a_tick(answer):
    assert checks.advice(answer).right


@pytest.mark.parametrize("answer", WRONG_ADVICE)
def test_a_wrong_advisor_gets_a_hint(answer):
    assert not checks.advice(answer).right


@pytest.mark.parametrize("check", [checks.pool_seconds, checks.advice])
def test_an_open_exercise_is_reported_without_a_hint(check):
    assert repr(check(...)) == "✗ No answer yet."
