"""Time some items of a function in one worker, and simulate any pool for all of them."""

import itertools
import multiprocessing
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from multiprocessing.pool import Pool
from pickle import PicklingError
from typing import Any

import numpy as np
import numpy.typing as npt

from helpers.machine import usable_cpus
from helpers.model.calibration import ROUNDS, has_small_messages, measure_costs, measure_start
from helpers.model.costs import Costs
from helpers.model.simulator import simulate
from helpers.spans import Run
from helpers.tasks import compute_for, seconds_of_loop
from helpers.text import counted, format_seconds
from helpers.timing import warm_up
from helpers.xray import XrayPool

WAITING_SHARE = 0.5
"""A function that has a CPU for a smaller share of its time waits, unless a loop that never waits has no larger one."""

SHORT_TASK = 1e-3
"""Seconds; what it costs to note the moments of a shorter task is subtracted from its time."""

COMPARED_ROUNDS = 4
"""How often the share of a function is compared with that of a loop that never waits; less often for long items."""

STRETCH = 0.15
"""Seconds, about or more, for which each of the two runs: a busy system gives out CPUs for some milliseconds a time."""


@dataclass(frozen=True, repr=False)
class Sample:
    """What is known about a function and its items after some of them were timed: enough to simulate any pool.

    durations: seconds of each item; bytes_in, bytes_out: sizes of its pickled arguments and result; all of shape
    (items,), interpolated between the items that were timed. timed: how many were. cpu_share: the share of its time for
    which the function had a CPU, or waited for one that other programs used. costs: what a pool costs here.
    """

    durations: npt.NDArray[np.float64]
    bytes_in: npt.NDArray[np.float64]
    bytes_out: npt.NDArray[np.float64]
    timed: int
    cpu_share: float
    costs: Costs

    @property
    def serial(self) -> float:
        """Seconds for all items, one after another."""
        return float(self.durations.sum())

    @property
    def pickling(self) -> float:
        """CPU seconds for pickling and unpickling all arguments and results, in the parent and the workers."""
        costs = self.costs
        byte_in, byte_out = costs.send.byte + costs.receive.byte, costs.reply.byte + costs.collect.byte
        return float(self.bytes_in.sum() * byte_in + self.bytes_out.sum() * byte_out)

    @property
    def waits(self) -> bool:
        """Whether the function waits, for something other than a CPU, for most of its time."""
        return self.cpu_share < WAITING_SHARE

    def simulate(
        self,
        processes: int,
        *,
        chunksize: int | None = None,
        cpus: int | None = None,
        warm: bool = False,
        on_step: Callable[[], object] = lambda: None,
    ) -> Run:
        """Return the run of a simulated pool, with one span for each chunk; see `helpers.model.simulate`.

        cpus: how many CPUs are usable, by default those of this machine. A function that waits leaves its CPU to
        others.
        """
        cpus = cpus or usable_cpus()
        if self.waits:
            cpus = max(cpus, min(processes + 1, int(cpus / max(self.cpu_share, 1e-3))))
        return simulate(
            self.durations.tolist(),
            processes=processes,
            cpus=cpus,
            chunksize=chunksize,
            bytes_in=self.bytes_in.tolist(),
            bytes_out=self.bytes_out.tolist(),
            costs=self.costs,
            warm=warm,
            on_step=on_step,
        )

    def __repr__(self) -> str:
        items = counted(len(self.durations), "item")
        each = f"{format_seconds(self.serial / len(self.durations))} each ({self.timed:,} timed)"
        return f"{items}, {each}; {self.bytes_in.sum():,.0f} bytes sent, {self.bytes_out.sum():,.0f} bytes returned"


def learn(
    function: Callable[[Any], Any], items: Sequence[Any], *, budget: float = 1.0, start_method: str | None = None
) -> Sample:
    """Time some items in one worker, measure their pickled sizes and what a pool costs, and return the sample.

    function: a top-level function of a module, or a partial of one. items: its arguments, a list or another sequence.
    budget: about how many seconds the timing may take; small messages take up to half of it in addition. start_method:
    of the pool; None: the default.

    Raises ValueError for no items, and for an item for which the function raises, with its index;
    `pickle.PicklingError` for a function that cannot be sent to a worker.
    """
    if not len(items):
        raise ValueError("the model needs at least one item to time")
    start_method = start_method or multiprocessing.get_start_method()
    places, run, costs, loop, share = _time_some(function, items, budget, start_method)
    start = measure_start(start_method, (function, items[0]))
    sample = sample_from_run(run, costs, start, share, places=places, tasks=len(items))
    return replace(sample, durations=sample.durations * loop)


def sample_from_run(
    run: Run,
    costs: Costs,
    start: tuple[float, float],
    cpu_share: float,
    *,
    places: Sequence[int] | None = None,
    tasks: int | None = None,
) -> Sample:
    """Return what a run of one warm worker shows about its function and items.

    costs: of messages and tasks. start: as `measure_start` returns it. cpu_share: as `measure_cpu_share` returns it. places: the indices of the timed items among
    all; by default, all were timed. tasks: how many items there are.
    """
    spans = sorted(run.spans, key=lambda span: span.task)
    timed = np.arange(len(spans)) if places is None else np.array(places)
    order, every_item = np.argsort(timed), np.arange(tasks or len(spans))

    def interpolated(values: Sequence[float]) -> npt.NDArray[np.float64]:
        return np.asarray(np.interp(every_item, timed[order], np.array(values)[order]))

    seconds = [span.finished - span.started for span in spans]
    return Sample(
        durations=interpolated(seconds),
        bytes_in=interpolated([span.bytes_in for span in spans]),
        bytes_out=interpolated([span.bytes_out for span in spans]),
        timed=len(spans),
        cpu_share=cpu_share,
        costs=replace(costs, fork=start[0], boot=start[1]),
    )


def _time_some(
    function: Callable[[Any], Any], items: Sequence[Any], budget: float, start_method: str
) -> tuple[list[int], Run, Costs, float, float]:
    """Run items, ever closer together, until the budget is spent; return their indices, their run and the costs.

    Small items run once more in one message, where they follow each other without a pause, as in a busy pool. All
    results are kept, as a pool keeps them, because memory that is used again is faster than new memory.

    The last two values correct the run: the time of a plain loop over the time in the run, which includes the noting of
    moments; and the share of its time for which the function had a CPU, or waited for one.
    """
    places: list[int] = []
    results: list[Any] = []
    context = multiprocessing.get_context(start_method)
    with XrayPool(1, context=context) as pool:
        warm_up(pool, 1)
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
            if time.perf_counter() > deadline:
                break
        run = one_by_one = pool.run
        timed = [items[place] for place in places]
        if has_small_messages(run):
            pool.reset()
            pool.map(function, timed, chunksize=len(timed))
            run = pool.run
    with context.Pool(1) as stock:  # what the X-ray notes costs time, which short tasks would feel
        warm_up(stock, 1)
        costs = measure_costs(stock, function, timed, one_by_one, budget / 2)
        loop = _loop_over_run(stock, function, timed, run, budget / 2)
        return places, run, costs, loop, measure_cpu_share(stock, function, timed, one_by_one)


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
    """Yield all indices below number: first the ends, then ever closer ones, so that any first few are spread."""
    seen: set[int] = set()
    pieces = 1
    while len(seen) < number:
        new = {round(piece * (number - 1) / pieces) for piece in range(pieces + 1)} - seen
        yield from sorted(new)
        seen |= new
        pieces *= 2
