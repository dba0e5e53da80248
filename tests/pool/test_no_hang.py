"""Where the stock pool waits for ever, `XrayPool` gives a result or a clear error: at odd moments, for odd users."""

import itertools
import multiprocessing
import os
import threading

import faults
import hostile
import pytest
import workers
from pools import becomes_true, raises_soon, run_python

from helpers import tasks
from helpers.machine import start_methods
from helpers.pool import inputs, supervisor
from helpers.timing import warm_up
from helpers.xray import PoolError, PoolStopped, TaskFailed, TookTooLong, WorkerDied, XrayPool

pytestmark = pytest.mark.timeout(20)  # for whatever hangs
with_fork = pytest.mark.skipif("fork" not in start_methods(), reason="there is no fork here")

ITERATORS = ["imap", "imap_unordered"]
MAY_LEAVE = {"whenever": {}, "after tasks": {"maxtasksperchild": 2}}
"""Arguments of pools: in the second one a worker may leave with exit code 0."""

with_workers_that_leave = pytest.mark.parametrize("arguments", MAY_LEAVE.values(), ids=MAY_LEAVE)


# ---- workers that leave with exit code 0, or cannot


LEAVE = [hostile.leave_while_pickled, hostile.cut_pipes, hostile.cut_pipes_and_leave]


@pytest.mark.parametrize(
    "method, arguments", [("map", {}), ("imap", {"maxtasksperchild": 2})], ids=["map-whenever", "imap-after tasks"]
)
@pytest.mark.parametrize("function", LEAVE)
def test_a_worker_that_leaves_at_an_odd_moment_has_died(context, capfd, function, method, arguments):
    with XrayPool(2, context=context, **arguments) as pool, raises_soon(WorkerDied, "task", within=5):
        list(getattr(pool, method)(function, range(10), 1))


@pytest.mark.parametrize("function", LEAVE)
def test_a_worker_of_a_closed_pool_that_leaves_at_an_odd_moment_has_died(context, capfd, function):
    pool = XrayPool(2, context=context)
    result = pool.map_async(function, range(10), 1)
    pool.close()
    with raises_soon(WorkerDied, within=5):
        result.get()
    pool.join()


@with_workers_that_leave
def test_workers_that_leave_in_their_initializer_have_died(context, arguments):
    with XrayPool(2, faults.exit_with, (0,), context=context, **arguments) as pool, raises_soon(WorkerDied, within=5):
        pool.map(workers.square, range(4))


def test_workers_of_a_closed_pool_that_leave_in_their_initializer_have_died(context):
    pool = XrayPool(2, faults.exit_with, (0,), context=context)
    with raises_soon(WorkerDied, within=5):
        result = pool.map_async(workers.square, range(4))
        pool.close()
        result.get()
    pool.terminate()
    pool.join()


@with_workers_that_leave
def test_a_worker_that_leaves_between_two_calls_has_died(context, arguments):
    with XrayPool(2, context=context, **(arguments and {"maxtasksperchild": 10**9})) as pool:
        warm_up(pool, 2)  # or the first may leave before the second has started
        assert pool.map(hostile.leave_later, range(2), 1) == [0, 1]
        with raises_soon(WorkerDied, "exit code 0", within=5):
            while pool.map(workers.square, range(4), 1) == [0, 1, 4, 9]:
                pass


def test_a_worker_that_cannot_leave_for_a_thread_of_its_own_is_replaced(context, monkeypatch):
    monkeypatch.setattr(supervisor, "LEAVE_TIMEOUT", 0.2)
    with XrayPool(1, maxtasksperchild=1, context=context) as pool:
        assert pool.map(hostile.start_endless_thread, range(3), 1) == [0, 1, 2]


def test_a_closed_pool_ends_although_workers_cannot_leave_for_threads_of_their_own(context, monkeypatch):
    monkeypatch.setattr(supervisor, "LEAVE_TIMEOUT", 0.2)
    pool = XrayPool(2, context=context)
    result = pool.map_async(hostile.start_endless_thread, range(4), 1)
    pool.close()
    assert result.get() == [0, 1, 2, 3]
    pool.join()


def test_many_workers_that_leave_after_their_tasks_are_no_deaths(context):
    found, values = [], range(15 if context.get_start_method() == "fork" else 2)
    with XrayPool(4, maxtasksperchild=1, context=context) as pool:
        use = [threading.Thread(target=lambda: found.append(pool.map(abs, values, 1))) for _ in range(8)]
        for thread in use:
            thread.start()
        for thread in use:
            thread.join()
    assert found == [list(values)] * 8


# ---- callbacks and inputs that use the pool


def close_and_join(pool: XrayPool) -> None:
    pool.close()
    pool.join()


WAITS = {
    "get": lambda pool: pool.apply_async(workers.square, (5,)).get(),
    "map": lambda pool: pool.map(workers.square, [1, 2]),
    "imap": lambda pool: list(pool.imap(workers.square, [1, 2])),
    "join": close_and_join,
}


@pytest.mark.parametrize("method, argument, expected", [("map_async", [3], [9]), ("apply_async", (3,), 9)])
@pytest.mark.parametrize("wait", WAITS.values(), ids=WAITS)
def test_a_callback_that_would_wait_for_its_own_pool_is_refused(context, wait, method, argument, expected):
    seen = []

    def callback(_: object) -> None:
        with pytest.raises(PoolError, match="cannot wait for its own pool") as caught:
            wait(pool)
        seen.append(caught.type)

    with XrayPool(2, context=context) as pool:
        assert getattr(pool, method)(workers.square, argument, callback=callback).get() == expected
        assert seen == [PoolError]
        if wait is not close_and_join:
            assert pool.map(workers.square, [3]) == [9]


def test_a_callback_can_end_its_pool(context):
    with XrayPool(2, context=context) as pool:
        assert pool.apply_async(workers.square, (3,), callback=lambda _: pool.terminate()).get() == 9


def test_an_error_callback_of_a_dead_pool_can_do_what_it_likes_with_it(context):
    seen = []

    def told(error: BaseException) -> None:
        for use in (*WAITS.values(), lambda pool: pool.join(), lambda pool: pool.terminate()):
            try:
                use(pool)
            except Exception as raised:  # noqa: BLE001
                seen.append(raised)
        seen.append("told")

    with XrayPool(2, context=context) as pool:
        result = pool.apply_async(faults.exit_with, (7,), error_callback=told)
        with raises_soon(WorkerDied, within=5):
            result.get()
        assert becomes_true(lambda: seen[-1:] == ["told"], within=5)
    assert all(isinstance(error, (PoolError, ValueError)) for error in seen[:-1])


@pytest.mark.parametrize("method", ["map", *ITERATORS])
def test_an_input_can_call_its_own_pool(pool, monkeypatch, method):
    monkeypatch.setattr(inputs, "TURN", 0.1)
    values = hostile.from_pool(lambda number: pool.apply(workers.square, (number,)), range(4))
    assert sorted(getattr(pool, method)(workers.square, values)) == [0, 1, 16, 81]


def test_the_results_of_a_call_can_be_the_input_of_the_next(pool):
    results = pool.imap(workers.square, range(30))
    for _ in range(3):
        results = pool.imap(tasks.identity, results)
    assert list(results) == [number * number for number in range(30)]


def test_results_can_feed_the_input_of_their_own_call(pool):
    todo = [1]
    values = iter(lambda: becomes_true(lambda: bool(todo), within=10) and todo.pop(), None)
    found = []
    for value in pool.imap(tasks.identity, values):
        found.append(value)
        todo.append(value + 1 if value < 5 else None)
    assert found == [1, 2, 3, 4, 5]


# ---- inputs without an end


@pytest.mark.parametrize("method", ITERATORS)
@pytest.mark.parametrize("values", [hostile.slow_count, hostile.blocked])
@pytest.mark.parametrize("left", [False, True], ids=["held", "left"])
def test_calls_go_on_beside_an_input_without_an_end(context, monkeypatch, method, values, left):
    monkeypatch.setattr(inputs, "TURN", 0.1)
    with XrayPool(2, context=context) as pool:
        iterator = getattr(pool, method)(tasks.identity, values())
        assert next(iterator) in (0, 1)
        if left:
            del iterator
        assert pool.map(workers.square, range(4)) == [0, 1, 4, 9]
        assert pool.apply(workers.square, (3,)) == 9
        assert list(pool.imap(workers.square, [3])) == [9]


def test_leaving_the_block_ends_an_input_that_is_faster_than_its_workers(context):
    with XrayPool(2, context=context) as pool:
        iterator = pool.imap(tasks.identity, itertools.count())
        assert [next(iterator) for _ in range(3)] == [0, 1, 2]
    with raises_soon(PoolStopped, within=5):
        list(iterator)


def test_a_closed_pool_ends_although_an_endless_input_was_left(context):
    pool = XrayPool(2, context=context)
    next(pool.imap(tasks.identity, hostile.slow_count()))
    pool.close()
    pool.join()


# ---- programs that poll


FAULTS = {
    "death": (faults.exit_with, WorkerDied, {}),
    "limit": (faults.never_end, TookTooLong, {"limit": 0.5}),
    "initializer": (
        workers.square,
        TaskFailed,
        {"initializer": faults.fail_to_initialize, "initargs": ("no licence",)},
    ),
}
with_every_fault = pytest.mark.parametrize("function, error, arguments", FAULTS.values(), ids=FAULTS)


def repeat_until_no_timeout(call):
    while True:
        try:
            return call()
        except multiprocessing.TimeoutError:
            pass


@with_every_fault
def test_ready_wait_and_get_in_a_loop_hear_of_a_fault(context, function, error, arguments):
    with XrayPool(2, context=context, **arguments) as pool:
        results = [pool.apply_async(function, (7,)), pool.map_async(function, [7, 7], 1)]
        with raises_soon(error, within=10):
            repeat_until_no_timeout(lambda: results[0].get(timeout=0.02))
        for result in results:
            while not result.ready():
                result.wait(timeout=0.02)
            assert not result.successful()
            with raises_soon(error, within=1):
                result.get(timeout=0)


@with_every_fault
@pytest.mark.parametrize("method", ITERATORS)
def test_next_with_a_timeout_in_a_loop_hears_of_a_fault(context, method, function, error, arguments):
    with XrayPool(2, context=context, **arguments) as pool:
        iterator = getattr(pool, method)(function, [7])
        with raises_soon(error, within=10):
            repeat_until_no_timeout(lambda: iterator.next(timeout=0.02))


@with_every_fault
def test_every_error_callback_hears_of_a_fault_once_and_nobody_has_to_wait(context, function, error, arguments):
    told = []
    with XrayPool(2, context=context, **arguments) as pool:
        pending = [pool.apply_async(function, (7,), error_callback=told.append)]
        pending += [pool.map_async(faults.never_end, [1], error_callback=told.append) for _ in range(3)]
        assert becomes_true(lambda: len(told) >= 4, within=10)
    assert [type(fault) for fault in told] == [error] * 4


# ---- what the system refuses or does by itself


@pytest.mark.parametrize("number", range(4))
def test_a_pool_for_which_there_are_no_more_threads_is_refused(context, monkeypatch, number):
    children = set(multiprocessing.active_children())
    threads = set(threading.enumerate())
    started, start = itertools.count(), threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        if threading.current_thread() is threading.main_thread() and next(started) >= number:
            raise RuntimeError("can't start new thread")
        start(thread)

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError, match="can't start new thread"):
            XrayPool(2, context=context)
    assert becomes_true(lambda: set(threading.enumerate()) <= threads, within=3)
    assert set(multiprocessing.active_children()) <= children
    with XrayPool(1, context=context) as pool:
        assert pool.map(workers.square, [3]) == [9]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGCHLD")
@pytest.mark.parametrize("maxtasksperchild", [None, 50])
def test_a_program_whose_children_the_system_reaps_sees_results_and_deaths(context, maxtasksperchild):
    code = (
        "import multiprocessing as m, signal, faults, workers; from functools import partial\n"
        "from helpers.xray import WorkerDied, XrayPool\n"
        "signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
        f"context = m.get_context({context.get_start_method()!r})\n"
        f"new_pool = partial(XrayPool, 2, maxtasksperchild={maxtasksperchild}, context=context)\n"
        "pool = new_pool(); print(pool.map(workers.square, range(4), 1)); pool.close(); pool.join()\n"
        "with new_pool() as pool:\n"
        "    try: pool.map(faults.exit_with, [7])\n"
        "    except WorkerDied: print('died')\n"
    )
    output = run_python(code)
    assert (output.returncode, output.stdout) == (0, "[0, 1, 4, 9]\ndied\n"), output.stderr


@with_fork
def test_a_fork_of_the_program_is_told_that_the_pool_is_not_its_own():
    context = multiprocessing.get_context("fork")
    told = context.SimpleQueue()

    def use_and_leave() -> None:
        with pool:
            for use in (*WAITS.values(), result.get, iterator.next):
                try:
                    use(*[pool][: use in WAITS.values()])
                except PoolError as error:
                    told.put("fork" in str(error))

    with XrayPool(2, context=context) as pool:
        result, iterator = pool.apply_async(workers.quarter_nap, (1,)), pool.imap(workers.quarter_nap, [2])
        child = context.Process(target=use_and_leave)
        child.start()
        child.join()
        assert child.exitcode == 0
        assert [told.get() for _ in range(6)] == [True] * 6
        assert (result.get(), list(iterator)) == (1, [2])
        assert pool.map(workers.square, [3]) == [9]
