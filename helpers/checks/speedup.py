"""What a speed-up can be, by the laws that limit it."""

import math
from collections.abc import Callable

from helpers.checks.verdict import exercise_check
from helpers.spans import Breakdown


@exercise_check(praise="The smallest number that is enough, and None where even endless workers are not.")
def processes_for_speedup(answer: Callable[[float, float], int | None]) -> str | None:
    for f, wanted in ((0.0, 4.0), (0.25, 2.0), (0.05, 8.0), (0.05, 7.0), (0.01, 50.0), (0.9, 1.0), (0.001, 500.0)):
        found = answer(f, wanted)
        if found is None:
            return f"With f = {f:g} there is a number of workers that gives a speed-up of {wanted:g}."
        if found != int(found):
            case = f"With f = {f:g} and a speed-up of {wanted:g}"
            return f"{case} you return {found:g}. Nobody can start a part of a worker."
        if found < 1 or _amdahl(f, int(found)) < wanted - 1e-9:
            return f"With f = {f:g} your {found:g} workers do not reach a speed-up of {wanted:g}."
        if found > 1 and _amdahl(f, int(found) - 1) >= wanted - 1e-9:
            return f"With f = {f:g} fewer than your {found:g} workers reach a speed-up of {wanted:g}."
    for f, wanted in ((0.25, 4.0), (0.25, 5.0), (0.5, 2.0), (1.0, 1.5)):
        if answer(f, wanted) is not None:
            return f"With f = {f:g} no number of workers gives a speed-up of {wanted:g}."
    return None


def _amdahl(f: float, processes: int) -> float:
    return 1 / (f + (1 - f) / processes)


@exercise_check(
    praise="Where the curve is lowest; without a cost for each worker, that is the largest number you may take."
)
def best_processes(answer: Callable[[float, float, float], int]) -> str | None:
    laws = [(1.0, 9.0, 1.0), (0.0, 8.0, 0.02), (5.0, 1.0, 4.0), (0.1, 6.2, 1.0), (0.0, 5.9, 1.0), (2.0, 0.0, 0.1)]
    for a, b, c in (*laws, (0.5, 3.0, 0.0), (0.5, 3.0, -0.0001), (0.0, 1e5, 0.01)):
        found = answer(a, b, c)
        case = f"With a = {a:g}, b = {b:g} and c = {c:g}"
        if found not in range(1, 1001):
            return f"{case} you return {found!r}, which is no whole number from 1 to 1000."
        least = min(a + b / p + c * p for p in range(1, 1001))
        if a + b / found + c * found > least + 1e-12:
            return f"{case} another number of processes takes less time than yours."
    return None


@exercise_check(praise="The largest loss is where a repair brings most, and this is all that it can bring.")
def speedup_without_largest_loss(answer: Callable[[float, Breakdown, int], float]) -> str | None:
    """The cases: each cause wins once; pickling is a sum of two parts; CPUs are shared, with a wait and without."""
    for processes, loop, computing, waiting, sending, returning, starting, idle in (
        (2, 4.0, 4.1, 0.2, 0.1, 0.1, 0.9, 0.2),
        (4, 4.0, 4.0, 1.5, 0.3, 0.2, 0.4, 0.6),
        (3, 4.0, 5.0, 0.1, 0.3, 0.2, 0.4, 0.6),
        (2, 4.0, 4.0, 0.1, 0.5, 0.4, 0.3, 0.6),
        (8, 4.0, 4.2, 0.1, 0.1, 0.2, 0.4, 1.6),
        (2, 4.0, 3.0, 1.2, 0.1, 0.1, 0.1, 0.5),
    ):
        whole = computing + waiting + sending + returning + starting + idle
        spent = Breakdown(computing, waiting, sending, returning, starting, idle, whole)
        largest = max(starting, computing + waiting - loop, sending + returning, idle)
        case = f"The loop took {loop:g} s, and the {processes} workers spent\n{spent}\n"
        found = answer(loop, spent, processes)
        if math.isclose(found, loop * processes / whole, rel_tol=1e-6):
            return f"{case}You return {found:g}, which is the speed-up with all of the losses."
        if math.isclose(found, processes, rel_tol=1e-6):
            return f"{case}You return {found:g}, which is the speed-up without any loss."
        if not math.isclose(found, loop * processes / (whole - largest), rel_tol=1e-6):
            return f"{case}With the largest of the four losses gone, the speed-up is not {found:g}."
    return None
