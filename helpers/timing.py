"""Measure how long something takes, compare candidates side by side, and save the figures.

A machine's speed drifts: it warms up, and other programs use it too. So every measurement is repeated, the spread is
shown next to the median, and candidates run in turn, A B A B, so that each ratio compares two neighbours in time.
What others took of the CPUs meanwhile is noted (`helpers.other_programs`), and shown where it matters.
"""

import csv
import functools
import io
import math
import multiprocessing
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from multiprocessing.pool import Pool
from pathlib import Path
from typing import Any

from helpers import markup
from helpers.other_programs import Others, Watch, words_of
from helpers.tasks import nap
from helpers.text import aligned, counted, format_seconds, write_whole

CSV_COLUMNS = ("label", "repeat", "seconds", "cpu")
"""The columns of a CSV file of timings: one row for each repeat, counted from 1; wall and CPU seconds."""

_CLOCK_RESOLUTION = time.get_clock_info("perf_counter").resolution


@dataclass(frozen=True, repr=False)
class Timing:
    """How long something took: one figure for each repeat.

    seconds are wall seconds, cpu the CPU seconds of this process alone (`time.process_time`), without the workers of a
    pool. result is what the last repeat returned; it is not compared, printed or saved. others: what other programs
    took of the CPUs meanwhile; None where that is not known. It is printed where it matters, and not compared or saved.

    Raises ValueError unless there is at least one repeat, with positive seconds, and as many CPU seconds.
    """

    label: str
    seconds: tuple[float, ...]
    cpu: tuple[float, ...]
    result: Any = field(default=None, compare=False)
    others: Others | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if not self.seconds or len(self.seconds) != len(self.cpu):
            raise ValueError(f"a timing needs seconds and cpu for one repeat or more, not {self.seconds}, {self.cpu}")
        if not all(0 < second < math.inf for second in self.seconds):
            raise ValueError(f"the seconds of a timing must be more than 0, not {self.seconds}")

    @property
    def minimum(self) -> float:
        """Wall seconds of the fastest repeat."""
        return min(self.seconds)

    @property
    def median(self) -> float:
        """The median of the wall seconds."""
        return statistics.median(self.seconds)

    @property
    def spread(self) -> float:
        """Wall seconds between the fastest and the slowest repeat."""
        return max(self.seconds) - min(self.seconds)

    @property
    def repeats(self) -> int:
        """How many times it was measured."""
        return len(self.seconds)

    @property
    def cpus_busy(self) -> float:
        """CPU seconds divided by wall seconds: how many CPUs this process, with all its threads, kept busy."""
        return sum(self.cpu) / sum(self.seconds)

    def __repr__(self) -> str:
        figures = f"minimum {format_seconds(self.minimum)}, median {format_seconds(self.median)}"
        line = f"{self.label}: {figures}, spread {format_seconds(self.spread)}, {counted(self.repeats, 'repeat')}"
        return f"{line}\n{words_of(self.others)}".rstrip()

    def _repr_html_(self) -> str:
        figures = map(format_seconds, (self.minimum, self.median, self.spread))
        row = [self.label, *figures, f"{self.repeats:,}"]
        return markup.table([["", "minimum", "median", "spread", "repeats"], row], [words_of(self.others)])


@dataclass(frozen=True, repr=False)
class Comparison:
    """The timings of several candidates that ran in turn; the others are compared with the first."""

    timings: tuple[Timing, ...]

    def __getitem__(self, label: str) -> Timing:
        return {timing.label: timing for timing in self.timings}[label]

    def __iter__(self) -> Iterator[Timing]:
        return iter(self.timings)

    @property
    def others(self) -> Others | None:
        """What other programs took of the CPUs from the first measured round to the last; None: not known."""
        return self.timings[0].others

    def ratios(self, label: str, to: str | None = None) -> tuple[float, ...]:
        """Return how many times as fast as another (to; None: the first) this one was: one ratio for each round."""
        other = self.timings[0] if to is None else self[to]
        return tuple(theirs / mine for theirs, mine in zip(other.seconds, self[label].seconds, strict=True))

    def __repr__(self) -> str:
        return "\n".join([*aligned(self._rows()), self._note(), words_of(self.others)]).rstrip()

    def _repr_html_(self) -> str:
        return markup.table(self._rows(), [self._note(), words_of(self.others)])

    def _rows(self) -> list[tuple[str, ...]]:
        header = ("", "minimum", "median", "spread", f"times as fast as {self.timings[0].label}")
        return [header, *map(self._row, self.timings)]

    def _note(self) -> str:
        return f"{counted(self.timings[0].repeats, 'repeat')}, in turn; ratios pair by pair: median (range)"

    def _row(self, timing: Timing) -> tuple[str, ...]:
        ratios = self.ratios(timing.label)
        ratio = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        return (timing.label, *map(format_seconds, (timing.minimum, timing.median, timing.spread)), ratio)


def measure(
    function: Callable[..., Any],
    *args: Any,
    repeats: int = 5,
    warmup: int = 1,
    label: str | None = None,
    **keywords: Any,
) -> Timing:
    """Call function(*args, **keywords) warmup times unmeasured, then `repeats` times measured.

    label names the timing; by default it is the function's name.

    Raises TypeError if function cannot be called, and ValueError, before anything runs, if repeats is not a whole
    number of 1 or more or warmup not one of 0 or more.
    """
    if not callable(function):
        raise TypeError(_not_callable("measure", function))
    label = _name(function) if label is None else label
    call = functools.partial(function, *args, **keywords)
    return compare({label: call}, repeats=repeats, warmup=warmup)[label]


def compare(candidates: Mapping[str, Callable[[], object]], repeats: int = 5, warmup: int = 1) -> Comparison:
    """Call the candidates in turn, A B A B: warmup rounds unmeasured, then `repeats` rounds measured.

    candidates: functions without arguments, by label. Raises as `measure` does, and ValueError without a candidate.
    """
    _check_rounds(repeats, warmup)
    if not candidates:
        raise ValueError("compare needs at least one candidate, such as {'serial': lambda: distances(X, x)}")
    for function in candidates.values():
        if not callable(function):
            raise TypeError(_not_callable("compare", function))
    figures: dict[str, list[tuple[float, float]]] = {label: [] for label in candidates}
    results: dict[str, object] = {}
    for number in range(warmup + repeats):
        if number == warmup:
            watch = Watch()
        for label, function in candidates.items():
            results.pop(label, None)  # frees the last result outside of the measured time
            wall, cpu, results[label] = _time(function)
            if number >= warmup:
                figures[label].append((wall, cpu))
    timings, others = [], watch.others()
    for label, pairs in figures.items():
        seconds, cpu_seconds = zip(*pairs, strict=True)
        timings.append(Timing(label, seconds, cpu_seconds, results[label], others))
    return Comparison(tuple(timings))


def speedup(serial: Timing, parallel: Timing) -> float:
    """Return how many times as fast as the serial program the parallel one is: the ratio of their medians."""
    return serial.median / parallel.median


def efficiency(speedup: float, processes: int) -> float:
    """Return the speed-up divided by the number of processes: 1.0 if each process is worth a serial program."""
    return speedup / processes


def warm_up(pool: Pool, processes: int, deadline: float = 30.0) -> None:
    """Send a pool of processes short naps until the given number of its workers have answered.

    An `XrayPool` records the naps too: call its `reset` afterwards. Raises TimeoutError after `deadline` seconds: a
    worker may have died at its start, or the pool has fewer workers.
    """
    answered: set[int] = set()
    end = time.monotonic() + deadline
    while len(answered) < processes:
        naps = pool.map_async(nap, [0.01] * processes, chunksize=1)
        try:
            answered.update(naps.get(max(0.0, end - time.monotonic())))
        except multiprocessing.TimeoutError:
            message = f"{len(answered)} of {processes} workers answered within {deadline:g} s"
            raise TimeoutError(f"{message}; is the pool that large, and does its initializer end?") from None


def save(timings: Iterable[Timing], path: str | Path) -> None:
    """Save timings, or a comparison, as a CSV file with CSV_COLUMNS; if this fails, an older file is unchanged."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(CSV_COLUMNS)
    for timing in timings:
        for repeat, figures in enumerate(zip(timing.seconds, timing.cpu, strict=True), 1):
            writer.writerow([timing.label, repeat, *figures])
    write_whole(Path(path), text.getvalue())


def _time(function: Callable[[], object]) -> tuple[float, float, object]:
    cpu, wall = time.process_time(), time.perf_counter()
    result = function()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return max(wall, _CLOCK_RESOLUTION), cpu, result


def _check_rounds(repeats: int, warmup: int) -> None:
    for name, number, least in (("repeats", repeats, 1), ("warmup", warmup, 0)):
        if not isinstance(number, int) or isinstance(number, bool) or number < least:
            raise ValueError(f"{name} must be a whole number of {least} or more, not {number!r}")


def _not_callable(caller: str, value: object) -> str:
    return f"{caller} needs a function that it can call, not what a function returned: {type(value).__name__}"


def _name(function: Callable[..., Any]) -> str:
    while isinstance(function, functools.partial):
        function = function.func
    return getattr(function, "__name__", type(function).__name__)
