"""`XrayPool` keeps its promises: whatever goes wrong, the caller sees what, soon, and nothing is left behind.

Each promise is tried under every start method, with the seconds that it allows. After each test no child process is
left three seconds later, and a new pool works.
"""

import functools
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

import faults
import pytest

from helpers.machine import start_methods
from helpers.pool.validation import MOST_PROCESSES
from helpers.xray import PoolStopped, TaskFailed, TookTooLong, WorkerDied, XrayPool

ROOT = Path(__file__).parents[2]
KILLS = [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV] if os.name != "nt" else [signal.SIGTERM]


@pytest.fixture(params=start_methods())
def context(request):
    """A start method; afterwards nothing of the test is left, and a new pool works."""
    context = multiprocessing.get_context(request.param)
    yield context
    assert soon(lambda: not multiprocessing.active_children(), within=3)
    with XrayPool(1, context=context) as pool:
        assert pool.map(faults.square, [2, 3]) == [4, 9]
    assert not multiprocessing.active_children()
    assert not list(Path(tempfile.gettempdir()).glob(f"pool-{os.getpid()}-*"))


@pytest.fixture
def pool(context):
    with XrayPool(2, context=context) as pool:
        pool.map(faults.square, range(4))
        pool.reset()  # so that a test's first task is task 0
        yield pool


def soon(condition: Callable[[], bool], within: float) -> bool:
    """Whether the condition comes true within so many seconds."""
    deadline = time.monotonic() + within
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


@contextmanager
def promised(error, *words, within):
    """The block raises exactly this, with these words in its text, within so many seconds, and it can be pickled."""
    began = time.monotonic()
    with pytest.raises(error) as caught:
        yield caught
    assert time.monotonic() - began < within
    assert type(caught.value) is error
    for word in words:
        assert word in str(caught.value)
    assert type(pickle.loads(pickle.dumps(caught.value))) is error


def ways(pool, function, value):
    """Every way to call a function for one value and wait for the answer."""
    return {
        "apply": lambda: pool.apply(function, (value,)),
        "map": lambda: pool.map(function, [value]),
        "starmap": lambda: pool.starmap(function, [(value,)]),
        "imap": lambda: list(pool.imap(function, [value])),
        "imap_unordered": lambda: list(pool.imap_unordered(function, [value], chunksize=2)),
        "get": lambda: pool.map_async(function, [value]).get(),
    }


WAYS = list(ways(None, None, None))


def run_python(code: str, seconds: float = 20, **keywords) -> subprocess.CompletedProcess:
    """Run the code in a fresh interpreter that has no file, as a notebook has none."""
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "support")])
    command = [sys.executable, "-c", code]
    environment = os.environ | {"PYTHONPATH": paths}
    return subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=seconds, env=environment, **keywords
    )


# ---- a drop-in: what the stock pool gives ----


@pytest.mark.parametrize("chunksize", [None, 1, 3])
def test_results_are_those_of_plain_map_in_order(pool, chunksize):
    numbers = range(20)
    squares = [number * number for number in numbers]
    assert pool.map(faults.square, numbers, chunksize) == squares
    assert pool.map_async(faults.square, iter(numbers), chunksize).get() == squares
    assert list(pool.imap(faults.square, numbers, chunksize or 1)) == squares
    assert sorted(pool.imap_unordered(faults.square, numbers, chunksize or 1)) == squares
    assert pool.starmap(faults.arguments, [(1, 2), (3,)], chunksize) == [((1, 2), {}), ((3,), {})]
    assert pool.apply(faults.arguments, (1,), {"key": 2}) == ((1,), {"key": 2})
    assert pool.map(faults.square, []) == list(pool.imap(faults.square, [])) == []


def test_callbacks_get_the_result_or_the_error(pool):
    seen = []
    pool.map_async(faults.square, [1, 2], callback=seen.append).get()
    failed = pool.apply_async(faults.raises, (3,), callback=seen.append, error_callback=seen.append)
    failed.wait()
    assert seen[0] == [1, 4]
    assert isinstance(seen[1], ValueError)
    assert failed.ready() and not failed.successful()


def test_an_initializer_runs_in_every_worker(context):
    with XrayPool(2, faults.set_flag, (7,), context=context) as pool:
        assert set(pool.map(faults.flag, range(8), 1)) == {"7"}


def test_workers_that_leave_after_their_tasks_are_replaced(context):
    with XrayPool(2, maxtasksperchild=1, context=context) as pool:
        result = pool.map_async(faults.pid, [0] * 6, chunksize=1)
        pool.close()
        pool.join()
        assert len(set(result.get())) == 6


def test_get_and_next_raise_a_timeout_and_the_pool_goes_on(pool):
    result = pool.apply_async(faults.slowly, (0.5,))
    with pytest.raises(multiprocessing.TimeoutError):
        result.get(timeout=0.01)
    with pytest.raises(ValueError, match="not ready"):
        result.successful()
    iterator = pool.imap(faults.pid, [0.5])
    with pytest.raises(multiprocessing.TimeoutError):
        iterator.next(timeout=0.01)
    assert result.get() == 0.5
    assert len(list(iterator)) == 1


@pytest.mark.parametrize("chunksize", [1, 2])
def test_an_input_that_raises_gives_the_results_before_it_and_its_error(pool, chunksize):
    def numbers():
        yield from (1, 2)
        raise faults.TwoNeeded(1, "of the input")

    iterator = pool.imap(faults.square, numbers(), chunksize)
    assert [next(iterator), next(iterator)] == [1, 4]
    with pytest.raises(faults.TwoNeeded, match="of the input"):
        next(iterator)
    assert pool.map(faults.square, [3]) == [9]


# ---- G1, G2, G12, G21: refused before anything starts ----


@pytest.mark.parametrize("method", [m for m in start_methods() if m != "fork"])
def test_g1_a_function_of_the_notebook_is_refused_with_the_remedy(method):
    code = (
        "import multiprocessing as m, time; from functools import partial; from helpers.xray import XrayPool\n"
        "def mine(x): return x\n"
        f"with XrayPool(1, context=m.get_context({method!r})) as pool:\n"
        "    for function in (mine, partial(mine)):\n"
        "        began = time.monotonic()\n"
        "        try: pool.map(function, [1])\n"
        "        except Exception as error: print(type(error).__name__, error, time.monotonic() - began < 1)\n"
    )
    lines = run_python(code).stdout.splitlines()
    assert len(lines) == 2
    for line in lines:
        assert line.startswith("PicklingError 'mine' lives in this notebook")
        assert "%%writefile" in line
        assert line.endswith("True")


@pytest.mark.parametrize("way", WAYS)
def test_g2_a_lambda_is_refused_with_the_reason(pool, way):
    with promised(pickle.PicklingError, "cannot be sent to a worker", "lambda", within=1):
        ways(pool, lambda value: value, 1)[way]()


@pytest.mark.parametrize("method", [m for m in start_methods() if m != "fork"])
@pytest.mark.parametrize("path", ["missing.ipynb", "missing.py"])
def test_g12_a_file_set_by_hand_is_refused_when_the_pool_is_made(method, path):
    code = (
        f"import multiprocessing as m; __file__ = {path!r}; from helpers.xray import XrayPool\n"
        f"try: XrayPool(1, context=m.get_context({method!r}))\n"
        "except RuntimeError as error: print(error, m.active_children())\n"
    )
    output = run_python(code)
    assert f"__file__ is set to {path!r}" in output.stdout
    assert output.stdout.strip().endswith("del __file__ []")
    assert output.stderr == ""


@pytest.mark.parametrize("processes", [0, -1, "2", 2.0, True, MOST_PROCESSES + 1, 10000])
def test_g21_impossible_processes_are_refused_with_the_range(context, processes):
    with promised(ValueError, f"from 1 to {MOST_PROCESSES}", repr(processes), within=0.5):
        XrayPool(processes, context=context)


@pytest.mark.parametrize("limit", [0, -1, "1", True])
def test_an_impossible_limit_is_refused(limit):
    with promised(ValueError, "seconds above 0", within=1):
        XrayPool(1, limit=limit)


def test_a_refused_pool_makes_no_noise(capfd):
    for arguments in [(0,), (1, "no function"), (1, None, (), 0)]:
        with pytest.raises((ValueError, TypeError)):
            XrayPool(*arguments)
    assert capfd.readouterr().err == ""


# ---- G3, G4, G5, G6, G9, G22, G23: a task fails and the pool goes on ----


@pytest.mark.parametrize("way", WAYS)
def test_g3_a_task_raises_what_it_raised_with_the_workers_traceback(pool, way):
    with promised(ValueError, "bad number 5", within=1) as caught:
        ways(pool, faults.raises, 5)[way]()
    assert "faults.py" in str(caught.value.__cause__)
    assert pool.map(faults.square, [3]) == [9]


def test_g3_a_task_raises_what_it_raised_though_dask_has_its_say_for_every_exception(context):
    with (
        XrayPool(2, faults.let_tblib_pickle_exceptions, context=context) as pool,
        promised(ValueError, "bad number 5", within=5) as caught,
    ):
        pool.map(faults.raises, [5])
    assert "faults.py" in str(caught.value.__cause__)


@pytest.mark.parametrize("function, name", [(faults.raises_two_needed, "TwoNeeded"), (faults.raises_locked, "Locked")])
@pytest.mark.parametrize("way", WAYS)
def test_g4_an_exception_that_cannot_travel_comes_as_task_failed(pool, function, name, way):
    with promised(TaskFailed, name, "cannot", "home by pickle", within=1) as caught:
        ways(pool, function, 5)[way]()
    assert f"in {function.__name__}" in str(caught.value.__cause__)
    assert pool.map(faults.square, [3]) == [9]


@pytest.mark.parametrize("way", WAYS)
def test_g5_a_result_that_cannot_be_pickled_is_named(pool, way):
    with promised(TaskFailed, "of type function", "cannot be pickled", within=1):
        ways(pool, faults.returns_lambda, 5)[way]()
    assert pool.map(faults.square, [3]) == [9]


@pytest.mark.parametrize("way", WAYS)
def test_g6_a_result_that_cannot_be_unpickled_is_named(pool, way):
    with promised(TaskFailed, "faults.act", "cannot be unpickled", "as asked for", within=2):
        ways(pool, functools.partial(faults.returns_evil, "open"), "error")[way]()
    assert pool.map(faults.square, [3]) == [9]


def test_g6_the_callback_gets_no_result_that_could_not_be_read(pool):
    seen = []
    evil = functools.partial(faults.returns_evil, "open")
    pool.map_async(evil, ["error"], callback=seen.append, error_callback=seen.append).wait()
    assert [type(value) for value in seen] == [TaskFailed]


@pytest.mark.parametrize("name", ["SystemExit", "KeyboardInterrupt", "GeneratorExit"])
def test_g9_what_would_end_a_worker_is_a_failed_task(pool, name):
    before = set(pool.map(faults.pid, [0.05] * 4, chunksize=1))
    with promised(TaskFailed, name, "gone", within=1):
        pool.map(faults.raises_named, [name])
    assert set(pool.map(faults.pid, [0.05] * 4, chunksize=1)) <= before | set(pool.map(faults.pid, [0.05] * 4, 1))


def test_g25_a_task_that_raises_stop_iteration_gives_no_short_list(pool):
    for call in (pool.map, lambda *args: list(pool.imap(*args))):
        with promised(TaskFailed, "StopIteration", within=1):
            call(faults.stops_iteration, range(5), 5)


def test_g22_input_says_that_nobody_can_answer(pool):
    with promised(EOFError, "input() does not work in a worker", within=1):
        pool.map(faults.asks, ["name? "])


def test_g23_a_pool_inside_a_task_is_pythons_own_error(pool):
    with promised(AssertionError, "daemonic processes", within=1):
        pool.map(faults.pool_inside, [1])


def test_g23_a_xray_pool_inside_a_task_is_pythons_own_error(pool):
    with promised(AssertionError, "daemonic processes", within=1):
        pool.map(faults.xray_pool_inside, [1])


# ---- G7, G8, G10, G14, G24: the pool itself is at an end ----


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals to be killed by")
@pytest.mark.parametrize("number", KILLS)
@pytest.mark.parametrize("way", WAYS)
def test_g7_g8_a_killed_worker_is_named_with_its_signal_and_task(pool, number, way):
    with promised(WorkerDied, signal.Signals(number).name, "task 0 (kill_me)", within=2) as caught:
        ways(pool, faults.kill_me, number)[way]()
    assert str(caught.value.worker) in str(caught.value)
    assert caught.value.task == 0
    with promised(WorkerDied, within=1):  # the first fault is kept
        pool.map(faults.square, [1])


@pytest.mark.parametrize("code", [0, 7])
@pytest.mark.parametrize("maxtasksperchild", [None, 1])
def test_g7_a_worker_that_exits_is_named_with_its_exit_code(context, code, maxtasksperchild):
    pool = XrayPool(2, maxtasksperchild=maxtasksperchild, context=context)
    with pool, promised(WorkerDied, f"exit code {code}", "(exits)", within=2):
        pool.map(faults.exits, [code])


def test_g7_an_idle_worker_that_was_killed_is_seen_by_the_next_call(pool):
    victim = multiprocessing.active_children()[0]
    victim.kill()
    victim.join(2)
    with promised(WorkerDied, str(victim.pid), within=2):
        pool.map(faults.square, range(4))


def test_g10_a_failing_initializer_shows_its_traceback_once(context, capfd):
    words = ("initializer", "ValueError: no licence", "faults.py")
    pool = XrayPool(2, faults.bad_initializer, ("no licence",), context=context)
    with pool, promised(TaskFailed, *words, within=2) as caught:
        pool.map(faults.square, range(4))
    assert str(caught.value).count("Traceback") == 1
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("way", WAYS)
def test_g14_a_task_that_never_ends_takes_too_long(context, way):
    with XrayPool(2, context=context, limit=1.0) as pool:
        pool.map(faults.square, [1, 2])
        pool.reset()
        with promised(TookTooLong, "forever", "1 s", "task 0", within=3):
            ways(pool, faults.forever, 1)[way]()


def test_g14_a_call_within_the_limit_is_not_disturbed(context):
    with XrayPool(2, context=context, limit=5) as pool:
        assert pool.map(faults.slowly, [0.3] * 2) == [0.3] * 2
        assert list(pool.imap(faults.slowly, [0.3] * 2)) == [0.3] * 2


def test_g24_of_two_pools_only_the_one_that_loses_a_worker_fails(context, pool):
    with XrayPool(2, context=context) as other, promised(WorkerDied, within=2):
        other.map(faults.exits, [7])
    assert pool.map(faults.square, range(4)) == [0, 1, 4, 9]


def test_g24_pools_made_at_the_same_moment_do_not_mix(context):
    pools = []
    makers = [threading.Thread(target=lambda: pools.append(XrayPool(1, context=context))) for _ in range(4)]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()
    with promised(WorkerDied, within=2):
        pools[0].map(faults.exits, [7])
    assert [pool.map(faults.square, [3]) for pool in pools[1:]] == [[9]] * 3
    for pool in pools:
        pool.terminate()


# ---- G11: the worker cannot import ----


@pytest.mark.parametrize("broken, error", [("def f(:", "SyntaxError"), (None, "ModuleNotFoundError")])
@pytest.mark.parametrize("method", [m for m in start_methods() if m != "fork"])
def test_g11_a_helper_file_that_broke_is_the_workers_own_error(tmp_path, method, broken, error):
    code = (
        "import sys, time, multiprocessing as m, pathlib; from helpers.xray import XrayPool\n"
        "path = pathlib.Path('g11_tasks.py'); path.write_text('def f(x): return x'); import g11_tasks\n"
        f"path.unlink() if {broken!r} is None else path.write_text({broken!r})\n"
        f"with XrayPool(1, context=m.get_context({method!r})) as pool:\n"
        "    pool.map(abs, [1]); began = time.monotonic()\n"
        "    try: pool.map(g11_tasks.f, [1])\n"
        "    except Exception as error: print(type(error).__name__, time.monotonic() - began < 1)\n"
        "    print(pool.map(abs, [-1]))\n"
    )
    output = run_python(code, cwd=tmp_path)
    assert output.stdout.splitlines() == [f"{error} True", "[1]"], output.stderr


# ---- G15, G16, G17, G18, G19, G20: the end ----


@pytest.mark.parametrize("function", [faults.forever, faults.stubborn, faults.exits, faults.asks])
def test_g15_leaving_the_block_ends_all_workers_whatever_they_do(context, function):
    with XrayPool(2, context=context) as pool:
        pool.map_async(function, range(6), chunksize=1)
        time.sleep(0.2)
        began = time.monotonic()
    assert time.monotonic() - began < 3
    assert not multiprocessing.active_children()


def test_g15_leaving_with_input_that_never_comes(context):
    wait = threading.Event()
    with XrayPool(2, context=context) as pool:
        iterator = pool.imap(faults.square, iter(lambda: wait.wait(), None))
        with pytest.raises(multiprocessing.TimeoutError):
            iterator.next(timeout=0.1)
        began = time.monotonic()
    assert time.monotonic() - began < 3
    wait.set()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("function", [faults.forever, faults.square])
def test_g16_workers_leave_when_their_parent_was_killed(context, function):
    code = (
        "import multiprocessing as m, os, signal, faults; from helpers.xray import XrayPool\n"
        f"pool = XrayPool(3, context=m.get_context({context.get_start_method()!r}))\n"
        f"pool.map_async(faults.{function.__name__}, range(3), chunksize=1)\n"
        "print(os.getpid(), *[p.pid for p in m.active_children()], flush=True); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    parent, *pids = [int(pid) for pid in run_python(code).stdout.split()]
    assert len(pids) == 3
    assert soon(lambda: not any(map(alive, pids)), within=2)
    assert soon(lambda: not list(Path(tempfile.gettempdir()).glob(f"pool-{parent}-*")), within=2)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return not (Path("/proc") / str(pid) / "stat").exists() or b") Z " not in Path(f"/proc/{pid}/stat").read_bytes()


def test_g17_a_result_asked_for_after_the_block_says_that_the_pool_stopped(context):
    with XrayPool(2, context=context) as pool:
        done = pool.map_async(faults.square, [3])
        done.wait()
        result = pool.map_async(faults.forever, [1])
        iterator = pool.imap(faults.forever, [1])
    assert done.get() == [9]
    with promised(PoolStopped, "inside the with block", within=1):
        result.get()
    with promised(PoolStopped, within=1):
        next(iterator)
    with promised(PoolStopped, within=1):
        pool.map(faults.square, [1])
    assert result.ready() and not result.successful()


def test_g18_a_callback_that_raises_is_shown_and_the_pool_goes_on(pool, capfd):
    assert pool.map_async(faults.square, [3], callback=faults.raises).get() == [9]
    pool.apply_async(faults.raises, (1,), error_callback=faults.raises).wait()
    assert pool.map(faults.square, [3]) == [9]
    assert capfd.readouterr().err.count("Traceback") == 2


@pytest.mark.parametrize("end", ["terminate", "close and join"])
def test_g19_a_failure_that_nobody_read_is_one_line_at_the_end(context, capfd, end):
    with XrayPool(2, context=context) as pool:
        pool.map_async(faults.raises, [1]).wait(10)
        pool.apply_async(faults.raises, (2,), error_callback=lambda error: None).wait(10)
        with pytest.raises(ValueError, match="bad"):
            pool.map(faults.raises, [3])
        if end == "close and join":
            pool.close()
            pool.join()
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 1
    assert "nobody asked" in lines[0] and "ValueError: bad number 1" in lines[0]


def test_g20_close_and_join_return_when_a_worker_died(context):
    with XrayPool(2, context=context) as pool:
        result = pool.map_async(faults.exits, [7])
        pool.close()
        began = time.monotonic()
        pool.join()
        assert time.monotonic() - began < 2
        with promised(WorkerDied, "exit code 7", within=1):
            result.get()


def test_joining_an_open_pool_is_the_stock_pools_error(pool):
    with pytest.raises(ValueError, match="still running"):
        pool.join()


# ---- the moments of CPython's executor-deadlock tests: packing, opening, running, there and back ----


@pytest.mark.parametrize(
    "moment, action, error, words",
    [
        ("pack", "error", ValueError, "as asked for"),
        ("open", "error", ValueError, "as asked for"),
        ("open", "exit", TaskFailed, "SystemExit"),
        ("open", "crash", WorkerDied, "exit code 7"),
        ("open", "segfault", WorkerDied, "SIGSEGV" if os.name != "nt" else "exit code"),
    ],
)
def test_an_argument_that_breaks_on_its_way_is_told(context, moment, action, error, words):
    with XrayPool(2, context=context) as pool, promised(error, words, within=2):
        pool.map(faults.takes, [faults.Evil(moment, action)])


@pytest.mark.parametrize(
    "moment, action, error, words",
    [
        ("pack", "error", TaskFailed, "as asked for"),
        ("pack", "exit", TaskFailed, "SystemExit"),
        ("pack", "crash", WorkerDied, "exit code 7"),
        ("pack", "segfault", WorkerDied, "SIGSEGV" if os.name != "nt" else "exit code"),
        ("open", "exit", TaskFailed, "SystemExit"),
    ],
)
def test_a_result_that_breaks_on_its_way_is_told(context, moment, action, error, words):
    with XrayPool(2, context=context) as pool, promised(error, words, within=2):
        pool.apply(faults.returns_evil, (moment, action))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
@pytest.mark.skipif((3, 12, 0) <= sys.version_info < (3, 12, 2), reason="this Python starts no thread at its end")
def test_a_program_that_forgot_its_pool_ends_although_workers_died(context):
    code = (
        "import multiprocessing as m, os, faults; from helpers.xray import XrayPool\n"
        f"pool = XrayPool(2, context=m.get_context({context.get_start_method()!r}))\n"
        "pool.map(faults.square, [1, 2], 1); [os.kill(p.pid, 9) for p in m.active_children()]; print('end')\n"
    )
    assert run_python(code, seconds=10).stdout == "end\n"


# ---- many kills at random moments, and the canary ----


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals to be killed by")
def test_random_kills_never_hang_the_pool():
    command = [sys.executable, "-m", "tests.support.stress", "--kills", "12", "--seed", "1"]
    output = subprocess.run(command, check=False, capture_output=True, text=True, timeout=50, cwd=ROOT)
    assert output.returncode == 0, output.stdout + output.stderr
    assert "12 kills, 0 hangs, 0 left behind" in output.stdout


def test_canary_the_stock_pool_still_hangs_when_a_worker_is_killed():
    process = subprocess.Popen([sys.executable, ROOT / "tests" / "support" / "faults.py"], start_new_session=True)
    try:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=3)
    finally:
        kill_all(process)


def kill_all(process: subprocess.Popen) -> None:
    """Kill a process with its children."""
    if os.name == "nt":
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(process.pid)], capture_output=True, check=False)
    else:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
