"""The X-rayed executors give what those of `concurrent.futures` give, and record what their workers did."""

import ast
import concurrent.futures
import gc
import multiprocessing
import os
import sys
import threading
import time
import weakref
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from pathlib import Path

import faults
import numpy as np
import pytest
import workers
from outcomes import outcome, tracebacks
from pools import becomes_true

from helpers import tasks, xray_executor
from helpers.machine import start_methods
from helpers.timeline import timeline
from helpers.xray_executor import XrayProcessPoolExecutor, XrayThreadPoolExecutor

MOMENTS = ["submitted", "packed", "sent", "arrived", "received", "started", "finished", "returned", "replied",
           "landed", "delivered"]  # fmt: skip
HEAVY = {"numpy", "matplotlib", "IPython"}


def test_the_stock_executors_are_imported_from_where_they_are_defined():
    """Python 3.15 resolves those of the package late, and cannot within the import of the X-ray."""
    module = ast.parse(Path(xray_executor.__file__).read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(module) if isinstance(node, ast.ImportFrom)]
    sources = {name.name: node.module for node in imports for name in node.names if name.name.endswith("PoolExecutor")}
    assert sources == {
        "ProcessPoolExecutor": "concurrent.futures.process",
        "ThreadPoolExecutor": "concurrent.futures.thread",
        "InterpreterPoolExecutor": "concurrent.futures.interpreter",
    }


@pytest.fixture(autouse=True)
def plain_exceptions(monkeypatch):
    """Exceptions are pickled as Python does it, although another test imported Dask, whose tblib registers reducers."""
    import copyreg

    for kind in list(copyreg.dispatch_table):
        if isinstance(kind, type) and issubclass(kind, BaseException):
            monkeypatch.delitem(copyreg.dispatch_table, kind)


def done(function, *arguments: object, **keywords: object):
    """A call that submits one task and waits for it."""
    return lambda executor: executor.submit(function, *arguments, **keywords).result(timeout=20)


def one_by_one(results) -> list:
    """What an iterator gives, one by one, exceptions included."""
    found = []
    while (found[-1:] or [("", "")])[0][0] != "StopIteration" and len(found) < 20:
        found.append(outcome(lambda: next(results)))
    return found


def with_callbacks(executor) -> list:
    """What callbacks are given, in their order, of tasks that succeed and fail."""
    given = []
    for number in range(5):
        future = executor.submit(faults.fail_at_three, number)
        future.add_done_callback(lambda future: given.append(repr(future.exception() or future.result())))
        concurrent.futures.wait([future], timeout=20)
    executor.shutdown()
    return given


def completed(executor) -> list:
    futures = {executor.submit(workers.square, number): number for number in range(5)}
    found = sorted((futures[future], future.result()) for future in concurrent.futures.as_completed(futures, 20))
    return [found, len(concurrent.futures.wait(futures).done)]


def cancelled(executor) -> list:
    """Of many tasks the last are cancelled in time, and have no result."""
    futures = [executor.submit(workers.sleep_for, 0.05) for _ in range(12)]
    answers = [futures[-1].cancel(), futures[-1].cancelled(), outcome(futures[-1].result)]
    executor.shutdown(cancel_futures=True)
    return [*answers, all(future.done() for future in futures), futures[0].cancel()]


def after_shutdown(executor) -> list:
    first = executor.submit(abs, -1)
    executor.shutdown()
    return [first.result(), outcome(lambda: executor.submit(abs, 1)), outcome(lambda: list(executor.map(abs, [1])))]


def after_a_death(executor) -> list:
    futures = [executor.submit(*task) for task in ((workers.sleep_for, 0.3), (os._exit, 3), (time.sleep, 0.1))]
    return [outcome(future.result) for future in futures] + [outcome(lambda: executor.submit(abs, 1))]


CALLS = {
    "submit": done(workers.arguments, 1, 2, fn=3, self=4),
    "submit, a method": done(workers.Counter(10).add, 1),
    "submit, a partial": done(partial(workers.add, scale=2), 3, 4),
    "submit, by keyword": lambda executor: executor.submit(fn=abs),
    "submit, nothing": lambda executor: executor.submit(),
    "submit, no function": done(5),
    "submit, too many arguments": done(workers.square, 1, 2),
    "an exception": done(faults.raise_value_error, 5),
    "an exception that rebuilds itself": done(faults.raise_rebuilds_itself, 5),
    "StopIteration": done(faults.raise_stop_iteration_at_two, 2),
    "SystemExit": done(faults.raise_named, "SystemExit"),
    "KeyboardInterrupt": done(faults.raise_named, "KeyboardInterrupt"),
    "no time": lambda executor: executor.submit(workers.sleep_for, 0.3).result(timeout=0.001),
    "map": lambda executor: list(executor.map(workers.square, range(20))),
    "map, two inputs": lambda executor: list(executor.map(pow, range(5), iter(range(9)), chunksize=2)),
    "map, chunks": lambda executor: [list(executor.map(workers.square, range(9), chunksize=n)) for n in (2, 9, 99)],
    "map, nothing": lambda executor: [*executor.map(workers.square, []), *executor.map(workers.square)],
    "map, a bad chunk size": lambda executor: list(executor.map(workers.square, [1], chunksize=0)),
    "map, a number": lambda executor: executor.map(workers.square, 5),
    "map, no time": lambda executor: list(executor.map(workers.sleep_for, [0.3], timeout=0.001)),
    "map, an exception": lambda executor: one_by_one(executor.map(faults.fail_at_three, range(6))),
    "map, an exception in a chunk": lambda executor: one_by_one(
        executor.map(faults.fail_at_three, range(6), chunksize=2)
    ),
    "map, StopIteration": lambda executor: one_by_one(executor.map(faults.raise_stop_iteration_at_two, range(6))),
    "callbacks": with_callbacks,
    "as_completed": completed,
    "cancel": cancelled,
    "after shutdown": after_shutdown,
}  # fmt: skip

CALLS_OF_PROCESSES = CALLS | {
    "an exception that cannot be pickled": done(faults.raise_cannot_be_pickled, 5),
    "an exception that cannot be unpickled": done(faults.raise_cannot_be_unpickled, 5),
    "an exception that refuses its cause": done(faults.raise_refuses_attributes, 5),
    "a lambda": done(lambda: 7),
    "a result that cannot be pickled": done(faults.return_lambda, 5),
    "a chunk of results that cannot be pickled": lambda executor: list(
        executor.map(faults.return_lambda, [1, 2], chunksize=2)
    ),
    "an argument that cannot be pickled": done(id, faults.Breaks("pickled", "error")),
    "an argument that cannot be unpickled": done(id, faults.Breaks("unpickled", "error")),
    "an argument that exits": done(id, faults.Breaks("unpickled", "exit")),
    "a result that fails to be pickled": done(faults.return_breaks, "pickled", "error"),
    "a result that exits": done(faults.return_breaks, "pickled", "exit"),
    "a result that kills": done(faults.return_breaks, "pickled", "crash"),
    "a result that cannot be unpickled": done(faults.return_breaks, "unpickled", "error"),
    "a worker dies": after_a_death,
}  # fmt: skip


@pytest.fixture(scope="module", params=start_methods())
def context(request):
    return multiprocessing.get_context(request.param)


@pytest.mark.parametrize("call", CALLS_OF_PROCESSES.values(), ids=CALLS_OF_PROCESSES)
def test_a_call_gives_what_the_stock_executor_gives(call, context):
    with ProcessPoolExecutor(1, context) as stock, XrayProcessPoolExecutor(1, context) as executor:
        expected = outcome(call, stock)
        assert outcome(call, executor) == expected


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_call_gives_what_the_stock_executor_of_threads_gives(call):
    with ThreadPoolExecutor(1) as stock, XrayThreadPoolExecutor(1) as executor:
        expected = outcome(call, stock)
        assert outcome(call, executor) == expected


REFUSED = [{"max_workers": 0}, {"max_workers": "two"}, {"initializer": 5}, {"max_workers": 0, "initializer": 5}]


@pytest.mark.parametrize("arguments", REFUSED)
def test_what_the_stock_executors_refuse_is_refused_in_the_same_words(arguments):
    for stock, xray in [
        (ThreadPoolExecutor, XrayThreadPoolExecutor),
        (ProcessPoolExecutor, XrayProcessPoolExecutor),
    ]:
        expected = outcome(stock, **arguments)
        assert outcome(xray, **arguments) == expected
        assert expected[0] != "value"


@pytest.mark.parametrize("limit", [0, "two", 1])
def test_a_limit_of_tasks_is_refused_where_the_stock_executor_refuses_it(limit):
    fork = multiprocessing.get_context("fork") if "fork" in start_methods() else None
    expected = outcome(lambda: ProcessPoolExecutor(1, fork, max_tasks_per_child=limit).shutdown())
    assert outcome(lambda: XrayProcessPoolExecutor(1, fork, max_tasks_per_child=limit).shutdown()) == expected


@pytest.mark.parametrize("function, value", [(faults.raise_value_error, 5), (faults.fail_at_three, 3)])
def test_the_traceback_of_the_worker_is_that_of_the_stock_executor(context, function, value):
    with ProcessPoolExecutor(1, context) as stock, XrayProcessPoolExecutor(1, context) as executor:
        for call in (lambda one: one.submit(function, value).result(), lambda one: list(one.map(function, [value]))):
            expected = tracebacks(call, stock, file="faults.py")
            assert tracebacks(call, executor, file="faults.py") == expected
        error = executor.submit(function, value).exception()
    assert type(error.__cause__) is concurrent.futures.process._RemoteTraceback
    assert set(vars(error)) <= {"__notes__"}


def call_every_method(executor) -> None:
    list(executor.map(workers.square, range(5)))
    list(executor.map(workers.square, range(5), chunksize=2))
    assert executor.submit(workers.add, 1, 2).result() == 3


def test_every_method_records_one_span_a_task(context):
    with XrayProcessPoolExecutor(2, context) as executor:
        call_every_method(executor)
        run = executor.run
    assert [span.task for span in run.spans] == list(range(11))
    assert {span.outcome for span in run.spans} == {"ok"}
    assert executor.tasks_done == 11
    assert (run.processes, run.start_method) == (2, context.get_start_method())
    ready = {worker.pid: worker.ready for worker in run.workers}
    for span in run.spans:
        moments = [getattr(span, moment) for moment in MOMENTS]
        assert moments == sorted(moments)
        assert run.began <= moments[0] <= moments[-1] <= run.ended
        assert run.began < ready[span.worker] <= span.started
    assert "error" not in str(timeline(run))


def test_a_span_names_the_process_that_ran_the_task(context):
    with XrayProcessPoolExecutor(2, context) as executor:
        pids = list(executor.map(tasks.nap, [0.02] * 6))
        assert [span.worker for span in executor.run.spans] == pids
        assert {worker.pid for worker in executor.run.workers} == set(pids)


def test_bytes_count_what_is_sent_and_what_is_returned(context):
    with XrayProcessPoolExecutor(1, context) as executor:
        executor.submit(bytes.upper, bytes(50_000)).result()
        list(executor.map(len, [bytes(50_000)] * 2, chunksize=2))
        returned, first, second = executor.run.spans
    assert 50_000 < returned.bytes_in < 51_000
    assert 50_000 < returned.bytes_out < 51_000
    assert 50_000 < first.bytes_in
    assert second.bytes_in < 1000 > second.bytes_out


def test_arrays_are_the_same_after_the_round_trip_and_can_be_written_to_as_with_the_stock_executor(context):
    arrays = [np.zeros(3), np.arange(200_000.0)]
    with ProcessPoolExecutor(1, context) as stock, XrayProcessPoolExecutor(1, context) as executor:
        expected = list(stock.map(workers.is_writeable, arrays))
        assert list(executor.map(workers.is_writeable, arrays, chunksize=2)) == expected
        found = list(executor.map(tasks.identity, arrays, chunksize=2))
        assert all(np.array_equal(array, other) for array, other in zip(found, arrays, strict=True))
        assert [array.flags.writeable for array in found] == [
            array.flags.writeable for array in stock.map(tasks.identity, arrays)
        ]


def test_a_failed_task_is_recorded_with_those_of_its_chunk_that_came_before(context):
    with XrayProcessPoolExecutor(1, context) as executor:
        with pytest.raises(ValueError, match="three"):
            list(executor.map(faults.fail_at_three, range(6), chunksize=6))
        assert [(span.task, span.outcome) for span in executor.run.spans] == [
            (0, "ok"), (1, "ok"), (2, "ok"), (3, "error"),
        ]  # fmt: skip
        for function in (faults.raise_rebuilds_itself, faults.raise_cannot_be_pickled, faults.return_lambda):
            executor.reset()
            assert executor.submit(function, 5).exception() is not None
            (span,) = executor.run.spans
            assert (span.task, span.outcome) == (0, "error")
            assert span.started < span.finished <= span.delivered
            assert span.bytes_out > 0


def test_tasks_that_workers_held_when_one_died_are_lost(context):
    with XrayProcessPoolExecutor(1, context) as executor:
        executor.submit(workers.sleep_for, 0.3)  # meanwhile all of these can be submitted
        futures = [executor.submit(workers.leave, 1), *(executor.submit(abs, number) for number in range(5))]
        assert {type(future.exception()) for future in futures} == {concurrent.futures.process.BrokenProcessPool}
    assert [(span.task, span.outcome) for span in executor.run.spans] == [(0, "ok"), (1, "lost")]
    first, lost = executor.run.spans
    assert first.worker == lost.worker
    assert lost.arrived <= lost.started < lost.finished == lost.delivered <= executor.run.ended


def test_reset_begins_a_new_run(context):
    with XrayProcessPoolExecutor(1, context) as executor:
        list(executor.map(workers.square, range(4)))
        executor.reset()
        assert (executor.run.spans, executor.run.workers, executor.tasks_done) == ((), (), 0)
        list(executor.map(workers.square, range(2)))
        assert [span.task for span in executor.run.spans] == [0, 1]


def test_an_initializer_runs_in_every_worker_and_a_failing_one_breaks_the_executor(context):
    with XrayProcessPoolExecutor(2, context, workers.remember, ("hello",)) as executor:
        assert list(executor.map(workers.recall, range(4))) == ["hello"] * 4
    with XrayProcessPoolExecutor(1, context, faults.fail_to_initialize, ("no",)) as executor:
        assert isinstance(executor.submit(abs, 1).exception(), BrokenExecutor)
    assert executor.run.spans == ()


@pytest.mark.parametrize("method", [method for method in start_methods() if method != "fork"])
def test_an_initializer_that_cannot_be_sent_is_refused_as_by_the_stock_executor(method):
    found = []
    for make in (ProcessPoolExecutor, XrayProcessPoolExecutor):
        with make(1, multiprocessing.get_context(method), lambda: None) as executor:
            found.append(outcome(executor.submit, abs, 1))
    assert found[0] == found[1]
    assert found[0][0] != "value"


@pytest.mark.parametrize("method", [method for method in start_methods() if method != "fork"])
def test_workers_leave_after_their_number_of_tasks_and_their_notes_with_them(method):
    context = multiprocessing.get_context(method)
    with XrayProcessPoolExecutor(1, context, max_tasks_per_child=2) as executor:
        pids = [executor.submit(os.getpid).result() for _ in range(6)]
        assert len(set(pids)) == 3
        assert [span.worker for span in executor.run.spans] == pids
        assert [worker.pid for worker in executor.run.workers] == list(dict.fromkeys(pids))
        gc.collect()
        assert len(executor._context._notes) <= 2


def test_a_worker_loads_little_because_of_the_executor():
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context) as stock, XrayProcessPoolExecutor(1, context) as executor:
        loaded = [set(one.submit(workers.loaded_modules).result()) for one in (stock, executor)]
    more = loaded[1] - loaded[0]
    assert not more & HEAVY
    assert {name for name in more if name.startswith("helpers")} == {
        "helpers", "helpers.pool", "helpers.pool.executor_messages", "helpers.pool.pickling", "helpers.pool.recorder",
        "helpers.pool.worker",
    }  # fmt: skip


def test_the_context_has_what_the_original_has(context):
    with XrayProcessPoolExecutor(1, context) as executor:
        assert executor._mp_context.get_start_method() == context.get_start_method()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="it counts descriptors as Linux shows them")
@pytest.mark.parametrize("end", ["shutdown", "break"])
def test_executors_leave_no_thread_process_or_descriptor(context, end):
    def held() -> tuple[int, int, int]:
        return threading.active_count(), len(multiprocessing.active_children()), len(os.listdir("/proc/self/fd"))

    def use() -> None:
        with XrayProcessPoolExecutor(1, context) as executor:
            assert list(executor.map(workers.square, range(4), chunksize=2)) == [0, 1, 4, 9]
            if end == "break":
                assert executor.submit(workers.leave, 1).exception() is not None

    use()  # starts what Python keeps, such as the forkserver
    gc.collect()
    before = held()
    for _ in range(3):
        use()
    gc.collect()
    assert all(now <= then for now, then in zip(held(), before, strict=True))


def test_an_executor_that_nobody_holds_is_collected_and_its_tasks_are_done(context):
    executor = XrayProcessPoolExecutor(1, context)
    known = weakref.ref(executor)
    futures = [executor.submit(workers.slow_square, number) for number in range(3)]
    del executor
    gc.collect()
    assert known() is None
    assert [future.result(20) for future in futures] == [0, 1, 4]


def test_a_future_keeps_no_run():
    with XrayThreadPoolExecutor(1) as threads, XrayProcessPoolExecutor(1) as processes:
        futures = [threads.submit(abs, -1), processes.submit(abs, -1)]
        futures.append(processes.submit(abs, "a"))  # (of a thread, the traceback leads to the executor)
        assert [type(future.exception()) for future in futures] == [type(None), type(None), TypeError]
        recorders = [weakref.ref(executor._recorder) for executor in (threads, processes)]
    del threads, processes
    gc.collect()
    assert [recorder() for recorder in recorders] == [None, None]
    assert len(futures) == 3


# ---- threads


def test_threads_record_one_span_a_task():
    with XrayThreadPoolExecutor(2) as executor:
        call_every_method(executor)
        names = list(executor.map(lambda _: threading.get_native_id(), range(3)))
        run = executor.run
    assert [span.task for span in run.spans] == list(range(14))
    assert {(span.outcome, span.bytes_in, span.bytes_out) for span in run.spans} == {("ok", 0, 0)}
    assert [span.worker for span in run.spans[-3:]] == names
    assert (run.processes, run.start_method) == (2, "threads")
    for span in run.spans:
        moments = [getattr(span, moment) for moment in MOMENTS]
        assert moments == sorted(moments)


def test_the_initializer_of_threads_runs_and_breaks_as_in_the_stock_executor():
    given = []
    with XrayThreadPoolExecutor(1, initializer=given.append, initargs=(1,)) as executor:
        executor.submit(abs, 1).result()
    assert given == [1]
    with XrayThreadPoolExecutor(1, initializer=faults.fail_to_initialize, initargs=("no",)) as executor:
        assert isinstance(executor.submit(workers.sleep_for, 0.1).exception(), BrokenExecutor)


def test_an_exception_in_a_thread_is_the_one_that_was_raised():
    error = ValueError("once")

    def fail() -> None:
        raise error

    with XrayThreadPoolExecutor(1) as executor:
        assert executor.submit(fail).exception() is error
        assert [span.outcome for span in executor.run.spans] == ["error"]


@pytest.mark.parametrize("function", [len, int], ids=["result", "exception"])
def test_arguments_of_threads_are_released_where_the_stock_executor_releases_them(function):
    class Box(list):
        pass

    def is_released(executor) -> bool:
        box = Box()
        known = weakref.ref(box)
        future = executor.submit(function, box)  # kept, with its exception
        concurrent.futures.wait([future])
        executor.submit(abs, 1).result()
        del box
        return becomes_true(lambda: known() is None, within=1)

    gc.collect()
    gc.disable()
    try:
        with ThreadPoolExecutor(1) as stock, XrayThreadPoolExecutor(1) as executor:
            assert is_released(executor) or not is_released(stock)
    finally:
        gc.enable()


# ---- subinterpreters

with_interpreters = pytest.mark.skipif(sys.version_info < (3, 14), reason="Python has such an executor from 3.14 on")
CALLS_OF_INTERPRETERS = [
    "submit", "submit, a partial", "submit, too many arguments", "an exception", "map", "map, two inputs",
    "map, nothing", "as_completed", "cancel", "after shutdown",
]  # fmt: skip


@with_interpreters
@pytest.mark.parametrize("name", CALLS_OF_INTERPRETERS)
def test_a_call_gives_what_the_stock_executor_of_interpreters_gives(name):
    call = CALLS[name]
    with concurrent.futures.InterpreterPoolExecutor(1) as stock:
        expected = outcome(call, stock)
    with xray_executor.XrayInterpreterPoolExecutor(1) as executor:
        assert outcome(call, executor) == expected


@with_interpreters
def test_interpreters_record_one_span_a_task():
    with xray_executor.XrayInterpreterPoolExecutor(2, initializer=abs, initargs=(1,)) as executor:
        assert list(executor.map(pow, range(5), range(5))) == list(map(pow, range(5), range(5)))
        assert executor.submit(divmod, 7, 2).result() == (3, 1)
        assert isinstance(executor.submit(divmod, 7, 0).exception(), ZeroDivisionError)
        run = executor.run
    assert [span.task for span in run.spans] == list(range(7))
    assert [span.outcome for span in run.spans] == ["ok"] * 6 + ["error"]
    assert (run.processes, run.start_method) == (2, "interpreters")
    ready = {worker.pid: worker.ready for worker in run.workers}
    assert all(run.began < ready[span.worker] <= span.started for span in run.spans)
