"""Tasks on a cluster: how fast they can be, and what happens when one runs twice."""

import math
import tempfile
from collections.abc import Callable
from pathlib import Path

from helpers.checks.verdict import exercise_check


@exercise_check(praise="Nothing goes faster than its workers, nor than the one scheduler that hands the tasks out.")
def cluster_speedup(answer: Callable[[float, float, int], float]) -> str | None:
    cases = [
        ((1.0, 0.001, 8), 8.0, "the scheduler is idle most of the time. What limits the cluster?"),
        ((0.01, 0.001, 64), 10.0, "how many workers can the scheduler keep busy?"),
        ((0.0005, 0.001, 64), 0.5, "when the scheduler needs longer than the work, is a cluster faster than a loop?"),
        ((0.3, 0.1, 2), 2.0, "the scheduler hands out the next task while the workers compute."),
        ((0.3, 0.1, 4), 3.0, "the scheduler hands out the next task while the workers compute."),
    ]
    for (each, cost, workers), right, hint in cases:
        if not math.isclose(answer(each, cost, workers), right, rel_tol=1e-6):
            return f"Tasks of {each:g} s, {cost:g} s of the scheduler for each, {workers} workers: {hint}"
    return None


@exercise_check(praise="Each task owns one file, and writing it again changes nothing.")
def repeatable(answer: Callable[[Path, int, int], object]) -> str | None:
    with tempfile.TemporaryDirectory() as name:
        folder, values = Path(name), {0: 5, 1: 5, 2: 7, 10: 11}
        for task, value in values.items():
            answer(folder, task, value)
        if (once := _sum_of(folder)) != sum(values.values()):
            return (
                f"Four tasks with the values 5, 5, 7 and 11 ran once, and the numbers in the folder add up to {once}."
            )
        for task, value in values.items():
            answer(folder, task, value)
        if (twice := _sum_of(folder)) != once:
            return f"The same four tasks ran again, and now the numbers in the folder add up to {twice}, not {once}."
        if sum(1 for path in folder.rglob("*") if path.is_file()) != len(values):
            return "The sum is right. What happens when two workers write to the same file at the same moment?"
    return None


def _sum_of(folder: Path) -> float:
    """Return the sum of the numbers, one a line, in all files of the folder."""
    return sum(float(line) for path in folder.rglob("*") if path.is_file() for line in path.read_text().split())
