"""The distances of a million rows, on two workers: the course's recipes, and the same job by other libraries.

Each way has its own serial version, which runs right before it. The course's recipes and the other libraries compute
the same arrays from the same chunks with the same function, and a warm run is always the second one of the whole job.
What two bare loops side by side give on this machine is measured in every round: no way can be faster than that.

dask comes with the course; for the others: pip install -e ".[peers]".
"""

import importlib.util
import itertools
import logging
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing.context import BaseContext
from typing import Any

import joblib
import numpy as np
from joblib.externals.loky import get_reusable_executor

from benchmarks import work
from benchmarks.results import Figure
from helpers import tasks
from helpers.array_tasks import held_distances_as_array, hold_table
from helpers.machine import PeakMemory
from tools.quiet import measure_scaling

ROWS, FEATURES = 1_000_000, 10
WORKERS = 2
CHUNKS = 32
"""So many that no worker waits long at the end, so few that a message costs next to nothing."""

LIMIT = "two bare loops side by side"
Run = Callable[[], list[Any]]
Open = Callable[[BaseContext, np.ndarray], AbstractContextManager[Run]]


@dataclass(frozen=True)
class Way:
    """One way to do the job.

    open: start the workers for a table; it yields the run. serial: the same for a table without workers, with the same
    results in the same chunks. aim: the least share of the machine's limit, when warm.
    """

    open: Open
    serial: Callable[[np.ndarray], list[Any]]
    aim: float | None = None


def loop(function: Callable[..., Any], chunks: int, table: np.ndarray) -> list[Any]:
    """Return the function's results for all chunks of a table, one after the other."""
    return [function(chunk, table[0]) for chunk in np.array_split(table, chunks)]


@contextmanager
def lesson_02(context: BaseContext, table: np.ndarray) -> Iterator[Run]:
    with context.Pool(5) as pool:  # as the lesson has it, on two CPUs
        yield lambda: pool.map(partial(tasks.distances, target=table[0]), np.array_split(table, 5))


@contextmanager
def stock_pool(context: BaseContext, table: np.ndarray) -> Iterator[Run]:
    with context.Pool(WORKERS) as pool:
        yield lambda: pool.map(partial(work.as_array, target=table[0]), np.array_split(table, CHUNKS), chunksize=1)


@contextmanager
def held_rows(context: BaseContext, table: np.ndarray) -> Iterator[Run]:
    with context.Pool(WORKERS, hold_table, (table,)) as pool:
        yield lambda: pool.map(partial(held_distances_as_array, target=table[0]), _bounds(table), chunksize=1)


@contextmanager
def held_lists(context: BaseContext, table: np.ndarray) -> Iterator[Run]:
    with context.Pool(WORKERS, work.hold, (table,)) as pool:
        yield lambda: pool.map(work.from_held_lists, _bounds(table), chunksize=1)


@contextmanager
def executor(context: BaseContext, table: np.ndarray) -> Iterator[Run]:
    with ProcessPoolExecutor(WORKERS, context) as pool:
        yield lambda: list(pool.map(partial(work.as_array, target=table[0]), np.array_split(table, CHUNKS)))


@contextmanager
def joblib_parallel(_: BaseContext, table: np.ndarray) -> Iterator[Run]:
    task = joblib.delayed(partial(work.as_array, target=table[0]))
    # Above max_nbytes, joblib writes an array to a file, and a loop over the rows of a numpy.memmap takes three times
    # as long: that would compare the loops, and not the pools.
    pool = joblib.Parallel(WORKERS, max_nbytes=None)
    yield lambda: pool(task(chunk) for chunk in np.array_split(table, CHUNKS))
    get_reusable_executor().shutdown(wait=True)


@contextmanager
def dask(_: BaseContext, table: np.ndarray) -> Iterator[Run]:
    from distributed import Client

    # A worker whose heartbeat meets the end of the cluster logs an error. What fails in a task is raised all the same.
    options = {"host": "127.0.0.1", "dashboard_address": None, "silence_logs": logging.CRITICAL}
    with Client(n_workers=WORKERS, threads_per_worker=1, **options) as client:

        def run() -> list[Any]:
            chunks = client.scatter(np.array_split(table, CHUNKS), hash=False)
            results: list[Any] = client.gather(client.map(partial(work.as_array, target=table[0]), chunks, pure=False))
            return results

        yield run


@contextmanager
def ray(_: BaseContext, table: np.ndarray) -> Iterator[Run]:
    os.environ.setdefault("RAY_AUTH_MODE", "token")  # its default since 2.60, which it warns of unless it is chosen
    import ray as library

    library.init(num_cpus=WORKERS, include_dashboard=False, logging_level=logging.WARNING)
    remote = library.remote(work.as_array)
    yield lambda: library.get([remote.remote(chunk, table[0]) for chunk in np.array_split(table, CHUNKS)])
    library.shutdown()


@contextmanager
def mpire(context: BaseContext, table: np.ndarray) -> Iterator[Run]:
    from mpire.pool import WorkerPool

    with WorkerPool(WORKERS, keep_alive=True, start_method=context.get_start_method()) as pool:
        arguments = [(chunk, table[0]) for chunk in np.array_split(table, CHUNKS)]
        yield lambda: pool.map(work.as_array, arguments, chunk_size=1, concatenate_numpy_output=False)


ARRAYS = partial(loop, work.as_array, CHUNKS)
RECIPES = {
    "lesson 02: Pool(5), 5 chunks, lists": Way(lesson_02, partial(loop, tasks.distances, 5)),
    "Pool(2), 32 chunks, arrays": Way(stock_pool, ARRAYS),
    "best recipe (06): rows held by the workers": Way(held_rows, ARRAYS, aim=0.97),
    "best recipe, over lists in the worker": Way(held_lists, partial(loop, work.from_lists, CHUNKS)),
}
PEERS = {
    "multiprocessing.Pool": Way(stock_pool, ARRAYS),
    "ProcessPoolExecutor": Way(executor, ARRAYS),
    "joblib": Way(joblib_parallel, ARRAYS),
    "dask.distributed": Way(dask, ARRAYS),
    "ray": Way(ray, ARRAYS),
    "mpire": Way(mpire, ARRAYS),
}


def compare_recipes(context: BaseContext, repeats: int, rows: int = ROWS) -> Iterator[Figure]:
    """The course's recipes for the million rows, each beside its own loop."""
    return _compare(RECIPES, context, repeats, rows)


def compare_peers(context: BaseContext, repeats: int, rows: int = ROWS) -> Iterator[Figure]:
    """The million rows by the stock pool, the executor, joblib, dask, ray and mpire, each beside its own loop."""
    return _compare(_installed(PEERS), context, repeats, rows)


def measure_memory(context: BaseContext, repeats: int) -> Iterator[Figure]:
    """The memory that recipes and peers take for the million rows."""
    ways = RECIPES | _installed(PEERS)
    for _ in range(repeats):
        for label, way in ways.items():
            _, parent, worker = run_apart(way.open, context, ROWS)
            yield Figure(f"{label}: parent process", parent, "MB", repeats)
            yield Figure(f"{label}: largest worker", worker, "MB", repeats)


def run_apart(opened: Open, context: BaseContext, rows: int) -> tuple[float, float, float]:
    """Do the job once, cold, in a process of its own, which has no memory left over from before.

    Return the seconds of the run, and the most megabytes that this process took beside the table, and its largest
    worker.
    """
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as apart:
        return apart.submit(_run_with_peak, opened, context.get_start_method(), rows).result()


def _run_with_peak(opened: Open, start_method: str, rows: int) -> tuple[float, float, float]:
    table = make_table(rows)
    with PeakMemory() as peak, opened(multiprocessing.get_context(start_method), table) as run:
        seconds, results = _time(run)
    assert results  # which counted until now
    return seconds, peak.parent / 1e6, peak.worker / 1e6


def _compare(ways: Mapping[str, Way], context: BaseContext, repeats: int, rows: int) -> Iterator[Figure]:
    table = make_table(rows)
    for _ in range(repeats):
        limit = measure_scaling()
        yield Figure(LIMIT, limit, "times one", repeats)
        for label, way in ways.items():
            serial, expected = _time(partial(way.serial, table))
            starting = time.perf_counter()
            with way.open(context, table) as run:
                run()
                started = time.perf_counter() - starting
                warm, results = _time(run)
                ending = time.perf_counter()
            cold = started + time.perf_counter() - ending
            if not same_chunks(results, expected):
                raise AssertionError(f"{label} gives other results than its loop, or other chunks")
            yield Figure(f"{label}: its loop", serial, "s", repeats)
            yield Figure(f"{label}: cold", serial / cold, "times its loop", repeats)
            yield Figure(f"{label}: warm", serial / warm, "times its loop", repeats)
            share = serial / warm / limit
            yield Figure(f"{label}: of the limit", share, "of two loops", repeats, way.aim, at_least=True)


def same_chunks(results: list[Any], expected: list[Any]) -> bool:
    """Return whether a way gave the same results as its loop, in the same chunks, as arrays or lists."""
    if list(map(type, results)) != list(map(type, expected)):
        return False
    return all(map(np.array_equal, results, expected))


def _time(run: Run) -> tuple[float, list[Any]]:
    began = time.perf_counter()
    results = run()
    return time.perf_counter() - began, results


def make_table(rows: int = ROWS) -> np.ndarray:
    """Return the table of the lessons: rows of ten numbers."""
    return np.random.default_rng(0).normal(size=(rows, FEATURES))


def _bounds(table: np.ndarray) -> list[tuple[int, int]]:
    edges = np.cumsum([0, *map(len, np.array_split(table, CHUNKS))])
    return list(itertools.pairwise(edges.tolist()))


def _installed(ways: Mapping[str, Way]) -> dict[str, Way]:
    missing = [name for name in ("ray", "mpire") if importlib.util.find_spec(name) is None]
    if missing:
        print(f'Not installed, so left out: {", ".join(missing)}. pip install -e ".[peers]"', file=sys.stderr)
    return {label: way for label, way in ways.items() if label not in missing}
