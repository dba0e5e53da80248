"""Cutting the input of a map into chunks."""

import heapq
import math
import numbers
from collections.abc import Callable, Iterable, Sequence

from helpers.checks.verdict import exercise_check


@exercise_check(praise="The first chunks take one row more each until the remainder is used up; none is lost.")
def chunk_lengths(answer: Sequence[int], rows: int, chunks: int) -> str | None:
    if sum(answer) != rows:
        return f"Together the chunks must hold {rows} rows; yours hold {sum(answer)}."
    if len(answer) != chunks:
        return f"There must be {chunks} chunks; you have {len(answer)}."
    if any(length % 1 for length in answer):
        return "A chunk is a whole number of rows."
    if max(answer) - min(answer) > 1:
        return "array_split makes chunks whose lengths differ by one row at most."
    if list(answer) != sorted(answer, reverse=True):
        return "Which chunks take the extra rows: the first or the last?"
    return None


@exercise_check(praise="The pool fills one chunk after another; the last one takes what is left.")
def default_chunks(answer: Iterable[int], tasks: int, processes: int) -> str | None:
    lengths, size = list(answer), math.ceil(tasks / (4 * processes))
    if sum(lengths) != tasks:
        return f"Together the chunks must hold {tasks} tasks; yours hold {sum(lengths)}."
    if lengths == [min(size, tasks - first) for first in range(0, tasks, size)]:
        return None
    if len(lengths) > 4 * processes:
        return f"You make {len(lengths)} chunks, which are more than four for each of {processes} workers."
    if len(lengths) == processes:
        return "That is one chunk for each worker. How many does map make at most?"
    if max(lengths) - min(lengths) <= 1 and len(lengths) in (math.ceil(tasks / size), 4 * processes):
        return (
            "array_split makes chunks that are nearly equal. The pool fills each chunk before it begins the next one."
        )
    return "First work out how many tasks a full chunk holds, then fill one chunk after another."


@exercise_check(praise="It works for few tasks and for many, and never asks for an empty chunk.")
def chunk_size_for(answer: Callable[[int, int, int], int]) -> str | None:
    for tasks, processes, each in ((1000, 4, 10), (1001, 4, 10), (7, 4, 4), (17, 4, 4), (100_000, 3, 16), (1, 1, 1)):
        size = answer(tasks, processes, each)
        case = f"{tasks} tasks, {processes} workers, at most {each} chunks each"
        if not isinstance(size, numbers.Integral) or isinstance(size, bool) or size < 1:
            return f"A chunk size is a whole number (an int) of 1 or more; for {case} you return {size!r}."
        chunks = math.ceil(tasks / int(size))
        if chunks > processes * each:
            return f"{case}: yours makes {chunks} chunks, which is too many."
        if size > 1 and math.ceil(tasks / (int(size) - 1)) <= processes * each:
            return f"{case}: a smaller size would do."
    return None


@exercise_check(praise="Free workers take the next chunk, as in a pool; teeth and stragglers follow from that alone.")
def map_seconds(answer: Callable[[list[float], int, int], float]) -> str | None:
    cases: list[tuple[list[float], int, int]] = [
        ([1, 1, 1, 1, 1, 1], 1, 2), ([2, 1, 3], 1, 1), ([3, 1], 1, 4), ([1, 2, 3, 4], 2, 2), ([1, 1, 1, 1, 1, 1], 2, 2),
        ([2, 2, 2], 2, 2), ([1, 1, 5], 2, 2), ([5, 1, 1, 1], 1, 2), ([1, 1, 1, 1, 1, 10], 1, 2),
        ([0.5, 0.25, 1, 0.25, 2, 1], 1, 3),
    ]  # fmt: skip
    for seconds, chunksize, processes in cases:
        found = float(answer(list(seconds), chunksize, processes))
        if math.isclose(found, _map_seconds(seconds, chunksize, processes)):
            continue
        case = f"Tasks of {seconds} s, chunks of {chunksize}, {processes} workers: yours takes {found:g} s"
        if math.isclose(found, sum(seconds) / processes):
            return f"{case}, as if all workers always ended at the same moment."
        if chunksize > 1 and math.isclose(found, _map_seconds(seconds, 1, processes)):
            return f"{case}, as if each task were a chunk of its own."
        return f"{case}. Draw a row for each worker, and see which one is free first."
    return None


def _map_seconds(seconds: list[float], chunksize: int, processes: int) -> float:
    """Return when the last worker is done, if a worker that is free takes the next chunk."""
    free = [0.0] * processes
    for first in range(0, len(seconds), chunksize):
        heapq.heapreplace(free, free[0] + sum(seconds[first : first + chunksize]))
    return max(free)
