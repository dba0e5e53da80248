"""How good the model is: predicted against measured wall time, for a spread of tasks, processes and chunk sizes."""

import functools
import itertools
import math
import statistics
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.context import BaseContext
from typing import Any

import numpy as np

from benchmarks.results import Figure
from benchmarks.running import rounds
from helpers import tasks
from helpers.machine import usable_cpus
from helpers.model import default_chunksize, learn
from helpers.timing import measure, warm_up
from helpers.xray import XrayPool


def kinds() -> dict[str, tuple[Callable[[Any], Any], Sequence[Any]]]:
    """Return a function and its items for each kind of task: a few tenths of a second of work, or 200 MB to send."""
    table = np.random.default_rng(0).normal(size=(300_000, 10))
    return {
        "even": (tasks.draw, [200_000] * 64),
        "skewed": (tasks.draw, [6000 * n for n in range(64)]),
        "tiny": (tasks.draw, [50] * 30_000),
        "large arguments": (functools.partial(tasks.distances, target=table[0]), np.array_split(table, 64)),
        "large results": (functools.partial(np.random.default_rng(0).beta, 0.5, 0.5), [60_000] * 64),
        "work-free huge results": (functools.partial(np.linspace, 0.0, 1.0), [400_000] * 64),
    }


def validate(context: BaseContext, repeats: int) -> Iterator[Figure]:
    """How far the model's predictions are off, for warm pools and six kinds of tasks; times are medians."""
    every: list[float] = []
    for name, (function, items) in kinds().items():
        sample = learn(function, items, start_method=context.get_start_method())
        plans = [(n, size) for n in range(1, usable_cpus() + 1) for size in _sizes(len(items), n)]
        for processes, chosen in itertools.groupby(plans, key=lambda plan: plan[0]):
            with XrayPool(processes, context=context) as pool:
                warm_up(pool, processes)
                for _, size in chosen:
                    timing = measure(pool.map, function, items, size, repeats=repeats)
                    predicted = sample.simulate(processes, chunksize=size, warm=True).seconds
                    every.append(100 * abs(predicted / timing.median - 1))
                    yield Figure(f"predicting {name} tasks, off by", every[-1], "%", len(plans))
    for error in every:
        yield Figure("predicting all of them, off by", error, "%", len(every), 5.0)
    nine_in_ten = statistics.quantiles(every, n=10)[-1]
    yield Figure("nine in ten predictions, off by less than", nine_in_ten, "%", 1, 15.0)


def simulate(_: object, repeats: int) -> Iterator[Figure]:
    """The seconds that simulating 100,000 tasks on 64 workers takes, one task a message."""
    sample = learn(tasks.identity, range(100_000), budget=0.2)
    for comparison in rounds({"simulate": lambda: sample.simulate(64, chunksize=1, cpus=64)}, repeats):
        yield Figure("simulating 100,000 tasks on 64 workers", comparison["simulate"].median, "s", repeats, 1.0)


def _sizes(tasks_: int, processes: int) -> list[int]:
    return sorted(
        {1, default_chunksize(tasks_, processes), math.ceil(tasks_ / (2 * processes)), math.ceil(tasks_ / processes)}
    )
