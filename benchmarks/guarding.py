"""What guarding costs: a `GuardedPool` against the stock pool, both warm, in turn."""

import functools
from collections.abc import Callable
from multiprocessing.context import BaseContext

import numpy as np

from benchmarks.pool import CHUNKS_PER_WORKER, FEATURES
from benchmarks.table import Row
from helpers import tasks
from helpers.machine import usable_cpus
from helpers.pool.supervisor import GuardedPool
from helpers.timing import Comparison, compare, warm_up


def empty_apply(context: BaseContext, repeats: int = 20, calls: int = 100) -> list[Row]:
    """Measure the milliseconds that guarding adds to an empty `apply`."""

    def apply(pool: object) -> None:
        for _ in range(calls):
            pool.apply(tasks.identity, (1,))

    comparison = _stock_and_guarded(context, apply, repeats)
    pairs = zip(comparison["stock"].seconds, comparison["guarded"].seconds)
    extra = tuple((guarded - stock) / calls * 1e3 for stock, guarded in pairs)
    return [Row("guarding an empty apply", extra, "ms a call", 1.0)]


def many_rows(context: BaseContext, rows: int = 1_000_000, repeats: int = 5) -> list[Row]:
    """Measure the per cent that guarding adds to the distances of so many rows, in the chunks of the best recipe."""
    table = np.random.default_rng(0).normal(size=(rows, FEATURES))
    chunks = np.array_split(table, CHUNKS_PER_WORKER * usable_cpus())
    task = functools.partial(tasks.distances, target=table[0].copy())
    comparison = _stock_and_guarded(context, lambda pool: pool.map(task, chunks, chunksize=1), repeats)
    assert comparison["stock"].result == comparison["guarded"].result
    extra = tuple((1 / ratio - 1) * 100 for ratio in comparison.ratios("guarded"))
    return [Row(f"guarding {rows:,} rows in {len(chunks)} chunks", extra, "%", 1.0)]


def _stock_and_guarded(context: BaseContext, run: Callable[[object], object], repeats: int) -> Comparison:
    cpus = usable_cpus()
    with context.Pool(cpus) as stock, GuardedPool(cpus, context=context) as guarded:
        warm_up(stock, cpus)
        warm_up(guarded, cpus)
        return compare({"stock": lambda: run(stock), "guarded": lambda: run(guarded)}, repeats=repeats)
