"""How good the model is: predicted intervals against measured runs, for six kinds of work, cold and warm."""

import math
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.context import BaseContext
from typing import Any

import numpy as np

from benchmarks.results import Figure
from benchmarks.running import rounds
from helpers import tasks
from helpers.model import Sample, default_chunksize, learn

PROCESSES = (2, 4)

WELL_KNOWN = ("1 ms loops", "irregular tasks of 20 ms", "rows of 80 KB", "tasks that wait")
"""The kinds whose tasks take a millisecond or more, with messages under 100 KB."""

NINE_IN_TEN = 90.0
"""Percent of the measured runs that should lie inside their interval."""


def kinds() -> dict[str, tuple[Callable[[Any], Any], Sequence[Any]]]:
    """Return a function and its items for each kind of work: a few tenths of a second each, or only 200 MB to send."""
    generator = np.random.default_rng(0)
    return {
        "1 ms loops": (tasks.draw, [25_000] * 300),
        "irregular tasks of 20 ms": (tasks.draw, generator.integers(100_000, 900_000, 24).tolist()),
        "tiny tasks": (tasks.draw, [50] * 5000),
        "rows of 80 KB": (partial(tasks.distances, target=[0.0] * 10), list(generator.normal(size=(200, 1000, 10)))),
        "answers of 3.2 MB": (partial(np.linspace, 0.0, 1.0), [400_000] * 64),
        "tasks that wait": (tasks.nap, [0.01] * 40),
    }


@dataclass
class Prediction:
    """What the model predicts for one pool, and the seconds that its next run took."""

    kind: str
    processes: int
    chunksize: int
    warm: bool
    seconds: float
    low: float
    high: float
    measured: float = math.nan

    @property
    def name(self) -> str:
        """What runs, in words; `benchmarks.tables` takes them apart again."""
        return f"{self.kind}, {self.processes}, {self.chunksize}, {'warm' if self.warm else 'cold'}"

    @property
    def width(self) -> float:
        """The width of the interval, in percent of the predicted seconds."""
        return 100 * (self.high - self.low) / self.seconds

    @property
    def is_inside(self) -> bool:
        """Whether the measured run lies inside the interval."""
        return self.low <= self.measured <= self.high

    @property
    def off(self) -> float:
        """By how many percent the predicted seconds differ from the measured ones."""
        return 100 * abs(self.seconds / self.measured - 1)


def validate(context: BaseContext, repeats: int) -> Iterator[Figure]:
    """Whether 96 predictions hold: six kinds of work, two numbers of processes, four chunk sizes, cold and warm.

    In each round, the model learns about a kind of work anew, and then every pool for it runs once.
    """
    every: list[Prediction] = []
    for _ in range(repeats):
        for kind, (function, items) in kinds().items():
            predictions = list(_predictions(kind, learn(function, items, start_method=context.get_start_method())))
            _measure(context, function, items, predictions)
            every += predictions
            for each in predictions:
                yield Figure(each.name, each.measured, "s", repeats)
                for what, seconds in (("predicted", each.seconds), ("low", each.low), ("high", each.high)):
                    yield Figure(f"{each.name}: {what}", seconds, "s", repeats)
    yield from _summary(every)


def _predictions(kind: str, sample: Sample) -> Iterator[Prediction]:
    """Predict each pool, a cold one and then the same one warm."""
    for processes in PROCESSES:
        for size in _sizes(len(sample.durations), processes):
            for warm in (False, True):
                run = sample.simulate(processes, chunksize=size, warm=warm)
                yield Prediction(kind, processes, size, warm, run.seconds, *sample.interval(run))


def _measure(
    context: BaseContext, function: Callable[[Any], Any], items: Sequence[Any], predictions: Sequence[Prediction]
) -> None:
    """Run every pool once, cold and then warm, and note the seconds of each run."""
    for cold, warm in zip(predictions[::2], predictions[1::2], strict=True):
        began = time.perf_counter()
        with context.Pool(cold.processes) as pool:
            for prediction in (cold, warm):
                pool.map(function, items, chunksize=prediction.chunksize)
                ended = time.perf_counter()
                prediction.measured = ended - began
                began = ended


def _summary(every: Sequence[Prediction]) -> Iterator[Figure]:
    """How many runs lie inside their interval, how wide it is, and how far off the predicted seconds are."""
    for kind in dict.fromkeys(each.kind for each in every):
        yield Figure(f"runs inside, {kind}", _share_inside([each for each in every if each.kind == kind]), "%", 1)
    yield Figure("runs inside their predicted interval", _share_inside(every), "%", 1, NINE_IN_TEN, at_least=True)
    well_known = [each for each in every if each.kind in WELL_KNOWN]
    others = [each for each in every if each.kind not in WELL_KNOWN]
    for each in well_known:
        yield Figure("interval of tasks of 1 ms or more, messages under 100 KB", each.width, "%", len(well_known), 15.0)
    for each in others:
        yield Figure("interval of tiny tasks and large answers", each.width, "%", len(others))
    for each in every:
        yield Figure("predicting all of them, off by", each.off, "%", len(every), 5.0)
    nine_in_ten = statistics.quantiles([each.off for each in every], n=10)[-1]
    yield Figure("nine in ten predictions, off by less than", nine_in_ten, "%", 1, 15.0)
    ratios = [math.log(each.measured / each.seconds) for each in well_known]
    yield Figure("measured over predicted, its standard deviation", 100 * statistics.stdev(ratios), "%", 1)


def _share_inside(predictions: Sequence[Prediction]) -> float:
    return 100 * statistics.fmean(each.is_inside for each in predictions)


def simulate(_: object, repeats: int) -> Iterator[Figure]:
    """Seconds for simulating 100,000 tasks on 64 workers, one a message, and for the interval adds."""
    sample = learn(tasks.identity, range(100_000), budget=0.2)
    run = sample.simulate(64, chunksize=1, cpus=64)
    simulations = {
        "simulating 100,000 tasks on 64 workers": lambda: sample.simulate(64, chunksize=1, cpus=64),
        "the interval of that simulation": lambda: sample.interval(run),
    }
    for comparison in rounds(simulations, repeats):
        for timing in comparison:
            aim = 1.0 if timing.label.startswith("simulating") else None
            yield Figure(timing.label, timing.median, "s", repeats, aim)


def _sizes(tasks_: int, processes: int) -> list[int]:
    return sorted(
        {1, default_chunksize(tasks_, processes), math.ceil(tasks_ / (2 * processes)), math.ceil(tasks_ / processes)}
    )
