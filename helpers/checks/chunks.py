"""Cutting the input of a map into chunks."""

import math
from collections.abc import Callable, Sequence

from helpers.checks.verdict import exercise_check


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
