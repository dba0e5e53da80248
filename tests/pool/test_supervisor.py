"""A pool never hangs: a dead worker, a passed limit and the end of the pool are errors, soon, and nothing stays."""

import multiprocessing
import os
import signal
import sys
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import faults
import pytest
import workers
from pools import becomes_true, raises_soon, run_python, with_every_call

from helpers.xray import PoolStopped, TaskFailed, TookTooLong, WorkerDied, XrayPool

KILLS = [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV] if os.name != "nt" else [signal.SIGTERM]
no_signals = pytest.mark.skipif(os.name == "nt", reason="Windows has no signals to be killed by")

pytestmark = pytest.mark.usefixtures("next_pool_works")


# ---- a worker dies


@no_signals
@pytest.mark.parametrize("number", KILLS)
@with_every_call
def test_a_killed_worker_is_named_with_its_signal_and_task(own_pool, number, call):
    with raises_soon(WorkerDied, signal.Signals(number).name, "task 0 (kill_this_process)", within=2) as caught:
        call(own_pool, faults.kill_this_process, number)
    assert str(caught.value.worker) in str(caught.value)
    assert caught.value.task == 0
    with raises_soon(WorkerDied, within=1):  # the first fault is kept
        own_pool.map(workers.square, [1])


@pytest.mark.parametrize("code", [0, 7])
@pytest.mark.parametrize("maxtasksperchild", [None, 1])
def test_a_worker_that_exits_is_named_with_its_exit_code(context, code, maxtasksperchild):
    pool = XrayPool(2, maxtasksperchild=maxtasksperchild, context=context)
    with pool, raises_soon(WorkerDied, f"exit code {code}", "(exit_with)", within=2):
        pool.map(faults.exit_with, [code])


def test_whoever_asks_how_a_worker_ended_hears_the_same(context):
    codes = set()

    def ask(worker):
        with suppress(ValueError):  # once the pool has ended
            while (code := worker.exitcode) is None:
                pass
            codes.add(code)

    for _ in range(5):
        with XrayPool(1, context=context) as pool:
            (worker,) = multiprocessing.active_children()
            threads = [threading.Thread(target=ask, args=(worker,)) for _ in range(4)]
            for thread in threads:
                thread.start()
            with raises_soon(WorkerDied, "exit code 7", within=2):
                pool.apply(faults.exit_with, (7,))
        for thread in threads:
            thread.join()
    assert codes == {7}


def test_an_idle_worker_that_was_killed_is_soon_an_error_and_until_then_results_are_right(own_pool):
    victim = multiprocessing.active_children()[0]
    victim.kill()
    with raises_soon(WorkerDied, str(victim.pid), within=2):
        while own_pool.map(workers.square, range(4)) == [0, 1, 4, 9]:
            pass


def test_a_failing_initializer_shows_its_traceback_once(context, capfd):
    words = ("initializer", "ValueError: no licence", "faults.py")
    pool = XrayPool(2, faults.fail_to_initialize, ("no licence",), context=context)
    with pool, raises_soon(TaskFailed, *words, within=2) as caught:
        pool.map(workers.square, range(4))
    assert str(caught.value).count("Traceback") == 1
    assert capfd.readouterr().err == ""


def test_of_two_pools_only_the_one_that_loses_a_worker_fails(context, own_pool):
    with XrayPool(2, context=context) as other, raises_soon(WorkerDied, within=2):
        other.map(faults.exit_with, [7])
    assert own_pool.map(workers.square, range(4)) == [0, 1, 4, 9]


def test_pools_made_at_the_same_moment_do_not_mix(context):
    with ExitStack() as stack:
        pools = []
        makers = [threading.Thread(target=lambda: pools.append(XrayPool(1, context=context))) for _ in range(4)]
        for maker in makers:
            maker.start()
        for maker in makers:
            maker.join()
        for pool in pools:
            stack.enter_context(pool)
        with raises_soon(WorkerDied, within=2):
            pools[0].map(faults.exit_with, [7])
        assert [pool.map(workers.square, [3]) for pool in pools[1:]] == [[9]] * 3


def test_close_and_join_return_when_a_worker_died(context):
    with XrayPool(2, context=context) as pool:
        result = pool.map_async(faults.exit_with, [7])
        pool.close()
        began = time.monotonic()
        pool.join()
        assert time.monotonic() - began < 2
        with raises_soon(WorkerDied, "exit code 7", within=1):
            result.get()


# ---- the limit


@with_every_call
def test_a_task_that_never_ends_takes_too_long(context, call):
    with XrayPool(2, context=context, limit=1.0) as pool:
        pool.map(workers.square, [1, 2])
        pool.reset()
        with raises_soon(TookTooLong, "never_end", "1 s", "task 0", within=3):
            call(pool, faults.never_end, 1)


def test_a_call_within_the_limit_is_not_disturbed(context):
    with XrayPool(2, context=context, limit=5) as pool:
        assert pool.map(workers.sleep_for, [0.3] * 2) == [0.3] * 2
        assert list(pool.imap(workers.sleep_for, [0.3] * 2)) == [0.3] * 2


# ---- the end


@pytest.mark.parametrize("function", [faults.never_end, faults.ignore_sigterm, faults.exit_with, faults.ask])
def test_leaving_the_block_ends_all_workers_whatever_they_do(context, function):
    with XrayPool(2, context=context) as pool:
        pool.map_async(function, range(6), chunksize=1)
        time.sleep(0.2)
        began = time.monotonic()
    assert time.monotonic() - began < 3
    assert not multiprocessing.active_children()


def test_leaving_the_block_does_not_wait_for_input_that_never_comes(context):
    wait = threading.Event()
    with XrayPool(2, context=context) as pool:
        iterator = pool.imap(workers.square, iter(lambda: wait.wait(), None))
        with pytest.raises(multiprocessing.TimeoutError):
            iterator.next(timeout=0.1)
        began = time.monotonic()
    assert time.monotonic() - began < 3
    wait.set()


def test_a_result_asked_for_after_the_block_says_that_the_pool_stopped(context):
    with XrayPool(2, context=context) as pool:
        done = pool.map_async(workers.square, [3])
        done.wait()
        result = pool.map_async(faults.never_end, [1])
        iterator = pool.imap(faults.never_end, [1])
    assert done.get() == [9]
    with raises_soon(PoolStopped, "with block", within=1):
        result.get()
    with raises_soon(PoolStopped, within=1):
        next(iterator)
    with raises_soon(PoolStopped, within=1):
        pool.map(workers.square, [1])
    assert result.ready() and not result.successful()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("function", ["faults.never_end", "workers.square"])
def test_workers_leave_when_their_parent_was_killed(context, function):
    code = (
        "import multiprocessing as m, os, signal, faults, workers; from helpers.xray import XrayPool\n"
        f"pool = XrayPool(3, context=m.get_context({context.get_start_method()!r}))\n"
        f"pool.map_async({function}, range(3), chunksize=1)\n"
        "print(*[p.pid for p in m.active_children()], flush=True); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    pids = [int(pid) for pid in run_python(code).stdout.split()]
    assert len(pids) == 3
    assert becomes_true(lambda: not any(map(is_alive, pids)), within=2)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return not (Path("/proc") / str(pid) / "stat").exists() or b") Z " not in Path(f"/proc/{pid}/stat").read_bytes()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
@pytest.mark.skipif((3, 12, 0) <= sys.version_info < (3, 12, 2), reason="this Python starts no thread at its end")
def test_a_program_that_forgot_its_pool_ends_although_workers_died(context):
    code = (
        "import multiprocessing as m, os, workers; from helpers.xray import XrayPool\n"
        f"pool = XrayPool(2, context=m.get_context({context.get_start_method()!r}))\n"
        "pool.map(workers.square, [1, 2], 1); [os.kill(p.pid, 9) for p in m.active_children()]; print('end')\n"
    )
    assert run_python(code, seconds=10).stdout == "end\n"
