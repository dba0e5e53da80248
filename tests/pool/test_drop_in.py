"""`XrayPool` gives what the stock pool gives: results in order, exceptions, callbacks, iterators."""

import functools
import gc
import itertools
import math
import multiprocessing
import os
import threading
import weakref

import faults
import numpy as np
import pytest
import workers
from pools import becomes_true

from helpers import tasks
from helpers.xray import XrayPool

SQUARES = [number * number for number in range(20)]


# ---- results


def test_apply_gives_the_value(pool):
    assert pool.apply(workers.add, (2, 3)) == 5
    assert pool.apply(workers.arguments, (1,), {"key": 2}) == ((1,), {"key": 2})


def test_apply_async_gives_the_value_later(pool):
    result = pool.apply_async(workers.slow_square, (7,))
    assert result.get(timeout=30) == 49
    assert result.ready()
    assert result.successful()


def test_a_result_that_is_not_ready_says_so(pool):
    result = pool.apply_async(workers.sleep_for, (0.3,))
    with pytest.raises(ValueError, match="not ready"):
        result.successful()
    with pytest.raises(multiprocessing.TimeoutError):
        result.get(timeout=0.001)
    result.wait(timeout=30)
    assert result.get() == 0.3


@pytest.mark.parametrize("chunksize", [None, 1, 3, 100])
def test_map_is_the_built_in_map(pool, chunksize):
    assert pool.map(workers.square, range(20), chunksize) == SQUARES
    assert pool.map_async(workers.square, iter(range(20)), chunksize).get(timeout=30) == SQUARES


@pytest.mark.parametrize("values", [[], (), range(0), iter(())], ids=["list", "tuple", "range", "iterator"])
def test_nothing_to_do_gives_nothing(pool, values):
    assert pool.map(workers.square, values) == []
    assert list(pool.imap(workers.square, values)) == []
    assert list(pool.imap_unordered(workers.square, values)) == []
    assert pool.run.spans == ()


def test_map_takes_a_generator(pool):
    assert pool.map(workers.square, (number for number in range(20))) == SQUARES


@pytest.mark.parametrize("chunksize", [None, 1, 3])
def test_starmap_spreads_its_tuples(pool, chunksize):
    groups = [(1, 2), (3,), (), (4, 5, 6)]
    assert pool.starmap(workers.arguments, groups, chunksize) == [(group, {}) for group in groups]
    assert pool.starmap_async(workers.arguments, groups, chunksize).get(timeout=30) == [(group, {}) for group in groups]


@pytest.mark.parametrize("chunksize", [1, 3, 4])
def test_imap_keeps_the_order_and_imap_unordered_keeps_the_values(pool, chunksize):
    assert list(pool.imap(workers.square, range(20), chunksize)) == SQUARES
    assert sorted(pool.imap_unordered(workers.square, range(20), chunksize)) == SQUARES


def test_imap_ends_with_stop_iteration_and_next_takes_a_timeout(pool):
    results = pool.imap(workers.sleep_for, [0.3])
    with pytest.raises(multiprocessing.TimeoutError):
        results.next(timeout=0.001)
    assert results.next(timeout=30) == 0.3
    with pytest.raises(StopIteration):
        results.next()


def test_an_endless_input_is_taken_only_as_far_as_it_is_sent(context):
    with XrayPool(1, context=context) as pool:
        results = pool.imap(workers.square, itertools.islice(itertools.count(), 2000))
        assert [next(results) for _ in range(3)] == SQUARES[:3]


@pytest.mark.parametrize(
    "function, expected",
    [
        (math.sqrt, [0.0, 1.0, 2.0]),
        (workers.Counter(10).add, [10, 11, 14]),
        (functools.partial(workers.add, scale=2), [0, 2, 8]),
        (str, ["0", "1", "4"]),
    ],
    ids=["built-in", "bound method", "partial", "class"],
)
def test_whatever_can_be_pickled_can_be_the_function(pool, function, expected):
    assert pool.map(function, [0, 1, 4]) == expected


def test_a_big_array_is_the_same_after_the_round_trip(pool):
    array = np.random.default_rng(1).standard_normal((2_500_000,))
    (found,) = pool.map(tasks.identity, [array])
    assert np.array_equal(found, array)


@pytest.mark.parametrize("writeable", [True, False])
def test_an_array_can_be_written_to_just_as_in_the_stock_pool(pool, context, writeable):
    arrays = [np.zeros(3), np.zeros(200_000)]
    for array in arrays:
        array.flags.writeable = writeable
    with context.Pool(1) as stock:
        assert pool.map(workers.is_writeable, arrays) == stock.map(workers.is_writeable, arrays)


def test_what_is_one_object_in_an_argument_is_one_in_the_worker(pool):
    value = [1, 2, 3]
    assert pool.map(workers.is_one_object, [(value, value), (value, list(value))]) == [True, False]


def test_results_are_released_when_the_caller_lets_go(pool):
    class Box(list):
        pass

    boxes = [Box([number]) for number in range(3)]
    alive = [weakref.ref(box) for box in boxes]
    pool.map(len, [list(box) for box in boxes])
    result = pool.map_async(tasks.identity, [[number] for number in range(3)])
    result.get(timeout=30)
    alive.append(weakref.ref(result))
    del boxes, result
    assert becomes_true(lambda: gc.collect() >= 0 and all(thing() is None for thing in alive), within=3)


# ---- input and exceptions


@pytest.mark.parametrize("chunksize", [1, 2])
def test_imap_gives_the_results_before_its_input_raises_and_then_the_error(pool, chunksize):
    def numbers():
        yield from (1, 2)
        raise faults.CannotBeUnpickled(1, "of the input")

    results = pool.imap(workers.square, numbers(), chunksize)
    assert [next(results), next(results)] == [1, 4]
    with pytest.raises(faults.CannotBeUnpickled, match="of the input"):
        next(results)
    assert pool.map(workers.square, [3]) == [9]


def test_imap_unordered_raises_the_error_of_its_input_among_its_results(pool):
    def numbers():
        yield from range(3)
        raise ZeroDivisionError("the input broke")

    results = pool.imap_unordered(workers.square, numbers())
    with pytest.raises(ZeroDivisionError, match="the input broke"):
        for _ in range(4):
            next(results)
    assert pool.map(workers.square, [3]) == [9]


@pytest.mark.parametrize("method", ["map", "map_async", "starmap"])
def test_an_iterable_that_raises_at_once_raises_at_the_call(pool, method):
    def broken():
        raise ZeroDivisionError("the input broke")
        yield

    with pytest.raises(ZeroDivisionError, match="the input broke"):
        getattr(pool, method)(workers.square, broken())


@pytest.mark.parametrize("function, argument", [(faults.fail_at_three, 3), (math.sqrt, -1), (workers.square, "text")])
def test_an_exception_is_the_stock_pools(pool, context, function, argument):
    with context.Pool(1) as stock, pytest.raises(Exception) as expected:
        stock.map(function, [argument])
    with pytest.raises(type(expected.value)) as found:
        pool.map(function, [argument])
    assert found.value.args == expected.value.args


def test_an_exception_that_rebuilds_itself_keeps_what_it_rebuilds(pool):
    with pytest.raises(faults.RebuildsItself, match="odd code 5") as caught:
        pool.apply(faults.raise_rebuilds_itself, (5,))
    assert caught.value.code == 5


# ---- callbacks


def test_callbacks_get_plain_values(pool):
    got = []
    pool.map_async(workers.square, range(3), callback=got.append).get(timeout=30)
    pool.apply_async(workers.add, (1, 2), callback=got.append).get(timeout=30)
    assert got == [[0, 1, 4], 3]


def test_error_callbacks_get_the_exception_and_callbacks_do_not(pool):
    got, values = [], []
    result = pool.map_async(faults.fail_at_three, range(5), 1, callback=values.append, error_callback=got.append)
    with pytest.raises(ValueError, match="three is one too many"):
        result.get(timeout=30)
    assert result.ready() and not result.successful()
    assert [error.args for error in got] == [("three is one too many", 3)]
    assert values == []


# ---- workers and the end


def test_several_threads_can_use_one_pool(pool):
    found = {}

    def use(start: int) -> None:
        found[start] = pool.map(workers.square, range(start, start + 50))

    threads = [threading.Thread(target=use, args=(start,)) for start in (0, 100, 200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert found == {start: [number * number for number in range(start, start + 50)] for start in (0, 100, 200)}
    assert len(pool.run.spans) == 150


@pytest.mark.parametrize("function", [faults.start_stock_pool, faults.start_xray_pool])
def test_a_pool_inside_a_task_raises_pythons_own_error(pool, function):
    with pytest.raises(AssertionError, match="daemonic processes are not allowed to have children"):
        pool.map(function, [1])


def test_the_initializer_runs_in_every_worker(context):
    with XrayPool(2, initializer=workers.remember, initargs=("hello",), context=context) as pool:
        assert pool.map(workers.recall, range(8), 1) == ["hello"] * 8


@pytest.mark.parametrize("chunksize", [1, 2])
def test_workers_are_replaced_after_maxtasksperchild_tasks(context, chunksize):
    with XrayPool(2, maxtasksperchild=2, context=context) as pool:
        pids = pool.map(tasks.nap, [0.02] * 12, chunksize)
        run = pool.run
    assert len(set(pids)) >= 12 // (2 * chunksize)
    assert {worker.pid for worker in run.workers} == set(pids)


def test_a_closed_pool_whose_workers_leave_finishes_what_it_has(context):
    with XrayPool(2, maxtasksperchild=1, context=context) as pool:
        result = pool.map_async(tasks.nap, [0] * 6, chunksize=1)
        pool.close()
        pool.join()
        assert len(set(result.get())) == 6


def test_a_closed_pool_refuses_work_and_finishes_what_it_has(context):
    with XrayPool(1, context=context) as pool:
        result = pool.map_async(workers.slow_square, range(3))
        pool.close()
        for method in (pool.map, pool.imap, pool.imap_unordered, pool.map_async, pool.starmap):
            with pytest.raises(ValueError, match="not running"):
                method(workers.square, [1])
        with pytest.raises(ValueError, match="not running"):
            pool.apply(workers.square, (1,))
        pool.join()
        assert result.get() == [0, 1, 4]


def test_join_before_close_is_refused(pool):
    with pytest.raises(ValueError, match="still running"):
        pool.join()


def test_terminate_gives_up_what_is_left(context):
    before = set(multiprocessing.active_children())
    with XrayPool(2, context=context) as pool:
        pool.map_async(tasks.nap, [0.2] * 1000, chunksize=1)
        pool.terminate()
        pool.join()
    assert set(multiprocessing.active_children()) <= before


def test_the_default_size_is_the_stock_pools():
    with XrayPool() as pool:
        assert pool.run.processes == (getattr(os, "process_cpu_count", os.cpu_count)() or 1)
