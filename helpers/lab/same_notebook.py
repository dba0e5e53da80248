"""What else the same notebook computes while a lab measures: another lab, a cell, or the pool of a cell."""

import threading
import time
from typing import Self

import psutil

NOTICED = 0.2
"""The share of one CPU from which something else is told of."""

LEAST_SECONDS = 0.2
"""In less time than this, the clocks of the system show nothing."""

_at_work: list["Meanwhile"] = []
_lock = threading.Lock()


class Meanwhile:
    """Looks at the beginning and at the end of a block, in which one lab measures."""

    def __init__(self) -> None:
        self.others = False
        """Whether another lab measured within the block."""

    def __enter__(self) -> Self:
        with _lock:
            for other in _at_work:
                other.others = self.others = True
            _at_work.append(self)
        self._began = time.perf_counter()
        self._main, self._children = main_thread_seconds(), seconds_of_children()
        return self

    def __exit__(self, *_: object) -> None:
        with _lock:
            _at_work.remove(self)

    def in_words(self) -> str:
        """Return what else computed since the block began, when the pools of the lab have ended; "" for nothing."""
        if self.others:
            return "Another lab of this notebook measured at the same time, so both took longer: run it again alone."
        passed = time.perf_counter() - self._began
        if passed < LEAST_SECONDS:
            return ""
        main, children = main_thread_seconds(), seconds_of_children()
        if main is not None and self._main is not None and main - self._main > NOTICED * passed:
            return "A cell of this notebook computed at the same time, so this took longer: run it again alone."
        spent = sum(seconds - self._children.get(child, 0.0) for child, seconds in children.items())
        if spent > NOTICED * passed:
            return "A pool of this notebook computed at the same time, so this took longer: run it again alone."
        return ""


def main_thread_seconds() -> float | None:
    """Return the CPU seconds of the thread that runs the cells; None where the system does not tell."""
    try:
        threads = psutil.Process().threads()
    except (psutil.Error, OSError):
        return None
    main = threading.main_thread().native_id
    return next((thread.user_time + thread.system_time for thread in threads if thread.id == main), None)


def seconds_of_children() -> dict[psutil.Process, float]:
    """Return the CPU seconds of every process below this one."""
    seconds = {}
    for child in psutil.Process().children(recursive=True):
        try:
            times = child.cpu_times()
        except psutil.Error:  # it has just ended
            continue
        seconds[child] = times.user + times.system
    return seconds
