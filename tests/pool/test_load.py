"""What the CPUs did while a run was recorded, where the system says so."""

import multiprocessing
import os
import subprocess
import sys
import time

import pytest
from workers import write_for

from helpers.pool import load
from helpers.pool.load import LoadMeter, machine_seconds, process_seconds
from helpers.tasks import compute_for, nap
from helpers.xray import XrayPool
from helpers.xray_executor import XrayProcessPoolExecutor, XrayThreadPoolExecutor
from helpers.xray_threads import XrayThreadPool

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux says what its CPUs do, in /proc")


@linux
def test_a_process_that_computes_has_used_a_cpu_and_one_that_sleeps_has_not():
    sleeper = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        before, idle = process_seconds(os.getpid())[0], process_seconds(sleeper.pid)[0]
        while time.process_time() < before + 0.5:
            pass
        assert process_seconds(os.getpid())[0] >= before + 0.4
        assert process_seconds(sleeper.pid)[0] <= idle + 0.1
    finally:
        sleeper.communicate(b"\n")


@linux
def test_the_machine_has_used_no_less_than_this_process():
    before, own = machine_seconds(), time.process_time()
    while time.process_time() < own + 0.3:
        pass
    assert machine_seconds() - before >= 0.2


def test_a_process_that_is_gone_or_a_system_without_proc_is_unknown(monkeypatch):
    assert process_seconds(2**22 + 1) is None
    monkeypatch.setattr("builtins.open", lambda *_, **__: (_ for _ in ()).throw(FileNotFoundError()))
    assert machine_seconds() is None


def test_what_ends_a_moment_after_the_beginning_is_not_counted():
    meter = LoadMeter()
    assert not meter.look([os.getpid()])
    assert meter.latest is None


@pytest.fixture
def at_once(monkeypatch):
    """Looks may follow each other at once."""
    monkeypatch.setattr(load, "INTERVAL", 0.0)


@linux
def test_the_cpu_seconds_of_a_worker_from_before_are_not_the_runs(at_once):
    meter = LoadMeter([os.getpid()])
    assert meter.look([os.getpid()])
    seconds, _, workers, *_ = meter.latest
    assert workers <= seconds + 0.02  # and not all that this process has used


@linux
def test_a_worker_that_has_left_keeps_what_it_used(at_once, monkeypatch):
    used = {1: (0.0, 0.0), 2: (0.0, 0.0)}
    monkeypatch.setattr(load, "process_seconds", used.get)
    meter = LoadMeter([1, 2])
    used |= {1: (3.0, 1.0), 2: (4.0, 0.5)}
    meter.look([1, 2])
    used[2] = (6.0, 0.5)
    meter.look([2])
    assert meter.latest[2] == 9.0
    assert meter.latest[4] == 1.5


@linux
def test_a_worker_that_has_just_become_known_is_looked_at_without_delay(at_once, monkeypatch):
    monkeypatch.setattr(load, "process_seconds", lambda _: (1.0, 0.0))
    meter = LoadMeter()
    assert meter.look([1])
    meter._next = float("inf")
    assert not meter.look([1])
    assert meter.look([1, 2])
    assert meter.latest[2] == 2.0


@linux
def test_the_threads_of_a_pool_are_no_part_of_its_parent(at_once, monkeypatch):
    monkeypatch.setattr(load, "thread_seconds", {1: (0.0, 0.0), 2: (1000.0, 0.0)}.get)
    meter = LoadMeter([1], threads=True)
    meter.look([1, 2])
    assert meter.latest[2] == 1000.0
    assert meter.latest[3] == 0.0


@linux
def test_the_load_of_a_run_tells_sleeping_from_waiting_for_a_cpu():
    with XrayPool(1) as pool:
        pool.map(nap, [0.5])
        load = pool.run.load
    assert load.seconds >= 0.4
    assert load.workers < 0.4
    assert load.waited < 0.4


@linux
def test_a_new_run_has_no_load_of_the_one_before():
    with XrayPool(1) as pool:
        pool.map(compute_for, [0.3])
        assert pool.run.load is not None
        pool.reset()
        assert pool.run.load is None


@linux
@pytest.mark.parametrize("kind", [XrayThreadPool, XrayThreadPoolExecutor, XrayProcessPoolExecutor])
def test_threads_and_executors_have_a_load_too(kind):
    with kind(1) as pool:
        list(pool.map(compute_for, [0.3]))
        assert pool.run.load.workers > 0


@linux
def test_what_a_manager_computes_is_told_from_other_programs():
    with multiprocessing.Manager() as manager, XrayPool(2) as pool:
        shared = manager.dict()
        pool.starmap(write_for, [(0.5, shared)] * 2, chunksize=1)
        pool.map(nap, [0.2] * 2, chunksize=1)
        load = pool.run.load
    assert 0.05 < load.managers <= load.machine
