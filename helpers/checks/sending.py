"""Sending data to workers: what is pickled, and what is shared."""

import math
import pickle
from collections.abc import Callable, Iterable, Mapping
from multiprocessing.shared_memory import SharedMemory
from typing import Any

import numpy as np

from helpers.array_tasks import slice_distances
from helpers.checks.verdict import exercise_check
from helpers.xray import XrayPool

MOST_COPIES = 2.2
"""How many copies of the table a repaired function may send: two, and something for the rest of each message."""


@exercise_check(praise="Count who gets a copy: each chunk, each worker, nobody, or each row its one task.")
def megabytes_sent(
    answer: Mapping[str, float], megabytes: float, tasks: int, chunksize: int, processes: int
) -> str | None:
    ways = {
        "partial": (megabytes * math.ceil(tasks / chunksize), "How many chunks are there, and what is in each?"),
        "initializer": (megabytes * processes, "Who gets the initializer's arguments, and how many of them are there?"),
        "shared memory": (0, "Does a worker get the numbers, or what it needs to find them?"),
        "rows of each task": (megabytes, "How often is each row of the table pickled?"),
    }
    for way, (right, hint) in ways.items():
        number = answer.get(way, ...)
        if number is ...:
            return f"There is no number for {way!r} yet."
        if not math.isclose(number, right, rel_tol=0.01, abs_tol=0.01):
            each_task = way == "partial" and math.isclose(number, megabytes * tasks, rel_tol=0.01)
            return "partial: The tasks of a chunk share one copy." if each_task else f"{way}: {hint}"
    return None


@exercise_check(praise="The same results, and no row is sent more than once to a worker.")
def sends_less(answer: Callable[..., Any]) -> str | None:
    table = np.random.default_rng(0).normal(size=(50_000, 10))
    bounds = [(begin, begin + 6_250) for begin in range(0, 50_000, 6_250)]
    pools: list[XrayPool] = []
    at_start = 0

    def make_pool(
        processes: int, initializer: Callable[..., object] | None = None, initargs: Iterable[Any] = ()
    ) -> XrayPool:
        nonlocal at_start
        initargs = tuple(initargs)
        at_start += processes * len(pickle.dumps((initializer, initargs)))
        pools.append(XrayPool(processes, initializer, initargs, limit=60))
        return pools[-1]

    try:
        parts = answer(make_pool, table, table[0], bounds)
    finally:
        for pool in pools:
            pool.terminate()
    spans = [span for pool in pools for span in pool.run.spans]
    if not spans:
        return "No worker computed anything. Make a pool with make_pool, and let it work."
    if len({span.arrived for span in spans}) == 1:
        return "There is a single chunk, so one worker computes everything."
    right = [slice_distances(each, table, table[0]) for each in bounds]
    if len(parts) != len(right) or not all(map(np.allclose, parts, right)):
        return "The results differ. There is one list of distances for each pair of bounds, in their order."
    copies = (at_start + sum(span.bytes_in for span in spans)) / table.nbytes
    return f"It sends {copies:.1f} times the table." if copies > MOST_COPIES else None


@exercise_check(praise="It holds what was given, and nothing is left, whatever happens.")
def with_shared(answer: Callable[[Any, Callable[[str], Any]], Any]) -> str | None:
    names: list[str] = []

    def fail(name: str) -> None:
        names.append(name)
        raise ZeroDivisionError

    for array in (np.array([1.0, 2.0, 4.0]), np.arange(6_000, dtype=np.int32).reshape(2, 3_000)):

        def read(name: str, size: int = array.nbytes) -> bytes:
            names.append(name)
            memory = SharedMemory(name)
            try:
                return np.ndarray(size, np.uint8, memory.buf).tobytes()
            finally:
                memory.close()

        try:
            found = answer(array, read)
        except Exception:
            _remove_all(names)
            raise
        if not isinstance(found, bytes) or found != array.tobytes():
            _remove_all(names)
            kind = f"{array.dtype} numbers of shape {array.shape}"
            return f"For {kind}: the function must find them in the memory, and you return the function's result."
    try:
        answer(np.array([1.0, 2.0, 4.0]), fail)
    except ZeroDivisionError:
        pass
    else:
        _remove_all(names)
        return "An exception of the function must reach the caller."
    left = _remove_all(names)
    return f"{left} of 3 blocks of shared memory are left after the calls, one of which raised." if left else None


def _remove_all(names: Iterable[str]) -> int:
    """Remove the shared memory of these names, and return how many blocks there were."""
    return sum(map(_remove_shared_memory, names))


def _remove_shared_memory(name: str) -> bool:
    try:
        memory = SharedMemory(name)
    except FileNotFoundError:
        return False
    memory.close()
    memory.unlink()
    return True
