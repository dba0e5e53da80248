"""Deciding whether a pool is worth it."""

import math
from collections.abc import Callable

from helpers.checks.verdict import exercise_check


@exercise_check(praise="Only the computing is divided; the start and the messages are added to it.")
def pool_seconds(answer: Callable[[int, float, float, float, int], float]) -> str | None:
    for tasks, each, message, start, cpus in (
        (100, 0.01, 0.001, 0.1, 2),
        (64, 1.0, 0.002, 0.5, 16),
        (8, 0.5, 0.25, 3.0, 4),
    ):
        found = answer(tasks, each, message, start, cpus)
        if math.isclose(found, start + tasks * message + tasks * each / cpus, rel_tol=1e-6):
            continue
        case = f"{tasks} tasks of {each:g} s, {message:g} s for each message, {start:g} s to start and {cpus} CPUs"
        if math.isclose(found, (start + tasks * (message + each)) / cpus, rel_tol=1e-6):
            return f"For {case} your answer divides everything. Which parts does only the parent process do?"
        return (
            f"For {case} your answer is {found:g} s. Which parts run once, which for each task, and which side by side?"
        )
    return None


@exercise_check(
    praise="It asks first what a task waits for, and then whether what a pool saves is more than what it costs."
)
def advice(answer: Callable[[int, float, float, float, float, int], str]) -> str | None:
    cases = [
        ((40, 0.02, 0.01, 1e-4, 0.1, 2), "threads", "What do the tasks do for most of their time?"),
        ((500, 0.02, 0.3, 1e-4, 0.1, 8), "threads", "What do the tasks do for most of their time?"),
        ((1000, 0.01, 1.0, 1e-4, 0.1, 2), "pool", "How long does the loop take, and how long the pool?"),
        ((1000, 0.01, 0.9, 1e-4, 0.1, 4), "pool", "A share need not be exactly 1."),
        ((1000, 0.01, 1.0, 1e-4, 0.1, 1), "loop", "How many CPUs are there to compute with?"),
        ((20, 0.01, 1.0, 1e-4, 0.2, 2), "loop", "What happens before the first task runs?"),
        ((1000, 2e-4, 1.0, 1.5e-4, 0.01, 4), "loop", "What does it cost to send the tasks?"),
        ((100, 0.01, 1.0, 1e-3, 0.1, 2), "loop", "By how much must a pool be faster to be worth it?"),
        ((100, 0.01, 1.0, 1e-4, 0.1, 2), "pool", "By how much must a pool be faster to be worth it?"),
    ]
    for (tasks, each, share, message, start, cpus), right, hint in cases:
        if answer(tasks, each, share, message, start, cpus) != right:
            work = f"{tasks} tasks of {each:g} s that have a CPU for {share:.0%} of it, {message:g} s for each message"
            return f"{work}, {start:g} s to start and {cpus} CPUs: {hint}"
    return None
