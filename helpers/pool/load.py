"""What the CPUs did while a run was recorded: all programs together, the workers, and the parent. On Linux only."""

import multiprocessing.process
import os
import re
import time
from collections.abc import Callable, Collection

INTERVAL = 0.1
"""Seconds between two looks. What takes less time has no load."""

MOST_WORKERS = 64
"""The CPU seconds of more workers are not counted: reading them would take longer than a look should."""

_BUSY = (0, 1, 2, 5, 6, 7)  # of the numbers of /proc/stat's first line: user, nice, system, irq, softirq, steal

Seconds = tuple[float, float]
"""The CPU seconds of a worker, and for how many it could have run, and had no CPU."""


class LoadMeter:
    """Counts CPU seconds from its making on.

    workers: the process ids of those that there are already; with threads, the native ids of threads of this process.
    latest: what the last look found, the fields of `helpers.spans.Load`; None before.
    """

    def __init__(self, workers: Collection[int] = (), threads: bool = False) -> None:
        self.latest: tuple[float, float, float, float, float, float] | None = None
        self._seconds_of: Callable[[int], Seconds | None] = thread_seconds if threads else process_seconds
        self._threads = threads
        self._began = time.perf_counter()
        self._next = self._began
        self._known = len(workers)
        self._machine = machine_seconds()
        self._parent = time.process_time()
        self._before = self._of(workers)
        self._seen = dict(self._before)
        self._managers_before = self._managers_seen = _cpu_of_managers()

    def look(self, workers: Collection[int]) -> bool:
        """Count anew, unless the last time was a moment ago; return whether. workers: those that have done a task.

        A new one is looked at without delay: until then, what it used was counted as another program's.
        """
        now = time.perf_counter()
        has_new = self._known < len(workers) <= MOST_WORKERS
        if self._machine is None or now < self._began + INTERVAL or (now < self._next and not has_new):
            return False
        self._next = now + INTERVAL
        self._known = len(workers)
        machine, parent = machine_seconds(), time.process_time() - self._parent
        if machine is None:
            return False
        self._seen |= self._of(workers)  # those that have left keep what they had
        spent, waited = (
            sum(each[place] for each in self._seen.values()) - sum(each[place] for each in self._before.values())
            for place in (0, 1)
        )
        if self._threads:
            parent = max(0.0, parent - spent)
        self._managers_seen = self._managers_seen | _cpu_of_managers()
        managers = sum(self._managers_seen.values()) - sum(self._managers_before.values())
        self.latest = (now - self._began, machine - self._machine, spent, parent, waited, managers)
        return True

    def _of(self, workers: Collection[int]) -> dict[int, Seconds]:
        known = {worker: self._seconds_of(worker) for worker in list(workers)[:MOST_WORKERS]}
        return {worker: seconds for worker, seconds in known.items() if seconds is not None}


def _cpu_of_managers() -> dict[int, float]:
    """Return the CPU seconds of each Manager of this program; `BaseManager.start` names its process after its class."""
    try:
        children = list(getattr(multiprocessing.process, "_children", ()))
        pids = [child.pid for child in children if re.search(r"Manager-[\d:]+$", child.name) and child.pid]
    except (RuntimeError, ValueError):  # another thread starts a process, or closes one
        return {}
    known = {pid: process_seconds(pid) for pid in pids}
    return {pid: seconds[0] for pid, seconds in known.items() if seconds is not None}


def machine_seconds() -> float | None:
    """Return the CPU seconds that all programs have used since the machine started (man 5 proc_stat), if it says so."""
    try:
        with open("/proc/stat", encoding="ascii") as file:
            numbers = file.readline().split()[1:]
        return sum(int(numbers[place]) for place in _BUSY) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):  # not on Linux, or hidden in a container
        return None


def process_seconds(pid: int) -> Seconds | None:
    """Return the CPU seconds of a process with all its threads, and for how many its main thread waited for a CPU.

    See man 5 proc_pid_stat, and Documentation/scheduler/sched-stats.rst of Linux. None if it is not there, or hidden.
    """
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            numbers = file.read().rpartition(")")[2].split()
        _, waited = _schedstat(f"/proc/{pid}/schedstat")
        return (int(numbers[11]) + int(numbers[12])) / os.sysconf("SC_CLK_TCK"), waited
    except (OSError, ValueError, IndexError, AttributeError):
        return None


def thread_seconds(thread: int) -> Seconds | None:
    """As `process_seconds`, of one thread of this process."""
    try:
        return _schedstat(f"/proc/self/task/{thread}/schedstat")
    except (OSError, ValueError, IndexError):
        return None


def _schedstat(path: str) -> Seconds:
    with open(path, encoding="ascii") as file:
        computed, waited, *_ = map(int, file.read().split())
    return computed / 1e9, waited / 1e9
