"""A task, its argument or its result fails: the caller sees what and why, soon, and the pool goes on."""

import functools
import multiprocessing
import os
from multiprocessing.pool import MaybeEncodingError

import faults
import pytest
import workers
from pools import METHODS_THAT_IMPORT, raises_soon, run_python, with_every_call

from helpers import tasks
from helpers.xray import ResultNotPicklable, TaskFailed, WorkerDied, XrayPool


def pids() -> set[int | None]:
    return {child.pid for child in multiprocessing.active_children()}


# ---- exceptions


@with_every_call
def test_a_task_raises_what_it_raised_with_the_workers_traceback(pool, call):
    with raises_soon(ValueError, "bad number 5", within=1) as caught:
        call(pool, faults.raise_value_error, 5)
    assert "faults.py" in str(caught.value.__cause__)
    assert 'raise ValueError(f"bad number {number}")' in str(caught.value.__cause__)
    assert pool.map(workers.square, [3]) == [9]


def test_a_task_raises_what_it_raised_although_dask_pickles_every_exception(context):
    with (
        XrayPool(2, faults.let_tblib_pickle_exceptions, context=context) as pool,
        raises_soon(ValueError, "bad number 5", within=5) as caught,
    ):
        pool.map(faults.raise_value_error, [5])
    assert "faults.py" in str(caught.value.__cause__)


@pytest.mark.parametrize(
    "function, name",
    [
        (faults.raise_cannot_be_unpickled, "CannotBeUnpickled"),
        (faults.raise_cannot_be_pickled, "CannotBePickled"),
    ],
)
@with_every_call
def test_an_exception_that_pickle_cannot_return_becomes_task_failed(pool, function, name, call):
    with raises_soon(TaskFailed, name, "cannot", "pickle", within=1) as caught:
        call(pool, function, 5)
    assert f"in {function.__name__}" in str(caught.value.__cause__)
    assert pool.map(workers.square, [3]) == [9]


def test_an_exception_that_refuses_attributes_is_raised_with_the_workers_traceback(pool):
    with pytest.raises(faults.RefusesAttributes, match="8") as caught:
        pool.apply(faults.raise_refuses_attributes, (8,))
    assert "faults.py" in str(caught.value.__cause__)
    assert pool.apply(workers.add, (1, 1)) == 2


@pytest.mark.parametrize("name", ["SystemExit", "KeyboardInterrupt", "GeneratorExit"])
def test_what_would_end_a_worker_is_a_failed_task(pool, name):
    before = pids()
    with raises_soon(TaskFailed, name, "gone", within=1):
        pool.map(faults.raise_named, [name])
    assert pool.map(workers.square, range(8), 1) == [number * number for number in range(8)]
    assert pids() == before


def test_a_task_that_raises_stop_iteration_gives_no_short_list(pool):
    for call in (pool.map, lambda *args: list(pool.imap(*args))):
        with raises_soon(TaskFailed, "StopIteration", within=1):
            call(faults.raise_stop_iteration_at_two, range(5), 5)


def test_input_says_that_nobody_can_answer(pool):
    with raises_soon(EOFError, "input()", "worker", within=1):
        pool.map(faults.ask, ["name? "])


@pytest.mark.parametrize("broken, error", [("def f(:", "SyntaxError"), (None, "ModuleNotFoundError")])
@pytest.mark.parametrize("method", METHODS_THAT_IMPORT)
def test_a_helper_file_that_broke_is_the_workers_own_error(tmp_path, method, broken, error):
    code = (
        "import sys, time, multiprocessing as m, pathlib; from helpers.xray import XrayPool\n"
        "path = pathlib.Path('my_tasks.py'); path.write_text('def f(x): return x'); import my_tasks\n"
        f"path.unlink() if {broken!r} is None else path.write_text({broken!r})\n"
        f"with XrayPool(1, context=m.get_context({method!r})) as pool:\n"
        "    pool.map(abs, [1]); began = time.monotonic()\n"
        "    try: pool.map(my_tasks.f, [1])\n"
        "    except Exception as error: print(type(error).__name__, time.monotonic() - began < 1)\n"
        "    print(pool.map(abs, [-1]))\n"
    )
    output = run_python(code, cwd=tmp_path)
    assert output.stdout.splitlines() == [f"{error} True", "[1]"], output.stderr


# ---- arguments and results


def test_an_argument_that_cannot_be_pickled_is_an_error_and_the_pool_goes_on(pool):
    with raises_soon(ValueError, "as asked for", within=1):
        pool.map(tasks.identity, [1, faults.Breaks("pickled", "error"), 2])
    assert pool.map(workers.square, [2]) == [4]


@with_every_call
def test_a_result_that_cannot_be_pickled_is_named(pool, call):
    with raises_soon(ResultNotPicklable, "of type function", "cannot be pickled", within=1) as caught:
        call(pool, faults.return_lambda, 5)
    assert isinstance(caught.value, MaybeEncodingError)  # the stock pool's error
    assert pool.map(workers.square, [3]) == [9]


@with_every_call
def test_a_result_that_cannot_be_unpickled_is_named(pool, call):
    with raises_soon(TaskFailed, "faults.misbehave", "cannot be unpickled", "as asked for", within=2):
        call(pool, functools.partial(faults.return_breaks, "unpickled"), "error")
    assert pool.map(workers.square, [3]) == [9]


def test_the_callback_gets_no_result_that_cannot_be_unpickled(pool):
    seen = []
    broken = functools.partial(faults.return_breaks, "unpickled")
    pool.map_async(broken, ["error"], callback=seen.append, error_callback=seen.append).wait()
    assert [type(value) for value in seen] == [TaskFailed]


SEGFAULT = "SIGSEGV" if os.name != "nt" else "exit code"


@pytest.mark.parametrize(
    "moment, action, error, words",
    [
        ("unpickled", "error", ValueError, "as asked for"),
        ("unpickled", "exit", TaskFailed, "SystemExit"),
        ("unpickled", "crash", WorkerDied, "exit code 7"),
        ("unpickled", "segfault", WorkerDied, SEGFAULT),
    ],
)
def test_an_argument_that_breaks_in_the_worker_is_reported(context, moment, action, error, words):
    with XrayPool(2, context=context) as pool, raises_soon(error, words, within=2):
        pool.map(tasks.identity, [faults.Breaks(moment, action)])


@pytest.mark.parametrize(
    "moment, action, error, words",
    [
        ("pickled", "error", ResultNotPicklable, "as asked for"),
        ("pickled", "exit", ResultNotPicklable, "SystemExit"),
        ("pickled", "crash", WorkerDied, "exit code 7"),
        ("pickled", "segfault", WorkerDied, SEGFAULT),
        ("unpickled", "exit", TaskFailed, "SystemExit"),
    ],
)
def test_a_result_that_breaks_is_reported(context, moment, action, error, words):
    with XrayPool(2, context=context) as pool, raises_soon(error, words, within=2):
        pool.apply(faults.return_breaks, (moment, action))


# ---- callbacks, and failures that nobody reads


def test_a_callback_that_raises_is_shown_and_the_pool_goes_on(pool, capfd):
    assert pool.map_async(workers.square, [3], callback=faults.raise_value_error).get() == [9]
    pool.apply_async(faults.raise_value_error, (1,), error_callback=faults.raise_value_error).wait()
    assert pool.map(workers.square, [3]) == [9]
    assert capfd.readouterr().err.count("Traceback") == 2


@pytest.mark.parametrize("end", ["terminate", "close and join"])
def test_a_failure_that_nobody_read_is_one_line_at_the_end(context, capfd, end):
    with XrayPool(2, context=context) as pool:
        pool.map_async(faults.raise_value_error, [1]).wait(10)
        pool.apply_async(faults.raise_value_error, (2,), error_callback=lambda error: None).wait(10)
        with pytest.raises(ValueError, match="bad"):
            pool.map(faults.raise_value_error, [3])
        if end == "close and join":
            pool.close()
            pool.join()
    (line,) = capfd.readouterr().err.splitlines()
    assert "nobody asked" in line and "ValueError: bad number 1" in line
