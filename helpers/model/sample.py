"""What is known about a function and its items after some of them were timed: enough to simulate any pool for all."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from helpers.machine import usable_cpus
from helpers.model.costs import Costs
from helpers.model.simulator import simulate
from helpers.model.spread import Spread
from helpers.other_programs import Others, words_of
from helpers.spans import Run, Span
from helpers.text import counted, format_seconds

WAITING_SHARE = 0.5
"""A function that has a CPU for a smaller share of its time waits, unless a loop that never waits has no larger one."""

LARGE_FUNCTION = 1000
"""Bytes: a function that is smaller when it is pickled holds nothing worth a word."""


@dataclass(frozen=True, repr=False)
class Sample:
    """What is known about a function and its items after some of them were timed: enough to simulate any pool.

    durations: seconds of each item; bytes_in, bytes_out: sizes of its pickled arguments and result; all of shape
    (items,), interpolated between the items that were timed. function_bytes: the size of the pickled function, with
    what it holds, as a `functools.partial` does; each message carries it. timed: how many items were timed. cpu_share:
    the share of its time for which the function had a CPU, or waited for one that other programs used. costs: what a
    pool costs here. spread: how sure all this is. others: what other programs took of the CPUs while it was measured;
    None where that is not known.
    """

    durations: npt.NDArray[np.float64]
    bytes_in: npt.NDArray[np.float64]
    bytes_out: npt.NDArray[np.float64]
    timed: int
    cpu_share: float
    costs: Costs
    spread: Spread = field(default_factory=Spread)
    others: Others | None = None
    function_bytes: float = 0.0

    @property
    def serial(self) -> float:
        """Seconds for all items, one after another."""
        return float(self.durations.sum())

    def pickling(self, messages: int) -> float:
        """Return the CPU seconds that pickling and unpickling take, in the parent and the workers.

        messages: how many are sent; each carries the function. Arguments and results are pickled once.
        """
        costs = self.costs
        byte_in, byte_out = costs.send.byte + costs.receive.byte, costs.reply.byte + costs.collect.byte
        bytes_in = self.bytes_in.sum() + self.function_bytes * messages
        return float(bytes_in * byte_in + self.bytes_out.sum() * byte_out)

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
            function_bytes=self.function_bytes,
            costs=self.costs,
            warm=warm,
            on_step=on_step,
        )

    def interval(self, run: Run) -> tuple[float, float]:
        """Return the seconds between which nine in ten measured runs of this pool lie; run: what `simulate` returned.

        For more processes or CPUs than this machine has, the interval holds what is uncertain here, and knows nothing
        of the other machine.
        """
        return self.spread.interval(run, self.timed, len(self.durations))

    def only(self, places: Sequence[int]) -> "Sample":
        """Return the sample of some of the items only, at these places and in this order, all of them timed."""
        index = np.asarray(places)
        return replace(
            self,
            durations=self.durations[index],
            bytes_in=self.bytes_in[index],
            bytes_out=self.bytes_out[index],
            timed=len(index),
        )

    def __repr__(self) -> str:
        items = counted(len(self.durations), "item")
        each = f"{format_seconds(self.serial / len(self.durations))} each ({self.timed:,} timed)"
        sizes = f"{self.bytes_in.sum():,.0f} bytes sent, {self.bytes_out.sum():,.0f} bytes returned"
        if self.function_bytes >= LARGE_FUNCTION:
            sizes += f"; {self.function_bytes:,.0f} more for the function, with each message"
        return f"{items}, {each}; {sizes}\n{words_of(self.others)}".rstrip()


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

    costs: of messages and tasks. start: as `measure_start` returns it. cpu_share: as `learning.measure_cpu_share`
    returns it. places: the indices of the timed items among all; by default, all were timed. tasks: how many items
    there are.
    """
    spans = sorted(run.spans, key=lambda span: span.task)
    timed = np.arange(len(spans)) if places is None else np.array(places)
    order, every_item = np.argsort(timed), np.arange(tasks or len(spans))

    def interpolated(values: Sequence[float]) -> npt.NDArray[np.float64]:
        return np.asarray(np.interp(every_item, timed[order], np.array(values)[order]))

    seconds = [span.finished - span.started for span in spans]
    return Sample(
        durations=interpolated(seconds),
        bytes_in=interpolated(_bytes_of_arguments(spans, run.function_bytes)),
        bytes_out=interpolated([span.bytes_out for span in spans]),
        timed=len(spans),
        cpu_share=cpu_share,
        costs=replace(costs, fork=start[0], boot=start[1]),
        spread=Spread(scatter=_scatter(timed[order], np.array(seconds)[order])),
        function_bytes=float(run.function_bytes),
    )


def _bytes_of_arguments(spans: Sequence[Span], function_bytes: int) -> list[float]:
    """Return the bytes of each task without the function's, which the first task of each message contains.

    spans: of one worker, which takes one message after another, in the order of the tasks.
    """
    before = [math.nan, *(span.arrived for span in spans)]
    functions = [function_bytes if span.arrived != last else 0 for span, last in zip(spans, before, strict=False)]
    return [float(max(0, span.bytes_in - more)) for span, more in zip(spans, functions, strict=True)]


def _scatter(places: npt.NDArray[np.int_], seconds: npt.NDArray[np.float64]) -> float:
    """Return how far timed items are from the line between their neighbours: the standard deviation, over the mean.

    That distance has its own variance and, for items halfway between their neighbours, half as much again from them. Of
    one item or two there is no such distance: two differ by the variance of both, and one could be anything, so it may
    be off by itself.
    """
    mean = float(seconds.mean())
    if len(seconds) == 1 or not mean:
        return 1.0
    if len(seconds) == 2:
        return float(abs(seconds[1] - seconds[0])) / math.sqrt(2) / mean
    share = (places[1:-1] - places[:-2]) / (places[2:] - places[:-2])
    off = seconds[1:-1] - (1 - share) * seconds[:-2] - share * seconds[2:]
    return float(np.sqrt((off**2 / (1 + share**2 + (1 - share) ** 2)).mean())) / mean
