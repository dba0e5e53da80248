"""The cost model: what a pool costs here, fitted to measured spans; laws fitted to a sweep; and advice.

The predicting itself is done by `helpers.simulate`.
"""

import multiprocessing
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pickle import PicklingError
from typing import Any

import numpy as np

from helpers.machine import usable_cpus
from helpers.simulate import Costs, default_chunksize, simulate
from helpers.spans import Run
from helpers.timing import aligned, format_seconds, warm_up
from helpers.xray import XrayPool

LARGE = 10_000
"""Bytes from which on a message's cost is counted by the byte."""

MOST_CHUNKS = 20_000
"""More messages than this are never advised, and not simulated either."""


def costs_of(run: Run) -> Costs:
    """Return what a measured run of one warm worker shows of a pool's costs; starting workers costs nothing there.

    The cost of a phase is a straight line over the bytes: a share for each message, and one for each byte. What
    passes in the pipe is shared between its two ends; on the way out it is that of the first task, whose worker was free.

    Raises ValueError when the run has no task.
    """
    if not run.spans:
        raise ValueError("a run without tasks does not show what a pool costs")
    spans, first = run.spans, run.spans[0]
    out, back = [span.bytes_in for span in spans], [span.bytes_out for span in spans]
    there = max(0.0, first.arrived - first.sent) / 2
    home = statistics.median(max(0.0, span.landed - span.replied) for span in spans) / 2
    send, pack = _line(out, [span.sent - span.packed + there for span in spans])
    receive, unpack = _line(out, [span.received - span.arrived + there for span in spans])
    reply, repack = _line(back, [span.replied - span.returned + home for span in spans])
    deliver, opened = _line(back, [span.delivered - span.landed + home for span in spans])
    call = statistics.median(span.started - span.received for span in spans)
    return Costs(0.0, 0.0, send, receive, reply, deliver, pack, unpack, repack, opened, call)


def _line(sizes: Sequence[int], seconds: Sequence[float]) -> tuple[float, float]:
    """Return the cost of a message and that of a byte, neither below 0."""
    if max(sizes) > max(LARGE, 2 * min(sizes)):
        rise, start = statistics.linear_regression(sizes, seconds)
        if rise >= 0 and start >= 0:
            return start, rise
    typical = statistics.median(sizes)
    return (0.0, statistics.median(seconds) / typical) if typical > LARGE else (statistics.median(seconds), 0.0)


def starting_costs(start_method: str, processes: int | None = None) -> tuple[float, float]:
    """Start a pool (of as many workers as CPUs are usable) and return the seconds to make, and to boot, each worker."""
    processes = processes or usable_cpus()
    with XrayPool(processes, context=multiprocessing.get_context(start_method)) as pool:
        made = time.perf_counter() - pool.live.began
        warm_up(pool, processes)
        workers = pool.run.workers
    fork = made / processes
    return fork, max(0.0, statistics.median(worker.ready for worker in workers) - pool.run.began - made / 2)


@dataclass(frozen=True, repr=False)
class Law:
    """A law fitted to a sweep: formula in words, and each parameter with its standard error."""

    name: str
    formula: str
    parameters: Mapping[str, tuple[float, float]]
    _terms: Callable[[np.ndarray], np.ndarray]
    _fixed: Callable[[np.ndarray], np.ndarray]
    _covariance: np.ndarray

    def seconds(self, processes: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
        """Return the law's seconds for these numbers of processes, and their standard errors."""
        places = np.asarray(processes, dtype=float)
        terms = self._terms(places)
        values = np.array([value for value, _ in self.parameters.values()])
        errors = np.sqrt(np.einsum("ij,jk,ik->i", terms, self._covariance, terms))
        return self._fixed(places) + terms @ values, errors

    def __repr__(self) -> str:
        parts = [f"{name} = {value:.3g} ± {error:.2g}" for name, (value, error) in self.parameters.items()]
        return f"{self.name}: {self.formula}, with {', '.join(parts)}"


def amdahl(serial: float, sweep: Mapping[int, Sequence[float]], cpus: int | None = None) -> Law:
    """Fit Amdahl's law to a sweep: f is the share of the serial program that no process can take over.

    serial: the seconds of the serial program, T(1). sweep: measured seconds, by number of processes. cpus: how many are
    usable; processes beyond them add nothing.

    Source: G. M. Amdahl, "Validity of the single processor approach to achieving large scale computing capabilities",
    AFIPS Conference Proceedings 30, 1967. Raises ValueError for fewer than two measured figures.
    """
    cpus = cpus or usable_cpus()

    def fixed(places: np.ndarray) -> np.ndarray:
        return serial / np.minimum(places, cpus)

    def terms(places: np.ndarray) -> np.ndarray:
        return (serial * (1 - 1 / np.minimum(places, cpus)))[:, None]

    return _fitted("Amdahl's law", "T(p) = T(1) (f + (1 - f) / p)", ["f"], sweep, terms, fixed)


def with_overhead(sweep: Mapping[int, Sequence[float]], cpus: int | None = None) -> Law:
    """Fit a law with overhead, T(p) = a + b / p + c p: a is serial, b is shared, and each process costs c.

    sweep and cpus as for `amdahl`; only b is shared among the usable CPUs. The form is that of M. J. Quinn, "Parallel
    Programming in C with MPI and OpenMP", 2004, chapter 7, with an overhead that grows with the processes. Raises
    ValueError for fewer than four measured figures.
    """
    cpus = cpus or usable_cpus()

    def terms(places: np.ndarray) -> np.ndarray:
        return np.column_stack([np.ones_like(places), 1 / np.minimum(places, cpus), places])

    return _fitted("With overhead", "T(p) = a + b / p + c p", ["a", "b", "c"], sweep, terms, np.zeros_like)


def _fitted(name: str, formula: str, names: list[str], sweep: Any, terms: Any, fixed: Any) -> Law:
    pairs = [(processes, second) for processes, seconds in sweep.items() for second in seconds]
    if len(pairs) <= len(names):
        raise ValueError(f"{name} needs more than {len(names)} measured figures, not {len(pairs)}")
    places, seconds = np.array(pairs, dtype=float).T
    matrix, wanted = terms(places), seconds - fixed(places)
    values, *_ = np.linalg.lstsq(matrix, wanted, rcond=None)
    left = wanted - matrix @ values
    covariance = np.linalg.pinv(matrix.T @ matrix) * float(left @ left) / (len(pairs) - len(names))
    errors = np.sqrt(np.diag(covariance))
    return Law(name, formula, dict(zip(names, zip(values.tolist(), errors.tolist()))), terms, fixed, covariance)


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

    serial: the predicted seconds without a pool. choices: what was compared, the best for each number of processes.
    best: the one to take. words: what to do, in a sentence. sampled: how many items were timed. costs, durations,
    bytes_in, bytes_out: what was measured, and interpolated for the items between.
    """

    serial: float
    choices: tuple[Choice, ...]
    best: Choice
    words: str
    sampled: int
    costs: Costs
    durations: np.ndarray
    bytes_in: np.ndarray
    bytes_out: np.ndarray

    def __repr__(self) -> str:
        rows = [("processes", "chunk size", "cold", "warm", "speed-up, cold")]
        rows += [("no pool", "", format_seconds(self.serial), "", "1.00")]
        for choice in self.choices:
            times = (format_seconds(choice.cold), format_seconds(choice.warm))
            rows.append((str(choice.processes), f"{choice.chunksize:,}", *times, f"{self.serial / choice.cold:.2f}"))
        tried = f"predicted from {self.sampled:,} of {len(self.durations):,} items"
        return "\n".join([*aligned(rows), tried, self.words])


def advise(
    function: Callable[[Any], Any],
    items: Sequence[Any],
    *,
    budget: float = 1.0,
    cpus: int | None = None,
    start_method: str | None = None,
) -> Advice:
    """Time a few items in one worker, weigh what travels, predict every number of processes, and recommend one.

    function: a top-level function of a module, or a partial of one. items: its arguments, a list or another sequence.
    budget: about how many seconds the timing may take. cpus, start_method: those of the pool, by default of this
    machine; more CPUs than it has are predicted just so.

    Raises ValueError for no items, and for an item for which the function raises, with its place;
    `pickle.PicklingError` for a function that cannot be sent.
    """
    if not len(items):
        raise ValueError("advise needs at least one item to time")
    cpus = cpus or usable_cpus()
    start_method = start_method or multiprocessing.get_start_method()
    places, run = _sample(function, items, budget, start_method)
    fork, boot = starting_costs(start_method)
    costs = replace(costs_of(run), fork=fork, boot=boot)
    everywhere = np.arange(len(items))
    walls = [span.finished - span.started for span in run.spans]
    durations, *sizes = (
        np.interp(everywhere, places, values)
        for values in (walls, [span.bytes_in for span in run.spans], [span.bytes_out for span in run.spans])
    )
    choices = [
        min(_choices(durations, *sizes, processes, cpus, costs), key=lambda choice: choice.cold)
        for processes in range(1, cpus + 1)
    ]
    serial, best = float(durations.sum()), min(choices, key=lambda choice: choice.cold)
    share = sum(span.computing for span in run.spans) / sum(walls)
    words = _words(serial, best, share, sizes, costs)
    return Advice(serial, tuple(choices), best, words, len(places), costs, durations, *sizes)


def _sample(
    function: Callable[[Any], Any], items: Sequence[Any], budget: float, start_method: str
) -> tuple[list[int], Run]:
    """Run some items, ever more closely spaced, until the budget is spent; return their places, in order, and the run."""
    places: list[int] = []
    with XrayPool(1, context=multiprocessing.get_context(start_method)) as pool:
        warm_up(pool, 1)
        pool.reset()
        began = time.perf_counter()
        for some in _ever_closer(len(items)):
            for place in some:
                try:
                    pool.apply(function, (items[place],))
                except PicklingError:
                    raise
                except Exception as error:
                    raise ValueError(f"the function fails for item {place}: {type(error).__name__}: {error}") from error
                places.append(place)
                if time.perf_counter() - began > budget:
                    break
            if time.perf_counter() - began > budget:
                break
        run = pool.run
    order = sorted(range(len(places)), key=places.__getitem__)
    return [places[at] for at in order], replace(run, spans=tuple(run.spans[at] for at in order))


def _ever_closer(number: int) -> Iterator[list[int]]:
    """Yield places from 0 to number - 1: first the ends, then what lies between, so that any beginning is spread out."""
    seen: set[int] = set()
    pieces = 1
    while len(seen) < number:
        places = {round(piece * (number - 1) / pieces) for piece in range(pieces + 1)} - seen
        seen |= places
        yield sorted(places)
        pieces *= 2


def _choices(
    durations: np.ndarray, bytes_in: np.ndarray, bytes_out: np.ndarray, processes: int, cpus: int, costs: Costs
) -> Iterator[Choice]:
    """Predict one number of processes with one chunk a worker, the pool's own chunk size, more chunks, and single tasks."""
    tasks = len(durations)
    sizes = {-(-tasks // processes), default_chunksize(tasks, processes), -(-tasks // (16 * processes)), 1}
    for chunksize in sorted(size for size in sizes if tasks / size <= MOST_CHUNKS):
        starts = np.arange(0, tasks, chunksize)
        work, there, back = (np.add.reduceat(values, starts) for values in (durations, bytes_in, bytes_out))
        work = work + np.diff(np.append(starts, tasks)) * costs.call
        sums = {"processes": processes, "cpus": cpus, "chunksize": 1, "costs": replace(costs, call=0.0)}
        sums |= {"bytes_in": there.tolist(), "bytes_out": back.tolist()}
        cold, warm = (simulate(work.tolist(), warm=warm, **sums).seconds for warm in (False, True))
        yield Choice(processes, chunksize, cold, warm)


def _words(serial: float, best: Choice, share: float, sizes: Sequence[np.ndarray], costs: Costs) -> str:
    """Say what to do. share: how much of its time the function had a CPU."""
    if share < 0.5:
        return f"Take threads: the function waits for {1 - share:.0%} of its time, and a thread waits as well as a process."
    moved = float(sizes[0].sum() * (costs.pack + costs.unpack) + sizes[1].sum() * (costs.repack + costs.open))
    if best.cold > 0.9 * serial:
        reason = "the data travel longer than they are worked on" if moved > serial / 2 else "the work is too short"
        return f"Take no pool: {reason}. Look for a faster way to do it in one process, with NumPy for instance."
    words = f"Take Pool({best.processes}) with chunksize={best.chunksize:,}: {serial / best.cold:.2f} times as fast."
    if moved > 0.1 * serial:
        words += f" Moving the data costs {format_seconds(moved)}: send less, and return arrays rather than lists."
    return words
