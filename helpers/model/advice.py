"""Advise on a pool for a function and its items: whether to take one, with how many processes and which chunk size."""

import math
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from helpers import markup
from helpers.machine import usable_cpus
from helpers.model.learning import learn
from helpers.model.sample import Sample
from helpers.model.simulator import default_chunksize
from helpers.other_programs import Others, words_of
from helpers.text import aligned, counted, format_interval, format_seconds

MAX_CHUNKS = 20_000
"""More messages than this are never advised, and so not simulated."""

LEAST_SPEEDUP = 1 / 0.9
"""A pool is worth its trouble when it is at least this many times as fast as the loop."""


@dataclass(frozen=True)
class Choice:
    """A pool that could be taken, with the seconds that the model predicts for a cold and for a warm one.

    cold_interval, warm_interval: the seconds between which nine in ten of its runs lie. speedup: how many times as fast
    as the loop a cold one is, at least and at most: it is better known than the seconds, because items that take longer
    than thought make both slower.
    """

    processes: int
    chunksize: int
    cold: float
    warm: float
    cold_interval: tuple[float, float]
    warm_interval: tuple[float, float]
    speedup: tuple[float, float]

    @property
    def speedup_shown(self) -> tuple[float, float]:
        """The ends of the speed-up, for a reader: no pool is more times as fast than it has processes."""
        return self.speedup[0], min(self.speedup[1], self.processes)


@dataclass(frozen=True, repr=False)
class Advice:
    """What the model advises for a function and its items; it prints itself as a short table.

    sample: what was measured. choices: the best chunk size for each number of processes. best: the fastest of them.
    words: what to do, in a sentence or two.
    """

    sample: Sample
    choices: tuple[Choice, ...]
    best: Choice
    words: str

    @property
    def others(self) -> Others | None:
        """What other programs took of the CPUs while the items were timed; None where that is not known."""
        return self.sample.others

    def __repr__(self) -> str:
        words = [*textwrap.wrap(words_of(self.others), 100), *textwrap.wrap(self.words, 100)]
        return "\n".join([*aligned(self._rows()), self._source(), *words])

    def _repr_html_(self) -> str:
        return markup.table(self._rows(), [self._source(), words_of(self.others), self.words])

    def _rows(self) -> list[tuple[str, ...]]:
        serial = self.sample.serial
        rows: list[tuple[str, ...]] = [("processes", "chunk size", "cold", "warm", "speed-up, cold")]
        rows += [("no pool", "", format_seconds(serial), "", "1.00")]
        for choice in self.choices:
            cold = format_interval(choice.cold, *choice.cold_interval)
            warm = format_interval(choice.warm, *choice.warm_interval)
            rows.append((str(choice.processes), f"{choice.chunksize:,}", cold, warm, _times(serial, choice)))
        return rows

    def _source(self) -> str:
        source = f"predicted from {self.sample.timed:,} of {counted(len(self.sample.durations), 'item')}"
        return f"{source}; in brackets: where the model expects nine in ten runs"


def advise(
    function: Callable[[Any], Any],
    items: Sequence[Any],
    *,
    budget: float = 1.0,
    cpus: int | None = None,
    start_method: str | None = None,
) -> Advice:
    """Learn about the function and its items, predict pools of 1 to `cpus` processes, and recommend one or none.

    Where the intervals of the predictions are so wide that the model cannot tell, it says that instead.

    cpus: how many CPUs the pool could use, by default those of this machine; it may be more than the machine has. The
    other arguments, and the errors, are those of `learn`.
    """
    sample = learn(function, items, budget=budget, start_method=start_method)
    return advice_from(sample, cpus or usable_cpus())


def advice_from(sample: Sample, cpus: int) -> Advice:
    """Return the advice for the function and the items of a sample, with pools of 1 to cpus processes."""
    choices = [
        min(_choices(sample, processes, cpus), key=lambda choice: choice.cold) for processes in range(1, cpus + 1)
    ]
    best = min(choices, key=lambda choice: choice.cold)
    return Advice(sample, tuple(choices), best, _words(sample, choices, best, cpus))


def _choices(sample: Sample, processes: int, cpus: int) -> Iterator[Choice]:
    """Predict one chunk for each worker, the chunk size of `Pool.map`, smaller chunks, and single tasks."""
    tasks = len(sample.durations)
    all_timed = replace(sample, spread=replace(sample.spread, scatter=0.0))
    sizes = {-(-tasks // processes), default_chunksize(tasks, processes), -(-tasks // (16 * processes)), 1}
    for chunksize in sorted(size for size in sizes if tasks / size <= MAX_CHUNKS):
        cold, warm = (sample.simulate(processes, chunksize=chunksize, cpus=cpus, warm=warm) for warm in (False, True))
        fastest, slowest = all_timed.interval(cold)
        yield Choice(
            processes,
            chunksize,
            cold.seconds,
            warm.seconds,
            sample.interval(cold),
            sample.interval(warm),
            (sample.serial / slowest, sample.serial / fastest),
        )


def _times(serial: float, choice: Choice) -> str:
    digits = ".2f" if serial / choice.cold >= 0.1 else ".2g"
    least, most = choice.speedup_shown
    return f"{serial / choice.cold:{digits}} ({least:{digits}} to {most:{digits}})"


def _words(sample: Sample, choices: Sequence[Choice], best: Choice, cpus: int) -> str:
    if sample.waits:
        waiting = f"the function waits for {1 - sample.cpu_share:.0%} of its time, and not for a CPU"
        return f"Take threads: {waiting}. A thread waits as well as a process, and starts sooner."
    speedup, (least, most) = sample.serial / best.cold, best.speedup_shown
    if max(speedup, most) < LEAST_SPEEDUP:
        reason = _reason(sample, best, cpus)
        return f"Take no pool: {reason}. Look for a faster way in one process, with NumPy for instance."
    pool = f"Pool({best.processes}) with chunksize={best.chunksize:,}"
    if speedup < LEAST_SPEEDUP or least < 1:
        times = f"{speedup:.2f} times as fast as the loop, or anything between {least:.2f} and {most:.2f} times"
        return f"The model cannot tell whether a pool is worth it: {pool} is likely to be {times}. Measure both."
    words = (
        f"Take {pool}: {speedup:.2f} times as fast ({least:.2f} to {most:.2f}).{_others(sample.serial, choices, best)}"
    )
    pickling = _pickling(sample, best)
    if pickling > 0.1 * sample.serial:
        words += f" Pickling the data costs {format_seconds(pickling)}: send less, and return arrays rather than lists."
    return words


def _others(serial: float, choices: Sequence[Choice], best: Choice) -> str:
    """Name the pools that may be as fast as the best: the figures for each lie within the interval of the other."""
    same = [
        choice.processes
        for choice in choices
        if choice is not best and best.speedup[0] <= serial / choice.cold and serial / best.cold <= choice.speedup[1]
    ]
    if not same:
        return ""
    pools = f"Pool({same[0]})" if len(same) == 1 else f"Pools of {', '.join(map(str, same))} processes"
    return f" {pools} may be as fast: the model cannot tell."


def _pickling(sample: Sample, choice: Choice) -> float:
    return sample.pickling(math.ceil(len(sample.durations) / choice.chunksize))


def _reason(sample: Sample, best: Choice, cpus: int) -> str:
    """Say why no pool would be faster than a loop."""
    longest = float(sample.durations.max()) / sample.serial
    if cpus == 1:
        return "processes would share the only CPU"
    if _pickling(sample, best) > sample.serial / 2:
        return "sending the data takes longer than a pool would save"
    if longest > 0.7:
        return f"one item takes {longest:.0%} of the time, and a pool cannot divide an item"
    return "the work is too short"
