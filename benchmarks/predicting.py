"""How good the model is: predicted against measured wall time, for a spread of tasks, processes and chunk sizes."""

import functools
import math
import statistics
from collections.abc import Callable, Sequence
from multiprocessing.context import BaseContext
from typing import Any

import numpy as np

from benchmarks.table import Row
from helpers import tasks
from helpers.machine import usable_cpus
from helpers.model import default_chunksize, learn
from helpers.timing import measure, warm_up
from helpers.xray import XrayPool


def kinds() -> dict[str, tuple[Callable[[Any], Any], Sequence[Any]]]:
    """Return a function and its items for each kind of task: a few tenths of a second of work each, or only 200 MB to send."""
    table = np.random.default_rng(0).normal(size=(300_000, 10))
    return {
        "even": (tasks.draw, [200_000] * 64),
        "skewed": (tasks.draw, [6000 * n for n in range(64)]),
        "tiny": (tasks.draw, [50] * 30_000),
        "large arguments": (functools.partial(tasks.distances, target=table[0]), np.array_split(table, 64)),
        "large results": (functools.partial(np.random.default_rng(0).beta, 0.5, 0.5), [60_000] * 64),
        "work-free huge results": (functools.partial(np.linspace, 0.0, 1.0), [400_000] * 64),
    }


def validate(context: BaseContext, repeats: int = 5) -> list[Row]:
    """Compare predicted with measured times of warm pools; return a row for each kind of task, and rows for all."""
    rows, every = [], []
    for name, (function, items) in kinds().items():
        sample = learn(function, items, start_method=context.get_start_method())
        errors = []
        for processes in range(1, usable_cpus() + 1):
            with XrayPool(processes, context=context) as pool:
                warm_up(pool, processes)
                for size in _sizes(len(items), processes):
                    timing = measure(pool.map, function, items, size, repeats=repeats)
                    predicted = sample.simulate(processes, chunksize=size, warm=True).seconds
                    errors.append(100 * abs(predicted / timing.median - 1))
        rows.append(Row(f"predicting {name} tasks, off by", tuple(errors), "%"))
        every += errors
    nine_in_ten = statistics.quantiles(every, n=10)[-1]
    return [
        *rows,
        Row("predicting all of them, off by", tuple(every), "%", 5.0),
        Row("nine in ten predictions, off by less than", (nine_in_ten,), "%", 15.0),
    ]


def simulating(repeats: int = 5) -> list[Row]:
    """Measure how long it takes to simulate 100,000 tasks on 64 workers, one task a message."""
    sample = learn(tasks.identity, range(100_000), budget=0.2)
    timing = measure(sample.simulate, 64, chunksize=1, cpus=64, repeats=repeats)
    return [Row("simulating 100,000 tasks on 64 workers", timing.seconds, "s", 1.0)]


def _sizes(tasks_: int, processes: int) -> list[int]:
    return sorted(
        {1, default_chunksize(tasks_, processes), math.ceil(tasks_ / (2 * processes)), math.ceil(tasks_ / processes)}
    )
