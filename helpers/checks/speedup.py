"""What a speed-up can be, by the laws that limit it."""

import math
from collections.abc import Callable

from helpers.checks.verdict import exercise_check


@exercise_check(praise="With endless CPUs only the serial share is left; so the limit is one over it.")
def amdahl_limit(answer: float, serial_share: float) -> str | None:
    if math.isclose(answer, 1 / serial_share, rel_tol=0.01):
        return None
    return "Let p in T(p) = T(1) (f + (1 - f) / p) grow without end. What is left of T(p)?"


@exercise_check(praise="Where the curve is lowest: near the square root of b / c.")
def best_processes(answer: Callable[[float, float, float], int]) -> str | None:
    for a, b, c in ((1.0, 9.0, 1.0), (0.0, 8.0, 0.02), (5.0, 1.0, 4.0)):
        right = min(range(1, 1001), key=lambda p: a + b / p + c * p)
        if answer(a, b, c) != right:
            return f"With a = {a:g}, b = {b:g} and c = {c:g} another number of processes takes less time than yours."
    return None
