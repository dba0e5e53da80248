"""Measuring time, and accounting for it."""

import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from helpers.checks.verdict import exercise_check
from helpers.spans import Run, breakdown
from helpers.text import counted

TOLERANCE = 0.008
"""Seconds by which a measured time may differ from what the measured function noted itself; a busy machine needs it."""


@exercise_check(praise="The minimum, the median and the spread: that is an honest report.")
def timing_summary(answer: Mapping[str, Any], seconds: Sequence[float]) -> str | None:
    right = {"minimum": min(seconds), "median": statistics.median(seconds), "spread": max(seconds) - min(seconds)}
    for name, figure in right.items():
        if name not in answer:
            return f"The answer needs a figure named {name!r}."
        if answer[name] is ...:
            return f"The {name} is still missing."
        if not math.isclose(answer[name], figure, rel_tol=1e-4):
            return f"Look at the {name} again: sort the {len(seconds)} times first."
    return None


@exercise_check(praise="A warm-up, wall time, and the median: whoever reads your figure can rely on it.")
def median_seconds(answer: Callable[[Callable[[], None], int], float]) -> str | None:
    for naps in ((0.2, 0.02, 0.11, 0.05), (0.1, 0.08, 0.01, 0.01, 0.09, 0.03), (0.05, 0.02, 0.13, 0.01, 0.08)):
        repeats = len(naps) - 1
        took: list[float] = []

        def work(naps: Sequence[float] = naps, took: list[float] = took) -> None:
            begin = time.perf_counter()
            time.sleep(naps[len(took) % len(naps)])
            took.append(time.perf_counter() - begin)

        found = answer(work, repeats)
        if len(took) != repeats + 1:
            calls = f"With {repeats} repeats your function called the other one {len(took)} times."
            return f"{calls} It should call it once without measuring, and then once for each repeat."
        wrong = {
            "That is the mean. What does one disturbed repeat do to it?": statistics.mean(took[1:]),
            "That includes the first call, which should not be measured.": statistics.median(took),
            "That is close to no time at all, although the function slept. Which clock counts sleeping?": 0.0,
        }
        right = statistics.median(took[1:])
        if abs(found - right) > TOLERANCE:
            hints = [hint for hint, figure in wrong.items() if abs(found - figure) < TOLERANCE / 8]
            return hints[0] if hints else f"It should return the median, {right:.3f} s here, and it returned {found!r}."
    return None


@exercise_check(praise="No pool can beat the work divided by the CPUs, and no pool uses more CPUs than it has workers.")
def best_time(answer: Callable[[float, int, int], float]) -> str | None:
    if not math.isclose(answer(7.0, 2, 2), 3.5):
        return "Two processes on two CPUs share 7 seconds of work: how long do they take at best?"
    if not math.isclose(answer(8.0, 5, 2), 4.0):
        return "Five processes on two CPUs: how many of them can compute at the same moment?"
    if not math.isclose(answer(9.0, 3, 16), 3.0):
        return "Three processes on sixteen CPUs: how many CPUs have something to do?"
    return None


@exercise_check(praise="Now you can tell a pool that computes from a pool that waits, on any number of CPUs.")
def share_of_cpus(answer: Callable[[Run, int], float], run: Run) -> str | None:
    larger = run._replace(processes=run.processes + 7)
    busy = breakdown(run).computing / run.seconds  # how many CPUs computed, on average
    few, many = max(1, math.ceil(busy)), larger.processes + 50
    for pool, cpus in ((run, few), (larger, few + 1), (run, many), (larger, many)):
        found, right = answer(pool, cpus), busy / min(pool.processes, cpus)
        if math.isclose(found, right, rel_tol=0.01):
            continue
        if math.isclose(found, right * 100, rel_tol=0.01):
            return "That is a percentage; give the share as a number between 0 and 1."
        numbers = f"{counted(pool.processes, 'worker')} on {counted(cpus, 'CPU')}"
        return f"For {numbers} your share is {found:.3f}. How many of these CPUs could compute at the same moment?"
    return None
