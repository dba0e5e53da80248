"""Each usual mistake about random streams gets the hint that names it."""

import os

import numpy as np
import pytest

from helpers import checks


@pytest.mark.parametrize(
    "answer, hint",
    [
        (3, "The workers repeat each other; only a worker's own tasks differ."),
        (12, "That would be right if each worker had a state of its own."),
        (1, "A worker's second task continues where its first one stopped."),
        (4, "What does the second worker draw first? And second?"),
    ],
)
def test_a_number_of_different_results_gets_the_hint_that_names_its_mistake(answer, hint):
    assert checks.different_results(answer, 4, 3).sentence == hint


def spawned(seed, tasks):
    return np.random.SeedSequence(seed).spawn(tasks)


calls = iter(range(10**6))


@pytest.mark.parametrize(
    "answer, hint",
    [
        (spawned, "One stream for each task, the same ones for the same seed, and no stream in two runs."),
        (lambda seed, tasks: spawned(seed, tasks - 1), "For 5 tasks you return 4 seeds. Return one for each task."),
        (lambda seed, tasks: spawned(next(calls), tasks), "Called twice with the same seed, your function gives different streams."),
        (lambda seed, tasks: [seed] * tasks, "Some of the tasks would draw the same numbers."),
        (lambda seed, tasks: spawned(7, tasks), "Another seed should give other streams."),
        (lambda seed, tasks: [seed + task for task in range(tasks)], "Two runs of 2000 tasks, with the seeds 1 and 2, have 1999 streams in common: they are not independent."),
    ],
)  # fmt: skip
def test_seeds_get_the_hint_that_names_their_mistake(answer, hint):
    assert checks.seeds_for_tasks(answer).sentence == hint


def drawn(seeds, pids):
    """Draw as workers with these process ids would."""
    return [(pids[n % len(pids)], float(np.random.default_rng(seed).random())) for n, seed in enumerate(seeds)]


def simulated(function, seed, tasks, processes, pids=None):
    return drawn(spawned(seed, tasks), pids or range(-processes, 0))


@pytest.mark.parametrize(
    "answer, hint",
    [
        (simulated, "The numbers belong to the tasks, so it does not matter who draws them."),
        (lambda f, seed, tasks, p: simulated(f, seed, tasks - 1, p), "For 6 tasks you return 5 results."),
        (lambda f, seed, tasks, p: simulated(f, seed, tasks, p, [os.getpid()]), "Some tasks ran in this notebook and not in a worker."),
        (lambda f, seed, tasks, p: simulated(f, seed, tasks, p, [-1, -2, -3, -4]), "You were asked for a pool of 1, and 4 processes drew numbers."),
        (lambda f, seed, tasks, p: drawn([seed] * tasks, [-1]), "Some of the tasks draw the same numbers."),
        (lambda f, seed, tasks, p: simulated(f, seed + p, tasks, p), "With the same seed, but one, two or three processes, the results differ."),
        (lambda f, seed, tasks, p: simulated(f, seed + (p == 3), tasks, p), "With the same seed, but one, two or three processes, the results differ."),
        (lambda f, seed, tasks, p: simulated(f, 1, tasks, p), "Two runs with different seeds have some results in common."),
        (lambda f, seed, tasks, p: drawn([seed * 100 + task for task in range(tasks)], [-1]), "Two runs with different seeds have some results in common."),
    ],
)  # fmt: skip
def test_a_simulation_gets_the_hint_that_names_its_mistake(answer, hint):
    assert checks.same_for_any_pool(answer).sentence == hint
