"""What the CPUs did while a run was recorded: all programs together, the workers, and the parent. On Linux only."""

import os
import time
from collections.abc import Callable, Iterable

from helpers.pool.starting import Worker

MOST_WORKERS = 64
"""The CPU seconds of more workers are not counted: reading them would take longer than a look should."""

_BUSY = (0, 1, 2, 5, 6, 7)  # of the numbers of /proc/stat's first line: user, nice, system, irq, softirq, steal


class LoadMeter:
    """Counts CPU seconds from its making on.

    count: returns how many tasks have ended. workers: those that there are already. latest: what `measure` found last,
    the fields of `helpers.spans.Load`; None before.
    """

    def __init__(self, count: Callable[[], int], workers: Iterable[Worker] = ()) -> None:
        self.latest: tuple[float, float, float, float, float] | None = None
        self._count = count
        self._counted = 0
        self._began = time.perf_counter()
        self._machine = machine_seconds()
        self._parent = time.process_time()
        self._before = self._of_workers(workers)
        self._seen = dict(self._before)

    def measure(self, workers: Iterable[Worker]) -> None:
        """Count anew, if tasks have ended since the last time: what comes after the last result is not counted."""
        counted = self._count()
        if counted == self._counted or self._machine is None:
            return
        machine = machine_seconds()
        if machine is not None:
            self._counted = counted
            self._seen |= self._of_workers(workers)  # those that have left keep what they had
            spent, waited = (
                sum(each[place] for each in self._seen.values()) - sum(each[place] for each in self._before.values())
                for place in (0, 1)
            )
            seconds, parent = time.perf_counter() - self._began, time.process_time() - self._parent
            self.latest = (seconds, machine - self._machine, spent, parent, waited)

    def _of_workers(self, workers: Iterable[Worker]) -> dict[int, tuple[float, float]]:
        pids = [worker.pid for worker in list(workers)[:MOST_WORKERS]]
        known = {pid: process_seconds(pid) for pid in pids if pid is not None}
        return {pid: seconds for pid, seconds in known.items() if seconds is not None}


def machine_seconds() -> float | None:
    """Return the CPU seconds that all programs have used since the machine started (man 5 proc_stat), if it says so."""
    try:
        with open("/proc/stat", encoding="ascii") as file:
            numbers = file.readline().split()[1:]
        return sum(int(numbers[place]) for place in _BUSY) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):  # not on Linux, or hidden in a container
        return None


def process_seconds(pid: int) -> tuple[float, float] | None:
    """Return the CPU seconds of a process with all its threads, and for how many its main thread waited for a CPU.

    See man 5 proc_pid_stat, and Documentation/scheduler/sched-stats.rst of Linux. None if it is not there, or hidden.
    """
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            numbers = file.read().rpartition(")")[2].split()
        with open(f"/proc/{pid}/schedstat", encoding="ascii") as file:
            waited = int(file.read().split()[1]) / 1e9
        return (int(numbers[11]) + int(numbers[12])) / os.sysconf("SC_CLK_TCK"), waited
    except (OSError, ValueError, IndexError, AttributeError):
        return None
