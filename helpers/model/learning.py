"""Learn about a function and its items: time some of them in one worker, and try a few small pools."""

import itertools
import multiprocessing
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from multiprocessing.pool import Pool
from pickle import PicklingError
from typing import Any

from helpers.machine import usable_cpus
from helpers.model.calibration import ROUNDS, has_small_messages, measure_costs, measure_start
from helpers.model.costs import Costs
from helpers.model.sample import WAITING_SHARE, Sample, sample_from_run
from helpers.model.trials import measure_spread
from helpers.other_programs import Watch
from helpers.spans import Run
from helpers.tasks import compute_for, seconds_of_loop, seconds_waited_for_cpu
from helpers.timing import warm_up
from helpers.xray import XrayPool

SHORT_TASK = 1e-3
"""Seconds; what it costs to note the moments of a shorter task is subtracted from its time."""

COMPARED_ROUNDS = 4
"""How often the share of a function is compared with that of a loop that never waits; less often for long items."""

MOST_WAITED = 0.9
"""A share of waiting that is larger than this is taken to be this."""

STRETCH = 0.15
"""Seconds, about or more, for which each of the two runs: a busy system gives out CPUs for some milliseconds a time."""


def learn(
    function: Callable[[Any], Any], items: Sequence[Any], *, budget: float = 1.0, start_method: str | None = None
) -> Sample:
    """Time some items in one worker, measure their pickled sizes and what a pool costs, and return the sample.

    function: a top-level function of a module, or a partial of one. items: its arguments, a list or another sequence.
    budget: about how many seconds the timing may take, although two items are timed however long they take; small
    messages take up to half of it in addition, and the small pools that show how sure the model is take as much again.
    start_method: of the pool; None: the default.

    Raises ValueError for no items, and for an item for which the function raises, with its index;
    `pickle.PicklingError` for a function that cannot be sent to a worker.
    """
    if not len(items):
        raise ValueError("the model needs at least one item to time")
    start_method = start_method or multiprocessing.get_start_method()
    watch = Watch()
    places, run, costs, loop, share, waited = _time_some(function, items, budget, start_method)
    start = measure_start(start_method, (function, items[0]))
    sample = sample_from_run(run, costs, start, share, places=places, tasks=len(items))
    sample = replace(sample, durations=sample.durations * loop)
    cpus = usable_cpus()
    open_pool = partial(multiprocessing.get_context(start_method).Pool, cpus)
    timed = [items[place] for place in places]
    whole = sample.simulate(cpus, warm=True).seconds
    spread = measure_spread(open_pool, function, timed, sample.only(places), cpus, budget, whole)
    return replace(sample, spread=spread.beside_others(waited), others=watch.others())


def _time_some(
    function: Callable[[Any], Any], items: Sequence[Any], budget: float, start_method: str
) -> tuple[list[int], Run, Costs, float, float, float]:
    """Run items, ever closer together, until the budget is spent; return their indices, their run and the costs.

    Small items run once more in one message, where they follow each other without a pause, as in a busy pool. All
    results are kept, as a pool keeps them, because memory that is used again is faster than new memory.

    The last three values: the time of a plain loop over the time in the run, which includes the noting of moments; the
    share of its time for which the function had a CPU, or waited for one; and that for which it waited for one.
    """
    places: list[int] = []
    results: list[Any] = []
    context = multiprocessing.get_context(start_method)
    with XrayPool(1, context=context) as pool:
        warm_up(pool, 1)
        began, before = time.perf_counter(), pool.apply(seconds_waited_for_cpu)
        pool.reset()
        deadline = time.perf_counter() + budget
        for place in _spread_out(len(items)):
            try:
                results.append(pool.apply(function, (items[place],)))
            except PicklingError:
                raise
            except Exception as error:
                raise ValueError(f"the function fails for item {place}: {type(error).__name__}: {error}") from error
            places.append(place)
            if time.perf_counter() > deadline and len(places) > 1:
                break
        run = one_by_one = pool.run
        timed = [items[place] for place in places]
        if has_small_messages(run):
            pool.reset()
            pool.map(function, timed, chunksize=len(timed))
            run = pool.run
        waited = waited_share(pool, began, before)
    with context.Pool(1) as stock:  # what the X-ray notes costs time, which short tasks would feel
        warm_up(stock, 1)
        costs = measure_costs(stock, function, timed, one_by_one, budget / 2, waited)
        loop = _loop_over_run(stock, function, timed, run, budget / 2)
        return places, run, costs, loop, measure_cpu_share(stock, function, timed, one_by_one), waited


def waited_share(pool: Pool, began: float, before: float | None) -> float:
    """Return for which share of the time since `began` the only worker waited for a CPU that others used; 0 if unknown.

    before: what `seconds_waited_for_cpu` returned in the worker at that time.
    """
    after = pool.apply(seconds_waited_for_cpu)
    if before is None or after is None:
        return 0.0
    return float(min(MOST_WAITED, max(0.0, (after - before) / (time.perf_counter() - began))))


def _loop_over_run(pool: Pool, function: Callable[[Any], Any], items: Sequence[Any], run: Run, budget: float) -> float:
    """Return the seconds of a plain loop in the worker over those of the run, for short tasks; 1 for others."""
    seconds = sum(span.finished - span.started for span in run.spans)
    if seconds >= SHORT_TASK * len(items) or not has_small_messages(run):
        return 1.0
    rounds = max(1, min(ROUNDS, int(budget / seconds)))
    return statistics.median(pool.apply(seconds_of_loop, (function, items))[0] for _ in range(rounds)) / seconds


def measure_cpu_share(pool: Pool, function: Callable[[Any], Any], items: Sequence[Any], run: Run) -> float:
    """Return for which share of its time the function had a CPU, or waited for one that other programs used.

    A function that waits for something else has a CPU for a part of its time only, and so has every function on a busy
    machine. Linux reports how long a process waits for a CPU. Elsewhere a loop that never waits tells the two apart: it
    runs in turn with the function, each time for as long, and what the loop does not get is time for which it waited
    for a CPU. Where the run shows that the function had a CPU for most of its time, there is nothing to tell apart.

    pool: with one worker. run: all of the items, one span for each. Only items that take at least half of the mean
    time run again, because the call itself would be most of a short one.
    """
    times = [span.finished - span.started for span in run.spans]
    share = sum(span.computing for span in run.spans) / sum(times)
    if share >= WAITING_SHARE:
        return share
    least = statistics.fmean(times) / 2
    long = [(item, time) for item, time in zip(items, times, strict=True) if time >= least]
    number = max(1, round(STRETCH / statistics.fmean(time for _, time in long)))
    stretch = list(itertools.islice(itertools.cycle(item for item, _ in long), number))
    had = possible = measured = 0.0
    while measured < COMPARED_ROUNDS * STRETCH:
        seconds, cpu, waited = pool.apply(seconds_of_loop, (function, stretch))
        measured += max(seconds, STRETCH)
        had += cpu + (waited or 0.0)
        possible += seconds if waited is not None else seconds * pool.apply(compute_for, (max(STRETCH, seconds),))
    return min(1.0, had / possible) if possible else 1.0


def _spread_out(number: int) -> Iterator[int]:
    """Yield all indices below number: the ends, then ever closer ones, so that any first few are spread evenly."""
    seen: set[int] = set()
    pieces = 1
    while len(seen) < number:
        new = {round(piece * (number - 1) / pieces) for piece in range(pieces + 1)} - seen
        yield from sorted(new)
        seen |= new
        pieces *= 2
