"""The cost model: what any pool would do for a function and its items, after some of them were timed; and advice.

What a pool costs here is fitted by `helpers.model.calibration`; the predicting itself is done by `helpers.model.simulator`.
"""

import itertools
import multiprocessing
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pickle import PicklingError
from typing import Any

import numpy as np

from helpers.machine import usable_cpus
from helpers.model.calibration import LARGE, ROUNDS, costs_of, costs_of_small, starting_costs
from helpers.model.simulator import Costs, default_chunksize, simulate
from helpers.spans import Run
from helpers.text import aligned, format_seconds
from helpers.timing import warm_up
from helpers.xray import XrayPool

MOST_CHUNKS = 20_000
"""More messages than this are never advised, and not simulated either."""

MESSAGE = 4e-5
"""Seconds that a message may take, to guess how many can be measured."""

WAITS = 0.5
"""A function that has a CPU for less than this share of its time is taken for one that waits."""


@dataclass(frozen=True, repr=False)
class Sample:
    """What is known of a function and its items, after some of them were timed: enough to simulate any pool.

    durations: seconds of each item; bytes_in, bytes_out: what travels for it; all of shape (items,), interpolated between
    the items that were timed. timed: how many. cpu_share: how much of its time the function had a CPU. costs: those of a pool.
    """

    durations: np.ndarray
    bytes_in: np.ndarray
    bytes_out: np.ndarray
    timed: int
    cpu_share: float
    costs: Costs

    @property
    def serial(self) -> float:
        """Seconds for all items, one after another."""
        return float(self.durations.sum())

    @property
    def moving(self) -> float:
        """CPU seconds that packing and opening all arguments and results takes, on both sides together."""
        there, back = self.costs.pack + self.costs.unpack, self.costs.repack + self.costs.open
        return float(self.bytes_in.sum() * there + self.bytes_out.sum() * back)

    def simulate(
        self, processes: int, *, chunksize: int | None = None, cpus: int | None = None, warm: bool = False
    ) -> Run:
        """Return what `simulate` says of a pool of so many processes, on so many CPUs (by default those usable here).

        A chunk is told as one task: it has the durations and bytes of all its tasks together. Tasks that wait for most of
        their time leave their CPU to others.
        """
        cpus = cpus or usable_cpus()
        if self.cpu_share < WAITS:
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
            whole_chunks=True,
        )

    def __repr__(self) -> str:
        each = f"{format_seconds(self.serial / len(self.durations))} each"
        travel = f"{self.bytes_in.sum():,.0f} bytes out, {self.bytes_out.sum():,.0f} bytes home"
        return f"{len(self.durations):,} items, {each} ({self.timed:,} timed); {travel}"


def learn(
    function: Callable[[Any], Any], items: Sequence[Any], *, budget: float = 1.0, start_method: str | None = None
) -> Sample:
    """Time some items in one worker, weigh what travels, and return what any pool would have to do.

    function: a top-level function of a module, or a partial of one. items: its arguments, a list or another sequence.
    budget: about how many seconds the timing may take; half of it again, where messages are small. start_method: that of the pool; None: the default.

    Raises ValueError for no items, and for an item for which the function raises, with its place;
    `pickle.PicklingError` for a function that cannot be sent.
    """
    if not len(items):
        raise ValueError("at least one item must be there to be timed")
    start_method = start_method or multiprocessing.get_start_method()
    places, run, costs = _timed(function, items, budget, start_method)
    start = starting_costs(start_method, (function, items[0]))
    return sample_of(run, costs, start, places=places, tasks=len(items))


def sample_of(
    run: Run,
    costs: Costs,
    start: tuple[float, float],
    *,
    places: Sequence[int] | None = None,
    tasks: int | None = None,
) -> Sample:
    """Return what is known of a function and its items from a run of one warm worker.

    costs: of tasks and messages. start: as `starting_costs` returns it. places: of the timed items among all tasks; by
    default, all were timed.
    """
    spans = sorted(run.spans, key=lambda span: span.task)
    places = range(len(spans)) if places is None else places
    walls = [span.finished - span.started for span in spans]
    measured = (walls, [span.bytes_in for span in spans], [span.bytes_out for span in spans])
    everywhere, order = np.arange(tasks or len(spans)), np.argsort(places)
    return Sample(
        *(np.interp(everywhere, np.array(places)[order], np.array(values)[order]) for values in measured),
        timed=len(spans),
        cpu_share=sum(span.computing for span in spans) / sum(walls),
        costs=replace(costs, fork=start[0], boot=start[1]),
    )


def measured_costs(
    pool: XrayPool, function: Callable[[Any], Any], items: Sequence[Any], run: Run, budget: float
) -> Costs:
    """Return what a pool costs for these items, of which a run, one by one in one warm worker, has shown the sizes.

    Short tasks with small messages are measured anew, without a rest between them: with one, they would take longer.
    budget: about how many seconds that may take.
    """
    typical = sum(span.finished - span.started for span in run.spans) / len(run.spans)
    few = int(budget / 2 / ROUNDS / typical)
    if few < 2 or not _small(run):
        return costs_of(run)
    return costs_of_small(pool, function, items[:few], messages=int(budget / 2 / (typical + MESSAGE)))


def _small(run: Run) -> bool:
    return max(max(span.bytes_in, span.bytes_out) for span in run.spans) < LARGE


@dataclass(frozen=True)
class Choice:
    """A pool that could be taken, with the seconds that the model predicts: cold, and warm."""

    processes: int
    chunksize: int
    cold: float
    warm: float


@dataclass(frozen=True, repr=False)
class Advice:
    """What the model says of a function and its items; it prints itself as a short table.

    sample: what was measured. choices: the best chunk size for each number of processes. best: the one to take. words:
    what to do, in a sentence.
    """

    sample: Sample
    choices: tuple[Choice, ...]
    best: Choice
    words: str

    def __repr__(self) -> str:
        serial = self.sample.serial
        rows = [("processes", "chunk size", "cold", "warm", "speed-up, cold")]
        rows += [("no pool", "", format_seconds(serial), "", "1.00")]
        for choice in self.choices:
            times = (format_seconds(choice.cold), format_seconds(choice.warm))
            rows.append((str(choice.processes), f"{choice.chunksize:,}", *times, f"{serial / choice.cold:.2f}"))
        tried = f"predicted from {self.sample.timed:,} of {len(self.sample.durations):,} items"
        return "\n".join([*aligned(rows), tried, *textwrap.wrap(self.words, 100)])


def advise(
    function: Callable[[Any], Any],
    items: Sequence[Any],
    *,
    budget: float = 1.0,
    cpus: int | None = None,
    start_method: str | None = None,
) -> Advice:
    """Learn about the function and its items, predict every number of processes up to cpus, and recommend one.

    cpus: how many CPUs the pool could use, by default those of this machine; more than it has are predicted just so.
    Everything else is as for `learn`, errors too.
    """
    sample, cpus = learn(function, items, budget=budget, start_method=start_method), cpus or usable_cpus()
    choices = [
        min(_choices(sample, processes, cpus), key=lambda choice: choice.cold) for processes in range(1, cpus + 1)
    ]
    best = min(choices, key=lambda choice: choice.cold)
    return Advice(sample, tuple(choices), best, _words(sample, best))


def _timed(
    function: Callable[[Any], Any], items: Sequence[Any], budget: float, start_method: str
) -> tuple[list[int], Run, Costs]:
    """Run some items, ever more closely spaced, until the budget is spent; return their places, their run, and the costs.

    Small ones run once more, in one message. There they follow each other without a rest, as in a pool that is busy. The
    results are kept, as a pool keeps them: memory that is used again costs less than new one.
    """
    places: list[int] = []
    kept: list[Any] = []
    with XrayPool(1, context=multiprocessing.get_context(start_method)) as pool:
        warm_up(pool, 1)
        pool.reset()
        deadline = time.perf_counter() + budget
        for place in itertools.chain.from_iterable(_ever_closer(len(items))):
            try:
                kept.append(pool.apply(function, (items[place],)))
            except PicklingError:
                raise
            except Exception as error:
                raise ValueError(f"the function fails for item {place}: {type(error).__name__}: {error}") from error
            places.append(place)
            if time.perf_counter() > deadline:
                break
        run, some = pool.run, [items[place] for place in places]
        costs = measured_costs(pool, function, some, run, budget / 2)
        if _small(run):
            pool.reset()
            pool.map(function, some, chunksize=len(some))
            run = pool.run
    return places, run, costs


def _ever_closer(number: int) -> Iterator[list[int]]:
    """Yield places from 0 to number - 1: first the ends, then what lies between, so that any beginning is spread out."""
    seen: set[int] = set()
    pieces = 1
    while len(seen) < number:
        places = {round(piece * (number - 1) / pieces) for piece in range(pieces + 1)} - seen
        seen |= places
        yield sorted(places)
        pieces *= 2


def _choices(sample: Sample, processes: int, cpus: int) -> Iterator[Choice]:
    """Predict one number of processes with one chunk a worker, the pool's own chunk size, more chunks, and single tasks."""
    tasks = len(sample.durations)
    sizes = {-(-tasks // processes), default_chunksize(tasks, processes), -(-tasks // (16 * processes)), 1}
    for chunksize in sorted(size for size in sizes if tasks / size <= MOST_CHUNKS):
        cold, warm = (
            sample.simulate(processes, chunksize=chunksize, cpus=cpus, warm=warm).seconds for warm in (False, True)
        )
        yield Choice(processes, chunksize, cold, warm)


def _words(sample: Sample, best: Choice) -> str:
    if sample.cpu_share < WAITS:
        waits = f"the function waits for {1 - sample.cpu_share:.0%} of its time"
        return f"Take threads: {waits}, and a thread waits as well as a process."
    if best.cold > 0.9 * sample.serial:
        reason = "the work is too short"
        if sample.moving > sample.serial / 2:
            reason = "the data travel longer than they are worked on"
        return f"Take no pool: {reason}. Look for a faster way to do it in one process, with NumPy for instance."
    faster = f"{sample.serial / best.cold:.2f} times as fast"
    words = f"Take Pool({best.processes}) with chunksize={best.chunksize:,}: {faster}."
    if sample.moving > 0.1 * sample.serial:
        moving = format_seconds(sample.moving)
        words += f" Moving the data costs {moving}: send less, and return arrays rather than lists."
    return words
