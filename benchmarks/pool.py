"""The lesson's own pool on the million rows, and the course's best recipe, as shares of the limit."""

import functools
import itertools
from collections.abc import Callable
from multiprocessing.context import BaseContext
from multiprocessing.pool import Pool

import numpy as np

from benchmarks.table import Row
from helpers import tasks
from helpers.machine import usable_cpus
from helpers.timing import compare, warm_up

FEATURES = 10
CHUNKS_PER_WORKER = 16
"""Of the best recipe: so many that no worker waits long at the end, so few that a message costs next to nothing."""


def shares(context: BaseContext, rows: int = 1_000_000, repeats: int = 5) -> list[Row]:
    """Measure serial against pools, in turn; a share is (serial / parallel) / usable CPUs.

    context: how the pools start their workers. rows: how many rows the table has. The pools' results are checked.
    """
    table = np.random.default_rng(0).normal(size=(rows, FEATURES))
    task = functools.partial(tasks.distances, target=table[0].copy())
    cpus = usable_cpus()
    held = context.Pool(cpus, _hold, (task, table[: rows // cpus]))
    with context.Pool(5) as lesson, context.Pool(cpus) as best, held as ceiling:
        warm_up(lesson, 5)
        warm_up(best, cpus)
        warm_up(ceiling, cpus)
        candidates = {
            "serial": lambda: task(table),
            "Pool(5), 5 chunks, cold": lambda: _cold(context, task, table),
            "Pool(5), 5 chunks, warm": lambda: _mapped(lesson, task, table, chunks=5),
            f"best recipe, warm: Pool({cpus}), {CHUNKS_PER_WORKER * cpus} chunks": lambda: _mapped(
                best, task, table, CHUNKS_PER_WORKER * cpus
            ),
        }
        candidates["no pool at all"] = lambda: ceiling.map(_compute_held, range(cpus), chunksize=1)
        comparison = compare(candidates, repeats=repeats)
    serial, *others, _ = comparison
    for timing in others:
        assert list(itertools.chain.from_iterable(timing.result)) == serial.result, timing.label
    cold, *warm = [timing.label for timing in others]
    shares = {label: tuple(ratio / cpus for ratio in comparison.ratios(label)) for label in (cold, *warm)}
    unit = "of the limit"
    ceiling = Row(
        f"{cpus} loops side by side, nothing sent or returned: what this machine gives",
        tuple(ratio / cpus for ratio in comparison.ratios("no pool at all")),
        unit,
    )
    return [
        ceiling,
        Row(cold, shares[cold], unit),
        *(Row(label, shares[label], unit, 0.95, at_least=True) for label in warm),
    ]


def _hold(task: Callable, share: np.ndarray) -> None:
    global _held
    _held = task, share


def _compute_held(_: int) -> int:
    task, share = _held
    return len(task(share))


def _mapped(pool: Pool, task: Callable, table: np.ndarray, chunks: int) -> list[list[float]]:
    return pool.map(task, np.array_split(table, chunks), chunksize=1)


def _cold(context: BaseContext, task: Callable, table: np.ndarray) -> list[list[float]]:
    with context.Pool(5) as pool:
        return _mapped(pool, task, table, chunks=5)
