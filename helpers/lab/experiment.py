"""An experiment runs plans in turn, reports its progress, can be stopped at any moment, and keeps the results.

It knows nothing of widgets: `helpers.lab.base` shows its progress, and a cell can iterate over it too.
"""

import itertools
import multiprocessing
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing.pool import AsyncResult
from pathlib import Path
from threading import Event
from typing import Any

from helpers.lab.plan import Plan, Work, prepare_work
from helpers.lab.result import Result, cpu_seconds
from helpers.machine import usable_cpus
from helpers.model import Costs, Sample
from helpers.model.calibration import has_small_messages, measure_costs, measure_start
from helpers.model.learning import measure_cpu_share, waited_share
from helpers.model.sample import sample_from_run
from helpers.model.trials import measure_spread
from helpers.others import Others, Watch
from helpers.spans import Run
from helpers.tasks import seconds_waited_for_cpu
from helpers.timing import Timing, save, warm_up
from helpers.trace import new_folder, save_run
from helpers.xray import PoolStopped, XrayPool

POLL_INTERVAL = 0.24
"""Seconds between two reports of the progress while tasks run."""

FIRST_TASKS = 20
"""How many tasks run first, one per message, to measure the size of their messages."""

COSTS_BUDGET = 0.1
"""Seconds for measuring the costs of small messages."""

SPREAD_BUDGET = 0.3
"""Seconds for the small pools that show how sure the model is."""

_Serial = tuple[Run, Costs, float, float, Others | None]


class Stopped(Exception):
    """`Experiment.stop` was called."""


@dataclass(frozen=True)
class Progress:
    """How far an experiment is: in run `number` (from 1) of `runs`, `done` of its `tasks` tasks are done.

    what: the run in words. tasks: 0 for a step that reports no tasks. seconds: since this run began. remaining: the
    seconds until the end of all runs; 0 if unknown. pool: the pool at work, None between pools.
    """

    what: str
    number: int = 1
    runs: int = 1
    done: int = 0
    tasks: int = 0
    seconds: float = 0.0
    remaining: float = 0.0
    pool: XrayPool | None = None

    @property
    def fraction(self) -> float:
        """The share of all runs that is done, from 0 to 1."""
        return (self.number - 1 + self.done / self.tasks) / self.runs if self.tasks else 1.0

    def after(self, seconds: float, pool: XrayPool) -> "Progress":
        """Return the progress of the same run when the pool has been at work for the given number of seconds."""
        done = pool.tasks_done
        total = self.remaining or (seconds / done * self.tasks if done else 0.0)
        return replace(self, done=done, seconds=seconds, remaining=max(0.0, total - seconds), pool=pool)


class Experiment:
    """Runs plans, and holds a result for each of them.

    prepare: makes the function and its arguments for a plan. serial: how long the same work takes without a pool;
    measured if it is not given.
    """

    def __init__(self, prepare: Callable[[Plan], Work] = prepare_work, serial: Timing | None = None) -> None:
        self.results: list[Result] = []
        self._prepare = prepare
        self._serial = serial
        self._serial_runs: dict[object, _Serial] = {}
        self._samples: dict[object, Sample] = {}
        self._stopping = Event()
        self._pool: XrayPool | None = None

    def run(
        self, plans: Sequence[Plan], repeats: int = 1, predicted: float | None = None
    ) -> Generator[Progress, None, None]:
        """Run the plans in turn, A B A B, repeat after repeat; yield the progress every POLL_INTERVAL seconds.

            for progress in experiment.run([plan]):
                print(progress.done)

        The first repeat of a plan appends its result, and later ones add to it. predicted: the seconds that the user
        expects of the first plan. Closing the generator ends the pool.

        Raises Stopped after `stop`, and whatever a task or its pool raises. Earlier results are kept.
        """
        try:
            yield from self._run_in_turn(plans, repeats, predicted)
        except PoolStopped:
            if self._stopping.is_set():
                raise Stopped from None
            raise
        finally:
            self._pool = None
            self._stopping.clear()

    def simulate(self, result: Result, processes: int, cpus: int) -> Run:
        """Return what a result's plan would do on other numbers of processes and CPUs; see `Result.simulate`.

        Raises Stopped after `stop`, and ValueError for what cannot be simulated.
        """
        try:
            return result.simulate(processes, cpus, self._raise_if_stopped)
        finally:
            self._stopping.clear()

    def stop(self) -> None:
        """End the pool that is at work at once, and with it `run`; or end `simulate`. Call this from another thread."""
        self._stopping.set()
        pool = self._pool
        if pool is not None:
            pool.terminate()

    def clear(self) -> None:
        """Remove all results."""
        self.results.clear()

    def save(self, folder: Path) -> list[Path]:
        """Write timings.csv and, for each result, run_1.json and run_1.trace.json (for Perfetto) into a new folder.

        The next free number is added to the folder's name, so no file is ever replaced. Returns the files.
        Raises ValueError if there are no results.
        """
        if not self.results:
            raise ValueError("there is nothing to save yet; run something first")
        folder = new_folder(folder)
        files = [folder / "timings.csv"]
        timings = [result.timing for result in self.results]
        save([replace(timing, label=f"{number}: {timing.label}") for number, timing in enumerate(timings, 1)], files[0])
        for number, result in enumerate(self.results, 1):
            files += save_run(result.run, folder, f"run_{number}")
        return files

    def _run_in_turn(
        self, plans: Sequence[Plan], repeats: int, predicted: float | None
    ) -> Generator[Progress, None, None]:
        first = len(self.results)
        turns = list(itertools.product(range(repeats), range(len(plans))))
        for number, (repeat, index) in enumerate(turns, 1):
            plan = plans[index]
            work = self._prepare(plan)
            serial, sample = yield from self._measure_work(plan, work)
            remaining = sum(self._expected_seconds(plans[i], serial, first + i) for _, i in turns[number - 1 :])
            start = Progress(plan.label, number, len(turns), tasks=len(work[1]), remaining=remaining)
            watch = Watch()
            seconds, run = yield from self._run_plan(plan, work, start)
            others = watch.others()
            if repeat:
                self.results[first + index] = self.results[first + index].with_repeat(seconds, run, others)
            else:
                timing = Timing(plan.label, (seconds,), (cpu_seconds(run),), others=others)
                self.results.append(Result(plan, timing, run, serial, None if index else predicted, sample))

    def _expected_seconds(self, plan: Plan, serial: Timing, index: int) -> float:
        if index < len(self.results):
            return self.results[index].timing.median
        return serial.median / min(plan.processes, usable_cpus())

    def _run_plan(self, plan: Plan, work: Work, start: Progress) -> Generator[Progress, None, tuple[float, Run]]:
        """Run the plan on a new pool; return its wall seconds, which include the start of a cold pool, and its run."""
        began = time.perf_counter()
        with self._open_pool(plan) as pool:
            if plan.warm:
                began = _warm(pool)
            seconds = yield from _report(start, pool, began, _run_tasks(pool, plan, work))
            return seconds, pool.run

    @contextmanager
    def _open_pool(self, plan: Plan) -> Iterator[XrayPool]:
        """Start a pool that `stop` can end. Raises Stopped if `stop` came first."""
        with XrayPool(plan.processes, context=multiprocessing.get_context(plan.start_method)) as pool:
            self._pool = pool
            self._raise_if_stopped()
            yield pool

    def _raise_if_stopped(self) -> None:
        if self._stopping.is_set():
            raise Stopped

    def _measure_work(self, plan: Plan, work: Work) -> Generator[Progress, None, tuple[Timing, Sample | None]]:
        """Return the serial timing of the work, and what the model needs to know; measured once for the same work."""
        if self._serial is not None:
            return self._serial, None
        if plan.work_key not in self._serial_runs:
            self._serial_runs[plan.work_key] = yield from self._run_serially(plan, work)
        run, costs, share, waited, others = self._serial_runs[plan.work_key]
        key = (plan.work_key, plan.start_method)
        if key not in self._samples:
            yield Progress(f"how long {plan.start_method} takes to start a worker")
            start = measure_start(plan.start_method, (work[0], work[1][0]))
            sample = sample_from_run(run, costs, start, share)
            yield Progress("how far a few small pools are from the model")
            open_pool = partial(self._open_pool, replace(plan, processes=usable_cpus()))
            spread = measure_spread(open_pool, *work, sample, usable_cpus(), SPREAD_BUDGET)
            self._samples[key] = replace(sample, spread=spread.beside_others(waited), others=others)
        seconds = sum(span.finished - span.started for span in run.spans)
        return Timing("serial", (seconds,), (cpu_seconds(run),), others=others), self._samples[key]

    def _run_serially(self, plan: Plan, work: Work) -> Generator[Progress, None, _Serial]:
        """Run the serial loop in one worker, where it can be stopped.

        Return its run, the costs of its messages, its share of a CPU (`measure_cpu_share`), its `waited_share`, and
        what others took meanwhile.
        Many tasks with small messages are sent in chunks, because a message would cost more than its task.
        """
        function, items = work
        start = Progress("the serial loop first, to compare with", tasks=len(items))
        with self._open_pool(replace(plan, processes=1)) as pool:
            before = pool.apply(seconds_waited_for_cpu)
            began, watch = _warm(pool), Watch()
            yield from _report(start, pool, began, _run_one_by_one(pool, (function, items[:FIRST_TASKS])))
            run = first = pool.run
            if len(items) > FIRST_TASKS:
                in_chunks = replace(plan, method="map", chunksize=len(items) // FIRST_TASKS)
                pool.reset()
                small = has_small_messages(first)
                running = _run_tasks(pool, in_chunks, work) if small else _run_one_by_one(pool, work)
                yield from _report(start, pool, time.perf_counter(), running)
                run = pool.run
            others, waited = watch.others(), waited_share(pool, began, before)
            costs = measure_costs(pool, function, items, first, COSTS_BUDGET, waited)
            return run, costs, measure_cpu_share(pool, function, items, run), waited, others


def _warm(pool: XrayPool) -> float:
    """Wait until all workers of a pool are ready, and return the moment from which its work counts."""
    warm_up(pool, pool.processes)
    pool.reset()
    return time.perf_counter()


def _report(start: Progress, pool: XrayPool, began: float, running: Iterator[None]) -> Generator[Progress, None, float]:
    """Yield the progress at the start, every POLL_INTERVAL, and at the end; return the seconds since `began`."""
    yield start.after(0.0, pool)
    reported = time.perf_counter()
    for _ in running:
        now = time.perf_counter()
        if now - reported >= POLL_INTERVAL:
            reported = now
            yield start.after(now - began, pool)
    seconds = time.perf_counter() - began
    yield start.after(seconds, pool)
    return seconds


def _run_tasks(pool: XrayPool, plan: Plan, work: Work) -> Iterator[None]:
    """Run the tasks as the plan says; yield at least every POLL_INTERVAL seconds until the last result is there."""
    function, items = work
    if plan.method == "map":
        yield from _wait(pool.map_async(function, items, plan.chunksize))
        return
    results = getattr(pool, plan.method)(function, items, plan.chunksize)
    while True:
        try:
            results.next(timeout=POLL_INTERVAL)
        except multiprocessing.TimeoutError as error:
            if hasattr(error, "xray"):  # a task raised it
                raise
        except StopIteration:
            return
        yield


def _run_one_by_one(pool: XrayPool, work: Work) -> Iterator[None]:
    """Run each task when the one before it is done; yield at least every POLL_INTERVAL seconds."""
    function, items = work
    for item in items:
        yield from _wait(pool.apply_async(function, (item,)))


def _wait(result: AsyncResult[Any]) -> Iterator[None]:
    while not result.ready():
        result.wait(POLL_INTERVAL)
        yield
    result.get()
