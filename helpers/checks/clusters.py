"""Tasks on a cluster: how long they must be, and what happens when one runs twice."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from helpers.checks.verdict import exercise_check


@exercise_check(praise="Together they are as long as the scheduler needs to hand out one task to each worker.")
def tasks_together(answer: Callable[[float, float, int], int]) -> str | None:
    cases = [  # powers of two, so that the order of the operations makes no difference
        ((4.0, 0.25, 8), 1, "the tasks are long enough as they are."),
        ((0.25, 0.5, 1), 2, "how long does the scheduler need, and how long does one worker take meanwhile?"),
        ((0.25, 0.5, 4), 8, "how many tasks must the scheduler hand out before the first worker is free again?"),
        ((1.0, 0.25, 64), 16, "how many tasks must the scheduler hand out before the first worker is free again?"),
        ((0.375, 0.5, 16), 22, "is that a whole number, and are all workers busy with it?"),
        ((1.0, 0.25, 5), 2, "is that a whole number, and are all workers busy with it?"),
        ((1.0, 0.25, 4), 1, "the tasks are just long enough as they are."),
    ]
    for (each, cost, workers), right, hint in cases:
        if answer(each, cost, workers) != right:
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
