"""Measuring time, and accounting for it."""

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from helpers.checks.verdict import exercise_check
from helpers.spans import Run
from helpers.tasks import distances


@exercise_check(praise="The minimum, the median and the spread: that is an honest report.")
def timing_summary(answer: Mapping[str, float], seconds: Sequence[float]) -> str | None:
    right = {"minimum": min(seconds), "median": statistics.median(seconds), "spread": max(seconds) - min(seconds)}
    for name, figure in right.items():
        if name not in answer:
            return f"The answer needs a figure named {name!r}."
        if not math.isclose(answer[name], figure, abs_tol=0.005):
            return f"Look at the {name} again: sort the {len(seconds)} times first."
    return None


@exercise_check(praise="No pool can beat the work divided by the CPUs, and no pool uses more CPUs than it has workers.")
def best_time(answer: Callable[[float, int, int], float]) -> str | None:
    if not math.isclose(answer(8.0, 2, 2), 4.0):
        return "Two workers on two CPUs share 8 seconds of work: how long do they take at best?"
    if not math.isclose(answer(8.0, 5, 2), 4.0):
        return "Five workers on two CPUs: how many of them can compute at the same moment?"
    if not math.isclose(answer(8.0, 2, 16), 4.0):
        return "Two workers on sixteen CPUs: how many CPUs have something to do?"
    return None


@exercise_check(praise="The same distances. Now let the next cell say how much faster they came.")
def same_distances(answer: Callable[[Any, Any], Sequence[float]]) -> str | None:
    rows = [[0.0, 3.0, 1.0], [2.0, -1.0, 4.0], [1.0, 1.0, 1.0]]
    target = [1.0, 1.0, 1.0]
    found = answer(rows, target)
    if not isinstance(found, list) or len(found) != len(rows):
        return "Return a list with one number for every row."
    if not all(map(math.isclose, found, distances(rows, target))):
        return "Some of the distances differ from those of tasks.distances."
    return None


@exercise_check(praise="That share of the workers' time bought nothing: the CPUs were taken.")
def share_of_waiting(answer: float, run: Run) -> str | None:
    right = sum(span.waiting_for_cpu for span in run.spans) / (run.seconds * run.processes)
    if math.isclose(answer, right, rel_tol=0.01):
        return None
    if math.isclose(answer, right * 100, rel_tol=0.01):
        return "That is a percentage; give the share as a number between 0 and 1."
    return "Divide the seconds of waiting for a CPU by the whole, both from breakdown(run)."
