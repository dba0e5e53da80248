"""`XrayThreadPool` gives what `ThreadPool` gives, and records what its threads did."""

import gc
import itertools
import operator
import os
import sys
import threading
import time
import weakref
from multiprocessing import TimeoutError
from multiprocessing.pool import ThreadPool
from pathlib import Path

import faults
import pytest
import workers
from outcomes import outcome, tracebacks
from pools import becomes_true

from helpers.spans import breakdown
from helpers.timeline import timeline
from helpers.xray_threads import XrayThreadPool

MOMENTS = ["submitted", "packed", "sent", "arrived", "received", "started", "finished", "returned", "replied",
           "landed", "delivered"]  # fmt: skip


class FailsToIterate:
    """An input of known length that raises when the pool takes its second value."""

    def __len__(self) -> int:
        return 2

    def __iter__(self):
        yield 1
        raise ValueError("no more of this")


def spin(seconds: float) -> float:
    """Compute until this thread has used so many CPU seconds."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass
    return seconds


def with_callbacks(pool, method: str, function, values) -> object:
    """The result of an asynchronous method, and what its callbacks were given."""
    given = []
    result = getattr(pool, method)(
        function, values, callback=given.append, error_callback=lambda error: given.append(repr(error))
    )
    result.wait(10)
    return given, result.successful(), outcome(result.get)


def refused_after_close(pool) -> list:
    pool.close()
    calls = [
        lambda: pool.apply(abs, (1,)),
        lambda: pool.map(abs, iter([1])),
        lambda: pool.starmap(abs, [(1,)]),
        lambda: pool.imap(abs, [1]),
        lambda: pool.imap_unordered(abs, [1]),
    ]
    return [outcome(call) for call in calls]


def one_by_one(results) -> list:
    """What an iterator gives, one by one, exceptions included."""
    found = []
    while (found[-1:] or [("", "")])[0][0] != "StopIteration" and len(found) < 20:
        found.append(outcome(lambda: next(results)))
    return found


CALLS = {
    "apply": lambda pool: pool.apply(workers.arguments, (2, 3), {"scale": 2}),
    "apply, a list of arguments": lambda pool: pool.apply(workers.arguments, [2, 3]),
    "apply, no arguments": lambda pool: pool.apply(workers.arguments),
    "apply, a number as arguments": lambda pool: pool.apply(workers.arguments, 5),
    "apply, no keywords": lambda pool: pool.apply(workers.arguments, (), None),
    "apply, no function": lambda pool: pool.apply(5),
    "apply, a lambda": lambda pool: pool.apply(lambda: 7),
    "apply_async": lambda pool: pool.apply_async(workers.add, (2, 3)).get(timeout=10),
    "apply, an exception": lambda pool: pool.apply(faults.raise_value_error, (5,)),
    "map": lambda pool: pool.map(workers.square, range(20)),
    "map, chunks": lambda pool: [pool.map(workers.square, range(20), n) for n in (1, 3, 20, 100)],
    "map, a generator": lambda pool: pool.map(workers.square, (n for n in range(5))),
    "map, nothing": lambda pool: [pool.map(workers.square, values) for values in ([], (), iter(()), range(0))],
    "map, a dict": lambda pool: pool.map(str, {"a": 1, "b": 2}),
    "map, a bad chunk size": lambda pool: pool.map(workers.square, [1, 2], 0),
    "map, a number": lambda pool: pool.map(workers.square, 5),
    "map, a failing input": lambda pool: pool.map(workers.square, FailsToIterate(), 1),
    "map, an exception": lambda pool: pool.map(faults.fail_at_three, range(6), 2),
    "map, StopIteration": lambda pool: pool.map(faults.raise_stop_iteration_at_two, range(6), 6),
    "map_async": lambda pool: with_callbacks(pool, "map_async", workers.square, range(5)),
    "map_async, nothing": lambda pool: with_callbacks(pool, "map_async", workers.square, []),
    "map_async, an exception": lambda pool: with_callbacks(pool, "map_async", faults.fail_at_three, range(5)),
    "starmap": lambda pool: pool.starmap(workers.arguments, [(1, 2), [3], (), "ab", iter([4])]),
    "starmap, chunks": lambda pool: [pool.starmap(workers.add, [(1, 2)] * 5, n) for n in (1, 2, 9)],
    "starmap, a number": lambda pool: pool.starmap(workers.arguments, [(1,), 5]),
    "starmap_async": lambda pool: with_callbacks(pool, "starmap_async", workers.add, [(1, 2), (3, 4)]),
    "imap": lambda pool: [list(pool.imap(workers.square, range(20), n)) for n in (1, 3, 100)],
    "imap, an exception": lambda pool: one_by_one(pool.imap(faults.fail_at_three, range(6))),
    "imap, an exception in a chunk": lambda pool: one_by_one(pool.imap(faults.fail_at_three, range(6), 2)),
    "imap, a failing input": lambda pool: one_by_one(pool.imap(workers.square, FailsToIterate())),
    "imap, a number": lambda pool: one_by_one(pool.imap(workers.square, 5)),
    "imap, a number of chunks": lambda pool: one_by_one(pool.imap(workers.square, 5, 2)),
    "imap, a bad chunk size": lambda pool: pool.imap(workers.square, [1], 0),
    "imap, by keywords": lambda pool: list(pool.imap(func=abs, iterable=[-1, -2], chunksize=2)),
    "imap_unordered": lambda pool: sorted(pool.imap_unordered(workers.square, range(20), 3)),
    "imap_unordered, an exception": lambda pool: one_by_one(pool.imap_unordered(faults.fail_at_three, [3])),
    "no time": lambda pool: pool.apply_async(workers.sleep_for, (0.2,)).get(timeout=0.001),
    "no time for next": lambda pool: pool.imap(workers.sleep_for, [0.2]).next(timeout=0.001),
    "after close": refused_after_close,
    "a pool in a pool": lambda pool: pool.apply(operator.methodcaller("map", abs, [-1]), (pool,)),
}  # fmt: skip


@pytest.fixture
def pool():
    with XrayThreadPool(2) as pool:
        yield pool


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_call_gives_what_the_stock_pool_gives(call):
    with ThreadPool(2) as stock, XrayThreadPool(2) as pool:
        expected = outcome(call, stock)
        assert outcome(call, pool) == expected


def test_an_exception_is_the_one_that_was_raised_with_its_traceback(pool):
    error = ValueError("once")

    def fail(_: object) -> None:
        raise error

    with pytest.raises(ValueError, match="once") as caught:
        pool.map(fail, [1])
    assert caught.value is error
    with ThreadPool(1) as stock:
        expected = tracebacks(stock.apply, faults.raise_value_error, (5,), file="faults.py")
    assert tracebacks(pool.apply, faults.raise_value_error, (5,), file="faults.py") == expected


def test_what_the_pool_refuses_the_stock_pool_refuses_in_the_same_words():
    for arguments in [(0,), (-1,), (0, 5), (1, 5), ("two",)]:
        assert outcome(XrayThreadPool, *arguments) == outcome(ThreadPool, *arguments)


def test_values_are_shared_and_not_copied(pool):
    value = [1]
    assert pool.map(list.__len__, [value]) == [1]
    assert pool.apply(operator.itemgetter(0), ([value],)) is value


def test_an_endless_input_of_imap_is_taken_as_in_the_stock_pool(pool):
    results = pool.imap(workers.square, itertools.islice(itertools.count(), 500))
    assert [next(results) for _ in range(3)] == [0, 1, 4]


def test_an_initializer_runs_once_in_each_thread():
    names = []
    with XrayThreadPool(3, initializer=names.append, initargs=("here",)) as pool:
        pool.map(workers.sleep_for, [0.05] * 6, 1)
        assert {worker.pid for worker in pool.run.workers} == {span.worker for span in pool.run.spans}
    assert names == ["here"] * 3


def test_every_method_records_one_span_a_task(pool):
    pool.map(workers.square, range(5))
    pool.map_async(workers.square, range(5), 2).get()
    pool.starmap(workers.add, [(1, 2)] * 5)
    pool.starmap_async(workers.add, [(1, 2)] * 5).get()
    list(pool.imap(workers.square, range(5)))
    list(pool.imap_unordered(workers.square, range(5), 2))
    pool.apply(workers.add, (1, 2))
    pool.apply_async(workers.add, (1, 2)).get()
    run = pool.run
    assert [span.task for span in run.spans] == list(range(32))
    assert {(span.outcome, span.bytes_in, span.bytes_out) for span in run.spans} == {("ok", 0, 0)}
    assert pool.tasks_done == 32
    assert (run.processes, run.start_method) == (2, "threads")


def test_the_task_is_the_place_in_the_input_and_the_worker_the_thread(pool):
    threads = pool.map(lambda _: (time.sleep(0.01), threading.get_native_id())[1], range(8), 3)
    assert [span.worker for span in pool.run.spans] == threads


def test_the_moments_of_a_task_are_in_order_after_its_thread_was_ready(pool):
    pool.map(workers.sleep_for, [0.01] * 5)
    list(pool.imap(workers.square, range(5), 2))
    run = pool.run
    ready = {worker.pid: worker.ready for worker in run.workers}
    for span in run.spans:
        moments = [getattr(span, moment) for moment in MOMENTS]
        assert moments == sorted(moments)
        assert run.began <= moments[0] <= moments[-1] <= run.ended
        assert run.began < ready[span.worker] <= span.started


def test_cpu_is_what_the_thread_computed(pool):
    pool.map(workers.sleep_for, [0.1])
    pool.map(spin, [0.1])
    slept, computed = pool.run.spans
    assert 0 <= slept.cpu < 0.1 <= computed.cpu
    assert sum(seconds for _, seconds in breakdown(pool.run).items()) == pytest.approx(breakdown(pool.run).whole)


@pytest.mark.skipif(not getattr(sys, "_is_gil_enabled", lambda: True)(), reason="here threads share no lock")
def test_threads_that_share_a_lock_have_one_cpu_between_them():
    with XrayThreadPool(4) as pool:
        pool.map(spin, [0.1] * 4, 1)
    run = pool.run
    assert len(run.workers) == 4
    assert 0.4 <= sum(span.cpu for span in run.spans) <= 1.1 * run.seconds


def test_a_failed_task_has_a_span_and_those_given_up_have_none(pool):
    with pytest.raises(ValueError, match="three"):
        pool.map(faults.fail_at_three, range(6), 6)
    assert [(span.task, span.outcome) for span in pool.run.spans] == [(0, "ok"), (1, "ok"), (2, "ok"), (3, "error")]
    with pytest.raises(TypeError):
        pool.starmap(workers.square, [5])
    assert pool.run.spans[-1].outcome == "error"


def test_reset_begins_a_new_run(pool):
    pool.map(workers.square, range(4))
    pool.reset()
    assert (pool.run.spans, pool.run.workers, pool.tasks_done) == ((), (), 0)
    pool.map(workers.square, range(2))
    assert [span.task for span in pool.run.spans] == [0, 1]
    assert all(span.submitted > pool.run.began for span in pool.run.spans)


def test_a_run_can_be_drawn(pool):
    pool.map(spin, [0.01] * 4, 1)
    assert "error" not in str(timeline(pool.run))


def test_arguments_and_results_are_released_without_the_garbage_collector(pool):
    class Box(list):
        pass

    gc.collect()
    gc.disable()
    try:
        boxes = [Box() for _ in range(3)]
        known = [weakref.ref(box) for box in boxes]
        pool.map(len, boxes)
        list(pool.imap(len, boxes))
        pool.apply(id, boxes[:1])
        with pytest.raises(TimeoutError):
            pool.apply_async(workers.sleep_for, (0.1,)).get(timeout=0.001)
        pool.map(workers.square, range(4), 1)  # each thread has had something else since
        del boxes
        assert becomes_true(lambda: [box() for box in known] == [None] * 3, within=5)
    finally:
        gc.enable()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="it counts descriptors as Linux shows them")
def test_pools_leave_no_thread_and_no_descriptor():
    def held() -> tuple[int, int]:
        return threading.active_count(), len(os.listdir("/proc/self/fd"))

    before = held()
    for _ in range(10):
        with XrayThreadPool(3) as pool:
            pool.map(workers.square, range(10))
        pool.join()
        del pool
    gc.collect()
    assert held() <= before
