"""Choosing between threads, processes, NumPy and a plain loop."""

from collections.abc import Mapping

from helpers.checks.verdict import exercise_check


@exercise_check(praise="Each process has a BLAS of its own, and each BLAS its threads.")
def threads_in_all(answer: int, processes: int, blas_threads: int) -> str | None:
    if answer == processes * blas_threads:
        return None
    return "Every process starts the BLAS threads for itself. How many are there together?"


@exercise_check(
    praise="Code that holds the interpreter's lock keeps other threads waiting; code that releases it does not."
)
def threads_or_processes(answer: Mapping[str, str]) -> str | None:
    right = {
        "a loop in plain Python": "processes",
        "time.sleep, or waiting for a server": "threads",
        "a NumPy product of large matrices": "threads",
        "a loop in plain Python, on a Python without the lock": "threads",
    }
    for job, tool in right.items():
        if answer.get(job) != tool:
            return f"{job}: does it hold the interpreter's lock all the time?"
    return None
