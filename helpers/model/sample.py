"""Time some items of a function in one worker, and simulate any pool for all of them."""

import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pickle import PicklingError
from typing import Any

import numpy as np
import numpy.typing as npt

from helpers.machine import usable_cpus
from helpers.model.calibration import has_small_messages, measure_costs, measure_start
from helpers.model.costs import Costs
from helpers.model.simulator import simulate
from helpers.spans import Run
from helpers.text import counted, format_seconds
from helpers.timing import warm_up
from helpers.xray import XrayPool

WAITING_SHARE = 0.5
"""A function that has a CPU for less than this share of its time is said to wait."""


@dataclass(frozen=True, repr=False)
class Sample:
    """What is known about a function and its items after some of them were timed: enough to simulate any pool.

    durations: seconds of each item; bytes_in, bytes_out: sizes of its pickled arguments and result; all of shape (items,),
    interpolated between the items that were timed. timed: how many were. cpu_share: the share of its time for which the
    function had a CPU. costs: what a pool costs here.
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
        """Whether the function waits for most of its time instead of computing."""
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
    budget: about how many seconds the timing may take; small messages need half as many again. start_method: that of
    the pool; None: the default.

    Raises ValueError for no items, and for an item for which the function raises, with its index;
    `pickle.PicklingError` for a function that cannot be sent to a worker.
    """
    if not len(items):
        raise ValueError("the model needs at least one item to time")
    start_method = start_method or multiprocessing.get_start_method()
    places, run, costs = _time_some(function, items, budget, start_method)
    start = measure_start(start_method, (function, items[0]))
    return sample_from_run(run, costs, start, places=places, tasks=len(items))


def sample_from_run(
    run: Run,
    costs: Costs,
    start: tuple[float, float],
    *,
    places: Sequence[int] | None = None,
    tasks: int | None = None,
) -> Sample:
    """Return what a run of one warm worker shows about its function and items.

    costs: of messages and tasks. start: as `measure_start` returns it. places: the indices of the timed items among
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
        cpu_share=sum(span.computing for span in spans) / sum(seconds),
        costs=replace(costs, fork=start[0], boot=start[1]),
    )


def _time_some(
    function: Callable[[Any], Any], items: Sequence[Any], budget: float, start_method: str
) -> tuple[list[int], Run, Costs]:
    """Run items, ever closer together, until the budget is spent; return their indices, their run and the costs.

    Small items run once more in one message, where they follow each other without a pause, as in a busy pool. All
    results are kept, as a pool keeps them, because memory that is used again is faster than new memory.
    """
    places: list[int] = []
    results: list[Any] = []
    with XrayPool(1, context=multiprocessing.get_context(start_method)) as pool:
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
        run, timed = pool.run, [items[place] for place in places]
        costs = measure_costs(pool, function, timed, run, budget / 2)
        if has_small_messages(run):
            pool.reset()
            pool.map(function, timed, chunksize=len(timed))
            run = pool.run
    return places, run, costs


def _spread_out(number: int) -> Iterator[int]:
    """Yield all indices below number: first the ends, then ever closer ones, so that any first few are spread evenly."""
    seen: set[int] = set()
    pieces = 1
    while len(seen) < number:
        new = {round(piece * (number - 1) / pieces) for piece in range(pieces + 1)} - seen
        yield from sorted(new)
        seen |= new
        pieces *= 2
