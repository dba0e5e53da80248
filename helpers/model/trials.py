"""Try the model: run a few small pools, and see how far their seconds are from the simulated ones."""

import itertools
import math
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from multiprocessing.pool import Pool
from typing import Any

from helpers.model.sample import Sample
from helpers.model.spread import Factors, Spread, factors_of, parts_of
from helpers.spans import Run

POOLS = 3
"""How many pools are started; each runs the tasks cold once."""

RUNS = 3
"""How often each pool runs them: cold, and then warm in one chunk for each worker, and in messages of their own."""

MOST_TASKS = 5000
"""More tasks than this are not tried at once."""

MOST_BLAMED = 4.0
"""A part of a run that is smaller than a quarter of it is blamed for four times what the whole is off, and not for
more."""

LEAST_FACTOR = 0.1
"""No part is taken to be less than this share of what was simulated."""


def measure_spread(
    open_pool: Callable[[], AbstractContextManager[Pool]],
    function: Callable[[Any], Any],
    items: Sequence[Any],
    sample: Sample,
    processes: int,
    budget: float,
    longest: float = math.inf,
) -> Spread:
    """Return how sure the sample is: from the seconds that small pools take for these items, over the simulated ones.

    open_pool: starts a pool of the kind that is to be predicted, with the given number of processes. items: those of
    the sample, all of them timed. If they take longer than the budget, only the first ones are run; if they are too
    few, they are run several times. budget: seconds after which no further pool is started; the first pool runs in any
    case. longest: seconds of the run that is to be predicted; none of the small pools runs longer, because a short run
    is farther from its simulation than a long one.

    All results are kept meanwhile, as a pool keeps those of a run, because memory that is used again is faster than new
    memory.
    """
    tried = sample.only(_enough(sample, processes, min(longest, budget / (POOLS * RUNS))))
    chosen = list(itertools.islice(itertools.cycle(items), len(tried.durations)))
    coarse = -(-len(chosen) // processes)
    sizes = sorted({coarse, 1}, reverse=True)
    cold_run = tried.simulate(processes, chunksize=coarse, cpus=processes)
    warm_runs = {size: tried.simulate(processes, chunksize=size, cpus=processes, warm=True) for size in sizes}
    cold: list[float] = []
    warm: dict[int, list[float]] = {size: [] for size in sizes}
    kept: list[Any] = []
    deadline = time.perf_counter() + budget
    while len(cold) < POOLS and (not cold or time.perf_counter() < deadline):
        began = time.perf_counter()
        with open_pool() as pool:
            kept.append(pool.map(function, chosen, chunksize=coarse))
            took = time.perf_counter() - began
            cold.append(took / cold_run.seconds)
            for size in sizes if took < budget else []:
                began = time.perf_counter()
                kept.append(pool.map(function, chosen, chunksize=size))
                warm[size].append((time.perf_counter() - began) / warm_runs[size].seconds)
    return _blame(cold, cold_run, warm[coarse], warm[1], warm_runs[1], sample.spread)


def _enough(sample: Sample, processes: int, seconds: float) -> list[int]:
    """Return the places of the items that take about this many seconds together, at least one for each process."""
    each = sample.only(range(min(len(sample.durations), 10 * processes)))
    typical = each.simulate(processes, chunksize=1, cpus=processes, warm=True).seconds / len(each.durations)
    number = int(min(MOST_TASKS, max(processes, seconds / max(typical, 1e-9))))
    return list(itertools.islice(itertools.cycle(range(len(sample.durations))), number))


def _blame(
    cold: Sequence[float], cold_run: Run, coarse: Sequence[float], fine: Sequence[float], fine_run: Run, spread: Spread
) -> Spread:
    """Return the spread that explains these ratios of measured to simulated seconds.

    The work is as unsure as runs of large chunks are. What a run of single tasks is off beyond that, its messages are
    blamed for, and what a cold run is off, the start. A run that there was no time for is taken to be like the cold
    one.
    """
    work = factors_of(coarse or cold)
    messages = _excess(factors_of(fine or coarse or cold), work, parts_of(fine_run).messages / fine_run.seconds)
    start = _excess(factors_of(cold), work, parts_of(cold_run).start / cold_run.seconds)
    return replace(spread, work=work, messages=messages, start=start)


def _excess(whole: Factors, work: Factors, share: float) -> Factors:
    """Return the factors of a part that makes up this share of runs whose factors exceed those of the work."""
    blamed = min(MOST_BLAMED, 1 / share) if share > 0 else MOST_BLAMED
    low = work[0] - blamed * max(0.0, work[0] - whole[0])
    return max(LEAST_FACTOR, low), work[1] + blamed * max(0.0, whole[1] - work[1])
