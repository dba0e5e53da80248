"""Choosing between threads, processes, NumPy and a plain loop."""

import operator
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from helpers.checks.verdict import exercise_check
from helpers.text import counted

LEAST_GAIN = 10
"""How many times as fast as the loop an answer must be: one pass of NumPy is, by far; Python's floats are not."""


@exercise_check(praise="One pass over all rows in C, and no worker was needed.")
def faster_differences(answer: Callable[[np.ndarray, np.ndarray], Any], loop: Callable[..., list[float]]) -> str | None:
    rows = np.random.default_rng(0).normal(size=(20_000, 10))
    target = rows[3].copy()
    right, found = loop(rows, target), np.asarray(answer(rows, target))
    if found.shape != (len(right),):
        return f"For 20,000 rows it returns something of shape {found.shape}: there must be one number for each row."
    if not np.allclose(found, right):
        return "Its numbers are not the loop's."
    slow, fast = (min(_seconds(function, rows, target) for _ in range(5)) for function in (loop, answer))
    if fast * LEAST_GAIN > slow:
        gain = f"{slow / fast:.1f} times as fast as the loop"
        return f"The numbers are right. It is {gain}; {LEAST_GAIN} times is asked for."
    return None


def _seconds(function: Callable[..., object], *args: object) -> float:
    began = time.perf_counter()
    function(*args)
    return time.perf_counter() - began


@exercise_check(praise="Each process has a BLAS of its own; together their threads fit the CPUs.")
def blas_threads_each(answer: Callable[[int, int], int]) -> str | None:
    for cpus, processes in ((8, 8), (16, 4), (2, 1), (10, 4), (4, 32), (32, 3)):
        threads = operator.index(answer(cpus, processes))
        case = f"{cpus} CPUs and {processes} processes: you gave {counted(threads, 'thread')} each."
        if threads < 1:
            return f"{case} A process without a thread computes nothing."
        if threads > 1 and threads * processes > cpus:
            return f"{case} Together they are more than the CPUs."
        if (threads + 1) * processes <= cpus:
            return f"{case} More would fit."
    return None


@exercise_check(
    praise="Whoever holds the interpreter's lock keeps other threads waiting; whoever releases it does not."
)
def threads_or_processes(answer: Mapping[str, str]) -> str | None:
    holds_the_lock = "does this job hold the interpreter's lock all the time?"
    hints = {
        "parse 200 long texts in plain Python": ("processes", holds_the_lock),
        "compress 200 files with zlib": ("threads", holds_the_lock),
        "wait for the answers of 50 servers": ("threads", holds_the_lock),
        "parse 200 long texts on a Python without the lock": ("threads", "what would each process have to be sent?"),
        "add two arrays of 1,000 numbers": (
            "neither",
            "how long does it take, and how long does a pool take to start?",
        ),
    }
    for job, (tool, hint) in hints.items():
        if answer.get(job, ...) is ...:
            return f"{job}: no choice yet."
        if answer[job] != tool:
            return f"{job}: {hint}"
    return None
