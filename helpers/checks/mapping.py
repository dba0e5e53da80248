"""Mapping a function over many items: the methods of a pool, and the order of their results."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from helpers.checks.verdict import exercise_check
from helpers.tasks import distances


@exercise_check(praise="The same list as the loop's, for one process and for several.")
def pool_distances(answer: Callable[..., Sequence[float]], rows: Any, target: Any) -> str | None:
    right = distances(rows, target)
    for processes in (1, 2, 3):
        found = answer(rows, target, processes)
        if list(found) == right:
            continue
        if len(found) == processes:
            return "You return one list for each chunk; join them into one list of distances."
        return f"With {processes} processes the list differs from the loop's."
    return None


@exercise_check(praise="map keeps the order of its input, whichever task was ready first.")
def map_order(answer: Sequence[int], sizes: Sequence[int]) -> str | None:
    if list(answer) == list(sizes):
        return None
    if list(answer) == sorted(sizes):
        return "That is the order in which they finish. In what order does map give the results?"
    return "Give the sizes in the order in which map returns their results."


@exercise_check(praise="Every result came with its number, so you could put it in its place.")
def put_in_order(answer: Callable[..., Sequence[Any]]) -> str | None:
    if answer([(2, "c"), (0, "a"), (1, "b")]) != ["a", "b", "c"]:
        return "The pairs (2, 'c'), (0, 'a'), (1, 'b') must give ['a', 'b', 'c']."
    if answer([]) != []:
        return "No pairs must give an empty list."
    return None


@exercise_check(praise="Each job has its method.")
def best_method(answer: Mapping[str, object]) -> str | None:
    right = {
        "all results, in order, at once": "map",
        "each result as soon as it is ready, whatever the order": "imap_unordered",
        "each result in order, as soon as it and those before it are ready": "imap",
        "a function of two arguments": "starmap",
        "one task now, its result later": "apply_async",
    }
    for job, method in right.items():
        if answer.get(job) is ...:
            return f"Which method gives you {job}?"
        if answer.get(job) != method:
            return f"{answer.get(job)!r} is not the best choice for {job}; look at the table again."
    return None
