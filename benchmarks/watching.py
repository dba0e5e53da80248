"""What watching costs: an `XrayPool` against the stock pool, both warm, in turn."""

import functools
from collections.abc import Callable, Sequence
from multiprocessing.context import BaseContext
from typing import Any

import numpy as np

from benchmarks.pool import FEATURES
from benchmarks.table import Row
from helpers import tasks
from helpers.machine import usable_cpus
from helpers.timing import Comparison, compare, warm_up
from helpers.xray import XrayPool


def empty_tasks(context: BaseContext, count: int = 20_000, repeats: int = 20) -> list[Row]:
    """Measure the microseconds that watching adds to each of so many empty tasks."""
    rows = []
    for chunksize, aim in ((None, 10.0), (1, None)):
        comparison = _stock_and_watched(context, tasks.identity, range(count), chunksize, repeats)
        pairs = zip(comparison["stock"].seconds, comparison["watched"].seconds)
        extra = tuple((watched - stock) / count * 1e6 for stock, watched in pairs)
        size = "the default chunk size" if chunksize is None else f"chunk size {chunksize}"
        rows.append(Row(f"watching {count:,} empty tasks, {size}", extra, "µs a task", aim))
    return rows


def many_rows(context: BaseContext, rows: int = 1_000_000, chunks: int = 40, repeats: int = 5) -> list[Row]:
    """Measure the per cent that watching adds to the distances of so many rows."""
    table = np.random.default_rng(0).normal(size=(rows, FEATURES))
    task = functools.partial(tasks.distances, target=table[0].copy())
    comparison = _stock_and_watched(context, task, np.array_split(table, chunks), None, repeats)
    extra = tuple((1 / ratio - 1) * 100 for ratio in comparison.ratios("watched"))
    return [Row(f"watching {rows:,} rows in {chunks} chunks", extra, "%", 1.0)]


def _stock_and_watched(
    context: BaseContext, task: Callable[[Any], Any], values: Sequence[Any], chunksize: int | None, repeats: int
) -> Comparison:
    cpus = usable_cpus()
    with context.Pool(cpus) as stock, XrayPool(cpus, context=context) as watched:
        warm_up(stock, cpus)
        warm_up(watched, cpus)

        def watch() -> list[Any]:
            watched.reset()
            return watched.map(task, values, chunksize)

        candidates = {"stock": lambda: stock.map(task, values, chunksize), "watched": watch}
        comparison = compare(candidates, repeats=repeats)
        assert comparison["stock"].result == comparison["watched"].result
        assert len(watched.run.spans) == len(values)
    return comparison
