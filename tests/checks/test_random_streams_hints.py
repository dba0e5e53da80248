"""Each usual mistake about random streams gets the hint that names it."""

import os

import numpy as np
import pytest

from helpers import checks


def spawned(seed, tasks):
    return np.random.SeedSequence(seed).spawn(tasks)


def child(seed, number):
    return np.random.SeedSequence(seed, spawn_key=(number,))


CASES = [(2024, 0), (2024, 1), (7, 5), (7, 917)]


@pytest.mark.parametrize("case", CASES)
def test_a_seed_of_a_task_gets_the_hint_that_names_its_mistake(case):
    def changed(other):
        return checks.seed_of_task(lambda *asked: other if asked == case else child(*asked)).sentence

    seed, number = case
    begin = f"For the seed {seed} and the task {number}"
    assert checks.seed_of_task(child).right
    assert changed(child(seed, number + 1)) == f"{begin} you return the child after the one that is wanted."
    assert changed(seed) == f"{begin} your seed gives other numbers than the task had in the first run."
    first = f"{begin} you return the first child. What tells one child from another? Look at two of them."
    assert not number or changed(child(seed, 0)) == first


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
        (
            lambda f, seed, tasks, p: simulated(f, seed, tasks, p, [os.getpid()]),
            "Some tasks ran in this notebook and not in a worker.",
        ),
        (
            lambda f, seed, tasks, p: simulated(f, seed, tasks, p, [-1, -2, -3, -4]),
            "You were asked for a pool of 1, and 4 processes drew numbers.",
        ),
        (lambda f, seed, tasks, p: drawn([seed] * tasks, [-1]), "Some of the tasks draw the same numbers."),
        (
            lambda f, seed, tasks, p: simulated(f, seed + p, tasks, p),
            "With the same seed, but one, two or three processes, the results differ.",
        ),
        (
            lambda f, seed, tasks, p: simulated(f, seed + (p == 3), tasks, p),
            "With the same seed, but one, two or three processes, the results differ.",
        ),
        (
            lambda f, seed, tasks, p: simulated(f, 1, tasks, p),
            "Two runs with different seeds have some results in common.",
        ),
        (
            lambda f, seed, tasks, p: drawn([seed * 100 + task for task in range(tasks)], [-1]),
            "Two runs with different seeds have some results in common.",
        ),
    ],
)
def test_a_simulation_gets_the_hint_that_names_its_mistake(answer, hint):
    assert checks.same_for_any_pool(answer).sentence == hint


def cut(function, seed, points, processes, parts=9, pids=None):
    """Each task draws its share of the points from its own stream; the pids are those of workers."""
    sizes = [points // parts + (n < points % parts) for n in range(parts)]
    pids = pids or range(-processes, 0)
    return [
        (pids[n % len(pids)], size, float(np.random.default_rng(one).random(size).sum()))
        for n, (one, size) in enumerate(zip(spawned(seed, parts), sizes, strict=True))
    ]


@pytest.mark.parametrize(
    "answer, hint",
    [
        (cut, "The work is cut in the same way whoever does it, so the number of processes changes the time alone."),
        (
            lambda f, seed, n, p: cut(f, seed, n, p, parts=8),
            "The work is cut in the same way whoever does it, so the number of processes changes the time alone.",
        ),
        (
            lambda f, seed, n, p: cut(f, seed, n, p, parts=7),
            "With 9000 points you make 7 tasks, too few to keep 8 processes busy.",
        ),
        (
            lambda f, seed, n, p: cut(f, seed, n, p, pids=[os.getpid()]),
            "Some tasks ran in this notebook and not in a worker.",
        ),
        (
            lambda f, seed, n, p: cut(f, seed, n, p, pids=[-1, -2, -3]),
            "You were asked for a pool of 2, and 3 processes drew numbers.",
        ),
        (
            lambda f, seed, n, p: cut(f, seed, n - 1, p),
            "You were asked for 9000 points with 2 processes, and the tasks drew 8999.",
        ),
        (
            lambda f, seed, n, p: cut(f, seed, min(n, 9000), p),
            "You were asked for 13000 points with 3 processes, and the tasks drew 9000.",
        ),
        (
            lambda f, seed, n, p: cut(f, seed, n, p, parts=9 + p),
            (
                "With the same seed, but one, two or three processes, the results differ. What else depends on that "
                "number?"
            ),
        ),
        (
            lambda f, seed, n, p: cut(f, seed, n, p, parts=9 + (p == 1)),
            (
                "With the same seed, but one, two or three processes, the results differ. What else depends on that "
                "number?"
            ),
        ),
        (
            lambda f, seed, n, p: [one for one in cut(f, seed, n // 2, p) for _ in range(2)],
            "Some of the tasks draw the same numbers.",
        ),
        (lambda f, seed, n, p: cut(f, 1, n, p), "Two runs with different seeds have some results in common."),
    ],
)
def test_a_cut_simulation_gets_the_hint_that_names_its_mistake(answer, hint):
    assert checks.cut_for_any_pool(answer).sentence == hint
