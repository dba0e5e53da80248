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


@exercise_check(
    praise="Waiting calls for threads, arithmetic for NumPy, a long computation for a pool, a short one for nothing."
)
def best_tool(answer: Mapping[str, str]) -> str | None:
    hints = {
        "fetch 200 pages from the web": ("threads", "What does such a task do most of the time?"),
        "add up the columns of a large table": ("numpy", "Does sending the table take longer than adding it up?"),
        "find the nearest of 50,000 words for 10,000 others": ("pool", "It computes for minutes, and little is sent."),
        "a loop that takes 30 milliseconds": ("nothing", "How long does it take to start a pool?"),
    }
    for job, (tool, hint) in hints.items():
        if answer.get(job) != tool:
            return f"{job}: {hint}"
    return None
