"""What an `XrayPool` costs beside the stock pool, in turn: its tasks, its calls, its start and end, its spans."""

import functools
import resource
import subprocess
import sys
import time
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

MILLION = 1_000_000


def empty_tasks(context: BaseContext, repeats: int = 20) -> list[Row]:
    """Measure the microseconds that the X-ray adds to an empty task: of 20,000, in default and single chunks, and of a million."""
    rows = []
    for count, chunksize, aim, pairs in (
        (20_000, None, 3.0, repeats),
        (20_000, 1, None, repeats),
        (MILLION, None, 3.0, 3),
    ):
        comparison = _compare(
            context, lambda pool, n=count, size=chunksize: pool.map(tasks.identity, range(n), size), pairs
        )
        size = "default chunks" if chunksize is None else f"chunk size {chunksize}"
        extra = tuple(seconds / count * 1e6 for seconds in _extra_seconds(comparison))
        rows.append(Row(f"X-ray of {count:,} empty tasks, {size}", extra, "µs a task", aim))
    return rows


def empty_apply(context: BaseContext, repeats: int = 20, calls: int = 100) -> list[Row]:
    """Measure the milliseconds that the X-ray adds to an empty `apply`."""
    comparison = _compare(context, lambda pool: [pool.apply(tasks.identity, (1,)) for _ in range(calls)], repeats)
    extra = tuple(seconds / calls * 1e3 for seconds in _extra_seconds(comparison))
    return [Row("X-ray of an empty apply", extra, "ms a call", 1.0)]


def many_rows(context: BaseContext, rows: int = MILLION, chunks: int = 40, repeats: int = 5) -> list[Row]:
    """Measure the per cent that the X-ray adds to the distances of a table."""
    table = np.random.default_rng(0).normal(size=(rows, FEATURES))
    task, parts = functools.partial(tasks.distances, target=table[0].copy()), np.array_split(table, chunks)
    comparison = _compare(context, lambda pool: pool.map(task, parts, chunksize=1), repeats)
    extra = tuple((1 / ratio - 1) * 100 for ratio in comparison.ratios("X-ray"))
    return [Row(f"X-ray of {rows:,} rows in {chunks} chunks", extra, "%", 1.0)]


def start_and_end(context: BaseContext, repeats: int = 20) -> list[Row]:
    """Measure how much longer than the stock pool an `XrayPool` takes from its start to its end, with one call."""

    def use(make: Callable[..., Any]) -> list[Any]:
        with make() as pool:
            results: list[Any] = pool.map(tasks.identity, range(4))
        return results

    cpus = usable_cpus()
    makers = {"stock": lambda: context.Pool(cpus), "X-ray": lambda: XrayPool(cpus, context=context)}
    comparison = compare({label: functools.partial(use, make) for label, make in makers.items()}, repeats=repeats)
    ratios = tuple(1 / ratio for ratio in comparison.ratios("X-ray"))
    return [Row("X-ray, start and end of a pool", ratios, "times the stock pool's", 1.5)]


def million_spans(repeats: int = 3) -> list[Row]:
    """Measure the megabytes of a parent process that runs a million empty tasks, and the seconds of `pool.run` after that."""
    figures = [_run_apart() for _ in range(repeats)]
    megabytes, seconds = zip(*figures, strict=True)
    return [
        Row("X-ray of a million empty tasks, the parent's memory", megabytes, "MB", 250.0),
        Row("pool.run of a million spans", seconds, "s", 3.0),
    ]


def _run_apart() -> tuple[float, float]:
    done = subprocess.run([sys.executable, "-m", __name__], check=True, capture_output=True, text=True)
    megabytes, seconds = map(float, done.stdout.split())
    return megabytes, seconds


def _compare(context: BaseContext, run: Callable[[Any], Sequence[Any]], repeats: int) -> Comparison:
    cpus = usable_cpus()
    with context.Pool(cpus) as stock, XrayPool(cpus, context=context) as xray:
        warm_up(stock, cpus)
        warm_up(xray, cpus)

        def run_xray() -> Sequence[Any]:
            xray.reset()
            return run(xray)

        comparison = compare({"stock": lambda: run(stock), "X-ray": run_xray}, repeats=repeats)
        assert comparison["stock"].result == comparison["X-ray"].result
        assert xray.tasks_done == len(comparison["X-ray"].result)
    return comparison


def _extra_seconds(comparison: Comparison) -> list[float]:
    pairs = zip(comparison["stock"].seconds, comparison["X-ray"].seconds, strict=True)
    return [xray - stock for stock, xray in pairs]


if __name__ == "__main__":
    with XrayPool(2) as pool:
        pool.map(tasks.identity, range(MILLION))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3  # Linux counts in kilobytes
        began = time.perf_counter()
        assert len(pool.run.spans) == MILLION
        print(peak, time.perf_counter() - began)
