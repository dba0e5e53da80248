"""`XrayPool` keeps what CPython's own tests ask of `multiprocessing.Pool`, and records what happened.

The claims follow the standard library's test suite (test.support's _test_multiprocessing: _TestPool,
_TestPoolWorkerLifetime, _TestPoolWorkerErrors), and run under every start method of the platform.
"""

import functools
import gc
import itertools
import math
import multiprocessing
import multiprocessing.pool
import os
import pickle
import threading
import time
import weakref

import numpy as np
import pytest
import workers

from helpers import tasks
from helpers.machine import start_methods
from helpers.pool.validation import MOST_PROCESSES
from helpers.spans import OUTCOMES, Run
from helpers.xray import TaskFailed, TookTooLong, WorkerDied, XrayPool

MOMENTS = [
    "submitted",
    "packed",
    "sent",
    "arrived",
    "received",
    "started",
    "finished",
    "returned",
    "replied",
    "landed",
    "delivered",
]


@pytest.fixture(scope="module", params=start_methods())
def context(request):
    return multiprocessing.get_context(request.param)


@pytest.fixture(scope="module")
def shared(context):
    with XrayPool(2, context=context) as pool:
        yield pool


@pytest.fixture
def pool(shared):
    """A pool that is already up; its run begins anew with each test."""
    shared.reset()
    return shared


# ---- what the stock pool promises


def test_apply_gives_the_value(pool):
    assert pool.apply(workers.add, (2, 3)) == 5
    assert pool.apply(workers.add, (2,), {"right": 3, "scale": 10}) == 50


def test_apply_async_gives_the_value_later(pool):
    result = pool.apply_async(workers.slow_square, (7,))
    assert result.get(timeout=30) == 49
    assert result.ready()
    assert result.successful()


def test_a_result_that_is_not_ready_says_so(pool):
    result = pool.apply_async(workers.slow_square, (7,))
    with pytest.raises(ValueError, match="not ready"):
        result.successful()
    with pytest.raises(multiprocessing.TimeoutError):
        result.get(timeout=0.001)
    result.wait(timeout=30)
    assert result.get() == 49


@pytest.mark.parametrize("chunksize", [None, 1, 3, 100])
def test_map_is_the_built_in_map(pool, chunksize):
    assert pool.map(workers.square, range(20), chunksize) == [n * n for n in range(20)]


@pytest.mark.parametrize("values", [[], (), range(0), iter(())], ids=["list", "tuple", "range", "iterator"])
def test_nothing_to_do_gives_an_empty_list(pool, values):
    assert pool.map(workers.square, values) == []
    assert pool.run.spans == ()


def test_map_takes_a_generator(pool):
    assert pool.map(workers.square, (n for n in range(7))) == [n * n for n in range(7)]


def test_starmap_spreads_its_tuples(pool):
    pairs = [(n, n + 1) for n in range(10)]
    assert pool.starmap(workers.add, pairs) == [left + right for left, right in pairs]
    assert pool.starmap_async(workers.add, pairs, 3).get(timeout=30) == [left + right for left, right in pairs]


@pytest.mark.parametrize("chunksize", [1, 4])
def test_imap_keeps_the_order_and_imap_unordered_keeps_the_values(pool, chunksize):
    assert list(pool.imap(workers.square, range(30), chunksize)) == [n * n for n in range(30)]
    assert sorted(pool.imap_unordered(workers.square, range(30), chunksize)) == [n * n for n in range(30)]


def test_imap_ends_with_stop_iteration_and_next_takes_a_timeout(pool):
    results = pool.imap(workers.slow_square, [3])
    with pytest.raises(multiprocessing.TimeoutError):
        results.next(timeout=0.001)
    assert results.next(timeout=30) == 9
    with pytest.raises(StopIteration):
        results.next()


@pytest.mark.parametrize("method", ["imap", "imap_unordered"])
def test_an_iterable_that_raises_gives_its_results_and_then_its_exception(pool, method):
    def three_and_an_error():
        yield from range(3)
        raise ZeroDivisionError("the input broke")

    results = getattr(pool, method)(workers.square, three_and_an_error())
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


@pytest.mark.parametrize("method", ["imap", "imap_unordered"])
def test_a_chunk_size_below_1_is_refused(pool, method):
    with pytest.raises(ValueError, match="Chunksize must be 1"):
        getattr(pool, method)(workers.square, range(3), 0)


def test_an_argument_that_cannot_be_pickled_is_an_error_and_the_pool_goes_on(pool):
    with pytest.raises(ZeroDivisionError, match="cannot be pickled"):
        pool.map(workers.square, [1, workers.Unpicklable(), 2])
    assert pool.map(workers.square, [2]) == [4]


def test_callbacks_get_plain_values(pool):
    got = []
    pool.map_async(workers.square, range(3), callback=got.append).get(timeout=30)
    pool.apply_async(workers.add, (1, 2), callback=got.append).get(timeout=30)
    assert got == [[0, 1, 4], 3]


def test_error_callbacks_get_the_exception(pool):
    got = []
    result = pool.map_async(workers.fail, range(5), chunksize=1, error_callback=got.append)
    with pytest.raises(ValueError, match="three is one too many"):
        result.get(timeout=30)
    assert [error.args for error in got] == [("three is one too many", 3)]


@pytest.mark.parametrize("function, argument", [(workers.fail, 3), (math.sqrt, -1), (workers.square, "text")])
def test_an_exception_is_the_stock_pools(pool, context, function, argument):
    with context.Pool(1) as stock, pytest.raises(Exception) as expected:
        stock.map(function, [argument])
    with pytest.raises(type(expected.value)) as found:
        pool.map(function, [argument])
    assert found.value.args == expected.value.args


def test_an_exception_that_rebuilds_itself_comes_home(pool):
    with pytest.raises(workers.Odd, match="odd code 5") as caught:
        pool.apply(workers.raise_odd, (5,))
    assert caught.value.code == 5


def test_an_exception_that_refuses_a_cause_is_told_instead_of_ending_the_pool(pool):
    with pytest.raises(TaskFailed, match="Fixed: 8.*AttributeError: __cause__"):
        pool.apply(workers.raise_fixed, (8,))
    assert pool.apply(workers.add, (1, 1)) == 2


def test_the_span_of_an_exception_with_a_will_of_its_own_is_recorded(pool):
    with pytest.raises(workers.Odd) as caught:
        pool.map(workers.raise_odd, [5])
    assert [(span.task, span.outcome) for span in pool.run.spans] == [(caught.value.xray, "error")]


def test_the_traceback_of_the_worker_comes_with_the_exception(pool):
    with pytest.raises(ValueError, match="three") as caught:
        pool.apply(workers.fail, (3,))
    assert 'raise ValueError("three is one too many", number)' in str(caught.value.__cause__)


def test_a_result_that_cannot_be_pickled_is_an_error_that_names_it(pool):
    with pytest.raises(Exception, match="lock") as caught:
        pool.apply(workers.lock)
    assert "pickle" in str(caught.value)
    assert pool.apply(workers.add, (1, 1)) == 2


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
        assert pool.map(workers.writeable, arrays) == stock.map(workers.writeable, arrays)


def test_what_is_one_object_in_an_argument_is_one_in_the_worker(pool):
    value = [1, 2, 3]
    assert pool.map(workers.identity_of, [(value, value), (value, list(value))]) == [True, False]


def test_several_threads_can_use_one_pool(pool):
    found = {}

    def use(start: int) -> None:
        found[start] = pool.map(workers.square, range(start, start + 50))

    threads = [threading.Thread(target=use, args=(start,)) for start in (0, 100, 200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert found == {start: [n * n for n in range(start, start + 50)] for start in (0, 100, 200)}
    assert len(pool.run.spans) == 150


def test_a_pool_inside_a_task_raises_pythons_own_error(pool):
    with pytest.raises(AssertionError, match="daemonic processes are not allowed to have children"):
        pool.apply(workers.make_pool)


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


def test_results_are_released_when_the_caller_lets_go(pool):
    class Box(list):
        pass

    boxes = [Box([n]) for n in range(3)]
    alive = [weakref.ref(box) for box in boxes]
    pool.map(workers.length, [list(box) for box in boxes])
    result = pool.map_async(tasks.identity, [[n] for n in range(3)])
    result.get(timeout=30)
    gone = weakref.ref(result)
    del boxes, result
    for _ in range(50):
        gc.collect()
        if gone() is None:
            break
        time.sleep(0.05)
    assert gone() is None
    assert all(box() is None for box in alive)


@pytest.mark.parametrize("chunksize", [1, 2])
def test_workers_are_replaced_after_so_many_tasks(context, chunksize):
    with XrayPool(2, maxtasksperchild=2, context=context) as pool:
        pids = pool.map(workers.pid, range(12), chunksize)
        run = pool.run
    assert len(set(pids)) >= 12 // (2 * chunksize)
    assert {worker.pid for worker in run.workers} == set(pids)


def test_the_initializer_runs_in_every_worker(context):
    with XrayPool(2, initializer=workers.remember, initargs=("hello",), context=context) as pool:
        assert pool.map(workers.recall, range(4), 1) == ["hello"] * 4


def test_an_initializer_that_cannot_be_called_is_refused(context):
    with pytest.raises(TypeError, match="initializer must be a callable"):
        XrayPool(1, initializer="hello", context=context)


def test_the_default_size_is_the_stock_pools():
    with XrayPool() as pool:
        assert pool.run.processes == (getattr(os, "process_cpu_count", os.cpu_count)() or 1)


# ---- what the X-ray promises


def all_methods(pool: XrayPool) -> None:
    pool.map(workers.square, range(5))
    pool.map_async(workers.square, range(5), 2).get()
    pool.starmap(workers.add, [(1, 2)] * 5)
    pool.starmap_async(workers.add, [(1, 2)] * 5).get()
    list(pool.imap(workers.square, range(5)))
    list(pool.imap_unordered(workers.square, range(5), 2))
    pool.apply(workers.add, (1, 2))
    pool.apply_async(workers.add, (1, 2)).get()


def test_every_method_records_one_span_a_task_in_the_order_of_the_tasks(pool):
    all_methods(pool)
    assert [span.task for span in pool.run.spans] == list(range(32))
    assert {span.outcome for span in pool.run.spans} == {"ok"} <= set(OUTCOMES)


def test_the_moments_of_a_task_are_in_order(pool):
    all_methods(pool)
    for span in pool.run.spans:
        moments = [getattr(span, moment) for moment in MOMENTS]
        assert moments == sorted(moments)
        assert pool.run.began <= moments[0] <= moments[-1] <= pool.run.ended


def test_a_span_names_the_process_that_ran_the_task(pool):
    pids = pool.map(workers.pid, range(6), chunksize=1)
    assert [span.worker for span in pool.run.spans] == pids
    assert {worker.pid for worker in pool.run.workers} == set(pids)


def test_workers_were_ready_after_the_pool_began_and_before_their_first_task(context):
    with XrayPool(2, context=context) as pool:
        pool.map(workers.pid, range(4), chunksize=1)
        run = pool.run
    ready = {worker.pid: worker.ready for worker in run.workers}
    assert all(run.began < ready[span.worker] <= span.started for span in run.spans)
    assert run.start_method == context.get_start_method()


def test_bytes_count_what_travels(pool):
    array = np.zeros(100_000)
    pool.map(tasks.identity, [array])
    pool.map(workers.length, [array])
    there_and_back, there = pool.run.spans
    assert array.nbytes < there_and_back.bytes_in < array.nbytes + 1000
    assert array.nbytes < there_and_back.bytes_out < array.nbytes + 1000
    assert there.bytes_out < 100


def test_an_object_that_tasks_of_a_chunk_share_travels_once(pool):
    array = np.zeros(100_000)
    assert pool.map(workers.length, [array] * 4, chunksize=2) == [100_000] * 4
    sizes = [span.bytes_in for span in pool.run.spans]
    assert [size > array.nbytes for size in sizes] == [True, False, True, False]


def test_a_sleeping_task_uses_less_cpu_than_time(pool):
    pool.map(tasks.nap, [0.2])
    (span,) = pool.run.spans
    assert 0 <= span.cpu < span.finished - span.started


def test_a_failed_task_is_recorded_with_those_of_its_chunk_that_came_before(pool):
    with pytest.raises(ValueError, match="three") as caught:
        pool.map(workers.fail, range(6), chunksize=6)
    assert caught.value.xray == 3
    assert [(span.task, span.outcome) for span in pool.run.spans] == [(0, "ok"), (1, "ok"), (2, "ok"), (3, "error")]


def test_the_task_that_a_dead_worker_held_is_lost_and_the_error_names_it(context):
    with XrayPool(2, context=context) as pool:
        pool.map(tasks.nap, [0.0] * 4, chunksize=1)
        with pytest.raises(WorkerDied, match="exit code 3, while it held task 6 .nap_or_leave.") as caught:
            pool.map(workers.nap_or_leave, [0.1, 0.1, -1.0], chunksize=1)
        died = next(span for span in pool.run.spans if span.worker == caught.value.worker and span.outcome != "ok")
    assert (died.task, died.outcome) == (caught.value.task, "lost") == (6, "lost")
    assert pool.run.began < died.submitted <= died.started < died.finished == died.delivered <= pool.run.ended


def test_what_is_under_way_at_the_time_limit_is_lost(context):
    with XrayPool(1, context=context, limit=1.0) as pool:
        results = pool.imap(tasks.nap, [0.0, 60.0])
        next(results)
        with pytest.raises(TookTooLong):
            next(results)
    assert [(span.task, span.outcome) for span in pool.run.spans] == [(0, "ok"), (1, "lost")]
    assert pool.run.seconds > 1.0


def test_reset_begins_a_new_run_and_late_results_stay_out_of_it(pool):
    late = pool.apply_async(workers.slow_square, (1,))
    pool.reset()
    began = pool.run.began
    pool.map(workers.square, range(3))
    late.get(timeout=30)
    assert [span.task for span in pool.run.spans] == [0, 1, 2]
    assert all(span.submitted >= began for span in pool.run.spans)


def test_the_run_of_a_pool_without_work_is_empty(context):
    with XrayPool(3, context=context) as pool:
        run = pool.run
    assert run == Run((), (), 3, context.get_start_method(), run.began, run.began)


def test_two_pools_at_once_do_not_mix(context):
    with XrayPool(1, context=context) as one, XrayPool(1, context=context) as two:
        results = [one.map_async(workers.pid, range(5)), two.map_async(workers.pid, range(7))]
        pids = [set(result.get(timeout=30)) for result in results]
        assert [len(pool.run.spans) for pool in (one, two)] == [5, 7]
        assert [{worker.pid for worker in pool.run.workers} for pool in (one, two)] == pids


def test_spans_can_be_read_while_a_call_is_under_way(pool):
    results = pool.imap(workers.pid, range(4))
    next(results)
    assert 1 <= len(pool.run.spans) <= 4
    assert len(list(results)) == 3
    assert len(pool.run.spans) == 4


def test_an_endless_input_is_taken_only_as_far_as_it_is_sent(context):
    with XrayPool(1, context=context) as pool:
        results = pool.imap(workers.square, itertools.islice(itertools.count(), 2000))
        assert [next(results) for _ in range(3)] == [0, 1, 4]


# ---- bad input


@pytest.mark.parametrize("processes", [0, -1, 2.5, 2.0, "2", True, MOST_PROCESSES + 1])
def test_a_wrong_number_of_processes_is_refused_before_any_process_starts(processes):
    before = multiprocessing.active_children()
    with pytest.raises(ValueError, match=f"whole number from 1 to {MOST_PROCESSES}, not {processes!r}"):
        XrayPool(processes)
    assert multiprocessing.active_children() == before


def nested():
    def inner(number):
        return number

    return inner


@pytest.mark.parametrize("function", [lambda number: number, nested()], ids=["lambda", "nested function"])
@pytest.mark.parametrize(
    "method", ["apply", "apply_async", "map", "map_async", "starmap", "starmap_async", "imap", "imap_unordered"]
)
def test_a_function_that_cannot_travel_is_refused_at_the_call_and_nothing_is_lost(pool, method, function):
    pool.map(workers.square, [1])
    with pytest.raises(pickle.PicklingError, match="cannot be sent to a worker.*top level of a module"):
        getattr(pool, method)(function, [1])
    assert pool.map(workers.square, [2]) == [4]
    assert len(pool.run.spans) == 2
