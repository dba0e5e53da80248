"""Random numbers in workers."""

import os
import pickle
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from helpers.array_tasks import draw_with_pid
from helpers.checks.verdict import exercise_check

Seeds = Callable[[int, int], Iterable[Any]]


@exercise_check(praise="One stream for each task, the same ones for the same seed, and no stream in two runs.")
def seeds_for_tasks(answer: Seeds) -> str | None:
    """Whatever `numpy.random.default_rng` takes is a seed; what counts is the numbers that it gives."""
    first, again, following = (_first_numbers(answer(seed, 5)) for seed in (1, 1, 2))
    if len(first) != 5:
        return f"For 5 tasks you return {len(first)} seeds. Return one for each task."
    if first != again:
        return "Called twice with the same seed, your function gives different streams."
    if len(set(first)) != 5:
        return "Some of the tasks would draw the same numbers."
    if first == following:
        return "Another seed should give other streams."
    many = [number for seed in (1, 2) for number in _first_numbers(answer(seed, 2000))]
    if shared := len(many) - len(set(many)):
        return f"Runs of 2000 tasks, with the seeds 1 and 2, have {shared} streams in common: they are not independent."
    return None


def _first_numbers(seeds: Iterable[Any]) -> list[tuple[int, ...]]:
    """Return the first numbers that each task would draw from its seed, which is pickled on its way to a worker."""
    copies = [pickle.loads(pickle.dumps(seed)) for seed in seeds]
    return [tuple(np.random.default_rng(seed).integers(2**63, size=3).tolist()) for seed in copies]


Simulation = Callable[[Callable[[Any], Any], int, int, int], Iterable[tuple[int, float]]]


@exercise_check(praise="The numbers belong to the tasks, so it does not matter who draws them.")
def same_for_any_pool(answer: Simulation) -> str | None:
    """The task returns the number of its process, which shows whether a worker ran it, and what it draws."""
    runs = {}
    for seed, processes in ((1, 1), (1, 3), (1, 2), (2, 2)):
        found = list(answer(draw_with_pid, seed, 6, processes))
        if len(found) != 6:
            return f"For 6 tasks you return {len(found)} results."
        pids = {pid for pid, _ in found}
        if os.getpid() in pids:
            return "Some tasks ran in this notebook and not in a worker."
        if len(pids) > processes:
            return f"You were asked for a pool of {processes}, and {len(pids)} processes drew numbers."
        runs[seed, processes] = [number for _, number in found]
    if len(set(runs[1, 1])) != 6:
        return "Some of the tasks draw the same numbers."
    if not runs[1, 1] == runs[1, 2] == runs[1, 3]:
        return "With the same seed, but one, two or three processes, the results differ."
    many = [number for seed in (1, 2) for _, number in answer(draw_with_pid, seed, 2000, 2)]
    if set(runs[1, 2]) & set(runs[2, 2]) or len(set(many)) < len(many):
        return "Two runs with different seeds have some results in common."
    return None


@exercise_check(praise="The workers repeat each other; only a worker's own tasks differ.")
def different_results(answer: int, workers: int, tasks_each: int) -> str | None:
    if answer == tasks_each:
        return None
    if answer == workers * tasks_each:
        return "That would be right if each worker had a state of its own."
    if answer == 1:
        return "A worker's second task continues where its first one stopped."
    return "What does the second worker draw first? And second?"
