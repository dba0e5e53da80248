"""What other programs, and other guests of the host, take of the CPUs while something is measured.

A `Watch` looks twice, at its beginning and at its end, and not in between. The CPU seconds that all programs have used
meanwhile, less those of this process and of its children, living and ended, are those of others. Where that cannot be
known, nothing is claimed: within a quota, whose CPUs the counters of the system do not show; for less than
LEAST_SECONDS, in which they hardly advance; and where the system does not add up what ended processes have used. So it
is where this process starts another program meanwhile, whose own processes may outlive it: a fork server does.
"""

import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from helpers.text import counted

LINUX, WINDOWS = sys.platform == "linux", sys.platform == "win32"

STARTS = frozenset({"_winapi.CreateProcess", "subprocess.Popen", "os.system", "os.posix_spawn"})
"""The audit events of the start of another program; on Windows, of any process."""

LEAST_SECONDS = 0.2
"""The counters of most systems advance by a hundredth of a second: for a shorter time they say little."""

LEAST_CPUS = 0.15
"""So many CPUs, or more, taken by others matter."""

LEAST_USED = 0.1
"""So many CPU seconds, or more, taken by others are no error of the counters."""

MOST_OFF = 1.5
"""Counters that have advanced by so many times more or less than the time that has passed are not believed."""


@dataclass(frozen=True)
class Others:
    """What others took of this machine's CPUs for some seconds.

    used: CPU seconds of other programs. stolen: those for which the host gave a CPU to other guests, although this
    machine wanted it. cpus: how many this process could use.
    """

    seconds: float
    used: float
    stolen: float
    cpus: int

    def __add__(self, later: "Others") -> "Others":
        """Return what was taken in both times together."""
        used, stolen = self.used + later.used, self.stolen + later.stolen
        return Others(self.seconds + later.seconds, used, stolen, later.cpus)

    @property
    def share(self) -> float:
        """How many CPUs were taken, on average."""
        return (self.used + self.stolen) / self.seconds

    @property
    def matter(self) -> bool:
        """Whether they took enough to disturb a measurement."""
        return self.share >= LEAST_CPUS and self.used + self.stolen >= LEAST_USED

    def in_words(self, when: str = "while this ran") -> str:
        """Return what they took, as a sentence; "" if it does not matter. when: its end."""
        if not self.matter:
            return ""
        cpus = f"of your {counted(self.cpus, 'CPU')}" if self.cpus > 1 else "of your only CPU"
        used, stolen = (f"{taken / self.seconds:.1f}" for taken in (self.used, self.stolen))
        if stolen == "0.0":
            return f"Other programs used {used} {cpus} {when}."
        if used == "0.0":
            return f"The host gave {stolen} {cpus} to other guests {when}."
        return f"Other programs used {used} {cpus}, and the host gave {stolen} to other guests, {when}."


def words_of(others: Others | None, when: str = "while this ran") -> str:
    """Return `Others.in_words`; "" for None, which is not known."""
    return others.in_words(when) if others is not None else ""


class Watch:
    """Looks at the CPUs when it is made, and again at each call of `others`."""

    def __init__(self) -> None:
        self._began = _look(first=True)

    def others(self) -> Others | None:
        """Return what others took since this watch was made; None where that is not known."""
        ended = _look(first=False)
        return _between(self._began, ended) if self._began and ended else None


@dataclass(frozen=True)
class _Look:
    """What the counters say at one moment, in seconds since they began.

    cpus: those that this process may use. passed: all their time, whether somebody used it or not. used, stolen: by all
    programs, by the host. family: the CPU seconds of this process and its children. living: those that may not end
    before the next look, and started: what must not have changed by then, because nothing adds up what ended children
    have used.
    """

    moment: float
    cpus: tuple[int, ...]
    passed: float
    used: float
    stolen: float
    family: float
    living: frozenset[int] = frozenset()
    started: int = 0


def _between(began: _Look, ended: _Look) -> Others | None:
    seconds, cpus = ended.moment - began.moment, len(ended.cpus)
    family = ended.family - began.family
    if seconds < LEAST_SECONDS or began.cpus != ended.cpus or family < 0:
        return None
    if began.started != ended.started or not began.living <= ended.living:
        return None
    if not 1 / MOST_OFF < (ended.passed - began.passed) / (seconds * cpus) < MOST_OFF:
        return None
    used = max(0.0, ended.used - began.used - family)
    return Others(seconds, used, max(0.0, ended.stolen - began.stolen), cpus)


def _look(first: bool) -> _Look | None:
    """Look at all counters; None if they do not show what others take. first: whether a watch begins."""
    from helpers.machine import usable_cpus  # heavy, and a spawned worker may import this module

    found = _cpu_times()
    if found is None or usable_cpus() < len(found[0]):  # within a quota, they are the host's
        return None
    _count_starts()
    if not LINUX and not WINDOWS and _has_forkserver():  # whose children, when they have ended, are in no counter
        return None
    family, living = _family(first)
    return _Look(time.perf_counter(), *found, family, living if WINDOWS else frozenset(), _starts)


def _cpu_times() -> tuple[tuple[int, ...], float, float, float] | None:
    """Return the CPUs that this process may use; and their seconds: all, used by programs, stolen by the host."""
    import psutil

    every = psutil.cpu_times(percpu=True)
    mine = tuple(range(len(every)))
    if hasattr(os, "sched_getaffinity"):
        mine = tuple(sorted(os.sched_getaffinity(0)))
        if len(mine) < len(every) != os.sysconf("SC_NPROCESSORS_CONF"):  # some are offline: which is which?
            return None
    if not mine or mine[-1] >= len(every):
        return None
    # On Windows, interrupts are part of the system's time; on Linux, guests of this machine are part of the users'.
    used = _sum(every, mine, ("user", "nice", "system", "irq", "softirq"))
    stolen = _sum(every, mine, ("steal",))
    return mine, used + stolen + _sum(every, mine, ("idle", "iowait")), used, stolen


def _sum(every: Sequence[Any], cpus: Iterable[int], names: Sequence[str]) -> float:
    return float(sum(getattr(every[cpu], name, 0.0) for cpu in cpus for name in names))


def _family(first: bool) -> tuple[float, frozenset[int]]:
    """Return the CPU seconds of this process and all its descendants, living and ended, and the process ids of the
    living.

    What a child has used moves to its parent's counters when it has ended and the parent has waited for it. If that
    happens during this look, it is missed at the beginning of a watch and counted twice at its end: in both cases
    others seem to have used less, and no innocent program is accused.
    """
    ended = _ended() if first else 0.0
    living = dict(_descendants(os.getpid(), first))
    if not first:
        ended = _ended()
    return time.process_time() + ended + sum(living.values()), frozenset(living)


def _ended() -> float:
    """Return the CPU seconds of the children that this process has waited for, with theirs; 0 on Windows."""
    times = os.times()
    return times.children_user + times.children_system


def _descendants(pid: int, first: bool) -> Iterator[tuple[int, float]]:
    """Yield the living children of a process, with theirs, and the CPU seconds of each and of those that it waited for.

    first: parents come before their children; otherwise, after them.
    """
    try:
        children = list(_children_of(pid)) if LINUX else None
    except FileNotFoundError:  # it has ended, or the kernel was built without CONFIG_PROC_CHILDREN
        children = [] if pid != os.getpid() else None
    if children is None:
        yield from _descendants_by_psutil()
        return
    for child in children:
        if first:
            yield child, _seconds_of(child)
        yield from _descendants(child, first)
        if not first:
            yield child, _seconds_of(child)


def _children_of(pid: int) -> Iterator[int]:
    """Yield the process ids of the children of all threads of a process (man 5 proc_tid_children)."""
    for thread in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{thread}/children", encoding="ascii") as file:
                yield from map(int, file.read().split())
        except FileNotFoundError:
            if thread == str(pid):
                raise


def _seconds_of(pid: int) -> float:
    """Return the CPU seconds of a process and of the children that it has waited for (man 5 proc_pid_stat)."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            numbers = file.read().rpartition(")")[2].split()
        return sum(map(int, numbers[11:15])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError):  # it has ended
        return 0.0


def _descendants_by_psutil() -> Iterator[tuple[int, float]]:
    import psutil

    for process in psutil.Process().children(recursive=True):
        try:
            yield process.pid, sum(process.cpu_times()[:4])  # user, system, and those of its ended children
        except psutil.Error:  # it has ended
            continue


def _has_forkserver() -> bool:
    module = sys.modules.get("multiprocessing.forkserver")
    return getattr(getattr(module, "_forkserver", None), "_forkserver_pid", None) is not None


_starts = 0
_counting = False


def _count_starts() -> None:
    """Count from now on how many processes, or programs, this one starts."""
    global _counting
    if not _counting:
        _counting = True
        sys.addaudithook(_audit)


def _audit(event: str, _arguments: object) -> None:
    global _starts
    if event in STARTS:
        _starts += 1
