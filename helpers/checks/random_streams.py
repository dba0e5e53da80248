"""Random numbers in workers."""

from collections.abc import Callable, Sequence
from typing import Any

from helpers.checks.verdict import exercise_check


@exercise_check(praise="One stream for each task, the same ones for the same seed.")
def seeds_for_tasks(answer: Callable[[int, int], Sequence[Any]]) -> str | None:
    first, again, other = (answer(seed, 5) for seed in (1, 1, 2))
    if len(first) != 5:
        return "Return one seed for each task."
    states = [[tuple(seed.generate_state(4)) for seed in seeds] for seeds in (first, again, other)]
    if len(set(states[0])) != 5:
        return "Some of the tasks would draw the same numbers."
    if states[0] != states[1]:
        return "The same seed should give the same streams."
    if states[0] == states[2]:
        return "Another seed should give other streams."
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
