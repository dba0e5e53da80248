"""Random numbers in workers."""

import os
import pickle
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from helpers.array_tasks import add_draws_with_pid, draw_with_pid
from helpers.checks.verdict import exercise_check
from helpers.text import counted


@exercise_check(praise="A child needs the seed and its own number, and not the children before it.")
def seed_of_task(answer: Callable[[int, int], Any]) -> str | None:
    """Whatever `numpy.random.default_rng` takes is a seed; what counts is the numbers that it gives."""
    for seed, number in ((2024, 0), (2024, 1), (7, 5), (7, 917)):
        found = _first_numbers(answer(seed, number))
        children = np.random.SeedSequence(seed).spawn(number + 2)
        if found == _first_numbers(children[number]):
            continue
        case = f"For the seed {seed} and the task {number}"
        if found == _first_numbers(children[number + 1]):
            return f"{case} you return the child after the one that is wanted."
        if found == _first_numbers(children[0]):
            return f"{case} you return the first child. What tells one child from another? Look at two of them."
        return f"{case} your seed gives other numbers than the task had in the first run."
    return None


def _first_numbers(seed: Any) -> list[int]:
    """Return the first numbers that a task would draw from its seed, which is pickled on its way to a worker."""
    numbers: list[int] = np.random.default_rng(pickle.loads(pickle.dumps(seed))).integers(2**63, size=3).tolist()
    return numbers


SEEDS = (1, 2, 1001, 1_000_001)
"""Runs with these seeds share streams if a task's seed is the run's plus a multiple of 1, 10, 1000, 2000 ... ."""

Simulation = Callable[[Callable[[Any], Any], int, int, int], Iterable[tuple[int, float]]]


@exercise_check(praise="The numbers belong to the tasks, so it does not matter who draws them.")
def same_for_any_pool(answer: Simulation) -> str | None:
    """The task returns the number of its process, which shows whether a worker ran it, and what it draws."""
    runs = {}
    for seed, processes in ((1, 1), (1, 3), (1, 2), (2, 2)):
        found = list(answer(draw_with_pid, seed, 6, processes))
        if len(found) != 6:
            return f"For 6 tasks you return {len(found)} results."
        if hint := _wrong_processes({pid for pid, _ in found}, processes):
            return hint
        runs[seed, processes] = [number for _, number in found]
    if len(set(runs[1, 1])) != 6:
        return "Some of the tasks draw the same numbers."
    if not runs[1, 1] == runs[1, 2] == runs[1, 3]:
        return "With the same seed, but one, two or three processes, the results differ."
    many = [number for seed in SEEDS for _, number in answer(draw_with_pid, seed, 2000, 2)]
    if set(runs[1, 2]) & set(runs[2, 2]) or len(set(many)) < len(many):
        return "Two runs with different seeds have some results in common."
    return None


CutSimulation = Callable[[Callable[[Any, int], Any], int, int, int], Iterable[tuple[int, int, float]]]

BUSY_PROCESSES = 8
"""How many processes must have work, so that there are at least that many tasks."""

CUTS = ((1, 9000, 2), (1, 9000, 1), (1, 9000, 3), (2, 9000, 2), (1001, 9000, 2), (1, 13_000, 3), (1, 1000, 3))
"""The seeds, points and processes of the runs."""


@exercise_check(
    praise="The work is cut in the same way whoever does it, so the number of processes changes the time alone."
)
def cut_for_any_pool(answer: CutSimulation) -> str | None:
    """The task returns the number of its process, how many numbers it drew, and their sum, which shows its stream."""
    runs = {}
    for seed, points, processes in CUTS:
        found = list(answer(add_draws_with_pid, seed, points, processes))
        if hint := _wrong_processes({pid for pid, _, _ in found}, processes):
            return hint
        if (drawn := sum(number for _, number, _ in found)) != points:
            return f"You were asked for {points} points with {processes} processes, and the tasks drew {drawn}."
        runs[seed, points, processes] = [total for _, _, total in found]
    first = runs[1, 9000, 2]
    if not first == runs[1, 9000, 1] == runs[1, 9000, 3]:
        return (
            "With the same seed, but one, two or three processes, the results differ. What else depends on that number?"
        )
    for (_, points, _), totals in runs.items():
        if len(totals) < BUSY_PROCESSES:
            tasks = counted(len(totals), "task")
            return f"With {points} points you make {tasks}, too few to keep {BUSY_PROCESSES} processes busy."
    if len(set(first)) < len(first):
        return "Some of the tasks draw the same numbers."
    if set(first) & {*runs[2, 9000, 2], *runs[1001, 9000, 2]}:
        return "Two runs with different seeds have some results in common."
    return None


def _wrong_processes(pids: set[int], processes: int) -> str | None:
    """Return a hint unless the tasks ran in workers, and in no more of them than there should be."""
    if os.getpid() in pids:
        return "Some tasks ran in this notebook and not in a worker."
    if len(pids) > processes:
        return f"You were asked for a pool of {processes}, and {len(pids)} processes drew numbers."
    return None
