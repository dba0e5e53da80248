"""What an `XrayPool` costs beside the stock pool, in turn: its tasks, its calls, its start and end, its spans."""

import functools
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers import make_table
from benchmarks.results import Figure
from benchmarks.running import rounds
from helpers import tasks
from helpers.machine import usable_cpus
from helpers.timing import warm_up
from helpers.xray import XrayPool

MILLION = 1_000_000


def empty_tasks(context: BaseContext, repeats: int) -> Iterator[Figure]:
    """The microseconds that the X-ray adds to an empty task: of 20,000 in default and single chunks, of a million."""
    for count, chunksize, aim, pairs in (
        (20_000, None, 3.0, 4 * repeats),
        (20_000, 1, None, 4 * repeats),
        (MILLION, None, 3.0, 3),
    ):
        size = "default chunks" if chunksize is None else f"chunk size {chunksize}"
        call = functools.partial(_map_identity, items=range(count), chunksize=chunksize)
        for stock, xray in _pairs(context, call, pairs):
            extra = (xray - stock) / count * 1e6
            yield Figure(f"X-ray of {count:,} empty tasks, {size}", extra, "µs a task", pairs, aim)


def empty_apply(context: BaseContext, repeats: int, calls: int = 100) -> Iterator[Figure]:
    """The milliseconds that the X-ray adds to an empty `apply`."""
    repeats *= 4
    for stock, xray in _pairs(context, lambda pool: [pool.apply(tasks.identity, (1,)) for _ in range(calls)], repeats):
        yield Figure("X-ray of an empty apply", (xray - stock) / calls * 1e3, "ms a call", repeats, 1.0)


def many_rows(context: BaseContext, repeats: int, rows: int = MILLION, chunks: int = 40) -> Iterator[Figure]:
    """The per cent that the X-ray adds to the distances of a million rows."""
    table = make_table(rows)
    task, parts = functools.partial(tasks.distances, target=table[0].copy()), np.array_split(table, chunks)
    for stock, xray in _pairs(context, lambda pool: pool.map(task, parts, chunksize=1), repeats):
        yield Figure(f"X-ray of {rows:,} rows in {chunks} chunks", (xray / stock - 1) * 100, "%", repeats, 1.0)


def start_and_end(context: BaseContext, repeats: int) -> Iterator[Figure]:
    """How many times as long as the stock pool an `XrayPool` takes from its start to its end, with one call."""

    def use(make: Callable[..., Any]) -> list[Any]:
        with make() as pool:
            results: list[Any] = pool.map(tasks.identity, range(4))
        return results

    repeats *= 4
    cpus = usable_cpus()
    makers = {"stock": lambda: context.Pool(cpus), "X-ray": lambda: XrayPool(cpus, context=context)}
    for pair in rounds({label: functools.partial(use, make) for label, make in makers.items()}, repeats):
        ratio = pair["X-ray"].median / pair["stock"].median
        yield Figure("X-ray, start and end of a pool", ratio, "times the stock's", repeats, 1.5)


def million_spans(_: object, repeats: int) -> Iterator[Figure]:
    """The megabytes of a parent process that runs a million empty tasks, and the seconds of `pool.run` after that."""
    for _ in range(repeats):
        megabytes, seconds = _run_apart()
        yield Figure("X-ray of a million empty tasks, the parent's memory", megabytes, "MB", repeats, 250.0)
        yield Figure("pool.run of a million spans", seconds, "s", repeats, 3.0)


def _run_apart() -> tuple[float, float]:
    done = subprocess.run([sys.executable, "-m", __name__], check=True, capture_output=True, text=True)
    megabytes, seconds = map(float, done.stdout.split())
    return megabytes, seconds


def _peak_megabytes() -> float:
    """Return the most memory that this process had, on Linux. `ru_maxrss` would begin with what its parent had."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024 / 1e6


def _map_identity(pool: Any, items: Sequence[int], chunksize: int | None) -> list[Any]:
    results: list[Any] = pool.map(tasks.identity, items, chunksize)
    return results


def _pairs(context: BaseContext, call: Callable[[Any], list[Any]], repeats: int) -> Iterator[tuple[float, float]]:
    """Yield the seconds of the call on a warm stock pool, and on a warm `XrayPool` right after it."""
    cpus = usable_cpus()
    with context.Pool(cpus) as stock, XrayPool(cpus, context=context) as xray:
        warm_up(stock, cpus)
        warm_up(xray, cpus)

        def call_xray() -> list[Any]:
            xray.reset()
            return call(xray)

        for pair in rounds({"stock": lambda: call(stock), "X-ray": call_xray}, repeats):
            assert pair["stock"].result == pair["X-ray"].result
            assert xray.tasks_done == len(pair["X-ray"].result)
            yield pair["stock"].median, pair["X-ray"].median


if __name__ == "__main__":
    with XrayPool(2) as pool:
        pool.map(tasks.identity, range(MILLION))
        peak = _peak_megabytes()
        began = time.perf_counter()
        assert len(pool.run.spans) == MILLION
        print(peak, time.perf_counter() - began)
