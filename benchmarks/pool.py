"""The lesson's pool, the course's best recipe and their peers on the million rows, as shares of the limit."""

import functools
import itertools
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.context import BaseContext

import numpy as np
from joblib import Parallel, delayed
from joblib.externals.loky import get_reusable_executor

from benchmarks.table import Row
from helpers import array_tasks, tasks
from helpers.machine import usable_cpus
from helpers.timing import Comparison, compare, warm_up

FEATURES = 10
CHUNKS_PER_WORKER = 16
"""Of the best recipe: so many that no worker waits long at the end, so few that a message costs next to nothing."""


def shares(context: BaseContext, rows: int = 1_000_000, repeats: int = 5) -> list[Row]:
    """Measure the serial loop and all pools, in turn; a share is (serial / parallel) / usable CPUs.

    context: how the pools start their workers. rows: how many rows the table has. All results are checked. Warm pools
    stay up from round to round; the last row says what the machine gives when nothing is sent or returned.
    """
    table = np.random.default_rng(0).normal(size=(rows, FEATURES))
    target = table[0].copy()
    task = functools.partial(tasks.distances, target=target)
    held = functools.partial(array_tasks.held_distances_as_array, target=target)
    cpus = usable_cpus()
    five, few, many = (np.array_split(table, n) for n in (5, cpus, CHUNKS_PER_WORKER * cpus))
    edges = np.linspace(0, rows, CHUNKS_PER_WORKER * cpus + 1).astype(int).tolist()
    bounds = list(itertools.pairwise(edges))
    with (
        context.Pool(5) as lesson,
        context.Pool(cpus) as finer,
        context.Pool(cpus, array_tasks.hold_table, (table,)) as best,
        ProcessPoolExecutor(cpus, context) as executor,
        context.Pool(cpus, _hold, (task, few[0])) as ceiling,
    ):
        for pool, processes in ((lesson, 5), (finer, cpus), (best, cpus), (ceiling, cpus)):
            warm_up(pool, processes)
        candidates = {
            "serial": lambda: [task(table)],
            "lesson 02: Pool(5), 5 chunks, cold": lambda: _cold(context, task, five),
            "lesson 02, warm": lambda: lesson.map(task, five, chunksize=1),
            f"Pool({cpus}), {len(many)} chunks, warm": lambda: finer.map(task, many, chunksize=1),
            "best recipe (06), warm: rows held, arrays home": lambda: best.map(held, bounds, chunksize=1),
            f"ProcessPoolExecutor({cpus}), {cpus} chunks, warm": lambda: list(executor.map(task, few)),
            f"joblib.Parallel({cpus}), {cpus} chunks, warm": lambda: Parallel(cpus)(delayed(task)(c) for c in few),
            "nothing sent or returned": lambda: ceiling.map(_compute_held, range(cpus), chunksize=1),
        }
        comparison = compare(candidates, repeats=repeats)
    get_reusable_executor().shutdown(wait=True)  # joblib's workers
    return _rows(comparison, cpus)


def _rows(comparison: Comparison, cpus: int) -> list[Row]:
    serial, *others, _ = comparison
    for timing in others:
        assert list(itertools.chain.from_iterable(timing.result)) == serial.result[0], timing.label
    rows = []
    for label in [timing.label for timing in comparison][1:]:
        aim = 0.97 if label.startswith("best") else 0.95 if label == "lesson 02, warm" else None
        shares = tuple(ratio / cpus for ratio in comparison.ratios(label))
        rows.append(Row(label, shares, "of the limit", aim, at_least=True))
    return rows


def _cold(context: BaseContext, task: Callable, chunks: list[np.ndarray]) -> list[list[float]]:
    with context.Pool(5) as pool:
        return pool.map(task, chunks, chunksize=1)


def _hold(task: Callable, share: np.ndarray) -> None:
    global _held
    _held = task, share


def _compute_held(_: int) -> int:
    task, share = _held
    return len(task(share))
