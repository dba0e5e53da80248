"""Sending data to workers: what is pickled, and what is shared."""

import math
from collections.abc import Callable
from multiprocessing.shared_memory import SharedMemory
from typing import Any

import numpy as np

from helpers.checks.verdict import exercise_check


@exercise_check(praise="The function is sent once with every chunk, and so is everything that is bound to it.")
def megabytes_sent(answer: float, megabytes: float, tasks: int, chunksize: int) -> str | None:
    if math.isclose(answer, megabytes * math.ceil(tasks / chunksize), rel_tol=0.01):
        return None
    if math.isclose(answer, megabytes * tasks, rel_tol=0.01):
        return "The tasks of a chunk share one copy."
    return "How many chunks are there, and what is sent with each of them?"


@exercise_check(praise="It holds what was given, and nothing is left, whatever happens.")
def with_shared(answer: Callable[[Any, Callable[[str], Any]], Any]) -> str | None:
    names: list[str] = []

    def read(name: str) -> list[float]:
        names.append(name)
        memory = SharedMemory(name)
        try:
            return [float(number) for number in np.ndarray((3,), buffer=memory.buf)]
        finally:
            memory.close()

    def fail(name: str) -> None:
        names.append(name)
        raise ZeroDivisionError

    if answer(np.array([1.0, 2.0, 4.0]), read) != [1.0, 2.0, 4.0]:
        return "Return the function's result, and let the function find the array's numbers in the memory."
    try:
        answer(np.array([1.0, 2.0, 4.0]), fail)
    except ZeroDivisionError:
        pass
    else:
        return "An exception of the function must reach the caller."
    left = sum(map(_remove_shared_memory, names))
    return f"{left} blocks of shared memory are left. Close and unlink in a finally." if left else None


def _remove_shared_memory(name: str) -> bool:
    """Remove the shared memory of this name, and return whether there was any."""
    try:
        memory = SharedMemory(name)
    except FileNotFoundError:
        return False
    memory.close()
    memory.unlink()
    return True
