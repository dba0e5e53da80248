"""Odd functions, inputs and results go through `XrayPool` as through the stock pool: nothing is lost or mixed up."""

import inspect
import multiprocessing
import os
import sys
import tempfile
import threading
from multiprocessing.pool import Pool, ThreadPool

import faults
import hostile
import pytest
import workers

from helpers import tasks
from helpers.xray import PoolStopped, TaskFailed, TookTooLong, WorkerDied, XrayPool

pytestmark = pytest.mark.timeout(20)  # for whatever hangs

ITERATORS = ["imap", "imap_unordered"]
ASYNC_CALLS = {
    "map_async": lambda pool, **callbacks: pool.map_async(tasks.identity, [[1], [2]], **callbacks),
    "starmap_async": lambda pool, **callbacks: pool.starmap_async(tasks.identity, [([1],), ([2],)], **callbacks),
    "apply_async": lambda pool, **callbacks: pool.apply_async(tasks.identity, ([1],), **callbacks),
}
with_every_async_call = pytest.mark.parametrize("call", ASYNC_CALLS.values(), ids=ASYNC_CALLS)


def outcomes(iterator, most=20):
    """What each `next` gave, up to the end: a value, or the name of an error."""
    found = []
    for _ in range(most):
        try:
            found.append(next(iterator))
        except StopIteration:
            break
        except Exception as error:  # noqa: BLE001
            found.append(type(error).__name__)
    return found


# ---- functions


FUNCTIONS = [
    hostile.CountsItsCalls(True),
    hostile.CountsItsCalls(False),
    hostile.CountsItsCalls("refused"),
    hostile.Empty(True),
]


@pytest.mark.parametrize("function", FUNCTIONS, ids=["true", "false", "refused", "empty"])
def test_a_function_is_unpickled_once_for_each_chunk_whatever_its_truth(pool, function):
    expected = [(number, number % 3 + 1) for number in range(6)]
    assert pool.map(function, range(6), 3) == expected
    assert list(pool.imap(function, range(6), 3)) == expected
    assert pool.apply(function, (5,)) == (5, 1)


def test_an_initializer_can_be_the_method_of_an_object_with_a_queue(context):
    holder = hostile.HoldsQueue(context)
    with XrayPool(2, holder.start, ("hello",), context=context):
        assert [holder.queue.get(), holder.queue.get()] == ["hello", "hello"]


@pytest.mark.parametrize("method", ITERATORS)
def test_imap_passes_on_what_a_later_python_adds(pool, monkeypatch, method):
    stock, seen = getattr(Pool, method), []

    def later(self, func, iterable, chunksize=1, buffersize=None):
        seen.append(buffersize)
        return stock(self, func, iterable, chunksize)

    monkeypatch.setattr(Pool, method, later)
    assert sorted(getattr(pool, method)(workers.square, range(4), buffersize=7)) == [0, 1, 4, 9]
    assert seen == [7]


@pytest.mark.parametrize(
    "method", ["imap", "imap_unordered", "map", "map_async", "starmap", "starmap_async", "apply_async"]
)
def test_an_unknown_argument_is_the_stock_pools_type_error(pool, method):
    assert "unknown" not in inspect.signature(getattr(Pool, method)).parameters
    with pytest.raises(TypeError, match="unexpected keyword argument 'unknown'"):
        getattr(pool, method)(workers.square, [1], unknown=1)
    assert pool.map(workers.square, [3]) == [9]


def test_an_unknown_argument_of_a_new_pool_is_a_type_error_and_leaves_nothing(context):
    with pytest.raises(TypeError, match="unexpected keyword argument 'unknown'"):
        XrayPool(1, context=context, unknown=1)


# ---- reducers


@pytest.mark.parametrize("registry", hostile.REGISTRIES)
def test_a_reducer_that_is_registered_late_is_honoured_on_both_sides(context, registry):
    with XrayPool(1, context=context) as pool:
        try:
            with pytest.raises(TypeError, match="without its reducer"):
                pool.map(hostile.number_of, [hostile.NeedsReducer(1)])
            assert pool.apply(hostile.register_and_return, ((registry, 1),)).number == 101
            hostile.REGISTRIES[registry](hostile.NeedsReducer, hostile.reduce_to_more)
            assert pool.map(hostile.number_of, [hostile.NeedsReducer(1)]) == [101]
            hostile.forget_reducers()
            with pytest.raises(TypeError, match="without its reducer"):
                pool.map(hostile.number_of, [hostile.NeedsReducer(1)])
        finally:
            hostile.forget_reducers()


def test_a_connection_can_be_an_argument(pool):
    here, there = multiprocessing.Pipe()
    with here, there:
        pool.apply(type(there).send, (there, "hello"))
        assert here.recv() == "hello"


# ---- inputs


INPUTS = {
    "own iter": hostile.OwnIter(range(4)),
    "no slices": hostile.NoSlices(range(4)),
    "reversed slices": hostile.ReversedSlices(range(4)),
    "too long": hostile.WrongLength(100),
    "too short": hostile.WrongLength(2),
    "by index": hostile.ByIndex(),
}


@pytest.mark.parametrize("chunksize", [1, 3])
@pytest.mark.parametrize("values", INPUTS.values(), ids=INPUTS)
def test_an_input_is_what_its_iteration_gives(pool, values, chunksize):
    expected = list(iter(values))
    assert pool.map(tasks.identity, values, chunksize) == expected
    assert list(pool.imap(tasks.identity, values, chunksize)) == expected
    assert sorted(pool.imap_unordered(tasks.identity, values, chunksize)) == expected


@pytest.mark.parametrize("method", ITERATORS)
@pytest.mark.parametrize(
    "error", [multiprocessing.TimeoutError, TimeoutError, IndexError, KeyboardInterrupt, SystemExit]
)
def test_an_error_of_the_input_is_raised_and_the_pool_goes_on(pool, method, error):
    with pytest.raises(error, match="of the input"):
        list(getattr(pool, method)(tasks.identity, hostile.raising_input(error("of the input"))))
    assert pool.map(workers.square, [3]) == [9]


# ---- results


def test_a_task_that_raises_timeout_error_is_no_poll_that_timed_out(pool):
    function, expected = hostile.raise_timeout_at_three, [0, 1, 2, "TimeoutError", 4, 5]
    assert outcomes(pool.imap(function, range(6))) == expected
    assert sorted(outcomes(pool.imap_unordered(function, range(6))), key=str) == sorted(expected, key=str)
    assert outcomes(pool.imap(function, range(6), 2)) == [0, 1, "TimeoutError"]
    with pytest.raises(multiprocessing.TimeoutError, match="the task's own"):
        pool.map(function, range(6))
    with pytest.raises(multiprocessing.TimeoutError, match="the task's own"):
        pool.apply_async(function, (3,)).get(timeout=10)
    with pytest.raises(multiprocessing.TimeoutError, match="the task's own"):
        pool.imap(function, [3]).next(timeout=10)


LOOK_LIKE_FAULTS = [None, ValueError("a value"), (False, ValueError("a value")), StopIteration(5), NotImplemented,
                    multiprocessing.TimeoutError("a value"), TaskFailed("a value"), WorkerDied("a value")]  # fmt: skip


def test_results_that_look_like_faults_are_results(pool):
    expected = [repr(value) for value in LOOK_LIKE_FAULTS]
    assert [repr(value) for value in pool.map(tasks.identity, LOOK_LIKE_FAULTS)] == expected
    assert [repr(value) for value in pool.imap(tasks.identity, LOOK_LIKE_FAULTS)] == expected
    assert [repr(pool.apply(tasks.identity, (value,))) for value in LOOK_LIKE_FAULTS] == expected


@pytest.mark.parametrize("error", [TaskFailed, TookTooLong, PoolStopped, WorkerDied])
def test_the_pools_own_errors_raised_by_a_task_are_the_tasks(pool, error):
    with pytest.raises(error, match="the task's own"):
        pool.apply(hostile.raise_value, (error("the task's own"),))
    assert pool.map(workers.square, [3]) == [9]


@with_every_async_call
def test_get_twice_and_the_callback_give_one_object(pool, call):
    got = []
    result = call(pool, callback=got.append)
    assert result.get() is result.get()
    assert got[0] is result.get()


@with_every_async_call
def test_what_a_callback_changes_is_what_get_returns(pool, call):
    result = call(pool, callback=lambda value: value.append("changed"))
    assert result.get()[-1] == "changed"


@pytest.mark.parametrize("method, argument", [("map_async", [1]), ("apply_async", (1,))])
def test_get_twice_and_the_error_callback_give_one_error(pool, method, argument):
    got = []
    result = getattr(pool, method)(faults.raise_value_error, argument, error_callback=got.append)
    for _ in range(2):
        with pytest.raises(ValueError, match="bad number 1") as caught:
            result.get()
        assert caught.value is got[0]


# ---- what surrounds the pool


def test_the_run_can_be_read_by_other_threads_while_tasks_run(pool):
    done, wrong = threading.Event(), []

    def read() -> None:
        try:
            while not done.is_set():
                for span in (*pool.run.spans, *pool.live.spans):
                    if not span.submitted <= span.packed <= span.finished <= span.delivered:
                        wrong.append(span)
        except BaseException as error:  # noqa: BLE001
            wrong.append(error)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for _ in range(10):
        assert pool.map(tasks.identity, range(60), 1) == list(range(60))
        pool.reset()
    done.set()
    for reader in readers:
        reader.join()
    assert wrong == []


def test_thread_pools_that_come_and_go_are_none_of_its_threads(context):
    done = threading.Event()

    def churn() -> None:
        while not done.is_set():
            with ThreadPool(2) as threads:
                threads.map(abs, range(3))

    churning = threading.Thread(target=churn)
    churning.start()
    try:
        for _ in range(3):
            with XrayPool(2, context=context) as pool:
                assert pool.map(workers.sleep_for, [0.05] * 8, 1) == [0.05] * 8
    finally:
        done.set()
        churning.join()


@pytest.mark.parametrize("replacement", [None, "closed"])
def test_a_stderr_that_is_closed_hides_no_error_of_the_program(context, monkeypatch, replacement):
    if replacement == "closed":
        replacement = open(os.devnull, "w")  # noqa: SIM115
        replacement.close()
    with pytest.raises(KeyError, match="the program's own"), XrayPool(1, context=context) as pool:
        pool.apply_async(faults.raise_value_error, (1,)).wait()
        monkeypatch.setattr(sys, "stderr", replacement)
        raise KeyError("the program's own")


@pytest.mark.parametrize("maxtasksperchild", [None, 2])
def test_a_pool_needs_no_temporary_folder(context, monkeypatch, maxtasksperchild):
    def gettempdir() -> str:
        raise FileNotFoundError("no usable temporary directory")

    multiprocessing.util.get_temp_dir()  # Python's own, for the forkserver
    monkeypatch.setattr(tempfile, "gettempdir", gettempdir)
    monkeypatch.setattr(tempfile, "tempdir", "/nonexistent")
    with XrayPool(2, maxtasksperchild=maxtasksperchild, context=context) as pool:
        assert pool.map(workers.square, range(6), 1) == [0, 1, 4, 9, 16, 25]
        with pytest.raises(WorkerDied):
            pool.map(faults.exit_with, [7])
