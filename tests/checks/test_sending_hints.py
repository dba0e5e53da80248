"""Each usual mistake about sending data gets the hint that names it."""

from functools import partial
from multiprocessing.shared_memory import SharedMemory

import numpy as np
import pytest

from helpers import array_tasks, checks

RIGHT = {"partial": 80.0 * 4, "initializer": 80.0 * 3, "shared memory": 0.0, "rows of each task": 80.0}
HINTS = {
    "partial": "partial: How many chunks are there, and what is in each?",
    "initializer": "initializer: Who gets the initializer's arguments, and how many of them are there?",
    "shared memory": "shared memory: Does a worker get the numbers, or what it needs to find them?",
    "rows of each task": "rows of each task: How often is each row of the table pickled?",
}


def megabytes(**changed):
    """The check of 7 tasks in chunks of 2 on 3 workers, with a table of 80 MB."""
    return checks.megabytes_sent({**RIGHT, **changed}, 80.0, 7, 2, 3).sentence


@pytest.mark.parametrize("way", RIGHT)
def test_a_wrong_number_of_megabytes_gets_the_hint_of_its_way(way):
    assert megabytes() == "Count who gets a copy: each chunk, each worker, nobody, or each row its one task."
    assert megabytes(**{way: RIGHT[way] * 1.02 + 0.02}) == HINTS[way]
    assert megabytes(**{way: RIGHT[way] * 1.005}).startswith("Count who gets a copy")
    assert megabytes(**{way: ...}) == f"There is no number for {way!r} yet."
    others = {other: RIGHT[other] for other in RIGHT if other != way}
    assert checks.megabytes_sent(others, 80.0, 7, 2, 3).sentence == f"There is no number for {way!r} yet."


def test_a_copy_for_each_task_is_named():
    assert megabytes(partial=80.0 * 7) == "partial: The tasks of a chunk share one copy."
    assert megabytes(**{"rows of each task": 80.0 * 7}) == HINTS["rows of each task"]


def sent_to_workers(make_pool, table, target, bounds, *, change=list, **keywords):
    with make_pool(2, array_tasks.hold_table, (table,)) as pool:
        return change(pool.map(partial(array_tasks.held_distances, target=target), bounds, **keywords))


@pytest.mark.parametrize(
    "answer, hint",
    [
        (sent_to_workers, "The same results, and no row is sent more than once to a worker."),
        (
            lambda make_pool, table, target, bounds: [],
            "No worker computed anything. Make a pool with make_pool, and let it work.",
        ),
        (partial(sent_to_workers, chunksize=8), "There is a single chunk, so one worker computes everything."),
        (
            partial(sent_to_workers, change=lambda parts: parts[:7]),
            "The results differ. There is one list of distances for each pair of bounds, in their order.",
        ),
        (
            partial(sent_to_workers, change=lambda parts: parts[::-1]),
            "The results differ. There is one list of distances for each pair of bounds, in their order.",
        ),
    ],
)
def test_sending_less_gets_the_hint_that_names_its_mistake(answer, hint):
    assert checks.sends_less(answer).sentence == hint


def test_copies_of_the_table_are_counted_at_the_start_and_in_every_message():
    def a_third_copy(make_pool, table, target, bounds):
        with make_pool(3, array_tasks.hold_table, (table,)) as pool:
            return pool.map(partial(array_tasks.held_distances, target=target), bounds)

    def in_each_chunk(make_pool, table, target, bounds):
        with make_pool(2) as pool:
            return pool.map(partial(array_tasks.slice_distances, table=table, target=target), bounds, chunksize=2)

    assert checks.sends_less(a_third_copy).sentence == "It sends 3.0 times the table."
    assert checks.sends_less(in_each_chunk).sentence == "It sends 4.0 times the table."


def shared(array, function, *, leave=False, swallow=False, returned=None, change=None):
    memory = SharedMemory(create=True, size=array.nbytes)
    try:
        view = np.ndarray(array.shape, array.dtype, buffer=memory.buf)
        view[:] = array if change is None else change(array)
        del view
        found = function(memory.name)
        return found if returned is None else returned
    except ZeroDivisionError:
        if not swallow:
            raise
    finally:
        memory.close()
        if not leave:
            memory.unlink()


def left_when_it_fails(array, function):
    memory = SharedMemory(create=True, size=array.nbytes)
    np.ndarray(array.shape, array.dtype, buffer=memory.buf)[:] = array
    found = function(memory.name)
    memory.close()
    memory.unlink()
    return found


FIRST = "For float64 numbers of shape (3,): the function must find them in the memory, and "
FIRST += "you return the function's result."


@pytest.mark.parametrize(
    "answer, hint",
    [
        (shared, "It holds what was given, and nothing is left, whatever happens."),
        (partial(shared, returned=b"no"), FIRST),
        (partial(shared, returned=[1.0, 2.0, 4.0]), FIRST),
        (partial(shared, change=lambda array: array + 1), FIRST),
        (
            partial(shared, change=lambda array: array if array.ndim == 1 else 0 * array),
            FIRST.replace("float64", "int32").replace("(3,)", "(2, 3000)"),
        ),
        (partial(shared, swallow=True), "An exception of the function must reach the caller."),
        (partial(shared, leave=True), "3 of 3 blocks of shared memory are left after the calls, one of which raised."),
        (left_when_it_fails, "1 of 3 blocks of shared memory are left after the calls, one of which raised."),
    ],
)
def test_shared_memory_gets_the_hint_that_names_its_mistake(answer, hint):
    assert checks.with_shared(answer).sentence == hint
