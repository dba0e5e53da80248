"""Signals reach whom they should, and no worker outlives its parent, whatever it does."""

import multiprocessing
import os
import signal
import subprocess
import sys

import hostile
import psutil
import pytest
import workers
from kernels import gone
from pools import ROOT, run_python

from helpers.pool.interrupts import Flag
from helpers.xray import XrayPool

pytestmark = [
    pytest.mark.timeout(20),  # for whatever hangs
    pytest.mark.skipif(os.name == "nt", reason="Windows has no signals to be sent"),
]


# ---- in the main thread


INTERRUPTED_WAITS = """
import random, signal
from helpers.pool.interrupts import Flag

def wait_until_alarm(flag, seconds):
    signal.setitimer(signal.ITIMER_REAL, seconds)
    while not flag.wait(1e-4):
        pass

signal.signal(signal.SIGALRM, signal.default_int_handler)
moments, ended = random.Random(1), 0
for _ in range(2000):
    flag = Flag()
    try:
        wait_until_alarm(flag, moments.uniform(1e-5, 5e-4))
    except KeyboardInterrupt:
        flag.set()
        ended += flag.wait(0)
print(ended)
"""
"""The wait is in a function of its own: CPython 3.13.0 may not find the handler around a loop in the same function.

In a fresh interpreter, because Python ignores an exception that is raised in a callback of its garbage collector, such
as Hypothesis has: there an interrupt is lost, whatever waits.
"""


def test_stop_ends_a_wait_at_any_moment_and_the_flag_works_on():
    ended = run_python(INTERRUPTED_WAITS)
    assert (ended.stdout, ended.stderr) == ("2000\n", "")


def test_a_wait_whose_time_is_over_before_it_begins_returns():
    assert not any(Flag().wait(1e-9) for _ in range(1000))


# ---- in workers


def test_a_program_that_a_task_starts_can_be_interrupted(pool):
    assert pool.apply(hostile.interrupt_a_program, (None,)) == -signal.SIGINT


def test_a_task_can_handle_sigint_itself(pool):
    assert pool.map(hostile.handle_sigint, [None] * 2, 1) == [1, 1]


def test_a_worker_that_is_interrupted_goes_on(own_pool):
    result = own_pool.map_async(workers.quarter_nap, range(4), 1)
    pids = {child.pid for child in multiprocessing.active_children()}
    for pid in pids:
        os.kill(pid, signal.SIGINT)
    assert result.get() == [0, 1, 2, 3]
    assert {worker.pid for worker in own_pool.run.workers} <= pids


# ---- in the program


def test_handlers_and_mask_of_the_program_stay_as_they_were(context):
    def handle(number: int, frame: object) -> None:
        pass

    numbers = [signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGALRM]

    def state() -> tuple:
        return [signal.getsignal(number) for number in numbers], signal.pthread_sigmask(signal.SIG_BLOCK, [])

    interrupt = signal.signal(signal.SIGINT, handle)
    try:
        before = state()
        with XrayPool(1, context=context) as pool:
            assert state() == before
            pool.map(workers.square, [1])
        assert state() == before
    finally:
        signal.signal(signal.SIGINT, interrupt)


def test_a_program_that_ignores_sigint_goes_on_to_ignore_it(context):
    interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with XrayPool(1, context=context) as pool:
            signal.raise_signal(signal.SIGINT)
            assert pool.map(workers.square, [3]) == [9]
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, interrupt)


@pytest.mark.parametrize("end", ["", "pool.terminate()"], ids=["beside the pool", "after it"])
def test_a_plain_process_hears_stop_although_the_pool_came_first(context, end):
    code = (
        "import multiprocessing as m, os, signal, hostile; from helpers.xray import XrayPool\n"
        f"context = m.get_context({context.get_start_method()!r})\n"
        "up = context.Event()\n"  # starts the resource tracker, which would unblock what the pool blocks
        f"pool = XrayPool(1, context=context); pool.map(abs, [1]); {end}\n"
        "process = context.Process(target=hostile.sleep_until_stopped, args=(up,))\n"
        "process.start(); up.wait(); os.kill(process.pid, signal.SIGINT); process.join(); print(process.exitcode)\n"
        "pool.terminate()\n"
    )
    output = run_python(code)
    assert output.stdout == "77\n", output.stderr


# ---- orphans


ORPHANS = [
    ("hold_the_interpreter", "task", signal.SIGKILL),
    ("hold_the_interpreter", "initializer", signal.SIGTERM),
    ("stop_this_process", "task", signal.SIGTERM),
    ("stop_this_process", "initializer", signal.SIGKILL),
]
"""What workers do, in what, and how their parent ends: each with each, in pairs."""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can be asked to end a process with its parent")
@pytest.mark.parametrize("function, place, end", ORPHANS)
def test_workers_that_cannot_look_end_with_their_parent(context, function, place, end):
    code = (
        "import multiprocessing as m, time, hostile; from helpers.xray import XrayPool\n"
        f"context = m.get_context({context.get_start_method()!r}); function = hostile.{function}\n"
        f"if {place == 'task'}:\n"
        "    pool = XrayPool(2, context=context); pool.map_async(function, range(2), 1)\n"
        "    while len(pool.live.spans) < 2: time.sleep(0.01)\n"
        "else:\n"
        "    begun = context.Event(); pool = XrayPool(2, hostile.begin, (begun, function), context=context)\n"
        "    begun.wait()\n"
        "print(*[child.pid for child in m.active_children()], flush=True); time.sleep(30)\n"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests" / "support")])}
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment) as program:
        orphans = [psutil.Process(int(pid)) for pid in program.stdout.readline().split()]
        program.send_signal(end)
    try:
        assert len(orphans) == 2
        assert gone(orphans, 3)
    finally:
        for orphan in orphans:
            if orphan.is_running():
                orphan.kill()
