"""The functions that workers run.

A worker process finds its function by importing the module that holds it. So these functions are here and not in a
notebook, and this module imports the standard library only, because every spawned worker pays for each import.
"""

# ruff: noqa: B905 - with strict= in its zip, `distances` takes up to 1.2 times as long, and every lesson times it

import math
import os
import random
import sys
import time
from array import array
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple


def distances(rows: Iterable[Sequence[float]], target: Sequence[float]) -> list[float]:
    """Return the Euclidean distance from every row to the target, row by row in plain Python.

    rows: n rows of d numbers (an array of shape (n, d) will do); target: d numbers. The answer has n floats.
    """
    return [math.sqrt(sum((a - b) ** 2 for a, b in zip(row, target))) for row in rows]


def flat_distances(numbers: bytes, target: Sequence[float]) -> bytes:
    """As `distances`, but rows and distances are stored one number after another, as doubles of eight bytes each."""
    rows = zip(*[iter(array("d", numbers))] * len(target))
    return array("d", [math.sqrt(sum((a - b) ** 2 for a, b in zip(row, target))) for row in rows]).tobytes()


def flat_dist_distances(numbers: bytes, target: Sequence[float]) -> bytes:
    """As `flat_distances`, with `math.dist`: the loop over the features runs in C. Its last digits may differ."""
    rows = zip(*[iter(array("d", numbers))] * len(target))
    return array("d", [math.dist(row, target) for row in rows]).tobytes()


def draw(iterations: int, seed: int = 0) -> tuple[int, float]:
    """Draw the given number of random numbers between 0 and 1; return that number, and their mean (0.0 of none)."""
    generator = random.Random(seed)
    total = sum(generator.random() for _ in range(iterations))
    return iterations, total / iterations if iterations else 0.0


def draw_and_print(iterations: int) -> tuple[int, float]:
    """As `draw`, with a printed line when the task starts and another when it finishes."""
    print(f"{iterations:,} draws started\n", end="", flush=True)
    result = draw(iterations)
    print(f"{iterations:,} draws finished\n", end="", flush=True)
    return result


def nap(seconds: float) -> int:
    """Sleep for the given number of seconds; return the number (pid) of the process that slept."""
    time.sleep(seconds)
    return os.getpid()


def identity(value: object) -> object:
    """Return the value unchanged: an empty task, to measure what a task costs by itself."""
    return value


def loaded_modules(_: object = None) -> int:
    """Return how many modules this process has loaded, whatever the argument; it depends on how it was started."""
    return len(sys.modules)


class Timed(NamedTuple):
    """A result, with the process (pid) that computed it, and when: `time.perf_counter()` seconds, and CPU seconds."""

    result: Any
    process: int
    started: float
    finished: float
    cpu: float


def timed(function: Callable[..., Any], *arguments: Any) -> Timed:
    """Call the function, and return its result with the moments that this process read from its own clocks."""
    started, cpu = time.perf_counter(), time.process_time()
    result = function(*arguments)
    cpu, finished = time.process_time() - cpu, time.perf_counter()
    return Timed(result, os.getpid(), started, finished, cpu)


def seconds_of_loop(function: Callable[[Any], Any], items: Iterable[Any]) -> tuple[float, float, float | None]:
    """Call the function with every item in a plain loop.

    Return the loop's wall seconds, its CPU seconds, and for how many it waited for a CPU that others used; None if
    unknown.
    """
    waited = seconds_waited_for_cpu()
    _, _, started, finished, cpu = timed(lambda: [function(item) for item in items])
    return finished - started, cpu, None if waited is None else (seconds_waited_for_cpu() or 0.0) - waited


def seconds_waited_for_cpu() -> float | None:
    """Return for how long this thread could have run and had no CPU, which only Linux reports (its sched-stats.rst)."""
    try:
        with open("/proc/thread-self/schedstat", encoding="ascii") as file:
            return int(file.read().split()[1]) / 1e9
    except OSError:
        return None


def compute_for(seconds: float) -> float:
    """Compute, without ever waiting, for this many seconds; return for which share of them this process had a CPU."""
    cpu, wall = time.process_time(), time.perf_counter()
    while (passed := time.perf_counter() - wall) < seconds:
        pass
    return min(1.0, (time.process_time() - cpu) / passed)
