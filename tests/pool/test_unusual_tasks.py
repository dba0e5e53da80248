"""Tasks, exceptions and callers that do what few do: an `XrayPool` gives what the stock pool gives."""

import builtins
import multiprocessing
import os
import pickle
import threading
import time
import typing
import warnings
from multiprocessing import reduction

import hostile
import pytest
import workers

from helpers.machine import start_methods
from helpers.pool.errors import TaskFailed
from helpers.xray import XrayPool
from helpers.xray_threads import XrayThreadPool

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork, nor can a task")


def test_a_task_that_interrupts_itself_is_stopped_and_its_worker_goes_on(pool):
    assert pool.apply(hostile.limit_itself, (20.0,)) == "stopped at its limit"
    assert pool.map(hostile.limit_itself, [0.0, 0.0]) == ["ran to its end"] * 2


def test_an_interrupt_that_comes_after_its_task_is_not_heard(own_pool):
    own_pool.map(hostile.interrupt_later, [0.1, 0.1], 1)
    own_pool.map(workers.sleep_for, [0.0] * 20, 1)
    time.sleep(0.3)
    assert own_pool.map(workers.square, [3, 4], 1) == [9, 16]


@needs_fork
def test_a_process_that_a_task_forks_may_exit(pool):
    assert pool.map(hostile.fork_and_exit, [3, 0, 5], chunksize=2) == [3, 0, 5]
    assert pool.apply(workers.square, (3,)) == 9


@needs_fork
def test_a_process_that_an_initializer_forks_may_exit(context):
    with XrayPool(1, hostile.fork_and_exit, (3,), context=context) as pool:
        assert pool.map(workers.square, [3, 4]) == [9, 16]


def test_input_reads_what_a_task_gives_it_to_read(pool):
    assert pool.map(hostile.read_numbers, ["1 2\n", "3 4"]) == [3, 7]
    with pytest.raises(EOFError, match="EOF when reading a line"):
        pool.apply(hostile.read_numbers, ("",))


@pytest.mark.skipif("fork" not in start_methods(), reason="only a forked worker has what the program has set")
def test_an_input_that_the_program_has_replaced_stays(monkeypatch):
    monkeypatch.setattr(builtins, "input", lambda: "yes")
    with XrayPool(1, context=multiprocessing.get_context("fork")) as pool:
        assert pool.map(hostile.ask, [1]) == ["yes"]


def test_an_exception_that_pickles_as_another_one_arrives_as_that(pool):
    with pytest.raises(RuntimeError, match="^hello$") as raised:
        pool.apply(hostile.raise_translated, ("hello",))
    assert "raise Translated(text)" in str(raised.value.__cause__)


def test_an_exception_that_pickles_as_no_exception_is_reported(pool):
    with pytest.raises(TaskFailed, match="the task raised .*Vanished: hello, which pickle turns into something else"):
        pool.apply(hostile.raise_vanished, ("hello",))


def test_what_an_exception_carries_is_taken_over_by_the_caller_alone(pool):
    with pytest.raises(hostile.WithConnection) as raised:
        pool.apply(hostile.raise_with_connection, ("hello",))
    with raised.value.connection as connection:
        assert connection.recv() == "hello"


def test_all_tasks_of_a_message_are_unpickled_before_the_first_one_runs(own_pool):
    assert own_pool.map(hostile.tasks_before, [hostile.NotesItsUnpickling() for _ in range(3)], 3) == [0, 0, 0]


def test_the_error_of_an_initializer_is_told_whatever_its_letters(context):
    told = pytest.raises(TaskFailed, match="no such name: caf.*txt")
    with told, XrayPool(1, hostile.raise_lone_surrogate, context=context) as pool:
        pool.map(workers.square, [1])


def test_a_function_object_need_not_tell_its_name(pool):
    assert pool.map(hostile.HidesItsName(), [1, 2]) == [2, 3]
    assert list(pool.imap(hostile.HidesItsName(), [1])) == [2]


def test_an_input_that_fails_calls_back_in_another_thread(pool):
    lock, seen = threading.Lock(), []

    def note(error: BaseException) -> None:
        with lock:
            seen.append((str(error), threading.current_thread()))

    with lock:
        result = pool.map_async(workers.square, hostile.FailsHalfWay([1, 2]), error_callback=note)
    with pytest.raises(ValueError, match="half way"):
        result.get(timeout=20)
    ((said, thread),) = seen
    assert said == "half way"
    assert thread is not threading.current_thread()


def test_a_clock_that_stands_still_does_not_stop_a_time_limit(pool, monkeypatch):
    """As with freezegun, which leaves the standard library's own waits alone."""
    result, results = pool.apply_async(workers.sleep_for, (1.5,)), pool.imap(workers.sleep_for, [1.5])
    monkeypatch.setattr(time, "monotonic", lambda: 1000.0)
    result.wait(0.2)
    assert not result.ready()
    with pytest.raises(multiprocessing.TimeoutError):
        result.get(0.2)
    with pytest.raises(multiprocessing.TimeoutError):
        results.next(0.2)
    monkeypatch.undo()
    assert result.get(20) == results.next(20) == 1.5


@pytest.mark.parametrize("timeout", [0, -1, 0.05, 0.25])
def test_a_result_that_does_not_come_is_waited_for_as_long_as_asked(pool, timeout):
    result = pool.apply_async(workers.sleep_for, (0.5,))
    began = time.perf_counter()
    with pytest.raises(multiprocessing.TimeoutError):
        result.get(timeout)
    assert time.perf_counter() - began >= timeout
    result.get()


def test_a_timeout_that_is_no_number_is_refused(pool):
    result, results = pool.apply_async(workers.sleep_for, (0.2,)), pool.imap(workers.sleep_for, [0.2])
    for wait in (result.get, result.wait, results.next):
        with pytest.raises(ValueError, match="timeout must be a number of seconds, or None for no limit, not nan"):
            wait(float("nan"))
    assert result.get() == results.next() == 0.2


@needs_fork
@pytest.mark.parametrize("end", ["terminate", "join"])
def test_no_thread_of_a_pool_is_left_when_it_has_ended(end):
    """From Python 3.12 on, fork warns of threads."""
    before = threading.active_count()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(10):
            with XrayPool(1, context=multiprocessing.get_context(start_methods()[0])) as pool:
                assert pool.map(workers.square, [2]) == [4]
                if end == "join":
                    pool.close()
                    pool.join()
            assert threading.active_count() == before


class OwnPickler(reduction.ForkingPickler):
    """As dill and cloudpickle do in their way: it sends a function that has no name to be found by."""

    def reducer_override(self, value: object) -> object:
        return (eval, ("abs",)) if getattr(value, "__name__", "") == "<lambda>" else NotImplemented

    @classmethod
    def dumps(cls, value: object, protocol: int | None = None) -> bytes:
        file = hostile.io.BytesIO()
        cls(file, protocol).dump(value)
        return file.getvalue()


def test_a_pickler_that_a_program_puts_in_place_is_used(pool, monkeypatch):
    monkeypatch.setattr(reduction, "ForkingPickler", OwnPickler)
    assert pool.map(lambda: None, [-3, 4]) == [3, 4]
    monkeypatch.undo()
    with pytest.raises(pickle.PicklingError):
        pool.map(lambda: None, [3, 4])


@pytest.mark.parametrize("kind", [XrayPool, XrayThreadPool])
def test_the_types_of_public_methods_can_be_read_when_it_runs(kind):
    for name, method in vars(kind).items():
        if callable(method) and not name.startswith("_"):
            assert isinstance(typing.get_type_hints(method), dict)
