"""Right answers in several forms get a tick; the mistakes that students make get a hint, and leave nothing behind."""

from functools import partial
from multiprocessing.shared_memory import SharedMemory

import numpy as np
import pytest

from helpers import array_tasks, checks, tasks
from helpers.checks.verdict import NO_ANSWER

SENT = {"partial": 4000, "initializer": 1600, "shared memory": 0, "rows of each task": 200}
FACTS = (200, 1000, 50, 8)


@pytest.mark.parametrize(
    "answer",
    [
        SENT,
        {way: np.int64(number) for way, number in SENT.items()},
        {way: float(number) for way, number in SENT.items()} | {"shared memory": 0.000_1},
        dict(zip(SENT, np.array([4000.0, 1600.0, 0.0, 200.0]), strict=True)),
    ],
)
def test_the_right_megabytes_get_a_tick(answer):
    assert checks.megabytes_sent(answer, *FACTS).right


@pytest.mark.parametrize(
    "wrong, hint",
    [
        ({"partial": 200_000}, "share one copy"),
        ({"partial": 200}, "How many chunks"),
        ({"partial": 1600}, "How many chunks"),
        ({"initializer": 200}, "initializer"),
        ({"initializer": 4000}, "initializer"),
        ({"initializer": 0}, "initializer"),
        ({"shared memory": 200}, "find them"),
        ({"shared memory": 1600}, "find them"),
        ({"rows of each task": 4000}, "each row"),
        ({"rows of each task": 0.2}, "each row"),
        ({"initializer": ...}, "no number"),
    ],
)
def test_wrong_megabytes_get_a_hint_without_the_number(wrong, hint):
    verdict = checks.megabytes_sent(SENT | wrong, *FACTS)
    assert not verdict.right
    assert hint in verdict.sentence
    assert not any(str(number) in verdict.sentence for number in SENT.values() if number)


def with_initializer(make_pool, table, target, bounds):
    with make_pool(2, array_tasks.hold_table, (table,)) as pool:
        return pool.map(partial(array_tasks.held_distances, target=target), bounds, chunksize=1)


def with_arrays_returned(make_pool, table, target, bounds):
    with make_pool(processes=2, initializer=array_tasks.hold_table, initargs=[table]) as pool:
        return list(pool.imap(partial(array_tasks.held_distances_as_array, target=target), bounds))


def with_rows(make_pool, table, target, bounds):
    with make_pool(2) as pool:
        rows = (table[begin:end] for begin, end in bounds)
        return pool.map(partial(tasks.distances, target=target), rows, chunksize=2)


def with_lists(make_pool, table, target, bounds):
    with make_pool(2) as pool:
        return pool.starmap(tasks.distances, [(table[begin:end].tolist(), target.tolist()) for begin, end in bounds])


def with_shared_memory(make_pool, table, target, bounds):
    memory = SharedMemory(create=True, size=table.nbytes)
    try:
        np.ndarray(table.shape, buffer=memory.buf)[:] = table
        with make_pool(2, array_tasks.hold_shared, (memory.name, table.shape)) as pool:
            return pool.map(partial(array_tasks.held_distances, target=target), bounds, chunksize=1)
    finally:
        memory.close()
        memory.unlink()


@pytest.mark.parametrize("answer", [with_initializer, with_arrays_returned, with_rows, with_lists, with_shared_memory])
def test_a_function_that_sends_less_gets_a_tick(answer):
    assert checks.sends_less(answer).right


def wasteful(make_pool, table, target, bounds, chunksize=1):
    with make_pool(2) as pool:
        return pool.map(partial(array_tasks.slice_distances, table=table, target=target), bounds, chunksize=chunksize)


def with_the_table_in_each_task(make_pool, table, target, bounds):
    with make_pool(2) as pool:
        return pool.starmap(array_tasks.slice_distances, [(each, table, target) for each in bounds], chunksize=1)


def without_a_pool(make_pool, table, target, bounds):
    return [array_tasks.slice_distances(each, table, target) for each in bounds]


def in_one_list(make_pool, table, target, bounds):
    return [distance for part in with_rows(make_pool, table, target, bounds) for distance in part]


def in_any_order(make_pool, table, target, bounds):
    return with_rows(make_pool, table, target, bounds)[::-1]


def with_an_initializer_and_the_partial(make_pool, table, target, bounds):
    with make_pool(2, array_tasks.hold_table, (table,)) as pool:
        return pool.map(partial(array_tasks.slice_distances, table=table, target=target), bounds, chunksize=1)


@pytest.mark.parametrize(
    "answer, hint",
    [
        (wasteful, "8.0 times the table"),
        (partial(wasteful, chunksize=8), "one worker"),
        (with_the_table_in_each_task, "8.0 times the table"),
        (without_a_pool, "No worker"),
        (in_one_list, "results differ"),
        (in_any_order, "results differ"),
        (with_an_initializer_and_the_partial, "10.0 times the table"),
        (lambda make_pool, table, target, bounds: [], "No worker"),
    ],
)
def test_a_function_that_sends_too_much_or_computes_nothing_gets_a_hint(answer, hint):
    verdict = checks.sends_less(answer)
    assert not verdict.right
    assert hint in verdict.sentence


def shared(array, function):
    memory = SharedMemory(create=True, size=array.nbytes)
    try:
        np.ndarray(array.shape, array.dtype, memory.buf)[:] = array
        return function(memory.name)
    finally:
        memory.close()
        memory.unlink()


def shared_as_bytes(array, function):
    memory = SharedMemory(create=True, size=max(1, len(data := array.tobytes())))
    memory.buf[: len(data)] = data
    try:
        result = function(memory.name)
    except BaseException:
        memory.close()
        memory.unlink()
        raise
    memory.unlink()
    memory.close()
    return result


class Shared:
    def __init__(self, array):
        self.memory = SharedMemory(create=True, size=array.nbytes)
        np.frombuffer(self.memory.buf, array.dtype, array.size)[:] = array.ravel()

    def __enter__(self):
        return self.memory.name

    def __exit__(self, *_):
        self.memory.close()
        self.memory.unlink()


def shared_in_a_with(array, function):
    with Shared(array) as name:
        return function(name)


@pytest.mark.parametrize("answer", [shared, shared_as_bytes, shared_in_a_with])
def test_shared_memory_that_is_released_gets_a_tick(answer):
    assert checks.with_shared(answer).right


def block(array, dtype=None):
    memory = SharedMemory(create=True, size=array.nbytes)
    np.ndarray(array.shape, dtype or array.dtype, memory.buf)[:] = array
    return memory


def never_unlinked(array, function):
    memory = block(array)
    memory.close()
    return function(memory.name)


def unlinked_if_all_goes_well(array, function):
    memory = block(array)
    result = function(memory.name)
    memory.close()
    memory.unlink()
    return result


def without_its_result(array, function):
    shared(array, function)


def with_the_memory_itself(array, function):
    memory = block(array)
    try:
        return function(memory)
    finally:
        memory.close()
        memory.unlink()


def always_of_floats(array, function):
    memory = SharedMemory(create=True, size=8 * array.size)
    try:
        np.ndarray(array.shape, buffer=memory.buf)[:] = array
        return function(memory.name)
    finally:
        memory.close()
        memory.unlink()


def with_a_size_in_numbers(array, function):
    memory = SharedMemory(create=True, size=array.size)
    try:
        np.ndarray(array.shape, array.dtype, memory.buf)[:] = array
        return function(memory.name)
    finally:
        memory.close()
        memory.unlink()


def hiding_the_exception(array, function):
    try:
        return shared(array, function)
    except ZeroDivisionError:
        return None


def unlinked_too_early(array, function):
    memory = block(array)
    memory.close()
    memory.unlink()
    return function(memory.name)


@pytest.mark.parametrize(
    "answer, hint",
    [
        (never_unlinked, "are left"),
        (unlinked_if_all_goes_well, "1 of 3"),
        (without_its_result, "return the function's result"),
        (with_the_memory_itself, "raised"),
        (always_of_floats, "int32"),
        (with_a_size_in_numbers, "raised TypeError"),
        (hiding_the_exception, "must reach the caller"),
        (unlinked_too_early, "FileNotFoundError"),
    ],
)
def test_shared_memory_that_is_misused_gets_a_hint_and_is_removed(answer, hint):
    verdict = checks.with_shared(answer)
    assert not verdict.right
    assert hint in verdict.sentence


@pytest.mark.parametrize(
    "check, unanswered, facts",
    [
        (checks.megabytes_sent, dict.fromkeys(SENT, ...), FACTS),
        (checks.sends_less, ..., ()),
        (checks.with_shared, None, ()),
    ],
)
def test_an_open_exercise_gets_no_hint(check, unanswered, facts):
    assert check(unanswered, *facts) is NO_ANSWER
