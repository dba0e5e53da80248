"""Mapping a function over many items: the methods of a pool, the order of their results, and the chunks."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from helpers.checks.verdict import exercise_check
from helpers.tasks import distances


@exercise_check(praise="The first chunks take one row more each until the remainder is used up; none is lost.")
def chunk_lengths(answer: Sequence[int], rows: int, chunks: int) -> str | None:
    if sum(answer) != rows:
        return f"Together the chunks must hold {rows} rows; yours hold {sum(answer)}."
    if len(answer) != chunks:
        return f"There must be {chunks} chunks; you have {len(answer)}."
    if max(answer) - min(answer) > 1:
        return "array_split makes chunks whose lengths differ by one row at most."
    if list(answer) != sorted(answer, reverse=True):
        return "Which chunks take the extra rows: the first or the last?"
    return None


@exercise_check(praise="A quarter of a worker's share, rounded up: so that every worker takes about four chunks.")
def default_chunk_size(answer: int, tasks: int, processes: int) -> str | None:
    if answer == math.ceil(tasks / (4 * processes)):
        return None
    if answer == math.ceil(tasks / processes):
        return "That is one chunk a worker. The pool makes about four."
    if answer == tasks // (4 * processes):
        return "Nearly. What becomes of the tasks that are left over?"
    return f"Share {tasks} tasks among {processes} workers, then cut each share into four."


@exercise_check(praise="It works for few tasks and for many, and never asks for an empty chunk.")
def chunk_size_for(answer: Callable[[int, int, int], int]) -> str | None:
    for tasks, processes, each in ((1000, 4, 10), (100_000, 2, 16), (7, 4, 4)):
        size = answer(tasks, processes, each)
        if not isinstance(size, int) or size < 1:
            return f"A chunk size is a whole number of 1 or more; for {tasks} tasks you return {size!r}."
        case = f"{tasks} tasks, {processes} workers, {each} chunks each"
        chunks = math.ceil(tasks / size)
        if chunks > processes * each:
            return f"{case}: yours makes {chunks} chunks, which is too many."
        if size > 1 and math.ceil(tasks / (size - 1)) <= processes * each:
            return f"{case}: a smaller size would do."
    return None


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
