"""What the machine offers is what the operating system reports; memory in use is seen in the parent and in a worker."""

import math
import multiprocessing
import os
import subprocess
import sys
from types import SimpleNamespace

import psutil
import pytest
import workers

from helpers import machine

MB = 1_000_000


def run_python(code: str, **environment: str) -> str:
    """Run the code in a fresh interpreter; return what it printed."""
    command = [sys.executable, "-c", code]
    process = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=True)
    return process.stdout.strip()


def test_usable_cpus_are_at_least_one_and_at_most_those_of_the_machine():
    assert 1 <= machine.usable_cpus() <= os.cpu_count()


def test_a_pool_can_have_a_process_for_each_usable_cpu_of_a_large_windows_machine(monkeypatch):
    monkeypatch.setattr(machine.joblib, "cpu_count", lambda: 61)
    monkeypatch.setattr(machine, "os", SimpleNamespace(name="nt"))
    assert machine.usable_cpus() == 60


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this platform has no affinity to set")
def test_affinity_lowers_the_usable_cpus():
    code = "import os; os.sched_setaffinity(0, [min(os.sched_getaffinity(0))]); from helpers import machine"
    assert run_python(f"{code}; print(machine.usable_cpus())") == "1"


def test_physical_cores_are_at_least_one_and_at_most_the_cpus():
    assert 1 <= machine.physical_cores() <= os.cpu_count()


def test_start_methods_are_those_of_the_platform():
    of_python = {"fork", "spawn", "forkserver"}
    assert set(machine.start_methods()) == set(multiprocessing.get_all_start_methods()) & of_python


@pytest.mark.parametrize("method", machine.start_methods())
def test_the_default_start_method_comes_first(method):
    code = f"import multiprocessing as m; m.set_start_method({method!r}); from helpers import machine"
    assert run_python(f"{code}; print(machine.start_methods()[0])") == method


def test_asking_for_the_start_methods_leaves_the_default_open():
    code = "from helpers import machine; machine.describe(); import multiprocessing as m; m.set_start_method('spawn')"
    assert run_python(f"{code}; print(m.get_start_method())") == "spawn"


def test_blas_threads_are_those_that_the_blas_was_told_to_use():
    limits = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    assert run_python("from helpers import machine; print(machine.blas_threads())", **limits) in ("1", "0")


def test_a_description_prints_every_figure_and_marks_the_default():
    lines = repr(machine.describe()).splitlines()
    assert [line[:16].strip() for line in lines] == [
        "Python",
        "platform",
        "usable CPUs",
        "physical cores",
        "start methods",
        "BLAS threads",
    ]
    assert f"{machine.usable_cpus()} of {os.cpu_count()}" in lines[2]
    assert f"{machine.start_methods()[0]} (default)" in lines[4]


def test_what_the_parent_held_in_between_is_seen():
    with machine.PeakMemory() as peak:
        workers.hold_megabytes(80)
    assert 70 * MB < peak.parent < 120 * MB


@pytest.mark.parametrize("method", machine.start_methods())
def test_what_a_worker_held_is_seen(method):
    with machine.PeakMemory() as peak, multiprocessing.get_context(method).Pool(1) as pool:
        pool.map(workers.hold_megabytes, [80])
    assert 70 * MB < peak.worker < 200 * MB


def test_memory_that_the_system_does_not_show_is_nan(monkeypatch):
    asked = psutil.Process.memory_full_info

    def of_this_process_only(process):
        if process.pid != os.getpid():
            raise psutil.AccessDenied(process.pid)
        return asked(process)

    monkeypatch.setattr(psutil.Process, "memory_full_info", of_this_process_only)
    with machine.PeakMemory() as peak, multiprocessing.get_context("spawn").Pool(1) as pool:
        pool.map(workers.hold_megabytes, [80])
    assert math.isnan(peak.worker) and peak.parent >= 0


def test_a_process_that_has_ended_holds_nothing(monkeypatch):
    def gone(process):
        raise psutil.NoSuchProcess(process.pid)

    process = psutil.Process()
    monkeypatch.setattr(psutil.Process, "memory_full_info", gone)
    assert machine._own_bytes(process) == 0
