"""Each usual mistake about chunks gets the hint that names it."""

import pytest

from helpers import checks
from helpers.checks.chunks import _map_seconds

MISTAKES = [
    (checks.chunk_lengths, ([3, 3, 3], 10, 3), "Together the chunks must hold 10 rows; yours hold 9."),
    (checks.chunk_lengths, ([5, 5], 10, 3), "There must be 3 chunks; you have 2."),
    (checks.chunk_lengths, ([3.5, 3.5, 3], 10, 3), "A chunk is a whole number of rows."),
    (checks.chunk_lengths, ([5, 3, 2], 10, 3), "array_split makes chunks whose lengths differ by one row at most."),
    (checks.chunk_lengths, ([3, 4, 3], 10, 3), "Which chunks take the extra rows: the first or the last?"),
    (checks.default_chunks, ([4] * 12, 50, 4), "Together the chunks must hold 50 tasks; yours hold 48."),
    (checks.default_chunks, ([1] * 50, 50, 4), "You make 50 chunks, which are more than four for each of 4 workers."),
    (
        checks.default_chunks,
        ([3] * 16 + [2], 50, 4),
        "You make 17 chunks, which are more than four for each of 4 workers.",
    ),
    (
        checks.default_chunks,
        ([13, 13, 13, 11], 50, 4),
        "That is one chunk for each worker. How many does map make at most?",
    ),
    (
        checks.default_chunks,
        ([4, 4] + [3] * 14, 50, 4),
        "array_split makes chunks that are nearly equal. The pool fills each chunk before it begins the next one.",
    ),
    (
        checks.default_chunks,
        ([2] + [4] * 12, 50, 4),
        "First work out how many tasks a full chunk holds, then fill one chunk after another.",
    ),
    (
        checks.chunk_size_for,
        (lambda tasks, p, each: 0,),
        (
            "A chunk size is a whole number (an int) of 1 or more; for 1000 tasks, 4 workers, at most 10 chunks "
            "each you return 0."
        ),
    ),
    (
        checks.chunk_size_for,
        (lambda tasks, p, each: True,),
        (
            "A chunk size is a whole number (an int) of 1 or more; for 1000 tasks, 4 workers, at most 10 chunks "
            "each you return True."
        ),
    ),
    (
        checks.chunk_size_for,
        (lambda tasks, p, each: tasks // (p * each) or 1,),
        "1001 tasks, 4 workers, at most 10 chunks each: yours makes 41 chunks, which is too many.",
    ),
    (
        checks.chunk_size_for,
        (lambda tasks, p, each: tasks // (p * each) + 1,),
        "1000 tasks, 4 workers, at most 10 chunks each: a smaller size would do.",
    ),
    (
        checks.chunk_size_for,
        (lambda tasks, p, each: -(-tasks // (p * each)) if tasks > 7 else 2,),
        "7 tasks, 4 workers, at most 4 chunks each: a smaller size would do.",
    ),
    (
        checks.map_seconds,
        (lambda seconds, size, p: sum(seconds) / p,),
        (
            "Tasks of [3, 1] s, chunks of 1, 4 workers: yours takes 1 s, as if all workers always ended at the "
            "same moment."
        ),
    ),
    (
        checks.map_seconds,
        (lambda seconds, size, p: _map_seconds(seconds, 1, p),),
        "Tasks of [1, 2, 3, 4] s, chunks of 2, 2 workers: yours takes 6 s, as if each task were a chunk of its own.",
    ),
    (
        checks.map_seconds,
        (lambda seconds, size, p: 77,),
        (
            "Tasks of [1, 1, 1, 1, 1, 1] s, chunks of 1, 2 workers: yours takes 77 s. Draw a row for each "
            "worker, and see which one is free first."
        ),
    ),
]


@pytest.mark.parametrize("check, answer, hint", MISTAKES)
def test_a_mistake_gets_the_hint_that_names_it(check, answer, hint):
    assert check(*answer).sentence == hint


def test_the_model_of_a_pool_is_the_one_drawn_by_hand():
    assert _map_seconds([1, 1, 1, 1, 1, 10], 1, 2) == 12
    assert _map_seconds([1, 2, 3, 4], 2, 2) == 7
    assert _map_seconds([2, 2, 2], 2, 2) == 4
    assert _map_seconds([3, 1], 1, 4) == 3
    assert _map_seconds([0.5, 0.25, 1, 0.25, 2, 1], 1, 3) == 2.5
